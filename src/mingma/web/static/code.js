// The code page, alive: draws the QR code, counts down, asks for the page anew once a minute.
// Everything it shows comes from the page; without it the page is whole but for the drawn code.

import { draw } from "./qr.js";

const EVERY = 60; // seconds between two looks at one's own code
const begun = performance.now();
const shownAt = Number(document.getElementById("queried").dataset.at);
const countdown = document.getElementById("countdown");
let left = EVERY;

/** The server's time in seconds: its own at the time of the query, and what has passed since. */
function now() {
  return shownAt + (performance.now() - begun) / 1000;
}

function drawCode() {
  const place = document.getElementById("qr");
  if (!place) return;
  draw(place, document.getElementById(place.dataset.tokenIn).textContent);
  lapse();
}

/** A code past its end says so, whether or not a new one could be had. */
function lapse() {
  const place = document.getElementById("qr");
  if (!place) return;
  const over = now() >= Number(place.dataset.ends);
  place.hidden = over;
  document.getElementById("qr-lapsed").hidden = !over;
}

function say(text) {
  document.getElementById("news").textContent = text;
}

async function refresh() {
  try {
    const answer = await fetch("/code", { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const pass = fresh.getElementById("pass");
    const before = document.getElementById("pass").dataset.colour;
    // A page of another shape (lapsed, being sealed, signed out) or colour is shown whole.
    if (!pass || pass.dataset.colour !== before) {
      location.reload();
      return;
    }
    for (const part of fresh.querySelectorAll("[data-live]")) {
      document.getElementById(part.id)?.replaceWith(document.adoptNode(part));
    }
    drawCode();
    const word = document.querySelector(".colour-word").textContent;
    say(countdown.dataset.done.replace("{word}", word));
    left = EVERY;
  } catch {
    countdown.textContent = countdown.dataset.failed;
    say(countdown.dataset.failed);
    left = EVERY;
  }
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

drawCode();
setInterval(tick, 1000);
document.getElementById("refresh").addEventListener("click", (event) => {
  event.preventDefault();
  refresh();
});
