"""A committee that learned from some of many results, and answers for all of them.

Exact Gaussian processes cost the cube of the number of results, and 2,000 near the best and all over the space say
about as much of where to measure next as ten times as many. What is left out is left out by its place, not by its
outcome: so beliefs stay honest, as those of a process that stands on a few hundred inducing points do not where the
surface varies more than these can carry: it takes the rest for noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.limits import Limits
from zosimos.surrogates.committee.member import Kind
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.outcome import Known, Mixture

_CHUNK = 1_000  # rows predicted together: bounds the memory


class SelectedOutcome(CommitteeOutcome):
    """A committee over the results at some places (an :class:`~zosimos.surrogates.outcome.OutcomeModel` of all).

    Args:
        kinds: of the members.
        X: ``n x d`` model columns of all results.
        y: ``n`` outcomes.
        variance: ``n`` squared standard uncertainties, NaN where unknown.
        seed: of the members and of the bootstrap of their weights.
        places: of the results that are learned from, ascending.
        rows: ``n`` numbers, the same where the same was chosen; None: where the columns are the same.
        origin: a value among the outcomes, from which all is reckoned inside; 0 for outcomes as they are.
        limits: results of which only a limit is known, beside the outcomes; None: there are none.
        stated_sd: how sure it is that the variances are the scatter; None: they are.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        X: Array,
        y: Array,
        variance: Array,
        seed: int,
        places: NDArray[np.int64],
        rows: NDArray[np.int64] | None = None,
        origin: float = 0.0,
        limits: Limits | None = None,
        stated_sd: float | None = None,
    ) -> None:
        alike = None if rows is None else rows[places]
        super().__init__(kinds, X[places], y[places], variance[places], seed, alike, origin, limits, stated_sd)
        self._places, self._all, self._outcomes = places, X, y
        self._apart = np.setdiff1d(np.arange(len(y)), places)
        doubted = tuple(int(places[place]) for place in self.standard.doubted)
        self.standard: Standard = replace(self.standard, doubted=doubted)

    @property
    def measured(self) -> Array:
        """The outcomes, ``n``, those that nothing was learned from included."""
        return self._outcomes

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the data, in words."""
        told = f"learned from {len(self._places):,} of {len(self._outcomes):,} results: half of them the nearest to the"
        return (f"{told} best, the others from all over the space", *super().notes)

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` columns; of ``first`` rows as many as are among them on average."""
        if first is not None:
            first = max(1, first * len(self._places) // len(self._outcomes))
        return super().predict(X, beside=beside, first=first)

    def known(self) -> Known:
        """Return what members believe of all measured rows, then of those under way."""
        taught = super().known()
        n, under_way = len(self._places), taught.columns[len(self._places) :]
        rest = self._all[self._apart]
        found = [self._means(rest[start : start + _CHUNK]) for start in range(0, len(rest), _CHUNK)]
        parts = np.empty((len(taught.parts), len(self._all)))
        parts[:, self._places] = taught.parts[:, :n]
        if found:
            parts[:, self._apart] = np.concatenate(found, axis=1)
        parts = np.concatenate([parts, taught.parts[:, n:]], axis=1)
        columns = np.concatenate([self._all, under_way])
        return replace(taught, columns=columns, parts=parts, mean=np.asarray(self._heard[1] @ parts), rivals=parts)

    def left_out(self) -> tuple[Array, Array]:
        """Return means and variances (noise included) of each outcome predicted from the others, both ``n``.

        Those that nothing was learned from are predicted from those that something was.
        """
        mean, variance = np.empty(len(self._all)), np.empty(len(self._all))
        mean[self._places], variance[self._places] = super().left_out()
        for start in range(0, len(self._apart), _CHUNK):
            some = self._apart[start : start + _CHUNK]
            belief = self.predict(self._all[some])
            mean[some], variance[some] = belief.mean, belief.variance + self.noise(self._all[some])
        return mean, variance

    def _means(self, X: Array) -> Array:
        """Return the means at ``m x d`` columns by part, ``k x m``."""
        return self._back(np.array([member.mean(X) for member in self._heard[0]]))
