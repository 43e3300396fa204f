"""Results: what a failure was due to, and how surprising a measurement is."""

import pytest

from zosimos.campaign.record.results import failure_cause, surprise
from zosimos.core.records import Candidate, Measurement, Prediction


@pytest.mark.parametrize(
    ("error", "words", "cause"),
    [
        ("ReplyError", "the pump gave no answer", "fault"),
        ("OutcomeUnknownError", "cut off", "fault"),
        ("EnvelopeError", "above 120 degC", "infeasible"),
        ("ExecutionError", "no film", "unknown"),
        ("told", "infeasible: did not dissolve", "infeasible"),
        ("told", "Fault, pump ran dry", "fault"),
        ("told", "faulty reasoning", "unknown"),
        ("told", "", "unknown"),
        ("ExecutionError", "fault", "unknown"),
    ],
)
def test_a_failures_cause_is_read_from_its_error_or_the_tellers_first_word(error: str, words: str, cause: str) -> None:
    assert failure_cause(error, words) == cause


def test_a_surprise_counts_stated_uncertainty_or_else_the_expected_noise_and_experience() -> None:
    candidate = Candidate({}, "p", "", {"y": Prediction(0.0, 0.3, 0.4, 2.0)})
    assert surprise(candidate, {"y": Measurement("y", 3.0)})["y"] == pytest.approx(3.0)
    assert surprise(candidate, {"y": Measurement("y", 3.0, 0.8)})["y"] == pytest.approx(3.0)
    assert surprise(candidate, {}) == {}
