"""What is printed for a unit is read back as that unit."""

from __future__ import annotations

import pytest

from zosimos.core.unit_signs import printed
from zosimos.core.units import same_unit

UNITS = [
    *(
        "",
        "%",
        "percent",
        "degC",
        "degF",
        "K",
        "uL",
        "um",
        "ug",
        "umol",
        "uA",
        "ohm",
        "ohm*cm",
        "mPa*s",
        "Pa*s",
        "cm^2",
    ),
    *("cm^2/V/s", "m**2", "1/cm", "cm^-1", "cm**-1", "mol*L**-1", "mA*h/g", "W/m^2", "degC/min", "K**(-1)", "m^0.5"),
    *("EUR", "EUR/kg", "USD/L", "GBP/g", "CHF", "mL/min", "S·cm⁻¹", "wt%", "g/mol", "um/s"),
]


@pytest.mark.parametrize("unit", UNITS)
def test_a_printed_unit_is_the_same_unit(unit: str) -> None:
    assert same_unit(printed(unit), unit)
    assert "*" not in printed(unit)


def test_a_word_that_is_no_unit_stays_as_it_is() -> None:
    assert [printed(word) for word in ("vials", "a.u.", "°C")] == ["vials", "a.u.", "°C"]
