"""Campaign files from somebody else: what they name is refused if it is no data, and not quoted if it may be secret."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.files import from_spec
from zosimos.core.errors import DataError, InputError, SpecError
from zosimos.core.table import parse_table

KEY = """-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQSecretSecret: x
-----END OPENSSH PRIVATE KEY-----
"""
PASSWORDS = "root:SecretHash:0:0:root:/root:/bin/bash\nlab:SecretOther:1:1::/:/bin/sh\npostgres:x:1:1:a, b,Secret:/:/\n"
SECRETS = {
    "key": KEY,
    "passwd": PASSWORDS,
    "two columns": "SecretUser,SecretWord\nann,Secret1\nbob,Secret2\n",
    "twice": "Secret,Secret\n1,2\n",
    "cluster": "users:\n- name: admin\n  user: {token: SecretToken}\n",
    "list": "- SecretA\n- SecretB\n",
    "text": "just SecretText",
    "tag": "!SecretTag {a: 1}\n",
    "key twice": "Secret: 1\nSecret: 2\n",
    "number": "!!float SecretNumber\n",
    "control": "a: \x01Secret\n",
}


def spec_of(**parts: Any) -> dict[str, Any]:
    base = {"name": "n", "seed": 1, "objectives": {"y": {"goal": "max"}}, "budget": {"experiments": 5}}
    return {**base, **parts}


def refused(folder: Path, **parts: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        from_spec(parse_spec(spec_of(**parts)), folder)
    return caught.value


def said(error: BaseException | None) -> str:
    """Everything that an error shows, also where its causes are shown."""
    texts = []
    while error is not None:
        texts.append(f"{error} {error.as_dict() if isinstance(error, InputError) else ''}")
        error = error.__cause__
    return "\n".join(texts)


SPACE = {"a": {"min": 0, "max": 1}}
NAMED_BY = {
    "candidates": {"space": SPACE, "candidates": "secret"},
    "candidates without a space": {"candidates": "secret"},
    "pool": {"space": SPACE, "lab": {"kind": "pool", "file": "secret"}},
    "pool without a space": {"lab": {"kind": "pool", "file": "secret"}},
    "lab file": {"space": SPACE, "lab": {"kind": "workcell", "file": "secret", "protocol": "secret"}},
    "colour": {"space": SPACE, "lab": {"kind": "colour", "target": [1, 2, 3], "file": "secret"}},
    "source": {"space": SPACE, "sources": {"old": {"file": "secret"}}},
}


@pytest.mark.parametrize("named", NAMED_BY)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_error_quotes_a_file_that_is_no_data(tmp_path: Path, secret: str, named: str) -> None:
    (tmp_path / "secret").write_text(SECRETS[secret])
    parts: dict[str, Any] = NAMED_BY[named]
    if named == "candidates without a space" and secret in ("key", "two columns", "cluster"):
        assert from_spec(parse_spec(spec_of(**parts)), tmp_path).pool is not None  # any table is one of candidates then
        return
    error = refused(tmp_path, **parts)
    assert "Secret" not in said(error)
    assert error.field
    assert "secret" in str(error) or "file" in str(error)


def test_a_table_that_has_a_wanted_column_is_quoted() -> None:
    table = parse_table(b"a,b\n1,2\n", "t.csv")
    with pytest.raises(DataError, match="'c' is missing") as caught:
        table.require(["a", "c"])
    assert caught.value.value == "a, b"
    with pytest.raises(DataError, match="column 'b' is not expected"):
        table.refuse_others(["a"], "")
    with pytest.raises(DataError, match="column '1', '2' is not expected"):
        table.refuse_others(["c"], "")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices are files of POSIX systems")
@pytest.mark.parametrize("named", NAMED_BY)
@pytest.mark.parametrize("kind", ["pipe", "device", "directory"])
def test_what_is_no_regular_file_is_refused_with_the_field_that_names_it(tmp_path: Path, kind: str, named: str) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / "secret")
    elif kind == "device":
        (tmp_path / "secret").symlink_to("/dev/zero")
    else:
        (tmp_path / "secret").mkdir()
    parts: dict[str, Any] = NAMED_BY[named]
    error = refused(tmp_path, **parts)
    assert f"it is a {kind}" in error.message
    assert error.field in ("candidates", "lab.file", "lab.protocol", "sources.old.file")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "[" * 102 + "]" * 102,
        "{a: " * 150 + "1" + "}" * 150,
        "\n".join(" " * place + "a:" for place in range(150)),
        "- " * 400 + "1",
    ],
)
def test_deep_nesting_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(SpecError, match=r"line \d+: nested too deeply"):
        yaml.parse(text)


def test_ordinary_nesting_is_read() -> None:
    assert yaml.parse("[" * 90 + "]" * 90)


def test_a_text_as_long_as_nobody_writes_is_refused_before_it_is_read() -> None:
    with pytest.raises(SpecError, match="too large"):
        yaml.parse("a: 1\n" * 300_000)
