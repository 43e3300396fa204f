"""Explanations come from the record alone: the belief of a decision is made again, and what matters is found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripted_lab import NOW

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.definition.build import build_space
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.execution.session import reopened, run_campaign
from zosimos.campaign.explain import CampaignExplained, ExperimentExplained, explain_campaign, explain_experiment
from zosimos.campaign.explain.belief import believed
from zosimos.campaign.explain.decision import Moment, compared, context_now, moment_of
from zosimos.campaign.explain.encoding import Frame
from zosimos.campaign.explain.model_cards import model_cards
from zosimos.campaign.files import from_file
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import assemble
from zosimos.core.errors import LedgerError, NotFoundError, StateError
from zosimos.core.expression import Formula
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement
from zosimos.core.space import row_key
from zosimos.planners.goal.cost import Costs

SPACE = {
    "temperature": {"min": 20, "max": 80, "unit": "degC"},
    "dose": {"min": 0.1, "max": 10, "log": True},
    "solvent": {"choices": ["water", "ethanol"]},
}


def table() -> str:
    lines = ["temperature,dose,solvent,yield,cost"]
    for temperature in (20, 35, 50, 65, 80):
        for dose in (0.1, 0.5, 2, 10):
            for solvent in ("water", "ethanol"):
                value = 0.1 * temperature - 0.002 * (temperature - 60) ** 2 + (4 if solvent == "ethanol" else 0)
                lines.append(f"{temperature},{dose},{solvent},{value:.3f},{dose:.3f}")
    return "\n".join(lines) + "\n"


def ran(folder: Path, **changes: Any) -> Record:
    """Run a campaign on the table to its end; the ledger stays open as long as the record is used."""
    data = {
        "name": "explained",
        "space": SPACE,
        "objectives": {"yield": {"goal": "max", "unit": "percent"}},
        "lab": {"kind": "pool", "file": "pool.csv", "ignore": ["cost"]},
        "planner": {"kind": "random"},
        "budget": {"experiments": 16},
        **changes,
    }
    (folder / "pool.csv").write_text(table())
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    setup = from_file(path)
    record = create(Ledger(str(folder / "l.db")), setup, author="t", now=NOW, entropy=random.Random(0))
    run_campaign(record, setup, wait_for_people=False)
    return record


def events(record: Record) -> list[Event]:
    return list(record.ledger.events(record.campaign))


def explained(record: Record, experiment: str) -> ExperimentExplained:
    return explain_experiment(record.campaign, events(record), reopened(record), experiment)


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A campaign of the Bayesian planner, in batches of two."""
    record = ran(tmp_path_factory.mktemp("modelled"), planner={"start": 4}, batch=2, budget={"experiments": 8})
    yield record
    record.ledger.close()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A campaign whose experiments were drawn at random."""
    record = ran(tmp_path_factory.mktemp("drawn"))
    yield record
    record.ledger.close()


@pytest.fixture(scope="module")
def whole(drawn: Record) -> CampaignExplained:
    """What that campaign found, with three resamples."""
    return explain_campaign(drawn.state, reopened(drawn), bootstraps=3)


@pytest.mark.slow
def test_the_decision_is_made_again_as_it_was(modelled: Record) -> None:
    found = explained(modelled, "e0005")
    assert (found.decision, found.known) == ("d0003", 4)
    (part,) = found.objectives
    assert part.recorded is not None
    assert part.then is not None
    assert found.comparison is not None
    assert found.comparison.chosen.predictions["yield"] == part.then
    assert found.comparison.looked_at == 40 - 4 - 1
    assert found.reproduced is True
    assert part.then.mean == pytest.approx(part.recorded.mean)
    assert found.comparison.place == 1
    assert found.comparison.chosen.gain == found.experiment.candidate.acquisition


@pytest.mark.slow
def test_the_moment_of_a_later_candidate_has_the_earlier_ones_of_its_batch_under_way(modelled: Record) -> None:
    _, first = moment_of(modelled.campaign, events(modelled), reopened(modelled), "e0005")
    _, second = moment_of(modelled.campaign, events(modelled), reopened(modelled), "e0006")
    assert first.ahead == ()
    assert second.ahead == (modelled.state.experiments["e0005"].values,)
    assert first.context == second.context
    assert explained(modelled, "e0006").comparison.looked_at == 40 - 4 - 2


def test_nothing_that_came_later_is_known(modelled: Record) -> None:
    found = explained(modelled, "e0005")
    assert {near.observation.experiment for near in found.near} <= {"e0001", "e0002", "e0003", "e0004"}
    assert found.near[0].distance <= found.near[1].distance
    taken = {str(dict(modelled.state.experiments[f"e000{i}"].values)) for i in range(1, 6)}
    assert found.comparison is not None
    assert not taken & {str(dict(option.values)) for option in found.comparison.others}


def test_runners_up_come_in_the_order_of_their_gain(modelled: Record) -> None:
    comparison = explained(modelled, "e0007").comparison
    assert comparison is not None
    gains = [option.gain for option in comparison.others]
    assert gains == sorted(gains, key=lambda gain: -(gain or 0.0))
    assert len(gains) == 3


def test_the_parts_of_a_prediction_sum_to_it(modelled: Record) -> None:
    (part,) = explained(modelled, "e0008").objectives
    assert part.parts is not None
    assert part.then is not None
    assert part.parts.base + sum(part.parts.shares) == pytest.approx(part.then.mean, rel=1e-6)


def test_the_result_is_compared_with_the_prediction(modelled: Record) -> None:
    (part,) = explained(modelled, "e0006").objectives
    experiment = modelled.state.experiments["e0006"]
    assert part.found == experiment.measurements["yield"]
    assert part.z == pytest.approx(experiment.surprise["yield"])
    assert part.now is not None
    assert part.then is not None
    assert part.now.sd < part.then.sd  # it was measured since


@pytest.mark.slow
def test_the_same_record_gives_the_same_explanation(modelled: Record) -> None:
    assert explained(modelled, "e0007").as_json() == explained(modelled, "e0007").as_json()
    found = [explain_campaign(modelled.state, reopened(modelled), bootstraps=2).as_json() for _ in range(2)]
    assert found[0] == found[1]


def test_before_there_are_results_the_record_is_all_there_is_to_tell(modelled: Record) -> None:
    found = explained(modelled, "e0001")
    assert found.comparison is None
    assert found.near == ()
    assert found.experiment.candidate.reason
    assert "0 usable results when it was chosen" in found.notes[0]
    (part,) = found.objectives
    assert (part.recorded, part.then, part.z) == (None, None, None)
    assert part.now is not None


def test_an_experiment_nobody_modelled_still_gets_its_place_by_expected_gain(drawn: Record) -> None:
    found = explained(drawn, "e0012")
    assert found.experiment.candidate.origin == "random"
    assert found.reproduced is None
    assert found.comparison is not None
    assert found.comparison.looked_at == 40 - 11 - 1
    assert found.objectives[0].z is not None  # of the prediction made again


def untried(record: Record) -> list[Values]:
    """The rows of the table that no experiment has had, the first first."""
    tried = {row_key(item.values) for item in record.state.experiments.values()}
    setup = reopened(record)
    return [dict(row) for row in setup.space(record.state.spec).candidates if row_key(row) not in tried]


def test_a_result_of_a_persons_own_has_no_decision_but_a_belief(tmp_path: Path) -> None:
    record = ran(tmp_path, budget={"experiments": 3})
    told = Result(None, untried(record)[0], [Measurement("yield", 7.5, 0.1, "percent")])
    (name,) = Commands(record, "ann").tell(reopened(record), [told])
    found = explained(record, name)
    assert (found.decision, found.known, found.experiment.candidate.origin) == ("", 3, "person")
    assert found.comparison is not None
    assert len(found.near) == 3
    record.ledger.close()


@pytest.mark.slow
def test_failed_experiments_are_neighbours_too(tmp_path: Path) -> None:
    record = ran(tmp_path, budget={"experiments": 4})
    first, second, *_ = untried(record)
    commands, setup = Commands(record, "ann"), reopened(record)
    commands.tell(setup, [Result(None, first, [], "it clogged")])
    (name,) = commands.tell(setup, [Result(None, second, [Measurement("yield", 3.0, None, "percent")])])
    found = explained(record, name)
    assert [item.observation.failed for item in found.near] == [True, False, False]
    assert found.known == 5
    assert explain_campaign(record.state, setup, bootstraps=0).measured == 5
    record.ledger.close()


def test_an_unknown_experiment_is_refused(modelled: Record) -> None:
    with pytest.raises(NotFoundError, match="e0999"):
        explained(modelled, "e0999")


def test_a_decision_whose_inputs_are_not_on_record_is_refused(modelled: Record) -> None:
    changed = []
    for event in events(modelled):
        if event.kind == "decision.made" and event.body["decision"] == "d0003":
            event = replace(event, body={**event.body, "inputs": {**event.body["inputs"], "digest": "0" * 64}})
        changed.append(event)
    with pytest.raises(LedgerError, match="d0003"):
        explain_experiment(modelled.campaign, changed, reopened(modelled), "e0005")
    assert explain_experiment(modelled.campaign, changed, reopened(modelled), "e0003").decision == "d0002"


@pytest.mark.slow
def test_what_matters_in_a_campaign_is_found(drawn: Record, whole: CampaignExplained) -> None:
    (item,) = whole.objectives
    assert item.effects.ranking[:2] in (("temperature", "solvent"), ("solvent", "temperature"))
    assert item.effects.main[1] < 0.05  # the dose does nothing
    values = {name: one.measurements["yield"].value for name, one in drawn.state.experiments.items()}
    assert item.best.experiment == max(values, key=lambda name: values[name])
    assert item.best.parts.base + sum(item.best.parts.shares) == pytest.approx(item.best.parts.prediction)
    assert item.best.faithful is not None
    assert item.best.faithful > 0.9
    assert {split.column.name for split in item.rules.splits} == {"temperature", "solvent"}
    assert item.formula.given
    assert "[solvent is " in str(item.formula)
    assert whole.as_json()["campaign"] == drawn.campaign


@pytest.mark.slow
def test_the_best_experiment_is_the_one_the_goal_asks_for(tmp_path: Path) -> None:
    record = ran(tmp_path, objectives={"yield": {"goal": "min"}}, budget={"experiments": 8})
    (item,) = explain_campaign(record.state, reopened(record), bootstraps=0).objectives
    assert item.stability is None
    values = {name: one.measurements["yield"].value for name, one in record.state.experiments.items()}
    assert item.best.experiment == min(values, key=lambda name: values[name])
    assert [rule.value for rule in item.rules.rules] == sorted(rule.value for rule in item.rules.rules)
    record.ledger.close()


@pytest.mark.slow
def test_a_result_held_in_doubt_is_no_evidence(tmp_path: Path) -> None:
    record = ran(tmp_path)
    slip = Result(None, untried(record)[0], [Measurement("yield", 1e6, unit="percent")])
    Commands(record, "ann").tell(reopened(record), [slip])
    found = explain_campaign(record.state, reopened(record), bootstraps=0)
    (item,) = found.objectives
    assert any("held in doubt" in note for note in found.notes)
    assert item.fit > 0.9
    assert max(rule.value for rule in item.rules.rules) < 20
    assert item.best.experiment != "e0017"
    record.ledger.close()


@pytest.mark.slow
def test_resamples_say_what_comes_out_again(whole: CampaignExplained) -> None:
    (item,) = whole.objectives
    found = item.stability
    assert found is not None
    assert found.bootstraps == 3
    assert found.first in (0, 1 / 3, 2 / 3, 1)
    assert len(found.shapley_sd) == 3
    assert {term for term, _ in found.terms} == {term for term, _ in item.formula.terms}


@pytest.mark.slow
def test_several_objectives_are_explained_each(tmp_path: Path) -> None:
    record = ran(
        tmp_path,
        lab={"kind": "pool", "file": "pool.csv"},
        objectives={"yield": {"goal": "max"}, "cost": {"goal": "min"}},
        budget={"experiments": 8},
    )
    setup = reopened(record)
    found = explain_campaign(record.state, setup, bootstraps=0)
    assert [item.objective.name for item in found.objectives] == ["yield", "cost"]
    assert found.objectives[1].effects.ranking[0] == "dose"
    assert str(found.objectives[1].formula) == "cost = 1*dose"
    assert set(found.weights) == {"yield", "cost"}
    one = explained(record, "e0006")
    assert [part.objective.name for part in one.objectives] == ["yield", "cost"]
    assert one.comparison is not None
    assert set(one.comparison.others[0].predictions) == {"yield", "cost"}
    record.ledger.close()


def test_recorded_predictions_are_compared_with_results_one_step_ahead(modelled: Record) -> None:
    found = explain_campaign(modelled.state, reopened(modelled), bootstraps=0).surprises
    assert not found.again
    assert found.predictions == 4  # the first four were space filling
    largest = max(abs(z) for item in modelled.state.experiments.values() for z in item.surprise.values())
    assert abs(found.largest[0].z) == pytest.approx(largest)


@pytest.mark.slow
def test_where_none_were_recorded_predictions_are_made_again_from_what_came_before(
    drawn: Record, whole: CampaignExplained
) -> None:
    found = whole.surprises
    assert found.again
    assert found.predictions == 10
    first = found.largest[0]
    place = [seen.experiment for seen in drawn.state.observations].index(first.experiment)
    belief = believed(context_now(drawn.state, reopened(drawn), place))
    again = belief.prediction(first.values)["yield"]
    assert first.predicted.mean == pytest.approx(again.mean)
    assert first.z == pytest.approx((first.found.value - again.mean) / again.spread)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 4])
def test_few_experiments_explain_what_they_can_and_say_what_they_cannot(tmp_path: Path, count: int) -> None:
    record = ran(tmp_path, budget={"experiments": count})
    found = explain_campaign(record.state, reopened(record))
    assert (found.measured, found.objectives) == (count, ())
    assert found.notes[0].startswith(f"{count} of the 5 measured experiments")
    assert found.surprises.predictions == max(0, count - 2)
    assert explained(record, "e0001").experiment.id == "e0001"
    record.ledger.close()


@pytest.mark.slow
def test_a_space_that_cannot_be_listed_is_explained_too(tmp_path: Path) -> None:
    spec = {
        "name": "by hand",
        "space": {"a": {"min": 0, "max": 1}, "b": {"min": 0, "max": 1}, "c": {"min": 0, "max": 1}},
        "constraints": [{"type": "simplex", "of": ["a", "b", "c"]}],
        "objectives": {"y": {"goal": "max"}},
        "budget": {"experiments": 20},
    }
    setup = assemble(parse_spec(spec), {})
    with Ledger(str(tmp_path / "l.db")) as ledger:
        record = create(ledger, setup, author="t", now=NOW, entropy=random.Random(0))
        rows = [{"a": i / 10, "b": j / 10, "c": (10 - i - j) / 10} for i in (1, 3, 5) for j in (0, 2, 4)]
        told = [Result(None, row, [Measurement("y", 3 * row["a"])]) for row in rows]
        names = Commands(record, "ann").tell(setup, told)
        found = explain_campaign(record.state, setup, bootstraps=0)
        assert found.objectives[0].effects.ranking[0] == "a"
        assert any("by convention" in note for note in found.notes)
        one = explained(record, names[-1])
        assert one.comparison is not None
        assert one.comparison.looked_at == 512
        assert not setup.space(setup.spec).problems(one.comparison.others[0].values)


def test_rows_become_numbers_and_back(tmp_path: Path) -> None:
    space = build_space(
        parse_spec({"name": "n", "space": SPACE, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 1}}),
        None,
    )
    rows: list[Values] = [
        {"temperature": 20.5, "dose": 0.1, "solvent": "ethanol"},
        {"temperature": 80, "dose": 10, "solvent": "toluene"},  # a choice that was steered away since
    ]
    frame = Frame.of(space, rows)
    assert frame.columns[2].choices == ("water", "ethanol", "toluene")
    assert [column.log for column in frame.columns] == [False, True, False]
    assert frame.values(frame.design(rows).rows) == rows
    with pytest.raises(ValueError, match="dmf"):
        frame.design([{**rows[0], "solvent": "dmf"}])
    assert all(not space.problems(row) for row in frame.allowed(20, seed=0))
    assert frame.allowed(20, seed=0) == frame.allowed(20, seed=0)


def test_a_belief_is_the_same_for_one_row_and_for_many(drawn: Record) -> None:
    context = context_now(drawn.state, reopened(drawn))
    belief = believed(context)
    rows = list(context.space.candidates)
    means, sds = belief.predict(rows)["yield"]
    assert means.shape == sds.shape == (40,)
    mean, sd = belief.predict(rows[7:8])["yield"]
    assert (mean[0], sd[0]) == pytest.approx((means[7], sds[7]))
    assert belief.predict([])["yield"][0].shape == (0,)
    assert sum(belief.weights["yield"].values()) == pytest.approx(1)
    free = compared(belief, Moment("", context), rows[7])
    assert free.looked_at == 40 - 16 - (row_key(rows[7]) not in context.taken)
    assert free.weighed == ()
    costly = replace(context, goal=replace(context.goal, costs=Costs(Formula("2"))))
    assert compared(believed(costly), Moment("", costly), rows[7]).weighed == ("cost",)
    with pytest.raises(ValueError, match="observation of each objective"):
        believed(context.knowing(()))


@pytest.mark.slow
def test_how_a_row_lay_to_what_was_known_is_recorded_and_told(modelled: Record) -> None:
    recorded = {name: item.candidate.domain for name, item in modelled.state.experiments.items()}
    assert [recorded[f"e000{i}"] for i in range(1, 5)] == [None] * 4  # space filling: nothing was predicted
    for name in ("e0005", "e0006", "e0007", "e0008"):
        candidate = modelled.state.experiments[name].candidate
        assert candidate.domain in ("in", "near", "out")
        assert ("an extrapolation" in candidate.reason) == (candidate.domain == "out")
        assert explained(modelled, name).domain.startswith(f"{candidate.domain}: ")


def test_the_models_of_a_campaign_describe_themselves(modelled: Record) -> None:
    card = model_cards(modelled.state, reopened(modelled))["yield"]
    assert card.name == "committee"
    assert card.rows == 8
    weights = [value for name, value in card.hyperparameters.items() if name.startswith("weight")]
    assert sum(weights) == pytest.approx(1)  # type: ignore[arg-type]  # weights are numbers


@pytest.mark.slow
def test_another_surrogate_describes_itself_too_and_without_results_there_is_no_model(tmp_path: Path) -> None:
    record = ran(tmp_path, planner={"start": 3, "surrogate": "gp"}, budget={"experiments": 5})
    assert model_cards(record.state, reopened(record))["yield"].name == "gp"
    record.ledger.close()
    data = {"name": "new", "space": SPACE, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 5}}
    setup = assemble(parse_spec(data), {})
    with Ledger(str(tmp_path / "new.db")) as ledger:
        record = create(ledger, setup, author="t", now=NOW, entropy=random.Random(0))
        with pytest.raises(StateError, match="no model yet"):
            model_cards(record.state, setup)
