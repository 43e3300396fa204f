"""Calls: what happens when an agent calls a tool: is it allowed, does it fit, what comes of it, what is written down.

Each call opens the ledger anew, so that it sees what is on record now. One lock lets calls through one after the other:
previews compute with libraries that share their random numbers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from zosimos.agent.quotation import disarmed, disarmed_data
from zosimos.agent.tools import Toolbox
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.listing import row
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import reopened
from zosimos.core.errors import LedgerAwayError, LedgerError, NotFoundError, RefusedError, ZosimosError
from zosimos.core.filenames import is_file_name
from zosimos.core.validation import validated
from zosimos.faces.mcp import proposals
from zosimos.faces.mcp.agents import Agent
from zosimos.faces.mcp.audit import Audit
from zosimos.faces.mcp.catalogue import OFFERED, Offered
from zosimos.faces.mcp.pace import Pace

_LISTED = 20  # campaigns, the latest
_GIVEN = 500  # characters of arguments in the audit
_FINISH_S = 5.0
_UNSAID = "an agent proposed it"
_WITHDRAWN = "taken back by who proposed it"


class Desk(Protocol):
    """An open ledger, and what the command line knows of it."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""

    def record(self, text: str) -> Record:
        """Return the record of the campaign that is meant."""

    def each_record(self) -> Iterator[tuple[str, Record | LedgerError]]:
        """Yield every campaign with its record, or with why that cannot be read."""

    def hint(self, command: str) -> str:
        """Return a command as a person must type it to reach this ledger."""


@dataclass(frozen=True)
class Asked:
    """A call whose tool and arguments are known and allowed."""

    agent: Agent
    tool: Offered
    given: BaseModel

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments but for the campaign, as the tools of chat take them."""
        return {name: value for name, value in self.given if name != "campaign"}

    @property
    def campaign(self) -> str:
        """The campaign as it was named; empty where the tool takes none."""
        return str(getattr(self.given, "campaign", ""))


class Calls:
    """What agents may call, and what comes of it.

    Args:
        desk: opens the ledger for one call.
        audit: where refusals and proposals are written down.
        pace: counts calls.
        decide: chooses candidates for previews.
    """

    def __init__(
        self, desk: Callable[[], AbstractContextManager[Desk]], audit: Audit, pace: Pace, decide: Decide = decide
    ) -> None:
        self._desk = desk
        self._audit = audit
        self._pace = pace
        self._decide = decide
        self._lock = threading.Lock()

    def offered(self, agent: Agent) -> list[Offered]:
        """Return the tools that an agent may call."""
        return [item for item in OFFERED.values() if item.grants & set(agent.spec.may)]

    def allowed(self, agent: Agent, tool: str, arguments: Mapping[str, Any]) -> Asked:
        """Return a call that may be made, counted.

        Raises:
            RefusedError: the agent has no grant for it, or calls too often.
            SpecError: the arguments do not fit.
        """
        found = next((item for item in self.offered(agent) if item.name == tool), None)
        if not self._pace.room(f"calls {agent.name}", agent.spec.calls_per_minute):
            raise RefusedError(
                "too many calls in a minute", field="calls_per_minute", allowed=str(agent.spec.calls_per_minute)
            )
        if found is None:
            names = ", ".join(item.name for item in self.offered(agent))
            raise RefusedError("there is no such tool for you", field="tool", value=tool, allowed=names)
        return Asked(agent, found, validated(found.arguments, dict(arguments)))

    def carried_out(self, asked: Asked) -> dict[str, Any]:
        """Do what was asked, and return what it found, disarmed.

        Raises:
            RefusedError: the agent may not see the campaign, or has no budget left.
            ZosimosError: it cannot be done.
        """
        with self._lock, self._desk() as desk:
            if not asked.campaign:
                return self._campaigns(desk, asked.agent)
            record = _record(desk, asked)
            match asked.tool.name:
                case "list_proposals":
                    found = proposals.listed(record.state)
                case "wait_for_decision":
                    found = proposals.decision(record.state, asked.arguments["proposal"])
                case "withdraw_proposal":
                    found = self._withdrawn(record, asked)
                case _:
                    found = self._chat_tool(record, asked)
            told = _told(found, record.campaign, record.state.tokens())
            return told | {"to_decide": proposals.to_decide(desk, record)} if proposals.waits(found) else told

    def refused(self, agent: str, tool: str, error: ZosimosError, arguments: Mapping[str, Any]) -> str:
        """Write a refusal down, and return what the client is told of it."""
        campaign = arguments.get("campaign")
        named = campaign if isinstance(campaign, str) else ""
        given = json.dumps(dict(arguments), ensure_ascii=True, default=str)[:_GIVEN]
        why = error.message if error.field is None else f"{error.message} ({error.field}: {error.value})"
        self._audit.refused(agent, tool, why, campaign=named, given=given)
        if isinstance(error, RefusedError):
            return str(error)  # our own words, which quote nothing but the agent's
        try:
            with self._lock, self._desk() as desk:
                tokens = desk.record(named).state.tokens() if named else []
        except ZosimosError:  # then whatever looks like a token goes
            return disarmed(error)
        return str(disarmed_data(str(error), tokens))

    def how_to_decide(self, asked: Asked) -> str:
        """Return the command by which a person decides on a proposal that is open.

        Raises:
            StateError: it is not open any more.
            ZosimosError: there is no such proposal, or the agent may not see it.
        """
        with self._lock, self._desk() as desk:
            record = _record(desk, asked)
            proposals.require_open(record.state, asked.arguments["proposal"])
            return proposals.to_decide(desk, record)

    def finish(self) -> None:
        """Wait until no call is under way, for a few seconds; then let no other through."""
        self._lock.acquire(timeout=_FINISH_S)

    def _chat_tool(self, record: Record, asked: Asked) -> dict[str, Any]:
        """Call a tool of chat's; of a proposal, take what it stands for and leave out the token that would grant it."""
        box = self._box(record, asked.agent)
        if not asked.tool.writes:
            return proposals.without_tokens(box.call(asked.tool.name, asked.arguments))
        with self._audit.filing(asked.agent, asked.tool.name, record.campaign):
            return proposals.filed(box.call(asked.tool.name, asked.arguments))

    def _withdrawn(self, record: Record, asked: Asked) -> dict[str, Any]:
        """Take an agent's own proposal back, and return how it stands."""
        number = asked.arguments["proposal"]
        token = proposals.numbered(record.state, number).token
        given = {"token": token, "reason": asked.arguments["reason"] or _WITHDRAWN}
        self._box(record, asked.agent).call(asked.tool.name, given)
        return proposals.decision(record.state, number)

    def _box(self, record: Record, agent: Agent) -> Toolbox:
        return Toolbox(record, reopened(record), Commands(record, agent.actor), self._decide, unsaid=_UNSAID)

    def _campaigns(self, desk: Desk, agent: Agent) -> dict[str, Any]:
        found = []
        for campaign, record in desk.each_record():
            # What cannot be read has no name by which it could be seen.
            name, tokens = (
                ("", []) if isinstance(record, LedgerError) else (record.state.spec.name, record.state.tokens())
            )
            if agent.may_see(campaign, name):
                found.append(_told(row(desk.ledger, campaign, record), campaign, tokens))
        return {"total": len(found), "campaigns": found[::-1][:_LISTED]}


def _told(found: Mapping[str, Any], campaign: str, tokens: Collection[str]) -> dict[str, Any]:
    """Return what was found in a campaign as a client is told: disarmed, its id as it is if that is a plain name."""
    told: dict[str, Any] = disarmed_data(found, tokens)
    return told | {"campaign": campaign} if "campaign" in told and is_file_name(campaign) else told


def _record(desk: Desk, asked: Asked) -> Record:
    """Return the record of the campaign that is meant, if the agent may see it; else nobody learns that there is one.

    Raises:
        RefusedError: there is none, or it may not.
    """
    try:
        record = desk.record(asked.campaign)
    except LedgerError as error:
        if isinstance(error, LedgerAwayError) or (
            "*" in asked.agent.spec.campaigns and not isinstance(error, NotFoundError)
        ):
            raise
        record = None  # what cannot be read has no name by which it could be seen
    if record is None or not asked.agent.may_see(record.campaign, record.state.spec.name):
        raise RefusedError(
            "there is no such campaign, or you may not see it",
            field="campaign",
            value=asked.campaign,
            allowed="one that list_campaigns names",
        )
    return record
