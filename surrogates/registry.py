"""Surrogates by name: the built-in ones and those that plugins offer under the entry points ``zosimos.surrogates``.

A plugin's entry point names a class, or a function without arguments, that makes a
:class:`~zosimos.surrogates.protocol.Surrogate`. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from zosimos.core.errors import SpecError
from zosimos.core.plugins import offered

if TYPE_CHECKING:
    from zosimos.surrogates.cards import ModelCard
    from zosimos.surrogates.protocol import Surrogate

GROUP = "zosimos.surrogates"
_BUILT_IN = {
    "committee": ("zosimos.surrogates.committee.committee", "Committee"),
    "deep-ensemble": ("zosimos.surrogates.deep_ensemble", "DeepEnsemble"),
    "forest": ("zosimos.surrogates.forest", "ForestSurrogate"),
    "gp": ("zosimos.surrogates.gp", "GaussianProcess"),
    "heteroscedastic": ("zosimos.surrogates.heteroscedastic", "HeteroscedasticGP"),
    "saas": ("zosimos.surrogates.saas", "SaasGP"),
    "sparse-gp": ("zosimos.surrogates.sparse", "SparseGP"),
}


def surrogate_names() -> tuple[str, ...]:
    """Return the names of all surrogates, sorted; nothing is imported."""
    return tuple(sorted({*_BUILT_IN, *offered(GROUP)}))


def check_surrogate_name(name: str, field: str = "planner.surrogate") -> None:
    """Refuse an unknown name, given in a spec's ``field``, without importing anything.

    Raises:
        SpecError: there is no such surrogate; the message lists those there are.
    """
    if name not in surrogate_names():
        raise SpecError(
            f"unknown surrogate {name!r}",
            field=field,
            value=name,
            allowed=", ".join(surrogate_names()),
            hint="correct the name, or install the plugin that offers it",
        )


def load_surrogate(name: str) -> Surrogate:
    """Return a new, unfitted surrogate; a plugin cannot take a built-in one's name.

    Raises:
        SpecError: there is no such surrogate, or what the plugin offers is not one.
    """
    from zosimos.surrogates.protocol import Surrogate  # torch: seconds, and names are checked without it

    check_surrogate_name(name)
    if name in _BUILT_IN:
        module, attribute = _BUILT_IN[name]
        factory = getattr(import_module(module), attribute)
    else:
        factory = offered(GROUP)[name].load()
    made = factory()
    if not isinstance(made, Surrogate):
        raise SpecError(
            f"the plugin {name!r} makes a {type(made).__name__}, which lacks fit or posterior",
            field="planner.surrogate",
            value=name,
            hint="ask its author to run zosimos.surrogates.testing.check_surrogate",
        )
    return made


def card_of(surrogate: Surrogate) -> ModelCard:
    """Return the model card of a fitted surrogate.

    Raises:
        RuntimeError: it was not fitted yet.
        SpecError: it is a plugin's and has no card.
    """
    from zosimos.surrogates.cards import Carded
    from zosimos.surrogates.gp import GaussianProcess
    from zosimos.surrogates.gp_card import gaussian_process_card

    if isinstance(surrogate, Carded):
        return surrogate.card()
    if isinstance(surrogate, GaussianProcess):
        return gaussian_process_card(surrogate)
    raise SpecError(
        f"a {type(surrogate).__name__} does not describe itself",
        field="planner.surrogate",
        value=type(surrogate).__name__,
        allowed="a surrogate with a card method",
        hint="ask its author to add card() -> zosimos.surrogates.cards.ModelCard",
    )
