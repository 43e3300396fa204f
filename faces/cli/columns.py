"""What only a person knows of a table: the options that say it, and the question about a column that asks."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.screen import at_terminal

if TYPE_CHECKING:
    from zosimos.campaign.control.commands import Commands
    from zosimos.campaign.record.state import State
    from zosimos.campaign.setup import Setup
    from zosimos.campaign.tables.checks import MissingColumnError
    from zosimos.campaign.tables.numbers import Sign
    from zosimos.campaign.tables.reading import Reading


class Decimal(StrEnum):
    """What stands before decimals in a table."""

    point = "point"
    comma = "comma"


DecimalSign: TypeAlias = Annotated[
    Decimal | None, typer.Option("--decimal", help="What stands before decimals, where the table leaves it open.")
]
Columns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="HEADER=NAME",
        help="Which parameter or outcome a column is; remembered for the next table. Repeatable.",
    ),
]
_SHOWN = 12  # columns that a question offers


def read_table(
    state: State,
    file: Path,
    columns: list[str] | None,
    sheet: str | None,
    decimal: Sign | None,
    *,
    achieved: bool = False,
    ask: bool,
) -> tuple[Reading, Mapping[str, str]]:
    """Return how a table is read, and what was said of its columns: by option, or as the answer to a question.

    Args:
        state: the campaign.
        file: the table; ``-`` is standard input.
        columns: what the options say.
        sheet: the sheet that is meant.
        decimal: what stands before decimals.
        achieved: whether values far from those proposed are where experiments were really run.
        ask: whether a person may be asked, if one is there.

    Raises:
        DataError: it cannot be read, or nobody says what a column is that is needed.
        NotFoundError: a row names an experiment that does not exist.
    """
    from zosimos.campaign.tables import said
    from zosimos.campaign.tables.checks import MissingColumnError
    from zosimos.campaign.tables.matching import Targets
    from zosimos.campaign.tables.reading import read
    from zosimos.campaign.tables.sources import STANDARD_INPUT, load

    names = said.from_texts(columns or [])
    awaited: list[str] = []
    targets = Targets(state, names)
    head = load(file, targets, sheet)
    said.check(names, targets, head)
    ask = ask and file != STANDARD_INPUT and at_terminal()
    while True:
        try:
            return read(state, targets, head, decimal=decimal, achieved=achieved), names
        except MissingColumnError as error:
            asked = ask and bool(error.headers)
            answer = _asked(error) if asked else ""
            if answer:
                names[answer] = error.names[0]
            elif asked and error.optional:
                awaited.append(error.names[0])
            else:
                raise
        targets = Targets(state, names, awaited)
        head = said.matched_again(head, targets)
        said.check(names, targets, head)


def remembered(commands: Commands, setup: Setup, names: Mapping[str, str]) -> list[str]:
    """Remember what was said of columns, and return lines that say so."""
    from zosimos.campaign.tables.said import remember

    return [f"remembered: the column {header!r} is {names[header]}" for header in remember(commands, setup, names)]


def _asked(error: MissingColumnError) -> str:
    """Return the header that a person names for a column that is missing; empty for none of them."""
    screen.say(error.message)
    offered = error.headers[:_SHOWN]
    screen.say(*(f"  {number}  {header}" for number, header in enumerate(offered, start=1)))
    while True:
        sys.stdout.write(f"Which of them is {error.names[0]}? A number or its name; Enter for none (they are notes): ")
        sys.stdout.flush()
        text = " ".join(sys.stdin.readline().split())
        if not text:
            return ""
        if text.isdecimal() and 1 <= int(text) <= len(offered):
            return offered[int(text) - 1]
        if text in error.headers:
            return text
        screen.say(f"{text!r} is none of them")
