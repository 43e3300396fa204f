"""What an intent asks for in full: the slots a sentence fills, and the tools to call with them, or what is missing.

Nothing is filled in that nobody said. What is missing is asked for; what could mean two things is not guessed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zosimos.agent.offline.amounts import EXPERIMENT, amount
from zosimos.agent.offline.bounds import WORDS, Bound, bounds
from zosimos.agent.offline.slots import SpokenQuantity, names_in, quantities
from zosimos.agent.offline.subject import Subject
from zosimos.core.ids import local_id

_JOINED = re.compile(r"\s*(?:,|and|&|,\s*and|plus)\s*", re.IGNORECASE)
_BUT = re.compile(r"\b(?:except|everything but|all but|other than|apart from)\b")
_NOT = r"(?:n't|\bnot|\bnever|\bdont|\bno need to|\bstop|\bno longer|\bwithout)\s+(?:\w+\s+){0,2}?"
_VERBS = {
    "pause": "paus|hold|wait|interrupt",
    "resume": "resum|continu|go|start|proceed|carry",
    "abort": "abort|end|stop|kill|terminat|cancel",
    "undo": "undo|revert|tak|roll",
    "exclude": "exclud|drop|retract|ignor|remov|discard|leav|throw|delet|skip",
    "replicate": "repeat|replicat|redo|re-?run|measur|do\\b|run",
    "correct": "correct|chang|fix|edit",
    "set_objective": "maximi|minimi|aim|target|optimi",
    "set_budget": "add|rais|increas|extend|reduc|cut|lower|spend|use",
    "set_batch": "rais|increas|reduc|cut|lower|chang",
    "pin_candidate": "try|test|run|measur",
    "add_constraint": "add|forbid|allow",
}
_AFTER_TEXT = "please thanks because as since instead not it was is so rather this that here there"
_AFTER = frozenset(_AFTER_TEXT.split())
_COMMA = re.compile(r"\d,\d")
_LAST = re.compile(r"\b(?:last|latest|most recent|previous|that|this)\s+(?:one|experiment|run|point|sample|result)\b")
_BEST = re.compile(r"\b(?:best|top|winning|leading)\b")
_BOLDER = re.compile(
    r"\bexplor|unknown|\bnew\b|divers|\bbold|adventur|elsewhere|uncertain|\bwild|unexplored|\bspread|\brisk|\bbroad|\bwider"
)
_CLOSER = re.compile(
    r"exploit|\bstick|\bclose|\bnear|refin|greed|\bsafe|\bfocus|fine.?tun|\bzoom|conservative|\btight|what works|hone"
)
_EXPLORE = re.compile(r"\bexplor\w*\s+(?:\w+\s+)?(?P<after>more|less)\b|\b(?P<before>more|less)\s+(?:\w+\s+)?explor")
_DENIED = re.compile(r"\b(?:no|not|less|stop|fewer|without|never|dont)\b|n't\b")
_GOALS = (
    ("min", re.compile(r"\bminimi[sz]|\bas low as|\blowest|\bsmallest|\bdown as far")),
    ("max", re.compile(r"\bmaximi[sz]|\bas high as|\bhighest|\blargest|\bup as far")),
)
_TARGET = re.compile(r"\b(?:target|aim(?:ing)? (?:for|at)|hit|reach|close to|exactly)\b")
BARE = frozenset({"pause", "resume", "abort", "undo"})
"""Intents that need no slots: the tool bears the intent's name."""

REASON = 200
"""Characters of a sentence that are kept as the reason of what it asks for."""

_NOTED = re.compile(
    r"\b(?:note|record|remember|write down|jot down|log|put on record|mention|comment)\b"
    r"(?:\s+(?:it|this|the following))?"
    r"(?:\s+(?:down|on record|(?:for|in|to) the (?:record|log|protocol|notebook|lab ?book)))?"
    r"(?:\s+(?:on|for|about|at|to)\s+(?:experiment\s+)?#?e?\d{1,6}\b)?\s*(?:that\b|:|,|-)?\s*(?P<text>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_GAIN = re.compile(
    r"\bleft to gain\b|\bremaining (?:gain|improvement)\b|\bforecast\b|\broom (?:for improvement|to improve)\b"
    r"|\bhow much (?:more|better|further) (?:can|could|will|would|do|might|is)\b|\bdiminishing\b"
    r"|\bworth (?:continuing|going on|carrying on|another|more|the remaining|any more)\b"
)
_QUALITY = re.compile(
    r"\bhow (?:good|sure|accurate|reliable|well|trustworthy|certain)\b.*\b(?:model|predict|forecast|calibrat)"
    r"|\b(?:trust|believe) (?:the|its|your) (?:model|prediction)|\bcalibrat|\bmodel quality\b"
    r"|\bhow good are (?:you|your)\b"
)
_CURVE = re.compile(r"\bspectr(?:um|a|al)\b|\bpeaks?\b|\babsorption bands?\b|\bspektr(?:um|en)\b|\bspectres?\b")
_SIGN = re.compile(r"<=|>=|<|>|≤|≥")
_SIDE = re.compile(r"[\w\s.+\-*/()]+")


@dataclass(frozen=True)
class Call:
    """A tool and what to call it with."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What is asked for: slots, the calls that serve it, or a question where something is missing."""

    slots: Mapping[str, Any] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    question: str = ""


def experiments_in(text: str, subject: Subject) -> list[str]:
    """Return the experiments that a sentence names, the last and the best among them; none if that is not clear.

    >>> experiments_in("repeat e0012 and run 7", Subject()), experiments_in("the last one again", Subject(last="e0009"))
    (['e0012', 'e0007'], ['e0009'])
    """
    matches = list(EXPERIMENT.finditer(text))
    between = [text[one.end() : other.start()] for one, other in itertools.pairwise(matches)]
    found = [local_id("experiment", int(m["id"] or m["number"] or m["mark"])) for m in matches]
    if len(set(found)) > 1 and not all(_JOINED.fullmatch(words) for words in between):
        return []
    folded = text.casefold()
    if not found and _LAST.search(folded) and subject.last:
        found.append(subject.last)
    if not found and _BEST.search(folded) and subject.best:
        found.append(subject.best)
    return list(dict.fromkeys(found))


def calls_for(found: Sequence[Bound]) -> tuple[Call, ...]:
    """Return the calls that propose bounds, one for each parameter; none where a side of one is said twice."""
    merged: dict[str, dict[str, str]] = {}
    for bound in found:
        if bound.side in merged.setdefault(bound.name, {}):
            return ()
        merged[bound.name][bound.side] = bound.quantity.text
    return tuple(Call("propose_bounds", {"parameter": name, **sides}) for name, sides in merged.items())


def asked(intent: str, text: str, subject: Subject) -> Asked:
    """Return what a sentence of an intent asks for."""
    folded = text.casefold()
    denied = intent in _VERBS and re.search(rf"{_NOT}(?:{_VERBS[intent]})", folded)
    if denied or (intent in _VERBS and _BUT.search(folded)):
        return Asked(question="I am not sure what not to do, so I did nothing. Say what you want, without a not.")
    if intent in _VERBS and intent not in BARE and _COMMA.search(text):
        return Asked(question="Write decimals with a point, such as 1.5, so that I read no other number.")
    if intent in BARE:
        return Asked({}, (Call(f"propose_{intent}", {"reason": text[:REASON]}),))
    read = _READERS.get(intent)
    return Asked() if read is None else read(text, subject)


def looking_ahead(text: str) -> Asked | None:
    """Return what looks ahead, where a sentence asks what is left to gain or how far models can be trusted."""
    folded = text.casefold()
    if _GAIN.search(folded):
        return Asked({}, (Call("forecast"),))
    return Asked({}, (Call("model_quality"),)) if _QUALITY.search(folded) else None


def looking_at_curves(text: str, subject: Subject) -> Asked | None:
    """Return a look at the spectra of one experiment or two, where a sentence speaks of spectra and names these."""
    named = experiments_in(text, subject)
    if not 1 <= len(named) <= 2 or not _CURVE.search(text.casefold()):
        return None
    curve = {"experiment": named[0], **({"compared_with": named[1]} if len(named) == 2 else {})}
    return Asked({"experiments": named}, (Call("spectrum", curve),))


def _status(text: str, _: Subject) -> Asked:
    if (looked := looking_ahead(text)) is not None:
        return looked
    listed = re.search(r"\b(?:list|history|all (?:the )?(?:experiments|runs|results)|tried)\b", text.casefold())
    return Asked({}, (Call("list_experiments" if listed else "status"),))


def _explain(text: str, subject: Subject) -> Asked:
    named = experiments_in(text, subject)
    if (looked := looking_at_curves(text, subject)) is not None:
        return looked
    if len(named) == 2:
        return Asked({"experiments": named}, (Call("compare", {"first": named[0], "second": named[1]}),))
    if named:
        return Asked({"experiments": named}, tuple(Call("explain", {"experiment": name}) for name in named))
    if (looked := looking_ahead(text)) is not None:
        return looked
    why = re.search(r"\bwhy\b.*\b(?:point|recipe|one|conditions?|values?)\b", text.casefold())
    if why and subject.last:
        return Asked({"experiments": [subject.last]}, (Call("explain", {"experiment": subject.last}),))
    return Asked({}, (Call("explain_campaign"),))


def _note(text: str, subject: Subject) -> Asked:
    match = _NOTED.search(text)
    said = match["text"].strip() if match else ""
    if not said:
        return Asked(question="What shall I write down? Say it like: note that the pump sounded odd at e0007.")
    named = experiments_in(text, subject)
    about = {"experiment": named[0]} if len(named) == 1 else {}
    return Asked({"text": said, **about}, (Call("note", {"text": said, **about}),))


def _bounds(text: str, subject: Subject) -> Asked:
    found = bounds(text, subject.parameters)
    calls = calls_for(found)
    if not calls or any(_unknown_unit(text, bound.quantity) for bound in found) or _COMMA.search(text):
        return Asked(question=f"Which bound? Say it like: keep {_one(subject.parameters)} between 1 and 2.")
    return Asked({"bounds": [dict(call.arguments) for call in calls]}, calls)


def _budget(text: str, subject: Subject) -> Asked:
    number = amount(text, subject.budget)
    if number is None:
        return Asked(question="How many experiments in all? Money and time are set with zosimos steer.")
    return _set("budget.experiments", number)


def _batch(text: str, subject: Subject) -> Asked:
    folded = text.casefold()
    number = 1 if re.search(r"\bone (?:at a time|by one)|\bsingl[ey]\b", folded) else amount(text, subject.batch)
    return Asked(question="How many at a time?") if number is None else _set("batch", number)


def _objective(text: str, subject: Subject) -> Asked:
    named = list(dict.fromkeys(name for name, _, _ in names_in(text, subject.outcomes)))
    folded = text.casefold()
    goals = [goal for goal, pattern in _GOALS if pattern.search(folded)]
    numbers = quantities(text, list(subject.outcomes.values()))
    if len(named) != 1 or len(goals) > 1:
        return Asked(question=f"Which outcome, and what of it? Say it like: maximise {_one(subject.outcomes)}.")
    (name,) = named
    if goals and not numbers:
        return _set(f"objectives.{name}.goal", goals[0])
    if len(numbers) == 1 and _TARGET.search(folded) and not goals:
        value = _number(numbers[0])
        return _set_all({f"objectives.{name}.goal": "target", f"objectives.{name}.target": value})
    return Asked(question=f"What of {name}: maximise, minimise, or a target value?")


def _constraint(text: str, subject: Subject) -> Asked:
    rule = _rule(text, subject)
    if not rule:
        example = " + ".join(list(subject.parameters)[:2]) or "a + b"
        return Asked(question=f"Write the rule as a formula, such as: {example} <= 1.")
    return _set("constraints", [*subject.constraints, rule])


def _rule(text: str, subject: Subject) -> str:
    """Return the one comparison of names and numbers in a sentence; empty if there is none, or anything else."""
    signs = list(_SIGN.finditer(text))
    if len(signs) != 1:
        return ""
    left, right = text[: signs[0].start()], text[signs[0].end() :].strip().rstrip(".")
    named = [match.start() for name in subject.names for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", left)]
    if not named:
        return ""
    left = left[min(named) :].strip()
    words = set(re.findall(r"[^\W\d_]\w*", f"{left} {right}")) - set(subject.names) - set(subject.parameters.values())
    sound = not words and _SIDE.fullmatch(left) and _SIDE.fullmatch(right)
    return f"{left} {signs[0][0]} {right}" if sound else ""


def _pin(text: str, subject: Subject) -> Asked:
    values = _values(text, subject)
    missing = [name for name in subject.names if name not in values]
    if missing:
        return Asked({"values": values}, (), f"Say every parameter; missing: {', '.join(missing)}.")
    point = ",".join(f"{name}={value}" for name, value in values.items())
    return Asked({"values": values}, (Call("propose_advice", {"point": point, "reason": text[:REASON]}),))


def _exploration(text: str, _: Subject) -> Asked:
    folded = text.casefold()
    said = {match["after"] or match["before"] for match in _EXPLORE.finditer(folded)}
    less, more = bool(_CLOSER.search(folded)), bool(_BOLDER.search(folded))
    if said:
        less, more = said == {"less"} or less, said == {"more"}
    if more == less or (_DENIED.search(folded) and said != {"less"}):
        return Asked(question="More of the unknown, or closer to what works? Say: explore more, or explore less.")
    amount = "more" if more else "less"
    return Asked({"explore": amount}, (Call("propose_advice", {"explore": amount, "reason": text[:REASON]}),))


def _of_experiment(tool: str, argument: str) -> Callable[[str, Subject], Asked]:
    def read(text: str, subject: Subject) -> Asked:
        named = experiments_in(text, subject)
        if not named or (subject.experiments and any(name not in subject.experiments for name in named)):
            return Asked(question="Which experiment? Name one on record, such as e0007.")
        calls = tuple(Call(tool, {argument: name, "reason": text[:REASON]}) for name in named)
        return Asked({"experiments": named}, calls)

    return read


def _correct(text: str, subject: Subject) -> Asked:
    named = experiments_in(text, subject)
    rest = EXPERIMENT.sub(lambda match: " " * len(match[0]), text)
    outcomes = _results_in(rest, subject)
    if not outcomes and len(subject.results) == 1:
        outcomes = list(subject.results)
    numbers = _right_ones(rest, subject)
    if re.search(r"\b(?:by|off|add|subtract|between|about|around|roughly|minus|plus)\b|[<>~±]", rest.casefold()):
        numbers = []  # a difference, a range or a guess is no right value
    if any(_unknown_unit(rest, item) for item in numbers):
        numbers = []
    if len(named) != 1 or len(outcomes) != 1 or len(numbers) != 1:
        example = f"e0007 {_one(subject.results)} 12.5"
        return Asked(question=f"Which experiment, which outcome and which value? Say it like: correct {example}.")
    values = {outcomes[0]: numbers[0].text}
    call = Call("propose_correction", {"experiment": named[0], "values": values, "reason": text[:REASON]})
    return Asked({"experiments": named, "values": values}, (call,))


def _results_in(text: str, subject: Subject) -> list[str]:
    """Return the results that a sentence names; a name of one letter counts only as written, before a number."""
    short = [
        name
        for name in subject.results
        if len(name) < 3
        and re.search(rf"(?<!\w){re.escape(name)}(?!\w)\s*(?:=|:|was|is|to|should be|really|\s)*[-+]?\d", text)
    ]
    long = names_in(text, [name for name in subject.results if len(name) >= 3])
    return list(dict.fromkeys([*(name for name, _, _ in long), *short]))


def _right_ones(text: str, subject: Subject) -> list[SpokenQuantity]:
    """Return the numbers of a correction, without those that are said to be wrong."""
    found = quantities(text, list(subject.results.values()))
    return [
        item
        for item in found
        if not re.search(r"\b(?:not|instead of|rather than|was|from|wrote|said)\s*$", text[: item.start].casefold())
    ] or found


def _values(text: str, subject: Subject) -> dict[str, str]:
    """Return what a sentence says of each parameter: the first number or choice after its name."""
    places = names_in(text, subject.names)
    found: dict[str, str] = {}
    for i, (name, _, end) in enumerate(places):
        until = places[i + 1][1] if i + 1 < len(places) else len(text)
        part = text[end:until]
        if name in subject.choices:
            chosen = names_in(part, subject.choices[name])
            if chosen:
                found.setdefault(name, chosen[0][0])
        elif numbers := quantities(part, [subject.parameters[name]]):
            found.setdefault(name, numbers[0].text)
    for name, choices in subject.choices.items():  # a choice says by itself what it is of
        chosen = names_in(text, choices)
        if name not in found and len(chosen) == 1:
            found[name] = chosen[0][0]
    return {name: found[name] for name in subject.names if name in found}


def _unknown_unit(text: str, item: SpokenQuantity) -> bool:
    """Say whether a number without a unit is followed by a word that may be one."""
    if item.unit:
        return False
    following = re.match(r"\s*(?P<word>[^\W\d_]+)", text[item.end :])
    return following is not None and following["word"].casefold() not in WORDS | _AFTER


def _number(item: SpokenQuantity) -> float:
    value = float(item.number)
    return int(value) if value == int(value) else value


def _set(path: str, value: Any) -> Asked:
    return _set_all({path: value})


def _set_all(settings: Mapping[str, Any]) -> Asked:
    return Asked({"settings": settings}, (Call("propose_settings", {"settings": dict(settings)}),))


def _one(names: Mapping[str, str]) -> str:
    return next(iter(names), "it")


_READERS: Mapping[str, Callable[[str, Subject], Asked]] = {
    "status": _status,
    "explain": _explain,
    "set_bounds": _bounds,
    "set_objective": _objective,
    "set_budget": _budget,
    "set_batch": _batch,
    "add_constraint": _constraint,
    "pin_candidate": _pin,
    "exploration": _exploration,
    "replicate": _of_experiment("propose_advice", "replicate"),
    "exclude": _of_experiment("propose_retraction", "experiment"),
    "correct": _correct,
    "note": _note,
}
