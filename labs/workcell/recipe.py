"""A laboratory that carries out a recipe: everything that follows from a lab file and a protocol alone.

:class:`RecipeLab` keeps the seam of laboratories. What is known of a laboratory besides (a target, a limit of its
own) is added by a class on top of it, such as the colour lab's.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Self

from zosimos.campaign.lab import Executor, Past
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.safety.stated import LabChemistry
from zosimos.core.clock import Clock, ClockKind
from zosimos.core.errors import SpecError, StateError
from zosimos.core.objective import Objective
from zosimos.core.space import SearchSpace
from zosimos.instruments.rig import Rig
from zosimos.labs.workcell.checks import check_budgets, check_found, check_prepared, check_texts, check_unit, outcomes
from zosimos.labs.workcell.files import in_the_world_of
from zosimos.workcell.compatibility import check_fitness
from zosimos.workcell.deck import Deck
from zosimos.workcell.execution.executor import ProtocolExecutor
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.meeting import chemistry_of
from zosimos.workcell.protocol.check import check as check_protocol
from zosimos.workcell.protocol.model import Protocol
from zosimos.workcell.protocol.needs import corners, largest
from zosimos.workcell.protocol.units import check_units
from zosimos.workcell.simulation import all_simulated, make_rig
from zosimos.workcell.usage import account


class RecipeLab:
    """A lab file and a recipe as a laboratory.

    Args:
        lab: the lab file.
        protocol: the recipe.
        constants: inputs of the recipe that are the same in every experiment.
        stand_in: the lab file whose world and simulated devices are used if ``lab`` says nothing of a world.

    Raises:
        SpecError: lab file and recipe do not fit together, or a device cannot be simulated.
    """

    def __init__(
        self, lab: LabFile, protocol: Protocol, constants: Mapping[str, Any], *, stand_in: LabFile | None = None
    ) -> None:
        self._lab = lab
        self._protocol = protocol
        self._constants = dict(constants)
        self._stand_in = stand_in
        ports = {port for station in lab.stations.values() for port in station.ports}
        check_protocol(protocol, protocol.inputs, {*lab.places, *ports}, lab.standards)
        check_fitness(lab, protocol, ())
        self._check_simulators()

    # --- what can be asked of it

    @property
    def clock(self) -> ClockKind:
        """Simulated time if every device is simulated in this process."""
        return "virtual" if self._lab.in_process else "wall"

    def candidates(self) -> None:
        """Any point of the space can be tried."""
        return

    def outcomes(self, objectives: Sequence[str]) -> Sequence[str]:  # noqa: ARG002 - there is no table
        """There is no table that could hold outcomes."""
        return ()

    def check(self, objectives: Sequence[str], parameters: Sequence[str]) -> None:
        """Refuse a spec whose parameters are not the recipe's inputs, or that wants what the recipe does not give.

        Raises:
            SpecError: a parameter or an objective is unknown here, or an input of the recipe is missing.
        """
        wanted, gives = self._parameters(), outcomes(self._protocol)
        self._check_names("space", parameters, wanted, "write it under the recipe's inputs with its unit")
        self._check_names("objectives", objectives, gives, "let a step of the recipe compute it")
        for name in wanted:
            if name not in parameters:
                raise SpecError(
                    f"the recipe {self._protocol.name!r} needs {name!r}",
                    field=f"space.{name}",
                    allowed=", ".join(wanted),
                    hint=f"add {name} to space, or to lab.constants if it is the same in every experiment",
                )
        check_prepared(self._protocol, self._constants)
        check_fitness(self._lab, self._protocol, objectives)

    def fits(self, space: SearchSpace) -> None:
        """Refuse a space in another unit than the recipe's inputs, or of which the laboratory cannot run every corner.

        Raises:
            SpecError: says where.
        """
        for name, parameter in space.by_name.items():
            if name in self._protocol.inputs:
                check_unit(name, parameter, self._protocol.inputs[name])
        texts = {name for name, parameter in space.by_name.items() if parameter.kind == "text"}
        check_texts(
            self._protocol, texts | {name for name, value in self._constants.items() if isinstance(value, str | list)}
        )
        self._check_budgets(largest(self._protocol, space, self._constants, self._lab.places))
        at_corners = [{**self._constants, **values} for values in corners(space)]
        check_fitness(self._lab, self._protocol, (), at_corners)

    def check_units(self, objectives: Sequence[Objective], space: SearchSpace) -> None:
        """Refuse a recipe whose numbers do not fit together, or an objective in another unit than it is computed in.

        Raises:
            SpecError: names both units and the fix.
        """
        units = {name: getattr(parameter, "unit", "") for name, parameter in space.by_name.items()}
        numbers = {name: unit for name, unit in units.items() if space.by_name[name].kind != "text"}
        check_units(self._protocol, {**numbers, **self._constant_units()}, objectives)

    def chemistry(self, space: SearchSpace) -> LabChemistry:
        """Return the substances of the lab file's places, and where the recipe brings them together."""
        return chemistry_of(
            self._lab, self._protocol, largest(self._protocol, space, self._constants, self._lab.places)
        )

    def account(self, space: SearchSpace, experiments: Sequence[Experiment]) -> Mapping[str, str]:  # noqa: ARG002 - the record says it
        """Return what was used, and how near the limits it came."""
        return account(self._lab, experiments)

    # --- running

    def simulated(self) -> Self:
        """Return the laboratory with every device simulated in this process.

        Raises:
            StateError: the lab file says nothing of a world.
            SpecError: a device cannot be simulated.
        """
        if self._lab.in_process:
            return self
        if self._lab.world is None:
            raise StateError(
                f"the laboratory {self._lab.name!r} cannot be rehearsed: its lab file says nothing of a world",
                field="lab.file",
                hint="add world: with its vessels, and simulator: to each device that needs one",
            )
        made = copy.copy(self)
        made._lab = all_simulated(self._lab)  # noqa: SLF001 - a copy of the same class
        made._check_simulators()  # noqa: SLF001 - likewise
        return made

    def executor(self, objectives: Sequence[Objective], space: SearchSpace, clock: Clock, past: Past) -> Executor:
        """Return what runs experiments."""
        now = asyncio.get_running_loop().time if clock.simulated else time.monotonic
        began = now()
        rig = self._rig(past.seed, lambda: round(past.elapsed_s + now() - began, 9)) if self._in_process() else None
        deck = Deck(self._lab, clock, rig, past.wire, past.may_send)
        names = [objective.name for objective in objectives]
        needs = largest(self._protocol, space, self._constants, self._lab.places)
        return ProtocolExecutor(deck, self._protocol, self._constants, names, needs, clock, past)

    # --- for a laboratory that knows more

    def _parameters(self) -> Sequence[str]:
        """Return the parameters that a campaign must have."""
        return [name for name in self._protocol.inputs if name not in self._constants]

    def _constant_units(self) -> Mapping[str, str]:
        """Return the units of constants that are given in units of their own."""
        return {}

    def _check_budgets(self, needs: Sequence[Mapping[str, float]]) -> None:
        """Refuse budgets of the lab file that do not pay for one experiment."""
        check_budgets(self._lab, needs)

    # --- inside

    def _check_names(self, part: str, given: Sequence[str], known: Collection[str], hint: str) -> None:
        for name in given:
            if name in known:
                continue
            if name in self._constants:
                why = f"{name} is a constant of the laboratory, and the same in every experiment"
                hint = "take it out of lab.constants, or write it there as a bare number if an objective is made of it"
            else:
                why, hint = f"the recipe {self._protocol.name!r} knows no {name!r}", f"correct the name, or {hint}"
            raise SpecError(why, field=f"{part}.{name}", allowed=", ".join(known) or "none", hint=hint)

    def _in_process(self) -> bool:
        return any(device.link == "in-process" for device in self._lab.devices.values())

    def _rig(self, seed: int, now: Callable[[], float]) -> Rig:
        """Return the simulated devices of this process, as they are when nothing has happened yet."""
        return make_rig(self._world_file(), seed, now)

    def _world_file(self) -> LabFile:
        """Return the lab file that says what is simulated."""
        if self._lab.world is not None or self._stand_in is None:
            return self._lab
        return in_the_world_of(self._stand_in, self._lab)

    def _check_simulators(self) -> None:
        """Refuse a device of this process that cannot be simulated."""
        if self._in_process():
            check_found(self._lab, make_rig(self._world_file(), 0, lambda: 0.0))
