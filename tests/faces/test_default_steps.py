"""Numbers that can be weighed: default steps of campaigns by hand, and of no others."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zosimos as zo
from zosimos.campaign.definition.build import build_constraints
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steps import with_steps
from zosimos.core.constraints import Condition, Simplex
from zosimos.core.revision import REVISION

Cli = Callable[..., Any]


def spec(space: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "m", "space": space, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 40}} | more


def steps(space: dict[str, Any], **more: Any) -> dict[str, float | None]:
    found = with_steps(parse_spec(spec(space, revision=REVISION, **more)))
    return {name: getattr(part, "rounding", None) for name, part in found.space.items()}


def asked(folder: Path, space: dict[str, Any], n: int = 6, **more: Any) -> list[dict[str, Any]]:
    """What a campaign proposes, before and after it learned something."""
    with zo.Campaign.create(spec(space, **more), ledger=folder / "m.db", seed=5) as campaign:
        first = campaign.ask(n)
        for place, one in enumerate(first):
            campaign.tell(one, y=float(place % 4))
        again = campaign.ask(3)
        assert campaign.replay().divergence is None
        return [dict(one) for one in (*first, *again)]


def is_multiple(value: float, step: str, low: str = "0") -> bool:
    return (Decimal(repr(float(value))) - Decimal(low)) % Decimal(step) == 0


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [(20, 80, 0.1), (0, 1, 0.001), (0, 100, 0.1), (0, 5, 0.005), (0.15, 0.87, 0.001), (0, 1e6, 1000), (-3, 3, 0.01)],
)
def test_a_range_gets_a_step_of_about_a_thousandth_that_meets_both_ends(low: float, high: float, step: float) -> None:
    assert steps({"x": {"min": low, "max": high}}) == {"x": step}


@settings(max_examples=200, deadline=None)
@given(st.integers(-9999, 9999), st.integers(1, 9999), st.integers(-6, 6))
def test_steps_are_few_digits_and_go_into_the_range(low: int, length: int, power: int) -> None:
    bounds = Decimal(low).scaleb(power), Decimal(low + length).scaleb(power)
    found = steps({"x": {"min": float(bounds[0]), "max": float(bounds[1])}})["x"]
    if found is not None:
        step = Decimal(repr(found))
        assert (bounds[1] - bounds[0]) % step == 0
        assert step.normalize().as_tuple().digits in ((1,), (2,), (5,))
        assert 390 <= (bounds[1] - bounds[0]) / step <= 10_000
    else:
        assert length > 1000


def test_what_a_file_says_stays_as_it_is(folder: Path) -> None:
    space = {
        "own": {"min": 0, "max": 100, "step": 7},
        "free": {"min": 0, "max": 100, "step": "none"},
        "none": {"min": 0, "max": 100, "rounding": "none"},
        "said": {"min": 0, "max": 100, "unit": "g", "rounding": "500 mg"},
        "whole": {"type": "integer", "min": 0, "max": 100},
        "odd": {"min": 0, "max": 1 / 3},
    }
    assert steps(space) == {"own": None, "free": None, "none": None, "said": 0.5, "whole": None, "odd": None}
    assert steps({"x": {"min": 0, "max": 1}}, lab={"kind": "simulated"}) == {"x": None}
    assert steps({f"x{i}": {"min": 0, "max": 1} for i in range(15)}) == {f"x{i}": None for i in range(15)}
    assert steps({"x": {"min": 0, "max": 1}}, context={"T": {"min": 10, "max": 30}}) == {"x": 0.001, "T": None}


@pytest.mark.slow
def test_proposals_lie_on_the_steps_and_reach_the_ends(folder: Path) -> None:
    found = asked(folder, {"T": {"min": 20, "max": 80, "unit": "degC"}, "x": {"min": 0, "max": 1}})
    assert all(is_multiple(row["T"], "0.1", "20") and is_multiple(row["x"], "0.001") for row in found)
    with zo.Campaign.open(ledger=folder / "m.db") as campaign:
        space = campaign.spec.space
        assert (space["T"].rounding, space["x"].rounding) == (0.1, 0.001)  # type: ignore[union-attr]  # both are ranges
        edge = campaign.tell({"T": 80, "x": 1}, y=99.0)
        assert edge
        assert campaign.ask(1)


@pytest.mark.parametrize("digits", [None, "said"])
def test_a_log_scale_gets_three_significant_digits(folder: Path, digits: str | None) -> None:
    part = {"min": 0.0123456, "max": 5, "log": True} | ({"digits": 2} if digits else {})
    found = asked(folder, {"c": part, "x": {"min": 0, "max": 1}}, n=8)
    for row in found:
        kept = Decimal(repr(row["c"])).normalize().as_tuple().digits
        assert len(kept) <= (2 if digits else 3) or row["c"] in (0.0123456, 5)


@pytest.mark.slow
def test_mixtures_are_on_their_steps_and_meet_their_total_exactly(folder: Path) -> None:
    space = {
        "a": {"min": 0, "max": 60},
        "b": {"min": 5, "max": 100},
        "c": {"min": 0, "max": 5},
        "T": {"min": 0, "max": 10},
    }
    rule = {"type": "simplex", "of": ["a", "b", "c"], "total": 100}
    found = asked(folder, space, n=8, constraints=[rule])
    assert {row["c"] for row in found} - {0.0, 5.0}
    for row in found:
        assert sum(Decimal(repr(float(row[name]))) for name in "abc") == 100
        assert all(is_multiple(row[name], "0.005") for name in "abc")
        assert is_multiple(row["T"], "0.01")


def test_a_sparse_mixture_is_on_its_steps_too(folder: Path) -> None:
    space = {name: {"min": 0, "max": 1} for name in "abcd"}
    rule = {"type": "simplex", "of": list("abcd"), "total": 1, "at_most": 2, "minimum": 0.05}
    for row in asked(folder, space, constraints=[rule]):
        assert sum(Decimal(repr(float(row[name]))) for name in "abcd") == 1
        assert sum(row[name] > 0 for name in "abcd") <= 2
        assert all(row[name] == 0 or row[name] >= 0.05 for name in "abcd")


@pytest.mark.slow
def test_equations_keep_their_parameters_free_and_inequalities_do_not(folder: Path) -> None:
    space = {name: {"min": 0, "max": 1} for name in ("a", "b", "c")}
    found = asked(folder, space, constraints=["a * b == 0.2", "a + c <= 1.2"])
    for row in found:
        assert row["a"] * row["b"] == pytest.approx(0.2)
        assert is_multiple(row["c"], "0.001")
        assert row["a"] + row["c"] <= 1.2 + 1e-9


@pytest.mark.slow
def test_a_region_in_which_no_step_lies_stays_free(folder: Path) -> None:
    found = asked(folder, {"x": {"min": 0, "max": 1}}, n=3, constraints=["x >= 0.33333", "x <= 0.33336"])
    assert all(0.33333 <= row["x"] <= 0.33336 for row in found)


def test_the_table_of_ask_has_numbers_that_can_be_weighed(cli: Cli, folder: Path) -> None:
    (folder / "m.yaml").write_text(
        json.dumps(spec({"resin": {"min": 0, "max": 50}, "free": {"min": 0, "max": 1, "step": "none"}}))
    )
    assert cli("ask", "m.yaml", "-n", 5, "-o", "todo.csv").code == 0
    rows = list(csv.DictReader((folder / "todo.csv").read_text().splitlines()))
    assert all(is_multiple(float(row["resin"]), "0.05") for row in rows)
    assert any(len(row["free"]) > 8 for row in rows)
    assert cli("replay", "last").code == 0


def test_an_optimizer_stays_continuous() -> None:
    opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, zo.maximize("y"), seed=1)
    assert any(not is_multiple(one["x"], "0.001") for one in opt.ask(4))  # type: ignore[arg-type]  # numbers


def test_step_and_digits_are_not_said_together() -> None:
    with pytest.raises(zo.SpecError, match="step and digits both say"):
        parse_spec(spec({"x": {"min": 0.1, "max": 1, "step": 0.1, "digits": 2}}))


def test_an_edited_file_keeps_the_steps_that_it_says_nothing_of(cli: Cli, folder: Path) -> None:
    said = spec({"T": {"min": 0, "max": 60}, "x": {"min": 0, "max": 1}})

    def ask(*more: str) -> dict[str, Any]:
        (folder / "m.yaml").write_text(json.dumps(said))
        found = cli("ask", "m.yaml", "--json", *more)
        assert found.code == 0, found.err
        return dict(json.loads(found.out))

    def rounded(campaign: str) -> dict[str, Any]:
        with zo.Campaign.open(campaign) as found:
            return {name: getattr(part, "rounding", None) for name, part in found.spec.space.items()}

    name = ask()["campaign"]
    assert rounded(name) == {"T": 0.1, "x": 0.001}
    said["budget"]["experiments"] = 50
    assert len(ask("--steer")["steered"]) == 1
    said["space"]["x"]["max"] = 10
    said["space"]["salt"] = {"min": 0, "max": 50, "default": 5}
    assert ask("--steer")["campaign"] == name
    assert rounded(name) == {"T": 0.1, "x": 0.01, "salt": 0.05}


def test_wherever_a_campaign_by_hand_begins_its_spec_has_the_steps(cli: Cli, folder: Path) -> None:
    said = spec({"T": {"min": 0, "max": 60}, "x": {"min": 0, "max": 1}})
    for name in ("asked", "told", "carried", "python"):
        (folder / f"{name}.yaml").write_text(json.dumps(said | {"name": name}))
    (folder / "old.csv").write_text("T,x,y\n10.123,0.5,1\n20,0.25,2\n")
    assert cli("ask", "asked.yaml").code == 0
    assert cli("tell", "told.yaml", "old.csv").code == 0
    assert cli("carry-over", "last", "carried.yaml").code == 0
    with zo.Campaign.carry_over("last", folder / "python.yaml"):
        pass
    begun = json.loads(cli("list", "--json").out)["campaigns"]
    assert len(begun) == 4
    for found in begun:
        with zo.Campaign.open(found["campaign"]) as campaign:
            assert {n: getattr(part, "rounding", None) for n, part in campaign.spec.space.items()} == {
                "T": 0.1,
                "x": 0.001,
            }


def test_a_steered_range_gets_its_own_step_and_undo_gives_the_old_one_back(cli: Cli, folder: Path) -> None:
    said = {"T": {"min": 0, "max": 60}, "x": {"min": 0, "max": 1}, "own": {"min": 0, "max": 10, "rounding": 0.5}}
    with zo.Campaign.create(spec(said), ledger=folder / "m.db") as campaign:
        campaign.ask(2)

        def rounded() -> dict[str, Any]:
            return {name: getattr(part, "rounding", None) for name, part in campaign.spec.space.items()}

        assert rounded() == {"T": 0.1, "x": 0.001, "own": 0.5}
        campaign.steer({"space.T.max": 600, "space.own.max": 20, "space.salt": {"min": 0, "max": 50, "default": 5}})
        assert rounded() == {"T": 1.0, "x": 0.001, "own": 0.5, "salt": 0.05}
        campaign.undo()
        assert rounded() == {"T": 0.1, "x": 0.001, "own": 0.5}
        campaign.steer({"space.x.step": 0.25})
        assert (rounded()["x"], getattr(campaign.spec.space["x"], "step", None)) == (None, 0.25)


def test_steering_gives_no_steps_to_a_campaign_that_has_none() -> None:
    from zosimos.campaign.definition.steer import steered

    found, changes = steered(parse_spec(spec({"x": {"min": 0, "max": 1}})), {"space.x.max": 5})
    assert [change.path for change in changes] == ["space.x.max"]
    assert getattr(found.space["x"], "rounding", None) is None


@pytest.mark.parametrize(
    "rule",
    [
        "a + b + c == 1",
        "1 = c + b + a",
        {"type": "linear", "coefficients": {"a": 2, "b": 2, "c": 2}, "min": 2, "max": 2},
    ],
)
def test_a_total_is_met_exactly_however_it_is_written(folder: Path, rule: Any) -> None:
    space = {name: {"min": 0, "max": 1} for name in "abc"} | {"T": {"min": 0, "max": 60}}
    assert steps(space, constraints=[rule]) == {"a": 0.001, "b": 0.001, "c": 0.001, "T": 0.1}
    with zo.Campaign.create(spec(space, constraints=[rule, "a <= 2*b"]), ledger=folder / "m.db", seed=5) as campaign:
        for row in campaign.ask(8):
            assert sum(Decimal(repr(float(row[name]))) for name in "abc") == 1
            assert all(is_multiple(row[name], "0.001") for name in "abc")
            assert row["a"] <= 2 * row["b"] + 1e-9


@pytest.mark.parametrize("rules", [["a + 2*b == 1"], ["a + b == c"], ["a + b == 1", "b + c == 1"]])
def test_equations_that_are_no_total_of_their_own_keep_their_parameters_free(rules: list[str]) -> None:
    space = {name: {"min": 0, "max": 1} for name in "abc"}
    spoken = {name for rule in rules for name in "abc" if name in rule}
    assert {name for name, step in steps(space, constraints=rules).items() if step is None} == spoken


@pytest.mark.parametrize(("revision", "kind"), [(2, Condition), (3, Simplex)])
def test_totals_in_words_are_mixtures_from_the_third_revision_on(revision: int, kind: type) -> None:
    part = {"min": 0, "max": 1, "rounding": 0.001}
    (rule,) = build_constraints(parse_spec(spec({"a": part, "b": part}, constraints=["a + b == 1"], revision=revision)))
    assert isinstance(rule, kind)
