"""What the budget leaves is part of what a decision knows, the same when it is made again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_lab import Campaign, ScriptedLab, golden
from tests.campaign.record.random_history import COSTLY, MOVES, Move, history

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.decisions.decide import Inputs, inputs_now, inputs_recorded
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.decisions.stopping import room
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.records import Candidate, Measurement
from zosimos.core.revision import REVISION


@pytest.mark.slow
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


@pytest.mark.slow
@given(st.lists(MOVES, max_size=60))
@settings(deadline=None, max_examples=100)
def test_what_is_left_now_is_what_a_replay_finds_whatever_happened(moves: list[Move]) -> None:
    state = State("c")
    for event in history("c", [*moves], {**COSTLY, "revision": REVISION}):
        apply(state, event)
    now = inputs_now(state, 1)
    assert now.left == room(state)
    assert inputs_recorded(state, now.as_json()).left == now.left


def test_a_campaign_by_hand_knows_what_is_left_and_knows_it_again(tmp_path: Path) -> None:
    known: dict[int, list[int | None]] = {REVISION: [], 5: []}
    for revision, found in known.items():

        def deciding(setup: Setup, inputs: Inputs, found: list[int | None] = found) -> Sequence[Candidate]:
            found.append(inputs.history.left)
            return golden(setup, inputs)

        with Ledger(str(tmp_path / f"{revision}.db")) as ledger:
            campaign = Campaign(ledger, None, approval="suggest", budget={"experiments": 6}, revision=revision)
            campaign.commands.ask(campaign.setup, 4, deciding)
            campaign.commands.ask(campaign.setup, 1, deciding)
            events = ledger.events(campaign.record.campaign)
            assert replay(campaign.record.campaign, events, campaign.setup, deciding).divergence is None
    assert known == {REVISION: [6, 2, 6, 2], 5: [None] * 4}
