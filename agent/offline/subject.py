"""The subject: what a campaign is about, as far as sentences speak of it, read from the facts that every model gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zosimos.core.ids import local_id


@dataclass(frozen=True)
class Subject:
    """What sentences about a campaign may name.

    Args:
        parameters: numeric parameters, and their units.
        choices: parameters with choices, and these.
        outcomes: objectives, and their units; those that are worked out of measured quantities are no results.
        measured: quantities that objectives are made of, and their units.
        budget: experiments in all.
        batch: experiments at a time.
        constraints: the rules between parameters that hold.
        last: the latest experiment that was measured, and the best; empty: there is none.
        best: see ``last``.
        experiments: those on record; empty: they are not known.
        earlier: the turns before, the latest last, as data.
        open: tokens of the proposals that wait for an answer.
        made: the outcomes that are worked out of measured quantities.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    made: Collection[str] = field(default=frozenset(), kw_only=True)
    budget: int = 0
    batch: int = 1
    constraints: Sequence[Any] = ()
    last: str = ""
    best: str = ""
    experiments: Collection[str] = frozenset()
    earlier: Sequence[Mapping[str, Any]] = ()
    open: Collection[str] = frozenset()

    @property
    def results(self) -> Mapping[str, str]:
        """What an experiment is measured for, with units: objectives that are not made of others, and quantities."""
        return {name: unit for name, unit in self.outcomes.items() if name not in self.made} | dict(self.measured)

    @property
    def names(self) -> list[str]:
        """The names of all parameters."""
        return [*self.parameters, *self.choices]


def subject_in(facts: Mapping[str, Any]) -> Subject:
    """Return the subject of a campaign whose facts these are; what they lack stays empty."""
    space: Mapping[str, Any] = facts.get("space", {})
    choices = {name: part["choices"] for name, part in space.items() if part.get("choices")}
    units: Mapping[str, str] = facts.get("parameters", {})
    return Subject(
        {name: unit for name, unit in units.items() if name not in choices},
        {name: [str(item) for item in found] for name, found in choices.items()},
        {name: str(part.get("unit") or "") for name, part in facts.get("objectives", {}).items()},
        facts.get("budget", 0),
        facts.get("batch", 1),
        facts.get("constraints", ()),
        facts.get("last", ""),
        facts.get("best", ""),
        frozenset(local_id("experiment", number) for number in range(1, facts.get("experiments", 0) + 1)),
        facts.get("conversation", ()),
        frozenset(item["token"] for item in facts.get("open proposals", ())),
        measured={name: str(unit or "") for name, unit in facts.get("measured", {}).items()},
        made=frozenset(name for name, part in facts.get("objectives", {}).items() if part.get("of")),
    )
