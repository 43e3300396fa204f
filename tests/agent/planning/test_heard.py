"""What a goal says without numbers is in the plan or named: restrictions, and names of the laboratory."""

from __future__ import annotations

import pytest
from chat_server import call, serving
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.models.names import make_model
from zosimos.agent.plan import plan
from zosimos.agent.planning.heard import restrictions, unused

GOOD = {"spec": {"lab": {"target": [40, 120, 80], "budget": "60 mL"}, "budget": {"experiments": 25}}}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("match it, never let the cell run dry, 25 runs", ["never let the cell run dry"]),
        ("match it. Do not use red dye. It is toxic", ["Do not use red dye", "It is toxic"]),
        ("ohne Rot bitte", ["ohne Rot bitte"]),
        ("no more than 25 experiments", []),
        ("no more than ten experiments", []),
        ("nothing runs without my approval", []),
        ("maximise the yield", []),
    ],
)
def test_a_restriction_without_a_number_is_heard(words: str, named: list[str]) -> None:
    assert restrictions(words) == named


def test_a_model_cannot_drop_a_restriction() -> None:
    words = "match (40, 120, 80) in at most 25 experiments with under 60 mL in total, never use red on top of blue"
    with serving([call("plan", GOOD)]) as server:
        found = plan(words, "colour", make_model("openai:scripted", base_url=server.url), rehearse=None)
    assert found.left_out == ("never use red on top of blue",)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("rinsing it with ethanol", ["ethanol", "rinse"]),
        ("put it into the water-bath", []),
        ("light it and ask me", []),
        ("wait for my approval", []),
        ("wait for a minute", ["wait"]),
        ("use sensor_2 or sensor 2", ["sensor_2"]),
    ],
)
def test_a_name_that_is_not_used_is_heard(words: str, named: list[str]) -> None:
    assert unused(words, ["water", "ethanol", "rinse", "light", "ask", "sensor_2", "wait"], []) == named
    assert unused(words, ["water", "rinse", "wait"], ["rinse", "wait"]) == []


@given(st.text(max_size=300))
def test_any_words_are_heard_without_an_error(words: str) -> None:
    assert all(part.strip() for part in restrictions(words))
    assert set(unused(words, ["water", "rinse"], ["water"])) <= {"rinse"}
