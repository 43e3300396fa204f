"""``correct``, ``retract`` and ``drop``, and the same from Python: what is said, refused, shown and taken away."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.faces.conftest import LeftBy

import zosimos as zo
from zosimos.core.errors import DataError, StateError

SPEC = """\
name: paint
space:
  water: {min: 0, max: 10, unit: mL}
  solvent: {choices: [DMF, THF]}
objectives:
  viscosity: {goal: max, unit: mPa*s}
budget: {experiments: 10}
stop: {reach: {viscosity: 900}}
seed: 3
"""
Cli = Callable[..., Any]


@pytest.fixture
def paint(cli: Cli, folder: Path, left_by: LeftBy) -> Cli:
    """A campaign by hand with two results, of which the second meets the goal, and a proposal that waits."""

    def make() -> None:
        (folder / "paint.yaml").write_text(SPEC)
        assert cli("ask", "paint.yaml", "-n", 3).code == 0
        (folder / "results.csv").write_text("experiment,viscosity,viscosity_uncertainty\ne0001,532,3\ne0002,1000,\n")
        assert cli("tell", "last", "results.csv").code == 0

    left_by("mend", folder, make)
    return cli


def answer(found: Any) -> dict[str, Any]:
    assert found.code == 0, found.err
    return dict(json.loads(found.out.splitlines()[-1]))


def test_a_correction_says_what_changed_and_what_is_best_now(paint: Cli) -> None:
    found = paint("correct", "last", "e0001", "viscosity=1.2 Pa*s", "--reason", "typo")
    assert found.code == 0
    assert found.out.splitlines()[0] == "e0001 corrected (viscosity 532 ± 3 mPa·s -> 1200 ± 3 mPa·s) by tester: typo"
    assert "e0003 was chosen before this" in found.out
    assert "best so far: e0001" in found.out
    back = answer(paint("correct", "last", "e0001", "--undo", "--reason", "it was right", "--json"))
    assert back["amendment"]["now"]["viscosity"]["value"] == 532
    assert back["best"]["experiment"] == "e0002"


def test_a_retraction_says_what_counts_and_that_the_budget_does_not_change(paint: Cli) -> None:
    found = paint("retract", "last", "e0002", "--reason", "spilled")
    assert "counts no more" in found.out
    assert "2 of 10 experiments are used" in found.out
    assert "best so far: e0001" in found.out
    assert "a stop rule is met" not in found.out
    status = answer(paint("status", "last", "--json"))
    assert (status["experiments"]["measured"], status["experiments"]["retracted"]) == (1, 1)
    assert status["retracted"] == {"e0002": "retracted (viscosity 1000 mPa·s) by tester: spilled"}
    again = answer(paint("retract", "last", "e0002", "--undo", "--reason", "it was not", "--json"))
    assert (again["status"], again["due"]) == ("measured", "the goal is reached by e0002: viscosity 1000")


def test_a_dropped_proposal_waits_no_more_and_can_be_taken_up_again(paint: Cli) -> None:
    found = paint("drop", "last", "e0003", "--reason", "out of solvent", "--exclude")
    assert "its place in the budget is free" in found.out
    assert "nor what lies near it (a0001)" in found.out
    assert answer(paint("status", "last", "--json"))["waiting_for"] == []
    assert "a0001" in paint("advise", "last").out
    assert answer(paint("drop", "last", "e0003", "--undo", "--reason", "found some", "--json"))["status"] != "cancelled"
    assert (
        answer(paint("advise", "last", "--json"))["advice"] == []
        or "withdrawn" in paint("advise", "last", "--json").out
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["correct", "last", "e0001", "viscosty=5", "--reason", "x"], "did you mean 'viscosity'?"),
        (["correct", "last", "e1", "viscosity=5", "--reason", "x"], "did you mean 'e0001'?"),
        (["correct", "last", "e0001", "viscosity=5"], "--reason TEXT"),
        (["correct", "last", "e0001", "viscosity=1,5", "--reason", "x"], "a comma in a number"),
        (["correct", "last", "e0001", "viscosity=5 kg", "--reason", "x"], "kg"),
        (["correct", "last", "e0001", "viscosity", "--reason", "x"], "no name and value"),
        (["correct", "last", "e0001", "viscosity=5", "viscosity=6", "--reason", "x"], "given twice"),
        (["correct", "last", "e0001", "viscosity=5", "--undo", "--reason", "x"], "leave out one of the two"),
        (["correct", "last", "e0001", "--reason", "x"], "OUTCOME=VALUE"),
        (["correct", "last", "e0003", "viscosity=5", "--reason", "x"], "zosimos tell"),
        (["retract", "last", "e0003", "--reason", "x"], "zosimos drop"),
        (["retract", "last", "e0001", "--undo", "--reason", "x"], "no result was retracted"),
        (["drop", "last", "e0001", "--reason", "x"], "zosimos retract"),
        (["drop", "last", "e0003", "--undo", "--exclude", "--reason", "x"], "leave out one of the two"),
    ],
)
def test_what_cannot_be_mended_is_said_with_what_to_do_instead(paint: Cli, words: list[str], said: str) -> None:
    before = paint("head", "last").out
    found = paint(*words)
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert json.loads(paint(*words, "--json").out.splitlines()[-1])["error"]
    assert paint("head", "last").out == before


def test_mistakes_are_shown_wherever_the_record_is(paint: Cli, folder: Path) -> None:
    assert paint("correct", "last", "e0001", "viscosity=523", "--reason", "read <the> wrong line").code == 0
    assert paint("retract", "last", "e0002", "--reason", "spilled").code == 0
    assert paint("drop", "last", "e0003", "--reason", "out of solvent").code == 0
    for words in (("show", "last"), ("watch", "last", "--once")):
        shown = paint(*words).out
        assert all(word in shown for word in ("wrong line", "spilled", "out of solvent")), words
    assert "corrected (viscosity 532 ± 3 mPa·s -> 523 ± 3 mPa·s)" in paint("show", "last", "e0001").out
    rows = paint("export", "last", "--format", "csv").out.splitlines()
    assert rows[0].endswith(",changes")
    assert "532 ± 3 mPa·s -> 523" in rows[1]
    assert "e0002," in rows[2]
    assert ",1000" not in rows[2].partition("retracted (")[0], "a retracted value stands in no column of outcomes"
    assert paint("report", "last", "-o", "report.html").code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<h2>Corrections</h2>" in page
    assert "read &lt;the&gt; wrong line" in page
    assert paint("export", "last", "--format", "eln", "-o", "paint.eln").code == 0
    with zipfile.ZipFile(folder / "paint.eln") as crate:
        (name,) = [one for one in crate.namelist() if one.endswith("ro-crate-metadata.json")]
        actions = {one["@id"]: one for one in json.loads(crate.read(name))["@graph"]}
    retracted = next(one for one in actions.values() if one.get("name") == "Experiment e0002")
    assert retracted["error"] == "retracted (viscosity 1000 mPa·s) by tester: spilled"
    assert not [one for one in actions if "e0002" in one and "measured" in one]
    assert paint("replay", "last").code == 0
    assert paint("verify", "last").code == 0


def test_mistakes_are_mended_from_python(tmp_path: Path) -> None:
    spec = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("yield_", unit="%")}
    with zo.Campaign.create(spec | {"budget": {"experiments": 8}}, ledger=tmp_path / "lab.db") as campaign:
        first, second, third = campaign.ask(3)
        campaign.tell([(first, {"yield_": (410.0, 2.0)}), (second, {"yield_": 30.0})])
        assert campaign.correct(first, yield_=(41.0, 0.5), reason="typo").outcomes["yield_"].uncertainty == 0.5
        assert campaign.correct(first.id, {"yield_": "0.42"}, reason="typo").outcomes["yield_"].value == 0.42
        assert campaign.correct(first, undo=True, reason="no").outcomes["yield_"].value == 41.0
        assert campaign.predict({"T": 50.0})["yield_"].mean > 30
        assert campaign.retract(second, reason="spilled").status == "retracted"
        assert [seen.experiment for seen in campaign.observations] == [first.id]
        (change,) = campaign.experiments[1].changes
        assert change.startswith("retracted (yield_ 30 %) by ")
        assert campaign.retract(second, undo=True, reason="no").status == "measured"
        assert campaign.drop(third, reason="out of solvent", exclude=True).status == "cancelled"
        assert campaign.pending == []
        assert campaign.drop(third, undo=True, reason="found some").status in ("proposed", "approved")
        for wrong in ({"yield_": (1, 2, 3, 4)}, {"yeld": 1.0}):
            with pytest.raises(DataError):
                campaign.correct(first, wrong, reason="typo")
        with pytest.raises(DataError, match="taken back"):
            campaign.correct(first, yield_=3.0, undo=True, reason="typo")
        with pytest.raises(StateError, match="has a result"):
            campaign.drop(first, reason="no")
        assert campaign.replay().divergence is None
        assert "retracted" in campaign.to_frame().loc[second.id, "changes"]


def test_predictions_follow_a_correction(tmp_path: Path) -> None:
    spec = {"name": "film", "space": {"T": zo.Continuous(20, 80)}, "objectives": zo.maximize("yield_")}
    with zo.Campaign.create(spec | {"budget": {"experiments": 8}}, ledger=tmp_path / "lab.db") as campaign:
        campaign.tell([{"T": 20.0 + 10 * i, "yield_": 1.0 + 0.1 * i} for i in range(5)])
        before = float(campaign.predict({"T": 45.0})["yield_"].mean[0])
        campaign.correct("e0003", yield_=1.3, reason="typo")
        assert float(campaign.predict({"T": 45.0})["yield_"].mean[0]) > before
        campaign.correct("e0003", undo=True, reason="no")
        assert float(campaign.predict({"T": 45.0})["yield_"].mean[0]) == before


def test_a_limit_is_corrected_to_a_value_and_a_value_to_a_limit(paint: Cli, folder: Path) -> None:
    (folder / "more.csv").write_text("experiment,viscosity\ne0003,<0.5\n")
    assert paint("tell", "last", "more.csv").code == 0
    value = answer(paint("correct", "last", "e0003", "viscosity=1200", "--reason", "read the wrong line", "--json"))
    assert value["amendment"]["was"]["viscosity"]["limit"] == "below"
    assert value["amendment"]["now"]["viscosity"].get("limit") is None
    assert value["best"]["experiment"] == "e0003"
    limit = answer(paint("correct", "last", "e0001", "viscosity=<0.3 Pa*s", "--reason", "no reading", "--json"))
    now = limit["amendment"]["now"]["viscosity"]
    assert (now["limit"], now["value"], now["uncertainty"]) == ("below", 300, None)
    back = answer(paint("correct", "last", "e0001", "--undo", "--reason", "it was one", "--json"))
    assert back["amendment"]["now"]["viscosity"]["uncertainty"] == 3
