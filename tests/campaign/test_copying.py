"""A campaign moves from one ledger to another and back with its hashes; what has parted stays apart."""

import random

import pytest
from stored_campaigns import restore
from tests.campaign.test_ledger import C, pause, tamper, write

from zosimos.campaign.control.tables import export_json
from zosimos.campaign.ledger.safekeeping.copying import copy_campaign
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import head, verify
from zosimos.campaign.record.record import Record
from zosimos.core.errors import NotFoundError, StateError, TamperedError


def filled(ledger: Ledger, events: int = 30) -> None:
    chance = random.Random(1)
    for number in range(events):
        name = ledger.put_artifact(chance.randbytes(number))
        write(ledger, pause(f'é ± "{number}"\n\\ 𝛼'), pause({"raw": [name, 0.1 + number, None, 1e-300]}))


def test_a_campaign_keeps_its_texts_hashes_and_artifacts_there_and_back(
    ledger: Ledger, store: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    filled(ledger)
    ledger.put_artifact(b"of nobody")
    there = copy_campaign(ledger, C, store)
    assert (there.head, there.events, there.artifacts) == (head(ledger, C), 60, 30)
    with Ledger(str(tmp_path_factory.mktemp("back") / "back.db")) as again:
        back = copy_campaign(store, C, again)
        assert back == there
        assert again.stored(C) == store.stored(C) == ledger.stored(C)
        assert verify(again, C) == head(ledger, C)
    with pytest.raises(NotFoundError):
        store.artifact("sha256:" + "0" * 64)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["colour", "by_hand", "asked"])
def test_a_campaign_that_was_run_is_the_same_campaign_there_and_back(
    store: Ledger, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("stored")
    campaign = restore(name, folder / "stored.db")
    with Ledger(str(folder / "stored.db")) as source, Ledger(str(folder / "back.db")) as back:
        first = copy_campaign(source, campaign, store)
        assert copy_campaign(store, campaign, back).head == first.head == head(source, campaign)
        assert back.stored(campaign) == store.stored(campaign) == source.stored(campaign)
        states = [export_json(Record(ledger, campaign).state) for ledger in (source, store, back)]
    assert states[0] == states[1] == states[2]


@pytest.mark.slow
def test_a_long_chain_is_copied_page_by_page(ledger: Ledger, store: Ledger) -> None:
    write(ledger, *(pause(str(number)) for number in range(2001)))
    assert copy_campaign(ledger, C, store).events == 2001
    assert store.stored(C) == ledger.stored(C)


def test_a_copy_is_continued_and_one_that_is_whole_stays_as_it_is(ledger: Ledger, store: Ledger) -> None:
    filled(ledger, 3)
    copy_campaign(ledger, C, store)
    write(ledger, pause("later"))
    assert copy_campaign(ledger, C, store).events == 1
    assert copy_campaign(ledger, C, store).events == 0
    assert store.stored(C) == ledger.stored(C)


def test_records_that_have_parted_are_not_copied_onto_each_other(ledger: Ledger, store: Ledger) -> None:
    filled(ledger, 3)
    copy_campaign(ledger, C, store)
    write(store, pause("there"))
    write(ledger, pause("here"), pause("and more"))
    before = store.stored(C)
    with pytest.raises(StateError, match="have parted") as caught:
        copy_campaign(ledger, C, store)
    assert caught.value.value == "event 7 is the first that differs"
    assert store.stored(C) == before


def test_another_campaign_of_the_same_id_is_refused_from_its_first_event(ledger: Ledger, store: Ledger) -> None:
    write(ledger, pause("one"))
    write(store, pause("another"))
    with pytest.raises(StateError, match="have parted") as caught:
        copy_campaign(ledger, C, store)
    assert caught.value.value == "event 1 is the first that differs"


def test_a_record_that_goes_on_there_is_copied_the_other_way_round(ledger: Ledger, store: Ledger) -> None:
    filled(ledger, 3)
    copy_campaign(ledger, C, store)
    write(store, pause("there"))
    with pytest.raises(StateError, match="goes on there") as caught:
        copy_campaign(ledger, C, store)
    assert "the other way round" in caught.value.hint
    assert copy_campaign(store, C, ledger).events == 1
    assert head(ledger, C) == head(store, C)


@pytest.mark.parametrize(
    "change",
    ["UPDATE events SET text = replace(text, '2030', '2031') WHERE seq = 2", "UPDATE artifacts SET data = 'x'"],
)
def test_nothing_is_copied_of_a_record_that_was_changed(ledger: Ledger, store: Ledger, change: str) -> None:
    filled(ledger, 2)
    tamper(ledger, change)
    with pytest.raises(TamperedError):
        copy_campaign(ledger, C, store)
    assert store.campaigns() == []


def test_a_campaign_that_is_not_there_is_not_copied(ledger: Ledger, store: Ledger) -> None:
    with pytest.raises(NotFoundError):
        copy_campaign(ledger, C, store)
    assert store.campaigns() == []
