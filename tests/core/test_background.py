"""Background work: threads are used again, none waits for another, and none keeps the process from ending."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from contextvars import ContextVar

import pytest

from zosimos.core import background
from zosimos.core.background import started

WAIT_S = 10.0
HERE: ContextVar[str] = ContextVar("HERE", default="")

FORKED = """
import os
from zosimos.core.background import left_behind, started

import threading
never = threading.Event()
started(sum, [1, 2]).result()
started(never.wait)
started(sum, [1, 2]).result()
if child := os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert not left_behind()
os._exit(started(sum, [3, 4]).result(timeout=5))
"""

ENDING = """
import sys
from zosimos.core.background import left_behind, leave, started

started(sum, [1, 2]).result()
assert not left_behind()
if sys.argv[1] == "busy":
    import threading
    started(threading.Event().wait)
    assert left_behind()
leave(7)
"""


def test_one_thread_does_what_comes_one_after_another() -> None:
    assert started(threading.get_ident).result(WAIT_S) != threading.get_ident()
    before = threading.active_count()
    for _ in range(50):
        started(sum, [1, 2]).result(WAIT_S)
    assert threading.active_count() == before


def test_work_that_never_ends_holds_up_no_other() -> None:
    let_go = threading.Event()
    endless = started(let_go.wait)
    assert started(sum, [1, 2]).result(WAIT_S) == 3
    assert started(sum, [3, 4]).result(WAIT_S) == 7
    assert not endless.done()
    let_go.set()
    assert endless.result(WAIT_S)


def test_an_error_is_raised_where_the_result_is_wanted_and_costs_no_thread() -> None:
    started(sum, [1, 2]).result(WAIT_S)
    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            started(lambda: 1 / 0).result(WAIT_S)
    assert threading.active_count() == before


def test_each_piece_of_work_sees_the_context_it_was_started_in() -> None:
    for name in ("one", "two"):
        HERE.set(name)
        assert started(HERE.get).result(WAIT_S) == name
    HERE.set("")


def run(code: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-c", code, *arguments], env=os.environ, check=False, timeout=60).returncode


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
def test_a_forked_process_starts_threads_of_its_own() -> None:
    assert run(FORKED) == 7


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_the_process_ends_at_once_with_its_exit_code(state: str) -> None:
    began = time.monotonic()
    assert run(ENDING, state) == 7
    assert time.monotonic() - began < 30


def test_work_is_waited_for_beside_the_loop_for_a_limited_time() -> None:
    released = threading.Event()

    async def main() -> None:
        assert await background.within(5.0, sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await background.within(5.0, divmod, 1, 0)
        began = time.monotonic()
        with pytest.raises(background.LeftBehindError):
            await background.within(0.1, released.wait, 10)
        assert time.monotonic() - began < 1.0
        assert background.left_behind()
        released.set()

    asyncio.run(main())


@pytest.mark.slow
def test_a_loop_that_was_held_up_gives_work_a_moment_to_end() -> None:
    released = threading.Event()

    async def main() -> None:
        going = asyncio.ensure_future(background.within(0.5, released.wait, 10))
        await asyncio.sleep(0)
        time.sleep(0.6)  # the loop is held up, past the limit
        released.set()
        assert await going

    asyncio.run(main())
