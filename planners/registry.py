"""Proposers by name: the built-in ones and those that plugins offer under the entry points ``zosimos.proposers``.

A plugin's entry point names a class, or a function without arguments, that makes a
:class:`~zosimos.planners.protocol.Proposer`. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module

from zosimos.core.errors import SpecError
from zosimos.core.plugins import offered
from zosimos.planners.protocol import Proposer

GROUP = "zosimos.proposers"
_BUILT_IN = {
    "bayesian": ("zosimos.planners.proposers.bayesian", "BayesianProposer"),
    "evolutionary": ("zosimos.planners.proposers.evolutionary", "EvolutionaryProposer"),
    "random": ("zosimos.planners.proposers.random", "RandomProposer"),
    "sobol": ("zosimos.planners.proposers.sobol", "SobolProposer"),
}


def proposer_names() -> tuple[str, ...]:
    """Return the names of all proposers, sorted; nothing is imported."""
    return tuple(sorted({*_BUILT_IN, *offered(GROUP)}))


def check_proposer_name(name: str, field: str = "planner.kind") -> None:
    """Refuse an unknown name, given in a spec's ``field``, without importing anything.

    Raises:
        SpecError: there is no such proposer; the message lists those there are.
    """
    if name not in proposer_names():
        raise SpecError(
            f"unknown proposer {name!r}",
            field=field,
            value=name,
            allowed=", ".join(proposer_names()),
            hint="correct the name, or install the plugin that offers it",
        )


def load_proposer(name: str) -> Proposer:
    """Return a new proposer; a plugin cannot take a built-in one's name.

    Raises:
        SpecError: there is no such proposer, or what the plugin offers is not one.
    """
    check_proposer_name(name)
    if name in _BUILT_IN:
        module, attribute = _BUILT_IN[name]
        factory = getattr(import_module(module), attribute)
    else:
        factory = offered(GROUP)[name].load()
    made = factory()
    if not isinstance(made, Proposer):
        raise SpecError(
            f"the plugin {name!r} makes a {type(made).__name__}, which has no propose method",
            field="planner.shares",
            value=name,
            hint="ask its author to run zosimos.planners.testing.check_proposer",
        )
    return made
