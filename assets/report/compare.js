// The curves of runs beside each other, from the data beside the script.

(() => {
  const { runs, curves } = JSON.parse(document.getElementById("data").textContent);
  for (const host of document.querySelectorAll("[data-chart]")) {
    const { name, curves: each } = curves[Number(host.dataset.chart.split(":")[1])];
    const series = each.flatMap(({ x, y }, i) =>
      x.length > 0 ? [{ name: runs[i], x, y, color: `var(--c${i % 12})`, kind: "line" }] : [],
    );
    const label = `${name} by epoch, of ${runs.join(", ")}`;
    const canLog = name.endsWith(" loss");
    drawChart(host, series, { x: "epoch", whole: true, legend: true, canLog, label });
  }
})();
