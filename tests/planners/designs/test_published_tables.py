"""Designs against the tables that textbooks print."""

import itertools
import math

import numpy as np
import pytest

from zosimos.core.constraints import Simplex
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Continuous
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.design import Design, make_design
from zosimos.planners.designs.factorial import LETTERS, fraction
from zosimos.planners.designs.plackett_burman import RUNS, plackett_burman
from zosimos.planners.designs.request import DesignRequest


def cube(k):
    return SearchSpace(tuple(Continuous(name, -1, 1) for name in LETTERS[:k]))


def in_standard_order(design: Design):
    rows = sorted(design.rows, key=lambda row: row.standard)
    return np.array([list(row.values.values()) for row in rows])


def made(k, kind, **settings):
    return in_standard_order(make_design(cube(k), DesignRequest(kind, **settings), seed=1))


def of_signs(text):
    return np.array([[{"-": -1.0, "+": 1.0, "0": 0.0}[sign] for sign in line] for line in text.split()])


def same_rows(one, two):
    return sorted(map(tuple, np.round(one, 9).tolist())) == sorted(map(tuple, np.round(two, 9).tolist()))


# Box and Behnken 1960, Technometrics 2, 455, table 1; Montgomery 2013, table 11.8
BOX_BEHNKEN_3 = "--0 +-0 -+0 ++0 -0- +0- -0+ +0+ 0-- 0+- 0-+ 0++ 000 000 000"
BOX_BEHNKEN_4 = """
--00 +-00 -+00 ++00 00-- 00+- 00-+ 00++ -00- +00- -00+ +00+ 0--0 0+-0 0-+0 0++0 -0-0 +0-0 -0+0 +0+0 0-0- 0+0- 0-0+ 0+0+
0000 0000 0000"""
# Plackett and Burman 1946, Biometrika 33, 305: each run is the one before turned by one place, and all low at the end
PLACKETT_BURMAN_12 = """
++-+++---+- -++-+++---+ +-++-+++--- -+-++-+++-- --+-++-+++- ---+-++-+++ +---+-++-++ ++---+-++-+ +++---+-++- -+++---+-++
+-+++---+-+ -----------"""
PLACKETT_BURMAN_20 = "++--++++-+-+----++-"
# Montgomery 2013, table 8.14 and 8.16: 2^(5-2) with D = AB, E = AC; 2^(7-4) with D = AB, E = AC, F = BC, G = ABC
FIVE_IN_8 = "---++ +---- -+--+ ++-+- --++- +-+-+ -++-- +++++"
SEVEN_IN_8 = "---+++- +----++ -+--+-+ ++-+--- --++--+ +-+-+-- -++--+- +++++++"


@pytest.mark.parametrize(("k", "table"), [(3, BOX_BEHNKEN_3), (4, BOX_BEHNKEN_4)])
def test_box_behnken_designs_are_the_printed_ones(k, table):
    assert same_rows(made(k, "box-behnken"), of_signs(table))


@pytest.mark.parametrize(("k", "runs"), [(3, 15), (4, 27), (5, 46), (6, 54), (7, 62)])
def test_box_behnken_designs_have_the_printed_number_of_runs_and_are_balanced(k, runs):
    X = made(k, "box-behnken")
    assert len(X) == runs
    assert np.allclose(X.sum(axis=0), 0)
    assert np.allclose(X.T @ X, (X.T @ X)[0, 0] * np.eye(k))
    pairs = [X[:, a] ** 2 @ X[:, b] ** 2 for a, b in itertools.combinations(range(k), 2)]
    assert min(pairs) > 0  # each pair of factors varies together somewhere


def test_plackett_burman_12_is_the_printed_one():
    assert np.array_equal(made(11, "plackett-burman"), of_signs(PLACKETT_BURMAN_12))


def test_plackett_burman_20_begins_with_the_printed_row_and_turns_it():
    X = made(19, "plackett-burman")
    first = of_signs(PLACKETT_BURMAN_20)[0]
    assert np.array_equal(X[:19], [np.roll(first, turn) for turn in range(19)])
    assert np.array_equal(X[19], -np.ones(19))


@pytest.mark.parametrize("n", RUNS)
def test_columns_of_every_plackett_burman_design_are_orthogonal_and_balanced(n):
    X = plackett_burman(n - 1, n)
    assert X.shape == (n, n - 1)
    assert np.array_equal(X.T @ X, n * np.eye(n - 1))
    assert np.array_equal(X.sum(axis=0), np.zeros(n - 1))
    assert set(np.unique(X)) == {-1.0, 1.0}


@pytest.mark.parametrize(("k", "resolution", "table"), [(5, 3, FIVE_IN_8), (7, 3, SEVEN_IN_8)])
def test_fractions_are_the_printed_ones_in_standard_order(k, resolution, table):
    assert np.array_equal(made(k, "fractional-factorial", resolution=resolution), of_signs(table))


# Montgomery 2013, table 8.14: resolution of the fractions of minimum aberration
RESOLUTIONS = {
    (3, 4): 3, (4, 8): 4, (5, 16): 5, (5, 8): 3, (6, 32): 6, (6, 16): 4, (6, 8): 3, (7, 64): 7, (7, 32): 4, (7, 16): 4,
    (7, 8): 3, (8, 64): 5, (8, 32): 4, (8, 16): 4, (9, 128): 6, (9, 64): 4, (9, 32): 4, (9, 16): 3, (10, 128): 5,
    (10, 64): 4, (10, 32): 4, (10, 16): 3, (11, 64): 4, (11, 32): 4, (11, 16): 3, (12, 16): 3, (13, 16): 3,
    (14, 16): 3, (15, 16): 3, (12, 32): 4, (15, 32): 4,
}  # fmt: skip


@pytest.mark.parametrize(("asked", "resolution"), RESOLUTIONS.items())
def test_fractions_have_the_printed_resolution_and_orthogonal_columns(asked, resolution):
    k, runs = asked
    found = fraction(k, runs=runs)
    assert found.resolution == resolution
    X = found.coded
    assert np.array_equal(X.T @ X, runs * np.eye(k))


@pytest.mark.parametrize(("k", "p"), [(5, 2), (6, 2), (6, 3), (7, 2), (7, 3), (7, 4), (8, 3), (8, 4)])
def test_no_other_generators_have_less_aberration(k, p):
    base = k - p
    words = [frozenset(w) for size in range(2, base + 1) for w in itertools.combinations(range(base), size)]
    kind = type(fraction(k, runs=2**base))
    best = min(kind(k, group, (1,) * p).pattern for group in itertools.combinations(words, p))
    assert fraction(k, runs=2**base).pattern == best


def test_the_aliases_of_a_quarter_fraction_are_the_printed_ones():
    # Montgomery 2013, table 8.9: 2^(6-2) with E = ABC, F = BCD
    groups = {
        frozenset("".join(LETTERS[i] for i in sorted(word)) for word, _ in group)
        for group in fraction(6, runs=16).aliases()
    }
    printed = ["AB CE", "AC BE", "AD EF", "AE BC DF", "AF DE", "BD CF", "BF CD"]
    assert groups == {frozenset(text.split()) for text in printed}


def test_a_generator_may_have_a_minus_sign_and_is_said_in_the_notes():
    design = make_design(cube(3), DesignRequest("fractional-factorial", generators=("C=-AB",)), seed=1)
    X = in_standard_order(design)
    assert np.array_equal(X[:, 2], -X[:, 0] * X[:, 1])
    assert "C = -AB" in design.notes[0]
    assert "cannot be told apart: A = -B*C" in design.notes


def test_generators_that_make_two_factors_one_are_refused():
    with pytest.raises(SpecError, match="D and E would always change together"):
        make_design(cube(5), DesignRequest("fractional-factorial", generators=("D=AB", "E=AB")), seed=1)


@pytest.mark.parametrize("text", ["E=AE", "A=BC", "D", "D=A", "D=AZ", "D=AAB"])
def test_a_generator_that_says_nothing_is_refused_with_an_example(text):
    with pytest.raises(SpecError, match="follows from others") as caught:
        fraction(4, generators=[text])
    assert "such as D=AB" in str(caught.value.allowed)


# Montgomery 2013, section 11.4: alpha of rotatable designs, and runs in the cube
@pytest.mark.parametrize(
    ("k", "corners", "alpha"), [(2, 4, math.sqrt(2)), (3, 8, 1.681793), (4, 16, 2.0), (5, 16, 2.0)]
)
def test_rotatable_composites_are_the_printed_ones(k, corners, alpha):
    X = made(k, "central-composite") * alpha
    assert len(X) == corners + 2 * k + {2: 5, 3: 6, 4: 7, 5: 6}[k]
    assert np.allclose(np.abs(X[:corners]), 1, atol=1e-6)
    axes = [sign * alpha * row for row in np.eye(k) for sign in (-1, 1)]
    assert same_rows(np.round(X[corners : corners + 2 * k], 5), np.round(axes, 5))
    assert not X[corners + 2 * k :].any()
    # rotatable: fourth moments are three times the mixed ones (Box and Hunter 1957)
    assert np.allclose((X**4).sum(axis=0), 3 * (X[:, 0] ** 2 @ X[:, 1] ** 2), rtol=1e-5)


def test_an_orthogonal_composite_has_uncorrelated_squares():
    X = made(3, "central-composite", alpha="orthogonal", centre=4)
    squares = X**2 - (X**2).mean(axis=0)
    assert np.allclose(squares.T @ squares, np.diag(np.diag(squares.T @ squares)), atol=1e-9)


def test_a_face_centred_composite_has_three_levels():
    assert set(np.unique(made(3, "central-composite", shape="face-centred"))) == {-1.0, 0.0, 1.0}


def test_a_circumscribed_composite_lies_beyond_the_ranges_only_where_that_is_allowed():
    request = DesignRequest("central-composite", shape="circumscribed")
    with pytest.raises(SpecError, match="beyond the ranges"):
        make_design(cube(2), request, seed=1)
    X = in_standard_order(make_design(cube(2), request, seed=1, beyond=True))
    assert np.abs(X).max() == pytest.approx(math.sqrt(2))


def mixture(q):
    names = tuple(LETTERS[:q])
    return SearchSpace(tuple(Continuous(name, 0, 1) for name in names), (Simplex(names),))


# Scheffé 1958; Cornell 2002, table 2.1: the {q, m} lattices
LATTICES = {
    (3, 2): "200 020 002 110 101 011",
    (3, 3): "300 030 003 210 120 201 102 021 012 111",
    (4, 2): "2000 0200 0020 0002 1100 1010 1001 0110 0101 0011",
}


@pytest.mark.parametrize(("asked", "table"), LATTICES.items())
def test_simplex_lattices_are_the_printed_ones(asked, table):
    q, m = asked
    X = in_standard_order(make_design(mixture(q), DesignRequest("simplex-lattice", degree=m), seed=1))
    assert same_rows(X, np.array([[int(digit) / m for digit in row] for row in table.split()]))


def test_a_simplex_centroid_has_all_even_blends():
    X = in_standard_order(make_design(mixture(4), DesignRequest("simplex-centroid"), seed=1))
    assert len(X) == 2**4 - 1
    assert np.allclose(X.sum(axis=1), 1)


def test_extreme_vertices_are_those_of_mclean_and_anderson():
    # McLean and Anderson 1966, Technometrics 8, 447: flares; 8 vertices
    bounds = {"A": (0.40, 0.60), "B": (0.10, 0.50), "C": (0.10, 0.50), "D": (0.03, 0.08)}
    space = SearchSpace(tuple(Continuous(n, *b) for n, b in bounds.items()), (Simplex(tuple(bounds)),))
    X = in_standard_order(make_design(space, DesignRequest("extreme-vertices", degree=1, centre=0), seed=1))
    printed = [
        (0.40, 0.10, 0.47, 0.03), (0.40, 0.10, 0.42, 0.08), (0.60, 0.10, 0.27, 0.03), (0.60, 0.10, 0.22, 0.08),
        (0.40, 0.47, 0.10, 0.03), (0.40, 0.42, 0.10, 0.08), (0.60, 0.27, 0.10, 0.03), (0.60, 0.22, 0.10, 0.08),
    ]  # fmt: skip
    assert same_rows(X, np.array(printed))
