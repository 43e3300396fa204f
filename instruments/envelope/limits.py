"""Limits: what the envelope holds to, as a lab file says it. Frozen: nothing changes them while a campaign runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from zosimos.core.errors import SpecError
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.verbs import verb


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
class Counted:
    """What counts towards a budget: a verb of a device, by its name, on these channels."""

    device: str
    verb: str
    channels: frozenset[str]

    def covers(self, effect: Effect) -> bool:
        """Say whether an effect is of this kind."""
        return effect.device == self.device and effect.verb == self.verb and effect.channel in self.channels


@dataclass(frozen=True)
class Budget:
    """One sum that must not be exceeded over a whole campaign, however many devices share it.

    Args:
        name: the only one of that name.
        counted: what counts towards it; amounts of all of these are added up.
        total: the most they may come to, in the unit that their verbs share.

    Raises:
        SpecError: their amounts are in different units, so that they have no sum, or no capability declares a verb.
    """

    name: str
    counted: tuple[Counted, ...]
    total: float

    def __post_init__(self) -> None:
        units = sorted({verb(one.verb, f"budgets.{self.name}").unit for one in self.counted})
        if len(units) > 1:
            raise SpecError(
                f"the budget {self.name!r} has no sum: it counts amounts in different units",
                field=f"budgets.{self.name}",
                value=", ".join(unit or "no unit" for unit in units),
                allowed="verbs of one unit",
                hint="make a budget for each unit",
            )

    @property
    def unit(self) -> str:
        """The unit of its total."""
        return verb(self.counted[0].verb).unit if self.counted else ""

    def covers(self, effect: Effect) -> bool:
        """Say whether an effect counts towards it."""
        return any(one.covers(effect) for one in self.counted)


@dataclass(frozen=True)
class Limits:
    """All limits of a lab: by device and verb's name, and sums over a campaign.

    Raises:
        SpecError: two budgets have one name.
    """

    devices: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()

    def __post_init__(self) -> None:
        names = [budget.name for budget in self.budgets]
        for name in names:
            if names.count(name) > 1:
                raise SpecError(
                    f"there are two budgets {name!r}, so that what is left of it has two meanings",
                    field=f"budgets.{name}",
                    value=name,
                    allowed="one budget of a name",
                    hint="let one budget count all that shares it",
                )
        frozen = {device: MappingProxyType(dict(verbs)) for device, verbs in self.devices.items()}
        object.__setattr__(self, "devices", MappingProxyType(frozen))
