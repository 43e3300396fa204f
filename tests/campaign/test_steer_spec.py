"""Steering: changes of a spec are exact, reversible, and refused where they would make another campaign."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec, with_value
from zosimos.campaign.definition.steer import Change, applied, differences, plain, steered, steered_to, undone
from zosimos.core.errors import SpecError, StateError

SPEC = parse_spec(
    {
        "name": "first",
        "space": {
            "temperature": {"min": 20, "max": 100, "unit": "degC"},
            "flow.rate": {"min": 0, "max": 1},
            "solvent": {"choices": ["THF", "DMF"]},
        },
        "objectives": {"yield": {"goal": "max"}, "cost": {"goal": "min"}},
        "budget": {"experiments": 20},
        "stop": {"reach": {"yield": 90}},
        "lab": {"kind": "pool", "file": "a.csv"},
    }
)
NUMBER = st.floats(-100, 100)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "space.temperature.min": NUMBER,
    "space.temperature.step": st.none() | NUMBER,
    "space.flow.rate.max": NUMBER,
    "space.flow.rate": st.fixed_dictionaries({"min": NUMBER, "max": NUMBER}),
    "space.solvent.choices": st.lists(st.sampled_from(["THF", "DMF", "NMP"]), max_size=3),
    "constraints": st.lists(st.sampled_from(["temperature < 50", "temperature > 30"]), max_size=2),
    "stop.reach.yield": NUMBER,
    "stop.reach.cost": NUMBER,
    "stop.reach": st.dictionaries(st.sampled_from(["yield", "cost"]), NUMBER),
    "stop.no_improvement": st.none() | st.integers(1, 9),
    "planner": st.dictionaries(st.sampled_from(["random", "sobol"]), st.floats(0.1, 1)).map(lambda s: {"shares": s}),
    "planner.shares.random": st.floats(0.1, 1),
    "objectives.yield.goal": st.sampled_from(["max", "min"]),
    "budget.experiments": st.integers(1, 99),
    "budget.time": st.none() | st.floats(0, 1e5),
    "batch": st.integers(1, 9),
    "approval": st.sampled_from(["suggest", "autonomous"]),
}
STEERS = st.dictionaries(st.sampled_from(sorted(VALUES)), st.none(), min_size=1, max_size=4).flatmap(
    lambda paths: st.fixed_dictionaries({path: VALUES[path] for path in paths})
)


def tried(spec: CampaignSpec, assignments: dict[str, Any]) -> tuple[CampaignSpec, list[Change]]:
    try:
        return steered(spec, assignments)
    except SpecError as error:
        assume(False)
        raise AssertionError from error


@pytest.mark.slow
@given(STEERS, STEERS)
def test_undoing_a_steer_restores_the_spec_exactly(first: dict[str, Any], second: dict[str, Any]) -> None:
    once, changes = tried(SPEC, first)
    twice, more = tried(once, second)
    back, inverse = undone(twice, more)
    assert back == once
    assert [change.inverse for change in inverse] == [
        change for path in [c.path for c in inverse] for change in more if change.path == path
    ]
    assert undone(back, changes)[0] == SPEC


@pytest.mark.slow
@given(STEERS)
def test_changes_applied_one_by_one_make_the_steered_spec(assignments: dict[str, Any]) -> None:
    """So a state folded from the record has the spec that the steering had."""
    new, changes = tried(SPEC, assignments)
    data = plain(SPEC)
    for change in changes:
        data = with_value(data, change.path, change.new)
    assert parse_spec(data) == new
    assert {change.path.split(".")[0] for change in changes} <= {path.split(".")[0] for path in assignments}


@pytest.mark.slow
@given(STEERS)
def test_spec_does_not_differ_from_itself(assignments: dict[str, Any]) -> None:
    new, _ = tried(SPEC, assignments)
    assert differences(plain(new), plain(new)) == []
    with pytest.raises(SpecError, match="changes nothing"):
        steered_to(new, new)


def test_smallest_change_is_found() -> None:
    new, changes = steered(SPEC, {"space.temperature.max": "353.15 K", "space.flow.rate.max": 2})
    assert [(change.path, change.old, change.new) for change in changes] == [
        ("space.temperature.max", 100.0, 80.0),
        ("space.flow.rate.max", 1.0, 2.0),
    ]
    assert new.name == SPEC.name
    assert changes[0].as_json() == {"path": "space.temperature.max", "old": 100.0, "new": 80.0}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "second"),
        ("seed", 1),
        ("version", 1.0),
        ("candidates", "b.csv"),
        ("lab.file", "b.csv"),
        ("lab", None),
        ("clock", "virtual"),
        ("pace", 2),
        ("space.new", {"min": 0, "max": 1}),
        ("space.solvent", {"min": 0, "max": 1}),
        ("space.temperature.unit", "K"),
        ("objectives.new", {"goal": "max"}),
        ("objectives.yield.unit", "percent"),
        ("space", {"temperature": {"min": 20, "max": 100, "unit": "degC"}}),
    ],
)
def test_what_makes_another_campaign_is_refused(path: str, value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        steered(SPEC, {path: value})
    assert caught.value.field is not None
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("budget.experimets", 3),
        ("batch", 0),
        ("space.temperature.max", "5 mL"),
        ("stop.reach.other", 1),
        ("batch.x", 1),
    ],
)
def test_wrong_steering_is_refused(path: str, value: Any) -> None:
    with pytest.raises(SpecError):
        steered(SPEC, {path: value})


def test_names_come_and_go_one_by_one() -> None:
    hand = parse_spec({**plain(SPEC), "lab": None})
    new, changes = steered(hand, {"space.salt.kind": {"choices": ["none", "NaCl"]}, "objectives.cost": None})
    assert [(change.path, change.old is None, change.new is None) for change in changes] == [
        ("space.salt.kind", True, False),
        ("objectives.cost", False, True),
    ]
    assert list(new.space) == ["temperature", "flow.rate", "solvent", "salt.kind"]
    back, _ = undone(new, changes)
    assert back == hand
    assert applied(hand, [Change.from_json(change.as_json()) for change in changes]) == new


def test_the_order_of_names_in_a_file_is_no_change() -> None:
    hand = plain(SPEC) | {"lab": None}
    turned = {**hand, "space": dict(reversed(hand["space"].items())), "batch": 3}
    new, changes = steered_to(parse_spec(hand), parse_spec(turned))
    assert [change.path for change in changes] == ["batch"]
    assert list(new.space) == list(SPEC.space)


def test_undo_is_refused_where_the_field_was_changed_again() -> None:
    first, changes = steered(SPEC, {"batch": 2})
    second, _ = steered(first, {"batch": 3})
    with pytest.raises(StateError, match="changed again since") as caught:
        undone(second, changes)
    assert caught.value.field == "batch"
    assert caught.value.hint


def test_undo_leaves_later_changes_of_other_fields() -> None:
    first, changes = steered(SPEC, {"batch": 2})
    second, _ = steered(first, {"budget.experiments": 30})
    back, _ = undone(second, changes)
    assert (back.batch, back.budget.experiments) == (1, 30)
