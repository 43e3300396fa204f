"""Effects: typed acts that change a device or the world. A driver offers nothing else.

An effect names its verb. What the verb means, its unit and what of it is safe, is what the installed capabilities
declare (:mod:`.verbs`), whatever a driver says.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.instruments.envelope import verbs


@dataclass(frozen=True)
class Effect:
    """An act: which device, what (a verb's name), on which channel (a port, a slot), how much (in the verb's unit)."""

    device: str
    verb: str
    channel: str = ""
    amount: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.amount, float) and type(self.amount) is not float:  # numpy's, say
            object.__setattr__(self, "amount", float.__float__(self.amount))

    @property
    def unit(self) -> str:
        """The unit of its amount; empty where it is a plain number, or no capability declares its verb."""
        found = self._declared()
        return found.unit if found is not None else ""

    @property
    def is_safe(self) -> bool:
        """Whether it can only make things safer: then no limit holds it back, on whatever channel."""
        found = self._declared()
        if found is None or found.safe is None:
            return False
        return found.safe.amount is None or self.amount == found.safe.amount

    def _declared(self) -> verbs.Verb | None:
        return verbs.declared().get(self.verb) if type(self.verb) is str else None

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"device": self.device, "verb": str(self.verb), "channel": self.channel, "amount": self.amount}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Effect:
        """Return the effect that JSON data describe.

        Raises:
            SpecError: no capability declares its verb.
        """
        return cls(data["device"], verbs.verb(data["verb"]).name, data["channel"], data["amount"])

    def __str__(self) -> str:
        """Return the effect in words."""
        amount = "" if self.amount is None else f" {self.amount:g} {self.unit}".rstrip()
        channel = f" at {self.channel}" if self.channel else ""
        return f"{self.device}: {self.verb}{amount}{channel}"


def __getattr__(name: str) -> object:
    """Give the names that were moved, for one more release."""
    if name not in ("Safe", "Verb"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(
        f"{__name__}.{name} is zosimos.instruments.envelope.verbs.{name} now; the old name goes with the next release",
        DeprecationWarning,
        stacklevel=2,
    )
    found: object = getattr(verbs, name)
    return found
