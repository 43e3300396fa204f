"""Effects: the classical analysis of what was measured, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.unit_signs import printed
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zosimos.surrogates.linear.results import Analysis, Share

_LINES, _LONG = 16, 200  # lines, and characters of each, that a person reads of what cannot be told apart


def effects(
    campaign: CampaignId,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="linear, interactions, quadratic, special-cubic or factorial (default: the largest that fits).",
        ),
    ] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", metavar="NAME", help="One outcome only (default: all).")
    ] = None,
    design: Annotated[
        bool, typer.Option("--design", help="Only the runs of the design that the campaign began with.")
    ] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Show effects with their errors, an analysis of variance, curvature and lack of fit, from the results alone."""
    from zosimos.campaign.effects import effects as analysed
    from zosimos.campaign.setup import reopened

    with desk(ledger) as here:
        record = here.record(campaign)
        found = analysed(record.state, reopened(record), model=model, outcome=outcome, only_design=design)
        if json:
            screen.json_line({"campaign": record.campaign, **found.as_json()})
            return
        for name, one in found.outcomes.items():
            _analysis(name, found.units[name], replace(one, aliases=_few(one.aliases)))
        for name, why in found.refused.items():
            screen.say(f"{name}: {why}")
        screen.say(*(f"note: {note}" for note in found.notes))


def _few(lines: Sequence[str]) -> list[str]:
    """Return as many lines of what cannot be told apart as somebody reads; of a search there are hundreds."""
    shown = [line if len(line) <= _LONG else f"{line[:_LONG].rpartition(' ')[0]} ..." for line in lines[:_LINES]]
    left = len(lines) - len(shown)
    return shown + ([f"... and {left} more such lines (--json has them)"] if left else [])


def _analysis(name: str, unit: str, found: Analysis) -> None:
    from zosimos.campaign.effects import CLEAR, verdicts

    unit = printed(unit)
    screen.say(f"{name}{f' ({unit})' if unit else ''}: {found.model} model of {found.n} results")
    rows = []
    ranked = found.by_size
    for one in [*(e for e in found.estimates if e not in ranked), *ranked]:
        reach = None if one.high is None else one.high - one.coefficient
        p = "" if one.p is None else f"{one.p:.2g}"
        clear = "clear" if one.p is not None and one.p < CLEAR and one in ranked else ""
        rows.append((one.label, _number(one.effect), _number(one.coefficient), _number(reach), p, clear))
    screen.console().print(screen.table(("term", "effect", "coefficient", "± 95 %", "p", ""), rows))
    if found.judged_by:
        screen.say(f"errors from {found.judged_by}")
    lines = [_line(share) for share in found.variance]
    screen.console().print(screen.table(("source", "df", "sum of squares", "F", "p"), lines))
    fits = (("R2", found.r2), ("adjusted", found.adjusted), ("predicted", found.predicted))
    told = [f"{what} {value:.3f}" for what, value in fits if value is not None]
    if found.noise is not None:
        told.append(f"noise {_number(found.noise)} {unit}".rstrip())
    screen.say(", ".join(told), *verdicts(found), *found.aliases, *(f"note: {note}" for note in found.notes), "")


def _line(share: Share) -> tuple[str, str, str, str, str]:
    f, p = share.f, share.p
    return share.source, str(share.df), _number(share.squares), _number(f), "" if p is None else f"{p:.2g}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
