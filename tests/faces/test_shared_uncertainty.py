"""What results share of their uncertainty, on the command line: told, shown, steered, corrected, replayed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

SPEC = """\
name: weighing
space:
  T: {min: 20, max: 100, unit: degC}
objectives:
  mass: {goal: max, unit: g, range: {min: 0, max: 10}SAID}
planner: {start: 4}
budget: {experiments: 20}
"""
ROWS = [(30, 1.0, 0.31, ""), (50, 2.0, 0.31, ""), (70, 2.4, 0, ""), (90, 2.0, 50, ""), (60, 2.3, 0.1, 0.3)]


def told(cli: Cli, folder: Path, said: str = "") -> tuple[str, Any]:
    (folder / "w.yaml").write_text(SPEC.replace("SAID", said))
    lines = ["T,mass,mass_uncertainty,mass_u_shared", *(",".join(map(str, row)) for row in ROWS)]
    (folder / "r.csv").write_text("\n".join([*lines, *(f"80,{2.2 + 0.001 * n},0.31," for n in range(6))]) + "\n")
    name = cli("ask", "w.yaml", "-n", 1, "--json").json["campaign"]
    return name, cli("tell", name, "r.csv")


def test_what_cannot_be_right_is_said_when_it_is_told_and_in_the_status(cli: Cli, folder: Path) -> None:
    name, answer = told(cli, folder)
    assert answer.code == 0
    assert "r.csv, line 4: mass states an uncertainty of 0, which counts as not known" in answer.out
    assert "r.csv, line 5: mass states an uncertainty of 50 g, more than the whole range of 10 g" in answer.out
    said = cli("status", name, "--json").json["uncertainties"]
    assert "(e0007, e0008, e0009, e0010 and 2 more) scatter by 0.0019 g, and 0.31 g is stated: part" in said[-1]
    assert cli("explain", name, "--json").json["notes"][-1] == said[-1]
    (asked,) = cli("ask", name, "-n", 1, "--json").json["candidates"]
    assert "times their stated uncertainties, and are learned from so" in asked["reason"]
    assert cli("replay", name).code == 0


def test_what_is_said_to_be_shared_silences_it_and_can_be_steered(cli: Cli, folder: Path) -> None:
    name, _ = told(cli, folder, ", u_shared: all")
    assert not any("same settings" in words for words in cli("status", name, "--json").json["uncertainties"])
    answer = cli("steer", name, "--set", "objectives.mass.u_shared=0.3 g")
    assert "objectives.mass.u_shared: all -> 0.3" in answer.out
    answer = cli("steer", name, "--set", "objectives.mass.u_shared=null")
    assert "objectives.mass.u_shared: 0.3 -> not said" in answer.out
    assert cli("replay", name).code == 0


def test_both_parts_are_shown_and_corrected(cli: Cli, folder: Path) -> None:
    name, _ = told(cli, folder)
    cli("correct", name, "e0006", "mass=9", "mass_u_shared=250 mg", "--reason", "the certificate")
    assert "9.00 ± 0.10 (all share 0.25) g" in cli("tell", name, "r.csv", "--keep").out + cli("status", name).out
    found = cli("show", name, "e0006", "--json").json["measurements"]["mass"]
    assert (found["value"], found["uncertainty"], found["u_shared"]) == (9.0, 0.1, 0.25)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("-0.1", "a finite number of 0 or more, all, or none"),
        ("some", "a number, a number and a unit, all, or none"),
        ("0.2 mL", "mL cannot become g"),
        ("20", "less than 10, the width of its range"),
    ],
)
def test_what_cannot_be_shared_is_refused_by_its_line(cli: Cli, folder: Path, said: str, words: str) -> None:
    (folder / "w.yaml").write_text(SPEC.replace("SAID", f", u_shared: {said}"))
    answer = cli("validate", "w.yaml", "--json")
    assert answer.code == 2
    assert answer.json["error"]["field"] == "objectives.mass.u_shared"
    assert words in str(answer.json["error"])
