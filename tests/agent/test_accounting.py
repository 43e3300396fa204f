"""Accounting: no number of a goal is passed over, and nobody who wants to be asked is left out."""

from __future__ import annotations

from typing import Any

import pytest
from chat_server import call, serving
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.accounting import asked_for, check_consent, unaccounted
from zosimos.agent.models.names import make_model
from zosimos.agent.plan import plan
from zosimos.core.errors import PlanError

GOAL = "match the colour (40,120,80) with at most 25 experiments, total volume under 60 mL, approve each one with me"


@pytest.mark.parametrize(
    ("words", "often"),
    [
        ("approve every experiment by me first", "each"),
        ("25 runs, and let me check each of them before it starts", "each"),
        ("nothing runs without my ok", "each"),
        ("check with me before each batch", "batch"),
        ("jeder Versuch braucht meine Freigabe", "each"),
        ("no need to ask me", None),
        ("run it without asking for my approval", None),
        ("approval: autonomous", None),
        ("match (40, 120, 80) in 25 experiments", None),
    ],
)
def test_a_wish_to_be_asked_is_heard(words: str, often: str | None) -> None:
    assert asked_for(words) == often


def test_a_plan_that_asks_less_often_than_wished_is_refused() -> None:
    for approval in ("each", "suggest"):
        check_consent("approve each one with me", approval)
    for approval in ("batch", "autonomous", None):
        with pytest.raises(PlanError, match="person's approval"):
            check_consent("approve each one with me", approval)
    check_consent("ask me before each batch", "batch")
    check_consent("go", "autonomous")


@pytest.mark.parametrize(
    ("words", "data", "left"),
    [
        ("0.06 L in total", {"lab": {"budget": "60 mL"}}, []),
        ("(1, 2, 3) in under 25 runs", {"lab": {"target": [1, 2, 3]}, "budget": {"experiments": 24}}, []),
        ("(1, 2, 3) at 3 bar", {"lab": {"target": [1, 2, 4]}}, ["(1, 2, 3)", "3 bar"]),
        ("use 0.3 L of each dye", {"lab": {"budget": "60 mL"}, "name": "0.3 L of each"}, ["0.3 L"]),
        ("25 experiments of 25 mL", {"budget": {"experiments": 25}}, ["25 mL"]),
        ("a 0.3 to 0.5 L", {"space": {"a": {"min": 0.3, "max": 0.5, "unit": "mL"}}}, ["0.3 L", "0.5 L"]),
        ("a 100 to 500 uL", {"space": {"a": {"min": 0.1, "max": 0.5, "unit": "mL"}}}, []),
        ("at 40 degC", {"lab": {"file": "runs/40/lab.yaml"}}, ["40 degC"]),
        ("keep it at 70 degC for 2 h", {"space": {"T": {"max": 70.0}}, "budget": {"time": "7200 s"}}, []),
    ],
)
def test_every_number_is_found_in_the_plan_or_named(words: str, data: dict[str, Any], left: list[str]) -> None:
    assert unaccounted(words, data) == left


@given(st.text(max_size=200))
def test_any_words_are_accounted_for(words: str) -> None:
    assert asked_for(words) in ("each", "batch", None)
    assert all(isinstance(said, str) for said in unaccounted(words, {"a": [1, {"b": "2 mL"}, None, True]}))


def test_the_offline_brain_hears_all_of_a_goal() -> None:
    found = plan(GOAL, "colour", make_model("offline"), rehearse=None)
    assert found.left_out == ()
    assert found.spec.approval == "each"
    assert found.data["lab"]["budget"] == "60 mL"


def test_an_amount_of_each_is_no_total() -> None:
    found = plan("match (40, 120, 80), use 0.3 L of each dye", "colour", make_model("offline"), rehearse=None)
    assert "budget" not in found.data["lab"]
    assert any("0.3 L" in line for line in found.left_out)


def test_a_model_that_drops_a_wish_to_be_asked_is_told_so_and_a_number_it_drops_is_named() -> None:
    own = {"lab": {"target": [40, 120, 80]}, "budget": {"experiments": 25}}
    deaf, better = {"spec": own}, {"spec": own | {"approval": "each"}, "left_out": ["approve"]}
    with serving([call("plan", deaf), call("plan", better)]) as server:
        model = make_model("openai:scripted", base_url=server.url)
        found = plan(GOAL, "colour", model, rehearse=None)
    assert (found.repairs, found.spec.approval) == (1, "each")
    assert found.left_out == ("approve", "60 mL")
