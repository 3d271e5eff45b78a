"use strict";
(async () => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  // -- tables: sort by a column, filter by text; needs nothing of the rest

  for (const sheet of $$(".sheet")) {
    const body = $("tbody", sheet);
    $$("thead th", sheet).forEach((head, place) => $("button", head).addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const was = head.getAttribute("aria-sort");
      const down = was === "none" ? numeric : was === "ascending";
      $$("thead th", sheet).forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => {
        const cell = row.children[place];
        return numeric ? (cell.dataset.sort === undefined ? null : Number(cell.dataset.sort)) : cell.textContent;
      };
      const order = (a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        const sign = numeric ? x - y : x.localeCompare(y, undefined, { numeric: true });
        return down ? -sign : sign;
      };
      body.append(...[...body.rows].sort(order));
    }));
    const filter = $("input", sheet);
    if (filter) filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase();
      for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }

  for (const copy of $$("[data-do=copy]")) copy.addEventListener("click", async () => {
    const code = $("code", copy.parentElement);
    getSelection().selectAllChildren(code);
    try { await navigator.clipboard.writeText(code.textContent); copy.textContent = "Copied"; }
    catch { copy.textContent = "Selected"; }
  });

  const links = new Map($$("nav a").map((link) => [link.hash.slice(1), link]));
  const spy = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) {
      links.forEach((link) => link.removeAttribute("aria-current"));
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-64px 0px -80% 0px" });
  $$(".part").forEach((part) => spy.observe(part));

  // -- unpack the drawing library and the numbers

  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob($("#" + id).textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  let page;
  try {
    const [engine, data] = await Promise.all([unpack("engine"), unpack("data")]);
    const script = document.createElement("script");
    script.textContent = engine;
    document.head.append(script);
    page = JSON.parse(data);
    Bokeh.set_log_level("off");
  } catch (error) {
    for (const plot of $$(".plot")) plot.textContent = plot.getAttribute("aria-label");
    console.warn("The charts need a browser of 2023 or later:", error);
    return;
  }

  // -- numbers in words, as the rest of the report writes them

  const digits = (v) => {
    if (v === 0) return "0";
    const places = Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(v)))));
    return v.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places });
  };
  const write = {
    seconds: (v) => v >= 1 ? digits(v) + " s" : v >= 1e-3 ? digits(v * 1e3) + " ms" : digits(v * 1e6) + " µs",
    share: (v) => digits(v * 100) + " %",
    cores: (v) => digits(v * 100) + " %",
    rate: (v) => (v >= 100 || v === Math.round(v) ? Math.round(v).toLocaleString("en") : digits(v)) + "/s",
    count: (v) => Math.round(v).toLocaleString("en"),
    ratio: digits,
    bytes: (v) => v >= 2 ** 30 ? digits(v / 2 ** 30) + " GiB" : v >= 2 ** 20 ? digits(v / 2 ** 20) + " MiB" : digits(v / 1024) + " KiB",
  };
  const show = (unit, v) => (v === null || v === undefined || Number.isNaN(v) ? "–" : write[unit](v));
  const clock = (s) => {
    const t = Math.round(s), two = (n) => String(n).padStart(2, "0");
    return t >= 3600 ? `${Math.floor(t / 3600)}:${two(Math.floor(t / 60) % 60)}:${two(t % 60)}` : `${Math.floor(t / 60)}:${two(t % 60)}`;
  };
  const place = (chart, x) => chart.scale === "clock" ? clock(x) : digits((1 - 10 ** -x) * 100) + " %";

  // -- one chart: its element, its data, and (once it is drawn) its view

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const zoom = { range: null, quiet: false };
  const charts = $$("[data-chart]").map((element) => ({
    element, plot: $(".plot", element), data: page.charts[element.dataset.chart], view: null, drawing: null,
    shown: page.charts[element.dataset.chart].series.map((s) => !s.hidden),
  }));
  for (const chart of charts) chart.plot.style.minHeight = chart.plot.dataset.height + "px";
  for (const swatch of $$("[data-role]")) swatch.style.setProperty("--role", `var(--${swatch.dataset.role})`);

  const columns = (chart) => {
    const { data, shown } = chart, known = (values) => values.map((v) => (v === null ? NaN : v));
    const found = { x: data.xs.map((x) => x * data.factor) };
    data.series.forEach((series, i) => { found["v" + i] = known(series.values); });
    if (data.kind !== "stack") return found;
    let upto = data.xs.map(() => 0);
    data.series.forEach((series, i) => {
      const values = shown[i] ? series.values : [];
      found["l" + i] = upto;
      upto = upto.map((sum, k) => sum + (values[k] || 0));
      found["u" + i] = upto;
    });
    // A second's step reaches to the next one: the last gets its end.
    for (const [name, values] of Object.entries(found)) {
      found[name] = values.length ? [...values, values.at(-1) + (name === "x" ? data.factor : 0)] : values;
    }
    return found;
  };

  const themed = (item) => {
    if (!dark.matches) return item;
    const swap = new Map(Object.entries(page.light).map(([role, colour]) => [colour, page.dark[role]]));
    page.heat.light.forEach((colour, i) => swap.set(colour, page.heat.dark[i]));
    return JSON.parse(JSON.stringify(item).replace(/#[0-9a-f]{6}/g, (colour) => swap.get(colour) ?? colour));
  };

  const fill = (node, data) => {
    if (node === null || typeof node !== "object") return;
    if (node.name === "ColumnDataSource" && node.attributes) node.attributes.data = { type: "map", entries: Object.entries(data) };
    else for (const part of Object.values(node)) fill(part, data);
  };

  const draw = async (chart) => {
    const item = themed(structuredClone(chart.data.drawing));
    const { data } = chart;
    if (data.kind !== "heat" && data.kind !== "bars") fill(item, columns(chart));
    chart.plot.replaceChildren();
    const manager = await Bokeh.embed.embed_item(item, chart.plot);
    chart.view = manager.roots[0];
    chart.model = chart.view.model;
    // Axis, canvas and toolbar are one picture to a screen reader, and one stop of the Tab key.
    const root = chart.plot.firstElementChild;
    for (const inner of [root, ...(root?.shadowRoot ? $$("[tabindex]", root.shadowRoot) : [])]) inner?.removeAttribute("tabindex");
    chart.cursor = document.createElement("div");
    chart.cursor.className = data.kind === "bars" ? "cursor row" : "cursor";
    chart.cursor.hidden = true;
    chart.plot.append(chart.cursor);
    if (data.scale === "clock") {
      const range = chart.model.x_range;
      if (zoom.range) range.setv({ start: zoom.range[0], end: zoom.range[1] });
      range.change.connect(() => { if (!zoom.quiet) spread(range.start, range.end); });
    }
    label(chart);
    if (data.kind !== "stack" && data.kind !== "heat") chart.shown.forEach((on, i) => visible(chart, i, on));
    chart.element.dataset.drawn = dark.matches ? "dark" : "light";
  };
  // A phase's name stands where there is room for it.
  const label = (chart) => {
    const { start, end } = chart.model.x_range, scale = chart.plot.clientWidth / (end - start);
    for (const item of chart.model.center) if (item.name === "band") {
      const [from, to, outstanding] = item.tags, room = (Math.min(to, end) - Math.max(from, start)) * scale;
      item.visible = to > start && from < end && (outstanding || room > item.text.length * 6.5 + 6);
    }
  };
  const visible = (chart, i, on) => {
    for (const renderer of chart.model.renderers) if (renderer.name === "s" + i) renderer.visible = on;
  };

  // -- all clock axes move together

  const whole = (chart) => chart.data.x.map((x) => x * chart.data.factor);
  const timed = charts.filter((c) => c.data.scale === "clock");
  const extent = () => {
    const limits = timed.map(whole);
    return [Math.min(...limits.map((l) => l[0])), Math.max(...limits.map((l) => l[1]))];
  };
  const spread = (start, end) => {
    zoom.quiet = true;
    const [low, high] = extent();
    [start, end] = [Math.max(low, start), Math.min(high, end)];
    if (end - start < 1000) { const middle = (start + end) / 2; [start, end] = [middle - 500, middle + 500]; }
    const all = end - start >= (high - low) * 0.999;
    zoom.range = all ? null : [start, end];
    for (const chart of timed) {
      const [from, to] = all ? whole(chart) : [start, end];
      if (chart.model) { chart.model.x_range.setv({ start: from, end: to }); label(chart); }
      $("[data-do=reset]", chart.element).hidden = all;
      chart.cursor && (chart.cursor.hidden = true);
    }
    zoom.quiet = false;
  };
  const reset = () => spread(-Infinity, Infinity);
  const scaled = (factor) => {
    const first = charts.find((c) => c.model && c.data.scale === "clock");
    if (!first) return;
    const { start, end } = first.model.x_range, middle = (start + end) / 2, half = ((end - start) / 2) * factor;
    spread(middle - half, middle + half);
  };

  const move = (share) => {
    if (!zoom.range) return;
    const [low, high] = extent(), [start, end] = zoom.range;
    const by = Math.max(low - start, Math.min(high - end, (end - start) * share));
    spread(start + by, end + by);
  };

  // -- the marker: every series at that place, in every chart over time

  const nearest = (xs, x) => {
    let low = 0, high = xs.length - 1;
    while (high - low > 1) { const middle = (low + high) >> 1; if (xs[middle] < x) low = middle; else high = middle; }
    return Math.abs(xs[low] - x) <= Math.abs(xs[high] - x) ? low : high;
  };
  const tell = (chart, index) => {
    const { data, element } = chart, outputs = $$("[data-series] output", element);
    data.series.forEach((series, i) => { outputs[i].textContent = index === null ? "" : show(data.unit, series.values[index]); });
    $(".at", element).textContent = index === null ? "" : data.kind === "bars" ? data.categories[index] : place(data, data.xs[index]);
  };
  const mark = (chart, index) => {
    chart.index = index;
    tell(chart, index);
    if (!chart.view || !chart.cursor) return;
    const { frame } = chart.view, box = frame.bbox, { data } = chart;
    chart.cursor.hidden = index === null;
    if (index === null) return;
    if (data.kind === "bars") {
      const [top, bottom] = [frame.y_scale.compute(index - 0.5), frame.y_scale.compute(index + 0.5)];
      Object.assign(chart.cursor.style, { left: "0", width: "100%", top: top + "px", height: bottom - top + "px" });
      return;
    }
    const sx = frame.x_scale.compute(data.xs[index] * data.factor);
    chart.cursor.hidden = sx < box.left - 1 || sx > box.right + 1;
    Object.assign(chart.cursor.style, { left: sx + "px", top: box.top + "px", height: box.height + "px" });
  };
  const markAll = (chart, index) => {
    if (chart.data.scale !== "clock") return mark(chart, index);
    markTime(index === null ? null : chart.data.xs[index]);
  };
  // Charts need not have the same seconds: each marks its own, if it has that one.
  const markTime = (x) => {
    for (const other of timed) if (other.data.xs.length) {
      const index = x === null ? -1 : nearest(other.data.xs, x);
      mark(other, index >= 0 && Math.abs(other.data.xs[index] - x) <= 1 ? index : null);
    }
  };
  const heat = (chart, x, y) => {
    const { edges, counts, start, column } = chart.data.heat;
    const col = Math.floor((x / chart.data.factor - start) / column), row = edges.findIndex((edge, i) => y >= edge && y < edges[i + 1]);
    const inside = row >= 0 && counts[row] && counts[row][col] !== undefined;
    $(".at", chart.element).textContent = inside
      ? `${clock(start + col * column)}, ${show("seconds", edges[row])} to ${show("seconds", edges[row + 1])}: ${show("count", counts[row][col])}` : "";
  };

  for (const chart of charts) {
    const { plot, element, data } = chart;
    plot.addEventListener("pointermove", (event) => {
      if (!chart.view) return;
      const { frame } = chart.view, origin = plot.getBoundingClientRect();
      const [sx, sy] = [event.clientX - origin.left, event.clientY - origin.top], box = frame.bbox;
      if (sx < box.left - 4 || sx > box.right + 4 || sy < box.top || sy > box.bottom) return;
      if (data.kind === "heat") {
        const x = frame.x_scale.invert(sx);
        heat(chart, x, frame.y_scale.invert(sy));
        markTime(Math.floor(x / data.factor));
      }
      else if (data.kind === "bars") mark(chart, Math.max(0, Math.min(data.categories.length - 1, Math.round(frame.y_scale.invert(sy)))));
      else if (data.xs.length) markAll(chart, nearest(data.xs, frame.x_scale.invert(sx) / data.factor - (data.kind === "stack" ? 0.5 : 0)));
    });
    plot.addEventListener("pointerleave", () => { $(".at", element).textContent = ""; markAll(chart, null); });
    plot.addEventListener("dblclick", reset);
    // Browsers turn the wheel sideways while Shift is held; a trackpad may do so without.
    plot.addEventListener("wheel", (event) => {
      const along = event.shiftKey ? event.deltaX || event.deltaY : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
      if (!along || event.ctrlKey || !zoom.range || data.scale !== "clock") return;
      event.preventDefault();
      move(along / plot.clientWidth);
    }, { passive: false });
    plot.addEventListener("keydown", (event) => {
      const length = data.kind === "bars" ? data.categories.length : data.xs.length;
      if (event.shiftKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
        move(event.key === "ArrowLeft" ? -0.25 : 0.25);
        event.preventDefault();
        return;
      }
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 }[event.key];
      if (step && length && data.kind !== "heat") {
        markAll(chart, Math.max(0, Math.min(length - 1, (chart.index ?? -1) + step)));
        $(".live").textContent = $(".at", element).textContent + ": " + data.series.map((s, i) => s.label + " " + show(data.unit, s.values[chart.index])).join(", ");
      } else if (event.key === "Escape") { markAll(chart, null); reset(); }
      else if (event.key === "+" || event.key === "=") scaled(0.5);
      else if (event.key === "-") scaled(2);
      else return;
      event.preventDefault();
    });
    $$("[data-series]", element).forEach((button, i) => button.addEventListener("click", () => {
      chart.shown[i] = !chart.shown[i];
      button.setAttribute("aria-pressed", String(chart.shown[i]));
      if (!chart.model) return;
      visible(chart, i, chart.shown[i]);
      if (data.kind === "stack") for (const source of chart.model.renderers.map((r) => r.data_source).filter((s) => s?.name === "numbers").slice(0, 1)) source.data = columns(chart);
    }));
    $("[data-do=reset]", element).addEventListener("click", reset);
    $("[data-do=png]", element).addEventListener("click", async () => {
      if (!chart.view) await draw(chart);
      save(await picture(chart), element.dataset.chart + ".png");
    });
    $("[data-do=csv]", element).addEventListener("click", () => save(new Blob([csv(chart)], { type: "text/csv" }), element.dataset.chart + ".csv"));
  }

  // -- a picture and the numbers of a chart

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const picture = (chart) => {
    const theme = dark.matches ? page.dark : page.light;
    const drawn = chart.view.export("png").canvas, ratio = drawn.width / chart.plot.clientWidth;
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), small = `${12 * ratio}px system-ui, sans-serif`;
    pen.font = small;
    let [x, y] = [14 * ratio, 50 * ratio];
    const legend = $$("[data-series]", chart.element).map((button, i) => {
      if (!chart.shown[i]) return null;
      const text = chart.data.series[i].label, wide = 34 * ratio + pen.measureText(text).width;
      if (x + wide > drawn.width && x > 14 * ratio) [x, y] = [14 * ratio, y + 18 * ratio];
      const found = { text, x, y, role: $("i", button).dataset.role };
      x += wide;
      return found;
    }).filter((found) => found);
    const head = y + 14 * ratio;
    [canvas.width, canvas.height] = [drawn.width, drawn.height + head];
    pen.fillStyle = theme.surface; pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(drawn, 0, head);
    pen.fillStyle = theme.ink; pen.font = `600 ${17 * ratio}px system-ui, sans-serif`;
    pen.fillText(chart.data.title, 14 * ratio, 26 * ratio);
    pen.font = small;
    for (const { text, x, y, role } of legend) {
      pen.fillStyle = theme[role]; pen.fillRect(x, y - 6 * ratio, 12 * ratio, 3 * ratio);
      pen.fillStyle = theme.muted; pen.fillText(text, x + 18 * ratio, y);
    }
    return new Promise((done) => canvas.toBlob(done));
  };
  // Paper is narrower than the screen and nothing waits for a new drawing: so it gets what is drawn, as pictures that shrink.
  addEventListener("beforeprint", () => {
    for (const chart of charts) if (chart.view) {
      const { canvas } = chart.view.export("png");
      canvas.className = "printed";
      chart.plot.append(canvas);
    }
  });
  addEventListener("afterprint", () => { for (const canvas of $$(".printed")) canvas.remove(); });
  const csv = (chart) => {
    const { data } = chart;
    // A spreadsheet takes a cell that begins so for a formula; a quote before it makes it text.
    const cell = (v) => typeof v === "number" ? String(v) : v === null || v === undefined ? "" : '"' + String(v).replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""') + '"';
    const rows = [];
    if (data.heat) {
      const { edges, counts, start, column } = data.heat;
      rows.push(["time_s", "from_s", "to_s", "count"]);
      counts.forEach((line, r) => line.forEach((n, c) => { if (n) rows.push([start + c * column, edges[r], edges[r + 1], n]); }));
    } else {
      rows.push([data.kind === "bars" ? "name" : data.scale === "clock" ? "time_s" : "share", ...data.series.map((s) => s.label)]);
      const keys = data.kind === "bars" ? data.categories : data.scale === "clock" ? data.xs : data.xs.map((x) => 1 - 10 ** -x);
      keys.forEach((key, k) => rows.push([key, ...data.series.map((s) => s.values[k])]));
    }
    return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  };

  // -- draw what is in sight first, the rest when there is time

  const waiting = new Set(charts);
  const next = async (chart) => { if (waiting.delete(chart)) { try { await draw(chart); } catch (error) { console.error(chart.data.title, error); } } };
  const sight = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting) next(charts.find((c) => c.plot === entry.target));
  }), { rootMargin: "300px" });
  charts.forEach((chart) => sight.observe(chart.plot));
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 30));
  const rest = () => { const [chart] = waiting; if (chart) next(chart).then(() => idle(rest)); else document.documentElement.dataset.ready = "yes"; };
  idle(rest);
  dark.addEventListener("change", () => charts.forEach((chart) => chart.view && draw(chart)));
})();
