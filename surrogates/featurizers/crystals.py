"""Crystals: structures given as CIF text become density, volume, packing, coordination, symmetry and composition."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.compositions import composition_names, described_composition
from zosimos.surrogates.featurizers.features import Features

_LONGEST = 500_000  # characters
_LARGEST = 1000  # sites
_VOLUMES = (1.0, 1000.0)  # cubic angstrom an atom: outside, the cell is a mistake
_SHELL = 1.15  # of the nearest distance: how far a coordination shell reaches (in bcc the second begins at 1.155)
_PRECISION = 0.01  # angstrom, of symmetry
_OWN = (
    "density",
    "volume per atom",
    "packing fraction",
    "mean coordination",
    "deviation of coordination",
    "nearest distance",
    "space group",
)


def crystal_features(cifs: Sequence[str], *, field: str = "crystals") -> Features:
    """Return the features of ``n`` crystals, in their order.

    Density is in g/cm3, volumes in cubic angstrom. The packing fraction takes atoms as spheres of their atomic radius;
    the coordination counts neighbours up to 1.15 times a site's nearest distance.

    Raises:
        SpecError: a text is no CIF with one sound structure; ``field`` is what the error names.
    """
    return Features.standardised((*_OWN, *composition_names()), np.array([_checked(text, field) for text in cifs]))


def _checked(text: str, field: str) -> tuple[float, ...]:
    try:
        return _described(text)
    except Exception as error:  # pymatgen raises many kinds on what is no CIF
        raise SpecError(
            f"{text[:60]!r} is no crystal: {str(error) or type(error).__name__}",
            field=field,
            value=text,
            allowed="the text of a CIF file with a cell, elements and positions",
            hint="open it in a structure viewer; or describe the choice yourself under descriptors",
        ) from error


@lru_cache(maxsize=2000)
def _described(text: str) -> tuple[float, ...]:
    from pymatgen.io.cif import CifParser

    if len(text) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} characters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns of every small repair
        structures = CifParser.from_str(text).parse_structures(primitive=False, on_error="ignore")
        if not structures:
            raise ValueError("it holds no structure")
        structure = structures[0]
        if not 0 < len(structure) <= _LARGEST:
            raise ValueError(f"it has {len(structure)} sites, not 1 to {_LARGEST}")
        volume = float(structure.volume) / float(structure.composition.num_atoms)
        if not (math.isfinite(volume) and _VOLUMES[0] <= volume <= _VOLUMES[1]):
            raise ValueError(f"its volume per atom is {volume:g} cubic angstrom")
        formula = structure.composition.element_composition.formula
        own = (
            float(structure.density),
            volume,
            _packing(structure),
            *_coordination(structure),
            _space_group(structure),
        )
        return (*own, *described_composition(formula))


def _packing(structure: Any) -> float:
    spheres = sum(
        float(share) * float(species.atomic_radius or 0.0) ** 3
        for site in structure
        for species, share in site.species.items()
    )
    return 4 / 3 * math.pi * spheres / float(structure.volume)


def _coordination(structure: Any) -> tuple[float, float, float]:
    """Return mean and deviation of the sites' coordination numbers, and the shortest distance in angstrom."""
    reach = 2.0 * (float(structure.volume) / len(structure)) ** (1 / 3)
    centres, _, _, distances = structure.get_neighbor_list(reach)
    counts, nearest = np.zeros(len(structure)), np.full(len(structure), reach)
    np.minimum.at(nearest, centres, distances)
    np.add.at(counts, centres[distances <= _SHELL * nearest[centres]], 1.0)
    return float(counts.mean()), float(counts.std()), float(nearest.min())


def _space_group(structure: Any) -> float:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    return float(SpacegroupAnalyzer(structure, symprec=_PRECISION).get_space_group_number())
