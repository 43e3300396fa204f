"""What an action may use while it runs on a station: devices, values, and the record through which all it does goes."""

from __future__ import annotations

import copy
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from zosimos.analysis.methods import Quantity
from zosimos.campaign.lab import Steps
from zosimos.core.errors import ExecutionError
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution.history import RESERVED
from zosimos.workcell.execution.scheduling import Holds
from zosimos.workcell.protocol.amount import Amount
from zosimos.workcell.reach import Reach

Memory = TypeVar("Memory")


class StationRun(Reach):
    """One experiment, or a station's preparation, on one station.

    Args:
        deck: the devices.
        holds: who uses which of them.
        recorder: where effects and readings are announced.
        owner: who acts: an experiment, or the lab itself.
        station: the station to act on.
        values: parameters and constants, to which readings are added.
        memories: what the preparation remembered, by kind.

    >>> from zosimos.workcell.reach import Reach
    >>> issubclass(StationRun, Reach)
    True
    """

    def __init__(
        self,
        deck: Deck,
        holds: Holds,
        recorder: Steps,
        owner: str,
        station: str,
        values: Mapping[str, Any],
        memories: Mapping[type, Any] | None = None,
    ) -> None:
        super().__init__(deck, station)
        self.deck = deck
        self.values: dict[str, Any] = dict(values)
        self.quantities: dict[str, Quantity] = {}
        self.memories: dict[type, Any] = copy.deepcopy(dict(memories or {}))
        self._holds = holds
        self._recorder = recorder
        self._owner = owner

    # --- values

    def value(self, amount: Amount) -> float:
        """Return a number of the recipe, in its field's unit.

        Raises:
            ExecutionError: it is outside its field's range.
        """
        return amount.value(self.values)

    def count(self, amount: Amount) -> int:
        """Return a number that counts something."""
        return round(amount.value(self.values))

    def measured(
        self, name: str, value: float, uncertainty: float | None = None, u_shared: float | None = None
    ) -> None:
        """Take up a quantity: a value for later steps, and a measurement if the campaign wants it.

        Args:
            name: of the quantity.
            value: what was measured.
            uncertainty: its standard uncertainty; that of what scatters, where the other one is given.
            u_shared: the standard uncertainty of what is the same in all experiments, such as a calibration.

        Raises:
            ExecutionError: it is no finite number.
        """
        if not math.isfinite(value):
            raise self.failed(f"{name} is no finite number", value=value, allowed="a finite number")
        self.values[name] = value
        self.quantities[name] = Quantity(value, uncertainty, u_shared)

    def memory(self, kind: type[Memory]) -> Memory:
        """Return what actions remember of this run, one object of each kind; a new one at first.

        What they remembered while the station was prepared is there in every experiment. It is not on record: an
        experiment that is entered again comes to the same by going through its steps.
        """
        if kind not in self.memories:
            self.memories[kind] = kind()
        found: Memory = self.memories[kind]
        return found

    # --- devices

    async def effect(
        self,
        role: str,
        verb: str,
        act: Callable[[], Awaitable[object]],
        *,
        channel: str | int = "",
        amount: float | None = None,
        more: Mapping[str, Any] | None = None,
        repeat: bool = False,
    ) -> None:
        """Announce an effect and do it; one on record as done is not done again.

        Args:
            role: of the device.
            verb: what is done.
            act: does it, by the device's driver.
            channel: where, if the verb has channels.
            amount: how much, in the verb's unit.
            more: what else the record should say of it (JSON data), such as the place it draws from.
            repeat: whether doing it twice does no harm, should a crash cut it short.
        """
        effect = self.effect_of(role, verb, channel, amount)

        async def announced(_: str) -> dict[str, Any]:
            await act()
            return self._deck.kept(effect.device)

        params = {**effect.as_json(), "station": self.station, **(more or {})}
        await self._recorder.effect(verb, announced, params=params, repeatable=repeat)

    async def read(
        self, name: str, look: Callable[[], Awaitable[Mapping[str, Any]]], *, role: str, **params: Any
    ) -> dict[str, Any]:
        """Read something from the device of a role, and return what was read (JSON data).

        What is on record is not read again.

        Args:
            name: what is read, such as ``weigh``.
            look: reads it, by the device's driver.
            role: of the device.
            params: with what, for the record.
        """
        self._check_name(name)
        device = self.name(role)

        async def looked() -> dict[str, Any]:
            return {**await look(), **self._deck.kept(device)}

        found: dict[str, Any] = await self._recorder.read(name, looked, params={"device": device, **params})
        return found

    async def work_out(
        self, name: str, work: Callable[[], Mapping[str, Any]], params: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Work something out from what is known (JSON data); what is on record is not worked out again."""
        self._check_name(name)

        async def done() -> Mapping[str, Any]:
            return work()

        found: Mapping[str, Any] = await self._recorder.read(name, done, params=params)
        return found

    def _check_name(self, name: str) -> None:
        """Refuse a reading by whose name the record would take it for something else, such as a cleaned cell."""
        if name in RESERVED:
            raise self.failed(
                f"a reading may not be called {name!r}: the record calls something else so",
                value=name,
                allowed="none of " + ", ".join(sorted(RESERVED)),
                hint="this is a defect of the action that reads: report it to its author",
            )

    async def wait(self, seconds: float) -> None:
        """Let some of the lab's time pass."""
        await self._recorder.wait(seconds / self.lab.time_scale)

    def seconds(self) -> float:
        """Return the laboratory's time in seconds; only the difference of two means something.

        Call it inside a reading (:meth:`read`) and put it into what is read: an experiment that is entered again must
        find what was so then.
        """
        return self.deck.seconds()

    async def ask(self, text: str) -> None:
        """Ask the operator to do something, and go on when it is said to be done."""
        await self._recorder.ask(text)

    @asynccontextmanager
    async def holding(self, role: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Give a function to call before each use of a device that several experiments share; see :class:`Holds`."""
        async with self._holds.holding(self.name(role), self._owner, self._recorder.live) as grip:
            yield grip

    def failed(self, message: str, **details: Any) -> ExecutionError:
        """Return the error for an experiment that cannot go on here."""
        return ExecutionError(f"{self.station}: {message}", field=f"stations.{self.station}", **details)
