"""The simulated colour lab as a rig: what its lab file says, for whoever wants the devices without a campaign."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zosimos.instruments.rig import Rig
from zosimos.labs.colour.files import lab_file
from zosimos.workcell import simulation


def make_rig(
    seed: int,
    now: Callable[[], float],
    stocks_ml: Mapping[str, float] | None = None,
    waste_ml: float | None = None,
) -> Rig:
    """Return the lab as it is when nothing has happened yet.

    Args:
        seed: of all its noise.
        now: its time in seconds.
        stocks_ml: volume of water and of each dye in stock; default: as the lab file says.
        waste_ml: what the waste bottle holds; likewise.
    """
    lab = lab_file()
    changes: dict[str, dict[str, float]] = {name: {"stock": volume} for name, volume in (stocks_ml or {}).items()}
    if waste_ml is not None:
        changes["waste"] = {"room": waste_ml}
    places = {name: place.model_copy(update=changes.get(name, {})) for name, place in lab.places.items()}
    return simulation.make_rig(lab.model_copy(update={"places": places}), seed, now)
