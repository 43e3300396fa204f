"""Every file that is made of answers is a valid campaign file, says what was answered, and its remarks can be used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.files import from_file, from_spec
from zosimos.campaign.templates.kinds import KINDS, TABLE, template
from zosimos.core.errors import InputError, SpecError

WITHOUT_TABLE = [kind for kind in KINDS if kind != TABLE]
_OTHERWISE = re.compile(
    r"^( *)# ((?:- |constraints:|stop:|planner:|description:|dose:|speed:|cycles:|pH:).*)$", re.MULTILINE
)

words = st.text(st.sampled_from("abcxyzäöüß°-_ 12:#'\"{}[],&*!|>%@`TiNO3.yesno"), min_size=1, max_size=12)
numbers = st.one_of(st.integers(0, 500).map(str), st.floats(0.001, 900).map(lambda x: f"{x:.4g}".replace(".", ",")))
units = st.sampled_from(["", " g", " °C", " C", " mL", " %", " h", " mPa·s", " S·cm⁻¹", " foo", " rpm log", " whole"])
ranges = st.builds("{} {} {}{}".format, numbers, st.sampled_from(["to", "-", "bis", "…"]), numbers, units)
named = st.one_of(words, st.builds("{} {}".format, words, ranges), st.builds("{}: {}".format, words, ranges))
lists = st.lists(named, min_size=1, max_size=5).map("; ".join)
aims = st.lists(
    st.builds("{} {}{}".format, words, st.sampled_from(["max", "min", "target 5", "target 1,5", ""]), units), min_size=1
).map("; ".join)
answer = st.one_of(
    ranges, lists, aims, st.sampled_from(["none", "all", "2", "3", "7", "", "100 g", "1", "a | b", "Al Cu Zn"])
)
QUESTIONS = {
    "formulation": [
        "name",
        "total",
        "ingredients",
        "at_once",
        "temperature",
        "more",
        "outcomes",
        "experiments",
        "batch",
    ],
    "reaction": [
        "name",
        "ligands",
        "bases",
        "solvents",
        "catalyst",
        "temperature",
        "time",
        "more",
        "outcomes",
        "batch",
    ],
    "coating": ["solvents", "concentration", "spin_speed", "anneal_temperature", "anneal_time", "more", "outcomes"],
    "alloy": ["total", "elements", "each", "at_once", "anneal_temperature", "more", "outcomes", "experiments"],
    "instrument": ["name", "settings", "outcomes", "experiments", "batch"],
}


def valid(text: str) -> dict[str, Any]:
    data = yaml.parse(text)
    from_spec(parse_spec(data), Path())
    return dict(data)


@pytest.mark.parametrize("kind", WITHOUT_TABLE)
def test_the_defaults_of_every_kind_make_a_valid_file(kind: str, tmp_path: Path) -> None:
    text = template(kind)
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    from_file(tmp_path / "c.yaml")
    bare = [line for line in text.splitlines() if line and "#" not in line]
    assert not bare, "each line says what it does"


@pytest.mark.parametrize("kind", WITHOUT_TABLE)
def test_what_else_can_be_said_is_valid_once_its_mark_is_taken(kind: str) -> None:
    text = template(kind)
    found = _OTHERWISE.findall(text)
    assert len(found) >= 6
    more = valid(_OTHERWISE.sub(r"\1\2", text))
    assert {"dose", "cycles", "pH"} <= more["space"].keys()
    assert more["stop"]["reach"]
    assert more["constraints"]


@pytest.mark.slow
@settings(max_examples=150)
@given(st.data())
def test_any_answers_make_a_valid_file_or_are_refused_by_the_name_of_a_question(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(QUESTIONS)))
    answers = data.draw(st.dictionaries(st.sampled_from(QUESTIONS[kind]), answer, max_size=3))
    refused = ""
    try:
        valid(template(kind, answers))
    except SpecError as error:
        refused = error.field or "nothing"
    assert not refused or refused in QUESTIONS[kind]


@pytest.mark.slow
@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(words.filter(lambda text: not {",", "|"} & set(text)), numbers, numbers), min_size=1, max_size=5
    ),
    st.sampled_from(["", "g", "°C", "mPa·s"]),
    st.booleans(),
)
def test_names_and_ranges_stand_in_the_file_as_they_were_given(
    given_: list[tuple[str, str, str]], unit: str, log: bool
) -> None:
    text = "; ".join(f"{name}: {low} to {high} {unit}{' log' if log else ''}" for name, low, high in given_)
    try:
        found = valid(template("instrument", {"settings": text}))["space"]
    except InputError:
        return
    for (name, low, high), (key, part) in zip(given_, found.items(), strict=True):
        assert key == " ".join(name.split()).strip(" :=")
        assert [part["min"], part["max"]] == [float(low.replace(",", ".")), float(high.replace(",", "."))]
        assert (part.get("unit", ""), part.get("log", False)) == (unit, log)


def test_amounts_are_brought_to_the_unit_of_the_total() -> None:
    found = valid(template("formulation", {"total": "1 kg", "ingredients": "water 0,4 to 0,9, salt 50 to 200 g, oil"}))
    assert found["space"]["salt"] == {"min": 0.05, "max": 0.2, "unit": "kg"}
    assert found["space"]["oil"] == {"min": 0, "max": 1, "unit": "kg"}
    assert found["constraints"][0]["total"] == 1


def test_shares_of_an_alloy_are_fractions_or_percent_as_its_total_is() -> None:
    answers = {"elements": "Al, Cu, Zn", "each": "0 to 95 %, Zn 10 to 20 %"}
    assert valid(template("alloy", answers))["space"]["Zn"] == {"min": 0.1, "max": 0.2}
    of_hundred = valid(template("alloy", {**answers, "total": "100 at%"}))
    assert of_hundred["space"]["Zn"] == {"min": 10, "max": 20, "unit": "at%"}
    few = valid(template("alloy", {**answers, "at_once": "2"}))["constraints"][0]
    assert (few["at_most"], few["total"]) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "answers", "field", "why"),
    [
        ("formulation", {"ingredients": "a 0 to 30, b 0 to 30"}, "ingredients", "add up to 100"),
        ("formulation", {"ingredients": "a 60 to 80, b 60 to 80"}, "ingredients", "add up to 100"),
        ("formulation", {"ingredients": "water"}, "ingredients", "two parts"),
        ("formulation", {"ingredients": "water 0 to 80 mL, oil"}, "ingredients", "different things"),
        ("formulation", {"ingredients": "water, Water "}, "ingredients", "twice"),
        ("formulation", {"total": "0 g"}, "total", "above 0"),
        ("formulation", {"at_once": "1"}, "at_once", "whole number"),
        ("formulation", {"at_once": "2"}, "at_once", "always present"),
        ("alloy", {"elements": "Fe, Xx"}, "elements", "no element"),
        ("alloy", {"each": "5 to 35 %, Au 0 to 5 %"}, "each", "none of the elements"),
        ("reaction", {"solvents": "toluene"}, "solvents", "one choice"),
        ("reaction", {"solvents": "DMF, dmf"}, "solvents", "twice"),
        ("reaction", {"more": "temperature 1 to 2"}, "more", "twice"),
        ("reaction", {"temperature": "20 to 80 grad"}, "temperature", "different things"),
        ("reaction", {"time": "1 to 24 kg"}, "time", "different things"),
        ("coating", {"spin_speed": "10 to 20 g"}, "spin_speed", "different things"),
        ("reaction", {"outcomes": "yield"}, "outcomes", "wanted"),
        ("reaction", {"outcomes": "failed max"}, "outcomes", "kept"),
        ("reaction", {"experiments": "0"}, "experiments", "whole number"),
        ("reaction", {"colour": "red"}, "--set", "no such question"),
        ("recipe", {}, "KIND", "no such kind"),
        ("table", {}, "--from", "which table"),
    ],
)
def test_what_cannot_be_is_refused_where_it_was_said(kind: str, answers: dict[str, str], field: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        template(kind, answers)
    assert caught.value.field == field
    assert why in caught.value.message


def test_nothing_to_change_is_refused() -> None:
    nothing = dict.fromkeys(("solvents", "concentration", "spin_speed", "anneal_temperature", "anneal_time"), "none")
    with pytest.raises(SpecError, match="nothing is left"):
        template("coating", nothing)
    assert list(valid(template("coating", {**nothing, "more": "mixer: paddle | anchor"}))["space"]) == ["mixer"]


def test_a_range_without_a_unit_is_in_the_unit_of_the_example() -> None:
    found = valid(template("reaction", {"temperature": "40 to 90", "time": "30 min to 8 h", "catalyst": "1 to 5 g/L"}))
    assert {name: found["space"][name]["unit"] for name in ("temperature", "time", "catalyst")} == {
        "temperature": "°C", "time": "h", "catalyst": "g/L",
    }  # fmt: skip


def test_a_yield_in_percent_has_a_range_and_a_remark_on_when_to_leave_it_out() -> None:
    text = template("reaction")
    assert "yield: { goal: max, unit: '%', range: { min: 0, max: 100 } }" in text
    assert "leave range out where results may" in text
    over = template("reaction", {"outcomes": "yield target 120 %; swelling max %; conversion max"})
    assert "range: {" not in over
