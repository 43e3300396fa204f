"""Totals: constraints that say of numbers that they sum to one total, however that is written.

``a + b + c == 1`` and the same as a linear constraint are solved as any equation is. Where all parts are rounded to one
step they are a mixture as ``type: simplex`` says one, of which numbers that can be weighed meet the total exactly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from zosimos.campaign.definition.fields import settled
from zosimos.campaign.definition.knobs import ContinuousSpec
from zosimos.campaign.definition.limits import CardinalitySpec, ConstraintSpec, LinearSpec, SimplexSpec
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.core.constraints import Simplex
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.revision import THIRD

EQUATION = re.compile(r"(?<![<>!=])==?(?!=)")
_INEQUALITY = re.compile(r"[<>!≤≥≠]")


def totals(spec: CampaignSpec) -> Iterator[tuple[ConstraintSpec, Simplex]]:
    """Yield the constraints that are totals and speak of parameters that no other total speaks of, as mixtures."""
    found = [(part, total) for part in spec.constraints if (total := _total(part, spec)) is not None]
    counted = [set(part.of) for part in spec.constraints if isinstance(part, CardinalitySpec)]
    times = Counter(name for names in (*(total.parts for _, total in found), *counted) for name in names)
    for part, total in found:
        if all(times[name] == 1 for name in total.parts):
            yield part, total


def rounded_total(part: str | LinearSpec, spec: CampaignSpec) -> Simplex | None:
    """Return a constraint as a mixture, if it is a total of which all parts are rounded to one step."""
    if not any(isinstance(knob, ContinuousSpec) and knob.rounding is not None for knob in spec.space.values()):
        return None
    for other, total in totals(spec):
        steps = {settled(getattr(spec.space[name], "rounding", None)) for name in total.parts}
        if other is part and len(steps) == 1 and None not in steps:
            return total
    return None


def _total(part: ConstraintSpec, spec: CampaignSpec) -> Simplex | None:
    """Return a constraint that says that two or more ranges sum to a number, and nothing else."""
    if isinstance(part, SimplexSpec):
        return Simplex(tuple(part.of), part.total, part.tolerance)
    if not spec.since(THIRD):
        return None
    weights, low, high = dict[str, float](), None, None
    ranges = {n: (float(one.min), float(one.max)) for n, one in spec.space.items() if isinstance(one, ContinuousSpec)}
    if isinstance(part, LinearSpec):
        weights, low, high = dict(part.coefficients), part.min, part.max
    elif isinstance(part, str) and len(EQUATION.findall(part)) == 1 and not _INEQUALITY.search(part):
        try:
            found = Expression(part, known=spec.spoken).linear(ranges)
        except SpecError:  # the file is refused where it is built
            return None
        if len(found) == 1:
            weights, low, high = dict(found[0].coefficients), found[0].low, found[0].high
    if low is None or low != high or len(weights) < 2 or len(set(weights.values())) != 1:
        return None
    weight = next(iter(weights.values()))
    parts = [spec.space.get(name) for name in weights]
    if weight == 0 or not low / weight > 0 or not all(isinstance(one, ContinuousSpec) and not one.log for one in parts):
        return None
    return Simplex(tuple(weights), float(low) / weight)
