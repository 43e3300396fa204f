"""Campaigns with earlier results or cheaper levels, from the file to the replay, through the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]

SOURCED = """\
name: sourced
space:
  temp: {min: 20, max: 80, unit: degC}
  flow: {levels: [1, 2, 3], unit: mL/min}
  solvent: {choices: [water, ethanol]}
objectives:
  yield: {goal: max, unit: percent}
sources:
  last year: {file: earlier.csv, outcome: {yield: result}, fixed: {flow: 2}}
lab: {kind: pool, file: pool.csv}
budget: {experiments: 6}
"""

LEVELED = """\
name: leveled
space:
  temp: {min: 20, max: 80, unit: degC}
  method: {choices: [full, quick]}
objectives:
  yield: {goal: max, unit: percent}
fidelity: {parameter: method, levels: {quick: 1, full: 8}}
lab: {kind: pool, file: leveled.csv}
stop: {reach: {yield: 39}}
budget: {experiments: 20}
"""


def earlier() -> str:
    rows = [f"{t},{s},{t / 4 + (3 if s == 'water' else 0)}" for t in range(20, 81, 10) for s in ("water", "ethanol")]
    return "\n".join(["temp,solvent,result", *rows]) + "\n"


def two_levels() -> str:
    rows = []
    for temp in range(20, 81, 3):
        true = 40 - (temp - 62) ** 2 / 30
        rows += [f"{temp},full,{true}", f"{temp},quick,{true + 100 + temp / 20}"]  # quick reads high: no result
    return "\n".join(["temp,method,yield", *rows]) + "\n"


def test_a_campaign_with_a_source_runs_explains_itself_and_replays_after_the_file_changed(
    cli: Cli, folder: Path
) -> None:
    (folder / "earlier.csv").write_text(earlier())
    (folder / "sourced.yaml").write_text(SOURCED)
    assert cli("validate", "sourced.yaml").code == 0
    done = cli("run", "sourced.yaml", "--no-report", "--json")
    assert done.code == 0, done.err
    campaign = done.json["campaign"]
    assert done.json["best"]["candidate"]["temp"] == 80
    (folder / "earlier.csv").write_text("temp,solvent,result\n20,water,99\n80,ethanol,0\n")
    replayed = cli("replay", campaign, "--json")
    assert replayed.code == 0, replayed.out + replayed.err
    shown = cli("show", campaign, "--json").json
    assert shown["spec"]["sources"]["last year"]["file"] == "earlier.csv"
    explained = cli("explain", campaign, "e0006", "--json")
    assert explained.code == 0, explained.err
    assert "after last year" in json.dumps(explained.json)


def test_with_levels_only_the_last_one_counts_as_best_and_reaches_the_goal(cli: Cli, folder: Path) -> None:
    (folder / "leveled.csv").write_text(two_levels())
    (folder / "leveled.yaml").write_text(LEVELED)
    done = cli("run", "leveled.yaml", "--no-report", "--json")
    assert done.code == 0, done.err
    assert done.json["best"]["candidate"]["method"] == "full"
    assert done.json["reason"].startswith("the goal is reached")
    assert 39 <= done.json["best"]["outcomes"]["yield"]["value"] <= 40
    campaign = done.json["campaign"]
    rows = list(csv.DictReader(io.StringIO(cli("export", campaign, "--format", "csv").out)))
    methods = [row["method"] for row in rows]
    assert methods.count("full") >= 2
    assert methods[:3] == ["quick"] * 3
    assert methods[3:5] == ["full"] * 2
    assert cli("replay", campaign).code == 0
    assert cli("report", campaign).code == 0


def test_a_wrong_source_is_told_before_anything_runs(cli: Cli, folder: Path) -> None:
    (folder / "sourced.yaml").write_text(SOURCED)
    answer = cli("validate", "sourced.yaml")
    assert answer.code == 2
    assert "sources.last year.file" in answer.err
