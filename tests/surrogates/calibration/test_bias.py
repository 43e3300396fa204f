"""A family that is served worse is named; chance is not."""

import json

import numpy as np
import pytest

from zosimos.surrogates.calibration.bias import group_errors


def errors(worse=1.0, n=60, seed=0):
    rng = np.random.default_rng(seed)
    groups = [("oxide", "halide", "sulfide")[index % 3] for index in range(n)]
    sizes = rng.normal(size=n)
    return np.where(np.array(groups) == "halide", worse * sizes, sizes), groups


def test_a_family_that_is_consistently_worse_is_named():
    found = group_errors(*errors(worse=4), seed=1)
    assert [item.group for item in found] == ["oxide", "halide", "sulfide"]
    assert [item.worse for item in found] == [False, True, False]
    assert found[1].ratio == pytest.approx(4, rel=0.5)
    assert "halide: errors" in found[1].words


def test_the_direction_of_the_error_is_told():
    error, groups = errors()
    error[np.array(groups) == "oxide"] -= 5
    found = group_errors(error, groups, seed=1)[0]
    assert found.worse
    assert found.mean_signed < -4
    assert "too low" in found.words


def test_a_fair_model_is_rarely_accused():
    accused = [any(item.worse for item in group_errors(*errors(seed=s), seed=s, permutations=300)) for s in range(100)]
    assert sum(accused) <= 8


def test_a_family_of_few_rows_is_not_judged():
    error, groups = np.array([0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 9.0]), [*"aaaaaa", "b"]
    found = group_errors(error, groups, seed=1)
    assert (found[1].p, found[1].worse) == (1, False)
    assert found[1].ratio == pytest.approx(90)


def test_one_group_has_nobody_to_be_worse_than():
    found = group_errors([1.0] * 8, ["a"] * 8, seed=1)
    assert (found[0].ratio, found[0].worse) == (None, False)
    assert found[0].words == "a: not worse than the others"


def test_a_sure_but_small_difference_is_no_alarm():
    rng = np.random.default_rng(2)
    groups = [*"a" * 500, *"b" * 500]
    error = np.concatenate([1 + 0.05 * rng.normal(size=500), 1.1 + 0.05 * rng.normal(size=500)])
    found = group_errors(error, groups, seed=1, permutations=200)[1]
    assert found.p < 0.05
    assert not found.worse


def test_the_same_seed_gives_the_same_findings():
    assert group_errors(*errors(2), seed=3) == group_errors(*errors(2), seed=3)
    assert json.loads(json.dumps(group_errors(*errors(2), seed=3)[0].as_json()))["group"] == "oxide"


def test_errors_and_groups_must_match():
    with pytest.raises(ValueError, match="2 finite numbers"):
        group_errors([1.0], ["a", "b"], seed=0)
    with pytest.raises(ValueError, match="at least one"):
        group_errors([], [], seed=0)
