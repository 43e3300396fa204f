"""Bounds of a parameter: two finite numbers with something between them."""

from __future__ import annotations

from zosimos.core.errors import SpecError
from zosimos.core.values import is_number


def check_bounds(name: str, low: float, high: float) -> None:
    """Refuse bounds that leave nothing between them.

    Raises:
        SpecError: one is no finite number, or the lower is not below the upper; names the field.
    """
    for side, bound in (("min", low), ("max", high)):
        if not is_number(bound):
            raise SpecError(
                f"parameter {name!r}: {side} is not a finite number",
                field=f"space.{name}.{side}",
                value=bound,
                allowed="a finite number",
            )
    if low >= high:
        raise SpecError(
            f"parameter {name!r}: the range is empty, min {low:g} is not below max {high:g}",
            field=f"space.{name}.min",
            value=low,
            allowed=f"below max = {high:g}",
            hint="swap or widen the bounds; a parameter with one value belongs in the protocol, not in the space",
        )
