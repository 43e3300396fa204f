"""What a campaign knows besides its own results, in a campaign file: earlier campaigns and levels of a method."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from zosimos.campaign.definition.fields import Name, Number, PlainNumber
from zosimos.core.cells import checked_number
from zosimos.core.errors import DataError, SpecError
from zosimos.core.parameters import Categorical, Parameter, Value, levels_of
from zosimos.core.space import SearchSpace
from zosimos.core.table import Table
from zosimos.core.units import parse_quantity
from zosimos.core.validation import Part
from zosimos.planners.goal.knowledge import Fidelity, Source

if TYPE_CHECKING:  # the model is made of the parts here
    from zosimos.campaign.definition.model import CampaignSpec

ACHIEVED = "_achieved"
"""Ends the name of a column of values at which experiments were run, where these are not those asked for."""
_JUDGES = ("improvement", "probability")  # acquisitions that a level's worth can be added to
_PROPOSERS = ("bayesian", "random", "sobol")


class SourceSpec(Part):
    """An earlier campaign whose results may help."""

    file: str = Field(description="CSV of its results: a column for each parameter and each objective")
    outcome: dict[Name, str] = Field(
        default_factory=dict, description="objective: its column in the file, where the names differ"
    )
    fixed: dict[Name, Number] = Field(
        default_factory=dict, description="parameter: the value it had throughout, where the file has no column for it"
    )
    renamed: dict[Name, dict[str, str]] = Field(
        default_factory=dict, description="parameter: a choice in the file and what it is called here"
    )


def _pairs(value: object) -> object:
    """Take names and numbers for a list of pairs: their order counts, and stored mappings are sorted."""
    return list(value.items()) if isinstance(value, Mapping) else value


Levels: TypeAlias = Annotated[
    list[tuple[Name, PlainNumber]],
    BeforeValidator(_pairs),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}}),
]


class FidelitySpec(Part):
    """Levels of a method, of which only the last one's outcomes are results."""

    parameter: Name = Field(description="the parameter with choices that says which level is used")
    levels: Levels = Field(
        min_length=2, description="level: cost of an experiment, from the least trusted to the one that counts"
    )


def source_role(name: str) -> str:
    """Return what a source's file is called among a campaign's files."""
    return f"sources.{name}"


def build_fidelity(part: FidelitySpec | None) -> Fidelity | None:
    """Return the levels of a spec. Raises SpecError as :class:`~zosimos.planners.goal.knowledge.Fidelity` does."""
    return None if part is None else Fidelity(part.parameter, dict(part.levels))


def check_fidelity(spec: CampaignSpec, space: SearchSpace) -> None:
    """Refuse levels that are not the choices of a parameter, or that stand with what cannot use them.

    Raises:
        SpecError: says which field and what is allowed.
    """
    part = spec.fidelity
    if part is None:
        return
    parameter = space.by_name.get(part.parameter)
    if parameter is None or parameter.kind != "text" or parameter.role != "control":
        names = [p.name for p in space.controlled if p.kind == "text"]
        raise SpecError(
            f"fidelity.parameter {part.parameter!r} is no parameter with choices",
            field="fidelity.parameter",
            value=part.parameter,
            allowed=", ".join(names) or "a parameter with choices, which the space lacks",
        )
    levels = [level for level, _ in part.levels]
    choices = [str(choice) for choice in levels_of(parameter)]
    if sorted(levels) != sorted(choices):
        raise SpecError(
            f"the levels are not the choices of {part.parameter!r}",
            field="fidelity.levels",
            value=", ".join(levels),
            allowed=f"each of {', '.join(choices)} once, the one that counts last",
        )
    if len(space.controlled) < 2:
        raise SpecError("there is nothing to choose besides the level", field="space", allowed="two parameters or more")
    odd = next((name for name in spec.planner.sharing if name not in _PROPOSERS), None)
    for field, value, allowed, wrong in (
        ("planner.kind", odd, ", ".join(_PROPOSERS), odd is not None),
        ("planner.surrogate", spec.planner.surrogate, "committee", spec.planner.surrogate != "committee"),
        ("planner.acquisition", spec.planner.acquisition, ", ".join(_JUDGES), spec.planner.acquisition not in _JUDGES),
        ("stop.expected_gain", spec.stop.expected_gain, "nothing", spec.stop.expected_gain is not None),
        ("sources", ", ".join(spec.sources), "nothing", bool(spec.sources)),
    ):
        if wrong:
            raise SpecError(
                f"{field} does not go with fidelity", field=field, value=value, allowed=f"{allowed} with fidelity"
            )


def build_sources(spec: CampaignSpec, space: SearchSpace, tables: Mapping[str, Table]) -> tuple[Source, ...]:
    """Return the earlier campaigns of a spec, by name, from their tables.

    Rows with a choice that the space does not have are left out, which the source's note says.

    Raises:
        SpecError: a source speaks of an unknown parameter, objective or column, or lacks a parameter.
        DataError: a cell is no finite number, or no row is left.
    """
    return tuple(_source(spec, name, space, tables[name]) for name in sorted(spec.sources))


def _source(spec: CampaignSpec, name: str, space: SearchSpace, table: Table) -> Source:
    part = _filled(spec.sources[name], spec, table)
    columns = _outcome_columns(part, name, list(spec.objectives), table, space.names)
    for field, given in (("fixed", part.fixed), ("renamed", part.renamed)):
        for odd in sorted(set(given) - set(space.names)):
            raise SpecError(
                f"source {name!r} speaks of {odd!r}, which is no parameter",
                field=f"sources.{name}.{field}.{odd}",
                value=odd,
                allowed=", ".join(space.names),
            )
    cells = {parameter.name: _cells(parameter, part, name, table) for parameter in space.parameters}
    left = [
        i
        for i in range(len(table.rows))
        if all(_teaches(p, cells[p.name][i]) for p in space.parameters if p.kind == "text")
        and any(table.rows[i][place].strip() for place in columns.values())
    ]
    if not left:
        raise DataError(
            f"{table.source}: source {name!r} has no usable row",
            field=f"sources.{name}.file",
            value=f"{len(table.rows)} rows",
            allowed="one row or more with choices of the space and an outcome",
            hint=_dropped(space, cells, len(table.rows)) or "fill in an outcome",
        )
    rows = tuple({key: column[i] for key, column in cells.items()} for i in left)
    outcomes = {objective: tuple(_outcome(table, i, place) for i in left) for objective, place in columns.items()}
    outcomes = {key: column for key, column in outcomes.items() if any(map(math.isfinite, column))}
    return Source(name, rows, outcomes, _dropped(space, cells, len(table.rows)))


def choices_elsewhere(spec: CampaignSpec, tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """Return, by parameter with choices, the texts that sources have in its column, as they are called here."""
    found: dict[str, list[str]] = {}
    for name, part in spec.sources.items():
        for column, knob in spec.space.items():
            if knob.traits(column).kind == "text" and column in tables[name].header:
                names = part.renamed.get(column, {})
                texts = dict.fromkeys(text.strip() for text in tables[name].column(column))
                found.setdefault(column, []).extend(names.get(text, text) for text in texts)
    return found


def _teaches(parameter: Parameter, value: Value) -> bool:
    """Say whether a text is a choice, or described as the choices are: then it tells of those that are like it."""
    return parameter.problem(value) is None or (isinstance(parameter, Categorical) and value in parameter.others)


def _filled(part: SourceSpec, spec: CampaignSpec, table: Table) -> SourceSpec:
    """Return a source with what a parameter without a column was before it was one, where nothing else is said."""
    absent = (name for name in spec.space if name not in table.header and name not in part.fixed)
    fixed = {name: default for name in absent if (default := spec.space[name].default) is not None}
    return part.model_copy(update={"fixed": {**part.fixed, **fixed}}) if fixed else part


def _outcome_columns(
    part: SourceSpec, name: str, objectives: Sequence[str], table: Table, parameters: Sequence[str]
) -> dict[str, int]:
    """Return the place of each objective's column, of those that the source measured."""
    for objective, column in part.outcome.items():
        if objective not in objectives:
            raise SpecError(
                f"source {name!r} speaks of {objective!r}, which is no objective",
                field=f"sources.{name}.outcome.{objective}",
                value=objective,
                allowed=", ".join(objectives),
            )
        if column not in table.header:
            raise SpecError(
                f"{table.source} has no column {column!r}",
                field=f"sources.{name}.outcome.{objective}",
                value=column,
                allowed=table.columns([*parameters, *objectives]),
            )
    places = {o: part.outcome.get(o, o) for o in objectives}
    found = {objective: table.header.index(column) for objective, column in places.items() if column in table.header}
    if not found:
        raise SpecError(
            f"{table.source} has no column of an objective",
            field=f"sources.{name}.outcome",
            value=table.columns(parameters),
            allowed=f"a column {' or '.join(objectives)}",
            hint=f"say which column it is: outcome: {{{objectives[0]}: COLUMN}}",
        )
    return found


def _cells(parameter: Parameter, part: SourceSpec, name: str, table: Table) -> list[Value]:
    """Return a parameter's values in all rows of a table: where an experiment was run, if another column says it."""
    if parameter.name in part.fixed:
        return [_fixed(parameter, part.fixed[parameter.name], name)] * len(table.rows)
    if parameter.name not in table.header:
        raise SpecError(
            f"{table.source} has no column {parameter.name!r}",
            field=f"sources.{name}.fixed",
            value=", ".join(table.header),
            allowed="a column for each parameter, or the value it had throughout",
            hint=f"add fixed: {{{parameter.name}: VALUE}}, or rename the column",
        )
    place = table.header.index(parameter.name)
    texts = [row[place].strip() for row in table.rows]
    if (column := parameter.name + ACHIEVED) in table.header:
        there = table.header.index(column)
        texts = [row[there].strip() or text for row, text in zip(table.rows, texts, strict=True)]
    if parameter.kind == "text":
        names = part.renamed.get(parameter.name, {})
        return [names.get(text, text) for text in texts]
    numbers = [
        checked_number(text, parameter.name, f"{table.source}, line {line}")
        for text, line in zip(texts, table.lines, strict=True)
    ]
    return [int(x) if parameter.kind == "whole" and x == int(x) else x for x in numbers]


def _fixed(parameter: Parameter, value: float | str, name: str) -> Value:
    if parameter.kind != "text":
        return float(parse_quantity(value, parameter.unit, f"sources.{name}.fixed.{parameter.name}"))
    if parameter.problem(value) is not None:
        raise SpecError(
            f"source {name!r}: {value!r} is no choice of {parameter.name!r}",
            field=f"sources.{name}.fixed.{parameter.name}",
            value=value,
            allowed=parameter.allowed,
        )
    return str(value)


def _outcome(table: Table, row: int, place: int) -> float:
    text = table.rows[row][place].strip()
    return checked_number(text, table.header[place], f"{table.source}, line {table.lines[row]}") if text else math.nan


def _dropped(space: SearchSpace, cells: Mapping[str, Sequence[Value]], rows: int) -> str:
    """Return in words which rows were left out because of their choices; empty if none was."""
    unknown = Counter(
        f"{p.name} {cells[p.name][i]!r}"
        for i in range(rows)
        for p in space.parameters
        if p.kind == "text" and not _teaches(p, cells[p.name][i])
    )
    if not unknown:
        return ""
    told = ", ".join(f"{what} ({count} rows)" for what, count in unknown.most_common(3))
    return f"rows with choices that the space does not have are left out: {told}"
