"""Judging: what the rules say of everything that is stated, alone and where it can meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from zosimos.campaign.safety.catalogue import Substance
from zosimos.campaign.safety.findings import Finding, in_order
from zosimos.campaign.safety.reading import Reading, is_sure, read
from zosimos.campaign.safety.rules import Rules, Verdict
from zosimos.campaign.safety.spelling import key
from zosimos.campaign.safety.stated import Chemistry, Stated, Vessel
from zosimos.core.errors import UnitError
from zosimos.core.units import parse_quantity

_EVIDENT = 5
"""Characters from which a name counts where nothing is declared: shorter ones may be labels."""


def judged(chemistry: Chemistry, rules: Rules) -> tuple[Finding, ...]:
    """Return what the rules say, the gravest first.

    Args:
        chemistry: what is stated.
        rules: the program's, with what the laboratory adds.
    """
    found: list[Finding] = []
    for one in chemistry.stated:
        reading = read(one.text, rules.catalogue)
        found += _alone(one, reading, rules) if one.declared else _undeclared(one, reading)
    for vessel in chemistry.vessels:
        found += _meeting(vessel, rules)
    return in_order(found)


def _alone(one: Stated, reading: Reading, rules: Rules) -> Iterator[Finding]:
    """Yield what is to be said of one text by itself."""
    where = (one.where,)
    if reading.broken:
        yield Finding("refuse", "number", key(one.text), f"{one.text!r}: {reading.broken}", where)
    if reading.unknown:
        yield _unknown(one, reading)
    by_name: dict[str, list[Substance]] = {}
    for substance in reading.substances:
        by_name.setdefault(rules.term(substance.name), []).append(substance)
    for term, same in by_name.items():
        name = same[0].name
        for listed in (substance for substance in same if substance.controlled):
            words = f"{listed.name} is on the list: {listed.controlled}"
            yield Finding("refuse" if listed.barred else "person", "controlled", term, words, where)
        terms = rules.terms(same)
        for bar in rules.never:
            if rules.term(bar) in terms:
                yield Finding("refuse", "never", term, f"{name} is never used in this laboratory ({bar})", where)
        classes = sorted(name for name in terms if name in rules.classes)
        grave = [part for part in classes if rules.classes[part].verdict != "note"]
        for part in grave:
            hazard = rules.classes[part]
            yield Finding(hazard.verdict, "hazard", term, f"{name}: {hazard.words}", where)
        said = [part for part in classes if part not in grave and part not in _PLAIN]
        if said:
            yield Finding("note", "hazard", term, f"{name}: {', '.join(said)}", where)
        yield from _beyond(one, name, term, terms, rules)


_PLAIN = frozenset({"water", "element", "organic", "organic salt"})
"""Classes that are nothing to say of a substance by itself."""


def _unknown(one: Stated, reading: Reading) -> Finding:
    words = f"{one.text!r} is not known: {reading.why}"
    if not reading.nearly:
        return Finding("person", "unknown", key(one.text) or repr(one.text), words, (one.where,))
    nearly = f"{one.text!r} is nearly {reading.nearly}, which is on a list of what no laboratory runs with"
    verdict: Verdict = "refuse" if is_sure(reading.nearly) else "person"
    return Finding(verdict, "unknown", key(one.text), nearly, (one.where,))


def _undeclared(one: Stated, reading: Reading) -> Iterator[Finding]:
    """Yield what is to be said of a text that nobody says is a substance, and that reads as one all the same."""
    text = key(one.text)
    meant = [
        substance
        for substance in reading.substances
        if (substance.cas and substance.cas in one.text)
        or any(len(key(name)) >= _EVIDENT and key(name) in text for name in substance.names)
    ]
    for substance in meant:
        if substance.barred:
            words = f"{one.text!r} reads as {substance.name}, which is on the list: {substance.controlled}"
            yield Finding("refuse", "controlled", key(substance.name), words, (one.where,))
        elif substance.classes - _PLAIN or substance.controlled:
            words = f"{one.text!r} reads as {substance.name}; say species: there, so that it is checked"
            yield Finding("note", "undeclared", key(substance.name), words, (one.where,))


def _beyond(one: Stated, name: str, term: str, terms: frozenset[str], rules: Rules) -> Iterator[Finding]:
    """Yield the limits that one experiment may go beyond, and those of which nobody can say."""
    for about, limits in rules.limits.items():
        if rules.term(about) not in terms:
            continue
        for limit in limits:
            if one.amounts is None:
                words = f"{name}: no more than {limit} is allowed in an experiment, and how much is used is not said"
                yield Finding("person", "limit", f"{term} {limit}", words, (one.where,))
            for amount, unit in one.amounts or ():
                try:
                    most = parse_quantity(limit, unit)
                except UnitError:
                    words = f"{name}: no more than {limit} is allowed in an experiment, and it is counted in {unit}"
                    yield Finding("person", "limit", f"{term} {limit}", words, (one.where,))
                    continue
                if amount > most:
                    used = f"{amount:g} {unit}"
                    words = f"{name}: up to {used} in an experiment, and no more than {limit} is allowed"
                    yield Finding("refuse", "limit", f"{term} {limit} {used}", words, (one.where,))


def _meeting(vessel: Vessel, rules: Rules) -> Iterator[Finding]:
    """Yield what must not meet and can, in one vessel."""
    placed = _placed(vessel.contents, rules)
    for (one, some), (other, others) in combinations(placed.items(), 2):
        pairs = rules.between(some.terms, others.terms)[:1]
        met = _met(some.stated, others.stated, lasting=vessel.lasting) if pairs else None
        if met is None:
            continue
        names = " and ".join(sorted((some.name, others.name)))
        words = f"{names} can meet in {vessel.name}: {pairs[0].why}"
        yield Finding(pairs[0].verdict, "pair", "|".join(sorted((one, other))), words, met)


@dataclass
class _Placed:
    """A substance in a vessel: what pairs may call it, and all that states it."""

    name: str
    terms: frozenset[str]
    stated: list[Stated]


def _placed(contents: Sequence[Stated], rules: Rules) -> dict[str, _Placed]:
    """Return the substances of a vessel, each by its term."""
    found: dict[str, _Placed] = {}
    for one in dict.fromkeys(contents):
        for substance in read(one.text, rules.catalogue).substances:
            term = rules.term(substance.name)
            known = found.setdefault(term, _Placed(substance.name, frozenset(), []))
            known.terms |= rules.terms([substance])
            known.stated.append(one)
    return found


def _met(some: Sequence[Stated], others: Sequence[Stated], *, lasting: bool) -> tuple[str, ...] | None:
    """Return the fields of the first two that can be in one experiment, or both in a vessel that lasts."""
    for one in some:
        for other in others:
            if lasting or one.meets(other):
                return tuple(dict.fromkeys((one.where, other.where)))
    return None
