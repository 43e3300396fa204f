"""The catalogue: the tools that are offered to agents, and the grants that open them.

They are the tools of chat (:mod:`zosimos.agent.tools`), each for a campaign that is named, and five of its own. What a
tool is said to do are words of ours; nothing in them comes from a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from zosimos.agent.arguments import TOOLS, Described, Nothing, Why

LONGEST_WAIT = 300.0  # seconds
_Campaign = Annotated[str, Field(min_length=1, max_length=200, description="its id, the end of its id, or last")]
_Number = Annotated[int, Field(ge=1, le=1_000_000, description="the proposal's number in its campaign")]
_Seconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT, description="how long to wait at most")]


@dataclass(frozen=True)
class Offered:
    """A tool as a client sees it, and the grants that open it, each of them alone."""

    name: str
    description: str
    arguments: type[BaseModel]
    grants: frozenset[str]

    @property
    def writes(self) -> bool:
        """Whether it writes anything: a proposal, or that one is taken back; never a change."""
        return "propose" in self.grants


def _of_campaign(name: str, base: type[BaseModel], **more: object) -> type[BaseModel]:
    """Return a model of arguments that names a campaign, too."""
    fields: dict[str, Any] = {"campaign": (_Campaign, ...), **more}
    return create_model(name, __base__=base, **fields)


def _looks(name: str, description: str, arguments: type[BaseModel]) -> Offered:
    return Offered(name, description, arguments, frozenset({"look", name}))


def _from_chat(item: Described) -> Offered:
    """Return a tool of chat's for a campaign that is named."""
    arguments = _of_campaign(item.arguments.__name__, item.arguments)
    if not item.name.startswith(_PROPOSES):
        return _looks(item.name, item.description, arguments)
    grants = frozenset({"propose", item.name.replace("_", ":", 1)})
    return Offered(item.name, f"{item.description} {_TOLD}", arguments, grants)


_PROPOSES = "propose_"
_TOLD = "Nothing is changed: a person sees the proposal and decides, outside this protocol."
_CHAT_ALONE = frozenset({"note", "open_proposals", "withdraw_proposal", "search_knowledge"})
"""Tools that need a person's own message, that name proposals by their tokens, or that read the laboratory's documents,
which no grant opens: to see a campaign is not to see them."""

_CHAT = tuple(_from_chat(item) for item in TOOLS if item.name not in _CHAT_ALONE)
_OWN = (
    _looks("list_campaigns", "List the campaigns that you may see, the latest first.", Nothing),
    _looks(
        "list_proposals",
        "List the latest proposals of a campaign, and what became of them.",
        _of_campaign("Listing", Nothing),
    ),
    _looks(
        "wait_for_decision",
        "Wait until a person has decided on a proposal: granted, rejected, expired, or still open.",
        _of_campaign("Waiting", Nothing, proposal=(_Number, ...), seconds=(_Seconds, 30.0)),
    ),
    _looks(
        "request_approval",
        "Ask to have a proposal approved through this client. It is refused, with what a person has to do instead:"
        " approval is never given through this protocol.",
        _of_campaign("Approval", Nothing, proposal=(_Number, ...)),
    ),
    Offered(
        "withdraw_proposal",
        "Take back a proposal of yours that is open.",
        _of_campaign("Withdrawal", Why, proposal=(_Number, ...)),
        frozenset[str]().union(*(item.grants for item in _CHAT if item.writes)),  # whoever may propose anything
    ),
)
OFFERED = {item.name: item for item in (*_OWN, *_CHAT)}
"""All tools, by name."""

GRANTS = frozenset(grant for item in OFFERED.values() for grant in item.grants)
"""All that an agent can be granted."""
