"""Claims: rules that somebody believes in, written so that results can contradict them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Condition
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.pool import columns_of
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace

if TYPE_CHECKING:
    from zosimos.surrogates.outcome import Mixture

Array = NDArray[np.float64]

_THEN = re.compile(r"\s*(?P<name>.+?)\s*(?P<sign><=|>=|<|>)\s*(?P<bound>[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)\s*")
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Claim:
    """If a condition on parameters holds, then an outcome lies on one side of a number.

    Args:
        condition: such as ``ligand == 'XPhos'``.
        outcome: such as ``yield > 60``.

    Raises:
        SpecError: one of them cannot be read.

    >>> Claim("temperature > 80", "yield > 60")
    if temperature > 80, then yield > 60
    """

    condition: str
    outcome: str

    def __post_init__(self) -> None:
        _ = self.where, self._parts

    @cached_property
    def where(self) -> Condition:
        """The condition as a constraint."""
        return Condition(Expression(self.condition))

    @cached_property
    def _parts(self) -> tuple[str, str, float]:
        found = _THEN.fullmatch(self.outcome)
        if found is None:
            raise SpecError(
                f"a claim's outcome is no comparison of an objective with a number: {self.outcome!r}",
                field="claims.then",
                value=self.outcome,
                allowed="such as yield > 60",
            )
        return found["name"], found["sign"], float(found["bound"])

    @property
    def quantity(self) -> str:
        """The objective it speaks of."""
        return self._parts[0]

    def check(self, space: SearchSpace, quantities: tuple[str, ...]) -> None:
        """Refuse a claim about what the campaign does not know.

        Raises:
            SpecError: says what is unknown.
        """
        unknown = sorted(self.where.names - set(space.by_name))
        if unknown or self.quantity not in quantities:
            raise SpecError(
                f"the claim {self} speaks of {(*unknown, self.quantity)[0]!r}, which the campaign does not know",
                field="claims.if" if unknown else "claims.then",
                value=self.condition if unknown else self.outcome,
                allowed=", ".join(space.by_name if unknown else quantities),
            )

    def contradicted(self, observation: Observation) -> bool:
        """Say whether a result contradicts it."""
        name, sign, bound = self._parts
        found = observation.measurements.get(name)
        if observation.failed or found is None or not found.trains:
            return False
        columns = columns_of([observation.values], observation.values)
        return bool(self.where.holds(columns)[0]) and not _SIGNS[sign](found.value, bound)

    def doubt(self, belief: Mixture, scale: float) -> Array:
        """Return the probability that a measurement at ``m`` rows contradicts the outcome, whatever the condition.

        Args:
            belief: about the quantity.
            scale: the factor that its standard deviations need.
        """
        from scipy.special import ndtr  # scipy: only where it is needed

        _, sign, bound = self._parts
        sds = scale * np.sqrt(belief.variances + belief.noise[:, None])
        below = belief.weights @ ndtr((bound - belief.means) / np.maximum(sds, 1e-300))
        return np.asarray(below if sign.startswith(">") else 1.0 - below)

    def __str__(self) -> str:
        """Return the claim as a sentence."""
        return f"if {self.condition}, then {self.outcome}"

    __repr__ = __str__
