"""By hand: what an optimiser in memory and a campaign on record have in common: ask, tell, look, predict."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zosimos.campaign import views
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.control.manual_results import Choices
from zosimos.campaign.effects import Effects, effects
from zosimos.campaign.predicted import Beliefs, Predicted
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.standing import awaiting
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError, StateError
from zosimos.core.records import Observation
from zosimos.core.values import is_number
from zosimos.faces.python import candidates, results
from zosimos.faces.python.candidates import Experiment, Suggestion
from zosimos.faces.python.frames import frame
from zosimos.faces.python.points import own_values

if TYPE_CHECKING:
    import pandas as pd


class ByHand:
    """A campaign whose experiments somebody else does.

    Args:
        record: its record.
        setup: its setup.
        commands: what its author may do to it.
    """

    def __init__(self, record: Record, setup: Setup, commands: Commands) -> None:
        self._record = record
        self._setup = setup
        self._own_commands = commands
        self._closed = False
        self._beliefs = Beliefs(setup)
        self._lock = threading.RLock()  # a record is one thread's at a time

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        """Hold the right to decide."""
        with self._lock:
            yield

    @property
    def _state(self) -> State:
        """The campaign as it is now, what others recorded included; once it is closed, as it was last seen."""
        with self._lock:
            if not self._closed:
                self._record.sync()
            return self._record.state

    @property
    def _commands(self) -> Commands:
        self._check_open()
        return self._own_commands

    def _check_open(self) -> None:
        """Refuse to act on a campaign whose ledger was let go.

        Raises:
            StateError: it was.
        """
        if self._closed:
            raise StateError(
                "the campaign is closed: it can only be looked at",
                field="campaign",
                value=self._record.campaign,
                hint=f'zo.Campaign.open("{self._record.campaign}") opens it again',
            )

    # --- asking and telling

    def ask(self, n: int | None = None) -> list[Suggestion]:
        """Return up to ``n`` experiments to do (default: the batch); what was asked before counts as under way.

        Raises:
            PlanningError: nothing is left to try.
            SpecError: ``n`` is not a positive whole number.
            StateError: the campaign is not active, or its budget is used up.
        """
        if n is not None and not (is_number(n) and n == int(n) and n >= 1):
            raise SpecError("the number of experiments", field="n", value=n, allowed="1 or more, a whole number")
        with self._deciding():
            found = self._commands.ask(self._setup, int(n or self._state.spec.batch))
        return [candidates.suggestion(item) for item in found]

    def _told(
        self,
        candidate: results.Target,
        outcomes: Any,
        more: Mapping[str, Any],
        failed: str,
        choices: Choices,
        ran_at: Mapping[str, Any] | None = None,
    ) -> str:
        with self._lock:
            state = self._state
            found = {**outcomes, **more} if isinstance(outcomes, Mapping) else outcomes or more
            result = results.result(self._setup, state, candidate, found, failed, choices, ran_at)
            return self._commands.report(self._setup, [result], replace(choices, replicates=True)).experiments[0]

    # --- looking

    @property
    def pending(self) -> list[Suggestion]:
        """The experiments that were suggested and have no result yet."""
        return [candidates.suggestion(item) for item in self._state.active.values()]

    @property
    def experiments(self) -> list[Experiment]:
        """All experiments in order, those without a result and those that failed included."""
        state = self._state
        waits = awaiting(state)
        return [candidates.experiment(item, waits.get(item.id, ())) for item in state.experiments.values()]

    @property
    def observations(self) -> tuple[Observation, ...]:
        """What was found and counts, in order, as planners see it."""
        return tuple(self._state.counting())

    @property
    def best(self) -> Experiment | None:
        """The best experiment so far; None before the first result. With trade-offs, see :attr:`front`."""
        return next(iter(self.front), None)

    @property
    def front(self) -> list[Experiment]:
        """The experiments that no other beats in every objective, the best first; with one objective, the best."""
        return [candidates.experiment(item) for item in views.pareto_front(self._state)]

    def predict(self, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]] | pd.DataFrame) -> dict[str, Predicted]:
        """Return what is expected at rows, by objective: ``mean``, ``sd`` and ``interval(level)``.

        Args:
            rows: one or several mappings of values, or a pandas data frame; suggestions too.

        Raises:
            DataError: a row names an unknown parameter, lacks one, or holds what no parameter can be.
            StateError: an objective has no result yet.
        """
        with self._lock:
            state = self._state
            given = [own_values(self._setup, state, row, outside=True) for row in results.listed(rows)]
            return self._beliefs.predict(state, given)

    def effects(
        self, *, model: str | None = None, outcome: str | None = None, only_design: bool = False, level: float = 0.95
    ) -> Effects:
        """Return the classical analysis of what was measured: effects with errors, curvature, lack of fit.

        Args:
            model: ``linear``, ``interactions``, ``quadratic``, ``special-cubic`` (mixtures) or ``factorial``; None: the
                largest that the results determine with some to spare.
            outcome: the one that is wanted; None: all.
            only_design: whether only the runs of the design that it began with count.
            level: of the confidence intervals.

        Raises:
            SpecError: there is no such model or outcome.
            StateError: there are too few results.
        """
        with self._lock:
            return effects(self._state, self._setup, model=model, outcome=outcome, only_design=only_design, level=level)

    def to_frame(self) -> pd.DataFrame:
        """Return all experiments as a pandas data frame, one a row, with the columns of ``zosimos export``."""
        return frame(self._state)
