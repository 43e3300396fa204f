"""A simulated week in virtual time, and its first experiments against a paced run of the same campaign.

The planner is mocked; laboratory, loop and ledger are real. Two experiments at a time, each with four effects and two
waits of ten minutes. ``ledgers_equal`` compares every event about the first experiments, in order, with times,
campaign ids and hashes left out.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common import BenchLab, bench_setup, mocked_decide, report
from steps import StepsExecutor

from zosimos.campaign.commands import create
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.session import run_campaign
from zosimos.core.clock import ClockKind

EFFECTS, WAITS, WAIT_S, PARALLEL = 4, 2, 600.0, 2
START = datetime(2026, 1, 1, tzinfo=UTC)


def run(ledger: Ledger, experiments: int, clock: ClockKind, pace: float) -> tuple[str, float, float]:
    """Run a campaign; return its id, the simulated seconds and the wall seconds it took."""
    lab = BenchLab(lambda _: StepsExecutor(EFFECTS, WAITS, WAIT_S), "virtual")
    setup = bench_setup(lab, experiments=experiments, batch=1, parallel=PARALLEL, clock="virtual")
    record = create(ledger, setup, author="bench", now=START, entropy=random.Random(clock))
    began = time.perf_counter()
    run_campaign(record, setup, kind=clock, pace=pace, decide=mocked_decide, wait_for_people=False)
    wall = time.perf_counter() - began
    verify(ledger, record.campaign)
    return record.campaign, (datetime.fromisoformat(record.state.at) - START).total_seconds(), wall


def story(ledger: Ledger, campaign: str, first: int) -> list[Any]:
    """Return what the ledger says of the first experiments and the decisions for them, in order, times left out."""
    names = {f"e{i:04d}" for i in range(1, first + 1)}
    told: list[Any] = []
    for event in ledger.events(campaign):
        body = dict(event.body)
        proposed = {item["experiment"] for item in body.get("candidates", ())}
        if body.get("experiment") in names or proposed & names:
            for measurement in body.get("measurements", {}).values():
                measurement["at"] = ""
            if "inputs" in body:
                body["inputs"] = {**body["inputs"], "digest": ""}
            told.append((event.kind, body))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--first", type=int, default=20, help="experiments to compare with a paced run")
    parser.add_argument("--pace", type=float, default=2e-4, help="real seconds a simulated second takes, paced")
    options = parser.parse_args()
    experiments = int(options.days * 86400 / (WAITS * WAIT_S) * PARALLEL)
    with tempfile.TemporaryDirectory() as folder, Ledger(str(Path(folder) / "ledger.db")) as ledger:
        week, simulated, wall = run(ledger, experiments, "virtual", 0.0)
        paced, _, paced_wall = run(ledger, options.first + PARALLEL, "paced", options.pace)
        equal = story(ledger, week, options.first) == story(ledger, paced, options.first)
        compared = len(story(ledger, week, options.first))
    figures = {
        "simulated_s": simulated,
        "wall_s": round(wall, 3),
        "experiments": experiments,
        "ledgers_equal": equal,
        "events_compared": compared,
        "paced_wall_s": round(paced_wall, 3),
    }
    report("virtual_time", {"days": options.days, "effects": EFFECTS, "waits": WAITS, "pace": options.pace}, figures)


if __name__ == "__main__":
    main()
