// What the page says: on its message line, in the bar, and to screen readers.
const $ = (selector) => document.querySelector(selector);

export const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export class StatusLine {
  // A standing notice shows whenever there is nothing else to say.
  #notice = "";
  #wasAway = false;

  constructor(strings) {
    this.strings = strings;
  }

  say(sentence, kind = "", link = null) {
    const line = $("#message");
    line.textContent = sentence || this.#notice;
    line.className = `message-line ${sentence ? kind : this.#notice ? "warn" : ""}`;
    if (link) {
      const anchor = Object.assign(document.createElement("a"), { ...link, target: "_blank" });
      line.append(" ", anchor);
    }
  }

  notice(sentence) {
    this.#notice = sentence;
    this.say("");
  }

  announce(sentence) {
    // The same words twice are news only when the line was empty between.
    const announcer = $("#announcer");
    announcer.textContent = "";
    setTimeout(() => { announcer.textContent = sentence; }, 20);
  }

  // Saving is shown at each step, but only told when something is not as it should be.
  saved(state) {
    const saved = $("#saved");
    if (saved) {
      saved.dataset.state = state;
      saved.textContent = this.strings[state] ?? "";
    }
    const isAway = ["offline", "trouble", "problem"].includes(state);
    if (isAway && !this.#wasAway) this.announce(this.strings[state]);
    if (state === "saved" && this.#wasAway) {
      this.announce(this.strings.backOnline);
      this.say("");
    }
    if (isAway || state === "saved") this.#wasAway = isAway;
  }

  // Offers to go on where this prompt takes nothing any more.
  offerNext(action) {
    const button = $("#onward");
    button.hidden = false;
    button.onclick = action;
  }
}
