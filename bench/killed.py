"""Campaigns in child processes that are killed: what the labs of ``kill9.py`` share."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from common import mocked_decide
from faulty.commits import WatchedLedger

from zosimos.campaign.control.commands import create
from zosimos.campaign.decisions.decide import Decide
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import TamperedError


class KillingLedger(WatchedLedger):
    """A ledger whose process dies just before or just after its n-th commit, and which counts them."""

    def __init__(self, url: str, n: int | None, before: bool, commits: Path) -> None:
        self._left, self._before, self._commits = n or -1, before, commits
        super().__init__(url, self._counted, self._done)

    def _counted(self) -> None:
        self._left -= 1
        if self._left == 0 and self._before:
            os.kill(os.getpid(), signal.SIGKILL)

    def _done(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        with self._commits.open("a") as file:
            file.write(".")


class KilledBench(ABC):
    """The files of one run, and a lab.

    Args:
        folder: where the files are.
    """

    decide: Decide = staticmethod(mocked_decide)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = str(folder / "ledger.db")
        self.recoveries = folder / "recoveries"
        self.commits = folder / "commits"

    @abstractmethod
    def setup(self, campaign: str | None) -> Setup:
        """Return the setup of a campaign, or of one that is to be made."""

    @abstractmethod
    def compared(self, state: State) -> Counter[str]:
        """Count the effects of a campaign that are duplicated or lost."""

    def over(self) -> None:  # noqa: B027 - most labs have nothing to end
        """End what was begun for a campaign."""

    def new(self, seed: int) -> str:
        with Ledger(self.ledger) as ledger:
            setup = self.setup(None)
            record = create(ledger, setup, author="bench", now=datetime.now(UTC), entropy=random.Random(seed))
            return record.campaign

    def child(self, campaign: str, n: int | None, before: bool) -> int:
        """Fork a process that runs the campaign; return its pid. With ``n`` it dies by itself at a commit."""
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            self._run(campaign, n, before)
            status = 0
        finally:
            os._exit(status)

    def _run(self, campaign: str, n: int | None, before: bool) -> None:
        start = time.perf_counter()
        ledger = KillingLedger(self.ledger, n, before, self.commits)
        record = Record(ledger, campaign)
        resumed, seen = record.state.sessions > 0, False

        def changed(_: State) -> None:
            nonlocal seen
            if resumed and not seen:
                seen = True
                with self.recoveries.open("a") as file:
                    file.write(f"{time.perf_counter() - start}\n")

        run_campaign(record, self.setup(campaign), decide=self.decide, changed=changed, wait_for_people=False)

    def damage(self, campaigns: Sequence[str]) -> Counter[str]:
        """Compare the ledger with what the lab says happened."""
        total = Counter[str]()
        with Ledger(self.ledger) as ledger:
            for campaign in campaigns:
                try:
                    verify(ledger, campaign)
                except TamperedError as error:
                    print(error, file=sys.stderr)
                    total["broken"] += 1
                for event in ledger.events(campaign):
                    if event.kind in ("step.done", "step.undone"):
                        total["settled"] += event.body["how"] == "probed"
                    total["uncertain"] += event.kind == "experiment.uncertain"
                state = Record(ledger, campaign).state
                total["unfinished"] += state.status != "finished"
                total["failed"] += sum(one.status == "failed" for one in state.experiments.values())
                total += self.compared(state)
        return total


def ended(pid: int) -> bool:
    """Wait for a child; say whether it ended by itself."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    if status:
        sys.exit(f"a child failed with status {status}: see its traceback above")
    return True


def at_boundary(bench: KilledBench, n: int, before: bool, seed: int) -> tuple[str, int, bool]:
    """Run a campaign that dies at its n-th commit, resume and finish it; return it, the kills, and if n was reached."""
    campaign = bench.new(seed)
    if ended(bench.child(campaign, n, before)):
        return campaign, 0, False
    ended(bench.child(campaign, None, before=False))
    return campaign, 1, True


def at_random(bench: KilledBench, span: float, chance: random.Random, limit: int, seed: int) -> tuple[str, int]:
    """Run a campaign, killing it at random moments up to ``limit`` times; return it and the number of kills."""
    campaign, kills = bench.new(seed), 0
    while True:
        pid = bench.child(campaign, None, before=False)
        if kills < limit:
            time.sleep(chance.uniform(0.0, span))
            os.kill(pid, signal.SIGKILL)
        if ended(pid):
            return campaign, kills
        kills += 1
