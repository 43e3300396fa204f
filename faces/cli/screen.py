"""The screen: text from anywhere made safe to show, numbers made readable, and the JSON line for programs.

Names, reasons and values come from files, people and instruments. They are shown as they are: markup in them has no
meaning here, and characters that would steer the terminal are taken out.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zosimos.core.numerals import plain, with_spread
from zosimos.core.shown import clean
from zosimos.core.unit_signs import printed
from zosimos.faces.cli import life

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_WIDE = 10_000  # where nobody looks, lines are never broken
_MANY = 40  # names in a list or a table: a terminal has no room for more
_LONG = 5_000  # characters that nobody reads in one piece: a ledger from somebody else may hold texts of any length


def text(value: object, style: str = "") -> Text:
    """Return a value as literal text."""
    from rich.text import Text

    whole = clean(value)
    left = len(whole) - _LONG
    return Text(whole if left <= 0 else f"{whole[:_LONG]}... ({left} more characters; --json has them)", style=style)


def console(*, stderr: bool = False) -> Console:
    """Return where people read: the terminal, or a file or pipe, in which lines are not broken."""
    from rich.console import Console

    life.end()

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    found = Screen(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not found.is_terminal:
        found.width = _WIDE
    return found


def say(*lines: object) -> None:
    """Show lines of plain text."""
    out = console()
    for line in lines:
        out.print(text(line))


def notice(*lines: object) -> None:
    """Show lines of plain text on stderr, beside the answer."""
    out = console(stderr=True)
    for line in lines:
        out.print(text(line))


def json_line(data: Mapping[str, Any]) -> None:
    """Print data as one line of JSON, last on stdout."""
    life.end()
    sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")
    sys.stdout.flush()


def plain_text(piece: str) -> None:
    """Write a piece of a file as it is, without a line end of its own."""
    life.end()
    sys.stdout.write(piece)


def table(columns: Iterable[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """Return a table of literal text; nothing in it is cut off."""
    from rich import box
    from rich.table import Table

    made = Table(
        box=box.SIMPLE_HEAD, title=text(title, "bold") if title else None, title_justify="left", pad_edge=False
    )
    for column in columns:
        made.add_column(text(column), overflow="fold")
    for row in rows:
        made.add_row(*(text(cell) for cell in row))
    return made


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Return names and what they are, one a line; empty ones are left out."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value not in ("", None):
            made.add_row(text(name, "bold"), text(value))
    return made


def number(value: object) -> str:
    """Return a number with six significant digits, or anything else as text."""
    if isinstance(value, float):
        return plain(value)
    return clean(value)


def quantity(value: float, uncertainty: float | None = None, unit: str = "", limit: str | None = None) -> str:
    """Return a value with its standard uncertainty, which has two digits, and its unit; or the limit that it is.

    >>> quantity(82.3456, 0.4167, "%"), quantity(0.5, limit="below")
    ('82.35 ± 0.42 %', '<0.5')
    """
    sign = {"below": "<", "above": ">"}.get(limit or "", "")
    return f"{sign}{with_spread(value, uncertainty)} {unit}".rstrip()


def outcomes(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return outcomes (``{name: {value, uncertainty, unit}}``) on one line."""
    return ", ".join(
        f"{name} {quantity(item['value'], item['uncertainty'], printed(item['unit']), item.get('limit'))}"
        for name, item in found.items()
    )


def values(found: Mapping[str, Any]) -> str:
    """Return a candidate's values on one line."""
    return ", ".join(f"{name}={number(value)}" for name, value in found.items())


def at_terminal() -> bool:
    """Say whether somebody sits there who can be shown something and asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def some(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return as many names as a screen has room for, and a text that says how many more there are, if there are any.

    >>> some(["T", "p"])
    (['T', 'p'], [])
    """
    found = list(names)
    left = len(found) - _MANY
    return found[:_MANY], [f"... and {left} more (--json has them)"] if left > 0 else []


def duration(seconds: float) -> str:
    """Return a duration in the two largest units that say something.

    >>> duration(9000), duration(42.4)
    ('2 h 30 min', '42 s')
    """
    if not math.isfinite(seconds):
        return "unknown"
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
