"""What a classical analysis finds, as plain values: estimates, sums of squares, and what to be told with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A coefficient of the model, in coded units, and how sure it is.

    Args:
        label: the column's name, such as ``temp*time``.
        term: the term it belongs to.
        coefficient: for factors coded from -1 to +1, and parts of a mixture as shares of the total.
        effect: the change from low to high, twice the coefficient; None of squares, mixtures and several choices.
        error: its standard error (of the coefficient); None where nothing tells the noise.
        low: lower end of the confidence interval of the coefficient.
        high: upper end.
        t: coefficient over error.
        p: probability of so large a t if the true coefficient were 0; None where that is no question (a pure part).
        score: the half-normal score of its size among all estimates; None of the constant.
    """

    label: str
    term: str
    coefficient: float
    effect: float | None = None
    error: float | None = None
    low: float | None = None
    high: float | None = None
    t: float | None = None
    p: float | None = None
    score: float | None = None


@dataclass(frozen=True)
class Share:
    """A line of an analysis of variance."""

    source: str
    df: int
    squares: float
    f: float | None = None
    p: float | None = None

    @property
    def mean(self) -> float | None:
        """The mean square."""
        return self.squares / self.df if self.df else None


@dataclass(frozen=True)
class Analysis:
    """A classical analysis of one outcome.

    Args:
        model: that was fitted.
        n: how many results.
        estimates: of its coefficients.
        variance: lines of the analysis of variance.
        noise: the standard deviation that is left; None where no result is left to tell it.
        df: how many degrees of freedom tell the noise.
        judged_by: what standard errors rest on, in words; "" where there are none.
        r2: share of the variation that the model describes.
        adjusted: the same, corrected for the number of coefficients.
        predicted: the same of each result predicted from all others.
        lack_of_fit: whether the model is too simple, judged by replicates; None where there are none, or where the
            model has as many coefficients as there are different experiments.
        repeated: how many degrees of freedom replicates have.
        curvature: whether centre points lie off the plane; None where nothing tells.
        aliases: what cannot be told apart, in words.
        notes: what else a person should know.
    """

    model: str
    n: int
    estimates: Sequence[Estimate]
    variance: Sequence[Share]
    noise: float | None
    df: int
    judged_by: str
    r2: float | None
    adjusted: float | None
    predicted: float | None
    lack_of_fit: Share | None = None
    curvature: Share | None = None
    aliases: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=tuple)
    repeated: int = 0

    @property
    def by_size(self) -> list[Estimate]:
        """The estimates but the constant, the largest first."""
        scored = [one for one in self.estimates if one.score is not None]
        return sorted(scored, key=lambda one: -abs(one.coefficient))

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)
