"""Usage: what experiments drew from each place, and how near the envelope's limits they came, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zosimos.campaign.record.experiment import Experiment
from zosimos.workcell.execution.history import drawn, effects
from zosimos.workcell.labfile import LabFile


def account(lab: LabFile, experiments: Sequence[Experiment]) -> Mapping[str, str]:
    """Return what experiments used, by the fact's name; each amount in the unit of its place."""
    done = {experiment.id: experiment for experiment in experiments}
    sums = drawn(done)
    facts: dict[str, str] = {}
    used = [
        f"{name} {sums.get(name, 0.0):.3g} of {place.stock:g} {place.unit}"
        for name, place in lab.places.items()
        if place.stock is not None
    ]
    facts["reagents"] = ", ".join(used) or "none"
    for name, budget in lab.budgets.items():
        spent = sum(sums.get(place, 0.0) for place in budget.places)
        facts[f"budget {name}"] = f"{spent:.4g} of {budget.total:g} {lab.unit_of(name)}"
    facts["nearest to a limit"] = _nearest(lab, done)
    return facts


def _nearest(lab: LabFile, experiments: Mapping[str, Experiment]) -> str:
    """Return the effect whose amount came nearest to the most that is allowed."""
    limits = lab.limits().devices
    shares = []
    for _, effect in effects(experiments):
        most = limits[effect.device][effect.verb].most if effect.verb in limits.get(effect.device, {}) else None
        if most and effect.amount is not None:
            shares.append((effect.amount / most, str(effect), f"{most:g} {effect.unit}"))
    if not shares:
        return "no amount was near a limit"
    share, effect_, most_ = max(shares)
    return f"{effect_}: {100 * share:.0f} % of {most_}"
