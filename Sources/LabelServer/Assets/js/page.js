// What every page but the labelling page does; all of it is an extra that a page can do without.
import { highlight } from "./highlight.js";

// Code and mathematics in prompts and answers.
highlight(document);

// On a narrow screen the page one is on may be beyond the edge of its row of links.
for (const current of document.querySelectorAll("nav [aria-current]")) {
  const row = current.parentElement;
  const [place, edge] = [current.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += (place.left + place.right - edge.left - edge.right) / 2;
}

// A button that copies the field it names, where the browser allows it.
for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Away from https and loopback only the older way is there.
      if (!document.execCommand("copy")) return;
    }
    button.textContent = button.dataset.copied;
  });
}
