"""Suggested: what a proposed change does that leaves the spec as it is, read from the record and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign.record.bodies import listed, mapped, number, text
from zosimos.campaign.record.experiment import Experiment, ProposedVerb
from zosimos.campaign.record.walking_back import last_standing
from zosimos.core.values import is_number
from zosimos.planners.advice_items import described, read_item

BESIDE = frozenset({"advise", "withdraw", "correct", "uncorrect", "retract", "restore", "clear"})
"""What is done beside the spec, which stays as it is."""


def content_in(verb: ProposedVerb, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a proposal says beyond the spec; empty where there is nothing.

    Raises:
        KeyError, TypeError, ValueError: it makes no sense.
    """
    if "content" not in body:
        if verb in BESIDE:
            raise ValueError(f"a proposal to {verb} says of nothing what is done")
        return {}
    content = mapped(body, "content")
    match verb:
        case "advise":
            if not [read_item(item) for item in listed(content, "items")]:
                raise ValueError("no advice is given")
            if content.get("lasting") is not None:
                number(content, "lasting")
            if "cites" in content:
                text(content, "cites")
        case "withdraw":
            text(content, "advice")
        case "correct":
            text(content, "experiment")
            values = mapped(content, "values")
            if not values or not all(
                value is None or isinstance(value, str) or is_number(value) for value in values.values()
            ):
                raise TypeError(f"values holds what is no value: {values!r}")
        case "uncorrect" | "retract" | "restore":
            text(content, "experiment")
        case "clear":
            _check_clearing(content)
        case _:
            raise ValueError(f"a proposal to {verb} says nothing beyond the spec")
    in_words(verb, content, {})  # what cannot be said in words cannot be shown to anybody
    return content


def _check_clearing(content: Mapping[str, Any]) -> None:
    """Refuse what says nothing of which substance or pair is cleared, and why it needs to be."""
    for name in ("digest", "kind", "subject", "words"):
        text(content, name)
    if not all(isinstance(field, str) for field in listed(content, "where")):
        raise TypeError("where holds what is no field")


def in_words(verb: ProposedVerb, content: Mapping[str, Any], experiments: Mapping[str, Experiment]) -> list[str]:
    """Return what a proposal does beside the spec, as lines; none of one that changes it.

    Args:
        verb: what it does.
        content: what it says.
        experiments: those on record, whose values are shown beside what they would be.
    """
    match verb:
        case "advise":
            lasting = content.get("lasting")
            until = f", for the next {lasting} results" if lasting else ""
            cites = [f"because of {content['cites']}"] if content.get("cites") else []
            return [described(read_item(item)) + until for item in content["items"]] + cites
        case "withdraw":
            return [f"advice {content['advice']} counts no more"]
        case "correct":
            named = content["experiment"]
            found = experiments.get(named)
            return [f"{named}: {_corrected(found, name, value)}" for name, value in content["values"].items()]
        case "uncorrect":
            return [_taken_back(content["experiment"], experiments)]
        case "retract":
            return [f"the result of {content['experiment']} counts no more"]
        case "restore":
            return [f"the result of {content['experiment']} counts again"]
        case "clear":
            return [f"it may be used in this campaign: {content['words']}", f"stated in {', '.join(content['where'])}"]
        case _:
            return []


def _taken_back(named: str, experiments: Mapping[str, Experiment]) -> str:
    """Return which correction of an experiment would be taken back: the last that stands."""
    last = last_standing(experiments[named]) if named in experiments else None
    return f"{named}: its last correction is taken back" + (f": {last}" if last is not None else "")


def _corrected(found: Experiment | None, name: str, value: object) -> str:
    """Return what one value of an experiment is, and what it would be."""
    if found is not None and name in found.measurements:
        return f"{name}: {found.measurements[name].value:g} -> {value}"
    if found is not None and name in found.ran_at:
        return f"{name}: {found.ran_at[name]} -> {value}"
    return f"{name}: {value}"
