"""Splits share no row, keep groups whole, and say by name which rows leak."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.errors import DataError
from zosimos.surrogates.calibration.splits import (
    Split,
    check_leakage,
    distance_clusters,
    group_holdout,
    holdout,
    leave_one_group_out,
    over_splits,
    redundancy_groups,
    repeated_folds,
)

SEED = st.integers(0, 2**32)


@given(st.integers(5, 80), SEED)
def test_five_folds_twice_test_every_row_twice(n, seed):
    splits = repeated_folds(n, seed=seed)
    assert len(splits) == 10
    assert sorted(row for split in splits for row in split.test) == sorted(2 * list(range(n)))
    assert all(sorted((*split.train, *split.test)) == list(range(n)) for split in splits)
    assert splits == repeated_folds(n, seed=seed)


@given(st.integers(2, 200), st.floats(0.05, 0.95), SEED)
def test_a_holdout_keeps_its_share(n, share, seed):
    split = holdout(n, seed=seed, share=share)
    assert sorted((*split.train, *split.test)) == list(range(n))
    assert abs(len(split.test) - share * n) <= 1
    assert len(holdout(100, seed=seed).test) == 30


def test_other_seeds_give_other_splits():
    assert holdout(50, seed=1) != holdout(50, seed=2)
    assert repeated_folds(50, seed=1) != repeated_folds(50, seed=2)


def test_each_family_is_left_out_once():
    families = ["oxide", "halide", "oxide", "sulfide", "halide"]
    found = leave_one_group_out(families)
    assert list(found) == ["oxide", "halide", "sulfide"]
    assert found["halide"] == Split((0, 2, 3), (1, 4))


@given(st.lists(st.integers(0, 5), min_size=2, max_size=40).filter(lambda g: len(set(g)) > 1), SEED)
def test_groups_stay_whole(groups, seed):
    split = group_holdout(groups, seed=seed)
    assert not {groups[row] for row in split.train} & {groups[row] for row in split.test}
    assert len(split.train) + len(split.test) == len(groups)


@settings(deadline=None, max_examples=30)
@given(st.integers(4, 40), st.floats(0.01, 0.3), SEED)
def test_rows_of_different_redundancy_groups_are_further_apart_than_the_radius(n, radius, seed):
    X = np.random.default_rng(seed).uniform(0, 1, (n, 2))
    groups = np.array(redundancy_groups(X, radius))
    scaled = (X - X.min(0)) / np.ptp(X, axis=0) / np.sqrt(2)
    apart = np.linalg.norm(scaled[:, None] - scaled, axis=-1)
    assert (apart[groups[:, None] != groups] > radius).all()
    for group in set(groups):  # a chain: no member is alone in its group
        member = np.flatnonzero(groups == group)
        inside = apart[np.ix_(member, member)] + 9 * np.eye(len(member))
        assert len(member) == 1 or (inside.min(axis=1) <= radius).all()


def test_a_random_split_of_near_copies_flatters_and_a_split_by_groups_does_not():
    rng = np.random.default_rng(0)
    centres = rng.uniform(0, 1, (20, 3))
    X = np.repeat(centres, 6, axis=0) + 1e-4 * rng.normal(size=(120, 3))
    y = np.repeat(rng.normal(size=20), 6)

    def error(split):
        train, test = np.array(split.train), np.array(split.test)
        nearest = np.linalg.norm(X[test][:, None] - X[train], axis=-1).argmin(axis=1)
        return np.abs(y[train][nearest] - y[test]).mean()

    groups = redundancy_groups(X, 0.01)
    assert len(set(groups)) == 20
    honest = over_splits([group_holdout(groups, seed=seed) for seed in range(10)], error)
    flattered = over_splits(repeated_folds(120, seed=0), error)
    assert flattered.mean < 0.05 < 0.5 < honest.mean
    assert honest.sd == pytest.approx(np.std(honest.scores, ddof=1))
    with pytest.raises(DataError, match="leaks"):
        check_leakage(X, holdout(120, seed=0))
    check_leakage(X, group_holdout(groups, seed=0))


def test_distance_clusters_are_compact_and_make_a_split_out_of_distribution():
    rng = np.random.default_rng(1)
    X = np.concatenate([rng.normal(size=(15, 2)) * 0.05 + centre for centre in ([0, 0], [1, 0], [0, 1])])
    clusters = distance_clusters(X, 3)
    assert [len(set(clusters[start : start + 15])) for start in (0, 15, 30)] == [1, 1, 1]
    assert len(set(clusters)) == 3
    assert set(distance_clusters(np.ones((5, 2)), 3)) == {0}


def test_copies_across_a_split_are_named():
    X = np.array([[0.0, 1.0], [0.5, 2.0], [1.0, 3.0], [0.5, 2.0], [1.0, 3.0001]])
    with pytest.raises(DataError, match="1 and 3, 2 and 4") as error:
        check_leakage(X, Split((0, 1, 2), (3, 4)))
    assert error.value.value == 2
    check_leakage(X, Split((0, 1, 3), (2, 4)))
    with pytest.raises(DataError, match="and 4 more pairs"):
        check_leakage(np.ones((6, 1)), Split((0, 1, 2), (3, 4, 5)))


def test_units_do_not_hide_a_leak():
    X = np.array([[1e-9, 300.0], [2e-9, 400.0], [1e-9, 300.0]])
    with pytest.raises(DataError, match="0 and 2"):
        check_leakage(X, Split((0, 1), (2,)))
    check_leakage(X, Split((0, 2), (1,)))


def test_what_cannot_be_split_is_refused():
    with pytest.raises(DataError, match="folds"):
        repeated_folds(3, seed=0)
    with pytest.raises(DataError, match="one row"):
        holdout(1, seed=0)
    with pytest.raises(DataError, match="one group"):
        leave_one_group_out(["a", "a"])
    with pytest.raises(ValueError, match="share"):
        holdout(10, seed=0, share=1.0)
    with pytest.raises(ValueError, match="both sides"):
        Split((0, 1), (1,))
    with pytest.raises(ValueError, match="need a row"):
        Split((0, 1), ())
    with pytest.raises(ValueError, match="split"):
        over_splits([], lambda _: 0.0)


def test_splits_and_scores_are_json():
    assert json.loads(json.dumps(Split((0,), (1,)).as_json())) == {"train": [0], "test": [1]}
    assert json.loads(json.dumps(over_splits([Split((0,), (1,))], lambda _: 2).as_json()))["sd"] == 0
