"""A campaign over a recipe, read from words: which of its inputs vary and within what, which stay as they are.

The recipe's own names are looked for, and only forms that can mean one thing are read: a name with two numbers, a name
with one, a name with a bound, a name with a text. Whatever else the words say is left to be named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from zosimos.agent.offline.bounds import bounds, says_more
from zosimos.agent.offline.by_hand import Part
from zosimos.agent.offline.slots import quantities
from zosimos.core.errors import UnitError
from zosimos.core.units import convert, is_unit

_NUMBER = r"[+\-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?"
_UNIT = r"(?:\s?(?:°\s?[CFK]|%|[A-Za-zμ]+(?:/[A-Za-zμ]+)*)(?!\w))?"
_TO = r"\s*(?:-|–|—|\bto\b|\buntil\b|\.\.+)\s*"
_IS = r"\s*(?:\(|:|=|,|\b(?:is|are|of|at|to|be|fixed at|set to|constant at|kept at|held at)\b)?\s*"
_LEAD = r"(?:\b(?:the|a|an|total|overall|final|constant|fixed|keep|keeping|hold|holding|set|with|use|using|in|at)\s+)*"
_VARIED = r"\b(?:vary|varying|varied|change|changing|adjust|adjusting|tune|tuning|over|by|how much)\s+(?:the\s+)?"
_AIM = r"\b(?P<goal>maximi[sz]e|minimi[sz]e|highest|lowest|largest|smallest|most|least)\s+(?:possible\s+)?(?:the\s+)?"
_TOWARDS = (
    r"(?:\b(?:target|aim for|aim at|hit|reach|bring|get|give|gives|giving|make|match|find|want|for|with|gets)\s+)*"
    r"(?:\b(?:an?|the)\s+)?"
)
_NEAR = (
    r"\s*(?:=|:|,|\b(?:of|to|at|is|near|around|about|target|equal to|close to|as close as possible to|as near as)"
    r"\b\s*)*"
)
_STOP = re.compile(r"\b(?:stop(?:ping)?|done|until|when|once|if)\b[^,;.\n]*$", re.IGNORECASE)
_FORBIDS = re.compile(r"\b(?:not|never|no|without|avoid|except|don't|dont)\b[^,;.\n]*$", re.IGNORECASE)
_LOW = frozenset({"minimise", "minimize", "lowest", "smallest", "least"})
_TEXT = r"[A-Za-z][\w.+-]*"
_COMMON = frozenset({"and", "or", "the", "with", "from", "between", "is", "in", "at", "by", "to", "of", "for"})


def aims(text: str, quantities_: Mapping[str, str]) -> Iterator[Part]:
    """Yield the objectives among a recipe's quantities.

    >>> [(part.path, part.value) for part in aims("an absorbance of 0.6", {"absorbance": ""})]
    [('objectives.absorbance', {'goal': 'target', 'target': 0.6})]
    """
    for name, unit in quantities_.items():
        stated = {"unit": unit} if unit else {}
        for match in re.finditer(_AIM + _spoken(name), text, re.IGNORECASE):
            goal = "min" if match["goal"].casefold() in _LOW else "max"
            yield Part(f"objectives.{name}", {"goal": goal, **stated}, match.start(), match.end())
        towards = rf"{_TOWARDS}{_spoken(name)}{_NEAR}(?<![\w.])(?P<value>{_NUMBER})(?![.,]?\d)"
        for match in re.finditer(towards, text, re.IGNORECASE):
            before = text[: match.start()]
            number = _quantity(text, match.start("value"), unit)
            if number is not None and not _STOP.search(before) and not _FORBIDS.search(before):
                target = {"goal": "target", "target": number[0], **stated}
                yield Part(f"objectives.{name}", target, match.start(), number[1])


def fillings(text: str, inputs: Mapping[str, Mapping[str, Any]], taken: Collection[str] = ()) -> Iterator[Part]:
    """Yield what a text says of a recipe's inputs.

    Args:
        text: with aims blanked out.
        inputs: what the recipe takes, by name, each with its ``unit``.
        taken: words that are no texts of inputs.

    >>> known = {"dye": {"unit": "mL"}, "total": {"unit": "mL"}, "channel": {"unit": ""}}
    >>> [(part.path, part.value) for part in fillings("vary dye from 0 to 500 uL, total 2 mL, channel F4", known)]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('space.dye', {'min': 0.0, 'max': 0.5, 'unit': 'mL'}), ('lab.constants.total', '2 mL'),
     ('lab.constants.channel', 'F4')]
    """
    units = {name: str(part["unit"]) for name, part in inputs.items()}
    for reading in (_lists, _ranges, _bounded, _single, _texts):
        found = list(reading(text, units, {*inputs, *taken}))
        for part in found:
            if _FORBIDS.search(text[: part.start]) is None or reading is _bounded:
                yield part
                text = text[: part.start] + "\n" * (part.end - part.start) + text[part.end :]


def varied(text: str, inputs: Collection[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the inputs that a text says are varied, without a range, each with where that stands.

    >>> list(varied("by varying dye", ["dye"]))
    [('dye', 3, 14)]
    """
    for name in inputs:
        for match in re.finditer(_VARIED + _spoken(name), text, re.IGNORECASE):
            if _FORBIDS.search(text[: match.start()]) is None:
                yield name, match.start(), match.end()


def _lists(text: str, units: Mapping[str, str], _: Collection[str]) -> Iterator[Part]:
    """Yield inputs that are lists of numbers, in brackets, such as a colour."""
    for name in [name for name, unit in units.items() if not unit or not is_unit(unit)]:
        listed = rf"[(\[]\s*(?P<items>{_NUMBER}(?:\s*[,;]\s*{_NUMBER})+)\s*[)\]]"
        for match in re.finditer(rf"{_LEAD}{_spoken(name)}\s*(?::|=|\bis\b|\bof\b)?\s*{listed}", text, re.IGNORECASE):
            numbers = [float(item) for item in re.split(r"\s*[,;]\s*", match["items"])]
            value = [int(one) if one.is_integer() else one for one in numbers]
            yield Part(f"lab.constants.{name}", value, match.start(), match.end())


def _ranges(text: str, units: Mapping[str, str], _: Collection[str]) -> Iterator[Part]:
    """Yield inputs with two numbers: from one to the other."""
    for name, unit in units.items():
        span = rf"{_LEAD}{_spoken(name)}{_IS}(?:from|between|within|in)?\s*(?P<low>{_NUMBER})(?P<first>{_UNIT})"
        for sep in (_TO, r"\s+and\s+"):
            for match in re.finditer(rf"{span}{sep}(?P<high>{_NUMBER})", text, re.IGNORECASE):
                between = re.search(r"\bbetween\s*$", text[: match.start("low")], re.IGNORECASE)
                high = _quantity(text, match.start("high"), unit)
                low = _in_unit(match["low"], match["first"].strip(), unit) if match["first"].strip() else None
                spoken_unit = text[match.end("high") : high[1]].strip() if high is not None else ""
                low = low if low is not None else _in_unit(match["low"], spoken_unit, unit)
                if high is None or low is None or not low < high[0] or (sep != _TO and not between):
                    continue
                end = high[1] + (text[high[1] : high[1] + 1] == ")" and "(" in match[0])
                value = {"min": low, "max": high[0], **({"unit": unit} if unit else {})}
                yield Part(f"space.{name}", value, match.start(), end)


def _bounded(text: str, units: Mapping[str, str], _: Collection[str]) -> Iterator[Part]:
    """Yield one bound of an input: at most, at least."""
    numeric = {name: unit for name, unit in units.items() if unit}
    for bound in bounds(text, numeric):
        value = _in_unit(bound.quantity.number, bound.quantity.unit, numeric[bound.name])
        if value is not None and not says_more(text, bound):
            yield Part(f"space.{bound.name}.{bound.side}", value, bound.start, bound.end)


def _single(text: str, units: Mapping[str, str], _: Collection[str]) -> Iterator[Part]:
    """Yield inputs with one number: the same in every experiment."""
    for name, unit in units.items():
        pattern = rf"{_LEAD}{_spoken(name)}{_IS}(?<![\w.])(?P<value>{_NUMBER})(?![.,]?\d)"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            number = _quantity(text, match.start("value"), unit)
            if number is None or re.match(rf"{_TO}[+\-]?\.?\d|\s*(?:,|or|and)\s*\d", text[number[1] :]):
                continue
            said = " ".join(text[match.start("value") : number[1]].split())
            yield Part(f"lab.constants.{name}", said if unit else number[0], match.start(), number[1])


def _texts(text: str, units: Mapping[str, str], taken: Collection[str]) -> Iterator[Part]:
    """Yield inputs that are texts: one, or some that are listed with *or*."""
    for name in [name for name, unit in units.items() if not unit]:
        marked = r"\s*(?P<mark>:|=|\bis\b|\bof\b|\bone of\b|\beither\b|\bamong\b)?\s*['\"]?"
        several = rf"(?P<items>{_TEXT}(?:\s*,\s*{_TEXT})*\s*,?\s+or\s+{_TEXT})"
        for match in re.finditer(rf"{_LEAD}{_spoken(name)}{marked}{several}['\"]?", text, re.IGNORECASE):
            listed = re.split(r"\s*,\s*(?:or\s+)?|\s+or\s+", match["items"])
            if len(set(listed)) == len(listed) and not any(_is_common(item, taken) for item in listed):
                yield Part(f"space.{name}", {"choices": listed}, match.start(), match.end())
        for match in re.finditer(rf"{_LEAD}{_spoken(name)}{marked}(?P<item>{_TEXT})['\"]?", text, re.IGNORECASE):
            item = match["item"].rstrip(".")
            plainly = match["mark"] is not None or not item.islower()
            follows = re.match(rf"(?:\s*,\s*{_TEXT})*\s*,?\s*or\b", text[match.end() :])
            if plainly and not follows and not _is_common(item, taken):
                yield Part(f"lab.constants.{name}", item, match.start(), match.start("item") + len(item))


def _is_common(item: str, taken: Collection[str]) -> bool:
    return item.casefold() in _COMMON or item.casefold() in {name.casefold() for name in taken}


def _quantity(text: str, start: int, unit: str) -> tuple[float, int] | None:
    """Return the number that stands at a place, in a unit, and where it ends; None where its unit does not fit."""
    found = next((one for one in quantities(text[start:], [unit]) if one.start == 0), None)
    if found is None:
        return None
    value = _in_unit(found.number, found.unit, unit)
    return None if value is None else (value, start + found.end)


def _in_unit(number: str, said: str, unit: str) -> float | None:
    """Return a number in a unit; one without a unit is in it already. None where its unit does not fit."""
    if not said:
        return float(number)
    if not unit:
        return None
    known = next(iter(quantities(f"1 {said}", [unit])), None)
    try:
        return convert(float(number), known.unit if known is not None and known.unit else said, unit)
    except UnitError:
        return None


def _spoken(name: str) -> str:
    """Return how a name is said: as it is written, or with blanks."""
    return rf"(?<![\w-]){re.escape(name).replace('_', '[_ ]')}(?![\w-])"
