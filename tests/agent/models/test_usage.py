"""Usage and budgets: sums that hold, prices from tables at hand, limits that refuse."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.models.prices import cost_usd
from zosimos.agent.models.usage import Budget, Usage, within
from zosimos.core.errors import ModelError, SettingsError

COUNTS = st.integers(0, 10**9)
USAGES = st.builds(Usage, COUNTS, COUNTS, st.none() | st.integers(0, 100).map(float), COUNTS, st.booleans())


@given(st.lists(USAGES))
def test_usages_add_up_and_an_unknown_price_stays_unknown(usages: list[Usage]) -> None:
    total = sum(usages, Usage())
    assert total.tokens == sum(one.tokens_in + one.tokens_out for one in usages)
    assert total.calls == sum(one.calls for one in usages)
    costs = [one.cost_usd for one in usages]
    assert total.cost_usd == (None if None in costs else sum(cost for cost in costs if cost is not None))
    assert total.estimated == any(one.estimated for one in usages)
    assert Usage(**total.as_json()) == total


def test_prices_are_known_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("no address is looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    whole = cost_usd("gpt-4.1", "https://api.openai.com/v1", 1_000_000, 0)
    assert whole is not None
    assert whole == pytest.approx(2.0, rel=0.9)
    assert cost_usd("gpt-4.1", "https://api.openai.com/v1", 0, 0) == 0.0
    cached = cost_usd("gpt-4.1", "https://api.openai.com/v1", 1_000_000, 0, 1_000_000)
    assert cached is not None
    assert cached < whole


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-4.1", "http://localhost:8000/v1"),
        ("gpt-nonsense", "https://api.openai.com/v1"),
        ("", ""),
        ("x" * 150, "http://x"),
    ],
)
def test_a_price_that_is_not_known_is_not_guessed(model: str, url: str) -> None:
    assert cost_usd(model, url, 1000, 100) is None


@pytest.mark.parametrize(
    ("budget", "spent", "says"),
    [
        (Budget(tokens=100), Usage(60, 40), "100 of 100 tokens"),
        (Budget(usd=0.5), Usage(1, 1, 0.5), "0.5000 of 0.5 US dollars"),
        (Budget(usd=0.5), Usage(1, 1, None), "price of the model is not known"),
        (Budget(tokens=1000, usd=0.5), Usage(1, 1, 0.6), "US dollars"),
    ],
)
def test_a_budget_that_is_used_up_or_cannot_be_kept_refuses(budget: Budget, spent: Usage, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        within(budget, spent)


@pytest.mark.parametrize("spent", [Usage(), Usage(50, 49, 0.49)])
def test_what_is_within_a_budget_passes(spent: Usage) -> None:
    within(Budget(tokens=100, usd=0.5), spent)
    within(Budget(), Usage(10**12, 0, None))


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf")])
def test_a_budget_is_a_positive_number(wrong: Any) -> None:
    with pytest.raises(SettingsError):
        Budget(tokens=wrong)
    with pytest.raises(SettingsError):
        Budget(usd=wrong)
