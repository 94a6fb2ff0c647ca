// The code page, alive: draws the QR code, counts down, asks for the page anew once a minute.
// Everything it shows comes from the page; without it the page is whole but for the drawn code.

import { draw } from "./qr.js";

const EVERY = 60; // seconds between two looks at one's own code
const countdown = byId("countdown");
let shownAt = 0; // the server's time when the page was made, and this clock's then
let begun = 0;
let left = EVERY;

function byId(id) {
  return document.getElementById(id);
}

/** Draw the code of the page as it now is. */
function start() {
  shownAt = Number(byId("queried").dataset.at);
  begun = Date.now();
  left = EVERY;
  draw(byId("qr"), byId(byId("qr").dataset.tokenIn).textContent);
  lapse();
}

/** A code past its end says so, whether or not a new one can be had. */
function lapse() {
  const now = shownAt + (Date.now() - begun) / 1000;
  const over = now >= Number(byId("qr").dataset.ends);
  for (const id of ["qr", "colour"]) byId(id).hidden = over;
  for (const id of ["qr-lapsed", "lapsed"]) byId(id).hidden = !over;
}

/** Show the page as it is by now; where more than the code has changed, all of it. */
async function refresh() {
  left = EVERY;
  let fresh;
  try {
    const answer = await fetch("/code", { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok && answer.status !== 401) throw new Error(String(answer.status));
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    // What is on the screen stays, with the time of its query: nothing gets worse by a failure.
    countdown.textContent = countdown.dataset.failed;
    byId("news").textContent = countdown.dataset.failed;
    return;
  }
  if (fresh.getElementById("pass")?.dataset.state !== byId("pass").dataset.state) {
    location.reload();
    return;
  }
  for (const part of fresh.querySelectorAll("[data-live]")) {
    byId(part.id)?.replaceWith(document.adoptNode(part));
  }
  start();
  byId("news").textContent = countdown.dataset.done.replace("{word}", byId("word").textContent);
}

function tick() {
  lapse();
  if (document.hidden) return;
  left -= 1;
  if (left <= 0) refresh();
  else if (left < EVERY - 1) {
    countdown.textContent = countdown.dataset.words.replace("{seconds}", String(left));
  }
}

start();
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - begun > EVERY * 1000) refresh();
});
byId("refresh").addEventListener("click", (event) => {
  event.preventDefault();
  refresh();
});
