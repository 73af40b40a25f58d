// Events from outside the form, for as long as one prompt is shown: the connection, the focus, and
// the other windows of this browser.
export class WindowEvents {
  #windows = new BroadcastChannel("plumbline");
  #closing = new AbortController();

  constructor({ assignment, onReturn, onLeave, onSubmittedElsewhere }) {
    this.assignment = assignment;
    const { signal } = this.#closing;
    addEventListener("online", onReturn, { signal });
    addEventListener("focus", onReturn, { signal });
    addEventListener("pagehide", onLeave, { signal });
    this.#windows.addEventListener("message", ({ data }) => {
      if (data.submitted === assignment) onSubmittedElsewhere();
    }, { signal });
  }

  announceSubmission() {
    this.#windows.postMessage({ submitted: this.assignment });
  }

  close() {
    this.#closing.abort();
    this.#windows.close();
  }
}
