"""Composites: an objective worked out from measured quantities, by a formula or a registered method.

A difference to a target has a kink at its best, and a ratio is rough where its divisor is small; the quantities that
they are made of are smooth. So each quantity is measured and modelled by itself, and the objective follows from them
(Astudillo and Frazier 2019, "Bayesian Optimization of Composite Functions", ICML).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import DataError, SpecError
from zosimos.core.expression import FUNCTIONS, ColumnArray, Formula
from zosimos.core.naming import quoted_names, spelled
from zosimos.core.plugins import offered, plugin

GROUP = "zosimos.composites"
"""Entry-point group of the methods that formulas may call by name."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CompositeMethod:
    """A function that formulas of objectives may call.

    Args:
        arguments: by name, in order, how many numbers each takes: 1 for a number, more for a list of constants.
        compute: gets an array for each number (they broadcast) and a tuple for each list, and returns an array; NaN
            where it has no value.
    """

    arguments: Mapping[str, int]
    compute: Callable[..., Any]


@dataclass(frozen=True)
class MeasuredQuantity:
    """A measured quantity that an objective is made of, in a unit; its values lie between ``low`` and ``high``."""

    name: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class Composite(Formula):
    """How an objective follows from measured quantities, parameters and constants.

    The language is that of :class:`~zosimos.core.expression.Formula`, and calls of registered methods.

    Args:
        text: the formula.
        quantities: what is measured; the names in the formula that are neither constants nor parameters.
        constants: numbers, or lists of them for methods that take such.

    Raises:
        SpecError: the text is no such formula, a method is unknown or gets other arguments than it takes, or no
            measured quantity is in it.

    >>> cost = Composite("price / power", (MeasuredQuantity("price"), MeasuredQuantity("power")))
    >>> cost.measured({"price": (3.0, 0.3), "power": (2.0, None)}, {})
    (1.5, None)
    """

    quantities: tuple[MeasuredQuantity, ...] = ()
    constants: Mapping[str, float | tuple[float, ...]] = field(default_factory=dict, hash=False)
    _kind: ClassVar[str] = "formula of an objective"
    _field: ClassVar[str] = "of"

    def __post_init__(self) -> None:
        _ = self._worth
        if not any(quantity.name in self.names for quantity in self.quantities):
            raise self._refused("it names no measured quantity", "one or more, such as price / power")

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
        known = ", ".join((*sorted(FUNCTIONS), *offered(GROUP)))
        hint = hint or f"use measured quantities, parameters, constants, numbers, + - * / ** %, {known}"
        return SpecError(f"{self._kind} refused: {why}", field=self._field, value=self.text, allowed=allowed, hint=hint)

    def _number(self, node: ast.expr) -> Callable[[Mapping[str, ColumnArray]], Any]:
        match node:
            case ast.Name(id=word) if self._spelling.name(word) in self.constants:
                name = self._spelling.name(word)
                constant = self.constants[name]
                if isinstance(constant, tuple):
                    found = f"{name} is a list of {len(constant)} numbers"
                    raise self._refused(found, "a list only where a method takes it")
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
            shape = np.broadcast_shapes(*(np.shape(one) for one in given if not isinstance(one, tuple)))
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


def named_in(text: str) -> tuple[str, ...]:
    """Return the names in a formula but for those of functions, in their order; none where it is no formula.

    >>> named_in("price / max(power, floor)")
    ('price', 'power', 'floor')
    """
    spelling = spelled(text.strip())
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
