/**
 * TensorFlow.js's training step on its WebAssembly backend; reads requests as JSON lines on stdin, answers
 * seconds per step. For `npm install --no-save @tensorflow/tfjs @tensorflow/tfjs-backend-wasm`.
 */
import { createInterface } from "node:readline";

const tf = await import("@tensorflow/tfjs");
await import("@tensorflow/tfjs-backend-wasm");
await tf.setBackend("wasm");
await tf.ready();
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ version: tf.version.tfjs });

const rows = 6000;
const steppers = new Map();

function stepper({ widths, optimizer, batchSize }) {
  const x = tf.randomUniform([rows, widths[0]], -1, 1);
  const y = tf.oneHot(tf.randomUniform([rows], 0, widths.at(-1), "int32"), widths.at(-1));
  const weights = widths
    .slice(1)
    .map((width, i) => [
      tf.variable(tf.randomNormal([widths[i], width], 0, 0.05)),
      tf.variable(tf.zeros([width])),
    ]);
  const rule = optimizer === "sgd" ? tf.train.sgd(0.01) : tf.train.adam(0.001);
  let at = 0;
  return (steps) => {
    for (let i = 0; i < steps; i++, at = (at + batchSize) % (rows - batchSize)) {
      tf.tidy(() =>
        rule.minimize(() => {
          let a = x.slice([at, 0], [batchSize, widths[0]]);
          for (const [layer, [W, b]] of weights.entries()) {
            a = tf.add(tf.matMul(a, W), b);
            if (layer < weights.length - 1) a = tf.relu(a);
          }
          return tf.losses.softmaxCrossEntropy(y.slice([at, 0], [batchSize, widths.at(-1)]), a);
        }),
      );
    }
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.kind) {
    say(null);
    continue;
  }
  const key = JSON.stringify([request.widths, request.optimizer, request.batchSize]);
  if (!steppers.has(key)) steppers.set(key, stepper(request));
  const steps = Math.max(1, request.steps);
  const started = performance.now();
  steppers.get(key)(steps);
  say((performance.now() - started) / 1000 / steps);
}
