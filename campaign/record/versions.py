"""Versions: what software a campaign ran on, written into the record of each session."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_NAMED = ("zosimos", "torch", "gpytorch", "botorch", "numpy", "scipy")


@cache
def versions() -> dict[str, str]:
    """Return the versions that can change a decision, by name."""
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for name in _NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
