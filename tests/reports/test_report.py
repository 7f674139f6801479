"""The figures and the report: whole, self-contained, the same every time."""

import re
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers import DomainError, UnknownName
from eigenstep.optimizers.rules import ALL_RULES
from eigenstep.proofs import ALL_CLAIMS, with_corrections
from eigenstep.reports import report
from eigenstep.reports.chapters import optimizer_pages
from eigenstep.reports.experiments.regression import RULES, regression_runs
from eigenstep.reports.figures import registry as figures


@pytest.fixture(scope="module")
def written(report_files):
    return report_files


def test_html_is_one_self_contained_file(written):
    page = written[0].read_text(encoding="utf-8")
    assert written[0].name == "index.html"
    assert not re.search(r'(?:src|href)="(?!data:|#|https?://)', page)
    assert not re.search(r'src="https?://', page)
    assert page.count("<figure") == page.count("<figcaption") == len(figures.ALL_FIGURES)
    assert page.count("<math") > 100
    assert len(re.findall(r'<img[^>]* alt="[^"]{20,}"', page)) == len(figures.ALL_FIGURES)
    for raw in ("\\frac", "\\lambda", "$$", "\\begin"):
        body = re.sub(r"<annotation.*?</annotation>", "", page, flags=re.DOTALL)
        assert raw not in body


def test_html_states_theory_that_was_derived(written):
    page = written[0].read_text(encoding="utf-8")
    for theory in (derive(r) for r in RULES.values()):
        assert theory.rule.source.split(",")[0] in page
    assert "PROVED" in page
    ledger = page.partition('id="ledger"')[2].partition('id="exercises"')[0]
    assert ledger.count(">REFUTED<") == len([c for c in ALL_CLAIMS.values() if c.corrected])
    assert "<code>R15.corrected</code>" in page


def test_pdf(written):
    content = written[1].read_bytes()
    assert written[1].name == "eigenstep.pdf"
    assert content.startswith(b"%PDF-")
    assert len(content) > 100_000


def test_rates_in_the_report_are_those_of_the_runs(written):
    page = written[0].read_text(encoding="utf-8")
    _, runs = regression_runs()
    assert len(runs) == 9
    for run in runs:
        assert f"{run.predicted:.10f}" in page
        assert f"{run.measured:.10f}" in page


def test_the_same_font_every_time():
    assert report.mathematics_font("x² + λ") == report.mathematics_font("x² + λ")


def test_a_failing_figure_fails_the_report_by_name(tmp_path, monkeypatch):
    entry = figures.FigureEntry("c", "a", lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    monkeypatch.setitem(figures.ALL_FIGURES, "regression", entry)
    with pytest.raises(report.ReportError, match="figure regression failed"):
        report.write_report(tmp_path, ("html",), only=("data",), cache=False, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_again_it_comes_from_the_cache_whole(written, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "_make", lambda *a: pytest.fail("made again"))
    again = report.write_report(tmp_path, ("html", "pdf"))
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in written]


def test_one_chapter_made_twice_is_the_same(tmp_path):
    one, two = (
        report.write_report(tmp_path / n, only=("data",), cache=False, workers=1) for n in "ab"
    )
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    page = one[0].read_text(encoding="utf-8")
    assert 'id="eq-predicted"' in page
    assert 'id="ledger"' not in page


def test_an_unknown_chapter(tmp_path):
    with pytest.raises(UnknownName, match="chapter"):
        report.write_report(tmp_path, only=("preface",))


def test_every_link_within_the_page_has_its_place(written):
    page = written[0].read_text(encoding="utf-8")
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert len(links) > 200
    assert links <= set(ids)


def test_every_claim_opens_to_its_steps(written):
    page = written[0].read_text(encoding="utf-8")
    ledger = page.partition('id="ledger"')[2].partition('id="exercises"')[0]
    assert ledger.count("<details>") == len(with_corrections())
    assert "z3 over the reals, where β ≥ 0, β &lt; 1" in ledger


def test_equations_figures_and_tables_are_numbered_in_order(written):
    page = written[0].read_text(encoding="utf-8")
    for kind in ("Figure", "Table"):
        numbers = [int(n) for n in re.findall(rf'class="number">{kind}\s+(\d+)\.', page)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= len(figures.ALL_FIGURES)
    equations = [int(n) for n in re.findall(r'class="number">\((\d+)\)', page)]
    assert equations == list(range(1, len(equations) + 1))
    assert len(equations) >= len(ALL_RULES)


def test_a_reproducible_report_has_no_times(tmp_path, monkeypatch):
    """Under SOURCE_DATE_EPOCH the same bytes from two runs, the PDF dated; nonsense is refused."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    one, two = (
        report.write_report(tmp_path / n, only=("reproduce",), cache=False, workers=1) for n in "ab"
    )
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    assert "measured times are left out" in one[0].read_text(encoding="utf-8")
    assert pypdf.PdfReader(one[1]).metadata.creation_date.day == 2
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(DomainError, match="SOURCE_DATE_EPOCH = 'soon'"):
        report.write_report(tmp_path, only=("reproduce",))


def test_it_is_small(written):
    assert written[0].stat().st_size < 2_950_000


def test_figure_command(tmp_path):
    out = tmp_path / "new" / "rates.pdf"
    command = str(Path(sys.executable).with_name("eigenstep"))
    subprocess.run([command, "figure", "rates", "--out", str(out)], check=True, capture_output=True)
    assert out.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", ALL_RULES)
def test_every_optimizer_has_its_page(written, name):
    page = written[0].read_text(encoding="utf-8")
    assert f'id="{name}"' in page
    assert optimizer_pages.CLASS_NAMES[name] in page


def test_pages_show_what_was_traced():
    (line,) = [x for x in optimizer_pages.equations(ALL_RULES["amsgrad"]) if "max" in x]
    assert line == r"\hat v &\leftarrow \max(\hat v, v)"
    ranger = optimizer_pages.equations(ALL_RULES["ranger"])
    assert sum(r"\rho_t > 4" in x for x in ranger) == 2  # where r_t is, and the step
    assert ranger[-2:] == [
        r"\theta &\leftarrow \theta + \alpha (\varphi - \theta) \quad \text{every } k \text{ steps}",
        r"\varphi &\leftarrow \theta \quad \text{every } k \text{ steps}",
    ]
    for rule in ALL_RULES.values():
        for text in optimizer_pages.equations(rule):
            assert "nan" not in text.lower()
            assert "norm" not in text
