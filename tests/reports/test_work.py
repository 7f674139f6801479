"""The report's long work: registered by the modules that can do it, made once, over many processes."""

import subprocess
import sys

import pytest
from eigenstep.reports import work

MADE = []


@pytest.fixture(autouse=True)
def _apart(tmp_path, monkeypatch):
    """Nothing comes from the cache or stays in memory."""
    monkeypatch.setattr(work, "_pieces", dict(work._pieces))
    monkeypatch.setattr(work, "_memory", {})
    monkeypatch.setattr(work, "cache_folder", lambda: tmp_path)
    work.begin(True)
    MADE.clear()
    yield
    work.begin(True)


def test_a_draft_is_coarser_and_kept_apart():
    work.begin(True, True)
    assert work.size(240, 80) == 80
    draft = work._path("figure:regions")
    work.begin(True)
    assert work.size(240, 80) == 240
    assert work._path("figure:regions") != draft


def test_a_piece_is_made_once_and_kept():
    work.register("table:mine", lambda word: MADE.append(word) or {"word": word}, "here")
    assert work.result("table:mine") == work.result("table:mine") == {"word": "here"}
    work._memory.clear()
    assert work.result("table:mine") == {"word": "here"}  # from the cache
    assert MADE == ["here"]
    assert work.registered("table")[-1] == "table:mine"


def test_what_no_module_makes_is_said():
    with pytest.raises(
        work.ReportError, match="table:nothing: no module that is imported makes it"
    ):
        work.result("table:nothing")


def test_a_failure_names_the_piece():
    work.register("figure:mine", lambda: 1 / 0)
    with pytest.raises(work.ReportError, match="figure mine failed: ZeroDivisionError"):
        work.result("figure:mine")


@pytest.mark.timeout(120)
def test_other_processes_are_sent_the_function_and_what_it_needs():
    """Processes that have imported nothing: the functions arrive by their modules' names."""
    names = ["table:lookahead", "exercise:sgd.5", "exercise:momentum.2"]
    code = (
        "from eigenstep.reports import work\n"
        "from eigenstep.reports.chapters import exercises, wrappers\n"
        "work.begin(False, True)\n"
        f"names = {names}\n"
        "work.prepare(names, 2, None, {'exercise:sgd.5': ('table:lookahead',)})\n"
        "assert set(names) <= set(work._memory)\n"
        "assert work.result('table:lookahead')['k'] == [2, 3, 4, 5, 6]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_work_knows_nothing_of_what_is_made():
    """A process that only imports the work has no figure, table or exercise in it."""
    code = (
        "import sys; from eigenstep.reports import work\n"
        "assert not work._pieces\n"
        "above = {'figures', 'chapters', 'experiments', 'page'}\n"
        "reports = [m.split('.') for m in sys.modules if m.startswith('eigenstep.reports.')]\n"
        "assert not [m for m in reports if above & {*m}]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
