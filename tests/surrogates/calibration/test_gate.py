"""Synthetic data come in only through the gate, and the gate does not wear down."""

import json

import numpy as np
import pytest

from zosimos.core.errors import DataError
from zosimos.surrogates.calibration.gate import Gate, Validation


def truth(X):
    return np.sin(5 * X[:, 0]) + X[:, 1]


@pytest.fixture
def validation():
    X = np.random.default_rng(0).uniform(0, 1, (40, 2))
    return Validation.of(X, truth(X), ["measured"] * 40)


def off_by(error):
    return lambda X: truth(X) + error


def learned(X, y):
    """Return a small learner: the distance-weighted mean of what it was trained on."""

    def predict(Z):
        weights = np.exp(-((Z[:, None] - X) ** 2).sum(-1) / 0.005) + 1e-12
        return weights @ y / weights.sum(axis=1)

    return predict


def test_good_synthetic_data_are_accepted_and_bad_ones_rolled_back(validation):
    rng = np.random.default_rng(1)
    real = rng.uniform(0, 1, (15, 2))
    more = rng.uniform(0, 1, (200, 2))
    sound = learned(np.concatenate([real, more]), np.concatenate([truth(real), truth(more)]))
    spoiled = learned(np.concatenate([real, more]), np.concatenate([truth(real), rng.normal(size=200)]))

    gate = Gate(validation.digest)
    gate, first = gate.judge("real only", learned(real, truth(real)), validation)
    after, bad = gate.judge("bad generator", spoiled, validation)
    assert (bad.accepted, bad.kept) == (False, "real only")
    assert bad.reason.endswith("rolled back to real only")
    assert after == gate
    gate, good = after.judge("good generator", sound, validation)
    assert (first.accepted, good.accepted, gate.kept) == (True, True, "good generator")
    assert good.change < 0


@pytest.mark.parametrize(("error", "accepted"), [(0.9, True), (1.0, True), (1.029, True), (1.031, False)])
def test_three_percent_are_forgiven_and_no_more(validation, error, accepted):
    gate, _ = Gate(validation.digest).judge("first", off_by(1.0), validation)
    after, verdict = gate.judge("next", off_by(error), validation)
    assert verdict.accepted is accepted
    assert after.kept == ("next" if accepted else "first")
    assert verdict.change == pytest.approx(error - 1, abs=1e-9)


def test_small_losses_cannot_add_up(validation):
    gate, _ = Gate(validation.digest).judge("first", off_by(1.0), validation)
    gate, second = gate.judge("second", off_by(1.02), validation)
    gate, third = gate.judge("third", off_by(1.04), validation)
    assert (second.accepted, third.accepted) == (True, False)
    assert gate.best == pytest.approx(1.0)
    assert gate.kept == "second"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_a_model_that_predicts_nonsense_is_rolled_back(validation, value):
    gate, _ = Gate(validation.digest).judge("first", off_by(1.0), validation)
    after, verdict = gate.judge("broken", lambda X: np.full(len(X), value), validation)
    assert (verdict.accepted, verdict.score, after) == (False, None, gate)
    assert "no finite number" in verdict.reason


def test_the_first_model_must_predict_something(validation):
    gate, verdict = Gate(validation.digest).judge("broken", lambda X: np.full(len(X), np.nan), validation)
    assert (verdict.accepted, verdict.kept, gate.best) == (False, None, None)


def test_a_perfect_mark_forgives_nothing(validation):
    gate, _ = Gate(validation.digest).judge("perfect", truth, validation)
    _, verdict = gate.judge("next", off_by(1e-9), validation)
    assert not verdict.accepted
    assert verdict.change is None


def test_the_validation_set_is_fixed(validation):
    other = Validation.of(validation.X, validation.y + 1e-12, ["measured"] * 40)
    assert other.digest != validation.digest
    with pytest.raises(ValueError, match="not the one"):
        Gate(validation.digest).judge("first", truth, other)


@pytest.mark.parametrize("origin", ["synthetic", "llm_predicted", "computed"])
def test_only_real_measurements_judge(origin):
    with pytest.raises(DataError, match=f"row 1 is {origin}") as error:
        Validation.of([[0.0], [1.0]], [0.0, 1.0], ["measured", origin])
    assert error.value.allowed == "measured or simulated"
    with pytest.raises(DataError, match="needs a row"):
        Validation.of(np.empty((0, 1)), [], [])


def test_shapes_must_fit(validation):
    with pytest.raises(ValueError, match="origin for each"):
        Validation.of([[0.0]], [0.0], [])
    with pytest.raises(ValueError, match="40 means"):
        validation.error(lambda X: np.zeros((len(X), 1)))


def test_the_record_is_json_and_the_gate_comes_back(validation):
    gate, verdict = Gate(validation.digest).judge("first", off_by(1.0), validation)
    data = json.loads(json.dumps(verdict.as_json()))
    assert data["accepted"] is True
    assert data["digest"] == validation.digest
    assert "sets the mark" in data["reason"]
    assert Gate.from_json(json.loads(json.dumps(gate.as_json()))) == gate
