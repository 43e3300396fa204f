"""A campaign of many parameters: what does not fit a screen is said to be there, and nothing of it is lost."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]


def _spec(folder: Path, objectives: str) -> Path:
    space = "\n".join(f"  p{number}: {{min: 0, max: {number + 1}}}" for number in range(45))
    file = folder / "many.yaml"
    planned = "planner: {kind: random}\nbudget: {experiments: 9}"
    file.write_text(f"name: many\nspace:\n{space}\nobjectives: {objectives}\n{planned}\n")
    return file


def _results(path: Path, **outcomes: Callable[[int], float]) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for number, row in enumerate(rows):
            writer.writerow({**row, **{name: found(number) for name, found in outcomes.items()}})


def test_tables_show_forty_parameters_and_say_how_many_more_there_are(cli: Cli, folder: Path) -> None:
    file = _spec(folder, "{y: {goal: max}}")
    found = cli("validate", file)
    assert "p39: 0 to 40" in found.out
    assert "... and 5 more (--json has them)" in found.out
    assert "p40" not in found.out
    assert cli("validate", file, "--json").json["parameters"] == [f"p{number}" for number in range(45)]
    asked = cli("ask", file, "-n", "2", "-o", "out.csv")
    assert "... and 5 more (--json has them)" in asked.out
    assert "p40" not in asked.out
    _results(folder / "out.csv", y=float)
    told = cli("tell", "last", "out.csv")
    assert told.code == 0, told.err
    status = cli("status", "last")
    assert "... and 5 more (--json has them)" in status.out
    assert list(cli("status", "last", "--json").json["best"]["candidate"])[-1] == "p44"


def test_recipes_that_none_dominates_are_shown_with_as_many_columns(cli: Cli, folder: Path) -> None:
    cli("ask", _spec(folder, "{y: {goal: max}, z: {goal: min}}"), "-n", "2", "-o", "out.csv")
    _results(folder / "out.csv", y=float, z=float)
    assert cli("tell", "last", "out.csv").code == 0
    shown = cli("status", "last").out
    assert "1 other is better in one outcome and worse in another" in shown
    assert "... and 5 more (--json has them)" in shown


def test_what_effects_cannot_be_told_apart_in_a_search_is_a_few_lines(cli: Cli, folder: Path) -> None:
    choices = ", ".join(f"c{number}" for number in range(4))
    space = "\n".join(f"  p{number}: {{choices: [{choices}]}}" for number in range(5))
    (folder / "many.yaml").write_text(
        f"name: many\nspace:\n{space}\nobjectives: {{y: {{goal: max}}}}\nplanner: {{kind: random}}\n"
        "budget: {experiments: 20}\n"
    )
    cli("ask", "many.yaml", "-n", "10", "-o", "out.csv")
    _results(folder / "out.csv", y=lambda number: number**2 % 7)
    assert cli("tell", "last", "out.csv").code == 0
    found = cli("effects", "last", "--model", "interactions")
    every = cli("effects", "last", "--model", "interactions", "--json").json["outcomes"]["y"]["aliases"]
    told = found.out.split("R2")[1].splitlines()
    assert len(every) > 50
    assert len(told) < 25
    assert max(map(len, told)) < 210
    assert f"... and {len(every) - 16} more such lines (--json has them)" in found.out
