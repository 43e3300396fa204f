"""Control: what people decide about a campaign on record, from Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign import views
from zosimos.campaign.control.commands import Resolution
from zosimos.campaign.control.reopening import check_not_over
from zosimos.campaign.control.written_advice import Written, written_items
from zosimos.campaign.decisions.advising import Said
from zosimos.campaign.decisions.followed import advice_views
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.steer import Change
from zosimos.campaign.record.experiment import Approval, ProposedChange, Question
from zosimos.faces.python.candidates import Suggestion
from zosimos.faces.python.mending import Mending
from zosimos.faces.python.spec import as_plain
from zosimos.planners.advice import AuthorKind, Item


class Controlled(Mending):
    """A campaign that is steered, advised, paused and answered to."""

    def steer(self, wanted: Mapping[str, Any] | CampaignSpec, reason: str = "") -> list[Change]:
        """Change the campaign from its next decision on, and return the changes.

        Args:
            wanted: dotted path to new value, such as ``{"space.T.max": 70}``, or a whole spec.
            reason: why, for the record.

        Raises:
            SpecError: the new spec is wrong or cannot be reached under way; nothing was written.
        """
        with self._lock:
            return self._commands.steer(self._setup, as_plain(wanted), reason)

    def undo(self, reason: str = "") -> list[Change]:
        """Take the last steering back, and return the changes.

        Raises:
            StateError: there is none, or its fields were changed again since.
        """
        with self._lock:
            return self._commands.undo(self._setup, reason)

    def advise(
        self,
        *items: Item,
        point: Written = None,
        expect: Written = None,
        prior: Written = None,
        exclude: str = "",
        replicate: str | Suggestion = "",
        explore: str = "",
        hypothesis: str = "",
        odds: str | float | None = None,
        reason: str = "",
        lasting: int | None = None,
        author: str = "",
        kind: AuthorKind = "person",
        cites: str = "",
    ) -> str:
        """Advise what somebody believes and nobody measured, from the next decision on; return the advice's id.

        Args:
            *items: what an :class:`zosimos.Advisor` returned; or say it with the keywords.
            point: the values of a row worth measuring, a mapping or a text such as ``red=0.2,blue=0.3``.
            expect: what the point gives, such as ``{"delta_e": (2, 1)}`` (one standard deviation) or ``delta_e=2±1``.
            prior: where the best lies, such as ``{"red": (0.2, 0.05), "solvent": ["DMF", "water"]}``.
            exclude: rows to leave alone, such as ``red > 0.4``.
            replicate: an experiment to measure again.
            explore: ``more`` or ``less``.
            hypothesis: what is thought to be true, such as ``delta_e falls with red``; :meth:`hypotheses` says what
                results make of it.
            odds: how likely that is, such as 0.8, ``80 %`` or ``4:1``.
            reason: why, for the record.
            lasting: for how many further results it counts (default: until it is withdrawn).
            author: whose advice it is (default: the author of this campaign).
            kind: of author: person, llm or program.
            cites: words of the library that it rests on, such as ``3f2a9c1.4: 95 degC``: a passage and words of it.

        Raises:
            SpecError: it does not fit the campaign, or the words do not stand there; nothing was written.
            NotFoundError: the library has no such passage.
            StateError: the campaign was aborted.
        """
        with self._lock:
            state = self._state
            said = written_items(
                self._setup.space(state.spec),
                self._setup.objectives(state.spec),
                point=point,
                expect=expect,
                prior=prior,
                exclude=exclude,
                replicate=replicate if isinstance(replicate, str) else replicate.id,
                explore=explore,
                hypothesis=hypothesis,
                odds=odds,
                laws=self._setup.laws(state.spec),
            )
            rests_on = _cited(cites) if cites else ""
            advice = Said((*items, *said), author, kind, reason, lasting, cites=rests_on)
            found = self._commands.advise(self._setup, advice)
        return found.advice.id

    def ask_advisor(self, reason: str = "") -> None:
        """Have the advisor that the campaign file names asked now, by the program that runs the campaign.

        Raises:
            StateError: the campaign has no advisor, is not active, or the advisor is about to be asked already.
        """
        with self._lock:
            self._commands.ask_advisor(reason)

    def withdraw(self, advice: str, reason: str = "") -> None:
        """Let advice count no more, from the next decision on.

        Raises:
            NotFoundError: there is no such advice.
            StateError: it was withdrawn already, or has expired.
        """
        with self._lock:
            self._commands.withdraw(advice, reason)

    def resolve_hypothesis(self, advice: str, *, holds: bool, reason: str = "") -> None:
        """Say that the hypothesis an advice states was found true or false, whatever results make of it.

        Raises:
            NotFoundError: there is no such advice.
            SpecError: it does not state one hypothesis.
        """
        with self._lock:
            self._commands.resolve_hypothesis(advice, holds=holds, reason=reason)

    @property
    def advice(self) -> list[dict[str, Any]]:
        """What is advised and counts now, each with its ``advice`` (the id), ``words``, and what came of it."""
        state = self._state
        return advice_views(state, [state.advice[advice.id] for advice in state.in_force()])

    def pause(self, reason: str = "") -> None:
        """Let experiments under way finish and start no new ones.

        Raises:
            StateError: the campaign is not active.
        """
        with self._lock:
            self._commands.pause(reason)

    def halt(self, reason: str = "") -> None:
        """In an emergency: devices go to their safe state now, wherever the campaign runs, and it is paused.

        Experiments under way are cut short and become uncertain: a person says what becomes of them.

        Raises:
            StateError: the campaign has ended.
        """
        with self._lock:
            self._commands.halt(reason)

    def resume(self) -> None:
        """Let a paused or finished campaign go on; :meth:`run` runs it.

        Raises:
            StateError: it was aborted, or what finished it still holds.
        """
        with self._lock:
            check_not_over(self._state)
            self._commands.go_on()

    def abort(self, reason: str = "") -> None:
        """End the campaign for good: devices go to their safe state, experiments under way are cut short.

        Raises:
            StateError: it has ended already.
        """
        with self._lock:
            self._commands.abort(reason)

    @property
    def approvals(self) -> list[dict[str, Any]]:
        """What waits for a yes or a no: ``kind`` (experiments, change, question), ``token``, and exactly what it is."""
        state = self._state
        found = [{"kind": "change", **views.change_view(state, item)} for item in state.open_changes()]
        if state.status in ("active", "paused"):
            found = [
                *({"kind": "experiments", **views.approval_view(state, item)} for item in state.open_approvals()),
                *found,
                *({"kind": "question", **views.question_view(state, item)} for item in state.open_questions()),
            ]
        return found

    def approve(self, token: str) -> Approval | ProposedChange | Question:
        """Say yes to exactly what a token stands for, and return it.

        Raises:
            NotFoundError: there is no such token.
            StateError: it was answered or has expired.
        """
        with self._lock:
            return self._commands.approve(token)

    def reject(self, token: str, reason: str = "") -> Approval | ProposedChange | Question:
        """Say no to what a token stands for, and return it; its points are not proposed again.

        Raises:
            NotFoundError: there is no such token.
            StateError: it was answered or has expired.
        """
        with self._lock:
            return self._commands.reject(token, reason)

    def repair(self, reason: str) -> list[str]:
        """Set aside the events of the record that do not fit, so that the campaign can go on from before them.

        Args:
            reason: why, for the record.

        Returns:
            What became of experiments that were under way there, in words.

        Raises:
            StateError: the record makes sense to its end.
            TamperedError: it is not what was written: only a backup helps.
            LockedError: another process runs the campaign.
        """
        with self._lock:
            return self._commands.repair(reason).lines()

    def resolve(self, experiment: str, verb: Resolution, *, result: Any = None, note: str = "") -> None:
        """Settle an experiment whose outcome a crash left unknown.

        Args:
            experiment: its id.
            verb: ``done``, ``redo``, ``skip`` or ``probe``.
            result: what the step returned, with ``done``.
            note: why, for the record.

        Raises:
            NotFoundError: there is no such experiment.
            StateError: it is not uncertain.
        """
        with self._lock:
            self._commands.resolve(experiment, verb, result=result, note=note)


def _cited(written: str) -> str:
    """Return words of the library as they are recorded: looked up, with where they stand."""
    from zosimos.agent.knowledge.citing import written_citation
    from zosimos.agent.knowledge.library import Library
    from zosimos.core.settings import load_settings

    return str(written_citation(Library(load_settings().library), written))
