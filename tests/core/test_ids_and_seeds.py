"""Identifiers, seeds and canonical JSON: the same value always has the same name."""

import json
import math
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.canonical import canonical_json, digest
from zosimos.core.ids import campaign_id, local_id, tail, urn
from zosimos.core.seeds import derive_seed

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


@given(MOMENTS, st.integers())
def test_campaign_id_has_its_form_and_names_its_second(now: datetime, seed: int) -> None:
    name = campaign_id(now, random.Random(seed))
    assert re.fullmatch(r"c-\d{8}t\d{6}-[0-9a-hjkmnp-tv-z]{8}", name)
    assert name.endswith(tail(name))
    assert datetime.strptime(name[2:17], "%Y%m%dt%H%M%S").replace(tzinfo=UTC) == now.replace(microsecond=0)


@given(MOMENTS, st.integers(1, 10**8), st.integers())
def test_campaign_ids_sort_by_time(now: datetime, later: int, seed: int) -> None:
    entropy = random.Random(seed)
    first, second = (campaign_id(moment, entropy) for moment in (now, now + timedelta(seconds=later)))
    assert first < second


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_local_ids_differ_when_counters_do(a: int, b: int) -> None:
    assert (local_id("experiment", a) == local_id("experiment", b)) == (a == b)


def test_urn_holds_the_campaign_and_the_local_id() -> None:
    assert urn("c-20261121t034605-4j8jq3x0", local_id("decision", 3)).endswith(":c-20261121t034605-4j8jq3x0:d0003")


@given(st.integers(0, 2**63 - 1), st.lists(st.integers() | TEXT, max_size=4))
def test_seed_is_in_range_and_follows_from_its_names(seed: int, names: list[Any]) -> None:
    found = derive_seed(seed, *names)
    assert 0 <= found < 2**63
    assert found == derive_seed(seed, *names)
    assert found != derive_seed(seed, *names, "more")


def test_streams_of_many_names_do_not_collide() -> None:
    assert len({derive_seed(7, "decision", i) for i in range(10_000)}) == 10_000


@given(JSON)
def test_canonical_json_reads_back_as_the_same_value(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@pytest.mark.slow
@given(st.dictionaries(TEXT, JSON, max_size=6), st.randoms(use_true_random=False))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, Any], shuffler: random.Random) -> None:
    items = list(value.items())
    shuffler.shuffle(items)
    text = canonical_json(value)
    assert canonical_json(dict(items)) == text
    assert list(json.loads(text)) == sorted(value)
    assert "\n" not in text


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_canonical_json_refuses_what_is_no_number(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"deep": [number]})


def test_canonical_json_refuses_text_that_has_no_utf8() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        canonical_json({"a": "\ud800"})


def test_canonical_json_refuses_what_json_does_not_have() -> None:
    with pytest.raises(TypeError):
        canonical_json({"a": {1, 2}})


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_digests_are_equal_where_bytes_are(a: bytes, b: bytes) -> None:
    assert (digest(a) == digest(b)) == (a == b)
    assert digest(a).startswith("sha256:")
