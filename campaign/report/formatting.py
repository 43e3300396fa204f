"""Numbers, values and moments as a report writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from zosimos.campaign import wording
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import Experiment
from zosimos.core.numerals import plain, rounded
from zosimos.core.numerals import with_spread as with_spread  # for those who write reports
from zosimos.core.objective import Objective
from zosimos.core.parameters import Value, Values
from zosimos.core.ranking import by_tier
from zosimos.core.records import Measurement
from zosimos.core.uncertainty import with_parts
from zosimos.core.unit_signs import printed
from zosimos.core.unit_signs import titled as titled  # for those who write reports


def number(value: Value, digits: int | None = None) -> str:
    """Return a value of a parameter or quantity as text, with so many digits that count at most if it is said.

    >>> number(0.30000000000000004), number(12), number("DMF")
    ('0.3', '12', 'DMF')
    """
    if not isinstance(value, float):
        return str(value)
    return plain(value) if digits is None else significant(value, digits)


def significant(value: float, count: int) -> str:
    """Return a number with so many digits that count, in powers of ten only where it is very large or small.

    >>> significant(3358.27, 3), significant(0.123456, 2), significant(1234567.0, 3)
    ('3360', '0.12', '1.23e+06')
    """
    text = f"{value:.{count}g}"
    return f"{float(text):.0f}" if "e" in text and 1 <= abs(value) < 1e6 else text


def digits(value: float, resolution: float | None = None) -> str:
    """Return a number with as many digits as a resolution tells apart; without one, three that count.

    >>> digits(62.4871, 0.5), digits(0.0123456), digits(3358.27), digits(1234567.0, 10)
    ('62.5', '0.0123', '3360', '1.23457e+06')
    """
    if resolution is None or not 0 < resolution < math.inf:
        return significant(value, 3)
    size = max(abs(value), resolution)
    count = max(1, math.floor(math.log10(size)) - math.floor(math.log10(resolution)) + 1)
    return significant(value, min(count, 12)) if abs(value) > resolution / 1e6 else "0"


def two_digits(value: float) -> str:
    """Return an error or an uncertainty with two digits that count.

    >>> two_digits(0.1234), two_digits(14.9), two_digits(1234.0)
    ('0.12', '15', '1200')
    """
    return rounded(value, abs(value)) if 1e-4 <= abs(value) < 1e6 else f"{value:.2g}"


def measured(measurement: Measurement, unit: str = "") -> str:
    """Return a measurement's value and standard uncertainty, and whatever should make a reader careful."""
    text = with_parts(measurement.value, measurement.uncertainty, measurement.u_shared)
    text = f"{text} {printed(unit)}".rstrip()
    if measurement.limit is not None:
        text = f"{measurement.sign}{text}"
        remarks = ["a limit, never the best by itself"]
    else:
        remarks = ["uncertainty not stated"] if measurement.total is None else []
    remarks += [] if measurement.quality == "good" else [measurement.quality]
    return f"{text} ({', '.join(remarks)})" if remarks else text


def brief(measurement: Measurement) -> str:
    """Return a measurement's value and standard uncertainty for a table, with its flag where it is not good."""
    text = f"{measurement.sign}{with_spread(measurement.value, measurement.uncertainty)}"
    return text if measurement.quality == "good" else f"{text} ({measurement.quality})"


def usable(experiment: Experiment, objective: Objective) -> Measurement | None:
    """Return what an experiment found for an objective, if it may be learned from."""
    measurement = experiment.measurements.get(objective.name)
    return measurement if measurement is not None and measurement.trains else None


def unit_of(spec: CampaignSpec, parameter: str) -> str:
    """Return a parameter's unit as it is printed, empty where it has none."""
    return printed(str(getattr(spec.space.get(parameter), "unit", "")))


def in_print(objective: Objective) -> Objective:
    """Return an objective with its unit as it is printed."""
    return replace(objective, unit=printed(objective.unit))


def in_order(spec: CampaignSpec, values: Values) -> list[tuple[str, Value]]:
    """Return an experiment's values in the order of the spec's parameters: stored JSON sorts its keys."""
    return [(name, values[name]) for name in dict.fromkeys((*spec.space, *values)) if name in values]


def recipe(spec: CampaignSpec, values: Values, digits: int = 6) -> str:
    """Return an experiment's values in one line; what has neither step nor range has so many digits at most."""
    parts = (
        f"{name} {setting(spec, name, value, digits)} {unit_of(spec, name)}" for name, value in in_order(spec, values)
    )
    return ", ".join(part.rstrip() for part in parts)


def setting(spec: CampaignSpec, name: str, value: Value, digits: int = 6) -> str:
    """Return a parameter's value in the digits of its step or range; else with so many that count at most."""
    text = wording.value(spec, name, value)
    return significant(float(text), digits) if isinstance(value, float) and text == plain(value) else text


def aim(objective: Objective) -> str:
    """Return what is wanted of a quantity.

    >>> aim(Objective("pH", "target", target=7.4))
    'bring pH to 7.4'
    >>> aim(Objective("mass", "min", "g", threshold=12.0))
    'minimise mass (g), only 12 or better counts'
    """
    enough = "" if objective.threshold is None else number(objective.threshold)
    if enough:
        enough = f", only {enough} or better counts" if objective.tier is None else f", good enough at {enough}"
    if objective.goal == "target":
        return f"bring {objective.name} to {number(objective.target or 0.0)} {objective.unit}".rstrip() + enough
    made = "" if objective.of is None else f", made of {objective.of.made_of}"
    name = titled(objective.name, objective.unit)
    return f"{'maximise' if objective.goal == 'max' else 'minimise'} {name}{made}{enough}"


def aims(objectives: Sequence[Objective]) -> str:
    """Return what is wanted of all quantities, in order of importance where there is one."""
    if tiers := by_tier(objectives):
        return "first " + ", then ".join(aim(objective) for objective in tiers)
    return "; ".join(aim(objective) for objective in objectives)


def moment(text: str) -> str:
    """Return a moment of the record to the second, in UTC.

    >>> moment("2026-11-21T04:46:05.25+01:00")
    '2026-11-21 03:46:05'
    """
    return f"{instant(text):%Y-%m-%d %H:%M:%S}" if text else ""


def instant(text: str) -> datetime:
    """Return a moment of the record as a time in UTC."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def scale_of(seconds: float) -> tuple[float, str]:
    """Return the unit in which a span of time reads well: its length in seconds and its symbol.

    >>> scale_of(5400.0)
    (60.0, 'min')
    """
    for length, symbol, enough in ((86400.0, "d", 3), (3600.0, "h", 3), (60.0, "min", 3)):
        if seconds >= enough * length:
            return length, symbol
    return 1.0, "s"


def lasted(seconds: float) -> str:
    """Return a span of time in a readable unit."""
    length, symbol = scale_of(seconds)
    return f"{significant(seconds / length, 3)} {symbol}"


def counted(counts: Mapping[str, int]) -> str:
    """Return counts in words, those of nothing left out.

    >>> counted({"measured": 3, "failed": 0, "cancelled": 1})
    '3 measured, 1 cancelled'
    """
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
