"""Errors as people and programs see them: one block on stderr, one JSON line on stdout with ``--json``, an exit code.

It is 3 where the ledger fails (:class:`~zosimos.core.errors.DamagedError`), so that a script can tell that from all
else, which is 2.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import typer

from zosimos.campaign.execution.watchdog import AGAIN, HELD
from zosimos.core.errors import DamagedError, FencedError, LedgerAwayError, LockedError, ZosimosError
from zosimos.core.masking import masked
from zosimos.core.shown import clean
from zosimos.faces.cli import screen
from zosimos.faces.cli.usage import in_words

_LABELS = (
    ("where", "where:  "),
    ("field", "field:  "),
    ("value", "value:  "),
    ("allowed", "allowed:"),
    ("hint", "fix:    "),
)
ERROR, LEDGER, INTERRUPTED, TERMINATED, CLOSED_PIPE = 2, 3, 130, 143, 141
SUPERVISED = "ZOSIMOS_SUPERVISED"
"""Set in the environment of a worker that is watched: its exit code says what is worth another try."""


def shown(error: Exception, *, as_json: bool, given: Sequence[str] = ()) -> int:
    """Show an error and return the exit code that goes with it.

    Args:
        error: what went wrong.
        as_json: whether a program reads it.
        given: what the command line said; the passwords in its URLs are never shown, whatever a message quotes.
    """
    if isinstance(error, typer.Abort):
        return INTERRUPTED
    hidden = partial(masked, urls=[*given, os.environ.get("ZOSIMOS_LEDGER", "")])
    facts = {name: hidden(value) if isinstance(value, str) else value for name, value in described(error).items()}
    try:
        _block(facts)
        if os.environ.get("ZOSIMOS_DEBUG") == "1":
            sys.stderr.write(hidden("".join(traceback.format_exception(error))))
        if as_json:
            screen.json_line({"error": facts})
        sys.stdout.flush()
    except OSError:
        return closed_pipe()
    code = LEDGER if isinstance(error, DamagedError) else ERROR
    return _watched(error, code) if os.environ.get(SUPERVISED) else code


def _watched(error: Exception, code: int) -> int:
    """Return the exit code by which a watchdog tells what may pass by itself from what a person must settle."""
    if isinstance(error, LockedError) and not isinstance(error, FencedError):
        return HELD
    ours = isinstance(error, ZosimosError) or callable(getattr(error, "format_message", None))
    return AGAIN if isinstance(error, LedgerAwayError) or not ours else code


def described(error: Exception) -> Mapping[str, Any]:
    """Return an error as JSON data: ours, the command line's own, or a bug."""
    if isinstance(error, ZosimosError):
        return error.as_dict()
    format_message = getattr(error, "format_message", None)
    if callable(format_message):  # a usage error: typer's own or click's, by its version
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "zosimos"
        return {
            "type": "UsageError",
            "message": in_words(str(format_message())),
            "hint": f"{path} --help shows how it is used",
        }
    return {
        "type": "InternalError",
        "message": f"this is a bug in Zosimos: {type(error).__name__}: {error}",
        "hint": "nothing on record is lost; set ZOSIMOS_DEBUG=1 and run it again to see where, and report that",
    }


def closed_pipe() -> int:
    """Stop writing where nobody reads (``| head``), and keep Python from complaining about it at its exit."""
    with contextlib.suppress(OSError, ValueError):  # what is not a real file is not flushed at exit
        target = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), target)
    return CLOSED_PIPE


def _block(facts: Mapping[str, Any]) -> None:
    out = screen.console(stderr=True)
    message, *more = clean(facts["message"], lines=True).splitlines() or [""]
    out.print(screen.text("error: ", "bold red") + screen.text(message))
    for line in more:
        out.print(screen.text(line))
    for name, label in _LABELS:
        if facts.get(name) is not None:
            first, *rest = clean(facts[name], lines=name == "hint").splitlines() or [""]
            out.print(screen.text(f"  {label} ", "bold") + screen.text(first))
            for line in rest:
                out.print(screen.text(f"    {line}"))
