"""The page in a real browser: no errors, no requests, everything works by mouse and keyboard."""

import itertools
import json
import shutil

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import ALL_RULES
from eigenstep.proofs import with_corrections
from eigenstep.reports.experiments.race import FILM, SHOWN, race_rates, run_on
from eigenstep.reports.page.javascript import EXPLORED, momentum_of

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(report_files):
    return report_files[0].as_uri()


@pytest.fixture
def open_page(browser, address):
    """Opens the page, and afterwards checks that nothing was wrong with it."""
    contexts, wrong = [], []

    def open_(**options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.on(
            "request",
            lambda r: wrong.append(r.url) if not r.url.startswith(("file:", "data:")) else None,
        )
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


def state(page, name):
    return json.loads(page.locator(f"#{name}").get_attribute("data-state"))


def test_the_explorer_by_keyboard(open_page):
    page = open_page()
    canvas = page.locator("#explorer canvas.drag")
    canvas.focus()
    before = state(page, "explorer")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    after = state(page, "explorer")
    assert after["h"] == pytest.approx(before["h"] + 0.12)
    assert after["beta"] == pytest.approx(before["beta"] - 0.01)
    expected = derive(EXPLORED[after["rule"]]).spectral_radius(
        eta_lambda=after["h"], beta=after["beta"]
    )
    assert after["radius"] == pytest.approx(expected, rel=1e-12)


def test_the_explorer_by_mouse_for_every_rule(open_page):
    page = open_page()
    box = page.locator("#explorer canvas.drag")
    box.scroll_into_view_if_needed()
    for rule, theory in ((r, derive(t)) for r, t in EXPLORED.items()):
        page.locator("#explorer select").select_option(rule)
        for x, y in ((0.3, 0.2), (0.55, 0.6), (0.9, 0.8)):
            size = box.bounding_box()
            page.mouse.move(size["x"] + 60, size["y"] + 60)
            page.mouse.down()
            page.mouse.move(size["x"] + x * size["width"], size["y"] + y * size["height"])
            page.mouse.up()
            found = state(page, "explorer")
            free = momentum_of(theory)
            others = {free: found["beta"]} if free else {}
            assert found["radius"] == pytest.approx(
                theory.spectral_radius(eta_lambda=found["h"], **others)
            )
            said = page.locator("#explorer .readout").inner_text()
            assert ("converges" in said) == (found["radius"] < 1)


def slide(page, label, value):
    page.locator("#explorer").get_by_label(label, exact=True).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", value
    )


@pytest.mark.parametrize("width", [390, 1400])
def test_the_explorer_over_every_function(open_page, width):
    """By keyboard: heavy ball goes round four points for ever, also when kicked; elsewhere none is found."""
    page = open_page(viewport={"width": width, "height": 900})
    explorer = page.locator("#explorer")
    explorer.get_by_label("quadratics").focus()
    page.keyboard.press("ArrowRight")
    assert explorer.get_by_label("every smooth convex function").is_checked()
    slide(page, "ηL", 2.4)
    slide(page, "β", 0.6)
    found = state(page, "explorer")
    assert (found["all"], found["kappa"], found["cycle"]) == (True, 10, [4, 1])
    assert found["radius"] < 1
    assert found["last"] == pytest.approx([1, 0], abs=1e-9)  # after 200 steps
    assert "goes round 4 points for ever" in explorer.inner_text()
    assert explorer.get_by_role("img", name="that traps the rule: 4 points in turn").is_visible()
    kick = explorer.get_by_label("kick off the orbit", exact=True)
    kick.focus()
    page.keyboard.press("ArrowRight")
    assert state(page, "explorer")["last"] == pytest.approx([1, 0], abs=1e-9)  # it came back
    slide(page, "ηL", 0.5)
    assert state(page, "explorer")["cycle"] is None
    assert not kick.is_visible()
    said = explorer.inner_text()
    assert "No cycle of up to 25 steps that visits a regular polygon" in said
    assert "for ever" not in said
    assert "converge" not in said
    slide(page, "κ", 1)
    assert state(page, "explorer")["kappa"] == 1000
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    explorer.get_by_label("quadratics").check()
    assert "verdict" in explorer.inner_text()


def test_going_round_moves_only_when_asked(open_page):
    page = open_page(reduced_motion="reduce")
    explorer = page.locator("#explorer")
    explorer.get_by_label("every smooth convex function").check()
    slide(page, "ηL", 2.4)
    slide(page, "β", 0.6)
    step = explorer.get_by_label("step", exact=True)
    before = step.input_value()
    page.wait_for_timeout(400)
    assert step.input_value() == before
    explorer.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "s => +document.querySelector('#explorer input[aria-label=step]').value > +s",
        arg=before,
    )
    explorer.get_by_role("button", name="Pause").click()


def test_the_race(open_page):
    page = open_page()
    page.locator("#race button").click()
    page.wait_for_function("JSON.parse(document.getElementById('race').dataset.state).step > 70")
    page.locator("#race button").click()
    assert not state(page, "race")["playing"]
    for surface in ("Rosenbrock", "quadratic"):
        page.locator("#race select").select_option(surface)
        scrub = page.locator("#race").get_by_label("step", exact=True)
        scrub.focus()
        page.keyboard.press("Home")
        for _ in range(25):
            page.keyboard.press("ArrowRight")
        found = state(page, "race")
        assert found["step"] == 25
        assert set(found["values"]) == set(SHOWN)
        f = value_of(surface)
        for name, value in found["values"].items():
            end = run_on(ALL_RULES[name], surface, race_rates(surface)[name], 25, 10, 0.5)[-1]
            assert value == pytest.approx(f(*end), rel=1e-6, abs=1e-12)
    page.locator("#race .toggle", has_text="yogi").click()
    assert "yogi" in state(page, "race")["values"]


@pytest.mark.parametrize(
    ("name", "surface"), [("film_contours", "Beale"), ("film_saddle", "saddle")]
)
def test_the_animations(open_page, name, surface):
    page = open_page()
    button = page.locator(f"#{name} button")
    before = state(page, name)["step"]
    button.click()
    page.wait_for_function(f"JSON.parse({name}.dataset.state).step > {before + 5}")
    button.click()
    assert not state(page, name)["playing"]
    scrub = page.locator(f"#{name}").get_by_label("step", exact=True)
    scrub.focus()
    page.keyboard.press("End")
    assert state(page, name)["step"] == FILM[surface][-1]


def value_of(surface):
    import sympy as sp
    from eigenstep.reports.experiments.race import ANGLE, KAPPA, SURFACES, X, Y

    f = sp.lambdify((X, Y, KAPPA, ANGLE), SURFACES[surface][0], "math")
    return lambda x, y: f(x, y, 10, 0.5)


def test_the_ledgers_filters(open_page):
    page = open_page()
    refuted = sum(c.corrected is not None for c in with_corrections().values())
    page.locator("#ledger select").select_option("REFUTED")
    assert page.locator("#ledger output").inner_text() == f"{refuted} of {len(with_corrections())}"
    assert page.locator("#ledger tbody tr:visible").count() == refuted
    page.locator("#ledger input").fill("half-life time of an observation")
    assert page.locator("#ledger tbody tr:visible").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_those_who_read_otherwise(open_page, scheme):
    """axe-core's rules, over the page with everything on it opened; in the dark those that colours break."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    rules = {"runOnly": ["color-contrast", "link-in-text-block"]} if scheme == "dark" else None
    found = axe.run(page, context={"exclude": [["math"]]}, options=rules).response["violations"]
    serious = [(v["id"], len(v["nodes"]), v["nodes"][0]["html"][:120], v["nodes"][0]["failureSummary"][:300])
               for v in found if v["impact"] in ("serious", "critical")]  # fmt: skip
    assert serious == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone(open_page, scheme):
    page = open_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = np.mean([int(v) for v in colour.removeprefix("rgb(").rstrip(")").split(",")]) > 128
    assert light == (scheme == "light")


def test_without_javascript_there_are_still_figures(open_page):
    page = open_page(java_script_enabled=False)
    for name in ("explorer", "race", "film_contours", "film_saddle"):
        image = page.locator(f"#{name} img")
        assert image.is_visible()
        assert len(image.get_attribute("alt")) > 50
    assert page.locator("#ledger tbody tr").count() == len(with_corrections())


def test_everything_that_can_be_operated_has_a_name(open_page):
    page = open_page()
    nameless = page.evaluate(
        """() => {
          const named = e => e.getAttribute('aria-label') || e.alt || e.textContent.trim()
            || e.closest('label')?.textContent.trim();
          const all = document.querySelectorAll('input, select, button, [tabindex], canvas, img');
          return [...all].filter(e => !e.ariaHidden && !named(e)).map(e => e.outerHTML.slice(0, 80));
        }"""
    )
    assert nameless == []
    assert page.evaluate("document.documentElement.lang") == "en"
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => +h.tagName[1])")
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
