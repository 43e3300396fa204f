"""Continuous and mixed problems: functions as published, runs that differ in what was planned alone, figures."""

import dataclasses
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
sys.path.append(str(BENCH))

from surfaces.book import Book, Case  # noqa: E402 - the path comes first
from surfaces.figures import figures, final_regret, markdown, said_in  # noqa: E402
from surfaces.play import Belief, Trial, opening, play  # noqa: E402
from surfaces.problems import CHOICES, PROBLEMS  # noqa: E402
from surfaces.ways import make, version_of  # noqa: E402

from zosimos.core.records import Candidate, Prediction  # noqa: E402

SHORT = {name: dataclasses.replace(problem, evaluations=problem.start + 7) for name, problem in PROBLEMS.items()}


class Counting:
    """Asks for points along a line, says something of each, and keeps what it was told."""

    def __init__(self, problem, fails=()):
        self.problem, self.fails, self.told, self.asked = problem, fails, [], []

    def tell(self, observations):
        self.told.append(list(observations))

    def ask(self, n=1, pending=()):
        self.asked.append(n)
        if len(self.asked) in self.fails:
            raise FloatingPointError("no fit")
        width = len(self.problem.bounds) + bool(self.problem.choices)
        row = self.problem.row(np.full(width, 0.05 * len(self.asked)))
        return [Candidate(row, "line", predictions={"y": Prediction(1.0, 3.0, 4.0, 2.0)}) for _ in range(n)]


# --- problems ---


@pytest.mark.slow
def test_the_functions_are_those_of_the_published_test_functions():
    import torch
    from botorch.test_functions import Ackley, Branin, Hartmann, Levy, Rosenbrock

    published = {
        "branin": Branin(),
        "hartmann6": Hartmann(6, negate=True),
        "ackley5": Ackley(5),
        "levy8": Levy(8),
        "rosenbrock4": Rosenbrock(4),
    }
    for name, function in published.items():
        problem = PROBLEMS[name]
        assert np.allclose(function.bounds.T.numpy(), problem.bounds)
        for unit in np.random.default_rng(1).random((20, len(problem.bounds))):
            row = problem.row(unit)
            found = float(function(torch.tensor([list(row.values())], dtype=torch.double)))
            assert problem.true(row) == pytest.approx(found, rel=1e-6)
        assert problem.best == pytest.approx(function.optimal_value, abs=1e-4)


def test_no_point_is_better_than_the_best_and_none_is_farther_than_the_range():
    for problem in PROBLEMS.values():
        width = len(problem.bounds) + bool(problem.choices)
        regrets = [problem.regret(problem.true(problem.row(u))) for u in np.random.default_rng(2).random((2000, width))]
        assert min(regrets) >= 0
        assert max(regrets) < problem.span * 1.001
    mixed = PROBLEMS["mixed"]
    best = {"x1": 0.114614, "x2": 0.555649, "x3": 0.852547}
    assert mixed.regret(mixed.true({**best, "kind": "a"})) == pytest.approx(0, abs=1e-4)
    assert [p.name for p in mixed.space.parameters] == ["x1", "x2", "x3", "kind"]
    assert {mixed.row(np.array([0.5, 0.5, 0.5, u]))["kind"] for u in (0.0, 0.3, 0.6, 0.999)} == set(CHOICES)


def test_sixty_evaluations_and_a_hundred_from_five_parameters_on():
    for problem in PROBLEMS.values():
        assert problem.evaluations == (60 if len(problem.bounds) < 5 else 100)


# --- runs ---


def test_ways_begin_alike_and_meet_the_same_noise_by_number():
    for problem in SHORT.values():
        first, second = (play(problem, Counting(problem), batch, seed=5) for batch in (1, 3))
        other = play(problem, Counting(problem), 1, seed=6)
        assert first.true[: problem.start] == second.true[: problem.start] != other.true[: problem.start]
        noise = [np.subtract(trial.measured, trial.true) for trial in (first, second)]
        assert np.allclose(*noise)
        assert 0 < np.std(noise[0]) < 3 * problem.noise
        assert len(first.true) == len(second.true) == problem.evaluations


def test_the_start_covers_each_range_evenly():
    for problem in PROBLEMS.values():
        points = opening(problem, seed=3)
        assert points.shape == (problem.start, len(problem.bounds) + bool(problem.choices))
        assert ((points >= 0) & (points < 1)).all()
        assert ((points < 0.5).sum(axis=0) > 0).all()
        assert ((points > 0.5).sum(axis=0) > 0).all()


def test_batches_are_asked_for_until_the_evaluations_are_spent_and_places_are_kept():
    problem = SHORT["branin"]
    planner = Counting(problem)
    trial = play(problem, planner, 3, seed=0)
    assert planner.asked == [3, 3, 1]
    assert [len(told) for told in planner.told] == [problem.start, 3, 3]
    assert [None if b is None else b.place for b in trial.beliefs] == [None] * problem.start + [0, 1, 2, 0, 1, 2, 0]
    assert trial.beliefs[-1] == Belief(0, 1.0, 3.0, 4.0, 2.0)
    assert planner.told[1][0].predictions["y"].total == 5.0  # so that residuals can be learned from
    assert Trial.from_json(json.loads(json.dumps(trial.as_json()))) == trial
    told = said_in(problem, trial)
    assert [said.results for said in told] == [4, 4, 4, 7, 7, 7, 10]
    assert told[0].sd * problem.span == pytest.approx(5.0)


def test_what_a_planner_raises_is_recorded_and_random_points_take_its_place():
    problem = SHORT["mixed"]
    trial = play(problem, Counting(problem, fails=(2,)), 3, seed=0)
    assert trial.errors == ("12: FloatingPointError: no fit",)
    assert [b is None for b in trial.beliefs[problem.start :]] == [False] * 3 + [True] * 3 + [False]
    assert len(trial.true) == problem.evaluations


@pytest.mark.slow
def test_botorch_plans_ranges_and_choices_and_says_what_it_believes():
    for name in ("branin", "mixed"):
        problem = dataclasses.replace(PROBLEMS[name], evaluations=PROBLEMS[name].start + 2)
        trial = play(problem, make("botorch", problem, 1), 2, seed=1)
        assert trial.errors == ()
        beliefs = [b for b in trial.beliefs if b is not None]
        assert [b.place for b in beliefs] == [0, 1]
        assert all(b.sd > 0 and b.noise > 0 for b in beliefs)
    again = play(problem, make("botorch", problem, 1), 2, seed=1)
    assert dataclasses.replace(again, cpu=trial.cpu) == trial


def test_runs_of_botorch_outlive_changes_of_ours():
    assert "zosimos" not in version_of("botorch")
    assert version_of("botorch") != version_of("zosimos") != version_of("zosimos-bound")


# --- figures ---


def trial_of(problem, regrets, seed=0, slips=None, cpu=(1.0,)):
    sign = 1 if problem.goal == "min" else -1
    true = [problem.best + sign * r for r in regrets]
    measured = [value - sign * slip for value, slip in zip(true, slips or [0.0] * len(true), strict=True)]
    beliefs = (None, *(Belief(0, value, 1.0, 0.0) for value in true[1:]))
    return Trial(seed, tuple(true), tuple(measured), beliefs, cpu)


def test_the_final_regret_is_that_of_the_point_measured_best():
    for name in ("branin", "hartmann6"):
        problem = PROBLEMS[name]
        assert final_regret(problem, trial_of(problem, [3.0, 1.0, 2.0])) == pytest.approx(1.0)
        lucky = trial_of(problem, [3.0, 1.0, 2.0], slips=[0.0, 0.0, 1.5])
        assert final_regret(problem, lucky) == pytest.approx(2.0)


def test_figures_compare_medians_of_the_same_seeds():
    problem = PROBLEMS["branin"]
    close = 0.01 * problem.span

    def cell(ours, theirs):
        return {
            way: [trial_of(problem, [9.0, regret], seed) for seed, regret in enumerate(row)]
            for way, row in (("zosimos", ours), ("botorch", theirs))
        }

    cells = {"branin": {1: cell([1.0, 2.0, 9.0], [2.0, 4.0, 8.0]), 4: cell([2 * close] * 3, [close] * 3)}}
    found = figures(PROBLEMS, cells)
    assert found["regret"]["branin"]["1"] == {"zosimos": 2.0, "botorch": 4.0}
    assert found["ratio"]["branin"]["1"]["botorch"][0] == 0.5
    assert found["ratio"]["branin"]["4"]["botorch"] == [2.0, 2.0, 2.0]  # all seeds alike: nothing is uncertain
    assert found["within"] == {"branin": {"1": True, "4": False}}
    assert (found["at_most_botorch"], found["worst_ratio"]) == (0.5, 2.0)
    assert found["seeds"] == {"branin": {"1": 3, "4": 3}}
    assert found["cpu_s_per_point"]["branin"] == {"zosimos": 1.0, "botorch": 1.0}
    assert found["coverage"]["zosimos"]["by_problem"]["branin"]["all"]["n"] == 6
    lines = markdown(found).splitlines()
    assert lines[2].startswith("| branin | 4 | 6.15 | 3.08 | 2 (2 to 2) | no |")  # the loss comes first


def test_a_regret_of_nothing_has_a_ratio():
    problem = PROBLEMS["branin"]
    cells = {"branin": {1: {way: [trial_of(problem, [9.0, 0.0])] for way in ("zosimos", "botorch")}}}
    assert figures(PROBLEMS, cells)["ratio"]["branin"]["1"]["botorch"] == [1.0, 1.0, 1.0]


# --- the command ---


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("bench_continuous", BENCH / "continuous.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["continuous.py", "--cache", str(tmp_path / "runs"), *arguments])
        code = module.main()
        return code, *capsys.readouterr()

    return call


@pytest.mark.slow
def test_runs_are_kept_and_a_second_call_makes_those_that_lack(command, tmp_path):
    asked = ("--ways", "random", "--problems", "branin,mixed", "--batches", "8", "--jobs", "1", "--table")
    code, out, progress = command(*asked, "--seeds", "2")
    assert (code, progress.count("random, seed")) == (0, 4)
    line = json.loads(out.splitlines()[-1])
    assert set(line) == {"bench", "settings", "figures"}
    assert set(line["figures"]["regret"]) == {"branin", "mixed"}
    assert out.startswith("| problem | batch | random |")
    assert command(*asked, "--seeds", "2")[2] == ""
    assert command(*asked, "--seeds", "3", "--kept")[2] == ""
    assert command(*asked, "--seeds", "3")[2].count("random, seed 2") == 2
    book = Book.of(tmp_path / "runs", 1, 1, ["random"])
    assert sorted(book.trials(Case("branin", 8, "random"), range(9))) == [0, 1, 2]


def test_a_wrong_command_is_refused_in_one_block(command):
    refused = {
        "unknown name 'sphere'": ("--problems", "sphere"),
        "unknown name '5'": ("--batches", "5"),
        "unknown name 'oracle'": ("--ways", "oracle"),
        "no problem is run with such batches": ("--problems", "branin", "--batches", "16"),
        "leave --kept out": ("--kept",),
    }
    for said, arguments in refused.items():
        code, out, block = command(*arguments)
        assert (code, out) == (2, ""), said
        assert said in block
        assert "Traceback" not in block
