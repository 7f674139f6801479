"""The API reference: every module's docstrings as pages of HTML, with mathematics as MathML.

``make docs`` writes it into ``build/docs``. pdoc makes the pages; what the docstrings have of
reStructuredText that pdoc lacks, mathematics above all, is turned into HTML here. The pages load nothing
from elsewhere.

>>> print(roles("See :func:`~eigenstep.analysis.derive` and :meth:`Theory.limit`."))
See `derive` and `Theory.limit`.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from ..optimizers.errors import EigenstepError
from ..optimizers.machine.extras import require_extra
from ..optimizers.machine.files import check_folder, temporary_folder, write_atomically

FLOORS = ("eigenstep.optimizers", "eigenstep.analysis", "eigenstep.proofs", "eigenstep.reports")
_ROLE = re.compile(r":(?:py:)?(?:attr|class|data|exc|func|meth|mod|obj):`(~?)([^`]*)`")
_INLINE = re.compile(r":math:`([^`]*)`")
_DISPLAY = re.compile(r"^([ \t]*)\.\. math::([^\n]*)((?:\n(?:\1[ \t]+[^\n]+|[ \t]*(?=\n\1[ \t]+\S)))*)",
                      re.MULTILINE)  # fmt: skip
_TOKEN = re.compile(r"qqmath(\d+)qq")
_STYLE = """
math[display="block"] { margin: 0.8em 0; overflow-x: auto; max-width: 100%; }
pre, .pdoc .signature { max-width: 100%; overflow-x: auto; }
.pdoc .signature.multiline { white-space: pre-wrap; overflow-wrap: anywhere; }
main.pdoc { min-width: 0; }
math { font-size: 1.08em; font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", math; }
"""
_FIRST_PAGE = """{% set root_module_name = false %}{% extends "default/index.html.jinja2" %}
{% block logo %}<h1>eigenstep</h1>{% endblock %}
{% block content %}{{ super() }}<main class="pdoc"><section class="module-info"><div class="docstring">
<p>The theory of an optimizer, derived from the code that runs it. Begin with:</p><ul>
FIRST</ul></div></section></main>{% endblock %}"""
_BEGIN = {
    "optimizers": "the torch optimizers, and the language in which rules are written",
    "optimizers.rules": "the rules, with their equations and conventions",
    "analysis": "derive the theory of a rule; find its region, its tuning and its noise",
    "proofs": "claims, decided",
    "reports": "figures, experiments, the report",
}
_UNKNOWN = {r"\tfrac": r"\frac", r"\dfrac": r"\frac", r"\!": ""}
"""What is written in TeX and not known to the converter, and what stands for it."""


class DocsError(EigenstepError, RuntimeError):
    """A docstring that cannot be shown, or a page that cannot be made; the message says which."""


def roles(text: str) -> str:
    """References as code, which the pages link where they know the name; ``~`` leaves the last name."""
    return _ROLE.sub(
        lambda found: f"`{found[2].rpartition('.')[2] if found[1] else found[2]}`", text
    )


def mathml(tex: str, display: bool = False) -> str:
    """TeX as a MathML element.

    Raises:
        DocsError: it cannot be converted.
    """
    from latex2mathml.converter import convert

    for name, other in _UNKNOWN.items():
        tex = tex.replace(name, other)
    try:
        made = convert(" ".join(tex.split()), display="block" if display else "inline")
    except Exception as error:
        raise DocsError(f"mathematics {tex!r}: {type(error).__name__}: {error}") from error
    if "\\" in made:
        raise DocsError(f"mathematics {tex!r}: a command of it is not known")
    return made


def straightened(text: str) -> str:
    """Paragraphs that stand further right than what they follow, put back.

    Docstrings that are put together from several have them: Markdown would take them for code.

    >>> print(straightened("Title.\\n\\n    Args:\\n        lr: a rate.\\n\\n    Text."))
    Title.
    <BLANKLINE>
    Args:
        lr: a rate.
    <BLANKLINE>
    Text.
    """
    lines, shift, before, blank = [], 0, "", True
    for line in text.expandtabs().splitlines():
        stripped = line.lstrip()
        indent = len(line) - len(stripped)
        if stripped:
            if indent < shift or not indent:
                shift = 0
            if blank and indent and not shift and before[:1] != " " and not before.endswith(":"):
                shift = indent
            line = line[shift:]
            before = line
        blank = not stripped
        lines.append(line)
    return "\n".join(lines)


class _Mathematics:
    """Formulas, kept out of the way of Markdown while it is made into HTML."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def _keep(self, tex: str, display: bool) -> str:
        self.made.append(mathml(tex, display))
        return f"qqmath{len(self.made) - 1}qq"

    def taken(self, text: str) -> str:
        """The text with a token for every formula."""
        text = _DISPLAY.sub(lambda f: f"\n{f[1]}{self._keep(f[2] + ' ' + f[3], True)}\n", text)
        return _INLINE.sub(lambda f: self._keep(f[1], False), text)

    def given_back(self, html: str) -> str:
        """The HTML with every formula in place of its token."""
        return _TOKEN.sub(lambda found: self.made[int(found[1])], html)


def _set_up(templates: Path) -> None:
    """pdoc with our docstrings' format."""
    import pdoc.render
    from pdoc import docstrings, render_helpers

    (templates / "custom.css").write_text(_STYLE, encoding="utf-8")
    items = [f'<li><a href="eigenstep/{name.replace(".", "/")}.html">eigenstep.{name}</a>: {said}</li>'
             for name, said in _BEGIN.items()]  # fmt: skip
    (templates / "index.html.jinja2").write_text(
        _FIRST_PAGE.replace("FIRST", "\n".join(items)), encoding="utf-8"
    )
    pdoc.render.configure(docformat="google", template_directory=templates, show_source=True)
    mathematics = _Mathematics()
    environment: Any = pdoc.render.env

    def to_markdown(text: str) -> str:
        return docstrings.convert(roles(straightened(mathematics.taken(text))), "google", None)

    class Html(str):
        """With the table of contents that the templates ask for."""

        toc_html: str | None = None

    def to_html(text: str) -> str:
        made = render_helpers.to_html(text)
        html = Html(mathematics.given_back(made))
        html.toc_html = getattr(made, "toc_html", None)
        return html

    environment.filters["to_markdown"] = to_markdown
    environment.filters["to_html"] = to_html


def _modules() -> dict[str, Any]:
    """All modules, as pdoc sees them; rules with the docstrings of their functions."""
    import pdoc.doc

    from ..optimizers.rule import Rule

    found: dict[str, Any] = {}
    for name in _names():
        found[name] = pdoc.doc.Module.from_name(name)
    for name, module in found.items():
        values = vars(import_module(name))
        for member in module.members.values():
            value = values.get(member.name)
            if isinstance(value, Rule) and value.__doc__ and value.__doc__ != Rule.__doc__:
                member.__dict__["docstring"] = inspect.cleandoc(value.__doc__)
    return found


def _names() -> list[str]:
    """Of the modules, each imported with all that it names; pdoc sees only what is in the module."""
    names = []
    for floor in FLOORS:
        package = import_module(floor)
        inside = pkgutil.walk_packages(package.__path__, f"{floor}.")
        names += [floor, *(m.name for m in inside if not m.name.rpartition(".")[2].startswith("_"))]
    for name in names:
        module = import_module(name)
        for public in getattr(module, "__all__", ()):
            vars(module).setdefault(public, getattr(module, public))
    return names


def write_reference(out: Path) -> list[Path]:
    """Write the pages and their index into a folder.

    Raises:
        MissingExtra: pdoc or latex2mathml is not installed.
        DocsError: a formula is not understood; names the module.
        OutputError: the folder cannot be written.
    """
    require_extra("the reference", "docs", "pdoc", "latex2mathml")
    check_folder(out)
    import pdoc.render

    written = []
    with temporary_folder() as templates:
        _set_up(templates)
        modules = _modules()
        for name, module in modules.items():
            try:
                page = pdoc.render.html_module(module, modules)
            except DocsError as error:
                raise DocsError(f"{name}: {error}") from error
            written.append(out / f"{name.replace('.', '/')}.html")
            write_atomically(written[-1], page.encode())
        written.append(out / "index.html")
        write_atomically(written[-1], pdoc.render.html_index(modules).encode())
        search = pdoc.render.search_index(modules)
        if search:
            write_atomically(out / "search.js", search.encode())
    return written


def main() -> None:
    """Write the reference into the folder named, or ``build/docs``."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/docs")
    try:
        written = write_reference(out)
    except EigenstepError as error:
        print(f"reference: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"{len(written)} pages; begin with {out / 'index.html'}")


if __name__ == "__main__":
    main()
