"""A table may lack outcomes, which are awaited; but no column that may be one of them becomes a note unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scripted_lab import Campaign, golden
from told_tables import reading

from zosimos.campaign.control.manual_results import Choices, Reported
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.tables.checks import MissingColumnError
from zosimos.campaign.tables.reading import Reading

OUTCOMES = {"viscosity": {"goal": "min", "unit": "mPa*s"}, "gloss": {"goal": "max"}}
AWAITED = "where it is not on record, it is awaited"


@pytest.fixture
def campaign() -> Iterator[Campaign]:
    with Ledger(MEMORY) as ledger:
        made = Campaign(ledger, None, objectives=OUTCOMES, approval="suggest", budget={"experiments": 40})
        made.commands.ask(made.setup, 3, golden)
        yield made


def read(campaign: Campaign, text: str) -> Reading:
    return reading(campaign.state, text.encode())


def told(campaign: Campaign, text: str) -> Reported:
    return campaign.commands.report(campaign.setup, read(campaign, text).results, Choices())


def test_a_table_of_one_outcome_today_and_of_the_other_tomorrow(campaign: Campaign) -> None:
    today = "experiment,Viscosity (Pa·s),Remarks\ne0001,0.0125,cloudy\ne0002,0.008,\n"
    assert f"  no column gloss: {AWAITED}" in read(campaign, today).summary.lines()
    came = told(campaign, today)
    assert (came.new, came.waits) == (["e0001", "e0002"], {"e0001": ["gloss"], "e0002": ["gloss"]})
    came = told(campaign, "experiment,gloss\ne0001,70\ne0003,65\n")
    assert (came.completed, came.new, came.waits) == (["e0001"], ["e0003"], {"e0003": ["viscosity"]})
    found = campaign.experiment("e0001").measurements
    assert {name: item.value for name, item in found.items()} == {"viscosity": 12.5, "gloss": 70.0}
    assert [str(change) for change in campaign.experiment("e0001").amendments] == ["added (gloss 70) by tester"]
    head = campaign.state.seq
    assert told(campaign, today).on_record == ["e0001", "e0002"]
    assert campaign.state.seq == head, "told again, it adds nothing"


def test_rows_of_ones_own_are_completed_by_a_table_of_the_other_outcome(campaign: Campaign) -> None:
    assert told(campaign, "x,viscosity\n0.25,12\n0.5,8\n").new == ["e0004", "e0005"]
    assert told(campaign, "x,gloss\n0.25,70\n0.5,60\n").completed == ["e0004", "e0005"]


def test_a_table_of_failures_alone_is_read(campaign: Campaign) -> None:
    came = told(campaign, "experiment,failed\ne0001,\ne0002,it gelled\n")
    assert (came.new, campaign.experiment("e0002").reason) == (["e0002"], "it gelled")


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("glos", ("70", "")),
        ("Gloss at 60°", ("70", "n/a")),
        ("Glanz", ("70", "65,5")),
        ("Glanz", ("<0.5", "failed")),
        ("gloss sd", ("0.5", "")),
        ("Badtemperatur", ("30 °C", "31 °C")),
    ],
)
def test_a_column_that_may_be_the_outcome_is_asked_about(
    campaign: Campaign, header: str, cells: tuple[str, ...]
) -> None:
    rows = [f"e000{number};{cell};1" for number, cell in enumerate(cells, start=1)]
    with pytest.raises(MissingColumnError, match="column 'gloss' is missing") as refused:
        read(campaign, "\n".join([f"experiment;{header};viscosity", *rows]))
    assert refused.value.optional
    assert list(refused.value.headers) == [header]
    assert f"did you mean {header!r}?" in str(refused.value)
    assert "add an empty column gloss" in str(refused.value)
    text = "\n".join([f"experiment;{header};viscosity;gloss", *(f"{row};" for row in rows)])
    assert len(read(campaign, text).results) == 2


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Remarks", ("cloudy", "2 spatulas more")),
        ("Operator", ("Ann", "")),
        ("Datum", ("1.2.2026", "2.2.2026")),
        ("made", ("2026-03-01", "2026-03-02")),
        ("Batch", ("7", "8")),
        ("Nr", ("1", "2")),
        ("gloss remarks", ("dull", "")),
        ("glos", ("", "n/a")),
    ],
)
def test_a_column_that_cannot_be_the_outcome_is_a_note(campaign: Campaign, header: str, cells: tuple[str, ...]) -> None:
    rows = [f"e000{number};{cell};1" for number, cell in enumerate(cells, start=1)]
    found = read(campaign, "\n".join([f"experiment;{header};viscosity", *rows]))
    assert len(found.results) == 2
    assert list(found.summary.notes) == [header]


def test_a_column_that_was_a_note_before_is_not_asked_about(campaign: Campaign) -> None:
    told(campaign, "experiment,viscosity,gloss,humidity\ne0001,12,,40\n")
    assert told(campaign, "experiment,viscosity,humidity\ne0002,8,45\n").waits == {"e0002": ["gloss"]}


def test_no_outcome_at_all_is_refused(campaign: Campaign) -> None:
    with pytest.raises(MissingColumnError, match="columns 'viscosity', 'gloss' are missing") as refused:
        read(campaign, "experiment,Remarks\ne0001,cloudy\n")
    assert not refused.value.optional


@pytest.mark.parametrize(("header", "what"), [("gloss", "outcome"), ("Gloss (%)", "outcome"), ("y", "parameter")])
def test_a_column_of_what_the_campaign_had_once_is_a_note_and_said_to_be_one(
    campaign: Campaign, header: str, what: str
) -> None:
    changes: dict[str, Any] = {"space.y": {"min": 0, "max": 1, "default": 0.5}}
    campaign.commands.steer(campaign.setup, changes, "another knob")
    campaign.commands.steer(campaign.setup, {"space.y": None, "objectives.gloss": None}, "not wanted any more")
    found = read(campaign, f"experiment,viscosity,{header}\ne0001,12,0.5\n")
    assert [dict(one.notes) for one in found.results] == [{header: "0.5"}]
    said = f"  {header} is no {what} of the campaign any more: it is kept as a note"
    assert said in found.summary.lines()
    assert found.summary.as_json()["remarks"] == [said.strip()]
