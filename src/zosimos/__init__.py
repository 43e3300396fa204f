"""Zosimos: an autonomous self-driving-lab agent system.

The rooms of the project are real folders at the repository root; here they are reached as ``zosimos.<room>``.
Importing this package loads nothing heavy: no torch, no database, no plotting.
"""

from importlib.metadata import PackageNotFoundError as _PackageNotFoundError
from importlib.metadata import version as _version
from pathlib import Path as _Path

# A clone made without symbolic links (Windows) has no rooms beside this file: look for them at the repository root.
_root = _Path(__file__).resolve().parents[2]
if not (_Path(__file__).parent / "agent").is_dir() and (_root / "pyproject.toml").is_file():
    __path__.append(str(_root))

try:
    __version__ = _version("zosimos")
except _PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0.0.0+checkout"

__all__ = ["__version__"]
