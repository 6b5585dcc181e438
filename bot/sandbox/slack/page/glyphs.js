// Emoji the bot relies on, drawn by hand where this machine has no font for them.

const DRAWN = {
  "✋": "M5 9.5V4.6a1 1 0 0 1 2 0V8V3a1 1 0 0 1 2 0v5V3.8a1 1 0 0 1 2 0V9V6a1 1 0 0 1 2 0v4.3A4.6 4.6 0 0 1 8.4 15C6 15 4.7 13.4 2.8 10.8a1 1 0 0 1 1.6-1.2L5 10.3",
  "🔍": "M7 3a4 4 0 1 0 0 8a4 4 0 1 0 0-8M10 10l4 4",
  "⚙": "M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4",
  "👀": "M4.5 4a2.5 4 0 1 0 0 8a2.5 4 0 1 0 0-8M11.5 4a2.5 4 0 1 0 0 8a2.5 4 0 1 0 0-8M5.3 7.5v1.5M12.3 7.5v1.5",
  "👁": "M1.5 8C4 3.5 12 3.5 14.5 8C12 12.5 4 12.5 1.5 8M8 6.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6",
  "✅": "M3 2.5h10v11H3zM5.3 8.2l2 2l3.6-4.2",
  "❌": "M3.5 3.5l9 9M12.5 3.5l-9 9",
  "👍": "M2 7.5h2.5v6H2zM4.5 8L7.5 2.5c1.5 0 1.8 1.2 1.3 3L8.5 6.5h4a1.3 1.3 0 0 1 1.3 1.6l-1 4.3a1.5 1.5 0 0 1-1.5 1.1H4.5",
  "👎": "M2 8.5h2.5v-6H2zM4.5 8L7.5 13.5c1.5 0 1.8-1.2 1.3-3L8.5 9.5h4a1.3 1.3 0 0 0 1.3-1.6l-1-4.3a1.5 1.5 0 0 0-1.5-1.1H4.5",
  "🤖": "M3 5.5h10v7.5H3zM8 5.5V2.8M6 8.3v1.2M10 8.3v1.2M6.3 11.3h3.4M1.5 8v2.5M14.5 8v2.5",
  "⏳": "M4 2h8M4 14h8M5 2c0 4 6 8 6 12M11 2c0 4-6 8-6 12",
  "⚠": "M8 2L14.5 13.5H1.5zM8 6.5v3.2M8 11.4v.4",
  "💬": "M2 3h12v8H7l-3 3v-3H2z",
  "🔒": "M3.5 7h9v6.5h-9zM5.5 7V4.5a2.5 2.5 0 0 1 5 0V7",
  "🖼": "M2 3h12v10H2zM2.5 11l3.5-4l3 3.5l2-2l2.5 2.5",
  "🗑": "M3 4.5h10M6 4.5V2.5h4v2M4.5 4.5l.5 9h6l.5-9",
  "⚡": "M9 1.5L3.5 9H8l-1 5.5L12.5 7H8z",
  "📟": "M2 4h12v8H2zM4 6h8v2.5H4zM4.5 10.3h1M7.5 10.3h1",
  "🎫": "M2 4.5h12v2.2a1.3 1.3 0 0 0 0 2.6v2.2H2V9.3a1.3 1.3 0 0 0 0-2.6zM9.5 4.5v7",
};
const TINTS = { "✅": "good", "❌": "bad", "⚠": "warn", "✋": "warn" };
const ANY = new RegExp(`(${Object.keys(DRAWN).join("|")})\\uFE0F?`, "gu");

const native = hasColour();

// Text with its emoji: as it is, or with drawings in place of what no font has.
export function glyphs(text) {
  if (native || !text) return [text];
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ANY)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(drawing(match[1]));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

function drawing(character) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `glyph ${TINTS[character] ?? ""}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", character);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", DRAWN[character]);
  svg.append(path);
  return svg;
}

// A colour font paints in colours though it is asked for black.
function hasColour() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 20;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) return true;
  pen.font = "16px system-ui, sans-serif";
  pen.fillText("✅", 0, 16);
  const pixels = pen.getImageData(0, 0, 20, 20).data;
  for (let at = 0; at < pixels.length; at += 4) {
    if (pixels[at + 3] > 40 && Math.abs(pixels[at] - pixels[at + 1]) > 40) return true;
  }
  return false;
}
