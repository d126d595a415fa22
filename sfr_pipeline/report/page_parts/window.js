  /* The window of time that all charts over time look through, and the pointer of one: by mouse, and
     by the keys of a chart that has the focus. Included by `charts.js`. */
  const shown = { begin: null, end: null };
  const fields = ["window-begin", "window-end"].map((id) => document.getElementById(id));

  /* First and last day of a chart's rows: no window shows what lies beyond. */
  const spans = new Map();
  const spanOf = (name) => {
    if (!spans.has(name)) {
      const days = Object.values(found[name].rows.table).flatMap((column) =>
        column.filter((value) => /^\d{4}-\d\d-\d\d$/.test(value)));
      days.sort();
      spans.set(name, days.length ? [Date.parse(days[0]), Date.parse(days.at(-1))] : [-Infinity, Infinity]);
    }
    return spans.get(name);
  };
  const look = async (view, name) => {
    const [first, last] = spanOf(name);
    const begin = shown.begin === null || shown.begin <= first || shown.begin >= last ? null : shown.begin;
    const end = shown.end === null || shown.end >= last || shown.end <= first ? null : shown.end;
    try { view.signal("begin", begin).signal("end", end); } catch { return; }
    await view.runAsync();
  };
  /* What is told beside a day ends with what told it: of the keys, when the chart loses the focus. */
  const untell = () => document.getElementById("vg-tooltip-element")?.classList.remove("visible");
  const setWindow = async (begin, end) => {
    Object.assign(shown, { begin, end });
    untell();
    [begin, end].forEach((time, at) => {
      if (fields[at]) fields[at].value = time === null ? "" : new Date(time).toISOString().slice(0, 10);
    });
    await Promise.all([...finished].map(([figure, { view }]) => look(view, figure.dataset.chart)));
  };
  const showYears = (years) => {
    const first = new Date(document.body.dataset.latest);
    first.setUTCFullYear(first.getUTCFullYear() - years);
    return setWindow(years ? +first : null, null);
  };

  /* The axis of time under a place of the page, or of the first part of a chart: the edges of its
     plot on the page, and between days and pixels. None of a chart that is not over time. */
  const axisAt = (plot, drawing, x, y) => {
    const parts = [...plot.querySelectorAll("svg path.background")].map((part) => part.getBoundingClientRect())
      .filter((box) => box.width > 20 && box.height > 20);
    const at = x === undefined ? 0 : parts.findIndex((box) =>
      x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
    const names = (drawing.vgSpec.scales ?? []).filter(({ type }) => type === "utc" || type === "time");
    if (at < 0 || !parts.length || !names.length) return null;
    const scale = drawing.view.scale(names[names.length === parts.length ? at : 0].name);
    const box = parts[at];
    const stretch = box.width / (scale.range()[1] - scale.range()[0]);
    return {
      box,
      dayOf: (place) => +scale.invert((place - box.left) / stretch),
      placeOf: (day) => box.left + scale(day) * stretch,
    };
  };

  /* Dragging sets the window to what lies under it; a double click shows all again. */
  const drag = (plot, figure) => {
    let axis = null;
    let from = 0;
    let brush = null;
    let dragged = false;
    plot.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0 || !finished.has(figure)) return;
      dragged = false;
      from = event.clientX;
      axis = axisAt(plot, finished.get(figure), event.clientX, event.clientY);
    });
    window.addEventListener("pointermove", (event) => {
      if (!axis || (!brush && Math.abs(event.clientX - from) < 8)) return;
      if (!brush) {
        brush = document.createElement("div");
        brush.className = "brush";
        plot.append(brush);
      }
      const to = Math.min(Math.max(event.clientX, axis.box.left), axis.box.right);
      brush.style.left = `${Math.min(from, to) - plot.getBoundingClientRect().left}px`;
      brush.style.width = `${Math.abs(to - from)}px`;
    });
    window.addEventListener("pointerup", (event) => {
      if (axis && brush) {
        const to = Math.min(Math.max(event.clientX, axis.box.left), axis.box.right);
        const [first, last] = [from, to].sort((one, other) => one - other);
        setWindow(axis.dayOf(first), axis.dayOf(last));
        dragged = true;
      }
      brush?.remove();
      [axis, brush] = [null, null];
    });
    /* The end of dragging is no click on what lies there. */
    plot.addEventListener("click", (event) => { if (dragged) event.stopPropagation(); }, true);
    plot.addEventListener("dblclick", () => setWindow(null, null));
  };

  /* Keys do what the mouse does: the pointer goes to a day, a legend entry is chosen. */
  const mouse = (target, kinds, x, y) => {
    for (const kind of kinds) {
      const made = kind === "click" ? MouseEvent : PointerEvent;
      target.dispatchEvent(new made(kind, { bubbles: true, clientX: x, clientY: y, view: window }));
    }
  };
  /* Whether and by which column of days a chart answers, to the pointer or to a click. */
  const pick = (day) => document.dispatchEvent(new CustomEvent("pick", { detail: day }));
  const selecting = (spec, wanted) => {
    const own = (spec.params ?? []).find(({ name }) => name === wanted)?.select?.fields?.[0];
    return own ?? [...(spec.layer ?? []), spec.spec].filter(Boolean)
      .map((part) => selecting(part, wanted)).find(Boolean);
  };
  /* The day of each cell in which the pointer snaps, in their order, and where the row is drawn. */
  const cells = (plot, column) => [...plot.querySelectorAll("path")]
    .filter(({ __data__: item }) => item?.isVoronoi && item.datum?.datum?.[column])
    .map((cell) => {
      const box = cell.getBoundingClientRect();
      return { cell, day: +cell.__data__.datum.datum[column], x: box.left + box.width / 2, y: box.top + 20 };
    })
    .sort((one, other) => one.day - other.day);
  const listen = (figure, view) => {
    const column = selecting(found[figure.dataset.chart].spec, "picked");
    if (column) view.addSignalListener("picked", (_, { [column]: days }) => { if (days) pick(+days[0]); });
  };
  const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12, Home: -Infinity, End: Infinity };
  const point = (figure) => {
    const { spec, title } = found[figure.dataset.chart];
    const plot = figure.querySelector(".plot");
    const column = selecting(spec, "at");
    const picks = selecting(spec, "picked");
    if ((spec.params ?? []).some(({ name }) => name === "begin")) drag(plot, figure);
    if (!column) return;
    const told = figure.querySelector(".told");
    let day = Infinity;
    let entry = -1;
    let leave = () => {};
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `${title}: the keys left and right, page up and down, home and end `
      + `tell the values of a day${picks ? ", enter picks its month" : ""}; up and down choose a line of the legend`);
    const goTo = async (step) => {
      const drawing = await draw(figure);
      const places = cells(plot, column);
      if (!places.length) return;
      /* Of as many rows as the step, from the day that was told last. */
      const last = places.findLastIndex((place) => place.day <= day);
      const at = Math.min(Math.max((day === Infinity ? places.length : last) + step, 0), places.length - 1);
      const { cell, x, y } = places[at];
      day = places[at].day;
      leave = () => mouse(cell, ["pointerout"], x, y);
      mouse(cell, ["pointerover", "pointermove"], x, y);
      await drawing.view.runAsync();
      told.textContent = document.getElementById("vg-tooltip-element")?.innerText ?? "";
    };
    const choose = (step) => {
      const entries = [...plot.querySelectorAll(".role-legend-label text")];
      if (!entries.length) return;
      entry = (Math.max(entry, step < 0 ? 0 : -1) + step + entries.length) % entries.length;
      const box = entries[entry].getBoundingClientRect();
      mouse(entries[entry], ["click"], box.left + 1, box.top + 1);
      told.textContent = entries[entry].textContent;
    };
    plot.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      const line = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step) goTo(step);
      else if (line) choose(line);
      else if (event.key === "Enter" && picks && day !== Infinity) pick(day);
      else return;
      event.preventDefault();
    });
    for (const end of ["blur", "wheel"]) plot.addEventListener(end, () => { leave(); untell(); }, { passive: true });
  };

  fields.forEach((field) => field?.addEventListener("change", () => {
    setWindow(...fields.map((one) => (one.value ? Date.parse(one.value) : null)));
  }));
  for (const button of document.querySelectorAll("[data-years]")) {
    button.addEventListener("click", () => showYears(Number(button.dataset.years)));
  }
