"""The judgement: what measuring at rows is expected to gain, by the acquisition that a campaign chose.

It holds for models as they stand; once further rows are under way another one is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier
from zosimos.core.seeds import derive_seed
from zosimos.planners.acquisition.functions import ACQUISITIONS, ASKS_LINES, AcquisitionContext
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.acquisition.knowledge_gradient import lines
from zosimos.planners.acquisition.lexicographic import Contest
from zosimos.planners.acquisition.scalarisation import SCALAR, Scalarisation
from zosimos.planners.models.factory import model_of
from zosimos.planners.models.fitted import FittedModels
from zosimos.planners.models.input_noise import Blur
from zosimos.planners.models.judged import Judged
from zosimos.planners.opinion import Opinion
from zosimos.surrogates.outcome import Known, Mixture

Array = NDArray[np.float64]

_WORTH = 0.003  # of the outcomes' spread: a gain below it is worth no experiment while a larger one may be elsewhere
_SURER = 0.3  # of what beliefs are unsure by: how the last experiments are judged
_CHUNK = 512  # rows compared with all others at once: bounds the memory
_GAINS = ("improvement", "parego")  # acquisitions that seek a gain over the best so far, and grow with the uncertainty


class Judgement:
    """Fitted models as the acquisition looks at them.

    Args:
        fitted: the models, with the rows under way.
        opinion: what advice says of how surely they are believed.
        alternatives: ``a x d`` model columns of rows that may be chosen in the end, for acquisitions that ask of them.
        kind: of the acquisition.
        counted: which of the learned rows, then of those under way, a gain is counted over, ``n + p``; None: all that
            may be the best. Of one objective.
    """

    def __init__(
        self,
        fitted: FittedModels,
        opinion: Opinion,
        alternatives: Array,
        kind: str,
        counted: NDArray[np.bool_] | None = None,
    ) -> None:
        self._fitted = fitted
        self._context = fitted.context
        self._opinion = opinion
        self.alternatives = alternatives
        self._kind = kind
        self._counted = counted

    @cached_property
    def scalarisation(self) -> Scalarisation | None:
        """The weighing by which the next row is judged; None where objectives are judged each by itself."""
        objectives = self._context.objectives
        if self._kind != "parego" or len(objectives) < 2 or self._fitted.complete.sum() < 2:
            return None
        return Scalarisation.drawn(
            len(objectives), derive_seed(self._context.seed, "weighing", len(self._fitted.waiting))
        )

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """The models whose beliefs are judged: one for each of what is :attr:`wanted`."""
        if self.scalarisation is not None:
            return (self._scalar(self.scalarisation),)
        space, errors = self._context.space, self._context.goal.errors
        made = any(objective.of is not None for objective in self._context.objectives)
        assert not (errors and made), "errors of setting are refused beside objectives made of others"
        blur = Blur.of(space, errors) if errors else None
        return tuple(Judged.of(model, blur) for model in self._fitted.models)

    @cached_property
    def wanted(self) -> tuple[Objective, ...]:
        """What is wanted of what the models that are judged tell of."""
        objectives = self._context.objectives
        if self.scalarisation is None:
            return objectives
        if not (self._context.policy.fourth and any(objective.limited for objective in objectives)):
            return (SCALAR,)
        most = self.scalarisation.ceiling(self._scored, np.array([objective.ceiling for objective in objectives]))
        return (SCALAR if math.isinf(most) else replace(SCALAR, most=most),)

    @cached_property
    def _scored(self) -> Array:
        """The utilities of the rows whose outcomes are all known and trusted, ``n x o``."""
        complete = self._complete
        pairs = zip(self._fitted.learned.values.T, self._context.objectives, strict=True)
        return np.column_stack([utilities(column[complete], objective) for column, objective in pairs])

    @property
    def _complete(self) -> NDArray[np.int64]:
        """Which learned rows these are."""
        return np.flatnonzero(self._fitted.complete & ~self._fitted.in_doubt)

    def _scalar(self, scalarisation: Scalarisation) -> Judged:
        """Return a model of all objectives as one number."""
        fitted, space = self._fitted, self._context.space
        complete, scalars = self._complete, scalarisation.of(self._scored)
        rows = [fitted.learned.rows[index] for index in complete]
        unknown = np.full(len(scalars), math.nan)
        some = None if fitted.selected is None else fitted.selected[complete]
        model = model_of(self._context, rows, space.features(rows), scalars, unknown, selected=some)
        if fitted.waiting:
            model.pending(space.features(fitted.waiting))
        return Judged.of(model)

    @cached_property
    def _known(self) -> tuple[Known, ...]:
        return tuple(model.known() for model in self.judged)

    @cached_property
    def incumbents(self) -> tuple[Array | None, ...]:
        """Columns of the row that each part of a model believes to be the best so far, where a gain over it is sought.

        What is gained over it at a row that hardly differs from it is next to nothing, however unsure both are of their
        values: so the improvement is that of the difference, as in noisy expected improvement (Letham et al. 2019,
        Bayesian Analysis 14). In a pool rows are not that close: there it gains nothing, and neighbours of a best that
        is a gross error are to be measured, which finds it out.
        """
        only = self.wanted[0]
        sought = self._kind in _GAINS and self._context.space.pool is None and only.goal != "target"
        if len(self.judged) > 1 or not sought:
            return (None,) * len(self.judged)
        (known,) = self._known
        gains = utilities(known.parts, only)
        if (rivals := self._reachable(0)) is not None:
            gains = np.where(rivals, gains, -math.inf)
        columns = known.columns
        if known.limited is not None:
            columns = np.concatenate([columns, known.limited[0]])
            gains = np.concatenate([gains, utilities(known.limited[1], only)], axis=1)
        return (columns[gains.argmax(axis=1)],)

    def _reachable(self, place: int) -> NDArray[np.bool_] | None:
        """Return which rows of a judged model may be the best, those under way among them; None: all of them."""
        fitted = self._fitted
        if self._counted is not None:
            learned, waiting = np.split(self._counted, [len(fitted.learned.rows)])
            return np.append(learned[np.isfinite(fitted.learned.values[:, place])], waiting)
        if fitted.reachable.all() or self._context.goal.fidelity is not None:
            return None
        if self.scalarisation is None:
            found = self._among(fitted.reachable)[place]
        else:
            learned = fitted.complete & ~fitted.in_doubt
            found = np.append(fitted.reachable[learned], np.ones(len(fitted.waiting), dtype=bool))
        return found if found.any() else None

    def _rivals(self, place: int) -> Array:
        """Return the means by part of a judged model at the rows that may be the best."""
        known, reachable = self._known[place], self._reachable(place)
        rivals = known.rivals if reachable is None else known.parts[:, reachable]
        return rivals if known.limited is None else np.concatenate([rivals, known.limited[1]], axis=1)

    @cached_property
    def question(self) -> AcquisitionContext:
        """What the acquisition needs besides the beliefs at the rows it judges."""
        wanted = self.wanted
        best = self._best
        if self._to_be_seen:
            best = (best[0] + _WORTH * self.judged[0].model.standard.spread,)
        measured = np.isfinite(self._fitted.learned.values)
        alike = self.scalarisation is None and bool((measured == measured[:, :1]).all())
        return AcquisitionContext(
            wanted,
            best,
            _front(self._means(alike=alike), wanted),
            self._context.policy.acquisition,
            derive_seed(self._context.seed, "acquisition"),
            self._contest(best) if by_tier(wanted) else None,
        )

    @cached_property
    def _best(self) -> tuple[Array, ...]:
        """The best utility so far as each part of each judged model believes it."""
        return tuple(utilities(self._rivals(place), o).max(axis=1) for place, o in enumerate(self.wanted))

    @property
    def _to_be_seen(self) -> bool:
        """Whether a gain counts only as far as somebody would see it.

        Around the best row of a range there is always another that is a little better. Far from it is less and less to
        be gained, but for a model that is too sure of what it has not seen: then a search stays where it is to the end.
        """
        policy, objectives = self._context.policy, self._context.objectives
        sought = policy.fourth and policy.acquisition.kind == "improvement" and len(objectives) == 1
        return sought and self._context.space.pool is None and objectives[0].of is None

    def _means(self, *, alike: bool) -> list[Array]:
        """Return what is believed of the rows that may be on the front, by judged model.

        Empty where models know no rows in common: quantities measured at different rows, levels of fidelity.
        """
        known = self._known
        if self.scalarisation is None and self._context.half_done:
            masks = self._among(self._fitted.complete)
        else:
            masks = [np.ones(len(k.mean), dtype=bool) for k in known if alike]
        if len(masks) < len(known) or any(len(k.mean) != len(m) for k, m in zip(known, masks, strict=True)):
            return []
        reachable = [self._reachable(place) for place in range(len(known))]
        kept = [m if r is None else m & r for m, r in zip(masks, reachable, strict=True)]
        return [k.mean[rows] for k, rows in zip(known, kept, strict=True) if rows.any()]

    def _among(self, learned: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
        """Return, of the rows that each objective's model knows, which are among some learned ones or under way."""
        under_way = np.ones(len(self._fitted.waiting), dtype=bool)
        return [np.append(learned[column], under_way) for column in np.isfinite(self._fitted.learned.values).T]

    def _contest(self, best: Sequence[Array]) -> Contest:
        """Return the tier in question, by the rows of which all outcomes are known and none is held in doubt."""
        fitted, objectives = self._fitted, self._context.objectives
        complete = fitted.complete & ~fitted.in_doubt & fitted.reachable
        if not complete.any():
            first = objectives.index(by_tier(objectives)[0])
            return Contest(first, (), best[first])
        awaited = [k.mean[len(k.mean) - len(fitted.waiting) :] for k in self._known]
        values = np.concatenate([fitted.learned.values[complete], np.column_stack(awaited)])
        parts = [k.parts[:, shared] for k, shared in zip(self._known, self._among(complete), strict=True)]
        return Contest.of(objectives, values, parts, len(fitted.waiting))

    @property
    def limited(self) -> bool:
        """Whether results of which only a limit is known are among what a gain is counted over."""
        return any(known.limited is not None for known in self._known)

    @property
    def bounded(self) -> bool:
        """Whether :meth:`gains` can give upper bounds: an improvement that grows with the uncertainty."""
        exact = len(self.judged) == 1 and self.judged[0].exact
        return exact and self._kind in _GAINS and self.wanted[0].goal != "target"

    def gains(self, features: Array, first: int | None = None, *, last: bool = False) -> Array:
        """Return the acquisition value at ``m x d`` model columns, ``m``; higher is better.

        Args:
            features: the columns.
            first: where :attr:`bounded`, return upper bounds: uncertainties know the first so many measurements alone.
            last: judge as for one of the last experiments: what is found out there helps no later one, so that what is
                believed counts for more than what is not known, and every gain counts.
        """
        beliefs = [
            self._opinion.explored(model.predict(features, beside=None if first is not None else best, first=first))
            for model, best in zip(self.judged, self.incumbents, strict=True)
        ]
        question = self._asked(features, beliefs)
        if last:
            beliefs, question = [belief.widened(_SURER) for belief in beliefs], replace(question, best=self._best)
        return ACQUISITIONS[self._kind](beliefs, question)

    def _asked(self, features: Array, beliefs: Sequence[Mixture]) -> AcquisitionContext:
        """Return the question about rows, with what measuring there would change where that matters."""
        if self._kind not in ASKS_LINES:
            return self.question
        found = []
        for model, belief in zip(map(Judged.of, self._fitted.models), beliefs, strict=True):
            found.append(lines(model.model, model.seen(self.alternatives), model.seen(features), belief))
        return replace(self.question, lines=tuple(found))


def _front(means: Sequence[Array], objectives: Sequence[Objective]) -> Array:
    """Return the believed utilities that no other measured row's dominate, ``p x o``."""
    if len(means) < 2:  # quantities measured at different rows have no common front
        return np.empty((0, len(objectives)))
    table = np.unique(np.column_stack([utilities(m, o) for m, o in zip(means, objectives, strict=True)]), axis=0)
    return np.concatenate([_unbeaten(table[at : at + _CHUNK], table) for at in range(0, len(table), _CHUNK)])


def _unbeaten(some: Array, table: Array) -> Array:
    """Return which of ``k x o`` utilities none of ``n x o`` dominates."""
    no_worse: NDArray[np.bool_] = np.all(table[None] >= some[:, None], axis=2)
    beaten = no_worse & np.any(table[None] > some[:, None], axis=2)
    return np.asarray(some[~np.any(beaten, axis=1)])
