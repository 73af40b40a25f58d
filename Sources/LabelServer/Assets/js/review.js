// Shortcuts for a decision, as on the labelling page: a letter selects an answer, a digit sets its
// place (the same digit ties), and Enter decides. They are off in text fields and menus.
import { singleKeys } from "./keyboard.js";
import { meantKey } from "./keys.js";

const OWN_KEYS = "textarea, select, input:not([type=checkbox]), [contenteditable]";
const OWN_ENTER = "a, button, summary, input, select, textarea";
const answers = new Map([...document.querySelectorAll(".review-answer")].map((answer) => [
  answer.id.replace("answer-", ""), answer]));
const keysHint = document.getElementById("review-keys");
let picked = null;

function pick(answer) {
  picked?.classList.remove("picked");
  picked = answer;
  picked.classList.add("picked");
  picked.tabIndex = -1;
  picked.focus();
  return true;
}

function place(digit) {
  const select = picked?.querySelector("select");
  if (![...(select?.options ?? [])].some((option) => option.value === digit)) return false;
  select.value = digit;
  return true;
}

function press(event) {
  const { key } = meantKey(event);
  const answer = answers.get(key);
  if (answer) return pick(answer);
  if (/^[0-9]$/.test(key)) return place(key === "0" ? "" : key);
  if (key === "Enter" && picked && !event.target.closest(OWN_ENTER)) {
    picked.closest("form").requestSubmit();
    return true;
  }
  return false;
}

if (answers.size && singleKeys()) {
  keysHint.hidden = false;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.shiftKey) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(OWN_KEYS)) return;
    if (press(event)) event.preventDefault();
  });
}
