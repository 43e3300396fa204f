"""A campaign keeps to the rules that it began with."""

from __future__ import annotations

from pathlib import Path

import pytest

from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain, steered, steered_to
from zosimos.campaign.files import from_spec
from zosimos.campaign.setup import assemble
from zosimos.core.constraints import Condition
from zosimos.core.errors import SpecError
from zosimos.core.parameters import levels_of
from zosimos.core.revision import REVISION

DATA = {
    "name": "t",
    "space": {"x": {"min": 0, "max": 1, "step": 0.1}, "flow-rate": {"min": 0, "max": 1}},
    "constraints": ["x + `flow-rate` <= 1.3"],
    "objectives": {"y": {"goal": "max"}},
    "budget": {"experiments": 9},
}


def test_a_new_campaign_has_the_newest_rules_on_record(tmp_path: Path) -> None:
    setup = from_spec(parse_spec(DATA), tmp_path)
    assert setup.spec.revision == REVISION
    assert plain(setup.spec)["revision"] == REVISION
    space, policy = setup.space(setup.spec), setup.policy(setup.spec)
    assert space.exact
    assert policy.exact
    assert 0.3 in levels_of(space.parameters[0])


def test_a_campaign_on_record_without_a_revision_keeps_the_first_rules() -> None:
    setup = assemble(parse_spec(DATA, recorded=True), {}, recorded=True)
    assert setup.spec.revision is None
    assert "revision" not in plain(setup.spec)  # digests over it stay what they were
    space = setup.space(setup.spec)
    assert not space.exact
    assert not setup.policy(setup.spec).exact
    assert 0.30000000000000004 in levels_of(space.parameters[0])
    (rule,) = space.constraints
    assert isinstance(rule, Condition)
    assert not rule.expression.tolerant


@pytest.mark.parametrize("revision", [None, REVISION])
def test_steering_keeps_the_revision(revision: int | None) -> None:
    spec = parse_spec({**DATA, **({} if revision is None else {"revision": revision})})
    new, changes = steered_to(spec, parse_spec({**DATA, "budget": {"experiments": 12}}))
    assert new.revision == revision
    assert [change.path for change in changes] == ["budget.experiments"]
    if revision is not None:
        with pytest.raises(SpecError, match="revision cannot be steered"):
            steered(spec, {"revision": 1})


@pytest.mark.parametrize("revision", [0, REVISION + 1, "new", 1.5])
def test_a_revision_that_is_not_known_is_refused(revision: object) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec({**DATA, "revision": revision})
    assert "revision" in str(caught.value)


def test_names_that_are_no_words_are_said_in_rules_and_costs(tmp_path: Path) -> None:
    costs = {"each": "1 + 2 * flow-rate"}
    setup = from_spec(parse_spec({**DATA, "constraints": ["x <= flow-rate * 2"], "costs": costs}), tmp_path)
    made = setup.goal(setup.spec).costs
    assert made is not None
    assert made.of([{"x": 0.1, "flow-rate": 0.5}], None).tolist() == [2.0]
    (rule,) = setup.space(setup.spec).constraints
    assert rule.names == {"x", "flow-rate"}
    old = parse_spec({**DATA, "constraints": ["x <= flow-rate * 2"], "revision": 1})
    with pytest.raises(SpecError, match="flow"):  # of the first rules it is a difference of what does not exist
        assemble(old, {}, recorded=True)
