"""Devices of a lab file: driver, port, and what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from zosimos.core.errors import InputError, SpecError
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part, problem
from zosimos.instruments.envelope.verbs import verb as declared_verb
from zosimos.instruments.wire.address import check_address


class LimitSpec(Part):
    """What one verb of a device may do; a bare number is in the verb's own unit (mL, mA, ms), text in any that fits."""

    at: list[int | str] = Field(default_factory=list, description="channels: ports, slots")
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.min is None) != (self.max is None):
            raise ValueError("give min and max, or neither")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min ({self.min:g}) is above max ({self.max:g})")
        return self


class DeviceSpec(Part):
    """A device: its driver, where it is, what it may do."""

    driver: str = Field(description="the driver plugin's name, such as cavro")
    link: Literal["in-process", "served", "real"] = Field(description="a simulator here, one served elsewhere, or real")
    url: str = Field(description="its port: sim://lab/pump, socket://host:port, /dev/ttyUSB0, COM3")
    options: dict[str, Any] = Field(default_factory=dict, description="the driver's own")
    limits: dict[str, LimitSpec] = Field(default_factory=dict, description="what is not listed is refused")
    serial: str = Field("", description="the serial number it must report, if it has one")
    simulator: dict[str, Any] = Field(
        default_factory=dict, description="what its simulator must know, such as the vessels it is connected to"
    )

    @field_validator("limits", mode="before")
    @classmethod
    def _in_the_verbs_units(cls, limits: Any) -> Any:
        """Refuse verbs that no capability declares; turn amounts that are written with a unit into the verb's own."""
        if not isinstance(limits, Mapping):
            return limits
        return {verb: _in_unit(verb, spec) for verb, spec in limits.items()}

    @field_validator("url")
    @classmethod
    def _port(cls, url: str) -> str:
        try:
            check_address(url)
        except InputError as error:
            raise problem(error) from error
        return url

    @model_validator(mode="after")
    def _url_fits(self) -> Self:
        if (self.link == "in-process") != self.url.startswith("sim://"):
            raise ValueError(f"link is {self.link}, so url must {'' if self.link == 'in-process' else 'not '}be sim://")
        return self


def _in_unit(verb: Any, spec: object) -> object:
    """Return a limit whose bounds are numbers in its verb's unit; what is no limit is left to be refused."""
    try:
        declared = declared_verb(verb)
    except InputError as error:
        raise problem(error, str(verb)) from error
    if not isinstance(spec, Mapping):
        return spec
    found = dict(spec)
    for bound in ("min", "max"):
        if isinstance(spec.get(bound), str):
            try:
                found[bound] = parse_quantity(spec[bound], declared.unit)
            except InputError as error:
                raise problem(error, f"{verb}.{bound}") from error
    least = found.get("min")
    if declared.draws and isinstance(least, int | float) and least < 0:
        why = f"{verb} draws, and a negative amount would be counted towards no stock and no budget"
        raise problem(SpecError(why, value=least, allowed="0 or more", hint="write min: 0"), f"{verb}.min")
    return found
