"""Surrogates by name: the built-in ones and those that plugins offer under the entry points ``zosimos.surrogates``.

A plugin's entry point names a class, or a function without arguments, that makes a
:class:`~zosimos.surrogates.protocol.Surrogate`. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zosimos.core.errors import SpecError
from zosimos.core.plugins import Register

if TYPE_CHECKING:
    from zosimos.surrogates.cards import ModelCard
    from zosimos.surrogates.protocol import Surrogate

REGISTER = Register(
    "zosimos.surrogates",
    "surrogate",
    {
        "committee": ("zosimos.surrogates.committee.committee", "Committee"),
        "deep-ensemble": ("zosimos.surrogates.ensembles.deep_ensemble", "DeepEnsemble"),
        "forest": ("zosimos.surrogates.ensembles.forest", "ForestSurrogate"),
        "gp": ("zosimos.surrogates.gaussian.gp", "GaussianProcess"),
        "heteroscedastic": ("zosimos.surrogates.gaussian.heteroscedastic", "HeteroscedasticGP"),
        "mechanistic": ("zosimos.surrogates.mechanistic.model", "MechanisticGP"),
        "saas": ("zosimos.surrogates.gaussian.saas", "SaasGP"),
        "sparse-gp": ("zosimos.surrogates.gaussian.sparse", "SparseGP"),
    },
    "lacks fit or posterior",
    "zosimos.surrogates.testing.check_surrogate",
)


def check_surrogate_name(name: str, field: str = "planner.surrogate") -> None:
    """Refuse an unknown name, given in a spec's ``field``, without importing anything.

    Raises:
        SpecError: there is no such surrogate; the message lists those there are.
    """
    REGISTER.check(name, field)


def load_surrogate(name: str) -> Surrogate:
    """Return a new, unfitted surrogate; a plugin cannot take a built-in one's name.

    Raises:
        SpecError: there is no such surrogate, or what the plugin offers is not one.
    """
    from zosimos.surrogates.protocol import Surrogate  # torch: seconds, and names are checked without it

    check_surrogate_name(name)
    return REGISTER.make(name, Surrogate, "planner.surrogate")  # type: ignore[type-abstract]  # only isinstance asks it


def card_of(surrogate: Surrogate) -> ModelCard:
    """Return the model card of a fitted surrogate.

    Raises:
        RuntimeError: it was not fitted yet.
        SpecError: it is a plugin's and has no card.
    """
    from zosimos.surrogates.cards import Carded

    if isinstance(surrogate, Carded):
        return surrogate.card()
    raise SpecError(
        f"a {type(surrogate).__name__} does not describe itself",
        field="planner.surrogate",
        value=type(surrogate).__name__,
        allowed="a surrogate with a card method",
        hint="ask its author to add card() -> zosimos.surrogates.cards.ModelCard",
    )
