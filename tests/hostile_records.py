"""Hostile drafts: events changed at random in every way a broken or malicious program might, put to a record.

What may come of one is that it is stored and can be read back and shown, or that it is refused in words and leaves
nothing behind. Bodies that are right come from the cases of each kind of event (``tests/campaign/record``).
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import decimal
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.campaign.record.case import BEFORE, Bodies, at
from tests.campaign.record.families import CASES, all_views

from zosimos.campaign.control.tables import experiments_csv, export_json
from zosimos.campaign.decisions.anomalies import noticed
from zosimos.campaign.decisions.decide import inputs_now
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify_chain
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.core.errors import InputError, LedgerError
from zosimos.faces.cli.tables import candidates_table, experiments_table

LONGEST = 90  # events of a campaign, after which another is begun
LOOKED_AT = 20  # commits after which the state is compared with a fresh reading of the chain, and shown
NAMES = ("e0001", "e0002", "e0003", "e0004", "e0005", "e0007", "e0009", "e0010", "e0011", "e0099", "E0001", "é0001")
TOKENS = ("t", "c", "q", "none", "T", "t\u200b")


def good_bodies(each: int = 40) -> dict[str, list[Any]]:
    """Return bodies that are right, for each kind of event; always the same ones."""
    return {kind: _drawn(case.body, each) for kind, case in CASES.items()}


def _drawn(bodies: Bodies, count: int) -> list[Any]:
    made: list[Any] = []

    @seed(1)
    @settings(max_examples=count, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(bodies)
    def collect(body: Any) -> None:
        made.append(body)

    collect()
    return made


def _deep(levels: int) -> Any:
    found: Any = 1
    for i in range(levels):
        found = [found] if i % 2 else {"a": found}
    return found


def _circular() -> Any:
    found: list[Any] = []
    found.append(found)
    return found


VALUES: Sequence[Callable[[random.Random], Any]] = (
    lambda r: r.choice(
        [None, True, False, 0, 1, -1, 2, 7, 2**31, 2**53 + 1, -(2**63), 2**64, 10**308, 10**309, 10**5000]
    ),
    lambda r: r.choice([0.0, -0.0, 0.5, 1.0, 5e-324, 1.7976931348623157e308, -1e308, float("nan"), float("inf")]),
    lambda r: r.choice(
        ["", " ", "\x00", "\n", "a" * 5000, "\ud800", "\udfff\ud800", "\u202e", "é", "e\u0301", "１", "٣"]
    ),
    lambda r: r.choice(
        ["NaN", "Infinity", "null", "1e999", "x > 1", "__import__('os')", "../../etc/passwd", "%s", "{}"]
    ),
    lambda r: r.choice([*NAMES, *TOKENS, "a0001", "a0002", "d0001", "person", "batch", "space.x.max", "budget"]),
    lambda r: r.choice([[], {}, [[]], [{}], {"": None}, [None], [1, "a"], {"name": None}, {"x": [1]}]),
    lambda r: _deep(r.choice([3, 40, 63, 64, 65, 300, 5000])),
    lambda r: r.choice([b"bytes", {1, 2}, (1, 2), 1j, object(), decimal.Decimal("1.5"), dt.datetime(2030, 1, 1)]),  # noqa: DTZ001 - any object that is no JSON
    lambda r: r.choice([{1: 2}, {None: 1}, {1: 1, "1": 2}, {(1, 2): 3}, {"\ud800": 1}, {True: 1}, {1.5: 2}]),
    lambda r: _circular(),
    lambda r: [r.random() for _ in range(r.randrange(200))],
    lambda r: "x" * r.choice([100, 100_000]),
)


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where there is something inside a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*before, key)
        if len(before) < 5:
            yield from _paths(item, (*before, key))


@dataclass
class Mutator:
    """Makes hostile drafts out of bodies that are right."""

    chance: random.Random
    bodies: dict[str, list[Any]]

    def draft(self, state: State) -> Draft:
        """Return a draft, sometimes one that is right."""
        chance = self.chance
        kind = chance.choice(list(self.bodies))
        body: Any = copy.deepcopy(chance.choice(self.bodies[kind]))
        for _ in range(chance.choice([0, 1, 1, 1, 1, 2, 4])):
            body = self._changed(body, state)
        odd = chance.random()
        if odd < 0.03:
            kind = chance.choice(["", "campaign.exploded", "step", "record.repaired ", "Campaign.paused", "\ud800"])
        elif odd < 0.06:
            kind = chance.choice(list(self.bodies))
        elif odd < 0.08:
            body = chance.choice(VALUES)(chance)
        return Draft(kind, body)

    def _changed(self, body: Any, state: State) -> Any:
        chance = self.chance
        paths = list(_paths(body)) if isinstance(body, dict) else []
        if not paths:
            return {chance.choice(["experiment", "token", "x"]): chance.choice(VALUES)(chance)}
        path = chance.choice(paths)
        holder = body
        for key in path[:-1]:
            holder = holder[key]
        key = path[-1]
        match chance.randrange(9):
            case 0 | 1 | 2:
                holder[key] = chance.choice(VALUES)(chance)
            case 3:
                del holder[key]
            case 4 if isinstance(holder, dict):
                holder[
                    chance.choice(
                        ["x", "seq", "v", "by", "experiment", "token", key * 2 if isinstance(key, str) else "k"]
                    )
                ] = chance.choice(VALUES)(chance)
            case 5:
                holder[key] = self._like(holder[key], state)
            case 6 if isinstance(holder, list):
                holder.append(holder[key])
            case 7 if isinstance(holder, dict):
                other = chance.choice(list(holder))
                holder[key], holder[other] = holder[other], holder[key]
            case _:
                holder[key] = [holder[key]] if chance.random() < 0.5 else {"a": holder[key]}
        return body

    def _like(self, value: Any, state: State) -> Any:
        """Return something of the same kind: a number beside it, or a name of something else."""
        chance = self.chance
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return value + chance.choice([-1, 1, 2, -value, 10**6])
        if isinstance(value, float):
            return chance.choice([-value, value * 1e300, int(value) if abs(value) < 1e9 else 0, value + 1])
        known = [*state.experiments, *state.tokens(), *state.advice, *NAMES, *TOKENS]
        return chance.choice(known)


@dataclass
class Figures:
    """What came of the drafts: of each, stored or refused; ``unfolded``, ``unequal``, ``unshown`` must be nought."""

    drafts: int = 0
    stored: int = 0
    refused: int = 0
    unfolded: int = 0
    unequal: int = 0
    unshown: int = 0
    crashed: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, what: str, detail: object) -> None:
        """Keep a few examples of what must not be."""
        if len(self.examples) < 20:
            self.examples.append(f"{what}: {detail}"[:1000])


def shown(state: State) -> str:
    """Everything that faces show and decisions ask of a state, as text: it must work on whatever folded."""
    everything = list(state.experiments.values())
    return json.dumps(
        [
            *all_views(state),
            [notice.kind for notice in noticed(state)],
            inputs_now(state, 1).digest,
            experiments_csv(state),
            export_json(state),
            [str(item) for item in state.notices],
            _printed(experiments_table(state, everything), candidates_table(state.spec, everything)),
        ]
    )


def _printed(*tables: object) -> str:
    from io import StringIO

    from rich.console import Console

    out = Console(file=StringIO(), width=200)
    out.print(*tables)
    return str(len(out.file.getvalue()))  # type: ignore[attr-defined]  # it is the one made here


def put(drafts: int, number: int, bodies: dict[str, list[Any]] | None = None) -> Figures:
    """Put so many hostile drafts to records in memory, and return what came of them.

    Args:
        drafts: how many.
        number: the seed.
        bodies: right ones (default: made here).
    """
    chance = random.Random(number)
    mutator, figures = Mutator(chance, bodies or good_bodies()), Figures()
    with Ledger(MEMORY) as ledger:
        count = 0
        while figures.drafts < drafts:
            count += 1
            campaign = f"c-20300101t000000-{count:08d}"
            ledger.append(campaign, lambda: at(1), lambda _: BEFORE, after=0)
            _one(Record(ledger, campaign), mutator, figures, drafts)
    return figures


def _one(record: Record, mutator: Mutator, figures: Figures, most: int) -> None:
    """Put drafts to one record until it is long."""
    chance, since = mutator.chance, 0
    for _ in range(LONGEST * 4):
        if figures.drafts >= most or record.state.seq > len(BEFORE) + LONGEST:
            break
        made = [mutator.draft(record.state) for _ in range(chance.choice([1, 1, 1, 1, 1, 2, 3]))]
        figures.drafts += len(made)
        try:
            record.commit(lambda _, made=made: made, lambda: at(99))  # type: ignore[misc]  # bound to this turn's
        except (LedgerError, InputError):
            figures.refused += len(made)
        except Exception as error:  # noqa: BLE001 - whatever else it is, it is what is looked for
            figures.crashed += len(made)
            figures.note("crashed", f"{error!r} from {[draft.kind for draft in made]}: {_said(made)}")
        else:
            figures.stored += len(made)
        since += 1
        if since >= LOOKED_AT:
            since = 0
            _look(record, figures)
    _look(record, figures)
    with contextlib.suppress(LedgerError):
        verify_chain(record.ledger, record.campaign)
        return
    figures.unfolded += 1


def _said(value: object) -> str:
    """Return something as text; not everything hostile has one."""
    try:
        return repr(value)
    except (ValueError, RecursionError) as error:
        return f"({error})"


def _look(record: Record, figures: Figures) -> None:
    """Compare the state with a fresh reading of the chain, and show it."""
    again = Record(record.ledger, record.campaign).state
    if again.broken is not None:
        figures.unfolded += 1
        figures.note("unfolded", again.broken)
    elif again != record.state:
        figures.unequal += 1
        differing = [name for name, value in vars(again).items() if value != getattr(record.state, name)]
        figures.note("unequal", differing)
    try:
        shown(record.state)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not be
        figures.unshown += 1
        last = record.ledger.events(record.campaign)[-LOOKED_AT:]
        figures.note("unshown", f"{error!r} after {[(event.kind, dict(event.body)) for event in last]!r}")
