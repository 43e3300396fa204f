"""Answers as people type them: what is understood, and what is refused with a reason."""

from __future__ import annotations

import pytest

from zosimos.campaign.templates import phrases
from zosimos.campaign.templates.phrases import Aim, Range
from zosimos.core.errors import SpecError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20 to 80 °C", Range(20, 80, "°C")),
        ("20-80 C", Range(20, 80, "°C")),
        ("20 C to 80 C", Range(20, 80, "°C")),
        ("-20 – 80 degC", Range(-20, 80, "°C")),
        ("-20 to -5 °C", Range(-20, -5, "°C")),
        ("0,5 bis 2,5 mol/L", Range(0.5, 2.5, "mol/L")),
        ("0.5 … 2", Range(0.5, 2)),
        ("0.5..2", Range(0.5, 2)),
        ("0,125 to 2", Range(0.125, 2)),
        ("30 min to 8 h", Range(0.5, 8, "h")),
        ("1 to 100 mPa·s log", Range(1, 100, "mPa·s", log=True)),
        ("1 to 100 (log scale)", Range(1, 100, log=True)),
        ("1e-6 to 1e-3 mol/L logarithmic", Range(1e-6, 1e-3, "mol/L", log=True)),
        ("200 to 800 rpm in steps of 50", Range(200, 800, "rpm", step=50)),
        ("1 to 5 whole numbers", Range(1, 5, whole=True)),
        ("5 to 35 %", Range(5, 35, "%")),
        ("1 000 to 6 000 rpm", Range(1000, 6000, "rpm")),
    ],
)
def test_a_range_is_understood_as_people_write_it(text: str, found: Range) -> None:
    assert phrases.span(text, "temperature") == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("80", "no range"),
        ("warm", "no number"),
        ("80 to 20 °C", "larger one"),
        ("20 to 20 °C", "larger one"),
        ("0 to 10 log", "begins above 0"),
        ("20 to 80 foo", "no such unit"),
        ("20 min to 80 °C", "different things"),
        ("1,200 to 3,000 rpm", "two ways"),
        ("1.5 to 3 whole", "whole numbers"),
        ("1 to 5 step 9", "step"),
        ("1 to 1e15", "too large"),
        ("to 80", "no number"),
        ("", "no number"),
    ],
)
def test_a_range_that_is_none_is_refused_and_says_why(text: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        phrases.span(text, "temperature")
    assert why in caught.value.message
    assert caught.value.field == "temperature"
    assert caught.value.allowed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("yield max %", Aim("yield", "max", "%")),
        ("max yield %", Aim("yield", "max", "%")),
        ("viscosity (mPa·s) minimise", Aim("viscosity", "min", "mPa·s")),
        ("pH target 7", Aim("pH", "target", "", 7)),
        ("pH = 7,5", Aim("pH", "target", "", 7.5)),
        ("film thickness target 120 nm", Aim("film thickness", "target", "nm", 120)),
    ],
)
def test_an_aim_is_understood_as_people_write_it(text: str, found: Aim) -> None:
    assert phrases.aim(text, "outcomes") == found


@pytest.mark.parametrize("text", ["yield", "yield %", "max", "pH target", "yield max furlongs/x", "target 7"])
def test_an_aim_that_says_too_little_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        phrases.aim(text, "outcomes")


def test_a_name_that_ends_in_a_number_needs_a_range() -> None:
    assert phrases.named_span("PEG 400: 5 to 20 g", "ingredients") == ("PEG 400", Range(5, 20, "g"))
    assert phrases.named_span("PEG-400", "ingredients") == ("PEG-400", None)
    with pytest.raises(SpecError, match="no range"):
        phrases.named_span("binder 10", "ingredients")
    with pytest.raises(SpecError, match="larger one"):
        phrases.named_span("binder 40 to 10 g", "ingredients")


def test_a_comma_parts_items_and_a_decimal_comma_does_not() -> None:
    assert phrases.items("water 0,5 to 2 g, oil 1 to 3 g;salt") == ["water 0,5 to 2 g", "oil 1 to 3 g", "salt"]
