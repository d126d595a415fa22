"""What every chart of a page must stand: drawn, pointed at, zoomed, by mouse and by keys."""

import itertools
import re
from dataclasses import dataclass

import pandas as pd

DRAWN = "path, rect, text, circle"
# Places of a chart over time that are pointed at, as shares of its width.
PLACES = (0.08, 0.3, 0.5, 0.7, 0.95)
# Marks of another chart that are pointed at.
N_MARKS = 5
# Movements until a chart must have told something, and how long each waits.
N_TRIES = 100
WAIT_MS = 100
# How the grammar's pointer writes a day and a value, and one that is not there.
TOLD_DAY = r"utcFormat\(toDate\(datum(?:\['|\.)(\w+)(?:'\])?\), '(.*?)'\)"
TOLD_VALUE = r"format\(datum\[\"(.*?)\"\], '\.(\d)f'\)"
NOTHING = "–"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
TOLD = """() => {
  const tip = document.getElementById('vg-tooltip-element');
  if (!tip || !tip.classList.contains('visible')) return null;
  return [...tip.querySelectorAll('tr')].map(
    (row) => [...row.cells].map((cell) => cell.textContent));
}"""
# Whether what is told lies between the pointer and the chart.
CATCHES = """() => {
  const tip = document.getElementById('vg-tooltip-element');
  const { left, top, width, height } = tip.getBoundingClientRect();
  return tip.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""
# Words of a picture that begin or end outside of it. Those of a line stand on its edge, and more.
CUT = """(figure) => {
  const frame = figure.querySelector('.plot svg').getBoundingClientRect();
  return [...figure.querySelectorAll('.plot svg text')].filter((word) => {
    const box = word.getBoundingClientRect();
    const seen = word.textContent.trim() && Number(getComputedStyle(word).opacity) > 0;
    return seen && (box.left < frame.left - 3 || box.right > frame.right + 3
      || box.top < frame.top - 3 || box.bottom > frame.bottom + 3);
  }).map((word) => word.textContent);
}"""
MARKS = """(figure) => [...figure.querySelectorAll('.plot [class*="mark-"] > *')]
  .filter((mark) => mark.__data__?.tooltip && !mark.closest('.background'))
  .map((mark) => mark.getBoundingClientRect())
  .filter((box) => box.width + box.height > 0.5)
  .map((box) => [box.left, box.top, box.width, box.height])"""


def check_drawn(opened):
    """Every chart that the page holds has its figure and its picture, with words for who can't see.

    Returns:
        Names of the charts.
    """
    charts = opened.charts
    for name, chart in charts.items():
        figure = opened.figure(name)
        assert figure.count() == 1, f"{name}: shown {figure.count()} times"
        picture = figure.locator(".plot svg[role=img]")
        assert picture.count() == 1, f"{name}: not drawn"
        assert picture.locator(DRAWN).count() > 2, f"{name}: empty"
        box = picture.bounding_box()
        assert box["width"] > 100, f"{name}: {box}"
        assert box["height"] > 20, f"{name}: {box}"
        assert figure.evaluate(CUT) == [], f"{name}: words that are cut"
        for attribute in ("aria-labelledby", "aria-describedby"):
            words = figure.locator(f"#{picture.get_attribute(attribute)}").inner_text()
            assert words.strip(), f"{name}: {attribute} without words"
        assert figure.locator("figcaption").inner_text().startswith(chart["title"])
    shown = opened.page.locator("figure[data-chart]").count()
    assert shown == len(charts), "a figure without a chart"
    return list(charts)


def _parts(spec):
    """A specification and all that it is made of."""
    yield spec
    for part in ("layer", "hconcat", "vconcat", "concat"):
        for inner in spec.get(part, ()):
            yield from _parts(inner)
    if "spec" in spec:
        yield from _parts(spec["spec"])


@dataclass(frozen=True)
class Pointer:
    """What follows the pointer over a chart: its column of days, how it writes them, its values.

    Attributes:
        column: of days.
        day: how one is written.
        values: columns and digits behind the point, by what each is called.
    """

    column: str
    day: str
    values: dict[str, tuple[str, int]]


def pointers(spec):
    """Those of a chart, which has none where it isn't over time."""
    found = []
    for part in _parts(spec):
        words = {
            step["as"]: step["calculate"]
            for step in part.get("transform", ())
            if "calculate" in step
        }
        told = [one["field"] for one in part.get("encoding", {}).get("tooltip", ())]
        if not told or any(one not in words or not one.startswith("told_") for one in told):
            continue
        column, day = re.fullmatch(TOLD_DAY, words["told_day"]).groups()
        values = {
            tooltip["title"]: re.search(TOLD_VALUE, words[tooltip["field"]]).groups()
            for tooltip in part["encoding"]["tooltip"][1:]
        }
        found.append(
            Pointer(column, day, {name: (at, int(digits)) for name, (at, digits) in values.items()})
        )
    return found


def number_of(text):
    """A number as a tooltip writes it."""
    return float(text.replace("\N{MINUS SIGN}", "-").replace(",", "").rstrip(" %"))


def _pointed(opened, across, down):
    """What is told where the pointer is moved to, which waits as a hand does.

    A chart that is being drawn anew misses a movement, and nothing follows one that has ended: the
    pointer is moved a little until something is told.
    """
    page = opened.page
    _leave(page, across, down)
    for tries in range(N_TRIES):
        page.mouse.move(across + tries % 2, down)
        page.wait_for_timeout(WAIT_MS * (tries > 0))
        if told := page.evaluate(TOLD):
            return dict(told)
    raise AssertionError(f"nothing is told at {across:.0f}, {down:.0f}")


def _leave(page, across, down):
    """Move the pointer away, and again where a chart that was being drawn anew missed it."""
    for tries in range(N_TRIES):
        page.mouse.move(1, 1)
        page.wait_for_timeout(WAIT_MS * (tries > 0))
        if not page.evaluate(TOLD):
            return
        page.mouse.move(across, down)
    raise AssertionError("what was told is told for ever")


def _plot(figure):
    """Edges of the plot of a chart, its axes left out."""
    boxes = [box.bounding_box() for box in figure.locator(".plot svg path.background").all()]
    return max((box for box in boxes if box), key=lambda box: box["width"] * box["height"])


def window_of(opened):
    """First and last day of the window of time, empty where all is shown."""
    fields = (opened.page.locator(f"#window-{edge}") for edge in ("begin", "end"))
    return [field.input_value() if field.count() else "" for field in fields]


def in_view(opened, name):
    """The figure of a chart, scrolled to the middle of the window."""
    figure = opened.figure(name)
    figure.locator(".plot").evaluate(
        "plot => plot.scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    return figure


def check_pointer(opened, name, table=None):
    """A chart over time tells at five places the values of the day that is nearest to each.

    Args:
        opened: the page.
        name: of the chart.
        table: its rows from elsewhere, such as the warehouse; of none, those of the page.

    Returns:
        The days that were told, in the order of the places.
    """
    chart = opened.charts[name]
    rows = pd.DataFrame(chart["rows"]["table"]) if table is None else table
    plot = _plot(in_view(opened, name))
    told = []
    for place in PLACES:
        lines = _pointed(
            opened, plot["x"] + place * plot["width"], plot["y"] + 0.6 * plot["height"]
        )
        # Parts of a chart may have the same pointer, each its own.
        own = [one for one in pointers(chart["spec"]) if {"at", *one.values} == set(lines)]
        assert own, f"{name}: {lines}"
        pointer = own[0]
        told.append(_day_of(lines, pointer, rows, name))
    opened.page.mouse.move(1, 1)
    assert told == sorted(told), f"{name}: {told}"
    if len(pointers(chart["spec"])) == 1:
        _check_places(opened, told, pd.to_datetime(rows[pointer.column]), name)
    return told


def _day_of(lines, pointer, rows, name):
    """The day that is told, with the values that the rows have of it."""
    days = pd.to_datetime(rows[pointer.column])
    at = rows[days.dt.strftime(pointer.day) == lines["at"]]
    assert len(at), f"{name}: {lines['at']} is no day of its rows"
    for called, (column, digits) in pointer.values.items():
        held = at[column].dropna().astype(float)
        if lines[called] == NOTHING:
            assert len(held) < len(at), f"{name}: {lines}, not {held.to_list()}"
        else:
            apart = (held - number_of(lines[called])).abs().min()
            assert apart <= 0.501 * 10.0**-digits, f"{name}: {lines}, not {held.to_list()}"
    return days[at.index[0]]


def _check_places(opened, told, days, name):
    """Days are those that are shown at the places that were pointed at."""
    begin, end = window_of(opened)
    shown = days[days.between(begin or days.min(), end or days.max())].drop_duplicates()
    first, last = shown.min(), shown.max()
    widest = shown.sort_values().diff().max()
    for day, place in zip(told, PLACES, strict=True):
        apart = abs(day - (first + place * (last - first)))
        assert apart <= widest / 2 + 0.03 * (last - first), f"{name}: {day:%Y-%m-%d} at {place}"


def check_marks(opened, name):
    """Marks that no pointer snaps to, such as bars, tell something where they are met.

    Returns:
        What each told, by its labels.
    """
    figure = in_view(opened, name)
    boxes = figure.evaluate(MARKS)
    assert boxes, f"{name}: nothing in it answers the pointer"
    told = []
    for left, top, width, height in boxes[:: -(-len(boxes) // N_MARKS)]:
        opened.page.mouse.move(1, 1)
        opened.page.mouse.move(left + width / 2, top + height / 2)
        told.append(opened.page.evaluate(TOLD))
    opened.page.mouse.move(1, 1)
    told = [lines for lines in told if lines]
    assert told, f"{name}: no mark told anything"
    return [dict(lines) for lines in told]


def check_hovers(opened):
    """Every chart answers the pointer; returns the names of those over time."""
    over_time = []
    for name, chart in opened.charts.items():
        if set(chart["rows"]["table"]) == {"why"}:
            continue
        if pointers(chart["spec"]):
            check_pointer(opened, name)
            over_time.append(name)
        else:
            check_marks(opened, name)
    return over_time


def domains(opened):
    """Labels of the axes of each chart over time, by its name."""
    found = {}
    for name, chart in opened.charts.items():
        if any(param["name"] == "begin" for param in chart["spec"].get("params", ())):
            labels = opened.figure(name).locator(".role-axis-label text")
            found[name] = sorted(labels.all_text_contents())
    return found


def _cut_by(window, chart):
    """Whether a chart has days within the window and others beyond it; of none it shows all."""
    columns = chart["rows"]["table"].values()
    days = [day for column in columns for day in column if DAY.fullmatch(str(day))]
    begin, end = window
    return begin < max(days) and end > min(days) and (begin > min(days) or end < max(days))


def check_zoom(opened, name):
    """Dragging over one chart moves all that are over time; a double click shows all again."""
    before = domains(opened)
    plot = _plot(in_view(opened, name))
    middle = plot["y"] + plot["height"] / 2
    mouse = opened.page.mouse
    mouse.move(plot["x"] + 0.6 * plot["width"], middle)
    mouse.down()
    mouse.move(plot["x"] + 0.7 * plot["width"], middle, steps=4)
    mouse.move(plot["x"] + 0.8 * plot["width"], middle)
    mouse.up()
    chart = opened.charts[name]
    (pointer,) = pointers(chart["spec"])
    days = pd.to_datetime(pd.Series(chart["rows"]["table"][pointer.column]))
    whole = days.max() - days.min()
    for day, place in zip(window_of(opened), (0.6, 0.8), strict=True):
        assert abs(pd.Timestamp(day) - (days.min() + place * whole)) < 0.03 * whole
    moved = domains(opened)
    cut = {name for name in moved if _cut_by(window_of(opened), opened.charts[name])}
    assert name in cut
    assert {name for name, labels in moved.items() if labels != before[name]} == cut
    mouse.dblclick(plot["x"] + 0.5 * plot["width"], middle)
    assert window_of(opened) == ["", ""]
    assert domains(opened) == before


FAINT = """figure => [...figure.querySelectorAll('.mark-line path')]
  .filter(line => Number(line.getAttribute('opacity') ?? 1) < 0.5).length"""


def check_legend(opened, name):
    """A click on the legend shows one line alone, another click all again."""
    figure = in_view(opened, name)
    lines = figure.locator(".mark-line path").count()
    entry = figure.locator(".role-legend-label text").first
    assert figure.evaluate(FAINT) == 0
    entry.click()
    assert figure.evaluate(FAINT) == lines - 1
    entry.click(delay=10)
    assert figure.evaluate(FAINT) == 0


def check_keys(opened, name):
    """The arrow keys tell the values of one day after the other, while the chart has the focus.

    What they told catches no pointer, and is on no paper.
    """
    figure = opened.figure(name)
    plot, told = figure.locator(".plot"), figure.locator(".told")
    plot.focus()
    heard = []
    for key in ("End", "ArrowLeft", "Home", "PageDown"):
        before = told.text_content()
        opened.page.keyboard.press(key)
        opened.page.wait_for_function(
            "([plot, before]) => plot.nextElementSibling.textContent !== before",
            arg=[plot.element_handle(), before],
        )
        heard.append(told.text_content())
    assert all(one != other for one, other in itertools.pairwise(heard))
    assert opened.page.evaluate(TOLD)
    assert opened.page.evaluate(CATCHES) is False
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("#vg-tooltip-element").is_visible()
    opened.page.emulate_media(media="null")
    plot.blur()
    assert opened.page.evaluate(TOLD) is None
    return heard
