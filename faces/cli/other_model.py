"""Replaying with another model: it is asked what is on record, and what would differ is shown; nothing comes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zosimos.core.errors import ModelError, SpecError, ZosimosError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import desk

if TYPE_CHECKING:
    from zosimos.agent.replaying.asked import Compared
    from zosimos.agent.replaying.replay import Comparison

_CALLED = {"same": "the same", "differs": "differs", "failed": "failed"}


def replayed(campaign: str, model: str | None, base_url: str | None, *, json: bool, ledger: str | None) -> None:
    """Ask another model all that models were asked in a campaign, and show what would differ.

    Raises:
        SpecError: no model is named.
        ModelError: there is no such model, or it could not be asked a single time.
    """
    if model is None:
        raise SpecError(
            "a server is named and no model", field="--base-url", value=base_url, hint="add --model openai:NAME"
        )
    from zosimos.agent.advising.choice import sent_to
    from zosimos.agent.models.names import model_of
    from zosimos.agent.models.turn import limits_of
    from zosimos.agent.replaying.replay import replay_with
    from zosimos.campaign.setup import reopened
    from zosimos.core.settings import load_settings

    settings = load_settings(model=model, base_url=base_url)
    named = base_url is not None or bool(os.environ.get("ZOSIMOS_BASE_URL"))
    brain = model_of(settings, named_by_person=named)
    with desk(ledger) as here:
        record = here.record(campaign)
        if where := sent_to(model, settings):
            screen.notice(f"what models were asked, results among it, is sent to {where}")
        options: Any = {"traced": settings.tracing}
        if screen.at_terminal():
            options["progress"] = lambda one: screen.notice(f"... event {one.event}: {_CALLED[one.verdict]}")
        found = replay_with(here.ledger, record.campaign, reopened(record), brain, limits_of(settings), **options)
    if found.compared and all(one.problem for one in found.compared):
        raise ModelError(
            f"the model gave nothing of use: {found.compared[0].problem}",
            field="--model",
            value=model,
            hint="check its name and --base-url; nothing was changed",
        )
    if json:
        screen.json_line({"campaign": record.campaign, "model": model, **found.as_json()})
        return
    for one in found.compared:
        screen.say(*_told(one))
    screen.say(*_summary(model, found))


def _summary(model: str, found: Comparison) -> Iterator[str]:
    counts = found.summary()
    if not found.compared:
        yield "nothing that a model was asked is on record with its words"
    else:
        usage = found.usage
        cost = "price not known" if usage.cost_usd is None else f"{usage.cost_usd:.4g} $"
        about = "about " if usage.estimated else ""
        total, same = len(found.compared), counts["same"]
        yield f"{model}: {same} of {total} the same, {counts['differs']} differ, {counts['failed']} failed"
        yield f"  it took {about}{usage.tokens} tokens ({cost}), which no budget of the campaign counts"
    if changed := counts["decisions that would change"]:
        yield f"  {changed} of the decisions that followed would have been another"
    if found.left:
        yield f"  {found.left} more were not asked, as it failed {len(found.compared)} times or more in a row"
    if found.unknown:
        yield f"  {found.unknown} more are on record without the words that were asked"
    yield "  nothing was written, proposed or run"


def _told(one: Compared) -> Iterator[str]:
    """Yield what another model would have done, as lines; a model's own words are marked and disarmed."""
    from zosimos.agent.quotation import quoted

    width = screen.console().width - 4
    asked = f"asked at: {one.asked}" if one.purpose == "advice" else f"asked: {one.asked}"
    yield f"event {one.event}, {one.purpose} by {one.by}: {_CALLED[one.verdict]}" + (
        f" in {' and '.join(one.differ)}" if one.differ else ""
    )
    yield from (f"    {line}" for line in quoted(asked, width=width))
    if one.problem:
        yield from (f"    {line}" for line in quoted(one.problem, width=width))
        return
    for name in one.differ:
        for when, data in (("then", one.recorded), ("now", one.found)):
            yield f"  {name} {when}:" + ("" if data[name] else " none")
            yield from (f"    {line}" for item in data[name] for line in quoted(_words(name, item), width=width))
    yield from _decision(one.decision)


def _decision(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what advice would have changed in the next decision."""
    if "unknown" in found:
        yield f"  what it would have changed in {found['decision']} cannot be told: {found['unknown']}"
    elif found and found["same"]:
        yield f"  the next decision, {found['decision']}, would have been the same"
    elif found:
        yield f"  the next decision, {found['decision']}, would have been another:"
        for when in ("as it was", "then"):
            yield from (f"    {when}: {screen.values(row)}" for row in found[when])


def _words(name: str, item: Any) -> str:
    """Return a call, a proposal, an item of advice or a suggestion in words."""
    if name == "calls":
        return f"{item['tool']} {_pairs(item['arguments'])}".rstrip()
    if name == "proposals":
        changes = [f"{one['path']}: {one['old']} -> {one['new']}" for one in item.get("changes", ())]
        content = [f"{key}: {value}" for key, value in item.get("content", {}).items()]
        return f"{item['verb']} {'; '.join([*changes, *content])}".rstrip()
    if name == "items":
        return _advised(item)
    return str(item)


def _advised(item: Mapping[str, Any]) -> str:
    """Return an item of advice in words, with what it foretells."""
    from zosimos.planners.advice_items import described, read_item

    try:
        return described(read_item(item))
    except (ZosimosError, LookupError, TypeError, ValueError):  # words in it were disarmed
        return _pairs(item)


def _pairs(given: Mapping[str, Any] | Sequence[Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items()) if isinstance(given, Mapping) else str(given)
