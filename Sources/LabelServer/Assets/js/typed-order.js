// An order typed letter by letter, best first: C, A, =, B ranks C first, then A and B together. No
// access to the page, so that it can be tested alone.
export class TypedOrder {
  groups = [];
  #ties = false;
  // One letter alone picks an answer; the second makes it an order.
  #isOrder = false;

  constructor(keys, { ties }) {
    Object.assign(this, { keys, allowsTies: ties });
  }

  get letters() {
    return this.groups.flat();
  }

  get isTyping() {
    return this.#isOrder || this.#ties;
  }

  get isComplete() {
    return this.letters.length === this.keys.length;
  }

  get missing() {
    return this.keys.filter((key) => !this.letters.includes(key));
  }

  // Adds a letter; returns false for one that the order has already.
  add(key) {
    if (this.isComplete) this.clear();
    if (this.letters.includes(key)) return !this.isTyping && this.letters.at(-1) === key;
    // A letter after one that was only picked, such as to read its answer, continues it.
    if (this.#ties) this.groups.at(-1).push(key);
    else this.groups.push([key]);
    this.#ties = false;
    this.#isOrder = this.letters.length > 1;
    return true;
  }

  // Ties the next letter to the last one; returns false without a letter, or where ties are not allowed.
  tie() {
    if (!this.groups.length || this.isComplete || !this.allowsTies) return false;
    this.#ties = true;
    return true;
  }

  // Takes the last letter or “=” back.
  removeLast() {
    if (this.#ties) {
      this.#ties = false;
      this.#isOrder = true;
    } else {
      this.groups.at(-1)?.pop();
      if (this.groups.at(-1)?.length === 0) this.groups.pop();
    }
    if (!this.groups.length) this.clear();
  }

  clear() {
    this.groups = [];
    this.#ties = false;
    this.#isOrder = false;
  }

  toString() {
    const groups = this.groups.map((group) => group.join(" = "));
    return groups.join(" › ") + (this.#ties ? " =" : this.isComplete ? "" : " ›");
  }
}
