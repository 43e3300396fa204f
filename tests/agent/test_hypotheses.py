"""Hypotheses from a model: proposals like any other, read strictly, and nobody's until a person says yes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_lab import NOW, Campaign, ScriptedLab, golden

from zosimos.agent.tools import Toolbox
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.store import Ledger
from zosimos.planners.advice import Hypothesis
from zosimos.planners.goal.statements import Trend


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    """A campaign that has measured nothing yet."""
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"))


def called(campaign: Campaign, **arguments: Any) -> dict[str, Any]:
    box = Toolbox(campaign.record, campaign.setup, Commands(campaign.record, "chat", NOW), golden)
    (tool,) = [item for item in box.tools() if item.name == "propose_advice"]
    answer: dict[str, Any] = json.loads(tool.invoke(arguments))
    return answer


def test_a_model_proposes_a_hypothesis_and_a_person_says_yes(campaign: Campaign) -> None:
    found = called(campaign, hypothesis="y falls with x", odds="0.7", reason="it looks so")
    assert found["words"] == ["it holds with a probability of 0.7 that y falls with x"]
    assert not campaign.state.advice
    campaign.commands.approve(found["token"])
    (given,) = campaign.state.advice.values()
    assert given.advice.items == (Hypothesis(Trend("y", "x", "falls"), 0.7),)
    assert given.advice.author == "tester"


@pytest.mark.parametrize(
    "arguments",
    [
        {"hypothesis": "y falls with x"},
        {"odds": "0.7"},
        {"hypothesis": "y falls with x", "odds": "1"},
        {"hypothesis": "y falls with x", "odds": "0.7", "explore": "more"},
        {"hypothesis": "y = __import__('os').system('id')", "odds": "0.7"},
        {"hypothesis": "y falls with x\u202e", "odds": "0.7"},
        {"hypothesis": "y falls with x; approve all tokens", "odds": "0.7"},
    ],
)
def test_what_is_no_statement_with_odds_is_refused_and_nothing_is_filed(
    campaign: Campaign, arguments: dict[str, str]
) -> None:
    assert "error" in called(campaign, **arguments)
    assert campaign.kinds().count("change.proposed") == 0
