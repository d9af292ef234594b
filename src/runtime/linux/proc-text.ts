import type { MemoryMap } from "./mm.js";
import type { GuestProcess } from "./process.js";
import { PendingSignals, SIG_DFL, SIG_IGN } from "./signal.js";
import { Prot } from "./vma.js";

/** Texts of /proc/<pid>, as proc(5) has them. */

const PAGE = 4096;
const TICK = 1e7;

/** Lines of /proc/<pid>/maps. */
export function mapsText(map: MemoryMap): string {
  let text = "";
  for (const v of map.vmas.list) {
    const hex = (n: number): string => n.toString(16).padStart(8, "0");
    const perms = (v.prot & Prot.READ ? "r" : "-") + (v.prot & Prot.WRITE ? "w" : "-") + (v.prot & Prot.EXEC ? "x" : "-") + (v.shared ? "s" : "p");
    const dev = v.file?.dev ?? 0;
    const id = `${(dev >> 8).toString(16).padStart(2, "0")}:${(dev & 0xff).toString(16).padStart(2, "0")} ${v.file?.ino ?? 0}`;
    const head = `${hex(v.start)}-${hex(v.end)} ${perms} ${hex(v.file ? v.offset : 0)} ${id}`;
    const name = v.file ? v.file.path : v.name || (v.shared ? "/dev/zero (deleted)" : "");
    text += name ? `${head.padEnd(72)} ${name}\n` : `${head} \n`;
  }
  return text;
}

/** Bytes of mappings by what they are. */
function sizes(map: MemoryMap): { total: number; code: number; data: number; stack: number } {
  const n = { total: 0, code: 0, data: 0, stack: 0 };
  for (const v of map.vmas.list) {
    const bytes = v.end - v.start;
    n.total += bytes;
    if (v.name === "[stack]") n.stack += bytes;
    else if (v.prot & Prot.EXEC) n.code += bytes;
    else if (v.prot & Prot.WRITE) n.data += bytes;
  }
  return n;
}

export function statmText(map: MemoryMap | null): string {
  const n = map ? sizes(map) : { total: 0, code: 0, data: 0, stack: 0 };
  const pages = (b: number): number => b / PAGE;
  return `${pages(n.total)} ${pages(n.code + n.data)} ${pages(n.code)} ${pages(n.code)} 0 ${pages(n.data + n.stack)} 0\n`;
}

const STATES = { running: "R", sleeping: "S", stopped: "T", zombie: "Z" } as const;
const STATE_NAMES = { running: "R (running)", sleeping: "S (sleeping)", stopped: "T (stopped)", zombie: "Z (zombie)" } as const;

export function statText(p: GuestProcess): string {
  const { map } = p.space;
  const alive = p.ending === null;
  const ticks = (ns: number): number => Math.floor(ns / TICK);
  const size = alive ? sizes(map).total : 0;
  const fields: (number | string)[] = [
    p.pid, `(${p.comm})`, STATES[p.state], p.ppid, p.pgid, p.sid, 0, -1, 0x400000, 0, 0, 0, 0, ticks(p.userTime), ticks(p.systemTime),
    ticks(p.childUserTime), ticks(p.childSystemTime), 20 + p.nice, p.nice, p.threads.size, 0, ticks(p.startTime), size, size / PAGE, 4294967295,
    alive ? map.startCode : 0, alive ? map.endCode : 0, alive ? map.startStack : 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, p.exitSignal, 0, 0, 0, 0, 0, 0,
    0, 0, alive ? map.startBrk : 0, alive ? map.argStart : 0, alive ? map.argEnd : 0, alive ? map.envStart : 0, alive ? map.envEnd : 0, 0,
  ];
  return `${fields.join(" ")}\n`;
}

const mask = (s: { lo: number; hi: number }): string => (s.hi >>> 0).toString(16).padStart(8, "0") + (s.lo >>> 0).toString(16).padStart(8, "0");

export function statusText(p: GuestProcess): string {
  const { cred } = p;
  const n = p.ending ? { total: 0, code: 0, data: 0, stack: 0 } : sizes(p.space.map);
  const kb = (b: number): string => `${String(b / 1024).padStart(8)} kB`;
  const ignored = { lo: 0, hi: 0 }, caught = { lo: 0, hi: 0 };
  for (let i = 1; i <= 64; i++) {
    const { handler } = p.actions.get(i);
    const set = handler === SIG_IGN ? ignored : handler === SIG_DFL ? null : caught;
    if (set) i <= 32 ? (set.lo |= 1 << (i - 1)) : (set.hi |= 1 << (i - 33));
  }
  const t = p.leader;
  const empty = new PendingSignals();
  const memory = p.ending ? [] : [
    `VmPeak:\t${kb(p.space.map.peak)}`, `VmSize:\t${kb(n.total)}`, "VmLck:\t       0 kB", `VmHWM:\t${kb(n.code + n.data)}`, `VmRSS:\t${kb(n.code + n.data)}`,
    `VmData:\t${kb(n.data)}`, `VmStk:\t${kb(n.stack)}`, `VmExe:\t${kb(n.code)}`,
  ];
  return [
    `Name:\t${p.comm}`, `Umask:\t${p.fs.umask.toString(8).padStart(4, "0")}`, `State:\t${STATE_NAMES[p.state]}`, `Tgid:\t${p.pid}`, "Ngid:\t0", `Pid:\t${p.pid}`,
    `PPid:\t${p.ppid}`, "TracerPid:\t0", `Uid:\t${cred.uid}\t${cred.euid}\t${cred.suid}\t${cred.fsuid}`,
    `Gid:\t${cred.gid}\t${cred.egid}\t${cred.sgid}\t${cred.fsgid}`, "FDSize:\t64", `Groups:\t${cred.groups.join(" ")} `,
    ...memory, `Threads:\t${p.threads.size}`, `SigQ:\t0/${p.rlimits.get(11).soft}`,
    `SigPnd:\t${mask((t?.pending ?? empty).set)}`, `ShdPnd:\t${mask(p.pending.set)}`, `SigBlk:\t${mask(t?.sigmask ?? empty.set)}`, `SigIgn:\t${mask(ignored)}`,
    `SigCgt:\t${mask(caught)}`, `NoNewPrivs:\t${p.noNewPrivs}`, "Cpus_allowed:\t1", "Cpus_allowed_list:\t0", "",
  ].join("\n");
}
