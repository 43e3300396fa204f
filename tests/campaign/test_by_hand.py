"""Campaigns by hand: ask, tell, and the tables they exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_lab import Campaign, golden
from told_tables import results

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.control.tables import experiments_csv, export_json
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.results import teaching
from zosimos.campaign.tables.writing import proposals_csv
from zosimos.campaign.views import due, status
from zosimos.core.errors import DataError, NotFoundError, StateError, ZosimosError
from zosimos.core.records import Measurement
from zosimos.core.table import parse_table


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, None, approval="suggest", objectives={"y": {"goal": "max"}, "z": {"goal": "min"}})


def told(campaign: Campaign, text: str) -> list[str]:
    return campaign.commands.tell(campaign.setup, results(campaign.state, text.encode()))


def asked(campaign: Campaign, n: int = 2) -> list[str]:
    return [experiment.id for experiment in campaign.commands.ask(campaign.setup, n, golden)]


def test_a_filled_in_proposal_table_is_taken_back(campaign: Campaign) -> None:
    names = asked(campaign)
    table = proposals_csv(campaign.state, [campaign.experiment(name) for name in names])
    assert table.splitlines()[0] == "experiment,x,y,y_uncertainty,z,z_uncertainty,failed"
    filled = table.replace(",,,,,\n", ",1.5,0.1,2,,\n", 1).replace(",,,,,\n", ",,,,,broke the flask\n", 1)
    assert told(campaign, filled) == names
    assert campaign.statuses() == {"e0001": "measured", "e0002": "failed"}
    assert campaign.experiment("e0001").measurements["y"].uncertainty == 0.1
    assert campaign.experiment("e0001").measurements["z"].uncertainty is None
    assert campaign.experiment("e0002").reason == "broke the flask"


def test_rows_not_filled_in_yet_are_passed_over(campaign: Campaign) -> None:
    asked(campaign)
    assert told(campaign, "experiment,y,z\ne0001,1,2\ne0002,,\n") == ["e0001"]
    assert campaign.statuses()["e0002"] == "proposed"


def test_results_of_ones_own_are_added_and_do_not_use_up_the_budget(campaign: Campaign) -> None:
    assert told(campaign, "x,y,z\n0.25,1,2\n0.75,2,1\n") == ["e0001", "e0002"]
    assert campaign.state.used == 0
    assert [o.values["x"] for o in campaign.state.observations] == [0.25, 0.75]
    assert len(asked(campaign, 9)) == 4  # the whole budget is left


def test_results_outside_the_bounds_are_taken_when_they_are_meant(campaign: Campaign) -> None:
    campaign.commands.tell(campaign.setup, results(campaign.state, b"x,y,z\n1.5,1,2\n"), outside=True)
    assert campaign.state.observations[0].values == {"x": 1.5}


def test_conditions_that_nobody_chose_may_lie_outside_their_range(campaign: Campaign) -> None:
    humid = Campaign(campaign.ledger, None, context={"humidity": {"min": 0, "max": 60}})
    humid.commands.tell(humid.setup, [Result(None, {"x": 0.5, "humidity": 72.0}, [Measurement("y", 1.0)])])
    assert humid.state.observations[0].values == {"x": 0.5, "humidity": 72.0}


def test_a_failure_of_ones_own_keeps_its_reason(campaign: Campaign) -> None:
    told(campaign, "x,y,z,failed\n0.25,,,precipitated\n")
    assert campaign.experiment("e0001").status == "failed"
    assert campaign.experiment("e0001").reason == "precipitated"
    assert campaign.state.observations[0].failed


def test_asking_beyond_the_budget_gives_what_is_left_and_then_says_so(campaign: Campaign) -> None:
    assert len(asked(campaign, 3)) == 3
    assert len(asked(campaign, 3)) == 1
    with pytest.raises(StateError, match="budget of 4 experiments is used up"):
        asked(campaign)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("experiment,remark\ne0001,fine\n", "columns 'y', 'z' are missing"),
        ("experiment,y,z\ne0001,nan,2\n", "line 2: y is not a finite number"),
        ("experiment,y,z,y_uncertainty\ne0001,1,2,-1\n", "standard uncertainty is not a finite number of 0 or more"),
        ("experiment,y,z\ne0009,1,2\n", "no experiment e0009"),
        ("experiment,x,y,z\ne0001,0.5,1,2\n", "values differ from those of e0001"),
        ("experiment,y,z\ne0001,1,2\ne0001,1,2\n", "told twice"),
        ("experiment,y,z\ne0001,,\n", "holds no result"),
        ("experiment,y,z,failed\ne0001,1,,broke\n", "line 2: it failed and has an outcome"),
        ("y,z\n1,2\n", "column 'x' is missing"),
        ("x,y,z\n80,1,2\n", "x: 80 is outside"),
    ],
)
def test_a_wrong_table_changes_nothing(campaign: Campaign, text: str, words: str) -> None:
    asked(campaign)
    before = campaign.state.seq
    with pytest.raises(ZosimosError, match=words):
        told(campaign, text)
    assert campaign.state.seq == before


def test_a_result_that_breaks_a_constraint_is_taken_only_when_it_is_meant(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, constraints=["x <= 0.6"])
        before = campaign.state.seq
        with pytest.raises(DataError, match=r"it breaks x <= 0\.6") as caught:
            told(campaign, "x,y\n0.5,1\n0.7,2\n")
        assert (caught.value.field, campaign.state.seq) == ("constraints", before)
        assert "--outside" in caught.value.hint
        found = results(campaign.state, b"x,y\n0.7,2\n")
        assert campaign.commands.tell(campaign.setup, found, outside=True) == ["e0001"]


def test_other_columns_are_kept_as_notes_of_results_and_failures(campaign: Campaign) -> None:
    asked(campaign)
    told(campaign, "experiment,y,z,failed,Remarks,by\ne0001,1,2,,cloudy,Ann\ne0002,,,gelled,,Ben\n")
    told(campaign, "x,y,z,Remarks\n0.25,1,2,my own\n")
    assert campaign.experiment("e0001").notes == {"Remarks": "cloudy", "by": "Ann"}
    assert campaign.experiment("e0002").notes == {"by": "Ben"}
    assert campaign.experiment("e0003").notes == {"Remarks": "my own"}
    header, first, *_ = experiments_csv(campaign.state).splitlines()
    assert header.endswith(",ended,changes,Remarks,by")
    assert first.endswith(",cloudy,Ann")


def test_a_limit_is_kept_shown_and_neither_the_best_nor_learned_from(campaign: Campaign) -> None:
    told(campaign, "x,y,z\n0.25,>900,2\n0.5,1,2\n")
    assert [o.measurements["y"].limit for o in campaign.state.observations] == ["above", None]
    assert teaching(campaign.state.observations[0].measurements) == {"z": 2.0}
    assert status(campaign.state)["best"]["pareto"][0]["experiment"] == "e0002"
    assert ">900.0" in experiments_csv(campaign.state)


def test_what_would_end_a_campaign_by_hand_is_told(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, stop={"reach": {"y": 2}})
        told(campaign, "x,y\n0.5,1\n")
        assert due(campaign.state) == ""
        told(campaign, "x,y\n0.7,2.5\n")
        assert due(campaign.state) == status(campaign.state)["reason"] == "the goal is reached by e0002: y 2.5"
        assert campaign.commands.ask(campaign.setup, 1, golden)  # a person may go on


def test_stop_rules_that_ask_the_models_are_asked_by_hand_too(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, stop={"regret": 0.5})
        told(campaign, "x,y\n" + "".join(f"{i / 10},{i / 10}\n" for i in range(11)))
        campaign.commands.ask(campaign.setup, 1, golden)
        assert campaign.state.forecast is not None
        assert "no untried experiment is expected to be better" in due(campaign.state)


def test_all_rows_are_recorded_or_none(campaign: Campaign) -> None:
    asked(campaign)
    with pytest.raises(NotFoundError):
        told(campaign, "experiment,y,z\ne0001,1,2\ne0077,1,2\n")
    assert campaign.statuses() == {"e0001": "proposed", "e0002": "proposed"}


def test_a_result_is_not_replaced_by_another_unasked(campaign: Campaign) -> None:
    asked(campaign)
    told(campaign, "experiment,y,z\ne0001,1,2\n")
    before = campaign.state.seq
    with pytest.raises(StateError, match=r"2 values differ from what is on record: .*y of e0001: 1 on record, 3 here"):
        told(campaign, "experiment,y,z\ne0001,3,4\n")
    assert campaign.state.seq == before


def test_export_holds_every_experiment_and_disarms_formulas(campaign: Campaign) -> None:
    asked(campaign)
    told(campaign, 'experiment,y,z,failed\ne0001,1,2,\ne0002,,,=HYPERLINK("http://x")\n')
    text = experiments_csv(campaign.state)
    assert "'=HYPERLINK" in text
    assert len(text.splitlines()) == 3
    data = export_json(campaign.state)
    assert [run["status"] for run in data["runs"]] == ["measured", "failed"]
    assert data["best"]["pareto"][0]["experiment"] == "e0001"


def test_a_result_needs_the_columns_of_its_kind() -> None:
    with pytest.raises(DataError, match="has no rows"):
        parse_table(b"experiment,y\n", "results.csv")


def test_a_result_of_ones_own_without_a_parameters_column_is_refused_with_the_column(campaign: Campaign) -> None:
    with pytest.raises(DataError, match="column 'x' is missing") as caught:
        results(campaign.state, b"experiment,y,z\n,1.5,2\n")
    assert caught.value.field == "x"
