"""The history: what was found, what is under way, and what others have found or advise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.planners.advice import Advice
from zosimos.planners.goal.knowledge import Source


@dataclass(frozen=True)
class History:
    """What happened up to a decision.

    Args:
        observations: what was found, in order, failed experiments included.
        pending: rows under way, or chosen earlier in this batch.
        avoid: rows that must not be proposed, such as those a person rejected.
        charged: rows whose experiments cost something, in the order in which they were chosen, those under way
            included; None: all observed, then all pending.
        advice: what is advised and still counts, in the order in which it was given.
        lost: the authors of advised experiments that were begun and gave no observation: they count as spent. A
            proposer finds those under way among them.
        sources: earlier campaigns.
        tried: says of a row's key whether the row may have been observed, where that is known without going over the
            observations: if not, it surely was not.
        left: how many experiments the budget still allows, those to be chosen now included; None: not known.
    """

    observations: Sequence[Observation] = ()
    pending: tuple[Values, ...] = ()
    avoid: tuple[Values, ...] = ()
    charged: tuple[Values, ...] | None = None
    advice: tuple[Advice, ...] = ()
    lost: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    tried: Callable[[str], bool] | None = None
    left: int | None = None

    def after(self, rows: Sequence[Values]) -> Self:
        """Return the history once further rows were chosen: they are under way, and cost something."""
        charged = None if self.charged is None else (*self.charged, *rows)
        left = None if self.left is None else max(0, self.left - len(rows))
        return replace(self, pending=(*self.pending, *rows), charged=charged, left=left)

    @property
    def charged_rows(self) -> tuple[Values, ...]:
        """The rows whose experiments cost something, the last to be chosen last."""
        return (*(seen.values for seen in self.observations), *self.pending) if self.charged is None else self.charged
