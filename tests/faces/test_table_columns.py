"""A column of a table that nobody knows is asked for once, or named by an option, and remembered on record."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faces.conftest import Answer
from tests.faces.test_tables import HAND

import zosimos as zo

Cli = Callable[..., Answer]
FIRST = "experiment,Remarks,Viskosität (Pa·s)\ne0001,cloudy,0.0125\n"
SECOND = "experiment,Remarks,Viskosität (Pa·s)\ne0002,,0.008\n"


@pytest.fixture
def asked(cli: Cli, folder: Path) -> str:
    (folder / "hand.yaml").write_text(HAND)
    (folder / "a.csv").write_text(FIRST, encoding="utf-8")
    (folder / "b.csv").write_text(SECOND, encoding="utf-8")
    return str(cli("ask", "hand.yaml", "--json").json["campaign"])


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    monkeypatch.setattr("zosimos.faces.cli.columns.at_terminal", lambda: True)


def value(cli: Cli, campaign: str, experiment: str) -> float:
    return float(cli("show", campaign, experiment, "--json").json["measurements"]["viscosity"]["value"])


@pytest.mark.parametrize("answer", ["1\n", "Viskosität (Pa·s)\n", "x\n99\n1\n"])
def test_a_missing_column_is_asked_for_once_in_a_terminal(
    cli: Cli, folder: Path, asked: str, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    typed(monkeypatch, answer)
    told = cli("tell", asked, "a.csv")
    assert told.code == 0
    assert "  1  Viskosität (Pa·s)\n  2  Remarks" in told.out
    assert "Which of them is viscosity?" in told.out
    assert "remembered: the column 'Viskosität (Pa·s)' is viscosity" in told.err
    assert value(cli, asked, "e0001") == 12.5
    typed(monkeypatch, "")
    again = cli("tell", asked, "b.csv")
    assert "Which of them" not in again.out
    assert "Viskosität (Pa·s) -> viscosity, as columns: says, converted from Pa*s" in again.out
    assert value(cli, asked, "e0002") == 8.0
    assert "said when a table was told" in cli("export", asked, "--format", "json").out


def test_no_answer_refuses_the_table_and_records_nothing(
    cli: Cli, folder: Path, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = cli("head", asked).out
    typed(monkeypatch, "\n")
    told = cli("tell", asked, "a.csv")
    assert told.code == 2
    assert "column 'viscosity' is missing" in told.err
    assert cli("head", asked).out == head


def test_a_dry_run_remembers_nothing(cli: Cli, folder: Path, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head = cli("head", asked).out
    typed(monkeypatch, "1\n")
    assert "would record 1" in cli("tell", asked, "a.csv", "--dry-run").out
    assert cli("head", asked).out == head


def test_without_a_terminal_the_refusal_names_the_option(cli: Cli, folder: Path, asked: str) -> None:
    error = cli("tell", asked, "a.csv", "--json").json["error"]
    assert error["type"] == "DataError"
    assert '--column "Viskosität (Pa·s)=viscosity"' in error["hint"]
    assert "zosimos steer" in error["hint"]
    told = cli("tell", asked, "a.csv", "--column", "Viskosität (Pa·s)=viscosity", "--json").json
    assert told["experiments"] == ["e0001"]
    assert cli("tell", asked, "b.csv", "--json").json["experiments"] == ["e0002"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("viscosity", "does not say what a column is"),
        ("Remarks=viscosty", "did you mean 'viscosity'?"),
        ("Viskositat=viscosity", "did you mean"),
        ("Remarks=viscosity", "viscosity is not a finite number"),
    ],
)
def test_what_is_said_of_columns_is_checked_and_nothing_is_half_recorded(
    cli: Cli, folder: Path, asked: str, said: str, words: str
) -> None:
    head = cli("head", asked).out
    told = cli("tell", asked, "a.csv", "--column", said)
    assert told.code == 2
    assert words in told.err
    assert cli("head", asked).out == head


def test_two_columns_for_one_are_told_apart(cli: Cli, folder: Path, asked: str) -> None:
    (folder / "c.csv").write_text("experiment,viscosity,Viscosity (Pa·s)\ne0001,1,0.0125\n", encoding="utf-8")
    assert '--column "Viscosity (Pa·s)=viscosity"' in cli("tell", asked, "c.csv").err
    assert cli("tell", asked, "c.csv", "--column", "Viscosity (Pa·s)=viscosity").code == 0
    assert value(cli, asked, "e0001") == 12.5


def test_python_says_what_columns_are_and_it_is_remembered(cli: Cli, folder: Path, asked: str) -> None:
    with zo.Campaign.open(asked) as campaign:
        with pytest.raises(zo.ZosimosError, match="'viscosity' is missing"):
            campaign.tell("a.csv")
        said = {"Viskosität (Pa·s)": "viscosity"}
        assert campaign.preview("a.csv", columns=said)["results"] == 1
        assert campaign.tell("a.csv", columns=said) == ["e0001"]
        assert campaign.tell([{"experiment": "e0002", "Viskosität (Pa·s)": 0.008}]) == ["e0002"]
        assert [item.outcomes["viscosity"].value for item in campaign.experiments[:2]] == [12.5, 8.0]
        with pytest.raises(zo.ZosimosError, match="no column 'eta'"):
            campaign.tell([{"experiment": "e0003", "viscosity": 1}], columns={"eta": "viscosity"})


def test_a_column_that_was_said_is_no_edit_of_the_file_and_stays_when_the_file_is_edited(
    cli: Cli, folder: Path, asked: str
) -> None:
    assert cli("tell", asked, "a.csv", "--column", "Viskosität (Pa·s)=viscosity").code == 0
    assert cli("ask", "hand.yaml", "-n", 1).code == 0
    (folder / "hand.yaml").write_text(HAND.replace("max: 80", "max: 70"))
    found = cli("ask", "hand.yaml", "-n", 1, "--steer")
    assert found.code == 0, found.err
    assert "columns" not in found.out
    assert cli("tell", asked, "b.csv").code == 0


def test_steerings_from_before_a_column_was_said_can_be_undone(cli: Cli, asked: str) -> None:
    assert cli("steer", asked, "--set", "budget.experiments=9").code == 0
    assert cli("tell", asked, "a.csv", "--column", "Viskosität (Pa·s)=viscosity").code == 0
    undone = [cli("steer", asked, "--undo") for _ in range(2)]
    assert [found.code for found in undone] == [0, 0], undone
    assert "budget.experiments: 9 -> " in undone[1].out
    assert cli("replay", asked).code == 0


def test_what_was_said_of_a_columns_outcome_goes_with_the_outcome(cli: Cli, folder: Path, asked: str) -> None:
    assert cli("steer", asked, "--set", "objectives.cost={goal: min, unit: EUR}").code == 0
    (folder / "c.csv").write_text("experiment,viscosity,Price\ne0001,5,3\n")
    assert cli("tell", asked, "c.csv", "--column", "Price=cost").code == 0
    gone = cli("steer", asked, "--set", "objectives.cost=null")
    assert gone.code == 0, gone.err
    assert cli("steer", asked, "--undo").code == 0
    assert cli("tell", asked, "c.csv").code == 0


def test_a_table_from_before_a_new_outcome_may_lack_it_where_all_else_is_known(
    cli: Cli, folder: Path, asked: str
) -> None:
    (folder / "old.csv").write_text("experiment,viscosity,remark\ne0001,5,cloudy\n")
    assert cli("tell", asked, "old.csv").code == 0
    assert cli("steer", asked, "--set", "objectives.cost={goal: min, unit: EUR}").code == 0
    head = cli("head", asked).out
    again = cli("tell", asked, "old.csv")
    assert again.code == 0, again.err
    assert "no column cost: it came later" in again.out
    assert cli("head", asked).out == head
    (folder / "old.csv").write_text("experiment,viscosity,remark\ne0001,5,cloudy\ne0002,6,\n")
    assert cli("tell", asked, "old.csv").code == 0
    assert "e0001, e0002 wait for: cost" in cli("status", asked).out
    (folder / "new.csv").write_text("experiment,viscosity,price\ne0001,5,3\n")
    assert "column 'cost' is missing" in cli("tell", asked, "new.csv").err


@pytest.mark.parametrize("options", [[], ["--units"]])
def test_an_export_that_was_filled_in_is_told_without_what_the_record_says_of_itself(
    cli: Cli, folder: Path, asked: str, options: list[str]
) -> None:
    (folder / "a.csv").write_text("experiment,viscosity,remark\ne0001,5,cloudy\n")
    assert cli("tell", asked, "a.csv").code == 0
    assert cli("correct", asked, "e0001", "viscosity=6", "--reason", "typo").code == 0
    assert cli("export", asked, "--format", "csv", *options, "-o", "x.csv").code == 0
    head, text = cli("head", asked).out, (folder / "x.csv").read_text()
    again = cli("tell", asked, "x.csv")
    assert again.code == 0, again.err
    assert "an export: 12 columns of the record itself are passed over" in again.out
    assert cli("head", asked).out == head
    with (folder / "x.csv").open(newline="") as opened:
        header, first, second, *others = csv.reader(opened)
    second[next(place for place, name in enumerate(header) if name.startswith("viscosity"))] = "7.5"
    with (folder / "x.csv").open("w", newline="") as opened:
        csv.writer(opened).writerows([header, first, second, *others])
    assert text != (folder / "x.csv").read_text()
    assert cli("tell", asked, "x.csv").code == 0
    run = cli("show", asked, "e0002", "--json").json
    assert (run["measurements"]["viscosity"]["value"], run.get("notes", {})) == (7.5, {})


def test_who_says_that_no_column_is_an_outcome_tells_the_others(
    cli: Cli, folder: Path, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("steer", asked, "--set", "objectives.cost={goal: min, unit: EUR}").code == 0
    (folder / "a.csv").write_text("experiment,viscosity,humidity\ne0001,5,40\n")
    head = cli("head", asked).out
    refused = cli("tell", asked, "a.csv", "--json")
    assert "add an empty column cost" in refused.json["error"]["hint"]
    assert cli("head", asked).out == head
    typed(monkeypatch, "\n")
    told = cli("tell", asked, "a.csv")
    assert told.code == 0, told.err
    assert "Which of them is cost?" in told.out
    assert "no column cost: it came later, and where it is not on record, it is awaited" in told.out
    assert "e0001 waits for: cost" in told.out
    assert cli("show", asked, "e0001", "--json").json["notes"] == {"humidity": "40"}
    (folder / "b.csv").write_text("experiment,viscosity,humidity\ne0002,6,41\n")
    assert cli("tell", asked, "b.csv").code == 0, "the column is known as a note now"
