"""Names in a campaign file: one is one thing, and a path such as ``space.T.max`` means one field."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping

from zosimos.core.errors import SpecError

UNCERTAINTY = "_uncertainty"
"""What the column of a standard uncertainty is called by, behind the outcome's name."""
SHARED = "_u_shared"
"""What the column is called by of the part of it that all results share."""

_COLUMNS = ("experiment", "failed")


def check_names(parameters: Collection[str], objectives: Collection[str]) -> None:
    """Refuse names that could mean two things.

    Raises:
        SpecError: a parameter and an objective share a name, or one name begins another before a dot.
    """
    for name in sorted(set(parameters) & set(objectives)):
        message = f"{name} is both a parameter and an objective"
        raise SpecError(message, field=f"objectives.{name}", hint="rename one of them")
    for names in (parameters, objectives):
        for name, longer in ((a, b) for b in names for a in _fronts(b) if a in names):
            message = f"the path {longer} could mean {longer!r} or a field of {name!r}"
            raise SpecError(message, field=longer, hint="rename one of them")


def seen(name: str) -> str:
    """Return what people and spreadsheet programs leave of a name: no marks that nobody sees, no blanks at its ends."""
    plain = "".join(sign for sign in unicodedata.normalize("NFC", name) if unicodedata.category(sign) != "Cf")
    return " ".join(plain.strip().removeprefix("'").split())


def check_columns(parameters: Collection[str], measured: Collection[str], columns: Mapping[str, str]) -> None:
    """Refuse names that are those of other columns of the tables that people fill in, or that look the same there.

    Args:
        parameters: their names.
        measured: the names of what is measured.
        columns: what the campaign file says that columns of tables are.

    Raises:
        SpecError: names the first.
    """
    taken = {*_COLUMNS, *(f"{name}{ending}" for name in measured for ending in (UNCERTAINTY, SHARED))}
    fields = {name: f"space.{name}" for name in parameters} | {name: f"objectives.{name}" for name in measured}
    looks = {seen(name): name for name in taken}
    for name, field in fields.items():
        if name in taken:
            raise _taken(name, field)
        other = looks.setdefault(seen(name), name)
        if not seen(name) or other != name:
            raise _unclear(name, field, other if seen(name) else "")
    for column, name in columns.items():
        if column in {*taken, *fields} and name != column:
            raise SpecError(
                f"the column {column!r} cannot stand for {name!r}: the campaign has a {column!r} too",
                field=f"columns.{column}",
                value=name,
                allowed="headers that are no names of the campaign itself",
                hint="rename the column in the table, or what is called so in the campaign file",
            )


def check_choices(parameter: str, choices: Collection[str]) -> None:
    """Refuse choices that look the same in a table: nobody could say which of them a row has.

    Raises:
        SpecError: names the first two.
    """
    looks: dict[str, str] = {}
    for choice in choices:
        other = looks.setdefault(seen(choice), choice)
        if other != choice:
            raise SpecError(
                f"parameter {parameter!r}: the choices {other!r} and {choice!r} look the same in a table",
                field=f"space.{parameter}.choices",
                value=choice,
                allowed="choices that differ by more than blanks and signs that nobody sees",
                hint="leave one out, or rename it",
            )


def _taken(name: str, field: str) -> SpecError:
    what = "whose result a row is" if name == "experiment" else "why there is no result"
    what = what if name in _COLUMNS else f"how uncertain {name.removesuffix(UNCERTAINTY).removesuffix(SHARED)} is"
    return SpecError(
        f"{name} cannot be a name: in tables it is the column that says {what}",
        field=field,
        value=name,
        allowed="another name",
        hint=f"call it, say, {name}_1 or {name} value",
    )


def _unclear(name: str, field: str, other: str) -> SpecError:
    why = f"looks like {other!r} in a table, and could be either" if other else "would not be seen in a table"
    return SpecError(
        f"{name!r} cannot be a name: it {why}",
        field=field,
        value=name,
        allowed="a name that differs from others by more than blanks",
        hint="give it another name",
    )


def _fronts(name: str) -> Iterator[str]:
    """Yield what stands before each dot of a name."""
    parts = name.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts)))
