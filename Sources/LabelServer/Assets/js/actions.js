// Changes the judgement for keys, chips and controls. Functions that serve a key return whether the
// key was used.
import { moved, placed, removed, same } from "./ranking.js";
import { describe } from "./ranking-panel.js";
import { fill } from "./status-line.js";

export class Actions {
  current = null;
  #awaitedScale = null;

  // `onBefore` is called before a change and `onAfter` after it; `panel` returns the ranking panel,
  // or undefined where the task has none.
  constructor({ judgementForm, state, statusLine, panel, onBefore, onAfter }) {
    Object.assign(this, { judgementForm, state, statusLine, panel, onBefore, onAfter });
    this.keys = state.keys;
    this.strings = state.strings;
  }

  rank(places, key) {
    if (!same(this.judgementForm.places, places)) {
      this.onBefore();
      this.judgementForm.places = places;
      this.onAfter();
      const place = places.get(key);
      this.#announce(place ? this.strings.movedTo : this.strings.unrankedNow,
        { key, place, all: describe(places, this.strings) });
    }
    this.panel()?.draw(this.judgementForm.places, key);
    this.mark(key);
  }

  place(place) {
    if (!this.state.ranks) return false;
    if (!this.#hasCurrent() || place > this.keys.length) return true;
    this.rank(place === 0
      ? removed(this.judgementForm.places, this.current)
      : placed(this.judgementForm.places, this.current, place, { ties: this.state.ties }),
    this.current);
    return true;
  }

  move(step) {
    if (!this.current || !this.state.ranks) return false;
    this.rank(moved(this.judgementForm.places, this.current, step), this.current);
    return true;
  }

  rate(value) {
    if (!this.#hasCurrent()) return true;
    this.onBefore();
    const rated = this.judgementForm.rate(this.current, value);
    if (rated) {
      this.onAfter();
      this.#announce(this.strings.rated, { key: this.current, ...rated });
    }
    return true;
  }

  canRate(value) {
    return this.current !== null && this.judgementForm.canRate(this.current, value);
  }

  // Waits for the digit that answers the next scale after the answers.
  awaitPoint() {
    const scale = this.judgementForm.nextClosingScale();
    if (!scale) return false;
    this.#awaitedScale = scale;
    scale.element.scrollIntoView({ block: "nearest" });
    this.statusLine.say(fill(this.strings.whichPoint, {
      question: scale.title, points: scale.points.join(this.strings.separator) }));
    return true;
  }

  point(digit) {
    const point = this.#awaitedScale.point(digit);
    if (point) {
      this.onBefore();
      const { question, value } = point.choose();
      this.onAfter();
      this.#announce(this.strings.answered, { question, value });
    }
    this.statusLine.say(point || digit === "Escape" ? "" : this.strings.noSuchPoint);
  }

  strength(digit) {
    this.onBefore();
    const choice = this.judgementForm.pickPreference(digit - 1);
    if (choice) {
      this.judgementForm.settlePreference();
      this.onAfter();
      this.#announce(this.strings.chosen, { choice });
    }
    return true;
  }

  flag(flag) {
    if (!this.#hasCurrent()) return;
    this.onBefore();
    const raised = this.judgementForm.toggleFlag(this.current, flag);
    this.onAfter();
    this.#announce(raised ? this.strings.flagRaised : this.strings.flagLowered,
      { flag: this.state.flagNames[flag.value] ?? flag.value, key: this.current });
  }

  awaitFlag(waiting, { unknown = false } = {}) {
    document.body.classList.toggle("awaits-flag", waiting);
    this.statusLine.say(
      waiting ? this.strings.whichFlag : unknown ? this.strings.noSuchFlag : "");
  }

  focus(key, { moves = true } = {}) {
    this.mark(key);
    const answer = this.judgementForm.answer(key);
    if (moves) answer.focus({ preventScroll: true });
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    answer.scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
    return true;
  }

  step(step) {
    const at = this.keys.indexOf(this.current);
    if (at < 0) return this.focus(this.keys[step > 0 ? 0 : this.keys.length - 1]);
    return this.focus(this.keys[(at + step + this.keys.length) % this.keys.length]);
  }

  mark(key) {
    this.current = key;
    for (const each of this.keys) {
      this.judgementForm.answer(each).classList.toggle("current", each === key);
    }
  }

  putDown() {
    return this.panel()?.putDown() ?? false;
  }

  #announce(sentence, values) {
    this.statusLine.announce(fill(sentence, values));
  }

  #hasCurrent() {
    if (!this.current) this.statusLine.say(this.strings.pickFirst);
    return Boolean(this.current);
  }
}
