"""The two parts of a result's uncertainty: what scatters from one result to the next, and what all results share.

What is the same for all (a calibration, a certificate, a trueness stated in a data sheet) shifts them alike: it says
nothing of which of two points is better, and repeating a measurement does not average it away (JCGM 100:2008, F.1.2.3,
F.2.4). So points are compared by the random part alone, and both together say how far a result may be from the truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from zosimos.core.listing import and_more
from zosimos.core.numerals import plain, rounded, with_spread
from zosimos.core.objective import Objective, to_measure
from zosimos.core.records import Measurement, Observation, together
from zosimos.core.unit_signs import printed

_NAMED = 3  # experiments that a line names


@dataclass(frozen=True)
class Parts:
    """What is known of a result's uncertainty.

    Args:
        random: standard uncertainty of what scatters; None: unknown.
        shared: of what all results share; None: unknown.
        said: whether somebody said which part is which; else ``random`` is what was stated, whatever it is of.
    """

    random: float | None
    shared: float | None
    said: bool

    @property
    def total(self) -> float | None:
        """Both together: how far the result may be from the truth; None: nothing is known."""
        return together(self.random, self.shared)


def parts(measurement: Measurement, objective: Objective) -> Parts:
    """Return the parts of a result's uncertainty: as the result states them, else as the campaign file says.

    >>> stated, said = Measurement("y", 1.0, 0.5), Objective("y", "max", u_shared=0.3)
    >>> parts(stated, said), parts(stated, Objective("y", "max")).said
    (Parts(random=0.4, shared=0.3, said=True), False)
    >>> parts(Measurement("y", 1.0, 0.1, u_shared=0.2), said)
    Parts(random=0.1, shared=0.2, said=True)
    >>> parts(stated, Objective("y", "max", u_shared="all"))
    Parts(random=None, shared=0.5, said=True)
    """
    stated = measurement.uncertainty
    if measurement.u_shared is not None:
        return Parts(stated, measurement.u_shared, said=True)
    match objective.u_shared:
        case None:
            return Parts(stated, None, said=False)
        case "all":
            return Parts(None, stated, said=True)
        case "none":
            return Parts(stated, 0.0, said=True)
        case shared:
            if stated is None or stated <= shared:
                return Parts(None, shared, said=True)
            return Parts(math.sqrt((stated - shared) * (stated + shared)), shared, said=True)


def odd(measurement: Measurement, objective: Objective) -> str:
    """Return in words what cannot be right about a stated uncertainty; empty if nothing is known to be wrong.

    >>> odd(Measurement("y", 1.0, 0.0), Objective("y", "max"))
    'an uncertainty of 0, which counts as not known'
    >>> odd(Measurement("y", 1.0, 250.0), Objective("y", "max", "%", least=0, most=100))
    'an uncertainty of 250 %, more than the whole range of 100 %: is it in another unit?'
    >>> odd(Measurement("y", 1.0, 0.1), Objective("y", "max", u_shared=0.3))
    'an uncertainty of 0.1, less than the 0.3 that is said to be shared (u_shared): the scatter is learned'
    """
    unit = f" {printed(objective.unit)}" if objective.unit else ""
    stated, total = measurement.uncertainty, parts(measurement, objective).total
    width = math.inf if objective.least is None or objective.most is None else objective.most - objective.least
    if total is not None and total > width:
        return (
            f"an uncertainty of {plain(total)}{unit}, more than the whole range of {plain(width)}{unit}: "
            "is it in another unit?"
        )
    if stated == 0.0:
        return "an uncertainty of 0, which counts as not known"
    shared = objective.u_shared
    if measurement.u_shared is None and isinstance(shared, int | float) and stated is not None and stated < shared:
        return (
            f"an uncertainty of {plain(stated)}{unit}, less than the {plain(shared)}{unit} that is said to be shared "
            "(u_shared): the scatter is learned"
        )
    return ""


def odd_uncertainties(observations: Iterable[Observation], objectives: Sequence[Objective]) -> list[str]:
    """Return in words which stated uncertainties cannot be right, a line for each quantity and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for seen in observations:
        for name, words in oddities(seen.measurements.values(), objectives):
            found.setdefault((name, words), []).append(seen.experiment)
    return [
        f"{name}: {and_more(which, _NAMED)} state{'s' if len(which) == 1 else ''} {words}"
        for (name, words), which in found.items()
    ]


def oddities(measurements: Iterable[Measurement], objectives: Sequence[Objective]) -> Iterator[tuple[str, str]]:
    """Yield the name of each measured quantity whose stated uncertainty cannot be right, and why, in words."""
    measured = {one.name: one for one in to_measure(objectives)}
    for found in measurements:
        if found.quantity in measured and (words := odd(found, measured[found.quantity])):
            yield found.quantity, words


def with_parts(value: float, random: float | None, shared: float | None) -> str:
    """Return a value with what it scatters by and what all results share.

    >>> with_parts(12.3456, 0.123, 0.3), with_parts(12.3456, None, 0.3), with_parts(12.3456, 0.123, None)
    ('12.35 ± 0.12 (all share 0.30)', '12.3456 (all share 0.30)', '12.35 ± 0.12')
    """
    told = with_spread(value, random)
    if not shared:
        return told
    return f"{told} (all share {rounded(shared, shared)})"
