"""Names of files made of names that somebody else chose: a campaign's id, a device's name.

A name that is a file's name everywhere is used as it is. Any other (a path, a name that Windows keeps for devices, one
that is too long) is replaced by one made of what is left of it and a digest, so that nothing is ever written outside
the folder that was meant, and two names never share a file.
"""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?", re.ASCII)
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\..*)?", re.IGNORECASE)
"""What Windows takes for a device, whatever ending follows (Microsoft: Naming Files, Paths, and Namespaces)."""

_KEPT, _DIGITS = 40, 12


def file_name(name: str) -> str:
    """Return a name as the name of a file, without an ending; one that is a file's name everywhere stays as it is.

    >>> file_name("c-20261121t034605-k7m2p9xq")
    'c-20261121t034605-k7m2p9xq'
    >>> file_name("../../etc/passwd")
    'etc-passwd-3754d6cb3a38'
    """
    if is_file_name(name):
        return name
    kept = re.sub(r"[^A-Za-z0-9]+", "-", name)[:_KEPT].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{kept or 'name'}-{digest}"


def is_file_name(name: str) -> bool:
    """Say whether a name can be a file's on every system, and means the same to a shell.

    >>> is_file_name("pump-1"), is_file_name("NUL.txt"), is_file_name("a/b")
    (True, False, False)
    """
    return _PLAIN.fullmatch(name) is not None and _RESERVED.fullmatch(name) is None
