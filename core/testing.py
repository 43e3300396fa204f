"""Conformance kit for parameter types: ``parameter_checks(MyType("x"))``, each check a test of its own."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.conformance import Check, run_all
from zosimos.core.parameter import Parameter, as_values, levels_of, range_of, value_at
from zosimos.core.parameter_types import contradiction
from zosimos.core.values import Value, is_number

_POINTS = 257  # coordinates looked at, both ends among them
_LISTED = 1000  # values that are all looked at
_ROOM = 1e-6  # of a range: for rounding
_NO_VALUES: tuple[object, ...] = (None, True, [1], {}, math.nan, math.inf, -math.inf, 10**400, b"x")


def check_parameter(parameter: Parameter) -> None:
    """Run :func:`parameter_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all(parameter_checks(parameter))


def parameter_checks(parameter: Parameter) -> list[Check]:
    """Return the checks of the contract of :class:`~zosimos.core.parameter.Parameter`.

    Args:
        parameter: one of the type, as a campaign would have it; run the checks on several that differ.

    >>> from zosimos.core.parameters import Integer
    >>> [str(check) for check in parameter_checks(Integer("n", 1, 5))][:2]
    ['it answers what a parameter is asked', 'its name, unit and values in words are texts']
    """
    kit = _Kit(parameter)
    return [
        Check("it answers what a parameter is asked", kit.answers),
        Check("its name, unit and values in words are texts", kit.has_words),
        Check("every value that it draws is valid", kit.draws_valid_values),
        Check("its values are numbers or texts that JSON keeps", kit.survives_json),
        Check("its numbers lie within its bounds", kit.keeps_bounds),
        Check("values that can be counted are as many, and different", kit.counts),
        Check("each value has its share of the coordinates, in order", kit.shares),
        Check("it places each value where it is drawn", kit.places),
        Check("it refuses what is no value, in words", kit.refuses),
        Check("it judges columns as it judges values", kit.judges_alike),
        Check("its model columns have their shape, and lie between 0 and 1", kit.encodes),
        Check("different values have different model columns", kit.tells_apart),
        Check("it decodes what it encoded", kit.decodes),
        Check("its scale is what its model columns follow", kit.keeps_scale),
        Check("what is no value has finite model columns too", kit.encodes_others),
        Check("a column has the same answers as its values one by one", kit.answers_in_columns),
        Check("it takes columns without rows", kit.takes_no_rows),
        Check("the same question has the same answer, and what it is given stays as it was", kit.is_pure),
    ]


class _Kit:
    def __init__(self, parameter: Parameter) -> None:
        self._it = parameter

    def _drawn(self) -> NDArray[Any]:
        """Return values over all coordinates, as columns of a table hold them."""
        return self._column(as_values(self._it, self._it.drawn(np.linspace(0.0, 1.0, _POINTS))))

    def _column(self, values: list[Any]) -> NDArray[Any]:
        return np.array(values, dtype=object if self._it.kind == "text" else float)

    def _levels(self) -> list[Value]:
        """Return all values, where they can be counted and are not too many."""
        return levels_of(self._it) if 0 < self._it.count <= _LISTED else []

    def answers(self) -> None:
        wrong = contradiction(self._it)
        assert not wrong, f"this is a {type(self._it).__name__}, {wrong}"

    def has_words(self) -> None:
        for what in ("name", "unit", "allowed"):
            found: object = getattr(self._it, what)
            assert isinstance(found, str), f"{what} must be a text, not {found!r}"
        assert self._it.name, "it must have a name"
        assert self._it.allowed, "it must say in words which values it takes"

    def draws_valid_values(self) -> None:
        for value in as_values(self._it, self._drawn()):
            problem = self._it.problem(value)
            assert problem is None, f"it draws {value!r}, which it refuses: {problem}"

    def survives_json(self) -> None:
        kind = self._it.kind
        for value in as_values(self._it, self._drawn()):
            fits = isinstance(value, str) if kind == "text" else is_number(value)
            assert fits, f"a value of the kind {kind} cannot be {value!r}"
            assert kind != "whole" or float(value) == int(value), f"{value!r} is no whole number"
            assert json.loads(json.dumps(value)) == value, f"{value!r} is not the same after JSON"

    def keeps_bounds(self) -> None:
        if self._it.kind == "text":
            assert self._it.bounds is None, "texts have no bounds"
            return
        low, high = range_of(self._it)
        for value in as_values(self._it, self._drawn()):
            assert low <= value <= high, f"it draws {value!r}, outside its bounds {low:g} to {high:g}"

    def counts(self) -> None:
        levels = self._levels()
        assert len(set(levels)) == len(levels), f"of {self._it.count} values, only {len(set(levels))} differ"
        if levels:
            odd = set(as_values(self._it, self._drawn())) - set(levels)
            assert not odd, f"it draws {odd.pop()!r}, which is none of its {len(levels)} values"

    def shares(self) -> None:
        levels = self._levels()
        for place, level in enumerate(levels):
            for within in (0.01, 0.99):
                found = value_at(self._it, (place + within) / len(levels))
                assert found == level, (
                    f"value {place + 1} of {len(levels)} is {level!r}, not {found!r} all over its share"
                )

    def places(self) -> None:
        values = self._drawn()
        at = np.asarray(self._it.placed(values), dtype=float)
        assert at.shape == values.shape, f"{len(values)} values have coordinates of shape {at.shape}"
        assert ((at >= 0) & (at <= 1)).all(), f"a coordinate lies outside [0, 1]: {at.min():g} to {at.max():g}"
        self._compare(self._it.drawn(at), values, "the value drawn where {!r} is placed is {!r}")

    def refuses(self) -> None:
        foreign: tuple[object, ...] = (*_NO_VALUES, *((0, 1.5) if self._it.kind == "text" else ("no such value",)))
        for value in foreign:
            problem = self._it.problem(value)
            assert isinstance(problem, str), f"it must say what is wrong with {value!r}, not {problem!r}"
            assert self._it.name in problem, f"what is wrong with {value!r} must name the parameter: {problem}"

    def judges_alike(self) -> None:
        others = ["no such value", ""] if self._it.kind == "text" else self._numbers_around()
        values = [*as_values(self._it, self._drawn())[::16], *others]
        found = np.asarray(self._it.allows(self._column(values)))
        assert found.shape == (len(values),), f"{len(values)} values are judged by an array of shape {found.shape}"
        assert found.dtype == bool, f"truths must come back, not {found.dtype}"
        for value, good in zip(values, found.tolist(), strict=True):
            assert good == (self._it.problem(value) is None), f"allows and problem disagree about {value!r}"

    def _numbers_around(self) -> list[float]:
        low, high = range_of(self._it)
        shares = np.array([-1.0, -0.001, 0.123456, 0.5000001, 0.9, 1.001, 2.0])
        return [float(x) for x in low + shares * (high - low)]

    def encodes(self) -> None:
        values = self._drawn()
        columns = np.asarray(self._it.encoded(values))
        wanted = (len(values), self._it.width)
        assert columns.shape == wanted, f"the model columns have the shape {columns.shape}, not {wanted}"
        assert columns.dtype.kind == "f", f"model columns must be floats, not {columns.dtype}"
        inside = (columns >= -_ROOM) & (columns <= 1 + _ROOM)
        assert inside.all(), f"model columns of valid values must lie in [0, 1]: {columns.min():g} to {columns.max():g}"

    def tells_apart(self) -> None:
        values = self._column(self._levels()) if self._levels() else self._drawn()
        columns = np.asarray(self._it.encoded(values))
        seen: dict[tuple[float, ...], Any] = {}
        for value, row in zip(values.tolist(), np.round(columns, 9).tolist(), strict=True):
            other = seen.setdefault(tuple(row), value)
            assert other == value, f"{other!r} and {value!r} have the same model columns {row}"

    def decodes(self) -> None:
        values = self._drawn()
        found = np.asarray(self._it.decoded(np.asarray(self._it.encoded(values))))
        assert found.shape == values.shape, f"{len(values)} rows are decoded to the shape {found.shape}"
        self._compare(found, values, "{!r} is decoded to {!r}")

    def keeps_scale(self) -> None:
        if self._it.scale == "own":
            return
        low, high = range_of(self._it)
        values = self._drawn().astype(float)
        wanted = (values - low) / (high - low)
        if self._it.scale == "log":
            wanted = np.log(values / low) / math.log(high / low)
        found = np.asarray(self._it.encoded(values))[:, 0]
        worst = int(np.abs(found - wanted).argmax())
        assert abs(found[worst] - wanted[worst]) < _ROOM, (
            f"on a {self._it.scale} scale {values[worst]:g} is {wanted[worst]:g}, not {found[worst]:g}"
        )

    def encodes_others(self) -> None:
        others = ["no such value"] if self._it.kind == "text" else [*self._numbers_around(), 0.0, -1.0]
        columns = np.asarray(self._it.encoded(self._column(others)))
        assert columns.shape == (len(others), self._it.width), f"{len(others)} values have columns {columns.shape}"
        assert np.isfinite(columns).all(), "what was found outside the range, or is no value any more, is learned from"

    def answers_in_columns(self) -> None:
        values = self._drawn()[::16]
        whole, at = np.asarray(self._it.encoded(values)), np.asarray(self._it.placed(values))
        for row in range(len(values)):
            one = values[row : row + 1]
            assert np.allclose(self._it.encoded(one)[0], whole[row]), f"{one[0]!r} is encoded in another way alone"
            assert np.allclose(self._it.placed(one)[0], at[row]), f"{one[0]!r} is placed elsewhere alone"

    def takes_no_rows(self) -> None:
        none = self._column([])
        assert np.asarray(self._it.encoded(none)).shape == (0, self._it.width), "no values have no rows of columns"
        assert np.asarray(self._it.decoded(np.empty((0, self._it.width)))).shape == (0,), "no columns have no values"
        for what in (self._it.drawn(np.empty(0)), self._it.placed(none), self._it.allows(none)):
            assert np.asarray(what).shape == (0,), "no rows have no answers"

    def is_pure(self) -> None:
        points = np.linspace(0.0, 1.0, _POINTS)
        values, columns = self._drawn(), np.asarray(self._it.encoded(self._drawn()))
        for ask, given in (
            (self._it.drawn, points),
            (self._it.placed, values),
            (self._it.encoded, values),
            (self._it.allows, values),
            (self._it.decoded, columns),
        ):
            before = given.copy()
            first, second = np.asarray(ask(given)).tolist(), np.asarray(ask(given)).tolist()
            assert first == second, f"{ask.__name__} must give the same for the same"
            assert given.tolist() == before.tolist(), f"{ask.__name__} must leave what it is given as it was"

    def _compare(self, found: NDArray[Any], wanted: NDArray[Any], words: str) -> None:
        if self._it.kind == "text":
            for one, other in zip(wanted.tolist(), np.asarray(found).tolist(), strict=True):
                assert one == other, words.format(one, other)
            return
        low, high = range_of(self._it)
        for one, other in zip(wanted.tolist(), np.asarray(found, dtype=float).tolist(), strict=True):
            assert abs(one - other) <= _ROOM * (high - low), words.format(one, other)
