// Leads from this prompt to the next one, or back to one that was submitted before.
export class NextPrompt {
  // `resume`: where work continues after a correction that Undo led to.
  constructor({ navigator, lookAhead, state, resume }) {
    Object.assign(this, { navigator, lookAhead, state, resume });
  }

  // Shows the prompt after a submission or a skip; the page fetched ahead, where there is one.
  // `message` is shown on it.
  async show(visited, message = "") {
    const next = await this.lookAhead.next();
    if (next) {
      this.navigator.show(next, { visited, message, saved: true, ahead: true });
    } else {
      const method = this.state.correcting && !this.resume ? "GET" : "POST";
      const url = this.resume ?? this.state.nextURL;
      await this.navigator.visit(url, { method, visited, message, saved: true });
    }
  }

  // Shows the page fetched ahead while the judgement of this one waits for a connection; returns
  // whether there is one. `message` is shown on it.
  async showReady({ visited, message }) {
    const next = await this.lookAhead.ready();
    if (next) this.navigator.show(next, { visited, message, ahead: true });
    return Boolean(next);
  }

  // Claims another prompt because this one can no longer be judged.
  claim(method = "POST") {
    return this.navigator.visit(this.state.nextURL, { method });
  }

  // Returns whether this page stays, because there is no connection.
  goBack({ prompt, visited }) {
    const resume = this.resume ?? (this.state.correcting ? null : this.state.nextURL);
    return this.navigator.visit(prompt, { visited, resume, stays: true });
  }
}
