"""The lab seam: a plugin that says which candidates exist and runs experiments on them.

A lab is found by its kind through the entry-point group ``zosimos.labs``. The files it needs are read once, when the
campaign is created, and kept in the ledger as artifacts: a campaign resumes from its record, not from files that may
have changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Protocol

from zosimos.campaign.executor import Executor
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.table import Table

GROUP = "zosimos.labs"


class Lab(Protocol):
    """A laboratory, real or simulated.

    Constructed as ``Lab(options, files)``: ``options`` are the spec's ``lab`` fields without ``kind``, ``files`` the
    bytes of each file that :meth:`files` names. Construction validates both.
    """

    def __init__(self, options: Mapping[str, Any], files: Mapping[str, bytes]) -> None: ...

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the files the options name: role to path, relative to the campaign file."""
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

    def executor(self, objectives: Sequence[Objective], parameters: Sequence[str], clock: Clock) -> Executor:
        """Return what runs experiments."""
        ...


def lab_class(kind: str) -> type[Lab]:
    """Return the lab plugin of a kind.

    Raises:
        SpecError: there is none.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    if kind not in found:
        raise SpecError(
            f"there is no lab of kind {kind!r}",
            field="lab.kind",
            value=kind,
            allowed=", ".join(sorted(found)) or "none is installed",
            hint="correct the kind, or install the package that brings it",
        )
    plugin: type[Lab] = found[kind].load()
    return plugin
