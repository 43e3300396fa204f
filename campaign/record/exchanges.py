"""Exchanges kept: what models were asked and answered, word for word, as artifacts that events name by digest.

Each holds the messages that are new since the one before it in its turn, so that a turn of many requests is kept once;
the tools that were offered are an artifact of their own, the same for many turns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.ledger.store import Ledger
from zosimos.core.canonical import canonical_json
from zosimos.core.errors import TamperedError

_VERSION = 1


def keep(ledger: Ledger, exchanges: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Store the exchanges of a turn, in order, and return their names and those of the tools offered in them.

    Args:
        ledger: where.
        exchanges: each with ``model``, ``messages``, ``reply``, ``tools``, ``choice`` and ``left_out``.

    Returns:
        ``exchanges`` and ``tools``, lists of artifact names.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    names: list[str] = []
    tools: dict[str, None] = {}
    before: list[Any] = []
    for one in exchanges:
        messages, offered = list(one["messages"]), ""
        follows = bool(names) and messages[: len(before)] == before
        if one["tools"]:
            offered = ledger.put_artifact(canonical_json(list(one["tools"])).encode())
            tools[offered] = None
        kept = {
            "v": _VERSION,
            "model": one["model"],
            "after": names[-1] if follows else "",
            "messages": messages[len(before) :] if follows else messages,
            "tools": offered,
            "choice": one["choice"],
            "left_out": list(one["left_out"]),
            "reply": dict(one["reply"]),
        }
        names.append(ledger.put_artifact(canonical_json(kept).encode()))
        before = messages
    return {"exchanges": names, "tools": list(tools)}


def kept(ledger: Ledger, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the exchanges of a turn by their names, each with its whole prompt, as :func:`keep` was given them.

    Raises:
        NotFoundError: the ledger lacks one.
        TamperedError: one is nothing that was kept.
    """
    found: list[dict[str, Any]] = []
    for name in names:
        try:
            data = json.loads(ledger.artifact(name))
            before = found[-1]["messages"] if data["after"] else []
            tools = json.loads(ledger.artifact(data["tools"])) if data["tools"] else []
            rest = {field: data[field] for field in ("model", "choice", "left_out", "reply")}
            found.append({**rest, "messages": [*before, *data["messages"]], "tools": tools})
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise TamperedError(
                "an exchange with a model is not readable",
                field="artifact",
                value=name,
                hint="run zosimos verify; restore the ledger from a backup",
            ) from error
    return found
