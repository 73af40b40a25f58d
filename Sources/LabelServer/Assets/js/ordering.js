// Ranks by letters alone: they are shown on the message line until every answer has its place.
import { fromGroups } from "./ranking.js";
import { fill } from "./status-line.js";
import { TypedOrder } from "./typed-order.js";

export class Ordering {
  #before = null;

  constructor({ actions, state, statusLine }) {
    Object.assign(this, { actions, statusLine, strings: state.strings, partial: state.partial });
    this.order = new TypedOrder(state.keys, state);
    this.isOff = !state.ranks;
  }

  get isTyping() {
    return this.order.isTyping;
  }

  // A letter picks its answer, and continues the order.
  type(key) {
    this.actions.focus(key);
    if (this.isOff) return true;
    if (!this.order.isTyping) this.#before = null;
    const isNew = this.order.add(key);
    if (!isNew) this.#show(fill(this.strings.orderRepeats, { key }));
    else if (this.order.isComplete && this.order.isTyping) this.#rank();
    else this.#show();
    return true;
  }

  tie() {
    if (this.isOff || !this.order.groups.length || this.order.isComplete) return false;
    if (this.order.tie()) this.#show();
    else this.statusLine.say(this.strings.orderWithoutTies, "warn");
    return true;
  }

  // Takes the last letter back; returns false where no order is typed.
  removeLast({ complete = true } = {}) {
    if (!this.order.isTyping || (this.order.isComplete && !complete)) return false;
    if (this.order.isComplete && this.#before) this.actions.rank(this.#before, this.order.letters.at(-1));
    this.order.removeLast();
    if (this.order.letters.length) this.actions.mark(this.order.letters.at(-1));
    this.#show();
    return true;
  }

  // Says that no answer has a letter; returns false where no order is typed.
  refuse(key) {
    if (!this.order.isTyping || this.order.isComplete) return false;
    this.#show(fill(this.strings.orderUnknown, { key }));
    return true;
  }

  end() {
    const wasTyping = this.order.isTyping;
    this.order.clear();
    this.#before = null;
    if (wasTyping) this.statusLine.say("");
    return wasTyping;
  }

  // Before submitting; returns whether an unfinished order keeps the judgement here.
  isUnfinished() {
    const { order } = this;
    if (!order.isTyping || order.isComplete) return false;
    if (this.partial && !this.actions.judgementForm.places.size) {
      this.#rank();
      return false;
    }
    this.#show(fill(this.strings.orderUnfinished, {
      keys: order.missing.join(this.strings.separator) }));
    return true;
  }

  #rank() {
    const { judgementForm } = this.actions;
    this.#before = judgementForm.places;
    this.actions.rank(fromGroups(this.order.groups.map((group) => [...group])),
      this.order.letters.at(-1));
    if (!this.statusLine.hasNotice) {
      this.statusLine.say(fill(this.strings.orderRanked, { order: this.order }));
    }
  }

  #show(note = "") {
    const { order, strings } = this;
    if (!order.isTyping) {
      this.statusLine.say("");
      return;
    }
    const sentence = fill(strings.orderTyped, { order });
    this.statusLine.say(note ? `${sentence} ${note}` : sentence, note ? "warn" : "");
  }
}
