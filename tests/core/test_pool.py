"""Pools: rows come out as they went in, are found again, are judged and featurised as one by one, in little memory."""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core import lookup
from zosimos.core.columns import Numbers, Texts
from zosimos.core.constraints import Condition, Linear
from zosimos.core.errors import DataError, SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer, Values
from zosimos.core.pool import Pool, columns_of
from zosimos.core.space import SearchSpace, row_key
from zosimos.core.table import parse_table

PARAMETERS = (
    Continuous("x", 0.1, 1.0, log=True),
    Integer("n", 0, 5),
    Discrete("d", (1.0, 2.0, 4.0)),
    Categorical("c", ("red", "blue"), {"red": {"hue": 0.0, "dark": 1.0}, "blue": {"hue": 240.0, "dark": 2.0}}),
    Categorical("s", ("u", "v", "w")),
)
CONSTRAINTS = (Linear({"x": 2.0, "n": 1.0}, high=4.0), Condition(Expression("c == 'red' or d <= 2")))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.floats(0.05, 1.5) | st.sampled_from([0.0, -0.0, 0.5]),
            "n": st.integers(-1, 6),
            "d": st.sampled_from([1.0, 2.0, 3.0, 4.0]),
            "c": st.sampled_from(["red", "blue", "green"]),
            "s": st.sampled_from(["u", "v"]),
        }
    ),
    min_size=1,
    max_size=20,
)


@pytest.mark.slow
@given(ROWS)
def test_rows_come_out_as_they_went_in(rows: list[Values]) -> None:
    pool = Pool.of(rows, PARAMETERS)
    assert len(pool) == len(rows)
    assert list(pool) == [pool[i] for i in range(len(rows))] == rows
    assert list(pool[1:3]) == rows[1:3]
    assert pool[-1] == rows[-1]
    assert all(type(row["n"]) is int for row in pool)
    assert rows[0] in pool
    assert {"x": 9.0} not in pool
    with pytest.raises(IndexError):
        pool[len(rows)]


@pytest.mark.slow
@given(ROWS)
def test_every_row_is_found_at_its_first_place_and_others_are_not(rows: list[Values]) -> None:
    pool = Pool.of(rows, PARAMETERS)
    keys = [row_key(row) for row in rows]
    for row, key in zip(rows, keys, strict=True):
        assert pool.find({**row, "n": float(row["n"])}) == keys.index(key)
    assert pool.lookup.firsts.tolist() == [i for i, key in enumerate(keys) if keys.index(key) == i]
    assert [int(pool.lookup.firsts[group]) for group in pool.lookup.groups] == [keys.index(key) for key in keys]
    for other in ({"x": 77.0}, {"c": "violet"}, {"n": "three"}, {"n": True}, {"n": 10**400}, {"x": None}):
        assert pool.find({**rows[0], **other}) is None
    assert pool.find({}) is None


@pytest.mark.slow
@given(ROWS)
def test_rows_are_told_apart_when_all_hashes_are_the_same(rows: list[Values]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "hashed", lambda bits: np.zeros(len(bits[0]), dtype=np.uint64))
        test_every_row_is_found_at_its_first_place_and_others_are_not.hypothesis.inner_test(rows)


@pytest.mark.slow
@given(ROWS)
def test_columns_are_judged_and_featurised_as_rows_are(rows: list[Values]) -> None:
    pool = Pool.of(rows, PARAMETERS).bound(PARAMETERS, {})
    space = SearchSpace(PARAMETERS, CONSTRAINTS)
    good = pool.feasible(CONSTRAINTS)
    assert good.tolist() == [space.problems(row) == [] for row in rows]
    allowed = [row for row, held in zip(rows, good, strict=True) if held]
    one_by_one = [[x for p in PARAMETERS for x in p.features(row[p.name])] for row in allowed]
    kept = np.flatnonzero(good)
    assert pool.features(kept).tolist() == one_by_one
    assert space.features(allowed).tolist() == one_by_one
    assert space.features(pool.take(kept)).tolist() == one_by_one
    assert pool.features(slice(0, 2)).tolist() == pool.features()[:2].tolist()


@pytest.mark.slow
@given(ROWS, ROWS)
def test_pools_are_equal_when_their_rows_are(rows: list[Values], others: list[Values]) -> None:
    pool = Pool.of(rows, PARAMETERS)
    assert pool == Pool.of(list(rows), PARAMETERS)
    assert pool.take(np.arange(len(rows))) == pool
    assert (pool == Pool.of(others, PARAMETERS)) == (rows == others)


def test_a_pool_of_one_row_is_a_space() -> None:
    space = SearchSpace((Continuous("x", 0, 1),), pool=[{"x": 0.5}])
    assert list(space.candidates) == [{"x": 0.5}]
    assert space.features(space.candidates).tolist() == [[0.5]]
    assert space.problems({"x": 0.5}) == []
    assert space.problems({"x": 0.6}) == ["is not a row of the pool"]


@pytest.mark.parametrize(
    ("rows", "field", "said"),
    [
        ([{"x": 0.5, "s": "u"}, {"x": float("nan"), "s": "u"}], "x", "row 2 of the pool: x is not a finite number"),
        ([{"x": float("inf"), "s": "u"}], "x", "row 1 of the pool: x is not a finite number"),
        ([{"x": "0.5", "s": "u"}], "x", "x is not a finite number"),
        ([{"x": True, "s": "u"}], "x", "x is not a finite number"),
        ([{"x": 10**400, "s": "u"}], "x", "x is not a finite number"),
        ([{"x": 0.5, "s": 3}], "s", "row 1 of the pool: s is not a name"),
        ([{"x": 0.5}], "s", "lacks 's'"),
        ([{"x": 0.5, "s": "u"}, {"x": 0.5, "s": "u", "y": 1.0}], "y", "row 2 of the pool has an unexpected 'y'"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_place_and_name(rows: Any, field: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        SearchSpace((Continuous("x", 0, 1), Categorical("s", ("u", "v"))), pool=rows)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"x": Numbers(np.array([0.5]))}, "no column for 's'"),
        (
            {"x": Numbers(np.array([0.5])), "s": Texts.of(["u"]), "z": Texts.of(["u"])},
            "'z' of the pool is no",
        ),
        ({"x": Texts.of(["u"]), "s": Texts.of(["u"])}, "'x' of the pool should hold numbers and holds names"),
        ({"x": Numbers(np.array([0.5])), "s": Numbers(np.array([1.0]))}, "'s' of the pool should hold names"),
    ],
)
def test_columns_that_do_not_fit_the_parameters_are_refused(columns: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        SearchSpace((Continuous("x", 0, 1), Categorical("s", ("u", "v"))), pool=Pool(columns))


def test_columns_of_different_lengths_are_no_pool() -> None:
    with pytest.raises(ValueError, match="same length"):
        Pool({"a": Numbers(np.zeros(2)), "b": Numbers(np.zeros(3))})


def test_a_pool_of_its_own_knows_no_features_and_no_bounds() -> None:
    pool = Pool({"x": Numbers(np.zeros(2))})
    with pytest.raises(ValueError, match="no features"):
        pool.features()
    with pytest.raises(ValueError, match="no bounds"):
        pool.feasible(())


def test_no_allowed_row_is_said_with_how_many_there_are() -> None:
    with pytest.raises(SpecError, match="no row of the pool") as caught:
        SearchSpace((Continuous("x", 0, 1),), pool=[{"x": 2.0}, {"x": 3.0}])
    assert caught.value.value == "2 rows, none allowed"


# --- tables read as columns ---

TABLE = parse_table(b"a,b,c,d,e\n 1 ,x,7,inf,1_0\n-2.5,x,7,2,3\n1e3, y,7,3,4\n", "t.csv")


def test_columns_are_read_as_numbers_or_names() -> None:
    found = TABLE.read({"a": "number", "b": "text", "c": "text"})
    assert found["a"] == Numbers(np.array([1.0, -2.5, 1000.0]))
    assert found["b"] == Texts.of(["x", "x", "y"])
    assert found["c"].listed(slice(None)) == ["7", "7", "7"]
    assert TABLE.numeric == {"a", "c", "d", "e"}
    assert TABLE.constant == {"c"}


@pytest.mark.parametrize(("name", "text"), [("b", "x"), ("d", "inf"), ("e", "1_0")])
def test_a_cell_that_is_no_number_is_refused_by_line_and_column(name: str, text: str) -> None:
    with pytest.raises(DataError, match=f"t.csv, line 2: {name} is not a finite number") as caught:
        TABLE.read({"a": "number", name: "number"})
    assert (caught.value.field, caught.value.value) == (name, text)


def test_an_empty_name_is_refused_by_line_and_column() -> None:
    table = parse_table(b"a,b\n1,x\n2,\n", "t.csv")
    with pytest.raises(DataError, match=r"t\.csv, line 3: b is empty"):
        table.read({"b": "text", "a": "number"})


@pytest.mark.slow
def test_a_wrong_cell_beyond_the_first_block_is_named_by_its_line() -> None:
    body = b"1,2\n" * 150_000
    table = parse_table(b"a,b\n" + body + b"1,nan\n", "t.csv")
    assert table.numeric == {"a", "b"}
    assert len(table.read({"a": "number"})["a"]) == 150_001
    with pytest.raises(DataError, match="line 150002: b is not a finite number"):
        table.read({"a": "number", "b": "number"})


MILLION = """
import re, sys
import numpy as np
from zosimos.campaign.definition.build import build_space, inferred_space, pool_rows
from zosimos.campaign.definition.read import parse_spec
from zosimos.core.table import read_table
from pathlib import Path

table = read_table(Path(sys.argv[1]))
spec = parse_spec({"name": "big", "space": inferred_space(table, []), "constraints": ["a + b <= 1.5"],
                   "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 3}})
space = build_space(spec, pool_rows(table, spec))
row = space.candidates[123_456]
assert space.problems(row) == [] and space.candidates.find(row) == 123_456
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])  # getrusage counts the parent's
print(len(space.pool), len(space.candidates), peak / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_a_million_rows_become_a_space_in_half_a_gigabyte(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "big.csv"
    written = [str(number) for number in rng.random(100_000).tolist()]  # of each a column has ten, in another order
    with path.open("w") as file:
        file.write("a,b,c,d,kind\n")
        for _ in range(10):
            orders = [rng.permutation(100_000).tolist() for _ in range(4)]
            file.writelines(
                f"{written[a]},{written[b]},{written[c]},{written[d]},k{a % 20}\n"
                for a, b, c, d in zip(*orders, strict=True)
            )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", MILLION, str(path)], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows, allowed, mebibytes = done.stdout.split()
    assert int(rows) == 1_000_000
    assert 870_000 < int(allowed) < 880_000
    assert float(mebibytes) < 512
    assert after.ru_utime - before.ru_utime < 20  # CPU time: other work on the machine does not count


def test_rows_become_the_same_columns_whether_a_pool_has_them_or_not() -> None:
    rows = [{"n": 1, "s": "u"}, {"n": 2, "s": "w"}]
    made = columns_of(rows, ("n", "s"))
    pooled = columns_of(Pool.of(rows, (PARAMETERS[1], PARAMETERS[4])), ())
    for name, kind in (("n", float), ("s", object)):
        assert made[name].dtype == pooled[name].dtype == kind
        assert made[name].tolist() == pooled[name].tolist() == [row[name] for row in rows]
    assert columns_of([], ("n",))["n"].shape == (0,)
