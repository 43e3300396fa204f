"""Optimal designs: as good as many searches, inside what is allowed, and determined by what they were asked."""

import numpy as np
import pytest

from zosimos.core.constraints import Condition, Linear, Nested, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Categorical, Continuous, Discrete, Integer
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.design import make_design, planned_runs
from zosimos.planners.designs.exchange import efficiency
from zosimos.planners.designs.region import candidate_rows
from zosimos.planners.designs.request import DesignRequest
from zosimos.surrogates.linear.terms import factors_of, matrix, terms_of


def numbers(names="abc", low=-1.0, high=1.0):
    return tuple(Continuous(name, low, high) for name in names)


CUT = SearchSpace(numbers(), (Linear({"a": 1, "b": 1}, high=0.5), Linear({"b": 1, "c": -1}, low=-1)))
BLEND = SearchSpace(
    (Continuous("a", 0.2, 0.6), Continuous("b", 0.1, 0.5), Continuous("c", 0.1, 0.7)), (Simplex(tuple("abc")),)
)
MIXED = SearchSpace((*numbers("ab"), Discrete("pH", (3, 5, 7)), Categorical("base", ("KOH", "NaOH", "CsOH"))))
BALL = SearchSpace(numbers(), (Condition(Expression("a*a + b*b + c*c <= 1")),))


def columns(space, rows, model):
    factors = factors_of(space)
    return matrix(factors, terms_of(factors, model), space.columns(rows)).X


def plain_exchange(X, n, rng):
    """One random start of a plain exchange: each chosen row in turn for the candidate that is best."""
    chosen = rng.integers(len(X), size=n)
    value = -np.inf
    while True:
        for place in range(n):
            rest = np.delete(chosen, place)
            information = X[rest].T @ X[rest] + 1e-9 * np.eye(X.shape[1])
            chosen[place] = int(np.einsum("ij,jk,ik->i", X, np.linalg.inv(information), X).argmax())
        now = np.linalg.slogdet(X[chosen].T @ X[chosen] + 1e-12 * np.eye(X.shape[1]))[1]
        if now <= value + 1e-9:
            return chosen
        value = now


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "model", "runs"),
    [(CUT, "quadratic", 12), (BLEND, "quadratic", 8), (MIXED, "quadratic", 20), (BALL, "quadratic", 14),
     (SearchSpace(numbers("abcdef")), "interactions", 24)],
    ids=["cut", "blend", "mixed", "ball", "six"],
)  # fmt: skip
def test_a_d_optimal_design_is_at_least_as_efficient_as_the_best_of_fifty_searches(space, model, runs):
    made = make_design(space, DesignRequest("d-optimal", runs=runs, model=model), seed=4)
    ours = efficiency(columns(space, [row.values for row in made.rows], model))
    levels = 3 if model == "quadratic" else 2
    X = columns(space, candidate_rows(space, factors_of(space), levels, derive_seed(4, "design", "points")), model)
    rng = np.random.default_rng(7)
    theirs = max(efficiency(X[plain_exchange(X, runs, rng)]) for _ in range(50))
    assert ours >= theirs * (1 - 1e-6)


@pytest.mark.slow
def test_of_two_levels_and_enough_runs_it_is_the_factorial():
    made = make_design(SearchSpace(numbers()), DesignRequest("d-optimal", runs=8, model="interactions"), seed=1)
    assert efficiency(
        columns(SearchSpace(numbers()), [row.values for row in made.rows], "interactions")
    ) == pytest.approx(100)


@pytest.mark.slow
@pytest.mark.parametrize("space", [CUT, BLEND, MIXED, BALL], ids=["cut", "blend", "mixed", "ball"])
@pytest.mark.parametrize("kind", ["d-optimal", "i-optimal"])
def test_its_rows_are_allowed_and_determine_the_model(space, kind):
    made = make_design(space, DesignRequest(kind, centre=1, blocks=2), seed=3)
    rows = [row.values for row in made.rows]
    assert not [problem for row in rows for problem in space.problems(row)]
    X = columns(space, rows, "quadratic")
    assert np.linalg.matrix_rank(X) == X.shape[1]
    assert len(rows) == planned_runs(space, made.request)
    assert sorted({row.block for row in made.rows}) == [1, 2]


@pytest.mark.slow
def test_an_i_optimal_design_predicts_better_on_average_than_a_d_optimal_one():
    space = SearchSpace(numbers("ab"))
    everywhere = columns(space, candidate_rows(space, factors_of(space), 3, seed=0), "quadratic")

    def variance(kind):
        rows = [row.values for row in make_design(space, DesignRequest(kind, runs=10), seed=1).rows]
        X = columns(space, rows, "quadratic")
        return np.einsum("ij,jk,ik->i", everywhere, np.linalg.inv(X.T @ X), everywhere).mean()

    assert variance("i-optimal") < variance("d-optimal")


def test_only_rows_of_a_table_are_chosen():
    rows = [{"a": a, "b": b} for a in (-1.0, 0.3, 1.0) for b in (-1.0, -0.2, 0.9)]
    space = SearchSpace(numbers("ab"), pool=rows)
    made = make_design(space, DesignRequest("d-optimal", model="interactions"), seed=1)
    assert all(dict(row.values) in rows for row in made.rows)


def test_a_model_that_the_region_does_not_determine_is_refused():
    space = SearchSpace(numbers("ab"), (Linear({"a": 1.0, "b": -1.0}, 0.0, 0.0),))
    with pytest.raises(SpecError, match="cannot tell the terms"):
        make_design(space, DesignRequest("d-optimal"), seed=1)


@pytest.mark.slow
def test_a_number_of_two_values_has_no_square_in_a_quadratic_model():
    space = SearchSpace((Integer("n", 0, 1), *numbers("a")))
    made = make_design(space, DesignRequest("d-optimal", runs=9), seed=1)
    assert made.notes[0].startswith("quadratic model, 5 coefficients")
    assert {row.values["n"] for row in made.rows} == {0, 1}


@pytest.mark.slow
def test_no_efficiency_is_said_of_a_mixture_which_has_no_orthogonal_design():
    space = SearchSpace(tuple(Continuous(name, 0, 1) for name in "abc"), (Simplex(("a", "b", "c")),))
    assert make_design(space, DesignRequest("d-optimal"), seed=1).notes == ("quadratic model, 6 coefficients",)


@pytest.mark.slow
def test_a_mixture_of_many_parts_has_an_optimal_design_from_some_of_its_corners():
    names = tuple(f"x{i}" for i in range(12))
    space = SearchSpace(tuple(Continuous(name, 0, 0.5) for name in names), (Simplex(names),))
    made = make_design(space, DesignRequest("d-optimal", model="linear"), seed=1)
    assert not [problem for row in made.rows for problem in space.problems(row.values)]
    with pytest.raises(SpecError, match="too many corners"):
        make_design(space, DesignRequest("extreme-vertices"), seed=1)


def test_a_model_that_would_take_minutes_to_find_a_design_for_is_refused():
    space = SearchSpace(numbers("abcdefghijklmnopqrst"))
    with pytest.raises(SpecError, match="231 coefficients"):
        planned_runs(space, DesignRequest("d-optimal"))
    assert planned_runs(space, DesignRequest("d-optimal", model="linear")) == 25


def test_a_parameter_that_counts_under_conditions_is_at_its_default_elsewhere():
    nested = Nested("hold", {"mode": ("hot",)}, 0.0)
    space = SearchSpace((Categorical("mode", ("hot", "cold")), Continuous("hold", 0, 60), *numbers("a")), (nested,))
    made = make_design(space, DesignRequest("d-optimal", model="linear", runs=8), seed=1)
    assert {row.values["hold"] for row in made.rows if row.values["mode"] == "cold"} == {0.0}
    assert {row.values["hold"] for row in made.rows if row.values["mode"] == "hot"} > {0.0}
