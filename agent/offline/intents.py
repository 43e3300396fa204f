"""What a sentence asks of a campaign: sure only if every word of it is accounted for, else the likely candidates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zosimos.agent.offline.bounds import WORDS, Bound, bounds
from zosimos.agent.offline.slots import names_in, normalised, quantities
from zosimos.core.ids import local_id

_FILLER_TEXT = """
    a about again all am an and any are as at be been by can could did do does doing for from get give go has
    have hello hey hi how i in is it its just kindly let like ll m me my need now of ok okay on one our out
    please pls quick re right s so some still t tell thanks thank that the them then there these they thing
    things this those to today up us want was we well were what whats when where which who why will with would
    yes you your yet campaign run
"""
_FILLER = frozenset(_FILLER_TEXT.split())
_WORD = re.compile(r"[^\W_]+")
_EXPERIMENT = re.compile(
    r"\be(?P<id>\d{4,6})\b|\b(?:experiment|run|number|no\.?|#)\s*(?P<number>\d{1,6})\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Call:
    """A tool and what to call it with."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What a sentence asks: calls to make if it is clear, else the likeliest candidates, as slash commands."""

    calls: tuple[Call, ...] = ()
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Intent:
    tool: str
    slash: str
    triggers: re.Pattern[str]
    words: frozenset[str]


def _intent(tool: str, slash: str, triggers: str, words: str) -> _Intent:
    return _Intent(tool, slash, re.compile(rf"\b(?:{triggers})\b"), frozenset(words.split()))


_INTENTS = (
    _intent(
        "status",
        "/status",
        "status|progress|going|how far|where (?:are|do) we|best|summary|overview|state|budget|remaining|left|running"
        "|finished|done",
        "stand result results recipe far many much experiments experiment current currently report short brief found",
    ),
    _intent(
        "list_experiments",
        "/experiments",
        "list|history|tried|tested|(?:show|see|display)(?: me)?(?: all| the)*(?: last| latest| recent)? "
        "(?:experiments|results|runs)",
        "show see display last latest recent experiments experiment results result recipes recipe runs far",
    ),
    _intent(
        "explain", "/explain e0001", "explain|why|details?|more about|what happened", "pick picked choose chosen chose"
    ),
    _intent(
        "propose_resume",
        "/resume",
        "resume|continue|carry on|go on|proceed|unpause|restart|start again|pick up",
        "experiments working where left off",
    ),
    _intent(
        "propose_pause",
        "/pause",
        "wait|take a break|interrupt|stand by|suspend",
        "moment bit while before next experiments a second minute",
    ),
    _intent("propose_abort", "/abort", "end|terminate|cancel|give up|call it off", "whole entire for good everything"),
    _intent(
        "propose_undo",
        "/undo",
        "undo|revert|roll back|take back|take it back|put (?:it|that) back",
        "last change changes steering bound bounds setting way before previous oops sorry",
    ),
)


def read_chat(text: str, parameters: Mapping[str, str]) -> Reading:
    """Return what a person asks for.

    Args:
        text: what they typed.
        parameters: names of the campaign's numeric parameters, and their units.
    """
    text = normalised(text).strip()
    if text.startswith("/"):
        return _slash(text)
    asked = bounds(text, parameters)
    if asked:
        return _bounds(text, asked, parameters)
    folded = text.casefold()
    named = _EXPERIMENT.search(folded)
    left = _EXPERIMENT.sub(" ", folded) if named else folded
    sure, likely = [], []
    for intent in _INTENTS:
        rest = intent.triggers.sub(" ", left)
        hits = rest != left
        odd = [word for word in _WORD.findall(rest) if word not in _FILLER and word not in intent.words]
        if intent.tool == "explain" and hits and named is None:
            odd.append("which experiment")
        if named is not None and intent.tool != "explain":
            odd.append("an experiment is named")
        if hits and not odd:
            sure.append(intent)
        elif hits or any(word in intent.words for word in _WORD.findall(left)):
            likely.append((not hits, len(odd), intent.slash))
    if len(sure) == 1:
        arguments = {"experiment": _name(named)} if named is not None else {}
        return Reading((Call(sure[0].tool, arguments),))
    return Reading(candidates=tuple([intent.slash for intent in sure] + [slash for *_, slash in sorted(likely)])[:3])


def _name(match: re.Match[str]) -> str:
    return local_id("experiment", int(match["id"] or match["number"]))


def _bounds(text: str, asked: list[Bound], parameters: Mapping[str, str]) -> Reading:
    """Return the bounds asked for, sure only if nothing else was said."""
    rest = list(text)
    for bound in asked:
        rest[bound.start : bound.end] = " " * (bound.end - bound.start)
    said = "".join(text[bound.start : bound.end] + " " for bound in asked).casefold()
    known = WORDS | _FILLER | {word for name in parameters for word in _WORD.findall(name.casefold())}
    odd = [word for word in _WORD.findall("".join(rest).casefold()) if word not in _FILLER and word != "but"]
    odd += [word for word in _unmeasured(said) if word not in known and not _near(word, parameters)]
    slash = tuple(f"/set {bound.name}.{bound.side}={bound.quantity.text}" for bound in asked)
    sides = [(bound.name, bound.side) for bound in asked]
    if odd or len(set(sides)) != len(sides):
        return Reading(candidates=slash)
    merged: dict[str, dict[str, str]] = {}
    for bound in asked:
        merged.setdefault(bound.name, {})[bound.side] = bound.quantity.text
    return Reading(tuple(Call("propose_bounds", {"parameter": name, **sides}) for name, sides in merged.items()))


def _unmeasured(said: str) -> list[str]:
    """Return the words of a text without its quantities."""
    rest = list(said)
    for item in quantities(said):
        rest[item.start : item.end] = " " * (item.end - item.start)
    return [word for word in _WORD.findall("".join(rest)) if not word.isdigit()]


def _near(word: str, parameters: Mapping[str, str]) -> bool:
    return bool(names_in(word, parameters, WORDS))


_SLASH = re.compile(r"/(?P<name>[a-z]+)(?:\s+(?P<rest>.*))?", re.DOTALL)
_SET = re.compile(r"(?P<name>.+?)\.(?P<side>min|max)\s*=\s*(?P<value>[^=]+?)\s*")
_PLAIN = {
    "status": "status",
    "experiments": "list_experiments",
    "pause": "propose_pause",
    "resume": "propose_resume",
    "abort": "propose_abort",
    "undo": "propose_undo",
}


def _slash(text: str) -> Reading:
    """Return what an exact command asks for; nothing if it is none."""
    match = _SLASH.fullmatch(text)
    name, rest = (match["name"], (match["rest"] or "").strip()) if match else ("", "")
    if name in _PLAIN and not (rest and name in ("status", "experiments")):
        return Reading((Call(_PLAIN[name], {"reason": rest[:200]} if rest else {}),))
    if name == "explain" and (found := _EXPERIMENT.fullmatch(rest)):
        return Reading((Call("explain", {"experiment": _name(found)}),))
    if name == "set" and (wanted := _SET.fullmatch(rest)):
        return Reading((Call("propose_bounds", {"parameter": wanted["name"], wanted["side"]: wanted["value"]}),))
    return Reading()
