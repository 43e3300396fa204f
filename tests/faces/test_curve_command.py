"""Curves from figures through the command line: what is written, where it says it comes from, what is refused."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from zosimos.agent.knowledge.library import Library
from zosimos.core.table import Table

Cli = Callable[..., Any]
AXES = ("--x", "0:100", "--y", "0:10")


def draw(path: Path, **more: Any) -> None:
    """Draw a straight line from the lower left to the upper right of a frame, with marks at every tenth."""
    image = Image.new("RGB", (480, 360), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((60, 20, 460, 320), outline="black")
    for tenth in range(11):
        pen.line((60 + 40 * tenth, 320, 60 + 40 * tenth, 326), fill="black")
        pen.line((54, 20 + 30 * tenth, 60, 20 + 30 * tenth), fill="black")
    pen.line((60, 320, 460, 20), fill="#1f77b4", width=2)
    image.save(path, **more)


@pytest.fixture
def figure(folder: Path) -> Path:
    path = folder / "figure.png"
    draw(path)
    return path


def rows(path: Path) -> list[dict[str, float]]:
    with path.open(newline="") as file:
        return [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def test_a_curve_is_written_with_where_it_comes_from(cli: Cli, folder: Path, figure: Path) -> None:
    told = cli("knowledge", "curve", figure, *AXES, "-o", "curve.csv", "--json")
    assert told.code == 0, told.err
    points = rows(folder / "curve.csv")
    assert len(points) == told.json["points"] > 380
    assert all(abs(point["y"] - point["x"] / 10) < 0.05 and point["u_y"] > 0 for point in points)
    origin = json.loads((folder / "curve.csv.json").read_text())
    assert origin["origin"] == "extracted"
    assert origin["sha256"] == hashlib.sha256(figure.read_bytes()).hexdigest()
    assert (origin["file"], origin["colour"], origin["page"]) == ("figure.png", "#1f77b4", None)
    assert (origin["axes"]["x"]["low"], origin["axes"]["x"]["high"], origin["axes"]["x"]["first"]) == (0, 100, 60)
    before = (folder / "curve.csv").read_bytes()
    again = cli("knowledge", "curve", figure, "--x", "0:1000", "--y", "0:10", "-o", "curve.csv")
    assert (again.code, (folder / "curve.csv").read_bytes()) == (2, before)
    assert "--force" in again.err
    assert "extracted, not measured" in cli("knowledge", "curve", figure, *AXES, "-o", "curve.csv", "--force").out


def test_the_table_is_one_that_campaigns_and_the_library_read(cli: Cli, folder: Path, figure: Path) -> None:
    cli("knowledge", "curve", figure, *AXES, "-o", "curve.csv")
    table = Table("curve.csv", tuple(rows(folder / "curve.csv")[0]), (folder / "curve.csv").read_bytes())
    assert table.numeric == {"x", "u_x", "y", "u_y", "pixel_x", "pixel_y"}
    document, _ = Library(folder / "library").add(folder / "curve.csv")
    assert document.kind == "table"


def test_a_picture_inside_a_pdf_is_taken_by_its_page(cli: Cli, folder: Path) -> None:
    draw(folder / "paper.pdf")
    told = cli("knowledge", "curve", "paper.pdf", *AXES, "--page", 1, "--colour", "tab:blue", "-o", "c.csv", "--json")
    assert told.code == 0, told.err
    assert told.json["page"] == 1
    assert all(abs(point["y"] - point["x"] / 10) < 0.1 for point in rows(folder / "c.csv"))
    for wrong, field in (
        ((), "--page"),
        (("--page", 2), "--page"),
        (("--page", 0), "--page"),
        (("--page", 1, "--picture", 2), "--picture"),
    ):
        refused = cli("knowledge", "curve", "paper.pdf", *AXES, *wrong, "-o", "d.csv", "--json")
        assert (refused.code, refused.json["error"]["field"]) == (2, field)
    assert not (folder / "d.csv").exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        (("--x", "100"), "--x"),
        (("--x", "a:b"), "--x"),
        (("--y", "0:nan"), "--y"),
        (("--y", "1:1"), "--y"),
        (("--log-x",), "--x"),
        (("--x", "3:97"), "--x"),
        (("--frame", "1,2,3"), "--frame"),
        (("--frame", "0,0,9000,9000"), "--frame"),
        (("--frame", "60,20,460,320", "--marks"), "--marks"),
        (("--colour", "nothing"), "--colour"),
        (("--colour", "red"), "--colour"),
        (("--page", 1), "--page"),
    ],
)
def test_what_is_wrong_is_named(cli: Cli, folder: Path, figure: Path, more: tuple[Any, ...], field: str) -> None:
    told = cli("knowledge", "curve", figure, *AXES, *more, "-o", "curve.csv", "--json")
    assert told.code == 2
    assert told.json["error"]["field"] == field
    assert told.json["error"]["allowed"]
    assert not (folder / "curve.csv").exists()


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.7\n%%EOF", b"\x89PNG\r\n\x1a\n" + b"\0" * 99])
def test_a_file_that_is_not_whole_is_refused_in_a_block(cli: Cli, folder: Path, data: bytes) -> None:
    (folder / "bad.png").write_bytes(data)
    page = ("--page", 1) if data.startswith(b"%PDF") else ()
    told = cli("knowledge", "curve", "bad.png", *AXES, *page, "-o", "curve.csv")
    assert told.code == 2
    assert told.err.startswith("error: ")
    assert "Traceback" not in told.err
    assert "bug" not in told.err
