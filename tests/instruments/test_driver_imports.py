"""A driver of a real device loads nothing that simulates one."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["zosimos.instruments"]
LOADED = """
import importlib, sys
module, _, name = sys.argv[1].partition(":")
getattr(importlib.import_module(module), name)
parts = ("simulator", "world", "rig", "optics", "testing", "serve")
print(sorted(one for one in sys.modules if one.startswith("zosimos.") and set(parts) & set(one.split("."))))
"""


@pytest.mark.slow
@pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS.keys())
def test_importing_a_driver_imports_no_simulator_and_no_world(driver: str) -> None:
    found = subprocess.run([sys.executable, "-c", LOADED, driver], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
