"""What an advisor must be like to be asked by a campaign: its kit's checks."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping
from typing import Any

from zosimos.campaign.decisions.asking import trimmed
from zosimos.campaign.definition.advisor import MAY
from zosimos.planners.advice import Advisor

EMPTY: Mapping[str, Any] = {
    "name": "kit",
    "description": "",
    "moment": "start",
    "space": {"x": {"type": "continuous", "min": 0.0, "max": 1.0, "unit": ""}, "base": {"choices": ["KOH", "DBU"]}},
    "constraints": [],
    "objectives": {"y": {"goal": "max", "unit": ""}},
    "planner": {"acquisition": "improvement", "shares": {"bayesian": 1.0}, "portfolio": "fixed"},
    "budget": {"experiments": 20, "used": 0},
    "results": [],
    "left_out": 0,
    "pending": [],
    "best": [],
    "in_force": [],
    "own": {},
    "coordination": {
        "proposers": {"bayesian": {"experiments": 0, "credit": 0.0, "share": 1.0, "earned": 1.0}},
        "since_gain": 0,
        "may": list(MAY),
    },
}
"""A view of a campaign that begins, as :func:`~zosimos.campaign.decisions.advisor_view.advisor_view` makes it."""
UNDER_WAY: Mapping[str, Any] = {
    **EMPTY,
    "moment": "surprise",
    "budget": {"experiments": 20, "used": 2},
    "results": [
        {"experiment": "e0001", "values": {"x": 0.2, "base": "KOH"}, "outcomes": {"y": {"value": 1.0}}},
        {
            "experiment": "e0002",
            "values": {"x": 0.7, "base": "DBU"},
            "outcomes": {"y": {"value": 3.0, "uncertainty": 0.1}},
            "predicted": {"y": [1.2, 0.3]},
        },
    ],
    "best": ["e0002"],
}


class AdvisorKit:
    """The checks of one advisor.

    Args:
        make: makes it.
    """

    def __init__(self, make: Callable[[], Advisor]) -> None:
        self._make = make

    def asks(self) -> None:
        """It has an ``advise`` method."""
        assert isinstance(self._make(), Advisor), "it has no advise method"

    def answers(self) -> None:
        """It returns items of advice, or nothing, before there are results and with some."""
        for view in (EMPTY, UNDER_WAY):
            heard = trimmed(asyncio.run(_asked(self._make(), copy.deepcopy(view))))
            assert not heard.problem, heard.problem
            assert not heard.answer.left_out, f"of its answer this cannot be used: {heard.answer.left_out}"

    def changes_nothing(self) -> None:
        """It leaves the view as it was."""
        view = copy.deepcopy(UNDER_WAY)  # a campaign hands out a copy; an advisor that relies on that is odd
        asyncio.run(_asked(self._make(), view))
        assert view == UNDER_WAY, "it changed the view that it was given"


async def _asked(advisor: Advisor, view: Mapping[str, Any]) -> object:
    return await advisor.advise(view)
