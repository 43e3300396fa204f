"""Conversation: sentences that refer to what was said before, such as another value, or the same for something else.

They are read only where it is plain what they refer to and no word of them is left over; else they are read like any
other sentence, which then asks back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from zosimos.agent.offline.asked import Asked, Call, experiments_in
from zosimos.agent.offline.slots import SpokenQuantity, names_in, quantities
from zosimos.agent.offline.subject import Subject

_YES = re.compile(
    r"(?:(?:yes|yep|yeah|ok|okay|sure|fine|good|great|perfect|please|i|approved?|confirm(?:ed)?|accept(?:ed)?|agreed?|"
    r"do|it|that|this|go|ahead|sounds|looks|make|so|with|the|proposal|change|for|me|them|all|both)[\s,.!]*){1,7}"
)
_AGREED = re.compile(
    r"\b(?:yes|yep|yeah|approve|approved|confirm|confirmed|accept|accepted|agree|agreed|do it|go ahead)\b"
)
_PREVIEW = re.compile(
    r"\bpreview\b"
    r"|\bwhat (?:would|will|does|do) (?:that|it|this|they|the (?:change|proposal)s?) (?:do|change|mean|affect)\b"
    r"|\bwhat (?:would|will) (?:happen|change|come next|you try)(?: next)?"
    r"(?: then| if i (?:approve|say yes).*| with (?:it|that))"
    r"|\bshow (?:me )?(?:the |that |this )?(?:proposals?|preview|changes?|diff)\b"
    r"|\bwhat (?:proposals?|changes?) (?:are|is) (?:open|pending|waiting)\b"
)
_BACK = re.compile(
    r"(?:(?:no|ok|oh|please|actually|sorry)[\s,.!]+)*"
    r"(?:never ?mind|forget (?:it|that|about (?:it|that))|scrap (?:it|that)|drop (?:it|that|the proposal)|"
    r"undo (?:it|that|this)|take (?:it|that) back|withdraw (?:it|that|the proposal)|leave (?:it|that)|no,? don'?t)"
    r"(?:[\s,.!]+(?:please|again|then|after all|thanks))*[\s.!]*"
)
_INSTEAD = re.compile(
    r"\b(?:make|change|set|put) (?:it|that|this)\b|\binstead\b|\brather\b|\bi meant?\b"
    r"|^(?:no|actually|better|sorry)\b"
)
_SAME = re.compile(
    r"\bsame\b|\b(?:do|and) (?:it|that|this) (?:for|with|to)\b|\bas well\b|\btoo\b|\blikewise\b|^and\b"
    r"|^(?:what|how) about\b"
)
_LITTLE_TEXT = """
    a about actually also and as at be better but by can change could do for i instead it just let likewise make mean
    meant no now of ok okay on only please put rather s same set sorry that the then thing this to too us use well what
    how will with would you
"""
_LITTLE = frozenset(_LITTLE_TEXT.split())
_SIDES = {
    "max": frozenset({"max", "maximum", "upper", "limit", "top", "most", "below", "under", "bound", "up"}),
    "min": frozenset({"min", "minimum", "lower", "bottom", "least", "above", "over"}),
}
_PROPOSING = "propose_"


def referring(text: str, subject: Subject) -> tuple[str, Asked] | None:
    """Return the intent of a sentence that refers to what was said before, and what it asks for; None: it does not.

    Args:
        text: a normalised sentence.
        subject: of the campaign, with the turns before and the proposals that are open.
    """
    folded = text.casefold().strip()
    if subject.open:
        if _YES.fullmatch(folded) and _AGREED.search(folded):
            return "approve", Asked({}, (Call("open_proposals"),))
        if _PREVIEW.search(folded):
            return "preview", Asked({}, (Call("open_proposals"),))
        if _BACK.fullmatch(folded) and (waiting := _last_open(subject)):
            return "undo", Asked({"proposals": waiting}, _withdrawals(waiting))
    earlier = _last_calls(subject)
    if earlier is None:
        return None
    intent, calls = earlier
    if _INSTEAD.search(folded) and (found := _revised(text, calls, subject)) is not None:
        return intent, found
    if _SAME.search(folded) and (found := _moved(text, calls, subject)) is not None:
        return intent, found
    return None


def _last_open(subject: Subject) -> list[str]:
    """Return the proposals of the last turn that made any, as far as they are open."""
    for turn in reversed(subject.earlier):
        if turn["proposals"]:
            return [item["token"] for item in turn["proposals"] if item["token"] in subject.open]
    return []


def _withdrawals(tokens: Sequence[str]) -> tuple[Call, ...]:
    return tuple(Call("withdraw_proposal", {"token": token}) for token in tokens)


def _last_calls(subject: Subject) -> tuple[str, list[Call]] | None:
    """Return the intent and the calls of the last turn that spoke of a parameter, a setting or an experiment."""
    for turn in reversed(subject.earlier):
        calls = [Call(call["tool"], call["arguments"]) for call in turn["calls"]]
        if calls and any(call.tool.startswith(_PROPOSING) or "experiment" in call.arguments for call in calls):
            return turn["intent"], calls
    return None


# --- another value


def _revised(text: str, calls: Sequence[Call], subject: Subject) -> Asked | None:
    """Return a proposal made again with another value; None where that is not all that is said."""
    units = [unit for unit in (*subject.parameters.values(), *subject.outcomes.values()) if unit]
    numbers = quantities(text, units)
    if len(calls) != 1 or len(numbers) != 1 or not calls[0].tool.startswith(_PROPOSING):
        return None
    (call,), (number,) = calls, numbers
    named = [name for name, _, _ in names_in(text, [*subject.parameters, *subject.outcomes])]
    own = [name for name in named if name in _speaks_of(call)]
    left = _left_over(text, numbers, own)
    side = next((side for side, words in _SIDES.items() if left & words), "")
    if len(own) < len(named) or left - _SIDES.get(side, frozenset()):
        return None
    if call.tool == "propose_advice" and call.arguments.get("point"):
        return _at_another_point(call, number, own, subject)
    arguments = _with_value(call, number, side)
    if arguments is None:
        return Asked(question="Which of the values do you mean? Say the whole of it again.")
    return Asked({"revised": arguments}, (Call(call.tool, arguments),))


def _speaks_of(call: Call) -> set[str]:
    """Return the names that a call is about: a parameter, those of a point, or outcomes."""
    point = dict(part.partition("=")[::2] for part in str(call.arguments.get("point", "")).split(","))
    return {str(call.arguments.get("parameter", "")), *map(str.strip, point), *call.arguments.get("values", ())}


def _at_another_point(call: Call, number: SpokenQuantity, named: Sequence[str], subject: Subject) -> Asked:
    """Return advice to try a point with one of its values replaced; the proposal before it is taken back."""
    if len(named) != 1:
        return Asked(question="Which of the values do you mean? Name the parameter, too.")
    parts = dict(part.partition("=")[::2] for part in str(call.arguments["point"]).split(","))
    point = {name.strip(): value.strip() for name, value in parts.items()}
    point[named[0]] = _in_unit(number, point[named[0]])
    said = ",".join(f"{name}={value}" for name, value in point.items())
    return Asked({"values": point}, (*_withdrawals(_last_open(subject)), Call("propose_advice", {"point": said})))


def _with_value(call: Call, number: SpokenQuantity, side: str) -> dict[str, Any] | None:
    """Return a call's arguments with its one number replaced; None: it has none, or several."""
    arguments = {name: value for name, value in call.arguments.items() if name != "reason"}
    match call.tool:
        case "propose_bounds":
            sides = [name for name in ("min", "max") if arguments.get(name) is not None and side in ("", name)]
            if len(sides) != 1:
                return None
            return {**arguments, sides[0]: _in_unit(number, str(arguments[sides[0]]))}
        case "propose_settings":
            settings = arguments["settings"]
            places = [path for path, value in settings.items() if _is_number(value)]
            if len(places) != 1 or number.unit:
                return None
            return {**arguments, "settings": {**settings, places[0]: _as_number(number)}}
        case "propose_correction":
            if len(arguments["values"]) != 1:
                return None
            ((name, value),) = arguments["values"].items()
            return {**arguments, "values": {name: _in_unit(number, str(value))}}
        case _:
            return None


def _in_unit(number: SpokenQuantity, before: str) -> str:
    """Return a number with its unit; one that says none has that of the value before."""
    known = quantities(before)
    unit = number.unit or (known[0].unit if len(known) == 1 else "")
    return f"{number.number} {unit}".rstrip()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_number(number: SpokenQuantity) -> float:
    value = float(number.number)
    return int(value) if value == int(value) else value


# --- the same for something else


def _moved(text: str, calls: Sequence[Call], subject: Subject) -> Asked | None:
    """Return what was asked, asked of another parameter or of other experiments; None where that is not all."""
    experiments = experiments_in(text, subject)
    names = list(dict.fromkeys(name for name, _, _ in names_in(text, subject.parameters)))
    units = [unit for unit in subject.parameters.values() if unit]
    numbers = [] if experiments else quantities(text, units)
    if len(numbers) > 1 or bool(names) == bool(experiments) or _left_over(text, numbers, [*names, *experiments]):
        return None
    if experiments:
        kinds = {(call.tool, name) for call in calls for name in call.arguments if _holds_experiment(call, name)}
        if len(kinds) != 1 or any("values" in call.arguments for call in calls):
            return None
        ((tool, place),) = kinds
        return Asked({"experiments": experiments}, tuple(Call(tool, {place: name}) for name in experiments))
    if len(calls) != 1 or calls[0].tool != "propose_bounds":
        return None
    before = {name: value for name, value in calls[0].arguments.items() if name != "reason"}
    if numbers:
        changed = _with_value(calls[0], numbers[0], "")
        if changed is None:
            return Asked(question="Which of the values do you mean? Say the whole of it again.")
        before = changed
    moved = [{**before, "parameter": name} for name in names]
    return Asked({"bounds": moved}, tuple(Call("propose_bounds", arguments) for arguments in moved))


def _holds_experiment(call: Call, name: str) -> bool:
    advised = call.tool == "propose_advice" and name == "replicate" and bool(call.arguments[name])
    return advised or name == "experiment"


def _left_over(text: str, numbers: Sequence[SpokenQuantity], names: Sequence[str]) -> frozenset[str]:
    """Return the words of a sentence that are neither numbers, nor names, nor small words."""
    rest = list(text)
    for number in numbers:
        rest[number.start : number.end] = " " * (number.end - number.start)
    known = {word for name in names for word in re.findall(r"\w+", name.casefold())}
    words = re.findall(r"[^\W_]+(?:'[a-z]+)?", "".join(rest).casefold())
    spelled = {word.split("'")[0] for word in words if not re.fullmatch(r"e?\d+", word)}
    near = {word for word in spelled if names_in(word, names)} if names else set[str]()
    experiment_words = frozenset({"experiment", "experiments", "run", "runs", "number", "one", "last", "best"})
    return frozenset(spelled - _LITTLE - known - near - (experiment_words if names else frozenset()))
