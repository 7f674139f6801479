"""The API reference has every public name, shows all mathematics, and loads nothing from elsewhere."""

import importlib
import re
from html.parser import HTMLParser

import pytest
from eigenstep.optimizers.machine import extras
from eigenstep.reports import reference
from eigenstep.reports.reference import DocsError, mathml, roles, write_reference

PUBLIC = ("eigenstep.optimizers", "eigenstep.optimizers.rules", "eigenstep.optimizers.rule",
          "eigenstep.optimizers.domains", "eigenstep.optimizers.ops", "eigenstep.analysis",
          "eigenstep.proofs", "eigenstep.reports.figures", "eigenstep.reports.work")  # fmt: skip


class Page(HTMLParser):
    """Ids, formulas, what is loaded, and the text that a reader sees beside source code and examples."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.loads, self.math, self.text, self._deep = set(), [], 0, [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids.add(found.get("id"))
        self.math += tag == "math"
        self._deep += tag in ("pre", "script", "style")
        if tag in ("script", "img", "link", "iframe"):
            self.loads += [v for k, v in attrs if k in ("src", "href") and v]

    def handle_endtag(self, tag):
        self._deep -= tag in ("pre", "script", "style")

    def handle_data(self, data):
        if not self._deep:
            self.text.append(data)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    pytest.importorskip("pdoc", reason="pip install 'eigenstep[docs]'")
    out = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "_names", lambda names=reference._names: [
            n for n in names() if n in PUBLIC or n.startswith("eigenstep.optimizers.rules.adam")
        ])  # fmt: skip
        written = write_reference(out)
    return {
        ".".join(p.relative_to(out).with_suffix("").parts): Page(p.read_text(encoding="utf-8"))
        for p in written
    }


def test_every_public_name_has_its_place(pages):
    for name in PUBLIC:
        module = importlib.import_module(name)
        public = getattr(module, "__all__", None) or [
            k for k, v in vars(module).items()
            if k[0] != "_" and getattr(v, "__module__", None) == name
        ]  # fmt: skip
        missing = set(public) - pages[name].ids
        assert public
        assert not missing, name


def test_all_modules_are_in_the_whole_reference():
    names = reference._names()
    assert set(PUBLIC) <= set(names)
    assert len(names) > 100
    assert not [n for n in names if n.endswith("__main__")]


def test_mathematics_and_references_are_shown(pages):
    for name, page in pages.items():
        text = "".join(page.text)
        assert not re.search(r":(math|func|class|meth|mod|attr|data):|\.\. math::|qqmath", text), (
            name
        )
    assert pages["eigenstep.optimizers.rules.adam"].math >= 1
    module = importlib.import_module("eigenstep.optimizers")
    things = {id(t): t for t in (getattr(module, name) for name in module.__all__)}
    said = [thing.__doc__ or "" for thing in things.values()]  # an alias is shown by name alone
    written = sum(len(re.findall(r":math:`|\.\. math::", text)) for text in said)
    assert pages["eigenstep.optimizers"].math >= written > 10


def test_a_rule_has_the_docstring_of_its_function(pages):
    assert "Kingma" in "".join(pages["eigenstep.optimizers.rules.adam"].text)


def test_arguments_are_a_list_and_no_code(pages):
    """Docstrings of the torch classes are put together from several, each with its own indentation."""
    text = "".join(pages["eigenstep.optimizers"].text)
    assert text.count("Arguments:") > 20
    assert "whatever the optimizer takes" in text or "parameters or parameter groups" in text
    assert "LAMB." in text


def test_nothing_is_loaded_from_elsewhere(pages):
    for name, page in pages.items():
        elsewhere = [v for v in page.loads if re.match(r"(https?:)?//", v)]
        assert not elsewhere, name


def test_words_of_the_filter():
    assert roles("by :func:`~a.b.c`, :class:`D` and ``code``") == "by `c`, `D` and ``code``"
    assert "<mfrac>" in mathml(r"\frac{a}{b}")
    assert 'display="block"' in mathml("x", True)
    with pytest.raises(DocsError, match="no_such"):
        mathml(r"\no_such{x}")
    made = reference._Mathematics()
    text = "Before.\n\n.. math:: a + b \\\\\n    c\n\nAfter :math:`x_1`."
    taken = made.taken(text)
    assert "math::" not in taken
    assert taken.split() == ["Before.", "qqmath0qq", "After", "qqmath1qq."]
    assert made.given_back(taken).count("<math") == 2


def test_without_the_extra_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(extras.MissingExtra, match=r"pip install 'eigenstep\[docs\]'"):
        write_reference(tmp_path)
