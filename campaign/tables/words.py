"""Words: what people write in cells where there is no number, in English, German and as programs do.

A word that stands here must mean one thing only. All are compared without regard to case and double blanks.
"""

from __future__ import annotations

import re

MISSING = frozenset(
    (
        *("", "-", "--", "---", "–", "—", "−", "/", "?", "??", ".", "...", "…", "na", "n/a", "n.a.", "n.a", "n. a."),
        *(
            "#n/a",
            "#nv",
            "none",
            "null",
            "nil",
            "missing",
            "n.d.",
            "nd",
            "n.d",
            "n. d.",
            "k.a.",
            "k. a.",
            "n.b.",
        ),
        *("n. b.", "tbd", "t.b.d.", "tba", "pending", "open", "empty", "leer", "(empty)", "(leer)", "todo", "to do"),
        *("not measured", "not determined", "not available", "nicht gemessen", "nicht bestimmt", "ausstehend", "offen"),
    )
)
"""There is no outcome (yet)."""

NO = frozenset(
    (
        *("no", "n", "false", "0", "nein", "ok", "okay", "o.k.", "not failed", "falsch", "faux", "falso", "non"),
        *("success", "successful", "succeeded", "pass", "passed", "good", "fine", "done", "erfolgreich", "gelungen"),
        *("bestanden", "gut", "i.o.", "i. o.", "in ordnung", "いいえ"),
    )
)
"""It did not fail."""

YES = frozenset(
    (
        *("yes", "y", "true", "1", "x", "ja", "j", "failed", "fail", "wahr", "vrai", "vero", "verdadero", "oui", "sí"),
        *("n.i.o.", "nicht bestanden", "☒", "✗", "✘", "✔", "✓", "はい"),
    )
)
"""It failed."""

SUMMARIES = frozenset(
    (
        *("mean", "average", "avg", "median", "sum", "total", "subtotal", "sd", "std", "std dev", "stdev", "st dev"),
        *("standard deviation", "rsd", "cv", "min", "max", "minimum", "maximum", "range", "count", "n", "variance"),
        *("mittelwert", "mittel", "durchschnitt", "summe", "gesamt", "standardabweichung", "stabw", "anzahl"),
        *("moyenne", "somme", "écart-type", "media", "promedio", "suma", "somma", "平均", "合計", "標準偏差"),
    )
)
"""A line below the results that is worked out of them."""

BELOW = (
    *("<=", "=<", "<", "≤", "⩽", "below", "under", "less than", "smaller than", "at most"),
    *("unter", "weniger als", "kleiner als", "höchstens"),
)
ABOVE = (
    *(">=", "=>", ">", "≥", "⩾", "above", "over", "more than", "greater than", "larger than", "at least"),
    *("über", "mehr als", "größer als", "mindestens"),
)
"""Only a limit is known."""

UNDETECTED = re.compile(
    r"[<>]?\s*(?:lod|loq|lloq|bdl|bld|blq|udl|u\.\s?d\.\s?l\.|n\.\s?n\.|nn|nwg|nachweisgrenze|n\.\s?nachw\.|"
    r"not detected|below detection(?: limit)?|nicht nachweisbar|traces?|spuren)",
    re.IGNORECASE,
)
"""It was below what can be measured, which is a limit that is not said."""

ERRORS = frozenset(
    ("#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!", "#spill!", "#calc!", "#bezug!", "#wert!", "#zahl!")
)
"""Errors of formulas, as a spreadsheet program writes them into a text."""


def word(text: str) -> str:
    """Return a text as it stands in these lists.

    >>> word("  Std  Dev ") in SUMMARIES, word("FALSCH") in NO
    (True, True)
    """
    return " ".join(text.split()).casefold()
