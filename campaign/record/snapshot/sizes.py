"""Sizes: how much of a state stands on one page of a snapshot, and how much its core always holds."""

from __future__ import annotations

PAGE = 256
"""Experiments, or questions to people, on a page."""
REFS = 1024
"""Observations on a page: each is no more than the place of its experiment, and why it failed."""
KEYS = 4096
"""Observations whose rows' keys stand on one page."""
IN_CORE = 32
"""Experiments at the end, and of the best, that a snapshot's core holds whatever became of them."""
EVERY = 500
"""Events after which a process that appends takes the next snapshot."""
WORTH = 500
"""Events beyond the last snapshot that make a new one worth its while for who only had to read them."""
