// What keys, chips and controls do to the judgement on the page.
import { moved, placed, removed, same } from "./ranking.js";
import { describe } from "./ranking-panel.js";
import { fill } from "./status-line.js";

export class Actions {
  current = null;

  constructor(page) {
    this.page = page;
    Object.assign(this, { judgementForm: page.judgementForm, keys: page.keys, state: page.state });
    this.strings = page.state.strings;
  }

  rank(places, key) {
    const { page } = this;
    if (!same(this.judgementForm.places, places)) {
      page.remember();
      this.judgementForm.places = places;
      page.keep();
      const place = places.get(key);
      page.statusLine.announce(place
        ? fill(this.strings.movedTo, { key, place, all: describe(places, this.strings) })
        : fill(this.strings.unrankedNow, { key }));
    }
    page.rankingPanel?.draw(this.judgementForm.places, key);
    this.mark(key);
  }

  place(place) {
    if (!this.state.ranks) return false;
    if (!this.#picked()) return true;
    if (place > this.keys.length) return true;
    this.rank(place === 0
      ? removed(this.judgementForm.places, this.current)
      : placed(this.judgementForm.places, this.current, place, { ties: this.state.ties }), this.current);
    return true;
  }

  move(step) {
    if (!this.current || !this.state.ranks) return false;
    this.rank(moved(this.judgementForm.places, this.current, step), this.current);
    return true;
  }

  rate(value) {
    if (!this.#picked()) return true;
    this.page.remember();
    const rated = this.judgementForm.rate(this.current, value);
    if (rated) {
      this.page.keep();
      this.page.statusLine.announce(fill(this.strings.rated, { key: this.current, ...rated }));
    }
    return true;
  }

  strength(digit) {
    this.page.remember();
    const choice = this.judgementForm.pickPreference(digit - 1);
    if (choice) {
      this.judgementForm.settlePreference();
      this.page.keep();
      this.page.statusLine.announce(fill(this.strings.chosen, { choice }));
    }
    return true;
  }

  flag(flag) {
    if (!this.#picked()) return;
    this.page.remember();
    const raised = this.judgementForm.toggleFlag(this.current, flag);
    this.page.keep();
    this.page.statusLine.announce(fill(raised ? this.strings.flagRaised : this.strings.flagLowered,
      { flag: this.state.flagNames[flag.value] ?? flag.value, key: this.current }));
  }

  awaitFlag(waiting, { unknown = false } = {}) {
    document.body.classList.toggle("awaits-flag", waiting);
    const sentence = waiting ? this.strings.whichFlag : unknown ? this.strings.noSuchFlag : "";
    this.page.statusLine.say(sentence);
  }

  focus(key, { moves = true } = {}) {
    this.mark(key);
    const answer = this.judgementForm.answer(key);
    if (moves) answer.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    answer.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    return true;
  }

  step(step) {
    const at = this.keys.indexOf(this.current);
    if (at < 0) return this.focus(this.keys[step > 0 ? 0 : this.keys.length - 1]);
    return this.focus(this.keys[(at + step + this.keys.length) % this.keys.length]);
  }

  mark(key) {
    this.current = key;
    for (const answer of this.page.form.querySelectorAll(".answer")) {
      answer.classList.toggle("current", answer.dataset.key === key);
    }
  }

  putDown() {
    return this.page.rankingPanel?.putDown() ?? false;
  }

  #picked() {
    if (!this.current) this.page.statusLine.say(this.strings.pickFirst);
    return Boolean(this.current);
  }
}
