"""State: what a campaign is now. Nothing but its events decides it, taken in by :mod:`zosimos.campaign.record.fold`.

An experiment moves only along ``TRANSITIONS`` and a campaign along ``COURSES``; any other move is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.ledger.events import GENESIS, Event
from zosimos.campaign.record.advice import GivenAdvice
from zosimos.campaign.record.advisor_calls import AdvisorCall
from zosimos.campaign.record.experiment import (
    OPEN,
    TRANSITIONS,
    WAITING,
    Approval,
    Experiment,
    ExperimentStatus,
    Forecast,
    Notice,
    ProposedChange,
    Question,
    Steering,
)
from zosimos.campaign.record.lens import Lens, lens_of
from zosimos.campaign.record.long import AskedMap, LongList, LongMap
from zosimos.campaign.record.model_use import ModelUse
from zosimos.campaign.record.observation import extended, observed
from zosimos.campaign.record.repairs import Repair
from zosimos.campaign.record.said import Note, Turn
from zosimos.campaign.record.seen import Seen
from zosimos.campaign.record.snapshot.shelf import Shelf
from zosimos.campaign.record.standing import Standing
from zosimos.core.errors import NotFoundError
from zosimos.core.ids import local_id
from zosimos.core.nearest import did_you_mean
from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.planners.advice import Advice
from zosimos.planners.observed import Observed

CampaignStatus: TypeAlias = Literal["active", "paused", "aborted", "finished"]

COURSES: Mapping[str, frozenset[str]] = {
    "active": frozenset({"paused", "aborted", "finished"}),
    "paused": frozenset({"active", "aborted"}),
    "finished": frozenset({"active"}),
    "aborted": frozenset(),
}
"""From a campaign's status to those it can take next."""
_LAST = 200  # experiments among which a name that was mistyped is looked for
INDEXES = ("active", "uncertain", "avoided", "retracted")
"""The fields of a state that name some of its experiments."""


@dataclass(frozen=True)
class Broken:
    """An event on record that does not fit those before it: a campaign is read up to it and never beyond."""

    seq: int
    kind: str
    reason: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"event {self.seq} ({self.kind}) does not fit the record before it: {self.reason}"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"event": self.seq, "kind": self.kind, "reason": self.reason}


@dataclass
class State:
    """A campaign as its events tell it; with ``broken``, as those before the first that does not fit tell it.

    ``counts`` is how many experiments have each status, ``predicted`` how many observations came with a prediction,
    ``note_columns`` the columns in which people wrote notes beside results, in the order in which they came up, and
    ``missed`` the parameters that were at other values than asked for, in that order too; ``split`` are the quantities
    of which a result said what part of its uncertainty all share.
    ``models`` is what models took, by purpose and model.
    ``halted`` says whether it is paused and its devices were to stand still at once, ``halts`` how often they were, and
    ``owed`` whether none who runs it has stopped them since.
    ``kept``, ``seen`` and ``shelf`` follow from the rest: they save work, and no two states differ by them.

    ``amended`` is the running digest after the last event by which an earlier result counts otherwise (empty: there is
    none), ``outdated`` names what waited or ran then, ``revised`` says whether the campaign had finished by then;
    ``resteered`` whether its spec was changed after it had finished.
    """

    id: str
    status: CampaignStatus = "active"
    reason: str = ""
    halted: bool = False
    halts: int = 0
    owed: bool = False
    specs: list[CampaignSpec] = field(default_factory=list)
    steerings: list[Steering] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, Any] | None = None
    prepared: Mapping[str, Any] | None = None
    unconfirmed: Mapping[str, str] = field(default_factory=dict)
    clock: str = "wall"
    experiments: LongMap[Experiment] = field(default_factory=LongMap)
    active: dict[str, Experiment] = field(default_factory=dict)
    uncertain: dict[str, Experiment] = field(default_factory=dict)
    avoided: dict[str, Experiment] = field(default_factory=dict)
    retracted: dict[str, Experiment] = field(default_factory=dict)
    approvals: AskedMap[Approval] = field(default_factory=AskedMap)
    questions: AskedMap[Question] = field(default_factory=AskedMap)
    changes: AskedMap[ProposedChange] = field(default_factory=AskedMap)
    advice: dict[str, GivenAdvice] = field(default_factory=dict)
    calls: list[AdvisorCall] = field(default_factory=list)
    models: dict[str, dict[str, ModelUse]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    observations: LongList[Observation] = field(default_factory=LongList)
    digests: LongList[str] = field(default_factory=lambda: LongList([GENESIS]))
    counts: dict[str, int] = field(default_factory=dict)
    predicted: int = 0
    note_columns: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    decisions: int = 0
    used: int = 0
    failures_in_a_row: int = 0
    sessions: int = 0
    forecast: Forecast | None = None
    repairs: list[Repair] = field(default_factory=list)
    skipped: int = 0
    amended: str = ""
    outdated: list[str] = field(default_factory=list)
    revised: bool = False
    resteered: bool = False
    running_since: str = ""
    jumped_s: float = 0.0
    created_at: str = ""
    at: str = ""
    seq: int = 0
    head: str = GENESIS
    broken: Broken | None = None
    kept: Standing = field(default_factory=Standing, compare=False)
    seen: Seen = field(default_factory=Seen, compare=False, repr=False)
    shelf: Shelf = field(default_factory=Shelf, compare=False)

    @property
    def elapsed_s(self) -> float:
        """Seconds from the campaign's first event to its last, in the time that it runs on."""
        return self.since(self.created_at, datetime.fromisoformat(self.at)) if self.created_at else 0.0

    def since(self, began: str, now: datetime) -> float:
        """Return seconds since an early event's time; what the wall clock jumped while the campaign ran is no time."""
        return max(0.0, (now - datetime.fromisoformat(began)).total_seconds() - self.jumped_s)

    @property
    def spec(self) -> CampaignSpec:
        """The spec as it stands."""
        return self.specs[-1]

    @property
    def simulated(self) -> bool:
        """Whether the campaign's time is simulated."""
        return self.clock != "wall"

    @property
    def spec_version(self) -> int:
        """The number of the spec as it stands, from 1."""
        return len(self.specs)

    @property
    def lens(self) -> Lens:
        """How rows from before are seen in the space as it stands."""
        return lens_of(self.specs)

    @property
    def numbered(self) -> int:
        """How many numbers of experiments were given: those of experiments that a repair set aside are not free."""
        return len(self.experiments) + self.skipped

    def experiment(self, name: str) -> Experiment:
        """Return an experiment by its id.

        Raises:
            NotFoundError: there is none.
        """
        if name not in self.experiments:
            raise NotFoundError(
                f"campaign {self.id} has no experiment {name}",
                field="experiment",
                value=name,
                allowed="an id such as e0001, as zosimos show lists them",
                hint=self._nearest(name),
            )
        return self.experiments[name]

    def _nearest(self, name: str) -> str:
        """Return a hint for an unknown id: the experiment of that number, or one of the last that is called alike."""
        digits = "".join(filter(str.isdecimal, name[-9:]))
        meant = local_id("experiment", int(digits)) if digits.isascii() and digits else ""
        if meant in self.experiments:
            return f"did you mean {meant!r}?"
        last = range(max(0, len(self.experiments) - _LAST), len(self.experiments))
        return did_you_mean(name, map(self.experiments.name, last), "")

    def in_force(self) -> tuple[Advice, ...]:
        """Return the advice that counts now, in the order in which it was given."""
        seen = len(self.observations)
        return tuple(given.advice for given in self.advice.values() if given.status(seen) == "in force")

    def open_approvals(self) -> list[Approval]:
        """Return the questions nobody has answered yet, but for those whose experiments all got results by hand."""
        return [
            approval for approval in self.approvals.open() if any(self.proposed(name) for name in approval.experiments)
        ]

    def proposed(self, experiment: str) -> bool:
        """Say whether an experiment waits for a yes, or for its result by hand."""
        return experiment in self.active and self.active[experiment].status == "proposed"

    def open_changes(self) -> list[ProposedChange]:
        """Return the proposed changes nobody has answered yet."""
        return self.changes.open()

    def open_questions(self) -> list[Question]:
        """Return what operators were asked to do and have not answered, for experiments that still wait."""
        return [question for question in self.questions.open() if question.experiment in self.active]

    def open_tokens(self) -> list[str]:
        """Return the tokens that can be answered."""
        found = [item.token for item in self.open_approvals()] + [item.token for item in self.open_changes()]
        return found + [item.token for item in self.open_questions()]

    def tokens(self) -> list[str]:
        """Return every token there is, answered or not."""
        return [*self.approvals, *self.changes, *self.questions]

    def has_token(self, token: str) -> bool:
        """Say whether something was asked under a token, whether or not it was answered."""
        return token in self.approvals or token in self.changes or token in self.questions

    def question(self, experiment: str, step: int) -> Question:
        """Return what the operator was asked in a step of an experiment.

        Raises:
            NotFoundError: nothing.
        """
        in_memory = self.questions.own.values()  # as a rule it was asked lately
        for question in itertools.chain(in_memory, self.questions.values()):
            if (question.experiment, question.step) == (experiment, step):
                return question
        raise NotFoundError(f"step {step} of {experiment} asks the operator nothing", field="step", value=step)

    def complete(self) -> None:
        """Read all that is stored into memory, so that whoever goes on with the state never waits for a page."""
        for items in (self.experiments, self.approvals, self.questions, self.changes):
            items.complete()
        for found in (self.observations, self.digests):
            found.complete()

    def become(self, other: State) -> None:
        """Take over another state of this campaign; who holds the experiments by name sees the other's."""
        for name, item in vars(other).items():
            mine = getattr(self, name)
            if name == "experiments":
                mine.become(item)
            elif name in INDEXES:
                mine.clear()
                mine.update(item)
            elif name != "seen":  # it finds out by itself what still holds
                setattr(self, name, item)

    def move(self, experiment: Experiment, to: ExperimentStatus, event: Event) -> None:
        """Move an experiment along ``TRANSITIONS``."""
        if to not in TRANSITIONS[experiment.status]:
            raise ValueError(f"{experiment.id} cannot go from {experiment.status} to {to}")
        was, experiment.status = experiment.status, to
        self.counts[was] -= 1
        self._index(experiment)
        if was in WAITING and to not in WAITING and to != "cancelled":
            self.used += 1
        if to == "running":
            experiment.started_at = experiment.started_at or event.at
            experiment.ended_at = experiment.reason = ""
        elif to != "approved":
            experiment.ended_at = event.at

    def turn(self, to: CampaignStatus, reason: str) -> None:
        """Move the campaign along ``COURSES``."""
        if to not in COURSES[self.status]:
            raise ValueError(f"a campaign cannot go from {self.status} to {to}")
        self.status, self.reason = to, reason
        self.halted = self.revised = self.resteered = False

    def jump(self, seconds: float) -> None:
        """Take in that the wall clock was set."""
        self.jumped_s += seconds

    def counting(self, n: int | None = None) -> list[Observation]:
        """Return those of the first ``n`` observations (None: all) that count: their results were not retracted.

        They stand in the space as it is now, through its lens.
        """
        found, lens = self.observations[:n], self.lens
        found = [seen for seen in found if seen.experiment not in self.retracted] if self.retracted else found
        return found if lens.plain else [lens.observation(seen) for seen in found]

    def observe(self, experiment: Experiment) -> None:
        """Take in what an experiment found, and extend the running digest of all observations in order."""
        observation = observed(experiment)
        self.observations.append(observation)
        self._note_split(observation)
        experiment.seen = len(self.observations)
        self.predicted += bool(observation.predictions)
        self.digests.append(extended(self.digests[-1], observation.found()))
        self.failures_in_a_row = self.failures_in_a_row + 1 if observation.failed else 0

    def _note_split(self, seen: Observation) -> None:
        """Take in of which quantities a result says what part of its uncertainty all share."""
        told = (name for name, found in seen.measurements.items() if found.u_shared is not None)
        self.split += [name for name in told if name not in self.split]

    def note(self, experiment: Experiment, notes: Mapping[str, str]) -> None:
        """Take in what a person wrote beside a result, by column."""
        experiment.notes = notes
        self.note_columns += [column for column in notes if column not in self.note_columns]

    def ran(self, experiment: Experiment, achieved: Values) -> None:
        """Take in where an experiment was really run, as far as that is not what was asked for."""
        experiment.achieved = {name: value for name, value in achieved.items() if value != experiment.values[name]}
        self.missed += [name for name in experiment.achieved if name not in self.missed]

    def observed(self, n: int | None = None) -> Observed:
        """Return those of the first ``n`` observations (None: all) that count, as :meth:`counting` does.

        What decisions have worked out of them so far comes with them.
        """
        total = len(self.observations)
        found = self.observations, self.digests, self.amended, self.retracted, self.lens
        return self.seen.first(total if n is None else n, *found)

    def amend(self, experiment: Experiment, *, predicted: bool) -> None:
        """Take in that the result of an experiment counts otherwise from here on; how is what it is by now.

        What was worked out of all results is worked out again when somebody asks. The running digest goes on over the
        amendment, so that digests of observations before it stay what decisions rested on.

        Args:
            experiment: as it is now.
            predicted: whether the observation that counted so far came with a prediction.
        """
        place = experiment.seen - 1
        now = observed(experiment)
        self.observations.put(place, now)
        self._note_split(now)
        self.predicted += bool(now.predictions) - predicted
        told = {"amended": place, "counts": experiment.status != "retracted"}
        self.digests.put(len(self.digests) - 1, extended(self.digests[-1], now.found() | told))
        self.amended, self.outdated = self.digests[-1], list(self.active)
        self.forecast = None  # it rests on what counted before
        self.revised = self.status == "finished"
        self.kept = Standing()

    def reindex(self, experiment: Experiment, to: ExperimentStatus) -> None:
        """Give an experiment another status by an amendment: nothing of it begins or ends."""
        self.counts[experiment.status] -= 1
        experiment.status = to
        self._index(experiment)

    def _index(self, experiment: Experiment) -> None:
        self.counts[experiment.status] = self.counts.get(experiment.status, 0) + 1
        for index, belongs in (
            (self.active, experiment.status in OPEN),
            (self.uncertain, experiment.status == "uncertain"),
            (self.avoided, experiment.avoid or experiment.status == "uncertain"),
            (self.retracted, experiment.status == "retracted"),
        ):
            if belongs:
                index[experiment.id] = experiment
            else:
                index.pop(experiment.id, None)

    def add(self, experiment: Experiment) -> None:
        """Take in a new experiment."""
        if experiment.id in self.experiments:
            raise ValueError(f"{experiment.id} exists already")
        self.experiments[experiment.id] = experiment
        self._index(experiment)
