"""The checker: what the devices saw, held against what the record says. Pure; the same idea as Jepsen's checkers.

What is counted:

- ``lost``: a step on record as done that no device saw; an event that was confirmed to a runner as stored, and is gone
- ``doubled``: an effect that may not be repeated and was done more than once; any attempt that was done twice
- ``overlapping``: two effects at the same time on one device; an effect of a session after another session took over
- ``unreadable``: the record does not verify, or does not fold to its end
- ``unexplained``: an effect that no record speaks of; an end that is neither the goal nor a question to a person; an
  error that is not in words
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from faulty.journal import Line

COUNTS = ("lost", "doubled", "overlapping", "unreadable", "unexplained")
FOR_PEOPLE = frozenset({"waiting", "paused"})


@dataclass(frozen=True)
class RecordedStep:
    """A step as the record has it: its place ``experiment/step``, and how far it came."""

    place: str
    attempt: int
    status: str
    repeatable: bool = False
    how: str = "executed"


@dataclass(frozen=True)
class Recorded:
    """What the record says in the end.

    Args:
        steps: effects, in order.
        hashes: the hash of each event by its number.
        unreadable: why it does not verify or fold; empty if it does.
    """

    steps: Sequence[RecordedStep] = ()
    hashes: Mapping[int, str] = field(default_factory=dict)
    unreadable: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a runner ended: a status and reason; ``error`` for one in words, ``bug`` for one that is not.

    ``killed`` for a runner that the nemesis ended, ``stuck`` for one that had to be ended when time was up.
    """

    t: float
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Acknowledged:
    """An event that was confirmed to a runner as stored."""

    seq: int
    hash: str


@dataclass(frozen=True)
class History:
    """All that is known of one run.

    Args:
        lines: what devices saw.
        outcomes: how its runners ended.
        acknowledged: the heads of the chain that runners saw.
        busy_s: how long a device is busy with an effect.
    """

    lines: Sequence[Line]
    outcomes: Sequence[Outcome] = ()
    acknowledged: Sequence[Acknowledged] = ()
    busy_s: float = 0.0


def judged(history: History, recorded: Recorded) -> Mapping[str, Sequence[str]]:
    """Return what is wrong, in words, by what it counts as."""
    found: dict[str, list[str]] = {name: [] for name in COUNTS}
    if recorded.unreadable:
        found["unreadable"].append(recorded.unreadable)
    done = Counter(line.effect for line in history.lines if line.what == "begin")
    _steps(done, recorded, found)
    for head in history.acknowledged:
        if recorded.hashes.get(head.seq, "") != head.hash:
            found["lost"].append(f"event {head.seq} was stored and is gone")
            break
    found["overlapping"] += itertools.chain(_at_once(history), _stale(history.lines))
    found["unexplained"] += _ends(history.outcomes)
    return found


def _steps(done: Counter[str], recorded: Recorded, found: Mapping[str, list[str]]) -> None:
    known = set()
    for step in recorded.steps:
        ids = [f"{step.place}/{attempt}" for attempt in range(1, step.attempt + 1)]
        known |= set(ids)
        times = [done[name] for name in ids]
        if step.status == "done" and step.how != "told" and not any(times):
            found["lost"].append(f"{step.place} is done on record, and no device saw it")
        allowed = len(ids) if step.repeatable else 1
        if sum(times) > allowed or max(times) > 1:
            found["doubled"].append(f"{step.place} was done {sum(times)} times in {len(ids)} attempts")
    found["unexplained"] += [f"effect {name} is not on record" for name in done if name not in known]


def _at_once(history: History) -> Iterator[str]:
    """Find effects that ran at the same time on one device.

    A device goes on with an effect when the process that asked for it is dead or suspended, until it is done or until
    every device is stopped.
    """
    free: dict[str, tuple[float, Line]] = {}
    for line in history.lines:
        if line.what == "safe":
            free.clear()
        elif line.what == "begin":
            until, other = free.get(line.device, (0.0, line))
            if line.t < until:
                yield f"{line.effect} began on {line.device} {until - line.t:.3f} s before {other.effect} was over"
            free[line.device] = line.t + history.busy_s, line


def _stale(lines: Sequence[Line]) -> Iterator[str]:
    """Find effects of a session after those of a later one: each session's must come in one piece."""
    blocks = [(who, list(block)) for who, block in itertools.groupby(_begun(lines), key=lambda line: line.who)]
    seen = defaultdict[str, int](int)
    for who, block in blocks:
        seen[who] += 1
        if seen[who] > 1:
            yield f"{block[0].effect} was begun by {who} after another session had taken over"


def _begun(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.what == "begin"]


def _ends(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.status in ("bug", "stuck"):
            yield f"a runner's end is {outcome.status}: {outcome.reason}"
    ends = [one for one in outcomes if one.status == "finished" or (one.status in FOR_PEOPLE and one.reason)]
    if not ends:
        last = outcomes[-1] if outcomes else Outcome(0.0, "never run")
        yield f"the campaign came to no end: {last.status} {last.reason}".rstrip()


def late_stops(lines: Sequence[Line]) -> int:
    """Return how often a session stopped devices that a later session had begun to use: no damage, and a nuisance."""
    found, last, over = 0, "", set[str]()
    for line in lines:
        if line.what == "begin" and line.who != last:
            over.add(last)
            last = line.who
        found += line.what == "safe" and line.who in over
    return found


def safe_times(lines: Sequence[Line], outages: Sequence[float]) -> list[float]:
    """Return the seconds from each fault until the devices of the runner at work were stopped, where they were.

    A runner that went on with its work (the fault was too short to be noticed) or died has no such time.
    """
    found = []
    for began in outages:
        before = [line for line in lines if line.t <= began]
        if not before:
            continue
        after = [line for line in lines if line.t > began and line.who == before[-1].who]
        effects = 0
        for line in after:
            effects += line.what == "begin"
            if effects > 2:  # those under way when it happened
                break
            if line.what == "safe":
                found.append(line.t - began)
                break
    return found
