// What goes where on the page: every chart and picture from the data beside it.

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const color = (i) => `var(--c${i % 12})`;
  const last = (values) => values.findLast((value) => value !== null);

  const overEpochs = (name, canLog) => {
    const series = ["train", "validation"].flatMap((split, i) =>
      data[split][name]
        ? [{ name: split, x: data.epoch, y: data[split][name], color: color(i), kind: "line" }]
        : [],
    );
    const ends = series.map((one) => `${one.name} ends at ${shown(last(one.y))}`).join(", ");
    return [
      series,
      {
        x: "epoch",
        canLog,
        whole: true,
        legend: true,
        marks: [{ x: data.best }],
        label: `${name} over ${data.epoch.length} epochs: ${ends}`,
      },
    ];
  };

  const line = (name, points, i) => ({
    name,
    x: points.map(([x]) => x),
    y: points.map(([, y]) => y),
    color: color(i),
    kind: "line",
  });
  const unit = { xRange: [0, 1], yRange: [0, 1], square: true };
  const diagonal = (from, to) => ({ name: "", x: [from, to], y: [from, to], kind: "guide" });

  const scoreCurves = (key, area, x, y, guides) => {
    const curves = data.diagnosis.curves.filter((curve) => curve[key]);
    const series = curves.map((curve, i) => line(`${curve.name} ${curve[area].toFixed(4)}`, curve[key], i));
    const label = `${y} against ${x}; areas: ${curves.map((curve) => `${curve.name} ${curve[area].toFixed(4)}`).join(", ")}`;
    for (const one of series) one.hasDots = false;
    return [[...guides, ...series], { ...unit, x, y, label }];
  };

  const calibration = () => {
    const { bins } = data.diagnosis;
    const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
    const points = line(
      "came true",
      bins.map((bin) => [bin.said, bin.true]),
      0,
    );
    const sizes = bins.map((bin) => 3 + 7 * Math.sqrt(bin.rows / rows));
    const notes = bins.map((bin) => `${shown(bin.rows)} rows`);
    const label = `share that came true by probability: ${bins.map((bin) => `${shown(bin.said)}: ${shown(bin.true)}`).join(", ")}`;
    return [
      [diagonal(0, 1), { ...points, sizes, notes, hasDots: true }],
      { ...unit, x: "said", y: "came true", label },
    ];
  };

  const sample = (index) => data.diagnosis.targets[index].sample;
  const extent = (values) => [Math.min(...values), Math.max(...values)];

  const predicted = (index) => {
    const rows = sample(index);
    const [low, high] = extent(rows.flatMap((row) => [row.actual, row.predicted]));
    const points = {
      name: "predicted",
      kind: "points",
      color: color(0),
      x: rows.map((row) => row.actual),
      y: rows.map((row) => row.predicted),
      notes: rows.map((row) => `row ${row.row}`),
    };
    return [
      [diagonal(low, high), points],
      {
        x: "true",
        y: "predicted",
        square: true,
        label: `predicted against true values of ${rows.length} rows`,
      },
    ];
  };

  const residual = (index) => {
    const rows = sample(index);
    const x = rows.map((row) => row.predicted);
    const points = {
      name: "residual",
      kind: "points",
      color: color(0),
      x,
      y: rows.map((row) => row.actual - row.predicted),
      notes: rows.map((row) => `row ${row.row}`),
    };
    const zero = { name: "", kind: "guide", x: extent(x), y: [0, 0] };
    return [
      [zero, points],
      { x: "predicted", y: "true − predicted", square: true, label: `residuals of ${rows.length} rows` },
    ];
  };

  const histogram = (index) => {
    const residuals = sample(index).map((row) => row.actual - row.predicted);
    const [low, high] = extent(residuals);
    const count = Math.max(8, Math.min(40, Math.round(Math.sqrt(residuals.length) * 1.5)));
    const width = (high - low) / count || 1;
    const y = new Array(count).fill(0);
    for (const one of residuals) y[Math.min(count - 1, Math.floor((one - low) / width))]++;
    const x = y.map((_, i) => low + (i + 0.5) * width);
    const bars = { name: "rows", kind: "bars", color: color(0), x, y, width };
    return [
      [bars],
      { x: "true − predicted", y: "rows", label: `residuals from ${shown(low)} to ${shown(high)}` },
    ];
  };

  const charts = {
    loss: () => overEpochs("loss", true),
    metric: (name) => overEpochs(name, false),
    lr: () => [
      [{ name: "lr", x: data.epoch, y: data.lr, color: color(2), kind: "line" }],
      {
        x: "epoch",
        canLog: true,
        whole: true,
        label: `learning rate, from ${shown(data.lr[0])} to ${shown(last(data.lr))}`,
      },
    ],
    gradient: () => [
      [{ name: "‖gradient‖", x: data.epoch, y: data.gradient, color: color(4), kind: "line" }],
      {
        x: "epoch",
        canLog: true,
        whole: true,
        marks: [{ x: data.best }],
        label: `gradient norm, from ${shown(data.gradient.find((norm) => norm !== null))} to ${shown(last(data.gradient))}`,
      },
    ],
    roc: () => scoreCurves("roc", "rocArea", "false positive rate", "true positive rate", [diagonal(0, 1)]),
    pr: () => scoreCurves("precisionRecall", "averagePrecision", "recall", "precision", []),
    calibration,
    predicted,
    residual,
    histogram,
  };
  for (const host of document.querySelectorAll("[data-chart]")) {
    const [name, argument] = host.dataset.chart.split(/:(.*)/);
    drawChart(host, ...charts[name](argument));
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawWeights = () => {
    const host = document.querySelector("[data-pictures=weights]");
    if (!host) return;
    const { images, shape } = data.firstLayer;
    const canvases = images.map((image, i) => {
      const canvas = node("canvas", { role: "img", "aria-label": `weights of unit ${i + 1}` });
      paint(canvas, shape, image, diverging(dark.matches));
      return canvas;
    });
    host.replaceChildren(...canvases);
  };
  drawWeights();
  dark.addEventListener("change", drawWeights);
  document.querySelectorAll("[data-pictures=wrong] canvas").forEach((canvas, i) => {
    paint(canvas, data.diagnosis.shape, data.diagnosis.images[i], grey);
  });
})();
