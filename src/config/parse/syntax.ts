/** The YAML library's complaints → sentences for the person who wrote the line. */

interface Told {
  message: string;
  expected: string;
}

type Explanation = readonly [complaint: RegExp, message: string, expected: string];

const explanations: readonly Explanation[] = [
  [/Nested mappings are not allowed/, "a second colon in one line", 'quotes around a text with ": " in it'],
  [
    /Implicit keys need to be on a single/,
    "a line without a colon",
    "`name: value`, with a space after the colon",
  ],
  [
    /need to be followed by map values/,
    "a name without a colon",
    "`name: value`, with a space after the colon",
  ],
  [/must start at the same column/, "indented otherwise than its neighbours", "the same column"],
  [/Flow sequence .* end with a \]/, "the list before this is never closed", "]"],
  [/Flow map .*end with a \}/, "the mapping before this is never closed", "}"],
  [/Missing closing (["'])quote/, "a quote is never closed", "the closing quote"],
  [
    /cannot start with (?:reserved|.* indicator) character/,
    "a text that starts with a special character",
    "quotes around it",
  ],
  [/Tabs are not allowed|tab/i, "a tab in the indentation", "spaces"],
  [/Missing , /, "a comma is missing", "a comma between two entries"],
  [/Block collections are not allowed within flow/, "a comma is missing", "a comma between two entries"],
];

/** A minus by itself. */
const hyphen = {
  message: "a hyphen begins an entry of a list here",
  expected: 'quotes around a text that is one: "-"',
};

/** What a complaint of the library about `source` means. */
export function explainSyntax(complaint: string, source: string, isJson: boolean): Told {
  if (source.trim() === "-" && /within flow/.test(complaint)) return hyphen;
  if (isJson && /^Implicit keys need/.test(complaint)) return explainSyntax("Missing , ", source, isJson);
  for (const [pattern, message, expected] of explanations) {
    if (pattern.test(complaint)) return { message, expected };
  }
  if (source.trim() === "-") return hyphen;
  const [, unexpected] = /^Unexpected (\S+)/.exec(complaint) ?? [];
  if (unexpected && source.trim()) {
    return {
      message: `${JSON.stringify(source.slice(0, 20))} does not belong here`,
      expected: "valid YAML",
    };
  }
  return { message: complaint.charAt(0).toLowerCase() + complaint.slice(1), expected: "valid YAML" };
}
