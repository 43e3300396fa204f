"""Safe arithmetic: constraints written as text, such as ``"a + 2*b <= 0.8"``.

The text is parsed by Python's own parser and walked by hand. What is not in the tables below does not exist: no
attribute, no index, no call but the listed functions, no code. Numbers are 64-bit floats, so that no power or product
can grow without bound. Names are parameters; any name can be said
(:mod:`zosimos.core.naming`). Evaluation is over whole columns at once.

A tolerant condition holds for decimals as it does on paper: 0.1 + 0.2 <= 0.3 (:mod:`zosimos.core.rounding`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.linear_parts import LinearPart, Ranges, linear_parts
from zosimos.core.naming import Spelling, may_be_names, quoted_names, spelled
from zosimos.core.rounding import remainder, settled, size_of
from zosimos.core.shortfall import Lacks, shortfalls
from zosimos.core.slips import decimal_comma_in, slip_in

ColumnArray: TypeAlias = NDArray[Any]
_Evaluator: TypeAlias = Callable[[Mapping[str, ColumnArray]], Any]
_Truth: TypeAlias = tuple[Any, Any]  # where it holds and where it fails; where a number is undefined it does neither
_Judge: TypeAlias = Callable[[Mapping[str, ColumnArray]], _Truth]

_MAX_TEXT = 500
_MAX_NODES = 200
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
    ast.Pow: np.float_power,
    ast.Mod: np.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_UNARY: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
}
_REDUCING: dict[str, Callable[..., Any]] = {
    "min": lambda *columns: np.minimum.reduce(np.broadcast_arrays(*columns)),
    "max": lambda *columns: np.maximum.reduce(np.broadcast_arrays(*columns)),
}

FUNCTIONS = {**_UNARY, **_REDUCING}
"""The functions that formulas may call, each of columns."""

OPERATORS = _ARITHMETIC
"""What joins two columns, by the operator's class."""


@dataclass(frozen=True)
class Expression:
    """A condition on parameters, true where a candidate is allowed.

    Comparisons, ``and``, ``or``, ``not``, ``+ - * / ** %``, ``abs sqrt exp log log10 min max``, numbers, parameter
    names and, for categorical parameters, quoted choices. Names that are no words stand in backticks, or in quotes
    where a number is wanted.

    Args:
        text: the condition.
        tolerant: whether it is judged as decimals on paper are; else as 64-bit floats are.
        known: the names that there may be, so that one such as flow-rate needs no quotes.

    Raises:
        SpecError: the text is not such a condition.

    >>> Expression("a + 2*b <= 0.8").holds({"a": np.array([0.1, 0.5]), "b": np.array([0.2, 0.2])})
    array([ True, False])
    """

    text: str
    tolerant: bool = field(default=False, kw_only=True)
    known: tuple[str, ...] = field(default=(), kw_only=True, compare=False)
    _kind: ClassVar[str] = "constraint"
    _field: ClassVar[str] = "constraints"
    _example: ClassVar[str] = "a comparison such as a + 2*b <= 0.8"

    def __post_init__(self) -> None:
        _ = self._judge  # parse now, so that a wrong text fails where it is written

    @cached_property
    def _spelling(self) -> Spelling:
        return spelled(self.text.strip(), self.known)

    @cached_property
    def _tree(self) -> ast.expr:
        if len(self.text) > _MAX_TEXT:
            raise self._refused("it is too long", f"at most {_MAX_TEXT} characters")
        try:
            tree = ast.parse(self._spelling.text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self._refused("it does not parse", self._example) from error
        today = self.tolerant or bool(self.known)  # rules on record from before keep what they meant
        if today and (words := decimal_comma_in(self._spelling.text, tree)):
            raise self._refused("a comma stands between two digits", "decimals with a point, as in 0.5", words)
        if sum(1 for _ in ast.walk(tree)) > _MAX_NODES:
            raise self._refused("it is too long", f"at most {_MAX_NODES} parts")
        return tree

    @cached_property
    def _judge(self) -> _Judge:
        judge = self._condition(self._tree)
        if not self.names:
            raise self._refused("it speaks of no parameter", "a comparison such as a + 2*b <= 0.8")
        return judge

    @property
    def names(self) -> frozenset[str]:
        """The parameters the condition speaks of."""
        called = {id(node.func) for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        words = [node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name) and id(node) not in called]
        return frozenset((*map(self._spelling.name, words), *self._quoted_names))

    @property
    def quoted(self) -> frozenset[str]:
        """The quoted choices the condition speaks of."""
        nodes = (node for node in ast.walk(self._tree) if isinstance(node, ast.Constant))
        return frozenset(node.value for node in nodes if isinstance(node.value, str)) - self._quoted_names

    @cached_property
    def _quoted_names(self) -> frozenset[str]:
        return frozenset(quoted_names(self._tree, number=isinstance(self, Formula)))

    def holds(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the condition holds; where it has no value it does not.

        Raises:
            SpecError: it does arithmetic on a column of text.
        """
        with np.errstate(all="ignore"):
            return np.asarray(self._judge(columns)[0], dtype=bool)

    def lacks(self, columns: Mapping[str, ColumnArray]) -> list[NDArray[np.float64]]:
        """Return, for each row of the columns, what each part of the condition lacks, relative to its numbers."""
        with np.errstate(all="ignore"):
            return self._lacks(columns)

    @cached_property
    def _lacks(self) -> Lacks:
        def truth(node: ast.expr) -> _Evaluator:
            judge = self._condition(node)
            return lambda columns: judge(columns)[0]

        return shortfalls(self._tree, self._number, truth)

    def linear(self, ranges: Ranges) -> list[LinearPart]:
        """Return what the condition says that is linear in parameters; those with numbers have their bounds given."""
        return linear_parts(self._tree, self._spelling.name, ranges)

    def _refused(self, why: str, allowed: str, hint: str = "") -> SpecError:
        return SpecError(
            f"{self._kind} refused: {why}",
            field=self._field,
            value=self.text,
            allowed=allowed,
            hint=hint
            or slip_in(self.text)
            or "use parameter names, numbers, + - * / ** %, comparisons, and, or, not, "
            + ", ".join((*_UNARY, *_REDUCING)),
        )

    def _written(self, node: ast.expr) -> str:
        return self._spelling.as_written(ast.unparse(node))

    def _condition(self, node: ast.expr) -> _Judge:
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._condition(operand)
                return lambda columns: inner(columns)[::-1]
            case ast.BoolOp(op=op, values=values):
                parts = [self._condition(value) for value in values]
                joins = (np.logical_and, np.logical_or) if isinstance(op, ast.And) else (np.logical_or, np.logical_and)

                def joined(columns: Mapping[str, ColumnArray]) -> _Truth:
                    held, failed = zip(*(part(columns) for part in parts), strict=True)
                    return joins[0].reduce(np.broadcast_arrays(*held)), joins[1].reduce(np.broadcast_arrays(*failed))

                return joined
            case ast.Compare(left=left, ops=ops, comparators=rest) if all(type(op) in _COMPARISONS for op in ops):
                terms = [left, *rest]
                pairs = [self._compared(a, op, b) for a, op, b in zip(terms, ops, rest, strict=False)]

                def chained(columns: Mapping[str, ColumnArray]) -> _Truth:
                    held, failed = zip(*(pair(columns) for pair in pairs), strict=True)
                    return np.logical_and.reduce(np.broadcast_arrays(*held)), np.logical_or.reduce(
                        np.broadcast_arrays(*failed)
                    )

                return chained
            case _:
                raise self._refused(f"{self._written(node)!r} compares nothing", "a comparison such as a + 2*b <= 0.8")

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> _Judge:
        """Return the judge of one comparison: of numbers in any way, of names and quoted choices for equality."""
        named = isinstance(op, ast.Eq | ast.NotEq) and may_be_names(left, right)
        a, b = (self._name_or_choice(side) if named else None for side in (left, right))
        first, second = a or self._number(left), b or self._number(right)
        test = _COMPARISONS[type(op)]
        sizes = [size_of(self._number, side) for side in (left, right)] if self.tolerant else []

        def judged(columns: Mapping[str, ColumnArray]) -> _Truth:
            x, y = first(columns), second(columns)
            known = np.logical_not(_undefined(x) | _undefined(y))
            if sizes and not (_is_text(x) or _is_text(y)):
                x, y = settled(x, y, sizes[0](columns) + sizes[1](columns))
            outcome = np.asarray(test(x, y), dtype=bool)
            return known & outcome, known & ~outcome

        return judged

    def _name_or_choice(self, node: ast.expr) -> _Evaluator | None:
        match node:
            case ast.Constant(value=str() as text):
                return lambda _: text
            case ast.Name(id=word):
                name = self._spelling.name(word)
                return lambda columns: columns[name]
            case _:
                return None

    def _number(self, node: ast.expr) -> _Evaluator:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self._constant(number)
            case ast.Name(id=word) | ast.Constant(value=str() as word):
                name = self._spelling.name(word)
                return lambda columns: self._numeric(name, columns)
            case ast.BinOp(left=left, op=ast.Mod(), right=right) if self.tolerant:
                return remainder(self._number, left, right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._applied(operator.neg, operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._number(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self._applied(_ARITHMETIC[type(op)], left, right)
            case ast.Call(func=ast.Name(id=name), args=[only], keywords=[]) if name in _UNARY:
                return self._applied(_UNARY[name], only)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _REDUCING and args:
                return self._applied(_REDUCING[name], *args)
            case _:
                raise self._refused(f"{self._written(node)!r} is not allowed", "arithmetic on parameters")

    def _constant(self, number: float) -> _Evaluator:
        try:
            constant = np.float64(number)
        except OverflowError:
            constant = np.float64(np.inf)
        if not np.isfinite(constant):
            raise self._refused("a number is too large", "numbers up to 1e308")
        return lambda _: constant

    def _numeric(self, name: str, columns: Mapping[str, ColumnArray]) -> ColumnArray:
        column = columns[name]
        if _is_text(column):  # text would mean other things to + and %, some of them costly
            raise self._refused(f"{name!r} has no numbers", f"{name} == 'a choice' or {name} != 'a choice'")
        return column

    def _applied(self, function: Callable[..., Any], *nodes: ast.expr) -> _Evaluator:
        parts = [self._number(node) for node in nodes]
        return lambda columns: function(*(part(columns) for part in parts))


@dataclass(frozen=True)
class Formula(Expression):
    """A number worked out from named numbers, in the language of :class:`Expression` without its comparisons.

    Raises:
        SpecError: the text is no such formula.

    >>> Formula("volume - a - b").value({"volume": 1.5, "a": 0.5, "b": 0.25})
    0.75
    """

    _kind: ClassVar[str] = "formula"
    _field: ClassVar[str] = "formula"
    _example: ClassVar[str] = "arithmetic such as a + 2*b"

    def __post_init__(self) -> None:
        _ = self._worth

    @cached_property
    def _worth(self) -> _Evaluator:
        return self._number(self._tree)

    def column(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.float64]:
        """Return the number for each row of the columns, NaN where it has none; a single one if no name is in it.

        Raises:
            SpecError: it does arithmetic on a column of text.
            KeyError: a name has no column.
        """
        with np.errstate(all="ignore"):
            return np.asarray(self._worth(columns), dtype=float)

    def value(self, values: Mapping[str, float]) -> float:
        """Return the number for these values; NaN where it has none.

        Raises:
            KeyError: a name has no value.
        """
        with np.errstate(all="ignore"):
            return float(self._worth({name: np.asarray(values[name], dtype=float) for name in self.names}))

    def check_money(self, units: Mapping[str, str], unit: str, field: str) -> None:
        """Refuse a formula about money that does not come out in its unit (:mod:`zosimos.core.formula_units`).

        Raises:
            SpecError: different things are added, or the result is not in the unit.
        """
        from zosimos.core.formula_units import check_money

        check_money(self._tree, self._spelling.name, units, unit, field)


def _undefined(value: Any) -> Any:
    """Return where a value is no number, such as the logarithm of a negative one; text always has its value."""
    return np.False_ if _is_text(value) else np.isnan(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or value.dtype.kind in "OSU"
