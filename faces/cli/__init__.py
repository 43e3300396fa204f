"""The command line: ``zosimos COMMAND``. The table of commands is :mod:`zosimos.faces.cli.commands`.

It is loaded only once a terminal shows that the command was heard: on a busy machine loading takes half a second.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Sequence

from zosimos.faces.cli import life

_INTERRUPTED = 130  # as a shell says it of SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, see :func:`zosimos.faces.cli.commands.main`."""
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)  # memory goes back anyway: looking for cycles takes a fifth of `ask`
    life.begin(sys.argv[1:] if arguments is None else arguments)
    try:
        from zosimos.faces.cli import commands
    except KeyboardInterrupt:
        life.end()
        return _INTERRUPTED
    return commands.main(arguments)
