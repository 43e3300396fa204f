"""The interpreter: carries out a protocol's steps on one station's devices, one after the other."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zosimos.analysis.methods import Quantity, method
from zosimos.campaign.lab import Steps
from zosimos.core.errors import ExecutionError, OutcomeUnknownError
from zosimos.core.expression import Expression
from zosimos.instruments.capabilities import Dispenses, MeasuresSpectrum, Weighs
from zosimos.instruments.envelope.effect import Effect, Verb
from zosimos.workcell.deck import Deck
from zosimos.workcell.protocol.check import formula
from zosimos.workcell.protocol.model import Calibrate, Compute, Confirm, Dispense, ProtocolStep, Read, Rinse, Weigh
from zosimos.workcell.scheduling import Holds
from zosimos.workcell.strokes import strokes

_DIGIT = 1.0 / math.sqrt(12.0)  # standard deviation of rounding to whole counts


class Interpreter:
    """Carries out steps.

    Args:
        deck: the devices.
        holds: who uses which of them.
        recorder: where actions are announced.
        owner: who acts: an experiment, or the lab itself.
        station: the station to act on.
        values: parameters and constants, to which readings are added.
        lamps: the current of each sensor's lamp as the preparation left it.
        slots: what the preparation left in each sensor's light.
    """

    def __init__(
        self,
        deck: Deck,
        holds: Holds,
        recorder: Steps,
        owner: str,
        station: str,
        values: Mapping[str, Any],
        lamps: Mapping[str, float] | None = None,
        slots: Mapping[str, int] | None = None,
    ) -> None:
        self.values: dict[str, Any] = dict(values)
        self.quantities: dict[str, Quantity] = {}
        self.lamps: dict[str, float] = dict(lamps or {})
        self.slots: dict[str, int] = dict(slots or {})
        self._empty: set[str] = set()
        self._content_ml = 0.0
        self._deck = deck
        self._holds = holds
        self._recorder = recorder
        self._owner = owner
        self._name = station
        self._station = deck.lab.stations[station]

    async def run(self, steps: Sequence[ProtocolStep]) -> None:
        """Carry out steps in order.

        Raises:
            ExecutionError: one failed.
        """
        for step in steps:
            await self._run(step)

    async def _run(self, step: ProtocolStep) -> None:
        match step.action:
            case Dispense() as one:
                await self._transfer(one.role, one.source, one.target, self._number(one.volume), repeat=one.repeat)
            case Rinse() as one:
                volume = self._number(one.volume)
                for _ in range(one.times):
                    await self._transfer(one.role, one.source, one.target, volume, repeat=one.repeat)
                    drained = volume + self._number(one.extra)
                    await self._transfer(one.role, one.drain, one.waste, drained, repeat=one.repeat)
            case Weigh() as one:
                self.values[one.name] = (await self.weigh(one.role))["value_g"]
            case Read() as one:
                self.values[one.name] = await self._read(one)
            case Calibrate() as one:
                self.values[one.name] = await self._calibrated(one)
            case Compute() as one:
                await self._compute(one)
            case Confirm() as one:
                self._confirm(one)
            case other:
                await self._simple(step, other)

    async def _simple(self, step: ProtocolStep, action: Any) -> None:
        if step.kind == "tare":
            balance = self._balance(action)
            await self._effect(Effect(self._named(action), Verb.TARE), balance.tare, repeat=True)
        elif step.kind == "wait":
            await self._recorder.wait(float(action) / self._deck.lab.time_scale)
        elif step.kind == "ask":
            await self._recorder.ask(action.text)
        elif step.kind == "move":
            await self._turn(action.role, action.to)
        elif step.kind == "light":
            sensor = self._sensor(action.role)
            effect = Effect(self._named(action.role), Verb.LIGHT, amount=action.current)
            await self._effect(effect, lambda: sensor.set_light(action.current), repeat=action.repeat)
            self.lamps[action.role] = action.current

    # --- liquids

    async def _transfer(self, role: str, source: str, target: str, volume_ml: float, *, repeat: bool) -> None:
        """Move a volume in as many strokes as it takes, the pump held all the while and its syringe empty before."""
        pump, name = self._pump(role), self._named(role)
        most = min(self._deck.envelope.most(name, verb) for verb in (Verb.ASPIRATE, Verb.DELIVER))
        pieces = strokes(volume_ml, min(most, pump.syringe_ml) or pump.syringe_ml, pump.resolution_ml)
        if not pieces:
            return
        self._check_room(target, volume_ml)
        async with self._holds.holding(name, self._owner, self._recorder.live) as grip:
            if name not in self._empty:
                await grip()
                await self._emptied(pump, name)
                self._empty.add(name)
            try:
                for number, piece in enumerate(pieces, start=1):
                    of = {"stroke": number, "of": len(pieces)}
                    await grip()
                    await self._stroke(pump, name, Verb.ASPIRATE, source, piece, of, repeat=repeat)
                    await grip()
                    await self._stroke(pump, name, Verb.DELIVER, target, piece, of, repeat=repeat)
                    self._count_content(source, target, piece)
            except OutcomeUnknownError:
                raise
            except ExecutionError as failure:
                # Before anybody else may use the pump; should that fail too, whoever comes next looks again.
                self._empty.discard(name)
                await grip()
                try:
                    await self._emptied(pump, name)
                except OutcomeUnknownError:
                    raise
                except ExecutionError:
                    raise failure from None
                raise

    def _check_room(self, target: str, volume_ml: float) -> None:
        """Refuse to pour more into the station's vessel than it holds, by what was put in and drawn out."""
        capacity = self._station.capacity
        if capacity is None or target not in self._station.ports:
            return
        if self._content_ml + volume_ml > capacity + 1e-9:
            raise ExecutionError(
                f"the vessel of {self._name} holds {capacity:g} mL, and {self._content_ml:.4g} mL are in it",
                field=target,
                value=f"{volume_ml:.4g} mL more",
                allowed=f"{capacity - self._content_ml:.4g} mL more",
                hint="the protocol must drain it before",
            )

    def _count_content(self, source: str, target: str, volume_ml: float) -> None:
        if target in self._station.ports:
            self._content_ml += volume_ml
        if source in self._station.ports:
            self._content_ml = max(0.0, self._content_ml - volume_ml)

    async def _emptied(self, pump: Dispenses, name: str) -> None:
        """Send what an earlier, failed step left in the syringe to waste."""

        async def look() -> dict[str, Any]:
            return {"volume_ml": (await pump.settled()).volume_ml, **self._deck.kept(name)}

        left = (await self._recorder.read("plunger", look, params={"device": name}))["volume_ml"]
        if left > pump.resolution_ml / 2:
            effect = Effect(name, Verb.DELIVER, str(pump.waste_port), left)
            more = {"start": left, "place": "waste", "why": "left in the syringe"}
            await self._effect(effect, lambda: pump.deliver(pump.waste_port, left, start_ml=left), more=more)

    async def _stroke(
        self, pump: Dispenses, name: str, verb: Verb, place: str, volume: float, of: Mapping[str, int], *, repeat: bool
    ) -> None:
        port = self._port(place)
        start = 0.0 if verb is Verb.ASPIRATE else volume
        move = pump.aspirate if verb is Verb.ASPIRATE else pump.deliver
        more = {"start": start, "place": place, **of}
        effect = Effect(name, verb, str(port), volume)
        await self._effect(effect, lambda: move(port, volume, start_ml=start), more=more, repeat=repeat)

    # --- reading

    async def weigh(self, role: str) -> dict[str, float]:
        """Return the stable weight on a balance."""
        balance, name = self._balance(role), self._named(role)

        async def look() -> dict[str, Any]:
            weight = await balance.weigh()
            return {"value_g": weight.value_g, "uncertainty_g": weight.uncertainty_g, **self._deck.kept(name)}

        found: dict[str, float] = await self._recorder.read("weigh", look, params={"device": name})
        return found

    async def _read(self, step: Read) -> dict[str, Any]:
        sensor, name = self._sensor(step.role), self._named(step.role)

        async def look() -> dict[str, Any]:
            await self._set_again(step.role, sensor)
            return {**await _mean_spectrum(sensor, step.times), **self._deck.kept(name)}

        found: dict[str, Any] = await self._recorder.read("read", look, params={"device": name, "times": step.times})
        return found

    async def _set_again(self, role: str, sensor: MeasuresSpectrum) -> None:
        """Set lamp and turret as the steps so far want them: a step on record is not done again on resume."""
        lamp, slot = self.lamps.get(role), self.slots.get(role)
        if lamp is not None and sensor.light_ma != lamp:
            await sensor.set_light(lamp)
        if slot is not None and sensor.slot != slot:
            await sensor.set_turret(slot)

    async def _calibrated(self, step: Calibrate) -> Any:
        standards = self._deck.lab.standards[step.standards]
        sensor, readings = self._sensor(step.role), []
        for standard in standards:
            await self._turn(step.role, standard.slot)
            readings.append(await _mean_spectrum(sensor, 4))
        await self._turn(step.role, 0)
        certificates = [list(standard.certificate) for standard in standards]
        found = computed(step.method, {"readings": readings, "certificates": certificates})
        if found["residual"] > self._deck.lab.residual:
            raise ExecutionError(
                f"{self._name}: the calibration leaves a mean residual of {found['residual']:.2f}",
                field=f"stations.{self._name}",
                value=f"{found['residual']:.2f}",
                allowed=f"at most {self._deck.lab.residual:g}",
                hint="clean the references and the sensor's window, check the certificates in the lab file",
            )
        return found

    async def _turn(self, role: str, slot: int) -> None:
        sensor = self._sensor(role)
        await self._effect(
            Effect(self._named(role), Verb.TURRET, str(slot)), lambda: sensor.set_turret(slot), repeat=True
        )
        self.slots[role] = slot

    # --- thinking

    async def _compute(self, step: Compute) -> None:
        inputs = {mine: self.values[theirs] for mine, theirs in step.using.items()}

        async def work() -> dict[str, Any]:
            return computed(step.method, inputs)

        found = await self._recorder.read("compute", work, params={"method": step.method})
        for name, item in found.items():
            if isinstance(item, Mapping):
                self.quantities[name] = Quantity(item["value"], item.get("uncertainty"))
            self.values[name] = item["value"] if isinstance(item, Mapping) else item

    def _confirm(self, step: Confirm) -> None:
        condition = Expression(step.that)
        columns = {name: np.asarray(self.values[name], dtype=float) for name in condition.names}
        if not bool(condition.holds(columns)):
            seen = ", ".join(f"{name} = {float(column):.4g}" for name, column in sorted(columns.items()))
            raise ExecutionError(f"{step.otherwise} ({seen})", field="confirm", value=seen, allowed=step.that)

    def _number(self, text: str | float) -> float:
        wanted = formula(text)
        value = wanted.value({name: float(self.values[name]) for name in wanted.names})
        if not value > -1e-9:
            raise ExecutionError(f"the volume {text} is {value:g} mL", field="volume", value=value, allowed="0 or more")
        return max(0.0, value)

    # --- devices

    def _named(self, role: str) -> str:
        return self._station.devices[role]

    def _pump(self, role: str) -> Dispenses:
        pump: Dispenses = self._deck.device(self._named(role), "dispenses")
        return pump

    def _balance(self, role: str) -> Weighs:
        balance: Weighs = self._deck.device(self._named(role), "weighs")
        return balance

    def _sensor(self, role: str) -> MeasuresSpectrum:
        sensor: MeasuresSpectrum = self._deck.device(self._named(role), "measures-spectrum")
        return sensor

    def _port(self, place: str) -> int:
        own = self._station.ports.get(place)
        return own if own is not None else self._deck.lab.places[place].port

    async def _effect(
        self, effect: Effect, action: Any, *, more: Mapping[str, Any] | None = None, repeat: bool = False
    ) -> None:
        async def act(_: str) -> dict[str, Any]:
            await action()
            return self._deck.kept(effect.device)

        params = {**effect.as_json(), "station": self._name, **(more or {})}
        await self._recorder.effect(str(effect.verb), act, params=params, repeatable=repeat)


def computed(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a method makes of its inputs.

    Raises:
        ExecutionError: it cannot use them.
    """
    try:
        return dict(method(name).compute(inputs))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ExecutionError(
            f"the method {name} cannot use what it was given: {error!r}",
            field="compute",
            value=", ".join(inputs),
            hint="check the method and the names under 'using' in the protocol",
        ) from error


async def _mean_spectrum(sensor: MeasuresSpectrum, times: int) -> dict[str, Any]:
    """Return the mean of several readings and its standard error; a channel that was ever at full scale stays there."""
    readings = [await sensor.spectrum() for _ in range(times)]
    full = readings[0].full_scale
    counts: dict[str, float] = {}
    spread: dict[str, float] = {}
    for name in readings[0].counts:
        values = [reading.counts[name] for reading in readings]
        counts[name] = float(full) if max(values) >= full else statistics.fmean(values)
        noise = statistics.stdev(values) if times > 1 else 0.0
        spread[name] = math.hypot(noise, _DIGIT) / math.sqrt(times)
    return {**readings[0].as_json(), "counts": counts, "spread": spread, "times": times}
