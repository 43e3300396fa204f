"""Conditions of the day: not chosen, the same for every candidate, seen by models, and never a reason to refuse."""

from typing import Any

import numpy as np
import pytest

from zosimos.core.constraints import Condition, Simplex
from zosimos.core.errors import DataError, SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.space import SearchSpace

X = Continuous("x", 0.0, 1.0)
HUMIDITY = Continuous("humidity", 20.0, 60.0, "%", role="context")
WHO = Categorical("who", ("ann", "bob", "eve"), role="context")
SPACE = SearchSpace((X, HUMIDITY, WHO), (Condition(Expression("x <= 0.5 or humidity < 50")),))


def test_conditions_begin_in_the_middle_and_follow_what_was_found() -> None:
    assert dict(SPACE.current) == {"humidity": 40.0, "who": "bob"}
    assert dict(SPACE.at({"humidity": 55.0, "x": 0.3}).current) == {"humidity": 55.0, "who": "bob"}
    assert SPACE.at({"x": 0.3}) is SPACE
    assert [p.name for p in SPACE.controlled] == ["x"]
    assert [p.name for p in SPACE.contextual] == ["humidity", "who"]


def test_models_see_the_conditions() -> None:
    rows = [{"x": 0.5, "humidity": 20.0, "who": "ann"}, {"x": 0.5, "humidity": 70.0, "who": "eve"}]
    assert SPACE.features(rows).tolist() == [[0.5, 0.0, 1.0, 0.0, 0.0], [0.5, 1.25, 0.0, 0.0, 1.0]]


def test_a_condition_beyond_its_range_is_no_problem_but_an_unknown_choice_is() -> None:
    assert SPACE.problems({"x": 0.4, "humidity": 99.0, "who": "ann"}) == []
    assert SPACE.problems({"x": 0.4, "humidity": 40.0, "who": "joe"}) == ["who: 'joe' is not one of ann, bob, eve"]
    assert SPACE.problems({"x": 0.4, "humidity": float("nan"), "who": "ann"})
    assert SPACE.problems({"x": 0.9, "humidity": 55.0, "who": "ann"}) == ["breaks x <= 0.5 or humidity < 50"]


def test_every_candidate_of_a_pool_is_under_the_current_conditions() -> None:
    pool = [{"x": i / 10} for i in range(11)]
    space = SearchSpace(SPACE.parameters, SPACE.constraints, pool)
    assert len(space.candidates) == 11
    humid = space.at({"humidity": 58.0, "who": "eve"})
    assert len(humid.candidates) == 6
    assert humid.candidates[1] == {"x": 0.1, "humidity": 58.0, "who": "eve"}
    assert humid.features(humid.candidates)[:, 1].tolist() == pytest.approx([0.95] * 6)
    assert np.array_equal(humid.features(humid.candidates), humid.features(list(humid.candidates)))
    assert humid.problems({"x": 0.1, "humidity": 21.0, "who": "ann"}) == []
    assert humid.candidates.find({"x": 0.1}) == 1


def test_a_small_grid_is_listed_under_the_current_conditions() -> None:
    space = SearchSpace((Categorical("s", ("u", "v")), HUMIDITY)).at({"humidity": 33.0})
    assert space.listed is not None
    assert list(space.listed) == [{"s": "u", "humidity": 33.0}, {"s": "v", "humidity": 33.0}]


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: SearchSpace((HUMIDITY,)), SpecError, "no parameter to choose"),
        (lambda: SPACE.at({"humidity": float("inf")}), SpecError, "current humidity is not a finite number"),
        (lambda: SPACE.at({"who": "joe"}), SpecError, "current who is not a choice"),
        (lambda: SearchSpace((X, HUMIDITY), pool=[{"x": 0.1, "humidity": 30.0}]), DataError, "unexpected 'humidity'"),
        (lambda: SearchSpace((X, HUMIDITY), (Simplex(("x", "humidity")),)), SpecError, "is not chosen"),
    ],
)
def test_conditions_where_they_do_not_belong_are_refused(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        make()
