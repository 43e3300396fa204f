"""Preflight: is the lab fit for this campaign? Everything that is not is said at once, before anything moves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from zosimos.core.errors import InstrumentError, PreflightError
from zosimos.instruments.capability import capabilities
from zosimos.workcell.deck import Deck


async def identities(deck: Deck) -> dict[str, dict[str, str]]:
    """Connect every device and return who each says it is.

    Raises:
        PreflightError: one does not answer, or is not the one the lab file names.
    """
    found: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    answers = await asyncio.gather(*(one.connect() for one in deck.instruments.values()), return_exceptions=True)
    for name, answer in zip(deck.instruments, answers, strict=True):
        if isinstance(answer, InstrumentError):
            problems.append(f"{name}: {answer.message}" + (f" ({answer.hint})" if answer.hint else ""))
            continue
        if isinstance(answer, BaseException):
            raise answer
        found[name] = answer.as_json()
        wanted = deck.lab.devices[name].serial
        if wanted and wanted != answer.serial:
            problems.append(f"{name}: the device's serial number is {answer.serial!r}, the lab file says {wanted!r}")
    refuse(problems)
    return found


async def made_ready(deck: Deck) -> list[str]:
    """Bring devices to where they can be used, as homing a pump does; return those that forgot what they were doing.

    Raises:
        ExecutionError: one cannot be brought there.
    """
    lost = []
    for name, instrument in deck.instruments.items():
        for capability in capabilities().values():
            if capability.ready is not None and isinstance(instrument, capability.protocol):
                lost += [name] if await capability.ready(instrument) else []
    return lost


def supplies(deck: Deck, needs: Sequence[Mapping[str, float]], used: Mapping[str, float], left: int) -> list[str]:
    """Return what is short for the experiments that are left: stock, and room for waste.

    Args:
        deck: the devices.
        needs: what an experiment draws from each place, in the place's unit, at each corner of the space.
        used: what was drawn from each place so far, likewise.
        left: experiments the budget still allows.
    """
    problems = []
    places = deck.lab.places
    for name, place in places.items():
        if place.stock is not None:
            most = left * max((need.get(name, 0.0) for need in needs), default=0.0)
            there = place.stock - used.get(name, 0.0)
            if most > there + 1e-9:
                problems.append(
                    f"{name}: {there:.4g} {place.unit} are left, {left} experiments may need {most:.4g} {place.unit}: "
                    "refill it"
                )
        if place.room is not None:
            # What was drawn ends here; vials and millilitres have no sum.
            alike = [one for one, other in places.items() if other.unit == place.unit]
            most = left * max((sum(need.get(one, 0.0) for one in alike) for need in needs), default=0.0)
            room = place.room - sum(used.get(one, 0.0) for one in alike)
            if most > room + 1e-9:
                problems.append(
                    f"{name}: there is room for {room:.4g} {place.unit}, {left} experiments may give {most:.4g} "
                    f"{place.unit}: empty it"
                )
    return problems


def refuse(problems: Sequence[str]) -> None:
    """Refuse to go on if there are problems.

    Raises:
        PreflightError: there are; lists them.
    """
    if problems:
        raise PreflightError(
            "the lab is not ready:\n" + "\n".join(f"  - {problem}" for problem in problems),
            field="lab",
            hint="put it right and run zosimos resume; nothing was done",
        )
