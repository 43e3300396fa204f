"""Plackett-Burman designs: main effects of up to ``n - 1`` factors in ``n`` runs, ``n`` a multiple of four.

The rows of 12, 20 and 24 runs are those of the paper (Plackett and Burman 1946, Biometrika 33, 305), turned round once
for each run, and a last run with everything low. 8, 16 and 32 are Sylvester's, 28 and 36 Paley's matrices (1933, J.
Math. Phys. 12, 311).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError

Array: TypeAlias = NDArray[np.float64]

_ROWS = {
    12: "++-+++---+-",
    20: "++--++++-+-+----++-",
    24: "+++++-+-++--++--+-+----",
}
_PRIMES = {28: 13, 36: 17}
RUNS = (4, 8, 12, 16, 20, 24, 28, 32, 36)


def plackett_burman(k: int, runs: int | None = None) -> Array:
    """Return the coded design, ``n x k``, with so many runs or the fewest for ``k`` factors.

    Raises:
        SpecError: there is none such.
    """
    possible = [n for n in RUNS if n > k]
    n = min(possible, default=0) if runs is None else runs
    if n not in possible:
        what = "runs" if runs is not None else "space"
        raise SpecError(
            f"no Plackett-Burman design here screens {k} factors" + (f" in {n} runs" if n else ""),
            field=what,
            value=runs if runs is not None else f"{k} parameters",
            allowed=", ".join(map(str, possible)) or f"at most {RUNS[-1] - 1} parameters",
        )
    if n in _ROWS:
        row = [1.0 if sign == "+" else -1.0 for sign in _ROWS[n]]
        turned = [np.roll(row, turn) for turn in range(n - 1)]
        return np.vstack([*turned, -np.ones(n - 1)])[:, :k]
    square = _paley(_PRIMES[n]) if n in _PRIMES else _sylvester(n)
    square = square * square[:, :1] * 1.0
    return np.asarray(square[:, 1 : k + 1])


def _sylvester(n: int) -> Array:
    square = np.ones((1, 1))
    while len(square) < n:
        square = np.block([[square, square], [square, -square]])
    return square


def _paley(q: int) -> Array:
    """Return Paley's second matrix, of order ``2 (q + 1)``, of a prime that is 1 more than a multiple of 4."""
    squares = {(x * x) % q for x in range(1, q)}
    residue = np.array([0.0] + [1.0 if x in squares else -1.0 for x in range(1, q)])
    jacobsthal = residue[(np.arange(q)[:, None] - np.arange(q)[None, :]) % q]
    conference = np.block([[np.zeros((1, 1)), np.ones((1, q))], [np.ones((q, 1)), jacobsthal]])
    plus, zero = np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([[1.0, -1.0], [-1.0, -1.0]])
    return np.kron(conference, plus) + np.kron(np.eye(q + 1), zero)
