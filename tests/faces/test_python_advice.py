"""Advice from Python: a person's, and that of an advisor whose items somebody records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import zosimos as zo
from zosimos.planners.advice import Exclude, Item

SPACE = {"temperature": zo.Continuous(20, 80, unit="degC"), "solvent": zo.Categorical(["DMF", "water"])}


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[zo.Campaign]:
    spec = {"name": "film", "space": SPACE, "objectives": zo.maximize("yield_"), "budget": {"experiments": 20}}
    with zo.Campaign.create(spec, ledger=tmp_path / "lab.db", seed=1, author="ann") as made:
        for candidate in made.ask(4):
            made.tell(candidate, yield_=(80 - abs(candidate["temperature"] - 55), 0.5))
        yield made


def test_a_person_advises_and_what_came_of_it_is_on_record(campaign: zo.Campaign, tmp_path: Path) -> None:
    row = {"temperature": 55, "solvent": "DMF"}
    name = campaign.advise(point=row, expect={"yield_": (79, 2)}, reason="<b>an old note</b>", lasting=6)
    (candidate,) = campaign.ask(1)
    assert (dict(candidate), candidate.origin) == ({"temperature": 55.0, "solvent": "DMF"}, "advice:ann")
    campaign.tell(candidate, yield_=(80.0, 0.5))
    (said,) = campaign.advice
    assert (said["advice"], said["author"], said["until"]) == (name, "ann", 10)
    (came,) = said["followed"]
    assert (came["experiment"], came["best"]) == (candidate.id, True)
    text = campaign.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;an old note&lt;/b&gt;" in text
    assert "<b>an old note" not in text
    assert f"{candidate.id}, the best by then" in text
    assert "yield_ 79.0 ± 2.0" in text
    campaign.withdraw(name, "done")
    assert campaign.advice == []
    assert campaign.replay().divergence is None


def test_a_replicate_is_asked_for_by_the_experiment_itself(campaign: zo.Campaign) -> None:
    best = campaign.best
    assert best is not None
    campaign.advise(replicate=best, prior={"temperature": (55, 5), "solvent": ["DMF"]})
    (candidate,) = campaign.ask(1)
    assert dict(candidate) == dict(best)
    assert campaign.advice[0]["words"][1] == f"measure {best.id} again"


def test_what_an_advisor_says_is_recorded_under_its_name(campaign: zo.Campaign) -> None:
    class Careful:
        async def advise(self, view: Mapping[str, Any]) -> Sequence[Item]:
            return [Exclude(f"temperature > {view['best']['candidate']['temperature'] + 10}")]

    advisor = Careful()
    assert isinstance(advisor, zo.Advisor)
    campaign.advise(*asyncio.run(advisor.advise(campaign.summary())), author="careful", kind="program")
    (said,) = campaign.advice
    assert (said["author"], said["kind"], said["by"]) == ("careful", "program", "ann")
    assert all(c["temperature"] <= said_limit(said) for c in campaign.ask(4))


def said_limit(said: Mapping[str, Any]) -> float:
    return float(said["items"][0]["where"].split(">")[1])


def test_wrong_advice_is_refused_and_nothing_is_written(campaign: zo.Campaign) -> None:
    head = campaign.verify()
    with pytest.raises(zo.SpecError) as caught:
        campaign.advise(point={"temperature": 90, "solvent": "DMF"})
    assert (caught.value.field, caught.value.allowed) == ("point.temperature", "20 to 80 degC")
    with pytest.raises(zo.NotFoundError):
        campaign.withdraw("a0007")
    with pytest.raises(zo.SpecError, match="no advice"):
        campaign.advise()
    assert campaign.verify() == head


def test_a_closed_campaign_takes_no_advice(campaign: zo.Campaign) -> None:
    campaign.close()
    with pytest.raises(zo.StateError, match="closed"):
        campaign.advise(explore="more")
    assert campaign.advice == []
