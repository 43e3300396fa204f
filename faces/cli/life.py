"""A sign of life: one line in a terminal while a command loads what it needs, gone when there is something to show.

Models and tables take a second or more to load; nobody should wonder meanwhile whether anything was heard. Pipes, files
and programs see nothing of it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

_WORDS = {
    "new": "getting the questions ready",
    "ask": "looking for the next experiments",
    "tell": "reading the results",
    "design": "laying out the experiments",
    "carry-over": "reading the old results",
    "run": "preparing the run",
    "resume": "reading the record",
    "demo": "preparing the simulated lab",
    "dry-run": "rehearsing",
    "validate": "checking the file",
    "explain": "working out what the results say",
    "effects": "working out the effects",
    "report": "writing the report",
    "plot": "drawing the figure",
    "backup": "reading the ledger",
    "copy": "reading the ledger",
    "restore": "checking the backup",
    "plan": "reading what is wanted",
    "verify": "checking the record",
    "replay": "making every decision again",
}
_ANY = (
    *(
        "list",
        "status",
        "show",
        "watch",
        "export",
        "head",
        "repair",
        "correct",
        "retract",
        "drop",
        "note",
        "steer",
        "advise",
    ),
    *("pause", "halt", "abort", "approvals", "approve", "reject", "resolve"),
)
_WORDS |= dict.fromkeys(_ANY, "reading the record")
_CLEARED = "\r\x1b[2K"  # ECMA-48: back to the first column, erase the line
_shown: list[str] = []


def begin(arguments: Sequence[str]) -> None:
    """Show what a command line begins with, if a person looks at a terminal and it may take a while."""
    name = next((word for word in arguments if not word.startswith("-")), "")
    quiet = "--help" in arguments or "--json" in arguments
    if name in _WORDS and not quiet and sys.stderr.isatty() and sys.stdout.isatty():
        sys.stderr.write(f"\x1b[2m{_WORDS[name]} ...\x1b[0m")
        sys.stderr.flush()
        _shown.append(name)


def end() -> None:
    """Take the line away, if there is one: something else is about to be shown."""
    if _shown:
        _shown.clear()
        sys.stderr.write(_CLEARED)
        sys.stderr.flush()
