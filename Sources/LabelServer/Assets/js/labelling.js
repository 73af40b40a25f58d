// The way from prompt to prompt, without a flash. Everything works without this script; with it,
// ranking is quick and nothing is lost.
import { LabellingPage } from "./labelling-page.js";
import { fill } from "./status-line.js";

const $ = (selector, root = document) => root.querySelector(selector);

let page = null;
let today = 0;

const navigator = {
  async fetchPage(url, method = "GET") {
    const response = await fetch(url, { method, headers: { accept: "text/html" } });
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    return $("#main #judgement", next) ? { document: next, url: response.url } : null;
  },

  async visit(url, { method = "GET", ...choices } = {}) {
    let next = null;
    try {
      next = await navigator.fetchPage(url, method);
    } catch { /* the browser says best that there is no connection */ }
    if (!next) {
      // A claim that led nowhere leads to the page that says why.
      if (method === "GET") location.assign(url);
      else post(url);
      return;
    }
    today = JSON.parse($("#judgement", next.document).dataset.state).today;
    navigator.show(next, choices);
  },

  show({ document: next, url }, { saved = false, ...choices } = {}) {
    page?.close();
    $("#main").replaceWith(document.adoptNode($("#main", next)));
    const ends = [$(".bar-end"), $(".bar-end", next)];
    if (ends[0] && ends[1]) ends[0].replaceWith(document.adoptNode(ends[1]));
    document.title = next.title;
    history.pushState(null, "", url);
    scrollTo(0, 0);
    start(choices);
    showToday();
    if (saved) page?.statusLine.saved("saved");
    // Who does not see the page turn hears which prompt this is.
    $("#prompt-title")?.focus({ preventScroll: true });
  },

  count() {
    today += 1;
  },
};

function post(url) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: url });
  document.body.append(form);
  form.submit();
}

function showToday() {
  const line = $(".bar-end .today");
  if (!line || !page) return;
  const sentence = page.strings[today === 1 ? "today.one" : "today.other"];
  line.textContent = fill(sentence ?? page.strings["today.other"], { count: today });
}

function start(choices = {}) {
  const form = $("#judgement");
  page = form ? new LabellingPage(form, navigator, choices) : null;
}

addEventListener("popstate", () => location.reload());
start();
performance.mark("plumbline.ready");
today = page?.state.today ?? 0;
