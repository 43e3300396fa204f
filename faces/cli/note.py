"""Notes: what a person writes down about a campaign or an experiment."""

from __future__ import annotations

from typing import Annotated

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, desk


def note(
    campaign: CampaignId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to write down, in quotes.", show_default=False)],
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="EXPERIMENT", help="The experiment it is about, such as e0007.")
    ] = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Write something down about a campaign, or about one of its experiments; nothing is decided by it."""
    with desk(ledger) as here:
        record = here.record(campaign)
        made = here.commands(record).note(text, experiment)
        if json:
            screen.json_line({"campaign": record.campaign, **made.as_json()})
        else:
            screen.say(f"noted ({made.id}{f', {made.experiment}' if made.experiment else ''}): {made.text}")
