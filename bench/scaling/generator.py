"""Large ledgers, made in bulk: what a long campaign with the random planner leaves, without running one.

A real campaign of a million events takes hours of commits. Here the same events are sealed one after the other and
inserted together. Nothing is left out that ``verify`` or ``replay`` looks at: hashes, digests of inputs, and candidates
that are those of the random planner. Four batches of five are run by a laboratory, with steps as
``bench/steps.py`` announces them; the fifth is done by hand, with a result of the person's own beside it now and then.
A few experiments fail. All follows from the seed.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from zosimos.campaign.control.commands import create
from zosimos.campaign.decisions.decide import Inputs, decide
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.ledger.events import GENESIS, VERSIONS, chained
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.versions import versions
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json
from zosimos.core.ids import local_id
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.seeds import derive_seed
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.candidates.sampling import random_draw

VERSION = 1  # of what is generated: another one makes kept ledgers again
BATCH = 4
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "name": "scale",
    "space": {
        "x": {"min": 0, "max": 1},
        "temperature": {"min": 20, "max": 120, "unit": "degC"},
        "solvent": {"choices": ["DMF", "toluene", "water"]},
    },
    "objectives": {"y": {"goal": "max"}},
    "planner": {"kind": "random"},
    "batch": BATCH,
    "parallel": BATCH,
    "approval": "autonomous",
    "budget": {"experiments": 10_000_000},
}
_BY_HAND = 5  # one batch in so many is done by hand
_FAILING = 0.02  # share of the experiments
_OWN = 0.3  # share of the batches by hand that come with a result at values of the person's own
_SESSION = 500  # batches after which another session is opened
_REAL = 3  # decisions that are asked of the planner itself: its space-filling start, and one to compare with
_ROWS = 10_000  # inserted together
_INSERT = "INSERT INTO events (campaign, seq, prev, hash, text) VALUES (?, ?, ?, ?, ?)"

Row = tuple[str, int, str, str, str]


def make_ledger(path: Path, campaigns: int, events: int, seed: int) -> list[str]:
    """Make a SQLite ledger, all of it or nothing, and return its campaigns' ids; one that is there is kept.

    Args:
        path: the file.
        campaigns: how many campaigns.
        events: of each, at least; the last batch is completed.
        seed: of everything in it.
    """
    notes = path.with_suffix(".json")
    wanted = {"version": VERSION, "campaigns": campaigns, "events": events, "seed": seed, "zosimos": versions()}
    if path.exists() and notes.exists():
        known = json.loads(notes.read_text())
        if known["made"] == wanted:
            return list(known["ids"])
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    for old in (path, notes, partial, *(partial.with_name(partial.name + end) for end in ("-wal", "-shm"))):
        old.unlink(missing_ok=True)
    ids = [_campaign(partial, events, derive_seed(seed, "campaign", index)) for index in range(campaigns)]
    with sqlite3.connect(partial) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    partial.replace(path)
    notes.write_text(json.dumps({"made": wanted, "ids": ids}))
    return ids


def _campaign(path: Path, events: int, seed: int) -> str:
    """Add a campaign to a ledger and return its id."""
    setup = Setup(parse_spec({**SPEC, "seed": seed % 2**31}), {}, None, None)
    with Ledger(str(path)) as ledger:
        record = create(ledger, setup, author="bench", now=START, entropy=random.Random(seed))
        head = record.state.head
    chain = _Chain(record.campaign, setup, random.Random(seed), head)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")  # whoever is interrupted here begins again
    connection.execute("BEGIN")
    rows: list[Row] = []
    for row in chain.until(events):
        rows.append(row)
        if len(rows) == _ROWS:
            connection.executemany(_INSERT, rows)
            rows.clear()
    connection.executemany(_INSERT, rows)
    connection.execute("COMMIT")
    connection.close()
    return record.campaign


@dataclass
class _Chain:
    """A campaign's events, one after the other."""

    campaign: str
    setup: Setup
    chance: random.Random
    head: str
    seq: int = 1
    now: datetime = START
    experiments: int = 0
    decisions: int = 0
    observed: int = 0
    digest: str = GENESIS
    opening: list[Observation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._space = self.setup.space(self.setup.spec)
        self._codec = Codec(self._space)
        self._spec = canonical_json(plain(self.setup.spec))

    def until(self, events: int) -> Iterator[Row]:
        """Yield rows batch by batch until there are so many events."""
        while self.seq < events:
            batch, by_hand = self.decisions, self.decisions % _BY_HAND == _BY_HAND - 1
            if batch % _SESSION == 0:
                process = {"pid": 1 + batch // _SESSION, "host": "bench"}
                yield self._row("session.opened", {"process": process, "clock": "wall", "versions": versions()})
            names, candidates, decided = self._decided()
            yield self._row("decision.made", decided)
            finished = self._by_hand if by_hand else self._run
            for kind, body in finished(names, candidates):
                yield self._row(kind, body)

    def _row(self, kind: str, body: Mapping[str, Any]) -> Row:
        self.seq += 1
        self.now += timedelta(seconds=1)
        envelope = {"at": self.now.isoformat(), "body": body, "campaign": self.campaign, "kind": kind}
        text = canonical_json(envelope | {"seq": self.seq, "v": VERSIONS[kind]})
        previous, self.head = self.head, chained(self.head, text)
        return self.campaign, self.seq, previous, self.head, text

    # --- deciding

    def _decided(self) -> tuple[list[str], Sequence[Candidate], Mapping[str, Any]]:
        """Return the next batch: names, candidates and the event's body."""
        self.decisions += 1
        number = self.decisions
        if number <= _REAL:
            candidates: Sequence[Candidate] = self._asked(number)
            if number == _REAL and list(candidates) != self._drawn(number):
                raise RuntimeError("the random planner draws otherwise than this generator: mend the generator")
        else:
            candidates = self._drawn(number)
        names = [local_id("experiment", self.experiments + i + 1) for i in range(len(candidates))]
        self.experiments += len(names)
        inputs = {"number": number, "spec_version": 1, "observations": self.observed, "pending": [], "avoid": []}
        proposals = [
            {"experiment": name, "candidate": candidate.as_json()}
            for name, candidate in zip(names, candidates, strict=True)
        ]
        body = {
            "decision": local_id("decision", number),
            "inputs": inputs | {"count": BATCH, "digest": self._digest(number)},
            "policy": "autonomous",
            "candidates": proposals,
        }
        return names, candidates, body

    def _digest(self, number: int) -> str:
        """Return the digest of a decision's inputs; its spec is written once for all of them."""
        content = {"avoid": [], "count": BATCH, "number": number, "observed": self.digest, "pending": []}
        text = f'{canonical_json(content)[:-1]},"spec":{self._spec}}}'
        return hashlib.sha256(text.encode()).hexdigest()

    def _asked(self, number: int) -> Sequence[Candidate]:
        """Return what the planner proposes."""
        seen = tuple(self.opening)
        inputs = Inputs(number, self.setup.spec, 1, seen, self.digest, (), (), BATCH)
        if inputs.digest != self._digest(number):
            raise RuntimeError("the digest of a decision's inputs is made otherwise: mend the generator")
        return decide(self.setup, inputs)

    def _drawn(self, number: int) -> list[Candidate]:
        """Return the same without the planner: the first rows that its random proposer draws."""
        seed = derive_seed(derive_seed(self.setup.spec.seed, "decision", number), "random")
        points = random_draw(len(self._space.parameters), seed)(BATCH)
        return [Candidate(row, "random", "drawn at random") for row in self._codec.spread(points)]

    # --- doing

    def _run(self, names: Sequence[str], candidates: Sequence[Candidate]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield what a laboratory records that runs a batch side by side."""
        for name in names:
            yield "experiment.started", {"experiment": name}
            where = {"experiment": name, "step": 0, "attempt": 1}
            params = {"channel": 0, "volume_mL": 0.25}
            yield "step.intended", {**where, "name": "dispense", "params": params, "repeatable": False}
        for name, candidate in zip(names, candidates, strict=True):
            where = {"experiment": name, "step": 0, "attempt": 1}
            yield "step.done", {**where, "result": f"{name}/0/1", "how": "executed"}
            if self.chance.random() < _FAILING:
                cause, error = "the pump stalled", "InstrumentError"
                self._seen(Observation(name, candidate.values, failed=True, cause="fault"))
                yield "experiment.failed", {"experiment": name, "cause": cause, "error": error, "step": 0}
            else:
                yield "experiment.measured", self._measured(name, candidate, "simulated")

    def _by_hand(
        self, names: Sequence[str], candidates: Sequence[Candidate]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield what a person records who does a batch, and now and then an experiment of their own."""
        by = {"name": "Ada", "at": self.now.isoformat()}
        for name, candidate in zip(names, candidates, strict=True):
            if self.chance.random() < _FAILING:
                self._seen(Observation(name, candidate.values, failed=True))
                why = {"cause": "the flask broke", "error": "told", "step": None}
                yield "experiment.failed", {"experiment": name, "by": by, **why}
            else:
                yield "experiment.measured", {"by": by, **self._measured(name, candidate, "measured")}
        if self.chance.random() < _OWN:
            self.experiments += 1
            name = local_id("experiment", self.experiments)
            row = self._codec.spread(random_draw(len(self._space.parameters), self.chance.getrandbits(32))(1))[0]
            found = self._measured(name, Candidate(row, "person"), "measured")["measurements"]
            yield (
                "observation.told",
                {"experiment": name, "values": dict(row), "measurements": found, "failed": "", "by": by},
            )

    def _measured(self, name: str, candidate: Candidate, origin: Any) -> dict[str, Any]:
        values = candidate.values
        x, temperature = float(values["x"]), float(values["temperature"])
        y = x * (1.0 - x) + 0.001 * temperature + self.chance.gauss(0.0, 0.01)
        found = {"y": Measurement("y", y, 0.01, origin=origin, at=self.now.isoformat())}
        self._seen(Observation(name, values, found))
        return {"experiment": name, "measurements": {"y": found["y"].as_json()}, "surprise": {}}

    def _seen(self, observation: Observation) -> None:
        """Extend the running digest of the observations, as the campaign's state does."""
        if self.decisions < _REAL:
            self.opening.append(observation)
        self.observed += 1
        self.digest = hashlib.sha256(f"{self.digest}\n{canonical_json(observation.found())}".encode()).hexdigest()
