import type { Kernel, Process } from "../contract.js";
import { E, fail } from "../errno.js";
import type { FdTable } from "./fd-table.js";
import type { Inode } from "./inode.js";
import { OpenedInode } from "./opened-inode.js";
import { MagicInode, SyntheticDirectory, SyntheticFile, syntheticFs, SyntheticLink } from "./synthetic.js";
import type { Context, Vfs } from "./vfs.js";
import { Place } from "./walk.js";
import type { File } from "./file.js";

/** /proc, as far as programs ask for it (proc(5)). */

const PROC = 0x9fa0;

export function makeProc(kernel: Kernel, vfs: () => Vfs): Inode {
  const fs = syntheticFs(5, PROC, kernel.realtime());
  const owner = (p: Process): { uid: number; gid: number } => ({ uid: p.cred.euid, gid: p.cred.egid });
  const root = (): Place => vfs().mounts.root;

  const fdPlace = (f: File): Place => f.place ?? new Place(root(), f.path, new OpenedInode(f));

  const fdDirectory = (p: Process, ino: number): Inode => {
    const files = (): FdTable => (p.files as FdTable | null) ?? fail(E.SRCH);
    const find = (name: string): Inode | null => {
      if (!/^\d{1,6}$/.test(name) || !files().has(+name)) return null;
      const f = files().get(+name);
      return new MagicInode(fs, ino + 1 + +name, () => f.path, () => fdPlace(f), owner(p));
    };
    return new SyntheticDirectory(fs, ino, find, () => [...files().descriptors()].map(([fd]) => String(fd)), owner(p), 0o500);
  };

  const resolve = (path: string): Place => vfs().mounts.walk(root(), path, ROOT, true).place ?? fail(E.NOENT);

  /** /proc/PID or, without a further `task` in it, /proc/PID/task/TID. */
  const processDirectory = (p: Process, ofThread = false): Inode => {
    const base = p.pid * 0x10000;
    const o = owner(p);
    const text = (n: number, make: () => string | Uint8Array, mode = 0o444): Inode => new SyntheticFile(fs, base + n, make, mode, o);
    const make: Readonly<Record<string, () => Inode>> = {
      cmdline: () => text(1, () => p.cmdline()),
      environ: () => text(2, () => p.environ(), 0o400),
      auxv: () => text(3, () => p.auxv(), 0o400),
      maps: () => text(4, () => p.mapsText()),
      stat: () => text(5, () => p.statText()),
      statm: () => text(6, () => p.statmText()),
      status: () => text(7, () => p.statusText()),
      comm: () => text(8, () => `${p.comm}\n`),
      limits: () => text(9, () => limitsText(p)),
      mounts: () => text(10, () => MOUNTS),
      mountinfo: () => text(11, () => MOUNT_INFO),
      cgroup: () => text(12, () => "0::/\n"),
      oom_score_adj: () => text(13, () => "0\n"),
      loginuid: () => text(14, () => "4294967295\n"),
      exe: () => new MagicInode(fs, base + 20, () => p.exe, () => resolve(p.exe), o),
      cwd: () => new MagicInode(fs, base + 21, () => p.fs.cwd, () => (p.fs as Context).cwdPlace, o),
      root: () => new MagicInode(fs, base + 22, () => "/", root, o),
      fd: () => fdDirectory(p, base + 100),
      task: () => new SyntheticDirectory(fs, base + 23, (name) => ([...p.threads].some((t) => String(t.tid) === name) ? processDirectory(p, true) : null),
        () => [...p.threads].map((t) => String(t.tid)), o),
    };
    const names = Object.keys(make).filter((name) => name !== "task" || !ofThread);
    return new SyntheticDirectory(fs, base, (name) => (names.includes(name) ? make[name]!() : null), () => names, o);
  };

  const self = (): Process => kernel.current ?? fail(E.NOENT);
  const file = (n: number, make: () => string): Inode => new SyntheticFile(fs, n, make);
  const top: Readonly<Record<string, () => Inode>> = {
    self: () => new SyntheticLink(fs, 2, () => String(self().pid)),
    "thread-self": () => new SyntheticLink(fs, 3, () => `${self().pid}/task/${self().pid}`),
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
    sys: () => sysDirectory(kernel),
  };

  const sysDirectory = (k: Kernel): Inode => {
    const tree: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
      kernel: {
        ostype: () => `${k.uts.sysname}\n`, osrelease: () => `${k.uts.release}\n`, version: () => `${k.uts.version}\n`, hostname: () => `${k.uts.nodename}\n`,
        domainname: () => `${k.uts.domainname}\n`, pid_max: () => "32768\n", ngroups_max: () => "65536\n", cap_last_cap: () => "40\n",
      },
      vm: { overcommit_memory: () => "0\n", mmap_min_addr: () => "65536\n", max_map_count: () => "65530\n" },
      fs: { "file-max": () => "65536\n", "pipe-max-size": () => "1048576\n", nr_open: () => "65536\n" },
    };
    return new SyntheticDirectory(fs, 100, (dir) => {
      const files = Object.hasOwn(tree, dir) ? tree[dir]! : null;
      if (!files) return null;
      return new SyntheticDirectory(fs, 101 + Object.keys(tree).indexOf(dir), (name) => {
        return Object.hasOwn(files, name) ? new SyntheticFile(fs, 110 + Object.keys(files).indexOf(name), files[name]!) : null;
      }, () => Object.keys(files));
    }, () => Object.keys(tree));
  };

  return new SyntheticDirectory(fs, 1, (name) => {
    if (Object.hasOwn(top, name)) return top[name]!();
    const p = /^\d{1,7}$/.test(name) ? kernel.process(+name) : undefined;
    return p ? processDirectory(p) : null;
  }, () => [...Object.keys(top), ...[...kernel.processes()].map((p) => String(p.pid))]);
}

const ROOT = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [] };

const MOUNTS = "root / ext4 rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\ndevtmpfs /dev tmpfs rw,nosuid 0 0\n";

/** Number, parent, device, root, place, options - type, source, options. */
const MOUNT_INFO = "1 0 8:1 / / rw,relatime - ext4 root rw\n2 1 0:5 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n3 1 0:6 / /dev rw,nosuid - tmpfs devtmpfs rw\n";

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

const LIMITS = [
  ["Max cpu time", 0, "seconds"], ["Max file size", 1, "bytes"], ["Max data size", 2, "bytes"], ["Max stack size", 3, "bytes"], ["Max core file size", 4, "bytes"],
  ["Max resident set", 5, "bytes"], ["Max processes", 6, "processes"], ["Max open files", 7, "files"], ["Max locked memory", 8, "bytes"],
  ["Max address space", 9, "bytes"],
] as const;

function limitsText(p: Process): string {
  const show = (n: number): string => (n === Infinity ? "unlimited" : String(n)).padEnd(21);
  const lines = LIMITS.map(([name, n, unit]) => `${name.padEnd(26)}${show(p.rlimit(n).soft)}${show(p.rlimit(n).hard)}${unit}\n`);
  return `${"Limit".padEnd(26)}${"Soft Limit".padEnd(21)}${"Hard Limit".padEnd(21)}Units\n${lines.join("")}`;
}
