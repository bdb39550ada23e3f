#!/usr/bin/env python3
"""Draws the rows of bench/scale.sh: the processor's seconds by examples x candidates, both axes logarithmic.

  bench/scale_plot.py <bench/results/scale.jsonl >docs/scale.svg

The dashed lines are proportional to the number: a job whose cost grows faster than it has rows above
them on the right.
"""
import json
import math
import sys

LEFT, TOP, WIDE, HIGH = 70, 20, 480, 300


def draw(rows):
    points = [(r["examples"] * r["candidates"], r["cpu_s"], r["candidates"]) for r in rows]
    low = [math.floor(math.log10(min(p[i] for p in points))) for i in (0, 1)]
    high = [math.ceil(math.log10(max(p[i] for p in points))) for i in (0, 1)]

    def x(n):
        return LEFT + (math.log10(n) - low[0]) / (high[0] - low[0]) * WIDE

    def y(seconds):
        return TOP + HIGH - (math.log10(seconds) - low[1]) / (high[1] - low[1]) * HIGH

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + 130}" height="{TOP + HIGH + 50}" '
           'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>']
    for k in range(low[0], high[0] + 1):
        out.append(f'<line x1="{x(10**k):.1f}" x2="{x(10**k):.1f}" y1="{TOP}" y2="{TOP + HIGH}" stroke="#e5e5e5"/>')
        out.append(f'<text x="{x(10**k):.1f}" y="{TOP + HIGH + 18}" text-anchor="middle">{10**k:,}</text>')
    for k in range(low[1], high[1] + 1):
        out.append(f'<line x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y(10**k):.1f}" y2="{y(10**k):.1f}" stroke="#e5e5e5"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(10**k) + 4:.1f}" text-anchor="end">{10**k:g}</text>')
    for each in (0.001, 0.01):  # seconds an example under a candidate
        ends = [(n, n * each) for n in (10**low[0], 10**high[0])]
        ends = [(min(max(n, 10**low[1] / each), 10**high[1] / each), each) for n, _ in ends]
        (a, _), (b, _) = ends
        out.append(f'<line x1="{x(a):.1f}" y1="{y(a * each):.1f}" x2="{x(b):.1f}" y2="{y(b * each):.1f}" '
                   'stroke="#999" stroke-dasharray="4 4"/>')
        out.append(f'<text x="{x(b) + 6:.1f}" y="{y(b * each) + 4:.1f}" fill="#777">{each * 1000:g} ms each</text>')
    colours = {k: c for k, c in zip(sorted({p[2] for p in points}), ("#8ecae6", "#219ebc", "#2a6f97", "#013a63", "#111"))}
    for n, seconds, k in points:
        out.append(f'<circle cx="{x(n):.1f}" cy="{y(seconds):.1f}" r="4.5" fill="{colours[k]}"/>')
    for i, (k, colour) in enumerate(colours.items()):
        out.append(f'<circle cx="{LEFT + 16}" cy="{TOP + 14 + 18 * i}" r="4.5" fill="{colour}"/>')
        out.append(f'<text x="{LEFT + 26}" y="{TOP + 18 + 18 * i}">{k} candidate{"s" * (k > 1)}</text>')
    out.append(f'<text x="{LEFT + WIDE / 2}" y="{TOP + HIGH + 38}" text-anchor="middle">examples x candidates</text>')
    out.append(f'<text transform="translate(16 {TOP + HIGH / 2}) rotate(-90)" text-anchor="middle">processor seconds</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(draw([json.loads(line) for line in sys.stdin if line.strip()]))
