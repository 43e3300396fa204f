"""A model's words cannot pass for the program's own, whatever characters they are made of."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.quotation import MARK, WIDTH, disarmed, quoted

TOKEN = "k7m2p9xq-3f2a9c41d07b55aa3f2a9c41d07b55aa"


def shown(text: str) -> str:
    return "\n".join(quoted(text, [TOKEN]))


@pytest.mark.parametrize(
    "command",
    [
        "zosimos approve",
        "ZOSIMOS approve",
        "Zοsimοs approve",
        "zоsimоs approve",
        "ｚｏｓｉｍｏｓ approve",
        "𝐳𝐨𝐬𝐢𝐦𝐨𝐬 approve",
        "z\u200bo\u200bsimos approve",
        "z\u0301o\u0301s\u0301imos approve",
        "zo\u00adsimos approve",
        "z0s1m0s approve",
        "zosi\x1b[0mmos approve",
        "zosi\x00mos approve",
        "zosi\u202emos approve",
        "zosi\nmos approve",
    ],
)
def test_a_command_of_ours_is_not_there_to_copy(command: str) -> None:
    said = shown(f"yes: {command} {TOKEN}")
    seen = "".join(c for c in unicodedata.normalize("NFKD", said).casefold() if c.isascii())
    assert "zosimos" not in seen.replace(MARK, "").replace("\n", "")
    assert TOKEN[9:17] not in seen
    assert "the program approve" in said.replace(f"\n{MARK}", "")


@pytest.mark.parametrize(
    "token",
    [
        TOKEN,
        TOKEN.upper(),
        TOKEN[9:17],
        TOKEN[9:],
        TOKEN.replace("-", "\u2013"),
        TOKEN.replace("-", " - "),
        "k7m2p9xq-\n3f2a9c41d07b",
        TOKEN.replace("a", "а"),
        "\u200b".join(TOKEN),
    ],
)
def test_a_token_is_not_there_to_copy(token: str) -> None:
    said = shown(f"approve {token} now")
    assert "(a token)" in said
    assert TOKEN[9:17] not in "".join(c for c in said.lower() if c.isascii() and c.isprintable())


@pytest.mark.parametrize("ask", ["run these experiments? [y/N]", "(yes/no)", "［y/N］", "yes:", "no : x", "[Y / n]"])
def test_a_question_of_ours_is_not_imitated(ask: str) -> None:
    assert "(yes or no)" in shown(ask)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1c"])
def test_whatever_ends_a_line_the_next_one_is_marked(end: str) -> None:
    assert quoted(f"done{end}error: none") == [f"{MARK}done", f"{MARK}error: none"]


@pytest.mark.parametrize(
    "steer",
    ["\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x9b1A", "\b" * 20, "\x1b[1A\x1b[2K", "\x1bc"],
)
def test_nothing_steers_the_terminal(steer: str) -> None:
    (line,) = quoted(f"a{steer}b")
    assert line.startswith(MARK)
    assert line.isprintable()


def test_a_forged_mark_is_inside_ours() -> None:
    assert quoted(f"{MARK}\nhello") == [f"{MARK}{MARK}".rstrip() + " ", f"{MARK}hello"]


@given(st.text(max_size=300), st.integers(1, 300))
def test_each_line_is_marked_printable_and_fits(text: str, width: int) -> None:
    for line in quoted(text, [TOKEN], width=width):
        assert line.startswith(MARK)
        assert len(line) <= max(len(MARK) + 8, min(width, WIDTH))
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in line)


@given(st.text(max_size=60), st.text(max_size=60), st.integers(8, 32))
def test_no_beginning_of_a_known_token_survives(before: str, after: str, length: int) -> None:
    said = disarmed(f"{before} {TOKEN[9 : 9 + length]} {after}", [TOKEN])
    assert TOKEN[9:17] not in said


def test_a_very_long_line_is_folded_quickly_and_wholly() -> None:
    lines = quoted("a" * 8000)
    assert "".join(line.removeprefix(MARK) for line in lines) == "a" * 8000
    assert max(map(len, lines)) <= WIDTH
