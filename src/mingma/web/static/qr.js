// Draws a token's or a receipt's text as a QR code: an SVG path of black squares on white, with its quiet zone.
// The text goes nowhere: it is drawn where it is shown.

import { generate, correction } from "./vendor/lean-qr/index.mjs";

const SVG = "http://www.w3.org/2000/svg";
const LONG = 600; // characters: more than any token has
const QUIET = 4; // modules of white around a code (ISO/IEC 18004)

/**
 * Draw the text into the element, in place of what stood there for browsers without a script.
 * A receipt is a kilobyte or two: at the least correction it fits version 22 to 25, and always 40.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function draw(element, text) {
  const long = text.length > LONG;
  const code = generate(text, {
    minCorrectionLevel: long ? correction.L : correction.M,
    maxCorrectionLevel: long ? correction.L : correction.Q,
  });
  const size = code.size + 2 * QUIET;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("aria-hidden", "true");
  const ground = document.createElementNS(SVG, "rect");
  ground.setAttribute("width", String(size));
  ground.setAttribute("height", String(size));
  ground.setAttribute("fill", "#fff");
  const modules = document.createElementNS(SVG, "path");
  modules.setAttribute("d", outline(code));
  modules.setAttribute("fill", "#000");
  svg.append(ground, modules);
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", element.dataset.label);
  element.replaceChildren(svg);
}

/** The black modules as runs along each row. */
function outline(code) {
  const runs = [];
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (!code.get(x, y)) continue;
      const start = x;
      while (code.get(x + 1, y)) x += 1;
      runs.push(`M${start + QUIET} ${y + QUIET}h${x - start + 1}v1H${start + QUIET}z`);
    }
  }
  return runs.join("");
}
