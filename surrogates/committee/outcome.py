"""The committee's belief about one measured quantity: a weighted mixture over its members."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.card import committee_card
from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.fitted import Seen, fitted
from zosimos.surrogates.committee.limits import Limits
from zosimos.surrogates.committee.member import Kind, Member
from zosimos.surrogates.committee.standard import is_constant
from zosimos.surrogates.committee.stated import distinct
from zosimos.surrogates.committee.suspicion import least_suspect
from zosimos.surrogates.committee.trended import TrendMember
from zosimos.surrogates.committee.warped import WarpedMixture, latent_of, said
from zosimos.surrogates.outcome import Known, Mixture

_UNHEARD = 0.01  # weight below which a member has no say
_APART = 1.5  # times the stated uncertainties, or one part in so many: nearer to them nothing is said
_CLEAR = 5.0  # evidence, a log likelihood ratio, from which that is said
_FEW = 8  # outcomes below which nothing is said of it


class CommitteeOutcome:
    """Members fitted to one quantity, their weights, and the mixture they make.

    An :class:`~zosimos.surrogates.outcome.OutcomeModel`.

    Args:
        kinds: of the members.
        X: ``n x d`` model columns.
        y: ``n`` outcomes.
        variance: ``n`` squared standard uncertainties, NaN where unknown.
        seed: of the bootstrap of the weights.
        rows: ``n`` numbers, the same where the same was chosen (None: where the columns are the same): outcomes of one
            row that agree are no errors.
        origin: a value among the outcomes, from which all is reckoned inside; 0 for outcomes as they are.
        limits: results of which only a limit is known, beside the outcomes; None: there are none.
        stated_sd: standard deviation of the logarithm of the factor that all variances need
            (:mod:`~zosimos.surrogates.committee.stated`); None: they are what they are said to be.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        X: Array,
        y: Array,
        variance: Array,
        seed: int,
        rows: NDArray[np.int64] | None = None,
        origin: float = 0.0,
        limits: Limits | None = None,
        stated_sd: float | None = None,
    ) -> None:
        seen = Seen.of(X, y - origin, variance, rows, origin, stated_sd)
        kinds = kinds if stated_sd is None else distinct(kinds, variance, stated_sd)
        less = None if limits is None else limits.less(origin)
        found = least_suspect(seen, lambda doubted: fitted(kinds, seen, doubted, seed, less))
        self._scale, self.members, self._weights = found.standard, found.members, found.weights
        self._origin, self._limits = origin, limits
        self.standard = self._scale.moved(origin)
        self._y = y
        self._seed = seed
        self._columns = X

    @property
    def exact(self) -> bool:
        """It is a mixture of exact Gaussian processes."""
        return True

    @property
    def measured(self) -> Array:
        """The outcomes, ``n``."""
        return self._y

    @property
    def rows(self) -> int:
        """Number of measured rows."""
        return len(self.measured)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the data, in words; empty if nothing was."""
        notes = []
        if len(self._y) == 1:
            notes.append("one observation: prior hyper-parameters are used")
        elif self._limits is None and is_constant(float(np.ptp(self._y)), self._y - self._origin, self._origin):
            notes.append("all outcomes are the same: nothing to learn from them")
        if self._limits is not None:
            count = len(self._limits)
            notes.append(f"learned from {count} limit{'s' if count > 1 else ''} too")
        if reconciled := self._reconciled:
            notes.append(reconciled)
        if self.standard.doubted:
            values = ", ".join(f"{self._y[i]:.3g}" for i in self.standard.doubted)
            notes.append(f"{values} does not fit with the others and is held in doubt: measure again")
        return tuple(notes)

    @property
    def stated_factor(self) -> float:
        """How many times the stated standard uncertainties outcomes scatter by; 1 where they are not stated.

        The geometric mean of what the members learned, by their weights.
        """
        told = [(m.stated.factor(m.noise), w) for m, w in zip(self.members, self._weights, strict=True) if m.stated]
        total = sum(weight for _, weight in told)
        return math.exp(sum(weight * math.log(factor) for factor, weight in told) / total) if total > 0.0 else 1.0

    @cached_property
    def _reconciled(self) -> str:
        """What to say of stated uncertainties that the outcomes clearly disagree with; empty where they do not."""
        factor = self.stated_factor
        if max(factor, 1.0 / factor) < _APART or len(self._y) < _FEW:
            return ""
        told = (m for m in self.members if m.stated and m.kind.trend is None)
        first = max(told, key=lambda member: self.weights[member.kind.name])
        if first.against_stated() < _CLEAR:
            return ""
        if factor < 1.0:
            why = "part of what is stated may be the same for all results (u_shared)"
        else:
            why = "something scatters that is not in them, such as the sample, or the instrument changed"
        return f"results scatter by {factor:.2g} times their stated uncertainties, and are learned from so: {why}"

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each kind of member, by name."""
        found = dict[str, float]()
        for member, weight in zip(self.members, self._weights, strict=True):
            found[member.kind.name] = found.get(member.kind.name, 0.0) + float(weight)
        return found

    @property
    def noise_of_next(self) -> float:
        """The expected noise variance of a further measurement, in the outcome's units."""
        heard, weights = self._heard
        return self.standard.spread**2 * float(weights @ np.array([member.noise_of_next for member in heard]))

    @cached_property
    def _heard(self) -> tuple[tuple[Member, ...], Array]:
        """The members whose weight matters, and their weights: the others would only take time."""
        loud = self._weights >= min(_UNHEARD, float(self._weights.max()))
        weights = self._weights[loud]
        return tuple(m for m, is_loud in zip(self.members, loud, strict=True) if is_loud), weights / weights.sum()

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` columns.

        Args:
            X: the columns.
            beside: ``k x d`` columns of a row for each part: variances are no greater than those of the difference to
                it. Not with ``first``.
            first: variances know the first so many rows alone.
        """
        heard, weights = self._heard
        rows = [None] * len(heard) if beside is None else list(beside)
        answers = [said(member, X, first, row) for member, row in zip(heard, rows, strict=True)]
        means = self._back(np.array([answer.mean for answer in answers]))
        variances = self.standard.spread**2 * np.array([answer.variance for answer in answers])
        if not self.warped:
            return Mixture(means, variances, weights, self._noise, self._origin)
        pairs = zip(heard, answers, strict=True)
        latents = tuple(latent_of(member, answer, self._scale, self._origin) for member, answer in pairs)
        return WarpedMixture(means, variances, weights, self._noise, self._origin, latents)

    @cached_property
    def warped(self) -> bool:
        """Whether a member with a say warps the outcome."""
        return any(member.kind.warp is not None for member in self._heard[0])

    def noise(self, X: Array) -> Array:
        """Return the expected noise variance of a measurement at ``m x d`` columns, ``m``.

        The same at all of them, unless a member warps the outcome.
        """
        if self.warped:
            pairs = zip(self._heard[1], self._heard[0], strict=True)
            return np.asarray(self.standard.spread**2 * sum(weight * m.noise_at(X) for weight, m in pairs))
        return np.full(len(X), float(self._heard[1] @ self._noise))

    @property
    def _noise(self) -> Array:
        """The noise variance that each member with a say expects of a measurement, ``k``."""
        return self.standard.spread**2 * np.array([member.noise_of_next for member in self._heard[0]])

    def joint(self, X: Array) -> tuple[Array, Array]:
        """Return the mean (``m``) and covariance (``m x m``) of the mixture at ``m x d`` columns, noise left out."""
        heard, weights = self._heard
        pairs = [member.joint(X) for member in heard]
        means = self._back(np.array([mean for mean, _ in pairs]))
        covariances = self.standard.spread**2 * np.array([covariance for _, covariance in pairs])
        mean = weights @ means
        apart = means - mean
        return mean, np.tensordot(weights, covariances, 1) + (weights[:, None] * apart).T @ apart

    def cross(self, A: Array, B: Array) -> Array:
        """Return the mixture's covariance (noise left out) of ``a x d`` and ``b x d`` columns, ``a x b``."""
        heard, weights = self._heard
        within = np.array([member.cross(A, B) for member in heard])
        square = self.standard.spread**2
        if len(heard) == 1:
            return np.asarray(square * within[0])
        means = [np.array([member.mean(X) for member in heard]) for X in (A, B)]
        apart = [mean - weights @ mean for mean in means]
        return np.asarray(square * (np.tensordot(weights, within, 1) + (weights[:, None] * apart[0]).T @ apart[1]))

    def likeness(self, X: Array, noise: float) -> Array:
        """Return how far measuring what the trends tell of would tell the outcome at ``m x d`` columns, ``m``.

        The correlation of the two by :meth:`~.trended.TrendMember.likeness`, by weight; a member without a trend sees
        none, so that trends without weight have none either.

        Args:
            X: the columns.
            noise: the variance of such a measurement, in the source's units.
        """
        heard, weights = self._heard
        found = np.zeros(len(X))
        for member, weight in zip(heard, weights, strict=True):
            if isinstance(member, TrendMember):
                found += weight * member.likeness(X, noise)
        return found

    def known(self) -> Known:
        """Return what members believe of the measured rows, then of those under way."""
        believed = np.array([member.believed() for member in self._heard[0]])
        n, more = len(self._y), 0 if self._limits is None else len(self._limits)
        limited, parts = self._back(believed[:, n : n + more]), self._back(np.delete(believed, range(n, n + more), 1))
        known = Known(self._columns, parts, np.asarray(self._heard[1] @ parts), parts)
        if self._limits is None:
            return known
        kept = self._limits.rivals
        return replace(known, limited=(self._limits.X[kept], limited[:, kept]))

    def left_out(self) -> tuple[Array, Array]:
        """Return means and variances (noise included) of each outcome predicted from the others, both ``n``."""
        heard, weights = self._heard
        n, pairs = len(self._y), [member.left_out for member in heard]
        means = self._scale.back(np.array([mean[:n] for mean, _ in pairs]))
        variances = self.standard.spread**2 * np.array([variance[:n] for _, variance in pairs])
        mean = weights @ means
        variance = weights @ (variances + means**2) - mean**2
        return (mean + self._origin if self._origin else mean), variance

    def pending(self, X: Array) -> None:
        """Take ``p x d`` rows as under way: what they will say is unknown, that they will say it is not."""
        self._columns = np.concatenate([self._columns, X])
        for member in self.members:
            member.await_rows(X)

    def renew(self) -> None:
        """Take in that sources know more than they did: those that trends come from have rows under way."""
        for member in self.members:
            if isinstance(member, TrendMember):
                member.renew()

    def card(self) -> ModelCard:
        """Return what the members are."""
        return committee_card((self,), self._seed, self.notes)

    def _back(self, scaled: Array) -> Array:
        found = self._scale.back(scaled)
        return found + self._origin if self._origin else found
