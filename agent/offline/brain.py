"""The offline model: a chat model like any other to the graph, which reads with rules and answers with templates.

It sees what every model sees: the system's text with its data, the person's words, the tools that are bound, and what
they returned. It fills in no value that nobody gave, and where it is not sure it asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from zosimos.agent.data import data_in
from zosimos.agent.models.exchange import exchange
from zosimos.agent.models.names import OFFLINE
from zosimos.agent.models.turn import current
from zosimos.agent.offline.intents import CLARIFY, Reading, read_chat
from zosimos.agent.offline.planning import read_goal
from zosimos.agent.offline.replies import reply
from zosimos.agent.offline.subject import subject_in

PLAN = "plan"
_HELP = (
    "I work without a language model: I know these commands, and plain sentences that say the same.\n"
    "  /status   /experiments   /explain   /explain e0001   /compare e0001 e0002   /spectrum e0001\n"
    "  /pause   /resume   /abort   /undo   /set NAME.max=0.3 mL   /set budget.experiments=40\n"
    "  /try NAME=0.2,NAME=0.3   /replicate e0001   /explore more   /avoid NAME > 0.4   /prior NAME=0.2±0.1\n"
    "  /correct e0001 OUTCOME=12.5   /exclude e0001   /note TEXT   /note e0001 TEXT\n"
    "  /proposals   /whatif budget.experiments=50   /forecast   /model\n"
    "  /find WORDS (in the laboratory's documents)\n"
    "Each change becomes a proposal; nothing happens until you approve it."
)
_AS_COMMAND = {
    "status": "/status: where the campaign stands",
    "explain": "/explain: what matters, or /explain e0001: why that one",
    "pause": "/pause: begin no new experiments",
    "resume": "/resume: go on",
    "abort": "/abort: end it for good",
    "undo": "/undo: take the last change back",
    "set_bounds": "/set NAME.max=0.3 mL: another range of a parameter",
    "set_objective": "/set objectives.NAME.goal=max: another aim",
    "set_budget": "/set budget.experiments=40: more or fewer experiments",
    "set_batch": "/set batch=4: more or fewer at a time",
    "add_constraint": "/set constraints=[a + b <= 1]: a rule between parameters",
    "pin_candidate": "/try NAME=0.2,NAME=0.3: this point next",
    "exploration": "/explore more, or /explore less",
    "replicate": "/replicate e0001: measure it again",
    "exclude": "/exclude e0001: its result counts no more",
    "correct": "/correct e0001 OUTCOME=12.5: the right value",
    "report": "the command `report`: the report as a page",
    "note": "/note TEXT: write it down",
    "hypothesis": "/prior NAME=0.2±0.1: where you believe the best lies",
}
_ELSEWHERE = {
    "report": "I write no files. These commands make the page, and give the data:",
    "hypothesis": "I can test no statement yet, so I did nothing. Where you believe the best lies counts as advice: "
    "/prior NAME=0.2±0.1",
}


class OfflineModel(BaseChatModel):
    """The model named ``offline``."""

    @property
    def _llm_type(self) -> str:
        return "zosimos-offline"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools it may call."""
        return self.bind(offered=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - the signature is langchain's
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        offered = kwargs.get("offered", [])
        answer = self._answer(messages, [tool["function"]["name"] for tool in offered])
        said = exchange(OFFLINE, messages, answer, tools=offered, choice=kwargs.get("tool_choice"))
        current().heard(said)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _answer(self, messages: Sequence[BaseMessage], tools: Sequence[str]) -> AIMessage:
        facts: Any = {}
        for message in messages:
            if isinstance(message, SystemMessage):
                facts = data_in(message.text) or facts
        results = _results(messages)
        if results:
            return AIMessage("\n".join(reply(name, found) for name, found in results))
        words = next((message.text for message in reversed(messages) if isinstance(message, HumanMessage)), "")
        if PLAN in tools:
            # The goal is the first thing said; what follows are the validator's words, which no rule here can use.
            goal = next((message.text for message in messages if isinstance(message, HumanMessage)), "")
            arguments = read_goal(data_in(goal) or goal, facts)
            return AIMessage(arguments) if isinstance(arguments, str) else _calls([(PLAN, arguments)])
        reading = read_chat(words, subject_in(facts))
        known = [call for call in reading.calls if call.tool in tools]
        if known and len(known) == len(reading.calls):
            return _calls([(call.tool, dict(call.arguments)) for call in known])
        return AIMessage(_question(reading))


def _calls(calls: Sequence[tuple[str, dict[str, Any]]]) -> AIMessage:
    made = [{"name": name, "args": args, "id": f"offline-{i}"} for i, (name, args) in enumerate(calls, start=1)]
    return AIMessage("", tool_calls=made)


def _results(messages: Sequence[BaseMessage]) -> list[tuple[str, Any]]:
    """Return what the tools called last returned, if that is where the conversation stands."""
    found: list[tuple[str, Any]] = []
    for message in reversed(messages):
        if not isinstance(message, ToolMessage):
            break
        try:
            found.append((message.name or "", json.loads(message.text)))
        except ValueError:  # the graph's own words about a call it refused
            found.append((message.name or "", {"error": message.text}))
    return found[::-1]


def _question(reading: Reading) -> str:
    if reading.question:
        return reading.question
    if reading.intent in _ELSEWHERE:
        return _ELSEWHERE[reading.intent]
    if reading.alternatives and reading.alternatives[0] != CLARIFY:
        meant = [_AS_COMMAND[intent] for intent in reading.alternatives if intent in _AS_COMMAND]
        return "I am not sure what you ask, so I did nothing. Did you mean:\n" + "\n".join(f"  {one}" for one in meant)
    return "I do not understand that, so I did nothing.\n" + _HELP
