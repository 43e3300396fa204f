"""Events: what the ledger is made of, and how old ones are read.

An event's text is the canonical JSON of its envelope::

    {"at": ..., "body": {...}, "campaign": ..., "kind": ..., "seq": ..., "v": ...}

Its hash is SHA-256 over the previous event's hash, a line feed and that text; the first event's predecessor is 64
zeros. Texts are never rewritten: an event of an older version is upcast each time it is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from zosimos.core.canonical import canonical_json
from zosimos.core.errors import LedgerError, NewerVersionError, TamperedError
from zosimos.core.values import is_number

GENESIS = "0" * 64
DEEPEST = 64
"""How deep lists and mappings may lie inside each other in a body: what is read later must be readable everywhere."""
_DIGITS = 308  # as many a float can have, and be sure to be one
_HUGE = re.compile(r"[eE]\+?[0-9]{3}")  # what may be a number beyond every float; parts of digests look so too
_LEVELS = 200
_ARTIFACT = re.compile(r"sha256:[0-9a-f]{64}")
_NAMING = frozenset({"files", "digest", "raw", "exchanges", "tools"})
"""Fields of bodies that hold names of artifacts: files, the campaign file, raw data, what was asked of models."""
_OTHERS_WORDS = frozenset({"values", "achieved", "arguments", "spec"})
"""Fields whose own fields a campaign file, a table or a model names: there a field's name says nothing."""

Body: TypeAlias = Mapping[str, Any]
Upcaster: TypeAlias = Callable[[Body], Body]

VERSIONS: Mapping[str, int] = {
    "campaign.created": 1,
    "campaign.paused": 1,
    "campaign.halted": 1,
    "campaign.continued": 1,
    "campaign.aborted": 1,
    "campaign.finished": 1,
    "session.opened": 1,
    "session.closed": 1,
    "spec.steered": 1,
    "advice.given": 1,
    "advice.withdrawn": 1,
    "advice.resolved": 1,
    "advice.wanted": 1,
    "advice.asked": 1,
    "advice.answered": 1,
    "models.asked": 1,
    "change.proposed": 1,
    "decision.made": 1,
    "approval.requested": 1,
    "approval.granted": 1,
    "approval.rejected": 1,
    "approval.expired": 1,
    "experiment.started": 1,
    "experiment.measured": 1,
    "experiment.failed": 1,
    "experiment.uncertain": 1,
    "experiment.cancelled": 1,
    "experiment.resolved": 1,
    "observation.told": 1,
    "result.added": 1,
    "result.corrected": 1,
    "result.retracted": 1,
    "result.restored": 1,
    "proposal.dropped": 1,
    "proposal.restored": 1,
    "lab.prepared": 1,
    "devices.stopped": 1,
    "notice.raised": 1,
    "note.added": 1,
    "chat.answered": 1,
    "clock.jumped": 1,
    "record.repaired": 1,
    "operator.asked": 1,
    "operator.answered": 1,
    "step.intended": 1,
    "step.done": 1,
    "step.undone": 1,
    "step.failed": 1,
    "step.read": 1,
}
"""Every kind of event this Zosimos knows, with the version it writes."""

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""From (kind, version) to the function that turns such a body into the next version's."""


@dataclass(frozen=True)
class Draft:
    """An event before it has a place in the chain."""

    kind: str
    body: Body


@dataclass(frozen=True)
class Event:
    """An event in its place: ``body`` is in the present version, ``text`` is what is stored."""

    campaign: str
    seq: int
    at: str
    kind: str
    body: Body
    text: str
    hash: str


def sealed(campaign: str, seq: int, at: str, draft: Draft, previous: str) -> Event:
    """Return a draft as the event after the one whose hash is ``previous``.

    Raises:
        LedgerError: its kind is not known, or its body is nothing that can be stored and read back.
    """
    if draft.kind not in VERSIONS:
        raise _no_event("its kind is not known", draft, "a kind this version knows")
    version = VERSIONS[draft.kind]
    envelope = {"at": at, "body": draft.body, "campaign": campaign, "kind": draft.kind, "seq": seq, "v": version}
    try:
        text = canonical_json(envelope)
        # The body is read back from the text, so that a live process and one that reads it later hold the same values.
        body = json.loads(text)["body"]
    except UnicodeEncodeError as error:  # such as a reason typed in another encoding
        raise LedgerError(
            "nothing was stored: a text holds half a character",
            field="text",
            value=error.object[: error.start].rpartition('"')[2] + "...",
            allowed="texts of whole characters",
            hint="write it again; at a terminal, check that it uses UTF-8",
        ) from error
    except (ValueError, TypeError, RecursionError) as error:
        words = "it lies too deep inside itself" if isinstance(error, RecursionError) else str(error)
        raise _no_event(words, draft, "JSON data with finite numbers") from error
    if not isinstance(body, dict):
        raise _no_event("its body holds nothing by name", draft, "values by name")
    _check_readable(body, draft)
    return Event(campaign, seq, at, draft.kind, body, text, chained(previous, text))


def _check_readable(body: Body, draft: Draft) -> None:
    """Refuse what another reader of JSON could not read, or nobody reckon with."""
    level: list[Any] = [body]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for item in level:
            for value in item.values() if isinstance(item, dict) else item:
                if isinstance(value, dict | list):
                    inner.append(value)
                elif isinstance(value, int) and not is_number(value) and not isinstance(value, bool):
                    raise _no_event("it holds a number beyond all that can be reckoned with", draft, "up to 1.8e308")
        if not inner:
            return
        level = inner
    raise _no_event("it lies too deep inside itself", draft, f"up to {DEEPEST} levels")


def _no_event(what: str, draft: Draft, allowed: str) -> LedgerError:
    return LedgerError(
        f"nothing was stored: this is no event: {what}",
        field="event",
        value=draft.kind,
        allowed=allowed,
        hint="the record is as it was; please report how you came here",
    )


def chained(previous: str, text: str) -> str:
    """Return the hash of an event's text after the event whose hash is ``previous``."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def opened(text: str, hash_: str) -> Event:
    """Return the event a stored text holds, its body upcast to the present version.

    Raises:
        TamperedError: the text is not an event.
        NewerVersionError: the kind or version is not known here.
    """
    try:
        envelope = (_STRICT if _HUGE.search(text) else _DECODER).decode(text)
        campaign, seq, at, kind, version, body = (
            envelope[key] for key in ("campaign", "seq", "at", "kind", "v", "body")
        )
        if not (isinstance(kind, str) and isinstance(version, int) and version >= 1 and isinstance(body, dict)):
            raise TypeError("kind, version or body is of the wrong type")  # noqa: TRY301 - one message for all
        if not (isinstance(seq, int) and isinstance(at, str)):
            raise TypeError("number or time is of the wrong type")  # noqa: TRY301
        if text.count("[") + text.count("{") > _LEVELS:
            _check_depth(body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TamperedError(
            "a stored event is not readable", value=text, hint="run zosimos verify; restore the ledger from a backup"
        ) from error
    return Event(campaign, seq, at, kind, _upcast(kind, version, body, seq), text, hash_)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        if len(text) > _DIGITS + 2:  # beyond every float, and nothing that a laboratory counts
            raise ValueError("a whole number of too many digits")
        _finite(text)
    return int(text)


def _finite(text: str) -> float:
    found = float(text)
    if found - found != 0.0:  # such as 1e999
        raise ValueError("a number beyond every float")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_int=_whole)
_STRICT = json.JSONDecoder(parse_constant=_no_number, parse_int=_whole, parse_float=_finite)  # half as fast


def _check_depth(value: Any) -> None:
    """Refuse what is nested so deeply that a program that walks through it would run out of room."""
    level = [value]
    for _ in range(_LEVELS):
        inside = (item.values() if isinstance(item, dict) else item for item in level)
        level = [item for items in inside for item in items if isinstance(item, dict | list)]
        if not level:
            return
    raise ValueError(f"nested in more than {_LEVELS} levels")


def _upcast(kind: str, version: int, body: Body, seq: int) -> Body:
    known = VERSIONS.get(kind, 0)
    if version > known:
        raise NewerVersionError(
            f"event {seq} ({kind}, version {version}) was written by a newer Zosimos",
            field="v",
            value=version,
            allowed=f"up to {known}" if known else "a kind this version knows",
            hint="install the newer Zosimos to open this ledger; nothing was changed",
        )
    while version < known:
        body = UPCASTERS[kind, version](body)
        version += 1
    return body


def artifact_names(value: Any, *, names: bool = False) -> Iterator[str]:
    """Yield every artifact name (``sha256:...``) that a body refers to, at any depth.

    Only what stands in a field that holds such names is one: words of a person, a model, a table or an instrument may
    look the same and refer to nothing.

    >>> kept = "sha256:" + 64 * "0"
    >>> list(artifact_names({"files": {"candidates": kept}, "text": kept}))
    ['sha256:0000000000000000000000000000000000000000000000000000000000000000']
    """
    if isinstance(value, str):
        if names and _ARTIFACT.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for field, item in value.items():
            if field not in _OTHERS_WORDS:
                yield from artifact_names(item, names=field in _NAMING or (names and isinstance(item, str)))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from artifact_names(item, names=names)
