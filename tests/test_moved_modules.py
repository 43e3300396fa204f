"""Modules by the names they had before: they still import, warn, and give the same objects."""

from __future__ import annotations

import importlib
import sys
import warnings

import pytest

from zosimos._moved import MOVED


@pytest.mark.parametrize("old", sorted(MOVED))
def test_an_old_name_warns_and_gives_what_is_under_the_new_one(old: str) -> None:
    for name in [name for name in sys.modules if name in MOVED]:
        del sys.modules[name]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        module = importlib.import_module(old)
    assert any(f"{old} is {MOVED[old]} now" in str(one.message) for one in said)
    new = importlib.import_module(MOVED[old])
    public = [name for name in vars(new) if not name.startswith("_")]
    assert all(getattr(module, name) is getattr(new, name) for name in public)


def test_the_seam_of_labs_is_where_plugins_import_it_from() -> None:
    from zosimos.campaign import lab

    sys.modules.pop("zosimos.campaign.executor", None)
    with pytest.warns(DeprecationWarning, match="campaign.lab"):
        old = importlib.import_module("zosimos.campaign.executor")
    for name in ("Executor", "Past", "Probe", "Steps", "Task"):
        assert getattr(old, name) is getattr(lab, name)


def test_a_wrong_name_is_no_module() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("zosimos.campaign.nothing")


def test_classes_that_were_renamed_are_found_by_their_former_names() -> None:
    from zosimos.instruments import rig
    from zosimos.instruments.wire import link

    with pytest.warns(DeprecationWarning, match="Rig"):
        assert rig.Bench is rig.Rig
    with pytest.warns(DeprecationWarning, match="LinkProfile"):
        assert link.Manners is link.LinkProfile
    with pytest.raises(AttributeError):
        _ = rig.Nothing


def test_a_driver_that_says_how_to_talk_by_the_former_name_works() -> None:
    from zosimos.instruments.devices.sics.driver import SicsBalance
    from zosimos.instruments.envelope.envelope import Envelope
    from zosimos.instruments.envelope.limits import Limits
    from zosimos.instruments.instrument import Instrument, Wiring

    class Older(SicsBalance):
        def _manners(self):
            return SicsBalance._link_profile(self)

        _link_profile = Instrument._link_profile

    async def opener():
        raise AssertionError("nothing is opened")

    with pytest.warns(DeprecationWarning, match="_link_profile"):
        assert Older(Wiring("balance", opener, Envelope(Limits()))).name == "balance"
