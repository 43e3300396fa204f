"""Modules are small: one idea a file."""

from __future__ import annotations

import statistics

from tests.exceptions import Exceptions
from tests.shape.source import modules

MOST, MEDIAN = 400, 150
LONG = Exceptions({}, at_most=0)
"""Modules of more than 400 lines, and why they may stay for now."""


def lines() -> dict[str, int]:
    return {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}


def test_no_module_is_long() -> None:
    LONG.check((name for name, count in lines().items() if count > MOST), "split what has more than 400 lines")


def test_half_of_the_modules_are_short() -> None:
    assert statistics.median(lines().values()) < MEDIAN
