"""Stability: how much of an explanation comes out again when the experiments are drawn again (bootstrap, Efron 1979).

What comes out of most resamples is a finding; what comes out of few is how the cards fell. The same idea chooses
variables in stability selection (Meinshausen and Buehlmann 2010, J. R. Stat. Soc. B 72:417).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from zosimos.surrogates.explanation.design import Indices

TOP = 2  # parameters that count as the most important ones


@dataclass(frozen=True)
class Findings:
    """What an explanation says, in comparable form; leave out what it does not say.

    ``ranking`` has the parameters, the most important first; ``split`` the first split of the rules (parameter and
    choice) with its ``threshold``; ``terms`` those of the formula; ``shares`` the Shapley values of one row.
    """

    ranking: tuple[str, ...] = ()
    split: str = ""
    threshold: float | None = None
    terms: frozenset[str] = frozenset()
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Stability:
    """Shares of the resamples, 0 to 1, in which each finding came out again; None where there was none.

    ``top`` is for the same two most important parameters in any order, ``first`` for the same one in front, ``split``
    for the same first split, ``thresholds`` the quartiles of its number, ``terms`` for each term of the formula, and
    ``shapley_sd`` the standard deviation of each Shapley value over the resamples.
    """

    bootstraps: int
    first: float | None
    top: float | None
    split: float | None
    thresholds: tuple[float, float] | None
    terms: tuple[tuple[str, float], ...]
    shapley_sd: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "bootstraps": self.bootstraps,
            "first": self.first,
            "top": self.top,
            "split": self.split,
            "thresholds": None if self.thresholds is None else list(self.thresholds),
            "terms": [{"term": term, "share": share} for term, share in self.terms],
            "shapley_sd": list(self.shapley_sd),
        }


def stability(
    explain: Callable[[Indices], Findings], reference: Findings, n: int, *, bootstraps: int = 20, seed: int = 0
) -> Stability:
    """Explain resamples of ``n`` experiments and compare with the explanation of all of them.

    Args:
        explain: explains the experiments with these indices, some of which come twice; fits its model again.
        reference: what the explanation of all experiments says.
        n: number of experiments.
        bootstraps: number of resamples, 2 or more.
        seed: of the resamples.

    Raises:
        ValueError: there are no experiments, or fewer than 2 resamples.
    """
    if n < 1 or bootstraps < 2:
        raise ValueError(f"experiments and 2 resamples or more are needed, not {n} and {bootstraps}")
    found = [explain(indices) for indices in resamples(n, bootstraps, seed)]
    counted = Counter(term for one in found for term in one.terms)
    same = [one for one in found if reference.split and one.split == reference.split]
    numbers = [one.threshold for one in same if one.threshold is not None]
    shares = np.array([one.shares for one in found])
    return Stability(
        bootstraps,
        _share(one.ranking[:1] == reference.ranking[:1] for one in found) if reference.ranking else None,
        _share(set(one.ranking[:TOP]) == set(reference.ranking[:TOP]) for one in found) if reference.ranking else None,
        len(same) / len(found) if reference.split else None,
        (float(np.quantile(numbers, 0.25)), float(np.quantile(numbers, 0.75))) if numbers else None,
        tuple((term, counted[term] / len(found)) for term in sorted(reference.terms)),
        tuple(map(float, shares.std(axis=0, ddof=1))) if shares.size else (),
    )


def resamples(n: int, bootstraps: int, seed: int) -> Iterator[Indices]:
    """Yield indices of ``n`` experiments drawn with replacement, in ascending order."""
    rng = np.random.default_rng(seed)
    for _ in range(bootstraps):
        yield np.sort(rng.integers(0, n, n))


def _share(said: Iterator[bool]) -> float:
    return float(np.mean(list(said)))
