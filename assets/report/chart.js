// biome-ignore-all lint/correctness/noUnusedVariables: the scripts that follow in the page use it
// Charts as SVG at the width there is: lines, points and bars, read by pointer and keyboard, zoomed by dragging.

const svgName = "http://www.w3.org/2000/svg";

function node(name, attributes, ...children) {
  const isSvg = ["svg", "g", "path", "line", "rect", "circle", "text"].includes(name);
  const element = isSvg ? document.createElementNS(svgName, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function shown(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e6)) return value.toLocaleString("en-US");
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace("e+", "e");
  return size >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(4)));
}

const [leastTicks, mostTicks] = [3, 20];

/** Round numbers in [low, high], about `wanted` of them; powers of ten on a logarithmic axis. */
function ticks(low, high, wanted, isLog) {
  if (isLog) {
    const powers = [];
    for (let power = Math.ceil(low - 1e-9); power <= high + 1e-9; power++) powers.push(power);
    if (powers.length >= 3) {
      const every = Math.ceil(powers.length / wanted);
      return powers.filter((power) => power % every === 0);
    }
    const few = [];
    for (let power = Math.floor(low); power <= high; power++)
      for (const digit of [1, 2, 3, 5, 7]) few.push(power + Math.log10(digit));
    return few.filter((place) => place >= low - 1e-9 && place <= high + 1e-9);
  }
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    found.push(Number((i * step).toPrecision(12)));
  return found.length < leastTicks && wanted < mostTicks ? ticks(low, high, 2 * wanted, isLog) : found;
}

/**
 * series: [{ name, x, y, color, kind: "line" | "points" | "bars" | "guide", notes? }], x ascending for lines.
 * Returns what draws it again, after points were added.
 * options: { x, y: names of the axes; xRange, yRange; marks: [{ x, text }]; canLog; square; whole; label }.
 */
function drawChart(host, series, options) {
  const state = { zoom: null, isLog: false, at: null };
  const legend = node("div", { class: "legend" });
  const tip = node("div", { class: "tip", role: "status" });
  tip.hidden = true;
  const named = series.filter(({ kind }) => kind !== "guide");
  if (named.length > 1 || options.legend)
    for (const { name, color } of named) {
      const swatch = node("i");
      swatch.style.background = color;
      legend.append(node("span", {}, swatch, name));
    }
  const all = node("button", { type: "button" }, "all");
  const log = node("button", { type: "button", "aria-pressed": "false" }, "log");
  all.hidden = true;
  all.onclick = () => zoomTo(null);
  log.onclick = () => {
    state.isLog = !state.isLog;
    log.setAttribute("aria-pressed", String(state.isLog));
    draw();
  };
  legend.append(all);
  if (options.canLog) legend.append(log);
  const room = node("div", {});
  if (named.length > 1 || options.canLog || !options.square) host.append(legend);
  host.append(room, tip);

  function zoomTo(range) {
    state.zoom = range;
    all.hidden = range === null;
    tip.hidden = true;
    draw();
  }

  function ranges() {
    const inView = (x) => !state.zoom || (x >= state.zoom[0] && x <= state.zoom[1]);
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { x, y, kind, width = 0 } of series) {
      for (let i = 0; i < x.length; i++) {
        if (y[i] === null || !inView(x[i])) continue;
        x0 = Math.min(x0, x[i] - width / 2);
        x1 = Math.max(x1, x[i] + width / 2);
        if (state.isLog && y[i] <= 0) continue;
        const value = state.isLog ? Math.log10(y[i]) : y[i];
        y0 = Math.min(y0, kind === "bars" ? 0 : value);
        y1 = Math.max(y1, value);
      }
    }
    [x0, x1] = state.zoom ?? options.xRange ?? [x0, x1];
    if (x0 === x1) [x0, x1] = [x0 - 1, x1 + 1];
    if (!state.isLog && options.yRange) [y0, y1] = options.yRange;
    else {
      if (!(y1 > y0)) [y0, y1] = [y0 - (Math.abs(y0) || 1) / 10, y0 + (Math.abs(y0) || 1) / 10];
      const space = (y1 - y0) * 0.06;
      const isFloor = series.some(({ kind }) => kind === "bars") || (!state.isLog && y0 >= 0 && y0 < y1 / 3);
      y0 = isFloor ? 0 : y0 - space;
      y1 += space;
    }
    return [x0, x1, y0, y1];
  }

  function draw() {
    const width = Math.max(220, host.clientWidth);
    const height = options.square ? Math.min(width, 340) : Math.min(300, Math.max(200, width * 0.5));
    const [x0, x1, y0, y1] = ranges();
    const yTicks = ticks(y0, y1, Math.max(4, Math.round(height / 45)), state.isLog);
    const yText = (tick) => shown(state.isLog ? Number((10 ** tick).toPrecision(6)) : tick);
    const left = 14 + 7 * Math.max(...yTicks.map((tick) => yText(tick).length), 1) + (options.y ? 14 : 0);
    const [top, right, bottom] = [10, 12, 40];
    const px = (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right);
    const py = (y) => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom);
    const place = (y) => (y === null || (state.isLog && y <= 0) ? null : py(state.isLog ? Math.log10(y) : y));
    const svg = node("svg", {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      tabindex: "0",
      "aria-label": options.label,
    });
    for (const tick of yTicks) {
      const y = py(tick);
      svg.append(node("line", { x1: left, x2: width - right, y1: y, y2: y, stroke: "var(--grid)" }));
      svg.append(node("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, yText(tick)));
    }
    const xTicks = ticks(x0, x1, Math.max(2, Math.round((width - left) / 75)), false);
    for (const tick of options.whole ? xTicks.filter(Number.isInteger) : xTicks) {
      const x = px(tick);
      svg.append(
        node("line", { x1: x, x2: x, y1: height - bottom, y2: height - bottom + 4, stroke: "var(--soft)" }),
      );
      svg.append(node("text", { x, y: height - bottom + 17, "text-anchor": "middle" }, shown(tick)));
    }
    const floor = height - bottom;
    svg.append(node("line", { x1: left, x2: width - right, y1: floor, y2: floor, stroke: "var(--soft)" }));
    svg.append(
      node("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, options.x),
    );
    if (options.y) {
      const middle = (top + height - bottom) / 2;
      const turned = { x: 11, y: middle, "text-anchor": "middle", transform: `rotate(-90 11 ${middle})` };
      svg.append(node("text", turned, options.y));
    }
    const clipId = `clip${Math.round(Math.random() * 1e9)}`;
    const clip = document.createElementNS(svgName, "clipPath");
    clip.id = clipId;
    clip.append(
      node("rect", {
        x: left - 6,
        y: top - 6,
        width: width - left - right + 12,
        height: height - top - bottom + 6,
      }),
    );
    const plot = node("g", { "clip-path": `url(#${clipId})` });
    svg.append(clip, plot);
    for (const mark of options.marks ?? []) {
      if (mark.x < x0 || mark.x > x1) continue;
      const x = px(mark.x);
      plot.append(
        node("line", { x1: x, x2: x, y1: top, y2: floor, stroke: "var(--soft)", "stroke-dasharray": "4 4" }),
      );
    }
    for (const one of series) plot.append(drawSeries(one, px, place, floor));
    const hair = node("g", {});
    svg.append(hair);
    listen(svg, hair, { px, place, left, right: width - right, top, floor, x0, x1, width });
    room.replaceChildren(svg);
  }

  /** The nearest point of each line at x, or of all points. */
  function nearest(x, y, scale) {
    const found = [];
    for (const one of named) {
      let best = -1;
      for (let i = 0; i < one.x.length; i++) {
        if (one.y[i] === null || one.x[i] < scale.x0 || one.x[i] > scale.x1) continue;
        const dx = scale.px(one.x[i]) - x;
        const dy = one.kind === "points" && y !== null ? scale.place(one.y[i]) - y : 0;
        const distance = Math.hypot(dx, dy);
        if (best < 0 || distance < best.distance) best = { one, i, distance };
      }
      if (best !== -1) found.push(best);
    }
    return found;
  }

  function tell(found, hair, scale) {
    hair.replaceChildren();
    if (found.length === 0) {
      tip.hidden = true;
      return;
    }
    const first = found.reduce((a, b) => (b.distance < a.distance ? b : a));
    const x = scale.px(first.one.x[first.i]);
    hair.append(
      node("line", {
        x1: x,
        x2: x,
        y1: scale.top,
        y2: scale.floor,
        stroke: "var(--soft)",
        "stroke-opacity": 0.5,
      }),
    );
    const isScatter = first.one.kind === "points";
    const lines = [node("div", {}, `${options.x} ${shown(first.one.x[first.i])}`)];
    for (const { one, i } of isScatter ? [first] : found) {
      const y = scale.place(one.y[i]);
      if (y !== null && one.kind !== "bars")
        hair.append(
          node("circle", {
            cx: scale.px(one.x[i]),
            cy: y,
            r: 4.5,
            fill: one.color,
            stroke: "var(--card)",
            "stroke-width": 2,
          }),
        );
      const dot = node("i");
      dot.style.background = one.color;
      lines.push(
        node("div", {}, dot, `${one.name} ${shown(one.y[i])}${one.notes ? `, ${one.notes[i]}` : ""}`),
      );
    }
    if (lines.length > 9) lines.splice(9, Infinity, node("div", {}, "…"));
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const isRight = x > scale.width / 2;
    tip.style.left = isRight ? "" : `${x + 12}px`;
    tip.style.right = isRight ? `${scale.width - x + 12}px` : "";
    tip.style.top = `${room.offsetTop + scale.top + 4}px`;
  }

  function listen(svg, hair, scale) {
    let from = null;
    const band = node("rect", {
      y: scale.top,
      height: scale.floor - scale.top,
      fill: "var(--accent)",
      "fill-opacity": 0.15,
    });
    const xOf = (event) => {
      const x = event.clientX - svg.getBoundingClientRect().left;
      return Math.min(scale.right, Math.max(scale.left, x));
    };
    const valueAt = (x) => scale.x0 + ((x - scale.left) / (scale.right - scale.left)) * (scale.x1 - scale.x0);
    svg.onpointermove = (event) => {
      const x = xOf(event);
      const y = event.clientY - svg.getBoundingClientRect().top;
      tell(nearest(x, y, scale), hair, scale);
      if (from === null) return;
      band.setAttribute("x", Math.min(from, x));
      band.setAttribute("width", Math.abs(x - from));
      svg.append(band);
    };
    svg.onpointerleave = () => {
      hair.replaceChildren();
      tip.hidden = true;
    };
    svg.onpointerdown = (event) => {
      if (event.pointerType === "touch" || event.button !== 0 || options.square) return;
      from = xOf(event);
      svg.setPointerCapture(event.pointerId);
    };
    svg.onpointerup = (event) => {
      if (from === null) return;
      const x = xOf(event);
      const start = from;
      from = null;
      band.remove();
      if (Math.abs(x - start) > 8) zoomTo([valueAt(Math.min(x, start)), valueAt(Math.max(x, start))]);
    };
    svg.ondblclick = () => zoomTo(null);
    svg.onkeydown = (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.key === "Escape") zoomTo(null);
      if (!by) return;
      event.preventDefault();
      const { x } = named[0];
      const last = x.length - 1;
      state.at = Math.min(last, Math.max(0, (state.at ?? (by > 0 ? -1 : x.length)) + by));
      tell(nearest(scale.px(x[state.at]), null, scale), hair, scale);
    };
    svg.onblur = svg.onpointerleave;
  }

  draw();
  let width = host.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(host.clientWidth - width) < 1) return;
    width = host.clientWidth;
    draw();
  }).observe(host);
  return draw;
}

function drawSeries({ x, y, kind, color, width, hasDots, sizes }, px, place, floor) {
  const group = node("g", {});
  if (kind === "bars") {
    for (let i = 0; i < x.length; i++) {
      const [from, to] = [px(x[i] - width / 2), px(x[i] + width / 2)];
      const top = place(y[i]) ?? floor;
      group.append(
        node("rect", {
          x: from + 0.5,
          width: Math.max(1, to - from - 1),
          y: top,
          height: Math.max(0, floor - top),
          fill: color,
        }),
      );
    }
    return group;
  }
  if (kind === "points") {
    for (let i = 0; i < x.length; i++)
      group.append(
        node("circle", { cx: px(x[i]), cy: place(y[i]), r: 2.6, fill: color, "fill-opacity": 0.55 }),
      );
    return group;
  }
  let path = "";
  let isDown = false;
  let points = 0;
  for (let i = 0; i < x.length; i++) {
    const at = place(y[i]);
    if (at === null) {
      isDown = false;
      continue;
    }
    path += `${isDown ? "L" : "M"}${px(x[i]).toFixed(1)} ${at.toFixed(1)}`;
    isDown = true;
    points++;
  }
  const isGuide = kind === "guide";
  group.append(
    node("path", {
      d: path,
      fill: "none",
      stroke: isGuide ? "var(--soft)" : color,
      "stroke-width": isGuide ? 1 : 2,
      "stroke-linejoin": "round",
      ...(isGuide && { "stroke-dasharray": "4 4" }),
    }),
  );
  if (!isGuide && (hasDots ?? points <= 12))
    for (let i = 0; i < x.length; i++)
      if (place(y[i]) !== null)
        group.append(node("circle", { cx: px(x[i]), cy: place(y[i]), r: sizes?.[i] ?? 3.2, fill: color }));
  return group;
}
