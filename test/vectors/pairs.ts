import { type CodeSpec, codeSpecs } from "./codes.js";
import type { AnyEncoding } from "./kind.js";
import { CODE } from "./layout.js";
import { undefinedFlags } from "./masks.js";
import type { Random } from "./random.js";

/** Family "pairs": instructions that set flags, with what uses them. */
export class Pairs<E extends AnyEncoding & { readonly spec: CodeSpec }> {
  private consumers: readonly CodeSpec[] = [];
  private middles: readonly CodeSpec[] = [];

  constructor(
    private readonly bits: 32 | 64,
    /** Names of Codes that use flags, and of those that may come between. */
    private readonly consumer: RegExp,
    private readonly middle: RegExp,
    private readonly encode: (spec: CodeSpec, random: Random, memory: boolean) => E,
  ) {}

  /** An instruction, now and then another one, and one that uses flags which these left defined. */
  begunBy(first: E, random: Random): E {
    if (this.consumers.length === 0) {
      const specs = codeSpecs(this.bits).filter((s) => !/^J[emr]?cxz|^Jmp/.test(s.name));
      this.consumers = specs.filter((s) => this.consumer.test(s.name));
      this.middles = specs.filter((s) => this.middle.test(s.name));
    }
    for (;;) {
      const parts = [first];
      if (random.chance(30)) parts.push(this.encode(random.pick(this.middles), random, false));
      const last = this.encode(random.pick(this.consumers), random, false);
      // a branch must not lead back into the sequence
      if (last.spec.name.startsWith("J") && last.bytes[last.bytes.length - 1]! >= 0x80) continue;
      parts.push(last);
      const bytes = Uint8Array.from(parts.flatMap((p) => [...p.bytes]));
      if (bytes.length <= 16 && undefinedFlags(bytes, this.bits) >= 0) return { ...first, pc: CODE + 0x400 + random.below(0x400), bytes, count: parts.length };
    }
  }
}
