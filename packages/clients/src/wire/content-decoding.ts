import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * Unpacks a body by its `content-encoding`. One that is not known leaves it as it is: what comes then cannot be read, and says so.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding
 */
export function contentDecoded(body: Readable, encoding: string | null): Readable {
  const names = (encoding ?? "").toLowerCase().split(",");
  return names.reduceRight<Readable>((packed, name) => {
    const known = name.trim();
    const decoder = Object.hasOwn(decoders, known) ? decoders[known]?.() : undefined;
    // Whoever reads the result is told of errors.
    return decoder === undefined ? packed : pipeline(packed, decoder, () => {});
  }, body);
}
