"""Feasibility: the chemistry's failures are learned, an instrument's are not, and nobody's are weighed."""

import time

import numpy as np
import pytest
import torch

from zosimos.surrogates.feasibility.usable import FeasibilityModel


def points(n, seed=0):
    return torch.rand(n, 2, dtype=torch.double, generator=torch.Generator().manual_seed(seed))


def ended(X, word):
    """Return outcomes: experiments right of the middle do not work."""
    return [word if x > 0.5 else "ok" for x in X[:, 0].tolist()]


def test_without_failures_everything_is_about_equally_feasible():
    X = points(20)
    chances = FeasibilityModel().fit(X, ["ok"] * 20).probability(points(5, 1))
    assert chances.unique().numel() == 1
    assert float(chances[0]) > 0.9


@pytest.mark.parametrize("word", ["infeasible", "unknown"])
def test_a_region_where_nothing_works_is_learned(word):
    X = points(40)
    model = FeasibilityModel().fit(X, ended(X, word))
    good, bad = model.probability(torch.tensor([[0.15, 0.5], [0.85, 0.5]], dtype=torch.double)).tolist()
    assert good > 0.8
    assert bad < 0.35


def test_stated_faults_teach_no_avoidance():
    X = points(40)
    model = FeasibilityModel().fit(X, ended(X, "fault"))
    assert float(model.probability(torch.tensor([[0.85, 0.5]], dtype=torch.double))[0]) > 0.8


def test_an_isolated_failure_amid_good_results_is_blamed_on_the_instrument_more_than_one_in_a_bad_region():
    X = points(60, 3)
    outcomes = ended(X, "unknown")
    lone = next(i for i, x in enumerate(X[:, 0].tolist()) if x < 0.25)
    outcomes[lone] = "unknown"
    blame = FeasibilityModel().fit(X, outcomes).blame()
    in_region = [float(b) for b, x in zip(blame, X[:, 0].tolist(), strict=True) if x > 0.75]
    assert float(blame[lone]) > 2 * sorted(in_region)[len(in_region) // 2]


def test_nothing_is_ever_quite_impossible_and_bad_words_are_refused():
    X = points(30)
    chances = FeasibilityModel().fit(X, ["infeasible"] * 30).probability(points(50, 2))
    assert float(chances.min()) >= 0.01
    with pytest.raises(ValueError, match="an outcome is one of"):
        FeasibilityModel().fit(X, ["broken"] * 30)


def planted(seed, n=50, width=2):
    """Return points, whether each is infeasible, and whether each met a fault: one in twelve, and a run of four."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, width))
    faults = rng.random(n) < 1 / 12
    start = int(rng.integers(n // 3, n - 4))
    faults[start : start + 4] = True
    return torch.tensor(X), (X[:, 0] > 0.65) & (X[:, 1] > 0.3), faults


def log_loss(model, seed, width=2):
    X, bad, _ = planted(1000 + seed, 2000, width)
    p = model.probability(X).numpy()
    return float(-np.mean(np.log(np.where(bad, 1 - p, p))))


@pytest.mark.slow
@pytest.mark.parametrize("width", [2, 6])
def test_failures_of_unknown_cause_teach_the_region_and_not_the_faults(width):
    """Against taking every failure for chemistry, and against knowing each cause; means over repeats."""
    losses, blamed, spared = [], [], []
    for seed in range(6):
        X, bad, faults = planted(seed, width=width)
        failed = bad | faults
        told = {
            "weighed": ["unknown" if f else "ok" for f in failed],
            "naive": ["infeasible" if f else "ok" for f in failed],
            "known": ["infeasible" if b else "fault" if f else "ok" for b, f in zip(bad, faults, strict=True)],
        }
        models = {name: FeasibilityModel().fit(X, outcomes) for name, outcomes in told.items()}
        losses.append([log_loss(models[name], seed, width) for name in ("weighed", "naive", "known")])
        blame = models["weighed"].blame().numpy()
        blamed.append(blame[faults & ~bad].mean())
        spared.append(blame[bad & ~faults].mean())
    weighed, naive, known = np.mean(losses, axis=0)
    assert weighed < 0.85 * naive
    assert weighed < 1.8 * known
    assert np.mean(blamed) > 0.5
    assert np.mean(spared) < 0.2


def test_a_run_of_failures_all_over_the_place_is_an_instruments_fault():
    X = points(40, 2)
    outcomes = ["unknown" if 20 <= i < 25 else "ok" for i in range(40)]
    run = FeasibilityModel().fit(X, outcomes).blame()[20:25]
    scattered = FeasibilityModel().fit(X, ["unknown" if i % 8 == 4 else "ok" for i in range(40)]).blame()[4::8]
    assert float(run.min()) > 0.8
    assert float(run.mean()) > float(scattered.mean())


def test_failures_side_by_side_are_the_chemistrys_even_in_a_row():
    corner = 0.85 + 0.1 * points(5, 4)
    X = torch.cat([points(20, 2) * 0.7, corner, points(15, 3) * 0.7])
    outcomes = ["ok"] * 20 + ["unknown"] * 5 + ["ok"] * 15
    model = FeasibilityModel().fit(X, outcomes)
    assert float(model.blame()[20:25].mean()) < 0.6
    assert float(model.probability(torch.tensor([[0.9, 0.9]], dtype=torch.double))[0]) < 0.7


def test_stated_causes_are_not_weighed():
    X = points(6)
    outcomes = ["ok", "fault", "infeasible", "ok", "ok", "unknown"]
    blame = FeasibilityModel().fit(X, outcomes).blame()
    assert blame[:5].tolist() == [0.0, 1.0, 0.0, 0.0, 0.0]
    assert 0.0 < float(blame[5]) < 1.0


@pytest.mark.parametrize("cause", ["infeasible", "unknown"])
def test_a_few_early_failures_do_not_shut_everything_down(cause):
    for seed in range(5):
        chances = FeasibilityModel().fit(points(5, seed), ["ok", cause, "ok", cause, "ok"]).probability(points(500, 9))
        assert float(chances.median()) > 0.5
    assert float(FeasibilityModel().fit(points(2), [cause, cause]).probability(points(500, 9)).median()) > 0.3


def test_the_prior_is_stated_and_counts_as_experiments():
    X = points(4)
    assert float(FeasibilityModel((3.0, 1.0)).fit(X, ["ok"] * 4).probability(X)[0]) == pytest.approx(7 / 8)
    assert float(FeasibilityModel((3.0, 1.0)).fit(X, ["ok", "fault", "fault", "ok"]).probability(X)[0]) == 5 / 6
    assert float(FeasibilityModel().fit(X[:0], []).probability(X)[0]) == pytest.approx(0.9)
    with pytest.raises(ValueError, match="above 0"):
        FeasibilityModel((1.0, 0.0))


def test_the_fault_rate_is_learned():
    X = points(60)
    rare = FeasibilityModel().fit(X, ["fault" if i % 30 == 7 else "ok" for i in range(60)])
    often = FeasibilityModel().fit(X, ["fault" if i % 6 == 4 else "ok" for i in range(60)])
    assert rare.fault_rate < 0.06 < often.fault_rate


def test_it_repeats_itself_and_takes_repeated_points():
    X, bad, faults = planted(0)
    outcomes = ["unknown" if f else "ok" for f in bad | faults]
    first, second = (FeasibilityModel().fit(X, outcomes).probability(X) for _ in range(2))
    assert torch.equal(first, second)
    same = FeasibilityModel().fit(X[:1].repeat(10, 1), ["ok", "unknown"] * 5)
    assert same.probability(X).isfinite().all()


def test_fifty_experiments_and_two_thousand_candidates_take_milliseconds():
    X, bad, faults = planted(0, width=6)
    outcomes = ["unknown" if f else "ok" for f in bad | faults]
    candidates, _, _ = planted(1, 2000, 6)
    costs = []
    for _ in range(5):
        begin = time.process_time()
        FeasibilityModel().fit(X, outcomes).probability(candidates)
        costs.append(time.process_time() - begin)
    assert min(costs) < 0.06


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="needed"):
        FeasibilityModel().fit(points(3), ["ok"])
