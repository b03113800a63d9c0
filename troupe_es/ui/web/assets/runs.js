// The list of runs, kept fresh while it is looked at; a chosen scenario file is put where it can be read and changed.

const EVERY = 3000;
const LARGEST = 1_000_000;

/** Take the list of runs anew from the page itself; what has the focus keeps it. */
async function fresh() {
  const old = document.querySelector("#runs");
  const answer = await fetch(location.pathname === "/" ? `/${location.search}` : "/", { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const made = page.querySelector("#runs");
  if (!made || made.outerHTML === old.outerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceWith(document.adoptNode(made));
  if (focused) [...made.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

setInterval(() => {
  if (!document.hidden) fresh().catch(() => { /* the service is away for a moment: the next look tells */ });
}, EVERY);

for (const input of document.querySelectorAll("input[data-into]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file || file.size > LARGEST) return;
    document.querySelector(`#${input.dataset.into}`).value = await file.text();
    input.value = "";
  });
}
