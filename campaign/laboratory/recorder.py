"""Where a protocol's actions are announced: on record for an experiment, or directly while a lab is made ready."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from zosimos.campaign.executor import Action, Reading


class Recorder(Protocol):
    """What :class:`~zosimos.campaign.executor.Steps` offers to a protocol."""

    async def effect(
        self, name: str, action: Action, *, params: Mapping[str, Any] | None = None, repeatable: bool = False
    ) -> Any:
        """Announce and do an effect."""
        ...

    async def read(self, name: str, reading: Reading, *, params: Mapping[str, Any] | None = None) -> Any:
        """Read something and keep it."""
        ...

    async def wait(self, seconds: float) -> None:
        """Wait."""
        ...


class Unrecorded:
    """Does everything at once: what prepares a lab can be repeated, so nothing is announced."""

    async def effect(
        self,
        name: str,
        action: Action,
        *,
        params: Mapping[str, Any] | None = None,  # noqa: ARG002 - as Recorder has it
        repeatable: bool = False,  # noqa: ARG002
    ) -> Any:
        """Do an effect."""
        return await action(name)

    async def read(self, name: str, reading: Reading, *, params: Mapping[str, Any] | None = None) -> Any:  # noqa: ARG002 - as Recorder has it
        """Read something."""
        return await reading()

    async def wait(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
