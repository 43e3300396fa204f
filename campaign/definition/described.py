"""Changes of a spec in words, as a person reads them before they say yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.definition.steer import Change
from zosimos.core.unit_signs import printed

_KINDS = {"space": "parameter", "objectives": "outcome", "measured": "quantity", "constants": "constant"}
_LONG = 120  # characters of a value that are shown


def described(change: Change) -> str:
    """Return a change in words.

    >>> described(Change("budget.experiments", 20, 30))
    'budget.experiments: 20 -> 30'
    >>> described(Change("space.salt", None, {"choices": ["none", "NaCl"], "default": "none"}))
    'new parameter salt: none, NaCl; before: none'
    >>> described(Change("objectives.purity.range", None, {"min": None, "max": 100.0}))
    'objectives.purity.range: none -> at most 100'
    >>> described(Change("objectives.mass.u_shared", "none", None))
    'objectives.mass.u_shared: none -> not said'
    >>> described(Change("objectives.cost", {"goal": "min"}, None))
    'outcome cost left out'
    >>> described(Change("constraints", ["T == 50"], ["T == 50", "a <= 1"]))
    "constraints: new 'a <= 1'"
    >>> old, new = ({"type": "simplex", "of": of, "total": 1.0} for of in (["a", "b"], ["a", "b", "c"]))
    >>> described(Change("constraints", [old], [new]))
    'constraints: new a + b + c = 1, without a + b = 1'
    """
    root, _, name = change.path.partition(".")
    stays = name.endswith((".range", ".transform", ".u_shared"))  # of an outcome that is there before and after
    kind = None if stays else _KINDS.get(root)
    if kind and change.old is None and isinstance(change.new, Mapping) and name:
        return f"new {kind} {name}: {_summary(change.new)}"
    if kind and change.new is None and isinstance(change.old, Mapping) and name:
        return f"{kind} {name} left out"
    if _listed(change.old) and _listed(change.new):
        new = [f"new {_shown(item)}" for item in change.new if item not in change.old]
        gone = [f"without {_shown(item)}" for item in change.old if item not in change.new]
        return f"{change.path}: {', '.join([*new, *gone]) or 'in another order'}"
    if name.endswith(".u_shared"):  # none is one of the words that it may say
        before, after = ("not said" if part is None else _shown(part) for part in (change.old, change.new))
        return f"{change.path}: {before} -> {after}"
    return f"{change.path}: {_shown(change.old)} -> {_shown(change.new)}"


def parameter(part: Mapping[str, Any]) -> str:
    """Return in words what a parameter may be.

    >>> parameter({"type": "continuous", "min": 40.0, "max": 120.0, "unit": "degC", "rounding": 0.1})
    '40 to 120 °C, proposed in steps of 0.1'
    >>> parameter({"type": "integer", "min": 1, "max": 5})
    'whole numbers, 1 to 5'
    >>> parameter({"choices": ["THF", "DMF"], "default": "THF"})
    'THF, DMF; before: THF'
    """
    whole = "whole numbers, " if part.get("type") == "integer" else ""
    steps = (("step", "in steps of"), ("rounding", "proposed in steps of"))
    more = [f"{words} {float(part[name]):g}" for name, words in steps if part.get(name) is not None]
    more += [f"proposed to {part['digits']} digits"] if part.get("digits") else []
    more += ["on a log scale"] if part.get("log") else []
    return ", ".join([whole + _summary(part), *more])


def rule(part: str | Mapping[str, Any]) -> str:
    """Return a constraint in words."""
    return part if isinstance(part, str) else _shown(part)


def _summary(part: Mapping[str, Any]) -> str:
    if "goal" in part:
        words = {"max": "as high", "min": "as low", "target": "as near to its target"}
        target = "" if part.get("target") is None else f" of {part['target']:g}"
        unit = printed(part.get("unit") or "")
        if part["goal"] == "target":
            return f"{words['target']}{target} {unit}".rstrip() + " as possible"
        return f"{words.get(part['goal'], part['goal'])} as possible {unit}".rstrip()
    unit = printed(part.get("unit") or "")
    values = part.get("choices") or part.get("levels")
    if values:
        text = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
    elif "min" in part and "max" in part:
        text = f"{part['min']:g} to {part['max']:g}"
    else:
        text = _shown(dict(part))
    before = part.get("default")
    return f"{text} {unit}".rstrip() + ("" if before is None else f"; before: {_shown(before)}")


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _constraint(part: Mapping[str, Any]) -> str:
    """Return a constraint that is written as a mapping in words, as far as it says something."""
    if part.get("type") == "simplex":
        return f"{' + '.join(part['of'])} = {part['total']:g}"
    said = (f"{name} {_shown(value)}" for name, value in part.items() if value not in (None, 0, {}) and name != "type")
    return f"{part.get('type', '')} ({', '.join(said)})"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and value.get("type") in ("simplex", "linear", "cardinality"):
        return _constraint(value)
    if isinstance(value, Mapping) and value.keys() == {"min", "max"}:
        low, high = (None if value[side] is None else f"{value[side]:g}" for side in ("min", "max"))
        return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    text = "none" if value is None else f"{value:g}" if isinstance(value, float) else value
    text = text if isinstance(value, int | float) or value is None or isinstance(value, str) else repr(value)
    words = repr(value) if isinstance(value, str) and " " in value else str(text)
    return words if len(words) <= _LONG else f"{words[:_LONG]}..."
