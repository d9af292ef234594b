import type { CodeSource } from "../../frontend/block.js";
import { disassemble } from "../../frontend/disassemble.js";
import type { Block } from "../../ir/inst.js";
import { OP } from "../../ir/ops.js";
import { compileEmitted, emitRegion } from "../../jit/compile.js";
import type { MemoryStrategy } from "../../jit/emit-memory.js";
import type { Region } from "../../jit/region.js";
import type { CodeImage, CodeMap } from "./images.js";
import type { Inspection } from "./inspection.js";
import { placeName } from "./symbols.js";
import { Doing } from "./whereabouts.js";

/** A block of guest code, as profiles name it. */
export interface ProfiledBlock {
  readonly pc: number;
  readonly mode: number;
  readonly role: number;
  /** "sieve+0x10", or the PC. */
  readonly name: string;
  /** "sieve", or "0x8049000" of code without symbols. */
  readonly fn: string;
  /** File that it is from. */
  readonly image: string;
}

/** An instruction that a sample is of. */
export interface ProfiledInsn {
  readonly block: ProfiledBlock;
  readonly tier: 0 | 1;
  /** Unsigned. */
  readonly pc: number;
  /** Assembly; empty for tier 0, which is not told apart so finely, and if its bytes could not be read. */
  readonly text: string;
}

/** Bytes and instructions of a block, kept because its code may be gone when the run is over. */
interface KeptBlock {
  readonly pc: number;
  readonly bytes: Uint8Array;
  readonly insns: readonly number[];
}

/** What a number in the samples stands for: blocks that run in turns, or one. */
interface Piece {
  readonly tier: 0 | 1;
  readonly mode: number;
  readonly role: number;
  readonly image: CodeImage | null;
  readonly blocks: readonly KeptBlock[];
}

/** Multiples of it, without their whole parts, are evenly spread between 0 and 1 however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Has a run write down where it is, for a sampler that looks at it from another thread (startSampler of lift86/node), and names what the samples say.
 * `now`: what is written to; in memory that the sampler shares.
 */
export class GuestProfiler {
  private readonly pieces: Piece[] = [];
  /** Of single instructions that compiled code leaves to tier 0, which lifts them again each time. */
  private readonly singles = new Map<string, number>();
  private readonly named = new Map<KeptBlock, ProfiledBlock>();
  private readonly insns = new Map<KeptBlock, ProfiledInsn[]>();
  /** Samples of each piece that were asked for. */
  private readonly asked = new Map<number, number>();
  /** Where names come from: known once there is a system. */
  code: CodeMap | null = null;
  /** To be the system's or machine's. */
  readonly inspection: Inspection;

  constructor(now: Int32Array) {
    this.inspection = {
      compile: (region, source, role, strategy) => this.compile(region, source, role, strategy),
      where: {
        now,
        name: (block, source, mode, role) => void (block.number = this.block(keep(block, source), source, mode, role)),
      },
    };
  }

  private compile(region: Region, source: CodeSource, role: number, strategy?: MemoryStrategy): ReturnType<typeof compileEmitted> {
    // The passes change the blocks.
    const kept = new Map(region.nodes.map((n) => [n, keep(n.block, source)])), { mode } = region;
    const pages = new Map<number, CodeImage | null>();
    const imageAt = (pc: number): CodeImage | null => {
      let image = pages.get(pc >>> 12);
      if (image === undefined) pages.set(pc >>> 12, (image = this.code?.imageAt(source, pc) ?? null));
      return image;
    };
    return compileEmitted(emitRegion(region, {
      pieces: {
        number: (nodes) => this.number({ tier: 1, mode, role, image: imageAt(nodes[0]!.pc), blocks: nodes.map((n) => kept.get(n)!) }),
        together: (a, b) => imageAt(a)?.symbols.at(a)?.symbol === imageAt(b)?.symbols.at(b)?.symbol,
      },
    }, strategy));
  }

  private block(kept: KeptBlock, source: CodeSource, mode: number, role: number): number {
    // The image is asked for now: when the run is over its mapping may be gone.
    const image = this.code?.imageAt(source, kept.pc) ?? null, piece: Piece = { tier: 0, mode, role, image, blocks: [kept] };
    if (kept.insns.length > 1) return this.number(piece);
    const key = `${kept.pc} ${mode} ${role} ${image?.name} ${kept.bytes.join()}`;
    let number = this.singles.get(key);
    if (number === undefined) this.singles.set(key, (number = this.number(piece)));
    return number;
  }

  private number(piece: Piece): number {
    return Doing.code + this.pieces.push(piece) - 1;
  }

  /** What one more sample of a piece is of: each instruction in it has its turn. */
  insn(number: number): ProfiledInsn {
    const piece = this.pieces[number - Doing.code]!, asked = this.asked.get(number) ?? 0;
    this.asked.set(number, asked + 1);
    const count = piece.blocks.reduce((n, b) => n + b.insns.length, 0);
    let index = Math.floor((((asked + 0.5) * GOLDEN) % 1) * count);
    for (const b of piece.blocks) {
      if (index < b.insns.length) return this.insnOf(piece, b, index);
      index -= b.insns.length;
    }
    // a block that faults at once has none
    return this.insnOf(piece, piece.blocks[0]!, 0);
  }

  private insnOf(piece: Piece, kept: KeptBlock, index: number): ProfiledInsn {
    let known = this.insns.get(kept);
    if (!known) this.insns.set(kept, (known = []));
    const pc = (kept.insns[index] ?? kept.pc) >>> 0, { tier, mode } = piece;
    return (known[index] ??= {
      block: this.name(piece, kept), tier, pc,
      // of tier 0, no single instructions are shown
      text: tier === 0 ? "" : (disassemble(kept.bytes.subarray((pc - kept.pc) >>> 0), pc | 0, mode, "intel", 1)[0]?.text ?? ""),
    });
  }

  private name({ mode, role, image }: Piece, kept: KeptBlock): ProfiledBlock {
    let block = this.named.get(kept);
    if (!block) {
      const place = image?.symbols.at(kept.pc) ?? null, address = `0x${kept.pc.toString(16)}`;
      block = { pc: kept.pc, mode, role, name: place ? placeName(place) : address, fn: place ? place.symbol.name : address, image: image?.name ?? "" };
      this.named.set(kept, block);
    }
    return block;
  }
}

function keep(block: Block, source: CodeSource): KeptBlock {
  const bytes = new Uint8Array((block.end - block.pc) >>> 0);
  return { pc: block.pc >>> 0, bytes: bytes.subarray(0, source.fetch(block.pc, bytes, bytes.length)), insns: block.insts.filter((i) => i.op === OP.insn).map((i) => i.imm) };
}
