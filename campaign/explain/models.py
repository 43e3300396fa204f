"""The models of a campaign explained: their cards, how they do on held-out results, how far out experiments lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.explain.domains import ExperimentDomain, experiment_domains
from zosimos.campaign.explain.held_out import HeldOut, held_out
from zosimos.campaign.explain.model_cards import model_cards
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.surrogates.cards import ModelCard


@dataclass(frozen=True)
class ModelsExplained:
    """The card of each quantity's model, its held-out errors, and the domain of experiments that wait."""

    campaign: str
    cards: Mapping[str, ModelCard]
    checks: HeldOut
    domains: Sequence[ExperimentDomain]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "campaign": self.campaign,
            "models": {name: card.as_json() for name, card in self.cards.items()},
            "held_out": {name: found.as_json() for name, found in self.checks.quantities.items()},
            "domains": [item.as_json() for item in self.domains],
            "notes": list(self.checks.notes),
        }


def explain_models(state: State, setup: Setup) -> ModelsExplained:
    """Return what is to be said of a campaign's models, from its record alone."""
    cards, checks = model_cards(state, setup), held_out(context_now(state, setup))
    return ModelsExplained(state.id, cards, checks, experiment_domains(state, setup))
