"""Work in the background that can be left behind: a thread that ends with the process, whatever it is doing.

Python's own thread pools are waited for when the process ends, so a computation of a minute would hold up a stop by a
minute. These threads are not waited for. One that is still in a library written in C must not meet the end of the
interpreter, which could crash the process; :func:`leave` ends the process past it.

:func:`within` waits for such work from an event loop, for a limited time,
and :func:`entered` enters and leaves a context there.

To start a thread takes longer than many a decision, so one that has done its work is kept for what comes next.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, NoReturn, TypeAlias, TypeVar

T = TypeVar("T")
Inbox: TypeAlias = SimpleQueue[Callable[[], None]]

_NAME = "zosimos background"

_GRACE = 0.1  # the part of a time limit that begins only once the loop has seen that the rest is over


class LeftBehindError(Exception):
    """Raised where background work was waited for: it took too long, and goes on by itself."""


# What belongs to the threads of this process. Each is changed by single operations only, which need no lock in Python.
_idle: list[Inbox] = []
_under_way: set[Future[Any]] = set()


def started(function: Callable[..., T], *args: Any) -> Future[T]:
    """Start a function in a thread beside this one and return its future; cancelling that does not stop the thread.

    No two functions share a thread at the same time: one that never ends holds up no other.

    >>> started(sum, [1, 2]).result()
    3
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from here on it cannot be cancelled, so that its end is always accepted
    context = copy_context()
    try:
        inbox = _idle.pop()
    except IndexError:
        inbox = SimpleQueue()
        threading.Thread(target=_work, args=(inbox,), name=_NAME, daemon=True).start()

    def job() -> None:
        try:
            found = context.run(function, *args)
        except BaseException as error:  # noqa: BLE001 - kept, and raised where the result is wanted
            _free(inbox, future)
            future.set_exception(error)
        else:
            _free(inbox, future)
            future.set_result(found)

    _under_way.add(future)
    inbox.put(job)
    return future


async def within(seconds: float, function: Callable[..., T], *args: Any) -> T:
    """Run a function in a thread beside the event loop and return its result.

    A process that is stopped and goes on later, or a loop that was held up, finds every time limit exceeded at once.
    So the last part of the limit begins when the loop has seen the first part end.

    Args:
        seconds: how long to wait for it at most.
        function: what to run.
        args: its arguments.

    Raises:
        LeftBehindError: it took longer; it goes on, and nobody hears what comes of it.
    """
    found = asyncio.wrap_future(started(function, *args))
    try:
        for part in (1.0 - _GRACE, _GRACE):
            done, _ = await asyncio.wait({found}, timeout=seconds * part)
            if done:
                return found.result()
        raise LeftBehindError
    finally:
        found.cancel()


@asynccontextmanager
async def entered(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave a context in threads beside the event loop, such as one that writes to a disk.

    >>> import asyncio
    >>> from contextlib import nullcontext
    >>> async def main():
    ...     async with entered(nullcontext(3)) as found:
    ...         return found
    >>> asyncio.run(main())
    3
    """
    found = await asyncio.wrap_future(started(manager.__enter__))
    try:
        yield found
    except BaseException as error:
        if not await asyncio.wrap_future(started(manager.__exit__, type(error), error, error.__traceback__)):
            raise
    else:
        await asyncio.wrap_future(started(manager.__exit__, None, None, None))


def left_behind() -> bool:
    """Say whether any background work still goes on."""
    return bool(_under_way)


def leave(code: int) -> NoReturn:
    """End the process with an exit code, without waiting for background work."""
    if left_behind():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # nobody reads it any more
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _work(inbox: Inbox) -> None:
    """Do one job after another, for as long as the process lives."""
    while True:
        inbox.get()()


def _free(inbox: Inbox, done: Future[Any]) -> None:
    """Offer a thread for more work: before its result is known, so that whoever waits for that finds it free."""
    _under_way.discard(done)
    _idle.append(inbox)


def _forget() -> None:
    """Begin without threads in a forked process: it has only the one that forked."""
    _idle.clear()
    _under_way.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
