"""Columns have a kind each: none is forgotten, none named twice, and a space says which are which."""

import pytest

from zosimos.core.parameters import Categorical, Continuous, Integer
from zosimos.core.space import SearchSpace
from zosimos.surrogates.columns import ColumnKinds


def test_a_space_says_the_kinds_of_its_columns():
    space = SearchSpace(
        (
            Continuous("t", 0.0, 1.0),
            Categorical("solvent", ("a", "b", "c")),
            Integer("n", 1, 4),
            Categorical("ligand", ("x", "y"), {"x": {"size": 1.0, "charge": 0.0}, "y": {"size": 2.0, "charge": 1.0}}),
        )
    )
    kinds = ColumnKinds.of(space)
    assert kinds == ColumnKinds(numeric=(0, 4), categories=((1, 2, 3),), descriptors=((5, 6),))
    assert kinds.width == space.width


def test_parts_come_numbers_first_then_block_by_block():
    kinds = ColumnKinds(numeric=(2,), categories=((0, 1),), fingerprints=((3, 4),))
    assert kinds.parts == ((2,), (0, 1), (3, 4))


@pytest.mark.parametrize(
    "wrong",
    [{"numeric": (0, 2)}, {"numeric": (0, 0)}, {"numeric": (0,), "categories": ((0, 1),)}, {"categories": ((),)}, {}],
)
def test_a_column_missing_or_named_twice_is_refused(wrong):
    with pytest.raises(ValueError):
        ColumnKinds(**wrong)
