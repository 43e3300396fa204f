"""The gate: a model trained with synthetic data is kept only if real data say that it is no worse.

Models fed with their own output can collapse (Shumailov et al. 2024, Nature 631, 755), so the judge is a fixed set of
real measurements that no model is trained on. The mark to reach is the best score ever seen on it, not the last one:
losses within the tolerance cannot add up.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zosimos.core.errors import DataError
from zosimos.core.records import TRAINING_ORIGINS
from zosimos.surrogates.calibration.checks import finite_column, finite_table

_TOLERANCE = 0.03  # of the best score

Predict = Callable[[NDArray[np.float64]], NDArray[np.float64]]  # n x d rows -> n means


@dataclass(frozen=True)
class Validation:
    """Real measurements kept apart: ``n x d`` rows and ``n`` values, with a digest by which they are known again."""

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    digest: str

    @classmethod
    def of(cls, X: ArrayLike, y: ArrayLike, origins: Sequence[str]) -> Self:
        """Return the set.

        Args:
            X: ``n x d`` rows.
            y: ``n`` measured values.
            origins: where each value comes from (:class:`~zosimos.core.records.Measurement`).

        Raises:
            DataError: a value was not measured (or simulated by a simulated laboratory), or there is none.
            ValueError: the shapes do not fit, or a number is not finite.
        """
        rows = finite_table(X, "X")
        values = finite_column(y, "y", len(rows))
        if len(origins) != len(rows):
            raise ValueError(f"an origin for each of {len(rows)} rows needed, not {len(origins)}")
        strange = [index for index, origin in enumerate(origins) if origin not in TRAINING_ORIGINS]
        if strange or not len(rows):
            raise DataError(
                f"a validation set needs real measurements only; row {strange[0]} is {origins[strange[0]]}"
                if strange
                else "a validation set needs a row",
                field="origin",
                value=origins[strange[0]] if strange else None,
                allowed=" or ".join(sorted(TRAINING_ORIGINS)),
                hint="leave synthetic, computed and predicted values out of the validation set",
            )
        digest = hashlib.sha256(np.ascontiguousarray(np.column_stack([rows, values])).tobytes()).hexdigest()
        return cls(rows, values, digest)

    def error(self, predict: Predict) -> float:
        """Return the root mean square error of a model (the outcome's unit); infinite if it predicts no finite number.

        Raises:
            ValueError: the model gives another number of means.
        """
        means = np.asarray(predict(self.X), dtype=float)
        if means.shape != self.y.shape:
            raise ValueError(f"{len(self.y)} means needed, not an array of shape {means.shape}")
        with np.errstate(over="ignore", invalid="ignore"):  # absurd means are a verdict, not a numerical accident
            error = float(np.sqrt(np.mean((means - self.y) ** 2)))
        return error if math.isfinite(error) else math.inf


@dataclass(frozen=True)
class Verdict:
    """What became of a candidate, for the record.

    Args:
        model: its name.
        accepted: whether it is kept; otherwise ``kept`` is rolled back to.
        kept: the model in use from now on; None: there is none yet.
        score: its error on the validation set (None: it predicted no finite number).
        best: the best error before it; None: it is the first.
        change: score over best, less 1; None where there is no best above 0, or no score.
        reason: in words.
        digest: of the validation set.
    """

    model: str
    accepted: bool
    kept: str | None
    score: float | None
    best: float | None
    change: float | None
    reason: str
    digest: str

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)


@dataclass(frozen=True)
class Gate:
    """The guard of one validation set; ``judge`` returns the next one, so that it can be replayed.

    Args:
        digest: of the validation set.
        best: the lowest error so far; None: no model was accepted yet.
        kept: the model in use.
        tolerance: by how much of the best error a model may be worse.
    """

    digest: str
    best: float | None = None
    kept: str | None = None
    tolerance: float = _TOLERANCE

    def judge(self, model: str, predict: Predict, validation: Validation) -> tuple[Self, Verdict]:
        """Return the gate after a model (``n x d`` rows -> ``n`` means) was judged, and the verdict on it.

        Raises:
            ValueError: it is another validation set, or the model gives another number of means.
        """
        if validation.digest != self.digest:
            raise ValueError("the validation set is not the one that this gate was made for")
        score = validation.error(predict)
        accepted = math.isfinite(score) and (self.best is None or score <= self.best * (1 + self.tolerance))
        kept = model if accepted else self.kept
        verdict = Verdict(
            model,
            accepted,
            kept,
            score if math.isfinite(score) else None,
            self.best,
            score / self.best - 1 if self.best and math.isfinite(score) else None,
            self._reason(score, accepted),
            self.digest,
        )
        best = min(score, math.inf if self.best is None else self.best) if accepted else self.best
        return replace(self, best=best, kept=kept), verdict

    def _reason(self, score: float, accepted: bool) -> str:
        back = f"rolled back to {self.kept}" if self.kept is not None else "no model is kept"
        if not math.isfinite(score):
            return f"it predicts no finite number: {back}"
        if self.best is None:
            return f"the first model sets the mark: error {score:.4g}"
        if score <= self.best:
            return f"error {score:.4g} is no worse than the best so far, {self.best:.4g}"
        excess = f"{score / self.best - 1:.1%} above" if self.best else "above"
        if accepted:
            return f"error {score:.4g} is {excess} the best so far, {self.best:.4g}: within {self.tolerance:.0%}"
        return f"error {score:.4g} is {excess} the best so far, {self.best:.4g}: {back}"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        return cls(data["digest"], data["best"], data["kept"], data["tolerance"])
