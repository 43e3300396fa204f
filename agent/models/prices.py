"""Prices of models, from the tables that the package genai-prices brings along; no network is asked.

Source: https://github.com/pydantic/genai-prices. A price is known by the address of the provider and the model's name.
Behind an address of one's own the same name says nothing about what is paid: there a person may say it, by the million
tokens, in the setting ``model_prices``.
"""

from __future__ import annotations

from dataclasses import dataclass

_MILLION = 1e6


@dataclass(frozen=True)
class Price:
    """What a model costs as a person says it, in US dollars per million tokens, sent and received.

    >>> Price(0.5, 1.5).of(200_000, 100_000)
    0.25
    """

    sent: float
    received: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """Return what so many tokens cost, in US dollars."""
        return (tokens_in * self.sent + tokens_out * self.received) / _MILLION


def cost_usd(model: str, base_url: str, tokens_in: int, tokens_out: int, cached: int = 0) -> float | None:
    """Return what a call costs in US dollars; None where the price is not known.

    Args:
        model: the name, as the server calls it.
        base_url: the address of the server.
        tokens_in: tokens sent, the cached ones among them.
        tokens_out: tokens received.
        cached: tokens sent that the server had kept, and takes less for.

    >>> cost_usd("gpt-4.1", "http://localhost:8000/v1", 1000, 100) is None
    True
    """
    from genai_prices import Usage, calc_price

    counted = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=min(cached, tokens_in))
    try:
        return float(calc_price(counted, model, provider_api_url=base_url).total_price)
    except (LookupError, ValueError):
        return None
