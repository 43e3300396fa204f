"""The world: matter is only ever moved, and what happens never depends on who looks when."""

import json
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.instruments.devices.cavro.simulator import CavroSimulator
from zosimos.instruments.devices.cavro.wire import checksum
from zosimos.instruments.rig import Rig
from zosimos.instruments.world.noise import Noise
from zosimos.instruments.world.vessel import FEMTO, FL_PER_ML, SOLVENT, Vessel
from zosimos.instruments.world.world import SPILL, Species, Transfer, World, water_density

DYES = (Species("red", 496.42), Species("blue", 792.85))
NAMES = ("a", "b", "c", "d")


def world(volumes_fl: tuple[int, ...] = (7 * 10**12, 3 * 10**12, 10**9, 0)) -> World:
    """Four vessels of 8 mL with dyes in amounts that no volume divides."""
    vessels = []
    for number, (name, volume) in enumerate(zip(NAMES, volumes_fl, strict=True)):
        contents = {SOLVENT: volume, "red": volume // 7 * number, "blue": volume // 13}
        vessels.append(Vessel(name, 8.0, 0.01, {one: amount for one, amount in contents.items() if amount}))
    return World(vessels, DYES)


def mass(where: World) -> float:
    return sum(where.mass_g(name) for name in where.vessels)


def contents(where: World) -> dict[str, dict[str, int]]:
    return {name: dict(vessel.contents) for name, vessel in where.vessels.items()}


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from([*NAMES, SPILL]),
        st.sampled_from([*NAMES, SPILL]),
        st.one_of(st.integers(0, 10**4), st.integers(0, 9 * 10**12)),
    ),
    max_size=40,
)


@pytest.mark.slow
@given(MOVES)
@settings(max_examples=200)
def test_any_moves_conserve_every_species_exactly_and_mass_to_rounding(
    moves: list[tuple[str, str, str, int]],
) -> None:
    where = world()
    totals, before = where.totals(), mass(where)
    for by, source, target, volume in moves:
        there = where.vessels[source].drawable_fl
        assert where.move(by, source, target, volume) == min(volume, there)
        assert all(amount > 0 for held in contents(where).values() for amount in held.values())
    assert where.totals() == totals
    assert mass(where) == pytest.approx(before, rel=1e-9)
    assert all(where.vessels[name].volume_ml <= 8.0 for name in NAMES)


@pytest.mark.slow
@given(MOVES, st.randoms(use_true_random=False), st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=200)
def test_a_record_is_redone_to_the_same_contents_in_any_order(
    moves: list[tuple[str, str, str, int]], chance: random.Random, written: list[int]
) -> None:
    where, record = world(), []
    for number, (by, source, target, volume) in enumerate(moves):
        where.move(by, source, target, volume)
        if number in written:
            record += where.journal("one")
    record += where.journal("one") + where.journal("two")
    assert where.journal("one") == where.journal("two") == []
    chance.shuffle(record)
    again = world()
    for transfer in record:
        again.apply(Transfer.from_json(json.loads(json.dumps(transfer.as_json()))))
    assert contents(again) == contents(where)


def test_a_journal_that_merges_a_refill_is_redone_although_the_syringe_never_held_that_much() -> None:
    where, again = world(), world()
    for source, target in (("c", "a"), ("b", "c"), ("c", "a")):
        where.move("pump", source, target, 10**11)
    for transfer in where.journal("pump"):
        again.apply(transfer)
    assert contents(again) == contents(where)


def test_a_world_of_which_the_record_is_incomplete_moves_nothing_more() -> None:
    where = world()
    where.apply(Transfer("pump", "d", "a", {SOLVENT: 10}))
    with pytest.raises(ValueError, match="d holds less than nothing"):
        where.move("pump", "d", "b", 1)


def test_the_journal_does_not_grow_while_nobody_asks() -> None:
    where = world()
    for _ in range(1000):
        where.move("pump", "a", "b", 1000)
        where.move("pump", "b", "a", 1000)
    assert len(where.journal("pump")) == 2
    assert where.journal("pump") == []


@given(st.integers(1, 10**13), st.integers(0, 10**16), st.integers(0, 10**13))
def test_a_portion_is_proportional_within_one_quantum(solvent: int, dye: int, volume: int) -> None:
    vessel = Vessel("v", 1e6, contents={SOLVENT: solvent, "red": dye})
    share = Fraction(min(volume, solvent), solvent)
    portion = vessel.portion(volume)
    assert portion.get(SOLVENT, 0) == min(volume, solvent)
    assert abs(portion.get("red", 0) - dye * share) <= Fraction(1, 2)
    assert portion.get("red", 0) <= dye
    assert vessel.contents == {SOLVENT: solvent, "red": dye}


def test_what_does_not_fit_is_spilt_and_what_cannot_be_drawn_stays() -> None:
    where = world()
    assert where.move("pump", "a", "b", 8 * FL_PER_ML) == 7 * FL_PER_ML - FL_PER_ML // 100
    assert where.vessels["b"].volume_ml == 8.0
    assert where.vessels[SPILL].volume_fl == 2 * FL_PER_ML - FL_PER_ML // 100
    assert where.vessels["a"].volume_fl == FL_PER_ML // 100
    assert where.move("pump", "b", "b", -5) == 0
    assert where.move("pump", "d", "b", 5) == 0


def test_concentration_and_mass_are_those_of_the_solution() -> None:
    vessel = Vessel("v", 100.0, contents={SOLVENT: 10 * FL_PER_ML, "red": round(3e-5 * 0.01 * FEMTO)})
    where = World([vessel], DYES)
    assert vessel.concentration("red") == pytest.approx(3e-5)
    assert vessel.concentration("blue") == Vessel("e", 1.0).concentration("red") == 0.0
    assert where.mass_g("v") == pytest.approx(10.0 * water_density(22.0) + 3e-7 * 496.42, rel=1e-12)


def test_a_solvent_other_than_water_has_the_density_it_is_given() -> None:
    vessel = Vessel("v", 100.0, contents={SOLVENT: 10 * FL_PER_ML}, temperature_c=30.0)
    assert World([vessel], density=lambda celsius: 0.8 - 0.001 * celsius).mass_g("v") == pytest.approx(7.7)


# --- noise


@given(st.integers(0, 2**63 - 1), st.integers(0, 50), st.integers(1, 20))
@settings(max_examples=50)
def test_noise_rebuilt_from_its_counter_goes_on_as_if_nothing_had_happened(seed: int, before: int, after: int) -> None:
    whole = Noise(seed, "balance")
    drawn = [whole.next().normal() for _ in range(before + after)]
    rebuilt = Noise(seed, "balance", before)
    assert [rebuilt.next().normal() for _ in range(after)] == drawn[before:]
    assert rebuilt == whole


def test_noise_of_other_devices_and_seeds_is_other_noise() -> None:
    streams = [Noise(seed, device) for seed in (1, 2) for device in ("a", "b")]
    draws = np.array([[stream.next().normal() for _ in range(200)] for stream in streams])
    assert np.abs(np.corrcoef(draws) - np.eye(4)).max() < 0.3


# --- programs of a pump, and who looks

_CODES = "AaPpDdIOBESVvcLkKMNJHGgZYW"
_WHOLE = ("?", "?6", "Q", "F", "T", "X", "R", "?23", "&", "", "xyzR", "?99", "H1R", "Z0,1,9R", "ZR", "gI1P50O3D50G3R")


def text(chance: random.Random) -> str:
    """Return a command string: sometimes right, sometimes nearly, sometimes nonsense."""
    kind = chance.random()
    if kind < 0.25:
        return chance.choice(_WHOLE)
    if kind < 0.75:
        strokes = (
            f"{chance.choice('IO')}{chance.randint(1, 5)}{chance.choice('AAPDapd')}{chance.randint(0, 2500)}"
            for _ in range(chance.randint(1, 4))
        )
        return f"S{chance.randint(0, 14)}" + "".join(strokes) + chance.choice(("R", "R", "R", ""))
    many = [chance.choice(_CODES) + chance.choice(("", str(chance.randint(0, 9999)))) for _ in range(6)]
    return "".join(many) + chance.choice(("R", ""))


def framed(body: str, *, oem: bool) -> bytes:
    if not oem:
        return b"/1" + body.encode() + b"\r"
    frame = b"\x0211" + body.encode() + b"\x03"
    return frame + bytes([checksum(frame)])


def rig(now: list[float]) -> Rig:
    """Two pumps on the same vessels, one of which runs dry and one of which runs over."""
    where = world((7 * 10**12, 10**12, 5 * 10**11, 0))
    ports = ({1: "a", 2: "b", 3: "c", 4: "d"}, {1: "d", 2: "c", 3: "b", 5: "a"})
    pumps = []
    for number, (name, connected) in enumerate(zip(("p1", "p2"), ports, strict=True)):
        where.vessels[f"syringe {name}"] = Vessel(f"syringe {name}", 2.5)
        stall = 5 if number == 0 else None
        pumps.append(
            CavroSimulator(name, where, connected, f"syringe {name}", syringe_ml=2.5, n_ports=5, stall_port=stall)
        )
    return Rig(where, pumps, lambda: now[0])


Plan = list[tuple[float, str, bytes]]


def plan(chance: random.Random) -> Plan:
    oem = {name: chance.random() < 0.5 for name in ("p1", "p2")}
    commands = [(0.0, name, framed("ZR", oem=oem[name])) for name in oem]
    at = chance.choice((0.5, 3.0, 3.0))
    for _ in range(chance.randint(3, 8)):
        at = round(at + chance.choice((0.0, chance.uniform(0, 0.4), chance.uniform(0, 12))), chance.choice((1, 3, 9)))
        at = max(at, commands[-1][0])
        name = chance.choice(("p1", "p2"))
        noise = bytes(chance.randrange(256) for _ in range(12)) if chance.random() < 0.05 else b""
        commands.append((at, name, noise + framed(text(chance), oem=oem[name])))
    return commands


def outcome(commands: Plan, looks: random.Random | None) -> tuple[Rig, dict[str, bytes], list[tuple[str, object]]]:
    """Carry a plan out, looking at the rig in between or not."""
    now = [0.0]
    one = rig(now)
    said = {"p1": b"", "p2": b""}
    record: list[tuple[str, object]] = []
    for at, name, data in [*commands, (commands[-1][0] + 400.0, "p1", b"")]:
        if looks is not None:
            for moment in sorted(looks.uniform(now[0], at) for _ in range(looks.randint(0, 6))):
                now[0] = moment
                seen = looks.choice(("p1", "p2"))
                said[seen] += one.read(seen)
                if looks.random() < 0.3:
                    record.append((seen, json.loads(json.dumps(one.journal(seen)))))
        now[0] = at
        one.write(name, data)
    for name in said:
        said[name] += one.read(name)
        record.append((name, json.loads(json.dumps(one.journal(name)))))
    return one, said, record


@pytest.mark.slow
def test_a_thousand_random_programs_lose_nothing_and_do_not_depend_on_who_looks() -> None:
    moved = 0
    for seed in range(1000):
        commands = plan(random.Random(seed))
        alone, said, _ = outcome(commands, None)
        watched, heard, record = outcome(commands, random.Random(seed + 10**6))
        assert contents(alone.world) == contents(watched.world), seed
        assert said == heard, seed
        assert [one.state() for one in alone.devices.values()] == [one.state() for one in watched.devices.values()], (
            seed
        )

        fresh = rig([0.0])
        assert alone.world.totals() == fresh.world.totals(), seed
        assert mass(alone.world) == pytest.approx(mass(fresh.world), rel=1e-9), seed
        for name in ("p1", "p2"):
            syringe = alone.world.vessels[f"syringe {name}"]
            assert syringe.volume_fl <= 2.5 * FL_PER_ML, seed
        moved += contents(alone.world) != contents(fresh.world)

        random.Random(seed).shuffle(record)
        for name, entry in record:
            fresh.redo(name, entry)  # type: ignore[arg-type]  # what JSON gave
        assert contents(fresh.world) == contents(alone.world), seed
    assert moved > 500  # most programs do something


def test_what_evaporates_leaves_behind_what_is_dissolved_and_is_not_held_back() -> None:
    where = world()
    before, totals = where.vessels["b"].contents["red"], where.totals()
    assert where.move("plate", "b", "d", 4 * 10**12, vapour=True) == 3 * 10**12
    assert where.vessels["b"].contents == {"red": before, "blue": 3 * 10**12 // 13}
    assert where.vessels["d"].contents == {SOLVENT: 3 * 10**12}
    assert where.totals() == totals
