"""Each mistake in a campaign file is told in plain words, with its line and with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Cli = Callable[..., Any]
_TABLE = yaml.safe_load((Path(__file__).parents[1] / "data" / "campaign_mistakes.yaml").read_text(encoding="utf-8"))
RIGHT, MISTAKES = _TABLE["right"], _TABLE["mistakes"]
_FOREIGN = re.compile(  # words of the packages that read and check a file, and of Python
    r"pydantic|validation error|input should|valid (string|dictionary|list|integer|number)|NoneType|\bNone\b|"
    r"\b(dict|str|int|float|bool|tuple)\b|mapping values|block (end|mapping|sequence)|stream (end|start)|"
    r"\btoken\b|node content|unhashable|dictionary|Traceback|this is a bug|\bTrue\b|\bFalse\b",
)


def text_of(mistake: dict[str, Any]) -> str:
    """Return the text of a campaign file with a mistake in it."""
    if "whole" in mistake:
        return str(mistake["whole"])
    first, last = mistake["lines"]
    lines = RIGHT.rstrip("\n").split("\n")
    lines[first - 1 : last] = mistake["by"].split("\n") if mistake["by"] else []
    return "\n".join(lines) + "\n"


def said_of(mistake: dict[str, Any]) -> str:
    return " ".join(str(mistake.get("by", mistake.get("whole"))).split())[:60]


def test_the_file_without_a_mistake_is_valid(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(RIGHT, encoding="utf-8")
    assert cli("validate", "c.yaml").code == 0
    assert len(MISTAKES) >= 150


@pytest.mark.parametrize("mistake", MISTAKES, ids=said_of)
def test_a_mistake_is_told_in_plain_words_with_its_line_and_a_way_to_mend_it(
    cli: Cli, folder: Path, mistake: dict[str, Any]
) -> None:
    (folder / "c.yaml").write_text(text_of(mistake), encoding="utf-8")
    answer = cli("validate", "c.yaml")
    assert answer.code == 2
    assert answer.err.startswith(f"error: {mistake['error']}"), answer.err
    assert not _FOREIGN.search(answer.err), answer.err
    if "line" in mistake:
        assert f"c.yaml, line {mistake['line']}\n" in answer.err
    if "field" in mistake:
        assert f"  field:   {mistake['field']}\n" in answer.err
    if "fix" in mistake:
        assert mistake["fix"] in answer.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (RIGHT.replace("paint", "Lösung").encode("latin-1"), "is not UTF-8 text: line 1"),
        (RIGHT.encode("utf-16"), "is not UTF-8 text: line 1"),
        (b"PK\x03\x04\x14\x00\x08\x08\xff", "is a spreadsheet or an archive, not a text"),
        (RIGHT.replace("paint", "pa\x07int").encode(), "line 1: a character that no text has"),
    ],
)
def test_a_file_that_is_no_text_is_told_in_plain_words(cli: Cli, folder: Path, data: bytes, said: str) -> None:
    (folder / "c.yaml").write_bytes(data)
    answer = cli("validate", "c.yaml")
    assert (answer.code, said in answer.err) == (2, True), answer.err
    assert not _FOREIGN.search(answer.err)


def test_the_line_of_a_mistake_on_the_command_line_is_not_looked_for_in_the_file(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(RIGHT, encoding="utf-8")
    answer = cli("validate", "c.yaml", "--set", "budget.experiments=many", "--json")
    assert "where" not in answer.json["error"]
    answer = cli("validate", "c.yaml", "--set", "batch=2", "--set", "space.Temp.max=10", "--json")
    assert answer.json["error"]["field"] == "space.Temp.min"
    assert answer.json["error"]["where"] == "c.yaml, line 4"
