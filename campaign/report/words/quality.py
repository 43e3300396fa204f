"""Quality: how good the models were and are, in the units of what is measured.

Two kinds of errors, neither of a result that the model had seen: of what was predicted before an experiment was done,
which is on record, and of each result predicted from all others (leave-one-out), which today's models are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, pstdev
from typing import Any

import numpy as np

from zosimos.campaign.record.state import State
from zosimos.campaign.report.believed import Believed
from zosimos.campaign.report.figures.marks import compared
from zosimos.campaign.report.formatting import titled, two_digits, usable
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.words.sentences import Sentence
from zosimos.campaign.wording import listed, some
from zosimos.core.objective import Objective

LEVELS = (0.50, 0.80, 0.95)  # of the predictive intervals whose coverage is reported
ENOUGH = 10  # predictions below which a coverage says nothing
FEW = 4  # predictions below which their error says nothing
WORST = 10  # surprises that are listed
_USEFUL, _POOR = 0.5, 0.9  # of the spread of the results: an error below and above

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Error:
    """A root mean square ``size``, of what the results that it rests on were, by id, which spread by ``spread``."""

    size: float
    spread: float
    rests_on: tuple[str, ...]


@dataclass(frozen=True)
class Quality:
    """A line on an outcome's models: errors in its unit and what they are worth, in words."""

    outcome: str
    spread: str
    before: str
    left_out: str
    worth: str
    inside: str


def error_told(subject: Subject, outcome: Objective) -> Sentence | None:
    """Say how far predictions of an outcome are off; None where nothing can be said."""
    error = _foretold(subject.state, outcome)
    what = f"What was predicted of {outcome.name} before it was measured"
    count = "" if error is None else some(len(error.rests_on), "prediction")
    if error is None and not isinstance(subject.believed, str):
        error = _left_out(subject.believed, outcome)
        what = f"{outcome.name}, predicted from all other results,"
        count = "" if error is None else some(len(error.rests_on), "result")
    if error is None or error.spread <= 0:  # of results that are all equal nothing is to be predicted
        return None
    words = (
        f"{what} was off by {_with_unit(error.size, outcome)} (root mean square of {count}); these results vary by "
        f"{_with_unit(error.spread, outcome)} (standard deviation), so such predictions are "
        f"{_worth(error.size, error.spread)}."
    )
    return Sentence(words, error.rests_on)


def _foretold(state: State, outcome: Objective) -> Error | None:
    """Return the error of what was predicted before it was measured; None with few predictions."""
    pairs = []
    for experiment in state.experiments.values():
        said, found = compared(experiment, outcome), usable(experiment, outcome)
        if said is not None and found is not None:
            pairs.append((experiment.id, said.mean, found.value))
    if len(pairs) < FEW:
        return None
    size = math.hypot(*(mean - value for _, mean, value in pairs)) / math.sqrt(len(pairs))
    return Error(size, pstdev([value for _, _, value in pairs]), tuple(name for name, _, _ in pairs))


def _left_out(believed: Believed, outcome: Objective) -> Error | None:
    """Return the error of today's model where it predicts each result from all others; None where it cannot."""
    model = believed.belief.quantities.get(outcome.name)
    told = None if model is None else model.left_out()
    if told is None:
        return None
    values, _ = believed.belief.taught(outcome.name)
    good = np.isfinite(values)
    found = values[good]
    if len(found) < FEW or len(told[0]) != len(found) or not np.isfinite(told[0]).all():
        return None
    names = tuple(name for name, fine in zip(believed.rests_on, good, strict=True) if fine)
    size = math.hypot(*(told[0] - found).tolist()) / math.sqrt(len(found))
    return Error(size, pstdev(found.tolist()), names)


def _with_unit(error: float, outcome: Objective) -> str:
    return f"{two_digits(error)} {outcome.unit}".rstrip()


def _worth(error: float, spread: float) -> str:
    """Say what an error is worth beside the spread of what it is about."""
    if spread <= 0:
        return "not to be judged: all results are equal"
    share = error / spread
    return "useful" if share < _USEFUL else "rough" if share < _POOR else "no better than the mean of all results"


def coverage(state: State, outcome: Objective) -> Sequence[float]:
    """Return the shares of an outcome's results inside the intervals of :data:`LEVELS` that were predicted.

    Nothing below ``ENOUGH`` predictions. The interval of level p is the Gaussian one: within ``quantile((1 + p) / 2)``
    standard deviations, prediction and measurement combined.
    """
    scores = [abs(e.surprise[outcome.name]) for e in state.experiments.values() if outcome.name in e.surprise]
    if len(scores) < ENOUGH:
        return ()
    return [sum(score <= NormalDist().inv_cdf((1 + level) / 2) for score in scores) / len(scores) for level in LEVELS]


def chance(count: int) -> str:
    """Say by how much chance alone moves the shares of so many predictions."""
    return listed([f"{100 * math.sqrt(level * (1 - level) / count):.0f}" for level in LEVELS])


def surprises(state: State, outcomes: Sequence[Objective]) -> list[Row]:
    """Return the results furthest from their predictions, in standard deviations as they were recorded."""
    units = {outcome.name: outcome.unit for outcome in outcomes}
    found: list[Row] = [
        {
            "experiment": experiment,
            "quantity": titled(name, units.get(name, "")),
            "score": score,
            "prediction": experiment.candidate.predictions[name],
            "measurement": experiment.measurements[name],
        }
        for experiment in state.experiments.values()
        for name, score in experiment.surprise.items()
        if name in experiment.measurements and name in experiment.candidate.predictions
    ]
    return sorted(found, key=lambda row: -abs(row["score"]))[:WORST]


def quality(subject: Subject) -> list[Quality]:
    """Return how good the models were and are, outcome by outcome, of which anything can be said."""
    found = []
    for outcome in subject.outcomes:
        values = [m.value for e in subject.state.experiments.values() if (m := usable(e, outcome)) is not None]
        before = _foretold(subject.state, outcome)
        left = None if isinstance(subject.believed, str) else _left_out(subject.believed, outcome)
        if len(values) < FEW or (before is None and left is None):
            continue
        told = [each for each in (before, left) if each is not None]
        found.append(
            Quality(
                titled(outcome.name, outcome.unit),
                two_digits(told[-1].spread),
                "" if before is None else f"{two_digits(before.size)} ({len(before.rests_on)} predictions)",
                "" if left is None else f"{two_digits(left.size)} ({len(left.rests_on)} results)",
                _worth(told[-1].size, told[-1].spread),
                " / ".join(f"{100 * share:.0f}" for share in coverage(subject.state, outcome)),
            )
        )
    return found
