// Seconds someone really spent: the page is visible and something happened in the last minute.
const IDLE = 60_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "input", "scroll", "wheel", "touchstart"];

export class ActiveClock {
  constructor(seconds = 0) {
    this.seconds = seconds;
    this.lastSign = performance.now();
    this.lastTick = performance.now();
    this.timer = setInterval(() => this.#tick(), 1000);
    for (const sign of SIGNS) addEventListener(sign, this.#sign, { passive: true, capture: true });
  }

  #sign = () => {
    this.#tick();
    this.lastSign = performance.now();
  };

  // Counts up to the minute after the last sign, however late the timer of a sleeping page comes.
  #tick() {
    const now = performance.now();
    const until = Math.min(now, this.lastSign + IDLE);
    if (!document.hidden && until > this.lastTick) this.seconds += (until - this.lastTick) / 1000;
    this.lastTick = now;
  }

  read() {
    this.#tick();
    return Math.round(this.seconds * 10) / 10;
  }

  stop() {
    clearInterval(this.timer);
    for (const sign of SIGNS) removeEventListener(sign, this.#sign, { capture: true });
  }
}
