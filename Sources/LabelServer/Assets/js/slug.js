// Suggests a new task's short name from its title, until someone enters one.
const title = document.getElementById("title");
const slug = document.getElementById("slug");

// Starts with a letter, then letters, digits and single hyphens; empty without a letter.
function suggestion(text) {
  const plain = text.normalize("NFKD").replace(/\p{Mark}/gu, "").toLowerCase();
  const name = plain.replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+/, "");
  return name.slice(0, slug.maxLength).replace(/-$/, "");
}

// A refused form comes back with the short name that was entered.
let isChosen = slug.value !== "" && slug.value !== suggestion(title.value);

title.addEventListener("input", () => {
  if (!isChosen) slug.value = suggestion(title.value);
});
slug.addEventListener("input", () => {
  isChosen = slug.value !== "";
});
