"""Wishes: changes of how a campaign is planned that its advisor asks for, held against the record and put to a person.

An advisor coordinates by wishes: more of one proposer and less of another, another acquisition, more experiments at
once, a region or a cheap level left alone, the end. None is done because it says so. The campaign file says what it
may wish for (``advisor.may``); what the record speaks against is not put to anybody, and is told with the reason;
everything else becomes a proposal that stands beside what the record says of it, and waits for a person's yes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zosimos.campaign.decisions.advising import Said, giving
from zosimos.campaign.decisions.delivered import Delivered, credits_by_proposer, delivered, levels, under_way
from zosimos.campaign.decisions.moments import since_gain
from zosimos.campaign.decisions.proposals import By, no, proposal
from zosimos.campaign.definition.advisor import MAY
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.steer import Change, steered
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import ProposedChange, ProposedVerb
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.constraints import Condition
from zosimos.core.errors import InputError, StateError
from zosimos.core.parameters import Values
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Exclude, Wish

_EACH = 5  # experiments of two proposers, from which on one can be said to bring less than another
_UNLIKELY = 0.05
_DRAWS = 2_000
_FRESH = 5  # results within which a gain speaks against an end


@dataclass(frozen=True)
class Spoken:
    """What the record says of a wish, in words; ``against``: why it is not put to a person (empty: it is)."""

    words: tuple[str, ...] = ()
    against: str = ""


@dataclass(frozen=True)
class Wished:
    """A wish in words, and what records it: a proposal, after what takes back an older one; or why there is none."""

    words: str
    drafts: tuple[Draft, ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        """Return it in words, with what became of it."""
        return f"{self.words} ({self.problem})" if self.problem else f"{self.words} (proposed)"


def wished(setup: Setup, state: State, wish: Wish | Exclude, by: By, before: int = 0) -> Wished:
    """Return what becomes of a wish.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        wish: what its advisor asks for.
        by: whose wish it is.
        before: proposals that are recorded before it at the same time.
    """
    words = _words(wish)
    may = () if state.spec.advisor is None else state.spec.advisor.may
    missing = sorted(_kinds(wish) - set(may))
    if missing:
        return Wished(words, problem=f"advisor.may does not list {', '.join(missing)}")
    try:
        return _wished(setup, state, wish, words, by, before)
    except (InputError, StateError) as error:
        return Wished(words, problem=error.message)


def _wished(setup: Setup, state: State, wish: Wish | Exclude, words: str, by: By, before: int) -> Wished:
    verb: ProposedVerb
    changes: Sequence[Change] = ()
    content: Mapping[str, Any] = {}
    if isinstance(wish, Exclude):
        giving(setup, state, Said((wish,), by["name"], "person"), by)  # it can be done
        verb, content, spoken = "advise", {"items": [wish.as_json()]}, _of_exclusion(setup, state, wish)
    elif not wish.settings:
        verb, spoken = "abort", _of_the_end(state)
    else:
        verb = "steer"
        apart = {"planner.kind": None} if state.spec.planner.kind and "planner.shares" in wish.settings else {}
        new, changes = steered(state.spec, {**wish.settings, **apart})
        setup.check(new)
        spoken = _of_settings(state, new)
    if spoken.against:
        return Wished(words, problem=f"not proposed: {spoken.against}")
    if any((item.verb, item.changes, item.content) == (verb, tuple(changes), content) for item in _refused(state)):
        return Wished(words, problem="not proposed: a person said no to it already")
    reason = "" if isinstance(wish, Exclude) else wish.reason
    made = proposal(state, verb, changes, None, by, reason, content, before)
    if isinstance(made, str):
        return Wished(words, problem="proposed before")
    made = replace(made, body={**made.body, "evidence": list(spoken.words)})
    older = [one for one in state.open_changes() if one.by == by["name"] and verb == one.verb == "steer"]
    paths = {change.path for change in changes}
    gone = [one for one in older if {change.path for change in one.changes} == paths]
    return Wished(words, (*(no(one, by, "replaced by a later one") for one in gone), made))


def _refused(state: State) -> list[ProposedChange]:
    return [
        item
        for item in state.changes.values()
        if item.status == "rejected" and item.spec_version == state.spec_version and item.answered_by != item.by
    ]


def _kinds(wish: Wish | Exclude) -> set[str]:
    """Return what a wish is about, as ``advisor.may`` names it; a path that nobody may wish for is itself."""
    if isinstance(wish, Exclude):
        return {"exclude"}
    if not wish.settings:
        return {"stop"}
    return {next((kind for kind, root in MAY.items() if root and _under(path, root)), path) for path in wish.settings}


def _under(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}.")


def _words(wish: Wish | Exclude) -> str:
    if isinstance(wish, Exclude):
        return f"leave out {wish.where}"
    said = ", ".join(f"{path}={_value(value)}" for path, value in wish.settings.items())
    words = f"set {said}" if said else "end the campaign"
    return f"{words}: {wish.reason}" if wish.reason else words


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_value(one)}" for name, one in value.items()) + "}"
    return format(value, "g") if isinstance(value, float) else str(value)


# --- what the record says


def _of_settings(state: State, new: CampaignSpec) -> Spoken:
    words: list[str] = []
    against = ""
    if new.planner.sharing != state.spec.planner.sharing:
        found = _of_shares(state, new.planner.sharing)
        words, against = [*words, *found.words], found.against
    if (new.batch, new.parallel) != (state.spec.batch, state.spec.parallel):
        at_once = under_way(state)
        ran = "no experiment has ended yet" if at_once is None else f"{at_once:.2g} experiments ran at once on average"
        words.append(ran)
    if new.planner != state.spec.planner:
        words.append(_since(state))
    return Spoken(tuple(words), against)


def _of_shares(state: State, sharing: Mapping[str, float]) -> Spoken:
    before, total = state.spec.planner.sharing, sum(sharing.values())
    then = {name: share / total for name, share in sharing.items()}
    now = {name: share / sum(before.values()) for name, share in before.items()}
    more = [name for name in then if then[name] > now.get(name, 0.0) + 1e-9]
    less = [name for name in now if then.get(name, 0.0) < now[name] - 1e-9]
    known = {one.name: one for one in delivered(state)}
    words = [
        f"{known.get(name, Delivered(name, 0, 0.0))} (share {now.get(name, 0.0):.0%} -> {then.get(name, 0.0):.0%})"
        for name in (*more, *less)
    ]
    came = credits_by_proposer(state)
    gained, lost = ([one for name in names for one in came.get(name, ())] for names in (more, less))
    if _worse(sorted(gained), sorted(lost)):
        return Spoken(tuple(words), f"it gives more to those who brought less: {'; '.join(words)}")
    return Spoken(tuple(words))


def _worse(more: Sequence[tuple[int, float]], less: Sequence[tuple[int, float]]) -> bool:
    """Say whether one group of results improved less than another, by a permutation test on one side.

    What was found before both took part says nothing: it is easy to improve on little.
    """
    if not more or not less:
        return False
    begin = max(more[0][0], less[0][0])
    kept = [np.array([credit for place, credit in group if place >= begin]) for group in (more, less)]
    if min(map(len, kept)) < _EACH:
        return False
    both, rng = np.concatenate(kept), np.random.default_rng(0)
    apart = float(kept[1].mean() - kept[0].mean())
    drawn = np.array([rng.permutation(both) for _ in range(_DRAWS)])
    mixed = drawn[:, len(kept[0]) :].mean(axis=1) - drawn[:, : len(kept[0])].mean(axis=1)
    return apart > 0 and float((mixed >= apart - 1e-12).mean()) <= _UNLIKELY


def _of_the_end(state: State) -> Spoken:
    left = state.spec.budget.experiments - state.used
    words = (_since(state), f"{left} experiments of the budget are left")
    idle = since_gain(state)
    fresh = idle < _FRESH and len(state.counting()) > 0
    return Spoken(words, words[0] if fresh else "")


def _of_exclusion(setup: Setup, state: State, wish: Exclude) -> Spoken:
    space = setup.space(state.spec)
    rule = wish.within(space)
    found = [seen for seen in state.counting() if _breaks(rule, space, seen.values)]
    names = {seen.experiment for seen in found}
    best = [name for name in front(state) if name in names]
    words = [f"{len(found)} of {len(state.counting())} results lie there"]
    part = state.spec.fidelity
    if part is not None and part.parameter in rule.names:
        words += [_level(name, one) for name, one in levels(state).items()]
    against = f"the best so far ({', '.join(best)}) would be left out" if best else ""
    return Spoken(tuple(words), against)


def _breaks(rule: Condition, space: SearchSpace, values: Values) -> bool:
    try:
        return not rule.holds(space.columns([values]))[0]
    except (InputError, KeyError):  # a row of a space that had other parameters
        return False


def _level(name: str, found: Mapping[str, Any]) -> str:
    agrees = f", a rank correlation of {found['agreement']:g} with the last" if "agreement" in found else ""
    return f"{name}: {found['experiments']} results at a cost of {found['cost']:g}{agrees}"


def _since(state: State) -> str:
    idle, count = since_gain(state), len(state.counting())
    if not count:
        return "there is no result yet"
    if not idle:
        return "the last result was better than all before"
    return f"the last {f'{idle} results were' if idle > 1 else 'result was'} no better than the best before"
