"""What is known at a step while a recipe is checked: values brought by now, with their units; places and standards."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from zosimos.core.errors import SpecError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")


@dataclass
class Known:
    """What a step may speak of; an action's check adds what the step brings.

    Args:
        values: parameters, constants and what earlier steps brought, with the unit of each; None where it has none or
            it is not known.
        places: the places that the lab and its stations know.
        standards: the lab's sets of standards.
        where: the step, for messages.

    >>> known = Known({"red": "mL"}, where="steps.2")
    >>> known.bring("mass", "g")
    >>> known.values
    {'red': 'mL', 'mass': 'g'}
    """

    values: dict[str, str | None]
    places: Collection[str] = ()
    standards: Collection[str] = ()
    where: str = ""

    def need(self, names: Iterable[str], part: str = "") -> None:
        """Refuse names that nothing is called by now.

        Raises:
            SpecError: one is.
        """
        for name in sorted(names):
            if name not in self.values:
                raise self.wrong(part, f"nothing is called {name!r} by now", name, ", ".join(sorted(self.values)))

    def bring(self, name: str, unit: str | None = None, part: str = "") -> None:
        """Take a new name up.

        Raises:
            SpecError: something else has that name, or no formula could speak of it.
        """
        if name in self.values:
            raise self.wrong(part, f"{name!r} is the name of something else", name, "a new name")
        if _NAME.fullmatch(name) is None:
            raise self.wrong(part, f"{name!r} is no name that a formula can speak of", name, "letters, digits and _")
        self.values[name] = unit

    def wrong(self, part: str, why: str, value: object, allowed: str) -> SpecError:
        """Return the error for a part of the step."""
        place = f"{self.where}.{part}" if part else self.where
        return SpecError(f"the protocol cannot be carried out: {why}", field=place, value=value, allowed=allowed)
