"""Checks of a conformance kit: run by name, or all together."""

from __future__ import annotations

import pytest

from zosimos.core.conformance import Check, run_all


def fails() -> None:
    raise ZeroDivisionError


def breaks() -> None:
    raise AssertionError("2 rows must come back, not 1")


def test_checks_are_found_by_name_and_called() -> None:
    called: list[str] = []
    checks = dict([Check("first", lambda: called.append("first")), Check("second", lambda: called.append("second"))])
    checks["second"]()
    assert called == ["second"]


def test_all_of_them_run_until_one_fails_which_is_named() -> None:
    with pytest.raises(AssertionError, match=r"^it gives rows: 2 rows must come back, not 1$"):
        run_all([Check("it is one", lambda: None), Check("it gives rows", breaks), Check("never", fails)])
    with pytest.raises(AssertionError, match=r"^it repeats: ZeroDivisionError$"):
        run_all([Check("it repeats", fails)])


def test_a_check_is_shown_by_its_name() -> None:
    assert str(Check("it repeats", fails)) == "it repeats"
    with pytest.raises(ZeroDivisionError):
        Check("it repeats", fails)()
