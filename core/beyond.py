"""Beyond: results that lie where an objective's range says that none can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zosimos.core.listing import and_more
from zosimos.core.numerals import plain
from zosimos.core.objective import Objective
from zosimos.core.records import Measurement, Observation
from zosimos.core.unit_signs import printed

_NAMED = 3  # experiments that a line names
_ROUNDING = 1e-9  # of the larger limit: what arithmetic in a spreadsheet may be off
_SURE = 2.0  # standard uncertainties beyond a limit that are still no surprise


def beyond(measurement: Measurement, objective: Objective) -> str:
    """Return in words how a result breaks the limits of its objective, its uncertainty aside; empty if it does not.

    >>> beyond(Measurement("yield", 104.0), Objective("yield", "max", "%", least=0, most=100))
    'above 100 %, the most that can be'
    >>> beyond(Measurement("yield", 104.0, 3.0), Objective("yield", "max", "%", least=0, most=100))
    ''
    >>> beyond(Measurement("yield", 100.00000001), Objective("yield", "max", "%", least=0, most=100))
    ''
    """
    limits = [abs(limit) for limit in (objective.least, objective.most) if limit is not None]
    slack = _SURE * (measurement.total or 0.0) + _ROUNDING * max(limits, default=0.0)
    unit = f" {printed(objective.unit)}" if objective.unit else ""
    if objective.most is not None and measurement.value > objective.most + slack:
        return f"above {plain(objective.most)}{unit}, the most that can be"
    if objective.least is not None and measurement.value < objective.least - slack:
        return f"below {plain(objective.least)}{unit}, the least that can be"
    return ""


def beyond_limits(observations: Iterable[Observation], objectives: Sequence[Objective]) -> list[str]:
    """Return in words which results break the limits of their objectives, a line for each limit."""
    found: dict[tuple[str, str], list[str]] = {}
    limited = [one for one in objectives if one.limited]
    for seen in observations if limited else ():
        for objective in limited:
            measurement = seen.measurements.get(objective.name)
            if measurement is not None and (words := beyond(measurement, objective)):
                found.setdefault((objective.name, words), []).append(f"{seen.experiment} ({plain(measurement.value)})")
    return [f"{name}: {and_more(which, _NAMED)} {words}" for (name, words), which in found.items()]
