"""Results by hand: what a person reports, checked against the campaign and compared with its record.

What is new is recorded, what stands on record is passed over, and what differs is corrected or kept, as the person
says. All of a table is recorded, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from zosimos.campaign.control.comparing import Compared, Difference, Result, compared, in_units
from zosimos.campaign.control.corrections import replacing
from zosimos.campaign.control.elsewhere import (
    check_charged,
    check_inside,
    check_point,
    ran_elsewhere,
    seen_at,
    surprising,
)
from zosimos.campaign.control.far_off import Told, far_off
from zosimos.campaign.control.own_rows import OwnRows, may_stand
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import ENDED, Experiment
from zosimos.campaign.record.results import awaited, awaited_lines, by_objective, joined
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.campaign.wording import standing
from zosimos.core.beyond import beyond
from zosimos.core.errors import SpecError, StateError, ZosimosError
from zosimos.core.ids import local_id
from zosimos.core.numerals import plain
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement
from zosimos.core.uncertainty import oddities
from zosimos.core.values import Value

__all__ = ["REASON", "Choices", "Differing", "Reported", "Result", "chosen", "rehearsed", "reporting"]

Differing: TypeAlias = Literal["correct", "keep"]
"""What becomes of what stands on record otherwise: it is corrected, or kept."""

REASON = "told again"
"""Why a result is corrected by a table, where nobody says."""
_LISTED = 6  # differences in one message


def chosen(differing: object) -> Differing | None:
    """Return what is to become of differences, checked.

    Raises:
        SpecError: it is neither of the two.
    """
    if differing in ("correct", "keep", None):
        return differing
    raise SpecError("there is no such choice", field="differing", value=differing, allowed="correct, keep")


@dataclass(frozen=True)
class Choices:
    """What a person decided about results beforehand.

    Args:
        outside: results at numbers outside the space's bounds, levels or constraints are welcome.
        differing: what becomes of what stands on record otherwise; None: it is refused.
        reason: why it is corrected, for the record.
        replicates: every row of the person's own is a measurement of its own, whether or not the same is on record.
        shown: the differences that the person saw; others are refused. None: nobody saw any.
    """

    outside: bool = False
    differing: Differing | None = None
    reason: str = REASON
    replicates: bool = False
    shown: Sequence[Difference] | None = None


@dataclass
class Reported:
    """What came of results: the experiment of each, in order, and what was recorded or passed over, by experiment.

    ``waits`` is what is still to be measured of those that have some of their outcomes, ``differences`` are those that
    were corrected or kept.
    """

    experiments: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    on_record: list[str] = field(default_factory=list)
    waits: dict[str, list[str]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def recorded(self) -> list[str]:
        """The experiments of which something was recorded, each once."""
        return list(dict.fromkeys([*self.new, *self.completed, *self.corrected]))

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        names = ("new", "completed", "corrected", "kept", "on_record", "remarks")
        found: dict[str, Any] = {name: list(getattr(self, name)) for name in names}
        return {**found, "waits_for": self.waits, "differences": [item.as_json() for item in self.differences]}

    def lines(self) -> list[str]:
        """Return in words what is not simply new."""
        found = []
        if self.on_record:
            one = len(self.on_record) == 1
            found.append(f"{len(self.on_record)} row{' is' if one else 's are'} on record already")
        if self.completed:
            found.append(f"completes {' '.join(self.completed)}")
        if self.corrected:
            found.append(f"corrects {' '.join(self.corrected)}")
        if self.kept:
            found.append(f"keeps what is on record of {' '.join(self.kept)}")
        found += awaited_lines(self.waits)
        return [*found, *self.remarks]


def reporting(
    setup: Setup, state: State, results: Sequence[Result], by: Mapping[str, str], at: str, choices: Choices
) -> tuple[list[Draft], Reported]:
    """Return what records results, stamped with a time, and what came of each of them.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        results: what was found.
        by: who reports it.
        at: when, for measurements that do not say so.
        choices: what the person decided beforehand.

    Raises:
        DataError: a result of the person's own was found where the space has no such point.
        NotFoundError: a result names an experiment that does not exist.
        StateError: an experiment is being run by the lab or is reported twice; or a result differs from what is on
            record, and nobody said what is to become of it.
        ExecutionError: no objective, nor anything that one is made of, was measured.
        DataError: what an objective is made of gives no value for it.
    """
    return _Reporting(setup, state, by, at, choices).of(results)


def rehearsed(
    setup: Setup, state: State, results: Sequence[Result], choices: Choices, *, refuse: bool = True
) -> Reported:
    """Return what would come of results, and record nothing.

    Raises what :func:`reporting` does; without ``refuse``, differences are only returned.
    """
    if state.status == "aborted":
        raise StateError(f"campaign {state.id} is aborted", field="campaign", value=state.reason or state.status)
    if not refuse:
        choices = replace(choices, differing=choices.differing or "keep")
    return reporting(setup, state, results, {}, state.at, choices)[1]


class _Reporting:
    """One report while it is worked out."""

    def __init__(self, setup: Setup, state: State, by: Mapping[str, str], at: str, choices: Choices) -> None:
        self._setup, self._state, self._by, self._at, self._choices = setup, state, by, at, choices
        self._objectives = setup.objectives(state.spec)
        self._fresh = state.numbered
        self._drafts: list[Draft] = []
        self._came = Reported()
        self._told: list[Told] = []

    def of(self, results: Sequence[Result]) -> tuple[list[Draft], Reported]:
        """Return what records the results, and what came of them."""
        space = self._setup.space(self._state.spec)
        rows = [replace(one, values=space.canonical(one.values)) if one.experiment is None else one for one in results]
        self._refuse_twins(rows)
        found = self._compared(rows)
        self._came.differences = [difference for one in found for difference in one.differences]
        self._refuse_differences()
        for one in found:
            try:
                self._take(one)
            except ZosimosError as error:
                _place(error, one.result.place)
                raise
        self._came.remarks += far_off(self._state, self._told)
        return self._drafts, self._came

    def _refuse_twins(self, rows: Sequence[Result]) -> None:
        seen = set()
        for name, place in ((one.experiment, one.place) for one in rows if one.experiment is not None):
            if name in seen:
                raise StateError(
                    f"{place}: {name} is told twice" if place else f"{name} is told twice",
                    field="experiment",
                    value=name,
                    hint="leave the experiment column empty in one of the rows, to add it as a result of your own",
                )
            seen.add(name)

    def _compared(self, rows: Sequence[Result]) -> list[Compared]:
        """Return each row beside what is on record of it."""
        named = {one.experiment for one in rows if one.experiment is not None}
        known: list[Experiment | None] = [
            None if one.experiment is None else self._state.experiment(one.experiment) for one in rows
        ]
        own = [place for place, one in enumerate(rows) if one.experiment is None]
        table: OwnRows | None = None
        if own and not self._choices.replicates and may_stand(self._state, [rows[place] for place in own]):
            table = OwnRows(self._state, self._objectives, named)
            for place, one_known in table.found([rows[place] for place in own]).items():
                known[own[place]] = one_known
        again = any(one is not None and one.status in (*ENDED, "retracted") for one in known)
        found = []
        for one, experiment in zip(rows, known, strict=True):
            if experiment is None and again and table is not None:  # the table was told before: this row was changed
                experiment = table.edited(one)
            if experiment is not None and experiment.status in (*ENDED, "retracted"):
                found.append(compared(experiment, self._meant(one, experiment), self._objectives, self._state.lens))
            else:
                beside = "" if table is None or experiment is not None else table.beside(one)
                said = f"another measurement at the values of {beside}" if beside else ""
                found.append(Compared(one, experiment, said=said))
        return found

    def _meant(self, one: Result, experiment: Experiment) -> Result:
        """Return a result with the values at which it says that it was run, where these are not those on record."""
        if not one.achieved:
            return one
        try:
            return replace(one, achieved=ran_elsewhere(self._setup, self._state, experiment, one.achieved))
        except ZosimosError as error:
            _place(error, one.place)
            raise

    def _refuse_differences(self) -> None:
        """Refuse differences that nobody decided about, or that are not those that somebody did decide about."""
        found, shown = self._came.differences, self._choices.shown
        if shown is not None and list(shown) != found:
            raise StateError(
                "the record was changed meanwhile: nothing was recorded",
                field="differing",
                value="; ".join(map(str, found[:_LISTED])) or "no difference any more",
                hint="tell the table again",
            )
        if not found or self._choices.differing is not None:
            return
        more = len(found) - _LISTED
        words = "; ".join(map(str, found[:_LISTED])) + (f"; and {more} more" if more > 0 else "")
        raise StateError(
            f"{len(found)} value{'s differ' if len(found) > 1 else ' differs'} from what is on record: {words}",
            field="differing",
            value=found[0].now,
            allowed=f"what is on record, such as {found[0].was}",
            hint="--correct corrects the record (--reason says why), --keep leaves it and records the rest, and "
            "--replicates adds rows of your own as further measurements "
            '(Python: differing="correct" or "keep", replicates=True)',
        )

    def _take(self, one: Compared) -> None:
        """Take in one row."""
        experiment, place = one.experiment, f"{one.result.place}: " if one.result.place else ""
        if experiment is None or one.how == "new":
            self._new(one.result, experiment)
        else:
            self._came.experiments.append(experiment.id)
            {"retracted": self._left, "earlier": self._left, "same": self._left}.get(one.how, self._changed)(one)
            if one.how == "retracted":
                again = f"zosimos retract {self._state.id} {experiment.id} --undo --reason TEXT"
                self._came.remarks.append(f"{place}{experiment.id} was retracted, and stays so ({again})")
            elif one.how == "earlier":
                said = f"{place}is what {experiment.id} was before it was corrected: it stays corrected"
                self._came.remarks.append(said)
        if one.said:
            self._came.remarks.append(f"{place}{one.said}")

    def _left(self, one: Compared) -> None:
        assert one.experiment is not None
        self._came.on_record.append(one.experiment.id)

    def _new(self, result: Result, experiment: Experiment | None) -> None:
        if experiment is None:
            check_point(self._setup, self._state, result, outside=self._choices.outside)
            self._fresh += 1
        elif experiment.status not in ("proposed", "approved", "uncertain"):
            raise StateError(
                f"{experiment.id} is {standing(self._state, experiment)}: it takes no result by hand",
                field="experiment",
                value=experiment.id,
                hint="leave the experiment column empty to add a result of your own",
            )
        values, achieved = result.values, dict[str, Value]()
        if experiment is not None:
            achieved = ran_elsewhere(self._setup, self._state, experiment, result.achieved)
            values = {**experiment.values, **achieved}
            self._check_elsewhere(experiment, achieved)
        found: dict[str, Measurement] = {}
        if not result.failed:
            found = by_objective(result.measurements, self._objectives, self._at, values, whole=False)
        self._came.remarks += [
            f"{result.place or 'the result'}: {one.name} {plain(found[one.name].value)} lies {words}"
            for one in self._objectives
            if one.name in found and (words := beyond(found[one.name], one))
        ]
        self._came.remarks += [
            f"{result.place or 'the result'}: {name} states {words}"
            for name, words in oddities(found.values(), self._objectives)
        ]
        measurements = {name: item.as_json() for name, item in found.items()}
        notes = {"notes": dict(result.notes)} if result.notes else {}
        if experiment is None:
            name = local_id("experiment", self._fresh)
            body = {"experiment": name, "values": dict(values), "measurements": measurements, "failed": result.failed}
            self._drafts.append(Draft("observation.told", {**body, "by": self._by, **notes}))
        else:
            name, body = experiment.id, {"experiment": experiment.id, "by": self._by, **notes}
            body |= {"achieved": achieved} if achieved else {}
            if result.failed:
                failed = {"cause": result.failed, "error": "told", "step": None}
                self._drafts.append(Draft("experiment.failed", {**body, **failed}))
            else:
                scores = {"measurements": measurements, "surprise": self._surprise(experiment, values, found)}
                self._drafts.append(Draft("experiment.measured", {**body, **scores}))
        self._came.experiments.append(name)
        self._came.new.append(name)
        if not result.failed:
            self._waits(name, found)
            self._told.append(Told(name, result.place, found))

    def _check_elsewhere(self, experiment: Experiment, achieved: Values) -> None:
        """Refuse values at which an experiment was run that are most likely wrong, or have no cost."""
        check_inside(self._setup, self._state, achieved, outside=self._choices.outside)
        check_charged(self._state, experiment, {**experiment.ran_at, **achieved})

    def _surprise(self, experiment: Experiment, ran_at: Values, found: Mapping[str, Measurement]) -> dict[str, float]:
        return surprising(self._setup, self._state.spec, experiment.candidate, ran_at, found)

    def _waits(self, name: str, found: Mapping[str, Measurement]) -> None:
        if missing := awaited(found, self._objectives):
            self._came.waits[name] = missing

    def _changed(self, one: Compared) -> None:
        """Take in what a row adds to an experiment, and what it says otherwise if that is to be corrected."""
        found, correct = one.experiment, self._choices.differing == "correct"
        assert found is not None
        measurements, notes = dict(found.measurements), {**found.notes, **one.notes}
        ran_at = {**found.ran_at, **(one.moved if correct else {})}
        if one.differences and correct:
            self._check_elsewhere(found, one.moved)
            rewritten = {**found.notes, **one.rewritten} if one.rewritten else {}
            draft, measurements = replacing(
                self._setup,
                self._state,
                found,
                self._stamped(one.changed, one.result),
                self._by,
                self._choices.reason,
                failed=one.failed,
                notes=rewritten,
                moved=one.moved,
            )
            self._drafts.append(draft)
            self._came.corrected.append(found.id)
            notes = {**found.notes, **one.rewritten, **one.notes}
        elif one.differences:
            self._came.kept.append(found.id)
        more = {} if one.failed and correct else self._stamped(one.added, one.result)
        if more or one.notes:
            came = joined(measurements, more, self._objectives, seen_at(self._state, ran_at))
            body = {"experiment": found.id, "measurements": {name: item.as_json() for name, item in came.items()}}
            scores = self._surprise(found, ran_at, {**measurements, **came}) if came else {}
            added = {**body, "surprise": scores, "by": self._by, **({"notes": notes} if one.notes else {})}
            self._drafts.append(Draft("result.added", added))
            self._came.completed.append(found.id)
            measurements = {**measurements, **came}
        if found.status == "measured" and not (one.failed and correct):
            self._waits(found.id, measurements)

    def _stamped(self, found: Mapping[str, Measurement], result: Result) -> dict[str, Measurement]:
        told = in_units(result, self._objectives)
        return {name: told[name].stamped(self._at) for name in found}


def _place(error: ZosimosError, place: str) -> None:
    """Let an error say where the result was read."""
    error.message = f"{place}: {error.message}" if place else error.message
