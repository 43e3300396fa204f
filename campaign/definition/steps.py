"""Default steps: numbers that a person can weigh and set, for campaigns whose experiments are done by hand.

27.4568 g is no mass to ask anybody for. Where a file says nothing of it, proposals are rounded to about a thousandth of
the range: three significant digits, in steps of 1, 2 or 5 (60 degC: 0.1 degC). On a log scale they get three
significant digits. Steps meet both ends of a range and the total of a mixture exactly; a range for which none does
stays as it is, and so does one of which an equation speaks, and all where there are so many that the search follows
slopes. The search goes over all numbers and rounds what it looks at, so that constraints hold for what is proposed.

They are written into the spec when the campaign begins, as if the file had said them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeGuard

from zosimos.campaign.definition.knobs import ContinuousSpec, ParameterSpec
from zosimos.campaign.definition.limits import LinearSpec, SimplexSpec
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.totals import EQUATION, totals

DIGITS = 3
_SHARE = 1000  # steps in a range, about
_MOST = 10_000
_LEADING = (5.0, 2.0, 1.0)
_MANY = 15  # parameters from which on slopes are followed, on which steps have none
_WHOLE = 1e-6  # of a step: how far from a whole number of steps a length may be


def with_steps(spec: CampaignSpec) -> CampaignSpec:
    """Return a spec in which numbers that are proposed can be weighed; one of a lab or a table stays as it is.

    Args:
        spec: of a campaign that has not begun.
    """
    free = {name: part for name, part in spec.space.items() if _is_free(part)}
    fluid = [part for part in spec.space.values() if isinstance(part, ContinuousSpec) and part.step is None]
    if spec.lab is not None or spec.candidates is not None or len(fluid) >= _MANY:
        return spec
    mixtures = list(totals(spec))
    bound = _bound(spec, [id(part) for part, _ in mixtures])
    found: dict[str, ContinuousSpec] = {}
    for _, mixture in mixtures:
        names = [name for name in mixture.parts if name in free]
        if len(names) == len(mixture.parts) and not bound.intersection(names):
            found |= _of_mixture({name: free[name] for name in names}, mixture.total)
        bound.update(mixture.parts)
    for name, part in free.items():
        if name not in bound:
            found[name] = _of_its_own(part)
    return spec.model_copy(update={"space": {**spec.space, **found}}) if found else spec


def _is_free(part: ParameterSpec) -> TypeGuard[ContinuousSpec]:
    """Say whether a parameter is a range of which the file says neither a step nor that it wants none."""
    said = {"step", "rounding", "digits"} & part.model_fields_set
    return isinstance(part, ContinuousSpec) and part.role == "control" and not said


def _bound(spec: CampaignSpec, but: Collection[int]) -> set[str]:
    """Return the parameters that equations speak of, but for those constraints of which the ``id`` is given."""
    found: set[str] = set()
    for part in spec.constraints:
        if id(part) in but:
            continue
        if isinstance(part, SimplexSpec):
            found.update(part.of)
        elif isinstance(part, str) and EQUATION.search(part):
            found |= {name for name in spec.space if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", part)}
        elif isinstance(part, LinearSpec) and part.min is not None and part.min == part.max:
            found |= part.coefficients.keys()
    return found


def _of_its_own(part: ContinuousSpec) -> ContinuousSpec:
    if part.log:
        return part.model_copy(update={"digits": DIGITS})
    low, length = float(part.min), float(part.max) - float(part.min)
    return _stepped(part, _step(length, [length, *([] if part.default is None else [float(part.default) - low])]))


def _of_mixture(parts: Mapping[str, ContinuousSpec], total: float) -> dict[str, ContinuousSpec]:
    """Return the parts of a mixture with one step, of which the total is a whole number: that of the least range."""
    if any(part.log for part in parts.values()):
        return {}
    lengths = [float(part.max) - float(part.min) for part in parts.values()]
    left = total - sum(float(part.min) for part in parts.values())
    step = _step(min(lengths), [*lengths, left])
    return {name: _stepped(part, step) for name, part in parts.items()}


def _stepped(part: ContinuousSpec, step: float | None) -> ContinuousSpec:
    return part if step is None else part.model_copy(update={"rounding": step})


def _step(length: float, met: Iterable[float]) -> float | None:
    """Return the step for a length, 1, 2 or 5 times a power of ten, that goes into all that is to be met.

    >>> _step(60.0, [60.0]), _step(1.0, [1.0]), _step(0.72, [0.72]), _step(2 / 3, [2 / 3])
    (0.1, 0.001, 0.001, None)
    """
    if not length > 0:
        return None
    power = math.floor(math.log10(length / _SHARE)) + 1
    steps = [float(f"{leading}e{at}") for at in range(power, power - 4, -1) for leading in _LEADING]
    coarsest = min(step for step in steps if step >= length / _SHARE * (1 - _WHOLE))
    lengths = [abs(one) for one in met]
    fit = (step for step in steps if step <= coarsest and length <= _MOST * step)
    return next((step for step in fit if all(_goes_into(step, one) for one in lengths)), None)


def _goes_into(step: float, length: float) -> bool:
    return abs(length / step - round(length / step)) <= _WHOLE
