// The code page, alive: draws the QR code, counts down, asks for the page anew once a minute.
// A colour worse than green has two frames, the token and its receipt: they take turns, or stand side
// by side where motion is unwelcome or the holder asks for it.
// Everything it shows comes from the page; without it the page is whole but for the drawn code.

import { draw } from "./qr.js";

const TURN = 1500; // milliseconds that a frame stays: a scanner needs less
const EVERY = Number(byId("pass").dataset.every); // seconds between two looks at the code
const countdown = byId("countdown");
let shownAt = 0; // the server's time when the page was made, and this clock's then
let begun = 0;
let left = EVERY;
let second = false; // whether it is the receipt's turn
let together = matchMedia("(prefers-reduced-motion: reduce)").matches;

function byId(id) {
  return document.getElementById(id);
}

/** Draw the code of the page as it now is. */
function start() {
  shownAt = Number(byId("queried").dataset.at);
  begun = Date.now();
  left = EVERY;
  for (const frame of frames()) draw(frame, byId(frame.dataset.tokenIn).textContent);
  byId("frames-together")?.addEventListener("click", () => {
    together = !together;
    take();
  });
  take();
  lapse();
}

/** The codes on the page: the token's, and the receipt's where there is one. */
function frames() {
  return [byId("qr"), byId("qr-receipt")].filter(Boolean);
}

/** Show the frame whose turn it is, or both. */
function take() {
  const [token, receipt] = frames();
  if (!receipt) return;
  token.hidden = !together && second;
  receipt.hidden = !together && !second;
  byId("frames-together").setAttribute("aria-pressed", String(together));
}

/** A code past its end says so, whether or not a new one can be had. */
function lapse() {
  const now = shownAt + (Date.now() - begun) / 1000;
  const over = now >= Number(byId("qr").dataset.ends);
  for (const id of ["frames", "colour"]) byId(id).hidden = over;
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
setInterval(() => {
  second = !second;
  take();
}, TURN);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - begun > EVERY * 1000) refresh();
});
byId("refresh").addEventListener("click", (event) => {
  event.preventDefault();
  refresh();
});
