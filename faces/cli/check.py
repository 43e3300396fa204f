"""Checking: a campaign file before it runs, a record after."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import DataError
from zosimos.faces.cli import other_model, screen
from zosimos.faces.cli.agent import BaseUrl
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, Sets, SpecFile, WitnessPlace, desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zosimos.campaign.decisions.replay import Replay
    from zosimos.campaign.setup import Setup
    from zosimos.core.validation import Part

_COLUMNS = 30  # of a table that are shown


def validate(file: SpecFile, sets: Sets = None, json: Json = False, ledger: LedgerUrl = None) -> None:  # noqa: ARG001 - each command takes --ledger
    """Check a campaign file and the data it names; nothing is written."""
    from zosimos.agent.advising.choice import check_advisor_name
    from zosimos.campaign.definition.described import parameter, rule
    from zosimos.campaign.files import from_file
    from zosimos.campaign.report.formatting import aims
    from zosimos.campaign.setup import by_hand

    setup = by_hand(from_file(file, sets or []))
    if setup.spec.advisor is not None:
        check_advisor_name(setup.spec.advisor.kind)
    found = _described(setup)
    if json:
        screen.json_line({"valid": True, "file": str(file), **found})
        return
    space = [(name, parameter(part.model_dump(mode="json"))) for name, part in setup.spec.space.items()]
    shown, more = screen.some(f"{name}: {words}" for name, words in space)
    rules = [rule(part if isinstance(part, str) else part.model_dump(mode="json")) for part in setup.spec.constraints]
    columns = list(found.get("columns", {}).items())[:_COLUMNS]
    screen.say(f"{file} is a valid campaign file")
    screen.console().print(
        screen.facts(
            [
                ("name", found["name"]),
                *_below("parameters", [*shown, *more]),
                *_below("rules", rules),
                ("objectives", aims(setup.objectives(setup.spec))),
                ("candidates", "any point of the space" if found["candidates"] is None else found["candidates"]),
                *_below("table", found.get("read_as", ())),
                *_below("columns", [f"{name}: {what}" for name, what in columns]),
                *_below("left out", found.get("left_out", ())),
                *_below("descriptors", [f"{name}: {words}" for name, words in found.get("descriptors", {}).items()]),
                *_below("start", found.get("start", {}).get("told", ())),
                *_below("safety", _safety(setup)),
                ("lab", found["lab"] or "none: by hand, with zosimos ask and tell"),
                ("clock", found["clock"] if found["lab"] else ""),
                ("approval", found["approval"] if found["lab"] or found["approval"] in ("each", "batch") else ""),
                ("budget", f"{found['budget']} experiments{_and_cost(setup)}, {setup.spec.batch} at a time"),
            ]
        )
    )


def _safety(setup: Setup) -> list[str]:
    """Return what the rules of chemistry say, as lines; without a declared substance, that nothing was."""
    report = setup.safety(setup.spec)
    if not report.declared:
        return [*report.lines(), "no substance is declared: nothing else was checked"] if report.findings else []
    return report.lines() or ["nothing to say of the substances that are declared"]


def _below(name: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    """Return lines, one below the other, of which the first has a name."""
    return [(name if place == 0 else " ", line) for place, line in enumerate(lines)]


def _and_cost(setup: Setup) -> str:
    spec = setup.spec
    return (
        ""
        if spec.budget.cost is None or spec.costs is None
        else f", cost {spec.budget.cost:g} {spec.costs.unit}".rstrip()
    )


def _described(setup: Setup) -> dict[str, Any]:
    from zosimos.campaign.definition.taken_for import descriptions

    spec = setup.spec
    table = setup.candidates(spec)
    told: dict[str, Any] = {} if table is None else {"columns": dict(table.columns), "left_out": list(table.left_out)}
    if (design := setup.design(spec)) is not None:
        left = spec.budget.experiments - len(design.rows)
        then = f"then {left} more by {' and '.join(spec.planner.sharing)}" if left else "that uses up the budget"
        runs = {"design": design.request.design, "runs": len(design.rows)}
        told["start"] = {**runs, "told": [design.summary(), *design.notes, then]}
    if known := descriptions(spec):
        told["descriptors"] = known
    safety = setup.safety(spec)
    if safety.findings or safety.declared:
        told["safety"] = safety.as_json()
    return {
        "name": spec.name,
        "parameters": list(spec.space),
        "objectives": {name: part.goal for name, part in spec.objectives.items()},
        "candidates": None if setup.pool is None else len(setup.space(spec).candidates),
        "lab": None if spec.lab is None else spec.lab.kind,
        "clock": setup.clock,
        "approval": spec.approval,
        **({"read_as": list(setup.read_as)} if setup.read_as else {}),
        "budget": spec.budget.experiments,
        "spec": spec.model_dump(mode="json"),
        **told,
    }


def dry_run(file: SpecFile, sets: Sets = None, json: Json = False, ledger: LedgerUrl = None) -> None:  # noqa: ARG001 - each command takes --ledger
    """Rehearse a campaign in virtual time with nobody to ask; nothing is kept."""
    from zosimos.campaign.control.rehearse import rehearse
    from zosimos.campaign.files import from_file

    setup = from_file(file, sets or [])
    found = rehearse(setup)
    if json:
        screen.json_line({"file": str(file), **found.as_json()})
        return
    pairs: list[tuple[str, object]] = [
        ("experiments", f"{found.experiments} ({found.failed} failed)"),
        ("steps", found.steps),
        ("time on the lab's clock", screen.duration(found.simulated_s)),
        *found.account.items(),
        ("ended because", found.ending),
    ]
    first = [{name: values[name] for name in setup.spec.space} for values in found.first]
    pairs += [("first candidates" if i == 0 else " ", screen.values(values)) for i, values in enumerate(first)]
    screen.say(f"rehearsal of {file}, in virtual time, with space-filling candidates:")
    screen.console().print(screen.facts(pairs))


class Kind(StrEnum):
    """The files that people write."""

    campaign = "campaign"
    lab = "lab"
    recipe = "recipe"


def schema(
    of: Annotated[Kind, typer.Argument(metavar="[FILE]", help="campaign, lab or recipe.")] = Kind.campaign,
    json: Json = False,
    ledger: LedgerUrl = None,  # noqa: ARG001 - each command takes --ledger
) -> None:
    """Print the JSON schema of a campaign file, a lab file or a recipe, for an editor that completes and checks."""
    from json import dumps

    from zosimos.campaign.definition.model import CampaignSpec
    from zosimos.workcell.labfile import LabFile
    from zosimos.workcell.protocol.model import Protocol

    files: dict[Kind, type[Part]] = {Kind.campaign: CampaignSpec, Kind.lab: LabFile, Kind.recipe: Protocol}
    found = files[of].model_json_schema()
    if json:
        screen.json_line(found)
    else:
        typer.echo(dumps(found, indent=2))


def head(campaign: CampaignId, witness: WitnessPlace = None, json: Json = False, ledger: LedgerUrl = None) -> None:
    """Print the end of a campaign's hash chain, to keep elsewhere: it exposes a record that was cut short."""
    from datetime import UTC, datetime

    from zosimos.campaign.ledger import verify as chain
    from zosimos.campaign.ledger.safekeeping.witness import head_line, witness_at
    from zosimos.campaign.record.find import find_campaign

    with desk(ledger) as here:
        name = find_campaign(here.ledger, campaign)
        found = chain.head(here.ledger, name)
        if witness is not None:
            place = witness_at(witness)
            try:
                place.write(head_line(name, found, datetime.now(UTC).isoformat()))
            except (OSError, ValueError) as error:  # an address that is none is a ValueError
                raise DataError(
                    f"the witness cannot be written to: {getattr(error, 'strerror', None) or error}",
                    field="--witness",
                    allowed="a file in a folder that can be written to, or a web address that answers",
                    hint="check the place, and the disk or the network; without --witness the head is printed",
                ) from error
        if json:
            screen.json_line({"campaign": name, "head": str(found), "seq": found.seq, "hash": found.hash})
        else:
            screen.say(found)


def replay(
    campaign: CampaignId,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="Ask this model instead all that models were asked, on paper."),
    ] = None,
    base_url: BaseUrl = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Make every decision again from the record and compare; exit code 1 if one comes out differently."""
    from zosimos.campaign.decisions import replay as again
    from zosimos.campaign.ledger.whole import WholeChain
    from zosimos.campaign.setup import reopened

    if model is not None or base_url is not None:
        other_model.replayed(campaign, model, base_url, json=json, ledger=ledger)
        return
    with desk(ledger) as here:
        record = here.record(campaign)
        found = again.replay(record.campaign, WholeChain(here.ledger, record.campaign), reopened(record))
        _replayed(record.campaign, found, json=json)
    if found.divergence is not None:
        raise typer.Exit(1)


def _replayed(campaign: str, found: Replay, *, json: bool) -> None:
    differs = found.divergence
    if json:
        divergence = None if differs is None else dict(differs.__dict__)
        data = {"campaign": campaign, "identical": differs is None, "decisions": found.decisions}
        data |= {"divergence": divergence, "changed_versions": list(found.changed_versions)}
        screen.json_line(data | {"written_by": found.written_by})
        return
    if differs is None:
        screen.say(f"all {found.decisions} decisions came out the same")
    else:
        screen.say(f"decision {differs.decision} (event {differs.event}) came out differently: {differs.what}")
        screen.say(f"  recorded: {differs.recorded}", f"  found:    {differs.found}")
        screen.say(f"  the {found.decisions} decisions before it came out the same")
        screen.say(f"  written by zosimos {found.written_by}: a record is replayed by the version that wrote it")
    for version in found.changed_versions:
        screen.say(f"  other software: {version}")
