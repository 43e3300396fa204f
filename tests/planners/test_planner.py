"""The planner: pure, never the same row twice, robust to exhausted pools, bad outcomes and bad plugins."""

import json
import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.records import Candidate, Measurement, Observation, Prediction
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners import planner as planner_module
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.testing import check_planner
from zosimos.planners.turns import Turns

SQUARE = SearchSpace((Continuous("x", 0, 1), Continuous("y", 0, 1)))
POOL = SearchSpace(
    (Integer("k", 0, 9), Categorical("s", ("u", "v"))), pool=tuple({"k": k, "s": s} for k in range(10) for s in "uv")
)
YIELD = Objective("yield", "max", "%")
ROUGH = Policy({"evolutionary": 1.0})


def hill(values):
    return 10 - 40 * (values["x"] - 0.7) ** 2 - 40 * (values["y"] - 0.2) ** 2


def seen(rows, f=hill, quantity="yield", **more):
    return [
        Observation(f"e{i:04d}", row, {quantity: Measurement(quantity, float(f(row)), **more)})
        for i, row in enumerate(rows, 1)
    ]


def ask(observations=(), n=1, pending=(), space=SQUARE, objectives=(YIELD,), settings=None, seed=3, avoid=()):
    planner = make_planner(
        Goal(space, objectives), settings or Policy(), History(avoid=avoid), seed=seed, sequence_seed=11
    )
    planner.tell(observations)
    return planner.ask(n, pending)


def started(n=6):
    return seen([c.values for c in ask(n=n, settings=Policy(start=n))])


@pytest.mark.slow
def test_the_planner_conforms():
    def factory(space, objectives, *, seed):
        return make_planner(Goal(space, objectives), Policy(start=3), seed=seed, sequence_seed=1)

    check_planner(factory)


def test_the_kit_finds_a_planner_that_repeats_itself():
    class Stuck:
        def tell(self, observations):
            pass

        def ask(self, n=1, pending=()):
            return [Candidate({"x": 0.5, "y": 0.5}, "stuck", "why not")] * n

    with pytest.raises(AssertionError, match="twice"):
        check_planner(lambda space, objectives, *, seed: Stuck())


def test_the_start_follows_one_sequence_however_it_is_asked_for():
    together = ask(n=4)
    assert {c.origin for c in together} == {"sobol"}
    one_by_one = []
    for index in range(4):
        one_by_one += ask(seen(c.values for c in one_by_one), seed=index)
    assert [c.values for c in one_by_one] == [c.values for c in together]
    assert ask(n=2, pending=together[:2]) == together[2:]


def test_after_the_start_the_model_proposes_and_says_why():
    (candidate,) = ask(started())
    assert candidate.origin == "bayesian"
    assert candidate.reason.startswith("expected improvement over")
    assert "%" in candidate.reason
    assert candidate.predictions["yield"].sd > 0
    assert np.isfinite(candidate.acquisition)


@pytest.mark.slow
def test_the_answer_depends_on_nothing_but_the_question():
    observations = started()
    first = ask(observations, n=3)
    torch.manual_seed(99)
    torch.rand(5)
    np.random.seed(99)
    random.seed(99)
    ask(observations, seed=77)
    assert ask(observations, n=3) == first


@pytest.mark.slow
def test_a_fresh_process_gives_the_same_answer():
    code = (
        "import json, runpy, sys\n"
        "here = runpy.run_path(sys.argv[1])\n"
        "print(json.dumps([c.as_json() for c in here['ask'](here['started'](), n=2)]))"
    )
    done = subprocess.run([sys.executable, "-c", code, __file__], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == [c.as_json() for c in ask(started(), n=2)]


def test_measured_failed_pending_and_rejected_rows_are_never_proposed_again():
    rows = POOL.candidates
    observations = [
        *seen(rows[:6], lambda row: row["k"]),
        Observation("e0007", rows[6], failed=True),
    ]
    pending = [Candidate(row, "person") for row in rows[7:10]]
    batch = ask(observations, 5, pending, POOL, avoid=rows[10:15])
    assert {row_key(c.values) for c in batch} == {row_key(row) for row in rows[15:]}
    assert {c.origin for c in batch} == {"bayesian"}


@pytest.mark.parametrize("space", [POOL, SearchSpace((Integer("k", 0, 3), Categorical("s", ("u", "v"))))])
def test_the_last_rows_come_back_fewer_and_then_the_end_is_told(space):
    start = Policy(start=0)
    left = ask(n=100, space=space)
    assert len(left) in (20, 8)
    observations = seen([c.values for c in left[:-2]], lambda row: row["k"])
    assert len(ask(observations, 5, space=space, settings=start)) == 2
    with pytest.raises(PlanningError) as caught:
        ask(seen([c.values for c in left], lambda row: row["k"]), space=space, settings=start)
    assert "measured" in caught.value.message
    assert caught.value.hint


def test_failed_bad_and_computed_outcomes_do_not_train():
    rows = [c.values for c in ask(n=8, settings=Policy(start=8))]
    failed = [Observation(f"e{i:04d}", row, failed=True) for i, row in enumerate(rows)]
    for observations in (failed, seen(rows, quality="bad"), seen(rows, origin="llm_predicted")):
        (candidate,) = ask(observations)
        assert candidate.origin == "sobol"
        assert row_key(candidate.values) not in {row_key(row) for row in rows}


def test_constant_outcomes_are_planned_with_and_said():
    rows = [c.values for c in ask(n=6)]
    (candidate,) = ask(seen(rows, lambda row: 5.0), settings=Policy(start=6))
    assert candidate.origin == "bayesian"
    assert "results are alike" in candidate.reason


def test_tiny_outcomes_are_planned_as_well_as_large_ones():
    rows = [c.values for c in ask(n=6)]
    (large,) = ask(seen(rows), settings=Policy(start=6))
    (tiny,) = ask(seen(rows, lambda row: 1e-12 * hill(row)), settings=Policy(start=6))
    assert tiny.values == pytest.approx(large.values, abs=0.05)
    assert tiny.predictions["yield"].sd == pytest.approx(1e-12 * large.predictions["yield"].sd, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("goal", ["min", "target"])
def test_other_goals_are_followed(goal):
    observations = started(8)
    objective = Objective("yield", goal, target=-5.0 if goal == "target" else None)
    for index in range(3):
        (candidate,) = ask(observations, objectives=(objective,), seed=index)
        observations = [*observations, *seen([candidate.values])]
    best = max(objective.utility(o.measurements["yield"].value) for o in observations[8:])
    assert best >= max(objective.utility(o.measurements["yield"].value) for o in observations[:8])


@pytest.mark.slow
def test_several_objectives_with_gaps_make_a_batch():
    rows = [c.values for c in ask(n=6)]
    cost = seen(rows, lambda row: row["x"] + row["y"], "cost")
    both = [
        Observation(a.experiment, a.values, {**a.measurements, **({} if i == 2 else b.measurements)})
        for i, (a, b) in enumerate(zip(seen(rows), cost, strict=True))
    ]
    batch = ask(both, 2, objectives=(YIELD, Objective("cost", "min")), settings=Policy(start=6))
    assert [c.origin for c in batch] == ["bayesian"] * 2
    assert set(batch[0].predictions) == {"yield", "cost"}
    assert batch[0].values != batch[1].values


class Plugin:
    def __init__(self, rows):
        self.rows = rows

    def propose(self, n, context):
        if isinstance(self.rows, Exception):
            raise self.rows
        return [row if isinstance(row, Candidate) else Candidate(row, "x", "because") for row in self.rows]


@pytest.mark.parametrize(
    "rows",
    [
        [{"x": 2.0, "y": 0.5}],
        [{"x": float("nan"), "y": 0.5}],
        [{"z": 0.5}],
        [{"x": np.int64(1), "y": "high"}],
        [Candidate({"x": 0.5, "y": 0.5}, "x", "", {"yield": Prediction(float("nan"), 1.0)})],
        [],
        RuntimeError("boom"),
    ],
)
def test_a_plugin_that_returns_junk_is_replaced_and_told_of(monkeypatch, rows):
    observations = started()
    monkeypatch.setattr(planner_module, "load_proposer", lambda name: Plugin(rows))
    (candidate,) = ask(observations, settings=Policy({"random": 1.0}))
    assert candidate.origin == "sobol"
    assert "in place of 'random'" in candidate.reason
    assert SQUARE.problems(candidate.values) == []


def test_a_plugin_that_repeats_a_row_gives_it_once(monkeypatch):
    observations = started()
    monkeypatch.setattr(planner_module, "load_proposer", lambda name: Plugin([{"x": 0.5, "y": 0.5}] * 3))
    batch = ask(observations, 3, settings=Policy({"random": 1.0}))
    assert [c.origin for c in batch] == ["random", "sobol", "sobol"]


def test_slots_are_shared_as_evenly_as_the_shares_say():
    shares = {"a": 5, "b": 2, "c": 1, "never": 0}
    assert [Turns(shares).slots(0, 8).count(name) for name in "abc"] == [5, 2, 1]
    assert Turns(shares).slots(3, 5) == Turns(shares).slots(0, 8)[3:]


def start(space, policy=None):
    return ProposalContext(Goal(space, (YIELD,)), policy=policy or Policy()).start


def test_the_start_is_two_points_a_parameter_but_a_quarter_of_a_pool_at_most():
    assert start(SQUARE) == 4
    assert start(SearchSpace(SQUARE.parameters[:1])) == 3
    assert start(SearchSpace(POOL.parameters, pool=POOL.candidates[:8])) == 2
    assert start(POOL, Policy(start=7)) == 7


@pytest.mark.parametrize("settings", [{"shares": {}}, {"shares": {"random": -1}}, {"start": -1}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(SpecError):
        Policy(**settings)


def test_an_unknown_proposer_is_refused_with_the_names_there_are():
    names = "ax, baybe, bayesian, bofire, counterexample, discriminate, evolutionary, forest, maximin, optuna, random"
    with pytest.raises(SpecError, match=names):
        ask(settings=Policy({"oracle": 1.0}))


@pytest.mark.slow
def test_the_model_beats_chance_on_a_hill():
    best = {}
    for name in ("bayesian", "random"):
        scores = []
        for seed in range(3):
            observations = []
            for index in range(15):
                planner = make_planner(Goal(SQUARE, (YIELD,)), Policy({name: 1.0}), seed=index, sequence_seed=seed)
                planner.tell(observations)
                observations += seen([planner.ask()[0].values])
            scores.append(max(o.measurements["yield"].value for o in observations))
        best[name] = np.mean(scores)
    assert best["bayesian"] > 9.95 > best["random"]
