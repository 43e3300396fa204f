"""Each command does what its help says, for people and, with --json, for programs."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zosimos.campaign.ledger.claims import execution_claim
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.long import LongMap
from zosimos.core.errors import LedgerError

Cli = Callable[..., Any]


@pytest.fixture
def finished(cli: Cli) -> str:
    """A campaign that ran to its end."""
    answer = cli("run", "tiny.yaml", "--no-report", "--json")
    assert answer.code == 0, answer.err
    return str(answer.json["campaign"])


@pytest.fixture
def asking(cli: Cli) -> Any:
    """A campaign that waits for the approval of its first batch: the answer of its run."""
    answer = cli("run", "tiny.yaml", "--set", "approval=batch", "--json")
    assert answer.code == 0, answer.err
    return answer.json


def test_run_tells_people_how_it_goes_and_what_was_best(cli: Cli, folder: Path) -> None:
    answer = cli("run", "tiny.yaml")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith("campaign c-")
    assert lines[1].startswith("[1/8] e000")
    assert "finished: the budget of 8 experiments is used up" in lines
    assert any(line.startswith("best recipe") for line in lines)
    report = folder / lines[-1].removeprefix("report: ")
    assert report.is_file()
    assert answer.err == ""


def test_run_answers_programs_with_one_object(cli: Cli) -> None:
    answer = cli("run", "tiny.yaml", "--json", "--no-report", "--seed", 3)
    assert len(answer.out.splitlines()) == 1
    data = answer.json
    assert set(data) == {"campaign", "status", "reason", "experiments", "best", "report"}
    assert (data["status"], data["experiments"], data["report"]) == ("finished", 8, None)
    assert set(data["best"]["candidate"]) == {"temp", "flow", "solvent"}
    assert data["best"]["outcomes"]["yield"]["unit"] == "percent"
    shown = cli("show", data["campaign"], "--json").json
    assert shown["spec"]["seed"] == 3


def test_run_again_with_the_same_seed_is_the_same_campaign(cli: Cli) -> None:
    runs = [cli("run", "tiny.yaml", "--json", "--no-report").json for _ in range(2)]
    assert runs[0]["best"] == runs[1]["best"]
    assert runs[0]["campaign"] != runs[1]["campaign"]


def test_last_is_the_campaign_made_last_even_within_one_second(cli: Cli) -> None:
    for _ in range(4):
        newest = cli("ask", "tiny.yaml", "--new", "--json").json["campaign"]
        assert cli("status", "last", "--json").json["campaign"] == newest


def test_run_without_waiting_says_what_it_waits_for(cli: Cli, asking: Any) -> None:
    assert asking["status"] == "waiting"
    (item,) = asking["waiting_for"]
    assert item["kind"] == "approval"
    assert item["experiments"] == ["e0001", "e0002", "e0003", "e0004"]
    assert item["command"] == f"zosimos approve {item['token']}"
    people = cli("run", "tiny.yaml", "--set", "approval=batch", "--no-wait", "--ledger", "other.db")
    assert "--ledger other.db" in people.out


def test_several_objectives_give_several_best_recipes(cli: Cli, folder: Path) -> None:
    lines = (folder / "pool.csv").read_text().splitlines()
    costed = [f"{lines[0]},cost", *(f"{line},{100 - i}" for i, line in enumerate(lines[1:]))]
    (folder / "pool.csv").write_text("\n".join(costed) + "\n")
    answer = cli("run", "tiny.yaml", "--no-report", "--set", "objectives.cost={goal: max}", "--json")
    assert len(answer.json["best"]["pareto"]) > 1
    assert "others are better in one outcome and worse in another" in cli("status", "last").out


def test_pause_and_resume(cli: Cli, asking: Any) -> None:
    campaign, token = asking["campaign"], asking["waiting_for"][0]["token"]
    assert cli("pause", campaign, "--reason", "lunch", "--json").json["status"] == "paused"
    assert cli("approve", token, "--yes", "run").code == 0
    assert "lunch" in cli("status", campaign).out
    assert cli("pause", campaign).code == 2
    resumed = cli("resume", campaign[-8:], "--json").json
    assert (resumed["status"], resumed["experiments"]) == ("waiting", 4)


def test_halt_stops_at_once_and_a_person_takes_it_up_again(cli: Cli, asking: Any) -> None:
    campaign = asking["campaign"]
    halted = {"campaign": campaign, "status": "paused", "reason": "smells burnt"}
    assert cli("halt", campaign, "--reason", "smells burnt", "--json").json == halted
    assert cli("halt", campaign, "--json").json == halted, "cried twice, it is halted once"
    assert cli("resume", campaign, "--no-wait", "--json").json["status"] == "waiting"
    assert "halt ID" in cli("stop", campaign).err


def test_abort_ends_a_campaign_for_good(cli: Cli, asking: Any) -> None:
    campaign = asking["campaign"]
    assert cli("abort", campaign, "--reason", "leak", "--json").json == {
        "campaign": campaign,
        "status": "aborted",
        "reason": "leak",
    }
    assert cli("resume", campaign, "--json").json["error"]["type"] == "StateError"
    assert cli("approvals", "--json").json["approvals"] == []


def test_a_finished_campaign_goes_on_only_when_its_budget_was_raised(cli: Cli, finished: str) -> None:
    before = cli("head", finished).out
    refused = cli("resume", finished, "--json")
    assert refused.code == 2
    assert "budget.experiments=18" in refused.json["error"]["hint"]
    assert cli("head", finished).out == before
    assert cli("steer", finished, "--set", "budget.experiments=10").code == 0
    resumed = cli("resume", "last", "--json", "--no-report").json
    assert (resumed["status"], resumed["experiments"]) == ("finished", 10)


def test_approvals_show_exactly_what_would_run(cli: Cli, asking: Any) -> None:
    (approval,) = cli("approvals", "--json").json["approvals"]
    assert approval["campaign"] == asking["campaign"]
    assert [set(item["values"]) for item in approval["experiments"]] == [{"temp", "flow", "solvent"}] * 4
    people = cli("approvals", "last").out
    assert f"zosimos approve {approval['token']}" in people
    assert "ethanol" in people


def test_each_may_be_approved_or_rejected(cli: Cli) -> None:
    run = cli("run", "tiny.yaml", "--set", "approval=each", "--json").json
    tokens = [item["token"] for item in run["waiting_for"]]
    assert len(tokens) == 4
    approved = cli("approve", *tokens[:3], "--yes", "run", "--json").json["approvals"]
    assert [item["status"] for item in approved] == ["granted"] * 3
    rejected = cli("reject", tokens[3], "--reason", "too hot", "--json").json["approvals"]
    assert rejected[0]["experiments"] == ["e0004"]
    assert cli("show", "last", "e0004", "--json").json["reason"] == "rejected: too hot"
    assert cli("resume", "last", "--json").json["experiments"] == 3


def test_steer_shows_what_changed_and_what_expired(cli: Cli, asking: Any) -> None:
    token = asking["waiting_for"][0]["token"]
    people = cli("steer", "last", "--set", "space.temp.max=60", "--set", "batch=2").out
    assert "space.temp.max: 80 -> 60" in people
    assert "batch: 4 -> 2" in people
    assert f"expired: {token}" in people
    undone = cli("steer", "last", "--undo", "--json").json
    assert undone["spec_version"] == 3
    assert [change["new"] for change in undone["changes"]] == [60, 2] or [
        change["new"] for change in undone["changes"]
    ] == [80, 4]
    assert cli("steer", "last", "--undo").code == 2


def test_steer_with_a_few_lines_or_a_whole_file(cli: Cli, folder: Path, asking: Any) -> None:
    (folder / "diff.yaml").write_text("space.temp.max: 60 degC\nbudget: {experiments: 9}\n")
    changes = cli("steer", "last", "--file", "diff.yaml", "--json").json["changes"]
    assert {(c["path"], c["new"]) for c in changes} == {("space.temp.max", 60), ("budget.experiments", 9)}
    whole = (folder / "tiny.yaml").read_text().replace("experiments: 8", "experiments: 20")
    (folder / "whole.yaml").write_text(whole.replace("batch: 4", "batch: 4\napproval: batch"))
    changes = cli("steer", "last", "--file", "whole.yaml", "--json").json["changes"]
    assert {(c["path"], c["new"]) for c in changes} == {("space.temp.max", 80), ("budget.experiments", 20)}


def test_a_changed_file_whose_space_was_inferred_can_be_applied(cli: Cli, folder: Path) -> None:
    head, _, tail = (folder / "tiny.yaml").read_text().partition("space:\n")
    bare = head + "objectives:" + tail.partition("objectives:")[2]
    (folder / "bare.yaml").write_text(bare)
    run = cli("run", "bare.yaml", "--seed", 5, "--clock", "paced", "--pace", "0.0001", "--no-report", "--json")
    assert run.json["status"] == "finished"
    (folder / "bare.yaml").write_text(bare.replace("experiments: 8", "experiments: 12"))
    changed = cli("resume", "last", "--json")
    assert "steer" in changed.json["error"]["hint"]
    assert cli("steer", "last", "--file", "bare.yaml", "--json").json["changes"] == [
        {"path": "budget.experiments", "old": 8, "new": 12}
    ]
    resumed = cli("resume", "last", "--no-report", "--json").json  # it does what the file says, which is known now
    assert (resumed["status"], resumed["experiments"]) == ("finished", 12)


def test_list_status_and_show(cli: Cli, finished: str) -> None:
    (row,) = cli("list", "--json").json["campaigns"]
    assert (row["campaign"], row["name"], row["status"], row["used"]) == (finished, "tiny", "finished", 8)
    assert finished in cli("list").out
    status = cli("status", finished, "--json").json
    assert status["experiments"] == {"measured": 8}
    assert status["waiting_for"] == []
    assert "8 of 8 experiments used" in cli("status", finished).out
    assert len(cli("show", finished, "--json").json["runs"]) == 8
    assert "space filling" in cli("show", finished).out
    one = cli("show", finished, "e0003", "--json").json
    assert one["urn"] == f"urn:zosimos:{finished}:e0003"
    assert one["steps"][0]["status"] == "done"
    assert "e0003" in cli("show", finished, "e0003").out


def test_events_of_a_campaign_and_of_one_experiment(cli: Cli, finished: str) -> None:
    events = cli("show", finished, "--events", "--json").json["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    mine = cli("show", finished, "e0002", "--events", "--json").json["events"]
    assert [event["kind"] for event in mine] == [
        "decision.made",
        "experiment.started",
        "step.intended",
        "step.done",
        "experiment.measured",
    ]
    assert "experiment.measured" in cli("show", finished, "e0002", "--events").out


def test_watch_shows_events_until_the_end(cli: Cli, finished: str) -> None:
    answer = cli("watch", finished)
    assert "campaign.created" in answer.out.splitlines()[0]
    assert any("campaign.finished" in line for line in answer.out.splitlines())
    data = cli("watch", finished, "--json")
    assert [json.loads(line)["seq"] for line in data.out.splitlines()[:3]] == [1, 2, 3]
    assert data.json["status"] == "finished"


def test_watch_once_stops_with_what_is_on_record(cli: Cli, asking: Any) -> None:
    assert cli("watch", "last", "--once", "--json").json["status"] == "active"


def test_ask_and_tell(cli: Cli, folder: Path) -> None:
    asked = cli("ask", "tiny.yaml", "-n", 2, "-o", "proposals.csv", "--json").json
    assert asked["file"] == "proposals.csv"
    assert [item["experiment"] for item in asked["candidates"]] == ["e0001", "e0002"]
    assert set(asked["candidates"][0]) == {"experiment", "values", "reason", "predictions"}
    table = list(csv.DictReader(io.StringIO((folder / "proposals.csv").read_text())))
    table[0]["yield (%)"], table[1]["failed"] = "12.5", "broke the flask"
    with (folder / "results.csv").open("w") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    told = cli("tell", asked["campaign"], "results.csv", "--json").json
    assert told["experiments"] == ["e0001", "e0002"]
    assert told["best"]["outcomes"]["yield"]["value"] == 12.5
    again = cli("ask", asked["campaign"], "-o", "proposals.csv")
    assert again.code == 0
    assert "e0006" in again.out  # the campaign's batch is 4
    assert (folder / "proposals.csv.bak").is_file()  # what was there might have held results


def test_a_stop_rule_that_is_met_by_hand_is_told_and_binds_nobody(cli: Cli, folder: Path) -> None:
    text = (folder / "tiny.yaml").read_text().replace("lab: {kind: pool, file: pool.csv, latency: 10 min}\n", "")
    (folder / "hand.yaml").write_text(f"{text}\nstop: {{reach: {{yield: 10}}}}\n")
    name = cli("ask", "hand.yaml", "-n", 1, "--json").json["campaign"]
    (folder / "results.csv").write_text("experiment,yield\ne0001,12.5\n")
    assert "a stop rule is met: the goal is reached by e0001: yield 12.5" in cli("tell", name, "results.csv").out
    assert "the goal is reached by e0001" in cli("status", name).out
    asked = cli("ask", name, "-n", 1, "--json").json
    assert (len(asked["candidates"]), asked["due"]) == (1, "the goal is reached by e0001: yield 12.5")
    assert "a stop rule is met" in cli("ask", name, "-n", 1).out


def test_ask_without_a_lab(cli: Cli, folder: Path) -> None:
    text = (folder / "tiny.yaml").read_text().replace("lab: {kind: pool, file: pool.csv, latency: 10 min}\n", "")
    (folder / "hand.yaml").write_text(text)
    assert cli("run", "hand.yaml", "--json").json["error"]["type"] == "StateError"
    assert not (folder / "zosimos.db").exists()
    assert cli("dry-run", "hand.yaml").code == 2
    assert len(cli("ask", "hand.yaml", "--json").json["candidates"]) == 4


def test_validate_and_dry_run_write_nothing(cli: Cli, folder: Path) -> None:
    valid = cli("validate", "tiny.yaml", "--json").json
    assert valid["valid"] is True
    assert valid["candidates"] == 24
    assert "24" in cli("validate", "tiny.yaml", "--set", "batch=2").out
    rehearsed = cli("dry-run", "tiny.yaml", "--json").json
    assert (rehearsed["experiments"], rehearsed["failed"], rehearsed["simulated_s"]) == (8, 0, 1200)
    assert "20 min" in cli("dry-run", "tiny.yaml").out
    assert sorted(path.name for path in folder.iterdir()) == ["pool.csv", "tiny.yaml"]


def test_schema_is_json_either_way(cli: Cli) -> None:
    schema = json.loads(cli("schema").out)
    assert schema == cli("schema", "--json").json
    assert "objectives" in schema["required"]


def test_export_to_stdout_and_to_a_file(cli: Cli, finished: str, folder: Path) -> None:
    table = cli("export", finished, "--format", "csv").out
    assert len(table.splitlines()) == 9
    everything = json.loads(cli("export", finished, "--format", "json").out)
    assert len(everything["runs"]) == 8
    assert cli("export", finished, "--json").json["data"] == table
    assert cli("export", finished, "--format", "json", "--json").json["data"] == everything
    assert cli("export", finished, "-o", "out.csv", "--json").json["file"] == "out.csv"
    assert (folder / "out.csv").read_text() == table
    assert cli("export", finished, "-o", "no/such/folder.csv", "--json").json["error"]["field"] == "-o"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_that_fails_leaves_the_file_as_it_was(
    cli: Cli, finished: str, folder: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "out").write_text("what was there")
    before = sorted(folder.iterdir())
    monkeypatch.setattr(LongMap, "passing", broken_off)
    answer = cli("export", finished, "--format", form, "-o", "out", "--json")
    assert (answer.code, answer.json["error"]["message"]) == (2, "the disk went away")
    assert (folder / "out").read_text() == "what was there"
    assert sorted(folder.iterdir()) == before


def broken_off(experiments: LongMap[Experiment], _: object = None) -> Iterator[Experiment]:
    yield from list(experiments.values())[:3]
    raise LedgerError("the disk went away")


def test_verify_head_and_replay(cli: Cli, finished: str) -> None:
    head = cli("head", finished, "--json").json["head"]
    assert cli("head", finished).out.strip() == head
    verified = cli("verify", finished, "--head", head, "--json").json
    assert verified["valid"] is True
    assert verified["head"] == head
    replayed = cli("replay", finished, "--json").json
    assert replayed["identical"] is True
    assert replayed["divergence"] is None
    assert "came out the same" in cli("replay", finished).out


def test_replay_names_the_decision_that_differs(cli: Cli, finished: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from zosimos.campaign.decisions import replay

    monkeypatch.setattr(replay, "_compared", lambda state, event, *_: replay.Divergence("d0001", 3, "x", "a", "b"))
    answer = cli("replay", finished, "--json")
    assert answer.code == 1
    assert answer.json["divergence"]["decision"] == "d0001"
    said = cli("replay", finished).out
    assert "d0001" in said
    assert f"written by zosimos {answer.json['written_by']}" in said


def test_report(cli: Cli, finished: str, folder: Path) -> None:
    assert cli("report", finished, "-o", "r.html", "--json").json["report"] == "r.html"
    assert "tiny" in (folder / "r.html").read_text()
    assert cli("report", finished).out.strip() == f"report: reports/{finished}.html"


def test_settings_come_from_file_environment_and_flags(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "zosimos.toml").write_text('ledger = "file.db"\n')
    cli("run", "tiny.yaml", "--no-report")
    assert (folder / "file.db").is_file()
    monkeypatch.setenv("ZOSIMOS_LEDGER", "environment.db")
    assert cli("list", "--json").json["campaigns"] == []
    assert len(cli("list", "--ledger", "file.db", "--json").json["campaigns"]) == 1


@pytest.mark.slow
def test_the_default_planner_runs_and_replays(cli: Cli) -> None:
    run = cli("run", "tiny.yaml", "--set", "planner={start: 4}", "--json", "--no-report")
    assert run.code == 0, run.err
    assert cli("replay", "last").code == 0
    assert "expected" in cli("ask", "tiny.yaml", "--set", "planner={start: 2}", "-n", 4, "--new").out


def test_status_says_which_process_runs_a_campaign_or_that_nobody_does(cli: Cli, folder: Path, asking: Any) -> None:
    name = asking["campaign"]
    assert f"nobody: zosimos resume {name} goes on" in cli("status", name).out
    assert cli("status", name, "--json").json["run_by"] == ""
    with Ledger(str(folder / "zosimos.db")) as ledger, execution_claim(ledger, name):
        assert re.search(f"run by +process {os.getpid()} on ", cli("status", name).out)
        assert cli("status", name, "--json").json["run_by"].startswith(f"process {os.getpid()} on ")
    cli("abort", name)
    assert "run by" not in cli("status", name).out


def test_a_campaign_by_hand_is_taken_up_again_without_a_lab(cli: Cli, folder: Path) -> None:
    (folder / "hand.yaml").write_text(
        "name: hand\nspace: {x: {min: 0, max: 1}}\nobjectives: {y: {goal: max}}\nbudget: {experiments: 3}\n"
    )
    cli("ask", "hand.yaml", "-n", 1)
    cli("pause", "last")
    answer = cli("resume", "last", "--json")
    assert (answer.code, answer.json["status"]) == (0, "continued")
    assert cli("status", "last", "--json").json["status"] == "active"
    again = cli("resume", "last")
    assert again.code == 2
    assert "no lab to run in" in again.err
