// Draws the pass notes of urgent matters, on every page that has one.

import { draw } from "./qr.js";

for (const note of document.querySelectorAll("[data-note-in]")) {
  draw(note, document.getElementById(note.dataset.noteIn).textContent);
}
