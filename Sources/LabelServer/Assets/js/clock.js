// Seconds someone really spent: the page is visible and something happened in the last minute.
const IDLE = 60_000;

export class ActiveClock {
  constructor(seconds = 0) {
    this.seconds = seconds;
    this.lastSign = performance.now();
    this.lastTick = performance.now();
    this.timer = setInterval(() => this.#tick(), 1000);
    for (const sign of ["pointermove", "keydown", "scroll", "touchstart"]) {
      addEventListener(sign, this.#sign, { passive: true });
    }
  }

  #sign = () => {
    this.lastSign = performance.now();
  };

  #tick() {
    const now = performance.now();
    if (!document.hidden && now - this.lastSign < IDLE) this.seconds += (now - this.lastTick) / 1000;
    this.lastTick = now;
  }

  read() {
    this.#tick();
    return Math.round(this.seconds * 10) / 10;
  }

  stop() {
    clearInterval(this.timer);
    for (const sign of ["pointermove", "keydown", "scroll", "touchstart"]) {
      removeEventListener(sign, this.#sign);
    }
  }
}
