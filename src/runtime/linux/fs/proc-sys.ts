import type { Kernel } from "../contract.js";
import type { Inode } from "./inode.js";
import { SyntheticDirectory, SyntheticFile, type SyntheticFs } from "./synthetic.js";

/** /proc/sys: what sysctl(8) shows. */

interface Tree {
  readonly [name: string]: Tree | (() => string);
}

const FIRST_INO = 100;

/** A version 4 UUID. */
function uuid(k: Kernel): string {
  const b = new Uint8Array(16);
  k.random(b);
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function sysDirectory(k: Kernel, fs: SyntheticFs): () => Inode {
  let boot = "";
  const always = (text: string | number) => (): string => `${text}\n`;
  const tree: Tree = {
    fs: {
      "file-max": always(65536), "nr_open": always(65536), "pipe-max-size": always(1048576), "pipe-user-pages-hard": always(0), "pipe-user-pages-soft": always(16384),
      "protected_fifos": always(0), "protected_hardlinks": always(0), "protected_regular": always(0), "protected_symlinks": always(0), "suid_dumpable": always(0),
      mqueue: { msg_default: always(10), msg_max: always(10), msgsize_default: always(8192), msgsize_max: always(8192), queues_max: always(256) },
    },
    kernel: {
      cap_last_cap: always(40), core_pattern: always("core"), core_uses_pid: always(0), domainname: () => `${k.uts.domainname}\n`, hostname: () => `${k.uts.nodename}\n`,
      "msgmax": always(8192), msgmnb: always(16384), msgmni: always(32000), ngroups_max: always(65536), osrelease: () => `${k.uts.release}\n`, ostype: () => `${k.uts.sysname}\n`,
      overflowgid: always(65534), overflowuid: always(65534), pid_max: always(32768), pty: { max: always(256), nr: () => "0\n", reserve: always(0) },
      random: {
        boot_id: () => `${(boot ||= uuid(k))}\n`, entropy_avail: always(256), poolsize: always(256), urandom_min_reseed_secs: always(60), uuid: () => `${uuid(k)}\n`,
        write_wakeup_threshold: always(256),
      },
      randomize_va_space: always(0), sched_rr_timeslice_ms: always(100), sem: always("32000\t1024000000\t500\t32000"), shmall: always(4294967295), shmmax: always(4294967295),
      shmmni: always(4096), tainted: always(0), "threads-max": always(512), version: () => `${k.uts.version}\n`, yama: { ptrace_scope: always(0) },
    },
    net: {
      core: { somaxconn: always(4096), rmem_default: always(212992), rmem_max: always(212992), wmem_default: always(212992), wmem_max: always(212992) },
      ipv4: { ip_forward: always(0), ip_local_port_range: always("32768\t60999"), ip_unprivileged_port_start: always(1024), tcp_max_syn_backlog: always(4096) },
      unix: { max_dgram_qlen: always(10) },
    },
    vm: {
      max_map_count: always(65530), mmap_min_addr: always(65536), nr_hugepages: always(0), overcommit_memory: always(0), overcommit_ratio: always(50), swappiness: always(60),
    },
  };
  let next = FIRST_INO;
  const make = (t: Tree): Inode => {
    const children = new Map<string, Inode>(), ino = next++;
    for (const [name, what] of Object.entries(t)) children.set(name, typeof what === "function" ? new SyntheticFile(fs, next++, what) : make(what));
    return new SyntheticDirectory(fs, ino, (name) => children.get(name) ?? null, () => [...children.keys()]);
  };
  const root = make(tree);
  return () => root;
}
