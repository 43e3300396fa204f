"""Talking: a goal in words becomes a campaign file; a campaign is looked at and steered in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zosimos.core.errors import PlanError, SpecError
from zosimos.faces.cli import errors, screen
from zosimos.faces.cli import plan_files as files
from zosimos.faces.cli.approve import answers, change_lines, preview_lines, why
from zosimos.faces.cli.coming import Coming
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Output, desk

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from zosimos.agent.chat import Reply
    from zosimos.agent.plan import Plan
    from zosimos.core.settings import Settings

ModelName: TypeAlias = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="offline (the default), openai:NAME, or several with commas."),
]
BaseUrl: TypeAlias = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="A server that speaks OpenAI's protocol, up to /v1."),
]


def plan(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="The goal, in quotes.", show_default=False)],
    lab: Annotated[
        str | None,
        typer.Option(
            "--lab",
            metavar="KIND|PATH",
            help="The lab to plan for, such as colour, or a lab file of your own; else people do it by hand.",
        ),
    ] = None,
    protocol: Annotated[
        Path | None,
        typer.Option("--protocol", metavar="PATH", help="With a lab file: the recipe; else the plan brings one."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="TABLE", help="By hand: a table of what is known, whose columns it begins from."
        ),
    ] = None,
    output: Output = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run/--no-dry-run", help="Rehearse the plan first.")] = True,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take the plan though it leaves out some of what the goal says.")
    ] = False,
    model: ModelName = None,
    base_url: BaseUrl = None,
    json: Json = False,
    ledger: LedgerUrl = None,  # noqa: ARG001 - each command takes --ledger
) -> None:
    """Turn a goal in words into a campaign file that is valid and rehearsed; nothing is run."""
    files.require_new(output, force=force)
    if lab is not None and table is not None:
        raise SpecError("a lab says itself what there is", field="--from", value=str(table), allowed="without --lab")
    recipe = files.recipe_beside(lab, protocol, output, force=force)
    files.keep_what_is_read((lab if files.is_lab_file(lab) else None, protocol, table), (output, recipe))
    settings = _settings(model, base_url)
    brain = _model(settings, base_url)
    from zosimos.agent.models.turn import limits_of
    from zosimos.agent.plan import plan as planned
    from zosimos.agent.planfile import as_yaml
    from zosimos.campaign.control.rehearse import rehearse

    found = planned(
        words,
        files.ground(lab, protocol, output),
        brain,
        table=table,
        rehearse=rehearse if dry_run else None,
        limits=limits_of(settings),
        traced=settings.tracing,
    )
    if found.left_out and not accept:
        raise _left_out(found)
    text = as_yaml(found)
    if output is not None:
        files.write(output, text, recipe, found.recipe, force=force)
    if json:
        screen.json_line({**_as_json(found, settings.model, output), **files.as_json(found, recipe)})
        return
    if output is None:
        screen.plain_text(text)
    _planned(found, output)


def _settings(model: str | None, base_url: str | None) -> Settings:
    from zosimos.core.settings import load_settings

    return load_settings(model=model, base_url=base_url)


def _model(settings: Settings, flag: str | None) -> BaseChatModel:
    from zosimos.agent.models.names import model_of

    return model_of(settings, named_by_person=flag is not None or bool(os.environ.get("ZOSIMOS_BASE_URL")))


def _left_out(found: Plan) -> PlanError:
    return PlanError(
        "the plan leaves out some of what the goal says: nothing was written",
        field="words",
        value="; ".join(found.left_out),
        allowed="what the fields of a campaign file can say; they are in docs/campaign-file.md",
        hint="say it in other words, add it to the file by hand, or take the plan without it: --accept",
    )


def _as_json(found: Plan, model: str, output: Path | None) -> dict[str, Any]:
    seen = found.rehearsal
    return {
        "spec": dict(found.data),
        "assumptions": list(found.assumptions),
        "left_out": list(found.left_out),
        "model": model,
        "repairs": found.repairs,
        **({"safety": found.safety.as_json()} if found.safety.findings else {}),
        **found.asked.as_json(),
        "file": None if output is None else str(output),
        "dry_run": None if seen is None else {key: item for key, item in seen.as_json().items() if key != "first"},
    }


def _planned(found: Plan, output: Path | None) -> None:
    """Show a plan beside its file: on stdout, or on stderr where stdout is the file."""
    screen.notice(*found.asked.fallen_back())
    show = screen.say if output is not None else screen.notice
    if found.steps:
        show("the recipe:", *(f"  {line}" for line in found.steps))
    if found.assumptions:
        show("assumed:", *(f"  {line}" for line in found.assumptions))
    if found.left_out:
        show("left out:", *(f"  {line}" for line in found.left_out))
    if found.safety.findings:
        show("safety of chemistry:", *(f"  {line}" for line in found.safety.lines()))
    if found.spec.lab is None:
        show(f"{found.spec.budget.experiments} experiments by hand, {found.spec.batch} at a time")
    elif found.rehearsal is None:
        show("no dry run was made")
    else:
        seen = found.rehearsal
        time = screen.duration(seen.simulated_s)
        show(f"dry run: {seen.experiments} experiments ({seen.failed} failed) in {time}; ended because {seen.ending}")
        show(*(f"  {name}: {value}" for name, value in seen.account.items()))
    if output is not None:
        follow = f"run it with: zosimos run {output}" if found.spec.lab else f"begin with: zosimos ask {output}"
        if found.recipe:
            show(f"the recipe is written to {files.recipe_path(output)}")
        show(f"written to {output}; {follow}")


def chat(
    campaign: CampaignId,
    said: Annotated[
        str | None, typer.Option("--say", metavar="TEXT", help="One message; else a line of stdin each.")
    ] = None,
    model: ModelName = None,
    base_url: BaseUrl = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Look at a campaign and steer it in words; changes are proposals that zosimos approve makes."""
    settings = _settings(model, base_url)
    brain = _model(settings, base_url)
    with desk(ledger) as here:
        turn = _turns(here, campaign, brain, settings)
        if said is not None:
            _answered(here, turn, said, json=json)
            return
        for line in _lines():
            try:
                _answered(here, turn, line, json=json)
            except Exception as error:  # noqa: BLE001 - one message that failed does not end the conversation
                errors.shown(error, as_json=json)


def _turns(here: Desk, campaign: str, brain: BaseChatModel, settings: Settings) -> Callable[..., Reply]:
    from zosimos.agent.chat import say
    from zosimos.agent.models.turn import limits_of
    from zosimos.campaign.control.commands import Commands
    from zosimos.campaign.setup import reopened

    record = here.record(campaign)
    setup = reopened(record)
    person = here.commands(record)
    proposer = Commands(record, f"{settings.author} through {settings.model}")
    options: Any = {"person": person, "proposer": proposer, "limits": limits_of(settings), "traced": settings.tracing}
    return partial(say, record, setup, brain, **options, began=_began)


def _began(tool: str) -> None:
    """Show a person at a terminal what a model does."""
    if screen.at_terminal():
        screen.notice(f"... {tool.replace('_', ' ')}")


def _lines() -> Iterator[str]:
    """Yield what a person types, until the end of the input."""
    while True:
        if sys.stdin.isatty():
            sys.stderr.write("> ")
            sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


def _answered(here: Desk, turn: Callable[..., Reply], said: str, *, json: bool) -> None:
    answer = Coming()
    reply = turn(said, coming=None if json else answer.show)
    if json:
        proposals = list(reply.proposals)
        screen.json_line(
            {
                "reply": reply.text,
                "proposals": proposals,
                "calls": list(reply.calls),
                "status": reply.status,
                "intent": reply.intent,
                "slots": dict(reply.slots),
                "proposal": proposals[0] if proposals else None,
                "citations": list(reply.citations),
                "alternatives": list(reply.alternatives),
                "commands": list(reply.commands),
                **reply.asked.as_json(),
            }
        )
        return
    screen.notice(*reply.asked.fallen_back())
    if reply.ours:
        screen.say(*reply.text.splitlines())
    else:
        answer.show(reply.text)
    screen.say(*(f"  {here.hint(command)}" for command in reply.commands))
    for item in reply.proposals:
        screen.say(f"proposal {item['token']}:", *(f"  {line}" for line in (*change_lines(item), *why(item))))
        screen.say(*(f"  {line}" for line in preview_lines(item["preview"])))
        answers(here, item["token"])
