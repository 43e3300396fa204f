"""Parameter types as another package would bring them, written against what ``zosimos`` offers to everybody.

``install`` puts such a package where Python finds installed ones: a module and the metadata with its entry points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zosimos as zo
from zosimos.core import plugins


@dataclass(frozen=True)
class Angle:
    """A direction: its two ends are one place, so that models see its cosine and its sine."""

    name: str
    unit: str = ""
    role: str = "control"
    period: float = 360.0

    kind = "number"
    scale = "own"
    columns = "descriptors"
    width = 2
    count = 0

    def __post_init__(self) -> None:
        if not isinstance(self.period, int | float) or not 0 < self.period < math.inf:
            raise zo.SpecError("the period is no length", field="period", value=self.period, allowed="above 0")

    @property
    def bounds(self):
        return 0.0, float(self.period)

    @property
    def allowed(self):
        return f"0 to below {self.period:g} {self.unit}".rstrip()

    def problem(self, value):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < self.period:
            return f"{self.name}: {value!r} is not {self.allowed}"
        return None

    def allows(self, column):
        return (column >= 0) & (column < self.period)

    def drawn(self, points):
        return points * self.period % self.period

    def placed(self, column):
        return column / self.period

    def encoded(self, column):
        turn = 2 * np.pi * np.asarray(column, dtype=float) / self.period
        return (1 + np.stack([np.cos(turn), np.sin(turn)], axis=1)) / 2

    def decoded(self, columns):
        turn = np.arctan2(2 * columns[:, 1] - 1, 2 * columns[:, 0] - 1)
        return turn / (2 * np.pi) * self.period % self.period


@dataclass(frozen=True)
class Grade:
    """Names in an order: neighbours are more alike than others."""

    name: str
    unit: str
    role: str
    grades: tuple[str, ...]

    kind = "text"
    scale = "own"
    columns = "numeric"
    width = 1
    bounds = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "grades", tuple(self.grades))

    @property
    def count(self):
        return len(self.grades)

    @property
    def allowed(self):
        return " < ".join(self.grades)

    def problem(self, value):
        return None if value in self.grades else f"{self.name}: {value!r} is none of {self.allowed}"

    def allows(self, column):
        return np.array([text in self.grades for text in column], dtype=bool)

    def _values(self, places):
        return np.array(self.grades, dtype=object)[np.clip(places.astype(int), 0, self.count - 1)]

    def drawn(self, points):
        return self._values(points * self.count)

    def placed(self, column):
        return np.array([(self.grades.index(text) + 0.5) / self.count for text in column], dtype=float)

    def encoded(self, column):
        middle = (self.count - 1) / 2
        places = [self.grades.index(text) if text in self.grades else middle for text in column]
        return np.array(places, dtype=float)[:, None] / (self.count - 1)

    def decoded(self, columns):
        return self._values(np.round(columns[:, 0] * (self.count - 1)))


@dataclass(frozen=True)
class Powers:
    """Powers of two: whole numbers with gaps, on a logarithmic scale."""

    name: str
    unit: str
    role: str
    most: int = 6

    kind = "whole"
    scale = "log"
    columns = "numeric"
    width = 1

    @property
    def count(self):
        return self.most + 1

    @property
    def bounds(self):
        return 1.0, 2.0**self.most

    @property
    def allowed(self):
        return f"1, 2, 4, ... {2**self.most}"

    def problem(self, value):
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value in self._all
        return None if fits else f"{self.name}: {value!r} is none of {self.allowed}"

    @property
    def _all(self):
        return [2**power for power in range(self.count)]

    def allows(self, column):
        return np.isin(column, self._all)

    def drawn(self, points):
        return 2.0 ** np.minimum(np.floor(points * self.count), self.most)

    def placed(self, column):
        return (np.log2(column) + 0.5) / self.count

    def encoded(self, column):
        return (np.log2(np.maximum(np.asarray(column, dtype=float), 0.1)) / self.most)[:, None]

    def decoded(self, columns):
        return 2.0 ** (columns[:, 0] * self.most)


TYPES = {"angle": "parameter_package:Angle", "grade": "parameter_package:Grade", "powers": "parameter_package:Powers"}


def install(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    types: Mapping[str, str],
    name: str = "their-parameters",
    **modules: str,
) -> None:
    """Install a package that offers types by name, with modules of its own made of code."""
    site = folder / "site"
    metadata = site / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    points = "".join(f"{one} = {value}\n" for one, value in types.items())
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[zosimos.parameters]\n{points}")
    for module, code in modules.items():
        (site / f"{module}.py").write_text(code)
    monkeypatch.syspath_prepend(site)
    # what is installed is looked up once in a process: ask again, now and when the package is gone
    monkeypatch.setattr(plugins, "offered", getattr(plugins.offered, "__wrapped__", plugins.offered))
    monkeypatch.setattr(plugins, "points", getattr(plugins.points, "__wrapped__", plugins.points))
    monkeypatch.setattr("zosimos.core.parameter_types.offered", plugins.offered)


def made(make: Any, **fields: Any) -> Any:
    """Return a parameter of a type, as a campaign would have it."""
    return make(**{"name": "it", "unit": "", "role": "control", **fields})
