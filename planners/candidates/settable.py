"""What can be asked for where an experiment ran that missed what it was asked to run at.

A mass that was to be 27.5 g and came out as 27.4568 g stands between two steps of the balance; a temperature may have
ended outside its bounds. Searches begin at good results all the same: at the allowed row that is nearest.
"""

from __future__ import annotations

import numpy as np

from zosimos.core.identity import levels_near
from zosimos.core.parameter import Parameter
from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace
from zosimos.core.values import Value
from zosimos.planners.candidates.encoding import Codec


def settable(space: SearchSpace, seen: Observation) -> Values:
    """Return an allowed row near to where an experiment ran, under the current conditions.

    One that ran where it was asked to has no other row than its own, allowed or not; of one whose mixture or pool has
    no row nearby it is what it was asked to run at.
    """
    row = space.pinned(seen.values)
    if not seen.asked or not space.problems(row):
        return row
    if space.pool is None:
        near = {p.name: _allowed(p, row[p.name]) if p.role == "control" else row[p.name] for p in space.parameters}
        if not space.problems(near):
            return near
        codec = Codec(space)
        (mended,) = codec.decode(codec.encode([near]))
        if not space.problems(mended):
            return mended
    return space.pinned(seen.asked)


def _allowed(parameter: Parameter, value: Value) -> Value:
    """Return the allowed number nearest to a number; a text as it is."""
    if isinstance(value, str) or parameter.bounds is None or parameter.problem(value) is None:
        return value
    low, high = parameter.bounds
    inside = np.array([min(max(float(value), low), high)])
    if parameter.count:
        levels, _ = levels_near(parameter, inside)
        found = float(np.clip(levels, low, high)[0])
        return int(found) if parameter.kind == "whole" else found
    return float(inside[0])
