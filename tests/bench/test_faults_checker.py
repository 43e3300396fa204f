"""The checker of the fault benchmark, on histories made by hand: each kind of damage is found, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from faulty.checker import (
    COUNTS,
    Acknowledged,
    History,
    Outcome,
    Recorded,
    RecordedStep,
    judged,
    late_stops,
    safe_times,
)
from faulty.journal import Journal, Line, read
from faulty.plan import KINDS, planned

FINISHED = Outcome(9.0, "finished", "the budget is used up")
BUSY_S = 0.02
HASHES = {seq: f"h{seq}" for seq in range(1, 9)}
STEPS = (
    RecordedStep("e1/0", 1, "done"),
    RecordedStep("e1/1", 2, "done", repeatable=True),
    RecordedStep("e2/0", 2, "done"),  # the first attempt was asked about, and had not happened
)
LINES = (
    Line(1.00, "a", "prepared"),
    Line(1.10, "a", "begin", "e1/0/1", "pump"),
    Line(1.12, "a", "end", "e1/0/1", "pump"),
    Line(1.20, "a", "begin", "e1/1/1", "stirrer"),
    Line(2.00, "b", "prepared"),
    Line(2.10, "b", "begin", "e1/1/2", "stirrer"),
    Line(2.11, "b", "begin", "e2/0/2", "pump"),
    Line(2.13, "b", "end", "e2/0/2", "pump"),
)


def found(
    lines: Sequence[Line] = LINES,
    steps: Sequence[RecordedStep] = STEPS,
    outcomes: Sequence[Outcome] = (FINISHED,),
    acknowledged: Sequence[Acknowledged] = (Acknowledged(8, "h8"),),
    unreadable: str = "",
) -> Mapping[str, int]:
    """What the checker counts, without what is zero."""
    history = History(lines, outcomes, acknowledged, BUSY_S)
    counts = judged(history, Recorded(steps, HASHES, unreadable))
    assert set(counts) == set(COUNTS)
    return {name: len(words) for name, words in counts.items() if words}


def but(index: int, line: Line) -> list[Line]:
    """The lines with another one, in the order of time."""
    return sorted([*LINES[:index], line, *LINES[index + 1 :]], key=lambda one: one.t)


def test_a_run_in_which_all_went_well_has_nothing_to_find() -> None:
    assert found() == {}


def test_a_step_that_is_done_on_record_and_was_seen_by_no_device_is_lost() -> None:
    assert found(lines=[line for line in LINES if line.effect != "e1/0/1"]) == {"lost": 1}
    told = [RecordedStep("e1/0", 1, "done", how="told"), *STEPS[1:]]
    assert found(lines=[line for line in LINES if line.effect != "e1/0/1"], steps=told) == {}


@pytest.mark.parametrize("head", [Acknowledged(8, "other"), Acknowledged(9, "h9")])
def test_an_event_that_was_stored_and_is_gone_is_lost(head: Acknowledged) -> None:
    assert found(acknowledged=[Acknowledged(3, "h3"), head]) == {"lost": 1}


def test_an_effect_that_may_not_be_repeated_is_doubled_by_a_second_attempt() -> None:
    first = Line(1.30, "a", "begin", "e2/0/1", "pump")
    assert found(lines=sorted([*LINES, first], key=lambda line: line.t)) == {"doubled": 1}


def test_one_that_may_be_repeated_is_doubled_only_if_an_attempt_was_done_twice() -> None:
    again = Line(2.30, "b", "begin", "e1/1/2", "stirrer")
    assert found(lines=[*LINES, again]) == {"doubled": 1}


def test_two_effects_at_once_on_one_device_overlap() -> None:
    early = but(6, Line(2.105, "b", "begin", "e2/0/2", "stirrer"))
    assert found(lines=early) == {"overlapping": 1}


def test_a_device_goes_on_when_its_runner_is_dead_until_it_is_stopped() -> None:
    quick = [Line(1.10, "a", "begin", "e1/0/1", "pump"), Line(1.11, "b", "begin", "e2/0/2", "pump"), *LINES[3:4]]
    rest = [LINES[5]]
    assert found(lines=[quick[0], quick[1], *rest]) == {"overlapping": 1}
    stopped = [quick[0], Line(1.105, "b", "safe"), quick[1], *rest]
    assert found(lines=stopped) == {}


def test_an_effect_of_a_session_after_a_later_one_took_over_overlaps() -> None:
    late = but(3, Line(2.50, "a", "begin", "e1/1/1", "stirrer"))
    assert found(lines=late) == {"overlapping": 1}


def test_a_session_that_ended_and_left_the_devices_to_the_next_one_overlaps_with_nothing() -> None:
    assert found(lines=[*LINES, Line(3.0, "a", "safe")]) == {}
    assert late_stops([*LINES, Line(3.0, "a", "safe")]) == 1
    assert late_stops([*LINES, Line(3.0, "b", "safe")]) == 0


def test_a_record_that_does_not_fold_is_unreadable() -> None:
    assert found(unreadable="event 5 was changed") == {"unreadable": 1}


def test_an_effect_that_no_record_speaks_of_is_unexplained() -> None:
    assert found(lines=[*LINES, Line(3.0, "b", "begin", "e3/0/1", "pump")]) == {"unexplained": 1}
    assert found(lines=[*LINES, Line(3.0, "b", "begin", "e1/1/3", "stirrer")]) == {"unexplained": 1}


@pytest.mark.parametrize(
    ("outcomes", "count"),
    [
        ([], 1),
        ([Outcome(1.0, "error", "LedgerError: no"), FINISHED], 0),
        ([Outcome(1.0, "error", "LedgerError: no")], 1),
        ([Outcome(1.0, "waiting", "e1 is uncertain")], 0),
        ([Outcome(1.0, "waiting", "")], 1),
        ([Outcome(1.0, "paused", "a device moves")], 0),
        ([Outcome(1.0, "killed", "SIGKILL"), FINISHED], 0),
        ([Outcome(1.0, "bug", "KeyError: 'x'"), FINISHED], 1),
        ([FINISHED, Outcome(2.0, "stuck", "it did not end")], 1),
    ],
)
def test_an_end_is_the_goal_or_a_question_to_a_person_in_words(outcomes: Sequence[Outcome], count: int) -> None:
    assert found(outcomes=outcomes) == ({"unexplained": count} if count else {})


def test_the_time_to_the_safe_state_is_that_of_the_runner_that_lives() -> None:
    assert safe_times([*LINES, Line(2.5, "b", "safe")], [2.2]) == [pytest.approx(0.3)]
    assert safe_times([*LINES, Line(2.5, "a", "safe")], [2.2]) == []
    went_on = [
        *LINES,
        *(Line(2.3 + i / 10, "b", "begin", f"e{i}/9/1", "pump") for i in range(3)),
        Line(3.0, "b", "safe"),
    ]
    assert safe_times(went_on, [2.2]) == []
    assert safe_times(LINES, [0.5]) == []


def test_lines_of_two_processes_are_read_as_they_were_written(tmp_path: Path) -> None:
    one, two = Journal(tmp_path / "journal", "one"), Journal(tmp_path / "journal", "two")
    one.write("begin", "e1/0/1", "pump")
    two.write("safe")
    one.write("end", "e1/0/1", "pump")
    for journal in (one, two):
        journal.close()
    assert [(line.who, line.what) for line in read(tmp_path / "journal")] == [
        ("one", "begin"),
        ("two", "safe"),
        ("one", "end"),
    ]


def test_plans_are_the_same_for_a_seed_and_reach_every_kind_on_every_database() -> None:
    both = ("sqlite", "postgres")
    plans = [planned(number, 7, both, tuple(KINDS)) for number in range(60)]
    assert plans == [planned(number, 7, both, tuple(KINDS)) for number in range(60)]
    assert {(plan.faults[0].kind, plan.database) for plan in plans} >= {
        (kind, database) for kind in ("pause", "clock") for database in both
    }
    for plan in plans:
        assert plan.database in KINDS[plan.faults[-1].kind] or plan.faults[-1].kind == "kill"
    alone = [planned(number, 7, ("sqlite",), ("kill", "cut")) for number in range(10)]
    assert {plan.faults[0].kind for plan in alone} == {"kill"}
    assert {plan.second is None for plan in plans} == {True, False}
