"""The optimiser in memory: ask and tell from Python."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zosimos as zo

SPACE: dict[str, Any] = {"temperature": zo.Continuous(20, 80, unit="degC"), "solvent": zo.Categorical(["DMF", "water"])}


def made(**more: Any) -> zo.Optimizer:
    return zo.Optimizer(SPACE, zo.maximize("yield_", unit="%"), **more)


def measured(candidate: Any) -> float:
    return 80 - abs(candidate["temperature"] - 55) / 2 - (5 if candidate["solvent"] == "water" else 0)


# --- asking and telling


def test_a_candidate_reads_as_a_mapping_with_id_reason_and_predictions_beside() -> None:
    first, second = made().ask(2)
    assert dict(first) == {"temperature": first["temperature"], "solvent": first["solvent"]}
    assert (first.id, second.id, len(first)) == ("e0001", "e0002", 2)
    assert "space filling" in first.reason
    assert first.predictions == {}
    assert {**first, "temperature": 1}["temperature"] == 1
    assert repr(first).startswith("<Suggestion e0001: temperature=")
    with pytest.raises(KeyError, match="did you mean 'temperature'"):
        _ = first["temprature"]


def test_constraints_hold_for_whatever_is_suggested() -> None:
    opt = made(constraints=["temperature <= 60 or solvent != 'water'"], planner="sobol")
    assert all(c["temperature"] <= 60 or c["solvent"] != "water" for c in opt.ask(30))


def test_the_same_seed_and_results_give_the_same_suggestions_and_another_seed_others() -> None:
    def played(seed: int) -> list[dict[str, Any]]:
        opt = made(seed=seed)
        for candidate in opt.ask(5):
            opt.tell(candidate, yield_=(measured(candidate), 0.5))
        return [dict(candidate) for candidate in opt.ask(2)]

    assert played(1) == played(1) != played(2)


def test_an_optimiser_and_a_campaign_by_hand_suggest_the_same_where_numbers_are_not_rounded(tmp_path: Path) -> None:
    opt = made(seed=3)
    space = SPACE | {"temperature": zo.Continuous(20, 80, unit="degC", rounding="none")}
    spec = {"name": "by hand", "space": space, "objectives": zo.maximize("yield_", unit="%"), "seed": 3}
    with zo.Campaign.create({**spec, "budget": {"experiments": 20}}, ledger=tmp_path / "lab.db") as campaign:
        for n in (4, 2, 2):
            asked, by_hand = opt.ask(n), campaign.ask(n)
            assert [(dict(a), a.reason, a.predictions) for a in asked] == [
                (dict(b), b.reason, b.predictions) for b in by_hand
            ]
            for candidate in asked:
                for one in (opt, campaign):
                    one.tell(candidate.id, yield_=measured(candidate))


def test_what_is_under_way_is_known_to_the_next_ask() -> None:
    opt = zo.Optimizer({"n": zo.Integer(1, 4)}, zo.minimize("cost"))
    seen = [opt.ask()[0]["n"] for _ in range(4)]
    assert sorted(seen) == [1, 2, 3, 4]
    assert [candidate["n"] for candidate in opt.pending] == seen
    with pytest.raises(zo.PlanningError):
        opt.ask()


def test_ask_without_a_number_returns_a_batch() -> None:
    assert len(made(batch=3).ask()) == 3
    assert len(made().ask()) == 1


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_a_number_of_experiments_that_is_none_is_refused(n: Any) -> None:
    with pytest.raises(zo.SpecError, match="number of experiments") as caught:
        made().ask(n)
    assert caught.value.value == n


def test_outcomes_are_told_as_numbers_pairs_measurements_or_failures() -> None:
    opt = made()
    a, b, c, d = opt.ask(4)
    opt.tell(a, yield_=50)
    opt.tell(b, {"yield_": (np.float32(60.0), 0.5)})
    opt.tell(c.id, yield_=zo.Measurement("anything", 0.7, unit=""))
    opt.tell(d, failed="fault: the stirrer stopped")
    assert [o.failed for o in opt.observations] == [False, False, False, True]
    assert opt.observations[1].measurements["yield_"].uncertainty == 0.5
    assert opt.observations[3].cause == "fault"
    assert [e.status for e in opt.experiments] == ["measured", "measured", "measured", "failed"]
    assert opt.experiments[3].failure == "fault: the stirrer stopped"
    assert (opt.best and opt.best.id, opt.pending) == (b.id, [])


def test_points_of_ones_own_are_learned_from() -> None:
    opt = made()
    name = opt.tell({"solvent": "DMF", "temperature": np.int64(30)}, yield_=55.0)
    assert name == "e0001"
    assert opt.best is not None
    assert dict(opt.best) == {"temperature": 30, "solvent": "DMF"}
    assert opt.best.origin == "person"


def test_the_values_of_a_suggestion_that_waits_answer_it() -> None:
    opt = made()
    (candidate,) = opt.ask()
    assert opt.tell(dict(candidate), yield_=50.0) == candidate.id
    assert opt.pending == []
    assert opt.tell(dict(candidate), yield_=51.0) == "e0002"  # the same values again: another measurement


def test_several_objectives_have_a_front() -> None:
    opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, [zo.maximize("strength"), zo.minimize("cost"), zo.target("pH", 7)])
    for x, strength, cost, ph in ((0.1, 1, 1, 7), (0.5, 2, 2, 7), (0.9, 2, 3, 7.5)):
        opt.tell({"x": x}, strength=strength, cost=cost, pH=ph)
    assert {e["x"] for e in opt.front} == {0.1, 0.5}


def test_an_objective_whose_name_is_no_word_is_told_in_a_mapping() -> None:
    opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, zo.minimize("ΔE (CIE)"))
    opt.tell({"x": 0.5}, {"ΔE (CIE)": 3.0})
    assert opt.best is not None
    assert opt.best.outcomes["ΔE (CIE)"].value == 3.0


# --- spaces


@pytest.mark.parametrize(
    "constraint",
    ["a + b + c == 1", "a+b+c = 1.0", zo.Simplex(["a", "b", "c"]), {"type": "simplex", "of": ["a", "b", "c"]}],
    ids=["text", "text with one sign", "word", "mapping"],
)
def test_a_mixture_sums_to_one(constraint: Any) -> None:
    space = {name: zo.Continuous(0, 0.8) for name in "abc"}
    opt = zo.Optimizer(space, zo.maximize("hardness"), constraints=constraint, seed=2)
    for _ in range(2):
        for candidate in opt.ask(4):
            assert math.isclose(sum(float(candidate[name]) for name in "abc"), 1.0, abs_tol=1e-6)
            opt.tell(candidate, hardness=float(candidate["a"]) * float(candidate["b"]))


def test_a_mixture_of_few_parts_has_no_more_of_them() -> None:
    space = {name: zo.Continuous(0, 1) for name in "abcd"}
    opt = zo.Optimizer(space, zo.maximize("y"), constraints=zo.Simplex("abcd", at_most=2, minimum=0.1))
    assert all(sum(float(c[name]) > 0 for name in "abcd") <= 2 for c in opt.ask(8))


def test_linear_and_cardinality_words_hold() -> None:
    space = {name: zo.Continuous(0, 1) for name in "abc"}
    limits = [zo.Linear({"a": 1, "b": 1}, high=0.5), zo.Cardinality(["a", "b", "c"], at_most=2)]
    for c in zo.Optimizer(space, zo.maximize("y"), constraints=limits, planner="sobol").ask(10):
        assert float(c["a"]) + float(c["b"]) <= 0.5 + 1e-9
        assert sum(float(c[name]) > 0 for name in "abc") <= 2


def test_every_kind_of_parameter_gives_its_values() -> None:
    space = {
        "c": zo.Continuous("20 degC", "353.15 K", unit="degC", step=1),
        "l": zo.Continuous(1e-3, 1, log=True),
        "i": zo.Integer(1, 5),
        "d": zo.Discrete([5, 10, 20], unit="min"),
        "s": zo.Categorical(["DMF", "water"], descriptors={"DMF": {"eps": 36.7}, "water": {"eps": 80.1}}),
        "f": zo.Continuous(0, 1, when={"s": "water"}, default=0),
    }
    for c in zo.Optimizer(space, zo.maximize("y"), planner="sobol").ask(12):
        assert 20 <= float(c["c"]) <= 80
        assert float(c["c"]) == round(float(c["c"]))
        assert isinstance(c["i"], int)
        assert c["d"] in (5, 10, 20)
        assert c["s"] == "water" or c["f"] == 0


def test_a_file_of_candidates_and_other_fields_are_those_of_a_campaign_file(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("x,z\n1,a\n2,b\n3,a\n", encoding="utf-8")
    opt = zo.Optimizer({}, zo.maximize("y"), candidates="rows.csv")
    assert sorted(c["x"] for c in opt.ask(9)) == [1.0, 2.0, 3.0]
    with pytest.raises(zo.SpecError, match="unknown field 'expext'") as caught:
        made(expext={})
    assert "expect" in caught.value.hint


def test_numbers_of_numpy_are_numbers() -> None:
    space = {
        "c": zo.Continuous(np.int64(0), np.float64(1)),
        "i": zo.Integer(np.int64(1), np.int64(3)),
        "d": zo.Discrete(np.arange(3)),
    }
    opt = zo.Optimizer(space, zo.target("y", 3.0, unit="mm"), seed=1)
    (candidate,) = opt.ask()
    assert candidate["d"] in (0, 1, 2)
    opt.tell(candidate, y=np.array([1.5]))
    assert opt.observations[0].measurements["y"].value == 1.5


# --- predicting and looking


def told() -> zo.Optimizer:
    opt = made(seed=5)
    for candidate in opt.ask(8):
        opt.tell(candidate, yield_=measured(candidate))
    return opt


def test_predictions_have_mean_sd_and_interval_and_know_what_was_measured() -> None:
    import pandas as pd

    opt = told()
    rows = [*opt.experiments[:3], {"temperature": 55.0, "solvent": "DMF"}]
    found = opt.predict(rows)["yield_"]
    assert found.mean.shape == found.sd.shape == (4,)
    assert found.unit == "%"
    assert (found.sd > 0).all()
    for item, mean in zip(opt.experiments, found.mean[:3], strict=False):
        assert abs(mean - item.outcomes["yield_"].value) < 2.0
    low, high = found.interval(0.9)
    assert ((low < found.mean) & (found.mean < high)).all()
    assert np.array_equal(opt.predict(pd.DataFrame([dict(row) for row in rows]))["yield_"].mean, found.mean)
    assert opt.predict(rows[0])["yield_"].mean.shape == (1,)
    with pytest.raises(zo.SpecError, match="probability"):
        found.interval(95)


def test_predictions_are_the_same_each_time_and_change_what_is_suggested_next_in_nothing() -> None:
    one, other = told(), told()
    row = {"temperature": 50.0, "solvent": "DMF"}
    assert one.predict(row)["yield_"].mean == one.predict(row)["yield_"].mean == other.predict(row)["yield_"].mean
    assert [dict(c) for c in one.ask(2)] == [dict(c) for c in told().ask(2)]


def test_nothing_to_predict_from_is_told() -> None:
    with pytest.raises(zo.StateError, match="nothing to predict from") as caught:
        made().predict({"temperature": 50, "solvent": "DMF"})
    assert caught.value.hint == "tell results first"


def test_a_frame_holds_every_experiment_with_numbers_as_numbers() -> None:
    opt = made()
    a, b, _ = opt.ask(3)
    opt.tell(a, yield_=(50.0, 0.5))
    opt.tell(b, failed="it froze")
    frame = opt.to_frame()
    assert list(frame.index) == ["e0001", "e0002", "e0003"]
    assert list(frame["status"]) == ["measured", "failed", "proposed"]
    assert frame["yield_"].dtype == frame["yield__uncertainty"].dtype == frame["temperature"].dtype == np.float64
    assert frame.loc["e0001", "yield_"] == 50.0
    assert math.isnan(frame.loc["e0003", "yield_"])


def test_an_optimiser_says_what_it_is() -> None:
    opt = made()
    assert repr(opt) == "<Optimizer max yield_ over temperature, solvent: 0 results, best None>"
    opt.tell({"temperature": 30, "solvent": "DMF"}, yield_=55.0)
    assert repr(opt).endswith("1 results, best <Experiment e0001: temperature=30, solvent=DMF -> yield_ 55>>")


def test_an_optimiser_leaves_no_file(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    opt = made()
    opt.tell(opt.ask()[0], yield_=1.0)
    assert list(tmp_path.iterdir()) == []


def test_an_optimiser_may_be_used_from_other_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    opt = made()
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda _: opt.ask()[0], range(8)))
        list(pool.map(lambda c: opt.tell(c, yield_=1.0), asked))
    assert len({c.id for c in asked}) == len(opt.observations) == 8


# --- wrong input


def test_a_result_says_what_of_its_uncertainty_all_results_share() -> None:
    opt = made()
    first, second, third = opt.ask(3)
    opt.tell(first, yield_=(50.0, 0.8, 2.5))
    opt.tell(second, yield_=(51.0, None, 2.5))
    opt.tell(third, yield_=(52.0, 0.8))
    found = [one.outcomes["yield_"] for one in opt.experiments]
    assert [(one.uncertainty, one.u_shared) for one in found] == [(0.8, 2.5), (None, 2.5), (0.8, None)]
    assert "yield_ 50.00 ± 0.80 (all share 2.5)" in repr(opt.experiments[0])
    assert opt.to_frame()["yield__u_shared"].fillna(-1.0).tolist() == [2.5, 2.5, -1.0]


def test_bad_results_are_refused_in_words_and_change_nothing() -> None:
    opt = made()
    a, b = opt.ask(2)
    opt.tell(a, yield_=50.0)
    good = {"temperature": 50.0, "solvent": "DMF"}
    cases: list[tuple[Any, dict[str, Any], type[zo.ZosimosError], str, str]] = [
        (b, {"yeild_": 1.0}, zo.DataError, "no objective 'yeild_'", "did you mean 'yield_'?"),
        (b, {}, zo.DataError, "objective yield_ is missing", "failed="),
        (b, {"yield_": math.nan}, zo.DataError, "not a finite number", "failed="),
        (b, {"yield_": "high"}, zo.DataError, "not a finite number", "failed="),
        (b, {"yield_": True}, zo.DataError, "not a finite number", "failed="),
        (b, {"yield_": None}, zo.DataError, "not a finite number", "failed="),
        (b, {"yield_": (1.0, -2.0)}, zo.DataError, "0 or more", ""),
        (b, {"yield_": (1.0, 2.0, -3.0)}, zo.DataError, "the shared uncertainty", ""),
        (b, {"yield_": (1.0, 2.0, 3.0, 4.0)}, zo.DataError, "has 4 numbers", ""),
        (b, {"yield_": 1.0, "failed": "broke"}, zo.DataError, "failed and has an outcome", "leave out"),
        (a, {"yield_": 1.0}, zo.StateError, "e0001 has a result already", "dict(candidate)"),
        (a.id, {"yield_": 1.0}, zo.StateError, "e0001 has a result already", "dict(candidate)"),
        ("e0009", {"yield_": 1.0}, zo.NotFoundError, "no experiment e0009", ""),
        (7, {"yield_": 1.0}, zo.DataError, "of a candidate", ""),
        ({**good, "temprature": 1}, {"yield_": 1.0}, zo.DataError, "'temprature'", "did you mean 'temperature'?"),
        ({"temperature": 50}, {"yield_": 1.0}, zo.DataError, "solvent is missing", "give solvent"),
        ({**good, "temperature": 90}, {"yield_": 1.0}, zo.DataError, "outside [20, 80] degC", "outside=True"),
        ({**good, "temperature": "hot"}, {"yield_": 1.0}, zo.DataError, "not a finite number", "correct"),
        ({**good, "solvent": "watr"}, {"yield_": 1.0}, zo.DataError, "not one of DMF, water", "did you mean 'water'?"),
        (made(seed=9).ask()[0], {"yield_": 1.0}, zo.DataError, "was not suggested here", "dict(candidate)"),
    ]
    before = [repr(item) for item in opt.experiments]
    for target, outcomes, kind, words, hint in cases:
        with pytest.raises(kind) as caught:
            opt.tell(target, **outcomes)
        assert words in str(caught.value), (target, outcomes, str(caught.value))
        assert hint in caught.value.hint, (target, outcomes, caught.value.hint)
    with pytest.raises(zo.DataError, match="outcomes have no names"):
        opt.tell(b, 3.0)  # type: ignore[arg-type]
    assert [repr(item) for item in opt.experiments] == before
    with pytest.raises(zo.DataError) as caught:
        opt.tell({**good, "temperature": 90}, yield_=1.0)
    assert (caught.value.field, caught.value.value, caught.value.allowed) == ("temperature", 90, "20 to 80 degC")
    assert opt.tell({**good, "temperature": 90}, yield_=1.0, outside=True) == "e0003"


def test_a_point_that_breaks_a_constraint_is_refused_unless_it_is_meant() -> None:
    opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, zo.maximize("y"), constraints="x <= 0.5")
    with pytest.raises(zo.DataError, match=r"breaks x <= 0\.5") as caught:
        opt.tell({"x": 0.75}, y=1.0)
    assert "outside=True" in caught.value.hint
    assert opt.tell({"x": 0.75}, y=1.0, outside=True) == "e0001"


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: zo.Continuous("cold", 80), "not a number"),
        (lambda: zo.Continuous(20, 80, unit="degCC"), "unknown unit"),
        (lambda: zo.Discrete("five"), "levels"),
        (lambda: zo.Categorical("DMF"), "the choices are one text"),
        (lambda: zo.Categorical([]), "no choices"),
        (lambda: zo.maximize("y", unt="%"), "did you mean 'unit'?"),
        (lambda: zo.target("pH", "sour"), "not a number"),
        (lambda: zo.Optimizer({"x": zo.Continuous(80, 20)}, zo.maximize("y")), "'x': the range is empty"),
        (lambda: zo.Optimizer({"x": zo.Continuous(0, 1)}, []), "there is no objective"),
        (lambda: zo.Optimizer({"x": zo.Continuous(0, 1)}, ["y"]), "'y' is no objective"),  # type: ignore[list-item]
        (lambda: zo.Optimizer({"x": zo.Continuous(0, 1)}, [zo.maximize("y")] * 2), "given twice"),
        (lambda: zo.Optimizer({"x": (0, 1)}, zo.maximize("y")), "x is no parameter"),  # type: ignore[dict-item]
        (lambda: zo.Optimizer([zo.Continuous(0, 1)], zo.maximize("y")), "space is no mapping"),  # type: ignore[arg-type]
        (lambda: zo.Optimizer({}, zo.maximize("y")), "has no space"),
        (lambda: made(planner="baysian"), "unknown proposer 'baysian'"),
        (lambda: made(constraints=["temperatur <= 60"]), "temperatur"),
        (lambda: made(lab={"kind": "colour"}), "an optimiser has no lab"),
        (lambda: made(seed=-1), "seed"),
    ],
)
def test_a_wrong_definition_is_refused_in_words(build: Any, words: str) -> None:
    with pytest.raises(zo.InputError) as caught:
        build()
    assert words in str(caught.value)
