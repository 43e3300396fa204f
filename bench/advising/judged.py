"""What the tests of learning say of a run that is kept."""

from __future__ import annotations

from pathlib import Path

from advising.play import Run, truth_of
from advising.problems import Problem
from zosimos.core.records import Measurement, Observation
from zosimos.planners.advice import Advice
from zosimos.planners.learning import Learning, learning


def judged(problem: Problem, run: Run, data: Path) -> Learning:
    """Return what the record of a run says of how its advisor learns."""
    truth = truth_of(problem, data)
    seen = [
        Observation(
            one["experiment"],
            one["values"],
            {name: Measurement(name, value) for name, value in one["outcomes"].items()},
            author=one["author"],
        )
        for one in run.results
    ]
    advice = [Advice.from_json(given) for given in run.advice]
    return learning(run.way, advice, seen, [truth.objective], truth.space)
