import type { CodeSource } from "../../frontend/block.js";
import { disassemble } from "../../frontend/disassemble.js";
import { PARAMETERS } from "../../jit/names.js";
import type { Region } from "../../jit/region.js";
import { fileName } from "./capture.js";
import type { CodeImage, CodeMap } from "./images.js";
import { makeListing } from "./listing.js";
import type { ListingFile } from "./source-map.js";
import { placeName } from "./symbols.js";

/** Where all listings seem to lie, for debuggers and profilers. */
const SCHEME = "lift86://";
/** Functions larger than this get a listing for each region. */
const LONGEST = 1 << 16;

/** What a region is called. */
export interface RegionNames {
  /** "sieve+0x10", or the PC. */
  readonly name: string;
  /** As the name of a JavaScript function. */
  readonly identifier: string;
  /** "lift86://libwork.so/sieve+0x10.js" */
  readonly url: string;
  readonly image: CodeImage | null;
}

/** Names of code and the listings that show it: a listing a function where symbols tell functions apart, otherwise one a region. */
export class CodeNames {
  private readonly listings = new Map<string, ListingFile>();

  constructor(private readonly code: CodeMap | null) {}

  of(region: Region, source: CodeSource): RegionNames {
    const image = this.code?.imageAt(source, region.pc) ?? null;
    const place = image?.symbols.at(region.pc) ?? null;
    const name = place ? placeName(place) : `0x${(region.pc >>> 0).toString(16)}`;
    const identifier = place
      ? `${place.symbol.name.replace(/[^A-Za-z0-9_$]/g, "_").replace(/^(?=\d)/, "_").slice(0, 80)}${place.offset ? `$${place.offset.toString(16)}` : ""}`
      : `r_${(region.pc >>> 0).toString(16)}`;
    return { name, identifier: RESERVED.has(identifier) || /^l_|\$$/.test(identifier) ? `${identifier}_` : identifier, url: `${SCHEME}${imageName(image)}/${fileName(name)}.js`, image };
  }

  /** The listing of a region's own, and where each of its instructions is listed. */
  listingsOf(region: Region, source: CodeSource, names: RegionNames, mode: number): { home: ListingFile; at: (pc: number) => ListingFile } {
    const { image } = names;
    const own = this.regionListing(region, source, names);
    const at = (pc: number): ListingFile => {
      const symbol = image?.symbols.at(pc)?.symbol;
      if (!symbol || symbol.size === 0 || symbol.size > LONGEST) return own;
      const unit = this.functionListing(image!, symbol.name, symbol.address, symbol.size, source, mode);
      return unit.listing.lines.has(pc) ? unit : own;
    };
    return { home: at(region.pc >>> 0), at };
  }

  private regionListing(region: Region, source: CodeSource, { name, image }: RegionNames): ListingFile {
    const insns = region.nodes.flatMap((n) => {
      const size = (n.block.end - n.block.pc) >>> 0;
      const bytes = new Uint8Array(size);
      return disassemble(bytes.subarray(0, source.fetch(n.pc, bytes, size)), n.pc, region.mode);
    });
    return { name: `${SCHEME}${imageName(image)}/${fileName(name)}.asm`, listing: makeListing(name, insns, () => null) };
  }

  private functionListing(image: CodeImage, name: string, start: number, size: number, source: CodeSource, mode: number): ListingFile {
    const key = `${image.name} ${name} ${start} ${mode}`;
    const old = this.listings.get(key);
    if (old) return old;
    const bytes = new Uint8Array(size);
    const insns = disassemble(bytes.subarray(0, source.fetch(start | 0, bytes, size)), start | 0, mode);
    const file = { name: `${SCHEME}${imageName(image)}/${fileName(name)}.asm`, listing: makeListing(`${name}, ${image.name}`, insns, (pc) => (pc === start ? name : null)) };
    this.listings.set(key, file);
    return file;
  }
}

function imageName(image: CodeImage | null): string {
  return fileName(image?.name.replace(/^.*\//, "") || "guest");
}

/** Words that JavaScript does not take as names, and the names that generated code has already (libraries' begin with l_, other copies of constants end with $). */
const RESERVED: ReadonlySet<string> = new Set(("break case catch class const continue debugger default delete do else enum export extends false finally for function if " +
  "implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with " +
  "yield await async eval arguments undefined NaN Infinity H B P rds wrs RL WL n pc k b fk fa fr").split(" ").concat(PARAMETERS));
