import type { Kernel, Process } from "../contract.js";
import { E, fail } from "../errno.js";
import type { Inode } from "./inode.js";
import { processDirectories } from "./proc-process.js";
import { sysDirectory } from "./proc-sys.js";
import { SyntheticDirectory, SyntheticFile, syntheticFs, SyntheticLink } from "./synthetic.js";
import type { Vfs } from "./vfs.js";

/** /proc, as far as programs ask for it (proc(5)): what is of no process. */

const PROC = 0x9fa0;

export function makeProc(kernel: Kernel, vfs: () => Vfs): Inode {
  const fs = syntheticFs(5, PROC, kernel.realtime());

  const self = (): Process => kernel.current ?? fail(E.NOENT);
  const directories = processDirectories(kernel, fs, vfs);
  const file = (n: number, make: () => string): Inode => new SyntheticFile(fs, n, make);
  const top: Readonly<Record<string, () => Inode>> = {
    self: () => new SyntheticLink(fs, 2, () => String(self().pid)),
    "thread-self": () => new SyntheticLink(fs, 3, () => `${self().pid}/task/${kernel.currentThread?.tid ?? self().pid}`),
    net: () => new SyntheticLink(fs, 17, () => "self/net"),
    mounts: () => new SyntheticLink(fs, 4, () => "self/mounts"),
    uptime: () => file(5, () => `${(kernel.clock.monotonic() / 1e9).toFixed(2)} 0.00\n`),
    loadavg: () => file(6, () => `0.00 0.00 0.00 1/${[...kernel.processes()].length} 1\n`),
    meminfo: () => file(7, () => meminfoText(kernel)),
    cpuinfo: () => file(8, () => CPUINFO),
    version: () => file(9, () => `${kernel.uts.sysname} version ${kernel.uts.release} ${kernel.uts.version}\n`),
    filesystems: () => file(10, () => "nodev\tproc\nnodev\ttmpfs\n\text4\n"),
    stat: () => file(11, () => statText(kernel)),
    cmdline: () => file(12, () => "lift86\n"),
    vmstat: () => file(13, () => VMSTAT),
    diskstats: () => file(14, () => ""),
    partitions: () => file(15, () => "major minor  #blocks  name\n\n"),
    swaps: () => file(16, () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
    sys: sysDirectory(kernel, fs),
  };

  return new SyntheticDirectory(fs, 1, (name) => {
    if (Object.hasOwn(top, name)) return top[name]!();
    const p = /^\d{1,7}$/.test(name) ? kernel.process(+name) : undefined;
    return p ? directories(p) : null;
  }, () => [...Object.keys(top), ...[...kernel.processes()].map((p) => String(p.pid))]);
}

/** Nothing is paged. */
const VMSTAT = "nr_free_pages 0\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\n";

const CPUINFO = [
  "processor\t: 0", "vendor_id\t: GenuineIntel", "cpu family\t: 6", "model\t\t: 26", "model name\t: lift86", "stepping\t: 5", "cpu MHz\t\t: 1000.000",
  "cache size\t: 8192 KB", "fpu\t\t: yes", "fpu_exception\t: yes", "cpuid level\t: 7", "wp\t\t: yes",
  "flags\t\t: fpu tsc cx8 cmov mmx fxsr sse sse2 pni ssse3 sse4_1 sse4_2 popcnt", "bogomips\t: 2000.00", "", "",
].join("\n");

function meminfoText(k: Kernel): string {
  const kb = (n: number): string => `${String(Math.floor(n / 1024)).padStart(8)} kB`;
  const free = k.memoryTotal - k.memoryUsed();
  return [
    `MemTotal:       ${kb(k.memoryTotal)}`, `MemFree:        ${kb(free)}`, `MemAvailable:   ${kb(free)}`, `Buffers:        ${kb(0)}`, `Cached:         ${kb(0)}`,
    `SwapTotal:      ${kb(0)}`, `SwapFree:       ${kb(0)}`, "",
  ].join("\n");
}

function statText(k: Kernel): string {
  const ticks = Math.floor(k.clock.monotonic() / 1e7);
  return `cpu  ${ticks} 0 0 0 0 0 0 0 0 0\ncpu0 ${ticks} 0 0 0 0 0 0 0 0 0\nctxt 0\nbtime ${k.clock.boot.sec}\nprocesses ${[...k.processes()].length}\n`;
}
