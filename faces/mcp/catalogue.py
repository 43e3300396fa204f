"""The catalogue: the tools that are offered to agents, and the grants that open them.

They are the tools of chat (:mod:`zosimos.agent.tools`), each for a campaign that is named, and four of its own. What a
tool is said to do are words of ours; nothing in them comes from a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from zosimos.agent.arguments import Nothing
from zosimos.agent.tools import TOOLS

LONGEST_WAIT = 300.0  # seconds
_Campaign = Annotated[str, Field(min_length=1, max_length=200, description="its id, the end of its id, or last")]
_Number = Annotated[int, Field(ge=1, le=1_000_000, description="the proposal's number in its campaign")]
_Seconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT, description="how long to wait at most")]


@dataclass(frozen=True)
class Offered:
    """A tool as a client sees it. ``changes`` says whether it writes anything: a proposal, never a change."""

    name: str
    description: str
    arguments: type[BaseModel]
    changes: bool

    @property
    def grants(self) -> frozenset[str]:
        """The grants that open it, each of them alone."""
        if self.changes:
            return frozenset({"propose", self.name.replace("_", ":", 1)})
        return frozenset({"look", self.name})


def _of_campaign(name: str, base: type[BaseModel], **more: object) -> type[BaseModel]:
    """Return a model of arguments that names a campaign, too."""
    fields: dict[str, Any] = {"campaign": (_Campaign, ...), **more}
    return create_model(name, __base__=base, **fields)


_TOLD = "Nothing is changed: a person sees the proposal and decides, outside this protocol."
_OWN = (
    Offered("list_campaigns", "List the campaigns that you may see, the latest first.", Nothing, changes=False),
    Offered(
        "list_proposals",
        "List the latest proposals of a campaign, and what became of them.",
        _of_campaign("Listing", Nothing),
        changes=False,
    ),
    Offered(
        "wait_for_decision",
        "Wait until a person has decided on a proposal: granted, rejected, expired, or still open.",
        _of_campaign("Waiting", Nothing, proposal=(_Number, ...), seconds=(_Seconds, 30.0)),
        changes=False,
    ),
    Offered(
        "request_approval",
        "Ask to have a proposal approved through this client. It is refused, with what a person has to do instead:"
        " approval is never given through this protocol.",
        _of_campaign("Proposal", Nothing, proposal=(_Number, ...)),
        changes=False,
    ),
)
OFFERED = {
    item.name: item
    for item in (
        *_OWN,
        *(
            Offered(
                item.name,
                f"{item.description} {_TOLD}" if item.name.startswith("propose_") else item.description,
                _of_campaign(item.arguments.__name__, item.arguments),
                changes=item.name.startswith("propose_"),
            )
            for item in TOOLS
        ),
    )
}
"""All tools, by name."""

GRANTS = frozenset(grant for item in OFFERED.values() for grant in item.grants)
"""All that an agent can be granted."""
