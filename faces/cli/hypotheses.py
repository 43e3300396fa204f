"""Hypotheses: what people and programs think is true of a campaign, and what results make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.errors import SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, Reason, desk
from zosimos.faces.cli.tables import moment, said

if TYPE_CHECKING:
    from zosimos.campaign.explain.hypotheses.standing import Hypothesised, Standing


def hypotheses(
    campaign: CampaignId,
    resolve: Annotated[
        str | None, typer.Option("--resolve", metavar="ADVICE", help="Settle one yourself: that of advice a0001.")
    ] = None,
    holds: Annotated[
        bool | None, typer.Option("--holds/--fails", help="Whether the one that is settled was found true.")
    ] = None,
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Show each hypothesis, who made it, what they gave it, and what the results make of it now."""
    from zosimos.campaign.explain.hypotheses.standing import hypotheses_of
    from zosimos.campaign.setup import reopened

    with desk(ledger) as here:
        record = here.record(campaign)
        if resolve is not None and holds is not None:
            here.commands(record).resolve_hypothesis(resolve, holds=holds, reason=reason)
        elif resolve is not None or holds is not None or reason:
            raise SpecError(
                "a hypothesis is settled by naming its advice and saying which it is",
                field="resolve",
                value=resolve,
                allowed="--resolve ADVICE with --holds or --fails",
            )
        found = hypotheses_of(record.state, reopened(record))
        if json:
            screen.json_line(found.as_json())
            return
        if not found.standings and not found.rivals:
            screen.say(f"campaign {found.campaign}: nobody has stated a hypothesis")
            example = f"zosimos advise {found.campaign} --hypothesis 'Y falls with A' --odds 0.8"
            screen.say(f"  state one with: {here.hint(example)}")
            return
        _shown(found)


def _shown(found: Hypothesised) -> None:
    screen.say(f"campaign {found.campaign}: {len(found.standings)} hypotheses, {found.results} results")
    if found.standings:
        heads = ("advice", "author", "when", "statement", "said", "results", "data alone", "now", "")
        screen.console().print(screen.table(heads, [_row(one) for one in found.standings]))
    for one in found.standings:
        if one.weight.row is not None:
            screen.say(f"{one.given.advice.id}: {screen.values(one.weight.row)} would tell most: {one.weight.telling}")
    if found.rivals:
        told = ", ".join(f"{name} {chance:.2g}" for name, chance in sorted(found.rivals.items(), key=lambda x: -x[1]))
        screen.say(f"rival formulas of the campaign: {told}" + (f"; {note}" if (note := found.rivals_note) else ""))
    if found.authors:
        columns = ("author", "statements", "decided", "Brier score", "held", "expected to hold", "")
        rows = [
            (
                one.author,
                one.statements,
                one.decided,
                "" if one.brier is None else f"{one.brier:.3f}",
                one.held if one.decided else "",
                f"{one.expected:.1f}" if one.decided else "",
                one.note,
            )
            for one in found.authors
        ]
        screen.console().print(screen.table(columns, rows))


def _row(one: Standing) -> tuple[str, ...]:
    from zosimos.campaign.explain.hypotheses.standing import chance_told

    advice = one.given.advice
    return (
        advice.id,
        advice.author,
        f"{moment(one.given.at)}, {advice.given} results",
        said(str(one.item.statement), advice.kind),
        f"{one.item.probability:.2f}",
        str(one.weight.results),
        chance_told(one.data),
        chance_told(one.now),
        one.remarks,
    )
