"""Campaigns stored by an earlier version: they verify, open, replay, resume and report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stored_campaigns import restore

NAMES = [
    "colour",
    "pool",
    "by_hand",
    "paused",
    "interrupted",
    "asked",
    "limits",
    "screen",
    "dyes",
    "ranges",
    "lone",
    "steep",
    "rare",
    "ridge",
    "basin",
    "solvents",
    "catalysts",
    "knoll",
    "additives",
]
DECISIONS = {
    "colour": 9,
    "pool": 4,
    "by_hand": 2,
    "paused": 2,
    "interrupted": 8,
    "asked": 2,
    "limits": 4,
    "screen": 24,
    "dyes": 7,
    "ranges": 6,
    "lone": 24,
    "steep": 6,
    "rare": 24,
    "ridge": 6,
    "basin": 8,
    "solvents": 9,
    "catalysts": 11,
    "knoll": 8,
    "additives": 5,
}
RECORDED_ON = "AVX512"  # torch's kernels differ in the last bits between kinds of processor
RECORDED_BY = {"OPENBLAS_CORETYPE": "Haswell"}  # so do those of NumPy and SciPy, where one may choose


def same_processor() -> bool:
    from torch.backends import cpu

    return bool(cpu.get_cpu_capability() == RECORDED_ON)


@pytest.fixture
def stored(folder: Path) -> Callable[[str], str]:
    """Put a stored campaign into this folder's ledger."""
    return lambda name: restore(name, folder / "zosimos.db")


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_campaign_verifies_and_opens(cli: Callable[..., Any], stored: Any, name: str) -> None:
    campaign = stored(name)
    assert cli("verify", campaign).code == 0
    assert cli("status", campaign, "--json").json["campaign"] == campaign
    assert cli("show", campaign).code == 0
    assert cli("export", campaign, "--format", "json", "-o", "out.json").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_stored_campaign_reports(cli: Callable[..., Any], stored: Any, folder: Path, name: str) -> None:
    assert cli("report", stored(name), "-o", "report.html").code == 0
    assert (folder / "report.html").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_stored_campaign_replays_bit_for_bit(shell: Callable[..., Any], stored: Any, name: str) -> None:
    if not same_processor():
        pytest.skip(f"recorded on a processor with {RECORDED_ON}")
    answer = shell("replay", stored(name), "--json", env=RECORDED_BY)
    assert answer.code == 0, answer.out + answer.err
    assert answer.json["decisions"] == DECISIONS[name]


@pytest.mark.slow
def test_an_interrupted_campaign_finishes_and_repeats_no_stroke(cli: Callable[..., Any], stored: Any) -> None:
    campaign = stored("interrupted")
    answer = cli("resume", campaign, "--no-report", "--json")
    assert answer.json["status"] == "finished", answer.out + answer.err
    assert answer.json["experiments"] == 8
    assert cli("verify", campaign).code == 0


@pytest.mark.slow
def test_a_paused_campaign_waits_for_its_open_approval_again(cli: Callable[..., Any], stored: Any) -> None:
    campaign = stored("paused")
    answer = cli("resume", campaign, "--no-report", "--no-wait", "--json")
    assert answer.json["status"] == "waiting"
    assert [item["token"] for item in answer.json["waiting_for"]] == ["g3ar6465-838cf0d6"]


@pytest.mark.slow
def test_a_campaign_by_hand_takes_results_of_proposals_made_before(
    cli: Callable[..., Any], stored: Any, folder: Path
) -> None:
    campaign = stored("by_hand")
    (folder / "results.csv").write_text("experiment,yield_pct\ne0005,71\n")
    assert cli("tell", campaign, "results.csv").code == 0
    assert cli("status", campaign, "--json").json["best"]["experiment"] == "e0005"


def test_questions_and_proposals_asked_before_can_be_answered(cli: Callable[..., Any], stored: Any) -> None:
    stored("asked")
    waiting = cli("approvals", "--json").json
    assert [len(waiting["approvals"]), len(waiting["changes"])] == [2, 1]
    assert cli("approve", waiting["approvals"][0]["token"], "--yes", "run").code == 0
    assert cli("reject", waiting["changes"][0]["token"]).code == 0
