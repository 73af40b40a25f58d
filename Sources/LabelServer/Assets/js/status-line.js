// Messages to the labeller: on the message line, in the bar, and to screen readers.
const $ = (selector) => document.querySelector(selector);

export const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export class StatusLine {
  // A notice shows whenever there is no other message.
  #notice = "";
  #wasAway = false;

  constructor(strings) {
    this.strings = strings;
  }

  say(sentence, kind = "", link = null) {
    const line = $("#message");
    line.textContent = sentence || this.#notice;
    line.className = `message-line ${sentence ? kind : this.#notice ? "warn" : ""}`;
    if (link) {
      const anchor = Object.assign(document.createElement("a"), { ...link, target: "_blank" });
      line.append(" ", anchor);
    }
  }

  notice(sentence) {
    this.#notice = sentence;
    this.say("");
  }

  announce(sentence) {
    // Screen readers ignore the same text twice, unless the element was empty in between.
    const announcer = $("#announcer");
    announcer.textContent = "";
    setTimeout(() => { announcer.textContent = sentence; }, 20);
  }

  // Shows every state in the bar; announces only that saving fails, and that it works again.
  saved(state) {
    const saved = $("#saved");
    if (saved) {
      saved.dataset.state = state;
      saved.textContent = this.strings[state] ?? "";
    }
    const isAway = ["offline", "trouble", "problem"].includes(state);
    if (isAway && !this.#wasAway) this.announce(this.strings[state]);
    if (state === "saved" && this.#wasAway) {
      this.announce(this.strings.backOnline);
      this.say("");
    }
    if (isAway || state === "saved") this.#wasAway = isAway;
  }

  // Explains a failed request. `onNext` shows another prompt where this one can no longer be judged.
  explain(problem, { signInURL, onNext }) {
    if (problem.offline) {
      this.say(this.strings.skipOffline, "bad");
    } else if (problem.signedOut) {
      this.say(this.strings.signedOut, "warn",
        { href: signInURL, textContent: this.strings.signInAgain });
    } else if (problem.trouble) {
      this.say(this.strings.serverTrouble, "warn");
    } else {
      this.say(problem.message, "bad");
      if (["leaseExpired", "leaseEnded", "promptWithdrawn", "tooManyRevisions"]
        .includes(problem.code)) {
        this.offerNext(onNext);
      }
    }
  }

  offerNext(action) {
    const button = $("#onward");
    button.hidden = false;
    button.onclick = action;
  }
}
