"""Refusals: which part of a request a server does not know, so that it is asked again without it.

Seen in the wild: no tools (400 and 404 of hosted models, 500 of llama.cpp without ``--jinja``), no ``tool_choice`` or
none that names a tool, no other temperature than its own, no parameter that came into the protocol later. Some servers
name the part, some only refuse; then parts are left out one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import openai
from langchain_core.messages import BaseMessage

from zosimos.agent.models.described import in_words

NAMED_CHOICE = "tool_choice that names a tool"
TOOLS = "tools"
STREAM = ("stream", "stream_options")
_PARTS = (
    ("tool_choice", re.compile(r"tool[ _]?choice")),
    ("parallel_tool_calls", re.compile(r"parallel[ _]tool")),
    ("stream_options", re.compile(r"stream[ _]options")),
    ("stream", re.compile(r"\bstream(?:ing)?\b")),
    ("response_format", re.compile(r"response[ _]format|json[ _]schema")),
    ("stop", re.compile(r"\bstop\b")),
    ("temperature", re.compile(r"temperature")),
    (TOOLS, re.compile(r"\btools?\b|\bfunctions?\b|function[ _]call")),
)
_NAMING = (400, 404, 422, 500, 501)
_SILENT = (400, 422, 501)
_ELSE = re.compile(
    r"context[ _](?:length|window|size)|too (?:long|large|many tokens)|content[ _](?:filter|policy|management)|safety"
    r"|quota|billing|credit|api[ _]key|model[ _]not[ _]found|(?:no such|unknown|invalid) model"
)


def refused_part(error: openai.APIStatusError, sent: Mapping[str, Any]) -> str | None:
    """Return the part of a request that its server refuses; None where it refuses something else.

    Args:
        error: what it said.
        sent: the parts that can be left out and were not.
    """
    code = error.status_code
    said = f"{error.param} {error.code} {error}".lower()
    there = [(part, named) for part, named in _PARTS if sent.get(part) is not None]
    if code not in _NAMING or _ELSE.search(said):
        return None
    found = next((part for part, named in there if named.search(said)), None)
    if found is None and code in _SILENT and there:
        found = there[0][0]
    return NAMED_CHOICE if found == "tool_choice" and isinstance(sent["tool_choice"], Mapping) else found


def without(
    refused: Collection[str], messages: Sequence[BaseMessage], options: Mapping[str, Any]
) -> tuple[Sequence[BaseMessage], dict[str, Any]]:
    """Return the messages and options of a request without the parts that its server refuses.

    Tools that are refused are described in words. A choice that must name no tool becomes a choice of any of them.
    """
    kept = {part: value for part, value in options.items() if part not in refused}
    if NAMED_CHOICE in refused and isinstance(kept.get("tool_choice"), Mapping):
        kept["tool_choice"] = "required"
    if TOOLS in refused and options.get(TOOLS):
        messages = in_words(messages, options[TOOLS], options.get("tool_choice"))
        kept = {part: value for part, value in kept.items() if part not in ("tool_choice", "parallel_tool_calls")}
    return messages, kept
