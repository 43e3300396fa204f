"""Names of files made of names that somebody else chose."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.filenames import file_name, is_file_name
from zosimos.core.ids import campaign_id

ODD = [
    "",
    ".",
    "..",
    "../../../PWNED",
    "/etc/passwd",
    "C:\\x",
    "a:b",
    "a/b",
    "a\\b",
    "a\0b",
    "a\nb",
    "CON",
    "nul.txt",
    "Com1",
    "lpt9.a.b",
    "a.",
    "a ",
    " a",
    "-rf",
    ".hidden",
    "x;rm",
    "$(x)",
    "a" * 101,
    "é",
    "\udcff",
]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_becomes_another_that_is_a_files(name: str) -> None:
    found = file_name(name)
    assert not is_file_name(name)
    assert found != name
    assert is_file_name(found)


@given(st.text(max_size=200) | st.text("./\\:~ \0", max_size=12) | st.sampled_from(ODD))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    found = file_name(name)
    assert Path("folder", found).parent == Path("folder")
    assert set(found) <= set(string.ascii_letters + string.digits + "._-")
    assert 0 < len(found) <= 100
    assert file_name(found) == found


@given(st.lists(st.text(max_size=30), unique=True, max_size=5))
def test_two_names_never_share_a_file(names: list[str]) -> None:
    assert len({file_name(name) for name in names}) == len(names)


@given(st.integers(0, 1000))
def test_a_campaigns_id_is_a_files_name_as_it_is(seed: int) -> None:
    campaign = campaign_id(datetime(2026, 11, 21, tzinfo=UTC), random.Random(seed))
    assert file_name(campaign) == campaign
