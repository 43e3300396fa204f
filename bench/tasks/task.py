"""What a task is: something to find, planners that try, and how long each took.

A task module has a ``TASK``. Its variants are data sets or functions, its entrants planners, or one planner with and
without a feature. A run is a function of variant, entrant and seed alone; the same seed gives every entrant the same
start and the same noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

Home = Literal["own", "peer"]  # the interpreter that has an entrant's packages
TASKS = (
    "multi_objective",
    "tiers",
    "failures",
    "noise",
    "simplex",
    "fidelity",
    "transfer",
    "batch",
    "sparse",
    "cost",
    "expectation",
    "misled",
)
"""Names of the task modules."""


@dataclass(frozen=True)
class Trace:
    """How a run went.

    Args:
        seed: of the run.
        spent: experiments (or their cost) until the aim was met, the start included; the budget if it never was.
        met: whether the aim was met.
        quality: what the run had reached at its end, by the truth, higher is better.
        cpu: CPU seconds of all suggestions.
        suggestions: how many there were.
        errors: what a planner raised, where a random row took the place.
    """

    seed: int
    spent: float
    met: bool
    quality: float
    cpu: float
    suggestions: int
    errors: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; what functions on arrays gave becomes plain numbers."""
        return {**asdict(self), "spent": float(self.spent), "met": bool(self.met), "quality": float(self.quality)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the value that ``as_json`` gave."""
        return cls(**{**data, "errors": tuple(data["errors"])})


@dataclass(frozen=True)
class Task:
    """A task.

    Args:
        name: its module's.
        about: what is to be found, when a run ends and what it is scored by, in one or two sentences.
        variants: names of its data sets or functions.
        entrants: who tries, and which interpreter has the packages.
        ours: the entrant that the others are compared with.
        rivals: the entrants that ours is compared with; the best of them counts.
        run: plays one run: data folder, variant, entrant, seed.
        outside: entrants of the own interpreter that do not use our planner: its changes leave their runs as they are.
        parts: names of the other modules here that a run depends on.
    """

    name: str
    about: str
    variants: tuple[str, ...]
    entrants: Mapping[str, Home]
    ours: str
    rivals: tuple[str, ...]
    run: Callable[[Path, str, str, int], Trace]
    outside: tuple[str, ...] = ()
    parts: tuple[str, ...] = ("play",)
