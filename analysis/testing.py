"""Conformance kit for analysis methods: ``method_checks(MY_METHOD, example)``, each check a test of its own."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zosimos.analysis.methods import Method
from zosimos.core.conformance import Check, run_all
from zosimos.core.errors import ZosimosError


def check_method(method: Method, inputs: Mapping[str, Any], *, refused: Sequence[Mapping[str, Any]] = ()) -> None:
    """Run :func:`method_checks`.

    Raises:
        AssertionError: a check failed; it is named.
    """
    run_all(method_checks(method, inputs, refused=refused))


def method_checks(
    method: Method, inputs: Mapping[str, Any], *, refused: Sequence[Mapping[str, Any]] = ()
) -> list[Check]:
    """Return the checks of the contract of :class:`Method`.

    Args:
        method: the method.
        inputs: an example of what it needs, by name (JSON data).
        refused: inputs from which no result can come, such as a saturated reading.

    >>> from zosimos.analysis.methods import Method
    >>> def mean(inputs):
    ...     return {"mean": {"value": sum(inputs["readings"]) / len(inputs["readings"]), "uncertainty": 0.1}}
    >>> [str(check) for check in method_checks(Method(("readings",), ("mean",), mean), {"readings": [1.0, 2.0]})][:2]
    ['it names what it needs and gives', 'the example has what it needs']
    """
    kit = _Kit(method, inputs)
    checks = [
        Check("it names what it needs and gives", kit.names),
        Check("the example has what it needs", kit.complete),
        Check("it gives what it says, as JSON data", kit.gives),
        Check("it gives finite numbers, uncertainties of 0 or more", kit.numbers),
        Check("the same inputs give the same result", kit.repeats),
        Check("it leaves its inputs as they were", kit.unchanged),
        Check("it needs nothing that it does not name", kit.sufficient),
    ]
    for number, bad in enumerate(refused, 1):
        checks.append(Check(f"it refuses the bad inputs {number} in words", lambda bad=bad: kit.refuses(bad)))  # type: ignore[misc]  # the lambda keeps its own
    return checks


class _Kit:
    def __init__(self, method: Method, inputs: Mapping[str, Any]) -> None:
        self._method = method
        self._inputs = inputs

    def names(self) -> None:
        for what, names in (("needs", tuple(self._method.needs)), ("gives", tuple(self._method.gives))):
            assert names, f"it {what} nothing"
            assert all(isinstance(name, str) for name in names), f"what it {what} must be names, not {names}"
            assert all(names), f"a name is empty in what it {what}: {names}"
            assert len(set(names)) == len(names), f"a name is given twice in what it {what}: {names}"

    def complete(self) -> None:
        missing = [name for name in self._method.needs if name not in self._inputs]
        assert not missing, f"the example lacks {', '.join(missing)}"

    def _result(self) -> Mapping[str, Any]:
        return self._method.compute(copy.deepcopy(dict(self._inputs)))

    def gives(self) -> None:
        found = self._result()
        assert isinstance(found, Mapping), f"a mapping must come back, not a {type(found).__name__}"
        json.dumps(dict(found))
        names = tuple(self._method.gives)
        missing = [name for name in names if name not in found]
        whole = len(names) == 1 and bool(found)  # a method that gives one thing may return it by itself
        assert whole or not missing, f"it says that it gives {', '.join(missing)}, and does not"

    def numbers(self) -> None:
        for name, number in _numbers(self._result()):
            assert math.isfinite(number), f"{name} is {number}: a result that is no number must be an error"
            assert number >= 0 or not name.endswith(("uncertainty", "u_shared")), (
                f"{name} is {number}: it must be 0 or more"
            )

    def repeats(self) -> None:
        assert self._result() == self._result(), "two calls with the same inputs must give the same"

    def unchanged(self) -> None:
        given = copy.deepcopy(dict(self._inputs))
        self._method.compute(given)
        assert given == dict(self._inputs), "what it is given is not its own to change"

    def sufficient(self) -> None:
        only = {name: copy.deepcopy(self._inputs[name]) for name in self._method.needs}
        assert self._method.compute(only) == self._result(), "it must give the same for nothing but what it needs"

    def refuses(self, bad: Mapping[str, Any]) -> None:
        try:
            found = self._method.compute(copy.deepcopy(dict(bad)))
        except ZosimosError:
            return
        raise AssertionError(f"inputs without a result must raise ExecutionError; it gave {found}")


def _numbers(data: Any, place: str = "result") -> Iterator[tuple[str, float]]:
    """Yield every number in JSON data with the names that lead to it."""
    if isinstance(data, Mapping):
        for name, item in data.items():
            yield from _numbers(item, f"{place}.{name}")
    elif isinstance(data, list | tuple):
        for item in data:
            yield from _numbers(item, place)
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield place, float(data)
