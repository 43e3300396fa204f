"""Explaining: why an experiment was chosen and what it taught, what matters in a campaign, what the models believe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, desk

if TYPE_CHECKING:
    from zosimos.campaign.record.record import Record


def explain(
    campaign: CampaignId,
    experiment: Annotated[
        str | None, typer.Argument(metavar="[EXPERIMENT]", help="One experiment, such as e0007.", show_default=False)
    ] = None,
    bootstraps: Annotated[
        int,
        typer.Option(
            "--bootstraps",
            min=0,
            max=1000,
            metavar="N",
            help="Of a campaign: explain N resamples too, and say what comes out again (0: leave that out).",
        ),
    ] = 20,
    model: Annotated[
        bool, typer.Option("--model", help="Describe the models instead: assumptions, failures, held-out errors.")
    ] = False,
    planner: Annotated[
        bool,
        typer.Option("--planner", help="Say instead what planning did: models, predictions, chance, whether it pays."),
    ] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Say why an experiment was chosen, or what matters in a campaign and what is believed."""
    from zosimos.campaign.explain import explain_campaign, explain_experiment
    from zosimos.campaign.setup import reopened
    from zosimos.faces.cli import explained

    with desk(ledger) as here:
        record = here.record(campaign)
        if model:
            _models(record, json=json)
        elif planner:
            _planner(record, json=json)
        elif experiment is not None:
            record.state.experiment(experiment)  # an unknown one is refused before anything is computed
            events = here.ledger.events(record.campaign)
            one = explain_experiment(record.campaign, events, reopened(record), experiment)
            screen.json_line(one.as_json()) if json else explained.experiment(record.state.spec, one)
        else:
            whole = explain_campaign(record.state, reopened(record), bootstraps=bootstraps)
            screen.json_line(whole.as_json()) if json else explained.campaign(whole)


def _models(record: Record, *, json: bool) -> None:
    """Show the card of each quantity's model, how it does on held-out results, and how far out experiments are."""
    from zosimos.campaign.explain.models import explain_models
    from zosimos.campaign.setup import reopened
    from zosimos.faces.cli import explained

    found = explain_models(record.state, reopened(record))
    if json:
        screen.json_line(found.as_json())
        return
    for name, card in found.cards.items():
        screen.say(f"# {name}", "", *card.as_markdown().splitlines())
        if name in found.checks.quantities:
            explained.held_out(found.checks.quantities[name])
    explained.domains(found.domains)
    explained.notes(found.checks.notes)


def _planner(record: Record, *, json: bool) -> None:
    """Show what planning has done for a campaign, and whether it pays there."""
    from zosimos.campaign.explain.planner_card import planner_card
    from zosimos.campaign.setup import reopened
    from zosimos.faces.cli import planner_shown

    found = planner_card(record.state, reopened(record))
    screen.json_line(found.as_json()) if json else planner_shown.card(found)
