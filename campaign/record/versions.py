"""Versions: what software a campaign ran on, written into the record of each session."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_NAMED = ("zosimos", "torch", "gpytorch", "botorch", "numpy", "scipy")


@cache
def versions() -> dict[str, str]:
    """Return the versions that can change a decision, by name.

    ``blas`` are the kernels of linear algebra that NumPy chose for this processor: others round otherwise in the last
    digits, with the same versions of everything.
    """
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    return {**found, **{name: version_of(name) for name in _NAMED}, "blas": _kernels()}


def version_of(name: str) -> str:
    """Return the version of a package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _kernels() -> str:
    """Return the library that NumPy brings for linear algebra and the processor its kernels are for.

    Only what NumPy brings: what else a process has loaded by now differs from command to command.
    """
    import numpy as np
    from threadpoolctl import ThreadpoolController

    np.eye(1) @ np.eye(1)  # some builds load the library with the first product
    place = str(Path(np.__file__).resolve().parent)  # beside it lies numpy.libs
    found = {
        f"{library['internal_api']} {library.get('architecture') or ''}".strip()
        for library in ThreadpoolController().select(user_api="blas").info()
        if str(Path(library["filepath"]).resolve()).startswith(place)
    }
    return ", ".join(sorted(found)) or "unknown"
