"""Choices that say what they are: names of common substances and SMILES are known, labels are not taken for either."""

import builtins
import csv
import math
import tracemalloc
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.surrogates.featurizers import molecules, reagents
from zosimos.surrogates.featurizers.molecules import canonical_smiles
from zosimos.surrogates.featurizers.reagents import PHYSICAL, SMILES, resolved

pytest.importorskip("rdkit")

TABLE = files("zosimos.surrogates.featurizers").joinpath("reagents.csv").read_text("utf-8")
ROWS = list(csv.DictReader(TABLE.splitlines()))


def gaps(*choices):
    """Return how far apart choices are, ``n x n``."""
    found = resolved(choices)
    assert found.features is not None, found.notes
    matrix = found.features.matrix
    return np.linalg.norm(matrix[:, None] - matrix[None], axis=2)


# --- the table ---


def test_every_substance_of_the_table_is_another_molecule():
    found = {row["name"]: canonical_smiles(row["smiles"]) for row in ROWS}
    assert None not in found.values()
    assert len(set(found.values())) == len(ROWS)


def test_no_name_of_the_table_stands_for_two_substances():
    names = [
        (reagents._plain(name), row["name"]) for row in ROWS for name in (row["name"], *row["also"].split("|")) if name
    ]
    assert all(plain for plain, _ in names)
    assert len({plain for plain, _ in names}) == len(set(names))


@pytest.mark.parametrize(
    ("column", "least", "most"),
    [
        ("boiling_point", -50, 400),
        ("permittivity", 1.5, 120),
        ("pka_water", -2, 20),
        ("pka_acetonitrile", 5, 45),
        ("cone_angle", 85, 215),
        ("electronic", 2050, 2115),
        ("cation_radius", 0.5, 2),
    ],
)
def test_the_numbers_of_the_table_are_of_their_kind(column, least, most):
    found = [float(row[column]) for row in ROWS if row[column]]
    assert len(found) >= 5
    assert all(least <= number <= most for number in found)


def test_each_number_of_the_table_has_its_source_in_the_module():
    assert set(ROWS[0]) == {"name", "also", "smiles", *PHYSICAL}
    assert all(f"``{column}``" in reagents.__doc__ for column in PHYSICAL)


# --- what is known ---


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Et3N", "triethylamine"),
        ("net3", "triethylamine"),
        ("P(tBu)3", "PtBu3"),
        ("P(o-Tol)3", "P(o-tol)3"),
        ("PCy3 HBF4", "PCy3"),
        ("NaOH(aq.)", "NaOH"),
        ("1M K3PO4(aq.)", "K3PO4"),
        ("s. NaHCO3(aq.)", "NaHCO3"),
        ("N,N-Dimethylformamide", "DMF"),
    ],
)
def test_names_are_known_however_they_are_written(written, meant):
    assert resolved((written, "toluene", "water")).taken[written] == meant


@pytest.mark.parametrize(
    "labels",
    [
        ("L1", "L2", "L3", "L4", "L5", "L6", "L7"),
        ("A", "B", "C"),
        ("C", "N", "O"),
        ("F", "Cl", "Br", "I"),
        ("CN", "NO", "CO"),
        ("on", "off"),
        ("yes", "no"),
        ("ann", "bob", "eve"),
        ("none", "no base"),
        ("none", "water"),
        ("C1", "C2", "C3"),
        ("Ge", "Sn", "Pb"),
        ("short", "long", "", "-"),
    ],
)
def test_labels_are_taken_for_no_substance(labels):
    found = resolved(labels)
    assert found.features is None
    assert not found.notes


def test_smiles_are_taken_as_such():
    found = resolved(("CC#N", "CCOC(C)=O", "CO", "ClCCCl"))
    assert set(found.taken.values()) == {SMILES}
    assert found.features.matrix.shape == (4, 3)


def test_like_substances_are_near_each_other():
    far = gaps("toluene", "p-xylene", "methanol", "ethanol", "K2CO3", "Cs2CO3", "PPh3", "PCy3")
    np.fill_diagonal(far, math.inf)
    near = far.argmin(axis=1)
    assert {near[0], near[1]} == {0, 1}
    assert {near[2], near[3]} == {2, 3}
    assert {near[4], near[5]} == {4, 5}


def test_what_is_known_of_few_choices_comes_in_fewer_directions_than_choices():
    assert resolved(("toluene", "DMF")).features.matrix.shape == (2, 1)
    assert resolved(("toluene", "DMF", "water", "THF")).features.matrix.shape[1] <= 3


# --- bad input ---


def test_nothing_is_unlike_everything():
    far = gaps("Et3N", "DIPEA", "K2CO3", "NO_BASE")
    assert far[3, :3].min() >= far[:3, :3].max()


def test_one_unknown_name_among_known_ones_is_told_and_unlike_all_others():
    found = resolved(("THF", "DMF", "magic", "MeCN", "DMSO"))
    assert found.notes == ("'magic' is not known, neither as a name nor as a SMILES: unlike all others",)
    assert "magic" not in found.taken
    far = gaps("THF", "DMF", "magic", "MeCN", "DMSO")
    known = [0, 1, 3, 4]
    assert far[2, known].min() >= far[np.ix_(known, known)].max()


def test_many_unknown_names_leave_choices_as_names_and_that_is_told():
    found = resolved(("THF", "DMF", "foo", "bar"))
    assert found.features is None
    assert found.notes == ("compared by name alone: 'foo', 'bar' are not known, neither as a name nor as a SMILES",)


def test_a_smiles_that_does_not_parse_is_told():
    found = resolved(("CCO", "CCCO", "CCCCO", "CC(", "CCCCCO"))
    assert "'CC(' is not known" in found.notes[0]
    assert found.features is not None


def test_one_substance_under_two_names_is_told_and_stays_two_choices():
    found = resolved(("DCM", "dichloromethane", "toluene"))
    assert found.notes == ("'DCM' and 'dichloromethane' are one substance under 2 names",)
    far = gaps("DCM", "dichloromethane", "toluene")
    assert 0 < far[0, 1] < far[0, 2]


def test_without_rdkit_choices_go_by_name_and_a_note_says_so(monkeypatch):
    plain = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("rdkit"):
            raise ImportError(name)
        return plain(name, *rest, **more)

    molecules._chem.cache_clear()
    resolved.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(builtins, "__import__", without)
        found = resolved(("THF", "DMF", "MeCN"))
        labels = resolved(("L1", "L2"))
    molecules._chem.cache_clear()
    resolved.cache_clear()
    assert found.features is None
    assert "rdkit" in found.notes[0]
    assert not labels.notes


NAMES = st.sampled_from(
    [row["name"] for row in ROWS] + ["none", "CCO", "C(", "é", " ", "x" * 3000, "c1ccccc1", "A1", "[*]"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(NAMES | st.text(max_size=6), min_size=2, max_size=9, unique=True).map(tuple))
def test_any_choices_are_described_or_left_and_never_fail(choices):
    found = resolved(choices)
    if found.features is None:
        return
    matrix = found.features.matrix
    assert matrix.shape == (len(choices), len(found.features.names))
    assert np.isfinite(matrix).all()
    assert len(np.unique(np.round(matrix, 9), axis=0)) == len(choices)


@pytest.mark.slow
def test_thousands_of_choices_do_not_fill_the_memory():
    matrix = np.random.default_rng(0).normal(size=(3000, 5))
    tracemalloc.start()
    widest = reagents._widest(matrix)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    some = matrix[::50]
    assert widest >= np.linalg.norm(some[:, None] - some, axis=2).max()
    assert reagents._widest(some) == np.linalg.norm(some[:, None] - some, axis=2).max()
    assert most < 5e6
