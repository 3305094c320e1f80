/** `nnt schema`: prints the JSON Schema of the spec, for editors and other tools. */
import { defineCommand } from "../command.ts";
import { debug } from "../options.ts";

export const command = defineCommand({
  options: { debug },
  examples: [
    ["nnt schema > nnt.schema.json", "then, as a spec's first line, for completion in editors:"],
    ["# yaml-language-server: $schema=./nnt.schema.json", ""],
  ],
  async run({ out }) {
    const { jsonSchemaText } = await import("../../config/jsonSchema.ts");
    await out.write(jsonSchemaText());
    return 0;
  },
});
