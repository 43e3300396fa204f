"""Agents: who may ask the MCP server for what, as a file says it that only people write.

An agent is a principal: it has a name, a token of which only the SHA-256 is kept, grants, and budgets. Its name on
record is ``agent:NAME``, so that none can pass for a person, and it comes from the file, never from what a client says.
The file is read again for each call: what is taken away there is gone at once, and a file that is wrong lets nobody in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import Field

from zosimos.campaign.definition import yaml
from zosimos.core.errors import RefusedError, SpecError
from zosimos.core.validation import Part, validated
from zosimos.faces.mcp.catalogue import GRANTS

_BYTES = 32  # of a token: 256 random bits
_LONGEST = 200  # characters of what may be a token

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class AgentSpec(Part):
    """What an agent may do."""

    token_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="of its token, as zosimos mcp token prints it; without one it may come by stdio only"
    )
    may: list[str] = Field(
        ["look"], max_length=50, description="groups of tools (look, propose), or tools (status, propose:pause)"
    )
    campaigns: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        ["*"], max_length=100, description="patterns (* ? []) of names or ids of campaigns"
    )
    calls_per_minute: int = Field(60, ge=1, le=6000)
    proposals_per_day: int = Field(20, ge=0, le=1000)
    proposals_per_campaign: int = Field(50, ge=0, le=10_000)


class AgentsFile(Part):
    """A file of agents."""

    agents: dict[Name, AgentSpec] = Field(min_length=1, max_length=100)


@dataclass(frozen=True)
class Agent:
    """An agent: its name, and what it may do.

    >>> Agent("claude", AgentSpec()).actor
    'agent:claude'
    """

    name: str
    spec: AgentSpec

    @property
    def actor(self) -> str:
        """Its name on record."""
        return f"agent:{self.name}"

    def may_see(self, campaign: str, name: str) -> bool:
        """Say whether it may see a campaign of that id and name."""
        return any(fnmatchcase(campaign, one) or fnmatchcase(name, one) for one in self.spec.campaigns)


class Roster:
    """The agents there are.

    Args:
        file: names them; without one, anybody who comes by stdio may look and nothing else.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def all(self) -> Mapping[str, Agent]:
        """Return the agents of the file as it is now, by name.

        Raises:
            InputError: it cannot be read, or something in it is wrong.
        """
        if self._file is None:
            return {}
        data = yaml.parse(yaml.read_text(self._file), str(self._file))
        found = {name: Agent(name, spec) for name, spec in validated(AgentsFile, data).agents.items()}
        _check_grants(found)
        _check_tokens(found)
        return found

    def named(self, name: str) -> Agent:
        """Return the agent of a name.

        Raises:
            RefusedError: the file names none.
        """
        if self._file is None:
            return Agent(name, validated(AgentsFile, {"agents": {name: {}}}).agents[name])
        known = self.all()
        if name not in known:
            raise RefusedError(
                "the file names no such agent",
                field="--agent",
                value=name,
                allowed=", ".join(known),
                hint=f"write it into {self._file}; zosimos mcp token {name} prints the lines",
            )
        return known[name]

    def with_token(self, token: str) -> Agent | None:
        """Return the agent whose token this is, None if it is nobody's."""
        if not token or len(token) > _LONGEST:
            return None
        digest, found = token_sha256(token), None
        for agent in self.all().values():  # to the end: how long it takes says nothing
            if hmac.compare_digest(agent.spec.token_sha256 or "", digest):
                found = agent
        return found


def new_token() -> str:
    """Return a new token: 256 random bits of the operating system, in letters that a header may hold."""
    return secrets.token_urlsafe(_BYTES)


def token_sha256(token: str) -> str:
    """Return what is kept of a token. A digest is enough for one of 256 random bits: nobody can try them all.

    >>> token_sha256("a")[:8]
    'ca978112'
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _check_grants(agents: Mapping[str, Agent]) -> None:
    for name, agent in agents.items():
        for grant in agent.spec.may:
            if grant not in GRANTS:
                raise SpecError(
                    "there is no such grant", field=f"agents.{name}.may", value=grant, allowed=", ".join(sorted(GRANTS))
                )


def _check_tokens(agents: Mapping[str, Agent]) -> None:
    owners: dict[str, str] = {}
    for name, agent in agents.items():
        digest = agent.spec.token_sha256
        if digest is not None and owners.setdefault(digest, name) != name:
            raise SpecError(
                f"{owners[digest]} has the same token, and nobody could tell them apart",
                field=f"agents.{name}.token_sha256",
                value=digest,
                hint=f"zosimos mcp token {name} makes another",
            )
