"""Where a protocol's actions are announced: on record for an experiment, or directly while a lab is made ready."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from zosimos.campaign.executor import Action, Reading
from zosimos.core.errors import ExecutionError


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

    def live(self) -> bool:
        """Say whether what comes next is not on record yet."""
        ...

    async def wait(self, seconds: float) -> None:
        """Wait."""
        ...

    async def ask(self, text: str) -> None:
        """Ask the operator to do something, and wait until it is said to be done."""
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

    def live(self) -> bool:
        """Nothing is on record."""
        return True

    async def wait(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def ask(self, text: str) -> None:
        """Refuse: nobody may be asked before there is an experiment whose record could hold the answer.

        Raises:
            ExecutionError: always.
        """
        raise ExecutionError(f"a lab is made ready without an operator, and was to ask: {text}", field="prepare")
