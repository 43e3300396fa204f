"""One run from its plan to its judgement, as JSON data."""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common import mocked_decide
from killed_colour import ColourBench

from faulty import journal, sabotage
from faulty.checker import Acknowledged, History, Outcome, Recorded, RecordedStep, judged, late_stops, safe_times
from faulty.lab import BUSY_S
from faulty.nemesis import Nemesis, as_json
from faulty.places import placed
from faulty.plan import Plan
from faulty.runner import Campaign, Files, Weather, journal_setup
from zosimos.campaign.control.commands import create
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.record.steps import ASK
from zosimos.core.errors import ZosimosError

_SUBREAPER = 36


def conducted(plan: Plan, server: str, way: str, keep: Path | None) -> Mapping[str, Any]:
    """Run a plan and judge it.

    Args:
        plan: the plan.
        server: the URL of a PostgreSQL server, for plans that need one.
        way: the sabotage, if there is any.
        keep: where the files of a run that went wrong are kept.
    """
    if sys.platform == "linux":  # runners in containers are grandchildren, and must be waited for
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    folder = Path(tempfile.mkdtemp(prefix="zosimos-faults-"))
    began = time.monotonic()
    hows = {fault.how for fault in plan.faults}
    try:
        with placed(plan.database, folder, server, plan.number, hows) as place:
            found = _run(plan, place, Files(folder), way)
            if keep is not None and any(found["found"].values()):
                shutil.copytree(folder, keep / f"run-{plan.number:05}", dirs_exist_ok=True, symlinks=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "number": plan.number,
        "database": plan.database,
        "lab": plan.lab,
        "kind": plan.faults[0].kind,
        "how": plan.faults[0].how,
        "second": None if plan.second is None else plan.second[0],
        **found,
        "seconds": round(time.monotonic() - began, 3),
    }


def _run(plan: Plan, place: Any, files: Files, way: str) -> dict[str, Any]:
    colour = ColourBench(files.folder, plan.number) if plan.lab == "colour" else None
    try:
        campaign = _created(plan, place.url, files, way, colour)
        weather = Weather(*(multiprocessing.Value("d", 0.0) for _ in range(3)))  # type: ignore[arg-type]  # they are
        nemesis = Nemesis(plan, place, campaign, files, weather)
        outcomes = nemesis.run()
    finally:
        if colour is not None:
            colour.over()
    if way in ("mangled", "cut"):
        sabotage.tamper(place.url, way)
    recorded, state = _recorded(place.url, campaign.id)
    lines = journal.read(files.journal)
    heads = [] if not files.heads.exists() else files.heads.read_text().splitlines()
    acknowledged = [Acknowledged(**json.loads(line)) for line in heads]
    if colour is None:
        found = judged(History(lines, outcomes, acknowledged, BUSY_S), recorded)
    else:
        found = _judged_colour(colour, History([], outcomes, acknowledged), recorded, state)
    return {
        "found": {name: list(words) for name, words in found.items()},
        "status": state.status if state is not None and state.status == "finished" else _last(outcomes),
        "outcomes": as_json(outcomes),
        "faults": nemesis.struck.faults,
        "starts": nemesis.struck.starts,
        "effects": sum(line.what == "begin" for line in lines),
        "late_stops": late_stops(lines),
        "safe_s": [round(one, 4) for one in safe_times(lines, nemesis.struck.outages)],
    }


def _created(plan: Plan, url: str, files: Files, way: str, colour: ColourBench | None) -> Campaign:
    if colour is not None:
        colour.ledger = url
        name = colour.new(plan.seed)
        return Campaign(name, lambda: colour.setup(name), colour.decide, way)
    with Ledger(url) as ledger:
        setup = journal_setup(files)
        record = create(ledger, setup, author="bench", now=datetime.now(UTC), entropy=random.Random(plan.seed))
    return Campaign(record.campaign, lambda: journal_setup(files, way), mocked_decide, way)


def _recorded(url: str, campaign: str) -> tuple[Recorded, State | None]:
    """Read what the record says, as far as it can be read."""
    try:
        with Ledger(url) as ledger:
            hashes = {seq: hash_ for seq, _, hash_, _ in ledger.stored(campaign)}
            try:
                verify(ledger, campaign)
                record = Record(ledger, campaign)
                unreadable = "" if record.broken is None else str(record.broken)
            except ZosimosError as error:
                return Recorded((), hashes, error.message), None
    except ZosimosError as error:
        return Recorded((), {}, error.message), None
    steps = [
        RecordedStep(f"{one.id}/{step.index}", step.attempt, step.status, step.repeatable, step.how)
        for one in record.state.experiments.values()
        for step in one.steps
        if step.how != "read" and step.name != ASK
    ]
    return Recorded(steps, hashes, unreadable), record.state


def _judged_colour(
    colour: ColourBench, history: History, recorded: Recorded, state: State | None
) -> Mapping[str, Sequence[str]]:
    """Judge by what the served lab counted itself: strokes, and what left each stock."""
    found = {name: list(words) for name, words in judged(history, Recorded((), recorded.hashes)).items()}
    found["unreadable"] += [recorded.unreadable] if recorded.unreadable else []
    if state is not None:
        compared = colour.compared(state)
        for ours, theirs in (("lost", "lost"), ("doubled", "duplicated")):
            found[ours] += [f"the served lab counts {compared[theirs]}"] if compared[theirs] else []
    return found


def _last(outcomes: Sequence[Outcome]) -> str:
    return outcomes[-1].status if outcomes else "never run"
