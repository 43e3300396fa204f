"""What a sentence asks of a campaign: exact commands, bounds read word by word, and intents learned from exemplars.

An intent is acted on only if it is likely enough; below, the person is asked which of the likeliest is meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zosimos.agent.offline.asked import BARE, REASON, Asked, Call, asked, calls_for, looking_ahead, looking_at_curves
from zosimos.agent.offline.bounds import WORDS, Bound, bounds
from zosimos.agent.offline.conversation import referring
from zosimos.agent.offline.slots import names_in, normalised, quantities
from zosimos.agent.offline.subject import Subject
from zosimos.agent.reading.reader import SURE, guesses
from zosimos.campaign.definition.read import parse_assignment

CLARIFY = "clarify"
_MOST = 3  # alternatives


@dataclass(frozen=True)
class Reading:
    """What a sentence asks.

    Args:
        intent: what is wanted; ``clarify`` where that is not clear.
        slots: what it fills in.
        calls: the tools to call, if all is clear.
        question: what to ask back, if something is missing.
        alternatives: the likeliest intents, best first.
    """

    intent: str = CLARIFY
    slots: Mapping[str, Any] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    question: str = ""
    alternatives: tuple[str, ...] = ()


_FILLER_TEXT = """
    a about again all am an and any are as at be been by can could did do does doing for from get give go has
    have hello hey hi how i in is it its just kindly let like ll m me my need now of ok okay on one our out
    please pls quick re right s so some still t tell thanks thank that the them then there these they thing
    things this those to today up us want was we well were what whats when where which who why will with would
    yes you your yet campaign run
"""
_FILLER = frozenset(_FILLER_TEXT.split())
_WORD = re.compile(r"[^\W_]+")


def read_chat(text: str, subject: Subject) -> Reading:
    """Return what a person asks for.

    Args:
        text: what they typed.
        subject: what the campaign is about.
    """
    text = normalised(text).strip()
    if text.startswith("/"):
        return _slash(text, subject)
    referred = referring(text, subject)
    if referred is not None:
        intent, wanted = referred
        return _read(intent, wanted, (intent,))
    supposed = _WHAT_IF.match(text)
    if supposed is not None:
        return _what_if(text[supposed.end() :], subject)
    exact = bounds(text, subject.parameters)
    calls = _exact(text, exact, subject.parameters) if exact else ()
    found = guesses(text)
    alternatives = tuple(guess.intent for guess in found[:_MOST])
    if calls:
        slots = {"bounds": [dict(call.arguments) for call in calls]}
        return Reading("set_bounds", slots, calls, "", tuple(dict.fromkeys(("set_bounds", *alternatives)))[:_MOST])
    best = found[0]
    looked = None if best.probability >= SURE else looking_ahead(text) or looking_at_curves(text, subject)
    if looked is not None:
        return _read("explain", looked, tuple(dict.fromkeys(("explain", *alternatives)))[:_MOST])
    if best.probability < SURE or best.intent == CLARIFY:
        return Reading(alternatives=alternatives)
    return _read(best.intent, asked(best.intent, text, subject), alternatives)


def _what_if(text: str, subject: Subject) -> Reading:
    """Return what is supposed, as settings that are looked at and not proposed."""
    said = _WERE.sub(r"make \g<name> \g<value>", _WHO.sub("", text.rstrip("?!. "))).strip()
    calls = read_chat(said, subject).calls
    for guess in guesses(said)[:_MOST]:  # nothing is done, so that one that is likely enough is looked at
        if not calls and guess.intent in _SUPPOSABLE:
            calls = asked(guess.intent, said, subject).calls
    settings: dict[str, Any] = {}
    for call in calls:
        if call.tool == "propose_settings":
            settings |= call.arguments["settings"]
        elif call.tool == "propose_bounds":
            sides = {side: call.arguments[side] for side in ("min", "max") if side in call.arguments}
            settings |= {f"space.{call.arguments['parameter']}.{side}": value for side, value in sides.items()}
        else:
            settings = {}
            break
    if not settings:
        return Reading("what_if", question=_SUPPOSE, alternatives=("what_if",))
    return _command("what_if", {"settings": settings}, Call("what_if", {"settings": settings}))


def _read(intent: str, wanted: Asked, alternatives: tuple[str, ...]) -> Reading:
    return Reading(intent, wanted.slots, wanted.calls, wanted.question, alternatives)


def _exact(text: str, found: list[Bound], parameters: Mapping[str, str]) -> tuple[Call, ...]:
    """Return the calls for bounds, if nothing else was said: then no word of the sentence is left over."""
    rest = list(text)
    for bound in found:
        rest[bound.start : bound.end] = " " * (bound.end - bound.start)
    said = "".join(text[bound.start : bound.end] + " " for bound in found).casefold()
    known = WORDS | _FILLER | {word for name in parameters for word in _WORD.findall(name.casefold())}
    odd = [word for word in _WORD.findall("".join(rest).casefold()) if word not in _FILLER and word != "but"]
    odd += [word for word in _unmeasured(said) if word not in known and not _near(word, parameters)]
    return () if odd else calls_for(found)


def _unmeasured(said: str) -> list[str]:
    """Return the words of a text without its quantities."""
    rest = list(said)
    for item in quantities(said):
        rest[item.start : item.end] = " " * (item.end - item.start)
    return [word for word in _WORD.findall("".join(rest)) if not word.isdigit()]


def _near(word: str, parameters: Mapping[str, str]) -> bool:
    return bool(names_in(word, parameters, WORDS))


_WHAT_IF = re.compile(
    r"\s*(?:(?:and|so|ok|okay|but)[\s,]+)*(?:what (?:if|would happen if|happens if)|suppose(?: that)?|"
    r"imagine(?: that)?|would it (?:help|be better) (?:if|to))\b",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"^\s*(?:(?:i|we|you|they|one)\s+)?(?:(?:could|would|should|can|were to|just|only)\s+)*", re.IGNORECASE
)
_WERE = re.compile(r"^(?P<name>.+?)\s+(?:were|was|is|are|had)\s+(?P<value>\S.*)$", re.IGNORECASE | re.DOTALL)
_SUPPOSABLE = frozenset({"set_bounds", "set_budget", "set_batch", "set_objective", "add_constraint"})
_SUPPOSE = "What would you change? Say it like: what if the budget were 50 experiments?"
_SLASH = re.compile(r"/(?P<name>[a-z]+)(?:\s+(?P<rest>.*))?", re.DOTALL)
_SET = re.compile(r"(?P<name>.+?)\.(?P<side>min|max)\s*=\s*(?P<value>[^=]+?)\s*")
_VALUES = re.compile(r"\s*\w+\s*=\s*[^=,]+(?:,\s*\w+\s*=\s*[^=,]+)*")
_LISTED = re.compile(r"(?:e\d{3,6}|#?\d{1,6})(?:(?:\s*,\s*|\s+and\s+|\s+)(?:e\d{3,6}|#?\d{1,6}))*", re.IGNORECASE)
_SETTING = re.compile(r"[\w.]+\s*=.+")
_ALONE = {
    "status": ("status", "status"),
    "experiments": ("status", "list_experiments"),
    "forecast": ("explain", "forecast"),
    "model": ("explain", "model_quality"),
    "proposals": ("preview", "open_proposals"),
}
_NAMED = {
    "replicate": "replicate",
    "exclude": "exclude",
    "explain": "explain",
    "compare": "explain",
    "spectrum": "explain",
}
_INTENT_OF = {
    "budget": "set_budget",
    "batch": "set_batch",
    "objectives": "set_objective",
    "space": "set_bounds",
    "constraints": "add_constraint",
}
_ADVISED = {"try": ("pin_candidate", "point"), "prior": ("hypothesis", "prior"), "avoid": ("exclude", "exclude")}


def _slash(text: str, subject: Subject) -> Reading:
    """Return what an exact command asks for; nothing if it is none."""
    match = _SLASH.fullmatch(text)
    name, rest = (match["name"], (match["rest"] or "").strip()) if match else ("", "")
    if name in _ALONE and not rest:
        intent, tool = _ALONE[name]
        return _command(intent, {}, Call(tool))
    if name in BARE:
        return _command(name, {}, Call(f"propose_{name}", {"reason": rest[:REASON]} if rest else {}))
    if name in _NAMED and (_LISTED.fullmatch(rest) or (name == "explain" and not rest)):
        listed = " and ".join(re.findall(r"e\d{3,6}|#?\d{1,6}", rest, re.IGNORECASE))
        listed = f"{name} {listed}" if name == "spectrum" else listed
        return _read(_NAMED[name], asked(_NAMED[name], _numbered(listed), subject), (_NAMED[name],))
    if name == "find" and rest:
        return _command("status", {"question": rest}, Call("search_knowledge", {"question": rest}))
    if name == "explore" and rest in ("more", "less"):
        return _command("exploration", {"explore": rest}, Call("propose_advice", {"explore": rest}))
    if name in _ADVISED and rest:
        intent, kind = _ADVISED[name]
        return _command(intent, {kind: rest}, Call("propose_advice", {kind: rest}))
    if name == "note" and rest:
        return _slash_note(rest)
    if name == "whatif" and rest:
        return _what_if(rest if rest.startswith("/") else f"/set {rest}", subject)
    if name == "correct" and (given := _corrected(rest)):
        return _command("correct", given, Call("propose_correction", given))
    if name == "set" and (wanted := _SET.fullmatch(rest)) and "." not in wanted["name"]:
        bound = {"parameter": wanted["name"], wanted["side"]: wanted["value"]}
        return _command("set_bounds", {"bounds": [bound]}, Call("propose_bounds", bound))
    if name == "set" and (setting := _SETTING.fullmatch(rest)):
        return _setting(setting[0])
    return Reading()


def _slash_note(rest: str) -> Reading:
    """Return a note, from ``/note e0007 TEXT`` or ``/note TEXT``."""
    match = re.fullmatch(r"(?:(?P<name>e\d{3,6})\s+)?(?P<text>.+)", rest, re.DOTALL)
    assert match is not None, "there is some text"
    said = {"text": match["text"], **({"experiment": match["name"]} if match["name"] else {})}
    return _command("note", said, Call("note", said))


def _command(intent: str, slots: Mapping[str, Any], call: Call) -> Reading:
    """Return what an exact command says: it can mean nothing else."""
    return Reading(intent, slots, (call,), "", (intent,))


def _numbered(text: str) -> str:
    """Return plain numbers of experiments with the mark that says so."""
    return re.sub(r"(?<![\w#])(\d{1,6})", r"#\1", text)


def _setting(text: str) -> Reading:
    """Return a setting of the campaign file that is given another value, written as for ``zosimos steer --set``."""
    path, value = parse_assignment(text)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):  # such as .nan, which no event can hold
        return Reading(question="That is no value of a setting: write a number, a word or a list of them.")
    intent = _INTENT_OF.get(path.split(".")[0], "set_setting")
    settings = {"settings": {path: value}}
    return _command(intent, settings, Call("propose_settings", settings))


def _corrected(rest: str) -> dict[str, Any]:
    """Return an experiment and its right values, from ``e0007 yield=12.5``."""
    name, _, said = rest.partition(" ")
    if not _VALUES.fullmatch(said):
        return {}
    values = {match[1]: match[2] for match in re.finditer(r"(\w+)\s*=\s*([^=,]+?)\s*(?:,|$)", said)}
    return {"experiment": name, "values": values} if values else {}
