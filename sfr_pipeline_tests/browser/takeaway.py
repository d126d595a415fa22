"""What a reader takes away from a chart: its rows as CSV and as a table, its picture."""

import io
import json

import pandas as pd

PNG = b"\x89PNG\r\n\x1a\n"
# What a button hands to the browser, held back.
HOLD = """() => {
  const [make, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
  window.held = { release: () => {
    URL.createObjectURL = make;
    HTMLAnchorElement.prototype.click = click;
  } };
  URL.createObjectURL = (blob) => { window.held.blob = blob; return make.call(URL, blob); };
  HTMLAnchorElement.prototype.click = () => {};
}"""


def saved_csv(opened, name):
    """The CSV that a chart gives away."""
    with opened.page.expect_download() as download:
        opened.figure(name).locator(".as-csv").click()
    path = download.value.path()
    assert download.value.suggested_filename.endswith(f"_{name}.csv")
    return pd.read_csv(
        io.BytesIO(path.read_bytes()), encoding="utf-8-sig", keep_default_na=False, dtype=str
    )


def handed_csv(opened, name):
    """The same without a file: after some files on end Chromium asks whether more are wanted."""
    opened.page.evaluate(HOLD)
    try:
        opened.figure(name).locator(".as-csv").click()
        text = opened.page.evaluate("window.held.blob.text()")
    finally:
        opened.page.evaluate("window.held.release()")
    return pd.read_csv(io.StringIO(text.removeprefix("\ufeff")), keep_default_na=False, dtype=str)


def plain_table(chart):
    """The rows of a chart, each value as a CSV or a table writes it."""
    frame = pd.DataFrame(chart["rows"]["table"], dtype=object)
    return frame.map(
        lambda value: (
            "" if value is None else json.dumps(value) if isinstance(value, bool) else value
        )
    )


def _same(read, chart, name):
    held = plain_table(chart)
    assert list(read.columns) == list(held.columns), name
    assert len(read) == len(held), name
    for column in held:
        for one, other in zip(read[column], held[column], strict=True):
            if isinstance(other, int | float):
                assert float(one) == other, f"{name}, {column}"
            else:
                # A text that begins like a formula is told apart from one by an apostrophe.
                assert one.removeprefix("'") == other.removeprefix("'"), f"{name}, {column}"
                assert not one.startswith(("=", "+", "@", "\t")), f"{name}, {column}"


def check_csv(opened, names=None):
    """The CSV of each chart holds what the chart holds."""
    charts = opened.charts
    first, *others = names or charts
    _same(saved_csv(opened, first), charts[first], first)
    for name in others:
        _same(handed_csv(opened, name), charts[name], name)


def check_png(opened, names):
    """Charts are saved as pictures."""
    for name in names:
        with opened.page.expect_download() as download:
            opened.figure(name).locator(".as-png").click()
        assert download.value.suggested_filename.endswith(f"_{name}.png")
        picture = download.value.path().read_bytes()
        assert picture.startswith(PNG)
        assert len(picture) > 2000, name


def check_tables(opened, names=None):
    """The table behind each chart opens with its rows, by keyboard, and Escape closes it."""
    charts = opened.charts
    for name in names or charts:
        figure = opened.figure(name)
        button = figure.locator(".as-table")
        button.focus()
        opened.page.keyboard.press("Enter")
        table = figure.locator(".rows table[data-complete=yes]")
        table.wait_for()
        cells = table.evaluate(
            "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
        )
        read = pd.DataFrame(cells[1:], columns=cells[0])
        _same_cells(read, charts[name], name)
        opened.page.keyboard.press("Escape")
        assert button.get_attribute("aria-expanded") == "false"
        assert not figure.locator(".rows").is_visible()
        assert button.evaluate("button => button === document.activeElement")


def _same_cells(read, chart, name):
    held = plain_table(chart)
    assert list(read.columns) == list(held.columns), name
    for column in held:
        for one, other in zip(read[column], held[column], strict=True):
            if isinstance(other, int | float):
                assert float(one) == other, f"{name}, {column}"
            else:
                assert one == (other or "–"), f"{name}, {column}"
