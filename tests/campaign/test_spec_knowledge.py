"""Earlier campaigns and levels of a method in a campaign file: what they become, and what is refused and how."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from zosimos.campaign.definition.counting import Counting
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain, steered
from zosimos.campaign.files import from_file
from zosimos.campaign.setup import Setup
from zosimos.core.errors import DataError, InputError, SpecError

TABLE = "temp,solvent,yield\n30,water,1.5\n50,dmf,2.5\n95,water,3.5\n"
SPACE = {
    "temp": {"min": 20, "max": 80, "unit": "degC"},
    "solvent": {"choices": ["water", "dmf"]},
}


def setup_of(folder: Path, table: str = TABLE, **changes: Any) -> Setup:
    (folder / "earlier.csv").write_text(table)
    data = {
        "name": "t",
        "space": SPACE,
        "objectives": {"yield": {"goal": "max"}},
        "sources": {"last year": {"file": "earlier.csv"}},
        "budget": {"experiments": 9},
        **changes,
    }
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return from_file(path)


def refused(folder: Path, table: str = TABLE, **source: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        setup_of(folder, table, sources={"old": {"file": "earlier.csv", **source}})
    return caught.value


def test_a_source_becomes_rows_and_outcomes_and_is_kept_with_the_campaign(tmp_path: Path) -> None:
    setup = setup_of(tmp_path)
    (source,) = setup.sources(setup.spec)
    assert source.name == "last year"
    assert source.rows[2] == {"temp": 95.0, "solvent": "water"}  # outside the bounds, which only say what is tried now
    assert source.outcomes == {"yield": (1.5, 2.5, 3.5)}
    assert setup.files["sources.last year"] == TABLE.encode()


def test_names_that_differ_are_told_apart(tmp_path: Path) -> None:
    table = "temp,solvent,result\n30,H2O,1\n50,dmf,2\n"
    part = {"file": "earlier.csv", "outcome": {"yield": "result"}, "renamed": {"solvent": {"H2O": "water"}}}
    setup = setup_of(tmp_path, table, sources={"old": part})
    (source,) = setup.sources(setup.spec)
    assert [row["solvent"] for row in source.rows] == ["water", "dmf"]
    assert source.outcomes == {"yield": (1.0, 2.0)}


def test_a_parameter_without_a_column_has_the_value_that_is_fixed(tmp_path: Path) -> None:
    table = "solvent,yield\nwater,1\ndmf,2\n"
    error = refused(tmp_path, table)
    assert error.field == "sources.old.fixed"
    assert "has no column 'temp'" in error.message
    assert "fixed: {temp: VALUE}" in str(error)
    setup = setup_of(tmp_path, table, sources={"old": {"file": "earlier.csv", "fixed": {"temp": "333.15 K"}}})
    assert setup.sources(setup.spec)[0].rows[0]["temp"] == pytest.approx(60.0)


def test_rows_with_unknown_choices_are_left_out_and_counted(tmp_path: Path) -> None:
    table = TABLE + "40,goo,9\n41,goo,9\n"
    setup = setup_of(tmp_path, table)
    (source,) = setup.sources(setup.spec)
    assert len(source.rows) == 3
    assert "solvent 'goo' (2 rows)" in source.note


def test_rows_with_other_choices_teach_where_these_are_known_as_the_campaigns_own_are(tmp_path: Path) -> None:
    table = TABLE + "40,toluene,9\n41,goo,9\n"
    setup = setup_of(tmp_path, table)
    space = setup.space(setup.spec)
    (source,) = setup.sources(setup.spec)
    assert [row["solvent"] for row in source.rows] == ["water", "dmf", "water", "toluene"]
    assert "solvent 'goo' (1 rows)" in source.note
    assert space.by_name["solvent"].problem("toluene") is not None
    columns = space.features([{"temp": 40.0, "solvent": solvent} for solvent in ("water", "dmf", "toluene")])
    assert len({tuple(row) for row in columns.tolist()}) == 3
    named = {"temp": SPACE["temp"], "solvent": {**SPACE["solvent"], "by_name": True}}
    setup = setup_of(tmp_path, table, space=named)
    assert len(setup.sources(setup.spec)[0].rows) == 3


def test_an_empty_outcome_is_none_and_a_row_without_any_is_left_out(tmp_path: Path) -> None:
    goals = {"yield": {"goal": "max"}, "cost": {"goal": "min"}}
    table = "temp,solvent,yield,cost\n30,water,1,\n40,dmf,,\n50,dmf,,7\n"
    setup = setup_of(tmp_path, table, objectives=goals)
    (source,) = setup.sources(setup.spec)
    assert len(source.rows) == 2
    assert source.outcomes["yield"][0] == 1.0
    assert math.isnan(source.outcomes["yield"][1])
    assert source.outcomes["cost"][1] == 7.0


@pytest.mark.parametrize("cell", ["nan", "inf", "ten"])
@pytest.mark.parametrize("column", ["temp", "yield"])
def test_what_is_no_number_is_refused_by_line_and_column(tmp_path: Path, cell: str, column: str) -> None:
    table = (
        f"temp,solvent,yield\n30,water,1\n{cell if column == 'temp' else 5},dmf,{cell if column == 'yield' else 5}\n"
    )
    error = refused(tmp_path, table)
    assert isinstance(error, DataError)
    assert f"earlier.csv, line 3: {column} is not a finite number" in error.message


@pytest.mark.parametrize(
    ("table", "source", "field", "said"),
    [
        ("temp,solvent,other\n30,water,1\n", {}, "sources.old.outcome", "no column of an objective"),
        (TABLE, {"outcome": {"yield": "gain"}}, "sources.old.outcome.yield", "no column 'gain'"),
        (TABLE, {"outcome": {"gain": "yield"}}, "sources.old.outcome.gain", "no objective"),
        (TABLE, {"fixed": {"pH": 7}}, "sources.old.fixed.pH", "no parameter"),
        (TABLE, {"renamed": {"pH": {"a": "b"}}}, "sources.old.renamed.pH", "no parameter"),
        ("temp,yield\n30,1\n", {"fixed": {"solvent": "dmso"}}, "sources.old.fixed.solvent", "no choice"),
        (
            "solvent,yield\nwater,1\n",
            {"fixed": {"temp": "3 bar"}},
            "sources.old.fixed.temp",
            "measure different things",
        ),
        ("temp,solvent,yield\n30,goo,1\n", {}, "sources.old.file", "no usable row"),
        ("temp,solvent,yield\n30,water,\n", {}, "sources.old.file", "no usable row"),
        (TABLE, {"files": "x"}, "sources.old.files", "unknown field"),
    ],
)
def test_a_wrong_source_is_refused_with_its_field(
    tmp_path: Path, table: str, source: dict[str, Any], field: str, said: str
) -> None:
    error = refused(tmp_path, table, **source)
    assert error.field == field
    assert said in error.message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*nowhere\.csv") as caught:
        setup_of(tmp_path, sources={"old": {"file": "nowhere.csv"}})
    assert caught.value.field == "sources.old.file"


def test_sources_and_levels_are_fixed_when_a_campaign_starts(tmp_path: Path) -> None:
    setup = setup_of(tmp_path)
    with pytest.raises(SpecError, match="fixed when a campaign starts"):
        steered(setup.spec, {"sources": {}})


LEVELED = {**SPACE, "method": {"choices": ["full", "quick"]}}
FIDELITY = {"parameter": "method", "levels": {"quick": 1, "full": 12}}


def leveled(folder: Path, **changes: Any) -> Setup:
    return setup_of(folder, **{"space": LEVELED, "fidelity": FIDELITY, "sources": {}, **changes})


def test_levels_keep_the_order_of_the_file_through_the_record(tmp_path: Path) -> None:
    setup = leveled(tmp_path)
    found = setup.goal(setup.spec).fidelity
    assert found is not None
    assert (found.levels, found.top, dict(found.costs)) == (("quick", "full"), "full", {"quick": 1.0, "full": 12.0})
    again = parse_spec(plain(setup.spec))
    assert again == setup.spec
    assert Counting(again).at({"temp": 30.0, "solvent": "dmf", "method": "full"})
    assert not Counting(again).at({"temp": 30.0, "solvent": "dmf", "method": "quick"})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"fidelity": {**FIDELITY, "parameter": "temp"}}, "fidelity.parameter"),
        ({"fidelity": {**FIDELITY, "parameter": "nothing"}}, "fidelity.parameter"),
        ({"fidelity": {**FIDELITY, "levels": {"quick": 1, "slow": 2}}}, "fidelity.levels"),
        ({"fidelity": {**FIDELITY, "levels": {"quick": 1}}}, "fidelity.levels"),
        ({"fidelity": {**FIDELITY, "levels": {"quick": 0, "full": 2}}}, "fidelity.levels.quick"),
        ({"planner": {"kind": "evolutionary"}}, "planner.kind"),
        ({"planner": {"acquisition": "thompson"}}, "planner.acquisition"),
        ({"planner": {"surrogate": "gp"}}, "planner.surrogate"),
        ({"stop": {"expected_gain": 1}}, "stop.expected_gain"),
        ({"sources": {"old": {"file": "earlier.csv", "fixed": {"method": "full"}}}}, "sources"),
        ({"space": {"method": LEVELED["method"]}}, "space"),
    ],
)
def test_levels_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        leveled(tmp_path, **changes)
    assert caught.value.field == field


def test_sources_need_a_surrogate_that_learns_from_them(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        setup_of(tmp_path, planner={"surrogate": "gp"})
    assert caught.value.field == "planner.surrogate"
    assert "sources" in caught.value.message
