"""A recipe made of the typed form: the same checks as one that a person wrote, and free text only in the goal's words.

Which instruments it needs follows from its steps. What a step says to people (a question, a reason) must stand in the
goal, letter for letter: no words of a model reach an operator as if the laboratory said them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from zosimos.agent.offline.slots import normalised
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.units import is_unit
from zosimos.core.validation import Part, validated
from zosimos.labs.workcell.planning.form import NOT_ASKED, offered
from zosimos.workcell.action import Action
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.fields import Needs, amounts, marked
from zosimos.workcell.protocol.model import PARTS, Protocol
from zosimos.workcell.words import Key

_MOST_STEPS = 200


class StepAnswer(Part):
    """A step, and when it is done."""

    part: Literal["prepare", "setup", "steps", "cleanup"]
    do: dict[str, Any] = Field(min_length=1, max_length=1)


class RecipeAnswer(Part):
    """A recipe in the typed form."""

    inputs: dict[Key, str]
    steps: Annotated[list[StepAnswer], Field(min_length=1, max_length=_MOST_STEPS)]


def recipe_of(words: str, name: str, lab: LabFile, given: Mapping[str, Any]) -> Protocol:
    """Return the recipe that a typed form says.

    Args:
        words: the goal.
        name: what the recipe is called.
        lab: the laboratory.
        given: the form, filled in.

    Raises:
        SpecError: a step, a field or a unit is wrong; names it.
    """
    answer = validated(RecipeAnswer, given, "recipe")
    known = offered(lab)
    for index, step in enumerate(answer.steps):
        _check_kind(f"recipe.steps.{index}.do", step.do, known)
    _check_units(answer.inputs)
    data: dict[str, Any] = {"version": 1, "name": name, "roles": {}, "inputs": answer.inputs}
    data |= {part: [step.do for step in answer.steps if step.part == part] for part in PARTS}
    data = {field: value for field, value in data.items() if value or field not in PARTS}
    protocol = validated(Protocol, data, "recipe")
    roles = {role: mark.capability for _, step in protocol.walk() for _, role, mark in marked(step.action, Needs)}
    _check_texts(words, protocol)
    _check_inputs_used(protocol)
    return validated(Protocol, {**data, "roles": roles}, "recipe")


def _check_kind(where: str, do: Mapping[str, Any], known: Mapping[str, type[Action]]) -> None:
    ((kind, fields),) = do.items()
    if kind not in known:
        raise SpecError(
            f"no step of this laboratory is called {kind!r}", field=where, value=kind, allowed=", ".join(known)
        )
    for name in NOT_ASKED & set(fields if isinstance(fields, Mapping) else ()):
        raise SpecError(
            "whether a step may be repeated after a crash is for a person to say",
            field=f"{where}.{kind}.{name}",
            value=fields[name],
            allowed="nothing",
            hint="leave it out",
        )


def _check_units(inputs: Mapping[str, str]) -> None:
    for name, unit in inputs.items():
        if unit and not is_unit(unit):
            raise SpecError(
                f"the input {name} has no unit that exists",
                field=f"recipe.inputs.{name}",
                value=unit,
                allowed="a unit such as mL, or '' for a plain number or a text",
            )


def _check_texts(words: str, protocol: Protocol) -> None:
    """Refuse text for people that is not the goal's own."""
    said = " ".join(normalised(words).casefold().split())
    for place, step in protocol.walk():
        formulas = {field for field, _ in step.action.conditions()}
        for name, field in type(step.action).model_fields.items():
            value = getattr(step.action, name)
            named = field.alias or name
            free = field.annotation is str and not any(getattr(one, "pattern", None) for one in field.metadata)
            if not free or named in formulas or not isinstance(value, str):
                continue
            if " ".join(normalised(value).casefold().split()) not in said:
                raise SpecError(
                    "what a step says to people must stand in the goal, word for word",
                    field=f"recipe.{place}.{step.kind}.{named}",
                    value=value,
                    allowed="words of the goal",
                    hint="quote the goal, or leave the step out",
                )


def _check_inputs_used(protocol: Protocol) -> None:
    """Refuse an input that no step speaks of: what it is set to would change nothing."""
    used = _spoken_of(protocol)
    for name in protocol.inputs:
        if name not in used:
            raise SpecError(
                f"no step speaks of the input {name}, so that it changes nothing",
                field=f"recipe.inputs.{name}",
                value=name,
                allowed="inputs that a formula or a method uses",
                hint="use it in a step, or leave it out",
            )


def _spoken_of(protocol: Protocol) -> Collection[str]:
    found: set[str] = set()
    for _, step in protocol.walk():
        for _, amount in amounts(step.action):
            found |= amount.names
        for _, text in step.action.conditions():
            found |= Expression(text).names
        for value in step.action.model_dump(mode="json").values():
            found |= set(map(str, value.values())) if isinstance(value, Mapping) else set()
    return found
