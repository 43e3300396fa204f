"""Alerts: a line on stderr, and a command of the person's own, when a campaign needs somebody.

The command comes from a flag or the environment, never from a file in the working folder: whoever passes on a folder
must not thereby run programs. It is run without a shell. What happened goes to its stdin, and to wherever
``{message}`` stands in it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zosimos.core import background
from zosimos.core.errors import SpecError
from zosimos.faces.cli import errors, screen
from zosimos.faces.cli.context import Desk

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State

VARIABLE = "ZOSIMOS_ALERT"
LIMIT_S = 30.0
_PLACE = "{message}"

Alert: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--alert",
        metavar="COMMAND",
        envvar=VARIABLE,
        show_envvar=False,
        help="A command to run when a person is needed; gets the message on stdin and for {message}.",
    ),
]


class Alerts:
    """Tells people, without ever holding up who tells.

    Args:
        command: the person's own command, if there is one.

    Raises:
        SpecError: it is no command, or there is no such program.
    """

    def __init__(self, command: str | None) -> None:
        self._command = [] if command is None else _split(command)
        self._sent: list[Future[None]] = []
        self._watched = bool(self._command) or bool(os.environ.get(errors.SUPERVISED))
        self._known: list[dict[str, Any]] = []

    def __call__(self, message: str) -> None:
        """Show a message and hand it to the command."""
        screen.notice(message)
        if self._command:
            self._sent.append(background.started(self._run, message))

    def waiting(self, here: Desk, state: State) -> None:
        """Report what only a person can do, each thing once, if somebody wants that."""
        if not self._watched:
            return
        from zosimos.campaign import views
        from zosimos.faces.cli.live import need

        now = views.waiting_for(state)
        for item in now:
            if item not in self._known:
                self(f"campaign {state.id} waits: {need(here, item)}")
        self._known = now

    def wait(self) -> None:
        """Wait for alerts under way: each ends within its time limit."""
        wait(self._sent, timeout=LIMIT_S + 5.0)
        self._sent.clear()

    def _run(self, message: str) -> None:
        command = [part.replace(_PLACE, message) for part in self._command]
        try:
            done = subprocess.run(  # noqa: S603 - the person's own command, and no shell
                command, input=message + "\n", capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            screen.notice(f"the alert could not be given: {error}")
            return
        if done.returncode:
            screen.notice(f"the alert's command ended with exit code {done.returncode}: {done.stderr.strip()[-200:]}")


def _split(command: str) -> list[str]:
    facts: dict[str, Any] = {"field": "--alert", "value": command}
    try:
        parts = shlex.split(command, posix=os.name != "nt")
    except ValueError as error:
        raise SpecError(f"not a command: {error}", **facts, hint="close the quotes") from error
    if not parts or shutil.which(parts[0]) is None:
        raise SpecError(
            "there is no such program to alert with",
            **facts,
            allowed="a program on the PATH and its arguments; no shell reads it",
            hint="name it with its folder; or put what needs a shell into a script",
        )
    return parts
