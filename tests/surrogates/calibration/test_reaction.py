"""Each finding has one answer, the gravest first, and says why."""

import json

import numpy as np
import pytest

from zosimos.surrogates.calibration.coverage import calibration
from zosimos.surrogates.calibration.drift import Alarm, watch
from zosimos.surrogates.calibration.response import Situation, react


def outlier(index):
    return Alarm("outlier", index, 5.0, f"residual {index} is odd")


def drift(since):
    return Alarm("drift", since, 1.5, "values lie above predictions")


def test_nothing_unusual_asks_for_nothing():
    found = react(Situation(steps=10))
    assert (found.action, found.concerns) == ("none", ())


def test_a_fresh_outlier_is_measured_again():
    found = react(Situation(steps=10, alarms=[outlier(9)]))
    assert (found.action, found.concerns) == ("replicate", (9,))
    assert "residual 9 is odd" in found.reason


@pytest.mark.parametrize(("confirmed", "action"), [(True, "none"), (False, "robust")])
def test_a_repeat_decides_what_an_outlier_was(confirmed, action):
    assert react(Situation(steps=11, alarms=[outlier(9)], repeated={9: confirmed})).action == action


def test_an_old_outlier_asks_for_a_robust_model():
    found = react(Situation(steps=30, alarms=[outlier(4)]))
    assert (found.action, found.concerns) == ("robust", (4,))


def test_many_outliers_in_a_short_time_need_a_person():
    found = react(Situation(steps=20, alarms=[outlier(12), outlier(15), outlier(19)]))
    assert (found.action, found.concerns) == ("ask", (12, 15, 19))
    assert react(Situation(steps=40, alarms=[outlier(12), outlier(15), outlier(19)])).action == "robust"


def test_drift_asks_for_a_refit_from_where_it_began_and_then_for_patience_and_then_for_a_person():
    assert react(Situation(steps=30, alarms=[drift(22)])) == react(Situation(steps=30, alarms=[drift(22)]))
    found = react(Situation(steps=30, alarms=[drift(22)]))
    assert (found.action, found.since) == ("refit", 22)
    assert react(Situation(steps=33, alarms=[drift(22)], refitted=30)).action == "none"
    asked = react(Situation(steps=38, alarms=[drift(22)], refitted=30))
    assert asked.action == "ask"
    assert "did not cure" in asked.reason


def test_a_new_change_after_a_refit_is_answered_by_another():
    found = react(Situation(steps=60, alarms=[drift(50)], refitted=30))
    assert (found.action, found.since) == ("refit", 50)


@pytest.mark.parametrize("kind", ["noise", "trend"])
def test_a_change_that_stays_in_the_record_is_answered_once(kind):
    alarm = Alarm(kind, 10, 2.0, "the spread is 3 times what it was")
    assert react(Situation(steps=30, alarms=[alarm])).action == "refit"
    assert react(Situation(steps=60, alarms=[alarm], refitted=30)).action == "none"


def test_intervals_too_narrow_in_spite_of_recalibration_ask_for_a_refit_once_there_are_enough():
    z = 4 * np.random.default_rng(0).normal(size=40)
    wrong = calibration(np.zeros(40), np.ones(40), z)
    few = calibration(np.zeros(10), np.ones(10), z[:10])
    found = react(Situation(steps=40, calibration=wrong))
    assert found.action == "refit"
    assert "80% intervals held" in found.reason
    assert react(Situation(steps=10, calibration=few)).action == "none"
    assert react(Situation(steps=40, calibration=wrong, refitted=35)).action == "none"


def test_intervals_too_wide_harm_nobody():
    z = 0.2 * np.random.default_rng(0).normal(size=40)
    assert react(Situation(steps=40, calibration=calibration(np.zeros(40), np.ones(40), z))).action == "none"


def test_an_experiment_outside_the_domain_is_asked_for_but_an_instrument_fault_comes_first():
    assert react(Situation(steps=10, flag="out")).action == "ask"
    assert react(Situation(steps=10, flag="near")).action == "none"
    assert react(Situation(steps=10, flag="out", alarms=[outlier(9)])).action == "replicate"


def test_a_spoiled_stream_goes_from_watching_to_measuring_again():
    z = np.random.default_rng(1).normal(size=12)
    z[11] = 1e6
    found = react(Situation(steps=12, alarms=watch(z)))
    assert (found.action, found.concerns) == ("replicate", (11,))
    assert json.loads(json.dumps(found.as_json()))["concerns"] == [11]
