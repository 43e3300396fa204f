"""What is wrong with a command line, in plain words: never those of the package that checks its values."""

from __future__ import annotations

import re

_RULES = (
    (r"^Invalid value for (.+?): Input should be a valid integer.*", r"\1 takes a whole number, such as 4"),
    (r"^Invalid value for (.+?): Input should be a valid number.*", r"\1 takes a number, such as 0.5"),
    (r"^Invalid value for (.+?): Input should be a finite number.*", r"\1 takes a finite number"),
    (r"^Invalid value for (.+?): Input should be greater than or equal to (.+)", r"\1 must be at least \2"),
    (r"^Invalid value for (.+?): Input should be greater than (.+)", r"\1 must be above \2"),
    (r"^Invalid value for (.+?): Input should be less than or equal to (.+)", r"\1 must be at most \2"),
    (r"^Invalid value for (.+?): Input should be less than (.+)", r"\1 must be below \2"),
    (r"^Invalid value for (.+?): Input should be (.+)", r"\1 takes \2"),
    (r"^Invalid value for (.+?): Value error, (.+?)\.?$", r"\1: \2"),
    (r"^Got unexpected extra arguments?\(?s?\)? \((.+)\)$", r"more was given than the command takes: \1"),
)


def in_words(message: str) -> str:
    """Return a usage error in plain words; what already is plain stays as it is.

    >>> in_words("Invalid value for '-n' / '--count': Input should be greater than or equal to 1")
    "'-n' / '--count' must be at least 1"
    >>> in_words("Missing argument 'FILE'.")
    "Missing argument 'FILE'."
    """
    for pattern, words in _RULES:
        if re.match(pattern, message):
            return re.sub(pattern, words, message)
    return message
