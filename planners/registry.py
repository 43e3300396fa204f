"""Proposers by name: the built-in ones and those that plugins offer under the entry points ``zosimos.proposers``.

A plugin's entry point names a class, or a function without arguments, that makes a
:class:`~zosimos.planners.protocol.Proposer`. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib.util import find_spec

from zosimos.core.errors import SpecError
from zosimos.core.plugins import Register
from zosimos.planners.protocol import Proposer

REGISTER = Register(
    "zosimos.proposers",
    "proposer",
    {
        "ax": ("zosimos.planners.adapters.ax", "proposer"),
        "baybe": ("zosimos.planners.adapters.baybe", "proposer"),
        "bayesian": ("zosimos.planners.proposers.bayesian", "BayesianProposer"),
        "bofire": ("zosimos.planners.adapters.bofire", "proposer"),
        "counterexample": ("zosimos.planners.proposers.counterexample", "ContradictingProposer"),
        "discriminate": ("zosimos.planners.proposers.discrimination", "DiscriminatingProposer"),
        "evolutionary": ("zosimos.planners.proposers.evolutionary", "EvolutionaryProposer"),
        "forest": ("zosimos.planners.proposers.forest", "ForestProposer"),
        "maximin": ("zosimos.planners.proposers.maximin", "MaximinProposer"),
        "optuna": ("zosimos.planners.adapters.optuna", "proposer"),
        "random": ("zosimos.planners.proposers.random", "RandomProposer"),
        "sobol": ("zosimos.planners.proposers.sobol", "SobolProposer"),
    },
    "has no propose method",
    "zosimos.planners.testing.check_proposer",
)
_EXTRAS = ("ax", "baybe", "bofire", "optuna")  # each is a proposer, the package it plans with and the extra with it


def check_proposer_name(name: str, field: str = "planner.kind") -> None:
    """Refuse a name, given in a spec's ``field``, without importing anything.

    Raises:
        SpecError: there is no such proposer, and the message lists those there are; or the package it plans with is
            not installed.
    """
    REGISTER.check(name, field)
    if name in _EXTRAS and find_spec(name) is None:
        raise SpecError(
            f"proposer {name!r} plans with the package of that name, which is not installed",
            field=field,
            value=name,
            hint=f"pip install 'zosimos[{name}]'",
        )


def load_proposer(name: str) -> Proposer:
    """Return a new proposer; a plugin cannot take a built-in one's name.

    Raises:
        SpecError: there is no such proposer, its package is missing, or what the plugin offers is not one.
    """
    check_proposer_name(name)
    return REGISTER.make(name, Proposer, "planner.shares")  # type: ignore[type-abstract]  # only isinstance asks it
