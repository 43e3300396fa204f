"""The settings of our planner that a benchmark may choose among, and what they were chosen by.

The grid is small and stated, so that choosing is arithmetic: each setting is run once on all tables, and the setting
for a table is the one that is best on the others (:mod:`planning.crossfit`). To add one, add a line: its runs are
kept under a key that holds all it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from zosimos.core.canonical import canonical_json
from zosimos.planners.policy import AcquisitionSettings, Policy

OURS = "zosimos"
DEFAULT = "default"


@dataclass(frozen=True)
class Setting:
    """Our planner with something said otherwise than usual.

    Args:
        policy: fields of :class:`~zosimos.planners.policy.Policy`; of the acquisition, its own fields.
        constants: values of module constants, by ``module:NAME``, while a run is made: for what no campaign file says.
    """

    policy: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def made(self, start: int) -> Policy:
        """Return the policy, for a number of rows that are given to begin with."""
        fields = dict(self.policy)
        if "acquisition" in fields:
            fields["acquisition"] = AcquisitionSettings(**fields["acquisition"])
        return Policy(start=start, **fields)

    @property
    def key(self) -> str:
        """All that it says, as text; nothing for the default."""
        return canonical_json([dict(self.policy), dict(self.constants)]) if self.policy or self.constants else ""

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Set the constants while a block runs.

        Raises:
            AttributeError: a module has no such constant.
        """
        places = {name: (import_module(name.split(":")[0]), name.split(":")[1]) for name in self.constants}
        before = {name: getattr(module, constant) for name, (module, constant) in places.items()}
        try:
            for name, (module, constant) in places.items():
                setattr(module, constant, self.constants[name])
            yield
        finally:
            for name, value in before.items():
                setattr(*places[name], value)


GRID: Mapping[str, Setting] = {
    DEFAULT: Setting(),
    "probability": Setting({"acquisition": {"kind": "probability"}}),
    "bound": Setting({"acquisition": {"kind": "confidence-bound", "kappa": 2.0}}),
    "forest": Setting({"surrogate": "forest"}),
    "covering": Setting({"shares": {"bayesian": 3.0, "maximin": 1.0}}),
}
ENTRANTS: Mapping[str, Setting] = {OURS if name == DEFAULT else f"{OURS}-{name}": s for name, s in GRID.items()}
"""The same by the name under which runs are kept."""

TUNED_ON: Mapping[str, str] = {
    "kinds of members, priors of length scales, recalibration": (
        "all twenty tables of the two suites: chosen with a view to both, so no figure on them is held out"
    ),
    "the quiet member, the comparison with the best around it": (
        "Branin, Hartmann, Currin and mixtures, with seeds other than those of the figures"
    ),
    "from where on a gain counts, the member that thinks surfaces vary": (
        "Branin, Rosenbrock-4, Ackley-5, Hartmann-6 and Levy-8, batches of 1 and 4, seeds 0 to 5"
    ),
    "members without a rough one outside pools, one that is smooth without end": (
        "Ackley-5, Hartmann-6, Levy-8, Rosenbrock-4, Branin and the mixed problem, batches of 1 and 4, seeds 100 to 105"
    ),
    "adding up effects, covering where models do not know": "the tables with choices, alkox and liquid_dce",
    "adding up effects in every pool": "all twenty tables, seeds 0 to 9",
    "drawing at random where models promise less than chance": (
        "alkox, liquid_dce, liquid_water, perovskite, autoam; what predictions came to on all tables; seeds 0 to 9"
    ),
    "drawing at random below twice the chance": (
        "alkox and liquid_dce, seeds 0 to 39; nine tables, seeds 0 to 9; promises on all tables, seeds 0 to 5"
    ),
    "judging the last eighth of a budget by what is believed": (
        "Branin, Hartmann-6, Ackley-5, Levy-8 and Rosenbrock-4, batches of 4, 8 and 16, seeds 100 to 107"
    ),
    "learning the level that outcomes vary about, where rows cannot be listed": (
        "Hartmann-6, batches of 4 and 16, and Levy-8, batches of 1 and 4, seeds 100 to 106 and 200 to 219"
    ),
    "looking at other choices where a search is done with the best ones": (
        "the mixed problem, batches of 4 (and 1 and 8), seeds 200 to 219"
    ),
    "measuring what tells most where hardly anything is to be gained": (
        "Hartmann-6, batches of 8, 4 and 1, Levy-8, Rosenbrock-4, Ackley-5 and Branin, batches of 4, seeds 200 to 219 "
        "and 300 to 311; the idea: runs of Hartmann-6 with seeds 1, 6 and 7"
    ),
    "that in pools the level stays the mean of the outcomes": "all twenty tables, seeds 0 to 5",
    "the level at which interval quantiles are read": "the same runs, and all twenty tables, seeds 0 to 19",
    "how soon intervals forget": "all twenty tables, ten seeds",
    "transformed outcomes": "the eight problems of bench/outcomes.py",
    "looking elsewhere where a search repeats itself": "Ackley-4, Hartmann-3, Rosenbrock-3 and the camel function",
    "the sparse member, up to how many results it is asked": (
        "Hartmann-6, Branin and Friedman's function in 50 columns, others in 20 and 50; runs of Hartmann-6, seeds 0-2"
    ),
    "how many of many results are learned from": "Hartmann-6 in 6 and 50 columns, 3,000 and 10,000 random rows",
    "doubting gross errors": "the nine tables of the suite pools with errors put in",
}
"""What was chosen by figures, and by figures on what."""


def entrant_of(setting: str) -> str:
    """Return the name under which a setting's runs are kept."""
    return OURS if setting == DEFAULT else f"{OURS}-{setting}"
