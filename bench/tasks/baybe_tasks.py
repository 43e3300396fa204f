"""BayBE with an earlier campaign as a task of its own (its transfer learning), over the rows of a pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from baybe import Campaign
from baybe.parameters import CategoricalParameter, NumericalDiscreteParameter, TaskParameter
from baybe.searchspace import SearchSpace as BayBESpace
from baybe.targets import NumericalTarget

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Values
from zosimos.core.records import Candidate, Observation
from zosimos.core.seeds import derive_seed
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.isolation import isolated

_TASK = "campaign"


class BayBETasks:
    """A planner: BayBE's campaign with its defaults and a task parameter, the earlier results told first."""

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], source: Source, *, seed: int) -> None:
        (self._objective,) = objectives
        self._rows = list(space.candidates)
        self._seed, self._told = seed, 0
        now, before = self._frame(self._rows, "now"), self._frame(source.rows, "before")
        frame = pd.concat([now, before], ignore_index=True)
        parameters = [self._parameter(p, frame) for p in space.parameters]
        task = TaskParameter(_TASK, values=["before", "now"])
        self._campaign = Campaign(
            BayBESpace.from_dataframe(frame, [*parameters, task]),
            NumericalTarget(self._objective.name, minimize=self._objective.goal == "min").to_objective(),
            allow_recommending_already_measured=False,
            allow_recommending_already_recommended=True,
        )
        self._campaign.toggle_discrete_candidates(before.drop_duplicates(), exclude=True)
        before[self._objective.name] = list(source.outcomes[self._objective.name])
        self._campaign.add_measurements(before, numerical_measurements_must_be_within_tolerance=False)

    def tell(self, observations: Sequence[Observation]) -> None:
        """Add observations."""
        frame = self._frame([seen.values for seen in observations], "now")
        frame[self._objective.name] = [seen.measurements[self._objective.name].value for seen in observations]
        self._campaign.add_measurements(frame, numerical_measurements_must_be_within_tolerance=False)
        self._told += len(observations)

    def ask(self, n: int = 1, pending: Sequence[Candidate] = ()) -> list[Candidate]:
        """Return the rows to measure next."""
        del pending
        with isolated(derive_seed(self._seed, "ask", self._told)):
            return [Candidate(self._rows[int(index)], "baybe") for index in self._campaign.recommend(n).index]

    def _frame(self, rows: Sequence[Values], task: str) -> Any:
        return pd.DataFrame([{**row, _TASK: task} for row in rows])

    def _parameter(self, parameter: Any, frame: Any) -> Any:
        if isinstance(parameter, Categorical):
            return CategoricalParameter(parameter.name, parameter.choices, encoding="OHE")
        return NumericalDiscreteParameter(parameter.name, sorted(set(frame[parameter.name])))
