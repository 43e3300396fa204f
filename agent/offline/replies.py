"""Replies as templates over what tools returned: every number in them was read from the record a moment ago."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zosimos.core.numerals import plain

_WIDTH = "width at half height"
_NOTHING = 1e-3  # of the expected gain: shown as 0


def reply(tool: str, found: Mapping[str, Any]) -> str:
    """Return a tool's result in words."""
    if "error" in found:
        return f"That cannot be done: {found['error']}"
    return _TEMPLATES.get(tool, _proposed)(found)


def _listed(found: Mapping[str, Any]) -> str:
    lines = [_experiment(item) for item in found["experiments"]]
    return "\n".join([f"{found['total']} experiments, the last {len(lines)}:", *lines]) if lines else "None yet."


def _status(found: Mapping[str, Any]) -> str:
    lines = [
        f"The campaign {found['name']} is {found['status']}: {found['used']} of {found['budget']} experiments used."
    ]
    if found["reason"]:
        lines.append(f"Reason: {found['reason']}")
    if found["best"]:
        lines.append(f"Best so far: {_experiment(found['best'])}")
    if found["open"]:
        lines.append(f"Questions that wait for your answer: {len(found['open'])}; see the list of approvals.")
    return "\n".join(lines)


def _experiment(item: Mapping[str, Any]) -> str:
    values = _values(item["values"])
    outcomes = ", ".join(f"{name} {text}" for name, text in item["outcomes"].items())
    return f"{item['experiment']} {item['status']}: {values}" + (f" gave {outcomes}" if outcomes else "")


def _explained(found: Mapping[str, Any]) -> str:
    lines = [_experiment(found), f"It was proposed by {found['origin']}: {found['why']}"]
    lines += [f"Expected {name}: {text}" for name, text in found["expected"].items()]
    return "\n".join(lines + ([f"Reason on record: {found['reason']}"] if found["reason"] else []))


def _compared(found: Mapping[str, Any]) -> str:
    lines = [_experiment(item) for item in found["experiments"]]
    differ = [f"{name} {_number(one)} and {_number(other)}" for name, (one, other) in found["differ"].items()]
    return "\n".join([*lines, "They differ in " + "; ".join(differ) + "." if differ else "They have the same values."])


def _passages(found: Mapping[str, Any]) -> str:
    """Return passages word by word, each with where it stands."""
    if not found["passages"]:
        return "There are no documents in the library."
    parts = [
        f"{one['document']}, {one['where']} (passage {one['passage']}):\n{one['text']}" for one in found["passages"]
    ]
    return "\n\n".join(parts)


def _campaign(found: Mapping[str, Any]) -> str:
    lines = []
    for item in found["objectives"]:
        lines.append(
            f"{item['objective']}: {item['results']} results, of whose variance models explain {item['explained']}; "
            f"the best is {item['best']}. What matters:"
        )
        lines += [f"  {one['parameter']} {one['share']}, {one['trend']}" for one in item["matters"]]
    return "\n".join([*lines, *found["notes"]])


def _spectra(found: Mapping[str, Any]) -> str:
    lines, apart = [], {one["series"]: one for one in found.get("apart", ())}
    for one in found["spectra"]:
        low, high = (f"{one[end]['value']} at {one[end]['at']}" for end in ("lowest", "highest"))
        part = "" if one["measured"] == one["channels"] else f" ({one['measured']} of {one['channels']} channels)"
        lines.append(f"{one['series']} of {found['experiment']}{part}: from {low} to {high}")
        for peak in one["peaks"]:
            width = f", {peak[_WIDTH]} wide at half its height" if _WIDTH in peak else ""
            lines.append(f"  a peak at {peak['at']}: {peak['value']}{width}")
        if not one["peaks"]:
            lines.append("  no peak stands out")
        if (other := apart.get(one["series"])) is not None:
            most = f"{other['most']['value']} at {other['most']['at']}"
            lines.append(f"  apart by {other['root mean square']} (root mean square), most by {most}")
    return "\n".join(lines)


def _forecast(found: Mapping[str, Any]) -> str:
    unit = f" {found['unit']}".rstrip()
    low, high = (_rounded(end if end > _NOTHING * found["most"] else 0.0) for end in found["within_90"])
    ahead = [f"{_rounded(gain)}{unit} after {count} more" for count, gain in found["expected"].items()]
    lines = [
        f"What is left to gain in {found['objective']}, over the best so far ({found['best']}), as models of "
        f"{found['results']} results see it:",
        f"  expected: {'; '.join(ahead) or 'nothing'}",
        f"  the best of all that may be tried: {_rounded(found['most'])}{unit} better on average, and with a "
        f"probability of 90 % between {low} and {high}{unit}",
    ]
    if found["budget_left"]:
        gain = _rounded(found["gain_with_budget_left"])
        lines.append(f"The {found['budget_left']} experiments left may be expected to gain {gain}{unit}.")
    return "\n".join(lines)


def _foretold(item: Mapping[str, Any]) -> str:
    unit = f" {item['unit']}".rstrip()
    words = f"{item['quantity']}: {item['predictions']} predictions, off by {_rounded(item['error'])}{unit} as a rule"
    shares = [f"{one['level']:.0%} intervals held {one['share']:.0%}" for one in item["coverage"]]
    return "; ".join([words, *shares])


def _supposed(found: Mapping[str, Any]) -> str:
    lines = ["Supposed: " + "; ".join(_changes(found)) + ". Nothing is proposed or changed."]
    preview = found["preview"]
    for when, label in (("now", "Next as it is"), ("then", "Next then")):
        lines += [f"{label}: {_values(values)}" for values in preview.get("next", {}).get(when, ())]
    lines += [f"Experiments that would be dropped: {', '.join(preview['drops'])}"] if "drops" in preview else []
    gain = found.get("gain")
    if gain and "unknown" in gain:
        lines.append(f"What it would gain cannot be said: {gain['unknown']}")
    elif gain:
        unit, count = f" {gain['unit']}".rstrip(), gain["experiments"]
        lines.append(
            f"Expected gain in {gain['objective']}: {_rounded(gain['now'])}{unit} with the {count['now']} experiments "
            f"left, {_rounded(gain['then'])}{unit} with {count['then']}."
        )
    return "\n".join(lines)


def _rounded(value: float) -> str:
    return f"{value:.3g}"


def _changes(found: Mapping[str, Any]) -> list[str]:
    return [f"{item['path']} from {item['old']} to {item['new']}" for item in found["changes"]]


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_number(value)}" for name, value in values.items())


def _proposed(found: Mapping[str, Any]) -> str:
    what = "; ".join([*_changes(found), *found.get("words", ())])
    return f"I propose to {found['verb']}" + (f": {what}." if what else " the campaign.") + " Nothing is changed yet."


def _number(value: object) -> str:
    return plain(value) if isinstance(value, float) else str(value)


def _quality(found: Mapping[str, Any]) -> str:
    return "\n".join([found["verdict"], *map(_foretold, found["predictions"])])


def _waiting(found: Mapping[str, Any]) -> str:
    count = len(found["proposals"])
    waiting = f"{count} {'proposal waits' if count == 1 else 'proposals wait'}" if count else "No proposal waits"
    return f"{waiting} for your answer. I cannot approve anything: that is yours to do."


def _withdrawn(found: Mapping[str, Any]) -> str:
    return f"I took back my proposal to {found['verb']}: {'; '.join(found['words'])}. Nothing was changed."


def _noted(found: Mapping[str, Any]) -> str:
    about = f", about {found['experiment']}" if found["experiment"] else ""
    return f"Written down as {found['note']}{about}: {found['text']}"


_TEMPLATES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "status": _status,
    "list_experiments": _listed,
    "explain": _explained,
    "explain_campaign": _campaign,
    "compare": _compared,
    "spectrum": _spectra,
    "forecast": _forecast,
    "model_quality": _quality,
    "what_if": _supposed,
    "search_knowledge": _passages,
    "open_proposals": _waiting,
    "withdraw_proposal": _withdrawn,
    "note": _noted,
}
