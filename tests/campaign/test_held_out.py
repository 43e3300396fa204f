"""Held-out checks: errors between the results and beyond them, and how far out proposals lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scripted_lab import Campaign, golden

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.explain import held_out as module
from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.explain.domains import experiment_domains
from zosimos.campaign.explain.held_out import HeldOut, held_out
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.records import Measurement

GROUPS = (0.05, 0.35, 0.65, 0.95)
"""Middles of the planted groups, within which the outcome changes little; from one to the next it jumps."""
LEVELS = (0.0, 6.0, -4.0, 9.0)


def planted() -> list[tuple[float, float]]:
    offsets = np.linspace(-0.04, 0.04, 5)
    return [(m + o, level + 5 * o) for m, level in zip(GROUPS, LEVELS, strict=True) for o in offsets.tolist()]


def by_hand(ledger: Ledger, rows: Sequence[tuple[float, float]]) -> Campaign:
    campaign = Campaign(ledger, None, approval="suggest", objectives={"y": {"goal": "max"}})
    results = [Result(None, {"x": x}, [Measurement("y", y)]) for x, y in rows]
    campaign.commands.tell(campaign.setup, results)
    return campaign


def checked(campaign: Campaign) -> HeldOut:
    return held_out(context_now(campaign.state, campaign.setup))


@pytest.mark.slow
def test_planted_groups_are_predicted_worse_from_other_groups_than_from_their_own(ledger: Ledger) -> None:
    campaign = by_hand(ledger, planted())
    found = checked(campaign)
    folds, regions = found.quantities["y"].left_out
    assert (folds.way, folds.fits, folds.tested) == ("folds", 5, 20)
    assert (regions.way, regions.fits, regions.tested) == ("regions", 4, 20)
    assert folds.error < 0.3
    assert regions.error > 3 * folds.error
    assert folds.interval.level == regions.interval.level == 0.8
    assert found.notes == ()
    assert checked(campaign) == found


def test_a_straight_line_is_seen_to_lead_to_better_results_than_those_shown(ledger: Ledger) -> None:
    rng = np.random.default_rng(0)
    rows = [(x, 10 * x + float(rng.normal(0, 0.05))) for x in np.linspace(0, 1, 20).tolist()]
    best = checked(by_hand(ledger, rows)).quantities["y"].best
    assert best is not None
    assert best.n == 8
    assert best.beyond >= 4
    assert best.recall is not None
    assert best.recall >= 0.5


def test_repeats_of_a_row_are_never_on_both_sides_of_a_fold(ledger: Ledger) -> None:
    rows = [(x, math.sin(9 * x)) for x in (0.1, 0.3, 0.5, 0.7, 0.9) for _ in range(2)]
    context = context_now((campaign := by_hand(ledger, rows)).state, campaign.setup)
    folds = module._Checks(context)._folds  # the predictions alone would not show which rows were fitted to
    assert [len(fit.split.test) for fit in folds] == [2] * 5
    for fit in folds:
        assert len({rows[row][0] for row in fit.split.test}) == 1


def test_too_few_too_many_and_equal_results_are_not_checked_and_it_is_said(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = checked(by_hand(ledger, planted()[:9]))
    assert (few.quantities, few.notes) == ({}, ("y: 9 results; checks on held-out ones need 10",))
    equal = checked(by_hand(ledger, [(x, 1.0) for x, _ in planted()]))
    assert (equal.quantities, equal.notes) == ({}, ("y: all results are equal, so that there is nothing to predict",))
    monkeypatch.setattr(module, "MOST", 15)
    many = checked(by_hand(ledger, planted()))
    assert (many.quantities, many.notes) == ({}, ("20 results: models are checked on held-out ones up to 15",))


def test_open_proposals_are_placed_among_the_results_and_ended_ones_among_those_before_them(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = by_hand(ledger, [(0.1 + 0.01 * i, 1.0) for i in range(8)])
        last = experiment_domains(campaign.state, campaign.setup)
        assert [(item.experiment, item.status, item.known) for item in last] == [
            (f"e000{i}", "measured", i - 1) for i in range(4, 9)
        ]
        (far,) = campaign.commands.ask(campaign.setup, 1, golden)
        (placed,) = experiment_domains(campaign.state, campaign.setup)
        assert (placed.experiment, placed.status, placed.known) == (far.id, "proposed", 8)
        assert placed.flag == "out"
        assert placed.distance > 2
        assert placed.words.startswith("out: ")
        assert "x is" in placed.words
        assert placed.as_json()["beyond"] > 0.5
