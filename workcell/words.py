"""The words of lab files and recipes: names of roles, devices, places and values."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Word = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
"""A role, a device, a place, a station, a method."""

Key = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""A value: a name that formulas can speak of."""
