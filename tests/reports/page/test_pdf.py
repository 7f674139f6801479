"""The PDF: pages, chapters, fonts, links, bookmarks, metadata, alternative text."""

import re

import pypdf
import pytest
from eigenstep.reports.document import CHAPTERS, SUBTITLE, TITLE
from eigenstep.reports.figures.registry import ALL_FIGURES


@pytest.fixture(scope="module")
def document(report_files):
    return pypdf.PdfReader(report_files[1])


@pytest.fixture(scope="module")
def text(document):
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def straight(words):
    return words.replace("’", "'")


def test_pages_and_metadata(document):
    assert 35 <= len(document.pages) <= 72
    assert document.metadata.title == TITLE
    assert straight(document.metadata.subject) == straight(SUBTITLE)
    assert document.metadata.author == "eigenstep"
    assert "stability" in document.metadata["/Keywords"]
    assert document.trailer["/Root"]["/Lang"] == "en"


def test_every_chapter_is_there_and_bookmarked(document, text):
    top = [i for i in document.outline if not isinstance(i, list)]
    assert len(top) == len(CHAPTERS)
    places = [document.get_destination_page_number(i) for i in top]
    assert places == sorted(places)
    for item, place in zip(top, places, strict=True):
        title = re.sub(r"^[\d.]+\s*", "", item.title)
        page = " ".join(document.pages[place].extract_text().split())
        assert straight(title) in straight(page)
        assert straight(title) in straight(text)


def test_figures_are_numbered_with_captions(text):
    for number in range(1, len(ALL_FIGURES) + 1):
        assert f"Figure {number}:" in text
    assert "(1)" in text
    assert "Table 1:" in text


def test_fonts_are_embedded(document):
    seen = set()
    for page in document.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), font["/BaseFont"]
            seen.add(font["/BaseFont"])
    assert len(seen) >= 3


def test_links_resolve(document):
    """Every link goes to a page of this document, or to the web."""
    named, inside, outside = document.named_destinations, 0, 0
    for page in document.pages:
        for annotation in page.get("/Annots", []):
            annotation = annotation.get_object()
            if annotation.get("/Subtype") != "/Link":
                continue
            action = annotation.get("/A", {})
            if "/URI" in action:
                outside += 1
                continue
            target = annotation.get("/Dest") or action["/D"]
            if isinstance(target, str):
                assert target in named
                inside += 1
            else:
                assert target[0].get_object()["/Type"] == "/Page"
                inside += 1
    assert inside > 300


def test_every_figure_says_what_it_shows(document):
    """Alternative text in the structure tree."""
    found = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, pypdf.generic.ArrayObject):
            for child in node:
                walk(child)
        elif isinstance(node, pypdf.generic.DictionaryObject):
            if "/Alt" in node:
                found.append(str(node["/Alt"]))
            if "/K" in node:
                walk(node["/K"])

    walk(document.trailer["/Root"]["/StructTreeRoot"])
    for figure in ALL_FIGURES.values():
        assert any(straight(figure.alt)[:40] in straight(alt) for alt in found)
