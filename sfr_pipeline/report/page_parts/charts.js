/* Draws the charts of the page. What a reader can do with them stands beside: `window.js` the window
   of time that they share, `takeaway.js` tables and files, `reading.js` what holds for the whole
   page. All are one script, put together here. No text of the data ever becomes markup. */
"use strict";
(() => {
  const found = JSON.parse(document.getElementById("charts").textContent);
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  /* By figure: the promise of its drawing, and the drawing once it is there. */
  const views = new Map();
  const finished = new Map();
  /* Vega's level of what it tells: not what it thinks of the form of a specification. */
  const ERRORS = 1;
  /* Of a picture's width: on paper it is narrower than on a screen. */
  const LEGEND_SHARE = 0.85;
  /* How often a picture is drawn anew until nothing of it is cut. */
  const TRIALS = 5;
  const STACKED = { bottom: { direction: "vertical", anchor: "start" } };
  const phone = window.matchMedia("(max-width: 40rem)");

  const records = (columns) => {
    const names = Object.keys(columns);
    const count = names.length ? columns[names[0]].length : 0;
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(names.map((name) => [name, columns[name][row]])));
  };

  const parted = (spec) => spec.spec || spec.hconcat || spec.concat || spec.vconcat;

  /* Views of several parts have no width of their container: each part gets its share, and one below
     the other the whole where a share is too small to read. */
  const widen = (spec, width, config) => {
    const columnsOf = (wanted) => Math.max(1, Math.min(wanted, Math.floor(width / 170)));
    if (spec.spec) {
      spec.columns = columnsOf(spec.columns || 1);
      spec.spec.width = Math.max(Math.floor(width / spec.columns) - 50, 60);
      config.header.labelLimit = spec.spec.width;
    } else if (spec.hconcat || spec.concat) {
      const parts = spec.hconcat || spec.concat;
      if (spec.hconcat) { spec.concat = parts; delete spec.hconcat; }
      spec.columns = phone.matches ? 1 : columnsOf(spec.columns || parts.length);
      for (const part of parts) widen(part, Math.floor(width / spec.columns) - 20, config);
    } else if (spec.vconcat) {
      for (const part of spec.vconcat) widen(part, width, config);
    } else {
      spec.width = Math.max(width - 60, 60);
    }
  };

  /* Vega-Lite looks for the words of a pointer that snaps to a row in the cell around that row. */
  const nearest = (part) => {
    for (const mark of part.marks ?? []) {
      const { isVoronoi, tooltip } = mark.encode?.update ?? {};
      if (isVoronoi && tooltip?.signal) {
        tooltip.signal = tooltip.signal.replace(/(?<!datum\.)\bdatum\[/g, "datum.datum[");
      }
      nearest(mark);
    }
    return part;
  };

  const specification = (name, width) => {
    const chart = found[name];
    const spec = structuredClone(chart.spec);
    spec.datasets = Object.fromEntries(
      Object.entries(chart.rows).map(([rows, columns]) => [rows, records(columns)]));
    if (parted(spec)) widen(spec, width, spec.config);
    else spec.width = "container";
    /* Labels of another window may be wider: the room of a chart in panels follows them. */
    spec.autosize = parted(spec)
      ? { type: "pad", contains: "padding", resize: true }
      : { type: "fit-x", contains: "padding" };
    /* A picture is one image with words of its own; its marks would be thousands of unread ones. */
    spec.config.aria = false;
    if (phone.matches) {
      /* Names leave half of the width to what they name; the table tells them whole. */
      const [half, third] = [Math.floor(width / 2), Math.floor(width / 3)];
      Object.assign(spec.config.axis, { labelLimit: third });
      Object.assign(spec.config.legend, { columns: 2, labelLimit: half, gradientLength: half, layout: STACKED });
    }
    return spec;
  };

  const draw = (figure) => {
    if (!views.has(figure)) views.set(figure, drawn(figure).catch((error) => failed(figure, error)));
    return views.get(figure);
  };
  /* One chart that can't be drawn takes none of the others with it. */
  const failed = (figure, error) => {
    console.error(figure.dataset.chart, error);
    figure.querySelector(".picture").textContent = "This chart could not be drawn; its table is there.";
  };
  const embed = (picture, spec) => window.vegaEmbed(picture, structuredClone(spec), {
    actions: false, renderer: "svg", logLevel: ERRORS, patch: nearest,
  });
  /* What can be cut is known once it is drawn: a legend that is wider than its picture gets fewer
     columns and several stand one below the other, other words that reach out of the picture get
     room. Returns whether anything was changed. */
  const fitted = (picture, spec, width) => {
    const { legend } = spec.config;
    const boxes = [...picture.querySelectorAll(".role-legend")].map((one) => one.getBoundingClientRect());
    const edge = picture.getBoundingClientRect();
    const wide = boxes.some((box) => box.width > width * LEGEND_SHARE || box.right > edge.right + 1);
    if (wide && legend.columns > 1) { legend.columns -= 1; return true; }
    if (wide && !legend.layout && boxes.length > 1) { legend.layout = STACKED; return true; }
    const frame = picture.querySelector("svg").getBoundingClientRect();
    const out = { left: 0, top: 0, right: 0, bottom: 0 };
    for (const word of picture.querySelectorAll("svg text")) {
      if (word.closest(".role-legend") || !word.textContent.trim() || getComputedStyle(word).opacity === "0") continue;
      const box = word.getBoundingClientRect();
      for (const [side, sign] of [["left", -1], ["top", -1], ["right", 1], ["bottom", 1]]) {
        out[side] = Math.max(out[side], sign * (box[side] - frame[side]));
      }
    }
    if (Math.max(...Object.values(out)) < 2) return false;
    for (const side of ["left", "right"]) out[side] = Math.min(out[side], width / 4);
    const before = typeof spec.padding === "object" ? spec.padding : {};
    spec.padding = Object.fromEntries(
      Object.entries(out).map(([side, missing]) => [side, Math.ceil((before[side] ?? 5) + missing)]));
    return true;
  };
  const drawn = async (figure) => {
    const name = figure.dataset.chart;
    const picture = figure.querySelector(".picture");
    const width = picture.clientWidth;
    const spec = specification(name, width);
    let drawing = await embed(picture, spec);
    for (let trial = 0; trial < TRIALS && fitted(picture, spec, width); trial += 1) {
      drawing.finalize();
      drawing = await embed(picture, spec);
    }
    const svg = picture.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-labelledby", `${name}-title`);
    svg.setAttribute("aria-describedby", `${name}-description`);
    svg.firstElementChild?.setAttribute("aria-hidden", "true");
    await look(drawing.view, name);
    listen(figure, drawing.view);
    finished.set(figure, drawing);
    figure.dataset.drawn = "yes";
    return drawing;
  };
  const redraw = (figure) => {
    const drawing = finished.get(figure);
    if (!drawing) return;
    drawing.finalize();
    untell();
    finished.delete(figure);
    views.delete(figure);
    draw(figure);
  };

{% include "page_parts/window.js" %}

{% include "page_parts/takeaway.js" %}

{% include "page_parts/reading.js" %}

  figures.forEach(furnish);
  figures.forEach(point);
  settle();

  /* What is in view is drawn first, the rest while the page is idle, so that printing finds all soon. */
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  });
  figures.forEach((figure) => seen.observe(figure));
  const rest = async () => {
    const next = figures.find((figure) => !views.has(figure));
    if (next) {
      await draw(next);
      idle(rest);
    } else {
      await Promise.all(views.values());
      document.body.dataset.drawn = "all";
    }
  };
  idle(rest);
})();
