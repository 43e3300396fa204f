"""Events of models: what their answers took; with the account that turns and advice hold of the models asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.campaign.record.case import BEFORE, BY, WHO, WORDS, Case, body, refused, without

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.model_use import ModelUse, total
from zosimos.campaign.record.state import State

COUNT = st.integers(0, 10**6)
USE = body(
    model=st.sampled_from(["openai:a", "openai:b"]),
    calls=st.integers(1, 9),
    tokens_in=COUNT,
    tokens_out=COUNT,
    cost_usd=st.none() | st.floats(0, 9),
    estimated=st.booleans(),
)
USED: dict[str, Any] = {"model": "openai:a", "calls": 1, "tokens_in": 100, "tokens_out": 5}
USED |= {"cost_usd": None, "estimated": False}
ASKED: dict[str, Any] = {"purpose": "chat", "usage": [USED], "seconds": 0.5, "by": BY}
NAMES = st.lists(WORDS, max_size=2)
ACCOUNT = body(
    answered=NAMES,
    failed=st.lists(body(model=WORDS, why=WORDS), max_size=2),
    usage=st.lists(USE, max_size=2),
    seconds=st.floats(0, 99),
    prompt=WORDS,
    seen=st.integers(0, 99),
    exchanges=NAMES,
    tools=NAMES,
)
GOOD: dict[str, Any] = {"answered": ["openai:a"], "failed": [], "usage": [USED], "seconds": 0.5, "prompt": "p"}
GOOD |= {"seen": 3, "exchanges": [], "tools": []}
WRONG_USES: list[Any] = [
    3,
    {},
    *({**USED, "tokens_in": wrong} for wrong in (-1, 0.5, "many", None)),
    *({**USED, "cost_usd": wrong} for wrong in (-0.5, "much")),
    {**USED, "estimated": 1},
    {**USED, "model": None},
]
WRONG_ACCOUNTS: list[Any] = [
    3,
    *without(GOOD, *GOOD),
    *({**GOOD, "usage": [wrong]} for wrong in WRONG_USES),
    *({**GOOD, name: [3]} for name in ("answered", "failed", "exchanges", "tools")),
    {**GOOD, "failed": [{"model": "openai:a"}]},
    {**GOOD, "seen": "3"},
]
"""Accounts that no turn and no advice may hold."""


def _asked(was: State, now: State, event: Event) -> None:
    before, after = total(was), total(now)
    used = event.body["usage"]
    for name in ("calls", "tokens_in", "tokens_out"):
        assert getattr(after, name) - getattr(before, name) == sum(one[name] for one in used)
    assert after.unpriced - before.unpriced == sum(one["calls"] for one in used if one["cost_usd"] is None)
    assert set(now.models[event.body["purpose"]]) >= {one["model"] for one in used}
    assert all(isinstance(use, ModelUse) for by_model in now.models.values() for use in by_model.values())


CASES: Mapping[str, Case] = {
    "models.asked": Case(
        body(
            purpose=st.sampled_from(["chat", "advice"]),
            usage=st.lists(USE, min_size=1, max_size=3),
            seconds=st.floats(0, 99),
            by=WHO,
        ),
        _asked,
        frozenset({"models"}),
        refused(
            "models.asked",
            *without(ASKED, *ASKED),
            *({**ASKED, "usage": [wrong]} for wrong in WRONG_USES),
            *({**ASKED, "purpose": wrong} for wrong in ("fun", 3)),
            {**ASKED, "seconds": "long"},
        ),
        (*BEFORE, Draft("models.asked", ASKED)),
    ),
}
