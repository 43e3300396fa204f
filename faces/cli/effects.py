"""Effects: the classical analysis of what was measured, as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zosimos.surrogates.linear.results import Analysis, Share

_CLEAR = 0.05  # below this an effect is marked
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
    screen.say(f"{name}{f' ({unit})' if unit else ''}: {found.model} model of {found.n} results")
    rows = []
    ranked = found.by_size
    for one in [*(e for e in found.estimates if e not in ranked), *ranked]:
        reach = None if one.high is None else one.high - one.coefficient
        p = "" if one.p is None else f"{one.p:.2g}"
        clear = "clear" if one.p is not None and one.p < _CLEAR and one in ranked else ""
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
    screen.say(", ".join(told), *_verdicts(found), *found.aliases, *(f"note: {note}" for note in found.notes), "")


def _verdicts(found: Analysis) -> list[str]:
    """Say in words what the tests of curvature and of lack of fit mean."""
    told = []
    if found.curvature is not None and found.curvature.p is not None:
        bent = found.curvature.p < _CLEAR
        what = "the response is curved: add axial points, or model squares" if bent else "no curvature shows"
        told.append(f"centre points: {what} (p {found.curvature.p:.2g})")
    if found.lack_of_fit is not None and found.lack_of_fit.p is not None:
        short = found.lack_of_fit.p < _CLEAR
        what = "the model is too simple" if short else "the model misses nothing that shows"
        told.append(f"repeated experiments: {what} (lack of fit, p {found.lack_of_fit.p:.2g})")
    elif found.lack_of_fit is None:
        told.append("no experiment was repeated often enough to judge whether the model is too simple")
    return told


def _line(share: Share) -> tuple[str, str, str, str, str]:
    f, p = share.f, share.p
    return share.source, str(share.df), _number(share.squares), _number(f), "" if p is None else f"{p:.2g}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
