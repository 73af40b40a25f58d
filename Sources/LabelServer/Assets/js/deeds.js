// What keys, chips and controls do to the judgement on the bench.
import { moved, placed, removed, same } from "./ranking.js";
import { describe } from "./rail.js";
import { fill } from "./voice.js";

export class Deeds {
  current = null;

  constructor(bench) {
    this.bench = bench;
    Object.assign(this, { sheet: bench.sheet, keys: bench.keys, state: bench.state });
    this.words = bench.state.words;
  }

  rank(places, key) {
    const { bench } = this;
    if (!same(this.sheet.places, places)) {
      bench.remember();
      this.sheet.places = places;
      bench.keep();
      const place = places.get(key);
      bench.voice.announce(place
        ? fill(this.words.movedTo, { key, place, all: describe(places, this.words) })
        : fill(this.words.unrankedNow, { key }));
    }
    bench.rail?.draw(this.sheet.places, key);
    this.mark(key);
  }

  place(place) {
    if (!this.state.ranks) return false;
    if (!this.#picked()) return true;
    if (place > this.keys.length) return true;
    this.rank(place === 0
      ? removed(this.sheet.places, this.current)
      : placed(this.sheet.places, this.current, place, { ties: this.state.ties }), this.current);
    return true;
  }

  move(step) {
    if (!this.current || !this.state.ranks) return false;
    this.rank(moved(this.sheet.places, this.current, step), this.current);
    return true;
  }

  rate(value) {
    if (!this.#picked()) return true;
    this.bench.remember();
    if (this.sheet.rate(this.current, value)) {
      this.bench.keep();
      this.bench.voice.announce(fill(this.words.rated, { key: this.current, value }));
    }
    return true;
  }

  strength(digit) {
    this.bench.remember();
    const choice = this.sheet.pickPreference(digit - 1);
    if (choice) {
      this.sheet.settlePreference();
      this.bench.keep();
      this.bench.voice.announce(fill(this.words.chosen, { choice }));
    }
    return true;
  }

  flag(flag) {
    if (!this.#picked()) return;
    this.bench.remember();
    const raised = this.sheet.toggleFlag(this.current, flag);
    this.bench.keep();
    this.bench.voice.announce(fill(raised ? this.words.flagRaised : this.words.flagLowered,
      { flag: this.state.flagNames[flag] ?? flag, key: this.current }));
  }

  awaitFlag(waiting, { unknown = false } = {}) {
    document.body.classList.toggle("awaits-flag", waiting);
    const sentence = waiting ? this.words.whichFlag : unknown ? this.words.noSuchFlag : "";
    this.bench.voice.say(sentence);
  }

  focus(key, { moves = true } = {}) {
    this.mark(key);
    const answer = this.sheet.answer(key);
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
    for (const answer of this.bench.form.querySelectorAll(".answer")) {
      answer.classList.toggle("current", answer.dataset.key === key);
    }
  }

  putDown() {
    return this.bench.rail?.putDown() ?? false;
  }

  #picked() {
    if (!this.current) this.bench.voice.say(this.words.pickFirst);
    return Boolean(this.current);
  }
}
