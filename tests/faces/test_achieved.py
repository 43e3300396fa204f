"""Experiments that were run at other values than proposed: told, shown, corrected and taken away, from both sides."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.faces.conftest import LeftBy

import zosimos as zo
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.files import from_spec
from zosimos.core.errors import DataError

SPEC = """\
name: paint
space:
  resin: {min: 0, max: 100, unit: g}
  speed: {type: integer, min: 1, max: 9}
  rest: {levels: [10, 20, 40], unit: min}
  solvent: {choices: [DMF, THF]}
objectives:
  gloss: {goal: max, unit: "%"}
budget: {experiments: 12}
seed: 3
"""
Cli = Callable[..., Any]


@pytest.fixture
def paint(cli: Cli, folder: Path, left_by: LeftBy) -> Cli:
    """A campaign by hand with three proposals that wait; their table is ``todo.csv``."""

    def make() -> None:
        (folder / "paint.yaml").write_text(SPEC)
        assert cli("ask", "paint.yaml", "-n", 3, "-o", "todo.csv").code == 0

    left_by("achieved", folder, make)
    return cli


def rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the table to fill in, without the units that its header has."""
    table = csv.DictReader(io.StringIO((folder / "todo.csv").read_text(encoding="utf-8-sig")))
    return [{name.partition(" (")[0]: cell for name, cell in row.items()} for row in table]


def filled(folder: Path, changes: Mapping[str, Mapping[str, object]], *, keep: int = 3) -> str:
    """Write ``done.csv``: the proposals with results, some of their cells changed."""
    table = rows(folder)[:keep]
    for place, row in enumerate(table):
        row["gloss"] = str(50 + place)
        row |= {name: str(value) for name, value in changes.get(row["experiment"], {}).items()}
    text = io.StringIO()
    writer = csv.DictWriter(text, table[0].keys())
    writer.writeheader()
    writer.writerows(table)
    (folder / "done.csv").write_text(text.getvalue())
    return "done.csv"


def answer(found: Any) -> dict[str, Any]:
    assert found.code == 0, found.err
    return dict(json.loads(found.out.splitlines()[-1]))


def shown(cli: Cli, name: str) -> dict[str, Any]:
    return answer(cli("show", "last", name, "--json"))


def near(folder: Path, by: float = 3.0) -> float:
    """A mass that is off by some grams, inside the bounds."""
    asked = float(rows(folder)[0]["resin"])
    return round(asked + by if asked < 50 else asked - by, 4)


def test_a_row_off_its_proposal_is_recorded_beside_what_was_asked_for(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    found = paint("tell", "last", filled(folder, {"e0001": {"resin": weighed}}))
    assert found.code == 0, found.err
    assert f"resin '{weighed}' read as where it was really run" in found.out
    seen = shown(paint, "e0001")
    asked = float(rows(folder)[0]["resin"])
    assert (seen["candidate"]["values"]["resin"], seen["achieved"]) == (pytest.approx(asked), {"resin": weighed})
    assert shown(paint, "e0002")["achieved"] == {}
    assert "(asked for: " in paint("show", "last", "e0001").out
    table = list(csv.DictReader(io.StringIO(paint("export", "last", "--format", "csv").out)))
    assert [row["resin_achieved"] for row in table] == [str(weighed), "", ""]
    assert "speed_achieved" not in table[0]


def test_without_such_a_row_no_export_has_another_column(paint: Cli, folder: Path) -> None:
    assert paint("tell", "last", filled(folder, {})).code == 0
    assert "achieved" not in paint("export", "last", "--format", "csv").out


def test_the_best_is_shown_where_it_was_run_and_with_what_was_asked_for(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    paint("tell", "last", filled(folder, {"e0001": {"resin": weighed, "gloss": 99}}))
    best = answer(paint("status", "last", "--json"))["best"]
    assert (best["experiment"], best["achieved"]) == ("e0001", {"resin": weighed})
    assert best["candidate"]["resin"] == pytest.approx(float(rows(folder)[0]["resin"]))
    words = paint("status", "last").out
    assert f"{weighed:g}" in words
    assert "asked for" in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resin": "far"}, "resin is far from what was proposed"),
        ({"solvent": "other"}, "solvent has another choice"),
        ({"speed": "next"}, "speed has another level"),
        ({"rest": "other"}, "rest has another level"),
    ],
)
def test_what_is_more_likely_a_mistake_is_refused_with_the_choice_named(
    paint: Cli, folder: Path, changes: dict[str, str], words: str
) -> None:
    first = rows(folder)[0]
    resin, speed, rest = float(first["resin"]), int(first["speed"]), float(first["rest"])
    other = {
        "far": (resin + 50) % 100,
        "next": speed + 1 if speed < 9 else speed - 1,
        "other": {"solvent": "THF" if first["solvent"] == "DMF" else "DMF", "rest": 20 if rest != 20 else 40},
    }
    given = {name: other[kind][name] if kind == "other" else other[kind] for name, kind in changes.items()}  # type: ignore[index]  # of that kind
    table = filled(folder, {"e0001": given})
    refused = paint("tell", "last", table)
    assert refused.code == 2
    assert "the values differ from those of e0001" in refused.err
    assert words in refused.err
    assert "--achieved" in refused.err
    assert shown(paint, "e0002")["status"] == "approved", "all of a table or nothing"
    assert paint("tell", "last", table, "--achieved").code == 0
    assert shown(paint, "e0001")["achieved"] == {
        name: pytest.approx(v) if name != "solvent" else v for name, v in given.items()
    }


def test_a_sorted_column_and_a_row_under_a_wrong_id_are_refused(paint: Cli, folder: Path) -> None:
    table = rows(folder)
    other = {name: table[1][name] for name in ("resin", "speed", "rest", "solvent")}
    refused = paint("tell", "last", filled(folder, {"e0001": other}))
    assert (refused.code, "these are the values of e0002" in refused.err) == (2, True)
    swapped = {"e0001": {"resin": table[1]["resin"]}, "e0002": {"resin": table[0]["resin"]}}
    refused = paint("tell", "last", filled(folder, swapped))
    assert (refused.code, "resin of e0001, e0002 have changed places" in refused.err) == (2, True)


def test_what_lies_outside_the_bounds_is_taken_when_it_is_meant(cli: Cli, folder: Path) -> None:
    with campaign(folder) as made:
        (edge,) = made.tell({"x": 9.9, "y_": 1.0}, z=1.0)
        assert edge == "e0001"
        (one,) = made.ask(1)
        far = 10.0 + 0.09 * 10
        with pytest.raises(DataError, match="run outside the bounds: x") as caught:
            made.tell(one, z=2.0, ran_at={"x": far})
        assert "outside=True" in caught.value.hint
        made.tell(one, z=2.0, ran_at={"x": far}, outside=True)
        assert made.experiments[-1].ran_at["x"] == far


def test_a_constraint_does_not_keep_out_what_was_really_done(folder: Path) -> None:
    with campaign(folder, constraints=["x + y_ <= 8"]) as made:
        (one,) = made.ask(1)
        row = {"experiment": one.id, "x": 9.0, "y_": 9.0, "z": 2.0}
        (said,) = made.preview([row], achieved=True)["remarks"]
        assert said == "e0001 was run where nothing is proposed, and counts: it breaks x + y_ <= 8"
        made.tell([row], achieved=True)
        assert made.experiments[0].achieved == {"x": 9.0, "y_": 9.0}
        assert made.ask(1)[0]["x"] + made.ask(1)[0]["y_"] <= 16


def test_a_correction_says_where_it_was_run_and_is_taken_back(paint: Cli, folder: Path) -> None:
    assert paint("tell", "last", filled(folder, {})).code == 0
    asked, weighed = float(rows(folder)[0]["resin"]), near(folder)
    said = paint("correct", "last", "e0001", f"resin={weighed * 1000} mg", "--reason", "the balance's own record")
    assert said.code == 0, said.err
    assert f"-> {weighed:g}" in said.out
    assert shown(paint, "e0001")["achieved"] == {"resin": pytest.approx(weighed)}
    both = answer(paint("correct", "last", "e0001", "solvent=THF", "gloss=7", "--reason", "the bottle", "--json"))
    assert both["amendment"]["now"]["gloss"]["value"] == 7
    again = shown(paint, "e0001")
    assert again["measurements"]["gloss"]["value"] == 7
    paint("correct", "last", "e0001", "--undo", "--reason", "no")
    assert shown(paint, "e0001")["measurements"]["gloss"]["value"] == 50
    back = answer(paint("correct", "last", "e0001", f"resin={asked!r}", "--reason", "it was right", "--json"))
    assert back["amendment"]["now_at"] == {"resin": pytest.approx(asked)}
    assert shown(paint, "e0001")["achieved"] == {}
    assert paint("correct", "last", "e0001", f"resin={asked!r}", "--reason", "x").code == 2
    assert paint("correct", "last", "e0001", "solvent=Wtaer", "--reason", "x").code == 2
    assert paint("correct", "last", "e0001", "speed=2.5", "--reason", "x").code == 2
    wrong = paint("correct", "last", "e0001", "resn=3", "--reason", "x")
    assert "no outcome and no parameter" in wrong.err
    assert "resin" in wrong.err


def test_a_row_without_an_id_is_the_proposal_whose_values_it_has(paint: Cli, folder: Path) -> None:
    table = rows(folder)
    rounded = {"experiment": "", "resin": f"{float(table[0]['resin']):.4g}"}
    found = paint("tell", "last", filled(folder, {"e0001": rounded}, keep=1))
    assert found.code == 0, found.err
    assert "read as e0001, whose values these are" in found.out
    assert "recorded 1 of campaign" in found.out
    assert shown(paint, "e0001")["status"] == "measured"
    again = paint("tell", "last", filled(folder, {"e0001": rounded}, keep=1))
    assert "1 row is on record already" in again.out
    assert "nothing is new" in again.out


def test_where_it_was_run_is_compared_when_a_table_is_told_again(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    table = filled(folder, {"e0001": {"resin": weighed}})
    assert paint("tell", "last", table).code == 0
    again = paint("tell", "last", table)
    assert "3 rows are on record already" in again.out
    assert "nothing is new" in again.out
    moved = filled(folder, {"e0001": {"resin": weighed + 0.5}, "e0002": {"resin": ""}})
    refused = paint("tell", "last", moved)
    assert (refused.code, f"resin of e0001: {weighed:g} on record, {weighed + 0.5:g} here" in refused.err) == (2, True)
    kept = answer(paint("tell", "last", moved, "--keep", "--json"))
    assert (kept["kept"], shown(paint, "e0001")["achieved"]) == (["e0001"], {"resin": weighed})
    said = answer(paint("tell", "last", moved, "--correct", "--reason", "the log", "--json"))
    assert said["corrected"] == ["e0001"]
    assert said["differences"][0]["column"] == "resin"
    assert shown(paint, "e0001")["achieved"] == {"resin": pytest.approx(weighed + 0.5)}
    old = paint("tell", "last", filled(folder, {"e0001": {"resin": weighed}}))
    assert "it stays corrected" in old.out, old.err
    assert shown(paint, "e0001")["achieved"] == {"resin": pytest.approx(weighed + 0.5)}
    assert paint("correct", "last", "e0001", "--undo", "--reason", "no").code == 0
    assert shown(paint, "e0001")["achieved"] == {"resin": weighed}


def test_a_table_that_says_what_was_asked_for_takes_back_where_it_was_run(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    assert paint("tell", "last", filled(folder, {"e0001": {"resin": weighed}})).code == 0
    asked = filled(folder, {"e0001": {"gloss": 51}})
    assert "2 values differ" in paint("tell", "last", asked).err
    assert paint("tell", "last", asked, "--correct").code == 0
    seen = shown(paint, "e0001")
    assert (seen["achieved"], seen["measurements"]["gloss"]["value"]) == ({}, 51)
    (amendment,) = seen["amendments"]
    assert amendment["was_at"] == {"resin": weighed}


def test_a_result_becomes_a_failure_elsewhere_with_a_note_and_is_taken_back(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    assert paint("tell", "last", filled(folder, {})).code == 0
    gelled = filled(folder, {"e0001": {"resin": weighed, "gloss": "", "failed": "it gelled"}}, keep=1)
    said = answer(paint("tell", "last", gelled, "--correct", "--json"))
    assert [one["column"] for one in said["differences"]] == ["resin", "failed"]
    seen = shown(paint, "e0001")
    assert (seen["status"], seen["achieved"]) == ("failed", {"resin": weighed})
    assert paint("correct", "last", "e0001", "--undo", "--reason", "no").code == 0
    seen = shown(paint, "e0001")
    assert (seen["status"], seen["achieved"], seen["measurements"]["gloss"]["value"]) == ("measured", {}, 50)


def test_a_row_of_ones_own_is_known_again_where_it_was_said_to_be(made: zo.Campaign) -> None:
    row = {"x": 1.5, "y_": 2.5, "z": 3.0}
    assert made.tell([row]) == ["e0001"]
    made.correct("e0001", x=1.25, reason="the log")
    assert made.tell([row]) == ["e0001"]
    assert made.preview([row])["on_record"] == ["e0001"]
    assert made.tell([row | {"x": 1.25}]) == ["e0001"]
    assert made.experiments[0].ran_at == {"x": 1.25, "y_": 2.5}


def test_a_row_without_an_id_that_is_written_coarsely_is_a_persons_own(folder: Path) -> None:
    with campaign(folder) as made:
        (one,) = made.ask(1)
        own = {"x": float(round(one["x"])), "y_": float(round(one["y_"]))}  # type: ignore[arg-type]  # numbers
        assert made.tell([{**own, "z": 1.0}]) == ["e0002"]
        exact = {**dict(one), "z": 1.0}
        assert made.tell([exact]) == ["e0001"]


def test_mixtures_are_tolerant_by_the_rounding_of_the_table(folder: Path) -> None:
    parts = {name: {"min": 0, "max": 100} for name in "abc"}
    spec = {"name": "mix", "space": parts, "objectives": {"z": {"goal": "max"}}, "budget": {"experiments": 9}}
    for rule in ({"type": "simplex", "of": ["a", "b", "c"], "total": 100}, "a + b + c == 100"):
        with zo.Campaign.create(spec | {"constraints": [rule]}, ledger=folder / "mix.db") as made:
            made.tell([{"a": 33.3, "b": 33.3, "c": 33.3, "z": 1.0}])
            with pytest.raises(DataError, match="it breaks"):
                made.tell([{"a": 33.3, "b": 33.3, "c": 32.3, "z": 1.0}])
            with pytest.raises(DataError, match="it breaks"):
                made.tell([{"a": 33.333, "b": 33.333, "c": 33.233, "z": 1.0}])


def campaign(folder: Path, **more: Any) -> zo.Campaign:
    space = {"x": {"min": 0, "max": 10}, "y_": {"min": 0, "max": 10}}
    spec = {"name": "two", "space": space, "objectives": {"z": {"goal": "max"}}, "budget": {"experiments": 60}}
    return zo.Campaign.create(spec | {"seed": 1} | more, ledger=folder / "two.db")


@pytest.fixture
def made(folder: Path) -> Iterator[zo.Campaign]:
    with campaign(folder) as found:
        yield found


def test_models_learn_where_it_was_run(made: zo.Campaign) -> None:
    for place, one in enumerate(made.ask(4)):
        made.tell(one, z=float(place), ran_at={"x": 1.0 + place, "y_": 2.0})
    assert [seen.values["x"] for seen in made.observations] == [1.0, 2.0, 3.0, 4.0]
    assert [item["x"] != item.ran_at["x"] for item in made.experiments] == [True] * 4
    assert made.ask(1)
    assert made.replay().divergence is None


def test_a_prediction_is_tested_only_where_it_was_made(made: zo.Campaign) -> None:
    for place, one in enumerate(made.ask(4)):
        made.tell(one, z=float(place))
    near_, far = made.ask(2)
    near_at, far_at = ({"x": min(max(float(one["x"]) + by, 0), 10)} for one, by in ((near_, 0.05), (far, -3.0)))
    if far_at["x"] == far["x"]:
        far_at = {"x": float(far["x"]) + 3.0}
    made.tell(near_, z=100.0, ran_at=near_at)
    made.tell(far, z=100.0, ran_at=far_at)
    near_seen, far_seen = made.observations[-2:]
    assert near_seen.predictions
    assert not far_seen.predictions


def test_formulas_and_costs_go_by_where_it_was_run(folder: Path) -> None:
    made = {"z": {"goal": "max", "of": "raw / x"}}
    with campaign(
        folder,
        objectives=made,
        constraints=["x >= 1"],
        costs={"each": "x", "unit": "EUR"},
        budget={"experiments": 9, "cost": 500},
    ) as found:
        (one,) = found.ask(1)
        found.tell(one, raw=12.0, ran_at={"x": 4.0})
        assert found.experiments[0].outcomes["z"].value == 3.0
        assert found.summary()["cost"]["spent"] == 4.0
        found.correct("e0001", x=6.0, reason="the log says so")
        assert found.experiments[0].outcomes["z"].value == 2.0
        assert found.summary()["cost"]["spent"] == 6.0
        with pytest.raises(DataError, match="no cost where it was run"):
            found.correct("e0001", x=-6.0, reason="the log says so")
        assert found.ask(1)
        assert found.replay().divergence is None


def test_a_bench_that_always_misses_in_the_same_way_does_not_hold_the_search_up(folder: Path) -> None:
    space = {"n": {"levels": [1, 2, 3, 4]}, "m": {"levels": [1, 2, 3, 4]}}
    with campaign(folder, space=space) as found:
        asked: list[tuple[Any, ...]] = []
        for _ in range(20):
            (one,) = found.ask(1)
            asked.append(tuple(one.values()))
            found.tell(one, z=float(one["n"]), ran_at={"n": float(one["n"]) + 0.4}, outside=True)  # type: ignore[arg-type]  # a number
        assert max(asked.count(point) for point in asked) <= 2
        assert len(set(asked)) >= 10
        assert found.replay().divergence is None


def test_a_crate_and_a_frame_hold_both(made: zo.Campaign, folder: Path) -> None:
    (one,) = made.ask(1)
    made.tell(one, z=1.0, ran_at={"x": 3.25})
    assert list(made.to_frame()["x_achieved"]) == [3.25]
    place = made.export(folder / "two.zip")
    with zipfile.ZipFile(place) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("ro-crate-metadata.json")]
        entities = json.loads(archive.read(name))["@graph"]
    found = {entity.get("propertyID"): entity.get("value") for entity in entities if entity.get("name") == "x"}
    assert (found["achieved"], found["planned"]) == (3.25, one["x"])


def test_a_failure_is_recorded_where_it_was_run(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    table = filled(folder, {"e0001": {"resin": weighed, "gloss": "failed: it gelled"}})
    assert paint("tell", "last", table).code == 0
    seen = shown(paint, "e0001")
    assert (seen["status"], seen["achieved"]) == ("failed", {"resin": weighed})


def test_conditions_that_were_found_are_no_mistakes(folder: Path) -> None:
    with campaign(folder, context={"humidity": {"min": 0, "max": 100}}) as found:
        (one,) = found.ask(1)
        found.tell([{"experiment": one.id, "humidity": 91.0, "z": 1.0}])
        assert found.experiments[0].ran_at["humidity"] == 91.0


def test_only_a_suggestion_can_have_been_run_elsewhere(made: zo.Campaign) -> None:
    with pytest.raises(DataError, match="only what was suggested"):
        made.tell({"x": 1.0, "y_": 1.0}, z=1.0, ran_at={"x": 2.0})
    (one,) = made.ask(1)
    with pytest.raises(DataError, match="'u' is no parameter"):
        made.tell(one, z=1.0, ran_at={"u": 2.0})


def test_another_campaign_learns_from_where_it_was_run(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    paint("tell", "last", filled(folder, {"e0001": {"resin": weighed}}))
    assert paint("export", "last", "--format", "csv", "-o", "old.csv").code == 0
    spec = yaml.safe_load(SPEC) | {"sources": {"old": {"file": "old.csv"}}}
    setup = from_spec(parse_spec(spec), folder)
    (source,) = setup.sources(setup.spec)
    assert [row["resin"] for row in source.rows] == [weighed, *(float(row["resin"]) for row in rows(folder)[1:])]


def test_exports_have_achieved_values_behind_all_parameters_with_their_units(paint: Cli, folder: Path) -> None:
    weighed = near(folder)
    assert paint("tell", "last", filled(folder, {"e0001": {"resin": weighed}})).code == 0
    salt = '{"min": 0, "max": 5, "unit": "g", "default": 1}'
    assert paint("steer", "last", "--set", f"space.salt={salt}", "--reason", "a new jar").code == 0
    table = list(csv.reader(io.StringIO(paint("export", "last", "--format", "csv", "--units").out)))
    assert table[0][:7] == [
        "experiment",
        "resin (g)",
        "speed",
        "rest (min)",
        "solvent",
        "salt (g)",
        "resin_achieved (g)",
    ]
    assert (float(table[1][5]), float(table[1][6])) == (1.0, weighed)
    again = filled(folder, {"e0001": {"resin": weighed + 0.5}})
    assert answer(paint("tell", "last", again, "--correct", "--json"))["corrected"] == ["e0001"]
    assert shown(paint, "e0001")["achieved"] == {"resin": pytest.approx(weighed + 0.5)}
    asked = answer(paint("ask", "last", "-n", 1, "--json"))
    assert "salt" in asked["candidates"][0]["values"]


def test_rows_of_ones_own_are_known_again_after_a_parameter_came(made: zo.Campaign) -> None:
    assert made.tell([{"x": 1.5, "y_": 2.5, "z": 3.0}]) == ["e0001"]
    made.steer({"space.salt": {"min": 0, "max": 5, "default": 1}}, reason="a new jar")
    assert made.tell([{"x": 1.5, "y_": 2.5, "salt": 1.0, "z": 3.0}]) == ["e0001"]
    assert made.tell([{"x": 1.5, "y_": 2.5, "salt": 2.0, "z": 3.0}]) == ["e0002"]


def test_an_export_that_is_told_back_says_where_experiments_were_run(cli: Cli, folder: Path) -> None:
    (folder / "film.yaml").write_text(
        "name: film\nspace: {T: {min: 20, max: 80, unit: degC}}\nobjectives: {y: {goal: max}}\n"
        "planner: {kind: sobol}\nbudget: {experiments: 6}\n"
    )
    (first, second) = cli("ask", "film.yaml", "-n", 2, "--json").json["candidates"]
    ran_at = first["values"]["T"] + 1.5
    (folder / "r.csv").write_text(f"experiment,T,y\ne0001,{ran_at},1\ne0002,{second['values']['T']},2\n")
    assert cli("tell", "last", "r.csv").code == 0
    for units in ((), ("--units",)):
        assert cli("export", "last", "--format", "csv", "-o", "e.csv", *units).code == 0
        assert "T_achieved" in (folder / "e.csv").read_text(encoding="utf-8-sig").splitlines()[0]
        told = cli("tell", "last", "e.csv")
        assert told.code == 0, told.err
        assert "2 rows are on record already" in told.out
        (folder / "e.csv").unlink()
