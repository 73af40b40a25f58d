// One key, one action. Nothing fires while someone types, while a dialog is open, or when single
// keys are turned off (WCAG 2.1.4: dictation types whole words).
const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]";
// Arrows belong to what has the focus: radio buttons, and boxes that scroll.
const OWN_ARROWS = "input[type=radio], .conversation, .prose pre, .prose table";
const SETTING = "plumbline.singleKeys";

export function singleKeys() {
  return localStorage.getItem(SETTING) !== "off";
}

export function setSingleKeys(on) {
  localStorage.setItem(SETTING, on ? "on" : "off");
}

export function listen(actions, { keys, flagKeys, hasStrength }) {
  let awaitingFlag = false;
  const handler = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || !singleKeys()) return;
    if (event.target.matches?.(TYPING)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.key.startsWith("Arrow") && event.target.closest?.(OWN_ARROWS)) return;
    if (press(event)) event.preventDefault();
  };

  function press(event) {
    if (["Shift", "CapsLock"].includes(event.key)) return false;
    const letter = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (awaitingFlag) {
      awaitingFlag = false;
      const flag = flagKeys.find(({ key }) => key.toUpperCase() === letter);
      actions.awaitFlag(false, { unknown: !flag && letter !== "Escape" });
      if (flag) actions.flag(flag);
      return true;
    }
    const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
    if (digit !== undefined && event.shiftKey) return actions.rate(Number(digit));
    if (digit !== undefined) {
      return hasStrength ? actions.strength(Number(digit)) : actions.place(Number(digit));
    }
    // With many answers F and G are answers; with shift they always are the commands.
    if (keys.includes(letter) && !event.shiftKey) return actions.focus(letter);
    if (letter === "F" && flagKeys.length) {
      awaitingFlag = true;
      actions.awaitFlag(true);
      return true;
    }
    if (letter === "G") return actions.guidelines();
    if (event.shiftKey && event.key !== "?") return false;
    switch (event.key) {
      case "ArrowUp": return actions.move(-1);
      case "ArrowDown": return actions.move(1);
      case "ArrowLeft": return actions.step(rightToLeft() ? 1 : -1);
      case "ArrowRight": return actions.step(rightToLeft() ? -1 : 1);
      case "Backspace": return actions.place(0);
      case "Enter": return isControl(event.target) ? false : actions.submit();
      case "Escape": return actions.putDown();
    }
    switch (letter) {
      case "U": return actions.undo();
      case "S": return actions.skip();
      case "?": return actions.help();
      default: return false;
    }
  }

  addEventListener("keydown", handler);
  return () => removeEventListener("keydown", handler);
}

function rightToLeft() {
  return document.documentElement.dir === "rtl";
}

function isControl(target) {
  return target.matches?.("button, a, summary") && !target.matches(".chip");
}
