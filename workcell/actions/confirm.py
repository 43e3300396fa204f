"""Confirm: go on only if a condition holds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from zosimos.core.errors import ExecutionError
from zosimos.core.expression import Expression
from zosimos.workcell.action import Action
from zosimos.workcell.known import Known
from zosimos.workcell.station_run import StationRun


class Confirm(Action):
    """Go on only if a condition holds; else the experiment fails with the message."""

    that: str = Field(max_length=500)
    otherwise: str = Field(alias="else", max_length=500)

    def check(self, known: Known) -> None:
        """Refuse a condition of what is not known by now."""
        known.need(Expression(self.that).names, "that")

    def conditions(self) -> Iterator[tuple[str, str]]:
        """Yield its condition, whose parts must be in one unit."""
        yield "that", self.that

    async def run(self, at: StationRun) -> None:
        """Look whether it holds."""
        condition = Expression(self.that)
        columns = {name: np.asarray(at.values[name], dtype=float) for name in condition.names}
        if not bool(condition.holds(columns)):
            seen = ", ".join(f"{name} = {float(column):.4g}" for name, column in sorted(columns.items()))
            raise ExecutionError(f"{self.otherwise} ({seen})", field="confirm", value=seen, allowed=self.that)
