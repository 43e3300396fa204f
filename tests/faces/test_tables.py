"""Tables at the command line and in Python: shown before they count, in any form that people have them in."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tests.faces.conftest import Answer

import zosimos as zo

Cli = Callable[..., Answer]

HAND = """
name: paint
space: {temperature: {min: 20, max: 80, unit: degC}, solvent: {choices: [DMF, water]}}
objectives: {viscosity: {goal: min, unit: mPa*s}}
planner: {kind: sobol}
budget: {experiments: 20}
batch: 3
"""
SEMICOLONS = "\ufeffExperiment;Viscosity (Pa·s);Bemerkung\ne0001;0,0125;trüb\ne0002;<0,5;\ne0003;;\n"


@pytest.fixture
def asked(cli: Cli, folder: Path) -> str:
    (folder / "hand.yaml").write_text(HAND)
    return str(cli("ask", "hand.yaml", "--json").json["campaign"])


def test_a_dry_run_shows_what_would_be_recorded_and_records_nothing(cli: Cli, folder: Path, asked: str) -> None:
    (folder / "r.csv").write_text(SEMICOLONS, encoding="utf-8")
    head = cli("head", asked).out
    shown = cli("tell", asked, "r.csv", "--dry-run")
    assert shown.code == 0
    assert "read r.csv (UTF-8, semicolons, decimal comma): 3 rows, 2 results" in shown.out
    assert "Viscosity (Pa·s) -> viscosity, by name without unit, converted from Pa*s to mPa*s" in shown.out
    assert "kept as notes: Bemerkung" in shown.out
    assert "line 4 left out: no outcome (yet)" in shown.out
    assert "would record 2" in shown.out
    data = cli("tell", asked, "r.csv", "--dry-run", "--json").json
    assert (data["dry_run"], data["experiments"]) == (True, ["e0001", "e0002"])
    assert data["read"]["decimal"] == "comma"
    assert cli("head", asked).out == head
    told = cli("tell", asked, "r.csv", "--json").json
    assert told["read"] == data["read"]
    assert told["best"]["outcomes"]["viscosity"]["value"] == 12.5
    assert cli("head", asked).out != head


def test_notes_and_limits_are_shown_and_taken_away(cli: Cli, folder: Path, asked: str) -> None:
    (folder / "r.csv").write_text(SEMICOLONS, encoding="utf-8")
    assert cli("tell", asked, "r.csv").code == 0
    assert "trüb" in cli("show", asked, "e0001").out
    assert cli("show", asked, "e0001", "--json").json["notes"] == {"Bemerkung": "trüb"}
    assert "<500 mPa·s" in cli("show", asked, "e0002").out
    assert "viscosity (mPa·s)" in cli("show", asked).out
    assert "<500" in cli("show", asked).out
    assert "<500.0" in cli("export", asked).out
    cli("report", asked, "-o", "r.html")
    page = (folder / "r.html").read_text(encoding="utf-8")
    assert page.index("<h2>Notes</h2>") < page.index("trüb")


def test_pasted_text_is_read_from_standard_input(
    cli: Cli, folder: Path, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = io.TextIOWrapper(io.BytesIO(b"experiment\tviscosity\ne0001\t12,5\n"))
    monkeypatch.setattr(sys, "stdin", pasted)
    told = cli("tell", asked, "-")
    assert "read standard input (UTF-8, tabs, decimal comma)" in told.out
    assert "recorded 1" in told.out


def test_a_workbook_is_written_filled_in_and_told(cli: Cli, folder: Path, asked: str) -> None:
    names = [item["experiment"] for item in cli("ask", asked, "-o", "t.xlsx", "--json").json["candidates"]]
    book = openpyxl.load_workbook(folder / "t.xlsx")
    sheet = book.active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]][:3] == ["experiment", "temperature (°C)", "solvent"]
    for line in range(2, 2 + len(names)):
        sheet.cell(line, 4, float(line))
    book.save(folder / "t.xlsx")
    assert cli("tell", asked, "t.xlsx", "--json").json["experiments"] == names


def test_a_campaign_is_taken_away_as_a_workbook(cli: Cli, folder: Path, asked: str) -> None:
    (folder / "r.csv").write_text("experiment,viscosity,Remark\ne0001,12.5,=1+1\n")
    assert cli("tell", asked, "r.csv").code == 0
    assert cli("export", asked, "--format", "xlsx", "--json").json["error"]["field"] == "-o"
    assert cli("export", asked, "--format", "xlsx", "-o", "all.xlsx").code == 0
    sheet = openpyxl.load_workbook(folder / "all.xlsx").active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=2)]
    found = dict(zip(*rows, strict=True))
    assert (found["experiment"], found["viscosity"], found["Remark"]) == ("e0001", 12.5, "=1+1")
    assert sheet.cell(2, rows[0].index("Remark") + 1).data_type != "f"


def test_no_table_that_is_there_is_lost(cli: Cli, folder: Path, asked: str) -> None:
    for words in ("first", "second", "third"):
        (folder / "t.csv").write_text(words)
        assert cli("ask", asked, "-n", 1, "-o", "t.csv", "--force").code == 0
    kept = [(folder / name).read_text() for name in ("t.csv.bak", "t.csv.bak2", "t.csv.bak3")]
    assert kept == ["first", "second", "third"]


def test_a_spreadsheet_that_is_not_written_is_refused_before_anything_is_asked(
    cli: Cli, folder: Path, asked: str
) -> None:
    head = cli("head", asked).out
    answer = cli("ask", asked, "-o", "t.ods", "--json")
    assert (answer.code, answer.json["error"]["field"]) == (2, "-o")
    assert cli("head", asked).out == head


def test_columns_of_the_campaign_file_name_those_of_tables(cli: Cli, folder: Path, asked: str) -> None:
    (folder / "r.csv").write_text("experiment,eta / Pa·s\ne0001,0.0125\n", encoding="utf-8")
    assert "'viscosity' is missing" in cli("tell", asked, "r.csv", "--json").json["error"]["message"]
    assert cli("steer", asked, "--set", 'columns={"eta / Pa·s": viscosity}').code == 0
    assert cli("tell", asked, "r.csv", "--json").json["best"]["outcomes"]["viscosity"]["value"] == 12.5
    wrong = cli("steer", asked, "--set", 'columns={"eta": viscosty}', "--json").json["error"]
    assert (wrong["field"], wrong["hint"]) == ("columns.eta", "did you mean 'viscosity'?")


def test_python_takes_the_same_tables(cli: Cli, folder: Path, asked: str) -> None:
    (folder / "r.csv").write_text(SEMICOLONS, encoding="utf-8")
    with zo.Campaign.open(asked) as campaign:
        seen = campaign.preview("r.csv")
        assert (seen["experiments"], seen["decimal"], len(campaign.pending)) == (["e0001", "e0002"], "comma", 3)
        assert campaign.tell("r.csv") == ["e0001", "e0002"]
        assert campaign.preview([{"experiment": "e0003", "viscosity": 3}])["results"] == 1
        frame = pd.DataFrame(
            {"Experiment": ["e0003"], "Viscosity (Pa·s)": [0.02], "when": [pd.Timestamp("2026-02-01")]}
        )
        assert campaign.tell(frame) == ["e0003"]
        last = campaign.experiments[2]
        assert last.outcomes["viscosity"].value == 20.0
        own = {"temperature": "30 C", "solvent": " dmf ", "viscosity": "7.5 ± 0.5", "remark": "by Ann"}
        assert campaign.tell([own]) == ["e0004"]
        assert dict(campaign.experiments[3]) == {"temperature": 30.0, "solvent": "DMF"}
        assert campaign.experiments[3].outcomes["viscosity"].uncertainty == 0.5


def test_programs_get_the_same_keys_whether_a_campaign_goes_on_or_begins_or_would(cli: Cli, folder: Path) -> None:
    (folder / "hand.yaml").write_text(HAND)
    (folder / "old.csv").write_text("temperature,solvent,viscosity\n30,DMF,5\n40,water,7\n")
    would = cli("tell", "hand.yaml", "old.csv", "--dry-run", "--json").json
    did = cli("tell", "hand.yaml", "old.csv", "--json").json
    again = cli("tell", "last", "old.csv", "--dry-run", "--json").json
    assert list(would) == list(did) == list(again)
    assert (would["new"], did["new"], again["on_record"]) == (["e0001", "e0002"],) * 3
    assert (would["campaign"], would["due"]) == (None, "")
    asked = cli("ask", "last", "-n", "2", "--json").json["candidates"]
    status = cli("status", "last", "--json").json
    assert status["to_do"] == [item["experiment"] for item in asked] == ["e0003", "e0004"]
    assert status.keys() - {"run_by", "left_by"} == zo_summary(folder).keys()


def zo_summary(folder: Path) -> dict[str, object]:
    with zo.Campaign.open(ledger=folder / "zosimos.db") as campaign:
        return campaign.summary()


@pytest.mark.parametrize(
    ("name", "begins"), [("all.xlsx", b"PK"), ("all.json", b"{"), ("all.csv", b"experiment,"), ("all.eln", b"PK")]
)
def test_an_export_is_what_its_name_promises(cli: Cli, folder: Path, asked: str, name: str, begins: bytes) -> None:
    assert cli("export", asked, "-o", name).code == 0
    assert (folder / name).read_bytes().lstrip(b"\xef\xbb\xbf").startswith(begins)
    assert cli("export", asked, "--format", "csv", "-o", f"{name}.csv").code == 0
    assert (folder / f"{name}.csv").read_bytes().lstrip(b"\xef\xbb\xbf").startswith(b"experiment,")
