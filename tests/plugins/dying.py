"""The command line in a process that ends by SIGKILL at a step of an experiment; run by ``test_installed_plugins.py``.

Usage: dying.py EXPERIMENT STEP WHEN COMMAND... WHEN says at which commit of this process:

- ``announced``: right after the first effect of that name was announced, before any byte of it left
- ``reported``: right before it is recorded that it was done
- ``read``: right after the fifth reading of that name
- ``decided``: right after the first decision, whatever the experiment and the step
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zosimos.campaign.ledger.store import Appending, Ledger
from zosimos.faces.cli import main

READINGS = 5


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


if __name__ == "__main__":
    dying, appending = Dying(*sys.argv[1:4]), Ledger.appending

    @contextmanager
    def watched(ledger: Ledger, campaign: str, **place: Any) -> Iterator[Appending]:
        """Append, and perhaps die."""
        with appending(ledger, campaign, **place) as chain:
            yield chain
            dying.before(chain.own)
        dying.after()

    Ledger.appending = watched  # type: ignore[method-assign]  # this process is made to die
    sys.argv = ["zosimos", *sys.argv[4:]]
    main()
