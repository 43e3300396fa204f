"""Domains: how experiments lie to the results that were known, by a score that people can compare.

A prediction far from all results is an extrapolation, whatever its error bar says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.record.experiment import OPEN, Experiment
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.planners.models.extrapolation import describe, domain_of
from zosimos.surrogates.calibration.applicability import Applicability

_SHOWN = 5


@dataclass(frozen=True)
class ExperimentDomain:
    """How an experiment's row lies to ``known`` results: all of them if it is open, those before its own if it ended.

    Args:
        experiment: its id.
        status: the experiment's.
        known: how many results it is compared with.
        found: the verdict (one row): a relative distance of 1 is as far as results are from each other.
        words: the same in words.
    """

    experiment: str
    status: str
    known: int
    found: Applicability
    words: str

    @property
    def open(self) -> bool:
        """Whether its result is still to come."""
        return self.status in OPEN

    @property
    def flag(self) -> str:
        """``in``, ``near`` or ``out``."""
        return self.found.flags[0]

    @property
    def distance(self) -> float:
        """The score: the distance to the nearest results, as a multiple of what is usual among them."""
        return float(self.found.distance[0])

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "experiment": self.experiment,
            "status": self.status,
            "known": self.known,
            "flag": self.flag,
            "distance": self.distance,
            "beyond": float(self.found.beyond[0]),
            "leverage": float(self.found.leverage[0]),
            "words": self.words,
        }


def experiment_domains(state: State, setup: Setup) -> tuple[ExperimentDomain, ...]:
    """Return how each open experiment lies to the results so far; where none is open, the last ones to those before.

    Experiments before which there was no result are left out.
    """
    waiting = [item for item in state.experiments.values() if item.status in OPEN]
    if waiting:
        return _placed(state, setup, waiting, len(state.observations))
    found: list[ExperimentDomain] = []
    for place in range(max(0, len(state.observations) - _SHOWN), len(state.observations)):
        experiment = state.experiments[state.observations[place].experiment]
        if experiment.id in state.retracted:
            continue
        found += _placed(state, setup, [experiment], place)
    return tuple(found)


def _placed(state: State, setup: Setup, items: list[Experiment], observed: int) -> tuple[ExperimentDomain, ...]:
    """Return how experiments lie to the first so many observations."""
    context = context_now(state, setup, observed)
    rows = [observation.values for observation in context.training]
    if not rows:
        return ()
    domain, space = domain_of(context.space, rows), context.space
    judged = [(item, domain.judge(space.features([item.values]))) for item in items]
    return tuple(ExperimentDomain(item.id, item.status, len(rows), one, describe(space, one)) for item, one in judged)
