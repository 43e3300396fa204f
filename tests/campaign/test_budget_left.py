"""What the budget leaves is part of what a decision knows, the same when it is made again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from scripted_lab import Campaign, ScriptedLab, golden

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.decisions.decide import Inputs, inputs_now
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.setup import Setup
from zosimos.core.records import Candidate, Measurement
from zosimos.core.revision import REVISION


@pytest.mark.parametrize(("revision", "left"), [(REVISION, [6, 4, 2]), (3, [None] * 3)])
def test_a_decision_knows_how_many_experiments_are_left_and_knows_it_again(
    tmp_path: Path, revision: int, left: list[int | None]
) -> None:
    known: list[int | None] = []

    def deciding(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
        known.append(inputs.history.left)
        return golden(setup, inputs)

    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        lab = ScriptedLab(tmp_path / "journal")
        campaign = Campaign(ledger, lab, budget={"experiments": 6}, batch=2, revision=revision)
        assert campaign.run(decide=deciding).status == "finished"
        assert known == left
        found = replay(campaign.record.campaign, ledger.events(campaign.record.campaign), campaign.setup, deciding)
        assert found.divergence is None
    assert known == [*left, *left]


def test_results_from_elsewhere_and_proposals_that_were_cancelled_leave_the_budget_as_it_is(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, approval="suggest", budget={"experiments": 6}, revision=REVISION)
        asked = campaign.commands.ask(campaign.setup, 3, golden)
        assert inputs_now(campaign.state, 1).left == 3
        campaign.commands.drop(campaign.setup, asked[0].id, "no time")
        assert inputs_now(campaign.state, 1).left == 4
        elsewhere = Result(None, {"x": 0.123}, [Measurement("y", 1.0)])
        campaign.commands.tell(campaign.setup, [elsewhere])
        assert inputs_now(campaign.state, 1).left == 4
        told = Result(asked[1].id, {}, [Measurement("y", 1.0)])
        campaign.commands.tell(campaign.setup, [told])
        assert inputs_now(campaign.state, 1).left == 4
