// Follows a run: each event moves the progress bar, and every few seconds the page is redrawn.
const page = document.querySelector("[data-page=run]");
const REDRAW = 3000;
let drawnAt = Date.now();
let redrawing = false;

async function redraw() {
  if (redrawing) return null;
  redrawing = true;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) return null;
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const selector of ["#story", ".page-head"]) {
      const open = [...document.querySelectorAll(`${selector} details`)].map((one) => one.open);
      document.querySelector(selector).replaceWith(document.adoptNode(next.querySelector(selector)));
      document.querySelectorAll(`${selector} details`).forEach((one, index) => {
        one.open = open[index] ?? false;
      });
    }
    drawnAt = Date.now();
    return next.querySelector("[data-page=run]").dataset.live === "true";
  } finally {
    redrawing = false;
  }
}

function move({ stage, step, of }) {
  const row = document.querySelector(`.stage[data-stage="${CSS.escape(stage ?? "")}"]`);
  const meter = row?.querySelector("progress");
  if (meter && of) meter.value = (100 * step) / of;
  if (!meter || Date.now() - drawnAt > REDRAW) redraw();
}

if (page?.dataset.live === "true") {
  const events = new EventSource(page.dataset.events);
  events.addEventListener("message", (event) => {
    try {
      move(JSON.parse(event.data));
    } catch { /* not JSON: ignore the line */ }
  });
  events.addEventListener("end", () => {
    events.close();
    redraw();
  });
  // Stages without metrics send no events, so poll for their changes.
  const timer = setInterval(async () => {
    if (Date.now() - drawnAt < 10_000) return;
    if ((await redraw()) === false) {
      clearInterval(timer);
      events.close();
    }
  }, 5000);
}
