"""The page in a real browser: nothing is wider than the screen, no label touches another, all can be read."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from optimizer.plan.plan import Plan
from tests.conftest import TOOLS
from tests.report.pages import everything, idle, plan_of, written

pytestmark = pytest.mark.browser
WIDTHS = (320, 390, 1440)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
    "--window-size=1500,1000", "--dump-dom",
)  # fmt: skip
LIGHT, DARK = "--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0"
CONTRAST = {"body", ".note", ".unit", ".status", ".eyebrow", "summary", "thead th", ".drawing .tick", ".checks .mark"}
MEASURE = """
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, wide = page.documentElement.clientWidth;
    page.querySelectorAll("details").forEach(e => { e.open = true });
    const seen = [...page.querySelectorAll("body *")].filter(e => e.getClientRects().length);
    const out = seen.filter(e => !e.closest(".scroll > table, title"))
      .filter(e => e.getBoundingClientRect().right > wide + 0.5 || e.getBoundingClientRect().left < -0.5);
    const touching = [], cut = [];
    for (const drawing of page.querySelectorAll(".drawing")) {
      const rows = new Map();
      for (const label of drawing.querySelectorAll("text")) {
        const box = label.getBoundingClientRect();
        if (!box.width) continue;
        const panel = label.closest(".panel").getBoundingClientRect();
        if (box.left < panel.left || box.right > panel.right) cut.push(label.textContent);
        const row = Math.round(box.top);
        rows.set(row, [...(rows.get(row) || []), [box.left, box.right, label.textContent]]);
      }
      for (const row of rows.values()) {
        row.sort((a, b) => a[0] - b[0]);
        row.slice(1).forEach((b, i) => { if (b[0] < row[i][1] + 0.5) touching.push(row[i][2] + " " + b[2]) });
      }
    }
    const paint = e => { while (e && getComputedStyle(e).backgroundColor === "rgba(0, 0, 0, 0)") e = e.parentElement;
      return getComputedStyle(e || page.body).backgroundColor };
    const colours = SELECTORS.map(s => [s, page.querySelector(s)]).filter(([, e]) => e).map(([s, e]) =>
      [s, s.includes("drawing") ? getComputedStyle(e).fill : getComputedStyle(e).color, paint(e)]);
    const labels = page.querySelectorAll(".drawing text").length, scroll = page.documentElement.scrollWidth;
    return {wide: frame.contentWindow.innerWidth, scroll, labels, out: out.map(e => e.outerHTML.slice(0, 120)),
      touching, cut, colours};
  });
  const told = document.createElement("pre");
  told.id = "told";
  told.textContent = JSON.stringify(found);
  document.body.replaceChildren(told);
});
"""


def browse(path: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """The document as the browser has it after loading, and what it says on its console."""
    browser = next(found for name in TOOLS["browser"] if (found := shutil.which(name)))
    command = [browser, *FLAGS, *flags, f"--user-data-dir={profile}", path.as_uri()]
    ran = subprocess.run(command, capture_output=True, timeout=120, check=True)
    console = [line for line in ran.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
    return ran.stdout.decode(), "\n".join(console)


def measured(page: Path, folder: Path, *flags: str) -> list[dict]:
    """What the browser measures of the page, unchanged, in a frame of each width."""
    source = html.escape(page.read_text(encoding="utf-8"))
    frames = "".join(f'<iframe width="{w}" height="800" style="border:0" srcdoc="{source}"></iframe>' for w in WIDTHS)
    script = MEASURE.replace("SELECTORS", json.dumps(sorted(CONTRAST)))
    outer = folder / "frames.html"
    outer.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body>{frames}<script>{script}</script>', encoding="utf-8")
    document, console = browse(outer, folder / "profile", *flags)
    assert not console
    told = re.search(r'<pre id="told">(.*?)</pre>', document, re.DOTALL)
    assert told, document[-500:]
    return json.loads(html.unescape(told[1]))


def luminance(colour: str) -> float:
    channels = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, paper: str) -> float:
    """The contrast of two colours as WCAG 2 counts it, 1 to 21."""
    dark, light = sorted((luminance(ink), luminance(paper)))
    return (light + 0.05) / (dark + 0.05)


def plans() -> dict[str, Plan]:
    long = "x" * 90
    return {
        "20 quarters": plan_of(everything(20)),
        "40 quarters": plan_of(everything(40)),
        "1 quarter": plan_of(everything(1)),
        "long names": plan_of(everything(5, base=long, site=f"{long} site", title=f"{long} {long}")),
        "nothing": idle(),
    }


@pytest.mark.parametrize("name", ["20 quarters", "40 quarters", "1 quarter", "long names", "nothing"])
def test_it_fits_every_screen(name: str, tmp_path: Path) -> None:
    """Proves: at 320, 390 and 1440 pixels nothing but a table's own scroll area is wider than the page, no label of an
    axis touches its neighbour or leaves its panel.
    """
    for found, width in zip(measured(written(plans()[name], tmp_path), tmp_path), WIDTHS, strict=True):
        assert found["wide"] == width
        assert found["scroll"] <= width, found["out"][:5]
        assert (found["out"], found["touching"], found["cut"]) == ([], [], [])
        assert found["labels"] > 0


@pytest.mark.parametrize("mode,dark", [(LIGHT, False), (DARK, True)])
def test_it_can_be_read_by_day_and_by_night(mode: str, dark: bool, tmp_path: Path) -> None:
    """Proves: text stands out from its ground by at least 4.5 to 1 in both modes, and the dark mode is dark."""
    found = measured(written(plan_of(everything(8)), tmp_path), tmp_path, mode)[0]
    assert {selector for selector, _, _ in found["colours"]} == CONTRAST
    for selector, ink, paper in found["colours"]:
        assert contrast(ink, paper) >= 4.5, (selector, ink, paper)
    body = next(paper for selector, _, paper in found["colours"] if selector == "body")
    assert (luminance(body) < 0.1) is dark


def test_the_console_stays_silent(tmp_path: Path) -> None:
    assert browse(written(plan_of(everything(8)), tmp_path), tmp_path / "profile")[1] == ""


def test_a_script_that_got_in_would_not_run(tmp_path: Path) -> None:
    """Proves: the page's policy stops scripts and pictures of other hosts, and the console check sees what it stops."""
    page = written(idle(), tmp_path)
    injected = '<script>document.title = "owned"</script><img src="https://evil.example/x">'
    page.write_text(page.read_text(encoding="utf-8").replace("<main>", f"<main>{injected}"), encoding="utf-8")
    document, console = browse(page, tmp_path / "profile")
    assert "<title>owned" not in document
    assert console.count("Content Security Policy") >= 2
