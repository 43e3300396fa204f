"""Figures of a report: every kind, of every kind of campaign, as files that are what they say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import zosimos as zo
from zosimos.campaign.report.drawing import Picture
from zosimos.campaign.report.kinds import KINDS, drawn, picture
from zosimos.campaign.report.subject import Subject
from zosimos.core.errors import SpecError, StateError

PNG = b"\x89PNG\r\n\x1a\n"
Row = Mapping[str, Any]
SPACE = {
    "T": zo.Continuous(20, 120, unit="degC"),
    "catalyst": zo.Continuous(0.01, 10, unit="percent", log=True),
    "solvent": zo.Categorical(["DMF", "toluene", "water"]),
}
TWO = {"strength": {"goal": "max", "unit": "MPa"}, "cost": {"goal": "min", "unit": "EUR/kg"}}
LONG = "Ω" * 40 + "$x_{1}$ <b>漢字</b>"


def strong(row: Row) -> dict[str, Any]:
    better = {"DMF": 5, "toluene": 0, "water": -8}[row["solvent"]]
    strength = 80 - (row["T"] - 80) ** 2 / 60 + 5 * math.log10(row["catalyst"]) + better
    return {"strength": (strength, 1.0), "cost": (2 + row["catalyst"] + row["T"] / 60, 0.05)}


def campaign(
    folder: Path,
    space: Mapping[str, Any] = SPACE,
    goals: Mapping[str, Any] = TWO,
    results: int = 6,
    measure: Callable[[Row], Any] = strong,
    *,
    failed: int = 0,
    ahead: int = 0,
    **more: Any,
) -> zo.Campaign:
    """A campaign by hand with so many results, after so many failures, and experiments to come."""
    spec = {"name": "film", "space": space, "objectives": goals, "planner": {"kind": "sobol"}, "seed": 3, **more}
    made = zo.Campaign.create({**spec, "budget": {"experiments": 60}}, ledger=folder / "lab.db")
    for place in range(failed + results):
        (row,) = made.ask(1)
        if place < failed:
            made.tell(row, failed="the solvent boiled off")
        else:
            found = measure(row)
            made.tell(row, found if isinstance(found, Mapping) else {next(iter(goals)): found})
    made.ask(ahead) if ahead else None
    return made


def pictures(made: zo.Campaign) -> dict[str, Picture]:
    subject = Subject(made._state, made._setup)
    found = {kind: drawn(kind, subject) for kind in KINDS}
    for kind, one in found.items():
        assert isinstance(one, Picture) or one.endswith("."), f"{kind} says in words why there is nothing"
    return {kind: one for kind, one in found.items() if isinstance(one, Picture)}


def checked(made: zo.Campaign, folder: Path) -> set[str]:
    """Check that each figure is what its file says and that a page can be written; return the kinds there are."""
    found = pictures(made)
    for one in found.values():
        assert one.png.startswith(PNG)
        assert ET.fromstring(one.svg).tag.endswith("}svg")
    page = made.report(folder / "report.html").read_text(encoding="utf-8")
    inline = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(inline) == len(found)
    for text in inline:
        assert "http" not in ET.tostring(ET.fromstring(f"<b>{text}</b>"), encoding="unicode")
    made.close()
    return {*found}


@pytest.mark.slow
def test_two_objectives_are_traded_off_and_believed(tmp_path: Path) -> None:
    made = campaign(tmp_path, results=12, failed=1, ahead=2)
    found = pictures(made)
    kinds = {"progress", "pareto", "effects", "contours", "importances", "parallel"}
    assert {*found} == kinds
    state = made._state
    best = {e.id for e in made.front}
    marks = {m.get_label(): m for m in found["pareto"].sheet.figure.axes[0].collections}
    drawn_best = {tuple(point) for point in np.asarray(marks["best compromises"].get_offsets())}
    values = [state.experiments[name].measurements for name in best]
    assert drawn_best == {(one["strength"].value, one["cost"].value) for one in values}
    named = {text.get_text() for text in found["pareto"].sheet.figure.axes[0].texts}
    assert named
    assert named <= best
    assert checked(made, tmp_path) == kinds


@pytest.mark.slow
def test_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    made = campaign(tmp_path, results=8)
    first, second = pictures(made), pictures(made)
    assert [one.svg for one in first.values()] == [one.svg for one in second.values()]
    assert first["effects"].png == second["effects"].png
    pages = [made.report(tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]
    made.close()


@pytest.mark.slow
def test_a_mixture_is_drawn_as_a_triangle_and_its_parts_make_room(tmp_path: Path) -> None:
    space = {"resin": zo.Continuous(0, 1), "hardener": zo.Continuous(0, 1), "filler": zo.Continuous(0, 0.6)}
    made = campaign(
        tmp_path,
        space,
        {"hardness": {"goal": "max", "unit": "GPa"}},
        10,
        lambda row: 4 * row["resin"] * row["hardener"] + 0.3 * row["filler"],
        constraints=["resin + hardener + filler == 1"],
    )
    believed = Subject(made._state, made._setup).believed
    assert not isinstance(believed, str)
    assert {*believed.mixture} == {*space}
    for one in believed.slices.values():
        assert all(math.isclose(sum(float(row[name]) for name in space), 1.0, abs_tol=1e-9) for row in one.rows)
    filler = believed.slices["filler"]
    assert np.isfinite(filler.found["hardness"][0]).all()
    kinds = checked(made, tmp_path)
    assert "ternary" in kinds
    assert "contours" not in kinds  # no two of three parts can be changed with the rest as it is


CASES: Mapping[str, tuple[dict[str, Any], set[str]]] = {
    "no result": ({"results": 0}, set()),
    "one result": ({"results": 1}, {"progress", "pareto", "parallel"}),
    "two results": ({"results": 2}, {"progress", "pareto", "parallel"}),
    "all failed": ({"results": 0, "failed": 4}, {"progress"}),
    "a constant outcome": (
        {"goals": {"y": {"goal": "max"}}, "measure": lambda row: 5.0},
        {"progress", "effects", "contours", "importances", "parallel"},
    ),
    "one parameter": (
        {
            "space": {"x": zo.Continuous(0, 1)},
            "goals": {"y": {"goal": "max"}},
            "measure": lambda row: math.sin(5 * row["x"]),
        },
        {"progress", "effects", "importances", "parallel"},
    ),
    "only choices": (
        {
            "space": {"a": zo.Categorical(["p", "q", "r"]), "b": zo.Categorical(["s", "t"])},
            "goals": {"y": {"goal": "min", "unit": "g"}},
            "measure": lambda row: float("pqr".index(row["a"])),
        },
        {"progress", "effects", "importances", "parallel"},
    ),
    "30 parameters": (
        {
            "space": {f"p{i}": zo.Continuous(0, 1) for i in range(30)},
            "goals": {"y": {"goal": "max"}},
            "measure": lambda row: row["p0"] + 2 * row["p7"],
        },
        {"progress", "effects", "contours", "importances", "parallel"},
    ),
    "10 objectives": (
        {
            "goals": {f"o{i}": {"goal": "max", "unit": "mV"} for i in range(10)},
            "measure": lambda row: {f"o{i}": row["T"] * i for i in range(10)},
        },
        {"progress", "pareto", "effects", "contours", "importances", "parallel"},
    ),
    "numbers that are hardly numbers": (
        {
            "space": {"x": zo.Continuous(1e-12, 1e-9), "z": zo.Continuous(1e20, 2e20)},
            "goals": {"y": {"goal": "max"}, "w": {"goal": "min"}},
            "measure": lambda row: {"y": row["x"] * 1e100, "w": row["z"] * 1e-120},
        },
        {"progress", "pareto", "effects", "contours", "importances", "parallel"},
    ),
    "odd names": (
        {
            "space": {
                LONG: zo.Continuous(0, 1),
                "温度": zo.Continuous(20, 80),
                "π$": zo.Categorical(["α$", "<i>β</i>"]),
            },
            "goals": {"粘度$^2$": {"goal": "min", "unit": "mPa*s"}, "z&<z>": {"goal": "max"}},
            "measure": lambda row: {"粘度$^2$": row["温度"] * (1 + row[LONG]), "z&<z>": row[LONG]},
        },
        {"progress", "pareto", "effects", "contours", "importances", "parallel"},
    ),
    "a target and tiers": (
        {
            "goals": {
                "strength": {"goal": "target", "target": 40, "tier": 1, "threshold": 45},
                "cost": {"goal": "min", "tier": 2},
            }
        },
        {"progress", "pareto", "effects", "contours", "importances", "parallel"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_campaign_that_has_little_to_show_shows_it_and_says_what_is_missing(case: str, tmp_path: Path) -> None:
    how, kinds = CASES[case]
    assert checked(campaign(tmp_path, **how), tmp_path) == kinds


@pytest.mark.slow
def test_what_is_believed_rests_on_the_models_that_explain_asks(tmp_path: Path) -> None:
    made = campaign(tmp_path, results=9)
    believed = Subject(made._state, made._setup).believed
    assert not isinstance(believed, str)
    row = {"T": 70.0, "catalyst": 1.0, "solvent": "DMF"}
    mean, _ = believed.ask([row])["strength"]
    told = made.predict([row])["strength"]
    assert float(mean[0]) == pytest.approx(float(told.mean[0]), rel=1e-3)
    outside, _ = believed.ask([{**row, "T": 300.0}])["strength"]
    assert np.isnan(outside).all(), "what is not allowed is not shown"
    made.close()


def test_a_kind_that_is_none_is_refused_with_those_that_are(tmp_path: Path) -> None:
    made = campaign(tmp_path, results=1)
    with pytest.raises(SpecError) as caught:
        made.plot("paretto")
    assert "pareto" in caught.value.hint
    assert {*(caught.value.allowed or "").split(", ")} == {*KINDS}
    with pytest.raises(StateError, match="There is 1 result to learn from"):
        made.plot("effects")
    made.close()


@pytest.mark.slow
def test_a_figure_is_written_as_its_name_says_or_not_at_all(tmp_path: Path) -> None:
    made = campaign(tmp_path, results=2)
    found = made.plot("progress", tmp_path / "a" / "p.png")
    assert (tmp_path / "a" / "p.png").read_bytes() == found.png
    assert found._repr_svg_().encode() == found.svg
    with pytest.raises(SpecError, match="PNG or SVG"):
        made.plot("progress", tmp_path / "p.pdf")
    assert not (tmp_path / "p.pdf").exists()
    made.close()


@pytest.mark.slow
def test_a_mark_says_what_it_is_and_leads_to_its_experiment(tmp_path: Path) -> None:
    made = campaign(tmp_path, results=2)
    found = picture("progress", Subject(made._state))
    assert '<a href="#row-e0002"><title>e0002' in found.inline
    titles = [one.text for one in ET.fromstring(found.svg).iter() if one.tag.endswith("}title")]
    assert any((text or "").startswith("e0002") for text in titles)
    assert 'id="row-e0002"' in made.report(tmp_path / "r.html").read_text(encoding="utf-8")
    made.close()
