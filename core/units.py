"""Units at the edges: what a person writes becomes a plain number in the field's own unit, or a clear error.

Inside, numbers are plain floats in the unit their parameter or objective declares; pint is asked only here. It is
loaded at first use, because it costs a third of a second and most commands never need it: neither a number in its own
unit nor a unit that everybody knows asks for it.
"""

from __future__ import annotations

import math
import re
import sys
from functools import cache
from typing import Any

from zosimos.core.errors import UnitError

# Names, * / ( ), small exponents and 1/...: pint would compute 9**9**9**9 for hours.
_UNIT = re.compile(
    r"(?=.{1,80}\Z)(?:[^\W\d]\w*|[%‰°·*/()\s]|1(?=\s*/)|(?:\*\*|\^)\s*\(?[+-]?\d{1,2}(?:[./]\d{1,3})?\)?(?!\s*(?:\*\*|\^|\d)))+"
)
# Units that campaigns often name. They exist, as a test asks pint to confirm: to know that needs no pint.
_COMMON = frozenset(
    (
        *("%", "percent", "ppm", "K", "degC", "°C", "degF", "s", "min", "h", "day", "ms", "1/s", "1/min", "Hz", "rpm"),
        *("L", "mL", "uL", "µL", "mL/min", "uL/min", "µL/min", "mL/h", "L/min", "L/h", "g/L", "mg/mL", "g/mL", "mg/L"),
        *("kg", "g", "mg", "ug", "µg", "mol", "mmol", "umol", "mol/L", "mmol/L", "M", "mM", "g/mol", "kJ/mol"),
        *("m", "cm", "mm", "um", "µm", "nm", "mm/s", "cm^2", "m^2", "m^2/g", "cm^2/V/s", "deg", "rad", "1/cm"),
        *("Pa", "kPa", "MPa", "GPa", "bar", "mbar", "psi", "atm", "N", "J", "kJ", "eV", "meV", "W", "mW", "mW/cm^2"),
        *("V", "mV", "A", "mA", "uA", "µA", "mA/cm^2", "ohm", "S/cm", "S/m", "mS/cm", "F", "C", "mA*h", "mA*h/g"),
        *("S·cm⁻¹", "mS·cm⁻¹", "S·m⁻¹", "mol·L⁻¹", "mmol·L⁻¹", "g·L⁻¹", "mg·mL⁻¹", "g·mol⁻¹", "kJ·mol⁻¹", "m²·g⁻¹"),
        *("wt%", "wt.%", "mol%", "vol%", "at%", "ppb", "EUR", "USD", "EUR/kg", "EUR/g", "EUR/L", "USD/kg", "€", "€/kg"),
        *("W/m/K", "W/m^2", "mPa*s", "Pa*s", "cP", "degC/min", "K/min", "g/h", "g/min", "mg/min", "mol/h"),
    )
)
# How chemists write what pint reads otherwise: shares of weight or amount are percent (``at`` alone is a pressure).
_SHARE = re.compile(r"(?:\b(?:wt|mol|vol|at|mass)\.?\s?%)|%\s?(?:\(?[wvm]/[wvm]\)?)")
_EXPONENT = re.compile(r"([⁺⁻]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_PLAIN_EXPONENT = re.compile(r"(?<=[^\W\d_])[-−](\d)(?!\d)")  # of cm-1
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_CURRENCIES = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CHF": "", "CNY": "", "SEK": "", "INR": "₹"}
_CURRENCIES |= dict.fromkeys(("AUD", "BRL", "CAD", "CZK", "DKK", "HKD", "HUF", "ILS", "KRW", "MXN", "NOK", "NZD"), "")
_CURRENCIES |= dict.fromkeys(("PLN", "RON", "SGD", "THB", "TRY", "TWD", "ZAR"), "")
_PRICE = re.compile(r"\s*([€$£¥₹])\s*([+-]?[\d.]+)(.*)")  # the sign first, as in $5/kg
_LARGEST = sys.float_info.max
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")
_COMMA = re.compile(r",\s*\d")


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    registry.define("ppb = 1e-9")
    for name in _CURRENCIES:  # what they are worth in each other changes by the day
        registry.define(f"{name} = [currency_{name}]")
    return registry


def _unit(text: str, field: str | None) -> Any:
    try:
        plain = as_read(text)
        return _registry().Unit(plain if not plain or _UNIT.fullmatch(plain) else "(no unit's form)")
    except Exception as error:  # pint raises many kinds, down to tokenizer errors
        raise UnitError(
            f"unknown unit {text!r}",
            field=field,
            value=text,
            allowed="a unit name or symbol such as degC, mL/min, mol·L⁻¹, S/cm, wt%, EUR/kg; or nothing",
            hint="check the spelling and the case (mL is millilitre, ML megalitre), or leave the unit out",
        ) from error


def as_read(text: str) -> str:
    """Return a unit as SI and chemists write it in the form that pint reads.

    >>> as_read("S·cm⁻¹"), as_read("wt%"), as_read("€/kg"), as_read("mol L-1")
    ('S*cm**-1', 'percent', 'EUR/kg', 'mol L**-1')
    """
    text = _SHARE.sub("percent", text).replace("·", "*").replace("⋅", "*")
    for name, sign in _CURRENCIES.items():
        text = text.replace(sign, name) if sign else text
    text = _EXPONENT.sub(lambda m: f"**{'-' if m[1] == '⁻' else ''}{m[2].translate(_DIGITS)}", text)
    return _PLAIN_EXPONENT.sub(r"**-\1", text)


def check_unit(text: str, field: str | None = None) -> str:
    """Return a unit's text unchanged if it exists (the empty text is 'no unit').

    Raises:
        UnitError: no such unit.
    """
    if text and text not in _COMMON:
        _unit(text, field)
    return text


def convert(value: float, source: str, target: str, field: str | None = None, *, difference: bool = False) -> float:
    """Convert a number from one unit to another; the same text on both sides costs nothing.

    Args:
        value: the number.
        source: its unit.
        target: the unit wanted.
        field: the field to name in errors.
        difference: the number is a distance between two values: 5 K are 5 degC, not -268.15 degC.

    Raises:
        UnitError: a unit does not exist, the two measure different things, or the result is beyond every float.
    """
    if source == target:
        return value
    source_unit, target_unit = _unit(source, field), _unit(target, field)
    if source_unit.dimensionality != target_unit.dimensionality:
        if _but_for_currency(source_unit) == _but_for_currency(target_unit):
            raise UnitError(
                f"{source} cannot become {target}: what currencies are worth in each other changes by the day",
                field=field,
                value=f"{value:g} {source}",
                allowed=f"a price in {target}",
                hint="convert it at the rate you mean, and write all prices in one currency",
            )
        raise UnitError(
            f"{source or 'a plain number'} cannot become {target or 'a plain number'}: they measure different things",
            field=field,
            value=f"{value:g} {source}",
            allowed=_measured_by(target_unit),
            hint=f"write the value in {target or 'no unit'} or in a unit that converts to it",
        )

    def converted(number: float) -> float:
        return float(_registry().Quantity(number, source_unit).to(target_unit).magnitude)

    try:
        result = value * (converted(1.0) - converted(0.0)) if difference else converted(value)
    except (ArithmeticError, ValueError):  # such as km**1e6
        result = math.inf
    if not math.isfinite(result):
        raise UnitError(f"the value is too large for {target}", field=field, value=f"{value:g} {source}")
    # 0 + 1e-12 rounding noise of the conversion is not information: keep 12 significant digits.
    return float(f"{result:.12g}")


def unit_quantity(unit: str) -> Any:
    """Return one of a unit, as pint has it, to be multiplied and divided.

    Raises:
        UnitError: no such unit.
    """
    return _registry().Quantity(1.0, _unit(unit, None))


def is_money(unit: str) -> bool:
    """Say whether a unit has a currency in it.

    >>> is_money("EUR/kg"), is_money("$"), is_money("kg")
    (True, True, False)
    """
    return any(re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z])", as_read(unit)) for name in _CURRENCIES)


def _but_for_currency(unit: Any) -> str:
    return re.sub(r"currency_\w+", "currency", str(unit.dimensionality))


def _measured_by(unit: Any) -> str:
    """Return what units convert to one, in words as far as it is one plain thing."""
    named = re.fullmatch(r"\[([a-z ]+)\]", str(unit.dimensionality))
    if unit.dimensionless:
        return "a number without a unit, or a share such as %"
    return f"a unit of {named[1]}" if named else "a unit of the same kind"


def is_unit(text: str) -> bool:
    """Say whether a unit exists (the empty text is 'no unit')."""
    try:
        check_unit(text)
    except UnitError:
        return False
    return True


def same_unit(first: str, second: str) -> bool:
    """Say whether a number means the same in both units; units that do not exist are the same if their texts are.

    >>> same_unit("mL", "cm^3"), same_unit("mL", "L"), same_unit("mL", "g")
    (True, False, False)
    """
    if first == second:
        return True
    try:
        return all(math.isclose(convert(one, first, second), one, rel_tol=1e-9) for one in (1.0, 2.0))
    except UnitError:
        return False


def parse_quantity(text: str | float, unit: str, field: str | None = None, *, difference: bool = False) -> float:
    """Return the number a person wrote, in ``unit``: a bare number is taken in that unit, ``"80 degC"`` is converted.

    With ``difference`` it is a distance between two values, such as a step.

    Raises:
        UnitError: the text is not a finite number with an optional unit, or the unit does not fit.

    >>> parse_quantity("1.5 h", "min")
    90.0
    """
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise UnitError("not a number", field=field, value=text, allowed="a number, or a number and a unit")
    if isinstance(text, int | float):
        number, written = float(text) if abs(text) <= _LARGEST else math.inf, ""
    else:
        price = _PRICE.fullmatch(text)
        match = _QUANTITY.fullmatch(text if price is None else f"{price[2]} {price[1]}{price[3]}")
        if match is None:
            raise UnitError("not a number", field=field, value=text, allowed="a number, or a number and a unit")
        number, written = float(match[1]), match[2]
        if _COMMA.match(written):
            decimal = re.fullmatch(r"\s*([+-]?\d+),(\d\d?|\d{4,})(\s.*)?", text)
            meant = "" if decimal is None else f": {decimal[1]}.{decimal[2]}{decimal[3] or ''}"
            raise UnitError(
                "a comma in a number",
                field=field,
                value=text,
                allowed="a number such as 0.25, and perhaps a unit",
                hint=f"write a point before decimals, and nothing between thousands{meant}",
            )
        if written[:1] in tuple("-.:/+"):  # a date, a version, a range or a time of the day
            raise UnitError("not a number", field=field, value=text, allowed="a number, or a number and a unit")
    if not math.isfinite(number):
        raise UnitError("not a finite number", field=field, value=text, allowed="a finite number")
    return convert(number, written, unit, field, difference=difference) if written else number


def parse_duration(text: str | float, field: str | None = None) -> float:
    """Return a duration in seconds; a bare number is seconds.

    >>> parse_duration("10 min")
    600.0
    """
    seconds = parse_quantity(text, "s", field)
    if seconds < 0:
        raise UnitError("a duration cannot be negative", field=field, value=text, allowed="0 s or more")
    return seconds
