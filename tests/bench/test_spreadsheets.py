"""The benchmark of round trips through a spreadsheet program, here with openpyxl in the place of LibreOffice."""

from __future__ import annotations

import csv
import importlib.util
import io
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

spec = importlib.util.spec_from_file_location("bench_spreadsheets", BENCH / "spreadsheets.py")
assert spec is not None
assert spec.loader is not None
bench = importlib.util.module_from_spec(spec)
sys.modules["bench_spreadsheets"] = bench  # where its value classes look for their module
spec.loader.exec_module(bench)

SPACES = 20


def saved_again(path: Path, mark: str) -> None:
    """Write a table again as spreadsheet programs do: numbers in columns of other formats, all texts in quotes."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        for row in book.active.iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, float):
                    cell.number_format = "0.00" if cell.column % 2 else "0.0E+00"  # what is shown is not what is there
        book.save(path)
        return
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), delimiter=mark))
    text = io.StringIO()
    csv.writer(text, delimiter=mark, quoting=csv.QUOTE_ALL).writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", bench.KINDS, ids=lambda kind: kind.name)
def test_every_result_comes_back_to_its_proposal(kind, tmp_path: Path):
    made = [bench.case(seed) for seed in range(SPACES)]
    for digits in bench.DIGITS:
        found: Counter[str] = Counter()
        for number, case in enumerate(made):
            path = tmp_path / f"{number}-{digits}{kind.suffix}"
            bench.fill_in(case, kind, digits, path)
            saved_again(path, kind.mark)
            found[bench.answer(case, kind, digits, path)] += 1
        assert found["read"] + found["asked"] == SPACES, f"{digits} digits: {found}"


@pytest.mark.slow
def test_no_row_is_taken_for_another_proposal(tmp_path: Path):
    found: Counter[str] = Counter()
    for digits in bench.DIGITS:
        for seed in range(4):
            found += bench.swaps(bench.case(seed), digits, tmp_path / "t.csv")
    assert found["swapped"] > 100
    assert (found["false"], found["astray"]) == (0, 0)


@pytest.mark.slow
def test_a_spreadsheet_program_that_is_not_there_is_named():
    command = [sys.executable, str(BENCH / "spreadsheets.py"), "--soffice", "/nowhere/soffice"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "there is no /nowhere/soffice: install LibreOffice" in done.stderr


def test_files_are_opened_and_saved_many_at_a_time(monkeypatch, tmp_path: Path):
    calls: list[Sequence[str]] = []

    def run(command, **_):
        calls.append(command)
        folder = Path(command[command.index("--outdir") + 1])
        for name in command[command.index("--outdir") + 2 :]:
            (folder / Path(name).name).write_text("")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bench.subprocess, "run", run)
    files = [tmp_path / f"{number}.csv" for number in range(301)]
    (tmp_path / "out").mkdir()
    bench.opened_and_saved("soffice", bench.KINDS[1], files, tmp_path / "out", tmp_path / "profile")
    assert len(calls) == 3
    assert "--infilter=CSV:59,34,76,1,,1031,false,false" in calls[0]
