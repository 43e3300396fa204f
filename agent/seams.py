"""Seams: what the tools need of a campaign: its record, and somebody who proposes; the present, or the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.experiment import ProposedChange, ProposedVerb
from zosimos.campaign.record.said import Note
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup


class Known(Protocol):
    """What is on record of a campaign; a :class:`~zosimos.campaign.record.record.Record` is one."""

    @property
    def campaign(self) -> str:
        """Its id."""
        ...

    @property
    def state(self) -> State:
        """Its state."""
        ...

    def sync(self) -> bool:
        """Take in what others appended; say whether there was anything."""
        ...

    def events(self) -> Sequence[Event]:
        """Return all of its events that count, in order."""
        ...


class Proposes(Protocol):
    """Who files proposals; :class:`~zosimos.campaign.control.commands.Commands` do."""

    @property
    def author(self) -> str:
        """Who proposes."""
        ...

    def propose(
        self, setup: Setup, verb: ProposedVerb, wanted: Mapping[str, Any] | None = None, reason: str = ""
    ) -> ProposedChange:
        """Suggest a change without making it, and return the proposal."""
        ...

    def reject(self, token: str, reason: str = "") -> object:
        """Take a proposal back."""
        ...


class Writes(Protocol):
    """Who writes notes; :class:`~zosimos.campaign.control.commands.Commands` do."""

    def note(self, text: str, experiment: str = "") -> Note:
        """Write something down, and return the note."""
        ...
