"""Replies as templates over what tools returned: every number in them was read from the record a moment ago."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.core.numerals import plain


def reply(tool: str, found: Mapping[str, Any]) -> str:
    """Return a tool's result in words."""
    if "error" in found:
        return f"That cannot be done: {found['error']}"
    match tool:
        case "status":
            return _status(found)
        case "list_experiments":
            lines = [_experiment(item) for item in found["experiments"]]
            return (
                "\n".join([f"{found['total']} experiments, the last {len(lines)}:", *lines]) if lines else "None yet."
            )
        case "explain":
            return _explained(found)
        case "explain_campaign":
            return _campaign(found)
        case "compare":
            return _compared(found)
        case "search_knowledge":
            return _passages(found)
        case _:
            return _proposed(found)


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
    values = ", ".join(f"{name}={_number(value)}" for name, value in item["values"].items())
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


def _proposed(found: Mapping[str, Any]) -> str:
    said = [f"{item['path']} from {item['old']} to {item['new']}" for item in found["changes"]]
    what = "; ".join([*said, *found.get("words", ())])
    return f"I propose to {found['verb']}" + (f": {what}." if what else " the campaign.") + " Nothing is changed yet."


def _number(value: object) -> str:
    return plain(value) if isinstance(value, float) else str(value)
