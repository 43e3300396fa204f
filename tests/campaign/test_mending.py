"""Mistakes: what counts after a correction, a retraction or a dropped proposal, for every decision and every view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.campaign import views
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.control.reopening import check_not_over
from zosimos.campaign.control.tables import experiments_csv, export_json
from zosimos.campaign.decisions.decide import decide, decision, inputs_now
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import fold
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.snapshot import sizes
from zosimos.campaign.record.state import State
from zosimos.core.errors import DataError, NotFoundError, SpecError, StateError, UnitError, ZosimosError
from zosimos.core.records import Measurement, Observation

GRID = {"n": {"type": "integer", "min": 1, "max": 9}, "m": {"type": "integer", "min": 1, "max": 9}}
HAND: dict[str, Any] = {"approval": "suggest", "budget": {"experiments": 60}}


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(MEMORY) as opened:
        yield opened


@pytest.fixture
def campaign(ledger: Ledger) -> Campaign:
    return Campaign(ledger, None, **HAND)


def tell(campaign: Campaign, *pairs: tuple[float, float], experiments: Sequence[str] = ()) -> list[str]:
    names: Sequence[str | None] = experiments or [None] * len(pairs)
    rows = [Result(name, {"x": x}, [Measurement("y", y)]) for name, (x, y) in zip(names, pairs, strict=True)]
    return campaign.commands.tell(campaign.setup, rows)


def best(state: State) -> str:
    found = views.best(state)
    return "" if found is None else str(found["experiment"])


# --- what counts


def test_a_corrected_result_counts_with_its_new_value_and_the_record_keeps_both(campaign: Campaign) -> None:
    tell(campaign, (0.1, 5.0), (0.2, 532.0))
    found = campaign.commands.correct(campaign.setup, "e0002", {"y": "5.2", "y_uncertainty": 0.1}, "typo")
    assert (found.measurements["y"].value, found.measurements["y"].uncertainty) == (5.2, 0.1)
    assert str(found.amendments[0]) == "corrected (y 532 -> 5.2 ± 0.1) by tester: typo"
    assert [seen.measurements["y"].value for seen in campaign.state.counting()] == [5.0, 5.2]
    campaign.commands.correct(campaign.setup, "e0001", {"y": 6.0}, "typo")
    assert best(campaign.state) == "e0001"
    assert "corrected (y 5 -> 6) by tester: typo" in experiments_csv(campaign.state)
    again = campaign.commands.uncorrect(campaign.setup, "e0002", "it was right")
    assert (again.measurements["y"].value, again.measurements["y"].uncertainty) == (532.0, None)


def test_a_retracted_result_counts_nowhere_and_stays_used_and_on_record(campaign: Campaign) -> None:
    names = [one.id for one in campaign.commands.ask(campaign.setup, 2, golden)]
    tell(campaign, (0.0, 1.0), (0.0, 9.0), experiments=names)
    campaign.commands.retract(names[1], "spilled")
    state = campaign.state
    assert (best(state), state.used, state.counts["retracted"]) == (names[0], 2, 1)
    assert [seen.experiment for seen in state.counting()] == [names[0]]
    view = export_json(state)["runs"][1]
    assert (view["status"], view["measurements"], view["amendments"][0]["was"]["y"]["value"]) == ("retracted", {}, 9.0)
    assert experiments_csv(state).splitlines()[2].endswith("retracted (y 9) by tester: spilled")
    assert views.status(state)["retracted"] == {names[1]: "retracted (y 9) by tester: spilled"}
    campaign.commands.restore(names[1], "it was the other flask")
    assert best(campaign.state) == names[1]


def test_a_retracted_failure_leaves_its_row_to_be_tried_again(campaign: Campaign) -> None:
    campaign.commands.tell(campaign.setup, [Result(None, {"x": 0.5}, [], "infeasible: it froze")])
    campaign.commands.retract("e0001", "the wrong flask")
    assert inputs_now(campaign.state, 1).observations == ()
    campaign.commands.restore("e0001", "the right one")
    (seen,) = campaign.state.counting()
    assert (seen.failed, seen.cause) == (True, "infeasible")


def test_a_dropped_proposal_frees_its_place_in_the_budget(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, approval="suggest", budget={"experiments": 2})
    first, second = (one.id for one in campaign.commands.ask(campaign.setup, 2, golden))
    with pytest.raises(StateError, match="used up"):
        campaign.commands.ask(campaign.setup, 1, golden)
    found = campaign.commands.drop(campaign.setup, first, "out of solvent")
    assert (found.status, found.reason) == ("cancelled", "dropped by tester: out of solvent")
    assert list(campaign.state.active) == [second]
    (third,) = campaign.commands.ask(campaign.setup, 1, golden)
    with pytest.raises(StateError, match="no room for it"):
        campaign.commands.take_up(first, "found some")
    campaign.commands.drop(campaign.setup, third.id, "no time")
    assert campaign.commands.take_up(first, "found some").status == "approved" or first in campaign.state.active
    tell(campaign, (0.0, 3.0), experiments=[first])
    assert campaign.state.used == 1


def test_an_excluded_proposal_keeps_planners_away_from_it_and_from_what_lies_near(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, **HAND)
    (one,) = campaign.commands.ask(campaign.setup, 1)
    at = one.values["x"]
    found = campaign.commands.drop(campaign.setup, one.id, "it foams", exclude=True)
    (given,) = campaign.state.in_force()
    assert found.amendments[-1].advice == given.id
    rows = [float(item.values["x"]) for item in campaign.commands.ask(campaign.setup, 20)]
    assert all(abs(x - float(at)) > 0.05 for x in rows)
    campaign.commands.take_up(one.id, "it does not")
    assert not campaign.state.in_force()


def test_an_excluded_row_of_a_grid_is_left_alone_by_itself(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, **HAND, space={"n": {"type": "integer", "min": 1, "max": 3}})
    (one,) = campaign.commands.ask(campaign.setup, 1)
    campaign.commands.drop(campaign.setup, one.id, "no", exclude=True)
    left = [item.values["n"] for item in campaign.commands.ask(campaign.setup, 3)]
    assert sorted([*left, one.values["n"]]) == [1, 2, 3]
    assert not campaign.state.in_force()


def test_an_objective_made_of_others_follows_a_correction(ledger: Ledger) -> None:
    wanted = {"ratio": {"goal": "max", "of": "a / b"}}
    campaign = Campaign(ledger, None, **HAND, objectives=wanted, measured={"a": {}, "b": {}})
    found = [Measurement("a", 6.0), Measurement("b", 2.0)]
    campaign.commands.tell(campaign.setup, [Result(None, {"x": 0.5}, found)])
    assert campaign.experiment("e0001").measurements["ratio"].value == 3.0
    campaign.commands.correct(campaign.setup, "e0001", {"b": 3.0}, "typo")
    assert campaign.experiment("e0001").measurements["ratio"].value == 2.0
    with pytest.raises(DataError, match="worked out of a, b"):
        campaign.commands.correct(campaign.setup, "e0001", {"ratio": 3.0}, "typo")


def test_a_finished_campaign_whose_goal_only_a_retracted_result_met_says_so(ledger: Ledger, tmp_path: Path) -> None:
    campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), stop={"reach": {"y": -0.05}})
    campaign.run()
    state = campaign.state
    assert state.status == "finished"
    reached = state.reason.split()[5].rstrip(":")
    with pytest.raises(StateError, match="what ended it still holds"):
        check_not_over(state, NOW)
    campaign.commands.retract(reached, "spilled")
    state = campaign.state
    assert "no stop rule holds any more" in views.status(state)["revised"]
    (asked,) = views.waiting_for(state)
    assert asked["command"] == f"zosimos resume {state.id}"
    check_not_over(state, NOW)
    campaign.commands.restore(reached, "no")
    assert views.revised(campaign.state) == ""


def test_what_would_end_a_campaign_is_worked_out_again(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, **HAND, stop={"reach": {"y": 9}, "no_improvement": 3})
    tell(campaign, (0.1, 1.0), (0.2, 10.0), (0.3, 2.0))
    assert views.due(campaign.state) == "the goal is reached by e0002: y 10"
    campaign.commands.correct(campaign.setup, "e0002", {"y": 0.5}, "typo")
    assert views.due(campaign.state) == ""
    campaign.commands.correct(campaign.setup, "e0001", {"y": 8.0}, "typo")
    tell(campaign, (0.4, 3.0))
    assert views.due(campaign.state) == "no better result in the last 3 experiments"
    campaign.commands.retract("e0003", "spilled")
    assert views.due(campaign.state) == ""


# --- decisions


def planned(campaign: Campaign, count: int = 3) -> list[dict[str, Any]]:
    """What would be decided now: by a state of its own, and by one that has kept what it worked out before."""
    fresh = Record(campaign.ledger, campaign.record.campaign).state
    found = [one.as_json() for one in decide(campaign.setup, inputs_now(fresh, count))]
    kept = [one.as_json() for one in decide(campaign.setup, inputs_now(campaign.state, count))]
    assert kept == found, "what is kept of earlier observations must notice that one of them changed"
    return found


ROWS = [(i / 12, (i / 12 - 0.4) ** 2) for i in range(12)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bayesian", "random"])
def test_a_decision_after_a_correction_is_that_of_a_campaign_without_the_mistake(ledger: Ledger, kind: str) -> None:
    wrong, right = (Campaign(ledger, None, **HAND, planner={"kind": kind}) for _ in range(2))
    tell(right, *ROWS)
    tell(wrong, *ROWS[:5], (ROWS[5][0], 532.0), *ROWS[6:])
    before = planned(wrong)
    assert (before != planned(right)) == (kind == "bayesian")
    wrong.commands.correct(wrong.setup, "e0006", {"y": ROWS[5][1]}, "typo")
    assert planned(wrong) == planned(right)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bayesian", "random"])
def test_a_decision_after_a_retraction_is_that_of_a_campaign_without_the_result(ledger: Ledger, kind: str) -> None:
    wrong, right = (Campaign(ledger, None, **HAND, planner={"kind": kind}) for _ in range(2))
    tell(right, *ROWS[:5], *ROWS[6:])
    tell(wrong, *ROWS[:5], (ROWS[5][0], 532.0), *ROWS[6:])
    planned(wrong)
    wrong.commands.retract("e0006", "spilled")

    def choices(found: list[dict[str, Any]]) -> list[Any]:
        return [(one["values"], one["predictions"], one["acquisition"]) for one in found]

    assert choices(planned(wrong)) == choices(planned(right))


Act = Callable[[Commands, Campaign], object]


def script(campaign: Campaign) -> list[Act]:
    """A long campaign on a small grid, in which every kind of mistake is mended, some twice."""

    def ask(n: int) -> Act:
        return lambda commands, _: commands.ask(campaign.setup, n)

    def told(commands: Commands, _: Campaign) -> None:
        waiting = [one for one in commands.record.state.active.values() if one.status in ("approved", "proposed")]
        rows = [
            Result(one.id, one.values, [Measurement("y", float(one.values["n"]) * float(one.values["m"]))])
            for one in waiting
        ]
        commands.tell(campaign.setup, rows)

    def correct(name: str, value: float) -> Act:
        return lambda commands, _: commands.correct(campaign.setup, name, {"y": value}, "typo")

    def drop(name: str, *, exclude: bool) -> Act:
        return lambda commands, _: commands.drop(campaign.setup, name, "no", exclude=exclude)

    return [
        *(ask(4), told, ask(4), told),
        *(correct("e0003", 500.0), ask(2), told, correct("e0003", 7.0), ask(1)),
        *(drop("e0011", exclude=True), ask(2), told),
        *(lambda commands, _, name=name: commands.retract(name, "spilled") for name in ("e0001", "e0008")),
        *(ask(3), told),
        lambda commands, _: commands.restore("e0001", "it was not"),
        *(ask(2), drop("e0018", exclude=False), told, correct("e0014", -3.0)),
        lambda commands, _: commands.retract("e0014", "no idea"),
        *(ask(2), told, ask(2)),
    ]


def decisions(ledger: Ledger, campaign: str) -> list[Any]:
    made = [event.body for event in ledger.events(campaign) if event.kind == "decision.made"]
    return [(body["candidates"], body["inputs"]) for body in made]


@pytest.mark.slow
def test_decisions_are_the_same_in_one_process_in_many_and_through_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for way in ("one process", "many", "snapshots"):
        if way == "snapshots":
            for name, size in {"PAGE": 4, "REFS": 3, "KEYS": 5, "IN_CORE": 2, "EVERY": 1, "WORTH": 1}.items():
                monkeypatch.setattr(sizes, name, size)
        with Ledger(str(tmp_path / f"{way.split()[0]}.db")) as ledger:
            campaign = Campaign(ledger, None, **HAND, space=GRID, watch="off")
            living = campaign.commands
            for act in script(campaign):
                commands = living if way == "one process" else campaign.commands
                act(commands, campaign)
                if way == "one process":
                    fresh = Record(ledger, living.record.campaign).state
                    assert living.record.state == fresh
                    assert inputs_now(living.record.state, 1) == inputs_now(fresh, 1)
                if way == "snapshots":
                    commands.record.keep()
            if way == "snapshots":
                assert Record(ledger, living.record.campaign).state.shelf.seq, "a snapshot was used"
            found[way] = decisions(ledger, living.record.campaign)
            events = ledger.events(living.record.campaign)
            replayed = replay(living.record.campaign, events, campaign.setup)
            assert (replayed.divergence, replayed.decisions) == (None, len(found[way]))
    assert found["one process"] == found["many"] == found["snapshots"]


def test_a_decision_under_way_while_a_result_is_corrected_is_not_recorded(campaign: Campaign) -> None:
    tell(campaign, *ROWS[:4])
    inputs = inputs_now(campaign.state, 1)
    candidates = golden(campaign.setup, inputs)
    assert decision(campaign.state, inputs, candidates)
    campaign.commands.correct(campaign.setup, "e0001", {"y": 3.0}, "typo")
    assert decision(campaign.state, inputs, candidates) == []


@pytest.mark.slow
def test_a_result_is_retracted_while_the_laboratory_runs(ledger: Ledger, tmp_path: Path) -> None:
    done: list[str] = []

    def trouble(moment: str, effect: str) -> None:
        state = campaign.state
        if len(state.observations) >= 3 and not done:
            done.append(campaign.commands.retract("e0001", "a bubble").id)

    lab = ScriptedLab(tmp_path / "journal", trouble=trouble)
    campaign = Campaign(ledger, lab, approval="autonomous", budget={"experiments": 8})
    ending = campaign.run(decide=decide)
    state = campaign.state
    assert (ending.status, done, state.used) == ("finished", ["e0001"], 8)
    assert len(state.counting()) == 7
    events = ledger.events(state.id)
    later = [event for event in events if event.kind == "decision.made" and event.body["inputs"]["observations"] >= 4]
    assert later, "decisions follow the retraction"
    assert replay(state.id, events, campaign.setup).divergence is None


# --- what cannot be done


REFUSED: list[tuple[str, type[ZosimosError], str, Callable[[Commands, Campaign], object]]] = [
    ("unknown", NotFoundError, "no experiment e1", lambda c, s: c.retract("e1", "x")),
    ("no result", StateError, "e0003 has no result yet", lambda c, s: c.correct(s.setup, "e0003", {"y": 1.0}, "x")),
    ("none to retract", StateError, "e0003 has no result yet", lambda c, s: c.retract("e0003", "x")),
    ("no reason", DataError, "a reason is needed", lambda c, s: c.retract("e0001", " ")),
    ("no reason given", DataError, "a reason is needed", lambda c, s: c.correct(s.setup, "e0001", {"y": 7.0}, "")),
    ("no reason to drop", DataError, "a reason is needed", lambda c, s: c.drop(s.setup, "e0003", "")),
    ("twice", StateError, "e0002 was already retracted", lambda c, s: c.retract("e0002", "x")),
    ("retracted", StateError, "already retracted", lambda c, s: c.correct(s.setup, "e0002", {"y": 1.0}, "x")),
    ("not retracted", StateError, "no result of it was retracted", lambda c, s: c.restore("e0001", "x")),
    ("the same", StateError, "these values already", lambda c, s: c.correct(s.setup, "e0001", {"y": 1.0}, "x")),
    ("outcome", DataError, "'z' is no outcome", lambda c, s: c.correct(s.setup, "e0001", {"z": 1.0}, "x")),
    ("nothing", DataError, "nothing is given", lambda c, s: c.correct(s.setup, "e0001", {}, "x")),
    ("no number", UnitError, "not a number", lambda c, s: c.correct(s.setup, "e0001", {"y": "much"}, "x")),
    ("infinite", ZosimosError, "finite", lambda c, s: c.correct(s.setup, "e0001", {"y": float("nan")}, "x")),
    ("spread", DataError, "0 or more", lambda c, s: c.correct(s.setup, "e0001", {"y_uncertainty": -1.0}, "x")),
    ("no value", DataError, "given no value", lambda c, s: c.correct(s.setup, "e0001", {"y": None}, "x")),
    ("not corrected", StateError, "was not corrected", lambda c, s: c.uncorrect(s.setup, "e0001", "x")),
    ("has a result", StateError, "e0001 has a result", lambda c, s: c.drop(s.setup, "e0001", "x")),
    ("dropped twice", StateError, "already dropped", lambda c, s: c.drop(s.setup, "e0004", "x")),
    ("not dropped", StateError, "it was not dropped", lambda c, s: c.take_up("e0003", "x")),
    ("half a letter", SpecError, "half a character", lambda c, s: c.retract("e0001", "\ud800")),
]


@pytest.mark.slow
@pytest.mark.parametrize(("error", "words", "act"), [item[1:] for item in REFUSED], ids=[item[0] for item in REFUSED])
def test_what_cannot_be_mended_is_refused_and_leaves_nothing_behind(
    campaign: Campaign, error: type[ZosimosError], words: str, act: Callable[[Commands, Campaign], object]
) -> None:
    tell(campaign, (0.1, 1.0), (0.2, 2.0))
    campaign.commands.retract("e0002", "spilled")
    campaign.commands.ask(campaign.setup, 2, golden)
    campaign.commands.drop(campaign.setup, "e0004", "no")
    before = campaign.state.seq
    with pytest.raises(error, match=words) as caught:
        act(campaign.commands, campaign)
    assert campaign.state.seq == before
    assert caught.value.field


def test_what_a_laboratory_runs_is_neither_dropped_nor_corrected(ledger: Ledger, tmp_path: Path) -> None:
    campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), approval="autonomous")
    inputs = inputs_now(campaign.state, 2)
    drafts = decision(campaign.state, inputs, golden(campaign.setup, inputs))
    campaign.record.commit(lambda _: drafts, NOW.isoformat)
    campaign.record.commit(lambda _: [Draft("experiment.started", {"experiment": "e0001"})], NOW.isoformat)
    with pytest.raises(StateError, match="it was begun"):
        campaign.commands.drop(campaign.setup, "e0001", "no")
    with pytest.raises(StateError, match="is running"):
        campaign.commands.correct(campaign.setup, "e0001", {"y": 1.0}, "no")
    assert campaign.commands.drop(campaign.setup, "e0002", "nobody runs it").status == "cancelled"


# --- any history

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", "tell", "correct", "retract", "restore", "ask", "drop", "take", "look"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=25,
)


@pytest.mark.parametrize("examples", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_any_history_of_mistakes_is_what_a_plain_model_says(ledger: Ledger, examples: int) -> None:
    @given(MOVES)
    @settings(max_examples=examples, deadline=None)
    def holds(moves: list[tuple[str, int, int]]) -> None:
        campaign = Campaign(ledger, None, **HAND)
        commands, model, gone = campaign.commands, dict[str, float](), set[str]()
        waits, dropped = set[str](), set[str]()
        for kind, a, b in moves:
            name = sorted({*model, *waits, *dropped})[a % len({*model, *waits, *dropped})] if model or waits else "e1"
            try:
                if kind == "tell":
                    (new,) = commands.tell(campaign.setup, [Result(None, {"x": a / 9}, [Measurement("y", float(b))])])
                    model[new] = float(b)
                elif kind == "correct":
                    commands.correct(campaign.setup, name, {"y": float(b)}, "typo")
                    assert name in model
                    assert name not in gone
                    model[name] = float(b)
                elif kind == "retract":
                    commands.retract(name, "spilled")
                    assert name in model
                    assert name not in gone
                    gone.add(name)
                elif kind == "restore":
                    commands.restore(name, "no")
                    gone.remove(name)
                elif kind == "ask":
                    waits.update(one.id for one in commands.ask(campaign.setup, 1, golden))
                elif kind == "drop":
                    commands.drop(campaign.setup, name, "no", exclude=False)
                    waits.remove(name)
                    dropped.add(name)
                elif kind == "take":
                    commands.take_up(name, "yes")
                    dropped.remove(name)
                    waits.add(name)
                else:
                    inputs_now(commands.record.state, 1)
                    views.status(commands.record.state)
            except (StateError, NotFoundError):
                continue
        state = commands.record.state
        counting = {name: value for name, value in model.items() if name not in gone}
        assert {seen.experiment: seen.measurements["y"].value for seen in state.counting()} == counting
        known = {seen.experiment: seen.measurements["y"].value for seen in inputs_now(state, 1).observations}
        assert known == counting
        assert set(state.active) == waits
        assert set(state.retracted) == gone
        ranked = [name for name, value in counting.items() if value == max(counting.values())]
        assert best(state) == (ranked[0] if ranked else "")
        events = campaign.ledger.events(state.id)
        assert fold(state.id, events) == state
        assert replay(state.id, events, campaign.setup, golden).divergence is None

    holds()


def test_an_observation_that_was_retracted_teaches_nothing_even_where_nobody_looks_whether_it_was(
    campaign: Campaign,
) -> None:
    tell(campaign, (0.1, 1.0))
    campaign.commands.retract("e0001", "spilled")
    seen: Observation = campaign.state.observations[0]
    assert (seen.measurements, seen.failed, seen.cause, seen.predictions) == ({}, True, "fault", {})


def test_the_time_of_a_correction_is_that_of_the_command(campaign: Campaign) -> None:
    tell(campaign, (0.1, 1.0))
    found = campaign.commands.retract("e0001", "spilled")
    assert datetime.fromisoformat(found.amendments[0].at) == NOW
