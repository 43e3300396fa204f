"""Costs, changeovers and stock on the command line: a campaign from its file to the reason it ended for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

COSTLY = """\
name: costly
space:
  temp: {min: 20, max: 80, unit: degC}
  flow: {levels: [1, 2, 3], unit: mL/min}
  solvent: {choices: [water, ethanol]}
objectives:
  yield: {goal: max, unit: percent}
lab: {kind: pool, file: pool.csv, latency: 10 min}
planner: {start: 3}
budget: {experiments: 24, cost: 150}
costs: {each: "10 + 0.1 * (temp - 20)", changeover: {solvent: 20, temp: 0.1}, unit: min}
stock: {acid: {amount: 40 mL, uses: flow, unit: mL}}
expect:
  temp: {at: 340 kelvin, within: 10 kelvin}
  solvent: {likely: water, factor: 3}
"""


@pytest.fixture
def costly(folder: Path) -> Path:
    (folder / "costly.yaml").write_text(COSTLY)
    return folder / "costly.yaml"


def test_a_run_ends_when_nothing_can_be_afforded_and_everything_tells_the_cost(cli, costly):
    assert "24 experiments, cost 150 min" in cli("validate", costly).out
    ran = cli("run", costly)
    assert ran.code == 0, ran.err
    assert "no experiment that is left can be afforded" in " ".join(ran.out.split())
    listed = cli("list", "--json").json["campaigns"]
    campaign = listed[0]["campaign"]
    found = cli("status", campaign, "--json").json
    assert 100 < found["cost"]["spent"] <= 150
    assert found["stock"]["acid"]["used"] <= 40
    shown = cli("status", campaign).out
    assert f"{found['cost']['spent']:.4g} of 150 min spent" in shown
    assert "of 40 mL used" in shown
    last = f"e{found['used']:04d}"
    why = cli("show", campaign, last, "--json").json["candidate"]["reason"]
    assert " min" in why.rsplit("; for ", 1)[1]
    assert "by expected gain, weighed by cost" in " ".join(cli("explain", campaign, last).out.split())
    assert cli("replay", campaign).code == 0
    report = (costly.parent / "reports" / f"{campaign}.html").read_text()
    assert "of 150 min spent" in report


def test_a_run_ends_when_stock_is_used_up(cli, costly):
    ran = cli("run", costly, "--set", "stock.acid.amount=5", "--json")
    assert ran.code == 0, ran.err
    assert "5 mL acid are left" in json.dumps(ran.json)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("costs.each=temp - 30", "not a positive number at flow 1, solvent"),
        ("costs.each=price", "unknown parameter 'price'"),
        ("costs.each=10 * solvent", "no numbers"),
        ("costs.changeover.pressure=3", "'pressure'"),
        ("stock.acid.uses=flow - 2", "takes of acid is negative"),
        ("expect.solvent.likely=[ether]", "no choice 'ether'"),
        ("expect.temp.within=0", "above 0"),
    ],
)
def test_a_file_with_costs_that_cannot_be_is_refused(cli, costly, setting, words):
    answer = cli("validate", costly, "--set", setting)
    assert answer.code != 0
    assert words in answer.err
