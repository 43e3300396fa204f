"""A table that is told again: what is new is recorded, what is the same passed over, what differs asked about."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.conftest import LeftBy

import zosimos as zo
from zosimos.core.errors import SpecError, StateError
from zosimos.faces.cli import tell as command

SPEC = """\
name: glue
space:
  water: {min: 0, max: 10, unit: mL}
  solvent: {choices: [DMF, THF]}
objectives:
  viscosity: {goal: max, unit: mPa*s}
  strength: {goal: max, unit: MPa}
budget: {experiments: 10}
seed: 3
"""
Cli = Callable[..., Any]
HEADER = "experiment,viscosity,strength,Remarks\n"
OWN = "water,solvent,viscosity,strength\n"


@pytest.fixture
def glue(cli: Cli, folder: Path, left_by: LeftBy) -> Cli:
    """A campaign by hand with three proposals."""

    def make() -> None:
        (folder / "glue.yaml").write_text(SPEC)
        assert cli("ask", "glue.yaml", "-n", 3).code == 0

    left_by("tell-again", folder, make)
    return cli


def told(cli: Cli, text: str, *options: str) -> Any:
    Path("results.csv").write_text(text, encoding="utf-8")
    return cli("tell", "last", "results.csv", *options)


def answer(found: Any) -> dict[str, Any]:
    assert found.code == 0, found.err
    return dict(json.loads(found.out.splitlines()[-1]))


def events(cli: Cli) -> list[str]:
    return [event["kind"] for event in answer(cli("show", "last", "--events", "--json"))["events"]]


def runs(cli: Cli) -> list[dict[str, Any]]:
    return list(answer(cli("show", "last", "--json"))["runs"])


def test_a_table_told_twice_adds_nothing_and_says_so(glue: Cli) -> None:
    text = HEADER + "e0001,523,5,\ne0002,,,\ne0003,failed,,gelled\n"
    assert told(glue, text).code == 0
    before = events(glue)
    found = told(glue, text)
    assert found.code == 0
    assert "2 rows are on record already" in found.out
    assert "nothing is new: nothing is recorded" in found.out
    assert events(glue) == before


def test_what_is_new_in_a_table_of_yesterday_is_added(glue: Cli) -> None:
    told(glue, HEADER + "e0001,523,,\ne0002,,,\ne0003,,,\n")
    assert "e0001 wait" in glue("status", "last").out
    found = answer(told(glue, HEADER + "e0002,500,4,\ne0001,523,5,\ne0003,,,\n", "--json"))
    assert (found["new"], found["completed"], found["on_record"]) == (["e0002"], ["e0001"], [])
    assert events(glue)[-2:] == ["experiment.measured", "result.added"]
    assert [run["waits_for"] for run in runs(glue)] == [[], [], []]


def test_half_done_experiments_say_what_they_wait_for(glue: Cli) -> None:
    said = told(glue, HEADER + "e0001,523,,\n").out
    assert "e0001 waits for: strength" in said
    assert "e0001 waits for: strength" in glue("status", "last").out
    assert "waits for: strength" in glue("show", "last").out
    assert "strength" in glue("show", "last", "e0001").out
    assert "e0001 waits for: strength" in glue("ask", "last", "-n", 1).out
    assert "waits_for" in glue("export", "last", "--format", "csv").out.splitlines()[0]
    assert answer(glue("status", "last", "--json"))["waits_for"] == {"e0001": ["strength"]}


def test_what_differs_is_refused_with_the_choices_and_nothing_is_recorded(glue: Cli) -> None:
    told(glue, HEADER + "e0001,532,5,\n")
    before = events(glue)
    found = told(glue, HEADER + "e0001,523,5,\ne0002,500,4,\n")
    assert found.code == 2
    for words in ("viscosity of e0001: 532 mPa*s on record, 523 mPa*s here", "line 2", "--correct", "--keep"):
        assert words in found.err
    assert events(glue) == before
    refused = told(glue, HEADER + "e0001,523,5,\n", "--json")
    assert refused.code == 2
    assert "--correct" in refused.out + refused.err


def test_correct_records_a_correction_with_its_reason_and_keep_leaves_it(glue: Cli) -> None:
    told(glue, HEADER + "e0001,532,5,\n")
    text = HEADER + "e0001,523,5,\ne0002,500,4,\n"
    kept = answer(told(glue, text, "--keep", "--json"))
    assert (kept["kept"], kept["new"]) == (["e0001"], ["e0002"])
    assert runs(glue)[0]["measurements"]["viscosity"]["value"] == 532
    corrected = answer(told(glue, text, "--correct", "--reason", "typo", "--json"))
    assert (corrected["corrected"], corrected["on_record"]) == (["e0001"], ["e0002"])
    (change,) = runs(glue)[0]["amendments"]
    assert (change["kind"], change["reason"], change["now"]["viscosity"]["value"]) == ("corrected", "typo", 523)
    assert told(glue, text).code == 0
    told(glue, HEADER + "e0002,501,4,\n", "--correct")
    assert runs(glue)[1]["amendments"][0]["reason"] == "told again"


def test_a_table_from_before_a_correction_does_not_take_it_back(glue: Cli) -> None:
    text = HEADER + "e0001,532,5,\n"
    told(glue, text)
    glue("correct", "last", "e0001", "viscosity=523", "--reason", "typo")
    for options in ((), ("--correct",)):
        found = told(glue, text, *options)
        assert found.code == 0
        assert "is what e0001 was before it was corrected: it stays corrected" in found.out
    assert runs(glue)[0]["measurements"]["viscosity"]["value"] == 523


def test_a_retracted_result_stays_retracted(glue: Cli) -> None:
    text = HEADER + "e0001,532,5,\ne0002,500,4,\n"
    told(glue, text)
    glue("retract", "last", "e0001", "--reason", "spilled")
    found = told(glue, text)
    assert found.code == 0
    assert "e0001 was retracted, and stays so" in found.out
    assert runs(glue)[0]["status"] == "retracted"


def test_a_failure_that_is_a_value_now_and_a_value_that_is_a_failure_are_asked_about(glue: Cli) -> None:
    told(glue, HEADER + "e0001,failed,,\ne0002,500,4,\n")
    text = HEADER + "e0001,523,5,\ne0002,failed: it gelled,,\n"
    found = told(glue, text)
    assert found.code == 2
    assert "viscosity of e0001: failed (failed) on record, 523 mPa*s here" in found.err
    assert answer(told(glue, text, "--correct", "--json"))["corrected"] == ["e0001", "e0002"]
    first, second = runs(glue)[:2]
    assert (first["status"], first["measurements"]["strength"]["value"]) == ("measured", 5)
    assert (second["status"], second["reason"], second["measurements"]) == ("failed", "it gelled", {})
    assert told(glue, text).code == 0
    assert glue("correct", "last", "e0002", "--undo", "--reason", "it did not").code == 0
    assert glue("correct", "last", "e0001", "--undo", "--reason", "it did").code == 0
    first, second = runs(glue)[:2]
    assert (first["status"], second["status"]) == ("failed", "measured")
    assert second["measurements"]["viscosity"]["value"] == 500


def test_new_notes_are_added_and_changed_ones_asked_about(glue: Cli) -> None:
    told(glue, HEADER + "e0001,523,5,\ne0002,500,4,cloudy\n")
    assert answer(told(glue, HEADER + "e0001,523,5,clear\ne0002,500,4,\n", "--json"))["completed"] == ["e0001"]
    assert [run["notes"] for run in runs(glue)[:2]] == [{"Remarks": "clear"}, {"Remarks": "cloudy"}]
    text = HEADER + "e0002,500,4,pink\n"
    assert "note Remarks of e0002: cloudy on record, pink here" in told(glue, text).err
    assert told(glue, text, "--correct").code == 0
    assert runs(glue)[1]["notes"] == {"Remarks": "pink"}
    assert told(glue, HEADER + "e0002,500,4,cloudy\n").code == 0, "a table from before"
    assert runs(glue)[1]["notes"] == {"Remarks": "pink"}


def test_a_value_rounded_by_the_table_is_the_value_on_record_and_that_is_said(glue: Cli) -> None:
    told(glue, HEADER + "e0001,523.456,5,\n")
    found = told(glue, HEADER + "e0001,523.5,5,\n")
    assert found.code == 0
    assert "viscosity 523.5 is 523.456 on record, rounded" in found.out
    assert told(glue, HEADER + "e0001,523.6,5,\n").code == 2


def test_an_uncertainty_that_is_left_out_stays_and_one_that_is_new_is_asked_about(glue: Cli) -> None:
    header = "experiment,viscosity,viscosity_uncertainty,strength\n"
    told(glue, header + "e0001,523,3,5\ne0002,500,,4\n")
    assert told(glue, header + "e0001,523,,5\n").code == 0
    assert "500 mPa*s on record, 500 ± 4 mPa*s here" in told(glue, header + "e0002,500,4,4\n").err
    told(glue, header + "e0001,524,,5\n", "--correct")
    found = runs(glue)[0]["measurements"]["viscosity"]
    assert (found["value"], found["uncertainty"]) == (524, 3)


def test_a_limit_that_is_a_value_now_is_no_limit_any_more(glue: Cli) -> None:
    told(glue, HEADER + "e0001,>500,5,\n")
    assert told(glue, HEADER + "e0001,>500,5,\n").code == 0
    assert told(glue, HEADER + "e0001,523,5,\n").code == 2
    told(glue, HEADER + "e0001,523,5,\n", "--correct")
    found = runs(glue)[0]["measurements"]["viscosity"]
    assert (found["value"], found.get("limit")) == (523, None)


def test_rows_of_ones_own_are_not_doubled_and_one_row_more_adds_one(glue: Cli) -> None:
    rows = ["1,DMF,100,1", "1,DMF,100,1", "2,THF,101,2"]
    assert answer(told(glue, OWN + "\n".join(rows), "--json"))["new"] == ["e0004", "e0005", "e0006"]
    again = answer(told(glue, OWN + "\n".join(rows[::-1]), "--json"))
    assert (again["new"], sorted(again["on_record"])) == ([], ["e0004", "e0005", "e0006"])
    more = answer(told(glue, OWN + "\n".join([*rows, rows[0]]), "--json"))
    assert more["new"] == ["e0007"]
    assert more["remarks"] == [
        *more["remarks"][:-1],
        "results.csv, line 5: another measurement at the values of e0004",
    ]
    forced = answer(told(glue, OWN + rows[2], "--replicates", "--json"))
    assert forced["new"] == ["e0008"]


def test_other_outcomes_at_the_same_values_are_a_replicate_or_a_row_that_was_changed(glue: Cli) -> None:
    told(glue, OWN + "1,DMF,100,1\n2,THF,101,2\n")
    alone = answer(told(glue, OWN + "1,DMF,105,1\n", "--json"))
    assert alone["new"] == ["e0006"]
    before = events(glue)
    found = told(glue, OWN + "1,DMF,100,1\n1,DMF,105,1\n2,THF,110,2\n")
    assert found.code == 2
    assert "viscosity of e0005: 101 mPa*s on record, 110 mPa*s here" in found.err
    assert "--replicates" in found.err
    assert events(glue) == before
    told(glue, OWN + "1,DMF,100,1\n1,DMF,105,1\n2,THF,110,2\n", "--correct")
    assert runs(glue)[4]["measurements"]["viscosity"]["value"] == 110
    assert len(runs(glue)) == 6


def test_a_row_of_ones_own_that_was_corrected_or_retracted_is_still_that_row(glue: Cli) -> None:
    text = OWN + "1,DMF,100,1\n2,THF,101,2\n"
    told(glue, text)
    glue("correct", "last", "e0004", "viscosity=111", "--reason", "typo")
    glue("retract", "last", "e0005", "--reason", "spilled")
    found = answer(told(glue, text, "--json"))
    assert (found["new"], found["on_record"]) == ([], ["e0004", "e0005"])
    assert any("stays corrected" in words for words in found["remarks"])
    assert any("was retracted" in words for words in found["remarks"])


def test_an_unlike_result_at_coarse_values_is_not_taken_for_one_on_record(glue: Cli) -> None:
    told(glue, OWN + "1.6,DMF,100.2,1\n")
    assert answer(told(glue, OWN + "2,DMF,100,1\n", "--json"))["new"] == ["e0005"]


def test_a_rounded_row_without_an_id_is_the_proposal_that_has_its_result(glue: Cli) -> None:
    water = runs(glue)[0]["candidate"]["values"]["water"]
    solvent = runs(glue)[0]["candidate"]["values"]["solvent"]
    told(glue, HEADER + "e0001,523,5,\n")
    found = answer(told(glue, OWN + f"{water:.1f},{solvent},523,5\n", "--json"))
    assert (found["on_record"], found["new"]) == (["e0001"], [])


def test_told_as_csv_and_then_as_a_workbook(glue: Cli) -> None:
    told(glue, HEADER + "e0001,523.25,5,clear\ne0003,failed,,\n")
    told(glue, OWN + "1.25,DMF,100.5,1\n")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["experiment", "water", "solvent", "viscosity", "strength", "Remarks"])
    sheet.append([None, 1.25, "dmf", 100.5, 1, None])
    sheet.append(["e0003", None, None, "failed", None, None])
    sheet.append(["e0001", None, None, 523.25, 5, "clear"])
    book.save("results.xlsx")
    before = events(glue)
    found = glue("tell", "last", "results.xlsx")
    assert found.code == 0, found.err
    assert "3 rows are on record already" in found.out
    assert events(glue) == before


def test_a_dry_run_shows_all_of_it_and_records_nothing(glue: Cli) -> None:
    told(glue, HEADER + "e0001,532,,\n")
    before = events(glue)
    found = told(glue, HEADER + "e0001,523,5,\ne0002,1,2,\n", "--dry-run")
    assert found.code == 0
    for words in ("the table differs from the record", "532 mPa*s", "523 mPa*s", "--correct", "would record", "e0002"):
        assert words in found.out
    data = answer(told(glue, HEADER + "e0001,523,5,\n", "--dry-run", "--json"))
    assert data["differences"][0]["on_record"] == "532 mPa*s"
    assert events(glue) == before


@pytest.mark.parametrize(
    ("options", "words"), [(("--correct", "--keep"), "--keep"), (("--keep", "--reason", "so"), "--reason")]
)
def test_choices_that_do_not_go_together_are_refused(glue: Cli, options: Sequence[str], words: str) -> None:
    found = told(glue, HEADER + "e0001,523,5,\n", *options)
    assert found.code == 2
    assert words in found.err


@pytest.mark.parametrize(("reply", "value", "new"), [("c", 523, 1), ("k", 532, 1), ("n", 532, 0)])
def test_in_a_terminal_what_differs_is_shown_and_asked_about(
    glue: Cli, monkeypatch: pytest.MonkeyPatch, reply: str, value: float, new: int
) -> None:
    told(glue, HEADER + "e0001,532,5,\n")
    monkeypatch.setattr(command, "at_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda text: reply)
    found = told(glue, HEADER + "e0001,523,5,\ne0002,500,4,\n")
    assert "the table differs from the record" in found.out
    assert runs(glue)[0]["measurements"]["viscosity"]["value"] == value
    assert (runs(glue)[1]["status"] == "measured") == bool(new)


def test_what_was_changed_while_somebody_was_asked_is_not_corrected(glue: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    told(glue, HEADER + "e0001,532,5,\n")
    monkeypatch.setattr(command, "at_terminal", lambda: True)

    def meanwhile(text: str) -> str:
        with zo.Campaign.open("last") as other:
            other.correct("e0001", viscosity=540.0, reason="a colleague")
        return "c"

    monkeypatch.setattr("typer.prompt", meanwhile)
    found = told(glue, HEADER + "e0001,523,5,\n")
    assert found.code == 2
    assert "changed meanwhile" in found.err
    assert runs(glue)[0]["measurements"]["viscosity"]["value"] == 540


# --- from Python


@pytest.fixture
def campaign(folder: Path) -> Any:
    (folder / "glue.yaml").write_text(SPEC)
    with zo.Campaign.create("glue.yaml") as made:
        yield made


def test_python_tells_one_outcome_now_and_the_other_later(campaign: zo.Campaign) -> None:
    a, b = campaign.ask(2)
    assert campaign.tell(a, viscosity=523.0) == [a.id]
    assert campaign.experiments[0].waits_for == ("strength",)
    assert campaign.best is None
    assert campaign.tell(a, strength=5.0) == [a.id]
    assert campaign.experiments[0].waits_for == ()
    assert campaign.best is not None
    assert campaign.tell([(b, {"strength": 3.0})]) == [b.id]
    assert campaign.tell(b.id, viscosity=3.0) == [b.id]
    with pytest.raises(StateError, match="has a result already"):
        campaign.tell(a, strength=6.0)
    assert campaign.tell(a, strength=6.0, differing="keep") == [a.id]
    assert campaign.tell(a, strength=6.0, differing="correct", reason="typo") == [a.id]
    assert campaign.experiments[0].outcomes["strength"].value == 6.0
    assert campaign.replay().divergence is None


def test_an_optimizer_learns_from_one_outcome_now_and_the_other_later() -> None:
    opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, [zo.maximize("y"), zo.minimize("z")])
    (one,) = opt.ask(1)
    opt.tell(one, y=1.0)
    assert opt.best is None
    assert opt.ask(1)
    opt.tell(one, z=2.0)
    assert opt.best is not None
    assert opt.best.id == one.id
    name = opt.tell({"x": 0.25}, y=1.0)
    assert opt.tell({"x": 0.25}, z=3.0) == name, "the other outcome of the same experiment"
    assert opt.tell({"x": 0.25}, z=3.0) != name, "another measurement"


def test_python_tells_a_table_again_as_the_command_line_does(campaign: zo.Campaign) -> None:
    a, _ = campaign.ask(2)
    rows = [{"experiment": a.id, "viscosity": 1.0, "strength": None}, {"water": 1, "solvent": "DMF", "viscosity": 3}]
    rows[1]["strength"] = 2.0
    assert campaign.tell(rows) == [a.id, "e0003"]
    assert campaign.tell(rows) == [a.id, "e0003"]
    changed = [{**rows[0], "viscosity": 1.5, "strength": 4.0}, rows[1]]
    with pytest.raises(StateError, match="1 value differs") as caught:
        campaign.tell(changed)
    assert 'differing="correct" or "keep"' in caught.value.hint
    seen = campaign.preview(changed)
    assert (seen["completed"], seen["on_record"], len(seen["differences"])) == ([a.id], ["e0003"], 1)
    assert campaign.tell(changed, differing="correct", reason="typo") == [a.id, "e0003"]
    found = campaign.experiments[0]
    assert {name: item.value for name, item in found.outcomes.items()} == {"viscosity": 1.5, "strength": 4.0}
    assert found.changes[0].startswith("corrected (viscosity 1 mPa·s -> 1.5 mPa·s)")
    with pytest.raises(SpecError, match="no such choice"):
        campaign.tell(rows, differing="overwrite")  # type: ignore[arg-type]  # what a person may try


def test_two_people_who_tell_the_same_table_at_once_record_it_once(campaign: zo.Campaign) -> None:
    rows = [{"water": i, "solvent": "DMF", "viscosity": 10.0 + i, "strength": 1.0} for i in range(5)]
    problems: list[Exception] = []

    def tell() -> None:
        try:
            with zo.Campaign.open(campaign.id) as own:
                own.tell(rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to say it
            problems.append(error)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(campaign.experiments) == 5


VALUES = st.sampled_from([1.0, 1.6, 2.0])
ROWS = st.lists(st.tuples(VALUES, st.sampled_from([3.0, 4.0]), st.sampled_from([None, 5.0])), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, more=ROWS, data=st.data())
def test_any_table_told_again_in_any_order_adds_nothing_and_more_rows_add_so_many(
    tmp_path: Path, rows: list[Any], more: list[Any], data: st.DataObject
) -> None:
    spec = {"name": "any", "space": {"x": zo.Continuous(0, 9)}, "objectives": [zo.maximize("y"), zo.minimize("z")]}
    place = tmp_path / f"{data.draw(st.uuids())}.db"
    with zo.Campaign.create({**spec, "budget": {"experiments": 9}}, ledger=place) as campaign:
        table = [{"x": x, "y": y, "z": z} for x, y, z in rows]
        campaign.tell(table)
        count = len(campaign.experiments)
        assert count == len(rows)
        campaign.tell(data.draw(st.permutations(table)))
        assert len(campaign.experiments) == count
        later = [{"x": 5.0 + x, "y": y, "z": z} for x, y, z in more]
        campaign.tell([*table, *later])
        assert len(campaign.experiments) == count + len(more)
