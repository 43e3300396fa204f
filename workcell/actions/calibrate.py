"""Calibrate: read known standards, and work out what turns readings into a quantity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from zosimos.analysis.methods import method
from zosimos.instruments.capabilities.measures_spectrum import TURRET
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.action import Action
from zosimos.workcell.computing import computed
from zosimos.workcell.execution.station_run import StationRun
from zosimos.workcell.optics.sensor import SensorRole, Settings, mean_spectrum, turn
from zosimos.workcell.protocol.fields import Brings
from zosimos.workcell.protocol.known import Known
from zosimos.workcell.reach import Reach
from zosimos.workcell.words import Key, Word

_NEEDS = frozenset({"readings", "certificates"})
_TIMES = 4
_CELL = 0


class Calibrate(Action):
    """Read known standards and work out what turns readings into a quantity."""

    prepares: ClassVar[bool] = True
    once: ClassVar[bool] = True

    role: SensorRole = Field("sensor", alias="with")
    standards: Word
    method: Word
    name: Annotated[Key, Brings()] = Field(alias="as")

    def check(self, known: Known) -> None:
        """Refuse standards that the lab does not have, and a method that is no calibration."""
        if self.standards not in known.standards:
            why = f"the lab has no standards {self.standards!r}"
            raise known.wrong("", why, self.standards, ", ".join(known.standards))
        if set(method(self.method, f"{known.where}.method").needs) != _NEEDS:
            why = f"{self.method!r} is no way to calibrate"
            raise known.wrong("", why, self.method, "a method for calibrations")

    def effects(self, reach: Reach) -> Iterator[Effect]:
        """Yield each standard, and the cell."""
        for slot in (_CELL, *(standard.slot for standard in reach.lab.standards[self.standards])):
            yield reach.effect_of(self.role, TURRET, slot)

    def stands(self, at: StationRun) -> None:
        """Remember that the cell is meant to be in the light, wherever the turret stands now."""
        at.memory(Settings).slots[self.role] = _CELL

    async def run(self, at: StationRun) -> None:
        """Read every standard, turn the cell back into the light, and calibrate."""
        standards, readings = at.lab.standards[self.standards], []

        async def look() -> dict[str, Any]:
            return await mean_spectrum(at, self.role, _TIMES)

        for standard in standards:
            await turn(at, self.role, standard.slot)
            readings.append(await at.read("read", look, role=self.role, times=_TIMES))
        await turn(at, self.role, _CELL)
        certificates = [list(standard.certificate) for standard in standards]
        found = computed(self.method, {"readings": readings, "certificates": certificates})
        if found["residual"] > at.lab.residual:
            raise at.failed(
                f"the calibration leaves a mean residual of {found['residual']:.2f}",
                value=f"{found['residual']:.2f}",
                allowed=f"at most {at.lab.residual:g}",
                hint="clean the references and the sensor's window, check the certificates in the lab file",
            )
        at.values[self.name] = found
