"use strict";
// The table of files. Only the rows in view are in the document, so that 20,000 files scroll as 20 do.

const ROW = 44; // height in pixels, as in the style sheet
const SPARE = 6; // rows beyond both edges of the view
const PRINTED = 2000; // rows on paper

const data = JSON.parse(document.getElementById("data").textContent);
const files = data.files;
const element = (id) => document.getElementById(id);

// What sorting and searching need, once per file.
for (const [index, file] of files.entries()) {
  file.index = index;
  file.best = file.s === 2 ? -1 : file.q.indexOf(Math.max(...file.q));
  file.words = [file.p, file.g ?? "", file.r ?? ""].join("\n").toLowerCase();
}

const genreName = (file) => (file.best < 0 ? "" : data.genres[file.best]);
const probability = (file) => (file.best < 0 ? -1 : file.q[file.best] / 1000);

const sortKeys = {
  path: (file) => file.p,
  genre: genreName,
  probability,
  tag: (file) => file.g ?? "",
  seconds: (file) => file.t ?? -1,
};

const shows = {
  tag: (file) => file.x === 1,
  sure: (file) => probability(file) >= 0.7,
  unsure: (file) => file.best >= 0 && probability(file) < 0.4,
  remark: (file) => file.r !== undefined,
  unusable: (file) => file.s === 2,
};

const state = { sort: "", descending: false, text: "", genre: "", show: "", active: -1 };
let visible = files;
const listeners = []; // told when the filters change

// An element with a class, text (never markup) and children.
function make(tag, { className = "", text, title } = {}, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (title !== undefined) made.title = title;
  made.append(...children);
  return made;
}

function length(seconds) {
  if (seconds === undefined) return "";
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

// The genres of a file, the most probable first.
const ranked = (file) => file.q.map((_, genre) => genre).sort((a, b) => file.q[b] - file.q[a]);

// The probable genres of a file in words.
function inWords(file) {
  if (file.best < 0) return "not classified";
  return ranked(file).slice(0, 3).map((genre) => `${data.genres[genre]} ${(file.q[genre] / 1000).toFixed(2)}`).join(", ");
}

// A background that shows a timeline: each segment in the colour of its genre, paler where that is less probable.
function strip([step, text], className) {
  const segments = text.length / 2;
  const stops = [];
  for (let i = 0; i < segments; i++) {
    const genre = text.charCodeAt(2 * i) - 65;
    const strength = 25 + 8 * Number(text[2 * i + 1]);
    const colour = `color-mix(in srgb, var(--g${genre}) ${strength}%, transparent)`;
    stops.push(`${colour} ${(100 * i) / segments}% ${(100 * (i + 1)) / segments}%`);
  }
  const made = make("div", { className, title: `one block per ${step} s` });
  made.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return made;
}

function stack(file) {
  const made = make("div", { className: "stack" });
  if (file.best < 0) return made;
  file.q.forEach((thousandths, genre) => {
    if (thousandths < 5) return;
    const part = make("span", { className: `g${genre}` });
    part.style.width = `${thousandths / 10}%`;
    made.append(part);
  });
  return made;
}

function rowOf(file, position) {
  const cell = (className, ...children) => {
    const made = make("div", { className }, ...children);
    made.setAttribute("role", "gridcell");
    return made;
  };
  const genre = file.best < 0
    ? [make("span", { className: "none", text: "not classified" })]
    : [make("span", { className: `chip g${file.best}` }), genreName(file)];
  const tag = file.g === undefined ? "" : make("bdi", { className: file.x ? "warn" : "", text: (file.x ? "≠ " : "") + file.g });
  const bars = cell("", stack(file));
  bars.setAttribute("aria-label", inWords(file));
  if (file.l) bars.append(strip(file.l, "strip"));
  const row = make("div", { className: "row", title: file.r ?? "" },
    cell("file", make("bdi", { text: file.p })),
    cell("", ...genre),
    cell("number", file.best < 0 ? "" : probability(file).toFixed(2)),
    bars,
    cell("", tag),
    cell("number", length(file.t)));
  row.id = `row-${file.index}`;
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", position + 2);
  row.setAttribute("aria-selected", file.index === state.active);
  row.addEventListener("click", () => choose(file.index, true));
  return row;
}

// Puts the rows in view into the document.
function draw() {
  const scroller = element("scroller");
  const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
  const last = Math.min(visible.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW) + SPARE);
  const rows = element("rows");
  rows.style.top = `${first * ROW}px`;
  rows.replaceChildren(...visible.slice(first, last).map((file, i) => rowOf(file, first + i)));
  const active = element(`row-${state.active}`);
  if (active) element("table").setAttribute("aria-activedescendant", active.id);
  else element("table").removeAttribute("aria-activedescendant");
}

// Filters and sorts anew.
function update() {
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = shows[state.show] ?? (() => true);
  visible = files.filter((file) => (state.genre === "" || file.best === Number(state.genre))
    && shown(file) && words.every((word) => file.words.includes(word)));
  if (state.sort) {
    const key = sortKeys[state.sort];
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const by = (a, b) => (typeof a === "string" ? compare(a, b) : a - b);
    const keys = new Map(visible.map((file) => [file, key(file)]));
    visible.sort((a, b) => (state.descending ? by(keys.get(b), keys.get(a)) : by(keys.get(a), keys.get(b))) || a.index - b.index);
  }
  element("spacer").style.height = `${visible.length * ROW}px`;
  element("scroller").scrollTop = 0;
  element("table").setAttribute("aria-rowcount", visible.length + 1);
  element("count").textContent = `${visible.length.toLocaleString("en")} of ${files.length.toLocaleString("en")} files`;
  for (const share of document.querySelectorAll(".share")) {
    share.setAttribute("aria-pressed", share.dataset.genre === state.genre);
  }
  draw();
  listeners.forEach((listener) => listener());
}

// Makes a file the active one; brings it into view, and shows it in full if `open`.
function choose(index, open) {
  state.active = index;
  const position = visible.indexOf(files[index]);
  if (position >= 0) {
    const scroller = element("scroller");
    const top = position * ROW;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW - scroller.clientHeight;
  }
  draw();
  if (open) showDetails(files[index]);
  listeners.forEach((listener) => listener());
}

function showDetails(file) {
  const parts = [make("h3", {}, make("bdi", { text: file.p }))];
  if (file.r !== undefined) parts.push(make("p", { className: file.s === 2 ? "warn" : "", text: file.r }));
  if (file.g !== undefined) {
    parts.push(make("p", {}, "Its own tag says ", make("bdi", { text: file.g }), file.x ? ", which is not heard." : "."));
  }
  if (file.best >= 0) {
    const bars = make("dl", { className: "bars" });
    for (const genre of ranked(file)) {
      const bar = make("div", { className: `bar g${genre}` });
      bar.style.width = `${file.q[genre] / 10}%`;
      bars.append(make("dt", { text: data.genres[genre] }), make("dd", {}, bar), make("dd", { className: "number", text: (file.q[genre] / 1000).toFixed(3) }));
    }
    parts.push(bars);
  }
  if (file.l) {
    parts.push(strip(file.l, "timeline"), make("p", { className: "note", text: timelineInWords(file.l) }));
  }
  if (file.n?.length) {
    const near = make("div", { className: "near" }, make("h4", { text: "Sounds like" }));
    for (const other of file.n) {
      const button = make("button", {}, make("bdi", { text: files[other].p }), ` – ${genreName(files[other])}`);
      button.type = "button";
      button.addEventListener("click", () => choose(other, true));
      near.append(button);
    }
    parts.push(near);
  }
  element("details").hidden = false;
  element("details").replaceChildren(...parts);
}

// The runs of one genre in a timeline.
function timelineInWords([step, text]) {
  const runs = [];
  for (let i = 0; i < text.length; i += 2) {
    const genre = data.genres[text.charCodeAt(i) - 65];
    if (runs.at(-1)?.genre === genre) continue;
    runs.push({ genre, start: (i / 2) * step });
  }
  const words = runs.slice(0, 12).map(({ genre, start }) => `${length(Math.round(start)) || "0"} ${genre}`);
  return words.join(", ") + (runs.length > 12 ? ", …" : "");
}

// Keys in the table; the focus stays on it, and the active row is announced.
function onKey(event) {
  if (event.target !== element("table")) return;
  const page = Math.max(1, Math.floor(element("scroller").clientHeight / ROW) - 1);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  const at = visible.findIndex((file) => file.index === state.active);
  if (event.key in steps && visible.length > 0) {
    const next = at < 0 && steps[event.key] === 1 ? 0 : at + steps[event.key];
    choose(visible[Math.min(visible.length - 1, Math.max(0, next))].index, false);
  } else if ((event.key === "Enter" || event.key === " ") && at >= 0) {
    choose(state.active, true);
    element("details").focus();
  } else return;
  event.preventDefault();
}

// Paper has no scrolling: the rows that the filters leave, up to a limit.
function preparePrint() {
  const rows = visible.slice(0, PRINTED).map((file) => make("tr", {},
    make("td", {}, make("bdi", { text: file.p })), make("td", { text: inWords(file) }), make("td", { text: length(file.t) })));
  if (visible.length > PRINTED) rows.push(make("tr", {}, make("td", { text: `and ${visible.length - PRINTED} more` })));
  element("printed").replaceChildren(...rows);
}
