"""A turn again: another model gets a message on record, with the same prompt and tools, and does nothing.

A call that is on record returns what it returned then. Of any other, what looks is answered from the record as it
stood; what proposes is worked out as it would have been filed, and noted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, ToolMessage

from zosimos.agent.chat import MODEL_CALLS, TOOL_CALLS
from zosimos.agent.models.exchange import arguments, heard
from zosimos.agent.models.turn import Limits, asking
from zosimos.agent.quotation import disarmed, disarmed_data
from zosimos.agent.replaying.asked import Compared, OnRecord
from zosimos.agent.replaying.past import Noting, Past
from zosimos.agent.tools import Toolbox
from zosimos.agent.tracing import tracing
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import ModelError, PlanningError, ZosimosError
from zosimos.core.records import Candidate

_LONGEST = 2000  # characters of an answer that is shown


def turn_again(
    one: OnRecord,
    filed: Sequence[Mapping[str, Any]],
    past: Past,
    setup: Setup,
    model: BaseChatModel,
    limits: Limits,
    *,
    traced: bool = False,
) -> Compared:
    """Ask another model the message of a turn on record, and return what it does beside what was done.

    Args:
        one: the turn.
        filed: what was proposed in it, as :func:`~zosimos.agent.replaying.past.said` puts it.
        past: the record as it stood when it began.
        setup: the campaign's setup.
        model: the other model.
        limits: what the turn may take.
        traced: whether langchain may trace it, as its own variables say.
    """
    body, tokens = one.body, past.state.tokens()
    recorded = {
        "calls": [_call(call["tool"], call["arguments"]) for call in body["calls"]],
        "proposals": [dict(item) for item in filed],
        "answer": body["answered"],
    }
    notes = Noting(past.state, body["model"])
    box = Toolbox(past, setup, notes, _not_decided, person=notes, said=body["asked"])
    known = _Known(one, box)
    problem, text = "", ""
    with tracing(wanted=traced), asking(limits) as turn:
        try:
            text = _spoken(model, one.exchanges[0], known)
        except ModelError as error:
            problem = disarmed(error.message)
    now = {"calls": known.calls, "proposals": notes.proposed}
    differ = tuple(name for name in now if _same(recorded[name]) != _same(now[name]))
    found = {**disarmed_data(now, tokens), "answer": disarmed(text[:_LONGEST], tokens)}
    shown = (one.seq, "chat", body["asked"], one.models, recorded, found)
    return Compared(*shown, () if problem else differ, problem, turn.usage)


def _spoken(model: BaseChatModel, first: Mapping[str, Any], known: _Known) -> str:
    """Let a model speak and call tools until it answers in words, and return these.

    Raises:
        ModelError: it cannot be asked, says nothing, or comes to no end.
    """
    messages: list[BaseMessage] = [heard(one) for one in first["messages"]]
    tools = [dict(tool) for tool in first["tools"]]
    bound = model.bind_tools(tools) if tools else model
    for _ in range(MODEL_CALLS):
        reply = bound.invoke(messages)
        if not (reply.tool_calls or reply.invalid_tool_calls):
            return reply.text
        messages.append(reply)
        for call in reply.tool_calls:
            result = known.result(call["name"], call["args"])
            messages.append(ToolMessage(result, tool_call_id=str(call["id"]), name=call["name"]))
        for broken in reply.invalid_tool_calls:
            words = "The arguments are not JSON, so nothing was done."
            messages.append(ToolMessage(words, tool_call_id=str(broken["id"]), name=str(broken["name"])))
    raise ModelError(f"it went on calling tools and came to no answer in {MODEL_CALLS} answers", field="model")


class _Known:
    """What tools return: what they returned on record, else what they would have."""

    def __init__(self, one: OnRecord, box: Toolbox) -> None:
        self._results, self._tools = _results(one.exchanges[-1]["messages"]), box.tools()
        self.calls: list[dict[str, Any]] = []

    def result(self, name: str, given: Mapping[str, Any]) -> str:
        """Return what a call returns."""
        tool = next((tool for tool in self._tools if tool.name == name), None)
        if tool is None or len(self.calls) >= TOOL_CALLS:
            return json.dumps({"error": "there is no such tool" if tool is None else "too many calls in one turn"})
        self.calls.append(_call(name, given))
        before = self._results.get(_key(name, given))
        if before is not None and not name.startswith("propose_"):
            return before
        try:
            now = str(tool.invoke(dict(given)))
        except (ZosimosError, ValueError, TypeError) as error:  # pydantic's are ValueErrors
            now = json.dumps({"error": str(error)[:_LONGEST]})
        return now if before is None else before


def _results(messages: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what calls returned in a prompt, by tool and arguments."""
    called: dict[str, str] = {}
    found: dict[str, str] = {}
    for message in messages:
        for call in message.get("tool_calls", ()):
            given = arguments(call["function"]["arguments"])
            called[call["id"]] = "" if given is None else _key(call["function"]["name"], given)
        if message["role"] == "tool" and called.get(message["tool_call_id"]):
            found[called[message["tool_call_id"]]] = message["content"]
    return found


def _call(tool: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"tool": tool, "arguments": dict(given)}


def _key(tool: str, given: Mapping[str, Any]) -> str:
    try:
        return canonical_json([tool, _bare(given)])
    except (ValueError, TypeError, UnicodeEncodeError):
        return ""


def _same(items: object) -> str:
    """Return data as it is compared."""
    return json.dumps(_bare(items), sort_keys=True, ensure_ascii=True)


def _bare(items: object) -> object:
    """Return data without reasons, which are words and decide nothing, and without what is left at its default."""
    if isinstance(items, Mapping):
        return {name: _bare(item) for name, item in items.items() if name != "reason" and item not in (None, "")}
    return [_bare(item) for item in items] if isinstance(items, list | tuple) else items


def _not_decided(_setup: Setup, _inputs: Inputs) -> Sequence[Candidate]:
    """Preview nothing: what was shown on record is known, and of the rest only what would be proposed counts."""
    raise PlanningError("nothing is previewed in a replay")
