"""The colour lab as a plugin: what it can do, and what runs its experiments."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from zosimos.campaign.definition import yaml
from zosimos.campaign.lab import Executor, LabCard, Past
from zosimos.campaign.record.experiment import Experiment
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.errors import SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import value_at
from zosimos.core.space import SearchSpace
from zosimos.core.validation import validated
from zosimos.instruments.rig import Rig
from zosimos.labs.colour import options as facts
from zosimos.labs.colour.gamut import nearest
from zosimos.labs.colour.options import DYES, FOLDER, ColourOptions
from zosimos.labs.colour.rig import STOCKS_ML, WASTE_ML, make_rig
from zosimos.workcell import usage as accounts
from zosimos.workcell.compatibility import check_fitness
from zosimos.workcell.deck import Deck
from zosimos.workcell.executor import ProtocolExecutor
from zosimos.workcell.labfile import LabFile, VolumeBudget
from zosimos.workcell.protocol.check import check as check_protocol
from zosimos.workcell.protocol.model import Protocol
from zosimos.workcell.protocol.needs import largest
from zosimos.workcell.protocol.units import check_units

OUTCOMES = ("delta_e", "L", "a", "b")
"""What the lab measures: the colour difference to its target, and the CIELAB colour that it is made of."""

_LIQUIDS = ("water", *DYES)
_CONSTANT_UNITS = {"volume": "mL", "target": "sRGB"}


class ColourLab:
    """Mixes dyes and reads their colour.

    Raises:
        SpecError: an option, the lab file or the protocol is wrong.
    """

    def __init__(self, options: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self._options = validated(ColourOptions, options, "lab")
        self._files = files
        self._lab = self._connected(validated(LabFile, _data(files, "lab"), "lab file"))
        self._protocol = validated(Protocol, _data(files, "protocol"), "protocol")
        self._constants = {"volume": self._options.volume, "target": list(self._options.target)}
        ports = {port for station in self._lab.stations.values() for port in station.ports}
        known = [*DYES, *self._constants]
        check_protocol(self._protocol, known, {*self._lab.places, *ports}, self._lab.standards)
        check_fitness(self._lab, self._protocol, ())

    def _connected(self, lab: LabFile) -> LabFile:
        """Return the lab file with this campaign's budget, and with its devices served elsewhere if they are."""
        changes: dict[str, Any] = {}
        if self._options.budget is not None:
            places = [name for name in _LIQUIDS if name in lab.places]
            changes["budgets"] = {**lab.budgets, "liquid": VolumeBudget(places=places, total=self._options.budget)}
        if self._options.served is not None:
            host, _, port = self._options.served.rpartition(":")
            changes["devices"] = {
                name: device.model_copy(update={"link": "served", "url": f"socket://{host}:{int(port) + index}"})
                for index, (name, device) in enumerate(lab.devices.items())
            }
            changes["time_scale"] = self._options.time_scale
        return lab.model_copy(update=changes)

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the lab file and the protocol, where the campaign brings its own."""
        own = validated(ColourOptions, options, "lab")
        return {role: name for role, name in (("lab", own.file), ("protocol", own.protocol)) if name is not None}

    @classmethod
    def card(cls) -> LabCard:
        """Return what to know to write a campaign for it."""
        return facts.card()

    @property
    def clock(self) -> ClockKind:
        """Simulated time if every device is simulated in this process."""
        return "virtual" if self._lab.in_process else "wall"

    def candidates(self) -> None:
        """Any mixture can be tried."""
        return

    def outcomes(self, objectives: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - there is no table
        """There is no table that could hold outcomes."""
        return ()

    def check(self, objectives: Sequence[str], parameters: Sequence[str]) -> None:
        """Refuse a spec that speaks of other dyes or other results.

        Raises:
            SpecError: a parameter or an objective is unknown here, or a dye is missing.
        """
        for field, given, known, needed in (
            ("space", parameters, DYES, DYES),
            ("objectives", objectives, OUTCOMES, ()),
        ):
            odd = [name for name in given if name not in known]
            missing = [name for name in needed if name not in given]
            if odd or missing:
                problem = f"knows no {odd[0]!r}" if odd else f"needs {missing[0]!r}"
                raise SpecError(
                    f"the colour lab {problem}", field=f"{field}.{(odd or missing)[0]}", allowed=", ".join(known)
                )
        check_fitness(self._lab, self._protocol, objectives)

    def fits(self, space: SearchSpace) -> None:
        """Refuse a space whose mixtures do not fit into the volume or the cell.

        Raises:
            SpecError: some do not; says where.
        """
        for name, parameter in space.by_name.items():
            unit = getattr(parameter, "unit", "")
            if unit != self._protocol.inputs.get(name, "mL") or unit != "mL":
                raise SpecError(
                    f"the volume {name} is in {unit or 'no unit'}", field=f"space.{name}.unit", value=unit, allowed="mL"
                )
        most = max(sum(need.values()) for need in largest(self._protocol, space, self._constants, self._lab.places))
        smallest = min(station.capacity or math.inf for station in self._lab.stations.values())
        if self._options.volume > smallest:
            raise SpecError(
                "the mixture does not fit into the cell",
                field="lab.volume",
                value=f"{self._options.volume:g} mL",
                allowed=f"at most {smallest:g} mL",
            )
        if self._options.budget is not None and most > self._options.budget:
            raise SpecError(
                f"the budget does not pay for one experiment, which takes up to {most:g} mL with its rinse",
                field="lab.budget",
                value=f"{self._options.budget:g} mL",
                allowed=f"at least {most:g} mL",
            )

    def check_units(self, objectives: Sequence[Objective], space: SearchSpace) -> None:
        """Refuse a protocol or an objective in other units than the lab's: volumes in mL, colours in sRGB.

        Raises:
            SpecError: one is; names both units and the fix.
        """
        units = {name: getattr(parameter, "unit", "") for name, parameter in space.by_name.items()}
        check_units(self._protocol, {**units, **_CONSTANT_UNITS}, objectives)

    def simulated(self) -> ColourLab:
        """Return the lab with every device simulated in this process."""
        kept = self._options.model_dump(exclude={"served", "time_scale", "file"}, exclude_none=True)
        files = {role: data for role, data in self._files.items() if role != "lab"}
        return ColourLab(kept, files)

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:
        """Return what was used, how near the limits it came, and whether the target can be reached."""
        bounds = {name: _bounds(space, name) for name in DYES}
        reach = nearest(self._options.target, bounds, self._options.volume)
        return {"target in reach": str(reach), **accounts.account(self._lab, experiments)}

    def executor(self, objectives: Sequence[Objective], space: SearchSpace, clock: Clock, past: Past) -> Executor:
        """Return what runs experiments."""
        rig = self._rig(clock, past.seed)
        deck = Deck(self._lab, clock, rig, past.wire)
        names = [objective.name for objective in objectives]
        needs = largest(self._protocol, space, self._constants, self._lab.places)
        return ProtocolExecutor(deck, self._protocol, self._constants, names, needs, clock, past)

    def _rig(self, clock: Clock, seed: int) -> Rig | None:
        if not any(device.link == "in-process" for device in self._lab.devices.values()):
            return None
        now = asyncio.get_running_loop().time if clock.simulated else time.monotonic
        places = self._lab.places
        stocks = {name: places[name].stock if name in places else None for name in _LIQUIDS}
        full = {name: STOCKS_ML[name] if stock is None else stock for name, stock in stocks.items()}
        room = places["waste"].room if "waste" in places else None
        return make_rig(seed, now, full, WASTE_ML if room is None else room)


def _data(files: Mapping[str, bytes], role: str) -> Any:
    """Return a file's data: the campaign's own, or the lab's."""
    if role in files:
        return yaml.parse(files[role].decode("utf-8", errors="replace"), f"the {role} file")
    return _own(role)


@cache
def _own(role: str) -> Any:
    path = FOLDER / f"{role}.yaml"
    return yaml.parse(yaml.read_text(path), str(path))


def _bounds(space: SearchSpace, name: str) -> tuple[float, float]:
    parameter = space.by_name[name]
    return float(value_at(parameter, 0.0)), float(value_at(parameter, 1.0))
