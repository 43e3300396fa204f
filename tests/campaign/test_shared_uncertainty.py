"""The parts of an uncertainty in campaigns: the file, tables, corrections, exports, what is shown, and stopping."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Any

import pytest
from scripted_lab import Campaign
from told_tables import reading, results

from zosimos.campaign.control.manual_results import Choices, Result
from zosimos.campaign.control.tables import experiments_csv, export_json
from zosimos.campaign.decisions.decide import Inputs
from zosimos.campaign.decisions.forecast import forecast
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain, steered
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.results import by_objective
from zosimos.campaign.setup import assemble
from zosimos.campaign.views import contradicted
from zosimos.core.canonical import canonical_json
from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.errors import DataError, SpecError, StateError
from zosimos.core.objective import Objective, to_measure
from zosimos.core.records import Measurement, Observation

DATA = {"name": "mill", "space": {"x": {"min": 0, "max": 1}}, "budget": {"experiments": 40}}


def spec(objective: dict[str, Any], **more: Any) -> Any:
    return parse_spec({**DATA, "objectives": {"y": {"goal": "max", **objective}}, **more})


# --- the file


@pytest.mark.parametrize(
    ("said", "unit", "meant"),
    [(0.25, "degC", 0.25), ("0.25 K", "degC", 0.25), ("250 mg", "g", 0.25), ("all", "g", "all"), ("none", "g", "none")],
)
def test_a_file_says_what_is_shared_as_a_difference_in_the_outcomes_unit(said: Any, unit: str, meant: Any) -> None:
    (objective,) = build_objectives(spec({"unit": unit, "u_shared": said}))
    assert objective.u_shared == pytest.approx(meant)


@pytest.mark.parametrize(
    ("objective", "more", "field", "words"),
    [
        ({"u_shared": -0.1}, {}, "objectives.y.u_shared", "a finite number of 0 or more, all, or none"),
        ({"u_shared": "some"}, {}, "objectives.y.u_shared", "a number, a number and a unit, all, or none"),
        ({"u_shared": 200, "range": {"min": 0, "max": 100}}, {}, "objectives.y.u_shared", "the width of its range"),
        ({"of": "a / b", "u_shared": 0.1}, {}, "objectives.y.u_shared", "say u_shared of the quantities"),
        ({"of": "a / b"}, {"measured": {"a": {"u_shared": -1}}}, "measured.a.u_shared", "0 or more"),
        (
            {"of": "a / b"},
            {"measured": {"a": {"min": 0, "max": 1, "u_shared": 3}}},
            "measured.a.u_shared",
            "as uncertain as all that can be",
        ),
    ],
)
def test_what_cannot_be_shared_is_refused_by_its_field(
    objective: dict[str, Any], more: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(SpecError) as caught:
        assemble(spec(objective, **more), {})
    assert field in str(caught.value)
    assert words in str(caught.value)


def test_a_file_that_says_nothing_of_it_keeps_its_bytes() -> None:
    text = canonical_json(plain(spec({"of": "a / b"}, measured={"a": {"unit": "g"}})))
    assert "u_shared" not in text


def test_quantities_of_a_formula_and_channels_of_a_series_have_it_from_what_is_measured() -> None:
    measured = {"s": {"along": [1, 2], "u_shared": 0.2}, "b": {"u_shared": "all"}}
    found = to_measure(build_objectives(spec({"of": "mean(s) / b"}, measured=measured)))
    assert {one.name: one.u_shared for one in found} == {"s_1": 0.2, "s_2": 0.2, "b": "all"}


def test_it_can_be_steered_of_objectives_and_of_what_they_are_made_of() -> None:
    made = spec({"of": "a / b"}, measured={"a": {"u_shared": 0.1}})
    new, changes = steered(made, {"measured.a.u_shared": 0.2})
    assert [change.path for change in changes] == ["measured.a.u_shared"]
    assert build_objectives(new)[0].of.quantities[0].u_shared == 0.2
    again, _ = steered(spec({}), {"objectives.y.u_shared": "all"})
    assert build_objectives(again)[0].u_shared == "all"


# --- tables, corrections, exports


@pytest.fixture
def campaign(ledger: Ledger) -> Campaign:
    return Campaign(ledger, None, objectives={"y": {"goal": "max", "unit": "g"}}, budget={"experiments": 9})


@pytest.mark.parametrize("header", ["y_u_shared", "u_shared(y)", "y_u_shared (mg)"])
def test_a_table_says_what_is_shared_in_a_column_of_its_own(campaign: Campaign, header: str) -> None:
    table = f"x,y,y_uncertainty,{header}\n0.5,2.0,0.1,0.3\n0.6,2.5,0.1,\n".encode()
    first, second = (one.measurements[0] for one in results(campaign.state, table))
    scale = 1e-3 if "mg" in header else 1.0
    assert (first.uncertainty, first.u_shared) == (0.1, pytest.approx(0.3 * scale))
    assert (second.uncertainty, second.u_shared) == (0.1, None)


def test_a_negative_shared_part_is_refused_by_its_place(campaign: Campaign) -> None:
    with pytest.raises(DataError, match="the shared uncertainty is not a finite number of 0 or more"):
        reading(campaign.state, b"x,y,y_u_shared\n0.5,2.0,-0.3\n")


def tell(campaign: Campaign, *told: tuple[float, float, float | None, float | None]) -> Any:
    rows = [Result(None, {"x": x}, [Measurement("y", y, u, "g", u_shared=shared)]) for x, y, u, shared in told]
    return campaign.commands.report(campaign.setup, rows, Choices(replicates=True))


def test_an_export_has_a_column_for_it_only_where_it_is_said_and_reads_back(campaign: Campaign) -> None:
    tell(campaign, (0.1, 1.0, 0.1, None))
    assert "y_u_shared" not in experiments_csv(campaign.state)
    tell(campaign, (0.2, 2.0, 0.1, 0.3))
    table = experiments_csv(campaign.state)
    first, second = csv.DictReader(table.splitlines())
    assert (first["y_u_shared"], second["y_u_shared"]) == ("", "0.3")
    assert campaign.commands.report(campaign.setup, results(campaign.state, table.encode()), Choices()).new == []
    assert export_json(campaign.state)["runs"][1]["measurements"]["y"]["u_shared"] == 0.3
    assert export_json(campaign.state)["best"]["outcomes"]["y"] == {
        "value": 2.0, "uncertainty": 0.1, "u_shared": 0.3, "unit": "g",
    }  # fmt: skip


def test_a_correction_changes_one_part_and_leaves_the_other(campaign: Campaign) -> None:
    tell(campaign, (0.1, 1.0, 0.1, 0.3))
    found = campaign.commands.correct(campaign.setup, "e0001", {"y_u_shared": "200 mg"}, "the certificate")
    assert found.measurements["y"] == Measurement("y", 1.0, 0.1, "g", at=found.measurements["y"].at, u_shared=0.2)
    assert "all share 0.2" in str(found.amendments[0])
    found = campaign.commands.correct(campaign.setup, "e0001", {"y": 1.5}, "typo")
    assert (found.measurements["y"].uncertainty, found.measurements["y"].u_shared) == (0.1, 0.2)
    found = campaign.commands.correct(campaign.setup, "e0001", {"y_u_shared": None}, "unknown")
    assert (found.measurements["y"].uncertainty, found.measurements["y"].u_shared) == (0.1, None)


def test_a_result_told_again_with_another_shared_part_differs(campaign: Campaign) -> None:
    tell(campaign, (0.1, 1.0, 0.1, 0.3))
    same = results(campaign.state, b"experiment,x,y,y_uncertainty,y_u_shared\ne0001,0.1,1.0,0.1,0.3\n")
    assert campaign.commands.report(campaign.setup, same, Choices()).on_record == ["e0001"]
    other = results(campaign.state, b"experiment,x,y,y_uncertainty,y_u_shared\ne0001,0.1,1.0,0.1,0.4\n")
    with pytest.raises((DataError, StateError), match=r"all share 0\.3"):
        campaign.commands.report(campaign.setup, other, Choices())


def test_a_conversion_converts_both_parts(campaign: Campaign) -> None:
    found = by_objective(
        [Measurement("y", 1000.0, 100.0, "mg", u_shared=300.0)], [Objective("y", "max", "g")], "2026", {"x": 0.5}
    )["y"]
    assert (found.value, found.uncertainty, found.u_shared) == (1.0, pytest.approx(0.1), pytest.approx(0.3))


# --- what is made of others, shown, and stopped by


def test_both_parts_go_through_a_formula_by_themselves() -> None:
    made = Objective("y", "max", of=Composite("a + 2*b", (MeasuredQuantity("a"), MeasuredQuantity("b", u_shared=0.3))))
    told = [Measurement("a", 1.0, 0.1, u_shared=0.4), Measurement("b", 2.0, 0.5)]
    found = by_objective(told, [made], "2026", {})["y"]
    assert found.uncertainty == pytest.approx((0.1**2 + (2 * 0.4) ** 2) ** 0.5)
    assert found.u_shared == pytest.approx((0.4**2 + (2 * 0.3) ** 2) ** 0.5)
    plain_one = by_objective(
        [replace(one, u_shared=None) for one in told],
        [replace(made, of=Composite("a + 2*b", (MeasuredQuantity("a"), MeasuredQuantity("b"))))],
        "2026",
        {},
    )["y"]
    assert (plain_one.uncertainty, plain_one.u_shared) == (pytest.approx((0.1**2 + 1.0) ** 0.5), None)


def test_what_results_contradict_is_said_and_nothing_else(campaign: Campaign) -> None:
    tell(campaign, *((0.5, 2.0 + 0.001 * n, 0.5, None) for n in range(6)))
    (words,) = contradicted(campaign.state)["uncertainties"]
    assert "scatter by" in words
    campaign.commands.steer(campaign.setup, {"objectives.y.u_shared": "all"})
    assert contradicted(campaign.state) == {}


def test_telling_says_what_cannot_be_right(campaign: Campaign) -> None:
    came = tell(campaign, (0.1, 1.0, 0.0, None), (0.2, 1.0, 0.1, None))
    assert came.remarks == ["the result: y states an uncertainty of 0, which counts as not known"]


def test_a_goal_is_met_in_truth_only_as_surely_as_all_results_are_right() -> None:
    def reached(shared: float) -> float:
        setup = assemble(spec({}, stop={"reach": {"y": 5.0}, "confidence": 0.95}), {})
        seen = tuple(
            Observation(f"e{n:04d}", {"x": n / 11}, {"y": Measurement("y", 6.0 + 0.1 * (n % 3), 0.1, u_shared=shared)})
            for n in range(12)
        )
        found = forecast(setup, Inputs(13, setup.spec, 1, seen, "", (), (), 1))
        assert found is not None
        assert found.reached is not None
        return found.reached

    assert reached(0.0) > 0.99
    assert 0.6 < reached(2.0) < 0.85
