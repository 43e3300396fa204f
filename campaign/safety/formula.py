"""Molecular formulas in any order, brought to one: Hill's (1900), carbon first, then hydrogen, then by the alphabet.

Groups in brackets and the water of hydrates are understood; that water is left out, and so is a charge.
"""

from __future__ import annotations

import re
from collections import Counter

from zosimos.campaign.safety.spelling import plain

_SYMBOLS = frozenset(
    re.findall(
        "[A-Z][a-z]?",
        "HHeLiBeBCNOFNeNaMgAlSiPSClArKCaScTiVCrMnFeCoNiCuZnGaGeAsSeBrKrRbSrYZrNbMoTcRuRhPdAgCdInSnSbTeIXeCsBa"
        "LaCePrNdPmSmEuGdTbDyHoErTmYbLuHfTaWReOsIrPtAuHgTlPbBiPoAtRnFrRaAcThPaUNpPuAmCmBkCfEsFmMdNoLr",
    )
)
_TOKEN = re.compile(r"(?P<symbol>[A-Z][a-z]?)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<count>\d+)")
_DOTS = re.compile(r"\s*[·•⋅∙*.]\s*(?=\d*\s*[A-Z(])")
_CHARGE = re.compile(r"(?:\^?\d*[+-]+|\^\d+)$")
_COEFFICIENT = re.compile(r"^\d+\s*")
_WATER = Counter({"H": 2, "O": 1})
_LONGEST = 120
_MOST = 100_000


def composition(text: str) -> dict[str, int] | None:
    """Return how many atoms of each element a formula has; None if it is no formula.

    >>> composition("CuSO4·5H2O")
    {'Cu': 1, 'S': 1, 'O': 4}
    >>> composition("Ca(OH)2"), composition("water")
    ({'Ca': 1, 'O': 2, 'H': 2}, None)
    """
    text = _CHARGE.sub("", plain(text))
    if not text or len(text) > _LONGEST or any(sign.isspace() for sign in text):
        return None
    parts: list[Counter[str]] = []
    for written in _DOTS.split(text):
        part = _COEFFICIENT.sub("", written) if parts else written
        counted = _counted(part)
        if counted is None:
            return None
        parts.append(counted)
    dry = [part for part in parts if part != _WATER] or parts[:1]
    total: Counter[str] = Counter()
    for part in dry:
        total += part
    return dict(total)


def hill(text: str) -> str | None:
    """Return a formula in Hill's order; None if the text is none.

    >>> hill("FPO2C4H10"), hill("ClNa"), hill("(CH3)2SO"), hill("acetone")
    ('C4H10FO2P', 'ClNa', 'C2H6OS', None)
    """
    found = composition(text)
    if not found:
        return None
    first = [symbol for symbol in ("C", "H") if symbol in found and "C" in found]
    order = [*first, *sorted(symbol for symbol in found if symbol not in first)]
    return "".join(f"{symbol}{found[symbol] if found[symbol] > 1 else ''}" for symbol in order)


def _counted(text: str) -> Counter[str] | None:
    """Return the atoms of a formula without dots; None if it is none."""
    stack: list[Counter[str]] = [Counter()]
    last: Counter[str] = Counter()  # what a count that comes next multiplies
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            return None
        place, what, written = found.end(), found.lastgroup, found.group()
        if what == "count":
            times = int(written[:7])
            if not last or not 0 < times < _MOST:
                return None
            last = Counter({symbol: count * times for symbol, count in last.items()})
        stack[-1] += last
        last = Counter()
        if what == "open":
            stack.append(Counter())
        elif what == "close":
            if len(stack) == 1:
                return None
            last = stack.pop()
        elif what == "symbol":
            if written not in _SYMBOLS:
                return None
            last[written] = 1
    stack[-1] += last
    return stack[0] if len(stack) == 1 and stack[0] else None
