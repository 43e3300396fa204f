"""Who looks nearby finds every experiment that a row may be, and passes over those elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.control.comparing import Result, stands_at
from zosimos.campaign.definition.knob import Traits
from zosimos.campaign.tables.achieved import Given, is_same
from zosimos.campaign.tables.nearby import Nearby
from zosimos.core.parameters import Values

TRAITS = {
    "x": Traits("number", "linear", (-2.0, 2.0)),
    "solvent": Traits("text", "linear", None, ("DMF", "water")),
    "n": Traits("whole", "linear", (0.0, 3.0)),
}
NUMBERS = st.sampled_from([0.0, 0.3, 0.1 + 0.2, -1.0, 1.0, 1.0 + 1e-9, 1.0 - 1e-10, 1.4, 1e-300]) | st.floats(-2, 2)
ROWS = st.fixed_dictionaries({"x": NUMBERS, "solvent": st.sampled_from(["DMF", "water"]), "n": st.integers(0, 3)})
HALVES = st.sampled_from([0.0, 5e-10, 0.005, 0.5])


@pytest.mark.slow
@given(st.lists(ROWS, max_size=30), ROWS, HALVES)
def test_no_experiment_at_a_rows_values_is_passed_over(places: list[Values], row: Values, half: float) -> None:
    found = Nearby([(str(number), values) for number, values in enumerate(places)], TRAITS).at(row, {"x": half})
    result = Result(None, row, [], halves={"x": half})
    given_ = {name: Given(value, half if name == "x" else 0.0) for name, value in row.items()}
    there = [
        str(number)
        for number, values in enumerate(places)
        if stands_at(values, result) or all(is_same(TRAITS[name], given_[name], values[name]) for name in row)
    ]
    assert [name for name in found if name in there] == there, "all of them, in their order"


def test_experiments_elsewhere_are_not_gone_over() -> None:
    places: list[tuple[str, Values]] = [(str(n), {"x": n / 500, "solvent": "DMF", "n": 1}) for n in range(1000)]
    nearby = Nearby([*places, ("less", {"x": 0.5})], TRAITS)
    assert nearby.at({"x": 0.5, "solvent": "DMF", "n": 1}, {"x": 0.005}) == ["248", "249", "250", "251", "252"]
    assert nearby.at({"x": 0.5, "solvent": "water", "n": 1}, {"x": 0.005}) == []


def test_a_space_without_numbers_is_searched_by_its_choices() -> None:
    traits = {"solvent": TRAITS["solvent"]}
    nearby = Nearby([("a", {"solvent": "DMF"}), ("b", {"solvent": "water"}), ("c", {"solvent": "DMF"})], traits)
    assert nearby.at({"solvent": "DMF"}, {}) == ["a", "c"]
