"""The ground of plans for a laboratory of files: a lab file with a recipe, or a lab file for which a plan brings one.

Both files are read once. A campaign file names them relative to itself, so where it will stand must be known.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from zosimos.agent.planfile import as_comment
from zosimos.agent.planning.ground import Basis, Ground
from zosimos.analysis.methods import known_methods
from zosimos.campaign.definition import yaml
from zosimos.campaign.lab import LabCard
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError
from zosimos.core.files import read_file
from zosimos.core.validation import Part
from zosimos.labs.workcell.checks import outcomes
from zosimos.labs.workcell.files import described
from zosimos.labs.workcell.options import Constant, in_the_recipes_units
from zosimos.labs.workcell.planning.form import form, places, roles_by_capability
from zosimos.labs.workcell.planning.limits import inputs_of
from zosimos.labs.workcell.planning.steps import in_words, known_names, numbers, stays, used_names
from zosimos.labs.workcell.planning.written import recipe_of
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import Protocol
from zosimos.workcell.protocol.needs import corners
from zosimos.workcell.words import Key

KIND = "workcell"
_EXPERIMENTS = 20


class RecipeOptions(Part):
    """What a plan may say under ``lab``: the files are chosen by the person."""

    constants: dict[Key, Constant] = Field(
        default_factory=dict, description="inputs of the recipe that are the same in every experiment: '1.5 mL', F4"
    )


@dataclass(frozen=True)
class FilesGround(Ground):
    """A lab file with a recipe that is there."""

    lab: LabFile = field(kw_only=True)
    files: Mapping[str, bytes] = field(kw_only=True)

    @property
    def protocol(self) -> Protocol:
        """The recipe."""
        return described(Protocol, self.files, "protocol", "protocol")

    def facts(self) -> dict[str, Any]:
        """Return what a model is told: of the recipe its inputs and quantities, and the names of places."""
        recipe = {
            "inputs": {name: part.as_json() for name, part in inputs_of(self.lab, self.protocol).items()},
            "quantities": _quantities(self.protocol),
            "places": places(self.lab),
        }
        return {**super().facts(), "recipe": recipe}

    def basis(self, words: str, recipe: Mapping[str, Any] | None) -> Basis:
        """Return what a plan rests on: both files, as they are."""
        if recipe is not None:
            return super().basis(words, recipe)
        return self._basis(self.protocol, self.files)

    def remarks(self, setup: Setup) -> Sequence[str]:
        """Return what stays in a vessel, and that nothing real was opened."""
        protocol = described(Protocol, setup.files, "protocol", "protocol")
        return [*_left_in(self.lab, protocol, setup), *_nothing_opened(self.lab)]

    def _basis(self, protocol: Protocol, files: Mapping[str, bytes], text: str = "") -> Basis:
        return Basis(
            files,
            inputs_of(self.lab, protocol),
            numbers(protocol),
            known_names(self.lab),
            used_names(protocol),
            text,
            in_words(protocol),
        )


@dataclass(frozen=True)
class NewRecipeGround(FilesGround):
    """A lab file for which a plan brings the recipe."""

    def facts(self) -> dict[str, Any]:
        """Return what a model is told: what the laboratory's devices can do, at which places, and what methods give."""
        methods = {
            name: {"needs": list(one.needs), "takes": dict(one.takes), "gives": _units(one.gives, one.units)}
            for name, one in known_methods().items()
        }
        limits = {
            name: {verb: _span(limit.min, limit.max) for verb, limit in device.limits.items()}
            for name, device in self.lab.devices.items()
        }
        recipe = {
            "form": True,
            "places": {name: place.unit for name, place in self.lab.places.items()},
            "stations": {
                name: {"ports": list(one.ports), "capacity_mL": one.capacity, "devices": dict(one.devices)}
                for name, one in self.lab.stations.items()
            },
            "roles": {capability: roles for capability, roles in roles_by_capability(self.lab).items() if roles},
            "limits_of_one_act": limits,
            "methods": methods,
            "example_of_a_step": {"part": "steps", "do": {"wait": {"for": "30 s"}}},
        }
        return {**Ground.facts(self), "recipe": recipe}

    def basis(self, words: str, recipe: Mapping[str, Any] | None) -> Basis:
        """Return what a plan rests on: the lab file, and the recipe that it brought.

        Raises:
            SpecError: it brought none, or one that is wrong.
        """
        if recipe is None:
            raise SpecError("the plan brings no recipe", field="recipe", allowed="what an experiment does, in its form")
        protocol = recipe_of(words, f"{self.lab.name}: a planned recipe"[:100], self.lab, recipe)
        text = "\n".join(as_comment(f"Goal: {words}")) + "\n\n" + yaml.dump(protocol.plain())
        files = {**self.files, "protocol": text.encode()}
        if described(Protocol, files, "protocol", "protocol").hash != protocol.hash:
            raise SpecError("the recipe cannot be written as a file", field="recipe", hint="use plainer values")
        return self._basis(protocol, files, text)


def ground_of(lab: Path, protocol: Path | None, recipe: Path, folder: Path) -> Ground:
    """Return the ground of plans for a laboratory of files.

    Args:
        lab: the lab file.
        protocol: the recipe, if there is one.
        recipe: where the recipe will stand if there is none.
        folder: where the campaign file will stand.

    Raises:
        InputError: a file cannot be read, or is wrong.
    """
    files = {"lab": read_file(lab, "--lab", hint="check the name of the lab file and its rights")}
    if protocol is not None:
        files["protocol"] = read_file(protocol, "--protocol", hint="check the name of the recipe and its rights")
    found = described(LabFile, files, "lab", "lab file")
    fixed = {"file": _relative(lab, folder), "protocol": _relative(protocol or recipe, folder)}
    card = LabCard(_SUMMARY, _own(found), RecipeOptions, _NOTES if protocol is None else ())
    if protocol is not None:
        ground = FilesGround(KIND, card, fixed, lab=found, files=files)
        _ = ground.protocol  # read now, so that what is wrong with it is said before a model is asked
        return ground
    return NewRecipeGround(KIND, card, fixed, form(found), lab=found, files=files)


_SUMMARY = "A laboratory of instruments. An experiment is a recipe."
_NOTES = (
    "Cleanup must empty what the experiment fills, also when it failed half-way.",
    "Formulas of steps speak of inputs, such as total - dye. What varies, or is the same each time, is an input.",
    "Free text of a step (text, else) must quote the goal word for word; leave such steps out otherwise.",
)


def _own(lab: LabFile) -> dict[str, Any]:
    """Return the campaign that a plan starts from: nothing but how freely it acts, and how long."""
    approval = "autonomous" if lab.in_process else "batch"
    return {"space": {}, "objectives": {}, "approval": approval, "budget": {"experiments": _EXPERIMENTS}}


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive of Windows
        return path.resolve().as_posix()


def _quantities(protocol: Protocol) -> dict[str, str]:
    units: dict[str, str] = {}
    for _, step in protocol.walk():
        units |= {name: unit or "" for name, unit in step.action.measures().items()}
    return {name: units[name] for name in outcomes(protocol)}


def _units(gives: Sequence[str], units: Mapping[str, str]) -> dict[str, str]:
    return {name: units.get(name, "") for name in gives}


def _span(least: float | None, most: float | None) -> str:
    return "any" if least is None or most is None else f"{least:g} to {most:g}"


def _left_in(lab: LabFile, protocol: Protocol, setup: Setup) -> list[str]:
    options = setup.spec.lab.options if setup.spec.lab is not None else {}
    constants = in_the_recipes_units(options.get("constants") or {}, protocol)
    most: dict[str, float] = {}
    for point in corners(setup.space(setup.spec)):
        for station, volume in stays(lab, protocol, {**constants, **point}).items():
            most[station] = max(most.get(station, 0.0), volume)
    return [
        f"WARNING: up to {volume:.3g} mL stay in the vessel of {station} after an experiment and its clean-up: let "
        "cleanup empty it"
        for station, volume in most.items()
    ]


def _nothing_opened(lab: LabFile) -> list[str]:
    real = [name for name, device in lab.devices.items() if device.link != "in-process"]
    return [f"no port was opened: {', '.join(real)} were not asked, and a dry run is simulated"] if real else []
