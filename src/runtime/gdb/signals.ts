/** Signal numbers of Linux and those that GDB uses on the wire (include/gdb/signals.def in GDB). */
const GDB_OF_LINUX: readonly number[] = [
  0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15,
  // STKFLT has no number there; CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS
  143, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 32, 12,
];
const REALTIME_32 = 77, REALTIME_33 = 45, REALTIME_64 = 78;

export function gdbSignal(linux: number): number {
  if (linux === 32) return REALTIME_32;
  if (linux === 64) return REALTIME_64;
  return linux > 32 ? REALTIME_33 + linux - 33 : GDB_OF_LINUX[linux]!;
}

/** 0 for a number that Linux has no signal for. */
export function linuxSignal(gdb: number): number {
  if (gdb === REALTIME_32) return 32;
  if (gdb === REALTIME_64) return 64;
  if (gdb >= REALTIME_33 && gdb < REALTIME_32 - 1) return gdb - REALTIME_33 + 33;
  return Math.max(0, GDB_OF_LINUX.indexOf(gdb));
}
