"""Curves from figures: what was drawn comes back within bounds, in many styles, and its uncertainties hold."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zosimos.analysis.figures.curve import Curve, Stated, digitise
from zosimos.analysis.figures.picture import read_picture

BENCH = Path(__file__).resolve().parents[3] / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

import digitising  # noqa: E402 - the path comes first
from digitising import STYLES, Style  # noqa: E402


@pytest.mark.parametrize("name", STYLES)
def test_a_curve_that_is_drawn_comes_back(name: str) -> None:
    curve = digitising.taken(STYLES[name])
    off, _ = digitising.errors(STYLES[name], curve)
    assert len(off) > 300
    assert np.quantile(off, 0.95) < 0.4  # percent of the axes
    assert off.max() < 0.6


@pytest.mark.parametrize("name", ["plain", "peaks", "log y", "JPEG 50"])
def test_points_are_as_near_as_their_uncertainties_say(name: str) -> None:
    style = STYLES[name]
    curve = digitising.taken(style)
    inside = [inside_of(style, curve, index) for index in range(len(curve.points))]
    assert np.mean(inside) > 0.95


def inside_of(style: Style, curve: Curve, index: int) -> bool:
    """Whether the curve that was drawn passes within two standard uncertainties of a point."""
    point = curve.points[index]
    x = np.linspace(point.x - 2 * point.u_x, point.x + 2 * point.u_x, 41)
    y = style.curve(x)
    return bool(y.min() - 2 * point.u_y <= point.y <= y.max() + 2 * point.u_y)


def test_values_at_the_marks_give_the_same_curve() -> None:
    style = replace(STYLES["plain"], x=Stated(-7, 103))
    picture = read_picture(digitising.drawn(style), "figure")
    curve = digitise(picture, Stated(0, 100), Stated(0, 1), marks=True)
    off, _ = digitising.errors(style, curve)
    assert np.quantile(off, 0.95) < 0.4
    assert curve.x.value(curve.frame.left) == pytest.approx(-7, abs=0.3)


def test_a_frame_by_hand_is_taken_as_it_is_and_said() -> None:
    picture = read_picture(digitising.drawn(STYLES["plain"]), "figure")
    seen = digitise(picture, Stated(0, 100), Stated(0, 1))
    stated = digitise(picture, Stated(0, 100), Stated(0, 1), frame=replace(seen.frame, half=0))
    at = {point.pixel_x: point for point in stated.points}
    assert all(at[point.pixel_x].x == pytest.approx(point.x) for point in seen.points)
    assert "not held against tick marks" in stated.remarks[0]


def test_what_a_person_need_not_say_is_found_by_itself() -> None:
    curve = digitising.taken(STYLES["plain"])
    alone = digitise(read_picture(digitising.drawn(STYLES["plain"]), "figure"), Stated(0, 100), Stated(0, 1))
    assert alone.points == curve.points
    assert alone.colour == (31, 119, 180)
    assert not alone.remarks
