"""``zosimos new``: questions in a terminal, options without one, and a file that is whole or not there."""

from __future__ import annotations

import io
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faces.conftest import Answer

from zosimos.faces.cli import new

Cli = Callable[..., Answer]
OLD = "\ufeffVersuch;Lösemittel;Temp (°C);Viskosität (mPa·s)\n1;Toluol;60;523,5\n2;DMF;80;412,0\n3;Toluol;40;failed\n"


@pytest.fixture
def typed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Run a command at a terminal at which these lines are typed, and then Ctrl-D."""

    def call(lines: list[str], *arguments: object) -> Answer:
        monkeypatch.setattr(new, "at_terminal", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return cli(*arguments)

    return call


@pytest.mark.parametrize("kind", ["formulation", "reaction", "coating", "alloy", "instrument"])
def test_the_defaults_make_a_file_that_is_valid_and_can_be_asked(cli: Cli, folder: Path, kind: str) -> None:
    written = cli("new", kind, "-o", "my.yaml", "--yes")
    assert written.code == 0
    *_, ask, tell = written.out.splitlines()
    assert (ask.strip(), tell.strip()) == ("zosimos ask my.yaml -o my-1.xlsx", "zosimos tell last my-1.xlsx")
    assert cli("validate", "my.yaml").code == 0
    assert cli(*ask.split()[1:], "--set", "planner.kind=sobol").code == 0
    assert (folder / "my-1.xlsx").exists()


def test_answers_by_options_stand_in_the_file(cli: Cli) -> None:
    found = cli("new", "reaction", "--yes", "--json", "--set", "time=30 min to 8 h", "--set", "ligands=none").json
    assert "time: { min: 0.5, max: 8, unit: h }" in found["text"]
    assert "ligand" not in found["text"].partition("space:")[2].partition("constraints")[0]
    assert (found["file"], found["defaults"]["temperature"]) == (None, "40 to 110 °C")
    assert found["next"][0] == "zosimos ask FILE -o FILE-1.xlsx"


def test_without_a_file_name_the_text_goes_to_stdout(cli: Cli, folder: Path) -> None:
    (folder / "my.yaml").write_text(cli("new", "coating", "--yes").out, encoding="utf-8")
    assert cli("validate", "my.yaml").code == 0


def test_questions_are_asked_again_until_an_answer_can_be_read(typed: Callable[..., Answer], folder: Path) -> None:
    lines = ["Paint", "100 g", "water 40, oil", "water 40 to 80, oil 10 to 40, salt 0,5 to 20", "", "none", "none"]
    lines += ["gloss", "gloss max", "many", "12", "3", "paint"]
    found = typed(lines, "new", "formulation")
    assert found.code == 0, found.err
    assert "one number is no range" in found.out
    assert "it does not say what is wanted of it: gloss" in found.out
    assert "this is no number: many" in found.out
    text = (folder / "paint.yaml").read_text(encoding="utf-8")
    assert "salt: { min: 0.5, max: 20, unit: g }" in text
    assert "budget: { experiments: 12 }" in text
    assert found.out.rstrip().endswith("zosimos tell last paint-1.xlsx")


def test_the_kind_is_asked_for_and_answered_options_are_not(typed: Callable[..., Answer], folder: Path) -> None:
    found = typed(["paint", "rea", *[""] * 10, "r.yaml"], "new", "--set", "temperature=60 to 90 °C")
    assert found.code == 0, found.err
    assert "there is no such kind: paint" in found.out
    assert "Temperature" not in found.out
    assert "temperature: { min: 60, max: 90, unit: °C }" in (folder / "r.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("answers", range(6))
def test_the_end_of_the_input_leaves_nothing_behind(typed: Callable[..., Answer], folder: Path, answers: int) -> None:
    before = sorted(folder.iterdir())
    found = typed(["formulation", "Paint", "100 g", "", "", ""][:answers], "new")
    assert found.code == 130
    assert "nothing was written" in found.err
    assert sorted(folder.iterdir()) == before


def test_no_file_is_written_over(cli: Cli, typed: Callable[..., Answer], folder: Path) -> None:
    (folder / "my.yaml").write_text("mine")
    refused = cli("new", "alloy", "-o", "my.yaml", "--yes", "--json")
    assert (refused.code, refused.json["error"]["field"]) == (2, "-o")
    again = typed([*[""] * 10, "my.yaml", "other"], "new", "alloy")
    assert "my.yaml is there already" in again.out
    assert (folder / "my.yaml").read_text() == "mine"
    assert (folder / "other.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["coating"], "--yes"),
        (["paint", "--yes"], "KIND"),
        (["--yes"], "KIND"),
        (["table", "--yes"], "--from"),
        (["table", "--yes", "--from", "absent.csv"], "--from"),
        (["coating", "--yes", "--from", "pool.csv"], "--from"),
        (["coating", "--yes", "--set", "temperature"], "--set"),
        (["coating", "--yes", "--set", "temprature=20 to 80"], "--set"),
        (["coating", "--yes", "--set", "batch=2", "--set", "batch=3"], "--set"),
        (["coating", "--yes", "--set", "anneal_time=60 min"], "anneal_time"),
        (["coating", "--yes", "-o", "my.txt"], "-o"),
        (["coating", "--yes", "-o", "no/folder/my.yaml"], "-o"),
    ],
)
def test_what_cannot_be_is_refused_as_json_and_nothing_is_written(
    cli: Cli, folder: Path, arguments: list[str], field: str
) -> None:
    before = sorted(folder.iterdir())
    found = cli("new", *arguments, "--json")
    assert (found.code, found.json["error"]["field"]) == (2, field)
    assert sorted(folder.iterdir()) == before


def test_a_table_becomes_a_campaign_that_begins_with_its_rows(cli: Cli, folder: Path) -> None:
    (folder / "old.csv").write_text(OLD, encoding="utf-8")
    assert cli("tell", "old.yaml", "old.csv").code == 2
    made = cli("new", "table", "--from", "old.csv", "-o", "old.yaml", "--yes")
    assert made.code == 0, made.err
    tell, ask = (line.strip().split()[1:] for line in made.out.splitlines()[-2:])
    assert (tell, ask[:2]) == (["tell", "old.yaml", "old.csv"], ["ask", "last"])
    assert "would start a campaign" in cli(*tell, "--dry-run").out
    assert cli(*tell, "--dry-run", "--json").json["experiments"] == ["e0001", "e0002", "e0003"]
    assert not (folder / "zosimos.db").exists()
    told = cli(*tell)
    assert (told.code, "started campaign" in told.err) == (0, True)
    assert "best so far: e0001" in told.out
    assert cli(*ask).code == 0
    assert len(cli("list", "--json").json["campaigns"]) == 1


def test_rows_that_lie_outside_what_the_file_allows_are_told_as_such(cli: Cli, folder: Path) -> None:
    (folder / "mix.csv").write_text("A (%),B (%),C (%),gloss\n20,30,50,1\n30,30.1,40,2\n50,10,40,3\n10,60,30,5\n")
    found = cli("new", "table", "--from", "mix.csv", "-o", "mix.yaml", "--yes", "--json").json["next"]
    assert found[0] == "zosimos tell mix.yaml mix.csv --outside"
    assert cli(*found[0].split()[1:]).code == 0
    (folder / "old.csv").write_text(OLD, encoding="utf-8")
    narrow = cli("new", "table", "--from", "old.csv", "--yes", "--json", "--set", "Temp (°C)=320 to 350 K").json["next"]
    assert narrow[0].endswith("--outside")
    wide = cli("new", "table", "--from", "old.csv", "--yes", "--json", "--set", "Temp (°C)=300 to 370 K").json["next"]
    assert not wide[0].endswith("--outside")


def test_a_table_that_cannot_be_told_starts_no_campaign(cli: Cli, folder: Path) -> None:
    (folder / "old.csv").write_text(OLD, encoding="utf-8")
    assert cli("new", "table", "--from", "old.csv", "-o", "old.yaml", "--yes").code == 0
    (folder / "wrong.csv").write_text("Lösemittel;Temp;Viskosität\nWasser;60;3\n", encoding="utf-8")
    (folder / "other.csv").write_text("experiment;Viskosität\ne0001;3\n", encoding="utf-8")
    for table, field in (("wrong.csv", "Lösemittel"), ("other.csv", "experiment"), ("-", "TABLE")):
        refused = cli("tell", "old.yaml", table, "--json")
        assert (refused.code, refused.json["error"]["field"]) == (2, field)
    assert "names a lab" in cli("tell", "tiny.yaml", "old.csv", "--json").json["error"]["message"]
    assert not (folder / "zosimos.db").exists()


def test_a_table_told_to_a_file_whose_campaign_runs_goes_to_that(cli: Cli, folder: Path) -> None:
    (folder / "old.csv").write_text(OLD, encoding="utf-8")
    assert cli("new", "table", "--from", "old.csv", "-o", "old.yaml", "--yes").code == 0
    first = cli("tell", "old.yaml", "old.csv", "--json").json["campaign"]
    (folder / "more.csv").write_text("Lösemittel;Temp;Viskosität\nDMF;44;300\n", encoding="utf-8")
    more = cli("tell", "old.yaml", "more.csv", "--json")
    assert (more.json["campaign"], more.json["experiments"]) == (first, ["e0004"])
    assert "the table is told to it" in more.err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_ctrl_c_at_a_real_terminal_leaves_nothing_behind(
    folder: Path, command: tuple[list[str], dict[str, str]]
) -> None:
    import pty

    start, environment = command
    before = sorted(folder.iterdir())
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*start, "new"], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    shown = b""
    deadline = time.monotonic() + 60
    while b"Which of these?" not in shown and time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            shown += os.read(ours, 65536)
    assert b"formulation" in shown
    process.send_signal(2)
    assert process.wait(30) == 130
    os.close(ours)
    os.close(theirs)
    assert sorted(folder.iterdir()) == before
