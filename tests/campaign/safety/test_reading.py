"""Names, numbers and formulas of substances, however they are written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition
from tests.campaign.safety.test_facts import report_of, verdict

from zosimos.campaign.safety.cas import check_digit, is_sound, numbers_in
from zosimos.campaign.safety.formula import composition, hill
from zosimos.campaign.safety.reading import read
from zosimos.campaign.safety.rules import VERDICTS
from zosimos.campaign.safety.shipped import shipped
from zosimos.campaign.safety.spelling import alike, key, plain

CATALOGUE = shipped().catalogue
NAMES = st.sampled_from([name for one in CATALOGUE.substances for name in (one.name, *one.also)])
SYMBOLS = st.sampled_from(["C", "H", "O", "N", "Na", "Cl", "K", "S", "Fe", "Cu", "Co", "P", "Br"])
ATOMS = st.lists(st.tuples(SYMBOLS, st.integers(1, 40)), min_size=1, max_size=6)
ORDER = ("go", "person", "refuse")


def written(atoms: list[tuple[str, int]]) -> str:
    return "".join(f"{symbol}{count if count > 1 else ''}" for symbol, count in atoms)


@given(ATOMS, st.randoms(use_true_random=False))
def test_a_formula_means_the_same_in_any_order(atoms, random) -> None:
    shuffled = list(atoms)
    random.shuffle(shuffled)
    assert hill(written(shuffled)) == hill(written(atoms)) is not None


@given(ATOMS)
def test_a_formula_counts_its_atoms_as_pymatgen_does(atoms) -> None:
    ours, theirs = composition(written(atoms)), Composition(written(atoms)).get_el_amt_dict()
    if ours == {"H": 2, "O": 1}:
        return
    assert ours == {symbol: int(count) for symbol, count in theirs.items()}


@given(ATOMS, ATOMS, st.integers(2, 9))
def test_groups_in_brackets_are_multiplied(atoms, group, times) -> None:
    found = composition(f"{written(atoms)}({written(group)}){times}")
    wanted = Composition(f"{written(atoms)}({written(group)}){times}").get_el_amt_dict()
    assert found == {symbol: int(count) for symbol, count in wanted.items()}


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error_and_never_passes_unknown(text: str) -> None:
    reading = read(text, CATALOGUE)
    hill(text), numbers_in(text), plain(text)
    nothing = key(text) == "none" or re.match(r"\s*(no|without|nothing|blank)", plain(text), re.I)
    assert reading.substances or reading.unknown or reading.broken or nothing


@given(st.integers(10, 9_999_999), st.integers(0, 99), st.integers(0, 9))
def test_a_cas_number_is_sound_with_one_check_digit_only(first: int, second: int, last: int) -> None:
    number = f"{first}-{second:02}-{last}"
    assert numbers_in(f"some ({number})") == [number]
    assert is_sound(number) == (check_digit(number) == last)


@given(NAMES, st.sampled_from(["perfectly safe {}", "{} (food grade)", "{}, aq.", "approved {}", "1 M {}", "{} 37 %"]))
def test_praise_grades_and_amounts_change_no_verdict(name: str, around: str) -> None:
    alone = verdict(report_of(name), pair=False)
    assert verdict(report_of(around.format(name)), pair=False) == alone


@given(NAMES, st.text("abcdefghijklmnopqrstuvwxyz ", max_size=25))
def test_whatever_stands_beside_a_name_never_makes_the_verdict_milder(name: str, words: str) -> None:
    alone = ORDER.index(verdict(report_of(name), pair=False))
    whole = ORDER.index(verdict(report_of(f"{name} {words}"), pair=False))
    assert whole >= min(alone, ORDER.index("person")) or not words.strip()


@given(NAMES)
def test_case_spaces_and_fullwidth_letters_change_nothing(name: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in name)
    assert read(wide, CATALOGUE).substances == read(name, CATALOGUE).substances
    assert (
        set(read(name, CATALOGUE).substances) <= set(read(name.upper(), CATALOGUE).substances) or name != name.upper()
    )


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("CO", "carbon monoxide"),
        ("Co", "cobalt"),
        ("HF", "hydrogen fluoride"),
        ("Hf", "hafnium"),
        ("COCl2", "phosgene"),
        ("CoCl2", "cobalt chloride"),
        ("D2O", "water"),
        ("α-phenylacetoacetonitrile", "APAAN"),
        ("potassium cyanide (151-50-8)", "potassium cyanide"),
        ("CAS 7732-18-5", "water"),
        ("MeCN/water 1:1", "acetonitrile and water"),
        ("copper(II) sulphate pentahydrate", "copper sulfate"),
    ],
)
def test_a_name_means(text: str, means: str) -> None:
    reading = read(text, CATALOGUE)
    assert (reading.names, reading.unknown) == (means, "")


@pytest.mark.parametrize("text", ["sodium dodecyl benzoate", "tetramethyl zorbane", "C7H16", "999-99-5", "", "?"])
def test_what_is_not_known_for_sure_is_unknown(text: str) -> None:
    assert read(text, CATALOGUE).unknown
    assert report_of(text).needs


def test_an_element_within_an_unknown_name_is_not_that_element() -> None:
    report = report_of("sodium dodecyl benzoate", "water")
    assert [one.kind for one in report.findings if one.verdict != "note"] == ["unknown"]


def test_a_name_nearly_that_of_a_weapon_is_shown_with_it_or_refused() -> None:
    assert "nearly sarin" in report_of("sarrin").needs[0].words
    assert "sulfurmustard" in report_of("sulfur mustrad").refused[0].words


def test_alike_is_symmetric() -> None:
    for one, other in (("sarrin", "sarin"), ("srain", "sarin"), ("sarin", "sarix"), ("abc", "abcd")):
        assert alike(one, other)
        assert alike(other, one)
    assert not alike("abcd", "abdce")


def test_verdicts_are_in_order() -> None:
    assert VERDICTS == ("note", "person", "refuse")
