import { PAGE_SIZE } from "../../mmu/perm.js";
import type { MemoryMap } from "./mm.js";
import { Prot, type Vma } from "./vma.js";

/** /proc/PID/maps and smaps, and how much memory mappings take. */

/** Lines of /proc/<pid>/maps. */
export function mapsText(map: MemoryMap): string {
  return map.vmas.list.map(line).join("");
}

function line(v: Vma): string {
  const hex = (n: number): string => n.toString(16).padStart(8, "0");
  const perms = (v.prot & Prot.READ ? "r" : "-") + (v.prot & Prot.WRITE ? "w" : "-") + (v.prot & Prot.EXEC ? "x" : "-") + (v.shared ? "s" : "p");
  const dev = v.file?.dev ?? 0;
  const id = `${(dev >> 8).toString(16).padStart(2, "0")}:${(dev & 0xff).toString(16).padStart(2, "0")} ${v.file?.ino ?? 0}`;
  const head = `${hex(v.start)}-${hex(v.end)} ${perms} ${hex(v.file ? v.offset : 0)} ${id}`;
  const name = v.file ? v.file.path : v.name || (v.shared ? "/dev/zero (deleted)" : "");
  return name ? `${head.padEnd(72)} ${name}\n` : `${head} \n`;
}

export interface Sizes {
  total: number;
  code: number;
  data: number;
  stack: number;
}

/** Bytes of mappings by what they are. */
export function sizes(map: MemoryMap): Sizes {
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

/** Kilobytes of a mapping that are there, as smaps has them. */
interface Resident {
  readonly size: number;
  readonly anonymous: number;
  readonly shared: number;
  readonly file: number;
}

/** What shows a file is all there; anonymous pages are once something else than zeros was written. */
function resident(map: MemoryMap, v: Vma): Resident {
  const size = (v.end - v.start) / 1024;
  if (v.prot === Prot.NONE) return { size, anonymous: 0, shared: 0, file: 0 };
  if (v.shared) return { size, anonymous: 0, shared: size, file: 0 };
  if (v.file && !(v.prot & Prot.WRITE)) return { size, anonymous: 0, shared: 0, file: size };
  let pages = 0;
  for (let at = v.start; at < v.end; at += PAGE_SIZE) if (!map.memory.isZero(at / PAGE_SIZE)) pages++;
  return { size, anonymous: (pages * PAGE_SIZE) / 1024, shared: 0, file: 0 };
}

const kb = (name: string, n: number): string => `${`${name}:`.padEnd(16)}${String(n).padStart(8)} kB\n`;

/** The lines that smaps and smaps_rollup have in common; nothing is known of sharing, so all of a private mapping is the process' own. */
function amounts(r: Resident, rollup: boolean): string {
  const rss = r.anonymous + r.shared + r.file;
  return [
    kb("Rss", rss), kb("Pss", rss), kb("Pss_Dirty", r.anonymous + r.shared),
    ...(rollup ? [kb("Pss_Anon", r.anonymous), kb("Pss_File", r.file), kb("Pss_Shmem", r.shared)] : []),
    kb("Shared_Clean", 0), kb("Shared_Dirty", r.shared), kb("Private_Clean", r.file), kb("Private_Dirty", r.anonymous), kb("Referenced", rss), kb("Anonymous", r.anonymous),
    ...["LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss", "Locked"].map((name) => kb(name, 0)),
  ].join("");
}

function flags(v: Vma): string {
  const names: (readonly [string, boolean])[] = [
    ["rd", (v.prot & Prot.READ) !== 0], ["wr", (v.prot & Prot.WRITE) !== 0], ["ex", (v.prot & Prot.EXEC) !== 0], ["sh", v.shared !== null], ["mr", true], ["mw", v.mayWrite],
    ["me", true], ["ms", v.shared !== null], ["gd", v.name === "[stack]"], ["dc", v.onFork === "leave"], ["ac", v.shared === null && (v.prot & Prot.WRITE) !== 0], ["wf", v.onFork === "wipe"],
  ];
  return `VmFlags: ${names.map(([name, on]) => (on ? `${name} ` : "")).join("")}\n`;
}

export function smapsText(map: MemoryMap): string {
  return map.vmas.list.map((v) => {
    const r = resident(map, v);
    return `${line(v)}${kb("Size", r.size)}${kb("KernelPageSize", 4)}${kb("MMUPageSize", 4)}${amounts(r, false)}${"THPeligible:".padEnd(23)}0\n${flags(v)}`;
  }).join("");
}

export function smapsRollupText(map: MemoryMap): string {
  const { list } = map.vmas;
  if (list.length === 0) return "";
  const all = { size: 0, anonymous: 0, shared: 0, file: 0 };
  for (const v of list) {
    const r = resident(map, v);
    for (const k of ["size", "anonymous", "shared", "file"] as const) all[k] += r[k];
  }
  const hex = (n: number): string => n.toString(16).padStart(8, "0");
  return `${`${hex(list[0]!.start)}-${hex(list.at(-1)!.end)} ---p 00000000 00:00 0`.padEnd(72)} [rollup]\n${amounts(all, true)}`;
}
