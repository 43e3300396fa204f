"""A witness tells of heads, so that a record that was cut shows; one that is away never stops the work."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from scripted_lab import Campaign, ScriptedLab
from tests.campaign.test_ledger import C, file_of, pause, tamper, write

from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, head, verify
from zosimos.campaign.ledger.watching import EVERY_S, KEPT_S, Watcher
from zosimos.campaign.ledger.witness import head_line, require_witnessed, witness_at
from zosimos.core.errors import DataError, SettingsError, TamperedError

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str], list[int]]]:
    """A web address, the lines that were sent to it, and the statuses it is to answer with (200 if none is left)."""
    lines: list[str] = []
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            lines.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(statuses.pop(0) if statuses else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}/heads?key=s3cret", lines, statuses
        found.shutdown()
        thread.join()


def test_a_run_writes_heads_of_its_record_and_the_last_one_always(
    ledger: Ledger, lab: ScriptedLab, tmp_path: Path
) -> None:
    campaign = Campaign(ledger, lab)
    name = campaign.record.campaign
    campaign.run(witness=str(tmp_path / "witness"))
    lines = (tmp_path / "witness").read_text().splitlines()
    assert lines[-1].split()[:2] == [name, str(head(ledger, name))]
    assert require_witnessed(ledger, name, tmp_path / "witness") == len(lines)


def test_a_cut_tail_shows_at_the_witness_though_the_chain_holds(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "witness"
    for number in range(4):
        write(ledger, pause(str(number)))
        witness_at(str(path)).write(head_line(C, head(ledger, C), "now"))
    witness_at(str(path)).write(head_line("another", Head(9, "0" * 64), "now"))
    assert require_witnessed(ledger, C, path) == 4
    tamper(ledger, "DELETE FROM events WHERE seq > 2")
    assert verify(ledger, C).seq == 2
    with pytest.raises(TamperedError, match="events 3 to 3 are gone") as caught:
        require_witnessed(ledger, C, path)
    assert "line 3" in str(caught.value.allowed)


def test_a_record_that_was_written_again_shows_at_the_witness(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "witness"
    write(ledger, pause("true"), pause("more"))
    witness_at(str(path)).write(head_line(C, head(ledger, C), "now"))
    tamper(ledger, "DELETE FROM events")
    write(ledger, pause("false"), pause("more"), pause("longer"))
    assert verify(ledger, C).seq == 3
    with pytest.raises(TamperedError, match="event 2 is not the one that was witnessed"):
        require_witnessed(ledger, C, path)


@pytest.mark.parametrize("line", ["c-20300101t000000-00000000 1:12 now", f"{C} no head", C, f"{C} {'x' * 2000}"])
def test_a_line_that_was_changed_is_named(ledger: Ledger, tmp_path: Path, line: str) -> None:
    path = tmp_path / "witness"
    write(ledger, pause())
    path.write_text(f"{head_line(C, head(ledger, C), 'now')}\n{line}\n")
    with pytest.raises(DataError, match="line 2"):
        require_witnessed(ledger, C, path)


def test_a_last_line_that_was_cut_off_is_left_aside(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "witness"
    write(ledger, pause())
    path.write_text(f"{head_line(C, head(ledger, C), 'now')}\n{C} 7:0123")
    assert require_witnessed(ledger, C, path) == 1


def test_a_file_that_tells_nothing_of_a_campaign_is_no_witness_of_it(ledger: Ledger, tmp_path: Path) -> None:
    write(ledger, pause())
    (tmp_path / "empty").touch()
    for path in (tmp_path / "empty", tmp_path / "missing", tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError):
            require_witnessed(ledger, C, path)


@pytest.mark.parametrize(
    "place",
    ["ftp://host/x", "http://", "http://me:s3cret@host/x", "file:///etc/passwd", "/dev/full", "/nowhere/at/all", "."],
)
def test_what_is_no_witness_is_refused_and_no_password_is_shown(place: str) -> None:
    with pytest.raises(SettingsError) as caught:
        witness_at(place)
    assert "s3cret" not in str(caught.value)


def test_lines_are_added_for_the_owner_only_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "witness"
    witness_at(str(path)).write("one")
    witness_at(str(path)).write("two")
    assert path.read_text() == "one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_heads_are_written_no_more_often_than_each_few_seconds(ledger: Ledger, tmp_path: Path) -> None:
    clock = Clock()
    watcher = Watcher(ledger, C, str(tmp_path / "witness"), now=clock.now, monotonic=clock)
    for second in range(int(3 * EVERY_S) + 1):
        clock.seconds = float(second)
        watcher.seen(Head(second + 1, "0" * 64))
        while watcher._under_way is not None and not watcher._under_way.done():
            pass
    watcher.seen(Head(99, "0" * 64))
    watcher.close()
    seen = [int(line.split()[1].split(":")[0]) for line in (tmp_path / "witness").read_text().splitlines()]
    assert seen == [1, 6, 11, 16, 99]


def test_the_head_beside_the_ledger_is_renewed_more_often(ledger: Ledger) -> None:
    clock = Clock()
    watcher = Watcher(ledger, C, now=clock.now, monotonic=clock)
    kept = file_of(ledger).parent / "ledger.db.heads" / f"{C}.head"
    seen = []
    for number in range(1, 12):
        watcher.seen(Head(number, "0" * 64))
        while watcher._under_way is not None and not watcher._under_way.done():
            pass
        seen.append(int(kept.read_text().split()[1].split(":")[0]))
        clock.seconds += KEPT_S / 2
    assert seen == [1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11]


def test_heads_are_sent_to_a_web_address(ledger: Ledger, server: tuple[str, list[str], list[int]]) -> None:
    url, lines, _ = server
    watcher = Watcher(ledger, C, url, now=lambda: NOW)
    watcher.seen(Head(3, "a" * 64))
    watcher.close()
    assert lines == [f"{C} 3:{'a' * 64} 2030-01-01T00:00:00+00:00\n"]


@pytest.mark.parametrize("status", [404, 500, 302])
def test_a_web_address_that_refuses_is_said_once_and_without_its_key(
    ledger: Ledger, server: tuple[str, list[str], list[int]], status: int
) -> None:
    url, lines, statuses = server
    statuses += [status, status]
    clock, said = Clock(), list[str]()
    watcher = Watcher(ledger, C, url, trouble=said.append, now=clock.now, monotonic=clock)
    for number in range(1, 4):
        watcher.seen(Head(number, "0" * 64))
        watcher.close()
        clock.seconds += EVERY_S
    assert len(lines) == 3
    assert len(said) == 1
    assert "s3cret" not in said[0]


def test_a_witness_that_is_away_does_not_stop_a_run(ledger: Ledger, lab: ScriptedLab) -> None:
    said: list[str] = []
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as gone:
        place = f"http://127.0.0.1:{gone.server_port}/"
    ending = Campaign(ledger, lab).run(witness=place, notice=said.append)
    assert ending.status == "finished"
    assert len(said) == 1
    assert "cannot be written to" in said[0]
