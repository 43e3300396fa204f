"""The classical analysis against the numbers that textbooks print."""

import itertools

import numpy as np
import pytest
from scipy import stats

from zosimos.surrogates.linear.analysis import analyse
from zosimos.surrogates.linear.terms import Factor

# Montgomery 2013, Design and Analysis of Experiments, example 6.2: filtration rate, 2^4 in standard order
FILTRATION = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96]
# the same, example 6.7: four centre points
CENTRES = [73, 75, 66, 69]
# table 6.12: effects and sums of squares
EFFECTS = {"A": 21.625, "B": 3.125, "C": 9.875, "D": 14.625, "A*B": 0.125, "A*C": -18.125, "A*D": 16.625,
           "B*C": 2.375, "B*D": -0.375, "C*D": -1.125, "A*B*C": 1.875, "A*B*D": 4.125, "A*C*D": -1.625,
           "B*C*D": -2.625, "A*B*C*D": 1.375}  # fmt: skip
SQUARES = {"A": 1870.56, "C": 390.062, "D": 855.563, "A*C": 1314.06, "A*D": 1105.56}


def corners(k):
    names = "ABCD"[:k]
    X = np.array(list(itertools.product((-1.0, 1.0), repeat=k)))[:, ::-1]
    return [Factor(name) for name in names], {name: X[:, i] for i, name in enumerate(names)}


def of(shares):
    return {share.source: share for share in shares}


def filtration(centres=()):
    factors, columns = corners(4)
    columns = {name: np.append(column, np.zeros(len(centres))) for name, column in columns.items()}
    return factors, columns, np.array([*FILTRATION, *centres], dtype=float)


def test_effects_of_the_filtration_rate_are_the_printed_ones():
    found = analyse(*filtration(), model="factorial")
    assert {one.label: one.effect for one in found.by_size} == pytest.approx(EFFECTS)
    lines = of(found.variance)
    assert {name: lines[name].squares for name in SQUARES} == pytest.approx(SQUARES, abs=0.006)
    assert lines["total"].squares == pytest.approx(5730.94, abs=0.005)
    assert [one.label for one in found.by_size[:5]] == ["A", "A*C", "A*D", "D", "C"]


def test_a_saturated_model_is_judged_by_lenths_error():
    found = analyse(*filtration(), model="factorial")
    sizes = sorted(map(abs, EFFECTS.values()))
    first = 1.5 * np.median(sizes)
    error = 1.5 * np.median([size for size in sizes if size < 2.5 * first])  # of effects
    (a,) = [one for one in found.estimates if one.label == "A"]
    assert a.error == pytest.approx(error / 2)
    assert a.p == pytest.approx(2 * stats.t.sf(21.625 / error, 5))
    assert {one.label for one in found.by_size if one.p < 0.05} == {"A", "A*C", "A*D", "D", "C"}
    assert found.noise is None
    assert any("nothing is left" in note for note in found.notes)


def test_curvature_and_pure_error_of_the_filtration_rate_are_the_printed_ones():
    # Montgomery 2013, example 6.7: SS of pure curvature 1.51, of pure error 48.75 with 3 degrees of freedom
    found = analyse(*filtration(CENTRES))
    lines = of(found.variance)
    assert found.model == "interactions"
    assert found.curvature.squares == pytest.approx(1.51, abs=0.005)
    assert (lines["pure error"].df, lines["pure error"].squares) == (3, pytest.approx(48.75))
    assert found.curvature.p > 0.5
    assert {one.label: one.effect for one in found.by_size}["A"] == pytest.approx(21.625)


def test_a_response_surface_is_the_printed_one():
    # Montgomery 2013, example 11.2: y = 79.94 + 0.99 x1 + 0.52 x2 + 0.25 x1 x2 - 1.38 x1^2 - 1.00 x2^2
    out = np.sqrt(2)
    points = [(-1, -1), (-1, 1), (1, -1), (1, 1), *[(0, 0)] * 5, (out, 0), (-out, 0), (0, out), (0, -out)]
    y = np.array([76.5, 77.0, 78.0, 79.5, 79.9, 80.3, 80.0, 79.7, 79.8, 78.4, 75.6, 78.5, 77.0])
    X = np.array(points, dtype=float)
    found = analyse([Factor("x1"), Factor("x2")], {"x1": X[:, 0], "x2": X[:, 1]}, y)
    assert found.model == "quadratic"
    assert {one.label: round(one.coefficient, 2) for one in found.estimates} == {
        "intercept": 79.94, "x1": 0.99, "x2": 0.52, "x1*x2": 0.25, "x1^2": -1.38, "x2^2": -1.00}  # fmt: skip
    lines = of(found.variance)
    assert (lines["residual"].df, lines["residual"].squares) == (7, pytest.approx(0.50, abs=0.005))
    assert (lines["pure error"].df, lines["pure error"].squares) == (4, pytest.approx(0.21, abs=0.005))
    assert found.lack_of_fit.f == pytest.approx(1.78, abs=0.02)
    assert found.r2 == pytest.approx(0.983, abs=0.001)


def test_a_mixture_is_the_printed_one():
    # Cornell 2002, Experiments with Mixtures, table 2.3: elongation of yarn, pure error 6.56 with 9 degrees of freedom
    runs = {(1, 0, 0): [11.0, 12.4], (0.5, 0.5, 0): [15.0, 14.8, 16.1], (0, 1, 0): [8.8, 10.0],
            (0, 0.5, 0.5): [10.0, 9.7, 11.8], (0, 0, 1): [16.8, 16.0], (0.5, 0, 0.5): [17.7, 16.4, 16.6]}  # fmt: skip
    X = np.array([blend for blend, found in runs.items() for _ in found], dtype=float)
    y = np.array([value for found in runs.values() for value in found])
    factors = [Factor(name, 0, 1, total=1.0) for name in "abc"]
    found = analyse(factors, {name: X[:, i] for i, name in enumerate("abc")}, y, model="interactions")
    assert {one.label: round(one.coefficient, 2) for one in found.estimates} == {
        "a": 11.7, "b": 9.4, "c": 16.4, "a*b": 19.0, "a*c": 11.4, "b*c": -9.6}  # fmt: skip
    assert found.noise**2 * found.df == pytest.approx(6.56)
    assert found.df == 9
    assert found.lack_of_fit is None  # as many blends as coefficients
    (blend,) = [one for one in found.estimates if one.label == "a*b"]
    assert blend.error == pytest.approx(2.61, abs=0.01)
    assert next(one for one in found.estimates if one.label == "a").p is None
