"""``--supervise``: a worker that is killed is started again, nothing is doubled, and people are told."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import verify
from zosimos.campaign.record.record import Record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found through /proc"),
]
Started = Callable[..., "subprocess.Popen[str]"]


def worker(supervisor: subprocess.Popen[str], but: int = 0) -> int:
    """The process id of the worker that a supervisor runs now, other than one that is known."""
    until = time.monotonic() + 30
    path = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children")
    while time.monotonic() < until and supervisor.poll() is None:
        for child in path.read_text().split():
            if int(child) != but and b"resume" in command_line(int(child)):
                return int(child)
        time.sleep(0.02)
    raise AssertionError(f"no worker: {supervisor.communicate()}")


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def events(folder: Path, kind: str = "") -> list[Any]:
    if not (folder / "zosimos.db").exists():
        return []
    with Ledger(str(folder / "zosimos.db")) as ledger:
        names = ledger.campaigns()
        return [event for name in names for event in ledger.events(name) if event.kind == (kind or event.kind)]


def until(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.1)  # what is asked reads the whole ledger
    return found


def ended(process: subprocess.Popen[str], seconds: float = 90.0) -> tuple[int, dict[str, Any], str]:
    out, err = process.communicate(timeout=seconds)
    lines = out.splitlines()
    return process.returncode, json.loads(lines[-1]) if lines else {}, err


def test_a_campaign_whose_worker_is_killed_again_and_again_ends_with_nothing_doubled(
    started: Started, folder: Path
) -> None:
    from zosimos.labs.colour.options import campaign

    journal = folder / "journal"
    address = f"127.0.0.1:{10 * random.SystemRandom().randrange(2_000, 3_000)}"  # the devices' ports are those after it
    serving = ("--json", "--time-scale", "300", "--journal", journal)
    lab = started("lab", "serve", "colour", "--tcp", address, *serving)
    assert lab.stdout is not None
    assert "devices" in json.loads(lab.stdout.readline())
    data = {**campaign(), "name": "mixing", "planner": {"kind": "sobol"}, "budget": {"experiments": 5}, "clock": "wall"}
    data["lab"] = {**data["lab"], "served": address, "time_scale": 300}
    (folder / "mixing.yaml").write_text(json.dumps(data))
    running = started("run", "mixing.yaml", "--supervise", "--json", "--no-report", "--alert", "tee -a alerts")
    known = 0
    for kills in range(1, 4):
        known = worker(running, but=known)
        done = len(events(folder, "step.done"))
        until(
            lambda sessions=kills, done=done: (
                len(events(folder, "session.opened")) >= sessions and len(events(folder, "step.done")) > done
            )
        )
        os.kill(known, signal.SIGKILL)
    code, answer, shown = ended(running)
    assert (code, answer["status"], answer["restarts"], answer["experiments"]) == (0, "finished", 3, 5), shown
    told = [event.body["words"] for event in events(folder, "notice.raised") if event.body["kind"] == "restarted"]
    assert [words.partition(";")[2] for words in told] == [" restart 1", " restart 2", " restart 3"]
    assert all(words.startswith("the worker was killed by SIGKILL") for words in told)
    assert shown.count("was killed by SIGKILL") == (folder / "alerts").read_text().count("was killed by SIGKILL") == 3
    with Ledger(str(folder / "zosimos.db")) as ledger:
        (name,) = ledger.campaigns()
        verify(ledger, name)
        state = Record(ledger, name).state
    lab.terminate()
    lab.communicate()
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    strokes = max(line["state"]["counts"]["strokes"] for line in lines if line["device"] == "pump")
    steps = [step for one in state.experiments.values() for step in one.steps]
    assert strokes == sum(step.status == "done" and "place" in step.params and step.how != "read" for step in steps)


def test_sigterm_ends_the_supervisor_and_its_worker_in_good_order(started: Started, folder: Path) -> None:
    slow = ("--clock", "paced", "--pace", "0.01")
    running = started("run", "tiny.yaml", "--supervise", "--json", *slow)
    until(lambda: events(folder, "session.opened"))
    child = worker(running)
    running.send_signal(signal.SIGTERM)
    code, answer, _ = ended(running, 30.0)
    assert (code, answer["status"], answer["restarts"]) == (143, "interrupted", 0)
    assert not Path(f"/proc/{child}").exists()
    (closed,) = events(folder, "session.closed")
    assert closed.body["status"] == "interrupted"


@pytest.mark.parametrize(("verb", "code", "status"), [("pause", 0, "paused"), ("abort", 1, "aborted")])
def test_what_a_person_decided_while_the_worker_was_dead_holds(
    started: Started, folder: Path, cli: Callable[..., Any], verb: str, code: int, status: str
) -> None:
    running = started("run", "tiny.yaml", "--supervise", "--json", "--clock", "paced", "--pace", "0.01")
    until(lambda: events(folder, "session.opened"))
    os.kill(worker(running), signal.SIGKILL)
    assert cli(verb, "last", "--reason", "the worker died").code == 0
    found, answer, shown = ended(running)
    assert (found, answer["status"], answer["restarts"]) == (code, status, 1), shown
    assert len(events(folder, "devices.stopped")) == code  # an abort stops them, whoever was there to see it


def test_a_worker_that_died_after_its_last_word_is_not_missed(cli: Callable[..., Any], folder: Path) -> None:
    assert cli("run", "tiny.yaml", "--json").json["status"] == "finished"
    known = len(events(folder))
    answer = cli("resume", "last", "--restarted", "the worker was killed", "--json")
    assert (answer.code, answer.json["status"], len(events(folder))) == (0, "finished", known)


def test_a_campaign_that_waits_for_a_person_alerts_once_and_is_not_started_again(
    started: Started, folder: Path
) -> None:
    running = started(
        "run", "tiny.yaml", "--set", "approval=each", "--supervise", "--json", "--alert", "tee -a alerts {message}"
    )
    code, answer, shown = ended(running)
    assert (code, answer["status"], answer["restarts"]) == (0, "waiting", 0)
    asked = answer["waiting_for"]
    assert shown.count(" waits: ") == len(asked)
    assert (folder / "alerts").read_text().count(" waits: approval of ") == len(asked)
    assert len(events(folder, "session.opened")) == 1


def test_an_error_that_a_person_must_settle_is_not_tried_again(started: Started, folder: Path) -> None:
    running = started("run", "tiny.yaml", "--supervise", "--json", "--clock", "paced", "--pace", "0.01")
    until(lambda: events(folder, "session.opened"))
    second = started("resume", "last", "--supervise", "--json")
    code, answer, _ = ended(second)
    assert code == 2
    assert answer["error"]["type"] == "LockedError"
    assert answer["restarts"] == 0
    running.terminate()
    assert ended(running)[0] == 143


def test_a_crash_loop_gives_up_in_one_block(
    folder: Path, cli: Callable[..., Any], command: tuple[list[str], dict[str, str]]
) -> None:
    assert cli("run", "tiny.yaml", "--set", "approval=each", "--json").code == 0
    program = folder / "looping.py"
    program.write_text(
        "import sys\n"
        "from zosimos.campaign.execution import watchdog\n"
        "from zosimos.faces.cli import main, run, supervise\n"
        "supervise.COMMAND = (sys.executable, '-c', 'import os; os.abort()')\n"
        "quick = watchdog.Patience(first_s=0.01, longest_s=0.05, deaths=4)\n"
        "run.supervised.__kwdefaults__['patience'] = quick\n"
        "sys.exit(main(['resume', 'last', '--supervise', '--json']))\n"
    )
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, timeout=60, check=False, env=command[1]
    )
    assert done.returncode == 2
    error = json.loads(done.stdout.splitlines()[-1])["error"]
    assert error["type"] == "ExecutionError"
    assert "4 workers died" in error["message"]
    assert "SIGABRT" in error["message"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["no-such-program-at-all x", "'open quote", "''"])
def test_an_alert_that_cannot_be_given_is_refused_before_anything_starts(
    cli: Callable[..., Any], folder: Path, command: str
) -> None:
    answer = cli("run", "tiny.yaml", "--supervise", "--json", "--alert", command)
    assert answer.code == 2
    assert answer.json["error"]["field"] == "--alert"
    assert not (folder / "zosimos.db").exists()


def test_no_file_in_the_working_folder_names_a_command_to_run(cli: Callable[..., Any], folder: Path) -> None:
    (folder / "zosimos.toml").write_text('alert = "touch owned"\n')
    answer = cli("run", "tiny.yaml", "--supervise", "--json")
    assert answer.code == 2
    assert answer.json["error"]["type"] == "SettingsError"


def test_an_alert_that_fails_stops_nothing(started: Started, folder: Path) -> None:
    running = started("run", "tiny.yaml", "--set", "approval=each", "--json", "--alert", "false")
    code, answer, shown = ended(running)
    assert (code, answer["status"]) == (0, "waiting")
    assert "the alert's command ended with exit code 1" in shown
