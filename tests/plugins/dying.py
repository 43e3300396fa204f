"""The command line in processes that end by SIGKILL at a step of an experiment; run by ``test_installed_plugins.py``.

Each line of the input is a command as JSON: its words, the folder to carry it out in, the file for what it prints, and
its death, which is the experiment, the step, and at which commit of its process:

- ``announced``: right after the first effect of that name was announced, before any byte of it left
- ``reported``: right before it is recorded that it was done
- ``read``: right after the fifth reading of that name
- ``decided``: right after the first decision, whatever the experiment and the step

The exit code of each is a line of the output. Each is a process of its own, forked from this one after what takes
seconds to load was loaded.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from zosimos.campaign.ledger.store import Appending, Ledger
from zosimos.faces.cli import main

READINGS = 5
HEAVY = (
    "pint",
    "serial",
    "zosimos.campaign.execution.session",
    "zosimos.labs.workcell",
    "zosimos.planners.models.factory",
    "zosimos.planners.planner",
    "zosimos.planners.proposers.bayesian",
    "zosimos.surrogates.committee",
    "zosimos.surrogates.gaussian.exact",
    "zosimos.workcell.protocol.units",
)
"""What every run imports, and these import in turn. No more than imports may happen before a fork."""


class Dying:
    """Watches what is written, and ends the process at its moment.

    Args:
        experiment: whose step it is.
        step: the step's name.
        when: at which commit.
    """

    def __init__(self, experiment: str, step: str, when: str) -> None:
        self._experiment, self._step, self._when = experiment, step, when
        self._index: int | None = None
        self._reads = 0
        self._decided = False

    def before(self, drafts: list[Any]) -> None:
        """Look at what is about to be written."""
        for draft in drafts:
            mine = draft.body.get("experiment") == self._experiment
            if draft.kind == "step.done" and mine and draft.body["step"] == self._index and self._when == "reported":
                os.kill(os.getpid(), signal.SIGKILL)
        for draft in drafts:
            mine = draft.body.get("experiment") == self._experiment and draft.body.get("name") == self._step
            if draft.kind == "step.intended" and mine and self._index is None:
                self._index = draft.body["step"]
            self._reads += draft.kind == "step.read" and mine
            self._decided = self._decided or draft.kind == "decision.made"

    def after(self) -> None:
        """See that it was written."""
        over = {
            "announced": self._index is not None,
            "read": self._reads >= READINGS,
            "decided": self._decided,
        }
        if over.get(self._when):
            os.kill(os.getpid(), signal.SIGKILL)


def die(death: Sequence[str], command: Sequence[str]) -> int:
    """Carry a command out, and be killed at its moment."""
    dying, appending = Dying(*death), Ledger.appending

    @contextmanager
    def watched(ledger: Ledger, campaign: str, **place: Any) -> Iterator[Appending]:
        """Append, and perhaps die."""
        with appending(ledger, campaign, **place) as chain:
            yield chain
            dying.before(chain.own)
        dying.after()

    Ledger.appending = watched  # type: ignore[method-assign]  # this process is made to die
    sys.argv = ["zosimos", *command]
    return main()


def forked(command: Sequence[str], cwd: str, out: str, death: Sequence[str]) -> int:
    """Carry a command out in a process forked from this one, and return its exit code."""
    child = os.fork()
    if child == 0:
        os.chdir(cwd)
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(file, stream)
        sys.exit(die(death, command))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for name in HEAVY:
        importlib.import_module(name)
    for line in sys.stdin:
        print(forked(**json.loads(line)), flush=True)  # noqa: T201 - it is read by the test
