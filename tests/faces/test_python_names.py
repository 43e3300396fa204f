"""The public names: importing is light, the list is whole, wrong names are told, each name has an example that runs."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import zosimos as zo

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "zosimos"
LIGHT = ["maximize('y')", "Continuous(0, 1)", "ZosimosError", "Measurement('y', 1.0)", "testing", "Suggestion"]


def listed_for_type_checkers(path: Path) -> set[str]:
    """Names that a module imports under TYPE_CHECKING: what type checkers and editors see."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)]
    return {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.mark.parametrize("name", zo.__all__)
def test_each_public_name_is_there_and_has_a_docstring_with_an_example(name: str) -> None:
    found = getattr(zo, name)
    if name == "__version__":
        assert found[0].isdecimal()
        return
    told = found.__doc__ or ""
    assert len(told.split()) > 2, name
    if not (isinstance(found, type) and issubclass(found, zo.ZosimosError) and found is not zo.ZosimosError):
        assert ">>> " in told, f"{name} has no example"


@pytest.mark.parametrize("name", zo.testing.__all__)
def test_each_kit_is_there_and_has_a_docstring(name: str) -> None:
    assert getattr(zo.testing, name).__doc__


def test_what_type_checkers_see_is_what_there_is() -> None:
    assert listed_for_type_checkers(SOURCE / "__init__.py") == set(zo.__all__) - {"__version__"}
    assert listed_for_type_checkers(SOURCE / "testing.py") == set(zo.testing.__all__)


def test_each_name_comes_from_where_type_checkers_look_for_it() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module != "zosimos" and (node.module or "").startswith("zosimos."):
            for alias in node.names:
                if alias.name in zo.__all__:
                    assert getattr(zo, alias.name) is getattr(importlib.import_module(str(node.module)), alias.name)


def test_the_list_is_sorted_and_dir_shows_it() -> None:
    assert zo.__all__ == sorted(zo.__all__)
    assert set(zo.__all__) <= set(dir(zo))
    assert not [name for name in dir(zo) if name.startswith("_") and not name.startswith("__")]
    assert dir(zo.testing) == sorted(zo.testing.__all__)


def test_every_error_of_the_family_is_public() -> None:
    from zosimos.core import errors

    family = {
        name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, zo.ZosimosError)
    }
    assert family <= set(zo.__all__)


def test_a_wrong_name_is_told_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'Optimiser': did you mean 'Optimizer'\?"):
        _ = zo.Optimiser  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="dir\\(zosimos\\) lists what there is"):
        _ = zo.Xylophone  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="Campain"):
        from zosimos import Campain  # type: ignore[attr-defined] # noqa: F401
    with pytest.raises(AttributeError, match="lab_checks"):
        _ = zo.testing.lab_check  # type: ignore[attr-defined]
    assert not hasattr(zo, "_HOMES_")


def said_by(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.split()


def test_importing_and_words_load_neither_torch_nor_a_database_nor_pandas() -> None:
    code = "import sys, zosimos as zo; " + "; ".join(f"zo.{word}" for word in LIGHT)
    code += "; print(*{'torch', 'sqlalchemy', 'pandas', 'matplotlib', 'botorch', 'langchain'} & set(sys.modules))"
    assert said_by(code) == []


@pytest.mark.slow
def test_asking_before_the_first_model_loads_no_torch() -> None:
    code = (
        "import sys, zosimos as zo; o = zo.Optimizer({'x': zo.Continuous(0, 1)}, zo.maximize('y')); "
        "o.tell(o.ask()[0], y=1.0); print('torch' in sys.modules)"
    )
    assert said_by(code) == ["False"]
