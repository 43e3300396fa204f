"""What advice was worth: whose idea the experiments were, who found what got better, what asking cost, who learns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.records import Candidate, Observation

if TYPE_CHECKING:
    from zosimos.planners.learning import Learning

PLANNER = "the planner"
"""Whose idea an experiment was that nobody advised."""


@dataclass(frozen=True)
class Worth:
    """What came of advice beside what the planner did by itself.

    Args:
        experiments: results by whose idea they were: an author's, or the planner's.
        gained: of those, the share of all that the best improved by after the first result; with several objectives 0.
        best: whose idea the best experiment was; empty: there is none.
        calls: how often the advisor was asked, by what came of it.
        tokens: that its model used.
        cost: of all calls, in US dollars, as far as prices are known; None: of none.
        suggests: what the advisor suggested last that only a person may do.
    """

    experiments: Mapping[str, int]
    gained: Mapping[str, float]
    best: str
    calls: Mapping[str, int]
    tokens: int
    cost: float | None
    suggests: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        plain = {name: dict(item) if isinstance(item, Mapping) else item for name, item in self.__dict__.items()}
        return plain | {"suggests": list(self.suggests)}

    def lines(self) -> list[str]:
        """Return it in words, a line each, but for what is suggested: those are the advisor's own."""
        found = [
            f"{who}: {count} results" + (f", {self.gained[who]:.0%} of the improvement" if who in self.gained else "")
            for who, count in self.experiments.items()
        ]
        if self.best:
            found.append(f"the best so far was the idea of {self.best}")
        if self.calls:
            came = ", ".join(f"{count} {_CAME[name]}" for name, count in self.calls.items())
            cost = "" if self.cost is None else f", {self.cost:.4g} $"
            used = f"; {self.tokens} tokens{cost}" if self.tokens else ""
            found.append(f"the advisor was asked {sum(self.calls.values())} times ({came}){used}")
        return found


_CAME = {
    "advice": "with advice",
    "nothing": "with nothing to say",
    "problem": "without success",
    "asked": "without an answer yet",
    "wanted": "still to be asked",
}


def worth(state: State) -> Worth:
    """Return what advice was worth so far."""
    found = state.counting()
    best = front(state)[:1]
    calls: Counter[str] = Counter(call.status for call in state.calls)
    costs = [call.cost for call in state.calls if call.cost is not None]
    last = next((call for call in reversed(state.calls) if call.suggests), None)
    return Worth(
        dict(Counter(_whose(seen) for seen in found)),
        _gained(state, found),
        _whose(state.experiments[best[0]].candidate) if best else "",
        {name: calls[name] for name in _CAME if calls[name]},
        sum(sum(call.tokens.values()) for call in state.calls),
        math.fsum(costs) if costs else None,
        last.suggests if last is not None else (),
    )


def learned(setup: Setup, state: State) -> list[Learning]:
    """Return what the record says of whether authors learn from results, in the order in which they first advised."""
    from zosimos.planners.learning import learning  # numpy: only where it is asked for

    authors = dict.fromkeys(given.advice.author for given in state.advice.values())
    advice = [given.advice for given in state.advice.values()]
    space, objectives = setup.space(state.spec), setup.objectives(state.spec)
    return [learning(author, advice, state.counting(), objectives, space) for author in authors]


def _whose(made: Observation | Candidate) -> str:
    return made.author or PLANNER


def _gained(state: State, found: list[Observation]) -> dict[str, float]:
    """Return the share of the improvement that each one's experiments brought."""
    objectives = build_objectives(state.spec)
    if len(objectives) > 1:
        return {}
    best, gains = -math.inf, dict.fromkeys((_whose(seen) for seen in found), 0.0)
    for seen in found:
        one = seen.measurements.get(objectives[0].name)
        if seen.failed or one is None or not one.trains:
            continue
        utility = objectives[0].utility(one.value)
        if utility > best > -math.inf:
            gains[_whose(seen)] += utility - best
        best = max(best, utility)
    total = math.fsum(gains.values())
    return {who: gain / total for who, gain in gains.items()} if 0 < total < math.inf else {}
