"""Figures that are refused: what cannot be read for certain is never guessed."""

from __future__ import annotations

import io
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image

from zosimos.analysis.figures.curve import Stated, digitise
from zosimos.analysis.figures.frame import Frame
from zosimos.analysis.figures.ink import parse_colour
from zosimos.analysis.figures.picture import MOST_PIXELS, Picture, read_picture
from zosimos.core.errors import DataError

BENCH = Path(__file__).resolve().parents[3] / "bench"
if str(BENCH) not in sys.path:
    sys.path.append(str(BENCH))

import digitising  # noqa: E402 - the path comes first
from digitising import STYLES  # noqa: E402

PERCENT, ONE = Stated(0, 100), Stated(0, 1)


def plain() -> Picture:
    return read_picture(digitising.drawn(STYLES["plain"]), "figure")


def repainted(picture: Picture, rows: slice, columns: slice) -> Picture:
    pixels = picture.pixels.copy()
    pixels[rows, columns] = 255
    return replace(picture, pixels=pixels)


def refusal(picture: Picture, x: Stated = PERCENT, y: Stated = ONE, **more: object) -> DataError:
    with pytest.raises(DataError) as caught:
        digitise(picture, x, y, **more)  # type: ignore[arg-type]  # options by name
    assert caught.value.allowed
    assert caught.value.hint
    return caught.value


def test_a_frame_with_a_side_that_is_not_seen_is_asked_for() -> None:
    picture = plain()
    right = round(digitise(picture, PERCENT, ONE).frame.right)
    error = refusal(repainted(picture, slice(0, None), slice(right - 2, right + 3)))
    assert "frame" in error.message
    assert "--frame" in error.hint


def test_two_plots_in_a_picture_are_told_from_one() -> None:
    pixels = np.repeat(plain().pixels, 1, axis=0)
    both = replace(plain(), pixels=np.concatenate([pixels, pixels], axis=1))
    assert "--frame" in refusal(both).hint


@pytest.mark.parametrize(
    ("x", "y", "field"),
    [
        (Stated(3, 97), ONE, "--x"),
        (PERCENT, Stated(0, 0.97), "--y"),
        (Stated(1, 100, log=True), ONE, "--x"),
        (PERCENT, Stated(0.05, 1.05), "--y"),
    ],
)
def test_axes_that_do_not_fit_the_tick_marks_are_refused(x: Stated, y: Stated, field: str) -> None:
    error = refusal(plain(), x, y)
    assert error.field == field
    assert "marks" in error.message


def test_a_log_axis_that_is_stated_as_linear_is_refused() -> None:
    picture = read_picture(digitising.drawn(STYLES["log y"]), "figure")
    error = refusal(picture, PERCENT, Stated(0.1, 1000))
    assert error.field == "--y"
    assert "--log-y" in error.hint
    assert refusal(picture, PERCENT, Stated(0.2, 1000, log=True)).field == "--y"


def test_a_hidden_mark_at_the_end_is_no_end_of_the_axis() -> None:
    picture = plain()
    frame = digitise(picture, PERCENT, ONE).frame
    right, bottom = round(frame.right), round(frame.bottom)
    error = refusal(repainted(picture, slice(bottom + 1, bottom + 8), slice(right - 3, right + 4)), marks=True)
    assert error.field == "--marks"
    assert "hidden" in error.message


def test_two_curves_of_one_colour_are_told_from_one() -> None:
    picture = read_picture(digitising.drawn(replace(STYLES["plain"], second=digitising.other_wave)), "figure")
    red, blue = parse_colour("#d62728"), parse_colour(digitising.BLUE)
    pixels = picture.pixels.copy()
    pixels[(np.abs(pixels.astype(int) - red) < 60).all(axis=2)] = blue
    assert "more than one curve" in refusal(replace(picture, pixels=pixels), colour=blue).message


def test_which_colour_is_meant_is_asked_and_one_that_is_not_there_is_refused() -> None:
    picture = read_picture(digitising.drawn(STYLES["crossing, legend"]), "figure")
    error = refusal(picture)
    assert error.field == "--colour"
    assert "#1f77b4" in str(error.value)
    assert "#d62728" in str(error.value)
    assert "no curve of this colour" in refusal(picture, colour=parse_colour("tab:green")).message


@pytest.mark.parametrize("text", ["white", "#ffffff", "no colour", "", "#12"])
def test_what_is_no_colour_of_a_line_is_refused(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_colour(text)
    assert caught.value.field == "--colour"


@pytest.mark.parametrize("frame", [Frame(-5, 0, 50, 50), Frame(50, 10, 20, 50), Frame(0, 0, 9000, 100)])
def test_a_frame_outside_of_the_picture_is_refused(frame: Frame) -> None:
    assert refusal(plain(), frame=frame).field == "--frame"


def test_files_that_are_no_whole_pictures_are_refused() -> None:
    whole = digitising.drawn(STYLES["plain"])
    for data in (
        b"",
        b"\x89PNG\r\n\x1a\n",
        whole[: len(whole) // 2],
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\xff\xd8\xff" * 99,
    ):
        with pytest.raises(DataError, match="cannot be read as a picture"):
            read_picture(data, "figure.png")


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is large, in a few bytes."""
    parts = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")):
        parts += pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))
    return parts


@pytest.mark.parametrize("size", [(5_000, 5_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_unpacks(size: tuple[int, int]) -> None:
    with pytest.raises(DataError) as caught:
        read_picture(bomb(*size), "bomb.png")
    assert str(MOST_PIXELS) in str(caught.value.allowed) or "picture" in caught.value.message


def test_noise_is_refused_soon() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1500, 1500, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "png")
    picture = read_picture(file.getvalue(), "noise.png")
    assert "frame" in refusal(picture).message
    error = refusal(picture, frame=Frame(0, 0, 1499, 1499), colour=(0, 0, 0))
    assert "more than one curve" in error.message


def test_a_picture_with_transparent_paper_reads_as_one_on_white() -> None:
    image = Image.open(io.BytesIO(digitising.drawn(STYLES["plain"]))).convert("RGBA")
    clear = np.asarray(image).copy()
    clear[(clear[:, :, :3] == 255).all(axis=2), 3] = 0
    file = io.BytesIO()
    Image.fromarray(clear).save(file, "png")
    assert digitise(read_picture(file.getvalue(), "a"), PERCENT, ONE).points == digitise(plain(), PERCENT, ONE).points
