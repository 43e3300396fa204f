"""Advice at the command line: given, listed, followed, replayed and taken back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_server import call, serving
from tests.faces.conftest import LeftBy

Cli = Callable[..., Any]


@pytest.fixture
def ran(cli: Cli, folder: Path, left_by: LeftBy) -> str:
    """A campaign on a pool with four results and four experiments left."""

    def make() -> None:
        answer = cli("run", "tiny.yaml", "--set", "budget.experiments=4", "--no-report", "--json")
        assert answer.code == 0, answer.err
        assert cli("steer", "last", "--set", "budget.experiments=8").code == 0

    left_by("advise", folder, make)
    return str(cli("list", "--json").json["campaigns"][0]["campaign"])


def untried(cli: Cli, campaign: str) -> str:
    """A row of the pool that was not tried, as somebody would write it."""
    tried = [run["candidate"]["values"] for run in cli("show", campaign, "--json").json["runs"]]
    for temp in (80, 60, 40):
        for flow in (3, 2, 1):
            row = {"temp": float(temp), "flow": float(flow), "solvent": "water"}
            if row not in tried:
                return f"temp={temp} degC, flow={flow}, solvent=water"
    raise AssertionError("everything was tried")


@pytest.mark.slow
def test_advice_is_given_followed_replayed_and_taken_back(cli: Cli, ran: str) -> None:
    point = untried(cli, ran)
    given = cli("advise", ran, "--point", point, "--expect", "yield=50±5", "--reason", "hot is fast", "--for", "4")
    assert given.code == 0, given.err
    assert "a0001 by tester" in given.out
    assert "--withdraw a0001" in given.out
    assert cli("advise", ran, "--exclude", "temp < 25", "--author", "ann").code == 0
    assert cli("resume", ran, "--no-report", "--json").json["status"] == "finished"

    listed = cli("advise", ran, "--json").json
    first, second = listed["advice"]
    assert (first["status"], first["author"], first["until"]) == ("expired", "tester", 8)
    (came,) = first["followed"]
    assert came["status"] == "measured"
    assert came["expected"]["yield"] == {"mean": 50.0, "sd": 5.0}
    assert (second["status"], second["author"], second["by"]) == ("in force", "ann", "tester")
    assert [(one["author"], one["experiments"]) for one in listed["authors"]] == [
        ("tester", [came["experiment"]]),
        ("ann", []),
    ]
    shown = cli("show", ran, came["experiment"])
    assert "tester (a0001)" in shown.out
    assert "50.0 ± 5.0 percent (by tester)" in shown.out
    table = cli("advise", ran)
    assert came["experiment"] in table.out
    assert "hot is fast" in table.out

    assert cli("replay", ran).code == 0
    taken = cli("advise", ran, "--withdraw", "a0002", "--reason", "it was the thermometer", "--json").json
    assert taken["withdrawn"]["reason"] == "it was the thermometer"
    assert cli("status", ran, "--json").json["advice"] == []
    assert cli("replay", ran).code == 0
    assert cli("verify", ran).code == 0
    exported = cli("export", ran, "--format", "json", "--json").json["data"]["advice"]
    assert [item["status"] for item in exported] == ["expired", "withdrawn"]


def test_a_campaign_that_advice_left_nothing_to_try_says_so_and_goes_on_once_it_is_withdrawn(
    cli: Cli, ran: str
) -> None:
    tried = cli("show", ran, "e0001", "--json").json["candidate"]["values"]
    others = f"temp != {tried['temp']} or flow != {tried['flow']} or solvent != '{tried['solvent']}'"
    assert cli("advise", ran, "--exclude", others).code == 0
    ended = cli("resume", ran, "--no-report", "--json").json
    assert ended["experiments"] == 4
    assert "advice excludes rows too (a0001)" in ended["reason"]
    assert cli("advise", ran, "--withdraw", "a0001").code == 0
    assert cli("resume", ran, "--no-report", "--json").json["experiments"] == 8
    assert cli("replay", ran).code == 0


def test_status_and_watch_say_what_is_advised(cli: Cli, ran: str) -> None:
    assert "nobody has advised anything" in cli("advise", ran).out
    assert cli("advise", ran, "--prior", "temp=70+-5,solvent=water", "--reason", "[bold]it boils\x1b[2J").code == 0
    assert "the best lies near temp=70±5, solvent=water ([bold]it boils)" in cli("status", ran).out
    lines = cli("watch", ran, "--once").out
    assert "advice.given          a0001 by tester: the best lies near solvent=water, temp=70±5" in lines
    (advice,) = cli("status", ran, "--json").json["advice"]
    assert advice["words"] == ["the best lies near temp=70±5, solvent=water"]


def test_words_of_a_program_are_marked_and_can_show_no_command(cli: Cli, ran: str) -> None:
    import zosimos as zo

    with zo.Campaign.open(ran) as campaign:
        campaign.advise(explore="more", author="bot", kind="llm", reason="done\nzosimos approve k7m2p9xq-3f2a9c41")
    for shown in (cli("status", ran), cli("advise", ran), cli("watch", ran, "--once")):
        (line,) = [line for line in shown.out.splitlines() if "a0001" in line]
        assert "model said | " in line
        assert "zosimos approve" not in shown.out
    assert cli("advise", ran, "--withdraw", "a0001").out.count("model said | ") == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--point", "temp=90,flow=1,solvent=water"], "point.temp"),
        (["--point", "temp=33,flow=1,solvent=water"], "point"),
        (["--point", "temp=40,flow=1,solvent=watr"], "point.solvent"),
        (["--expect", "yield=3±1"], "expect"),
        (["--prior", "pressure=3±1"], "prior.pressure"),
        (["--exclude", "temp > 0"], "exclude"),
        (["--exclude", " "], "exclude"),
        (["--replicate", "e0099"], "replicate"),
        (["--explore", "sideways"], "explore"),
        (["--explore", "more", "--for", "0"], "for"),
        (["--explore", "more", "--author", ""], "author"),
        (["--reason", "because"], "advice"),
        (["--withdraw", "a0001"], "withdraw"),
        (["--withdraw", "a0001", "--explore", "more"], "withdraw"),
    ],
)
def test_wrong_advice_is_one_block_that_names_the_field_and_writes_nothing(
    cli: Cli, ran: str, options: list[str], field: str
) -> None:
    before = cli("head", ran, "--json").json["head"]
    shown = cli("advise", ran, *options)
    assert shown.code == 2
    assert f"field:   {field}\n" in shown.err
    error = cli("advise", ran, *options, "--json").json["error"]
    assert error["field"] == field
    assert error["allowed"]
    assert cli("head", ran, "--json").json["head"] == before


def test_advice_by_hand_is_part_of_what_ask_suggests(cli: Cli, folder: Path) -> None:
    spec = "name: hand\nspace: {x: {min: 0, max: 1}}\nobjectives: {y: {goal: max}}\nbudget: {experiments: 9}\n"
    (folder / "hand.yaml").write_text(spec)
    campaign = cli("ask", "hand.yaml", "--json").json["campaign"]
    assert cli("advise", campaign, "--point", "x=0.125", "--reason", "an old note").code == 0
    (candidate,) = cli("ask", campaign, "-n", "1", "--json").json["candidates"]
    assert candidate["values"] == {"x": 0.125}
    assert candidate["reason"] == "advised by tester (a0001): try x=0.125; an old note"


@pytest.mark.slow
def test_advising_and_listing_need_no_torch(cli: Cli, command: tuple[list[str], dict[str, str]], folder: Path) -> None:
    answer = cli("ask", "tiny.yaml", "--set", "lab=null", "--set", "candidates=pool.csv", "--json")
    campaign = answer.json["campaign"]
    code = (
        "import sys; from zosimos.faces.cli import main; "
        f"codes = [main(['advise', '{campaign}', '--explore', 'more']), main(['advise', '{campaign}'])]; "
        "print(codes, 'torch' in sys.modules)"
    )
    python, environment = command
    done = subprocess.run(
        [python[0], "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[0, 0] False"


@pytest.mark.slow
def test_an_advisor_of_the_campaign_file_is_asked_and_what_came_of_it_is_told(cli: Cli, folder: Path) -> None:
    when = "{start: true, every: 2, plateau: 2, surprise: true, drift: true}"
    sets = ("--set", "budget.experiments=4", "--set", f"advisor={{kind: offline, when: {when}}}")
    assert cli("validate", "tiny.yaml", *sets).code == 0
    assert cli("run", "tiny.yaml", *sets, "--no-report", "--json").code == 0
    found = cli("advise", "last", "--json").json
    assert found["calls"][0]["moment"] == "start"
    assert {call["author"] for call in found["calls"]} == {"offline"}
    assert sum(found["worth"]["experiments"].values()) == 4
    assert "the advisor was asked" in cli("advise", "last").out
    assert "the advisor was asked" in (folder / cli("report", "last", "--json").json["report"]).read_text()
    refused = cli("advise", "last", "--ask", "--json")
    assert refused.code == 2
    assert "nobody is asked" in refused.json["error"]["message"]


def test_what_an_advisor_wishes_for_waits_for_a_persons_yes_with_what_the_record_says(cli: Cli, folder: Path) -> None:
    when = "{start: false, every: null, plateau: 2, surprise: false, drift: false}"
    sets = ("--set", "budget.experiments=12", "--set", "batch=1", "--set", f"advisor={{kind: offline, when: {when}}}")
    cli("run", "tiny.yaml", *sets, "--set", "planner={shares: {sobol: 1, random: 1}}", "--no-report")
    told = cli("show", "last", "--events", "--json").json
    proposed = next(one for one in told["events"] if one["kind"] == "change.proposed")
    assert proposed["body"]["changes"][0]["new"]["portfolio"] == "earned"
    assert "no better than the best before" in proposed["body"]["evidence"][-1]
    words = "set planner.portfolio=earned: shares would follow what each proposer brings (proposed before)"
    assert words in " ".join(cli("advise", "last").out.split())


def test_an_advisor_that_nobody_knows_is_refused_before_anything_is_begun(cli: Cli, folder: Path) -> None:
    for command in ("validate", "run"):
        answer = cli(command, "tiny.yaml", "--set", "advisor.kind=nobody", "--json")
        assert answer.code == 2
        assert "openai:NAME" in answer.json["error"]["allowed"]
    assert not (folder / "zosimos.db").exists() or not cli("list", "--json").json["campaigns"]


@pytest.mark.slow
def test_a_model_advises_a_campaign_that_runs_and_its_price_is_told(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"explore": "more", "suggest": [{"what": "stop"}], "reason": "zosimos approve k7m2p9xq-3f2a9c41"}
    with serving([call("give_advice", said)]) as server:
        monkeypatch.setenv("ZOSIMOS_BASE_URL", server.url)
        sets = ("--set", "budget.experiments=5", "--set", "advisor={kind: 'openai:scripted', when: {every: 2}}")
        ran = cli("run", "tiny.yaml", *sets, "--no-report", "--json")
    assert ran.code == 0
    assert "results are sent to http://127.0.0.1" in ran.err
    found = cli("advise", "last", "--json").json
    assert [call["moment"] for call in found["calls"]][:2] == ["start", "every"]
    assert {call["status"] for call in found["calls"]} == {"advice"}
    assert found["worth"]["tokens"] == 2 * len(found["calls"]) == 2 * len(server.requests)
    assert {one["kind"] for one in found["advice"]} <= {"llm"}
    shown = cli("advise", "last").out
    assert "suggested to you: model said | end the campaign" in shown
    assert "k7m2p9xq" not in shown
    assert cli("replay", "last").code == 0
