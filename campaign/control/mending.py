"""Mending: the commands by which a person corrects a result, retracts one, or drops a proposal, and takes that back.

Each is one transaction, as every command is. They change what counts from then on and nothing that was on record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from zosimos.campaign.control.acting import Acting
from zosimos.campaign.control.corrections import Given, correcting, restoring, retracting, uncorrecting
from zosimos.campaign.control.dropping import dropping, taking_up
from zosimos.campaign.control.taking_out import putting_back, taking_out
from zosimos.campaign.decisions.anomalies import noticed
from zosimos.campaign.ledger.claims import held_by
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup


class Mending(Acting):
    """What a person may do about mistakes."""

    def correct(self, setup: Setup, experiment: str, values: Mapping[str, Given], reason: str) -> Experiment:
        """Give a result other values, from the next decision on. Returns the experiment.

        Args:
            setup: the campaign's setup.
            experiment: its id.
            values: by outcome a number, or a number and a unit; ``<outcome>_uncertainty`` its standard uncertainty,
                ``<outcome>_u_shared`` what of it all results share; by parameter, where it was really run.
            reason: why, for the record.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: an outcome is unknown, a value is no finite number, or there is no reason.
            StateError: it has no result, its result was retracted, or these are its values already.
        """
        return self._mended(
            experiment,
            lambda state: [correcting(setup, state, experiment, values, self._by(), reason, self._moment())],
        )

    def uncorrect(self, setup: Setup, experiment: str, reason: str) -> Experiment:
        """Give a result back the values that it had before it was last corrected. Returns the experiment.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: there is no reason.
            StateError: it has no result, or was not corrected.
        """
        return self._mended(experiment, lambda state: [uncorrecting(setup, state, experiment, self._by(), reason)])

    def retract(self, experiment: str, reason: str) -> Experiment:
        """Let a result count no more, from the next decision on; the experiment stays used. Returns the experiment.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: there is no reason.
            StateError: it has no result, or its result was retracted already.
        """
        return self._mended(experiment, lambda state: [retracting(state, experiment, self._by(), reason)])

    def restore(self, experiment: str, reason: str) -> Experiment:
        """Let a retracted result count again, from the next decision on. Returns the experiment.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: there is no reason.
            StateError: it was not retracted.
        """
        return self._mended(experiment, lambda state: [restoring(state, experiment, self._by(), reason)])

    def take_out(self, setup: Setup, experiment: str, outcomes: Sequence[str], reason: str) -> Experiment:
        """Let single outcomes of a result count no more, from the next decision on. Returns the experiment.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: it has no such outcome, or there is no reason.
            StateError: it has no result, or nothing would be left of it.
        """
        return self._mended(
            experiment, lambda state: [taking_out(setup, state, experiment, outcomes, self._by(), reason)]
        )

    def put_back(self, setup: Setup, experiment: str, outcomes: Sequence[str], reason: str) -> Experiment:
        """Let single outcomes that were taken out count again, from the next decision on. Returns the experiment.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: there is no reason.
            StateError: one was not taken out, or was measured again since.
        """
        return self._mended(
            experiment, lambda state: [putting_back(setup, state, experiment, outcomes, self._by(), reason)]
        )

    def drop(self, setup: Setup, experiment: str, reason: str, *, exclude: bool = False) -> Experiment:
        """Let a proposed experiment wait no more; its place in the budget is free again. Returns the experiment.

        Args:
            setup: the campaign's setup.
            experiment: its id.
            reason: why, for the record.
            exclude: keep planners away from its values, and from what lies near them.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: there is no reason.
            StateError: it waits no more, or a laboratory is about to run it.
            SpecError: nothing would be left to try.
        """

        def build(state: State) -> list[Draft]:
            runs = held_by(self.record.ledger, state.id) if state.spec.lab is not None else ""
            return dropping(setup, state, experiment, self._by(), reason, exclude=exclude, runs=runs)

        return self._mended(experiment, build)

    def take_up(self, experiment: str, reason: str) -> Experiment:
        """Let a dropped proposal wait again. Returns the experiment.

        Raises:
            NotFoundError: there is no such experiment.
            DataError: there is no reason.
            StateError: it was not dropped, the budget has no room for it, or it would have to be approved again.
        """
        return self._mended(experiment, lambda state: taking_up(state, experiment, self._by(), reason))

    def _mended(self, experiment: str, build: Callable[[State], list[Draft]]) -> Experiment:
        self.record.commit(build, self._moment)
        self.record.commit(noticed, self._moment)
        return self.record.state.experiments[experiment]
