"""Spoken calls: tool calls that a model wrote as text, because its server knows no tools or it was never taught theirs.

Forms that are known, each in fences or not, one or several in a list: ``{"name": ..., "arguments": {...}}``, with
``parameters``, ``args`` or ``input`` in place of arguments and ``tool`` or ``function`` in place of name, the whole
under ``function`` or ``tool_calls``, and all of it between ``<tool_call>`` tags. A call to a tool that was not offered
is no call, and neither is JSON of another shape: it stays text. What stands between ``<think>`` tags is no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST = 8
"""Calls that one answer may hold."""

_LONGEST = 100_000  # characters that are looked at
_TRIES = 200  # braces from which an object is tried
_NAMES = ("name", "tool", "tool_name", "function")
_GIVEN = ("arguments", "parameters", "args", "input", "tool_input")
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_BEFORE = re.compile(r"\A.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)  # some servers keep the first tag
_AROUND = re.compile(r"</?tool_calls?>|```(?:json|tool_call|python)?", re.IGNORECASE)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class SpokenCall:
    """A tool, and what to call it with."""

    name: str
    arguments: Mapping[str, Any]


def without_thoughts(text: str) -> str:
    """Return an answer without what a model thought aloud.

    >>> without_thoughts("<think>is it e0007?</think>It is e0007."), without_thoughts("hm</think> yes")
    ('It is e0007.', 'yes')
    """
    text = _THOUGHT.sub("", text)
    return _BEFORE.sub("", text).strip()


def calls_in(text: str, offered: Collection[str]) -> tuple[list[SpokenCall], str]:
    r"""Return the calls of offered tools that a text holds, and the text without them.

    Args:
        text: what a model said, without its thoughts.
        offered: the names of the tools that it was offered.

    >>> calls_in('```json\n{"name": "status", "arguments": {}}\n```', ["status"])
    ([SpokenCall(name='status', arguments={})], '')
    >>> calls_in('{"name": "rm", "arguments": {}}', ["status"])
    ([], '{"name": "rm", "arguments": {}}')
    """
    found: list[SpokenCall] = []
    rest, end = [], 0
    for start, stop, value in _objects(text[:_LONGEST]):
        calls = [call for part in _parts(value) if (call := _call(part, offered)) is not None]
        if calls and len(found) + len(calls) <= MOST:
            found += calls
            rest.append(text[end:start])
            end = stop
    rest.append(text[end:])
    left = "".join(rest)
    return found, _AROUND.sub("", left).strip() if found else left


def _objects(text: str) -> Iterator[tuple[int, int, Any]]:
    """Yield the outermost JSON objects and lists of a text with where they stand; a few are tried, and none twice."""
    place, tries = 0, 0
    while tries < _TRIES and (match := re.compile(r"[{\[]").search(text, place)) is not None:
        tries += 1
        try:
            value, place_after = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            place = match.start() + 1
            continue
        yield match.start(), place_after, value
        place = place_after


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what may be a call: an object, those of a list, or those under ``tool_calls``."""
    if isinstance(value, list):
        yield from (item for item in value[:MOST] if isinstance(item, dict))
    elif isinstance(value, dict):
        inner = value.get("tool_calls")
        yield from (item for item in inner[:MOST] if isinstance(item, dict)) if isinstance(inner, list) else [value]


def _call(part: Mapping[str, Any], offered: Collection[str]) -> SpokenCall | None:
    inner = part.get("function")
    if isinstance(inner, dict):
        part = inner
    name = next((str(part[key]) for key in _NAMES if isinstance(part.get(key), str)), "")
    given: Any = next((part[key] for key in _GIVEN if key in part), {})
    if isinstance(given, str):
        try:
            given = json.loads(given) if given.strip() else {}
        except (ValueError, RecursionError):
            return None
    if given is None:
        given = {}
    return SpokenCall(name, given) if name in offered and isinstance(given, dict) else None
