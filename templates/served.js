/** @file What the page of a served model predicts with: its server. */

/** A function from rows to promises of predictions. */
export function askServer({ address, elements, hasProbabilities }) {
  return async (row) => {
    const record = elements ? Object.fromEntries(elements.map((name, index) => [name, row[index]])) : row;
    const response = await fetch(address + (hasProbabilities ? "?proba=true" : ""), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(record),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    const sentences = answer.errors.map(({ message, expected }) =>
      expected ? `${message}; expected ${expected}` : message,
    );
    throw new Error(sentences.join("\n"));
  };
}
