"""Stop rules that ask the models: the goal met in truth, and how much better an untried row might be."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_lab import Campaign, ScriptedLab

from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.decisions.forecast import forecast
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.setup import Setup, assemble
from zosimos.core.errors import SpecError
from zosimos.core.records import Measurement, Observation


def made(**spec) -> Setup:
    data = {
        "name": "outlook",
        "space": {"x": {"min": 0, "max": 1}},
        "objectives": {"y": {"goal": "max"}},
        "budget": {"experiments": 40},
        **spec,
    }
    return assemble(parse_spec(data), {})


def inputs(setup: Setup, pairs: list[tuple[float, float]]) -> Inputs:
    seen = tuple(
        Observation(f"e{i:04d}", {"x": x}, {"y": Measurement("y", y)}) for i, (x, y) in enumerate(pairs, start=1)
    )
    return Inputs(len(seen) + 1, setup.spec, 1, seen, "", (), (), 1)


def noisy(n: int, height: float, seed: int = 0) -> list[tuple[float, float]]:
    rng = random.Random(seed)
    return [(i / (n - 1), height + rng.gauss(0, 1)) for i in range(n)]


@pytest.mark.parametrize("seed", range(4))
def test_one_lucky_result_does_not_meet_the_goal_in_truth_but_many_good_ones_do(seed: int) -> None:
    setup = made(stop={"reach": {"y": 2.5}, "confidence": 0.95})
    found = forecast(setup, inputs(setup, [*noisy(14, 0.0, seed), (0.512, 3.0)]))
    assert found is not None
    assert found.experiment == "e0015"
    assert found.reached is not None
    assert found.reached < 0.8  # far from the confidence that is asked
    sure = forecast(setup, inputs(setup, noisy(15, 6.0, seed)))
    assert sure is not None
    assert sure.reached is not None
    assert sure.reached > 0.95


def test_a_repeat_bears_a_result_out() -> None:
    setup = made(stop={"reach": {"y": 2.5}, "confidence": 0.95})
    chances = []
    for repeats in (1, 2, 4):
        found = forecast(setup, inputs(setup, [*noisy(14, 0.0), *[(0.512, 4.0 + 0.1 * i) for i in range(repeats)]]))
        assert found is not None
        assert found.reached is not None
        chances.append(found.reached)
    assert chances[0] < 0.95 <= chances[1] <= chances[2]


def test_a_stated_uncertainty_is_taken_at_its_word() -> None:
    setup = made(stop={"reach": {"y": 2.5}, "confidence": 0.95})
    known = inputs(setup, [*noisy(14, 0.0), (0.512, 3.0)])
    exact = tuple(
        replace(seen, measurements={"y": replace(seen.measurements["y"], uncertainty=0.01)})
        for seen in known.observations
    )
    found = forecast(setup, replace(known, observations=exact))
    assert found is not None
    assert found.reached is not None
    assert found.reached > 0.99


def test_goals_of_each_kind_are_judged_in_their_own_sense() -> None:
    for goal, reach, height in (({"goal": "min"}, -2.0, -6.0), ({"goal": "target", "target": 5.0}, 3.0, 5.0)):
        setup = made(objectives={"y": goal}, stop={"reach": {"y": reach}, "confidence": 0.9})
        found = forecast(setup, inputs(setup, noisy(15, height)))
        assert found is not None
        assert found.reached is not None
        assert found.reached > 0.9


def test_nothing_is_asked_where_the_spec_asks_nothing_or_nothing_was_learned() -> None:
    assert forecast(made(), inputs(made(), noisy(9, 0.0))) is None
    setup = made(stop={"regret": 0.1})
    assert forecast(setup, inputs(setup, [(0.5, 1.0)])) is None
    setup = made(stop={"reach": {"y": 50.0}, "confidence": 0.9})
    found = forecast(setup, inputs(setup, noisy(9, 0.0)))
    assert found is not None
    assert found.reached is None  # no result meets the goal, so there is none to ask about


def test_the_regret_falls_as_the_surface_becomes_known() -> None:
    setup = made(stop={"regret": 0.1})
    regrets = []
    for n in (3, 6, 12):
        pairs = [(i / (n - 1), -((i / (n - 1) - 0.4) ** 2)) for i in range(n)]
        found = forecast(setup, inputs(setup, pairs))
        assert found is not None
        assert found.regret is not None
        regrets.append(found.regret)
    assert regrets[0] > regrets[1] > regrets[2]
    assert regrets[2] < 0.02


def test_in_a_pool_every_free_row_is_judged_and_none_left_means_no_regret() -> None:
    table = "x\n" + "".join(f"{i / 10}\n" for i in range(11))
    data = {
        "name": "pool",
        "candidates": "pool.csv",
        "space": {"x": {"min": 0, "max": 1}},
        "objectives": {"y": {"goal": "max"}},
        "budget": {"experiments": 11},
        "stop": {"regret": 0.1},
    }
    setup = assemble(parse_spec(data), {"candidates": table.encode()})
    pairs = [(i / 10, (i / 10) ** 2) for i in range(11)]
    some, every = forecast(setup, inputs(setup, pairs[:6])), forecast(setup, inputs(setup, pairs))
    assert some is not None
    assert every is not None
    assert some.regret is not None
    assert some.regret > 0.1
    assert every.regret == 0.0


def campaign(tmp_path: Path, ledger: Ledger, **spec) -> Campaign:
    rng = random.Random(5)
    lab = ScriptedLab(
        tmp_path / "journal",
        measure=lambda task: [
            Measurement("y", 10 * (1 - (float(task.values["x"]) - 0.3) ** 2) + rng.gauss(0, 1), origin="simulated")
        ],
    )
    return Campaign(ledger, lab, budget={"experiments": 30}, planner={"start": 4}, **spec)


@pytest.mark.slow
def test_a_campaign_ends_when_the_goal_is_met_surely_and_says_how_surely(tmp_path: Path) -> None:
    from zosimos.campaign.decisions.decide import decide

    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        first = campaign(tmp_path, ledger, stop={"reach": {"y": 9.0}})
        assert first.run(decide=decide).status == "finished"
        sure = campaign(tmp_path, ledger, stop={"reach": {"y": 9.0}, "confidence": 0.95})
        ending = sure.run(decide=decide)
        assert ending.reason.startswith("the goal is reached by e00")
        assert "with a probability of 9" in ending.reason
        assert "wanted: 95.0%" in ending.reason
        assert len(sure.state.observations) > len(first.state.observations)
        assert sure.state.forecast is not None
        events = list(ledger.events(sure.record.campaign))
        assert replay(sure.record.campaign, events, sure.setup).divergence is None
        *_, last = (place for place, event in enumerate(events) if "outlook" in event.body)
        told = {**events[last].body, "outlook": {**events[last].body["outlook"], "reached": 0.5}}
        events[last] = replace(events[last], body=told)
        found = replay(sure.record.campaign, events, sure.setup).divergence
        assert found is not None
        assert (found.event, found.what) == (events[last].seq, "outlook")


@pytest.mark.slow
def test_a_campaign_ends_when_nothing_untried_can_be_much_better(tmp_path: Path) -> None:
    from zosimos.campaign.decisions.decide import decide

    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        short = Campaign(
            ledger,
            ScriptedLab(tmp_path / "journal"),
            budget={"experiments": 30},
            planner={"start": 4},
            stop={"regret": 0.05},
        )
        ending = short.run(decide=decide)
        assert "no untried experiment is expected to be better than the best by" in ending.reason
        assert len(short.state.observations) < 15


@pytest.mark.parametrize(
    ("stop", "objectives", "said"),
    [
        ({"confidence": 0.9}, 1, "stop.confidence is of reaching a goal"),
        ({"reach": {"y": 1}, "confidence": 1.5}, 1, "must be below 1"),
        ({"regret": 0.1}, 2, "one objective"),
        ({"regret": 0}, 1, "greater than 0"),
    ],
)
def test_rules_that_make_no_sense_are_refused(stop: dict, objectives: int, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        made(stop=stop, objectives={name: {"goal": "max"} for name in ("y", "z")[:objectives]})
