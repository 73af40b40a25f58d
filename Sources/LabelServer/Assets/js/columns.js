// Two columns of answers on wide windows, where the labeller wants them; this browser remembers it.
const SETTING = "plumbline.columns";
const wide = matchMedia("(min-width: 1600px)");

export class Columns {
  constructor(button) {
    this.button = button;
    button?.addEventListener("click", () => this.toggle());
    this.#show();
  }

  // Returns whether the window is wide enough and has more than two answers.
  toggle() {
    if (!this.button || !wide.matches) return false;
    localStorage.setItem(SETTING, this.areTwo ? "one" : "two");
    this.#show();
    return true;
  }

  get areTwo() {
    return localStorage.getItem(SETTING) === "two";
  }

  #show() {
    const areTwo = Boolean(this.button) && this.areTwo;
    document.body.classList.toggle("two-columns", areTwo);
    this.button?.setAttribute("aria-pressed", String(areTwo));
    this.button?.removeAttribute("hidden");
  }
}
