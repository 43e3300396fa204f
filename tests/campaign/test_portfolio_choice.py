"""planner.portfolio in a campaign file: shares that stay, or that proposers earn; what says nothing keeps its bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scripted_lab import Campaign

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.decisions.decide import inputs_now
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.definition.build import build_policy
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import SpecError
from zosimos.core.records import Measurement
from zosimos.planners.portfolio import STARTING_SHARES

SPEC = {
    "name": "p",
    "space": {"x": {"min": 0, "max": 1}},
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 20},
}


@pytest.mark.parametrize(
    ("planner", "portfolio", "shares"),
    [
        ({}, "fixed", {"bayesian": 1.0}),
        ({"shares": {"random": 2}}, "fixed", {"random": 2.0}),
        ({"shares": {"random": 2}, "portfolio": "fixed"}, "fixed", {"random": 2.0}),
        ({"portfolio": "earned"}, "earned", dict(STARTING_SHARES)),
        ({"portfolio": "earned", "shares": {"random": 2}}, "earned", {"random": 2.0}),
    ],
)
def test_shares_stay_unless_they_are_to_be_earned(
    planner: dict[str, Any], portfolio: str, shares: dict[str, float]
) -> None:
    policy = build_policy(parse_spec({**SPEC, "planner": planner}))
    assert (policy.portfolio, dict(policy.shares)) == (portfolio, shares)


def test_a_spec_that_does_not_speak_of_it_is_stored_without_it() -> None:
    assert "portfolio" not in plain(parse_spec(SPEC))["planner"]
    spec = parse_spec({**SPEC, "planner": {"portfolio": "earned"}})
    assert plain(spec)["planner"]["portfolio"] == "earned"
    assert parse_spec(plain(spec)) == spec


@pytest.mark.parametrize("planner", [{"portfolio": "won"}, {"portfolio": "earned", "kind": "random"}])
def test_another_word_or_a_single_kind_is_refused(planner: dict[str, Any]) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec({**SPEC, "planner": planner})
    assert (caught.value.field or "").startswith("planner")


def test_an_earned_portfolio_rests_on_whose_idea_each_experiment_was_and_replays(ledger: Ledger) -> None:
    planner = {"portfolio": "earned", "shares": {"sobol": 1, "random": 1}, "start": 1}
    campaign = Campaign(ledger, None, budget={"experiments": 20}, planner=planner)
    for _ in range(6):
        for item in campaign.commands.ask(campaign.setup, 1):
            found = [Measurement("y", 10.0 if item.candidate.origin == "random" else 0.0, 0.1)]
            campaign.commands.tell(campaign.setup, [Result(item.id, item.values, found)])
    state = campaign.state
    assert {seen.origin for seen in state.observations} == {"sobol", "random"}
    inputs = inputs_now(state, 1)
    unknown = tuple(replace(seen, origin="") for seen in inputs.observations)
    assert replace(inputs, observations=unknown).digest != inputs.digest
    found = replay(state.id, ledger.events(state.id), campaign.setup)
    assert (found.decisions, found.divergence) == (6, None)


def test_a_campaign_is_steered_to_shares_that_are_earned(ledger: Ledger) -> None:
    campaign = Campaign(ledger, None)
    campaign.commands.steer(campaign.setup, {"planner.portfolio": "earned"})
    assert build_policy(campaign.state.spec).portfolio == "earned"
