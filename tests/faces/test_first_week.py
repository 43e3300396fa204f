"""docs/first-week.md: its commands as they stand there, what they are said to show, and the same from Python.

What a person does at a bench and in Excel stands here: a page cannot do it. Comments on the page say where.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.faces.conftest import ROOT, Answer

import zosimos as zo

Cli = Callable[..., Answer]
PAGE = ROOT / "docs" / "first-week.md"
TYPED = {"e0009": 4120.0}
"""What was typed wrongly, and is put right on Wednesday."""
NOT_DONE = {"e0015"}


def viscosity(row: dict[str, Any]) -> float:
    """What the viscometer shows, in mPa·s; it is the same whenever it is asked."""
    base = {"Toluol": 0.0, "DMF": 40.0, "Aceton": -60.0, "Butylacetat": -110.0}[str(row["Lösemittel"])]
    temperature, time, hardener = (float(row[name]) for name in ("Temperatur", "Zeit", "Härter"))
    return round(180 + base + 75 * hardener + 1.1 * time + 0.05 * (temperature - 55) ** 2 + 20 * exp(-time / 20), 1)


@dataclass(frozen=True)
class Part:
    """A piece of the page: commands to run, what they show, a file to have, or something that a person does."""

    kind: str
    text: str
    name: str = ""


def parts(text: str) -> Iterator[Part]:
    found = re.finditer(
        r"<!-- file: (?P<file>\S+) -->\n```csv\n(?P<content>.*?)^```|<!-- by hand: (?P<day>\w+) -->"
        r"|^```(?P<kind>sh|text)\n(?P<block>.*?)^```",
        text,
        re.MULTILINE | re.DOTALL,
    )
    for one in found:
        if one["file"]:
            yield Part("file", one["content"], one["file"])
        elif one["day"]:
            yield Part("hand", "", one["day"])
        else:
            yield Part(one["kind"], one["block"])


def columns(rows: list[list[Any]]) -> dict[str, int]:
    """Where each column is, by the first word of its header: its unit may follow."""
    return {str(name).split(" (")[0]: place for place, name in enumerate(rows[0])}


def filled(rows: list[list[Any]]) -> list[list[Any]]:
    """Fill in what was measured, and a remark."""
    at = columns(rows)
    for row in rows[1:]:
        name = str(row[at["experiment"]])
        if name not in NOT_DONE:
            values = {name: row[place] for name, place in at.items()}
            row[at["Viskosität"]] = TYPED.get(name, viscosity(values))
    return [[*rows[0], "Bemerkung"], *([*row, "klar"] for row in rows[1:])]


def by_hand_in_a_workbook(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    rows = filled([[cell.value for cell in row] for row in sheet.iter_rows()])
    for line, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            sheet.cell(line, place, value)
    book.save(path)


def by_hand_in_a_csv(path: Path) -> None:
    """As a German Excel saves it: a mark at the beginning, semicolons, decimal commas, CRLF."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = filled([list(row) for row in csv.reader(file)])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerows(
            [str(cell).replace(".", ",") if line else cell for cell in row] for line, row in enumerate(rows)
        )


BY_HAND: dict[str, Callable[[], None]] = {
    "Tuesday": lambda: by_hand_in_a_workbook(Path("dienstag.xlsx")),
    "Wednesday": lambda: by_hand_in_a_csv(Path("mittwoch.csv")),
}


def plain(text: str) -> str:
    return " ".join(text.split())


def check_shown(wanted: str, shown: str) -> None:
    for line in filter(None, map(plain, wanted.splitlines())):
        form = ".*?".join(map(re.escape, line.split("…")))
        assert re.search(form, shown), f"not shown: {line}\n{shown}"


def write(part: Part) -> None:
    Path(part.name).write_bytes(b"\xef\xbb\xbf" + part.text.replace("\n", "\r\n").encode())


@pytest.mark.slow
def test_the_week_goes_as_the_page_says(cli: Cli, folder: Path) -> None:
    done, shown = 0, ""
    for part in parts(PAGE.read_text(encoding="utf-8")):
        if part.kind == "file":
            write(part)
        elif part.kind == "hand":
            BY_HAND[part.name]()
        elif part.kind == "text":
            check_shown(part.text, shown)
        else:
            shown = ""
            for line in part.text.splitlines():
                answer = cli(*shlex.split(line)[1:])
                assert answer.code == 0, f"{line}\n{answer.out}{answer.err}"
                shown += plain(answer.out + answer.err) + " "
                done += 1
    assert done >= 15
    check_end(folder)
    assert (folder / "lack.html").stat().st_size > 10_000
    sheet = openpyxl.load_workbook(folder / "lack-alles.xlsx").worksheets[0]
    assert sheet.max_row == 20
    with zo.Campaign.open() as campaign:
        by_python = week_in_python(folder, campaign.experiments)
    assert by_python == [dict(one) for one in campaign.experiments]


def check_end(folder: Path) -> None:
    with zo.Campaign.open(ledger=folder / "zosimos.db") as campaign:
        found = {one.id: one for one in campaign.experiments}
        assert found["e0009"].outcomes["Viskosität"].value == 412.0
        assert [one.id for one in campaign.experiments if one.status == "retracted"] == ["e0010"]
        assert found["e0015"].status == "cancelled"
        assert found["e0003"].status == "failed"
        best = campaign.best
        assert best is not None
        assert abs(best.outcomes["Viskosität"].value - 300) < abs(388.1 - 300)
        assert campaign.pending == []


def week_in_python(folder: Path, same: Any) -> list[dict[str, Any]]:
    """The same week, a line for each step; the same seed and the same results give the same proposals."""
    answers = {
        "name": "Lack",
        "Lösemittel": "choices Toluol | DMF | Aceton",
        "Temperatur (°C)": "30 to 90 °C",
        "Viskosität (mPa·s)": "outcome target 300",
        "experiments": "30",
    }
    text = zo.template("table", answers, table="altdaten.csv")
    assert text == (folder / "lack.yaml").read_text(encoding="utf-8")
    with zo.Campaign.create("lack.yaml", ledger="python.db") as campaign:
        assert campaign.preview("altdaten.csv")["results"] == 7
        campaign.tell("altdaten.csv")
        eight = campaign.ask(8)
        campaign.tell(
            [{"experiment": one.id, "Viskosität": TYPED.get(one.id, viscosity(dict(one)))} for one in eight[:7]]
        )
        campaign.correct("e0009", Viskosität=412.0, reason="the decimal point was forgotten")
        campaign.retract("e0010", reason="spilled, and filled up again")
        campaign.drop("e0015", reason="the oven is taken")
        campaign.tell([{"experiment": one.id, "Viskosität": viscosity(dict(one))} for one in campaign.ask()])
        campaign.report("python.html")
        campaign.export("python.csv")
        assert campaign.replay().divergence is None
        return [dict(one) for one in campaign.experiments]
