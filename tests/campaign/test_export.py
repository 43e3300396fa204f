"""A campaign as a research object: whole, valid by its profile, the same each time, whatever its texts are."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from scripted_lab import setup_of
from stored_campaigns import restore

from zosimos.campaign.control.commands import Commands, create
from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.control.tables import csv_pieces, experiments_csv, export_json, export_parts
from zosimos.campaign.export.actions import actions
from zosimos.campaign.export.crate import METADATA, write_crate
from zosimos.campaign.export.package import pack
from zosimos.campaign.export.provenance import Provenance
from zosimos.campaign.ledger.safekeeping import backup as backups
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, verify
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.long import LongMap
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.snapshot import sizes
from zosimos.campaign.record.state import State
from zosimos.core.errors import DataError, LedgerError
from zosimos.core.records import Candidate, Measurement, Prediction
from zosimos.core.writing import json_pieces, write_whole

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = Path(__file__).with_name("crate_validator.py")
NAMED = os.environ.get("ZOSIMOS_TEST_CRATE_PYTHON")
STORED_FILES = ROOT / "tests" / "stored"
STORED = ["colour", "pool", "by_hand", "paused", "interrupted", "asked"]
HOSTILE = '<script>alert(1)</script> ../../etc/passwd "\\ {{7*7}} \u202e é'


def validator() -> str:
    """Return a Python that has the validator, or skip the test."""
    own = ROOT / ".crate-env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not NAMED and not own.exists():
        pytest.skip("no validator of crates: make crate-env, or ZOSIMOS_TEST_CRATE_PYTHON")
    return NAMED or str(own)


def issues(*crates: Path, severity: str = "REQUIRED") -> list[str]:
    """Return what the validator has against crates, without a network."""
    command = [validator(), str(VALIDATOR), "process-run-crate", severity, *map(str, crates)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=kept)
    assert done.returncode in (0, 1), done.stderr
    assert (done.returncode == 1) == bool(done.stdout), done.stderr
    assert "asked for" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def exported(ledger: Ledger, campaign: str, path: Path, **options: Any) -> State:
    state = Record(ledger, campaign).state
    pack(path, lambda folder: write_crate(ledger, state, folder), campaign=campaign, at=state.at, **options)
    return state


def graph(crate: Path) -> Mapping[str, Any]:
    found = json.loads((crate / METADATA).read_text(encoding="utf-8"))["@graph"]
    assert len({item["@id"] for item in found}) == len(found), "each identifier stands once"
    return {item["@id"]: item for item in found}


def pointed_at(value: Any) -> Iterator[str]:
    """Yield the identifiers that a value of JSON-LD refers to."""
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for item in value.values():
            yield from pointed_at(item)
    elif isinstance(value, list):
        for item in value:
            yield from pointed_at(item)


@pytest.fixture
def by_hand(ledger: Ledger) -> Record:
    """A campaign by hand with hostile texts: a result, a failure, one that nobody did."""
    setup = setup_of(None, name=HOSTILE, description=HOSTILE, planner={"kind": "sobol"})
    now = datetime(2030, 1, 1, tzinfo=UTC)
    record = create(ledger, setup, author=HOSTILE, now=now, entropy=Random(1))
    commands = Commands(record, "somebody else", now)
    done, failed, _ = (item.id for item in commands.ask(setup, 3))
    raw = ledger.put_artifact(b"raw data")
    commands.tell(setup, [Result(done, {}, [Measurement("y", 0.5, 0.1, raw=raw)], "")])
    commands.tell(setup, [Result(failed, {}, [], HOSTILE)])
    return record


def test_a_stored_campaign_is_exported_as_it_was_when_it_was_stored(tmp_path: Path) -> None:
    campaign = restore("by_hand", tmp_path / "ledger.db")
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        state = Record(ledger, campaign).state
        write_whole(tmp_path / "out.csv", csv_pieces(state))
    assert (tmp_path / "out.csv").read_bytes() == (STORED_FILES / "by_hand.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", STORED)
def test_an_export_in_pieces_is_that_of_the_whole_and_keeps_nothing_in_memory(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size, few in {"PAGE": 2, "REFS": 2, "KEYS": 2, "IN_CORE": 1, "WORTH": 1}.items():
        monkeypatch.setattr(sizes, size, few)
    campaign = restore(name, tmp_path / "ledger.db")
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        whole = Record(ledger, campaign).state  # of all events: nobody kept a snapshot before
        table, text = experiments_csv(whole), json.dumps(export_json(whole), indent=2, ensure_ascii=False)
        Record(ledger, campaign).keep()
        state = Record(ledger, campaign).state
        known = len(state.experiments.own)
        assert known < len(whole.experiments) or name == "asked", "some are on pages, but of the few of that one"
        assert "".join(csv_pieces(state)) == table
        assert "".join(json_pieces(export_parts(state))) == text
        assert len(state.experiments.own) == known


def test_actions_come_by_their_names_in_order_whatever_experiments_are_called() -> None:
    names = ["e9999", "e10000", "e1000", "e1000-x", "e1000/planned", "e1000é", "e100", "e1000 x", "e1000.x"]
    found = [
        Experiment(name, Candidate({"x": 0.5}, "me", predictions={"y": Prediction(0.1, 0.2)}), "d0001", 1)
        for name in names
    ]
    spec = setup_of(None, name="names").spec
    state = cast("State", SimpleNamespace(id="c", spec=spec, experiments=LongMap({one.id: one for one in found})))
    listed = [entity["@id"] for entity in actions(state, Provenance(), {"@id": "./table"}, {})]
    assert listed == sorted(listed)
    assert len(listed) == len(set(listed)) == 4 * len(names)


@pytest.mark.slow
def test_the_description_of_a_crate_is_the_json_of_the_whole(ledger: Ledger, by_hand: Record, tmp_path: Path) -> None:
    exported(ledger, by_hand.campaign, tmp_path / "crate")
    text = (tmp_path / "crate" / METADATA).read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    names = [entity["@id"] for entity in json.loads(text)["@graph"]]
    assert names[:3] == [METADATA, "./", "./campaign/"]
    assert names[3:] == sorted(set(names[3:]))


@pytest.mark.slow
def test_crates_of_all_kinds_of_campaigns_are_valid_by_their_profile_without_a_network(tmp_path: Path) -> None:
    validator()
    crates = []
    for name in STORED:
        campaign = restore(name, tmp_path / f"{name}.db")
        with Ledger(str(tmp_path / f"{name}.db")) as ledger:
            exported(ledger, campaign, tmp_path / name)
        crates.append(tmp_path / name)
    assert issues(*crates) == []


@pytest.mark.slow
def test_a_crate_with_hostile_texts_is_valid_and_one_that_lacks_something_is_not(
    ledger: Ledger, by_hand: Record, tmp_path: Path
) -> None:
    validator()
    exported(ledger, by_hand.campaign, tmp_path / "crate")
    assert issues(tmp_path / "crate") == []
    metadata = tmp_path / "crate" / METADATA
    metadata.write_text(metadata.read_text(encoding="utf-8").replace('"instrument"', '"tool"'), encoding="utf-8")
    assert any("MUST have an instrument" in issue for issue in issues(tmp_path / "crate"))


@pytest.mark.slow
def test_texts_of_a_campaign_stay_data_and_never_name_a_file(ledger: Ledger, by_hand: Record, tmp_path: Path) -> None:
    exported(ledger, by_hand.campaign, tmp_path / "crate")
    files = {path.relative_to(tmp_path / "crate").as_posix() for path in (tmp_path / "crate").rglob("*")}
    fixed = {f"campaign/{name}" for name in ("ledger.jsonl", "experiments.csv", "campaign.json", "report.html")}
    fixed |= {"campaign", "campaign/artifacts", f"campaign/artifacts/{hashlib.sha256(b'raw data').hexdigest()}"}
    assert files == {METADATA, *fixed}
    found = graph(tmp_path / "crate")
    assert found["./"]["name"] == HOSTILE
    assert "<script>" not in found["./campaign/"]["text"]
    assert {item["name"] for item in found.values() if item["@type"] == "Person"} == {HOSTILE, "somebody else"}
    assert not any("<" in name or "/.." in name for name in found)


@pytest.mark.slow
def test_an_experiment_stands_with_what_was_planned_and_what_became_of_it(
    ledger: Ledger, by_hand: Record, tmp_path: Path
) -> None:
    exported(ledger, by_hand.campaign, tmp_path / "crate")
    found = graph(tmp_path / "crate")
    done, failed, waiting = found["#e0001"], found["#e0002"], found["#e0003"]
    planned = found["#e0001/planned/x"]
    assert planned["value"] == by_hand.state.experiments["e0001"].values["x"]
    assert {"@id": "#e0001/planned/x"} in done["object"]
    assert {"@id": "#e0001/measured/y"} in done["result"]
    assert {"@id": f"./campaign/artifacts/{hashlib.sha256(b'raw data').hexdigest()}"} in done["result"]
    assert not any(item["@id"].endswith("/uncertainty") for item in done["result"])
    measured = found["#e0001/measured/y"]
    assert (measured["value"], found[measured["valueReference"]["@id"]]["value"]) == (0.5, 0.1)
    assert found[done["agent"]["@id"]]["name"] == "somebody else"
    assert found[waiting["agent"]["@id"]]["name"] == HOSTILE
    assert [item["actionStatus"].rpartition("/")[2] for item in (done, failed, waiting)] == [
        "CompletedActionStatus",
        "FailedActionStatus",
        "PotentialActionStatus",
    ]
    assert HOSTILE in failed["error"]
    assert "error" not in done
    assert "result" not in waiting
    assert found[done["instrument"]["@id"]]["@type"] == "SoftwareApplication"


@pytest.mark.slow
@pytest.mark.parametrize("name", STORED)
def test_everything_in_a_crate_is_described_and_nothing_is_described_that_is_not_in_it(
    tmp_path: Path, name: str
) -> None:
    campaign = restore(name, tmp_path / "stored.db")
    with Ledger(str(tmp_path / "stored.db")) as ledger:
        exported(ledger, campaign, tmp_path / "crate")
    crate, found = tmp_path / "crate", graph(tmp_path / "crate")
    files = {path for path in crate.rglob("*") if path.is_file() and path.name != METADATA}
    described = {crate / item["@id"]: item for item in found.values() if item["@type"] == "File"}
    assert described.keys() == files
    for path, item in described.items():
        assert item["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert item["contentSize"] == str(path.stat().st_size)
        if path.parent.name == "artifacts":
            assert path.name == item["sha256"], "an artifact is named by its digest"
    outside = {"https://w3id.org/ro/crate/1.1"}
    assert set(pointed_at(list(found.values()))) - outside <= found.keys()


@pytest.mark.slow
def test_the_devices_of_a_laboratory_are_in_it_as_they_said_who_they_are(tmp_path: Path) -> None:
    campaign = restore("colour", tmp_path / "stored.db")
    with Ledger(str(tmp_path / "stored.db")) as ledger:
        exported(ledger, campaign, tmp_path / "crate")
    found = graph(tmp_path / "crate")
    pump = found["#device/pump"]
    assert (pump["manufacturer"], pump["model"]) == ("Tecan", "Cavro xcalibur")
    assert "serialNumber" not in pump, "it told none"
    assert {"@id": "#device/pump"} in found["#laboratory"]["instrument"]


@pytest.mark.slow
def test_the_record_in_a_crate_is_the_record(tmp_path: Path) -> None:
    campaign = restore("pool", tmp_path / "stored.db")
    with Ledger(str(tmp_path / "stored.db")) as ledger:
        state = exported(ledger, campaign, tmp_path / "crate")
    place = tmp_path / "crate" / "campaign"
    with Ledger(str(tmp_path / "again.db")) as again:
        with again.engine.begin() as connection:
            for line in (place / "ledger.jsonl").read_text(encoding="utf-8").splitlines():
                names = ("campaign", "seq", "prev", "hash", "text")
                into = sa.table("events", *map(sa.column, names))
                connection.execute(sa.insert(into), json.loads(line))
        for path in (place / "artifacts").iterdir():
            assert again.put_artifact(path.read_bytes()) == f"sha256:{path.name}"
        assert verify(again, campaign) == Head(state.seq, state.head)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["colour", "by_hand"])
def test_the_same_record_gives_the_same_bytes_again(tmp_path: Path, name: str) -> None:
    campaign = restore(name, tmp_path / "stored.db")
    first, again = tmp_path / "one" / "crate.zip", tmp_path / "two" / "crate.zip"
    with Ledger(str(tmp_path / "stored.db")) as ledger:
        exported(ledger, campaign, first)
        exported(ledger, campaign, again)
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "root"), [("my-data_1.eln", "my-data_1"), ("é <b>.eln", ""), (".a.eln", "")])
def test_an_eln_has_one_folder_at_its_root_with_the_crate_in_it(
    ledger: Ledger, by_hand: Record, tmp_path: Path, name: str, root: str
) -> None:
    exported(ledger, by_hand.campaign, tmp_path / name, eln=True)
    root = root or by_hand.campaign
    with zipfile.ZipFile(tmp_path / name) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert {entry.partition("/")[0] for entry in names} == {root}
        data = json.loads(archive.read(f"{root}/{METADATA}"))
    found = {item["@id"]: item for item in data["@graph"]}
    datasets = [item for item in found["./"]["hasPart"] if found[item["@id"]]["@type"] == "Dataset"]
    assert datasets == [{"@id": "./campaign/"}], "a notebook takes a campaign for one entry"
    assert {f"{root}/{name.removeprefix('./')}" for name in pointed_at(found["./campaign/"]["hasPart"])} < set(names)


@pytest.mark.parametrize(("name", "eln"), [("a.zip", True), ("a", True), ("a.eln", False), ("there", False)])
def test_a_crate_is_written_to_a_new_place_of_a_fitting_name_only(
    ledger: Ledger, by_hand: Record, tmp_path: Path, name: str, eln: bool
) -> None:
    (tmp_path / "there").mkdir()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(DataError):
        exported(ledger, by_hand.campaign, tmp_path / name, eln=eln)
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_is_left_of_a_crate_that_could_not_be_written(ledger: Ledger, by_hand: Record, tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError(28, "No space left on device")

    before = sorted(tmp_path.iterdir())
    with pytest.raises(DataError, match="No space left"):
        pack(tmp_path / "crate", fails, campaign=by_hand.campaign, at=by_hand.state.at)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files can be set there")
def test_a_disk_without_room_is_not_taken_for_a_ledger_that_fails(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "ledger.db"
    campaign = restore("by_hand", path)
    with Ledger(str(path)) as ledger:
        state = Record(ledger, campaign).state
        backups.back_up(ledger, tmp_path / "backup.db")
        kept = sorted(tmp_path.iterdir())
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
        try:
            with pytest.raises(DataError, match=r"cannot write ledger\.jsonl of the crate") as refused:
                pack(tmp_path / "crate", lambda to: write_crate(ledger, state, to), campaign=campaign, at=state.at)
            with pytest.raises(LedgerError, match=r"restored\.db cannot be written") as unwritten:
                backups.restore(tmp_path / "backup.db", str(tmp_path / "restored.db"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert (refused.value.field, unwritten.value.field) == ("-o", "--to")
        assert sorted(tmp_path.iterdir()) == kept
