"""Choices that are described in words: what is said of them teaches models, and says nothing where it says nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from zosimos.campaign.definition.chemistry import described_choices
from zosimos.campaign.definition.model import CategoricalSpec
from zosimos.campaign.explain.embedded import embedded
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.revision import NINTH, REVISION
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.embedding import angles_of, kinds_by_embedding
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.committee.effects import EffectsMember
from zosimos.surrogates.committee.member import Data

POLARITY = ("a greasy oil that repels water", "a mild ester-like liquid", "a very polar, salty fluid")
BOILING = ("evaporates within a minute", "dries in an hour", "never evaporates")
THICKNESS = ("thin as water", "flows like syrup", "barely flows, like tar")
KINDS = list(itertools.product(range(3), repeat=3))
NAMES = tuple(f"no. {place}" for place in range(1, 1 + len(KINDS)))
HEAT = Continuous("heat", 0, 1)
WORTH = np.array([[0.0, 1.0, 2.0], [1.5, 0.0, 0.5], [0.0, 0.7, 0.2]])


def told(kinds: list[tuple[int, ...]]) -> Categorical:
    """The things, each said to be of one of the kinds."""
    texts = ["; ".join((POLARITY[a], BOILING[b], THICKNESS[c])) for a, b, c in kinds]
    spec = CategoricalSpec(choices=list(NAMES), descriptions=dict(zip(NAMES, texts, strict=True)))
    found = described_choices("thing", spec, None)
    assert isinstance(found, Categorical)
    return found


def outcome(row: Mapping[str, Any]) -> float:
    """What a thing does is the sum of what its properties do."""
    kind = KINDS[NAMES.index(row["thing"])]
    return float(sum(WORTH[place, level] for place, level in enumerate(kind)) - (row["heat"] - 0.4) ** 2)


def belief(thing: Categorical, revision: int = REVISION, results: int = 18) -> tuple[Belief, list[int]]:
    rng = np.random.default_rng(4)
    space, order = SearchSpace((thing, HEAT)), rng.permutation(len(NAMES)).tolist()
    rows = [{"thing": NAMES[place], "heat": round(float(rng.uniform()), 3)} for place in order[:results]]
    seen = [
        Observation(f"e{at}", row, {"y": Measurement("y", outcome(row) + 0.05 * float(rng.standard_normal()))})
        for at, row in enumerate(rows)
    ]
    goal = Goal(space, (Objective("y", "max"),))
    context = ProposalContext(goal, History(observations=tuple(seen)), Policy(revision=revision), seed=1)
    return Belief(context), order[results:]


def foretold(found: tuple[Belief, list[int]]) -> float:
    """The correlation of what is believed of things that nobody measured with what they do."""
    model, others = found
    rows = [{"thing": NAMES[place], "heat": 0.4} for place in others]
    means = [model.prediction(row)["y"].mean for row in rows]
    return float(np.corrcoef(means, [outcome(row) for row in rows])[0, 1])


def by_embedding(weights: Mapping[str, float]) -> float:
    return sum(weight for name, weight in weights.items() if "embedding" in name)


def test_what_is_said_of_things_tells_of_those_that_nobody_measured() -> None:
    now, before = belief(told(KINDS)), belief(told(KINDS), NINTH)
    assert foretold(now) > 0.85
    assert foretold(now) > foretold(before)
    assert by_embedding(now[0].weights["y"]) > 0.9


def test_descriptions_that_say_nothing_lose_their_weight() -> None:
    shuffled = [KINDS[place] for place in np.random.default_rng(9).permutation(len(KINDS))]
    weights = belief(told(shuffled), results=26)[0].weights["y"]
    assert by_embedding(weights) < 0.5


def test_the_planners_card_tells_what_descriptions_tell() -> None:
    (found,) = embedded(belief(told(KINDS))[0])
    assert (found.parameter, found.quantity, found.choices) == ("thing", "y", 27)
    assert found.weight > 0.9
    assert 2 <= found.hold_most < found.components
    assert 0 < found.differ < 1
    assert f"{found.hold_most} of them hold 95% of what y varies by" in found.words
    assert embedded(belief(told(KINDS), NINTH)[0]) == ()


def test_earlier_revisions_keep_their_members() -> None:
    weights = belief(told(KINDS), NINTH)[0].weights["y"]
    assert not any("embedding" in name for name in weights)
    assert {"matern-5/2 by range", "matern-5/2 by range and descriptors"} <= set(weights)


def test_an_embedding_is_seen_by_angles_from_its_middle() -> None:
    thing = told(KINDS)
    (angles,) = angles_of((HEAT, thing))
    space = SearchSpace((HEAT, thing))
    rows = angles(space.features([{"heat": 0.2, "thing": name} for name in NAMES]))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0)
    assert angles(np.append(0.0, angles.middle)[None]) == pytest.approx(0.0)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_gradient_of_the_likelihood_is_that_of_the_likelihood(place: int) -> None:
    space = SearchSpace((told(KINDS), HEAT))
    rng = np.random.default_rng(0)
    X = space.features([{"thing": name, "heat": float(rng.uniform())} for name in NAMES[:12]])
    y = rng.standard_normal(12)
    member = EffectsMember(
        kinds_by_embedding(space.parameters)[place], Data(X, y, np.full(12, np.nan), np.ones(12)), seed=1
    )
    evidence, prior = member._evidence(np.arange(12)), member._hyper_prior()
    theta = prior.mean + 0.1 * rng.standard_normal(len(prior.mean))
    _, gradient = evidence.objective(theta, prior)
    for at in range(len(theta)):
        step = np.eye(len(theta))[at] * 1e-5
        slope = (evidence.objective(theta + step, prior)[0] - evidence.objective(theta - step, prior)[0]) / 2e-5
        assert gradient[at] == pytest.approx(slope, rel=1e-3, abs=1e-5)


def test_correlations_are_at_most_1_and_those_of_a_row_with_itself_are() -> None:
    space = SearchSpace((told(KINDS), HEAT))
    X = space.features([{"thing": name, "heat": 0.1 * at} for at, name in enumerate(NAMES[:10])])
    for kind in kinds_by_embedding(space.parameters):
        member = EffectsMember(kind, Data(X[:6], np.arange(6.0), np.full(6, np.nan), np.ones(6)), seed=1)
        found = member._between(X, X)
        assert np.diag(found) == pytest.approx(1.0)
        assert np.linalg.eigvalsh(found).min() > -1e-9


def test_more_things_than_go_by_name_are_embedded_all_the_same() -> None:
    names = tuple(f"t{place}" for place in range(80))
    vectors = np.random.default_rng(1).standard_normal((80, 3))
    table = {name: dict(zip("abc", row.tolist(), strict=True)) for name, row in zip(names, vectors, strict=True)}
    many = Categorical("thing", names, table, in_proportion=True, embedded=True)
    kinds = kinds_by_embedding((many, HEAT))
    X = SearchSpace((many, HEAT)).features([{"thing": name, "heat": 0.5} for name in names[:5]])
    assert [kind.view.seen(X).shape for kind in kinds] == [(5, 4), (5, 7), (5, 4)]
