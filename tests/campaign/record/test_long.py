"""Items that are passed by are those that are kept, in whatever order, and none of them stays in memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.record import long
from zosimos.campaign.record.long import LongMap
from zosimos.campaign.record.snapshot import sizes


class Pages:
    """Items ``n0``, ``n1``... with their places as values, on pages; remembers which were read."""

    def __init__(self, pages: int) -> None:
        self.count = pages * sizes.PAGE
        self.read_pages: list[int] = []

    def __len__(self) -> int:
        return self.count

    def name(self, place: int) -> str:
        return f"n{place}"

    def place(self, name: str) -> int | None:
        place = int(name[1:])
        return place if place < self.count else None

    def read(self, page: int) -> Sequence[int]:
        self.read_pages.append(page)
        return range(page * sizes.PAGE, (page + 1) * sizes.PAGE)


@given(st.integers(0, 3), st.integers(0, 5), st.data())
def test_what_is_passed_by_is_what_is_there_and_is_not_kept(pages: int, more: int, data: st.DataObject) -> None:
    stored = Pages(pages)
    total = stored.count + more
    changed = data.draw(st.sets(st.integers(0, total - 1), max_size=5)) if total else set()
    own = {f"n{place}": -place for place in range(stored.count, total)} | {f"n{place}": -place for place in changed}
    items = LongMap(own, stored)
    expected = [-place if f"n{place}" in own else place for place in range(total)]
    places = data.draw(st.lists(st.integers(0, total - 1), max_size=20)) if total else []
    assert list(items.passing(places)) == [expected[place] for place in places]
    assert list(items.passing()) == expected
    assert dict(items.own) == own
    assert list(items.values()) == expected


def test_each_page_is_read_once_where_places_rise_in_a_few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "PAGE", 16)
    stored = Pages(100)
    runs = sorted(range(stored.count), key=str)  # 1, 10, 100, 1000, 1001...: four runs, one for each length
    items: LongMap[int] = LongMap({}, stored)
    assert list(items.passing(runs)) == runs
    assert len(stored.read_pages) <= 100 + 4 * long._PAGES
