"""The closed loop: propose, screen, select, approve, execute, analyse, record, verify, learn, stop, and again.

Theory of operation: :class:`Runner` joins three parts. The worker runs experiments as tasks; the decider plans beside
them; the supervisor ends both at once when there is no time to lose. The loop turns round a small cycle: each turn
takes in what other processes appended (steering, approvals, pause, abort), starts what is approved, decides on more
when there is room, and waits for the first thing to happen. Every fact goes through the record before it is acted on,
so the process may die anywhere.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from zosimos.campaign.decisions.anomalies import noticed
from zosimos.campaign.decisions.asking import MakeAdvisor
from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.decisions.stopping import room, stop_reason
from zosimos.campaign.execution import recovery
from zosimos.campaign.execution.asking import Asking
from zosimos.campaign.execution.clearance import Clearance
from zosimos.campaign.execution.decider import Decider
from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.execution.supervisor import Supervisor, safe, stopped
from zosimos.campaign.execution.worker import Worker
from zosimos.campaign.lab import Executor, Past
from zosimos.campaign.ledger.claims import Claim, unclaimed
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.approvals import expiry, waits_for
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.record.versions import versions
from zosimos.campaign.safety.checking import require as require_safe
from zosimos.campaign.setup import Setup
from zosimos.core.clock import Clock
from zosimos.core.errors import FencedError, LedgerAwayError, StateError, ZosimosError

_TURN_S = 0.3  # real seconds after which the loop turns again at the latest: a budget of time may be used up


@dataclass(frozen=True)
class Ending:
    """Why a runner came to its end. ``waiting`` is for a person; ``interrupted`` can be resumed."""

    status: Literal["finished", "aborted", "paused", "waiting", "interrupted"]
    reason: str


class Runner:
    """Runs one session of a campaign, whose claim the caller holds.

    Args:
        record: the campaign's record.
        setup: its setup.
        clock: the time it runs on.
        decide: chooses candidates (replaceable for measurements of everything else).
        wait_for_people: whether to wait when only a person can go on; else the run ends with ``waiting``.
        changed: called after each turn of the loop, for displays.
        claim: the right to run it, looked at in each turn and renewed when that is due.
        wire: the folder for wire traces, if they are wanted.
        unattended: whether operators are taken to have done what they are asked (a rehearsal).
        before: what is recorded with the beginning of the session.
        opened: called when the session is on record.
        advisor: returns the advisor that the campaign file names; None: nobody is asked.

    Attributes:
        opened: whether the session is on record.
        unconfirmed: the devices that did not confirm their safe state when the run broke off, each with the reason.
    """

    def __init__(
        self,
        record: Record,
        setup: Setup,
        clock: Clock,
        *,
        decide: Decide = decide,
        wait_for_people: bool = True,
        changed: Callable[[State], None] = lambda _: None,
        claim: Claim | None = None,
        wire: Path | None = None,
        unattended: bool = False,
        before: Sequence[Draft] = (),
        opened: Callable[[], None] = lambda: None,
        advisor: MakeAdvisor | None = None,
    ) -> None:
        self.record = record
        self.setup = setup
        self.clock = clock
        self._wait_for_people = wait_for_people
        self._changed = changed
        self._wire = wire
        self._unattended = unattended
        self._before = before
        self._on_opened = opened
        self.opened = False
        self.unconfirmed: Mapping[str, str] = {}
        self._claim = claim if claim is not None else unclaimed(record.campaign)
        self._journal = Journal(record, clock)
        self._supervisor = Supervisor(self._journal, clock, self._claim)
        self._decider = Decider(self._journal, setup, clock, decide, self._supervisor.unwanted)
        self._asking = Asking(self._journal, setup, clock, advisor, self._supervisor.unwanted)
        self._watched = (0, "")

    def stop(self, reason: str) -> None:
        """Ask for an orderly end: effects under way are seen through for a while, waits are cut short, decisions left.

        Everything can be resumed. May be called from a signal handler and from any thread.
        """
        self._supervisor.stop(reason)

    async def run(self) -> Ending:
        """Run until the campaign ends, is paused or aborted, waits for a person, or is asked to stop.

        Raises:
            LedgerError: the record cannot be written; the devices were brought into their safe state.
            LedgerAwayError: it cannot be for now; another session may go on later.
            SpecError: the rules of chemistry refuse it.
        """
        if self.setup.lab is None:
            raise StateError(
                f"campaign {self.record.campaign} has no lab to run in",
                field="lab",
                hint="use zosimos ask and tell, or add a lab to the campaign file",
            )
        state = self.record.state
        rehearsed = self._unattended and self.clock.simulated  # real devices refuse simulated time
        self._clearance = Clearance(self._journal, self.setup, self._moment, needed=not rehearsed)
        if not rehearsed:
            require_safe(self.setup.safety(state.spec))
        past = Past(
            state.spec.seed,
            room(state),
            state.prepared,
            state.experiments,
            self._wire,
            state.elapsed_s,
            may_send=self._may_send,
        )
        measured, space = self.setup.measured(self.setup.spec), self.setup.space(self.setup.spec)
        executor = self.setup.lab.executor(measured, space, self.clock, past)
        require = self._supervisor.keep_claim
        worker = Worker(self._journal, self.setup, self.clock, executor, unattended=self._unattended, require=require)
        process = {"pid": os.getpid(), "host": socket.gethostname()}
        opened = {"process": process, "clock": self.clock.kind, "versions": versions()}
        try:
            await self._commit(*self._before, Draft("session.opened", opened))
            self.record.session, self.opened = self.record.state.sessions, True
            self._on_opened()
            try:
                if self.record.state.owed and self.record.state.status == "active":
                    await self._stop_for_halt(executor)
                over = self._supervisor.cut_short()  # and its devices not made safe yet, when the ledger was away
                ending = None if over else await self._supervisor.guard(self._work(executor, worker))
                if ending is None:
                    ending = await self._ended_early(executor, worker)
            except BaseException as error:
                if isinstance(error, FencedError):
                    self._claim.fence()
                self.unconfirmed = await self._made_safe(executor, worker)
                await self._note(error, self.unconfirmed)
                raise
        finally:
            await executor.close()
        with suppress(LedgerAwayError):  # all that matters is on record; a session that a crash ended has no end either
            await self._commit(Draft("session.closed", {"status": ending.status, "reason": ending.reason}))
        return ending

    async def _work(self, executor: Executor, worker: Worker) -> Ending | None:
        if (ending := await self._until_cleared()) is not None:
            return ending
        found = await executor.prepare()
        if found and found != self.record.state.prepared:
            await self._commit(Draft("lab.prepared", {"found": dict(found)}))
        if self._claim.taken_over and (reason := await self._still_moving(executor)):
            return Ending("paused", reason)
        await worker.recover()
        return await self._loop(executor, worker)

    async def _until_cleared(self) -> Ending | None:
        """Wait, before any device is touched, until a person has said every yes that the chemistry needs."""
        while await self._clearance.missing():
            if not self._wait_for_people:
                return self._waiting()
            self._changed(self.record.state)
            self._supervisor.news.clear()
            await self._supervisor.rest(limit_s=_TURN_S)
            await self._supervisor.look()
            await self._journal.quiet()
        return None

    async def _still_moving(self, executor: Executor) -> str:
        """Have every device confirm that it stands still, as its former owner may have left it moving.

        Returns:
            Which do not, for a person to look at: the campaign is paused then. Empty if all do.
        """
        unconfirmed = await safe(executor)
        words = "taken over from a process that is not known to have ended"
        drafts = [stopped(words, unconfirmed)]
        reason = ""
        if unconfirmed:
            devices = "; ".join(f"{name}: {why}" for name, why in unconfirmed.items())
            reason = f"{words}, and not every device confirms that it stands still ({devices})"
            drafts.append(Draft("campaign.paused", {"by": {"name": "zosimos", "at": ""}, "reason": reason}))
        await self._journal.commit(lambda now: drafts if now.status == "active" else drafts[:1], self._moment)
        return reason

    def _may_send(self, stopping: bool) -> None:
        """Refuse to send anything once the claim may be another's; in simulated time it is renewed in place."""
        if self.clock.simulated and self._claim.due:
            self._claim.renew()
        self._claim.may_send(stopping)

    async def _loop(self, executor: Executor, worker: Worker) -> Ending | None:
        """Turn until the run ends; None when it must end at once."""
        decider, supervisor = self._decider, self._supervisor
        current = False  # a decision was just made: what others appended before it was taken in with it
        while True:
            worker.collect()
            await self._asking.collect()
            supervisor.news.clear()
            await supervisor.look(read=not current)
            await self._journal.quiet()
            current = False
            state = self.record.state
            self._changed(state)
            if supervisor.must_end():
                return None
            if state.status == "finished":
                return Ending("finished", state.reason)
            await worker.answer_probes()
            await self._watch()
            await self._pause_after_failures()
            over = stop_reason(state, self.clock.now())
            reason = over.words if over is not None else None
            held = self._held() or await self._clearance.missing()
            if reason is None and state.status == "active" and not held:
                await worker.start()
                if await self._asking.turn():
                    continue
                if await decider.turn(executor.exhausted):
                    current = True
                    continue
                reason = decider.nothing_left if not self.record.state.active else None
            else:
                decider.drop()
                worker.restart()
            if worker.under_way or decider.under_way:
                limit = None if self.clock.kind == "virtual" else _TURN_S
                await supervisor.rest(*worker.under_way, *decider.under_way, *self._asking.under_way, limit_s=limit)
            elif reason and not state.uncertain and state.status == "active" and not self._waiting_inside():
                await self._finish(reason)
            elif not self._wait_for_people:
                return self._waiting()
            else:
                await supervisor.rest(limit_s=_TURN_S)

    def _waiting_inside(self) -> bool:
        """Say whether an experiment that has begun waits for a person."""
        return any(experiment.status == "running" for experiment in self.record.state.active.values())

    def _held(self) -> bool:
        """Say whether an uncertain experiment keeps new ones from starting."""
        return bool(self.record.state.uncertain) and self.record.state.spec.uncertain == "pause"

    async def _pause_after_failures(self) -> None:
        state = self.record.state
        if state.status == "active" and state.failures_in_a_row >= state.spec.stop.failures:
            last = state.experiments[state.observations[-1].experiment]
            reason = f"{state.failures_in_a_row} experiments failed in a row, the last ({last.id}): {last.reason}"
            pause = Draft("campaign.paused", {"by": {"name": "zosimos", "at": ""}, "reason": reason})
            await self._journal.commit(lambda now: [pause] if now.status == "active" else [], self._moment)

    async def _watch(self) -> None:
        """Look at new results for what is unusual, and record it."""
        state, pause = self.record.state, not self._unattended
        if (len(state.observations), state.amended) == self._watched:
            return
        self._watched = len(state.observations), state.amended
        found = await self.clock.compute(partial(noticed, state, pause=pause))  # it may have to compare models
        if found:  # mostly there is nothing: no transaction keeps others out for that
            await self._journal.commit(lambda now: noticed(now, pause=pause), self._moment)

    # --- ending

    async def _made_safe(self, executor: Executor, worker: Worker) -> Mapping[str, str]:
        """Stop the devices at once, and only then wait for what was under way; return what did not confirm.

        Devices that another process has taken over are its own: nothing more is sent to them from here.
        """
        self._decider.drop()
        self._asking.drop()
        claim = self._claim
        may_stop = await self.clock.compute(claim.may_stop) if claim.over else claim.may_stop()
        worker.cut()
        unconfirmed = await safe(executor) if may_stop else {}
        await self._supervisor.ended()
        await worker.ended()
        return unconfirmed

    async def _ended_early(self, executor: Executor, worker: Worker) -> Ending:
        """End the run at once; what was under way is left so that it can be taken up again."""
        supervisor = self._supervisor
        if not supervisor.cut_short():
            self._decider.drop()
            await supervisor.guard(worker.end(), supervisor.cut_short)
        unconfirmed = await self._made_safe(executor, worker)
        state = self.record.state
        if not supervisor.cut_short():
            if unconfirmed:
                await self._commit(stopped(supervisor.stopping, unconfirmed))
            return Ending("interrupted", supervisor.stopping)
        if supervisor.aborted():
            await self._commit(stopped(state.reason, unconfirmed), *self._given_up())
            return Ending("aborted", state.reason)
        reason = state.reason or "halted, and taken up again before the devices stood still"
        await self._commit(stopped(reason, unconfirmed), *self._cut())
        return Ending("paused" if state.halted else "interrupted", reason)

    def _given_up(self) -> list[Draft]:
        """Return what becomes of open experiments after an abort."""
        drafts = []
        for experiment in self.record.state.active.values():
            step = recovery.interrupted_step(experiment)
            if step is not None:
                reason = f"aborted during step {step.index} ({step.name})"
                body = {"experiment": experiment.id, "step": step.index, "reason": reason}
                drafts.append(Draft("experiment.uncertain", body))
            else:
                body = {"experiment": experiment.id, "reason": "aborted", "avoid": False}
                drafts.append(Draft("experiment.cancelled", body))
        return drafts

    async def _stop_for_halt(self, executor: Executor) -> None:
        """Do what a halt asked for while nobody ran the campaign, which was taken up again since."""
        unconfirmed = await safe(executor)
        await self._commit(stopped("halted before, while no program ran the campaign", unconfirmed), *self._cut())

    def _cut(self) -> list[Draft]:
        """Return what becomes of experiments under way after a halt: a person says whether they still count."""
        drafts = []
        for experiment in self.record.state.active.values():
            if experiment.status == "running":
                step = recovery.interrupted_step(experiment)
                where = "between two steps" if step is None else f"during step {step.index} ({step.name})"
                index = None if step is None else step.index
                body = {"experiment": experiment.id, "step": index, "reason": f"cut short by a halt {where}"}
                drafts.append(Draft("experiment.uncertain", body))
        return drafts

    async def _note(self, error: BaseException, unconfirmed: Mapping[str, str]) -> None:
        """Record devices that did not confirm their safe state when the run broke off; the error comes first."""
        reason = f"the run broke off: {type(error).__name__}: {error}".rstrip(": ")
        with suppress(ZosimosError):
            if unconfirmed:
                await self._commit(stopped(reason, unconfirmed))

    async def _finish(self, reason: str) -> None:
        """Record the end, unless somebody paused, aborted or steered meanwhile."""
        version = self.record.state.spec_version
        over = "the campaign is finished"

        def build(state: State) -> list[Draft]:
            if state.status != "active" or state.spec_version != version:
                return []
            drafts = expiry(state, over)
            asked = {draft.body["experiment"] for draft in drafts if draft.kind == "experiment.cancelled"}
            drafts += [
                Draft("experiment.cancelled", {"experiment": name, "reason": over, "avoid": False})
                for name in state.active
                if name not in asked
            ]
            return [*drafts, Draft("campaign.finished", {"reason": reason})]

        await self._journal.commit(build, self._moment)

    def _waiting(self) -> Ending:
        state = self.record.state
        if state.status == "paused":
            return Ending("paused", state.reason)
        return Ending("waiting", waits_for(state))

    # --- writing

    def _moment(self) -> str:
        return self.clock.now().isoformat()

    async def _commit(self, *drafts: Draft) -> None:
        await self._journal.commit(lambda _: drafts, self._moment)
