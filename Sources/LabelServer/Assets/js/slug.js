// Suggests a new task's short name from its title, until someone writes one by hand.
const title = document.getElementById("title");
const slug = document.getElementById("slug");

// A letter first, then letters, digits and single hyphens; nothing when no letter is left.
function suggestion(text) {
  const plain = text.normalize("NFKD").replace(/\p{Mark}/gu, "").toLowerCase();
  const name = plain.replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+/, "");
  return name.slice(0, slug.maxLength).replace(/-$/, "");
}

// A form that was sent back holds what was written before.
let isChosen = slug.value !== "" && slug.value !== suggestion(title.value);

title.addEventListener("input", () => {
  if (!isChosen) slug.value = suggestion(title.value);
});
slug.addEventListener("input", () => {
  isChosen = slug.value !== "";
});
