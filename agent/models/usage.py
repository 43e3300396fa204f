"""Usage: what asking models took, in tokens and money, and a budget that it must stay within."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.core.errors import ModelError, SettingsError


@dataclass(frozen=True)
class Usage:
    """What one or several calls of models took; usages add up.

    ``tokens_in`` and ``tokens_out`` are what servers counted, or what texts of that length usually come to where one
    did not count (``estimated``). ``cost_usd`` is None where the price of any of it is not known.

    >>> Usage(100, 20, 0.5, 1) + Usage(50, 5, 0.25, 1)
    Usage(tokens_in=150, tokens_out=25, cost_usd=0.75, calls=2, estimated=False)
    >>> (Usage(100, 20, 0.5, 1) + Usage(50, 5, None, 1)).cost_usd is None
    True
    """

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    calls: int = 0
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """Tokens in and out."""
        return self.tokens_in + self.tokens_out

    def __add__(self, other: Usage) -> Usage:
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            self.calls + other.calls,
            self.estimated or other.estimated,
        )

    def as_json(self) -> Mapping[str, Any]:
        """Return the usage as JSON-ready data."""
        return {
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": self.cost_usd,
            "calls": self.calls,
            "estimated": self.estimated,
        }


@dataclass(frozen=True)
class Budget:
    """How much may be spent on models: tokens in and out together, US dollars; None is no limit.

    Raises:
        SettingsError: a limit is not a positive number.
    """

    tokens: int | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("tokens", self.tokens), ("usd", self.usd)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise SettingsError(
                    "a budget for models is a positive number", field=name, value=value, allowed="more than 0"
                )


def within(budget: Budget, spent: Usage) -> None:
    """Let more be spent where a budget is not used up.

    A call is made while anything is left, so that the last one may go past the limit by what it takes itself.

    Raises:
        ModelError: it is used up, or is in money and the price of what was spent is not known.

    >>> within(Budget(tokens=1000), Usage(900, 99))
    >>> from zosimos.core.errors import ModelError
    >>> try:
    ...     within(Budget(tokens=1000), Usage(900, 100))
    ... except ModelError as error:
    ...     print(error.message)
    the budget for models is used up: 1000 of 1000 tokens
    """
    if budget.tokens is not None and spent.tokens >= budget.tokens:
        raise _used_up(f"{spent.tokens} of {budget.tokens} tokens")
    if budget.usd is None:
        return
    if spent.cost_usd is None:
        raise ModelError(
            "a budget in money cannot be kept: the price of the model is not known",
            field="model",
            allowed="a model with a known price, or a budget in tokens",
            hint="use --model offline, which costs nothing",
        )
    if spent.cost_usd >= budget.usd:
        raise _used_up(f"{spent.cost_usd:.4f} of {budget.usd:g} US dollars")


def _used_up(what: str) -> ModelError:
    return ModelError(
        f"the budget for models is used up: {what}", field="model", hint="allow more, or use --model offline"
    )
