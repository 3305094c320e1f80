/** Files of nnt's own package: the kernels, pages' parts, samples. Knows nothing of what they hold. */

/** @param path from the package's folder; that is two folders up from src/support, and from dist/bundle */
export function ownFile(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}
