"""Records, objectives and tables: what is written reads back, and what is wrong is refused by name."""

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranked import pareto

from zosimos.core.canonical import canonical_json
from zosimos.core.errors import DataError, SpecError, ZosimosError
from zosimos.core.objective import Objective
from zosimos.core.records import ORIGINS, Candidate, Fallback, Measurement, Observation, Prediction
from zosimos.core.table import parse_table, read_table

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.dictionaries(TEXT, FINITE | st.integers(-(2**53), 2**53) | TEXT, max_size=4)
PREDICTIONS = st.builds(Prediction, FINITE, FINITE, st.none() | FINITE, FINITE)
CANDIDATES = st.builds(
    Candidate,
    VALUES,
    TEXT,
    TEXT,
    st.dictionaries(TEXT, PREDICTIONS, max_size=3),
    st.none() | FINITE,
    st.sampled_from([None, "in", "near", "out"]),
    TEXT,
    st.none() | st.builds(Fallback, TEXT, TEXT, TEXT, TEXT),
    author=TEXT,
    expected=st.dictionaries(TEXT, PREDICTIONS, max_size=2),
    lineage=st.lists(TEXT, max_size=2).map(tuple),
    advice=TEXT,
    gain_left=st.none() | FINITE,
)
MEASUREMENTS = st.builds(
    Measurement,
    quantity=TEXT,
    value=FINITE,
    uncertainty=st.none() | st.floats(0, 1e300),
    unit=TEXT,
    quality=st.sampled_from(["good", "suspect", "bad"]),
    origin=st.sampled_from(ORIGINS),
    raw=st.none() | TEXT,
    instrument=TEXT,
    at=TEXT,
    u_shared=st.none() | st.floats(0, 1e300),
)
OBSERVATIONS = st.builds(
    Observation,
    TEXT,
    VALUES,
    st.dictionaries(TEXT, MEASUREMENTS, max_size=3),
    failed=st.booleans(),
    predictions=st.dictionaries(TEXT, PREDICTIONS, max_size=2),
    cause=st.sampled_from(["infeasible", "fault", "unknown"]),
    origin=TEXT,
    author=TEXT,
    expected=st.dictionaries(TEXT, PREDICTIONS, max_size=2),
    lineage=st.lists(TEXT, max_size=2).map(tuple),
)


# --- records ---


@pytest.mark.slow
@given(PREDICTIONS | CANDIDATES | MEASUREMENTS | OBSERVATIONS)
def test_record_reads_back_from_its_json(record: Any) -> None:
    assert type(record).from_json(json.loads(canonical_json(record.as_json()))) == record


@pytest.mark.slow
@given(OBSERVATIONS)
def test_what_was_found_does_not_depend_on_whose_idea_the_experiment_was(observation: Observation) -> None:
    bare = replace(observation, origin="", author="", expected={}, lineage=())
    assert observation.found() == bare.found() == bare.as_json()


def test_a_predictions_spread_is_ignorance_and_noise_as_far_as_experience_bears_them_out() -> None:
    assert Prediction(1.0, 0.3).spread == pytest.approx(0.3)
    assert Prediction(1.0, 0.3, 0.4, 2.0).spread == pytest.approx(1.0)


@given(MEASUREMENTS, TEXT)
def test_time_is_stamped_once(measurement: Measurement, at: str) -> None:
    assert measurement.stamped(at).at == (measurement.at or at)


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": math.nan},
        {"value": math.inf},
        {"value": 1.0, "uncertainty": -1.0},
        {"value": 1.0, "uncertainty": math.nan},
        {"value": 1.0, "origin": "guessed"},
        {"value": 1.0, "quality": "excellent"},
    ],
)
def test_wrong_measurement_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError) as caught:
        Measurement("yield", **wrong)
    assert caught.value.field == "yield"
    assert caught.value.allowed


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("quality", ["good", "suspect", "bad"])
def test_models_learn_from_measured_and_simulated_values_that_are_not_bad(origin: Any, quality: Any) -> None:
    trains = Measurement("q", 1.0, quality=quality, origin=origin).trains
    assert trains == (origin in ("measured", "simulated") and quality != "bad")


# --- objectives ---


def test_target_is_best_where_it_is_met() -> None:
    objective = Objective("pH", "target", target=7.0)
    assert objective.utility(7.0) > objective.utility(7.5) == objective.utility(6.5)
    assert pareto([objective], [{"pH": 5.0}, {"pH": 7.0}, {"pH": 7.0}]) == [1, 2]


@pytest.mark.parametrize(("goal", "target"), [("target", None), ("max", 1.0), ("target", math.nan)])
def test_goal_and_target_must_fit(goal: Any, target: float | None) -> None:
    with pytest.raises(SpecError) as caught:
        Objective("y", goal, target=target)
    assert caught.value.field == "objectives.y.target"


# --- tables ---

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=10)
HEADERS = st.lists(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6), min_size=1, max_size=4, unique=True
)


@pytest.mark.slow
@given(st.data(), HEADERS, st.sampled_from(["\r\n", "\n"]), st.booleans())
def test_written_table_reads_back(data: st.DataObject, header: list[str], ending: str, mark: bool) -> None:
    row = st.tuples(*[CELLS] * len(header)).filter(lambda cells: any(cell.strip() for cell in cells))
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    table = parse_table(file.getvalue().encode("utf-8-sig" if mark else "utf-8"), "t.csv")
    assert table.header == tuple(header)
    assert list(table.rows) == rows
    assert table.column(header[-1]) == [cells[-1] for cells in rows]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "has no rows"),
        (b"a,b\n", "has no rows"),
        (b"\n\n , \n", "has no rows"),
        (b"a,b\n1,2\n3\n", "line 3: 1 cells under 2 columns"),
        (b"a,b\n1,2,3\n", "line 2: 3 cells under 2 columns"),
        (b"a,a\n1,2\n", "the same name as another"),
        (b"a, a \n1,2\n", "the same name as another"),
        (b"a,\n1,2\n", "has no name"),
        (b"a\n\xff\n", "byte 0xff on line 2"),
        ("a\n1\n".encode("utf-16"), "not UTF-8"),
        (b'a,b\n"1,2\n', "line"),
        (b'a,b\n"1"x,2\n', "line 2"),
        (b"a\n" + b"x" * 200_000 + b"\n", "field larger"),
    ],
)
def test_wrong_table_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        parse_table(data, "t.csv")
    assert "t.csv" in caught.value.message


def test_quotes_hold_commas_and_lines() -> None:
    table = parse_table(b'name,note\n"a,b","say ""hi""\nagain"\nc,\n', "t.csv")
    assert table.rows == (("a,b", 'say "hi"\nagain'), ("c", ""))
    assert table.lines == (3, 4)


@pytest.mark.parametrize("cell", ["", "nan", "inf", "1,5", "ten", "1_000", "1 2", "0x1"])
def test_cell_that_is_no_number_is_named_with_its_line(cell: str) -> None:
    table = parse_table(f'x,y\n1,2\n1,"{cell}"\n'.encode(), "t.csv")
    assert table.number(0, "y") == 2.0
    with pytest.raises(DataError, match=r"t.csv, line 3: y is not a finite number") as caught:
        table.number(1, "y")
    assert caught.value.hint


@given(FINITE)
def test_written_number_reads_back_as_the_same_float(number: float) -> None:
    assert parse_table(f"x\n {number!r} \n".encode(), "t").number(0, "x") == number


def test_missing_and_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    table = read_table(path)
    with pytest.raises(DataError, match="'c' is missing"):
        table.column("c")
    with pytest.raises(DataError, match="'b' is not expected"):
        table.refuse_others(["a"], "remove it")


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read"):
        read_table(tmp_path / "none.csv")


# --- errors ---


def test_error_tells_what_where_and_how_to_fix_it() -> None:
    error = ZosimosError("wrong", field="a.b", value="x" * 500, allowed="y", hint="do z")
    assert [line.split(":")[0].strip() for line in str(error).splitlines()] == [
        "wrong",
        "field",
        "value",
        "allowed",
        "fix",
    ]
    assert len(str(error)) < 400
    assert json.loads(canonical_json(error.as_dict()))["field"] == "a.b"
    assert ZosimosError("only this").as_dict() == {"type": "ZosimosError", "message": "only this"}
