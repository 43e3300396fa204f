"""The Bayesian proposer: a committee of Gaussian processes, and the row where measuring is expected to gain most.

A batch is chosen greedily, each row as if the earlier ones were under way. In a pool or small grid every free row is
judged; elsewhere a search goes over allowed rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from zosimos.core.errors import PlanningError
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.acquisition.optimise import HINTS, maximise
from zosimos.planners.candidates.settable import settable
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.contributions import contributions, describe
from zosimos.planners.models.input_noise import describe as describe_errors
from zosimos.planners.opinion import asked_to_explore
from zosimos.planners.proposers.confirmation import at_the_end, ending, unconfirmed
from zosimos.planners.proposers.covering import covering_rows
from zosimos.planners.proposers.gain_left import hardly_gains
from zosimos.planners.proposers.other_choices import compares_choices, done_with, with_other_choices
from zosimos.planners.proposers.replication import Replicate, better_again
from zosimos.planners.proposers.stalled import WINDOW, elsewhere, stalled
from zosimos.planners.proposers.telling import may_tell, most_telling
from zosimos.planners.proposers.top_rows import top_rows
from zosimos.planners.proposers.unguided import by_results_alone, unguided
from zosimos.planners.protocol import ProposalContext

_WHAT = {"knowledge-gradient": "expected rise of the best believed row, now", "probability": "chance of beating"}
_LAST = "; one of the last experiments: what is believed counts for more than what is not known"


class BayesianProposer:
    """Proposes where the expected gain is greatest."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none before every objective was measured once."""
        if context.usable < 1:
            return []
        if _without_signal(context):
            return _covering(n, context)
        if context.policy.exact and context.beyond:
            raise _beyond(context.beyond)
        belief = Belief(context)
        chosen: list[Candidate] = []
        for index in range(n):
            made = _next(belief, [c.values for c in chosen])
            if made is None:
                break
            chosen.append(made)
            if index + 1 < n:
                belief.add_pending([made.values])
        return chosen


def _next(belief: Belief, chosen: list[Values]) -> Candidate | None:
    """Return the next candidate of a batch, as if the rows chosen before were under way; None if no row is left."""
    context, index = belief.context, len(chosen)
    if (doubtful := unconfirmed(belief, chosen)) is not None:
        return _confirming(doubtful, belief)
    if index == 0 and _may_stall(belief) and (away := _elsewhere(belief, chosen)) is not None:
        return away
    last = _last(context, index)
    found = _best(belief, chosen, derive_seed(context.seed, "search", index), last=last)
    if found is None:
        return None
    row, value = found
    gain = value - float(np.max(belief.adjustment([row])))  # costs and expectations choose, but are no gain
    if (other := _with_other_choices(belief, row, gain, chosen)) is not None:
        return other
    telling = _telling(belief, row, gain, chosen)
    if (again := _again(belief, row if telling is None else telling.values, chosen)) is not None:
        return _repeated(again, belief)
    if telling is not None:
        return telling
    if (other := unguided(belief, row, chosen, context.position + index)) is not None:
        return other
    made = _candidate(row, gain, belief)
    return replace(made, reason=made.reason + _LAST) if last else made


def _may_stall(belief: Belief) -> bool:
    """Say whether a search that repeats itself looks elsewhere; not where another rule sees to that.

    By revisions that know of neither it goes on.
    """
    context = belief.context
    return context.policy.fourth and not (compares_choices(context) or _may_tell(belief))


def _may_tell(belief: Belief) -> bool:
    """Say whether a search that is done measures what tells most; of results that are all numbers."""
    return may_tell(belief.context) and not belief.judgement.limited


def _without_signal(context: ProposalContext) -> bool:
    """Say whether nothing tells where to look: outcomes are all alike, and nobody and no formula says more."""
    return context.policy.exact and by_results_alone(context) and context.alike


def _beyond(name: str) -> PlanningError:
    """Return the error for outcomes that no model can work with in their unit."""
    return PlanningError(
        f"outcomes of {name} are so large, or differ by so little, that their variance is no number",
        hint="record them in another unit, or record their logarithm",
    )


def _covering(n: int, context: ProposalContext) -> list[Candidate]:
    """Return rows that are to find a signal."""
    values: dict[str, float] = {}
    for seen in reversed(context.training):
        values |= {name: measurement.value for name, measurement in seen.measurements.items()}
    found = [f"{o.name} {_number(values[o.name])} {o.unit}".rstrip() for o in context.objectives]
    count = len(context.training)
    what = f"all {count} results are alike" if count > 1 else "there is one result"
    reason = f"no signal yet, {what} ({', '.join(found)}): covers what is farthest from all that was tried"
    belief = None if context.beyond else Belief(context)
    rows = covering_rows(n, context)
    return [Candidate(row, "bayesian", reason, {} if belief is None else belief.prediction(row)) for row in rows]


def _best(belief: Belief, chosen: Sequence[Values], seed: int, *, last: bool) -> tuple[Values, float] | None:
    """Return the free row with the highest acquisition value, and the value; ``last``: as one of the last is judged."""
    context = belief.context
    taken = {row_key(row) for row in chosen}
    if context.free is None:
        learned = (_start(belief, i) for i in belief.best_first())
        good = [row for row in learned if not context.space.problems(row)]
        score = partial(belief.acquisition, last=last)
        found = maximise(score, context.space, good[:HINTS], context.taken.union(taken), seed)
        return (found[0], float(belief.acquisition([found[0]])[0])) if found is not None and last else found
    for place, value in zip(*top_rows(belief, context.free, len(chosen) + 1), strict=True):
        row = context.free[int(place)]
        if row_key(row) not in taken:
            return row, float(value)
    return None


def _last(context: ProposalContext, chosen: int) -> bool:
    """Say whether a row is one of the last that the budget allows, and is judged so.

    Where rows cannot be listed: there another row lies beside each, and the search can come nearer to the best one. Not
    where somebody advises how much to explore.
    """
    sought = context.policy.sixth and context.improves_one
    return sought and asked_to_explore(context.advice) is None and ending(context, chosen)


def _start(belief: Belief, place: int) -> Values:
    """Return the row of a result; of one that ran elsewhere than it was asked to, an allowed one near to that."""
    seen = belief.context.training[place]
    return settable(belief.context.space, seen) if seen.asked else belief.learned.rows[place]


def _elsewhere(belief: Belief, chosen: Sequence[Values]) -> Candidate | None:
    """Return a row away from the best one where the search asks for nearly the same again and again; else None.

    It is not the row of the highest gain, and says nothing of what can still be gained.
    """
    if not stalled(belief):
        return None
    row = elsewhere(belief, chosen, derive_seed(belief.context.seed, "elsewhere"))
    if row is None:
        return None
    made = _candidate(row, -math.inf, belief)
    told = f"the last {WINDOW} results gained nothing, most of them beside earlier ones: this one looks elsewhere"
    return replace(made, reason=f"{told}, or the search is done; {made.reason}")


def _with_other_choices(belief: Belief, row: Values, gain: float, chosen: Sequence[Values]) -> Candidate | None:
    """Return a row with other choices than that of the highest gain where a search is done with these; else None."""
    context, index = belief.context, len(chosen)
    if ending(context, index) or (done := done_with(belief, row, gain)) is None:
        return None
    found = with_other_choices(belief, done, chosen, derive_seed(context.seed, "other choices", index))
    if found is None:
        return None
    made = _candidate(found[0], -math.inf, belief, over=found[1])
    told = f"with {' and '.join(done)} the search is done, hardly anything more is to be gained there"
    return replace(made, reason=f"{told}: this one is to improve on the best of other choices; {made.reason}")


def _telling(belief: Belief, row: Values, gain: float, chosen: Sequence[Values]) -> Candidate | None:
    """Return the row that tells most of which is the best where hardly anything is to be gained; else None."""
    context, index = belief.context, len(chosen)
    if not _may_tell(belief) or ending(context, index) or not hardly_gains(belief, row, gain):
        return None
    near = (context.position + index) % 2 == 0
    found = most_telling(belief, chosen, derive_seed(context.seed, "telling", index), near=near)
    if found is None:
        return None
    made = _candidate(found, -math.inf, belief, kind="knowledge-gradient")
    other = " besides those under way" if belief.waiting else ""
    told = f"hardly anything is expected to be gained by any row{other}: this one tells most of where the best one is"
    return replace(made, reason=f"{told}; {made.reason}", gain_left=gain)


def _confirming(doubtful: Observation, belief: Belief) -> Candidate:
    """Return a measurement that tells a discovery from an error."""
    row = belief.context.space.pinned(doubtful.asked_at)
    told = ", ".join(
        f"{o.name} {_number(doubtful.measurements[o.name].value)} {o.unit}".rstrip()
        for o in belief.context.objectives
        if o.name in doubtful.measurements
    )
    reason = f"{doubtful.experiment} gave {told}, too good to fit with the others: measured again before it is believed"
    return Candidate(row, "bayesian", reason, belief.prediction(row), repeats=doubtful.experiment)


def _again(belief: Belief, row: Values, chosen: Sequence[Values]) -> Replicate | None:
    """Return the measured row that is to be measured again instead of a new one, where the campaign wants that."""
    wanted = belief.context.policy.replicates == "when-useful" or at_the_end(belief.context, len(chosen))
    return better_again(belief, row, chosen) if wanted else None


def _repeated(again: Replicate, belief: Belief) -> Candidate:
    """Return a meant replicate as a candidate."""
    predictions = belief.prediction(again.row)
    (objective,) = belief.context.objectives
    times = "once" if again.times == 1 else f"{again.times} times"
    reason = (
        f"a replicate of {again.experiment}, measured {times}, because noise leaves open whether it is the best: that "
        f"is worth more than a new row; predicted {_told(objective, predictions[objective.name])}"
    )
    return Candidate(again.row, "bayesian", reason, predictions, again.gain, repeats=again.experiment)


def _candidate(
    row: Values, gain: float, belief: Belief, *, over: float | None = None, kind: str | None = None
) -> Candidate:
    """Return a row as a candidate.

    Args:
        row: to be measured.
        gain: what is expected of it; not a number that is shown where it is not finite.
        belief: about everything so far, and the rows chosen.
        over: the outcome that is to be improved on; None: the best.
        kind: of the acquisition by which it was chosen; None: that of the campaign.
    """
    predictions = belief.prediction(row)
    reason = (
        _reason(belief, predictions, over, kind or belief.context.policy.acquisition.kind)
        + _parts(belief, row)
        + belief.level_told(row)
    )
    if belief.notes:
        reason += f" (model: {'; '.join(belief.notes)})"
    if belief.context.goal.errors:
        reason += f"; {describe_errors(list(belief.context.goal.errors))}"
    (flag,) = belief.applicability(row).flags
    if flag == "out":
        reason += "; far from all that was measured: an extrapolation"
    return Candidate(row, "bayesian", reason, predictions, gain if math.isfinite(gain) else None, flag)


def _reason(belief: Belief, predictions: dict[str, Prediction], over: float | None, kind: str) -> str:
    """Return the reason in words: what is to be beaten and what is predicted."""
    objectives = belief.context.objectives
    told = [_told(o, predictions[o.name]) + _made_of(o, predictions) for o in objectives]
    if len(objectives) > 1:
        named = (f"{o.name} {text}" for o, text in zip(objectives, told, strict=True))
        if (scalarisation := belief.judgement.scalarisation) is not None:
            weighed = scalarisation.describe(objectives)
            return f"expected improvement with {weighed} of the weight: predicted {', '.join(named)}"
        if (contest := belief.judgement.question.contest) is not None:
            return f"expected improvement in {contest.describe(objectives)}: predicted {', '.join(named)}"
        return f"expected gain over the best trade-offs so far: predicted {', '.join(named)}"
    only = objectives[0]
    best = float(belief.learned.values[belief.best_first()[0], 0]) if over is None else over
    aim = "" if only.target is None else f" towards {_number(only.target)} {only.unit}".rstrip()
    what = _WHAT.get(kind, "expected improvement over")
    return f"{what} {_number(best)} {only.unit}".rstrip() + f"{aim}: predicted {told[0]}"


def _told(objective: Objective, prediction: Prediction) -> str:
    return f"{_number(prediction.mean)} ± {prediction.scale * prediction.sd:.2g} {objective.unit}".rstrip()


def _made_of(objective: Objective, predictions: dict[str, Prediction]) -> str:
    """Return what is predicted of the quantities that an objective is made of."""
    if objective.of is None:
        return ""
    single = {part.name for part in objective.of.single}
    parts = [part for part in to_measure([objective]) if part.name in single]
    told = [f"{part.name} {_told(part, predictions[part.name])}" for part in parts]
    told += [one.describe() for one in objective.of.series]
    return f" (of {', '.join(told)})"


def _parts(belief: Belief, row: Values) -> str:
    """Return in words which parts of objectives that are made of others are why a row was chosen, if any are."""
    if not belief.context.policy.fourth:
        return ""
    several = len(belief.context.objectives) > 1
    found = {name: describe(contributions(belief, name, row)) for name in belief.composites}
    return "".join(f"; {f'{name} ' if several else ''}{why}" for name, why in found.items() if why)


def _number(x: float) -> str:
    return f"{x:.3g}" if abs(x) < 100 or abs(x) >= 1e6 else f"{x:.0f}"
