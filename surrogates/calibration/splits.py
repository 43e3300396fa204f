"""Honest splits: rows to train on and rows to test with that know nothing of each other.

A random split flatters a model whose data hold many rows that are nearly alike (Li et al. 2023, "MD-HIT: Machine
learning for materials property prediction with dataset redundancy control", arXiv 2307.04351); groups keep such rows
together. A split that tests with what it trained on can be refused, by the names of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.core.errors import DataError
from zosimos.surrogates.calibration.checks import finite_table

_NEAR = 1e-3  # of each column's range: rows closer than this in every column count as the same
_SHOWN = 5  # pairs of rows that an error names
_CELLS = 4_000_000  # of a distance table at once


@dataclass(frozen=True)
class Split:
    """Indices of the rows to train on and of those to test with.

    Raises:
        ValueError: one side is empty, or a row is on both.
    """

    train: tuple[int, ...]
    test: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.train or not self.test:
            raise ValueError("both sides of a split need a row")
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise ValueError(f"rows on both sides of a split: {both[:_SHOWN]}")

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"train": list(self.train), "test": list(self.test)}


@dataclass(frozen=True)
class Repeated:
    """Scores over several splits: mean and standard deviation between them (0 of one)."""

    mean: float
    sd: float
    scores: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self) | {"scores": list(self.scores)}


def repeated_folds(n: int, *, seed: int, folds: int = 5, repeats: int = 2) -> list[Split]:
    """Return ``folds * repeats`` splits of ``n`` rows; in each repeat every row is tested once.

    Raises:
        DataError: there are fewer rows than folds.
        ValueError: fewer than two folds or one repeat are asked for.
    """
    if folds < 2 or repeats < 1:
        raise ValueError(f"two folds and one repeat at least, not {folds} and {repeats}")
    if n < folds:
        raise DataError(f"{n} rows cannot be split into {folds} folds", value=n, allowed=f"{folds} rows or more")
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(repeats):
        parts = np.array_split(rng.permutation(n), folds)
        found += [_split(np.concatenate([*parts[:k], *parts[k + 1 :]]), parts[k]) for k in range(folds)]
    return found


def holdout(n: int, *, seed: int, share: float = 0.3) -> Split:
    """Return one random split of ``n`` rows; the test side (``share`` of them) is to be touched once, at the end.

    Raises:
        DataError: there are fewer than two rows.
        ValueError: the share is not inside 0 to 1.
    """
    _check_share(share)
    if n < 2:
        raise DataError("one row cannot be split", value=n, allowed="2 rows or more")
    order = np.random.default_rng(seed).permutation(n)
    tested = min(max(1, round(share * n)), n - 1)
    return _split(order[tested:], order[:tested])


def leave_one_group_out(groups: Sequence[Hashable]) -> dict[Hashable, Split]:
    """Return by group the split that tests with its rows, in order of first appearance (chemistry families, clusters).

    Raises:
        DataError: there are fewer than two groups.
    """
    found = _two_or_more(groups)
    return {group: _split(*_sides(groups, {group})) for group in found}


def group_holdout(groups: Sequence[Hashable], *, seed: int, share: float = 0.3) -> Split:
    """Return a split that keeps groups whole; they join the test side in random order as long as it lacks rows.

    Raises:
        DataError: there are fewer than two groups.
        ValueError: the share is not inside 0 to 1.
    """
    _check_share(share)
    found = _two_or_more(groups)
    order = np.random.default_rng(seed).permutation(len(found))
    tested: set[Hashable] = set()
    count = 0
    for index in order[:-1]:
        if count >= share * len(groups):
            break
        tested.add(found[index])
        count += sum(group == found[index] for group in groups)
    return _split(*_sides(groups, tested))


def redundancy_groups(X: ArrayLike, radius: float) -> list[int]:
    """Return the group of each of ``n x d`` rows: chains of rows within ``radius`` of each other share one.

    Distances are Euclidean, in columns scaled to their range, over the root of ``d``. Rows of different groups are
    further apart than the radius, so a split by groups has no near-copies across it.

    Raises:
        ValueError: the table is not finite, or the radius is negative.
    """
    if radius < 0:
        raise ValueError(f"the radius must be 0 or more, not {radius}")
    rows = _scaled(finite_table(X, "X"))
    rows /= np.sqrt(rows.shape[1])
    groups = np.full(len(rows), -1)
    for first in range(len(rows)):
        front = [first] if groups[first] < 0 else []
        while front:
            groups[front] = first
            free = np.flatnonzero(groups < 0)
            near = np.zeros(len(free), dtype=bool)
            for place in front:
                near |= np.linalg.norm(rows[free] - rows[place], axis=1) <= radius
            front = free[near].tolist()
    return [int(group) for group in groups]


def distance_clusters(X: ArrayLike, clusters: int) -> list[int]:
    """Return the cluster of each of ``n x d`` rows, for splits out of distribution; fewer where rows are equal.

    Centres are the row nearest to the middle and then each time the row furthest from all centres (Gonzalez 1985,
    Theor. Comput. Sci. 38, 293); rows go to the nearest centre.

    Raises:
        ValueError: the table is not finite or empty, or fewer than one cluster is asked for.
    """
    rows = _scaled(finite_table(X, "X"))
    rows /= np.sqrt(rows.shape[1])
    if clusters < 1 or not len(rows):
        raise ValueError(f"a row and a cluster at least, not {len(rows)} and {clusters}")
    centre = int(np.linalg.norm(rows - rows.mean(axis=0), axis=1).argmin())
    nearest = np.linalg.norm(rows - rows[centre], axis=1)
    owner = np.zeros(len(rows), dtype=int)
    for index in range(1, clusters):
        centre = int(nearest.argmax())
        if not nearest[centre] > 0:
            break
        distance = np.linalg.norm(rows - rows[centre], axis=1)
        owner[distance < nearest] = index
        nearest = np.minimum(nearest, distance)
    return [int(item) for item in owner]


def check_leakage(X: ArrayLike, split: Split, near: float = _NEAR) -> None:
    """Refuse a split with the same or nearly the same row on both sides.

    Args:
        X: ``n x d`` rows.
        split: of them.
        near: the largest difference, as a share of each column's range, at which rows count as the same.

    Raises:
        DataError: names the rows.
        ValueError: the table is not finite.
    """
    rows = _scaled(finite_table(X, "X"))
    train, test = np.array(split.train), np.array(split.test)
    step = max(1, _CELLS // max(1, len(train) * rows.shape[1]))
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(test), step):
        chunk = test[start : start + step]
        apart = np.abs(rows[chunk][:, None] - rows[train][None]).max(axis=-1, initial=0.0)
        pairs += [(int(train[column]), int(chunk[row])) for row, column in np.argwhere(apart <= near)]
    if pairs:
        named = ", ".join(f"{a} and {b}" for a, b in pairs[:_SHOWN])
        more = f" and {len(pairs) - _SHOWN} more pairs" if len(pairs) > _SHOWN else ""
        raise DataError(
            f"the split leaks: rows to train on and to test with are the same or nearly so: {named}{more}",
            value=len(pairs),
            allowed=f"rows that differ by more than {near:g} of a column's range",
            hint="average replicates, or keep such rows together (redundancy_groups)",
        )


def over_splits(splits: Sequence[Split], score: Callable[[Split], float]) -> Repeated:
    """Return the scores of all splits, and their mean and standard deviation.

    Raises:
        ValueError: there is no split.
    """
    if not splits:
        raise ValueError("at least one split is needed")
    scores = tuple(float(score(split)) for split in splits)
    return Repeated(float(np.mean(scores)), float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0, scores)


def _split(train: NDArray[np.int64], test: NDArray[np.int64]) -> Split:
    return Split(tuple(int(row) for row in np.sort(train)), tuple(int(row) for row in np.sort(test)))


def _sides(groups: Sequence[Hashable], tested: set[Hashable]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    member = np.array([group in tested for group in groups])
    return np.flatnonzero(~member), np.flatnonzero(member)


def _two_or_more(groups: Sequence[Hashable]) -> list[Hashable]:
    found = list(dict.fromkeys(groups))
    if len(found) < 2:
        hint = "use a smaller radius, or more clusters"
        raise DataError("one group cannot be split", value=len(found), allowed="2 groups or more", hint=hint)
    return found


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"the share must be inside 0 to 1, not {share}")


def _scaled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return columns over their range."""
    if not rows.size:
        return rows
    span = np.ptp(rows, axis=0)
    return np.asarray((rows - rows.min(axis=0)) / np.where(span > 0, span, 1.0))
