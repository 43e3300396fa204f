"""The kit for analysis methods passes our own methods, and names what is wrong with broken ones."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

import pytest

from zosimos.analysis.colour.channels import CALIBRATION, DIFFERENCE
from zosimos.analysis.methods import Method
from zosimos.analysis.testing import check_method, method_checks
from zosimos.core.conformance import Check
from zosimos.core.errors import ExecutionError

CHANNELS = ("f1", "f2", "f3", "f4")


def reading(level: float, *, full: bool = False) -> dict[str, Any]:
    counts = {name: 65535 if full else round(level * (500 + 90 * i)) for i, name in enumerate(CHANNELS)}
    return {"counts": counts, "spread": dict.fromkeys(CHANNELS, 2.0), "full_scale": 65535}


STANDARDS = {
    "readings": [reading(level) for level in (0.1, 0.3, 0.6, 1.0)],
    "certificates": [[0.95 * level, level, 1.08 * level] for level in (0.1, 0.3, 0.6, 1.0)],
}
MATRIX = CALIBRATION.compute(STANDARDS)
SHOWN = {"reading": reading(0.4), "calibration": MATRIX, "target": [120, 110, 100]}
SATURATED = {**SHOWN, "reading": reading(0.4, full=True)}


@pytest.mark.parametrize("check", method_checks(CALIBRATION, STANDARDS), ids=str)
def test_the_calibration_of_colours_is_a_method(check: Check) -> None:
    check()


@pytest.mark.parametrize("check", method_checks(DIFFERENCE, SHOWN, refused=[SATURATED]), ids=str)
def test_the_difference_of_colours_is_a_method(check: Check) -> None:
    check()


def broken(breach: str) -> Method:
    memory: list[float] = []

    def mean(inputs: Mapping[str, Any]) -> dict[str, Any]:
        readings = inputs["readings"]
        if not readings:
            if breach == "divides by nothing":
                return {"mean": {"value": sum(readings) / len(readings), "uncertainty": 0.0}}
            raise ExecutionError("there is no reading", field="readings")
        value = sum(readings) / len(readings)
        memory.append(value)
        if breach == "remembers":
            value += len(memory)
        if breach == "changes its inputs":
            readings.append(value)
        if breach == "asks for more":
            value += inputs["offset"]
        if breach == "not a number":
            value = math.nan
        if breach == "chance":
            value += random.random()
        spread = -1.0 if breach == "negative uncertainty" else 0.1
        name = "average" if breach == "gives another" else "mean"
        return {name: {"value": value, "uncertainty": spread}, **({"n": len(readings)} if breach != "one" else {})}

    needs = ("readings", "readings") if breach == "names twice" else ("readings",)
    return Method(needs, ("mean", "n"), mean)


EXAMPLE = {"readings": [1.0, 2.0, 4.0], "offset": 0.5}


@pytest.mark.parametrize("check", method_checks(broken(""), EXAMPLE, refused=[{"readings": []}]), ids=str)
def test_a_small_method_keeps_the_contract(check: Check) -> None:
    check()


@pytest.mark.parametrize(
    ("breach", "named"),
    [
        ("names twice", "it names what it needs and gives"),
        ("gives another", "it gives what it says, as JSON data"),
        ("one", "it gives what it says, as JSON data"),
        ("not a number", "it gives finite numbers, uncertainties of 0 or more"),
        ("negative uncertainty", "it gives finite numbers, uncertainties of 0 or more"),
        ("remembers", "the same inputs give the same result"),
        ("chance", "the same inputs give the same result"),
        ("changes its inputs", "it leaves its inputs as they were"),
        ("asks for more", "it needs nothing that it does not name"),
        ("divides by nothing", "it refuses the bad inputs 1 in words"),
    ],
)
def test_a_breach_of_the_contract_fails_the_check_of_that_name(breach: str, named: str) -> None:
    by_name = {str(check): check for check in method_checks(broken(breach), EXAMPLE, refused=[{"readings": []}])}
    with pytest.raises((AssertionError, KeyError, ZeroDivisionError)):
        by_name[named]()


def test_an_example_that_lacks_something_is_told() -> None:
    with pytest.raises(AssertionError, match="the example has what it needs: the example lacks readings"):
        check_method(broken(""), {"offset": 1.0})
