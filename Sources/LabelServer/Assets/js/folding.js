// Long answers start folded so that all of them can be seen; each unfolds in place.
const TALL = 760;

export class Folding {
  // The folded answers by letter: the function that folds or unfolds each.
  #folds = new Map();
  #seen = new Set();

  // `onUnfold` is called when an answer is unfolded for the first time.
  constructor(answers, strings, onUnfold = () => {}) {
    const proses = [...answers].map((answer) => [answer, answer.querySelector(":scope > .prose")]);
    const tall = proses.filter(([, prose]) => prose.scrollHeight >= TALL);
    for (const [answer, prose] of tall) this.#add(answer, prose, strings, onUnfold);
  }

  // The answers among `keys` whose end was never shown.
  unseen(keys) {
    return keys.filter((key) => this.#folds.has(key) && !this.#seen.has(key));
  }

  // Folds or unfolds an answer; returns whether it is long enough.
  toggle(key) {
    this.#folds.get(key)?.();
    return this.#folds.has(key);
  }

  // Unfolds every answer, or folds all when none is folded.
  toggleAll() {
    const isAny = [...this.#folds.values()].some((fold) => fold.isFolded());
    for (const fold of this.#folds.values()) fold(!isAny);
    return this.#folds.size > 0;
  }

  #add(answer, prose, strings, onUnfold) {
    const { key } = answer.dataset;
    const button = document.createElement("button");
    const hint = Object.assign(document.createElement("kbd"), { textContent: "o" });
    hint.setAttribute("aria-hidden", "true");
    Object.assign(button, { type: "button", className: "linklike expand" });
    const show = (isFolded) => {
      prose.classList.toggle("collapsed", isFolded);
      button.replaceChildren(isFolded ? strings.expand : strings.collapse, " ", hint);
      button.setAttribute("aria-expanded", String(!isFolded));
    };
    const isFolded = () => prose.classList.contains("collapsed");
    const fold = (folds = !isFolded()) => {
      show(folds);
      // Folding shortens the page, so scroll back to the answer.
      if (folds) answer.scrollIntoView({ block: "nearest" });
      if (folds || this.#seen.has(key)) return;
      this.#seen.add(key);
      onUnfold();
    };
    button.addEventListener("click", () => fold());
    this.#folds.set(key, Object.assign(fold, { isFolded }));
    prose.after(button);
    show(true);
  }
}
