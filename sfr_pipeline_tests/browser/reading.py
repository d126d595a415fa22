"""What every page must stand as a whole: aids for who can't see, paper, a phone, no script."""

from sfr_pipeline_tests.browser.paper import n_pages, squeezed, text_of

# All rules of WCAG 2.0 to 2.2 that a machine can check.
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
    "resultTypes": ["violations"],
}
# Lines and cells of pictures, which are hidden from aids, are thousands, and looking at each takes
# minutes; words of pictures stay.
WITHOUT_PATHS = """() => {
  window.whole = [...document.querySelectorAll('.picture svg > g')].map((whole) => {
    const light = whole.cloneNode(true);
    light.querySelectorAll('path').forEach((path) => path.remove());
    whole.replaceWith(light);
    return [light, whole];
  });
}"""
MOST_SHEETS, MOST_BYTES = 12, 3_000_000
HEADS = """() => [...document.querySelectorAll('main th, main summary, main h2, main h3')]
  .filter(head => head.textContent.trim() && !head.closest('.rows'))
  .map(head => head.innerText || head.textContent)"""
# What sticks out of the sheet, or is cut by what it stands in.
CUT = """() => [...document.querySelectorAll('main *')].filter(one => {
  const box = one.getBoundingClientRect();
  const hidden = !box.width || getComputedStyle(one).position === 'absolute' || one.closest('svg');
  const clipped = getComputedStyle(one).overflowX !== 'visible' && !one.closest('svg')
    && one.scrollWidth > one.clientWidth + 1;
  return !hidden && (box.right > document.documentElement.clientWidth + 1 || clipped);
}).map(one => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 60)}`)"""
# By how much the page scrolls sideways, and what reaches over its edge, tables and pictures aside.
SIDEWAYS = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const over = [...document.querySelectorAll('main *')].filter(one =>
    !one.closest('.scroll, .rows, svg, .plot') && getComputedStyle(one).position !== 'absolute'
    && one.getBoundingClientRect().right > clientWidth + 1);
  return [scrollWidth - clientWidth, over.map(one => one.outerHTML.slice(0, 90))];
}"""
# Width of a sheet of A4 between its margins, pixels.
PAPER = 703


def check_quiet(opened):
    """Nothing went wrong, nothing was asked of anybody, no text of the data ran as script."""
    assert opened.errors == [], opened.errors
    assert opened.requests == []
    assert opened.page.evaluate("window.broken") is None


def check_accessible(opened):
    """axe-core finds no violation."""
    from axe_playwright_python.sync_playwright import Axe

    opened.page.evaluate(WITHOUT_PATHS)
    found = Axe().run(opened.page, options=RULES)
    opened.page.evaluate("window.whole.forEach(([light, whole]) => light.replaceWith(whole))")
    assert found.violations_count == 0, found.generate_report()


def check_paper(opened, most_sheets=MOST_SHEETS):
    """On A4 nothing is cut, what was folded away is there, and every head of a table can be read.

    Args:
        opened: the page.
        most_sheets: that it may take; None is any number.

    Returns:
        Sheets that it takes.
    """
    page = opened.page
    heads = page.evaluate(HEADS)
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    text = text_of(pdf)
    missing = [head for head in heads if squeezed(head) not in text]
    assert missing == [], "not on paper"
    sheets = n_pages(pdf)
    assert most_sheets is None or sheets <= most_sheets, f"{sheets} sheets"
    size = page.viewport_size
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    cut = page.evaluate(CUT)
    page.emulate_media(media="null")
    page.set_viewport_size(size)
    assert cut == [], "cut on paper"
    return sheets


def check_phone(opened):
    """Nothing but a table scrolls sideways, and charts are whole and show the present."""
    page = opened.page
    sideways, wide = page.evaluate(SIDEWAYS)
    assert (sideways, wide) == (0, [])
    latest = page.evaluate("document.body.dataset.latest")
    end = page.locator("#window-end")
    assert latest is None or end.input_value() in ("", latest)
    for figure in page.locator("figure[data-chart]").all():
        box = figure.locator(".plot svg").bounding_box()
        assert box["x"] >= 0, box
        assert box["x"] + box["width"] <= page.viewport_size["width"] + 1, box


def check_size(file):
    """A page travels by mail."""
    assert file.stat().st_size <= MOST_BYTES


def check_without_script(opened):
    """Where scripts are off the words and tables are there, and why there is no chart is told."""
    page = opened.page
    assert "Charts are drawn by the page's script" in page.locator("main").inner_text()
    assert page.locator("main table").first.is_visible()
    assert not page.locator(".plot").first.is_visible()
    assert not page.locator(".as-csv").first.is_visible()
