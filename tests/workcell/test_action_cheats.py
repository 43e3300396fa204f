"""The kit for actions believes none: one that does otherwise than it says fails the check that is named for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

import pytest
from pydantic import Field

import zosimos as zo
from zosimos.campaign.definition import yaml
from zosimos.campaign.lab import Probe
from zosimos.instruments.envelope.effect import Effect
from zosimos.labs.colour.options import FOLDER
from zosimos.workcell.action import Action
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.execution.unsettled import Unsettled
from zosimos.workcell.protocol.amount import Amount, InUnit
from zosimos.workcell.protocol.fields import Brings, Needs
from zosimos.workcell.reach import Reach

Sensor = Annotated[str, Needs("measures-spectrum")]


class Shine(Action):
    """Sets a lamp, honestly."""

    role: Sensor = Field("sensor", alias="with")
    current: Annotated[Amount, InUnit("mA", "current", least=0)]

    def effects(self, reach: Reach) -> Iterator[Effect]:
        for current in reach.range(self.current):
            yield reach.effect_of(self.role, "light", amount=current)

    async def run(self, at: StationRun) -> None:
        await self.shine(at, at.value(self.current))

    async def shine(self, at: StationRun, current: float) -> None:
        sensor = at.device(self.role, "measures-spectrum")
        await at.effect(self.role, "light", lambda: sensor.set_light(current), amount=current, repeat=True)


class Brighter(Shine):
    """Sets it brighter than it says."""

    async def run(self, at: StationRun) -> None:
        await self.shine(at, 1.5 * at.value(self.current))


class Turning(Shine):
    """Turns the turret besides."""

    async def run(self, at: StationRun) -> None:
        await super().run(at)
        sensor = at.device(self.role, "measures-spectrum")
        await at.effect(self.role, "turret", lambda: sensor.set_turret(2), channel=2)


class Silent(Shine):
    """Says of nothing that it may happen."""

    def effects(self, _: Reach) -> Iterator[Effect]:
        yield from ()


class Moody(Shine):
    """Does something else each time."""

    calls: ClassVar[list[int]] = []

    def effects(self, reach: Reach) -> Iterator[Effect]:
        yield reach.effect_of(self.role, "light", amount=20.0)

    async def run(self, at: StationRun) -> None:
        self.calls.append(1)
        await self.shine(at, 1.0 + len(self.calls) % 7)


class Boastful(Shine):
    """Says of every interrupted effect that it happened."""

    settles: ClassVar[frozenset[str]] = frozenset({"light"})

    @classmethod
    async def probe(cls, _: Unsettled) -> Probe:
        return Probe("done")


class Empty(Shine):
    """Brings nothing that it says it brings."""

    name: Annotated[str, Brings("mA")] = Field("shine", alias="as")


class Fixed(Action):
    """Takes a bare number where a formula should do."""

    role: Sensor = Field("sensor", alias="with")
    current: Annotated[Amount, InUnit("mA", "current", least=0)]

    def effects(self, reach: Reach) -> Iterator[Effect]:
        yield reach.effect_of(self.role, "light", amount=float(self.current.written))

    def measures(self) -> Mapping[str, str | None]:
        return {}

    async def run(self, at: StationRun) -> None:
        sensor = at.device(self.role, "measures-spectrum")
        current = float(self.current.written)
        await at.effect(self.role, "light", lambda: sensor.set_light(current), amount=current)


class Stray(Shine):
    """Moves a device without a word to the record."""

    async def run(self, at: StationRun) -> None:
        await at.device(self.role, "measures-spectrum").set_light(at.value(self.current))


Install: TypeAlias = Callable[[str, str, Mapping[str, Mapping[str, str]]], None]


def failures(install: Install, action: type[Action]) -> list[str]:
    code = f"from {action.__module__} import {action.__name__}"
    install("zosimos-cheat", code, {"zosimos.actions": {"shine": action.__name__}})
    given: dict[str, Any] = {"lab": yaml.parse(yaml.read_text(FOLDER / "lab.yaml"), "lab.yaml")}
    given |= {"roles": {"sensor": "measures-spectrum"}}
    failed = []
    for check in zo.testing.action_checks({"shine": {"current": 8}}, **given):
        try:
            check()
        except Exception:  # noqa: BLE001 - any error fails a check
            failed.append(check.name)
    return failed


def test_an_honest_action_of_another_package_passes(install: Install) -> None:
    assert failures(install, Shine) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "name"),
    [
        (Brighter, "it has no effect that it did not say"),
        (Turning, "it has no effect that it did not say"),
        (Silent, "it has no effect that it did not say"),
        (Moody, "twice the same does the same"),
        (Moody, "after a crash it goes on and repeats nothing"),
        (Boastful, "what it finds out after a crash is so"),
        (Empty, "it brings what it said"),
        (Stray, "it acts through the record alone"),
    ],
)
def test_a_cheat_is_found_out_by_the_check_of_its_kind(action: type[Action], name: str, install: Install) -> None:
    assert name in failures(install, action)
