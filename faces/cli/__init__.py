"""The command line: ``zosimos COMMAND``. The table of commands is :mod:`zosimos.faces.cli.commands`."""

from zosimos.faces.cli.commands import app, main

__all__ = ["app", "main"]
