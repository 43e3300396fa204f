"""Mixtures and k-of-n choices: whatever the bounds, grids and limits, every drawn, moved or decoded row is allowed."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from zosimos.core.constraints import Cardinality, Condition, Linear, Simplex
from zosimos.core.errors import SpecError
from zosimos.core.expression import Expression
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.optimise import maximise
from zosimos.planners.candidates.encoding import Codec
from zosimos.planners.candidates.perturbation import Mover
from zosimos.planners.candidates.sampling import check_feasible, fresh, random_draw, sobol_rows


def names(n):
    return tuple(f"p{i}" for i in range(n))


def present(row):
    return frozenset(name for name, value in row.items() if name[0] == "p" and value > 0)


@st.composite
def spaces(draw):
    """Mixtures or free amounts with cardinalities that overlap, in which some row is allowed: a planted one."""
    n = draw(st.integers(2, 12))
    step = draw(st.sampled_from([None, None, 0.05]))
    mixed = draw(st.booleans())
    there = draw(st.sets(st.integers(0, n - 1), min_size=1))
    shares = np.array([draw(st.integers(1, 9)) if i in there else 0 for i in range(n)], dtype=float)
    planted = np.round(20 * shares / shares.sum()) / 20 if step else shares / shares.sum()
    planted[min(there)] += 1 - planted.sum()
    there = {i for i in range(n) if planted[i] > 0}
    parts = []
    for i in range(n):
        low = planted[i] / 2 if i in there and not step and draw(st.integers(0, 4)) == 0 else 0.0
        parts.append(Continuous(f"p{i}", low, min(1.0, planted[i] + draw(st.sampled_from([0.1, 0.3, 1.0]))), step=step))
    minimum = {f"p{i}": float(planted[i]) for i in there if draw(st.booleans())}
    constraints = [Simplex(names(n))] if mixed and planted.min() >= 0 else []
    for _ in range(draw(st.integers(1, 3))):
        some = sorted(draw(st.sets(st.integers(0, n - 1), min_size=1)))
        count = sum(planted[i] > 0 for i in some)
        at_least = draw(st.integers(0, count))
        at_most = draw(st.integers(count, len(some)))
        least = {f"p{i}": minimum[f"p{i}"] for i in some if f"p{i}" in minimum and planted[i] > 0}
        constraints.append(Cardinality(tuple(f"p{i}" for i in some), at_least, at_most, least))
    return SearchSpace((*parts, Continuous("x", -1, 1), Categorical("c", ("u", "v"))), tuple(constraints))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_every_row_drawn_moved_or_decoded_is_allowed(space, seed):
    check_feasible(space)
    rng = np.random.default_rng(seed)
    codec = Codec(space)
    drawn = codec.spread(random_draw(len(space.parameters), seed)(40))
    decoded = codec.decode(rng.random((40, len(space.parameters))) ** 3)
    moved = Mover(space, drawn).around(drawn[:10], 4, float(rng.random()), rng)
    if not any(parameter.step for parameter in space.parameters if isinstance(parameter, Continuous)):
        assert [space.problems(row) for row in (*drawn, *decoded)] == [[]] * 80
        assert len(moved) == 40
    assert [space.problems(row) for row in moved] == [[]] * len(moved)
    rows = fresh(sobol_rows(space, seed), frozenset(), 5)
    assert rows
    assert [space.problems(row) for row in rows] == [[]] * len(rows)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(space=spaces(), seed=st.integers(0, 2**31))
def test_decoding_leaves_an_allowed_row_as_it_is(space, seed):
    rows = fresh(sobol_rows(space, seed), frozenset(), 10)
    codec = Codec(space)
    for row, again in zip(rows, codec.decode(codec.encode(rows)), strict=True):
        assert present(again) == present(row)
        assert [again[name] for name in names(len(row) - 2)] == pytest.approx(
            [row[name] for name in names(len(row) - 2)], abs=1e-9
        )


FIFTY = SearchSpace(
    tuple(Continuous(name, 0, 1) for name in names(50)), (Simplex(names(50)), Cardinality(names(50), 5, 5, 0.05))
)


def test_a_thousand_mixtures_of_five_of_fifty_parts_are_drawn_in_a_second():
    began = time.process_time()
    rows = fresh(sobol_rows(FIFTY, 1), frozenset(), 1024)
    assert time.process_time() - began < 1.0
    assert len(rows) == 1024
    assert all(len(present(row)) == 5 and abs(sum(row.values()) - 1) < 1e-9 for row in rows)
    assert len({present(row) for row in rows}) > 1000
    counts = np.array([sum(row[name] > 0 for row in rows) for name in names(50)])
    assert 60 < counts.min() <= counts.max() < 150  # each part in a tenth of them, give or take


def test_numbers_of_parts_are_spread_evenly():
    space = SearchSpace(FIFTY.parameters, (Simplex(names(50)), Cardinality(names(50), 1, 4)))
    rows = fresh(sobol_rows(space, 0), frozenset(), 800)
    counts = [sum(len(present(row)) == k for row in rows) for k in (2, 3, 4)]
    assert all(170 < count < 330 for count in counts)


@pytest.mark.slow
@pytest.mark.parametrize("caps", [(0.4,) * 4, (0.9, 0.3, 0.3, 0.2, 0.25), (0.2,) * 8])
def test_amounts_are_uniform_within_their_caps(caps):
    space = SearchSpace(
        tuple(Continuous(name, 0, cap) for name, cap in zip(names(len(caps)), caps, strict=True)),
        (Simplex(names(len(caps))),),
    )
    rows = Codec(space).spread(random_draw(len(caps), 5)(4000))
    drawn = np.array([list(row.values()) for row in rows])
    reference = np.random.default_rng(0).dirichlet(np.ones(len(caps)), 400_000)
    reference = reference[(reference <= caps).all(axis=1)][:4000]
    for ours, theirs in zip(drawn.T, reference.T, strict=True):
        assert ks_2samp(ours, theirs).pvalue > 1e-3


def test_a_row_does_not_depend_on_what_is_drawn_beside_it():
    codec = Codec(FIFTY)
    points = random_draw(50, 3)(20)
    assert codec.spread(points)[7] == codec.spread(points[7:9])[0]


def test_decoding_goes_to_the_nearest_mixture_of_few_parts():
    n, k = 6, 2
    space = SearchSpace(
        tuple(Continuous(name, 0, 1) for name in names(n)), (Simplex(names(n)), Cardinality(names(n), 1, k))
    )
    points = np.random.default_rng(1).random((30, n))
    decoded = np.array([list(row.values()) for row in Codec(space).decode(points)])

    def distance(point):
        best = np.inf
        for support in itertools.combinations(range(n), k):
            few = np.array(support)
            share = np.clip((point[few[0]] - point[few[1]] + 1) / 2, 0, 1)  # the nearest point of the segment
            near = np.zeros(n)
            near[few] = share, 1 - share
            best = min(best, float(np.linalg.norm(near - point)))
        return best

    for point, row in zip(points, decoded, strict=True):
        assert np.linalg.norm(row - point) == pytest.approx(distance(point), abs=1e-6)


@pytest.mark.slow
def test_a_thin_slice_of_few_parts_is_sampled():
    weights = {name: float(index) for index, name in enumerate(names(50))}
    constraints = (Simplex(names(50)), Cardinality(names(50), 1, 5, 0.02), Linear(weights, 10, 10))
    space = SearchSpace(FIFTY.parameters, constraints)
    check_feasible(space)
    rows = fresh(sobol_rows(space, 0), frozenset(), 64)
    assert len(rows) == 64
    assert [space.problems(row) for row in rows] == [[]] * 64
    assert len({present(row) for row in rows}) > 3


def test_the_search_finds_which_parts_are_wanted():
    space = SearchSpace(
        tuple(Continuous(name, 0, 1) for name in names(20)), (Simplex(names(20)), Cardinality(names(20), 1, 3, 0.05))
    )
    wanted = {"p3": 0.5, "p11": 0.3, "p17": 0.2}

    def score(rows):
        return np.array([-sum(abs(row[name] - wanted.get(name, 0.0)) for name in names(20)) for row in rows])

    found = maximise(score, space, [], frozenset(), 0)
    assert present(found[0]) == set(wanted)
    assert found[1] > -0.05


@pytest.mark.parametrize(
    ("constraints", "named"),
    [
        ((Simplex(names(4)), Cardinality(names(4), 0, 1)), "0 to 1 of p0, p1, p2, p3 present"),
        ((Simplex(names(4)), Cardinality(names(4), 3, 4, 0.4)), "minimum amounts"),
        (
            (Cardinality(names(4), 2), Cardinality(names(4)[:2], 0, 0), Cardinality(names(4)[2:], 0, 1)),
            "0 to 1 of p2, p3",
        ),
        ((Cardinality(names(4), 1, minimum=0.5), Linear(dict.fromkeys(names(4), 1.0), high=0.4)), "<= 0.4"),
    ],
)
def test_cardinalities_that_contradict_are_refused_by_name(constraints, named):
    parameters = tuple(Continuous(name, 0, 0.6) for name in names(4))
    with pytest.raises(SpecError) as caught:
        check_feasible(SearchSpace(parameters, constraints))
    assert named in caught.value.value


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Cardinality(()), "constraints"),
        (lambda: Cardinality(("a", "a")), "constraints"),
        (lambda: Cardinality(("a", "b"), 3), "constraints"),
        (lambda: Cardinality(("a", "b"), 2, 1), "constraints"),
        (lambda: Cardinality(("a", "b"), -1), "constraints"),
        (lambda: Cardinality(("a", "b"), minimum=-0.1), "constraints"),
        (lambda: Cardinality(("a", "b"), minimum=float("nan")), "constraints"),
        (lambda: Cardinality(("a", "b"), minimum={"c": 0.1}), "constraints"),
        (lambda: SearchSpace((Continuous("a", -1, 1),), (Cardinality(("a",)),)), "space.a"),
        (lambda: SearchSpace((Continuous("a", 0, 1),), (Cardinality(("a",), minimum=2.0),)), "space.a"),
        (lambda: SearchSpace((Categorical("a", ("u", "v")),), (Cardinality(("a",)),)), "constraints"),
    ],
)
def test_a_cardinality_that_makes_no_sense_is_refused(make, field):
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.field == field


@given(st.lists(st.sampled_from([0.0, 0.01, 0.05, 0.3, -0.1]), min_size=3, max_size=3), st.integers(0, 3), st.data())
def test_cardinality_holds_exactly_between_its_numbers(amounts, at_least, data):
    at_most = data.draw(st.integers(at_least, 3))
    columns = {name: np.array([x]) for name, x in zip(names(3), amounts, strict=True)}
    held = Cardinality(names(3), at_least, at_most, {"p0": 0.05}).holds(columns)[0]
    enough = amounts[0] == 0 or amounts[0] >= 0.05
    count = sum(x > 0 for x in amounts)
    assert held == (enough and min(amounts) >= 0 and at_least <= count <= at_most)


def test_a_cardinality_holds_for_rows_of_a_pool():
    rows = [{"a": 0.5, "b": 0.5}, {"a": 1.0, "b": 0.0}, {"a": 0.99, "b": 0.01}]
    parameters = (Continuous("a", 0, 1), Continuous("b", 0, 1))
    space = SearchSpace(parameters, (Cardinality(("a", "b"), 2, 2, 0.05), Condition(Expression("a > 0"))), rows)
    assert list(space.candidates) == rows[:1]
