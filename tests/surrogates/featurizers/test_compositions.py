"""Compositions: the numbers are those of the elements, like formulas are alike, and what is no formula is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.compositions import (
    composition_features,
    composition_names,
    described_composition,
    element_properties,
)


def described(formula):
    return dict(zip(composition_names(), described_composition(formula), strict=True))


def test_the_numbers_are_those_of_the_elements():
    salt = described("NaCl")
    assert salt["mean of atomic number"] == 14
    assert salt["range of atomic number"] == 6
    assert salt["deviation of atomic number"] == 3
    assert salt["mean of valence electrons"] == 4
    assert salt["mean of electronegativity"] == pytest.approx((0.93 + 3.16) / 2)
    assert salt["number of elements"] == 2
    assert salt["2-norm of fractions"] == pytest.approx(0.5**0.5)
    assert described("Fe")["range of atomic mass"] == 0
    water = described("H2O")
    assert water["mean of atomic number"] == pytest.approx(10 / 3)
    assert water["3-norm of fractions"] == pytest.approx(((2 / 3) ** 3 + (1 / 3) ** 3) ** (1 / 3))


def test_amounts_count_by_their_ratio_and_not_by_their_spelling():
    for spelling in ("Li2Fe2P2O8", "FeLiO4P", "Li(Fe)P(O2)2"):
        assert described(spelling) == pytest.approx(described("LiFePO4"))
    assert described("Li(Fe0.5Mn0.5)PO4") != pytest.approx(described("LiFePO4"))


def test_every_element_has_every_property():
    for symbol, row in element_properties().items():
        assert np.isfinite(row).all(), symbol
    assert len(element_properties()) >= 103


def test_like_formulas_have_like_numbers():
    matrix = composition_features(["BaTiO3", "SrTiO3", "CaTiO3", "NaCl", "KCl"]).matrix
    distance = np.linalg.norm(matrix[:, None] - matrix[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert set(distance.argmin(axis=1)[:3]) <= {0, 1, 2}
    assert set(distance.argmin(axis=1)[3:]) == {3, 4}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Xx2",
        "H2O)",
        "((",
        "Fe-3",
        "Fe0",
        "fe2o3",
        "NaCl2.5e400",
        "H" * 300,
        "\x00",
        "Fe nan",
        "Fe;import os",
        "Vac",
    ],
)
def test_a_text_that_is_no_formula_is_refused(text):
    with pytest.raises(SpecError, match="is no formula") as caught:
        composition_features(["NaCl", text], field="space.oxide.compositions")
    assert caught.value.field == "space.oxide.compositions"
    assert caught.value.value == text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20) | st.text("HeLiONaCl()0123456789.", max_size=20))
def test_any_text_is_a_formula_or_refused(text):
    try:
        found = composition_features([text, "NaCl"])
    except SpecError as error:
        refused = error.value
    else:
        refused = text
        assert np.isfinite(found.matrix).all()
    assert refused == text
