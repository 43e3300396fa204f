"""A table of candidates: no row is lost unsaid, and no number becomes a name unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.files import from_spec
from zosimos.campaign.setup import Setup
from zosimos.core.errors import DataError

BASE = {"name": "t", "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 3}}
LIGANDS = {"x": {"levels": [0.1, 0.2, 0.3]}, "lig": {"choices": ["A", "B"]}}


def setup(folder: Path, table: str, **more: Any) -> Setup:
    (folder / "t.csv").write_text(table, encoding="utf-8")
    return from_spec(parse_spec({**BASE, "lab": {"kind": "pool", "file": "t.csv"}, **more}), folder)


@pytest.mark.parametrize(
    ("cells", "line", "count", "shown"),
    [
        (["20", "25", "n.d.", "35"], 4, "1 of its 4 cells is", "'n.d.'"),
        (["−20", "-10", "0"], 2, "1 of its 3 cells is", "'−20'"),
        (['"1,200"', '"1,300"', "950"], 2, "2 of its 3 cells are", "'1,200'"),
        (['"20,5"', '"30,5"', '"40,5"'], 2, "3 of its 3 cells are", "'20,5'"),
        (["20", "25", "30 C", "35"], 4, "1 of its 4 cells is", "'30 C'"),
        (["20", "25 %", "35"], 3, "1 of its 3 cells is", "'25 %'"),
        (["1", "2", "3", "4", "ca. 5"], 6, "1 of its 5 cells is", "'ca. 5'"),
        (["20", "?", "N/A", "35"], 3, "2 of its 4 cells are", "'?', 'N/A'"),
    ],
)
def test_a_column_of_numbers_with_a_cell_written_otherwise_is_refused(
    tmp_path: Path, cells: list[str], line: int, count: str, shown: str
) -> None:
    rows = "".join(f"{cell},{place % 2},{place}\n" for place, cell in enumerate(cells))
    with pytest.raises(DataError) as caught:
        setup(tmp_path, "T,t,y\n" + rows)
    assert f"line {line}: T is a column of numbers, and {count}" in caught.value.message
    assert shown in caught.value.message


@pytest.mark.parametrize(
    "cells",
    [["2a", "2b", "3a"], ["5CB", "8OCB", "E7"], ["H2O", "THF", "2-MeTHF"], ["none", "1", "B"], ["1,2-DCE", "DMF", "-"]],
)
def test_names_are_names_though_they_begin_with_a_digit(tmp_path: Path, cells: list[str]) -> None:
    rows = "".join(f'"{cell}",{place % 2},{place}\n' for place, cell in enumerate(cells))
    found = setup(tmp_path, "s,t,y\n" + rows).candidates
    table = found(setup(tmp_path, "s,t,y\n" + rows).spec)
    assert table is not None
    assert table.columns["s"].startswith("choices, one of")


@pytest.mark.parametrize("cell", ["b", " B ", "B\u00a0", "\uff22"])
def test_a_choice_written_in_two_ways_is_refused_or_read_as_one(tmp_path: Path, cell: str) -> None:
    table = f"x,lig,y\n0.1,A,1\n0.2,{cell},4\n0.3,{cell},5\n"
    if cell.strip() == "B":
        found = setup(tmp_path, table, space=LIGANDS)
        assert found.left_out == []
        return
    with pytest.raises(DataError) as caught:
        setup(tmp_path, table, space=LIGANDS)
    assert "line 3: lig is" in caught.value.message
    assert "there is 'B' (2 rows)" in caught.value.message


def test_rows_that_the_space_leaves_out_are_counted_with_the_first_line(tmp_path: Path) -> None:
    table = "x,lig,y\n0.1,A,1\n0.25,A,2\n0.30000000000000004,C,3\n0.2,B,4\n0.35,B,5\n0.3,B,6\n"
    found = setup(tmp_path, table, space=LIGANDS, constraints=["x < 0.3"])
    assert found.left_out == [
        "2 rows left out (line 3 the first): x 0.25, 0.35 is not a level (one of 0.1, 0.2, 0.3)",
        "1 row left out (line 4): lig 'C' is not a choice (one of A, B)",
        "1 row left out (line 7): breaks x < 0.3",
    ]
    made = found.candidates(found.spec)
    assert made is not None
    assert made.candidates == 2


def test_a_level_that_a_program_wrote_is_the_level(tmp_path: Path) -> None:
    table = "x,lig,y\n0.1,A,1\n0.30000000000000004,A,9\n0.2,B,4\n"
    found = setup(tmp_path, table, space=LIGANDS)
    assert found.left_out == []
    assert [row["x"] for row in found.space(found.spec).candidates] == [0.1, 0.3, 0.2]


def test_what_each_column_was_taken_for_is_told(tmp_path: Path) -> None:
    found = setup(tmp_path, "T,lig,day,y\n20,A,1,1\n25,B,1,2\n30,A,1,3\n")
    made = found.candidates(found.spec)
    assert made is not None
    assert made.columns == {
        "T": "numbers, 20 to 30",
        "lig": "choices, one of A, B",
        "day": "not used: it never varies",
        "y": "an outcome",
    }


def test_cells_of_a_table_that_may_be_any_file_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("user,pin\nann,1234\nbob,n.d.\ncid,99\n")
    spec = parse_spec({**BASE, "candidates": "secret.csv"})
    with pytest.raises(DataError) as caught:
        from_spec(spec, tmp_path)
    assert "n.d." not in str(caught.value)
    assert "line 3" in caught.value.message
