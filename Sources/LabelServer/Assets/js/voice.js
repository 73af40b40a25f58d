// What the page says: on its message line, in the bar, and to screen readers.
const $ = (selector) => document.querySelector(selector);

export const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export class Voice {
  // A standing notice shows whenever there is nothing else to say.
  #notice = "";
  #wasAway = false;

  constructor(words) {
    this.words = words;
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
      saved.textContent = this.words[state] ?? "";
    }
    const isAway = ["offline", "trouble", "problem"].includes(state);
    if (isAway && !this.#wasAway) this.announce(this.words[state]);
    if (state === "saved" && this.#wasAway) {
      this.announce(this.words.backOnline);
      this.say("");
    }
    if (isAway || state === "saved") this.#wasAway = isAway;
  }

  // Offers to go on where this prompt takes nothing any more.
  offerOnward(deed) {
    const button = $("#onward");
    button.hidden = false;
    button.onclick = deed;
  }
}
