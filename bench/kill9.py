"""Kill a campaign's process with SIGKILL, at every record boundary and at random moments; resume it; count the damage.

A child process runs a campaign on the wall clock. Its laboratory performs each effect by appending a line to a journal
outside the process (one ``write`` and ``fsync``), and can be asked afterwards whether an effect is in the journal.
Half of the kills fall just before or just after the n-th commit (n runs over all of a campaign), half at random
moments, several to a campaign. Every campaign is resumed until it is finished; then ledger and journal are compared:

- duplicated: journal lines beyond the recorded attempts of a step (beyond one, where the step may not be repeated)
- lost: steps recorded as done whose effect is not in the journal
- settled_share: interrupted effects that probing settled, of all interrupted effects that may not be repeated

``--lab colour`` does the same with the simulated colour lab, served by another process many times faster than real
time: real drivers over TCP, dispenses of several strokes, probing by plunger and balance. The pump's own count of
strokes, and the liquid that left each stock, are compared with the ledger's.

With ``--forgetful`` the laboratory answers wrongly (nothing ever happened): damage must then be found.

Children are forked from this process after its imports, so recovery_s is what a resumed process needs apart from
imports: from its start until experiments go on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from common import BareExecutor, BenchLab, bench_setup, report
from killed import KilledBench, at_boundary, at_random, ended
from killed_colour import ColourBench

from zosimos.campaign.lab import Probe, Steps, Task
from zosimos.campaign.record.experiment import Step
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.records import Measurement

EXPERIMENTS, BATCH, PARALLEL = 6, 2, 2
EFFECTS = (("aspirate", False), ("dispense", False), ("stir", True), ("drain", False))
WAIT_S = 0.002


class JournalExecutor(BareExecutor):
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


class JournalBench(KilledBench):
    """A lab whose effects are lines in a journal."""

    def __init__(self, folder: Path, *, forgetful: bool) -> None:
        super().__init__(folder)
        self.journal = folder / "journal"
        self._forgetful = forgetful

    def setup(self, campaign: str | None) -> Setup:
        lab = BenchLab(lambda _: JournalExecutor(self.journal, forgetful=self._forgetful), "wall")
        return bench_setup(lab, experiments=EXPERIMENTS, batch=BATCH, parallel=PARALLEL, clock="wall")

    def compared(self, state: State) -> Counter[str]:
        lines = Counter(line for line in journal_lines(self.journal) if line.startswith(f"{state.id}/"))
        total = Counter[str]()
        for experiment in state.experiments.values():
            for step in experiment.steps:
                place = f"{state.id}/{experiment.id}/{step.index}"
                done = [lines.pop(f"{place}/{attempt}", 0) for attempt in range(1, step.attempt + 1)]
                total["duplicated"] += max(0, sum(done) - (len(done) if step.repeatable else 1))
                total["lost"] += step.status == "done" and not any(done)
        total["duplicated"] += sum(lines.values())  # effects that no record speaks of
        return total


def journal_lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def evenly(commits: int, count: int) -> Sequence[tuple[int, bool]]:
    """Return moments to die at, after and before commits, spread over all of a campaign's commits."""
    numbers = [1 + (index * commits) // max(1, count // 2) for index in range(count // 2)]
    return [(min(number, commits), before) for number in numbers for before in (False, True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lab", choices=("journal", "colour"), default="journal")
    parser.add_argument("--forgetful", action="store_true", help="let the laboratory answer wrongly: finds damage")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        bench: KilledBench = ColourBench(Path(folder))
        if options.lab == "journal":
            bench = JournalBench(Path(folder), forgetful=options.forgetful)
        campaigns = [bench.new(0)]
        start = time.perf_counter()
        ended(bench.child(campaigns[0], None, before=False))
        span = time.perf_counter() - start
        bench.over()
        commits = len(bench.commits.read_text())
        kills, boundaries = 0, set[int]()
        for n, before in evenly(commits, options.kills // 2):
            campaign, died, reached = at_boundary(bench, n, before, len(campaigns))
            bench.over()
            campaigns.append(campaign)
            kills += died
            boundaries |= {n} if reached else set()
        while kills < options.kills:
            campaign, died = at_random(bench, span, chance, min(5, options.kills - kills), len(campaigns))
            bench.over()
            campaigns.append(campaign)
            kills += died
        total = bench.damage(campaigns)
        recoveries = [float(line) for line in bench.recoveries.read_text().split()]
    settled, uncertain = total.get("settled", 0), total.get("uncertain", 0)
    figures = {
        "kills": kills,
        "boundaries": len(boundaries),
        "commits": commits,
        "campaigns": len(campaigns),
        "unfinished": total.get("unfinished", 0),
        "failed": total.get("failed", 0),
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
    report("kill9", {"kills": options.kills, "seed": options.seed, "lab": options.lab}, figures)


if __name__ == "__main__":
    main()
