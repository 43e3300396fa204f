"""Experiments and what belongs to them: their steps, the approvals they need, the steerings between them.

Plain values that the fold in :mod:`zosimos.campaign.record.fold` updates. An experiment moves only along
``TRANSITIONS``; what a person changes afterwards is an :class:`Amendment`
(:mod:`zosimos.campaign.record.amendments`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from zosimos.campaign.definition.steer import Change
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Cause, Measurement
from zosimos.core.unit_signs import printed
from zosimos.core.values import Value

ExperimentStatus: TypeAlias = Literal[
    "proposed", "approved", "running", "measured", "failed", "uncertain", "cancelled", "retracted"
]

ProposedVerb: TypeAlias = Literal[
    "steer",
    "undo",
    "pause",
    "resume",
    "abort",
    "advise",
    "withdraw",
    "correct",
    "uncorrect",
    "retract",
    "restore",
    "clear",
]

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "proposed": frozenset({"approved", "cancelled", "measured", "failed"}),
    "approved": frozenset({"running", "cancelled", "measured", "failed"}),
    "running": frozenset({"measured", "failed", "uncertain", "cancelled"}),
    "uncertain": frozenset({"uncertain", "running", "measured", "failed", "cancelled"}),
    "measured": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
    "retracted": frozenset(),
}
WAITING = frozenset({"proposed", "approved"})
OPEN = frozenset({"proposed", "approved", "running"})
ENDED = frozenset({"measured", "failed"})


@dataclass
class Step:
    """A step of an experiment: an effect, or a reading that is on record.

    ``status`` is intended, done, undone or failed; ``how`` it was settled (a reading: ``read``); ``seq`` is the event
    that settled it, or announced it.

    >>> Step(0, "tare", {"device": "balance"}, True, 1).status
    'intended'
    """

    index: int
    name: str
    params: Mapping[str, Any]
    repeatable: bool
    attempt: int
    status: Literal["intended", "done", "undone", "failed"] = "intended"
    result: Any = None
    how: str = ""
    at: str = ""
    began: str = ""
    seq: int = 0


@dataclass(frozen=True)
class Amendment:
    """Something that a person changed of an experiment after it had a result, or had been proposed.

    ``status`` is the experiment's before that. ``was`` and ``now`` are the measurements that a correction changed, or
    that came later; a retraction leaves none, and what it took away, with its surprise, stands in ``was`` and
    ``surprise``. ``advice`` keeps planners away from a dropped proposal, by id. ``failed`` is the reason of a failure
    that was corrected, ``notes`` what changed notes said before, by column. ``was_at`` and ``now_at`` are the values at
    which it was really run, as a correction changed them. ``gone`` are outcomes of which a correction left nothing.
    """

    _WORDS: ClassVar[Mapping[str, str]] = {"taken up": "taken up again"}

    kind: Literal["corrected", "added", "retracted", "restored", "dropped", "taken up"]
    by: str
    reason: str
    at: str
    status: ExperimentStatus
    was: Mapping[str, Measurement] = field(default_factory=dict)
    now: Mapping[str, Measurement] = field(default_factory=dict)
    surprise: Mapping[str, float] = field(default_factory=dict)
    advice: str = ""
    failed: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    was_at: Values = field(default_factory=dict)
    now_at: Values = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether it is a correction that made a failure of a result, or gave a failure another reason."""
        return self.kind == "corrected" and not (self.now or self.gone) and bool(self.was or self.failed)

    def __str__(self) -> str:
        """Return it in words."""
        done = self._WORDS.get(self.kind, self.kind)
        if self.kind in ("corrected", "added"):
            done += f" ({self.values})"
        elif self.kind == "retracted" and self.was:
            done += f" ({', '.join(f'{name} {item}' for name, item in _shown(self.was).items())})"
        return f"{done} by {self.by}" + (f": {self.reason}" if self.reason else "")

    @property
    def values(self) -> str:
        """The values that a correction changed or that came later, in words."""
        was, now = _shown(self.was), _shown(self.now)
        if self.kind == "added":
            words = [f"{name} {item}" for name, item in now.items()]
        else:
            before = "failed" if self.status == "failed" else "nothing"
            words = [f"{name} {was.get(name, before)} -> {item}" for name, item in now.items()]
        words += [f"{name} {was[name]} -> nothing" for name in self.gone]
        if self.fails:
            words = [f"{name} {item} -> failed" for name, item in was.items()] or [f"failed: {self.failed} -> failed"]
        words += [f"{name} {plain(self.was_at[name])} -> {plain(item)}" for name, item in self.now_at.items()]
        words += [f"note {name}" + (f", before: {text}" if text else "") for name, text in self.notes.items()]
        return ", ".join(words)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        found: dict[str, Any] = {"kind": self.kind, "by": self.by, "reason": self.reason, "at": self.at}
        parts = {"was": self.was, "now": self.now}
        found |= {
            part: {name: item.as_json() for name, item in values.items()} for part, values in parts.items() if values
        }
        places = {"was_at": dict(self.was_at), "now_at": dict(self.now_at)}
        more = {"failed": self.failed, "notes": dict(self.notes), **places}
        return found | {name: value for name, value in more.items() if value}


def plain(value: Value) -> str:
    """Return a parameter's value in words."""
    return value if isinstance(value, str) else f"{value:.10g}"


def as_stated(item: Measurement) -> str:
    """Return a measurement without its unit: its value, and what it scatters by and shares as far as that is stated."""
    spread = "" if item.uncertainty is None else f" ± {item.uncertainty:.3g}"
    shared = "" if item.u_shared is None else f" (all share {item.u_shared:.3g})"
    return f"{item.sign}{item.value:.10g}{spread}{shared}"


def _shown(found: Mapping[str, Measurement]) -> dict[str, str]:
    return {name: f"{as_stated(item)} {printed(item.unit)}".rstrip() for name, item in found.items()}


@dataclass
class Experiment:
    """A candidate's run; ``advice`` is what was in force when it was decided on, by id.

    ``unreadable``: a repair of the record set aside what it did last, in a form that nobody can go on from.
    ``cause`` says what a failure was due to, ``seen`` which observation of the campaign its result is, counted from 1
    (0: it has none). A retracted result leaves no measurement: what it was stands among the ``amendments``. ``notes``
    are what a person wrote beside the result, by the column it stood in. ``achieved`` are the values at which it was
    really run, where these were not the proposed ones. ``carried`` says of a result of another campaign which campaign
    and experiment that is, and the head of its record.
    """

    id: str
    candidate: Candidate
    decision: str
    spec_version: int
    status: ExperimentStatus = "proposed"
    steps: list[Step] = field(default_factory=list)
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    surprise: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    verdict: str = ""
    avoid: bool = False
    proposed_at: str = ""
    started_at: str = ""
    ended_at: str = ""
    advice: tuple[str, ...] = ()
    unreadable: bool = False
    cause: Cause = "unknown"
    seen: int = 0
    amendments: tuple[Amendment, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    achieved: Values = field(default_factory=dict)
    carried: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> Values:
        """Where in the space it is to run: what was asked for."""
        return self.candidate.values

    @property
    def ran_at(self) -> Values:
        """Where in the space it was run, as far as anybody said: what models learn from."""
        return {**self.candidate.values, **self.achieved} if self.achieved else self.candidate.values


@dataclass
class Approval:
    """A question to a person: may these experiments run? ``digest`` covers exactly what will run."""

    token: str
    experiments: tuple[str, ...]
    digest: str
    spec_version: int
    status: Literal["open", "granted", "rejected", "expired"] = "open"
    by: str = ""
    reason: str = ""
    at: str = ""
    answered: str = ""


@dataclass
class ProposedChange:
    """A change of the campaign that somebody suggests. ``digest`` covers exactly what would be done.

    ``by`` and ``reason`` are the proposer's, ``answered_by`` and ``answer`` those of whoever said yes or no;
    ``content`` is what would be advised, corrected or retracted, where it is not the spec that changes; ``evidence``
    what the record said of it when it was suggested, in words.
    """

    token: str
    verb: ProposedVerb
    changes: tuple[Change, ...]
    undoes: int | None
    spec_version: int
    number: int
    digest: str
    by: str
    reason: str
    at: str
    status: Literal["open", "granted", "rejected", "expired"] = "open"
    answered_by: str = ""
    answer: str = ""
    answered: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()


@dataclass
class Question:
    """Something an operator is asked to do in the middle of an experiment: the step waits for the answer."""

    token: str
    experiment: str
    step: int
    text: str
    status: Literal["open", "granted", "rejected"] = "open"
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Notice:
    """Something unusual in the results, told to a person: an outlier, a drift, a trend, another noise.

    ``experiment`` is the outlier or the first result after the change, ``seen`` how many results were in by then.
    """

    kind: str
    quantity: str
    experiment: str
    seen: int
    words: str

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Forecast:
    """What a decision's models say of stopping; None where it was not asked.

    ``reached`` is the probability that the true outcomes of ``experiment`` meet the goals, ``regret`` how much better
    than the best believed so far an untried row might still be, in the unit of the one objective.
    """

    experiment: str = ""
    reached: float | None = None
    regret: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Steering:
    """One change of the spec: the version it made, what changed, who and why, and the version it undid.

    ``at`` is the campaign's time, which may be simulated; ``real_at`` the person's.
    """

    version: int
    changes: tuple[Change, ...]
    by: str
    reason: str
    undoes: int | None
    at: str
    real_at: str
