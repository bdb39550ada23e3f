// page.js: what a report does beyond standing there. Everything works without
// it but search, sorting and the boxes beside marks. Texts go in by
// textContent only.
"use strict";
const $ = (id) => document.getElementById(id);
for (const e of document.querySelectorAll(".js")) e.hidden = false;

// ---- dark or light ----
const root = document.documentElement;
if ($("theme")) $("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

// ---- copying ----
for (const b of document.querySelectorAll(".copy")) {
  const was = b.textContent;
  b.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText($(b.dataset.copy).textContent);
      b.textContent = "Copied";
    } catch {
      b.textContent = "The browser does not allow it";
    }
    setTimeout(() => { b.textContent = was; }, 1500);
  });
}

// ---- a link to a row opens what it is in ----
function open(hash) {
  const row = hash.length > 1 && $(decodeURIComponent(hash.slice(1)));
  const box = row && row.closest("details");
  if (box && !box.open) {
    box.open = true;
    row.scrollIntoView({ block: "center" });
  }
}
addEventListener("hashchange", () => open(location.hash));
open(location.hash);

// ---- the box beside a mark or a token ----
const tip = $("tip");
let shown = null;
function put(tag, text, into) {
  const e = document.createElement(tag);
  e.textContent = text;
  into.append(e);
  return e;
}
function place(target) {
  tip.hidden = false;
  shown = target;
  const r = target.getBoundingClientRect(), t = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, r.left + r.width / 2 - t.width / 2), innerWidth - t.width - 8);
  const above = r.top - t.height - 10;
  tip.style.left = Math.max(8, left) + "px";
  tip.style.top = (above > 8 ? above : r.bottom + 10) + "px";
}
function hide() { tip.hidden = true; }
function showCandidate(a) {
  const row = $(a.getAttribute("href").slice(1));
  if (!row) return;
  const cell = (i) => row.cells[i].textContent;
  const text = cell(7);
  tip.replaceChildren();
  const head = put("p", "", tip);
  put("b", `Candidate ${cell(0)}: ${cell(5)}`, head);
  head.append(`, loss ${cell(3)}, ${cell(4)} words`);
  put("p", cell(6), tip);
  put("div", text.length > 700 ? text.slice(0, 700) + "…" : text, tip).className = "text";
  place(a);
}
function showToken(i) {
  const box = i.parentNode, at = [...box.children].indexOf(i);
  const p = (name) => box.dataset[name] && (100 * Math.exp(box.dataset[name].split(",")[at] / 100)).toFixed(1) + " %";
  const before = p("a"), after = p("b");
  if (before === undefined) return;
  tip.replaceChildren();
  put("b", after ? `${before} → ${after}` : before, tip);
  place(i);
}
const marks = "a.cand", tokens = ".tokens i";
for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
  document.addEventListener(on, (e) => {
    const a = e.target.closest(marks), i = e.target.closest(tokens);
    if (a) showCandidate(a); else if (i) showToken(i);
  });
  document.addEventListener(off, (e) => { if (e.target.closest(`${marks},${tokens}`)) hide(); });
}
addEventListener("scroll", () => { if (!tip.hidden) place(shown); }, { passive: true });
addEventListener("keydown", (e) => { if (e.key === "Escape") hide(); });

// ---- marks: one stop for the tab key, arrows between them ----
for (const plot of document.querySelectorAll(".plot svg")) {
  const all = [...plot.querySelectorAll(marks)];
  all.forEach((a, i) => a.setAttribute("tabindex", i ? "-1" : "0"));
  plot.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    const at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    e.preventDefault();
    const next = all[(at + step + all.length) % all.length];
    all[at].setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
}

// ---- examples: search, sort, show ----
const list = $("ex-list");
if (list) {
  const items = [...list.children];
  let texts = null;
  const orders = {
    gain: (a, b) => b.dataset.gain - a.dataset.gain,
    fall: (a, b) => a.dataset.gain - b.dataset.gain,
    loss: (a, b) => b.dataset.loss - a.dataset.loss,
  };
  const update = () => {
    const find = $("ex-find").value.toLowerCase(), show = $("ex-show").value;
    if (find && !texts) texts = new Map(items.map((li) => [li, li.textContent.toLowerCase()]));
    let n = 0;
    for (const li of items) {
      const yes = (!show || li.dataset.part === show || li.dataset.turn === show)
        && (!find || texts.get(li).includes(find));
      li.hidden = !yes;
      n += yes;
    }
    $("ex-count").textContent = `${n} of ${items.length}`;
  };
  $("ex-sort").addEventListener("change", () => {
    const order = orders[$("ex-sort").value];
    list.append(...(order ? [...items].sort(order) : items));
  });
  $("ex-find").addEventListener("input", update);
  $("ex-show").addEventListener("change", update);
  update();
}
