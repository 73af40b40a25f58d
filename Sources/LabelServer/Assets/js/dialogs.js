// The dialogs of the labelling page.
import { highlight } from "./highlight.js";
import { meantKey } from "./keys.js";

const $ = (selector) => document.querySelector(selector);

// Asks for the reason to skip a prompt: by button, or by the digit shown on it. Null when closed.
export async function askSkipReason() {
  const dialog = $("#skip-reasons");
  dialog.returnValue = "";
  dialog.showModal();
  const onKey = (event) => {
    dialog.querySelectorAll("button[name=reason]")[Number(meantKey(event).key) - 1]?.click();
  };
  dialog.addEventListener("keydown", onKey);
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  dialog.removeEventListener("keydown", onKey);
  return dialog.returnValue || null;
}

export function showGuidelines() {
  $("#guidelines").showModal();
  highlight($("#guidelines"));
  return true;
}

export function showKeys() {
  $("#keys").showModal();
  return true;
}
