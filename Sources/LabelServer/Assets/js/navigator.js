// Leads from prompt to prompt without a flash, and counts today's judgements.
import { LabellingPage } from "./labelling-page.js";
import { counted } from "./status-line.js";

const $ = (selector, root = document) => root.querySelector(selector);

export class PromptNavigator {
  #page = null;
  #today = 0;

  constructor() {
    this.#start();
    this.#today = this.#page?.state.today ?? 0;
  }

  async fetchPage(url, method = "GET") {
    const response = await fetch(url, { method, headers: { accept: "text/html" } });
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    return $("#main #judgement", next) ? { document: next, url: response.url } : null;
  }

  // Shows the page at an address. Without a connection the browser's own page explains it, or, with
  // `stays`, this page stays; returns whether it does.
  async visit(url, { method = "GET", stays = false, ...choices } = {}) {
    let next = null;
    try {
      next = await this.fetchPage(url, method);
    } catch {
      if (stays) return true;
    }
    if (!next) {
      // Where no prompt is left, the page says why.
      if (method === "GET") location.assign(url);
      else post(url);
      return false;
    }
    this.#today = JSON.parse($("#judgement", next.document).dataset.state).today;
    this.show(next, choices);
    return false;
  }

  show({ document: next, url }, { saved = false, message = "", ...choices } = {}) {
    this.#page?.close();
    $("#main").replaceWith(document.adoptNode($("#main", next)));
    const ends = [$(".bar-end"), $(".bar-end", next)];
    if (ends[0] && ends[1]) ends[0].replaceWith(document.adoptNode(ends[1]));
    document.title = next.title;
    history.pushState(null, "", url);
    scrollTo(0, 0);
    this.#start(choices);
    this.#showToday();
    if (saved) this.#page?.statusLine.saved("saved");
    if (message) this.#page?.statusLine.say(message, "warn");
    // Move focus to the heading so that screen readers announce the new prompt.
    $("#prompt-title")?.focus({ preventScroll: true });
  }

  // Counts one more judgement of today; the next page shows it, or this one at once.
  count({ shows = false } = {}) {
    this.#today += 1;
    if (shows) this.#showToday();
  }

  #start(choices = {}) {
    const form = $("#judgement");
    this.#page = form ? new LabellingPage(form, this, choices) : null;
  }

  #showToday() {
    const line = $(".bar-end .today");
    if (!line || !this.#page) return;
    line.textContent = counted(this.#page.strings, "today", this.#today);
  }
}

function post(url) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: url });
  document.body.append(form);
  form.submit();
}
