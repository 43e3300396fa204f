"""What advice was worth: by whose idea results were, who found the improvement, what asking cost."""

from __future__ import annotations

from scripted_lab import Campaign

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.decisions.advising import Said
from zosimos.campaign.decisions.worth import PLANNER, learned, worth
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.words.advised import advised
from zosimos.core.records import Measurement, Prediction
from zosimos.planners.advice import Point


def tell(campaign: Campaign, y: float) -> None:
    (item,) = campaign.commands.ask(campaign.setup, 1)
    campaign.commands.tell(campaign.setup, [Result(item.id, item.values, [Measurement("y", y, 0.1)], "")])


def test_the_improvement_is_shared_out_by_whose_idea_the_experiments_were(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, planner={"start": 2, "kind": "sobol"}, budget={"experiments": 9})
    tell(campaign, 1.0)
    point = Point({"x": 0.123}, {"y": Prediction(4.0, 1.0)})
    campaign.commands.advise(campaign.setup, Said((point,), "ann"))
    tell(campaign, 4.0)
    tell(campaign, 5.0)
    found = worth(campaign.state)
    assert found.experiments == {PLANNER: 2, "ann": 1}
    assert found.gained == {PLANNER: 0.25, "ann": 0.75}
    assert found.best == PLANNER
    assert [one.author for one in learned(campaign.setup, campaign.state)] == ["ann"]
    lines = advised(Subject(campaign.state, campaign.setup))
    assert "ann: 1 results, 75% of the improvement" in lines
    assert "ann: too few predictions to tell whether it learns from results" in lines


def test_where_nobody_advised_nothing_is_said(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None, planner={"kind": "sobol"})
    assert advised(Subject(campaign.state, campaign.setup)) == []
