"""Prices have units: they are read and shown with them, and formulas with them come out in the unit that is said."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
SPEC = """\
name: cheap
space:
  resin: {{min: 10, max: 40, unit: g}}
  hours: {{min: 1, max: 4, unit: h}}
objectives:
  price: {{goal: min, unit: {unit}, of: "{of}"}}
measured:
  rate: {{unit: EUR/kg}}
  other: {{unit: $/kg}}
  wage: {{unit: EUR/h}}
planner: {{kind: sobol}}
budget: {{experiments: 8}}
"""


def spec_of(folder: Path, of: str, unit: str = "EUR") -> str:
    text = SPEC.format(of=of, unit=unit)
    for name in ("rate", "other", "wage"):
        if name not in of:
            text = "\n".join(line for line in text.split("\n") if not line.startswith(f"  {name}:"))
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    return "c.yaml"


@pytest.mark.parametrize(
    ("of", "unit"),
    [
        ("rate * resin / 1000", "EUR"),
        ("rate * resin / 1000 + wage * hours", "EUR"),
        ("rate * resin", "EUR*g/kg"),
        ("rate", "EUR/kg"),
        ("1000 * rate", "EUR/t"),
        ("1.19 * rate * resin", "EUR"),  # a coefficient of one's own may have any unit
        ("rate * resin ** 2", "EUR"),
        ("rate * resin", ""),
    ],
)
def test_a_formula_of_prices_that_fits_its_unit_or_says_none_is_taken(
    cli: Cli, folder: Path, of: str, unit: str
) -> None:
    answer = cli("validate", spec_of(folder, of, f"'{unit}'"))
    assert answer.code == 0, answer.err


@pytest.mark.parametrize(
    ("of", "unit", "said", "fix"),
    [
        ("rate * resin", "EUR", "rate * resin comes out in €·g/kg, not in €", "write (rate * resin) / 1000"),
        ("rate * resin / 10", "EUR", "comes out in 10 €·g/kg", "/ 100"),
        ("rate / resin", "EUR", "does not come out in €", "units of what it is made of"),
        ("rate + wage", "EUR/kg", "rate + wage adds €/kg and €/h", "bring the parts to one unit"),
        ("rate + other", "EUR/kg", "rate + other adds €/kg and $/kg", "currencies are converted before"),
        ("rate * resin / 1000 + wage", "EUR", "adds", "one unit"),
    ],
)
def test_a_formula_of_prices_that_does_not_fit_its_unit_is_refused(
    cli: Cli, folder: Path, of: str, unit: str, said: str, fix: str
) -> None:
    answer = cli("validate", spec_of(folder, of, unit))
    assert answer.code == 2
    assert said in answer.err
    assert fix in answer.err
    assert "objectives.price.of" in answer.err
    assert "c.yaml, line 6" in answer.err


def test_costs_of_prices_are_checked_and_shown_with_their_currency(cli: Cli, folder: Path) -> None:
    text = "name: c\nspace:\n  resin: {min: 10, max: 40, unit: EUR}\nobjectives: {y: {goal: max}}\n"
    text += "costs: {each: resin, unit: EUR}\nbudget: {experiments: 5, cost: 100}\n"
    (folder / "c.yaml").write_text(text)
    assert cli("validate", "c.yaml").code == 0
    (folder / "c.yaml").write_text(text.replace("each: resin, unit: EUR", "each: resin, unit: USD"))
    answer = cli("validate", "c.yaml")
    assert answer.code == 2
    assert "costs.each" in answer.err


def test_an_export_has_units_in_its_header_only_if_asked_for(cli: Cli, folder: Path) -> None:
    campaign = cli("ask", spec_of(folder, "rate * resin / 1000"), "--json").json["campaign"]
    bare, units = cli("export", campaign).out, cli("export", campaign, "--units").out
    first, second = (next(csv.reader(io.StringIO(text))) for text in (bare, units))
    assert first[:4] == ["experiment", "resin", "hours", "price"]
    assert second[:4] == ["experiment", "resin (g)", "hours (h)", "price (€)"]
    assert bare.splitlines()[1:] == [row.replace(",to do,", ",approved,") for row in units.splitlines()[1:]]
