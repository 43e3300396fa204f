"""The pool lab: recorded experiments answer as a laboratory, and a table that does not fit is refused in words."""

from __future__ import annotations

import math
import random
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scripted_lab import NOW

from zosimos.campaign.control.commands import create
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.files import from_file
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.setup import Setup
from zosimos.core.errors import DataError, SpecError
from zosimos.core.records import Candidate
from zosimos.core.table import parse_table
from zosimos.labs.pool.table import finished

TABLE = """a,b,solvent,yield,cost
1,0.1,water,10,1
1,0.1,water,14,1
2,0.2,water,30,2
3,0.3,dmf,20,3
4,0.1,dmf,40,4
"""


OPTIONS = {"kind": "pool", "file": "pool.csv", "ignore": ["cost"]}
OTHERS = {"b": {"min": 0, "max": 1}, "solvent": {"choices": ["water", "dmf"]}}


def campaign_file(folder: Path, table: str | bytes = TABLE, **changes: Any) -> Path:
    data = {
        "name": "pool",
        "objectives": {"yield": {"goal": "max"}},
        "lab": {**OPTIONS, "latency": "10 min"},
        "budget": {"experiments": 4},
        **changes,
    }
    (folder / "pool.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def in_order(setup: Setup, inputs: Inputs) -> list[Candidate]:
    gone = [dict(e.values) for e in inputs.pending] + [dict(o.values) for o in inputs.observations]
    free = [row for row in setup.space(inputs.spec).candidates if dict(row) not in gone]
    return [Candidate(row, "in order") for row in free[: inputs.count]]


def test_space_is_read_from_the_table(tmp_path: Path) -> None:
    setup = from_file(campaign_file(tmp_path))
    space = setup.space(setup.spec)
    assert space.names == ("a", "b", "solvent")
    assert setup.spec.space["solvent"].choices == ["water", "dmf"]
    assert len(space.candidates) == 4


def test_a_campaign_measures_recorded_outcomes_with_their_replicates(tmp_path: Path) -> None:
    path = campaign_file(tmp_path, batch=2, parallel=2)
    setup = from_file(path)
    with Ledger(str(tmp_path / "l.db")) as ledger:
        record = create(ledger, setup, author="t", now=NOW, entropy=random.Random(0), source=path)
        run_campaign(record, setup, decide=in_order)
        found = [next(iter(e.measurements.values())) for e in record.state.experiments.values()]
    assert [m.value for m in found] == [12, 30, 20, 40]
    assert [m.uncertainty for m in found] == [pytest.approx(math.sqrt(8) / math.sqrt(2)), None, None, None]
    assert {m.origin for m in found} == {"measured"}
    assert all(m.raw == record.state.files["file"] for m in found)
    assert (datetime.fromisoformat(record.state.at) - NOW).total_seconds() == 1200  # two batches of 10 minutes


def test_a_campaign_reopens_from_its_record_when_its_files_are_gone(tmp_path: Path) -> None:
    path = campaign_file(tmp_path)
    setup = from_file(path)
    with Ledger(str(tmp_path / "l.db")) as ledger:
        record = create(ledger, setup, author="t", now=datetime.now(UTC), entropy=random.Random(0), source=path)
        path.unlink()
        (tmp_path / "pool.csv").unlink()
        again = reopened(record)
        run_campaign(record, again, decide=in_order)
        assert record.state.status == "finished"
        assert again.pool == setup.pool


@pytest.mark.parametrize(
    ("table", "changes", "error", "words"),
    [
        (TABLE.replace("yield", "yeild"), {}, DataError, "column 'yield' is missing"),
        (TABLE.replace(",40,", ",nan,"), {}, DataError, "line 6: yield is not a finite number"),
        (TABLE.replace(",40,", ",,"), {}, DataError, "line 6: yield is not a finite number"),
        (TABLE.replace(",40,", ",forty,"), {}, DataError, "line 6: yield is not a finite number"),
        (TABLE.replace("water", "w\x81ter").encode("latin-1"), {}, DataError, "is not UTF-8"),
        (TABLE + "5,6\n", {}, DataError, "line 7: 2 cells under 5 columns"),
        (TABLE.replace("b,solvent", "a,solvent"), {}, DataError, "the same name as another"),
        ("", {}, DataError, "has no rows"),
        (TABLE, {"space": {"a": {"min": 5, "max": 9}, **OTHERS}}, SpecError, "no row of the pool is inside"),
        (TABLE, {"space": {"a": {"min": 9, "max": 1}, **OTHERS}}, SpecError, "min 9 is not below max 1"),
        (TABLE, {"space": {"a": {"min": 1, "max": 9}}}, DataError, "not expected"),
        (TABLE, {"constraints": ["c > 2"]}, SpecError, "unknown parameter 'c'"),
        (TABLE, {"constraints": ["a > 100"]}, SpecError, "no row of the pool is inside"),
        (TABLE, {"constraints": ["solvent == 'watr'"]}, SpecError, "unknown choice 'watr'"),
        (TABLE, {"lab": {**OPTIONS, "latncy": 3}}, SpecError, "unknown field 'lab.latncy'"),
        (TABLE, {"lab": {**OPTIONS, "latency": "3 kg"}}, SpecError, "cannot become"),
        (TABLE, {"lab": {"kind": "pol", "file": "pool.csv"}}, SpecError, "no lab of kind 'pol'"),
        (TABLE, {"lab": {**OPTIONS, "file": "missing.csv"}}, DataError, "cannot read"),
        (TABLE, {"planner": {"kind": "baysian"}}, SpecError, "unknown proposer 'baysian'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, table, changes, error, words) -> None:
    with pytest.raises(error, match=words) as caught:
        from_file(campaign_file(tmp_path, table, **changes))
    assert caught.value.field


def test_a_column_not_ignored_is_taken_for_a_parameter(tmp_path: Path) -> None:
    setup = from_file(campaign_file(tmp_path, lab={"kind": "pool", "file": "pool.csv"}))
    assert list(setup.spec.space) == ["a", "b", "solvent", "cost"]


def test_bounds_in_other_units_narrow_the_pool(tmp_path: Path) -> None:
    space = {"a": {"min": 0, "max": "3 min", "unit": "s"}, **OTHERS}
    setup = from_file(campaign_file(tmp_path, space=space))
    assert setup.spec.space["a"].max == 180.0
    assert len(setup.space(setup.spec).candidates) == 4


def test_choices_that_look_like_numbers_are_names_all_the_way(tmp_path: Path) -> None:
    table = "grade,x,yield\n1,0.1,5\n1,0.1,7\n2,0.2,8\n02,-0.0,9\n"
    space = {"grade": {"choices": ["1", "2", "02"]}, "x": {"min": -1, "max": 1}}
    options = {"lab": {"kind": "pool", "file": "pool.csv"}, "budget": {"experiments": 3}}
    path = campaign_file(tmp_path, table, space=space, **options)
    setup = from_file(path)
    with Ledger(str(tmp_path / "l.db")) as ledger:
        record = create(ledger, setup, author="t", now=NOW, entropy=random.Random(0), source=path)
        run_campaign(record, setup, decide=in_order)
        found = [e.measurements["yield"] for e in record.state.experiments.values()]
    assert [m.value for m in found] == [6, 8, 9]
    assert [m.uncertainty for m in found] == [1.0, None, None]


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3]), st.floats(-1e3, 1e3)), min_size=1, max_size=12))
def test_replicates_give_their_mean_and_its_standard_uncertainty(rows: list[tuple[float, float]]) -> None:
    text = "x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in rows)
    found = finished(parse_table(text.encode(), "t.csv"), {"x": "number"}, ["y"])
    for x in (0.1, 0.2, 0.3):
        values = [y for other, y in rows if other == x]
        outcomes = found.find({"x": x})
        if not values:
            assert outcomes is None
            continue
        assert outcomes is not None
        assert outcomes["y"].mean == pytest.approx(statistics.fmean(values), abs=1e-9)
        assert outcomes["y"].replicates == len(values)
        spread = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
        assert outcomes["y"].uncertainty == (None if spread is None else pytest.approx(spread, rel=1e-6, abs=1e-9))
