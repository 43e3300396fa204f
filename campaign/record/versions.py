"""Versions: what software a campaign ran on, written into the record of each session."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from threadpoolctl import ThreadpoolController

_NAMED = ("zosimos", "torch", "gpytorch", "botorch", "numpy", "scipy")


@cache
def versions() -> dict[str, str]:
    """Return the versions that can change a decision, by name.

    ``blas`` are the kernels of linear algebra that were chosen for this processor: others round otherwise in the last
    digits, with the same versions of everything.
    """
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for name in _NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {**found, "blas": _kernels()}


def _kernels() -> str:
    """Return the library that does NumPy's linear algebra and the processor its kernels are for."""
    np.eye(1) @ np.eye(1)  # some builds load the library with the first product
    found = {
        f"{library['internal_api']} {library.get('architecture') or ''}".strip()
        for library in ThreadpoolController().select(user_api="blas").info()
    }
    return ", ".join(sorted(found)) or "unknown"
