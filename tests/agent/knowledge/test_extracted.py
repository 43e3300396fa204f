"""Values are read from the very letters that stand in a passage, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.knowledge.document import Document, Page, Passage, Span
from zosimos.agent.knowledge.extracted import Extracted, extracted


def passage(text: str, before: str = "") -> Passage:
    page = Page("page 1", f"{before}{text}")
    return Document("a" * 64, "a.txt", "text", "a", (page,), (Span(0, len(before), len(page.text)),)).passages[0]


def read(text: str) -> list[tuple[object, ...]]:
    return [(one.value, one.spread, one.upto, one.unit) for one in extracted(passage(text))]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Heat it to 95 ± 5 degC.", [(95.0, 5.0, None, "degC")]),
        ("at 60–80 °C for 1.5 h", [(60.0, None, 80.0, "°C"), (1.5, None, None, "h")]),
        ("from 5 degC to 80 degC", [(5.0, None, 80.0, "degC")]),
        ("cool to -20 degC (−5 °C)", [(-20.0, None, None, "degC"), (-5.0, None, None, "°C")]),
        ("1.2 × 10^-3 mol/L of it", [(0.0012, None, None, "mol/L")]),
        ("0.2 mol L-1, 10 mol% Pd", [(0.2, None, None, "mol L-1"), (10.0, None, None, "mol%")]),
        ("time (min): 12; T [degC]: -5", [(12.0, None, None, "min"), (-5.0, None, None, "degC")]),
        ("1,5 g or 1,000 g", []),
        ("3 in 5, 2 at a time, 7 pm, 4 a day, 48000 steps, on page 3 of 5", []),
        ("e0012, v1.2, 3.2 Residence, 10.1021/acs", []),
    ],
)
def test_numbers_with_units_are_read(text: str, wanted: list[tuple[object, ...]]) -> None:
    assert read(text) == wanted


@given(
    st.lists(st.sampled_from("0123456789 .,-–±×^/()°%degCmLhµ:;[]\nto"), max_size=60).map("".join), st.text(max_size=9)
)
def test_every_value_stands_in_its_page_to_the_letter(text: str, before: str) -> None:
    if not text.strip():
        return
    found = passage(text, before)
    for one in extracted(found):
        assert found.page.text[one.start : one.end] == one.text
        assert len(before) <= one.start < one.end <= len(found.page.text)


def test_a_value_that_does_not_stand_there_is_refused() -> None:
    found = passage("Heat it to 95 degC.", before="5 mL. ")
    Extracted(found, 17, 24, "95 degC", 95.0, "degC")
    for start, end, text in (
        (17, 24, "96 degC"),
        (16, 23, "95 degC"),
        (0, 4, "5 mL"),
        (17, 90, "95 degC"),
        (24, 24, ""),
    ):
        with pytest.raises(ValueError, match="does not stand"):
            Extracted(found, start, end, text, 95.0, "degC")


def test_a_value_is_said_in_another_unit_of_its_kind_and_in_no_other() -> None:
    (value,) = extracted(passage("20 ± 2 degC"))
    kelvin = value.within("K")
    assert kelvin is not None
    assert (kelvin.value, kelvin.spread, kelvin.text) == (293.15, 2.0, "20 ± 2 degC")
    assert value.within("mL") is None
