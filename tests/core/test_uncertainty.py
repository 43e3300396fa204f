"""The parts of a stated uncertainty: what scatters, what all share, and what cannot be right."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import DataError, SpecError
from zosimos.core.objective import Objective
from zosimos.core.records import Measurement, Observation
from zosimos.core.uncertainty import odd, odd_uncertainties, parts, with_parts

SIZES = st.floats(1e-6, 1e6)


@given(SIZES, SIZES)
def test_a_stated_uncertainty_is_made_of_its_parts(random: float, shared: float) -> None:
    total = math.hypot(random, shared)
    found = parts(Measurement("y", 1.0, total), Objective("y", "max", u_shared=shared))
    assert found.said
    assert found.total == pytest.approx(total)
    if random > 1e-4 * shared:  # of less the square of the total has lost the digits
        assert found.random == pytest.approx(random, rel=1e-3)


@pytest.mark.parametrize(
    ("u", "u_shared", "said", "random", "shared"),
    [
        (0.5, None, None, 0.5, None),
        (0.5, 0.3, None, 0.5, 0.3),
        (0.5, 0.3, "all", 0.5, 0.3),  # a result that says it itself is believed
        (None, 0.3, None, None, 0.3),
        (0.5, None, "all", None, 0.5),
        (0.5, None, "none", 0.5, 0.0),
        (0.5, None, 0.0, 0.5, 0.0),
        (None, None, 0.3, None, 0.3),
        (0.2, None, 0.3, None, 0.3),
    ],
)
def test_a_result_says_its_parts_or_else_the_campaign_does(
    u: float | None, u_shared: float | None, said: Any, random: float | None, shared: float | None
) -> None:
    found = parts(Measurement("y", 1.0, u, u_shared=u_shared), Objective("y", "max", u_shared=said))
    assert (found.random, found.shared) == (random, shared)
    assert found.said == (u_shared is not None or said is not None)


@pytest.mark.parametrize("wrong", [-0.1, math.nan, math.inf, "most", True])
def test_what_cannot_be_shared_is_refused_with_what_can(wrong: Any) -> None:
    with pytest.raises(SpecError, match="finite number of 0 or more, all, or none") as caught:
        Objective("y", "max", u_shared=wrong)
    assert caught.value.field == "objectives.y.u_shared"


def test_more_shared_than_all_that_can_be_is_refused() -> None:
    with pytest.raises(SpecError, match="less than 100, the width of its range"):
        Objective("y", "max", "%", least=0, most=100, u_shared=150.0)


@pytest.mark.parametrize("wrong", [-0.1, math.inf, math.nan])
def test_a_shared_uncertainty_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(DataError, match="the shared uncertainty is not a finite number of 0 or more"):
        Measurement("y", 1.0, 0.1, u_shared=wrong)


def test_what_cannot_be_right_is_said_once_for_all_results_of_its_kind() -> None:
    limited = Objective("y", "max", "%", least=0, most=100)
    seen = [Observation(f"e{n:04d}", {}, {"y": Measurement("y", 1.0, u)}) for n, u in enumerate((0.0, 250.0, 2.0, 0.0))]
    assert odd_uncertainties(seen, [limited]) == [
        "y: e0000, e0003 state an uncertainty of 0, which counts as not known",
        "y: e0001 states an uncertainty of 250 %, more than the whole range of 100 %: is it in another unit?",
    ]


def test_what_is_right_is_not_spoken_of() -> None:
    assert odd(Measurement("y", 1.0), Objective("y", "max", u_shared=0.3)) == ""
    assert odd(Measurement("y", 1.0, 0.3), Objective("y", "max", u_shared=0.3)) == ""
    assert odd(Measurement("y", 1.0, 0.1, u_shared=0.0), Objective("y", "max", u_shared=0.3)) == ""


def test_a_result_is_written_with_both_parts() -> None:
    assert with_parts(82.31, 0.4, 1.5) == "82.31 ± 0.40 (all share 1.5)"
    assert with_parts(1.234e-7, 2e-9, 1e-8) == "(1.234 ± 0.020) × 10⁻⁷ (all share 1e-08)"
    assert with_parts(82.31, 0.4, 0.0) == with_parts(82.31, 0.4, None) == "82.31 ± 0.40"
