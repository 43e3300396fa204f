"""Earlier campaigns: they lead the planner where they are right and are passed over where they are not."""

import math

import numpy as np
import pytest

from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.transfer import MOST_ROWS, trends
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

GRID = [{"x": i / 14, "z": j / 14} for i in range(15) for j in range(15)]
SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 1.0)), pool=tuple(GRID))
UP = Objective("y", "max")


def hill(row):
    return math.exp(-12 * ((row["x"] - 0.8) ** 2 + (row["z"] - 0.3) ** 2))


def source(function, rows=GRID[::3], name="earlier"):
    return Source(name, tuple(rows), {"y": tuple(function(row) for row in rows)})


def observed(rows):
    return tuple(Observation(f"e{i:04d}", row, {"y": Measurement("y", hill(row))}) for i, row in enumerate(rows, 1))


def steps_to_the_top(sources, seed):
    seen = list(observed([GRID[i] for i in np.random.default_rng(seed).choice(len(GRID), 2, replace=False)]))
    while max(hill(s.values) for s in seen) < 0.97 and len(seen) < 30:
        planner = make_planner(
            Goal(SPACE, (UP,)), Policy(start=2), History(sources=sources), seed=len(seen), sequence_seed=seed
        )
        planner.tell(seen)
        seen += [
            Observation(f"e{len(seen) + 1:04d}", c.values, {"y": Measurement("y", hill(c.values))})
            for c in planner.ask()
        ]
    return len(seen)


@pytest.mark.slow
def test_a_related_source_finds_the_top_in_fewer_experiments():
    known = (source(lambda row: 50 * hill({**row, "x": row["x"] + 0.05})),)
    pairs = [(steps_to_the_top(known, seed), steps_to_the_top((), seed)) for seed in range(3)]
    assert sum(a for a, _ in pairs) < 0.7 * sum(b for _, b in pairs)


@pytest.mark.slow
def test_a_foreign_source_costs_an_experiment_or_two_at_most():
    known = (source(lambda row: math.sin(9 * row["z"]) + row["x"] * row["z"]),)
    pairs = [(steps_to_the_top(known, seed), steps_to_the_top((), seed)) for seed in range(3)]
    assert np.mean([a - b for a, b in pairs]) <= 2.0


def test_the_weights_name_the_source():
    context = ProposalContext(Goal(SPACE, (UP,)), History(observed(GRID[::40]), sources=(source(hill),)))
    weights = Belief(context).weights["y"]
    assert weights["matern-5/2 by range, after earlier"] > 0.5
    assert sum(weights.values()) == pytest.approx(1.0)


def test_noise_is_no_source_and_the_reason_says_so():
    rng = np.random.default_rng(0)
    known = source(lambda _: float(rng.normal()))
    assert trends((known,), SPACE, "y") == ()
    context = ProposalContext(Goal(SPACE, (UP,)), History(observed(GRID[::40]), sources=(known,)))
    belief = Belief(context)
    assert not any("earlier" in name for name in belief.weights["y"])
    assert any(note.startswith("earlier: not used") for note in belief.notes)


def test_a_source_teaches_only_the_objectives_it_measured():
    assert trends((source(hill),), SPACE, "other") == ()
    some = Source("some", tuple(GRID[:4]), {"y": (1.0, math.nan, 3.0, math.nan)})
    assert trends((some,), SPACE, "y")[0].outcome.rows == 2


def test_the_same_source_is_fitted_once():
    first, again = (trends((source(hill),), SPACE, "y")[0] for _ in range(2))
    assert first is again


@pytest.mark.slow
def test_of_a_large_source_an_even_draw_is_used():
    assert MOST_ROWS == 1_000
    line = SearchSpace((Continuous("x", 0.0, 1.0),))
    rows = [{"x": i / 1200} for i in range(1201)]
    (belief,) = trends((Source("large", tuple(rows), {"y": tuple(r["x"] for r in rows)}),), line, "y")
    assert belief.outcome.rows == 1_000


def test_with_sources_three_space_filling_points_are_enough():
    space = SearchSpace(tuple(Continuous(name, 0, 1) for name in "abcd"))
    goal = Goal(space, (UP,))
    assert ProposalContext(goal).start == 8
    known = Source("earlier", ({"a": 0, "b": 0, "c": 0, "d": 0},), {"y": (1.0,)})
    assert ProposalContext(goal, History(sources=(known,))).start == 3
    assert ProposalContext(goal, History(sources=(known,)), Policy(start=6)).start == 6


@pytest.mark.parametrize("column", [(), (1.0,), (math.nan, math.nan)])
def test_a_source_without_a_usable_outcome_is_refused(column):
    with pytest.raises(SpecError, match="no usable row for y"):
        Source("earlier", ({"x": 0.0}, {"x": 1.0}), {"y": column})


def test_choices_and_rows_outside_the_bounds_can_teach():
    space = SearchSpace((Continuous("x", 0.0, 1.0), Categorical("s", ("a", "b"))))
    rows = tuple({"x": x, "s": s} for x in (-0.5, 0.2, 0.9, 1.7) for s in "ab")
    (belief,) = trends((Source("wide", rows, {"y": tuple(r["x"] + (r["s"] == "a") for r in rows)}),), space, "y")
    mean, _ = belief.moments(space.features([{"x": 0.5, "s": "a"}, {"x": 0.5, "s": "b"}]))
    assert mean[0] > mean[1] + 0.5


def ligands(*texts, others=()):
    size = {text: {"size": float(ord(text) - ord("a"))} for text in (*texts, *others)}
    return Categorical("ligand", texts, {t: size[t] for t in texts}, others={t: size[t] for t in others})


@pytest.mark.parametrize("named", [False, True])
def test_a_source_with_other_choices_teaches_by_what_they_have_in_common(named):
    heats = [i / 4 for i in range(5)]
    best = dict(zip("abcdefg", (0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0), strict=True))
    space = SearchSpace((ligands("b", "d", "g", others=("a", "c", "e", "f")), Continuous("heat", 0, 1)))
    rows = tuple({"ligand": name, "heat": heat} for name in "acef" for heat in heats)
    earlier = Source("earlier", rows, {"y": tuple(3 * best[row["ligand"]] + row["heat"] for row in rows)})
    (belief,) = trends((earlier,), space, "y", named=named)
    mean, variance = belief.moments(space.features([{"ligand": name, "heat": 0.5} for name in "bdg"]))
    assert mean[1] > mean[0] + 2
    assert mean[1] > mean[2] + 2
    assert (variance > 0).all()
