"""What is wrong with a value of a file, in plain words: never those of the package that checks it.

pydantic says "input should be a valid dictionary" and means that names with values belong there. Each kind of its
errors (https://docs.pydantic.dev/latest/errors/validation_errors) has words of ours here, and one that has none is told
by what the field accepts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.core.nearest import did_you_mean

_TEXT, _WHOLE, _NUMBER = "a text", "a whole number", "a number"
_NEEDED = {
    "dict_type": "'name: value' lines",
    "mapping_type": "'name: value' lines",
    "model_type": "'name: value' lines",
    "model_attributes_type": "'name: value' lines",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_type": _TEXT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": "a smaller whole number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "a finite number",
    "bool_type": "yes or no",
    "bool_parsing": "yes or no",
}
_ALLOWED = {
    "a list": "a list in square brackets, such as [first, second]",
    _WHOLE: "a whole number, such as 20",
    _NUMBER: "a number, such as 0.25",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "below"),
}
_PLAIN = 1e15  # whole numbers below are written without a point or a power
_LONG = 60  # characters of a value that a sentence still holds


def as_written(value: object) -> str:
    """Return a value as a person would write it in a file.

    >>> as_written({"min": 1, "log": True}), as_written([1.5, None])
    ('{min: 1, log: yes}', '[1.5, ]')
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < _PLAIN:
            return str(int(value))
        case Mapping():
            return "{" + ", ".join(f"{as_written(name)}: {as_written(item)}" for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(as_written, value)) + "]"
        case _:
            return str(value)


def place_of(loc: Sequence[str | int]) -> str:
    """Return the place of a value in words.

    >>> place_of(("space", "solvent", "choices", 0))
    'space.solvent.choices, entry 1'
    """
    text = ""
    for part in loc:
        text += f", entry {part + 1}" if isinstance(part, int) and text else f".{part}" if text else str(part)
    return text or "the file"


def wrong(
    kind: str, value: object, context: Mapping[str, Any], fields: Sequence[str], said: str | None = None
) -> tuple[str, str | None, str]:
    """Return what is wrong with a value, what is allowed and how to mend it; what is not known is empty or None.

    Args:
        kind: of the error, as pydantic names it.
        value: what was written.
        context: what pydantic adds to the kind.
        fields: the names that may stand there, if names may.
        said: the word itself that stands for yes or no, where it is known.
    """
    if kind in _NEEDED:
        return _instead(_NEEDED[kind], value, fields, said)
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"must be {words} {context[key]}", f"{words} {context[key]}", ""
    match kind:
        case "literal_error" | "enum":
            allowed = str(context["expected"]).replace("'", "")
            known = allowed.replace(" or ", ", ").split(", ")
            if value is None:
                return "nothing is written there", f"one of {allowed}", ""
            if isinstance(value, bool) and said in known:
                return f"{said} is not a text unless it is quoted", f"one of {allowed}", f'put it in quotes: "{said}"'
            return f"{said or _short(value)} is not one of its words", f"one of {allowed}", _meant(value, known)
        case "string_too_short":
            return "is empty", None, "write something there"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters", None, "shorten it"
        case "too_short":
            return f"needs {context['min_length']} or more", f"{context['min_length']} or more", ""
        case "too_long":
            return f"has more than {context['max_length']}", f"{context['max_length']} at most", ""
        case "string_pattern_mismatch":
            return "has characters that may not stand there, or lacks some", None, ""
        case _:
            return "does not belong there", None, ""


def wrong_name(value: object) -> tuple[str, str]:
    """Return what is wrong with a name that is no text, and how to mend it."""
    if value is None:
        return "a name is missing before a colon", "write the name, or take the colon away"
    if isinstance(value, bool):
        told = "yes, no, on, off, true and false are not texts unless they are quoted"
        return told, 'put the name in quotes, such as "yes":'
    return (
        f"{value} stands where a name belongs",
        "a comma within { } begins the next entry: decimals have a point (1.5, not 1,5), ranges are written as "
        f'min and max; a name that is a number is put in quotes, "{value}":',
    )


def run_together(name: str) -> str:
    """Return how to mend an entry of which nothing but the name was read; empty if nothing is to be seen.

    >>> run_together("experiments:20")
    'put a space after the colon: experiments: 20'
    """
    before, colon, after = name.partition(":")
    if colon:
        return f"put a space after the colon: {before}: {after}"
    return "a comma within { } begins the next entry: a list stands in square brackets, [first, second]"


def _instead(needed: str, value: object, fields: Sequence[str], said: str | None) -> tuple[str, str | None, str]:
    allowed = _ALLOWED.get(needed)
    if needed.startswith("'name") and fields:
        allowed = f"'name: value' lines of {', '.join(fields)}"
    if value is None:
        return "nothing is written there", allowed or needed, ""
    hint = ""
    if needed == _TEXT and isinstance(value, bool | int | float):
        kind = "yes, no, on, off, true and false are" if isinstance(value, bool) else "a number is"
        allowed, hint = f"a text; {kind} one in quotes only", f'put it in quotes: "{said or as_written(value)}"'
    elif needed == "a list" and isinstance(value, str | int | float):
        hint = f"put it in square brackets: [{as_written(value)}]"
    elif isinstance(value, list) and len(value) == 1 and not needed.startswith("'name"):
        hint = f"leave the brackets out: {as_written(value[0])}"
    verb = "belong" if needed.endswith("lines") else "belongs"
    return f"{needed} {verb} there, not {said or _kind(value)}", allowed, hint


def _kind(value: object) -> str:
    """Return a value in words, or what it is if it is long."""
    match value:
        case Mapping():
            return "'name: value' lines"
        case list() | tuple():
            return "a list"
        case _:
            return _short(value)


def _short(value: object) -> str:
    text = as_written(value)
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def _meant(value: object, known: Sequence[str]) -> str:
    """Return the word that a longer or differently written one stands for, as a hint."""
    text = as_written(value).lower()
    if isinstance(value, bool):
        return ""
    begun = [word for word in known if text.startswith(word) or (text and word.startswith(text))]
    return f"did you mean {begun[0]!r}?" if len(begun) == 1 else did_you_mean(text, known, "")
