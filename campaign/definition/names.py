"""Names in a campaign file: one is one thing, and a path such as ``space.T.max`` means one field."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from zosimos.core.errors import SpecError


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


def _fronts(name: str) -> Iterator[str]:
    """Yield what stands before each dot of a name."""
    parts = name.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts)))
