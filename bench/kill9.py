"""Kill a campaign's process with SIGKILL, at every record boundary and at random moments; resume it; count the damage.

A child process runs a campaign on the wall clock. Its laboratory performs each effect by appending a line to a journal
outside the process (one ``write`` and ``fsync``), and can be asked afterwards whether an effect is in the journal.
Half of the kills fall just before or just after the n-th commit (n runs over all of a campaign), half at random
moments, several to a campaign. Every campaign is resumed until it is finished; then ledger and journal are compared:

- duplicated: journal lines beyond the recorded attempts of a step (beyond one, where the step may not be repeated)
- lost: steps recorded as done whose effect is not in the journal
- settled_share: interrupted effects that probing settled, of all interrupted effects that may not be repeated

With ``--forgetful`` the laboratory answers wrongly (nothing ever happened): damage must then be found.

Children are forked from this process after its imports, so recovery_s is what a resumed process needs apart from
imports: from its start until experiments go on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from common import BenchLab, bench_setup, mocked_decide, report

from zosimos.campaign.commands import create
from zosimos.campaign.executor import Probe, Steps, Task
from zosimos.campaign.experiment import Step
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record import Record
from zosimos.campaign.session import run_campaign
from zosimos.campaign.setup import Setup
from zosimos.campaign.state import State
from zosimos.core.errors import TamperedError
from zosimos.core.records import Measurement

EXPERIMENTS, BATCH, PARALLEL = 6, 2, 2
EFFECTS = (("aspirate", False), ("dispense", False), ("stir", True), ("drain", False))
WAIT_S = 0.002


class JournalExecutor:
    """Performs effects by writing them to a journal that outlives the process, and can be asked about them."""

    def __init__(self, journal: Path, *, forgetful: bool) -> None:
        self._journal = journal
        self._forgetful = forgetful

    async def run(self, task: Task, steps: Steps) -> Sequence[Measurement]:
        async def act(effect: str) -> dict[str, str]:
            descriptor = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                os.write(descriptor, f"{task.campaign}/{effect}\n".encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            return {"effect": effect}

        for index, (name, repeatable) in enumerate(EFFECTS):
            await steps.effect(name, act, params={"volume_mL": 0.25}, repeatable=repeatable)
            if index % 2:
                await steps.wait(WAIT_S)
        return [Measurement("y", float(task.values["x"]), origin="simulated")]

    async def probe(self, task: Task, step: Step) -> Probe:
        effect = f"{task.experiment}/{step.index}/{step.attempt}"
        done = not self._forgetful and f"{task.campaign}/{effect}" in journal_lines(self._journal)
        return Probe("done", {"effect": effect}) if done else Probe("undone")

    async def safe_state(self) -> None:
        return None


class KillingLedger(Ledger):
    """A ledger whose process dies just before or just after its n-th commit."""

    def __init__(self, url: str, n: int, before: bool) -> None:
        self._left, self._before = n, before
        super().__init__(url)

    def append(self, *args: object, **kwargs: object) -> list[Event]:
        self._left -= 1
        if self._left == 0 and self._before:
            os.kill(os.getpid(), signal.SIGKILL)
        events = super().append(*args, **kwargs)  # type: ignore[arg-type]
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return events


@dataclass
class Bench:
    """The files of one run."""

    folder: Path
    forgetful: bool = False

    @property
    def ledger(self) -> str:
        return str(self.folder / "ledger.db")

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def recoveries(self) -> Path:
        return self.folder / "recoveries"

    def setup(self) -> Setup:
        lab = BenchLab(lambda _: JournalExecutor(self.journal, forgetful=self.forgetful), "wall")
        return bench_setup(lab, experiments=EXPERIMENTS, batch=BATCH, parallel=PARALLEL, clock="wall")

    def new(self, seed: int) -> str:
        with Ledger(self.ledger) as ledger:
            record = create(ledger, self.setup(), author="bench", now=datetime.now(UTC), entropy=random.Random(seed))
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
        ledger = Ledger(self.ledger) if n is None else KillingLedger(self.ledger, n, before)
        record = Record(ledger, campaign)
        resumed, seen = record.state.sessions > 0, False

        def changed(_: State) -> None:
            nonlocal seen
            if resumed and not seen:
                seen = True
                with self.recoveries.open("a") as file:
                    file.write(f"{time.perf_counter() - start}\n")

        run_campaign(record, self.setup(), decide=mocked_decide, changed=changed, wait_for_people=False)


def journal_lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def ended(pid: int) -> bool:
    """Wait for a child; say whether it ended by itself."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    if status:
        sys.exit(f"a child failed with status {status}: see its traceback above")
    return True


def at_boundary(bench: Bench, n: int, before: bool, seed: int) -> tuple[str, int, bool]:
    """Run a campaign that dies at its n-th commit, resume and finish it; return it, the kills, and if n was reached."""
    campaign = bench.new(seed)
    if ended(bench.child(campaign, n, before)):
        return campaign, 0, False
    ended(bench.child(campaign, None, before=False))
    return campaign, 1, True


def at_random(bench: Bench, span: float, chance: random.Random, limit: int, seed: int) -> tuple[str, int]:
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


def damage(bench: Bench, campaigns: Sequence[str]) -> dict[str, int]:
    """Compare the ledger with the journal."""
    lines = Counter(journal_lines(bench.journal))
    total = Counter[str]()
    with Ledger(bench.ledger) as ledger:
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
            for experiment in state.experiments.values():
                for step in experiment.steps:
                    place = f"{campaign}/{experiment.id}/{step.index}"
                    done = [lines.pop(f"{place}/{attempt}", 0) for attempt in range(1, step.attempt + 1)]
                    total["duplicated"] += max(0, sum(done) - (len(done) if step.repeatable else 1))
                    total["lost"] += step.status == "done" and not any(done)
    total["duplicated"] += sum(lines.values())  # effects that no record speaks of
    return dict(total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--forgetful", action="store_true", help="let the laboratory answer wrongly: finds damage")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.forgetful)
        start = time.perf_counter()
        campaigns = [bench.new(0)]
        ended(bench.child(campaigns[0], None, before=False))
        span = time.perf_counter() - start
        kills, n, boundaries = 0, 1, 0
        while kills < options.kills // 2:
            for before in (False, True):
                campaign, died, reached = at_boundary(bench, n, before, len(campaigns))
                campaigns.append(campaign)
                kills, boundaries = kills + died, max(boundaries, n if reached else 0)
            n = n + 1 if reached else 1
        while kills < options.kills:
            campaign, died = at_random(bench, span, chance, min(5, options.kills - kills), len(campaigns))
            campaigns.append(campaign)
            kills += died
        total = damage(bench, campaigns)
        recoveries = [float(line) for line in bench.recoveries.read_text().split()]
    settled, uncertain = total.get("settled", 0), total.get("uncertain", 0)
    figures = {
        "kills": kills,
        "boundaries": boundaries,
        "campaigns": len(campaigns),
        "unfinished": total.get("unfinished", 0),
        "duplicated": total.get("duplicated", 0),
        "lost": total.get("lost", 0),
        "interrupted": settled + uncertain,
        "settled_share": settled / (settled + uncertain) if settled + uncertain else 1.0,
        "uncertain": uncertain,
        "ledger_ok": total.get("broken", 0) == 0,
        "recovery_s_p95": round(statistics.quantiles(recoveries, n=20)[-1], 4),
        "recovery_s_max": round(max(recoveries), 4),
    }
    print(json.dumps(figures, indent=1))
    report("kill9", {"kills": options.kills, "seed": options.seed, "effects": len(EFFECTS)}, figures)


if __name__ == "__main__":
    main()
