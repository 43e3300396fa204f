"""Embedded: what descriptions of choices tell models, beside models that know the choices by name alone.

Outcomes are taken for a sum over the principal components of what is said of the choices. Each component's share of
the performance is what outcomes vary by along it over all choices, as the members with the embedding have learned it:
often few components hold most of it, and not those in which descriptions differ most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameter import Parameter, levels_of
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.embedding import Angles, angles_of, is_embedded
from zosimos.surrogates.committee.effects import EffectsMember
from zosimos.surrogates.committee.outcome import CommitteeOutcome

Array = NDArray[np.float64]

SHARE = 0.95
"""Of the performance's variability, what the components that are counted hold together."""


@dataclass(frozen=True)
class Embedded:
    """What the descriptions of one parameter's choices tell of one quantity.

    Args:
        parameter: whose choices are described.
        quantity: what is measured.
        choices: how many there are.
        components: in how many directions descriptions differ.
        hold_most: how many of them hold ``SHARE`` of what the quantity varies by with the choice.
        differ: the share of what descriptions differ in that these hold.
        weight: of the models that read descriptions; the others know names alone.
    """

    parameter: str
    quantity: str
    choices: int
    components: int
    hold_most: int
    differ: float
    weight: float

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)

    @property
    def words(self) -> str:
        """The same in words."""
        held = f"{self.hold_most} of them hold {SHARE:.0%} of what {self.quantity} varies by with it"
        return (
            f"{self.parameter}: descriptions of {self.choices} choices differ in {self.components} directions; {held}, "
            f"and {self.differ:.0%} of what descriptions differ in; models that read them have {self.weight:.0%} of "
            "the weight, the others know names alone"
        )


def embedded(belief: Belief) -> tuple[Embedded, ...]:
    """Return what descriptions tell of each measured quantity; nothing where no choices are described in words."""
    context = belief.context
    parameters = context.space.parameters
    if not context.policy.tenth or not any(map(is_embedded, parameters)):
        return ()
    return tuple(
        one
        for name, model in belief.quantities.items()
        if isinstance(model, CommitteeOutcome)
        for one in _of(name, model, belief)
    )


def _of(quantity: str, model: CommitteeOutcome, belief: Belief) -> Iterator[Embedded]:
    """Yield what is told of one quantity, by the member with an embedding that has the greatest weight."""
    weights = model.weights
    readers = [one for one in model.members if isinstance(one, EffectsMember) and one.kind.view.angles]
    if not readers:
        return
    best = max(readers, key=lambda one: weights[one.kind.name])
    weight = sum(weights[name] for name in dict.fromkeys(one.kind.name for one in readers))
    described = [parameter for parameter in belief.context.space.parameters if is_embedded(parameter)]
    for parameter, group in zip(described, best.kind.view.angles, strict=True):
        (own,) = angles_of((parameter,))
        shares, spread = _shares(own, best.slopes(group), parameter)
        order = np.argsort(-shares, kind="stable")
        count = int(np.searchsorted(np.cumsum(shares[order]), SHARE - 1e-12)) + 1
        differ = float(spread[order[:count]].sum())
        yield Embedded(parameter.name, quantity, parameter.count or 0, len(shares), count, differ, weight)


def _shares(scale: Angles, slopes: Array, parameter: Parameter) -> tuple[Array, Array]:
    """Return by component its share of what the quantity varies by, and of what the descriptions differ in."""
    table = scale(parameter.encoded(np.array(levels_of(parameter), dtype=object)))
    spread = table.var(axis=0)
    told = slopes**2 * spread
    return told / max(float(told.sum()), 1e-300), spread / float(spread.sum())
