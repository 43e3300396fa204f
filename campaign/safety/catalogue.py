"""The catalogue: substances that are known, found by any of their names, their CAS number or their formula.

It only grows: a laboratory adds substances, names and classes, and whatever a name meant before, it goes on meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from zosimos.campaign.safety.formula import hill
from zosimos.campaign.safety.spelling import key, plain


@dataclass(frozen=True)
class Substance:
    """A substance, or what a list of controlled ones says of it.

    Args:
        name: its usual name.
        also: other names.
        cas: its CAS number; "" where it has none.
        formula: its molecular formula; "" where it has none.
        classes: what it is, such as ``oxidiser``.
        controlled: the list that it is on; "" if it is on none.
        barred: whether that list is of those that no laboratory runs with.
    """

    name: str
    also: tuple[str, ...] = ()
    cas: str = ""
    formula: str = ""
    classes: frozenset[str] = frozenset()
    controlled: str = ""
    barred: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All that it may be called, a simple formula among them."""
        return (self.name, *self.also, *([self.formula] if self.formula else []))


@dataclass(frozen=True)
class Catalogue:
    """Substances, several of which may share a name: then it means all of them.

    >>> water = Substance("water", ("H2O",), "7732-18-5", "H2O")
    >>> [found.name for found in Catalogue((water,)).named("Water")]
    ['water']
    """

    substances: tuple[Substance, ...]

    @cached_property
    def _by_key(self) -> Mapping[str, tuple[Substance, ...]]:
        return _indexed((key(name), one) for one in self.substances for name in one.names)

    @cached_property
    def _by_cas(self) -> Mapping[str, tuple[Substance, ...]]:
        return _indexed((one.cas, one) for one in self.substances if one.cas)

    @cached_property
    def _by_formula(self) -> Mapping[str, tuple[Substance, ...]]:
        return _indexed((hill(one.formula) or "", one) for one in self.substances if one.formula)

    @cached_property
    def barred_keys(self) -> frozenset[str]:
        """The longer names of substances that no laboratory runs with."""
        return frozenset(found for one in self.substances if one.barred for found in map(key, one.names))

    def named(self, text: str) -> tuple[Substance, ...]:
        """Return the substances that a text names as a whole; none if it names none.

        Of two that differ in case alone, such as CO and Co, the one that is written so; in any other case both.
        """
        found = self._by_key.get(key(text), ()) if key(text) else ()
        exact = tuple(one for one in found if plain(text) in one.names)
        return exact or found

    def with_cas(self, number: str) -> tuple[Substance, ...]:
        """Return the substances that have a CAS number."""
        return self._by_cas.get(number, ())

    def with_formula(self, text: str) -> tuple[Substance, ...]:
        """Return the substances that have a formula, in whatever order it is written."""
        written = hill(text)
        return () if written is None else self._by_formula.get(written, ())


def _indexed(pairs: Iterable[tuple[str, Substance]]) -> Mapping[str, tuple[Substance, ...]]:
    found: dict[str, dict[Substance, None]] = {}
    for text, one in pairs:
        if text:
            found.setdefault(text, {})[one] = None
    return {text: tuple(ones) for text, ones in found.items()}
