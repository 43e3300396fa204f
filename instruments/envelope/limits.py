"""Limits: what the envelope holds to, as a lab file says it. Frozen: nothing changes them while a campaign runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from zosimos.instruments.envelope.effect import Effect, Verb


@dataclass(frozen=True)
class Limit:
    """What one verb of one device may do.

    Args:
        channels: the channels it may act on; empty where it has none.
        least: smallest amount of one effect; None where it takes no amount.
        most: largest amount of one effect.
    """

    channels: frozenset[str] = frozenset()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Budget:
    """A sum that must not be exceeded over a whole campaign: a verb of a device, on these channels."""

    name: str
    device: str
    verb: Verb
    channels: frozenset[str]
    total: float

    def covers(self, effect: Effect) -> bool:
        """Say whether an effect counts towards it."""
        return effect.device == self.device and effect.verb == self.verb and effect.channel in self.channels


@dataclass(frozen=True)
class Limits:
    """All limits of a lab: by device and verb, and sums over a campaign."""

    devices: Mapping[str, Mapping[Verb, Limit]] = field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()

    def __post_init__(self) -> None:
        frozen = {device: MappingProxyType(dict(verbs)) for device, verbs in self.devices.items()}
        object.__setattr__(self, "devices", MappingProxyType(frozen))
