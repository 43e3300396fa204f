"""Molecules: like ones get like numbers, mirror images differ, and what is no molecule is refused by its text."""

import builtins
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers import molecules
from zosimos.surrogates.featurizers.molecules import molecule_features

pytest.importorskip("rdkit")

ALCOHOLS, ACIDS = ("CO", "CCO", "CCCO"), ("CC(=O)O", "CCC(=O)O")


def nearest(matrix):
    distance = np.linalg.norm(matrix[:, None] - matrix[None], axis=2)
    np.fill_diagonal(distance, math.inf)
    return distance.argmin(axis=1)


@pytest.mark.parametrize("fingerprint", [False, True])
def test_like_molecules_have_like_numbers(fingerprint):
    smiles = (*ALCOHOLS, *ACIDS, "c1ccccc1", "Cc1ccccc1")
    near = nearest(molecule_features(smiles, fingerprint=fingerprint).matrix)
    assert near[1] in (0, 2)
    assert {near[5], near[6]} == {5, 6}


def test_the_numbers_are_those_of_the_molecule():
    raw = dict(zip((*molecules._DESCRIPTORS, molecules._CHARGE), molecules._described("CC(=O)[O-].[K+]"), strict=True))
    assert raw["MolWt"] == pytest.approx(98.14, abs=0.01)
    assert raw["formal charge"] == 0
    assert raw["NumHAcceptors"] == 2
    assert molecules._described("C1CC1O")[molecules._DESCRIPTORS.index("RingCount")] == 1


def test_another_spelling_is_the_same_molecule():
    one, other, far = molecule_features(["OCC", "CCO", "CCCCCC"]).matrix
    assert one == pytest.approx(other)
    assert not np.allclose(one, far)


def test_mirror_images_are_told_apart():
    features = molecule_features(["C[C@H](O)C(=O)O", "C[C@@H](O)C(=O)O", "CCO"])
    assert np.allclose(features.matrix[0], features.matrix[1])
    apart = features.told_apart().matrix
    assert not np.allclose(apart[0], apart[1])


@pytest.mark.parametrize(
    "text",
    ["", "  ", "C(", "xyz", "C1CC", "[", "CC(C)(C)(C)C", "N" * 600, "N" * 5000, "🙂", "C\x00C", "C C", "*", "C*"],
)
def test_a_text_that_is_no_molecule_is_refused(text, capfd):
    with pytest.raises(SpecError, match="is no molecule") as caught:
        molecule_features(["CCO", text], field="space.ligand.molecules")
    assert caught.value.field == "space.ligand.molecules"
    assert caught.value.value == text
    assert capfd.readouterr().err == ""


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_molecule_or_refused(text):
    try:
        found = molecule_features([text, "CCO"])
    except SpecError as error:
        refused = error.value
    else:
        refused = text
        assert np.isfinite(found.matrix).all()
    assert refused == text


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name.split(".")[0] == "rdkit":
            raise ImportError(name)
        return real(name, *arguments, **options)

    molecules._chem.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SpecError) as caught:
        molecule_features(["CCO"])
    monkeypatch.undo()
    assert "pip install 'zosimos[chem]'" in caught.value.hint
