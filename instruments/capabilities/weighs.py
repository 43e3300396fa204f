"""Weighing: a balance gives the stable weight of what stands on it, in g."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from zosimos.instruments.capability import Act, Capability, Verb
from zosimos.instruments.envelope.effect import Effect

TARE = "tare"


@dataclass(frozen=True)
class Weight:
    """A stable weight in grams and its standard uncertainty.

    ``shared_g`` is the standard uncertainty of what is the same for all weighings, such as the balance's adjustment;
    where it is given, ``uncertainty_g`` is that of what scatters (None: nobody says which part is which).
    """

    value_g: float
    uncertainty_g: float
    shared_g: float | None = None


@runtime_checkable
class Weighs(Protocol):
    """Weighs what stands on it.

    >>> from zosimos.instruments.devices.sics.driver import SicsBalance
    >>> issubclass(SicsBalance, Weighs)
    True
    """

    async def weigh(self) -> Weight:
        """Return the stable weight."""
        ...

    async def tare(self) -> None:
        """Make the present weight zero."""
        ...


def _readings(_: Weighs) -> Mapping[str, Act]:
    return {"weigh": Act(lambda one: one.weigh())}


def _effects(balance: Any) -> Mapping[str, Act]:
    return {"tare": Act(lambda one: one.tare(), Effect(balance.name, TARE))}


WEIGHS = Capability("weighs", Weighs, (Verb(TARE),), _readings, _effects)
