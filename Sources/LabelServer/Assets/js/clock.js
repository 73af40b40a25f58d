// Counts the seconds someone spends: the page is visible and had input in the last minute.
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

  // Counts no further than a minute after the last input, even if a sleeping page ticks late.
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

  close() {
    clearInterval(this.timer);
    for (const sign of SIGNS) removeEventListener(sign, this.#sign, { capture: true });
  }
}
