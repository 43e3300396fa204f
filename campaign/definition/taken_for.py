"""What choices were taken for: as which substances models see them, and by which numbers they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.definition.chemistry import is_looked_up, looked_up
from zosimos.campaign.definition.model import CampaignSpec, CategoricalSpec
from zosimos.core.listing import and_more
from zosimos.surrogates.featurizers.reagents import SMILES

_NAMED = 5  # choices of which a short line shows what they were taken for
_NUMBERS = 12  # numbers that a line names


@dataclass(frozen=True)
class TakenFor:
    """What the choices of a parameter were taken for.

    Args:
        parameter: its name.
        named: for each choice that was found, what it was taken for.
        known_by: the numbers in which they differ; empty where they go by name alone.
        directions: how many directions these were reduced to.
        notes: what a person should know, in words.
    """

    parameter: str
    named: Mapping[str, str]
    known_by: tuple[str, ...] = ()
    directions: int = 0
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "parameter": self.parameter,
            "named": dict(self.named),
            "known_by": list(self.known_by),
            "directions": self.directions,
            "notes": list(self.notes),
        }

    @property
    def words(self) -> str:
        """The same in words, without the parameter's name and the notes."""
        if not self.directions:
            return "compared by name alone: any two are equally far apart"
        numbers = and_more(self.known_by, _NUMBERS)
        return f"{self.read_as(None)}, compared by name, and in {self._reduced} by {numbers}"

    @property
    def briefly(self) -> str:
        """The same as a short line, with the notes; empty where there is nothing to say."""
        first = [f"{self.read_as(_NAMED)}, compared by descriptors in {self._reduced} besides their names"]
        return "; ".join([*(first if self.directions else []), *self.notes])

    def read_as(self, most: int | None) -> str:
        """Return as what choices were read, and what those that are called something else were taken for."""
        others = [f"{choice} as {what}" for choice, what in self.named.items() if what not in (choice, SMILES)]
        shown = f" ({', '.join(others[:most])}{', ...' if len(others) > len(others[:most]) else ''})" if others else ""
        return f"choices are {'SMILES' if SMILES in self.named.values() else 'known substances'}{shown}"

    @property
    def _reduced(self) -> str:
        return f"{self.directions} direction{'s' if self.directions > 1 else ''}"


def taken_for(spec: CampaignSpec) -> list[TakenFor]:
    """Return what the choices of each parameter were taken for that has names, in the order of the file.

    Choices that the file describes are not among them, nor are those of campaigns that began before choices were looked
    up: they are compared by name.
    """
    found = []
    for name, part in spec.space.items():
        if not isinstance(part, CategoricalSpec) or not is_looked_up(spec, name):
            continue
        known = looked_up(part)
        if known is not None and known.features is not None:
            found.append(TakenFor(name, known.taken, known.known_by, len(known.features.names), known.notes))
        elif known is not None or part.by_name:
            found.append(TakenFor(name, {}, notes=() if known is None else known.notes))
    return found


def descriptions(spec: CampaignSpec) -> dict[str, str]:
    """Return short lines, by parameter, of what its choices were taken for, where something is said."""
    return {item.parameter: item.briefly for item in taken_for(spec) if item.briefly}
