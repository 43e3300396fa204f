"""Isolation: a forked process decides too, whatever a thread of its parent was deciding."""

import os
import subprocess
import sys

import pytest

FORKED = """
import os, random, signal, threading
from zosimos.core.background import started
from zosimos.planners.isolation import isolated

inside, let_go = threading.Event(), threading.Event()

def decide():
    with isolated(1):
        inside.set()
        let_go.wait()

started(decide)
inside.wait()
if child := os.fork():
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    let_go.set()
    raise SystemExit(ended)
signal.alarm(10)
with isolated(2):
    os._exit(7)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
def test_a_forked_process_does_not_wait_for_a_decision_of_its_parent() -> None:
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], env=os.environ, check=False, timeout=60)
    assert found.returncode == 7
