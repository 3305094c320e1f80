/**
 * Named settings for tables, each as a spec would write them. What a name means never changes: a better setting gets a
 * name of its own. Knows no data but the task.
 */
type Mapping = Record<string, unknown>;

/** @param areNumbers whether numbers are to be predicted, not classes or labels */
type Recipe = (areNumbers: boolean) => Mapping;

/**
 * RealMLP-TD of Holzmüller, Grinsztajn and Steinwart 2024, arXiv 2407.04491: of five folds' models, each at its best
 * epoch, the mean, where theirs is one model. So dropout is a third of theirs: what is averaged may fit its rows more
 * closely. No label smoothing, which harms log loss.
 */
const realmlp = (areNumbers: boolean): Mapping => {
  const activation = areNumbers ? "mish" : "selu";
  const hidden = () => [
    { linear: 256, parametrization: "ntk" },
    { parametric: activation },
    { dropout: 0.05 },
  ];
  return {
    data: { scale: "robust_clip" },
    model: {
      layers: [
        { embed_numbers: "periodic" },
        "scale",
        ...hidden(),
        ...hidden(),
        ...hidden(),
        { type: "linear", parametrization: "ntk" },
      ],
    },
    optimizer: {
      name: "adamw",
      lr: areNumbers ? 0.2 : 0.04,
      betas: [0.9, 0.95],
      weight_decay: 0.02,
      groups: {
        biases: { lr: 0.1, decay: 0 },
        scales: { lr: 6 },
        activations: { lr: 0.1 },
        embeddings: { lr: 0.1 },
      },
    },
    schedule: "coslog4",
    train: {
      epochs: 256,
      batch_size: 256,
      folds: 5,
      combine: "average",
      anneal: { dropout: "flat_cos", weight_decay: "flat_cos" },
    },
  };
};

/**
 * As realmlp-1, but that more columns of numbers than 64 are not embedded, which would cost the square of their number.
 * @param sigma deviation of the cosines' first frequencies
 */
const realmlpUpTo64 = (areNumbers: boolean, sigma: number): Mapping => {
  const { model, ...others } = realmlp(areNumbers);
  const [, ...rest] = (model as { readonly layers: readonly unknown[] }).layers;
  return {
    ...others,
    model: { layers: [{ embed_numbers: "periodic", sigma, most_columns: 64 }, ...rest] },
  };
};

/**
 * realmlp-2, another with faster cosines, which sharp boundaries are learnt better by, and a linear model, which few rows are
 * learnt better by: of 200 rows with 25 columns that add up, 1 − R² of realmlp-1 was 0.39 where ridge regression has
 * 0.30. How much each counts follows from rows that it was trained without.
 */
const tables = (areNumbers: boolean): Mapping => {
  const { model, optimizer, schedule, train } = realmlpUpTo64(areNumbers, 0.4);
  const { anneal } = train as Mapping;
  return {
    ...realmlpUpTo64(areNumbers, 0.1),
    blend: [
      { model, optimizer, schedule, train: { anneal } },
      {
        model: { layers: ["linear"] },
        optimizer: { name: "adam", lr: 0.02 },
        schedule: "cosine",
        train: { l2: areNumbers ? 0.1 : 0.02 },
      },
    ],
  };
};

export const recipes = {
  "realmlp-1": realmlp,
  "realmlp-2": (areNumbers) => realmlpUpTo64(areNumbers, 0.1),
  "tables-1": tables,
} satisfies Record<string, Recipe>;

export const recipeNames = Object.keys(recipes) as [keyof typeof recipes];
