"""Notes: what a person writes down stands beside what happened, everywhere it is looked for, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zosimos as zo

Cli = Callable[..., Any]


@pytest.fixture
def campaign(cli: Cli) -> str:
    """A campaign that ran to its end."""
    return str(cli("run", "tiny.yaml", "--no-report", "--json").json["campaign"])


@pytest.mark.slow
def test_a_note_stands_beside_its_experiment_in_the_status_and_in_the_report(
    cli: Cli, campaign: str, folder: Path
) -> None:
    about = cli("note", campaign, "the pump sounded\nodd <b>", "--experiment", "e0003", "--json").json
    assert (about["note"], about["text"], about["experiment"]) == ("n0001", "the pump sounded odd <b>", "e0003")
    assert "noted (n0002): a new bottle" in cli("note", campaign, "a new bottle").out
    shown = cli("show", campaign, "e0003", "--json").json["noted"]
    assert [note["text"] for note in shown] == ["the pump sounded odd <b>"]
    assert cli("show", campaign, "e0002", "--json").json["noted"] == []
    assert [note["note"] for note in cli("status", campaign, "--json").json["noted"]] == ["n0001", "n0002"]
    assert "a new bottle" in cli("status", campaign).out
    assert "sounded odd" in cli("show", campaign, "e0003").out
    assert "note.added            e0003, the pump sounded odd <b>" in cli("show", campaign, "--events").out
    cli("report", campaign, "-o", "report.html")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "the pump sounded odd &lt;b&gt;" in page
    assert cli("verify", campaign).code == cli("replay", campaign).code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("  ",), "some words"), (("x" * 2001,), "2000"), (("odd", "--experiment", "e0099"), "no experiment e0099")],
)
def test_a_note_that_says_nothing_or_is_about_nothing_is_refused(
    cli: Cli, campaign: str, arguments: tuple[str, ...], named: str
) -> None:
    answer = cli("note", campaign, *arguments)
    assert answer.code == 2
    assert named in answer.err
    assert cli("status", campaign, "--json").json["noted"] == []


def test_a_note_from_python_is_about_what_was_suggested(tmp_path: Path) -> None:
    spec = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("y")}
    with zo.Campaign.create(spec | {"budget": {"experiments": 4}}, ledger=tmp_path / "lab.db") as campaign:
        (one,) = campaign.ask(1)
        campaign.note("a new flask", one)
        (note,) = campaign.summary()["noted"]
        assert (note["text"], note["experiment"]) == ("a new flask", one.id)


@pytest.mark.slow
def test_a_note_that_reads_like_the_name_of_an_artifact_harms_no_record(cli: Cli, campaign: str, folder: Path) -> None:
    assert cli("note", campaign, "sha256:" + 64 * "0").code == 0
    assert cli("verify", campaign).code == 0
    assert cli("backup", "-o", "copy.db").code == 0
    assert (folder / "copy.db").is_file()
