// The page of an event, by keyboard: the arrows go to the event before and after it.

const root = document.querySelector("#moment");
const KEYS = { ArrowLeft: "previous", ArrowRight: "next" };

document.addEventListener("keydown", (event) => {
  const where = root.dataset[KEYS[event.key]];
  if (!where || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.target.closest("input, select, textarea, pre, [role=region]") || where.endsWith("/")) return;
  location.assign(where);
});
