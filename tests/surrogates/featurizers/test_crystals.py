"""Crystals: the numbers are those of textbook structures, and what is no sound structure is refused."""

import pytest
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers import crystals
from zosimos.surrogates.featurizers.crystals import crystal_features

CORNER, CENTRE, QUARTER = (0, 0, 0), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def cif(a, group, species, places):
    return str(Structure.from_spacegroup(group, Lattice.cubic(a), species, places).to(fmt="cif"))


ROCK_SALT = cif(5.64, "Fm-3m", ["Na", "Cl"], [CORNER, CENTRE])
CAESIUM_CHLORIDE = cif(4.12, "Pm-3m", ["Cs", "Cl"], [CORNER, CENTRE])
ZINC_BLENDE = cif(5.41, "F-43m", ["Zn", "S"], [CORNER, QUARTER])
COPPER = cif(3.61, "Fm-3m", ["Cu"], [CORNER])


@pytest.mark.parametrize(
    ("text", "density", "coordination", "distance", "group"),
    [
        (ROCK_SALT, 2.16, 6, 2.82, 225),
        (CAESIUM_CHLORIDE, 4.00, 8, 3.57, 221),
        (ZINC_BLENDE, 4.09, 4, 2.34, 216),
        (COPPER, 8.97, 12, 2.55, 225),
    ],
)
def test_the_numbers_are_those_of_the_structure(text, density, coordination, distance, group):
    found = dict(zip(crystals._OWN, crystals._described(text), strict=False))
    assert found["density"] == pytest.approx(density, abs=0.02)
    assert found["mean coordination"] == coordination
    assert found["deviation of coordination"] == 0
    assert found["nearest distance"] == pytest.approx(distance, abs=0.01)
    assert found["space group"] == group
    assert 0.2 < found["packing fraction"] < 1.2


def test_structures_and_compositions_both_count():
    features = crystal_features([ROCK_SALT, CAESIUM_CHLORIDE, ZINC_BLENDE, COPPER])
    assert {"density", "mean of atomic number"} <= set(features.names)
    assert features.matrix.shape[0] == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "data_x",
        ROCK_SALT.replace("5.64", "nan"),
        ROCK_SALT.replace("5.64", "0.00"),
        ROCK_SALT.replace("5.64", "1e9"),
        ROCK_SALT.replace("Na", "Qq"),
        ROCK_SALT.split("loop_", maxsplit=1)[0],
        "#" * 600_000,
    ],
)
def test_a_text_that_is_no_crystal_is_refused(text):
    with pytest.raises(SpecError, match="is no crystal") as caught:
        crystal_features([ROCK_SALT, text], field="space.phase.crystals")
    assert caught.value.field == "space.phase.crystals"
