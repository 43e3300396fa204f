"""Model cards: what the models of a campaign are now, what they assume and where they fail, objective by objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zosimos.campaign.explain.belief import believed
from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import StateError
from zosimos.surrogates.cards import ModelCard


def model_cards(state: State, setup: Setup) -> Mapping[str, ModelCard]:
    """Return the card of each measured quantity's model, fitted to all results so far; then of series and composites.

    Raises:
        StateError: an objective has no result to learn from.
        SpecError: a plugin's model has no card.
    """
    context = context_now(state, setup)
    if context.usable < 1:
        raise StateError(
            f"campaign {state.id} has no model yet",
            field="experiment",
            value=f"{context.usable} usable results",
            allowed="one result of each objective, or more",
        )
    belief = believed(context)
    cards = {}
    for name, found in belief.cards().items():
        values = {what.replace(", outcome 0", ""): value for what, value in found.hyperparameters.items()}
        cards[name] = replace(found, hyperparameters=values)
    return cards
