"""A table of one's own becomes a campaign file: what each column is taken for, and what a person says instead."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.campaign.definition import yaml
from zosimos.campaign.files import from_file
from zosimos.campaign.templates.columns import profile
from zosimos.campaign.templates.kinds import kind_of
from zosimos.campaign.templates.questions import answered
from zosimos.campaign.templates.written import summary, written
from zosimos.core.errors import DataError, InputError, SpecError

OLD = (
    "\ufeffVersuch;Datum;Lösemittel;Temp (°C);Zeit (min);Viskosität (mPa·s);Bemerkung\r\n"
    "1;03.11.2026;Toluol;60;12,5;523,5;trüb\r\n2;03.11.2026;DMF;80;30;412,0;\r\n3;04.11.2026;Toluol;40;45;failed;Gel\r\n"
    "4;04.11.2026;Aceton;70;20;;noch offen\r\n5;05.11.2026;DMF;55;15;610,2;\r\n"
)


def made(path: Path, **answers: str) -> dict[str, Any]:
    kind = kind_of("table", path)
    text = written(kind.draft(answered(kind, answers)))
    file = path.with_suffix(".yaml")
    file.write_text(text, encoding="utf-8")
    from_file(file)
    return dict(yaml.parse(text))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "old.csv").write_text(OLD, encoding="utf-8")
    return tmp_path / "old.csv"


def test_columns_become_parameters_outcomes_and_notes(old: Path) -> None:
    found = made(old)
    assert found["space"] == {
        "Lösemittel": {"choices": ["Toluol", "DMF", "Aceton"]},
        "Temp": {"min": 40, "max": 80, "unit": "°C"},
        "Zeit": {"min": 12.5, "max": 45, "unit": "min"},
    }
    assert found["objectives"] == {"Viskosität": {"goal": "max", "unit": "mPa·s"}}


def test_what_a_person_says_of_a_column_counts(old: Path) -> None:
    found = made(
        old,
        **{
            "Temp (°C)": "300 to 370 K",
            "Viskosität (mPa·s)": "outcome target 500",
            "Lösemittel": "choices Toluol | DMF | Aceton | Anisol",
            "Zeit (min)": "note",
        },
    )
    assert found["space"]["Temp"] == {"min": 300, "max": 370, "unit": "K"}
    assert found["space"]["Lösemittel"]["choices"][-1] == "Anisol"
    assert "Zeit" not in found["space"]
    assert made(old, **{"Zeit (min)": "10 to 90"})["space"]["Zeit"] == {"min": 10, "max": 90, "unit": "min"}
    assert found["objectives"]["Viskosität"] == {"goal": "target", "target": 500, "unit": "mPa·s"}


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"Temp (°C)": "20 to 80 min"}, "Temp (°C)"),
        ({"Temp (°C)": "warm"}, "Temp (°C)"),
        ({"Lösemittel": "20 to 80"}, "Lösemittel"),
        ({"Lösemittel": "choices DMF"}, "Lösemittel"),
        ({"Viskosität (mPa·s)": "note"}, "outcomes"),
        ({"Lösemittel": "note", "Temp (°C)": "note", "Zeit (min)": "note"}, "outcomes"),
        ({"Pressure": "note"}, "--set"),
    ],
)
def test_what_does_not_fit_a_column_is_refused_by_its_name(old: Path, answers: dict[str, str], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        made(old, **answers)
    assert caught.value.field == field


def test_a_workbook_with_a_title_and_a_line_of_units_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [
        ["Series 3"],
        [],
        ["Run", "T", "amount", "yield"],
        [None, "°C", "mL", "%"],
        [1, 60, 2.5, 71],
        [2, 80, 3.5, None],
    ]
    for row in rows:
        sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    found = made(tmp_path / "t.xlsx")
    assert found["space"]["T"] == {"min": 60, "max": 80, "unit": "°C"}
    assert found["objectives"] == {"yield": {"goal": "max", "unit": "%", "range": {"min": 0, "max": 100}}}


def coupling(path: Path) -> Path:
    """A workbook in which a code became a date, a name stands in two spellings, and a column is in percent."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Nr.", "Halide", "Solvent", "Base", "Base (mmol)", "Yield", "Seen by"])
    made_of = (
        ("Br-1", "THF"),
        (date(2026, 1, 2), "Dioxane"),
        ("Br-1", "dioxane "),
        ("Cl-1", "THF"),
        ("Cl-1", "DMF"),
    )
    for place, (halide, solvent) in enumerate(made_of):
        sheet.append([place, halide, solvent, ("KOH", "KF")[place % 2], 2 + place / 2, 0.1 + place / 10, "Kim"])
        sheet.cell(sheet.max_row, 6).number_format = "0%"
    book.save(path)
    return path


def test_a_code_that_became_a_date_does_not_lose_its_column(tmp_path: Path) -> None:
    kind = kind_of("table", coupling(tmp_path / "old.xlsx"))
    draft = kind.draft(answered(kind, {}))
    found = made(tmp_path / "old.xlsx")
    assert found["space"]["Halide"] == {"choices": ["Br-1", "Cl-1"]}
    assert found["space"]["Solvent"] == {"choices": ["THF", "Dioxane", "DMF"]}
    assert found["objectives"] == {"Yield": {"goal": "max", "unit": "%", "range": {"min": 0, "max": 100}}}
    assert found["space"]["Base"] == {"choices": ["KOH", "KF"]}
    assert found["space"]["Base (mmol)"] == {"min": 2, "max": 4}
    assert draft.notes == ["Nr.", "Seen by"]
    said = dict(summary(draft)[-3:])
    assert said["Halide"].endswith("the table has a date there (2026-01-02): retype what was meant, as text")
    assert said["kept as notes"] == "Nr., Seen by"


def test_a_column_that_is_taken_for_a_label_is_a_parameter_where_somebody_says_so(tmp_path: Path) -> None:
    text = "Nr.;Charge;T;Ausbeute;priority\n1;A;20;3;0\n2;B;40;5;1\n3;A;60;9;-1\n"
    (tmp_path / "old.csv").write_text(text, encoding="utf-8")
    assert made(tmp_path / "old.csv")["space"].keys() == {"T"}
    assert made(tmp_path / "old.csv", Charge="choices A | B")["space"]["Charge"] == {"choices": ["A", "B"]}


def test_dates_alone_are_a_note(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Made on", "T", "Yield"])
    for day in range(1, 5):
        sheet.append([date(2026, 1, day), 20 + day, 5 * day])
    book.save(tmp_path / "old.xlsx")
    kind = kind_of("table", tmp_path / "old.xlsx")
    assert "Made on" not in [question.name for question in kind.questions if question.text]
    assert kind.draft(answered(kind, {})).notes == ["Made on"]


@pytest.mark.parametrize("name", ["Temp (°C)", "temp (°c)", "Temp", "temp"])
def test_a_column_is_answered_by_its_name_without_unit_or_case(old: Path, name: str) -> None:
    assert made(old, **{name: "30 to 90"})["space"]["Temp"] == {"min": 30, "max": 90, "unit": "°C"}


def test_an_answer_to_two_columns_or_twice_is_refused(old: Path) -> None:
    with pytest.raises(SpecError, match="answered twice"):
        made(old, **{"Temp": "30 to 90", "Temp (°C)": "20 to 90"})
    old.write_text("Base (g);Base (mL);y\n1;2;3\n2;5;4\n3;9;8\n", encoding="utf-8")
    with pytest.raises(SpecError, match="no such question"):
        made(old, Base="1 to 5")


def test_columns_that_add_up_to_the_same_are_a_mixture(tmp_path: Path) -> None:
    (tmp_path / "mix.csv").write_text(
        "A (%),B (%),C (%),T,gloss\n20,30,50,60,1\n30,30.1,40,60,2\n50,10,40,80,3\n10,60,30,70,5\n"
    )
    found = made(tmp_path / "mix.csv")
    assert found["constraints"] == [{"type": "simplex", "of": ["A", "B", "C"], "total": 100}]


def test_numbers_that_can_be_read_in_two_ways_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('speed,yield\n"1,200",3\n"2,400",4\n')
    with pytest.raises(DataError) as caught:
        profile(tmp_path / "t.csv")
    assert "--decimal" in caught.value.hint
    columns = profile(tmp_path / "t.csv", "point").columns
    assert list(columns[0].numbers.values()) == [1200, 2400]


@pytest.mark.parametrize("text", ["", "a\n", "\n\n", "a,b\n"])
def test_a_table_without_rows_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError):
        profile(tmp_path / "t.csv")


cells = st.one_of(
    st.integers(-50, 500).map(str),
    st.floats(-10, 10).map(lambda x: f"{x:.3f}"),
    st.sampled_from(
        ["", "DMF", "water", "failed", "<0.5", "n/a", "x;y", "1.2.2026", "a|b", "yes", "30 C", "ö ü", "{}", "#REF!"]
    ),
)
headers = st.one_of(
    st.sampled_from(
        ["T (°C)", "yield", "yield (%)", "Temp / K", "no", "x", "X", "experiment", "a.b", "a", "Härter", "", "T"]
    ),
    st.text(st.sampled_from("abTü (%)[]°C:#,;_-'\"1"), max_size=9),
)


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(
            st.lists(headers, min_size=n, max_size=n),
            st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=7),
        )
    )
)
def test_any_table_becomes_a_valid_file_or_is_refused(table: tuple[list[str], list[list[str]]]) -> None:
    header, rows = table
    text = "\n".join("\t".join(row) for row in [header, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text, encoding="utf-8")
        refused = ""
        try:
            found = made(path)
        except InputError as error:
            refused = str(error.field or "nothing")
        assert refused != "nothing"
        assert refused or (found["space"] and found["objectives"])


@pytest.mark.parametrize(
    ("header", "values", "limited"),
    [
        ("Yield (%)", (40, 71, 99), True),
        ("Umsatz / %", (12, 50, 100), True),
        ("Yield (%)", (40, 71, 104), False),  # by a method that errs above 100
        ("Elongation yield point (mm)", (4, 7, 9), False),
        ("Swelling (%)", (40, 71, 99), False),
        ("Yield", (0.4, 0.71, 0.99), False),  # in which unit nobody said
    ],
)
def test_only_shares_in_percent_that_keep_to_it_get_a_range(
    tmp_path: Path, header: str, values: tuple[float, ...], limited: bool
) -> None:
    rows = "".join(f"{20 + 10 * place};{value}\n" for place, value in enumerate(values))
    (tmp_path / "t.csv").write_text(f"Temp (°C);{header}\n{rows}", encoding="utf-8")
    (found,) = made(tmp_path / "t.csv")["objectives"].values()
    assert found.get("range") == ({"min": 0, "max": 100} if limited else None)
