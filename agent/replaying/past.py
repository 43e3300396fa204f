"""The past: a campaign as it stood when a model was asked, for tools to look at and to propose in, without effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zosimos.campaign.control.proposing import proposing
from zosimos.campaign.decisions.proposals import replaces
from zosimos.campaign.definition.steer import Change
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.experiment import ProposedChange, ProposedVerb
from zosimos.campaign.record.said import Note
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup


@dataclass(frozen=True)
class Past:
    """What was on record at a moment; a :class:`~zosimos.agent.seams.Known`.

    Args:
        state: the campaign then.
        through: its events up to then.
    """

    state: State
    through: Sequence[Event]

    @property
    def campaign(self) -> str:
        """Its id."""
        return self.state.id

    def sync(self) -> bool:
        """Take nothing in: the past is over."""
        return False

    def events(self) -> Sequence[Event]:
        """Return the events up to then."""
        return self.through


@dataclass
class Noting:
    """Notes what would be proposed and written, and does none of it; a :class:`~zosimos.agent.seams.Proposes`.

    Args:
        state: the campaign then.
        author: whose proposals they would be.
        made: the proposals that would be filed, in order; one that was open already is not filed again.
    """

    state: State
    author: str
    made: list[ProposedChange] = field(default_factory=list)

    @property
    def proposed(self) -> list[dict[str, Any]]:
        """What they say, as :func:`said` puts it."""
        return [said(one.verb, [item.as_json() for item in one.changes], one.content) for one in self.made]

    def propose(
        self, setup: Setup, verb: ProposedVerb, wanted: Mapping[str, Any] | None = None, reason: str = ""
    ) -> ProposedChange:
        """Note a proposal that could be filed then, and return it.

        Raises:
            SpecError, StateError: it could not.
        """
        state, at = self.state, self.state.at
        found = proposing(setup, state, verb, wanted, {"name": self.author, "at": at}, reason, at)
        if isinstance(found, str):  # it waited already
            return state.changes[found]
        body = found.body
        changes = tuple(Change(**one) for one in body["changes"])
        token = f"not-filed-{len(self.made) + 1}"
        numbers = body["undoes"], body["spec_version"], body["number"], body["digest"]
        made = ProposedChange(token, verb, changes, *numbers, self.author, reason, at, content=body.get("content", {}))
        self.made = [*(older for older in self.made if not replaces(made, older)), made]
        return made

    def reject(self, token: str, reason: str = "") -> object:
        """Take no proposal back."""

    def note(self, text: str, experiment: str = "") -> Note:
        """Return a note that is not written down."""
        return Note("", text, experiment, self.author, self.state.at)


def said(verb: str, changes: Sequence[Mapping[str, Any]], content: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a proposal says, as it is compared with others."""
    found = {"verb": verb, "changes": [dict(one) for one in changes], "content": dict(content or {})}
    return {name: item for name, item in found.items() if item}
