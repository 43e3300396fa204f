"""Drawing: sheets on which figures are drawn, and pictures that are taken of them: SVG in a page, SVG and PNG files.

All of it is matplotlib's, without its global state and whatever a person has set for it, so that the same record gives
the same bytes. Text stays text in SVG. Matplotlib reads no mathematics and no tags in it; a mark that has a *hint* says
in words what it is when it is pointed at, and in a page leads to its experiment's row.

Matplotlib is loaded when something is drawn, not before.
"""

from __future__ import annotations

import html
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zosimos.campaign.report.style import GREY, GRID, INK, PAPER, SOFT, THEMED
from zosimos.core.errors import SpecError
from zosimos.core.files import cannot_write, require_no_database
from zosimos.core.shown import clean
from zosimos.core.writing import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 9.4  # inches: what a page is wide
DPI = 200  # of PNG files
_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Microsoft YaHei", "Hiragino Sans", "Arial Unicode MS", "Noto Sans")
_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.formatter.limits": (-4, 6),
    "axes.grid": True,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "errorbar.capsize": 0,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "font.size": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "path.simplify": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GREY,
    "xtick.labelcolor": SOFT,
    "xtick.labelsize": 9.5,
    "ytick.color": GREY,
    "ytick.labelcolor": SOFT,
    "ytick.labelsize": 9.5,
}


@dataclass(frozen=True)
class Hint:
    """What a mark is, in words, and the experiment it leads to (empty: none)."""

    words: str
    experiment: str = ""


@dataclass(eq=False)
class Sheet:
    """A figure under way: matplotlib's figure, the hints of its marks, and what it leaves out in words.

    Args:
        height: inches.
        width: inches.
        gap: inches above and below each panel; titles between panels need more than matplotlib's.
    """

    height: float
    width: float = WIDTH
    gap: float = 3 / 72
    note: str = ""
    hints: list[Hint] = field(default_factory=list)

    @cached_property
    def figure(self) -> Figure:
        """Matplotlib's."""
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        return Figure(figsize=(self.width, self.height), layout=ConstrainedLayoutEngine(h_pad=self.gap))

    def urls(self, hints: Sequence[Hint]) -> list[str]:
        """Take in hints and return the names by which marks refer to them."""
        first = len(self.hints)
        self.hints += hints
        return [f"hint:{first + place}" for place in range(len(hints))]

    def marks(self, axes: Axes, xs: Sequence[float], ys: Sequence[float], hints: Sequence[Hint], **look: Any) -> None:
        """Draw a mark at each point (``look``: matplotlib's words of a scatter), each with its hint."""
        found = axes.scatter(list(xs), list(ys), **{"zorder": 3, **look})
        found.set_urls(self.urls(hints))

    def legend(self, axes: Iterable[Axes], columns: int = 4) -> None:
        """Write the legend of all that has a name, each name once, above the figure."""
        found: dict[str, Any] = {}
        for one in axes:
            for handle, name in zip(*one.get_legend_handles_labels(), strict=True):
                found.setdefault(name, handle)
        if found:
            look = {"ncols": columns, "handletextpad": 0.5, "columnspacing": 1.6}
            self.figure.legend(found.values(), found.keys(), loc="outside upper left", **look)


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure that is done. ``note`` says what it leaves out, in words; in a notebook it shows itself."""

    kind: str
    sheet: Sheet = field(repr=False)

    @property
    def note(self) -> str:
        """What it leaves out, in words."""
        return self.sheet.note

    @property
    def png(self) -> bytes:
        """The bytes of a PNG file."""
        return self._drawn("png", dpi=DPI)

    @property
    def svg(self) -> bytes:
        """The bytes of an SVG file: text is text, marks say what they are when they are pointed at."""
        return self._hinted(self._drawn("svg").decode("utf-8"), page=False).encode("utf-8")

    @cached_property
    def inline(self) -> str:
        """The figure as a part of an HTML page, whose colours it takes."""
        text = self._hinted(self._drawn("svg", facecolor="none").decode("utf-8"), page=True)
        text = text[text.index("<svg") :]
        text = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
        text = re.sub(r'<svg [^>]*viewBox="([^"]*)"[^>]*>', self._frame, text, count=1)
        text = re.sub(r'\bid="([^"]+)"', rf'id="{self.kind}-\1"', text)
        text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{self.kind}-\1"', text)
        text = re.sub(r"url\(#([^)]+)\)", rf"url(#{self.kind}-\1)", text)
        text = re.sub(r"font: ((?:\w+ )?)([\d.]+)px [^;\"]*", r"font: \1\2px var(--sans)", text)
        for colour, name in THEMED.items():
            text = text.replace(colour, f"var({name})")
        return re.sub(r"\n\s*", "\n", text)

    def save(self, path: Path) -> Path:
        """Write it to a file ending in ``.png`` or ``.svg``, whole or not at all, and return the path.

        Raises:
            SpecError: the file's ending is another.
            DataError: it cannot be written, or is a database.
        """
        ending = path.suffix.lower()
        if ending not in (".png", ".svg"):
            raise SpecError(
                "a figure is written as PNG or SVG",
                field="output",
                value=str(path),
                allowed="a file whose name ends in .png or .svg",
                hint=f"such as {path.with_suffix('.png').name}",
            )
        require_no_database(path, "output")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, [self.png if ending == ".png" else self.svg])
        except OSError as error:
            raise cannot_write(path, error) from error
        return path

    def _repr_svg_(self) -> str:
        return self.svg.decode("utf-8")

    def _frame(self, found: re.Match[str]) -> str:
        _, _, width, height = found.group(1).split()
        return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{self.kind}">'

    def _hinted(self, text: str, *, page: bool) -> str:
        """Return SVG with the hints in it, as titles, which every viewer shows."""

        def opened(found: re.Match[str]) -> str:
            hint = self.sheet.hints[int(found.group(1))]
            words = html.escape(clean(hint.words, lines=True))
            lead = f'<a href="#row-{html.escape(hint.experiment)}">' if page and hint.experiment else "<a>"
            return f"{lead}<title>{words}</title>"

        return re.sub(r'<a xlink:href="hint:(\d+)"[^>]*>', opened, text)

    def _drawn(self, form: str, **more: Any) -> bytes:
        with styled(self.kind):
            buffer = io.BytesIO()
            metadata = {"Date": None} if form == "svg" else {"Software": None}
            self.sheet.figure.savefig(buffer, format=form, metadata=metadata, **more)
        return buffer.getvalue()


@contextmanager
def styled(salt: str = "") -> Iterator[None]:
    """Draw in the look of the reports, whatever else is set for matplotlib; ``salt`` makes the names in SVG its own."""
    import matplotlib as mpl
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    fonts = ["DejaVu Sans", *(name for name in _FONTS if name in known)]
    default: dict[Any, Any] = {name: value for name, value in mpl.rcParamsDefault.items() if "backend" not in name}
    more: dict[Any, Any] = {"font.family": fonts, "svg.hashsalt": salt or "zosimos"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        with mpl.rc_context({**default, **_STYLE, **more}):
            yield
