"""End to end: unusual results told, models described, stop rules that ask models, hypotheses and claims."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

SPEC = """\
name: reactions
space:
  dose: {min: 0, max: 10}
  ligand: {choices: [XPhos, PPh3]}
objectives:
  rate: {goal: max}
lab: {kind: pool, file: pool.csv}
"""


def write(folder: Path, *more: str, wrong: bool = False) -> None:
    lines = ["dose,ligand,rate"]
    for i in range(41):
        for ligand, factor in (("XPhos", 6.0), ("PPh3", 3.0)):
            rate = factor * (i / 4) / (2 + i / 4) + 0.001 * ((7 * i) % 11)
            lines.append(f"{i / 4},{ligand},{-50.0 if wrong and i % 4 == 3 and ligand == 'XPhos' else rate}")
    (folder / "pool.csv").write_text("\n".join(lines) + "\n")
    (folder / "campaign.yaml").write_text(SPEC + "\n".join(more) + "\n")


def ran(cli: Cli) -> Any:
    answer = cli("run", "campaign.yaml", "--no-report", "--json")
    assert answer.code == 0, answer.err
    return cli("status", "last", "--json").json


@pytest.mark.slow
def test_unusual_results_are_told_in_the_status_and_in_the_report(cli: Cli, folder: Path) -> None:
    write(folder, "planner: {start: 8}", "budget: {experiments: 30}", wrong=True)
    found = ran(cli)
    assert found["notices"]
    words = found["notices"][0]["words"]
    assert words.split()[-1] in cli("status", "last").out
    assert cli("report", "last", "-o", "report.html").code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert words in unescape(page)
    assert cli("replay", "last").code == 0


def test_the_models_describe_themselves_and_rows_say_how_far_out_they_are(cli: Cli, folder: Path) -> None:
    write(folder, "planner: {start: 4}", "budget: {experiments: 8}")
    ran(cli)
    lines = cli("explain", "last", "--model").out.splitlines()
    assert {"## committee", "| hyper-parameter | value |"} <= set(lines)
    cards = cli("explain", "last", "--model", "--json").json["models"]
    assert cards["rate"]["rows"] == 8
    one = cli("explain", "last", "e0008", "--json").json
    assert one["domain"].partition(":")[0] in ("in", "near", "out")
    assert "domain" in cli("explain", "last", "e0008").out


@pytest.mark.slow
def test_a_campaign_stops_once_the_models_are_sure(cli: Cli, folder: Path) -> None:
    write(folder, "planner: {start: 4}", "budget: {experiments: 40}", "stop: {reach: {rate: 4.6}, confidence: 0.9}")
    assert "its true value meets it with a probability of" in ran(cli)["reason"]
    write(folder, "planner: {start: 4}", "budget: {experiments: 40}", "stop: {regret: 0.05}")
    assert "no untried experiment is expected to be better" in ran(cli)["reason"]
    assert cli("verify", "last").code == 0


@pytest.mark.slow
def test_hypotheses_are_told_apart_and_claims_contradicted(cli: Cli, folder: Path) -> None:
    write(
        folder,
        "hypotheses:",
        "  formulas: {linear: 'a * dose', saturating: 'v * dose / (k + dose)'}",
        "  constants: {a: [0, 5], v: [0.5, 20], k: [0.1, 20]}",
        "  noise: 1.5",
        "claims: [{if: \"ligand == 'PPh3'\", then: 'rate < 2'}]",
        "planner: {shares: {discriminate: 1, counterexample: 1}, start: 4}",
        "budget: {experiments: 14}",
    )
    found = ran(cli)
    assert found["used"] == 14
    runs = cli("show", "last", "--json").json["runs"]
    reasons = {run["candidate"]["origin"]: run["candidate"]["reason"] for run in runs}
    assert "tells hypotheses apart: saturating" in reasons["discriminate"]
    assert "could contradict the claim that if ligand == 'PPh3', then rate < 2" in reasons["counterexample"]
    assert all(run["candidate"]["values"]["ligand"] == "PPh3" for run in runs if "claim" in run["candidate"]["reason"])
    assert cli("replay", "last").code == 0


def test_what_the_file_asks_for_but_does_not_give_is_refused(cli: Cli, folder: Path) -> None:
    write(folder, "planner: {kind: discriminate}", "budget: {experiments: 4}")
    answer = cli("validate", "campaign.yaml")
    assert answer.code != 0
    assert "add hypotheses: to the campaign file" in answer.err
    write(folder, "claims: [{if: 'heat > 3', then: 'rate < 2'}]", "budget: {experiments: 4}")
    assert "'heat', which the campaign does not know" in cli("validate", "campaign.yaml").err
