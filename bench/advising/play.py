"""Playing: one campaign in simulated time, with an advisor in its loop or none; finished runs are kept in a folder."""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from planning.entrants import source_digest
from planning.lines import add_line, read_lines

from advising.problems import START, Problem, Truth
from advising.scripted import ADVISORS, KNOWING, LIFE, Scripted
from zosimos.campaign.control.commands import create
from zosimos.campaign.decisions.asking import MakeAdvisor
from zosimos.campaign.execution.session import run_campaign
from zosimos.campaign.files import from_file
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.state import State
from zosimos.core.records import Observation
from zosimos.planners.advice import Item

PLAIN = "plain"
WAYS = (PLAIN, *ADVISORS)
SHOWN = 16
"""Experiments of a campaign with an advisor that learns, or might: it goes on though the aim was met."""
_OFTEN = {"start": False, "every": 1, "plateau": None, "surprise": False, "drift": False}


@dataclass(frozen=True)
class Run:
    """How a campaign went.

    Args:
        problem: which.
        way: the advisor, or ``plain``.
        seed: of the campaign.
        spent: experiments until the aim was met; the budget plus one if it never was.
        advised: experiments that the advisor had made.
        problems: calls of the advisor that brought none but a problem, in words.
        results: of advisors that learn, or might, the experiments in order.
        advice: what those advised, as it is on record.
    """

    problem: str
    way: str
    seed: int
    spent: int
    advised: int
    problems: Sequence[str] = ()
    results: Sequence[Mapping[str, Any]] = ()
    advice: Sequence[Mapping[str, Any]] = ()


class _Late:
    """An advisor that says nothing before the space-filling experiments are done, as those are not its to choose."""

    def __init__(self, advisor: Scripted) -> None:
        self._advisor = advisor

    async def advise(self, view: Mapping[str, Any]) -> Sequence[Item]:
        """Return what it advises."""
        return [] if len(view["results"]) < START else await self._advisor.advise(view)


def play(problem: Problem, way: str, seed: int, data: Path) -> Run:
    """Run one campaign to its aim, or with an advisor that learns for :data:`SHOWN` experiments."""
    learns = way not in (PLAIN, *KNOWING)
    truth = truth_of(problem, data)
    sets = problem.sets(seed, min(SHOWN, problem.budget) if learns else problem.budget)
    sets += [] if learns else [f"stop.reach.{truth.objective.name}={problem.reach(truth)!r}"]
    if way != PLAIN:
        sets.append(f"advisor={json.dumps({'kind': way, 'when': _OFTEN, 'limits': {'calls': 1000}, 'lasting': LIFE})}")
    with tempfile.TemporaryDirectory() as name:
        file = problem.make(Path(name), data)
        setup = from_file(file, sets)
        with Ledger(str(Path(name) / "runs.db")) as ledger:
            begun = {"now": datetime(2026, 1, 1, tzinfo=UTC), "entropy": random.Random(seed)}
            record = create(ledger, setup, author="bench", source=file, overrides=sets, **begun)
            run_campaign(record, setup, advisor=_advisor(way, truth, seed))
            return _run(problem, way, seed, truth, record.state, learns=learns)


@cache
def truth_of(problem: Problem, data: Path) -> Truth:
    """Return what is so in a problem."""
    with tempfile.TemporaryDirectory() as name:
        return problem.truth(from_file(problem.make(Path(name), data)))


def _advisor(way: str, truth: Truth, seed: int) -> MakeAdvisor | None:
    named = next((name for name in ADVISORS if name == way), None)
    if named is None:
        return None
    advisor = _Late(Scripted(named, truth, seed))
    return lambda _: advisor


def _run(problem: Problem, way: str, seed: int, truth: Truth, state: State, *, learns: bool) -> Run:
    name = truth.objective.name
    found = [seen.measurements.get(name) for seen in state.observations]
    met = [place for place, one in enumerate(found, 1) if one is not None and problem.met(truth, one.value)]
    return Run(
        problem.name,
        way,
        seed,
        met[0] if met else problem.budget + 1,
        sum(bool(seen.author) for seen in state.observations),
        [call.words for call in state.calls if call.status == "problem"],
        [seen_as_json(seen) for seen in state.observations] if learns else [],
        [given.advice.as_json() for given in state.advice.values()] if learns else [],
    )


def seen_as_json(seen: Observation) -> dict[str, Any]:
    """Return what a test of learning needs of an observation."""
    outcomes = {name: one.value for name, one in seen.measurements.items()}
    return {"experiment": seen.experiment, "values": dict(seen.values), "outcomes": outcomes, "author": seen.author}


@dataclass(frozen=True)
class Kept:
    """Finished runs in a folder, a line each; those of other scripts than these are not looked at."""

    folder: Path
    data: Path

    def runs(self, problem: Problem, way: str, seeds: Sequence[int]) -> list[Run]:
        """Return the runs of all seeds; those that lack are made, one after the other."""
        path = self.folder / f"{problem.name}.{way}.{self._digest}.jsonl"
        known = {data["seed"]: Run(**data) for data in read_lines(path)}
        for seed in seeds:
            if seed not in known:
                known[seed] = play(problem, way, seed, self.data)
                add_line(path, asdict(known[seed]))
                print(f"{problem.name} {way} seed {seed}: {known[seed].spent}", file=sys.stderr, flush=True)
        return [known[seed] for seed in seeds]

    @property
    def _digest(self) -> str:
        here = Path(__file__).parent
        return source_digest(here / name for name in ("play.py", "problems.py", "scripted.py"))[:12]
