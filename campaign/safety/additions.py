"""Additions: what a laboratory, or an installed package, says of chemistry besides what the program knows.

They only add: substances, names, classes, pairs, and limits. A verdict can become stricter; a substance that is on a
list of controlled ones stays on it, under whatever name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from zosimos.campaign.safety.cas import check_digit, is_sound, numbers_in
from zosimos.campaign.safety.catalogue import Catalogue, Substance
from zosimos.campaign.safety.formula import hill
from zosimos.campaign.safety.rules import HazardClass, Pair, Rules, Verdict, stricter
from zosimos.campaign.safety.spelling import key
from zosimos.core.errors import SpecError, UnitError
from zosimos.core.units import check_unit, parse_quantity
from zosimos.core.validation import Part


def _cas(text: str) -> str:
    if numbers_in(text) != [text.strip()]:
        raise ValueError("a CAS number is written like 7732-18-5")
    if not is_sound(text.strip()):
        raise ValueError(f"its last digit should be {check_digit(text.strip())}")
    return text.strip()


def _formula(text: str) -> str:
    if hill(text) is None:
        raise ValueError("a formula is written like C2H6O or Ca(OH)2")
    return text


def _name(text: str) -> str:
    if not key(text):
        raise ValueError("a name has letters or digits")
    return text


def _amount(text: str) -> str:
    unit = text.strip().lstrip("0123456789.eE+- ")
    try:
        if not unit or parse_quantity(text, check_unit(unit)) < 0:
            raise ValueError("an amount is a number from 0 on with its unit, such as 5 mL")
    except UnitError as error:
        raise ValueError(f"an amount is a number with its unit, such as 5 mL: {error.message}") from error
    return text


Called = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_name)]
Words = Annotated[str, Field(min_length=1, max_length=300)]
Term = Annotated[str, Field(min_length=1, max_length=200)]


class SpeciesRule(Part):
    """A substance that a laboratory knows."""

    also: list[Called] = Field(default_factory=list, max_length=100, description="other names, and house codes")
    cas: Annotated[str, AfterValidator(_cas)] | None = Field(None, description="its CAS number")
    formula: Annotated[str, AfterValidator(_formula)] | None = Field(None, description="its molecular formula")
    classes: list[Term] = Field(default_factory=list, description="what it is, such as oxidiser or flammable")


class ClassRule(Part):
    """A class of a laboratory's own, or a stricter verdict on one that there is."""

    verdict: Verdict = Field("note", description="note: it is said; person: somebody must say yes; refuse: never")
    why: Words = Field(description="what it is, in words")


class PairRule(Part):
    """What must not meet in one vessel."""

    between: Annotated[list[Term], Field(min_length=2, max_length=2)] = Field(description="two classes or substances")
    verdict: Verdict = Field("person", description="note, person or refuse")
    why: Words = Field(description="what happens, in words")


class ChemistrySpec(Part):
    """What a laboratory says of chemistry besides what the program knows: it only adds, and takes nothing back."""

    species: dict[Called, SpeciesRule] = Field(default_factory=dict, description="substances that are known here")
    classes: dict[Term, ClassRule] = Field(default_factory=dict, description="hazard classes of its own, or stricter")
    pairs: list[PairRule] = Field(default_factory=list, description="what must not meet here")
    never: list[Term] = Field(default_factory=list, description="classes and substances that are never used here")
    limits: dict[Term, Annotated[str, AfterValidator(_amount)]] = Field(
        default_factory=dict, description="class or substance: the most one experiment may use, such as 5 mL"
    )


def extended(rules: Rules, added: ChemistrySpec, source: str) -> Rules:
    """Return rules with what a laboratory or a package adds.

    Args:
        rules: those before.
        added: what it says.
        source: who says it, for messages, such as ``chemistry``.

    Raises:
        SpecError: it names a class or a substance that there is not.

    >>> from zosimos.campaign.safety.shipped import shipped
    >>> made = extended(shipped(), ChemistrySpec(species={"our salt": {}}), "chemistry")
    >>> [one.name for one in made.catalogue.named("Our-Salt")]
    ['our salt']
    """
    new = tuple(_substance(name, item, rules.catalogue) for name, item in added.species.items())
    classes: dict[str, HazardClass] = dict(rules.classes)
    for name, item in added.classes.items():
        before = classes.get(name)
        verdict: Verdict = item.verdict if before is None else stricter(before.verdict, item.verdict)
        classes[name] = HazardClass(verdict, item.why)
    pairs = tuple(Pair(item.between[0], item.between[1], item.verdict, item.why) for item in added.pairs)
    never = tuple(dict.fromkeys((*rules.never, *added.never)))
    try:
        return Rules(
            Catalogue((*rules.catalogue.substances, *new)),
            classes,
            (*rules.pairs, *pairs),
            never,
            _both(rules.limits, added.limits),
        )
    except ValueError as error:
        raise SpecError(
            f"{source}: {error}",
            field=source,
            allowed=", ".join(sorted(classes)),
            hint=f"correct it, or add it to {source}.classes or {source}.species",
        ) from error


def _both(known: Mapping[str, tuple[str, ...]], added: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return limits of which all hold: a second one on the same term goes beside the first."""
    return {name: (*known.get(name, ()), *([added[name]] if name in added else ())) for name in {**known, **added}}


def _substance(name: str, item: SpeciesRule, known: Catalogue) -> Substance:
    """Return a laboratory's substance; what is known under its names or numbers holds for it too."""
    same = [one for text in (name, *item.also) for one in known.named(text)]
    same += known.with_cas(item.cas or "")
    if item.cas is None and item.formula is not None:  # a CAS number would tell it from what has the same formula
        same += [one for one in known.with_formula(item.formula) if one.barred]
    listed = next((one for one in same if one.barred), next((one for one in same if one.controlled), None))
    return Substance(
        name,
        tuple(item.also),
        item.cas or "",
        item.formula or "",
        frozenset(item.classes).union(*(one.classes for one in same)),
        "" if listed is None else listed.controlled,
        listed is not None and listed.barred,
    )
