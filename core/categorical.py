"""The categorical parameter: one of several names, with numbers that say how alike they are where these are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.listing import and_more
from zosimos.core.parameter import ColumnKind, Scale, ValueKind
from zosimos.core.values import Role, Value, is_number

_SHOWN = 20  # choices that a message lists


@dataclass(frozen=True)
class Categorical:
    """One of several names; descriptors, where given, say how alike they are (choice -> descriptor -> number).

    Args:
        name: the parameter's name.
        choices: the names.
        descriptors: for each choice the same descriptors; without them all choices are equally different.
        unit: none, as a rule.
        role: who sets it.
        in_proportion: model columns keep the descriptors' ratio of ranges (the widest is scaled to [0, 1]), as the
            scores of principal components need it; otherwise each is scaled to [0, 1] by itself.
        others: descriptors of texts that are no choices: results from elsewhere may have them, and still tell of those
            that are like them.
        embedded: the descriptors are an embedding of what is said of the choices: how alike two of them are is told by
            the angle between these, about their mean.
    """

    name: str
    choices: tuple[str, ...]
    descriptors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unit: str = ""
    role: Role = "control"
    in_proportion: bool = False
    others: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    embedded: bool = False

    def __post_init__(self) -> None:
        where = f"space.{self.name}.choices"
        if len(self.choices) < 2:
            raise SpecError(
                f"parameter {self.name!r}: needs two or more choices",
                field=where,
                value=list(self.choices),
                allowed="a list of two or more names",
            )
        if len(set(self.choices)) != len(self.choices):
            raise SpecError(f"parameter {self.name!r}: a choice is given twice", field=where, value=list(self.choices))
        if self.descriptors:
            self._check_descriptors()
        self._check_others()

    def _check_descriptors(self) -> None:
        where = f"space.{self.name}.descriptors"
        if set(self.descriptors) != set(self.choices):
            odd = sorted(set(self.descriptors) ^ set(self.choices))
            raise SpecError(
                f"parameter {self.name!r}: descriptors and choices differ in {', '.join(odd)}",
                field=where,
                value=sorted(self.descriptors),
                allowed="one row of descriptors for each choice",
            )
        names = set(self.descriptors[self.choices[0]])
        for choice, row in self.descriptors.items():
            if not names or set(row) != names or not all(is_number(number) for number in row.values()):
                raise SpecError(
                    f"parameter {self.name!r}: the descriptors of {choice!r} are incomplete or not numbers",
                    field=f"{where}.{choice}",
                    value=dict(row),
                    allowed=f"a finite number for each of {', '.join(sorted(names)) or 'one or more names'}",
                )

    def _check_others(self) -> None:
        names = set(self.descriptors[self.choices[0]]) if self.descriptors else set()
        for text, row in self.others.items():
            if text in self.choices or set(row) != names or not all(is_number(number) for number in row.values()):
                raise SpecError(
                    f"parameter {self.name!r}: {text!r} is a choice, or not described as the choices are",
                    field=f"space.{self.name}.descriptors.{text}",
                    value=dict(row),
                    allowed=f"a finite number for each of {', '.join(sorted(names)) or 'no descriptor'}",
                )

    @property
    def kind(self) -> ValueKind:
        """What its values are."""
        return "text"

    @property
    def bounds(self) -> None:
        """Texts have none."""
        return

    @property
    def allowed(self) -> str:
        """Its choices in words, the first of many."""
        return "one of " + ", ".join(self.choices[:_SHOWN])

    @property
    def scale(self) -> Scale:
        """How a choice becomes model columns."""
        return "own"

    @property
    def columns(self) -> ColumnKind:
        """How models compare choices by their columns."""
        return "descriptors" if self.descriptors else "categories"

    @property
    def width(self) -> int:
        """Number of model columns: the descriptors', or one for each choice."""
        return len(self.descriptors[self.choices[0]]) if self.descriptors else len(self.choices)

    @property
    def count(self) -> int:
        """How many values it takes."""
        return len(self.choices)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Each choice's place among the choices."""
        return {choice: place for place, choice in enumerate(self.choices)}

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, or None."""
        if isinstance(value, str) and value in self.places:
            return None
        return f"{self.name}: {value!r} is not one of {and_more(self.choices, _SHOWN)}"

    def allows(self, column: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which of ``n`` texts are choices."""
        return np.array([text in self.places for text in column], dtype=bool)

    def from_unit(self, u: float) -> str:
        """Return the choice at coordinate ``u`` in [0, 1]; each choice gets the same share."""
        return self.choices[min(int(u * len(self.choices)), len(self.choices) - 1)]

    def drawn(self, points: NDArray[np.float64]) -> NDArray[Any]:
        """Return the choices at ``n`` coordinates in [0, 1], as :meth:`from_unit` does."""
        places = np.minimum((points * self.count).astype(int), self.count - 1)
        return np.asarray(np.array(self.choices, dtype=object)[places])

    def features(self, value: Value) -> tuple[float, ...]:
        """Return the choice's descriptors, scaled over the choices, or its one-hot code."""
        return tuple(self.encoded(np.array([value], dtype=object))[0].tolist())

    def encoded(self, column: NDArray[Any]) -> NDArray[np.float64]:
        """Return ``n`` texts as model columns, ``n x width``; a text that is no choice is like none of them."""
        places = np.array([self.places.get(text, -1) for text in column], dtype=int)
        if self.descriptors:
            table = self._scaled
            found = np.asarray(np.where(places[:, None] < 0, table.mean(axis=0), table[places]))
            for place in np.flatnonzero(places < 0) if self.others else ():
                if column[place] in self.others:
                    found[place] = self._in_scale(self.others[column[place]])
            return found
        coded = np.zeros((len(places), len(self.choices)))
        known = np.flatnonzero(places >= 0)
        coded[known, places[known]] = 1.0
        return coded

    def placed(self, column: NDArray[Any]) -> NDArray[np.float64]:
        """Return ``n`` choices' coordinates: the middles of their shares."""
        places = np.array([self.places[str(value)] for value in column], dtype=float)
        return (places + 0.5) / self.count

    def decoded(self, columns: NDArray[np.float64]) -> NDArray[Any]:
        """Return, for ``n x width`` model columns, the choice that is nearest."""
        table = self.encoded(np.array(self.choices, dtype=object))
        nearest = ((columns[:, None] - table[None]) ** 2).sum(axis=2).argmin(axis=1)
        return np.asarray(np.array(self.choices, dtype=object)[nearest])

    @cached_property
    def _scaled(self) -> NDArray[np.float64]:
        """The descriptors by their sorted names, scaled over the choices, ``choices x width``."""
        return np.array([self._in_scale(self.descriptors[choice]) for choice in self.choices])

    def _in_scale(self, row: Mapping[str, float]) -> NDArray[np.float64]:
        """Return descriptors by their sorted names, scaled as those of the choices are, ``width``."""
        lowest, spans = self._range
        return np.asarray((np.array([row[name] for name in sorted(row)], dtype=float) - lowest) / spans)

    @cached_property
    def _range(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lowest of each descriptor over the choices, and what it is divided by, both ``width``."""
        names = sorted(self.descriptors[self.choices[0]])
        table = np.array([[self.descriptors[choice][name] for name in names] for choice in self.choices], dtype=float)
        spans = np.ptp(table, axis=0)
        return table.min(axis=0), np.where(
            spans == 0, 1.0, np.full_like(spans, spans.max()) if self.in_proportion else spans
        )
