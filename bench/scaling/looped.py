"""The closed loop, measured: CPU to an experiment, and calls to another one, early and late in a campaign.

Run in a process of its own::

    python bench/scaling/looped.py --fresh 3500            # a new campaign; CPU around experiment 100 and the last
    python bench/scaling/looped.py --ledger L --campaign C # goes on with a campaign that is there, for 200 experiments
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from common import BenchLab, mocked_decide
from steps import StepsExecutor

from scaling.generator import SPEC
from zosimos.campaign.control.commands import create
from zosimos.campaign.decisions.decide import Decide, Inputs, decide
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.records import Candidate

_WINDOW = 100  # experiments over which the CPU is taken
_EARLY = 100  # the experiment in the middle of the first window
_GOING_ON = 200  # experiments of a campaign that is gone on with


def costless(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Answer at once, without a model and without a look at what was observed."""
    places = [float(candidate.values["x"]) for candidate in mocked_decide(setup, inputs)]
    return [Candidate({"x": x, "temperature": 20 + 100 * x, "solvent": "water"}, "mock") for x in places]


class Marks:
    """Takes the CPU seconds at each number of experiments that ended."""

    def __init__(self) -> None:
        self.seconds: dict[int, float] = {}

    def __call__(self, state: State) -> None:
        self.seconds.setdefault(len(state.observations), time.process_time())

    def ms(self, start: int, end: int) -> float:
        """Return CPU milliseconds to an experiment between two numbers of experiments, as far as they were seen."""
        seen = sorted(n for n in self.seconds if start <= n <= end)
        return (self.seconds[seen[-1]] - self.seconds[seen[0]]) / (seen[-1] - seen[0]) * 1e3


def setup_of(experiments: int) -> Setup:
    """Return the setup of the generator's campaign in a laboratory of one effect to an experiment."""
    lab = BenchLab(lambda _: StepsExecutor(1, 0, 0.0), "virtual")
    spec = parse_spec({**SPEC, "budget": {"experiments": experiments}})
    return Setup(spec, {}, lab, None)  # type: ignore[arg-type]  # a lab by shape


def fresh(experiments: int, planner: Decide) -> dict[str, float]:
    """Run a new campaign; return the CPU to an experiment around the hundredth and at the end."""
    marks = Marks()
    setup = setup_of(experiments)
    with tempfile.TemporaryDirectory() as folder, Ledger(str(Path(folder) / "ledger.db")) as ledger:
        record = create(ledger, setup, author="bench", now=datetime.now(UTC), entropy=random.Random(0))
        run_campaign(record, setup, kind="virtual", decide=planner, wait_for_people=False, changed=marks)
    half = _WINDOW // 2
    early, late = marks.ms(_EARLY - half, _EARLY + half), marks.ms(experiments - _WINDOW, experiments)
    return {"early_ms": early, "late_ms": late}


class _EnoughError(Exception):
    """Ends a campaign that is gone on with."""


def going_on(url: str, campaign: str, planner: Decide) -> dict[str, float]:
    """Go on with a campaign; return the CPU to an experiment."""
    marks = Marks()
    with Ledger(url) as ledger:
        record = Record(ledger, campaign)
        setup = setup_of(record.state.spec.budget.experiments)
        before = len(record.state.observations)

        def changed(state: State) -> None:
            marks(state)
            if len(state.observations) >= before + _GOING_ON:
                raise _EnoughError

        with contextlib.suppress(_EnoughError):
            run_campaign(record, setup, kind="virtual", decide=planner, wait_for_people=False, changed=changed)
    # What the first decision works out of the history is not the loop's: it is the second half that counts.
    return {"first_ms": marks.ms(before, before + _WINDOW), "late_ms": marks.ms(before + _WINDOW, before + _GOING_ON)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fresh", type=int)
    parser.add_argument("--ledger")
    parser.add_argument("--campaign")
    parser.add_argument("--planner", choices=("costless", "random"), default="costless")
    options = parser.parse_args()
    planner = costless if options.planner == "costless" else decide
    if options.fresh is not None:
        found = fresh(options.fresh, planner)
    else:
        found = going_on(options.ledger, options.campaign, planner)
    print(json.dumps(found | {"rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
