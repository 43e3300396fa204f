"""A runner of a run: a forked process that takes the campaign up, uses public entry points only, and says how it ended.

What is faulty in it comes from outside by shared numbers: how slow its disk is, how wrong its wall clock.
"""

from __future__ import annotations

import json
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from common import bench_setup

from faulty import deadlines, kernel, sabotage
from faulty.checker import Acknowledged, Outcome
from faulty.commits import WatchedLedger
from faulty.lab import JournalLab
from zosimos.campaign.decisions.decide import Decide
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.ledger.opening import exists
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core import clock
from zosimos.core.errors import ZosimosError

EXPERIMENTS, BATCH, PARALLEL = 10, 2, 2
HOUR_S = 3600.0


@dataclass
class Weather:
    """What is wrong around all runners of a run, shared with their processes.

    Args:
        slow_s: how long each commit takes more.
        clock_s: how far the wall clock is off.
        full: whether a disk that cannot really be filled is taken to be full.
    """

    slow_s: Synchronized[float]
    clock_s: Synchronized[float]
    full: Synchronized[float]


@dataclass(frozen=True)
class Files:
    """The files of a run."""

    folder: Path

    @property
    def journal(self) -> Path:
        """What the devices saw."""
        return self.folder / "journal"

    @property
    def outcomes(self) -> Path:
        """How runners ended."""
        return self.folder / "outcomes"

    @property
    def heads(self) -> Path:
        """The heads of the chain that runners saw."""
        return self.folder / "heads"


@dataclass(frozen=True)
class Campaign:
    """What every runner of a run takes up.

    Args:
        id: the campaign's.
        setup: makes its setup.
        decide: chooses candidates.
        way: the sabotage, if there is any.
    """

    id: str
    setup: Callable[[], Setup]
    decide: Decide
    way: str = ""


def journal_setup(files: Files, way: str = "") -> Setup:
    """Return the setup of a run's campaign on its journal."""
    lab = JournalLab(files.journal, way if way in sabotage.IN_THE_LAB else "")
    return bench_setup(lab, experiments=EXPERIMENTS, batch=BATCH, parallel=PARALLEL, clock="wall")


def start(
    url: str,
    campaign: Campaign,
    files: Files,
    weather: Weather,
    *,
    elsewhere: bool = False,
    cable: kernel.Cable | None = None,
    dies: tuple[int, bool] | None = None,
) -> int:
    """Fork a runner and return its process's number.

    Args:
        url: the ledger, by the way this runner comes.
        campaign: what it takes up.
        files: of the run.
        weather: what is wrong.
        elsewhere: whether it runs in a container of its own.
        cable: the network it uses, if not this machine's.
        dies: the number of the commit at which it dies, and whether just before it.
    """
    pid = kernel.contained() if elsewhere else os.fork()
    if pid:
        return pid
    status = 1
    try:
        with (files.folder / "stderr").open("a") as errors:
            os.dup2(errors.fileno(), 2)
        if cable is not None:
            cable.join()
        _append(files.outcomes, asdict(_conducted(url, campaign, files, weather, dies)))
        status = 0
    except BaseException:  # noqa: BLE001 - nothing of this process may go on as its parent
        traceback.print_exc()
    finally:
        os._exit(status)


def _conducted(url: str, campaign: Campaign, files: Files, weather: Weather, dies: tuple[int, bool] | None) -> Outcome:
    deadlines.shortened()
    _shift_clock(weather)
    if campaign.way == "unfenced":
        sabotage.unfence()
    number, before = dies or (-1, False)

    def count(*, now: bool) -> None:
        nonlocal number
        number -= not now
        if number == 0 and now != before:
            os.kill(os.getpid(), signal.SIGKILL)

    def changed(state: State) -> None:
        _append(files.heads, asdict(Acknowledged(state.seq, state.head)))

    try:
        if not exists(url):  # a runner makes no ledger
            return Outcome(time.monotonic(), "error", "NotFoundError: there is no such ledger")
        ledger = WatchedLedger(url, lambda: count(now=False), lambda: count(now=True), lambda: _delay(weather))
        if ledger.engine.dialect.name == "sqlite":
            sa.event.listen(ledger.engine, "begin", lambda connection: _limit(connection, weather))
        record = Record(ledger, campaign.id)
        if record.state.status == "finished":
            return Outcome(time.monotonic(), "finished", record.state.reason)
        decide = campaign.decide
        ending = run_campaign(record, campaign.setup(), decide=decide, changed=changed, wait_for_people=False)
    except ZosimosError as error:
        return Outcome(time.monotonic(), "error", f"{type(error).__name__}: {error.message}")
    except BaseException as error:  # noqa: BLE001 - what is not in words is a finding
        traceback.print_exc()
        return Outcome(time.monotonic(), "bug", f"{type(error).__name__}: {error}")
    return Outcome(time.monotonic(), ending.status, ending.reason)


def _delay(weather: Weather) -> None:
    if weather.slow_s.value:
        time.sleep(weather.slow_s.value)


def _limit(connection: Any, weather: Weather) -> None:
    """Let the file grow no more while its disk is taken to be full."""
    pages = 1 if weather.full.value else 1_000_000_000  # never below what there is
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def _shift_clock(weather: Weather) -> None:
    """Have this process's wall clock be wrong by as much as the weather says."""
    real, seconds = datetime, time.time

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:  # type: ignore[override]  # a moment of the real class
            return real.now(tz or UTC) + timedelta(seconds=weather.clock_s.value)  # type: ignore[return-value]

    clock.datetime = Shifted  # type: ignore[misc]
    defaults = clock.Jumps.__init__.__defaults__
    assert defaults is not None
    assert defaults[0] is seconds
    clock.Jumps.__init__.__defaults__ = (lambda: seconds() + weather.clock_s.value, *defaults[1:])


def _append(path: Path, data: dict[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, (json.dumps(data) + "\n").encode())
    finally:
        os.close(descriptor)
