"""The subject of a report: a campaign as it stands, and what its models believe, worked out once for all figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.lens import Lens
from zosimos.campaign.record.state import State
from zosimos.campaign.report.formatting import in_print, usable
from zosimos.core.objective import Objective, to_measure
from zosimos.core.ranking import by_tier
from zosimos.core.values import Values

if TYPE_CHECKING:
    from zosimos.campaign.explain.planner_card import PlannerCard
    from zosimos.campaign.report.believed import Believed
    from zosimos.campaign.setup import Setup


@dataclass(frozen=True, eq=False)
class Subject:
    """A campaign to be reported; without its ``setup`` no model is asked."""

    state: State
    setup: Setup | None = None

    @cached_property
    def objectives(self) -> Sequence[Objective]:
        """What is wanted."""
        return tuple(map(in_print, build_objectives(self.state.spec)))

    @cached_property
    def outcomes(self) -> Sequence[Objective]:
        """What is wanted, then what that is made of."""
        parts = map(in_print, to_measure(self.objectives))
        return tuple({o.name: o for o in (*self.objectives, *parts)}.values())

    @property
    def results(self) -> list[Experiment]:
        """The experiments that found a value of every objective that may be learned from, in order."""
        return [e for e in self.state.experiments.values() if all(usable(e, o) for o in self.objectives)]

    @cached_property
    def lens(self) -> Lens:
        """How experiments from before are seen in today's space."""
        return self.state.lens

    def at(self, experiment: Experiment) -> Values:
        """Return where an experiment was run, as today's space sees it."""
        return self.lens.row(experiment.ran_at)

    @property
    def ranked(self) -> bool:
        """Whether any two results can be put in order: there is one objective, or they have tiers."""
        return len(self.objectives) == 1 or bool(by_tier(self.objectives))

    @cached_property
    def believed(self) -> Believed | str:
        """What the models believe by now; or in words why there is nothing to say of it."""
        from zosimos.campaign.report.believed import believed_of

        return believed_of(self.state, self.setup)

    @cached_property
    def card(self) -> PlannerCard | None:
        """What planning has done for the campaign; None without a setup, or before anything was predicted."""
        if self.setup is None or not self.state.predicted:
            return None
        from zosimos.campaign.explain.planner_card import planner_card

        return planner_card(self.state, self.setup)
