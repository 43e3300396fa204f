"""Work in the background that can be left behind: a thread that ends with the process, whatever it is doing.

Python's own thread pools are waited for when the process ends, so a computation of a minute would hold up a stop by a
minute. These threads are not waited for. One that is still in a library written in C must not meet the end of the
interpreter, which could crash the process; :func:`leave` ends the process past it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_NAME = "zosimos background"


def started(function: Callable[..., T], *args: Any) -> Future[T]:
    """Start a function in a thread of its own and return its future; cancelling that does not stop the thread.

    >>> started(sum, [1, 2]).result()
    3
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from here on it cannot be cancelled, so that its end is always accepted
    context = copy_context()

    def work() -> None:
        try:
            found = context.run(function, *args)
        except BaseException as error:  # noqa: BLE001 - kept, and raised where the result is wanted
            future.set_exception(error)
        else:
            future.set_result(found)

    threading.Thread(target=work, name=_NAME, daemon=True).start()
    return future


def left_behind() -> bool:
    """Say whether any background work still goes on."""
    return any(thread.name == _NAME for thread in threading.enumerate())


def leave(code: int) -> NoReturn:
    """End the process with an exit code, without waiting for background work."""
    if left_behind():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # nobody reads it any more
                stream.flush()
        os._exit(code)
    sys.exit(code)
