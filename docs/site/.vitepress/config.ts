/** The documentation as a static site: `npm run docs:site` builds it into `docs/site/.vitepress/dist`. */
import { defineConfig } from "vitepress";

const page = (text: string, link: string) => ({ text, link: `/${link}` });

/** What links to a page of the site, to a place in it, to a picture or elsewhere. */
const isPage = (link: string) => /^(?:https?:|#)|\.(?:md|png|svg)(?:#|$)|\/$/.test(link);

/** Files of source are no pages: their names stay, without the link that works where they lie. */
function namesOfSources({ tokens }: { tokens: readonly Token[] }): void {
  for (const { children } of tokens) {
    let isSource = false;
    for (const token of children ?? []) {
      if (token.type === "link_open") isSource = !isPage(token.attrGet("href") ?? "#");
      if (!isSource || !token.type.startsWith("link_")) continue;
      token.tag = "span";
      token.attrs = null;
    }
  }
}

/** A block that may have to be scrolled is reached by the keyboard. */
function reachBlocks({ tokens }: { tokens: readonly Token[] }): void {
  for (const token of tokens) if (token.type === "code_block") token.attrs = [["tabindex", "0"]];
}

/** As markdown-it has it. */
interface Token {
  readonly type: string;
  readonly children: Token[] | null;
  tag: string;
  attrs: [string, string][] | null;
  attrGet(name: string): string | null;
}

export default defineConfig({
  title: "nnt",
  description: "Trains neural networks from the command line.",
  srcDir: "pages",
  rewrites: {
    "README.md": "index.md",
    "docs/README.md": "docs/index.md",
    "configs/README.md": "configs/index.md",
    "data/README.md": "data/index.md",
  },
  // Text between angle brackets is what it says, not an element.
  markdown: {
    html: false,
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    config(md) {
      md.core.ruler.push("sources", namesOfSources);
      md.core.ruler.push("keyboard", reachBlocks);
    },
  },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      page("Guide", "docs/guide/1-line"),
      page("Spec", "docs/reference/spec"),
      page("Commands", "docs/reference/commands"),
    ],
    sidebar: [
      {
        text: "Start",
        items: [page("nnt", ""), page("Documentation", "docs/"), page("Changes", "CHANGELOG")],
      },
      {
        text: "Guide",
        items: [
          page("The line", "docs/guide/1-line"),
          page("Classes", "docs/guide/2-classes"),
          page("Hidden layers", "docs/guide/3-hidden-layers"),
          page("Digits", "docs/guide/4-digits"),
          page("What ReLU′(0) is", "docs/guide/relu-at-zero"),
        ],
      },
      {
        text: "Reference",
        items: [
          page("Spec", "docs/reference/spec"),
          page("Commands", "docs/reference/commands"),
          page("Files of a run", "docs/reference/files"),
          page("Exit codes", "docs/reference/exit-codes"),
          page("Exports", "docs/export"),
        ],
      },
      {
        text: "More",
        items: [
          page("Spec and data", "docs/spec-and-data"),
          page("A table as it comes", "docs/penguins"),
          page("Tables", "docs/tables"),
          page("Serving", "docs/serving"),
          page("From programs", "docs/api"),
          page("Several machines", "docs/clusters"),
          page("Graphics cards", "docs/cards"),
          page("In CI", "docs/ci"),
          page("Speed", "docs/speed"),
          page("Beside others", "docs/comparison"),
          page("Architecture", "ARCHITECTURE"),
          page("Security", "SECURITY"),
          page("Contributing", "CONTRIBUTING"),
        ],
      },
    ],
  },
});
