"""A told value that is far from all others is said to be: it may be a slip of the pen, and counts all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import zosimos as zo

SPEC = {
    "name": "yields",
    "space": {"T": {"min": 20, "max": 100}},
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 40},
}


def remarks(campaign: zo.Campaign, *values: float) -> list[str]:
    rows = [{"T": 20.0 + place + len(campaign.experiments), "y": value} for place, value in enumerate(values)]
    found: list[str] = campaign.preview(rows)["remarks"]
    campaign.tell(rows)
    return [line for line in found if "far from all others" in line]


@pytest.fixture
def campaign(tmp_path: Path):
    with zo.Campaign.create(SPEC, ledger=tmp_path / "lab.db") as found:
        yield found


def test_a_slip_in_a_table_of_its_own_is_said_with_how_to_mend_it(campaign: zo.Campaign) -> None:
    (line,) = remarks(campaign, 78.0, 81.0, 820.0, 64.0, 70.0, 75.0)
    assert "y 820 is far from all others (64 to 81)" in line
    assert f"zosimos correct {campaign.id} e0003 y=VALUE --reason TEXT" in line
    assert campaign.best is not None
    assert campaign.best.id == "e0003"  # it counts, until somebody says otherwise


def test_one_is_compared_with_what_is_on_record(campaign: zo.Campaign) -> None:
    assert remarks(campaign, 78.0, 81.0, 64.0, 70.0, 75.0) == []
    assert remarks(campaign, 99.0, 45.0) == []  # a discovery is none
    (line,) = remarks(campaign, -400.0)
    assert "y -400 is far from all others (45 to 99)" in line


@pytest.mark.parametrize("values", [(1.0, 2.0, 500.0), (5.0, 5.0, 5.0, 5.0, 5.0, 50.0), (1, 10, 100, 1000, 300, 20)])
def test_few_or_equal_or_widely_spread_values_say_nothing_of_another(
    campaign: zo.Campaign, values: tuple[float, ...]
) -> None:
    assert remarks(campaign, *values) == []
