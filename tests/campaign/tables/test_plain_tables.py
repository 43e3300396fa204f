"""Candidates and earlier results come as people have them, and are kept as plain CSV that says the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.files import from_spec
from zosimos.campaign.setup import Setup
from zosimos.campaign.tables.plain import plain_table
from zosimos.core.errors import DataError
from zosimos.core.table import parse_table

SPACE = {"T": {"min": 0, "max": 90, "unit": "degC"}, "lig": {"choices": ["A, B", "Ä"]}}
SPEC = parse_spec(
    {
        "name": "t",
        "space": SPACE,
        "objectives": {"y": {"goal": "max", "unit": "mPa*s"}},
        "budget": {"experiments": 6},
        "lab": {"kind": "pool", "file": "t.csv"},
    }
)
WANTED = ["T", "lig", "y"]
PLAIN = 'T,lig,y\n20.5,"A, B",3\n30.25,Ä,4.5\n'
WRITTEN = {
    "semicolons": "T;lig;y\n20,5;A, B;3\n30,25;Ä;4,5\n".encode(),
    "tabs, UTF-16": "T\tlig\ty\n20.5\tA, B\t3\n30.25\tÄ\t4.5\n".encode("utf-16"),
    "Windows-1252": 'T,lig,y\n20.5,"A, B",3\n30.25,Ä,4.5\n'.encode("cp1252"),
    "units": 'T (°C),lig,Y [Pa s]\n20.5,"A, B",0.003\n30.25,Ä,0.0045\n'.encode(),
    "kelvin": 'lig,T (K),y\n"A, B",293.65,3\nÄ,303.4,4.5\n'.encode(),
    "lines above": 'exported by somebody\n\nT,lig,y\n20.5,"A, B",3\n30.25,Ä,4.5\n'.encode(),
}


def rows(data: bytes) -> list[tuple[float, str, float]]:
    table = parse_table(data, "t.csv")
    places = [table.header.index(name) for name in WANTED]
    return [(round(float(row[places[0]]), 9), row[places[1]], round(float(row[places[2]]), 9)) for row in table.rows]


def workbook(cells: list[list[object]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in cells:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("name", WRITTEN)
def test_a_table_in_another_dress_says_the_same(name: str) -> None:
    found = plain_table(WRITTEN[name], "t.csv", SPEC, WANTED)
    assert rows(found.data) == rows(PLAIN.encode())
    assert found.read_as.startswith("t.csv: ")


def test_a_workbook_is_read_and_named() -> None:
    data = workbook([["T", "lig", "y"], [20.5, "A, B", 3], [30.25, "Ä", 4.5]])
    found = plain_table(data, "t.xlsx", SPEC, WANTED)
    assert rows(found.data) == rows(PLAIN.encode())
    assert found.read_as == "t.xlsx: sheet 'Sheet'"


def test_plain_csv_is_kept_byte_for_byte() -> None:
    odd = b"T,lig,y,more\r\n 20.50 ,A\xcc\x88,3e0,=x\r\n"
    assert plain_table(odd, "t.csv", SPEC, WANTED).data == odd
    assert plain_table(odd, "t.csv", SPEC, WANTED).read_as == ""


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0, 90), st.sampled_from(["A, B", "Ä"]), st.floats(-1e9, 1e9)), min_size=1))
def test_numbers_come_through_semicolons_and_decimal_commas_unchanged(table: list[tuple[float, str, float]]) -> None:
    def number(x: float) -> str:
        return f"{x!r}".replace(".", ",")

    body = "".join(f"{number(T)};{lig};{number(y)}\n" for T, lig, y in table)
    found = plain_table(f"T;lig;y\n0,5;Ä;0,25\n{body}".encode(), "t.csv", SPEC, WANTED)
    assert rows(found.data)[1:] == [(round(T, 9), lig, round(y, 9)) for T, lig, y in table]


def test_lines_keep_their_numbers_and_what_is_no_number_is_refused_by_its_line() -> None:
    data = "made on Monday\n\nT;lig;y\n20,5;Ä;3,5\n\n30,5;Ä;n.d.\n".encode()
    found = plain_table(data, "t.csv", SPEC, WANTED)
    assert parse_table(found.data, "t.csv").lines == (4, 6)
    assert "lines above" in found.read_as
    with pytest.raises(DataError, match="line 6: y is not a finite number"):
        parse_table(found.data, "t.csv").read({"y": "number"})


def made(folder: Path, files: dict[str, bytes], **more: object) -> Setup:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    spec = {"name": "t", "objectives": {"y": {"goal": "max", "unit": "mPa*s"}}, "budget": {"experiments": 6}}
    return from_spec(parse_spec({**spec, **more}), folder)


def test_a_campaign_takes_its_candidates_and_earlier_results_so(tmp_path: Path) -> None:
    files = {"wide.csv": WRITTEN["semicolons"], "old.csv": WRITTEN["units"]}
    pool = made(tmp_path, files, lab={"kind": "pool", "file": "wide.csv"})
    assert pool.pool is not None
    assert [dict(row) for row in pool.pool] == [{"T": 20.5, "lig": "A, B"}, {"T": 30.25, "lig": "Ä"}]
    assert pool.read_as == ["wide.csv: UTF-8, semicolons, decimal comma"]
    with_source = made(tmp_path, files, space=SPACE, sources={"old": {"file": "old.csv"}})
    (source,) = with_source.sources(with_source.spec)
    assert source.outcomes["y"] == pytest.approx((3.0, 4.5))
    listed = made(tmp_path, {"c.csv": b"T;lig\n20,5;\xc4\n21,5;A, B\n"}, space=SPACE, candidates="c.csv")
    assert listed.pool is not None
    assert listed.pool[0] == {"T": 20.5, "lig": "Ä"}


def test_a_column_that_the_campaign_file_names_keeps_its_name(tmp_path: Path) -> None:
    source = {"file": "old.csv", "outcome": {"y": "Y [Pa s]"}}
    made(tmp_path, {"old.csv": WRITTEN["units"].replace(b"T (\xc2\xb0C)", b"T")}, space=SPACE, sources={"old": source})


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"PK\x03\x04nothing", b"%PDF-1.7", b"<html></html>", b"\xff"])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        parse_table(plain_table(data, "t.csv", SPEC, WANTED).data, "t.csv").require(WANTED)


def test_two_ways_of_writing_a_choice_are_asked_about_where_nobody_listed_the_choices(tmp_path: Path) -> None:
    files = {"t.csv": b"lig,y\nXPhos,1\nxphos,2\nSPhos,3\n"}
    with pytest.raises(DataError, match="line 3: lig is 'xphos', and elsewhere 'XPhos'"):
        made(tmp_path, files, lab={"kind": "pool", "file": "t.csv"})
    both = {"lig": {"choices": ["XPhos", "xphos", "SPhos"]}}
    assert made(tmp_path, files, space=both, lab={"kind": "pool", "file": "t.csv"}).pool is not None
