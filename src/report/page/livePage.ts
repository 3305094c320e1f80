/** The page that follows a run under way: its frame; the script in assets/report asks for the rest and draws it. */
import { asset } from "./asset.ts";
import { html } from "./html.ts";

/** Asks its own server only. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src 'self'";

const tiles = [
  ["epoch", "epoch"],
  ["train", "training"],
  ["validation", "validation"],
  ["best", "best so far"],
  ["rate", "learning rate"],
  ["left", "time left"],
] as const;

export function renderLivePage(): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>nnt</title>
<link rel="icon" href="data:,">
<style>${asset("style.css")}</style>
</head>
<body>
<header>
<p class="kind">nnt run <span class="badge" id="status" role="status">waiting for a run</span></p>
<h1 id="name">nnt</h1>
<progress id="run" class="run" value="0" max="1" aria-label="epochs done"></progress>
<dl class="tiles">${tiles.map(
    ([id, name]) =>
      html`<div class="tile" id="${id}"><dt>${name}</dt><dd><strong>–</strong><span></span></dd></div>`,
  )}</dl>
</header>
<main><section aria-label="Curves"><div class="grid" id="live"></div></section></main>
<footer>Follows the run’s metrics.jsonl; becomes the report when the run is over.</footer>
<script>${asset("chart.js")}${asset("live.js")}</script>
</body>
</html>
`.text;
}
