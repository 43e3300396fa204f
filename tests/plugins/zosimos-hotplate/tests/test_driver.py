"""The hotplate keeps the contract of instruments, and what it says is read exactly or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zosimos_hotplate import wire
from zosimos_hotplate.driver import Hotplate
from zosimos_hotplate.simulated import make
from zosimos_hotplate.simulator import HotplateSimulator

import zosimos as zo


def bare_plate() -> HotplateSimulator:
    """Return a hotplate with nothing on it, as the kit wants it: what stands on a hot plate dries up."""
    return make(zo.SimulatorSetup("plate", zo.World([]), {}, {}, "", zo.Noise(1, "plate")))


CHECKS = dict(zo.testing.instrument_checks(Hotplate, bare_plate))


@pytest.mark.parametrize("name", CHECKS)
def test_the_hotplate_conforms(name: str) -> None:
    CHECKS[name]()


@given(st.integers(-999, 9999))
def test_a_number_is_read_as_it_was_sent(tenths: int) -> None:
    assert wire.number(b"%.1f 1" % (tenths / 10), wire.TEMPERATURE, "plate") == tenths / 10


@given(st.binary(max_size=12))
def test_anything_else_is_an_error_and_never_a_number(line: bytes) -> None:
    try:
        value = wire.number(line, wire.TEMPERATURE, "plate")
    except zo.ReplyError:
        return
    assert line.endswith(b" 1")
    assert value == float(line.removesuffix(b" 1"))


def test_a_capability_says_which_of_its_verbs_is_safe() -> None:
    assert zo.Effect("plate", "heater-off").is_safe
    assert not zo.Effect("plate", "heat", amount=0.0).is_safe
    assert zo.Effect("plate", "heat", amount=60.0).unit == "degC"
