"""The report: every number from the record, text that stays text, one file that needs nothing else."""

import base64
import hashlib
import html
import os
import random
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head, head, verify
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.report import write_report
from zosimos.campaign.report.drawing import Picture
from zosimos.campaign.report.figures.timeline import lanes_of
from zosimos.campaign.report.kinds import KINDS, drawn
from zosimos.campaign.report.style import label
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import RARE
from zosimos.campaign.report.words.quality import coverage, surprises
from zosimos.core.errors import InputError
from zosimos.core.objective import Objective
from zosimos.core.records import Candidate, Measurement, Prediction

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SVG_TAGS = {"svg", "g", "path", "defs", "use", "text", "clipPath", "rect", "a", "title", "style", "metadata"}
SVG_TAGS |= {"RDF", "Work", "type", "format", "creator", "Agent", "tspan", "image"}
HOSTILE = '<script>alert(1)</script><a href="javascript:alert(2)">x</a></title>&lt;b&gt; \'" {{ 7*7 }} %{x} é'
SPEC: dict[str, Any] = {
    "name": "Suzuki coupling",
    "description": "Find the conditions with the highest yield.",
    "space": {
        "temperature": {"min": 20, "max": 120, "unit": "degC"},
        "catalyst": {"min": 0.01, "max": 10, "unit": "percent", "log": True},
        "equivalents": {"type": "discrete", "levels": [1, 1.5, 2]},
        "solvent": {"choices": ["DMF", "toluene", "water"]},
    },
    "objectives": {"yield": {"goal": "max", "unit": "percent"}},
    "budget": {"experiments": 1000},
}


class Lab:
    """Writes the events of a campaign to a real ledger, a minute apart."""

    def __init__(self, folder: Path, **fields: Any) -> None:
        self.now = START
        self.ledger = Ledger(str(folder / "ledger.db"))
        spec = parse_spec({**SPEC, **fields})
        body = {
            "spec": plain(spec),
            "files": {"candidates": self.ledger.put_artifact(b"a,b\n1,2\n")},
            "source": {"path": "/lab/campaign.yaml", "digest": self.ledger.put_artifact(b"name: Suzuki coupling")},
            "clock": "virtual",
            "versions": {},
            "order": {"space": list(spec.space), "objectives": list(spec.objectives)},
            "by": {"name": "Ada", "at": START.isoformat()},
        }
        self.record = Record.created(self.ledger, "c-20261121t080000-84g7zwyr", body, self.at)
        self.state: State = self.record.state
        self.random = random.Random(3)

    def at(self) -> str:
        return self.now.isoformat()

    @property
    def objectives(self) -> Sequence[Objective]:
        return build_objectives(self.state.spec)

    def write(self, *drafts: Draft, minutes: float = 1) -> None:
        self.now += timedelta(minutes=minutes)
        self.record.commit(lambda _: drafts, self.at)

    def decided(self, *candidates: Candidate, policy: str = "autonomous") -> list[str]:
        first = len(self.state.experiments) + 1
        names = [f"e{first + i:04d}" for i in range(len(candidates))]
        items = [{"experiment": n, "candidate": c.as_json()} for n, c in zip(names, candidates, strict=True)]
        inputs = {"spec_version": self.state.spec_version}
        body = {"decision": f"d{first:04d}", "inputs": inputs, "policy": policy, "candidates": items}
        self.write(Draft("decision.made", body))
        return names

    def started(self, *names: str) -> None:
        self.write(*(Draft("experiment.started", {"experiment": name}) for name in names))

    def candidate(self, predictions: Mapping[str, Prediction] | None = None) -> Candidate:
        values: dict[str, float | str] = {
            "temperature": self.random.uniform(20, 120),
            "catalyst": 10 ** self.random.uniform(-2, 1),
            "equivalents": self.random.choice([1.0, 1.5, 2.0]),
            "solvent": self.random.choice(list(self.state.spec.space["solvent"].choices)),  # type: ignore[union-attr]  # it has them
        }
        values |= {name: 0.5 for name in self.state.spec.space if name not in values}
        return Candidate(values, "bayesian", predictions=predictions or {})

    def measured(
        self, name: str, found: Mapping[str, float], surprise: Mapping[str, float] | None = None, **more: Any
    ) -> Draft:
        more = {"uncertainty": 1.2, **more}
        units = {n: part.unit for n, part in self.state.spec.objectives.items()}
        items = {n: Measurement(n, value, unit=units[n], **more).as_json() for n, value in found.items()}
        return Draft(
            "experiment.measured", {"experiment": name, "measurements": items, "surprise": dict(surprise or {})}
        )

    def run(self, count: int, batch: int = 4, *, predicted: bool = True) -> None:
        """Run experiments in batches whose results get better and are predicted a little wrong; some fail."""
        for begin in range(0, count, batch):
            size = min(batch, count - begin)
            predictions = []
            for i in range(begin, begin + size):
                rise = 90 * (1 - 0.97**i)
                row = {n: Prediction(rise + self.random.gauss(0, 4), 5.0) for n in self.state.spec.objectives}
                predictions.append(row if predicted and i >= 4 else {})
            names = self.decided(*(self.candidate(p) for p in predictions))
            self.started(*names)
            for i, name in enumerate(names, start=begin):
                self.finish(name, i)

    def finish(self, name: str, i: int) -> None:
        if i % 11 == 7:
            body = {"experiment": name, "cause": "the pump lost prime", "error": "PumpError", "step": None}
            self.write(Draft("experiment.failed", body), minutes=self.random.uniform(5, 15))
            return
        predictions = self.state.experiments[name].candidate.predictions
        found = {n: 90 * (1 - 0.97**i) + self.random.gauss(0, 5) for n in self.state.spec.objectives}
        scores = {n: (found[n] - p.mean) / 5.14 for n, p in predictions.items()}
        self.write(self.measured(name, found, scores), minutes=self.random.uniform(5, 15))

    def report(self, folder: Path) -> str:
        path = write_report(self.state, Head(self.state.seq, self.state.head), folder / "out" / "report.html")
        return path.read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Tells tags from text as a browser would."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside != "style":
            self.text += data


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def figures_of(lab: Lab) -> dict[str, Picture]:
    """Draw every kind of figure that there is something to draw for."""
    found = {kind: drawn(kind, Subject(lab.state)) for kind in KINDS}
    return {kind: picture for kind, picture in found.items() if isinstance(picture, Picture)}


def points(picture: Picture, name: str, panel: int = 0) -> list[tuple[float, float]]:
    """The points that a panel draws under a name of its legend."""
    (marks,) = [one for one in picture.sheet.figure.axes[panel].collections if one.get_label() == name]
    return [(float(x), float(y)) for x, y in np.asarray(marks.get_offsets())]


def line(picture: Picture, name: str, panel: int = 0) -> tuple[list[float], list[float]]:
    """The points of a line that a panel draws under a name of its legend."""
    (found,) = [one for one in picture.sheet.figure.axes[panel].lines if one.get_label() == name]
    return np.asarray(found.get_xdata()).tolist(), np.asarray(found.get_ydata()).tolist()


def test_a_campaign_without_results_is_reported_in_words_and_without_a_figure(lab: Lab, tmp_path: Path) -> None:
    text = lab.report(tmp_path)
    assert "No result yet." in text
    assert "<svg" not in text
    assert len(text) < 50_000


@pytest.mark.slow
def test_one_result_is_the_best_and_has_its_recipe(lab: Lab, tmp_path: Path) -> None:
    (name,) = lab.decided(lab.candidate())
    lab.started(name)
    lab.write(lab.measured(name, {"yield": 61.234}))
    text = Reader(lab.report(tmp_path)).text
    assert "61.2 ± 1.2" in text
    assert "degC" in text
    assert {*figures_of(lab)} == {"progress", "parallel", "timeline"}


@pytest.mark.slow
def test_a_campaign_in_which_everything_failed_shows_its_failures(lab: Lab, tmp_path: Path) -> None:
    for name in lab.decided(lab.candidate(), lab.candidate()):
        lab.started(name)
        lab.write(Draft("experiment.failed", {"experiment": name, "cause": "the pump lost prime"}))
    text = Reader(lab.report(tmp_path)).text
    assert "2 of 2 experiments failed: “the pump lost prime” (2 ×)." in text
    assert "No result yet." in text
    assert points(figures_of(lab)["progress"], "failed", 1) == [(1.0, 0.0), (2.0, 0.0)]


@pytest.mark.slow
def test_the_page_needs_nothing_from_outside(lab: Lab, tmp_path: Path) -> None:
    lab.run(12)
    text = lab.report(tmp_path)
    reader = Reader(text)
    links = [attrs["href"] for _, attrs in reader.tags if "href" in attrs]
    assert links
    assert all(link is not None and link.startswith("#") for link in links)
    assert not [attrs for _, attrs in reader.tags if "src" in attrs or "xlink:href" in attrs]
    assert "default-src 'none'" in text
    (script,) = reader.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html.unescape(text)
    assert not re.findall(r"https?:", text)


@pytest.mark.slow
def test_the_report_of_a_fold_of_the_ledger_is_the_report_of_the_live_state(lab: Lab, tmp_path: Path) -> None:
    lab.run(8)
    live = lab.report(tmp_path)
    read = Record(lab.ledger, lab.state.id).state
    path = write_report(read, head(lab.ledger, read.id), tmp_path / "again.html")
    assert path.read_text(encoding="utf-8") == live


@pytest.mark.slow
def test_several_objectives_show_the_pareto_set(tmp_path: Path) -> None:
    lab = Lab(tmp_path, objectives={**SPEC["objectives"], "cost": {"goal": "min"}})
    names = lab.decided(*(lab.candidate() for _ in range(3)))
    lab.started(*names)
    for name, (gain, cost) in zip(names, ((80, 5), (60, 2), (50, 9)), strict=True):
        lab.write(lab.measured(name, {"yield": gain, "cost": cost}))
    text = Reader(lab.report(tmp_path)).text
    assert "2 experiments are the best compromises" in text
    listed = text[text.index("Pareto set\n") : text.index("\nProgress\n")]
    assert re.findall(r"e\d{4}", listed) == ["e0001", "e0002"]
    assert points(figures_of(lab)["pareto"], "best compromises") == [(80.0, 5.0), (60.0, 2.0)]
    assert points(figures_of(lab)["pareto"], "other results") == [(50.0, 9.0)]


@pytest.mark.slow
def test_one_experiment_that_is_best_in_everything_is_shown_as_the_best(tmp_path: Path) -> None:
    lab = Lab(tmp_path, objectives={**SPEC["objectives"], "cost": {"goal": "min"}})
    names = lab.decided(*(lab.candidate() for _ in range(2)))
    lab.started(*names)
    for name, (gain, cost) in zip(names, ((80, 2), (60, 5)), strict=True):
        lab.write(lab.measured(name, {"yield": gain, "cost": cost}))
    text = Reader(lab.report(tmp_path)).text
    best = text[text.index("Best result\n") : text.index("\nCampaign\n")]
    assert "e0001" in best
    assert "80" in best
    assert "Pareto set" not in text


@pytest.mark.slow
def test_with_tiers_every_figure_goes_by_their_order(tmp_path: Path) -> None:
    objectives = {
        "cost": {"goal": "min", "tier": 2},
        "yield": {"goal": "max", "unit": "percent", "threshold": 60, "tier": 1},
    }
    lab = Lab(tmp_path, objectives=objectives)
    names = lab.decided(*(lab.candidate() for _ in range(4)))
    lab.started(*names)
    for name, (gain, cost) in zip(names, ((30, 1), (90, 9), (70, 4), (95, 6)), strict=True):
        lab.write(lab.measured(name, {"yield": gain, "cost": cost}))
    found = figures_of(lab)
    assert [line(found["progress"], "best so far", k)[1] for k in (0, 1)] == [[1, 9, 4, 4], [30, 90, 70, 70]]
    hints = [hint.experiment for hint in found["parallel"].sheet.hints]
    assert hints == ["e0001", "e0002", "e0004", "e0003"]  # the best result last, on top
    page = Reader(lab.report(tmp_path)).text
    assert "first maximise yield (%), good enough at 60, then minimise cost" in page
    assert "all tiers together" in page


@pytest.mark.slow
def test_a_target_is_approached_not_exceeded(tmp_path: Path) -> None:
    lab = Lab(tmp_path, objectives={"pH": {"goal": "target", "target": 7}})
    names = lab.decided(*(lab.candidate() for _ in range(3)))
    lab.started(*names)
    for name, value in zip(names, (9.0, 6.8, 8.0), strict=True):
        lab.write(lab.measured(name, {"pH": value}, uncertainty=0.1))
    assert "6.80 ± 0.10" in Reader(lab.report(tmp_path)).text
    found = figures_of(lab)
    assert line(found["progress"], "best so far") == ([1, 2, 3], [9.0, 6.8, 6.8])
    assert line(found["progress"], "target")[1] == [7.0, 7.0]
    assert [hint.experiment for hint in found["parallel"].sheet.hints] == ["e0001", "e0003", "e0002"]
    text = Reader(lab.report(tmp_path)).text
    assert "pH 6.80 ± 0.10 (0.20 from the target)" in text


@pytest.mark.slow
def test_a_value_that_must_not_be_learned_from_is_never_the_best(lab: Lab, tmp_path: Path) -> None:
    first, second = lab.decided(lab.candidate(), lab.candidate())
    lab.started(first, second)
    lab.write(lab.measured(first, {"yield": 99.0}, quality="bad"), lab.measured(second, {"yield": 40.0}))
    text = Reader(lab.report(tmp_path)).text
    assert "40.0 ± 1.2" in text
    assert "99.0" not in text[text.index("Best result") : text.index("\nProgress\n")]
    bad = text.count("99.0 ± 1.2 (bad)") + text.count("99.0 ± 1.2 % (bad)")
    assert text.count("99.0 ± 1.2") == bad >= 1
    assert "1 bad" in text


def test_coverage_counts_recorded_surprises_and_is_silent_below_ten(lab: Lab) -> None:
    scores = [0.1, 0.2, 0.3, 0.4, 0.5, 1.0, 1.1, 1.5, 2.5, -3.0]
    names = lab.decided(*(lab.candidate({"yield": Prediction(50, 5)}) for _ in scores))
    lab.started(*names)
    for name, score in zip(names[:-1], scores, strict=False):
        lab.write(lab.measured(name, {"yield": 50 + 5 * score}, {"yield": score}))
    assert coverage(lab.state, lab.objectives[0]) == ()
    lab.write(lab.measured(names[-1], {"yield": 35.0}, {"yield": scores[-1]}))
    assert coverage(lab.state, lab.objectives[0]) == [0.5, 0.7, 0.8]
    assert [row["score"] for row in surprises(lab.state, lab.objectives)][:3] == [-3.0, 2.5, 1.5]


@pytest.mark.slow
def test_steering_approvals_and_doubts_stand_with_who_and_why(lab: Lab, tmp_path: Path) -> None:
    steering = {
        "version": 2,
        "changes": [{"path": "space.temperature.max", "old": 120.0, "new": 80.0}],
        "by": {"name": "Ada", "at": lab.at()},
        "reason": "the solvent boils",
        "undoes": None,
    }
    lab.write(Draft("spec.steered", steering))
    back = {"path": "space.temperature.max", "old": 80.0, "new": 120.0}
    lab.write(Draft("spec.steered", {**steering, "version": 3, "changes": [back], "undoes": 2, "reason": "or not"}))
    asked, doubted = lab.decided(lab.candidate(), lab.candidate(), policy="each")
    request = {"token": "t1", "experiments": [asked], "digest": "d", "spec_version": 3}
    lab.write(Draft("approval.requested", request), Draft("approval.requested", {**request, "token": "t2"}))
    lab.write(Draft("approval.rejected", {"token": "t1", "reason": "too hot", "by": {"name": "Grace", "at": lab.at()}}))
    lab.write(Draft("approval.requested", {**request, "token": "t3", "experiments": [doubted]}))
    lab.write(Draft("approval.granted", {"token": "t3", "reason": "", "by": {"name": "Grace", "at": lab.at()}}))
    lab.started(doubted)
    lab.write(Draft("experiment.uncertain", {"experiment": doubted, "reason": "power cut during dosing"}))
    text = Reader(lab.report(tmp_path)).text
    for words in ("120.0 → 80.0", "the solvent boils", "undone by version 3", "undoes version 2", "Ada", "Grace"):
        assert words in text
    for words in ("rejected: too hot", "power cut during dosing", "open", "granted"):
        assert words in text


@pytest.mark.slow
def test_the_saved_head_verifies_the_record(lab: Lab, tmp_path: Path) -> None:
    lab.run(4)
    found = re.search(r"zosimos verify (\S+) --head (\d+:[0-9a-f]{64})", Reader(lab.report(tmp_path)).text)
    assert found is not None
    assert verify(lab.ledger, found[1], Head.parse(found[2])) == head(lab.ledger, lab.state.id)


@pytest.mark.slow
def test_hostile_text_stays_text(tmp_path: Path) -> None:
    odd = HOSTILE[:90]
    space = {**SPEC["space"], odd: {"min": 0, "max": 1}, "solvent": {"choices": [HOSTILE, "<b>", "a" * 300]}}
    objectives = {f"y{odd}": {"goal": "max"}}
    lab = Lab(tmp_path, name=odd, description=HOSTILE, space=space, objectives=objectives)
    lab.run(14)
    lab.write(Draft("campaign.paused", {"by": {"name": HOSTILE, "at": ""}, "reason": HOSTILE}))
    values = {"temperature": 50.0, "catalyst": 1.0, "equivalents": 1, "solvent": HOSTILE, odd: 0.5}
    (name,) = lab.decided(Candidate(values, HOSTILE, HOSTILE))
    lab.started(name)
    lab.write(Draft("experiment.failed", {"experiment": name, "cause": HOSTILE}))
    change = {"path": "description", "old": HOSTILE, "new": HOSTILE + "!"}
    steering = {"version": 2, "changes": [change], "by": {"name": HOSTILE, "at": ""}, "reason": HOSTILE, "undoes": None}
    lab.write(Draft("spec.steered", steering))
    text = lab.report(tmp_path)
    reader = Reader(text)
    assert HOSTILE in reader.text
    links = {attrs["href"] for tag, attrs in reader.tags if tag == "a" and "href" in attrs}
    assert all(link is not None and link.startswith("#") for link in links)
    assert not [tag for tag, attrs in reader.tags if tag in ("b", "img", "iframe") and attrs]
    assert len(reader.scripts) == 1
    for picture in figures_of(lab).values():
        for drawing in (picture.inline.encode(), picture.svg):
            tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(drawing).iter()}
            assert tags <= SVG_TAGS


@pytest.mark.slow
def test_text_that_would_read_as_another_is_shown_without_what_does_that(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.run(3)
    reason = "left\u202eright\x1b[2J \x9b2Jsafe"
    lab.write(Draft("campaign.paused", {"by": {"name": "a\u202eb", "at": ""}, "reason": reason}))
    page = lab.report(tmp_path)
    assert "leftright safe" in Reader(page).text
    assert not {"\u202e", "\x1b", "\x9b"} & set(page)


def test_a_label_is_one_short_line() -> None:
    assert label("a\x1b[2J\u202eb\nc") == "ab c"
    assert len(label("x" * 500)) == 60


def test_experiments_side_by_side_stand_in_lanes_of_their_own(lab: Lab) -> None:
    lab.run(6, batch=3)
    assert {lane for _, _, _, lane in lanes_of(Subject(lab.state))} == {1, 2, 3}
    bars = figures_of(lab)["timeline"].sheet.figure.axes[0].patches
    assert len(bars) == 6


@pytest.mark.slow
def test_a_thousand_experiments_make_a_report_of_moderate_size(lab: Lab, tmp_path: Path) -> None:
    candidates = [lab.candidate({"yield": Prediction(50.123456789, 5.123456789)}) for _ in range(1000)]
    names = lab.decided(*candidates)
    lab.started(*names)
    drafts = [lab.measured(n, {"yield": lab.random.gauss(50, 9)}, {"yield": lab.random.gauss(0, 1)}) for n in names]
    lab.write(*drafts)
    lab.report(tmp_path)
    assert (tmp_path / "out" / "report.html").stat().st_size < 2_500_000


def test_a_report_replaces_the_old_one_whole_or_not_at_all(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        write_report(lab.state, Head(1, "0" * 64), path)
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir() if "part" in file.name] == []


@pytest.mark.slow
def test_where_every_result_is_a_surprise_a_figure_stays_small_and_says_that_it_draws_some(
    lab: Lab, tmp_path: Path
) -> None:
    names = lab.decided(*(lab.candidate({"yield": Prediction(50.123456789, 5.123456789)}) for _ in range(2000)))
    lab.started(*names)
    failed = [Draft("experiment.failed", {"experiment": n, "cause": "a leak", "error": "told"}) for n in names[:700]]
    found = [lab.measured(n, {"yield": lab.random.gauss(50, 9)}, {"yield": 3.0 + lab.random.random()}) for n in names]
    lab.write(*failed, *found[700:])
    reader = Reader(lab.report(tmp_path))
    assert (tmp_path / "out" / "report.html").stat().st_size < 3_000_000
    told = re.findall(rf"(\d+) of (\d+) ([a-z ]+) are drawn: [^.]*where they are more than {RARE}", reader.text)
    assert [(int(total), what) for _, total, what in told] == [
        (4000, "points"),
        (1300, "predicted results"),
        (2000, "experiments"),
    ]
    measured = [lab.state.experiments[name].measurements["yield"].value for name in names[700:]]
    ys = [y for _, y in points(figures_of(lab)["progress"], "measured (± standard uncertainty)")]
    assert {max(measured), min(measured)} <= set(ys), "the outline is that of all"


@pytest.mark.slow
def test_where_each_result_is_the_best_so_far_the_line_ends_at_the_best(lab: Lab) -> None:
    names = lab.decided(*(lab.candidate() for _ in range(600)))
    lab.started(*names)
    lab.write(*(lab.measured(name, {"yield": 0.1 * i}) for i, name in enumerate(names)))
    xs, ys = line(figures_of(lab)["progress"], "best so far")
    assert (xs[-2:], ys[-2:]) == ([600, 600], pytest.approx([59.9, 59.9]))
    assert len(xs) <= RARE + 2


@pytest.mark.slow
def test_importing_the_report_loads_nothing_that_draws() -> None:
    code = "import sys, zosimos.campaign.report; assert not {'matplotlib', 'jinja2', 'torch'} & set(sys.modules)"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root / "src")}, check=True, timeout=60)


@pytest.mark.slow
def test_a_long_campaigns_report_is_small_and_says_what_it_does_not_draw(tmp_path: Path) -> None:
    lab = Lab(tmp_path, budget={"experiments": 10_000})
    lab.run(1400)
    path = write_report(lab.state, head(lab.ledger, lab.record.campaign), tmp_path / "report.html")
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(r"\d+ of \d+ [a-z ]+ are drawn: ", text)) >= 4
    found = figures_of(lab)["progress"]
    xs, _ = line(found, "best so far")
    measured = {x for x, _ in points(found, "measured (± standard uncertainty)")}
    assert set(xs[:-1]) <= measured
    failed = points(found, "failed", 1)
    assert len(failed) == sum(e.status == "failed" for e in lab.state.experiments.values()) > 0
    assert len(text) < 3_000_000
