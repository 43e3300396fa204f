"""Composites: an objective worked out from measured quantities, by a formula or a registered method.

A difference to a target has a kink at its best, and a ratio is rough where its divisor is small; the quantities that
they are made of are smooth. So each quantity is measured and modelled by itself, and the objective follows from them
(Astudillo and Frazier 2019, "Bayesian Optimization of Composite Functions", ICML).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.degree import is_affine
from zosimos.core.errors import DataError, SpecError
from zosimos.core.expression import FUNCTIONS, OPERATORS, ColumnArray, Formula
from zosimos.core.naming import quoted_names, spelled
from zosimos.core.plugins import offered, plugin
from zosimos.core.series import Curve, Series
from zosimos.core.series_formula import REDUCING, SeriesWords

GROUP = "zosimos.composites"
"""Entry-point group of the methods that formulas may call by name."""

SERIES = 0
"""What a method says of an argument that is a series, or a curve or list beside one."""

Array = NDArray[np.float64]
Shared: TypeAlias = float | Literal["all", "none"]
"""How much of a stated uncertainty is the same for all results: a standard uncertainty, all of it, or nothing."""


@dataclass(frozen=True)
class CompositeMethod:
    """A function that formulas of objectives may call.

    Args:
        arguments: by name, in order, how many numbers each takes: 1 for a number, more for a list of constants,
            ``SERIES`` for a series of any length.
        compute: gets an array for each number (they broadcast), an array with the channels in a last axis more for each
            series, and a tuple for each list, and returns an array; NaN where it has no value.
    """

    arguments: Mapping[str, int]
    compute: Callable[..., Any]


@dataclass(frozen=True)
class MeasuredQuantity:
    """A measured quantity that an objective is made of, in a unit; its values lie between ``low`` and ``high``.

    ``u_shared`` is how much of the uncertainty that results state is the same for all of them (None: nobody says).
    """

    name: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    u_shared: Shared | None = None


@dataclass(frozen=True)
class Composite(Formula):
    """How an objective follows from measured quantities, parameters and constants.

    The language is that of :class:`~zosimos.core.expression.Formula`, calls of registered methods, and arithmetic on
    series (:mod:`zosimos.core.series_formula`).

    Args:
        text: the formula.
        quantities: what is measured; the names in the formula that are neither constants nor parameters, and in place
            of a series its channels.
        constants: numbers, lists of them for methods and beside series, and curves.
        series: what the formula names of quantities that are measured along an axis.

    Raises:
        SpecError: the text is no such formula, a method is unknown or gets other arguments than it takes, or no
            measured quantity is in it.

    >>> cost = Composite("price / power", (MeasuredQuantity("price"), MeasuredQuantity("power")))
    >>> cost.measured({"price": (3.0, 0.3), "power": (2.0, None)}, {})
    (1.5, None)
    >>> two = Series("s", ("s_1", "s_2"), (1.0, 2.0))
    >>> off = Composite("rms(s, 1)", (MeasuredQuantity("s_1"), MeasuredQuantity("s_2")), series=(two,))
    >>> off.measured({"s_1": (4.0, None), "s_2": (-2.0, None)}, {})
    (3.0, None)
    """

    quantities: tuple[MeasuredQuantity, ...] = ()
    constants: Mapping[str, float | tuple[float, ...] | Curve] = field(default_factory=dict, hash=False)
    series: tuple[Series, ...] = ()
    _kind: ClassVar[str] = "formula of an objective"
    _field: ClassVar[str] = "of"

    def __post_init__(self) -> None:
        _ = self._worth
        if not any(quantity.name in self.names for quantity in self.quantities):
            raise self._refused("it names no measured quantity", "one or more, such as price / power")

    @property
    def names(self) -> frozenset[str]:
        """The names in it, those of a series' channels in place of its own."""
        channels = {series.name: series.channels for series in self.series}
        return frozenset(own for name in super().names for own in channels.get(name, (name,)))

    @property
    def single(self) -> tuple[MeasuredQuantity, ...]:
        """The quantities that are no channels of a series in it."""
        inside = {channel for series in self.series for channel in series.channels}
        return tuple(quantity for quantity in self.quantities if quantity.name not in inside)

    @cached_property
    def affine(self) -> bool:
        """Whether it is a sum of measured quantities with known factors, none of which has bounds."""
        measured = {quantity.name for quantity in self.quantities} | {series.name for series in self.series}
        free = all(math.isinf(quantity.low) and math.isinf(quantity.high) for quantity in self.quantities)
        return free and is_affine(self._tree, lambda word: self._spelling.name(word) in measured)

    @property
    def made_of(self) -> str:
        """What it is made of, in words; a series is named once."""
        return ", ".join((*(one.name for one in self.single), *(series.describe() for series in self.series)))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in it that are neither measured nor constant, sorted: parameters of the space."""
        return tuple(sorted(self.names - {quantity.name for quantity in self.quantities} - set(self.constants)))

    def of(self, columns: Mapping[str, ColumnArray]) -> Array:
        """Return the objective for columns of quantities and parameters that broadcast; NaN where it has no value."""
        found = self.column(columns)
        return np.where(np.isfinite(found), found, math.nan)

    def measured(
        self, found: Mapping[str, tuple[float, float | None]], parameters: Mapping[str, Any]
    ) -> tuple[float, float | None]:
        """Return the objective and its standard uncertainty (None: unknown), from those of the quantities.

        Each quantity is moved by its uncertainty in turn, and the changes add as squares: they count as independent.

        Args:
            found: value and standard uncertainty of each quantity.
            parameters: of the experiment.

        Raises:
            DataError: the formula has no value there.
        """
        known = {name: np.asarray(float(parameters[name])) for name in self.parameters}
        columns = {**known, **{name: np.asarray(value) for name, (value, _) in found.items()}}
        value = float(self.of(columns))
        if math.isnan(value):
            at = ", ".join(f"{name} {float(columns[name]):g}" for name in sorted(self.names & set(columns)))
            raise DataError(
                f"{self.text} has no value at {at}",
                field="of",
                value=at,
                allowed="values where the formula is a finite number",
                hint="correct the value, or record the experiment as failed; a formula such as "
                "price / max(power, 0.01) has a value everywhere",
            )
        if any(uncertainty is None for _, uncertainty in found.values()):
            return value, None
        square = 0.0
        for name, (centre, uncertainty) in found.items():
            moved = [float(self.of({**columns, name: np.asarray(centre + step)})) for step in _both(uncertainty)]
            square += max(((one - value) ** 2 for one in moved if not math.isnan(one)), default=0.0)
        return value, math.sqrt(square)

    def _refused(self, why: str, allowed: str, hint: str = "") -> SpecError:
        known = ", ".join((*sorted({*FUNCTIONS, *REDUCING}), *offered(GROUP)))
        hint = hint or f"use measured quantities, parameters, constants, numbers, + - * / ** %, {known}"
        return SpecError(f"{self._kind} refused: {why}", field=self._field, value=self.text, allowed=allowed, hint=hint)

    @cached_property
    def _words(self) -> SeriesWords:
        series = {one.name: one for one in self.series}
        own, name_of = self._number, self._spelling.name
        return SeriesWords(series, self.constants, OPERATORS, FUNCTIONS, own, name_of, self._written, self._refused)

    def _number(self, node: ast.expr) -> Callable[[Mapping[str, ColumnArray]], Any]:
        match node:
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if self._words.reduces(name, args):
                return self._words.reduced(name, args)
            case ast.Subscript(value=value, slice=at) if not isinstance(at, ast.Slice):
                return self._words.channel(value, at)
            case _ if self._words.are(node):
                line, _ = self._words.line(node)
                many = f"a series of {line.length} values" if line.series else f"a list of {line.length} numbers"
                raise self._refused(
                    f"{self._written(node)} is {many}, and one number is wanted",
                    f"one number of it, by {', '.join(REDUCING)}, or a method that takes it",
                )
            case ast.Name(id=word) if isinstance(
                constant := self.constants.get(self._spelling.name(word)), int | float
            ):
                return self._constant(constant)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name not in FUNCTIONS:
                return self._called(name, args)
            case _:
                return super()._number(node)

    def _called(self, name: str, args: list[ast.expr]) -> Callable[[Mapping[str, ColumnArray]], Any]:
        method = _method(name)
        takes = ", ".join(method.arguments)
        if len(args) != len(method.arguments):
            raise self._refused(f"{name} got {len(args)} arguments", f"{name}({takes})")
        parts = [self._argument(name, part, *item) for part, item in zip(args, method.arguments.items(), strict=True)]

        def called(columns: Mapping[str, ColumnArray]) -> Array:
            given = [part(columns) for part in parts]
            shapes = [
                np.shape(one)[:-1] if size == SERIES else np.shape(one)
                for one, size in zip(given, method.arguments.values(), strict=True)
                if not isinstance(one, tuple)
            ]
            shape = np.broadcast_shapes(*shapes)
            try:
                return np.broadcast_to(np.asarray(method.compute(*given), dtype=float), shape)
            except Exception as error:  # a plugin may raise anything: it is named
                raise DataError(
                    f"the method {name}{_package(name)} failed with {type(error).__name__}: {error}",
                    field="of",
                    value=self.text,
                    hint="ask its author, or write the formula without it",
                ) from error

        return called

    def _argument(
        self, method: str, node: ast.expr, name: str, length: int
    ) -> Callable[[Mapping[str, ColumnArray]], Any]:
        if length == 1:
            return self._number(node)
        if length == SERIES:
            if not self._words.are(node):
                found = f"{self._written(node)} is one number, and {method} takes a series as {name}"
                raise self._refused(found, "a quantity declared with along: or channels: under measured")
            return self._words.line(node)[1]
        constant = self.constants.get(self._spelling.name(node.id)) if isinstance(node, ast.Name) else None
        if not isinstance(constant, tuple) or len(constant) != length:
            raise self._refused(
                f"{self._written(node)!r} is no list of {length} numbers, which {method} takes as {name}",
                "a name under constants, or a field of the lab, that holds such a list",
            )
        return lambda _: constant


def _method(name: str) -> CompositeMethod:
    """Return a registered method.

    Raises:
        SpecError: there is none of that name, or what its package brings is none.
    """
    try:
        found = plugin(GROUP, name, "method or function", "of")
    except SpecError:
        raise
    except Exception as error:
        raise _broken(name, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(found, CompositeMethod):
        raise _broken(name, f"is a {type(found).__name__}, not a CompositeMethod")
    return found


def _broken(name: str, why: str) -> SpecError:
    return SpecError(
        f"the method {name}{_package(name)} {why}",
        field="of",
        value=name,
        hint="ask its author, or write the formula without it",
    )


def _package(name: str) -> str:
    """Return in words which package brings a method."""
    point = offered(GROUP).get(name)
    return f" of the package {point.dist.name}" if point is not None and point.dist is not None else ""


def named_in(text: str, known: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names in a formula but for those of functions, in their order; none where it is no formula.

    Args:
        text: the formula.
        known: names that stand for themselves though Python would read them otherwise.

    >>> named_in("price / max(power, floor)")
    ('price', 'power', 'floor')
    """
    spelling = spelled(text.strip(), known)
    try:
        tree = ast.parse(spelling.text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    words = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
    words.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys((*(spelling.name(node.id) for node in words), *quoted_names(tree.body, number=True))))


def _both(uncertainty: float | None) -> tuple[float, float]:
    return (uncertainty or 0.0, -(uncertainty or 0.0))
