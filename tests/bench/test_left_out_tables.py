"""Choosing a setting for a table by the others: the arithmetic, the settings, and the order of the table of figures."""

import math
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
sys.path.append(str(BENCH))

from planning.crossfit import hindsight_choice, left_out_choice  # noqa: E402 - the path comes first
from planning.entrants import version_key  # noqa: E402
from planning.figures import markdown  # noqa: E402
from planning.grid import ENTRANTS, GRID, OURS, Setting, entrant_of  # noqa: E402
from planning.scoring import over_chance, over_peers  # noqa: E402

from zosimos.surrogates.committee import hyper  # noqa: E402

CHANCE = {"a": 40.0, "b": 40.0, "c": 40.0}
COUNTS = {  # "bold" wins two tables by a little and loses one by far
    "a": {"plain": [20.0, 20.0], "bold": [18.0, 18.0]},
    "b": {"plain": [10.0, 30.0], "bold": [16.0, 20.0]},
    "c": {"plain": [8.0, 12.0], "bold": [40.0, 40.0]},
}


def test_a_table_has_no_say_in_the_setting_it_is_planned_with():
    assert left_out_choice(COUNTS, CHANCE) == {"a": "plain", "b": "plain", "c": "bold"}
    assert hindsight_choice(COUNTS) == {"a": "bold", "b": "bold", "c": "plain"}
    for table in COUNTS:
        other = {**COUNTS, table: {"plain": [1.0], "bold": [1000.0]}}
        assert left_out_choice(other, CHANCE)[table] == left_out_choice(COUNTS, CHANCE)[table]


def test_the_choice_is_that_of_the_highest_geometric_mean_of_acceleration():
    for table in COUNTS:
        merit = {
            name: math.prod(CHANCE[o] / (sum(row[name]) / 2) for o, row in COUNTS.items() if o != table)
            for name in ("plain", "bold")
        }
        assert left_out_choice(COUNTS, CHANCE)[table] == max(merit, key=lambda name: merit[name])


def test_one_table_and_equal_settings_get_the_first_of_the_grid():
    assert left_out_choice({"a": COUNTS["a"]}, CHANCE) == {"a": "plain"}
    same = {name: {"plain": [5.0], "bold": [5.0]} for name in COUNTS}
    assert set(left_out_choice(same, CHANCE).values()) == {"plain"}


def test_every_setting_makes_a_policy_and_has_a_key_of_its_own():
    assert len({entrant_of(name) for name in GRID}) == len({version_key(name) for name in ENTRANTS}) == len(GRID)
    assert entrant_of("default") == OURS
    for setting in GRID.values():
        assert setting.made(3).start == 3
    assert GRID["bound"].made(2).acquisition.kind == "confidence-bound"
    assert Setting({"surrogate": "gp"}).key != Setting(constants={"a:b": 1}).key != ""


def test_a_setting_of_constants_holds_while_a_run_is_made_and_no_longer():
    before = hyper.JITTER
    setting = Setting(constants={"zosimos.surrogates.committee.hyper:JITTER": 0.5})
    with setting.in_force():
        assert hyper.JITTER == 0.5
    assert before == hyper.JITTER
    wrong = Setting(constants={"zosimos.surrogates.committee.hyper:NO_SUCH": 1})
    with pytest.raises(AttributeError), wrong.in_force():
        pass


def test_ours_is_held_against_chance_and_the_fastest_peer_of_each_table():
    counts = {
        "a": {"zosimos": [10.0, 30.0], "baybe": [30.0], "forest": [10.0]},
        "b": {"zosimos": [50.0], "baybe": [25.0], "forest": [50.0]},
    }
    assert over_chance(counts, CHANCE) == {"a": 0.5, "b": 1.25}
    assert over_peers(counts) == {"a": 0.5, "b": 0.5}
    assert over_peers({"a": {"zosimos": [10.0]}}) == {}


def test_the_table_of_figures_begins_with_the_losses():
    means = {"won": {"zosimos": 10.0, "baybe": 20.0}, "lost": {"zosimos": 30.0, "baybe": 20.0}}
    found = {
        "n_top1": means,
        "n_top1_se": {name: {} for name in means},
        "over_chance": {"won": 0.25, "lost": 1.2},
        "over_any_peer": {"won": 2.0, "lost": 0.67},
        "settings": {"chosen": {"won": "default", "lost": "bound"}},
        "af_top1": {"zosimos": 2.0, "baybe": 1.0},
        "af_top5": {"zosimos": 2.0, "baybe": 1.0},
        "cpu_s_per_suggestion": {"overall": {"zosimos": 0.02, "baybe": 0.2}},
    }
    lines = markdown(found, ["zosimos", "baybe"]).splitlines()
    assert lines[0] == "| set | zosimos | baybe | over chance | setting |"
    assert lines[2:4] == ["| lost | 30.0 | 20.0 | 1.20 | bound |", "| won | 10.0 | 20.0 | 0.25 | default |"]
    assert {line.count("|") for line in lines} == {6}
