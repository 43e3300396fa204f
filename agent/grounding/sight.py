"""Sight: a text as a reader sees it, in Latin letters, and where each letter stands in the text.

Letters of other alphabets that look like Latin ones, wide forms and accents make no difference to what a reader takes
a sentence to say, so they make none here.
"""

from __future__ import annotations

from dataclasses import dataclass

from zosimos.agent.quotation import alike

_PLAIN = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u2212": "-", "\u2011": "-", "\u2010": "-", "`": " "}
)


@dataclass(frozen=True)
class Sight:
    """What is seen, and the place in the text of each of its characters."""

    seen: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where what is seen from ``start`` to ``end`` stands in the text, with the marks on its letters."""
        return self.places[start], self.places[end]


def sight(text: str) -> Sight:
    r"""Return what a text looks like.

    >>> sight("I h\u0430ve caf\u00e9").seen
    'I have cafe'
    """
    seen, places = [], []
    for place, char in enumerate(text):
        if like := alike(char)[:1]:
            seen.append(like)
            places.append(place)
    return Sight("".join(seen).translate(_PLAIN), (*places, len(text)))
