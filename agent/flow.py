"""Flow: an answer is shown while it comes in, in lines that have been held against the record like the whole of it.

What stands in a line is judged by that line and those before it, so lines that are complete can be shown before the
answer is. The last line, thoughts, and whatever might be a call written as text wait until all of it is there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from zosimos.agent.models.calls import without_thoughts

_MAYBE_A_CALL = re.compile(r"\{|```|<[/|a-zA-Z]|\[\s*[{\[\"]|\[/?TOOL", re.IGNORECASE)
_MORE = 1.1  # of what was shown: all of an answer is judged each time, which should not be done for every line of many


class Flow:
    """Shows an answer line by line.

    Args:
        judge: returns the beginning of an answer as it may be shown, disarmed and held against the record.
        show: told all that may be shown up to now, each time that it is more.
    """

    def __init__(self, judge: Callable[[str], str], show: Callable[[str], None]) -> None:
        self._judge = judge
        self._show = show
        self._lock = threading.Lock()
        self._shown = ""
        self._open = True

    def hear(self, text: str) -> None:
        """Take the text of an answer as it is up to now."""
        ready = settled(without_thoughts(text))
        with self._lock:
            begun_again = not ready.startswith(self._shown)
            if not self._open or not ready or not (begun_again or len(ready) > _MORE * len(self._shown)):
                return
            try:
                self._show(self._judge(ready))
            except Exception:  # noqa: BLE001 - it was only a help: the whole answer is judged and shown at the end
                self._open = False
            self._shown = ready

    def close(self) -> None:
        """Show nothing more, also of an answer that still comes in."""
        with self._lock:
            self._open = False


def settled(text: str) -> str:
    r"""Return the lines at the beginning of an unfinished answer that nothing which follows can change.

    >>> settled("e0007 is best.\nIt gave"), settled("It is best,\nas e0007"), settled("One.\n\nTwo.")
    ('e0007 is best.', '', 'One.\n')
    >>> settled('I look.\n{"name": "status"}\nSo')
    ''
    """
    call = _MAYBE_A_CALL.search(text)
    *lines, unfinished = (text if call is None else text[: call.start()]).split("\n")
    after = unfinished.lstrip()[:1] or "a"  # it may become anything
    while lines and after.islower():  # it goes on with the sentence of the line before
        after = lines.pop().lstrip()[:1]
    return "\n".join(lines)
