"""A laboratory as a whole: shared budgets, densities, and a stop of all devices at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from zosimos.campaign.definition import yaml
from zosimos.campaign.lab import Past
from zosimos.campaign.record.experiment import Step
from zosimos.core.clock import Clock, run
from zosimos.core.validation import validated
from zosimos.instruments.devices.as7341.driver import As7341Sensor
from zosimos.instruments.devices.as7341.simulator import As7341Simulator
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.instrument import Instrument
from zosimos.instruments.rig import Rig
from zosimos.labs.colour.options import FOLDER
from zosimos.labs.colour.rig import make_rig
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution.executor import ProtocolExecutor
from zosimos.workcell.execution.unsettled import Unsettled
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.liquids.content import content_of
from zosimos.workcell.liquids.probing import stroke_happened
from zosimos.workcell.protocol.model import Protocol

T = TypeVar("T")
NEED = {"water": 1.2, "red": 0.4}


def lab_data(**changes: Any) -> dict[str, Any]:
    return {**yaml.parse(yaml.read_text(FOLDER / "lab.yaml"), "lab.yaml"), **changes}


def two_pumps(total: str) -> LabFile:
    data = lab_data(budgets={"liquid": {"places": ["water", "red"], "total": total}})
    data["devices"]["pump-2"] = {**data["devices"]["pump"], "url": "sim://colour/pump-2"}
    data["stations"]["cell-2"]["devices"]["pump"] = "pump-2"
    return validated(LabFile, data, "lab file")


def executor(deck: Deck, clock: Clock) -> ProtocolExecutor:
    protocol = validated(Protocol, yaml.parse(yaml.read_text(FOLDER / "protocol.yaml"), "protocol"), "protocol")
    return ProtocolExecutor(deck, protocol, {"volume": 1.5}, ["delta_e"], [NEED], clock, Past(left=1))


def test_a_budget_of_two_pumps_is_one_budget() -> None:
    budgets = two_pumps("5 mL").limits().budgets
    assert [(one.name, one.total, one.unit) for one in budgets] == [("liquid", 5.0, "mL")]
    for pump in ("pump", "pump-2"):
        assert budgets[0].covers(Effect(pump, "aspirate", "1", 0.1))
        assert not budgets[0].covers(Effect(pump, "aspirate", "3", 0.1))


@pytest.mark.parametrize(("drawn", "over"), [(1.7, False), (1.8, True)])
def test_what_two_pumps_drew_is_not_there_for_a_further_experiment(drawn: float, over: bool) -> None:
    deck = Deck(two_pumps("5 mL"), Clock(), None)
    made = executor(deck, Clock())
    for pump in ("pump", "pump-2"):
        deck.envelope.count(Effect(pump, "aspirate", "1", drawn))
    words = "the budget 'liquid' is used up: 1.4 of 5 mL are left, an experiment may take 1.6 mL"
    assert made.exhausted() == (words if over else "")


# --- what the balance must show


def strokes_of(*strokes: tuple[str, str, float]) -> list[Step]:
    """Return a tare and strokes on cell-1, the last of them announced and not done."""
    steps = [Step(0, "tare", {"device": "balance-1"}, True, 1, "done")]
    for index, (verb, place, amount) in enumerate(strokes, start=1):
        start = 0.0 if verb == "aspirate" else amount
        params = {"device": "pump", "station": "cell-1", "place": place, "amount": amount, "start": start}
        port = {"water": "1", "red": "2", "fill": "5", "drain": "7"}[place]
        steps.append(Step(index, verb, {**params, "verb": verb, "channel": port}, False, 1, "done"))
    steps[-1].status = "intended"
    return steps


@pytest.mark.parametrize(
    ("density", "answer"), [("1.2 g/mL", "done"), ("1200 kg/m^3", "done"), (None, "unknown"), ("0.79 g/mL", "unknown")]
)
def test_a_balance_confirms_a_stroke_by_the_density_of_its_liquid(density: str | None, answer: str) -> None:
    data = lab_data()
    if density is not None:
        data["places"]["red"]["density"] = density

    async def act(made: ProtocolExecutor, deck: Deck, rig: Rig) -> None:
        rig.world.density = lambda _: 1.2
        pump, balance = deck.device("pump", "dispenses"), deck.device("balance-1", "weighs")
        await pump.home()
        await balance.tare()
        await pump.aspirate(2, 0.75, start_ml=0.0)
        await pump.deliver(5, 0.75, start_ml=0.75)
        steps = strokes_of(("aspirate", "red", 0.75), ("deliver", "fill", 0.75))
        found = await stroke_happened(Unsettled(deck, steps, steps[-1]))
        assert found.answer == answer
        assert ("balance-1 shows" in found.why) == (answer == "unknown")

    in_colour_lab(act, validated(LabFile, data, "lab file"))


def test_a_vessel_holds_the_mass_of_what_was_put_in_less_what_was_drawn_as_a_mixture() -> None:
    data = lab_data()
    data["places"]["red"]["density"] = 2.0
    data["places"]["water"]["density"] = 1.0
    lab = validated(LabFile, data, "lab file")
    steps = strokes_of(
        ("aspirate", "red", 1.0),
        ("deliver", "fill", 1.0),
        ("aspirate", "water", 1.0),
        ("deliver", "fill", 1.0),
        ("aspirate", "drain", 0.5),
        ("deliver", "fill", 0.25),
    )
    steps[-1].status = "done"
    content = content_of(lab, lab.stations["cell-1"], steps, tared=0)
    assert content.volume_ml == pytest.approx(1.75)
    assert content.mass_g == pytest.approx(3.0 - 0.5 * 1.5 + 0.25 * 1.5)


# --- stopping


def in_colour_lab(
    act: Callable[[ProtocolExecutor, Deck, Rig], Awaitable[T]],
    lab: LabFile | None = None,
    silent: tuple[str, ...] = (),
) -> T:
    """Connect every device of the colour lab, make some silent, and return what ``act`` makes of it."""

    async def main(clock: Clock) -> T:
        rig = make_rig(1, asyncio.get_running_loop().time)
        deck = Deck(lab or validated(LabFile, lab_data(), "lab file"), clock, rig)
        made = executor(deck, clock)
        await asyncio.gather(*(one.connect() for one in deck.instruments.values()))
        read = rig.read

        def quiet(device: str) -> bytes:
            said = read(device)
            return b"" if device in silent else said

        rig.read = quiet  # type: ignore[method-assign]
        return await act(made, deck, rig)

    return run(main, "virtual")


async def lamps_on(deck: Deck) -> None:
    for device in deck.instruments.values():
        if isinstance(device, As7341Sensor):
            await device.set_light(10.0)


def lamps(rig: Rig) -> list[float]:
    return [one.state()["light_ma"] for one in rig.devices.values() if isinstance(one, As7341Simulator)]


def test_every_device_that_answers_is_safe_and_nothing_is_said_of_it() -> None:
    async def act(made: ProtocolExecutor, deck: Deck, rig: Rig) -> None:
        await lamps_on(deck)
        assert lamps(rig) == [10.0, 10.0]
        assert await made.safe_state() == {}
        assert lamps(rig) == [0.0, 0.0]

    in_colour_lab(act)


def test_a_silent_device_delays_no_other_stop_and_is_named() -> None:
    async def act(made: ProtocolExecutor, deck: Deck, rig: Rig) -> None:
        sensor = deck.instruments["sensor-2"]
        assert isinstance(sensor, As7341Sensor)
        await sensor.set_light(10.0)
        began = asyncio.get_running_loop().time()
        stopping = asyncio.ensure_future(made.safe_state())
        while lamps(rig)[1] > 0.0:
            await asyncio.sleep(0.01)
        assert asyncio.get_running_loop().time() - began < 0.3
        unconfirmed = await stopping
        assert asyncio.get_running_loop().time() - began <= 1.1
        assert {"pump", "sensor-1"} <= unconfirmed.keys()
        assert "sensor-2" not in unconfirmed
        assert "within 1 s" in unconfirmed["pump"]

    in_colour_lab(act, silent=("pump", "sensor-1", "balance-1"))


def test_a_lamp_whose_limits_start_above_0_is_put_out_at_a_stop() -> None:
    data = lab_data()
    for name in ("sensor-1", "sensor-2"):
        data["devices"][name]["limits"]["light"] = {"min": 5, "max": 20}

    async def act(made: ProtocolExecutor, deck: Deck, rig: Rig) -> None:
        await lamps_on(deck)
        assert await made.safe_state() == {}
        assert lamps(rig) == [0.0, 0.0]

    in_colour_lab(act, validated(LabFile, data, "lab file"))


def test_a_driver_that_breaks_while_it_stops_is_named_and_the_others_are_stopped() -> None:
    async def act(made: ProtocolExecutor, deck: Deck, rig: Rig) -> None:
        await lamps_on(deck)

        async def broken() -> None:
            raise ZeroDivisionError("a driver's own fault")

        pump: Instrument = deck.instruments["pump"]
        pump.stop = broken  # type: ignore[method-assign]
        found = await made.safe_state()
        assert found == {"pump": "its driver failed: ZeroDivisionError: a driver's own fault"}
        assert lamps(rig) == [0.0, 0.0]

    in_colour_lab(act)


def test_closing_a_lab_stops_it_and_lets_go_of_every_port_even_if_one_breaks() -> None:
    async def act(made: ProtocolExecutor, deck: Deck, rig: Rig) -> None:
        await lamps_on(deck)
        closed: list[str] = []

        def noting(name: str) -> Callable[[], Awaitable[None]]:
            async def close() -> None:
                closed.append(name)
                if name == "pump":
                    raise OSError("the port does not close")

            return close

        for name, device in deck.instruments.items():
            device.close = noting(name)  # type: ignore[method-assign]
        with pytest.raises(OSError, match="does not close"):
            await made.close()
        assert sorted(closed) == sorted(deck.instruments)
        assert lamps(rig) == [0.0, 0.0]

    in_colour_lab(act)
