/** Which texts mean that a value is missing; apart from the schema, which takes long to load. */

/** What counts as missing unless the spec says otherwise. */
export const defaultMissingValues = [
  "",
  "NA",
  "N/A",
  "n/a",
  "#N/A",
  "<NA>",
  "NaN",
  "nan",
  "null",
  "NULL",
  "None",
  "?",
  "-",
];
