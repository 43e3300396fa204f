"""Advice again: another model gets a prompt on record, and what it says is followed to the next decision, on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.language_models import BaseChatModel

from zosimos.agent.advising.model import ModelAdvisor
from zosimos.agent.data import data_in
from zosimos.agent.models.chain import called
from zosimos.agent.models.exchange import heard
from zosimos.agent.models.turn import Limits
from zosimos.agent.models.usage import Usage
from zosimos.agent.quotation import disarmed, disarmed_data
from zosimos.agent.replaying.asked import Compared, OnRecord
from zosimos.campaign.decisions.advising import Said
from zosimos.campaign.decisions.asking import fitting, short, trimmed, wishes_in
from zosimos.campaign.decisions.decide import Decide, inputs_recorded
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import ModelError, ZosimosError
from zosimos.core.ids import local_id
from zosimos.planners.advice import Advice, Exclude


def advice_again(
    one: OnRecord,
    given: Event | None,
    state: State,
    setup: Setup,
    model: BaseChatModel,
    limits: Limits,
    *,
    traced: bool = False,
) -> tuple[Compared, Advice | None]:
    """Ask another model for an advice on record, and return what it says, and as advice what of it fits the campaign.

    Args:
        one: the advice that was asked for.
        given: the event that holds what was advised; None: nothing was.
        state: the campaign as it stood then.
        setup: its setup.
        model: the other model.
        limits: what the advice may take.
        traced: whether langchain may trace it, as its own variables say.
    """
    call = state.calls[one.body["call"] - 1]
    kept = [] if given is None else list(given.body["items"])
    recorded = {"items": kept, "suggests": list(one.body["suggests"])}
    shown = (one.seq, "advice", call.moment, one.models, recorded)
    first = one.exchanges[0]
    advisor = ModelAdvisor(model, called(model), traced=traced, limits=limits)
    try:
        view = data_in(first["messages"][-1]["content"])
        heard_now = trimmed(advisor.answer([heard(item) for item in first["messages"]], first["tools"], view))
    except ModelError as error:
        return Compared(*shown, problem=disarmed(error.message)), None
    answer, usage = heard_now.answer, _used(heard_now.answer.asked)
    items = [item for item in answer.items if not isinstance(item, Exclude)]  # a wish, as on record
    spec, by = state.spec.advisor, {"name": call.author, "at": state.at}
    suggests = [*answer.suggests, *(short(one) for one in wishes_in(answer, setup, state, by))]
    lasting = 1 if spec is None else spec.lasting
    said = Said((), call.author, answer.kind, answer.reason, lasting)
    drafts, misfits = fitting(setup, state, items, said, by) if items else ([], [])
    body: Mapping[str, Any] = drafts[0].body if drafts else {}
    advised = Advice.from_json({**body, "id": body["advice"]}) if body else None
    left_out = [disarmed(words) for words in (*answer.left_out, *misfits)]
    now: dict[str, list[Any]] = {"items": list(body.get("items", ())), "suggests": suggests}
    problem = "" if items or suggests or not left_out else "; ".join(left_out)
    differ = () if problem else tuple(name for name in recorded if _bare(recorded[name]) != _bare(now[name]))
    found = disarmed_data(now, state.tokens()) | ({"left_out": left_out} if left_out else {})
    return Compared(*shown, found, differ, problem, usage), advised


def decided_then(
    recorded: Advice | None, other: Advice | None, state: State, made: Event, setup: Setup, decide: Decide
) -> dict[str, Any]:
    """Return what a decision on record would have been with other advice in the place of what was given.

    The other advice counts as its author's of then would: with the trust that the record gives them.

    Args:
        recorded: what was advised; None: nothing was.
        other: what would have been; None: nothing.
        state: the campaign before the decision.
        made: the decision.
        setup: the campaign's setup.
        decide: makes it, a pure function of its inputs.
    """
    name = str(made.body["decision"])
    try:
        inputs = inputs_recorded(state, made.body["inputs"])
        rest = [one for one in inputs.advice if recorded is None or one.id != recorded.id]
        if other is not None:
            place = recorded or replace(other, id=local_id("advice", len(state.advice) + 1))
            own = replace(other, id=place.id, given=place.given, until=place.until)
            rest += [own] if own.holds(inputs.seen) else []
        was, then = (
            [dict(candidate.values) for candidate in decide(setup, one)]
            for one in (inputs, replace(inputs, advice=tuple(sorted(rest, key=lambda one: one.id))))
        )
    except (ZosimosError, KeyError, IndexError) as error:
        words = error.message if isinstance(error, ZosimosError) else "the record lacks what it rested on"
        return {"decision": name, "unknown": words}
    return {"decision": name, "same": was == then, "as it was": was, "then": then}


def _bare(items: Sequence[Any]) -> str:
    """Return items as they are compared, without reasons, which are words."""
    return canonical_json(
        [{k: v for k, v in one.items() if k != "reason"} if isinstance(one, Mapping) else one for one in items]
    )


def _used(asked: Mapping[str, Any]) -> Usage:
    """Return what an account of an answer comes to."""
    uses = [{name: item for name, item in one.items() if name != "model"} for one in asked.get("usage", ())]
    return sum((Usage(**one) for one in uses), Usage())
