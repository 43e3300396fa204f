"""Answers in other forms: made completions, or left as they are; nothing that a server sends breaks the reading."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.models.answers import CutOffError, as_completion

KEYS = st.sampled_from(
    ["choices", "message", "delta", "content", "tool_calls", "function", "function_call", "arguments", "name", "index"]
) | st.sampled_from(["finish_reason", "usage", "error", "text", "id"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANSWERS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@given(ANSWERS)
def test_any_answer_is_made_a_completion_or_left(answer: Any) -> None:
    as_completion(json.dumps(answer).encode())


@given(st.lists(ANSWERS, max_size=4), st.booleans())
def test_any_stream_is_made_a_completion_or_left_or_was_cut_off(events: list[Any], ends: bool) -> None:
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + ("data: [DONE]\n\n" if ends else "")
    try:
        found = as_completion(stream.encode())
    except CutOffError:
        assert not ends
    else:
        assert isinstance(found, bytes)


@given(st.binary(max_size=200))
def test_any_bytes_are_left(body: bytes) -> None:
    as_completion(body)


@given(st.text(), st.lists(st.integers(1, 4)))
def test_the_parts_of_a_stream_add_up_to_what_was_said(said: str, cuts: list[int]) -> None:
    parts, rest = [], said
    for cut in cuts:
        parts.append(rest[:cut])
        rest = rest[cut:]
    deltas = [{"choices": [{"delta": {"content": part}}]} for part in (*parts, rest)]
    stream = "".join(f": ping\r\ndata: {json.dumps(delta)}\r\n\r\n" for delta in deltas) + "data: [DONE]\r\n\r\n"
    found = json.loads(as_completion(stream.encode()))
    assert found["choices"][0]["message"]["content"] == said


@pytest.mark.parametrize("end", [b"", b'data: {"choices": [{"delta": {"content": " and"}}]}\n\n'])
def test_a_stream_that_does_not_say_that_it_ends_was_cut_off(end: bytes) -> None:
    with pytest.raises(CutOffError):
        as_completion(b'data: {"choices": [{"delta": {"content": "yes"}}]}\n\n' + end)


def test_an_error_in_a_stream_stays_one() -> None:
    found = json.loads(as_completion(b'data: {"error": {"message": "overloaded"}}\n\n'))
    assert found["error"] == {"message": "overloaded"}
