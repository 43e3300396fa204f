"""Advice: what a person believes, on record; the models weigh it by how well the author predicted so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import SpecError, ZosimosError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Reason, desk
from zosimos.faces.cli.tables import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zosimos.campaign.decisions.worth import Worth
    from zosimos.campaign.record.advice import GivenAdvice
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.record.state import State
    from zosimos.campaign.safety.findings import Finding
    from zosimos.planners.learning import Learning


def advise(
    campaign: CampaignId,
    point: Annotated[
        str | None, typer.Option("--point", metavar="NAME=VALUE,...", help="A row worth measuring: red=0.2,blue=0.3.")
    ] = None,
    expect: Annotated[
        str | None, typer.Option("--expect", metavar="NAME=VALUE±SD", help="What the point gives: delta_e=2±1 (or +-).")
    ] = None,
    prior: Annotated[
        str | None,
        typer.Option(
            "--prior", metavar="NAME=VALUE±SD,...", help="Where the best lies: red=0.2±0.05,solvent=DMF|water."
        ),
    ] = None,
    exclude: Annotated[
        str | None, typer.Option("--exclude", metavar="CONDITION", help="What to leave alone: 'red > 0.4'.")
    ] = None,
    replicate: Annotated[
        str | None, typer.Option("--replicate", metavar="EXPERIMENT", help="An experiment to measure again: e0007.")
    ] = None,
    explore: Annotated[
        str | None, typer.Option("--explore", metavar="more|less", help="Look farther from what is known, or nearer.")
    ] = None,
    hypothesis: Annotated[
        str | None,
        typer.Option("--hypothesis", metavar="STATEMENT", help="What you think is true: 'delta_e falls with red'."),
    ] = None,
    odds: Annotated[
        str | None, typer.Option("--odds", metavar="PROBABILITY", help="How likely that is: 0.8, 80 % or 4:1.")
    ] = None,
    lasting: Annotated[
        int | None, typer.Option("--for", metavar="N", help="Let it count for N more results (else until withdrawn).")
    ] = None,
    cites: Annotated[
        str | None,
        typer.Option(
            "--cites", metavar="'PASSAGE: WORDS'", help="Words of the library that it rests on: '3f2a9c1.4: 95 degC'."
        ),
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option("--withdraw", metavar="ADVICE", help="Take advice back, such as a0001.")
    ] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Have the campaign's advisor asked now.")] = False,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="Whose advice it is (default: you).")
    ] = None,
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Advise a campaign from its next decision on; without options, list what is advised and how its authors did."""
    options = {"point": point, "expect": expect, "prior": prior}
    options |= {"exclude": exclude, "replicate": replicate, "explore": explore}
    options |= {"hypothesis": hypothesis, "odds": odds}
    given = {name: text for name, text in options.items() if text is not None}
    with desk(ledger) as here:
        record = here.record(campaign)
        if ask:
            if given or lasting is not None or author is not None or cites is not None or withdraw is not None:
                raise SpecError(
                    "the advisor is asked, or you advise: not both at once",
                    field="ask",
                    allowed="--ask alone, or with --reason",
                )
            _asked(record, here.commands(record).ask_advisor(reason), json=json)
        elif withdraw is not None:
            if given or lasting is not None or author is not None or cites is not None:
                raise SpecError(
                    "advice is given or withdrawn, not both at once",
                    field="withdraw",
                    value=withdraw,
                    allowed="--withdraw alone, or with --reason",
                )
            _withdrawn(record, here.commands(record).withdraw(withdraw, reason), json=json)
        elif given or lasting is not None or author is not None or reason or cites is not None:
            rests_on = "" if cites is None else _cited(here, cites)
            _given(here, record, *_recorded(here, record, given, lasting, author, reason, rests_on), json=json)
        else:
            _listed(here, record, json=json)


def _recorded(
    here: Desk,
    record: Record,
    given: dict[str, str],
    lasting: int | None,
    author: str | None,
    reason: str,
    cites: str,
) -> tuple[GivenAdvice, Sequence[Finding]]:
    from zosimos.campaign.control.hazards import hazards_of
    from zosimos.campaign.control.written_advice import written_items
    from zosimos.campaign.decisions.advising import Said
    from zosimos.campaign.setup import reopened

    record.require_whole()
    setup, spec = reopened(record), record.state.spec
    for name, text in given.items():
        if not text.strip():
            raise SpecError("nothing is said", field=name, value=text, allowed=f"something, or no --{name}")
    items = written_items(setup.space(spec), setup.objectives(spec), **given, laws=setup.laws(spec))
    if author == "":
        raise SpecError("the author has no name", field="author", value=author, allowed="1 to 100 characters")
    hazards = hazards_of(setup, spec, items)
    advice = Said(items, author or "", reason=reason, lasting=lasting, cites=cites)
    return here.commands(record).advise(setup, advice), hazards


def _cited(here: Desk, cites: str) -> str:
    """Return words of the library as they are recorded: looked up, with where they stand."""
    from zosimos.agent.knowledge.citing import written_citation
    from zosimos.agent.knowledge.library import Library

    return str(written_citation(Library(here.settings.library), cites))


def _given(here: Desk, record: Record, given: GivenAdvice, hazards: Sequence[Finding], *, json: bool) -> None:
    from zosimos.campaign.decisions.followed import advice_view
    from zosimos.planners.advice import Hypothesis

    if json:
        more = {"safety": [one.as_json() for one in hazards]} if hazards else {}
        screen.json_line({"campaign": record.campaign, **advice_view(record.state, given), **more})
        return
    screen.say(f"campaign {record.campaign}: {said(str(given.advice), given.advice.kind)}")
    if given.cites:
        screen.say(f"  because of {given.cites}")
    screen.say(*(f"  hazard: {one}" for one in hazards))
    if any(isinstance(item, Hypothesis) for item in given.advice.items):
        screen.say(f"  what results make of it: {here.hint(f'zosimos hypotheses {record.campaign}')}")
    else:
        screen.say("  it counts from the next decision on, as far as its author is trusted")
    screen.say(f"  take it back with: {here.hint(f'zosimos advise {record.campaign} --withdraw {given.advice.id}')}")


def _asked(record: Record, call: int, *, json: bool) -> None:
    if json:
        screen.json_line({"campaign": record.campaign, "call": call})
    else:
        screen.say(f"campaign {record.campaign}: its advisor will be asked by the program that runs it (call {call})")


def _withdrawn(record: Record, given: GivenAdvice, *, json: bool) -> None:
    from zosimos.campaign.decisions.followed import advice_view

    if json:
        screen.json_line({"campaign": record.campaign, **advice_view(record.state, given)})
    else:
        screen.say(f"campaign {record.campaign}: withdrawn: {said(str(given.advice), given.advice.kind)}")


def _listed(here: Desk, record: Record, *, json: bool) -> None:
    """Show what is in force, what was followed, and how its authors did."""
    from zosimos.campaign.decisions.asking import calls_told
    from zosimos.campaign.decisions.followed import advice_views, author_records
    from zosimos.campaign.decisions.worth import worth

    state = record.state
    views = advice_views(state, list(state.advice.values()))
    shown = [view for view in views if view["status"] == "in force" or view["followed"]]
    records, came = author_records(state), worth(state)
    learns = _learned(record)
    if json:
        authors = [found.as_json() for found in records]
        more = {"learning": [one.as_json() for one in learns], "worth": came.as_json(), "calls": calls_told(state)}
        screen.json_line({"campaign": state.id, "advice": shown, "authors": authors, **more})
        return
    if not views and state.calls:
        screen.say(f"campaign {state.id}: its advisor has advised nothing yet", *_came_to(state, came))
        return
    if not views:
        screen.say(f"campaign {state.id}: nobody has advised anything")
        screen.say(f"  advise with: {here.hint(f'zosimos advise {state.id} --point ... --expect ... --reason ...')}")
        return
    screen.say(f"campaign {state.id}: {len(state.in_force())} of {len(views)} pieces of advice in force")
    heads = ("advice", "author", "what", "why", "status", "followed by")
    screen.console().print(screen.table(heads, [_row(view) for view in shown]))
    rows = [
        (
            found.record.author,
            f"{found.record.weight:.2f}",
            found.record.scored,
            "" if not found.record.scored else f"{found.record.log_score:+.2f}",
            "" if not found.record.scored else f"{100 * found.record.inside:.0f} %",
            len(found.experiments),
        )
        for found in records
    ]
    heads = ("author", "weight", "outcomes predicted", "better than the models by", "inside 80 %", "experiments")
    screen.console().print(screen.table(heads, rows))
    screen.say(*(f"{one.author}: {one}" for one in learns), *_came_to(state, came))


def _learned(record: Record) -> list[Learning]:
    """Return whether authors learn from results; nothing where the campaign's parts are not there to tell."""
    from zosimos.campaign.decisions.worth import learned
    from zosimos.campaign.setup import reopened

    if not record.state.advice:
        return []
    try:
        return learned(reopened(record), record.state)
    except ZosimosError as error:
        screen.notice(f"whether authors learn cannot be told: {error.message}")
        return []


def _came_to(state: State, came: Worth) -> list[str]:
    """Return in words what advice came to; an advisor's own are marked."""
    last = next((call for call in reversed(state.calls) if call.words), None)
    lines = [*came.lines(), *(f"suggested to you: {said(words, 'llm')}" for words in came.suggests)]
    return lines + ([] if last is None else [f"of its call after {last.seen} results: {said(last.words, 'llm')}"])


def _row(view: dict[str, Any]) -> tuple[str, ...]:
    until = f" until {view['until']} results" if view["status"] == "in force" and view["until"] is not None else ""
    came = "; ".join(_came(one) for one in view["followed"])
    why = "; ".join(filter(None, (view["reason"], view.get("cites", ""))))
    what, why = (said(text, view["kind"]) if text else "" for text in ("; ".join(view["words"]), why))
    return view["advice"], view["author"], what, why, view["status"] + until, came


def _came(one: dict[str, Any]) -> str:
    """Return in words what came of an experiment that was advised."""
    found = screen.outcomes(one["outcomes"]) or one["status"]
    return f"{one['experiment']} {found}" + (" (the best by then)" if one["best"] else "")
