"""Composing: replies made of templates, true of a scene, and the same with one thing in them made false."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from replies.scenes import Scene

_SLOT = re.compile(r"\{(\w+)(?::([\w,]+))?\}")
_SUPERLATIVE = re.compile(r"\b(?:best|top|front-runner|meilleure|mejor|beste)\b", re.IGNORECASE)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = frozenset({"y", "yu", "p", "q", "pc", "d", "n", "w", "pct", "max", "min", "avg"})
_FACTORS = (0.5, 0.8, 0.9, 0.95, 1.05, 1.1, 1.3, 2.0, 10.0)
_MOST = {"min": "lowest", "max": "highest"}

How = Literal["number", "owner", "invented", "swapped", "superlative", "deed"]
HOWS: tuple[How, ...] = ("number", "owner", "invented", "swapped", "superlative", "deed")


@dataclass(frozen=True)
class Made:
    """A reply, where its false part begins and ends (0, 0: all is true), how that was made, and of which template."""

    text: str
    start: int = 0
    end: int = 0
    how: str = ""
    template: str = ""
    filed: bool = False


class Composer:
    """Makes replies about a scene.

    Args:
        scene: what they are about.
        draw: draws what is chosen.
    """

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        self._scene, self._draw = scene, draw
        ranked = scene.ranked()
        named = draw.sample(ranked[1:-1], 3)
        self.roles = {"best": ranked[0], "worst": ranked[-1], "A": named[0], "B": named[1], "C": named[2]}
        self.roles["last"] = max(ranked)
        self.roles["next"] = f"e{len(scene.state.experiments) + 1:04d}"
        first, second = draw.sample(list(scene.parameters), 2)
        self.names = {"P": first, "Q": second, "Y": draw.choice(list(scene.spellings))}
        self._decimals = draw.choice((1, 2))

    def filled(self, template: str, changed: int = -1, how: str = "") -> tuple[str, bool]:
        """Return a template with its slots filled, the one at a place made false, and whether that changed the text."""
        slots = list(_SLOT.finditer(template))
        made, done, differs = [], 0, False
        for place, slot in enumerate(slots):
            right = self._slot(slot[1], slot[2] or "", self.roles)
            said = right
            if place == changed:
                said = self._wrong(slot[1], slot[2] or "", right, how)
                differs = said != right
            made += [template[done : slot.start()], said]
            done = slot.end()
        return "".join([*made, template[done:]]), differs

    def worse(self, template: str) -> tuple[str, bool]:
        """Return a template in which another experiment, with its own numbers, is said to be the best."""
        roles = dict(self.roles)
        self.roles = {**roles, "best": roles["C"]}
        said, _ = self.filled(template)
        self.roles = roles
        return said, True

    def new_bound(self) -> tuple[str, float]:
        """Return the parameter of interest and a new upper bound of it."""
        part = self._scene.state.spec.space[self.names["P"]]
        low, high = float(getattr(part, "min", 0.0)), float(getattr(part, "max", 1.0))
        return self.names["P"], round(low + 0.62 * (high - low), 2)

    def _wrong(self, kind: str, of: str, right: str, how: str) -> str:
        if how == "owner":
            others = [name for name in self._scene.ranked() if name not in self.roles.values()]
            return self._slot(kind, of, {**self.roles, of: self._draw.choice(others)})
        if how == "invented":
            return f"e{self._draw.randint(40, 900):04d}"
        if how == "swapped":
            others = [name for name in self._scene.ranked() if name not in self.roles.values()]
            return self._draw.choice(others)
        if kind == "w":
            return self._draw.choice([word for word in _WORDS[2:] if word != right])
        number = re.search(r"\d+(?:\.(\d+))?", right)
        if number is None:
            return right
        if kind == "n":
            changed = str(max(0, int(number[0]) + self._draw.choice((-3, -2, -1, 1, 2, 3, 10))))
        else:
            decimals = len(number[1] or "")
            changed = f"{float(number[0]) * self._draw.choice(_FACTORS):.{decimals}f}"
        return right[: number.start()] + changed + right[number.end() :]

    def _slot(self, kind: str, of: str, roles: dict[str, str]) -> str:
        """Return what a slot says, of the experiments that play these roles."""
        if kind in self.names:
            return self.names[kind]
        if kind == "id":
            return roles[of]
        if kind in ("n", "w", "pct"):
            return self._count(kind, of)
        if kind in ("max", "min", "new", "most", "status", "more"):
            return self._of_campaign(kind)
        return self._of_experiment(kind, of, roles)

    def _count(self, kind: str, of: str) -> str:
        used, budget = self._scene.state.used, self._scene.state.spec.budget.experiments
        if kind == "pct":
            return f"{100 * used / budget:.0f} %"
        whole = {"used": used, "budget": budget, "left": budget - used, "measured": len(self._scene.ranked())}[of]
        return _WORDS[whole] if kind == "w" else str(whole)

    def _of_campaign(self, kind: str) -> str:
        spec, name = self._scene.state.spec, self.names["P"]
        match kind:
            case "most":
                return _MOST[spec.objectives[self._scene.outcome].goal]
            case "status":
                return self._scene.state.status
            case "more":
                return str(spec.budget.experiments + 10)
            case "new":
                return self._value(name, self.new_bound()[1])
            case _:
                return self._value(name, getattr(spec.space[name], kind))

    def _of_experiment(self, kind: str, of: str, roles: dict[str, str]) -> str:
        scene = self._scene
        if kind == "avg":
            return self._number(scene.mean())
        if kind == "d":
            one, other = (scene.outcome_of(roles[name]) for name in of.split(","))
            return self._number(abs(one - other))
        item = scene.state.experiments[roles[of]]
        if kind == "u":
            return f"{item.measurements[scene.outcome].uncertainty:.2g}"
        if kind in ("y", "yu"):
            unit = scene.unit if kind == "yu" else ""
            return f"{self._number(scene.outcome_of(item.id))} {unit}".rstrip()
        part = self.names["Q"] if kind == "q" else self.names["P"]
        value = float(str(item.values[part]))
        if kind == "pc" and part in scene.others:
            other, factor = scene.others[part]
            return f"{value * factor:.0f} {other}"
        return self._value(part, value)

    def _number(self, value: float) -> str:
        return f"{value:.{self._decimals}f}"

    def _value(self, name: str, value: object) -> str:
        unit = str(getattr(self._scene.state.spec.space[name], "unit", ""))
        return f"{float(str(value)):.3g} {unit}".rstrip()


def true_reply(scene: Scene, draw: random.Random, half: ModuleType) -> tuple[Made, Composer]:
    """Return a reply of one to four statements, all of them true, some of a proposal of this turn; and who made it."""
    templates = [*half.TRUE, *(half.RECORDED if scene.outcome == "yield" else ())]
    composer = Composer(scene, draw)
    chosen = draw.sample(templates, draw.randint(1, 4))
    with_proposal = draw.random() < 0.2
    parts = [composer.filled(one)[0] for one in chosen]
    if with_proposal:
        parts.append(composer.filled(draw.choice(half.FILED))[0])
    return Made(_joined(parts), template=" + ".join(chosen), filed=with_proposal), composer


def false_reply(scene: Scene, draw: random.Random, how: How, half: ModuleType) -> Made:
    """Return a reply of one to four statements of which one is false, in one way."""
    while True:
        composer = Composer(scene, draw)
        chosen = draw.choice(half.DEEDS if how == "deed" else half.TRUE)
        said = _falsified(composer, draw, chosen, how)
        if said is None:
            continue
        beside = [composer.filled(one)[0] for one in draw.sample(half.TRUE, draw.randint(0, 3)) if one != chosen]
        parts = [*beside, said]
        draw.shuffle(parts)
        text = _joined(parts)
        start = text.index(said)
        return Made(text, start, start + len(said), how, chosen)


def _falsified(composer: Composer, draw: random.Random, template: str, how: How) -> str | None:
    """Return a template with one thing made false; None where there is nothing to make false in this way."""
    slots = list(_SLOT.finditer(template))
    if how == "deed":
        return composer.filled(template)[0]
    if how == "superlative":
        return composer.worse(template)[0] if "{id:best}" in template and _superlative(template) else None
    of_experiment = ("y", "yu", "p", "q", "pc")
    places = {
        "number": [i for i, slot in enumerate(slots) if slot[1] in NUMBERS],
        "owner": [i for i, slot in enumerate(slots) if slot[1] in of_experiment and f"{{id:{slot[2]}}}" in template],
        "invented": [i for i, slot in enumerate(slots) if slot[1] == "id"],
        "swapped": [
            i
            for i, slot in enumerate(slots)
            if slot[1] == "id" and any(one[1] in of_experiment and one[2] == slot[2] for one in slots)
        ],
    }[how]
    if not places:
        return None
    said, differs = composer.filled(template, draw.choice(places), how)
    return said if differs and said != composer.filled(template)[0] else None


def _superlative(template: str) -> bool:
    """Say whether words of a template, not its slots alone, say that something is the best."""
    words = _SLOT.sub(lambda slot: "best" if slot[1] == "most" else "", template)
    return _SUPERLATIVE.search(words) is not None


def _joined(parts: Sequence[str]) -> str:
    """Return statements as one text: in lines of their own where one has several lines, else as sentences or lines."""
    apart = "\n\n" if any("\n" in part for part in parts) else " "
    return apart.join(part if part[-1] in ".!?|" or "\n" in part else f"{part}." for part in parts)
