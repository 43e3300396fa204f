"""A hotplate in a simulated laboratory: what a lab file says under ``simulator``, and the simulator it makes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

import zosimos as zo
from zosimos_hotplate.simulator import HotplateSimulator


class SimulatedHotplate(zo.Part):
    """What stands on a simulated hotplate, and how good its probe is."""

    dish: str = Field("", description="the vessel on it; default: nothing is")
    vapour: str = Field("spill", description="the vessel that stands for the room, which takes up what evaporates")
    trips: Annotated[float | None, zo.quantity("s")] = Field(
        None, gt=0, description="how long after it was first switched on it switches itself off, once: for rehearsals"
    )
    spread: Annotated[float, zo.quantity("K", difference=True)] = Field(
        0.05, ge=0, le=5, description="standard deviation of a reading of its probe, in K"
    )


def make(setup: zo.SimulatorSetup) -> HotplateSimulator:
    """Return a simulated hotplate, on it a vessel of a world.

    Raises:
        SpecError: an option is wrong, or names what does not exist.
    """
    own = zo.validated(SimulatedHotplate, dict(setup.options), f"devices.{setup.name}.simulator")
    dish = setup.vessel(own.dish, "dish") if own.dish else ""
    vapour = setup.vessel(own.vapour, "vapour") if dish else ""
    return HotplateSimulator(setup, dish, vapour, spread=own.spread, trips_s=own.trips)
