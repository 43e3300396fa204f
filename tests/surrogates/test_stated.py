"""Stated uncertainties that are right but for a factor, which the committee learns."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zosimos.surrogates.committee.committee import default_kinds
from zosimos.surrogates.committee.member import Kind
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.stated import FIRM, LOOSE, Stated, distinct
from zosimos.surrogates.committee.view import View
from zosimos.surrogates.committee.warps import Warp

VIEW = View.plain(1)
KINDS = default_kinds(VIEW)


def surface(n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    X = np.linspace(0.0, 1.0, n)[:, None]
    return X, np.sin(6.0 * X[:, 0])


def model(sd: float, stated: float, stated_sd: float | None = LOOSE, seed: int = 0, kinds=KINDS) -> CommitteeOutcome:
    X, y = surface()
    y = y + sd * np.random.default_rng(seed).normal(size=len(y))
    return CommitteeOutcome(kinds, X, y, np.full(len(y), stated**2), 0, stated_sd=stated_sd)


@pytest.mark.parametrize(("sd", "stated"), [(0.1, 0.5), (0.1, 0.1), (0.3, 0.1)])
def test_the_noise_is_learned_whatever_is_stated(sd: float, stated: float) -> None:
    found = model(sd, stated)
    assert math.sqrt(found.noise_of_next) == pytest.approx(sd, rel=0.4)
    assert found.stated_factor == pytest.approx(sd / stated, rel=0.4)
    assert math.sqrt(model(sd, stated, None).noise_of_next) == pytest.approx(stated)


def test_a_clear_disagreement_is_said_and_an_agreement_is_not() -> None:
    (large,) = model(0.1, 0.5).notes
    assert "their stated uncertainties, and are learned from so: part of what is stated may be the same" in large
    (small,) = model(0.3, 0.05).notes
    assert "something scatters that is not in them" in small
    assert all(model(0.1, 0.1, seed=seed).notes == () for seed in range(3))


def test_few_results_leave_what_is_said_to_scatter_as_it_is_said() -> None:
    X, y = surface(4)
    said = CommitteeOutcome(KINDS, X, y, np.full(4, 0.04), 0, stated_sd=FIRM)
    assert abs(math.log(said.stated_factor)) < 0.7


def test_how_results_compare_is_kept() -> None:
    X, y = surface(20)
    rng, sds = np.random.default_rng(3), np.where(np.arange(20) % 2, 0.02, 0.5)
    y = y + sds * rng.normal(size=20)
    found = CommitteeOutcome(KINDS, X, y, (3.0 * sds) ** 2, 0, stated_sd=LOOSE)
    off = np.abs(found.predict(X).mean - y)
    assert off[1::2].mean() < 0.2 * off[::2].mean()


def test_nothing_stated_is_as_if_nothing_were_asked() -> None:
    X, y = surface(12)
    unknown = np.full(12, np.nan)
    plain, asked = (CommitteeOutcome(KINDS, X, y, unknown, 0, stated_sd=sd) for sd in (None, LOOSE))
    assert np.array_equal(plain.predict(X).means, asked.predict(X).means)
    assert plain.noise_of_next == asked.noise_of_next
    zero = CommitteeOutcome(KINDS, X, y, np.zeros(12), 0, stated_sd=LOOSE)
    assert np.array_equal(zero.predict(X).means, plain.predict(X).means)


@pytest.mark.parametrize("stated", [1e-9, 1e9])
def test_a_statement_beyond_all_reason_still_gives_a_model(stated: float) -> None:
    found = model(0.1, stated)
    assert 0.01 < math.sqrt(found.noise_of_next) < 0.5
    assert np.isfinite(found.predict(surface()[0]).variance).all()


def test_members_that_would_be_the_same_have_one_vote() -> None:
    kinds = (*KINDS, Kind(VIEW, "matern-5/2", quiet=True))
    known, unknown = np.full(5, 0.1), np.full(5, np.nan)
    assert [kind.name for kind in distinct(kinds, known, FIRM)] == [kind.name for kind in KINDS]
    assert distinct(kinds, unknown, FIRM) == kinds
    assert distinct(kinds, known, LOOSE) == kinds  # a quiet member doubts what is stated
    assert set(model(0.1, 0.1, FIRM, kinds=kinds).weights) == {kind.name for kind in KINDS}
    before = model(0.1, 0.1, None, kinds=kinds).members
    assert np.allclose(before[0].theta[:-1], before[2].theta[:-1])  # as campaigns on record have it


def test_a_warped_member_takes_the_noise_that_a_plain_one_learned() -> None:
    X, y = surface()
    y = np.exp(y + 0.1 * np.random.default_rng(0).normal(size=len(y)))
    kinds = (*KINDS, Kind(VIEW, "matern-5/2", warp=Warp.between(0.0, None, None)))
    found = CommitteeOutcome(kinds, X, y, (0.5 * y) ** 2, 0, stated_sd=LOOSE)
    warped = found.members[-1]
    assert np.median(warped.noises) == pytest.approx(float(np.median(found.members[0].noises)), rel=1e-6)


def test_an_outcome_held_in_doubt_stays_so_with_learned_noise() -> None:
    X, y = surface()
    y = y + 0.05 * np.random.default_rng(1).normal(size=len(y))
    y[10] += 30.0
    found = CommitteeOutcome(KINDS, X, y, np.full(len(y), 0.04), 0, stated_sd=LOOSE)
    assert found.standard.doubted == (10,)


def test_the_middle_statement_is_what_others_are_compared_with() -> None:
    found = Stated.of(np.array([4.0, np.nan, 1.0, 1e9]), LOOSE)
    assert found is not None
    assert found.middle == 4.0
    assert found.relative.tolist() == [1.0, 1.0, 0.25, 1e6]
    assert Stated.of(np.full(3, np.nan), LOOSE) is None
