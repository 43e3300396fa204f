"""Hazards of advice: what the rules of chemistry say of the substances that a point or a hypothesis would use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.safety.findings import Finding
from zosimos.campaign.setup import Setup
from zosimos.planners.advice_items import Hypothesis, Item, Point, Prior


def hazards_of(setup: Setup, spec: CampaignSpec, items: Sequence[Item]) -> tuple[Finding, ...]:
    """Return what is to be said of the substances that advice would use, the gravest first.

    Of a point these are its choices, and what is there in every experiment; of a hypothesis or a prior, whatever the
    parameters that it speaks of may be.

    Args:
        setup: the campaign's setup.
        spec: the version of its spec that holds.
        items: the advice.
    """
    found: dict[str, Finding] = {}
    for item in items:
        if isinstance(item, Point):
            report = setup.safety_at(spec, item.values)
            found |= {one.digest: one for one in report.findings}
        else:
            found |= {one.digest: one for one in _about(setup, spec, item)}
    return tuple(one for one in setup.safety(spec).findings if one.digest in found)


def _about(setup: Setup, spec: CampaignSpec, item: Item) -> Iterator[Finding]:
    names: frozenset[str] = frozenset()
    if isinstance(item, Hypothesis):
        names = frozenset(item.statement.names)
    elif isinstance(item, Prior):
        names = frozenset(item.terms)
    fields = {f"space.{name}" for name in names}
    yield from (one for one in setup.safety(spec).findings if fields & set(one.where))
