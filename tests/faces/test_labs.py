"""Labs on the command line: the demo, a served lab that plain programs talk to, the wire trace."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

pytestmark = pytest.mark.slow


def served(started: Callable[..., Any], *more: object) -> tuple[subprocess.Popen[str], dict[str, str]]:
    process = started("lab", "serve", "colour", "--tcp", "127.0.0.1:0", "--json", *more)
    return process, json.loads(process.stdout.readline())["devices"]


@pytest.fixture
def ports(started: Callable[..., Any]) -> Iterator[dict[str, str]]:
    process, urls = served(started, "--time-scale", "50")
    yield urls
    process.terminate()


def exchange(port: serial.SerialBase, request: bytes, end: bytes = b"\n") -> bytes:
    port.write(request)
    return port.read_until(end)


def test_a_plain_script_from_the_manual_talks_to_the_served_pump(ports: dict[str, str]) -> None:
    """Typed from the pump's manual, with nothing of ours."""
    pump = serial.serial_for_url(ports["pump"], timeout=2)
    assert exchange(pump, b"/1Q\r") == b"/0`\x03\r\n"
    assert exchange(pump, b"/1A100R\r") == b"/0g\x03\r\n"
    assert exchange(pump, b"/1ZR\r") == b"/0@\x03\r\n"
    ready(pump)
    assert exchange(pump, b"/1I2A1500R\r") == b"/0@\x03\r\n"
    ready(pump)
    assert exchange(pump, b"/1?\r") == b"/0`1500\x03\r\n"
    assert exchange(pump, b"/1I5A0R\r") == b"/0@\x03\r\n"
    ready(pump)
    balance = serial.serial_for_url(ports["balance-1"], timeout=2)
    assert exchange(balance, b"I4\r\n") == b'I4 A "B001"\r\n'
    weight = re.fullmatch(rb"S S +([0-9.]+) g\r\n", exchange(balance, b"S\r\n"))
    assert weight is not None
    assert float(weight[1]) == pytest.approx(25.0 + 0.4989, abs=0.001)
    sensor = serial.serial_for_url(ports["sensor-1"], timeout=2)
    assert json.loads(exchange(sensor, b'{"id":1,"cmd":"hello"}\n'))["device"] == "as7341-cell"


def ready(pump: serial.SerialBase) -> None:
    end = time.monotonic() + 5
    while not exchange(pump, b"/1Q\r")[2] & 0x20:
        assert time.monotonic() < end


def test_a_campaign_runs_on_a_served_lab(
    started: Callable[..., Any], shell: Callable[..., Any], cli: Callable[..., Any]
) -> None:
    process, urls = served(started, "--time-scale", "500", "--journal", "lab.jsonl")
    numbers = [int(url.rsplit(":", 1)[1]) for url in urls.values()]
    process.terminate()
    process.wait(10)
    first = next(n for n in range(min(numbers), 60_000, 7))  # five ports in a row that were free a moment ago
    process = started("lab", "serve", "colour", "--tcp", f"127.0.0.1:{first}", "--json", "--time-scale", "500")
    assert json.loads(process.stdout.readline())["time_scale"] == 500
    shell("plan", "match the colour (40, 120, 80) in 2 experiments", "--lab", "colour", "-o", "c.yaml", "--no-dry-run")
    sets = [f"lab.served=127.0.0.1:{first}", "lab.time_scale=500", "planner.kind=sobol"]
    ran = cli("run", "c.yaml", *[word for text in sets for word in ("--set", text)], "--json")
    assert ran.code == 0, ran.err
    assert ran.json["experiments"] == 2
    shown = cli("show", "last", "e0001", "--wire", "--json").json["wire"]
    assert {line["device"] for line in shown} >= {"pump", "balance-1", "sensor-1"}
    assert any("A" in line["bytes"] for line in shown if line["way"] == "sent")


def test_a_served_lab_goes_on_where_its_journal_ends(started: Callable[..., Any], folder: Path) -> None:
    process, urls = served(started, "--time-scale", "100", "--journal", "lab.jsonl")
    pump = serial.serial_for_url(urls["pump"], timeout=2)
    for command in (b"/1ZR\r", b"/1I2A1500R\r"):
        exchange(pump, command)
        ready(pump)
    time.sleep(0.2)
    process.kill()
    process.wait(10)
    process, urls = served(started, "--time-scale", "100", "--journal", "lab.jsonl")
    pump = serial.serial_for_url(urls["pump"], timeout=2)
    assert exchange(pump, b"/1?\r") == b"/0`1500\x03\r\n"
    (folder / "lab.jsonl").write_text("no journal\n")
    process.kill()
    process.wait(10)
    broken = started("lab", "serve", "colour", "--tcp", "127.0.0.1:0", "--journal", "lab.jsonl")
    assert broken.wait(60) == 2
    assert "line 1, is no journal entry" in broken.stderr.read()


def test_a_lab_file_of_ones_own_is_served_whatever_its_links_say(started: Callable[..., Any], folder: Path) -> None:
    text = (Path(__file__).parents[2] / "examples" / "dilution" / "lab.yaml").read_text(encoding="utf-8")
    (folder / "lab.yaml").write_text(
        text.replace("link: in-process\n    url: sim://dilution/", "link: real\n    url: /dev/tty-")
    )
    process = started("lab", "serve", "lab.yaml", "--tcp", "127.0.0.1:0", "--json", "--time-scale", "50")
    urls = json.loads(process.stdout.readline())["devices"]
    assert list(urls) == ["pump", "sensor"]
    sensor = serial.serial_for_url(urls["sensor"], timeout=2)
    assert json.loads(exchange(sensor, b'{"id":1,"cmd":"hello"}\n'))["device"] == "as7341-cell"


def test_a_lab_file_that_cannot_be_served_is_refused_in_words(cli: Callable[..., Any], folder: Path) -> None:
    text = (Path(__file__).parents[2] / "examples" / "dilution" / "lab.yaml").read_text(encoding="utf-8")
    (folder / "bare.yaml").write_text(text[: text.index("world:")])
    (folder / "unknown.yaml").write_text(text.replace("driver: as7341", "driver: eye"))
    (folder / "wrong.yaml").write_text(text.replace("places:", "spots:"))
    for name, words in (
        ("bare.yaml", "says nothing of a world"),
        ("unknown.yaml", "no installed package simulates the driver 'eye'"),
        ("wrong.yaml", "unknown field 'lab file.spots'"),
        ("missing.yaml", "no lab file of that name"),
        (".", "cannot read"),
    ):
        answer = cli("lab", "serve", name)
        assert answer.code == 2
        assert words in answer.err


def test_bad_addresses_labs_and_scales_are_refused_in_words(cli: Callable[..., Any]) -> None:
    for arguments, words in (
        (("colour", "--tcp", "nowhere"), "--tcp"),
        (("gold",), "there is no simulated rig 'gold'"),
        (("colour", "--time-scale", "0"), "--time-scale"),
    ):
        answer = cli("lab", "serve", *arguments)
        assert answer.code == 2
        assert words in answer.err


def test_the_demo_matches_the_colour(cli: Callable[..., Any], folder: Path) -> None:
    answer = cli("demo", "--set", "budget.experiments=12", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["experiments"] == 12
    page = (folder / answer.json["report"]).read_text()
    assert "What each device did and when" in page
    assert answer.json["best"]["outcomes"]["delta_e"]["value"] < 10


def test_dry_run_says_what_it_takes_and_whether_the_target_is_in_reach(cli: Callable[..., Any], folder: Path) -> None:
    from zosimos.labs.colour.options import FOLDER

    (folder / "colour.yaml").write_text((FOLDER / "campaign.yaml").read_text())
    answer = cli(
        "dry-run", "colour.yaml", "--set", "budget.experiments=3", "--set", "lab.target=[255, 0, 255]", "--json"
    )
    assert answer.code == 0, answer.err
    account = answer.json["account"]
    assert account["target in reach"].startswith("NO: the nearest colour is sRGB (")
    assert "water" in account["reagents"]
    assert answer.json["simulated_s"] > 60
