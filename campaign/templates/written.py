"""The text of a draft: YAML with a remark on each line, and what else could be said in remarks to take the # from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from keyword import iskeyword
from pathlib import Path
from typing import TypeVar

from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.files import from_spec
from zosimos.campaign.tables.headers import key
from zosimos.campaign.templates.draft import Draft, Knob, Mixture
from zosimos.campaign.templates.phrases import Aim, Range
from zosimos.core.shown import clean

T = TypeVar("T")

_MANY = 1e15  # from here on a whole number is written with a power of ten
_OTHERS = {
    "dose": "{ min: 0.1, max: 10, unit: g/L, log: true }  # log: true where 0.1 to 1 matters as much as 1 to 10",
    "speed": "{ min: 200, max: 800, unit: rpm, step: 50 }  # step: what the dial can be set to",
    "cycles": "{ type: integer, min: 1, max: 5 }  # whole numbers only",
    "pH": "{ levels: [2, 4, 7, 9] }  # these values only",
}


def written(draft: Draft) -> str:
    """Return a campaign file as text.

    Raises:
        InputError: it would be no valid campaign file.
    """
    text = "\n".join([*_lines(draft), ""])
    from_spec(parse_spec(yaml.parse(text)), Path())
    return text


def summary(draft: Draft) -> list[tuple[str, str]]:
    """Return what a draft says, as names and words."""
    found = [(knob.name, _in_words(knob.values)) for knob in draft.knobs]
    found += [(" + ".join(mixture.of), _summed(mixture)) for mixture in draft.mixtures]
    found += [(aim.name, f"{_wanted(aim)}{f', in {aim.unit}' if aim.unit else ''}") for aim in draft.aims]
    found += [(knob.name, knob.remark) for knob in draft.knobs if knob.remark and not isinstance(knob.values, Range)]
    found += [("kept as notes", ", ".join(map(clean, draft.notes)))] if draft.notes else []
    return [*found, ("experiments", f"{draft.experiments}, {draft.batch} at a time")]


def _in_words(values: Range | Sequence[str]) -> str:
    return _said(values) if isinstance(values, Range) else " | ".join(values)


def scalar(text: str) -> str:
    """Return a text as YAML reads it back, in quotes where it needs them.

    >>> scalar("water"), scalar("yes"), scalar("T: hot")
    ('water', "'yes'", "'T: hot'")
    """
    plain = yaml.dump({"k": [text]}).removesuffix("]\n").removeprefix("k: [")
    return json.dumps(text, ensure_ascii=False) if "\n" in plain else plain


def _lines(draft: Draft) -> Iterator[str]:
    yield f"# {clean(draft.about)}"
    yield "# Written by zosimos new. Change it in any editor; zosimos validate FILE says what is wrong, if anything is."
    yield "# What follows a # is a remark. Some show what else can be said: take the # and one blank away to say it."
    yield from (f"# {clean(remark)}" for remark in draft.remarks)
    yield ""
    yield f"name: {scalar(draft.name)}  # what it is called in lists and reports"
    yield "# description: what it is about, in your own words"
    yield ""
    yield "space:  # what you can change: from where to where, in which unit, or the choices that there are"
    for knob in draft.knobs:
        yield f"  {scalar(knob.name)}: {_knob(knob)}  # {clean(knob.remark) or _said(knob.values)}"
    taken = {key(knob.name) for knob in draft.knobs} | {key(aim.name) for aim in draft.aims}
    yield from (f"  # {name}: {said}" for name, said in _OTHERS.items() if key(name) not in taken)
    yield ""
    yield from _constraints(draft)
    yield ""
    yield "objectives:  # what is measured and what is wanted of it: max, min, or target with the value that is wanted"
    for aim in draft.aims:
        yield f"  {scalar(aim.name)}: {_aim(aim)}  # {_wanted(aim)}{_possible(aim)}"
    yield ""
    yield f"budget: {{ experiments: {draft.experiments} }}  # then it ends, failed ones count; a larger number goes on"
    yield f"batch: {draft.batch}  # how many zosimos ask proposes at a time, unless -n says otherwise"
    yield from _stop(draft)
    yield "# planner: { start: 6 }  # how many of the first ones cover the space before a model chooses"
    yield "seed: 1  # another number gives another, equally good, order of the first experiments"


def _knob(knob: Knob) -> str:
    values = knob.values
    if not isinstance(values, Range):
        return f"{{ choices: [{', '.join(map(scalar, values))}] }}"
    facts = [("type", "integer")] if values.whole else []
    facts += [("min", _number(values.low)), ("max", _number(values.high))]
    facts += [("unit", scalar(values.unit))] if values.unit else []
    facts += [("log", "true")] if values.log else []
    facts += [] if values.step is None else [("step", _number(values.step))]
    return "{ " + ", ".join(f"{name}: {value}" for name, value in facts) + " }"


def _constraints(draft: Draft) -> Iterator[str]:
    yield "constraints:  # what every proposal has to satisfy" if draft.mixtures else "# constraints:  # rules of yours"
    for mixture in draft.mixtures:
        yield f"  - {_mixture(mixture)}  # {_summed(mixture)}"
    numbers = [(knob.name, knob.values.high) for knob in draft.knobs if isinstance(knob.values, Range)]
    choices = [(knob.name, knob.values[0]) for knob in draft.knobs if not isinstance(knob.values, Range)]
    rules = [f"{a} + {b} <= {_number(x + y)}" for (a, x), (b, y) in pairwise(_sayable(numbers))][:1]
    rules += [
        f"{name} != '{choice}' or {number} <= {_number(high)}"
        for (name, choice), (number, high) in zip(_sayable(choices), _sayable(numbers), strict=False)
        if not set(choice) & set("'\"\\`")
    ][:1]
    yield from (
        f"  # - {scalar(rule)}  # such a rule, in arithmetic; and, or, not, max, sqrt, ... are known" for rule in rules
    )


def _sayable(pairs: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
    """Return those names that can stand in a rule, as they are written there."""
    found = [(name, value) for name, value in pairs if not set(name) & set("`\"'\\")]
    return [(name if name.isidentifier() and not iskeyword(name) else f"`{name}`", value) for name, value in found]


def _mixture(mixture: Mixture) -> str:
    of = ", ".join(map(scalar, mixture.of))
    few = "" if mixture.at_most is None else f", at_most: {mixture.at_most}, minimum: {_number(mixture.minimum)}"
    return f"{{ type: simplex, of: [{of}], total: {_number(mixture.total)}{few} }}"


def _summed(mixture: Mixture) -> str:
    words = f"they add up to {mixture.total:g} {mixture.unit}".rstrip()
    if mixture.at_most is None:
        return words
    return f"{words}; at most {mixture.at_most} at once, of each that is in {mixture.minimum:g} or more"


def _aim(aim: Aim) -> str:
    target = [] if aim.target is None else [f"target: {_number(aim.target)}"]
    unit = [f"unit: {scalar(aim.unit)}"] if aim.unit else []
    facts = [f"goal: {aim.goal}", *target, *unit]
    if aim.limits is not None:
        low, high = map(_number, aim.limits)
        facts.append(f"range: {{ min: {low}, max: {high} }}")
    return "{ " + ", ".join(facts) + " }"


def _wanted(aim: Aim) -> str:
    if aim.target is not None:
        return f"as near to {aim.target:g} as can be"
    return "the more the better" if aim.goal == "max" else "the less the better"


def _possible(aim: Aim) -> str:
    """Return what to say of an aim's limits."""
    if aim.limits is None:
        return ""
    low, high = aim.limits
    return f"; nothing lies below {low:g} or above {high:g} {aim.unit}: leave range out where results may"


def _stop(draft: Draft) -> Iterator[str]:
    aim = draft.aims[0]
    value = "0.5" if aim.goal == "target" else "90" if aim.goal == "max" else "10"
    what = "the distance from the target" if aim.goal == "target" else "the value"
    yield f"# stop: {{ reach: {{ {scalar(aim.name)}: {value} }} }}  # {what} that is good enough: then it says so"
    if len(draft.aims) > 1:
        yield "# of several outcomes the best trade-offs are looked for; docs/campaign-file.md says how to rank them"


def _said(values: Range | Sequence[str]) -> str:
    if not isinstance(values, Range):
        return "one of these"
    kind = "a whole number" if values.whole else "any value" if values.step is None else f"steps of {values.step:g}"
    return f"{kind} from {values.low:g} to {values.high:g} {values.unit}".rstrip() + (
        ", by its magnitude" if values.log else ""
    )


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < _MANY else repr(value)
