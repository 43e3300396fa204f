"""Units as people print them: °C for degC, mPa·s for mPa*s, cm² for cm^2. Each is read back as the same unit."""

from __future__ import annotations

import re

_NAMED = {"degC": "°C", "degF": "°F", "degree_Celsius": "°C", "ohm": "Ω", "percent": "%", "uL": "µL", "um": "µm"}
_NAMED |= {"ug": "µg", "umol": "µmol", "uA": "µA", "uM": "µM", "us": "µs", "uV": "µV", "EUR": "€", "USD": "$"}
_WORD = re.compile(r"[^\W\d_]+")
_POWER = re.compile(r"(?:\*\*|\^)\s*(?:\((-?\d{1,2})\)|(-?\d{1,2}))(?!\d|\.\d|/\d)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def printed(unit: str) -> str:
    """Return a unit as it is printed.

    >>> [printed(unit) for unit in ("degC", "mPa*s", "cm^2/V/s", "mol*L**-1", "EUR/kg", "vials")]
    ['°C', 'mPa·s', 'cm²/V/s', 'mol·L⁻¹', '€/kg', 'vials']
    """
    text = _POWER.sub(lambda found: (found[1] or found[2]).translate(_RAISED), unit)
    return _WORD.sub(lambda found: _NAMED.get(found[0], found[0]), text.replace("**", "^").replace("*", "·"))


def titled(name: str, unit: str) -> str:
    """Return a column's name with its unit; a name that has one in brackets already is left as it is.

    >>> titled("Temp", "degC"), titled("Solvent", ""), titled("Temp (°C)", "degC")
    ('Temp (°C)', 'Solvent', 'Temp (°C)')
    """
    return f"{name} ({printed(unit)})" if unit and not name.endswith(")") else name
