"""Belief: what the models make of everything seen so far, and what it says about rows that were not tried.

A belief is a pure function of the context of a decision, so that a recorded decision can be looked into again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.ranking import by_tier, standings
from zosimos.core.records import Prediction
from zosimos.core.seeds import derive_seed
from zosimos.planners.acquisition.functions import ACQUISITIONS, ASKS_LINES, LOGARITHMIC, AcquisitionContext, discounted
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.acquisition.knowledge_gradient import alternatives, lines
from zosimos.planners.acquisition.lexicographic import Contest
from zosimos.planners.acquisition.scalarisation import SCALAR, Scalarisation
from zosimos.planners.goal.cost import Account
from zosimos.planners.models.composite import DRAWS, CompositeOutcome, recovering
from zosimos.planners.models.extrapolation import domain_of
from zosimos.planners.models.factory import Model, model_of
from zosimos.planners.models.feasibility import feasibility_of
from zosimos.planners.models.input_noise import Blur, BlurredOutcome
from zosimos.planners.models.multi_fidelity import LadderOutcome, told, worth
from zosimos.planners.models.outcomes import Outcomes
from zosimos.planners.models.residuals import recalibrated
from zosimos.planners.models.transfer import omissions
from zosimos.planners.opinion import Opinion
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.calibration.applicability import Applicability, Domain
from zosimos.surrogates.calibration.recalibrate import Recalibrator
from zosimos.surrogates.committee.foreign import ForeignOutcome
from zosimos.surrogates.committee.outcome import Mixture, OutcomeModel
from zosimos.surrogates.feasibility.classified import ClassifiedFeasibility
from zosimos.surrogates.feasibility.usable import FeasibilityModel

Array = NDArray[np.float64]
Believed: TypeAlias = Model | CompositeOutcome
_Judged: TypeAlias = Believed | BlurredOutcome

_LINES = 10  # numbers kept at once for each row and each alternative to it
_CHUNK_CELLS = 2_000_000  # rows times observations looked at together: bounds the memory of a large pool


class Belief:
    """What is believed after all observations, with rows under way taken into account.

    Args:
        context: of the decision; at least one observation must train each objective.

    Attributes:
        quantities: the model of each measured quantity, by name: of an objective, or of what objectives are made of.
        models: the model of each objective.
        waiting: the rows under way, those chosen earlier in the batch included.
    """

    def __init__(self, context: ProposalContext) -> None:
        self.context = context
        self.waiting: list[Values] = []
        self.learned = Outcomes.of(context, context.objectives)
        features, measured = context.space.features(self.learned.rows), to_measure(context.objectives)
        self._taught = Outcomes.of(context, measured)
        self.quantities: Mapping[str, Model] = {
            quantity.name: model_of(context, self.learned.rows, features, values, variances, quantity.name)
            for quantity, values, variances in zip(
                measured, self._taught.values.T, self._taught.variances.T, strict=True
            )
        }
        self.models: tuple[Believed, ...] = tuple(
            self.quantities[objective.name] if objective.of is None else self._composite(objective, features, values)
            for objective, values in zip(context.objectives, self.learned.values.T, strict=True)
        )
        if context.pending:
            self.add_pending(context.pending)

    def _composite(self, objective: Objective, features: Array, values: Array) -> CompositeOutcome:
        """Return the model of an objective that is made of measured quantities."""
        assert objective.of is not None, "made of others"
        parts = {quantity.name: self.quantities[quantity.name] for quantity in objective.of.quantities}
        simple = {name: part for name, part in parts.items() if not isinstance(part, LadderOutcome)}
        assert len(simple) == len(parts), "levels of fidelity are refused beside objectives made of others"
        recover = recovering(self.context.space, objective.of.parameters)
        return CompositeOutcome(objective, simple, recover, features[np.isfinite(values)], values)

    @property
    def weights(self) -> Mapping[str, Mapping[str, float]]:
        """The weight of each kind of model, by measured quantity."""
        return {name: model.weights for name, model in self.quantities.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the fit, in words, with the quantities' names."""
        told = [f"{name}: {note}" for name, model in self.quantities.items() for note in model.notes]
        sources, space = self.context.settings.sources, self.context.space
        earlier = (note for objective in self.context.objectives for note in omissions(sources, space, objective.name))
        return (*told, *dict.fromkeys(earlier))

    def add_pending(self, rows: Sequence[Values]) -> None:
        """Take further rows as under way."""
        features = self.context.space.features(rows)
        for model in self.quantities.values():
            model.pending(features)
        for made in self.models:
            if isinstance(made, CompositeOutcome):
                made.pending(features)
        self.waiting += rows
        for kept in ("question", "judged", "scalarisation", "incumbents", "_account"):
            self.__dict__.pop(kept, None)

    def predict(self, rows: Sequence[Values]) -> dict[str, tuple[Array, Array]]:
        """Return, by objective, the means and the standard deviations (noise left out) at ``m`` rows."""
        features = self.context.space.features(rows)
        beliefs = [model.predict(features) for model in self.models]
        return {
            objective.name: (belief.mean, np.sqrt(belief.variance))
            for objective, belief in zip(self.context.objectives, beliefs, strict=True)
        }

    def prediction(self, row: Values) -> dict[str, Prediction]:
        """Return the prediction for one row, the noise of a measurement apart.

        By objective, then by measured quantity where objectives are made of others.
        """
        features = self.context.space.features([row])
        found = {}
        names = [objective.name for objective in self.context.objectives]
        for name, model in {**dict(zip(names, self.models, strict=True)), **self.quantities}.items():
            belief = model.predict(features)
            own = model.noise(features)[0] if isinstance(model, CompositeOutcome) else belief.aleatoric
            sd, noise = math.sqrt(float(belief.variance[0])), math.sqrt(own)
            found[name] = Prediction(float(belief.mean[0]), sd, noise, self.recalibrators[name].scale)
        return found

    def applicability(self, row: Values) -> Applicability:
        """Return how a row lies to those that were learned from."""
        return self.domain.judge(self.context.space.features([row]))

    @cached_property
    def domain(self) -> Domain:
        """The rows that were learned from, as what lies among them is told from what does not."""
        return domain_of(self.context.space, self.learned.rows)

    @cached_property
    def recalibrators(self) -> Mapping[str, Recalibrator]:
        """How far earlier predictions were off, by objective and quantity: what honest intervals need."""
        names = dict.fromkeys([*(objective.name for objective in self.context.objectives), *self.quantities])
        return {name: recalibrated(self.context.observations, name) for name in names}

    @cached_property
    def scalarisation(self) -> Scalarisation | None:
        """The weighing by which the next row is judged; None where objectives are judged each by itself."""
        complete = np.isfinite(self.learned.values).all(axis=1)
        objectives = self.context.objectives
        if self.context.settings.acquisition.kind != "parego" or len(objectives) < 2 or complete.sum() < 2:
            return None
        return Scalarisation.drawn(len(objectives), derive_seed(self.context.seed, "weighing", len(self.waiting)))

    @cached_property
    def judged(self) -> tuple[tuple[_Judged, ...], tuple[Objective, ...]]:
        """The models whose beliefs the acquisition judges, and what is wanted of what they model."""
        objectives = self.context.objectives
        if self.scalarisation is None:
            return self._blurred(self.models), objectives
        complete = np.flatnonzero(np.isfinite(self.learned.values).all(axis=1) & ~self.in_doubt)
        gains = [utilities(column[complete], o) for column, o in zip(self.learned.values.T, objectives, strict=True)]
        scalars = self.scalarisation.of(np.column_stack(gains))
        rows = [self.learned.rows[index] for index in complete]
        features, unknown = self.context.space.features(rows), np.full(len(scalars), math.nan)
        model = model_of(self.context, rows, features, scalars, unknown)
        if self.waiting:
            model.pending(self.context.space.features(self.waiting))
        return (model,), (SCALAR,)

    def _blurred(self, models: tuple[Believed, ...]) -> tuple[_Judged, ...]:
        """Return the models as asked about what surrounds rows, where parameters are set with errors."""
        errors = self.context.settings.errors
        if not errors:
            return models
        blur, space = Blur.of(self.context.space, errors), self.context.space
        found: list[_Judged] = []
        for model, values in zip(models, self.learned.values.T, strict=True):
            assert not isinstance(model, CompositeOutcome), "errors of setting are refused beside such objectives"
            rows = [self.learned.rows[int(i)] for i in np.flatnonzero(np.isfinite(values))]
            known = space.features([*rows, *self.waiting])
            found.append(model if isinstance(model, LadderOutcome) else BlurredOutcome(model, blur, known))
        return tuple(found)

    @cached_property
    def incumbents(self) -> tuple[Array | None, ...]:
        """Columns of the row that each part of a model believes to be the best so far, where a gain over it is sought.

        What is gained over it at a row that hardly differs from it is next to nothing, however unsure both are of their
        values: so the improvement is that of the difference, as in noisy expected improvement (Letham et al. 2019,
        Bayesian Analysis 14). In a pool rows are not that close: there it gains nothing, and neighbours of a best that
        is a gross error are to be measured, which finds it out.
        """
        models, objectives = self.judged
        gains = self.context.settings.acquisition.kind in ("improvement", "parego")
        sought = gains and self.context.space.pool is None and objectives[0].goal != "target"
        if len(models) > 1 or not sought:
            return (None,) * len(models)
        (model,) = models
        if isinstance(model, ForeignOutcome | CompositeOutcome):
            return (None,)  # draws of a composite already hold the best row beside any other
        return (model.columns[utilities(model.believed(), objectives[0]).argmax(axis=1)],)

    @cached_property
    def question(self) -> AcquisitionContext:
        """What the acquisition needs besides the beliefs at the rows it judges."""
        models, objectives = self.judged
        fitted = [model.believed() for model in models]
        best = tuple(
            model.best() if isinstance(model, CompositeOutcome) else utilities(f, o).max(axis=1)
            for model, f, o in zip(models, fitted, objectives, strict=True)
        )
        means = [model.expected(f) for model, f in zip(models, fitted, strict=True)]
        known = np.isfinite(self.learned.values)
        alike = self.scalarisation is None and bool((known == known[:, :1]).all())
        seed = derive_seed(self.context.seed, "acquisition")
        return AcquisitionContext(
            objectives,
            best,
            _front(means if alike else (), objectives),
            self.context.settings.acquisition,
            seed,
            self._contest(best, means, fitted) if by_tier(objectives) else None,
        )

    def _contest(self, best: Sequence[Array], means: Sequence[Array], fitted: Sequence[Array]) -> Contest:
        """Return the tier in question, by the rows of which all outcomes are known and none is held in doubt."""
        objectives, measured = self.context.objectives, np.isfinite(self.learned.values)
        under_way = np.ones(len(self.waiting), dtype=bool)
        complete = measured.all(axis=1) & ~self.in_doubt
        if not complete.any():
            first = objectives.index(by_tier(objectives)[0])
            return Contest(first, (), best[first])
        common = [np.append(complete[column], under_way) for column in measured.T]
        awaited = [mean[len(mean) - len(self.waiting) :] for mean in means]
        values = np.concatenate([self.learned.values[complete], np.column_stack(awaited)])
        parts = [found[:, shared] for found, shared in zip(fitted, common, strict=True)]
        return Contest.of(objectives, values, parts, len(self.waiting))

    def _asked(self, features: Array, beliefs: Sequence[Mixture]) -> AcquisitionContext:
        """Return the question about rows, with what measuring there would change where that matters."""
        if self.context.settings.acquisition.kind not in ASKS_LINES:
            return self.question
        found = []
        for model, belief in zip(self.models, beliefs, strict=True):
            assert not isinstance(model, CompositeOutcome), "refused beside such objectives"
            if isinstance(model, LadderOutcome):  # what is chosen in the end is chosen at the last level
                others = model.ladder.others
                found.append(lines(model.top, self._alternatives[:, others], features[:, others], belief))
            else:
                found.append(lines(model, self._alternatives, features, belief))
        return replace(self.question, lines=tuple(found))

    @cached_property
    def _alternatives(self) -> Array:
        return alternatives(self.context, lambda X: [_at_top(model, X).mean for model in self.models])

    @property
    def bounded(self) -> bool:
        """Whether :meth:`acquisition` can give upper bounds: an improvement that grows with the uncertainty."""
        models, objectives = self.judged
        exact = len(models) == 1 and isinstance(models[0], OutcomeModel)
        return exact and self.question.settings.kind in ("improvement", "parego") and objectives[0].goal != "target"

    def acquisition(self, rows: Sequence[Values], first: int | None = None) -> Array:
        """Return the acquisition value at ``m`` rows, chunk by chunk; higher is better.

        Args:
            rows: to judge.
            first: where :attr:`bounded`, return upper bounds: uncertainties know the first so many measurements alone.
        """
        judge = ACQUISITIONS[self.context.settings.acquisition.kind]
        wide = len(self.learned.rows) + 1
        if self.context.settings.acquisition.kind in ASKS_LINES:
            wide += _LINES * len(self._alternatives)
        wide += DRAWS * sum(1 + len(model.parts) for model in self.models if isinstance(model, CompositeOutcome))
        size = max(256, _CHUNK_CELLS // wide)
        values = [np.empty(0)]
        for start in range(0, len(rows), size):
            features = self.context.space.features(rows[start : start + size])
            judges = zip(self.judged[0], self.incumbents, strict=True)
            beliefs = [_at_top(model, features, first, best if first is None else None) for model, best in judges]
            beliefs = [self._opinion.explored(belief) for belief in beliefs]
            chances = self.feasibility.probability(torch.from_numpy(features)).numpy()
            judged = judge(beliefs, self._asked(features, beliefs))
            values.append(discounted(judged, chances, self.context.settings.acquisition.kind))
            values[-1] = values[-1] + self._worth(features)
        found = np.concatenate(values)
        return np.where(np.isnan(found), -np.inf, found) + self.adjustment(rows)

    @cached_property
    def _opinion(self) -> Opinion:
        """What advice that counts says of all rows."""
        return Opinion(self.context)

    def adjustment(self, rows: Sequence[Values]) -> Array | float:
        """Return what costs, a stated expectation and advice add to the logarithm of the gain at ``m`` rows."""
        settings = self.context.settings
        if settings.acquisition.kind not in LOGARITHMIC:
            return 0.0
        total: Array | float = 0.0
        if settings.costs is not None:
            cooling = settings.costs.cooling(self._account)
            total = total - cooling * np.log(settings.costs.of(rows, self._account.before))
        if settings.expectation is not None and not self.context.contradicted:
            total = total + settings.expectation.lean(rows, self.context.usable)
        return total + self._opinion.lean(rows)

    @cached_property
    def _account(self) -> Account:
        """What was spent, on the rows chosen for this batch, too."""
        costs, chosen = self.context.settings.costs, self.waiting[len(self.context.pending) :]
        assert costs is not None, "asked for where costs are known"
        return costs.account([*self.context.charged_rows, *chosen])

    def _worth(self, features: Array) -> Array | float:
        """Return the log worth of rows at their levels of fidelity; nothing to add where there are no levels."""
        ladders = [model for model in self.models if isinstance(model, LadderOutcome)]
        return worth(ladders, features, priced=self._levels_priced) if ladders else 0.0

    def level_told(self, row: Values) -> str:
        """Return in words why a row is measured at a lower level of fidelity; empty for any other row."""
        ladders = [model for model in self.models if isinstance(model, LadderOutcome)]
        return told(ladders, self.context.space.features([row]), priced=self._levels_priced) if ladders else ""

    @property
    def _levels_priced(self) -> bool:
        """Whether what a level of fidelity costs is part of what an experiment costs."""
        costs, fidelity = self.context.settings.costs, self.context.settings.fidelity
        return costs is not None and fidelity is not None and fidelity.parameter in costs.choices

    @cached_property
    def feasibility(self) -> FeasibilityModel | ClassifiedFeasibility:
        """Where experiments give a usable result, learned from all that ended; free while no failure is to teach."""
        return feasibility_of(self.context)

    @cached_property
    def in_doubt(self) -> NDArray[np.bool_]:
        """Which learned rows have an outcome that is held in doubt."""
        found = [self.doubted(place) for place in range(len(self.models))]
        return np.asarray(np.any(found, axis=0))

    def taught(self, quantity: str) -> tuple[Array, Array]:
        """Return what was measured of a quantity at the learned rows, and its variance, both ``n`` (NaN: none)."""
        place = list(self.quantities).index(quantity)
        return self._taught.values[:, place], self._taught.variances[:, place]

    def doubted(self, place: int) -> NDArray[np.bool_]:
        """Return of which learned rows the outcome of one objective, or a part of it, is held in doubt."""
        objective, found = self.context.objectives[place], np.zeros(len(self.learned.rows), dtype=bool)
        names = [objective.name] if objective.of is None else [part.name for part in objective.of.quantities]
        for column, (name, model) in zip(self._taught.values.T, self.quantities.items(), strict=True):
            if name in names and isinstance(model, OutcomeModel):
                found[np.flatnonzero(np.isfinite(column))[list(model.standard.doubted)]] = True
        return found

    def best_first(self) -> list[int]:
        """Return the learned rows' indices, the best first: by the sum of scaled utilities, or by tiers."""
        values, objectives = self.learned.values, self.context.objectives
        total = np.zeros(len(values))
        for column, objective, model in zip(values.T, objectives, self.models, strict=True):
            gains = utilities(column, objective) / model.standard.spread
            total += np.where(np.isnan(gains), np.nanmin(gains), gains)
        total = standings(objectives, values) if by_tier(objectives) else total
        total[self.in_doubt] = -math.inf
        if (fidelity := self.context.settings.fidelity) is not None:  # what is found at other levels is no result
            total[[not fidelity.counts(row) for row in self.learned.rows]] = -math.inf
        return [int(i) for i in np.argsort(-total, kind="stable")]


def _at_top(model: _Judged, features: Array, first: int | None = None, beside: Array | None = None) -> Mixture:
    """Return what is believed of rows, at the last level of fidelity where there are levels."""
    if isinstance(model, OutcomeModel):
        return model.predict(features, first, beside)
    if isinstance(model, LadderOutcome):
        return model.at_top(features, beside)
    return model.predict(features, beside) if isinstance(model, BlurredOutcome) else model.predict(features)


def _front(means: Sequence[Array], objectives: Sequence[Objective]) -> Array:
    """Return the believed utilities that no other measured row's dominate, ``p x o``."""
    if len(means) < 2:  # quantities measured at different rows have no common front
        return np.empty((0, len(objectives)))
    table = np.column_stack([utilities(m, o) for m, o in zip(means, objectives, strict=True)])
    no_worse: NDArray[np.bool_] = np.all(table[None] >= table[:, None], axis=2)
    beaten = no_worse & np.any(table[None] > table[:, None], axis=2)
    return np.asarray(np.unique(table[~np.any(beaten, axis=1)], axis=0))
