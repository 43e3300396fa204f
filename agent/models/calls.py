"""Calls in text: tool calls that a model wrote out, because its server or the model itself knows no other way.

Read are ``{"name": ..., "arguments": {...}}`` and its kin (``tool`` and ``args``; all under ``function``,
``tool_calls`` or ``function_call``; several in a list), bare, in fences or between ``<tool_call>`` tags, after words or
none. Only a tool that was offered can be called; everything else is text. Whatever a text holds, it is read in time
that grows with its length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NoReturn

MOST = 12
"""Calls in one answer; one with more is text."""

_LONGEST = 200_000  # characters; a longer text is no call
_TRIES = 50  # beginnings that turn out to be no JSON; then the rest is text
_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGUMENTS = ("arguments", "args", "parameters", "input", "tool_input", "action_input")
_WRAPPED = ("tool_calls", "tool_call", "function_call", "function")
_DEEPEST = 4  # lists and wrappers around a call
_STRAY = "}]);,. \n\r\t"  # what weak models write behind a call
_THOUGHT = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_BEGIN = re.compile(r"\{\s*\"|\[\s*\{")
_AROUND = re.compile(
    r"```[\w-]*|</?tool_calls?>|</?function_calls?>|\[/?TOOL_CALLS?\]|<\|[\w ]{1,40}\|>", re.IGNORECASE
)


def without_thoughts(text: str) -> str:
    r"""Return an answer without what a model thought aloud.

    An answer that begins with a thought that does not end is all thought. Elsewhere a tag without its other half is
    text like any other: it may be quoted from data.

    >>> without_thoughts("<think>is it e0007?</think>It is e0007.")
    'It is e0007.'
    >>> without_thoughts("a server kept the first tag\n</think>\nYes."), without_thoughts("<think>or")
    ('Yes.', '')
    """
    kept: list[str] = []
    depth, place, opened = 0, 0, 0
    for tag in _THOUGHT.finditer(text):
        if not tag[1]:
            opened = tag.start() if depth == 0 else opened
            depth += 1
        elif depth > 0:
            depth -= 1
            if depth == 0:
                kept.append(text[place:opened])
                place = tag.end()
        elif not kept and text[tag.end() : tag.end() + 1] in ("", "\n", "\r"):
            place = tag.end()
    if depth == 0 or "".join((*kept, text[place:opened])).strip():
        kept.append(text[place:])
    return "".join(kept).strip()


def calls_in(
    text: str, offered: Collection[str], wanted: tuple[str, Collection[str]] | None = None, *, set_off: bool
) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    r"""Return the calls in a text, each a name and arguments, and the words that are no call.

    Args:
        text: the answer, without thoughts.
        offered: the names of the tools that may be called.
        wanted: the tool that must be called and the names of its arguments; these alone are a call of it, too.
        set_off: whether only calls count that have their lines to themselves, or that no words follow: others are
            quoted.

    >>> calls_in('I look.\n```json\n{"tool": "status", "args": {}}\n```', ["status"], set_off=True)
    ([('status', {})], 'I look.')
    >>> calls_in('{"name": "status"} is what one would call.', ["status"], set_off=True)
    ([], '{"name": "status"} is what one would call.')
    >>> calls_in('{"name": "rm", "arguments": {}}', ["status"], set_off=False)
    ([], '{"name": "rm", "arguments": {}}')
    >>> calls_in('{"experiment": "e0001"}', ["explain"], ("explain", ["experiment"]), set_off=True)
    ([('explain', {'experiment': 'e0001'})], '')
    """
    found: list[tuple[str, dict[str, Any]]] = []
    words, place, alone = [], 0, True
    for start, end, value in _json(text):
        calls = _calls(value, offered)
        if not calls and wanted and isinstance(value, dict) and not value.keys().isdisjoint(wanted[1]):
            calls = [(wanted[0], value)]
        if calls:
            found += calls
            if len(found) > MOST:
                return [], text
            alone = alone and _alone(text, start, end)
            words.append(text[place:start])
            place = end
    rest = _plain(text[place:]).lstrip(_STRAY)
    if not found or (set_off and rest and not alone):
        return [], text
    return found, _plain("\n".join((*words, rest)))


def _alone(text: str, start: int, end: int) -> bool:
    """Say whether no words share the lines of a part of a text."""
    line = text.find("\n", end)
    before, after = text[text.rfind("\n", 0, start) + 1 : start], text[end : len(text) if line < 0 else line]
    return not _plain(before) and not _plain(after).strip(_STRAY)


def _plain(text: str) -> str:
    """Return words without what goes around calls."""
    return _AROUND.sub("", text).strip()


def _json(text: str) -> Iterator[tuple[int, int, Any]]:
    """Yield the outermost JSON objects and lists of a text, with where they begin and end.

    After a beginning that is none, only a later line can hold another: what stands inside it is not looked at.
    """
    place = failures = 0
    while len(text) <= _LONGEST and failures < _TRIES:
        begin = _BEGIN.search(text, place)
        if begin is None:
            return
        try:
            value, end = _DECODER.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            failures += 1
            line = text.find("\n", begin.start())
            if line < 0:
                return
            place = line
        else:
            yield begin.start(), end, value
            place = end


def _calls(value: Any, offered: Collection[str], depth: int = 0) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls that a JSON value is; none unless all of it is calls."""
    if isinstance(value, list):
        parts = [_calls(item, offered, depth + 1) for item in value] if len(value) <= MOST and depth < _DEEPEST else []
        return [call for part in parts for call in part] if all(parts) else []
    if not isinstance(value, dict):
        return []
    inner = next((value[key] for key in _WRAPPED if isinstance(value.get(key), (dict, list))), None)
    if inner is not None:
        return _calls(inner, offered, depth + 1) if depth < _DEEPEST else []
    call = _call(value, offered)
    return [call] if call is not None else []


def _call(value: Mapping[str, Any], offered: Collection[str]) -> tuple[str, dict[str, Any]] | None:
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    if name not in offered:
        return None
    key = next((key for key in _ARGUMENTS if key in value), None)
    if key is None:  # without arguments, it must hold nothing else
        return (str(name), {}) if value.keys() <= {*_NAMES, "type", "id"} else None
    given = value[key]
    if isinstance(given, str):
        try:
            given = _DECODER.decode(given) if given.strip() else {}
        except (ValueError, RecursionError):
            return None
    given = {} if given is None else given
    return (str(name), given) if isinstance(given, dict) else None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_number)
