"""Wording: what a record says, in the words of the lab.

The record has one word for each state of an experiment, whoever runs the campaign; by hand, what is approved is to do.
Reasons are recorded with what was predicted, which every table shows in a column of its own. Programs get the words of
the record (``--json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.composite import channels_of
from zosimos.campaign.definition.knobs import ParameterSpec
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import TRANSITIONS, Experiment
from zosimos.campaign.record.standing import awaiting, front
from zosimos.campaign.record.state import State
from zosimos.core import numerals
from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier
from zosimos.core.uncertainty import with_parts
from zosimos.core.unit_signs import printed

_TO_DO, _TO_APPROVE, _GIVEN_UP = "to do", "to approve", "given up"
_PREDICTED = re.compile(r":? predicted .*?(?= \(model: |; |$)")
_CHOSEN_BY = {
    "bayesian": "what the models expect",
    "sobol": "an even spread",
    "random": "chance",
    "maximin": "distance from all that was tried",
    "evolutionary": "breeding from the best",
    "forest": "what a random forest expects",
    "discriminate": "what tells the hypotheses apart",
    "counterexample": "what may contradict a claim",
    "person": "a person",
}


def standing(state: State, item: Experiment) -> str:
    """Return how an experiment stands: by hand what nobody did yet is to do, or to approve first."""
    if state.spec.lab is None and item.status == "cancelled":
        return _GIVEN_UP
    if state.spec.lab is not None or item.status not in ("proposed", "approved"):
        return item.status
    asked = any(item.id in approval.experiments for approval in state.open_approvals())
    return _TO_APPROVE if asked else _TO_DO


def to_do(state: State) -> list[str]:
    """Return the ids of the experiments that a person is to do by hand now."""
    if state.spec.lab is not None or state.status != "active":
        return []
    return [item.id for item in state.active.values() if standing(state, item) == _TO_DO]


def counted(state: State) -> str:
    """Return how many experiments stand how, in words."""
    counts = {name: state.counts[name] for name in TRANSITIONS if state.counts.get(name)}
    if state.spec.lab is None:
        asked = len({name for approval in state.open_approvals() for name in approval.experiments})
        waiting = counts.pop("proposed", 0) + counts.pop("approved", 0)
        given_up = counts.pop("cancelled", 0)
        counts = {_TO_DO: waiting - asked, _TO_APPROVE: asked, **counts, _GIVEN_UP: given_up}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def reason_of(text: str) -> str:
    """Return why an experiment was chosen, without the prediction, which is shown beside it.

    >>> reason_of("expected improvement over 16 MPa: predicted 17.2 ± 0.4 MPa (model: a: 8.4 is held in doubt)")
    'expected improvement over 16 MPa (a: 8.4 is held in doubt)'
    >>> reason_of("space filling: the next point of an even spread")
    'space filling: the next point of an even spread'
    """
    return _PREDICTED.sub("", text, count=1).replace(" (model: ", " (", 1)


def chosen_by(origin: str) -> str:
    """Return what chose an experiment, in words; the name itself where there are none."""
    return _CHOSEN_BY.get(origin, origin)


def value(spec: CampaignSpec, name: str, found: object) -> str:
    """Return a value of a parameter in the digits of its step, or of its range."""
    if not isinstance(found, float):
        return str(found)
    part = spec.space.get(name)
    low, high = getattr(part, "min", None), getattr(part, "max", None)
    step = _step(part)
    if low is None or high is None or getattr(part, "log", False):
        return numerals.plain(found)
    if step is not None:
        return numerals.at_step(found, float(step), float(low))
    return numerals.in_range(found, float(low), float(high))


def setting(spec: CampaignSpec, name: str, found: object) -> str:
    """Return a value of a parameter with its unit, with all digits that it has."""
    step = _step(spec.space.get(name))
    text = numerals.plain(found) if isinstance(found, float) and step is None else value(spec, name, found)
    return f"{text} {printed(str(getattr(spec.space.get(name), 'unit', '')))}".rstrip()


def ran(spec: CampaignSpec, name: str, asked: object, found: object) -> str:
    """Return where an experiment was run in one parameter: all digits of what is not what was asked for."""
    if found == asked or not isinstance(found, float):
        return value(spec, name, found)
    return numerals.plain(found)


def _step(part: ParameterSpec | None) -> Any:
    """Return the step in which a parameter is set or proposed, if there is one."""
    step = getattr(part, "step", None)
    return getattr(part, "rounding", None) if step is None else step


def recipe(spec: CampaignSpec, values: Mapping[str, object]) -> str:
    """Return an experiment's values on one line."""
    return ", ".join(f"{name}={value(spec, name, found)}" for name, found in values.items())


def to_target(spec: CampaignSpec, name: str, found: float, uncertainty: float | None = None) -> str:
    """Return how far an outcome is from its target, in words; empty where it has none."""
    part = spec.objectives.get(name)
    if part is None or part.goal != "target" or part.target is None:
        return ""
    target = float(part.target)
    away = numerals.rounded(abs(found - target), uncertainty)
    near = float(away) == 0.0
    return "on target" if near else f"{away} {'above' if found > target else 'below'} target {numerals.plain(target)}"


def other_best(state: State) -> list[str]:
    """Return the ids of the experiments that are as good as the best, or a trade-off with it."""
    return front(state)[1:]


def why_no_best(state: State) -> str:
    """Return why there is no best although there are results; empty where there is one, or no result at all."""
    waits = awaiting(state)
    measured = [item.id for item in state.experiments.values() if item.status == "measured"]
    if not measured or front(state):
        return ""
    if all(name in waits for name in measured):
        return f"no best yet: no experiment has all of {listed(part.name for part in build_objectives(state.spec))}"
    return "no best yet: of each result only a limit is known, or it lies outside of what the campaign allows now"


def listed(names: Iterable[str]) -> str:
    """Return names as they are counted up.

    >>> listed(["yield"]), listed(["yield", "cost", "purity"])
    ('yield', 'yield, cost and purity')
    """
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def some(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> some(1, "result"), some(3, "result")
    ('1 result', '3 results')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def why_best(state: State) -> str:
    """Return by which rule one experiment is shown as the best of several; empty where nothing competes with it."""
    others, objectives = len(other_best(state)), build_objectives(state.spec)
    if not others:
        return ""
    rest = "1 other is" if others == 1 else f"{others} others are"
    if len(objectives) == 1:
        return f"{rest} as good; it came first"
    if tiers := by_tier(objectives):
        order = ", then ".join(objective.name for objective in tiers)
        return f"{rest} as good by {order}; it came first"
    return f"{rest} better in one outcome and worse in another; {_rule(state, objectives)}"


def _rule(state: State, objectives: tuple[Objective, ...]) -> str:
    names = listed(objective.name for objective in objectives)
    limited = any(objective.threshold is not None for objective in objectives)
    meets = "meets every threshold and " if limited and state.kept.front.good is not None else ""
    return (
        f"this one {meets}has the highest sum when {names} weigh the same, each counted from its worst result (0) to "
        "its best (1)"
    )


def outcome(spec: CampaignSpec, name: str, item: Mapping[str, Any], *, unit: bool = True) -> str:
    """Return an outcome (``{value, uncertainty, u_shared, unit, limit}``) with its distance to the target.

    Args:
        spec: says the target.
        name: of the outcome.
        item: the outcome.
        unit: whether its unit is written behind it; not where a heading has it.
    """
    sign = {"below": "<", "above": ">"}.get(item.get("limit") or "", "")
    text = sign + with_parts(item["value"], item["uncertainty"], item.get("u_shared"))
    shown = f"{text} {printed(item['unit'])}".rstrip() if unit else text
    away = "" if sign else to_target(spec, name, item["value"], item["uncertainty"])
    return f"{shown} ({away})" if away else shown


def outcomes(spec: CampaignSpec, found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return outcomes on one line, with the distance to their targets; not the many channels of a series."""
    channels = channels_of(spec)
    shown = [(name, item) for name, item in found.items() if name not in channels or len(found) == 1]
    return ", ".join(f"{name} {outcome(spec, name, item)}" for name, item in shown)
