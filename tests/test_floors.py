"""A room never imports from a room above it, no files import one another in a circle, theory needs no torch.

The rooms and their order are read from CONTRIBUTING.md.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("optimizers", "analysis", "proofs", "reports")


@cache
def rooms(root: Path) -> list[str]:
    """The rooms, the lowest first: folders and single files, as CONTRIBUTING lists them."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```rooms\n(.*?)```", text, re.DOTALL)
    assert block, "CONTRIBUTING.md lists the rooms"
    return [line.split()[0] for line in block[1].splitlines()]


def room_of(root: Path, path: Path) -> tuple[int, str]:
    """Where a file stands: the place of its room in the order, and the room; a door after its floor."""
    order = rooms(root)
    inside = path.relative_to(root).with_suffix("")
    floor = inside.parts[0]
    if len(inside.parts) == 2 and inside.name in ("__init__", "__main__"):
        return max(i for i, r in enumerate(order) if r.split("/")[0] == floor), f"{floor} (door)"
    names = ["/".join(inside.parts[:k]) for k in range(len(inside.parts), 0, -1)]
    room = next(n for n in names if n in order)
    return order.index(room), room


@cache
def imports(root: Path, path: Path) -> set[Path]:
    """The project's files that a file imports, wherever in it that is said."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        elif isinstance(node, ast.ImportFrom):
            names = []
            package = path.parents[node.level - 1]
            module = package.joinpath(*(node.module or "").split(".")) if node.module else package
            for name in [a.name for a in node.names]:
                tries = [module / f"{name}.py", module / name / "__init__.py",
                         module.with_suffix(".py"), module / "__init__.py"]  # fmt: skip
                there = [p for p in tries if p.is_file()]
                assert there, (
                    f"{path.relative_to(root)} imports {name}, of a module that is not there"
                )
                found.add(there[0])
        else:
            continue
        for name in names:
            assert not name.startswith("eigenstep"), (
                f"{path}: imports of the project's own are relative"
            )
    return found


def upward(root: Path, files: list[Path]) -> list[str]:
    """The imports from a room above."""
    return [
        f"{a.relative_to(root)} imports {b.relative_to(root)}, of a room above it"
        for a in files
        for b in sorted(imports(root, a))
        if room_of(root, b)[0] > room_of(root, a)[0]
    ]


def circle(root: Path, files: list[Path]) -> list[str]:
    """Files that import one another in a circle; empty where there are none."""
    done: set[Path] = set()
    way: list[Path] = []

    def walk(path: Path) -> list[str]:
        if path in way:
            return [str(p.relative_to(root)) for p in [*way[way.index(path) :], path]]
        if path in done:
            return []
        way.append(path)
        for other in sorted(imports(root, path)):
            if found := walk(other):
                return found
        done.add(way.pop())
        return []

    return next((found for path in files if (found := walk(path))), [])


def files_of(root: Path) -> list[Path]:
    return [p for f in FLOORS for p in sorted((root / f).rglob("*.py"))]


@pytest.mark.parametrize("path", files_of(ROOT), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_only_what_is_below(path):
    assert upward(ROOT, [path]) == []


def test_no_circle():
    assert circle(ROOT, files_of(ROOT)) == []


def test_every_room_is_there_and_says_what_it_is_for():
    for room in rooms(ROOT):
        path = ROOT / room
        assert path.is_dir() or path.with_suffix(".py").is_file(), room
        if path.is_dir():
            said = ast.get_docstring(ast.parse((path / "__init__.py").read_text(encoding="utf-8")))
            assert said, room
            assert "/" not in room or "May import" in said, room
    listed = {f"{f}/{p.name}" for f in FLOORS for p in (ROOT / f).iterdir()
              if (p / "__init__.py").is_file()}  # fmt: skip
    assert listed <= set(rooms(ROOT))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"optimizers/a": "from ..analysis import b", "analysis/b": ""}, "a room above"),
        ({"optimizers/a": "from .rules import b", "optimizers/rules/b": ""}, "a room above"),
        ({"optimizers/a": "def f():\n    from .rules.b import c", "optimizers/rules/b": "c = 1"},
         "a room above"),
        ({"optimizers/a": "from . import c", "optimizers/__init__": "c = 1"}, "a room above"),
    ],
)  # fmt: skip
def test_the_check_sees_what_runs_up(tmp_path, files, said):
    made = _house(tmp_path, files)
    assert said in " ".join(upward(tmp_path, made))


@pytest.mark.parametrize(
    "files",
    [
        {"analysis/a": "from . import b", "analysis/b": "def f():\n    from .a import g"},
        {
            "analysis/a": "from .b import x",
            "analysis/b": "from .c import x",
            "analysis/c": "from .a import x",
        },
        {"optimizers/rules/__init__": "from .a import x", "optimizers/rules/a": "from . import x"},
    ],
)
def test_the_check_sees_a_circle(tmp_path, files):
    made = _house(tmp_path, files)
    assert upward(tmp_path, made) == []
    assert len(circle(tmp_path, made)) > 2


def _house(root: Path, files: dict[str, str]) -> list[Path]:
    (root / "CONTRIBUTING.md").write_text("```rooms\noptimizers\noptimizers/rules\nanalysis\n```\n")
    for name, text in files.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return files_of(root)


@pytest.mark.parametrize(
    "statement",
    [
        "import eigenstep.analysis; eigenstep.analysis.derive",
        "import eigenstep.analysis.simulation",
        "import eigenstep.proofs",
        "import eigenstep.optimizers.rules",
        "import eigenstep.reports.commands.command_line",
    ],
)
def test_no_torch_at_import(statement):
    code = f"import sys; {statement}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
