"""A proposer that fails is named in the candidate that stands in for it, with the package it came from."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint

import pytest

from zosimos.core import plugins
from zosimos.core.errors import PlanningError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Fallback, Measurement, Observation
from zosimos.core.space import SearchSpace
from zosimos.planners import planner as planner_module
from zosimos.planners.goal.goal import Goal
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

SPACE = SearchSpace((Continuous("x", 0, 1),))
GOAL = (Objective("y", "max"),)


class Distribution:
    name = "zosimos-odd"


def offer(monkeypatch, group, code, attribute="Made"):
    """Install a package ``zosimos-odd`` whose plugin ``odd`` is made of a module's code."""
    module = types.ModuleType("odd_plugin")
    exec(compile(code, "odd_plugin.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "odd_plugin", module)
    point = EntryPoint("odd", f"odd_plugin:{attribute}", group)._for(Distribution())  # type: ignore[attr-defined]  # as importlib.metadata makes them
    real = plugins.offered
    found = lambda asked: {**real(asked), "odd": point} if asked == group else real(asked)  # noqa: E731 - one line
    monkeypatch.setattr(plugins, "offered", found)
    monkeypatch.setattr("zosimos.planners.fallback.offered", found)


def ask(settings, n=1):
    planner = make_planner(Goal(SPACE, GOAL), settings, seed=3, sequence_seed=4)
    rows = (0.1, 0.4, 0.6, 0.9)
    planner.tell([Observation(f"e{i}", {"x": x}, {"y": Measurement("y", x * x)}) for i, x in enumerate(rows)])
    return planner.ask(n)


def failing(error):
    class Failing:
        def propose(self, n, context):
            raise error

    return Failing()


def test_the_candidate_says_which_proposer_failed_and_how(monkeypatch):
    monkeypatch.setattr(planner_module, "load_proposer", lambda name: failing(RuntimeError("boom")))
    (candidate,) = ask(Policy())
    assert candidate.origin == "sobol"
    assert candidate.reason == "space filling, in place of 'bayesian': it failed with RuntimeError: boom"
    assert candidate.fallback == Fallback("bayesian", "RuntimeError", "boom")
    assert Candidate.from_json(candidate.as_json()) == candidate


def test_every_candidate_of_a_batch_carries_the_failure(monkeypatch):
    monkeypatch.setattr(planner_module, "load_proposer", lambda name: failing(ValueError("no")))
    assert all(candidate.fallback is not None for candidate in ask(Policy(), 3))


def test_a_candidate_that_stands_in_for_nobody_is_stored_as_before():
    (candidate,) = ask(Policy({"random": 1.0}))
    assert candidate.fallback is None
    assert set(candidate.as_json()) == {"values", "origin", "reason", "predictions", "acquisition"}


def test_a_plugin_that_fails_is_named_with_its_package(monkeypatch):
    offer(monkeypatch, "zosimos.proposers", "class Made:\n    def propose(self, n, context): return 1 / 0")
    (candidate,) = ask(Policy({"odd": 1.0}))
    assert candidate.fallback == Fallback("odd", "ZeroDivisionError", "division by zero", "zosimos-odd")
    assert candidate.fallback.describe() == (
        "the proposer 'odd' failed in the package zosimos-odd with ZeroDivisionError: division by zero"
    )


def test_a_plugin_that_cannot_be_made_or_gives_no_list_has_failed_too(monkeypatch):
    offer(monkeypatch, "zosimos.proposers", "def Made(): raise OSError('no licence')")
    (candidate,) = ask(Policy({"odd": 1.0}))
    assert candidate.fallback == Fallback("odd", "OSError", "no licence", "zosimos-odd")
    offer(monkeypatch, "zosimos.proposers", "class Made:\n    def propose(self, n, context): return {}")
    (candidate,) = ask(Policy({"odd": 1.0}))
    assert candidate.fallback == Fallback("odd", "TypeError", "it gave a dict, not a list", "zosimos-odd")


def test_a_plugin_model_that_fails_in_a_built_in_proposer_is_named_with_its_package(monkeypatch):
    code = (
        "class Made:\n"
        "    def fit(self, X, Y, Yvar=None): raise KeyError('kernel')\n"
        "    def posterior(self, X): return None\n"
    )
    offer(monkeypatch, "zosimos.surrogates", code)
    (candidate,) = ask(Policy(surrogate="odd"))
    assert candidate.fallback == Fallback("bayesian", "KeyError", "'kernel'", "zosimos-odd")


def test_a_failure_outside_the_plugin_model_is_not_blamed_on_it(monkeypatch):
    offer(monkeypatch, "zosimos.surrogates", "def Made(): raise OSError")
    monkeypatch.setattr(planner_module, "load_proposer", lambda name: failing(RuntimeError("ours")))
    (candidate,) = ask(Policy(surrogate="odd"))
    assert candidate.fallback is not None
    assert candidate.fallback.package == ""


def test_a_proposer_that_has_nothing_to_propose_did_not_fail(monkeypatch):
    monkeypatch.setattr(planner_module, "load_proposer", lambda name: failing(PlanningError("nothing is left here")))
    (candidate,) = ask(Policy())
    assert candidate.fallback is None
    assert "in place of 'bayesian': nothing is left here" in candidate.reason


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("<object at 0x7f3a5c0d1e80> is odd", "<object at 0x...> is odd"),
        ("two\n  lines", "two lines"),
        ("long " * 100, ("long " * 100)[:297] + "..."),
    ],
)
def test_what_differs_between_processes_is_left_out_of_messages(monkeypatch, said, kept):
    monkeypatch.setattr(planner_module, "load_proposer", lambda name: failing(RuntimeError(said)))
    (candidate,) = ask(Policy())
    assert candidate.fallback is not None
    assert candidate.fallback.message == kept
