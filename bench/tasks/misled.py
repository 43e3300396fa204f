"""Misled: what planted false knowledge costs, against the same run without it.

Each module of ``tasks.misleading`` has ``VARIANTS``: a name, and what plays a run with the false knowledge planted or
not.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tasks import misleading
from tasks.task import Task, Trace

_MODULES = tuple(sorted(module.name for module in iter_modules(misleading.__path__)))
_VARIANTS: dict[str, Callable[[Path, bool, int], Trace]] = {
    name: play for module in _MODULES for name, play in import_module(f"tasks.misleading.{module}").VARIANTS.items()
}


def run(folder: Path, variant: str, entrant: str, seed: int) -> Trace:
    """Play one run."""
    return _VARIANTS[variant](folder, entrant == "misled", seed)


TASK = Task(
    name="misled",
    about="false knowledge is planted; experiments (or cost) until the aim of the run without it is met",
    variants=tuple(_VARIANTS),
    entrants={"misled": "own", "clean": "own"},
    ours="misled",
    rivals=("clean",),
    run=run,
    parts=("play", "batch", "fidelity", "expectation", *(f"misleading/{name}" for name in _MODULES)),
)
