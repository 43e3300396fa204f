"""Work by hand is told in the words of the lab: what is to do, how far from the target, which is best and why."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

Cli = Callable[..., Any]
PAINT = """\
name: paint
space:
  binder: {min: 10, max: 40, unit: g}
  temp: {min: 20, max: 80, unit: degC, step: 5}
  solvent: {choices: [water, ethanol]}
objectives:
  hardness: {goal: max, unit: MPa}
  viscosity: {goal: target, target: 300, unit: mPa*s}
planner: {kind: sobol}
batch: 3
budget: {experiments: 8}
"""
RESULTS = """\
experiment,hardness (MPa),hardness_uncertainty,viscosity (mPa·s)
e0001,12.4,0.35,280
e0002,8.4,0.35,300
e0003,15.3,0.35,350
"""


@pytest.fixture
def asked(cli: Cli, folder: Path) -> str:
    """A campaign by hand with three experiments to do."""
    (folder / "paint.yaml").write_text(PAINT, encoding="utf-8")
    (folder / "r.csv").write_text(RESULTS, encoding="utf-8")
    return str(cli("ask", "paint.yaml", "-o", "t.csv", "--json").json["campaign"])


def test_by_hand_what_is_approved_is_to_do(cli: Cli, asked: str) -> None:
    status, listed, shown = cli("status", asked).out, cli("list").out, cli("show", asked).out
    assert re.search(r"^experiments +3 to do *$", status, re.MULTILINE)
    assert f"e0001 e0002 e0003, then tell their results: zosimos tell {asked} results.csv" in status
    assert "active, 3 to do" in listed
    assert shown.count("to do") == 4
    for text in (status, listed, shown, cli("show", asked, "e0001").out):
        assert "approved" not in text
        assert "spec version" not in text
        assert "sobol" not in text
    assert cli("status", asked, "--json").json["experiments"] == {"approved": 3}
    assert cli("show", asked, "e0001", "--json").json["status"] == "approved"


def test_what_waits_for_a_yes_is_to_approve_also_by_hand(cli: Cli, folder: Path) -> None:
    (folder / "paint.yaml").write_text(PAINT.replace("batch: 3", "batch: 3\napproval: batch"), encoding="utf-8")
    campaign = cli("ask", "paint.yaml", "--json").json["campaign"]
    assert "3 to approve" in cli("status", campaign).out
    assert "3 to do" not in cli("list").out


def test_a_dropped_proposal_is_given_up(cli: Cli, asked: str) -> None:
    cli("drop", asked, "e0002", "--reason", "out of solvent")
    assert re.search(r"^experiments +2 to do, 1 given up *$", cli("status", asked).out, re.MULTILINE)
    assert "given up" in cli("show", asked).out
    assert cli("show", asked, "e0002", "--json").json["status"] == "cancelled"


def test_a_file_for_work_by_hand_is_checked_without_words_of_labs(cli: Cli, folder: Path) -> None:
    (folder / "paint.yaml").write_text(PAINT, encoding="utf-8")
    told = cli("validate", "paint.yaml").out
    assert "by hand, with zosimos ask and tell" in told
    assert "clock" not in told
    assert "autonomous" not in told


def test_a_file_is_checked_with_all_that_a_person_would_look_through(cli: Cli, folder: Path) -> None:
    ruled = PAINT.replace("objectives:", "constraints:\n  - binder <= 38 or temp <= 60\nobjectives:")
    (folder / "paint.yaml").write_text(ruled, encoding="utf-8")
    told = cli("validate", "paint.yaml").out
    assert re.search(r"^parameters +binder: 10 to 40 g, proposed in steps of 0\.05 *$", told, re.MULTILINE)
    assert re.search(r"^ +temp: 20 to 80 °C, in steps of 5 *$", told, re.MULTILINE)
    assert re.search(r"^ +solvent: water, ethanol *$", told, re.MULTILINE)
    assert re.search(r"^rules +binder <= 38 or temp <= 60 *$", told, re.MULTILINE)
    assert re.search(r"^budget +8 experiments, 3 at a time *$", told, re.MULTILINE)
    assert cli("validate", "paint.yaml", "--json").json["spec"]["batch"] == 3


def test_it_is_said_why_there_is_no_best_any_more(cli: Cli, asked: str) -> None:
    cli("tell", asked, "r.csv")
    assert "no best yet" not in cli("status", asked).out
    assert cli("steer", asked, "--set", "objectives.price={goal: min, unit: EUR/kg}").code == 0
    status = cli("status", asked).out
    assert "no best yet: no experiment has all of hardness, viscosity and price" in status
    assert re.search(r"^incomplete +e0001, e0002, e0003 wait for: price; then: zosimos tell", status, re.MULTILINE)
    told = cli("show", asked, "--events").out
    assert "new outcome price: as low as possible €/kg" in told
    assert "{" not in told


def test_what_was_not_dropped_is_said_in_the_words_of_the_lab(cli: Cli, asked: str) -> None:
    for command in (("drop", asked, "e0002"), ("retract", asked, "e0002")):
        refused = cli(*command, "--undo", "--reason", "a slip")
        assert refused.code == 2
        assert "e0002 is to do" in refused.err
    again = cli("steer", asked, "--set", "batch=3")
    assert again.code == 2
    assert "the campaign says so already" in again.err
    assert "spec already" not in again.err


def test_nothing_to_do_is_told_with_the_command_that_asks(cli: Cli, asked: str) -> None:
    assert cli("tell", asked, "r.csv").code == 0
    assert f"ask for the next experiments: zosimos ask {asked}" in cli("status", asked).out


def test_the_distance_to_a_target_is_shown(cli: Cli, asked: str) -> None:
    told = cli("tell", asked, "r.csv").out
    assert "best so far: e0001  hardness 12.40 ± 0.35 MPa, viscosity 280 mPa·s (20 below target 300)" in told
    assert "280 (20 below target 300)" in cli("show", asked).out
    assert "300 (on target)" in cli("show", asked).out
    assert "viscosity 280 mPa·s (20 below target 300)" in cli("list").out
    assert "350 (50 above target 300)" in cli("status", asked).out


def test_one_is_best_of_several_and_it_is_said_why(cli: Cli, asked: str) -> None:
    told = cli("tell", asked, "r.csv").out
    why = "this one has the highest sum when hardness and viscosity weigh the same"
    assert "2 others are better in one outcome and worse in another" in told
    assert why in told
    status = cli("status", asked).out
    assert why in status
    assert re.search(r"best recipe: e000\d;", status)
    assert cli("status", asked, "--json").json["best"]["pareto"]


def test_with_one_outcome_nothing_is_said_of_others_unless_one_is_as_good(cli: Cli, folder: Path) -> None:
    (folder / "one.yaml").write_text(PAINT.replace("  viscosity: {goal: target, target: 300, unit: mPa*s}\n", ""))
    campaign = cli("ask", "one.yaml", "--json").json["campaign"]
    (folder / "r.csv").write_text("experiment,hardness\ne0001,3\ne0002,5\n")
    assert "other" not in cli("tell", campaign, "r.csv").out
    (folder / "r.csv").write_text("experiment,hardness\ne0003,5\n")
    assert "1 other is as good; it came first" in cli("tell", campaign, "r.csv").out


def test_values_have_the_digits_of_their_step_or_range(cli: Cli, asked: str) -> None:
    for text in (cli("show", asked).out, cli("ask", asked).out):
        rows = [line.split() for line in text.splitlines() if line.strip().startswith("e0")]
        assert rows
        for row in rows:
            binder, temp = [cell for cell in row if re.fullmatch(r"[\d.]+", cell)][:2]
            assert len(binder.partition(".")[2]) <= 2
            assert "." not in temp


def test_a_table_to_fill_in_has_units_and_whole_steps_and_is_read_back(cli: Cli, asked: str, folder: Path) -> None:
    text = (folder / "t.csv").read_bytes().decode("utf-8-sig")
    header, first, *_ = text.splitlines()
    assert header == (
        "experiment,binder (g),temp (°C),solvent,hardness (MPa),hardness_uncertainty,viscosity (mPa·s),"
        "viscosity_uncertainty,failed"
    )
    assert re.match(r"e0001,[\d.]+,\d+,\w+,,,,,$", first)
    filled = text.replace(",,,,,\n", ",12.5,0.3,310,,\n")
    (folder / "t.csv").write_text(filled, encoding="utf-8")
    assert cli("tell", asked, "t.csv", "--json").json["experiments"] == ["e0001", "e0002", "e0003"]
    cli("ask", asked, "-o", "t.xlsx")
    book = openpyxl.load_workbook(folder / "t.xlsx")
    sheet: Any = book.active
    assert [cell.value for cell in sheet[1]][1:3] == ["binder (g)", "temp (°C)"]
    assert isinstance(sheet["C2"].value, int)


def test_a_table_with_signs_of_units_is_marked_as_unicode_for_excel(cli: Cli, asked: str, folder: Path) -> None:
    assert (folder / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    (folder / "plain.yaml").write_text(PAINT.replace("degC", "K").replace("mPa*s", "cP"), encoding="utf-8")
    cli("ask", "plain.yaml", "-o", "p.csv")
    assert (folder / "p.csv").read_bytes().startswith(b"experiment,")


def test_moments_are_told_to_the_minute(cli: Cli, asked: str) -> None:
    assert re.search(r"^created +\d{4}-\d\d-\d\d \d\d:\d\d UTC *$", cli("status", asked).out, re.MULTILINE)


@pytest.mark.slow
def test_a_run_that_was_cut_off_says_so_and_how_to_go_on(
    cli: Cli, folder: Path, command: tuple[list[str], dict[str, str]]
) -> None:
    words, environment = command
    paced = [*words, "run", "tiny.yaml", "--clock", "paced", "--pace", "0.01", "--no-report"]
    process = subprocess.Popen(paced, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("campaign c-"):
            break
    while "running" not in cli("status", "last").out:
        assert process.poll() is None, "the campaign was over too soon"
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    process.stdout.close()
    status, listed = cli("status", "last"), cli("list")
    assert f"process {process.pid} on" in status.out
    assert "ended without finishing" in status.out
    assert "zosimos resume c-" in status.out
    assert "cut off: process" in listed.out
    assert cli("status", "last", "--json").json["left_by"].startswith(f"process {process.pid} on")
    cli("abort", "last", "--reason", "enough")
    assert "cut off" not in cli("list").out


@pytest.mark.slow
def test_a_terminal_sees_life_before_anything_heavy_is_loaded_and_nothing_of_it_stays(
    cli: Cli, asked: str, folder: Path, command: tuple[list[str], dict[str, str]]
) -> None:
    words, environment = command
    leader, follower = pty.openpty()
    environment = {**environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen([*words, "status", asked], cwd=folder, env=environment, stdout=follower, stderr=follower)
    os.close(follower)
    seen = b""
    try:
        while chunk := os.read(leader, 65536):
            seen += chunk
    except OSError:  # how a pseudo-terminal ends
        pass
    process.wait(timeout=60)
    os.close(leader)
    first, cleared, rest = seen.decode().partition("\r\x1b[2K")
    assert "reading the record ..." in first
    assert cleared
    assert "3 to do" in rest
    assert "reading the record" not in rest
    assert "reading the record" not in cli("status", asked).err
