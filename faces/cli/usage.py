"""What is wrong with a command line, in plain words: never those of the package that checks its values."""

from __future__ import annotations

import re

MEANT = {
    **dict.fromkeys(("history", "log", "events", "changes"), "show ID --events"),
    **dict.fromkeys(("import", "add", "enter", "record", "results", "observe", "read", "load"), "tell ID TABLE"),
    **dict.fromkeys(("suggest", "propose", "recommend", "next", "trial", "generate"), "ask FILE"),
    **dict.fromkeys(("delete", "remove", "discard"), "retract ID EXPERIMENT (a result) or drop (a proposal)"),
    **dict.fromkeys(("edit", "change", "set", "update", "modify"), "correct ID EXPERIMENT (a result) or steer ID"),
    **dict.fromkeys(("init", "create", "start", "begin", "template"), "new (a file), then ask FILE"),
    **dict.fromkeys(("best", "progress", "state", "info", "summary"), "status ID"),
    **dict.fromkeys(("undo", "revert"), "correct, retract, drop or steer, with --undo"),
    **dict.fromkeys(("check", "test", "lint"), "validate FILE"),
    **dict.fromkeys(
        ("stop", "estop", "emergency"), "halt ID (devices stand still now) or pause ID (what is under way ends first)"
    ),
    **dict.fromkeys(("end", "finish", "close", "quit", "kill"), "pause ID or abort ID"),
    **dict.fromkeys(("figure", "draw", "chart", "graph"), "plot ID KIND"),
    **dict.fromkeys(("anova", "analyse", "analyze", "analysis", "fit"), "effects ID or explain ID"),
    **dict.fromkeys(("predict", "model", "importance", "importances"), "explain ID"),
    **dict.fromkeys(("save", "download", "dump"), "export ID"),
    **dict.fromkeys(("transfer", "migrate"), "carry-over OLD FILE"),
    **dict.fromkeys(("doe", "factorial"), "design KIND"),
    **dict.fromkeys(("ls", "campaigns"), "list"),
}
"""What words of other tools are here."""

_UNKNOWN = re.compile(r"^No such command '(?P<word>[^']*)'")
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
    >>> in_words("No such command 'history'.")
    "there is no command 'history'; perhaps: zosimos show ID --events"
    """
    unknown = _UNKNOWN.match(message)
    if unknown and (meant := MEANT.get(unknown["word"].casefold())):
        return f"there is no command {unknown['word']!r}; perhaps: zosimos {meant}"
    for pattern, words in _RULES:
        if re.match(pattern, message):
            return re.sub(pattern, words, message)
    return message
