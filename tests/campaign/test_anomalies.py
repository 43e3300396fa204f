"""What is unusual in results is told once, asks for the right thing, and pauses the campaign where that is wanted."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from scripted_lab import Campaign, ScriptedLab, golden
from told_tables import results

from zosimos.campaign.decisions.anomalies import unusual
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.views import status
from zosimos.core.records import Candidate, Measurement, Observation, Prediction


def predicting(setup, inputs):
    """Predict 0 ± 1 everywhere."""
    return [Candidate(c.values, "p", "", {"y": Prediction(0.0, 0.6, 0.8)}) for c in golden(setup, inputs)]


def lab_of(path: Path, values: list[float]) -> ScriptedLab:
    left = iter(values)
    return ScriptedLab(path / "journal", measure=lambda task: [Measurement("y", next(left), origin="simulated")])


def place(i: int) -> float:
    """Go back and forth, so that nothing in time is explained by a place."""
    return (i * 0.6180339887498949) % 1.0


def seen(values: list[float], start: int = 1, at=place) -> list[Observation]:
    return [
        Observation(f"e{i:04d}", {"x": at(i)}, {"y": Measurement("y", value)}, predictions={"y": Prediction(0.0, 1.0)})
        for i, value in enumerate(values, start=start)
    ]


def noise(n: int, seed: int = 3) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(0, 1) for _ in range(n)]


@pytest.mark.slow
def test_an_outlier_is_told_once_and_asks_for_a_repeat(tmp_path: Path) -> None:
    values = noise(20)
    values[16] = 60.0
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, lab_of(tmp_path, values), budget={"experiments": 20})
        assert campaign.run(decide=predicting).status == "finished"
        (notice,) = campaign.state.notices
        assert (notice.kind, notice.experiment, notice.seen) == ("outlier", "e0017", 17)
        assert "60 where 0 ± " in notice.words
        assert "measure it again" in notice.words
        assert campaign.kinds().count("notice.raised") == 1
        assert status(campaign.state)["notices"] == [notice.as_json()]


def test_a_drift_is_told_at_its_onset_and_once_while_it_lasts() -> None:
    values = noise(20) + [3.0 + z for z in noise(20, seed=4)]
    told = []
    for n in range(5, len(values) + 1):
        told += unusual(seen(values[:n]), "y", told)
    changes = [notice for notice in told if notice.kind == "drift"]
    assert len(changes) == 1
    assert "recalibrate the instrument" in changes[0].words
    assert int(changes[0].experiment[1:]) in range(20, 24)
    assert changes[0].experiment in changes[0].words


def test_a_second_drift_after_the_first_was_told_is_told_too() -> None:
    values = noise(10) + [5 + z for z in noise(8, 1)] + noise(30, 2) + [-5 + z for z in noise(10, 5)]
    told = []
    for n in range(5, len(values) + 1):
        told += unusual(seen(values[:n]), "y", told)
    drifts = [notice for notice in told if notice.kind in ("drift", "noise", "trend")]
    assert len(drifts) >= 2
    assert drifts[-1].seen > 48


def searching(n: int, drift: float = 0.0) -> list[Observation]:
    """Walk up a hill that the model does not know, then stay near its top: predictions are behind all the way."""
    z = noise(n, seed=7)
    walk = [min(1.0, i / 25) + 0.02 * z[-i] for i in range(n)]
    found = [10 * x + 0.3 * e + drift * i / n for i, (x, e) in enumerate(zip(walk, z, strict=True))]
    return [
        Observation(
            f"e{i + 1:04d}",
            {"x": x},
            {"y": Measurement("y", y)},
            predictions={"y": Prediction(y - 0.8 + 0.2 * z[i], 0.3)},
        )
        for i, (x, y) in enumerate(zip(walk, found, strict=True))
    ]


def test_a_drift_that_the_search_explains_is_not_told_but_is_in_campaigns_of_earlier_revisions() -> None:
    observations = searching(40)
    assert [notice.kind for notice in unusual(observations, "y", placed=False)] == ["drift"]
    assert unusual(observations, "y") == []


def test_a_drift_beside_a_search_is_told() -> None:
    assert [notice.kind for notice in unusual(searching(40, drift=8.0), "y")] == ["drift"]


def test_results_that_scatter_less_are_what_a_model_that_learns_gives() -> None:
    calmer = [8 * z for z in noise(20)] + noise(20, seed=5)
    assert [notice.kind for notice in unusual(seen(calmer), "y", placed=False)] == ["noise"]
    assert unusual(seen(calmer), "y") == []
    assert [notice.kind for notice in unusual(seen(calmer[::-1]), "y")] == ["noise"]


def test_quiet_results_are_not_spoken_of() -> None:
    assert unusual(seen(noise(30)), "y") == []
    assert unusual([], "y") == []


def test_an_outlier_that_a_repeat_confirmed_is_no_matter() -> None:
    values = noise(20)
    values[16] = 60.0
    observations = seen(values)
    repeat = Observation("e0021", {"x": place(17)}, {"y": Measurement("y", 58.0)})
    assert unusual(observations, "y")
    assert unusual([*observations, repeat], "y") == []


def test_many_outliers_ask_for_a_look_at_the_instruments() -> None:
    values = [0.2 * z for z in noise(20)]
    for place in (14, 17, 19):
        values[place] = 50.0 + place
    kinds = [notice.kind for notice in unusual(seen(values), "y")]
    assert "outliers" in kinds


@pytest.mark.slow
@pytest.mark.parametrize(("watch", "ending"), [("pause", "paused"), ("notify", "finished"), ("off", "finished")])
def test_the_campaign_pauses_only_if_its_file_says_so(tmp_path: Path, watch: str, ending: str) -> None:
    values = noise(20)
    values[16] = 60.0
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, lab_of(tmp_path, values), budget={"experiments": 20}, watch=watch)
        end = campaign.run(decide=predicting, wait_for_people=False)
        assert end.status == ending
        assert len(campaign.state.notices) == (watch != "off")
        if watch == "pause":
            assert "e0017 is an outlier" in end.reason
            campaign.commands.go_on()
            assert campaign.run(decide=predicting).status == "finished"
            assert len(campaign.state.notices) == 1
        found = replay(campaign.record.campaign, ledger.events(campaign.record.campaign), campaign.setup, predicting)
        assert found.divergence is None


def test_results_told_by_hand_are_watched_too(tmp_path: Path) -> None:
    values = noise(20)
    values[16] = 60.0
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        campaign = Campaign(ledger, None, approval="suggest", budget={"experiments": 20})
        names = [e.id for e in campaign.commands.ask(campaign.setup, 20, predicting)]
        table = "experiment,y\n" + "".join(f"{name},{value}\n" for name, value in zip(names, values, strict=True))
        campaign.commands.tell(campaign.setup, results(campaign.state, table.encode()))
        assert [notice.experiment for notice in campaign.state.notices] == ["e0017"]
