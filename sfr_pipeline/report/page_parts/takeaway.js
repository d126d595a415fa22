  /* What a reader takes away from a chart: its rows as a table or CSV, its picture as PNG. Included
     by `charts.js`. */
  const idle = (next) => (window.requestIdleCallback?.(next, { timeout: 200 }) ?? setTimeout(next, 30));
  const ROWS_AT_ONCE = 500;

  /* A spreadsheet would compute a text that begins like a formula. */
  const quoted = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value !== "string") return String(value);
    const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const asCsv = (columns) => {
    const names = Object.keys(columns);
    const lines = records(columns).map((row) => names.map((name) => quoted(row[name])).join(","));
    return `${[names.map(quoted).join(","), ...lines].join("\r\n")}\r\n`;
  };
  const save = (href, name, ending) => {
    const link = document.createElement("a");
    link.href = href;
    link.download = [document.body.dataset.market, name].filter(Boolean).join("_") + ending;
    link.click();
  };

  /* Rows come in parts, so that thousands of them hold nobody up. */
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
    const rows = records(columns);
    const more = () => {
      for (const row of rows.splice(0, ROWS_AT_ONCE)) {
        const line = body.insertRow();
        for (const name of names) {
          const cell = line.insertCell();
          cell.textContent = row[name] ?? "–";
          if (typeof row[name] === "number") cell.className = "n";
        }
      }
      if (rows.length) setTimeout(more);
      else table.dataset.complete = "yes";
    };
    more();
    return table;
  };

  /* A picture that is alone says itself what it shows, and whether any of it happened. */
  const asPng = async (figure) => {
    const { chart: name } = figure.dataset;
    const aside = document.createElement("div");
    aside.className = "aside";
    aside.style.width = `${figure.querySelector(".picture").clientWidth}px`;
    figure.append(aside);
    const spec = specification(name, aside.clientWidth);
    const synthetic = "synthetic" in document.body.dataset;
    spec.title = { text: found[name].title, anchor: "start", subtitle: synthetic ? "SYNTHETIC DATA" : "" };
    const { view, finalize } = await embed(aside, spec);
    await look(view, name);
    const address = await view.toImageURL("png", 2);
    finalize();
    aside.remove();
    return address;
  };

  const furnish = (figure) => {
    const name = figure.dataset.chart;
    const chart = found[name];
    const rows = figure.querySelector(".rows");
    /* Room for what is yet to be drawn, so that a link into the page stays where it led. */
    figure.querySelector(".plot").style.minHeight = `${Number(chart.spec.height) || 64}px`;
    const button = figure.querySelector(".as-table");
    const show = (open) => {
      button.setAttribute("aria-expanded", String(open));
      rows.hidden = !open;
      if (open && !rows.firstChild) rows.append(asTable(chart.rows.table, chart.title));
    };
    button.addEventListener("click", () => show(rows.hidden));
    figure.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || rows.hidden) return;
      show(false);
      button.focus();
    });
    figure.querySelector(".as-csv").addEventListener("click", () => {
      /* The mark in front tells a spreadsheet that the text is UTF-8. */
      const address = URL.createObjectURL(new Blob(["\ufeff", asCsv(chart.rows.table)], { type: "text/csv" }));
      save(address, name, ".csv");
      setTimeout(() => URL.revokeObjectURL(address), 10000);
    });
    figure.querySelector(".as-png").addEventListener("click", async () => {
      save(await asPng(figure), name, ".png");
    });
  };
