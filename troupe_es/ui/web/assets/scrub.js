/* A slider for the place in a life: it goes where it is left, and the number beside it says where that is. */
for (const form of document.querySelectorAll("form.scrub")) {
  const slider = form.querySelector("input[type=range]");
  const place = form.querySelector("input[type=number]");
  slider.hidden = false;
  slider.addEventListener("input", () => { place.value = slider.value; });
  place.addEventListener("input", () => { slider.value = place.value; });
  slider.addEventListener("change", () => form.requestSubmit());
}
