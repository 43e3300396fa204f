"""Ledgers that somebody else made, that cannot be written, or that others must not read."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_lab import Campaign

from zosimos.campaign.ledger.database.engine import shown
from zosimos.campaign.ledger.events import GENESIS, Draft, chained, opened
from zosimos.campaign.ledger.opening import exists
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import head, verify
from zosimos.campaign.record.record import Record
from zosimos.core.errors import LedgerError, NotFoundError, SettingsError, TamperedError

C = "c-20300101t000000-00000000"
AT = "2030-01-01T00:00:00+00:00"
SOURCE = str(Path(__file__).resolve().parents[2] / "src")
posix = pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX systems")


def pause(ledger: Ledger, campaign: str = C) -> None:
    known = ledger.events(campaign)
    after, previous = (known[-1].seq, known[-1].hash) if known else (0, GENESIS)
    ledger.append(
        campaign, lambda: AT, lambda _: [Draft("campaign.paused", {"reason": "x"})], after=after, previous=previous
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a ledger with a campaign of three events."""
    found = tmp_path / "a folder # % é" / "z.db"
    with Ledger(str(found)) as ledger:
        for _ in range(3):
            pause(ledger)
    return found


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


# --- who may read it


@posix
def test_a_new_ledger_and_what_lies_beside_it_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "z.db")) as ledger:
        pause(ledger)
        rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("z.db*") if path.is_file()}
    assert rights == {"z.db": 0o600, "z.db-wal": 0o600, "z.db-shm": 0o600}


@posix
def test_the_rights_of_a_ledger_that_is_there_are_left_alone(path: Path) -> None:
    path.chmod(0o644)
    with Ledger(str(path)) as ledger:
        pause(ledger)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@posix
def test_a_new_ledger_at_the_end_of_a_link_is_its_owners_too(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    with Ledger(str(tmp_path / "link.db")) as ledger:
        pause(ledger)
    assert stat.S_IMODE((tmp_path / "real.db").stat().st_mode) == 0o600


# --- one that cannot be written


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Mount a folder so that nothing in it can be changed, also by root."""
    done = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], capture_output=True, check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], capture_output=True, check=True)


def check_readable(path: Path, events: int) -> None:
    with Ledger(str(path)) as ledger:
        assert ledger.read_only
        assert ledger.campaigns() == [C]
        assert verify(ledger, C) == head(ledger, C)
        assert len(ledger.events(C)) == events
        with pytest.raises(LedgerError, match="can be read but not changed") as caught:
            pause(ledger)
        assert caught.value.hint
        with pytest.raises(LedgerError, match="can be read but not changed"):
            ledger.put_note("a", "b")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount here")
@pytest.mark.parametrize("beside", ["nothing", "an empty log", "log and index", "a log alone"])
def test_a_ledger_on_a_read_only_medium_can_be_looked_at_with_all_its_events(path: Path, beside: str) -> None:
    copied = path.with_name("copy.db")
    with Ledger(str(path)) as ledger:  # its log is in use, and holds the events
        pause(ledger)
        shutil.copyfile(path, copied)
        for end in ("-wal", "-shm"):
            if beside in ("log and index", "a log alone") and (end, beside) != ("-shm", "a log alone"):
                shutil.copyfile(f"{path}{end}", f"{copied}{end}")
    if beside in ("nothing", "an empty log"):
        shutil.copyfile(path, copied)
    if beside == "an empty log":
        Path(f"{copied}-wal").touch()
    before = sorted(path.name for path in copied.parent.iterdir())
    with read_only(path.parent):
        check_readable(copied, 4)
        assert sorted(path.name for path in copied.parent.iterdir()) == before


AS_NOBODY = """
import os, sys, tempfile
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import LedgerError
with tempfile.TemporaryDirectory() as folder, Ledger(folder + "/a.db"):
    pass  # what it needs is loaded while it may be read
os.setgroups([]), os.setgid(65534), os.setuid(65534)
with Ledger(sys.argv[1]) as ledger:
    print(ledger.read_only, ledger.campaigns(), len(ledger.events(ledger.campaigns()[0])))
    try:
        ledger.put_note("a", "b")
    except LedgerError as error:
        print(error.message)
"""


@pytest.fixture
def shared(path: Path) -> Iterator[Path]:
    """The same ledger where everybody may enter: pytest closes its own folders again when another run of it begins."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        if not all(parent.stat().st_mode & stat.S_IXOTH for parent in Path(made).parents):
            pytest.skip("only their owner can enter the folder of temporary files")
        yield Path(shutil.copytree(path.parent, Path(made) / path.parent.name)) / path.name


@pytest.mark.slow
@posix
@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o777), (0o444, 0o555), (0o644, 0o755)])
def test_somebody_without_the_right_to_write_can_look(shared: Path, file: int, folder: int) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    shared.chmod(file)
    shared.parent.chmod(folder)
    environment = {**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(shared)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout.splitlines() == [
        f"True ['{C}'] 3",
        "the ledger can be read but not changed: its file or its folder is read-only",
    ], done.stderr


# --- one that somebody else made


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM meta; END"],
        ["CREATE TRIGGER t AFTER INSERT ON artifacts BEGIN DELETE FROM events; END"],
        ["CREATE VIEW v AS SELECT 1"],
        ["ALTER TABLE events RENAME TO e", "CREATE VIEW events AS SELECT * FROM e"],
        ["ALTER TABLE meta RENAME TO m", "CREATE VIEW meta AS SELECT * FROM m"],
        ["DROP TABLE events"],
        ["ALTER TABLE events ADD COLUMN more TEXT"],
        ["ALTER TABLE events ADD COLUMN more TEXT AS (upper(text)) VIRTUAL"],
        ["DROP TABLE artifacts", "CREATE TABLE artifacts (name TEXT, data BLOB AS (zeroblob(900000000)) VIRTUAL)"],
        ["DROP TABLE events", "CREATE VIRTUAL TABLE events USING fts5(campaign, seq, prev, hash, text)"],
    ],
)
def test_a_file_that_is_more_or_less_than_a_ledgers_tables_is_refused(path: Path, statements: list[str]) -> None:
    change(path, *statements)
    with pytest.raises(TamperedError, match="the file is no ledger as Zosimos makes it") as caught:
        Ledger(str(path))
    assert caught.value.hint


def test_functions_in_a_schema_are_not_trusted(path: Path) -> None:
    with Ledger(str(path)) as ledger, ledger.engine.connect() as connection:
        for pragma, value in (("trusted_schema", 0), ("cell_size_check", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


BODY = '{"at":"2030-01-01T00:00:00+00:00","body":%s,"campaign":"c","kind":"campaign.paused","seq":1,"v":1}'


@pytest.mark.parametrize(
    "body",
    [
        '{"reason":NaN}',
        '{"reason":-Infinity}',
        '{"reason":1e999}',
        '{"reason":-1E+400}',
        f'{{"reason":{"9" * 309}}}',
        f'{{"reason":{"9" * 5000}}}',
        f'{{"reason":{"[" * 201}1{"]" * 201}}}',
        '{"reason":' + '{"a":' * 900 + "1" + "}" * 901,
        f'{{"reason":{"[" * 100_000}1{"]" * 100_000}}}',
        "[]",
        "1",
    ],
)
def test_a_text_that_is_no_event_is_a_changed_ledger(body: str) -> None:
    with pytest.raises(TamperedError, match="not readable"):
        opened(BODY % body, "h")


@pytest.mark.parametrize(
    "envelope",
    ['{"seq": "1"}', '{"at": 5}', '{"kind": 1}', '{"v": 0}', '{"body": null}'],
)
def test_an_envelope_of_other_types_is_a_changed_ledger(envelope: str) -> None:
    with pytest.raises(TamperedError, match="not readable"):
        opened(json.dumps(json.loads(BODY % "{}") | json.loads(envelope)), "h")


@pytest.mark.slow
@given(st.recursive(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=5), st.lists))
def test_every_finite_body_is_read_as_it_was_written(value: Any) -> None:
    assert opened(BODY % json.dumps({"reason": value}), "h").body == {"reason": value}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET text = replace(text, '\"x\"', '\"y\"') WHERE seq = 3",
        "UPDATE events SET text = replace(text, '\"x\"', '\"y\"') WHERE seq = 1",
        "UPDATE events SET hash = (SELECT hash FROM events WHERE seq = 2) WHERE seq = 3",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events WHERE seq = 1",
        "UPDATE events SET text = CAST(text AS BLOB) WHERE seq = 3",
    ],
)
def test_looking_at_a_changed_chain_says_so(path: Path, statement: str) -> None:
    change(path, statement)
    with Ledger(str(path)) as ledger, pytest.raises(TamperedError, match=r"event \d"):
        ledger.events(C)
    with Ledger(str(path)) as ledger, pytest.raises(TamperedError):
        ledger.append(C, lambda: AT, lambda _: [], after=0)


def test_an_event_that_does_not_follow_is_noticed_while_a_record_is_open(path: Path, tmp_path: Path) -> None:
    with Ledger(str(tmp_path / "own.db")) as ledger:
        campaign = Campaign(ledger, None)
        record = Record(ledger, campaign.record.campaign)
        text = (
            (BODY % '{"by":{"name":"x","at":"x"},"reason":"x"}')
            .replace('"c"', f'"{record.campaign}"')
            .replace('"seq":1', f'"seq":{record.state.seq + 1}')
        )
        change(
            tmp_path / "own.db",
            f"INSERT INTO events VALUES ('{record.campaign}', {record.state.seq + 1}, '{record.state.head}', "
            f"'{chained(GENESIS, text)}', '{text}')",
        )
        with pytest.raises(TamperedError, match="its text and its hash differ"):
            record.sync()


def test_an_event_of_no_campaign_is_a_changed_ledger(path: Path) -> None:
    change(path, "INSERT INTO events VALUES (CAST('c' AS BLOB), 1, '', '', '')")
    with Ledger(str(path)) as ledger, pytest.raises(TamperedError, match="belongs to no campaign"):
        ledger.campaigns()


@posix
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_no_ledger(tmp_path: Path, kind: str) -> None:
    found = tmp_path / "z.db"
    os.mkfifo(found) if kind == "pipe" else found.symlink_to("/dev/zero")
    with pytest.raises(LedgerError, match=f"it is a {kind}"):
        Ledger(str(found))


# --- its URL


SECRET_URLS = [
    "postgresql://lab@127.0.0.1:1/x?password=S3cretPw",
    "postgresql://lab:S3cretPw@127.0.0.1:1/x",
    "postgresql://lab:S3cretPw/x@127.0.0.1:1/x",
    "postgresql://lab@127.0.0.1:1/x?passwrod=S3cretPw",
    "postgresql://lab@127.0.0.1:1/x?sslpassword=S3cretPw&sslmode=verify-full",
    "postgresql://lab@127.0.0.1:S3cretPw/x",
    "postgresql:/lab:S3cretPw@127.0.0.1/x",
    "postgres://lab:S3cretPw@127.0.0.1/x",
    "mysql://lab:S3cretPw@127.0.0.1/x",
    "host=127.0.0.1 user=lab password=S3cretPw",
    "sqlite:///x.db?key=S3cretPw",
]


@pytest.mark.parametrize("url", SECRET_URLS)
def test_no_error_about_a_ledger_shows_its_password(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LedgerError) as caught:
        Ledger(url)
    error: BaseException | None = caught.value
    while error is not None:  # all that a traceback shows
        assert "S3cret" not in f"{error} {error!r} {getattr(error, 'value', '')}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert "S3cret" not in shown(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", [*SECRET_URLS, "://S3cretPw", "S3cretPw://x:y"])
def test_asking_whether_a_ledger_is_there_shows_no_password(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        exists(url)
    except (SettingsError, NotFoundError) as error:
        assert url.startswith(("://", "S3")) or "S3cret" not in str(error)  # noqa: PT017 - both ways are right
