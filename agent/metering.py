"""Metering: what models take in a conversation goes on the campaign's record, answer by answer.

So it counts when a turn fails afterwards, when the program is killed, and for every other program that asks models for
the same campaign.
"""

from __future__ import annotations

import threading
from typing import Any

from zosimos.agent.models.turn import Asked
from zosimos.agent.models.usage import Usage
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.decisions.models_budget import spent_on_models
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.exchanges import keep
from zosimos.core.errors import SpentError, ZosimosError


def in_record(ledger: Ledger, asked: Asked, seen_to: int) -> dict[str, Any]:
    """Return the models of a turn as its event names them; what was said with them is kept as artifacts.

    Args:
        ledger: that of the campaign.
        asked: the account of the turn.
        seen_to: the number of the last event that there was when it began.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    names = keep(ledger, [one.as_json() for one in asked.exchanges])
    said = {"seconds": round(asked.seconds, 3), "prompt": asked.prompt, "seen": seen_to}
    return {**asked.models(), **said, **names}


class Meter:
    """The account that the turns of a campaign share; a :class:`~zosimos.agent.models.turn.Till`.

    Args:
        commands: what the person may do, in whose name it goes on record.

    What cannot be put on record cannot be counted: with a budget for models, none is asked then.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._lock = threading.Lock()
        self._closed = False
        self._unrecorded = ""

    def allow(self, model: str, least: Usage) -> None:
        """Let a model be asked, if the campaign's budget for models allows it.

        Raises:
            SpentError: it is used up, or cannot be kept.
        """
        with self._lock:
            record, budget = self._commands.record, self._commands.record.state.spec.budget
            if self._closed or (budget.model_tokens is None and budget.model_usd is None):
                return
            record.sync()
            problem = self._unrecorded or (str(record.broken) if record.broken is not None else "")
            if problem:
                raise SpentError(f"the campaign's budget for models cannot be kept: {problem}", field="model")
            if budget.model_usd is not None and least.cost_usd is None:
                raise SpentError(
                    f"the campaign has a budget for models in money, and the price of {model} is not known",
                    field="model",
                    hint="say it in the setting model_prices",
                )
            if words := spent_on_models(record.state):
                raise SpentError(f"the campaign's budget for models is used up: {words}", field="model")

    def note(self, model: str, usage: Usage, seconds: float) -> None:
        """Put on record what an answer took."""
        with self._lock:
            if self._closed:  # a model that was left behind: the record is another's by now
                return
            try:
                self._commands.note_models("chat", [{"model": model, **usage.as_json()}], round(seconds, 3))
            except ZosimosError as error:
                self._unrecorded = error.message

    def close(self) -> None:
        """Take nothing any more."""
        with self._lock:
            self._closed = True
