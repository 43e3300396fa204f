"""Molecules: SMILES become physico-chemical descriptors and, on request, a Morgan count fingerprint (RDKit).

The descriptors are RDKit's: size, lipophilicity (Wildman and Crippen 1999), polar surface (Ertl et al. 2000), hydrogen
bonds, flexibility, rings, shape (Hall and Kier 1991) and partial charges (Gasteiger and Marsili 1980). The fingerprint
counts atoms' surroundings up to two bonds away (Rogers and Hahn 2010, doi 10.1021/ci100050t).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.features import Array, Features

_DESCRIPTORS = (
    "MolWt",
    "HeavyAtomCount",
    "NumHeteroatoms",
    "NumValenceElectrons",
    "MolLogP",
    "MolMR",
    "TPSA",
    "LabuteASA",
    "NumHAcceptors",
    "NumHDonors",
    "NumRotatableBonds",
    "RingCount",
    "NumAromaticRings",
    "NumSaturatedRings",
    "FractionCSP3",
    "HallKierAlpha",
    "Kappa1",
    "Kappa2",
    "Kappa3",
    "MaxPartialCharge",
    "MinPartialCharge",
)
_CHARGE = "formal charge"
_BITS = 512
_RADIUS = 2  # bonds
_LONGEST = 2000  # characters
_LARGEST = 500  # atoms


def molecule_features(smiles: Sequence[str], *, fingerprint: bool = False, field: str = "molecules") -> Features:
    """Return the features of ``n`` molecules, in their order.

    Args:
        smiles: one text a molecule; salts and mixtures separate their parts by dots.
        fingerprint: count the surroundings of atoms besides, with the same weight as all descriptors together.
        field: what to name in errors.

    Raises:
        SpecError: a text is no molecule, or RDKit is not installed.
    """
    _require(field)
    molecules = [_molecule(text, field) for text in smiles]
    names = (*_DESCRIPTORS, _CHARGE)
    found = Features.standardised(names, np.array([_described(text) for text in molecules]))
    if not fingerprint:
        return found
    counts = np.array([_counted(text) for text in molecules])
    return found.beside(Features.standardised([f"surroundings {bit}" for bit in range(_BITS)], np.log1p(counts)))


def has_rdkit() -> bool:
    """Say whether RDKit is installed."""
    try:
        _chem()
    except ImportError:
        return False
    return True


@lru_cache(maxsize=20_000)
def canonical_smiles(text: str) -> str | None:
    """Return RDKit's own SMILES of a molecule, the same however it is written; None where the text is none."""
    try:
        cleaned = _molecule(text, "choices")
    except SpecError:
        return None
    found: str = _chem().MolToSmiles(_chem().MolFromSmiles(cleaned))
    return found


@cache
def _chem() -> Any:
    from rdkit import Chem

    return Chem


def _require(field: str) -> None:
    try:
        _chem()
    except ImportError as error:
        raise SpecError(
            "molecules need the package 'rdkit', which is not installed",
            field=field,
            value="rdkit",
            hint="pip install 'zosimos[chem]'; or describe the choices yourself under descriptors",
        ) from error


def _molecule(text: str, field: str) -> str:
    """Return a SMILES that stands for a molecule.

    Raises:
        SpecError: it does not.
    """
    from rdkit import rdBase

    cleaned = text.strip()
    problem = ""
    if not cleaned or len(cleaned) > _LONGEST or any(character.isspace() for character in cleaned):
        problem = f"it is empty, holds white space or is longer than {_LONGEST} characters"
    else:
        quiet = rdBase.BlockLogs()  # RDKit explains itself on the terminal
        found = _chem().MolFromSmiles(cleaned)
        del quiet
        if found is None:
            problem = "it does not parse, or a valence is impossible"
        elif not 0 < found.GetNumAtoms() <= _LARGEST:
            problem = f"it has {found.GetNumAtoms()} atoms, not 1 to {_LARGEST}"
        elif any(atom.GetAtomicNum() == 0 for atom in found.GetAtoms()):
            problem = "it has an atom of any kind (*)"
    if problem:
        raise SpecError(
            f"{text[:80]!r} is no molecule: {problem}",
            field=field,
            value=text,
            allowed="a SMILES such as CCO",
            hint="check the text, or describe the choice yourself under descriptors",
        )
    return cleaned


@lru_cache(maxsize=200_000)
def _described(smiles: str) -> tuple[float, ...]:
    from rdkit.Chem import Descriptors

    molecule = _chem().MolFromSmiles(smiles)
    numbers = [float(getattr(Descriptors, name)(molecule)) for name in _DESCRIPTORS]
    charge = float(sum(atom.GetFormalCharge() for atom in molecule.GetAtoms()))
    return (*numbers, charge)


@lru_cache(maxsize=20_000)
def _counted(smiles: str) -> Array:
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=_RADIUS, fpSize=_BITS)
    counts = generator.GetCountFingerprintAsNumPy(_chem().MolFromSmiles(smiles))
    return np.asarray(counts, dtype=float)
