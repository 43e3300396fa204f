"""The watchdog: what is done when the process that runs a campaign, the worker, ends.

Theory of operation: the worker is a process of its own, started by the watchdog. How it ended says what to do. An end
in good order, or one that a person must settle (a wrong file, a device that is not there, another process that runs the
campaign), ends the watch with it. Anything else is a death: a signal, a crash, a bug, a ledger that stayed away. The
worker is then started again, later each time, and takes the campaign up from its record: what is uncertain is never
repeated, since recovery is the worker's and the same after any death. After many quick deaths in a row another start
helps nobody, and the watch ends in words.

The watchdog opens no ledger and no device, so that nothing that kills a worker can kill it too.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from zosimos.core.errors import ExecutionError

AGAIN, HELD = 75, 69
"""Exit codes of a worker that is watched: worth another try (EX_TEMPFAIL of sysexits.h); another process is named as
the one that runs the campaign (EX_UNAVAILABLE)."""

HELD_S = 90.0
"""So long after a death "another process runs it" may still mean the dead one: a lease of 30 s, and time to spare."""

SETTLE = 2
_LOOK_S = 0.1
_IN_ORDER = frozenset({0, 1, 2, 3, 130, 141, 143, -signal.SIGINT, -signal.SIGTERM, 0xC000013A})
"""0, 1: it is over. 2, 3: a person must settle it. 141: nobody reads. The others: asked to stop, also on Windows."""

Verdict = Literal["end", "held", "again"]


class Child(Protocol):
    """A process, as ``subprocess.Popen`` is one."""

    def poll(self) -> int | None:
        """Return its exit code (negative: the signal that killed it), or None while it runs."""
        ...


C = TypeVar("C", bound=Child)


@dataclass(frozen=True)
class Patience:
    """How long to wait before a worker is started again, and how often.

    Args:
        first_s: the wait after the first death; it doubles with each further one.
        longest_s: the longest wait.
        good_s: a worker that lived as long as this did well: deaths are counted from one again.
        deaths: after so many quick deaths in a row the watchdog gives up.

    >>> [Patience().wait_s(deaths) for deaths in (1, 2, 3, 6, 7, 60)]
    [1.0, 2.0, 4.0, 32.0, 60.0, 60.0]
    """

    first_s: float = 1.0
    longest_s: float = 60.0
    good_s: float = 300.0
    deaths: int = 10

    def wait_s(self, deaths: int) -> float:
        """Return the seconds to wait after so many deaths in a row."""
        return min(self.longest_s, self.first_s * 2.0 ** min(deaths - 1, 30))


PATIENCE = Patience()


@dataclass(frozen=True)
class Watched:
    """How a watch ended: the last worker's exit code, and how often a worker was started again."""

    code: int
    restarts: int


def verdict(code: int) -> Verdict:
    """Return what a worker's exit code asks for.

    >>> [verdict(code) for code in (0, 2, 143, 69, 75, -9)]
    ['end', 'end', 'end', 'held', 'again', 'again']
    """
    if code in _IN_ORDER:
        return "end"
    return "held" if code == HELD else "again"


def cause(code: int) -> str:
    """Return in words how a worker died.

    >>> cause(-9), cause(75)
    ('was killed by SIGKILL', 'gave up for now (exit code 75)')
    """
    if code == AGAIN:
        return f"gave up for now (exit code {code})"
    if code == HELD:
        return f"found another process named as the one that runs the campaign (exit code {code})"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


class Watchdog(Generic[C]):
    """Keeps one worker running until its campaign ends or a person is needed.

    Args:
        start: starts a worker; called with why the one before it ended (empty for the first), for the record.
        pass_on: passes a signal on to a worker.
        alert: tells people what happened.
        patience: when to start again, and when to give up.
    """

    def __init__(
        self,
        start: Callable[[str], C],
        pass_on: Callable[[C, int], None],
        alert: Callable[[str], None],
        patience: Patience = PATIENCE,
    ) -> None:
        self._start = start
        self._pass_on = pass_on
        self._alert = alert
        self._patience = patience
        self._stopping: int | None = None
        self._signals: list[int] = []
        self.child: C | None = None

    def stop(self, number: int, code: int) -> None:
        """Pass a signal on and start no further worker. May be called from a signal handler.

        Args:
            number: the signal.
            code: what the watch ends with if no worker runs just now.
        """
        self._stopping = code
        self._signals.append(number)

    async def run(self) -> Watched:
        """Watch until the end.

        Raises:
            ExecutionError: worker after worker died.
        """
        loop = asyncio.get_running_loop()
        why, deaths, restarts, died_at = "", 0, 0, float("-inf")
        while True:
            began = loop.time()
            code, how = await self._life(why)
            now = loop.time()
            found = verdict(code)
            if found == "held" and now - died_at > HELD_S:
                return Watched(SETTLE, restarts)
            if found == "end":
                return Watched(code, restarts)
            if self._stopping is not None:
                return Watched(self._stopping, restarts)
            if found == "again":
                deaths = 1 if now - began >= self._patience.good_s else deaths + 1
                died_at = now
            if deaths >= self._patience.deaths:
                raise self._given_up(deaths, how)
            wait_s = self._patience.wait_s(max(1, deaths))
            restarts += 1
            why = f"the worker {how} after {now - began:.0f} s; restart {restarts}"
            self._alert(f"{why} in {wait_s:g} s")
            asked = await self._rested(wait_s)
            if asked is not None:
                return Watched(asked, restarts - 1)

    async def _life(self, why: str) -> tuple[int, str]:
        """Run one worker to its end; return its exit code and how it ended in words."""
        try:
            self.child = self._start(why)
        except OSError as error:  # no memory, no more processes: as good a reason to try later as any
            return AGAIN, f"could not be started ({error})"
        while (code := self.child.poll()) is None:
            while self._signals:
                self._pass_on(self.child, self._signals.pop(0))
            await asyncio.sleep(_LOOK_S)
        self.child = None
        return code, cause(code)

    async def _rested(self, seconds: float) -> int | None:
        """Wait; return the exit code to end with if the watch is to end instead."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._stopping is None and (left := until - loop.time()) > 0:
            await asyncio.sleep(min(_LOOK_S, left))
        return self._stopping

    def _given_up(self, deaths: int, how: str) -> ExecutionError:
        return ExecutionError(
            f"the campaign is not run any more: {deaths} workers died one soon after the other; the last {how}",
            field="--supervise",
            value=deaths,
            allowed=f"at most {self._patience.deaths - 1} deaths in a row of workers that lived under "
            f"{self._patience.good_s:g} s",
            hint="the messages above say why; correct that, look at the devices, then zosimos resume",
        )
