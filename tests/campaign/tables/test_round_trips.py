"""Tables to fill in come back as their proposals, whatever parameters are called and however numbers are rounded."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_lab import Campaign
from told_tables import reading

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.setup import Setup
from zosimos.campaign.tables.writing import proposals_csv, proposals_xlsx
from zosimos.core.records import Candidate
from zosimos.core.values import Value, Values

NAMES = st.sampled_from(
    [
        "T (°C)",
        "T (K)",
        "T",
        "t",
        "flow-rate",
        "a,b",
        'the "best"',
        "=sum",
        "-x",
        "µ",
        "lambda",
        "A",
        "a_b",
        "x / y",
        "Größe",
        "pH",
        "it's",
    ]
)
UNITS = st.sampled_from(["", "degC", "mL/min", "%", "mol/L", "g"])
CHOICES = ["DMF", "=H2O", "-OMe", "n/a", "10", "1,5", "a;b", "Ü", "yes"]


@st.composite
def parameters(draw: st.DrawFn) -> tuple[dict[str, Any], list[Values]]:
    """A space, and two proposals in it."""
    space: dict[str, Any] = {}
    rows: list[dict[str, Value]] = [{}, {}]
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        kind = draw(st.sampled_from(["continuous", "integer", "choices"]))
        if kind == "continuous":
            size = 10.0 ** draw(st.integers(-6, 6))
            space[name] = {"min": -size, "max": size, "unit": draw(UNITS)}
            values: st.SearchStrategy[Value] = st.floats(-size, size).map(
                lambda value: value if abs(value) > 1e-99 else 0.0
            )
        elif kind == "integer":
            space[name] = {"type": "integer", "min": 0, "max": 1000}
            values = st.integers(0, 1000)
        else:
            space[name] = {"choices": CHOICES}
            values = st.sampled_from(CHOICES)
        for row in rows:
            row[name] = draw(values)
    return space, list(rows)


def asked(ledger: Ledger, space: dict[str, Any], rows: list[Values]) -> Campaign:
    campaign = Campaign(ledger, None, space=space, objectives={"out (mg)": {"goal": "max", "unit": "mg"}})

    def propose(setup: Setup, inputs: Inputs) -> list[Candidate]:
        return [Candidate(row, "test") for row in rows]

    campaign.commands.ask(campaign.setup, len(rows), propose)
    return campaign


def rounded(value: Value, digits: int | None) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) and digits is not None else str(value)


@pytest.mark.slow
@settings(max_examples=100)
@given(parameters(), st.sampled_from([None, 15, 10, 6, 4]))
def test_csv_and_workbook_come_back_as_their_proposals(
    made: tuple[dict[str, Any], list[Values]], digits: int | None
) -> None:
    space, rows = made
    with Ledger("sqlite://") as ledger:
        campaign = asked(ledger, space, rows)
        experiments = [campaign.experiment(name) for name in ("e0001", "e0002")]
        table = list(csv.reader(io.StringIO(proposals_csv(campaign.state, experiments))))
        for row, values in zip(table[1:], rows, strict=True):
            for place, name in enumerate(space, start=1):
                if isinstance(values[name], float):
                    row[place] = rounded(values[name], digits)
            row[1 + len(space)] = "2.5"
        text = io.StringIO()
        csv.writer(text, delimiter=";").writerows(table)
        told = reading(campaign.state, text.getvalue().encode(), decimal="point").results
        assert [(result.experiment, dict(result.values)) for result in told] == [("e0001", rows[0]), ("e0002", rows[1])]

        book = openpyxl.load_workbook(io.BytesIO(proposals_xlsx(campaign.state, experiments)))
        sheet = book.active
        assert sheet is not None
        for line in (2, 3):
            sheet.cell(line, 2 + len(space), 2.5)
            for place, name in enumerate(space, start=2):
                value = rows[line - 2][name]
                if isinstance(value, float) and digits is not None:
                    sheet.cell(line, place, float(rounded(value, digits)))
        data = io.BytesIO()
        book.save(data)
        told = reading(campaign.state, data.getvalue(), "x.xlsx").results
        assert [(result.experiment, dict(result.values)) for result in told] == [("e0001", rows[0]), ("e0002", rows[1])]
        campaign.commands.tell(campaign.setup, told)
        assert campaign.statuses() == {"e0001": "measured", "e0002": "measured"}
