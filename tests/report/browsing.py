"""A page looked at in Chromium: what it says, what it asks for, what is drawn on it, what axe finds wrong."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python


@contextmanager
def opened(browser, path, **settings):
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 860}} | settings))
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append("a dialog"), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        yield page
        assert [text for text in said if "willReadFrequently" not in text] == []  # that is ink(), below
        assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    finally:
        context.close()


def hover(page, key, across=0.5, down=0.5):
    plot = page.locator(f"#{key} .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


def ink(page, key):
    """How many pixels of a chart's canvas are not empty."""
    return page.locator(f"#{key} .plot").evaluate(
        """plot => {
          const canvases = [];
          const walk = (node) => { if (node.tagName === 'CANVAS') canvases.push(node);
            for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) walk(child); };
          walk(plot);
          let count = 0;
          for (const c of canvases) {
            if (!c.width || !c.height) continue;
            const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            for (let i = 3; i < data.length; i += 4) if (data[i] > 40) count++;
          }
          return count;
        }"""
    )


def faults(page):
    """What axe finds wrong with the accessibility; the page must be opened with ``bypass_csp``."""
    page.evaluate(next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run()")["violations"]
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]
