"""What the record costs: commits to an experiment, time to a commit beside a bare one, CPU for everything else.

The campaign has k effects and w waits to an experiment, in virtual time, with a mocked planner. After each commit of
the ledger the same bytes are committed to a bare SQLite file beside it (WAL, synchronous=FULL, plain ``sqlite3``): the
floor. A like loop through bluesky's RunEngine, which keeps nothing, is timed in the same run.

On the wall clock two more figures are taken, with experiments in parallel on a ledger whose disk takes 0.3 s for each
commit: how long the event loop was blocked at most, and at the 99th percentile. The slow disk is a pause right before
each COMMIT of a write, in the thread that commits; like ``fsync`` it lets other threads go on. A heartbeat on the same
loop wants to turn every 5 ms: what it comes too late is the time the loop was blocked.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from common import BenchLab, bench_setup, mocked_decide, report
from steps import StepsExecutor

from zosimos.campaign.control.commands import create
from zosimos.campaign.execution.session import arun_campaign, run_campaign
from zosimos.campaign.ledger.store import Appending, Ledger
from zosimos.campaign.record.record import Record

HEARTBEAT_S = 0.005


class MeasuredLedger(Ledger):
    """A ledger that times each of its commits and, right after it, a bare commit of the same bytes."""

    def __init__(self, url: str, bare: Path) -> None:
        super().__init__(url)
        self.ours: list[float] = []
        self.floor: list[float] = []
        self.cpu = 0.0
        self._bare = sqlite3.connect(bare, isolation_level=None)
        self._bare.execute("PRAGMA journal_mode=WAL")
        self._bare.execute("PRAGMA synchronous=FULL")
        self._bare.execute(
            "CREATE TABLE events"
            " (campaign TEXT, seq INTEGER, prev TEXT, hash TEXT, text TEXT, PRIMARY KEY (campaign, seq))"
        )

    @contextmanager
    def appending(self, campaign: str, **place: Any) -> Iterator[Appending]:
        cpu, began = time.process_time(), time.perf_counter()
        with super().appending(campaign, **place) as chain:
            yield chain
        if chain.own:
            self.ours.append(time.perf_counter() - began)
            rows = [(campaign, event.seq, event.hash, event.hash, event.text) for event in chain.own]
            began = time.perf_counter()
            self._bare.execute("BEGIN IMMEDIATE")
            self._bare.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
            self._bare.execute("COMMIT")
            self.floor.append(time.perf_counter() - began)
        self.cpu += time.process_time() - cpu

    def close(self) -> None:
        self._bare.close()
        super().close()


def ours(experiments: int, effects: int, waits: int) -> tuple[MeasuredLedger, float]:
    """Run the campaign; return the measured ledger and the CPU seconds outside its commits."""
    lab = BenchLab(lambda _: StepsExecutor(effects, waits, 60.0), "virtual")
    setup = bench_setup(lab, experiments=experiments, batch=1, parallel=1, clock="virtual")
    with (
        tempfile.TemporaryDirectory() as folder,
        MeasuredLedger(str(Path(folder) / "ledger.db"), Path(folder) / "bare.db") as ledger,
    ):
        record = create(ledger, setup, author="bench", now=datetime.now(UTC), entropy=random.Random(0))
        before = len(ledger.ours)
        cpu = time.process_time() - ledger.cpu
        run_campaign(record, setup, decide=mocked_decide, wait_for_people=False)
        cpu = time.process_time() - ledger.cpu - cpu
        del ledger.ours[:before], ledger.floor[:before]
    return ledger, cpu


class SlowLedger(Ledger):
    """A ledger whose disk takes a while for each commit."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(url)

        def slow(connection: sa.Connection) -> None:
            if connection.get_execution_options().get("zosimos_write"):
                time.sleep(seconds)

        sa.event.listen(self.engine, "commit", slow)


def loop_blocked_ms(experiments: int, effects: int, waits: int, disk_s: float) -> list[float]:
    """Run a campaign on the wall clock, on a slow disk; return how late each heartbeat of its loop was."""
    lab = BenchLab(lambda _: StepsExecutor(effects, waits, 0.01), "wall")
    setup = bench_setup(lab, experiments=experiments, batch=1, parallel=4, clock="wall")
    late: list[float] = []

    async def beat() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + HEARTBEAT_S
            await asyncio.sleep(HEARTBEAT_S)
            late.append((loop.time() - due) * 1e3)

    async def main(record: Record) -> None:
        beating = asyncio.create_task(beat())
        await arun_campaign(record, setup, decide=mocked_decide, wait_for_people=False)
        beating.cancel()

    with (
        tempfile.TemporaryDirectory() as folder,
        SlowLedger(str(Path(folder) / "ledger.db"), disk_s) as ledger,
    ):
        asyncio.run(main(create(ledger, setup, author="bench", now=datetime.now(UTC), entropy=random.Random(0))))
    return sorted(late)


def bluesky_ms(experiments: int, effects: int, waits: int) -> float | None:
    """Return milliseconds an experiment of the same shape takes through bluesky's RunEngine, or None without it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import bluesky.plan_stubs as bps
            import bluesky.preprocessors as bpp
            from bluesky import RunEngine
            from ophyd.sim import det, motor
    except ImportError:
        return None
    engine = RunEngine({})

    @bpp.run_decorator()
    def experiment() -> Any:
        for index in range(effects):
            yield from bps.mv(motor, index)
            if index % 2 and index // 2 < waits:
                yield from bps.sleep(0)
        yield from bps.trigger_and_read([det, motor])

    def loop() -> Any:
        for _ in range(experiments):
            yield from experiment()

    engine(experiment())
    began = time.perf_counter()
    engine(loop())
    return (time.perf_counter() - began) / experiments * 1e3


def ms(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds) * 1e3, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=200)
    parser.add_argument("--effects", type=int, default=4)
    parser.add_argument("--waits", type=int, default=2)
    parser.add_argument("--wall-experiments", type=int, default=8)
    parser.add_argument("--disk", type=float, default=0.3, metavar="S", help="seconds a commit takes on the slow disk")
    options = parser.parse_args()
    ledger, cpu = ours(options.experiments, options.effects, options.waits)
    late = loop_blocked_ms(options.wall_experiments, options.effects, options.waits, options.disk)
    peer = bluesky_ms(options.experiments, options.effects, options.waits)
    # A session opens and closes once, and the campaign is finished once: three commits beside the experiments'.
    figures = {
        "effectful_steps": options.effects,
        "waits": options.waits,
        "commits_per_experiment": round((len(ledger.ours) - 3) / options.experiments, 4),
        "ms_per_commit": ms(ledger.ours),
        "floor_ms": ms(ledger.floor),
        "ms_over_floor": round(ms(ledger.ours) - ms(ledger.floor), 4),
        "cpu_ms_per_experiment": round(cpu / options.experiments * 1e3, 4),
        "loop_blocked_ms_p99": round(late[int(0.99 * (len(late) - 1))], 3),
        "loop_blocked_ms_max": round(late[-1], 3),
        "bluesky_ms_per_experiment": None if peer is None else round(peer, 4),
    }
    settings = {
        "experiments": options.experiments,
        "wall_experiments": options.wall_experiments,
        "disk_s": options.disk,
    }
    report("overhead", settings, figures)


if __name__ == "__main__":
    main()
