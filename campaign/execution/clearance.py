"""Clearance: nothing new begins while the chemistry of a campaign needs a person's yes that nobody has said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from zosimos.campaign.decisions.clearing import questions, refusals, unmet
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup


class Clearance:
    """Asks for every yes that is needed, in one session of a campaign, and says whether any is missing.

    Args:
        journal: the campaign's record.
        setup: its setup.
        moment: gives the time to stamp.
        needed: whether anything is real; a rehearsal needs nobody's yes.
    """

    def __init__(self, journal: Journal, setup: Setup, moment: Callable[[], str], *, needed: bool = True) -> None:
        self._journal = journal
        self._setup = setup
        self._moment = moment
        self._began = len(journal.state.changes)
        self._known: tuple[object, ...] = ()
        self._missing = needed
        self._needed = needed

    async def missing(self) -> bool:
        """Ask for what is needed, and say whether a yes is missing; a no pauses the campaign, with the reason.

        Raises:
            SpecError: something is refused, which no yes lets through.
        """
        state = self._journal.state
        if not self._needed or self._seen(state) == self._known:
            return self._missing
        if questions(self._setup, state):  # mostly there is nothing: no transaction keeps others out for that
            await self._journal.commit(partial(questions, self._setup), self._moment)
            state = self._journal.state
        self._missing = bool(unmet(self._setup, state))
        if self._missing and (said_no := refusals(state, self._began)):
            body = {"by": {"name": "zosimos", "at": ""}, "reason": "; ".join(said_no)}
            pause = Draft("campaign.paused", body)
            await self._journal.commit(lambda now: [pause] if now.status == "active" else [], self._moment)
        self._known = self._seen(self._journal.state)
        return self._missing

    @staticmethod
    def _seen(state: State) -> tuple[object, ...]:
        return state.spec_version, len(state.changes), len(state.open_changes()), state.status
