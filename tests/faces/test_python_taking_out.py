"""From Python by hand: tables to fill in, exports, explanations, listings and what a notebook shows, as on the CLI."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import zosimos as zo

Cli = Callable[..., Any]
SPEC: dict[str, Any] = {
    "name": "lacquer <b>",
    "space": {"temp": zo.Continuous(20, 80, unit="degC"), "solvent": zo.Categorical(["DMF", "water"])},
    "objectives": zo.maximize("gloss", unit="%"),
    "planner": "sobol",
    "budget": {"experiments": 9},
}


@pytest.fixture
def campaign(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[zo.Campaign]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ZOSIMOS_LEDGER", "zosimos.db")
    with zo.Campaign.create({**SPEC, "planner": {"kind": "sobol"}}, author="Ada") as made:
        made.tell(
            [{"temp": 20 + 10 * row, "solvent": "DMF", "gloss": 50 + row, "Remark": f"no {row}"} for row in range(5)]
        )
        yield made


def filled(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    place = [cell.value for cell in sheet[1]].index("gloss (%)") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, place, f"{60 + row},5")
    book.save(path)


def test_a_table_is_written_filled_in_and_told_and_once_more_where_it_was_lost(campaign: zo.Campaign, cli: Cli) -> None:
    with pytest.raises(zo.StateError, match="nothing is to do"):
        campaign.write_table("to-do.xlsx")
    asked = [item.id for item in campaign.ask(2)]
    by_python = campaign.write_table("to-do.xlsx").read_bytes()
    Path("to-do.xlsx").unlink()
    campaign.write_table("to-do.xlsx")
    assert by_python[:2] == Path("to-do.xlsx").read_bytes()[:2] == b"PK"
    again = cli("ask", campaign.id, "--again", "-o", "same.csv", "--json").json
    assert [item["experiment"] for item in again["candidates"]] == asked
    campaign.write_table("mine.csv")
    assert Path("mine.csv").read_bytes() == Path("same.csv").read_bytes()
    filled(Path("to-do.xlsx"))
    with pytest.raises(zo.DataError, match="not replaced"):
        campaign.write_table("to-do.xlsx")
    assert campaign.tell("to-do.xlsx", sheet="results", decimal="comma") == asked
    assert [item.outcomes["gloss"].value for item in campaign.experiments[-2:]] == [62.5, 63.5]
    refused = cli("ask", campaign.id, "--again")
    assert (refused.code, "nothing is to do" in refused.err) == (2, True)


@pytest.mark.parametrize("more", [("-n", "2"), ("--new",), ("--set", "batch=2")])
def test_once_more_suggests_nothing_new(campaign: zo.Campaign, cli: Cli, more: tuple[str, ...]) -> None:
    campaign.ask(1)
    refused = cli("ask", campaign.id, "--again", *more)
    assert refused.code == 2
    assert "--again" in refused.err or "campaign" in refused.err
    assert len(campaign.pending) == 1


def test_exports_are_those_of_the_command_line(campaign: zo.Campaign, cli: Cli) -> None:
    for name, form in (("all.csv", "csv"), ("all.json", "json")):
        assert campaign.export(name) == Path(name)
        cli("export", campaign.id, "--format", form, "-o", f"cli-{name}")
        assert Path(name).read_bytes() == Path(f"cli-{name}").read_bytes()
    book = openpyxl.load_workbook(campaign.export("all.xlsx", units=True))
    sheet = book.active
    assert sheet is not None
    assert "temp (°C)" in [cell.value for cell in sheet[1]]
    campaign.ask(1)
    assert "to do" in cli("export", campaign.id, "--units").out
    assert "approved" in cli("export", campaign.id).out
    with pytest.raises(zo.SpecError, match="no license"):
        campaign.export("all.csv", license="CC0")
    assert (campaign.export("crate") / "ro-crate-metadata.json").is_file()


def test_what_is_believed_is_the_same_as_on_the_command_line(campaign: zo.Campaign, cli: Cli) -> None:
    (asked,) = campaign.ask(1)
    told = cli("explain", campaign.id, "--bootstraps", "0", "--json").json
    assert json.loads(json.dumps(campaign.explain(bootstraps=0))) == told
    assert campaign.explain(asked)["experiment"] == asked.id
    assert cli("explain", campaign.id, "--model", "--json").json == json.loads(json.dumps(campaign.explain(model=True)))
    told = json.loads(json.dumps(campaign.explain(planner=True)))
    assert cli("explain", campaign.id, "--planner", "--json").json == told
    with pytest.raises(zo.NotFoundError):
        campaign.explain("e0099")


def test_campaigns_are_listed_compared_and_their_events_given_out(campaign: zo.Campaign, cli: Cli) -> None:
    with zo.Campaign.create(SPEC | {"planner": {"kind": "random"}}) as other:
        assert zo.campaigns() == cli("list", "--json").json["campaigns"]
        assert {one["campaign"] for one in zo.campaigns("zosimos.db")} == {campaign.id, other.id}
        assert zo.compare([campaign, other], "both.html").read_text(encoding="utf-8").count(other.id) > 0
    assert campaign.events() == cli("show", campaign.id, "--events", "--json").json["events"]
    assert zo.campaigns("none.db") == []


def test_a_notebook_shows_what_there_is_and_no_markup_of_names(campaign: zo.Campaign) -> None:
    page = campaign._repr_html_()
    assert "lacquer &lt;b&gt;" in page
    assert "e0005: temp=60.0, solvent=DMF" in page
    assert "gloss 54 %" in page
    campaign.correct("e0001", gloss="5 %", temp=21, reason="a <typo>")
    told = campaign.experiments[0]
    assert told.notes == {"Remark": "no 0"}
    shown = told._repr_html_()
    for part in ("no 0", "a &lt;typo&gt;", "<th>temp (really)</th><td>21</td>", "<td>5 %</td>"):
        assert part in shown
    assert "<td>measured</td>" not in campaign.ask(1)[0]._repr_html_()


def test_a_design_is_written_and_not_over_results(folder: Path) -> None:
    space = {"T": zo.Continuous(20, 80), "base": zo.Categorical(["KOH", "KF"])}
    made = zo.design(space, "full-factorial", seed=2)
    path = zo.write_design(made, folder / "design.csv", ["yield_", "cost"])
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["base"] for row in rows] == [row.values["base"] for row in made.rows]
    assert {"yield_", "cost"} <= rows[0].keys()
    with pytest.raises(zo.DataError, match="may hold results"):
        zo.write_design(made, path)


def test_a_carried_over_campaign_may_differ_from_its_file(campaign: zo.Campaign) -> None:
    Path("new.yaml").write_text(
        "name: new\nspace: {temp: {min: 20, max: 80, unit: degC}, solvent: {choices: [DMF, water]}}\n"
        "objectives: {gloss: {goal: max, unit: '%'}}\nplanner: {kind: sobol}\nbudget: {experiments: 9}\n",
        encoding="utf-8",
    )
    with zo.Campaign.carry_over(campaign.id, "new.yaml", overrides={"budget.experiments": 5}) as new:
        assert new.spec.budget.experiments == 5
        assert len(new.experiments) == 5
