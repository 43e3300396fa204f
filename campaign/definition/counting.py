"""Which results may be called the best: those of experiments that could be asked for today."""

from __future__ import annotations

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.plugin_knob import PluginParameterSpec
from zosimos.core.records import Observation
from zosimos.core.revision import EXACT
from zosimos.core.values import Value, Values


class Counting:
    """Says of experiments whether what they find counts as a result of a campaign as its spec stands.

    A result counts if it is of the last level of fidelity, where there are levels, and if it was asked for inside the
    bounds and choices: what lies beyond bounds that were steered meanwhile is learned from, and cannot be had again.
    Campaigns of the first revision know no such bounds.
    """

    def __init__(self, spec: CampaignSpec) -> None:
        self._level = None if spec.fidelity is None else (spec.fidelity.parameter, spec.fidelity.levels[-1][0])
        self._bounds: dict[str, tuple[float, float]] = {}
        self._choices: dict[str, frozenset[Value]] = {}
        for name, part in spec.space.items() if spec.since(EXACT) else ():
            if part.role != "control" or isinstance(part, PluginParameterSpec):  # its package may be gone
                continue
            traits = part.traits(name)
            if traits.bounds is not None:
                self._bounds[name] = traits.bounds
            elif traits.kind == "text" and traits.levels:
                self._choices[name] = frozenset(traits.levels)

    def result(self, observation: Observation) -> bool:
        """Say whether what was observed counts as a result."""
        return self.at(observation.asked_at)

    def at(self, values: Values) -> bool:
        """Say whether what an experiment at these values finds counts as a result."""
        if self._level is not None and values.get(self._level[0]) != self._level[1]:
            return False
        for name, (low, high) in self._bounds.items():
            value = values.get(name)
            if isinstance(value, int | float) and not low <= value <= high:
                return False
        return all(name not in values or values[name] in choices for name, choices in self._choices.items())
