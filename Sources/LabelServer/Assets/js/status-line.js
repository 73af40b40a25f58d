// Messages to the labeller: on the message line, in the bar, and to screen readers.
const $ = (selector) => document.querySelector(selector);

export const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// A sentence about a number, such as “1 today”.
export const counted = (strings, name, count) =>
  fill(strings[count === 1 ? `${name}.one` : `${name}.other`] ?? strings[`${name}.other`], { count });

function actionButton({ name, key, run }) {
  const button = Object.assign(document.createElement("button"), {
    type: "button", className: "linklike", textContent: name, onclick: run });
  const hint = Object.assign(document.createElement("kbd"), { textContent: key });
  hint.setAttribute("aria-hidden", "true");
  button.append(" ", hint);
  return button;
}

export class StatusLine {
  // A notice shows whenever there is no other message.
  #notice = null;
  #wasAway = false;
  // How many submitted judgements wait on this device.
  waiting = 0;

  constructor(strings) {
    this.strings = strings;
  }

  say(sentence, kind = "", link = null) {
    const line = $("#message");
    const notice = sentence ? null : this.#notice;
    line.textContent = sentence || (notice?.sentence ?? "");
    line.className = `message-line ${sentence ? kind : notice ? "warn" : ""}`;
    if (link) {
      const anchor = Object.assign(document.createElement("a"), { ...link, target: "_blank" });
      line.append(" ", anchor);
    }
    if (notice?.action) line.append(" ", actionButton(notice.action));
  }

  get hasNotice() {
    return this.#notice !== null;
  }

  // Shows a notice, or none for null: { sentence, action }, where an action is { name, key, run }.
  notice(notice) {
    this.#notice = notice;
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
      const isHeldBack = this.waiting > 0 && ["saved", "offline", ""].includes(state);
      saved.dataset.state = isHeldBack ? "offline" : state;
      saved.textContent = isHeldBack
        ? counted(this.strings, "waiting", this.waiting) : this.strings[state] ?? "";
    }
    const isAway = ["offline", "trouble", "problem"].includes(state);
    if (isAway && !this.#wasAway) this.announce(this.strings[state]);
    if (state === "saved" && this.#wasAway && !this.waiting) {
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
