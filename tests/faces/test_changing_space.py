"""Parameters and outcomes that come and go midway: what is seen of rows from before, and that replay holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.faces.conftest import Answer

import zosimos as zo
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.ledger.whole import WholeChain
from zosimos.campaign.record.fold import fold
from zosimos.core.errors import SpecError, StateError

Cli = Callable[..., Answer]

SPEC: dict[str, Any] = {
    "name": "mix",
    "space": {
        "a": {"min": 0, "max": 1},
        "b": {"min": 0, "max": 1},
        "bath": {"min": 20, "max": 80, "unit": "degC"},
        "solvent": {"choices": ["water", "DMF"]},
    },
    "constraints": [{"type": "simplex", "of": ["a", "b"]}],
    "objectives": {"y": {"goal": "max"}},
    "planner": {"kind": "sobol"},
    "budget": {"experiments": 60},
}
THREE = [{"type": "simplex", "of": ["a", "b", "c"]}]
C = {"min": 0, "max": 0.5, "default": 0}


def outcome(values: Mapping[str, Any], spec: CampaignSpec) -> dict[str, float]:
    away = (values["a"] - 0.3) ** 2 + (values.get("c", 0.0) - 0.2) ** 2 + (values["bath"] - 50) ** 2 / 1000
    return {name: -away if name == "y" else 1 + away for name in spec.objectives}


def go(campaign: zo.Campaign, n: int) -> None:
    for chosen in campaign.ask(n):
        campaign.tell(chosen, outcome(dict(chosen), campaign.spec))


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[zo.Campaign]:
    with zo.Campaign.create(SPEC, ledger=tmp_path / "l.db") as made:
        go(made, 3)
        yield made


def replays(campaign: zo.Campaign) -> bool:
    return campaign.replay().divergence is None


def test_of_a_new_parameter_somebody_says_what_it_was(campaign: zo.Campaign) -> None:
    before = campaign.verify()
    with pytest.raises(SpecError) as caught:
        campaign.steer({"space.c": {"min": 0, "max": 0.5}})
    assert caught.value.field == "space.c.default"
    assert "3 experiments were made or proposed without it" in caught.value.message
    assert campaign.verify() == before


def test_a_new_parameter_needs_no_default_before_the_first_experiment(tmp_path: Path) -> None:
    with zo.Campaign.create(SPEC, ledger=tmp_path / "l.db") as campaign:
        campaign.steer({"space.c": {"min": 0, "max": 0.5}, "constraints": THREE})
        assert list(campaign.ask(1)[0]) == ["a", "b", "bath", "solvent", "c"]


def test_old_rows_are_seen_with_a_new_ingredient_at_its_default(campaign: zo.Campaign) -> None:
    waiting = campaign.ask(1)[0]
    campaign.steer({"space.c": C, "constraints": THREE}, "another salt")
    assert [seen.values["c"] for seen in campaign.observations] == [0.0, 0.0, 0.0]
    assert dict(campaign.pending[0]) == {**waiting, "c": 0.0}, "an open proposal is done without it"
    campaign.tell(waiting.id, {"y": 1.0})
    go(campaign, 2)
    assert all(abs(sum(seen.values[n] for n in "abc") - 1) < 1e-6 for seen in campaign.observations)
    assert any(seen.values["c"] > 0 for seen in campaign.observations)
    frame = campaign.to_frame()
    assert list(frame["c"][:4]) == [0.0, 0.0, 0.0, 0.0]
    assert replays(campaign)


def test_a_row_that_was_tried_is_not_proposed_again_with_the_default(tmp_path: Path) -> None:
    spec = {**SPEC, "space": {"s": {"choices": ["p", "q"]}, "n": {"levels": [1, 2]}}, "constraints": []}
    with zo.Campaign.create(spec, ledger=tmp_path / "l.db") as campaign:
        for chosen in campaign.ask(3):
            campaign.tell(chosen, {"y": chosen["n"]})
        campaign.steer({"space.salt": {"choices": ["none", "NaCl"], "default": "none"}})
        rows = {tuple(dict(chosen).values()) for chosen in campaign.ask(5)}
        assert len(rows) == 5
        assert sum(row[2] == "none" for row in rows) == 1, "three of the four rows without salt were done"


def test_models_learn_over_old_and_new_rows(campaign: zo.Campaign) -> None:
    go(campaign, 3)
    campaign.steer({"space.c": C, "constraints": THREE, "planner.kind": "bayesian", "planner.start": 3})
    go(campaign, 3)
    found = campaign.predict({"a": 0.3, "b": 0.5, "c": 0.2, "bath": 50, "solvent": "water"})
    assert found["y"].sd > 0
    assert replays(campaign)


def test_a_new_choice_is_proposed_and_an_old_one_can_go(campaign: zo.Campaign) -> None:
    campaign.steer({"space.solvent.choices": ["water", "DMF", "NMP"]})
    assert {chosen["solvent"] for chosen in campaign.ask(9)} == {"water", "DMF", "NMP"}
    campaign.steer({"space.solvent.choices": ["DMF", "NMP"], "planner": {"kind": "bayesian", "start": 2}})
    assert {chosen["solvent"] for chosen in campaign.ask(3)} <= {"DMF", "NMP"}
    assert replays(campaign)


def test_a_parameter_that_made_rows_differ_is_held_and_not_left_out(campaign: zo.Campaign) -> None:
    with pytest.raises(SpecError) as caught:
        campaign.steer({"space.bath": None})
    assert caught.value.field == "space.bath"
    assert "bath == " in (caught.value.hint or "")
    campaign.steer({"constraints": [*SPEC["constraints"], "bath == 45", 'solvent == "DMF"']})
    assert all((chosen["bath"], chosen["solvent"]) == (45.0, "DMF") for chosen in campaign.ask(2))


def test_a_parameter_that_was_the_same_throughout_can_go_and_come_back(campaign: zo.Campaign) -> None:
    campaign.steer({"space.salt": {"choices": ["none", "NaCl"], "default": "none"}})
    campaign.steer({"space.salt": None})
    go(campaign, 1)
    assert "salt" not in campaign.observations[-1].values
    campaign.undo()
    assert [seen.values["salt"] for seen in campaign.observations] == ["none"] * 4
    campaign.steer({"space.salt": None, "space.bath.max": 90})
    with pytest.raises(SpecError, match="was a parameter of type categorical"):
        campaign.steer({"space.salt": {"min": 0, "max": 1, "default": 0}})
    assert replays(campaign)


def test_what_a_removed_parameter_was_stays_in_the_export(campaign: zo.Campaign) -> None:
    campaign.steer({"space.salt": {"choices": ["none", "NaCl"], "default": "none"}})
    row = {"a": 0.5, "b": 0.5, "bath": 40, "solvent": "water", "salt": "none"}
    campaign.tell(row, {"y": 1.0})
    campaign.steer({"space.salt": None})
    frame = campaign.to_frame()
    assert frame.loc["e0004", "salt"] == "none"
    assert frame.loc["e0001", "salt"] == "", "nobody said what it was"


def test_a_default_of_no_sense_is_refused(campaign: zo.Campaign) -> None:
    for field, part in {
        "salt": {"choices": ["NaCl", "KCl"], "default": "none"},
        "count": {"type": "integer", "min": 1, "max": 4, "default": 0.5},
    }.items():
        with pytest.raises(SpecError) as caught:
            campaign.steer({f"space.{field}": part})
        assert caught.value.field == f"space.{field}.default"


def test_old_results_lack_a_new_outcome_and_are_never_best(campaign: zo.Campaign) -> None:
    best = campaign.best
    assert best is not None
    campaign.steer({"objectives.cost": {"goal": "min", "unit": "EUR"}})
    assert campaign.best is None
    go(campaign, 2)
    assert {one.id for one in campaign.front} <= {"e0004", "e0005"}
    campaign.steer({"objectives.y": None})
    go(campaign, 1)
    assert "y" in campaign.to_frame().columns, "what was found earlier is not lost"
    assert list(campaign.spec.objectives) == ["cost"]
    campaign.undo()
    assert set(campaign.spec.objectives) == {"cost", "y"}
    campaign.steer({"objectives.cost": None})
    with pytest.raises(SpecError, match="an outcome in EUR"):
        campaign.steer({"objectives.cost": {"goal": "min", "unit": "USD"}})
    assert replays(campaign)


def test_models_use_old_results_beside_a_new_outcome(campaign: zo.Campaign) -> None:
    campaign.steer({"objectives.cost": {"goal": "min"}, "planner": {"kind": "bayesian", "start": 3}})
    go(campaign, 6)
    assert replays(campaign)


def test_an_outcome_made_of_others_can_come(campaign: zo.Campaign) -> None:
    campaign.steer(
        {"objectives.rate": {"goal": "max", "of": "mass / hours"}, "measured": {"mass": {"unit": "g"}, "hours": {}}}
    )
    campaign.tell(campaign.ask(1)[0], {"y": 1.0, "mass": 4.0, "hours": 2.0})
    assert campaign.experiments[-1].outcomes["rate"].value == 2.0
    campaign.undo()
    assert replays(campaign)


def test_advice_follows_a_parameter_that_comes_and_bars_one_that_goes(campaign: zo.Campaign) -> None:
    campaign.advise(point={"a": 0.25, "b": 0.75, "bath": 50, "solvent": "water"}, expect={"y": (0, 0.1)})
    campaign.steer({"space.salt": {"choices": ["none", "NaCl"], "default": "none"}})
    named = campaign.advise(exclude="salt == 'NaCl'")
    assert {chosen["salt"] for chosen in campaign.ask(3)} == {"none"}
    with pytest.raises(SpecError, match="speaks of it"):
        campaign.steer({"space.salt": None})
    campaign.withdraw(named)
    campaign.steer({"space.salt": None})
    go(campaign, 2)
    assert replays(campaign)


def test_costs_count_old_rows_at_the_default(tmp_path: Path) -> None:
    spec = {**SPEC, "costs": {"each": "1 + a", "unit": "EUR"}}
    with zo.Campaign.create(spec, ledger=tmp_path / "l.db") as campaign:
        go(campaign, 2)
        before = campaign.summary()["cost"]["spent"]
        campaign.steer({"space.c": C, "constraints": THREE, "costs.each": "1 + a + 10*c"})
        assert campaign.summary()["cost"]["spent"] == pytest.approx(before)
        go(campaign, 2)
        assert replays(campaign)


def test_the_set_of_parameters_is_the_laboratory_s(tmp_path: Path) -> None:
    (tmp_path / "pool.csv").write_text("x,y\n1,1\n2,4\n3,9\n")
    spec = {"name": "pool", "lab": {"kind": "pool", "file": "pool.csv"}, "objectives": {"y": {"goal": "max"}}}
    with zo.Campaign.create(
        {**spec, "budget": {"experiments": 3}}, ledger=tmp_path / "l.db", folder=tmp_path
    ) as campaign:
        for change in ({"space.z": {"min": 0, "max": 1}}, {"objectives.z": {"goal": "min"}}):
            with pytest.raises(SpecError, match="the laboratory knows"):
                campaign.steer(change)


def test_a_table_of_candidates_fixes_the_parameters_and_not_the_outcomes(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,z\n1,1\n2,4\n3,9\n")
    spec = {"name": "rows", "candidates": "rows.csv", "objectives": {"y": {"goal": "max"}}}
    with zo.Campaign.create(
        {**spec, "budget": {"experiments": 3}}, ledger=tmp_path / "l.db", folder=tmp_path
    ) as campaign:
        campaign.tell(campaign.ask(1)[0], {"y": 1.0})
        with pytest.raises(SpecError, match="the table of candidates knows"):
            campaign.steer({"space.w": {"min": 0, "max": 1, "default": 0}})
        campaign.steer({"objectives.w": {"goal": "min"}})
        campaign.tell(campaign.ask(1)[0], {"y": 2.0, "w": 1.0})
        assert replays(campaign)


def test_a_proposed_change_of_the_space_is_made_by_its_approval(campaign: zo.Campaign) -> None:
    commands = campaign._commands
    change = commands.propose(campaign._setup, "steer", {"space.c": C, "constraints": THREE})
    campaign.approve(change.token)
    assert list(campaign.spec.space) == ["a", "b", "bath", "solvent", "c"]


def test_every_view_shows_what_came_midway(cli: Cli, folder: Path) -> None:
    spec = {**SPEC, "planner": {"kind": "bayesian", "start": 3}}
    with zo.Campaign.create(spec) as campaign:
        go(campaign, 4)
        (asked,) = campaign.ask(1)
        waiting, beside = asked.id, "a.max=0.01" if float(asked["a"]) > 0.5 else "a.min=0.99"
        said = cli("steer", "last", "--set", "space.salt={choices: [none, NaCl], default: none}").out
        assert "new parameter salt: none, NaCl; before: none" in said
        assert f"experiments that are not done yet ({waiting}) are done with salt none" in said
        assert "waits and does not fit any more" in cli("steer", "last", "--set", f"space.{beside}").out
        cli("steer", "last", "--undo")
        cli("steer", "last", "--set", "objectives.cost={goal: min, unit: EUR}")
        go(campaign, 2)
        for command in ("status", "show", "explain", "report", "verify", "replay", "approvals", "advise", "export"):
            answer = cli(command, "last", *(["--format", "csv"] if command == "export" else []))
            assert answer.code == 0, answer.err
        for name in ("e0001", waiting, "e0006"):
            assert cli("explain", "last", name).code == 0
            assert cli("show", "last", name).code == 0
        assert "salt" in cli("show", "last").out
        assert cli("ask", "last", "-o", "t.csv").code == 0
        assert "none" in (folder / "t.csv").read_text() or "NaCl" in (folder / "t.csv").read_text()


def test_a_source_without_a_new_parameter_stands_at_its_default(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("n,y\n1,1\n2,3\n3,2\n4,5\n")
    spec = {
        "name": "linked",
        "space": {"n": {"min": 1, "max": 5}},
        "sources": {"old": {"file": "old.csv"}},
        "objectives": {"y": {"goal": "max"}},
        "budget": {"experiments": 9},
        "planner": {"start": 1},
    }
    with zo.Campaign.create(spec, ledger=tmp_path / "l.db", folder=tmp_path) as campaign:
        campaign.tell(campaign.ask(1)[0], {"y": 2.0})
        campaign.steer({"space.salt": {"min": 0, "max": 1, "default": 0}})
        campaign.tell(campaign.ask(1)[0], {"y": 3.0})
        assert replays(campaign)


# --- any history

PARAMETERS = {
    "salt": {"choices": ["none", "NaCl"], "default": "none"},
    "time": {"min": 1, "max": 9, "default": 2, "unit": "min"},
    "flow.rate": {"levels": [1, 2, 3], "default": 1},
}
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from(sorted(PARAMETERS))),
        st.tuples(st.just("go"), st.sampled_from([*sorted(PARAMETERS), "bath"])),
        st.tuples(st.just("want"), st.sampled_from(["w", "v"])),
        st.tuples(st.just("leave"), st.sampled_from(["w", "v", "y"])),
        st.tuples(st.just("choices"), st.sampled_from(["water DMF", "water DMF NMP", "DMF NMP"])),
        st.tuples(st.just("bounds"), st.sampled_from(["30", "70", "95"])),
        st.tuples(st.sampled_from(["undo", "ask", "tell", "tell", "own", "retract"]), st.just("")),
    ),
    min_size=3,
    max_size=14,
)


def moved(campaign: zo.Campaign, kind: str, what: str) -> None:
    """Make a move, if it can be made."""
    wanted: dict[str, dict[str, Any]] = {
        "come": {f"space.{what}": PARAMETERS.get(what)},
        "go": {f"space.{what}": None},
        "want": {f"objectives.{what}": {"goal": "min"}},
        "leave": {f"objectives.{what}": None},
        "choices": {"space.solvent.choices": what.split()},
        "bounds": {"space.bath.max": what},
    }
    try:
        if kind in wanted:
            campaign.steer(wanted[kind])
        elif kind == "undo":
            campaign.undo()
        elif kind == "ask":
            campaign.ask(1)
        elif kind == "tell":
            go(campaign, 2)
        elif kind == "retract":
            campaign.retract(campaign.observations[-1].experiment, reason="spilled")
        else:
            row = dict(campaign.ask(1)[0])
            campaign.tell({**row, "a": 0.5, "b": 0.5}, outcome(row, campaign.spec))
    except (SpecError, StateError, IndexError):
        return


@given(MOVES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@pytest.mark.slow
def test_whatever_comes_and_goes_decisions_replay_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with zo.Campaign.create(SPEC, ledger=folder / "l.db") as campaign:
        go(campaign, 2)
        for kind, what in moves:
            moved(campaign, kind, what)
        assert all(set(campaign.spec.space) == {*seen.values} for seen in campaign.observations)
        frame = campaign.to_frame()
        for experiment in campaign.experiments:
            for name, value in dict(experiment).items():
                assert frame.loc[experiment.id, name] == value
        assert campaign.replay().divergence is None
        state = campaign._state
        assert fold(campaign.id, list(WholeChain(campaign._ledger, campaign.id))) == state
        campaign.verify()
        campaign.report(folder / "r.html")


def test_a_table_gives_experiments_from_before_the_default_of_a_new_parameter(cli: Cli, folder: Path) -> None:
    (folder / "film.yaml").write_text(
        "name: film\nspace: {a: {min: 0, max: 1}}\nobjectives: {y: {goal: max}}\n"
        "planner: {kind: sobol}\nbudget: {experiments: 6}\n"
    )
    assert cli("ask", "film.yaml", "-n", 2).code == 0
    (folder / "r.csv").write_text("experiment,y\ne0001,1\n")
    assert cli("tell", "last", "r.csv").code == 0
    assert cli("steer", "last", "--set", "space.wax={min: 0, max: 3, default: 0}").code == 0
    (folder / "r.csv").write_text("experiment,wax,y\ne0001,0,1\ne0002,0,2\n")
    told = cli("tell", "last", "r.csv")
    assert told.code == 0, told.err
    assert "1 row is on record already" in told.out
    (folder / "r.csv").write_text("experiment,wax,y\ne0001,2,1\n")
    assert "the values differ from those of e0001" in cli("tell", "last", "r.csv").err


def test_a_table_with_a_choice_that_is_gone_is_told_again(cli: Cli, folder: Path) -> None:
    (folder / "film.yaml").write_text(
        "name: film\nspace: {base: {choices: [KOH, NaOH]}, a: {min: 0, max: 1}}\nobjectives: {y: {goal: max}}\n"
        "planner: {kind: sobol}\nbudget: {experiments: 6}\n"
    )
    asked = cli("ask", "film.yaml", "-n", 3, "--json").json["candidates"]
    gone = asked[0]["values"]["base"]
    rows = "".join(f"{one['experiment']},{one['values']['base']},1\n" for one in asked)
    (folder / "r.csv").write_text("experiment,base,y\n" + rows)
    assert cli("tell", "last", "r.csv").code == 0
    kept = "NaOH" if gone == "KOH" else "KOH"
    assert cli("steer", "last", "--set", f"space.base.choices=[{kept}, LiOH]").code == 0
    told = cli("tell", "last", "r.csv")
    assert told.code == 0, told.err
    assert "3 rows are on record already" in told.out


def test_rows_of_ones_own_are_not_doubled_once_a_parameter_came(cli: Cli, folder: Path) -> None:
    (folder / "film.yaml").write_text(
        "name: film\nspace: {a: {min: 0, max: 1}}\nobjectives: {y: {goal: max}}\n"
        "planner: {kind: sobol}\nbudget: {experiments: 6}\n"
    )
    (folder / "r.csv").write_text("a,y\n0.25,1\n0.5,2\n")
    assert cli("tell", "film.yaml", "r.csv").code == 0
    assert cli("steer", "last", "--set", "space.wax={min: 0, max: 3, default: 0}").code == 0
    (folder / "r.csv").write_text("a,wax,y\n0.25,0,1\n0.5,0,2\n0.5,1,3\n")
    told = cli("tell", "last", "r.csv")
    assert told.code == 0, told.err
    assert "2 rows are on record already" in told.out
    assert "recorded 1 of campaign" in told.out


def test_rows_of_ones_own_at_a_choice_that_is_gone_are_known_and_new_ones_refused(cli: Cli, folder: Path) -> None:
    (folder / "film.yaml").write_text(
        "name: film\nspace: {base: {choices: [KOH, NaOH]}, a: {min: 0, max: 1}}\nobjectives: {y: {goal: max}}\n"
        "planner: {kind: sobol}\nbudget: {experiments: 6}\n"
    )
    (folder / "r.csv").write_text("base,a,y\nNaOH,0.25,1\nKOH,0.5,2\n")
    assert cli("tell", "film.yaml", "r.csv").code == 0
    assert cli("steer", "last", "--set", "space.base.choices=[KOH, LiOH]").code == 0
    told = cli("tell", "last", "r.csv")
    assert told.code == 0, told.err
    assert "2 rows are on record already" in told.out
    (folder / "r.csv").write_text("base,a,y\nNaOH,0.25,1\nKOH,0.5,2\nNaOH,0.75,3\n")
    refused = cli("tell", "last", "r.csv")
    assert (refused.code, "'NaOH' is not one of KOH, LiOH" in refused.err) == (2, True), refused.err


@pytest.mark.slow
def test_the_report_draws_what_is_believed_where_a_parameter_came_midway(cli: Cli, folder: Path) -> None:
    (folder / "film.yaml").write_text(
        "name: film\nspace: {a: {min: 0, max: 1}, b: {min: 0, max: 1}, c: {min: 0, max: 1}}\n"
        "constraints: [{type: simplex, of: [a, b, c], total: 1}]\n"
        "objectives: {y: {goal: max}}\nplanner: {kind: sobol}\nbudget: {experiments: 20}\n"
    )
    rows = [(0.1 * i, 0.05 * i, 1 - 0.15 * i) for i in range(6)]
    (folder / "r.csv").write_text(
        "a,b,c,y\n" + "".join(f"{a:.2f},{b:.2f},{c:.2f},{3 * a - c:.3f}\n" for a, b, c in rows)
    )
    assert cli("tell", "film.yaml", "r.csv").code == 0
    for text in ("space.w={min: 0, max: 7, default: 1}", "space.z={min: 0, max: 3, default: 2}"):
        assert cli("steer", "last", "--set", text).code == 0
    assert cli("ask", "last", "-n", 2).code == 0
    found = cli("report", "last", "-o", "film.html")
    assert found.code == 0, found.err
