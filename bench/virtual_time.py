"""A long simulated campaign in virtual time, and its first experiments against a paced run of the same campaign.

``--lab steps`` (the default): a week, the laboratory two bare experiments at a time, each with four effects and two
waits of ten minutes. ``--lab colour``: a day on the simulated colour lab, through drivers, wires and the world. The
planner is mocked; loop and ledger are real. ``ledgers_equal`` compares every event about the first experiments, in
order, with times, campaign ids and hashes left out.
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
from killed_colour import decide as colour_decide
from steps import StepsExecutor

from zosimos.campaign.control.commands import create
from zosimos.campaign.decisions.decide import Decide
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.clock import ClockKind
from zosimos.labs.colour.options import FOLDER
from zosimos.labs.colour.options import campaign as colour_campaign

EFFECTS, WAITS, WAIT_S, PARALLEL = 4, 2, 600.0, 2
COLOUR_S = 30.0  # less than a colour experiment takes: the time ends the campaign
START = datetime(2026, 1, 1, tzinfo=UTC)


def steps_setup(experiments: int) -> tuple[Setup, Decide]:
    """Return a campaign of bare effects and waits."""
    lab = BenchLab(lambda _: StepsExecutor(EFFECTS, WAITS, WAIT_S), "virtual")
    return bench_setup(lab, experiments=experiments, batch=1, parallel=PARALLEL, clock="virtual"), mocked_decide


def colour_setup(experiments: int, seconds: float | None) -> tuple[Setup, Decide]:
    """Return a campaign on the simulated colour lab, with stock enough for it."""
    budget = {"experiments": experiments, **({} if seconds is None else {"time": seconds})}
    text = (FOLDER / "lab.yaml").read_text()
    for scant in ("500 mL", "100 mL", "2 L"):
        text = text.replace(f" {scant} }}", " 50 L }")
    data = {**colour_campaign(), "budget": budget}
    data["lab"] = {**data["lab"], "file": "lab.yaml"}
    return assemble(parse_spec(data), {"lab": text.encode()}), colour_decide


def run(ledger: Ledger, made: tuple[Setup, Decide], clock: ClockKind, pace: float) -> tuple[str, float, float]:
    """Run a campaign; return its id, the simulated seconds and the wall seconds it took."""
    setup, decide = made
    record = create(ledger, setup, author="bench", now=START, entropy=random.Random(clock))
    began = time.perf_counter()
    run_campaign(record, setup, kind=clock, pace=pace, decide=decide, wait_for_people=False)
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
            for moment in ("began", "ended"):
                body.pop(moment, None)
            if "inputs" in body:
                body["inputs"] = {**body["inputs"], "digest": ""}
            told.append((event.kind, body))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", choices=("steps", "colour"), default="steps")
    parser.add_argument("--days", type=float, help="simulated days (default: 7, for the colour lab 1)")
    parser.add_argument("--first", type=int, help="experiments to compare with a paced run (default: 20, colour 10)")
    parser.add_argument("--pace", type=float, default=2e-4, help="real seconds a simulated second takes, paced")
    options = parser.parse_args()
    colour = options.lab == "colour"
    days = options.days or (1.0 if colour else 7.0)
    first = options.first or (10 if colour else 20)
    if colour:
        long = colour_setup(int(days * 86400 / COLOUR_S), days * 86400)
        short = colour_setup(first + PARALLEL, None)
    else:
        long = steps_setup(int(days * 86400 / (WAITS * WAIT_S) * PARALLEL))
        short = steps_setup(first + PARALLEL)
    with tempfile.TemporaryDirectory() as folder, Ledger(str(Path(folder) / "ledger.db")) as ledger:
        whole, simulated, wall = run(ledger, long, "virtual", 0.0)
        paced, _, paced_wall = run(ledger, short, "paced", options.pace)
        told = story(ledger, whole, first)
        equal = told == story(ledger, paced, first)
        experiments = Record(ledger, whole).state.used
    figures = {
        "simulated_s": simulated,
        "wall_s": round(wall, 3),
        "experiments": experiments,
        "ledgers_equal": equal,
        "events_compared": len(told),
        "paced_wall_s": round(paced_wall, 3),
    }
    report("virtual_time", {"lab": options.lab, "days": days, "pace": options.pace}, figures)


if __name__ == "__main__":
    main()
