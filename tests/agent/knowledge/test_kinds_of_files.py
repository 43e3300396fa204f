"""Files become text: what a reader sees and nothing else; what is hostile or broken is refused in words."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.knowledge import paper
from zosimos.agent.knowledge.document import Document
from zosimos.agent.knowledge.reading import read_document
from zosimos.core.errors import DataError

sys.path.append(str(Path(__file__).resolve().parents[3] / "bench"))

from documents.pdf import pdf


def places(document: Document) -> list[str]:
    return [page.place for page in document.pages]


def whole(document: Document) -> str:
    return "\n".join(page.text for page in document.pages)


def workbook(rows: list[list[object]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.slow
def test_a_pdf_is_read_by_its_pages() -> None:
    found = read_document(pdf([["A report", "Heat to 95 ± 5 °C."], ["Cool it."]]), "r.pdf")
    assert (found.title, places(found)) == ("A report", ["page 1", "page 2"])
    assert "95 ± 5 °C" in found.pages[0].text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"%PDF-1.4\nnothing", "damaged"),
        (pdf([["x"]])[:200], "damaged"),
        (pdf([[""]]), "no text"),
        (b"GIF89a", "does not begin"),
    ],
)
def test_a_pdf_that_is_broken_or_has_no_text_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(DataError) as caught:
        read_document(data, "r.pdf")
    assert why in str(caught.value)


@pytest.mark.slow
def test_a_pdf_with_a_password_is_refused() -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf([["secret"]]))))
    writer.encrypt("word", algorithm="RC4-128")
    data = io.BytesIO()
    writer.write(data)
    with pytest.raises(DataError, match="cannot be read as a PDF") as caught:
        read_document(data.getvalue(), "r.pdf")
    assert "password" in str(caught.value)


@pytest.mark.slow
def test_reading_a_pdf_runs_no_code_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pypdf.py").write_text("raise SystemExit('code of the folder')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3] / "src"))
    assert read_document(pdf([["safe"]]), "r.pdf").pages[0].text.strip() == "safe"


def test_a_pdf_whose_reading_takes_too_long_is_given_up() -> None:
    with pytest.raises(DataError) as caught:
        paper.read_paper(pdf([["x"]]), "r.pdf", seconds=0.001)
    assert "not read within" in str(caught.value)


def test_a_reader_that_dies_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], -9, b"", b"")

    monkeypatch.setattr(subprocess, "run", killed)
    with pytest.raises(DataError, match="cannot be read as a PDF"):
        paper.read_paper(pdf([["x"]]), "r.pdf")


def test_markdown_has_a_page_for_each_section_and_none_for_comments_in_code() -> None:
    text = "Begin.\n\n# One\n\ntext\n\n```\n# no heading\n```\n\nTwo\n---\n\nmore\n\n| a | b |\n|---|---|\n"
    found = read_document(text.encode(), "a.md")
    assert places(found) == ["", "One", "Two"]
    assert whole(found).replace("\n", "") == text.replace("\n", "")


def test_a_web_page_is_read_as_it_is_seen() -> None:
    html = """<html><head><title>Lab &amp; co</title><style>.x, .y {display: none}</style></head><body>
    <script>evil()</script><h1>Top<i hidden>z</i></h1><p>Seen &mdash; 5&nbsp;mL.</p><p hidden>a</p>
    <p style="Display : NONE">b</p><p class="q x">c</p><!-- d -->
    <div aria-hidden="true">e</div><template>f</template><h2>Next</h2><table>
    <tr><th>T</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table><noscript>g</noscript>
    <p style="font-size:0">h</p><p style="opacity:0.5">faint</p></body></html>"""
    found = read_document(html.encode(), "a.html")
    assert (found.title, places(found)) == ("Lab & co", ["Top", "Next"])
    assert whole(found) == "Top\n\nSeen — 5 mL.\nNext\n\nT | y\n1 | 2\n\nfaint"
    assert found.remarks == ("hidden text was left out",)


def test_a_web_page_with_entities_of_its_own_expands_none_and_fetches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    bomb = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    html = f'<!DOCTYPE html [<!ENTITY a0 "x">{bomb}<!ENTITY s SYSTEM "{secret.as_uri()}">]><p>text &s; &a11;</p>'
    found = whole(read_document(html.encode(), "a.xhtml"))
    assert "the secret" not in found
    assert len(found) < 3000


def test_a_web_page_that_is_nested_without_end_does_no_harm() -> None:
    data = b"<div>" * 100_000 + b"deep"
    with contextlib.suppress(DataError):
        assert read_document(data, "a.html").pages[0].text == "deep"


def test_a_bibliography_has_a_page_for_each_entry() -> None:
    text = r"""@article{osei, title={{XPhos} works}, author={Os{\'e}i, K.}, year={2026}, abstract={It does.}}
    @misc{b, title={Other}}"""
    found = read_document(text.encode(), "a.bib")
    assert places(found) == ["osei", "b"]
    assert found.pages[0].text == "XPhos works\nOséi, K., 2026\nIt does."


@pytest.mark.parametrize("text", ["no entries", "@article{" + "{" * 5000, "@" * 1000])
def test_what_is_no_bibliography_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no bibliography"):
        read_document(text.encode(), "a.bib")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_row_of_a_table_is_a_page_with_the_names_of_its_columns(name: str) -> None:
    rows: list[list[object]] = [["base", "yield (%)"], ["K2CO3", 91], ["K3PO4", 79.5]]
    data = workbook(rows) if name == "a.xlsx" else "\n".join(";".join(map(str, row)) for row in rows).encode()
    found = read_document(data, name)
    assert [page.text for page in found.pages] == ["base: K2CO3; yield (%): 91", "base: K3PO4; yield (%): 79.5"]
    assert places(found)[0].endswith("row 2")


def test_decimal_commas_and_a_last_line_of_words_do_not_change_how_a_table_is_read() -> None:
    found = read_document(b"base;yield (%)\nK2CO3;91,5\nK3PO4;79,5\nmeasured twice\n", "a.csv")
    rows = ["base: K2CO3; yield (%): 91,5", "base: K3PO4; yield (%): 79,5", "base: measured twice"]
    assert [page.text for page in found.pages] == rows


def test_formulas_of_a_workbook_are_not_evaluated() -> None:
    found = read_document(workbook([["x", "y"], ["a", "=1+1"]]), "a.xlsx")
    assert found.pages[0].text == "x: a; y: (formula in B2)"


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/sharedStrings.xml", b"0" * 40_000_000)
    with pytest.raises(DataError, match="too large"):
        read_document(data.getvalue(), "a.xlsx")


def test_a_table_of_too_many_rows_is_refused() -> None:
    with pytest.raises(DataError, match="too long for the library"):
        read_document(b"a,b\n" + b"1,2\n" * 6_000, "a.csv")
    with pytest.raises(DataError, match="too large"):
        read_document(b"a,b\n" + b"1,2\n" * 200_000, "a.csv")


def test_text_nobody_sees_is_left_out_and_that_is_said() -> None:
    found = read_document("pay\u202eload \u200bof\x1b[2J 5\u00adg".encode(), "a.txt")
    assert whole(found) == "payload of[2J 5g"
    assert found.remarks == ("4 characters that nobody sees were left out",)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        *(
            (b"a\0b", "a.txt"),
            (b"\0", "a.md"),
            (b"<p>\0</p>", "a.html"),
            (b"", "a.txt"),
            (b" \n", "a.txt"),
            (b"x", "a.exe"),
        ),
        *((b"x", "txt"), (b"", "a.html"), (b"", "a.csv"), (b"PK\x03\x04", "a.xlsx"), (b"\x81\x8d", "a.txt")),
        *((b"a" * 2_000_001, "a.txt"), (b"# a\n" * 10_001, "a.md")),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, name: str) -> None:
    with pytest.raises(DataError) as caught:
        read_document(data, name)
    assert caught.value.allowed


@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.md", "a.html", "a.bib", "a.csv", "a.xlsx"]))
def test_any_bytes_are_a_document_or_are_refused(data: bytes, name: str) -> None:
    try:
        found = read_document(data, name)
    except DataError:
        return
    assert found.passages
    assert all(passage.text in passage.page.text for passage in found.passages)


def test_a_files_name_cannot_steer_a_terminal_or_leave_its_folder() -> None:
    assert read_document(b"x", "../..\x1b[2J/e\u202evil.txt").name == "evil.txt"
