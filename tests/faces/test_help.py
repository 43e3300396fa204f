"""Help is grouped by what a person wants, and each command's help ends with an example that its command takes."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest
from typer.main import get_command

from zosimos.faces.cli import usage
from zosimos.faces.cli.commands import app
from zosimos.faces.cli.examples import EXAMPLES

Cli = Callable[..., Any]
COMMANDS: dict[str, Any] = dict(get_command(app).commands)  # type: ignore[attr-defined]


def test_every_command_has_an_example() -> None:
    assert set(EXAMPLES) == set(COMMANDS) - {"lab", "knowledge", "mcp"}, "an example belongs into faces/cli/examples.py"


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_one_that_its_command_takes(cli: Cli, name: str) -> None:
    program, command, *arguments = shlex.split(EXAMPLES[name])
    assert (program, command) == ("zosimos", name)
    COMMANDS[name].make_context(name, arguments)  # it raises where an option or argument is none
    shown = " ".join(cli(name, "--help").out.split())
    assert f"Example: {EXAMPLES[name]}" in shown


def test_help_begins_with_work_by_hand_and_says_how_to_begin(cli: Cli) -> None:
    text = cli("--help").out
    panels = ("Work by hand", "Look at results", "Mend a mistake", "Change what comes next", "Run a lab")
    places = [text.index(panel) for panel in panels]
    assert places == sorted(places)
    assert "zosimos ask FILE -o table.xlsx" in " ".join(text.split())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ask x.yaml -n five", "'-n' / '--count' takes a whole number, such as 4"),
        ("ask x.yaml -n 2.5", "'-n' / '--count' takes a whole number, such as 4"),
        ("ask x.yaml -n 0", "'-n' / '--count' must be at least 1"),
        ("explain last --bootstraps 5000", "'--bootstraps' must be at most 1000"),
        ("run x.yaml --pace quick", "'--pace' takes a number, such as 0.5"),
        ("export last --format word", "'--format': 'word' is not one of 'csv', 'xlsx', 'json', 'ro-crate', 'eln'"),
        ("resolve last e0001 maybe", "'verb': 'maybe' is not one of 'done', 'redo', 'skip', 'probe'"),
        ("ask x.yaml y.yaml", "more was given than the command takes: y.yaml"),
    ],
)
def test_a_command_line_that_is_wrong_is_told_in_plain_words(cli: Cli, line: str, said: str) -> None:
    answer = cli(*line.split())
    assert answer.code == 2
    assert answer.err.startswith(f"error: {said}\n"), answer.err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_names_no_types_of_a_programming_language(cli: Cli, name: str) -> None:
    text = cli(name, "--help").out
    assert not [word for word in ("<bool>", "<str>", "<path>", "<int", "<list", "<float") if word in text]


def test_what_is_suggested_for_words_of_other_tools_is_a_command(cli: Cli) -> None:
    for word, meant in usage.MEANT.items():
        assert word not in COMMANDS
        assert meant.split()[0].rstrip(",") in COMMANDS, meant
    found = cli("suggest")
    assert (found.code, "zosimos ask FILE" in found.err) == (2, True)
