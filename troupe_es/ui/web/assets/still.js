/* In the file that opens from disk: finding words, hiding thoughts, opening what a link leads into. */
"use strict";
const form = document.querySelector("form.filter");
const lines = [...document.querySelectorAll("#transcript .talk > li")];
const wanted = document.getElementById("wanted");
const thoughts = document.getElementById("thoughts");
const found = document.getElementById("found");

function show() {
  const words = wanted.value.trim().toLocaleLowerCase();
  const all = thoughts.getAttribute("aria-pressed") === "true";
  let count = 0;
  for (const line of lines) {
    const fits = (all || !line.classList.contains("thought")) && line.textContent.toLocaleLowerCase().includes(words);
    line.hidden = !fits;
    count += fits;
  }
  for (const step of document.querySelectorAll("#transcript .step"))
    step.hidden = !step.querySelector("li:not([hidden])");
  found.textContent = words ? `${count} of ${lines.length} lines` : "";
}

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let each = target; each; each = each.parentElement) if (each.localName === "details") each.open = true;
  if (target) target.scrollIntoView();
}

if (lines.length) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  wanted.addEventListener("input", show);
  thoughts.addEventListener("click", () => {
    thoughts.setAttribute("aria-pressed", String(thoughts.getAttribute("aria-pressed") !== "true"));
    show();
  });
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();
