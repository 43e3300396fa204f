"""Effects: typed acts that change a device or the world. Their list is closed: a driver offers nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """What can be done, and in which unit its amount is given."""

    ASPIRATE = "aspirate"
    DELIVER = "deliver"
    HOME = "home"
    HALT = "halt"
    TARE = "tare"
    LIGHT = "light"
    TURRET = "turret"
    EXPOSE = "expose"

    @property
    def unit(self) -> str:
        """The unit of the amount; empty where the amount is a plain number or there is none."""
        return _UNITS.get(self, "")

    @property
    def safe(self) -> Safe | None:
        """What of it only makes things safer; None where no amount of it surely does."""
        return _SAFE.get(self)


@dataclass(frozen=True)
class Safe:
    """What of a verb only makes things safer, so that it is always allowed and needs no grant.

    Args:
        amount: the amount that does, such as 0 mA for a lamp; None where the verb always does, whatever its amount.
    """

    amount: float | None = None


_UNITS: Mapping[Verb, str] = {Verb.ASPIRATE: "mL", Verb.DELIVER: "mL", Verb.LIGHT: "mA", Verb.EXPOSE: "ms"}
_SAFE: Mapping[Verb, Safe] = {Verb.HALT: Safe(), Verb.LIGHT: Safe(0.0)}


@dataclass(frozen=True)
class Effect:
    """An act: which device, what, on which channel (a port, a slot), how much (in the verb's unit)."""

    device: str
    verb: Verb
    channel: str = ""
    amount: float | None = None

    @property
    def is_safe(self) -> bool:
        """Whether it can only make things safer: then no limit holds it back, on whatever channel."""
        safe = self.verb.safe
        return safe is not None and (safe.amount is None or self.amount == safe.amount)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"device": self.device, "verb": str(self.verb), "channel": self.channel, "amount": self.amount}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Effect:
        """Return the effect that JSON data describe."""
        return cls(data["device"], Verb(data["verb"]), data["channel"], data["amount"])

    def __str__(self) -> str:
        """Return the effect in words."""
        amount = "" if self.amount is None else f" {self.amount:g} {self.verb.unit}".rstrip()
        channel = f" at {self.channel}" if self.channel else ""
        return f"{self.device}: {self.verb}{amount}{channel}"
