"""Commands: what people and other programs may do to a campaign, each one transaction on its ledger.

A command decides on the state as it is inside the transaction and writes all or nothing, so any process may issue it
at any time, whether or not another is running the campaign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from zosimos.campaign.control.answers import asked_under, granting, rejecting
from zosimos.campaign.control.beginning import create as create
from zosimos.campaign.control.beside import done_beside
from zosimos.campaign.control.changes import steering, steering_wanted, undoing_wanted
from zosimos.campaign.control.course import Course, require_status
from zosimos.campaign.control.manual_results import Choices, Reported, Result, reporting
from zosimos.campaign.control.mending import Mending
from zosimos.campaign.control.proposing import proposing
from zosimos.campaign.control.repairing import Plan, check_readable, repair
from zosimos.campaign.control.saying import Saying
from zosimos.campaign.decisions.advising import Said, giving, resolving, withdrawing
from zosimos.campaign.decisions.anomalies import noticed
from zosimos.campaign.decisions.asking import wishing
from zosimos.campaign.decisions.clearing import VERB, questions, require_cleared
from zosimos.campaign.decisions.decide import Decide, decide, decision, inputs_now
from zosimos.campaign.decisions.forecast import forecast
from zosimos.campaign.decisions.stopping import room
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.steer import Change
from zosimos.campaign.execution.recovery import interrupted_step, outcome
from zosimos.campaign.lab import Probe
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.advice import GivenAdvice
from zosimos.campaign.record.approvals import Asked
from zosimos.campaign.record.experiment import Experiment, ProposedChange, ProposedVerb
from zosimos.campaign.record.state import State
from zosimos.campaign.record.suggested import BESIDE
from zosimos.campaign.setup import Setup, reopened
from zosimos.core.errors import StateError

Resolution = Literal["done", "redo", "skip", "probe"]


class Commands(Course, Mending, Saying):
    """Everything a person may do to one campaign."""

    def repair(self, reason: str, shown: Plan | None = None) -> Plan:
        """Set aside what does not fit the record, and return what was done: :func:`repairing.repair` says how."""
        return repair(self.record, self._by(), reason, self._moment, shown)

    def steer(
        self,
        setup: Setup,
        wanted: Mapping[str, Any] | CampaignSpec,
        reason: str = "",
        *,
        source: Mapping[str, Any] | None = None,
    ) -> list[Change]:
        """Change the spec from the next decision on; open questions expire. Returns the changes made.

        Args:
            setup: the campaign's setup, against which the new spec is checked.
            wanted: dotted path to new value, or a whole spec.
            reason: why, for the record.
            source: the campaign file that says so, as :func:`~zosimos.campaign.control.of_file.source_of` returns it.

        Raises:
            SpecError: the new spec is wrong or cannot be reached under way; nothing was written.
        """
        made: list[Change] = []

        def build(state: State) -> list[Draft]:
            made[:] = steering_wanted(setup, state, wanted)
            return steering(state, made, self._by(), reason, None, source=source)

        self.record.commit(build, self._moment)
        return made

    def undo(self, setup: Setup, reason: str = "") -> list[Change]:
        """Take back the last steering that was not undone yet. Returns the changes made.

        Raises:
            StateError: there is none, or its fields were changed again since.
        """
        made: list[Change] = []

        def build(state: State) -> list[Draft]:
            made[:], version = undoing_wanted(setup, state)
            return steering(state, made, self._by(), reason, version)

        self.record.commit(build, self._moment)
        return made

    def propose(
        self, setup: Setup, verb: ProposedVerb, wanted: Mapping[str, Any] | None = None, reason: str = ""
    ) -> ProposedChange:
        """Suggest a change without making it, and return the proposal; one that is open already is returned again.

        Args:
            setup: the campaign's setup, against which a new spec is checked.
            verb: what to do.
            wanted: for ``steer``, dotted path to new value; for what leaves the spec as it is, the content that
                :func:`~zosimos.campaign.control.beside.done_beside` reads.
            reason: why, for the record.

        Raises:
            SpecError: the new spec is wrong or cannot be reached under way; nothing was written.
            StateError: the change does not fit the campaign as it is.
        """
        known = ""
        if verb == VERB:
            raise StateError("only the program asks whether a substance may be used", field="verb", value=verb)

        def build(state: State) -> list[Draft]:
            nonlocal known
            found = proposing(setup, state, verb, wanted, self._by(), reason, self._moment())
            known = found if isinstance(found, str) else ""
            return [] if isinstance(found, str) else [found]

        events = self.record.commit(build, self._moment)
        return self.record.state.changes[events[0].body["token"] if events else known]

    def approve(self, token: str, shown: str | None = None) -> Asked:
        """Say yes to exactly what a token stands for; a proposed change is made at once. Returns what was asked.

        Args:
            token: the whole token.
            shown: what :func:`~zosimos.campaign.record.approvals.standing` was when it was shown, if it was.

        Raises:
            NotFoundError: there is no such question.
            StateError: it was answered, has expired, or is not what was shown any more.
            TamperedError: the record of it is not what its digest covers.
        """
        return self.approve_all({token: shown})[0]

    def approve_all(self, shown: Mapping[str, str | None]) -> list[Asked]:
        """Say yes to several tokens, all of them or none; of changes, only one at a time. Returns what was asked.

        ``shown`` is each token, and what it stood for when it was shown. Raises as ``approve``.
        """

        def build(state: State) -> list[Draft]:
            def beside(verb: ProposedVerb, content: Mapping[str, Any], reason: str) -> list[Draft]:
                by, at = self._by(), self._moment()
                return done_beside(reopened(self.record), state, verb, content, by, reason, at)

            if any(token in state.approvals for token in shown):
                require_cleared(reopened(self.record), state)
            return granting(state, shown, self._by(), beside)

        changes = [self.record.state.changes.get(token) for token in shown]
        self.record.commit(build, self._moment)
        if any(change is not None and change.verb in BESIDE for change in changes):
            self.record.commit(noticed, self._moment)
        return [asked_under(self.record.state, token) for token in shown]

    def reject(self, token: str, reason: str = "") -> Asked:
        """Say no: the experiments are cancelled, and their points are not proposed again; or nothing is changed.

        Raises:
            NotFoundError: there is no such question.
            StateError: it was answered or has expired.
        """
        self.record.commit(lambda state: [rejecting(state, token, self._by(), reason)], self._moment)
        return asked_under(self.record.state, token)

    def resolve(self, experiment: str, verb: Resolution, *, result: Any = None, note: str = "") -> Experiment:
        """Decide about an uncertain experiment.

        Args:
            experiment: its id.
            verb: ``done``: the effect did happen (with ``result``, if it gives one); ``redo``: it did not, do it
                again; ``skip``: give the experiment up; ``probe``: ask the lab again at the next chance.
            result: the effect's result, JSON data.
            note: why, for the record.

        Raises:
            NotFoundError: there is no such experiment.
            StateError: it is not uncertain.
        """

        def build(state: State) -> list[Draft]:
            found = state.experiment(experiment)
            if found.status != "uncertain":
                raise StateError(
                    f"{experiment} is {found.status}, not uncertain: there is nothing to resolve",
                    field="experiment",
                    value=experiment,
                    allowed=", ".join(state.uncertain) or "no experiment is uncertain",
                )
            drafts = [
                Draft("experiment.resolved", {"experiment": experiment, "verb": verb, "by": self._by(), "note": note})
            ]
            check_readable(found, verb)
            step = interrupted_step(found)
            if step is not None and verb == "done":
                drafts.append(outcome(found, step, Probe("done", result), "person"))
            elif step is not None and verb == "redo":
                drafts.append(outcome(found, step, Probe("undone"), "person"))
            return drafts

        self.record.commit(build, self._moment)
        return self.record.state.experiment(experiment)

    def advise(self, setup: Setup, said: Said) -> GivenAdvice:
        """Record what somebody believes; it counts from the next decision on. Returns it.

        Args:
            setup: the campaign's setup, against which the advice is checked.
            said: the advice; without an author it is the advice of whoever acts here.

        Raises:
            SpecError: it does not fit the campaign; nothing was written.
            StateError: the campaign was aborted.
        """
        own = replace(said, author=said.author or self._author)
        (event,) = self.record.commit(lambda state: [giving(setup, state, own, self._by())], self._moment)
        return self.record.state.advice[event.body["advice"]]

    def ask_advisor(self, reason: str = "") -> int:
        """Wish that the advisor of the campaign file be asked now; returns the number of the call.

        Whoever runs the campaign asks it beside the loop, within its limits.

        Raises:
            StateError: the campaign has no advisor, is not active, or the advisor is about to be asked already.
            SpecError: the reason is nothing that can be kept.
        """
        self.record.commit(lambda state: [wishing(state, self._by(), reason)], self._moment)
        return len(self.record.state.calls)

    def withdraw(self, advice: str, reason: str = "") -> GivenAdvice:
        """Let advice count no more from the next decision on, and return it.

        Raises:
            NotFoundError: there is no such advice.
            StateError: it was withdrawn already, or has expired.
        """
        self.record.commit(lambda state: [withdrawing(state, advice, self._by(), reason)], self._moment)
        return self.record.state.advice[advice]

    def resolve_hypothesis(self, advice: str, *, holds: bool, reason: str = "") -> GivenAdvice:
        """Record that the hypothesis an advice states was found true or false, and return the advice.

        The last word counts. Decisions do not rest on it; the score of its author does.

        Raises:
            NotFoundError: there is no such advice.
            SpecError: it does not state one hypothesis.
        """
        by = self._by()
        self.record.commit(lambda state: [resolving(state, advice, holds=holds, by=by, reason=reason)], self._moment)
        return self.record.state.advice[advice]

    def require_room(self, spec: CampaignSpec) -> int:
        """Return how many experiments could be asked for if the campaign's spec were this one.

        Raises:
            StateError: none: the campaign has ended, or the budget is used up.
        """
        state, budget = self.record.state, spec.budget.experiments
        require_status(state, "active")
        if not (left := room(state, budget)):
            raise StateError(
                f"the budget of {budget} experiments is used up",
                field="budget.experiments",
                value=budget,
                hint=f"zosimos steer {state.id} --set budget.experiments=N",
            )
        return left

    def require_cleared(self, setup: Setup) -> None:
        """Refuse to go on while the chemistry of the campaign needs a person's yes; what is missing is asked for.

        Raises:
            SpecError: something is refused, which no yes lets through.
            StateError: a yes is missing; the questions are on record.
        """
        if questions(setup, self.record.state):
            self.record.commit(partial(questions, setup), self._moment)
        require_cleared(setup, self.record.state)

    def ask(
        self, setup: Setup, n: int, decide: Decide = decide, ready: Callable[[list[Experiment]], None] = lambda _: None
    ) -> list[Experiment]:
        """Decide on up to ``n`` more experiments for a person to run, and return them.

        Args:
            setup: the campaign's setup.
            n: how many.
            decide: chooses them.
            ready: is shown them before they are recorded; what it raises keeps them from being recorded.

        Raises:
            StateError: the campaign has ended, its budget is used up, or a person must first say yes to a substance.
            SpecError: a substance is refused.
            PlanningError: nothing is left to propose.
        """
        self.record.sync()
        self.record.require_whole()
        state = self.record.state
        self.require_cleared(setup)
        count = min(n, self.require_room(state.spec))
        inputs = inputs_now(state, count, complete=False)
        candidates, seen = decide(setup, inputs), forecast(setup, inputs)

        def build(now: State) -> list[Draft]:
            require_cleared(setup, now)
            drafts = decision(now, inputs, candidates, seen)
            for draft in drafts[:1]:
                name, version = draft.body["decision"], inputs.spec_version
                chosen = zip(draft.body["candidates"], candidates, strict=True)
                ready([Experiment(item["experiment"], one, name, version) for item, one in chosen])
            return drafts

        written = self.record.commit(build, self._moment)
        if not written:
            raise StateError("the campaign was steered or paused meanwhile", hint="ask again")
        return [self.record.state.experiments[item["experiment"]] for item in written[0].body["candidates"]]

    def tell(self, setup: Setup, results: Sequence[Result], *, outside: bool = False) -> list[str]:
        """Record results that a person found, all of them or none. Returns the experiments' ids, one for each.

        One at values of the person's own is always another measurement. Raises what :meth:`report` does.
        """
        return self.report(setup, results, Choices(outside=outside, replicates=True)).experiments

    def report(self, setup: Setup, results: Sequence[Result], choices: Choices) -> Reported:
        """Record what is new in results that a person found, all of it or nothing. Returns what came of each.

        Args:
            setup: the campaign's setup.
            results: what was found.
            choices: what the person decided beforehand, such as what becomes of what stands on record otherwise.

        Raises:
            DataError: a result of the person's own was found where the space has no such point.
            NotFoundError: a result names an experiment that does not exist.
            StateError: an experiment is being run by the lab, or a result differs from what is on record and nobody
                said what is to become of that.
            ExecutionError: nothing that is wanted was measured.
        """
        came = Reported()

        def build(state: State) -> list[Draft]:
            nonlocal came
            require_status(state, "active", "paused", "finished")
            drafts, came = reporting(setup, state, results, self._by(), self._moment(), choices)
            return drafts

        self.record.commit(build, self._moment)
        self.record.commit(noticed, self._moment)
        return came
