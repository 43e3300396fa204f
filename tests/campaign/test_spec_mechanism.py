"""``planner.formula`` in a campaign file: what it becomes, what is refused; specs on record stay as they were."""

from __future__ import annotations

from typing import Any

import pytest

from zosimos.campaign.definition.build import build_policy
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain, steered
from zosimos.campaign.setup import assemble
from zosimos.core.errors import SpecError


def spec_of(planner: dict[str, Any] | None = None, objectives: tuple[str, ...] = ("y",)) -> Any:
    data = {
        "name": "t",
        "space": {"x": {"min": 0, "max": 10}, "kind": {"choices": ["a", "b"]}},
        "objectives": {name: {"goal": "max"} for name in objectives},
        "budget": {"experiments": 9},
        **({} if planner is None else {"planner": planner}),
    }
    return parse_spec(data)


GIVEN = {"surrogate": "mechanistic", "formula": "a * x / (km + x)", "constants": {"a": [0, 9], "km": ["0.01", 10]}}


def test_a_formula_becomes_what_the_planner_fits() -> None:
    found = build_policy(spec_of(GIVEN)).mechanisms
    assert found is not None
    assert {name: formula.text for name, formula in found.formulas.items()} == {"y": "a * x / (km + x)"}
    assert found.constants == {"a": (0.0, 9.0), "km": (0.01, 10.0)}


def test_of_several_objectives_some_may_have_a_formula() -> None:
    planner = {**GIVEN, "formula": {"z": "a * x / (km + x)"}}
    found = build_policy(spec_of(planner, ("y", "z"))).mechanisms
    assert found is not None
    assert list(found.formulas) == ["z"]


def test_a_spec_without_a_formula_is_written_as_before_there_were_any() -> None:
    written = plain(spec_of({"start": 3}))["planner"]
    assert {"formula", "constants"}.isdisjoint(written)
    assert parse_spec(plain(spec_of(GIVEN))) == spec_of(GIVEN)


def test_a_formula_can_be_steered_in_and_out() -> None:
    plain_spec = spec_of()
    new, changes = steered(plain_spec, {f"planner.{name}": value for name, value in GIVEN.items()})
    assert new == spec_of(GIVEN)
    assert steered(new, {change.path: change.old for change in changes})[0] == plain_spec


@pytest.mark.parametrize(
    ("planner", "objectives", "field", "said"),
    [
        ({**GIVEN, "formula": 5}, ("y",), "planner.formula", "not a text"),
        ({**GIVEN, "formula": {"y": ["a"]}}, ("y",), "planner.formula", "not a text"),
        ({"surrogate": "mechanistic"}, ("y",), "planner.formula", "needs a formula"),
        ({"formula": "a * x", "constants": {"a": [0, 1]}}, ("y",), "planner.formula", "alone"),
        ({"surrogate": "gp", "constants": {"a": [0, 1]}}, ("y",), "planner.constants", "alone"),
        (GIVEN, ("y", "z"), "planner.formula", "of which measured quantity"),
        ({**GIVEN, "formula": "a * x +"}, ("y",), "planner.formula", "does not parse"),
        ({**GIVEN, "formula": {"y": "import os"}}, ("y",), "planner.formula.y", "does not parse"),
        ({**GIVEN, "formula": "a * km * kind"}, ("y",), "planner.formula", "'kind'"),
        ({**GIVEN, "constants": {"a": [0, 9]}}, ("y",), "planner.formula", "'km'"),
        ({**GIVEN, "constants": {"a": [9, 0], "km": [0, 1]}}, ("y",), "planner.constants.a", "leave nothing"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_field(
    planner: dict[str, Any], objectives: tuple[str, ...], field: str, said: str
) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        assemble(spec_of(planner, objectives), {})
    assert caught.value.field == field
    assert caught.value.allowed or caught.value.hint


def test_where_an_objective_is_made_of_others_a_formula_is_of_what_is_measured() -> None:
    spec = spec_of({**GIVEN, "formula": {"u": "a * x / (km + x)"}})
    made = parse_spec({**plain(spec), "objectives": {"y": {"goal": "max", "of": "u / v"}}})
    found = assemble(made, {}).policy(made).mechanisms
    assert found is not None
    assert list(found.formulas) == ["u"]
    with pytest.raises(SpecError, match="not measured"):
        assemble(parse_spec({**plain(made), "planner": {**GIVEN, "formula": {"y": "a * x / (km + x)"}}}), {})
