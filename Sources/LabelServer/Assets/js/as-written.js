// Shows texts as they were written instead of rendered: one of them, or all texts of a task.
import { singleKeys } from "./keyboard.js";
import { meantKey } from "./keys.js";

const SETTING = "plumbline.asWritten.";

export class AsWritten {
  #switch = document.querySelector("#as-written");
  #texts;
  #sources = null;

  // `root` contains the texts. `onProblem` gets a sentence when they cannot be fetched.
  constructor(root, { onProblem = () => {} } = {}) {
    this.onProblem = onProblem;
    if (!this.#switch) return;
    const path = document.querySelector("#open-guidelines")?.pathname ?? location.pathname;
    this.setting = SETTING + (/\/tasks\/([^/]+)/.exec(path)?.[1] ?? "");
    const label = this.#switch.querySelector("span").textContent;
    this.words = [label, this.#switch.dataset.rendered];
    this.#texts = [...root.querySelectorAll("[data-text]")].map((prose) => this.#prepare(prose));
    this.#switch.setAttribute("role", "button");
    this.#switch.addEventListener("click", this.#clicked);
    addEventListener("keydown", this.#pressed);
    // Without the script, the link has led to the texts as they were written.
    const isWritten = new URLSearchParams(location.search).has("written");
    if (isWritten) this.#switch.hidden = true;
    else if (localStorage.getItem(this.setting) === "on") this.#show(true);
    else this.#mark(false);
  }

  close() {
    removeEventListener("keydown", this.#pressed);
  }

  // Returns whether there is anything to show.
  toggle() {
    if (!this.#switch) return false;
    const isOn = this.#switch.getAttribute("aria-pressed") !== "true";
    localStorage.setItem(this.setting, isOn ? "on" : "off");
    this.#show(isOn);
    return true;
  }

  #clicked = (event) => {
    event.preventDefault();
    this.toggle();
  };

  #pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey || !singleKeys() || meantKey(event).key !== "M") return;
    if (event.target.matches?.(TYPING) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.toggle();
  };

  // Each answer has its own button; the turns before it change with all texts.
  #prepare(prose) {
    if (prose.closest(".message")) return { prose, button: null, rendered: null };
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "linklike as-written-one" });
    const text = { prose, button, rendered: null };
    button.addEventListener("click", () => this.#turn([text], !text.rendered));
    prose.after(button);
    this.#label(text);
    return text;
  }

  async #show(isOn) {
    if (await this.#turn(this.#texts, isOn)) this.#mark(isOn);
  }

  #mark(isOn) {
    this.#switch.setAttribute("aria-pressed", String(isOn));
    this.#switch.querySelector("span").textContent = this.words[isOn ? 1 : 0];
  }

  // Returns whether the texts are shown as wanted.
  async #turn(texts, isWritten) {
    try {
      if (isWritten) this.#sources ??= await fetchSources();
    } catch {
      this.onProblem(this.#switch.dataset.unavailable);
      return false;
    }
    for (const text of texts) {
      if (isWritten === Boolean(text.rendered)) continue;
      const { prose } = text;
      if (isWritten) {
        const source = this.#sources[this.#texts.indexOf(text)];
        if (!source) continue;
        text.rendered = [...prose.childNodes];
        prose.replaceChildren(...source.cloneNode(true).childNodes);
      } else {
        prose.replaceChildren(...text.rendered);
        text.rendered = null;
      }
      this.#label(text);
    }
    return true;
  }

  #label({ button, rendered }) {
    if (!button) return;
    button.textContent = this.words[rendered ? 1 : 0];
    button.setAttribute("aria-pressed", String(Boolean(rendered)));
  }
}

const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]";

// The same page with its texts as they were written.
async function fetchSources() {
  const url = new URL(location.href);
  url.searchParams.set("written", "1");
  const response = await fetch(url, { headers: { accept: "text/html" } });
  if (!response.ok) throw new Error(String(response.status));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return [...page.querySelectorAll("[data-text]")];
}
