"""Experiments and what belongs to them: their steps, the approvals they need, the steerings between them.

Plain values that the fold in :mod:`zosimos.campaign.record.fold` updates. An experiment moves only along
``TRANSITIONS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from zosimos.campaign.definition.steer import Change
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Measurement

ExperimentStatus: TypeAlias = Literal["proposed", "approved", "running", "measured", "failed", "uncertain", "cancelled"]

ProposedVerb: TypeAlias = Literal["steer", "undo", "pause", "resume", "abort"]

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "proposed": frozenset({"approved", "cancelled", "measured", "failed"}),
    "approved": frozenset({"running", "cancelled", "measured", "failed"}),
    "running": frozenset({"measured", "failed", "uncertain", "cancelled"}),
    "uncertain": frozenset({"uncertain", "running", "measured", "failed", "cancelled"}),
    "measured": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
WAITING = frozenset({"proposed", "approved"})
OPEN = frozenset({"proposed", "approved", "running"})


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


@dataclass
class Experiment:
    """A candidate's run; ``advice`` is what was in force when it was decided on, by id.

    ``unreadable``: a repair of the record set aside what it did last, in a form that nobody can go on from. ``notes``
    are what a person wrote beside the result, by the column it stood in.
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
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> Values:
        """Where in the space it runs."""
        return self.candidate.values


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

    ``by`` and ``reason`` are the proposer's, ``answered_by`` and ``answer`` those of whoever said yes or no.
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
