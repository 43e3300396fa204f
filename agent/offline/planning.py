"""A goal in words read for planning: what its slots say goes into the plan, what they do not is said as an assumption.

Nothing is invented. A value that the lab cannot do without and the goal does not give is asked for; one that has a
usual value is taken and named; a phrase that no rule read is named too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zosimos.agent.accounting import CONSENT, asked_for
from zosimos.agent.offline.bounds import WORDS, bounds, says_more
from zosimos.agent.offline.by_hand import LEADING, aims, parameters
from zosimos.agent.offline.filling import fill, lacking
from zosimos.agent.offline.slots import colours, count, normalised, quantities

_LIMIT = (
    r"(?:at most|no more than|not more than|up to|under|below|less than|within|max(?:imum)?(?: of)?|using|with|in|for)"
)
_COUNT = re.compile(
    rf"\b(?P<strict>under|below|less than|fewer than)?\s*(?:\b{_LIMIT}\s+)*"
    r"(?P<n>\d{1,6}|two|three|four|five|six|eight|ten)"
    r"\s+(?:more\s+)?(?:experiments|runs|tries|trials|samples|attempts)\b",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"\s*(?:(?:for|in|per)\s+)?(?:each|every|a|per)?\s*(?:mixture|experiment|sample|cell|run)\b", re.IGNORECASE
)
_TOTAL = re.compile(
    r"\s*(?:of\s+)?(?:the\s+)?(?:liquids?|dyes?)?\s*(?:in total|altogether|overall|in all|total)?\b", re.IGNORECASE
)
_CURRENCY = r"(?P<unit>(?:euros?|dollars?|EUR|USD|CHF|GBP|JPY)\b|[€$])"
_SPOKEN = {"euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD"}
_COST = re.compile(
    rf"\b(?:each|every|an|one|per)\s+(?:experiment|run|sample)\s+costs?\s+(?:about\s+)?(?P<n>\d+(?:\.\d+)?)\s*{_CURRENCY}",
    re.IGNORECASE,
)
_MONEY = re.compile(
    rf"\b(?:(?:with\s+)?a\s+budget of|{_LIMIT}|spend(?:ing)?(?: at most)?)\s+(?P<n>\d+(?:\.\d+)?)\s*{_CURRENCY}"
    r"(?:\s+(?:in total|altogether|in all))?",
    re.IGNORECASE,
)
_OF_EACH = re.compile(r"\s*(?:of\s+|for\s+|per\s+)?(?:each|every|any)\b|\s*per\b", re.IGNORECASE)
_BATCH = re.compile(
    r"\b(?P<n>\d{1,3}|two|three|four|five|six|eight|ten)\s+(?:at a time|at once|in a batch)\b", re.IGNORECASE
)
_PARALLEL = re.compile(r"\b(?P<n>\d{1,3}|two|three|four)\s+(?:in parallel|side by side)\b", re.IGNORECASE)
_SEED = re.compile(r"\b(?:with\s+)?seed\s+(?P<n>\d{1,9})\b", re.IGNORECASE)
_PLANNER = re.compile(
    r"\b(?:with|using|by)\s+(?:a\s+)?(?P<kind>random|sobol|evolutionary|bayesian)\b(?:\s+\w*(?:plann|search|sampl)\w*)?",
    re.IGNORECASE,
)
_CONSENT_TEXT = """
    a all always and any are as be before begin beforehand by can each every experiment experiments first for from get
    go goes have i in is it its let me must my need needs of on once one only our please run running runs sample samples
    single start started starting starts that the them these they time to trial trials until us want we will with would
    you each batch batches ahead advance person human someone somebody ok okay yes
"""
_CONSENT_WORDS = frozenset(_CONSENT_TEXT.split())
_STOP = re.compile(r"\b(?:and\s+)?(?:stop(?:ping)?|done|until)\s*(?:when|once|if)?\s*$", re.IGNORECASE)
_IS = r"\s+(?:is\s+|gets\s+|falls\s+|drops\s+|rises\s+)?"
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLAIN_TEXT = """
    match find make reproduce get colour color rgb srgb campaign experiments goal please need by as our me
"""
_SPEAKING_TEXT = """
    all and are as be best but can campaign could every experiment experiments find for goal good how i it like make me
    much need needs optimise optimize our please run runs should so such that there this try us want we what which will
    would you
"""
_SPEAKING = frozenset(_SPEAKING_TEXT.split())
"""Words that ask nothing of a recipe."""
_PLAIN = WORDS | frozenset(_PLAIN_TEXT.split())


@dataclass
class _Goal:
    """A goal while it is read: the text with what was read blanked out, and what was found."""

    text: str
    found: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def take(self, path: str, value: Any, start: int, end: int) -> None:
        if path in self.found and self.found[path] != value:
            self.doubts.append(f"the goal says {path} twice; {self.found[path]} is taken, {value} is not")
        self.found.setdefault(path, value)
        self.blank(start, end)

    def blank(self, start: int, end: int) -> None:
        self.text = self.text[:start] + "\n" * (end - start) + self.text[end:]


def read_goal(words: str, facts: Mapping[str, Any]) -> dict[str, Any] | str:
    """Return the plan (``spec``, ``assumptions`` and ``left_out``) that words ask for, or what has to be said first.

    Args:
        words: the goal.
        facts: the lab's card as data: ``spec``, ``options`` (a JSON schema), ``summary`` and ``notes``.

    What no rule read stands under ``left_out``.
    """
    recipe: Mapping[str, Any] = facts.get("recipe", {})
    if recipe.get("form"):
        return _NO_RECIPE
    goal = _Goal(normalised(words))
    spec: Mapping[str, Any] = facts["spec"]
    options: Mapping[str, Any] = facts["options"].get("properties", {})
    units = {name: str(part.get("unit", "")) for name, part in spec.get("space", {}).items() if "min" in part}
    if facts.get("by_hand"):
        _by_hand(goal, spec)
    if recipe:
        _costs(goal)
        fill(goal, recipe)
    _colours(goal, options)
    _stops(goal, {**spec.get("objectives", {}), **_objectives(goal)})
    _liquids(goal, options, units, total=False)
    for pattern, path, value in _COUNTS:
        for match in list(pattern.finditer(goal.text)):
            number = value(match)
            if number is not None:
                goal.take(path, number, match.start(), match.end())
    _consent(goal)
    _times(goal)
    for bound in (one for one in bounds(goal.text, units) if not says_more(goal.text, one)):
        goal.take(f"space.{bound.name}.{bound.side}", bound.quantity.text, bound.start, bound.end)
    _liquids(goal, options, units, total=True)
    missing = _not_said(goal, spec) if facts.get("by_hand") else _missing(goal, facts["options"])
    missing = lacking(goal, recipe) if recipe else missing
    if missing:
        return missing
    if "batch" in goal.found and not facts.get("by_hand"):
        least = max(goal.found["batch"], goal.found.get("parallel", spec.get("parallel") or 1))
        goal.found["parallel"] = least
    left_out = [*goal.doubts, *_odd(goal, facts)]
    source = "as in the table" if facts.get("by_hand") else "as in the lab's own campaign"
    source = "because nothing was said" if recipe else source
    return {"spec": _nested(goal.found), "assumptions": _left_alone(goal, spec, source), "left_out": left_out}


_NO_RECIPE = (
    "without a language model no recipe is made of words: name one that is there (--protocol PATH.yaml), or a model "
    "(--model openai:NAME). How a recipe is written, docs/labs.md says (The protocol); zosimos schema recipe prints "
    "every step there is"
)


def _strict(match: re.Match[str]) -> int | None:
    number = count(match["n"])
    return number if number is None or not match["strict"] else number - 1


def _number(match: re.Match[str]) -> int | None:
    return count(match["n"])


_COUNTS: tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], Any]], ...] = (
    (_COUNT, "budget.experiments", _strict),
    (_BATCH, "batch", _number),
    (_PARALLEL, "parallel", _number),
    (_SEED, "seed", _number),
    (_PLANNER, "planner.kind", lambda match: match["kind"].casefold()),
)


def _consent(goal: _Goal) -> None:
    """Take a phrase that says that somebody wants to be asked, if it says nothing else."""
    for part in list(re.finditer(r"[^,;.\n]+", goal.text)):
        wanted = asked_for(part[0])
        words = _WORD.findall(CONSENT.sub(" ", part[0]).casefold())
        if wanted is not None and all(word in _CONSENT_WORDS for word in words):
            goal.take("approval", wanted, part.start(), part.end())


def _colours(goal: _Goal, options: Mapping[str, Any]) -> None:
    """Take a colour for the option that is three numbers."""
    wanted = [name for name, part in options.items() if len(part.get("prefixItems", ())) == 3]
    for colour in colours(goal.text) if len(wanted) == 1 else []:
        goal.take(f"lab.{wanted[0]}", list(colour.rgb), colour.start, colour.end)


def _stops(goal: _Goal, objectives: Mapping[str, Any]) -> None:
    """Take "stop when OBJECTIVE is below N" for an objective that is to become small, and the reverse."""
    sides = {"min": r"(?:below|under|at most|less than)", "max": r"(?:above|over|at least|more than)"}
    for name, part in objectives.items():
        spoken = re.escape(name).replace("_", "[_ ]")
        if part.get("goal") not in sides:
            continue
        for match in list(re.finditer(rf"\b{spoken}{_IS}{sides[part['goal']]}\s+", goal.text, re.IGNORECASE)):
            number = next((item for item in quantities(goal.text[match.end() :]) if item.start == 0), None)
            before = _STOP.search(goal.text[: match.start()])
            if number is not None:
                start = before.start() if before else match.start()
                goal.take(f"stop.reach.{name}", number.text, start, match.end() + number.end)


def _liquids(goal: _Goal, options: Mapping[str, Any], units: Mapping[str, str], *, total: bool) -> None:
    """Take volumes: one per experiment for the option ``volume``, one in total for the option ``budget``."""
    name, after = ("budget", _TOTAL) if total else ("volume", _EACH)
    if name not in options:
        return
    for item in quantities(goal.text, list(units.values())):
        if not item.measures("mL"):
            continue
        if total and _OF_EACH.match(goal.text, item.end):
            continue
        before = re.search(
            rf"(?:\b(?:and|but|use)\s+)*(?:\b(?:the\s+)?(?P<sum>total|overall)(?:\s+(?:liquid|volume|amount))*\s+)?"
            rf"(?P<limit>(?:\b{_LIMIT}\s+)*)$",
            goal.text[: item.start],
            re.IGNORECASE,
        )
        behind = after.match(goal.text, item.end)
        start = before.start() if before else item.start
        end = behind.end() if behind else item.end
        limited = bool(before and (before["sum"] or before["limit"]))
        limited = limited or bool(behind is not None and re.search(r"total|all", behind[0]))
        if limited if total else behind is not None:
            goal.take(f"lab.{name}", item.text, start, end)


def _times(goal: _Goal) -> None:
    for item in quantities(goal.text):
        before = re.search(rf"(?:\b{_LIMIT}\s+)+$", goal.text[: item.start], re.IGNORECASE)
        if item.measures("s") and before:
            goal.take("budget.time", item.text, before.start(), item.end)


def _by_hand(goal: _Goal, spec: Mapping[str, Any]) -> None:
    """Take what is wanted, what can be changed, and what an experiment costs."""
    for part in list(aims(goal.text)):
        goal.take(part.path, part.value, part.start, part.end)
    wanted = {path.removeprefix("objectives.") for path in goal.found} | set(spec.get("objectives", {}))
    _costs(goal)
    known = set(spec.get("space", {}))
    for part in list(parameters(_blanked(goal.text), wanted)):
        if part.path.removeprefix("space.") in known and "choices" not in part.value:
            sides = {
                side: f"{part.value[side]:g} {part.value.get('unit', '')}".rstrip()
                for side in ("min", "max")
                if side in part.value
            }
            for side, value in sides.items():
                goal.take(f"{part.path}.{side}", value, part.start, part.end)
        else:
            goal.take(part.path, part.value, part.start, part.end)


def _costs(goal: _Goal) -> None:
    """Take what an experiment costs, and what all may cost."""
    for pattern, read in ((_COST, _each), (_MONEY, _in_all)):
        for match in list(pattern.finditer(goal.text)):
            for path, value in read(match, goal).items():
                goal.take(path, value, match.start(), match.end())


def _blanked(text: str) -> str:
    """Return a text without the counts that are read later, so that none is taken for a parameter's."""
    for pattern in (_COUNT, _BATCH, _PARALLEL, _SEED):
        text = pattern.sub(lambda match: "\n" * len(match[0]), text)
    return text


def _each(match: re.Match[str], goal: _Goal) -> dict[str, Any]:  # noqa: ARG001 - read like the other
    return {"costs.each": float(match["n"]), "costs.unit": _currency(match["unit"])}


def _in_all(match: re.Match[str], goal: _Goal) -> dict[str, Any]:
    """Return the budget, with its currency where a cost has one: another one is a doubt."""
    unit = {"costs.unit": _currency(match["unit"])} if "costs.unit" in goal.found else {}
    return {"budget.cost": float(match["n"]), **unit}


def _currency(said: str) -> str:
    """Return a currency as a campaign file writes it."""
    return _SPOKEN.get(said.casefold(), said.upper())


def _objectives(goal: _Goal) -> dict[str, Any]:
    return {
        path.removeprefix("objectives."): part for path, part in goal.found.items() if path.startswith("objectives.")
    }


def _not_said(goal: _Goal, spec: Mapping[str, Any]) -> str:
    """Return what a campaign by hand cannot do without and neither the goal nor a table says."""
    roots = {path.split(".")[0] for path in goal.found} | {root for root in ("space", "objectives") if spec.get(root)}
    if "objectives" not in roots:
        return "the goal does not say what is wanted: write it like: maximise yield (%)"
    if "space" not in roots:
        return (
            "the goal does not say what can be changed: write it like: temperature 20 to 80 degC, solvent DMF or water"
        )
    return ""


def _missing(goal: _Goal, schema: Mapping[str, Any]) -> str:
    """Return what the lab cannot do without and the goal does not say."""
    lacking = [name for name in schema.get("required", ()) if f"lab.{name}" not in goal.found]
    says = [f"{name} ({schema['properties'][name].get('description', 'no description')})" for name in lacking]
    return f"the goal does not say {'; '.join(says)}" if says else ""


def _left_alone(goal: _Goal, spec: Mapping[str, Any], source: str) -> list[str]:
    """Return a line for each value that the lab's own campaign, or a table, gives because the goal does not."""
    lines = []
    for root, part in spec.items():
        leaves = part.items() if isinstance(part, Mapping) and root in ("space", "lab", "budget") else [("", part)]
        for name, value in leaves:
            path = f"{root}.{name}" if name else root
            touched = any(one == path or one.startswith(f"{path}.") for one in goal.found)
            if not touched and path != "lab.kind":
                lines.append(f"{path}: {_plain(value)}, {source}")
    return lines


# A number or a word that forbids: what no rule read of it must never be passed over, however plain its words are.
_RESTRICTION = re.compile(r"\d|\b(?:no|not|never|without|avoid|except|only|don't|unless)\b", re.IGNORECASE)


def _odd(goal: _Goal, facts: Mapping[str, Any]) -> list[str]:
    """Return a line for each phrase that no rule read and that does not merely speak of the lab."""
    about = " ".join([facts.get("summary", ""), *facts.get("notes", ())]).casefold()
    recipe = facts.get("recipe", {})
    known = LEADING | _SPEAKING if recipe else _PLAIN | frozenset(_WORD.findall(about))
    known |= LEADING if facts.get("by_hand") else frozenset()
    named = " ".join(name for part in ("inputs", "quantities", "places") for name in recipe.get(part, ()))
    known -= frozenset(_WORD.findall(named.casefold().replace("_", " ")))  # what was not read of these is named
    phrases = [" ".join(part.split()) for part in re.split(r"[\n,;]|\.(?=\s|$)|\band\b", goal.text)]
    return [
        phrase
        for phrase in phrases
        if any(word not in known for word in _WORD.findall(phrase.casefold())) or _RESTRICTION.search(phrase)
    ]


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _nested(found: Mapping[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for path, value in found.items():
        *parents, last = path.split(".")
        inner = spec
        for name in parents:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return spec
