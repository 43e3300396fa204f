"""The words that stop: read before any model is asked, and biased to false alarms.

A cry has the devices stand still at once: that is the safe direction, and a person takes the campaign up again. A plain
wish to pause pauses it at once, too: experiments under way are finished, no new one starts. Ending for good is never
done here, only proposed. Talk *about* stopping does nothing (:mod:`zosimos.agent.reading.reader` tells them apart).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from zosimos.agent.offline.slots import normalised
from zosimos.agent.reading.reader import CRYING, SURE, crying, guesses

_EXACT = {"/halt": "halt", "/stop": "halt", "/pause": "pause", "/abort": "pause"}
_ENDS = re.compile(r"\b(?:abort\w*|terminate\w*|kill\w*|end (?:it|the campaign|everything)|for good|shut ?down)\b")
_BREAKS_OFF = re.compile(
    r"\b(?:no|oh|argh?|sh[io]t|fuck|damn|crap)\W{1,3}(?:no\W{1,3})?wait\b|\bwait\W{1,3}no\b|\boh\W{1,3}no\b",
    re.IGNORECASE,
)
_PLAINLY = 0.9
_NEAR = frozenset({"abort", "pause", "resume", "clarify"})  # what a cry may be taken for


@dataclass(frozen=True)
class Alarm:
    """What a person's own words call for at once, and whether they wish the campaign to end for good."""

    act: Literal["halt", "pause"]
    ends: bool = False

    @property
    def intent(self) -> str:
        """What was asked."""
        return "abort" if self.ends else "pause"


def alarm(text: str) -> Alarm | None:
    """Return what a person's own words call for at once, if they do.

    >>> alarm("STOP!"), alarm("abort now"), alarm("/pause"), alarm("/undo the pause"), alarm("what if I say stop?")
    (Alarm(act='halt', ends=False), Alarm(act='halt', ends=True), Alarm(act='pause', ends=False), None, None)
    """
    if text.lstrip().startswith("/"):
        name = text.split(maxsplit=1)[0]  # of an exact command, its name counts and not the reason after it
        act = _EXACT.get(normalised(name).casefold())
        if act is None:
            return None
        return Alarm("halt" if act == "halt" else "pause", ends=normalised(name).casefold() == "/abort")
    plain = normalised(text)
    best = guesses(plain)[0]
    plainly_else = best.probability >= _PLAINLY and best.intent not in _NEAR
    if (crying(plain) >= CRYING and not plainly_else) or _broken_off(plain):
        return Alarm("halt", ends=bool(_ENDS.search(plain.casefold())))
    return Alarm("pause") if best.intent == "pause" and best.probability >= SURE else None


def _broken_off(plain: str) -> bool:
    """Say whether somebody breaks off what they were asking for to cry, as in *fit that, no wait HALT*."""
    breaks = [found.end() for found in _BREAKS_OFF.finditer(plain) if found.start() > 0]
    return bool(breaks) and crying(plain[breaks[-1] :].strip(" ,.:;-\u2013\u2014")) >= CRYING
