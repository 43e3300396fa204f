"""The nearest experiments come first, whatever the units of their columns."""

import numpy as np
import pytest

from zosimos.surrogates.explanation.design import Design, DesignColumn
from zosimos.surrogates.explanation.neighbours import nearest

DESIGN = Design(
    (DesignColumn("T", "K"), DesignColumn("x"), DesignColumn("solvent", choices=("water", "dmf"))),
    np.array([[300.0, 0.1, 0], [400.0, 0.1, 0], [310.0, 0.1, 1], [300.0, 0.3, 0], [300.0, 0.1, 0]]),
)


def test_the_nearest_come_first_and_ties_keep_their_order():
    found = nearest(DESIGN, np.array([300.0, 0.1, 0.0]), count=5)
    assert [one.index for one in found[:2]] == [0, 4]
    assert found[0].distance == 0
    assert [one.distance for one in found] == sorted(one.distance for one in found)
    assert {one.index for one in found} == {0, 1, 2, 3, 4}


def test_no_more_are_named_than_there_are():
    assert len(nearest(DESIGN, np.array([300.0, 0.1, 0.0]), count=50)) == 5
    assert nearest(DESIGN.take(np.array([], dtype=int)), np.array([300.0, 0.1, 0.0])) == ()


def test_a_row_of_other_columns_is_refused():
    with pytest.raises(ValueError, match="3 values"):
        nearest(DESIGN, np.array([300.0]))
