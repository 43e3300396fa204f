"""Hypotheses and claims in a campaign file: what experiments are to tell apart, or to contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from zosimos.campaign.definition.fields import Name, Number, PlainNumber, formula
from zosimos.core.errors import SpecError
from zosimos.core.expression import Formula
from zosimos.core.space import SearchSpace
from zosimos.core.validation import Part
from zosimos.planners.goal.hypotheses import Hypotheses
from zosimos.planners.goal.mechanisms import Mechanisms
from zosimos.planners.goal.rules import Claim
from zosimos.planners.goal.statements import MOST_CONSTANTS, Law


class HypothesesSpec(Part):
    """Rival formulas of one quantity."""

    formulas: dict[Name, str] = Field(min_length=2, description="by name, arithmetic on parameters and constants")
    noise: Number = Field(description="standard deviation of one measurement, in the quantity's unit")
    constants: dict[Name, Annotated[list[PlainNumber], Field(min_length=2, max_length=2)]] = Field(
        default_factory=dict, description="constants that are fitted, each with its bounds"
    )
    of: Name | None = Field(None, description="the objective they speak of; may be left out where there is one")


def _named(value: Any) -> Any:
    """Take the word ``if``, which Python keeps for itself."""
    return (
        {"when" if key == "if" else key: item for key, item in value.items()} if isinstance(value, Mapping) else value
    )


class ClaimSpec(Part):
    """A rule that results may contradict, written as if: and then:."""

    when: str = Field(description="if: a condition on parameters")
    then: str = Field(description="what is claimed of an objective, such as yield > 60")


WrittenClaim = Annotated[ClaimSpec, BeforeValidator(_named)]


def build_hypotheses(part: HypothesesSpec | None, objectives: Sequence[str]) -> Hypotheses | None:
    """Return the hypotheses of a spec.

    Raises:
        SpecError: they do not say of which objective, or one cannot be read.
    """
    if part is None:
        return None
    quantity = part.of or (objectives[0] if len(objectives) == 1 else None)
    if quantity not in objectives:
        raise SpecError(
            "the hypotheses do not say of which objective they speak",
            field="hypotheses.of",
            value=part.of,
            allowed=", ".join(objectives),
        )
    formulas = {name: formula(text, f"hypotheses.formulas.{name}") for name, text in part.formulas.items()}
    bounds = {name: (low, high) for name, (low, high) in part.constants.items()}
    return Hypotheses(str(quantity), formulas, float(part.noise), bounds)


def stated_laws(hypotheses: Hypotheses | None, mechanisms: Mechanisms | None) -> tuple[tuple[str, Law], ...]:
    """Return the formulas that a campaign states, each with its name; the planner's formula is ``mechanism``."""
    found: list[tuple[str, str, Formula, Mapping[str, tuple[float, float]]]] = []
    if hypotheses is not None:
        found += [(name, hypotheses.quantity, one, hypotheses.constants) for name, one in hypotheses.formulas.items()]
    if mechanisms is not None:
        found += [("mechanism", of, one, mechanisms.constants) for of, one in mechanisms.formulas.items()]
    bounded = [
        (name, of, one.text, {word: bounds[word] for word in bounds if word in one.names})
        for name, of, one, bounds in found
    ]
    return tuple((name, Law(of, text, own)) for name, of, text, own in bounded if len(own) <= MOST_CONSTANTS)


def build_claims(parts: Sequence[ClaimSpec]) -> tuple[Claim, ...]:
    """Return the claims of a spec.

    Raises:
        SpecError: one cannot be read.
    """
    return tuple(_claim(index, part) for index, part in enumerate(parts))


def _claim(index: int, part: ClaimSpec) -> Claim:
    try:
        return Claim(part.when, part.then)
    except SpecError as error:
        raise _placed(error, index) from error


def check_claims(claims: Sequence[Claim], space: SearchSpace, objectives: Sequence[str]) -> None:
    """Refuse claims about what the campaign does not know. Raises SpecError, which names the claim."""
    for index, claim in enumerate(claims):
        try:
            claim.check(space, tuple(objectives))
        except SpecError as error:
            raise _placed(error, index) from error


def _placed(error: SpecError, index: int) -> SpecError:
    """Return the error of one claim with its place in the file; what is no outcome is a condition."""
    half = "then" if error.field == "claims.then" else "if"
    return SpecError(
        error.message, field=f"claims[{index}].{half}", value=error.value, allowed=error.allowed, hint=error.hint
    )
