"""Mending: mistakes of a campaign on record, corrected from Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from zosimos.campaign.control.corrections import Given
from zosimos.core.errors import DataError
from zosimos.core.records import Measurement
from zosimos.faces.python import candidates
from zosimos.faces.python.byhand import ByHand
from zosimos.faces.python.candidates import Experiment, Suggestion
from zosimos.faces.python.results import checked_numbers
from zosimos.faces.python.words import plain

Spread: TypeAlias = float | str | None
Corrected: TypeAlias = float | str | tuple[float | str, Spread] | tuple[float | str, Spread, Spread] | Measurement
"""A value, one with its standard uncertainty, with that of what all results share, too, or a whole measurement.

Numbers may have a unit, as text.
"""


class Mending(ByHand):
    """A campaign whose mistakes can be mended; the record keeps what was, who changed it and why.

    >>> import tempfile, zosimos as zo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spec = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("yield_")}
    ...     with zo.Campaign.create(spec | {"budget": {"experiments": 8}}, ledger=f"{folder}/lab.db") as campaign:
    ...         first, second, third = campaign.ask(3)
    ...         _ = campaign.tell([(first, {"yield_": 410.0}), (second, {"yield_": 30.0})])
    ...         _ = campaign.correct(first, yield_=41.0, reason="a typo")
    ...         _ = campaign.retract(second, reason="spilled")
    ...         _ = campaign.drop(third, reason="out of solvent")
    ...         [(e.id, e.status, [m.value for m in e.outcomes.values()]) for e in campaign.experiments]
    [('e0001', 'measured', [41.0]), ('e0002', 'retracted', []), ('e0003', 'cancelled', [])]
    """

    def correct(
        self,
        experiment: str | Suggestion,
        values: Mapping[str, Corrected] | None = None,
        /,
        *,
        reason: str,
        undo: bool = False,
        **more: Corrected,
    ) -> Experiment:
        """Give a result other values, or say where it was really run, and return the experiment.

        Decisions from now on go by that.

        Args:
            experiment: its id, or what was suggested.
            values: by outcome the value, (value, standard uncertainty), or both and what of the uncertainty all results
                share; or as keywords. What is not named stays, an uncertainty too: ``<outcome>_uncertainty`` and
                ``<outcome>_u_shared`` change it alone (None: not known). By parameter, the value at which it was really
                run.
            reason: why, for the record.
            undo: give back the values it had before it was last corrected, in place of ``values``.
            **more: values by keyword.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: an outcome is unknown, a value is no finite number, or there is no reason.
            StateError: it has no result, its result was retracted, or these are its values already.
        """
        name, given = _name(experiment), {**(values or {}), **more}
        if undo and given:
            raise DataError(
                "values are given, and taken back",
                field="undo",
                value=", ".join(given),
                allowed="values, or undo=True",
                hint="leave out one of the two",
            )
        with self._lock:
            if undo:
                return candidates.experiment(self._commands.uncorrect(self._setup, name, reason))
            flat = {key: value for one, wanted in given.items() for key, value in _flat(one, wanted).items()}
            return candidates.experiment(self._commands.correct(self._setup, name, flat, reason))

    def retract(self, experiment: str | Suggestion, *outcomes: str, reason: str, undo: bool = False) -> Experiment:
        """Let a result count no more, from the next decision on, and return the experiment; it stays used.

        Args:
            experiment: its id, or what was suggested.
            *outcomes: only these of its outcomes; the rest counts. None: all of the result.
            reason: why, for the record.
            undo: let what was retracted count again.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: it has no such outcome, or there is no reason.
            StateError: it has no result, or that was retracted already, or nothing would be left of it; with ``undo``,
                it was not retracted.
        """
        with self._lock:
            if outcomes:
                single = self._commands.put_back if undo else self._commands.take_out
                return candidates.experiment(single(self._setup, _name(experiment), outcomes, reason))
            change = self._commands.restore if undo else self._commands.retract
            return candidates.experiment(change(_name(experiment), reason))

    def drop(
        self, experiment: str | Suggestion, *, reason: str, exclude: bool = False, undo: bool = False
    ) -> Experiment:
        """Let a suggestion that nobody will do wait no more, and return the experiment; its budget is free again.

        Args:
            experiment: its id, or what was suggested.
            reason: why, for the record.
            exclude: keep away from its values, and from what lies near them (5 % of a continuous range).
            undo: let the dropped suggestion wait again.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: there is no reason.
            StateError: it waits no more, or a laboratory is about to run it; with ``undo``, it was not dropped.
            SpecError: nothing would be left to try.
        """
        with self._lock:
            if undo:
                return candidates.experiment(self._commands.take_up(_name(experiment), reason))
            return candidates.experiment(self._commands.drop(self._setup, _name(experiment), reason, exclude=exclude))

    def note(self, text: str, experiment: str | Suggestion = "") -> None:
        """Write something down about the campaign, or about one of its experiments; nothing is decided by it.

        Raises:
            SpecError: there are no words, or more than 2000 characters.
            NotFoundError: there is no such experiment.
        """
        with self._lock:
            self._commands.note(text, _name(experiment))


def _name(experiment: str | Suggestion) -> str:
    return experiment.id if isinstance(experiment, Suggestion) else experiment


def _flat(name: str, value: Any) -> dict[str, Given]:
    """Return a value as a command takes it: with its uncertainty beside it, if there is one."""
    keys = name, f"{name}_uncertainty", f"{name}_u_shared"
    if isinstance(value, Measurement):
        unit = f" {value.unit}".rstrip()
        numbers = value.value, value.uncertainty, value.u_shared
        written = [None if number is None else f"{number!r}{unit}" for number in numbers]
        return dict(zip(keys, written, strict=True))
    if isinstance(value, tuple | list):
        return dict(zip(keys, map(plain, checked_numbers(name, value)), strict=False))
    return {name: plain(value)}
