/** `npm run schema`: writes the JSON Schemas of specs, for editors and for what is stored in models. */
import { writeFileSync } from "node:fs";
import { jsonSchemaText, storedSchema } from "../../src/config/jsonSchema.ts";

const at = (path: string) => new URL(`../../${path}`, import.meta.url);

writeFileSync(at("nnt.schema.json"), jsonSchemaText());
writeFileSync(at("src/config/storedSpec.json"), `${JSON.stringify(storedSchema())}\n`);
