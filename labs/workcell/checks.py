"""Checks of a campaign against a lab file and a recipe, before anything is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Parameter
from zosimos.core.units import same_unit
from zosimos.instruments.rig import Rig
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.fields import amounts
from zosimos.workcell.protocol.model import Protocol


def outcomes(protocol: Protocol) -> list[str]:
    """Return the quantities that a recipe gives, in order; of a step that states units, those that have one."""
    found: dict[str, None] = {}
    for step in (*protocol.setup, *protocol.steps):
        given = step.action.measures()
        known = [name for name, unit in given.items() if unit is not None]
        found |= dict.fromkeys(known or given)
    return list(found)


def check_unit(name: str, parameter: Parameter, wanted: str) -> None:
    """Refuse a parameter that is not given as the recipe takes it: a number in a unit, or a text.

    Raises:
        SpecError: it is not; says the fix.
    """
    if parameter.kind == "text":
        if wanted:
            raise SpecError(
                f"the recipe takes {name} in {wanted}, and it is given as a text",
                field=f"space.{name}",
                allowed=f"numbers in {wanted}",
                hint=f"write {name}: '' under the recipe's inputs if it means a text",
            )
        return
    unit = parameter.unit
    if not same_unit(unit, wanted):
        raise SpecError(
            f"{name} is in {unit or 'no unit'}, and the recipe takes it in {wanted or 'no unit'}",
            field=f"space.{name}.unit",
            value=unit or "none",
            allowed=wanted or "no unit",
            hint="write the bounds in the recipe's unit",
        )


def check_texts(protocol: Protocol, texts: Collection[str]) -> None:
    """Refuse a recipe that reckons with a text or a list.

    Args:
        protocol: the recipe.
        texts: the inputs that are given as texts or lists.

    Raises:
        SpecError: a number of a step is made of one; names the step.
    """
    for place, step in protocol.walk():
        for field, amount in amounts(step.action, f"{place}.{step.kind}"):
            for name in sorted(amount.names & set(texts)):
                raise SpecError(
                    f"the {amount.rule.what} {amount.written} is made of {name}, which is a text or a list",
                    field=field,
                    value=amount.written,
                    allowed="numbers, and inputs that are numbers",
                    hint=f"give {name} as a number, or leave it out of the formula",
                )


def check_prepared(protocol: Protocol, constants: Collection[str]) -> None:
    """Refuse a recipe that prepares the laboratory with a parameter, which has no value before an experiment.

    Raises:
        SpecError: a step under ``prepare`` speaks of one; names the step.
    """
    varied = set(protocol.inputs) - set(constants)
    for index, step in enumerate(protocol.prepare):
        for field, amount in amounts(step.action, f"protocol.prepare.{index}.{step.kind}"):
            for name in sorted(amount.names & varied):
                raise SpecError(
                    f"the {amount.rule.what} {amount.written} is made of the parameter {name}, which has no value "
                    "while the laboratory is prepared",
                    field=field,
                    value=amount.written,
                    allowed="numbers, and constants of the laboratory",
                    hint=f"move the step to setup, or give {name} under lab.constants",
                )


def check_budgets(lab: LabFile, needs: Sequence[Mapping[str, float]]) -> None:
    """Refuse budgets of a lab file that do not pay for one experiment.

    Args:
        lab: the lab file.
        needs: what an experiment draws from each place, in the place's unit, at each corner of the space.

    Raises:
        SpecError: one does not.
    """
    for name, budget in lab.budgets.items():
        most = max((sum(need.get(place, 0.0) for place in budget.places) for need in needs), default=0.0)
        if most > budget.total:
            unit = lab.unit_of(name)
            raise SpecError(
                f"the budget {name!r} does not pay for one experiment, which takes up to {most:g} {unit}",
                field=f"budgets.{name}.total",
                value=f"{budget.total:g} {unit}",
                allowed=f"at least {most:g} {unit}",
                hint="raise it in the lab file, or narrow the space",
            )


def check_found(lab: LabFile, rig: Rig) -> None:
    """Refuse a device of this process whose URL names no simulated device.

    Raises:
        SpecError: one does; names those there are.
    """
    for name, device in lab.devices.items():
        wanted = urlsplit(device.url).path.strip("/")
        if device.link == "in-process" and wanted not in rig.devices:
            raise SpecError(
                f"there is no simulated device {wanted!r}",
                field=f"devices.{name}.url",
                value=device.url,
                allowed=", ".join(f"sim://{lab.name}/{one}" for one in rig.devices),
                hint="a simulated device is found by its own name in the lab file",
            )
