"""Model cards: what the models of a campaign are now, what they assume and where they fail, objective by objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zosimos.campaign.explain.belief import believed
from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import StateError
from zosimos.core.seeds import derive_seed
from zosimos.planners.models.multi_fidelity import LadderOutcome
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.committee import committee_card
from zosimos.surrogates.committee.outcome import OutcomeModel
from zosimos.surrogates.registry import card_of


def model_cards(state: State, setup: Setup) -> Mapping[str, ModelCard]:
    """Return the card of the model of each measured quantity, fitted to all results so far.

    Objectives that are made of others have no model of their own.

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
    for quantity, model in belief.quantities.items():
        model = model.top if isinstance(model, LadderOutcome) else model
        if isinstance(model, OutcomeModel):
            found = committee_card((model,), derive_seed(context.seed, "committee"), model.notes)
        else:
            found = card_of(model.surrogate)
        values = {name.replace(", outcome 0", ""): value for name, value in found.hyperparameters.items()}
        cards[quantity] = replace(found, hyperparameters=values)
    return cards
