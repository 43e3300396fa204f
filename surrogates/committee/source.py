"""A source: a committee's belief about an outcome, fitted once on the source's own rows, as the trend of another."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.view import View

if TYPE_CHECKING:
    from zosimos.surrogates.committee.outcome import CommitteeOutcome

_CELLS = 4_000_000  # of a block's covariances with the source's rows: bounds the memory of a large pool
_KEPT = 16  # answers that are kept: members of one outcome ask the same


class SourceBelief:
    """What a source of knowledge, such as an earlier campaign or a cheaper method, says of each row, in its own units.

    The mixture's mean and covariance are given. For a source of ``N`` rows an answer takes ``O(N^2)`` for each row.

    Args:
        name: as weights and cards show it.
        outcome: the source's belief.
    """

    def __init__(self, name: str, outcome: CommitteeOutcome) -> None:
        self.name = name
        self.outcome = outcome
        self._answers: OrderedDict[bytes, tuple[Array, ...]] = OrderedDict()

    @property
    def spread(self) -> float:
        """How far the source's outcomes are spread."""
        return self.outcome.standard.spread

    @cached_property
    def skill(self) -> float:
        """The share of the trusted outcomes' variance that each, predicted from the others, explains; 0: none."""
        mean, _ = self.outcome.left_out()
        trusted = np.delete(np.arange(self.outcome.rows), self.outcome.standard.doubted)
        y, mean = self.outcome.measured[trusted], mean[trusted]
        return 1.0 - float(np.mean((y - mean) ** 2)) / max(float(np.var(y)), 1e-300)

    def scales(self, view: View) -> Array | None:
        """Return the log length scales, by group, of the weightiest member with such a view; None: there is none."""
        plain = (m for m in self.outcome.members if not m.kind.effects)
        alike = [m for m in plain if m.kind.view.name == view.name and m.kind.view.groups == view.groups]
        if not alike:
            return None
        return max(alike, key=lambda member: self.outcome.weights[member.kind.name]).theta[:-1]

    def moments(self, X: Array) -> tuple[Array, Array]:
        """Return means and variances at ``m x d`` columns, both ``m``."""

        def asked() -> tuple[Array, ...]:
            beliefs = [self.outcome.predict(block) for block in self._blocks(X)]
            return np.concatenate([b.mean for b in beliefs]), np.concatenate([b.variance for b in beliefs])

        mean, variance = self._answer(_digest(X), asked)
        return mean, variance

    def covariance(self, A: Array, B: Array) -> Array:
        """Return the covariance of what is not known at ``a x d`` and ``b x d`` columns, ``a x b``."""

        def asked() -> tuple[Array, ...]:
            return (np.concatenate([self.outcome.cross(block, B) for block in self._blocks(A)]),)

        return self._answer(_digest(A) + _digest(B), asked)[0]

    def forget(self) -> None:
        """Drop the answers that were kept: the outcome has rows under way that it had not."""
        self._answers.clear()

    def _blocks(self, X: Array) -> list[Array]:
        size = max(1, _CELLS // (self.outcome.rows + 1))
        return [X[start : start + size] for start in range(0, max(len(X), 1), size)]

    def _answer(self, key: bytes, asked: Callable[[], tuple[Array, ...]]) -> tuple[Array, ...]:
        if key not in self._answers:
            self._answers[key] = asked()
            if len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return self._answers[key]


def _digest(X: Array) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(X).tobytes(), digest_size=16).digest()
