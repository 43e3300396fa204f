"""``ask FILE`` a second time goes on with the campaign that the file began; what fails leaves nothing behind."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.faces.conftest import Answer

import zosimos as zo
from zosimos.core.errors import SpecError

Cli = Callable[..., Answer]

HAND = """\
name: paint
space:
  oil: {min: 0, max: 1}
  temp: {min: 20, max: 80, unit: degC}
  solvent: {choices: [water, ethanol]}
objectives:
  gloss: {goal: max}
planner: {kind: sobol}
batch: 2
budget: {experiments: 12}
"""


@pytest.fixture
def paint(folder: Path) -> Path:
    (folder / "paint.yaml").write_text(HAND)
    return folder / "paint.yaml"


def files(folder: Path) -> dict[str, str]:
    """Return every file with what is in it; of a ledger what stands beside it comes and goes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def fill(path: Path, value: float = 1.0) -> None:
    rows = list(csv.reader(path.read_text().splitlines()))
    place = rows[0].index("gloss")
    for number, row in enumerate(rows[1:]):
        row[place] = str(value + number)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_a_file_that_began_a_campaign_goes_on_with_it_and_says_so(cli: Cli, paint: Path) -> None:
    first = cli("ask", "paint.yaml", "--json").json
    assert "continued" not in first
    again = cli("ask", "paint.yaml")
    assert "goes on with the campaign that paint.yaml began; --new begins another" in again.out
    third = cli("ask", paint, "--json").json
    assert (third["campaign"], third["continued"]) == (first["campaign"], True)
    assert [one["experiment"] for one in third["candidates"]] == ["e0005", "e0006"]
    assert len(cli("list", "--json").json["campaigns"]) == 1


def test_new_begins_another_campaign_which_is_then_the_one_that_goes_on(cli: Cli, paint: Path) -> None:
    first = cli("ask", "paint.yaml", "--json").json["campaign"]
    second = cli("ask", "paint.yaml", "--new", "--json").json["campaign"]
    assert first != second
    assert cli("ask", "paint.yaml", "--json").json["campaign"] == second


def test_an_aborted_campaign_is_not_gone_on_with(cli: Cli, paint: Path) -> None:
    first = cli("ask", "paint.yaml", "--json").json["campaign"]
    assert cli("abort", first).code == 0
    assert cli("ask", "paint.yaml", "--json").json["campaign"] != first


def test_a_file_whose_campaign_is_over_names_the_choices(cli: Cli, paint: Path) -> None:
    cli("ask", "paint.yaml", "-n", 12)
    error = cli("ask", "paint.yaml", "--json").json["error"]
    assert error["field"] == "budget.experiments"
    assert "zosimos steer" in error["hint"]
    assert "zosimos ask paint.yaml --new" in error["hint"]


def test_it_is_known_from_another_folder_and_after_a_move(
    cli: Cli, paint: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cli("ask", "paint.yaml", "--json").json["campaign"]
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert cli("ask", "../paint.yaml", "--ledger", "../zosimos.db", "--json").json["campaign"] == first
    (folder / "moved").mkdir()
    monkeypatch.chdir(folder / "moved")
    paint.rename("paint.yaml")
    assert cli("ask", "paint.yaml", "--ledger", "../zosimos.db", "--json").json["campaign"] == first
    (folder / "paint.yaml").write_text((folder / "moved" / "paint.yaml").read_text())
    (folder / "below" / "paint.yaml").write_text((folder / "moved" / "paint.yaml").read_text())
    monkeypatch.chdir(folder / "below")
    assert cli("ask", "paint.yaml", "--ledger", "../zosimos.db", "--json").json["campaign"] != first


def test_an_edited_file_is_refused_with_the_choices_and_what_was_changed(cli: Cli, paint: Path, folder: Path) -> None:
    first = cli("ask", "paint.yaml", "--json").json["campaign"]
    paint.write_text(HAND.replace("max: 80", "max: 90").replace("experiments: 12", "experiments: 20"))
    before = files(folder)
    error = cli("ask", "paint.yaml", "-o", "t.csv", "--json")
    assert error.code == 2
    assert error.json["error"]["value"] == "space.temp.max: 80 -> 90; budget.experiments: 12 -> 20"
    assert "--steer" in error.json["error"]["allowed"]
    assert "--new" in error.json["error"]["allowed"]
    assert files(folder) == before
    steered = cli("ask", "paint.yaml", "--steer", "--json").json
    assert steered["campaign"] == first
    assert steered["steered"] == ["space.temp.max: 80 -> 90", "budget.experiments: 12 -> 20"]
    assert cli("ask", "paint.yaml", "--json").json["steered"] == [], "it was taken in"


@pytest.mark.parametrize("answer", ["y", "n"])
def test_at_a_terminal_it_is_asked_whether_to_steer(
    cli: Cli, paint: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    cli("ask", "paint.yaml")
    paint.write_text(HAND.replace("max: 80", "max: 90"))

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    monkeypatch.setattr("sys.stdout", Terminal())
    code = cli("ask", "paint.yaml").code
    monkeypatch.undo()
    with zo.Campaign.open(ledger=paint.parent / "zosimos.db") as campaign:
        assert campaign.spec.space["temp"].max == (90 if answer == "y" else 80)  # type: ignore[union-attr]
        assert len(campaign.experiments) == (4 if answer == "y" else 2)
    assert code == (0 if answer == "y" else 1)


def test_an_edited_file_may_bring_a_new_parameter(cli: Cli, paint: Path) -> None:
    cli("ask", "paint.yaml")
    paint.write_text(HAND.replace("objectives:", "  salt: {choices: [none, NaCl], default: none}\nobjectives:"))
    error = cli("ask", "paint.yaml", "--json").json["error"]
    assert error["value"] == "new parameter salt: none, NaCl; before: none"
    assert cli("ask", "paint.yaml", "--steer").code == 0


def test_a_file_in_which_only_comments_were_changed_goes_on(cli: Cli, paint: Path) -> None:
    first = cli("ask", "paint.yaml", "--json").json["campaign"]
    paint.write_text("# my paint\n" + HAND)
    assert cli("ask", "paint.yaml", "--json").json["campaign"] == first


def test_a_steering_of_the_campaign_is_no_edit_of_its_file(cli: Cli, paint: Path) -> None:
    first = cli("ask", "paint.yaml", "--set", "batch=3", "--json").json
    assert cli("steer", "last", "--set", "space.temp.max=70").code == 0
    again = cli("ask", "paint.yaml", "--json").json
    assert (again["campaign"], again["steered"], len(again["candidates"])) == (first["campaign"], [], 3)
    assert "batch: 3 -> 4" in cli("ask", "paint.yaml", "--set", "batch=4", "--json").json["error"]["value"]


def test_what_cannot_change_under_way_names_the_other_choice(cli: Cli, paint: Path) -> None:
    cli("ask", "paint.yaml")
    paint.write_text(HAND.replace("name: paint", "name: varnish"))
    error = cli("ask", "paint.yaml", "--steer", "--json").json["error"]
    assert error["field"] == "name"
    assert "--new" in error["hint"]
    assert cli("ask", "paint.yaml", "--new").code == 0


def test_options_of_a_file_are_refused_elsewhere(cli: Cli, paint: Path, folder: Path) -> None:
    assert cli("ask", "paint.yaml", "--steer", "--json").json["error"]["field"] == "--steer"
    assert not (folder / "zosimos.db").exists()
    cli("ask", "paint.yaml")
    for options in (("last", "--new"), ("last", "--steer"), ("paint.yaml", "--new", "--steer")):
        assert cli("ask", *options, "--json").code == 2


def test_the_same_from_python(paint: Path, folder: Path) -> None:
    with zo.Campaign.of_file(paint) as campaign:
        first = campaign.id
        campaign.ask()
    with zo.Campaign.of_file(paint) as campaign:
        assert campaign.id == first
        assert len(campaign.pending) == 2
    paint.write_text(HAND.replace("batch: 2", "batch: 3"))
    with pytest.raises(SpecError, match="was changed since"):
        zo.Campaign.of_file(paint)
    with zo.Campaign.of_file(paint, steer=True) as campaign:
        assert (campaign.id, campaign.spec.batch) == (first, 3)


# --- nothing left behind

IMPOSSIBLE = HAND.replace("objectives:", "constraints: ['oil > 0.5', 'oil < 0.4']\nobjectives:")
NARROW = HAND.replace("max: 80", "max: 79.9999").replace(
    "objectives:", "constraints: ['temp * oil > 79.9999']\nobjectives:"
)  # nothing is allowed, which only trying shows


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (IMPOSSIBLE, ()),
        (NARROW, ()),
        (HAND, ("-o", "nowhere/t.csv")),
        (HAND, ("-o", ".")),
        (HAND, ("-o", "t.ods")),
        (HAND, ("-o", "mine.csv")),
        (HAND, ("-o", "mine.txt")),
        (HAND, ("-o", "open.xlsx")),
        (HAND, ("--set", "budget.experiments=0")),
        (HAND, ("--ledger", "mine.txt")),
        (HAND, ("-n", "0")),
    ],
)
@pytest.mark.parametrize("running", [False, True])
def test_a_command_that_fails_leaves_no_campaign_and_no_file(
    cli: Cli, paint: Path, folder: Path, text: str, options: tuple[str, ...], running: bool
) -> None:
    (folder / "mine.csv").write_text("experiment,gloss\ne0009,3\n")
    (folder / "mine.txt").write_text("remember the milk")
    (folder / ".~lock.open.xlsx#").write_text("me")
    if running:
        assert cli("ask", "paint.yaml").code == 0
        (folder / "other.yaml").write_text(text)
    paint.write_text(text)
    before, head = files(folder), cli("list", "--json").out
    answer = cli("ask", "other.yaml" if running else "paint.yaml", *options, "--json")
    assert answer.code in (2, 3)
    assert answer.json["error"]["message"]
    assert files(folder) == before
    assert cli("list", "--json").out == head


def test_a_proposal_is_not_recorded_when_its_table_cannot_stand(cli: Cli, paint: Path, folder: Path) -> None:
    cli("ask", "paint.yaml")
    head = cli("head", "last").out
    for place in ("nowhere/t.csv", ".", "t.ods"):
        assert cli("ask", "last", "-o", place, "--json").code == 2
        assert cli("head", "last").out == head
    before = files(folder)
    assert cli("ask", "last", "-n", 99, "-o", "t.csv").code == 0
    assert cli("ask", "last", "-o", "u.csv", "--json").json["error"]["field"] == "budget.experiments"
    assert set(files(folder)) - set(before) == {"t.csv"}


def test_a_ledger_that_is_only_read_leaves_no_table(cli: Cli, paint: Path, folder: Path) -> None:
    cli("ask", "paint.yaml")
    before, url = files(folder), "sqlite:///file:zosimos.db?mode=ro&uri=true"
    for what in ("paint.yaml", "last"):
        assert cli("ask", what, "-o", "t.csv", "--ledger", url, "--json").code in (2, 3)
        assert files(folder) == before


def test_a_table_with_results_that_are_not_on_record_is_not_replaced(cli: Cli, paint: Path, folder: Path) -> None:
    name = cli("ask", "paint.yaml", "-o", "t.csv", "--json").json["campaign"]
    fill(folder / "t.csv")
    filled, head = (folder / "t.csv").read_text(), cli("head", "last").out
    error = cli("ask", "last", "-o", "t.csv", "--json").json["error"]
    assert "holds results that are not on record (2 rows)" in error["message"]
    assert f"zosimos tell {name} t.csv" in error["hint"]
    assert (folder / "t.csv").read_text() == filled
    assert cli("head", "last").out == head
    assert cli("tell", "last", "t.csv").code == 0
    assert cli("ask", "last", "-o", "t.csv").code == 0, "its results are on record"
    assert (folder / "t.csv.bak").read_text() == filled


def test_a_workbook_with_a_row_of_ones_own_is_not_replaced(cli: Cli, paint: Path, folder: Path) -> None:
    cli("ask", "paint.yaml", "-o", "t.xlsx")
    assert cli("ask", "last", "-o", "t.xlsx").code == 0, "nothing was filled in"
    book = openpyxl.load_workbook(folder / "t.xlsx")
    sheet: Any = book.active
    sheet.append([None, 0.5, 50, "water", 3.0])
    book.save(folder / "t.xlsx")
    held = (folder / "t.xlsx").read_bytes()
    assert "(1 row)" in cli("ask", "last", "-o", "t.xlsx", "--json").json["error"]["message"]
    assert (folder / "t.xlsx").read_bytes() == held
    assert cli("ask", "last", "-o", "t.xlsx", "--force").code == 0
    assert (folder / "t.xlsx.bak2").read_bytes() == held


def test_a_link_to_a_table_stays_a_link(cli: Cli, paint: Path, folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "t.csv").symlink_to(folder / "shared" / "t.csv")
    assert cli("ask", "paint.yaml", "-o", "t.csv").code == 0
    assert (folder / "t.csv").is_symlink()
    assert (folder / "shared" / "t.csv").is_file()


def test_a_longer_budget_says_that_it_goes_on(cli: Cli, paint: Path, folder: Path) -> None:
    cli("ask", "paint.yaml", "-n", 12, "-o", "t.csv")
    fill(folder / "t.csv")
    cli("tell", "last", "t.csv")
    assert "used up" in cli("status", "last").out
    said = cli("steer", "last", "--set", "budget.experiments=15").out
    assert "a stop rule was met (the budget of 12 experiments is used up), and none is any more" in said
    assert "used up" not in cli("status", "last").out
    assert cli("ask", "paint.yaml").code == 0


def test_a_finished_campaign_with_a_longer_budget_says_everywhere_that_it_can_go_on(cli: Cli, folder: Path) -> None:
    cli("run", "tiny.yaml", "--no-report", "--json")
    said = cli("steer", "last", "--set", "budget.experiments=10").out
    words = "steered after it finished (budget.experiments: 8 -> 10), and no stop rule holds any more"
    assert words in said
    assert "zosimos resume" in said
    assert words in cli("status", "last", "--json").json["revised"]
    assert cli("status", "last", "--json").json["waiting_for"][0]["kind"] == "reopen"
    assert words in " ".join(cli("status", "last").out.split())
    assert words in cli("list", "--json").json["campaigns"][0]["reason"]
    assert cli("resume", "last", "--no-report", "--json").json["experiments"] == 10
    assert cli("status", "last", "--json").json["revised"] == ""


def test_a_campaign_that_can_be_asked_nothing_is_not_steered(cli: Cli, paint: Path, folder: Path) -> None:
    assert cli("ask", "paint.yaml").code == 0
    assert cli("pause", "last", "--reason", "night").code == 0
    paint.write_text(HAND.replace("max: 80", "max: 70"))
    found = cli("ask", "paint.yaml", "--steer")
    assert found.code == 2
    assert "is paused" in found.err
    assert cli("resume", "last", "--recorded").code == 0
    (folder / "kept.csv").write_text("my,own,table\n1,2,3\n")
    found = cli("ask", "paint.yaml", "--steer", "-o", "kept.csv")
    assert (found.code, "kept.csv is not replaced" in found.err) == (2, True), found.err
    assert cli("ask", "last", "-n", 50).code == 0
    assert "used up" in cli("ask", "paint.yaml", "--steer").err
    assert cli("status", "last", "--json").json["spec_version"] == 1


def test_fewer_experiments_than_were_asked_for_are_explained(cli: Cli, paint: Path) -> None:
    said = cli("ask", "paint.yaml", "-n", 50).out
    assert "12 of the 50 asked for: the budget of 12 experiments has no room for more" in " ".join(said.split())
    assert "asked for" not in cli("ask", "paint.yaml", "--new", "-n", 2).out
