"""Designs in real spaces: steps, levels, logarithms, choices, mixtures with bounds, blocks and the order of runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.constraints import Linear, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.design import make_design, planned_runs
from zosimos.planners.designs.request import KINDS, DesignRequest

BASE = Categorical("base", ("KOH", "NaOH"))
PROCESS = ["full-factorial", "fractional-factorial", "plackett-burman", "central-composite", "box-behnken",
           "latin-hypercube", "d-optimal", "i-optimal"]  # fmt: skip


@st.composite
def spaces(draw):
    parameters = []
    for name in "abcd"[: draw(st.integers(3, 4))]:
        low = draw(st.sampled_from([-3.0, 0.1, 7.0, 120.0]))
        width = draw(st.sampled_from([1.0, 2.5, 40.0]))
        kind = draw(st.sampled_from(["free", "step", "log", "whole"]))
        if kind == "whole":
            parameters.append(Integer(name, 0, draw(st.integers(4, 90)) * 2))
        elif kind == "log" and low > 0:
            parameters.append(Continuous(name, low, low + width, log=True))
        else:
            parameters.append(Continuous(name, low, low + width, step=width / 100 if kind == "step" else None))
    return SearchSpace(tuple(parameters))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(spaces(), st.sampled_from(PROCESS[:-1]), st.integers(0, 2**32))
def test_every_row_of_every_design_is_allowed(space, kind, seed):
    settings_ = {"model": "linear"} if kind == "d-optimal" else {}
    made = make_design(space, DesignRequest(kind, centre=1, **settings_), seed)
    assert not [problem for row in made.rows for problem in space.problems(row.values)]
    assert sorted(row.standard for row in made.rows) == [row.run for row in made.rows]
    assert made == make_design(space, made.request, seed)
    assert len(made.rows) == planned_runs(space, made.request)


def test_a_logarithmic_parameter_has_its_middle_at_the_geometric_mean():
    space = SearchSpace((Continuous("c", 0.01, 1.0, log=True), Continuous("T", 20, 80)))
    made = make_design(space, DesignRequest("full-factorial", centre=1), 1)
    (centre,) = [row for row in made.rows if row.point == "centre point"]
    assert centre.values == {"c": pytest.approx(0.1), "T": 50.0}


def test_mixed_levels_and_choices_make_all_combinations():
    space = SearchSpace((Continuous("T", 20, 80), Discrete("pH", (2, 4, 7)), Categorical("s", ("a", "b", "c"))))
    made = make_design(space, DesignRequest("full-factorial", levels={"T": 3, "pH": 2}), 1)
    assert len({tuple(row.values.values()) for row in made.rows}) == 3 * 2 * 3
    with pytest.raises(SpecError, match="s is no parameter with numbers"):
        make_design(space, DesignRequest("full-factorial", levels={"s": 3}), 1)


def test_two_choices_are_a_factor_of_two_levels_and_take_turns_at_centre_points():
    space = SearchSpace((Continuous("T", 20, 80), Continuous("t", 1, 2), BASE))
    made = make_design(space, DesignRequest("plackett-burman", runs=12, centre=4), 1)
    centres = [row.values["base"] for row in made.rows if row.point == "centre point"]
    assert sorted(centres) == ["KOH", "KOH", "NaOH", "NaOH"]


@pytest.mark.parametrize("kind", ["central-composite", "box-behnken"])
def test_designs_of_numbers_refuse_choices_and_name_those_that_take_them(kind):
    with pytest.raises(SpecError, match="2 choices of base") as caught:
        make_design(SearchSpace((Continuous("T", 0, 1), Continuous("t", 0, 1), BASE)), DesignRequest(kind), 1)
    assert "d-optimal" in caught.value.hint


@pytest.mark.parametrize("kind", [kind for kind in PROCESS if "optimal" not in kind])
def test_designs_of_free_factors_refuse_mixtures(kind):
    space = SearchSpace(tuple(Continuous(n, 0, 1) for n in "abc"), (Simplex(tuple("abc")),))
    with pytest.raises(SpecError, match="part of a mixture"):
        make_design(space, DesignRequest(kind), 1)


@pytest.mark.parametrize("kind", ["simplex-lattice", "simplex-centroid"])
def test_mixture_designs_lie_between_least_amounts_and_sum_to_the_total_on_their_steps(kind):
    parts = (Continuous("a", 10, 80, step=0.5), Continuous("b", 20, 90, step=0.5), Continuous("c", 0, 70, step=0.5))
    space = SearchSpace(parts, (Simplex(("a", "b", "c"), 100.0),))
    made = make_design(space, DesignRequest(kind, degree=3), 1)
    assert not [problem for row in made.rows for problem in space.problems(row.values)]
    assert "pseudo-components" in made.notes[0]
    assert {row.values["a"] for row in made.rows} >= {10.0, 80.0}


def test_a_mixture_that_an_upper_bound_cuts_needs_extreme_vertices():
    space = SearchSpace(tuple(Continuous(n, 0, 0.7) for n in "abc"), (Simplex(tuple("abc")),))
    with pytest.raises(SpecError, match="a stops before") as caught:
        make_design(space, DesignRequest("simplex-lattice"), 1)
    assert "extreme-vertices" in caught.value.hint
    made = make_design(space, DesignRequest("extreme-vertices"), 1)
    assert not [problem for row in made.rows for problem in space.problems(row.values)]


def test_extreme_vertices_keep_linear_constraints_between_parts():
    parts = tuple(Continuous(n, 0, 1) for n in "abc")
    space = SearchSpace(parts, (Simplex(tuple("abc")), Linear({"a": 1, "b": -2}, low=0)))
    made = make_design(space, DesignRequest("extreme-vertices", degree=1, centre=0), 1)
    corners = {tuple(np.round(list(row.values.values()), 4)) for row in made.rows}
    assert corners == {(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.6667, 0.3333, 0.0)}


@pytest.mark.slow
def test_a_latin_hypercube_uses_each_strip_once_and_keeps_its_points_apart():
    space = SearchSpace((Continuous("a", 0, 10), Continuous("b", 0, 10)))
    made = make_design(space, DesignRequest("latin-hypercube", runs=10), 1)
    X = np.array([list(row.values.values()) for row in made.rows])
    assert all(sorted(np.floor(column)) == list(range(10)) for column in X.T)
    apart = np.linalg.norm(X[:, None] - X[None, :], axis=2)[np.triu_indices(10, 1)]
    rng = np.random.default_rng(0)
    drawn = [np.column_stack([rng.permutation(10), rng.permutation(10)]) for _ in range(100)]
    others = [np.linalg.norm(d[:, None] - d[None, :], axis=2)[np.triu_indices(10, 1)].min() for d in drawn]
    assert apart.min() >= max(others)


@pytest.mark.parametrize(
    ("kind", "k", "blocks"),
    [("full-factorial", 3, 2), ("full-factorial", 4, 4), ("box-behnken", 4, 3), ("box-behnken", 5, 2)],
)
def test_designs_that_can_be_blocked_orthogonally_are(kind, k, blocks):
    # Box and Behnken 1960: four factors in three blocks, five in two; factorials by their highest interactions
    space = SearchSpace(tuple(Continuous(n, -1, 1) for n in "abcde"[:k]))
    centre = {"box-behnken": 6}.get(kind, 0)
    made = make_design(space, DesignRequest(kind, blocks=blocks, centre=centre), 1)
    X = np.array([list(row.values.values()) for row in made.rows])
    block = np.array([row.block for row in made.rows])
    main = [X[block == b].sum(axis=0) for b in range(1, blocks + 1)]
    assert np.allclose(main, 0)
    if kind == "box-behnken":
        squares = [(X[block == b] ** 2).mean(axis=0) for b in range(1, blocks + 1)]
        assert np.allclose(squares, squares[0])
        assert made.notes[-1] == "differences between blocks do not touch the terms of the model"


def test_the_axial_points_of_a_composite_are_a_block_of_their_own():
    space = SearchSpace(tuple(Continuous(n, -1, 1) for n in "abc"))
    made = make_design(space, DesignRequest("central-composite", blocks=3, centre=6), 1)
    kinds = {b: {row.point for row in made.rows if row.block == b} for b in (1, 2, 3)}
    assert kinds[1] == kinds[2] == {"corner point", "centre point"}
    assert kinds[3] == {"axial point", "centre point"}


def test_without_a_draw_the_runs_stand_in_standard_order():
    space = SearchSpace((Continuous("a", 0, 1), Continuous("b", 0, 1)))
    made = make_design(space, DesignRequest("full-factorial", randomise=False), 1)
    assert [row.standard for row in made.rows] == [1, 2, 3, 4]


def test_too_many_combinations_are_refused_before_they_are_made():
    space = SearchSpace(tuple(Continuous(f"x{i}", 0, 1) for i in range(40)))
    with pytest.raises(SpecError, match="experiments"):
        make_design(space, DesignRequest("full-factorial"), 1)
    with pytest.raises(SpecError, match=r"40 factors"):
        make_design(space, DesignRequest("plackett-burman"), 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_is(kind):
    names = tuple("abc")
    mixed = kind in ("simplex-lattice", "simplex-centroid", "extreme-vertices")
    space = SearchSpace(tuple(Continuous(n, 0, 1) for n in names), (Simplex(names),) if mixed else ())
    made = make_design(space, DesignRequest(kind), 1)
    assert f"{len(made.rows)} experiments" in made.summary()
    assert made.reason(made.rows[4 if len(made.rows) > 4 else 0]).startswith("row ")


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.sampled_from([0.5, 1.0, 2.5]), st.sampled_from([0.7, 1.3, 2.0]), st.integers(35, 70))
def test_corners_that_lie_between_steps_become_the_nearest_allowed_blends(step, ratio, most):
    parts = (
        Continuous("water", 10, 80, step=step),
        Continuous("ethanol", 10, 60, step=step),
        Continuous("glycerol", 5, most, step=step),
    )
    limits = (Simplex(("water", "ethanol", "glycerol"), 100.0), Linear({"ethanol": 1, "water": -ratio}, high=0))
    space = SearchSpace(parts, limits)
    made = make_design(space, DesignRequest("extreme-vertices", centre=2), 1)
    assert not [problem for row in made.rows for problem in space.problems(row.values)]
    free = SearchSpace(tuple(Continuous(p.name, p.low, p.high) for p in parts), limits)
    exact = make_design(free, DesignRequest("extreme-vertices", centre=2), 1)
    for one, two in zip(made.rows, exact.rows, strict=True):
        assert all(abs(one.values[name] - two.values[name]) <= 4 * step for name in one.values)


@pytest.mark.parametrize("levels", [3, {"a": 3}])
def test_as_many_levels_as_a_number_has_are_its_own(levels):
    space = SearchSpace((Discrete("a", (1.0, 2.0, 10.0)), Integer("n", 1, 3)))
    made = make_design(space, DesignRequest("full-factorial", levels=levels), seed=1)
    assert {row.values["a"] for row in made.rows} == {1.0, 2.0, 10.0}
    assert {row.values["n"] for row in made.rows} == ({1, 2, 3} if levels == 3 else {1, 3})


def test_parts_whose_least_amounts_exceed_the_total_are_named():
    parts = (Continuous("a", 0, 1), Continuous("b", 0, 1), Continuous("T", 20, 80))
    with pytest.raises(SpecError, match="least amounts of a, b, T sum to 20") as refused:
        make_design(SearchSpace(parts, (Simplex(("a", "b", "T")),)), DesignRequest("simplex-centroid"), seed=1)
    assert refused.value.allowed == "less than the total, 1"


def test_numbers_of_two_values_take_turns_at_centre_points_as_choices_do():
    space = SearchSpace((Continuous("T", 20, 80), Discrete("pH", (4.0, 9.0)), BASE))
    made = make_design(space, DesignRequest("full-factorial", centre=4), seed=1)
    centre = [row.values for row in made.rows if row.point == "centre point"]
    assert {row["T"] for row in centre} == {50.0}
    assert len({(row["pH"], row["base"]) for row in centre}) == 4
    with pytest.raises(SpecError, match="no middle"):
        make_design(SearchSpace((Discrete("pH", (4.0, 9.0)), BASE)), DesignRequest("full-factorial", centre=1), seed=1)
