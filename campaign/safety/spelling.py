"""Spelling: a name of a substance however it is written, brought to one form.

Case, spaces, hyphens and brackets do not tell substances apart; letters of other alphabets that look like Latin ones,
subscripts and invisible characters hide one. British and American spellings are one.
"""

from __future__ import annotations

import re
import unicodedata

_LOOKALIKES = str.maketrans(
    "аеорсхуіѕјкнвмтԁɡАЕОРСХУІЅЈКНВМТοορνυιΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcxyisjkhbmtdgAEOPCXYISJKHBMToopvuiABEZHIKMNOPTYX",
)
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ω": "omega"}
_GREEK_PREFIX = re.compile("([αβγδω])(?=[-‐–])")
_SAME = (
    ("sulph", "sulf"),
    ("aluminium", "aluminum"),
    ("caesium", "cesium"),
)
_NO_NAME = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """Return a text in Latin letters and plain digits, its case and spaces as they are.

    >>> plain("K₂CO₃"), plain("ѕаrіn"), plain("α-pinene")
    ('K2CO3', 'sarin', 'alpha-pinene')
    """
    text = _GREEK_PREFIX.sub(lambda found: _GREEK[found.group()], unicodedata.normalize("NFKC", text))
    text = unicodedata.normalize("NFKD", text.translate(_LOOKALIKES))
    shown = (sign for sign in text if unicodedata.category(sign) not in ("Mn", "Cf"))
    return "".join("-" if sign in "‐‑‒–—−" else sign for sign in shown).strip()


def key(text: str) -> str:
    """Return what two spellings of one name have in common: small letters and digits.

    >>> key("tert-Butyl Lithium") == key("tert-butyllithium"), key("Sulphuric acid")
    (True, 'sulfuricacid')
    """
    small = plain(text).casefold()
    for british, american in _SAME:
        small = small.replace(british, american)
    return _NO_NAME.sub("", small)


def alike(one: str, other: str) -> bool:
    """Say whether two keys differ by one character that is wrong, missing, too many, or changed round with the next.

    >>> alike("sarrin", "sarin"), alike("sarni", "sarin"), alike("serine", "sarin")
    (True, True, False)
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return one == other
    if len(one) > len(other):
        one, other = other, one
    place = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[place:] == other[place + 1 :]
    swapped = one[:place] + one[place : place + 2][::-1] + one[place + 2 :]
    return one[place + 1 :] == other[place + 1 :] or swapped == other
