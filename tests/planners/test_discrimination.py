"""Rival hypotheses: their probabilities, what an experiment would tell, and that the true one is found soon."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zosimos.core.errors import SpecError
from zosimos.core.expression import Formula
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.hypotheses import Hypotheses
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.registry import load_proposer

X = Continuous("x", 0.0, 10.0)
GOAL = (Objective("y", "max"),)
FIXED = Hypotheses("y", {"line": Formula("x"), "bent": Formula("x + 0.02 * x ** 2 - 0.2")}, 0.5)
FITTED = Hypotheses(
    "y",
    {"linear": Formula("a + b * x"), "saturating": Formula("v * x / (k + x)"), "power": Formula("b * x ** 0.5")},
    0.25,
    {"a": (-2.0, 2.0), "b": (0.0, 5.0), "v": (0.5, 20.0), "k": (0.1, 20.0)},
)


def seen(pairs):
    return [Observation(f"e{i}", {"x": x}, {"y": Measurement("y", y)}) for i, (x, y) in enumerate(pairs)]


def test_without_results_all_are_equally_likely_and_results_decide():
    assert FIXED.weighed([]).probabilities == pytest.approx([0.5, 0.5])
    known = FIXED.weighed(seen([(10.0, 10.0), (9.0, 9.1)]))
    assert known.probabilities[0] > 0.95
    assert known.words.startswith("line ")


def test_the_evidence_is_exact_for_fixed_and_for_linear_formulas():
    data = seen([(1.0, 1.3), (4.0, 4.4), (8.0, 7.1)])
    fixed = FIXED.weighed(data).fits[0]
    off = np.array([0.3, 0.4, -0.9]) / 0.5
    assert fixed.evidence == pytest.approx(float(np.sum(-0.5 * off**2 - math.log(0.5) - 0.5 * math.log(2 * math.pi))))
    rivals = Hypotheses("y", {"line": Formula("b * x"), "zero": Formula("0 * x")}, 0.5, {"b": (-20.0, 20.0)})
    x, y = np.array([1.0, 4.0, 8.0]), np.array([1.3, 4.4, 7.1])
    covariance = 0.25 * np.eye(3) + 100.0 * np.outer(x, x)  # the prior's standard deviation is a quarter of the range
    exact = -0.5 * y @ np.linalg.solve(covariance, y) - 0.5 * np.linalg.slogdet(2 * math.pi * covariance)[1]
    assert rivals.weighed(data).fits[0].evidence == pytest.approx(float(exact), rel=1e-6)
    mean, variance = rivals.weighed(data).fits[0].predict({"x": np.array([2.0])}, 1)
    gain = 100.0 * 2.0 * x @ np.linalg.inv(covariance)
    assert mean[0] == pytest.approx(gain @ y, rel=1e-6)
    assert variance[0] == pytest.approx(400.0 - gain @ (100.0 * 2.0 * x), rel=1e-5)


def test_the_information_agrees_with_monte_carlo():
    known = FITTED.weighed(seen([(1.0, 1.0), (3.0, 2.4), (9.0, 4.2)]))
    rows = {"x": np.array([0.5, 5.0, 10.0])}
    found = known.information(rows, 3)
    rng = np.random.default_rng(0)
    for place in range(3):
        row = {"x": rows["x"][place : place + 1]}
        pairs = [fit.predict(row, 1) for fit in known.fits]
        means = np.array([mean[0] for mean, _ in pairs])
        sds = np.sqrt(np.array([variance[0] for _, variance in pairs]) + 0.25**2)
        which = rng.choice(3, 200_000, p=known.probabilities)
        y = rng.normal(means[which], sds[which])
        densities = np.exp(-0.5 * ((y[:, None] - means) / sds) ** 2) / sds
        ratio = densities[np.arange(len(y)), which] / (densities @ known.probabilities)
        assert found[place] == pytest.approx(float(np.log(ratio).mean()), abs=0.01)


def test_no_experiment_tells_more_than_which_one_it_is_and_an_equal_prediction_tells_nothing():
    far = Hypotheses("y", {"a": Formula("x"), "b": Formula("100 + 0*x"), "c": Formula("-100 + 0*x")}, 0.1)
    assert far.weighed([]).information({"x": np.array([5.0])}, 1)[0] == pytest.approx(math.log(3), abs=1e-6)
    same = Hypotheses("y", {"a": Formula("x"), "b": Formula("2*x")}, 0.1)
    told = same.weighed([]).information({"x": np.array([0.0, 1.0])}, 2)
    assert told[0] == pytest.approx(0.0, abs=1e-12)
    assert told[1] > 0.6


def test_where_a_formula_has_no_value_nothing_is_expected_to_be_told():
    rivals = Hypotheses("y", {"log": Formula("log(x - 5)"), "line": Formula("x")}, 0.1)
    assert rivals.weighed([]).information({"x": np.array([1.0, 8.0])}, 2)[0] == 0.0
    assert rivals.weighed(seen([(1.0, 1.0)])).probabilities[1] > 0.99


def test_it_is_said_when_none_fits():
    assert "none of them fits" in FIXED.weighed(seen([(1.0, 40.0), (2.0, -30.0)])).words
    assert "none of them fits" not in FIXED.weighed(seen([(1.0, 1.0), (2.0, 2.0)])).words


def runs_until_sure(kind: str, seed: int, rivals: Hypotheses, truth, *, pool: bool) -> int:
    """Return after how many experiments the true hypothesis has a probability above 0.95 and keeps it for three."""
    rows = [{"x": i / 10} for i in range(101)] if pool else None
    space = SearchSpace((X,), pool=rows)
    rng = np.random.default_rng(seed)
    policy = Policy({kind: 1.0}, start=2)
    observations: list[Observation] = []
    sure = 0
    for number in range(25):
        planner = make_planner(
            Goal(space, GOAL, hypotheses=rivals), policy, seed=1000 * seed + number, sequence_seed=seed
        )
        planner.tell(observations)
        (candidate,) = planner.ask()
        x = float(candidate.values["x"])
        value = truth(x) + rng.normal(0, rivals.noise)
        observations += [Observation(f"e{number}", candidate.values, {"y": Measurement("y", value)})]
        known = rivals.weighed(observations)
        sure = sure + 1 if known.probabilities[1] > 0.95 else 0
        if sure == 3:
            return number - 1
    return 25


def bent(x: float) -> float:
    return x + 0.02 * x**2 - 0.2


def saturating(x: float) -> float:
    return 6.0 * x / (2.0 + x)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rivals", "truth", "pool", "seeds"),
    [(FIXED, bent, True, 6), (FITTED, saturating, True, 6), (FITTED, saturating, False, 10)],
    ids=["fixed", "fitted in a pool", "fitted"],
)
def test_the_planted_truth_is_found_in_fewer_experiments_than_at_random(rivals, truth, pool, seeds):
    ours = [runs_until_sure("discriminate", seed, rivals, truth, pool=pool) for seed in range(seeds)]
    random = [runs_until_sure("random", seed, rivals, truth, pool=pool) for seed in range(seeds)]
    assert max(ours) < 25  # each time it is found
    assert np.mean(ours) < 0.8 * np.mean(random)


@pytest.mark.slow
def test_the_reason_tells_the_probabilities_and_a_batch_has_different_rows():
    context = ProposalContext(
        Goal(SearchSpace((X,)), GOAL, hypotheses=FIXED),
        History(tuple(seen([(1.0, 1.0), (9.0, 9.2)]))),
        Policy({"discriminate": 1.0}),
    )
    batch = load_proposer("discriminate").propose(3, context)
    assert len({candidate.values["x"] for candidate in batch}) == 3
    assert "tells hypotheses apart: " in batch[0].reason
    assert "line 0." in batch[0].reason
    assert batch[0].predictions["y"].noise == 0.5


def test_without_hypotheses_it_leaves_the_slot_to_others():
    planner = make_planner(Goal(SearchSpace((X,)), GOAL), Policy({"discriminate": 1.0}), seed=1, sequence_seed=2)
    planner.tell(seen([(float(i), 0.0) for i in range(4)]))
    (candidate,) = planner.ask()
    assert candidate.origin == "sobol"
    assert "in place of 'discriminate'" in candidate.reason


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Hypotheses("y", {"one": Formula("x")}, 1.0), "no rival"),
        (lambda: Hypotheses("y", FIXED.formulas, 0.0), "noise"),
        (lambda: Hypotheses("y", FITTED.formulas, 1.0, {"a": (1.0, 1.0)}), "leave nothing"),
        (lambda: Hypotheses("y", FITTED.formulas, 1.0).check(SearchSpace((X,))), "has no number"),
        (lambda: Hypotheses("y", FITTED.formulas, 1.0, {"x": (0, 1)}).check(SearchSpace((X,))), "a constant"),
        (
            lambda: Hypotheses("y", {"a": Formula("c"), "b": Formula("2*c")}, 1.0).check(
                SearchSpace((Categorical("c", ("u", "v")),))
            ),
            "has no number",
        ),
    ],
)
def test_hypotheses_that_make_no_sense_are_refused(made, said):
    with pytest.raises(SpecError, match=said):
        made()


def test_at_a_bound_beyond_which_a_formula_has_no_value_its_prediction_has_a_variance():
    rivals = Hypotheses(
        "y", {"root": Formula("x + sqrt(a)"), "line": Formula("x + b")}, 0.1, dict.fromkeys("ab", (0.0, 1.0))
    )
    known = rivals.weighed(seen([(x, x - 0.5) for x in (1.0, 3.0, 5.0, 7.0)]))
    assert known.fits[0].mode[0] < 1e-5  # nearer to the bound than a step
    _, variance = known.fits[0].predict({"x": np.array([2.0])}, 1)
    assert np.isfinite(variance).all()
    inside = rivals.weighed(seen([(x, x + 0.5) for x in (1.0, 3.0, 5.0, 7.0)])).fits[1]
    assert inside.predict({"x": np.array([2.0])}, 1)[1] == pytest.approx(inside.covariance[0, 0], rel=1e-6)
