"""Amounts: how many experiments a sentence asks for, given how many there are now."""

from __future__ import annotations

import re

from zosimos.agent.offline.slots import count

EXPERIMENT = re.compile(
    r"\be(?P<id>\d{3,6})\b"
    r"|\b(?:experiments?|exp|runs?|number|nr|no(?=[.#])|samples?)\.?\s?#?(?P<number>\d{1,6})\b"
    r"(?![.,]\d)(?!\s*(?:more|times|at (?:a|one) time|replicates?|in parallel|experiments?|runs?))"
    r"(?!\s*(?:[mu]?[lgs]\b|k?[mn]?mol|deg|°|[ckfh]\b|%|min|hour|day))"
    r"|#(?P<mark>\d{1,6})\b",
    re.IGNORECASE,
)
"""How experiments are named."""

_MORE = re.compile(r"\b(?:more|extra|additional|another|further|add|plus|on top)\b|\+")
_FEWER = re.compile(r"\b(?:fewer|less|minus|take off)\b")
_RAISED = re.compile(r"\b(?:rais|increas|extend|add|grow|lengthen|enlarg)")
_LOWERED = re.compile(r"\b(?:reduc|cut|lower|decreas|shrink|shorten|drop|fewer|less)")
_AT_MOST = re.compile(r"\b(?:no|not) more than\b|\bat most\b|\bup to\b|\bmax(?:imum)?\b|\bno fewer than\b|\bat least\b")
_OTHER_UNIT = re.compile(
    r"\d\s*(?:(?:more|extra|additional|further)\s+)?"
    r"(?:€|\$|euros?|eur|usd|dollars?|pounds?|bucks|days?|weeks?|months?|hours?|hrs?|h|min(?:ute)?s?|s|m?l|k?g|mg|%)(?!\w)"
    r"|[€$£]\s*\d"
)
_DOUBLE, _HALF = re.compile(r"\b(?:double|twice)\b"), re.compile(r"\b(?:half|halve)\b")


def amount(text: str, now: int) -> int | None:
    """Return the whole number that a sentence asks for, given the one that holds; None: it says none, or several.

    >>> amount("10 more", 25), amount("raise it to 40", 25), amount("halve it", 25), amount("add 3 mL", 25)
    (35, 40, 12, None)
    """
    folded = text.casefold()
    if _OTHER_UNIT.search(folded):
        return None
    if now and _DOUBLE.search(folded):
        return 2 * now
    if now and _HALF.search(folded):
        return max(1, now // 2)
    plain = EXPERIMENT.sub(" ", folded)
    words = [count(word) for word in re.findall(r"[a-z]+|\d+", plain) if word not in ("one", "s")]
    numbers = list(dict.fromkeys(number for number in words if number is not None))
    if len(numbers) == 2 and now in numbers:
        numbers.remove(now)
    if len(numbers) != 1:
        return None
    (number,) = numbers
    raised, lowered = bool(_RAISED.search(folded)), bool(_LOWERED.search(folded))
    if _AT_MOST.search(folded):
        return number
    if re.search(rf"\bby {number}\b", folded) and raised == lowered:
        return None
    if _FEWER.search(folded) or (lowered and re.search(rf"\bby {number}\b", folded)):
        return now - number if now > number else None
    if now and (_MORE.search(folded) or (raised and re.search(rf"\bby {number}\b", folded))):
        return now + number
    return None if now and ((raised and number <= now) or (lowered and number >= now)) else number
