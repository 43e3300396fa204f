"""A failing proposer is made known with each decision and pauses the campaign when it keeps failing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scripted_lab import Campaign, ScriptedLab, golden

from zosimos.campaign.decisions.decide import decide
from zosimos.campaign.decisions.fallbacks import failures_before
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.state import State
from zosimos.campaign.views import status
from zosimos.core.records import Fallback
from zosimos.planners.proposers.random import RandomProposer

FAILURE = Fallback("odd", "ValueError", "boom", "zosimos-odd")


@pytest.fixture
def campaign(tmp_path: Path):
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, ScriptedLab(tmp_path / "journal"), budget={"experiments": 12})


def failing_in(*decisions: int, failure: Fallback = FAILURE):
    """Decide so that a proposer fails in the decisions of these numbers and works in the others."""

    def made(setup, inputs):
        fell = inputs.number in decisions
        change = {"origin": "sobol", "fallback": failure} if fell else {"origin": failure.proposer}
        return [replace(candidate, **change) for candidate in golden(setup, inputs)]

    return made


def notices(state: State) -> list[tuple[str, str]]:
    return [(notice.kind, notice.experiment) for notice in state.notices]


def test_one_failure_raises_a_notice_before_the_experiment_that_stands_in_runs(campaign: Campaign) -> None:
    assert campaign.run(decide=failing_in(2)).status == "finished"
    (notice,) = campaign.state.notices
    assert (notice.kind, notice.experiment, notice.seen) == ("proposer", "e0002", 1)
    assert notice.words == (
        "the proposer 'odd' failed in the package zosimos-odd with ValueError: boom; "
        "space-filling points stand in for it"
    )
    kinds = campaign.kinds()
    assert kinds[kinds.index("notice.raised") - 1] == "decision.made"
    assert status(campaign.state)["notices"] == [notice.as_json()]


def test_the_third_failure_in_a_row_pauses_the_campaign_with_the_reason(campaign: Campaign) -> None:
    ending = campaign.run(decide=failing_in(*range(2, 12)))
    assert ending.status == "paused"
    assert ending.reason == (
        "the proposer 'odd' failed in the package zosimos-odd with ValueError: boom, in 3 decisions in a row: "
        "correct that, or steer planner"
    )
    assert campaign.statuses() == {"e0001": "measured", "e0002": "measured", "e0003": "measured", "e0004": "approved"}
    assert notices(campaign.state) == [("proposer", f"e000{i}") for i in (2, 3, 4)]


def test_a_decision_in_which_it_works_starts_the_count_again(campaign: Campaign) -> None:
    assert campaign.run(decide=failing_in(1, 2, 4, 5, 7, 8)).status == "finished"
    assert len(campaign.state.notices) == 6


def test_a_campaign_that_was_resumed_is_paused_after_three_more(campaign: Campaign) -> None:
    broken = failing_in(*range(1, 13))
    assert campaign.run(decide=broken).status == "paused"
    campaign.commands.go_on()
    ending = campaign.run(decide=broken)
    assert (ending.status, "6 decisions in a row" in ending.reason) == ("paused", True)
    assert campaign.state.decisions == 6


def test_turns_of_other_proposers_between_do_not_hide_that_one_keeps_failing(campaign: Campaign) -> None:
    def in_turn(setup, inputs):
        if inputs.number % 2:
            return [replace(candidate, origin="random") for candidate in golden(setup, inputs)]
        return failing_in(inputs.number)(setup, inputs)

    assert campaign.run(decide=in_turn).status == "paused"
    assert campaign.state.decisions == 6
    assert failures_before(campaign.state, "odd") == 3
    assert failures_before(campaign.state, "random") == 0


def test_looking_away_from_unusual_results_does_not_hide_it(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), watch="off")
        assert campaign.run(decide=failing_in(1, 2, 3)).status == "paused"


def test_a_batch_counts_as_one_decision(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, ScriptedLab(tmp_path / "journal"), batch=3, budget={"experiments": 12})
        assert campaign.run(decide=failing_in(1, 2)).status == "finished"
        assert notices(campaign.state) == [("proposer", "e0001"), ("proposer", "e0004")]


def test_by_hand_it_is_the_same(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, approval="suggest", budget={"experiments": 9})
        for _ in range(3):
            assert campaign.state.status == "active"
            campaign.commands.ask(campaign.setup, 1, failing_in(1, 2, 3))
        assert campaign.state.status == "paused"
        assert len(campaign.state.notices) == 3


def test_a_real_proposer_that_breaks_is_told_of_and_replays_bit_for_bit(campaign: Campaign, monkeypatch) -> None:
    def broken(self, n, context):
        raise ArithmeticError(f"{object()} is not a number")

    campaign = Campaign(campaign.ledger, campaign.setup.lab, planner={"kind": "random", "start": 2})
    monkeypatch.setattr(RandomProposer, "propose", broken)
    assert campaign.run(decide=decide).status == "finished"
    assert notices(campaign.state) == [("proposer", "e0003"), ("proposer", "e0004")]
    again = replay(campaign.record.campaign, campaign.ledger.events(campaign.record.campaign), campaign.setup)
    assert (again.decisions, again.divergence) == (4, None)
