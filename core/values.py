"""What a parameter may hold: a number or a name, and who sets it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias

Value: TypeAlias = float | int | str
Values: TypeAlias = Mapping[str, Value]
Role: TypeAlias = Literal["control", "context"]  # chosen for each experiment, or found and recorded


def is_number(value: object) -> bool:
    """Say whether a value is a finite number; yes and no are none."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False
