"""``run`` and ``resume``: a campaign under way in this process."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zosimos.core.errors import LockedError, StateError, ZosimosError
from zosimos.core.filenames import file_name
from zosimos.faces.cli import errors, screen
from zosimos.faces.cli.alerts import Alert, Alerts
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Sets, SpecFile, WitnessPlace, desk
from zosimos.faces.cli.supervise import Supervise, supervised

if TYPE_CHECKING:
    from zosimos.campaign.execution.loop import Ending
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.record.state import State
    from zosimos.campaign.setup import Setup


class ClockName(StrEnum):
    """The kinds of time, as a choice on the command line."""

    wall = "wall"
    virtual = "virtual"
    paced = "paced"


Clock: TypeAlias = Annotated[
    ClockName | None, typer.Option("--clock", help="Time: wall; or, for simulated labs, virtual (jumps) or paced.")
]
Pace: TypeAlias = Annotated[
    float | None, typer.Option("--pace", metavar="S", help="Real seconds each simulated second takes, when paced.")
]
Wait: TypeAlias = Annotated[
    bool | None,
    typer.Option("--wait/--no-wait", help="Wait for people, or stop with status waiting (the default with --json)."),
]
WantReport: TypeAlias = Annotated[bool, typer.Option("--report/--no-report", help="Write the HTML report at the end.")]


def demo(
    sets: Sets = None,
    report: WantReport = True,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Run a complete campaign on the simulated colour lab: no key, no hardware, no network."""
    from importlib.resources import as_file, files

    with as_file(files("zosimos.labs.colour").joinpath("campaign.yaml")) as file:
        run(file, sets, report=report, json=json, ledger=ledger)


def run(
    file: SpecFile,
    sets: Sets = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Short for --set seed=N.")] = None,
    clock: Clock = None,
    pace: Pace = None,
    wait: Wait = None,
    report: WantReport = True,
    witness: WitnessPlace = None,
    supervise: Supervise = False,
    alert: Alert = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Start a campaign from a file and run it until it ends."""
    import random
    from datetime import UTC, datetime

    from zosimos.campaign.control.commands import create
    from zosimos.campaign.files import from_file

    overrides = list(sets or [])
    for name, value in (("seed", seed), ("clock", clock.value if clock else None), ("pace", pace)):
        if value is not None:
            overrides.append(f"{name}={value}")
    setup = from_file(file, overrides)
    if setup.lab is None:
        raise StateError(
            "the campaign has no lab to run in",
            field="lab",
            hint=f"zosimos ask {file} suggests experiments to do by hand; or add a lab to the file",
        )
    alerts = Alerts(alert)
    screen.notice(*setup.read_as, *setup.left_out, *_safety(setup))
    with desk(ledger, new=True, witness=witness) as here:
        require_witness(here)
        _check_advisor(here, setup)
        record = create(
            here.ledger,
            setup,
            author=here.settings.author,
            now=datetime.now(UTC),
            entropy=random.SystemRandom(),
            source=file,
            overrides=overrides,
        )
        if not supervise:
            _conduct(here, record, setup, alerts, wait=wait, report=report, json=json)
            return
    supervised(record.campaign, _options(wait, report, witness), ledger=ledger, alert=alert, json=json)


def resume(
    campaign: CampaignId,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Go on with the recorded spec although the campaign file was changed.")
    ] = False,
    restarted: Annotated[
        str | None,
        typer.Option("--restarted", metavar="WHY", help="Put on record why a supervisor starts it again."),
    ] = None,
    clock: Clock = None,
    pace: Pace = None,
    wait: Wait = None,
    report: WantReport = True,
    witness: WitnessPlace = None,
    supervise: Supervise = False,
    alert: Alert = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Take a campaign up again: after a crash, a pause, or its end if there is budget left."""
    from zosimos.campaign.control.reopening import check_not_over, check_source
    from zosimos.campaign.ledger.safekeeping.marks import require_kept
    from zosimos.campaign.record.find import find_campaign
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.record.verification import verified
    from zosimos.campaign.setup import reopened

    alerts = Alerts(alert)
    if supervise:
        with desk(ledger) as here:
            name = find_campaign(here.ledger, campaign)
        options = _options(wait, report, witness, clock, pace)
        supervised(name, options, ledger=ledger, alert=alert, json=json, recorded=recorded)
        return
    with desk(ledger, witness=witness) as here:
        require_witness(here)
        name = find_campaign(here.ledger, campaign)
        require_kept(here.ledger, name)
        record = here.watched(Record(here.ledger, name, verified(here.ledger, name)))
        state = record.state
        if not recorded and restarted is None:
            check_source(state)
        setup = reopened(record)
        _check_clock(state, setup, clock)
        how: dict[str, Any] = {"wait": wait, "report": report, "json": json, "pace": pace}
        how["kind"] = clock.value if clock else None
        if restarted is not None:
            _restarted(here, record, setup, alerts, restarted, **how)
            return
        check_not_over(state)
        continued = here.commands(record).go_on()
        if continued and setup.lab is None:
            _continued_by_hand(here, state, json=json)
            return
        try:
            _conduct(here, record, setup, alerts, **how)
        except LockedError:
            if not continued:
                raise
            _continued_elsewhere(state, json=json)


def _safety(setup: Setup) -> list[str]:
    """Return what the rules of chemistry say; of texts that nobody calls substances only where something is real."""
    report = setup.safety(setup.spec)
    return report.lines() if report.declared or not report.simulated else []


def _check_advisor(here: Desk, setup: Setup) -> None:
    """Refuse an advisor that cannot be asked before anything is begun, and say where results go."""
    if setup.spec.advisor is None:
        return
    from zosimos.agent.advising.choice import advisor_named, sent_to

    kind, calls = setup.spec.advisor.kind, setup.spec.advisor.limits.calls
    advisor_named(kind, here.settings)
    if where := sent_to(kind, here.settings):
        screen.notice(f"advisor {kind}: results are sent to {where}, in up to {calls} calls")


def require_witness(here: Desk) -> None:
    """Refuse a witness that is none before anything is begun."""
    from zosimos.campaign.ledger.safekeeping.witness import witness_at

    if here.settings.witness:
        witness_at(here.settings.witness)


def _check_clock(state: State, setup: Setup, clock: ClockName | None) -> None:
    if clock is not None and (clock is ClockName.wall) == state.simulated:
        raise StateError(
            f"the campaign's time is {setup.clock}: it cannot go on in {clock.value} time",
            field="--clock",
            value=clock.value,
            allowed="virtual or paced" if state.simulated else "wall",
        )


def _continued_by_hand(here: Desk, state: State, *, json: bool) -> None:
    if json:
        screen.json_line({"campaign": state.id, "status": "continued", "reason": "it is run by hand"})
    else:
        screen.say(f"campaign {state.id} goes on by hand; next: {here.hint(f'zosimos ask {state.id}')}")


def _continued_elsewhere(state: State, *, json: bool) -> None:
    if json:
        screen.json_line({"campaign": state.id, "status": "continued", "reason": "another process runs it"})
    else:
        screen.say(f"campaign {state.id} goes on in the process that runs it")


def _restarted(here: Desk, record: Record, setup: Setup, alerts: Alerts, why: str, **how: Any) -> None:
    """Go on in the place of a worker that died; what a person paused or ended meanwhile stays so."""
    from zosimos.campaign.execution.loop import Ending

    state = record.state
    if state.status == "finished":  # it died after its last word to the ledger
        _closed(here, state, Ending("finished", state.reason), report=how["report"], json=how["json"])
        return
    here.commands(record).restarted(why)
    _conduct(here, record, setup, alerts, **how)


def _options(
    wait: bool | None,
    report: bool,
    witness: str | None,
    clock: ClockName | None = None,
    pace: float | None = None,
) -> list[str]:
    """Return the options of this command that a worker is called with."""
    found = [] if witness is None else ["--witness", witness]
    found += [] if wait is None else ["--wait" if wait else "--no-wait"]
    found += [] if report else ["--no-report"]
    found += [] if clock is None else ["--clock", clock.value]
    return found + ([] if pace is None else ["--pace", str(pace)])


def _conduct(
    here: Desk,
    record: Record,
    setup: Setup,
    alerts: Alerts,
    *,
    wait: bool | None,
    report: bool,
    json: bool,
    kind: Any = None,
    pace: float | None = None,
) -> None:
    """Run a campaign with a display, then tell how it ended."""
    from zosimos.agent.advising.choice import advisors
    from zosimos.campaign.execution.session import run_campaign
    from zosimos.faces.cli.live import display

    (screen.notice if json else screen.say)(f"campaign {record.campaign} ({record.state.spec.name})")
    waits = (not json) if wait is None else wait
    pace_now = pace if pace is not None else record.state.spec.pace
    try:
        with display(
            here, record.state, quiet=json, pace=pace_now if (kind or setup.clock) == "paced" else None
        ) as see:

            def changed(state: State) -> None:
                see(state)
                alerts.waiting(here, state)

            wire = here.settings.wire / file_name(record.campaign)
            ending = run_campaign(
                record,
                setup,
                kind=kind,
                pace=pace,
                wait_for_people=waits,
                changed=changed,
                advisor=advisors(here.settings),
                wire=wire,
                witness=here.settings.witness,
                notice=screen.notice,
            )
    except KeyboardInterrupt:
        screen.notice(f"interrupted; go on with: {here.hint(f'zosimos resume {record.campaign}')}")
        raise
    alerts.waiting(here, record.state)
    _closed(here, record.state, ending, report=report, json=json)
    alerts.wait()
    if ending.status == "interrupted":
        raise typer.Exit(errors.TERMINATED if "SIGTERM" in ending.reason else errors.INTERRUPTED)
    if ending.status == "aborted":
        raise typer.Exit(1)


def _closed(here: Desk, state: State, ending: Ending, *, report: bool, json: bool) -> None:
    path = _reported(here, state) if report and ending.status in ("finished", "aborted") else None
    _told(here, state, ending, path, json=json)


def _reported(here: Desk, state: State) -> Path | None:
    """Write the report; a campaign that ended well is not spoiled by a report that could not be written."""
    from zosimos.faces.cli.report import write

    try:
        return write(here, state, None)
    except ZosimosError as error:
        screen.notice(f"the report was not written: {error.message}", f"  try: zosimos report {state.id} -o FILE")
        return None


def _told(here: Desk, state: State, ending: Ending, path: Path | None, *, json: bool) -> None:
    from zosimos.campaign import views
    from zosimos.faces.cli.tables import best_table

    best = views.best(state)
    waiting = views.waiting_for(state) if ending.status in ("waiting", "paused") else []
    if json:
        data = {
            "campaign": state.id,
            "status": ending.status,
            "reason": ending.reason,
            "experiments": state.used,
            "best": best,
            "report": None if path is None else str(path),
        }
        more = {"waiting_for": waiting, "unconfirmed": dict(state.unconfirmed)}
        screen.json_line(data | {name: found for name, found in more.items() if found})
        return
    out = screen.console()
    out.print(screen.text(f"{ending.status}: {_reason(ending, waiting)}", "bold"))
    for device, why in state.unconfirmed.items():
        out.print(screen.text(f"  check {device}: it did not confirm its safe state: {why}", "bold red"))
    for item in waiting:
        out.print(screen.text(f"  {here.hint(item['command'])}"))
    if ending.status == "interrupted":
        out.print(screen.text(f"  go on with: {here.hint(f'zosimos resume {state.id}')}"))
    if best is not None:
        out.print(best_table(state, best))
    if path is not None:
        out.print(screen.text(f"report: {path}"))


def _reason(ending: Ending, waiting: list[dict[str, Any]]) -> str:
    return "only a person can go on" if ending.status == "waiting" and waiting else ending.reason
