"""The models of all outcomes, fitted to a context's observations, with rows under way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from zosimos.core.beyond import beyond_limits
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.ranking import by_tier, standings
from zosimos.core.replicates import contradictions
from zosimos.core.uncertainty import parts
from zosimos.planners.acquisition.clipped import believed
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.models.affine import AffineOutcome
from zosimos.planners.models.composite import CompositeOutcome, recovering
from zosimos.planners.models.factory import by_name, model_of, selection
from zosimos.planners.models.multi_fidelity import at_last_level
from zosimos.planners.models.outcomes import Outcomes, limits_of
from zosimos.planners.models.series import MOST_APART, SeriesModel
from zosimos.planners.models.transfer import omissions
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.stated import FIRM
from zosimos.surrogates.outcome import OutcomeModel

Array = NDArray[np.float64]

_LOOKED_AT = 500  # last results that are compared with what they state


class FittedModels:
    """What everything seen has taught, and which outcomes are held in doubt.

    Args:
        context: of a decision; at least one observation must train each objective.

    Attributes:
        learned: the rows and outcomes of the objectives that were learned from.
        quantities: the model of each measured quantity, by name: of an objective, or of what objectives are made of.
        composites: the model of each objective that is made of others, by name.
        models: the model of each objective.
        selected: which learned rows committees learn from, where there are too many; None: all of them.
        waiting: the rows under way, those chosen earlier in the batch included.
    """

    def __init__(self, context: ProposalContext) -> None:
        self.context = context
        self.waiting: list[Values] = []
        self.learned = Outcomes.of(context, context.objectives)
        features, measured = context.space.features(self.learned.rows), to_measure(context.objectives)
        self._taught = Outcomes.of(context, measured)
        names = [quantity.name for quantity in measured]
        columns = zip(self._taught.values.T, self._taught.variances.T, strict=True)
        taught = dict(zip(names, columns, strict=True))
        self.selected = selection(context, features, self.learned.values)
        self._sure = sure = dict(zip(names, self._taught.stated_sd, strict=True))
        self.series: Mapping[str, SeriesModel] = self._reduced(features, taught)
        channels = {name: model for series in self.series.values() for name, model in series.channels.items()}
        self._apart: Mapping[str, OutcomeModel] = {
            name: model_of(
                context,
                self.learned.rows,
                features,
                *column,
                name,
                limits_of(context, name),
                sure[name],
                self.selected,
            )
            for name, column in taught.items()
            if name not in channels
        }
        every = {**self._apart, **channels}
        self.quantities: Mapping[str, OutcomeModel] = {name: every[name] for name in names}
        self.composites: Mapping[str, CompositeOutcome] = {
            objective.name: self._composite(objective, features, values)
            for objective, values in zip(context.objectives, self.learned.values.T, strict=True)
            if objective.of is not None
        }
        made = {**self.quantities, **self.composites}
        self.models = tuple(made[objective.name] for objective in context.objectives)
        if context.pending:
            self.add_pending(context.pending)

    def _composite(self, objective: Objective, features: Array, values: Array) -> CompositeOutcome:
        """Return the model of an objective that is made of measured quantities."""
        assert objective.of is not None, "made of others"
        assert self.context.goal.fidelity is None, "levels are refused beside objectives made of others"
        named = {quantity.name for quantity in objective.of.quantities}
        series = [model for model in self.series.values() if named & set(model.channels)]
        parts = {
            name: self._apart[name] for name in (part.name for part in objective.of.quantities) if name in self._apart
        }
        parts |= {name: score for model in series for name, score in model.scores.items()}
        recover = recovering(self.context.space, objective.of.parameters)
        known, sharp = features[np.isfinite(values)], self.context.policy.fourth
        make = AffineOutcome if sharp and objective.of.affine else CompositeOutcome
        return make(objective, parts, recover, known, values, series, sharp=sharp)

    def _reduced(self, features: Array, taught: Mapping[str, tuple[Array, Array]]) -> dict[str, SeriesModel]:
        """Return the models of series of many channels, by name; fewer channels are modelled one by one."""
        context, found = self.context, dict[str, SeriesModel]()
        declared = [one for objective in context.objectives if objective.of is not None for one in objective.of.series]
        for series in dict.fromkeys(declared):
            columns = [taught[name] for name in series.channels]
            curves, variances = (np.stack(part, axis=1) for part in zip(*columns, strict=True))
            if len(series.channels) <= MOST_APART or not np.isfinite(curves).all(axis=1).any():
                continue
            sure = self._sure[series.channels[0]]
            make = partial(model_of, context, self.learned.rows, features, stated_sd=sure, selected=self.selected)
            firm = sure is None or sure <= FIRM
            found[series.name] = SeriesModel(series, features, curves, variances, make, firm=firm)
        return found

    def source(self, name: str) -> OutcomeModel:
        """Return what a composite is drawn from, by name: the model of a quantity, or of a score of a series."""
        scores = (series.scores for series in self.series.values() if name in series.scores)
        return next((found[name] for found in scores), None) or self.quantities[name]

    @property
    def weights(self) -> Mapping[str, Mapping[str, float]]:
        """The weight of each kind of model, by measured quantity."""
        return {name: model.weights for name, model in self.quantities.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the fit, in words, with the quantities' names."""
        noted = [(name, model.notes) for name, model in self._apart.items()]
        noted += [(name, series.notes) for name, series in self.series.items()]
        told = [f"{name}: {note}" for name, notes in noted for note in notes]
        told += beyond_limits(self.context.training, self.context.objectives)
        sources, space, named = self.context.history.sources, self.context.space, by_name(self.context)
        earlier = (
            note
            for objective in self.context.objectives
            for note in omissions(sources, space, objective.name, named=named)
        )
        return (*told, *dict.fromkeys(earlier))

    @property
    def contradicted(self) -> tuple[str, ...]:
        """What results say against the uncertainties that are stated, in words; it needs no model."""
        return tuple(contradictions(self.context.training[-_LOOKED_AT:], self.context.objectives))

    def cards(self) -> dict[str, ModelCard]:
        """Return what the models are, by what they are of: quantities, series as one and their scores, composites."""
        found = {name: model.card() for name, model in self._apart.items()}
        for name, series in self.series.items():
            found |= {name: series.card(), **{score: model.card() for score, model in series.scores.items()}}
        return found | {name: model.card() for name, model in self.composites.items()}

    def add_pending(self, rows: Sequence[Values]) -> None:
        """Take further rows as under way."""
        features = self.context.space.features(rows)
        for series in self.series.values():
            series.pending(features)
        for model in (*self._apart.values(), *self.composites.values()):
            model.pending(features)
        self.waiting += rows

    def predict(self, rows: Sequence[Values]) -> dict[str, tuple[Array, Array]]:
        """Return, by objective, the means and the standard deviations (noise left out) at ``m`` rows.

        What an objective cannot be is not believed: see :func:`~zosimos.planners.acquisition.clipped.believed`.
        """
        features = self.context.space.features(rows)
        beliefs = [model.predict(features) for model in self.models]
        return {
            objective.name: believed(belief, objective)
            for objective, belief in zip(self.context.objectives, beliefs, strict=True)
        }

    def taught(self, quantity: str) -> tuple[Array, Array]:
        """Return what was measured of a quantity at the learned rows, and its variance, both ``n`` (NaN: none).

        So of a score of a series, as measured curves have it.
        """
        for series in self.series.values():
            if quantity in series.taught:
                return series.taught[quantity]
        place = list(self.quantities).index(quantity)
        variances = self._taught.variances[:, place]
        factor = self._factor(quantity)
        return self._taught.values[:, place], variances if factor == 1.0 else factor**2 * variances

    def shared(self, quantity: str) -> Array:
        """Return the standard uncertainty at the learned rows of what all results of a quantity share, ``n``.

        It says how far all may be from the truth together. What is stated and does not scatter counts as shared, too; 0
        where nothing is known, and for scores of series.
        """
        found = np.zeros(len(self.learned.rows))
        wanted = next((one for one in to_measure(self.context.objectives) if one.name == quantity), None)
        if wanted is None:
            return found
        left = math.sqrt(max(0.0, 1.0 - self._factor(quantity) ** 2))
        for place, seen in enumerate(self.context.training):
            measured = seen.measurements.get(quantity)
            known = None if measured is None else parts(measured, wanted)
            if known is not None:
                found[place] = (known.shared or 0.0) if known.said else left * (known.random or 0.0)
        return found

    def _factor(self, quantity: str) -> float:
        """Return how many times the stated uncertainties results scatter by, where that is learned; else 1."""
        model, _ = at_last_level(self.quantities[quantity])
        if self._sure.get(quantity) is None or not isinstance(model, CommitteeOutcome):
            return 1.0
        return model.stated_factor

    def doubted(self, place: int) -> NDArray[np.bool_]:
        """Return of which learned rows the outcome of one objective, or a part of it, is held in doubt."""
        objective, found = self.context.objectives[place], np.zeros(len(self.learned.rows), dtype=bool)
        names = [objective.name] if objective.of is None else [part.name for part in objective.of.quantities]
        for column, (name, model) in zip(self._taught.values.T, self.quantities.items(), strict=True):
            if name in names and model.exact:
                found[np.flatnonzero(np.isfinite(column))[list(model.standard.doubted)]] = True
        for series in self.series.values():
            if set(names) & set(series.channels):
                found[np.flatnonzero(series.complete)[series.doubted]] = True
        return found

    @cached_property
    def in_doubt(self) -> NDArray[np.bool_]:
        """Which learned rows have an outcome that is held in doubt."""
        found = [self.doubted(place) for place in range(len(self.models))]
        return np.asarray(np.any(found, axis=0))

    @cached_property
    def reachable(self) -> NDArray[np.bool_]:
        """Which learned rows may be the best: those asked for inside today's bounds.

        Where there is none, and by policies of before, all are.
        """
        if not self.context.policy.exact:
            return np.ones(len(self.learned.rows), dtype=bool)
        found = self.context.space.reaches([seen.asked_at for seen in self.context.training])
        return found if found.any() else ~found

    @cached_property
    def complete(self) -> NDArray[np.bool_]:
        """Which learned rows have an outcome of every objective."""
        return np.asarray(np.isfinite(self.learned.values).all(axis=1))

    def best_first(self) -> list[int]:
        """Return the learned rows' indices, the best first: by the sum of scaled utilities, or by tiers."""
        values, objectives = self.learned.values, self.context.objectives
        total = np.zeros(len(values))
        for column, objective, model in zip(values.T, objectives, self.models, strict=True):
            gains = utilities(column, objective) / model.standard.spread
            total += np.where(np.isnan(gains), np.nanmin(gains), gains)
        total = standings(objectives, values) if by_tier(objectives) else total
        total[self.in_doubt | ~self.reachable] = -math.inf
        if (fidelity := self.context.goal.fidelity) is not None:  # what is found at other levels is no result
            total[[not fidelity.counts(row) for row in self.learned.rows]] = -math.inf
        return [int(i) for i in np.argsort(-total, kind="stable")]
