"""A trend: what a source of knowledge, such as an earlier campaign or a cheaper method, says of each row."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.view import View


@runtime_checkable
class Trend(Protocol):
    """A source's belief about its own quantity, in its own units."""

    @property
    def name(self) -> str:
        """As weights and cards show it."""
        ...

    @property
    def spread(self) -> float:
        """How far the source's outcomes are spread."""
        ...

    def scales(self, view: View) -> Array | None:
        """Return the log length scales at which the source varies, by a view's groups; None if that is not known."""
        ...

    def moments(self, X: Array) -> tuple[Array, Array]:
        """Return means and variances at ``m x d`` columns, both ``m``."""
        ...

    def covariance(self, A: Array, B: Array) -> Array:
        """Return the covariance of what is not known at ``a x d`` and ``b x d`` columns, ``a x b``."""
        ...
