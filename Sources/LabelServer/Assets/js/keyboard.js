// Single-key shortcuts. They are off while someone types, while a dialog is open, and when the
// labeller turned them off (WCAG 2.1.4: dictation software types whole words).
import { isComposing, meantKey } from "./keys.js";

const TYPING = "textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]";
// Elements that use the arrow keys themselves: radio buttons, and boxes that scroll.
const OWN_ARROWS = "input[type=radio], .conversation, .prose pre, .prose table";
const SETTING = "plumbline.singleKeys";
const MODIFIERS = ["Shift", "CapsLock", "NumLock", "AltGraph"];

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

// Calls `actions` for the keys that change the judgement, `ordering` for those that type an order,
// and `commands` for the others. Each function returns whether it used the key. Returns the function
// that ends listening.
export function listen(actions, ordering, commands, { keys, flagKeys, hasStrength }) {
  let awaited = null;
  // Letters of commands. An answer with the same letter comes first: the command then has shift.
  const letters = {
    E: commands.ideal, F: () => awaitFlag(), G: commands.guidelines, M: commands.asWritten,
    O: commands.unfold, Q: () => awaitPoint(), S: commands.skip, V: commands.columns,
    W: commands.why,
    U: commands.undo,
  };

  const handler = (event) => {
    const meant = meantKey(event);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches?.(TYPING)) {
      if (event.key === "Escape" && !isComposing(event)) event.target.blur();
      return;
    }
    if (meant.key === null || !singleKeys() || MODIFIERS.includes(meant.key)) return;
    if (document.querySelector("dialog[open]")) return;
    if (meant.key.startsWith("Arrow") && event.target.closest?.(OWN_ARROWS)) return;
    if (press(meant, event)) event.preventDefault();
  };

  function press({ key, symbol }, event) {
    if (awaited) {
      const choose = awaited;
      awaited = null;
      choose(key);
      return true;
    }
    if (keys.includes(key) && !event.shiftKey) return ordering.type(key);
    if (symbol === "=" && !isRating(key, event) && ordering.tie()) return true;
    if (key === "Backspace" && ordering.removeLast()) return true;
    if (key === "U" && ordering.removeLast({ complete: false })) return true;
    if (key === "Enter") {
      if (isControl(event.target)) return false;
      if (ordering.isUnfinished()) return true;
      ordering.end();
      return commands.submit();
    }
    if (isUnknown(key, event)) return ordering.refuse(key);
    if (ordering.end() && key === "Escape") return true;
    return command(key, symbol, event);
  }

  function command(key, symbol, event) {
    if (symbol === "?" && !isRating(key, event)) return commands.help();
    if (/^[0-9]$/.test(key)) {
      if (event.shiftKey) return actions.rate(Number(key));
      return hasStrength ? actions.strength(Number(key)) : actions.place(Number(key));
    }
    if (event.shiftKey && !hasShift(key)) return false;
    switch (key) {
      case "ArrowUp": return actions.move(-1);
      case "ArrowDown": return actions.move(1);
      case "ArrowLeft": return actions.step(rightToLeft() ? 1 : -1);
      case "ArrowRight": return actions.step(rightToLeft() ? -1 : 1);
      case "Backspace": return actions.place(0);
      case "Escape": return actions.putDown();
      default: return letters[key]?.({ all: event.shiftKey }) ?? false;
    }
  }

  // Shift leads to a command whose letter may be an answer's, and unfolds all answers.
  function hasShift(key) {
    return ["E", "F", "G", "O"].includes(key);
  }

  // Some keyboards write “?” or “=” with ⇧ and a digit, which may rate the answer too.
  function isRating(key, event) {
    return event.shiftKey && /^[0-9]$/.test(key) && actions.canRate(Number(key));
  }

  function isUnknown(key, event) {
    return /^[A-Z]$/.test(key) && !event.shiftKey && !letters[key];
  }

  function awaitFlag() {
    if (!flagKeys.length) return false;
    awaited = (key) => {
      const flag = flagKeys.find((one) => one.key.toUpperCase() === key);
      actions.awaitFlag(false, { unknown: !flag && key !== "Escape" });
      if (flag) actions.flag(flag);
    };
    actions.awaitFlag(true);
    return true;
  }

  function awaitPoint() {
    if (!actions.awaitPoint()) return false;
    awaited = (key) => actions.point(key);
    return true;
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
