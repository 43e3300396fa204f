"""Reach: what a step can reach from a station: devices by role, channels by place, and how much is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.core.errors import SpecError
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.deck import Deck
from zosimos.workcell.protocol.amount import Amount


class Reach:
    """A station's reach, of which nothing is used: for checks before anything moves.

    Args:
        deck: the devices.
        station: the station.
        corners: parameters and constants at each corner of the space; empty where there is no space yet.

    >>> hasattr(Reach, "range"), hasattr(Reach, "effect_of")
    (True, True)
    """

    def __init__(self, deck: Deck, station: str, corners: Sequence[Mapping[str, Any]] = ()) -> None:
        self.lab = deck.lab
        self.station = station
        self._deck = deck
        self._spec = deck.lab.stations[station]
        self._corners = corners

    def name(self, role: str) -> str:
        """Return the name of the device that plays a role."""
        return self._spec.devices[role]

    def device(self, role: str, capability: str) -> Any:
        """Return the driver of the device that plays a role.

        Raises:
            SpecError: it has no such capability.
        """
        return self._deck.device(self.name(role), capability)

    def channel(self, place: str) -> int:
        """Return the port that leads to a place, the station's own or the lab's.

        Raises:
            SpecError: none does.
        """
        own = self._spec.ports.get(place)
        if own is not None:
            return own
        if place in self.lab.places:
            return self.lab.places[place].port
        raise SpecError(
            f"the lab cannot carry the protocol out: {self.station} has no port for the place {place!r}",
            field=f"stations.{self.station}.ports.{place}",
        )

    def is_own(self, place: str) -> bool:
        """Say whether a place is the station's own: its vessel."""
        return place in self._spec.ports

    def most(self, role: str, verb: str) -> float:
        """Return the largest amount of one effect that the lab file allows; 0 where it allows none."""
        return self._deck.envelope.most(self.name(role), verb)

    def grants(self, role: str, verb: str) -> bool:
        """Say whether the lab file allows a verb at all."""
        return verb in self.lab.devices[self.name(role)].limits

    def effect_of(self, role: str, verb: str, channel: str | int = "", amount: float | None = None) -> Effect:
        """Return an effect of the device that plays a role."""
        return Effect(self.name(role), verb, str(channel), amount)

    def range(self, amount: Amount) -> tuple[float, ...]:
        """Return the smallest and the largest number that an amount comes to over the space.

        Empty where that is not known: where it speaks of readings, or of parameters and there is no space yet.

        Raises:
            ExecutionError: it is outside its field's range somewhere.
        """
        if not amount.names:
            return (amount.value({}),)
        numbers = [amount.value(corner) for corner in self._corners if amount.names <= corner.keys()]
        return (min(numbers), max(numbers)) if numbers else ()
