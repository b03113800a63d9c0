"""Documents are read from files once, whatever their form; what cannot be read is told with its name."""

import hashlib
import re
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from strategies.answers import HOSTILE, words

from troupe_es.errors import UsageError
from troupe_es.toolbox import office
from troupe_es.toolbox.consulting import PART, consult, parts
from troupe_es.toolbox.page import text_of
from troupe_es.toolbox.reading import read_document, read_documents
from troupe_es.tools import plain

PAGE = """<html><head><title>The &amp; market</title><style>p {color: red}</style><script>alert(1)</script></head>
<body><h2>Fish</h2><p>Herring   is<br>cheap.</p><ul><li>cod</li><li>eel</li></ul>
<table><tr><td>1</td><td>2</td></tr></table></body></html>"""


def pdf(text: str) -> bytes:
    """Return a PDF of one page, written by hand."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    found, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(found))
        found += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(found)
    head = b"xref\n0 6\n0000000000 65535 f \n" + table
    return found + head + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


def test_every_form_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\ufeffHerring.\r\nCod.", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Herring")
    (tmp_path / "c.html").write_text(PAGE)
    (tmp_path / "d.pdf").write_bytes(pdf("Herring from a press"))
    made = Document()
    made.add_paragraph("Herring in an office")
    made.add_table(1, 2).rows[0].cells[1].text = "cod"
    made.save(str(tmp_path / "e.docx"))
    (tmp_path / "f.exe").write_bytes(b"MZ")
    found = {each["name"]: each for each in read_documents(tmp_path)}
    assert list(found) == ["a.txt", "b.md", "c.html", "d.pdf", "e.docx"]
    assert found["a.txt"]["text"] == "Herring.\nCod."
    assert found["c.html"]["text"].split("\n")[0] == "The & market"
    assert "alert" not in found["c.html"]["text"]
    assert found["d.pdf"]["text"] == "Herring from a press"
    assert "Herring in an office" in found["e.docx"]["text"]
    assert "| cod" in found["e.docx"]["text"]
    assert found["b.md"]["original"] == hashlib.sha256(b"# Herring").hexdigest()


def test_the_text_of_a_page_is_all_that_is_shown_in_order() -> None:
    title, text = text_of(PAGE)
    assert title == "The & market"
    assert text == "## Fish\n\nHerring is\ncheap.\n\n- cod\n\n- eel\n\n| 1 | 2"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.exe", b"MZ", "cannot be read as a document"),
        ("x.txt", b"\xff\xfe\xff", "cannot be read: UnicodeDecodeError"),
        ("x.txt", b"  \n ", "no text in it"),
        ("x.pdf", b"%PDF-1.4 nothing", "cannot be read"),
        ("x.docx", b"PK\x03\x04 nothing", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_name(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(UsageError, match=told) as error:
        read_document(file)
    assert name in str(error.value)


def test_a_missing_file_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_documents(tmp_path / "gone.md")
    with pytest.raises(UsageError, match="no document in this folder"):
        read_documents(tmp_path)


@given(st.lists(words, max_size=30).map("\n\n".join), st.integers(1, 4))
def test_parts_hold_every_word_and_are_short(text: str, times: int) -> None:
    whole = plain(text) * times
    cut = parts(whole)
    assert "".join("".join(part.split()) for part in cut) == "".join(whole.split())
    assert all(0 < len(part) <= PART + 2 for part in cut)


@given(st.dictionaries(st.sampled_from(["a.md", "b.txt", "c"]), words, min_size=1), words)
def test_every_passage_stands_in_its_document(texts: dict[str, str], question: str) -> None:
    for each in consult(question, texts):
        assert each["text"] in parts(texts[each["document"]])
        assert each["text"] == parts(texts[each["document"]])[each["part"] - 1]
        assert 0 < each["score"] <= 1


@given(st.sampled_from(HOSTILE) | words, st.sampled_from(HOSTILE) | words)
def test_whatever_was_written_makes_a_page_that_runs_nothing(title: str, content: str) -> None:
    title, content = plain(title), plain(content)
    shown = office.page(office.Document(title, "Ana", content, "ana", "", 1)).decode()
    tags = {tag.split()[0].strip("/<>").casefold() for tag in re.findall(r"<[^!>]*>?", shown)}
    assert not tags & {"script", "img", "svg", "iframe", "object", "embed", "link", "base", "form"}
    assert "javascript:" not in re.sub(r">[^<]*<", "><", shown).casefold()
    assert office.docx(office.Document(title, "Ana", content, "ana", "", 1)).startswith(b"PK")


def test_a_written_document_is_written_to_a_new_file_alone(tmp_path: Path) -> None:
    document = office.Document("Fish", "Ana", "# A\n\n**bold** _it_\n\n- one\n- two", "ana", "", 1)
    for ending in office.FORMS:
        office.write(document, tmp_path / f"x{ending}")
        with pytest.raises(UsageError, match="there already"):
            office.write(document, tmp_path / f"x{ending}")
    with pytest.raises(UsageError, match="must end in"):
        office.write(document, tmp_path / "x.exe")
    read = Document(str(tmp_path / "x.docx"))
    assert [(part.style.name, part.text) for part in read.paragraphs][2:] == [
        ("Heading 1", "A"),
        ("Normal", "bold it"),
        ("List Bullet", "one"),
        ("List Bullet", "two"),
    ]
