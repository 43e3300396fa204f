"""Campaigns from Python: everything that the command line does to one, and inside a running event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stored_campaigns import restore

import zosimos as zo
from zosimos.campaign.ledger.store import Ledger

ROOT = Path(__file__).resolve().parents[2]
SPACE = {"temperature": zo.Continuous(20, 80, unit="degC"), "solvent": zo.Categorical(["DMF", "water"])}
BY_HAND: dict[str, Any] = {
    "name": "by hand",
    "space": SPACE,
    "objectives": zo.maximize("yield_", unit="%"),
    "constraints": "temperature <= 60 or solvent != 'water'",
    "budget": {"experiments": 20},
}
POOL: dict[str, Any] = {
    "name": "pool",
    "objectives": zo.maximize("quality"),
    "lab": {"kind": "pool", "file": "table.csv", "latency": "10 min"},
    "planner": {"kind": "sobol"},
    "batch": 2,
    "budget": {"experiments": 6},
}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{x},{y},{x * y}\n" for x in range(4) for y in range(5))
    (tmp_path / "table.csv").write_text("x,y,quality\n" + rows, encoding="utf-8")
    return tmp_path / "lab.db"


@pytest.fixture
def by_hand(ledger: Path) -> Iterator[zo.Campaign]:
    with zo.Campaign.create(BY_HAND, ledger=ledger, author="Ada") as campaign:
        yield campaign


@pytest.fixture
def pool(ledger: Path) -> Iterator[zo.Campaign]:
    with zo.Campaign.create(POOL, ledger=ledger) as campaign:
        yield campaign


# --- creating and opening


def test_a_campaign_is_created_from_a_file_a_mapping_or_a_spec(ledger: Path) -> None:
    file = ROOT / "examples" / "by_hand.yaml"
    with zo.Campaign.create(file, ledger=ledger, seed=11, overrides={"budget.experiments": 7}) as first:
        assert (first.spec.seed, first.spec.budget.experiments) == (11, 7)
        spec = first.spec
    with zo.Campaign.create(spec, ledger=ledger, overrides={"space": {**spec.model_dump()["space"]}}) as second:
        assert second.spec == spec
    with zo.Campaign.create(BY_HAND, ledger=str(ledger), seed=3) as third:
        assert (third.spec.seed, list(third.spec.space)) == (3, ["temperature", "solvent"])
    with zo.Campaign.open("last", ledger=ledger) as again:
        assert again.id == third.id
    with zo.Campaign.open(first.id[-8:], ledger=ledger) as again:
        assert again.id == first.id


def test_files_of_a_mapping_are_found_in_its_folder(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ledger.parent
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with zo.Campaign.create(POOL, ledger=ledger, folder=folder) as campaign:
        assert campaign.run().status == "finished"
    with pytest.raises(zo.DataError, match=r"cannot read table\.csv"):
        zo.Campaign.create(POOL, ledger=ledger)


def test_a_ledger_or_campaign_that_is_not_there_is_told_and_not_made(ledger: Path) -> None:
    with pytest.raises(zo.NotFoundError, match="there is no ledger") as caught:
        zo.Campaign.open("last", ledger=ledger)
    assert "zo.Campaign.create" in caught.value.hint
    assert not ledger.exists()
    with zo.Campaign.create(BY_HAND, ledger=ledger), pytest.raises(zo.NotFoundError, match="no campaign c-nothing"):
        zo.Campaign.open("c-nothing", ledger=ledger)


def test_a_wrong_spec_writes_nothing(ledger: Path) -> None:
    with pytest.raises(zo.SpecError, match="unknown field 'spac'"):
        zo.Campaign.create({**BY_HAND, "spac": {}}, ledger=ledger)
    with pytest.raises(zo.SpecError, match="this is no campaign"):
        zo.Campaign.create(5, ledger=ledger)  # type: ignore[arg-type]
    assert not ledger.exists()


def test_the_record_says_who_acts_and_what_was_overridden(ledger: Path) -> None:
    file = ROOT / "examples" / "by_hand.yaml"
    with zo.Campaign.create(file, ledger=ledger, overrides={"name": "no: yes"}, author="Ada") as campaign:
        campaign.pause("lunch")
        name = campaign.id
    with Ledger(str(ledger)) as opened:
        created, paused = opened.events(name)
    assert created.body["by"]["name"] == paused.body["by"]["name"] == "Ada"
    assert created.body["source"]["overrides"] == ['name="no: yes"']
    assert created.body["spec"]["name"] == "no: yes"


@pytest.mark.parametrize("name", ["colour", "pool", "by_hand", "paused", "interrupted", "asked"])
def test_a_campaign_that_an_earlier_version_stored_opens(ledger: Path, name: str) -> None:
    campaign = restore(name, ledger)
    with zo.Campaign.open(campaign, ledger=ledger) as found:
        assert found.verify().partition(":")[0].isdecimal()
        assert found.id in repr(found)
        assert len(found.to_frame()) == len(found.experiments) > 0
        assert (found.best is None) == (not found.observations)


# --- by hand


def test_results_are_told_one_by_one_in_lists_in_frames_and_in_files(by_hand: zo.Campaign) -> None:
    import pandas as pd

    a, b, c, d, e, f = by_hand.ask(6)
    assert by_hand.tell(a, yield_=(50.0, 0.5)) == [a.id]
    assert by_hand.tell([(b, {"yield_": 51.0}), (c.id, {"yield_": (52.0, 1.0)})]) == [b.id, c.id]
    rows = [{"experiment": d.id, "yield_": 53.0, "yield__uncertainty": 0.25}, {"experiment": e.id, "failed": "froze"}]
    assert by_hand.tell(rows) == [d.id, e.id]
    frame = pd.DataFrame([{"experiment": f.id, "yield_": 54.5}, {"experiment": None, **dict(a), "yield_": 49.5}])
    assert by_hand.tell(frame) == [f.id, "e0007"]
    Path("more.csv").write_text("temperature,solvent,yield_\n30,DMF,40\n", encoding="utf-8")
    assert by_hand.tell("more.csv") == ["e0008"]
    assert by_hand.tell(Path("more.csv")) == ["e0008"], "a table told again adds nothing"
    assert by_hand.tell(Path("more.csv"), replicates=True) == ["e0009"]
    found = {item.id: item.outcomes["yield_"].value for item in by_hand.experiments if item.outcomes}
    assert list(found.values()) == [50.0, 51.0, 52.0, 53.0, 54.5, 49.5, 40.0, 40.0]
    assert by_hand.experiments[3].outcomes["yield_"].uncertainty == 0.25
    assert by_hand.experiments[4].failure == "froze"
    assert by_hand.best is not None
    assert by_hand.best.id == f.id
    assert by_hand.predict(a)["yield_"].mean.shape == (1,)


def test_many_results_are_recorded_all_or_none(by_hand: zo.Campaign) -> None:
    a, b = by_hand.ask(2)
    wrong: list[tuple[Any, type[zo.ZosimosError], str]] = [
        ([(a, {"yield_": 1.0}), (b, {"yeld_": 1.0})], zo.DataError, "did you mean 'yield_'?"),
        ([{"experiment": a.id, "yield_": 1.0}, {"experiment": b.id, "yeld_": 1.0}], zo.DataError, "'yield_'?"),
        ([{"experiment": a.id, "yield_": 1.0}, {"experiment": a.id, "yield_": 1.0}], zo.StateError, "told twice"),
        ([{"experiment": a.id, "yield_": "high"}], zo.DataError, "not a finite number"),
        ([], zo.DataError, "no result"),
        (Path("nowhere.csv"), zo.DataError, "cannot read"),
        (5, zo.DataError, "these are no results"),
        ([(a, {"yield_": 1.0}), (b,)], zo.DataError, "no mapping and no pair"),
        ([(a, 3.0)], zo.DataError, "outcomes have no names"),
        ("results.xlsx", zo.DataError, "cannot read"),
        ("nowhere.csv", zo.DataError, "cannot read"),
    ]
    for what, kind, words in wrong:
        with pytest.raises(kind) as caught:
            by_hand.tell(what)
        assert words in str(caught.value)
    assert [item.id for item in by_hand.pending] == [a.id, b.id]


def test_two_programs_share_a_campaign(by_hand: zo.Campaign, ledger: Path) -> None:
    (candidate,) = by_hand.ask()
    with zo.Campaign.open(ledger=ledger) as other:
        other.tell(candidate, yield_=50.0)
        other.pause()
    assert by_hand.status == "paused"
    assert by_hand.best is not None
    assert by_hand.best.id == candidate.id
    with pytest.raises(zo.StateError, match="has a result already"):
        by_hand.tell(candidate, yield_=50.0)


def test_a_closed_campaign_can_be_looked_at_and_not_changed(ledger: Path) -> None:
    with zo.Campaign.create({**BY_HAND, "batch": 2}, ledger=ledger) as campaign:
        candidates = campaign.ask()
    campaign.close()
    assert [c.id for c in campaign.pending] == [c.id for c in candidates]
    assert repr(campaign).startswith("<Campaign c-")
    acts = [campaign.ask, campaign.pause, campaign.run, campaign.verify, lambda: campaign.tell(candidates[0], yield_=1)]
    for act in acts:
        with pytest.raises(zo.StateError, match="is closed") as caught:
            act()  # type: ignore[operator]
        assert campaign.id in caught.value.hint


# --- control


def test_steering_is_undone_and_wrong_steering_refused(by_hand: zo.Campaign) -> None:
    change, step = by_hand.steer({"space.temperature.max": 70}, reason="it boils")
    assert (change.path, change.old, change.new) == ("space.temperature.max", 80.0, 70.0)
    assert (step.path, step.old, step.new) == ("space.temperature.rounding", 0.1, 0.05)
    assert all(float(c["temperature"]) <= 70 for c in by_hand.ask(5))
    back, _ = by_hand.undo()
    assert (back.old, back.new) == (70.0, 80.0)
    with pytest.raises(zo.SpecError, match="cannot be steered"):
        by_hand.steer({"seed": 3})
    (change, *_) = by_hand.steer({"space.temperature": zo.Continuous(25, 80, unit="degC")})
    assert (change.path, change.new) == ("space.temperature.min", 25.0)


def test_a_campaign_is_paused_resumed_and_aborted(by_hand: zo.Campaign) -> None:
    by_hand.pause("lunch")
    assert by_hand.status == "paused"
    with pytest.raises(zo.StateError):
        by_hand.ask()
    by_hand.resume()
    assert by_hand.status == "active"
    by_hand.halt("smoke")
    assert (by_hand.status, by_hand.summary()["reason"]) == ("paused", "smoke")
    by_hand.resume()
    by_hand.abort("enough")
    assert (by_hand.status, by_hand.summary()["reason"]) == ("aborted", "enough")
    with pytest.raises(zo.StateError):
        by_hand.resume()


def test_approvals_are_listed_and_answered(ledger: Path) -> None:
    with zo.Campaign.create({**POOL, "approval": "batch"}, ledger=ledger) as campaign:
        assert campaign.run().status == "waiting"
        (asked,) = campaign.approvals
        assert (asked["kind"], len(asked["experiments"])) == ("experiments", 2)
        assert campaign.approve(asked["token"]).status == "granted"
        assert campaign.run().status == "waiting"
        (asked,) = campaign.approvals
        assert campaign.reject(asked["token"], "too warm").status == "rejected"
        assert [e.status for e in campaign.experiments] == ["measured"] * 2 + ["cancelled"] * 2
        with pytest.raises(zo.NotFoundError):
            campaign.approve(f"{campaign.id}-nothing")


# --- running


def test_a_campaign_runs_verifies_replays_reports_and_exports(pool: zo.Campaign) -> None:
    assert pool.run().status == "finished"
    assert (pool.status, len(pool.experiments)) == ("finished", 6)
    frame = pool.to_frame()
    assert list(frame["quality"]) == [e.outcomes["quality"].value for e in pool.experiments]
    head = pool.verify()
    assert pool.verify(head) == head
    assert (pool.replay().decisions, pool.replay().divergence) == (3, None)
    assert pool.report("out.html") == Path("out.html")
    assert pool.report() == Path("reports") / f"{pool.id}.html"
    assert Path("out.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    json.dumps(pool.summary())
    assert repr(pool).startswith(f"<Campaign {pool.id} 'pool': finished, 6 of 6 experiments, best <Experiment e")


def test_a_finished_campaign_goes_on_when_it_is_given_more(pool: zo.Campaign) -> None:
    pool.run()
    with pytest.raises(zo.StateError, match="what ended it still holds") as caught:
        pool.resume()
    assert "budget.experiments" in caught.value.hint
    pool.steer({"budget.experiments": 8})
    pool.resume()
    assert pool.run().status == "finished"
    assert len(pool.experiments) == 8


def test_a_paused_campaign_is_not_run_before_it_is_resumed(pool: zo.Campaign) -> None:
    pool.pause("lunch")
    ending = pool.run()
    assert (ending.status, ending.reason, pool.experiments) == ("paused", "lunch", [])
    pool.resume()
    assert pool.run().status == "finished"


def test_a_campaign_without_a_lab_says_so_when_it_is_run(by_hand: zo.Campaign) -> None:
    with pytest.raises(zo.StateError, match="no lab to run in"):
        by_hand.run()


def test_a_changed_campaign_file_is_noticed(ledger: Path) -> None:
    file = Path("pool.yaml")
    file.write_text(
        "name: pool\nobjectives: {quality: {goal: max}}\nlab: {kind: pool, file: table.csv}\n"
        "planner: {kind: sobol}\nbudget: {experiments: 2}\n",
        encoding="utf-8",
    )
    with zo.Campaign.create(file, ledger=ledger) as campaign:
        file.write_text(file.read_text(encoding="utf-8") + "batch: 2\n", encoding="utf-8")
        with pytest.raises(zo.SpecError, match="was changed since"):
            campaign.run()
        assert campaign.run(recorded=True).status == "finished"


def test_inside_a_running_loop_run_refuses_and_arun_runs_beside_other_work(pool: zo.Campaign) -> None:
    async def main() -> tuple[str, int]:
        with pytest.raises(zo.StateError, match="an event loop runs already") as caught:
            pool.run()
        assert caught.value.hint == "await campaign.arun()"
        run, turns = asyncio.create_task(pool.arun()), 0
        while not run.done():
            await asyncio.sleep(0)
            assert pool.status in ("active", "finished")  # it can be looked at meanwhile
            turns += 1
        return (await run).status, turns

    status, turns = asyncio.run(main())
    assert (status, pool.status) == ("finished", "finished")
    assert turns > 1
    assert pool.replay().divergence is None


def test_what_runs_in_a_loop_is_what_runs_outside_one(ledger: Path) -> None:
    def found(campaign: zo.Campaign) -> list[Any]:
        return [(item.id, dict(item), item.outcomes["quality"].value) for item in campaign.experiments]

    with zo.Campaign.create(POOL, ledger=ledger) as one, zo.Campaign.create(POOL, ledger=ledger) as two:
        one.run()
        asyncio.run(two.arun())
        assert found(one) == found(two)


def test_a_campaign_may_live_in_memory_and_be_looked_at_while_it_runs(ledger: Path) -> None:
    async def main() -> str:
        with zo.Campaign.create(POOL, ledger="sqlite://") as campaign:
            run = asyncio.create_task(campaign.arun())
            while not run.done():
                await asyncio.sleep(0)
                assert len(campaign.experiments) <= 6
            return (await run).status

    assert asyncio.run(main()) == "finished"
    assert not ledger.exists()


def test_a_cancelled_run_can_be_run_again(ledger: Path) -> None:
    spec = {**POOL, "budget": {"experiments": 20}, "batch": 1, "clock": "paced", "pace": 1e-4}
    with zo.Campaign.create(spec, ledger=ledger) as campaign:

        async def main() -> None:
            run = asyncio.create_task(campaign.arun())
            while not any(item.status == "measured" for item in campaign.experiments):
                await asyncio.sleep(0.01)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

        asyncio.run(main())
        done = len([item for item in campaign.experiments if item.status == "measured"])
        assert 1 <= done < 20
        assert campaign.status == "active"
        assert campaign.run(clock="virtual").status == "finished"
        assert len(campaign.experiments) == 20
        campaign.verify()


def test_a_campaign_that_runs_elsewhere_cannot_be_run_twice(pool: zo.Campaign, ledger: Path) -> None:
    from zosimos.campaign.ledger.claims import execution_claim

    with Ledger(str(ledger)) as opened, execution_claim(opened, pool.id):
        with pytest.raises(zo.LockedError):
            pool.run()
        with pytest.raises(zo.LockedError):
            asyncio.run(pool.arun())


def test_a_record_that_was_changed_is_not_run(pool: zo.Campaign, ledger: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(ledger)
    connection.execute("UPDATE events SET text = replace(text, 'quality', 'guality')")
    connection.commit()
    connection.close()
    with pytest.raises(zo.TamperedError):
        pool.run()
    with pytest.raises(zo.TamperedError):
        pool.verify()


@pytest.mark.slow
def test_the_colour_lab_runs_beside_other_work_as_on_the_command_line(ledger: Path) -> None:
    file = ROOT / "labs" / "colour" / "campaign.yaml"
    with zo.Campaign.create(file, ledger=ledger, overrides={"budget.experiments": 7}) as campaign:
        ending = asyncio.run(campaign.arun())
        assert ending.status == "finished"
        assert campaign.replay().divergence is None
        assert campaign.best is not None
        assert campaign.best.outcomes["delta_e"].origin == "simulated"
