"""``zosimos report`` and ``zosimos plot``: a page, several campaigns side by side, and single figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
FILE = """
name: film
space: { T: { min: 20, max: 80, unit: degC } }
objectives: { y: { goal: max } }
planner: { kind: sobol }
budget: { experiments: 9 }
"""


@pytest.fixture
def told(cli: Cli, folder: Path) -> str:
    (folder / "c.yaml").write_text(FILE, encoding="utf-8")
    campaign: str = cli("ask", "c.yaml", "-n", "2", "--json").json["campaign"]
    (folder / "r.csv").write_text("experiment,y\ne0001,4\ne0002,6\n", encoding="utf-8")
    assert cli("tell", campaign, "r.csv").code == 0
    return campaign


def test_a_figure_is_written_as_png_and_as_svg(cli: Cli, folder: Path, told: str) -> None:
    assert cli("plot", told, "progress", "-o", "p.png").code == 0
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")
    found = cli("plot", told, "progress", "-o", "p.svg", "--json").json
    assert (found["kind"], found["file"]) == ("progress", "p.svg")
    assert "<svg" in (folder / "p.svg").read_text(encoding="utf-8")


def test_what_cannot_be_drawn_is_refused_in_words(cli: Cli, folder: Path, told: str) -> None:
    unknown = cli("plot", told, "progres", "-o", "p.png")
    assert unknown.code == 2
    assert "did you mean 'progress'?" in unknown.err
    assert "pareto" in unknown.err
    few = cli("plot", told, "effects", "-o", "p.png")
    assert few.code == 2
    assert "There are 2 results to learn from" in few.err
    assert "-o FILE.png" in cli("plot", told, "progress").err
    assert cli("plot", told, "progress", "-o", "p.pdf").code == 2
    assert not list(folder.glob("p.*"))


def test_several_campaigns_make_one_page(cli: Cli, folder: Path, told: str) -> None:
    (folder / "d.yaml").write_text(FILE.replace("film", "other"), encoding="utf-8")
    other = cli("ask", "d.yaml", "-n", "1", "--json").json["campaign"]
    assert cli("report", told, other, "-o", "both.html", "--json").json["campaigns"] == [told, other]
    page = (folder / "both.html").read_text(encoding="utf-8")
    assert "2 campaigns side by side" in page
    assert cli("report", told, told, "-o", "twice.html").code == 2
