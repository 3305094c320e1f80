/**
 * The table of commands: what each takes, in the words of its help. Parser, help and completion are
 * derived from it. Loads nothing heavy: a command's work is in `commands/`, loaded when it is run.
 */
import { condition } from "./condition.ts";
import { gate } from "./gate.ts";
import {
  answeredRows,
  type CommandRow,
  debug,
  epochs,
  json,
  kernels,
  maxTime,
  quiet,
  set,
  strict,
  threads,
} from "./options.ts";
import {
  choice,
  integer,
  names,
  positive,
  rowNumbers,
  share,
  text,
  tolerance,
  type Value,
} from "./values.ts";

const format = choice("FORMAT", ["csv", "jsonl"]);

export const commands = {
  init: {
    summary: "write a spec for a table, a curve or images, with all that the data tells",
    argument: {
      name: "DATA",
      help: "the rows: a CSV, TSV or JSONL file, may be .gz; or a folder of IDX images",
      fallback: "",
    },
    options: {
      target: { short: "t", value: names("COLS"), help: "the column to predict, or several" },
      template: {
        value: choice("NAME", ["table", "image", "curve"]),
        help: "what it is (default: by DATA); without DATA, with a sample to try",
      },
      interactive: { short: "i", help: "ask for what the command line leaves open" },
      out: { short: "o", value: text("FILE"), help: "the spec to write (default: NAME.yaml; - for stdout)" },
      overwrite: { help: "replace the spec if it is there" },
      debug,
    },
    examples: [
      ["nnt init titanic.csv --target survived", "writes titanic.yaml, ready for nnt train"],
      ["nnt init houses.csv -t price -o - | less", "looks at what it would be"],
      ["nnt init --template image data/mnist", "for the IDX files in a folder"],
      ["nnt init --template curve", "curve.yaml and curve.csv, to try it"],
      ["nnt init --interactive", "asks for everything"],
    ],
  },
  data: {
    summary: "fetch a public data set, and check that it is whole",
    argument: { name: "NAME", help: "mnist", choices: ["mnist"] },
    options: {
      dir: { value: text("DIR"), help: "where to put the files (default: data/NAME)" },
      mirror: {
        value: text("URL"),
        repeat: true,
        help: "folder on the web to fetch from, instead of the known ones (repeatable)",
      },
      debug,
    },
    examples: [
      ["nnt data mnist", "data/mnist/, as configs/mnist.yaml wants it; again to check what is there"],
      ["nnt data mnist --mirror https://example.org/mnist/", "from a mirror of your own"],
    ],
  },
  train: {
    summary: "train a network as a spec says, and save it",
    argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
    options: {
      set,
      out: {
        short: "o",
        value: text("DIR"),
        help: "directory of the run (default: runs/NAME, or the next free)",
      },
      overwrite: { help: "replace the run that --out holds", conflicts: ["resume"] },
      resume: { help: "go on with the run that --out holds" },
      seed: { value: integer("N", 0), help: "seed of everything random" },
      seeds: {
        value: integer("N", 2),
        help: "train with N seeds, the first being the spec's, and save their ensemble too",
      },
      epochs,
      maxTime,
      pauseAt: { value: integer("EPOCH", 1), help: "stop after this epoch, to go on later with --resume" },
      threads,
      kernels,
      strict,
      json: { help: "print events as JSON Lines" },
      quiet,
      debug,
    },
    examples: [
      ["nnt train configs/digits.yaml", "trains the quick start"],
      ["nnt train spec.yaml --set optimizer.lr=0.01 --epochs 5", "overrides the spec"],
      ["nnt train spec.yaml --out runs/a --resume", "goes on where runs/a stopped"],
      ["nnt train spec.yaml --seeds 5", "five runs, their mean ± deviation, and the five as one model"],
      ["nnt train spec.yaml --json | jq .validation.loss", "for scripts"],
    ],
  },
  resume: {
    summary: "go on with a run where it was stopped or killed",
    argument: { name: "DIR", help: "the run's directory; its spec.yaml says what to do" },
    options: {
      set,
      epochs,
      maxTime,
      threads,
      kernels,
      json: { help: "print events as JSON Lines" },
      quiet,
      debug,
    },
    examples: [
      ["nnt resume runs/digits", "ends with the bits of a run that was never stopped"],
      ["nnt resume runs/digits --epochs 100", "goes on for longer"],
    ],
  },
  verify: {
    summary: "check that a model, or all files of a run, are whole",
    argument: { name: "FILE|DIR", help: "a model file (.ckpt) or a run's directory" },
    options: {
      json,
      debug,
    },
    examples: [
      ["nnt verify runs/digits/best.ckpt", "exits with 4 when a bit of it has changed"],
      ["nnt verify runs/digits", "models, metrics.jsonl and summary.json"],
    ],
  },
  "self-test": {
    summary: "kill and resume trainings on this machine, with all kernels, and compare bits",
    argument: { name: "SPEC", help: "a spec of your own (default: a small built-in one)", fallback: "" },
    options: {
      set,
      steps: { value: integer("N", 1), help: "updates to make in each run (default: 200)" },
      debug,
    },
    examples: [
      ["nnt self-test", "a line per backend and number of threads; exits with 1 when bits differ"],
      ["nnt self-test configs/digits.yaml --steps 50", "the same for a network of your own"],
    ],
  },
  eval: {
    summary: "measure a model on a split of its data, or on other data",
    argument: { name: "MODEL", help: "a model file (.ckpt)" },
    options: {
      ...answeredRows,
      slice: { value: text("COLUMN"), help: "measure the rows of each value of a column on their own, too" },
      failIf: {
        value: gate,
        repeat: true,
        help: "exit with 7 when this holds, as 'accuracy<0.97' (repeatable)",
      },
      baseline: {
        value: text("FILE"),
        help: "exit with 7 when a figure is worse than in this summary.json, or output of eval --json",
      },
      tolerance: {
        value: tolerance,
        help: "how much worse it may be: 0.01, or 2% of the baseline's (default: 0)",
        needs: "baseline",
      },
      threads,
      kernels,
      json,
      debug,
    },
    examples: [
      ["nnt eval runs/digits/best.ckpt", "metrics on the test rows"],
      ["nnt eval best.ckpt --data new.csv --json", "on other rows, for scripts"],
      ["nnt eval best.ckpt --slice region", "where it does better, and where worse"],
      ["nnt eval best.ckpt --fail-if 'accuracy<0.97'", "a gate for CI: exits with 7 when it is met"],
      ["nnt eval best.ckpt --baseline old/summary.json --tolerance 0.01", "or when it is worse than before"],
    ],
  },
  predict: {
    summary: "predict rows as they come, in the same order",
    argument: { name: "MODEL", help: "a model file (.ckpt)" },
    options: {
      input: {
        short: "i",
        value: text("FILE"),
        help: "read rows from a file (default: stdin)",
        conflicts: ["images"],
      },
      output: {
        short: "o",
        value: text("FILE"),
        help: "write to a file, whole or not at all (default: stdout)",
      },
      from: {
        value: format,
        help: "format of the rows (default: by file name, else csv)",
        conflicts: ["images"],
      },
      to: { value: format, help: "format of the predictions (default: by file name, else as the rows)" },
      proba: { help: "add one probability per class" },
      topK: { value: integer("N", 1), help: "add the N most probable classes" },
      interval: {
        value: share("P"),
        help: "say where the truth lies with this probability, as 0.9: an interval, or a set of classes",
      },
      keep: {
        value: names("COLS|all"),
        help: "columns to pass through, separated by commas",
        conflicts: ["images"],
      },
      onError: {
        value: choice("HOW", ["fail", "skip", "record"]),
        help: "what a bad row does (default: fail)",
      },
      images: { value: text("FILE"), help: "predict IDX images, or NPY features" },
      threads,
      kernels,
      debug,
    },
    examples: [
      ["nnt predict runs/iris/best.ckpt < flowers.csv", "one prediction per row"],
      ["nnt predict best.ckpt -i new.csv -o out.csv --keep id --proba", "with ids and probabilities"],
      ["nnt predict best.ckpt -i new.csv --interval 0.9", "with lower and upper, or prediction_set"],
      ["tail -f rows.jsonl | nnt predict best.ckpt --from jsonl", "answers as rows arrive"],
      ["nnt predict best.ckpt --images t10k-images-idx3-ubyte.gz", "images without labels"],
    ],
  },
  explain: {
    summary: "tell which columns matter, or what a row's values add to its answer",
    argument: { name: "MODEL", help: "a model file (.ckpt)" },
    options: {
      ...answeredRows,
      metric: {
        value: text("NAME"),
        help: "what gets worse when a column's values are dealt anew (default: accuracy; r2 of numbers)",
        conflicts: ["rows"],
      },
      repeats: {
        value: integer("N", 1),
        help: "how often each column's values are dealt (default: 5)",
        conflicts: ["rows"],
      },
      sample: {
        value: integer("N", 2),
        help: "draw so many of the rows, if there are more (default: 5000)",
        conflicts: ["rows"],
      },
      seed: { value: integer("N", 0), help: "seed of what is drawn (default: 0)", conflicts: ["rows"] },
      rows: {
        value: rowNumbers,
        help: "explain these rows one by one, by integrated gradients: 0,12,30-39, from 0 as in the report",
      },
      of: {
        value: text("NAME"),
        help: "explain this class, label or target (default: the class predicted, else all)",
        needs: "rows",
      },
      baseline: {
        value: choice("NAME", ["mean", "zeros"]),
        help: "inputs to compare a row's with: the training rows' mean (default), or 0",
        needs: "rows",
      },
      steps: {
        value: integer("N", 1),
        help: "points between baseline and row at which slopes are taken (default: 100)",
        needs: "rows",
      },
      pictures: {
        value: text("DIR"),
        help: "write PNG files: the first layer's weights, and of image rows what each pixel adds",
      },
      threads,
      kernels,
      json: { help: "print JSON: an object, or a line per row" },
      debug,
    },
    examples: [
      ["nnt explain runs/iris/best.ckpt", "permutation importance of each column, mean ± deviation"],
      ["nnt explain best.ckpt --metric log_loss --repeats 20", "on another metric, more exactly"],
      ["nnt explain best.ckpt --rows 0,7-9", "what each value adds to these rows' answers"],
      ["nnt explain best.ckpt --data new.csv --rows 0 --of yes --json", "for one class, for scripts"],
      ["nnt explain runs/digits/best.ckpt --rows 3 --pictures out", "as PNG files"],
    ],
  },
  inspect: {
    summary: "tell what a model, a data file or a spec holds",
    argument: { name: "FILE", help: "a model (.ckpt, .safetensors), data (CSV, IDX, also .gz) or a spec" },
    options: {
      head: { value: integer("N", 0), help: "show the first N records of a data file" },
      json,
      debug,
    },
    examples: [
      ["nnt inspect runs/digits/best.ckpt", "tensors, shapes, parameters, classes"],
      ["nnt inspect data/iris.csv --head 5", "columns and the first records"],
      ["nnt inspect configs/digits.yaml", "the network, layer by layer"],
    ],
  },
  check: {
    summary: "validate a spec and its data without training",
    argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
    options: {
      set,
      strict,
      json,
      debug,
    },
    examples: [
      ["nnt check configs/digits.yaml", "rows, columns, shapes, parameters, updates per epoch, memory"],
      ["nnt check spec.yaml --set train.batch_size=128", "as it would be with an override"],
    ],
  },
  gradcheck: {
    summary: "compare a network's gradients with slopes of its loss, in 64 bit",
    argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
    options: {
      set,
      samples: { value: integer("N", 1), help: "elements to check of each parameter (default: 20)" },
      json,
      debug,
    },
    examples: [
      ["nnt gradcheck configs/iris.yaml", "a line per parameter; exits with 1 when one is wrong"],
      ["nnt gradcheck spec.yaml --samples 1000", "more elements of each parameter"],
    ],
  },
  "lr-find": {
    summary: "find a learning rate: train while it rises, and see where the loss falls fastest",
    argument: { name: "SPEC", help: "the spec: a YAML or JSON file" },
    options: {
      set,
      from: { value: positive("RATE"), help: "the first rate (default: 1e-6)" },
      to: { value: positive("RATE"), help: "the last rate (default: 10)" },
      steps: { value: integer("N", 10), help: "updates to make (default: 200)" },
      threads,
      kernels,
      json,
      debug,
    },
    examples: [
      ["nnt lr-find configs/digits.yaml", "a curve and a suggestion"],
      ["nnt lr-find spec.yaml --json | jq .suggestion", "for scripts"],
    ],
  },
  export: {
    summary: "write a model as ONNX, weights, JSON, JavaScript, a page or PyTorch",
    argument: { name: "MODEL", help: "a model file (.ckpt)" },
    options: {
      to: {
        value: choice("FORMAT", ["onnx", "safetensors", "json", "js", "html", "torch"]),
        help: "what to write (default: by the name of --output)",
      },
      output: { short: "o", value: text("FILE"), help: "where to (default: beside the model)" },
      debug,
    },
    examples: [
      ["nnt export runs/iris/best.ckpt --to onnx", "runs/iris/best.onnx: preprocessing, network and answers"],
      ["nnt export best.ckpt -o iris.js", "an ES module for browsers and Node, and its types"],
      ["nnt export best.ckpt -o iris.html", "a page that tries the model"],
      ["nnt export best.ckpt --to torch", "nn.Sequential in Python, and its weights"],
    ],
  },
  report: {
    summary: "write a run's report.html again, or follow a run in a browser",
    argument: { name: "DIR", help: "the run's directory" },
    options: {
      serve: { help: "follow the run in a browser, on this machine only, until Ctrl-C" },
      port: { value: integer("N", 0), help: "port of --serve (default: any free one)", needs: "serve" },
      threads,
      kernels,
      debug,
    },
    examples: [
      ["nnt report runs/digits", "then open runs/digits/report.html in a browser"],
      ["nnt report runs/digits --serve", "curves that grow while the run goes on"],
    ],
  },
  sweep: {
    summary: "train a spec with many settings, and find the best",
    argument: { name: "SPEC", help: "the spec, with a search: section" },
    options: {
      set,
      out: {
        short: "o",
        value: text("DIR"),
        help: "directory of the sweep (default: sweeps/NAME, or the next free)",
      },
      resume: { help: "go on with the sweep that --out holds, or join it from another machine" },
      trials: { value: integer("N", 1), help: "how many combinations to try (default: the spec's, else 30)" },
      maxTime,
      jobs: {
        short: "j",
        value: integer("N", 1),
        help: "trials at once on this machine (default: all cores)",
      },
      trial: {
        value: integer("N", 1),
        help: "make this trial alone, for job arrays that share --out",
        needs: "out",
        conflicts: ["resume", "jobs"],
      },
      kernels,
      json: { help: "print results as JSON Lines" },
      quiet,
      debug,
    },
    examples: [
      ["nnt sweep configs/digits-sweep.yaml", "a trial per core at a time, then a leaderboard"],
      ["nnt sweep spec.yaml -o sweeps/a --resume --trials 100", "goes on where it was stopped, for longer"],
      ["nnt sweep spec.yaml -o /shared/a --trial $SLURM_ARRAY_TASK_ID", "a job array"],
      ["nnt train sweeps/a/best.yaml", "the best combination, again"],
    ],
  },
  runs: {
    summary: "list the runs in a folder, the newest last",
    argument: { name: "FOLDER", help: "where they are (default: runs)", fallback: "runs" },
    options: {
      sort: { value: text("KEY"), help: "order by a figure, the best first, or by any other key" },
      filter: {
        value: condition,
        repeat: true,
        help: "only runs for which this holds, as 'accuracy>0.97' or 'optimizer.name==adam' (repeatable)",
      },
      show: { value: names("KEYS"), help: "further columns, separated by commas: optimizer.lr,seed" },
      json: { help: "print JSON Lines, one object a run" },
      debug,
    },
    examples: [
      ["nnt runs", "every run in runs/"],
      ["nnt runs --sort accuracy --filter 'accuracy>0.9'", "the best first"],
      ["nnt runs sweep --show optimizer.lr --json", "with a value of the spec, for scripts"],
    ],
  },
  compare: {
    summary: "show where runs differ: in their specs and in their figures",
    argument: { name: "DIR", help: "the directories of two or more runs", many: true },
    options: {
      html: {
        value: text("FILE"),
        help: "write a page instead, with curves and intervals",
        conflicts: ["json"],
      },
      json,
      threads,
      kernels,
      debug,
    },
    examples: [
      ["nnt compare runs/digits runs/digits-2", "differences side by side, and which are more than luck"],
      ["nnt compare runs/* --html compare.html", "the same as a page"],
    ],
  },
  completion: {
    summary: "print a script that lets a shell complete nnt's command lines",
    argument: { name: "SHELL", help: "bash, zsh or fish", choices: ["bash", "zsh", "fish"] },
    options: { debug },
    examples: [
      ["source <(nnt completion bash)", "in ~/.bashrc; zsh likewise, in ~/.zshrc after compinit"],
      ["nnt completion fish > ~/.config/fish/completions/nnt.fish", "for fish"],
    ],
  },
  kernels: {
    summary: "say which kernels can compute here, and how fast they are",
    options: {
      threads,
      bench: { help: "measure products beside this machine's own multiply-add peak, some seconds each" },
      json,
      debug,
    },
    examples: [
      ["nnt kernels", "what opened, what did not and why"],
      ["nnt kernels --bench", "GFLOP/s of products on one thread and on all, and their share of the peak"],
      ["NNT_ISA=avx2 nnt kernels", "the same with an instruction set of your choice"],
    ],
  },
  schema: {
    summary: "print the JSON Schema of the spec",
    options: { debug },
    examples: [
      ["nnt schema > nnt.schema.json", "then, as a spec's first line, for completion in editors:"],
      ["# yaml-language-server: $schema=./nnt.schema.json", ""],
    ],
  },
} as const satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof commands;

type Options<Name extends CommandName> = (typeof commands)[Name]["options"];

/** A switch is a boolean, a repeatable option a list, any other null when not given. */
type Given<Row> = Row extends { value: Value<infer T> }
  ? Row extends { repeat: true }
    ? readonly T[]
    : T | null
  : boolean;

/** The options of a command as its code gets them. */
export type OptionsOf<Name extends CommandName> = {
  readonly [Key in keyof Options<Name>]: Given<Options<Name>[Key]>;
};

/** `maxTime` → `--max-time`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
