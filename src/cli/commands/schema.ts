/** `nnt schema`: the JSON Schema of the spec, for editors and other tools. */
import { jsonSchemaText } from "../../config/jsonSchema.ts";
import type { Action } from "../actions.ts";

export const schema: Action<"schema"> = async ({ out }) => {
  await out.write(jsonSchemaText());
  return 0;
};
