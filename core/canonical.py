"""Canonical JSON: one text for one value, so that a digest of the text is a digest of the value.

Keys are sorted, there is no white space, text is UTF-8, numbers are Python's shortest round-trip form, and NaN or
infinity is refused (after RFC 8785 in spirit; number formatting is Python's).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Return the canonical text of a JSON value.

    Raises:
        ValueError: the value holds NaN, infinity or half a surrogate pair, which no UTF-8 text has.
        TypeError: the value holds something JSON does not have.

    >>> canonical_json({"b": 1.0, "a": [True, None, "é"]})
    '{"a":[true,null,"é"],"b":1.0}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    text.encode()
    return text


def digest(data: bytes) -> str:
    """Return the name of a content-addressed artifact: ``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
