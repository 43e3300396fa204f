"""A transfer: a volume moved from one place to another by a syringe pump, in as many strokes as it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zosimos.campaign.record.experiment import Step
from zosimos.core.errors import ExecutionError, OutcomeUnknownError
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER, DISPENSES, HOME, Dispenses
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.liquids.strokes import strokes
from zosimos.workcell.liquids.vessel import check_room, content_after
from zosimos.workcell.reach import Reach

CAPABILITY = DISPENSES.name


@dataclass
class Liquids:
    """What a run knows of its liquids: which pumps' syringes are empty, and how much is in the station's vessel."""

    empty: set[str] = field(default_factory=set)
    content_ml: float = 0.0


async def transfer(at: StationRun, role: str, source: str, target: str, volume_ml: float, *, repeat: bool) -> None:
    """Move a volume, the pump held all the while and its syringe empty before.

    Raises:
        ExecutionError: the vessel would run over, or the pump failed; then its syringe was emptied, if that could be
            done.
        OutcomeUnknownError: nobody knows whether a stroke happened.
    """
    pump: Dispenses = at.device(role, CAPABILITY)
    pieces = strokes(volume_ml, _one_stroke(at, role, pump), pump.resolution_ml)
    if not pieces:
        return
    liquids = at.memory(Liquids)
    name = at.name(role)
    spec = at.lab.stations[at.station]
    check_room(at.station, spec, target, liquids.content_ml, volume_ml, "the protocol must drain it before")
    async with at.holding(role) as grip:
        if name not in liquids.empty:
            await grip()
            await _emptied(at, pump, role)
            liquids.empty.add(name)
        try:
            for number, piece in enumerate(pieces, start=1):
                of = {"stroke": number, "of": len(pieces)}
                await grip()
                await _stroke(at, pump, role, ASPIRATE, source, piece, of, repeat=repeat)
                await grip()
                await _stroke(at, pump, role, DELIVER, target, piece, of, repeat=repeat)
                liquids.content_ml = content_after(spec, source, target, liquids.content_ml, piece)
        except OutcomeUnknownError:
            raise
        except ExecutionError as failure:
            # Before anybody else may use the pump; should that fail too, whoever comes next looks again.
            liquids.empty.discard(name)
            await grip()
            try:
                await _emptied(at, pump, role)
            except OutcomeUnknownError:
                raise
            except ExecutionError:
                raise failure from None
            raise


def transfer_effects(
    reach: Reach, role: str, source: str, target: str, volumes: Sequence[float] = ()
) -> Iterator[Effect]:
    """Yield the strokes of a transfer with the largest amount that is surely meant to be allowed.

    Of volumes that are known, the smallest stroke of each too: it may be less than is allowed.
    """
    pump: Dispenses = reach.device(role, CAPABILITY)
    for verb, end in ((ASPIRATE, source), (DELIVER, target)):
        amount = min(pump.syringe_ml, reach.most(role, verb)) or pump.syringe_ml
        yield reach.effect_of(role, verb, reach.channel(end), amount)
        for volume in volumes:
            pieces = strokes(volume, _one_stroke(reach, role, pump), pump.resolution_ml)
            if pieces:
                yield reach.effect_of(role, verb, reach.channel(end), min(pieces))
    yield reach.effect_of(role, HOME, pump.waste_port)


def _one_stroke(reach: Reach, role: str, pump: Dispenses) -> float:
    """Return the most that one stroke can move, in mL."""
    return min(reach.most(role, ASPIRATE), reach.most(role, DELIVER), pump.syringe_ml) or pump.syringe_ml


def in_the_middle(step: Step) -> bool:
    """Say whether a pump is still in the middle of a transfer after a stroke."""
    if "stroke" not in step.params:
        return False
    finished = step.name == DELIVER and step.params["stroke"] == step.params["of"]
    return not finished or step.status == "intended"


async def _emptied(at: StationRun, pump: Dispenses, role: str) -> None:
    """Send what an earlier, failed step left in the syringe to waste."""

    async def look() -> dict[str, Any]:
        return {"volume_ml": (await pump.settled()).volume_ml}

    left = (await at.read("plunger", look, role=role))["volume_ml"]
    if left > pump.resolution_ml / 2:
        more = {"start": left, "place": "waste", "why": "left in the syringe"}
        port = pump.waste_port
        act = lambda: pump.deliver(port, left, start_ml=left)  # noqa: E731 - the act of this effect
        await at.effect(role, DELIVER, act, channel=port, amount=left, more=more)


async def _stroke(
    at: StationRun,
    pump: Dispenses,
    role: str,
    verb: str,
    place: str,
    volume: float,
    of: Mapping[str, int],
    *,
    repeat: bool,
) -> None:
    port = at.channel(place)
    start = 0.0 if verb == ASPIRATE else volume
    move = pump.aspirate if verb == ASPIRATE else pump.deliver
    act = lambda: move(port, volume, start_ml=start)  # noqa: E731 - the act of this effect
    more = {"start": start, "place": place, **of}
    await at.effect(role, verb, act, channel=port, amount=volume, more=more, repeat=repeat)
