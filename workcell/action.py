"""Actions: the steps that a recipe may contain. Each is a plugin (group ``zosimos.actions``), the shipped ones too.

An action is a pydantic model of its own fields, whose marks (:mod:`zosimos.workcell.protocol.fields`) say what they
are: the role of a device, a place, a number with its unit, the name of what it brings. From them a recipe is checked.
The class says what it can do at most, what it uses, how it runs, and how to find out after a crash whether it happened.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from zosimos.campaign.lab import Probe
from zosimos.campaign.record.experiment import Step
from zosimos.core.validation import Part
from zosimos.instruments.envelope.effect import Effect
from zosimos.workcell.protocol.known import Known

if TYPE_CHECKING:
    from zosimos.workcell.execution.station_run import StationRun
    from zosimos.workcell.execution.unsettled import Unsettled
    from zosimos.workcell.reach import Reach


class Action(Part):
    """A step of a recipe: its fields, and what comes of it.

    A hotplate's step, as a package of your own may bring it::

        class Heat(zo.Action):
            settles = frozenset({"heat"})

            role: Annotated[str, Needs("heats")] = Field("plate", alias="with")
            to: Annotated[Amount, InUnit("degC", "temperature", least=0)]

            def effects(self, reach):
                for temperature in reach.range(self.to):
                    yield reach.effect_of(self.role, "heat", amount=temperature)

            async def run(self, at):
                plate, to = at.device(self.role, "heats"), at.value(self.to)
                await at.effect(self.role, "heat", lambda: plate.heat(to), amount=to, repeat=True)

    Attributes:
        shorthand: the field that a bare value fills, as in ``tare: balance``; "" where there is none.
        prepares: whether it may prepare a lab: it can be repeated, and moves nothing that counts.
        once: whether what it brings, when it prepares a lab, stays as it was in later sessions (a calibration).
        settles: the verbs of whose effects it can find out after a crash whether they happened.

    >>> from zosimos.workcell.actions.tare import Tare
    >>> Tare.model_validate({"with": "scales"}).role
    'scales'
    """

    shorthand: ClassVar[str] = ""
    prepares: ClassVar[bool] = False
    once: ClassVar[bool] = False
    settles: ClassVar[frozenset[str]] = frozenset()

    # --- what is known of it before anything moves

    def check(self, known: Known) -> None:
        """Refuse what the marks of the fields cannot say, and add names that they do not bring.

        Raises:
            SpecError: it cannot be carried out; ``known.wrong`` makes the error.
        """

    def measures(self) -> Mapping[str, str | None]:
        """Return the quantities that it measures or works out, by name, with their units; None where not known."""
        return {}

    @property
    def by(self) -> str:
        """Who gives these quantities, for messages."""
        return f"the action {type(self).__name__.lower()}"

    def takes(self) -> Iterator[tuple[str, str, str]]:
        """Yield what it takes in a certain unit: the field, the value's name, the unit."""
        yield from ()

    def conditions(self) -> Iterator[tuple[str, str]]:
        """Yield its conditions, whose parts must be in one unit: the field, and the condition."""
        yield from ()

    def moves(self) -> Iterator[tuple[str, str]]:
        """Yield from which place to which it moves matter."""
        yield from ()

    def transfers(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:  # noqa: ARG002 - most move nothing
        """Yield what it moves where all its numbers are among ``values``: from which place, to which, how many mL."""
        yield from ()

    def draws(self, values: Mapping[str, Any]) -> Mapping[str, float]:  # noqa: ARG002 - most draw nothing
        """Return what it takes out of places, in each place's unit, where all its numbers are among ``values``."""
        return {}

    def effects(self, reach: Reach) -> Iterator[Effect]:  # noqa: ARG002 - some have none
        """Yield an effect of each kind that it can have, with the least and the most that it may ask for."""
        yield from ()

    # --- doing it

    @abstractmethod
    async def run(self, at: StationRun) -> None:
        """Do it, announcing each effect and each reading through ``at``.

        It must be deterministic: after a crash it is entered again from its top, and what is on record is not done
        again.

        Raises:
            ExecutionError: it failed.
        """

    def stands(self, at: StationRun) -> None:
        """Remember what it left set, in a later session that does not carry it out again (see ``once``)."""

    @classmethod
    async def probe(cls, unsettled: Unsettled) -> Probe:
        """Say whether an effect with one of the verbs in ``settles`` happened, announced and never reported."""
        return Probe("unknown", why=f"nothing shows whether {unsettled.effect} happened")

    @classmethod
    def holds(cls, step: Step) -> bool:  # noqa: ARG003 - most do not
        """Say whether the device is in the middle of something after an effect, so that nobody else may use it."""
        return False
