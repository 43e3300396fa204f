"""A language model as an advisor: one question with what is known, one typed answer, one chance to correct it.

What stands in the campaign, names and results of others included, goes to the model as data between marks. What comes
back can only ever be advice: it is scored against outcomes, and costs no more than its author's record is worth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zosimos.agent.data import RULE, as_data
from zosimos.agent.models.turn import LIMITS, Asked, Limits, asking
from zosimos.agent.models.usage import Budget
from zosimos.agent.tracing import tracing
from zosimos.core.errors import InputError, ModelError, SpecError, ZosimosError
from zosimos.core.validation import validated

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

    from zosimos.planners.advice import Answer

_LONGEST = 4000
_DIGEST = 16  # digits of the prompt's that stand beside the advice
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
        traced: whether langchain may trace the calls, as its own variables say.
        limits: what one advice may take, its correction included.
    """

    model: BaseChatModel
    name: str
    traced: bool = False
    limits: Limits = LIMITS

    def within(self, tokens: int | None, usd: float | None) -> ModelAdvisor:
        """Return the same advisor with so much to spend on one call, and no more than its own limits allow."""
        own = self.limits.budget
        budget = Budget(_least(own.tokens, tokens), _least(own.usd, usd))
        return replace(self, limits=replace(self.limits, budget=budget))

    async def advise(self, view: Mapping[str, Any]) -> Answer:
        """Return what the model advises.

        An answer that could not be used, corrected once, is empty and says what was wrong; so is one that did not come
        after the model was asked already. Either has its price.

        Raises:
            ModelError: the model could not be asked.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        from zosimos.agent.advising.answer import tool

        return self.answer([SystemMessage(_SYSTEM), HumanMessage(as_data(view))], [tool()], view)

    def answer(
        self, asked: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]], view: Mapping[str, Any]
    ) -> Answer:
        """Return what the model advises when it is asked so: a prompt on record, or a new one.

        Args:
            asked: the prompt.
            tools: the form that it fills in, as a tool.
            view: of the campaign, as it stands in the prompt.

        Raises:
            ModelError: the model could not be asked.
        """
        from langchain_core.messages import HumanMessage

        from zosimos.agent.advising.answer import NAME, GivenAdvice, read

        bound = self.model.bind_tools([dict(one) for one in tools], tool_choice=NAME)
        extra: list[BaseMessage] = []
        with asking(self.limits) as turn:
            for last in (False, True):
                try:
                    with tracing(wanted=self.traced):
                        message = bound.invoke([*asked, *extra])
                except ModelError as error:
                    if not turn.usage.calls:
                        raise
                    return self._paid(_unusable(error), turn.so_far())
                try:
                    found = read(validated(GivenAdvice, _handed_in(message)), view)
                except InputError as error:
                    if last:
                        return self._paid(_unusable(error), turn.so_far())
                    extra = [HumanMessage(_complaint(error, message))]
                else:
                    return self._paid(found, turn.so_far())
        raise AssertionError("the loop returns or raises")

    def _paid(self, answer: Answer, asked: Asked) -> Answer:
        """Return an answer with what it took: the account of the turn, and no other."""
        used = asked.usage
        tokens = {name: count for name, count in (("input", used.tokens_in), ("output", used.tokens_out)) if count}
        account = {**asked.models(), "seconds": round(asked.seconds, 3), "prompt": asked.prompt}
        account["exchanges"] = [one.as_json() for one in asked.exchanges]
        prompt, cost = asked.prompt[:_DIGEST], used.cost_usd if used.calls else None
        return replace(answer, model=self.name, prompt=prompt, tokens=tokens, cost=cost, kind="llm", asked=account)


def _least(*limits: Any) -> Any:
    """Return the lowest of the limits that there are; None: there is none."""
    return min((limit for limit in limits if limit is not None), default=None)


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


def _unusable(error: ZosimosError) -> Answer:
    """Return an answer of which nothing can be used, which has its price all the same."""
    from zosimos.planners.advice import Answer

    return Answer(left_out=[f"the whole answer: {error.message} ({error.field})"])
