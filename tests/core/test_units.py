"""Units: numbers with units become plain numbers in the field's own unit, or are refused with a reason."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.errors import UnitError
from zosimos.core.units import _COMMON, check_unit, convert, parse_duration, parse_quantity

PAIRS = [("percent", ""), ("degC", "K"), ("degC", "degF"), ("mL/min", "L/h"), ("mol/L", "mmol/mL"), ("h", "s")]
NUMBERS = st.floats(-1e6, 1e6)


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), PAIRS)
@given(value=NUMBERS)
def test_conversion_there_and_back_is_the_same_number(a: str, b: str, value: float) -> None:
    assert convert(convert(value, a, b), b, a) == pytest.approx(value, rel=1e-9, abs=1e-8)


@pytest.mark.slow
@given(value=NUMBERS)
def test_conversion_to_the_same_unit_changes_no_bit(value: float) -> None:
    assert convert(value, "degC", "degC") == value


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("80 degC", "degC", 80.0),
        ("353.15 K", "degC", 80.0),
        ("176 degF", "degC", 80.0),
        (" 1e-3 L ", "mL", 1.0),
        ("-5", "degC", -5.0),
        (".5h", "min", 30.0),
        (7, "mL", 7.0),
        ("12 %", "percent", 12.0),
    ],
)
def test_quantity_is_read_in_the_units_a_person_wrote(text: str | float, unit: str, expected: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [("5 K", "degC", 5.0), ("9 degF", "degC", 5.0), ("5 degC", "degF", 9.0), (2, "degC", 2)],
)
def test_difference_of_temperatures_has_no_offset(text: str | float, unit: str, expected: float) -> None:
    assert parse_quantity(text, unit, difference=True) == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_bare_number_is_taken_as_it_is(value: float) -> None:
    assert parse_quantity(value, "degC") == value
    assert parse_quantity(repr(value), "degC") == value


@pytest.mark.parametrize(("a", "b"), [("degC", "mL"), ("mol", "g"), ("s", ""), ("", "s")])
def test_wrong_dimension_is_refused(a: str, b: str) -> None:
    with pytest.raises(UnitError, match="different things") as caught:
        convert(1.0, a, b, "space.t.min")
    assert caught.value.field == "space.t.min"
    assert caught.value.hint


@pytest.mark.parametrize(
    "unit",
    [
        "degc1",
        "m.magnitude",
        "__import__('os')",
        "1 m",
        "m" * 1000,
        "(" * 300,
        "9**9**9**9",
        "m**9**9**9",
        "\x00",
        "m[0]",
        "(m**9)**9**9",
        "m**(9**9**9)",
        "2**99",
    ],
)
def test_unknown_or_hostile_unit_is_refused(unit: str) -> None:
    with pytest.raises(UnitError, match="unknown unit"):
        check_unit(unit)


@pytest.mark.parametrize("text", ["", "degC", "1 2 3 x y z", "one", "nan", "inf", "1e999", True, None, [1], math.nan])
def test_what_is_no_finite_number_is_refused(text: object) -> None:
    with pytest.raises(UnitError):
        parse_quantity(text, "s")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(("text", "unit"), [(10**400, "m"), ("1e308 km", "mm"), ("2 km**100000", "m**100000")])
def test_number_beyond_every_float_is_refused(text: str | float, unit: str) -> None:
    with pytest.raises(UnitError):
        parse_quantity(text, unit)


def test_duration_is_seconds_and_never_negative() -> None:
    assert parse_duration("8 h") == 28_800
    assert parse_duration(30) == 30
    with pytest.raises(UnitError, match="negative"):
        parse_duration("-1 s")


@pytest.mark.parametrize(
    "unit", ["", "degC", "°C", "1/min", "m^2/s^2", "m**-1", "mL / min", "µm", "cmH2O", "m²", "S/cm", "%"]
)
def test_known_unit_is_returned_as_written(unit: str) -> None:
    assert check_unit(unit) == unit


def test_units_that_are_taken_as_known_are_units_to_pint_too() -> None:
    for unit in sorted(_COMMON):
        assert convert(2.0, f"({unit})", unit) == 2.0, unit


@pytest.mark.parametrize("text", ["0,2", "1,000 mL", "1,5 , 2"])
def test_a_comma_in_a_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(UnitError, match="comma") as caught:
        parse_quantity(text, "mL", "space.red")
    assert caught.value.field == "space.red"
    assert "point" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (2.0, "S·cm⁻¹", "S/m", 200.0),
        (2.0, "S cm-1", "S·m⁻¹", 200.0),
        (1.5, "mol·L⁻¹", "mmol/L", 1500.0),
        (3.0, "W·m⁻¹·K⁻¹", "W/m/K", 3.0),
        (1.0, "m²·g⁻¹", "cm^2/g", 10_000.0),
        (1.0, "Ω·cm", "ohm*m", 0.01),
        (5.0, "wt%", "%", 5.0),
        (5.0, "mol %", "percent", 5.0),
        (50.0, "% (w/w)", "wt.%", 50.0),
        (1.0, "ppm", "ppb", 1000.0),
        (4.0, "EUR/kg", "EUR/g", 0.004),
        (4.0, "€/kg", "EUR/kg", 4.0),
        (2.0, "$/L", "USD/mL", 0.002),
    ],
)
def test_units_as_si_and_chemists_write_them(value: float, source: str, target: str, result: float) -> None:
    assert convert(value, source, target) == pytest.approx(result)
    assert check_unit(source) == source  # shown as it was written


@pytest.mark.parametrize(("source", "target"), [("EUR/kg", "EUR/L"), ("at%", "atm"), ("wt%", "g"), ("mol%", "mol")])
def test_money_shares_and_amounts_are_different_things(source: str, target: str) -> None:
    with pytest.raises(UnitError, match="different things"):
        convert(1.0, source, target)


@pytest.mark.parametrize("text", ["m⁹⁹⁹", "S·", "⁻¹", "10³", "kg-", "cm--1", "wt", "¥/¥/"])
def test_what_only_looks_like_a_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        check_unit(text)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("5 EUR/kg", "EUR/g", 0.005),
        ("3 €/kg", "EUR/kg", 3.0),
        ("€12.50", "EUR", 12.5),
        ("$5/kg", "USD/g", 0.005),
        ("£ 3", "GBP", 3.0),
        ("120 NOK/L", "NOK/mL", 0.12),
        ("4 PLN", "PLN", 4.0),
    ],
)
def test_prices_are_read_with_their_currency_in_front_or_behind(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value)


@pytest.mark.parametrize(("text", "unit"), [("5 $/L", "EUR/L"), ("3 GBP", "EUR"), ("$2/kg", "CHF/g")])
def test_one_currency_does_not_become_another(text: str, unit: str) -> None:
    with pytest.raises(UnitError, match="worth in each other changes by the day") as caught:
        parse_quantity(text, unit)
    assert "one currency" in caught.value.hint


def test_a_price_is_no_amount_of_money() -> None:
    with pytest.raises(UnitError, match="measure different things"):
        parse_quantity("3 EUR/kg", "EUR")
