"""Absorbance: the decadic logarithm, its uncertainty, and readings that say nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.analysis.methods import method
from zosimos.core.errors import ExecutionError
from zosimos.testing import method_checks

METHOD = method("absorbance")
FULL = 36_000


def reading(counts: float, spread: float = 3.0) -> dict[str, Any]:
    return {"counts": {"F4": counts, "nir": 10.0}, "spread": {"F4": spread, "nir": 1.0}, "full_scale": FULL}


CHECKS = dict(method_checks(METHOD, {"reading": reading(900.0), "blank": reading(9000.0), "channel": "F4"}))


@pytest.mark.parametrize("name", CHECKS)
def test_the_method_keeps_the_contract(name: str) -> None:
    CHECKS[name]()


@given(st.floats(10, 30_000), st.floats(10, 30_000), st.floats(0, 50))
def test_absorbances_of_layers_add_up_and_carry_their_uncertainty(one: float, other: float, spread: float) -> None:
    def seen(light: float, full: float) -> tuple[float, float]:
        given = {"reading": reading(light, spread), "blank": reading(full, spread), "channel": "F4"}
        found = METHOD.compute(given)["absorbance"]
        return found["value"], found["uncertainty"]

    value, uncertainty = seen(one, other)
    assert seen(one, 30_000)[0] - seen(other, 30_000)[0] == pytest.approx(value, abs=1e-9)
    assert 10.0**-value == pytest.approx(one / other)
    nudged = seen(one * (1 + 1e-6), other)[0]
    slope = (nudged - value) / (one * 1e-6)
    assert uncertainty == pytest.approx(spread * math.hypot(slope, slope * one / other), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize(
    ("light", "full", "channel", "words"),
    [
        (900.0, FULL, "F4", "the blank is saturated in F4"),
        (FULL, 900.0, "F4", "the reading is saturated in F4"),
        (0.0, 900.0, "F4", "the reading is dark in F4"),
        (900.0, 9000.0, "F9", "no channel 'F9'"),
    ],
)
def test_a_reading_that_says_nothing_is_an_error_in_words(light: float, full: float, channel: str, words: str) -> None:
    with pytest.raises(ExecutionError) as caught:
        METHOD.compute({"reading": reading(light), "blank": reading(full), "channel": channel})
    assert words in str(caught.value)
    assert caught.value.allowed
