// One key, one deed. Nothing fires while someone types, or while a dialog is open.
const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]";

export function listen(deeds, { keys, flags, hasStrength }) {
  let awaitingFlag = false;
  const handler = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing) return;
    if (event.target.matches?.(TYPING)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    const done = press(event);
    if (done) event.preventDefault();
  };

  function press(event) {
    const letter = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (awaitingFlag) {
      awaitingFlag = false;
      deeds.awaitFlag(false);
      const flag = flags.find((name) => name[0].toUpperCase() === letter) ?? flags[Number(letter) - 1];
      if (flag) deeds.flag(flag);
      return true;
    }
    const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
    if (digit !== undefined && event.shiftKey) return deeds.rate(Number(digit));
    if (digit !== undefined) {
      return hasStrength ? deeds.strength(Number(digit)) : deeds.place(Number(digit));
    }
    if (event.shiftKey && event.key !== "?") return false;
    if (event.key === "F" || event.key === "f") {
      // With six or more answers, "f" is also a letter: flags win, the letter is reached by arrows.
      awaitingFlag = true;
      deeds.awaitFlag(true);
      return true;
    }
    if (keys.includes(letter) && letter.length === 1) return deeds.focus(letter);
    switch (event.key) {
      case "ArrowUp": return deeds.move(-1);
      case "ArrowDown": return deeds.move(1);
      case "ArrowLeft": return deeds.step(-1);
      case "ArrowRight": return deeds.step(1);
      case "Backspace": return deeds.place(0);
      case "Enter": return isControl(event.target) ? false : deeds.submit();
      case "u": return deeds.undo();
      case "s": return deeds.skip();
      case "g": return deeds.guidelines();
      case "?": return deeds.help();
      default: return false;
    }
  }

  addEventListener("keydown", handler);
  return () => removeEventListener("keydown", handler);
}

function isControl(target) {
  return target.matches?.("button, a, summary") && !target.matches(".chip");
}
