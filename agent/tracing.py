"""Tracing: a model's framework sends no copy of a conversation anywhere, unless a setting of ours asks for it.

Variables such as ``LANGSMITH_TRACING`` or ``LANGCHAIN_TRACING_V2``, often set for another program, would make langchain
send prompts, results and answers to a server, with any model and with none. Here they count only with
``ZOSIMOS_TRACING``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


def tracing(*, wanted: bool) -> AbstractContextManager[None]:
    """Return a context in which langchain traces as its own variables say if that is wanted, and else never."""
    if wanted:
        return nullcontext()
    from langsmith import tracing_context

    return tracing_context(enabled=False)
