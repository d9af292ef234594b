import { readEflags, writeEflags } from "../eflags.js";
import type { LibEnv } from "../env.js";
import { GuestFault, Vector } from "../memory.js";
import { EXIT_ARG, FAR_NEXT, FAR_OFF, FAR_SEL, GPR, PC, Reg, Seg, SEG_SEL } from "../state.js";

/** What Exit.far asks for; EXIT_ARG is kind | operand size << 8. */
export const enum Far { jump, call, ret, iret, sysexit }

const NT = 0x4000;
/** Flags that IRET changes at privilege level 3 with IOPL 0: all but IF, IOPL, VM, VIF, VIP (and RF, which matters to the next instruction's breakpoints only). */
const IRET_USER = 0x244dd5;

/**
 * A far transfer within privilege level 3 on a flat stack (Intel SDM vol. 2: JMP, CALL, RET, IRET to the same privilege level), for user
 * mode. The host's loadSegment says which code segments exist. Throws GuestFault with nothing changed; else PC is the target.
 */
export function userFarTransfer(env: LibEnv): void {
  const { S, memory } = env;
  const kind: Far = S[EXIT_ARG >> 2]! & 0xff;
  const size = S[EXIT_ARG >> 2]! >> 8;
  const esp = S[(GPR >> 2) + Reg.ESP * 2]!;
  const pop = (k: number): number => (size === 2 ? memory.load16((esp + k * 2) | 0) : memory.load32((esp + k * 4) | 0));
  let selector = S[FAR_SEL >> 2]!, offset = S[FAR_OFF >> 2]!;
  let next = esp;
  let flags = 0;
  if (kind === Far.iret) {
    // a task return needs a task to return to
    if (readEflags(S) & NT) throw new GuestFault(Vector.TS);
    offset = pop(0);
    selector = pop(1) & 0xffff;
    flags = pop(2);
    next = (esp + 3 * size) | 0;
  } else if (kind === Far.ret) {
    next = (esp + 2 * size + offset) | 0;
    offset = pop(0);
    selector = pop(1) & 0xffff;
  } else if (kind === Far.call) {
    next = (esp - 2 * size) | 0;
    memory.probe((esp - size) | 0, size, true);
    memory.probe(next, size, true);
  }
  const old = S[(SEG_SEL >> 2) + Seg.CS]!;
  env.host.loadSegment(Seg.CS, selector);
  if (kind === Far.call) {
    if (size === 2) {
      memory.store16((esp - 2) | 0, old);
      memory.store16(next, S[FAR_NEXT >> 2]!);
    } else {
      memory.store32((esp - 4) | 0, old);
      memory.store32(next, S[FAR_NEXT >> 2]!);
    }
  } else if (kind === Far.iret) {
    const mask = size === 2 ? IRET_USER & 0xffff : IRET_USER;
    writeEflags(S, (readEflags(S) & ~mask) | (flags & mask));
  }
  S[(GPR >> 2) + Reg.ESP * 2] = next;
  S[PC >> 2] = size === 2 ? offset & 0xffff : offset;
}
