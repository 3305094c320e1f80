/** @file The page that tries a model: controls on the left, the prediction on the right, anew at every change. */

/** An element with attributes and children. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** Numbers as people write them. */
function show(number) {
  return Number.isFinite(number) ? String(Number(number.toPrecision(5))) : String(number);
}

/** A slider and a box for one number; the slider grows to what is typed. Gives what reads the value. */
function numberField({ name, min, max, value, mayMiss }, id, changed) {
  const slider = element("input", { type: "range", min, max, step: "any", "aria-label": name });
  const box = element("input", { type: "number", id, step: "any" });
  const missing = element("input", { type: "checkbox" });
  slider.value = value;
  box.value = show(value);
  slider.addEventListener("input", () => {
    box.value = show(slider.valueAsNumber);
    missing.checked = false;
    changed();
  });
  box.addEventListener("input", () => {
    if (box.valueAsNumber < Number(slider.min)) slider.min = box.value;
    if (box.valueAsNumber > Number(slider.max)) slider.max = box.value;
    if (Number.isFinite(box.valueAsNumber)) slider.value = box.value;
    missing.checked = false;
    changed();
  });
  missing.addEventListener("input", changed);
  const field = element("div", { class: "field" }, element("label", { for: id }, name), slider, box);
  if (mayMiss) field.append(element("label", { class: "missing" }, missing, " missing"));
  return { field, read: () => (missing.checked || box.value === "" ? null : box.valueAsNumber) };
}

/** A date with its time. */
function dateField({ name, value, mayMiss }, id, changed) {
  const box = element("input", { type: "datetime-local", id, value, required: !mayMiss });
  box.addEventListener("input", changed);
  const field = element("div", { class: "field" }, element("label", { for: id }, name), box);
  return { field, read: () => box.value || null };
}

/** A list to choose from. */
function choiceField({ name, choices, mayMiss }, id, changed) {
  const options = choices.map((choice, index) => element("option", { value: index }, choice));
  if (mayMiss) options.push(element("option", { value: "" }, "(missing)"));
  const list = element("select", { id }, ...options);
  list.addEventListener("input", changed);
  const field = element("div", { class: "field" }, element("label", { for: id }, name), list);
  return { field, read: () => (list.value === "" ? null : choices[Number(list.value)]) };
}

function tableControls(place, fields, answer) {
  const changed = () => answer(() => Object.fromEntries(made.map(({ read }, i) => [fields[i].name, read()])));
  const kinds = { number: numberField, date: dateField, choice: choiceField };
  const made = fields.map((field, index) => kinds[field.kind](field, `field-${index}`, changed));
  place.append(...made.map(({ field }) => field));
  changed();
}

/** Pixels of the board, on each side. */
const boardSize = 336;

/** A board to draw on, light on dark as scanned digits are, and beside it what the network is given. */
function drawingControls(place, [height, width], ink, answer) {
  const board = element("canvas", { class: "board", width: boardSize, height: boardSize });
  board.setAttribute("aria-label", "Draw here");
  const seen = element("canvas", { class: "seen", width, height });
  const clear = element("button", { type: "button" }, "Clear");
  const fit = element("input", { type: "checkbox", checked: true });
  const pen = board.getContext("2d", { willReadFrequently: true });
  Object.assign(pen, { lineWidth: boardSize / 12, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });

  const changed = () => {
    const shares = pixelsOf(board, width, height, fit.checked);
    const image = new ImageData(width, height);
    for (const [i, share] of shares.entries()) image.data.set([255, 255, 255, 255 * share], 4 * i);
    seen.getContext("2d").putImageData(image, 0, 0);
    answer(() => shares.map((share) => Math.round(share * ink * 1000) / 1000));
  };
  let last = null;
  const at = (event) => {
    const { left, top, width } = board.getBoundingClientRect();
    const factor = boardSize / width;
    return [(event.clientX - left) * factor, (event.clientY - top) * factor];
  };
  const draw = (event) => {
    if (last === null) return;
    const next = at(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
    changed();
  };
  board.addEventListener("pointerdown", (event) => {
    last = at(event);
    if (event.isTrusted) board.setPointerCapture(event.pointerId);
    draw(event);
  });
  board.addEventListener("pointermove", draw);
  for (const end of ["pointerup", "pointercancel"]) {
    board.addEventListener(end, () => {
      last = null;
    });
  }
  clear.addEventListener("click", () => {
    pen.clearRect(0, 0, boardSize, boardSize);
    changed();
  });
  fit.addEventListener("input", changed);
  const caption = element("figcaption", {}, `what the network sees, ${height} × ${width}`);
  place.append(
    board,
    element(
      "div",
      { class: "tools" },
      clear,
      element("label", {}, fit, " fit and centre"),
      element("figure", {}, seen, caption),
    ),
  );
  changed();
}

/** Images of at least so many pixels a side have a margin around what is drawn, as MNIST's: 20 of 28. */
const marginFrom = 20;
const inkShare = 20 / 28;

/** The board as width × height shares of ink; fitted: what is drawn fills the picture as in the training data. */
function pixelsOf(board, width, height, isFitted) {
  const box = isFitted ? boxOf(board) : null;
  const small = element("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  small.imageSmoothingQuality = "high";
  if (box === null)
    small.drawImage(shrunk(board, [0, 0, boardSize, boardSize], width, height), 0, 0, width, height);
  else {
    const [x, y, w, h] = box;
    const share = Math.min(width, height) >= marginFrom ? inkShare : 1;
    const factor = Math.min((width * share) / w, (height * share) / h);
    const [toWidth, toHeight] = [w * factor, h * factor];
    // By the middle of what is drawn, and of its mass where there is room to move.
    const [massX, massY] = share < 1 ? massOf(board, box) : [0.5, 0.5];
    const left = width / 2 - massX * toWidth;
    const top = height / 2 - massY * toHeight;
    small.drawImage(shrunk(board, [x, y, w, h], toWidth, toHeight), left, top, toWidth, toHeight);
  }
  const { data } = small.getImageData(0, 0, width, height);
  return Array.from({ length: width * height }, (_, i) => data[4 * i + 3] / 255);
}

/** Halved until it is less than twice as large as asked for: each pixel then counts. */
function shrunk(source, [x, y, w, h], toWidth, toHeight) {
  let canvas = element("canvas", { width: Math.ceil(w), height: Math.ceil(h) });
  canvas.getContext("2d").drawImage(source, x, y, w, h, 0, 0, canvas.width, canvas.height);
  while (canvas.width >= 2 * toWidth && canvas.height >= 2 * toHeight) {
    const half = element("canvas", {
      width: Math.ceil(canvas.width / 2),
      height: Math.ceil(canvas.height / 2),
    });
    half.getContext("2d").drawImage(canvas, 0, 0, half.width, half.height);
    canvas = half;
  }
  return canvas;
}

/** Left, top, width and height of what is drawn; null for nothing. */
function boxOf(board) {
  const { data } = board.getContext("2d").getImageData(0, 0, boardSize, boardSize);
  let [left, top, right, bottom] = [boardSize, boardSize, -1, -1];
  for (let i = 3, pixel = 0; i < data.length; i += 4, pixel++) {
    if (data[i] === 0) continue;
    const [x, y] = [pixel % boardSize, Math.floor(pixel / boardSize)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return right < 0 ? null : [left, top, right - left + 1, bottom - top + 1];
}

/** Where in its box the centre of mass lies, as shares of width and height. */
function massOf(board, [left, top, width, height]) {
  const { data } = board.getContext("2d").getImageData(left, top, width, height);
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let i = 3, pixel = 0; i < data.length; i += 4, pixel++) {
    sum += data[i];
    sumX += data[i] * ((pixel % width) + 0.5);
    sumY += data[i] * (Math.floor(pixel / width) + 0.5);
  }
  return [sumX / sum / width, sumY / sum / height];
}

/** Numbers in a box, for arrays that are no pictures. */
function arrayControls(place, shape, answer) {
  const size = shape.reduce((product, length) => product * length, 1);
  const box = element("textarea", { id: "values", rows: 8 }, new Array(size).fill(0).join(", "));
  const changed = () =>
    answer(() =>
      box.value
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map(Number),
    );
  box.addEventListener("input", changed);
  place.append(element("label", { for: "values" }, `${size} numbers`), box);
  changed();
}

/** Bars listed; of more classes, the most probable. */
const mostBars = 20;

function showPrediction(place, { prediction, probabilities, ...several }) {
  place.replaceChildren();
  const verdicts = Object.entries({ ...(prediction !== undefined && { prediction }), ...several });
  for (const [name, value] of verdicts) {
    const text = typeof value === "number" ? show(value) : value;
    const shown = element(
      "p",
      { class: "verdict" },
      element("small", {}, name.replace(/^prediction_/, "")),
      text,
    );
    place.append(shown);
  }
  const bars = Object.entries(probabilities ?? {}).flatMap(([name, share]) =>
    typeof share === "number"
      ? [[name, share]]
      : Object.entries(share).map(([label, part]) => [`${name}: ${label}`, part]),
  );
  if (bars.length > mostBars) bars.sort(([, a], [, b]) => b - a);
  for (const [name, share] of bars.slice(0, mostBars)) {
    const filled = element("i", { style: `width: ${100 * share}%` });
    const percent = `${(100 * share).toFixed(1)} %`;
    place.append(
      element(
        "div",
        { class: "bar" },
        element("span", {}, name),
        element("div", { class: "track" }, filled),
        element("span", {}, percent),
      ),
    );
  }
}

const place = document.querySelector("#answer");

let asked = 0;

/** Shows the prediction for what `read` gives, or why there is none, unless something else has been asked since. */
async function answer(read) {
  const turn = ++asked;
  let show;
  try {
    const predicted = await predict(read());
    show = () => showPrediction(place, predicted);
  } catch (error) {
    show = () => place.replaceChildren(element("p", {}, error.message));
  }
  if (turn === asked) show();
}

const inputs = document.querySelector("#inputs");
if (page.fields) tableControls(inputs, page.fields, answer);
else if (page.shape.length === 2) drawingControls(inputs, page.shape, page.ink, answer);
else arrayControls(inputs, page.shape, answer);
globalThis.nnt = { predict };
