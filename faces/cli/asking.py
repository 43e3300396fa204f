"""``ask``: experiments for a person to do, of a campaign that goes on or of a file that begins one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import LedgerError, SpecError, StateError, ZosimosError
from zosimos.faces.cli import screen
from zosimos.faces.cli.begin import campaign_file
from zosimos.faces.cli.context import Desk, Json, LedgerUrl, Output, Sets, desk, exists, settings

if TYPE_CHECKING:
    from zosimos.campaign.definition.model import CampaignSpec
    from zosimos.campaign.record.experiment import Experiment
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.tables.placing import Place


def ask(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ID",
            help="A campaign file (begins a campaign, or goes on with the one it began) or a campaign.",
            show_default=False,
        ),
    ],
    count: Annotated[
        int | None, typer.Option("-n", "--count", min=1, metavar="N", help="How many (default: the campaign's batch).")
    ] = None,
    output: Output = None,
    force: Annotated[
        bool, typer.Option("--force", help="With -o, keep a file that is there as FILE.bak, whatever it holds.")
    ] = False,
    sets: Sets = None,
    new: Annotated[
        bool, typer.Option("--new", help="Begin another campaign, although the file began one that goes on.")
    ] = False,
    steer: Annotated[
        bool, typer.Option("--steer", help="Change the campaign to what the file says now, without asking.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Show or write once more what is to do already; nothing new is suggested.")
    ] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Suggest experiments to do by hand."""
    from zosimos.campaign.control.of_file import running_of

    file = campaign_file(what)
    _check_options(what, file, sets, new=new, steer=steer)
    if again:
        _once_more(ledger, what, file, output, count=count, force=force, other=bool(sets or new or steer), json=json)
        return
    with ExitStack() as stack:
        place = None if output is None else stack.enter_context(_place(output, force=force))
        wanted = _Wanted(count, place, json=json)
        if file is None:
            with desk(ledger) as here:
                _go_on(here, here.record(what), wanted)
            return
        if not new and exists(settings(ledger).ledger):
            with desk(ledger) as here:
                record = running_of(here.ledger, file)
                if record is not None:
                    _go_on_with_file(here, here.record(record.campaign), file, sets or [], wanted, steer=steer)
                    return
        if steer:
            hint = "leave --steer out, and it begins one; --ledger names another ledger"
            raise StateError(f"{file} began no campaign in this ledger", field="--steer", hint=hint)
        _begin(ledger, file, sets or [], wanted)


class _Wanted:
    """How many experiments are wanted, where their table is to stand, and how they are shown; ``said`` comes first."""

    def __init__(self, count: int | None, place: Place | None, *, json: bool) -> None:
        self.count, self.place, self.json = count, place, json
        self.said: list[str] = []


def _place(path: Path, *, force: bool) -> Place:
    from zosimos.campaign.tables.placing import Place

    return Place(path, force=force)


def _once_more(
    ledger: str | None,
    what: str,
    file: Path | None,
    output: Path | None,
    *,
    count: int | None,
    force: bool,
    other: bool,
    json: bool,
) -> None:
    """Show what is to do already, and write its table where one is wanted."""
    from zosimos.campaign import wording
    from zosimos.campaign.control.of_file import running_of

    if other or count is not None:
        raise SpecError("--again suggests nothing new", field="--again", hint="leave -n, --set, --new and --steer out")
    with desk(ledger) as here, ExitStack() as stack:
        found = None if file is None else running_of(here.ledger, file)
        if file is not None and found is None:
            raise StateError(f"{file} began no campaign in this ledger", field="--again", hint="leave --again out")
        record = here.record(what if found is None else found.campaign)
        state = record.state
        items = [state.experiments[name] for name in wording.to_do(state)]
        if not items:
            hint = here.hint(f"zosimos ask {state.id}") + " suggests experiments"
            raise StateError("nothing is to do", field="--again", hint=hint)
        place = None if output is None else stack.enter_context(_place(output, force=force))
        if place is not None:
            place.check(state)
            place.prepare(state, items)
        _shown(here, record, items, _Wanted(None, place, json=json))


def _check_options(what: str, file: Path | None, sets: Sequence[str] | None, *, new: bool, steer: bool) -> None:
    if file is None and sets:
        raise SpecError(
            "a campaign that exists is changed by steering", field="--set", hint=f"zosimos steer {what} --set ..."
        )
    for given, name in ((new, "--new"), (steer, "--steer")):
        if given and file is None:
            raise SpecError(f"{name} goes with a campaign file", field=name, value=what, allowed="zosimos ask FILE")
    if new and steer:
        raise SpecError("--new begins another campaign, --steer changes the one that goes on", field="--new")


def _begin(ledger: str | None, file: Path, sets: list[str], wanted: _Wanted) -> None:
    """Begin a campaign with its first experiments: all of it, or nothing of it."""
    import random
    from datetime import UTC, datetime

    from zosimos.campaign.control.beginning import create
    from zosimos.campaign.control.planned import planned
    from zosimos.campaign.files import from_file
    from zosimos.campaign.setup import by_hand
    from zosimos.core.ids import campaign_id

    setup, author = by_hand(from_file(file, sets)), settings(ledger).author
    now, entropy = datetime.now(UTC), random.SystemRandom()
    screen.notice(*setup.read_as, *setup.left_out, *setup.safety(setup.spec).lines())
    name = campaign_id(now, entropy)
    if setup.safety(setup.spec).needs:
        with desk(ledger, new=True) as here:
            record = create(here.ledger, setup, author=author, now=now, entropy=entropy, source=file, overrides=sets)
            here.commands(here.watched(record, new=True)).require_cleared(setup)
    drafts, state = planned(setup, wanted.count, campaign=name, author=author, now=now)
    chosen = list(state.experiments.values())
    if wanted.place is not None:
        wanted.place.check(state)
        wanted.place.prepare(state, chosen)
    with desk(ledger, new=True) as here:
        record = create(
            here.ledger,
            setup,
            author=author,
            now=now,
            entropy=entropy,
            source=file,
            overrides=sets,
            campaign=name,
            more=drafts,
        )
        _shown(here, here.watched(record, new=True), chosen, wanted)


def _go_on_with_file(here: Desk, record: Record, file: Path, sets: list[str], wanted: _Wanted, *, steer: bool) -> None:
    """Go on with the campaign of a file, changed first if the file was edited and somebody says so."""
    from zosimos.campaign.control.taking_in import take_in

    def asked(changes: Sequence[str]) -> bool:
        screen.say(f"{file} was changed since the campaign {record.campaign} took it in:")
        screen.say(*(f"  {change}" for change in changes))
        return typer.confirm("Change the campaign so?")

    def ready(spec: CampaignSpec) -> None:
        commands.require_room(spec)
        if wanted.place is not None:
            wanted.place.check(record.state)

    commands, terminal = here.commands(record), not wanted.json and screen.at_terminal()
    changes = take_in(commands, file, sets, steer=steer, asked=asked if terminal else None, ready=ready)
    if changes is None:
        screen.say("nothing was done; --new begins another campaign with the file as it is")
        raise typer.Exit(1)
    wanted.said = [f"goes on with the campaign that {file} began; --new begins another"]
    wanted.said += [f"  steered: {change}" for change in changes]
    try:
        _go_on(here, record, wanted, {"continued": True, "steered": changes})
    except ZosimosError as error:
        if changes:
            error.message = f"the campaign was changed as {file} says, but: {error.message}"
        if not isinstance(error, StateError | LedgerError):
            raise
        error.hint = "; or ".join(filter(None, [error.hint, f"zosimos ask {file} --new begins another campaign"]))
        raise


def _go_on(here: Desk, record: Record, wanted: _Wanted, more: dict[str, Any] | None = None) -> None:
    """Ask a campaign that is on record."""
    from zosimos.campaign.ledger.claims import execution_claim
    from zosimos.campaign.setup import reopened

    setup, place = reopened(record), wanted.place
    if place is not None:
        place.check(record.state)

    def ready(chosen: list[Experiment]) -> None:
        if place is not None:
            place.prepare(record.state, chosen)

    with execution_claim(here.ledger, record.campaign, notice=screen.notice):
        found = here.commands(record).ask(setup, wanted.count or record.state.spec.batch, ready=ready)
    _shown(here, record, found, wanted, more)


def _shown(
    here: Desk, record: Record, found: Sequence[Experiment], wanted: _Wanted, more: dict[str, Any] | None = None
) -> None:
    """Put the table in its place, and show what is to be done."""
    kept = None if wanted.place is None else wanted.place.put()
    names = [item.id for item in found]
    output = None if wanted.place is None else wanted.place.path
    if wanted.json:
        _as_json(record, names, output, more or {})
        return
    screen.say(*wanted.said)
    _in_words(here, record, names, output, wanted)
    if kept is not None:
        screen.say(f"the table that was there is {kept} now")


def _as_json(record: Record, names: Sequence[str], output: Path | None, more: dict[str, Any]) -> None:
    from zosimos.campaign import views

    space = record.state.spec.space
    candidates = []
    for name in names:
        item = record.state.experiments[name]
        predictions = {key: value.as_json() for key, value in item.candidate.predictions.items()}
        values = {key: item.values[key] for key in space}
        candidates.append(
            {"experiment": name, "values": values, "reason": item.candidate.reason, "predictions": predictions}
        )
    file = None if output is None else str(output)
    told = {"campaign": record.campaign, "candidates": candidates, "file": file, "due": views.due(record.state)}
    screen.json_line(told | more)


def _in_words(here: Desk, record: Record, names: Sequence[str], output: Path | None, wanted: _Wanted) -> None:
    from zosimos.campaign import views
    from zosimos.faces.cli.tables import candidates_table

    screen.say(f"campaign {record.campaign} ({record.state.spec.name})")
    experiments = [record.state.experiments[name] for name in names]
    screen.console().print(candidates_table(record.state.spec, experiments))
    file = output if output is not None else "results.csv"
    if output is not None:
        screen.say(f"written to {output}: fill in its result columns")
    if wanted.count is not None and len(names) < wanted.count:
        screen.say(f"{len(names)} of the {wanted.count} asked for: {_short_of(record)}")
    if due := views.due(record.state):
        screen.say(f"a stop rule is met: {due}")
    if lacks := views.lacks(record.state):
        screen.say(lacks)
    screen.say(f"then: {here.hint(f'zosimos tell {record.campaign} {file}')}")


def _short_of(record: Record) -> str:
    """Return why there are fewer experiments than were asked for."""
    from zosimos.campaign.decisions.stopping import room

    budget = record.state.spec.budget.experiments
    if room(record.state):
        return "no more new ones were found"
    steer = f"zosimos steer {record.campaign} --set budget.experiments=N"
    return f"the budget of {budget} experiments has no room for more ({steer})"
