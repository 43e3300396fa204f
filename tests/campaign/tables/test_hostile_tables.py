"""Hostile and sloppy tables: each file of `tests/data/tables` gets the answer that stands beside it."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_lab import Campaign
from tests.campaign.tables.filled_in import SPEC, Filled
from told_tables import reading

from zosimos.campaign.control.manual_results import Choices, Result, rehearsed
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import DataError, ZosimosError
from zosimos.core.records import Candidate
from zosimos.core.values import Values

FOLDER = Path(__file__).resolve().parents[2] / "data" / "tables"
ANSWERS: Mapping[str, Mapping[str, Any]] = yaml.safe_load((FOLDER / "answers.yaml").read_text(encoding="utf-8"))
OUTCOMES = ("viscosity", "yield")


@pytest.fixture(scope="module")
def one_campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """For what only reads."""
    with Ledger(str(tmp_path_factory.mktemp("tables") / "ledger.db")) as ledger:
        yield Filled(ledger)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Filled(ledger)


def shown(result: Result) -> dict[str, Any]:
    """A result as the answers write it."""
    found: dict[str, Any] = {"e": result.experiment} if result.experiment else {"at": dict(result.values)}
    for item in result.measurements:
        sign = {"below": "<", "above": ">"}.get(item.limit or "")
        found[item.quantity] = f"{sign}{item.value:g}" if sign else item.value
    spreads = {item.quantity: item.uncertainty for item in result.measurements if item.uncertainty is not None}
    more = {"failed": result.failed, "uncertainty": spreads, "notes": dict(result.notes)}
    return found | {name: value for name, value in more.items() if value}


def same(found: Any, wanted: Any) -> bool:
    """Whether two results are the same, numbers to nine digits."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[name], wanted[name]) for name in found)
    if isinstance(found, float | int) and isinstance(wanted, float | int):
        return found == pytest.approx(wanted, rel=1e-9)
    return bool(found == wanted)


def test_every_table_has_an_answer_and_every_answer_a_table() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*ANSWERS, "answers.yaml"}
    assert len(ANSWERS) >= 140


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, answer in ANSWERS.items() if "results" in answer])
def test_a_sloppy_table_is_read_said_back_and_recorded(filled: Filled, name: str) -> None:
    found = reading(filled.record.state, (FOLDER / name).read_bytes(), name)
    results = [shown(result) for result in found.results]
    wanted = ANSWERS[name]["results"]
    assert len(results) == len(wanted)
    for one, other in zip(results, wanted, strict=True):
        assert same(one, other), f"{one} is not {other}"
    said = "\n".join(found.summary.lines())
    for words in ANSWERS[name].get("said", ()):
        assert words in said
    assert found.summary.as_json()["results"] == len(wanted)
    before = filled.record.state.seq
    names = rehearsed(filled.setup, filled.record.state, found.results, Choices()).experiments
    assert filled.record.state.seq == before
    assert filled.commands.tell(filled.setup, found.results) == names


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, answer in ANSWERS.items() if "refused" in answer])
def test_a_table_that_cannot_be_read_is_refused_in_words_and_nothing_is_recorded(filled: Filled, name: str) -> None:
    before = filled.record.state.seq
    with pytest.raises(ZosimosError) as caught:
        filled.commands.tell(filled.setup, reading(filled.record.state, (FOLDER / name).read_bytes(), name).results)
    for words in ANSWERS[name]["refused"]:
        assert words in str(caught.value)
    for words in ANSWERS[name].get("unquoted", ()):
        assert words not in str(caught.value)
    assert filled.record.state.seq == before


@pytest.mark.slow
def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(filled: Filled) -> None:
    data = io.BytesIO((FOLDER / "plain.xlsx").read_bytes())
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/zeros", "w") as part:
        for _ in range(201):
            part.write(bytes(1_000_000))
    assert len(data.getvalue()) < 500_000
    with pytest.raises(DataError, match="too large once it is unpacked"):
        reading(filled.record.state, data.getvalue(), "bomb.xlsx")


@pytest.mark.parametrize(
    ("part", "end", "more", "words"),
    [
        ("xl/styles.xml", b"</cellXfs>", b"<xf/>" * 200_001, "too large once it is unpacked"),
        (
            "xl/worksheets/sheet1.xml",
            b"</sheetData>",
            b"<row><c><v>1</v></c></row>" * 2_000_001,
            "too large for a table",
        ),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<c/>" * 20_000_001, "too large for a table"),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row/>" * 1_048_577, "has the row 1048577"),
    ],
    ids=["styles", "values", "cells", "rows"],
)
@pytest.mark.slow
def test_a_workbook_that_would_take_minutes_is_refused_at_once(
    filled: Filled, part: str, end: bytes, more: bytes, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        reading(filled.record.state, with_more(part, end, more), "bomb.xlsx")


def with_more(part: str, end: bytes, more: bytes) -> bytes:
    """A workbook that has more in one of its parts, before its end."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(FOLDER / "plain.xlsx") as archive,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as larger,
    ):
        for name in archive.namelist():
            data = archive.read(name)
            assert name != part or end in data
            larger.writestr(name, data.replace(end, more + end) if name == part else data)
    return made.getvalue()


@pytest.mark.slow
@settings(max_examples=150)
@given(
    name=st.sampled_from([name for name in ANSWERS if name.endswith(".xlsx")]),
    part=st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", ""]),
    at=st.floats(0, 1),
    gone=st.integers(0, 40),
    new=st.binary(max_size=12)
    | st.sampled_from(
        [b'<c r="ZZZ1">', b'<row r="0">', b't="s"', b"<v>1e999</v>", b"<v/>", b"<f>", b"&#0;", b"<v>NaN</v>"]
    ),
)
def test_a_workbook_that_is_damaged_anywhere_is_an_answer_in_words(
    one_campaign: Filled, name: str, part: str, at: float, gone: int, new: bytes
) -> None:
    data = (FOLDER / name).read_bytes()

    def damaged(whole: bytes) -> bytes:
        place = int(at * len(whole))
        return whole[:place] + new + whole[place + gone :]

    if part and zipfile.is_zipfile(io.BytesIO(data)):
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(made, "w") as other:
            for item in archive.namelist():
                with contextlib.suppress(zipfile.BadZipFile):
                    other.writestr(item, damaged(archive.read(item)) if item == part else archive.read(item))
        data = made.getvalue()
    else:
        data = damaged(data)
    with contextlib.suppress(ZosimosError):  # anything else would be a traceback
        reading(one_campaign.record.state, data, "x.xlsx")


@pytest.mark.slow
def test_a_table_of_two_hundred_thousand_rows_is_refused_in_bounded_memory(filled: Filled) -> None:
    text = "experiment,viscosity,yield\n" + "e0001,1,2\n" * 200_000
    with pytest.raises(DataError, match="too large for a table of results"):
        reading(filled.record.state, text.encode(), "long.csv")
    row = b'<row><c t="inlineStr"><is><t>e0001</t></is></c><c><v>1</v></c><c><v>2</v></c></row>'
    book = with_more("xl/worksheets/sheet1.xml", b"</sheetData>", row * 120_000)
    with pytest.raises(DataError, match="too large for a table of results"):
        reading(filled.record.state, book, "long.xlsx")


@pytest.mark.slow
def test_a_text_in_a_number_column_at_line_9000_is_named(filled: Filled) -> None:
    text = "experiment,viscosity,yield\ne0001,12.5,80\n" + "e0003,,\n" * 8997 + "e0002,oops,1\n"
    with pytest.raises(DataError, match="line 9000: viscosity is not a finite number"):
        reading(filled.record.state, text.encode(), "long.csv")


def test_a_sheet_and_a_decimal_sign_can_be_said(filled: Filled) -> None:
    two = (FOLDER / "two-sheets.xlsx").read_bytes()
    assert len(reading(filled.record.state, two, "two.xlsx", sheet="Copy").results) == 2
    with pytest.raises(DataError, match="no sheet 'Nowhere'"):
        reading(filled.record.state, two, "two.xlsx", sheet="Nowhere")
    for decimal, value in (("point", 1200.0), ("comma", 1.2)):
        text = (FOLDER / "ambiguous-thousands.csv").read_bytes()
        found = reading(filled.record.state, text, decimal=decimal)  # type: ignore[arg-type]  # both are signs
        assert found.results[0].measurements[0].value == value


def test_a_choice_that_is_called_as_if_it_were_missing_is_a_choice(tmp_path: Path) -> None:
    rows: list[Values] = [{"additive": "n/a"}, {"additive": "salt"}]
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, space={"additive": {"choices": ["n/a", "salt"]}})
        campaign.commands.ask(campaign.setup, 2, lambda _setup, _inputs: [Candidate(row, "test") for row in rows])
        (found,) = reading(campaign.state, b"experiment,additive,y\ne0001,n/a,1\n").results
        assert found.values == rows[0]
        (found,) = reading(campaign.state, b"experiment,additive,y\ne0002,,1\n").results
        assert found.values == rows[1]
        with pytest.raises(DataError, match="differ from those of e0002"):
            reading(campaign.state, b"experiment,additive,y\ne0002,n/a,1\n")


def test_a_formula_is_read_exactly(tmp_path: Path) -> None:
    space = {"metal": {"type": "composition", "choices": ["CoO", "COO"]}, "who": {"choices": ["Ann", "Ben"]}}
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, space=space)
        (found,) = reading(campaign.state, b"metal,who,y\nCoO,ANN,1\n").results
        assert found.values == {"metal": "CoO", "who": "Ann"}
        with pytest.raises(DataError, match="metal is none of the choices"):
            reading(campaign.state, b"metal,who,y\ncoo,Ann,1\n")


def test_a_spec_that_names_no_columns_is_recorded_as_before(filled: Filled) -> None:
    assert "columns" in plain(filled.record.state.spec)
    assert "columns" not in plain(parse_spec({**SPEC, "columns": {}}))
