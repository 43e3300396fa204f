"""The protocol file, field by field (pydantic).

A protocol speaks of *roles* (pump, balance), which a lab binds to devices; of *places* (water, fill, waste), which a
lab binds to ports; and of *values*: the candidate's parameters, the lab's constants, and what earlier steps read.
Each step is one of a closed list. Steps that change something say whether they may be repeated after a crash.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from zosimos.campaign.definition.model import Duration
from zosimos.core.canonical import canonical_json, digest
from zosimos.core.validation import Part, quantity

Word = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Key = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
FormulaText = Annotated[str | float, Field(description="a number, a quantity such as 600 uL, or a formula")]
Capability = Literal["dispenses", "weighs", "measures-spectrum"]


class _Effectful(Part):
    repeat: bool = Field(False, description="whether doing it twice does no harm, should a crash cut it short")


class Dispense(_Effectful):
    """Move a volume from one place to another, in as many strokes as it takes."""

    role: Word = Field("pump", alias="with")
    source: Word = Field(alias="from")
    target: Word = Field(alias="to")
    volume: FormulaText = Field(description="a bare number is in mL; a formula of inputs and readings gives mL")


class Rinse(_Effectful):
    """Fill the cell from a place and drain it again, some times."""

    role: Word = Field("pump", alias="with")
    source: Word = Field(alias="from")
    target: Word = Field(alias="to")
    drain: Word
    waste: Word
    volume: FormulaText = Field(description="each time, likewise")
    extra: FormulaText = Field(0.3, description="drawn beyond the volume, so that nothing stays; likewise")
    times: int = Field(1, ge=1, le=20)


class Move(_Effectful):
    """Turn something into position."""

    repeat: bool = True
    role: Word = Field("sensor", alias="with")
    to: int = Field(ge=0, le=100)


class Light(_Effectful):
    """Set a lamp's current."""

    repeat: bool = True
    role: Word = Field("sensor", alias="with")
    current: Annotated[float, quantity("mA")]


class Weigh(Part):
    """Read a balance, in grams."""

    role: Word = Field("balance", alias="with")
    name: Key = Field(alias="as")


class Read(Part):
    """Read a sensor's channels, several times."""

    role: Word = Field("sensor", alias="with")
    name: Key = Field(alias="as")
    times: int = Field(1, ge=1, le=100)


class Calibrate(Part):
    """Read known standards and work out what turns readings into a quantity."""

    role: Word = Field("sensor", alias="with")
    standards: Word
    method: Word
    name: Key = Field(alias="as")


class Compute(Part):
    """Work out quantities from readings; each becomes a value, and a measurement if it is an objective."""

    method: Word
    using: dict[Key, Key] = Field(description="what the method calls it: what the protocol calls it")


class Confirm(Part):
    """Go on only if a condition holds; else the experiment fails with the message."""

    that: str = Field(max_length=500)
    otherwise: str = Field(alias="else", max_length=500)


class Ask(Part):
    """Ask the operator to do something and wait until it is confirmed."""

    text: str = Field(min_length=1, max_length=500)


class ProtocolStep(Part):
    """One step: exactly one of these fields."""

    dispense: Dispense | None = None
    rinse: Rinse | None = None
    move: Move | None = None
    light: Light | None = None
    tare: Word | None = Field(None, description="the role of the balance")
    weigh: Weigh | None = None
    read: Read | None = None
    calibrate: Calibrate | None = None
    compute: Compute | None = None
    confirm: Confirm | None = None
    ask: Ask | None = None
    wait: Duration | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        given = sorted(self.model_fields_set)
        if len(given) != 1 or self.action is None:
            raise ValueError(f"a step is exactly one of {', '.join(type(self).model_fields)}; given: {given or 'none'}")
        return self

    @property
    def kind(self) -> str:
        """Which step it is."""
        return next(iter(self.model_fields_set))

    @property
    def action(self) -> Any:
        """The step's own fields."""
        return getattr(self, self.kind)


class Protocol(Part):
    """A protocol file."""

    version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=100)
    roles: dict[Word, Capability] = Field(description="the instruments it needs, by what they can do")
    inputs: dict[Key, str] = Field(description="parameters and constants it uses, with their units")
    prepare: list[ProtocolStep] = Field(
        default_factory=list, description="once for each station, before the first experiment"
    )
    setup: list[ProtocolStep] = Field(default_factory=list, description="before the steps of each experiment")
    steps: list[ProtocolStep] = Field(min_length=1, description="the experiment")
    cleanup: list[ProtocolStep] = Field(default_factory=list, description="after each experiment, also a failed one")

    @property
    def hash(self) -> str:
        """Digest of what it says, whatever its layout."""
        return digest(canonical_json(self.plain()).encode())

    def plain(self) -> dict[str, Any]:
        """Return it as plain data that reads back as the same protocol."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def walk(self) -> Iterator[tuple[str, ProtocolStep]]:
        """Yield every step with its place."""
        for part in ("prepare", "setup", "steps", "cleanup"):
            for index, step in enumerate(getattr(self, part)):
                yield f"{part}.{index}", step
