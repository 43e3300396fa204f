"""Choices that say by themselves what they are: SMILES, and the names of common ligands, bases, solvents and catalysts.

The names stand in the table ``reagents.csv`` beside this module: a structure for each, and numbers where they are well
known; where one is not, the cell is empty. Its columns and where their numbers come from:

- ``boiling_point``: degC at 1 atm; ``permittivity``: relative, at 20 or 25 degC, by kind of solvent rounded to 0.1
  (CRC Handbook of Chemistry and Physics; Reichardt and Welton, Solvents and Solvent Effects in Organic Chemistry).
- ``pka_water``, ``pka_acetonitrile``: of the conjugate acid (CRC Handbook; Kaljurand et al. 2005, J. Org. Chem. 70,
  1019, and Ishikawa 2009, Superbases for Organic Synthesis, for acetonitrile). Of a salt it is that of its anion.
- ``cone_angle`` (degrees) and ``electronic`` (the A1 stretch of Ni(CO)3L, 1/cm): Tolman 1977, Chem. Rev. 77, 313.
- ``cation_radius``: in angstrom, six-fold coordination (Shannon 1976, Acta Cryst. A32, 751).

Structures are written as SMILES from the compounds' formulas; what RDKit works out of them comes from
:mod:`~zosimos.surrogates.featurizers.molecules`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

from zosimos.core.errors import SpecError
from zosimos.core.listing import and_more
from zosimos.surrogates.featurizers.features import Features
from zosimos.surrogates.featurizers.molecules import canonical_smiles, has_rdkit, molecule_features

PHYSICAL = (
    "boiling_point",
    "permittivity",
    "pka_water",
    "pka_acetonitrile",
    "cone_angle",
    "electronic",
    "cation_radius",
)
"""The numbers in the table, in its order; the sources stand above."""

SMILES = "SMILES"
"""What a choice was taken for that is a SMILES itself."""

_MOST_UNKNOWN = 0.25  # share of the choices that may be unknown, each then unlike all others
_FEWEST = 3  # known choices, where others are unknown
_MOST_MISSING = 1 / 3  # share of the choices of which a number may be missing: they count as the middle
_EVIDENT = 5  # characters from which a text that parses is meant as a SMILES; shorter ones may be labels
_STRUCTURE = frozenset("()[]=#")
_LETTERS = re.compile(r"^(?:\[[^\[\]]*\]|Cl|Br|[BCNOPSFIbcnops]|[0-9@+\-=#%().:/\\])+$")
_ABSENT = re.compile(
    r"^(?:none|nothing|without|na|no|(?:no|without)(?:base|ligand|additive|catalyst|solvent|reagent))?$"
)
_QUALIFIED = re.compile(
    r"\((?:aq|s|sat|anh|anhydrous|dry)\.?\)|^\d+(?:\.\d+)?\s*m\s|^(?:s|sat|aq|dry|anhydrous)\.?\s|[ ·.*]hbf4$", re.I
)


@dataclass(frozen=True)
class Resolved:
    """What was made of choices.

    Args:
        features: of the choices, in their order; None: they go by name alone.
        taken: for each choice that was found, what it was taken for.
        notes: what a person should know, in words.
        unread: whether they are SMILES or known names, and the package is not installed that reads them.
        known_by: the numbers, worked out of structures or from the table, in which the known choices differ.
    """

    features: Features | None
    taken: Mapping[str, str]
    notes: tuple[str, ...] = ()
    unread: bool = False
    known_by: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def resolved(choices: tuple[str, ...]) -> Resolved:
    """Return what choices are, as far as their texts say it.

    Choices that mean nothing (``none``, ``no base``) lie apart from all others; so do some that are not known among
    many that are. Two names of one substance are told apart by nothing else than their turn.
    """
    nothing = [choice for choice in choices if _ABSENT.match(_plain(choice))]
    named = {choice: row for choice in choices if choice not in nothing and (row := _table().get(_plain(choice)))}
    written = [choice for choice in choices if choice not in nothing and choice not in named]
    written = [choice for choice in written if _LETTERS.match(choice)]
    if len(named) + len(written) < _FEWEST - 1 or not (named or any(map(_evident, written))):
        return Resolved(None, {})
    if not has_rdkit():
        why = "compared by name alone: descriptors need the package 'rdkit' (zosimos[chem])"
        return Resolved(None, {}, (why,), unread=True)
    smiles = {choice: row["smiles"] for choice, row in named.items()}
    taken = {choice: row["name"] for choice, row in named.items()}
    parsed = {choice: found for choice in written if (found := canonical_smiles(choice)) is not None}
    if named or 2 * sum(map(_evident, parsed)) >= len(parsed) > 0:
        parsed = parsed if 2 * sum(map(_evident, parsed)) >= len(parsed) else {}
        smiles |= {choice: choice for choice in parsed}
        taken |= dict.fromkeys(parsed, SMILES)
    unknown = [choice for choice in choices if choice not in smiles and choice not in nothing]
    if len(unknown) > _MOST_UNKNOWN * len(choices) or len(smiles) < (_FEWEST if unknown or nothing else 2):
        return Resolved(None, {}, _why_not(unknown, smiles, choices))
    known = [choice for choice in choices if choice in smiles]
    worked_out = molecule_features([smiles[choice] for choice in known])
    physical = _physical([named.get(choice, {}) for choice in known])
    features = _features(choices, known, worked_out.beside(physical), (*unknown, *nothing))
    numbers = (*physical.names, *worked_out.names)
    return Resolved(features, taken, (*_unlike(unknown), *_twice(smiles)), known_by=numbers)


def _why_not(unknown: Sequence[str], smiles: Mapping[str, str], choices: Sequence[str]) -> tuple[str, ...]:
    """Return why choices go by name though some of them are known; nothing where few are."""
    if 2 * len(smiles) < len(choices) or not unknown:
        return ()
    return (f"compared by name alone: {_some(unknown)} not known, neither as a name nor as a SMILES",)


def _unlike(unknown: Sequence[str]) -> tuple[str, ...]:
    return (f"{_some(unknown)} not known, neither as a name nor as a SMILES: unlike all others",) if unknown else ()


def _some(names: Sequence[str]) -> str:
    return f"{and_more(list(map(repr, names)), 3)} {'is' if len(names) == 1 else 'are'}"


def _twice(smiles: Mapping[str, str]) -> tuple[str, ...]:
    """Return which choices are one substance."""
    seen: dict[str, list[str]] = {}
    for choice, text in smiles.items():
        seen.setdefault(canonical_smiles(text) or text, []).append(choice)
    return tuple(
        f"{' and '.join(map(repr, names))} are one substance under {len(names)} names"
        for names in seen.values()
        if len(names) > 1
    )


def _features(choices: Sequence[str], known: Sequence[str], numbers: Features, apart: Sequence[str]) -> Features:
    """Return few directions in which the known choices differ, and one for each that is not known or nothing.

    Args:
        choices: all of them.
        known: those that are known.
        numbers: of the known ones.
        apart: the others.
    """
    found = numbers.reduced(whole=1).told_apart()
    table = np.zeros((len(choices), len(found.names) + len(apart)))
    places = [choices.index(choice) for choice in known]
    table[places, : len(found.names)] = found.matrix
    widest = _widest(found.matrix)
    for column, choice in enumerate(apart, len(found.names)):
        table[choices.index(choice), column] = widest  # no two known ones are farther from each other
    return Features((*found.names, *(f"is {choice or 'none'}" for choice in apart)), table)


def _widest(matrix: np.ndarray) -> float:
    """Return the largest distance of two rows of ``n x k`` numbers, in memory for ``n`` of them."""
    return max(float(np.linalg.norm(matrix - row, axis=1).max()) for row in matrix)


def _physical(rows: Sequence[Mapping[str, str]]) -> Features:
    """Return the numbers of the table that are known of most of some rows; missing ones count as their mean."""
    columns: dict[str, np.ndarray] = {}
    for name in PHYSICAL:
        column = np.array([float(row[name]) if row.get(name) else np.nan for row in rows])
        missing = np.isnan(column)
        if missing.mean() <= _MOST_MISSING:
            columns[name] = np.where(missing, column[~missing].mean(), column)
    if not columns:
        return Features((), np.empty((len(rows), 0)))
    return Features.standardised(list(columns), np.array(list(columns.values())).T)


def _evident(text: str) -> bool:
    """Say whether a text that parses is meant as a SMILES: a short one without signs of structure may be a label."""
    return len(text) >= _EVIDENT or not _STRUCTURE.isdisjoint(text)


def _plain(name: str) -> str:
    """Return a name without what does not tell substances apart: case, blanks, hyphens, brackets, how it is brought."""
    bare = _QUALIFIED.sub("", name.strip())
    return re.sub(r"[^a-z0-9+']", "", bare.casefold())


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """Return the rows of the table by their plain names.

    Raises:
        SpecError: the file is not there, which a broken installation brings about.
    """
    place = files("zosimos.surrogates.featurizers").joinpath("reagents.csv")
    try:
        text = place.read_text("utf-8")
    except OSError as error:
        raise SpecError("the table of reagents is missing", value=str(place), hint="install zosimos again") from error
    found: dict[str, Mapping[str, str]] = {}
    for row in csv.DictReader(text.splitlines()):
        for name in (row["name"], *filter(None, row["also"].split("|"))):
            found[_plain(name)] = row
    return found
