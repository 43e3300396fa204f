"""Durable steps: an experiment's effects announced before their first byte leaves, so that a crash repeats none.

After a crash an executor's ``run`` is entered again from its top: effects that are recorded as done return their
recorded result without being repeated, waits that are over return at once, and the experiment goes on from there.
Readings (:meth:`DurableSteps.read`) are on record too, since what is read again later may not be what was read then. So
``run`` must be deterministic: given the same task and the same results it announces the same effects in the same
order. (Durable execution, as workflow engines such as Temporal do it.)
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any, TypeAlias

from zosimos.campaign.execution.journal import Journal
from zosimos.campaign.lab import AbortedError, Action, BlockedError, Reading
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Step
from zosimos.campaign.record.state import State
from zosimos.campaign.record.steps import ASK
from zosimos.core.clock import Clock
from zosimos.core.errors import ExecutionError, LedgerError, OutcomeUnknownError, StateError

Moments: TypeAlias = MutableMapping[str, tuple[int, float]]

_HAPPENED = ("step.done", "step.failed", "step.undone", "step.read")


Require: TypeAlias = Callable[[], Awaitable[None]]
"""What refuses to go on once this process may act no more."""


async def nobody_else() -> None:
    """Let everything through: no other process can have the campaign."""


class DurableSteps:
    """An experiment's announcements, one at a time, each recorded as intended and then done.

    Args:
        journal: the campaign's record.
        clock: the time it runs on.
        experiment: whose announcements these are.
        moments: when the last step of each experiment ended in this session: its place, and the loop's time.
        unattended: whether operators are taken to have done what they are asked (a rehearsal).
        require: raises a LedgerError once this process may act no more; asked before each effect.

    A done is written together with the next intent when that follows at once (before the event loop turns), with the
    experiment's end when that follows at once, and by itself otherwise.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        experiment: str,
        *,
        moments: Moments | None = None,
        unattended: bool = False,
        require: Require = nobody_else,
    ) -> None:
        self._unattended = unattended
        self._require = require
        self._journal = journal
        self._clock = clock
        self._experiment = experiment
        self._moments: Moments = {} if moments is None else moments
        self._next = 0
        self._unwritten: list[Draft] = []
        self._flush: asyncio.Task[None] | None = None  # not begun yet
        self._flushing: set[asyncio.Task[None]] = set()
        self._lost: BaseException | None = None
        self._doing: asyncio.Future[Any] | None = None

    async def effect(
        self, name: str, action: Action, *, params: Mapping[str, Any] | None = None, repeatable: bool = False
    ) -> Any:
        """Do one effect and return its result; arguments as :meth:`zosimos.campaign.lab.Steps.effect`.

        Raises:
            StateError: the announcements differ from the recorded ones (``run`` is not deterministic).
            LedgerError: another process has the campaign, or may have it: nothing was done.
        """
        index, self._next = self._next, self._next + 1
        known = self._known(index, name, params or {})
        if known is not None and known.status == "done":
            return known.result
        if known is not None and known.status == "failed":
            raise ExecutionError(str(known.result))
        attempt = 1 if known is None else known.attempt + 1
        where = {"experiment": self._experiment, "step": index, "attempt": attempt}
        await self._require()
        intent = Draft("step.intended", {**where, "name": name, "params": dict(params or {}), "repeatable": repeatable})
        try:
            wanted = await self._write([*self._taken(), intent])
            await self._require()  # the commit may have waited for long
        except asyncio.CancelledError:
            await self._take_back(index, where)
            raise
        if not wanted:
            raise AbortedError("the experiment or its campaign was ended before this step")
        doing = self._doing = asyncio.ensure_future(action(f"{self._experiment}/{index}/{attempt}"))
        try:
            result = await asyncio.shield(doing)
        except asyncio.CancelledError:
            # The program is asked to stop; an effect under way is seen through, so that its outcome is known.
            with contextlib.suppress(ExecutionError):
                await doing
            self._settle(where, doing)
            await self.flush()
            raise
        except ExecutionError:
            self._settle(where, doing)
            await self.flush()
            raise
        self._settle(where, doing)
        self._flush = asyncio.ensure_future(self._flush_now())
        self._flushing.add(self._flush)
        self._flush.add_done_callback(self._flushing.discard)
        return result

    async def read(self, name: str, reading: Reading, *, params: Mapping[str, Any] | None = None) -> Any:
        """Read something and return what was read (JSON data).

        A reading changes nothing, so it needs no announcement: it is written with whatever is written next.

        Args:
            name: what is read, such as ``weigh``.
            reading: reads it.
            params: with what, for the record.

        Raises:
            ExecutionError: it could not be read; that is on record too.
            StateError: the readings differ from the recorded ones (``run`` is not deterministic).
        """
        index, self._next = self._next, self._next + 1
        known = self._known(index, name, params or {})
        if known is not None and known.status == "failed":
            raise ExecutionError(str(known.result))
        if known is not None:
            return known.result
        began = self._clock.now().isoformat()
        result: Any = None
        failure: ExecutionError | None = None
        try:
            result = await reading()
        except OutcomeUnknownError as error:  # whatever it was, a reading has changed nothing that matters
            failure = ExecutionError(error.message, field=error.field, hint=error.hint)
        except ExecutionError as error:
            failure = error
        body = {"experiment": self._experiment, "step": index, "name": name, "params": dict(params or {})}
        times = {"began": began, "ended": self._clock.now().isoformat()}
        found = {"result": result, "failed": None if failure is None else str(failure)}
        self._unwritten.append(Draft("step.read", {**body, **times, **found}))
        self._ended(index)
        if failure is not None:
            raise failure
        return result

    def live(self) -> bool:
        """Say whether what comes next is not on record yet, or not settled."""
        steps = self._journal.state.experiment(self._experiment).steps
        return self._next >= len(steps) or steps[self._next].status in ("intended", "undone")

    async def ask(self, text: str) -> None:
        """Ask the operator to do something, and go on when it is said to be done.

        Raises:
            BlockedError: it was not answered yet; the experiment is entered again when something new is on record.
            ExecutionError: the operator said no.
        """
        index, self._next = self._next, self._next + 1
        known = self._known(index, ASK, {"text": text})
        if known is None:
            body = {"experiment": self._experiment, "step": index, "text": text}
            if not await self._write([*self._taken(), Draft("operator.asked", body)]):
                raise AbortedError("the experiment or its campaign was ended before this question")
            if self._unattended:
                question = self._journal.state.question(self._experiment, index)
                by = {"name": "rehearsal", "at": ""}
                said = {"token": question.token, "yes": True, "by": by, "reason": ""}
                await self._write([Draft("operator.answered", said)])
            known = self._known(index, ASK, {"text": text})
        assert known is not None
        if known.status == "failed":
            raise ExecutionError(f"the operator said no: {text}" + (f" ({known.result})" if known.result else ""))
        if known.status != "done":
            raise BlockedError(f"the operator is asked: {text}")

    async def wait(self, seconds: float) -> None:
        """Wait until ``seconds`` after the last recorded step (or the start); at once if that has passed.

        A step that ended in this session is as long ago as the loop says, whatever was done to the wall clock. For an
        earlier one the recorded time counts; a wait is never longer than what is asked for.
        """
        await self.flush()
        experiment = self._journal.state.experiment(self._experiment)
        if self._next < len(experiment.steps):
            return  # a later step is on record, so this wait was over before the crash
        place, moment = self._moments.get(self._experiment, (None, 0.0))
        if self._clock.simulated or place != len(experiment.steps) - 1:
            since = experiment.steps[-1].at if experiment.steps else experiment.started_at
            passed = (self._clock.now() - datetime.fromisoformat(since)).total_seconds() if since else 0.0
        else:
            passed = asyncio.get_running_loop().time() - moment
        await asyncio.sleep(min(seconds, max(0.0, seconds - passed)))

    def begin(self, draft: Draft) -> None:
        """Let a draft travel with the first step (the experiment's start)."""
        self._unwritten.append(draft)
        self._ended(-1)

    async def end(self, draft: Draft) -> None:
        """Write the experiment's end, with whatever is not written yet."""
        await self._write([*self._taken(), draft])

    def cut(self) -> None:
        """Cut an effect under way short: nothing more of it is sent, and its outcome stays unknown."""
        if self._doing is not None:
            self._doing.cancel()

    async def flush(self) -> None:
        """Write what is not written yet, and wait until all of it is."""
        drafts = self._taken()
        if drafts:
            await self._write(drafts)
        elif under_way := [task for task in self._flushing if not task.done()]:
            await asyncio.wait(under_way)
            self._taken()

    async def _flush_now(self) -> None:
        """Write beside the experiment, which meets what goes wrong where it goes on."""
        self._flush = None
        try:
            await self.flush()
        except BaseException as error:  # noqa: BLE001 - kept, and raised
            self._lost = error

    def _settle(self, where: Mapping[str, Any], doing: asyncio.Future[Any]) -> None:
        """Take down how an effect ended; one whose outcome is not known stays as it was announced."""
        error = doing.exception()
        if not isinstance(error, OutcomeUnknownError):
            self._ended(where["step"])
        if error is None:
            self._unwritten.append(Draft("step.done", {**where, "result": doing.result(), "how": "executed"}))
        elif not isinstance(error, OutcomeUnknownError):
            self._unwritten.append(Draft("step.failed", {**where, "result": str(error), "how": "executed"}))

    async def _take_back(self, index: int, where: Mapping[str, Any]) -> None:
        """Say of an effect that was announced while its experiment was being ended that it was never begun."""
        with contextlib.suppress(LedgerError):  # then the laboratory is asked, as after a crash
            step = self._known_step(index)
            if step is not None and (step.status, step.attempt) == ("intended", where["attempt"]):
                await self._write([Draft("step.undone", {**where, "how": "executed"})])

    def _ended(self, step: int) -> None:
        """Keep when a step ended in this session (-1: the experiment began)."""
        self._moments[self._experiment] = (step, asyncio.get_running_loop().time())

    def _known_step(self, index: int) -> Step | None:
        steps = self._journal.state.experiment(self._experiment).steps
        return steps[index] if index < len(steps) else None

    def _known(self, index: int, name: str, params: Mapping[str, Any]) -> Step | None:
        step = self._known_step(index)
        if step is not None and (step.name != name or dict(step.params) != dict(params)):
            raise StateError(
                f"{self._experiment}, step {index}: {name} is announced where {step.name} is on record",
                field="step",
                value=f"{name} {dict(params)}",
                allowed=f"{step.name} {dict(step.params)}",
                hint="the lab changed since the experiment began: resolve it with skip",
            )
        return step

    def _taken(self) -> list[Draft]:
        if self._lost is not None:
            raise self._lost
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        drafts, self._unwritten = self._unwritten, []
        return drafts

    async def _write(self, drafts: list[Draft]) -> bool:
        """Write drafts in one commit; say whether all of them were still wanted.

        Others may have acted meanwhile: after an abort or a halt no effect is announced any more, and of an experiment
        that a person ended only what really happened is recorded.
        """
        kept = drafts

        def build(state: State) -> list[Draft]:
            nonlocal kept
            if state.experiment(self._experiment).status not in ("approved", "running"):
                kept = [draft for draft in drafts if draft.kind in _HAPPENED]
            elif state.status == "aborted" or state.halted or state.owed:
                kept = [draft for draft in drafts if draft.kind not in ("step.intended", "operator.asked")]
            return kept

        await self._journal.commit(build, lambda: self._clock.now().isoformat())
        return len(kept) == len(drafts)
