"""Plugins: what installed packages bring, and what of it cannot be used and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Json, LedgerUrl

GROUPS: Mapping[str, str] = {
    "zosimos.labs": "lab",
    "zosimos.actions": "action",
    "zosimos.capabilities": "capability",
    "zosimos.instruments": "driver",
    "zosimos.simulators": "simulator",
    "zosimos.rigs": "simulated lab",
    "zosimos.analyses": "analysis method",
    "zosimos.composites": "composite method",
    "zosimos.parameters": "parameter type",
    "zosimos.proposers": "proposer",
    "zosimos.advisors": "advisor",
    "zosimos.surrogates": "surrogate",
    "zosimos.chemistry": "rules of chemistry",
}


def plugins(json: Json = False, ledger: LedgerUrl = None) -> None:  # noqa: ARG001 - each command takes --ledger
    """List what installed packages bring, and say what cannot be used and why; exit code 1 if there is any."""
    rows = _rows()
    broken = [row for row in rows if row["problem"]]
    if json:
        screen.json_line({"plugins": rows})
    else:
        screen.console().print(
            screen.table(
                ("kind", "name", "package", "state"),
                [(row["kind"], row["name"], row["package"], "broken" if row["problem"] else "usable") for row in rows],
            )
        )
        for row in broken:
            screen.say(f"{row['package']}: the {row['kind']} {row['name']} cannot be used: {row['problem']}")
    if broken:
        raise typer.Exit(1)


def _rows() -> list[dict[str, Any]]:
    from zosimos.core.plugins import listing
    from zosimos.instruments.envelope.verbs import declarations
    from zosimos.workcell.actions.registry import actions

    judged = {"zosimos.capabilities": declarations().broken, "zosimos.actions": actions().broken}
    return [
        {"kind": kind, "name": name, "package": package, "problem": problem}
        for group, kind in GROUPS.items()
        for name, package, problem in listing(group, judged.get(group))
    ]
