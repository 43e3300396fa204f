"""Calls in text: read in every form that models write them, and never where none was offered or meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.models.calls import MOST, calls_in, without_thoughts

GIVEN = {"parameter": "x", "max": 0.3}
CALL = ("propose_bounds", GIVEN)
ONE = json.dumps({"name": "propose_bounds", "arguments": GIVEN})
OFFERED = ("propose_bounds", "status")


def read(text: str, *, set_off: bool = True) -> list[tuple[str, dict[str, Any]]]:
    return calls_in(without_thoughts(text), OFFERED, set_off=set_off)[0]


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"```json\n{ONE}\n```",
        f"```\n{ONE}\n```\n",
        f"I will propose it.\n\n```json\n{ONE}\n```",
        f"I will propose it: {ONE}",
        f"<think>or status? {{}}</think>\n{ONE}",
        f"so it is propose_bounds\n</think>\n\n{ONE}",
        f"<tool_call>\n{ONE}\n</tool_call>",
        f"<tool_call>{ONE}",
        f"[TOOL_CALLS] [{ONE}]",
        f"<|python_tag|>{ONE}",
        f"{ONE}}}",
        f"I will do that.\n{ONE}\nIs that right?",
        f"```json\n{ONE}\n```\nThat narrows x.",
        json.dumps({"tool": "propose_bounds", "args": GIVEN}),
        json.dumps({"name": "propose_bounds", "parameters": GIVEN}),
        json.dumps({"action": "propose_bounds", "action_input": GIVEN}),
        json.dumps({"function": "propose_bounds", "arguments": GIVEN}),
        json.dumps({"function": {"name": "propose_bounds", "arguments": GIVEN}}),
        json.dumps({"function_call": {"name": "propose_bounds", "arguments": json.dumps(GIVEN)}}),
        json.dumps({"type": "function", "id": "a", "function": {"name": "propose_bounds", "arguments": GIVEN}}),
        json.dumps({"tool_calls": [{"type": "function", "function": {"name": "propose_bounds", "arguments": GIVEN}}]}),
        json.dumps({"name": "propose_bounds", "arguments": json.dumps(GIVEN)}),
    ],
)
def test_a_call_is_read_in_any_form(text: str) -> None:
    assert read(text) == [CALL]


@pytest.mark.parametrize(
    "text", [f"{ONE}\n{ONE}", f"[{ONE}, {ONE}]", f"<tool_call>{ONE}</tool_call>\n<tool_call>{ONE}</tool_call>"]
)
def test_several_calls_are_read_in_order(text: str) -> None:
    status = json.dumps({"name": "status", "arguments": {}})
    assert read(text.replace(ONE, status, 1)) == [("status", {}), CALL]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All is well.",
        f"One would send {ONE} for that.",
        f"{ONE} is what one would send.",
        f"- {ONE}\n- or something else",
        '{"name": "rm", "arguments": {}}',
        '{"name": "Status", "arguments": {}}',
        '{"name": ["status"], "arguments": {}}',
        '{"name": "status", "arguments": [1]}',
        '{"name": "status", "arguments": "rm -rf"}',
        '{"name": "status", "best": 3}',
        f'{{"result": {ONE}}}',
        f"[{ONE}, 3]",
        f'[{ONE}, {{"name": "rm"}}]',
        f'{{"note": "{ONE}"}}',
        f'{{"broken": {ONE}',
        '{"name": "status", "arguments": {"x": NaN}}',
        '{"tool_calls": ' * 30 + ONE + "}" * 30,
        "\n".join([ONE] * (MOST + 1)),
        f"<think>{ONE}",
        f"<think>{ONE}</think>I shall not.",
    ],
)
def test_all_else_is_text(text: str) -> None:
    assert read(text) == []


def test_where_a_server_knows_no_tools_words_may_stand_around_a_call() -> None:
    assert read(f"I call {ONE} now.", set_off=False) == [CALL]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>a<think>b</think>c</think>yes", "yes"),
        ("one <thinking>two</thinking>three", "one three"),
        ("<THINK>never ends", ""),
        ("the sample is called <think>", "the sample is called <think>"),
        ("the sample </think> is fine", "the sample </think> is fine"),
    ],
)
def test_thoughts_are_left_out_and_words_are_not(text: str, left: str) -> None:
    assert without_thoughts(text) == left


PIECES = st.sampled_from([*'{}[]":,\n `\\', "{}", "tool_calls", "function", "null", "1e999", ONE]) | st.sampled_from(
    ['"status"', '"rm"', '"a"', "```json", "<think>", "</think>", "<tool_call>", '{"name": ', '"name"', '"arguments"']
)
JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200), st.booleans())
def test_reading_never_fails_and_never_finds_a_tool_that_was_not_offered(text: str, set_off: bool) -> None:
    wanted = ("status", ["experiment"])
    found, rest = calls_in(without_thoughts(text), ["status"], wanted if set_off else None, set_off=set_off)
    assert {name for name, _ in found} <= {"status"}
    assert all(isinstance(arguments, dict) for _, arguments in found)
    assert len(found) <= MOST
    assert len(rest) <= len(text)


@given(JSON)
def test_arguments_arrive_as_they_were_written(value: Any) -> None:
    call = {"name": "status", "arguments": {"value": value}}
    assert read(json.dumps(call)) == [("status", {"value": value})]
    assert read(f"```json\n{json.dumps(call, ensure_ascii=False, indent=1)}\n```") == [("status", {"value": value})]


def tries(piece: str, length: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many characters JSON is looked for in, over all beginnings that are tried."""
    looked_at = 0
    decode = json.JSONDecoder.raw_decode

    def counted(self: json.JSONDecoder, text: str, place: int = 0) -> Any:
        nonlocal looked_at
        try:
            value, end = decode(self, text, place)
        except (ValueError, RecursionError):
            looked_at += len(text) - place
            raise
        looked_at += end - place
        return value, end

    with monkeypatch.context() as patched:
        patched.setattr(json.JSONDecoder, "raw_decode", counted)
        calls_in(without_thoughts(piece * (length // len(piece))), OFFERED, set_off=False)
    return looked_at


@pytest.mark.parametrize(
    "piece",
    ["{", '{"a":', "[", "[{", '{"', '{"a":"', "<think>", "```", '{ "\n', '{"name": "status"}', '["\n[{"\n', "{ "],
)
def test_hostile_text_is_read_in_work_that_grows_with_its_length(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tries(piece, 100_000, monkeypatch) <= 51 * 100_000
    assert tries(piece, 100_000, monkeypatch) <= 4 * max(tries(piece, 50_000, monkeypatch), 1)
