"""Numbers, headers and whole tables, written in any way that people write them, come back as what was meant."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.campaign.tables.filled_in import Filled
from told_tables import reading

from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.tables.headers import key, split, unit_text
from zosimos.campaign.tables.numbers import Style, style, written
from zosimos.campaign.tables.texts import decoded
from zosimos.campaign.tables.writing import proposals_csv, proposals_xlsx
from zosimos.core.errors import DataError, ZosimosError
from zosimos.core.units import is_unit

NUMBERS = st.floats(-1e9, 1e9).map(lambda value: float(f"{value:.12g}"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with Ledger(str(tmp_path_factory.mktemp("tables") / "ledger.db")) as ledger:
        yield Filled(ledger)


@given(NUMBERS, st.sampled_from(["point", "comma"]), st.sampled_from(["", " mL", "\u00a0%", "\u2009°C"]), st.booleans())
def test_a_number_is_read_as_it_is_written(value: float, sign: Any, unit: str, unicode_minus: bool) -> None:
    text = repr(value).replace(".", "," if sign == "comma" else ".")
    if unicode_minus:
        text = text.replace("-", "\u2212", 1) if text.startswith("-") else text
    found = written(text + unit)
    assert found is not None
    assert found.rest == unit.strip()
    read = Style(sign, known=True, thousands=True).value(found)
    assert read is not None
    assert read[0] == value


@given(st.integers(1000, 10**9), st.sampled_from([" ", "\u202f", "\u00a0", "'", "’"]))
def test_blanks_between_thousands_mean_nothing(value: int, blank: str) -> None:
    found = written(f"{value:,}".replace(",", blank))
    assert found is not None
    read = Style().value(found)
    assert read is not None
    assert read[0] == value


@given(st.lists(NUMBERS.filter(lambda value: f"{value:.2f}" != "0.00"), min_size=1, max_size=6))
def test_decimal_commas_of_two_digits_say_so_for_the_whole_table(values: list[float]) -> None:
    texts = [f"{value:.2f}".replace(".", ",") for value in values]
    assert style([(text, "here") for text in texts], comma_is_likely=False, wanted=None).sign == "comma"
    with pytest.raises(DataError, match="decimal comma"):
        style([(texts[0], "here"), ("1.25", "there")], comma_is_likely=False, wanted=None)


@given(st.text("0123456789.,-+ %'kg"))
def test_no_digit_of_a_cell_is_lost(text: str) -> None:
    found = written(text)
    if found is not None:
        assert [sign for sign in text if sign.isdigit()] == [sign for sign in found.body + found.rest if sign.isdigit()]


@pytest.mark.slow
@given(st.binary(max_size=400))
def test_bytes_are_text_or_refused(data: bytes) -> None:
    with contextlib.suppress(DataError):
        text, name = decoded(data, "x.csv")
        assert "\0" not in text
        assert name in ("UTF-8", "UTF-16", "Windows-1252")


@pytest.mark.slow
@given(
    data=st.binary(max_size=300) | st.text("experimnt,;\t\n0123456789\"'=yildvscoty<>%.", max_size=300).map(str.encode)
)
def test_whatever_a_file_holds_is_an_answer_in_words(filled: Filled, data: bytes) -> None:
    for prefix in (b"", b"experiment,viscosity,yield\n", b"PK\x03\x04"):
        with contextlib.suppress(ZosimosError):  # anything else would be a traceback
            reading(filled.record.state, prefix + data)


@pytest.mark.slow
@given(
    rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4),
    separator=st.sampled_from([",", ";", "\t"]),
    comma=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    header=st.permutations(["Experiment", "Viscosity (mPa·s)", "YIELD [%]", "Ümlaut"]),
)
def test_a_table_means_the_same_in_every_dialect(
    filled: Filled, rows: list[tuple[float, float]], separator: str, comma: bool, encoding: str, header: list[str]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        cells = {"E": f"e{number:04d}", "V": repr(row[0]), "Y": repr(row[1]), "Ü": "schön"}
        if comma:
            cells |= {name: cells[name].replace(".", ",") for name in "VY"}
        writer.writerow([cells[name[0]] for name in header])
    found = reading(filled.record.state, text.getvalue().encode(encoding), decimal="comma" if comma else "point")
    assert [tuple(item.value for item in result.measurements) for result in found.results] == rows
    assert {result.notes["Ümlaut"] for result in found.results} == {"schön"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_to_fill_in_comes_back_as_its_proposals(filled: Filled, kind: str, tmp_path: Path) -> None:
    state = filled.record.state
    experiments = list(state.experiments.values())
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(proposals_xlsx(state, experiments)))
        sheet = book.active
        assert sheet.freeze_panes == "B2"
        assert [cell.data_type for cell in sheet[5]][:4] == ["s", "n", "n", "s"]
        assert sheet["D5"].value == "=H2O"
        names = [cell.value for cell in sheet[1]]
        for line in range(2, 6):
            sheet.cell(line, names.index("viscosity (mPa·s)") + 1, 12.5)
            sheet.cell(line, names.index("yield (%)") + 1, 80)
        data = io.BytesIO()
        book.save(data)
        found = reading(state, data.getvalue(), "x.xlsx")
    else:
        text = proposals_csv(state, experiments)
        assert "'=H2O" in text
        found = reading(state, text.replace(",,,,,\n", ",12.5,,80,,\n").encode())
    assert [result.experiment for result in found.results] == ["e0001", "e0002", "e0003", "e0004"]
    assert [result.values for result in found.results] == [experiment.values for experiment in experiments]


@pytest.mark.parametrize("digits", [15, 10, 6, 4])
def test_a_proposal_in_fewer_digits_is_that_proposal_and_no_other(filled: Filled, digits: int) -> None:
    state = filled.record.state
    first, second = (state.experiments[name].values for name in ("e0001", "e0002"))
    header = "experiment,temperature,amount,solvent,cycles,viscosity,yield\n"
    cells = [f"{value:.{digits}g}" if isinstance(value, float) else str(value) for value in second.values()]
    row = ",".join(cells)
    found = reading(state, f"{header}e0002,{row},1,2\n".encode())
    assert found.results[0].values == second
    with pytest.raises(DataError, match="differ from those of e0001"):
        reading(state, f"{header}e0001,{row},1,2\n".encode())
    assert first != second


@pytest.mark.parametrize(
    "text", ["mPa·s", "S·cm⁻¹", "S cm-1", "Ω·cm", "mol/L", "wt%", "°C", "µL/min", "W·m⁻¹·K⁻¹", "g L⁻¹"]
)
def test_units_are_known_as_they_are_printed(text: str) -> None:
    assert is_unit(unit_text(text))


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Temp (°C)", "Temp", "°C"),
        ("T / K", "T", "K"),
        ("Viscosity, mPa·s", "Viscosity", "mPa·s"),
        ("t in min", "t", "min"),
    ],
)
def test_a_header_is_a_name_and_a_unit(header: str, name: str, unit: str) -> None:
    assert (name, unit) in split(header)
    assert key(f" {name.upper()}_") == key(name)
