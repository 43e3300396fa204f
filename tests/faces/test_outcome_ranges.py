"""A campaign whose outcome cannot lie beyond limits, on the command line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

SPEC = """\
name: yields
space:
  T: {min: 20, max: 100, unit: degC}
objectives:
  yield: {goal: max, unit: "%", range: RANGE}
budget: {experiments: 20}
"""


def spec_of(folder: Path, given: str) -> str:
    (folder / "yields.yaml").write_text(SPEC.replace("RANGE", given))
    return "yields.yaml"


def fill_in(folder: Path, outcomes: list[float]) -> None:
    header, *rows = csv.reader((folder / "t.csv").read_text(encoding="utf-8-sig").splitlines())
    for row, outcome in zip(rows, outcomes, strict=True):
        row[header.index("yield (%)")] = str(outcome)
    with (folder / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_a_result_beyond_the_range_is_told_and_the_next_rows_expect_nothing_there(cli: Cli, folder: Path) -> None:
    name = cli("ask", spec_of(folder, "{max: 1}"), "-n", 4, "-o", "t.csv", "--json").json["campaign"]
    answer = cli("steer", name, "--set", "objectives.yield.range.max=100")
    assert "objectives.yield.range.max: 1 -> 100" in answer.out
    fill_in(folder, [60, 80, 97, 104])
    answer = cli("tell", name, "t.csv")
    assert answer.code == 0
    assert "t.csv, line 5: yield 104 lies above 100 %, the most that can be" in answer.out
    (asked,) = cli("ask", name, "-n", 1, "--json").json["candidates"]
    assert "e0004 (104) above 100 %, the most that can be" in asked["reason"]
    assert asked["predictions"]["yield"]["mean"] <= 100
    assert cli("steer", name, "--set", "objectives.yield.range=null").out.count("range: at most 100 -> none") == 1
    assert cli("replay", name).code == 0


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ("{}", "objectives.yield.range", "it limits nothing: write min:, max:, or both"),
        ("{min: 5, max: 5}", "objectives.yield.range", "nothing lies in its range"),
        ("{min: 0 g}", "objectives.yield.range.min", "g cannot become %"),
        ("{maximum: 5}", "objectives.yield.range.maximum", "did you mean 'max'?"),
        ("100", "objectives.yield.range", "lines of max, min"),
        ("{min: 0, max: 1e308}", "objectives.yield.range.max", "leave max out where there is no limit"),
    ],
)
def test_a_range_that_is_wrong_is_answered_with_what_to_write(
    cli: Cli, folder: Path, given: str, field: str, words: str
) -> None:
    answer = cli("validate", spec_of(folder, given))
    assert answer.code == 2
    assert field in answer.err
    assert words in answer.err


def test_a_transform_is_said_steered_and_replayed(cli: Cli, folder: Path) -> None:
    spec = spec_of(folder, "{min: 0, max: 100}, transform: auto")
    name = cli("ask", spec, "-n", 5, "-o", "t.csv", "--json").json["campaign"]
    fill_in(folder, [3, 8, 30, 71, 96])
    assert cli("tell", name, "t.csv").code == 0
    (asked,) = cli("ask", name, "-n", 1, "--json").json["candidates"]
    assert "matern-5/2 by range, logit" in cli("explain", name, "--model").out
    assert 0 <= asked["predictions"]["yield"]["mean"] <= 100
    assert "transform: auto -> none" in cli("steer", name, "--set", "objectives.yield.transform=none").out
    assert cli("replay", name).code == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{min: 0}, transform: logit", "with logit of both"),
        ("{min: 0}, transform: root", "auto, log, logit, bi-log or power"),
    ],
)
def test_a_transform_that_cannot_be_is_answered_with_what_can(cli: Cli, folder: Path, given: str, words: str) -> None:
    answer = cli("validate", spec_of(folder, given))
    assert answer.code == 2
    assert "objectives.yield.transform" in answer.err
    assert words in answer.err
