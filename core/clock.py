"""One clock: everything that waits uses asyncio time; what that time is, is decided once, where the program starts.

Three kinds of time, one behaviour:

- ``wall``: asyncio's own loop. Blocking work (model fits, port reads) may run in threads.
- ``virtual``: a loop whose time jumps to the next timer when nothing is ready. Hours pass in milliseconds, and the
  same program runs the same way every time. Nothing runs beside the loop: while something is computed it stands still.
  Waiting for something that can never happen raises :class:`~zosimos.core.errors.DeadlockError` instead of hanging.
- ``paced``: the virtual loop, but it sleeps on the way to each timer.

A person is outside simulated time: :meth:`Clock.outside` waits in real time, and simulated time stands still (virtual)
or goes on (paced, wall) meanwhile. Timers come first: virtual time waits for a person only when nothing else is left.

The idea of a selector that jumps instead of sleeping follows trio's ``MockClock`` and the asyncio test loops.
"""

from __future__ import annotations

import asyncio
import heapq
import selectors
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar

from zosimos.core import background
from zosimos.core.errors import DeadlockError

T = TypeVar("T")
ClockKind: TypeAlias = Literal["wall", "virtual", "paced"]

JUMP_S = 2.0
"""By how much the wall clock must move against the time that passes for that to be a jump."""
_BOOT = getattr(time, "CLOCK_BOOTTIME", None)
_LOOK_S = 0.05  # real seconds between looks whether a computation is still wanted


class GivenUpError(Exception):
    """Raised where a computation was waited for in simulated time: it is not wanted any more."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with its own time, starting at 0 s.

    Args:
        pace: real seconds that one simulated second takes; 0 means time jumps.
    """

    def __init__(self, pace: float = 0.0) -> None:
        self._pace = pace
        self._simulated = 0.0
        self._anchor = time.monotonic()  # the real moment at which simulated time was what it is now
        self._outside: list[tuple[float, int, asyncio.Future[None]]] = []
        self._tickets = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return simulated seconds since the loop was made."""
        return self._simulated

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override]  # it takes anything and refuses
        """Refuse: a thread would bring real time into simulated time."""
        raise RuntimeError("nothing runs in threads in virtual time")

    def outside(self, seconds: float) -> asyncio.Future[None]:
        """Return a future that is done after ``seconds`` of real time."""
        future = self.create_future()
        self._tickets += 1
        heapq.heappush(self._outside, (time.monotonic() + seconds, self._tickets, future))
        return future

    def advance(self, select: Callable[[float | None], list[Any]], timeout: float | None) -> list[Any]:
        """Do what the selector is asked to do: wait up to ``timeout`` simulated seconds (None: for ever)."""
        ready = select(0)
        if self._release() or ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is not None and not self._pace:
            self._move(timeout)
            return []
        if timeout is None and not self._outside:
            raise DeadlockError(
                "virtual time has nothing left to wait for, and the program still waits",
                hint="something awaits an event that no timer, task or person will ever bring",
            )
        ready = self._sleep(select, timeout)
        self._release()
        return ready

    def _sleep(self, select: Callable[[float | None], list[Any]], timeout: float | None) -> list[Any]:
        """Sleep in real time until the next timer, the next outside wait or an input, whichever is first."""
        timer = None if timeout is None else self._anchor + timeout * self._pace
        person = self._outside[0][0] if self._outside else None
        deadline = min(moment for moment in (timer, person) if moment is not None)
        ready = select(max(0.0, deadline - time.monotonic()))
        now = time.monotonic()
        if timer is not None and timeout is not None and now >= timer and not ready:
            self._move(timeout)
            self._anchor = now
        elif self._pace:
            passed = (now - self._anchor) / self._pace
            self._move(passed if timeout is None else min(passed, timeout))
            self._anchor = now
        return ready

    def _move(self, seconds: float) -> None:
        # To the nanosecond, the loop's resolution: the last bits of a sum must not depend on where a paced loop woke.
        # And by a nanosecond at least: what waits for less than that must still find that time has passed.
        self._simulated = round(self._simulated + (max(seconds, 1e-9) if seconds > 0.0 else 0.0), 9)

    def _release(self) -> bool:
        """End the outside waits that are due; say whether there were any."""
        released = False
        while self._outside and (self._outside[0][0] <= time.monotonic() or self._outside[0][2].done()):
            future = heapq.heappop(self._outside)[2]
            if not future.done():
                future.set_result(None)
                released = True
        return released


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that lets its loop decide how to wait."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._loop.advance(super().select, timeout)


@dataclass(frozen=True)
class Clock:
    """What the program may know of time: its kind, now, and two ways to wait besides ``asyncio.sleep``.

    Args:
        kind: which time this is.
        epoch: UTC at loop time 0, for simulated kinds.
    """

    kind: ClockKind = "wall"
    epoch: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    @property
    def simulated(self) -> bool:
        """Whether time is the virtual loop's, jumping or paced."""
        return self.kind != "wall"

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        if self.kind == "wall":
            return datetime.now(UTC)
        return self.epoch + timedelta(seconds=asyncio.get_running_loop().time())

    def seconds(self) -> float:
        """Return seconds that only pass, however the wall clock is set; only the difference of two counts."""
        return time.monotonic() if self.kind == "wall" else self.now().timestamp()

    async def outside(self, seconds: float) -> None:
        """Wait in real time, for a person or another process."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, VirtualLoop):
            await loop.outside(seconds)
        else:
            await asyncio.sleep(seconds)

    async def compute(self, function: Callable[..., T], *args: Any, unwanted: Callable[[], bool] | None = None) -> T:
        """Run heavy work: in a thread on the wall clock, so that instruments are still served; in place otherwise.

        Whoever stops waiting leaves the thread behind; the end of the process does not wait for it.

        Args:
            function: what to run.
            args: its arguments.
            unwanted: asked every moment in simulated time whether to give up. The work then has a thread there too,
                while the loop stands still: the same order of events, and signals and other processes are heard.

        Raises:
            GivenUpError: it was not wanted any more.
        """
        if not self.simulated:
            return await asyncio.wrap_future(background.started(function, *args))
        if unwanted is None:
            return function(*args)
        found = background.started(function, *args)
        while not _done(found):
            if unwanted():
                raise GivenUpError
        return found.result()


def _passing() -> float:
    """Return seconds that only pass, those of a machine that sleeps included where the system counts them."""
    return time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)


class Jumps:
    """Notices that the wall clock was set.

    Args:
        wall: the wall clock, in seconds.
        passing: seconds that only pass.

    >>> times = iter([0.0, 0.0, 0.0, 5.0, -3595.0, 5.0])
    >>> Jumps(lambda: next(times), lambda: next(times)).seconds()
    -3600.0
    """

    def __init__(self, wall: Callable[[], float] = time.time, passing: Callable[[], float] = _passing) -> None:
        self._wall = wall
        self._passing = passing
        self._apart = self._difference() or 0.0

    def seconds(self) -> float:
        """Return by how much the wall clock was moved since this was last asked; 0 if by no more than ``JUMP_S``."""
        apart = self._difference()
        if apart is None:
            return 0.0
        moved, self._apart = apart - self._apart, apart
        return moved if abs(moved) > JUMP_S else 0.0

    def _difference(self) -> float | None:
        """Return how far apart the two are; None if the program was held up between the looks at them."""
        before = self._passing()
        wall = self._wall()
        after = self._passing()
        return wall - before if after - before < JUMP_S / 2.0 else None


def _done(found: Future[Any]) -> bool:
    """Wait a moment for a computation and say whether it is done."""
    try:
        found.exception(_LOOK_S)  # what it raised is returned here; a time-out is this wait's own
    except TimeoutError:
        return False
    return True


def run(
    main: Callable[[Clock], Coroutine[Any, Any, T]],
    kind: ClockKind = "wall",
    *,
    epoch: datetime | None = None,
    pace: float = 1.0,
) -> T:
    """Run a program on a clock of the given kind and return its result.

    Args:
        main: called with the clock; its coroutine is the program.
        kind: which time.
        epoch: where simulated time starts (default: the present moment).
        pace: real seconds for each simulated second (paced only).
    """
    clock = Clock(kind, epoch or datetime.now(UTC))
    factory = None if kind == "wall" else lambda: VirtualLoop(pace if kind == "paced" else 0.0)
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main(clock))
