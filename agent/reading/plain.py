"""Plain text: what somebody typed, without what hides it: look-alike letters, spaced or repeated ones, and digits.

Look-alikes are mapped only in words that are all Latin afterwards, so that words of other alphabets stay what they are.
The pairs are from Unicode's list of confusable characters (Unicode Technical Standard 39), as far as people type them.
"""

from __future__ import annotations

import re
import unicodedata

_FROM = "аеорсухкмтнвіѕјԁһԛԝгοαεικνρτυχ"
_TO = "aeopcyxkmthbisjdhqwroaeiknptux"
_ALIKE = str.maketrans(_FROM, _TO)
_DIGITS = str.maketrans("013457@$", "oieastas")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]){2,}[^\W\d_](?!\w)")
_BETWEEN = re.compile(r"[ .\-_*]")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_QUANTITY = re.compile(r"[\d.,]+\S*|[a-z]+\d+")
_FEW = 4  # letters of a text in capitals from which on it is shouted


def plain(text: str) -> str:
    """Return a text in small letters, and whether it was shouted as its last word.

    >>> plain("ST0P  it"), plain("S T O P!"), plain("ѕmоke"), plain("стоп"), plain("250 mL at 60C")
    ('stop it', 'stop! shouted', 'smoke', 'стоп', '250 ml at 60c')
    """
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Mn"))
    letters = [c for c in text if c.isalpha()]
    shouted = len(letters) >= _FEW and sum(c.isupper() for c in letters) > 0.7 * len(letters)
    text = " ".join(_word(word) for word in text.casefold().split())
    text = _SPACED.sub(lambda match: _BETWEEN.sub("", match[0]), text)
    return _REPEATED.sub(r"\1", text) + (" shouted" if shouted else "")


def _word(word: str) -> str:
    """Return a word in one alphabet, and with letters for digits that stand in its middle."""
    alike = word.translate(_ALIKE)
    word = alike if alike.isascii() else word
    mixed = any("a" <= c <= "z" for c in word) and not _QUANTITY.fullmatch(word)
    return word.translate(_DIGITS) if mixed else word
