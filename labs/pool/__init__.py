"""The pool lab: a table of finished experiments that answers as a laboratory would."""

from zosimos.labs.pool.lab import PoolLab

__all__ = ["PoolLab"]
