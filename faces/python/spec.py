"""From words to a campaign: what Python says, as the data of a campaign file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from zosimos.core.errors import SpecError
from zosimos.faces.python.goals import Goal
from zosimos.faces.python.words import Word, plain

Space: TypeAlias = Mapping[str, Word | Mapping[str, Any]]
Goals: TypeAlias = Goal | Sequence[Goal] | Mapping[str, Any]
Constraint: TypeAlias = str | Word | Mapping[str, Any]

_OFF = 1e-6  # of a total below 1: how far a sum may be off (of others it is that many units, as files have it)
_NAME = r"[^\W\d]\w*"
_SUM = re.compile(rf"\s*({_NAME}(?:\s*\+\s*{_NAME})+)\s*==?\s*(\d+\.?\d*(?:[eE][+-]?\d+)?)\s*")


def as_data(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a campaign with words in it as a campaign file's plain data.

    Raises:
        SpecError: parameters, objectives or constraints are not written as they may be.
    """
    _check_space(spec.get("space"))
    data = {str(name): as_plain(value) for name, value in spec.items()}
    if "objectives" in spec:
        data["objectives"] = objectives(spec["objectives"])
    if "constraints" in spec:
        data["constraints"] = constraints(spec["constraints"])
    return data


def _check_space(space: object) -> None:
    allowed = "name: zo.Continuous(...), zo.Integer(...), zo.Discrete(...) or zo.Categorical(...)"
    if space is not None and not isinstance(space, Mapping):
        raise SpecError("the space is no mapping", field="space", value=space, allowed=allowed)
    for name, part in (space or {}).items():
        if not isinstance(part, Word | Mapping):
            raise SpecError(f"{name} is no parameter", field=f"space.{name}", value=part, allowed=allowed)


def objectives(goals: Goals) -> dict[str, Any]:
    """Return one or several objectives by name.

    Raises:
        SpecError: there is none, one is something else, or two have the same name.
    """
    if isinstance(goals, Mapping):
        return {str(name): as_plain(part) for name, part in goals.items()}
    found: dict[str, Any] = {}
    for goal in [goals] if isinstance(goals, Goal | str) else goals:
        if not isinstance(goal, Goal):
            raise SpecError(
                f"{goal!r} is no objective",
                field="objectives",
                value=goal,
                allowed='zo.maximize("name"), zo.minimize("name") or zo.target("name", value)',
            )
        if goal.name in found:
            raise SpecError(f"the objective {goal.name} is given twice", field=f"objectives.{goal.name}")
        found[goal.name] = as_plain(goal.said)
    if not found:
        raise SpecError("there is no objective", field="objectives", allowed="one or several", hint="zo.maximize(...)")
    return found


def constraints(given: Constraint | Iterable[Constraint]) -> list[Any]:
    """Return constraints as a list; a text such as ``a + b + c == 1`` is a mixture's.

    No grid or draw of real numbers meets an equation by chance, so a sum that equals a number becomes the constraint
    that candidates are built to meet.

    >>> constraints("a + b + c == 1")
    [{'type': 'simplex', 'of': ['a', 'b', 'c'], 'total': 1.0}]
    """
    parts = [given] if isinstance(given, str | Word | Mapping) else list(given)
    return [_mixture(part) if isinstance(part, str) else as_plain(part) for part in parts]


def _mixture(text: str) -> str | dict[str, Any]:
    match = _SUM.fullmatch(text)
    if match is None:
        return text
    total = float(match[2])
    small = {"tolerance": _OFF * total} if total < 1.0 else {}
    return {"type": "simplex", "of": re.findall(_NAME, match[1]), "total": total, **small}


def as_plain(value: Any) -> Any:
    """Return a value with every word in it as the data of a campaign file."""
    if isinstance(value, Word):
        return value.as_spec()
    if isinstance(value, Mapping):
        return {str(name): as_plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    return plain(value)
