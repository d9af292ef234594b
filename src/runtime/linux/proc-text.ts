import { Cap, capable } from "./capabilities.js";
import type { ProcText } from "./contract.js";
import { E, fail } from "./errno.js";
import type { MemoryMap } from "./mm.js";
import { sizes, smapsRollupText, smapsText } from "./proc-maps.js";
import type { GuestProcess } from "./process.js";
import { PendingSignals, SIG_DFL, SIG_IGN } from "./signal.js";
import type { GuestThread } from "./thread.js";

/** Texts of /proc/PID and /proc/PID/task/TID, as proc(5) has them. */

const PAGE = 4096;
const TICK = 1e7;

function statmText(map: MemoryMap | null): string {
  const n = map ? sizes(map) : { total: 0, code: 0, data: 0, stack: 0 };
  const pages = (b: number): number => b / PAGE;
  return `${pages(n.total)} ${pages(n.code + n.data)} ${pages(n.code)} ${pages(n.code)} 0 ${pages(n.data + n.stack)} 0\n`;
}

/** A thread by itself, as task/TID shows it; null: the process as a whole. */
const ofThread = (p: GuestProcess, t: GuestThread | null): GuestThread | null => (t === p.leader ? null : t);

const stateOf = (p: GuestProcess, t: GuestThread | null): GuestProcess["state"] => (t && p.state === "running" ? (t.blocked ? "sleeping" : "running") : p.state);

const STATES = { running: "R", sleeping: "S", stopped: "T", zombie: "Z" } as const;
const STATE_NAMES = { running: "R (running)", sleeping: "S (sleeping)", stopped: "T (stopped)", zombie: "Z (zombie)" } as const;

function statText(p: GuestProcess, t: GuestThread | null): string {
  const { map } = p.space, one = ofThread(p, t);
  const alive = p.ending === null;
  const ticks = (ns: number): number => Math.floor(ns / TICK);
  const size = alive ? sizes(map).total : 0;
  const fields: (number | string)[] = [
    one?.tid ?? p.pid, `(${one?.comm ?? p.comm})`, STATES[stateOf(p, one)], p.ppid, p.pgid, p.sid, 0, -1, 0x400000, 0, 0, 0, 0, ticks((one ?? p).userTime), ticks((one ?? p).systemTime),
    ticks(p.childUserTime), ticks(p.childSystemTime), 20 + p.nice, p.nice, p.threads.size, 0, ticks(p.startTime), size, size / PAGE, 4294967295,
    alive ? map.startCode : 0, alive ? map.endCode : 0, alive ? map.startStack : 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, p.exitSignal, 0, 0, 0, 0, 0, 0,
    0, 0, alive ? map.startBrk : 0, alive ? map.argStart : 0, alive ? map.argEnd : 0, alive ? map.envStart : 0, alive ? map.envEnd : 0, 0,
  ];
  return `${fields.join(" ")}\n`;
}

const mask = (s: { lo: number; hi: number }): string => (s.hi >>> 0).toString(16).padStart(8, "0") + (s.lo >>> 0).toString(16).padStart(8, "0");

function statusText(p: GuestProcess, t: GuestThread | null): string {
  const { cred } = p;
  const n = p.ending ? { total: 0, code: 0, data: 0, stack: 0 } : sizes(p.space.map);
  const kb = (b: number): string => `${String(b / 1024).padStart(8)} kB`;
  const ignored = { lo: 0, hi: 0 }, caught = { lo: 0, hi: 0 };
  for (let i = 1; i <= 64; i++) {
    const { handler } = p.actions.get(i);
    const set = handler === SIG_IGN ? ignored : handler === SIG_DFL ? null : caught;
    if (set) i <= 32 ? (set.lo |= 1 << (i - 1)) : (set.hi |= 1 << (i - 33));
  }
  const one = ofThread(p, t);
  const empty = new PendingSignals();
  const memory = p.ending ? [] : [
    `VmPeak:\t${kb(p.space.map.peak)}`, `VmSize:\t${kb(n.total)}`, "VmLck:\t       0 kB", "VmPin:\t       0 kB", `VmHWM:\t${kb(n.code + n.data)}`, `VmRSS:\t${kb(n.code + n.data)}`,
    `RssAnon:\t${kb(n.data)}`, `RssFile:\t${kb(n.code)}`, "RssShmem:\t       0 kB",
    `VmData:\t${kb(n.data)}`, `VmStk:\t${kb(n.stack)}`, `VmExe:\t${kb(n.code)}`, "VmLib:\t       0 kB", "VmPTE:\t       0 kB", "VmSwap:\t       0 kB",
    "HugetlbPages:\t       0 kB", "CoreDumping:\t0", "THP_enabled:\t0",
  ];
  return [
    `Name:\t${one?.comm ?? p.comm}`, `Umask:\t${p.fs.umask.toString(8).padStart(4, "0")}`, `State:\t${STATE_NAMES[stateOf(p, one)]}`, `Tgid:\t${p.pid}`, "Ngid:\t0", `Pid:\t${one?.tid ?? p.pid}`,
    `PPid:\t${p.ppid}`, "TracerPid:\t0", `Uid:\t${cred.uid}\t${cred.euid}\t${cred.suid}\t${cred.fsuid}`,
    `Gid:\t${cred.gid}\t${cred.egid}\t${cred.sgid}\t${cred.fsgid}`, "FDSize:\t64", `Groups:\t${cred.groups.join(" ")} `,
    `NStgid:\t${p.pid}`, `NSpid:\t${one?.tid ?? p.pid}`, `NSpgid:\t${p.pgid}`, `NSsid:\t${p.sid}`, ...memory, `Threads:\t${p.threads.size}`, `SigQ:\t0/${p.rlimits.get(11).soft}`,
    `SigPnd:\t${mask(((t ?? p.leader)?.pending ?? empty).set)}`, `ShdPnd:\t${mask(p.pending.set)}`, `SigBlk:\t${mask((t ?? p.leader)?.sigmask ?? empty.set)}`, `SigIgn:\t${mask(ignored)}`,
    `SigCgt:\t${mask(caught)}`, `CapInh:\t${mask(cred.caps.inheritable)}`, `CapPrm:\t${mask(cred.caps.permitted)}`, `CapEff:\t${mask(cred.caps.effective)}`, `CapBnd:\t${mask(cred.caps.bounding)}`, `CapAmb:\t${mask(cred.caps.ambient)}`,
    `NoNewPrivs:\t${p.noNewPrivs}`, "Seccomp:\t0", "Seccomp_filters:\t0", "Cpus_allowed:\t1", "Cpus_allowed_list:\t0",
    "Mems_allowed:\t1", "Mems_allowed_list:\t0", `voluntary_ctxt_switches:\t${(t ?? p.leader)?.waits ?? 0}`, `nonvoluntary_ctxt_switches:\t${(t ?? p.leader)?.preemptions ?? 0}`, "",
  ].join("\n");
}

const LIMITS = [
  ["cpu time", "seconds"], ["file size", "bytes"], ["data size", "bytes"], ["stack size", "bytes"], ["core file size", "bytes"], ["resident set", "bytes"], ["processes", "processes"],
  ["open files", "files"], ["locked memory", "bytes"], ["address space", "bytes"], ["file locks", "locks"], ["pending signals", "signals"], ["msgqueue size", "bytes"],
  ["nice priority", ""], ["realtime priority", ""], ["realtime timeout", "us"],
] as const;

function limitsText(p: GuestProcess): string {
  const row = (name: string, soft: string, hard: string, unit: string): string => `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${unit ? unit.padEnd(10) : ""}\n`;
  const show = (n: number): string => (n === Infinity ? "unlimited" : String(n));
  return row("Limit", "Soft Limit", "Hard Limit", "Units") + LIMITS.map(([name, unit], i) => row(`Max ${name}`, show(p.rlimit(i).soft), show(p.rlimit(i).hard), unit)).join("");
}

/** A number as a write brings it; EINVAL. */
function numberIn(text: string, low: number, high: number): number {
  const t = text.trim();
  const n = /^[+-]?(0x[0-9a-f]+|\d+)$/i.test(t) ? Number(t.replace(/^[+-]/, "")) * (t.startsWith("-") ? -1 : 1) : NaN;
  return n >= low && n <= high ? n : fail(E.INVAL);
}

/** Lowering what makes the kernel spare a process takes privilege. */
function adjust(p: GuestProcess, value: number, by: GuestThread): void {
  if (value < p.oomAdjustment && !capable(by.cred, Cap.SYS_RESOURCE)) fail(E.ACCES);
  p.oomAdjustment = value;
}

/** The old scale: -17 (never) to 15. */
const toOld = (n: number): number => (n === 1000 ? 15 : Math.trunc((n * 17) / 1000));
const fromOld = (n: number): number => (n === 15 ? 1000 : Math.trunc((n * 1000) / 17));

function score(p: GuestProcess): number {
  const used = p.ending ? 0 : p.space.map.total;
  return Math.max(0, Math.floor(((1000 + p.oomAdjustment + Math.floor((used * 1000) / p.kernel.memoryTotal)) * 2) / 3));
}

function ioText({ io }: GuestProcess): string {
  return `rchar: ${io.read}\nwchar: ${io.written}\nsyscr: ${io.reads}\nsyscw: ${io.writes}\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n`;
}

const ofMemory = (p: GuestProcess, read: (map: MemoryMap) => string): string => (p.ending ? "" : read(p.space.map));
const stretch = (p: GuestProcess, from: "argStart" | "envStart", to: "argEnd" | "envEnd"): Uint8Array => {
  const { map } = p.space;
  return p.ending ? new Uint8Array(0) : map.memory.bytes.slice(map[from], map[to]);
};
const hex8 = (n: number): string => `${(n >>> 0).toString(16).padStart(8, "0")}\n`;

interface Text extends ProcText {
  read(p: GuestProcess, t: GuestThread | null): string | Uint8Array;
  write?(p: GuestProcess, t: GuestThread | null, text: string, by: GuestThread): void;
}

const TEXTS: Readonly<Record<string, Text>> = {
  cmdline: { mode: 0o444, read: (p) => stretch(p, "argStart", "argEnd") },
  environ: { mode: 0o400, read: (p) => stretch(p, "envStart", "envEnd") },
  auxv: { mode: 0o400, read: (p) => p.auxv() },
  maps: { mode: 0o444, read: (p) => p.mapsText() },
  smaps: { mode: 0o444, read: (p) => ofMemory(p, smapsText) },
  smaps_rollup: { mode: 0o444, read: (p) => ofMemory(p, smapsRollupText) },
  stat: { mode: 0o444, read: statText },
  statm: { mode: 0o444, read: (p) => statmText(p.ending ? null : p.space.map) },
  status: { mode: 0o444, read: statusText },
  comm: {
    mode: 0o644,
    read: (p, t) => `${t?.comm ?? p.comm}\n`,
    // As much as there is room for, an end of line with it.
    write: (p, t, text, by) => {
      if (!t || by.process !== p) return fail(E.INVAL);
      t.comm = text.replace(/\0.*/s, "").slice(0, 15);
      if (t.tid === p.pid) p.comm = t.comm;
    },
  },
  limits: { mode: 0o444, read: limitsText },
  io: { mode: 0o400, read: ioText },
  oom_score: { mode: 0o444, read: (p) => `${score(p)}\n` },
  oom_score_adj: { mode: 0o644, read: (p) => `${p.oomAdjustment}\n`, write: (p, _t, text, by) => adjust(p, numberIn(text, -1000, 1000), by) },
  oom_adj: { mode: 0o644, read: (p) => `${toOld(p.oomAdjustment)}\n`, write: (p, _t, text, by) => adjust(p, fromOld(numberIn(text, -17, 15)), by) },
  coredump_filter: { mode: 0o644, read: (p) => hex8(p.dumpFilter), write: (p, _t, text) => void (p.dumpFilter = numberIn(text, 0, 0xffffffff) & 0x1ff) },
  timerslack_ns: {
    mode: 0o666,
    read: (_p, t) => `${t?.timerSlack ?? 0}\n`,
    write: (_p, t, text) => {
      if (t) t.timerSlack = numberIn(text, 0, Number.MAX_SAFE_INTEGER) || 50000;
    },
  },
  personality: { mode: 0o400, read: (p) => hex8(p.personality) },
  schedstat: { mode: 0o444, read: (p, t) => `${Math.floor((t ?? p).userTime + (t ?? p).systemTime)} 0 ${(t?.waits ?? 0) + (t?.preemptions ?? 0)}\n` },
  wchan: { mode: 0o444, read: () => "0" },
  cgroup: { mode: 0o444, read: () => "0::/\n" },
  cpuset: { mode: 0o444, read: () => "/\n" },
  loginuid: { mode: 0o644, read: () => "4294967295" },
  sessionid: { mode: 0o444, read: () => "4294967295" },
  uid_map: { mode: 0o644, read: () => "         0          0 4294967295\n" },
  gid_map: { mode: 0o644, read: () => "         0          0 4294967295\n" },
  setgroups: { mode: 0o644, read: () => "allow\n" },
};

/** By name, in the order of directories. */
export const PROC_TEXTS: ReadonlyMap<string, ProcText> = new Map(Object.entries(TEXTS));
