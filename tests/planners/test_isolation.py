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


LATE = """
import random, sys
import numpy as np
from zosimos.planners.isolation import isolated, load_torch

with isolated(5), isolated(6):
    assert "torch" not in sys.modules
    load_torch()
    import torch

    late = torch.rand(3), torch.get_num_threads(), random.random(), np.random.random()
    load_torch()  # once more changes nothing
    assert not torch.equal(torch.rand(3), late[0])
after = torch.get_rng_state()
with isolated(5), isolated(6):
    early = torch.rand(3), torch.get_num_threads(), random.random(), np.random.random()
assert torch.equal(late[0], early[0])
assert late[1:] == early[1:]
assert late[1] == 1
assert torch.equal(after, torch.get_rng_state())
torch.manual_seed(1)
with isolated(5):
    first = torch.rand(3)
assert not torch.equal(first, early[0])  # the outer block is seeded as well, by its own seed
"""


@pytest.mark.slow
def test_torch_that_is_loaded_within_a_block_is_as_isolated_as_if_it_had_been_there_before() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", LATE], env=os.environ, check=False, timeout=120)
    assert done.returncode == 0


OUTER = """
import sys
from zosimos.planners.isolation import isolated, load_torch

with isolated(5):
    with isolated(6):
        load_torch()
    import torch

    late = torch.rand(3)
with isolated(5):
    assert torch.equal(torch.rand(3), late)
"""


@pytest.mark.slow
def test_an_outer_block_is_isolated_too_when_an_inner_one_loads_torch() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", OUTER], env=os.environ, check=False, timeout=120)
    assert done.returncode == 0


DECISION = """
import sys
if {early}:
    import torch, botorch, gpytorch
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

goals = (Objective("y", "max"), Objective("z", "min"))[: {objectives}]
space = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("w", 0.0, 1.0)))
planner = make_planner(Goal(space, goals), Policy(start=2, {policy}), seed=4, sequence_seed=1)
rows = [(i / 7, (i * 3 % 7) / 7) for i in range(7)]
outcomes = [dict(y=x * (1.3 - x) + 0.1 * w, z=x * w) for x, w in rows]
seen = [
    Observation(f"e{{i:04d}}", dict(x=x, w=w), {{g.name: Measurement(g.name, out[g.name]) for g in goals}})
    for i, ((x, w), out) in enumerate(zip(rows, outcomes), 1)
]
planner.tell([*seen, *{failed}])
assert ("torch" in sys.modules) == {early}
found = planner.ask(2)
assert "torch" in sys.modules
print(found)
"""
FAILED = '[Observation("f1", dict(x=0.9, w=0.9), failed=True, cause="infeasible")]'


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        {"objectives": 2, "policy": "", "failed": "[]"},
        {"objectives": 1, "policy": "", "failed": FAILED},
        {"objectives": 1, "policy": "feasibility='dirichlet'", "failed": FAILED},
        {"objectives": 1, "policy": "surrogate='forest'", "failed": "[]"},
    ],
    ids=["two objectives", "a failure", "a classifier of failures", "another surrogate"],
)
def test_a_decision_is_the_same_whether_torch_was_there_before_or_not(case: dict[str, object]) -> None:
    answers = []
    for early in (True, False):
        code = DECISION.format(early=early, **case)
        command = [sys.executable, "-W", "ignore", "-c", code]
        done = subprocess.run(command, env=os.environ, check=False, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr
        answers.append(done.stdout)
    assert answers[0] == answers[1]
    assert "Candidate" in answers[0]
