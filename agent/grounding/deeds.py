"""Deeds: what a passage says was done, and whether the record has it.

A model changes nothing: it files proposals at most. So its *I have set it* is never true, its *I have proposed it* is
where this turn filed a proposal. What somebody else did is true where the record says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from zosimos.agent.grounding import deed_words as words
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.mentions import Mentions
from zosimos.campaign.record.experiment import Experiment

_QUOTED = re.compile(
    r"\"[^\"\n]{1,300}\"|\u201c[^\u201d\n]{1,300}\u201d|\u00ab[^\u00bb\n]{1,300}\u00bb|(?<!\w)'[^'\n]{3,300}'(?!\w)"
)
_CLAUSE = re.compile(r"[,;:\u2014\u2013(]|\s-\s|\b(?:but|and then|and the|and it|whereas|aber|mais|pero)\b", re.I)
_ASIDE = re.compile(r"\s?[,(\u2013\u2014-]\s?[^.;]{1,60}?\s?[,)\u2013\u2014-](?=\s)")
_PRESENT = re.compile(r"(?:is|are|stays?|ist|sind|est|sont|esta|queda)\s(?!now\b|jetzt\b|nun\b|ahora\b)", re.I)
_NOTHING = re.compile(r"^\s?(?:so far|yet|until now)?\s?[:=]\s?(?:nothing|none|no)\b", re.I)
_WORD = re.compile(r"(?:re-)?[a-z']{1,30}", re.I)
_STATUS = re.compile(
    r"\b(?:campaign|kampagne|campagne|campana|status)\b\W{0,6}(?:is |are |status |remains |ist |est |esta )?(?:now "
    r"|still |currently |"
    r"already )?\W{0,4}(?P<status>active|paused|aborted|finished|running|stopped|halted|complete|over|on hold)\b",
    re.I,
)
_STATUSES = {
    "running": ("active",),
    "stopped": ("paused", "aborted", "finished"),
    "halted": ("paused",),
    "on hold": ("paused",),
    "complete": ("finished",),
    "over": ("finished", "aborted"),
}
_OF_EXPERIMENT = re.compile(
    r"^\W{0,4}(?:\([^)]{0,40}\)\W{0,2})?(?:(?:has|have|was|were|is|are|had)\s){0,2}(?:been\s|also\s|already\s|"
    r"now\s|just\s){0,2}"
    r"(?P<verb>failed|cancell?ed|running|measured|retracted|proposed|approved|uncertain|under way)\b",
    re.I,
)
_NO_DEED = re.compile(r"\b(?:as|like|that|which) (?:it |they )?(?:was|were|is|are)\b")

_WHOLE = re.compile(r"\bcampaign|\bkampagne|\bcampagne|\bcampana|\bit\b|\beverything\b|\bexperiments\b", re.I)
_EXPERIMENTS: Mapping[str, Callable[[Experiment], bool]] = {
    "start": lambda item: bool(item.started_at) or item.status in ("running", "measured", "failed"),
    "cancel": lambda item: item.status == "cancelled",
    "exclude": lambda item: item.status == "retracted",
    "correct": lambda item: bool(item.amendments),
    "restore": lambda item: bool(item.amendments) and item.status != "retracted",
    "approve": lambda item: item.status not in ("proposed", "cancelled"),
    "file": lambda item: bool(item.id),
    "pause": lambda item: item.status == "uncertain",
    "abort": lambda item: item.status in ("uncertain", "cancelled"),
}
"""What holds of an experiment of which a deed is said to have been done."""


@dataclass(frozen=True)
class Deed:
    """What is said to be done from ``start`` to ``end`` of what is seen; ``found`` says where it is on record.

    ``own`` says that the model claims it for itself, or that nobody is named.
    """

    start: int
    end: int
    kind: str
    found: str
    own: bool


def deeds(mentions: Mentions, facts: Facts) -> list[Deed]:
    """Return what a passage says was done."""
    quoted = _QUOTED.sub(lambda match: _left(match[0], facts), mentions.text)
    text, places = _plain(quoted.replace("|", " ") if mentions.passage.row else quoted)
    if text.rstrip(" *_").endswith("?"):
        return []
    found = [*_own(text, facts), *_others_own(text, facts), *_bare(text, facts)]
    if not any(deed.own for deed in found):
        found += _passive(text, mentions, facts)
    found += _states(text, facts)
    at = [mentions.passage.start + place for place in places]
    return [replace(one, start=at[one.start], end=at[one.end]) for one in found] + _of_experiments(mentions, facts)


def _left(quotation: str, facts: Facts) -> str:
    """Return nothing but spaces for words that the person or a tool did say, else the words: quoting clears nobody."""
    words = quotation[1:-1].strip(" .,!").lower()
    own = bool(words) and (words in facts.message.lower() or any(words in told.lower() for told in facts.sentences))
    return " " * len(quotation) if own else quotation


def _plain(text: str) -> tuple[str, list[int]]:
    """Return words one space apart and without markup, and where each character was."""
    kept = [
        place
        for place, char in enumerate(text)
        if char not in "*_" and not (char.isspace() and (place == 0 or text[place - 1].isspace()))
    ]
    return "".join(" " if text[place].isspace() else text[place] for place in kept), [*kept, len(text)]


def _filed(text: str, facts: Facts) -> str:
    if facts.filed:
        return "a proposal of this turn"
    earlier = re.search(r"\b(?:earlier|before|already|previously|last time)\b", text, re.I)
    return "an open proposal" if earlier and facts.state.open_changes() else ""


def _own(text: str, facts: Facts) -> Iterator[Deed]:
    """Yield what the model says it did, does or will do at once."""
    for match in words.EN_SELF.finditer(text):
        if _supposed(text, match.start()):
            continue
        verb = _verb(text, match.end())
        if verb is None:
            continue
        start, end, said = verb
        if (said in words.FILING and words.SPOKEN_OF.search(text[max(0, start - 40) : end + 60])) or said in (
            "proposed",
            "suggested",
        ):
            yield Deed(match.start(), end, "file", _filed(text, facts), own=True)
        elif (
            said not in words.LOOKING
            and not words.LOOKED.match(text, start)
            and not _allowed(said, text[end : end + 40], facts)
        ):
            yield Deed(match.start(), end, "do", "", own=True)
    for match in words.CAUSED.finditer(text):
        if not _supposed(text, match.start()) and not words.NEGATING.search(match[0]):
            yield Deed(match.start(), match.end(), "do", "", own=True)
    at_once = words.AT_ONCE.match(text)
    if at_once is not None and _is_past(at_once["verb"].lower()) and at_once["verb"].lower() not in words.LOOKING:
        yield Deed(at_once.start("verb"), at_once.end(), "do", "", own=True)
    for pattern in (words.EN_DOING, words.GOING_TO):
        for match in pattern.finditer(text):
            doing = pattern is words.GOING_TO or words.DOING.match(match["verb"])
            if doing and not _supposed(text, match.start()) and not words.SUPPOSING.search(text):
                yield Deed(match.start(), match.end(), "do", "", own=True)


def _allowed(said: str, after: str, facts: Facts) -> bool:
    """Say whether a deed is one of the two that a model can do beside proposing: take a proposal back, write a note."""
    if said in ("withdrew", "withdrawn", "withdraw", "taken", "took", "dropped") and facts.taken_back:
        return "proposal" in after.lower() or said.startswith("withdr")
    return facts.noted and said in ("wrote", "written", "recorded", "added", "kept", "saved", "noted")


def _verb(text: str, place: int) -> tuple[int, int, str] | None:
    """Return the past form that follows *I* or *we*: where it is, and it; None where none does, or it is denied."""
    if aside := _ASIDE.match(text, place):
        place = aside.end()
    for count, match in enumerate(_WORD.finditer(text, place, place + 90)):
        word = match[0].lower().removeprefix("re-")
        if re.search(r"[^\s',*_]", text[place : match.start()]) or count > 6:
            return None
        place = match.end()
        if word in words.FILLERS or (word.endswith("ly") and len(word) > 4):
            continue
        return (match.start(), match.end(), word) if _is_past(word) else None
    return None


def _is_past(word: str) -> bool:
    return word in words.IRREGULAR or (word.endswith("ed") and word not in ("need", "feed", "proceed", "indeed"))


def _supposed(text: str, place: int) -> bool:
    """Say whether what stands at a place is under an if, or in what somebody could do."""
    clause = words.WHILE.sub("", _clause(text, place))
    return bool(words.SUPPOSING.search(clause) or re.search(r"\b(?:what|everything|all|anything|nothing) $", clause))


def _clause(text: str, place: int) -> str:
    """Return the clause before a place, from where it begins."""
    start = max(0, place - 160)
    for match in _CLAUSE.finditer(text, start, place):
        start = match.end()
    return text[start:place]


def _others_own(text: str, facts: Facts) -> Iterator[Deed]:
    for speaker, participle, looking, filing, reach in words.OTHERS_SELF:
        for match in speaker.finditer(text):
            after = text[match.end() : match.end() + 200]
            near = after[:reach]
            done = participle.search(near)
            if done is None or words.NEGATING.search(near[: done.start() + 1]) or _supposed(text, match.start()):
                continue
            if filing.search(after):
                yield Deed(match.start(), match.end() + done.end(), "file", _filed(text, facts), own=True)
            elif not looking.search(near):
                yield Deed(match.start(), match.end() + done.end(), "do", "", own=True)


def _bare(text: str, facts: Facts) -> Iterator[Deed]:
    """Yield *Done.* and the like, in which nobody is named."""
    match = words.BARE.search(text) or words.DONE_SOMEWHERE.search(text)
    if match is None or words.NEGATING.search(_clause(text, match.start())) or re.search(r"^\W*used\b", text, re.I):
        return
    if re.search(r"\bwill (?:not|stay|now|no longer)\b", match[0], re.I) and not re.search(
        r"\bcampaign\b|\blab\b|\bplanner\b|\bwill (?:no longer|stay)\b", text, re.I
    ):
        return
    after = text[match.end() :]
    if _supposed(text, match.start()) or words.SUPPOSING.search(after) or _NOTHING.search(after):
        return
    filed = _filed(text, facts) if words.SPOKEN_OF.search(text) else ""
    yield Deed(match.start(), match.end(), "done", filed, own=True)


def _passive(text: str, mentions: Mentions, facts: Facts) -> Iterator[Deed]:
    """Yield what is said to have been done by nobody in particular."""
    for match in (*words.PASSIVE.finditer(text), *words.NOW_SO.finditer(text)):
        for kind, pattern in words.CLASSES.items():
            done = pattern.match(text, match.end())
            if done is not None:
                yield from _judged(text, match.start(), done.end(), kind, mentions, facts)
                break
    for match in words.PERFECT_PASSIVE.finditer(text):
        verb = match["verb"].lower()
        past = verb in words.IRREGULAR or verb.endswith("ed")
        known = any(pattern.match(text, match.start("verb")) for pattern in words.CLASSES.values())
        if past and not known and verb not in words.PASSED:
            yield from _judged(text, match.start(), match.end(), "other", mentions, facts)
    for match in words.GERMAN_PASSIVE.finditer(text):
        done = words.GERMAN_LAST.search(text, match.end(), match.end() + 120)
        if done is not None:
            kind = next((name for name, pattern in words.CLASSES.items() if pattern.match(done[0])), "set")
            yield from _judged(text, match.start(), done.end(), kind, mentions, facts)


def _judged(text: str, start: int, end: int, kind: str, mentions: Mentions, facts: Facts) -> Iterator[Deed]:
    clause = _clause(text, start)
    if (
        words.NEGATING.search(clause + text[start:end])
        or words.SUPPOSING.search(clause)
        or _NO_DEED.search(text[start - 9 : end])
    ):
        return
    if words.FIRST_IF.match(text) and re.match(r"(?:will|is|are|gets?)\b", text[start:end], re.I):
        return  # what follows from what has not happened
    if re.search(r"\b(?:until|unless|once|if)\b", text[end : end + 30], re.I) and kind in ("approve", "apply"):
        return
    if kind == "set" and _stands(text[start:end], mentions, facts):
        return
    ids = [one.what for one in mentions.ids]
    yield Deed(start, end, kind, _on_record(kind, ids, mentions, facts, text), own=False)


def _stands(said: str, mentions: Mentions, facts: Facts) -> bool:
    """Say whether what is said to be set so is how the spec stands: that says of no change."""
    if not _PRESENT.match(said) or not mentions.numbers:
        return False
    now = [
        (value, facts.units.get(one.what, "")) for one in mentions.names for value in facts.settings(one.what).values()
    ]
    return all(any(number.says(value, unit) for value, unit in now) for number in mentions.numbers)


def _on_record(kind: str, ids: list[str], mentions: Mentions, facts: Facts, text: str) -> str:
    """Return where on record a deed stands that somebody did; empty: nowhere."""
    state = facts.state
    if ids and kind in _EXPERIMENTS:
        named = [state.experiments[one] for one in ids if one in state.experiments]
        holds = len(named) == len(ids) and all(map(_EXPERIMENTS[kind], named))
        return f"status of {', '.join(ids[:3])}" if holds else ""
    match kind:
        case "pause" | "abort":
            right = ("paused",) if kind == "pause" else ("aborted", "finished")
            return f"the campaign is {state.status}" if _WHOLE.search(text) and state.status in right else ""
        case "approve" | "apply":
            changes = list(state.changes.values())
            return "the last proposal was granted" if changes and changes[-1].status == "granted" else ""
        case "file":
            planned = mentions.owners and re.search(r"\bit was\b", text, re.I)  # an experiment, by a planner
            return "a proposal" if facts.filed or state.open_changes() or planned else ""
        case "set" | "undo":
            return _steered(kind, mentions, facts)
        case _:
            return ""


def _steered(kind: str, mentions: Mentions, facts: Facts) -> str:
    """Return the steering that did what is said, with the numbers that are said."""
    names = {one.what for one in mentions.names}
    wanted = names or {word for word in ("budget", "batch", "goal", "target") if word in mentions.text.lower()}
    if kind == "undo":
        return "a steering" if any(one.undoes is not None for one in facts.state.steerings) else ""
    numbers = mentions.numbers
    if not wanted and not numbers:
        return ""  # of no change in particular: the reader takes it for the one just asked for
    for change in reversed(facts.steered):
        parts = set(change.path.split("."))
        if not wanted & parts and (wanted or "space" not in parts):
            continue
        unit = next((facts.units[name] for name in names if name in facts.units), "")
        values = [float(one) for one in (change.old, change.new) if isinstance(one, int | float)]
        if all(any(number.says(value, unit) for value in values) for number in numbers):
            return f"{change.path} as it was steered"
    return ""


def _states(text: str, facts: Facts) -> Iterator[Deed]:
    """Yield what is said of how the campaign stands."""
    for match in _STATUS.finditer(text):
        if words.NEGATING.search(_clause(text, match.start()) + match[0]) or words.SUPPOSING.search(
            _clause(text, match.start())
        ):
            continue
        said = match["status"].lower()
        if facts.state.status not in _STATUSES.get(said, (said,)):
            yield Deed(match.start(), match.end(), "status", "", own=False)
        else:
            yield Deed(match.start(), match.end(), "status", "the campaign's status", own=False)


def _of_experiments(mentions: Mentions, facts: Facts) -> list[Deed]:
    """Return what is said of how experiments stand."""
    made = []
    for one in mentions.ids:
        said_of = _OF_EXPERIMENT.search(mentions.after(one.end, 80))
        item = facts.state.experiments.get(one.what)
        if said_of is None or item is None:
            continue
        verb = said_of["verb"].lower().replace("canceled", "cancelled")
        right = {item.status} | (
            {"proposed", "approved"} if item.status not in ("proposed", "cancelled") else {"proposed"}
        )
        right |= {"measured"} if item.measurements else set()
        right |= {"under way", "running"} if item.status == "running" else set()
        found = f"status of {one.what}" if verb in right else ""
        made.append(Deed(one.end, one.end + said_of.end(), "status", found, own=False))
    return made
