"""The words that stop: read before any model is asked, and biased to false alarms.

To pause is the safe direction: experiments under way are finished, no new one starts, and one command goes on. So a
sentence that merely contains such a word pauses too.
"""

from __future__ import annotations

import re
from typing import Literal

from zosimos.agent.offline.slots import normalised

_ABORT = re.compile(r"\b(?:abort\w*|e-?stop|emergency|kill|shut ?down|terminate)\b")
_STOP = re.compile(
    r"\b(?:stop\w*|halt\w*|paus(?:e|ed|ing)|freeze|cease|hold (?:on|it|everything)|quit|alto|arr[eê]te\w*|стоп)\b|停"
)


def alarm(text: str) -> Literal["abort", "pause"] | None:
    """Return what a person's own words call for at once, if they do.

    >>> alarm("STOP!"), alarm("abort now"), alarm("go on"), alarm("/pause"), alarm("/undo the pause")
    ('pause', 'abort', None, 'pause', None)
    """
    if text.lstrip().startswith("/"):
        text = text.split(maxsplit=1)[0]  # of an exact command, its name counts and not the reason after it
    folded = normalised(text).casefold()
    if _ABORT.search(folded):
        return "abort"
    return "pause" if _STOP.search(folded) else None
