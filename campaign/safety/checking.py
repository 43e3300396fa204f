"""Checking: the rules of a laboratory put together, and everything that is stated judged by them.

It fails closed: what cannot be checked is refused. A campaign that declares no substance is only looked through for
what must never be there; if not even that can be done, it is said, and nothing stops for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign.safety.additions import ChemistrySpec, extended
from zosimos.campaign.safety.findings import Finding, Report
from zosimos.campaign.safety.judging import judged
from zosimos.campaign.safety.rules import Rules
from zosimos.campaign.safety.shipped import shipped
from zosimos.campaign.safety.stated import Chemistry
from zosimos.core.errors import SpecError, ZosimosError
from zosimos.core.plugins import load_all
from zosimos.core.validation import validated

GROUP = "zosimos.chemistry"
"""Where packages offer rules: mappings, written like ``chemistry:`` of a lab file."""


def rules_with(added: ChemistrySpec | None) -> Rules:
    """Return the program's rules with what installed packages and a laboratory add.

    Raises:
        SpecError: what is added makes no sense, or a package's rules cannot be loaded.
    """
    rules = shipped()
    loaded = load_all(GROUP, Mapping, "rules of chemistry")  # type: ignore[type-abstract]  # any mapping will do
    if loaded.broken:
        hint = f"mend or remove the package {loaded.broken[0].package}"
        raise SpecError(str(loaded.broken[0]), field=GROUP, value=loaded.broken[0].name, hint=hint)
    for name, data in sorted(loaded.sound.items()):
        rules = extended(rules, validated(ChemistrySpec, dict(data), name), name)
    return rules if added is None else extended(rules, added, "chemistry")


def check(chemistry: Chemistry) -> Report:
    """Return what the rules say of what is stated; an error while checking is a refusal.

    >>> from zosimos.campaign.safety.stated import Stated, together
    >>> check(together([Stated("species", "sarin")], None, simulated=False)).refused[0].words
    'sarin is on the list: chemical weapons schedule 1'
    """
    if not chemistry.stated:
        return Report(simulated=chemistry.simulated)
    try:
        found = judged(chemistry, rules_with(chemistry.rules))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, what was not checked must not pass
        return failed(error, simulated=chemistry.simulated, declared=chemistry.declared)
    return Report(found, chemistry.simulated, chemistry.declared)


def failed(error: Exception, *, simulated: bool, declared: bool = True) -> Report:
    """Return the report of a check that broke off: a refusal, unless no substance is declared."""
    words = f"the safety of chemistry cannot be checked: {_why(error)}"
    return Report((Finding("refuse" if declared else "note", "check", "all", words),), simulated, declared)


def require(report: Report) -> None:
    """Refuse what the rules refuse.

    Raises:
        SpecError: says what, where, and what to do.
    """
    if not report.refused:
        return
    first = report.refused[0]
    more = [one.words for one in report.refused[1:]]
    raise SpecError(
        "; ".join([f"refused for the safety of chemistry: {first.words}", *more[:5]]),
        field=first.where[0] if first.where else "species",
        value=first.subject,
        allowed="what the rules do not refuse; no approval lifts this",
        hint=_HINTS.get(first.kind, "take it out, or keep it away from the other"),
    )


_HINTS: Mapping[str, Any] = {
    "check": "mend what is wrong: what cannot be checked is not run",
    "controlled": "take it out; if another substance is meant, write its name or its CAS number",
    "limit": "use less of it",
    "number": "correct the CAS number",
    "unknown": "write its name as it is usually written, or its CAS number",
}


def _why(error: Exception) -> str:
    return error.message if isinstance(error, ZosimosError) else f"{type(error).__name__}: {error}"
