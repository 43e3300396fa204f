"""docs/first-week.md: its commands as they stand there, what they are said to show, and the same from Python.

What a person does at a bench and in Excel stands here: a page cannot do it. Comments on the page say where.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
TYPED = {("e0009", "Viskosität"): 4120.0}
"""What was typed wrongly, and is put right on Wednesday."""
RAN_AT = {"e0017": {"Härter": 2.4}}
"""What was really done, where it was not what was asked for."""
NOT_DONE = {"e0015"}
PLATES = {f"e{number:04d}" for number in range(8, 20)} - {"e0010", "e0015"}
THURSDAYS = {"e0020", "e0021", "e0022"}
GLOSSY = PLATES | THURSDAYS | {"e0023"}
BY_NOON = {"e0008", "e0009", "e0010", "e0011", "e0012"}


def viscosity(row: Mapping[str, Any]) -> float:
    """What the viscometer shows, in mPa·s; it is the same whenever it is asked."""
    base = {"Toluol": 0.0, "DMF": 40.0, "Aceton": -60.0, "Butylacetat": -110.0}[str(row["Lösemittel"])]
    temperature, time, hardener = (float(row[name]) for name in ("Temperatur", "Zeit", "Härter"))
    return round(180 + base + 75 * hardener + 1.1 * time + 0.05 * (temperature - 55) ** 2 + 20 * exp(-time / 20), 1)


def gloss(row: Mapping[str, Any]) -> float:
    """What the gloss meter shows once a film is dry."""
    return round(60 + 20 * (row["Lösemittel"] == "Butylacetat") - 0.2 * abs(float(row["Temperatur"]) - 60), 1)


METERS: dict[str, Callable[[Mapping[str, Any]], float]] = {"Viskosität": viscosity, "Glanz": gloss}
COMMANDS = 33


def written_down(experiment: str, outcome: str, values: Mapping[str, Any]) -> float:
    """What Anna writes down of an outcome: what its meter shows, but for what she mistypes."""
    return TYPED.get((experiment, outcome), METERS[outcome](values))


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


def filled(
    rows: list[list[Any]], done: Collection[str] | None = None, outcomes: Collection[str] = ("Viskosität",)
) -> list[list[Any]]:
    """Fill in what was measured of the experiments that are done (None: of all that are), and a remark."""
    at = columns(rows)
    for row in rows[1:]:
        name = str(row[at["experiment"]])
        if name not in NOT_DONE and (done is None or name in done):
            for parameter, value in RAN_AT.get(name, {}).items():
                row[at[parameter]] = value
            values = {name: row[place] for name, place in at.items()}
            for outcome in outcomes:
                row[at[outcome]] = written_down(name, outcome, values)
    return rows if "Bemerkung" in at else [[*rows[0], "Bemerkung"], *([*row, "klar"] for row in rows[1:])]


def by_hand_in_a_workbook(path: Path, **what: Any) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    rows = filled([[cell.value for cell in row] for row in sheet.iter_rows()], **what)
    for line, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            sheet.cell(line, place, value)
    book.save(path)


def by_hand_in_a_csv(path: Path, **what: Any) -> None:
    """As a German Excel saves it: a mark at the beginning, semicolons, decimal commas, CRLF."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = filled([list(row) for row in csv.reader(file)], **what)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerows(
            [str(cell).replace(".", ",") if line else cell for cell in row] for line, row in enumerate(rows)
        )


def glosses(path: Path) -> None:
    """A table typed by hand: the plates that were kept of Tuesday and Wednesday, under the gloss meter."""
    with zo.Campaign.open() as campaign:
        kept = [one for one in campaign.experiments if one.id in PLATES]
    rows = [f"{one.id};;{str(gloss(one.ran_at)).replace('.', ',')}" for one in kept]
    path.write_text("\n".join(["experiment;Viskosität;Glanz", *rows, ""]), encoding="utf-8")


BY_HAND: dict[str, Callable[[], None]] = {
    "Tuesday": lambda: by_hand_in_a_workbook(Path("dienstag.xlsx"), done=BY_NOON),
    "Evening": lambda: by_hand_in_a_workbook(Path("dienstag.xlsx")),
    "Wednesday": lambda: by_hand_in_a_csv(Path("mittwoch.csv")),
    "Thursday": lambda: by_hand_in_a_workbook(Path("donnerstag.xlsx")),
    "Friday": lambda: by_hand_in_a_workbook(Path("donnerstag.xlsx"), outcomes=("Viskosität", "Glanz")),
    "Plates": lambda: glosses(Path("glanz.csv")),
    "Again": lambda: by_hand_in_a_csv(Path("nochmal.csv"), outcomes=("Viskosität", "Glanz")),
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
def test_the_week_goes_as_the_page_says_and_the_same_from_python(cli: Cli, folder: Path) -> None:
    commands, shown, done = 0, "", []
    for part in parts(PAGE.read_text(encoding="utf-8")):
        if part.kind == "file":
            write(part)
        elif part.kind == "hand":
            BY_HAND[part.name]()
            done.append(part.name)
        elif part.kind == "text":
            assert shown, "the page shows what no command said"
            check_shown(part.text, shown)
        else:
            shown = ""
            for line in part.text.splitlines():
                answer = cli(*shlex.split(line)[1:])
                assert answer.code == 0, f"{line}\n{answer.out}{answer.err}"
                shown += plain(answer.out + answer.err) + " "
                commands += 1
    assert commands == COMMANDS
    assert done == list(BY_HAND)
    check_end()
    check_files(folder)
    by_python = week_in_python(folder)
    with zo.Campaign.open(ledger="zosimos.db") as campaign:
        assert by_python == everything(campaign)


def everything(campaign: zo.Campaign) -> list[dict[str, Any]]:
    """Every experiment as it was asked for, as it was run, and what came of it."""
    return [
        {
            "id": one.id,
            "values": dict(one),
            "achieved": dict(one.achieved),
            "status": one.status,
            "outcomes": {name: found.value for name, found in one.outcomes.items()},
        }
        for one in campaign.experiments
    ]


def check_end() -> None:
    with zo.Campaign.open(ledger="zosimos.db") as campaign:
        found = {one.id: one for one in campaign.experiments}
        assert len(found) == 23
        assert {name for name, one in found.items() if one.status == "retracted"} == {"e0010"}
        assert {name for name, one in found.items() if one.status == "cancelled"} == {"e0015"}
        assert {name for name, one in found.items() if one.status == "failed"} == {"e0003"}
        assert {name: one.achieved for name, one in found.items() if one.achieved} == RAN_AT
        assert found["e0017"]["Härter"] != RAN_AT["e0017"]["Härter"], "what was asked for stays"
        assert found["e0017"].outcomes["Viskosität"].value == viscosity(found["e0017"].ran_at)
        assert found["e0009"].outcomes["Viskosität"].value == 412.0
        assert {name for name, one in found.items() if "Glanz" in one.outcomes} == GLOSSY
        assert all(one.outcomes["Glanz"].value == gloss(one.ran_at) for one in map(found.__getitem__, GLOSSY))
        assert "Butylacetat" in {found[name]["Lösemittel"] for name in THURSDAYS}, "the new solvent was tried"
        assert campaign.best is not None
        assert campaign.best.id in GLOSSY, "others have no gloss"
        assert campaign.pending == []


def check_files(folder: Path) -> None:
    page = (folder / "lack.html").read_text(encoding="utf-8")
    assert "e0022" in page
    assert "asked for 2.34" in page
    assert "über Nacht gestanden" in page
    assert "the decimal point was forgotten" in page
    assert (folder / "lack.png").read_bytes().startswith(b"\x89PNG")
    rows = [list(row) for row in openpyxl.load_workbook(folder / "lack-alles.xlsx").worksheets[0].values]
    assert len(rows) == 1 + 23
    at = columns(rows)
    lines = {row[0]: row for row in rows[1:]}
    assert lines["e0006"][at["Bemerkung"]] == "über Nacht gestanden"
    assert lines["e0009"][at["Viskosität"]] == 412.0
    assert lines["e0017"][at["Härter_achieved"]] == 2.4
    assert lines["e0017"][at["Härter"]] == 2.34
    assert str(lines["e0010"][at["changes"]]).startswith("retracted (Viskosität ")


def week_in_python(folder: Path) -> list[dict[str, Any]]:
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

    def measured(some: Iterable[zo.Experiment], *outcomes: str) -> list[dict[str, Any]]:
        rows = []
        for one in some:
            done = RAN_AT.get(one.id, {})
            found = {name: written_down(one.id, name, {**one, **done}) for name in outcomes}
            rows.append({"experiment": one.id, **done, **found})
        return rows

    with zo.Campaign.create("lack.yaml", ledger="python.db") as campaign:
        assert campaign.preview("altdaten.csv")["results"] == 7
        campaign.tell("altdaten.csv")
        eight = campaign.ask(8)
        assert len(campaign.tell(measured(eight[:5], "Viskosität"))) == 5
        campaign.tell(measured(eight[:7], "Viskosität"))  # five again: what is on record is passed over
        campaign.correct("e0009", Viskosität=412.0, reason="the decimal point was forgotten")
        campaign.retract("e0010", reason="spilled, and filled up again")
        campaign.drop("e0015", reason="the oven is taken")
        four = measured(campaign.ask(), "Viskosität")
        assert len(campaign.tell(four)) == 4
        before = campaign.verify()
        campaign.tell(four)
        assert campaign.verify() == before, "nothing is new: nothing is recorded"
        choices = ["Toluol", "DMF", "Aceton", "Butylacetat"]
        campaign.steer({"space.Lösemittel.choices": choices}, reason="delivered today")
        campaign.steer({"objectives.Glanz": {"goal": "max"}}, reason="the customer asks for gloss")
        three = campaign.ask(3)
        assert campaign.tell([(one, {"Viskosität": viscosity(one)}) for one in three]) == sorted(THURSDAYS)
        campaign.tell(measured(three, "Viskosität", "Glanz"))
        campaign.tell("glanz.csv")
        campaign.advise(replicate="e0021", reason="its gloss stands alone")
        campaign.tell(measured(campaign.ask(1), "Viskosität", "Glanz"))
        campaign.report("python.html")
        campaign.plot("pareto", "python.png")
        campaign.export("python.xlsx")
        campaign.verify()
        assert campaign.replay().divergence is None
        return everything(campaign)
