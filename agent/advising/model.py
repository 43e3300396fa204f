"""A language model as an advisor: one question with what is known, one typed answer, one chance to correct it.

What stands in the campaign, names and results of others included, goes to the model as data between marks. What comes
back can only ever be advice: it is scored against outcomes, and costs no more than its author's record is worth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zosimos.agent.data import RULE, as_data
from zosimos.agent.models.names import OPENAI
from zosimos.agent.models.prices import cost_usd
from zosimos.agent.models.turn import LIMITS, Limits, asking
from zosimos.agent.tracing import tracing
from zosimos.core.errors import InputError, SpecError
from zosimos.core.validation import validated

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

    from zosimos.planners.advice import Answer

_LONGEST = 4000
_SYSTEM = f"""You advise an optimizer that plans experiments; it weighs you by how well you predict. Call the tool
"give_advice" once.

- Name up to 3 experiments worth doing that were not tried, each with every parameter, and what you expect there: mean,
  and the ends of an 80 % interval that you would bet on. You are scored by these against the outcomes: an interval that
  is too narrow, or a guess of the best at every point, costs you your influence.
- Use what chemistry or physics tells you, and the results: `own` says what came of your earlier predictions.
- Give a prior of where the best lies only if you have grounds for it. Leave empty what you have no grounds for.
- You can change nothing. What you `suggest` (how the work is divided among proposers, how many experiments at once,
  another acquisition, the end) is held against what `coordination` says of the record, and shown to a person.
- {RULE}
"""


@dataclass(frozen=True)
class ModelAdvisor:
    """An :class:`~zosimos.planners.advice.Advisor` that asks a language model.

    Args:
        model: whom it asks.
        name: of the model, for the record.
        priced: whether OpenAI's prices hold for it.
        traced: whether langchain may trace the calls, as its own variables say.
        limits: what one advice may take, its correction included.
    """

    model: BaseChatModel
    name: str
    priced: bool = False
    traced: bool = False
    limits: Limits = LIMITS

    async def advise(self, view: Mapping[str, Any]) -> Answer:
        """Return what the model advises.

        An answer that could not be used, corrected once, is empty and says what was wrong; it has its price.

        Raises:
            ModelError: the model could not be asked.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        from zosimos.agent.advising.answer import NAME, GivenAdvice, read, tool

        bound = self.model.bind_tools([tool()], tool_choice=NAME)
        asked: list[BaseMessage] = [SystemMessage(_SYSTEM), HumanMessage(as_data(view))]
        prompt = hashlib.sha256("\n".join(str(message.content) for message in asked).encode()).hexdigest()[:16]
        used = {"input": 0, "output": 0}
        extra: list[BaseMessage] = []
        with asking(self.limits):
            for last in (False, True):
                with tracing(wanted=self.traced):
                    message = bound.invoke([*asked, *extra])
                _count(used, message)
                try:
                    found = read(validated(GivenAdvice, _handed_in(message)), view)
                except InputError as error:
                    if last:
                        return self._paid(_unusable(error), prompt, used)
                    extra = [HumanMessage(_complaint(error, message))]
                else:
                    return self._paid(found, prompt, used)
        raise AssertionError("the loop returns or raises")

    def _paid(self, answer: Answer, prompt: str, used: Mapping[str, int]) -> Answer:
        tokens = {name: count for name, count in used.items() if count}
        return replace(answer, model=self.name, prompt=prompt, tokens=tokens, cost=self._cost(used), kind="llm")

    def _cost(self, used: Mapping[str, int]) -> float | None:
        """Return what OpenAI asks for these tokens, in US dollars; None: nobody says."""
        if not self.priced or not any(used.values()):
            return None
        return cost_usd(self.name, OPENAI, used["input"], used["output"])


def _count(used: dict[str, int], message: AIMessage) -> None:
    if message.usage_metadata is not None:
        used["input"] += message.usage_metadata["input_tokens"]
        used["output"] += message.usage_metadata["output_tokens"]


def _handed_in(message: AIMessage) -> Any:
    """Return what a model handed in: the tool's arguments, or JSON in its text, as weak servers send it.

    Raises:
        SpecError: neither.
    """
    from zosimos.agent.advising.answer import NAME

    calls = [call["args"] for call in message.tool_calls if call["name"] == NAME]
    if calls:
        return calls[0]
    text = message.text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        return json.loads(text[: 100 * _LONGEST])
    except (ValueError, RecursionError) as error:
        raise SpecError(
            "no advice was handed in",
            field="answer",
            value=text[:300],
            allowed=f"one call of the tool {NAME}, with JSON",
        ) from error


def _complaint(error: InputError, message: AIMessage) -> str:
    given = message.tool_calls[0]["args"] if message.tool_calls else message.text
    facts = {"your_answer": json.dumps(given, default=str)[:_LONGEST], "what_is_wrong": str(error)[:_LONGEST]}
    return "Your answer was refused. Hand in the whole advice again, corrected. " + as_data(facts)


def _unusable(error: InputError) -> Answer:
    """Return an answer of which nothing can be used, which has its price all the same."""
    from zosimos.planners.advice import Answer

    return Answer(left_out=[f"the whole answer: {error.message} ({error.field})"])
