"""The ground of a plan: what it is made for, what a model is told of it, and what a plan of it rests on.

A lab of a kind tells a card. One that is made of files tells what its recipe takes and gives; where there is no recipe
yet, a plan brings one in a typed form, of which the ground makes the file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zosimos.agent.cards import fields_for_goals
from zosimos.campaign.lab import LabCard
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError


@dataclass(frozen=True)
class Input:
    """A number or a text that a recipe takes: its unit, and the range that the laboratory's limits leave, if any.

    >>> Input("mL", 0.001, 1.0, "what pump may aspirate").limited
    True
    """

    unit: str = ""
    least: float | None = None
    most: float | None = None
    because: str = ""

    @property
    def limited(self) -> bool:
        """Whether limits say a range."""
        return self.least is not None and self.most is not None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        limits = {"least": self.least, "most": self.most, "because": self.because} if self.limited else {}
        return {"unit": self.unit, **limits}


@dataclass(frozen=True)
class Number:
    """A number of a recipe, with its unit (None: the part of a formula, in any unit) and where it stands."""

    value: float
    unit: str | None
    place: str
    written: str


@dataclass(frozen=True)
class Basis:
    """What a plan rests on besides its campaign file.

    Args:
        files: the bytes of the laboratory's files, by role.
        inputs: what the recipe takes, by name.
        numbers: those of the recipe.
        known: names that the laboratory has: places, roles, steps.
        used: those of them that the recipe uses.
        recipe: the text of the recipe that was made for the plan; empty where one was there, or none is needed.
        steps: the recipe in words, a line a step.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    numbers: Sequence[Number] = ()
    known: Collection[str] = ()
    used: Collection[str] = ()
    recipe: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ground:
    """A lab of a kind, or experiments that people do by hand.

    Args:
        kind: the lab's kind; None where people do the experiments.
        card: what is told of it.
        fixed: options of the lab that were chosen already, and that no plan may choose.
        form: the JSON schema of the recipe that a plan must bring; None where it brings none.
    """

    kind: str | None
    card: LabCard
    fixed: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] | None = None

    @property
    def has_recipe(self) -> bool:
        """Whether an experiment is a recipe, whose inputs a plan fills."""
        return bool(self.fixed)

    def facts(self) -> dict[str, Any]:
        """Return what a model is told, as JSON data."""
        return {
            "lab": self.kind or "none: people do the experiments by hand",
            "by_hand": self.kind is None,
            "summary": self.card.summary,
            "notes": list(self.card.notes),
            "spec": dict(self.card.spec),
            "options": self.card.options.model_json_schema(),
            "file": fields_for_goals(),
        }

    def basis(self, words: str, recipe: Mapping[str, Any] | None) -> Basis:  # noqa: ARG002 - a recipe is made of words
        """Return what a plan rests on.

        Args:
            words: the goal.
            recipe: what the plan brought in the typed form.

        Raises:
            SpecError: it brought what it must not, or not what it must.
        """
        if recipe is not None:
            raise SpecError("the lab takes no recipe", field="recipe", value=recipe, allowed="nothing")
        return Basis()

    def remarks(self, setup: Setup) -> Sequence[str]:  # noqa: ARG002 - of a lab of a kind all is said
        """Return what a person should know of a plan that is set up."""
        return ()
