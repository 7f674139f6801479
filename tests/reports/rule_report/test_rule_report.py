"""A report on any rule: sections that survive one another, fair sweeps, somebody else's words, the cache."""

import re
import sys
from pathlib import Path

import numpy as np
import pypdf
import pytest
from eigenstep.optimizers import DomainError, UnknownName
from eigenstep.optimizers.machine.workers import WorkerEnded
from eigenstep.reports.experiments.race import SURFACES
from eigenstep.reports.rule_report import (
    making,
    rates,
    sections,
    surfaces,
    theory,
    training,
    writing,
)
from eigenstep.reports.rule_report.head import engine_of, equations, head, unrecordable
from eigenstep.reports.rule_report.invariance import invariance
from eigenstep.reports.rule_report.libraries import targets_of
from eigenstep.reports.rule_report.part import Numbers, Part
from eigenstep.reports.rule_report.speed import step_ratios
from eigenstep.reports.rule_report.subject import (
    Asked,
    UnsetParameter,
    digest_of_rule,
    known,
    load,
    opponent_of,
)
from eigenstep.reports.work import ReportError

sys.path.insert(0, str(Path(__file__).parents[1] / "commands"))
from forked import command

FILE = Path(__file__).with_name("strangers.py")
QUICK = Numbers(quick=True)


def subject(name, **settings):
    return load(Asked(f"{FILE}:{name}", tuple(settings.items())))


def refused(part):
    return dict(part.refused)


@pytest.fixture(scope="module")
def descent():
    return load(Asked("gradient_descent"))


CHEAP = ("rule", "equations", "matrix", "symmetries")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The report on a rule whose words mean something in every language that the page is written in."""
    patch = pytest.MonkeyPatch()
    patch.setattr(sections, "SECTIONS", tuple(s for s in sections.SECTIONS if s.id in CHEAP))
    folder = tmp_path_factory.mktemp("rule")
    yield making.write_rule_report(f"{FILE}:qhm", folder, cache=False, workers=1), folder
    patch.undo()


def test_both_files_say_what_was_derived_and_nothing_of_the_machine(written):
    (page, print_), folder = written
    assert [page.name, print_.name] == ["qhm.html", "qhm.pdf"]
    html = page.read_text(encoding="utf-8")
    text = "".join(p.extract_text() for p in pypdf.PdfReader(print_).pages)
    for said in ("strangers.py", "Iteration matrix", "0 <= nu <= 1", "Symmetries"):
        assert said in text
        assert said.replace("<", "&lt;") in html
    for private in (str(FILE.parent), str(folder), str(Path.home())):
        assert private not in html
        assert private.encode() not in print_.read_bytes()
    assert not re.search(r'(?:src|href)="(?!data:|#)', html)


def test_somebody_elses_words_are_printed_as_they_are(written):
    (page, print_), _ = written
    html = page.read_text(encoding="utf-8")
    assert "*A* | $b$ &lt;i&gt;c&lt;/i&gt; @d --e [f](g) #typst" in html
    assert "~~~ a fence" in re.sub(r"<[^>]*>", "", html)
    text = " ".join("".join(p.extract_text() for p in pypdf.PdfReader(print_).pages).split())
    assert "*A* | $b$ <i>c</i> @d --e [f](g) #typst" in text


def test_a_section_that_fails_is_said_at_the_end_and_spoils_no_other(descent):
    mine = subject("quits")
    digests = digest_of_rule(mine), digest_of_rule(descent)
    rows = {
        s: making.section_of(s.id, mine.asked, descent.asked, digests, QUICK)
        for s in sections.SECTIONS if s.id in (*CHEAP, "surfaces", "airfoil")
    }  # fmt: skip
    assert [s.id for s, row in rows.items() if "failed" not in row] == ["rule"]
    text = writing.markdown(
        mine, descent, "", {}, [(s.title, r["failed"]) for s, r in rows.items() if "failed" in r]
    )
    end = text.partition("{#refused}")[2]
    for section, row in rows.items():
        assert section.id == "rule" or (section.title in end and "SystemExit" in row["failed"])
    assert str(FILE.parent) not in text


def test_again_from_the_cache_unless_the_code_or_a_number_changes(tmp_path, monkeypatch):
    path = tmp_path / "mine.py"
    path.write_text(FILE.read_text(encoding="utf-8"))
    made = []

    def fake(subject, other, why, numbers, digests, key, formats, workers):
        made.append(key)
        return {f: key.encode() for f in formats}

    monkeypatch.setattr(making, "_make", fake)
    monkeypatch.setattr("eigenstep.reports.work.cache_folder", lambda: tmp_path / "cache")

    def report(where=path, **options):
        return making.write_rule_report(f"{where}:qhm", tmp_path, ("html",), **options)[
            0
        ].read_bytes()

    first = report()
    assert report() == first
    assert len(made) == 1
    others = [
        report(mu="2"),
        report(settings={"nu": "0.5"}),
        report(against="adam"),
        report(quick=True),
    ]
    path.write_text(path.read_text() + "\n# another file\n")
    others.append(report())
    (tmp_path / "other").mkdir()
    namesake = tmp_path / "other" / "mine.py"  # the same name of file and rule, another rule
    namesake.write_text(FILE.read_text(encoding="utf-8").replace("nu * v)", "nu * g)"))
    others.append(report(namesake))
    assert len({first, *others}) == 7
    made.clear()
    assert report(cache=False)
    assert made


def test_what_a_rule_takes_from_another_file_of_the_user_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    helper, path = tmp_path / "eigenstep_test_factor.py", tmp_path / "scaled.py"
    path.write_text("from eigenstep.optimizers import rule\nfrom eigenstep_test_factor import half\n"
                    "@rule\ndef scaled(theta, g, *, lr=0.1):\n    return theta - half(lr) * g\n")  # fmt: skip
    found = []
    for factor in ("2", "3"):
        helper.write_text(f"def half(x):\n    return x / {factor}\n")
        sys.modules.pop("eigenstep_test_factor", None)
        found.append(digest_of_rule(load(Asked(f"{path}:scaled"))))
    sys.modules.pop("eigenstep_test_factor", None)
    assert found[0] != found[1]


def test_a_file_that_is_changed_meanwhile_is_not_taken_for_what_it_was(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE.read_text(encoding="utf-8"))
    asked = Asked(f"{path}:qhm")
    digest = digest_of_rule(load(asked))
    path.write_text(path.read_text() + "\n")
    with pytest.raises(Exception, match=r"mine\.py:qhm was changed"):
        known(asked, digest)


def test_numbers_without_a_default_are_asked_for_by_name():
    with pytest.raises(UnsetParameter, match=r"--set tau=VALUE --set kappa=VALUE") as error:
        subject("needs")
    assert "0 <= kappa < 1" in str(error.value)
    found = subject("needs", tau="2", kappa="1/2")
    assert found.values == {"tau": 2.0, "kappa": 0.5}  # the learning rate is swept
    with pytest.raises(DomainError, match="kappa = 2"):
        subject("needs", tau="1", kappa="2")


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("qhm", "heavy_ball"),
        ("two_means", "adam"),
        ("lion", "adam"),
        ("runaway", "gradient_descent"),
    ],
)
def test_the_rule_beside_it_is_of_its_kind(name, beside):
    assert opponent_of(subject(name))[0] == beside


@pytest.mark.parametrize("name", ["adam", "heavy_ball", "gradient_descent"])
def test_no_rule_is_compared_with_itself(name):
    assert opponent_of(load(Asked(name)))[0] != name


def test_equations_are_those_of_the_code_and_what_cannot_be_recorded_says_why(descent):
    assert r"\theta - \eta ((1 - \nu) g + \nu v)" in equations(subject("qhm"), descent, QUICK).text
    strange = subject("torch_only")
    assert "tanh" in unrecordable(strange)
    assert engine_of(strange) == "blocked"  # and never compiled for a minute
    assert "4 bytes a float32 parameter" in head(subject("qhm"), descent, QUICK).text


def test_theory_of_a_linear_rule_with_two_hyperparameters(descent):
    mine = subject("qhm")
    part = theory.region(mine, descent, QUICK)
    assert "0 < \\eta\\lambda < 5.9375" in part.text  # 2(1 + β)/(1 + β − 2βν) at 0.9, 0.7
    agree = re.search(r"at the (\d+) points .* at (\d+) of them", part.text)
    assert agree
    assert agree[1] == agree[2]
    assert int(agree[1]) > 2000
    assert part.figures["stability"].startswith(b"<svg")
    assert not part.refused


def test_theory_of_an_adaptive_rule_says_what_is_held(descent):
    part = theory.matrix(subject("two_means"), descent, QUICK)
    assert "while `nu` is held still" in part.text
    assert "Eigenvalues in closed form" in refused(part)


def test_a_wide_polynomial_is_broken_at_the_powers_of_z(descent):
    part = theory.matrix(subject("two_means"), descent, QUICK)
    lines = [x for x in part.text.splitlines() if x.startswith("&\\quad")]
    assert len(lines) == 3
    assert max(map(theory._width, lines)) < 60


@pytest.mark.parametrize("section", [theory.matrix, theory.region, theory.tuning, theory.noise])
def test_no_theory_has_one_reason(section, descent):
    with pytest.raises(theory.NoTheory, match="not linear"):
        section(subject("lion"), descent, QUICK)


def test_a_symmetry_is_said_only_where_algebra_and_a_run_agree(descent, monkeypatch):
    module = sys.modules[invariance.__module__]
    right = module.symmetries
    assert refused(invariance(subject("runaway"), descent, QUICK)) == {}
    monkeypatch.setattr(module, "symmetries", lambda rule: {**right(rule), "rotation": True})
    part = invariance(subject("runaway"), descent, QUICK)
    assert refused(part) == {"Symmetry: rotation": "algebra says yes, a run no"}
    assert "| undecided | another path |" in part.text


def test_both_rules_are_swept_over_the_same_rates(descent):
    assert rates.rates_of(subject("qhm")) == rates.rates_of(descent) == rates.RATES
    assert rates.said_rate(descent, 10.0) == "10 (the most tried)"
    assert rates.rates_of(subject("no_rate")) == (1.0,)


def test_the_best_path_on_a_surface_is_the_lowest_of_all_rates(descent):
    rate, path, low = surfaces.best_path(descent, "quadratic")
    lows = [
        surfaces._height("quadratic", surfaces.path_on(descent, "quadratic", r))
        for r in rates.RATES
    ]
    assert low == min(lows)
    assert path.shape == (surfaces.STEPS + 1, 2)
    assert rate == rates.RATES[int(np.argmin(lows))]


def test_a_rule_that_takes_only_torch_tensors_is_run_with_them(descent):
    path = surfaces.path_on(subject("torch_only"), "saddle", 0.1, 3)
    point = np.array(SURFACES["saddle"][1])
    for x in path:
        assert np.allclose(x, point)
        gradient = np.array([point[0], -point[1] + point[1] ** 3 / 4])
        point = point - 0.1 * np.tanh(gradient)


def test_a_rule_that_diverges_at_every_rate_is_shown_to(descent):
    part = surfaces.surfaces(subject("runaway"), descent, QUICK)
    assert part.text.count("diverged at every rate") == 4
    assert not part.refused


@pytest.mark.parametrize("name", ["qhm", "look"])
def test_a_run_by_numpy_is_the_run_of_the_torch_optimizer(name):
    """The quick path of the regression and the general one: the same batches, the same losses, at θ."""
    data, mine = training.load_regression(), subject(name)
    problem = training.regression(data, 60)
    quick = training.run_plainly(mine, data, problem, 0.01, 3)
    assert np.isfinite(quick).all()
    assert np.allclose(quick, training.run(mine, problem, 0.01, 3), rtol=1e-9)


def test_speed_is_a_median_of_ratios_of_both_rules(descent):
    found = step_ratios({"qhm": subject("qhm"), "other": descent}, 3, size=1000)
    assert set(found) == {"qhm", "other"}
    assert all(0 < ratio < 1000 for ratio in found.values())


def test_libraries_are_searched_for_the_name():
    names = [t for t, _ in targets_of(subject("lion"))[0]]
    assert "pytorch_optimizer:Lion" in names
    assert targets_of(subject("two_means"))[0] == []
    assert ("torch.optim:RAdam", {}) in targets_of(load(Asked("radam")))[0]


def test_a_section_that_takes_too_long_is_given_up_in_its_time(monkeypatch):
    def forever(subject, other, numbers):
        while True:
            try:
                sum(range(1000))
            except Exception:  # what catches everything does not hold it
                continue

    slow = sections.Section("slow", "Slow", forever, 0.05)
    monkeypatch.setattr(sections, "SECTIONS", (slow,))
    asked = Asked("adam")
    digest = digest_of_rule(load(asked))
    found = making.section_of("slow", asked, asked, (digest, digest), QUICK)
    assert found["failed"].startswith("not done in 0.05 s of computing")


def test_a_process_that_is_gone_is_a_reason_too():
    class Gone:
        def result(self):
            raise WorkerEnded("a worker process ended with status 7")

    assert "status 7" in making._outcome(Gone(), 1.0)["failed"]  # type: ignore[arg-type]


def test_a_section_that_cannot_be_typeset_is_left_out_and_named(descent, monkeypatch):
    mine = subject("qhm")
    good, bad = (s for s in sections.SECTIONS if s.id in ("rule", "equations"))
    rows = {good: Part("Good text.").as_json(), bad: Part("Bad text.").as_json()}
    seen = []

    def publish(text, figures, document, formats, **options):
        seen.append(text)
        if "Bad text." in text:
            raise ReportError("pandoc failed: at bad")
        return {"html": text.encode()}

    monkeypatch.setattr(writing, "publish", publish)
    page = writing.typeset(mine, descent, "", rows, ("html",), lambda n: None)["html"].decode()
    assert "Good text." in page
    assert "pandoc failed" in page
    assert "Bad text." not in page


def test_a_part_survives_the_cache():
    part = Part("text", {"a": b"<svg/>"}, (("what", "why"),))
    assert Part.from_json(part.as_json()) == part


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "there is no rule 'nobody'"),
        (["no/such.py:rule"], "there is no file"),
        (["adam", "--against", "nobody"], "there is no rule 'nobody'"),
        (["adam", "--format", "docx"], "format = 'docx'"),
        (["adam", "--mu", "2", "--L", "1"], "mu|L"),
        (["adam", "--mu", "__import__('os')"], "--mu"),
        (["adam", "--set", "beta1=2"], "beta1 = 2"),
        (["adam", "--set", "nothing=2"], "nothing"),
        (["adam", "--only", "data"], "--only is for the whole report"),
        (["--against", "adam"], "--against is for a report on one rule"),
        ([f"{FILE}:needs"], "--set tau=VALUE"),
    ],
)
def test_bad_input_is_one_line(arguments, said, tmp_path):
    done = command("report", *arguments, "--out", str(tmp_path / "out"))
    assert done.status == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert re.search(said, done.err)
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_an_unknown_rule_beside_is_refused_from_python_too(tmp_path):
    with pytest.raises(UnknownName):
        making.write_rule_report("adam", tmp_path, against="nobody")
