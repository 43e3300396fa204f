"""The lab seam: a plugin that says which candidates exist and runs experiments on them.

A lab is found by its kind through the entry-point group ``zosimos.labs``. The files it needs are read once, when the
campaign is created, and kept in the ledger as artifacts: a campaign resumes from its record, not from files that may
have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from zosimos.campaign.executor import Executor, Past
from zosimos.campaign.record.experiment import Experiment
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.objective import Objective
from zosimos.core.plugins import plugin
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table

GROUP = "zosimos.labs"


@dataclass(frozen=True)
class LabCard:
    """What a planner, human or not, must know of a lab to write a campaign for it.

    Args:
        summary: what the lab does, in a few sentences.
        spec: a complete campaign for it as plain data, to start from; without a name or a description of its own.
        options: the model of the spec's ``lab`` fields; its JSON schema says what they mean.
        notes: facts that the schema cannot say, one sentence each.
    """

    summary: str
    spec: Mapping[str, Any]
    options: type[BaseModel]
    notes: Sequence[str] = ()


class Lab(Protocol):
    r"""A laboratory, real or simulated.

    Constructed as ``Lab(options, files)``: ``options`` are the spec's ``lab`` fields without ``kind``, ``files`` the
    bytes of each file that :meth:`files` names. Construction validates both.

    >>> from zosimos.labs.pool import PoolLab
    >>> lab = PoolLab({"file": "done.csv"}, {"file": b"x,y\n1,2\n2,3\n"})
    >>> lab.clock, lab.candidates().header
    ('virtual', ('x', 'y'))
    """

    def __init__(self, options: Mapping[str, Any], files: Mapping[str, bytes]) -> None: ...

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the files the options name: role to path, relative to the campaign file."""
        ...

    @classmethod
    def card(cls) -> LabCard | None:
        """Return what to know to write a campaign for it; None if only its data say what it can do."""
        ...

    @property
    def clock(self) -> ClockKind:
        """The time it runs on unless the spec says otherwise."""
        ...

    def candidates(self) -> Table | None:
        """Return the table of the only candidates that exist, or None if any point of the space can be run."""
        ...

    def outcomes(self, objectives: Sequence[str]) -> Sequence[str]:
        """Return the columns of :meth:`candidates` that are outcomes or otherwise no parameters.

        Raises:
            DataError: an objective has no column.
        """
        ...

    def check(self, objectives: Sequence[str], parameters: Sequence[str]) -> None:
        """Refuse a spec that this lab cannot run.

        Raises:
            InputError: an objective or parameter is unknown to it, or its data are wrong.
        """
        ...

    def fits(self, space: SearchSpace) -> None:
        """Refuse a space in which this lab could not run every point, also one it is steered to.

        Raises:
            InputError: a point needs what the lab cannot do.
        """
        ...

    def simulated(self) -> Lab:
        """Return the same lab with all that is real or far away simulated here, for a rehearsal.

        Raises:
            StateError: there is no simulation of it.
        """
        ...

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:
        """Return what experiments used and how near the limits they came, in words: the fact's name and the fact."""
        ...

    def executor(self, objectives: Sequence[Objective], space: SearchSpace, clock: Clock, past: Past) -> Executor:
        """Return what runs experiments, for a campaign with a past or without."""
        ...


@runtime_checkable
class KnowsUnits(Protocol):
    """A lab that knows in which units it takes and measures, so that others are refused when a campaign is made.

    A lab need not: one that measures what a table or a person says has the units of the campaign.
    """

    def check_units(self, objectives: Sequence[Objective], space: SearchSpace) -> None:
        """Refuse objectives and parameters in other units than the lab's.

        Raises:
            InputError: names what is in another unit, both units and the fix.
        """
        ...


def lab_class(kind: str) -> type[Lab]:
    """Return the lab plugin of a kind.

    Raises:
        SpecError: there is none.
    """
    found: type[Lab] = plugin(GROUP, kind, "lab of kind", "lab.kind")
    return found
