// Every page but the labelling page. The pages work without it.
import { AsWritten } from "./as-written.js";
import { highlight } from "./highlight.js";

highlight(document);
new AsWritten(document);

// On a narrow screen the link to the current page may be out of sight: scroll its row to it.
for (const current of document.querySelectorAll("nav [aria-current]")) {
  const row = current.parentElement;
  const [place, edge] = [current.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += (place.left + place.right - edge.left - edge.right) / 2;
}

// Buttons that copy a field.
for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // The clipboard API needs https or loopback; elsewhere only execCommand is available.
      if (!document.execCommand("copy")) return;
    }
    button.textContent = button.dataset.copied;
  });
}
