import { SourceMapGenerator } from "source-map/lib/source-map-generator.js";
import type { CodePosition } from "../../jit/positions.js";
import type { Listing } from "./listing.js";

/** A source map, version 3 (ECMA-426), as JSON. */
export interface SourceMapV3 {
  readonly version: 3;
  readonly file: string;
  readonly sources: string[];
  readonly sourcesContent: string[];
  readonly names: string[];
  readonly mappings: string;
}

/** A listing with the name it has in source maps. */
export interface ListingFile {
  readonly name: string;
  readonly listing: Listing;
}

/**
 * The map from a region's JavaScript to listings. `home`: the region's own listing, whose first line stands for the region as a whole; `listingOf`:
 * where an instruction is listed. The code begins at line `firstLine` of what the map is for.
 */
export function sourceMap(file: string, positions: readonly CodePosition[], home: ListingFile, listingOf: (pc: number) => ListingFile, firstLine = 1): SourceMapV3 {
  const g = new SourceMapGenerator({ file });
  const used = new Map<string, ListingFile>();
  for (const p of positions) {
    let source = p.pc === null ? home : listingOf(p.pc);
    let line = p.pc === null ? 1 : source.listing.lines.get(p.pc);
    if (line === undefined) {
      source = home;
      line = 1;
    }
    used.set(source.name, source);
    g.addMapping({ generated: { line: p.line + firstLine - 1, column: p.column }, original: { line, column: 0 }, source: source.name });
  }
  for (const { name, listing } of used.values()) g.setSourceContent(name, listing.text);
  return g.toJSON() as unknown as SourceMapV3;
}

/** A source map as a URL, for a comment below the code. */
export function dataUrl(map: SourceMapV3): string {
  const bytes = new TextEncoder().encode(JSON.stringify(map));
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return `data:application/json;charset=utf-8;base64,${btoa(binary)}`;
}
