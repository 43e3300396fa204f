"""Branches: a fitted decision tree read out as conditions and rules, with the roundest numbers that split the same."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from zosimos.surrogates.explanation.design import Array, Design, DesignColumn

_DIGITS = 12  # of a threshold: it is as round as can be already


@dataclass(frozen=True)
class Branch:
    """One split: a number above ``threshold`` or not, or a choice that is ``choice`` or not."""

    column: DesignColumn
    threshold: float | None = None
    choice: str | None = None

    def text(self, holds: bool) -> str:
        """Return the condition in words."""
        if self.threshold is None:
            return f"{self.column.name} is {'' if holds else 'not '}{self.choice}"
        return f"{self.column.name} {'>' if holds else '<='} {self.column.text(self.threshold, _DIGITS)}"

    def covers(self, values: Array) -> NDArray[np.bool_]:
        """Return, for ``n`` raw values of its column, whether the condition holds."""
        if self.threshold is None:
            return np.asarray(values == self.column.choices.index(str(self.choice)), dtype=bool)
        return np.asarray(values > self.threshold, dtype=bool)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        found = {"parameter": self.column.name, "unit": self.column.unit, "text": self.text(True)}
        return {**found, "threshold": self.threshold, "choice": self.choice}


Path: TypeAlias = tuple[tuple[Branch, bool], ...]
"""The splits from the root to a node, and whether each holds there."""


@dataclass(frozen=True)
class Rule:
    """Where all conditions hold, the value is about ``value``; it rests on ``measured`` rows.

    ``share`` is the share of the allowed rows that it covers (None where none were given).
    """

    conditions: tuple[str, ...]
    value: float
    measured: int
    share: float | None

    def __str__(self) -> str:
        """Return the rule on one line."""
        where = f"if {' and '.join(self.conditions)}" if self.conditions else "everywhere"
        cover = "" if self.share is None else f", {100 * self.share:.0f} % of the space"
        return f"{where}: about {self.value:.3g} ({self.measured} measured{cover})"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        found = {"conditions": list(self.conditions), "value": self.value, "measured": self.measured}
        return {**found, "share": self.share, "text": str(self)}


@dataclass(frozen=True)
class Grown:
    """A fitted tree, the rows it was grown on, and the same rows as :func:`expanded` gives them."""

    tree: DecisionTreeRegressor
    rows: Design
    X: Array

    def splits(self) -> tuple[Branch, ...]:
        """Return the splits, those nearer to the root first."""
        found: list[Branch] = []
        level = [0]
        while level:
            inner = [node for node in level if not self._is_leaf(node)]
            found += [self._branch(node) for node in inner]
            level = [child for node in inner for child in self._children(node)]
        return tuple(found)

    def rules(self, measured: Design, allowed: Design) -> tuple[Rule, ...]:
        """Return a rule for each leaf, the highest value first, with how much of the rows it covers."""
        found = []
        for node, path in self._leaves(0, ()):
            own, other = _covered(path, measured), _covered(path, allowed)
            share = float(other.mean()) if len(allowed) else None
            found.append(Rule(_together(path), float(self.tree.tree_.value[node].item()), int(own.sum()), share))
        return tuple(sorted(found, key=lambda rule: -rule.value))

    @cached_property
    def _reached(self) -> NDArray[np.bool_]:
        """Which rows reach which nodes, ``n x nodes``."""
        return np.asarray(self.tree.decision_path(self.X).toarray(), dtype=bool)

    def _is_leaf(self, node: int) -> bool:
        return bool(self.tree.tree_.children_left[node] < 0)

    def _children(self, node: int) -> tuple[int, int]:
        return int(self.tree.tree_.children_left[node]), int(self.tree.tree_.children_right[node])

    def _leaves(self, node: int, path: Path) -> Iterator[tuple[int, Path]]:
        if self._is_leaf(node):
            yield node, path
            return
        branch = self._branch(node)
        left, right = self._children(node)
        yield from self._leaves(left, (*path, (branch, False)))
        yield from self._leaves(right, (*path, (branch, True)))

    def _branch(self, node: int) -> Branch:
        feature = int(self.tree.tree_.feature[node])
        place = feature
        for index, column in enumerate(self.rows.columns):
            if place < len(column.choices):
                return Branch(column, choice=column.choices[place])
            if not column.choices and place == 0:
                values, (left, right) = self.rows.rows[:, index], self._children(node)
                low = float(values[self._reached[:, left]].max())
                high = float(values[self._reached[:, right]].min())
                return Branch(column, threshold=roundest(low, high, (low + high) / 2))
            place -= max(1, len(column.choices))
        raise ValueError(f"the tree splits on column {feature}, which these rows do not have")


def expanded(design: Design) -> Array:
    """Return a design for a tree: numbers by their rank, a 0-or-1 column for each choice in place of its code.

    Trees only compare, and scikit-learn's do so in single precision: ranks lose nothing.
    """
    parts: list[Array] = []
    for index, column in enumerate(design.columns):
        values = design.rows[:, index]
        if column.choices:
            parts += [(values == code).astype(float) for code in range(len(column.choices))]
        else:
            parts.append(np.unique(values, return_inverse=True)[1].astype(float))
    return np.stack(parts, axis=1)


def roundest(low: float, high: float, near: float) -> float:
    """Return the number of the fewest digits in ``[low, high)``, of these the one nearest to ``near``.

    >>> roundest(60.0, 65.0, 62.5), roundest(0.31, 0.36, 0.335), roundest(58.7, 61.2, 59.95)
    (60.0, 0.33, 60.0)
    """
    magnitude = math.floor(math.log10(max(abs(low), abs(high), 1e-300)))
    for digits in range(1, 17):
        step = 10.0 ** (magnitude - digits + 1)
        middle = math.floor(near / step)
        tried = [round(k * step, digits - magnitude) for k in range(middle - 1, middle + 3)]
        good = [x for x in tried if low <= x < high]
        if good:
            return min(good, key=lambda x: (abs(x - near), x))
    return near


def _covered(path: Path, design: Design) -> NDArray[np.bool_]:
    """Return which rows of a design a path leads to."""
    covered = np.ones(len(design), dtype=bool)
    for branch, holds in path:
        covered &= branch.covers(design.rows[:, design.names.index(branch.column.name)]) == holds
    return covered


def _together(path: Path) -> tuple[str, ...]:
    """Return a path's conditions in words, those on the same number joined, those that follow from others left out."""
    columns = list(dict.fromkeys(branch.column for branch, _ in path))
    steps = {column: [step for step in path if step[0].column == column] for column in columns}
    return tuple(text for column in columns for text in _on(column, steps[column]))


def _on(column: DesignColumn, steps: Sequence[tuple[Branch, bool]]) -> list[str]:
    if column.choices:
        only = [branch.text(True) for branch, holds in steps if holds]
        if only:
            return only
        without = {branch.choice for branch, _ in steps}
        left = [choice for choice in column.choices if choice not in without]
        if len(left) < len(without):
            return [f"{column.name} is {' or '.join(left)}"]
        return [branch.text(False) for branch, _ in steps]
    lows = [branch.threshold for branch, holds in steps if holds and branch.threshold is not None]
    highs = [branch.threshold for branch, holds in steps if not holds and branch.threshold is not None]
    if lows and highs:
        return [f"{max(lows):.{_DIGITS}g} < {column.name} <= {column.text(min(highs), _DIGITS)}"]
    return [Branch(column, threshold=max(lows) if lows else min(highs)).text(bool(lows))]
