"""What a campaign file says of the colour lab, and what there is to know to write one."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from zosimos.campaign.lab import LabCard
from zosimos.core.validation import Part, quantity
from zosimos.labs.colour.files import FOLDER, data

__all__ = ["DYES", "FOLDER", "ColourOptions", "campaign", "card"]

DYES = ("red", "yellow", "blue")

Volume = Annotated[float, quantity("mL")]
Channel = Annotated[int, Field(ge=0, le=255)]


class ColourOptions(Part):
    """What a campaign file says of a colour lab."""

    target: tuple[Channel, Channel, Channel] = Field(
        description="the colour to match as sRGB under D65: red, green and blue, whole numbers from 0 to 255"
    )
    volume: Volume = Field(1.5, ge=0.6, le=3.0, description="volume mixed in the cell for each experiment, in mL")
    budget: Volume | None = Field(
        None, gt=0, description="liquid (dyes, water and rinse) the whole campaign may use, such as '60 mL'"
    )
    served: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_.-]+:[0-9]{1,5}$",
        description="HOST:PORT of zosimos lab serve, whose devices are used instead of simulators of this program",
    )
    time_scale: float = Field(1.0, ge=1, le=1e5, description="how much faster than real time the served lab runs")
    file: str | None = Field(
        None, description="a lab file of your own, relative to the campaign file; default: the simulated lab"
    )
    protocol: str | None = Field(None, description="a protocol of your own; default: mix, weigh, read, drain, rinse")

    @model_validator(mode="after")
    def _enough_for_one(self) -> Self:
        if self.budget is not None and self.budget < self.volume:
            raise ValueError(f"the budget ({self.budget:g} mL) does not pay for one experiment of {self.volume:g} mL")
        return self


def campaign() -> dict[str, Any]:
    """Return the lab's own campaign as plain data."""
    return data("campaign")


def card() -> LabCard:
    """Return what to know to write a campaign for the colour lab."""
    spec = {name: part for name, part in campaign().items() if name not in ("name", "description", "seed")}
    return LabCard(
        "Mixes red, yellow and blue dye with water in a cell and reads the colour of the mixture. The campaign looks "
        "for the volumes of dye whose mixture has the colour wanted; the objective delta_e is the CIEDE2000 colour "
        "difference to it (below 1 nobody sees a difference), worked out of the measured L, a and b.",
        spec,
        ColourOptions,
        (
            "The dye volumes are the parameters red, yellow and blue in mL; water fills up to lab.volume.",
            "Every experiment also takes 0.6 mL of water to rinse the cell; lab.budget counts it.",
            "Two cells work side by side, so parallel may be 1 or 2.",
        ),
    )
