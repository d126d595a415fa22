/* One picks a month, and the first two answers change to what was known then. The address follows:
   #month=2008-10, with &to=why for an answer. The fragments come from this page, rendered by the
   templates that rendered what stands in it, so that names in them are text and never markup. */
"use strict";
(() => {
  const bar = document.getElementById("months");
  if (!bar || !window.DecompressionStream) return;
  const [choice, before, after, back, told] = ["month", "month-before", "month-after", "month-latest", "month-told"]
    .map((id) => document.getElementById(id));
  const { latest } = bar.dataset;
  const names = new Map([...choice.options].map(({ value, text }) => [value, text]));
  const months = [...names.keys()].sort();
  const shown = { month: latest, wanted: latest };

  const unpack = async () => {
    const packed = atob(document.getElementById("fragments").textContent);
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  let unpacking = null;
  const fragments = () => (unpacking ??= unpack());

  /* What the address asks for: a month, and a place of the page. */
  const asked = () => {
    const place = location.hash.slice(1);
    const parts = new URLSearchParams(place);
    if (parts.has("month")) return { month: parts.get("month"), to: parts.get("to") };
    return { month: place ? shown.wanted : latest, to: place };
  };
  const address = (month, to) => `month=${month}${to ? `&to=${to}` : ""}`;

  const go = (to) => {
    const place = document.getElementById(to);
    if (!place) return;
    /* As a link does: the keyboard goes on from there. */
    if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
    /* A page that is loaded again would otherwise be put where it was left. */
    history.scrollRestoration = "manual";
    place.scrollIntoView({ behavior: "instant" });
  };

  const show = async (month) => {
    shown.wanted = month;
    choice.value = month;
    before.disabled = month === months[0];
    after.disabled = month === months.at(-1);
    back.hidden = month === latest;
    if (month !== shown.month) {
      const { months: order, parts } = await fragments();
      /* Of two that are picked in haste the last counts. */
      if (shown.wanted !== month) return;
      for (const part of document.querySelectorAll("[data-month-part]")) {
        part.innerHTML = parts[part.dataset.monthPart][order.indexOf(month)];
      }
      shown.month = month;
    }
    bar.dataset.shown = month;
    document.dispatchEvent(new CustomEvent("month", { detail: month }));
  };

  const follow = async () => {
    const { month, to } = asked();
    const known = names.has(month);
    const moved = shown.month !== latest;
    await show(known ? month : latest);
    if (shown.wanted !== shown.month) return;
    if (!known) {
      told.textContent = `There is no month ${month}: they are ${names.get(months[0])} to ${names.get(latest)}.`;
    } else if (month !== latest) {
      told.textContent = `As known at the end of ${names.get(month)}. The other answers speak of ${names.get(latest)}.`;
    } else {
      told.textContent = moved ? `${names.get(month)}, the latest month.` : "";
    }
    if (to) go(to);
  };

  const pick = (month) => { location.hash = address(month); };
  const step = (by) => pick(months[months.indexOf(shown.wanted) + by]);
  choice.addEventListener("change", () => pick(choice.value));
  before.addEventListener("click", () => step(-1));
  after.addEventListener("click", () => step(1));
  back.addEventListener("click", () => { pick(latest); choice.focus(); });
  window.addEventListener("hashchange", follow);

  /* Links within the page keep the month. */
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href^='#']") : null;
    if (!link || shown.wanted === latest) return;
    event.preventDefault();
    const to = link.hash.slice(1);
    if (location.hash === `#${address(shown.wanted, to)}`) go(to);
    else location.hash = address(shown.wanted, to);
  });

  /* A chart asks for the month of a day, in milliseconds: the event "pick" of the document. */
  document.addEventListener("pick", ({ detail }) => {
    const month = new Date(detail).toISOString().slice(0, 7);
    if (names.has(month)) pick(month);
  });

  bar.hidden = false;
  follow();
})();
