"""A turn: what is asked of models for one message or one plan has one time limit and one account.

Models look up the turn that is under way, because the framework that calls them hands nothing of ours through.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from zosimos.agent.models.exchange import Exchange
from zosimos.agent.models.usage import Budget, Usage, within
from zosimos.core.errors import ModelError, SpentError
from zosimos.core.settings import Settings


@dataclass(frozen=True)
class Limits:
    """What a turn may take.

    ``request_s`` is how long one request may take in all, however slowly the answer drips in; ``turn_s`` is how long
    everything that is asked of models in a turn may take, waits between attempts included. ``pause_s`` is the longest
    pause that is waited for where a server asks for one. ``answer_bytes`` are the most that is read of an answer;
    ``budget`` is for one turn.
    """

    request_s: float = 60.0
    turn_s: float = 300.0
    pause_s: float = 20.0
    answer_bytes: int = 8_000_000
    budget: Budget = field(default_factory=lambda: Budget(tokens=500_000))


LIMITS = Limits()
"""What a turn may take where nobody says otherwise."""


def limits_of(settings: Settings) -> Limits:
    """Return what a turn may take by a person's settings."""
    budget = Budget(settings.model_turn_tokens, settings.model_turn_usd)
    return Limits(settings.model_request_s, settings.model_turn_s, budget=budget)


@dataclass(frozen=True)
class Asked:
    """Which models were asked in a turn, and what that took.

    ``answered`` are the names of those that answered, in order; ``failed`` are those that could not be asked or gave
    nothing, with why. ``by_model`` is what each took, ``seconds`` how long the turn took, and ``exchanges`` are what
    was asked and answered, word for word.
    """

    usage: Usage = field(default_factory=Usage)
    answered: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    by_model: Mapping[str, Usage] = field(default_factory=dict)
    seconds: float = 0.0
    exchanges: tuple[Exchange, ...] = ()

    @property
    def prompt(self) -> str:
        """SHA-256 over the first prompt of the turn; empty: nobody was asked."""
        return self.exchanges[0].digest if self.exchanges else ""

    def as_json(self) -> Mapping[str, Any]:
        """Return the account as JSON-ready data (``usage`` and ``models``)."""
        return {"usage": dict(self.usage.as_json()), "models": self.models()}

    def models(self) -> dict[str, Any]:
        """Return as JSON-ready data who answered, who did not and why, and what each took."""
        failed = [{"model": name, "why": why} for name, why in self.failed.items()]
        used = [{"model": name, **usage.as_json()} for name, usage in self.by_model.items()]
        return {"answered": list(self.answered), "failed": failed, "usage": used}

    def fallen_back(self) -> list[str]:
        """Return a line for the person on each model in whose place another answered."""
        then = f"; {', '.join(self.answered)} answered instead" if self.answered else ""
        return [f"{name} was of no use: {why}{then}" for name, why in self.failed.items()]


class Till(Protocol):
    """An account that many turns share, in one process or several: it is asked before each request."""

    def allow(self, model: str, least: Usage) -> None:
        """Let a model be asked.

        Args:
            model: which one.
            least: what a request of it takes at least; its cost is None where the price is not known.

        Raises:
            SpentError: what turns may take together is used up.
        """
        ...

    def note(self, model: str, usage: Usage, seconds: float) -> None:
        """Note what one answer of a model took."""
        ...


class Turn:
    """A turn that is under way.

    Args:
        limits: what it may take.
        till: the account that it shares with other turns, if there is one.
        clock: seconds that pass, from any beginning.
        hearing: told the text of an answer while it comes in; None: nobody listens, so that none is asked to stream.

    ``spent`` says whether a model was not asked because what turns may take together is used up.
    """

    def __init__(
        self,
        limits: Limits,
        till: Till | None = None,
        clock: Callable[[], float] = time.monotonic,
        hearing: Callable[[str], None] | None = None,
    ) -> None:
        self.limits = limits
        self.hearing = hearing
        self.by_model: dict[str, Usage] = {}
        self.answered: dict[str, None] = {}
        self.failed: dict[str, str] = {}
        self.exchanges: list[Exchange] = []
        self.spent = False
        self._till = till
        self._clock = clock
        self._began = clock()
        self._ends = self._began + limits.turn_s

    @property
    def usage(self) -> Usage:
        """What all models took together."""
        return sum(self.by_model.values(), Usage())

    def now(self) -> float:
        """Return seconds from any beginning."""
        return self._clock()

    def left(self) -> float:
        """Return how many seconds are left."""
        return max(0.0, self._ends - self._clock())

    def seconds(self, model: str, least: Usage | None = None) -> float:
        """Return how long the next request may take.

        Args:
            model: which model is to be asked.
            least: what a request of it takes at least; its cost is None where the price is not known.

        Raises:
            ModelError: no time is left, or the budget is used up or cannot be kept.
            SpentError: it is the budget that many turns share.
        """
        try:
            if self._till is not None:
                self._till.allow(model, least or Usage())
        except SpentError:
            self.spent = True
            raise
        within(self.limits.budget, self.usage + (least or Usage()))
        if self.left() <= 0.0:
            raise ModelError(
                f"no time is left to ask {model}: a turn takes at most {self.limits.turn_s:g} s",
                field="model",
                value=model,
                hint="try again, or a smaller model; or use --model offline",
            )
        return min(self.limits.request_s, self.left())

    def patience(self) -> float:
        """Return how long a pause may be that is waited for."""
        return min(self.limits.pause_s, self.left())

    def wait(self, seconds: float) -> None:
        """Wait in real time: for a server, which knows no other."""
        threading.Event().wait(seconds)

    def spend(self, model: str, usage: Usage, seconds: float = 0.0) -> None:
        """Note what a call of a model took."""
        self.by_model[model] = self.by_model.get(model, Usage()) + usage
        if self._till is not None:
            self._till.note(model, usage, seconds)

    def heard(self, said: Exchange) -> None:
        """Note that a model gave an answer that is of use."""
        self.answered[said.model] = None
        self.exchanges.append(said)

    def so_far(self) -> Asked:
        """Return the account of the turn up to now."""
        took = self._clock() - self._began
        return Asked(
            self.usage, tuple(self.answered), dict(self.failed), dict(self.by_model), took, tuple(self.exchanges)
        )


_UNDER_WAY: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def asking(limits: Limits, till: Till | None = None, hearing: Callable[[str], None] | None = None) -> Iterator[Turn]:
    """Begin a turn: whatever is asked of models inside counts towards it, and towards the account that it shares.

    Answers are asked to come in pieces where there is somebody ``hearing`` them.

    >>> with asking(Limits(turn_s=5)) as turn:
    ...     current() is turn
    True
    """
    turn = Turn(limits, till, hearing=hearing)
    token = _UNDER_WAY.set(turn)
    try:
        yield turn
    finally:
        _UNDER_WAY.reset(token)


def current() -> Turn:
    """Return the turn that is under way; outside of any, one that begins and ends with the request."""
    return _UNDER_WAY.get() or Turn(LIMITS)
