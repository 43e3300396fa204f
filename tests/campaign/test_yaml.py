"""YAML is read strictly: what could be misread is refused with its line, and numbers are what they look like."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.definition import yaml
from zosimos.core.errors import SpecError

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"], exclude_characters="\u2028\u2029\ufeff"), max_size=10
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@given(DATA)
def test_dumped_data_reads_back(data: Any) -> None:
    text = pyyaml.dump(data, allow_unicode=True, Dumper=NoAliases)
    assert yaml.parse(text) == data


class NoAliases(pyyaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@given(st.text(max_size=60) | st.text("[]{}!&*:,-?|>\n #'\"%@aéx01._", max_size=30))
def test_any_text_is_data_or_a_spec_error(text: str) -> None:
    with contextlib.suppress(SpecError):
        yaml.parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("010", 10),
        ("-5", -5),
        (".5", 0.5),
        ("1.", 1.0),
        ("yes", True),
        *((text, text) for text in ("1:30", "1_000", "0x1F", "2026-11-21", "2026-99-99", "8 h")),
    ],
)
def test_numbers_and_dates_are_what_they_look_like(text: str, value: Any) -> None:
    found = yaml.parse(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "line 3.*'a' stands twice"),
        ("x:\n  a: 1\n  a: 1", "line 3.*'a' stands twice"),
        ("a: &x [1]\nb: *x", "line 1.*aliases are not accepted"),
        ("a: [1", "line"),
        ("\ta: 1", "line 1"),
        ("a: b: c", "line 1"),
        ("a\n---\nb", "a second campaign begins"),
        ("!!python/object/apply:os.system ['true']", "cannot begin with !"),
        ("!!int abc", "not what its tag says"),
        ("!!bool maybe", "not what its tag says"),
        ("!!map [a, b]", "not what its tag says"),
        ("a: " + "1" * 5000, "too large"),
        ("[" * 20_000, "nested too deeply"),
        ("\x00", "no text has"),
    ],
)
def test_what_could_be_misread_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        yaml.parse(text)


def test_bomb_of_aliases_is_refused_at_once() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(SpecError, match="aliases"):
        yaml.parse(bomb)


def test_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffname: é".encode())
    assert yaml.parse(yaml.read_text(path)) == {"name": "é"}


@pytest.mark.parametrize(
    ("data", "said"), [(b"a: 1\nb: \xe9\n", "not UTF-8 text: line 2"), (b" " * 1_000_001, "too large")]
)
def test_file_that_is_no_small_utf8_text_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    with pytest.raises(SpecError, match=said) as caught:
        yaml.read_text(path)
    assert caught.value.allowed


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(SpecError, match="cannot read"):
            yaml.read_text(path)
