"""What marks of experiments say when they are pointed at, and error bars: shared by the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.report.drawing import Hint
from zosimos.campaign.report.formatting import measured, recipe, with_spread
from zosimos.campaign.report.style import label
from zosimos.core.objective import Objective
from zosimos.core.records import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SURPRISING = 2.0  # standard deviations from which a result is drawn as a surprise


def foretold(experiment: Experiment, objective: Objective) -> Prediction | None:
    """Return what was predicted of an experiment when it was chosen."""
    return experiment.candidate.predictions.get(objective.name)


def compared(experiment: Experiment, objective: Objective) -> Prediction | None:
    """Return what a result is compared with: what was predicted, unless the experiment was run somewhere else."""
    elsewhere = experiment.achieved and objective.name not in experiment.surprise
    return None if elsewhere else foretold(experiment, objective)


def odd(experiment: Experiment, objective: Objective) -> bool:
    """Say whether a result was a surprise."""
    return abs(experiment.surprise.get(objective.name, 0.0)) > SURPRISING


def hint(spec: CampaignSpec, experiment: Experiment, objectives: Sequence[Objective]) -> Hint:
    """Return what a result's mark says: its id, settings, outcomes and what was predicted of them."""
    lines = [label(experiment.id), label(recipe(spec, experiment.ran_at), 200)]
    for objective in objectives:
        found, said = experiment.measurements.get(objective.name), foretold(experiment, objective)
        if found is not None:
            lines.append(label(f"{objective.name} {measured(found, objective.unit)}", 120))
        if said is not None:
            words = f"{objective.name} predicted {with_spread(said.mean, said.spread)} {objective.unit}"
            lines.append(label(words.rstrip(), 120))
    return Hint("\n".join(lines), experiment.id)


def ended(experiment: Experiment) -> Hint:
    """Return what the mark of an experiment without a result says."""
    return Hint(f"{label(experiment.id)} {experiment.status}\n{label(experiment.reason, 200)}".strip(), experiment.id)


def bars(
    axes: Axes,
    xs: Sequence[float],
    ys: Sequence[float],
    colour: str,
    *,
    up: Sequence[float | None] | None = None,
    across: Sequence[float | None] | None = None,
) -> None:
    """Draw error bars at points: what is not known has none."""
    errors = (("yerr", up), ("xerr", across))
    known: dict[str, Any] = {name: [one or 0.0 for one in sizes] for name, sizes in errors if sizes is not None}
    if len(xs) and any(any(sizes) for sizes in known.values()):
        axes.errorbar(list(xs), list(ys), fmt="none", ecolor=colour, elinewidth=1.0, alpha=0.75, zorder=2, **known)
