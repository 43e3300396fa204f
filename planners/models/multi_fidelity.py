"""Several levels of a method: each is believed by itself, with the level below as a trend, and reported by the last.

A chain as in Kennedy and O'Hagan 2000 (Biometrika 87). How much a row at a lower level is worth follows Huang et al.
2006 ("Sequential kriging optimization using multiple-fidelity evaluations", Struct. Multidisc. Optim. 32): the expected
gain at the last level there, times the correlation of what would be measured with the last level's value, times how
often its cost fits into that of the last level. The correlation is weighed as the trends are: a level that the last
one's outcomes do not bear out is no longer measured. What lower levels may spend is bounded, too: by what the last
level has spent, times the weight of the trends. So a misleading method costs little before it is found out, and the
best one no more than is spent on results.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zosimos.core.space import SearchSpace
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.limits import Limits
from zosimos.surrogates.committee.member import Kind
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.source import SourceBelief
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.outcome import Known, Mixture, OutcomeModel

_LEAST = 1e-300
_ROUNDING = 1e-9


class Ladder:
    """Where the level stands among a space's model columns.

    Args:
        space: with the fidelity's parameter in it.
        fidelity: the levels.
    """

    def __init__(self, space: SearchSpace, fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        parameter = space.by_name[fidelity.parameter]
        assert parameter.kind == "text", "checked when the settings were made"
        start = sum(p.width for p in space.parameters[: space.names.index(parameter.name)])
        self._own = np.arange(start, start + parameter.width)
        self.others: NDArray[np.int64] = np.setdiff1d(np.arange(space.width), self._own)
        """The columns besides the level's."""
        self._codes = parameter.encoded(np.array(fidelity.levels, dtype=object))
        costs = np.array(list(fidelity.costs.values()))
        self.prices: Array = costs / costs[-1]
        """What an experiment at each level costs, of one at the last."""

    def levels(self, X: Array) -> NDArray[np.int64]:
        """Return the place of each row's level, ``m``."""
        apart = X[:, None, self._own] - self._codes[None]
        return np.asarray((apart**2).sum(axis=2).argmin(axis=1))

    def relative_cost(self, X: Array) -> Array:
        """Return what an experiment at each row costs, of one at the last level, ``m``."""
        return np.asarray(self.prices[self.levels(X)])


class LadderOutcome:
    """The belief about one quantity at all levels, as an :class:`~zosimos.surrogates.outcome.OutcomeModel`.

    What it predicts of rows is of their own levels; what it knows so far, its weights and its standard are the last
    level's.

    Args:
        ladder: where the level stands.
        kinds: of members, over the columns besides the level's.
        X: ``n x d`` model columns, the level's among them.
        y: ``n`` outcomes; one at least is of the last level.
        variance: ``n`` squared standard uncertainties, NaN where unknown.
        seed: of the bootstrap of weights, and of which outcomes of a level are learned from where there are many.
        most: outcomes of one level that are learned from.
        limits: results of which only a limit is known, of all levels, with the columns of ``X``; None: there are none.
        stated_sd: how sure it is that the variances are the scatter (:mod:`zosimos.surrogates.committee.stated`).
    """

    def __init__(
        self,
        ladder: Ladder,
        kinds: Sequence[Kind],
        X: Array,
        y: Array,
        variance: Array,
        seed: int,
        most: int,
        limits: Limits | None = None,
        stated_sd: float | None = None,
    ) -> None:
        self.ladder = ladder
        self._thinned: list[str] = []
        self._outcomes: dict[int, CommitteeOutcome] = {}
        self._sources: dict[int, SourceBelief] = {}
        places, rows = ladder.levels(X), X[:, ladder.others]
        self._places = places
        below: SourceBelief | None = None
        for place, name in enumerate(ladder.fidelity.levels):
            own = np.flatnonzero(places == place)
            if not len(own):  # limits alone teach no level
                continue
            if len(own) > most:
                self._thinned.append(f"{name}: learned from {most} of {len(own)} outcomes, drawn at random")
                own = np.sort(np.random.default_rng(seed).choice(own, most, replace=False))
            trended = () if below is None else tuple(Kind(kind.view, kind.covariance, below) for kind in kinds[:1])
            known = None if limits is None else limits.among(ladder.levels(limits.X) == place, ladder.others)
            all_kinds, told = (*kinds, *trended), (rows[own], y[own], variance[own])
            outcome = CommitteeOutcome(all_kinds, *told, seed, limits=known, stated_sd=stated_sd)
            self._outcomes[place] = outcome
            below = self._sources[place] = SourceBelief(name, outcome)

    @property
    def top(self) -> CommitteeOutcome:
        """The belief about the last level."""
        return self._outcomes[len(self.ladder.fidelity.levels) - 1]

    @property
    def exact(self) -> bool:
        """Its rows are not of one kind."""
        return False

    @property
    def standard(self) -> Standard:
        """The last level's standard."""
        return self.top.standard

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each kind of member of the last level, by name."""
        return self.top.weights

    @property
    def credit(self) -> float:
        """What lower levels may still spend, in experiments of the last level."""
        counts = np.bincount(self._places, minlength=len(self.ladder.prices)) * self.ladder.prices
        trust = sum(self.weights[member.kind.name] for member in self.top.members if member.kind.trend is not None)
        return float(trust * counts[-1] - counts[:-1].sum())

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the data, in words."""
        levels = self.ladder.fidelity.levels
        told = (f"{levels[place]}: {note}" for place, o in self._outcomes.items() for note in o.notes)
        return (*self._thinned, *told)

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` columns, each at its own level (one never measured: at the last).

        ``beside`` and ``first`` are left aside: they are for the last level alone, see :func:`at_last_level`.
        """
        del beside, first
        places, rows = self.ladder.levels(X), X[:, self.ladder.others]
        known = np.where(np.isin(places, list(self._outcomes)), places, max(self._outcomes))
        found = np.unique(known)
        if len(found) == 1:
            return self._outcomes[int(found[0])].predict(rows)
        mean, variance, noise = np.empty(len(X)), np.empty(len(X)), 0.0
        for place in found:
            belief = self._outcomes[int(place)].predict(rows[known == place])
            mean[known == place], variance[known == place] = belief.mean, np.maximum(belief.variance, _LEAST)
            noise = max(noise, belief.aleatoric)
        return Mixture(mean[None], variance[None], np.ones(1), np.array([noise]))

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance of ``a x d`` and ``b x d`` columns as if all were of the last level, ``a x b``."""
        return self.top.cross(A[:, self.ladder.others], B[:, self.ladder.others])

    def noise(self, X: Array) -> Array:
        """Return the expected noise variance of a measurement at ``m x d`` columns, each at its own level, ``m``."""
        places = self.ladder.levels(X)
        known = np.where(np.isin(places, list(self._outcomes)), places, max(self._outcomes))
        return np.array([self._outcomes[int(place)].noise(X[:1])[0] for place in known])

    def likeness(self, X: Array) -> Array:
        """Return how far a measurement at each row's level would tell the last level's value there, ``m``, 0 to 1."""
        places, rows = self.ladder.levels(X), X[:, self.ladder.others]
        known = sorted(self._outcomes)
        found = np.where(places == len(self.ladder.fidelity.levels) - 1, 1.0, 0.0)
        for start, place in enumerate(known[:-1]):
            own = np.flatnonzero(places == place)
            if not len(own):
                continue
            found[own] = 1.0
            for below, above in zip(known[start:], known[start + 1 :], strict=False):
                noise = self._outcomes[below].noise_of_next if below == place else 0.0
                found[own] *= self._outcomes[above].likeness(rows[own], noise)
        return found

    def known(self) -> Known:
        """Return what is believed at the last level; columns are those besides the level's."""
        return self.top.known()

    def left_out(self) -> None:
        """Return nothing: what the levels below say of an outcome does not leave it out."""

    def pending(self, X: Array) -> None:
        """Take ``p x d`` rows as under way; what waits at a level is less unknown at those above, too."""
        places, rows = self.ladder.levels(X), X[:, self.ladder.others]
        self._places = np.concatenate([self._places, places])
        changed = False
        for place in sorted(self._outcomes):
            if changed:
                self._outcomes[place].renew()
            if (own := places == place).any():
                self._outcomes[place].pending(rows[own])
                changed = True
            if changed:
                self._sources[place].forget()

    def card(self) -> ModelCard:
        """Return what the last level's committee is."""
        return self.top.card()


def at_last_level(model: OutcomeModel) -> tuple[OutcomeModel, NDArray[np.int64] | None]:
    """Return what a model believes of the last level, and the columns that it is asked about; None: of all columns."""
    return (model.top, model.ladder.others) if isinstance(model, LadderOutcome) else (model, None)


def worth(models: Sequence[OutcomeModel], X: Array, *, priced: bool = False) -> Array | float:
    """Return the log worth of rows at their levels, relative to the last level, ``m``; 0 where there are no levels.

    Args:
        models: of all objectives.
        X: ``m x d`` model columns, the level's among them.
        priced: whether what an experiment costs is counted elsewhere.
    """
    ladders = _ladders(models)
    if not ladders:
        return 0.0
    prices = ladders[0].ladder.relative_cost(X)
    credit = float(np.mean([model.credit for model in ladders])) + _ROUNDING
    open_ = (ladders[0].ladder.levels(X) == len(ladders[0].ladder.prices) - 1) | (prices <= credit)
    chances = np.log(np.maximum(np.where(open_, _likeness(ladders, X), 0.0), _LEAST))
    return np.asarray(chances if priced else chances - np.log(prices))


def describe(models: Sequence[OutcomeModel], X: Array, *, priced: bool = False) -> str:
    """Return in words what the one row of ``1 x d`` columns is worth at its level; empty for the last or only level.

    Args:
        models: of all objectives.
        X: ``1 x d`` model columns, the level's among them.
        priced: whether what an experiment costs is counted elsewhere.
    """
    ladders = _ladders(models)
    if not ladders:
        return ""
    ladder = ladders[0].ladder
    fidelity = ladder.fidelity
    level = fidelity.levels[int(ladder.levels(X)[0])]
    if level == fidelity.top:
        return ""
    cost = "" if priced else f", for {float(ladder.relative_cost(X)[0]):.2g} of its cost"
    return f"; at {level}, correlated by {float(_likeness(ladders, X)[0]):.2f} with what {fidelity.top} would say{cost}"


def _ladders(models: Sequence[OutcomeModel]) -> list[LadderOutcome]:
    return [model for model in models if isinstance(model, LadderOutcome)]


def _likeness(models: Sequence[LadderOutcome], X: Array) -> Array:
    return np.asarray(np.mean([model.likeness(X) for model in models], axis=0))
