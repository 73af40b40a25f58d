// Uploads a dropped or chosen file with a progress bar, and follows a running import.
const form = document.querySelector("[data-page=import]");
if (form) {
  const zone = form.querySelector("#dropzone");
  const input = form.querySelector("#file");
  const state = form.querySelector("#upload-state");
  const bar = form.querySelector("#upload-progress");
  input.classList.add("visually-hidden");

  const upload = (file) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${form.getAttribute("action")}?file=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("accept", "text/html");
    request.upload.onprogress = (event) => {
      bar.hidden = false;
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    };
    request.onload = () => {
      if (/\/import\/./.test(request.responseURL)) return location.assign(request.responseURL);
      show(new DOMParser().parseFromString(request.responseText, "text/html"));
    };
    request.onerror = () => {
      bar.hidden = true;
      state.textContent = file.name + " ✗";
    };
    state.textContent = `${file.name}…`;
    request.send(file);
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

const show = (page) => {
  document.querySelector("#main").replaceWith(document.adoptNode(page.querySelector("#main")));
};

// Reloads the page at the end, so that its scripts start.
const follow = async () => {
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.querySelector("[data-working]")) return location.reload();
    show(page);
  } catch {
    // The server cannot be reached for the moment; the import continues.
  }
  setTimeout(follow, 700);
};
if (document.querySelector("[data-working]")) setTimeout(follow, 700);
