"""PostgreSQL behind a network that fails: cut and silent connections, and a server that ends what is idle."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from scripted_lab import Campaign, ScriptedLab
from tcp_proxy import TcpProxy

from zosimos.campaign.ledger.database import postgres
from zosimos.campaign.ledger.database.engine import make_engine, normalised_url
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.core.background import left_behind
from zosimos.core.errors import LedgerAwayError

pytestmark = pytest.mark.postgres


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    server = os.environ.get("ZOSIMOS_TEST_POSTGRES")
    if not server:
        pytest.skip("ZOSIMOS_TEST_POSTGRES names no server")
    url = sa.make_url(normalised_url(server))
    with TcpProxy(url.host or "127.0.0.1", url.port or 5432) as made:
        yield made


@pytest.fixture
def distant(proxy: TcpProxy, store_url: str) -> Iterator[Ledger]:
    """A ledger behind the proxy."""
    if not store_url.startswith("postgresql"):
        pytest.skip("SQLite has no network")
    url = sa.make_url(store_url).set(host="127.0.0.1", port=proxy.port)
    with Ledger(url.render_as_string(hide_password=False)) as opened:
        yield opened
        proxy.cut()  # what was left behind in the silence ends with its connection
        deadline = time.monotonic() + 10
        while left_behind() and time.monotonic() < deadline:
            time.sleep(0.01)


@pytest.fixture
def lab(tmp_path: Path) -> ScriptedLab:
    return ScriptedLab(tmp_path / "journal", wait_s=0.01, default_clock="wall")


def went_on(campaign: Campaign, lab: ScriptedLab, ledger: Ledger) -> None:
    assert [one.status for one in campaign.state.experiments.values()] == ["measured"] * 4
    assert len(lab.effects()) == len(set(lab.effects())) == 8
    verify(ledger, campaign.record.campaign)


def test_a_connection_that_is_cut_stops_no_device(distant: Ledger, lab: ScriptedLab, proxy: TcpProxy) -> None:
    campaign, said = Campaign(distant, lab), list[str]()

    def trouble(moment: str, effect: str) -> None:
        if moment == "after" and effect.startswith("e0002"):
            proxy.cut()

    lab.trouble = trouble
    assert campaign.run(notice=said.append).status == "finished"
    went_on(campaign, lab, distant)
    assert campaign.state.sessions == 1
    assert not said


@pytest.mark.slow
@pytest.mark.parametrize("when", ["between", "within"])
def test_a_server_that_stands_still_is_given_up_in_words(
    distant: Ledger, proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    if "timeout" not in signature(psycopg.Connection.wait).parameters:
        pytest.skip("this psycopg waits for ever")
    campaign = Campaign(distant, None)
    monkeypatch.setattr(postgres, "ANSWER_S", 0.5)

    def written() -> None:
        with distant.writing() as connection:
            proxy.silent.set()
            connection.execute(sa.text("SELECT 1"))

    if when == "between":
        proxy.silent.set()
    began = time.monotonic()
    with pytest.raises(LedgerAwayError):
        campaign.commands.pause("nobody hears it") if when == "between" else written()
    assert time.monotonic() - began < 20, "a new connection is tried, too"
    proxy.silent.clear()
    proxy.cut()
    assert distant.last(campaign.record.campaign) == 1
    campaign.commands.pause("now it is heard")
    assert distant.last(campaign.record.campaign) == 2


def test_a_server_that_ends_idle_connections_is_no_error(distant: Ledger, store_url: str) -> None:
    campaign = Campaign(distant, None)
    with distant.engine.connect() as idle:
        backend = idle.execute(sa.select(sa.func.pg_backend_pid())).scalar()
    engine = make_engine(store_url)
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_terminate_backend(backend)))
    engine.dispose()
    assert distant.last(campaign.record.campaign) == 1


@pytest.mark.slow
def test_a_silent_network_is_noticed_within_10_s_and_waited_for(
    distant: Ledger, lab: ScriptedLab, proxy: TcpProxy
) -> None:
    campaign, said, since = Campaign(distant, lab), list[str](), list[float]()

    def trouble(moment: str, effect: str) -> None:
        if (moment, effect) == ("after", "e0002/0/1"):
            since.append(time.monotonic())
            proxy.silent.set()

    def say(words: str) -> None:
        said.append(words)
        since.append(time.monotonic())
        threading.Timer(1.0, proxy.silent.clear).start()

    lab.trouble = trouble
    assert campaign.run(notice=say).status == "finished"
    assert since[1] - since[0] < 10.5
    assert lab.safe
    assert len(said) == 2
    went_on(campaign, lab, distant)


@pytest.mark.slow
def test_a_campaign_goes_on_wherever_its_connection_is_cut(distant: Ledger, lab: ScriptedLab, proxy: TcpProxy) -> None:
    campaign, over = Campaign(distant, lab), threading.Event()

    def cutting() -> None:
        pause = 0.011
        while not over.wait(pause):
            proxy.cut()
            pause = 0.011 + (pause * 7.3) % 0.3

    thread = threading.Thread(target=cutting)

    def trouble(moment: str, effect: str) -> None:
        if (moment, effect) == ("before", "e0001/0/1"):  # what fails before a run has begun is told at once
            thread.start()
        if (moment, effect) == ("after", "e0004/1/1"):
            over.set()

    lab.trouble = trouble
    try:
        assert campaign.run(notice=lambda _: over.set()).status == "finished"
    finally:
        over.set()
        thread.join()
    went_on(campaign, lab, distant)
