"""Replicates against what is stated: how far results at the same settings differ, and how far they are said to.

Under a stated standard uncertainty u the sum of ``((y - mean) / u)^2`` over rows that were measured again follows a
chi-squared distribution (JCGM 100:2008, G.2; pooled over rows as in 4.2.4). No model is needed for that. Where results
differ by more than is stated, what changed in time is told from what scatters: by the same sum once a line in time,
the same for all rows, is taken out of the differences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from zosimos.core.listing import and_more
from zosimos.core.numerals import plain, rounded
from zosimos.core.objective import Objective, to_measure
from zosimos.core.records import Observation
from zosimos.core.space import row_key
from zosimos.core.uncertainty import odd_uncertainties, parts
from zosimos.core.unit_signs import printed

_FEWEST = 3  # differences from which on they say anything
_APART = 1.5  # times what is stated, or one part in so many: nearer to it nothing is said
_CHANCE = 0.01  # below which what is stated is contradicted
_NAMED = 4  # experiments that a line names


@dataclass(frozen=True)
class Scatter:
    """How results of one quantity at the same settings differ.

    Args:
        factor: their standard deviation over the stated one.
        stated: the middle one of the stated standard uncertainties.
        freedom: how many differences that rests on.
        chance: that they differ by so little, or by so much, if what is stated is right.
        drifts: whether most of what is too much is a change in time.
        experiments: which they are.
    """

    factor: float
    stated: float
    freedom: int
    chance: float
    drifts: bool
    experiments: tuple[str, ...]

    @property
    def contradicts(self) -> bool:
        """Whether it clearly contradicts what is stated."""
        return self.chance < _CHANCE and max(self.factor, 1.0 / max(self.factor, 1e-300)) > _APART


def scatter(observations: Iterable[Observation], quantity: Objective) -> Scatter | None:
    """Return how results at the same settings differ, beside what is stated; None where that says nothing.

    Args:
        observations: in the order in which they were made.
        quantity: what is measured.
    """
    groups = [group for group in _groups(observations, quantity) if len(group) > 1]
    freedom = sum(len(group) - 1 for group in groups)
    if freedom < _FEWEST:
        return None
    from scipy.special import chdtr, chdtrc, fdtrc  # few campaigns measure rows again

    total = along = times = 0.0
    for group in groups:
        weights = [1.0 / one.stated**2 for one in group]
        mean = sum(w * one.value for w, one in zip(weights, group, strict=True)) / sum(weights)
        when = sum(w * one.place for w, one in zip(weights, group, strict=True)) / sum(weights)
        for weight, one in zip(weights, group, strict=True):
            total += weight * (one.value - mean) ** 2
            along += weight * (one.value - mean) * (one.place - when)
            times += weight * (one.place - when) ** 2
    factor = math.sqrt(total / freedom)
    chance = float(chdtr(freedom, total) if factor < 1.0 else chdtrc(freedom, total))
    explained = along**2 / times if times > 0.0 else 0.0
    left = max(total - explained, 1e-300)
    steep = float(fdtrc(1, freedom - 1, explained / (left / (freedom - 1)))) < _CHANCE
    stated = sorted(one.stated for group in groups for one in group)
    names = tuple(one.experiment for group in groups for one in group)
    return Scatter(
        factor, stated[len(stated) // 2], freedom, chance, steep and explained > 0.5 * total and factor > 1.0, names
    )


def contradictions(observations: Sequence[Observation], objectives: Sequence[Objective]) -> list[str]:
    """Return in words what results say against the uncertainties that are stated: what cannot be, and disagreements."""
    return [*odd_uncertainties(observations, objectives), *disagreements(observations, objectives)]


def disagreements(observations: Sequence[Observation], objectives: Sequence[Objective]) -> list[str]:
    """Return in words which stated uncertainties results at the same settings clearly contradict."""
    found = []
    for quantity in to_measure(objectives):
        seen = scatter(observations, quantity)
        if seen is not None and seen.contradicts:
            found.append(_words(seen, quantity))
    return found


def _words(seen: Scatter, quantity: Objective) -> str:
    which = and_more(seen.experiments, _NAMED)
    unit = f" {printed(quantity.unit)}" if quantity.unit else ""
    own = seen.factor * seen.stated
    told = (
        f"{quantity.name}: results at the same settings ({which}) scatter by {rounded(own, own)}{unit}, and "
        f"{plain(float(f'{seen.stated:.2g}'))}{unit} is stated: "
    )
    if seen.factor < 1.0:
        return f"{told}part of that may be the same for all results (say u_shared), or it is stated too large"
    if seen.drifts:
        return f"{told}most of the difference is a change in time, so calibrate again, and measure one row now and then"
    return f"{told}something scatters that is not in it, such as preparing the sample"


@dataclass(frozen=True)
class _Result:
    experiment: str
    place: int
    value: float
    stated: float


def _groups(observations: Iterable[Observation], quantity: Objective) -> Iterator[list[_Result]]:
    """Yield the results that state an uncertainty, those at the same settings together."""
    groups: dict[str, list[_Result]] = {}
    for place, seen in enumerate(observations):
        found = None if seen.failed else seen.measurements.get(quantity.name)
        if found is not None and found.trains and (stated := parts(found, quantity).random):
            result = _Result(seen.experiment, place, found.value, stated)
            groups.setdefault(row_key(seen.asked_at), []).append(result)
    yield from groups.values()
