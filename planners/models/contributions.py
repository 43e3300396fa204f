"""Contributions: which part of an objective that is made of others is why a row was chosen.

A prediction differs from what the best row so far is believed to give; the difference is shared out among the parts by
Shapley's rule, which is fair where parts work together (Shapley 1953; Strumbelj and Kononenko 2014, Knowl. Inf. Syst.
41, 647). A series counts as one part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.planners.models.composite import CompositeOutcome
from zosimos.planners.models.fitted import FittedModels

Array = NDArray[np.float64]

_MOST = 8  # parts for which all 2^p combinations are tried
_MAIN = 0.5  # of all changes: what one part has to make to be why


@dataclass(frozen=True)
class Contribution:
    """What one part makes of an objective at a row.

    Attributes:
        part: a measured quantity, a series, or a parameter that the formula names.
        change: by how much it moves the objective from that of the best row so far; all changes add up.
        sd: the standard deviation that the objective has through this part alone.
        channel: of a series, the channel that moves most.
    """

    part: str
    change: float
    sd: float
    channel: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; without a channel where there is none."""
        return {name: value for name, value in self.__dict__.items() if value != ""}


def contributions(fitted: FittedModels, objective: str, row: Values) -> tuple[Contribution, ...]:
    """Return what the parts of an objective contribute at a row, the largest change first.

    Args:
        fitted: the models.
        objective: the name of one that is made of others.
        row: the row.
    """
    model, space = fitted.composites[objective], fitted.context.space
    best = fitted.learned.rows[fitted.best_first()[0]]
    here, there = (model.expected(space.features([one])) for one in (row, best))
    changes = _shapley(tuple(here), lambda moved: _worth(model, here, there, moved))
    sds = model.alone(space.features([row]))
    found = [
        Contribution(name, change, float(sds.get(name, np.zeros(1))[0]), _channel(model, name, here, there))
        for name, change in changes.items()
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.change)))


def describe(found: Sequence[Contribution]) -> str:
    """Return in words which part is why; empty where no part is.

    >>> describe([Contribution("a", -3.0, 0.1), Contribution("b", -1.0, 0.2)])
    'mostly by a'
    """
    total, first = sum(abs(one.change) for one in found), found[0]
    if not math.isfinite(total) or total <= 0.0 or abs(first.change) < _MAIN * total:
        return ""
    channel = f"above all by {first.channel}" if first.channel else ""
    return ", ".join(filter(None, [f"mostly by {first.part}" if len(found) > 1 else "", channel]))


def _worth(
    model: CompositeOutcome, here: Mapping[str, Array], there: Mapping[str, Array], moved: frozenset[str]
) -> float:
    """Return the objective where some parts are as at the row, and the others as at the best."""
    return float(model.worth({name: here[name] if name in moved else there[name] for name in here})[0])


def _shapley(names: Sequence[str], worth: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Return each part's share of ``worth(all) - worth(none)``; of many parts, from being first and being last."""
    every, count = frozenset(names), len(names)
    if count > _MOST:
        none, whole = worth(frozenset()), worth(every)
        raw = {name: 0.5 * (worth(frozenset({name})) - none + whole - worth(every - {name})) for name in names}
        rest = (whole - none - sum(raw.values())) / count
        return {name: share + rest for name, share in raw.items()}
    known = {frozenset(some): worth(frozenset(some)) for n in range(count + 1) for some in combinations(names, n)}
    return {
        name: sum(
            (known[some | {name}] - value) / (count * math.comb(count - 1, len(some)))
            for some, value in known.items()
            if name not in some
        )
        for name in names
    }


def _channel(model: CompositeOutcome, name: str, here: Mapping[str, Array], there: Mapping[str, Array]) -> str:
    """Return the channel of a series whose change moves the objective most; empty for what is no series."""
    series = next((one for one in model.declared if one.name == name), None)
    if series is None:
        return ""
    start, moves = float(model.worth(here)[0]), []
    for place in range(len(series.channels)):
        changed = here[name].copy()
        changed[..., place] = there[name][..., place]
        moves.append(abs(float(model.worth({**here, name: changed})[0]) - start))
    return series.channels[int(np.argmax(moves))] if max(moves) > 0.0 else ""
