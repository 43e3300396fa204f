"""Every class, function and constant serves something: the package itself, what it exports, a page or a benchmark."""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from tests.exceptions import Exceptions
from tests.shape.source import ROOT, Definition, Source, entry_points, modules, public_by_itself, tree

UNUSED = Exceptions(
    {
        "zosimos.surrogates.calibration.recalibrate.one_step_ahead": "the tests judge recalibration by it",
        "zosimos.surrogates.calibration.splits.check_leakage": "for figures on data of others, not built yet",
        "zosimos.surrogates.calibration.splits.group_holdout": "for figures on data of others, not built yet",
        "zosimos.surrogates.calibration.splits.over_splits": "for figures on data of others, not built yet",
        "zosimos.surrogates.gaussian.kernels.MixedGP": "the tests judge the kernel of mixed columns by it",
    },
    at_most=5,
)
"""What only tests use, and why it may stay for now. What only these use may stay with them."""


@cache
def source() -> Source:
    return Source({name: tree(name) for name in modules()})


def exported() -> Iterator[Definition]:
    """What others may import or are handed: entry points, names of packages and kits, names of Python's own."""
    for point in entry_points():
        yield Definition(*point.split(":"))
    for one in source().parts:
        dunder = one.name.startswith("__") and one.name.endswith("__")
        if dunder or (public_by_itself(one.module) and not one.name.startswith("_")):
            yield one


def outside() -> Iterator[ast.Module]:
    """Code that uses the package: benchmarks, examples, blocks and notebooks of the docs, and names in its pages."""
    for folder in ("bench", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.glob("docs/**/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield ast.parse("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]:
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            with contextlib.suppress(SyntaxError):  # a sketch of interfaces is no code
                yield ast.parse(block)
        yield ast.parse("\n".join(sorted(set(re.findall(r"\bzosimos(?:\.\w+)+", text)))))


@pytest.mark.slow
def test_every_name_serves_something() -> None:
    known = source()
    roots, code = list(exported()), list(outside())
    unused = known.parts.keys() - known.reached(roots, code)
    listed = [one for one in known.parts if str(one) in UNUSED]
    with_them = known.parts.keys() - known.reached([*roots, *listed], code)
    found = {str(one) for one in [*with_them, *(one for one in listed if one in unused)]}
    UNUSED.check(found, "nothing but tests uses these: give each a use, or delete it")


CODE = {
    "p.a": "from p.b import f as g\ndef use(): return g()\nclass Old: pass\nuse()",
    "p.b": "X = 1\ndef f(): return X\ndef lost(): return lost_too()\ndef lost_too(): return lost()",
    "p.c": "T = {'n': ('p.d', 'made')}\ndef find(): return T\nfind()",
    "p.d": "def made(): ...\ndef pointed(): ...\ndef written(): ...\nP = 'p.d:pointed'\nprint(P)",
    "p.e": "import p.d\ndef f(): return p.d.written()\n@app.command()\ndef command(): return f()",
}


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("p.b.f", True),
        ("p.b.X", True),
        ("p.a.Old", False),
        ("p.b.lost", False),
        ("p.b.lost_too", False),
        ("p.d.made", True),
        ("p.d.pointed", True),
        ("p.d.written", True),
    ],
)
def test_a_use_is_seen_however_it_is_written_and_none_is_made_up(name: str, reached: bool) -> None:
    found = Source({module: ast.parse(code) for module, code in CODE.items()}).reached([])
    assert (name in {str(one) for one in found}) == reached


def test_names_that_only_a_root_or_code_outside_uses_are_reached_too() -> None:
    known = Source({module: ast.parse(code) for module, code in CODE.items()})
    by_root = known.reached([Definition("p.b", "lost")])
    assert {"p.b.lost", "p.b.lost_too"} <= {str(one) for one in by_root}
    by_code: Mapping[str, str] = {"p.a.Old": "import p.a\np.a.Old()", "p.b.lost": "from p.b import lost"}
    for name, code in by_code.items():
        assert name in {str(one) for one in known.reached([], [ast.parse(code)])}
