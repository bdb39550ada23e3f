#!/usr/bin/env python3
"""Opens pages of pmpo in a real headless Chromium and looks at them.

report_browser.py MAKE_RUN PMPO FAKE      the test: made-up runs, every check; FAKE: the
                                          command line over an engine of known numbers
report_browser.py --shots DIR PAGE...     pictures: 360 and 1440 px, light and dark
report_browser.py --time PAGE             milliseconds from opening to drawn, five times

Exits with 77 (skipped) and says why where there is no Chromium. Only Python's
own library: DevTools' protocol over a pipe.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]
EVIL = "\"'></title></style></textarea></svg><script>window.pwned=1</script><img src=x onerror=window.pwned=2>&lt;${1}`\u202e"

# Every text that can be seen, against what is behind it (WCAG 2.1, 1.4.3).
CONTRAST = """(() => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
  const lum = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const ground = (e) => { const layers = [];
    for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) layers.push(c); if (c[3] === 1) break; }
    return layers.reduceRight((b, a) => over(a, b), [255, 255, 255, 1]); };
  const bad = {};
  let n = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode() && n < 20000) {
    const t = walk.currentNode, e = t.parentElement;
    if (!t.textContent.trim() || !e.checkVisibility() || ["SCRIPT", "STYLE", "title", "desc"].includes(e.tagName)) continue;
    const s = getComputedStyle(e), svg = e.ownerSVGElement;
    const fore = parse(svg ? s.fill : s.color), back = ground(svg ? svg.parentElement : e);
    const a = lum(over(fore, back)), b = lum(back), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && s.fontWeight >= 700);
    n++;
    if (ratio < (large ? 3 : 4.5)) bad[`${e.tagName}.${e.className.baseVal ?? e.className} ${ratio.toFixed(2)}`] = t.textContent.slice(0, 40);
  }
  return { n, bad };
})()"""

# What a page must be for those who use no eyes or no mouse.
ACCESS = """(() => {
  const bad = [];
  for (const e of document.querySelectorAll("svg[role]")) if (!e.querySelector("title") || !e.querySelector("desc")) bad.push("a plot without words");
  for (const e of document.querySelectorAll("button,input,select")) if (!(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)) bad.push("a control without a name");
  for (const e of document.querySelectorAll("a")) if (!(e.getAttribute("aria-label") || e.textContent.trim())) bad.push("a link without a name");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) bad.push("an id twice");
  for (const a of document.querySelectorAll("a[href^='#']")) if (!document.getElementById(a.getAttribute("href").slice(1))) bad.push("a link to nowhere: " + a.getAttribute("href"));
  for (const e of document.querySelectorAll(".wide")) if (e.tabIndex !== 0 || !e.getAttribute("aria-label")) bad.push("a scrolling box without keyboard");
  if (document.querySelectorAll("h1").length !== 1) bad.push("not one h1");
  if (document.documentElement.lang !== "en") bad.push("no language");
  return bad;
})()"""

# Only what the page itself brings may be in it.
MARKUP = """(() => {
  const bad = [], known = new Set("html head meta title style body a header p b button main h1 h2 h3 dl div dt dd strong small span ul li section pre svg path text rect circle desc figure figcaption details summary table thead tbody tr th td code ol ins del i sup label input select option output footer script em".split(" "));
  for (const e of document.querySelectorAll("*")) {
    if (!known.has(e.tagName.toLowerCase())) bad.push("element " + e.tagName);
    for (const a of e.attributes) {
      if (a.name.startsWith("on") || a.name === "style" || a.name === "src") bad.push(e.tagName + " has " + a.name);
      if (a.name === "href" && !a.value.startsWith("#")) bad.push("a link to " + a.value);
    }
  }
  if (document.scripts.length !== 1) bad.push(document.scripts.length + " scripts");
  if (window.pwned) bad.push("a script from data ran");
  return bad.slice(0, 5);
})()"""


class Browser:
    """One Chromium with one tab, spoken to through a pipe."""

    def __init__(self, path):
        self.home = tempfile.mkdtemp(prefix="pmpo-chromium-")
        to_child, self.out = os.pipe()
        self.inp, from_child = os.pipe()

        def wire():  # DevTools reads descriptor 3 and writes 4
            a, b = os.dup(to_child), os.dup(from_child)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(
            [path, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--no-first-run", "--disable-extensions", "--user-data-dir=" + self.home,
             "--remote-debugging-pipe", "about:blank"],
            close_fds=False, preexec_fn=wire,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.n, self.buffer, self.events, self.session = 0, b"", [], None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def read(self):
        while b"\0" not in self.buffer:
            got = os.read(self.inp, 1 << 16)
            if not got:
                raise RuntimeError("Chromium has ended")
            self.buffer += got
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **params):
        self.n += 1
        message = {"id": self.n, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            m = self.read()
            if m.get("id") == self.n:
                if "error" in m:
                    raise RuntimeError(f"{method}: {m['error']}")
                return m["result"]
            self.events.append(m)

    def run(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in r:
            raise RuntimeError(json.dumps(r["exceptionDetails"])[:400])
        return r["result"].get("value")

    def open(self, path):
        """Loads a file; returns what it complained about and the time it took, ms."""
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while not any(m.get("method") == "Page.loadEventFired" for m in self.events):
            self.events.append(self.read())
        took = self.run("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(performance.now()))))")
        said = [m["params"] for m in self.events if m.get("method") in
                ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")]
        return [json.dumps(s)[:300] for s in said], took

    def look(self, width, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media="screen",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def shot(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1})
        with open(path, "wb") as f:
            f.write(base64.b64decode(data["data"]))

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.wait(timeout=20)
        shutil.rmtree(self.home, ignore_errors=True)


def find_browser():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    print("skipped: no Chromium here (apt-get install chromium)")
    sys.exit(77)


def check_page(b, path):
    """Everything that a page is held to; returns a list of what is wrong."""
    bad = []
    for width in (360, 1440):
        for dark in (False, True):
            b.look(width, dark)
            said, _ = b.open(path)
            where = f"{os.path.basename(path)} at {width} px, {'dark' if dark else 'light'}: "
            bad += [where + s for s in said]
            wide = b.run("document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                bad.append(f"{where}{wide} px too wide")
            # Everything open, so that everything is looked at.
            b.run("document.querySelectorAll('details').forEach((d, i) => { d.open = i < 60; })")
            wide = b.run("document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                bad.append(f"{where}{wide} px too wide with all open")
            found = b.run(CONTRAST)
            if found["n"] < 30:
                bad.append(f"{where}only {found['n']} texts")
            bad += [f"{where}contrast {k}: {v!r}" for k, v in list(found["bad"].items())[:5]]
    bad += [f"{os.path.basename(path)}: {x}" for x in b.run(ACCESS) + b.run(MARKUP)]
    return bad


def check_examples(b, path):
    """Searching, sorting and choosing examples, with the numbers they lead to."""
    b.look(1440)
    b.open(path)
    n = b.run("document.querySelectorAll('#ex-list > li').length")
    shown = "[...document.querySelectorAll('#ex-list > li')].filter((e) => !e.hidden).length"
    b.run("{ const s = document.getElementById('ex-show'); s.value = 'test'; s.dispatchEvent(new Event('change')); }")
    bad = [] if 0 < b.run(shown) < n else ["choosing a part shows all or nothing"]
    b.run("{ const s = document.getElementById('ex-find'); s.value = 'no such words'; s.dispatchEvent(new Event('input')); }")
    bad += [] if b.run(shown) == 0 else ["searching finds what is not there"]
    b.run("{ const s = document.getElementById('ex-sort'); s.value = 'gain'; s.dispatchEvent(new Event('change')); }")
    gains = b.run("[...document.querySelectorAll('#ex-list > li')].map((e) => +e.dataset.gain)")
    bad += [] if gains == sorted(gains, reverse=True) else ["sorting does not sort"]
    return bad


def check_marks(b, path):
    """A mark tells its candidate when focused, and arrow keys go on."""
    b.look(1440)
    b.open(path)
    b.run("document.querySelector('#losses a.cand').focus()")
    first = b.run("document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent")
    for kind in ("keyDown", "keyUp"):
        b.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    second = b.run("document.getElementById('tip').textContent")
    bad = [] if first.startswith("Candidate ") else ["a mark tells nothing"]
    bad += [] if second.startswith("Candidate ") and second != first else ["arrow keys don't go on"]
    b.run("document.querySelector('#losses a.cand').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))")
    time.sleep(0.2)
    bad += [] if b.run("document.querySelector('#candidates details').open") else ["a mark leads to no row"]
    return bad


def compare_page(folder, fake, evil):
    data, out = os.path.join(folder, "evil.jsonl"), os.path.join(folder, "compare.html")
    with open(data, "w", encoding="utf-8") as f:
        for i in range(30):
            f.write(json.dumps({"input": f"Walk {i}?", "target": "Yes" if i % 3 else "No", "options": ["Yes", "No"]}) + "\n")
    prompts = ["-p=Answer yes or no.", "-p=" + evil, "-p=Walk. " * 80]
    subprocess.run([fake, "compare", "-q", "--no-cache", "-m", "one", "-m", "a-name-that-is-quite-long-0.5b-instruct", "-m", "three",
                    "-d", data, *prompts, "--html", out], check=True, stdout=subprocess.DEVNULL)
    analysis = os.path.join(folder, "analysis.html")
    subprocess.run([fake, "analyze", "-q", "--no-cache", "-m", "one", "-d", data, "-p", "Say yes. Or say no. " + evil, "--html",
                    analysis], check=True, stdout=subprocess.DEVNULL)
    return out, analysis


def test(make_run, pmpo, fake):
    b = Browser(find_browser())
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        def page(name, shape, *more):
            run = os.path.join(folder, name + ".pmpo")
            subprocess.run([make_run, run, *map(str, shape), *more], check=True)
            out = os.path.join(folder, name + ".html")
            subprocess.run([pmpo, "report", run, "-o", out], check=True, stdout=subprocess.DEVNULL)
            return out

        try:
            small = page("small", (40, 4, 8, 1))
            bad += check_page(b, small) + check_examples(b, small) + check_marks(b, small)
            bad += check_page(b, page("evil", (12, 3, 6, 3), EVIL))
            big = page("big", (1000, 20, 15, 60))
            bad += check_page(b, big)
            if os.path.getsize(big) > 5e6:
                bad.append(f"the big page has {os.path.getsize(big)} bytes")
            both = os.path.join(folder, "both.html")
            subprocess.run([pmpo, "report", small[:-5] + ".pmpo", big[:-5] + ".pmpo", "-o", both], check=True,
                           stdout=subprocess.DEVNULL)
            bad += check_page(b, both)
            for made in compare_page(folder, fake, EVIL):
                bad += check_page(b, made)
        finally:
            b.close()
    for x in bad:
        print(x)
    return 1 if bad else 0


def shots(folder, pages):
    b = Browser(find_browser())
    os.makedirs(folder, exist_ok=True)
    for page in pages:
        for width in (360, 1440):
            for dark in (False, True):
                b.look(width, dark)
                said, took = b.open(page)
                name = f"{os.path.basename(page)[:-5]}-{width}-{'dark' if dark else 'light'}.png"
                b.shot(os.path.join(folder, name))
                print(name, f"{took:.0f} ms", *said)
    b.close()
    return 0


def times(page):
    b = Browser(find_browser())
    b.look(1440)
    print(json.dumps({"bytes": os.path.getsize(page), "ms": [round(b.open(page)[1]) for _ in range(5)]}))
    b.close()
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "--time":
        sys.exit(times(sys.argv[2]))
    if sys.argv[1] == "--shots":
        sys.exit(shots(sys.argv[2], sys.argv[3:]))
    sys.exit(test(*sys.argv[1:4]))
