"""``--supervise``: this process watches, and a worker of its own runs the campaign, started again when it dies.

The worker is ``zosimos resume`` in another process, so that it takes the campaign up from the record each time. It has
a process group of its own, or a Ctrl-C would reach it twice: from the terminal and from here. Signals are passed on,
and the worker's exit code becomes this process's own.
"""

from __future__ import annotations

import json as json_text
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Annotated, Any, TypeAlias

import typer

from zosimos.campaign.execution.watchdog import PATIENCE, Patience, Watchdog, Watched
from zosimos.core import clock as clocks
from zosimos.core import signals
from zosimos.core.masking import masked_url
from zosimos.faces.cli import errors, screen
from zosimos.faces.cli.alerts import Alerts

COMMAND = (sys.executable, "-m", "zosimos.faces.cli")

Supervise: TypeAlias = Annotated[
    bool, typer.Option("--supervise", help="Watch the campaign from a second process, and start it again if it dies.")
]


def supervised(
    campaign: str,
    options: Sequence[str],
    *,
    ledger: str | None,
    alert: str | None,
    json: bool,
    recorded: bool = True,
    patience: Patience = PATIENCE,
) -> None:
    """Run a campaign in a worker, and end as the last worker ended.

    Args:
        campaign: its id.
        options: further options of ``resume``.
        ledger: the ledger as the command line named it, if it did.
        alert: the command to alert with.
        json: whether one JSON line is wanted.
        recorded: whether also the first worker goes by the recorded spec; the later ones do.
        patience: when to start again, and when to give up.

    Raises:
        ExecutionError: worker after worker died.
        typer.Exit: with the worker's exit code, where it is not 0.
    """
    alerts = Alerts(alert)
    secret = ledger is not None and masked_url(ledger) != ledger
    environment = {**os.environ, errors.SUPERVISED: "1", **({"ZOSIMOS_LEDGER": ledger or ""} if secret else {})}
    command = [*COMMAND, "resume", campaign, *options, *(["--json"] if json else [])]
    command += [] if ledger is None or secret else ["--ledger", ledger]  # arguments are for all to see
    command += [] if alert is None else ["--alert", alert]

    def tell(message: str) -> None:
        alerts(f"campaign {campaign}: {message}")

    with tempfile.TemporaryFile() if json else nullcontext() as said:

        def start(why: str) -> subprocess.Popen[bytes]:
            if said is not None:
                said.seek(0)
                said.truncate()
            first = ["--recorded"] if recorded else []
            return _started([*command, *(["--restarted", why] if why else first)], environment, said)

        watchdog = Watchdog(start, _send, tell, patience)
        try:
            with _passed_on(watchdog):
                ending = clocks.run(lambda _: watchdog.run(), "wall")
        except Exception as error:
            tell(getattr(error, "message", str(error)))
            raise
        finally:
            _ended(watchdog)
            alerts.wait()
        if said is not None:
            screen.json_line(_answer(said, campaign, ending))
    if ending.code:
        raise typer.Exit(128 - ending.code if ending.code < 0 else ending.code)


def _started(command: Sequence[str], environment: Mapping[str, str], out: IO[bytes] | None) -> subprocess.Popen[bytes]:
    own: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        own = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    # The command is this program's own, and no shell reads it.
    return subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, **own)  # noqa: S603 - see above


def _passed_on(watchdog: Watchdog[subprocess.Popen[bytes]]) -> AbstractContextManager[None]:
    """Pass signals on to the worker while the block lasts; a terminal that goes away counts as SIGTERM."""

    def hear(number: int) -> None:
        interrupted = signal.Signals(number).name in ("SIGINT", "SIGBREAK")
        watchdog.stop(number, errors.INTERRUPTED if interrupted else errors.TERMINATED)

    return signals.heard(("SIGINT", "SIGBREAK", "SIGTERM", "SIGHUP"), hear)


def _send(child: subprocess.Popen[bytes], number: int) -> None:
    if os.name == "nt":  # the only signal that a process group of its own hears
        child.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
    else:
        child.send_signal(signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)


def _ended(watchdog: Watchdog[subprocess.Popen[bytes]]) -> None:
    """Leave no worker behind when the watch itself broke off."""
    if watchdog.child is not None and watchdog.child.poll() is None:
        _send(watchdog.child, signal.SIGTERM)
        watchdog.child.wait()


def _answer(said: IO[bytes], campaign: str, ending: Watched) -> Mapping[str, Any]:
    """Return what the last worker said, and how often a worker was started again."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").splitlines()
    try:
        found = json_text.loads(lines[-1]) if lines else {}
    except ValueError:  # it died in the middle of the line
        found = {}
    return {"campaign": campaign, **found, "restarts": ending.restarts}
