"""Far off: told values that lie so far from all others of their outcome that they may be a slip, such as 820 for 82.

They count all the same: a search is after what is unlike the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zosimos.campaign.record.state import State
from zosimos.core.numerals import plain
from zosimos.core.records import Measurement, Observation

_LATEST = 50  # observations on record that a value is compared with
_FEWEST = 5  # other values
_FAR = 3.0  # times the width of the others, beyond their ends


@dataclass(frozen=True)
class Told:
    """What was told of an experiment, by quantity, and where."""

    experiment: str
    place: str
    measurements: Mapping[str, Measurement]


def far_off(state: State, told: Sequence[Told]) -> list[str]:
    """Return in words which told values lie far from all others, those told beside them included.

    Args:
        state: the campaign before they were told.
        told: what is new.
    """
    before = state.observations[-_LATEST:]
    found = []
    for name in dict.fromkeys(name for one in told for name in one.measurements):
        new = [(one, item.value) for one in told if (item := one.measurements.get(name)) is not None and item.trains]
        values = [*_values(name, before), *(value for _, value in new)]
        if len(values) <= _FEWEST:
            continue
        ends = sorted(values)
        for one, value in new:
            low = ends[1] if value == ends[0] else ends[0]
            high = ends[-2] if value == ends[-1] else ends[-1]
            if not low - _FAR * (high - low) <= value <= high + _FAR * (high - low) and high > low:
                found.append(
                    f"{one.place or one.experiment}: {name} {plain(value)} is far from all others ({plain(low)} to "
                    f"{plain(high)}); if it is a slip: zosimos correct {state.id} {one.experiment} {name}=VALUE "
                    "--reason TEXT"
                )
    return found


def _values(name: str, observations: Iterable[Observation]) -> list[float]:
    items = (seen.measurements.get(name) for seen in observations)
    return [item.value for item in items if item is not None and item.trains]
