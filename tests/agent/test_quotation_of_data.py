"""Data for programs: texts in it are disarmed, and what people work with stays as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.quotation import disarmed_data

TOKEN = "k7m2p9xq-3f2a9c41d07b88aa3f2a9c41d07b88aa"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_a_molecule_and_a_serial_number_stay_as_they_are() -> None:
    found = {"solvent": "c1ccccc1", "serial": "12345678-4444", "digest": "3f2a9c41"}
    assert disarmed_data(found) == found


def test_a_token_in_use_and_each_beginning_of_it_are_gone() -> None:
    found = disarmed_data([TOKEN, TOKEN[9:18], {TOKEN: 1}], [TOKEN])
    assert TOKEN[9:17] not in str(found)


def test_names_that_differ_in_what_is_not_shown_stay_two() -> None:
    assert disarmed_data({"a": 1, "a\u200b": 2, "a\x1b[31m": 3}) == {"a": 1, "a*": 2, "a**": 3}


@given(JSON)
def test_numbers_and_the_shape_of_data_stay_as_they_are(data: object) -> None:
    def shape(value: object) -> object:
        if isinstance(value, dict):
            return [shape(item) for item in value.values()]
        if isinstance(value, list):
            return [shape(item) for item in value]
        return "text" if isinstance(value, str) else value

    assert shape(disarmed_data(data)) == shape(data)
