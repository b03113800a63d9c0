/* Two lives that move together: a slider, or the arrow keys on it, marks the same row in both. */
const form = document.querySelector("form.scrub");
const slider = form.querySelector("input[type=range]");
const place = form.querySelector("input[type=number]");
const lanes = [...document.querySelectorAll("#lanes > .lane")];
const rows = [];
for (let n = 0; n < lanes.length; n += 2) rows.push([lanes[n], lanes[n + 1]]);

function seq(row) {
  const found = row.map((lane) => Number(lane.querySelector(".when a")?.textContent)).filter(Boolean);
  return found.length ? Math.min(...found) : 0;
}

function mark(number, scroll) {
  for (const lane of document.querySelectorAll("#lanes > .now")) lane.classList.remove("now");
  const row = rows[number];
  if (!row) return;
  for (const lane of row) lane.classList.add("now");
  if (scroll) row[0].scrollIntoView({ block: "center" });
  place.value = String(seq(row));
  slider.setAttribute("aria-valuetext", `row ${number + 1}, event ${place.value}`);
}

slider.hidden = false;
slider.addEventListener("input", () => mark(Number(slider.value), true));
slider.addEventListener("change", () => {
  const url = new URL(location.href);
  url.searchParams.set("at", place.value);
  history.replaceState(null, "", url);
});
mark(Number(slider.value), new URL(location.href).searchParams.has("at"));
