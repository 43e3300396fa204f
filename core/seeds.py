"""Seeds: every random stream has a name, and its seed follows from the campaign's seed and that name.

Two streams with different names are independent; the same name gives the same stream again. The seed is the first
eight bytes of a SHA-256 digest, so that no stream depends on how many others were opened before it.
"""

from __future__ import annotations

import hashlib


def derive_seed(seed: int, *names: str | int) -> int:
    """Return the seed (0 to 2^63 - 1) of the stream called ``names`` under a campaign's seed.

    >>> derive_seed(7, "decision", 1) == derive_seed(7, "decision", 1)
    True
    >>> derive_seed(7, "decision", 1) == derive_seed(7, "decision", 2)
    False
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
