"""Plugins of a group: all that can be used, and the rest named with its package and why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from zosimos.core.errors import SpecError
from zosimos.core.plugins import load_all, offered, package_of, points

Install = Callable[[str, str, Mapping[str, Mapping[str, str]]], None]

GROUP = "zosimos.numbers"


def even(name: str, made: int, before: Mapping[str, int]) -> str:
    if made in before.values():
        return "it is there already"
    return "" if made % 2 == 0 else "it is odd"


def test_of_a_group_that_nobody_offers_there_is_nothing() -> None:
    found = load_all("zosimos.nothing", int, "number")
    assert (dict(found.sound), found.broken) == ({}, ())
    with pytest.raises(SpecError, match="there is no number 'two'") as caught:
        found.pick("two", "number", "count")
    assert (caught.value.field, caught.value.allowed) == ("count", "none is installed")


def test_what_is_broken_is_named_and_the_rest_is_loaded(install: Install) -> None:
    install("a-sound", "TWO, FOUR = 2, 4", {GROUP: {"two": "TWO", "four": "FOUR"}})
    install("b-failing", "raise RuntimeError('no')", {GROUP: {"six": "SIX"}})
    install("c-wrong", "TEXT, ODD, TWO = '8', 7, 2", {GROUP: {"eight": "TEXT", "seven": "ODD", "zwei": "TWO"}})
    found = load_all(GROUP, int, "number", even)
    assert dict(found.sound) == {"four": 4, "two": 2}
    assert {(one.name, one.package): one.why for one in found.broken} == {
        ("six", "b-failing"): "RuntimeError: no",
        ("eight", "c-wrong"): "c_wrong:TEXT is a str, which is no number",
        ("seven", "c-wrong"): "it is odd",
        ("zwei", "c-wrong"): "it is there already",
    }
    assert found.pick("two", "number", "count") == 2
    with pytest.raises(SpecError) as caught:
        found.pick("six", "number", "count")
    assert "the package b-failing brings the number 'six'" in caught.value.message
    assert "b-failing" in caught.value.hint
    with pytest.raises(SpecError) as caught:
        found.pick("tow", "number", "count")
    assert caught.value.hint == "did you mean 'two'?"


def test_a_broken_package_is_imported_once(install: Install) -> None:
    counting = "import sys\nsys.flags_seen = getattr(sys, 'flags_seen', 0) + 1\nraise RuntimeError(str(sys.flags_seen))"
    install("a-failing", counting, {GROUP: {"six": "SIX"}})
    first, second = load_all(GROUP, int, "number"), load_all(GROUP, int, "number")
    assert first.broken == second.broken


def test_a_class_may_be_what_is_offered(install: Install) -> None:
    install("a-class", "class Six: ...\nclass Seven(int): ...", {GROUP: {"six": "Six", "seven": "Seven"}})

    def number(_: str, made: type, __: Mapping[str, type]) -> str:
        return "" if issubclass(made, int) else f"{made.__name__} is no number"

    found = load_all(GROUP, type, "number", number)
    assert list(found.sound) == ["seven"]
    assert [one.why for one in found.broken] == ["Six is no number"]


@pytest.mark.parametrize("package", ["a-taker", "zz-taker", "zosimos-taker"])
def test_a_name_of_our_own_cannot_be_taken(install: Install, package: str) -> None:
    install(package, "Mine = None", {"zosimos.labs": {"pool": "Mine", "mine": "Mine"}})
    assert package_of("zosimos.labs", "pool") == "zosimos"
    assert package_of("zosimos.labs", "mine") == package
    assert {point.value for point in points("zosimos.labs") if point.name == "pool"} >= {
        offered("zosimos.labs")["pool"].value
    }
    assert list(offered("zosimos.labs")) == sorted(offered("zosimos.labs"))


def test_of_two_packages_that_offer_one_name_the_first_has_it(install: Install) -> None:
    install("b-lab", "Mine = None", {"zosimos.labs": {"mine": "Mine"}})
    install("a-lab", "Mine = None", {"zosimos.labs": {"mine": "Mine"}})
    assert package_of("zosimos.labs", "mine") == "a-lab"
