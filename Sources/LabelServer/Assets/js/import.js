// Lets a file be dropped or chosen; it is sent as it is and the server shows how it read it.
const form = document.querySelector("[data-page=import]");
if (form) {
  const zone = form.querySelector("#dropzone");
  const input = form.querySelector("#file");
  const state = form.querySelector("#upload-state");
  zone.hidden = false;

  const upload = async (file) => {
    state.textContent = `${file.name}…`;
    try {
      const response = await fetch(`${form.getAttribute("action")}?file=${encodeURIComponent(file.name)}`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", accept: "text/html" },
        body: file,
      });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      document.querySelector("#main").replaceWith(document.adoptNode(page.querySelector("#main")));
      scrollTo(0, 0);
    } catch (problem) {
      state.textContent = String(problem);
    }
  };

  input.addEventListener("change", () => input.files[0] && upload(input.files[0]));
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files[0]) upload(event.dataTransfer.files[0]);
  });
}
