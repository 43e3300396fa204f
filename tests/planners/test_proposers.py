"""The built-in proposers keep the contract; plugins are found by name; the kit finds a broken one."""

import pytest

from zosimos.core import plugins
from zosimos.core.errors import SpecError
from zosimos.core.records import Candidate
from zosimos.planners.proposers.random import RandomProposer
from zosimos.planners.registry import REGISTER, load_proposer
from zosimos.planners.testing import check_proposer


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bayesian", "evolutionary", "forest", "maximin", "random", "sobol"])
def test_the_built_in_proposers_conform(name):
    check_proposer(lambda: load_proposer(name))


class Outside:
    def propose(self, n, context):
        return [Candidate(dict.fromkeys(context.space.names, 1000000000.0), "outside", "far away")] * n


class Moody(RandomProposer):
    calls = 0

    def propose(self, n, context):
        Moody.calls += 1
        from dataclasses import replace

        return super().propose(n, replace(context, seed=Moody.calls))


@pytest.mark.parametrize(("broken", "said"), [(Outside, "must be allowed"), (Moody, "the same context")])
def test_the_kit_finds_a_broken_proposer(broken, said):
    with pytest.raises(AssertionError, match=said):
        check_proposer(broken)


class Entry:
    def __init__(self, name, factory):
        self.name, self.load = name, lambda: factory


def test_a_plugin_is_found_by_its_entry_point(monkeypatch):
    installed = {"mine": Entry("mine", RandomProposer), "bad": Entry("bad", dict)}
    monkeypatch.setattr(plugins, "offered", lambda group: installed)
    assert "mine" in REGISTER.names()
    assert isinstance(load_proposer("mine"), RandomProposer)
    with pytest.raises(SpecError, match="no propose method"):
        load_proposer("bad")
