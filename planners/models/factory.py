"""Models: what learns an objective from its outcomes, and how it sees the rows of the space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective, Transform
from zosimos.core.parameters import Parameter, Values
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.goal.mechanisms import Mechanisms
from zosimos.planners.isolation import load_torch
from zosimos.planners.models.choices import has_choices, kinds_of_choices
from zosimos.planners.models.embedding import is_embedded, kinds_by_embedding
from zosimos.planners.models.multi_fidelity import Ladder, LadderOutcome
from zosimos.planners.models.pool_scale import PoolScale
from zosimos.planners.models.recipe_scale import RecipeScale, optional_parts
from zosimos.planners.models.selection import MOST_EXACT, selected_places, worth_of
from zosimos.planners.models.transfer import trends
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.columns import groups_of
from zosimos.surrogates.committee.limits import Estimated, Limits
from zosimos.surrogates.committee.member import Kind, default_kinds
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.selected import SelectedOutcome
from zosimos.surrogates.committee.view import View
from zosimos.surrogates.committee.warps import Warp, is_spread
from zosimos.surrogates.outcome import OutcomeModel
from zosimos.surrogates.registry import load_surrogate

if TYPE_CHECKING:
    from zosimos.surrogates.protocol import Surrogate

Array = NDArray[np.float64]

MANY_COLUMNS = 20
"""Columns from which on few of them are thought to matter, while results are few."""

_FEW_FOR_EACH = 5  # results for each column up to which they are few
_ESTIMATED_BY = 500  # outcomes by which a committee estimates those of limits for another surrogate
_SCALED_BY = 200  # outcomes by which it learns how much of what is stated scatters
_SMALL = 1e-3  # of the largest outcome
_LEAST_WARPED = 4  # outcomes before their shape says anything of how to warp them
_MOST_EFFECTS = 16  # parameters whose effects are added up in any pool: each has a factor of its own to be fitted
_LEVEL = 1.0  # of the outcomes' variance: how far the level they vary about may lie from their mean
_MANY = 1e10  # rows times results squared: beyond it rows are judged by bounds first


def model_of(
    context: ProposalContext,
    rows: Sequence[Values],
    features: Array,
    values: Array,
    variances: Array,
    objective: str = "",
    limits: Limits | None = None,
    stated_sd: float | None = None,
    selected: NDArray[np.bool_] | None = None,
) -> OutcomeModel:
    """Return the model of one objective; by earlier revisions the sparse one beyond what exact processes can take.

    Args:
        context: of the decision.
        rows: ``n`` rows that were measured.
        features: ``n x d``, their model columns.
        values: ``n`` outcomes, NaN where there is none.
        variances: ``n`` squared standard uncertainties, NaN where unknown.
        objective: its name.
        limits: results of which only a limit is known; None: there are none.
        stated_sd: how sure it is that the variances are the scatter (:mod:`zosimos.surrogates.committee.stated`).
        selected: which of the rows a committee learns from, where they are too many; None: all of them.
    """
    known = np.isfinite(values)
    data = features[known], values[known], variances[known]
    name = context.policy.surrogate
    fidelity, seed = context.goal.fidelity, derive_seed(context.seed, "committee")
    if name == "committee" and fidelity is not None:
        return LadderOutcome(
            Ladder(context.space, fidelity), _kinds(context), *data, seed, MOST_EXACT, limits, stated_sd
        )
    if name == "committee" and (len(data[0]) <= MOST_EXACT or selected is not None):
        kinds = _sparse(context, _kinds(context), len(data[0]))
        earlier = trends(context.history.sources, context.space, objective, named=by_name(context))
        kinds = (*kinds, *(Kind(kinds[0].view, kinds[0].covariance, trend) for trend in earlier))
        kinds = (*kinds, *_warped(context, kinds[0], data[1], objective, limits))
        same = _chosen_alike(context, rows)[known] if context.space.contextual else None
        origin = _origin(data[1]) if context.policy.exact else 0.0
        if selected is not None and len(data[0]) > MOST_EXACT:
            places = np.flatnonzero(selected[known] if selected[known].any() else ~selected[known])[:MOST_EXACT]
            return SelectedOutcome(kinds, *data, seed, places, same, origin, limits, stated_sd)
        return CommitteeOutcome(kinds, *data, seed, same, origin, limits, stated_sd)
    load_torch()  # a committee needs none, and it takes a second to import
    from zosimos.surrogates.committee.foreign import ForeignOutcome

    estimated = None
    if limits is not None or (stated_sd is not None and (data[2] > 0.0).any()):
        estimate = _estimate(_kinds(context), *data, seed, limits, stated_sd)
        estimated = None if limits is None else _estimated(estimate, limits)
        data = (*data[:2], data[2] * estimate.stated_factor**2)
    if context.policy.mechanisms is not None:
        make = _mechanistic(context, context.policy.mechanisms, objective)
        return ForeignOutcome(name, make, *data, estimated=estimated)
    name = "sparse-gp" if name == "committee" else name
    origin = _origin(data[1]) if context.policy.exact and _dwarfed(data[1]) else 0.0
    return ForeignOutcome(name, lambda: load_surrogate(name), *data, origin, estimated)


def selection(context: ProposalContext, features: Array, values: Array) -> NDArray[np.bool_] | None:
    """Return which of ``n`` learned rows a committee learns from; None where it can learn from all of them.

    Args:
        context: of the decision.
        features: ``n x d``, the model columns of the rows.
        values: ``n x o`` outcomes of the objectives, NaN where there is none.
    """
    policy = context.policy
    if not policy.fifth or policy.surrogate != "committee" or context.goal.fidelity is not None:
        return None
    if len(features) <= MOST_EXACT:
        return None
    seed, found = derive_seed(context.seed, "selection"), np.zeros(len(features), dtype=bool)
    worth = worth_of(values, context.objectives)
    found[selected_places(_kinds(context)[0], features, worth, seed, MOST_EXACT)] = True
    return found


def _estimate(
    kinds: Sequence[Kind],
    X: Array,
    y: Array,
    variance: Array,
    seed: int,
    limits: Limits | None,
    stated_sd: float | None,
) -> CommitteeOutcome:
    """Return a committee of some of the outcomes, which estimates for another surrogate what that one cannot learn."""
    n, most = len(y), _SCALED_BY if limits is None else _ESTIMATED_BY
    some = np.arange(n) if n <= most else np.sort(np.random.default_rng(seed).choice(n, most, False))
    return CommitteeOutcome(kinds, X[some], y[some], variance[some], seed, None, _origin(y), limits, stated_sd)


def _estimated(model: CommitteeOutcome, limits: Limits) -> Estimated:
    """Return what a committee makes of limits, so that a surrogate that takes nothing but values learns from them."""
    belief = model.predict(limits.X)
    return Estimated(limits, belief.mean, belief.variance + belief.aleatoric)


def _origin(values: Array) -> float:
    """Return the value in the middle of some: outcomes less this are small where all have a large offset."""
    return float(np.sort(values)[len(values) // 2]) if len(values) else 0.0


def _dwarfed(values: Array) -> bool:
    """Say whether what outcomes differ by is so small beside them that sums and squares of them lose it.

    A surrogate that is not known may have its reasons to see outcomes as they are: it does so where no digits are lost.
    """
    return len(values) > 0 and float(np.ptp(values)) < _SMALL * float(np.abs(values).max())


def _mechanistic(context: ProposalContext, mechanisms: Mechanisms, objective: str) -> Callable[[], Surrogate]:
    """Return what makes the model of an objective that should follow a formula; without one it is a plain process."""
    from zosimos.surrogates.mechanistic.model import MechanisticGP

    mechanism = mechanisms.of(context.space, objective)
    return lambda: MechanisticGP((mechanism,))


def _kinds(context: ProposalContext) -> tuple[Kind, ...]:
    """Return the kinds of members; where rows may lie as close as one likes, one that takes outcomes as they are.

    Only among close rows does it matter that noise is small, and only there can it be told. It thinks of the surface as
    one that varies, too: the others are sure of what they have not seen while results do not say otherwise.

    Where rows cannot be listed none takes the surface to be rough: rows that a search has chosen lie close together,
    and what predicts best among them is a rough surface, which has always something to gain beside the best one (on
    Ackley's function the search never left the hill it began with). One member takes it to be smooth without end, and
    to vary, as BoTorch does by default. They learn the level that outcomes vary about: a search crowds around the best
    rows, and by the mean of what it found there all the rest would seem nearly as good.
    """
    if by_name(context):
        seen = _seen(context)
        if context.policy.tenth and any(map(is_embedded, seen)):
            kinds = kinds_by_embedding(seen)
        else:
            kinds = kinds_of_choices(seen, None if context.space.pool is None else _places(context))
    else:
        kinds = default_kinds(*_views(context))
    if context.space.pool is not None:
        return (*kinds, *_effects(context, kinds))
    close = context.space.listed is None and not optional_parts(context.space)
    if not (context.policy.fifth and close):
        return (*kinds, replace(kinds[0], quiet=True, varied=context.policy.fourth))
    level = _LEVEL if context.policy.seventh else 0.0
    smooth = tuple(replace(kind, level=level) for kind in kinds if kind.covariance != "exponential")
    varied = replace(smooth[0], varied=True)
    return (*smooth, replace(varied, quiet=True), replace(varied, covariance="gaussian"))


def _effects(context: ProposalContext, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """Return the kind of member that adds up effects, where a pool has several parameters and no other kind does.

    Between the rows of a pool lie gaps, whatever its parameters are: that an effect is much the same in all of them
    then tells more than what is near.
    """
    groups = len(kinds[0].view.groups)
    if not context.policy.fifth or not 2 <= groups <= _MOST_EFFECTS or any(kind.effects for kind in kinds):
        return ()
    return (Kind(kinds[0].view, "matern-5/2", effects=True),)


def _sparse(context: ProposalContext, kinds: tuple[Kind, ...], results: int) -> tuple[Kind, ...]:
    """Return the kinds of members; of many columns and few results a sparse one beside that which thinks surfaces vary.

    The others are sure of themselves there, and results left out do not show it: they are explained by one of the many
    length scales. Where rows are listed, parts may be absent or choices are compared, nobody has measured it, nor what
    a level that is learned does among many columns.
    """
    view = kinds[0].view
    many = len(view.groups) >= MANY_COLUMNS and results <= _FEW_FOR_EACH * len(view.groups)
    unmeasured = context.space.pool is not None or by_name(context) or optional_parts(context.space)
    if not (context.policy.fifth and many) or unmeasured:
        return kinds
    varied = next(kind for kind in kinds if kind.quiet)
    return (replace(varied, level=0.0), Kind(view, "matern-5/2", quiet=True, sparse=True))


def _warped(
    context: ProposalContext, kind: Kind, values: Array, objective: str, limits: Limits | None
) -> tuple[Kind, ...]:
    """Return the kinds of members that warp an objective which is measured itself, where that makes sense.

    No map makes a Gaussian of many outcomes that are the same, nor of results of which only a limit is known.
    """
    wanted = {one.name: one for one in context.objectives if one.of is None}.get(objective)
    if wanted is None or limits is not None or not context.policy.fourth:
        return ()
    name = wanted.transform or _usual(context, wanted, len(values))
    if name == "none" or len(values) < _LEAST_WARPED or not is_spread(values):
        return ()
    return (replace(kind, warp=Warp.between(wanted.least, wanted.most, None if name == "auto" else name)),)


def _usual(context: ProposalContext, wanted: Objective, n: int) -> Transform:
    """Return the transform of an objective that says nothing of it.

    Where it was seen to help: of an outcome with limits that is alone and is to be as large or as small as can be. Not
    where so many rows and results are to be judged that a bound has to come first, which takes plain members.
    """
    alone = len(context.objectives) == 1 and wanted.goal != "target"
    if not (alone and wanted.limited):
        return "none"
    many = context.space.pool is not None and len(context.space.pool) * n**2 >= _MANY
    return "none" if many else "auto"


def by_name(context: ProposalContext) -> bool:
    """Say whether members see choices by name, and what is known of them besides."""
    return context.policy.fourth and has_choices(_seen(context)) and not optional_parts(context.space)


def _chosen_alike(context: ProposalContext, rows: Sequence[Values]) -> NDArray[np.int64]:
    """Return a number for each of ``n`` rows, the same where the same was chosen under whatever conditions."""
    keys = [row_key(context.space.pinned(row)) for row in rows]
    return np.unique(keys, return_inverse=True)[1].ravel()


def _views(context: ProposalContext) -> tuple[View, ...]:
    """Return how models see rows: by the declared ranges and, in a pool, by the place among its candidates.

    Recipes of few parts have a scale of their own.

    Neither serves all pools: ranges lead to the corners, where some optima lie, places into the dense regions, where
    others do.
    """
    seen = _seen(context)
    groups = groups_of(seen)
    by_range = View("range", groups)
    if context.space.pool is None:
        if not optional_parts(context.space):
            return (by_range,)
        names = {parameter.name for parameter in seen}
        return (View("recipe", groups, RecipeScale.of(context.space, names.__contains__)),)
    return (by_range, View("place", groups, _places(context)))


def _seen(context: ProposalContext) -> list[Parameter]:
    """Return the parameters that members see: all but that of the level of fidelity."""
    fidelity = context.goal.fidelity
    return [p for p in context.space.parameters if fidelity is None or p.name != fidelity.parameter]


def _places(context: ProposalContext) -> PoolScale:
    """Return the scale of the pool, over the columns that members see."""
    scale, fidelity = PoolScale.of(context.space), context.goal.fidelity
    if fidelity is None:
        return scale
    return PoolScale(tuple(scale.steps[column] for column in Ladder(context.space, fidelity).others))
