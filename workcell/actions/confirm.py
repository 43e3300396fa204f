"""Confirm: go on only if a condition holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from zosimos.core.errors import ExecutionError
from zosimos.core.expression import Expression
from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.protocol.known import Known


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
        values = {name: at.values[name] for name in sorted(condition.names)}
        for name, value in values.items():
            if not isinstance(value, str | int | float):
                raise ExecutionError(
                    f"{name} is no number and no text, so that nothing can be said of it",
                    field="confirm",
                    value=name,
                    allowed="inputs, weights and quantities that a method gives",
                    hint="let a compute step make a number of it",
                )
        if not bool(condition.holds({name: _column(value) for name, value in values.items()})):
            seen = ", ".join(f"{name} = {_shown(value)}" for name, value in values.items())
            raise ExecutionError(f"{self.otherwise} ({seen})", field="confirm", value=seen, allowed=self.that)


def _column(value: Any) -> NDArray[Any]:
    """Return a text as it is, and everything else as a number."""
    return np.asarray(value) if isinstance(value, str) else np.asarray(value, dtype=float)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else f"{float(value):.4g}"
