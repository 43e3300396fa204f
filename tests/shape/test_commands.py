"""Each command has its section in docs/commands.md, and that names all that the command takes and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from tests.exceptions import Exceptions
from tests.shape.source import ROOT
from typer.main import get_command

from zosimos.faces.cli.commands import app

NOT_DESCRIBED = Exceptions({}, at_most=0)
"""What a command takes and its section does not name, as ``COMMAND: --option``, and why it may stay so for now."""

SHARED = "Options of every command"


def leaves(command: Any, path: str = "zosimos") -> Iterator[tuple[str, Any]]:
    """The commands that do something, by all of their words; a group's are its own."""
    inner = getattr(command, "commands", None)
    if inner is None or (path != "zosimos" and command.invoke_without_command):
        yield path, command
    if inner is None:
        return
    for name, one in inner.items():
        yield from leaves(one, f"{path} {name}")


COMMANDS = dict(leaves(get_command(app)))
TAKEN = [(name, parameter) for name, command in COMMANDS.items() for parameter in command.params]


@cache
def sections() -> dict[str, str]:
    """The text under each heading of the page, by the heading."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    _, *parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def named(section: str) -> set[str]:
    """The options in the first column of a section's table."""
    rows = re.findall(r"^\| (`-[^|]+)\|", sections()[section], re.MULTILINE)
    return {option for row in rows for option in re.findall(r"`(--?[a-z][a-z-]*)", row)}


def spelled(parameter: Any) -> set[str]:
    return {*parameter.opts, *parameter.secondary_opts} if parameter.param_type_name == "option" else set()


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    described = {heading for heading in sections() if heading.startswith("zosimos ")}
    missing, gone = sorted(COMMANDS.keys() - described), sorted(described - COMMANDS.keys())
    assert not missing, f"write a section of docs/commands.md for each of these: {missing}"
    assert not gone, f"there are no such commands, take their sections out of docs/commands.md: {gone}"


def test_every_option_is_described() -> None:
    shared = named(SHARED)
    assert {"--json", "--ledger"} <= shared
    left = [
        f"{name}: {option}"
        for name, parameter in TAKEN
        for option in sorted(spelled(parameter) - shared)
        if name in sections() and option not in named(name)
    ]
    NOT_DESCRIBED.check(left, "add these to the section of the command in docs/commands.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_names_no_option_that_the_command_lacks(name: str) -> None:
    known = {option for parameter in COMMANDS[name].params for option in spelled(parameter)}
    assert named(name) <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_begins_with_how_the_command_is_written(name: str) -> None:
    written = re.match(r"\s*`(.+?)`", sections()[name])
    assert written is not None
    arguments = [one for one in COMMANDS[name].params if one.param_type_name == "argument"]
    words = [(one.metavar or one.name).upper() for one in arguments]
    assert written[1].upper().split() == [*name.upper().split(), *words]


def test_every_command_and_all_that_it_takes_has_words_in_its_help() -> None:
    bare = [name for name, command in COMMANDS.items() if not (command.help or "").strip()]
    bare += [f"{name}: {one.name}" for name, one in TAKEN if not (getattr(one, "help", "") or "").strip()]
    assert not bare, f"say in a few words what these do: {bare}"
