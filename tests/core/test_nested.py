"""Nested parameters count where their conditions hold and stand at their default elsewhere."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.constraints import Nested
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.space import SearchSpace

PARAMETERS = (
    Categorical("solvent", ("water", "ethanol", "dmf")),
    Integer("steps", 1, 3),
    Discrete("second", (0.0, 40.0, 60.0)),
    Continuous("ramp", 0.0, 1.0),
)
SECOND = Nested("second", {"steps": (2, 3), "solvent": ("water", "ethanol")}, 0.0)
RAMP = Nested("ramp", {"second": (40.0, 60.0)}, 0.5)
SPACE = SearchSpace(PARAMETERS, (RAMP, SECOND))
ROWS = st.fixed_dictionaries(
    {
        "solvent": st.sampled_from(["water", "ethanol", "dmf"]),
        "steps": st.integers(1, 3),
        "second": st.sampled_from([0.0, 40.0, 60.0]),
        "ramp": st.sampled_from([0.0, 0.5, 1.0]),
    }
)


@given(ROWS)
def test_a_row_is_allowed_exactly_if_what_does_not_count_is_at_its_default(row: Any) -> None:
    second_counts = row["steps"] >= 2 and row["solvent"] != "dmf"
    allowed = (second_counts or row["second"] == 0.0) and (row["second"] > 0 or row["ramp"] == 0.5)
    assert (SPACE.problems(row) == []) == allowed


@given(st.lists(ROWS, min_size=1, max_size=10))
def test_settling_leaves_what_counts_and_makes_every_row_allowed(rows: list[Any]) -> None:
    columns = dict(SPACE.columns(rows))
    for nested in SPACE.nested:
        columns[nested.name] = nested.settled(columns)
    for index, row in enumerate(rows):
        settled = {**row, "second": float(columns["second"][index]), "ramp": float(columns["ramp"][index])}
        assert SPACE.problems(settled) == []
        if SPACE.problems(row) == []:
            assert settled == row


def test_parents_come_before_what_depends_on_them() -> None:
    assert [nested.name for nested in SPACE.nested] == ["second", "ramp"]


def test_rows_that_differ_only_in_what_does_not_count_are_one_row_of_a_grid() -> None:
    space = SearchSpace(PARAMETERS[:3], (SECOND,))
    assert space.listed is not None
    rows = list(space.listed)
    assert len(rows) == 9 + 2 * 4  # one for each solvent and number of steps, and two more levels where they count
    assert sum(row["solvent"] == "dmf" for row in rows) == 3


def test_a_broken_nested_row_is_told_in_words() -> None:
    row = {"solvent": "dmf", "steps": 3, "second": 40.0, "ramp": 0.5}
    assert SPACE.problems(row) == ["breaks second = 0 unless steps is 2 or 3 and solvent is water or ethanol"]


@pytest.mark.parametrize(
    ("nested", "field", "said"),
    [
        ([Nested("second", {"steps": (4,)}, 0.0)], "space.second.when.steps", "never is"),
        ([Nested("second", {"solvent": ("watr",)}, 0.0)], "space.second.when.solvent", "never is"),
        ([Nested("second", {"ramp": (0.5,)}, 0.0)], "space.second.when.ramp", "any number of a range"),
        ([Nested("second", {"steps": (2,)}, 50.0)], "space.second.default", "no value of it"),
        ([Nested("third", {"steps": (2,)}, 0.0)], "constraints", "unknown parameter 'third'"),
        ([Nested("second", {"stages": (2,)}, 0.0)], "constraints", "unknown parameter 'stages'"),
        ([SECOND, SECOND], "space.second.when", "nested twice"),
        ([Nested("steps", {"second": (40.0,)}, 1), Nested("second", {"steps": (2,)}, 0.0)], "space", "in a circle"),
        ([SECOND, Nested("ramp", {"second": (0.0, 40.0)}, 0.5)], "space.ramp.when", "would count where"),
    ],
)
def test_nesting_that_makes_no_sense_is_refused(nested: list[Nested], field: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        SearchSpace(PARAMETERS, tuple(nested))
    assert caught.value.field == field


@pytest.mark.parametrize("when", [{}, {"steps": ()}, {"second": (1,)}])
def test_nesting_without_a_condition_on_others_is_refused(when: Any) -> None:
    with pytest.raises(SpecError, match="needs other parameters"):
        Nested("second", when, 0.0)


def test_numbers_are_compared_as_numbers_and_names_as_names() -> None:
    columns = {"steps": np.array([1.0, 2.0]), "second": np.array([0.0, 40.0])}
    assert Nested("second", {"steps": (2,)}, 0.0).active(columns).tolist() == [False, True]
