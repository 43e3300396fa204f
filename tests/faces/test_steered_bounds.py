"""Bounds steered past the best result: what is best, what is to be beaten and what ends a campaign lies inside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import zosimos as zo

SPACE = {"T": {"min": 20, "max": 120}, "s": {"choices": ["THF", "DMF"]}}
POINTS = ((25.0, "THF"), (50.0, "DMF"), (65.0, "THF"), (90.0, "THF"), (110.0, "DMF"), (118.0, "THF"))


def outcome(T: float, s: str) -> dict[str, float]:
    height = 10 - ((T - 110) / 30) ** 2 + (0.5 if s == "THF" else 0)
    return {"y": height, "w": -height}


@pytest.fixture
def told(folder: Path) -> Iterator[Any]:
    """Make a campaign of results told by hand, the best of them at 110 or more."""
    made: list[zo.Campaign] = []

    def make(objectives: Mapping[str, Any], **more: Any) -> zo.Campaign:
        spec = {"name": "heat", "space": SPACE, "objectives": objectives, "budget": {"experiments": 40}, "seed": 1}
        campaign = zo.Campaign.create({**spec, **more}, ledger=folder / f"{len(made)}.db")
        made.append(campaign)
        for T, s in POINTS:
            found = {name: value for name, value in outcome(T, s).items() if name in objectives}
            campaign.tell({"T": T, "s": s}, **found)
        return campaign

    yield make
    for campaign in made:
        campaign.close()


@pytest.mark.parametrize(
    "objectives",
    [
        {"y": {"goal": "max"}},
        {"w": {"goal": "min"}},
        {"y": {"goal": "max"}, "w": {"goal": "min"}},
        {"y": {"goal": "max", "tier": 1, "threshold": 1}, "w": {"goal": "min", "tier": 2}},
        {"y": {"goal": "target", "target": 12}},
    ],
    ids=["max", "min", "two", "tiers", "target"],
)
def test_the_best_and_what_is_to_be_beaten_are_inside_todays_bounds(told: Any, objectives: Mapping[str, Any]) -> None:
    campaign = told(objectives)
    assert campaign.best.id == "e0006"
    campaign.steer({"space.T.max": 70})
    assert campaign.best.id == "e0003", "of 25, 50 and 65 degrees"
    (asked,) = campaign.ask(1)
    assert asked["T"] <= 70
    if len(objectives) == 1:
        name = next(iter(objectives))
        assert f"{outcome(65.0, 'THF')[name]:.3g}" in asked.reason, "what it is to beat"
    campaign.steer({"space.T.max": 120})
    assert campaign.best.id == "e0006", "it can be had again"
    assert campaign.replay().divergence is None


def test_a_choice_that_is_gone_is_best_no_more(told: Any) -> None:
    campaign = told({"y": {"goal": "max"}})
    campaign.steer({"space.s.choices": ["DMF", "water"]})
    assert campaign.best.id == "e0005"
    (asked,) = campaign.ask(1)
    assert asked["s"] != "THF"


def test_where_no_result_is_inside_todays_bounds_there_is_no_best_and_planning_goes_on(told: Any) -> None:
    campaign = told({"y": {"goal": "max"}})
    campaign.steer({"space.T.min": 70, "space.T.max": 80})
    assert campaign.best is None
    assert all(70 <= asked["T"] <= 80 for asked in campaign.ask(2))


def test_a_result_told_from_outside_the_bounds_teaches_and_is_not_best(told: Any) -> None:
    campaign = told({"y": {"goal": "max"}})
    campaign.tell({"T": 140.0, "s": "THF"}, y=99.0, outside=True)
    assert campaign.best.id == "e0006"
