"""Slots: what is written in one way is read back as it was meant; nothing is read from what is not there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.lexicon import alarm
from zosimos.agent.offline.bounds import bounds
from zosimos.agent.offline.intents import read_chat
from zosimos.agent.offline.slots import colours, names_in, normalised, quantities
from zosimos.agent.offline.subject import Subject
from zosimos.core.units import parse_quantity

UNITS = {"red": "mL", "yellow": "mL", "blue": "mL"}
number = st.floats(0.001, 999, allow_nan=False).map(lambda value: float(f"{value:.3f}"))
channel = st.integers(0, 255)


@given(number, st.sampled_from(["mL", "ml", " uL", "  µL", " microlitres", "L"]))
def test_a_quantity_is_read_as_it_was_written(value: float, unit: str) -> None:
    (found,) = quantities(normalised(f"use {value:.3f}{unit} of it"))
    wanted = parse_quantity(f"{value:.3f} {unit.strip()}", "mL")
    assert parse_quantity(found.text, "mL") == wanted


@given(channel, channel, channel)
def test_a_colour_is_read_in_both_its_forms(r: int, g: int, b: int) -> None:
    text = f"from ({r},{g}, {b}) to #{r:02x}{g:02X}{b:02x}"
    assert [item.rgb for item in colours(text)] == [(r, g, b)] * 2


@given(st.sampled_from(sorted(UNITS)), number, st.sampled_from(["below", "at most", "no more than", "not above", "<="]))
def test_an_upper_bound_is_read_from_each_way_to_say_it(name: str, value: float, words: str) -> None:
    (found,) = bounds(f"keep {name} {words} {value} mL", UNITS)
    assert (found.name, found.side, float(found.quantity.number)) == (name, "max", value)


@given(
    st.sampled_from(sorted(UNITS)), number, st.sampled_from(["above", "at least", "no less than", "not below", ">="])
)
def test_a_lower_bound_is_read_from_each_way_to_say_it(name: str, value: float, words: str) -> None:
    (found,) = bounds(f"keep {name} {words} {value} mL", UNITS)
    assert (found.name, found.side, float(found.quantity.number)) == (name, "min", value)


@given(number, number)
def test_a_range_is_both_bounds(low: float, high: float) -> None:
    found = bounds(f"blue between {low} and {high} mL", UNITS)
    assert [(item.side, float(item.quantity.number), item.quantity.unit) for item in found] == [
        ("min", low, "mL"),
        ("max", high, "mL"),
    ]


def test_what_could_mean_two_things_means_nothing() -> None:
    for text in ("red and blue 0.3", "keep red or blue below 0.3", "blue below 0.3 above 0.1", "blue at 0.3 mL"):
        assert bounds(text, UNITS) == [], text


def test_english_words_are_no_units() -> None:
    assert [item.text for item in quantities("25 in total, 2 at a time")] == ["25", "2"]


def test_names_may_be_misspelt_a_little() -> None:
    assert [name for name, _, _ in names_in("yelow and grue", UNITS)] == ["yellow"]


@given(st.text(max_size=200))
def test_no_text_breaks_a_reader(text: str) -> None:
    plain = normalised(text)
    quantities(plain)
    colours(plain)
    bounds(plain, UNITS)
    alarm(text)
    read_chat(text, Subject(UNITS))
