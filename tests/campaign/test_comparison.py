"""Several campaigns side by side: the same goals compared, what cannot be compared said."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zosimos as zo
from zosimos.campaign.report import write_comparison
from zosimos.campaign.report.comparison import progress_of, shared_goals
from zosimos.campaign.report.drawing import styled
from zosimos.campaign.report.subject import Subject
from zosimos.core.errors import SpecError


def campaign(folder: Path, name: str, values: list[float], **more: Any) -> zo.Campaign:
    spec = {"name": name, "space": {"T": zo.Continuous(20, 80, unit="degC")}, "planner": {"kind": "sobol"}}
    spec |= {"objectives": {"y": {"goal": "max", "unit": "percent"}}, "budget": {"experiments": 9}}
    made = zo.Campaign.create({**spec, **more}, ledger=folder / f"{name.encode().hex()}.db")
    for value in values:
        (row,) = made.ask(1)
        made.tell(row, dict.fromkeys(made.spec.objectives, value))
    return made


def text_of(path: Path) -> str:
    found: list[str] = []
    reader = HTMLParser()
    reader.handle_data = found.append  # type: ignore[method-assign]  # the words of the page alone
    reader.feed(path.read_text(encoding="utf-8"))
    return " ".join(" ".join(found).split())


@pytest.mark.slow
def test_the_best_so_far_of_a_shared_goal_is_drawn_for_each(tmp_path: Path) -> None:
    one, two = campaign(tmp_path, "one", [10, 30, 20]), campaign(tmp_path, "two", [5, 6, 40, 7])
    subjects = [Subject(one._state), Subject(two._state)]
    (goal,) = shared_goals(subjects)
    assert list(goal.places) == [0, 1]
    with styled():
        sheet = progress_of(subjects, [goal])
    assert sheet is not None
    lines = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in sheet.figure.axes[0].lines}
    assert lines == {"one": [10, 30, 30], "two": [5, 6, 40, 40]}
    page = text_of(write_comparison([one._state, two._state], tmp_path / "c.html"))
    assert "30 (e0002)" in page
    assert "40 (e0003)" in page
    assert "Nothing stands against it" in page


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    one = campaign(tmp_path, "<b>one</b>", [10])
    grams = {"y": {"goal": "max", "unit": "g"}, "z": {"goal": "min"}}
    two = campaign(tmp_path, "two", [], objectives=grams, space={"T": zo.Continuous(20, 90), "p": zo.Continuous(0, 1)})
    path = write_comparison([one._state, two._state], tmp_path / "c.html")
    page = text_of(path)
    assert "y is not the same goal everywhere: maximise y (%) (<b>one</b>) and maximise y (g) (two)." in page
    assert "z is wanted by two alone." in page
    assert "The campaigns have no goal in common" in page
    assert "Not every campaign has these parameters: p." in page
    assert "The values allowed are not the same everywhere: T." in page
    assert "<b>one" not in path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_campaigns_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    made = [campaign(tmp_path / str(k), "same", [k]) for k in (1, 2) if (tmp_path / str(k)).mkdir() is None]
    page = text_of(write_comparison([one._state for one in made], tmp_path / "c.html"))
    assert all(f"same ({one.id[-8:]})" in page for one in made)


def test_one_campaign_twice_is_no_comparison(tmp_path: Path) -> None:
    one = campaign(tmp_path, "one", [])
    with pytest.raises(SpecError, match="cannot be compared"):
        write_comparison([one._state, one._state], tmp_path / "c.html")
    assert not (tmp_path / "c.html").exists()
