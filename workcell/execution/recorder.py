"""Steps that nobody records: while a lab is made ready, what a protocol does can be repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from zosimos.campaign.lab import Action, Reading
from zosimos.core.errors import ExecutionError


class Unrecorded:
    """Does everything at once: what prepares a lab can be repeated, so nothing is announced."""

    async def effect(
        self,
        name: str,
        action: Action,
        *,
        params: Mapping[str, Any] | None = None,  # noqa: ARG002 - as Steps has it
        repeatable: bool = False,  # noqa: ARG002
    ) -> Any:
        """Do an effect."""
        return await action(name)

    async def read(self, name: str, reading: Reading, *, params: Mapping[str, Any] | None = None) -> Any:  # noqa: ARG002 - as Steps has it
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
