// Single-key shortcuts. They are off while someone types, while a dialog is open, and when the
// labeller turned them off (WCAG 2.1.4: dictation software types whole words).
const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]";
// Elements that use the arrow keys themselves: radio buttons, and boxes that scroll.
const OWN_ARROWS = "input[type=radio], .conversation, .prose pre, .prose table";
const SETTING = "plumbline.singleKeys";

export function singleKeys() {
  return localStorage.getItem(SETTING) !== "off";
}

// Makes a checkbox the switch of the single-key shortcuts.
export function bindSingleKeys(checkbox) {
  const show = () => document.body.classList.toggle("no-keys", !singleKeys());
  checkbox.checked = singleKeys();
  show();
  checkbox.addEventListener("change", () => {
    localStorage.setItem(SETTING, checkbox.checked ? "on" : "off");
    show();
  });
}

// Calls `actions` for the keys that change the judgement and `commands` for the others. Each
// function returns whether it used the key. Returns the function that ends listening.
export function listen(actions, commands, { keys, flagKeys, hasStrength }) {
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
    // With six or more answers, F and G are letters of answers; with shift they are the commands.
    if (keys.includes(letter) && !event.shiftKey) return actions.focus(letter);
    if (letter === "F" && flagKeys.length) {
      awaitingFlag = true;
      actions.awaitFlag(true);
      return true;
    }
    if (letter === "G") return commands.guidelines();
    if (event.shiftKey && event.key !== "?") return false;
    switch (event.key) {
      case "ArrowUp": return actions.move(-1);
      case "ArrowDown": return actions.move(1);
      case "ArrowLeft": return actions.step(rightToLeft() ? 1 : -1);
      case "ArrowRight": return actions.step(rightToLeft() ? -1 : 1);
      case "Backspace": return actions.place(0);
      case "Enter": return isControl(event.target) ? false : commands.submit();
      case "Escape": return actions.putDown();
    }
    switch (letter) {
      case "U": return commands.undo();
      case "S": return commands.skip();
      case "?": return commands.help();
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
