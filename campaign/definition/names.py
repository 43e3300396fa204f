"""Names in a campaign file: one is one thing, and a path such as ``space.T.max`` means one field."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from zosimos.core.errors import SpecError

UNCERTAINTY = "_uncertainty"
"""What the column of a standard uncertainty is called by, behind the outcome's name."""

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


def check_columns(parameters: Collection[str], measured: Collection[str]) -> None:
    """Refuse names that are those of other columns of the tables that people fill in.

    Raises:
        SpecError: names the first.
    """
    outcomes = set(measured)
    taken = {*_COLUMNS, *(f"{name}{UNCERTAINTY}" for name in outcomes)}
    for root, names in (("space", parameters), ("objectives", measured)):
        for name in names:
            if name in taken:
                what = "whose result a row is" if name == "experiment" else "why there is no result"
                what = what if name in _COLUMNS else f"how uncertain {name.removesuffix(UNCERTAINTY)} is"
                raise SpecError(
                    f"{name} cannot be a name: in tables it is the column that says {what}",
                    field=f"{root}.{name}",
                    value=name,
                    allowed="another name",
                    hint=f"call it, say, {name}_1 or {name} value",
                )


def _fronts(name: str) -> Iterator[str]:
    """Yield what stands before each dot of a name."""
    parts = name.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts)))
