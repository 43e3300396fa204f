"""Streamed: the text of an answer while it still comes in, for whoever shows it.

The answer itself is read when it is complete; what is told here may be begun again, where a request is repeated or
another model is asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from zosimos.agent.models.answers import delta_text

_MOST = 50_000  # characters; what follows is told with the whole answer only


class Streamed:
    r"""Tells the text that the events of a stream add up to, whenever another line of it is there.

    Args:
        tell: told all of the text so far.
        hidden: what is taken out of it (a server may repeat the key that it was sent).

    >>> told = []
    >>> stream = Streamed(told.append)
    >>> stream.take(b'data: {"choices": [{"delta": {"content": "One.\\nTwo"}}]}\n\ndata: {"cho')
    >>> told
    ['One.\nTwo']
    """

    def __init__(self, tell: Callable[[str], None], hidden: str = "") -> None:
        self._tell = tell
        self._hidden = hidden
        self._rest = b""
        self._text = ""

    def take(self, part: bytes) -> None:
        """Take the next bytes of the answer's body."""
        if len(self._text) > _MOST:
            return
        *lines, self._rest = (self._rest + part).split(b"\n")
        new = "".join(text for line in lines for text in _texts(line))
        self._text += new
        if "\n" in new:
            self._tell(self._text.replace(self._hidden, "***") if self._hidden else self._text)


def _texts(line: bytes) -> Iterator[str]:
    """Yield the text of one event of a stream, if that is what a line is."""
    if line.startswith(b"data:"):
        try:
            event = json.loads(line.removeprefix(b"data:"))
        except (ValueError, RecursionError):
            return
        yield delta_text(event)
