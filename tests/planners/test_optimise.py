"""The search: rows at the top of a score, also where many parameters must be right at once."""

import numpy as np
import pytest

from zosimos.core.constraints import Linear
from zosimos.core.parameters import Continuous
from zosimos.core.predicate import Predicate
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.acquisition import optimise as search
from zosimos.planners.acquisition.optimise import maximise

NAMES = tuple(f"x{i:02d}" for i in range(40))
BOX = SearchSpace(tuple(Continuous(name, 0.0, 2.0) for name in NAMES))
PEAK = np.linspace(0.0, 1.9, len(NAMES))


def score(rows):
    X = np.array([[row[name] for name in NAMES] for row in rows])
    return -((X - PEAK) ** 2).sum(axis=1)


@pytest.mark.slow
def test_many_free_ranges_are_all_brought_to_the_top(monkeypatch):
    row, value = maximise(score, BOX, [], frozenset(), 1)
    assert value == pytest.approx(0.0, abs=1e-4)
    assert value == pytest.approx(float(score([row])[0]))
    monkeypatch.setattr(search, "_MANY", 100)
    assert maximise(score, BOX, [], frozenset(), 1)[1] < -0.5  # moves alone do not get there


@pytest.mark.slow
def test_the_same_seed_finds_the_same_row():
    assert maximise(score, BOX, [], frozenset(), 3) == maximise(score, BOX, [], frozenset(), 3)


@pytest.mark.slow
def test_a_row_that_is_taken_is_not_returned_again():
    row, _ = maximise(score, BOX, [], frozenset(), 1)
    again, _ = maximise(score, BOX, [row], frozenset({row_key(row)}), 1)
    assert row_key(again) != row_key(row)


def test_where_the_score_is_no_number_nothing_is_followed():
    row, value = maximise(lambda rows: np.full(len(rows), -np.inf), BOX, [], frozenset(), 1)
    assert value == -np.inf
    assert not BOX.problems(row)


def test_constraints_hold_however_many_parameters_there_are():
    space = SearchSpace(BOX.parameters, constraints=(Linear({NAMES[0]: 1.0, NAMES[-1]: 1.0}, low=0.0, high=1.0),))
    row, _ = maximise(score, space, [], frozenset(), 1)
    assert not space.problems(row)


@pytest.mark.slow
def test_functions_that_leave_some_rows_out_do_not_keep_the_others_from_the_top():
    def within(limit):
        test = Predicate("what is left", (NAMES[-1],), lambda columns: columns[NAMES[-1]] <= limit)
        return SearchSpace(BOX.parameters, constraints=(test,))

    row, value = maximise(score, within(1.95), [], frozenset(), 1)
    assert value == pytest.approx(0.0, abs=1e-4)
    row, value = maximise(score, within(1.0), [], frozenset(), 1)  # the slope leads to what is not allowed
    assert not within(1.0).problems(row)
    assert row[NAMES[-1]] <= 1.0
