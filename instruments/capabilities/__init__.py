"""Capabilities of our own, a file each: what a protocol may ask of an instrument (see :mod:`..capability`)."""

from __future__ import annotations

import warnings
from importlib import import_module

_HOMES = {
    "Dispenses": "capabilities.dispenses",
    "Identity": "identity",
    "MeasuresSpectrum": "capabilities.measures_spectrum",
    "PlungerState": "capabilities.dispenses",
    "Spectrum": "capabilities.measures_spectrum",
    "Weighs": "capabilities.weighs",
    "Weight": "capabilities.weighs",
}
"""Names that stood here, and the module of each now, read for one more release."""


def __getattr__(name: str) -> object:
    """Give a name that stood here before, with a warning."""
    if name == "CAPABILITIES":
        module, instead = "zosimos.instruments.capability", "capabilities()"
    elif name in _HOMES:
        module, instead = f"zosimos.instruments.{_HOMES[name]}", name
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(
        f"{__name__}.{name} is {module}.{instead} now; the old name goes with the next release",
        DeprecationWarning,
        stacklevel=2,
    )
    if name == "CAPABILITIES":
        return {one.name: one.protocol for one in import_module(module).capabilities().values()}
    found: object = getattr(import_module(module), name)
    return found
