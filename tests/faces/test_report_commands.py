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


def test_the_report_of_a_campaign_by_hand_speaks_as_the_lab_does(cli: Cli, folder: Path, told: str) -> None:
    waiting = cli("ask", told, "-n", "1", "--json").json["candidates"][0]["experiment"]
    assert cli("drop", told, waiting, "--reason", "no solvent").code == 0
    assert cli("report", told, "-o", "page.html").code == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    words = page.partition('<pre class="spec">')[0]
    assert "T (°C)" in words
    assert "degC" not in words
    assert "given up" in words
    assert ">cancelled<" not in words
    assert "Approvals" not in words
    assert "Where they were wrong" not in words  # nothing was predicted


LIMITS = "T,y\n20,<1\n50,<1\n80,<1\n"
SAME = "T,y\n" + "".join(f"{T},5\n" for T in (20, 30, 40, 50, 60, 70))


def test_a_report_of_limits_alone_claims_no_results(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(FILE, encoding="utf-8")
    (folder / "r.csv").write_text(LIMITS, encoding="utf-8")
    assert cli("tell", "c.yaml", "r.csv").code == 0
    assert cli("report", "last", "-o", "page.html").code == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "Of 3 measured experiments none has a value that can be compared" in page
    assert "no experiment has ended" not in page
    assert "no better than those before" not in page
    refused = cli("effects", "last")
    assert refused.code == 2
    assert "3 left out, of which only a limit is known" in refused.err


def test_a_report_of_equal_results_promises_nothing(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(FILE, encoding="utf-8")
    (folder / "r.csv").write_text(SAME, encoding="utf-8")
    assert cli("tell", "c.yaml", "r.csv").code == 0
    assert cli("report", "last", "-o", "page.html").code == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "All results of y are the same: nothing shows yet where it is better." in page
    assert "Going on may pay" not in page
    assert "such predictions are" not in page


def test_a_parameter_that_came_later_is_seen_in_the_models_of_the_report(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(FILE, encoding="utf-8")
    rows = "".join(f"{T},{T % 50}\n" for T in (20, 30, 40, 50, 60, 70))
    (folder / "r.csv").write_text(f"T,y\n{rows}", encoding="utf-8")
    assert cli("tell", "c.yaml", "r.csv").code == 0
    assert cli("steer", "last", "--set", "space.base={choices: [KOH, NaOH], default: KOH}").code == 0
    assert cli("steer", "last", "--set", "space.salt={min: 0, max: 5, default: 0}").code == 0
    assert cli("report", "last", "-o", "page.html").code == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "base and salt were the same in all results" in page
    assert "KOH, not set then" in page


def test_the_report_of_a_design_shows_its_effects(cli: Cli, folder: Path) -> None:
    design = "planner: { start: { design: full-factorial, centre: 3 } }"
    text = FILE.replace("T: {", "c: { min: 1, max: 3 }, T: {").replace("planner: { kind: sobol }", design)
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    rows = cli("ask", "c.yaml", "-n", "7", "--json").json["candidates"]
    noise = (0.1, -0.1, 0.05, 0.0, -0.05, 0.1, -0.1)
    lines = [f"{one['experiment']},{one['values']['T'] / 6 + off}\n" for one, off in zip(rows, noise, strict=True)]
    assert cli("report", "last", "-o", "early.html").code == 0
    early = (folder / "early.html").read_text(encoding="utf-8")
    assert "The design shows nothing yet" in early
    (folder / "r.csv").write_text("experiment,y\n" + "".join(lines), encoding="utf-8")
    assert cli("tell", "last", "r.csv").code == 0
    assert cli("report", "last", "-o", "page.html").code == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "What the design shows" in page
    (effect,) = [e for e in cli("effects", "last", "--json").json["outcomes"]["y"]["estimates"] if e["label"] == "T"]
    section = page.partition("What the design shows")[2].partition("How good the models are")[0]
    line = section.partition("<td>T</td>")[2].partition("</tr>")[0]
    assert f"{effect['effect']:.2f}" in line
    assert "below 0.001" in line
    assert "Centre points: no curvature shows" in section
    assert "What the design shows" not in _plain_page(cli, folder)


def _plain_page(cli: Cli, folder: Path) -> str:
    (folder / "d.yaml").write_text(FILE.replace("film", "plain"), encoding="utf-8")
    assert cli("ask", "d.yaml", "-n", "1").code == 0
    assert cli("report", "last", "-o", "plain.html").code == 0
    return (folder / "plain.html").read_text(encoding="utf-8")


def test_side_by_side_says_which_experiment_and_how_many_results(cli: Cli, folder: Path) -> None:
    file = FILE.replace("{ y: { goal: max } }", "{ y: { goal: max }, cost: { goal: min, unit: EUR/kg } }")
    ids = []
    for name, rows in (("one", "20,5,5\n50,6,7\n80,4,9\n"), ("two", "20,5,5\n50,6,4\n")):
        (folder / f"{name}.yaml").write_text(file.replace("film", name), encoding="utf-8")
        (folder / "r.csv").write_text(f"T,y,cost\n{rows}", encoding="utf-8")
        ids.append(cli("tell", f"{name}.yaml", "r.csv", "--json").json["campaign"])
    assert cli("report", *ids, "-o", "both.html").code == 0
    page = (folder / "both.html").read_text(encoding="utf-8")
    assert "one of 2 best compromises" in page
    assert '<td class="n">3</td><td class="n" data-k="0">0 of 9</td>' in page
    assert (
        '<tr><td>experiment</td><td class="n">e0001, one of 2 best compromises</td><td class="n">e0002</td></tr>'
        in page
    )
    assert "best cost (€/kg)" in page


def test_thousands_in_figures_are_written_out(cli: Cli, folder: Path) -> None:
    parts = "".join(f" {name}: {{ min: 0, max: 1000, unit: g }}," for name in "abc")
    mixture = FILE.replace(" T: { min: 20, max: 80, unit: degC } ", parts)
    rules = "constraints: [{ type: simplex, of: [a, b, c], total: 1000 }]\n"
    (folder / "c.yaml").write_text(mixture + rules, encoding="utf-8")
    rows = [(700, 200, 100), (200, 700, 100), (100, 200, 700), (400, 300, 300), (300, 400, 300), (300, 300, 400)]
    lines = [f"{a},{b},{c},{2 * a + 3 * b}\n" for a, b, c in rows]
    (folder / "r.csv").write_text("a,b,c,y\n" + "".join(lines), encoding="utf-8")
    assert cli("tell", "c.yaml", "r.csv").code == 0
    for kind, wanted in (("ternary", "a = 1000 g"), ("parallel", "2500")):
        assert cli("plot", "last", kind, "-o", f"{kind}.svg").code == 0
        drawn = (folder / f"{kind}.svg").read_text(encoding="utf-8")
        assert wanted in drawn
        assert "e+0" not in drawn
