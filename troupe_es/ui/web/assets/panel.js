// What an event is, beside the list.

import { element, groupOf, line, moment, number, shown, sign, text } from "./words.js";

const LONG = 1200;

/** Say what an event is; returns it in a few words. */
export function tellEvent(row, find, run) {
  const { who, what, said } = row.gist;
  find("panel-seq").textContent = number(row.seq);
  find("panel-type").textContent = shown(row.type.replaceAll("-", " "));
  find("panel-type").className = `type group group-${groupOf(row, run.groups)}`;
  find("panel-who").replaceChildren(...(row.actor ? [sign(row.actor, who), " "] : []), text(who, 120), element("span", { class: "soft", text: ` ${shown(what)}` }));
  find("panel-said").textContent = shown(said.length > LONG ? `${said.slice(0, LONG)}…` : said);
  find("panel-time").textContent = moment(row.time) || "–";
  find("panel-step").textContent = row.step || "–";
  find("panel-wall").textContent = row.at ? `${moment(new Date(row.at).toISOString())} UTC` : "–";
  const cause = find("panel-cause");
  cause.replaceChildren(row.cause ? element("a", { href: `?at=${row.cause}`, text: `event ${number(row.cause)}`, dataset: { seek: row.cause } }) : "–");
  const ask = find("ask");
  ask.hidden = !row.actor;
  if (row.actor) ask.href = `${run.url}/people/${encodeURIComponent(row.actor)}?at=${row.seq}`;
  return line(`${who} ${what}: ${said}`, 160);
}
