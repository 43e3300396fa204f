"""The simulated plate: heat is kept account of, water is not lost, and nothing depends on who looks when."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zosimos_hotplate.physics import ROOM_C, Body
from zosimos_hotplate.simulated import make
from zosimos_hotplate.simulator import HotplateSimulator

import zosimos as zo

ML = 10**12  # femtolitres


def plate(dish_ml: float = 0.0, **options: object) -> HotplateSimulator:
    """Return a plate with a dish of water in which a dye is dissolved."""
    contents = {"water": round(dish_ml * ML), "dye": 1000} if dish_ml else {}
    world = zo.World([zo.Vessel("dish", 10.0, contents=contents), zo.Vessel("room", 1e6)])
    options = {"dish": "dish", "vapour": "room", **options}
    return make(zo.SimulatorSetup("plate", world, options, {}, "", zo.Noise(1, "plate")))


def told(simulator: HotplateSimulator, line: bytes, now: float) -> None:
    """Say something at a time, as a rig does: what is due comes first."""
    passed(simulator, now)
    simulator.receive(line + b" \r\n", now)


def passed(simulator: HotplateSimulator, now: float) -> None:
    """Let everything happen that is due by now."""
    while (at := simulator.due()) is not None and at <= now:
        simulator.advance(at)


def heated(simulator: HotplateSimulator, celsius: int, ramp: int, now: float = 0.0) -> None:
    for line in (b"OUT_RT_1 %d" % ramp, b"OUT_SP_1 %d" % celsius, b"START_1"):
        told(simulator, line, now)


def warmth(simulator: HotplateSimulator) -> float:
    return float(simulator.state()["celsius"])


def test_without_a_heater_a_body_cools_towards_the_room_as_an_exponential() -> None:
    body, once = Body(80.0), Body(80.0).after(60.0, None)[0]
    for _ in range(60):
        body, vapour = body.after(1.0, None)
        assert vapour == 0.0
    assert body.celsius == pytest.approx(once.celsius, abs=1e-9)
    assert once.celsius - ROOM_C == pytest.approx((80.0 - ROOM_C) * math.exp(-60.0 / (60.0 / 0.25)))


def test_it_keeps_to_its_ramp_and_then_to_its_temperature() -> None:
    one = plate(2.0)
    heated(one, 60, 12)
    passed(one, 60.0)
    assert warmth(one) == pytest.approx(ROOM_C + 12.0, abs=0.3)
    passed(one, 600.0)
    assert warmth(one) == pytest.approx(60.0, abs=0.05)


def test_more_power_than_it_has_it_cannot_give() -> None:
    one = plate(8.0)
    heated(one, 90, 100)
    passed(one, 60.0)
    gained = (60.0 + 4.18 * 8.0) * (warmth(one) - ROOM_C)
    assert gained < 60.0 * 60.0


def test_what_evaporates_is_in_the_room_and_what_is_dissolved_stays() -> None:
    one = plate(5.0)
    assert one.world is not None
    before = one.world.totals()
    heated(one, 70, 20)
    passed(one, 1800.0)
    assert one.world.totals() == before
    assert one.world.vessels["dish"].contents["dye"] == 1000
    assert 0.5 < one.world.vessels["room"].volume_ml < 5.0
    passed(one, 40_000.0)
    assert one.world.vessels["dish"].volume_ml == pytest.approx(0.0, abs=1e-9)


def test_cold_water_cools_it() -> None:
    one = plate(1.0)
    assert one.world is not None
    heated(one, 60, 20)
    passed(one, 600.0)
    one.world.vessels["dish"].change({"water": 5 * ML}, 1)
    passed(one, 602.0)
    assert warmth(one) < 55.0


@given(st.lists(st.floats(0.0, 900.0), max_size=20))
def test_it_is_as_warm_as_it_is_whoever_asks_and_when(moments: list[float]) -> None:
    watched, left_alone = plate(3.0), plate(3.0)
    for one in (watched, left_alone):
        heated(one, 65, 15)
    for now in sorted(moments):
        told(watched, b"IN_PV_1", now)
        told(watched, b"IN_NAME", now)
    for one in (watched, left_alone):
        told(one, b"STOP_1", 950.0)
        passed(one, 1200.0)
    assert {**watched.state(), "noise": 0} == {**left_alone.state(), "noise": 0}


def test_a_cold_plate_does_nothing_and_a_state_goes_on_where_it_was() -> None:
    one, other = plate(3.0), plate(3.0)
    heated(one, 50, 15)
    passed(one, 300.0)
    assert one.unsafe()
    assert one.world is not None
    assert other.world is not None
    for transfer in one.world.journal("plate"):
        other.world.apply(transfer)
    other.restore(one.state())
    for simulator in (one, other):
        told(simulator, b"STOP_1", 300.0)
        passed(simulator, 20_000.0)
        assert simulator.due() is None
        assert simulator.unsafe() == ""
    assert one.state() == other.state()


def test_a_vessel_that_there_is_not_is_refused_in_words() -> None:
    with pytest.raises(zo.SpecError, match="no vessel 'cup'") as caught:
        plate(dish="cup")
    assert caught.value.field == "devices.plate.simulator.dish"
