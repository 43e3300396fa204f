"""Quantities: whether a number is what the record, a tool or the person says of what it stands beside."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from zosimos.agent.grounding import cues
from zosimos.agent.grounding.claims import NO_CLAIM
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.mentions import Mentions
from zosimos.agent.grounding.numerals import Numeral
from zosimos.agent.grounding.whose import OF_NAME, Owners, names_of, owners_of

_SUMMED_BESIDE = re.compile(r"\b(?:mean|average|averaging|median|mittel\w*|moyenne|promedio)(?: of)?\W{0,3}$", re.I)
_NOT_SO = re.compile(r"^\s?(?:is|are|was|were)(?:n't| not)(?: yet)? (?:in (?:force|effect)|set|active|applied)\b", re.I)
_EXACT = 0.01  # of a number: what its last digit leaves open, for it to be of one thing only
_FEW = 6  # experiments of which pairs are looked at


def found_for(mentions: Mentions, number: Numeral, facts: Facts) -> str:
    """Return where a number stands on record, in words; empty: nowhere.

    What is no claim about anything, such as a number in a suggestion, is found as ``no claim``.
    """
    owners = owners_of(mentions, number, facts)
    names, said = names_of(mentions, number, facts)
    if _NOT_SO.search(mentions.after(number.end, 40)):
        return NO_CLAIM
    if _apart(mentions, number):
        if found := _difference(mentions, number, names, owners, facts) or _otherwise_of(
            mentions, number, owners, facts
        ):
            return found
        return _of_turn(mentions, number, names, owners, facts)
    for find in (_compared, _setting, _of_experiment, _summed_up):
        if found := find(mentions, number, names, owners, facts):
            return found
    if found := _told_of(number, names if said else (), owners, facts):
        return found
    if found := _otherwise_of(mentions, number, owners, facts):
        return found
    if mentions.ids and owners.named and (not _hypothetical(mentions) or (said and names[0] in facts.outcomes)):
        return ""
    return _of_turn(mentions, number, names, owners, facts)


def cited(mentions: Mentions, number: Numeral, facts: Facts) -> str:
    """Return the one experiment whose outcome a number must be where the passage names none; empty: not just one."""
    names, said = names_of(mentions, number, facts)
    name = names[0] if names else ""
    if not said or mentions.ids or mentions.cell_name or name not in facts.outcomes or mentions.owners:
        return ""
    found = [one for one, value in facts.measured(name).items() if number.says(value, facts.units[name])]
    return found[0] if len(found) == 1 else ""


def _hypothetical(mentions: Mentions) -> bool:
    return bool(mentions.says(cues.HYPOTHETICAL)) or mentions.text.rstrip(" *_").endswith("?")


def _apart(mentions: Mentions, number: Numeral) -> bool:
    before, after = mentions.before(number.start, 80), mentions.after(number.end, 30)
    return bool(
        cues.APART_BEFORE.search(before)
        or cues.APART_AFTER.search(after)
        or (cues.TIMES.search(after) and not number.unit)
    )


def _tried(mentions: Mentions, number: Numeral, names: Sequence[str], facts: Facts) -> Sequence[str]:
    """Return the quantities a number of an experiment may be of: the one it stands beside, else what fits its unit."""
    if mentions.cell_name or _bound(mentions, number, names):
        return names[:1]
    near = facts.units.get(names[0], "") if names else ""
    if mentions.names and number.unit and number.unit == near:
        return names[:1]
    others = facts.units if number.unit else [*facts.outcomes, *(one.what for one in mentions.names)]
    return list(dict.fromkeys([*names[:1], *others]))


def _of_experiment(mentions: Mentions, number: Numeral, names: Sequence[str], owners: Owners, facts: Facts) -> str:
    before = mentions.before(number.start)
    spread, expected = cues.SPREAD.search(before), mentions.says(cues.EXPECTED)
    tried = _tried(mentions, number, names, facts)
    for owner, name in itertools.product(owners.ids, tried):
        unit = facts.units.get(name, "")
        values = facts.spreads(owner, name) if spread else facts.of(owner, name)
        values = [*values, *facts.expected(owner, name)] if expected else values
        if any(number.says(value, unit) for value in values):
            return f"{name} of {owner}"
    compared = cues.COMPARED.search(before)
    if not owners.ids and mentions.names and not mentions.says(cues.SETTING) and not compared:
        name = names[0]
        for owner, value in facts.measured(name).items() if name in facts.units else ():
            if number.says(value, facts.units[name]) or (
                spread and any(number.says(one, facts.units[name]) for one in facts.spreads(owner, name))
            ):
                return f"{name} of {owner}"
    return ""


def _bound(mentions: Mentions, number: Numeral, names: Sequence[str]) -> bool:
    """Say whether a quantity stands so close before or behind a number that it is of no other."""
    for one in mentions.names:
        if one.what in names[:1] and one.end <= number.start:
            gap = mentions.between(one.end, number.start)
            if len(gap) <= 12 and not any(char.isdigit() for char in gap):
                return True
        if (
            one.what in names[:1]
            and one.start >= number.end
            and OF_NAME.fullmatch(mentions.between(number.end, one.start))
        ):
            return True
    return False


def _setting(mentions: Mentions, number: Numeral, names: Sequence[str], owners: Owners, facts: Facts) -> str:
    """Find a number among what the spec says now, or said before it was steered."""
    before = mentions.before(number.start, 60) if mentions.ids else mentions.text
    if mentions.ids and owners.named and any(one.end <= number.start for one in mentions.ids):
        last = max(one.end for one in mentions.ids if one.end <= number.start)
        before = mentions.between(last, number.start)
    before = f"{before} {mentions.cell_text}"
    if not cues.SETTING.search(before) and not (cues.EARLIER.search(before) and not owners.named):
        return ""
    sides = _sides(mentions.before(number.start, 60) or before) or _sides(before)
    for name in names if mentions.names or mentions.cell_name else facts.units:
        unit = facts.units.get(name, "")
        for side, value in facts.settings(name).items():
            if (not sides or side in sides or side.startswith("level")) and number.says(value, unit):
                return f"{side} of {name} in the spec"
        if mentions.says(cues.EARLIER) and not cues.NOW.search(mentions.before(number.start, 20)):
            for change in facts.steered:
                parts = change.path.split(".")
                if name in parts and (not sides or parts[-1] in sides or parts[-1] == "levels"):
                    for value in (change.old, change.new):
                        if isinstance(value, int | float) and number.says(float(value), unit):
                            return f"{change.path} as it was steered"
    return ""


def _sides(words: str) -> set[str]:
    high, low = cues.HIGH_SIDE.search(words), cues.LOW_SIDE.search(words)
    if bool(high) == bool(low):
        return set()
    return {"max"} if high else {"min"}


def _summed_up(mentions: Mentions, number: Numeral, names: Sequence[str], owners: Owners, facts: Facts) -> str:
    beside = _SUMMED_BESIDE.search(mentions.before(number.start, 20))
    if not mentions.says(cues.SUMMED) or (owners.named and mentions.ids and not beside):
        return ""
    if mentions.says(cues.LIMIT) or mentions.says(cues.NOW):
        return ""  # of what may be, not of what was
    for name in names[:1]:
        if name in facts.units and any(number.says(value, facts.units[name]) for value in facts.summed_up(name)):
            return f"{name} of all experiments"
    return ""


def _compared(mentions: Mentions, number: Numeral, names: Sequence[str], owners: Owners, facts: Facts) -> str:
    """Find a number that something is said to be above or below, if it is."""
    match = cues.COMPARED.search(mentions.before(number.start))
    if match is not None and not owners.named:
        return _of_all(mentions, number, names, match.lastgroup or "less", facts)
    if match is None or not any(one.what in owners.ids and one.end <= number.start for one in mentions.ids):
        return ""
    holds = cues.OPERATORS[match.lastgroup or "less"]
    for owner, name in itertools.product(owners.ids, names[:1]):
        if any(holds(value, number.value) for value in facts.of(owner, name)):
            return f"{name} of {owner}, compared"
    return ""


def _of_all(mentions: Mentions, number: Numeral, names: Sequence[str], sign: str, facts: Facts) -> str:
    """Find a number that all results, or none, are said to be above; of how many it is said is judged by the count."""
    if any(one.end < number.start and one.room in (0.0, 0.5) and not one.unit for one in mentions.numbers):
        return NO_CLAIM
    words = mentions.before(number.start, 200)
    values = facts.measured(names[0]).values() if names else ()
    held = [cues.OPERATORS[sign](value, number.value) for value in values]
    if re.search(r"\b(?:all|every|each)\b", words) and held and all(held):
        return f"{names[0]} of all experiments"
    if re.search(r"\b(?:no|none|nothing|not one|neither)\b", words) and held and not any(held):
        return f"{names[0]} of all experiments"
    return ""


def _difference(mentions: Mentions, number: Numeral, names: Sequence[str], owners: Owners, facts: Facts) -> str:
    """Find how far two experiments are apart, as a difference, a ratio or a share."""
    ids = list(dict.fromkeys([one.what for one in mentions.ids] + list(owners.ids)))[:_FEW]
    roles = {one.what for one in mentions.roles}
    ids += [one for one in facts.best[:1] if one not in ids and ("best" in roles or len(ids) == 1)]
    ids += list(mentions.owners[-2:]) if len(ids) < 2 else []
    after = mentions.after(number.end, 12)
    for name in names:
        unit = facts.units.get(name, "")
        for one, other in itertools.combinations(dict.fromkeys(ids), 2):
            for first, second in itertools.product(facts.of(one, name), facts.of(other, name)):
                if number.apart(first - second, unit) or _ratio(number, first, second, after):
                    return f"{name} of {one} and {other}"
        shown = [item.value for item in mentions.numbers if item is not number and item.unit == number.unit]
        for first, second in itertools.combinations(shown[:_FEW], 2):
            if number.apart(first - second, ""):
                return "two numbers of the same passage"
    return ""


def _ratio(number: Numeral, first: float, second: float, after: str) -> bool:
    if not first or not second:
        return False
    if number.unit == "%" or after.lstrip().startswith(("%", "percent")):
        shares = [100 * abs(first - second) / abs(base) for base in (first, second)] + [
            100 * first / second,
            100 * second / first,
        ]
        return any(abs(share - number.value) <= 1.02 * max(number.room, 0.0) for share in shares)
    times = after.lstrip(" -").startswith(("time", "fold", "x", "\u00d7"))
    return times and any(abs(ratio - number.value) <= 1.02 * number.room for ratio in (first / second, second / first))


def _of_turn(mentions: Mentions, number: Numeral, names: Sequence[str], owners: Owners, facts: Facts) -> str:
    """Find a number in what tools returned, in the person's message, or in nothing but a suggestion."""
    proposal = mentions.says(cues.PROPOSAL)
    now = not proposal and bool(mentions.says(cues.NOW) or mentions.says(cues.LIMIT))  # it is said to hold already
    about = set(names) if mentions.names or mentions.cell_name else set()
    for one in facts.told:
        if one.proposed and now:
            continue
        if about and one.names and not about & one.names:
            continue
        unit = one.unit or next((facts.units[name] for name in sorted(one.names) if name in facts.units), "")
        if number.says(one.value, unit):
            return "what a tool returned"
    of_outcome = bool(about & facts.outcomes.keys())  # what came of something is known from the record alone
    asserted = of_outcome and mentions.says(cues.ASSERTING) and not mentions.says(cues.AIMING)
    theirs = mentions.says(cues.YOURS) or not of_outcome
    theirs = theirs and not now and (not owners.named or _hypothetical(mentions))
    if theirs and any(_same(number, one) for one in facts.asked):
        return "the person's message"
    if _hypothetical(mentions) and not now and not asserted and not (owners.named and mentions.says(cues.FACTUAL)):
        return NO_CLAIM
    if mentions.says(cues.IMPERATIVE):
        return NO_CLAIM
    return ""


def _otherwise_of(mentions: Mentions, number: Numeral, owners: Owners, facts: Facts) -> str:
    """Find a number that is so exact that it can be of one thing only: of its experiment, or a bound of what is named.

    Whose it is has been settled; which quantity is meant, or whether a value, its uncertainty or a difference, can be
    said in more ways than any list of words holds.
    """
    whole = replace(number, room=0.0)
    for name in dict.fromkeys(one.what for one in mentions.names):
        if number.unit and any(whole.says(value, facts.units.get(name, "")) for value in facts.settings(name).values()):
            return f"{name} in the spec"
    if number.room > _EXACT * abs(number.value):
        return ""
    for owner, (name, unit) in itertools.product(owners.ids[:_FEW], facts.units.items()):
        if any(number.says(value, unit) for value in (*facts.of(owner, name), *facts.spreads(owner, name))):
            return f"{name} of {owner}"
    named = list(dict.fromkeys(one.what for one in mentions.ids))[:_FEW]
    for name in (facts.objective, *(one.what for one in mentions.names)):
        unit = facts.units.get(name, "")
        for one, other in itertools.combinations(named, 2):
            pairs = itertools.product(facts.of(one, name), facts.of(other, name))
            if any(number.apart(first - second, unit) for first, second in pairs):
                return f"{name} of {one} and {other}"
    return ""


def _told_of(number: Numeral, names: Sequence[str], owners: Owners, facts: Facts) -> str:
    """Find a number among what a tool returned of the experiment that it is said of."""
    for one in facts.told:
        fits = not names or not one.names or names[0] in one.names
        if one.experiment in owners.ids and not one.proposed and fits and number.says(one.value, one.unit):
            return f"what a tool returned of {one.experiment}"
    return ""


def _same(one: Numeral, other: Numeral) -> bool:
    return one.says(other.value, other.unit or one.unit)
