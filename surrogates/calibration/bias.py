"""Bias between groups: is a model consistently worse for one chemistry family than for the others?

Group-wise errors with a permutation test (Pitman 1937; Good 2005, "Permutation, Parametric and Bootstrap Tests of
Hypotheses"): labels are shuffled to see what difference chance makes, and the p-values are corrected for the number of
groups (Holm 1979, Scand. J. Stat. 6, 65).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.surrogates.calibration.checks import finite_column

_PERMUTATIONS = 2000
_FEWEST = 5  # errors of a group from which it can be called worse
_LEVEL = 0.05  # chance that any group of a fair model is called worse
_FACTOR = 1.25  # times the others' error: less is no matter, however sure


@dataclass(frozen=True)
class GroupError:
    """The errors of a group.

    Args:
        group: its name.
        n: errors.
        mean_absolute: their mean size (the outcome's unit).
        mean_signed: their mean, predicted - measured.
        ratio: mean size over that of all other groups; None if there is no other, or the others have none.
        p: Holm-corrected probability that chance makes a group worse by as much; 1 for a group too small to tell.
        worse: whether it is consistently worse: by a quarter or more, with p under 5 % and five errors at least.
    """

    group: Hashable
    n: int
    mean_absolute: float
    mean_signed: float
    ratio: float | None
    p: float
    worse: bool

    @property
    def words(self) -> str:
        """The finding in words."""
        if not self.worse or self.ratio is None:
            return f"{self.group}: not worse than the others"
        way = "too high" if self.mean_signed > 0 else "too low"
        return f"{self.group}: errors {self.ratio:.2g} times those of the others (p = {self.p:.2g}), mostly {way}"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; the group as text."""
        return {**self.__dict__, "group": str(self.group), "words": self.words}


def group_errors(
    error: ArrayLike, groups: Sequence[Hashable], *, seed: int, permutations: int = _PERMUTATIONS
) -> tuple[GroupError, ...]:
    """Return the errors by group, in order of first appearance.

    Args:
        error: ``n`` of predicted - measured, one or more.
        groups: the group of each.
        seed: of the permutations.
        permutations: how many; the smallest p-value is one over this number.

    Raises:
        ValueError: errors are not finite or not as many as groups, or there are none.
    """
    errors = finite_column(error, "error", len(groups))
    if not len(errors):
        raise ValueError("at least one error is needed")
    names = list(dict.fromkeys(groups))
    place = {name: index for index, name in enumerate(names)}
    codes = np.array([place[group] for group in groups], dtype=np.intp)
    sizes, counts = np.abs(errors), np.bincount(codes)
    sums = np.bincount(codes, sizes).astype(float)
    chances = _holm(_chances(sizes, codes, sums, seed, permutations), counts)
    found = []
    for index, name in enumerate(names):
        others = (sizes.sum() - sums[index]) / max(1, len(sizes) - counts[index])
        mean = float(sums[index] / counts[index])
        ratio = mean / float(others) if len(names) > 1 and others > 0 else None
        worse = chances[index] < _LEVEL and ratio is not None and ratio >= _FACTOR
        signed = float(errors[codes == index].mean())
        found.append(GroupError(name, int(counts[index]), mean, signed, ratio, float(chances[index]), bool(worse)))
    return tuple(found)


def _chances(
    sizes: NDArray[np.float64], codes: NDArray[np.intp], sums: NDArray[np.float64], seed: int, permutations: int
) -> NDArray[np.float64]:
    """Return by group the share of shufflings in which its errors are as large (sums, as a group's size is fixed)."""
    rng = np.random.default_rng(seed)
    reached = np.ones(len(sums))
    for _ in range(permutations):
        reached += np.bincount(codes, rng.permutation(sizes), minlength=len(sums)) >= sums * (1 - 1e-12)
    return np.asarray(reached / (permutations + 1))


def _holm(chances: NDArray[np.float64], counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return Holm's corrected p-values among the groups that are large enough; 1 for the others."""
    tested = np.flatnonzero(counts >= _FEWEST) if len(counts) > 1 else np.array([], dtype=int)
    order = tested[np.argsort(chances[tested], kind="stable")]
    corrected = np.ones(len(chances))
    corrected[order] = np.minimum(np.maximum.accumulate(chances[order] * np.arange(len(order), 0, -1)), 1)
    return corrected
