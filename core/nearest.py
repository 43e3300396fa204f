"""The nearest known name to a wrong one, for hints."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "correct the name") -> str:
    """Return a hint for an unknown name: the known one that is most like it, or something else to do.

    >>> did_you_mean("temprature", ["temperature", "solvent"])
    "did you mean 'temperature'?"
    >>> did_you_mean("Y", ["x", "y"])
    "did you mean 'y'?"
    """
    names = list(known)
    near = [one for one in names if one.casefold() == name.casefold()] or difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise
