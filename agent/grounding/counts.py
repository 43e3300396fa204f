"""Counts: how many experiments, results, proposals or parameters there are, used, left or to come."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zosimos.agent.grounding import cues
from zosimos.agent.grounding.claims import NO_CLAIM
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.mentions import Mentions
from zosimos.agent.grounding.numerals import Numeral

_RUNS = (
    r"(?:experiment|run|result|measurement|trial|sample|observation|replicate|essai|experience|experimento|ensayo|"
    r"resultado|"
    r"resultat|versuch|ergebnis)[a-z]{0,3}\b"
)
_NOUN = re.compile(
    rf"^[\s*_\"'-]{{0,3}}(?:(?:[a-z-]+)\s){{0,3}}?(?:(?P<runs>{_RUNS})|(?P<asked>(?:proposal|question|approval|"
    rf"change|change request)s?\b)"
    r"|(?P<parts>(?:parameter|variable|factor|knob|dye)s?\b)|(?P<aims>(?:objective|goal)s?\b)"
    r"|(?P<left>left\b|remain\w*\b|to go\b|ubrig\b|restant\w*\b|por hacer\b)"
    r"|(?P<used>(?:used|spent|done|verbraucht|usad[oa]s|utilise\w*)\b))",
    re.IGNORECASE,
)
_OF = re.compile(
    rf"^(?:\s?/\s?|(?:\s{_RUNS})?\s(?:out of|of|von|der|sur|de|from)\s)(?:(?:its|the|our|a|all|total|budgeted|planned|"
    rf"allowed|les|los|den)\s){{0,3}}$",
    re.I,
)
_LABEL = re.compile(
    r"(?P<label>experiments?(?: (?:used|left|remaining|measured|failed|done))?|used|runs?|budget|remaining|left|"
    r"measured|failed|total|batch(?: size)?|parallel|completed|"
    r"questions[^:]{0,40}|approvals|proposals|spec version|version)\W{1,6}$",
    re.I,
)
_WORDS = (
    ("left", r"\bleft\b|\bremain|\bto go\b|\breste|\bubrig|\bquedan|\brestant|\bverbleib|\bstill (?:have|available)"),
    ("failed", r"\bfail|\bfehlgeschlagen|\bechou|\bfallid"),
    ("cancelled", r"\bcancel"),
    ("retracted", r"\bretract|\bexclud"),
    ("uncertain", r"\buncertain\b"),
    ("waiting", r"\brunning\b|\bunder way\b|\bwaiting\b|\bpending\b|\bin progress\b"),
    ("batch", r"\bbatch\b|\bat a time\b|\bper round\b"),
    ("parallel", r"\bparallel\b|\bside by side\b"),
    ("measured", r"\bmeasured\b|\bcompleted\b|\bfinished\b|\bgemessen|\bmesure|\bmedid"),
    ("used", r"\bused\b|\bspent\b|\bdone\b|\bverbraucht|\busad|\butilis|\bconsum|\bhave run\b|\bwere run\b"),
    ("budget", r"\bbudget"),
    ("total", r"\btotal\b|\bin all\b|\bon record\b|\bso far\b|\balready\b"),
)
_ALLOWED = {
    "left": ("left",),
    "failed": ("failed",),
    "cancelled": ("cancelled",),
    "retracted": ("retracted",),
    "uncertain": ("uncertain",),
    "waiting": ("waiting", "running", "approved", "proposed"),
    "batch": ("batch",),
    "parallel": ("parallel",),
    "measured": ("measured", "ended"),
    "used": ("used", "ended"),
    "budget": ("budget",),
    "total": ("total", "used", "measured", "ended"),
}
_ANY = ("total", "used", "measured", "ended", "left")
_SHARE = re.compile(r"\bbudget\b|\bexperiments?\b|\bused\b|\bspent\b|\bdone\b|\bexperimente")
_WHOLE = (0.0, 0.5)  # what is left open by the last digit of words and of whole numbers
_EQUALS = re.compile(r"[=<>\u2264\u2265\u00b1]\s?$")
_VERSION = re.compile(r"\bversion\W{1,3}$")
_FIRST = re.compile(r"\b(?:first|last|latest|top|next|recent|letzten|dernier\w*|ultim\w*|best|other)\W{1,3}$")


@dataclass(frozen=True)
class Counted:
    """Whether a number is a count; if so, where it is found ("": nowhere), and what it should be, if that is sure."""

    is_count: bool
    found: str = ""
    right: int | None = None


def counted(mentions: Mentions, number: Numeral, facts: Facts) -> Counted:
    """Judge a number that says how many there are of something."""
    before, after = mentions.before(number.start, 60), mentions.after(number.end, 50)
    if number.unit == "%":
        return _share(mentions, number, facts)
    if number.unit or number.room not in _WHOLE or _EQUALS.search(mentions.before(number.start, 6)):
        return Counted(False)
    if number.word and number.value == 0.5:
        return _half(mentions, facts)
    if _VERSION.search(before):
        return _among(number, facts, ("version",))
    second = _second(mentions, number)
    noun, label = _NOUN.search(after), _LABEL.search(before) or _label(mentions)
    of = _first(mentions, number)
    if noun is None and label is None and of is None and not second:
        if number.word:
            return Counted(True, NO_CLAIM)  # two of them, four eyes
        ahead = re.search(r"\b(?:reste|quedan|leaves|remaining|left)\W{1,3}$", before)
        return _among(number, facts, ("left",)) if ahead else Counted(False)
    if second:
        return _among(number, facts, ("budget", "total", "used"))
    if of is not None:
        return _of(mentions, number, of, facts)
    return _plain(mentions, number, noun, label, facts)


def _label(mentions: Mentions) -> re.Match[str] | None:
    """Return what the first cell of a table's row, or the top of the column, says of a number."""
    found = (_LABEL.search(f"{text.strip(' *')}: ") for text in mentions.passage.cell)
    return next((match for match in found if match is not None), None)


def _plain(
    mentions: Mentions, number: Numeral, noun: re.Match[str] | None, label: re.Match[str] | None, facts: Facts
) -> Counted:
    kind = noun.lastgroup if noun else ""
    if kind == "asked" or (label and label["label"][:4] in ("ques", "appr", "prop")):
        return _among(number, facts, ("open", "proposals", "open proposals", "steerings"))
    if kind in ("parts", "aims"):
        return _among(number, facts, ("parameters",) if kind == "parts" else ("objectives",))
    if kind in ("left", "used"):
        return _among(number, facts, _ALLOWED[kind])
    if noun is not None and (found := _holding(mentions, number, noun, facts)):
        return found
    words = _near(mentions, number)
    keys = next((_ALLOWED[name] for name, pattern in _WORDS if re.search(pattern, words)), _ANY)
    if label is not None and noun is None:
        named = label["label"].lower()
        keys = next((_ALLOWED[name] for name, pattern in _WORDS if re.search(pattern, named)), _ANY)
    result = _among(number, facts, keys)
    if result.found or mentions.says(cues.HYPOTHETICAL) or mentions.says(cues.PROPOSAL):
        return result if result.found else Counted(False)
    if _FIRST.search(mentions.before(number.start, 20)) and number.value <= facts.counts["total"]:
        return Counted(True, NO_CLAIM)
    named_here = len({one.what for one in mentions.ids}) or len(mentions.owners)
    return Counted(True, "experiments named here") if number.value == named_here else result


def _near(mentions: Mentions, number: Numeral) -> str:
    """Return the words about a number as far as the next comma or number on each side."""
    before = re.split(r"[,;:(]|\d", mentions.before(number.start, 60))[-1]
    after = re.split(r"[,;:)]|\d", mentions.after(number.end, 60))[0]
    return f"{before} # {after}"


def _first(mentions: Mentions, number: Numeral) -> Numeral | None:
    """Return the whole of which a number is a part, as in 8 of 25."""
    at = mentions.place_of(number)
    if at + 1 < len(mentions.numbers):
        other = mentions.numbers[at + 1]
        gap = mentions.between(number.end, other.start)
        if _OF.fullmatch(gap) and not other.unit and number.room in _WHOLE and other.room in _WHOLE:
            return other
    return None


def _second(mentions: Mentions, number: Numeral) -> bool:
    at = mentions.place_of(number)
    return at > 0 and _first(mentions, mentions.numbers[at - 1]) is number


def _of(mentions: Mentions, number: Numeral, whole: Numeral, facts: Facts) -> Counted:
    before = re.split(r"[,;(]", mentions.before(number.start, 60))[-1]
    after = re.split(r"[,;)]", mentions.after(whole.end, 60))[0]
    words = f"{mentions.cell_text} {before} # {after}".lower()
    pattern = next((name for name, found in _WORDS[:-2] if re.search(found, words)), "used")
    result = _among(number, facts, _ALLOWED[pattern])
    sure = pattern == "used" and whole.value == facts.counts["budget"] and len(mentions.numbers) <= 3
    if not result.found and sure:
        return Counted(True, "", facts.counts["used"])
    return result


def _among(number: Numeral, facts: Facts, keys: tuple[str, ...]) -> Counted:
    found = next((key for key in keys if number.says(facts.counts[key], "")), "")
    return Counted(True, f"count: {found}" if found else "")


def _share(mentions: Mentions, number: Numeral, facts: Facts) -> Counted:
    before = re.split(r"[,;:]", mentions.before(number.start, 90))[-1]
    after = re.split(r"[,;)]", mentions.after(number.end, 90))[0]
    clause = f"{mentions.cell_text} {before} # {after}".lower()
    begin, end = number.start - len(before), number.end + len(after)
    named = any(begin <= one.start < end for one in (*mentions.names, *mentions.ids))
    if named or not _SHARE.search(clause):
        return Counted(False)
    used, budget = facts.counts["used"], max(1, facts.counts["budget"])
    part = budget - used if re.search(_WORDS[0][1], clause) else used
    return Counted(True, "count: used of budget" if number.says(100 * part / budget, "%") else "")


def _half(mentions: Mentions, facts: Facts) -> Counted:
    if "budget" not in mentions.text.lower() or mentions.ids:
        return Counted(True, NO_CLAIM)
    share = facts.counts["used"] / max(1, facts.counts["budget"])
    return Counted(True, "count: used of budget" if 0.45 <= share <= 0.55 else "")


def _holding(mentions: Mentions, number: Numeral, noun: re.Match[str], facts: Facts) -> Counted | None:
    """Judge *3 experiments gave a yield above 60*: as many as there are for which that holds."""
    for other in mentions.numbers:
        if other.start < number.end:
            continue
        match = cues.COMPARED.search(mentions.before(other.start))
        names = [one.what for one in mentions.names if one.start > number.start] or [facts.objective]
        if match is None or noun.lastgroup != "runs":
            continue
        compared = cues.OPERATORS[match.lastgroup or "less"]
        holds = sum(compared(value, other.value) for value in facts.measured(names[0]).values())
        return Counted(
            True, "counted on record" if number.value == holds else "", None if number.value == holds else holds
        )
    return None
