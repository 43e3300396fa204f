"""Model use: what asking language models took in a campaign, by purpose and model, as its events tell it.

``models.asked`` says after each answer what it took; that is the account. ``chat.answered`` and ``advice.answered`` say
of a whole turn which models answered, which were passed over and why, and name what was asked and answered word for
word; what a turn took stands there, too, and is not counted again. Of advice on record from before there was an account
the tokens and the cost are counted that stand with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from zosimos.campaign.ledger.events import Draft, Event
from zosimos.campaign.record.bodies import flag, listed, mapped, number, real, text

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State

Purpose: TypeAlias = Literal["chat", "advice"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
MODELS = "models"
"""The field in which an event says which models were asked."""


@dataclass(frozen=True)
class ModelUse:
    """What the answers of a model took; uses add up.

    Args:
        calls: answers.
        tokens_in: sent.
        tokens_out: received.
        cost_usd: of the answers whose price is known, in US dollars.
        unpriced: answers whose price is not known.
        estimated: answers whose tokens a server did not count, so that they are estimated by the length of the texts.
        seconds: spent on waiting for them.

    >>> ModelUse(1, 100, 20, 0.5) + ModelUse(1, 50, 5, unpriced=1)
    ModelUse(calls=2, tokens_in=150, tokens_out=25, cost_usd=0.5, unpriced=1, estimated=0, seconds=0.0)
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    estimated: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens sent and received."""
        return self.tokens_in + self.tokens_out

    def __add__(self, other: ModelUse) -> ModelUse:
        return ModelUse(*(mine + theirs for mine, theirs in zip(self._all(), other._all(), strict=True)))

    def _all(self) -> tuple[Any, ...]:
        return tuple(self.__dict__.values())

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; ``cost_usd`` is null where no price is known at all."""
        known = self.calls > self.unpriced
        return {**self.__dict__, "tokens": self.tokens, "cost_usd": self.cost_usd if known else None}


def spent(purpose: Purpose, usage: Sequence[Mapping[str, Any]], seconds: float, by: Mapping[str, str]) -> Draft:
    """Return what records what answers of models took: ``usage`` by ``model``."""
    body = {"purpose": purpose, "usage": [dict(one) for one in usage], "seconds": seconds, "by": dict(by)}
    return Draft("models.asked", body)


def asked(state: State, body: Mapping[str, Any], _: Event) -> None:
    """Take in ``models.asked``.

    Raises:
        KeyError, TypeError, ValueError: it is no account.
    """
    purpose = text(body, "purpose")
    if purpose not in PURPOSES:
        raise ValueError(f"{purpose!r} is nothing that models are asked for")
    text(body["by"], "name")
    seconds = real(body, "seconds")
    for name, use in list(_uses(body)):
        count(state, purpose, name, use + ModelUse(seconds=seconds))
        seconds = 0.0


def count(state: State, purpose: str, model: str, use: ModelUse) -> None:
    """Add to a campaign's account."""
    by_model = state.models.get(purpose, {})
    state.models[purpose] = {**by_model, model: by_model.get(model, ModelUse()) + use}


def total(state: State) -> ModelUse:
    """Return what all models took in a campaign."""
    return sum((use for by_model in state.models.values() for use in by_model.values()), ModelUse())


def account(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the models of a turn as an event names them, after a look at them; nothing where it names none.

    Raises:
        KeyError, TypeError, ValueError: they make no sense.
    """
    if MODELS not in body:
        return {}
    found = mapped(body, MODELS)
    for name in ("answered", "exchanges", "tools"):
        if not all(isinstance(one, str) for one in listed(found, name)):
            raise TypeError(f"{name} holds what is no text")
    for one in listed(found, "failed"):
        text(one, "model")
        text(one, "why")
    list(_uses(found))
    real(found, "seconds")
    text(found, "prompt")
    number(found, "seen")
    return found


def _uses(body: Mapping[str, Any]) -> Iterator[tuple[str, ModelUse]]:
    """Yield the models that are named in an account, each with what it took."""
    for one in listed(body, "usage"):
        counts = [number(one, name) for name in ("calls", "tokens_in", "tokens_out")]
        cost = None if one["cost_usd"] is None else real(one, "cost_usd")
        if min(counts) < 0 or (cost or 0.0) < 0:
            raise ValueError(f"{counts} and {cost} are no counts")
        calls, sent, received = counts
        estimated = calls if flag(one, "estimated") else 0
        yield text(one, "model"), ModelUse(calls, sent, received, cost or 0.0, calls if cost is None else 0, estimated)
