// A run that is under way: asks for the lines that its log has got, and draws them as they come.

(() => {
  const host = document.getElementById("live");
  const color = (i) => `var(--c${i % 12})`;
  const everyMs = 1000;
  let offset = 0;
  let start = null;
  let latest = null;
  let best = null;
  const charts = new Map();

  /** A curve's points, in a chart of its own name that is made for its first. */
  function push(chart, curve, i, x, y, options) {
    let known = charts.get(chart);
    if (!known) {
      const place = node("div", { class: "chart" });
      const card = node("figure", { class: "card" }, node("figcaption", {}, node("h3", {}, chart)), place);
      host.append(card);
      known = { place, options, series: [], redraw: null };
      charts.set(chart, known);
    }
    let series = known.series.find(({ name }) => name === curve);
    if (!series) {
      series = { name: curve, x: [], y: [], color: color(i), kind: "line" };
      known.series.push(series);
      known.redraw = null; // its legend is another now
    }
    series.x.push(x);
    series.y.push(y ?? null);
  }

  function takeEpoch(event) {
    latest = event;
    const { epoch, lr, gradient_norm } = event;
    const losses = { x: "epoch", whole: true, canLog: true, legend: true };
    ["train", "validation"].forEach((split, i) => {
      for (const [name, value] of Object.entries(event[split] ?? {}))
        push(
          name,
          split,
          i,
          epoch,
          value,
          name === "loss" ? losses : { x: "epoch", whole: true, legend: true },
        );
    });
    push("learning rate", "lr", 2, epoch, lr, { x: "epoch", whole: true, canLog: true });
    if (gradient_norm !== undefined)
      push("gradient norm", "‖gradient‖", 4, epoch, gradient_norm, { x: "epoch", whole: true, canLog: true });
    const loss = (event.validation ?? event.train).loss;
    if (typeof loss === "number" && (!best || loss < best.loss)) best = { loss, epoch };
  }

  function take(event) {
    if (event.fold !== undefined) return;
    if (event.event === "start") start = event;
    else if (event.event === "epoch") takeEpoch(event);
  }

  function forget() {
    charts.clear();
    host.replaceChildren();
    [latest, best] = [null, null];
  }

  function draw() {
    for (const chart of charts.values()) {
      for (const one of chart.series) chart.options.label = `${one.name} over ${one.x.length} epochs`;
      if (!chart.redraw) {
        chart.place.replaceChildren();
        chart.redraw = drawChart(chart.place, chart.series, chart.options);
      } else chart.redraw();
    }
    if (!start) return;
    const say = (id, value, note = "") => {
      document.querySelector(`#${id} strong`).textContent = value;
      document.querySelector(`#${id} span`).textContent = note;
    };
    const done = latest?.epoch ?? 0;
    document.getElementById("name").textContent = start.name;
    document.title = `${done}/${start.epochs} ${start.name} · nnt`;
    document.getElementById("run").max = start.epochs;
    document.getElementById("run").value = done;
    say("epoch", `${done} of ${start.epochs}`, latest ? `${shown(latest.samples_per_second)} rows/s` : "");
    say("train", latest ? shown(latest.train.loss) : "–", "loss");
    say("validation", latest?.validation ? shown(latest.validation.loss) : "–", "loss");
    say("best", best ? shown(best.loss) : "–", best ? `loss in epoch ${best.epoch}` : "");
    say("rate", latest ? shown(latest.lr) : "–", "");
    const left = latest ? (start.epochs - done) * latest.seconds : null;
    say("left", left === null ? "–" : `${shown(Math.round(left))} s`, "if all epochs are made");
  }

  const status = document.getElementById("status");
  async function ask() {
    try {
      const answer = await fetch(`events?after=${offset}`);
      const { events, next, isNew, hasReport } = await answer.json();
      if (hasReport) return location.reload();
      if (isNew) forget();
      offset = next;
      events.forEach(take);
      if (events.length > 0) draw();
      status.textContent = latest || start ? "running" : "waiting for a run";
    } catch {
      status.textContent = "the server does not answer";
    }
    setTimeout(ask, everyMs);
  }
  ask();
})();
