"""The planner: shares slots between proposers, and lets no candidate out that is not allowed or was tried.

An answer is a pure function of goal, policy, history, pending candidates, seeds and n: asking twice, in another process
or after other work, gives the same candidates bit for bit. A planner is cheap to make; a campaign makes a new one for
each decision.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Fallback, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.advice import Advice, Exclude, without_excluded
from zosimos.planners.candidates.sampling import fresh, no_rows_error, sobol_rows
from zosimos.planners.designs.opening import DESIGN
from zosimos.planners.fallback import ADVICE, fallback_of
from zosimos.planners.goal.conditions import under_latest
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.isolation import isolated
from zosimos.planners.observed import Observed
from zosimos.planners.policy import Policy
from zosimos.planners.portfolio import earned_shares, next_turns
from zosimos.planners.proposers.advised import advised
from zosimos.planners.proposers.designed import DesignProposer, due_runs
from zosimos.planners.proposers.sobol import SobolProposer
from zosimos.planners.protocol import Planner, ProposalContext
from zosimos.planners.registry import check_proposer_name, load_proposer
from zosimos.planners.turns import Turns

_SOME = 512  # rows of a space that cannot be listed, to say what the cheapest costs
_LEAST_TO_LEARN = 2  # observations: with fewer no model says more than an even spread


def make_planner(
    goal: Goal, policy: Policy | None = None, history: History | None = None, *, seed: int, sequence_seed: int
) -> Planner:
    """Return a planner that knows what a history says.

    Args:
        goal: what is wanted, one objective or more.
        policy: how to plan; None: as is usual.
        history: what is known so far, what is under way aside; None: nothing.
        seed: of this decision.
        sequence_seed: the campaign's, the same for all its decisions: space-filling points follow one sequence.

    Raises:
        SpecError: a share names an unknown proposer; tiers that make no order, or that the policy does not use.
    """
    policy = policy or Policy()
    for name in policy.shares:
        check_proposer_name(name)
    policy.check(goal)
    sequence = derive_seed(sequence_seed, "sobol")
    return _SharedPlanner(ProposalContext(goal, history or History(), policy, seed, sequence))


class _SharedPlanner:
    """A :class:`Planner` over several proposers."""

    def __init__(self, knowledge: ProposalContext) -> None:
        history = replace(knowledge.history, observations=Observed.over(knowledge.observations))
        self._knowledge = replace(knowledge, history=history)

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations, in the order in which they were made."""
        history = self._knowledge.history
        history = replace(history, observations=Observed.over((*history.observations, *observations)))
        self._knowledge = replace(self._knowledge, history=history)

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return up to ``n`` new candidates, fewer if fewer are left.

        Raises:
            PlanningError: no new row is left, or none that can be afforded.
            SpecError: what is said of costs gives no positive number at a row.
            ValueError: n is not positive.
        """
        if n < 1:
            raise ValueError(f"n must be 1 or more, not {n}")
        rows = tuple(candidate.values for candidate in pending)
        position = len(self._knowledge.observations) + len(rows)
        space = under_latest(self._knowledge.space, self._knowledge.observations)
        space = without_excluded(space, self._knowledge.advice)
        history = replace(self._knowledge.history, pending=rows)
        context = replace(self._knowledge, history=history, position=position).within(space)
        if context.free is not None:
            n = min(n, max(len(context.free), len(due_runs(context))))  # a design may do a row again
        try:
            return self._chosen(context, n, pending)
        except PlanningError as error:
            raise _beside_advice(error, context.advice) from error

    def _chosen(self, context: ProposalContext, n: int, pending: Sequence[Candidate]) -> list[Candidate]:
        """Return up to ``n`` candidates: what is advised first, then those of the proposers whose turn it is."""
        position = context.position
        batch, failure = self._advised(context, n, pending)
        origins = [candidate.origin for candidate in (*pending, *batch)]
        later = replace(context, position=position + len(batch))
        for name, places in self._turns(later, n - len(batch), origins):
            now = _spent(context.after([c.values for c in batch]), [*pending, *batch])
            batch += [_annotated(candidate, now) for candidate in self._from(name, places, now)]
        if not batch:
            raise _nothing_left(context)
        if failure is not None and not any(candidate.fallback for candidate in batch):
            batch[0] = replace(batch[0], fallback=failure)
        return batch

    def _advised(
        self, context: ProposalContext, n: int, pending: Sequence[Candidate]
    ) -> tuple[list[Candidate], Fallback | None]:
        """Return up to ``n`` candidates that advice asks for and its authors may spend, and what failed if it did."""
        if not context.advice:
            return [], None
        found: list[Candidate] = []
        chosen = [*context.history.lost, *(waiting.author for waiting in pending if waiting.author)]
        try:
            made = advised(n, context, chosen)
        except (SpecError, PlanningError):
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's model may raise anything; the record says so
            return [], _failed(ADVICE, error, context)[2]
        for candidate in made:
            now = context.after([c.values for c in found])
            good, _ = _screened([candidate], f"advice:{candidate.author}", 1, now)
            found += [_annotated(one, now) for one in good]
        return found, None

    def _turns(self, context: ProposalContext, n: int, origins: Sequence[str]) -> list[tuple[str, int]]:
        """Return whose turn it is, in order: a proposer's name and how many candidates it makes in one go."""
        start, planned = context.start, min(n, len(due_runs(context)))
        left = n - planned
        opening = left if not context.can_learn(_LEAST_TO_LEARN) else min(left, max(0, start - context.position))
        turns = {name: places for name, places in ((DESIGN, planned), ("sobol", opening)) if places}
        opening += planned
        for name in self._shared(context, max(0, context.position + opening - start), n - opening, origins):
            turns[name] = turns.get(name, 0) + 1
        if context.goal.costs is not None:  # what a row costs depends on the one before it
            return [(name, 1) for name, places in turns.items() for _ in range(places)]
        return list(turns.items())

    def _shared(self, context: ProposalContext, first: int, n: int, origins: Sequence[str]) -> list[str]:
        """Return which proposer has each of the next ``n`` slots after the start, of which ``first`` were before."""
        if context.policy.portfolio == "fixed":
            shares = context.policy.shares
            turns = Observed.over(context.observations).beside(
                ("turns", *sorted(shares.items())), lambda: Turns(shares)
            )
            return turns.slots(first, n)
        earned = earned_shares(context.policy.shares, context.observations, context.objectives)
        return next_turns(earned, [*(seen.origin for seen in context.observations), *origins], n)

    def _from(self, name: str, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` screened candidates of one proposer; Sobol points stand in for what it did not give."""
        position = len(context.observations) + len(context.pending)
        context = replace(context, seed=derive_seed(context.seed, name), position=position).paid_for()
        good, complaint, failure = _proposed(name, n, context)
        if len(good) < n:
            context = context.after([c.values for c in good])
            spare, _ = _screened(SobolProposer().propose(n - len(good), context), "sobol", n - len(good), context)
            if complaint:
                reason = f"space filling, in place of {name!r}: {complaint}"
                spare = [replace(c, reason=reason, fallback=failure) for c in spare]
            good += spare
        return good


def _spent(context: ProposalContext, chosen: Sequence[Candidate]) -> ProposalContext:
    """Return a context that knows whose advice the experiments follow that have no result yet."""
    authors = tuple(candidate.author for candidate in chosen if candidate.author)
    if not authors:
        return context
    return replace(context, history=replace(context.history, lost=(*context.history.lost, *authors)))


def _proposed(name: str, n: int, context: ProposalContext) -> tuple[list[Candidate], str, Fallback | None]:
    """Return what a proposer gave that may leave, what was wrong with the rest, and how it failed if it did."""
    try:
        # imported here, so that isolation finds torch if the proposer uses it
        proposer = DesignProposer() if name == DESIGN else load_proposer(name)
    except SpecError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin may fail to import in any way; reported as below
        return _failed(name, error, context)
    try:
        with isolated(context.seed):
            made: object = proposer.propose(n, context)
        if not isinstance(made, list):
            raise TypeError(f"it gave a {type(made).__name__}, not a list")  # noqa: TRY301 - as any other failure
    except PlanningError as error:  # it works, and has nothing to propose
        return [], error.message, None
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; candidate and record say so, and a pause
        return _failed(name, error, context)
    return *_screened(made, name, n, context), None


def _failed(name: str, error: Exception, context: ProposalContext) -> tuple[list[Candidate], str, Fallback]:
    """Return no candidate, and the failure in words and as data."""
    failure = fallback_of(name, context.policy.surrogate, error)
    return [], f"it failed with {failure.error}: {failure.message}", failure


def _screened(made: Sequence[Any], name: str, n: int, context: ProposalContext) -> tuple[list[Candidate], str]:
    """Return the first ``n`` candidates that may leave, and in words what was wrong with the first that may not."""
    keys = set[str]()
    good: list[Candidate] = []
    complaint = "" if len(made) >= n else "it gave too few candidates"
    for given in made:
        candidate = _canonical(given, context)
        problem = _problem(candidate, context, keys, good)
        if problem:
            complaint = f"it proposed an unusable row ({problem})"
            continue
        keys.add(row_key(context.space.canonical(candidate.values)))
        good.append(replace(candidate, origin=name))
    return good[:n], complaint


def _canonical(candidate: Any, context: ProposalContext) -> Any:
    """Return a candidate in the values that are meant: 0.3 where a proposer wrote 0.30000000000000004."""
    if not isinstance(candidate, Candidate):
        return candidate
    values: object = candidate.values  # of a plugin it may be anything
    if not isinstance(values, Mapping) or candidate.repeats:
        return candidate  # what is measured again keeps the values that it had
    values = context.space.canonical(candidate.values)
    return candidate if values == candidate.values else replace(candidate, values=values)


def _annotated(candidate: Candidate, context: ProposalContext) -> Candidate:
    """Return a candidate whose reason says what it costs, and that an expectation was given up."""
    told = []
    costs = context.goal.costs
    if costs is not None and context.account is not None and costs.stated:
        told.append(f"for {costs.describe(candidate.values, context.account.before)}")
    if context.contradicted:
        told.append("the stated expectation is contradicted by the results")
    return replace(candidate, reason="; ".join([candidate.reason, *told])) if told else candidate


def _beside_advice(error: PlanningError, advice: Sequence[Advice]) -> PlanningError:
    """Return an error that says which advice takes rows out, if any does."""
    names = [given.id for given in advice if any(isinstance(item, Exclude) for item in given.items)]
    if not names:
        return error
    told = ", ".join(names)
    return PlanningError(
        f"{error.message}; advice excludes rows too ({told})", hint=f"{error.hint}; or withdraw {told}"
    )


def _nothing_left(context: ProposalContext) -> PlanningError:
    """Return the error that says why no candidate is left: nothing new is, or nothing that can be afforded."""
    costs, account = context.goal.costs, context.account
    if costs is None or account is None or not costs.limited:
        return no_rows_error(context.space)
    unlimited = replace(context.goal, costs=replace(costs, budget=None, stock=()))
    rows: Sequence[Values] | None = replace(context, goal=unlimited).free
    if rows is None:
        rows = fresh(sobol_rows(context.space, context.sequence_seed), context.taken, _SOME)
    if not len(rows):
        return no_rows_error(context.space)
    hint = "raise budget.cost or the stock, or stop the campaign here"
    return PlanningError(costs.shortage(account, rows), hint=hint)


def _problem(candidate: object, context: ProposalContext, keys: set[str], good: Sequence[Candidate]) -> str:
    if not isinstance(candidate, Candidate) or not isinstance(candidate.values, Mapping):
        return "not a candidate"
    problems = context.space.problems(candidate.values)
    if problems:
        return problems[0]
    key = row_key(context.space.canonical(candidate.values))
    known = key in keys or key in context.not_new
    if known and candidate.origin != DESIGN and not _meant(candidate, context, good):
        return "measured, under way, rejected or in this batch already"
    costs, account = context.goal.costs, context.account
    if costs is not None and account is not None and not costs.affordable([candidate.values], account)[0]:
        return "it cannot be afforded"
    numbers = [x for p in candidate.predictions.values() for x in (p.mean, p.sd)]
    if candidate.acquisition is not None:
        numbers.append(candidate.acquisition)
    return "" if all(math.isfinite(x) for x in numbers) else "a prediction is not a finite number"


def _meant(candidate: Candidate, context: ProposalContext, good: Sequence[Candidate]) -> bool:
    """Say whether a row that was measured is meant to be measured again, and may be."""
    space, key = context.space, row_key(context.space.canonical(candidate.values))
    closed = context.closed([chosen.values for chosen in good])
    measured = {seen.experiment: seen.asked_at for seen in context.observations if not seen.failed}
    wanted = context.policy.replicates != "none" or bool(candidate.author)  # who advises it asks for it
    if not wanted or key in closed or candidate.repeats not in measured:
        return False
    return row_key(space.pinned(space.canonical(measured[candidate.repeats]))) == key
