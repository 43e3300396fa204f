"""Reading: which substances a text names, and what of it is not understood.

Fail closed: whatever stands beside a name can only add to what it means. Amounts, grades and praise are passed over;
any other word that is not understood makes the whole text unknown, for a person to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from zosimos.campaign.safety.cas import check_digit, is_sound, numbers_in, without_numbers
from zosimos.campaign.safety.catalogue import Catalogue, Substance
from zosimos.campaign.safety.formula import composition
from zosimos.campaign.safety.spelling import alike, key, plain

LONGEST = 300
"""Characters of a text that may name a substance."""

_NOTHING = re.compile(
    r"^(?:none|nothing|blank|(?:no|without) (?:\w+ )?(?:acid|additive|base|catalyst|ligand|reagent|solvent|salt))$"
)
_AMOUNT = re.compile(
    r"(?<![\w.,-])\d+(?:[.,]\d+)?\s*(?:-|to)?\s*(?:\d+(?:[.,]\d+)?\s*)?"
    r"(?:[wv]t\.?\s?%|vol\.?\s?%|mol\s?%|%|[mµμunk]?M|N|[mµμun]?mol(?:/k?[gL])?|[mµμu]?[gL](?:/m?L)?|k?g(?:/m?L)?|ppm|ppb|equiv\.?|eq\.?|[wv]/[wv])(?![\w-])"
)
_VALENCE = re.compile(r"\(\s*(?:i{1,3}|iv|v|vi{0,3})\s*\)", re.I)
_HYDRATE = re.compile(
    r"[\s-]*(?:(?:mono|hemi|sesqui|di|tri|tetra|penta|hexa|hepta|octa|nona|deca|dodeca)?hydrate|[·•⋅∙*.x]\s*\d*\s*H2O)\s*$",
    re.I,
)
_WORD = re.compile(r"[A-Za-z0-9]+")

_TOGETHER = 10  # words of one name at most
_SHORT = 5  # characters of a name from which one that is nearly the same is taken for it
_SURE = 7


@dataclass(frozen=True)
class Reading:
    """What a text says of substances.

    Args:
        text: as it is written.
        substances: those that it names.
        unknown: what of it is not understood; "" if all of it is.
        why: why it is not understood, in words.
        nearly: a substance that no laboratory runs with and that it nearly names; "" if there is none.
        broken: what is wrong with a CAS number in it; "" if nothing is.
    """

    text: str
    substances: tuple[Substance, ...] = ()
    unknown: str = ""
    why: str = ""
    nearly: str = ""
    broken: str = ""

    @property
    def names(self) -> str:
        """The usual names of the substances, in words."""
        return " and ".join(dict.fromkeys(one.name for one in self.substances))


@lru_cache(maxsize=4096)
def read(text: str, catalogue: Catalogue) -> Reading:
    """Return what a text says of substances.

    >>> from zosimos.campaign.safety.shipped import shipped
    >>> read("perfectly safe KCN", shipped().catalogue).names
    'potassium cyanide'
    >>> read("compound 7b", shipped().catalogue).unknown
    'compound 7b'
    """
    written = plain(text)[: LONGEST + 1]
    if _NOTHING.match(written.casefold()):
        return Reading(text)
    if not key(written) or len(written) > LONGEST:
        why = "it is too long for a name" if key(written) else "it is empty or unreadable"
        return Reading(text, unknown=text.strip() or repr(text), why=why)
    found: dict[Substance, None] = {}
    broken, foreign = "", []
    for number in numbers_in(written):
        if not is_sound(number):
            broken = f"the CAS number {number} is wrong: its last digit should be {check_digit(number)}"
        elif not catalogue.with_cas(number):
            foreign.append(number)
        found |= dict.fromkeys(catalogue.with_cas(number))
    rest = without_numbers(written)
    unknown, why = ", ".join(foreign), "no substance of this CAS number is known" if foreign else ""
    if key(rest):
        named, isomers = _whole(rest, catalogue)
        found |= dict.fromkeys(named)
        if isomers:
            unknown, why = rest, "several substances have this formula: write a name or a CAS number"
        elif not named:
            inside, left = _inside(rest, catalogue)
            found |= dict.fromkeys(inside)
            if left:
                unknown, why = rest, "no such substance is known"
    nearly = _nearly(rest, catalogue) if unknown else ""
    return Reading(text, tuple(found), unknown, why, nearly, broken)


@cache
def _words() -> frozenset[str]:
    """Return the words that say nothing of which substance is meant."""
    text = files("zosimos.campaign.safety").joinpath("passed_over.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def _whole(text: str, catalogue: Catalogue) -> tuple[tuple[Substance, ...], bool]:
    """Return the substances that a text as a whole names, and whether it is a formula that others may have."""
    named = catalogue.named(text)
    if named and plain(text) in {name for one in named for name in one.names if name != one.formula}:
        return _with_twins(named, catalogue), False
    formula = catalogue.with_formula(text)
    if formula and not (named and set(named) <= set(formula)):
        return tuple({**dict.fromkeys(formula), **dict.fromkeys(named)}), _has_isomers(text)
    if named:
        isomers = bool(formula) and _has_isomers(text) and key(text) in {key(one.formula) for one in named}
        called = any(key(text) == key(name) for one in named for name in (one.name, *one.also))
        return _with_twins(tuple({**dict.fromkeys(named), **dict.fromkeys(formula)}), catalogue), isomers and not called
    for shorter in (_HYDRATE.sub("", text), _VALENCE.sub("", text), _VALENCE.sub("", _HYDRATE.sub("", text))):
        if shorter != text and key(shorter) and (inner := catalogue.named(shorter)):
            return _with_twins(inner, catalogue), False
    return (), False


def _with_twins(found: tuple[Substance, ...], catalogue: Catalogue) -> tuple[Substance, ...]:
    """Return substances and what else is known of them: a list may have the same CAS number under another name."""
    twins = [twin for one in found if one.cas for twin in catalogue.with_cas(one.cas)]
    return tuple(dict.fromkeys((*found, *twins)))


def _has_isomers(text: str) -> bool:
    """Say whether a formula is one that several substances of carbon and hydrogen usually share."""
    found = composition(text) or {}
    return found.get("C", 0) > 1 and "H" in found


def _inside(text: str, catalogue: Catalogue) -> tuple[list[Substance], bool]:
    """Return the substances that words in a text name, the longest names first, and whether anything is left over."""
    text = _AMOUNT.sub(" ", text)
    words = list(_WORD.finditer(text))
    found: dict[Substance, None] = {}
    elements: dict[Substance, None] = {}
    left, place = False, 0
    while place < len(words):
        for end in range(min(len(words), place + _TOGETHER), place, -1):
            named, isomers = _whole(text[words[place].start() : words[end - 1].end()], catalogue)
            word = words[place].group()
            passed = end == place + 1 and word.casefold() in _words() and word not in _symbols(named)
            if named and not passed:
                left = left or isomers
                for one in named:
                    (elements if "element" in one.classes and end == place + 1 else found)[one] = None
                place = end
                break
        else:
            left = left or not _passed_over(words, place, text)
            place += 1
    if not left:
        found |= elements
    return list(found), left or not found


def _symbols(named: tuple[Substance, ...]) -> set[str]:
    return {one.formula for one in named if len(one.formula) > 1}


def _passed_over(words: list[re.Match[str]], place: int, text: str) -> bool:
    """Say whether a word says nothing of which substance it is: praise, a grade, or a number that stands alone."""
    word = words[place]
    if word.group().casefold() in _words():
        return True
    beside = text[max(0, word.start() - 1) : word.start()] + text[word.end() : word.end() + 1]
    return word.group().isdigit() and not set(beside) & set("-,'[(")


def _nearly(text: str, catalogue: Catalogue) -> str:
    """Return the name that no laboratory runs with and that a text, or a word of it, has but for one character."""
    for candidate in _candidates(text):
        for barred in catalogue.barred_keys:
            if len(barred) >= _SHORT and len(candidate) >= _SHORT and alike(candidate, barred):
                return min(name for name in catalogue.barred_keys if alike(candidate, name))
    return ""


def _candidates(text: str) -> Iterator[str]:
    yield key(text)
    yield from (key(word) for word in re.split(r"[\s,;()/]+", text))


def is_sure(nearly: str) -> bool:
    """Say whether a name is so long that another one hardly differs from it by one character.

    >>> is_sure("sarin"), is_sure("acetoneperoxide")
    (False, True)
    """
    return len(nearly) >= _SURE
