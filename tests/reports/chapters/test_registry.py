"""The report's chapters: their order, and which of them show proofs."""

from eigenstep.reports.chapters.registry import ALL_CHAPTERS
from eigenstep.reports.document import CHAPTERS, NEED_PROOFS, markdown


def test_the_order_of_the_report():
    assert CHAPTERS == (
        "overview", "momentum", "averages", "adaptive", "signs", "bounded", "layerwise", "wrappers",
        "side_by_side", "data", "experiments", "edge", "claims", "exercises", "references", "reproduce",
    )  # fmt: skip
    assert [c.id for c in ALL_CHAPTERS] == list(CHAPTERS)


def test_those_that_show_proofs_are_given_them():
    assert NEED_PROOFS == (
        "overview", "momentum", "averages", "adaptive", "signs", "bounded", "layerwise", "wrappers",
        "claims", "exercises",
    )  # fmt: skip


def test_only_the_chapters_asked_for_are_written_in_their_order():
    text = markdown({}, ("reproduce", "side_by_side"))
    assert text.startswith("# Side by side {#side_by_side}")
    assert "{#reproduce}" in text
    assert "{#references}" not in text  # nothing is cited in them
