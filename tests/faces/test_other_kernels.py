"""What a campaign's linear algebra ran on is on record, and a replay says where it is another one's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

ONE, OTHER = "Haswell", "Sandybridge"
KNOWN = ("Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids")  # x86-64 processors that can run older kernels


def chooses() -> bool:
    """Say whether NumPy's linear algebra has kernels for several processors, one of which may be named."""
    np.eye(1) @ np.eye(1)
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    names = {library["internal_api"] for library in found}
    return names == {"openblas"} and all(library.get("architecture") in KNOWN for library in found)


@pytest.mark.slow
def test_a_replay_by_other_kernels_names_them(shell: Callable[..., Any], folder: Path) -> None:
    if not chooses():
        pytest.skip("the kernels of linear algebra cannot be chosen here")
    text = (folder / "tiny.yaml").read_text().replace("planner: {kind: sobol}", "planner: {start: 4}")
    (folder / "models.yaml").write_text(text)
    ran = shell("run", "models.yaml", "--no-report", "--json", env={"OPENBLAS_CORETYPE": ONE})
    assert ran.code == 0, ran.out + ran.err
    same = shell("replay", "last", "--json", env={"OPENBLAS_CORETYPE": ONE})
    assert same.json["identical"]
    assert not same.json["changed_versions"]
    other = shell("replay", "last", "--json", env={"OPENBLAS_CORETYPE": OTHER})
    assert other.json["changed_versions"] == [f"blas: openblas {ONE} then, openblas {OTHER} now"]
