"""Colours: what an experiment's outcomes look like, where they are a colour, and what was wanted.

Outcomes are taken for a colour where a campaign has L, a and b (CIELAB under D65), or red, green and blue (R, G, B; 0
to 255), by their names. The target is that of the CIEDE2000 difference that an objective asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zosimos.campaign.record.experiment import Experiment
from zosimos.core.objective import Objective
from zosimos.core.series import Curve

_LAB = (("L", "l*", "lightness"), ("a", "a*"), ("b", "b*"))
_RGB = (("R", "red"), ("G", "green"), ("B", "blue"))


@dataclass(frozen=True)
class Palette:
    """The three outcomes that make a colour, in order, how they are read, and the ``target`` as ``#rrggbb`` (empty)."""

    names: tuple[str, str, str]
    rgb: bool
    target: str = ""

    def of(self, experiment: Experiment) -> str:
        """Return the colour of an experiment as ``#rrggbb``; empty where it is not known."""
        found = [experiment.measurements.get(name) for name in self.names]
        values = [item.value for item in found if item is not None and item.trains]
        if len(values) < 3:
            return ""
        if self.rgb:
            return "#" + "".join(f"{round(min(255.0, max(0.0, value))):02x}" for value in values)
        from zosimos.analysis.colour.difference import lab_to_srgb  # coloraide: only where there are colours

        return "#" + "".join(f"{part:02x}" for part in lab_to_srgb(values))


def palette(objectives: Sequence[Objective], outcomes: Sequence[Objective]) -> Palette | None:
    """Return which outcomes make a colour; None where none do."""
    names = [outcome.name for outcome in outcomes]
    units = {outcome.name: outcome.unit for outcome in outcomes}
    for words, rgb in ((_LAB, False), (_RGB, True)):
        found = _named(names, words)
        if found is not None and not any(units[name] for name in found):
            return Palette(found, rgb, "" if rgb else _target(objectives, found))
    return None


def _named(names: Sequence[str], words: Sequence[Sequence[str]]) -> tuple[str, str, str] | None:
    """Return the outcomes that are called so: a letter as it is written, a word in any case."""
    found = []
    for letter, *others in words:
        same = [name for name in names if name == letter or name.lower() in others]
        if len(same) != 1:
            return None
        found += same
    return (found[0], found[1], found[2])


def _target(objectives: Sequence[Objective], names: Sequence[str]) -> str:
    for objective in objectives:
        made = objective.of
        if made is None or "ciede2000" not in made.text or {part.name for part in made.quantities} != {*names}:
            continue
        found = _three(made.constants)
        if found is not None:
            return "#" + "".join(f"{round(min(255.0, max(0.0, part))):02x}" for part in found)
    return ""


def _three(constants: Mapping[str, float | tuple[float, ...] | Curve]) -> tuple[float, ...] | None:
    lists = [value for value in constants.values() if isinstance(value, tuple) and len(value) == 3]
    return lists[0] if len(lists) == 1 else None
