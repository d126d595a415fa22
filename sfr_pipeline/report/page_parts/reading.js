  /* What holds for the whole page: on a phone, on paper, by keyboard. Included by `charts.js`. */
  const PHONE_YEARS = 10;
  /* Of pixels in a chart to those on paper: its letters become as large as the text beside it. */
  const PAPER_WIDTH = 703;
  const PAPER_SCALE = 0.75;

  /* A table that is wider than its place scrolls there, and by keyboard too. */
  const fold = () => {
    for (const table of document.querySelectorAll("main table")) {
      let around = table.closest(".scroll, .rows");
      if (!around) {
        around = document.createElement("div");
        around.className = "scroll";
        table.replaceWith(around);
        around.append(table);
      }
      if (around.hasAttribute("tabindex")) continue;
      around.tabIndex = 0;
      around.setAttribute("role", "region");
      const heading = table.closest("section")?.querySelector("h2");
      const before = [...(table.closest("section")?.querySelectorAll("h2, h3, summary") ?? [])]
        .filter((one) => one.compareDocumentPosition(table) & Node.DOCUMENT_POSITION_FOLLOWING).pop();
      around.setAttribute("aria-label", `Table: ${(table.caption ?? before ?? heading)?.textContent.trim() ?? ""}`);
    }
  };

  const settle = () => {
    fold();
    document.addEventListener("month", fold);
    /* A phone shows what an eye can part, up to the present. */
    if (phone.matches && fields[0]) showYears(PHONE_YEARS);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") untell();
    });
  };

  let width = window.innerWidth;
  let onPhone = phone.matches;
  window.addEventListener("resize", () => {
    if (Math.abs(window.innerWidth - width) < 2) return;
    width = window.innerWidth;
    for (const figure of figures) {
      if (onPhone !== phone.matches || parted(found[figure.dataset.chart].spec)) redraw(figure);
    }
    onPhone = phone.matches;
  });

  /* On paper a chart is as wide as its place there, and nothing is folded away. */
  const closed = new Set();
  const widths = new Map();
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      closed.add(details);
    }
    for (const [figure, { view }] of finished) {
      if (parted(found[figure.dataset.chart].spec)) continue;
      widths.set(view, view.width());
      view.width(PAPER_WIDTH / PAPER_SCALE * (figure.closest(".columns") ? 0.5 : 1)).run();
    }
  });
  window.addEventListener("afterprint", () => {
    closed.forEach((details) => { details.open = false; });
    closed.clear();
    widths.forEach((before, view) => view.width(before).run());
    widths.clear();
  });
