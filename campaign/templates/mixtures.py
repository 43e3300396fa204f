"""Kinds of campaigns with a mixture: amounts that add up to a total, fractions of elements that add up to one."""

from __future__ import annotations

from dataclasses import replace

from zosimos.campaign.templates import phrases
from zosimos.campaign.templates.draft import Draft, Knob, Mixture, check_mixture, check_own_names
from zosimos.campaign.templates.phrases import Range
from zosimos.campaign.templates.questions import (
    BATCH,
    EXPERIMENTS,
    NAME,
    OUTCOMES,
    Found,
    Kind,
    Question,
    closing,
    knobs,
    named,
    ranged,
)
from zosimos.core.errors import SpecError, UnitError
from zosimos.core.units import convert

_TOTAL, _PARTS, _ELEMENTS, _EACH, _AT_ONCE = "total", "ingredients", "elements", "each", "at_once"
_PERIODIC_TABLE = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y "
    "Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re "
    "Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds "
    "Rg Cn Nh Fl Mc Lv Ts Og "
)
_SYMBOLS = frozenset(_PERIODIC_TABLE.split())
_LEAST_SHARE = 0.01  # of the total: the least of a part that is present, where only some are


def formulation() -> Kind:
    """Return the questions for a formulation."""
    about = "A formulation: amounts of ingredients that add up to a total, and how they are mixed."
    questions = [
        named("Formulation"),
        Question(_TOTAL, "What do the ingredients add up to?", "100 g", lambda text, _: _total(text)),
        Question(
            _PARTS,
            "Which ingredients, each from how much to how much?",
            "water 40 to 80, binder 10 to 40, thickener 0.5 to 5, additive 0 to 5",
            _ingredients,
        ),
        _at_once(_PARTS),
        ranged("temperature", "20 to 60 °C"),
        *closing("viscosity target 500 mPa·s; cost min"),
    ]
    return Kind("formulation", about, questions, lambda found: _drafted(about, found, found[_PARTS]))


def alloy() -> Kind:
    """Return the questions for the composition of an alloy."""
    about = "The composition of an alloy: fractions of elements that add up to the whole."
    questions = [
        named("Alloy"),
        Question(_TOTAL, "Do the fractions add up to 1, or to 100 at%?", "1", lambda text, _: _total(text)),
        Question(_ELEMENTS, "Which elements?", "Co, Cr, Fe, Mn, Ni", lambda text, _: _elements(text)),
        Question(
            _EACH,
            "How much of each, in percent of the whole? Some may differ: 5 to 35 %, Cr 10 to 30 %",
            "5 to 35 %",
            _each,
        ),
        _at_once(_EACH),
        ranged("anneal_temperature", "none"),
        *closing("hardness max GPa"),
    ]
    return Kind("alloy", about, questions, lambda found: _drafted(about, found, found[_EACH]))


def _at_once(parts: str) -> Question:
    return Question(
        _AT_ONCE,
        "How many of them may be present at once? (a number, or all)",
        "all",
        lambda text, found: _present(text, found[parts], found[_TOTAL]),
    )


def _total(text: str) -> Range:
    value, rest = phrases.number(text, _TOTAL)
    if value <= 0:
        raise SpecError("a total is above 0", field=_TOTAL, value=text, allowed="such as 100 g, 100 % or 1")
    return Range(0, value, phrases.unit(rest, _TOTAL))


def _ingredients(text: str, found: Found) -> list[Knob]:
    total: Range = found[_TOTAL]
    parts = []
    for item in phrases.items(text):
        name, values = phrases.named_span(item, _PARTS)
        parts.append(Knob(name, total if values is None else _amount(values, total, _PARTS, item)))
    return _checked(parts, total, _PARTS)


def _elements(text: str) -> list[str]:
    found = [one.strip() for one in text.replace(",", " ").replace(";", " ").replace("-", " ").split()]
    wrong = [one for one in found if one not in _SYMBOLS]
    if wrong:
        raise SpecError(
            "this is no element", field=_ELEMENTS, value=wrong[0], allowed="symbols, such as Co, Cr, Fe, Mn, Ni"
        )
    if len(found) < 2:
        raise SpecError("two elements at least", field=_ELEMENTS, value=text, allowed="such as Co, Cr, Fe, Mn, Ni")
    check_own_names(found, _ELEMENTS)
    return found


def _each(text: str, found: Found) -> list[Knob]:
    total: Range = found[_TOTAL]
    own: dict[str, Range] = {}
    all_of_them = Range(0, total.high, total.unit)
    for item in phrases.items(text):
        head = item.split()[0].rstrip(":=")
        if head in _SYMBOLS:
            if head not in found[_ELEMENTS]:
                raise SpecError(
                    f"{head} is none of the elements", field=_EACH, value=item, allowed=", ".join(found[_ELEMENTS])
                )
            own[head] = _share(item[item.index(head) + len(head) :].lstrip(" :="), total, item)
        else:
            all_of_them = _share(item, total, item)
    parts = [Knob(name, own.get(name, all_of_them)) for name in found[_ELEMENTS]]
    return _checked(parts, total, _EACH)


def _share(text: str, total: Range, item: str) -> Range:
    """Return a range of percent as one of the total; without a unit it is that already."""
    values = phrases.span(text, _EACH)
    if values.unit and "%" in values.unit and values.unit != total.unit:
        low, high = (float(f"{bound * total.high / 100:.12g}") for bound in (values.low, values.high))
        values = replace(values, low=low, high=high, unit=total.unit)
    return _amount(values, total, _EACH, item)


def _amount(values: Range, total: Range, field: str, item: str) -> Range:
    """Return the range of a part in the unit of the total."""
    if values.log or values.whole or values.step is not None or values.low < 0:
        raise SpecError(
            "a part of a mixture has a plain range from 0 or more",
            field=field,
            value=item,
            allowed="a name and two numbers, such as water 40 to 80",
        )
    unit = values.unit or total.unit
    if unit != total.unit:
        try:
            low, high = (convert(bound, unit, total.unit) for bound in (values.low, values.high))
        except UnitError as error:
            raise SpecError(
                f"{unit} and {total.unit or 'a plain number'} measure different things",
                field=field,
                value=item,
                allowed=f"amounts in {total.unit or 'the unit of the total, which has none'}",
            ) from error
        values = replace(values, low=low, high=high)
    return replace(values, unit=total.unit, high=min(values.high, total.high))


def _checked(parts: list[Knob], total: Range, field: str) -> list[Knob]:
    if len(parts) < 2:
        raise SpecError("two parts at least", field=field, value=", ".join(part.name for part in parts))
    check_own_names((part.name for part in parts), field)
    check_mixture(_ranges(parts), _mixture(parts, total, None), field)
    return parts


def _present(text: str, parts: list[Knob], total: Range) -> int | None:
    if text.casefold() == "all":
        return None
    count = phrases.whole(text, _AT_ONCE, at_least=2, at_most=len(parts))
    check_mixture(_ranges(parts), _mixture(parts, total, count), _AT_ONCE)
    return None if count == len(parts) else count


def _mixture(parts: list[Knob], total: Range, at_once: int | None) -> Mixture:
    least = min([_LEAST_SHARE * total.high, *(values.high / 2 for _, values in _ranges(parts))])
    return Mixture([part.name for part in parts], total.high, total.unit, at_once, float(f"{least:.6g}"))


def _ranges(parts: list[Knob]) -> list[tuple[str, Range]]:
    return [(part.name, part.values) for part in parts if isinstance(part.values, Range)]


def _drafted(about: str, found: Found, parts: list[Knob]) -> Draft:
    mixture = _mixture(parts, found[_TOTAL], found[_AT_ONCE])
    every = knobs(found)
    return Draft(about, found[NAME], every, found[OUTCOMES], found[EXPERIMENTS], found[BATCH], [mixture])
