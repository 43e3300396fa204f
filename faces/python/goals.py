"""Objectives as Python writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.faces.python.words import Quantity


@dataclass(frozen=True)
class Goal:
    """What is wanted of a measured quantity, as :func:`maximize`, :func:`minimize` and :func:`target` make it.

    Args:
        name: the quantity, as results give it.
        said: the fields that a campaign file would give the objective.
    """

    name: str
    said: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return it as it was written."""
        made = {"max": "maximize", "min": "minimize"}.get(self.said["goal"], "target")
        more = "".join(f", {name}={value!r}" for name, value in self.said.items() if name != "goal")
        return f"{made}({self.name!r}{more})"


def maximize(name: str, **said: Any) -> Goal:
    """Return the wish that a measured quantity be as large as possible.

    Args:
        name: the quantity, as results give it; a word that Python keeps for itself takes an underscore: ``yield_``.
        **said: further fields of an objective in a campaign file: ``unit``; among several objectives ``threshold``
            (an outcome must be as good as this to count) and ``tier`` (order of importance, 1 first).

    >>> import zosimos as zo
    >>> zo.maximize("yield_", unit="%")
    maximize('yield_', unit='%')
    """
    return _goal(name, "max", said)


def minimize(name: str, **said: Any) -> Goal:
    """Return the wish that a measured quantity be as small as possible; the arguments are those of :func:`maximize`.

    >>> import zosimos as zo
    >>> zo.minimize("cost", tier=2)
    minimize('cost', tier=2)
    """
    return _goal(name, "min", said)


def target(name: str, value: Quantity, /, **said: Any) -> Goal:
    """Return the wish that a measured quantity come near a value; further arguments are those of :func:`maximize`.

    >>> import zosimos as zo
    >>> zo.target("pH", 7.4)
    target('pH', target=7.4)
    """
    return _goal(name, "target", {"target": value, **said})


def _goal(name: str, goal: str, said: Mapping[str, Any]) -> Goal:
    from zosimos.campaign.definition.model import ObjectiveSpec
    from zosimos.core.validation import validated

    validated(ObjectiveSpec, {"goal": goal, **said}, f"objectives.{name}")
    return Goal(name, {"goal": goal, **said})
