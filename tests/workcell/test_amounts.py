"""Numbers of a recipe: differences are no temperatures, and a sign for degrees is as good as a name."""

from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.core.validation import Part, quantity, validated
from zosimos.workcell.protocol.amount import InUnit
from zosimos.workcell.protocol.known import Known


@pytest.mark.parametrize(
    ("unit", "difference", "written", "number"),
    [
        ("K", True, "2 degC", 2.0),
        ("K", True, "1.8 degF", 1.0),
        ("K", False, "2 degC", 275.15),
        ("degC", True, "5 K", 5.0),
        ("degC", False, "60 °C", 60.0),
        ("degC", False, "333.15 K", 60.0),
        ("K/min", False, "5 degC/min", 5.0),
    ],
)
def test_a_difference_of_temperatures_is_no_temperature(
    unit: str, difference: bool, written: str, number: float
) -> None:
    assert InUnit(unit, "number", difference=difference).read(written).value({}) == pytest.approx(number)


def test_an_option_of_a_file_may_be_a_difference_too() -> None:
    class Options(Part):
        spread: Annotated[float, quantity("K", difference=True)]
        warm: Annotated[float, quantity("K")]

    found = validated(Options, {"spread": "0.5 degC", "warm": "0.5 degC"})
    assert (found.spread, found.warm) == (0.5, 273.65)


@given(st.text(max_size=8))
def test_a_step_brings_only_names_that_a_formula_can_speak_of(name: str) -> None:
    known = Known({}, where="steps.0")
    if name.isidentifier() and name.isascii():
        known.bring(name)
        assert name in known.values
    else:
        with pytest.raises(SpecError, match="no name that a formula can speak of"):
            known.bring(name)
