/**
 * @file Runs an exported network: rows in, predictions out, in 64 bit from 32-bit weights. Depends on nothing;
 * `nnt export` writes it into modules and pages, behind the model's own numbers.
 */

/**
 * @typedef {{ type: "number" | "boolean" | "category" | "date", name: string, missing: string[], fill: number | null,
 *   indicator: boolean, scaling: any, expansion?: any, levels?: [string, number][], unseen?: number, slots?: number,
 *   refusesUnseen?: boolean, dates?: any }} Column
 * @typedef {{ type: string, tensors: Record<string, { offset: number, shape: number[] }>, layers: Layer[], members: Layer[][],
 *   [option: string]: any }} Layer
 * @typedef {{ columns: Column[] | null, shape: number[] | null, deskew?: { rounded: boolean }, scaling: any, target: any, layers: Layer[] }} Model
 */

/**
 * @param {Model} model what was fitted, and the layers
 * @param {string} weights all tensors as 32-bit floats, little-endian, in base64
 */
export function createPredictor(model, weights) {
  const bytes = Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const floats = Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  const levels = new Map(model.columns?.map((column) => [column, new Map(column.levels)]));

  /** The network's input. @param {any} row */
  function encode(row) {
    if (model.columns) return model.columns.flatMap((column) => encodeColumn(column, row));
    const size = (model.shape ?? []).reduce((product, length) => product * length, 1);
    if (row?.length !== size) throw new TypeError(`expected ${size} numbers, not ${row?.length}`);
    const values = Array.from(row, Number);
    const upright = model.deskew ? straighten(values, model.shape ?? [], model.deskew.rounded) : values;
    return upright.map((value) => Math.fround(scale(value, model.scaling)));
  }

  /** @param {Column} column @param {any} row */
  function encodeColumn(column, row) {
    if (row === null || typeof row !== "object" || !Object.hasOwn(row, column.name))
      throw new TypeError(`the row has no "${column.name}"; a missing value is null`);
    const value = readValue(column, row[column.name]);
    const isMissing = value === null;
    if (isMissing && column.fill === null)
      throw new TypeError(`"${column.name}" is missing, and the model has no stand-in for it`);
    const x = value ?? column.fill ?? 0;
    const indicator = column.indicator ? [isMissing ? 1 : 0] : [];
    if (column.type === "date") return [...encodeDate(x, column.dates).map(Math.fround), ...indicator];
    if (column.type !== "category")
      return [...expand(scale(x, column.scaling), column.expansion).map(Math.fround), ...indicator];
    const level = x < 0 ? (column.unseen ?? -1) : x;
    if (column.scaling) return [level < 0 ? 0 : Math.fround(scale(level, column.scaling)), ...indicator];
    const inputs = new Array(column.slots).fill(0);
    if (level >= 0) inputs[level] = 1;
    return [...inputs, ...indicator];
  }

  /** A number, 0 or 1, or a level's number (−1 for an unseen one); null if missing. @param {Column} column @param {any} value */
  function readValue(column, value) {
    if (value === null || value === undefined || Number.isNaN(value)) return null;
    const text = value instanceof Date ? value.toISOString() : String(value);
    if (column.missing.includes(text.trim())) return null;
    if (column.type === "number") {
      if (!decimal.test(text))
        throw new TypeError(`"${column.name}" is ${JSON.stringify(text)}, not a number`);
      const number = Number(text);
      return column.missing.some((word) => decimal.test(word) && Number(word) === number) ? null : number;
    }
    if (column.type === "date") {
      const time = timeOf(text.trim());
      if (Number.isNaN(time)) throw new TypeError(`"${column.name}" is ${JSON.stringify(text)}, not a date`);
      return time;
    }
    if (column.type === "boolean") {
      const word = text.trim().toLowerCase();
      const plain = decimal.test(word) ? String(Number(word)) : word;
      const found = booleanWords.findIndex((words) => words.includes(plain));
      if (found < 0) throw new TypeError(`"${column.name}" is ${JSON.stringify(text)}, not a boolean`);
      return found;
    }
    const level = levels.get(column)?.get(text);
    if (level === undefined && column.refusesUnseen)
      throw new TypeError(`"${column.name}" is ${JSON.stringify(text)}, which training had not seen`);
    return level ?? -1;
  }

  /** @param {number[]} x @param {Layer[]} layers @returns {number[]} */
  function run(x, layers) {
    return layers.reduce((values, layer) => runLayer(values, layer), x);
  }

  /** @param {number[]} x @param {Layer} layer @returns {number[]} */
  function runLayer(x, layer) {
    const activation = activations[layer.type];
    if (activation) return x.map((z) => activation(z, layer.negative_slope ?? layer.alpha));
    const at = (/** @type {string} */ name, /** @type {number} */ i) =>
      floats[layer.tensors[name].offset + i];
    switch (layer.type) {
      case "linear": {
        const { offset, shape } = layer.tensors.weight;
        return Array.from({ length: shape[0] }, (_, row) => {
          let sum = layer.tensors.bias ? at("bias", row) : 0;
          const first = offset + row * shape[1];
          for (let i = 0; i < x.length; i++) sum += floats[first + i] * x[i];
          return sum;
        });
      }
      case "batch_norm":
        return x.map((z, i) => {
          const deviation = Math.sqrt(at("running_var", i) + layer.eps);
          return (at("weight", i) * (z - at("running_mean", i))) / deviation + at("bias", i);
        });
      case "layer_norm": {
        const centre = mean(x);
        const deviation = Math.sqrt(mean(x.map((z) => (z - centre) ** 2)) + layer.eps);
        return x.map((z, i) => (at("weight", i) * (z - centre)) / deviation + at("bias", i));
      }
      case "rms_norm": {
        const root = Math.sqrt(mean(x.map((z) => z * z)) + layer.eps);
        return x.map((z, i) => (at("weight", i) * z) / root);
      }
      case "parametric": {
        const g = activations[layer.activation];
        return x.map((z, i) => z + at("weight", i) * (g(z) - z));
      }
      case "residual": {
        const change = run(x, layer.layers);
        return x.map((z, i) => z + change[i]);
      }
      case "ensemble": {
        const answers = layer.members.map((/** @type {Layer[]} */ member) => run(x, member));
        const voting = layer.votes?.map((/** @type {number} */ member) => answers[member]);
        return average(voting ?? answers, layer.average);
      }
      default:
        return x; // dropout, noise and identity
    }
  }

  /** @param {number[]} outputs */
  function decode(outputs) {
    const { names, classes, labels, scalings, link, temperature = 1, thresholds } = model.answers;
    const s = temperature === 1 ? outputs : outputs.map((value) => value / temperature);
    if (scalings) {
      const numbers = s.slice(0, names.length).map((value, j) => {
        const number = value * scalings[j].scale + scalings[j].center;
        return link === "exp" ? Math.exp(number) : number;
      });
      const deviations = s
        .slice(names.length)
        .map((value, j) => Math.exp(value / 2) * Math.abs(scalings[j].scale));
      return { ...named(names, numbers), ...(link === "gaussian" ? named(names, deviations, "sd") : {}) };
    }
    if (classes && classes.length > 1) return several(s, model.answers);
    const probabilities = probabilitiesOf(s, link, classes !== null && s.length === 1);
    const given = (/** @type {string[]} */ of) =>
      probabilities
        ? { probabilities: Object.fromEntries(of.map((name, j) => [name, probabilities[j]])) }
        : {};
    if (!classes) {
      const threshold = link === "sigmoid" ? 0 : 0.5;
      return {
        ...named(
          names,
          s.map((value, j) =>
            (thresholds ? probabilities?.[j] > thresholds[j] : value > threshold) ? 1 : 0,
          ),
        ),
        ...given(names),
      };
    }
    if (thresholds && probabilities)
      return { prediction: labels[0][probabilities[1] > thresholds[0] ? 1 : 0], ...given(classes[0]) };
    const best = s.length === 1 ? (s[0] > 0 ? 1 : 0) : s.indexOf(Math.max(...s));
    return { prediction: labels[0][best], ...given(classes[0]) };
  }

  /** The prediction for one row. @param {any} row @returns {any} */
  return (row) => decode(run(encode(row), model.layers));
}

/** The answers of several targets, a softmax each. @param {number[]} s @param {{ names: string[], classes: string[][], labels: any[][] }} answers */
function several(s, { names, classes, labels }) {
  let next = 0;
  const answers = classes.map((of, t) => {
    const own = s.slice(next, next + of.length);
    next += of.length;
    const p = probabilitiesOf(own, "softmax", false) ?? [];
    const probabilities = Object.fromEntries(of.map((label, j) => [label, p[j]]));
    return { label: labels[t][own.indexOf(Math.max(...own))], probabilities };
  });
  return {
    ...Object.fromEntries(names.map((name, t) => [`prediction_${name}`, answers[t].label])),
    probabilities: Object.fromEntries(names.map((name, t) => [name, answers[t].probabilities])),
  };
}

/** @param {string[]} names @param {number[]} values @param {string} what */
function named(names, values, what = "prediction") {
  if (names.length === 1) return { [what]: values[0] };
  return Object.fromEntries(names.map((name, j) => [`${what}_${name}`, values[j]]));
}

/** The output whose meaning is the mean of what members' outputs mean. @param {number[][]} s @param {string} kind */
function average(s, kind) {
  const means = s[0].map((_, j) => mean(s.map((own) => own[j])));
  if (kind === "identity") return means;
  if (kind === "gaussian") {
    const n = means.length / 2;
    const spreads = means.slice(0, n).map((centre, j) => {
      const variances = s.map((own) => Math.exp(own[n + j]) + (own[j] - centre) ** 2);
      return Math.log(mean(variances));
    });
    return [...means.slice(0, n), ...spreads];
  }
  const logMean = (/** @type {number[][]} */ of) =>
    of[0].map((_, j) => {
      const most = Math.max(...of.map((own) => own[j]));
      return most + Math.log(mean(of.map((own) => Math.exp(own[j] - most))));
    });
  if (kind === "exp") return logMean(s);
  if (kind === "softmax") {
    return logMean(s.map((own) => (probabilitiesOf(own, kind, false) ?? []).map(Math.log)));
  }
  const no = logMean(s.map((own) => own.map((z) => -softplus(z))));
  return logMean(s.map((own) => own.map((z) => -softplus(-z)))).map((yes, j) => yes - no[j]);
}

/** @param {number[]} s @param {string} link @param {boolean} isOneOfTwo */
function probabilitiesOf(s, link, isOneOfTwo) {
  if (link === "sigmoid") return isOneOfTwo ? [logistic(-s[0]), logistic(s[0])] : s.map(logistic);
  if (link !== "softmax") return null;
  const most = Math.max(...s);
  const powers = s.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

const decimal = /^[ \t]*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[ \t]*$/i;
const booleanWords = [
  ["false", "no", "f", "n", "0"],
  ["true", "yes", "t", "y", "1"],
];

/** @param {number} x @param {any} scaling */
function scale(x, scaling) {
  if (scaling.name === "quantile_normal") return normalQuantile(rankOf(x, scaling.quantiles));
  const from = scaling.name === "log" ? Math.sign(x) * Math.log1p(Math.abs(x)) : x;
  const z = (from - scaling.center) / scaling.scale;
  return scaling.name === "robust_clip" ? z / Math.hypot(1, z / 3) : z;
}

/** A slanted image upright: each row moved sideways by as much as the ink leans. @param {number[]} image @param {number[]} shape @param {boolean} rounded */
function straighten(image, [height, width], rounded) {
  let [mass, rows, columns, squares, products] = [0, 0, 0, 0, 0];
  image.forEach((value, i) => {
    const ink = Math.max(0, value);
    const [r, c] = [Math.floor(i / width), i % width];
    mass += ink;
    rows += ink * r;
    columns += ink * c;
    squares += ink * r * r;
    products += ink * r * c;
  });
  const variance = squares * mass - rows * rows;
  if (mass === 0 || variance <= 0) return image;
  const shear = Math.min(1, Math.max(-1, (products * mass - rows * columns) / variance));
  if (shear === 0) return image;
  return Array.from({ length: height * width }, (_, i) => {
    const r = Math.floor(i / width);
    const x = (i % width) + shear * (r - rows / mass);
    const left = Math.floor(x);
    const at = (/** @type {number} */ c) => (c >= 0 && c < width ? image[r * width + c] : 0);
    const ink = at(left) * (1 - (x - left)) + at(left + 1) * (x - left);
    return rounded ? Math.floor(ink + 0.5) : ink;
  });
}

/** The inputs that a number becomes. @param {number} x @param {any} expansion @returns {number[]} */
function expand(x, expansion) {
  if (!expansion) return [x];
  if (expansion.name === "periodic") {
    const angles = expansion.frequencies.map((/** @type {number} */ c) => 2 * Math.PI * c * x);
    return [...angles.map(Math.sin), ...angles.map(Math.cos)];
  }
  const { edges } = expansion;
  const last = edges.length - 2;
  return edges.slice(1).map((/** @type {number} */ end, /** @type {number} */ piece) => {
    const share = (x - edges[piece]) / (end - edges[piece]);
    return Math.min(piece < last ? 1 : Infinity, Math.max(piece > 0 ? 0 : -Infinity, share));
  });
}

const isoDate =
  /^(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?)?$/;

/** Milliseconds since 1970 of an ISO 8601 date, in UTC where it has no zone; NaN for any other text. @param {string} text */
function timeOf(text) {
  const found = isoDate.exec(text);
  if (!found) return Number.NaN;
  const [year, month, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const zone = /([+-])(\d\d):?(\d\d)?/.exec(found[8] ?? "");
  const east = zone ? Number(`${zone[1]}1`) * (60 * Number(zone[2]) + Number(zone[3] ?? 0)) : 0;
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day);
  const isDay = date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 60) return Number.NaN;
  return (
    date.getTime() + (60 * hour + minute - east) * 60_000 + 1000 * (second + Number(`0.${found[7] ?? 0}`))
  );
}

/** The inputs that a time becomes. @param {number} time @param {any} dates @returns {number[]} */
function encodeDate(time, { parts, year, first, days }) {
  const day = Math.floor(time / 86_400_000);
  const date = new Date(day * 86_400_000);
  const turns = {
    month: date.getUTCMonth() / 12,
    day: (date.getUTCDate() - 1) / 31,
    weekday: ((date.getUTCDay() + 6) % 7) / 7,
    hour: (time / 86_400_000 - day) % 1,
  };
  return parts.flatMap((/** @type {string} */ part) => {
    if (part === "year") return [scale(date.getUTCFullYear(), year)];
    if (part === "days") return [scale((time - first) / 86_400_000, days)];
    const angle = 2 * Math.PI * /** @type {any} */ (turns)[part];
    return [Math.sin(angle), Math.cos(angle)];
  });
}

/** Where x lies among ascending quantiles, from 1e-7 to 1 − 1e-7. @param {number} x @param {number[]} quantiles */
function rankOf(x, quantiles) {
  const last = quantiles.length - 1;
  if (last < 1) return 0.5;
  const below = quantiles.filter((quantile) => quantile < x).length;
  const upTo = quantiles.filter((quantile) => quantile <= x).length;
  const left = quantiles[below - 1];
  let rank = (below - 1 + (x - left) / (quantiles[below] - left)) / last;
  if (upTo > below) rank = (below + upTo - 1) / 2 / last;
  else if (below === 0) rank = 0;
  else if (below > last) rank = 1;
  return Math.min(1 - 1e-7, Math.max(1e-7, rank));
}

/** Φ⁻¹(p) by Newton's method from the logistic distribution's quantile. @param {number} p */
function normalQuantile(p) {
  if (p > 0.5) return -normalQuantile(1 - p);
  let z = Math.max(-6, Math.log(p / (1 - p)) / 1.702);
  for (let step = 0; step < 50; step++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const move = (normalBelow(z) - p) / density;
    z -= Math.max(-0.5, Math.min(0.5, move));
    if (Math.abs(move) < 1e-14) break;
  }
  return z;
}

/** Φ(z) = (1 + erf(z/√2))/2. @param {number} z */
function normalBelow(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const square = Math.exp(-x * x);
  let tail; // 1 − erf(x), by its series near 0 and its continued fraction further out
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 2 ** -54; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    tail = 1 - (2 / Math.sqrt(Math.PI)) * square * sum;
  } else {
    let fraction = x;
    for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
    tail = square / (Math.sqrt(Math.PI) * fraction);
  }
  return z < 0 ? tail / 2 : 1 - tail / 2;
}

/** @param {number} z */
function logistic(z) {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}

/** @param {number} z */
function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** @type {Record<string, (z: number, parameter: number) => number>} */
const activations = {
  /* activations */
};
