import { Decoder, DecoderOptions, Formatter, FormatterSyntax, Instruction } from "iced-x86";
import { codeBits } from "./mode.js";

export type Syntax = "intel" | "att";

export interface DisassembledInsn {
  readonly pc: number;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Made once: that takes longer than to disassemble a block. */
const formatters = new Map<Syntax, Formatter>();

function formatterOf(syntax: Syntax): Formatter {
  const old = formatters.get(syntax);
  if (old) return old;
  const formatter = new Formatter(syntax === "att" ? FormatterSyntax.Gas : FormatterSyntax.Nasm);
  formatter.hexPrefix = "0x";
  formatter.hexSuffix = "";
  formatter.spaceAfterOperandSeparator = true;
  formatter.branchLeadingZeros = false;
  formatter.showBranchSize = false;
  formatters.set(syntax, formatter);
  return formatter;
}

/** Disassemble bytes at a guest offset; undecodable ones appear as "(bad)". At most `max` instructions. */
export function disassemble(bytes: Uint8Array, pc: number, mode: number, syntax: Syntax = "intel", max = Infinity): DisassembledInsn[] {
  const decoder = new Decoder(codeBits(mode), bytes, DecoderOptions.None);
  const formatter = formatterOf(syntax);
  const raw = new Instruction();
  const out: DisassembledInsn[] = [];
  try {
    decoder.ip = BigInt(pc >>> 0);
    while (decoder.canDecode && out.length < max) {
      const at = decoder.position;
      decoder.decodeOut(raw);
      const end = decoder.position;
      out.push({ pc: (pc + at) | 0, bytes: bytes.slice(at, end), text: raw.isInvalid ? "(bad)" : formatter.format(raw).toLowerCase() });
    }
  } finally {
    raw.free();
    decoder.free();
  }
  return out;
}
