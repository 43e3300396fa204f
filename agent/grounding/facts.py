"""Facts: what a turn of a conversation may speak of: the record, what tools returned, what the person wrote."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from zosimos.agent.grounding.numerals import Numeral, numerals
from zosimos.agent.grounding.returned import Returned, returned, texts_in
from zosimos.agent.grounding.sight import sight
from zosimos.campaign import views
from zosimos.campaign.definition.steer import Change
from zosimos.campaign.record.experiment import TRANSITIONS, Experiment
from zosimos.campaign.record.state import State
from zosimos.core.ids import local_id
from zosimos.core.values import is_number

_LATELY = 200  # results among which the last that was measured is looked for
_SIDES = ("min", "max", "target", "threshold", "step", "default")


@dataclass(frozen=True)
class Facts:
    """What there is to know in a turn.

    Args:
        state: the campaign as it stands after the turn.
        results: what the tools returned in this turn, each with its ``tool`` and ``result``.
        said: the person's message.
    """

    state: State
    results: Sequence[Mapping[str, Any]] = ()
    said: str = ""

    @cached_property
    def outcomes(self) -> Mapping[str, str]:
        """The measured quantities and their units, the objectives first."""
        found = {name: part.unit for name, part in self.state.spec.objectives.items()}
        for observation in self.state.observations[-1:]:
            for name, one in observation.measurements.items():
                found[name] = found.get(name) or one.unit
        return found

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The parameters and their units."""
        return {name: str(getattr(part, "unit", "") or "") for name, part in self.state.spec.space.items()}

    @cached_property
    def units(self) -> Mapping[str, str]:
        """The units of all quantities."""
        return {**self.parameters, **self.outcomes}

    @cached_property
    def objective(self) -> str:
        """The first objective."""
        return next(iter(self.state.spec.objectives), "")

    @cached_property
    def best(self) -> tuple[str, ...]:
        """The best experiments: one, or those that no other dominates."""
        return tuple(item.id for item in views.pareto_front(self.state))

    @cached_property
    def last(self) -> tuple[str, ...]:
        """The experiments that are the last in some way: that was begun, that has a result, that was measured."""
        seen = self.state.observations
        began = local_id("experiment", self.state.numbered)
        ended = [seen[-1].experiment] if seen else []
        measured = next((one.experiment for one in reversed(seen[-_LATELY:]) if not one.failed), "")
        return tuple(one for one in dict.fromkeys([measured, *ended, began]) if one in self.state.experiments)

    def of(self, experiment: str, name: str) -> list[float]:
        """Return what is on record of a quantity of an experiment: what it is, and was before a correction."""
        item = self.state.experiments.get(experiment)
        if item is None:
            return []
        if name in self.parameters and name in item.values:
            found = [item.values[name], item.ran_at[name]]
        else:
            found = [one[name].value for one in (item.measurements, *_before(item)) if name in one]
        return [float(value) for value in dict.fromkeys(found) if is_number(value)]

    def spreads(self, experiment: str, name: str) -> list[float]:
        """Return the uncertainties on record of a quantity of an experiment."""
        item = self.state.experiments.get(experiment)
        found: list[float] = []
        if item is not None and name in item.measurements:
            found += [item.measurements[name].uncertainty or 0.0]
        if item is not None and name in item.candidate.predictions:
            found += [item.candidate.predictions[name].spread, item.candidate.predictions[name].sd]
        return found

    def expected(self, experiment: str, name: str) -> list[float]:
        """Return what was expected of a quantity of an experiment before it ran."""
        item = self.state.experiments.get(experiment)
        told = [] if item is None else [item.candidate.predictions, item.candidate.expected]
        return [one[name].mean for one in told if name in one]

    def measured(self, name: str) -> Mapping[str, float]:
        """Return a quantity of every experiment that counts, by id."""
        if name not in self._measured:
            self._measured[name] = {
                item.id: found[0]
                for item in self.state.experiments.values()
                if item.status == "measured" and (found := self.of(item.id, name))
            }
        return self._measured[name]

    @cached_property
    def _measured(self) -> dict[str, Mapping[str, float]]:
        return {}

    def summed_up(self, name: str) -> list[float]:
        """Return the mean, median, standard deviation, sum and extremes of a quantity over all that counts."""
        values = list(self.measured(name).values())
        if not values:
            return []
        found = [statistics.fmean(values), statistics.median(values), sum(values), min(values), max(values)]
        found.append(max(values) - min(values))
        return [*found, statistics.stdev(values)] if len(values) > 1 else found

    def settings(self, name: str) -> Mapping[str, float]:
        """Return the numbers that the spec gives a parameter or an objective now, by field."""
        spec = self.state.spec
        part = spec.space.get(name) or spec.objectives.get(name)
        given = {side: getattr(part, side, None) for side in _SIDES}
        found = {side: float(str(value)) for side, value in given.items() if is_number(value)}
        levels = [float(one) for one in getattr(part, "levels", None) or () if is_number(one)]
        if levels:
            found |= {"min": min(levels), "max": max(levels)}
            found |= {f"level {place}": level for place, level in enumerate(levels)}
        if name in spec.stop.reach and is_number(spec.stop.reach[name]):
            found["reach"] = float(spec.stop.reach[name])
        return found

    @cached_property
    def steered(self) -> list[Change]:
        """Every change of the spec that was made, the latest last."""
        return [change for steering in self.state.steerings for change in steering.changes]

    @cached_property
    def filed(self) -> list[str]:
        """The tokens of the proposals of this turn."""
        made = (one["result"] for one in self.results if str(one["tool"]).startswith("propose_"))
        return [result["token"] for result in made if "token" in result]

    @cached_property
    def taken_back(self) -> bool:
        """Whether this turn took back a proposal."""
        return any("withdrawn" in one["result"] for one in self.results if one["tool"] == "withdraw_proposal")

    @cached_property
    def noted(self) -> bool:
        """Whether this turn wrote down words of the person's."""
        return any("error" not in one["result"] for one in self.results if one["tool"] == "note")

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many there are of what can be counted, by what it is."""
        state = self.state
        used, budget = state.used, state.spec.budget.experiments
        statuses = {name: state.counts.get(name, 0) for name in (*TRANSITIONS, "retracted")}
        running = statuses["proposed"] + statuses["approved"] + statuses["running"]
        return {
            **statuses,
            "used": used,
            "budget": budget,
            "left": budget - used,
            "total": len(state.experiments),
            "ended": statuses["measured"] + statuses["failed"],
            "waiting": running,
            "batch": state.spec.batch,
            "parallel": state.spec.parallel or state.spec.batch,
            "version": state.spec_version,
            "open": len(state.open_tokens()),
            "proposals": len(self.filed),
            "open proposals": len(state.open_changes()),
            "parameters": len(state.spec.space),
            "objectives": len(state.spec.objectives),
            "steerings": len(state.steerings),
        }

    @cached_property
    def told(self) -> list[Returned]:
        """The numbers in what tools returned that are no experiment's."""
        changes = [views.change_view(self.state, change) for change in self.state.open_changes()]
        return list(returned([one["result"] for one in self.results] + changes, tuple(self.units)))

    @cached_property
    def sentences(self) -> list[str]:
        """The texts in what tools returned, as they are seen."""
        return [sight(text).seen for text in texts_in([one["result"] for one in self.results])]

    @cached_property
    def message(self) -> str:
        """The person's message as it is seen."""
        return sight(self.said).seen

    @cached_property
    def asked(self) -> list[Numeral]:
        """The numbers in the person's message, with slash commands read, too."""
        return numerals(sight(re.sub(r"(?<!\w)/(?=\w)", " ", self.said)).seen)


def _before(item: Experiment) -> Iterator[Mapping[str, Any]]:
    """Yield what an experiment had given before it was corrected or retracted."""
    for amendment in item.amendments:
        yield amendment.was
