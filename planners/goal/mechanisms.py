"""Mechanisms: formulas that outcomes should follow, with constants to fit, as a campaign states them.

Names in a formula are parameters, each in its declared unit, and constants. The surrogate ``mechanistic`` fits the
constants and models what the formula leaves unexplained (:mod:`zosimos.surrogates.mechanistic.model`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zosimos.core.errors import SpecError
from zosimos.core.expression import Formula
from zosimos.core.parameters import Parameter, range_of
from zosimos.core.space import SearchSpace
from zosimos.surrogates.mechanistic.mechanism import Coefficient, FormulaColumn, Mechanism

_DECADES = 100.0  # a factor between positive bounds from which orders of magnitude count, not differences


@dataclass(frozen=True)
class Mechanisms:
    """What outcomes should follow.

    Args:
        formulas: by objective; an objective without one has a plain Gaussian process.
        constants: bounds of the constants that are fitted, by name. Each is taken to be as likely anywhere between
            them: on a logarithmic scale where both are above 0 and a factor of 100 or more apart.

    Raises:
        SpecError: there is no formula, bounds are empty, or a constant is in no formula; names the field.
    """

    formulas: Mapping[str, Formula]
    constants: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.formulas:
            raise SpecError("there is no formula", field="planner.formula", allowed="one formula or more")
        used = frozenset[str]().union(*(formula.names for formula in self.formulas.values()))
        for name, (low, high) in self.constants.items():
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise SpecError(
                    f"the bounds of {name} leave nothing",
                    field=f"planner.constants.{name}",
                    value=[low, high],
                    allowed="a lower and a higher number",
                )
            if name not in used:
                raise SpecError(
                    f"the constant {name!r} is in no formula",
                    field=f"planner.constants.{name}",
                    value=[low, high],
                    allowed=", ".join(sorted(used)) or "nothing",
                    hint="correct its name, or leave it out",
                )

    def check(self, space: SearchSpace, objectives: Sequence[str]) -> None:
        """Refuse formulas of what is no objective, and names that are neither constants nor parameters with numbers.

        Raises:
            SpecError: says which.
        """
        numeric = {p.name for p in space.parameters if p.scale != "own"}
        for name in sorted(set(self.constants) & set(space.by_name)):
            raise SpecError(
                f"{name} is a parameter and a constant",
                field=f"planner.constants.{name}",
                value=name,
                hint="rename the constant",
            )
        for name, formula in self.formulas.items():
            place = "planner.formula" if len(objectives) == 1 else f"planner.formula.{name}"
            if name not in objectives:
                raise SpecError(
                    f"planner.formula speaks of {name!r}, which is not measured",
                    field=place,
                    value=name,
                    allowed=", ".join(objectives),
                )
            unknown = sorted(formula.names - numeric - set(self.constants))
            if unknown:
                raise SpecError(
                    f"the formula names {unknown[0]!r}, which has no number"
                    if unknown[0] not in space.by_name or space.by_name[unknown[0]].kind == "text"
                    else f"the formula names {unknown[0]!r}, which models see on a scale of its own",
                    field=place,
                    value=formula.text,
                    allowed=", ".join(sorted(numeric | set(self.constants))),
                    hint="use parameters with numbers, or give the constant's bounds under planner.constants",
                )
            if not formula.names & set(self.constants):
                raise SpecError(
                    "the formula has no constant to fit",
                    field=place,
                    value=formula.text,
                    allowed="a formula with one constant or more",
                    hint="give bounds under planner.constants, such as a factor: {scale: [0.5, 2]}",
                )

    def of(self, space: SearchSpace, objective: str) -> Mechanism | None:
        """Return the mechanism of an objective over a space's model columns; None where no formula was given."""
        formula = self.formulas.get(objective)
        if formula is None:
            return None
        columns = tuple(column for parameter in space.parameters for column in _columns(parameter))
        constants = tuple(_constant(name, *bounds) for name, bounds in self.constants.items() if name in formula.names)
        return Mechanism(formula.text, columns, constants)


def _columns(parameter: Parameter) -> list[FormulaColumn]:
    """Return a parameter's model columns; those that are no scaled numbers have names that no formula can hold."""
    if parameter.scale == "own":
        return [FormulaColumn(f"{parameter.name}[{place}]", 0.0, 1.0) for place in range(parameter.width)]
    return [FormulaColumn(parameter.name, *range_of(parameter), parameter.scale == "log")]


def _constant(name: str, low: float, high: float) -> Coefficient:
    """Return a constant whose search starts in the middle of its bounds."""
    log = low > 0 and high / low >= _DECADES
    return Coefficient(name, math.sqrt(low) * math.sqrt(high) if log else low / 2 + high / 2, low, high, log)
