"""Hypotheses at the command line: stated, listed, settled, scored, and refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.faces.conftest import LeftBy

Cli = Callable[..., Any]


@pytest.fixture
def ran(cli: Cli, folder: Path, left_by: LeftBy) -> str:
    """A campaign on a pool with two statements and eight results."""

    def make() -> None:
        assert cli("run", "tiny.yaml", "--set", "budget.experiments=4", "--no-report", "--json").code == 0
        assert cli("advise", "last", "--hypothesis", "yield rises with temp", "--odds", "0.9").code == 0
        wrong = ("--hypothesis", "yield > 90 where flow > 2", "--odds", "3:1", "--author", "ben")
        assert cli("advise", "last", *wrong).code == 0
        assert cli("steer", "last", "--set", "budget.experiments=12").code == 0
        assert cli("resume", "last", "--no-report").code == 0

    left_by("hypotheses", folder, make)
    return str(cli("list", "--json").json["campaigns"][0]["campaign"])


def test_statements_are_listed_with_what_was_said_and_what_came_of_it(cli: Cli, ran: str) -> None:
    found = cli("hypotheses", ran, "--json").json
    trend, rule = found["hypotheses"]
    assert (trend["author"], trend["said"], trend["given"], trend["results"]) == ("tester", 0.9, 4, 12)
    assert trend["now"] > trend["data"] > 0.9
    assert (rule["outcome"], rule["data"] < 0.05) == (False, True)
    ben = found["authors"][1]
    assert (ben["author"], ben["decided"], ben["brier"]) == ("ben", 1, 0.5625)
    shown = cli("hypotheses", ran).out
    for words in ("yield rises with temp", "bear it out", "too few to say how well calibrated", "Brier"):
        assert " ".join(words.split()) in " ".join(shown.split()) or words.split()[0] in shown
    assert cli("replay", ran).code == 0
    assert cli("verify", ran).code == 0


def test_a_person_settles_one_and_the_report_tells(cli: Cli, ran: str, folder: Path) -> None:
    settled = cli("hypotheses", ran, "--resolve", "a0001", "--fails", "--reason", "the probe was off", "--json").json
    assert settled["hypotheses"][0]["outcome"] is False
    assert settled["hypotheses"][0]["resolved_by"] == "tester"
    assert settled["authors"][0]["brier"] == pytest.approx(0.81)
    assert cli("report", ran, "-o", "r.html").code == 0
    text = (folder / "r.html").read_text(encoding="utf-8")
    assert "yield &gt; 90.0 where flow &gt; 2" in text
    assert "found false by tester" in text
    assert cli("verify", ran).code == 0


@pytest.mark.parametrize(
    ("arguments", "field", "said"),
    [
        (["--hypothesis", "yield rises with temp"], "odds", "0.8"),
        (["--hypothesis", "yield rises with temp", "--odds", "1"], "odds", "0.99"),
        (["--hypothesis", "yield rises with temp", "--odds", "likely"], "odds", "4:1"),
        (["--hypothesis", "yield rises with temp", "--odds", "nan"], "odds", "0.8"),
        (["--odds", "0.8"], "odds", "together with a hypothesis"),
        (["--hypothesis", "yield rises with tmp", "--odds", "0.8"], "hypothesis", "did you mean 'temp'?"),
        (["--hypothesis", "yield rises with solvent", "--odds", "0.8"], "hypothesis", "temp, flow"),
        (["--hypothesis", "more is better", "--odds", "0.8"], "hypothesis", "Y falls with A"),
        (["--hypothesis", "the best lies where temp > 90", "--odds", "0.8"], "hypothesis", "some allowed row"),
        (["--hypothesis", "yield = k*temp", "--odds", "0.8"], "hypothesis", "with k in [0, 5]"),
        (["--hypothesis", " ", "--odds", "0.8"], "hypothesis", "something"),
    ],
)
def test_what_cannot_be_judged_is_refused_and_nothing_is_written(
    cli: Cli, ran: str, arguments: list[str], field: str, said: str
) -> None:
    before = cli("head", ran).out
    answer = cli("advise", ran, *arguments, "--json")
    assert answer.code == 2
    assert answer.json["error"]["field"].startswith(field)
    assert said in str(answer.json["error"])
    assert cli("head", ran).out == before


@pytest.mark.parametrize(
    "arguments",
    [["--resolve", "a0001"], ["--holds"], ["--reason", "so"], ["--resolve", "a0009", "--holds"]],
)
def test_settling_takes_an_advice_and_a_verdict(cli: Cli, ran: str, arguments: list[str]) -> None:
    answer = cli("hypotheses", ran, *arguments, "--json")
    assert answer.code in (2, 3)
    assert answer.json["error"]["field"] == "resolve"


def test_without_any_it_says_how_to_state_one(cli: Cli, folder: Path) -> None:
    assert cli("run", "tiny.yaml", "--set", "budget.experiments=4", "--no-report").code == 0
    answer = cli("hypotheses", "last")
    assert answer.code == 0
    assert "--hypothesis" in answer.out


def test_words_of_a_program_are_marked_as_such(cli: Cli, ran: str) -> None:
    import zosimos as zo

    with zo.Campaign.open(ran) as campaign:
        campaign.advise(hypothesis="yield rises with flow", odds=0.6, author="bot", kind="llm")
    assert "model said" in " ".join(cli("hypotheses", ran).out.split())
