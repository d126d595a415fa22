/* Draws the charts of the page, and what can be done with one: tell values, zoom, save, read as a
   table. All charts over time look through one window of time. No text of the data becomes markup. */
"use strict";
(() => {
  const found = JSON.parse(document.getElementById("charts").textContent);
  const views = new Map();
  const shown = { begin: null, end: null };
  const narrow = () => window.matchMedia("(max-width: 40rem)").matches;

  const records = (columns) => {
    const names = Object.keys(columns);
    const count = names.length ? columns[names[0]].length : 0;
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(names.map((name) => [name, columns[name][row]])));
  };

  /* Views of several parts have no width of their container: each part gets its share. */
  const widen = (spec, width) => {
    if (spec.spec) {
      spec.columns = narrow() ? 1 : spec.columns;
      spec.spec.width = Math.max(Math.floor(width / (spec.columns || 1)) - 50, 60);
    } else if (spec.hconcat || spec.concat) {
      const parts = spec.hconcat || spec.concat;
      const columns = narrow() ? 1 : spec.columns || parts.length;
      if (spec.hconcat) { spec.concat = parts; delete spec.hconcat; }
      spec.columns = columns;
      for (const part of parts) widen(part, Math.floor(width / columns) - 20);
    } else if (spec.vconcat) {
      for (const part of spec.vconcat) widen(part, width);
    } else if (spec.width !== "container") {
      spec.width = Math.max(width - 60, 60);
    }
  };

  const draw = async (figure) => {
    const name = figure.dataset.chart;
    if (views.has(name)) return views.get(name);
    const plot = figure.querySelector(".plot");
    const chart = found[name];
    const spec = structuredClone(chart.spec);
    spec.datasets = Object.fromEntries(
      Object.entries(chart.rows).map(([rows, columns]) => [rows, records(columns)]));
    if (spec.spec || spec.hconcat || spec.concat || spec.vconcat) widen(spec, plot.clientWidth);
    else if (spec.width !== "container") spec.width = "container";
    spec.autosize = { type: spec.width === "container" ? "fit-x" : "pad", contains: "padding" };
    if (narrow()) spec.config.legend.columns = 1;
    const drawing = window.vegaEmbed(plot, spec, { actions: false, renderer: "svg", ast: false });
    views.set(name, drawing);
    const { view } = await drawing;
    plot.querySelector("svg")?.setAttribute("aria-hidden", "true");
    drag(plot, view);
    await look(view);
    figure.dataset.drawn = "yes";
    return drawing;
  };

  /* The window of time. */
  const look = async (view) => {
    try { view.signal("begin", shown.begin).signal("end", shown.end); } catch { return; }
    await view.runAsync();
  };
  const scaleOf = (view) => { try { return view.scale("x"); } catch { return null; } };

  const setWindow = async (begin, end) => {
    Object.assign(shown, { begin, end });
    const field = (id, time) => {
      const input = document.getElementById(id);
      if (input) input.value = time === null ? "" : new Date(time).toISOString().slice(0, 10);
    };
    field("window-begin", begin);
    field("window-end", end);
    await Promise.all([...views.values()].map(async (drawing) => look((await drawing).view)));
  };

  /* Dragging over a chart sets the window to what lies under it; a double click shows all again. */
  const drag = (plot, view) => {
    const scale = scaleOf(view);
    if (!scale?.invert || !(scale.domain()[0] instanceof Date)) return;
    const place = (event) => event.clientX - plot.getBoundingClientRect().left - view.origin()[0];
    let from = null;
    let brush = null;
    const clear = () => { brush?.remove(); brush = null; from = null; };
    plot.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button === 0) from = place(event);
    });
    window.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const to = place(event);
      if (!brush) {
        brush = document.createElement("div");
        brush.className = "brush";
        plot.append(brush);
      }
      brush.style.left = `${Math.min(from, to) + view.origin()[0]}px`;
      brush.style.width = `${Math.abs(to - from)}px`;
    });
    window.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const [first, last] = [from, place(event)].sort((one, other) => one - other);
      clear();
      if (last - first < 8) return;
      const now = scaleOf(view);
      setWindow(+now.invert(first), +now.invert(last));
    });
    plot.addEventListener("dblclick", () => setWindow(null, null));
  };

  /* What a reader takes away. */
  const quoted = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value !== "string") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const asCsv = (columns) => {
    const names = Object.keys(columns);
    const lines = records(columns).map((row) => names.map((name) => quoted(row[name])).join(","));
    return `${[names.map(quoted).join(","), ...lines].join("\r\n")}\r\n`;
  };
  const save = (href, name) => {
    const link = document.createElement("a");
    link.href = href;
    link.download = name;
    link.click();
  };

  const asTable = (columns, title) => {
    const table = document.createElement("table");
    table.createCaption().textContent = title;
    const head = table.createTHead().insertRow();
    const names = Object.keys(columns);
    for (const name of names) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of records(columns)) {
      const line = body.insertRow();
      for (const name of names) {
        const cell = line.insertCell();
        cell.textContent = row[name] ?? "–";
        if (typeof row[name] === "number") cell.className = "n";
      }
    }
    return table;
  };

  const furnish = (figure) => {
    const name = figure.dataset.chart;
    const chart = found[name];
    const table = figure.querySelector(".rows");
    figure.querySelector(".as-csv").addEventListener("click", () => {
      const file = new Blob(["\ufeff", asCsv(chart.rows.table)], { type: "text/csv" });
      const address = URL.createObjectURL(file);
      save(address, `${document.body.dataset.market}_${name}.csv`);
      URL.revokeObjectURL(address);
    });
    figure.querySelector(".as-png").addEventListener("click", async () => {
      const { view } = await draw(figure);
      save(await view.toImageURL("png", 2), `${document.body.dataset.market}_${name}.png`);
    });
    figure.querySelector(".as-table").addEventListener("click", (event) => {
      const button = event.currentTarget;
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      table.hidden = open;
      if (!open && !table.firstChild) table.append(asTable(chart.rows.table, chart.title));
    });
  };

  const figures = [...document.querySelectorAll("figure[data-chart]")];
  figures.forEach(furnish);

  /* What is in view is drawn first, the rest while the page is idle, so that printing finds all. */
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "200px" });
  figures.forEach((figure) => seen.observe(figure));
  const idle = window.requestIdleCallback ?? ((next) => setTimeout(next, 30));
  const rest = async () => {
    const next = figures.find((figure) => !views.has(figure.dataset.chart));
    if (next) {
      await draw(next);
      idle(rest);
    } else {
      await Promise.all(views.values());
      document.body.dataset.drawn = "all";
    }
  };
  idle(rest);

  /* Buttons and fields of the window. */
  const inputs = ["window-begin", "window-end"].map((id) => document.getElementById(id));
  const timeOf = (input) => (input?.value ? Date.parse(input.value) : null);
  for (const input of inputs) {
    input?.addEventListener("change", () => setWindow(timeOf(inputs[0]), timeOf(inputs[1])));
  }
  for (const button of document.querySelectorAll("[data-years]")) {
    button.addEventListener("click", () => {
      const years = Number(button.dataset.years);
      const last = new Date(document.body.dataset.latest);
      if (!years) { setWindow(null, null); return; }
      const first = new Date(last);
      first.setUTCFullYear(last.getUTCFullYear() - years);
      setWindow(+first, null);
    });
  }
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (Math.abs(window.innerWidth - width) < 2) return;
    width = window.innerWidth;
    for (const figure of figures) {
      const drawing = views.get(figure.dataset.chart);
      if (!drawing) continue;
      const { spec } = found[figure.dataset.chart];
      if (spec.spec || spec.hconcat || spec.concat || spec.vconcat) {
        views.delete(figure.dataset.chart);
        drawing.then(({ finalize }) => { finalize(); draw(figure); });
      }
    }
  });
})();
