"""Designs of experiments: as a campaign's opening, as a table alone, and from Python."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import zosimos as zo

SPEC = """\
name: film
space:
  temperature: {min: 20, max: 80, unit: degC, step: 1}
  time: {min: 10, max: 60, unit: min, step: 0.5}
  dye: {min: 0.1, max: 2.5, unit: g/L, step: 0.01}
objectives:
  hardness: {goal: max, unit: MPa}
planner:
  start: {design: box-behnken, centre: 3}
budget: {experiments: 20}
seed: 3
"""
Cli = Callable[..., Any]


@pytest.fixture
def film(cli: Cli, folder: Path) -> Cli:
    (folder / "film.yaml").write_text(SPEC)
    return cli


def as_csv(path: Path) -> list[dict[str, str]]:
    """Return a table's rows by the names of its columns, the units in its header aside."""
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    return [{name.split(" (")[0]: cell for name, cell in row.items()} for row in rows]


def tell(cli: Cli, folder: Path, rows: list[dict[str, str]]) -> Any:
    """Tell a result for each row of a table that was asked for."""
    for row in rows:
        row["hardness"] = str(float(row["temperature"]) + float(row["time"]) / 10 - float(row["dye"]))
    with (folder / "results.csv").open("w") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return cli("tell", "last", "results.csv")


def proposed(cli: Cli, *arguments: Any) -> list[dict[str, Any]]:
    found = cli("ask", *arguments, "--json")
    assert found.code == 0, found.err
    return list(found.json["candidates"])


def test_a_campaign_begins_with_its_design_and_then_the_planner_goes_on(film: Cli, folder: Path) -> None:
    first = proposed(film, "film.yaml", "-n", 6, "-o", "a.csv", "--set", "planner.kind=random")
    assert [one["reason"].split(" of the")[0] for one in first] == [f"row {n} of 15" for n in range(1, 7)]
    assert tell(film, folder, as_csv(folder / "a.csv")).code == 0
    rest = proposed(film, "last", "-n", 11, "-o", "b.csv")
    told = [one["reason"] for one in (*first, *rest)]
    assert [text for text in told if "Box-Behnken design" in text] == told[:15]
    assert sum("centre point" in text for text in told) == 3
    assert "Box-Behnken" not in told[15]
    assert film("replay", "last").code == 0


def test_the_order_is_drawn_from_the_seed(film: Cli) -> None:
    one, two, other = (
        [row["values"] for row in film("design", "film.yaml", "--seed", seed, "--json").json["rows"]]
        for seed in (3, 3, 4)
    )
    assert one == two != other
    assert Counter(map(str, one)) == Counter(map(str, other))


def test_the_campaign_runs_the_rows_that_the_table_alone_shows(film: Cli) -> None:
    table = [row["values"] for row in film("design", "film.yaml", "--json").json["rows"]]
    assert [one["values"] for one in proposed(film, "film.yaml", "-n", 15)] == table


def test_a_run_whose_result_was_retracted_is_due_again_and_one_that_is_excluded_is_not(film: Cli, folder: Path) -> None:
    first = proposed(film, "film.yaml", "-n", 3, "-o", "a.csv")
    assert film("drop", "last", "e0003", "--reason", "explosive", "--exclude").code == 0
    assert tell(film, folder, as_csv(folder / "a.csv")[:2]).code == 0
    assert film("retract", "last", "e0002", "--reason", "spilled").code == 0
    rest = proposed(film, "last", "-n", 13)
    assert first[1]["values"] in [one["values"] for one in rest]
    assert sum("Box-Behnken" in one["reason"] for one in rest) >= 12
    assert not any(one["reason"].startswith("row 3 of") for one in rest)


def test_validate_says_what_the_design_takes(film: Cli) -> None:
    found = film("validate", "film.yaml")
    assert "Box-Behnken design: 15 experiments" in found.out
    assert "then 5 more by bayesian" in found.out
    assert film("validate", "film.yaml", "--json").json["start"]["runs"] == 15
    refused = film("validate", "film.yaml", "--set", "budget.experiments=14")
    assert refused.code == 2
    assert "takes 15 experiments, and the budget is 14" in refused.err


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ("planner.start=box-benken", "planner.start.design", "did you mean 'box-behnken'"),
        ("planner.start.center=3", "planner.start.center", "did you mean 'centre'"),
        ("planner.start.centre=-1", "planner.start.centre", "from 0 to 100"),
        ("planner.start.degree=3", "planner.start.degree", "a box-behnken design has no degree"),
        ("planner.start.blocks=9", "planner.start.blocks", "at most 7"),
        ("space.temperature.step=60", "space.temperature", "no level near 50"),
        ("space.solvent={choices: [a, b, c]}", "planner.start.design", "full-factorial and d-optimal designs take"),
        ("constraints=['temperature + time <= 90']", "planner.start.design", "d-optimal or extreme-vertices"),
        ("planner.start=-1", "planner.start", "at least 0"),
    ],
)  # fmt: skip
def test_a_design_that_does_not_fit_is_refused_with_what_does(film: Cli, change: str, field: str, said: str) -> None:
    found = film("validate", "film.yaml", "--set", change)
    assert found.code == 2
    assert f"field:   {field}" in found.err
    assert said in found.err


@pytest.mark.parametrize("start", ["5", "'5'", "box-behnken", "{design: box-behnken}"])
def test_a_start_is_a_number_or_a_design(film: Cli, start: str) -> None:
    assert film("validate", "film.yaml", "--set", f"planner.start={start}").code == 0


def test_a_campaign_by_hand_is_asked_for_numbers_that_can_be_weighed(film: Cli, folder: Path) -> None:
    bare = SPEC.replace(", step: 1}", "}").replace(", step: 0.5}", "}").replace(", step: 0.01}", "}")
    (folder / "film.yaml").write_text(bare.replace("box-behnken, centre: 3", "central-composite"))
    rows = [one["values"] for one in proposed(film, "film.yaml", "-n", 20)]
    assert {row["temperature"] for row in rows} == {20, 32.2, 50, 67.8, 80}  # alpha 1.682: 32.16 and 67.84
    assert {row["dye"] for row in rows} == {0.1, 0.585, 1.3, 2.015, 2.5}
    found = film("replay", "last")
    assert (found.code, "came out the same" in found.out) == (0, True)


def test_a_corner_that_rounding_takes_out_of_the_rules_stays_where_it_is(film: Cli, folder: Path) -> None:
    parts = "".join(f"  {name}: {{min: 0, max: 100, unit: g}}\n" for name in "abc")
    rules = "constraints: [{type: simplex, of: [a, b, c], total: 100}, 'a >= 2.013*b']\n"
    rest = "objectives: {y: {goal: max}}\nplanner: {start: extreme-vertices}\nbudget: {experiments: 9}\n"
    (folder / "mix.yaml").write_text(f"name: mix\nspace:\n{parts}{rules}{rest}")
    rows = [one["values"] for one in proposed(film, "mix.yaml", "-n", 7)]
    assert all(row["a"] >= 2.013 * row["b"] - 1e-9 for row in rows)
    assert any(row["b"] == pytest.approx(100 / 3.013, abs=1e-3) for row in rows)
    assert {"a": 100.0, "b": 0.0, "c": 0.0} in rows


def test_a_design_does_rows_again_where_there_are_no_others(film: Cli, folder: Path) -> None:
    space = "name: few\nspace:\n  c: {choices: [x, y, z]}\n  d: {choices: [p, q]}\nobjectives: {y: {goal: max}}\n"
    start = "planner: {start: {design: full-factorial, replicates: 2}}\nbudget: {experiments: 30}\n"
    (folder / "few.yaml").write_text(space + start)
    rows = [one["values"] for n in (5, 20) for one in proposed(film, "few.yaml", "-n", n)]
    assert Counter((row["c"], row["d"]) for row in rows) == {(c, d): 2 for c in "xyz" for d in "pq"}
    none = film("ask", "last", "-n", 1)
    assert (none.code, "no new row was found" in none.err) == (2, True)
    lines = [f"e{i:04d},{'xyz'.index(row['c']) + 0.01 * i}" for i, row in enumerate(rows, start=1)]
    (folder / "r.csv").write_text("\n".join(["experiment,y", *lines]) + "\n")
    assert film("tell", "last", "r.csv").code == 0
    assert "the model fits all different experiments" in film("effects", "last", "--model", "interactions").out


def test_a_table_alone_is_written_in_the_form_that_tell_reads(film: Cli, folder: Path) -> None:
    proposed(film, "film.yaml", "-n", 1)
    assert film("design", "film.yaml", "--set", "blocks=3", "-o", "plan.xlsx").code == 0
    book = openpyxl.load_workbook(folder / "plan.xlsx")
    header = [cell.value for cell in book.active[1]]
    assert header[-3:] == ["design run", "design block", "design point"]
    for place in range(2, 17):
        book.active.cell(place, header.index("hardness") + 1, 500 + place)
    book.save(folder / "plan.xlsx")
    found = film("tell", "last", "plan.xlsx", "--dry-run", "--json")
    assert found.code == 0, found.err
    assert len(found.json["experiments"]) == 15


def test_a_table_that_is_there_is_never_overwritten(film: Cli, folder: Path) -> None:
    (folder / "plan.csv").write_text("results of a week")
    found = film("design", "film.yaml", "-o", "plan.csv")
    assert found.code == 2
    assert "may hold results" in found.err
    assert (folder / "plan.csv").read_text() == "results of a week"


def test_a_design_needs_no_campaign_file(film: Cli, folder: Path) -> None:
    made = film(
        "design", "fractional-factorial", "--factor", "temp=20:80 degC", "--factor", "time=1:2", "--factor", "c=0.1:1",
        "--factor", "base=KOH,NaOH", "--outcome", "yield", "-o", "plan.csv",
    )  # fmt: skip
    assert "cannot be told apart: temp*time = c*base" in made.out
    rows = as_csv(folder / "plan.csv")
    assert len(rows) == 8
    assert Counter(row["base"] for row in rows) == {"KOH": 4, "NaOH": 4}
    assert {"experiment", "temp", "yield", "failed"} <= rows[0].keys()
    parts = [word for name in "abc" for word in ("--factor", f"{name}=0:100")]
    blends = film("design", "simplex-lattice", "--mixture", 100, *parts)
    assert "6 experiments" in blends.out


@pytest.mark.parametrize("factor", ["T=20,5:80,5 °C", "T=20.5:80.5°C", "T = 20.5 : 80.5 C", "T=20.5:80.5:0.5 degC"])
def test_a_factor_is_read_as_people_write_ranges(film: Cli, factor: str) -> None:
    made = film("design", "full-factorial", "--factor", factor, "--json").json
    assert sorted(row["values"]["T"] for row in made["rows"]) == [20.5, 80.5]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bos-behnken"], "did you mean 'box-behnken'"),
        (["box-behnken"], "a design needs factors"),
        (["box-behnken", "--factor", "temp"], "this is no factor"),
        (["box-behnken", "--factor", "temp=a:b"], "this is no range"),
        (["box-behnken", "--factor", "temp=1:2:3:4"], "this is no range"),
        (["box-behnken", "--factor", "temp=1:2 degCC"], "there is no such unit"),
        (["box-behnken", "--factor", "a=1:2", "--factor", "a=2:3"], "a factor stands twice"),
        (["box-behnken", "--factor", "a=1:2", "--factor", "b=1:2"], "3 to 7 parameters"),
        (["box-behnken", "--kind", "d-optimal"], "the kind is said already"),
        (["film.yaml", "--factor", "a=1:2"], "the campaign file says the factors"),
        (["film.yaml", "--kind", "simplex-lattice"], "is of one mixture"),
        (["film.yaml", "--kind", "d-optimal", "--set", "runs=5"], "cannot estimate the 10 coefficients"),
    ],
)
def test_what_makes_no_design_is_said(film: Cli, arguments: list[str], said: str) -> None:
    found = film("design", *arguments)
    assert found.code == 2
    assert said in found.err


def test_python_gives_the_rows() -> None:
    space = {"T": zo.Continuous(20, 80), "base": zo.Categorical(["KOH", "NaOH", "CsOH"])}
    found = zo.design(space, "full-factorial", seed=1, levels=3)
    assert len(found.rows) == 9
    assert {row.values["T"] for row in found.rows} == {20.0, 50.0, 80.0}
    blends = zo.design({n: zo.Continuous(0, 1) for n in "abc"}, "simplex-centroid", constraints="a + b + c == 1")
    assert all(sum(map(float, row.values.values())) == pytest.approx(1) for row in blends.rows)
    with pytest.raises(zo.SpecError, match="no design 'x'"):
        zo.design(space, "x")


def test_an_optimiser_begins_with_a_design_too() -> None:
    opt = zo.Optimizer({n: zo.Continuous(-1, 1) for n in "ab"}, zo.maximize("y"), planner={"start": "full-factorial"})
    corners = [(one["a"], one["b"]) for one in opt.ask(4)]
    assert sorted(corners) == [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)]


# --- the classical analysis

RATES = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96, 73, 75, 66, 69]
"""Montgomery 2013, examples 6.2 and 6.7: filtration rate in standard order, and four centre points."""
RATE = """\
name: rate
space:
  T: {min: 20, max: 80, unit: degC}
  p: {min: 1, max: 3, unit: bar}
  c: {min: 0.1, max: 0.5, unit: mol/L}
  stir: {min: 100, max: 900, unit: 1/min}
objectives:
  rate: {goal: max, unit: L/h}
planner:
  start: {design: full-factorial, centre: 4, randomise: false}
budget: {experiments: 25}
"""


@pytest.fixture
def rate(cli: Cli, folder: Path) -> Cli:
    """A campaign whose design was measured: the filtration example."""
    (folder / "rate.yaml").write_text(RATE)
    proposed(cli, "rate.yaml", "-n", 20)
    rows = "\n".join(f"e{n:04},{value}" for n, value in enumerate(RATES, start=1))
    (folder / "results.csv").write_text(f"experiment,rate\n{rows}\n")
    assert cli("tell", "last", "results.csv").code == 0
    return cli


def test_effects_of_a_campaign_are_those_of_the_textbook(rate: Cli) -> None:
    found = rate("effects", "last", "--json").json["outcomes"]["rate"]
    effects = {one["label"]: one["effect"] for one in found["estimates"]}
    assert {name: effects[name] for name in ("T", "c", "stir", "T*c", "T*stir")} == pytest.approx(
        {"T": 21.625, "c": 9.875, "stir": 14.625, "T*c": -18.125, "T*stir": 16.625}
    )
    assert found["curvature"]["squares"] == pytest.approx(1.5125)
    shown = rate("effects", "last").out
    assert "interactions model of 20 results" in shown
    assert "centre points: no curvature shows" in shown
    clear = [line.split()[0] for line in shown.splitlines() if line.rstrip().endswith("clear")]
    assert clear == ["T", "T*c", "T*stir", "stir", "c"]


def test_retracted_failed_and_missing_results_are_left_out_and_named(rate: Cli, folder: Path) -> None:
    assert rate("retract", "last", "e0002", "--reason", "spilled").code == 0
    proposed(rate, "last", "-n", 2)
    (folder / "more.csv").write_text("experiment,rate,failed\ne0021,,yes\ne0022,>95,\n")
    told = rate("tell", "last", "more.csv")
    assert told.code == 0, told.err
    found = rate("effects", "last", "--json").json
    assert found["outcomes"]["rate"]["n"] == 19
    assert "1 left out, failed: e0021" in found["notes"]
    assert "1 left out, retracted: e0002" in found["notes"]
    assert "rate: 1 left out, of which only a limit is known: e0022" in found["notes"]


def test_effects_before_there_are_results_are_an_answer(film: Cli) -> None:
    proposed(film, "film.yaml", "-n", 3)
    found = film("effects", "last")
    assert found.code == 2
    assert "tell more results first" in found.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--outcome", "rates"], "did you mean 'rate'"), (["--model", "cubic"], "linear, interactions, quadratic")],
)
def test_effects_of_what_is_not_there_are_refused(rate: Cli, arguments: list[str], said: str) -> None:
    found = rate("effects", "last", *arguments)
    assert found.code == 2
    assert said in found.err


def test_python_gives_the_same_effects(rate: Cli, folder: Path) -> None:
    with zo.Campaign.open("last", ledger=folder / "zosimos.db") as campaign:
        found = campaign.effects(model="factorial", only_design=True).outcomes["rate"]
        rows = [dict(one.values) for one in campaign.observations]
    assert found.by_size[0].effect == pytest.approx(21.625)
    space = {"T": zo.Continuous(20, 80), "p": zo.Continuous(1, 3), "c": zo.Continuous(0.1, 0.5)}
    alone = zo.effects({**space, "stir": zo.Continuous(100, 900)}, rows, RATES, model="factorial")
    assert [one.effect for one in alone.by_size] == pytest.approx([one.effect for one in found.by_size])
    with pytest.raises(zo.DataError, match="one outcome"):
        zo.effects(space, rows, RATES[:3])
    with pytest.raises(zo.DataError, match="no T"):
        zo.effects(space, [{"p": 1.0, "c": 0.1}] * 3, [1.0, 2.0, 3.0])


def test_blocks_of_the_design_are_taken_out_of_the_errors(film: Cli, folder: Path) -> None:
    proposed(film, "film.yaml", "-n", 15, "--set", "planner.start.blocks=3", "-o", "a.csv")
    rows = as_csv(folder / "a.csv")
    for n, row in enumerate(rows):
        row["hardness"] = str(float(row["temperature"]) + 100 * (n // 5))  # each day is a block
    with (folder / "results.csv").open("w") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    assert film("tell", "last", "results.csv").code == 0
    found = film("effects", "last", "--model", "linear", "--json").json["outcomes"]["hardness"]
    assert "blocks" in [share["source"] for share in found["variance"]]
    assert found["noise"] < 1e-6
    (slope,) = [one for one in found["estimates"] if one["label"] == "temperature"]
    assert slope["effect"] == pytest.approx(60)


def test_a_design_keeps_its_blocks_and_its_effects_whatever_is_changed_afterwards(film: Cli, folder: Path) -> None:
    (folder / "film.yaml").write_text(SPEC.replace("centre: 3}", "centre: 4, blocks: 2}"))
    rows = proposed(film, "film.yaml", "-n", 16)
    second = [one["experiment"] for one in rows if "block 2 of 2" in one["reason"]]
    assert len(second) == 8
    results = [one["values"]["time"] + 50 * (one["experiment"] in second) + i % 3 for i, one in enumerate(rows)]
    lines = [f"{one['experiment']},{result}" for one, result in zip(rows, results, strict=True)]
    (folder / "r.csv").write_text("\n".join(["experiment,hardness", *lines]) + "\n")
    assert film("tell", "last", "r.csv").code == 0
    before = film("effects", "last", "--design", "--json").json["outcomes"]["hardness"]
    refused = film("steer", "last", "--set", "space.base={choices: [KOH, NaOH], default: KOH}")
    assert (refused.code, "go on without it: planner.start: 10" in refused.err) == (2, True)
    changes = ("--set", "space.base={choices: [KOH, NaOH], default: KOH}", "--set", "planner.start=16")
    assert film("steer", "last", *changes).code == 0
    after = film("effects", "last", "--design", "--json").json["outcomes"]["hardness"]
    assert after["estimates"] == before["estimates"]
    block = next(one for one in after["estimates"] if one["label"] == "block 1")
    assert block["coefficient"] == pytest.approx(-25, abs=1)
