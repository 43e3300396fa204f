"""Isolation: a decision owns every global source of chance while it lasts, and leaves no trace.

Fits and searches draw from the global generators of torch, numpy and Python inside the libraries. To make a decision a
pure function of its inputs they are seeded here and put back afterwards, under one lock for the whole process, and
torch and numpy compute in one thread, because sums depend on how they are split, and because many small products in
many threads mostly wait for each other.

Most decisions need no torch, which takes a second to import: what does asks for it by :func:`load_torch`.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

import numpy as np
from threadpoolctl import ThreadpoolController

_LOCK = threading.RLock()
_FOUND: tuple[int, ThreadpoolController] | None = None  # how many modules there were, and the libraries then
_WITHOUT_TORCH: list[tuple[int, ExitStack]] = []  # blocks under way that torch was not there for: seed, and what ends


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """Run a block with all global generators seeded; import what draws from torch before, or by `load_torch`."""
    with _LOCK:
        python_state, numpy_state = random.getstate(), np.random.get_state()
        random.seed(seed)
        np.random.seed(seed % 2**32)
        try:
            with _libraries().limit(limits=1, user_api="blas"), _with_torch(seed):
                yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


def load_torch() -> None:
    """Import torch; within isolated blocks it is as if it had been there when they began."""
    with _LOCK:
        if "torch" not in sys.modules:
            python_state, numpy_state = random.getstate(), np.random.get_state()
            import_module("torch")
            random.setstate(python_state)
            np.random.set_state(numpy_state)
        for seed, ending in _WITHOUT_TORCH:
            ending.enter_context(_torch_isolated(seed))
        _WITHOUT_TORCH.clear()


def _libraries() -> ThreadpoolController:
    """Return the libraries that compute in threads; looked for again only when more modules were imported.

    To look for them takes milliseconds: all that the process has mapped is gone through.
    """
    global _FOUND
    modules = len(sys.modules)
    if _FOUND is None or _FOUND[0] != modules:
        _FOUND = modules, ThreadpoolController()
    return _FOUND[1]


def _forget() -> None:
    """Begin with a lock of its own in a forked process: the thread that held it there is not here to release it."""
    global _LOCK
    _LOCK = threading.RLock()
    _WITHOUT_TORCH.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def _with_torch(seed: int) -> Iterator[None]:
    """Isolate torch, now if it is there, else as soon as it is loaded."""
    with ExitStack() as ending:
        if "torch" in sys.modules:
            ending.enter_context(_torch_isolated(seed))
            yield
            return
        block = seed, ending
        _WITHOUT_TORCH.append(block)
        try:
            yield
        finally:
            if block in _WITHOUT_TORCH:
                _WITHOUT_TORCH.remove(block)


@contextmanager
def _torch_isolated(seed: int) -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
