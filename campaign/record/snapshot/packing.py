"""Packing: the values of a state as JSON text and back, for snapshots of it.

A dataclass becomes ``{"$Name": [its fields in order]}``, with fields left out from the end while they hold their
defaults; everything else is JSON as it stands. No class is named in a text that is not in the list here, so nothing but
plain values of a record ever comes of it. That a text gives equal values back is checked by whoever keeps it: what JSON
cannot tell apart (a mapping with such a key, a number that is none) is then not kept at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from pathlib import Path
from typing import Any

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import Change, plain
from zosimos.campaign.record.advice import GivenAdvice
from zosimos.campaign.record.advisor_calls import AdvisorCall
from zosimos.campaign.record.experiment import (
    Amendment,
    Approval,
    Experiment,
    Forecast,
    Notice,
    ProposedChange,
    Question,
    Steering,
    Step,
)
from zosimos.campaign.record.model_use import ModelUse
from zosimos.campaign.record.said import Note, Turn
from zosimos.campaign.record.standing import Awaited, Front, Idle, Reached, Spent
from zosimos.campaign.record.versions import version_of
from zosimos.core.records import Candidate, Fallback, Measurement, Prediction
from zosimos.planners.advice import Advice, Exclude, Explore, Hypothesis, Point, Prior, Replicate
from zosimos.planners.goal.prior import Likely, Near
from zosimos.planners.goal.statements import Interaction, Law, Region, Rule, Trend

_CLASSES: Mapping[str, type] = {
    one.__name__: one
    for one in (
        *(
            Advice,
            AdvisorCall,
            Amendment,
            Approval,
            Awaited,
            Candidate,
            Change,
            Exclude,
            Experiment,
            Explore,
            Fallback,
            Forecast,
            Front,
        ),
        *(
            GivenAdvice,
            Idle,
            Likely,
            Measurement,
            Near,
            Note,
            Notice,
            Point,
            Prediction,
            Prior,
            ProposedChange,
            Question,
        ),
        *(ModelUse, Reached, Replicate, Spent, Steering, Step, Turn),
        *(Hypothesis, Interaction, Law, Region, Rule, Trend),
    )
}
_SPEC = "$spec"


def packed(value: Any) -> str:
    """Return a value as JSON text.

    Raises:
        TypeError: it holds something that is not kept here.
    """
    return json.dumps(value, default=_as_json, separators=(",", ":"))


def unpacked(text: str) -> Any:
    """Return the value that :func:`packed` made a text of.

    Raises:
        ValueError, TypeError, KeyError, InputError: the text is no such value.
    """
    return json.loads(text, object_hook=_made)


@cache
def program() -> str:
    """Return what tells this program's snapshots from those of any other: its version, and the code that folds."""
    found = hashlib.sha256(version_of("zosimos").encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _as_json(value: object) -> object:
    if isinstance(value, CampaignSpec):
        return {_SPEC: plain(value)}
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise TypeError(f"a {name} is not kept in snapshots")
    found = [getattr(value, field.name) for field, _, _ in _fields(name)]
    for _, _, default in reversed(_fields(name)):
        if not _is_default(found[-1], default):
            break
        found.pop()
    return {f"${name}": found}


def _made(data: dict[str, Any]) -> Any:
    if len(data) != 1:
        return data
    ((key, found),) = data.items()
    if key == _SPEC:
        return parse_spec(found, recorded=True)
    if key[:1] != "$" or key[1:] not in _CLASSES:
        return data
    name = key[1:]
    known = _fields(name)
    return _CLASSES[name](
        *(tuple(item) if is_tuple else item for item, (_, is_tuple, _) in zip(found, known, strict=False))
    )


@cache
def _fields(name: str) -> tuple[tuple[Field[Any], bool, Callable[[], Any] | None], ...]:
    """Return a class's fields, whether each is a tuple, and what makes its default."""
    return tuple((field, str(field.type).startswith("tuple["), _default(field)) for field in fields(_CLASSES[name]))


def _default(field: Field[Any]) -> Callable[[], Any] | None:
    if field.default is not MISSING:
        return lambda: field.default
    return None if field.default_factory is MISSING else field.default_factory


def _is_default(value: object, default: Callable[[], Any] | None) -> bool:
    if default is None:
        return False
    made = default()
    return type(value) is type(made) and value == made
