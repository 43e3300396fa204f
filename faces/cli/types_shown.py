"""Help without types of Python: what may be given stands there in words; of types only lists of choices are told.

typer writes ``<bool>`` beside each switch and ``<str>`` beside each name. It offers no setting for that.
"""

from __future__ import annotations

from typing import Any


def without_types(command: Any) -> Any:
    """Return a command of typer's whose help, and that of all commands within it, names no types."""
    for parameter in command.params:
        _in_words(parameter)
    own = command.get_help_option
    vars(command)["get_help_option"] = lambda ctx: _in_words(own(ctx))
    for inner in getattr(command, "commands", {}).values():
        without_types(inner)
    return command


def _in_words(parameter: Any) -> Any:
    """Leave the type of an argument or option out of its help, unless it lists what there is to choose from."""
    told = getattr(parameter, "display_type_rich", None)
    if told is None:  # no such option, or another version of typer
        return parameter

    def choices(ctx: Any) -> str | None:
        shown = told(ctx)
        return None if shown is None or (shown.startswith("<") and "|" not in shown) else str(shown)

    vars(parameter)["display_type_rich"] = choices
    return parameter
