"""How long after an abort is on record every device is safe, or is on record as unconfirmed.

Each run is a campaign in a process of its own, on the wall clock, on the simulated colour lab behind TCP ports, whose
time goes twenty times faster. The abort is recorded from outside, as ``zosimos abort`` does it, in three cases: during
a decision that keeps a processor busy for a minute, during a wait of an hour, and during such a wait with three of the
five devices gone silent. Seconds are counted between the two events on record: ``campaign.aborted``, and
``devices.stopped``, which is written when each device has confirmed its safe state or its stop deadline has passed.

    python bench/stop_latency.py --repeats 20
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from common import report

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.background import leave
from zosimos.core.records import Candidate
from zosimos.instruments.rig import Rig
from zosimos.instruments.serve import serve
from zosimos.labs.colour.options import FOLDER, campaign
from zosimos.labs.colour.rig import make_rig

CASES = ("decision", "wait", "silent")
SILENT = ("pump", "balance-1", "sensor-1")
TIME_SCALE = 20.0
DECISION_S = 60.0
READY_S = 120.0
_MOMENT_S = 0.3


class Plugged(Rig):
    """A bench some of whose devices can be made to hear nothing any more."""

    silent: frozenset[str] = frozenset()

    def write(self, device: str, data: bytes) -> None:
        """Send bytes to a device that still hears."""
        if device not in self.silent:
            super().write(device, data)


@dataclass
class Served:
    """A lab served by a thread of this process."""

    address: str = ""
    bench: Plugged | None = None
    up: threading.Event = field(default_factory=threading.Event)


@contextmanager
def served() -> Iterator[Served]:
    """Serve a fresh colour lab while the block lasts."""
    lab, loop = Served(), asyncio.new_event_loop()

    def make(now: object) -> Rig:
        plain = make_rig(0, now)  # type: ignore[arg-type]  # a clock, as serve makes it
        lab.bench = Plugged(plain.world, plain.devices.values(), plain.now)
        return lab.bench

    def ready(urls: Mapping[str, str]) -> None:
        lab.address = urlsplit(next(iter(urls.values()))).netloc
        lab.up.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        port = 30_000 + 10 * random.SystemRandom().randrange(2000)
        serving = loop.create_task(serve(make, "127.0.0.1", port, time_scale=TIME_SCALE, journal=None, ready=ready))
        loop.run_until_complete(asyncio.gather(serving, return_exceptions=True))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if not lab.up.wait(10):
        raise SystemExit("the lab could not be served")
    try:
        yield lab
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join(10)


def setup_of(address: str) -> Setup:
    """Return a campaign on a served lab whose experiments wait for an hour once the dyes are mixed."""
    data = {**campaign(), "clock": "wall", "planner": {"kind": "sobol"}, "parallel": 2, "batch": 1}
    data["lab"] = {**data["lab"], "served": address, "time_scale": TIME_SCALE}
    protocol = (FOLDER / "protocol.yaml").read_text()
    waiting = protocol.replace("- wait: 30 s", f"- wait: {3600 * TIME_SCALE:g} s")
    assert waiting != protocol
    return assemble(parse_spec(data), {"protocol": waiting.encode()})


def child(folder: Path, case: str) -> None:
    """Run the campaign until it is aborted; say when it decides."""

    def decide(_: Setup, inputs: Inputs) -> Sequence[Candidate]:
        if case == "decision":
            print("ready", flush=True)
            until = time.monotonic() + DECISION_S
            while time.monotonic() < until:
                sum(range(10_000))
        return [Candidate({"red": 0.2, "yellow": 0.2, "blue": 0.1 + 0.01 * inputs.number}, "bench")]

    with Ledger(str(folder / "ledger.db")) as ledger:
        record = Record(ledger, ledger.campaigns()[0])
        run_campaign(record, reopened(record), decide=decide, wait_for_people=False)
    leave(0)


def latency(case: str) -> tuple[float, int]:
    """Run one campaign and abort it; return the seconds, and how many devices did not confirm."""
    with tempfile.TemporaryDirectory() as name, served() as lab, Ledger(f"{name}/ledger.db") as ledger:
        setup, now = setup_of(lab.address), datetime.now(UTC)
        record = create(ledger, setup, author="bench", now=now, entropy=random.Random(0))
        running = subprocess.Popen(
            [sys.executable, __file__, "--child", name, case], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        try:
            _reached(running, record, case)
            if case == "silent" and lab.bench is not None:
                lab.bench.silent = frozenset(SILENT)
            time.sleep(_MOMENT_S)
            Commands(Record(ledger, record.campaign), "bench").abort("to see how long it takes")
            running.communicate(timeout=READY_S)
        finally:
            running.kill()
            running.wait()
        events = ledger.events(record.campaign)
        stopped = _only(events, "devices.stopped")
        return _at(stopped) - _at(_only(events, "campaign.aborted")), len(stopped.body["unconfirmed"])


def _reached(running: subprocess.Popen[str], record: Record, case: str) -> None:
    """Wait until the campaign is where its case wants it: deciding, or in the long wait of its first experiment."""
    assert running.stdout is not None
    if case == "decision":
        if running.stdout.readline() != "ready\n":
            raise SystemExit("the campaign ended before it decided")
        return
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and running.poll() is None:
        record.sync()
        experiments = list(record.state.experiments.values())
        if len(experiments) == 2 and all(_dispensed(one.steps) for one in experiments):
            return
        time.sleep(0.1)
    raise SystemExit("the campaign never came to its long wait")


def _dispensed(steps: Sequence[object]) -> bool:
    """Say whether the last stroke of the last dye is done."""
    strokes = [step for step in steps if "stroke" in step.params]  # type: ignore[attr-defined]  # a step on record
    last = strokes[-1] if strokes else None
    return (
        last is not None
        and last.name == "deliver"
        and last.status == "done"
        and len({step.params.get("place") for step in strokes} - {None}) >= 4
        and last.params["stroke"] == last.params["of"]
    )


def _only(events: Sequence[Event], kind: str) -> Event:
    (found,) = [event for event in events if event.kind == kind]
    return found


def _at(event: Event) -> float:
    return datetime.fromisoformat(event.at).timestamp()


def main() -> None:
    """Run every case and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20, metavar="N")
    parser.add_argument("--cases", default=",".join(CASES), metavar="NAMES")
    parser.add_argument("--child", nargs=2, metavar=("FOLDER", "CASE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(Path(given.child[0]), given.child[1])
    median, worst, unconfirmed = dict[str, float](), dict[str, float](), dict[str, int]()
    for case in given.cases.split(","):
        found = [latency(case) for _ in range(given.repeats)]
        seconds = [one for one, _ in found]
        median[case], worst[case] = round(statistics.median(seconds), 3), round(max(seconds), 3)
        unconfirmed[case] = max(count for _, count in found)
        print(f"{case:10} median {median[case]:.3f} s, worst {worst[case]:.3f} s", file=sys.stderr)
    figures = {"abort_s": median, "abort_s_max": worst, "unconfirmed": unconfirmed}
    report("stop_latency", {"repeats": given.repeats, "time_scale": TIME_SCALE}, figures)


if __name__ == "__main__":
    main()
