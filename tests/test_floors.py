"""A lower floor never imports a higher one, and theory never imports torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("optimizers", "analysis", "proofs", "reports")


def _imports(path: Path):
    """(floor, level of nesting) of each import between floors, and every absolute import."""
    depth = len(path.relative_to(ROOT).parts) - 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                if node.level > depth:  # out of the floor's own folder
                    names = [module] if module else [a.name for a in node.names]
                    yield from (n.split(".")[0] for n in names)
            else:
                yield module
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names)


FILES = [p for f in FLOORS for p in sorted((ROOT / f).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_only_what_is_below(path):
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    for name in _imports(path):
        assert not name.startswith("eigenstep"), f"{path}: imports between folders are relative"
        if name in FLOORS:
            assert FLOORS.index(name) <= floor, f"{path} imports {name}, a floor above"


def test_the_check_sees_a_violation(tmp_path, monkeypatch):
    (tmp_path / "optimizers" / "rules").mkdir(parents=True)
    bad = tmp_path / "optimizers" / "rules" / "bad.py"
    bad.write_text("from ...analysis import derive\nfrom ..rule import Rule\n")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert "analysis" in list(_imports(bad))
    with pytest.raises(AssertionError, match="a floor above"):
        test_imports_only_what_is_below(bad)


@pytest.mark.parametrize(
    "statement",
    [
        "import eigenstep.analysis; eigenstep.analysis.derive",
        "import eigenstep.analysis.simulation",
        "import eigenstep.proofs",
        "import eigenstep.optimizers.rules",
        "import eigenstep.reports.command_line",
    ],
)
def test_no_torch_at_import(statement):
    code = f"import sys; {statement}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
