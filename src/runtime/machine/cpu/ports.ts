import { FL_IOPL, FL_VM, SysType, systemType } from "./bits.js";
import { gp, type Processor } from "./processor.js";

/** #GP(0) unless the program may use these ports: by IOPL, or by the task state's map (Intel SDM vol. 1, 18.5). */
export function checkPorts(p: Processor, port: number, size: number): void {
  if (p.realMode) return;
  const { eflags } = p;
  if (!(eflags & FL_VM) && p.cpl <= (eflags & FL_IOPL) >> 12) return;
  const { tr, implicit } = p;
  const limit = tr.limit >>> 0;
  if (systemType(tr.attr) !== SysType.tss32Busy || limit < 0x67) gp();
  const at = implicit.load16((tr.base + 0x66) | 0) + (port >> 3);
  // Two bytes are always read.
  if (at + 1 > limit) gp();
  const bits = implicit.load16((tr.base + at) | 0) >> (port & 7);
  if (bits & ((1 << size) - 1)) gp();
}
