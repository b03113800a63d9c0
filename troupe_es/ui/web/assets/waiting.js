/* Looks every so often whether what is under way has ended, and then shows the page anew. */
const waiting = document.getElementById("waiting");

async function look() {
  try {
    const answer = await fetch(waiting.dataset.found, { cache: "no-store" });
    const found = await answer.json();
    if (found.status !== "running") return location.reload();
    document.getElementById("reached").textContent = found.reached.toLocaleString("en").replaceAll(",", "\u202f");
  } catch {
    return undefined; // the service is gone: the page says what was so far, and its link looks again
  }
  return setTimeout(look, 1000);
}
setTimeout(look, 1000);
