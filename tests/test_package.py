"""What is installed is the whole: sdist and wheel with their data files, run from the wheel, not from here.

The wheel is built from the sdist. Extras that are missing are named in one line.
"""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("optimizers", "analysis", "proofs", "reports")
pytestmark = pytest.mark.timeout(240)


def _tracked():
    """The files in the floors, as a checkout has them."""
    return {
        path.relative_to(ROOT).as_posix()
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_package_is_listed():
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11")
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {
        ".".join(("eigenstep", *path.parent.relative_to(ROOT).parts))
        for floor in FLOORS
        for path in (ROOT / floor).rglob("__init__.py")
    }
    assert sorted(there) == sorted(listed)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that is built from it."""
    setuptools = pytest.importorskip("setuptools")
    if int(setuptools.__version__.split(".")[0]) < 77:
        pytest.skip(f"setuptools is {setuptools.__version__}; the package is built by 77 or later")
    folder = tmp_path_factory.mktemp("package")
    source = folder / "checkout"
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True
    )
    if tracked.returncode:
        pytest.skip("this is no checkout")
    for name in tracked.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    _build("sdist", source, folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    _build("wheel", unpacked, folder)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def _build(kind, source, out):
    code = f"from setuptools import build_meta; build_meta.build_{kind}({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    warned = [line for line in done.stderr.splitlines() if "Package" in line and "absent" in line]
    assert not warned


def test_sdist_and_wheel_hold_every_file(built):
    sdist, wheel = built
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert _tracked() <= names
    assert {"LICENSE", "README.md", "constraints.txt", "Makefile", "CITATION.cff",
            "tests/test_package.py", "tests/conftest.py"} <= names  # fmt: skip
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (n for n in names if n.endswith("METADATA"))
        said = archive.read(metadata).decode()
    pictures = {"reports/regions.png"}  # of the README
    assert {f"eigenstep/{name}" for name in _tracked() - pictures} <= names
    assert {f"eigenstep/{floor}/py.typed" for floor in FLOORS} <= names
    assert any(n.endswith("licenses/LICENSE") for n in names)
    assert not [n for n in names if n.startswith(("tests/", "build/"))]
    for extra in ("report", "cluster", "docs"):
        assert f"Provides-Extra: {extra}" in said


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The environment of a process that finds eigenstep in a folder where the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile",
         "--disable-pip-version-check", "--target", str(folder), str(built[1])],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}


def _run(installed, *arguments, cwd=None):
    folder, environment = installed
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd or folder, env=environment, capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_runs(installed, tmp_path):
    folder, _ = installed
    code = (
        "import eigenstep.optimizers, eigenstep.analysis, eigenstep.proofs, eigenstep.reports.commands\n"
        "from importlib.resources import files\n"
        "for floor in ('optimizers', 'analysis', 'proofs', 'reports'):\n"
        "    print(__import__('importlib').import_module(f'eigenstep.{floor}').__file__)\n"
        "print(len(files('eigenstep.reports.page').joinpath('style.css').read_text()))\n"
    )
    *places, size = _run(installed, "-c", code).split()
    assert [Path(p).parent.parent for p in places] == [folder / "eigenstep"] * 4
    assert int(size) > 1000
    begin = "from eigenstep.reports.entry import main; main()"
    assert _run(installed, "-c", begin, "--version").startswith("eigenstep ")
    derived = json.loads(_run(installed, "-c", begin, "derive", "heavy_ball", "--json"))
    assert derived["limit"] == "2*beta + 2"
    out = tmp_path / "regions.svg"
    _run(installed, "-c", begin, "figure", "regions", "--out", str(out))
    assert out.read_text().rstrip().endswith("</svg>")
    page = "from eigenstep.reports.page.javascript import generated; print(len(generated()))"
    assert int(_run(installed, "-c", page)) > 1000
    # The script that pip made is the same command.
    assert _run(installed, str(folder / "bin" / "eigenstep"), "--version").startswith("eigenstep ")


_BLOCK = """
import sys
blocked = set({blocked!r})
class Blocked:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked)
sys.argv[0] = "eigenstep"
from eigenstep.reports.entry import main
main()
"""
REPORT = ("brotli", "pypandoc", "sklearn", "typst", "ziamath")


def _without(blocked, *arguments, cwd, **more):
    return subprocess.run(
        [sys.executable, "-c", _BLOCK.format(blocked=blocked), *arguments], cwd=cwd, text=True,
        capture_output=True, env={**os.environ, "XDG_CACHE_HOME": str(cwd / "cache"), **more},
    )  # fmt: skip


@pytest.mark.parametrize("blocked", [REPORT, ("sklearn",), ("ziamath",)], ids=" ".join)
def test_a_report_without_its_extra(tmp_path, blocked):
    done = _without(blocked, "report", "--out", "here", "--json", cwd=tmp_path)
    said = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(said)) == (2, "", 1)
    assert "the report needs: pip install 'eigenstep[report]'" in said[0]
    assert all(name in said[0] for name in blocked)


def _needs_scikit_learn(done, extra):
    said = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(said)) == (2, "", 1), done.stderr
    assert f"needs: pip install 'eigenstep[{extra}]' (sklearn is not installed)" in said[0]


@pytest.mark.parametrize(
    "arguments", [("figure", "sharpness"), ("exercises", "minibatch.2")], ids=" ".join
)
def test_figures_and_exercises_without_scikit_learn(tmp_path, arguments):
    done = _without(["sklearn"], *arguments, "--json", cwd=tmp_path, EIGENSTEP_DATA="")
    _needs_scikit_learn(done, "report")


def test_a_figure_that_needs_no_extra_is_drawn_without(tmp_path):
    done = _without(REPORT, "figure", "regions", "--out", "a.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "blocked"),
    [
        (("check", "optax:adam"), ["optax", "jax"]),
        (("check", "pytorch_optimizer:Yogi"), ["pytorch_optimizer"]),
        (("check", "no_such_library.optim:Adam"), []),
    ],
)
def test_a_library_that_is_not_installed(tmp_path, arguments, blocked):
    done = _without(blocked, *arguments, "--json", cwd=tmp_path)
    said = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(said)) == (2, "", 1), done.stderr
    assert arguments[1].partition(":")[0].partition(".")[0] in said[0]
    assert "installed" in said[0]


def test_a_cluster_without_its_extra(tmp_path):
    for command in ("prove", "report"):
        done = _without(
            ["distributed", "dask"], command, "--scheduler", "127.0.0.1:1", cwd=tmp_path
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "eigenstep: a scheduler needs: pip install 'eigenstep[cluster]' (distributed is not installed)\n"
        )
