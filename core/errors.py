"""The error family: one root, each error with data a program can read and a hint a person can follow.

::

    ZosimosError
    ├── InputError            what a person or file gave us is wrong: a field, its value, what is allowed, the fix
    │   ├── SpecError         a campaign file, a steering diff, a command-line value
    │   ├── DataError         a table of candidates or results
    │   └── UnitError         a unit that does not exist or does not fit
    ├── SettingsError         zosimos.toml, environment or flags
    ├── LedgerError           the record cannot be read or written
    │   ├── DamagedError      the file is not sound, or the record makes no sense to its end
    │   │   └── TamperedError     the hash chain or an artifact does not hold
    │   ├── NewerVersionError written by a newer Zosimos
    │   ├── NotFoundError     no such campaign, experiment, approval
    │   ├── LockedError       another process executes this campaign
    │   │   └── FencedError   another runner took the campaign over: this one may write nothing more
    │   └── LedgerAwayError   it cannot be reached or written just now: worth another try
    ├── StateError            the action does not fit the state the campaign is in
    ├── PlanningError         no candidate can be proposed
    ├── ExecutionError        an experiment failed
    │   ├── OutcomeUnknownError   an effect may or may not have happened
    │   └── InstrumentError       a device refused, failed or could not be reached
    │       ├── ConnectError      its port does not open, or another device is behind it
    │       ├── ReplyError        no reply in time, or none that the protocol knows
    │       └── EnvelopeError     the effect is outside the limits: nothing was sent
    ├── AgentError            the language model or what it answered is of no use
    │   ├── ModelError        it is not known, cannot be reached, refuses, or does not speak the protocol
    │   │   └── SpentError    what models may take in a campaign is used up
    │   └── PlanError         no valid campaign came of the words
    ├── RefusedError          whoever asks may not do that
    ├── PreflightError        a lab is not fit for a campaign: everything that is wrong with it
    └── DeadlockError         virtual time waits for something that can never happen
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.core.wrong_values import as_written


class ZosimosError(Exception):
    """Root of every error this project raises on purpose.

    Args:
        message: what happened, in words.
        field: the dotted path of the offending field, where there is one.
        value: the offending value.
        allowed: what would have been accepted.
        hint: how to fix it.
        where: the file and line of it, where they are known.

    >>> import zosimos as zo
    >>> try:
    ...     zo.Continuous("cold", 80)
    ... except zo.ZosimosError as error:
    ...     print(error.field, error.value, sep=": ")
    min: cold
    """

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        allowed: str | None = None,
        hint: str = "",
        where: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.allowed = allowed
        self.hint = hint
        self.where = where

    def as_dict(self) -> Mapping[str, Any]:
        """Return the error as JSON-ready data (``type``, ``message`` and whatever else is known)."""
        known = {
            "type": type(self).__name__,
            "message": self.message,
            "field": self.field,
            "value": None if self.value is None else _shortened(self.value),
            "allowed": self.allowed,
            "hint": self.hint or None,
            "where": self.where or None,
        }
        return {name: item for name, item in known.items() if item is not None}

    def __str__(self) -> str:
        """Return one readable block, a line per fact."""
        lines = [self.message]
        if self.where:
            lines.append(f"  where:   {self.where}")
        if self.field is not None:
            lines.append(f"  field:   {self.field}")
        if self.value is not None:
            lines.append(f"  value:   {_shortened(self.value)}")
        if self.allowed is not None:
            lines.append(f"  allowed: {self.allowed}")
        if self.hint:
            lines.append(f"  fix:     {self.hint}")
        return "\n".join(lines)


class InputError(ZosimosError):
    """What a person or a file gave us is wrong."""


class SpecError(InputError):
    """A campaign file, a steering diff or a command-line value is wrong."""


class DataError(InputError):
    """A table of candidates or results is wrong."""


class UnitError(InputError):
    """A unit does not exist or does not fit the quantity."""


class SettingsError(ZosimosError):
    """``zosimos.toml``, the environment or a flag is wrong."""


class LedgerError(ZosimosError):
    """The record cannot be read or written."""


class DamagedError(LedgerError):
    """The ledger fails: its file is not sound, or a record makes no sense to its end."""


class TamperedError(DamagedError):
    """The hash chain or an artifact does not hold."""


class NewerVersionError(LedgerError):
    """The record was written by a newer Zosimos than this one."""


class NotFoundError(LedgerError):
    """There is no such campaign, experiment or approval."""


class LockedError(LedgerError):
    """Another process executes this campaign."""


class FencedError(LockedError):
    """Another runner took the campaign over: this one may write nothing more."""


class LedgerAwayError(LedgerError):
    """The record cannot be reached or written just now: the network, the server, the disk; worth another try."""


class StateError(ZosimosError):
    """The action does not fit the state the campaign is in."""


class PlanningError(ZosimosError):
    """No candidate can be proposed."""


class ExecutionError(ZosimosError):
    """An experiment failed."""


class OutcomeUnknownError(ExecutionError):
    """An effect may or may not have happened: the device must be asked, or a person."""


class InstrumentError(ExecutionError):
    """A device refused, failed or could not be reached."""


class ConnectError(InstrumentError):
    """A port does not open, or another device is behind it."""


class ReplyError(InstrumentError):
    """A device gave no reply in time, or none that its protocol knows."""


class EnvelopeError(InstrumentError):
    """An effect is outside the limits; nothing was sent."""


class AgentError(ZosimosError):
    """The language model, or what it answered, is of no use."""


class ModelError(AgentError):
    """The model is not known, cannot be reached, refuses, or does not speak the protocol."""


class SpentError(ModelError):
    """What all that is asked of models in a campaign may take is used up: the rules without a model go on."""


class PlanError(AgentError):
    """No valid campaign came of the words."""


class RefusedError(ZosimosError):
    """Whoever asks may not do that: no grant, no budget left, or not by this way."""


class PreflightError(ZosimosError):
    """A lab is not fit for a campaign; the message says everything that is wrong."""


class DeadlockError(ZosimosError):
    """Virtual time waits for something that can never happen."""


def _shortened(value: object, limit: int = 200) -> str:
    text = as_written(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
