"""approve shows what a token stands for and asks; only a clear yes to what was shown does anything."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.find import record_of_token
from zosimos.campaign.record.record import Record
from zosimos.core.errors import NotFoundError

Cli = Callable[..., Any]


@pytest.fixture
def terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command as at a terminal where a person types ``typed``; ``meanwhile`` happens before they do."""

    def call(*arguments: object, typed: str = "", meanwhile: Callable[[], object] = lambda: None) -> Any:
        class Keyboard(io.StringIO):
            def isatty(self) -> bool:
                return True

            def readline(self, *_: Any) -> str:  # type: ignore[override]  # always a whole line
                meanwhile()
                return super().readline()

        with monkeypatch.context() as patch:
            patch.setattr("sys.stdin", Keyboard(typed))
            patch.setattr("zosimos.faces.cli.approve._at_terminal", lambda *, json: not json)
            return cli(*arguments)

    return call


def token_of(cli: Cli, campaign: str) -> str:
    return str(cli("approvals", campaign, "--json").json["approvals"][0]["token"])


def proposed(cli: Cli, campaign: str, words: str) -> str:
    (found,) = cli("chat", campaign, "--say", words, "--json").json["proposals"]
    return str(found["token"])


def events(cli: Cli, campaign: str) -> list[str]:
    return [item["kind"] for item in cli("show", campaign, "--events", "--json").json["events"]]


# --- at a terminal


def test_experiments_are_shown_with_values_and_cost_before_the_question(cli: Cli, terminal: Cli) -> None:
    sets = ("--set", "approval=batch", "--set", "costs={each: 3, unit: EUR}")
    waiting = cli("run", "tiny.yaml", *sets, "--no-wait", "--no-report", "--json").json["campaign"]
    answer = terminal("approve", token_of(cli, waiting), typed="n\n")
    listed = cli("approvals", waiting, "--json").json["approvals"][0]
    question = answer.out.index("run these experiments? [y/N]")
    for one in listed["experiments"]:
        assert 0 <= answer.out.index(one["experiment"]) < question
        assert f"solvent={one['values']['solvent']}" in answer.out
    assert 0 <= answer.out.index("cost: 12 EUR") < question


def test_a_change_is_shown_with_verb_diff_and_the_next_experiments(cli: Cli, terminal: Cli, waiting: str) -> None:
    token = proposed(cli, waiting, "/set temp.max=60")
    answer = terminal("approve", token, typed="y\n")
    question = answer.out.index("steer the campaign, as shown? [y/N]")
    for shown in ("space.temp.max: 80.0 -> 60.0", "next then: temp=", "open questions that would expire:"):
        assert 0 <= answer.out.index(shown) < question
    assert answer.code == 0
    assert cli("status", waiting, "--json").json["spec_version"] == 2


@pytest.mark.parametrize("typed", ["y\n", "Y\n", "yes\n", " yes \n"])
def test_a_clear_yes_acts(cli: Cli, terminal: Cli, waiting: str, typed: str) -> None:
    assert terminal("approve", token_of(cli, waiting), typed=typed).code == 0
    assert cli("status", waiting, "--json").json["experiments"] == {"approved": 4}


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "no\n", "run\n", "yy\n", "y n\n", "ja\n", "1\n", "\x04", "ｙ\n"])
def test_anything_else_changes_nothing(cli: Cli, terminal: Cli, waiting: str, typed: str) -> None:
    before = events(cli, waiting)
    answer = terminal("approve", token_of(cli, waiting), typed=typed)
    assert answer.code == 1
    assert "nothing was done" in answer.out
    assert events(cli, waiting) == before


def test_what_was_steered_between_showing_and_the_yes_is_refused(cli: Cli, terminal: Cli, waiting: str) -> None:
    token = token_of(cli, waiting)

    def steer() -> None:
        with Ledger("zosimos.db") as ledger:
            from zosimos.campaign.control.commands import Commands
            from zosimos.campaign.execution.session import reopened

            record = Record(ledger, waiting)
            Commands(record, "somebody").steer(reopened(record), {"space.temp.max": 60.0})

    answer = terminal("approve", token, typed="y\n", meanwhile=steer)
    assert answer.code == 2
    assert "already expired" in answer.err
    assert "approval.granted" not in events(cli, waiting)


def test_a_change_of_a_campaign_paused_between_showing_and_the_yes_is_refused(
    cli: Cli, terminal: Cli, waiting: str
) -> None:
    token = proposed(cli, waiting, "/set temp.max=60")

    def pause() -> None:
        with Ledger("zosimos.db") as ledger:
            from zosimos.campaign.control.commands import Commands

            Commands(Record(ledger, waiting), "somebody").pause("lunch")

    answer = terminal("approve", token, typed="y\n", meanwhile=pause)
    assert answer.code == 2
    assert "not what was shown any more" in answer.err
    assert cli("status", waiting, "--json").json["spec_version"] == 1


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"\x04", 1)])
def test_a_real_terminal_is_asked(
    cli: Cli, waiting: str, command: tuple[list[str], dict[str, str]], typed: bytes, code: int
) -> None:
    import pty

    token, (start, env) = token_of(cli, waiting), command
    mine, theirs = pty.openpty()
    process = subprocess.Popen([*start, "approve", token], stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    seen = b""
    try:
        while b"[y/N]" not in seen:
            seen += os.read(mine, 4096)
        os.write(mine, typed)
        assert process.wait(60) == code
    finally:
        process.kill()
        process.wait()
        os.close(mine)
    assert b"e0004" in seen
    wanted = {"approved": 4} if code == 0 else {"proposed": 4}
    assert cli("status", waiting, "--json").json["experiments"] == wanted


# --- the beginning of a token


def test_eight_characters_are_enough_at_a_terminal_and_seven_are_not(cli: Cli, terminal: Cli, waiting: str) -> None:
    token = token_of(cli, waiting)
    before, _, secret = token.rpartition("-")
    for short in (secret[:7], f"{before}-{secret[:7]}", f"{before}-", before, "", "-"):
        answer = terminal("approve", "--", short, typed="y\n")
        assert answer.code == 2, short
        assert "there is no approval" in answer.err
    assert terminal("approve", f"{before}-{secret[:8]}", typed="n\n").code == 1
    answer = terminal("approve", secret[:8], typed="y\n")
    assert answer.code == 0
    assert token in answer.out


def test_a_beginning_is_not_enough_elsewhere(cli: Cli, terminal: Cli, waiting: str) -> None:
    token = token_of(cli, waiting)
    for short in (token[:-1], token.rpartition("-")[2], token[:20]):
        assert cli("approve", short, "--yes", "run").code == 2
        answer = terminal("approve", short, "--yes", "run", "--json")
        assert answer.code == 2
        assert answer.json["error"]["type"] == "NotFoundError"
        assert cli("reject", short).code == 2
    assert cli("status", waiting, "--json").json["experiments"] == {"proposed": 4}


def test_an_ambiguous_beginning_is_refused_and_says_which(tmp_path: Path) -> None:
    import random

    from scripted_lab import NOW, setup_of

    from zosimos.campaign.control.commands import Commands, create

    ends = iter(["abcdef0011", "abcdef0022"])
    setup = setup_of(None)
    with Ledger(str(tmp_path / "other.db")) as ledger:
        record = create(ledger, setup, author="t", now=NOW, entropy=random.Random(1), tokens=lambda: next(ends))
        made = [Commands(record, "t", NOW).propose(setup, verb).token for verb in ("pause", "abort")]
        with pytest.raises(NotFoundError, match="several approvals begin") as caught:
            record_of_token(ledger, "abcdef00", prefix=True)
        assert all(token in str(caught.value.allowed) for token in made)
        assert record_of_token(ledger, "abcdef002", prefix=True)[1] == made[1]


# --- where nobody can answer


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_without_a_terminal_it_says_how(cli: Cli, waiting: str, more: tuple[str, ...]) -> None:
    before = events(cli, waiting)
    answer = cli("approve", token_of(cli, waiting), *more)
    assert answer.code == 2
    assert "--yes VERB" in answer.err
    assert "nothing was done" in answer.err
    if more:
        assert answer.json["error"]["field"] == "--yes"
    assert events(cli, waiting) == before


@pytest.mark.parametrize("verb", ["steer", "done", "abort", "RUN", "y", "", "run "])
def test_a_wrong_verb_is_refused(cli: Cli, waiting: str, verb: str) -> None:
    before = events(cli, waiting)
    answer = cli("approve", token_of(cli, waiting), "--yes", verb, "--json")
    assert answer.code == 2
    assert (answer.json["error"]["field"], answer.json["error"]["allowed"]) == ("--yes", "run")
    assert events(cli, waiting) == before


def test_tokens_of_different_verbs_are_refused_before_any_is_answered(cli: Cli, terminal: Cli, waiting: str) -> None:
    tokens = [token_of(cli, waiting), proposed(cli, waiting, "/set temp.max=60")]
    before = events(cli, waiting)
    for verb in ("run", "steer"):
        for order in (tokens, tokens[::-1]):
            answer = cli("approve", *order, "--yes", verb)
            assert answer.code == 2
            assert "different kinds" in answer.err
    assert terminal("approve", *tokens, typed="y\n").code == 2
    assert events(cli, waiting) == before


def test_one_token_that_is_none_keeps_the_others_from_being_answered(cli: Cli, waiting: str) -> None:
    token = token_of(cli, waiting)
    before = events(cli, waiting)
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert cli("approve", token, wrong, "--yes", "run").code == 2
    assert events(cli, waiting) == before
    answer = cli("approve", token, token, "--yes", "run", "--json")
    assert [one["token"] for one in answer.json["approvals"]] == [token]


def test_the_same_token_twice_is_refused_as_json(cli: Cli, waiting: str) -> None:
    token = token_of(cli, waiting)
    assert cli("approve", token, "--yes", "run").code == 0
    answer = cli("approve", token, "--yes", "run", "--json")
    assert answer.code == 2
    assert "already granted" in answer.json["error"]["message"]


def test_a_campaign_that_cannot_be_read_hides_no_token_of_another(cli: Cli, terminal: Cli, waiting: str) -> None:
    from zosimos.campaign.ledger.events import Draft

    with Ledger("zosimos.db") as ledger:
        ledger.append(
            "c-20200101t000000-broken00",
            lambda: "2020-01-01T00:00:00+00:00",
            lambda _: [Draft("campaign.created", {})],
            after=0,
        )
    token = token_of(cli, waiting)
    answer = terminal("approve", token.rpartition("-")[2][:8], typed="y\n")
    assert answer.code == 0, answer.err
