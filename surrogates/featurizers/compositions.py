"""Compositions: formulas become statistics of their elements' properties (after Ward et al. 2016, Magpie).

For each property the mean and standard deviation weighted by amount, and the range; besides these, how many elements
there are and how evenly (norms of the atomic fractions). Ward et al., npj Computational Materials 2, 16028 (2016), doi
10.1038/npjcompumats.2016.28; properties as pymatgen has them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.features import Array, Features

_PROPERTIES = {
    "atomic number": "Z",
    "atomic mass": "atomic_mass",
    "electronegativity": "X",
    "atomic radius": "atomic_radius",
    "row": "row",
    "group": "group",
    "Mendeleev number": "mendeleev_no",
    "ionisation energy": "ionization_energy",
    "electron affinity": "electron_affinity",
    "melting point": "melting_point",
    "molar volume": "molar_volume",
}
_VALENCE = "valence electrons"
_NORMS = (2, 3, 5)
_LONGEST = 200  # characters
_STATISTICS = ("mean", "deviation", "range")


def composition_features(formulas: Sequence[str], *, field: str = "compositions") -> Features:
    """Return the features of ``n`` compositions, in their order.

    Raises:
        SpecError: a text is no formula; ``field`` is what the error names.
    """
    return Features.standardised(composition_names(), np.array([described_composition(f, field) for f in formulas]))


def composition_names() -> tuple[str, ...]:
    """Return the names of the numbers that describe a composition."""
    properties = (*_PROPERTIES, _VALENCE)
    statistics = [f"{statistic} of {name}" for name in properties for statistic in _STATISTICS]
    return (*statistics, "number of elements", *(f"{p}-norm of fractions" for p in _NORMS))


def described_composition(formula: str, field: str = "compositions") -> tuple[float, ...]:
    """Return the numbers that describe a formula, in the order of :func:`composition_names`.

    Raises:
        SpecError: the text is no formula.
    """
    return _described(parsed_composition(formula, field))


def parsed_composition(formula: str, field: str) -> tuple[tuple[str, float], ...]:
    """Return the elements of a formula and their atomic fractions.

    Raises:
        SpecError: the text is no formula of elements.
    """
    try:
        return _fractions(formula.strip())
    except Exception as error:  # pymatgen raises many kinds on what is no formula
        raise SpecError(
            f"{formula[:80]!r} is no formula: {error}",
            field=field,
            value=formula,
            allowed="elements and amounts, such as LiFePO4 or Li(Fe0.5Mn0.5)PO4",
            hint="check the text, or describe the choice yourself under descriptors",
        ) from error


@lru_cache(maxsize=200_000)
def _fractions(formula: str) -> tuple[tuple[str, float], ...]:
    from pymatgen.core.composition import Composition
    from pymatgen.core.periodic_table import Element

    if len(formula) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} characters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Composition(formula)
    total = float(found.num_atoms)
    if not (math.isfinite(total) and total > 0):
        raise ValueError("it holds no atoms")
    odd = [str(species) for species in found if not isinstance(species, Element)]
    if odd:
        raise ValueError(f"{', '.join(odd)} is no element")
    return tuple(sorted((element.symbol, float(amount) / total) for element, amount in found.items()))


@lru_cache(maxsize=200_000)
def _described(fractions: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    symbols = [symbol for symbol, _ in fractions]
    share = np.array([x for _, x in fractions])
    table = np.array([element_properties()[symbol] for symbol in symbols])
    mean = share @ table
    deviation = np.sqrt(share @ (table - mean) ** 2)
    statistics = np.column_stack([mean, deviation, np.ptp(table, axis=0)]).ravel()
    norms = [float((share**p).sum() ** (1 / p)) for p in _NORMS]
    return (*(float(x) for x in statistics), float(len(symbols)), *norms)


@cache
def element_properties() -> dict[str, Array]:
    """Return the properties of each element; a value nobody measured is the median of those of the other elements."""
    from pymatgen.core.periodic_table import Element

    elements = list(Element)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns of each value that is missing
        table = np.array([[_number(e, name) for name in _PROPERTIES.values()] + [_valence(e)] for e in elements])
    table = np.where(np.isnan(table), np.nanmedian(table, axis=0), table)
    return {element.symbol: row for element, row in zip(elements, table, strict=True)}


def _number(element: Any, name: str) -> float:
    try:
        return float(getattr(element, name))
    except (TypeError, ValueError, AttributeError, KeyError):
        return math.nan


def _valence(element: Any) -> float:
    """Return the number of electrons outside the noble-gas core, a full d or f shell counted to the core."""
    group = int(element.group)
    if element.is_lanthanoid or element.is_actinoid:
        return 3.0
    if element.symbol == "He":
        return 2.0
    return float(group if group <= 12 else group - 10)
