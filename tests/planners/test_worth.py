"""What a gain is worth: a search leaves the best row when only gains that nobody would see are left around it."""

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

NAMES = "abcd"
GOAL = Goal(SearchSpace(tuple(Continuous(name, 0.0, 1.0) for name in NAMES)), (Objective("y", "max"),))
SEED, START, STILL, END = 3, 8, 34, 40


def hill(x, top, width):
    return float(np.exp(-np.sum((x - np.array(top)) ** 2) / width))


def surface(x):
    return hill(x, (0.3, 0.3, 0.4, 0.3), 0.15) + 1.6 * hill(x, (0.8, 0.75, 0.2, 0.85), 0.03)


def asked(seen, revision):
    planner = make_planner(GOAL, Policy(start=2, revision=revision), seed=len(seen), sequence_seed=SEED)
    planner.tell(seen)
    (candidate,) = planner.ask(1)
    return np.array([candidate.values[name] for name in NAMES])


@pytest.mark.slow
def test_a_search_leaves_a_top_where_only_gains_that_nobody_would_see_are_left():
    rng = np.random.default_rng(SEED)
    points = list(np.round(rng.random((START, len(NAMES))), 6))
    seen, stayed, left = [], [], []
    while True:
        point = points[-1] if len(seen) >= START else points[len(seen)]
        value = surface(point) + rng.normal() * 0.002
        row = dict(zip(NAMES, map(float, point), strict=True))
        seen.append(Observation(f"e{len(seen):04d}", row, {"y": Measurement("y", value)}))
        if len(seen) == END:
            break
        if len(seen) < START:
            continue
        points.append(asked(seen, revision=3))
        if len(seen) >= STILL:  # it has come to the top of the wider hill, the higher one is not found
            best = max(range(len(seen)), key=lambda i: seen[i].measurements["y"].value)
            stayed.append(np.linalg.norm(points[-1] - points[best]))
            left.append(np.linalg.norm(asked(seen, revision=4) - points[best]))
    assert max(stayed) < 0.05
    assert min(left) > 0.5
