"""Other planning packages as planners: the shared book-keeping always, each package where it is installed."""

import pytest

from zosimos.core.constraints import Condition, Linear, Simplex
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.expression import Expression
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Discrete
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners import registry, testing
from zosimos.planners.adapters import peer
from zosimos.planners.adapters.ax import AxPlanner
from zosimos.planners.adapters.baybe import BayBEPlanner
from zosimos.planners.adapters.bofire import BoFirePlanner
from zosimos.planners.adapters.optuna import OptunaPlanner
from zosimos.planners.adapters.peer import PeerPlanner, PeerProposer
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.testing import check_planner, check_proposer, example_spaces

PEERS = {"ax": AxPlanner, "baybe": BayBEPlanner, "bofire": BoFirePlanner, "optuna": OptunaPlanner}
RANGED = dict.fromkeys(("ax", "baybe", "bofire"), ("mixed", "mixture")) | {"optuna": ("continuous", "mixed")}
LINE = SearchSpace((Continuous("x", 0, 20),), pool=tuple({"x": float(x)} for x in range(21)))
PLANE = SearchSpace((Continuous("x", 0, 1), Continuous("y", 0, 1)))
HEIGHT = Objective("height", "max")


def seen(rows, f=lambda row: -((row["x"] - 13) ** 2), failed=(), start=1):
    return [
        Observation(f"e{i:04d}", row, failed=True)
        if i - start in failed
        else Observation(f"e{i:04d}", row, {"height": Measurement("height", float(f(row)))})
        for i, row in enumerate(rows, start)
    ]


def peer_or_skip(name):
    pytest.importorskip(name, exc_type=ImportError)
    return PEERS[name]


# --- a package that is not there ---


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_missing_package_is_named_with_the_extra_that_brings_it(name, monkeypatch):
    monkeypatch.setattr(registry, "find_spec", lambda package: None)
    for work in (
        lambda: registry.check_proposer_name(name, "planner.kind"),
        lambda: registry.load_proposer(name),
        lambda: PEERS[name](LINE, [HEIGHT], seed=1),
        lambda: make_planner(Goal(LINE, (HEIGHT,)), Policy({name: 1.0}), seed=1, sequence_seed=1),
    ):
        with pytest.raises(SpecError) as caught:
            work()
        assert caught.value.hint == f"pip install 'zosimos[{name}]'"
        assert caught.value.field == "planner.kind"


def test_the_peers_are_proposers_by_name():
    assert set(PEERS) <= set(registry.REGISTER.names())


# --- the book-keeping around a package's object ---


class Greedy(PeerPlanner):
    """Asks for the first free row next to the best so far; on ranges always for the same point."""

    package = "greedy"
    title = "Greedy"

    def _set_up(self):
        self.learned = []

    def _learn(self, rows, outcomes):
        self.learned += zip([row["x"] for row in rows], outcomes, strict=True)

    def _from_list(self, n, pending, free):
        worst = max if self._minimise else min
        best = (min if worst is max else max)(self.learned, key=lambda pair: pair[1])[0]
        nearest = sorted(free, key=lambda index: abs(self._rows[index]["x"] - best))
        return [Candidate(self._rows[index], "greedy", "next to the best") for index in nearest[:n]]

    def _from_ranges(self, n, pending):
        return [Candidate({"x": 0.25, "y": 1.0 + 1e-9}, "greedy", "always here", acquisition=2.0)] * n


@pytest.fixture
def greedy(monkeypatch):
    monkeypatch.setattr(peer, "load_package", lambda name: None)
    return Greedy


def test_rows_are_drawn_at_random_until_enough_is_known(greedy):
    planner = greedy(LINE, [HEIGHT], seed=1)
    assert "too little is known" in planner.ask()[0].reason
    planner.tell(seen([{"x": 3.0}]))
    assert "too little is known" in planner.ask()[0].reason
    planner.tell(seen([{"x": 9.0}], start=2))
    assert [c.values["x"] for c in planner.ask(2)] == [8.0, 10.0]


def test_failed_rejected_and_pending_rows_are_left_out(greedy):
    planner = greedy(LINE, [HEIGHT], seed=1, avoid=[{"x": 12.0}])
    planner.tell(seen([{"x": 3.0}, {"x": 13.0}, {"x": 14.0}], failed=(2,)))
    assert [x for x, _ in planner.learned] == [3.0, 13.0]
    assert [c.values["x"] for c in planner.ask(1, [Candidate({"x": 11.0}, "test")])] == [15.0]


def test_only_outcomes_that_train_and_lie_inside_the_bounds_are_handed_over(greedy):
    planner = greedy(LINE, [HEIGHT], seed=1)
    bad = Observation("e0001", {"x": 5.0}, {"height": Measurement("height", 1.0, quality="bad")})
    other = Observation("e0002", {"x": 6.0}, {"width": Measurement("width", 1.0)})
    planner.tell([bad, other, *seen([{"x": 25.0}, {"x": 7.0}], start=3)])
    assert planner.learned == [(7.0, -36.0)]


def test_a_target_is_a_distance_to_be_made_small(greedy):
    planner = greedy(LINE, [Objective("height", "target", target=4.0)], seed=1)
    planner.tell(seen([{"x": 2.0}, {"x": 19.0}], f=lambda row: row["x"]))
    assert planner.learned == [(2.0, 2.0), (19.0, 15.0)]
    assert planner.ask()[0].values["x"] in (1.0, 3.0)


def test_a_list_that_is_used_up_ends_the_planning(greedy):
    planner = greedy(LINE, [HEIGHT], seed=1)
    planner.tell(seen(LINE.candidates[:19]))
    assert len(planner.ask(5)) == 2
    planner.tell(seen(LINE.candidates[19:], start=20))
    with pytest.raises(PlanningError, match="measured"):
        planner.ask()


def test_what_lies_a_little_outside_is_put_inside_and_repeats_are_replaced(greedy):
    planner = greedy(PLANE, [HEIGHT], seed=1)
    planner.tell(seen([{"x": 0.1, "y": 0.1}, {"x": 0.2, "y": 0.1}]))
    first, second = planner.ask(2)
    assert (dict(first.values), first.reason, first.acquisition) == ({"x": 0.25, "y": 1.0}, "always here", 2.0)
    assert second.reason == "drawn at random: Greedy gave no new row"
    planner.tell(seen([first.values], start=3))
    assert planner.ask()[0].reason == "drawn at random: Greedy gave no new row"


def test_a_proposal_knows_all_observations_and_what_to_avoid(greedy):
    observations = tuple(seen([{"x": 3.0}, {"x": 13.0}]))
    context = ProposalContext(
        Goal(LINE, (HEIGHT,)), History(observations, pending=({"x": 14.0},), avoid=({"x": 12.0},)), seed=4
    )
    made = PeerProposer(greedy).propose(2, context)
    assert [candidate.values["x"] for candidate in made] == [11.0, 15.0]


def test_several_objectives_and_conditions_of_the_day_are_refused(greedy):
    with pytest.raises(SpecError, match="one objective"):
        greedy(LINE, [HEIGHT, Objective("cost", "min")], seed=1)
    humid = SearchSpace((Continuous("x", 0, 1), Continuous("humidity", 0, 1, role="context")))
    with pytest.raises(SpecError, match="humidity"):
        greedy(humid, [HEIGHT], seed=1)
    with pytest.raises(ValueError, match="1 or more"):
        greedy(LINE, [HEIGHT], seed=1).ask(0)


# --- the packages, where they are installed ---


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_conforms_on_a_pool(name, monkeypatch):
    factory = peer_or_skip(name)
    spaces = {"pool": example_spaces()["pool"]}
    monkeypatch.setattr(testing, "example_spaces", lambda: spaces)
    check_planner(factory)
    check_proposer(lambda: registry.load_proposer(name))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in sorted(PEERS) for kind in RANGED[name]])
def test_a_peer_conforms_on_ranges(name, kind, monkeypatch):
    factory = peer_or_skip(name)
    spaces = {kind: example_spaces()[kind]}
    monkeypatch.setattr(testing, "example_spaces", lambda: spaces)
    check_planner(factory)


@pytest.mark.parametrize("goal", ["max", "min"])
@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_climbs_towards_the_goal_and_says_what_it_believes(name, goal):
    sign = 1 if goal == "max" else -1
    planner = peer_or_skip(name)(LINE, [Objective("height", goal)], seed=2)

    def f(row):
        return -sign * (row["x"] - 13) ** 2

    planner.tell(seen([{"x": 1.0}, {"x": 6.0}, {"x": 19.0}], f=f))
    tried = []
    for count in range(4, 10):
        tried += [candidate.values for candidate in planner.ask()]
        planner.tell(seen(tried[-1:], f=f, start=count))
    found = planner.ask()[0]
    assert min(abs(row["x"] - 13) for row in tried) <= 1
    if name != "optuna":
        belief = found.predictions["height"]
        assert sign * belief.mean < 20
        assert belief.sd > 0


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_planner_that_is_kept_answers_as_one_made_anew(name):
    factory = peer_or_skip(name)
    rows = [{"x": 2.0}, {"x": 7.0}, {"x": 18.0}, {"x": 11.0}]
    kept, again = factory(LINE, [HEIGHT], seed=3), factory(LINE, [HEIGHT], seed=3)
    kept.tell(seen(rows[:3]))
    kept.ask(2)
    kept.tell(seen(rows[3:], start=4))
    again.tell(seen(rows))
    assert kept.ask()[0].values == again.ask()[0].values


@pytest.mark.parametrize("descriptors", [("size",), ("size", "weight")])
@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_plans_a_pool_with_names_descriptors_and_levels(name, descriptors):
    factory = peer_or_skip(name)
    known = {"a": (1.0, 9.0), "b": (2.0, 3.0), "c": (3.0, 5.0)}
    sizes = {choice: dict(zip(descriptors, row, strict=False)) | {"same": 1.0} for choice, row in known.items()}
    parameters = (
        Categorical("metal", ("a", "b", "c"), sizes),
        Categorical("solvent", ("water", "oil", "unused")),
        Discrete("heat", (20.0, 40.0, 90.0)),
        Continuous("dose", 1e-3, 1.0, log=True),
        Continuous("same", 0.0, 1.0),
    )
    pool = tuple(
        {"metal": metal, "solvent": solvent, "heat": heat, "dose": dose, "same": 0.5}
        for metal in sizes
        for solvent in ("water", "oil")
        for heat in (20.0, 90.0)
        for dose in (1e-3, 0.1)
    )
    space = SearchSpace(parameters, pool=pool)
    planner = factory(space, [HEIGHT], seed=1)
    planner.tell(seen(pool[::4], f=lambda row: sizes[row["metal"]]["size"] + row["heat"] / 90))
    batch = planner.ask(3)
    assert len({row_key(candidate.values) for candidate in batch}) == 3
    assert not any("at random" in candidate.reason for candidate in batch)
    assert not any(space.problems(candidate.values) for candidate in batch)


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_says_which_space_it_cannot_plan_for(name):
    factory = peer_or_skip(name)
    parts = tuple(Continuous(part, 0.0, 1.0) for part in "abc")
    by_name = {
        "optuna": SearchSpace(parts, (Simplex(("a", "b", "c")),)),
        "others": SearchSpace(parts, (Condition(Expression("a * b <= 0.2")),)),
    }
    with pytest.raises(SpecError, match="cannot plan for") as caught:
        factory(by_name.get(name, by_name["others"]), [HEIGHT], seed=1)
    assert caught.value.field == "constraints"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_keeps_linear_constraints(name):
    factory = peer_or_skip(name)
    space = SearchSpace(PLANE.parameters, (Linear({"x": 1.0, "y": 2.0}, 0.4, 1.0),))
    planner = factory(space, [HEIGHT], seed=1)
    rows = [{"x": 0.1, "y": 0.2}, {"x": 0.5, "y": 0.1}, {"x": 0.2, "y": 0.4}, {"x": 0.9, "y": 0.0}]
    planner.tell(seen(rows, f=lambda row: row["x"] + row["y"]))
    batch = planner.ask(2)
    assert not any("at random" in candidate.reason for candidate in batch)
    assert not any(space.problems(candidate.values) for candidate in batch)


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_campaign_can_plan_with_a_peer(name):
    peer_or_skip(name)
    planner = make_planner(Goal(LINE, (HEIGHT,)), Policy({name: 1.0}, start=3), seed=5, sequence_seed=5)
    planner.tell(seen([{"x": 2.0}, {"x": 7.0}, {"x": 18.0}, {"x": 11.0}], failed=(3,)))
    candidate = planner.ask()[0]
    assert candidate.origin == name
    assert "in place of" not in candidate.reason
