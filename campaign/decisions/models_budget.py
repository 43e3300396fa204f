"""The budget for models: what may be asked of language models in a campaign, by all purposes and programs together.

It is counted from the record, so it holds over restarts and for several programs at once. Each answer goes on record
before the next is asked for: so each program goes past it by one answer at most.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.record.model_use import ModelUse, total
from zosimos.campaign.record.state import State


@dataclass(frozen=True)
class Left:
    """What may still be spent on models: tokens, and US dollars; None is no limit."""

    tokens: int | None = None
    usd: float | None = None


def left(state: State) -> Left:
    """Return what is left of a campaign's budget for models; 0 where it is spent."""
    budget, used = state.spec.budget, total(state)
    tokens = None if budget.model_tokens is None else max(0, budget.model_tokens - used.tokens)
    usd = None if budget.model_usd is None else max(0.0, budget.model_usd - used.cost_usd)
    return Left(tokens, usd)


def spent_on_models(state: State, more: ModelUse | None = None) -> str:
    """Return in words which part of the budget for models is used up; empty: none.

    Args:
        state: the campaign.
        more: what was used and is not on record yet.
    """
    budget, used = state.spec.budget, total(state) + (more or ModelUse())
    if budget.model_tokens is not None and used.tokens >= budget.model_tokens:
        return f"{used.tokens} of {budget.model_tokens} tokens (budget.model_tokens)"
    if budget.model_usd is not None and used.cost_usd >= budget.model_usd:
        return f"{used.cost_usd:.4g} of {budget.model_usd:g} US dollars (budget.model_usd)"
    return ""


def asks_models(state: State, advisor: str) -> bool:
    """Say whether an advisor asks language models: by its name, or as it said itself in earlier calls."""
    seen = (call for call in state.calls if call.author == advisor)
    return advisor.startswith("openai:") or any(call.tokens or call.models.get("usage") for call in seen)


def told(state: State) -> dict[str, Any]:
    """Return what models took so far, by purpose and model, and what they may, as JSON data; empty: nothing."""
    budget, used = state.spec.budget, total(state)
    if not state.models and budget.model_tokens is None and budget.model_usd is None:
        return {}
    return {
        **used.as_json(),
        "by": {
            purpose: {model: use.as_json() for model, use in by_model.items()}
            for purpose, by_model in state.models.items()
        },
        "budget": {"tokens": budget.model_tokens, "usd": budget.model_usd},
        "spent": spent_on_models(state),
    }


def in_words(state: State) -> list[str]:
    """Return the same in words: a line for each model and purpose, and one for the budget.

    Names of models come from a campaign file or a person, and are words without blanks.
    """
    found = told(state)
    lines = [
        f"{_printable(model)} for {purpose}: {_use(use)}"
        for purpose, by_model in found.get("by", {}).items()
        for model, use in by_model.items()
    ]
    if len(lines) > 1:
        lines.append(f"all together: {_use(found)}")
    if found.get("spent"):
        lines.append(
            f"the budget for models is used up, {found['spent']}: no model is asked any more, "
            "and the rules without one go on"
        )
    elif found and any(limit is not None for limit in found["budget"].values()):
        lines.append(f"the budget for models: {_budget(state)}")
    return lines


def _use(use: Mapping[str, Any]) -> str:
    answers = "1 answer" if use["calls"] == 1 else f"{use['calls']} answers"
    about = "about " if use["estimated"] else ""
    tokens = f"{about}{use['tokens_in']} tokens in and {use['tokens_out']} out"
    if use["cost_usd"] is None:
        money = "price not known"
    else:
        money = f"{use['cost_usd']:.4g} $" + (f", and {use['unpriced']} without a price" if use["unpriced"] else "")
    return f"{answers}, {tokens}, {money}, {math.ceil(use['seconds'])} s"


def _budget(state: State) -> str:
    budget, used = state.spec.budget, total(state)
    parts = [] if budget.model_tokens is None else [f"{used.tokens} of {budget.model_tokens} tokens"]
    parts += [] if budget.model_usd is None else [f"{used.cost_usd:.4g} of {budget.model_usd:g} $"]
    unknown = f"; {used.unpriced} answers without a price are not in it" if used.unpriced else ""
    return " and ".join(parts) + (unknown if budget.model_usd is not None else "")


def _printable(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:160]
