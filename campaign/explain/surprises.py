"""Surprises: where the models were most wrong, each prediction made before its result was known (one step ahead)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.explain.belief import LEAST, believed
from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.record.results import surprise
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Measurement, Prediction
from zosimos.core.revision import FIFTH

_SHOWN = 5
_FEW = 3  # recorded predictions: with fewer they are made again
_AGAIN = 10  # of the last results


@dataclass(frozen=True)
class Surprise:
    """A prediction, what was found, and their difference ``z`` in standard deviations (predicted and measured)."""

    experiment: str
    objective: str
    values: Values
    predicted: Prediction
    found: Measurement
    z: float

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "experiment": self.experiment,
            "objective": self.objective,
            "values": dict(self.values),
            "predicted": self.predicted.as_json(),
            "found": self.found.value,
            "uncertainty": self.found.uncertainty,
            "z": self.z,
        }


@dataclass(frozen=True)
class Surprises:
    """The ``largest`` of so many ``predictions``, and the share of them within one standard deviation.

    An honest model is within one in 68 % of the cases. ``again`` says that the predictions were not recorded (the
    planner made none) but made from the observations that came before each.
    """

    largest: tuple[Surprise, ...]
    predictions: int
    within: float | None
    again: bool

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "largest": [item.as_json() for item in self.largest],
            "predictions": self.predictions,
            "within": self.within,
            "again": self.again,
        }


def surprises(state: State, setup: Setup) -> Surprises:
    """Return the largest standardised residuals of one-step-ahead predictions, the largest first."""
    found = list(_recorded(state))
    again = len(found) < _FEW
    if again:
        found = list(_made_again(state, setup))
    within = sum(abs(item.z) <= 1 for item in found) / len(found) if found else None
    largest = sorted(found, key=lambda item: -abs(item.z))[:_SHOWN]
    return Surprises(tuple(largest), len(found), within, again)


def _recorded(state: State) -> Iterator[Surprise]:
    for observation in state.counting():
        yield from _told(state, observation.experiment, state.experiments[observation.experiment].candidate)


def _made_again(state: State, setup: Setup) -> Iterator[Surprise]:
    for place in range(max(0, len(state.observations) - _AGAIN), len(state.observations)):
        context = context_now(state, setup, place)
        observation = state.observations[place]
        if context.usable < LEAST or observation.experiment in state.retracted:
            continue
        predictions = believed(context).prediction(observation.values)
        candidate = Candidate(observation.values, "", predictions=predictions)
        yield from _told(state, observation.experiment, candidate)


def _told(state: State, experiment: str, candidate: Candidate) -> Iterator[Surprise]:
    measurements = {name: found for name, found in state.experiments[experiment].measurements.items() if found.trains}
    for name, z in surprise(candidate, measurements, learned=state.spec.since(FIFTH)).items():
        yield Surprise(experiment, name, candidate.values, candidate.predictions[name], measurements[name], z)
