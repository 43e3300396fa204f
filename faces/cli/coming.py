"""Coming: a model's answer on the screen, each line of it printed as soon as it may be."""

from __future__ import annotations

from zosimos.faces.cli import screen


class Coming:
    """An answer that comes in."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def show(self, text: str) -> None:
        """Print the lines of an answer that are not there yet; all of them where it is not the one that had begun.

        Args:
            text: the answer, or its beginning, as it may be shown.
        """
        from zosimos.agent.quotation import quoted

        lines = quoted(text, width=screen.console().width)
        known = len(self._lines)
        if lines[:known] != self._lines:
            screen.notice("... begins again")
            known = 0
        screen.say(*lines[known:])
        self._lines = lines
