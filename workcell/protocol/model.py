"""The protocol file, field by field (pydantic).

A protocol speaks of *roles* (pump, balance), which a lab binds to devices; of *places* (water, fill, waste), which a
lab binds to ports; and of *values*: the candidate's parameters, the lab's constants, and what earlier steps brought.
Each step is one action (:mod:`zosimos.workcell.action`) of those that installed packages offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    InstanceOf,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from zosimos.core.canonical import canonical_json, digest
from zosimos.core.errors import SpecError
from zosimos.core.validation import Part, problem
from zosimos.instruments.capability import capability
from zosimos.workcell.action import Action
from zosimos.workcell.actions.registry import action_class, names
from zosimos.workcell.words import Key, Word

PARTS = ("prepare", "setup", "steps", "cleanup")
"""The parts of a protocol, in the order in which they are carried out."""


class ProtocolStep(Part):
    """One step: an action's name with its fields, or with a bare value where one field says it all.

    >>> step = ProtocolStep.model_validate({"wait": "30 s"})
    >>> step.kind, step.model_dump(by_alias=True, exclude_unset=True)
    ('wait', {'wait': '30 s'})
    """

    kind: Word
    action: SerializeAsAny[InstanceOf[Action]]

    @model_validator(mode="before")
    @classmethod
    def _one_action(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or isinstance(data.get("action"), Action):
            return data
        if len(data) != 1:
            given = ", ".join(str(name) for name in data) or "none"
            raise ValueError(f"a step is exactly one action, each behind a dash of its own; given: {given}")
        ((kind, said),) = data.items()
        found = cls.part_at(str(kind))
        if not found.shorthand or isinstance(said, Mapping | BaseModel):
            return {"kind": kind, "action": getattr(_alone(kind, found).model_validate({kind: said}), kind)}
        _bare(kind, found).model_validate({kind: said})  # so that what is wrong with it is named by the step alone
        return {"kind": kind, "action": found.model_validate({found.shorthand: said})}

    @classmethod
    def part_at(cls, kind: str) -> type[Action]:
        """Return the model of an action's fields.

        Raises:
            PydanticCustomError: there is no such action, or its package is broken.
        """
        try:
            return action_class(kind)
        except SpecError as error:
            raise problem(error, kind) from error

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = handler(self)["action"]
        short = self.action.shorthand
        return {self.kind: fields[short] if short and set(fields) == {short} else fields}

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say in a JSON schema which steps there are."""
        return {"anyOf": [_schema(kind) for kind in names()]}


class Protocol(Part):
    """A protocol file."""

    version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=100)
    roles: dict[Word, Word] = Field(description="the instruments it needs, by what they can do: a capability each")
    inputs: dict[Key, str] = Field(description="parameters and constants it uses, with their units")
    prepare: list[ProtocolStep] = Field(
        default_factory=list, description="once for each station, before the first experiment"
    )
    setup: list[ProtocolStep] = Field(default_factory=list, description="before the steps of each experiment")
    steps: list[ProtocolStep] = Field(min_length=1, description="the experiment")
    cleanup: list[ProtocolStep] = Field(default_factory=list, description="after each experiment, also a failed one")

    @model_validator(mode="after")
    def _roles_there_are(self) -> Self:
        for role, name in self.roles.items():
            _known_capability(role, name)
        return self

    @property
    def hash(self) -> str:
        """Digest of what it says, whatever its layout."""
        return digest(canonical_json(self.plain()).encode())

    def plain(self) -> dict[str, Any]:
        """Return it as plain data that reads back as the same protocol."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def walk(self) -> Iterator[tuple[str, ProtocolStep]]:
        """Yield every step with its place."""
        for part in PARTS:
            for index, step in enumerate(getattr(self, part)):
                yield f"{part}.{index}", step

    def actions(self) -> set[type[Action]]:
        """Return the kinds of action it uses."""
        return {type(step.action) for _, step in self.walk()}


@lru_cache(maxsize=256)
def _alone(kind: str, action: type[Action]) -> type[BaseModel]:
    """Return a model of a step with this action, so that what is wrong is named by action and field."""
    return create_model("Step", __config__=ConfigDict(extra="forbid"), **{kind: (action, ...)})  # type: ignore[call-overload,no-any-return]  # fields by name


@lru_cache(maxsize=256)
def _bare(kind: str, action: type[Action]) -> type[BaseModel]:
    """Return a model of a step whose bare value fills one field of the action."""
    field = next(one for name, one in action.model_fields.items() if (one.alias or name) == action.shorthand)
    kept: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return create_model("Step", **{kind: (kept, ...)})  # type: ignore[call-overload,no-any-return]  # fields by name


def _schema(kind: str) -> JsonSchemaValue:
    action = action_class(kind)
    fields: JsonSchemaValue = action.model_json_schema()
    if action.shorthand:
        fields = {"anyOf": [fields["properties"][action.shorthand], fields], "description": fields["description"]}
    return {"type": "object", "properties": {kind: fields}, "required": [kind], "additionalProperties": False}


def _known_capability(role: str, name: str) -> None:
    """Refuse a capability that no package offers, or whose package is broken."""
    try:
        capability(name, f"roles.{role}")
    except SpecError as error:
        raise problem(error, f"roles.{role}") from error
