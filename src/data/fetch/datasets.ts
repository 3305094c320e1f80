/** Public data sets that can be fetched, one row each: their files, what those hold, and where they are. */

export interface PublicFile {
  readonly name: string;
  /** Of the content, decompressed: a mirror may have packed it anew. */
  readonly md5: string;
}

export interface PublicDataset {
  readonly about: string;
  readonly files: readonly PublicFile[];
  /** Folders on the web, asked in this order. */
  readonly mirrors: readonly string[];
  /** No file is larger: more is not what was asked for. */
  readonly mostBytes: number;
  /** A spec of this repository that trains on it. */
  readonly spec: string;
}

export const datasets = {
  mnist: {
    about: "70,000 handwritten digits, 28×28 (Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0), 11 MB",
    files: [
      { name: "train-images-idx3-ubyte.gz", md5: "6bbc9ace898e44ae57da46a324031adb" },
      { name: "train-labels-idx1-ubyte.gz", md5: "a25bea736e30d166cdddb491f175f624" },
      { name: "t10k-images-idx3-ubyte.gz", md5: "2646ac647ad5339dbf082846283269ea" },
      { name: "t10k-labels-idx1-ubyte.gz", md5: "27ae3e4e09519cfbb04c329615203637" },
    ],
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    mostBytes: 50_000_000,
    spec: "configs/mnist.yaml",
  },
} as const satisfies Record<string, PublicDataset>;

export type DatasetName = keyof typeof datasets;
