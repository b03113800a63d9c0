"""Every page in a real browser, on a run of 100 000 events: quick, small, quiet, by keyboard alone, for everybody."""

import re
from collections.abc import Iterator
from statistics import median

import pytest
from playwright.sync_api import Browser, Page
from web.driving import READY, Visit, nodes, violations

MIDDLE = 49_981
"""The last event before the forks."""

TIMELINE = f"/runs/big/main?at={MIDDLE}"
PAGES = {
    "runs": "/",
    "timeline": TIMELINE,
    "transcript": f"{TIMELINE}&view=transcript",
    "filtered": f"{TIMELINE}&type=turn-failed&by=time",
    "event": "/runs/big/main/events/50003",
    "world": f"/runs/big/main/world?at={MIDDLE}",
    "person": f"/runs/big/main/people/ana-reyes?at={MIDDLE}",
    "branch": f"/runs/big/main/branch?at={MIDDLE}",
    "compare": "/compare?left=big/cheaper&right=big/dearer",
    "costs": "/runs/big/main/costs",
    "integrity": "/runs/big/main/integrity",
    "asked": "/runs/big/main/asked",
    "experiments": "/experiments/big",
    "validation": "/validation",
}
FIRST_ROWS, SEEK = 2000, 500
"""Milliseconds, of the best of several goes: other tests may keep the machine busy."""

TRIES = 6
MOST_NODES = 2000
SEEKING = """async (seq) => {
  const digits = (node) => Number(node.textContent.replace(/\\D/g, ''));
  const input = document.querySelector('[data-at=at]'), began = performance.now();
  input.value = seq;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  for (;;) {
    const row = document.querySelector('[role=option][aria-selected=true]');
    const seen = row && !row.classList.contains('coming') && digits(row.querySelector('.seq')) === seq;
    if (seen && digits(document.querySelector('[data-at=panel-seq]')) === seq) return performance.now() - began;
    if (performance.now() - began > 10000) return Infinity;
    await new Promise(requestAnimationFrame);
  }
}"""
PANEL = "() => Number(document.querySelector('[data-at=panel-seq]').textContent.replace(/\\D/g, ''))"
STANDS_AT = "seq => Number(document.querySelector('[data-at=panel-seq]').textContent.replace(/\\D/g, '')) === seq"


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    with Visit(browser, site) as visit:
        yield visit


SETTLED = """() => {
  const digits = (node) => Number(node.textContent.replace(/\\D/g, ''));
  const row = document.querySelector('[role=option][aria-selected=true]:not([hidden])');
  const at = Number(new URL(location.href).searchParams.get('at'));
  const panel = digits(document.querySelector('[data-at=panel-seq]'));
  return Boolean(row) && digits(row.querySelector('.seq')) === at && panel === at;
}"""
"""Whether list, panel and address say the same event."""


def standing(page: Page) -> int:
    return int(page.evaluate(PANEL))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_small_for_everybody_and_fits_a_phone(visit: Visit, name: str) -> None:
    page = visit.open(PAGES[name])
    assert page.locator("h1").count() == 1
    assert nodes(page) < MOST_NODES
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []
    page.set_viewport_size({"width": 375, "height": 700})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 375
    assert visit.faults == []


def test_a_transcript_shows_what_its_filter_lets_through_and_nothing_else(visit: Visit) -> None:
    page = visit.open(f"{TIMELINE}&view=transcript")
    assert page.locator("[role=feed] > article").count() > 10
    page.locator("#by-person").evaluate("node => { node.closest('details').open = true; }")
    page.locator("#by-person").select_option("bo-lind")
    page.wait_for_function(
        "() => { const by = [...document.querySelectorAll('[role=feed] > article .who')];"
        " return by.length > 10 && by.every((each) => each.textContent.includes('Bo Lind')); }"
    )
    page.locator("#by-text").fill("nobody ever said this")
    page.locator("#filter [type=submit]").click()
    page.wait_for_selector("[data-at=empty]:not([hidden])")
    assert page.locator("[role=feed]:not([hidden])").count() == 0
    assert violations(page) == []
    page.locator("[data-do-clear]").click()
    page.wait_for_selector("[role=feed] > article")
    assert visit.faults == []


def test_the_first_rows_are_there_within_two_seconds(browser: Browser, site: str) -> None:
    took = []
    for _ in range(TRIES):
        with Visit(browser, site) as visit:
            page = visit.open(TIMELINE)
            took.append(float(page.evaluate("() => performance.now()")))
            assert page.locator("[role=option]:not(.coming)").count() > 10
            assert len(visit.requests) < 25
            assert visit.faults == []
        if took[-1] < FIRST_ROWS:
            break
    print(f"first rows, and all else that moves: {[round(each) for each in took]} ms")
    assert min(took) < FIRST_ROWS


def test_any_event_is_sought_within_half_a_second(visit: Visit) -> None:
    page = visit.open("/runs/big/main?at=1")
    rounds: list[float] = []
    for number in range(TRIES):
        visit.requests.clear()
        places = [1 + (7919 * (each + 17 * number)) % 100_000 for each in range(1, 16)]
        took = [float(page.evaluate(SEEKING, place)) for place in places]
        assert len(visit.requests) <= 4 * len(places)
        print(f"{len(places)} seeks: median {median(took):.0f} ms, longest {max(took):.0f} ms")
        rounds.append(max(took))
        if rounds[-1] < SEEK:
            break
    assert min(rounds) < SEEK
    assert nodes(page) < MOST_NODES
    assert visit.faults == []


def test_scrubbing_with_the_mouse_seeks_and_keeps_the_page_small(visit: Visit) -> None:
    page = visit.open("/runs/big/main?at=1")
    track = page.locator(".track").bounding_box()
    assert track is not None
    middle = track["y"] + track["height"] / 2
    page.mouse.move(track["x"] + 5, middle)
    page.mouse.down()
    for step in range(1, 20):
        page.mouse.move(track["x"] + track["width"] * step / 20, middle)
    page.mouse.up()
    page.wait_for_function("seq => Math.abs((" + PANEL + ")() - seq) < 2000", arg=95_000)
    assert nodes(page) < MOST_NODES
    assert visit.faults == []


def test_a_moment_is_a_link(visit: Visit, browser: Browser, site: str) -> None:
    page = visit.open("/runs/big/main?at=1")
    assert page.evaluate(SEEKING, 60_000) < 10_000
    page.locator("[data-at=by]").select_option("time")
    page.locator("details.filter > summary").click()
    page.locator("#by-person").select_option("bo-lind")
    page.locator("#by-text").fill("kettle")
    page.locator("#filter [type=submit]").click()
    page.wait_for_url(re.compile("person=bo-lind.*text=kettle"))
    page.wait_for_function(SETTLED)
    here, count = standing(page), page.locator("[data-at=count]").inner_text()
    assert here != 60_000 and " of " in count
    with Visit(browser, site) as other:
        again = other.open(page.url.removeprefix(site))
        again.wait_for_function(STANDS_AT, arg=here)
        assert again.locator("[data-at=by]").input_value() == "time"
        assert again.locator("#by-person").input_value() == "bo-lind"
        assert again.locator("#by-text").input_value() == "kettle"
        assert again.locator("[data-at=count]").inner_text() == count
        assert other.faults == []
    assert visit.faults == []


def test_the_browser_goes_back_over_filter_and_view(visit: Visit) -> None:
    page = visit.open(TIMELINE)
    page.locator("details.filter > summary").click()
    page.locator("#by-person").select_option("bo-lind")
    page.wait_for_url(re.compile("person=bo-lind"))
    page.locator("[data-view=transcript]").click()
    page.wait_for_url(re.compile("person=bo-lind&view=transcript"))
    page.go_back()
    page.wait_for_selector(".rows.events")
    assert page.locator("#by-person").input_value() == "bo-lind"
    assert page.locator("[data-view][aria-current]").inner_text() == "Events"
    page.go_back()
    page.wait_for_function(STANDS_AT, arg=MIDDLE)
    assert page.locator("#by-person").input_value() == "" and page.url.endswith(TIMELINE)
    page.go_forward()
    page.wait_for_url(re.compile("person=bo-lind"))
    page.wait_for_function(SETTLED)
    assert page.locator("#by-person").input_value() == "bo-lind"
    assert visit.faults == []


def test_the_keyboard_alone_goes_through_a_run(visit: Visit) -> None:
    page = visit.open("/")
    visit.tab_to("main a[href='/runs/big/main']")
    visit.press("Enter")
    page.wait_for_selector(READY)
    visit.tab_to(".track")
    visit.press("Home")
    page.wait_for_function(STANDS_AT, arg=1)
    visit.press("ArrowRight", "ArrowRight")
    page.wait_for_function(STANDS_AT, arg=3)
    visit.press("End")
    page.wait_for_function(STANDS_AT, arg=100_000)
    visit.press("Home")
    visit.tab_to("[data-do=play]")
    visit.press("Space")
    page.wait_for_function("() => (" + PANEL + ")() > 3")
    visit.press("Space")
    assert page.locator("[data-do=play]").get_attribute("aria-pressed") == "false"
    visit.tab_to("[data-at=at]")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("5000")
    visit.press("Enter")
    page.wait_for_function(STANDS_AT, arg=5000)
    visit.tab_to("details.filter > summary")
    visit.press("Enter")
    visit.tab_to("#by-text")
    page.keyboard.type("bicycle")
    visit.press("Enter")
    page.wait_for_url(re.compile("text=bicycle"))
    visit.tab_to("[role=listbox]")
    before = standing(page)
    visit.press("ArrowDown")
    page.wait_for_function("before => (" + PANEL + ")() > before", arg=before)
    at = standing(page)
    visit.press("Enter")
    page.wait_for_url(re.compile(f"/events/{at}$"))
    assert visit.faults == []


def test_the_keyboard_alone_opens_a_branch(visit: Visit) -> None:
    page = visit.open(f"/runs/big/main/events/{MIDDLE}")
    visit.tab_to("main a[href*='/branch?at=']")
    visit.press("Enter")
    page.wait_for_url(re.compile("/branch"))
    visit.tab_to("main form [name=name]")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("by-keys")
    visit.press("Enter")
    page.wait_for_url(re.compile("review="))
    visit.tab_to("main form[method=post] button")
    visit.press("Enter")
    page.wait_for_url(re.compile("/runs/big/by-keys"))
    assert "by-keys" in page.locator("h1").inner_text()
    assert visit.faults == []


def test_the_keyboard_alone_asks_somebody_who_sees_the_price_first(visit: Visit) -> None:
    page = visit.open(PAGES["person"])
    visit.tab_to("main form [name=question]")
    page.keyboard.type("Would you ride a bicycle to the garden?")
    visit.tab_to("main form:has([name=question]) button")
    visit.press("Enter")
    page.wait_for_url(re.compile("question=Would"))
    assert "improviser" in page.locator("main").inner_text()
    visit.tab_to("main form[method=post] button")
    visit.press("Enter")
    page.wait_for_url(re.compile("answer=ask-"))
    assert "Would you ride a bicycle to the garden?" in page.locator("main").inner_text()
    assert visit.faults == []


def test_every_page_says_what_it_has_to_say_without_javascript(browser: Browser, site: str) -> None:
    with Visit(browser, site, java_script_enabled=False) as visit:
        for name, path in PAGES.items():
            visit.page.goto(site + path)
            assert len(visit.page.locator("main").inner_text()) > 100, name
            assert visit.page.locator("[data-script]:visible").count() == 0, name
            assert visit.faults == [], name


def test_a_filter_and_a_page_further_work_without_javascript(browser: Browser, site: str) -> None:
    with Visit(browser, site, java_script_enabled=False) as visit:
        page = visit.page
        page.goto(f"{site}/runs/big/main?at=1")
        first = page.locator("ol.rows a.event").first
        before = first.get_attribute("href")
        with page.expect_navigation():
            page.locator("nav.paging >> text=Later").click()
        assert first.get_attribute("href") != before
        page.locator("details.filter > summary").click()
        page.locator("#by-type").select_option("turn-failed")
        with page.expect_navigation():
            page.locator("#filter [type=submit]").click()
        assert page.locator("ol.rows a.event").count() > 10
        with page.expect_navigation():
            first.click()
        assert "no JSON in it" in page.locator("main").inner_text()
        assert visit.faults == []
