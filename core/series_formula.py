"""What formulas of objectives say of series: arithmetic channel by channel, and what makes one number of a series.

``sqrt(mean((spectrum - wanted)**2))`` works on all channels at once, and so does ``rms(spectrum, wanted)``, which is
the same. An array of a series has its channels in the last axis; a number gets such an axis where it meets a series.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.series import Curve, ScoredCurves, Series, same_axis

Columns: TypeAlias = Mapping[str, NDArray[Any]]
Evaluator: TypeAlias = Callable[[Columns], Any]
Refuse: TypeAlias = Callable[..., SpecError]

REDUCING = ("sum", "mean", "min", "max", "rms", "area")
"""The functions that make one number of a series."""

_ALIKE = frozenset({"abs", "sqrt", "exp", "log", "log10"})


@dataclass(frozen=True)
class Line:
    """What stands for several numbers in a formula: how many, and along which axis (None: any)."""

    length: int
    axis: tuple[float, ...] | None = None
    series: Series | None = None


@dataclass(frozen=True)
class SeriesWords:
    """Reads the parts of a formula that are series.

    Args:
        series: by name.
        constants: numbers, lists of them and curves by name.
        operators: what joins two columns, by the operator's class.
        functions: of one column, by name.
        number: compiles a part that is one number.
        name_of: returns the name that a word of the formula stands for.
        written: returns a part of the formula as it was written.
        refused: makes the error of a formula that is none.
    """

    series: Mapping[str, Series]
    constants: Mapping[str, float | tuple[float, ...] | Curve]
    operators: Mapping[type[ast.operator], Callable[[Any, Any], Any]]
    functions: Mapping[str, Callable[..., Any]]
    number: Callable[[ast.expr], Evaluator]
    name_of: Callable[[str], str]
    written: Callable[[ast.expr], str]
    refused: Refuse

    def are(self, node: ast.expr) -> bool:
        """Say whether a part of a formula is several numbers."""
        match node:
            case ast.Name(id=word):
                name = self.name_of(word)
                return name in self.series or isinstance(self.constants.get(name), tuple | Curve)
            case ast.Subscript(value=value, slice=ast.Slice()):
                return self.are(value)
            case ast.BinOp(left=left, right=right):
                return self.are(left) or self.are(right)
            case ast.UnaryOp(operand=operand):
                return self.are(operand)
            case ast.Call(func=ast.Name(id=name), args=[only]) if name in _ALIKE:
                return self.are(only)
            case ast.Call(func=ast.Name(id="min" | "max"), args=args) if len(args) > 1:
                return any(map(self.are, args))
            case _:
                return False

    def reduces(self, name: str, args: list[ast.expr]) -> bool:
        """Say whether a call makes one number of a series; ``min`` and ``max`` also choose between numbers."""
        return name in REDUCING and (name not in ("min", "max") or (len(args) == 1 and self.are(args[0])))

    def reduced(self, name: str, args: list[ast.expr]) -> Evaluator:
        """Return what works out such a call."""
        if len(args) != 1 and not (name == "rms" and len(args) == 2):
            raise self.refused(
                f"{name} got {len(args)} arguments", f"{name}(series){' or rms(series, target)' * (name == 'rms')}"
            )
        node = args[0] if len(args) == 1 else ast.BinOp(left=args[0], op=ast.Sub(), right=args[1])
        line, values = self.line(node)
        if line.series is None:
            plain = next((part for part in args if not self.are(part)), args[0])
            one = "one number" if not self.are(plain) else "no measured series"
            raise self.refused(
                f"{name} takes a series, and {self.written(plain)} is {one}",
                "a quantity declared with along: or channels: under measured",
                f"declare measured: {self.written(plain)}: {{along: {{min: 400, max: 700, step: 10}}}}",
            )
        if name == "area":
            if not line.series.axis:
                raise self.refused(f"area needs places along an axis, and {self.written(node)} has none", "a series")
            weights = line.series.weights
            return lambda columns: np.sum(values(columns) * weights, axis=-1)
        square = node if name == "rms" else _squared(node) if name in ("sum", "mean") else None
        straight = None if square is None else self._straight(square)
        if straight is None:
            return lambda columns: _REDUCED[name](values(columns))
        series, slope, offset = straight
        share = 1.0 if name == "sum" else 1.0 / line.length

        def closed(columns: Columns) -> Any:
            found: Any = columns.get(series.name)
            if not isinstance(found, ScoredCurves):
                return _REDUCED[name](values(columns))
            total = share * found.squares(slope, offset)
            return np.sqrt(total) if name == "rms" else total

        return closed

    def _straight(self, node: ast.expr) -> tuple[Series, NDArray[Any], NDArray[Any]] | None:
        """Return the one series that a part is ``slope * series + offset`` of, and these; None if it is none."""
        words = {self.name_of(one.id) for one in ast.walk(node) if isinstance(one, ast.Name)} - set(self.functions)
        named = words & set(self.series)
        if len(named) != 1 or words - named - set(self.constants) or _contains(node, ast.Subscript):
            return None
        series, values = self.series[named.pop()], self.line(node)[1]
        probes = np.random.default_rng(0).normal(size=(2, len(series.channels)))
        with np.errstate(all="ignore"):
            offset, slope, *seen = (
                np.broadcast_to(values({series.name: probe}), probe.shape)
                for probe in (np.zeros_like(probes[0]), np.ones_like(probes[0]), *probes)
            )
            slope = slope - offset
            fits = all(np.allclose(y, slope * x + offset, 1e-9, 1e-9) for x, y in zip(probes, seen, strict=True))
        return (series, slope, offset) if fits else None

    def channel(self, value: ast.expr, at: ast.expr) -> Evaluator:
        """Return what gives one channel of a series, ``spectrum[550]``."""
        series = self._named(value)
        place = series.place(self._edge(at))
        if place is None:
            raise self.refused(f"{series.name} has no channel at {self.written(at)}", _places(series))
        name = series.channels[place]
        return lambda columns: series.stacked(columns)[..., place] if series.name in columns else columns[name]

    def line(self, node: ast.expr) -> tuple[Line, Evaluator]:
        """Return what a part of a formula stands for and what works it out, channels in the last axis."""
        if not self.are(node):
            one = self.number(node)
            return Line(1), lambda columns: np.asarray(one(columns))[..., None]
        match node:
            case ast.Name(id=word) if (found := self.constants.get(self.name_of(word))) is not None:
                return _constant(found)
            case ast.Name():
                series = self._named(node)
                return _line(series), lambda columns: series.stacked(columns)
            case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
                return self._stretch(self._named(value), lower, upper)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in self.operators:
                return self._joined(self.operators[type(op)], node, [left, right])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                line, values = self.line(operand)
                return line, lambda columns: -values(columns)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.line(operand)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._joined(self.functions[name], node, args)
            case _:
                raise self.refused(f"{self.written(node)!r} is not allowed", "arithmetic on series and numbers")

    def _joined(self, function: Callable[..., Any], node: ast.expr, parts: list[ast.expr]) -> tuple[Line, Evaluator]:
        """Return parts joined channel by channel: of one length, and along one axis where they have any."""
        lines, values = zip(*map(self.line, parts), strict=True)
        kept = Line(1)
        for part, line in zip(parts, lines, strict=True):
            if line.length == 1 and not self.are(part):
                continue
            if kept.length not in (1, line.length):
                raise self.refused(
                    f"{self.written(node)} joins series of {kept.length} and {line.length} values",
                    "series, lists and curves of one length",
                    "correct the list, or the axis of the series",
                )
            if kept.axis is not None and line.axis is not None and not same_axis(kept.axis, line.axis):
                here = next((a, b) for a, b in zip(kept.axis, line.axis, strict=True) if not same_axis((a,), (b,)))
                raise self.refused(
                    f"{self.written(node)} joins series along other axes: {here[0]:g} meets {here[1]:g}",
                    "series and curves with the same places",
                    "interpolate the curve at the places of the series",
                )
            kept = Line(line.length, kept.axis or line.axis, kept.series or line.series)
        return kept, lambda columns: function(*(part(columns) for part in values))

    def _stretch(self, series: Series, lower: ast.expr | None, upper: ast.expr | None) -> tuple[Line, Evaluator]:
        """Return the channels between two places of the axis, both included."""
        low = -math.inf if lower is None else self._edge(lower)
        high = math.inf if upper is None else self._edge(upper)
        inside = np.array([low <= place <= high for place in series.axis], dtype=bool)
        if not inside.any():
            raise self.refused(f"{series.name} has no channel there", _places(series))
        start, stop = int(np.flatnonzero(inside)[0]), int(np.flatnonzero(inside)[-1]) + 1
        part = Series(series.name, series.channels[start:stop], series.axis[start:stop], series.unit)

        def values(columns: Columns) -> Any:
            whole = series.name in columns
            return series.stacked(columns)[..., start:stop] if whole else part.stacked(columns)

        return _line(part), values

    def _named(self, node: ast.expr) -> Series:
        name = self.name_of(node.id) if isinstance(node, ast.Name) else self.written(node)
        if name not in self.series:
            known = ", ".join(self.series) or "none is declared (measured: NAME: {along: ...})"
            raise self.refused(f"{name} is no series", known)
        return self.series[name]

    def _edge(self, node: ast.expr) -> float:
        """Return a number written in brackets."""
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return float(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._edge(operand)
            case _:
                raise self.refused(
                    f"{self.written(node)} is no number", "a place on the axis, such as [550] or [500:600]"
                )


_REDUCED: dict[str, Callable[[Any], Any]] = {
    "sum": lambda values: np.sum(values, axis=-1),
    "mean": lambda values: np.mean(values, axis=-1),
    "min": lambda values: np.min(values, axis=-1),
    "max": lambda values: np.max(values, axis=-1),
    "rms": lambda values: np.sqrt(np.einsum("...c,...c->...", values, values) / values.shape[-1]),
}


def _squared(node: ast.expr) -> ast.expr | None:
    """Return what a part of a formula is the square of; None if it is no square."""
    match node:
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2)):
            return left
        case _:
            return None


def _contains(node: ast.expr, kind: type[ast.expr]) -> bool:
    return any(isinstance(one, kind) for one in ast.walk(node))


def _line(series: Series) -> Line:
    return Line(len(series.channels), series.axis or None, series)


def _constant(found: float | tuple[float, ...] | Curve) -> tuple[Line, Evaluator]:
    values = np.array(found.values if isinstance(found, Curve) else found, dtype=float)
    return Line(len(values), found.axis if isinstance(found, Curve) else None), lambda _: values


def _places(series: Series) -> str:
    if not series.axis:
        return f"{series.name} has no axis: name its channels, {series.channels[0]} to {series.channels[-1]}"
    return f"{series.axis[0]:g} to {series.axis[-1]:g} {series.unit}".rstrip()
