// ../../../tmp/board/s3.ts
import { readFileSync, writeSync } from "node:fs";

// src/mmu/role.ts
var CR0_WP = 1 << 16;
var CR0_PG = 1 << 31;
var CR4_PSE = 1 << 4;
var CR4_PAE = 1 << 5;
var CR4_PGE = 1 << 7;
var CR4_LA57 = 1 << 12;
var CR4_PCIDE = 1 << 17;
var CR4_SMEP = 1 << 20;
var CR4_SMAP = 1 << 21;
var CR4_PKE = 1 << 22;
var EFER_LME = 1 << 8;
var EFER_LMA = 1 << 10;
var EFER_NX = 1 << 11;
function roleOf(r) {
  if (!(r.cr0 & CR0_PG)) return 1 /* DIRECT */;
  const wp = (r.cr0 & CR0_WP) !== 0;
  const lma = (r.efer & EFER_LMA) !== 0;
  const level = lma ? r.cr4 & CR4_LA57 ? 5 : 4 : r.cr4 & CR4_PAE ? 3 : 2;
  let role = level << 1 /* LEVEL_SHIFT */;
  if (r.efer & EFER_NX) role |= 16 /* EFER_NX */;
  if (wp) role |= 32 /* CR0_WP */;
  if (r.cr4 & CR4_PSE) role |= 64 /* CR4_PSE */;
  if (r.cr4 & CR4_PAE) role |= 128 /* CR4_PAE */;
  if (r.cr4 & CR4_SMEP) role |= wp ? 256 /* CR4_SMEP */ : 256 /* CR4_SMEP */ | 1024 /* SMEP_ANDNOT_WP */;
  if (r.cr4 & CR4_SMAP) role |= wp ? 512 /* CR4_SMAP */ : 512 /* CR4_SMAP */ | 2048 /* SMAP_ANDNOT_WP */;
  if (lma) {
    role |= 4096 /* EFER_LMA */;
    if (r.cr4 & CR4_PKE) role |= 8192 /* CR4_PKE */;
    if (r.cr4 & CR4_LA57) role |= 16384 /* CR4_LA57 */;
  }
  return role;
}
function roleLevel(role) {
  return (role & 14 /* LEVEL_MASK */) >> 1 /* LEVEL_SHIFT */;
}
var BIT_NAMES = [
  [16 /* EFER_NX */, "nx"],
  [32 /* CR0_WP */, "wp"],
  [64 /* CR4_PSE */, "pse"],
  [128 /* CR4_PAE */, "pae"],
  [256 /* CR4_SMEP */, "smep"],
  [512 /* CR4_SMAP */, "smap"],
  [1024 /* SMEP_ANDNOT_WP */, "smep&!wp"],
  [2048 /* SMAP_ANDNOT_WP */, "smap&!wp"],
  [4096 /* EFER_LMA */, "lma"],
  [8192 /* CR4_PKE */, "pke"],
  [16384 /* CR4_LA57 */, "la57"],
  [32768 /* SMM */, "smm"],
  [65536 /* GUEST_MODE */, "guest"]
];
function roleName(role) {
  const words = [role & 1 /* DIRECT */ ? "direct" : `level=${roleLevel(role)}`];
  for (const [bit, name] of BIT_NAMES) if (role & bit) words.push(name);
  return words.join(" ");
}

// src/mmu/control.ts
var CR4_ROLE_BITS = CR4_PSE | CR4_PAE | CR4_LA57 | CR4_SMEP | CR4_SMAP | CR4_PKE;
function requestsReset(c) {
  if (c.register === "INIT") return (c.old.cr0 & CR0_PG) !== 0;
  return ((c.old.cr0 ^ c.new.cr0) & (CR0_PG | CR0_WP)) !== 0 || ((c.old.cr4 ^ c.new.cr4) & CR4_ROLE_BITS) !== 0 || ((c.old.efer ^ c.new.efer) & (EFER_LMA | EFER_NX)) !== 0;
}
function requestsResetOnRawChange(c) {
  return ((c.old.cr0 ^ c.new.cr0) & (CR0_PG | CR0_WP)) !== 0 || ((c.old.cr4 ^ c.new.cr4) & (CR4_ROLE_BITS | CR4_PGE)) !== 0 || ((c.old.efer ^ c.new.efer) & (EFER_LMA | EFER_NX)) !== 0;
}
function flushOf(c) {
  if (c.register === "INIT") return 2 /* all */;
  const cr4 = c.old.cr4 ^ c.new.cr4;
  if ((c.old.cr0 ^ c.new.cr0) & CR0_PG || cr4 & CR4_PGE || (c.old.efer ^ c.new.efer) & EFER_NX) return 2 /* all */;
  if (c.old.cr4 & ~c.new.cr4 & CR4_PCIDE) return 2 /* all */;
  if (cr4 & (CR4_PAE | CR4_PSE) || c.new.cr4 & ~c.old.cr4 & CR4_SMEP) return 1 /* current */;
  return 0 /* none */;
}
function loadsPdptes(c) {
  const pae = (c.new.cr0 & CR0_PG) !== 0 && (c.new.cr4 & CR4_PAE) !== 0 && !(c.new.efer & EFER_LMA);
  if (!pae || c.register === "INIT" || c.register === "EFER") return false;
  return c.register === "CR3" || ((c.old.cr0 ^ c.new.cr0) & (CR0_PG | CR0_CD | CR0_NW)) !== 0 || ((c.old.cr4 ^ c.new.cr4) & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)) !== 0;
}
var CR0_NW = 1 << 29;
var CR0_CD = 1 << 30;

// src/mmu/policies/fixed.ts
var fixed = {
  name: "fixed",
  role: roleOf,
  requests: requestsReset,
  action: (oldRole, newRole) => oldRole === newRole ? "avoided" : "rekeyed"
};

// src/mmu/policies/flush.ts
var flush = {
  name: "flush",
  role: roleOf,
  requests: requestsReset,
  action: () => "dropped"
};

// src/mmu/policies/leaky-role.ts
function leakyRole(r) {
  let role = r.cr0 & CR0_PG ? roleOf(r) : 1 /* DIRECT */;
  const wp = (r.cr0 & CR0_WP) !== 0;
  if (r.efer & EFER_NX) role |= 16 /* EFER_NX */;
  if (wp) role |= 32 /* CR0_WP */;
  if (r.cr4 & CR4_PSE) role |= 64 /* CR4_PSE */;
  if (r.cr4 & CR4_PAE) role |= 128 /* CR4_PAE */;
  if (r.cr4 & CR4_SMEP) role |= wp ? 256 /* CR4_SMEP */ : 256 /* CR4_SMEP */ | 1024 /* SMEP_ANDNOT_WP */;
  if (r.cr4 & CR4_SMAP) role |= wp ? 512 /* CR4_SMAP */ : 512 /* CR4_SMAP */ | 2048 /* SMAP_ANDNOT_WP */;
  if (r.cr4 & CR4_PKE) role |= 8192 /* CR4_PKE */;
  if (r.cr4 & CR4_LA57) role |= 16384 /* CR4_LA57 */;
  return role;
}

// src/mmu/policies/skip.ts
var skip = {
  name: "skip",
  role: leakyRole,
  requests: requestsResetOnRawChange,
  action: (oldRole, newRole, c) => !((c.old.cr0 | c.new.cr0) & CR0_PG) ? "skipped" : oldRole === newRole ? "avoided" : "rekeyed"
};

// src/mmu/policies/stale.ts
var stale = {
  name: "stale",
  role: leakyRole,
  requests: requestsResetOnRawChange,
  action: () => "reset"
};

// src/mmu/policies/index.ts
var POLICIES = { fixed, stale, flush, skip };

// src/ir/state.ts
var GPR = 0;
var PC = 128;
var FLAG_KIND = 136;
var FLAG_A = 144;
var FLAG_R = 152;
var EFL = 160;
var LEFT = 164;
var EXIT = 168;
var EXIT_ARG = 172;
var SEG_SEL = 176;
var SEG_BASE = 200;
var SEG_LIMIT = 248;
var SEG_ATTR = 272;
var MXCSR = 296;
var FCW = 300;
var FSW = 304;
var FTOP = 308;
var FTW = 312;
var FOP = 316;
var FIP = 320;
var FCS = 328;
var FDS = 332;
var FDP = 336;
var FAR_SEL = 344;
var FAR_OFF = 348;
var FAR_NEXT = 352;
var EXIT_PC = 356;
var FIP_KNOWN = 360;
var ST = 384;
var XMM = 576;
var DIRTY = 1088;
var SHADOW = 1092;
var SHADOW_STI = 1;
var SHADOW_SS = 2;
var SEG_READ = 1096;
var SEG_WRITE = 1120;
var CPL = 1144;
var HOME_READ = 1148;
var HOME_WRITE = 1156;
var STATE_SIZE = 2048;
var GPR_NAMES = [
  "eax",
  "ecx",
  "edx",
  "ebx",
  "esp",
  "ebp",
  "esi",
  "edi",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15"
];
var SEG_NAMES = ["es", "cs", "ss", "ds", "fs", "gs"];
var NAMES = /* @__PURE__ */ new Map();
GPR_NAMES.forEach((n, i) => {
  NAMES.set(GPR + i * 8, n);
  NAMES.set(GPR + i * 8 + 4, `${n}.hi`);
});
SEG_NAMES.forEach((n, i) => {
  NAMES.set(SEG_SEL + i * 4, n);
  NAMES.set(SEG_BASE + i * 8, `${n}.base`);
  NAMES.set(SEG_LIMIT + i * 4, `${n}.limit`);
  NAMES.set(SEG_ATTR + i * 4, `${n}.attr`);
});
for (let i = 0; i < 16; i++) for (let k = 0; k < 8; k++) NAMES.set(XMM + i * 32 + k * 4, k ? `xmm${i}.${k}` : `xmm${i}`);
for (let i = 0; i < 8; i++) NAMES.set(ST + i * 16, `fpr${i}`);
for (const [n, o] of Object.entries({
  pc: PC,
  fk: FLAG_KIND,
  fa: FLAG_A,
  fr: FLAG_R,
  efl: EFL,
  mxcsr: MXCSR,
  fcw: FCW,
  fsw: FSW,
  ftop: FTOP,
  ftw: FTW,
  fop: FOP,
  fip: FIP,
  fcs: FCS,
  fds: FDS,
  fdp: FDP
})) NAMES.set(o, n);
var OFFSETS = new Map([...NAMES].map(([o, n]) => [n, o]));
var CpuState = class {
  buffer = new ArrayBuffer(STATE_SIZE);
  S = new Int32Array(this.buffer);
  F = new Float64Array(this.buffer);
  G = new Float32Array(this.buffer);
  bytes = new Uint8Array(this.buffer);
  constructor() {
    this.S[EFL >> 2] = 2;
    this.S[MXCSR >> 2] = 8064;
    this.S[FCW >> 2] = 895;
  }
};

// src/ir/memory.ts
var GuestFault = class {
  constructor(vector2, errorCode = 0, address2 = 0) {
    this.vector = vector2;
    this.errorCode = errorCode;
    this.address = address2;
  }
  vector;
  errorCode;
  address;
};

// src/runtime/breakpoints.ts
function samePoints(a, b) {
  if (!a || !b) return a === b;
  return a.code.size === b.code.size && [...a.code].every((x) => b.code.has(x)) && sameWatches(a.data, b.data);
}
function sameWatches(a, b) {
  return a.length === b.length && a.every((w) => b.some((x) => x.address === w.address && x.size === w.size && x.kind === w.kind));
}
var WATCHED = new GuestFault(-2);
var PAGE = 4096;
var WatchedMemory = class {
  constructor(inner, watches, S) {
    this.inner = inner;
    this.watches = watches;
    this.S = S;
    this.bytes = inner.bytes;
    for (const w of watches) {
      for (let p = w.address >>> 12; ; p = p + 1 & 1048575) {
        this.pages.add(p);
        if (p === (w.address + w.size - 1 | 0) >>> 12) break;
      }
    }
  }
  inner;
  watches;
  S;
  /** False while compiled code runs. */
  precise = true;
  hit = null;
  pages = /* @__PURE__ */ new Set();
  bytes;
  /** Whether [addr, addr + size) touches a page with something watched in it. */
  watchesPage(addr, size) {
    return this.pages.has(addr >>> 12) || this.pages.has((addr + size - 1 | 0) >>> 12);
  }
  note(addr, size, write) {
    for (const w of this.watches) {
      if (w.kind === (write ? "read" : "write")) continue;
      if (addr - w.address >>> 0 >= w.size && w.address - addr >>> 0 >= size) continue;
      if (!this.precise) throw WATCHED;
      if (!this.hit || write && this.hit.watch.kind === "read") this.hit = { watch: w, address: addr };
      this.S[DIRTY >> 2] = 1;
    }
  }
  look(addr, size, write) {
    if (this.watchesPage(addr, size)) this.note(addr, size, write);
  }
  load8(addr) {
    const v = this.inner.load8(addr);
    this.look(addr, 1, false);
    return v;
  }
  load16(addr) {
    const v = this.inner.load16(addr);
    this.look(addr, 2, false);
    return v;
  }
  load32(addr) {
    const v = this.inner.load32(addr);
    this.look(addr, 4, false);
    return v;
  }
  store8(addr, value2) {
    this.probe(addr, 1, true);
    this.look(addr, 1, true);
    this.inner.store8(addr, value2);
  }
  store16(addr, value2) {
    this.probe(addr, 2, true);
    this.look(addr, 2, true);
    this.inner.store16(addr, value2);
  }
  store32(addr, value2) {
    this.probe(addr, 4, true);
    this.look(addr, 4, true);
    this.inner.store32(addr, value2);
  }
  probe(addr, size, write) {
    this.inner.probe(addr, size, write);
  }
  /** Bulk operations stay off watched pages, so that they come through the accessors there. */
  flatRun(addr, max, write) {
    const n = this.inner.flatRun(addr, max, write);
    for (let done = 0; done < n; done += PAGE - (addr + done >>> 0) % PAGE) {
      if (this.pages.has((addr + done | 0) >>> 12)) return done;
    }
    return n;
  }
  flatOffset(addr) {
    return this.inner.flatOffset(addr);
  }
};

// src/mmu/user-memory.ts
var PAGE_SIZE = 4096;
var PAGE_SHIFT = 12;

// src/mmu/physical.ts
var PAGES = 1 << 20;
var A20_PAGE = 1 << 8;
var A20 = 1 << 20;
var PhysicalMemory = class {
  /** `ram`: bytes of RAM from address 0 on; `rom`: bytes kept for addRom. Multiples of 4096, together up to 2^32. */
  constructor(ram, rom = 0) {
    this.ram = ram;
    this.rom = rom;
    if (!(ram > 0 && rom >= 0 && ram % PAGE_SIZE === 0 && rom % PAGE_SIZE === 0 && ram + rom <= 2 ** 32)) {
      throw new RangeError(`physical memory of ${ram} bytes and ${rom} of ROM: not multiples of 4096 up to 2^32 together`);
    }
    this.buffer = new ArrayBuffer(ram + rom);
    this.bytes = new Uint8Array(this.buffer);
    this.D = new DataView(this.buffer);
    this.mapRam(0, ram);
  }
  ram;
  rom;
  buffer;
  bytes;
  D;
  /** Permission byte of each physical page. */
  perms = new Uint8Array(PAGES);
  /** Page of the buffer for each physical page with READ. */
  frames = new Int32Array(PAGES);
  codeLines = new Int32Array(2 * PAGES);
  windows = [];
  romUsed = 0;
  a20On = true;
  /** Caches of translations; all are told. */
  observers = /* @__PURE__ */ new Set();
  /** Called when what is at some physical address changed (A20, a region added): whoever keeps translations of addresses drops them. */
  remapped = /* @__PURE__ */ new Set();
  // Regions. Starts and lengths are multiples of 4096 within the first 4 GiB; later regions hide earlier ones.
  /** RAM again where something else was put. */
  mapRam(start, length) {
    const [first, end] = this.span(start, length);
    if (start + length > this.ram) throw new RangeError("RAM beyond the memory's size");
    this.dropCode(first, end);
    for (let p = first; p < end; p++) this.frames[p] = p;
    this.perms.fill(32 /* MAPPED */ | 1 /* READ */ | 8 /* WRITE */ | 2 /* FAST */ | 4 /* EXEC */, first, end);
    this.cut(start, length);
    this.changed();
  }
  /** Read-only memory with this content (copied, zero-filled to whole pages). Its bytes come out of the `rom` of the constructor. */
  addRom(start, content) {
    const length = Math.ceil(content.length / PAGE_SIZE) * PAGE_SIZE;
    if (this.romUsed + length > this.rom) throw new RangeError(`${length} bytes of ROM, ${this.rom - this.romUsed} left`);
    const at2 = this.ram + this.romUsed;
    this.romUsed += length;
    this.bytes.set(content, at2);
    this.mapFrames(start, length, at2);
  }
  /** The same ROM once more, at another address (a BIOS is at the end of the first MiB and of the fourth GiB). */
  aliasRom(start, length, of) {
    const page = of / PAGE_SIZE;
    if ((this.perms[page] & (1 /* READ */ | 8 /* WRITE */)) !== 1 /* READ */) throw new RangeError("no ROM to alias");
    this.mapFrames(start, length, this.frames[page] * PAGE_SIZE);
  }
  mapFrames(start, length, at2) {
    const [first, end] = this.span(start, length);
    this.dropCode(first, end);
    for (let p = first; p < end; p++) this.frames[p] = at2 / PAGE_SIZE + (p - first);
    this.perms.fill(32 /* MAPPED */ | 1 /* READ */ | 4 /* EXEC */, first, end);
    this.cut(start, length);
    this.changed();
  }
  addMmio(start, length, device) {
    this.addHole(start, length);
    this.perms.fill(32 /* MAPPED */, start / PAGE_SIZE, (start + length) / PAGE_SIZE);
    this.windows.push({ start, end: start + length, device });
    this.changed();
  }
  addHole(start, length) {
    const [first, end] = this.span(start, length);
    this.dropCode(first, end);
    this.perms.fill(0, first, end);
    this.cut(start, length);
    this.changed();
  }
  span(start, length) {
    if (!(start >= 0 && length > 0 && start % PAGE_SIZE === 0 && length % PAGE_SIZE === 0 && start + length <= 2 ** 32)) {
      throw new RangeError(`physical region ${start.toString(16)}h, ${length.toString(16)}h bytes: not whole pages below 2^32`);
    }
    return [start / PAGE_SIZE, (start + length) / PAGE_SIZE];
  }
  /** Take a range out of the device windows; what is left of a window keeps its offsets. */
  cut(start, length) {
    const end = start + length;
    for (let i = this.windows.length - 1; i >= 0; i--) {
      const w = this.windows[i];
      if (w.end <= start || w.start >= end) continue;
      this.windows.splice(i, 1);
      if (w.start < start) this.windows.push({ start: w.start, end: start, device: w.device });
      if (w.end > end) this.windows.push({ start: end, end: w.end, device: shifted(w.device, end - w.start) });
    }
  }
  changed() {
    for (const f of this.remapped) f();
  }
  /** The A20 gate: while off, address bit 20 reads as 0 on the bus. */
  get a20() {
    return this.a20On;
  }
  set a20(on) {
    if (on === this.a20On) return;
    this.a20On = on;
    this.changed();
  }
  /** The page that is accessed when the processor puts this page (below 2^20) on the bus. */
  busPage(page) {
    return this.a20On ? page : page & ~A20_PAGE;
  }
  // Translations; addresses are physical (on the bus).
  /** [addr, end), within one page, was translated: stores to it leave the fast path. ROM never changes and needs no mark. */
  markCode(addr, end) {
    const page = addr >>> PAGE_SHIFT;
    if (!(this.perms[page] & 8 /* WRITE */)) return;
    this.perms[page] = (this.perms[page] | 16 /* CODE */) & ~2 /* FAST */;
    for (let line = (addr & 4095) >> 6, last = (end - 1 & 4095) >> 6; line <= last; line++) this.codeLines[page * 2 + (line >> 5)] |= 1 << line;
  }
  /** Whether a line of [addr, addr + size), within one page, holds translated code. */
  holdsCode(addr, size) {
    const page = addr >>> PAGE_SHIFT;
    for (let line = (addr & 4095) >> 6, last = (addr & 4095) + size - 1 >> 6; line <= last; line++) {
      if (this.codeLines[page * 2 + (line >> 5)] & 1 << line) return true;
    }
    return false;
  }
  unmarkCode(page) {
    this.codeLines[page * 2] = this.codeLines[page * 2 + 1] = 0;
    const p = this.perms[page] & ~16 /* CODE */;
    this.perms[page] = p & 8 /* WRITE */ ? p | 2 /* FAST */ : p;
  }
  dropCode(first, end) {
    for (let p = first; p < end; p++) {
      if (!(this.perms[p] & 16 /* CODE */)) continue;
      this.unmarkCode(p);
      for (const o of this.observers) o.codeUnmapped(p, 1);
    }
  }
  /** Tell whoever translated [addr, addr + size), within one page of RAM, that it changes. */
  noteWrite(addr, size) {
    if (this.perms[addr >>> PAGE_SHIFT] & 16 /* CODE */ && this.holdsCode(addr, size)) for (const o of this.observers) o.codeWritten(addr | 0, size);
  }
  // Accesses by physical address (0 to 2^52, before A20), for page walks, devices and slow paths. Those of 2 and 4 bytes are within a page.
  read8(addr) {
    return this.read(addr, 1);
  }
  /** int32 */
  read32(addr) {
    if (addr >= 2 ** 32) return -1;
    const page = this.busPage(addr >>> PAGE_SHIFT);
    if (this.perms[page] & 1 /* READ */) return this.D.getInt32(this.frames[page] * PAGE_SIZE + (addr & 4095), true);
    return this.read(addr, 4) | 0;
  }
  write32(addr, value2) {
    this.write(addr, 4, value2);
  }
  /** Unsigned. */
  read(addr, size) {
    const ones = size === 4 ? 4294967295 : (1 << size * 8) - 1;
    if (addr >= 2 ** 32) return ones;
    const page = this.busPage(addr >>> PAGE_SHIFT);
    if (this.perms[page] & 1 /* READ */) {
      const at2 = this.frames[page] * PAGE_SIZE + (addr & 4095);
      return size === 1 ? this.bytes[at2] : size === 2 ? this.D.getUint16(at2, true) : this.D.getUint32(at2, true);
    }
    const bus = this.a20On ? addr >>> 0 : (addr & ~A20) >>> 0;
    const w = this.windowAt(bus);
    return w ? (w.device.read(bus - w.start, size) & ones) >>> 0 : ones;
  }
  write(addr, size, value2) {
    if (addr >= 2 ** 32) return;
    const page = this.busPage(addr >>> PAGE_SHIFT);
    const perm = this.perms[page];
    if (perm & 8 /* WRITE */) {
      const at2 = page * PAGE_SIZE + (addr & 4095);
      if (perm & 16 /* CODE */) this.noteWrite(at2, size);
      if (size === 1) this.bytes[at2] = value2;
      else if (size === 2) this.D.setInt16(at2, value2, true);
      else this.D.setInt32(at2, value2, true);
    } else if (!(perm & 1 /* READ */)) {
      const bus = this.a20On ? addr >>> 0 : (addr & ~A20) >>> 0;
      const w = this.windowAt(bus);
      w?.device.write(bus - w.start, size, size === 4 ? value2 >>> 0 : value2 & (1 << size * 8) - 1);
    }
  }
  windowAt(addr) {
    for (const w of this.windows) if (addr >= w.start && addr < w.end) return w;
    return void 0;
  }
  /** Copy bytes into RAM or ROM, as a loader does: read-only memory is written too. Ranges outside RAM and ROM are an error. */
  load(addr, content) {
    for (let i = 0; i < content.length; ) {
      const a = addr + i, page = Math.floor(a / PAGE_SIZE), n = Math.min(content.length - i, PAGE_SIZE - a % PAGE_SIZE);
      const perm = a < 2 ** 32 ? this.perms[page] : 0;
      if (!(perm & 1 /* READ */)) throw new RangeError(`no memory at physical address ${a.toString(16)}h`);
      if (perm & 16 /* CODE */) this.noteWrite(a, n);
      this.bytes.set(content.subarray(i, i + n), this.frames[page] * PAGE_SIZE + a % PAGE_SIZE);
      i += n;
    }
  }
};
function shifted(device, by) {
  return { read: (offset, size) => device.read(offset + by, size), write: (offset, size, value2) => device.write(offset + by, size, value2) };
}

// src/runtime/machine/bus.ts
var PORTS = 65536;
var Ports = class {
  /** 0: nobody; else an index into `claims`. */
  owner = new Uint8Array(PORTS);
  claims = [null];
  /** Told of every access. */
  trace = null;
  /** Give `count` ports from `first` on to a device whose registers are `width` bytes wide at most. Later claims hide earlier ones. */
  add(first, count2, device, width = 1) {
    if (!(first >= 0 && count2 > 0 && first + count2 <= PORTS)) throw new RangeError(`ports ${first} to ${first + count2}`);
    let place3 = 1;
    while (place3 < this.claims.length && this.owner.includes(place3)) place3++;
    if (place3 > 255) throw new RangeError("more port ranges than the bus has places for");
    this.claims[place3] = { device, width, end: first + count2 };
    this.owner.fill(place3, first, first + count2);
  }
  remove(first, count2) {
    this.owner.fill(0, first, first + count2);
  }
  portIn(port2, size) {
    const value2 = this.read(port2, size);
    this.trace?.(false, port2, size, value2);
    return value2;
  }
  portOut(port2, size, value2) {
    this.trace?.(true, port2, size, value2 >>> 0);
    this.write(port2, size, value2);
  }
  read(port2, size) {
    const claim = this.claims[this.owner[port2]];
    if (claim && size <= claim.width && port2 + size <= claim.end) return claim.device.portIn(port2, size) >>> 0;
    if (size === 1) return 255;
    const half = size >> 1;
    return (this.read(port2, half) | this.read(port2 + half & 65535, half) << 8 * half) >>> 0;
  }
  write(port2, size, value2) {
    const claim = this.claims[this.owner[port2]];
    if (claim && size <= claim.width && port2 + size <= claim.end) {
      claim.device.portOut(port2, size, size === 4 ? value2 >>> 0 : value2 & (1 << 8 * size) - 1);
    } else if (size > 1) {
      const half = size >> 1;
      this.write(port2, half, value2);
      this.write(port2 + half & 65535, half, value2 >>> 8 * half);
    }
  }
};

// src/runtime/machine/clock.ts
var TICKS_PER_SECOND = 1e9;
var TICKS_PER_MS = 1e6;
var TICKS_PER_INSTRUCTION = 4;
var InstructionClock = class {
  elapsed = 0;
  vcpu = null;
  start = 0;
  ticks() {
    return this.vcpu ? this.elapsed + (this.vcpu.instructions - this.start) * TICKS_PER_INSTRUCTION : this.elapsed;
  }
  running(vcpu) {
    this.elapsed = this.ticks();
    this.vcpu = vcpu;
    this.start = vcpu ? vcpu.instructions : 0;
  }
  skipTo(time) {
    if (time > this.elapsed) this.elapsed = time;
  }
  instructionsUntil(time) {
    return Math.max(1, Math.ceil((time - this.ticks()) / TICKS_PER_INSTRUCTION));
  }
};
var REAL_RATE = 0.1;
var SHORTEST = 1e3;
var RealClock = class {
  origin = performance.now();
  ticks() {
    return Math.floor((performance.now() - this.origin) * TICKS_PER_MS);
  }
  running() {
  }
  skipTo() {
  }
  instructionsUntil(time) {
    return Math.max(SHORTEST, Math.ceil((time - this.ticks()) * REAL_RATE));
  }
};

// src/runtime/machine/devices/acpi-pm.ts
var PM_BASE = 1536;
var PM_TIMER = PM_BASE + 8;
var PM_PORTS = 12;
var SMI_COMMAND = 178;
var ACPI_ENABLE = 241;
var ACPI_DISABLE = 240;
var SLEEP_S5 = 0;
var SLEEP_S3 = 1;
var PM_TIMER_HZ = 3579545;
var PM1_TIMER = 1;
var PM1_GLOBAL = 32;
var PM1_POWER_BUTTON = 256;
var PM1_RTC = 1024;
var PM1_WAKE = 32768;
var PM1_STATUS = PM1_TIMER | PM1_GLOBAL | PM1_POWER_BUTTON | PM1_RTC | PM1_WAKE;
var SCI_EN = 1;
var SLP_EN = 8192;
var HALF = 2 ** 23;
var AcpiPm = class {
  constructor(clock, events, sci, power) {
    this.clock = clock;
    this.sci = sci;
    this.power = power;
    this.timer = events.timer(() => this.update());
  }
  clock;
  sci;
  power;
  /** First port of the PM registers; whoever moves it tells the bus. */
  base = PM_BASE;
  status = 0;
  enable = 0;
  /** Asleep until something that is enabled happens. */
  asleep = false;
  control = 0;
  smi = 0;
  smiStatus = 0;
  timer;
  halves = 0;
  reset() {
    if (!this.asleep) this.status = 0;
    this.asleep = false;
    this.enable = this.control = this.smi = this.smiStatus = 0;
    this.update();
  }
  count() {
    return Math.floor(this.clock.ticks() * PM_TIMER_HZ / TICKS_PER_SECOND);
  }
  /** The real-time clock's interrupt: a status bit, and what wakes from sleep. */
  rtcAlarm() {
    this.status |= PM1_RTC;
    this.update();
  }
  portIn(port2, size) {
    if (port2 === SMI_COMMAND) return this.smi;
    if (port2 === SMI_COMMAND + 1) return this.smiStatus;
    const at2 = port2 - this.base & ~3;
    let v;
    if (at2 === 8) {
      v = this.count() & 16777215;
    } else if (at2 === 0) {
      this.collect();
      v = this.status | this.enable << 16;
    } else {
      v = this.control;
    }
    v >>>= 8 * (port2 & 3);
    return size === 4 ? v : v & (1 << 8 * size) - 1;
  }
  portOut(port2, size, value2) {
    if (port2 === SMI_COMMAND) {
      this.smi = value2;
      if (value2 === ACPI_ENABLE) this.control |= SCI_EN;
      else if (value2 === ACPI_DISABLE) this.control &= ~SCI_EN;
    } else if (port2 === SMI_COMMAND + 1) {
      this.smiStatus = value2;
    } else {
      for (let i = 0; i < size; i++) this.writeByte(port2 - this.base + i, value2 >>> 8 * i & 255);
      if (port2 - this.base <= 5 && port2 - this.base + size > 5 && this.control & SLP_EN) {
        this.control &= ~SLP_EN;
        this.enter(this.control >> 10 & 7);
      }
    }
    this.update();
  }
  enter(type) {
    if (type === SLEEP_S5) this.power.off();
    if (type !== SLEEP_S3) return;
    this.asleep = true;
    this.power.sleep();
  }
  writeByte(at2, value2) {
    const shift3 = 8 * (at2 & 1);
    if (at2 < 2) {
      this.collect();
      this.status &= ~(value2 << shift3 & PM1_STATUS);
    } else if (at2 < 4) {
      this.enable = this.enable & ~(255 << shift3) | value2 << shift3;
    } else if (at2 < 6) {
      const next = this.control & ~(255 << shift3) | value2 << shift3;
      this.control = next & ~SCI_EN | this.control & SCI_EN;
    }
  }
  collect() {
    const halves2 = Math.floor(this.count() / HALF);
    if (halves2 !== this.halves) this.status |= PM1_TIMER;
    this.halves = halves2;
  }
  update() {
    this.collect();
    if (this.asleep && this.status & this.enable) {
      this.status |= PM1_WAKE;
      this.power.wake();
    }
    this.sci((this.control & SCI_EN) !== 0 && (this.status & this.enable & (PM1_TIMER | PM1_GLOBAL | PM1_POWER_BUTTON | PM1_RTC)) !== 0);
    this.timer.at = this.enable & PM1_TIMER ? Math.ceil((this.halves + 1) * HALF * TICKS_PER_SECOND / PM_TIMER_HZ) : Infinity;
  }
};

// src/runtime/machine/devices/apic-bus.ts
var ApicBus = class {
  locals = [];
  receivers = [];
  nextLowest = 0;
  /** From I/O APICs and MSI writers. */
  send(m2) {
    this.deliver(this.locals.filter((a) => a.matches(m2.destination, m2.logical, m2.wide)), m2);
  }
  /** Inter-processor interrupt. */
  sendFrom(source3, shorthand, m2) {
    switch (shorthand) {
      case 0 /* none */:
        this.send(m2);
        break;
      case 1 /* self */:
        this.deliver([source3], m2);
        break;
      case 2 /* all */:
        this.deliver(this.locals, m2);
        break;
      case 3 /* others */:
        this.deliver(this.locals.filter((a) => a !== source3), m2);
        break;
    }
  }
  deliver(targets, m2) {
    if (m2.mode === 1 /* lowestPriority */) {
      const target = this.lowest(targets.filter((a) => a.enabled));
      target?.accept({ ...m2, mode: 0 /* fixed */ });
      return;
    }
    for (const a of targets) a.accept(m2);
  }
  /** Of the lowest processor priority; those alike take turns. */
  lowest(targets) {
    let best;
    const n = targets.length;
    for (let i = 0; i < n; i++) {
      const a = targets[(this.nextLowest + i) % n];
      if (!best || a.arbitrationPriority < best.arbitrationPriority) best = a;
    }
    this.nextLowest++;
    return best;
  }
  endOfInterrupt(vector2) {
    for (const r of this.receivers) r.endOfInterrupt(vector2);
  }
};

// src/runtime/machine/devices/debug-exit.ts
var DebugExit = class {
  constructor(exit) {
    this.exit = exit;
  }
  exit;
  portIn() {
    return 0;
  }
  portOut(_port, _size, value2) {
    this.exit((value2 << 1 | 1) & 255);
  }
};

// src/runtime/machine/devices/firmware-port.ts
var COMMAND = 3584;
var ENTRY = 3588;
var VALUE = 3592;
var SERVICE = 3596;
var FIRMWARE_PORTS = 16;
var FirmwarePort = class {
  constructor(firmware) {
    this.firmware = firmware;
  }
  firmware;
  entry = null;
  again = false;
  portIn(port2) {
    const { entry } = this;
    switch (port2 & ~3) {
      case COMMAND:
        return entry === null ? 0 : entry.kind === "multiboot" ? 1 : 2;
      case ENTRY:
        return entry === null ? 0 : entry.kind === "multiboot" ? entry.address : (entry.segment << 16 | entry.offset) >>> 0;
      case VALUE:
        return entry === null ? 0 : entry.kind === "multiboot" ? entry.info : entry.drive;
      default:
        return this.again ? 1 : 0;
    }
  }
  portOut(port2, _size, value2) {
    if (port2 === COMMAND) this.entry = value2 === 1 ? this.firmware.resume() : this.firmware.load();
    else if (port2 === SERVICE) this.again = this.firmware.serve(value2);
  }
};
var FIRMWARE_PORT = COMMAND;

// src/runtime/machine/devices/fw-cfg.ts
var DMA_ERROR = 1;
var DMA_READ = 2;
var DMA_SKIP = 4;
var DMA_SELECT = 8;
var DMA_WRITE = 16;
var DMA_SIGNATURE = [81, 69, 77, 85, 32, 67, 70, 71];
var NAME_LENGTH = 56;
var le16 = (n) => Uint8Array.of(n, n >>> 8);
var le32 = (n) => Uint8Array.of(n, n >>> 8, n >>> 16, n >>> 24);
var le64 = (n) => Uint8Array.of(...le32(n >>> 0), ...le32(Math.floor(n / 2 ** 32)));
var FwCfg = class {
  constructor(memory) {
    this.memory = memory;
    this.set(0 /* signature */, Uint8Array.of(81, 69, 77, 85));
    this.set(1 /* id */, le32(3));
    this.directory();
  }
  memory;
  items = /* @__PURE__ */ new Map();
  files = [];
  key = 0;
  offset = 0;
  dmaHigh = 0;
  set(key, value2) {
    this.items.set(key, value2);
  }
  /** A named file. */
  addFile(name, content) {
    const key = 32 /* firstFile */ + this.files.length;
    this.files.push({ name, key, size: content.length });
    this.set(key, content);
    this.directory();
  }
  directory() {
    const out = new Uint8Array(4 + 64 * this.files.length), d = new DataView(out.buffer);
    d.setUint32(0, this.files.length);
    [...this.files].sort((a, b) => a.name < b.name ? -1 : 1).forEach((f, i) => {
      const at2 = 4 + 64 * i;
      d.setUint32(at2, f.size);
      d.setUint16(at2 + 4, f.key);
      for (let k = 0; k < f.name.length && k < NAME_LENGTH - 1; k++) out[at2 + 8 + k] = f.name.charCodeAt(k);
    });
    this.set(25 /* fileDirectory */, out);
  }
  reset() {
    this.key = this.offset = this.dmaHigh = 0;
  }
  next() {
    return this.items.get(this.key)?.[this.offset++] ?? 0;
  }
  portIn(port2, size) {
    if (port2 === 1297) return this.next();
    if (port2 >= 1300) {
      let v = 0;
      for (let i = 0; i < size; i++) v |= DMA_SIGNATURE[port2 - 1300 + i] << 8 * i;
      return v;
    }
    return 0;
  }
  portOut(port2, size, value2) {
    if (port2 === 1296 && size === 2) {
      this.key = value2;
      this.offset = 0;
    } else if (port2 === 1300 && size === 4) {
      this.dmaHigh = swap(value2);
    } else if (port2 === 1304 && size === 4) {
      const high = this.dmaHigh;
      this.dmaHigh = 0;
      if (high === 0) this.dma(swap(value2));
    }
  }
  /** The structure { control, length, address (64 bits) }, big-endian, says what to do; control is 0 afterwards. */
  dma(at2) {
    const { memory } = this;
    const word4 = (offset) => swap(memory.read32(at2 + offset));
    const control2 = word4(0), length = word4(4), high = word4(8), target = word4(12);
    if (control2 & DMA_SELECT) {
      this.key = control2 >>> 16;
      this.offset = 0;
    }
    let error = high !== 0 && (control2 & DMA_READ) !== 0;
    if (control2 & DMA_READ && !error) {
      this.copy(target, length);
    } else if (control2 & DMA_WRITE) {
      error = true;
    } else if (control2 & DMA_SKIP) {
      this.offset += length;
    }
    memory.write32(at2, swap(error ? DMA_ERROR : 0));
  }
  /** The next `length` bytes of the item, 0 beyond its end, into memory; what is no RAM is passed over. */
  copy(target, length) {
    const { memory } = this, item = this.items.get(this.key) ?? new Uint8Array(0), end = Math.min(target + length, memory.ram);
    for (let at2 = target; at2 < end; ) {
      const n = Math.min(end - at2, PAGE_SIZE - at2 % PAGE_SIZE), page = new Uint8Array(n), from = this.offset + (at2 - target);
      if (from < item.length) page.set(item.subarray(from, from + n));
      if (memory.perms[Math.floor(at2 / PAGE_SIZE)] & 8 /* WRITE */) memory.load(at2, page);
      at2 += n;
    }
    this.offset += length;
  }
};
var swap = (x) => (x << 24 | (x & 65280) << 8 | x >>> 8 & 65280 | x >>> 24) >>> 0;

// src/runtime/machine/devices/pci.ts
var ENABLE = 2147483648;
var PciFunction = class {
  config = new Uint8Array(256);
  /** 1 bits can be written. */
  writable = new Uint8Array(256);
  initial = new Uint8Array(256);
  constructor(vendor, device, classCode, revision, multifunction = false) {
    const d = new DataView(this.config.buffer);
    d.setUint16(0, vendor, true);
    d.setUint16(2, device, true);
    d.setUint32(8, classCode << 8 | revision, true);
    this.config[14] = multifunction ? 128 : 0;
    this.writable[60] = 255;
  }
  /** What is now in the registers is what a reset gives. */
  settle() {
    this.initial.set(this.config);
    return this;
  }
  reset() {
    for (let i = 0; i < 256; i++) this.put(i, this.initial[i]);
  }
  /** A byte; overridden where a write has effects. */
  put(offset, value2) {
    this.config[offset] = value2;
  }
  write(offset, value2) {
    const mask2 = this.writable[offset];
    if (mask2) this.put(offset, this.config[offset] & ~mask2 | value2 & mask2);
  }
};
var PciBus = class {
  address = 0;
  functions = /* @__PURE__ */ new Map();
  add(device, fn, f) {
    this.functions.set(device << 3 | fn, f);
  }
  reset() {
    this.address = 0;
    for (const f of this.functions.values()) f.reset();
  }
  target() {
    if (!(this.address & ENABLE) || this.address & 16711680) return void 0;
    return this.functions.get(this.address >> 8 & 255);
  }
  portIn(port2, size) {
    if (port2 < 3324) return port2 === 3320 && size === 4 ? this.address : 4294967295;
    const f = this.target(), at2 = (this.address & 252) + (port2 - 3324);
    let v = 0;
    for (let i = 0; i < size; i++) v |= (f ? f.config[at2 + i] : 255) << 8 * i;
    return v >>> 0;
  }
  portOut(port2, size, value2) {
    if (port2 < 3324) {
      if (port2 === 3320 && size === 4) this.address = value2 & ~3;
      return;
    }
    const f = this.target(), at2 = (this.address & 252) + (port2 - 3324);
    if (f) for (let i = 0; i < size; i++) f.write(at2 + i, value2 >>> 8 * i & 255);
  }
};

// src/runtime/machine/devices/host-bridge.ts
var PAM0 = 89;
var PAM6 = 95;
var SEGMENT = 16384;
var HostBridge = class extends PciFunction {
  constructor(memory, rom) {
    super(32902, 4663, 393216, 2);
    this.memory = memory;
    this.rom = rom;
    this.writable[PAM0] = 48;
    this.writable.fill(51, PAM0 + 1, PAM6 + 1);
    this.writable[114] = 127;
    this.config[114] = 2;
    this.settle();
  }
  memory;
  rom;
  put(offset, value2) {
    const old = this.config[offset];
    super.put(offset, value2);
    if (offset < PAM0 || offset > PAM6 || old === value2) return;
    if (offset === PAM0) {
      for (let i = 0; i < 4; i++) this.place(983040 + i * SEGMENT, old >> 4, value2 >> 4);
      return;
    }
    const first = 786432 + (offset - PAM0 - 1) * 2 * SEGMENT;
    this.place(first, old & 15, value2 & 15);
    this.place(first + SEGMENT, old >> 4, value2 >> 4);
  }
  place(start, old, value2) {
    if ((old & 3) === (value2 & 3)) return;
    const { memory, rom } = this;
    if (value2 & 1) {
      memory.mapRam(start, SEGMENT);
      return;
    }
    const inRom = 2 ** 32 - 2 ** 20 + start;
    if (value2 & 2) {
      memory.mapRam(start, SEGMENT);
      const bytes = Uint8Array.from({ length: SEGMENT }, (_, i) => inRom >= rom.start ? memory.read8(inRom + i) : 255);
      memory.load(start, bytes);
    } else if (inRom >= rom.start) {
      memory.aliasRom(start, SEGMENT, inRom);
    } else {
      memory.addHole(start, SEGMENT);
    }
  }
};

// src/runtime/machine/devices/i8042.ts
var STATUS_OUTPUT = 1;
var STATUS_SYSTEM = 4;
var STATUS_COMMAND = 8;
var STATUS_UNLOCKED = 16;
var STATUS_AUX = 32;
var CONFIG_IRQ1 = 1;
var CONFIG_IRQ12 = 2;
var CONFIG_SYSTEM = 4;
var CONFIG_NO_KEYBOARD = 16;
var CONFIG_NO_AUX = 32;
var OUT_NO_RESET = 1;
var OUT_A20 = 2;
var OUT_KEYBOARD_FULL = 16;
var OUT_AUX_FULL = 32;
var ACK = 250;
var I8042 = class {
  constructor(lines2, irq1, irq12) {
    this.lines = lines2;
    this.irq1 = irq1;
    this.irq12 = irq12;
  }
  lines;
  irq1;
  irq12;
  config = CONFIG_IRQ1 | CONFIG_SYSTEM;
  command = 0;
  toSystem = [];
  /** Keyboard command whose parameter comes next; 0: none. The same for the mouse. */
  keyboardCommand = 0;
  scanning = true;
  lastCommand = false;
  reset() {
    this.config = CONFIG_IRQ1 | CONFIG_SYSTEM;
    this.command = this.keyboardCommand = 0;
    this.toSystem = [];
    this.lastCommand = false;
    this.update();
  }
  portIn(port2) {
    if (port2 === 100) {
      const first = this.toSystem[0];
      return STATUS_UNLOCKED | (this.config & CONFIG_SYSTEM ? STATUS_SYSTEM : 0) | (this.lastCommand ? STATUS_COMMAND : 0) | (first ? STATUS_OUTPUT | (first.aux ? STATUS_AUX : 0) : 0);
    }
    const next = this.toSystem.shift();
    this.update();
    return next?.byte ?? 0;
  }
  portOut(port2, _size, value2) {
    if (port2 === 100) {
      this.lastCommand = true;
      this.controller(value2);
    } else {
      this.lastCommand = false;
      this.data(value2);
    }
    this.update();
  }
  answer(byte, aux = false) {
    this.toSystem.push({ byte, aux });
  }
  outputPort() {
    const first = this.toSystem[0];
    return 192 | OUT_NO_RESET | (this.lines.a20 ? OUT_A20 : 0) | (first ? first.aux ? OUT_AUX_FULL : OUT_KEYBOARD_FULL : 0);
  }
  controller(command) {
    this.command = 0;
    switch (command) {
      case 32:
        this.answer(this.config);
        break;
      case 96:
      case 209:
      case 210:
      case 211:
      case 212:
        this.command = command;
        break;
      case 167:
        this.config |= CONFIG_NO_AUX;
        break;
      case 168:
        this.config &= ~CONFIG_NO_AUX;
        break;
      // No mouse is connected: its clock line is stuck.
      case 169:
        this.answer(1);
        break;
      case 170:
        this.config |= CONFIG_SYSTEM;
        this.answer(85);
        break;
      case 171:
        this.answer(0);
        break;
      case 173:
        this.config |= CONFIG_NO_KEYBOARD;
        break;
      case 174:
        this.config &= ~CONFIG_NO_KEYBOARD;
        break;
      case 192:
        this.answer(128);
        break;
      case 208:
        this.answer(this.outputPort());
        break;
      case 221:
        this.lines.a20 = false;
        break;
      case 223:
        this.lines.a20 = true;
        break;
      default:
        if (command >= 240 && !(command & 1)) this.lines.init();
    }
  }
  data(value2) {
    const { command } = this;
    this.command = 0;
    switch (command) {
      case 96:
        this.config = value2;
        break;
      case 209:
        this.lines.a20 = (value2 & OUT_A20) !== 0;
        if (!(value2 & OUT_NO_RESET)) this.lines.init();
        break;
      case 210:
        this.answer(value2);
        break;
      case 211:
        this.answer(value2, true);
        break;
      // To the mouse: nobody answers.
      case 212:
        break;
      default:
        this.keyboard(value2);
    }
  }
  keyboard(value2) {
    const parameterOf = this.keyboardCommand;
    this.keyboardCommand = 0;
    if (parameterOf !== 0) {
      this.answer(ACK);
      if (parameterOf === 240 && value2 === 0) this.answer(2);
      return;
    }
    switch (value2) {
      case 237:
      case 240:
      case 243:
        this.keyboardCommand = value2;
        this.answer(ACK);
        break;
      case 238:
        this.answer(238);
        break;
      case 242:
        this.answer(ACK);
        this.answer(171);
        this.answer(131);
        break;
      case 244:
      case 245:
      case 246:
        this.scanning = value2 === 244 || value2 === 246 && this.scanning;
        this.answer(ACK);
        break;
      case 255:
        this.answer(ACK);
        this.answer(170);
        break;
      default:
        this.answer(254);
    }
  }
  update() {
    const first = this.toSystem[0];
    this.irq1(first !== void 0 && !first.aux && (this.config & CONFIG_IRQ1) !== 0);
    this.irq12(first !== void 0 && first.aux && (this.config & CONFIG_IRQ12) !== 0);
  }
};

// src/runtime/machine/devices/io-apic.ts
var IO_APIC_BASE = 4273995776;
var INPUTS = 24;
var VERSION = 32 | INPUTS - 1 << 16;
var MASKED = 65536;
var LEVEL = 32768;
var REMOTE_IRR = 16384;
var LOGICAL = 2048;
var WRITABLE = 110591;
var IoApic = class {
  /** Edges that came while their input was masked are lost; so only levels are kept here. */
  constructor(bus) {
    this.bus = bus;
    bus.receivers.push(this);
    this.reset();
  }
  bus;
  id = 0;
  select = 0;
  low = new Int32Array(INPUTS);
  high = new Int32Array(INPUTS);
  lines = 0;
  reset() {
    this.id = this.select = 0;
    this.low.fill(MASKED);
    this.high.fill(0);
  }
  set(input, level) {
    const bit = 1 << input, was = this.lines & bit;
    if (level) this.lines |= bit;
    else this.lines &= ~bit;
    if (level && (this.low[input] & LEVEL || !was)) this.service(input);
  }
  service(input) {
    const low = this.low[input];
    if (low & MASKED) return;
    const level = (low & LEVEL) !== 0;
    if (level) {
      if (low & REMOTE_IRR) return;
      this.low[input] = low | REMOTE_IRR;
    }
    const mode = low >> 8 & 7;
    this.bus.send({ mode, vector: low & 255, levelTriggered: level, destination: this.high[input] >>> 24, logical: (low & LOGICAL) !== 0, wide: false });
  }
  endOfInterrupt(vector2) {
    for (let i = 0; i < INPUTS; i++) {
      const low = this.low[i];
      if ((low & 255) !== vector2 || !(low & REMOTE_IRR)) continue;
      this.low[i] = low & ~REMOTE_IRR;
      if (this.lines & 1 << i) this.service(i);
    }
  }
  readRegister() {
    const r = this.select;
    if (r === 0 || r === 2) return this.id << 24;
    if (r === 1) return VERSION;
    const i = r - 16 >> 1;
    if (r < 16 || i >= INPUTS) return 0;
    return r & 1 ? this.high[i] : this.low[i];
  }
  writeRegister(value2) {
    const r = this.select;
    if (r === 0) this.id = value2 >>> 24 & 15;
    const i = r - 16 >> 1;
    if (r < 16 || i >= INPUTS) return;
    if (r & 1) {
      this.high[i] = value2;
      return;
    }
    const old = this.low[i];
    let low = value2 & WRITABLE | old & REMOTE_IRR;
    if (!(low & LEVEL)) low &= ~REMOTE_IRR;
    this.low[i] = low;
    if (low & LEVEL && this.lines & 1 << i) this.service(i);
  }
  read(offset) {
    switch (offset & ~3) {
      case 0:
        return this.select;
      case 16:
        return this.readRegister() >>> 8 * (offset & 3);
      default:
        return 0;
    }
  }
  write(offset, size, value2) {
    switch (offset) {
      case 0:
        this.select = value2 & 255;
        break;
      case 16:
        if (size === 4) this.writeRegister(value2 | 0);
        break;
      case 64:
        this.endOfInterrupt(value2 & 255);
        break;
    }
  }
};

// src/ir/types.ts
var LANES = {
  void: 0,
  i1: 1,
  i32: 1,
  i64: 2,
  f32: 1,
  f64: 1,
  f80: 3,
  v128: 4,
  v256: 8
};
var MEM_SIZE = {
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  f32: 4,
  f64: 8,
  f80: 10,
  v128: 16,
  v256: 32
};
var VALUE_TYPE = {
  i8: "i32",
  i16: "i32",
  i32: "i32",
  i64: "i64",
  f32: "f32",
  f64: "f64",
  f80: "f80",
  v128: "v128",
  v256: "v256"
};
function isFloat(type) {
  return type === "f32" || type === "f64";
}

// src/ir/op.ts
var RESULT = new Int32Array(16);
var registry = /* @__PURE__ */ new Map();
var list = [];
var LIBRARY_CODE = 256;
function registerOp(name, effects, lib, code = LIBRARY_CODE + list.length) {
  if (registry.has(name)) throw new Error(`op ${name} is defined twice`);
  const op = { name, code, effects, lib };
  registry.set(name, op);
  list.push(op);
  return op;
}
var PURE = {};
var STATEFUL = { reads: true, writes: true };
var VECTORS = { reads: true, writes: true, vectors: true };
var HOST = { reads: true, writes: true, host: true };
function pure(name, args, result, fn, imm = false) {
  return registerOp(name, PURE, { args, result, context: "pure", imm, fn, lanewise: false });
}
function lanewise(name, arity, fn, imm = false) {
  return registerOp(name, PURE, { args: new Array(arity).fill("v128"), result: "v128", context: "pure", imm, fn, lanewise: true });
}
function stateful(name, args, result, fn, imm = false, effects = STATEFUL) {
  return registerOp(name, effects, { args, result, context: "state", imm, fn, lanewise: false });
}
function memorial(name, args, result, fn, imm = false, effects = STATEFUL) {
  return registerOp(name, effects, { args, result, context: "memory", imm, fn, lanewise: false });
}

// src/runtime/machine/devices/local-apic.ts
var APIC_DEFAULT_BASE = 4276092928;
var MSR_APIC_BASE = 27;
var MSR_TSC_DEADLINE = 1760;
var MSR_X2APIC = 2048;
var BASE_BSP = 256;
var BASE_EXTD = 1024;
var BASE_ENABLE = 2048;
var VERSION2 = 17104916;
var SPIV_ENABLE = 256;
var SPIV_NO_BROADCAST = 4096;
var LVT_MASKED = 65536;
var LVT_PENDING = 4096;
var LVT_LEVEL = 32768;
var LVT_FIRST = 50 /* lvtTimer */;
var LVT_COUNT = 6;
var LVT_WRITABLE = [459007, 67583, 67583, 108543, 108543, 65791];
var TIMER_PERIODIC = 1;
var TIMER_DEADLINE = 2;
var ESR_SEND_ILLEGAL = 32;
var ESR_RECEIVE_ILLEGAL = 64;
var ESR_REGISTER = 128;
var FIRST_VECTOR = 16;
var DELIVERY_PENDING = 4096;
var LocalApic = class {
  constructor(options) {
    this.options = options;
    this.id = options.id;
    this.bus = options.bus;
    this.clock = options.clock;
    this.timer = options.events.timer(() => this.timerFired());
    this.bus.locals.push(this);
    this.reset();
  }
  options;
  id;
  /** Its processor, attached once made. */
  vcpu = null;
  bus;
  clock;
  base = 0;
  baseHigh = 0;
  apicId = 0;
  tpr = 0;
  ldr = 0;
  dfr = -1;
  spurious = 255;
  esr = 0;
  esrNext = 0;
  icr = 0;
  icrHigh = 0;
  lvt = new Int32Array(LVT_COUNT);
  irr = new Int32Array(8);
  isr = new Int32Array(8);
  tmr = new Int32Array(8);
  timer;
  initialCount = 0;
  divide = 0;
  /** When the timer's count was loaded. */
  started = 0;
  /** TSC-deadline as (low, high); 0: not armed. */
  deadlineLow = 0;
  deadlineHigh = 0;
  ready = false;
  /** Vector to be taken now; -1: it is ExtINT's. */
  vector = -1;
  /** RESET. */
  reset() {
    this.base = APIC_DEFAULT_BASE | BASE_ENABLE | (this.id === 0 ? BASE_BSP : 0);
    this.baseHigh = 0;
    this.apicId = this.id;
    this.init();
    this.options.onBase?.(APIC_DEFAULT_BASE);
  }
  /** INIT: as RESET, but the ID and the base stay (11.4.7.3). */
  init() {
    this.tpr = this.ldr = this.esr = this.esrNext = this.icr = this.icrHigh = 0;
    this.dfr = -1;
    this.spurious = 255;
    this.lvt.fill(LVT_MASKED);
    this.irr.fill(0);
    this.isr.fill(0);
    this.tmr.fill(0);
    this.initialCount = this.divide = this.started = 0;
    this.deadlineLow = this.deadlineHigh = 0;
    this.timer.stop();
    this.update();
  }
  /** By IA32_APIC_BASE. */
  get on() {
    return (this.base & BASE_ENABLE) !== 0;
  }
  /** Where its memory window is; null: there is none. */
  get window() {
    return this.on && !this.x2 && this.baseHigh === 0 ? (this.base & -4096) >>> 0 : null;
  }
  get x2() {
    return (this.base & (BASE_ENABLE | BASE_EXTD)) === (BASE_ENABLE | BASE_EXTD);
  }
  /** By its own software enable bit, too. */
  get enabled() {
    return this.on && (this.spurious & SPIV_ENABLE) !== 0;
  }
  // Messages.
  matches(destination, logical2, wide3) {
    if (!this.on) return false;
    if (!logical2) {
      if (destination === (wide3 ? 4294967295 : 255)) return true;
      return destination === (this.x2 ? this.id : this.apicId);
    }
    if (this.x2) {
      if (destination === (wide3 ? 4294967295 : 255)) return true;
      const mine2 = this.x2Ldr();
      return destination >>> 16 === mine2 >>> 16 && (destination & mine2 & 65535) !== 0;
    }
    if (destination === 255 || destination === 4294967295) return true;
    const mine = this.ldr >>> 24;
    if (this.dfr >>> 28 === 15) return (destination & mine) !== 0;
    return destination >>> 4 === mine >>> 4 && (destination & mine & 15) !== 0;
  }
  x2Ldr() {
    return this.id >> 4 << 16 | 1 << (this.id & 15);
  }
  get arbitrationPriority() {
    return Math.max(this.tpr, highest(this.irr) & 240, highest(this.isr) & 240);
  }
  accept(m2) {
    switch (m2.mode) {
      case 0 /* fixed */:
      case 1 /* lowestPriority */:
        if (m2.vector < FIRST_VECTOR) this.error(ESR_RECEIVE_ILLEGAL);
        else if (this.enabled) this.request(m2.vector, m2.levelTriggered);
        break;
      case 4 /* nmi */:
        this.vcpu?.nmi();
        break;
      case 5 /* init */:
        this.init();
        this.vcpu?.init();
        break;
      case 6 /* startup */:
        this.vcpu?.sipi(m2.vector);
        break;
      // An ExtINT message from an I/O APIC: the 8259s have the vector.
      case 7 /* extInt */:
        this.update();
        break;
      case 2 /* smi */:
        break;
    }
  }
  request(vector2, level) {
    const word4 = vector2 >> 5, bit = 1 << (vector2 & 31);
    this.irr[word4] |= bit;
    if (level) this.tmr[word4] |= bit;
    else this.tmr[word4] &= ~bit;
    this.update();
  }
  error(bit) {
    this.esrNext |= bit;
    this.local(55 /* lvtError */);
  }
  /** A local interrupt source fires. */
  local(reg3) {
    const entry = this.lvt[reg3 - LVT_FIRST];
    if (entry & LVT_MASKED || !this.on) return;
    const mode = reg3 === 50 /* lvtTimer */ || reg3 === 55 /* lvtError */ ? 0 /* fixed */ : entry >> 8 & 7;
    this.accept({ mode, vector: entry & 255, levelTriggered: false, destination: 0, logical: false, wide: false });
  }
  /** INTR of the 8259s changed (LINT0), or LINT1 is pulsed. */
  externalChanged() {
    const entry = this.lvt[53 /* lvtLint0 */ - LVT_FIRST];
    if (this.on && (entry >> 8 & 7) !== 7 /* extInt */ && this.options.external.asserted) this.local(53 /* lvtLint0 */);
    this.update();
  }
  lint1() {
    this.local(54 /* lvtLint1 */);
  }
  takesExternal() {
    if (!this.options.external.asserted) return false;
    if (!this.on) return this.id === 0;
    const entry = this.lvt[53 /* lvtLint0 */ - LVT_FIRST];
    return !(entry & LVT_MASKED) && (entry >> 8 & 7) === 7 /* extInt */;
  }
  // The processor's side.
  pending() {
    return this.ready;
  }
  acknowledge() {
    const { vector: vector2 } = this;
    if (vector2 < 0) {
      const v = this.options.external.acknowledge();
      this.update();
      return v;
    }
    const word4 = vector2 >> 5, bit = 1 << (vector2 & 31);
    this.irr[word4] &= ~bit;
    this.isr[word4] |= bit;
    this.update();
    return vector2;
  }
  ppr() {
    const serving = highest(this.isr);
    return this.tpr >> 4 >= serving >> 4 ? this.tpr : serving & 240;
  }
  update() {
    let vector2 = -1, ready = false;
    if (this.enabled) {
      const v = highest(this.irr);
      if (v >> 4 > this.ppr() >> 4) {
        vector2 = v;
        ready = true;
      }
    }
    if (!ready && this.takesExternal()) ready = true;
    this.vector = vector2;
    this.ready = ready;
    if (ready) this.vcpu?.attention();
  }
  endOfInterrupt() {
    const v = highest(this.isr);
    if (v === 0) return;
    const word4 = v >> 5, bit = 1 << (v & 31);
    this.isr[word4] &= ~bit;
    if (this.tmr[word4] & bit && !(this.spurious & SPIV_NO_BROADCAST)) this.bus.endOfInterrupt(v);
    this.update();
  }
  // Timer.
  get timerMode() {
    return this.lvt[0] >> 17 & 3;
  }
  /** Ticks of one count. */
  get divisor() {
    const d = this.divide & 3 | (this.divide & 8) >> 1;
    return d === 7 ? 1 : 2 << d;
  }
  count() {
    if (this.initialCount === 0 || this.timerMode === TIMER_DEADLINE) return 0;
    const passed = Math.floor((this.clock.ticks() - this.started) / this.divisor);
    if (this.timerMode === TIMER_PERIODIC) return this.initialCount - passed % this.initialCount;
    return passed >= this.initialCount ? 0 : this.initialCount - passed;
  }
  startTimer() {
    this.started = this.clock.ticks();
    this.timer.at = this.initialCount > 0 ? this.started + this.initialCount * this.divisor : Infinity;
  }
  timerFired() {
    if (this.timerMode === TIMER_DEADLINE) {
      if (!this.deadlineReached()) {
        this.armDeadline();
        return;
      }
      this.deadlineLow = this.deadlineHigh = 0;
    } else if (this.timerMode === TIMER_PERIODIC) {
      const period = this.initialCount * this.divisor, now = this.clock.ticks();
      this.started += Math.max(1, Math.floor((now - this.started) / period)) * period;
      this.timer.at = this.started + period;
    }
    this.local(50 /* lvtTimer */);
  }
  deadline() {
    return (this.deadlineHigh >>> 0) * 2 ** 32 + (this.deadlineLow >>> 0);
  }
  deadlineReached() {
    return this.clock.ticks() + (this.vcpu?.tscOffset ?? 0) >= this.deadline();
  }
  armDeadline() {
    this.timer.at = this.deadline() === 0 ? Infinity : Math.max(0, this.deadline() - (this.vcpu?.tscOffset ?? 0));
  }
  /** The processor's TSC was set: the deadline is another moment now. */
  tscChanged() {
    if (this.timerMode === TIMER_DEADLINE) this.armDeadline();
  }
  writeLvt(reg3, value2) {
    const i = reg3 - LVT_FIRST;
    let v = value2 & LVT_WRITABLE[i] | this.lvt[i] & LVT_PENDING;
    if (!(this.spurious & SPIV_ENABLE)) v |= LVT_MASKED;
    const mode = this.timerMode;
    this.lvt[i] = v;
    if (reg3 === 50 /* lvtTimer */ && this.timerMode !== mode) {
      if (this.timerMode === TIMER_DEADLINE || mode === TIMER_DEADLINE) {
        this.timer.stop();
        this.initialCount = 0;
        this.deadlineLow = this.deadlineHigh = 0;
      } else if (this.timerMode === TIMER_PERIODIC && this.timer.at === Infinity && this.initialCount > 0) {
        this.startTimer();
      }
    }
    if (reg3 === 53 /* lvtLint0 */) this.externalChanged();
  }
  // Registers.
  readRegister(reg3) {
    if (reg3 >= 16 /* isr */ && reg3 < 40 /* esr */) {
      const set3 = reg3 < 24 /* tmr */ ? this.isr : reg3 < 32 /* irr */ ? this.tmr : this.irr;
      return set3[reg3 & 7];
    }
    if (reg3 >= LVT_FIRST && reg3 < LVT_FIRST + LVT_COUNT) return this.lvt[reg3 - LVT_FIRST];
    switch (reg3) {
      case 2 /* id */:
        return this.x2 ? this.id : this.apicId << 24;
      case 3 /* version */:
        return VERSION2;
      case 8 /* tpr */:
        return this.tpr;
      case 9 /* apr */:
        return this.arbitrationPriority;
      case 10 /* ppr */:
        return this.ppr();
      case 13 /* ldr */:
        return this.x2 ? this.x2Ldr() : this.ldr;
      case 14 /* dfr */:
        return this.dfr;
      case 15 /* spurious */:
        return this.spurious;
      case 40 /* esr */:
        return this.esr;
      case 48 /* icr */:
        return this.icr;
      case 49 /* icrHigh */:
        return this.icrHigh;
      case 56 /* initialCount */:
        return this.initialCount | 0;
      case 57 /* currentCount */:
        return this.count() | 0;
      case 62 /* divide */:
        return this.divide;
      case 11 /* eoi */:
      case 12 /* remoteRead */:
        return 0;
      default:
        this.error(ESR_REGISTER);
        return 0;
    }
  }
  writeRegister(reg3, value2) {
    if (reg3 >= LVT_FIRST && reg3 < LVT_FIRST + LVT_COUNT) {
      this.writeLvt(reg3, value2);
      return;
    }
    switch (reg3) {
      case 2 /* id */:
        if (!this.x2) this.apicId = value2 >>> 24;
        break;
      case 8 /* tpr */:
        this.tpr = value2 & 255;
        this.update();
        break;
      case 11 /* eoi */:
        this.endOfInterrupt();
        break;
      case 13 /* ldr */:
        this.ldr = value2 & 4278190080;
        break;
      case 14 /* dfr */:
        this.dfr = value2 | 268435455;
        break;
      case 15 /* spurious */:
        this.spurious = value2 & 5119;
        if (!(value2 & SPIV_ENABLE)) for (let i = 0; i < LVT_COUNT; i++) this.lvt[i] |= LVT_MASKED;
        this.update();
        break;
      case 40 /* esr */:
        this.esr = this.esrNext;
        this.esrNext = 0;
        break;
      case 48 /* icr */:
        this.command(value2);
        break;
      case 49 /* icrHigh */:
        this.icrHigh = value2 & 4278190080;
        break;
      case 56 /* initialCount */:
        if (this.timerMode === TIMER_DEADLINE) break;
        this.initialCount = value2 >>> 0;
        this.startTimer();
        break;
      case 62 /* divide */: {
        const left2 = this.count();
        this.divide = value2 & 11;
        if (this.timer.at !== Infinity && this.timerMode !== TIMER_DEADLINE) {
          this.started = this.clock.ticks() - (this.initialCount - left2) * this.divisor;
          this.timer.at = this.started + this.initialCount * this.divisor;
        }
        break;
      }
      case 3 /* version */:
      case 9 /* apr */:
      case 10 /* ppr */:
      case 57 /* currentCount */:
      case 12 /* remoteRead */:
        break;
      default:
        this.error(ESR_REGISTER);
    }
  }
  command(value2) {
    this.icr = value2 & 839679 & ~DELIVERY_PENDING;
    const mode = value2 >> 8 & 7, vector2 = value2 & 255, shorthand = value2 >> 18 & 3;
    const level = (value2 & LVT_LEVEL) !== 0;
    if (mode === 5 /* init */ && level && !(value2 & 16384)) return;
    if ((mode === 0 /* fixed */ || mode === 1 /* lowestPriority */) && vector2 < FIRST_VECTOR) {
      this.error(ESR_SEND_ILLEGAL);
      return;
    }
    const destination = this.x2 ? this.icrHigh >>> 0 : this.icrHigh >>> 24;
    this.bus.sendFrom(this, shorthand, { mode, vector: vector2, levelTriggered: false, destination, logical: (value2 & 2048) !== 0, wide: this.x2 });
    if (shorthand !== 1) this.options.onIpi?.();
  }
  // The memory window: aligned 32-bit registers every 16 bytes.
  read(offset, size) {
    if (offset >= 1024) return 0;
    const value2 = this.readRegister(offset >> 4) >>> 0;
    return size === 4 ? value2 : value2 >>> 8 * (offset & 3);
  }
  write(offset, size, value2) {
    if (offset >= 1024 || size !== 4 || offset & 15) return;
    this.writeRegister(offset >> 4, value2 | 0);
  }
  // MSRs.
  readMsr(index2) {
    if (index2 === MSR_APIC_BASE) return give(this.base, this.baseHigh);
    if (index2 === MSR_TSC_DEADLINE) {
      return this.timerMode === TIMER_DEADLINE ? give(this.deadlineLow, this.deadlineHigh) : give(0, 0);
    }
    const reg3 = index2 - MSR_X2APIC;
    if (reg3 < 0 || reg3 > 255 || !this.x2) return false;
    if (!x2Readable(reg3)) return false;
    return reg3 === 48 /* icr */ ? give(this.icr, this.icrHigh) : give(this.readRegister(reg3), 0);
  }
  writeMsr(index2, low, high) {
    if (index2 === MSR_APIC_BASE) return this.writeBase(low, high);
    if (index2 === MSR_TSC_DEADLINE) {
      if (this.timerMode !== TIMER_DEADLINE) return true;
      this.deadlineLow = low;
      this.deadlineHigh = high;
      this.armDeadline();
      return true;
    }
    const reg3 = index2 - MSR_X2APIC;
    if (reg3 < 0 || reg3 > 255 || !this.x2 || !x2Writable(reg3)) return false;
    switch (reg3) {
      case 48 /* icr */:
        if (low & ~839679) return false;
        this.icrHigh = high;
        this.command(low);
        return true;
      case 63 /* selfIpi */:
        if (high !== 0 || low & ~255) return false;
        this.command(262144 | low);
        return true;
      case 11 /* eoi */:
      case 40 /* esr */:
        if (low !== 0 || high !== 0) return false;
        this.writeRegister(reg3, 0);
        return true;
    }
    if (high !== 0) return false;
    if (reg3 === 8 /* tpr */ && low & ~255) return false;
    if (reg3 === 15 /* spurious */ && low & ~5119) return false;
    if (reg3 === 62 /* divide */ && low & ~11) return false;
    if (reg3 >= LVT_FIRST && reg3 < LVT_FIRST + LVT_COUNT && low & ~(LVT_WRITABLE[reg3 - LVT_FIRST] | 20480)) return false;
    this.writeRegister(reg3, low);
    return true;
  }
  writeBase(low, high) {
    const reserved = 767, width = 2 ** (this.options.physicalBits - 32) - 1;
    if (low & reserved || high & ~width) return false;
    const mode = low & (BASE_ENABLE | BASE_EXTD), was = this.base & (BASE_ENABLE | BASE_EXTD);
    if (mode === BASE_EXTD) return false;
    if (was === (BASE_ENABLE | BASE_EXTD) && mode === BASE_ENABLE) return false;
    if (was === 0 && mode === (BASE_ENABLE | BASE_EXTD)) return false;
    this.base = low;
    this.baseHigh = high;
    if (mode === 0 && was !== 0) this.init();
    if (this.window !== null) this.options.onBase?.(this.window);
    this.update();
    return true;
  }
};
function give(low, high) {
  RESULT[0] = low;
  RESULT[1] = high;
  return true;
}
function x2Readable(reg3) {
  if (reg3 >= 16 /* isr */ && reg3 <= 40 /* esr */) return true;
  if (reg3 >= LVT_FIRST && reg3 <= 57 /* currentCount */) return true;
  return reg3 === 2 /* id */ || reg3 === 3 /* version */ || reg3 === 8 /* tpr */ || reg3 === 10 /* ppr */ || reg3 === 13 /* ldr */ || reg3 === 15 /* spurious */ || reg3 === 48 /* icr */ || reg3 === 62 /* divide */;
}
function x2Writable(reg3) {
  if (reg3 >= LVT_FIRST && reg3 <= 56 /* initialCount */) return true;
  return reg3 === 8 /* tpr */ || reg3 === 11 /* eoi */ || reg3 === 15 /* spurious */ || reg3 === 40 /* esr */ || reg3 === 48 /* icr */ || reg3 === 62 /* divide */ || reg3 === 63 /* selfIpi */;
}
function highest(set3) {
  for (let w = 7; w >= 0; w--) if (set3[w] !== 0) return w * 32 + 31 - Math.clz32(set3[w]);
  return 0;
}

// src/runtime/machine/devices/pic8259.ts
var CASCADE = 2;
var Pic = class {
  constructor(master, changed) {
    this.master = master;
    this.changed = changed;
  }
  master;
  changed;
  /** Requested, in service, masked. */
  irr = 0;
  isr = 0;
  imr = 0;
  /** Level of each input, and which inputs are level-triggered. */
  lines = 0;
  elcr = 0;
  base = 0;
  /** Which initialisation word comes next; 0: none. */
  expecting = 0;
  wantsIcw4 = false;
  single = false;
  autoEoi = false;
  rotateOnAutoEoi = false;
  specialMask = false;
  specialFullyNested = false;
  poll = false;
  readIsr = false;
  /** Input of lowest priority. */
  lowest = 7;
  reset() {
    this.irr = this.isr = this.imr = this.base = this.expecting = 0;
    this.elcr = 0;
    this.wantsIcw4 = this.single = this.autoEoi = this.rotateOnAutoEoi = this.specialMask = this.specialFullyNested = this.poll = this.readIsr = false;
    this.lowest = 7;
  }
  set(input, level) {
    const bit = 1 << input, was = this.lines & bit;
    if (level) {
      this.lines |= bit;
      if (!was || this.elcr & bit) this.irr |= bit;
    } else {
      this.lines &= ~bit;
      if (this.elcr & bit || this.master && input === CASCADE) this.irr &= ~bit;
    }
  }
  /** 0 is the highest priority, 8 none. */
  priority(bits) {
    for (let p = 0; p < 8; p++) if (bits & 1 << (this.lowest + 1 + p & 7)) return p;
    return 8;
  }
  /** Input that asks for service and may have it; -1: none. */
  request() {
    const asked = this.priority(this.irr & ~this.imr);
    if (asked === 8) return -1;
    let serving = this.isr;
    if (this.specialMask) serving &= ~this.imr;
    if (this.specialFullyNested && this.master) serving &= ~(1 << CASCADE);
    return asked < this.priority(serving) ? this.lowest + 1 + asked & 7 : -1;
  }
  /** First INTA cycle: the input is now in service. */
  serve(input) {
    const bit = 1 << input;
    if (this.autoEoi) {
      if (this.rotateOnAutoEoi) this.lowest = input;
    } else {
      this.isr |= bit;
    }
    if (!(this.elcr & this.lines & bit)) this.irr &= ~bit;
  }
  vector(input) {
    return this.base | input;
  }
  read(data) {
    if (this.poll) {
      this.poll = false;
      const input = this.request();
      if (input < 0) return 0;
      this.serve(input);
      this.changed();
      return 128 | input;
    }
    return data ? this.imr : this.readIsr ? this.isr : this.irr;
  }
  writeCommand(value2) {
    if (value2 & 16) {
      const { elcr, lines: lines2 } = this;
      this.reset();
      this.elcr = elcr;
      this.irr = lines2 & elcr;
      this.single = (value2 & 2) !== 0;
      this.wantsIcw4 = (value2 & 1) !== 0;
      this.expecting = 2;
    } else if (value2 & 8) {
      if (value2 & 64) this.specialMask = (value2 & 32) !== 0;
      if (value2 & 4) this.poll = true;
      if (value2 & 2) this.readIsr = (value2 & 1) !== 0;
    } else {
      this.operation(value2 >> 5, value2 & 7);
    }
  }
  operation(command, input) {
    const served = this.priority(this.isr);
    const highest3 = served === 8 ? -1 : this.lowest + 1 + served & 7;
    switch (command) {
      case 0:
      case 4:
        this.rotateOnAutoEoi = command === 4;
        break;
      case 1:
      case 5:
        if (highest3 < 0) break;
        this.isr &= ~(1 << highest3);
        if (command === 5) this.lowest = highest3;
        break;
      case 3:
      case 7:
        this.isr &= ~(1 << input);
        if (command === 7) this.lowest = input;
        break;
      case 6:
        this.lowest = input;
        break;
    }
  }
  writeData(value2) {
    switch (this.expecting) {
      case 0:
        this.imr = value2;
        break;
      case 2:
        this.base = value2 & 248;
        this.expecting = this.single ? this.wantsIcw4 ? 4 : 0 : 3;
        break;
      case 3:
        this.expecting = this.wantsIcw4 ? 4 : 0;
        break;
      case 4:
        this.specialFullyNested = (value2 & 16) !== 0;
        this.autoEoi = (value2 & 2) !== 0;
        this.expecting = 0;
        break;
    }
  }
};
var Pic8259 = class {
  /** `intr`: the line to the processor. */
  constructor(intr) {
    this.intr = intr;
  }
  intr;
  master = new Pic(true, () => this.update());
  slave = new Pic(false, () => this.update());
  out = false;
  get asserted() {
    return this.out;
  }
  /** One of the 16 inputs; 2 is the slave's own and left alone. */
  set(irq, level) {
    if (irq === CASCADE) return;
    if (irq < 8) this.master.set(irq, level);
    else this.slave.set(irq - 8, level);
    this.update();
  }
  /** The acknowledge cycle: a vector. Without a request, a spurious interrupt of input 7. */
  acknowledge() {
    const input = this.master.request();
    let vector2;
    if (input < 0) {
      vector2 = this.master.vector(7);
    } else {
      this.master.serve(input);
      if (input === CASCADE) {
        const second = this.slave.request();
        if (second >= 0) this.slave.serve(second);
        vector2 = this.slave.vector(second < 0 ? 7 : second);
      } else {
        vector2 = this.master.vector(input);
      }
    }
    this.update();
    return vector2;
  }
  portIn(port2) {
    switch (port2) {
      case 32:
      case 33:
        return this.master.read(port2 === 33);
      case 160:
      case 161:
        return this.slave.read(port2 === 161);
      case 1232:
        return this.master.elcr;
      default:
        return this.slave.elcr;
    }
  }
  portOut(port2, _size, value2) {
    switch (port2) {
      case 32:
        this.master.writeCommand(value2);
        break;
      case 33:
        this.master.writeData(value2);
        break;
      case 160:
        this.slave.writeCommand(value2);
        break;
      case 161:
        this.slave.writeData(value2);
        break;
      // Timer, keyboard, cascade, RTC and coprocessor are always edge-triggered.
      case 1232:
        this.master.elcr = value2 & 248;
        break;
      case 1233:
        this.slave.elcr = value2 & 222;
        break;
    }
    this.update();
  }
  reset() {
    this.master.reset();
    this.slave.reset();
    this.update();
  }
  update() {
    const second = this.slave.request() >= 0;
    this.master.set(CASCADE, second);
    const out = this.master.request() >= 0;
    if (out === this.out) return;
    this.out = out;
    this.intr(out);
  }
};

// src/runtime/machine/devices/piix4-pm.ts
var PM_BASE_REGISTER = 64;
var DEVICE_ACTIVITY_B = 88;
var PM_MISC = 128;
var IO_SPACE = 1;
var PM_IO_ENABLE = 1;
var APMC_EN = 1 << 25;
var PowerManagement = class extends PciFunction {
  /** `moved`: the registers have another first port. */
  constructor(irq, base2, moved) {
    super(32902, 28947, 425984, 3);
    this.moved = moved;
    this.current = base2;
    const d = new DataView(this.config.buffer);
    d.setUint32(PM_BASE_REGISTER, base2 | IO_SPACE, true);
    d.setUint32(DEVICE_ACTIVITY_B, APMC_EN, true);
    this.config[PM_MISC] = PM_IO_ENABLE;
    this.config[60] = irq;
    this.config[61] = 1;
    this.writable[PM_BASE_REGISTER] = 192;
    this.writable[PM_BASE_REGISTER + 1] = 255;
    this.writable[PM_MISC] = PM_IO_ENABLE;
    this.settle();
  }
  moved;
  current;
  put(offset, value2) {
    super.put(offset, value2);
    const base2 = this.config[PM_BASE_REGISTER] & 192 | this.config[PM_BASE_REGISTER + 1] << 8;
    if (!(this.config[PM_MISC] & PM_IO_ENABLE) || base2 === this.current || base2 < 256) return;
    this.current = base2;
    this.moved(base2);
  }
};

// src/runtime/machine/devices/pit8254.ts
var PIT_HZ = 1193182;
var REFRESH = 15085;
var Channel = class {
  constructor(clock) {
    this.clock = clock;
  }
  clock;
  mode = 0;
  bcd = false;
  /** 1: low byte, 2: high byte, 3: low, then high. */
  access = 3;
  /** 1 to 65536 (BCD: 10000). */
  reload = 65536;
  /** Tick of the machine's clock at which the count was loaded. */
  start = 0;
  gate = true;
  /** Mode written, count not yet: the counter stands. */
  idle = true;
  /** Counts done when the gate stopped the counter (modes 0, 4); -1: it counts. */
  stopped = -1;
  /** Modes 1 and 5: the gate has triggered. */
  triggered = false;
  writeLow = -1;
  readHigh = false;
  latched = 0 /* none */;
  latchedCount = 0;
  latchedStatus = -1;
  reset() {
    this.mode = 0;
    this.bcd = false;
    this.access = 3;
    this.reload = 65536;
    this.idle = true;
    this.stopped = -1;
    this.triggered = false;
    this.writeLow = -1;
    this.readHigh = false;
    this.latched = 0 /* none */;
    this.latchedStatus = -1;
  }
  setMode(control2) {
    this.access = control2 >> 4 & 3;
    this.mode = control2 >> 1 & 7;
    if (this.mode > 5) this.mode -= 4;
    this.bcd = (control2 & 1) !== 0;
    this.idle = true;
    this.triggered = false;
    this.stopped = -1;
    this.writeLow = -1;
    this.readHigh = false;
    this.latched = 0 /* none */;
    this.latchedStatus = -1;
  }
  /** Input clocks since the count was loaded. */
  counts(now) {
    return this.stopped >= 0 ? this.stopped : Math.floor((now - this.start) * PIT_HZ / TICKS_PER_SECOND);
  }
  /** The time when that many input clocks have passed. */
  timeOf(counts) {
    return this.start + Math.ceil(counts * TICKS_PER_SECOND / PIT_HZ);
  }
  write(value2) {
    if (this.access === 3 && this.writeLow < 0) {
      this.writeLow = value2;
      if (this.mode === 0) this.idle = true;
      return;
    }
    let count2 = this.access === 1 ? value2 : this.access === 2 ? value2 << 8 : this.writeLow | value2 << 8;
    this.writeLow = -1;
    if (this.bcd) count2 = fromBcd(count2);
    this.reload = count2 === 0 ? this.bcd ? 1e4 : 65536 : count2;
    const periodic = (this.mode === 2 || this.mode === 3) && !this.idle;
    this.idle = false;
    if (this.mode === 1 || this.mode === 5) return;
    if (!periodic || this.counts(this.clock.ticks()) >= this.reload) this.start = this.clock.ticks();
    this.stopped = this.gate || this.mode === 2 || this.mode === 3 ? -1 : 0;
  }
  setGate(level) {
    const now = this.clock.ticks();
    if (level === this.gate) return;
    this.gate = level;
    if (this.idle) return;
    if (this.mode === 0 || this.mode === 4) {
      if (!level) {
        this.stopped = this.counts(now);
      } else {
        this.start = now - Math.floor(this.stopped * TICKS_PER_SECOND / PIT_HZ);
        this.stopped = -1;
      }
    } else if (level) {
      this.start = now;
      this.triggered = true;
    }
  }
  out(now) {
    if (this.idle) return this.mode !== 0;
    const n = this.reload;
    const d = this.counts(now);
    switch (this.mode) {
      case 0:
        return d >= n;
      case 1:
        return !this.triggered || d >= n;
      case 2:
        return !this.gate || d % n !== n - 1;
      case 3:
        return !this.gate || d % n < n + 1 >> 1;
      case 4:
        return d !== n;
      default:
        return !this.triggered || d !== n;
    }
  }
  /** When the output rose last, by itself: a clock pulse later than it fell (modes 2, 4, 5) or half a period (3), maybe long ago. 0: it has not. */
  lastRise(now) {
    if (this.idle || this.stopped >= 0) return 0;
    const n = this.reload, d = this.counts(now);
    switch (this.mode) {
      case 2:
      case 3:
        return this.gate && d >= n ? this.timeOf(d - d % n) : 0;
      case 4:
      case 5:
        return d > n ? this.timeOf(n + 1) : 0;
      default:
        return 0;
    }
  }
  /** When the output rises next. */
  nextRise(now) {
    if (this.idle || this.stopped >= 0) return Infinity;
    const n = this.reload, d = this.counts(now);
    switch (this.mode) {
      case 0:
      case 1:
        return d < n ? this.timeOf(n) : Infinity;
      case 2:
      case 3:
        return this.gate ? this.timeOf(d - d % n + n) : Infinity;
      default:
        return d <= n ? this.timeOf(n + 1) : Infinity;
    }
  }
  count() {
    const n = this.reload, d = this.counts(this.clock.ticks());
    let c;
    if (this.idle) c = n;
    else if (this.mode === 2) c = n - d % n;
    else if (this.mode === 3) c = n - (2 * d % n & ~1);
    else if ((this.mode === 1 || this.mode === 5) && !this.triggered) c = n;
    else c = this.bcd ? ((n - d) % 1e4 + 1e4) % 1e4 : n - d & 65535;
    return this.bcd ? toBcd(c % 1e4) : c & 65535;
  }
  latchCount() {
    if (this.latched !== 0 /* none */) return;
    this.latchedCount = this.count();
    this.latched = this.access;
  }
  latchStatus() {
    if (this.latchedStatus >= 0) return;
    this.latchedStatus = (this.out(this.clock.ticks()) ? 128 : 0) | (this.idle ? 64 : 0) | this.access << 4 | this.mode << 1 | (this.bcd ? 1 : 0);
  }
  read() {
    if (this.latchedStatus >= 0) {
      const s = this.latchedStatus;
      this.latchedStatus = -1;
      return s;
    }
    if (this.latched !== 0 /* none */) {
      const low = (this.latched & 1 /* low */) !== 0;
      this.latched &= low ? ~1 /* low */ : ~2 /* high */;
      return low ? this.latchedCount & 255 : this.latchedCount >> 8;
    }
    const c = this.count();
    if (this.access === 3) {
      this.readHigh = !this.readHigh;
      return this.readHigh ? c & 255 : c >> 8;
    }
    return this.access === 2 ? c >> 8 : c & 255;
  }
};
var fromBcd = (x) => (x >> 12) * 1e3 + (x >> 8 & 15) * 100 + (x >> 4 & 15) * 10 + (x & 15);
var toBcd = (x) => Math.floor(x / 1e3) << 12 | Math.floor(x / 100 % 10) << 8 | Math.floor(x / 10 % 10) << 4 | x % 10;
var Pit8254 = class {
  /** `irq`: output of channel 0. */
  constructor(clock, events, irq) {
    this.clock = clock;
    this.irq = irq;
    this.channels = [0, 1, 2].map(() => new Channel(clock));
    this.timer = events.timer(() => this.update());
    this.channels[2].setGate(false);
  }
  clock;
  irq;
  channels;
  timer;
  speaker = 0;
  /** When channel 0's output rose last, of what the interrupt line has been told. */
  risen = 0;
  reset() {
    for (const c of this.channels) c.reset();
    this.speaker = 0;
    this.channels[2].setGate(false);
    this.update();
  }
  portIn(port2) {
    const now = this.clock.ticks();
    if (port2 === 97) {
      return this.speaker | (Math.floor(now / REFRESH) & 1 ? 16 : 0) | (this.channels[2].out(now) ? 32 : 0);
    }
    return port2 === 67 ? 255 : this.channels[port2 & 3].read();
  }
  portOut(port2, _size, value2) {
    if (port2 === 97) {
      this.speaker = value2 & 15;
      this.channels[2].setGate((value2 & 1) !== 0);
      return;
    }
    if (port2 !== 67) {
      this.channels[port2 & 3].write(value2);
    } else if (value2 >> 6 === 3) {
      for (let i = 0; i < 3; i++) {
        if (!(value2 & 2 << i)) continue;
        if (!(value2 & 32)) this.channels[i].latchCount();
        if (!(value2 & 16)) this.channels[i].latchStatus();
      }
    } else if (value2 & 48) {
      this.channels[value2 >> 6].setMode(value2);
    } else {
      this.channels[value2 >> 6].latchCount();
    }
    if (port2 === 64 || port2 === 67) this.update();
  }
  /** Only rising edges matter to interrupt controllers: a fall is made up for when the rise is due. */
  update() {
    const now = this.clock.ticks(), c = this.channels[0];
    const rise = c.lastRise(now);
    if (rise > this.risen) {
      this.risen = rise;
      this.irq(false);
    }
    this.irq(c.out(now));
    this.timer.at = c.nextRise(now);
  }
};

// src/runtime/machine/devices/port92.ts
var Port92 = class {
  constructor(lines2) {
    this.lines = lines2;
  }
  lines;
  value = 0;
  reset() {
    this.value = 0;
  }
  portIn() {
    return this.value & ~2 | (this.lines.a20 ? 2 : 0);
  }
  portOut(_port, _size, value2) {
    const rise = value2 & ~this.value & 1;
    this.value = value2;
    this.lines.a20 = (value2 & 2) !== 0;
    if (rise) this.lines.init();
  }
};

// src/runtime/machine/devices/reset-control.ts
var ResetControl = class {
  constructor(lines2) {
    this.lines = lines2;
  }
  lines;
  value = 0;
  reset() {
    this.value = 0;
  }
  portIn() {
    return this.value;
  }
  portOut(_port, _size, value2) {
    const rise = value2 & ~this.value & 4;
    this.value = value2 & 14;
    if (!rise) return;
    if (value2 & 2) this.lines.boardReset();
    else this.lines.init();
  }
};

// src/runtime/machine/devices/rtc.ts
var A_UIP = 128;
var B_SET = 128;
var B_PIE = 64;
var B_AIE = 32;
var B_UIE = 16;
var B_BINARY = 4;
var B_24H = 2;
var C_IRQ = 128;
var C_PF = 64;
var C_AF = 32;
var C_UF = 16;
var UIP_TICKS = 244e3 + 1984e3;
var Rtc = class {
  /** `date`: milliseconds since 1970 at power-on. */
  constructor(clock, events, irq, date) {
    this.clock = clock;
    this.irq = irq;
    this.origin = this.seen = date;
    this.ram[10 /* a */] = 38;
    this.ram[11 /* b */] = B_24H;
    this.ram[13 /* d */] = 128;
    this.periodic = events.timer(() => this.arm());
    this.second = events.timer(() => this.arm());
  }
  clock;
  irq;
  ram = new Uint8Array(128);
  index = 0;
  /** Milliseconds of the date (UTC) when the machine's clock was 0. */
  origin;
  /** Date fields as written while the clock is set or stopped; null: it runs. */
  held = null;
  periodic;
  second;
  /** Until when flags are up to date. */
  seen = 0;
  lastPeriod = 0;
  reset() {
    this.ram[11 /* b */] &= ~(B_PIE | B_AIE | B_UIE | 8);
    this.ram[12 /* c */] = 0;
    this.arm();
  }
  portIn(port2) {
    if (port2 === 112) return 255;
    const i = this.index;
    if (i <= 9 /* year */ || i === 50 /* century */) return this.field(i);
    if (i === 10 /* a */) return this.ram[i] | (this.updating() ? A_UIP : 0);
    if (i === 12 /* c */) {
      this.collect();
      const v = this.ram[12 /* c */];
      this.ram[12 /* c */] = 0;
      this.arm();
      return v;
    }
    return this.ram[i];
  }
  portOut(port2, _size, value2) {
    if (port2 === 112) {
      this.index = value2 & 127;
      return;
    }
    const i = this.index;
    if (i <= 9 /* year */ || i === 50 /* century */) {
      this.write(i, value2);
    } else if (i === 10 /* a */) {
      this.collect();
      this.ram[i] = value2 & 127;
    } else if (i === 11 /* b */) {
      this.collect();
      this.ram[i] = value2;
      if (value2 & B_SET) this.hold();
      else this.release();
    } else if (i !== 12 /* c */ && i !== 13 /* d */) {
      this.ram[i] = value2;
      return;
    }
    this.arm();
  }
  // The date.
  milliseconds() {
    return this.origin + this.clock.ticks() / TICKS_PER_SECOND * 1e3;
  }
  updating() {
    if (this.held) return false;
    const intoSecond = this.milliseconds() % 1e3 * (TICKS_PER_SECOND / 1e3);
    return intoSecond >= TICKS_PER_SECOND - UIP_TICKS;
  }
  encode(n) {
    return this.ram[11 /* b */] & B_BINARY ? n : Math.floor(n / 10) << 4 | n % 10;
  }
  decode(n) {
    return this.ram[11 /* b */] & B_BINARY ? n : (n >> 4) * 10 + (n & 15);
  }
  field(i) {
    if (i === 1 /* secondsAlarm */ || i === 3 /* minutesAlarm */ || i === 5 /* hoursAlarm */) return this.ram[i];
    if (this.held) return this.held[i];
    return this.fieldAt(i, new Date(this.milliseconds()));
  }
  fieldAt(i, d) {
    switch (i) {
      case 0 /* seconds */:
        return this.encode(d.getUTCSeconds());
      case 2 /* minutes */:
        return this.encode(d.getUTCMinutes());
      case 4 /* hours */: {
        const h = d.getUTCHours();
        if (this.ram[11 /* b */] & B_24H) return this.encode(h);
        return this.encode(h % 12 === 0 ? 12 : h % 12) | (h >= 12 ? 128 : 0);
      }
      case 6 /* weekday */:
        return this.encode(d.getUTCDay() + 1);
      case 7 /* day */:
        return this.encode(d.getUTCDate());
      case 8 /* month */:
        return this.encode(d.getUTCMonth() + 1);
      case 9 /* year */:
        return this.encode(d.getUTCFullYear() % 100);
      default:
        return this.encode(Math.floor(d.getUTCFullYear() / 100));
    }
  }
  hold() {
    if (this.held) return;
    const d = new Date(this.milliseconds());
    const held = new Uint8Array(128);
    for (let i = 0; i <= 9 /* year */; i++) held[i] = this.fieldAt(i, d);
    held[50 /* century */] = this.fieldAt(50 /* century */, d);
    this.held = held;
  }
  /** The clock goes on from the fields as they are now. */
  release() {
    const h = this.held;
    if (!h) return;
    this.held = null;
    const hours = h[4 /* hours */];
    const twelve = this.decode(hours & 127) % 12;
    const hour = this.ram[11 /* b */] & B_24H ? this.decode(hours) : twelve + (hours & 128 ? 12 : 0);
    const year = this.decode(h[50 /* century */]) * 100 + this.decode(h[9 /* year */]);
    const date = Date.UTC(year, this.decode(h[8 /* month */]) - 1, this.decode(h[7 /* day */]), hour, this.decode(h[2 /* minutes */]), this.decode(h[0 /* seconds */]));
    this.origin = date - this.clock.ticks() / TICKS_PER_SECOND * 1e3;
    this.seen = this.milliseconds();
  }
  write(i, value2) {
    if (i === 1 /* secondsAlarm */ || i === 3 /* minutesAlarm */ || i === 5 /* hoursAlarm */) {
      this.ram[i] = value2;
      return;
    }
    const running = !this.held;
    this.hold();
    this.held[i] = value2;
    if (running) this.release();
  }
  // Flags and interrupts.
  /** Ticks of the periodic interrupt; 0: off. */
  period() {
    const rate = this.ram[10 /* a */] & 15;
    if (rate === 0) return 0;
    const shift3 = rate <= 2 ? rate + 7 : rate;
    return TICKS_PER_SECOND * 2 ** (shift3 - 1) / 32768;
  }
  alarmAt(d) {
    const matches = (alarm, field) => (this.ram[alarm] & 192) === 192 || this.ram[alarm] === this.fieldAt(field, d);
    return matches(1 /* secondsAlarm */, 0 /* seconds */) && matches(3 /* minutesAlarm */, 2 /* minutes */) && matches(5 /* hoursAlarm */, 4 /* hours */);
  }
  /** Set the flags of what has happened since last time. */
  collect() {
    const now = this.milliseconds(), ticks = this.clock.ticks();
    let c = this.ram[12 /* c */];
    if (!this.held && Math.floor(now / 1e3) > Math.floor(this.seen / 1e3)) {
      c |= C_UF;
      const last = Math.floor(now / 1e3), first = Math.max(Math.floor(this.seen / 1e3) + 1, last - 86400);
      for (let s = last; s >= first && !(c & C_AF); s--) if (this.alarmAt(new Date(s * 1e3))) c |= C_AF;
    }
    this.seen = now;
    const period = this.period();
    if (period > 0) {
      const n = Math.floor(ticks / period);
      if (n !== this.lastPeriod) c |= C_PF;
      this.lastPeriod = n;
    }
    if (c & this.ram[11 /* b */] & (C_PF | C_AF | C_UF)) c |= C_IRQ;
    this.ram[12 /* c */] = c;
  }
  arm() {
    this.collect();
    const b = this.ram[11 /* b */], period = this.period();
    this.irq((this.ram[12 /* c */] & C_IRQ) !== 0);
    this.periodic.at = b & B_PIE && period > 0 ? Math.ceil((this.lastPeriod + 1) * period) : Infinity;
    const toNext = 1e3 - this.milliseconds() % 1e3;
    this.second.at = b & (B_AIE | B_UIE) && !this.held ? Math.ceil(this.clock.ticks() + toNext * (TICKS_PER_SECOND / 1e3)) : Infinity;
  }
};

// src/runtime/machine/devices/serial16550.ts
var LCR_DLAB = 128;
var MCR_OUT2 = 8;
var MCR_LOOP = 16;
var LSR_DATA = 1;
var LSR_OVERRUN = 2;
var LSR_SENT = 96;
var IER_DATA = 1;
var IER_SENT = 2;
var IER_LINE = 4;
var IER_MODEM = 8;
var FIFO = 16;
var MODEM_ON = 176;
var TRIGGER = [1, 4, 8, 14];
var Serial16550 = class {
  /** `base`: first port; `irq`: its interrupt line; `transmit` takes each byte sent. */
  constructor(base2, irq, transmit) {
    this.base = base2;
    this.irq = irq;
    this.transmit = transmit;
  }
  base;
  irq;
  transmit;
  divisor = 12;
  ier = 0;
  lcr = 0;
  mcr = 0;
  scratch = 0;
  fifoOn = false;
  trigger = 1;
  overrun = false;
  /** The transmitter became empty and nobody has been told. */
  sent = false;
  modem = MODEM_ON;
  modemDelta = 0;
  received = [];
  /** What has arrived and waits for room: chunks, and how much of the first is gone. */
  waiting = [];
  taken = 0;
  waitingBytes = 0;
  /** Called when nothing waits any more. */
  onDrained = null;
  reset() {
    this.divisor = 12;
    this.ier = this.lcr = this.mcr = this.scratch = 0;
    this.fifoOn = this.overrun = this.sent = false;
    this.trigger = 1;
    this.modem = MODEM_ON;
    this.modemDelta = 0;
    this.received.length = 0;
    this.update();
  }
  /** Bytes from outside; kept until the guest has read what came before. */
  receive(bytes) {
    if (bytes.length === 0) return;
    this.waiting.push(bytes.slice());
    this.waitingBytes += bytes.length;
    this.refill();
  }
  /** Bytes that wait for room. */
  get backlog() {
    return this.waitingBytes;
  }
  /** The next of them. */
  takeWaiting() {
    const first = this.waiting[0], byte = first[this.taken++];
    if (this.taken === first.length) {
      this.waiting.shift();
      this.taken = 0;
    }
    if (--this.waitingBytes === 0) this.onDrained?.();
    return byte;
  }
  /** The next received byte for someone who does not go through the registers (BIOS services), taken or only looked at; -1: none. */
  peek(take) {
    if (this.received.length === 0) {
      if (this.waitingBytes === 0) return -1;
      return take ? this.takeWaiting() : this.waiting[0][this.taken];
    }
    const byte = this.received[0];
    if (take) {
      this.received.shift();
      this.refill();
    }
    return byte;
  }
  refill() {
    if (!(this.mcr & MCR_LOOP)) {
      const room = this.fifoOn ? FIFO : 1;
      while (this.waitingBytes > 0 && this.received.length < room) this.received.push(this.takeWaiting());
    }
    this.update();
  }
  portIn(port2) {
    switch (port2 - this.base) {
      case 0 /* data */: {
        if (this.lcr & LCR_DLAB) return this.divisor & 255;
        const byte = this.received.shift() ?? 0;
        this.refill();
        return byte;
      }
      case 1 /* ier */:
        return this.lcr & LCR_DLAB ? this.divisor >> 8 : this.ier;
      case 2 /* iir */: {
        const cause = this.cause();
        if (cause === 2) {
          this.sent = false;
          this.update();
        }
        return cause | (this.fifoOn ? 192 : 0);
      }
      case 3 /* lcr */:
        return this.lcr;
      case 4 /* mcr */:
        return this.mcr;
      case 5 /* lsr */: {
        const v = LSR_SENT | (this.received.length > 0 ? LSR_DATA : 0) | (this.overrun ? LSR_OVERRUN : 0);
        this.overrun = false;
        this.update();
        return v;
      }
      case 6 /* msr */: {
        const v = this.modem | this.modemDelta;
        this.modemDelta = 0;
        this.update();
        return v;
      }
      case 7 /* scratch */:
        return this.scratch;
    }
  }
  portOut(port2, _size, value2) {
    switch (port2 - this.base) {
      case 0 /* data */:
        if (this.lcr & LCR_DLAB) {
          this.divisor = this.divisor & 65280 | value2;
        } else {
          this.send(value2);
          this.sent = true;
        }
        break;
      case 1 /* ier */:
        if (this.lcr & LCR_DLAB) {
          this.divisor = this.divisor & 255 | value2 << 8;
        } else {
          if (value2 & IER_SENT && !(this.ier & IER_SENT)) this.sent = true;
          this.ier = value2 & 15;
        }
        break;
      case 2 /* iir */: {
        const on = (value2 & 1) !== 0;
        if (on !== this.fifoOn || value2 & 2) this.received.length = 0;
        this.fifoOn = on;
        this.trigger = on ? TRIGGER[value2 >> 6] : 1;
        this.refill();
        return;
      }
      case 3 /* lcr */:
        this.lcr = value2;
        break;
      case 4 /* mcr */: {
        const looped = this.mcr & MCR_LOOP;
        this.mcr = value2 & 31;
        const m2 = this.mcr & MCR_LOOP ? (value2 & 1) << 5 | (value2 & 2) << 3 | (value2 & 4) << 4 | (value2 & 8) << 4 : MODEM_ON;
        this.modemDelta |= ((m2 ^ this.modem) & MODEM_ON) >> 4 | (this.modem & ~m2 & 64) >> 4;
        this.modem = m2;
        if (looped) this.refill();
        break;
      }
      case 7 /* scratch */:
        this.scratch = value2;
        break;
      case 5 /* lsr */:
      case 6 /* msr */:
        break;
    }
    this.update();
  }
  send(byte) {
    if (!(this.mcr & MCR_LOOP)) {
      this.transmit(byte);
    } else if (this.received.length < (this.fifoOn ? FIFO : 1)) {
      this.received.push(byte);
    } else {
      this.overrun = true;
      if (!this.fifoOn) this.received[0] = byte;
    }
  }
  /** Identification of the most urgent interrupt; 1: none. */
  cause() {
    const { ier } = this;
    if (ier & IER_LINE && this.overrun) return 6;
    if (ier & IER_DATA && this.received.length > 0) return this.received.length >= this.trigger ? 4 : 12;
    if (ier & IER_SENT && this.sent) return 2;
    if (ier & IER_MODEM && this.modemDelta) return 0;
    return 1;
  }
  update() {
    this.irq(this.cause() !== 1 && (this.mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2);
  }
};

// src/runtime/machine/devices/testdev.ts
var TESTDEV_MEMORY = 4278190080;
var TESTDEV_SIZE = 65536;
var TESTDEV_IRQS = 8192;
var TESTDEV_LINES = 24;
var TestDevice = class {
  constructor(line) {
    this.line = line;
  }
  line;
  value = 0;
  memory = new Uint8Array(TESTDEV_SIZE);
  reset() {
    this.value = 0;
  }
  portIn(port2, size) {
    if (port2 < 224 || port2 > 227) return 0;
    const v = this.value >>> 8 * (port2 - 224);
    return size === 4 ? v : v & (1 << 8 * size) - 1;
  }
  portOut(port2, size, value2) {
    if (port2 >= TESTDEV_IRQS) {
      this.line(port2 - TESTDEV_IRQS, value2 !== 0);
    } else if (port2 < 228) {
      const shift3 = 8 * (port2 - 224), mask2 = size === 4 ? -1 : (1 << 8 * size) - 1 << shift3;
      this.value = this.value & ~mask2 | value2 << shift3 & mask2;
    }
  }
  read(offset, size) {
    let v = 0;
    for (let i = 0; i < size; i++) v |= this.memory[(offset + i) % TESTDEV_SIZE] << 8 * i;
    return v >>> 0;
  }
  write(offset, size, value2) {
    for (let i = 0; i < size; i++) this.memory[(offset + i) % TESTDEV_SIZE] = value2 >>> 8 * i;
  }
};

// src/runtime/machine/events.ts
var Timer = class {
  constructor(queue, fire) {
    this.queue = queue;
    this.fire = fire;
  }
  queue;
  fire;
  when = Infinity;
  get at() {
    return this.when;
  }
  /** Fires once when the clock has reached this time, which may be past. */
  set at(time) {
    const before = this.queue.next;
    this.when = time;
    this.queue.moved(time, before);
  }
  stop() {
    this.at = Infinity;
  }
  /** For the queue: the time has come. */
  take() {
    this.when = Infinity;
    this.fire();
  }
};
var Events = class {
  timers = [];
  soonest = Infinity;
  known = true;
  /** Called when a timer is set to an earlier time than any before: a slice that runs past it must be cut. */
  onEarlier = null;
  timer(fire) {
    const t = new Timer(this, fire);
    this.timers.push(t);
    return t;
  }
  /** A timer was set to `time`, when `before` was the next event. */
  moved(time, before) {
    if (time < before) {
      this.soonest = time;
      this.onEarlier?.(time);
    } else {
      this.known = false;
    }
  }
  /** Time of the next event. */
  get next() {
    if (!this.known) {
      this.soonest = Infinity;
      for (const t of this.timers) if (t.at < this.soonest) this.soonest = t.at;
      this.known = true;
    }
    return this.soonest;
  }
  /** Let happen all that is due at `now`; what that arms for `now` or before happens, too. How many there were. */
  run(now) {
    let happened = 0;
    for (; this.next <= now; happened++) {
      const time = this.next;
      const due = this.timers.find((t) => t.at === time);
      this.known = false;
      due.take();
      this.known = false;
    }
    return happened;
  }
};

// src/runtime/machine/firmware/acpi-tables.ts
var SCI_IRQ = 9;
var HEADER = 36;
var FACS_WAKING_VECTOR = 12;
var DSDT_AML = [8, 95, 83, 51, 95, 18, 6, 4, 1, 1, 0, 0, 8, 95, 83, 53, 95, 18, 6, 4, 0, 0, 0, 0];
var Table = class {
  bytes;
  d;
  constructor(signature, revision, length) {
    this.bytes = new Uint8Array(length);
    this.d = new DataView(this.bytes.buffer);
    this.text(0, signature);
    this.u32(4, length);
    this.u8(8, revision);
    this.text(10, "LIFT86");
    this.text(16, "LIFT86PC");
    this.u32(24, 1);
    this.text(28, "L86 ");
    this.u32(32, 1);
  }
  u8(at2, v) {
    this.bytes[at2] = v;
  }
  u16(at2, v) {
    this.d.setUint16(at2, v, true);
  }
  u32(at2, v) {
    this.d.setUint32(at2, v, true);
  }
  text(at2, s) {
    for (let i = 0; i < s.length; i++) this.bytes[at2 + i] = s.charCodeAt(i);
  }
  /** Generic address structure in I/O space. */
  io(at2, bits, access, port2) {
    this.u8(at2, 1);
    this.u8(at2 + 1, bits);
    this.u8(at2 + 3, access);
    this.u32(at2 + 4, port2);
  }
  seal() {
    this.bytes[9] = checksum(this.bytes, 9);
    return this.bytes;
  }
};
function checksum(bytes, except) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) if (i !== except) sum += bytes[i];
  return -sum & 255;
}
function madt(cpus) {
  const overrides = [[0, 2, 0], [SCI_IRQ, SCI_IRQ, 13]];
  const t = new Table("APIC", 3, HEADER + 8 + 8 * cpus + 12 + 10 * overrides.length + 6);
  t.u32(36, APIC_DEFAULT_BASE);
  t.u32(40, 1);
  let at2 = 44;
  for (let i = 0; i < cpus; i++, at2 += 8) {
    t.u8(at2, 0);
    t.u8(at2 + 1, 8);
    t.u8(at2 + 2, i);
    t.u8(at2 + 3, i);
    t.u32(at2 + 4, 1);
  }
  t.u8(at2, 1);
  t.u8(at2 + 1, 12);
  t.u8(at2 + 2, 0);
  t.u32(at2 + 4, IO_APIC_BASE);
  at2 += 12;
  for (const [irq, input, flags] of overrides) {
    t.u8(at2, 2);
    t.u8(at2 + 1, 10);
    t.u8(at2 + 3, irq);
    t.u32(at2 + 4, input);
    t.u16(at2 + 8, flags);
    at2 += 10;
  }
  t.u8(at2, 4);
  t.u8(at2 + 1, 6);
  t.u8(at2 + 2, 255);
  t.u8(at2 + 5, 1);
  return t.seal();
}
function fadt(facs, dsdt) {
  const t = new Table("FACP", 3, 244);
  t.u32(36, facs);
  t.u32(40, dsdt);
  t.u16(46, SCI_IRQ);
  t.u32(48, SMI_COMMAND);
  t.u8(52, ACPI_ENABLE);
  t.u8(53, ACPI_DISABLE);
  t.u32(56, PM_BASE);
  t.u32(64, PM_BASE + 4);
  t.u32(76, PM_TIMER);
  t.u8(88, 4);
  t.u8(89, 2);
  t.u8(91, 4);
  t.u16(96, 4095);
  t.u16(98, 4095);
  t.u8(108, 50);
  t.u16(109, 3);
  t.u32(112, 1 | 4 | 32 | 1024);
  t.io(116, 8, 1, 3321);
  t.u8(128, 6);
  t.u32(132, facs);
  t.u32(140, dsdt);
  t.io(148, 32, 2, PM_BASE);
  t.io(172, 16, 2, PM_BASE + 4);
  t.io(208, 32, 3, PM_TIMER);
  return t.seal();
}
function acpiTables(base2, cpus) {
  const align = (n) => n + 63 & ~63;
  const apic = madt(cpus), dsdtLength = HEADER + DSDT_AML.length;
  const facsAt = 64, dsdtAt = facsAt + 64, fadtAt = align(dsdtAt + dsdtLength), madtAt = align(fadtAt + 244), rsdtAt = align(madtAt + apic.length);
  const out = new Uint8Array(align(rsdtAt + HEADER + 8));
  const d = new DataView(out.buffer);
  const rsdp = out.subarray(0, 20);
  for (const [at2, s] of [[0, "RSD PTR "], [9, "LIFT86"]]) for (let i = 0; i < s.length; i++) rsdp[at2 + i] = s.charCodeAt(i);
  d.setUint32(16, base2 + rsdtAt, true);
  rsdp[8] = checksum(rsdp, 8);
  for (let i = 0; i < 4; i++) out[facsAt + i] = "FACS".charCodeAt(i);
  d.setUint32(facsAt + 4, 64, true);
  out[facsAt + 32] = 1;
  const dsdt = new Table("DSDT", 1, dsdtLength);
  dsdt.bytes.set(DSDT_AML, HEADER);
  out.set(dsdt.seal(), dsdtAt);
  out.set(fadt(base2 + facsAt, base2 + dsdtAt), fadtAt);
  out.set(apic, madtAt);
  const rsdt = new Table("RSDT", 1, HEADER + 8);
  rsdt.u32(HEADER, base2 + fadtAt);
  rsdt.u32(HEADER + 4, base2 + madtAt);
  out.set(rsdt.seal(), rsdtAt);
  return { bytes: out, facs: base2 + facsAt };
}

// src/runtime/machine/firmware/rom-image.ts
var ROM = "+vywD+Zw5HGIw7AP5nAwwOZxgPsFdAeA+wp0COsOsCDmoOYgMcCO2P8uZwS6AA6wAe7sPAJ1ELjAn47QvAAEugQOZu1mUMsxwI7QvAB8LmYPARao8g8gwAwBDyLAuxAAjttmvwAA4P5nZseH8AAAAP8BAABnZseHUAMAAAAHAABnZseHYAMAAAAEAAC7GACO247DJP4PIsDqnfAA8DHAjtiOwI7QMf+5AAG4+/GruADwq+L2vyAAuQgAuAXyq4PHAuL3v8ABuQgAuPzxq4PHAuL3xwYgAAzyxwZAADjyxwZEADzyxwZIAEDyxwZMAETyxwZUAEjyxwZYAEzyxwZgAFDyxwZkAFTyxwZoAFjyvwAEuYAAMcDzq8cGAAT4A8cGDgTAn8cGEAQCAscGEwR/AsYGSQQDxwZKBFAAxwZjBNQDxgaEBBiwEeYg5qCwCOYhsHDmobAE5iGwAuahsAHmIeahsPrmIbD/5qGwNOZDMMDmQOZAugAOMMDu7DwBdAg8AnRP+vTr/LoEDmbtZonFuggOZu1micMuZg8BFqjyDyDADAEPIsBmMcCMyGbB4ARmBbzxAABmaghmUGbLuBAAAACO2I7AjuCO6I7QuAKwrSv/5boIDmbtZonDugQOZu0xyY7ZjsGO0bwAfPtmD7bTZlBmMcBmMdtmMcnLz1CwIOag5iBYz1CwIOYgWM9QHjHAjthm/wZsBGaBPmwEsAAYAHINZscGbAQAAAAA/gZwBM0csCDmIB9Yz2oQ6yBqEescahLrGGoT6xRqFesQahbrDGoY6whqGesEahrrAB4GZmBmMcCM0GbB4ARmD7fMZgHIugwOZu/shMB0Bfv0+uvhZmEHH4PEAs+QAAAAAAAAAAD//wAAAJvPAP//AAAAk88A//8AAACTAAAfAIjyDwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA6gDwAPAxMS8yNS8yNgD8AA==";
var OPTION_ROM = "VaoCywAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgAI20AAAkUG5QAQIAAAAAAAAAAEAARwAAAIBwAAAAAFQAAAAAAGxpZnQ4NgBsaWZ0ODYgaW1hZ2UA+vwxwI7YxwZMAAEBjA5OAIzIjthmD7fAZsHgBGYFMAEAAGajSgG6AA4wwO7sPAF0CDwCdE/69Ov8ugQOZu1micW6CA5m7WaJwy5mDwEWSAEPIMAMAQ8iwGYxwIzIZsHgBGYFwgAAAGZqCGZQZsu4EAAAAI7YjsCO4I7ojtC4ArCtK//luggOZu1micO6BA5m7THJjtmOwY7RvAB8+2YPttNmUGYxwGYx22YxyctqE+sAHgZmYGYxwIzQZsHgBGYPt8xmAci6DA5m7+yEwHQF+/T66+FmYQcfg8QCzwAAAAAAAAAA//8AAACbzwD//wAAAJPPABcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAxg==";

// src/runtime/machine/board.ts
var COM1 = 1016;
var PAGE2 = 4096;
var TOP = 2 ** 32;
var ROM_SEGMENT = 983040;
var TABLES = 917504;
var SEGMENT2 = 65536;
var VIDEO = 655360;
var CARDS = 786432;
var EXTENDED = 1048576;
var BASE_MEMORY = 654336;
var decode = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
var Board = class {
  constructor(options, lines2) {
    this.options = options;
    this.lines = lines2;
    const { cpus, memory: ram, bios, icount } = options;
    this.memory = new PhysicalMemory(ram, bios ? bios.length : SEGMENT2);
    this.clock = icount ? new InstructionClock() : new RealClock();
    const { ports: ports3, events, clock, memory } = this;
    this.pic = new Pic8259(() => this.locals[0]?.externalChanged());
    const bus = new ApicBus();
    this.ioApic = new IoApic(bus);
    this.locals = Array.from({ length: cpus }, (_, id2) => new LocalApic({
      id: id2,
      bus,
      clock,
      events,
      external: this.pic,
      physicalBits: options.physicalBits,
      onBase: (address2) => this.moveApic(address2),
      onIpi: () => lines2.ipi()
    }));
    const irq = (n) => (level) => this.interrupt(n, level);
    const gate = this.gate();
    const pm = new AcpiPm(clock, events, irq(SCI_IRQ), { off: () => lines2.powerOff(), sleep: () => lines2.sleep(), wake: () => lines2.wake() });
    const pit = new Pit8254(clock, events, irq(0));
    this.serial = new Serial16550(COM1, irq(4), (byte) => lines2.serial(byte));
    this.rtc = new Rtc(clock, events, (level) => {
      this.interrupt(8, level);
      if (level) pm.rtcAlarm();
    }, options.date);
    const i8042 = new I8042(gate, irq(1), irq(12));
    const port92 = new Port92(gate);
    this.fwCfg = new FwCfg(memory);
    const test2 = new TestDevice((n, level) => this.interrupt(n, level));
    const rom = this.installRom(bios);
    const pci = new PciBus();
    pci.add(0, 0, new HostBridge(memory, rom));
    pci.add(1, 0, new PciFunction(32902, 28672, 393472, 0, true).settle());
    pci.add(1, 3, new PowerManagement(SCI_IRQ, PM_BASE, (base2) => this.movePm(pm, base2)));
    const resetControl = new ResetControl({ init: gate.init, boardReset: () => lines2.boardReset() });
    ports3.add(32, 2, this.pic);
    ports3.add(160, 2, this.pic);
    ports3.add(1232, 2, this.pic);
    ports3.add(64, 4, pit);
    ports3.add(97, 1, pit);
    ports3.add(96, 1, i8042);
    ports3.add(100, 1, i8042);
    ports3.add(112, 2, this.rtc);
    ports3.add(146, 1, port92);
    ports3.add(240, 1, { portIn: () => 255, portOut: () => this.interrupt(13, false) });
    ports3.add(178, 2, pm);
    ports3.add(224, 8, test2, 4);
    ports3.add(TESTDEV_IRQS, TESTDEV_LINES, test2);
    ports3.add(244, 4, new DebugExit((status) => lines2.exit(status)), 4);
    ports3.add(COM1, 8, this.serial);
    ports3.add(1296, 2, this.fwCfg, 2);
    ports3.add(1300, 8, this.fwCfg, 4);
    this.movePm(pm, PM_BASE);
    ports3.add(SMI_COMMAND, 2, pm);
    ports3.add(3320, 8, pci, 4);
    ports3.add(3321, 1, resetControl);
    ports3.add(FIRMWARE_PORT, FIRMWARE_PORTS, new FirmwarePort(options.firmware), 4);
    memory.addMmio(IO_APIC_BASE, PAGE2, this.ioApic);
    memory.addMmio(TESTDEV_MEMORY, TESTDEV_SIZE, test2);
    this.moveApic(APIC_DEFAULT_BASE);
    const low = Math.min(ram, BASE_MEMORY), ranges = [{ start: 0, length: low, type: 1 }];
    ranges.push({ start: BASE_MEMORY, length: VIDEO - BASE_MEMORY, type: 2 }, { start: TABLES, length: EXTENDED - TABLES, type: 2 });
    if (ram > EXTENDED) ranges.push({ start: EXTENDED, length: ram - EXTENDED, type: 1 });
    this.map = ranges;
    this.describe(bios !== null);
    this.devices.push(this.pic, this.ioApic, ...this.locals, pit, this.serial, this.rtc, i8042, port92, pm, this.fwCfg, test2, pci, resetControl);
  }
  options;
  lines;
  memory;
  ports = new Ports();
  events = new Events();
  clock;
  locals;
  serial;
  rtc;
  fwCfg;
  /** What firmware tells systems of memory. */
  map;
  pic;
  ioApic;
  devices = [];
  windows = /* @__PURE__ */ new Set();
  /** A20 and INIT as the two devices with such lines see them. */
  gate() {
    const { memory } = this;
    return {
      get a20() {
        return memory.a20;
      },
      set a20(on) {
        memory.a20 = on;
      },
      init: () => {
        for (const a of this.locals) a.init();
        this.lines.init();
      }
    };
  }
  interrupt(irq, level) {
    if (irq < 16) this.pic.set(irq, level);
    if (irq === 0) this.ioApic.set(2, level);
    else if (irq !== 2) this.ioApic.set(irq, level);
  }
  /** FERR# of a processor with CR0.NE = 0. */
  coprocessorError() {
    this.interrupt(13, true);
  }
  /** The window of the local APICs: whose it is depends on who asks. */
  moveApic(address2) {
    if (this.windows.has(address2)) return;
    this.windows.add(address2);
    const mine = () => {
      const a = this.locals[this.lines.current()];
      return a.window === address2 ? a : null;
    };
    this.memory.addMmio(address2, PAGE2, {
      read: (offset, size) => mine()?.read(offset, size) ?? 4294967295,
      write: (offset, size, value2) => mine()?.write(offset, size, value2)
    });
  }
  movePm(pm, base2) {
    this.ports.remove(pm.base, PM_PORTS);
    pm.base = base2;
    this.ports.add(base2, PM_PORTS, pm, 4);
  }
  installRom(bios) {
    const { memory } = this;
    memory.addHole(VIDEO, CARDS - VIDEO);
    if (this.options.memory > VIDEO) memory.addHole(CARDS, TABLES - CARDS);
    if (bios) {
      const start = TOP - bios.length, seen = Math.min(bios.length, EXTENDED - TABLES);
      memory.addRom(start, bios);
      memory.addHole(TABLES, EXTENDED - TABLES);
      memory.aliasRom(EXTENDED - seen, seen, TOP - seen);
      return { start, length: bios.length };
    }
    const rom = new Uint8Array(SEGMENT2), code = decode(ROM);
    rom.set(code, SEGMENT2 - code.length);
    memory.addRom(ROM_SEGMENT, rom);
    memory.aliasRom(TOP - SEGMENT2, SEGMENT2, ROM_SEGMENT);
    return { start: TOP - SEGMENT2, length: SEGMENT2 };
  }
  /** CMOS and fw_cfg: what firmware wants to know of the machine. */
  describe(foreignBios) {
    const { fwCfg, rtc: { ram: cmos }, options: { memory: ram, cpus } } = this;
    const word4 = (at2, n) => {
      cmos[at2] = n;
      cmos[at2 + 1] = n >> 8;
    };
    cmos[20 /* equipment */] = 2;
    word4(21 /* baseMemory */, 640);
    const kib = Math.min(65535, Math.max(0, ram - EXTENDED) >> 10);
    word4(23 /* extendedMemory */, kib);
    word4(48 /* extendedMemory2 */, kib);
    word4(52 /* highMemory */, Math.floor(Math.max(0, ram - 16 * EXTENDED) / 65536));
    cmos[95 /* cpus */] = cpus - 1;
    fwCfg.set(3 /* ramSize */, le64(ram));
    fwCfg.set(5 /* cpus */, le16(cpus));
    fwCfg.set(15 /* maxCpus */, le16(cpus));
    fwCfg.set(4 /* noGraphic */, le16(1));
    fwCfg.set(32770 /* irq0Override */, le32(1));
    if (!foreignBios) return;
    fwCfg.addFile("genroms/lift86.rom", decode(OPTION_ROM));
    fwCfg.addFile("etc/sercon-port", le16(COM1));
    fwCfg.addFile("bootorder", new TextEncoder().encode("/rom@genroms/lift86.rom\n\0"));
    fwCfg.addFile("etc/show-boot-menu", le16(0));
  }
  /** What the machine's own firmware leaves in memory before it enters an image. The address of the FACS. */
  placeTables() {
    const { bytes, facs } = acpiTables(TABLES, this.options.cpus);
    this.memory.load(TABLES, bytes);
    return facs;
  }
  /** RESET, of everything but memory and processors. */
  reset() {
    this.memory.a20 = true;
    for (const d of this.devices) d.reset();
  }
};

// src/ir/ops.ts
var NONE = {};
var READS = { reads: true };
var WRITES = { writes: true };
var FAULTS = { reads: true, writes: true, faults: true };
function core(name, code, effects) {
  return registerOp(name, effects, null, code);
}
var OP = {
  const: core("const", 0 /* const */, NONE),
  get: core("get", 1 /* get */, READS),
  set: core("set", 2 /* set */, WRITES),
  insn: core("insn", 3 /* insn */, { writes: true }),
  add: core("add", 4 /* add */, NONE),
  sub: core("sub", 5 /* sub */, NONE),
  mul: core("mul", 6 /* mul */, NONE),
  and: core("and", 7 /* and */, NONE),
  or: core("or", 8 /* or */, NONE),
  xor: core("xor", 9 /* xor */, NONE),
  shl: core("shl", 10 /* shl */, NONE),
  shr: core("shr", 11 /* shr */, NONE),
  sar: core("sar", 12 /* sar */, NONE),
  rotl: core("rotl", 13 /* rotl */, NONE),
  rotr: core("rotr", 14 /* rotr */, NONE),
  ext8s: core("ext8s", 15 /* ext8s */, NONE),
  ext16s: core("ext16s", 16 /* ext16s */, NONE),
  clz: core("clz", 17 /* clz */, NONE),
  not: core("not", 18 /* not */, NONE),
  zext: core("zext", 19 /* zext */, NONE),
  eq: core("eq", 20 /* eq */, NONE),
  ne: core("ne", 21 /* ne */, NONE),
  ltu: core("ltu", 22 /* ltu */, NONE),
  lts: core("lts", 23 /* lts */, NONE),
  leu: core("leu", 24 /* leu */, NONE),
  les: core("les", 25 /* les */, NONE),
  select: core("select", 26 /* select */, NONE),
  pack: core("pack", 27 /* pack */, NONE),
  lane: core("lane", 28 /* lane */, NONE),
  fadd: core("fadd", 29 /* fadd */, NONE),
  fsub: core("fsub", 30 /* fsub */, NONE),
  fmul: core("fmul", 31 /* fmul */, NONE),
  fdiv: core("fdiv", 32 /* fdiv */, NONE),
  fsqrt: core("fsqrt", 33 /* fsqrt */, NONE),
  feq: core("feq", 34 /* feq */, NONE),
  flt: core("flt", 35 /* flt */, NONE),
  fle: core("fle", 36 /* fle */, NONE),
  funord: core("funord", 37 /* funord */, NONE),
  load: core("load", 38 /* load */, { reads: true, faults: true }),
  store: core("store", 39 /* store */, FAULTS),
  probe: core("probe", 40 /* probe */, { reads: true, faults: true }),
  limit: core("limit", 41 /* limit */, { reads: true, faults: true }),
  fset: core("fset", 42 /* fset */, WRITES),
  fsetif: core("fsetif", 43 /* fsetif */, WRITES),
  fmod: core("fmod", 44 /* fmod */, WRITES),
  fcond: core("fcond", 45 /* fcond */, READS),
  fget: core("fget", 46 /* fget */, READS),
  trapif: core("trapif", 47 /* trapif */, FAULTS)
};

// src/ir/inst.ts
var Inst = class {
  constructor(op, type, args, imm = 0) {
    this.op = op;
    this.type = type;
    this.args = args;
    this.imm = imm;
  }
  op;
  type;
  args;
  imm;
  /** Index of the value's first lane in the interpreter's frame; also its printed name. Set by Block.number(). */
  slot = -1;
  /** Number of uses, valid after countUses(). */
  uses = 0;
  immHi = 0;
  mem = null;
  /** On a load: checked as a write, a store to the same bytes follows. On a store: that load came before. */
  rmw = false;
  get isConst() {
    return this.op === OP.const;
  }
};
var Block = class {
  constructor(pc) {
    this.pc = pc;
    this.end = pc;
  }
  pc;
  insts = [];
  term = { kind: "exit", reason: 0, arg: 0, next: 0 };
  /** Guest instructions in it. */
  count = 0;
  /** Linear address after its last byte. */
  end;
  /** Lanes that its values need, valid after number(). */
  frame = 0;
};

// src/ir/simplify.ts
function simplify(i, b) {
  const op = i.op;
  if (op.lib) return foldLibrary(i, b);
  const [x, y] = i.args;
  if (i.type === "i64" || x?.type === "i64") return i.op === OP.lane ? simplifyLane(i, b) : null;
  switch (op.code) {
    case 4 /* add */:
    case 5 /* sub */:
    case 6 /* mul */:
    case 7 /* and */:
    case 8 /* or */:
    case 9 /* xor */:
    case 10 /* shl */:
    case 11 /* shr */:
    case 12 /* sar */:
    case 13 /* rotl */:
    case 14 /* rotr */:
      if (i.type === "i1") return simplifyBool(i, b);
      return i.type === "i32" ? simplifyBinary(i, b) : null;
    case 20 /* eq */:
    case 21 /* ne */:
    case 22 /* ltu */:
    case 23 /* lts */:
    case 24 /* leu */:
    case 25 /* les */:
      if (x.isConst && y.isConst) return b.bool(compare(op.code, x.imm, y.imm));
      if (x === y) return b.bool(op.code === 20 /* eq */ || op.code === 24 /* leu */ || op.code === 25 /* les */);
      if (y.isConst && y.imm === 0) {
        if (x.op === OP.zext) {
          if (op.code === 21 /* ne */) return x.args[0];
          if (op.code === 20 /* eq */) return b.emit(OP.not, "i1", [x.args[0]]);
        }
        if (op.code === 22 /* ltu */) return b.bool(false);
        if (op.code === 24 /* leu */) return b.emit(OP.eq, "i1", [x, y]);
      }
      return null;
    case 15 /* ext8s */:
      return x.isConst ? b.i32(x.imm << 24 >> 24) : x.op === OP.ext8s ? x : null;
    case 16 /* ext16s */:
      return x.isConst ? b.i32(x.imm << 16 >> 16) : x.op === OP.ext16s || x.op === OP.ext8s ? x : null;
    case 17 /* clz */:
      return x.isConst ? b.i32(Math.clz32(x.imm)) : null;
    case 18 /* not */:
      return x.isConst ? b.bool(!x.imm) : x.op === OP.not ? x.args[0] : negateCompare(x, b);
    case 19 /* zext */:
      return x.isConst ? b.i32(x.imm) : null;
    case 26 /* select */:
      if (x.isConst) return x.imm ? y : i.args[2];
      return y === i.args[2] ? y : null;
    case 28 /* lane */:
      return simplifyLane(i, b);
    default:
      return null;
  }
}
function compare(code, x, y) {
  switch (code) {
    case 20 /* eq */:
      return x === y;
    case 21 /* ne */:
      return x !== y;
    case 22 /* ltu */:
      return x >>> 0 < y >>> 0;
    case 23 /* lts */:
      return x < y;
    case 24 /* leu */:
      return x >>> 0 <= y >>> 0;
    default:
      return x <= y;
  }
}
function negateCompare(x, b) {
  const [p, q] = x.args;
  switch (x.op.code) {
    case 20 /* eq */:
      return b.emit(OP.ne, "i1", [p, q]);
    case 21 /* ne */:
      return b.emit(OP.eq, "i1", [p, q]);
    case 22 /* ltu */:
      return b.emit(OP.leu, "i1", [q, p]);
    case 23 /* lts */:
      return b.emit(OP.les, "i1", [q, p]);
    case 24 /* leu */:
      return b.emit(OP.ltu, "i1", [q, p]);
    case 25 /* les */:
      return b.emit(OP.lts, "i1", [q, p]);
    default:
      return null;
  }
}
function simplifyBool(i, b) {
  const [x, y] = i.args;
  const k = y.isConst ? y : x.isConst ? x : null;
  if (!k) return null;
  const other = k === y ? x : y;
  switch (i.op.code) {
    case 7 /* and */:
      return k.imm ? other : b.bool(false);
    case 8 /* or */:
      return k.imm ? b.bool(true) : other;
    case 9 /* xor */:
      return k.imm ? b.emit(OP.not, "i1", [other]) : other;
    default:
      return null;
  }
}
function evaluate(code, x, y) {
  switch (code) {
    case 4 /* add */:
      return x + y | 0;
    case 5 /* sub */:
      return x - y | 0;
    case 6 /* mul */:
      return Math.imul(x, y);
    case 7 /* and */:
      return x & y;
    case 8 /* or */:
      return x | y;
    case 9 /* xor */:
      return x ^ y;
    case 10 /* shl */:
      return x << y;
    case 11 /* shr */:
      return x >>> y | 0;
    case 12 /* sar */:
      return x >> y;
    case 13 /* rotl */:
      return x << y | x >>> (32 - y & 31) & (y & 31 ? -1 : 0);
    default:
      return (y & 31 ? x >>> y : 0) | (y & 31 ? x << 32 - y : x);
  }
}
function simplifyBinary(i, b) {
  const code = i.op.code;
  const [x, y] = i.args;
  if (x.isConst && y.isConst) return b.i32(evaluate(code, x.imm, y.imm));
  const commutes = code === 4 /* add */ || code === 6 /* mul */ || code === 7 /* and */ || code === 8 /* or */ || code === 9 /* xor */;
  if (x.isConst && commutes) return b.emit(i.op, i.type, [y, x]);
  if (x === y) {
    if (code === 5 /* sub */ || code === 9 /* xor */) return b.i32(0);
    if (code === 7 /* and */ || code === 8 /* or */) return x;
  }
  if (!y.isConst) return null;
  const k = y.imm;
  switch (code) {
    case 4 /* add */:
      if (k === 0) return x;
      if (x.op === OP.add && x.args[1].isConst) return b.emit(OP.add, i.type, [x.args[0], b.i32(x.args[1].imm + k)]);
      return null;
    case 5 /* sub */:
      return k === 0 ? x : b.emit(OP.add, i.type, [x, b.i32(-k)]);
    case 6 /* mul */:
      return k === 1 ? x : k === 0 ? y : null;
    case 7 /* and */:
      if (k === 0) return y;
      if (k === -1) return x;
      if (x.op === OP.and && x.args[1].isConst) return b.emit(OP.and, i.type, [x.args[0], b.i32(x.args[1].imm & k)]);
      if (x.op === OP.load && (x.mem === "i8" && (k & 255) === 255 || x.mem === "i16" && (k & 65535) === 65535)) return x;
      if (x.op === OP.zext && (k & 1) === 1) return x;
      return null;
    case 8 /* or */:
      return k === 0 ? x : k === -1 ? y : null;
    case 9 /* xor */:
      return k === 0 ? x : null;
    default:
      return (k & 31) === 0 ? x : null;
  }
}
function simplifyLane(i, b) {
  const x = i.args[0];
  if (x.op === OP.pack) return x.args[i.imm];
  if (x.isConst && x.type === "i64") return b.i32(i.imm ? x.immHi : x.imm);
  return null;
}
function foldLibrary(i, b) {
  const lib = i.op.lib;
  if (lib.context !== "pure" || lib.lanewise || LANES[i.type] !== 1 || isFloat(i.type)) return null;
  if (i.args.length === 0 || !i.args.every((a) => a.isConst && (a.type === "i32" || a.type === "i1"))) return null;
  const saved = RESULT[0];
  const args = i.args.map((a) => a.imm);
  if (lib.imm) args.push(i.imm);
  const value2 = lib.fn(...args);
  RESULT[0] = saved;
  return i.type === "i1" ? b.bool(!!value2) : b.i32(value2);
}

// src/ir/flags.ts
var CF = 1;
var PF = 4;
var AF = 16;
var ZF = 64;
var SF = 128;
var DF = 1024;
var OF = 2048;
var ARITH = CF | PF | AF | ZF | SF | OF;
function flagKind(family2, size) {
  return family2 << 3 | size;
}
var COND_READS = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF].flatMap((m2) => [m2, m2]);
function parity(x) {
  x ^= x >> 4;
  return 38505 >> (x & 15) & 1;
}
function flagsOf(kind, a, r) {
  const family2 = kind >> 3;
  if (family2 === 0 /* RAW */) return a & ARITH;
  const shift3 = (kind & 3) === 0 ? 24 : (kind & 3) === 1 ? 16 : 0;
  const cin = kind >> 2 & 1;
  let f = (r << shift3 === 0 ? ZF : 0) | (r << shift3 < 0 ? SF : 0) | parity(r) << 2;
  switch (family2) {
    case 1 /* ADD */: {
      const b = r - a - cin | 0;
      if (cin ? r << shift3 >>> 0 <= a << shift3 >>> 0 : r << shift3 >>> 0 < a << shift3 >>> 0) f |= CF;
      if (((a ^ r) & (b ^ r)) << shift3 < 0) f |= OF;
      return f | (a ^ b ^ r) & AF;
    }
    case 2 /* SUB */: {
      const b = a - r - cin | 0;
      if (cin ? a << shift3 >>> 0 <= b << shift3 >>> 0 : a << shift3 >>> 0 < b << shift3 >>> 0) f |= CF;
      if (((a ^ b) & (a ^ r)) << shift3 < 0) f |= OF;
      return f | (a ^ b ^ r) & AF;
    }
    case 3 /* RES */:
      return f | a & (CF | AF | OF);
    case 4 /* INC */:
      return f | a & CF | (r << shift3 === (2147483648 | 0) ? OF : 0) | ((r & 15) === 0 ? AF : 0);
    default:
      return f | a & CF | (r + 1 << shift3 === (2147483648 | 0) ? OF : 0) | ((r & 15) === 15 ? AF : 0);
  }
}
function condOf(cc, f) {
  let v;
  switch (cc >> 1) {
    case 0:
      v = (f & OF) !== 0;
      break;
    case 1:
      v = (f & CF) !== 0;
      break;
    case 2:
      v = (f & ZF) !== 0;
      break;
    case 3:
      v = (f & (CF | ZF)) !== 0;
      break;
    case 4:
      v = (f & SF) !== 0;
      break;
    case 5:
      v = (f & PF) !== 0;
      break;
    case 6:
      v = (f >> 7 & 1) !== (f >> 11 & 1);
      break;
    default:
      v = (f & ZF) !== 0 || (f >> 7 & 1) !== (f >> 11 & 1);
  }
  return v !== ((cc & 1) === 1);
}

// src/ir/builder.ts
var Builder = class {
  constructor(block2) {
    this.block = block2;
  }
  block;
  consts = /* @__PURE__ */ new Map();
  /** Called before a memory access is appended, to put checks of its address before it. */
  onAccess = null;
  /** Append an instruction as it is. */
  append(inst) {
    this.block.insts.push(inst);
    return inst;
  }
  /** A new instruction of any op. Pure core ops go through the simplifier first and may give an existing value. */
  emit(op, type, args, imm = 0, immHi = 0) {
    const inst = new Inst(op, type, args, imm);
    inst.immHi = immHi;
    const simple2 = simplify(inst, this);
    return simple2 ?? this.append(inst);
  }
  i32(value2) {
    value2 |= 0;
    let c = this.consts.get(value2);
    if (!c) {
      c = this.append(new Inst(OP.const, "i32", [], value2));
      this.consts.set(value2, c);
    }
    return c;
  }
  /** An i64 constant from its halves. */
  i64(lo, hi) {
    const c = new Inst(OP.const, "i64", [], lo | 0);
    c.immHi = hi | 0;
    return this.append(c);
  }
  f64(value2) {
    return this.append(new Inst(OP.const, "f64", [], value2));
  }
  bool(value2) {
    return this.append(new Inst(OP.const, "i1", [], value2 ? 1 : 0));
  }
  /** Read vCPU state at a byte offset (state.ts). */
  get(type, offset) {
    return this.append(new Inst(OP.get, type, [], offset));
  }
  set(offset, value2) {
    this.append(new Inst(OP.set, value2.type, [value2], offset));
  }
  insn(pc, length) {
    const i = new Inst(OP.insn, "void", [], pc | 0);
    i.immHi = length;
    this.append(i);
  }
  // Integer arithmetic; i32 unless the operands are i64.
  add(a, b) {
    return this.emit(OP.add, a.type, [a, b]);
  }
  sub(a, b) {
    return this.emit(OP.sub, a.type, [a, b]);
  }
  mul(a, b) {
    return this.emit(OP.mul, a.type, [a, b]);
  }
  and(a, b) {
    return this.emit(OP.and, a.type, [a, b]);
  }
  or(a, b) {
    return this.emit(OP.or, a.type, [a, b]);
  }
  xor(a, b) {
    return this.emit(OP.xor, a.type, [a, b]);
  }
  /** Shifts and rotates of an i32; the count is taken modulo 32. */
  shl(a, n) {
    return this.emit(OP.shl, "i32", [a, n]);
  }
  shr(a, n) {
    return this.emit(OP.shr, "i32", [a, n]);
  }
  sar(a, n) {
    return this.emit(OP.sar, "i32", [a, n]);
  }
  rotl(a, n) {
    return this.emit(OP.rotl, "i32", [a, n]);
  }
  rotr(a, n) {
    return this.emit(OP.rotr, "i32", [a, n]);
  }
  ext8s(a) {
    return this.emit(OP.ext8s, "i32", [a]);
  }
  ext16s(a) {
    return this.emit(OP.ext16s, "i32", [a]);
  }
  /** Number of leading zero bits of an i32, 32 for 0. */
  clz(a) {
    return this.emit(OP.clz, "i32", [a]);
  }
  // Comparisons of i32 or i64, giving i1.
  eq(a, b) {
    return this.emit(OP.eq, "i1", [a, b]);
  }
  ne(a, b) {
    return this.emit(OP.ne, "i1", [a, b]);
  }
  ltu(a, b) {
    return this.emit(OP.ltu, "i1", [a, b]);
  }
  lts(a, b) {
    return this.emit(OP.lts, "i1", [a, b]);
  }
  leu(a, b) {
    return this.emit(OP.leu, "i1", [a, b]);
  }
  les(a, b) {
    return this.emit(OP.les, "i1", [a, b]);
  }
  /** Boolean negation. */
  not(a) {
    return this.emit(OP.not, "i1", [a]);
  }
  /** i1 -> 0 or 1. */
  zext(a) {
    return this.emit(OP.zext, "i32", [a]);
  }
  /** x !== 0 */
  nonzero(a) {
    return this.ne(a, this.i32(0));
  }
  select(cond2, a, b) {
    return this.emit(OP.select, a.type, [cond2, a, b]);
  }
  /** A multi-lane value from int32 lanes, least significant first. */
  pack(type, lanes2) {
    return this.emit(OP.pack, type, lanes2);
  }
  /** One int32 lane of a multi-lane value. */
  lane(a, index2) {
    return this.emit(OP.lane, "i32", [a], index2);
  }
  // Floats; both operands and the result of one type, f32 results rounded.
  fadd(a, b) {
    return this.emit(OP.fadd, a.type, [a, b]);
  }
  fsub(a, b) {
    return this.emit(OP.fsub, a.type, [a, b]);
  }
  fmul(a, b) {
    return this.emit(OP.fmul, a.type, [a, b]);
  }
  fdiv(a, b) {
    return this.emit(OP.fdiv, a.type, [a, b]);
  }
  fsqrt(a) {
    return this.emit(OP.fsqrt, a.type, [a]);
  }
  feq(a, b) {
    return this.emit(OP.feq, "i1", [a, b]);
  }
  flt(a, b) {
    return this.emit(OP.flt, "i1", [a, b]);
  }
  fle(a, b) {
    return this.emit(OP.fle, "i1", [a, b]);
  }
  /** True if either is NaN. */
  funord(a, b) {
    return this.emit(OP.funord, "i1", [a, b]);
  }
  /** Load from a linear address; i8 and i16 are zero-extended. `rmw`: checked as a write, for a store to the same bytes that follows. */
  load(mem, addr, rmw = false) {
    this.onAccess?.(addr, MEM_SIZE[mem], rmw);
    const i = new Inst(OP.load, VALUE_TYPE[mem], [addr]);
    i.mem = mem;
    i.rmw = rmw;
    return this.append(i);
  }
  /** Store. `rmw`: a load with rmw of the same bytes came before in this instruction, so it cannot fault. */
  store(mem, addr, value2, rmw = false) {
    if (!rmw) this.onAccess?.(addr, MEM_SIZE[mem], true);
    const i = new Inst(OP.store, "void", [addr, value2]);
    i.mem = mem;
    i.rmw = rmw;
    this.append(i);
  }
  /** Fault here if the `size` bytes at `addr` cannot be read (or written). */
  probe(addr, size, write) {
    this.onAccess?.(addr, size, write);
    const i = new Inst(OP.probe, "void", [addr], size);
    i.immHi = write ? 1 : 0;
    this.append(i);
  }
  /** Fault here unless a segment (Seg) lets `size` bytes at an offset be read (or written). */
  limit(segment, offset, size, write) {
    const i = new Inst(OP.limit, "void", [offset], segment | (write ? 8 : 0));
    i.immHi = size;
    this.append(i);
  }
  /** Set all arithmetic flags lazily; see flags.ts for what a and r are. `carryIn` (i1) only for ADD and SUB. */
  fset(family2, size, a, r, carryIn) {
    this.append(new Inst(OP.fset, "void", carryIn ? [a, r, carryIn] : [a, r], flagKind(family2, size)));
  }
  /** The same, only if `cond` holds; else the flags stay. */
  fsetif(cond2, family2, size, a, r) {
    if (cond2.isConst) {
      if (cond2.imm) this.fset(family2, size, a, r);
      return;
    }
    this.append(new Inst(OP.fsetif, "void", [cond2, a, r], flagKind(family2, size)));
  }
  /** Replace the flags in `mask` by the bits of value at their EFLAGS positions; other bits of value must be 0. */
  fmod(mask2, value2) {
    this.append(new Inst(OP.fmod, "void", [value2], mask2));
  }
  /** Whether a condition code holds. */
  fcond(cc) {
    return this.append(new Inst(OP.fcond, "i1", [], cc));
  }
  /** The flags in `mask` at their EFLAGS positions. */
  fget(mask2) {
    return this.append(new Inst(OP.fget, "i32", [], mask2));
  }
  trapif(cond2, vector2, errorCode = 0) {
    if (cond2.isConst && !cond2.imm) return;
    const i = new Inst(OP.trapif, "void", [cond2], vector2);
    i.immHi = errorCode;
    this.append(i);
  }
  /** Call a library op. For lane-wise ops and ops with a polymorphic result give the type. */
  lib(op, args, imm = 0, type) {
    const spec = op.lib;
    return this.emit(op, type ?? (spec.lanewise ? args[0].type : spec.result), args, imm);
  }
  end(term) {
    this.block.term = term;
  }
};

// src/frontend/decode.ts
import { Code, Decoder, DecoderError, DecoderOptions, Instruction, MemorySizeExt, Mnemonic, OpKind, Register } from "iced-x86";

// src/frontend/mode.ts
var USER32 = 1 /* CODE32 */ | 4 /* STACK32 */ | 8 /* FLAT */ | 16 /* CPL3 */;
function codeBits(mode) {
  return mode & 2 /* CODE64 */ ? 64 : mode & 1 /* CODE32 */ ? 32 : 16;
}
function modeName(mode) {
  const words = [String(codeBits(mode))];
  if (mode & 8 /* FLAT */) words.push("flat");
  if (mode & 16 /* CPL3 */) words.push("cpl3");
  if (mode & 2048 /* CPL12 */) words.push("cpl1/2");
  if (mode & 1024 /* REAL */) words.push("real");
  if (mode & 32 /* V86 */) words.push("v86");
  if (mode & 64 /* SOFT_FLOAT */) words.push("softfloat");
  if (mode & 128 /* NO_FPU */) words.push("nofpu");
  if (mode & 4096 /* EM */) words.push("em");
  if (mode & 8192 /* NO_SSE */) words.push("nosse");
  if (mode & 512 /* SYSTEM */) words.push("system");
  if (mode & 256 /* TRAP */) words.push("trap");
  return words.join(" ");
}

// src/frontend/decode.ts
import { Code as Code2, Mnemonic as Mnemonic2 } from "iced-x86";
var Operand = class {
  constructor(kind, size) {
    this.kind = kind;
    this.size = size;
  }
  kind;
  size;
  /** reg */
  cls = 7 /* other */;
  /** reg: number in its class (encoding order); for AH CH DH BH 0-3 with `high`. */
  index = 0;
  high = false;
  /** mem: segment (Seg), base and index register numbers or -1, scale 1 2 4 8, displacement, address size in bytes. */
  segment = 3 /* DS */;
  base = -1;
  indexReg = -1;
  scale = 1;
  disp = 0;
  addressSize = 4;
  /** mem: base is the address of the next instruction (x86-64). */
  ripRelative = false;
  /** imm: value sign-extended from the operand as encoded; branch: target; far: offset, selector in `index`. */
  value = 0;
  valueHi = 0;
  get isMem() {
    return this.kind === 1 /* mem */;
  }
  get isReg() {
    return this.kind === 0 /* reg */;
  }
};
var Insn = class {
  constructor(pc) {
    this.pc = pc;
  }
  pc;
  ops = [];
  mnemonic = Mnemonic.INVALID;
  code = Code.INVALID;
  length = 0;
  lock = false;
  /** F3 and F2 prefixes that the instruction honours as repetition. */
  rep = false;
  repne = false;
  /** Segment of the override prefix, or -1. */
  segment = -1;
  /** x87: low three bits of the first opcode byte and the second byte, as the last-opcode register holds them; else 0. */
  fop = 0;
  /** How the instruction moves the stack pointer, in bytes (push: -4, ret: 4, …). */
  stackDelta = 0;
  get next() {
    return this.pc + this.length | 0;
  }
};
var MAX_LENGTH = 15;
var InsnDecoder = class {
  /** Bytes are at guest offset pc (int32 or, in 64-bit code, up to 2^53). */
  constructor(mode, bytes, start) {
    this.bytes = bytes;
    this.start = start;
    this.decoder = new Decoder(codeBits(mode), bytes, DecoderOptions.None);
    this.decoder.ip = BigInt(start >>> 0);
  }
  bytes;
  start;
  decoder;
  raw = new Instruction();
  status = 0 /* ok */;
  /** Offset of the next instruction in the bytes. */
  get position() {
    return this.decoder.position;
  }
  /** The next instruction, or null with `status` saying why not. */
  next() {
    const pc = this.start + this.decoder.position | 0;
    if (!this.decoder.canDecode) {
      this.status = 2 /* short */;
      return null;
    }
    this.decoder.decodeOut(this.raw);
    if (this.raw.code === Code.INVALID) {
      this.status = this.decoder.lastError === DecoderError.NoMoreBytes ? 2 /* short */ : 1 /* invalid */;
      return null;
    }
    const insn = convert(this.raw, pc);
    insn.fop = this.fpuOpcode(insn.length);
    return insn;
  }
  fpuOpcode(length) {
    const end = this.decoder.position;
    for (let i = end - length; i < end - 1; i++) {
      const byte = this.bytes[i];
      if (byte >= 216 && byte <= 223) return (byte & 7) << 8 | this.bytes[i + 1];
      if (!FPU_PREFIXES.has(byte) && (byte & 240) !== 64) return 0;
    }
    return 0;
  }
  free() {
    this.raw.free();
    this.decoder.free();
  }
};
var FPU_PREFIXES = /* @__PURE__ */ new Set([38, 46, 54, 62, 100, 101, 102, 103, 155, 240, 242, 243]);
function convert(raw, pc) {
  const insn = new Insn(pc);
  insn.mnemonic = raw.mnemonic;
  insn.code = raw.code;
  insn.length = raw.length;
  insn.lock = raw.hasLockPrefix;
  insn.rep = raw.hasRepPrefix;
  insn.repne = raw.hasRepnePrefix;
  if (raw.hasSegmentPrefix) insn.segment = raw.segmentPrefix - Register.ES;
  insn.stackDelta = raw.stackPointerIncrement;
  const count2 = raw.opCount;
  for (let i = 0; i < count2; i++) insn.ops.push(operand(raw, raw.opKind(i), i));
  return insn;
}
var memorySizes = [];
function sizeOfMemory(raw) {
  const m2 = raw.memorySize;
  return memorySizes[m2] ??= MemorySizeExt.size(m2);
}
function operand(raw, kind, i) {
  switch (kind) {
    case OpKind.Register:
      return register(raw.opRegister(i));
    case OpKind.Memory: {
      const op = new Operand(1 /* mem */, sizeOfMemory(raw));
      op.segment = raw.memorySegment - Register.ES;
      const base2 = raw.memoryBase;
      const index2 = raw.memoryIndex;
      const d = raw.memoryDisplacement;
      op.disp = Number(BigInt.asIntN(32, d));
      if (base2 === Register.RIP || base2 === Register.EIP) {
        op.ripRelative = true;
        op.addressSize = base2 === Register.RIP ? 8 : 4;
      } else if (base2 !== Register.None) setBase(op, base2);
      if (index2 !== Register.None && index2 !== Register.AL) {
        op.scale = raw.memoryIndexScale;
        const at2 = addressRegister(index2);
        op.indexReg = at2.index;
        op.addressSize = at2.size;
      }
      if (base2 === Register.None && index2 === Register.None) op.addressSize = raw.memoryDisplSize;
      return op;
    }
    case OpKind.MemorySegSI:
      return stringOperand(raw, 6, 2, raw.memorySegment - Register.ES);
    case OpKind.MemorySegESI:
      return stringOperand(raw, 6, 4, raw.memorySegment - Register.ES);
    case OpKind.MemorySegRSI:
      return stringOperand(raw, 6, 8, raw.memorySegment - Register.ES);
    case OpKind.MemorySegDI:
      return stringOperand(raw, 7, 2, raw.memorySegment - Register.ES);
    case OpKind.MemorySegEDI:
      return stringOperand(raw, 7, 4, raw.memorySegment - Register.ES);
    case OpKind.MemorySegRDI:
      return stringOperand(raw, 7, 8, raw.memorySegment - Register.ES);
    case OpKind.MemoryESDI:
      return stringOperand(raw, 7, 2, 0 /* ES */);
    case OpKind.MemoryESEDI:
      return stringOperand(raw, 7, 4, 0 /* ES */);
    case OpKind.MemoryESRDI:
      return stringOperand(raw, 7, 8, 0 /* ES */);
    case OpKind.NearBranch16:
      return value(3 /* branch */, 2, raw.nearBranch16);
    case OpKind.NearBranch32:
      return value(3 /* branch */, 4, raw.nearBranch32 | 0);
    case OpKind.NearBranch64:
      return value(3 /* branch */, 8, Number(BigInt.asIntN(32, raw.nearBranch64)));
    case OpKind.FarBranch16:
      return far(2, raw.farBranch16, raw.farBranchSelector);
    case OpKind.FarBranch32:
      return far(4, raw.farBranch32 | 0, raw.farBranchSelector);
    case OpKind.Immediate8:
      return value(2 /* imm */, 1, raw.immediate8 << 24 >> 24);
    case OpKind.Immediate8_2nd:
      return value(2 /* imm */, 1, raw.immediate8_2nd << 24 >> 24);
    case OpKind.Immediate8to16:
      return value(2 /* imm */, 2, raw.immediate8to16);
    case OpKind.Immediate8to32:
      return value(2 /* imm */, 4, raw.immediate8to32);
    case OpKind.Immediate16:
      return value(2 /* imm */, 2, raw.immediate16 << 16 >> 16);
    case OpKind.Immediate32:
      return value(2 /* imm */, 4, raw.immediate32 | 0);
    default: {
      const v = raw.immediate(i);
      const op = value(2 /* imm */, 8, Number(BigInt.asIntN(32, v)));
      op.valueHi = Number(BigInt.asIntN(32, v >> 32n));
      return op;
    }
  }
}
function value(kind, size, v) {
  const op = new Operand(kind, size);
  op.value = v;
  op.valueHi = v >> 31;
  return op;
}
function far(size, offset, selector3) {
  const op = value(4 /* far */, size, offset);
  op.index = selector3;
  return op;
}
function stringOperand(raw, reg3, addressSize, segment) {
  const op = new Operand(1 /* mem */, sizeOfMemory(raw));
  op.base = reg3;
  op.addressSize = addressSize;
  op.segment = segment;
  return op;
}
function addressRegister(r) {
  if (r >= Register.RAX) return { index: r - Register.RAX, size: 8 };
  if (r >= Register.EAX) return { index: r - Register.EAX, size: 4 };
  return { index: r - Register.AX, size: 2 };
}
function setBase(op, r) {
  const at2 = addressRegister(r);
  op.base = at2.index;
  op.addressSize = at2.size;
}
function register(r) {
  let op;
  if (r <= Register.R15L) {
    op = reg(0 /* gpr */, r <= Register.BL ? r - Register.AL : r <= Register.BH ? r - Register.AH : r - Register.SPL + 4, 1);
    op.high = r >= Register.AH && r <= Register.BH;
    return op;
  }
  if (r <= Register.R15W) return reg(0 /* gpr */, r - Register.AX, 2);
  if (r <= Register.R15D) return reg(0 /* gpr */, r - Register.EAX, 4);
  if (r <= Register.R15) return reg(0 /* gpr */, r - Register.RAX, 8);
  if (r >= Register.ES && r <= Register.GS) return reg(1 /* segment */, r - Register.ES, 2);
  if (r >= Register.XMM0 && r <= Register.XMM31) return reg(4 /* vector */, r - Register.XMM0, 16);
  if (r >= Register.YMM0 && r <= Register.YMM31) return reg(4 /* vector */, r - Register.YMM0, 32);
  if (r >= Register.ST0 && r <= Register.ST7) return reg(2 /* st */, r - Register.ST0, 10);
  if (r >= Register.MM0 && r <= Register.MM7) return reg(3 /* mm */, r - Register.MM0, 8);
  if (r >= Register.CR0 && r <= Register.CR15) return reg(5 /* control */, r - Register.CR0, 4);
  if (r >= Register.DR0 && r <= Register.DR15) return reg(6 /* debug */, r - Register.DR0, 4);
  return reg(7 /* other */, r, 0);
}
function reg(cls, index2, size) {
  const op = new Operand(0 /* reg */, size);
  op.cls = cls;
  op.index = index2;
  return op;
}

// src/frontend/lift/context.ts
var MEM_INT = { 1: "i8", 2: "i16", 4: "i32", 8: "i64" };
var FLAG_SIZE = { 1: 0 /* B8 */, 2: 1 /* B16 */, 4: 2 /* B32 */, 8: 3 /* B64 */ };
function memInt(size) {
  return MEM_INT[size];
}
function flagSize(size) {
  return FLAG_SIZE[size];
}
var LiftContext = class {
  constructor(b, mode) {
    this.b = b;
    this.mode = mode;
    if (mode & 512 /* SYSTEM */) b.onAccess = (addr, size, write) => this.checkLimit(addr, size, write);
  }
  b;
  mode;
  insn;
  /** The instruction ended the block. */
  done = false;
  get bits() {
    return codeBits(this.mode);
  }
  /** Bytes of the stack pointer: 2, 4 or 8. */
  get stackBytes() {
    return this.mode & 2 /* CODE64 */ ? 8 : this.mode & 4 /* STACK32 */ ? 4 : 2;
  }
  /** CPL is 0. */
  get supervisor() {
    return (this.mode & (16 /* CPL3 */ | 2048 /* CPL12 */ | 32 /* V86 */)) === 0;
  }
  get softFloat() {
    return (this.mode & 64 /* SOFT_FLOAT */) !== 0;
  }
  // Registers.
  /** Low 32 bits of a general register. */
  gpr(index2) {
    return this.b.get("i32", GPR + index2 * 8);
  }
  setGpr(index2, value2) {
    this.b.set(GPR + index2 * 8, value2);
  }
  /** A general register's low `size` bytes (1, 2 or 4), zero-extended. */
  readReg(index2, size, high = false) {
    const b = this.b;
    const full = this.gpr(index2);
    if (size === 4) return full;
    if (size === 2) return b.and(full, b.i32(65535));
    return b.and(high ? b.shr(full, b.i32(8)) : full, b.i32(255));
  }
  /** Write a register's low `size` bytes; upper bits stay for 1 and 2. The value's own upper bits are ignored. */
  writeReg(index2, size, value2, high = false) {
    const b = this.b;
    if (size === 4) return this.setGpr(index2, value2);
    const mask2 = size === 2 ? 65535 : high ? 65280 : 255;
    let v = b.and(value2, b.i32(size === 2 ? 65535 : 255));
    if (high) v = b.shl(v, b.i32(8));
    this.setGpr(index2, b.or(b.and(this.gpr(index2), b.i32(~mask2)), v));
  }
  // Memory.
  /** Base of a segment, or null where it is 0 by mode. */
  segmentBase(segment) {
    if (this.mode & (8 /* FLAT */ | 2 /* CODE64 */) && segment < 4 /* FS */) return null;
    return this.b.get("i32", SEG_BASE + segment * 8);
  }
  /** Effective address (offset within the segment), truncated to the address size. */
  offset(op) {
    const b = this.b;
    let a = op.base >= 0 ? this.gpr(op.base) : null;
    if (op.indexReg >= 0) {
      const index2 = this.gpr(op.indexReg);
      const scaled = op.scale > 1 ? b.shl(index2, b.i32(31 - Math.clz32(op.scale))) : index2;
      a = a ? b.add(a, scaled) : scaled;
    }
    if (op.addressSize === 2) return a ? b.and(op.disp ? b.add(a, b.i32(op.disp)) : a, b.i32(65535)) : b.i32(op.disp & 65535);
    return a ? op.disp ? b.add(a, b.i32(op.disp)) : a : b.i32(op.disp);
  }
  /** Linear address of a memory operand. */
  addr(op) {
    return this.linear(op.segment, this.offset(op));
  }
  /** Linear address of an offset in a segment. */
  linear(segment, offset) {
    const base2 = this.segmentBase(segment);
    return base2 ? this.b.add(base2, offset) : offset;
  }
  /** A whole processor's segments have limits and types: check the offset that an address was made of. */
  checkLimit(addr, size, write) {
    const at2 = this.within(addr);
    if (at2) this.b.limit(at2.segment, at2.offset, size, write);
  }
  /** Segment and offset of a linear address, told by the base in it; null where the base is 0 by mode. */
  within(addr) {
    const { b } = this;
    if (isBase(addr)) return { segment: addr.imm - SEG_BASE >> 3, offset: b.i32(0) };
    if (addr.op !== OP.add) return null;
    const [x, y] = addr.args;
    if (isBase(x)) return { segment: x.imm - SEG_BASE >> 3, offset: y };
    const at2 = y.isConst ? this.within(x) : null;
    return at2 && { segment: at2.segment, offset: b.add(at2.offset, y) };
  }
  // Operands.
  /** Value of an integer register, memory or immediate operand. */
  read(op) {
    if (op.kind === 1 /* mem */) return this.b.load(memInt(op.size), this.addr(op));
    if (op.kind === 2 /* imm */) return this.imm(op);
    return this.readReg(op.index, op.size, op.high);
  }
  /** Immediate, zero-extended from its operand size as other values are. */
  imm(op) {
    return this.b.i32(op.size === 1 ? op.value & 255 : op.size === 2 ? op.value & 65535 : op.value);
  }
  /** Write an integer register or memory operand (a plain store; for read-modify-write see `modify`). */
  write(op, value2) {
    if (op.kind === 1 /* mem */) this.b.store(memInt(op.size), this.addr(op), value2);
    else this.writeReg(op.index, op.size, value2, op.high);
  }
  /**
   * Read-modify-write of an operand: fn gets the old value and returns the new one (or null: leave it, though memory was checked as written).
   * The store comes before anything that fn's caller does afterwards (setting registers and flags).
   */
  modify(op, fn) {
    if (op.kind === 1 /* mem */) {
      const addr = this.addr(op);
      const mem = memInt(op.size);
      const value2 = fn(this.b.load(mem, addr, true));
      if (value2) this.b.store(mem, addr, value2, true);
    } else {
      const value2 = fn(this.readReg(op.index, op.size, op.high));
      if (value2) this.writeReg(op.index, op.size, value2, op.high);
    }
  }
  /** Truncate an i32 to `size` bytes, zero-extended. */
  truncate(value2, size) {
    return size === 4 ? value2 : this.b.and(value2, this.b.i32(size === 2 ? 65535 : 255));
  }
  /** Sign-extend from `size` bytes. */
  signExtend(value2, size) {
    return size === 4 ? value2 : size === 2 ? this.b.ext16s(value2) : this.b.ext8s(value2);
  }
  // Stack.
  /** Linear address `delta` bytes from the top of the stack, wrapped to the stack size. */
  stackAddr(delta) {
    return this.linear(2 /* SS */, this.wrapStack(this.b.add(this.gpr(4 /* ESP */), this.b.i32(delta))));
  }
  /** Truncate a stack offset to the stack's address size. */
  wrapStack(offset) {
    return this.stackBytes === 2 ? this.b.and(offset, this.b.i32(65535)) : offset;
  }
  /** Add to the stack pointer (SP or ESP by mode). */
  moveStack(delta) {
    this.setStack(this.b.add(this.gpr(4 /* ESP */), this.b.i32(delta)));
  }
  /** Set the stack pointer, of which the upper half stays on a 16-bit stack. */
  setStack(value2) {
    this.writeReg(4 /* ESP */, this.stackBytes, value2);
  }
  push(value2, size) {
    this.b.store(memInt(size), this.stackAddr(-size), value2);
    this.moveStack(-size);
  }
  /** Pop; ESP has moved when this returns, so use the value for a register or memory operand after it (as POP does). */
  pop(size) {
    const value2 = this.b.load(memInt(size), this.stackAddr(0));
    this.moveStack(size);
    return value2;
  }
  // Ends of blocks.
  jump(target, call4 = false) {
    this.done = true;
    this.b.end({ kind: "jump", target: target | 0, hint: call4 ? "call" : void 0 });
  }
  branch(cond2, taken) {
    this.done = true;
    if (cond2.isConst) this.b.end({ kind: "jump", target: cond2.imm ? taken | 0 : this.insn.next });
    else this.b.end({ kind: "branch", cond: cond2, taken: taken | 0, fallthrough: this.insn.next });
  }
  indirect(target, hint) {
    this.done = true;
    if (target.isConst) this.b.end({ kind: "jump", target: target.imm, hint: hint === "call" ? "call" : void 0 });
    else this.b.end({ kind: "indirect", target, hint });
  }
  /** Leave the run loop after this instruction (exit.ts). */
  exit(reason, arg = 0) {
    this.done = true;
    this.b.end({ kind: "exit", reason, arg, next: this.insn.next });
  }
  /** This instruction raises an exception, unconditionally. */
  trap(vector2, errorCode = 0) {
    this.done = true;
    this.b.end({ kind: "trap", vector: vector2, errorCode, next: this.insn.pc });
  }
  undefined() {
    this.trap(6 /* UD */);
  }
  /** #GP(0) unless the address is a multiple of `size` (a power of two). */
  requireAligned(addr, size) {
    this.b.trapif(this.b.nonzero(this.b.and(addr, this.b.i32(size - 1))), 13 /* GP */);
  }
};
function isBase(i) {
  return i.op === OP.get && i.imm >= SEG_BASE && i.imm < SEG_BASE + 48;
}
function isClass(op, cls) {
  return op !== void 0 && op.kind === 0 /* reg */ && op.cls === cls;
}

// src/frontend/lift/arith.ts
function source(c, insn) {
  const [dst, src] = insn.ops;
  if (src.kind !== 2 /* imm */) return c.read(src);
  return c.truncate(c.b.i32(src.value), dst.size);
}
function add(c, insn) {
  const dst = insn.ops[0];
  const s = source(c, insn);
  let a, r;
  c.modify(dst, (old) => {
    a = old;
    return r = c.truncate(c.b.add(old, s), dst.size);
  });
  c.b.fset(1 /* ADD */, flagSize(dst.size), a, r);
}
function sub(c, insn) {
  const dst = insn.ops[0];
  const s = source(c, insn);
  let a, r;
  c.modify(dst, (old) => {
    a = old;
    return r = c.truncate(c.b.sub(old, s), dst.size);
  });
  c.b.fset(2 /* SUB */, flagSize(dst.size), a, r);
}
function withCarry(family2) {
  return (c, insn) => {
    const b = c.b;
    const dst = insn.ops[0];
    const s = source(c, insn);
    const carry = b.fcond(2);
    let a, r;
    c.modify(dst, (old) => {
      a = old;
      const k = b.zext(carry);
      return r = c.truncate(family2 === 1 /* ADD */ ? b.add(b.add(old, s), k) : b.sub(b.sub(old, s), k), dst.size);
    });
    b.fset(family2, flagSize(dst.size), a, r, carry);
  };
}
function cmp(c, insn) {
  const dst = insn.ops[0];
  const s = source(c, insn);
  const a = c.read(dst);
  c.b.fset(2 /* SUB */, flagSize(dst.size), a, c.truncate(c.b.sub(a, s), dst.size));
}
function neg(c, insn) {
  const dst = insn.ops[0];
  let r;
  c.modify(dst, (old) => r = c.truncate(c.b.sub(c.b.i32(0), old), dst.size));
  c.b.fset(2 /* SUB */, flagSize(dst.size), c.b.i32(0), r);
}
function step(family2) {
  return (c, insn) => {
    const dst = insn.ops[0];
    const carry = c.b.fget(CF);
    let r;
    c.modify(dst, (old) => r = c.truncate(c.b.add(old, c.b.i32(family2 === 4 /* INC */ ? 1 : -1)), dst.size));
    c.b.fset(family2, flagSize(dst.size), carry, r);
  };
}
function logic(fn) {
  return (c, insn) => {
    const dst = insn.ops[0];
    const s = source(c, insn);
    let r;
    c.modify(dst, (old) => r = fn(c, old, s));
    c.b.fset(3 /* RES */, flagSize(dst.size), c.b.i32(0), r);
  };
}
function test(c, insn) {
  const dst = insn.ops[0];
  const s = source(c, insn);
  c.b.fset(3 /* RES */, flagSize(dst.size), c.b.i32(0), c.b.and(c.read(dst), s));
}
function not(c, insn) {
  const dst = insn.ops[0];
  c.modify(dst, (old) => c.truncate(c.b.xor(old, c.b.i32(-1)), dst.size));
}
var ARITH_LIFTS = [
  [Mnemonic2.Add, add],
  [Mnemonic2.Adc, withCarry(1 /* ADD */)],
  [Mnemonic2.Sub, sub],
  [Mnemonic2.Sbb, withCarry(2 /* SUB */)],
  [Mnemonic2.Cmp, cmp],
  [Mnemonic2.Neg, neg],
  [Mnemonic2.Inc, step(4 /* INC */)],
  [Mnemonic2.Dec, step(5 /* DEC */)],
  [Mnemonic2.And, logic((c, a, s) => c.b.and(a, s))],
  [Mnemonic2.Or, logic((c, a, s) => c.b.or(a, s))],
  [Mnemonic2.Xor, logic((c, a, s) => c.b.xor(a, s))],
  [Mnemonic2.Test, test],
  [Mnemonic2.Not, not]
];

// src/ir/lib/bcd.ts
function szp8(x) {
  x &= 255;
  return (x === 0 ? ZF : 0) | x & SF | parity(x) << 2;
}
function szp16(x) {
  return (x === 0 ? ZF : 0) | x >> 8 & SF | parity(x) << 2;
}
function pack(ax, flags) {
  return ax | flags << 16;
}
function daa(ax, flags) {
  const al = ax & 255;
  const low = (al & 15) > 9 || (flags & AF) !== 0;
  const high = al > 153 || (flags & CF) !== 0;
  const adjust2 = (low ? 6 : 0) + (high ? 96 : 0);
  const r = al + adjust2 & 255;
  return pack(ax & 65280 | r, (high ? CF : 0) | (low ? AF : 0) | szp8(r) | ((al ^ r) & (adjust2 ^ r) & 128) << 4);
}
function das(ax, flags) {
  const al = ax & 255;
  const low = (al & 15) > 9 || (flags & AF) !== 0;
  const high = al > 153 || (flags & CF) !== 0;
  const adjust2 = (low ? 6 : 0) + (high ? 96 : 0);
  const r = al - adjust2 & 255;
  const carry = high || low && al < 6;
  return pack(ax & 65280 | r, (carry ? CF : 0) | (low ? AF : 0) | szp8(r) | ((al ^ adjust2) & (al ^ r) & 128) << 4);
}
function aaa(ax, flags) {
  ax &= 65535;
  if ((ax & 15) <= 9 && !(flags & AF)) return pack(ax & 65295, szp16(ax));
  const r = ax + 262 & 65535;
  return pack(r & 65295, CF | AF | szp16(r) | (~ax & r) >> 4 & OF);
}
function aas(ax, flags) {
  ax &= 65535;
  if ((ax & 15) <= 9 && !(flags & AF)) return pack(ax & 65295, szp16(ax));
  const r = ax - 262 & 65535;
  return pack(r & 65295, CF | AF | szp16(r) | (ax & ~r) >> 4 & OF);
}
function aam(ax, base2) {
  const al = ax & 255;
  const r = base2 === 0 ? 0 : (al / base2 | 0) << 8 | al % base2;
  return pack(r, szp8(r));
}
function aad(ax, base2) {
  const al = ax & 255;
  const t = (ax >> 8 & 255) * base2 & 255;
  const r = al + t & 255;
  return pack(r, (al + t > 255 ? CF : 0) | (al ^ t ^ r) & AF | szp8(r) | ((al ^ r) & (t ^ r) & 128) << 4);
}
var DAA = pure("bcd.daa", ["i32", "i32"], "i32", daa);
var DAS = pure("bcd.das", ["i32", "i32"], "i32", das);
var AAA = pure("bcd.aaa", ["i32", "i32"], "i32", aaa);
var AAS = pure("bcd.aas", ["i32", "i32"], "i32", aas);
var AAM = pure("bcd.aam", ["i32", "i32"], "i32", aam);
var AAD = pure("bcd.aad", ["i32", "i32"], "i32", aad);

// src/frontend/lift/bcd.ts
function apply(c, op, operand3) {
  const b = c.b;
  const packed = b.lib(op, [c.readReg(0 /* EAX */, 2), operand3]);
  c.writeReg(0 /* EAX */, 2, packed);
  b.fset(0 /* RAW */, 2 /* B32 */, b.shr(packed, b.i32(16)), b.i32(0));
}
function adjust(op) {
  return (c) => apply(c, op, c.b.fget(AF | CF));
}
function toBase(op, divides) {
  return (c, insn) => {
    const base2 = insn.ops[0].value & 255;
    if (divides && base2 === 0) return c.trap(0 /* DE */);
    apply(c, op, c.b.i32(base2));
  };
}
var BCD_LIFTS = [
  [Mnemonic2.Daa, adjust(DAA)],
  [Mnemonic2.Das, adjust(DAS)],
  [Mnemonic2.Aaa, adjust(AAA)],
  [Mnemonic2.Aas, adjust(AAS)],
  [Mnemonic2.Aam, toBase(AAM, true)],
  [Mnemonic2.Aad, toBase(AAD, false)]
];

// src/ir/lib/integer.ts
function mulhu(a, b) {
  const al = a & 65535, ah = a >>> 16, bl = b & 65535, bh = b >>> 16;
  const ll = Math.imul(al, bl) >>> 0;
  const m2 = (Math.imul(ah, bl) >>> 0) + (ll >>> 16);
  const n = (Math.imul(al, bh) >>> 0) + (m2 & 65535);
  return Math.imul(ah, bh) + (m2 >>> 16) + (n >>> 16) | 0;
}
function mulhs(a, b) {
  return mulhu(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0) | 0;
}
function divu(a, b) {
  return (a >>> 0) / (b >>> 0) | 0;
}
function divs(a, b) {
  return a / b | 0;
}
function div64u(hi, lo, d) {
  if (hi === 0) return (lo >>> 0) / (d >>> 0) | 0;
  const divisor = d >>> 0;
  const n = (hi >>> 0) * 4294967296 + (lo >>> 0);
  let q = Math.floor(n / divisor);
  const low = lo - Math.imul(q | 0, d) >>> 0;
  const r = low + Math.round((n - q * divisor - low) / 4294967296) * 4294967296;
  if (r < 0) q--;
  else if (r >= divisor) q++;
  return q | 0;
}
function idivBad(hi, lo, d) {
  if (hi === lo >> 31) return d === 0 || d === -1 && lo === -2147483648 ? 1 : 0;
  const s = hi >> 31;
  const absLo = (lo ^ s) - s | 0;
  const absHi = (hi ^ s) + (s !== 0 && lo === 0 ? 1 : 0) | 0;
  const absD = d < 0 ? -d >>> 0 : d;
  if (absHi >>> 0 >= absD) return 1;
  const q = div64u(absHi, absLo, absD | 0) >>> 0;
  return q > (s === d >> 31 ? 2147483647 : 2147483648) ? 1 : 0;
}
function idiv64(hi, lo, d) {
  if (hi === lo >> 31) return lo / d | 0;
  const s = hi >> 31;
  const absLo = (lo ^ s) - s | 0;
  const absHi = (hi ^ s) + (s !== 0 && lo === 0 ? 1 : 0) | 0;
  const t = d >> 31;
  const q = div64u(absHi, absLo, (d ^ t) - t | 0);
  return s === t ? q : -q | 0;
}
function popcount(x) {
  x = x - (x >>> 1 & 1431655765) | 0;
  x = (x & 858993459) + (x >>> 2 & 858993459) | 0;
  return Math.imul(x + (x >>> 4) & 252645135, 16843009) >>> 24;
}
var MULHU = pure("int.mulhu", ["i32", "i32"], "i32", mulhu);
var MULHS = pure("int.mulhs", ["i32", "i32"], "i32", mulhs);
var DIVU = pure("int.divu", ["i32", "i32"], "i32", divu);
var DIVS = pure("int.divs", ["i32", "i32"], "i32", divs);
var DIV64U = pure("int.div64u", ["i32", "i32", "i32"], "i32", div64u);
var IDIV_BAD = pure("int.idivbad", ["i32", "i32", "i32"], "i32", idivBad);
var IDIV64 = pure("int.idiv64", ["i32", "i32", "i32"], "i32", idiv64);
var POPCOUNT = pure("int.popcount", ["i32"], "i32", popcount);

// src/frontend/lift/bits.ts
function bitTest(change3) {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops;
    const bits = dst.size * 8;
    const index2 = c.read(src);
    const bit = b.and(index2, b.i32(bits - 1));
    const apply2 = (old2) => change3(c, old2, b.shl(b.i32(1), bit));
    let old;
    if (dst.isMem) {
      const addr = src.kind === 2 /* imm */ ? c.addr(dst) : bitAddress(c, dst, c.signExtend(index2, dst.size));
      old = b.load(memInt(dst.size), addr, change3 !== null);
      if (change3) b.store(memInt(dst.size), addr, c.truncate(apply2(old), dst.size), true);
    } else if (change3) c.modify(dst, (value2) => apply2(old = value2));
    else old = c.read(dst);
    b.fmod(CF, b.and(b.shr(old, bit), b.i32(1)));
  };
}
function bitAddress(c, op, index2) {
  const b = c.b;
  const step2 = op.size === 2 ? b.shl(b.sar(index2, b.i32(4)), b.i32(1)) : b.shl(b.sar(index2, b.i32(5)), b.i32(2));
  const offset = b.add(c.offset(op), step2);
  return c.linear(op.segment, op.addressSize === 2 ? b.and(offset, b.i32(65535)) : offset);
}
function scan(find) {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops;
    const s = c.read(src);
    c.write(dst, b.select(b.nonzero(s), find(c, s), c.read(dst)));
    b.fset(3 /* RES */, flagSize(dst.size), b.i32(0), s);
  };
}
function highest2(c, s) {
  return c.b.sub(c.b.i32(31), c.b.clz(s));
}
function lowest(c, s) {
  return highest2(c, c.b.and(s, c.b.sub(c.b.i32(0), s)));
}
function popcnt(c, insn) {
  const b = c.b;
  const s = c.read(insn.ops[1]);
  c.write(insn.ops[0], b.lib(POPCOUNT, [s]));
  b.fset(0 /* RAW */, 2 /* B32 */, b.shl(b.zext(b.eq(s, b.i32(0))), b.i32(6)), b.i32(0));
}
var BIT_LIFTS = [
  [Mnemonic2.Bt, bitTest(null)],
  [Mnemonic2.Bts, bitTest((c, value2, bit) => c.b.or(value2, bit))],
  [Mnemonic2.Btr, bitTest((c, value2, bit) => c.b.and(value2, c.b.xor(bit, c.b.i32(-1))))],
  [Mnemonic2.Btc, bitTest((c, value2, bit) => c.b.xor(value2, bit))],
  [Mnemonic2.Bsf, scan(lowest)],
  [Mnemonic2.Tzcnt, scan(lowest)],
  [Mnemonic2.Bsr, scan(highest2)],
  [Mnemonic2.Lzcnt, scan(highest2)],
  [Mnemonic2.Popcnt, popcnt]
];

// src/ir/exit.ts
var NOT_REFUSED = 256;

// src/ir/eflags.ts
function readEflags(S) {
  return S[EFL >> 2] & ~ARITH | flagsOf(S[FLAG_KIND >> 2], S[FLAG_A >> 2], S[FLAG_R >> 2]) | 2;
}
function writeEflags(S, value2) {
  S[EFL >> 2] = value2 & ~ARITH | 2;
  S[FLAG_KIND >> 2] = flagKind(0 /* RAW */, 0 /* B8 */);
  S[FLAG_A >> 2] = value2 & ARITH;
  S[FLAG_R >> 2] = 0;
}

// src/frontend/lift/control.ts
var FAR_MEMORY = /* @__PURE__ */ new Set([Code2.Jmp_m1616, Code2.Jmp_m1632, Code2.Call_m1616, Code2.Call_m1632]);
function farTransfer(c, insn, kind, size, selector3, offset) {
  const b = c.b;
  b.set(FAR_SEL, selector3);
  b.set(FAR_OFF, offset);
  b.set(FAR_NEXT, b.i32(insn.next));
  c.done = true;
  b.end({ kind: "exit", reason: 8 /* far */, arg: kind | size << 8, next: insn.pc });
}
function farOperand(c, insn, kind) {
  const b = c.b;
  const op = insn.ops[0];
  if (op.kind === 4 /* far */) farTransfer(c, insn, kind, op.size, b.i32(op.index), b.i32(op.value));
  else if (FAR_MEMORY.has(insn.code)) {
    const size = op.size - 2;
    const addr = c.addr(op);
    const offset = b.load(memInt(size), addr);
    farTransfer(c, insn, kind, size, b.load("i16", b.add(addr, b.i32(size))), offset);
  } else return false;
  return true;
}
function jmp(c, insn) {
  const op = insn.ops[0];
  if (op.kind === 3 /* branch */) return c.jump(op.value);
  if (!farOperand(c, insn, 0 /* jump */)) c.indirect(c.read(op), "jump");
}
function call(c, insn) {
  const op = insn.ops[0];
  if (op.kind !== 3 /* branch */ && farOperand(c, insn, 1 /* call */)) return;
  const size = -insn.stackDelta;
  const target = op.kind === 3 /* branch */ ? null : c.read(op);
  c.push(c.b.i32(size === 2 ? insn.next & 65535 : insn.next), size);
  if (target) c.indirect(target, "call");
  else c.jump(op.value, true);
}
function released(op) {
  return op ? op.value & 65535 : 0;
}
function ret(c, insn) {
  const extra2 = released(insn.ops[0]);
  const size = insn.stackDelta - extra2;
  const target = c.b.load(memInt(size), c.stackAddr(0));
  c.moveStack(size + extra2);
  c.indirect(target, "ret");
}
function retf(c, insn) {
  const extra2 = released(insn.ops[0]);
  farTransfer(c, insn, 2 /* ret */, (insn.stackDelta - extra2) / 2, c.b.i32(0), c.b.i32(extra2));
}
function iret(size) {
  return (c, insn) => farTransfer(c, insn, 3 /* iret */, size, c.b.i32(0), c.b.i32(0));
}
function jcc(cc) {
  return (c, insn) => c.branch(c.b.fcond(cc), insn.ops[0].value);
}
var COUNT_CX = /* @__PURE__ */ new Set([
  Code2.Loop_rel8_16_CX,
  Code2.Loop_rel8_32_CX,
  Code2.Loope_rel8_16_CX,
  Code2.Loope_rel8_32_CX,
  Code2.Loopne_rel8_16_CX,
  Code2.Loopne_rel8_32_CX
]);
function loop(cc) {
  return (c, insn) => {
    const b = c.b;
    const size = COUNT_CX.has(insn.code) ? 2 : 4;
    const count2 = c.truncate(b.sub(c.readReg(1 /* ECX */, size), b.i32(1)), size);
    const more = b.nonzero(count2);
    const cond2 = cc < 0 ? more : b.and(more, b.fcond(cc));
    c.writeReg(1 /* ECX */, size, count2);
    c.branch(cond2, insn.ops[0].value);
  };
}
function jcxz(size) {
  return (c, insn) => c.branch(c.b.eq(c.readReg(1 /* ECX */, size), c.b.i32(0)), insn.ops[0].value);
}
function interrupt(c, insn) {
  c.b.set(EXIT_PC, c.b.i32(insn.pc));
  c.exit(3 /* interrupt */, insn.ops[0].value & 255);
}
function breakpoint(vector2) {
  return (c, insn) => {
    c.b.set(EXIT_PC, c.b.i32(insn.pc));
    c.exit(3 /* interrupt */, vector2 | NOT_REFUSED);
  };
}
function into(c, insn) {
  c.b.trapif(c.b.nonzero(c.b.fget(OF)), 4 /* OF */, insn.length);
}
function bound(c, insn) {
  const b = c.b;
  const [index2, bounds] = insn.ops;
  const size = index2.size;
  const addr = c.addr(bounds);
  const value2 = c.signExtend(c.read(index2), size);
  const low = c.signExtend(b.load(memInt(size), addr), size);
  const high = c.signExtend(b.load(memInt(size), b.add(addr, b.i32(size))), size);
  b.trapif(b.or(b.lts(value2, low), b.lts(high, value2)), 5 /* BR */);
}
function undefinedOpcode(c) {
  c.undefined();
}
var JCC = [
  Mnemonic2.Jo,
  Mnemonic2.Jno,
  Mnemonic2.Jb,
  Mnemonic2.Jae,
  Mnemonic2.Je,
  Mnemonic2.Jne,
  Mnemonic2.Jbe,
  Mnemonic2.Ja,
  Mnemonic2.Js,
  Mnemonic2.Jns,
  Mnemonic2.Jp,
  Mnemonic2.Jnp,
  Mnemonic2.Jl,
  Mnemonic2.Jge,
  Mnemonic2.Jle,
  Mnemonic2.Jg
];
var CONTROL_LIFTS = [
  [Mnemonic2.Jmp, jmp],
  [Mnemonic2.Call, call],
  [Mnemonic2.Ret, ret],
  [Mnemonic2.Retf, retf],
  [Mnemonic2.Iret, iret(2)],
  [Mnemonic2.Iretd, iret(4)],
  ...JCC.map((m2, cc) => [m2, jcc(cc)]),
  [Mnemonic2.Loop, loop(-1)],
  [Mnemonic2.Loope, loop(4 /* E */)],
  [Mnemonic2.Loopne, loop(5 /* NE */)],
  [Mnemonic2.Jcxz, jcxz(2)],
  [Mnemonic2.Jecxz, jcxz(4)],
  [Mnemonic2.Int, interrupt],
  [Mnemonic2.Int3, breakpoint(3 /* BP */)],
  [Mnemonic2.Int1, breakpoint(1 /* DB */)],
  [Mnemonic2.Into, into],
  [Mnemonic2.Bound, bound],
  [Mnemonic2.Ud0, undefinedOpcode],
  [Mnemonic2.Ud1, undefinedOpcode],
  [Mnemonic2.Ud2, undefinedOpcode]
];

// src/frontend/lift/flags.ts
var TF = 256;
var IF = 512;
var IOPL = 12288;
var NT = 16384;
var RF = 65536;
var VM = 131072;
var AC = 262144;
var VIF = 524288;
var VIP = 1048576;
var ID = 2097152;
var LOW = CF | PF | AF | ZF | SF;
function system(c) {
  return c.b.get("i32", EFL);
}
function change(c, mask2, value2) {
  c.b.set(EFL, c.b.or(c.b.and(system(c), c.b.i32(~mask2)), c.b.and(value2, c.b.i32(mask2))));
}
function belowCpl(c, efl) {
  const b = c.b;
  return b.ltu(b.and(b.shr(efl, b.i32(12)), b.i32(3)), b.get("i32", CPL));
}
function requireIopl(c) {
  const b = c.b;
  if (c.mode & (16 /* CPL3 */ | 32 /* V86 */)) b.trapif(b.ne(b.and(system(c), b.i32(IOPL)), b.i32(IOPL)), 13 /* GP */);
  else if (c.mode & 2048 /* CPL12 */) b.trapif(belowCpl(c, system(c)), 13 /* GP */);
}
function setDirection(value2) {
  return (c) => change(c, DF, c.b.i32(value2));
}
function cmc(c) {
  c.b.fmod(CF, c.b.xor(c.b.fget(CF), c.b.i32(CF)));
}
function cli(c) {
  requireIopl(c);
  change(c, IF, c.b.i32(0));
}
function sti(c) {
  requireIopl(c);
  const b = c.b;
  b.set(SHADOW, b.or(b.get("i32", SHADOW), b.and(b.shr(b.xor(system(c), b.i32(IF)), b.i32(9)), b.i32(SHADOW_STI))));
  change(c, IF, b.i32(IF));
  c.exit(7 /* mode */);
}
function lahf(c) {
  c.writeReg(0 /* EAX */, 1, c.b.or(c.b.fget(LOW), c.b.i32(2)), true);
}
function sahf(c) {
  c.b.fmod(LOW, c.b.and(c.readReg(0 /* EAX */, 1, true), c.b.i32(LOW)));
}
function pushf(c, insn) {
  const b = c.b;
  if (c.mode & 32 /* V86 */) requireIopl(c);
  c.push(b.or(b.and(system(c), b.i32(~(VM | RF))), b.fget(ARITH)), -insn.stackDelta);
}
function popf(c, insn) {
  const b = c.b;
  const size = insn.stackDelta;
  if (c.mode & 32 /* V86 */) requireIopl(c);
  const value2 = b.load(memInt(size), c.stackAddr(0));
  const efl = system(c);
  const user = (TF | DF | NT | RF | AC | ID) & (size === 2 ? 65535 : -1);
  let mask2;
  if (c.mode & 32 /* V86 */) mask2 = b.i32(user | IF);
  else if (c.mode & 16 /* CPL3 */) mask2 = b.select(b.eq(b.and(efl, b.i32(IOPL)), b.i32(IOPL)), b.i32(user | IF), b.i32(user));
  else if (c.mode & 2048 /* CPL12 */) mask2 = b.select(belowCpl(c, efl), b.i32(user), b.i32(user | IF));
  else mask2 = b.i32(user | IF | IOPL | (size === 2 ? 0 : VIF | VIP));
  const cleared = b.and(value2, b.i32(~(RF | VIF | VIP)));
  c.moveStack(size);
  b.set(EFL, b.or(b.and(efl, b.xor(mask2, b.i32(-1))), b.and(cleared, mask2)));
  b.fmod(ARITH, b.and(value2, b.i32(ARITH)));
  c.exit(7 /* mode */);
}
function salc(c) {
  c.writeReg(0 /* EAX */, 1, c.b.sub(c.b.i32(0), c.b.fget(CF)));
}
function setAc(value2) {
  return (c) => {
    if (!(c.mode & 512 /* SYSTEM */) || c.mode & (16 /* CPL3 */ | 2048 /* CPL12 */ | 32 /* V86 */)) return c.undefined();
    change(c, AC, c.b.i32(value2));
    c.exit(7 /* mode */);
  };
}
var FLAG_LIFTS = [
  [Mnemonic2.Clc, (c) => c.b.fmod(CF, c.b.i32(0))],
  [Mnemonic2.Stc, (c) => c.b.fmod(CF, c.b.i32(CF))],
  [Mnemonic2.Cmc, cmc],
  [Mnemonic2.Cld, setDirection(0)],
  [Mnemonic2.Std, setDirection(DF)],
  [Mnemonic2.Cli, cli],
  [Mnemonic2.Sti, sti],
  [Mnemonic2.Lahf, lahf],
  [Mnemonic2.Sahf, sahf],
  [Mnemonic2.Pushf, pushf],
  [Mnemonic2.Pushfd, pushf],
  [Mnemonic2.Popf, popf],
  [Mnemonic2.Popfd, popf],
  [Mnemonic2.Salc, salc],
  [Mnemonic2.Clac, setAc(0)],
  [Mnemonic2.Stac, setAc(AC)]
];

// src/ir/lib/system.ts
function pending(env, e) {
  if (!(e instanceof GuestFault)) throw e;
  env.fault = e;
  return 1;
}
var LOADSEG = memorial("sys.loadseg", ["i32", "i32"], "i32", (env, seg, selector3) => {
  try {
    env.host.loadSegment(seg, selector3 & 65535);
    return 0;
  } catch (e) {
    return pending(env, e);
  }
});
var SEGMENT_CHECK = memorial("sys.limit", ["i32", "i32", "i32"], "i32", (env, offset, segment, size) => {
  try {
    env.host.checkSegment(segment & 7, offset, size, (segment & 8) !== 0);
    return 0;
  } catch (e) {
    return pending(env, e);
  }
});
var SYSTEM = memorial("sys.op", ["i32", "i32", "i32"], "f80", (env, a, b, c, op) => {
  let status = 0;
  RESULT[0] = RESULT[1] = 0;
  try {
    env.host.system(op, a, b, c);
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[2] = RESULT[1];
  RESULT[1] = RESULT[0];
  RESULT[0] = status;
}, true, HOST);
var PORT_IN = memorial("sys.in", ["i32"], "i64", (env, port2, size) => {
  RESULT[0] = RESULT[1] = 0;
  try {
    RESULT[1] = env.host.portIn(port2, size);
  } catch (e) {
    RESULT[0] = pending(env, e);
  }
}, true, HOST);
var PORT_OUT = memorial("sys.out", ["i32", "i32"], "i32", (env, port2, value2, size) => {
  try {
    env.host.portOut(port2, size, value2);
    return 0;
  } catch (e) {
    return pending(env, e);
  }
}, true, HOST);
var RDTSC = memorial("sys.rdtsc", [], "i64", (env) => env.host.rdtsc(), false, HOST);
var CPUID = memorial("sys.cpuid", ["i32", "i32"], "v128", (env, leaf, subleaf) => env.host.cpuid(leaf, subleaf));
var ARPL = memorial("sys.arpl", ["i32", "i32"], "i64", (env, addr, rpl) => {
  RESULT[0] = RESULT[1] = 0;
  try {
    const old = env.memory.load16(addr);
    if ((old & 3) >= rpl) return;
    env.memory.store16(addr, old & 65532 | rpl);
    RESULT[1] = 1;
  } catch (e) {
    RESULT[0] = pending(env, e);
  }
});

// src/ir/env.ts
var PENDING = -1;

// src/frontend/lift/move.ts
function loadSegment(c, segment, selector3) {
  c.b.trapif(c.b.nonzero(c.b.lib(LOADSEG, [c.b.i32(segment), selector3])), PENDING);
}
function afterSegment(c, segment) {
  if (segment === 2 /* SS */) c.b.set(SHADOW, c.b.i32(SHADOW_SS));
  if (segment < 4 /* FS */) c.exit(7 /* mode */);
}
function selector(c, segment) {
  return c.b.get("i32", SEG_SEL + segment * 4);
}
function mov(c, insn) {
  const [dst, src] = insn.ops;
  if (isClass(dst, 1 /* segment */)) {
    const value2 = src.isMem ? c.b.load("i16", c.addr(src)) : c.readReg(src.index, 2);
    loadSegment(c, dst.index, value2);
    afterSegment(c, dst.index);
  } else if (isClass(src, 1 /* segment */)) {
    const value2 = selector(c, src.index);
    if (dst.isMem) c.b.store("i16", c.addr(dst), value2);
    else c.writeReg(dst.index, dst.size, value2);
  } else if (dst.isReg && dst.cls !== 0 /* gpr */) {
    writeControl(c, dst, src);
  } else if (src.isReg && src.cls !== 0 /* gpr */) {
    readControl(c, dst, src);
  } else {
    c.write(dst, c.read(src));
  }
}
function writeControl(c, dst, src) {
  if (!c.supervisor) return c.trap(13 /* GP */);
  const op = dst.cls === 5 /* control */ ? 19 /* writeCr */ : 20 /* writeDr */;
  system2(c, op, c.b.i32(dst.index), c.gpr(src.index));
  c.exit(7 /* mode */);
}
function readControl(c, dst, src) {
  if (!c.supervisor) return c.trap(13 /* GP */);
  const op = src.cls === 5 /* control */ ? 17 /* readCr */ : 18 /* readDr */;
  c.setGpr(dst.index, c.b.lane(system2(c, op, c.b.i32(src.index)), 1));
}
function system2(c, op, x, y, z) {
  const b = c.b;
  const zero3 = b.i32(0);
  const result = b.lib(SYSTEM, [x ?? zero3, y ?? zero3, z ?? zero3], op);
  b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
  return result;
}
function movzx(c, insn) {
  c.write(insn.ops[0], c.read(insn.ops[1]));
}
function movsx(c, insn) {
  const src = insn.ops[1];
  c.write(insn.ops[0], c.signExtend(c.read(src), src.size));
}
function lea(c, insn) {
  c.write(insn.ops[0], c.offset(insn.ops[1]));
}
function xchg(c, insn) {
  const [x, y] = insn.ops;
  const [other, r] = y.isMem ? [y, x] : [x, y];
  const value2 = c.read(r);
  let old;
  c.modify(other, (v) => {
    old = v;
    return value2;
  });
  c.write(r, old);
}
function xlat(c, insn) {
  const b = c.b;
  const op = insn.ops[0];
  const offset = b.add(c.offset(op), c.readReg(0 /* EAX */, 1));
  c.writeReg(0 /* EAX */, 1, b.load("i8", c.linear(op.segment, c.truncate(offset, op.addressSize))));
}
function bswap(c, insn) {
  const b = c.b;
  const op = insn.ops[0];
  if (op.size === 2) return c.writeReg(op.index, 2, b.i32(0));
  const v = c.gpr(op.index);
  const odd = b.and(v, b.i32(16711935)), even = b.and(v, b.i32(~16711935));
  c.setGpr(op.index, b.or(b.rotr(odd, b.i32(8)), b.rotl(even, b.i32(8))));
}
function cmov(cc) {
  return (c, insn) => {
    const [dst, src] = insn.ops;
    const value2 = c.read(src);
    c.write(dst, c.b.select(c.b.fcond(cc), value2, c.read(dst)));
  };
}
function setcc(cc) {
  return (c, insn) => c.write(insn.ops[0], c.b.zext(c.b.fcond(cc)));
}
function cmpxchg(c, insn) {
  const b = c.b;
  const [dst, src] = insn.ops;
  const accumulator = c.readReg(0 /* EAX */, dst.size);
  const value2 = c.read(src);
  const exchange = (old2) => b.select(b.eq(old2, accumulator), value2, old2);
  let old;
  if (dst.isMem) {
    c.modify(dst, (v) => exchange(old = v));
    c.writeReg(0 /* EAX */, dst.size, old);
  } else {
    old = c.read(dst);
    const next = exchange(old);
    c.writeReg(0 /* EAX */, dst.size, old);
    c.write(dst, next);
  }
  b.fset(2 /* SUB */, flagSize(dst.size), accumulator, c.truncate(b.sub(accumulator, old), dst.size));
}
function cmpxchg8b(c, insn) {
  const b = c.b;
  const addr = c.addr(insn.ops[0]);
  const old = b.load("i64", addr, true);
  const lo = b.lane(old, 0), hi = b.lane(old, 1);
  const same = b.and(b.eq(lo, c.gpr(0 /* EAX */)), b.eq(hi, c.gpr(2 /* EDX */)));
  b.store("i64", addr, b.pack("i64", [b.select(same, c.gpr(3 /* EBX */), lo), b.select(same, c.gpr(1 /* ECX */), hi)]), true);
  c.setGpr(0 /* EAX */, lo);
  c.setGpr(2 /* EDX */, hi);
  b.fmod(ZF, b.shl(b.zext(same), b.i32(6)));
}
function xadd(c, insn) {
  const b = c.b;
  const [dst, src] = insn.ops;
  const s = c.read(src);
  let old, r;
  if (dst.isMem) {
    c.modify(dst, (v) => r = c.truncate(b.add(old = v, s), dst.size));
    c.write(src, old);
  } else {
    old = c.read(dst);
    r = c.truncate(b.add(old, s), dst.size);
    c.write(src, old);
    c.write(dst, r);
  }
  b.fset(1 /* ADD */, flagSize(dst.size), old, r);
}
function extendAccumulator(from) {
  return (c) => c.writeReg(0 /* EAX */, from * 2, c.signExtend(c.readReg(0 /* EAX */, from), from));
}
function signToData(size) {
  return (c) => c.writeReg(2 /* EDX */, size, c.b.sar(c.signExtend(c.readReg(0 /* EAX */, size), size), c.b.i32(31)));
}
function loadFarPointer(segment) {
  return (c, insn) => {
    const [dst, src] = insn.ops;
    if (src.kind !== 1 /* mem */) return c.undefined();
    const addr = c.addr(src);
    const offset = c.b.load(memInt(dst.size), addr);
    loadSegment(c, segment, c.b.load("i16", c.b.add(addr, c.b.i32(dst.size))));
    c.write(dst, offset);
    afterSegment(c, segment);
  };
}
function nop() {
}
var CMOV = [
  Mnemonic2.Cmovo,
  Mnemonic2.Cmovno,
  Mnemonic2.Cmovb,
  Mnemonic2.Cmovae,
  Mnemonic2.Cmove,
  Mnemonic2.Cmovne,
  Mnemonic2.Cmovbe,
  Mnemonic2.Cmova,
  Mnemonic2.Cmovs,
  Mnemonic2.Cmovns,
  Mnemonic2.Cmovp,
  Mnemonic2.Cmovnp,
  Mnemonic2.Cmovl,
  Mnemonic2.Cmovge,
  Mnemonic2.Cmovle,
  Mnemonic2.Cmovg
];
var SET = [
  Mnemonic2.Seto,
  Mnemonic2.Setno,
  Mnemonic2.Setb,
  Mnemonic2.Setae,
  Mnemonic2.Sete,
  Mnemonic2.Setne,
  Mnemonic2.Setbe,
  Mnemonic2.Seta,
  Mnemonic2.Sets,
  Mnemonic2.Setns,
  Mnemonic2.Setp,
  Mnemonic2.Setnp,
  Mnemonic2.Setl,
  Mnemonic2.Setge,
  Mnemonic2.Setle,
  Mnemonic2.Setg
];
var MOVE_LIFTS = [
  [Mnemonic2.Mov, mov],
  [Mnemonic2.Movzx, movzx],
  [Mnemonic2.Movsx, movsx],
  [Mnemonic2.Lea, lea],
  [Mnemonic2.Xchg, xchg],
  [Mnemonic2.Xlatb, xlat],
  [Mnemonic2.Bswap, bswap],
  ...CMOV.map((m2, cc) => [m2, cmov(cc)]),
  ...SET.map((m2, cc) => [m2, setcc(cc)]),
  [Mnemonic2.Cmpxchg, cmpxchg],
  [Mnemonic2.Cmpxchg8b, cmpxchg8b],
  [Mnemonic2.Xadd, xadd],
  [Mnemonic2.Cbw, extendAccumulator(1)],
  [Mnemonic2.Cwde, extendAccumulator(2)],
  [Mnemonic2.Cwd, signToData(2)],
  [Mnemonic2.Cdq, signToData(4)],
  [Mnemonic2.Lds, loadFarPointer(3 /* DS */)],
  [Mnemonic2.Les, loadFarPointer(0 /* ES */)],
  [Mnemonic2.Lfs, loadFarPointer(4 /* FS */)],
  [Mnemonic2.Lgs, loadFarPointer(5 /* GS */)],
  [Mnemonic2.Lss, loadFarPointer(2 /* SS */)],
  [Mnemonic2.Nop, nop],
  [Mnemonic2.Reservednop, nop],
  [Mnemonic2.Endbr32, nop],
  [Mnemonic2.Endbr64, nop],
  [Mnemonic2.Rdsspd, nop]
  // no shadow stacks
];

// src/frontend/lift/muldiv.ts
function setFlags(c, size, overflow2, low) {
  const b = c.b;
  b.fset(3 /* RES */, flagSize(size), b.select(overflow2, b.i32(CF | OF), b.i32(0)), low);
}
function writeProduct(c, size, product) {
  if (size === 1) return c.writeReg(0 /* EAX */, 2, product);
  c.writeReg(0 /* EAX */, 2, product);
  c.writeReg(2 /* EDX */, 2, c.b.shr(product, c.b.i32(16)));
}
function mul(c, insn) {
  const b = c.b;
  const src = insn.ops[0];
  const s = c.read(src);
  const a = c.readReg(0 /* EAX */, src.size);
  const low = b.mul(a, s);
  if (src.size === 4) {
    const high = b.lib(MULHU, [a, s]);
    c.setGpr(0 /* EAX */, low);
    c.setGpr(2 /* EDX */, high);
    setFlags(c, 4, b.nonzero(high), low);
  } else {
    writeProduct(c, src.size, low);
    setFlags(c, src.size, b.nonzero(b.shr(low, b.i32(src.size * 8))), c.truncate(low, src.size));
  }
}
function signed(c, op) {
  return op.kind === 2 /* imm */ ? c.b.i32(op.value) : c.signExtend(c.read(op), op.size);
}
function imul(c, insn) {
  const b = c.b;
  const [x, y, z] = insn.ops;
  const size = x.size;
  let a, s;
  if (!y) {
    s = signed(c, x);
    a = c.signExtend(c.readReg(0 /* EAX */, size), size);
  } else {
    s = signed(c, z ?? y);
    a = signed(c, z ? y : x);
  }
  const low = b.mul(a, s);
  let overflow2;
  if (size === 4) {
    const high = b.lib(MULHS, [a, s]);
    overflow2 = b.ne(high, b.sar(low, b.i32(31)));
    if (y) c.write(x, low);
    else {
      c.setGpr(0 /* EAX */, low);
      c.setGpr(2 /* EDX */, high);
    }
  } else {
    overflow2 = b.ne(low, c.signExtend(low, size));
    if (y) c.write(x, low);
    else writeProduct(c, size, low);
  }
  setFlags(c, size, overflow2, c.truncate(low, size));
}
function div(c, insn) {
  const b = c.b;
  const src = insn.ops[0];
  const d = c.read(src);
  if (src.size === 4) {
    const hi = c.gpr(2 /* EDX */), lo = c.gpr(0 /* EAX */);
    b.trapif(b.leu(d, hi), 0 /* DE */);
    const q = b.lib(DIV64U, [hi, lo, d]);
    c.setGpr(0 /* EAX */, q);
    c.setGpr(2 /* EDX */, b.sub(lo, b.mul(q, d)));
    return;
  }
  const n = dividend(c, src.size);
  b.trapif(b.leu(d, b.shr(n, b.i32(src.size * 8))), 0 /* DE */);
  writeQuotient(c, src.size, n, d, b.lib(DIVU, [n, d]));
}
function idiv(c, insn) {
  const b = c.b;
  const src = insn.ops[0];
  const d = c.signExtend(c.read(src), src.size);
  if (src.size === 4) {
    const hi = c.gpr(2 /* EDX */), lo = c.gpr(0 /* EAX */);
    b.trapif(b.nonzero(b.lib(IDIV_BAD, [hi, lo, d])), 0 /* DE */);
    const q2 = b.lib(IDIV64, [hi, lo, d]);
    c.setGpr(0 /* EAX */, q2);
    c.setGpr(2 /* EDX */, b.sub(lo, b.mul(q2, d)));
    return;
  }
  const n = src.size === 1 ? b.ext16s(dividend(c, 1)) : dividend(c, 2);
  const q = b.lib(DIVS, [n, d]);
  b.trapif(b.or(b.eq(d, b.i32(0)), b.ne(q, c.signExtend(q, src.size))), 0 /* DE */);
  writeQuotient(c, src.size, n, d, q);
}
function dividend(c, size) {
  const b = c.b;
  const ax = c.readReg(0 /* EAX */, 2);
  return size === 1 ? ax : b.or(b.shl(c.gpr(2 /* EDX */), b.i32(16)), ax);
}
function writeQuotient(c, size, n, d, q) {
  const b = c.b;
  const r = b.sub(n, b.mul(q, d));
  if (size === 1) {
    c.writeReg(0 /* EAX */, 2, b.or(b.and(q, b.i32(255)), b.shl(b.and(r, b.i32(255)), b.i32(8))));
  } else {
    c.writeReg(0 /* EAX */, 2, q);
    c.writeReg(2 /* EDX */, 2, r);
  }
}
var MULDIV_LIFTS = [
  [Mnemonic2.Mul, mul],
  [Mnemonic2.Imul, imul],
  [Mnemonic2.Div, div],
  [Mnemonic2.Idiv, idiv]
];

// src/frontend/lift/shift.ts
function count(c, op) {
  const b = c.b;
  const n = op.kind === 2 /* imm */ ? b.i32(op.value & 31) : b.and(c.readReg(1 /* ECX */, 1), b.i32(31));
  return { n, some: b.nonzero(n) };
}
function carryOverflow(c, carry, overflow2) {
  return c.b.or(c.b.and(carry, c.b.i32(1)), c.b.shl(c.b.and(overflow2, c.b.i32(1)), c.b.i32(11)));
}
function nothing(c, dst, n) {
  if (!n.isConst || n.imm !== 0) return false;
  if (dst.isMem) c.modify(dst, (old) => old);
  return true;
}
function shl(c, a, n, size) {
  const b = c.b;
  const bits = size * 8;
  const wide3 = b.shl(a, n);
  const carry = size === 4 ? b.shr(a, b.sub(b.i32(32), n)) : b.shr(wide3, b.i32(bits));
  return { r: c.truncate(wide3, size), carry, overflow: (r) => b.xor(carry, b.shr(r, b.i32(bits - 1))) };
}
function shr(c, a, n, size) {
  const b = c.b;
  const r = b.shr(a, n);
  return { r, carry: b.shr(a, b.sub(n, b.i32(1))), overflow: () => b.xor(b.shr(r, b.i32(size * 8 - 1)), b.shr(r, b.i32(size * 8 - 2))) };
}
function sar(c, a, n, size) {
  const b = c.b;
  const s = c.signExtend(a, size);
  return { r: c.truncate(b.sar(s, n), size), carry: b.sar(s, b.sub(n, b.i32(1))), overflow: () => b.i32(0) };
}
function shift(fn) {
  return (c, insn) => {
    const b = c.b;
    const dst = insn.ops[0];
    const { n, some } = count(c, insn.ops[1]);
    if (nothing(c, dst, n)) return;
    let out;
    c.modify(dst, (old) => (out = fn(c, old, n, dst.size)).r);
    const { r, carry, overflow: overflow2 } = out;
    b.fsetif(some, 3 /* RES */, flagSize(dst.size), b.or(carryOverflow(c, carry, overflow2(r)), b.i32(AF)), r);
  };
}
function setCarryOverflow(c, some, flags) {
  const b = c.b;
  b.fmod(CF | OF, some.isConst ? flags : b.select(some, flags, b.fget(CF | OF)));
}
function repeated(c, a, size) {
  return size === 4 ? a : c.b.mul(a, c.b.i32(size === 2 ? 65537 : 16843009));
}
function rotate(left2) {
  return (c, insn) => {
    const b = c.b;
    const dst = insn.ops[0];
    const { n, some } = count(c, insn.ops[1]);
    if (nothing(c, dst, n)) return;
    let r;
    c.modify(dst, (old) => {
      const v = repeated(c, old, dst.size);
      return r = c.truncate(left2 ? b.rotl(v, n) : b.rotr(v, n), dst.size);
    });
    const top = b.shr(r, b.i32(dst.size * 8 - 1));
    const flags = left2 ? carryOverflow(c, r, b.xor(r, top)) : carryOverflow(c, top, b.xor(top, b.shr(r, b.i32(dst.size * 8 - 2))));
    setCarryOverflow(c, some, flags);
  };
}
function modulo(c, n, divisor) {
  const b = c.b;
  if (divisor === 17) return b.select(b.ltu(n, b.i32(17)), n, b.sub(n, b.i32(17)));
  return b.sub(n, b.mul(b.shr(b.mul(n, b.i32(57)), b.i32(9)), b.i32(9)));
}
function rotateCarry(left2) {
  return (c, insn) => {
    const b = c.b;
    const dst = insn.ops[0];
    const { n, some } = count(c, insn.ops[1]);
    if (nothing(c, dst, n)) return;
    const bits = dst.size * 8;
    const carry = b.fget(CF);
    let r, out;
    c.modify(dst, (a) => {
      if (bits === 32) {
        const k2 = b.sub(n, b.i32(1));
        const rest2 = b.sub(b.i32(32), n);
        const v2 = left2 ? b.or(b.or(b.shl(a, n), b.shl(carry, k2)), b.shr(b.shr(a, b.i32(1)), rest2)) : b.or(b.or(b.shr(a, n), b.shl(carry, rest2)), b.shl(b.shl(a, b.i32(1)), rest2));
        out = left2 ? b.shr(a, rest2) : b.shr(a, k2);
        return r = b.select(some, v2, a);
      }
      const k = modulo(c, n, bits + 1);
      const rest = b.sub(b.i32(bits + 1), k);
      const v = b.or(a, b.shl(carry, b.i32(bits)));
      const w = left2 ? b.or(b.shl(v, k), b.shr(v, rest)) : b.or(b.shr(v, k), b.shl(v, rest));
      out = b.shr(w, b.i32(bits));
      return r = c.truncate(w, dst.size);
    });
    const top = b.shr(r, b.i32(bits - 1));
    const overflow2 = left2 ? b.xor(out, top) : b.xor(top, b.shr(r, b.i32(bits - 2)));
    setCarryOverflow(c, some, carryOverflow(c, out, overflow2));
  };
}
function double(left2) {
  return (c, insn) => {
    const b = c.b;
    const [dst, src, by] = insn.ops;
    const { n, some } = count(c, by);
    if (nothing(c, dst, n)) return;
    const s = c.read(src);
    const bits = dst.size * 8;
    let r, carry;
    c.modify(dst, (a) => {
      if (bits === 32) {
        const rest = b.xor(n, b.i32(31));
        r = left2 ? b.or(b.shl(a, n), b.shr(b.shr(s, b.i32(1)), rest)) : b.or(b.shr(a, n), b.shl(b.shl(s, b.i32(1)), rest));
        carry = left2 ? b.shr(a, b.sub(b.i32(32), n)) : b.shr(a, b.sub(n, b.i32(1)));
        return r;
      }
      const over = b.ltu(b.i32(16), n);
      const wide3 = b.or(b.shl(left2 ? b.select(over, s, a) : s, b.i32(16)), left2 ? s : b.select(over, s, a));
      const k = b.select(over, b.sub(n, b.i32(16)), n);
      carry = b.select(over, b.i32(0), left2 ? b.shr(wide3, b.sub(b.i32(32), k)) : b.shr(wide3, b.sub(k, b.i32(1))));
      r = left2 ? b.shr(b.shl(wide3, k), b.i32(16)) : c.truncate(b.shr(wide3, k), 2);
      return r;
    });
    const top = b.shr(r, b.i32(bits - 1));
    const overflow2 = left2 ? b.xor(carry, top) : b.xor(top, b.shr(r, b.i32(bits - 2)));
    b.fsetif(some, 3 /* RES */, flagSize(dst.size), b.or(carryOverflow(c, carry, overflow2), b.i32(AF)), r);
  };
}
var SHIFT_LIFTS = [
  [Mnemonic2.Shl, shift(shl)],
  [Mnemonic2.Sal, shift(shl)],
  [Mnemonic2.Shr, shift(shr)],
  [Mnemonic2.Sar, shift(sar)],
  [Mnemonic2.Rol, rotate(true)],
  [Mnemonic2.Ror, rotate(false)],
  [Mnemonic2.Rcl, rotateCarry(true)],
  [Mnemonic2.Rcr, rotateCarry(false)],
  [Mnemonic2.Shld, double(true)],
  [Mnemonic2.Shrd, double(false)]
];

// src/ir/lib/nan.ts
var F = new Float64Array(1);
var I = new Int32Array(F.buffer);
var DEFAULT = new Float64Array(new Int32Array([0, 4294443008 | 0]).buffer);
function nanfix(a, b) {
  if (a !== a) F[0] = a;
  else if (b !== b) F[0] = b;
  else return DEFAULT[0];
  I[1] |= 524288;
  return F[0];
}

// src/ir/lib/sse-float.ts
var INDEFINITE = -2147483648;
var ROUNDER = 6755399441055744;
var TWO52 = 4503599627370496;
function nearest(x) {
  if (!(Math.abs(x) < TWO52)) return x;
  const r = x < 0 ? x - TWO52 + TWO52 : x + TWO52 - TWO52;
  return r === 0 && (x < 0 || Object.is(x, -0)) ? -0 : r;
}
function roundTo(mode, x) {
  if (x !== x) return nanfix(x, x);
  switch (mode & 3) {
    case 0:
      return nearest(x);
    case 1:
      return Math.floor(x);
    case 2:
      return Math.ceil(x);
    default:
      return Math.trunc(x);
  }
}
var TRUNC_I32 = pure("sse.trunc.i32", ["f64"], "i32", (x) => x > -2147483649 && x < 2147483648 ? x | 0 : INDEFINITE);
var ROUND_I32 = pure("sse.round.i32", ["f64"], "i32", (x) => x >= -21474836485e-1 && x < 21474836475e-1 ? x + ROUNDER - ROUNDER | 0 : INDEFINITE);
var TRUNC_F32_I32 = pure("sse.truncf.i32", ["f32"], "i32", (x) => x >= -2147483648 && x < 2147483648 ? x | 0 : INDEFINITE);
var ROUND_F32_I32 = pure("sse.roundf.i32", ["f32"], "i32", (x) => x >= -2147483648 && x < 2147483648 ? x + ROUNDER - ROUNDER | 0 : INDEFINITE);
var I32_TO_F64 = pure("sse.i32.f64", ["i32"], "f64", (x) => x);
var I32_TO_F32 = pure("sse.i32.f32", ["i32"], "f32", (x) => Math.fround(x));
var F32_TO_F64 = pure("sse.f32.f64", ["f32"], "f64", (x) => x);
var F64_TO_F32 = pure("sse.f64.f32", ["f64"], "f32", (x) => Math.fround(x));
var ROUND_F64 = pure("sse.round.f64", ["f64"], "f64", (x, imm) => roundTo(imm & 4 ? 0 : imm, x), true);
var ROUND_F32 = pure("sse.round.f32", ["f32"], "f32", (x, imm) => roundTo(imm & 4 ? 0 : imm, x), true);
function compareFlags(x, y) {
  return x < y ? CF : x > y ? 0 : x === y ? ZF : CF | PF | ZF;
}
var COMPARE_F64 = pure("sse.comi.f64", ["f64", "f64"], "i32", compareFlags);
var COMPARE_F32 = pure("sse.comi.f32", ["f32", "f32"], "i32", compareFlags);
function isFloatCompare(op) {
  return op === COMPARE_F64 || op === COMPARE_F32;
}
var G = new Float32Array(1);
var I2 = new Int32Array(G.buffer);
var TINY = 2 ** -126;
function estimate(bits, root) {
  const magnitude = bits & 2147483647;
  if (magnitude > 2139095040) return bits | 4194304;
  if (magnitude < 8388608) return bits & 2147483648 | 2139095040;
  if (root && bits < 0) return 4290772992 | 0;
  I2[0] = bits;
  const x = G[0];
  const r = root ? 1 / Math.sqrt(x) : 1 / x;
  if (Math.abs(r) < TINY) return bits & 2147483648;
  G[0] = r;
  return I2[0];
}
var RCP = lanewise("sse.rcp", 1, (bits) => estimate(bits, false));
var RSQRT = lanewise("sse.rsqrt", 1, (bits) => estimate(bits, true));

// src/ir/lib/softfloat.ts
var IE = 1;
var DE = 2;
var ZE = 4;
var OE = 8;
var UE = 16;
var PE = 32;
var DAZ = 64;
var UM = 2048;
var OM = 1024;
var FTZ = 32768;
var QUIET_BITS = 28704;
var QUIET = 4128;
var raised = 0;
function raise(flags) {
  raised |= flags;
}
function takeRaised() {
  const flags = raised;
  raised = 0;
  return flags;
}
function roundingOf(mxcsr) {
  return mxcsr >> 13 & 3;
}
var F2 = new Float64Array(1);
var I3 = new Int32Array(F2.buffer);
function mantissa(x) {
  F2[0] = x;
  const e = I3[1] >>> 20 & 2047;
  return BigInt(I3[1] & 1048575 | (e ? 1048576 : 0)) << 32n | BigInt(I3[0] >>> 0);
}
function exponent(x) {
  F2[0] = x;
  return (I3[1] >>> 20 & 2047 || 1) - 1075;
}
function isNegative(x) {
  return x < 0 || Object.is(x, -0);
}
function bitLength(m2) {
  return m2 === 0n ? 0 : m2.toString(2).length;
}
var lost = false;
function shiftRounding(m2, shift3, rounding, negative) {
  lost = false;
  if (shift3 <= 0) return m2 << BigInt(-shift3);
  const s = BigInt(shift3);
  const q = m2 >> s, rest = m2 - (q << s);
  if (rest === 0n) return q;
  lost = true;
  const half = 1n << s - 1n;
  let up2;
  if (rounding === 0) up2 = rest > half || rest === half && (q & 1n) === 1n;
  else up2 = rounding === 1 ? negative : rounding === 2 ? !negative : false;
  return up2 ? q + 1n : q;
}
function round(negative, m2, e, single, mxcsr) {
  const precision = single ? 24 : 53, lowest2 = single ? -149 : -1074, highest3 = single ? 128 : 1024;
  const rounding = roundingOf(mxcsr);
  const sign2 = negative ? -1 : 1;
  let unit = e + bitLength(m2) - precision;
  let r = shiftRounding(m2, unit - e, rounding, negative);
  let inexact = lost;
  if (bitLength(r) > precision) {
    r >>= 1n;
    unit++;
  }
  const top = bitLength(r) + unit;
  if (top < lowest2 + precision) {
    if ((mxcsr & UM) === 0) {
      raised |= UE | (inexact ? PE : 0);
      return 0 * sign2;
    }
    if (mxcsr & FTZ) {
      raised |= UE | PE;
      return 0 * sign2;
    }
    unit = lowest2;
    r = shiftRounding(m2, unit - e, rounding, negative);
    inexact = lost;
    if (inexact) raised |= UE;
  } else if (top > highest3) {
    raised |= OE | (mxcsr & OM || inexact ? PE : 0);
    const away = rounding === 0 || rounding === (negative ? 1 : 2);
    return sign2 * (away ? Infinity : single ? 34028234663852886e22 : Number.MAX_VALUE);
  }
  if (inexact) raised |= PE;
  return sign2 * Number(r) * 2 ** unit;
}
function native(op, x, y) {
  switch (op) {
    case 0 /* add */:
      return x + y;
    case 1 /* sub */:
      return x - y;
    case 2 /* mul */:
      return x * y;
    case 3 /* div */:
      return x / y;
    default:
      return Math.sqrt(y);
  }
}
function exactSum(x, y, single, mxcsr) {
  const ex = exponent(x), ey = exponent(y), e = Math.min(ex, ey);
  const a = mantissa(x) << BigInt(ex - e), b = mantissa(y) << BigInt(ey - e);
  const sum = (isNegative(x) ? -a : a) + (isNegative(y) ? -b : b);
  if (sum === 0n) {
    if (isNegative(x) === isNegative(y)) return x + y;
    return roundingOf(mxcsr) === 1 ? -0 : 0;
  }
  return round(sum < 0n, sum < 0n ? -sum : sum, e, single, mxcsr);
}
function exactQuotient(x, y, single, mxcsr) {
  const n = mantissa(x) << 120n, d = mantissa(y);
  const q = n / d;
  const sticky = q * d === n ? 0n : 1n;
  return round(isNegative(x) !== isNegative(y), q << 1n | sticky, exponent(x) - exponent(y) - 121, single, mxcsr);
}
function exactRoot(y, single, mxcsr) {
  let e = exponent(y) - 120, n = mantissa(y) << 120n;
  if (e & 1) {
    e--;
    n <<= 1n;
  }
  let r = 1n << BigInt(bitLength(n) + 1 >> 1);
  for (let next = r + n / r >> 1n; next < r; next = r + n / r >> 1n) r = next;
  return round(false, r << 1n | (r * r === n ? 0n : 1n), e / 2 - 1, single, mxcsr);
}
function isDenormal(x, single) {
  return x !== 0 && Math.abs(x) < (single ? 2 ** -126 : 2 ** -1022);
}
function isOrdinary(x, single) {
  const size = Math.abs(x);
  return x === 0 || size < Infinity && size >= (single ? 2 ** -126 : 2 ** -1022);
}
function operate(op, x, y, single, mxcsr) {
  if ((mxcsr & QUIET_BITS) === QUIET && isOrdinary(x, single) && isOrdinary(y, single)) {
    const r = single ? Math.fround(native(op, x, y)) : native(op, x, y);
    const size = Math.abs(r);
    if (size < Infinity && size >= (single ? 2 ** -125 : 2 ** -1021) || size === 0 && op <= 1 /* sub */) return r;
  }
  x = flushed(x, single, mxcsr);
  y = flushed(y, single, mxcsr);
  const exact = native(op, x, y);
  if (exact !== exact) {
    raised |= IE;
    return exact;
  }
  const finite = Math.abs(x) < Infinity && Math.abs(y) < Infinity;
  if (op === 3 /* div */ && y === 0 && finite) {
    raised |= ZE;
    return exact;
  }
  if (isDenormal(y, single) || op !== 4 /* sqrt */ && isDenormal(x, single)) raised |= DE;
  if (!finite) return exact;
  switch (op) {
    case 0 /* add */:
      return exactSum(x, y, single, mxcsr);
    case 1 /* sub */:
      return exactSum(x, -y, single, mxcsr);
    case 2 /* mul */:
      return x === 0 || y === 0 ? exact : round(isNegative(x) !== isNegative(y), mantissa(x) * mantissa(y), exponent(x) + exponent(y), single, mxcsr);
    case 3 /* div */:
      return x === 0 ? exact : exactQuotient(x, y, single, mxcsr);
    default:
      return y === 0 ? exact : exactRoot(y, single, mxcsr);
  }
}
function narrow(x, mxcsr) {
  if (isDenormal(x, false)) {
    if (mxcsr & DAZ) return x * 0;
    raised |= DE;
  }
  if (x === 0 || Math.abs(x) === Infinity) return x;
  return round(isNegative(x), mantissa(x), exponent(x), true, mxcsr);
}
function flushed(x, single, mxcsr) {
  return mxcsr & DAZ && isDenormal(x, single) ? x * 0 : x;
}
function operand2(x, single, mxcsr) {
  if (!isDenormal(x, single)) return x;
  if (mxcsr & DAZ) return x * 0;
  raised |= DE;
  return x;
}
function toInt32(x, truncate2, single, mxcsr) {
  x = flushed(x, single, mxcsr);
  const r = x !== x ? NaN : roundTo(truncate2 ? 3 : roundingOf(mxcsr), x);
  if (!(r >= -2147483648 && r < 2147483648)) {
    raised |= IE;
    return -2147483648;
  }
  if (r !== x) raised |= PE;
  return r | 0;
}
function toIntegral(x, imm, single, mxcsr) {
  x = flushed(x, single, mxcsr);
  const r = roundTo(imm & 4 ? roundingOf(mxcsr) : imm, x);
  if (r !== x && (imm & 8) === 0) raised |= PE;
  return r;
}

// src/ir/lib/softfloat-ops.ts
var MX = MXCSR >> 2;
var F3 = new Float64Array(1);
var FI = new Int32Array(F3.buffer);
var G2 = new Float32Array(1);
var GI = new Int32Array(G2.buffer);
function isNan32(a) {
  return (a & 2147483647) > 2139095040;
}
function isNan64(lo, hi) {
  const h = hi & 2147483647;
  return h > 2146435072 || h === 2146435072 && lo !== 0;
}
var QUIET32 = 4194304;
var QUIET64 = 524288;
var DEFAULT32 = 4290772992 | 0;
var DEFAULT64 = 4294443008 | 0;
function value32(bits) {
  GI[0] = bits;
  return G2[0];
}
function bits32(x) {
  if (x !== x) return DEFAULT32;
  G2[0] = x;
  return GI[0];
}
function value64(lo, hi) {
  FI[0] = lo;
  FI[1] = hi;
  return F3[0];
}
function put(lo, hi) {
  RESULT[0] = lo;
  RESULT[1] = hi;
}
function put64(x) {
  if (x !== x) return put(0, DEFAULT64);
  F3[0] = x;
  put(FI[0], FI[1]);
}
var SOFT_F32 = stateful("soft.f32", ["i32", "i32"], "i32", (S, a, b, op) => {
  const mx = S[MX];
  if (op === 4 /* sqrt */) a = b;
  let x = value32(a), y = value32(b);
  if (x === x && y === y && op <= 4 /* sqrt */) return bits32(operate(op, x, y, true, mx));
  if (isNan32(a) || isNan32(b)) {
    if (op === 5 /* min */ || op === 6 /* max */) {
      raise(IE);
      return isNan32(b) ? b : bits32(flushed(value32(b), true, mx));
    }
    if (isNan32(a) && !(a & QUIET32) || isNan32(b) && !(b & QUIET32)) raise(IE);
    return (isNan32(a) ? a : b) | QUIET32;
  }
  x = operand2(x, true, mx);
  y = operand2(y, true, mx);
  return bits32((op === 5 /* min */ ? x < y : x > y) ? x : y);
}, true);
var SOFT_F64 = stateful("soft.f64", ["i64", "i64"], "i64", (S, a0, a1, b0, b1, op) => {
  const mx = S[MX];
  if (op === 4 /* sqrt */) {
    a0 = b0;
    a1 = b1;
  }
  let x = value64(a0, a1), y = value64(b0, b1);
  if (x === x && y === y && op <= 4 /* sqrt */) return put64(operate(op, x, y, false, mx));
  const an = isNan64(a0, a1), bn = isNan64(b0, b1);
  if (an || bn) {
    if (op === 5 /* min */ || op === 6 /* max */) {
      raise(IE);
      return bn ? put(b0, b1) : put64(flushed(value64(b0, b1), false, mx));
    }
    if (an && !(a1 & QUIET64) || bn && !(b1 & QUIET64)) raise(IE);
    return an ? put(a0, a1 | QUIET64) : put(b0, b1 | QUIET64);
  }
  x = operand2(x, false, mx);
  y = operand2(y, false, mx);
  return put64((op === 5 /* min */ ? x < y : x > y) ? x : y);
}, true);
var left = 0;
var right = 0;
function load32(mx, a, b, signalling) {
  left = value32(a);
  right = value32(b);
  const an = isNan32(a), bn = isNan32(b);
  if (an || bn) {
    if (signalling || an && !(a & QUIET32) || bn && !(b & QUIET32)) raise(IE);
    return;
  }
  left = operand2(left, true, mx);
  right = operand2(right, true, mx);
}
function load64(mx, a0, a1, b0, b1, signalling) {
  left = value64(a0, a1);
  right = value64(b0, b1);
  const an = isNan64(a0, a1), bn = isNan64(b0, b1);
  if (an || bn) {
    if (signalling || an && !(a1 & QUIET64) || bn && !(b1 & QUIET64)) raise(IE);
    return;
  }
  left = operand2(left, false, mx);
  right = operand2(right, false, mx);
}
function holds(predicate) {
  const x = left, y = right;
  const p = predicate & 3;
  const r = p === 0 ? x === y : p === 1 ? x < y : p === 2 ? x <= y : x !== x || y !== y;
  return r !== ((predicate & 4) !== 0);
}
function signals(predicate) {
  const p = predicate & 3;
  return p === 1 || p === 2;
}
var SOFT_CMP_F32 = stateful("soft.cmp.f32", ["i32", "i32"], "i32", (S, a, b, predicate) => {
  load32(S[MX], a, b, signals(predicate));
  return holds(predicate) ? -1 : 0;
}, true);
var SOFT_CMP_F64 = stateful("soft.cmp.f64", ["i64", "i64"], "i32", (S, a0, a1, b0, b1, predicate) => {
  load64(S[MX], a0, a1, b0, b1, signals(predicate));
  return holds(predicate) ? -1 : 0;
}, true);
function compareFlags2() {
  return left < right ? CF : left > right ? 0 : left === right ? ZF : CF | PF | ZF;
}
var SOFT_COMI_F32 = stateful("soft.comi.f32", ["i32", "i32"], "i32", (S, a, b, signalling) => {
  load32(S[MX], a, b, signalling !== 0);
  return compareFlags2();
}, true);
var SOFT_COMI_F64 = stateful("soft.comi.f64", ["i64", "i64"], "i32", (S, a0, a1, b0, b1, signalling) => {
  load64(S[MX], a0, a1, b0, b1, signalling !== 0);
  return compareFlags2();
}, true);
var SOFT_F32_F64 = stateful("soft.f32.f64", ["i32"], "i64", (S, a) => {
  if (isNan32(a)) {
    if (!(a & QUIET32)) raise(IE);
    return put(a << 29, a & 2147483648 | 2146959360 | (a & 4194303) >> 3);
  }
  return put64(operand2(value32(a), true, S[MX]));
});
var SOFT_F64_F32 = stateful("soft.f64.f32", ["i64"], "i32", (S, lo, hi) => {
  if (isNan64(lo, hi)) {
    if (!(hi & QUIET64)) raise(IE);
    return hi & 2147483648 | 2143289344 | (hi & 524287) << 3 | lo >>> 29;
  }
  return bits32(narrow(value64(lo, hi), S[MX]));
});
var SOFT_I32_F32 = stateful("soft.i32.f32", ["i32"], "i32", (S, a) => bits32(narrow(a, S[MX])));
var SOFT_F32_I32 = stateful("soft.f32.i32", ["i32"], "i32", (S, a, truncate2) => toInt32(value32(a), truncate2 !== 0, true, S[MX]), true);
var SOFT_F64_I32 = stateful("soft.f64.i32", ["i64"], "i32", (S, lo, hi, truncate2) => toInt32(value64(lo, hi), truncate2 !== 0, false, S[MX]), true);
var SOFT_ROUND_F32 = stateful("soft.round.f32", ["i32"], "i32", (S, a, imm) => {
  if (isNan32(a)) {
    if (!(a & QUIET32)) raise(IE);
    return a | QUIET32;
  }
  return bits32(toIntegral(value32(a), imm, true, S[MX]));
}, true);
var SOFT_ROUND_F64 = stateful("soft.round.f64", ["i64"], "i64", (S, lo, hi, imm) => {
  if (isNan64(lo, hi)) {
    if (!(hi & QUIET64)) raise(IE);
    return put(lo, hi | QUIET64);
  }
  return put64(toIntegral(value64(lo, hi), imm, false, S[MX]));
}, true);
var SOFT_END = stateful("soft.end", [], "i1", (S) => {
  let flags = takeRaised();
  const open = ~(S[MX] >> 7) & 63;
  if (flags & open & (IE | DE | ZE)) flags &= IE | DE | ZE;
  S[MX] |= flags;
  return flags & open ? 1 : 0;
});

// src/ir/lib/f80.ts
var IE2 = 1;
var DE2 = 2;
var ZE2 = 4;
var OE2 = 8;
var UE2 = 16;
var PE2 = 32;
var SF2 = 64;
var ES = 128;
var C0 = 256;
var C1 = 512;
var C2 = 1024;
var C3 = 16384;
var BUSY = 32768;
var BIAS = 16383;
var EXP_MAX = 32767;
var WRAP = 24576;
var MIN = 2147483648 | 0;
var QUIET2 = 1073741824;
var Z = new Int32Array(3);
var T = new Int32Array(3);
function put2(lo, hi, se) {
  Z[0] = lo;
  Z[1] = hi;
  Z[2] = se;
}
function invalid() {
  put2(0, 3221225472 | 0, 65535);
  return IE2;
}
function zero(sign2) {
  put2(0, 0, sign2);
  return 0;
}
function infinity(sign2) {
  put2(0, MIN, sign2 | EXP_MAX);
  return 0;
}
function isNaN80(hi, lo, se) {
  return (se & EXP_MAX) === EXP_MAX && hi < 0 && (hi << 1 | lo) !== 0;
}
function isSignaling(hi, lo, se) {
  return (se & EXP_MAX) === EXP_MAX && hi < 0 && (hi & QUIET2) === 0 && (hi << 1 | lo) !== 0;
}
function isUnsupported(hi, se) {
  return hi >= 0 && (se & EXP_MAX) !== 0;
}
function isZero(hi, lo, se) {
  return (hi | lo | se & EXP_MAX) === 0;
}
function isDenormal2(hi, lo, se) {
  return (se & EXP_MAX) === 0 && (hi | lo) !== 0;
}
function nan2(al, ah, as, bl, bh, bs) {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs)) return invalid();
  const aNaN = isNaN80(ah, al, as), bNaN = isNaN80(bh, bl, bs);
  const aSig = aNaN && (ah & QUIET2) === 0, bSig = bNaN && (bh & QUIET2) === 0;
  let first;
  if (!bNaN) first = true;
  else if (!aNaN) first = false;
  else if (aSig !== bSig) first = bSig;
  else if (ah !== bh) first = ah >>> 0 > bh >>> 0;
  else if (al !== bl) first = al >>> 0 > bl >>> 0;
  else first = as < bs;
  if (first) put2(al, ah | QUIET2, as);
  else put2(bl, bh | QUIET2, bs);
  return aSig || bSig ? IE2 : 0;
}
function nan1(al, ah, as) {
  if (isUnsupported(ah, as)) return invalid();
  put2(al, ah | QUIET2, as);
  return (ah & QUIET2) === 0 ? IE2 : 0;
}
function shlHi(hi, lo, n) {
  return n >= 32 ? lo << n - 32 : n === 0 ? hi : hi << n | lo >>> 32 - n;
}
function shlLo(lo, n) {
  return n >= 32 ? 0 : lo << n;
}
function clz64(hi, lo) {
  return hi !== 0 ? Math.clz32(hi) : 32 + Math.clz32(lo);
}
function shiftRightJam(hi, lo, ext, n) {
  if (n === 0) {
    T[0] = hi;
    T[1] = lo;
    T[2] = ext;
  } else if (n < 32) {
    const m2 = 32 - n;
    T[2] = lo << m2 | ext >>> n | (ext << m2 !== 0 ? 1 : 0);
    T[1] = hi << m2 | lo >>> n;
    T[0] = hi >>> n;
  } else if (n < 64) {
    n -= 32;
    const lost2 = (n === 0 ? ext : ext | lo << 32 - n) !== 0 ? 1 : 0;
    T[2] = (n === 0 ? lo : hi << 32 - n | lo >>> n) | lost2;
    T[1] = hi >>> n;
    T[0] = 0;
  } else {
    n -= 64;
    const lost2 = (n === 0 ? lo | ext : n >= 32 ? hi | lo | ext : hi << 32 - n | lo | ext) !== 0 ? 1 : 0;
    T[2] = (n >= 32 ? 0 : hi >>> n) | lost2;
    T[1] = 0;
    T[0] = 0;
  }
}
function up(cw, sign2, odd, ext) {
  switch (cw & 3072) {
    case 0:
      return ext < 0 && (odd !== 0 || (ext & 2147483647) !== 0);
    case 1024:
      return sign2 !== 0 && ext !== 0;
    case 2048:
      return sign2 === 0 && ext !== 0;
    default:
      return false;
  }
}
function round2(sign2, exp, hi, lo, ext, cw) {
  const pc = cw & 768;
  if (pc & 256 && exp > 0 && exp < EXP_MAX - 1) {
    if (ext === 0) {
      Z[0] = lo;
      Z[1] = hi;
      Z[2] = sign2 | exp;
      return 0;
    }
    if (!up(cw, sign2, lo & 1, ext)) {
      Z[0] = lo;
      Z[1] = hi;
      Z[2] = sign2 | exp;
      return PE2;
    }
    lo = lo + 1 | 0;
    if (lo === 0) {
      hi = hi + 1 | 0;
      if (hi === 0) {
        hi = MIN;
        exp++;
      }
    }
    Z[0] = lo;
    Z[1] = hi;
    Z[2] = sign2 | exp;
    return PE2 | C1;
  }
  return roundSlow(sign2, exp, hi, lo, ext, cw);
}
function roundSignificand(sign2, hi, lo, ext, cw) {
  const pc = cw & 768;
  if (pc & 256) {
    const inc2 = up(cw, sign2, lo & 1, ext);
    if (inc2) {
      lo = lo + 1 | 0;
      if (lo === 0) hi = hi + 1 | 0;
    }
    T[0] = hi;
    T[1] = lo;
    return ext === 0 ? 0 : inc2 ? PE2 | C1 : PE2;
  }
  if (pc === 512) {
    const rest2 = lo << 21 | (ext !== 0 ? 1 : 0);
    const inc2 = up(cw, sign2, lo & 2048, rest2);
    lo &= ~2047;
    if (inc2) {
      lo = lo + 2048 | 0;
      if (lo === 0) hi = hi + 1 | 0;
    }
    T[0] = hi;
    T[1] = lo;
    return rest2 === 0 ? 0 : inc2 ? PE2 | C1 : PE2;
  }
  const rest = hi << 24 | ((lo | ext) !== 0 ? 1 : 0);
  const inc = up(cw, sign2, hi & 256, rest);
  hi &= ~255;
  if (inc) hi = hi + 256 | 0;
  T[0] = hi;
  T[1] = 0;
  return rest === 0 ? 0 : inc ? PE2 | C1 : PE2;
}
function roundSlow(sign2, exp, hi, lo, ext, cw) {
  let flags = roundSignificand(sign2, hi, lo, ext, cw);
  let rhi = T[0], rlo = T[1], rexp = exp;
  if (rhi >= 0) {
    rhi = MIN;
    rexp++;
  }
  if (rexp < 1) {
    if (cw & UE2) {
      shiftRightJam(hi, lo, ext, 1 - exp);
      flags = roundSignificand(sign2, T[0], T[1], T[2], cw);
      put2(T[1], T[0], sign2 | (T[0] < 0 ? 1 : 0));
      return flags ? flags | UE2 : 0;
    }
    if (rexp + WRAP < 1) {
      zero(sign2);
      return UE2 | PE2;
    }
    put2(rlo, rhi, sign2 | rexp + WRAP);
    return flags | UE2;
  }
  if (exp < 1) {
    shiftRightJam(hi, lo, ext, 1 - exp);
    flags = roundSignificand(sign2, T[0], T[1], T[2], cw);
    put2(T[1], T[0], sign2 | (T[0] < 0 ? 1 : 0));
    return flags;
  }
  if (rexp >= EXP_MAX) {
    if (!(cw & OE2)) {
      if (rexp - WRAP >= EXP_MAX) {
        infinity(sign2);
        return OE2 | PE2 | C1;
      }
      put2(rlo, rhi, sign2 | rexp - WRAP);
      return flags | OE2;
    }
    return overflow(sign2, cw);
  }
  put2(rlo, rhi, sign2 | rexp);
  return flags;
}
function overflow(sign2, cw) {
  const rc = cw & 3072;
  if (rc === 0 || rc === (sign2 ? 1024 : 2048)) {
    infinity(sign2);
    return OE2 | PE2 | C1;
  }
  const pc = cw & 768;
  put2(pc & 256 ? -1 : pc ? ~2047 : 0, pc ? -1 : ~255, sign2 | EXP_MAX - 1);
  return OE2 | PE2;
}
function normRound(sign2, exp, hi, lo, ext, cw) {
  if (hi >= 0) {
    if (hi === 0) {
      hi = lo;
      lo = ext;
      ext = 0;
      exp -= 32;
      if (hi === 0) {
        hi = lo;
        lo = 0;
        exp -= 32;
      }
    }
    const n = Math.clz32(hi);
    if (n !== 0) {
      hi = hi << n | lo >>> 32 - n;
      lo = lo << n | ext >>> 32 - n;
      ext <<= n;
      exp -= n;
    }
  }
  return round2(sign2, exp, hi, lo, ext, cw);
}

// src/ir/lib/x87.ts
var W_FCW = FCW >> 2;
var W_FSW = FSW >> 2;
var W_FTOP = FTOP >> 2;
var W_FTW = FTW >> 2;
var W_ST = ST >> 2;
function reg2(S, i) {
  return W_ST + ((S[W_FTOP] + i & 7) << 2);
}
function isEmpty(S, i) {
  return (S[W_FTW] >> (S[W_FTOP] + i & 7) & 1) === 0;
}
function setReg(S, i) {
  const k = S[W_FTOP] + i & 7;
  const r = W_ST + (k << 2);
  S[r] = Z[0];
  S[r + 1] = Z[1];
  S[r + 2] = Z[2];
  S[W_FTW] |= 1 << k;
}
function push(S) {
  S[W_FTOP] = S[W_FTOP] - 1 & 7;
  setReg(S, 0);
}
function pop(S) {
  const top = S[W_FTOP];
  S[W_FTW] &= ~(1 << top);
  S[W_FTOP] = top + 1 & 7;
}
function raise2(S, flags) {
  const open = ~S[W_FCW] & 63;
  const stop = flags & open & (IE2 | DE2 | ZE2);
  if (stop) flags &= flags & SF2 ? IE2 | SF2 | C1 : IE2 | DE2 | ZE2;
  S[W_FSW] = S[W_FSW] & ~C1 | flags | (flags & open ? ES | BUSY : 0);
  return stop !== 0;
}
function updateSummary(S) {
  const sw = S[W_FSW] & ~(ES | BUSY);
  S[W_FSW] = sw & ~S[W_FCW] & 63 ? sw | ES | BUSY : sw;
}
function underflow(S) {
  invalid();
  return raise2(S, IE2 | SF2);
}
function pushResult(S, flags) {
  if (!isEmpty(S, -1)) {
    invalid();
    flags = IE2 | SF2 | C1;
  }
  if (!raise2(S, flags)) push(S);
}
function statusWord(S) {
  return S[W_FSW] | S[W_FTOP] << 11;
}
function setStatusWord(S, sw) {
  S[W_FTOP] = sw >> 11 & 7;
  S[W_FSW] = sw & 18303;
  updateSummary(S);
}
function setControlWord(S, cw) {
  S[W_FCW] = cw & 7999 | 64;
  updateSummary(S);
}
function init(S) {
  S[W_FCW] = 895;
  S[W_FSW] = 0;
  S[W_FTOP] = 0;
  S[W_FTW] = 0;
  S[FIP >> 2] = S[FIP_KNOWN >> 2] = S[FCS >> 2] = S[FDP >> 2] = S[FDS >> 2] = S[FOP >> 2] = 0;
}
var OP_MMX_ENTER = stateful("x87.mmx", [], "void", (S) => {
  S[W_FTOP] = 0;
  S[W_FTW] = 255;
});
var OP_EMMS = stateful("x87.emms", [], "void", (S) => {
  S[W_FTOP] = 0;
  S[W_FTW] = 0;
  S[FIP >> 2] = S[FIP_KNOWN >> 2] = S[FCS >> 2] = S[FDP >> 2] = S[FDS >> 2] = S[FOP >> 2] = 0;
});

// src/ir/lib/f80-arith.ts
function special(hi, e) {
  return hi >= 0 || e === 0 || e === EXP_MAX;
}
function add2(al, ah, as, bl, bh, bs, cw) {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const sign2 = as & 32768;
  if (special(ah, ae) || special(bh, be)) {
    if (ae === EXP_MAX || be === EXP_MAX || isUnsupported(ah, ae) || isUnsupported(bh, be)) return addSpecial(al, ah, as, bl, bh, bs);
    if (ae === 0 && (ah | al) !== 0 || be === 0 && (bh | bl) !== 0) flags = DE2;
    if ((bh | bl) === 0) {
      if ((ah | al) === 0) return zero(as === bs ? as : (cw & 3072) === 1024 ? 32768 : 0);
      return flags | normRound(sign2, ae || 1, ah, al, 0, cw);
    }
    if ((ah | al) === 0) return flags | normRound(bs & 32768, be || 1, bh, bl, 0, cw);
    ae ||= 1;
    be ||= 1;
  }
  if (((as ^ bs) & 32768) === 0) {
    const d2 = ae - be;
    let hi, lo2, ext2, exp;
    if (d2 >= 0) {
      shiftRightJam(bh, bl, 0, d2);
      lo2 = al;
      hi = ah;
      exp = ae;
    } else {
      shiftRightJam(ah, al, 0, -d2);
      lo2 = bl;
      hi = bh;
      exp = be;
    }
    ext2 = T[2];
    const sum = lo2 + T[1] | 0;
    const carry = sum >>> 0 < lo2 >>> 0 ? 1 : 0;
    const top = (hi >>> 0) + (T[0] >>> 0) + carry;
    hi = top | 0;
    lo2 = sum;
    if (top >= 4294967296) {
      ext2 = lo2 << 31 | ext2 >>> 1 | ext2 & 1;
      lo2 = hi << 31 | lo2 >>> 1;
      hi = hi >>> 1 | (2147483648 | 0);
      exp++;
      return flags | round2(sign2, exp, hi, lo2, ext2, cw);
    }
    return flags | normRound(sign2, exp, hi, lo2, ext2, cw);
  }
  let s = sign2;
  const d = ae - be;
  if (d < 0 || d === 0 && (ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0)) {
    let t = ah;
    ah = bh;
    bh = t;
    t = al;
    al = bl;
    bl = t;
    ae = be;
    s ^= 32768;
  } else if (d === 0 && ah === bh && al === bl) return flags | zero((cw & 3072) === 1024 ? 32768 : 0);
  shiftRightJam(bh, bl, 0, d < 0 ? -d : d);
  const ext = -T[2] | 0;
  const b0 = ext !== 0 ? 1 : 0;
  const lo = al - T[1] - b0 | 0;
  const b1 = (al >>> 0) - (T[1] >>> 0) - b0 < 0 ? 1 : 0;
  return flags | normRound(s, ae, ah - T[0] - b1 | 0, lo, ext, cw);
}
function addSpecial(al, ah, as, bl, bh, bs) {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
  const aInf = (as & EXP_MAX) === EXP_MAX, bInf = (bs & EXP_MAX) === EXP_MAX;
  if (aInf && bInf) return as === bs ? infinity(as & 32768) : invalid();
  const denormal = aInf ? (bs & EXP_MAX) === 0 && (bh | bl) !== 0 : (as & EXP_MAX) === 0 && (ah | al) !== 0;
  infinity((aInf ? as : bs) & 32768);
  return denormal ? DE2 : 0;
}
function sub2(al, ah, as, bl, bh, bs, cw) {
  return add2(al, ah, as, bl, bh, isNaN80(bh, bl, bs) ? bs : bs ^ 32768, cw);
}
function mul2(al, ah, as, bl, bh, bs, cw) {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const sign2 = (as ^ bs) & 32768;
  if (special(ah, ae) || special(bh, be)) {
    if (isUnsupported(ah, ae) || isUnsupported(bh, be) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
    if (ae === 0 && (ah | al) !== 0 || be === 0 && (bh | bl) !== 0) flags = DE2;
    if (ae === EXP_MAX || be === EXP_MAX) {
      if (isZero(ah, al, as) || isZero(bh, bl, bs)) return invalid();
      return flags | infinity(sign2);
    }
    if ((ah | al) === 0 || (bh | bl) === 0) return flags | zero(sign2);
    if (ae === 0) {
      const n = clz64(ah, al);
      ah = shlHi(ah, al, n);
      al = shlLo(al, n);
      ae = 1 - n;
    }
    if (be === 0) {
      const n = clz64(bh, bl);
      bh = shlHi(bh, bl, n);
      bl = shlLo(bl, n);
      be = 1 - n;
    }
  }
  const p0 = Math.imul(al, bl);
  let t = (mulhu(al, bl) >>> 0) + (Math.imul(al, bh) >>> 0) + (Math.imul(ah, bl) >>> 0);
  const p1 = t | 0;
  t = (t - (p1 >>> 0)) / 4294967296 + (mulhu(al, bh) >>> 0) + (mulhu(ah, bl) >>> 0) + (Math.imul(ah, bh) >>> 0);
  const p2 = t | 0;
  const p3 = mulhu(ah, bh) + (t - (p2 >>> 0)) / 4294967296 | 0;
  const exp = ae + be - BIAS + 1;
  const ext = p1 | (p0 !== 0 ? 1 : 0);
  if (p3 < 0) return flags | round2(sign2, exp, p3, p2, ext, cw);
  return flags | round2(sign2, exp - 1, p3 << 1 | p2 >>> 31, p2 << 1 | p1 >>> 31, p1 << 1 | (p0 !== 0 ? 1 : 0), cw);
}
function div2(al, ah, as, bl, bh, bs, cw) {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const sign2 = (as ^ bs) & 32768;
  if (special(ah, ae) || special(bh, be)) {
    if (isUnsupported(ah, ae) || isUnsupported(bh, be) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
    if (ae === EXP_MAX && be === EXP_MAX) return invalid();
    const aZero = isZero(ah, al, as), bZero = isZero(bh, bl, bs);
    if (aZero && bZero) return invalid();
    if (bZero && ae !== EXP_MAX) return infinity(sign2) | ZE2;
    if (ae === 0 && !aZero || be === 0 && !bZero) flags = DE2;
    if (ae === EXP_MAX) return flags | infinity(sign2);
    if (be === EXP_MAX) return flags | zero(sign2);
    if (aZero) return flags | zero(sign2);
    if (ae === 0) {
      const n = clz64(ah, al);
      ah = shlHi(ah, al, n);
      al = shlLo(al, n);
      ae = 1 - n;
    }
    if (be === 0) {
      const n = clz64(bh, bl);
      bh = shlHi(bh, bl, n);
      bl = shlLo(bl, n);
      be = 1 - n;
    }
  }
  let exp = ae - be + BIAS;
  let r2 = ah, r1 = al, r0 = 0;
  if (ah === bh ? al >>> 0 >= bl >>> 0 : ah >>> 0 > bh >>> 0) {
    r0 = r1 << 31;
    r1 = r2 << 31 | r1 >>> 1;
    r2 = r2 >>> 1;
  } else exp--;
  digit(r2, r1, r0, bh, bl);
  const q0 = Q[0];
  digit(Q[1], Q[2], 0, bh, bl);
  const q1 = Q[0];
  digit(Q[1], Q[2], 0, bh, bl);
  const rest = (Q[1] | Q[2]) !== 0 ? 1 : 0;
  return flags | round2(sign2, exp, q0, q1, Q[0] | rest, cw);
}
var Q = new Int32Array(3);
function digit(r2, r1, r0, bh, bl) {
  let q, rem2;
  if (r2 === bh) {
    q = -1;
    rem2 = (r1 >>> 0) + (bh >>> 0);
  } else {
    q = div64u(r2, r1, bh);
    rem2 = r1 - Math.imul(q, bh) >>> 0;
  }
  let hi = mulhu(q, bl), lo = Math.imul(q, bl);
  while (rem2 < 4294967296 && (hi >>> 0 > rem2 || hi >>> 0 === rem2 && lo >>> 0 > r0 >>> 0)) {
    q = q - 1 | 0;
    rem2 += bh >>> 0;
    if (lo >>> 0 < bl >>> 0) hi = hi - 1 | 0;
    lo = lo - bl | 0;
  }
  Q[0] = q;
  Q[1] = (rem2 | 0) - hi - (r0 >>> 0 < lo >>> 0 ? 1 : 0) | 0;
  Q[2] = r0 - lo | 0;
}
function sqrt(al, ah, as, cw) {
  let ae = as & EXP_MAX, flags = 0;
  if (special(ah, ae)) {
    if (isUnsupported(ah, ae) || isNaN80(ah, al, as)) return nan1(al, ah, as);
    if ((ah | al) === 0) return zero(as);
    if (as & 32768) return invalid();
    if (ae === EXP_MAX) return infinity(0);
    flags = DE2;
    const n = clz64(ah, al);
    ah = shlHi(ah, al, n);
    al = shlLo(al, n);
    ae = 1 - n;
  }
  if (as & 32768) return invalid();
  const e = ae - BIAS;
  let x1 = ah, x0 = al, xe = 0;
  if ((e & 1) === 0) {
    xe = x0 << 31;
    x0 = x1 << 31 | x0 >>> 1;
    x1 = x1 >>> 1;
  }
  rootBits(x1, x0, xe);
  return flags | round2(0, (e >> 1) + BIAS, T[0], T[1], T[2], cw);
}
function rootBits(x2, x1, x0) {
  let q2 = 0, q1 = 0, q0 = 0, r2 = 0, r1 = 0, r0 = 0;
  for (let i = 0; i < 66; i++) {
    r2 = r2 << 2 | r1 >>> 30;
    r1 = r1 << 2 | r0 >>> 30;
    r0 = r0 << 2 | x2 >>> 30;
    x2 = x2 << 2 | x1 >>> 30;
    x1 = x1 << 2 | x0 >>> 30;
    x0 <<= 2;
    const t2 = q2 << 2 | q1 >>> 30, t1 = q1 << 2 | q0 >>> 30, t0 = q0 << 2 | 1;
    const fits = r2 !== t2 ? r2 >>> 0 > t2 >>> 0 : r1 !== t1 ? r1 >>> 0 > t1 >>> 0 : r0 >>> 0 >= t0 >>> 0;
    q2 = q2 << 1 | q1 >>> 31;
    q1 = q1 << 1 | q0 >>> 31;
    q0 <<= 1;
    if (fits) {
      const b0 = r0 >>> 0 < t0 >>> 0 ? 1 : 0;
      r0 = r0 - t0 | 0;
      const b1 = (r1 >>> 0) - (t1 >>> 0) - b0 < 0 ? 1 : 0;
      r1 = r1 - t1 - b0 | 0;
      r2 = r2 - t2 - b1 | 0;
      q0 |= 1;
    }
  }
  T[0] = q2 << 30 | q1 >>> 2;
  T[1] = q1 << 30 | q0 >>> 2;
  T[2] = q0 << 30 | ((r2 | r1 | r0) !== 0 ? 1 : 0);
}

// src/ir/lib/f80-rem.ts
var FULL = 768;
function rem(al, ah, as, bl, bh, bs, nearest2, cw) {
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  let sign2 = as & 32768;
  if (isUnsupported(ah, ae) || isUnsupported(bh, be) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
  if (ae === EXP_MAX || isZero(bh, bl, bs)) return invalid();
  if (isDenormal2(ah, al, as) || isDenormal2(bh, bl, bs)) flags = DE2;
  if ((ah | al) === 0) return flags | zero(sign2);
  if (be === EXP_MAX) return flags | normRound(sign2, ae || 1, ah, al, 0, cw | FULL);
  if (ae === 0) ae = 1;
  if (be === 0) be = 1;
  let n = clz64(ah, al);
  ah = shlHi(ah, al, n);
  al = shlLo(al, n);
  ae -= n;
  n = clz64(bh, bl);
  bh = shlHi(bh, bl, n);
  bl = shlLo(bl, n);
  be -= n;
  let d = ae - be;
  if (d < -1 || d < 0 && !nearest2) return flags | round2(sign2, ae, ah, al, 0, cw | FULL);
  let q = 0, extra2 = 0;
  let partial = false;
  if (d >= 64) {
    partial = true;
    n = 32 + (d & 31);
    be += d - n;
    d = n;
  }
  if (d < 0) {
    extra2 = al << 31;
    al = ah << 31 | al >>> 1;
    ah = ah >>> 1;
  } else {
    let carry = 0;
    for (let i = d; ; i--) {
      q <<= 1;
      if (carry || (ah !== bh ? ah >>> 0 > bh >>> 0 : al >>> 0 >= bl >>> 0)) {
        const borrow = al >>> 0 < bl >>> 0 ? 1 : 0;
        al = al - bl | 0;
        ah = ah - bh - borrow | 0;
        q |= 1;
      }
      if (i === 0) break;
      carry = ah >>> 31;
      ah = ah << 1 | al >>> 31;
      al <<= 1;
    }
  }
  if (partial) {
    if ((ah | al) === 0) return flags | C2 | zero(sign2);
    return flags | C2 | normRound(sign2, be, ah, al, 0, cw | FULL);
  }
  if (nearest2) {
    const th = ah << 1 | al >>> 31, tl = al << 1 | extra2 >>> 31;
    const above = ah < 0 || (th !== bh ? th >>> 0 > bh >>> 0 : tl >>> 0 > bl >>> 0);
    if (above || th === bh && tl === bl && (q & 1) !== 0) {
      const e = -extra2 | 0;
      const b0 = (bl >>> 0) - (al >>> 0) - (extra2 !== 0 ? 1 : 0) < 0 ? 1 : 0;
      al = bl - al - (extra2 !== 0 ? 1 : 0) | 0;
      ah = bh - ah - b0 | 0;
      extra2 = e;
      sign2 ^= 32768;
      q++;
    }
  }
  flags |= (q & 1 ? C1 : 0) | (q & 2 ? C3 : 0) | (q & 4 ? C0 : 0);
  if ((ah | al | extra2) === 0) return flags | zero(as & 32768);
  return flags | normRound(sign2, be, ah, al, extra2, cw | FULL);
}
function toInteger(lo, hi, se, cw) {
  const e = (se & EXP_MAX) - BIAS;
  if (e > 63) return -1;
  shiftRightJam(hi, lo, 0, 63 - e);
  const ext = T[2];
  if (ext === 0) return 0;
  let inc;
  switch (cw & 3072) {
    case 0:
      inc = ext < 0 && ((T[1] & 1) !== 0 || (ext & 2147483647) !== 0);
      break;
    case 1024:
      inc = (se & 32768) !== 0;
      break;
    case 2048:
      inc = (se & 32768) === 0;
      break;
    default:
      inc = false;
  }
  if (!inc) return PE2;
  T[1]++;
  if (T[1] === 0) {
    T[0]++;
    if (T[0] === 0) return -1;
  }
  return PE2 | C1;
}
function roundToInteger(lo, hi, se, cw) {
  const e = se & EXP_MAX;
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX || (hi | lo) === 0 || e >= BIAS + 63) {
    put2(lo, hi, se);
    return 0;
  }
  const flags = (e === 0 ? DE2 : 0) | toInteger(lo, hi, se, cw);
  const h = T[0], l = T[1];
  if ((h | l) === 0) zero(se & 32768);
  else normRound(se & 32768, BIAS + 63, h, l, 0, FULL);
  return flags;
}
function scale(al, ah, as, bl, bh, bs, cw) {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs) || isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) return nan2(al, ah, as, bl, bh, bs);
  const ae = as & EXP_MAX, be = bs & EXP_MAX;
  const sign2 = as & 32768;
  const aInf = ae === EXP_MAX;
  const flags = isDenormal2(ah, al, as) || isDenormal2(bh, bl, bs) ? DE2 : 0;
  if (be === EXP_MAX) {
    if (bs & 32768) return aInf ? invalid() : flags | zero(sign2);
    return isZero(ah, al, as) ? invalid() : flags | infinity(sign2);
  }
  if (aInf) return flags | infinity(sign2);
  if ((ah | al) === 0) return flags | zero(sign2);
  let n = 0;
  if (be >= BIAS) n = be - BIAS > 16 ? 131072 : bh >>> 31 - (be - BIAS);
  if (bs & 32768) n = -n;
  return flags | normRound(sign2, (ae || 1) + n, ah, al, 0, cw | FULL);
}
var EXPONENT = new Int32Array(3);
function extract(lo, hi, se) {
  const e = se & EXP_MAX;
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) {
    const flags = nan1(lo, hi, se);
    EXPONENT.set(Z);
    return flags;
  }
  if (e === EXP_MAX) {
    infinity(0);
    EXPONENT.set(Z);
    put2(lo, hi, se);
    return 0;
  }
  if ((hi | lo) === 0) {
    infinity(32768);
    EXPONENT.set(Z);
    put2(lo, hi, se);
    return ZE2;
  }
  const n = clz64(hi, lo);
  fromInt32((e || 1) - n - BIAS);
  EXPONENT.set(Z);
  put2(shlLo(lo, n), shlHi(hi, lo, n), se & 32768 | BIAS);
  return e === 0 ? DE2 : 0;
}
function fromInt32(i) {
  if (i === 0) {
    zero(0);
    return;
  }
  const m2 = i < 0 ? -i | 0 : i;
  const n = Math.clz32(m2);
  put2(0, m2 << n, (i < 0 ? 32768 : 0) | BIAS + 31 - n);
}
function compare2(al, ah, as, bl, bh, bs, quiet) {
  if (isUnsupported(ah, as) || isUnsupported(bh, bs)) return C3 | C2 | C0 | IE2;
  if (isNaN80(ah, al, as) || isNaN80(bh, bl, bs)) {
    return C3 | C2 | C0 | (!quiet || isSignaling(ah, al, as) || isSignaling(bh, bl, bs) ? IE2 : 0);
  }
  let ae = as & EXP_MAX, be = bs & EXP_MAX, flags = 0;
  const aZero = (ah | al) === 0, bZero = (bh | bl) === 0;
  if (ae === 0) {
    if (!aZero) flags = DE2;
    ae = 1;
  }
  if (be === 0) {
    if (!bZero) flags = DE2;
    be = 1;
  }
  if (aZero && bZero) return flags | C3;
  const an = (as & 32768) !== 0, bn = (bs & 32768) !== 0;
  if (aZero) return flags | (bn ? 0 : C0);
  if (bZero) return flags | (an ? C0 : 0);
  if (an !== bn) return flags | (an ? C0 : 0);
  if (ae === be && ah === bh && al === bl) return flags | C3;
  const below = ae !== be ? ae < be : ah !== bh ? ah >>> 0 < bh >>> 0 : al >>> 0 < bl >>> 0;
  return flags | (below !== an ? C0 : 0);
}

// src/ir/lib/f80-convert.ts
function fromInt64(lo, hi) {
  if ((lo | hi) === 0) {
    zero(0);
    return;
  }
  const sign2 = hi < 0 ? 32768 : 0;
  if (sign2) {
    lo = -lo | 0;
    hi = lo === 0 ? -hi | 0 : ~hi;
  }
  const n = clz64(hi, lo);
  put2(shlLo(lo, n), shlHi(hi, lo, n), sign2 | BIAS + 63 - n);
}
function fromF32(bits) {
  const sign2 = bits >>> 16 & 32768, e = bits >>> 23 & 255, m2 = bits & 8388607;
  if (e === 255) {
    if (m2 === 0) return infinity(sign2);
    put2(0, 2147483648 | m2 << 8, sign2 | EXP_MAX);
    return 0;
  }
  if (e === 0) {
    if (m2 === 0) return zero(sign2);
    const n = Math.clz32(m2);
    put2(0, m2 << n, sign2 | BIAS - 127 + 9 - n);
    return DE2;
  }
  put2(0, 2147483648 | m2 << 8, sign2 | e + BIAS - 127);
  return 0;
}
function fromF64(lo, hi) {
  const sign2 = hi >>> 16 & 32768, e = hi >>> 20 & 2047, m2 = hi & 1048575;
  if (e === 2047) {
    if ((m2 | lo) === 0) return infinity(sign2);
    put2(lo << 11, 2147483648 | m2 << 11 | lo >>> 21, sign2 | EXP_MAX);
    return 0;
  }
  if (e === 0) {
    if ((m2 | lo) === 0) return zero(sign2);
    const n = clz64(m2, lo);
    put2(shlLo(lo, n), shlHi(m2, lo, n), sign2 | BIAS - 1023 + 12 - n);
    return DE2;
  }
  put2(lo << 11, 2147483648 | m2 << 11 | lo >>> 21, sign2 | e + BIAS - 1023);
  return 0;
}
function toF64(lo, hi, se, cw) {
  return toFloat(lo, hi, se, 1023, 11, cw);
}
function toF32(lo, hi, se, cw) {
  return toFloat(lo, hi, se, 127, 40, cw);
}
function toFloat(lo, hi, se, bias, drop, cw) {
  const sign2 = (se & 32768) << 16;
  const e = se & EXP_MAX;
  if (isUnsupported(hi, se)) {
    pack2(2147483648 | 0, bias * 2 + 1, 3221225472 | 0, 0, drop);
    return IE2;
  }
  if (e === EXP_MAX) {
    if (isNaN80(hi, lo, se)) {
      pack2(sign2, bias * 2 + 1, hi | 1073741824, lo, drop);
      return hi & 1073741824 ? 0 : IE2;
    }
    pack2(sign2, bias * 2 + 1, 0, 0, drop);
    return 0;
  }
  if (isZero(hi, lo, se)) {
    pack2(sign2, 0, 0, 0, drop);
    return 0;
  }
  let exp = (e || 1) - BIAS + bias;
  if (hi >= 0) {
    const n = clz64(hi, lo);
    hi = shlHi(hi, lo, n);
    lo = shlLo(lo, n);
    exp -= n;
  }
  let flags = roundAt(sign2, hi, lo, drop, cw);
  let rexp = exp;
  let carried = false;
  if (T[0] >= 0) {
    carried = true;
    rexp++;
  }
  if (exp < 1) {
    const tiny = rexp < 1;
    if (tiny && !(cw & UE2)) return UE2;
    shiftRightJam(hi, lo, 0, 1 - exp);
    const ext = T[2];
    flags = roundAt(sign2, T[0], T[1] | (ext !== 0 ? 1 : 0), drop, cw);
    pack2(sign2, T[0] < 0 ? 1 : 0, T[0], T[1], drop);
    return flags && tiny ? flags | UE2 : flags;
  }
  if (rexp > bias * 2) {
    if (!(cw & OE2)) return OE2;
    const rc = cw & 3072;
    if (rc === 0 || rc === (sign2 ? 1024 : 2048)) {
      pack2(sign2, bias * 2 + 1, 0, 0, drop);
      return OE2 | PE2 | C1;
    }
    pack2(sign2, bias * 2, -1, -1, drop);
    return OE2 | PE2;
  }
  pack2(sign2, rexp, carried ? 0 : T[0], T[1], drop);
  return flags;
}
function roundAt(sign2, hi, lo, drop, cw) {
  const rest = drop >= 32 ? hi << 64 - drop | lo >>> drop - 32 | (lo << 64 - drop !== 0 ? 1 : 0) : lo << 32 - drop;
  const odd = drop >= 32 ? hi >>> drop - 32 & 1 : lo >>> drop & 1;
  if (drop >= 32) {
    lo = 0;
    hi &= -1 << drop - 32;
  } else lo &= -1 << drop;
  T[0] = hi;
  T[1] = lo;
  if (rest === 0) return 0;
  let inc;
  switch (cw & 3072) {
    case 0:
      inc = rest < 0 && (odd !== 0 || (rest & 2147483647) !== 0);
      break;
    case 1024:
      inc = sign2 !== 0;
      break;
    case 2048:
      inc = sign2 === 0;
      break;
    default:
      inc = false;
  }
  if (!inc) return PE2;
  if (drop >= 32) T[0] = hi + (1 << drop - 32);
  else {
    T[1] = lo + (1 << drop);
    if (T[1] === 0) T[0] = hi + 1;
  }
  return PE2 | C1;
}
function pack2(sign2, exp, hi, lo, drop) {
  if (drop === 11) {
    Z[0] = hi << 21 | lo >>> 11;
    Z[1] = sign2 | exp << 20 | (hi & 2147483647) >>> 11;
  } else {
    Z[0] = sign2 | exp << 23 | (hi & 2147483647) >>> 8;
    Z[1] = 0;
  }
}
function toInt(lo, hi, se, bits, cw) {
  let flags = 0;
  const negative = (se & 32768) !== 0;
  if (isUnsupported(hi, se) || (se & EXP_MAX) === EXP_MAX) flags = -1;
  else flags = toInteger(lo, hi, se, cw);
  if (flags >= 0) {
    let h = T[0], l = T[1];
    const fits = bits === 64 ? h >= 0 || negative && h === (2147483648 | 0) && l === 0 : h === 0 && (bits === 32 ? l >= 0 || negative && l === (2147483648 | 0) : l >>> 0 < 32768 || negative && l === 32768);
    if (fits) {
      if (negative) {
        l = -l | 0;
        h = l === 0 ? -h | 0 : ~h;
      }
      Z[0] = l;
      Z[1] = h;
      return flags;
    }
  }
  Z[0] = bits === 64 ? 0 : bits === 32 ? 2147483648 | 0 : -32768;
  Z[1] = 2147483648 | 0;
  return IE2;
}
function toBcd2(lo, hi, se, cw) {
  let flags = -1;
  if (!isUnsupported(hi, se) && (se & EXP_MAX) !== EXP_MAX) flags = toInteger(lo, hi, se, cw);
  if (flags < 0 || T[0] >>> 0 > 232830643 || T[0] === 232830643 && T[1] >>> 0 >= 2808348672) {
    Z[0] = 0;
    Z[1] = 3221225472 | 0;
    Z[2] = 65535;
    return IE2;
  }
  const high = div64u(T[0], T[1], 1e9);
  const low = T[1] - Math.imul(high, 1e9) | 0;
  const a = bcd8(low % 1e8), b = low / 1e8 | 0, c = bcd8(high % 1e8), d = high / 1e8 | 0;
  Z[0] = a;
  Z[1] = b | c << 4;
  Z[2] = c >>> 28 | d << 4 | se & 32768;
  return flags;
}
function bcd8(n) {
  let r = 0;
  for (let i = 0; i < 32; i += 4) {
    r |= n % 10 << i;
    n = n / 10 | 0;
  }
  return r;
}
function fromBcd2(w0, w1, w2) {
  let n0 = 0, n1 = 0;
  for (let i = 28; i >= 0; i -= 4) n0 = n0 * 10 + (w0 >>> i & 15);
  n0 += (w1 & 15) * 1e8;
  const c = w1 >>> 4 | w2 << 28;
  for (let i = 28; i >= 0; i -= 4) n1 = n1 * 10 + (c >>> i & 15);
  n1 += (w2 >>> 4 & 15) * 1e8;
  const m2 = n1 * 1953125;
  const mh = Math.floor(m2 / 8388608);
  const ml = m2 % 8388608 * 512 + n0;
  fromInt64(ml | 0, mh + Math.floor(ml / 4294967296) | 0);
  Z[2] |= w2 & 32768;
}

// src/ir/lib/x87-arith.ts
function compute(op, al, ah, as, bl, bh, bs, cw) {
  switch (op) {
    case 0 /* ADD */:
      return add2(al, ah, as, bl, bh, bs, cw);
    case 1 /* MUL */:
      return mul2(al, ah, as, bl, bh, bs, cw);
    case 4 /* SUB */:
      return sub2(al, ah, as, bl, bh, bs, cw);
    case 5 /* SUBR */:
      return sub2(bl, bh, bs, al, ah, as, cw);
    case 6 /* DIV */:
      return div2(al, ah, as, bl, bh, bs, cw);
    default:
      return div2(bl, bh, bs, al, ah, as, cw);
  }
}
function arithReg(S, op, imm) {
  const dst = imm & 7, src = imm >> 3 & 7;
  if (isEmpty(S, dst) || isEmpty(S, src)) {
    if (underflow(S)) return;
  } else {
    const a = reg2(S, dst), b = reg2(S, src);
    if (raise2(S, compute(op, S[a], S[a + 1], S[a + 2], S[b], S[b + 1], S[b + 2], S[W_FCW]))) return;
  }
  setReg(S, dst);
  if (imm & 64) pop(S);
}
function arithZ(S, op, flags) {
  if (isEmpty(S, 0)) {
    if (underflow(S)) return;
  } else {
    const a = reg2(S, 0);
    const f = compute(op, S[a], S[a + 1], S[a + 2], Z[0], Z[1], Z[2], S[W_FCW]);
    if (raise2(S, isNaN80(S[a + 1], S[a], S[a + 2]) || f & (IE2 | ZE2) ? f : f | flags)) return;
  }
  setReg(S, 0);
}
function arithOps(name, op) {
  return {
    reg: stateful(`x87.${name}`, [], "void", (S, imm) => arithReg(S, op, imm), true),
    f32: stateful(`x87.${name}.f32`, ["i32"], "void", (S, bits) => arithZ(S, op, fromF32(bits))),
    f64: stateful(`x87.${name}.f64`, ["i64"], "void", (S, lo, hi) => arithZ(S, op, fromF64(lo, hi))),
    i32: stateful(`x87.${name}.i32`, ["i32"], "void", (S, i) => {
      fromInt32(i);
      arithZ(S, op, 0);
    })
  };
}
var OP_FADD = arithOps("fadd", 0 /* ADD */);
var OP_FMUL = arithOps("fmul", 1 /* MUL */);
var OP_FSUB = arithOps("fsub", 4 /* SUB */);
var OP_FSUBR = arithOps("fsubr", 5 /* SUBR */);
var OP_FDIV = arithOps("fdiv", 6 /* DIV */);
var OP_FDIVR = arithOps("fdivr", 7 /* DIVR */);
function compared(S, flags, pops) {
  const codes = flags & (C0 | C2 | C3);
  const stop = raise2(S, flags & ~codes);
  S[W_FSW] = S[W_FSW] & ~(C0 | C2 | C3) | codes;
  if (stop) return;
  if (pops > 0) pop(S);
  if (pops > 1) pop(S);
}
function compareZ(S, flags, pops) {
  if (isEmpty(S, 0)) compared(S, C3 | C2 | C0 | IE2 | SF2, pops);
  else {
    const a = reg2(S, 0);
    const f = compare2(S[a], S[a + 1], S[a + 2], Z[0], Z[1], Z[2], false);
    compared(S, f & IE2 ? f : f | flags, pops);
  }
}
function compareReg(S, i, quiet) {
  if (isEmpty(S, 0) || isEmpty(S, i)) return C3 | C2 | C0 | IE2 | SF2;
  const a = reg2(S, 0), b = reg2(S, i);
  return compare2(S[a], S[a + 1], S[a + 2], S[b], S[b + 1], S[b + 2], quiet);
}
var OP_FCOM = stateful("x87.fcom", [], "void", (S, imm) => {
  compared(S, compareReg(S, imm & 7, (imm & 32) !== 0), imm >> 3 & 3);
}, true);
var OP_FCOM_F32 = stateful("x87.fcom.f32", ["i32"], "void", (S, bits, pops) => {
  compareZ(S, fromF32(bits), pops);
}, true);
var OP_FCOM_F64 = stateful("x87.fcom.f64", ["i64"], "void", (S, lo, hi, pops) => {
  compareZ(S, fromF64(lo, hi), pops);
}, true);
var OP_FCOM_I32 = stateful("x87.fcom.i32", ["i32"], "void", (S, i, pops) => {
  fromInt32(i);
  compareZ(S, 0, pops);
}, true);
var OP_FCOMI = stateful("x87.fcomi", [], "i32", (S, imm) => {
  const flags = compareReg(S, imm & 7, (imm & 32) !== 0);
  const c1 = S[W_FSW] & C1;
  const stop = raise2(S, flags & ~(C0 | C2 | C3));
  if (!(flags & SF2)) S[W_FSW] |= c1;
  if (!stop && imm & 8) pop(S);
  return (flags & C3 ? 64 : 0) | (flags & C2 ? 4 : 0) | (flags & C0 ? 1 : 0);
}, true);
var OP_FTST = stateful("x87.ftst", [], "void", (S) => {
  fromInt32(0);
  compareZ(S, 0, 0);
});
function unary(name, fn) {
  return stateful(name, [], "void", (S) => {
    if (isEmpty(S, 0)) {
      if (underflow(S)) return;
    } else {
      const a = reg2(S, 0);
      if (raise2(S, fn(S[a], S[a + 1], S[a + 2], S[W_FCW]))) return;
    }
    setReg(S, 0);
  });
}
function binaryPop(name, fn) {
  return stateful(name, [], "void", (S) => {
    if (isEmpty(S, 0) || isEmpty(S, 1)) {
      if (underflow(S)) return;
    } else {
      const a = reg2(S, 0), b = reg2(S, 1);
      if (raise2(S, fn(S[a], S[a + 1], S[a + 2], S[b], S[b + 1], S[b + 2], S[W_FCW]))) return;
    }
    setReg(S, 1);
    pop(S);
  });
}
var OP_FSQRT = unary("x87.fsqrt", sqrt);
var OP_FRNDINT = unary("x87.frndint", roundToInteger);
var OP_FSCALE = stateful("x87.fscale", [], "void", (S) => {
  if (isEmpty(S, 0) || isEmpty(S, 1)) {
    if (underflow(S)) return;
  } else {
    const a = reg2(S, 0), b = reg2(S, 1);
    if (raise2(S, scale(S[a], S[a + 1], S[a + 2], S[b], S[b + 1], S[b + 2], S[W_FCW]))) return;
  }
  setReg(S, 0);
});
function remainder(S, nearest2) {
  if (isEmpty(S, 0) || isEmpty(S, 1)) {
    S[W_FSW] &= ~C2;
    if (underflow(S)) return;
  } else {
    const a = reg2(S, 0), b = reg2(S, 1);
    const flags = rem(S[a], S[a + 1], S[a + 2], S[b], S[b + 1], S[b + 2], nearest2, S[W_FCW]);
    const codes = flags & (C0 | C2 | C3);
    const stop = raise2(S, flags & ~codes);
    const noQuotient = stop || (flags & IE2) !== 0 || isNaN80(Z[1], Z[0], Z[2]);
    S[W_FSW] = noQuotient ? S[W_FSW] & ~C2 : S[W_FSW] & ~(C0 | C2 | C3) | codes;
    if (stop) return;
  }
  setReg(S, 0);
}
var OP_FPREM = stateful("x87.fprem", [], "void", (S) => remainder(S, false));
var OP_FPREM1 = stateful("x87.fprem1", [], "void", (S) => remainder(S, true));
var OP_FXTRACT = stateful("x87.fxtract", [], "void", (S) => {
  const empty = isEmpty(S, 0);
  if (empty || !isEmpty(S, -1)) {
    invalid();
    if (raise2(S, empty ? IE2 | SF2 : IE2 | SF2 | C1)) return;
    setReg(S, 0);
    push(S);
    return;
  }
  const a = reg2(S, 0);
  if (raise2(S, extract(S[a], S[a + 1], S[a + 2]))) return;
  S.set(EXPONENT, a);
  push(S);
});

// src/ir/lib/f80-double-double.ts
var L = new Float64Array(1);
var SPLIT = 134217729;
var F4 = new Float64Array(1);
var I4 = new Int32Array(F4.buffer);
function productError(a, b, p) {
  const ca = SPLIT * a, cb = SPLIT * b;
  const ah = ca - (ca - a), bh = cb - (cb - b);
  const al = a - ah, bl = b - bh;
  return al * bl - (p - ah * bh - al * bh - ah * bl);
}
function add22(ah, al, bh, bl) {
  const s = ah + bh, sb = s - ah;
  let e = ah - (s - sb) + (bh - sb);
  const t = al + bl, tb = t - al;
  const f = al - (t - tb) + (bl - tb);
  e += t;
  const u = s + e;
  e = e - (u - s) + f;
  const h = u + e;
  L[0] = e - (h - u);
  return h;
}
function mul22(ah, al, bh, bl) {
  const p = ah * bh;
  const e = productError(ah, bh, p) + (ah * bl + al * bh);
  const h = p + e;
  L[0] = e - (h - p);
  return h;
}
function div22(ah, al, bh, bl) {
  const q1 = ah / bh;
  let ph = mul22(bh, bl, q1, 0);
  let rh = add22(ah, al, -ph, -L[0]), rl = L[0];
  const q2 = rh / bh;
  ph = mul22(bh, bl, q2, 0);
  rh = add22(rh, rl, -ph, -L[0]);
  rl = rh / bh;
  const s = q1 + q2;
  return add22(s, q2 - (s - q1), rl, 0);
}
function pow2(n) {
  I4[0] = 0;
  I4[1] = n + 1023 << 20;
  return F4[0];
}
function significand2(hi, lo, scale2) {
  const h = (hi >>> 0) * 2 ** -31, l = (lo >>> 0) * 2 ** -63;
  const s = h + l;
  L[0] = (l - (s - h)) * scale2;
  return s * scale2;
}
function round22(h, l, exp, cw, exact) {
  let sign2 = 0;
  if (h < 0) {
    sign2 = 32768;
    h = -h;
    l = -l;
  }
  F4[0] = h;
  const hw = I4[1], lw = I4[0];
  const e = (hw >>> 20) - 1023;
  const m2 = hw & 1048575 | 1048576;
  let hi = m2 << 11 | lw >>> 21, lo = lw << 11;
  const tail = l * pow2(63 - e);
  const whole = Math.floor(tail);
  const rest = tail - whole;
  const low = (lo >>> 0) + whole;
  lo = low | 0;
  const carry = low >= 4294967296 ? 1 : low < 0 ? -1 : 0;
  const high = (hi >>> 0) + carry;
  hi = high | 0;
  let ext = rest < 1 ? Math.floor(rest * 4294967296) | 0 : -1;
  if (!exact || rest * 4294967296 !== Math.floor(rest * 4294967296)) ext |= 1;
  exp += e + BIAS;
  if (high >= 4294967296) {
    ext = lo << 31 | ext >>> 1 | ext & 1;
    lo = lo >>> 1;
    hi = 2147483648 | 0;
    exp++;
  }
  return normRound(sign2, exp, hi, lo, ext, cw | 768);
}

// src/ir/lib/f80-trans.ts
var INV_FACTORIAL = new Float64Array(64);
var INV_ODD = new Float64Array(64);
var ATAN = new Float64Array(34);
for (let n = 0, f = 1; n < 32; f *= ++n) {
  INV_FACTORIAL[n * 2] = div22(1, 0, f, 0);
  INV_FACTORIAL[n * 2 + 1] = n <= 18 ? L[0] : 0;
  INV_ODD[n * 2] = div22(1, 0, 2 * n + 1, 0);
  INV_ODD[n * 2 + 1] = L[0];
}
for (let n = 1; n <= 16; n++) {
  const t = div22(16, 0, 256 + n * (n - 1), 0);
  const a = atanSeries(t, L[0]);
  ATAN[n * 2] = add22(ATAN[n * 2 - 2], ATAN[n * 2 - 1], a, L[0]);
  ATAN[n * 2 + 1] = L[0];
}
var LN2_HI = 0.6931471805599453;
var LN2_LO = 23190468138462996e-33;
var LOG2E_HI = 1.4426950408889634;
var LOG2E_LO = 20355273740931033e-33;
var PI_HI = 3.141592653589793;
var PI_LO = 12246467991473532e-32;
var HALF_PI66_HI = 1.5707963267948966;
var HALF_PI66_LO = 2259 * 2 ** -65;
function atanSeries(t, tl) {
  const z = mul22(t, tl, t, tl), zl = L[0];
  let d = 0;
  for (let n = 16; n >= 8; n--) d = (n & 1 ? -INV_ODD[n * 2] : INV_ODD[n * 2]) + d * z;
  let h = d, l = 0;
  for (let n = 7; n >= 0; n--) {
    h = mul22(h, l, z, zl);
    h = n & 1 ? add22(h, L[0], -INV_ODD[n * 2], -INV_ODD[n * 2 + 1]) : add22(h, L[0], INV_ODD[n * 2], INV_ODD[n * 2 + 1]);
    l = L[0];
  }
  return mul22(h, l, t, tl);
}
var X = new Int32Array(3);
function unpack(lo, hi, se) {
  const n = clz64(hi, lo);
  X[0] = shlHi(hi, lo, n);
  X[1] = shlLo(lo, n);
  X[2] = (se & EXP_MAX || 1) - n - BIAS;
}
function constant(h, l, cw) {
  return round22(h, l, 0, cw, false);
}
function f2xm1(lo, hi, se, cw) {
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  const sign2 = se & 32768, e = se & EXP_MAX;
  if (e === EXP_MAX) {
    if (sign2) put2(0, 2147483648 | 0, 49151);
    else infinity(0);
    return 0;
  }
  if ((hi | lo) === 0) return zero(sign2);
  const flags = e === 0 ? DE2 : 0;
  unpack(lo, hi, se);
  const x = X[2];
  if (x >= 0) {
    put2(lo, hi, se);
    if (x > 0 || hi !== (2147483648 | 0) || lo !== 0) return PE2;
    if (sign2) Z[2] = 49150;
    return sign2 ? PE2 : PE2 | C1;
  }
  const tiny = x < -100;
  const m2 = significand2(X[0], X[1], (sign2 ? -1 : 1) * (tiny ? 1 : pow2(x)));
  let h = mul22(m2, L[0], LN2_HI, LN2_LO), l = L[0];
  if (tiny) return flags | round22(h, l, x, cw, false);
  h /= 16;
  l /= 16;
  let d = 0;
  for (let n = 15; n >= 7; n--) d = INV_FACTORIAL[n * 2] + d * h;
  let sh = d, sl2 = 0;
  for (let n = 6; n >= 1; n--) {
    sh = mul22(sh, sl2, h, l);
    sh = add22(sh, L[0], INV_FACTORIAL[n * 2], INV_FACTORIAL[n * 2 + 1]);
    sl2 = L[0];
  }
  h = mul22(sh, sl2, h, l);
  l = L[0];
  for (let k = 0; k < 4; k++) {
    const t = add22(h, l, 2, 0);
    h = mul22(t, L[0], h, l);
    l = L[0];
  }
  return flags | round22(h, l, 0, cw, false);
}
function log2Series(s, sl2) {
  const z = mul22(s, sl2, s, sl2), zl = L[0];
  let d = 0;
  for (let n = 21; n >= 8; n--) d = INV_ODD[n * 2] + d * z;
  let h = d, l = 0;
  for (let n = 7; n >= 0; n--) {
    h = mul22(h, l, z, zl);
    h = add22(h, L[0], INV_ODD[n * 2], INV_ODD[n * 2 + 1]);
    l = L[0];
  }
  h = mul22(h, l, s, sl2);
  l = L[0];
  return mul22(h, l, 2 * LOG2E_HI, 2 * LOG2E_LO);
}
function timesY(h, l, exp, yl, yh, ys, cw, exact) {
  unpack(yl, yh, ys);
  const m2 = significand2(X[0], X[1], ys & 32768 ? -1 : 1);
  h = mul22(m2, L[0], h, l);
  return round22(h, L[0], exp + X[2], cw, exact);
}
function fyl2x(xl, xh, xs, yl, yh, ys, cw) {
  if (isUnsupported(xh, xs) || isUnsupported(yh, ys) || isNaN80(xh, xl, xs) || isNaN80(yh, yl, ys)) return nan2(xl, xh, xs, yl, yh, ys);
  const ySign = ys & 32768;
  const xZero = isZero(xh, xl, xs & EXP_MAX), yZero = isZero(yh, yl, ys);
  const xInf = (xs & EXP_MAX) === EXP_MAX, yInf = (ys & EXP_MAX) === EXP_MAX;
  if (xs & 32768 && !xZero) return invalid();
  const flags = isDenormal2(xh, xl, xs) || isDenormal2(yh, yl, ys) ? DE2 : 0;
  if (xZero) {
    if (yZero) return invalid();
    infinity(ySign ^ 32768);
    return yInf ? 0 : ZE2;
  }
  if (xInf) return yZero ? invalid() : flags | infinity(ySign);
  const below = (xs & EXP_MAX) < BIAS;
  const one = xs === BIAS && xh === (2147483648 | 0) && xl === 0;
  if (yInf) return one ? invalid() : flags | infinity(below ? ySign ^ 32768 : ySign);
  if (yZero || one) return flags | zero(below ? ySign ^ 32768 : ySign);
  unpack(xl, xh, xs);
  let k = X[2];
  const big = X[0] >>> 0 >= 3037000500;
  if (big) k++;
  const m2 = significand2(X[0], X[1], big ? 0.5 : 1), ml = L[0];
  const up2 = add22(m2, ml, -1, 0), upl = L[0];
  const down = add22(m2, ml, 1, 0);
  const s = div22(up2, upl, down, L[0]);
  let h = log2Series(s, L[0]), l = L[0];
  if (k !== 0) {
    h = add22(k, 0, h, l);
    l = L[0];
  }
  return flags | PE2 | timesY(h, l, 0, yl, yh, ys, cw, up2 === 0);
}
function fyl2xp1(xl, xh, xs, yl, yh, ys, cw) {
  if (isUnsupported(xh, xs) || isUnsupported(yh, ys) || isNaN80(xh, xl, xs) || isNaN80(yh, yl, ys)) return nan2(xl, xh, xs, yl, yh, ys);
  const sign2 = (xs ^ ys) & 32768;
  const xZero = isZero(xh, xl, xs), yZero = isZero(yh, yl, ys);
  const xInf = (xs & EXP_MAX) === EXP_MAX, yInf = (ys & EXP_MAX) === EXP_MAX;
  const flags = isDenormal2(xh, xl, xs) || isDenormal2(yh, yl, ys) ? DE2 : 0;
  if (xInf) return xs & 32768 || yZero ? invalid() : flags | infinity(ys & 32768);
  if (yInf) return xZero ? invalid() : flags | infinity(sign2);
  if (xZero || yZero) return flags | zero(sign2);
  unpack(xl, xh, xs);
  const e = X[2];
  const m2 = significand2(X[0], X[1], xs & 32768 ? -1 : 1), ml = L[0];
  if (e < -110) {
    const h2 = mul22(m2, ml, LOG2E_HI, LOG2E_LO);
    return flags | timesY(h2, L[0], e, yl, yh, ys, cw, false);
  }
  if (e >= -1) {
    if (xs & 32768 && e >= 0) {
      put2(xl, xh, xs);
      return flags | PE2;
    }
    add2(xl, xh, xs, 0, 2147483648 | 0, BIAS, cw | 768);
    return flags | fyl2xOfZ(yl, yh, ys, cw) | PE2;
  }
  const scale2 = pow2(e);
  const up2 = m2 * scale2, upl = ml * scale2;
  const down = add22(up2, upl, 2, 0);
  const s = div22(up2, upl, down, L[0]);
  const h = log2Series(s, L[0]);
  return flags | timesY(h, L[0], 0, yl, yh, ys, cw, false);
}
function fyl2xOfZ(yl, yh, ys, cw) {
  return fyl2x(Z[0], Z[1], Z[2], yl, yh, ys, cw);
}
function fpatan(xl, xh, xs, yl, yh, ys, cw) {
  if (isUnsupported(xh, xs) || isUnsupported(yh, ys) || isNaN80(xh, xl, xs) || isNaN80(yh, yl, ys)) return nan2(xl, xh, xs, yl, yh, ys);
  const left2 = (xs & 32768) !== 0;
  const s = ys & 32768 ? -1 : 1;
  const xInf = (xs & EXP_MAX) === EXP_MAX, yInf = (ys & EXP_MAX) === EXP_MAX;
  const flags = isDenormal2(xh, xl, xs) || isDenormal2(yh, yl, ys) ? DE2 : 0;
  if (yInf) {
    const f = xInf ? left2 ? 0.75 : 0.25 : 0.5;
    const h2 = mul22(PI_HI, PI_LO, s * f, 0);
    return flags | constant(h2, L[0], cw);
  }
  if (xInf || isZero(yh, yl, ys)) {
    if (left2) return flags | constant(s * PI_HI, s * PI_LO, cw);
    return flags | zero(ys & 32768);
  }
  if (isZero(xh, xl, xs)) return flags | constant(s * PI_HI / 2, s * PI_LO / 2, cw);
  unpack(xl, xh, xs);
  const ex = X[2];
  const mx = significand2(X[0], X[1], 1), mxl = L[0];
  unpack(yl, yh, ys);
  const d = X[2] - ex;
  const my = significand2(X[0], X[1], 1), myl = L[0];
  let h, l;
  if (d > 120) {
    h = PI_HI / 2;
    l = PI_LO / 2;
  } else if (d < -120) {
    if (!left2) {
      h = div22(my, myl, mx, mxl);
      return flags | round22(s * h, s * (L[0] - h * 2 ** -90), d, cw, false);
    }
    h = PI_HI;
    l = PI_LO;
  } else {
    const scale2 = pow2(d);
    const y = my * scale2, ylow = myl * scale2;
    const steep = y > mx || y === mx && ylow > mxl;
    const t = steep ? div22(mx, mxl, y, ylow) : div22(y, ylow, mx, mxl);
    h = arctangent(t, L[0]);
    l = L[0];
    if (steep) {
      h = add22(PI_HI / 2, PI_LO / 2, -h, -l);
      l = L[0];
    }
    if (left2) {
      h = add22(PI_HI, PI_LO, -h, -l);
      l = L[0];
    }
  }
  return flags | round22(s * h, s * l, 0, cw, false);
}
function arctangent(t, tl) {
  const j = Math.round(t * 16);
  if (j === 0) return atanSeries(t, tl);
  const c = j / 16;
  const n = add22(t, tl, -c, 0), nl = L[0];
  const p = mul22(t, tl, c, 0);
  const q = add22(p, L[0], 1, 0);
  const u = div22(n, nl, q, L[0]);
  const h = u === 0 ? 0 : atanSeries(u, L[0]);
  return add22(h, u === 0 ? 0 : L[0], ATAN[j * 2], ATAN[j * 2 + 1]);
}
var ANGLE = new Float64Array(2);
var turns = 0;
function reduce(hi, lo, se) {
  const e = (se & EXP_MAX) - BIAS;
  let h, l, q = 0;
  if (e < 0) {
    h = significand2(hi, lo, pow2(e));
    l = L[0];
  } else {
    let r2 = hi >>> 30, r1 = hi << 2 | lo >>> 30, r0 = lo << 2;
    for (let i = e; ; i--) {
      const fits = r2 !== 3 ? r2 > 3 : r1 !== 608135816 ? r1 >>> 0 > 608135816 : r0 >>> 0 >= 2242054355;
      if (fits) {
        const b0 = r0 >>> 0 < 2242054355 ? 1 : 0;
        r0 = r0 - 2242054355 | 0;
        const b1 = (r1 >>> 0) - 608135816 - b0 < 0 ? 1 : 0;
        r1 = r1 - 608135816 - b0 | 0;
        r2 = r2 - 3 - b1;
        q |= 1;
      }
      if (i === 0) break;
      q <<= 1;
      r2 = r2 << 1 | r1 >>> 31;
      r1 = r1 << 1 | r0 >>> 31;
      r0 <<= 1;
    }
    const a = (r2 * 4294967296 + (r1 >>> 0)) * 2 ** -33, b = (r0 >>> 0) * 2 ** -65;
    h = a + b;
    l = b - (h - a);
  }
  if (h > HALF_PI66_HI / 2) {
    h = add22(h, l, -HALF_PI66_HI, -HALF_PI66_LO);
    l = L[0];
    q++;
  }
  if (se & 32768) {
    h = -h;
    l = -l;
    q = -q;
  }
  ANGLE[0] = h;
  ANGLE[1] = l;
  turns = q & 3;
}
function sine(x, xl) {
  const z = mul22(x, xl, x, xl), zl = L[0];
  let d = 0;
  for (let n = 13; n >= 7; n--) d = (n & 1 ? -1 : 1) * INV_FACTORIAL[(2 * n + 1) * 2] + d * z;
  let h = d, l = 0;
  for (let n = 6; n >= 0; n--) {
    const s = n & 1 ? -1 : 1, f = (2 * n + 1) * 2;
    h = mul22(h, l, z, zl);
    h = add22(h, L[0], s * INV_FACTORIAL[f], s * INV_FACTORIAL[f + 1]);
    l = L[0];
  }
  return mul22(h, l, x, xl);
}
function cosine(x, xl) {
  const z = mul22(x, xl, x, xl), zl = L[0];
  let d = 0;
  for (let n = 13; n >= 7; n--) d = (n & 1 ? -1 : 1) * INV_FACTORIAL[4 * n] + d * z;
  let h = d, l = 0;
  for (let n = 6; n >= 0; n--) {
    const s = n & 1 ? -1 : 1;
    h = mul22(h, l, z, zl);
    h = add22(h, L[0], s * INV_FACTORIAL[4 * n], s * INV_FACTORIAL[4 * n + 1]);
    l = L[0];
  }
  return h;
}
function outOfRange(se) {
  const e = se & EXP_MAX;
  return e >= BIAS + 63 && e !== EXP_MAX;
}
function tinyAngle(lo, hi, se, cw) {
  unpack(lo, hi, se);
  let h = X[0], e = X[2] + BIAS;
  const l = X[1] - 1 | 0;
  if (l === -1) h = h - 1 | 0;
  if (h >= 0) {
    h = -1;
    e--;
  }
  return (se & EXP_MAX ? 0 : DE2) | round2(se & 32768, e, h, l, -1, cw | 768);
}
var TINY2 = BIAS - 34;
function fsin(lo, hi, se, cw) {
  const e = se & EXP_MAX;
  if (outOfRange(se) && hi < 0) {
    put2(lo, hi, se);
    return C2;
  }
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX) return invalid();
  if ((hi | lo) === 0) return zero(se);
  if (e < TINY2) return tinyAngle(lo, hi, se, cw);
  reduce(hi, lo, se);
  const h = turns & 1 ? cosine(ANGLE[0], ANGLE[1]) : sine(ANGLE[0], ANGLE[1]);
  return turns & 2 ? round22(-h, -L[0], 0, cw, false) : round22(h, L[0], 0, cw, false);
}
function fcos(lo, hi, se, cw) {
  const e = se & EXP_MAX;
  if (outOfRange(se) && hi < 0) {
    put2(lo, hi, se);
    return C2;
  }
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX) return invalid();
  if ((hi | lo) === 0) {
    put2(0, 2147483648 | 0, BIAS);
    return 0;
  }
  if (e < TINY2) return (e === 0 ? DE2 : 0) | round2(0, BIAS - 1, -1, -1, -1, cw | 768);
  reduce(hi, lo, se);
  const h = turns & 1 ? sine(ANGLE[0], ANGLE[1]) : cosine(ANGLE[0], ANGLE[1]);
  return turns === 1 || turns === 2 ? round22(-h, -L[0], 0, cw, false) : round22(h, L[0], 0, cw, false);
}
function ftan(lo, hi, se, cw) {
  const e = se & EXP_MAX;
  if (outOfRange(se) && hi < 0) {
    put2(lo, hi, se);
    return C2;
  }
  if (isUnsupported(hi, se) || isNaN80(hi, lo, se)) return nan1(lo, hi, se);
  if (e === EXP_MAX) return invalid();
  if ((hi | lo) === 0) return zero(se);
  if (e < TINY2) {
    unpack(lo, hi, se);
    return (e === 0 ? DE2 : 0) | round2(se & 32768, X[2] + BIAS, X[0], X[1], 1, cw | 768);
  }
  reduce(hi, lo, se);
  const s = sine(ANGLE[0], ANGLE[1]), sl2 = L[0];
  const c = cosine(ANGLE[0], ANGLE[1]), cl = L[0];
  const h = turns & 1 ? div22(-c, -cl, s, sl2) : div22(s, sl2, c, cl);
  return round22(h, L[0], 0, cw, false);
}

// src/ir/lib/x87-trans.ts
var OP_F2XM1 = unary("x87.f2xm1", f2xm1);
var OP_FYL2X = binaryPop("x87.fyl2x", fyl2x);
var OP_FYL2XP1 = binaryPop("x87.fyl2xp1", fyl2xp1);
var OP_FPATAN = binaryPop("x87.fpatan", fpatan);
function angleDone(S, flags) {
  S[W_FSW] &= ~C2;
  return raise2(S, flags) || (flags & C2) !== 0;
}
function trigonometric(name, fn) {
  return stateful(name, [], "void", (S) => {
    if (isEmpty(S, 0)) {
      S[W_FSW] &= ~C2;
      if (underflow(S)) return;
    } else {
      const a = reg2(S, 0);
      if (angleDone(S, fn(S[a], S[a + 1], S[a + 2], S[W_FCW]))) return;
    }
    setReg(S, 0);
  });
}
var OP_FSIN = trigonometric("x87.fsin", fsin);
var OP_FCOS = trigonometric("x87.fcos", fcos);
function twoResults(S) {
  const empty = isEmpty(S, 0), full = !isEmpty(S, -1);
  if (!empty && !full) return true;
  invalid();
  S[W_FSW] &= ~C2;
  if (!raise2(S, empty ? IE2 | SF2 : IE2 | SF2 | C1)) {
    setReg(S, 0);
    push(S);
  }
  return false;
}
var OP_FPTAN = stateful("x87.fptan", [], "void", (S) => {
  if (!twoResults(S)) return;
  const a = reg2(S, 0);
  if (angleDone(S, ftan(S[a], S[a + 1], S[a + 2], S[W_FCW]))) return;
  setReg(S, 0);
  if (!isNaN80(Z[1], Z[0], Z[2])) put2(0, 2147483648 | 0, BIAS);
  push(S);
});
var OP_FSINCOS = stateful("x87.fsincos", [], "void", (S) => {
  if (!twoResults(S)) return;
  const a = reg2(S, 0);
  const lo = S[a], hi = S[a + 1], se = S[a + 2], cw = S[W_FCW];
  const flags = fsin(lo, hi, se, cw);
  const s0 = Z[0], s1 = Z[1], s2 = Z[2];
  if (angleDone(S, flags | fcos(lo, hi, se, cw) & ~C1)) return;
  S[a] = s0;
  S[a + 1] = s1;
  S[a + 2] = s2;
  push(S);
});

// src/ir/lib/x87-move.ts
function pushFloat(S, flags) {
  if (isSignaling(Z[1], Z[0], Z[2])) {
    Z[1] |= 1073741824;
    flags = IE2;
  }
  if (flags & DE2 && isEmpty(S, -1)) {
    raise2(S, DE2);
    push(S);
  } else pushResult(S, flags);
}
var OP_FLD_F32 = stateful("x87.fld.f32", ["i32"], "void", (S, bits) => pushFloat(S, fromF32(bits)));
var OP_FLD_F64 = stateful("x87.fld.f64", ["i64"], "void", (S, lo, hi) => pushFloat(S, fromF64(lo, hi)));
var OP_FLD_F80 = stateful("x87.fld.f80", ["f80"], "void", (S, lo, hi, se) => {
  put2(lo, hi, se & 65535);
  pushResult(S, 0);
});
var OP_FILD_I32 = stateful("x87.fild.i32", ["i32"], "void", (S, i) => {
  fromInt32(i);
  pushResult(S, 0);
});
var OP_FILD_I64 = stateful("x87.fild.i64", ["i64"], "void", (S, lo, hi) => {
  fromInt64(lo, hi);
  pushResult(S, 0);
});
var OP_FBLD = stateful("x87.fbld", ["f80"], "void", (S, w0, w1, w2) => {
  fromBcd2(w0, w1, w2);
  pushResult(S, 0);
});
var OP_FLD = stateful("x87.fld", [], "void", (S, i) => {
  if (isEmpty(S, i)) {
    if (!underflow(S)) push(S);
    return;
  }
  const a = reg2(S, i);
  put2(S[a], S[a + 1], S[a + 2]);
  pushResult(S, 0);
}, true);
var CONSTANTS = [
  [2147483648, 0, 0, 16383],
  [3566893131, 3441134334, 1227618047, 16384],
  [3098164009, 1545072827, 3196583632, 16383],
  [3373259426, 560513588, 3301335691, 16384],
  [2585827972, 4224710552, 2408143276, 16381],
  [2977044471, 3520035243, 3387143064, 16382],
  [0, 0, 0, 0]
];
var OP_FLDCONST = stateful("x87.fldconst", [], "void", (S, n) => {
  const [hi, lo, ext, exp] = CONSTANTS[n];
  if (exp === 0) put2(0, 0, 0);
  else round2(0, exp, hi | 0, lo | 0, ext | 0, S[W_FCW] | 768);
  pushResult(S, 0);
}, true);
function stopStore(S, flags) {
  return raise2(S, flags) || (flags & ~S[W_FCW] & (OE2 | UE2)) !== 0;
}
var OP_FST_F32 = stateful("x87.fst.f32", ["i32"], "i32", (S, old, popping) => {
  let value2 = 4290772992 | 0;
  let flags = IE2 | SF2;
  if (!isEmpty(S, 0)) {
    const a = reg2(S, 0);
    flags = toF32(S[a], S[a + 1], S[a + 2], S[W_FCW]);
    value2 = Z[0];
  }
  if (stopStore(S, flags)) return old;
  if (popping) pop(S);
  return value2;
}, true);
var OP_FST_F64 = stateful("x87.fst.f64", ["i64"], "i64", (S, lo, hi, popping) => {
  let flags = IE2 | SF2;
  if (isEmpty(S, 0)) {
    Z[0] = 0;
    Z[1] = 4294443008 | 0;
  } else {
    const a = reg2(S, 0);
    flags = toF64(S[a], S[a + 1], S[a + 2], S[W_FCW]);
  }
  if (stopStore(S, flags)) {
    RESULT[0] = lo;
    RESULT[1] = hi;
    return;
  }
  RESULT[0] = Z[0];
  RESULT[1] = Z[1];
  if (popping) pop(S);
}, true);
var OP_FSTP_F80 = stateful("x87.fstp.f80", ["f80"], "f80", (S, lo, hi, se) => {
  if (isEmpty(S, 0)) {
    RESULT[0] = lo;
    RESULT[1] = hi;
    RESULT[2] = se;
    if (underflow(S)) return;
    for (let i = 0; i < 3; i++) RESULT[i] = Z[i];
  } else {
    const a = reg2(S, 0);
    raise2(S, 0);
    RESULT[0] = S[a];
    RESULT[1] = S[a + 1];
    RESULT[2] = S[a + 2];
  }
  pop(S);
});
function integer(S, bits, truncate2) {
  const a = reg2(S, 0);
  const cw = S[W_FCW];
  if (!isEmpty(S, 0)) return toInt(S[a], S[a + 1], S[a + 2], bits, truncate2 ? cw | 3072 : cw);
  toInt(0, 3221225472 | 0, 65535, bits, cw);
  return IE2 | SF2;
}
var OP_FIST_I32 = stateful("x87.fist.i32", ["i32"], "i32", (S, old, imm) => {
  const flags = integer(S, imm & 48, (imm & 2) !== 0);
  const value2 = Z[0];
  if (stopStore(S, flags)) return old;
  if (imm & 1) pop(S);
  return value2;
}, true);
var OP_FISTP_I64 = stateful("x87.fistp.i64", ["i64"], "i64", (S, lo, hi, imm) => {
  const flags = integer(S, 64, (imm & 2) !== 0);
  RESULT[0] = Z[0];
  RESULT[1] = Z[1];
  if (stopStore(S, flags)) {
    RESULT[0] = lo;
    RESULT[1] = hi;
  } else pop(S);
}, true);
var OP_FBSTP = stateful("x87.fbstp", ["f80"], "f80", (S, w0, w1, w2) => {
  const a = reg2(S, 0);
  let flags;
  if (isEmpty(S, 0)) {
    toBcd2(0, 3221225472 | 0, 65535, 0);
    flags = IE2 | SF2;
  } else flags = toBcd2(S[a], S[a + 1], S[a + 2], S[W_FCW]);
  for (let i = 0; i < 3; i++) RESULT[i] = Z[i];
  if (stopStore(S, flags)) {
    RESULT[0] = w0;
    RESULT[1] = w1;
    RESULT[2] = w2;
  } else pop(S);
});
var OP_FST = stateful("x87.fst", [], "void", (S, imm) => {
  if (isEmpty(S, 0)) {
    if (underflow(S)) return;
  } else {
    const a = reg2(S, 0);
    put2(S[a], S[a + 1], S[a + 2]);
    raise2(S, 0);
  }
  setReg(S, imm & 7);
  if (imm & 8) pop(S);
}, true);
var OP_FSTPNCE = stateful("x87.fstpnce", [], "void", (S, i) => {
  raise2(S, 0);
  if (!isEmpty(S, 0)) {
    const a = reg2(S, 0);
    put2(S[a], S[a + 1], S[a + 2]);
    setReg(S, i);
  }
  pop(S);
}, true);
var NAN_HI = 3221225472 | 0;
function fillEmpty(S, i) {
  if (!isEmpty(S, i)) return;
  put2(0, NAN_HI, 65535);
  setReg(S, i);
}
var OP_FXCH = stateful("x87.fxch", [], "void", (S, i) => {
  if (isEmpty(S, 0) || isEmpty(S, i)) {
    if (underflow(S)) return;
    fillEmpty(S, 0);
    fillEmpty(S, i);
  } else S[W_FSW] &= ~C1;
  const a = reg2(S, 0), b = reg2(S, i);
  const lo = S[a], hi = S[a + 1], se = S[a + 2];
  S[a] = S[b];
  S[a + 1] = S[b + 1];
  S[a + 2] = S[b + 2];
  S[b] = lo;
  S[b + 1] = hi;
  S[b + 2] = se;
}, true);
var OP_FCMOV = stateful("x87.fcmov", ["i1"], "void", (S, cond2, i) => {
  if (isEmpty(S, 0) || isEmpty(S, i)) {
    if (underflow(S)) return;
    setReg(S, 0);
    return;
  }
  if (!cond2) return;
  const a = reg2(S, i);
  put2(S[a], S[a + 1], S[a + 2]);
  setReg(S, 0);
}, true);
function sign(S, keep2, flip) {
  if (isEmpty(S, 0)) {
    if (!underflow(S)) setReg(S, 0);
    return;
  }
  const a = reg2(S, 0);
  S[W_FSW] &= ~C1;
  S[a + 2] = S[a + 2] & keep2 ^ flip;
}
var OP_FCHS = stateful("x87.fchs", [], "void", (S) => sign(S, 65535, 32768));
var OP_FABS = stateful("x87.fabs", [], "void", (S) => sign(S, 32767, 0));
var OP_FXAM = stateful("x87.fxam", [], "void", (S) => {
  const a = reg2(S, 0);
  const lo = S[a], hi = S[a + 1], se = S[a + 2];
  let c;
  if (isEmpty(S, 0)) c = C3 | C0;
  else if (isUnsupported(hi, se)) c = 0;
  else if (isNaN80(hi, lo, se)) c = C0;
  else if ((se & EXP_MAX) === EXP_MAX) c = C2 | C0;
  else if (isZero(hi, lo, se)) c = C3;
  else if ((se & EXP_MAX) === 0) c = C3 | C2;
  else c = C2;
  S[W_FSW] = S[W_FSW] & ~(C0 | C1 | C2 | C3) | c | (se & 32768 ? C1 : 0);
});
var OP_FMOVSTP = stateful("x87.fmovstp", [], "void", (S, by) => {
  S[W_FTOP] = S[W_FTOP] + by & 7;
  S[W_FSW] &= ~C1;
}, true);
var OP_FFREE = stateful("x87.ffree", [], "void", (S, imm) => {
  S[W_FTW] &= ~(1 << (S[W_FTOP] + imm & 7));
  S[W_FSW] &= ~C1;
  if (imm & 8) pop(S);
}, true);
var OP_FNINIT = stateful("x87.fninit", [], "void", init);
var OP_FNCLEX = stateful("x87.fnclex", [], "void", (S) => {
  S[W_FSW] &= C0 | C1 | C2 | C3;
});
var OP_FNSTSW = stateful("x87.fnstsw", [], "i32", statusWord, false, { reads: true });
var OP_FLDCW = stateful("x87.fldcw", ["i32"], "void", setControlWord);

// src/frontend/lift/x87.ts
var ES2 = 128;
function enterX87(c, waiting = true) {
  if (c.mode & 128 /* NO_FPU */) {
    c.trap(7 /* NM */);
    return false;
  }
  if (waiting) c.b.trapif(c.b.nonzero(c.b.and(c.b.get("i32", FSW), c.b.i32(ES2))), 16 /* MF */);
  return true;
}
function track(c, insn, mem, offset) {
  const b = c.b;
  b.set(FIP, b.i32(insn.pc));
  if (mem) b.set(FDP, offset);
  if (c.mode & 8 /* FLAT */) return;
  b.set(FIP_KNOWN, b.i32(insn.pc));
  b.set(FOP, b.i32(insn.fop));
  b.set(FCS, b.get("i32", SEG_SEL + 1 /* CS */ * 4));
  if (mem) b.set(FDS, b.get("i32", SEG_SEL + mem.segment * 4));
}
function simple(op, imm = 0) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    c.b.lib(op, [], imm);
    track(c, insn);
  };
}
function onRegister(op, imm = 0) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    c.b.lib(op, [], imm | source2(insn));
    track(c, insn);
  };
}
function source2(insn) {
  const { ops } = insn;
  const st0 = ops.length > 1 && ops[0].index === 0 ? 1 : 0;
  return ops.length > 0 ? ops[st0].index : 1;
}
function withMemory(c, insn, fn) {
  const mem = insn.ops[0];
  const offset = c.offset(mem);
  fn(c.b, c.linear(mem.segment, offset), mem.size);
  track(c, insn, mem, offset);
}
function arith(ops, pop3 = false) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    const [x, y] = insn.ops;
    if (x.kind === 1 /* mem */) {
      withMemory(c, insn, (b, addr, size) => {
        if (size === 4) b.lib(ops.f32, [b.load("i32", addr)]);
        else b.lib(ops.f64, [b.load("i64", addr)]);
      });
    } else {
      c.b.lib(ops.reg, [], x.index | y.index << 3 | (pop3 ? 64 : 0));
      track(c, insn);
    }
  };
}
function loadInt(b, addr, size) {
  return size === 2 ? b.ext16s(b.load("i16", addr)) : b.load("i32", addr);
}
function arithInt(ops) {
  return (c, insn) => {
    if (enterX87(c)) withMemory(c, insn, (b, addr, size) => b.lib(ops.i32, [loadInt(b, addr, size)]));
  };
}
function compare3(pops, quiet = false) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    if (insn.ops[0]?.kind === 1 /* mem */) {
      withMemory(c, insn, (b, addr, size) => {
        if (size === 4) b.lib(OP_FCOM_F32, [b.load("i32", addr)], pops);
        else b.lib(OP_FCOM_F64, [b.load("i64", addr)], pops);
      });
    } else {
      c.b.lib(OP_FCOM, [], source2(insn) | pops << 3 | (quiet ? 32 : 0));
      track(c, insn);
    }
  };
}
function compareInt(pops) {
  return (c, insn) => {
    if (enterX87(c)) withMemory(c, insn, (b, addr, size) => b.lib(OP_FCOM_I32, [loadInt(b, addr, size)], pops));
  };
}
function compareFlags3(pops, quiet) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    const b = c.b;
    const mask2 = ARITH;
    b.fmod(mask2, b.lib(OP_FCOMI, [], source2(insn) | pops << 3 | (quiet ? 32 : 0)));
    track(c, insn);
  };
}
function fld(c, insn) {
  if (!enterX87(c)) return;
  if (insn.ops[0].kind !== 1 /* mem */) {
    c.b.lib(OP_FLD, [], insn.ops[insn.ops.length - 1].index);
    return track(c, insn);
  }
  withMemory(c, insn, (b, addr, size) => {
    if (size === 4) b.lib(OP_FLD_F32, [b.load("i32", addr)]);
    else if (size === 8) b.lib(OP_FLD_F64, [b.load("i64", addr)]);
    else b.lib(OP_FLD_F80, [b.load("f80", addr)]);
  });
}
function fild(c, insn) {
  if (!enterX87(c)) return;
  withMemory(c, insn, (b, addr, size) => {
    if (size === 8) b.lib(OP_FILD_I64, [b.load("i64", addr)]);
    else b.lib(OP_FILD_I32, [loadInt(b, addr, size)]);
  });
}
function store80(op) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    withMemory(c, insn, (b, addr) => {
      b.probe(addr, 10, true);
      b.store("f80", addr, b.lib(op, [b.load("f80", addr)]));
    });
  };
}
function fst(pop3) {
  return (c, insn) => {
    const op = insn.ops[0];
    if (op.kind === 1 /* mem */ && op.size === 10) return store80(OP_FSTP_F80)(c, insn);
    if (!enterX87(c)) return;
    if (op.kind !== 1 /* mem */) {
      c.b.lib(OP_FST, [], op.index | pop3 << 3);
      return track(c, insn);
    }
    withMemory(c, insn, (b, addr, size) => {
      if (size === 4) b.store("i32", addr, b.lib(OP_FST_F32, [b.load("i32", addr, true)], pop3), true);
      else b.store("i64", addr, b.lib(OP_FST_F64, [b.load("i64", addr, true)], pop3), true);
    });
  };
}
function fist(pop3, truncate2) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    withMemory(c, insn, (b, addr, size) => {
      if (size === 8) b.store("i64", addr, b.lib(OP_FISTP_I64, [b.load("i64", addr, true)], truncate2), true);
      else {
        const mem = size === 2 ? "i16" : "i32";
        b.store(mem, addr, b.lib(OP_FIST_I32, [b.load(mem, addr, true)], size * 8 | pop3 | truncate2), true);
      }
    });
  };
}
function fcmov(cc) {
  return (c, insn) => {
    if (!enterX87(c)) return;
    c.b.lib(OP_FCMOV, [c.b.fcond(cc)], source2(insn));
    track(c, insn);
  };
}
function fbld(c, insn) {
  if (enterX87(c)) withMemory(c, insn, (b, addr) => b.lib(OP_FBLD, [b.load("f80", addr)]));
}
var X87_LIFTS = [
  [Mnemonic2.Fadd, arith(OP_FADD)],
  [Mnemonic2.Faddp, arith(OP_FADD, true)],
  [Mnemonic2.Fiadd, arithInt(OP_FADD)],
  [Mnemonic2.Fmul, arith(OP_FMUL)],
  [Mnemonic2.Fmulp, arith(OP_FMUL, true)],
  [Mnemonic2.Fimul, arithInt(OP_FMUL)],
  [Mnemonic2.Fsub, arith(OP_FSUB)],
  [Mnemonic2.Fsubp, arith(OP_FSUB, true)],
  [Mnemonic2.Fisub, arithInt(OP_FSUB)],
  [Mnemonic2.Fsubr, arith(OP_FSUBR)],
  [Mnemonic2.Fsubrp, arith(OP_FSUBR, true)],
  [Mnemonic2.Fisubr, arithInt(OP_FSUBR)],
  [Mnemonic2.Fdiv, arith(OP_FDIV)],
  [Mnemonic2.Fdivp, arith(OP_FDIV, true)],
  [Mnemonic2.Fidiv, arithInt(OP_FDIV)],
  [Mnemonic2.Fdivr, arith(OP_FDIVR)],
  [Mnemonic2.Fdivrp, arith(OP_FDIVR, true)],
  [Mnemonic2.Fidivr, arithInt(OP_FDIVR)],
  [Mnemonic2.Fcom, compare3(0)],
  [Mnemonic2.Fcomp, compare3(1)],
  [Mnemonic2.Fcompp, compare3(2)],
  [Mnemonic2.Fucom, compare3(0, true)],
  [Mnemonic2.Fucomp, compare3(1, true)],
  [Mnemonic2.Fucompp, compare3(2, true)],
  [Mnemonic2.Ficom, compareInt(0)],
  [Mnemonic2.Ficomp, compareInt(1)],
  [Mnemonic2.Fcomi, compareFlags3(0, false)],
  [Mnemonic2.Fcomip, compareFlags3(1, false)],
  [Mnemonic2.Fucomi, compareFlags3(0, true)],
  [Mnemonic2.Fucomip, compareFlags3(1, true)],
  [Mnemonic2.Fld, fld],
  [Mnemonic2.Fild, fild],
  [Mnemonic2.Fbld, fbld],
  [Mnemonic2.Fst, fst(0)],
  [Mnemonic2.Fstp, fst(1)],
  [Mnemonic2.Fstpnce, onRegister(OP_FSTPNCE)],
  [Mnemonic2.Fbstp, store80(OP_FBSTP)],
  [Mnemonic2.Fist, fist(0, 0)],
  [Mnemonic2.Fistp, fist(1, 0)],
  [Mnemonic2.Fisttp, fist(1, 2)],
  [Mnemonic2.Fld1, simple(OP_FLDCONST, 0)],
  [Mnemonic2.Fldl2t, simple(OP_FLDCONST, 1)],
  [Mnemonic2.Fldl2e, simple(OP_FLDCONST, 2)],
  [Mnemonic2.Fldpi, simple(OP_FLDCONST, 3)],
  [Mnemonic2.Fldlg2, simple(OP_FLDCONST, 4)],
  [Mnemonic2.Fldln2, simple(OP_FLDCONST, 5)],
  [Mnemonic2.Fldz, simple(OP_FLDCONST, 6)],
  [Mnemonic2.Fcmovb, fcmov(2 /* B */)],
  [Mnemonic2.Fcmovnb, fcmov(3 /* AE */)],
  [Mnemonic2.Fcmove, fcmov(4 /* E */)],
  [Mnemonic2.Fcmovne, fcmov(5 /* NE */)],
  [Mnemonic2.Fcmovbe, fcmov(6 /* BE */)],
  [Mnemonic2.Fcmovnbe, fcmov(7 /* A */)],
  [Mnemonic2.Fcmovu, fcmov(10 /* P */)],
  [Mnemonic2.Fcmovnu, fcmov(11 /* NP */)],
  [Mnemonic2.Fxch, onRegister(OP_FXCH)],
  [Mnemonic2.Ffree, onRegister(OP_FFREE)],
  [Mnemonic2.Ffreep, onRegister(OP_FFREE, 8)],
  [Mnemonic2.Fincstp, simple(OP_FMOVSTP, 1)],
  [Mnemonic2.Fdecstp, simple(OP_FMOVSTP, -1)],
  [Mnemonic2.Fchs, simple(OP_FCHS)],
  [Mnemonic2.Fabs, simple(OP_FABS)],
  [Mnemonic2.Ftst, simple(OP_FTST)],
  [Mnemonic2.Fxam, simple(OP_FXAM)],
  [Mnemonic2.Fsqrt, simple(OP_FSQRT)],
  [Mnemonic2.Frndint, simple(OP_FRNDINT)],
  [Mnemonic2.Fscale, simple(OP_FSCALE)],
  [Mnemonic2.Fprem, simple(OP_FPREM)],
  [Mnemonic2.Fprem1, simple(OP_FPREM1)],
  [Mnemonic2.Fxtract, simple(OP_FXTRACT)],
  [Mnemonic2.F2xm1, simple(OP_F2XM1)],
  [Mnemonic2.Fyl2x, simple(OP_FYL2X)],
  [Mnemonic2.Fyl2xp1, simple(OP_FYL2XP1)],
  [Mnemonic2.Fpatan, simple(OP_FPATAN)],
  [Mnemonic2.Fptan, simple(OP_FPTAN)],
  [Mnemonic2.Fsin, simple(OP_FSIN)],
  [Mnemonic2.Fcos, simple(OP_FCOS)],
  [Mnemonic2.Fsincos, simple(OP_FSINCOS)]
];

// src/frontend/lift/vector.ts
function isMm(op) {
  return op !== void 0 && op.kind === 0 /* reg */ && op.cls === 3 /* mm */;
}
function vector(fn) {
  return (c, insn) => {
    const mmx = insn.ops.some(isMm);
    if (c.mode & 4096 /* EM */ || c.mode & 8192 /* NO_SSE */ && !mmx) c.undefined();
    else if (mmx) {
      if (enterX87(c)) fn(c, insn);
    } else if (c.mode & 128 /* NO_FPU */) c.trap(7 /* NM */);
    else fn(c, insn);
  };
}
function stateOf(op) {
  return isMm(op) ? ST + op.index * 16 : XMM + op.index * 32;
}
function typeOf(op) {
  return isMm(op) ? "i64" : "v128";
}
function lanesOf(c, value2) {
  return Array.from({ length: value2.type === "i64" ? 2 : 4 }, (_, l) => c.b.lane(value2, l));
}
function zero2(c, type) {
  return type === "i64" ? c.b.i64(0, 0) : c.b.append(new Inst(OP.const, type, [], 0));
}
function address(c, op, aligned = true) {
  const addr = c.addr(op);
  if (aligned && op.size === 16) c.requireAligned(addr, 16);
  return addr;
}
function readVector(c, op, type, aligned = true) {
  const b = c.b;
  if (op.kind !== 1 /* mem */) return b.get(typeOf(op), stateOf(op));
  const addr = address(c, op, aligned);
  if (op.size === 16) return b.load("v128", addr);
  if (op.size === 8 && type === "i64") return b.load("i64", addr);
  const low = op.size === 8 ? b.load("i64", addr) : b.load(op.size === 4 ? "i32" : "i16", addr);
  const lanes2 = op.size === 8 ? [b.lane(low, 0), b.lane(low, 1)] : [low];
  while (lanes2.length < (type === "i64" ? 2 : 4)) lanes2.push(b.i32(0));
  return b.pack(type, lanes2);
}
function touchMmx(c) {
  c.b.lib(OP_MMX_ENTER, []);
}
function writeVector(c, op, value2) {
  const at2 = stateOf(op);
  if (isMm(op)) {
    touchMmx(c);
    c.b.set(at2 + 8, c.b.i32(65535));
  }
  c.b.set(at2, value2);
}
function leave(c, insn) {
  if (insn.ops.some(isMm)) touchMmx(c);
}
function binary(fn, aligned = true) {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops;
    const type = typeOf(dst);
    const y = readVector(c, src, type, aligned);
    const x = c.b.get(type, stateOf(dst));
    writeVector(c, dst, c.b.pack(type, fn(c, lanesOf(c, x), lanesOf(c, y), imm ? imm.value & 255 : 0)));
  });
}
function unary2(fn, aligned = true) {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops;
    const type = typeOf(dst);
    const y = readVector(c, src, type, aligned);
    writeVector(c, dst, c.b.pack(type, fn(c, lanesOf(c, y), imm ? imm.value & 255 : 0)));
  });
}

// src/frontend/lift/sse-element.ts
function bytesOf(e) {
  return e === "f32" ? 4 : 8;
}
function bitsType(e) {
  return e === "f32" ? "i32" : "i64";
}
function formOf(c, e) {
  return c.softFloat ? bitsType(e) : e;
}
function readElements(c, op, type, n) {
  const b = c.b;
  const size = type === "f32" || type === "i32" ? 4 : 8;
  if (!op.isMem) return Array.from({ length: n }, (_, k) => b.get(type, stateOf(op) + k * size));
  const addr = c.addr(op);
  if (op.size === 16) c.requireAligned(addr, 16);
  return Array.from({ length: n }, (_, k) => b.load(type, b.add(addr, b.i32(k * size))));
}
function writeElements(c, op, values, size) {
  values.forEach((v, k) => c.b.set(stateOf(op) + k * size, v));
}
function endArithmetic(c) {
  if (c.softFloat) c.b.trapif(c.b.lib(SOFT_END, []), 19 /* XM */);
}
function arithmetic(c, e, op, x, y) {
  const b = c.b;
  if (c.softFloat) return b.lib(e === "f32" ? SOFT_F32 : SOFT_F64, [x, y], op);
  switch (op) {
    case 0 /* add */:
      return b.fadd(x, y);
    case 1 /* sub */:
      return b.fsub(x, y);
    case 2 /* mul */:
      return b.fmul(x, y);
    case 3 /* div */:
      return b.fdiv(x, y);
    case 4 /* sqrt */:
      return b.fsqrt(y);
    case 5 /* min */:
      return b.select(b.flt(x, y), x, y);
    default:
      return b.select(b.flt(y, x), x, y);
  }
}
function zeroElement(c, e) {
  if (!c.softFloat) return c.b.append(new Inst(OP.const, e, [], 0));
  return e === "f32" ? c.b.i32(0) : c.b.i64(0, 0);
}
function compareElements(c, e, predicate, x, y) {
  const b = c.b;
  if (c.softFloat) return b.lib(e === "f32" ? SOFT_CMP_F32 : SOFT_CMP_F64, [x, y], predicate);
  const p = predicate & 3;
  const cond2 = p === 0 ? b.feq(x, y) : p === 1 ? b.flt(x, y) : p === 2 ? b.fle(x, y) : b.funord(x, y);
  return b.sub(b.i32(0), b.zext(predicate & 4 ? b.not(cond2) : cond2));
}

// src/frontend/lift/sse-convert.ts
function isRegister(op, cls) {
  return op.kind === 0 /* reg */ && op.cls === cls;
}
function fromInt(c, to, v) {
  if (to === "f64") return c.b.lib(I32_TO_F64, [v]);
  return c.softFloat ? c.b.lib(SOFT_I32_F32, [v]) : c.b.lib(I32_TO_F32, [v]);
}
function toInt2(c, from, truncate2, v) {
  if (c.softFloat) return c.b.lib(from === "f32" ? SOFT_F32_I32 : SOFT_F64_I32, [v], truncate2 ? 1 : 0);
  if (from === "f32") return c.b.lib(truncate2 ? TRUNC_F32_I32 : ROUND_F32_I32, [v]);
  return c.b.lib(truncate2 ? TRUNC_I32 : ROUND_I32, [v]);
}
function change2(c, from, v) {
  if (from === "f32") return c.b.lib(c.softFloat ? SOFT_F32_F64 : F32_TO_F64, [v]);
  return c.b.lib(c.softFloat ? SOFT_F64_F32 : F64_TO_F32, [v]);
}
function readInts(c, op, n) {
  return isRegister(op, 0 /* gpr */) ? [c.gpr(op.index)] : readElements(c, op, "i32", n);
}
function integers(to, n) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    const out = readInts(c, src, n).map((v) => fromInt(c, to, v));
    if (isRegister(src, 3 /* mm */)) touchMmx(c);
    endArithmetic(c);
    writeElements(c, dst, out, to === "f32" ? 4 : 8);
  });
}
function toIntegers(from, n, truncate2) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    const b = c.b;
    const out = readElements(c, src, formOf(c, from), n).map((v) => toInt2(c, from, truncate2, v));
    if (isRegister(dst, 3 /* mm */)) touchMmx(c);
    endArithmetic(c);
    if (isRegister(dst, 0 /* gpr */)) c.setGpr(dst.index, out[0]);
    else if (isRegister(dst, 3 /* mm */)) writeVector(c, dst, b.pack("i64", out));
    else writeVector(c, dst, b.pack("v128", [...out, b.i32(0), b.i32(0)].slice(0, 4)));
  });
}
function formats(from, n, clear) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    const out = readElements(c, src, formOf(c, from), n).map((v) => change2(c, from, v));
    endArithmetic(c);
    writeElements(c, dst, clear ? [...out, c.b.i32(0), c.b.i32(0)] : out, from === "f32" ? 8 : 4);
  });
}
var SSE_CONVERT_LIFTS = [
  [Mnemonic2.Cvtsi2ss, integers("f32", 1)],
  [Mnemonic2.Cvtsi2sd, integers("f64", 1)],
  [Mnemonic2.Cvtpi2ps, integers("f32", 2)],
  [Mnemonic2.Cvtpi2pd, integers("f64", 2)],
  [Mnemonic2.Cvtdq2ps, integers("f32", 4)],
  [Mnemonic2.Cvtdq2pd, integers("f64", 2)],
  [Mnemonic2.Cvtss2si, toIntegers("f32", 1, false)],
  [Mnemonic2.Cvttss2si, toIntegers("f32", 1, true)],
  [Mnemonic2.Cvtsd2si, toIntegers("f64", 1, false)],
  [Mnemonic2.Cvttsd2si, toIntegers("f64", 1, true)],
  [Mnemonic2.Cvtps2pi, toIntegers("f32", 2, false)],
  [Mnemonic2.Cvttps2pi, toIntegers("f32", 2, true)],
  [Mnemonic2.Cvtpd2pi, toIntegers("f64", 2, false)],
  [Mnemonic2.Cvttpd2pi, toIntegers("f64", 2, true)],
  [Mnemonic2.Cvtps2dq, toIntegers("f32", 4, false)],
  [Mnemonic2.Cvttps2dq, toIntegers("f32", 4, true)],
  [Mnemonic2.Cvtpd2dq, toIntegers("f64", 2, false)],
  [Mnemonic2.Cvttpd2dq, toIntegers("f64", 2, true)],
  [Mnemonic2.Cvtss2sd, formats("f32", 1, false)],
  [Mnemonic2.Cvtsd2ss, formats("f64", 1, false)],
  [Mnemonic2.Cvtps2pd, formats("f32", 2, false)],
  [Mnemonic2.Cvtpd2ps, formats("f64", 2, true)]
];

// src/ir/lib/double-bits.ts
var F5 = new Float64Array(2);
var I5 = new Int32Array(F5.buffer);
function isMagnitudeMask(y) {
  F5[1] = y;
  return I5[3] === 2147483647 && I5[2] === -1;
}
function isMinusZero(y) {
  return y === 0 && 1 / y < 0;
}
var AND_F64 = pure("sse.and.f64", ["f64", "f64"], "f64", (x, y) => {
  if (x === x && y !== y && isMagnitudeMask(y)) return Math.abs(x);
  F5[0] = x;
  F5[1] = y;
  I5[0] &= I5[2];
  I5[1] &= I5[3];
  return F5[0];
});
var ANDN_F64 = pure("sse.andn.f64", ["f64", "f64"], "f64", (x, y) => {
  if (y === y && isMinusZero(x)) return Math.abs(y);
  F5[0] = x;
  F5[1] = y;
  I5[0] = ~I5[0] & I5[2];
  I5[1] = ~I5[1] & I5[3];
  return F5[0];
});
var OR_F64 = pure("sse.or.f64", ["f64", "f64"], "f64", (x, y) => {
  F5[0] = x;
  F5[1] = y;
  I5[0] |= I5[2];
  I5[1] |= I5[3];
  return F5[0];
});
var XOR_F64 = pure("sse.xor.f64", ["f64", "f64"], "f64", (x, y) => {
  if (x === x && y === 0) return isMinusZero(y) ? -x : x;
  F5[0] = x;
  F5[1] = y;
  I5[0] ^= I5[2];
  I5[1] ^= I5[3];
  return F5[0];
});

// src/ir/lib/vec-int.ts
var H8 = 2155905152 | 0;
var L8 = 2139062143;
var ONE8 = 16843009;
var H16 = 2147516416 | 0;
var L16 = 2147450879;
var ONE16 = 65537;
function addB(a, b) {
  return (a & L8) + (b & L8) ^ (a ^ b) & H8;
}
function subB(a, b) {
  return (a | H8) - (b & L8) ^ (a ^ ~b) & H8;
}
function addW(a, b) {
  return (a & L16) + (b & L16) ^ (a ^ b) & H16;
}
function subW(a, b) {
  return (a | H16) - (b & L16) ^ (a ^ ~b) & H16;
}
function spreadB(h) {
  return Math.imul(h >>> 7, 255);
}
function spreadW(h) {
  return Math.imul(h >>> 15, 65535);
}
function belowB(a, b) {
  return spreadB((~a & b | (~a | b) & subB(a, b)) & H8);
}
function belowW(a, b) {
  return spreadW((~a & b | (~a | b) & subW(a, b)) & H16);
}
function lessB(a, b) {
  return belowB(a ^ H8, b ^ H8);
}
function lessW(a, b) {
  return belowW(a ^ H16, b ^ H16);
}
function equalB(a, b) {
  const x = a ^ b;
  return spreadB(~((x & L8) + L8 | x) & H8);
}
function equalW(a, b) {
  const x = a ^ b;
  return spreadW(~((x & L16) + L16 | x) & H16);
}
function choose(mask2, a, b) {
  return a & mask2 | b & ~mask2;
}
function boundB(a) {
  return (a >>> 7 & ONE8) + L8;
}
function boundW(a) {
  return (a >>> 15 & ONE16) + L16;
}
function sat16(v) {
  return v > 32767 ? 32767 : v < -32768 ? -32768 : v;
}
var PADDB = lanewise("vec.paddb", 2, addB);
var PADDW = lanewise("vec.paddw", 2, addW);
var PSUBB = lanewise("vec.psubb", 2, subB);
var PSUBW = lanewise("vec.psubw", 2, subW);
var PADDUSB = lanewise("vec.paddusb", 2, (a, b) => {
  const s = addB(a, b);
  return s | spreadB((a & b | (a | b) & ~s) & H8);
});
var PADDUSW = lanewise("vec.paddusw", 2, (a, b) => {
  const s = addW(a, b);
  return s | spreadW((a & b | (a | b) & ~s) & H16);
});
var PSUBUSB = lanewise("vec.psubusb", 2, (a, b) => subB(a, b) & ~belowB(a, b));
var PSUBUSW = lanewise("vec.psubusw", 2, (a, b) => subW(a, b) & ~belowW(a, b));
var PADDSB = lanewise("vec.paddsb", 2, (a, b) => {
  const s = addB(a, b);
  return choose(spreadB(~(a ^ b) & (a ^ s) & H8), boundB(a), s);
});
var PADDSW = lanewise("vec.paddsw", 2, (a, b) => {
  const s = addW(a, b);
  return choose(spreadW(~(a ^ b) & (a ^ s) & H16), boundW(a), s);
});
var PSUBSB = lanewise("vec.psubsb", 2, (a, b) => {
  const s = subB(a, b);
  return choose(spreadB((a ^ b) & (a ^ s) & H8), boundB(a), s);
});
var PSUBSW = lanewise("vec.psubsw", 2, (a, b) => {
  const s = subW(a, b);
  return choose(spreadW((a ^ b) & (a ^ s) & H16), boundW(a), s);
});
var PAVGB = lanewise("vec.pavgb", 2, (a, b) => (a | b) - (((a ^ b) & 4278124286) >>> 1) | 0);
var PAVGW = lanewise("vec.pavgw", 2, (a, b) => (a | b) - (((a ^ b) & 4294901758) >>> 1) | 0);
var PMINUB = lanewise("vec.pminub", 2, (a, b) => choose(belowB(a, b), a, b));
var PMAXUB = lanewise("vec.pmaxub", 2, (a, b) => choose(belowB(a, b), b, a));
var PMINUW = lanewise("vec.pminuw", 2, (a, b) => choose(belowW(a, b), a, b));
var PMAXUW = lanewise("vec.pmaxuw", 2, (a, b) => choose(belowW(a, b), b, a));
var PMINSB = lanewise("vec.pminsb", 2, (a, b) => choose(lessB(a, b), a, b));
var PMAXSB = lanewise("vec.pmaxsb", 2, (a, b) => choose(lessB(a, b), b, a));
var PMINSW = lanewise("vec.pminsw", 2, (a, b) => choose(lessW(a, b), a, b));
var PMAXSW = lanewise("vec.pmaxsw", 2, (a, b) => choose(lessW(a, b), b, a));
var PMINUD = lanewise("vec.pminud", 2, (a, b) => a >>> 0 < b >>> 0 ? a : b);
var PMAXUD = lanewise("vec.pmaxud", 2, (a, b) => a >>> 0 < b >>> 0 ? b : a);
var PMINSD = lanewise("vec.pminsd", 2, (a, b) => a < b ? a : b);
var PMAXSD = lanewise("vec.pmaxsd", 2, (a, b) => a < b ? b : a);
var PCMPEQB = lanewise("vec.pcmpeqb", 2, equalB);
var PCMPEQW = lanewise("vec.pcmpeqw", 2, equalW);
var PCMPGTB = lanewise("vec.pcmpgtb", 2, (a, b) => lessB(b, a));
var PCMPGTW = lanewise("vec.pcmpgtw", 2, (a, b) => lessW(b, a));
var PMULLD = lanewise("vec.pmulld", 2, (a, b) => Math.imul(a, b));
var PANDN = lanewise("vec.pandn", 2, (a, b) => ~a & b);
var PMULLW = lanewise("vec.pmullw", 2, (a, b) => Math.imul(a, b) & 65535 | Math.imul(a >>> 16, b >>> 16) << 16);
var PMULHW = lanewise("vec.pmulhw", 2, (a, b) => Math.imul(a << 16 >> 16, b << 16 >> 16) >>> 16 | Math.imul(a >> 16, b >> 16) & 4294901760);
var PMULHUW = lanewise("vec.pmulhuw", 2, (a, b) => Math.imul(a & 65535, b & 65535) >>> 16 | Math.imul(a >>> 16, b >>> 16) & 4294901760);
var PMULHRSW = lanewise("vec.pmulhrsw", 2, (a, b) => {
  const lo = (Math.imul(a << 16 >> 16, b << 16 >> 16) >> 14) + 1 >> 1;
  const hi = (Math.imul(a >> 16, b >> 16) >> 14) + 1 >> 1;
  return lo & 65535 | hi << 16;
});
var PMADDWD = lanewise("vec.pmaddwd", 2, (a, b) => Math.imul(a << 16 >> 16, b << 16 >> 16) + Math.imul(a >> 16, b >> 16) | 0);
var PMADDUBSW = lanewise("vec.pmaddubsw", 2, (a, b) => {
  const lo = Math.imul(a & 255, b << 24 >> 24) + Math.imul(a >>> 8 & 255, b << 16 >> 24);
  const hi = Math.imul(a >>> 16 & 255, b << 8 >> 24) + Math.imul(a >>> 24, b >> 24);
  return sat16(lo) & 65535 | sat16(hi) << 16;
});
var PSIGNB = lanewise("vec.psignb", 2, (a, b) => {
  const m2 = spreadB(b & H8);
  return subB(a ^ m2, m2) & ~equalB(b, 0);
});
var PSIGNW = lanewise("vec.psignw", 2, (a, b) => {
  const m2 = spreadW(b & H16);
  return subW(a ^ m2, m2) & ~equalW(b, 0);
});
var PSIGND = lanewise("vec.psignd", 2, (a, b) => b < 0 ? -a | 0 : b === 0 ? 0 : a);
var PABSB = lanewise("vec.pabsb", 1, (a) => {
  const m2 = spreadB(a & H8);
  return subB(a ^ m2, m2);
});
var PABSW = lanewise("vec.pabsw", 1, (a) => {
  const m2 = spreadW(a & H16);
  return subW(a ^ m2, m2);
});
var PABSD = lanewise("vec.pabsd", 1, (a) => a < 0 ? -a | 0 : a);
var PBLENDVB = lanewise("vec.pblendvb", 3, (a, b, mask2) => choose(spreadB(mask2 & H8), a, b));

// src/ir/lib/vec-lane.ts
function sat8(v) {
  return v > 127 ? 127 : v < -128 ? -128 : v;
}
function satU8(v) {
  return v > 255 ? 255 : v < 0 ? 0 : v;
}
function satU16(v) {
  return v > 65535 ? 65535 : v < 0 ? 0 : v;
}
var PACKSSWB = pure("vec.packsswb", ["i32", "i32"], "i32", (a, b) => sat8(a << 16 >> 16) & 255 | (sat8(a >> 16) & 255) << 8 | (sat8(b << 16 >> 16) & 255) << 16 | sat8(b >> 16) << 24);
var PACKUSWB = pure("vec.packuswb", ["i32", "i32"], "i32", (a, b) => satU8(a << 16 >> 16) | satU8(a >> 16) << 8 | satU8(b << 16 >> 16) << 16 | satU8(b >> 16) << 24);
var PACKSSDW = pure("vec.packssdw", ["i32", "i32"], "i32", (a, b) => sat16(a) & 65535 | sat16(b) << 16);
var PACKUSDW = pure("vec.packusdw", ["i32", "i32"], "i32", (a, b) => satU16(a) | satU16(b) << 16);
var INTERLEAVE8 = pure("vec.interleave8", ["i32", "i32"], "i32", (a, b) => a & 255 | (b & 255) << 8 | (a & 65280) << 8 | (b & 65280) << 16);
var SXBW = pure("vec.sxbw", ["i32"], "i32", (a) => a << 24 >> 24 & 65535 | a << 16 >> 24 << 16);
var ZXBW = pure("vec.zxbw", ["i32"], "i32", (a) => a & 255 | (a & 65280) << 8);
var PHADDW = pure("vec.phaddw", ["i32", "i32"], "i32", (a, b) => addW(a & 65535 | b << 16, a >>> 16 | b & 4294901760));
var PHSUBW = pure("vec.phsubw", ["i32", "i32"], "i32", (a, b) => subW(a & 65535 | b << 16, a >>> 16 | b & 4294901760));
var PHADDSW = pure("vec.phaddsw", ["i32", "i32"], "i32", (a, b) => sat16((a << 16 >> 16) + (a >> 16)) & 65535 | sat16((b << 16 >> 16) + (b >> 16)) << 16);
var PHSUBSW = pure("vec.phsubsw", ["i32", "i32"], "i32", (a, b) => sat16((a << 16 >> 16) - (a >> 16)) & 65535 | sat16((b << 16 >> 16) - (b >> 16)) << 16);
function sad4(a, b) {
  return Math.abs((a & 255) - (b & 255)) + Math.abs((a >>> 8 & 255) - (b >>> 8 & 255)) + Math.abs((a >>> 16 & 255) - (b >>> 16 & 255)) + Math.abs((a >>> 24) - (b >>> 24));
}
var SAD4 = pure("vec.sad4", ["i32", "i32"], "i32", sad4);
var SIGNS8 = pure("vec.signs8", ["i32"], "i32", (a) => Math.imul(a >>> 7 & 16843009, 270549120) >>> 28);
function pick(control2, s0, s1, s2, s3) {
  if (control2 & 128) return 0;
  const s = control2 & 8 ? control2 & 4 ? s3 : s2 : control2 & 4 ? s1 : s0;
  return s >>> ((control2 & 3) << 3) & 255;
}
var PSHUFB = pure("vec.pshufb", ["i32", "i32", "i32", "i32", "i32"], "i32", (c, s0, s1, s2, s3) => pick(c, s0, s1, s2, s3) | pick(c >>> 8, s0, s1, s2, s3) << 8 | pick(c >>> 16, s0, s1, s2, s3) << 16 | pick(c >>> 24, s0, s1, s2, s3) << 24);
var COUNT = pure("vec.count", ["i32", "i32"], "i32", (lo, hi) => hi !== 0 || lo >>> 0 > 64 ? 64 : lo);
var PSLLW = pure("vec.psllw", ["i32", "i32"], "i32", (a, n) => n > 15 ? 0 : a << n & 65535 | a >>> 16 << n << 16);
var PSRLW = pure("vec.psrlw", ["i32", "i32"], "i32", (a, n) => n > 15 ? 0 : (a & 65535) >>> n | a >>> 16 >>> n << 16);
var PSRAW = pure("vec.psraw", ["i32", "i32"], "i32", (a, n) => {
  if (n > 15) n = 15;
  return a << 16 >> 16 >> n & 65535 | a >> 16 >> n << 16;
});
var PSLLD = pure("vec.pslld", ["i32", "i32"], "i32", (a, n) => n > 31 ? 0 : a << n);
var PSRLD = pure("vec.psrld", ["i32", "i32"], "i32", (a, n) => n > 31 ? 0 : a >>> n | 0);
var PSRAD = pure("vec.psrad", ["i32", "i32"], "i32", (a, n) => a >> (n > 31 ? 31 : n));
var PSLLQ_HI = pure("vec.psllq.hi", ["i32", "i32", "i32"], "i32", (lo, hi, n) => n > 63 ? 0 : n > 31 ? lo << n - 32 : n > 0 ? hi << n | lo >>> 32 - n : hi);
var PSRLQ_LO = pure("vec.psrlq.lo", ["i32", "i32", "i32"], "i32", (lo, hi, n) => (n > 63 ? 0 : n > 31 ? hi >>> n - 32 : n > 0 ? lo >>> n | hi << 32 - n : lo) | 0);

// src/frontend/lift/sse-int.ts
function lanewise2(op) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    const type = typeOf(dst);
    const y = readVector(c, src, type);
    const args = op.lib?.lanewise && op.lib.args.length === 1 ? [y] : [c.b.get(type, stateOf(dst)), y];
    writeVector(c, dst, c.b.emit(op, type, args));
  });
}
function sameRegister(x, y) {
  return y.isReg && x.index === y.index;
}
function xorVector(op) {
  const general = lanewise2(op);
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    if (sameRegister(dst, src)) writeVector(c, dst, zero2(c, typeOf(dst)));
    else general(c, insn);
  });
}
var logic2 = lanewise2;
function neighbours(fn) {
  return binary((c, x, y) => {
    const all = [...x, ...y];
    return x.map((_, l) => fn(c, all[l * 2], all[l * 2 + 1]));
  });
}
function pairOp(op) {
  return neighbours((c, a, b) => c.b.lib(op, [a, b]));
}
function dwords(fn) {
  return binary((c, x, y) => x.map((v, l) => fn(c, v, y[l])));
}
function quads(fn) {
  return binary((c, x, y) => {
    const out = [];
    for (let l = 0; l < x.length; l += 2) out.push(...fn(c, [x[l], x[l + 1]], [y[l], y[l + 1]]));
    return out;
  });
}
function wide(c, v) {
  return c.b.pack("i64", [...v]);
}
function split(c, v) {
  return [c.b.lane(v, 0), c.b.lane(v, 1)];
}
function maskLane(c, cond2) {
  return c.b.sub(c.b.i32(0), c.b.zext(cond2));
}
function both(v) {
  return [v, v];
}
function psadbw(c, a, b) {
  return [c.b.add(c.b.lib(SAD4, [a[0], b[0]]), c.b.lib(SAD4, [a[1], b[1]])), c.b.i32(0)];
}
function shift2(fn) {
  return vector((c, insn) => {
    const [dst, by] = insn.ops;
    const type = typeOf(dst);
    let count2;
    if (by.isReg || by.isMem) {
      const v = readVector(c, by, type);
      count2 = c.b.lib(COUNT, [c.b.lane(v, 0), c.b.lane(v, 1)]);
    } else count2 = c.b.i32(Math.min(by.value & 255, 64));
    const x = lanesOf(c, c.b.get(type, stateOf(dst)));
    writeVector(c, dst, c.b.pack(type, x.map((_, l) => fn(c, x, l, count2))));
  });
}
function shiftLane(op, core2) {
  return (c, x, l, n) => {
    if (!core2 || !n.isConst) return c.b.lib(op, [x[l], n]);
    if (n.imm < 32) return c.b.emit(core2, "i32", [x[l], n]);
    return core2 === OP.sar ? c.b.sar(x[l], c.b.i32(31)) : c.b.i32(0);
  };
}
var pslld = shiftLane(PSLLD, OP.shl);
var psrld = shiftLane(PSRLD, OP.shr);
var psllq = (c, x, l, n) => {
  const b = c.b;
  if ((l & 1) === 0) return pslld(c, x, l, n);
  if (!n.isConst) return b.lib(PSLLQ_HI, [x[l - 1], x[l], n]);
  if (n.imm >= 32) return n.imm > 63 ? b.i32(0) : b.shl(x[l - 1], b.i32(n.imm - 32));
  return n.imm === 0 ? x[l] : b.or(b.shl(x[l], n), b.shr(x[l - 1], b.i32(32 - n.imm)));
};
var psrlq = (c, x, l, n) => {
  const b = c.b;
  if (l & 1) return psrld(c, x, l, n);
  if (!n.isConst) return b.lib(PSRLQ_LO, [x[l], x[l + 1], n]);
  if (n.imm >= 32) return n.imm > 63 ? b.i32(0) : b.shr(x[l + 1], b.i32(n.imm - 32));
  return n.imm === 0 ? x[l] : b.or(b.shr(x[l], n), b.shl(x[l + 1], b.i32(32 - n.imm)));
};
var pmovmskb = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  const bits = lanesOf(c, readVector(c, src, typeOf(src))).map((v, l) => b.shl(b.lib(SIGNS8, [v]), b.i32(l * 4)));
  leave(c, insn);
  c.setGpr(dst.index, bits.reduce((x, y) => b.or(x, y)));
});
function extend(from, to, signed3) {
  if (to === 2) return unary2((c, y) => [0, 1, 2, 3].map((l) => c.b.lib(signed3 ? SXBW : ZXBW, [l & 1 ? c.b.shr(y[l >> 1], c.b.i32(16)) : y[l >> 1]])));
  return unary2((c, y) => {
    const b = c.b;
    const out = [];
    for (let k = 0; out.length < 4; k++) {
      const at2 = k * from;
      const raw = b.shr(y[at2 >> 2], b.i32((at2 & 3) * 8));
      const v = from === 4 ? raw : signed3 ? from === 1 ? b.ext8s(raw) : b.ext16s(raw) : b.and(raw, b.i32(from === 1 ? 255 : 65535));
      out.push(v);
      if (to === 8) out.push(signed3 ? b.sar(v, b.i32(31)) : b.i32(0));
    }
    return out;
  });
}
var SSE_INT_LIFTS = [
  [Mnemonic2.Paddb, lanewise2(PADDB)],
  [Mnemonic2.Paddw, lanewise2(PADDW)],
  [Mnemonic2.Paddd, dwords((c, x, y) => c.b.add(x, y))],
  [Mnemonic2.Psubb, lanewise2(PSUBB)],
  [Mnemonic2.Psubw, lanewise2(PSUBW)],
  [Mnemonic2.Psubd, dwords((c, x, y) => c.b.sub(x, y))],
  [Mnemonic2.Paddq, quads((c, x, y) => split(c, c.b.add(wide(c, x), wide(c, y))))],
  [Mnemonic2.Psubq, quads((c, x, y) => split(c, c.b.sub(wide(c, x), wide(c, y))))],
  [Mnemonic2.Paddsb, lanewise2(PADDSB)],
  [Mnemonic2.Paddsw, lanewise2(PADDSW)],
  [Mnemonic2.Paddusb, lanewise2(PADDUSB)],
  [Mnemonic2.Paddusw, lanewise2(PADDUSW)],
  [Mnemonic2.Psubsb, lanewise2(PSUBSB)],
  [Mnemonic2.Psubsw, lanewise2(PSUBSW)],
  [Mnemonic2.Psubusb, lanewise2(PSUBUSB)],
  [Mnemonic2.Psubusw, lanewise2(PSUBUSW)],
  [Mnemonic2.Pavgb, lanewise2(PAVGB)],
  [Mnemonic2.Pavgw, lanewise2(PAVGW)],
  [Mnemonic2.Pminub, lanewise2(PMINUB)],
  [Mnemonic2.Pminsb, lanewise2(PMINSB)],
  [Mnemonic2.Pminuw, lanewise2(PMINUW)],
  [Mnemonic2.Pminsw, lanewise2(PMINSW)],
  [Mnemonic2.Pminud, lanewise2(PMINUD)],
  [Mnemonic2.Pminsd, lanewise2(PMINSD)],
  [Mnemonic2.Pmaxub, lanewise2(PMAXUB)],
  [Mnemonic2.Pmaxsb, lanewise2(PMAXSB)],
  [Mnemonic2.Pmaxuw, lanewise2(PMAXUW)],
  [Mnemonic2.Pmaxsw, lanewise2(PMAXSW)],
  [Mnemonic2.Pmaxud, lanewise2(PMAXUD)],
  [Mnemonic2.Pmaxsd, lanewise2(PMAXSD)],
  [Mnemonic2.Pcmpeqb, lanewise2(PCMPEQB)],
  [Mnemonic2.Pcmpeqw, lanewise2(PCMPEQW)],
  [Mnemonic2.Pcmpeqd, dwords((c, x, y) => maskLane(c, c.b.eq(x, y)))],
  [Mnemonic2.Pcmpgtb, lanewise2(PCMPGTB)],
  [Mnemonic2.Pcmpgtw, lanewise2(PCMPGTW)],
  [Mnemonic2.Pcmpgtd, dwords((c, x, y) => maskLane(c, c.b.lts(y, x)))],
  [Mnemonic2.Pcmpeqq, quads((c, x, y) => both(maskLane(c, c.b.eq(wide(c, x), wide(c, y)))))],
  [Mnemonic2.Pcmpgtq, quads((c, x, y) => both(maskLane(c, c.b.lts(wide(c, y), wide(c, x)))))],
  [Mnemonic2.Pand, logic2(OP.and)],
  [Mnemonic2.Por, logic2(OP.or)],
  [Mnemonic2.Pandn, logic2(PANDN)],
  [Mnemonic2.Pxor, xorVector(OP.xor)],
  [Mnemonic2.Pmullw, lanewise2(PMULLW)],
  [Mnemonic2.Pmulhw, lanewise2(PMULHW)],
  [Mnemonic2.Pmulhuw, lanewise2(PMULHUW)],
  [Mnemonic2.Pmulhrsw, lanewise2(PMULHRSW)],
  [Mnemonic2.Pmulld, lanewise2(PMULLD)],
  [Mnemonic2.Pmaddwd, lanewise2(PMADDWD)],
  [Mnemonic2.Pmaddubsw, lanewise2(PMADDUBSW)],
  [Mnemonic2.Pmuludq, quads((c, x, y) => [c.b.mul(x[0], y[0]), c.b.lib(MULHU, [x[0], y[0]])])],
  [Mnemonic2.Pmuldq, quads((c, x, y) => [c.b.mul(x[0], y[0]), c.b.lib(MULHS, [x[0], y[0]])])],
  [Mnemonic2.Psignb, lanewise2(PSIGNB)],
  [Mnemonic2.Psignw, lanewise2(PSIGNW)],
  [Mnemonic2.Psignd, lanewise2(PSIGND)],
  [Mnemonic2.Pabsb, lanewise2(PABSB)],
  [Mnemonic2.Pabsw, lanewise2(PABSW)],
  [Mnemonic2.Pabsd, lanewise2(PABSD)],
  [Mnemonic2.Psadbw, quads(psadbw)],
  [Mnemonic2.Phaddw, pairOp(PHADDW)],
  [Mnemonic2.Phaddsw, pairOp(PHADDSW)],
  [Mnemonic2.Phsubw, pairOp(PHSUBW)],
  [Mnemonic2.Phsubsw, pairOp(PHSUBSW)],
  [Mnemonic2.Phaddd, neighbours((c, x, y) => c.b.add(x, y))],
  [Mnemonic2.Phsubd, neighbours((c, x, y) => c.b.sub(x, y))],
  [Mnemonic2.Packsswb, pairOp(PACKSSWB)],
  [Mnemonic2.Packuswb, pairOp(PACKUSWB)],
  [Mnemonic2.Packssdw, pairOp(PACKSSDW)],
  [Mnemonic2.Packusdw, pairOp(PACKUSDW)],
  [Mnemonic2.Psllw, shift2(shiftLane(PSLLW))],
  [Mnemonic2.Psrlw, shift2(shiftLane(PSRLW))],
  [Mnemonic2.Psraw, shift2(shiftLane(PSRAW))],
  [Mnemonic2.Pslld, shift2(pslld)],
  [Mnemonic2.Psrld, shift2(psrld)],
  [Mnemonic2.Psrad, shift2(shiftLane(PSRAD, OP.sar))],
  [Mnemonic2.Psllq, shift2(psllq)],
  [Mnemonic2.Psrlq, shift2(psrlq)],
  [Mnemonic2.Pmovmskb, pmovmskb],
  [Mnemonic2.Pmovsxbw, extend(1, 2, true)],
  [Mnemonic2.Pmovsxbd, extend(1, 4, true)],
  [Mnemonic2.Pmovsxbq, extend(1, 8, true)],
  [Mnemonic2.Pmovsxwd, extend(2, 4, true)],
  [Mnemonic2.Pmovsxwq, extend(2, 8, true)],
  [Mnemonic2.Pmovsxdq, extend(4, 8, true)],
  [Mnemonic2.Pmovzxbw, extend(1, 2, false)],
  [Mnemonic2.Pmovzxbd, extend(1, 4, false)],
  [Mnemonic2.Pmovzxbq, extend(1, 8, false)],
  [Mnemonic2.Pmovzxwd, extend(2, 4, false)],
  [Mnemonic2.Pmovzxwq, extend(2, 8, false)],
  [Mnemonic2.Pmovzxdq, extend(4, 8, false)]
];

// src/frontend/lift/sse-float.ts
function elements(e, n, kernel) {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops;
    const form = formOf(c, e);
    const y = readElements(c, src, form, n);
    const x = readElements(c, dst, form, n);
    const out = kernel(c, x, y, imm ? imm.value & 255 : 0);
    endArithmetic(c);
    writeElements(c, dst, out, bytesOf(e));
  });
}
function each(e, n, op) {
  return elements(e, n, (c, x, y) => x.map((v, k) => arithmetic(c, e, op, v, y[k])));
}
function extreme(e, n, op) {
  const general = each(e, n, op);
  if (e === "f64") return general;
  return vector((c, insn) => {
    if (c.softFloat) return general(c, insn);
    const [dst, src] = insn.ops;
    const b = c.b;
    const yBits = readElements(c, src, "i32", n), y = readElements(c, src, "f32", n);
    const xBits = readElements(c, dst, "i32", n), x = readElements(c, dst, "f32", n);
    const out = x.map((v, k) => b.select(op === 5 /* min */ ? b.flt(v, y[k]) : b.flt(y[k], v), xBits[k], yBits[k]));
    writeElements(c, dst, out, 4);
  });
}
function family(op, ps, pd, ss, sd) {
  const make = op === 5 /* min */ || op === 6 /* max */ ? (e, n) => extreme(e, n, op) : (e, n) => each(e, n, op);
  return [[ps, make("f32", 4)], [pd, make("f64", 2)], [ss, make("f32", 1)], [sd, make("f64", 1)]];
}
function horizontal(e, op) {
  return elements(e, e === "f32" ? 4 : 2, (c, x, y) => {
    const all = [...x, ...y];
    return x.map((_, k) => arithmetic(c, e, op, all[k * 2], all[k * 2 + 1]));
  });
}
function addSub(e) {
  return elements(e, e === "f32" ? 4 : 2, (c, x, y) => x.map((v, k) => arithmetic(c, e, k & 1 ? 0 /* add */ : 1 /* sub */, v, y[k])));
}
function compare4(e, n) {
  return elements(e, n, (c, x, y, imm) => x.map((v, k) => {
    const mask2 = compareElements(c, e, imm & 7, v, y[k]);
    return e === "f32" ? mask2 : c.b.pack("i64", [mask2, mask2]);
  }));
}
function compareFlags4(e, signalling) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    const form = formOf(c, e);
    const y = readElements(c, src, form, 1)[0], x = readElements(c, dst, form, 1)[0];
    const flags = c.softFloat ? c.b.lib(e === "f32" ? SOFT_COMI_F32 : SOFT_COMI_F64, [x, y], signalling ? 1 : 0) : c.b.lib(e === "f32" ? COMPARE_F32 : COMPARE_F64, [x, y]);
    endArithmetic(c);
    c.b.fmod(ARITH, flags);
  });
}
function round3(e, n) {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops;
    const op = c.softFloat ? e === "f32" ? SOFT_ROUND_F32 : SOFT_ROUND_F64 : e === "f32" ? ROUND_F32 : ROUND_F64;
    const out = readElements(c, src, formOf(c, e), n).map((v) => c.b.lib(op, [v], imm.value & 15));
    endArithmetic(c);
    writeElements(c, dst, out, bytesOf(e));
  });
}
function estimate2(op, n) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    if (n === 4) return writeVector(c, dst, c.b.emit(op, "v128", [readVector(c, src, "v128")]));
    const y = readElements(c, src, "i32", 1)[0];
    const r = c.b.emit(op, "i64", [c.b.pack("i64", [y, y])]);
    c.b.set(stateOf(dst), c.b.lane(r, 0));
  });
}
function doubleLogic(op) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    const y = readElements(c, src, "f64", 2), x = readElements(c, dst, "f64", 2);
    writeElements(c, dst, x.map((v, k) => c.b.lib(op, [v, y[k]])), 8);
  });
}
var xorDoubles = doubleLogic(XOR_F64);
var xorSame = xorVector(OP.xor);
var xorpd = (c, insn) => (sameRegister(insn.ops[0], insn.ops[1]) ? xorSame : xorDoubles)(c, insn);
function dotProduct(e) {
  return vector((c, insn) => {
    const [dst, src, op] = insn.ops;
    const n = e === "f32" ? 4 : 2;
    const imm = op.value & 255;
    const form = formOf(c, e);
    const y = readElements(c, src, form, n), x = readElements(c, dst, form, n);
    const zero3 = zeroElement(c, e);
    let sums = x.map((v, k) => imm >> 4 + k & 1 ? arithmetic(c, e, 2 /* mul */, v, y[k]) : zero3);
    endArithmetic(c);
    while (sums.length > 1) {
      const next = [];
      for (let k = 0; k < sums.length; k += 2) next.push(arithmetic(c, e, 0 /* add */, sums[k], sums[k + 1]));
      endArithmetic(c);
      sums = next;
    }
    writeElements(c, dst, x.map((_, k) => imm >> k & 1 ? sums[0] : zero3), bytesOf(e));
  });
}
var SSE_FLOAT_LIFTS = [
  ...family(0 /* add */, Mnemonic2.Addps, Mnemonic2.Addpd, Mnemonic2.Addss, Mnemonic2.Addsd),
  ...family(1 /* sub */, Mnemonic2.Subps, Mnemonic2.Subpd, Mnemonic2.Subss, Mnemonic2.Subsd),
  ...family(2 /* mul */, Mnemonic2.Mulps, Mnemonic2.Mulpd, Mnemonic2.Mulss, Mnemonic2.Mulsd),
  ...family(3 /* div */, Mnemonic2.Divps, Mnemonic2.Divpd, Mnemonic2.Divss, Mnemonic2.Divsd),
  ...family(4 /* sqrt */, Mnemonic2.Sqrtps, Mnemonic2.Sqrtpd, Mnemonic2.Sqrtss, Mnemonic2.Sqrtsd),
  ...family(5 /* min */, Mnemonic2.Minps, Mnemonic2.Minpd, Mnemonic2.Minss, Mnemonic2.Minsd),
  ...family(6 /* max */, Mnemonic2.Maxps, Mnemonic2.Maxpd, Mnemonic2.Maxss, Mnemonic2.Maxsd),
  [Mnemonic2.Haddps, horizontal("f32", 0 /* add */)],
  [Mnemonic2.Haddpd, horizontal("f64", 0 /* add */)],
  [Mnemonic2.Hsubps, horizontal("f32", 1 /* sub */)],
  [Mnemonic2.Hsubpd, horizontal("f64", 1 /* sub */)],
  [Mnemonic2.Addsubps, addSub("f32")],
  [Mnemonic2.Addsubpd, addSub("f64")],
  [Mnemonic2.Cmpps, compare4("f32", 4)],
  [Mnemonic2.Cmppd, compare4("f64", 2)],
  [Mnemonic2.Cmpss, compare4("f32", 1)],
  [Mnemonic2.Cmpsd, compare4("f64", 1)],
  [Mnemonic2.Comiss, compareFlags4("f32", true)],
  [Mnemonic2.Comisd, compareFlags4("f64", true)],
  [Mnemonic2.Ucomiss, compareFlags4("f32", false)],
  [Mnemonic2.Ucomisd, compareFlags4("f64", false)],
  [Mnemonic2.Roundps, round3("f32", 4)],
  [Mnemonic2.Roundpd, round3("f64", 2)],
  [Mnemonic2.Roundss, round3("f32", 1)],
  [Mnemonic2.Roundsd, round3("f64", 1)],
  [Mnemonic2.Rcpps, estimate2(RCP, 4)],
  [Mnemonic2.Rcpss, estimate2(RCP, 1)],
  [Mnemonic2.Rsqrtps, estimate2(RSQRT, 4)],
  [Mnemonic2.Rsqrtss, estimate2(RSQRT, 1)],
  [Mnemonic2.Dpps, dotProduct("f32")],
  [Mnemonic2.Dppd, dotProduct("f64")],
  [Mnemonic2.Andps, logic2(OP.and)],
  [Mnemonic2.Andpd, doubleLogic(AND_F64)],
  [Mnemonic2.Andnps, logic2(PANDN)],
  [Mnemonic2.Andnpd, doubleLogic(ANDN_F64)],
  [Mnemonic2.Orps, logic2(OP.or)],
  [Mnemonic2.Orpd, doubleLogic(OR_F64)],
  [Mnemonic2.Xorps, xorVector(OP.xor)],
  [Mnemonic2.Xorpd, xorpd]
];

// src/ir/lib/sse-memory.ts
var MASKED_STORE = memorial("sse.maskmov", ["i32", "v128", "v128"], "void", (env, addr, d0, d1, d2, d3, m0, m1, m2, m3, bytes) => {
  for (let k = 0; k < bytes; k++) {
    const mask2 = k < 4 ? m0 : k < 8 ? m1 : k < 12 ? m2 : m3;
    const shift3 = (k & 3) * 8;
    if ((mask2 >>> shift3 & 128) === 0) continue;
    const data = k < 4 ? d0 : k < 8 ? d1 : k < 12 ? d2 : d3;
    env.memory.store8(addr + k | 0, data >>> shift3 & 255);
  }
}, true);

// src/frontend/lift/sse-move.ts
function moveVector(aligned) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    if (dst.isMem) {
      const addr = address(c, dst, aligned);
      c.b.store(typeOf(src) === "i64" ? "i64" : "v128", addr, c.b.get(typeOf(src), stateOf(src)));
      leave(c, insn);
    } else writeVector(c, dst, readVector(c, src, typeOf(dst), aligned));
  });
}
var movq = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  const value2 = src.isMem ? b.load("i64", c.addr(src)) : b.get("i64", stateOf(src));
  if (dst.isMem) b.store("i64", c.addr(dst), value2);
  else if (typeOf(dst) === "i64") return writeVector(c, dst, value2);
  else {
    b.set(stateOf(dst), value2);
    b.set(stateOf(dst) + 8, b.i64(0, 0));
  }
  leave(c, insn);
});
var movd = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  const value2 = src.isMem ? b.load("i32", c.addr(src)) : src.size === 4 ? c.gpr(src.index) : b.get("i32", stateOf(src));
  if (dst.isMem) {
    b.store("i32", c.addr(dst), value2);
    leave(c, insn);
  } else if (dst.size === 4) {
    leave(c, insn);
    c.setGpr(dst.index, value2);
  } else {
    const type = typeOf(dst);
    writeVector(c, dst, b.pack(type, type === "i64" ? [value2, b.i32(0)] : [value2, b.i32(0), b.i32(0), b.i32(0)]));
  }
});
var movss = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  if (dst.isMem) b.store("i32", c.addr(dst), b.get("i32", stateOf(src)));
  else if (src.isMem) writeVector(c, dst, b.pack("v128", [b.load("i32", c.addr(src)), b.i32(0), b.i32(0), b.i32(0)]));
  else b.set(stateOf(dst), b.get("i32", stateOf(src)));
});
var movsd = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  if (dst.isMem) b.store("i64", c.addr(dst), b.get("i64", stateOf(src)));
  else if (src.isMem) {
    b.set(stateOf(dst), b.load("i64", c.addr(src)));
    b.set(stateOf(dst) + 8, b.i64(0, 0));
  } else b.set(stateOf(dst), b.get("i64", stateOf(src)));
});
function moveHalf(delta) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    if (dst.isMem) c.b.store("i64", c.addr(dst), c.b.get("i64", stateOf(src) + delta));
    else c.b.set(stateOf(dst) + delta, c.b.load("i64", c.addr(src)));
  });
}
var movq2dq = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  b.set(stateOf(dst), b.get("i64", stateOf(src)));
  b.set(stateOf(dst) + 8, b.i64(0, 0));
  touchMmx(c);
});
var movdq2q = vector((c, insn) => {
  const [dst, src] = insn.ops;
  writeVector(c, dst, c.b.get("i64", stateOf(src)));
});
function signs(lanes2) {
  return vector((c, insn) => {
    const [dst, src] = insn.ops;
    const b = c.b;
    const x = lanesOf(c, b.get("v128", stateOf(src))).filter((_, l) => (l | lanes2 - 1) === l);
    c.setGpr(dst.index, x.map((v, k) => b.shl(b.shr(v, b.i32(31)), b.i32(k))).reduce((p, q) => b.or(p, q)));
  });
}
var maskedStore = vector((c, insn) => {
  const [mem, data, mask2] = insn.ops;
  const b = c.b;
  const type = typeOf(data);
  const full = (op) => {
    const v = b.get(type, stateOf(op));
    return type === "v128" ? v : b.pack("v128", [...lanesOf(c, v), b.i32(0), b.i32(0)]);
  };
  const addr = c.addr(mem);
  leave(c, insn);
  b.probe(addr, data.size, true);
  b.lib(MASKED_STORE, [addr, full(data), full(mask2)], data.size);
});
var MXCSR_MASK = 65535;
var ldmxcsr = vector((c, insn) => {
  const b = c.b;
  const value2 = b.load("i32", c.addr(insn.ops[0]));
  b.trapif(b.nonzero(b.and(value2, b.i32(~MXCSR_MASK))), 13 /* GP */);
  b.set(MXCSR, value2);
  c.exit(7 /* mode */);
});
var stmxcsr = vector((c, insn) => c.b.store("i32", c.addr(insn.ops[0]), c.b.get("i32", MXCSR)));
function movnti(c, insn) {
  c.write(insn.ops[0], c.gpr(insn.ops[1].index));
}
function nothing2() {
}
var SSE_MOVE_LIFTS = [
  [Mnemonic2.Movaps, moveVector(true)],
  [Mnemonic2.Movapd, moveVector(true)],
  [Mnemonic2.Movdqa, moveVector(true)],
  [Mnemonic2.Movups, moveVector(false)],
  [Mnemonic2.Movupd, moveVector(false)],
  [Mnemonic2.Movdqu, moveVector(false)],
  [Mnemonic2.Lddqu, moveVector(false)],
  [Mnemonic2.Movntps, moveVector(true)],
  [Mnemonic2.Movntpd, moveVector(true)],
  [Mnemonic2.Movntdq, moveVector(true)],
  [Mnemonic2.Movntdqa, moveVector(true)],
  [Mnemonic2.Movntq, moveVector(false)],
  [Mnemonic2.Movnti, movnti],
  [Mnemonic2.Movq, movq],
  [Mnemonic2.Movd, movd],
  [Mnemonic2.Movss, movss],
  [Mnemonic2.Movsd, movsd],
  [Mnemonic2.Movlps, moveHalf(0)],
  [Mnemonic2.Movlpd, moveHalf(0)],
  [Mnemonic2.Movhps, moveHalf(8)],
  [Mnemonic2.Movhpd, moveHalf(8)],
  [Mnemonic2.Movq2dq, movq2dq],
  [Mnemonic2.Movdq2q, movdq2q],
  [Mnemonic2.Movmskps, signs(1)],
  [Mnemonic2.Movmskpd, signs(2)],
  [Mnemonic2.Maskmovdqu, maskedStore],
  [Mnemonic2.Maskmovq, maskedStore],
  [Mnemonic2.Ldmxcsr, ldmxcsr],
  [Mnemonic2.Stmxcsr, stmxcsr],
  [Mnemonic2.Prefetchnta, nothing2],
  [Mnemonic2.Prefetcht0, nothing2],
  [Mnemonic2.Prefetcht1, nothing2],
  [Mnemonic2.Prefetcht2, nothing2],
  [Mnemonic2.Sfence, nothing2],
  [Mnemonic2.Lfence, nothing2],
  [Mnemonic2.Mfence, nothing2]
];

// src/frontend/lift/sse-shuffle.ts
function word(c, v, k) {
  const lane = v[k >> 1];
  return k & 1 ? c.b.shr(lane, c.b.i32(16)) : c.b.and(lane, c.b.i32(65535));
}
function fromWords(c, low, high) {
  return c.b.or(low, c.b.shl(high, c.b.i32(16)));
}
function shuffleWords(c, y, base2, imm) {
  const w = (k) => word(c, y, base2 + (imm >> k * 2 & 3));
  return [fromWords(c, w(0), w(1)), fromWords(c, w(2), w(3))];
}
function unpackLanes(high) {
  return (_c, x, y) => {
    const n = x.length / 2, from = high ? n : 0;
    return x.map((_, l) => (l & 1 ? y : x)[from + (l >> 1)]);
  };
}
function unpackWords(high) {
  return (c, x, y) => {
    const from = high ? x.length : 0;
    return x.map((_, l) => fromWords(c, word(c, x, from + l), word(c, y, from + l)));
  };
}
function unpackBytes(high) {
  return (c, x, y) => {
    const from = high ? x.length : 0;
    return x.map((_, l) => c.b.lib(INTERLEAVE8, [word(c, x, from + l), word(c, y, from + l)]));
  };
}
function halves(choose2) {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops;
    const plan2 = choose2(imm ? imm.value & 3 : 0);
    const b = c.b;
    const at2 = stateOf(dst);
    let fetch;
    if (src.isMem) {
      const addr = c.addr(src);
      if (src.size === 16) {
        c.requireAligned(addr, 16);
        b.probe(addr, 16, false);
      }
      fetch = (half) => b.load("i64", half ? b.add(addr, b.i32(8)) : addr);
    } else {
      const from = stateOf(src);
      fetch = (half) => b.get("i64", from + half * 8);
    }
    const values = plan2.map(([which, half], k) => which === 0 ? half === k ? null : b.get("i64", at2 + half * 8) : fetch(half));
    values.forEach((v, k) => {
      if (v) b.set(at2 + k * 8, v);
    });
  });
}
function bytesFrom(c, all, shift3, count2) {
  const b = c.b;
  const bits = (shift3 & 3) * 8;
  const lane = (k) => all[k] ?? b.i32(0);
  return Array.from({ length: count2 }, (_, l) => {
    const k = (shift3 >> 2) + l;
    return bits === 0 ? lane(k) : b.or(b.shr(lane(k), b.i32(bits)), b.shl(lane(k + 1), b.i32(32 - bits)));
  });
}
function byteShift(left2) {
  return vector((c, insn) => {
    const [dst, imm] = insn.ops;
    const n = Math.min(imm.value & 255, 16);
    const x = lanesOf(c, c.b.get("v128", stateOf(dst)));
    const all = left2 ? [...[0, 0, 0, 0].map((v) => c.b.i32(v)), ...x] : x;
    writeVector(c, dst, c.b.pack("v128", bytesFrom(c, all, left2 ? 16 - n : n, 4)));
  });
}
var palignr = (c, x, y, imm) => bytesFrom(c, [...y, ...x], imm, x.length);
var pshufb = (c, x, y) => {
  const source3 = x.length === 2 ? [...x, ...x] : x;
  return y.map((control2) => c.b.lib(PSHUFB, [control2, ...source3]));
};
function blend(size) {
  return (c, x, y, imm) => x.map((v, l) => {
    if (size === 2) {
      const bits = imm >> l * 2 & 3;
      if (bits === 1 || bits === 2) return bits === 1 ? fromWords(c, word(c, y, l * 2), word(c, x, l * 2 + 1)) : fromWords(c, word(c, x, l * 2), word(c, y, l * 2 + 1));
      return bits === 3 ? y[l] : v;
    }
    return imm >> (size === 4 ? l : l >> 1) & 1 ? y[l] : v;
  });
}
function maskLanes(c) {
  return lanesOf(c, c.b.get("v128", XMM));
}
function blendBySign(lanes2) {
  return (c, x, y) => {
    const mask2 = maskLanes(c);
    return x.map((v, l) => c.b.select(c.b.lts(mask2[l | lanes2 - 1], c.b.i32(0)), y[l], v));
  };
}
function insert(size) {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops;
    const b = c.b;
    const value2 = src.isMem ? b.load(size === 1 ? "i8" : size === 2 ? "i16" : "i32", c.addr(src)) : c.gpr(src.index);
    const type = typeOf(dst);
    const x = lanesOf(c, b.get(type, stateOf(dst)));
    const element2 = imm.value & x.length * 4 / size - 1;
    const lane = element2 * size >> 2, bits = (element2 * size & 3) * 8;
    const mask2 = size === 4 ? -1 : (size === 1 ? 255 : 65535) << bits;
    x[lane] = size === 4 ? value2 : b.or(b.and(x[lane], b.i32(~mask2)), b.and(b.shl(value2, b.i32(bits)), b.i32(mask2)));
    writeVector(c, dst, b.pack(type, x));
  });
}
function extract2(size) {
  return vector((c, insn) => {
    const [dst, src, imm] = insn.ops;
    const b = c.b;
    const x = lanesOf(c, b.get(typeOf(src), stateOf(src)));
    const element2 = imm.value & x.length * 4 / size - 1;
    const shifted2 = b.shr(x[element2 * size >> 2], b.i32((element2 * size & 3) * 8));
    const value2 = size === 4 ? shifted2 : b.and(shifted2, b.i32(size === 1 ? 255 : 65535));
    if (dst.isMem) b.store(size === 1 ? "i8" : size === 2 ? "i16" : "i32", c.addr(dst), value2);
    else {
      leave(c, insn);
      c.setGpr(dst.index, value2);
    }
  });
}
var insertps = vector((c, insn) => {
  const [dst, src, op] = insn.ops;
  const b = c.b;
  const imm = op.value & 255;
  const value2 = src.isMem ? b.load("i32", c.addr(src)) : b.lane(b.get("v128", stateOf(src)), imm >> 6);
  const x = lanesOf(c, b.get("v128", stateOf(dst)));
  x[imm >> 4 & 3] = value2;
  writeVector(c, dst, b.pack("v128", x.map((v, l) => imm >> l & 1 ? b.i32(0) : v)));
});
var SSE_SHUFFLE_LIFTS = [
  [Mnemonic2.Pshufd, unary2((_c, y, imm) => [0, 1, 2, 3].map((l) => y[imm >> l * 2 & 3]))],
  [Mnemonic2.Pshuflw, unary2((c, y, imm) => [...shuffleWords(c, y, 0, imm), y[2], y[3]])],
  [Mnemonic2.Pshufhw, unary2((c, y, imm) => [y[0], y[1], ...shuffleWords(c, y, 4, imm)])],
  [Mnemonic2.Pshufw, unary2((c, y, imm) => shuffleWords(c, y, 0, imm))],
  [Mnemonic2.Pshufb, binary(pshufb)],
  [Mnemonic2.Palignr, binary(palignr)],
  [Mnemonic2.Pslldq, byteShift(true)],
  [Mnemonic2.Psrldq, byteShift(false)],
  [Mnemonic2.Shufps, binary((_c, x, y, imm) => [x[imm & 3], x[imm >> 2 & 3], y[imm >> 4 & 3], y[imm >> 6]])],
  [Mnemonic2.Shufpd, halves((imm) => [[0, imm & 1], [1, imm >> 1]])],
  [Mnemonic2.Unpcklps, binary(unpackLanes(false))],
  [Mnemonic2.Unpckhps, binary(unpackLanes(true))],
  [Mnemonic2.Punpckldq, binary(unpackLanes(false))],
  [Mnemonic2.Punpckhdq, binary(unpackLanes(true))],
  [Mnemonic2.Punpcklwd, binary(unpackWords(false))],
  [Mnemonic2.Punpckhwd, binary(unpackWords(true))],
  [Mnemonic2.Punpcklbw, binary(unpackBytes(false))],
  [Mnemonic2.Punpckhbw, binary(unpackBytes(true))],
  [Mnemonic2.Unpcklpd, halves(() => [[0, 0], [1, 0]])],
  [Mnemonic2.Unpckhpd, halves(() => [[0, 1], [1, 1]])],
  [Mnemonic2.Punpcklqdq, halves(() => [[0, 0], [1, 0]])],
  [Mnemonic2.Punpckhqdq, halves(() => [[0, 1], [1, 1]])],
  [Mnemonic2.Movddup, halves(() => [[1, 0], [1, 0]])],
  [Mnemonic2.Movhlps, halves(() => [[1, 1], [0, 1]])],
  [Mnemonic2.Movlhps, halves(() => [[0, 0], [1, 0]])],
  [Mnemonic2.Movsldup, unary2((_c, y) => [y[0], y[0], y[2], y[2]])],
  [Mnemonic2.Movshdup, unary2((_c, y) => [y[1], y[1], y[3], y[3]])],
  [Mnemonic2.Pblendw, binary(blend(2))],
  [Mnemonic2.Blendps, binary(blend(4))],
  [Mnemonic2.Blendpd, binary(blend(8))],
  [Mnemonic2.Blendvps, binary(blendBySign(1))],
  [Mnemonic2.Blendvpd, binary(blendBySign(2))],
  [Mnemonic2.Pblendvb, binary((c, x, y) => {
    const v = c.b.lib(PBLENDVB, [c.b.pack("v128", y), c.b.pack("v128", x), c.b.pack("v128", maskLanes(c))]);
    return lanesOf(c, v);
  })],
  [Mnemonic2.Pinsrb, insert(1)],
  [Mnemonic2.Pinsrw, insert(2)],
  [Mnemonic2.Pinsrd, insert(4)],
  [Mnemonic2.Pextrb, extract2(1)],
  [Mnemonic2.Pextrw, extract2(2)],
  [Mnemonic2.Pextrd, extract2(4)],
  [Mnemonic2.Extractps, extract2(4)],
  [Mnemonic2.Insertps, insertps]
];

// src/ir/lib/vec-wide.ts
var bytesA = new Uint8Array(16);
var wordsA = new Int32Array(bytesA.buffer);
var bytesB = new Uint8Array(16);
var wordsB = new Int32Array(bytesB.buffer);
var halvesA = new Uint16Array(bytesA.buffer);
var halvesB = new Uint16Array(bytesB.buffer);
function putA(x0, x1, x2, x3) {
  wordsA[0] = x0;
  wordsA[1] = x1;
  wordsA[2] = x2;
  wordsA[3] = x3;
}
function putB(x0, x1, x2, x3) {
  wordsB[0] = x0;
  wordsB[1] = x1;
  wordsB[2] = x2;
  wordsB[3] = x3;
}
var MPSADBW = pure("vec.mpsadbw", ["v128", "v128"], "v128", (a0, a1, a2, a3, b0, b1, b2, b3, imm) => {
  putA(a0, a1, a2, a3);
  putB(b0, b1, b2, b3);
  const at2 = imm & 4, from = (imm & 3) << 2;
  for (let i = 0; i < 4; i++) RESULT[i] = 0;
  for (let i = 0; i < 8; i++) {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += Math.abs(bytesA[at2 + i + k] - bytesB[from + k]);
    RESULT[i >> 1] |= sum << ((i & 1) << 4);
  }
}, true);
var PHMINPOSUW = pure("vec.phminposuw", ["v128"], "i32", (a0, a1, a2, a3) => {
  putA(a0, a1, a2, a3);
  let best = 0;
  for (let i = 1; i < 8; i++) if (halvesA[i] < halvesA[best]) best = i;
  return halvesA[best] | best << 16;
});
var WORDS = 1;
var SIGNED = 2;
var INDEX_MSB = 64;
function elementA(imm, i) {
  if (imm & WORDS) return imm & SIGNED ? halvesA[i] << 16 >> 16 : halvesA[i];
  return imm & SIGNED ? bytesA[i] << 24 >> 24 : bytesA[i];
}
function elementB(imm, i) {
  if (imm & WORDS) return imm & SIGNED ? halvesB[i] << 16 >> 16 : halvesB[i];
  return imm & SIGNED ? bytesB[i] << 24 >> 24 : bytesB[i];
}
function aggregate(imm, n, la, lb) {
  let bits = 0;
  for (let j = 0; j < n; j++) {
    let hit = false;
    switch (imm >> 2 & 3) {
      case 0:
        for (let i = 0; i < la && j < lb && !hit; i++) hit = elementA(imm, i) === elementB(imm, j);
        break;
      case 1:
        for (let i = 0; i + 1 < la && j < lb && !hit; i += 2) hit = elementB(imm, j) >= elementA(imm, i) && elementB(imm, j) <= elementA(imm, i + 1);
        break;
      case 2:
        hit = j < la && j < lb ? elementA(imm, j) === elementB(imm, j) : j >= la && j >= lb;
        break;
      default:
        hit = true;
        for (let i = 0; i < la && i + j < n && hit; i++) hit = i + j < lb && elementA(imm, i) === elementB(imm, i + j);
    }
    if (hit) bits |= 1 << j;
  }
  return bits;
}
function compareStrings(imm, la, lb) {
  const n = imm & WORDS ? 8 : 16;
  const all = (1 << n) - 1;
  let bits = aggregate(imm, n, la, lb);
  if (imm & 16) bits ^= imm & 32 ? (1 << lb) - 1 : all;
  const flags = (bits !== 0 ? CF : 0) | (lb < n ? ZF : 0) | (la < n ? SF : 0) | (bits & 1 ? OF : 0);
  return bits | flags << 16;
}
var PCMPESTR = pure("vec.pcmpestr", ["v128", "v128", "i32", "i32"], "i32", (a0, a1, a2, a3, b0, b1, b2, b3, la, lb, imm) => {
  putA(a0, a1, a2, a3);
  putB(b0, b1, b2, b3);
  const n = imm & WORDS ? 8 : 16;
  return compareStrings(imm, Math.min(n, Math.abs(la)), Math.min(n, Math.abs(lb)));
}, true);
var PCMPISTR = pure("vec.pcmpistr", ["v128", "v128"], "i32", (a0, a1, a2, a3, b0, b1, b2, b3, imm) => {
  putA(a0, a1, a2, a3);
  putB(b0, b1, b2, b3);
  const n = imm & WORDS ? 8 : 16;
  let la = 0, lb = 0;
  while (la < n && elementA(imm, la) !== 0) la++;
  while (lb < n && elementB(imm, lb) !== 0) lb++;
  return compareStrings(imm, la, lb);
}, true);
var STRING_INDEX = pure("vec.stringindex", ["i32"], "i32", (r, imm) => {
  const bits = r & 65535;
  if (bits === 0) return imm & WORDS ? 8 : 16;
  return 31 - Math.clz32(imm & INDEX_MSB ? bits : bits & -bits);
}, true);
var EXPAND_MASK = pure("vec.expandmask", ["i32"], "i32", (bits, imm) => {
  if (imm & WORDS) return (bits & 1 ? 65535 : 0) | (bits & 2 ? 4294901760 : 0);
  return (bits & 1 ? 255 : 0) | (bits & 2 ? 65280 : 0) | (bits & 4 ? 16711680 : 0) | (bits & 8 ? 4278190080 : 0);
}, true);
var CRC = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? n >>> 1 ^ 2197175160 : n >>> 1;
  return n;
});
var CRC32C = pure("vec.crc32c", ["i32", "i32"], "i32", (crc, value2, bytes) => {
  for (let k = 0; k < bytes; k++) {
    crc = CRC[(crc ^ value2) & 255] ^ crc >>> 8;
    value2 >>>= 8;
  }
  return crc;
}, true);

// src/frontend/lift/sse4.ts
function or(c, values) {
  return values.reduce((x, y) => c.b.or(x, y));
}
var ptest = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  const y = lanesOf(c, readVector(c, src, "v128")), x = lanesOf(c, b.get("v128", stateOf(dst)));
  const common2 = or(c, x.map((v, l) => b.and(v, y[l])));
  const outside = or(c, x.map((v, l) => b.and(b.xor(v, b.i32(-1)), y[l])));
  const zf = b.shl(b.zext(b.eq(common2, b.i32(0))), b.i32(6));
  b.fmod(ARITH, b.or(zf, b.zext(b.eq(outside, b.i32(0)))));
});
var mpsadbw = vector((c, insn) => {
  const [dst, src, imm] = insn.ops;
  const y = readVector(c, src, "v128");
  writeVector(c, dst, c.b.lib(MPSADBW, [c.b.get("v128", stateOf(dst)), y], imm.value & 7));
});
var phminposuw = vector((c, insn) => {
  const [dst, src] = insn.ops;
  const b = c.b;
  const least = b.lib(PHMINPOSUW, [readVector(c, src, "v128")]);
  writeVector(c, dst, b.pack("v128", [least, b.i32(0), b.i32(0), b.i32(0)]));
});
function strings(explicit, mask2) {
  return vector((c, insn) => {
    const [first, second, op] = insn.ops;
    const b = c.b;
    const imm = op.value & 127;
    const y = readVector(c, second, "v128", false), x = b.get("v128", stateOf(first));
    const r = explicit ? b.lib(PCMPESTR, [x, y, c.gpr(0 /* EAX */), c.gpr(2 /* EDX */)], imm) : b.lib(PCMPISTR, [x, y], imm);
    if (!mask2) c.setGpr(1 /* ECX */, b.lib(STRING_INDEX, [r], imm));
    else if (imm & 64) {
      const per = imm & 1 ? 2 : 4;
      b.set(XMM, b.pack("v128", [0, 1, 2, 3].map((l) => b.lib(EXPAND_MASK, [b.shr(r, b.i32(l * per))], imm))));
    } else b.set(XMM, b.pack("v128", [b.and(r, b.i32(65535)), b.i32(0), b.i32(0), b.i32(0)]));
    b.fmod(ARITH, b.and(b.shr(r, b.i32(16)), b.i32(CF | ZF | SF | OF)));
  });
}
function crc32(c, insn) {
  const [dst, src] = insn.ops;
  c.setGpr(dst.index, c.b.lib(CRC32C, [c.gpr(dst.index), c.read(src)], src.size));
}
var SSE4_LIFTS = [
  [Mnemonic2.Ptest, ptest],
  [Mnemonic2.Mpsadbw, mpsadbw],
  [Mnemonic2.Phminposuw, phminposuw],
  [Mnemonic2.Pcmpestri, strings(true, false)],
  [Mnemonic2.Pcmpestrm, strings(true, true)],
  [Mnemonic2.Pcmpistri, strings(false, false)],
  [Mnemonic2.Pcmpistrm, strings(false, true)],
  [Mnemonic2.Crc32, crc32]
];

// src/frontend/lift/stack.ts
function push2(c, insn) {
  const op = insn.ops[0];
  const value2 = isClass(op, 1 /* segment */) ? selector(c, op.index) : c.read(op);
  c.push(value2, -insn.stackDelta);
}
function pop2(c, insn) {
  const op = insn.ops[0];
  const size = insn.stackDelta;
  if (op.isMem) {
    const value2 = c.b.load(memInt(size), c.stackAddr(0));
    c.b.store(memInt(size), c.addr(op.base === 4 /* ESP */ && !op.ripRelative ? displaced(op, size) : op), value2);
    c.moveStack(size);
  } else if (op.cls === 1 /* segment */) {
    loadSegment(c, op.index, c.b.load(memInt(size), c.stackAddr(0)));
    c.moveStack(size);
    afterSegment(c, op.index);
  } else {
    c.writeReg(op.index, size, c.pop(size));
  }
}
function displaced(op, delta) {
  const moved = new Operand(op.kind, op.size);
  Object.assign(moved, op);
  moved.disp = op.disp + delta | 0;
  return moved;
}
function pusha(size) {
  return (c) => {
    for (let k = 1; k <= 8; k++) c.b.probe(c.stackAddr(-size * k), size, true);
    for (let k = 0; k < 8; k++) c.b.store(memInt(size), c.stackAddr(-size * (k + 1)), c.gpr(k));
    c.moveStack(-8 * size);
  };
}
function popa(size) {
  return (c) => {
    const values = [];
    for (let k = 7; k >= 0; k--) if (k !== 4 /* ESP */) values.push([k, c.b.load(memInt(size), c.stackAddr(size * (7 - k)))]);
    for (const [k, v] of values) c.writeReg(k, size, v);
    c.moveStack(8 * size);
  };
}
function enter(c, insn) {
  const b = c.b;
  const size = insn.code === Code2.Enterw_imm16_imm8 ? 2 : 4;
  const mem = memInt(size);
  const bytes = insn.ops[0].value & 65535;
  const level = insn.ops[1].value & 31;
  const ebp = c.gpr(5 /* EBP */);
  const frame = b.add(c.gpr(4 /* ESP */), b.i32(-size));
  const outer = (k) => c.linear(2 /* SS */, c.wrapStack(b.add(ebp, b.i32(-size * k))));
  const pushes = level === 0 ? 1 : level + 1;
  const final = -size * pushes - bytes;
  b.probe(c.stackAddr(-size), size, true);
  for (let k = 1; k < level; k++) {
    b.probe(outer(k), size, false);
    b.probe(c.stackAddr(-size * (k + 1)), size, true);
  }
  if (level > 0) b.probe(c.stackAddr(-size * pushes), size, true);
  b.probe(c.stackAddr(final), size, true);
  b.store(mem, c.stackAddr(-size), ebp);
  for (let k = 1; k < level; k++) b.store(mem, c.stackAddr(-size * (k + 1)), b.load(mem, outer(k)));
  if (level > 0) b.store(mem, c.stackAddr(-size * pushes), frame);
  c.writeReg(5 /* EBP */, size, frame);
  c.moveStack(final);
}
function leave2(c, insn) {
  const size = insn.code === Code2.Leavew ? 2 : 4;
  const ebp = c.gpr(5 /* EBP */);
  const value2 = c.b.load(memInt(size), c.linear(2 /* SS */, c.wrapStack(ebp)));
  c.setStack(c.b.add(ebp, c.b.i32(size)));
  c.writeReg(5 /* EBP */, size, value2);
}
var STACK_LIFTS = [
  [Mnemonic2.Push, push2],
  [Mnemonic2.Pop, pop2],
  [Mnemonic2.Pusha, pusha(2)],
  [Mnemonic2.Pushad, pusha(4)],
  [Mnemonic2.Popa, popa(2)],
  [Mnemonic2.Popad, popa(4)],
  [Mnemonic2.Enter, enter],
  [Mnemonic2.Leave, leave2]
];

// src/ir/lib/string.ts
var REP_SIZE = 7;
var REP_ADDR16 = 8;
var REP_WHILE_NOT = 16;
var REP_ONE = 32;
var REP_CHECK_SOURCE = 64;
var REP_CHECK_DESTINATION = 128;
var REP_SOURCE_SHIFT = 8;
var MOVE_BYTES = 1 << 20;
var COMPARE_ELEMENTS = 1 << 16;
function addressMask(flags) {
  return flags & REP_ADDR16 ? 65535 : -1;
}
function part(register2, mask2) {
  return (register2 & mask2) >>> 0;
}
function merge(register2, value2, mask2) {
  return register2 & ~mask2 | value2 & mask2;
}
function beforeWrap(offset, count2, size, mask2) {
  return mask2 === -1 ? count2 : Math.min(count2, Math.floor((65536 - offset) / size));
}
function sourceSegment(flags) {
  return flags >> REP_SOURCE_SHIFT & 7;
}
function inSource(env, flags, offset, count2, size) {
  return flags & REP_CHECK_SOURCE ? certain(env.S[(SEG_READ >> 2) + sourceSegment(flags)] >>> 0, offset, count2, size) : count2;
}
function inDestination(env, flags, offset, count2, size, write) {
  return flags & REP_CHECK_DESTINATION ? certain(env.S[((write ? SEG_WRITE : SEG_READ) >> 2) + 0 /* ES */] >>> 0, offset, count2, size) : count2;
}
function certain(bound2, offset, count2, size) {
  return offset >= bound2 ? 0 : Math.min(count2, Math.ceil((bound2 - offset) / size));
}
function loadSource(env, flags, base2, offset, size) {
  if (flags & REP_CHECK_SOURCE) env.host.checkSegment(sourceSegment(flags), offset, size, false);
  return load(env, base2 + offset | 0, size);
}
function loadDestination(env, flags, base2, offset, size) {
  if (flags & REP_CHECK_DESTINATION) env.host.checkSegment(0 /* ES */, offset, size, false);
  return load(env, base2 + offset | 0, size);
}
function storeDestination(env, flags, base2, offset, value2, size) {
  if (flags & REP_CHECK_DESTINATION) env.host.checkSegment(0 /* ES */, offset, size, true);
  store(env, base2 + offset | 0, value2, size);
}
function load(env, addr, size) {
  return size === 1 ? env.memory.load8(addr) : size === 2 ? env.memory.load16(addr) : env.memory.load32(addr);
}
function store(env, addr, value2, size) {
  if (size === 1) env.memory.store8(addr, value2);
  else if (size === 2) env.memory.store16(addr, value2);
  else env.memory.store32(addr, value2);
}
function copyForward(bytes, to, from, length) {
  const gap = to - from;
  if (gap <= 0 || gap >= length) {
    bytes.copyWithin(to, from, from + length);
    return;
  }
  for (let done = 0; done < length; ) {
    const n = Math.min(gap + done, length - done);
    bytes.copyWithin(to + done, from, from + n);
    done += n;
  }
}
function movs(env, ecx, esi, edi, srcBase, dstBase, df, flags) {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask2 = addressMask(flags);
  const count2 = part(ecx, mask2);
  const step2 = df & DF ? -size : size;
  let left2 = Math.min(count2, flags & REP_ONE ? 1 : MOVE_BYTES / size);
  const skipped = count2 - left2;
  let si = part(esi, mask2), di = part(edi, mask2);
  let status = 0 /* done */;
  try {
    while (left2 > 0) {
      if (step2 > 0) {
        const src = srcBase + si | 0, dst = dstBase + di | 0;
        let n = beforeWrap(di, beforeWrap(si, left2, size, mask2), size, mask2);
        n = inDestination(env, flags, di, inSource(env, flags, si, n, size), size, true);
        if (n > 1) n = Math.floor(memory.flatRun(src, n * size, false) / size);
        if (n > 1) n = Math.floor(memory.flatRun(dst, n * size, true) / size);
        if (n > 1) {
          const from = memory.flatOffset(src), to = memory.flatOffset(dst);
          if (to <= from || to >= from + size) {
            copyForward(memory.bytes, to, from, n * size);
            si = part(si + n * size, mask2);
            di = part(di + n * size, mask2);
            left2 -= n;
            continue;
          }
        }
      }
      storeDestination(env, flags, dstBase, di, loadSource(env, flags, srcBase, si, size), size);
      si = part(si + step2, mask2);
      di = part(di + step2, mask2);
      left2--;
    }
    if (skipped > 0) status = 2 /* more */;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left2 + skipped, mask2);
  RESULT[2] = merge(esi, si, mask2);
  RESULT[3] = merge(edi, di, mask2);
}
function stos(env, ecx, edi, value2, dstBase, df, flags) {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask2 = addressMask(flags);
  const count2 = part(ecx, mask2);
  const step2 = df & DF ? -size : size;
  let left2 = Math.min(count2, flags & REP_ONE ? 1 : MOVE_BYTES / size);
  const skipped = count2 - left2;
  let di = part(edi, mask2);
  let status = 0 /* done */;
  try {
    while (left2 > 0) {
      const dst = dstBase + di | 0;
      let n = step2 > 0 ? inDestination(env, flags, di, beforeWrap(di, left2, size, mask2), size, true) : 1;
      if (n > 1) n = Math.floor(memory.flatRun(dst, n * size, true) / size);
      if (n > 1) {
        const { bytes } = memory;
        const to = memory.flatOffset(dst);
        for (let k = 0; k < size; k++) bytes[to + k] = value2 >> 8 * k;
        if (size === 1) bytes.fill(value2, to, to + n);
        else copyForward(bytes, to + size, to, (n - 1) * size);
        di = part(di + n * size, mask2);
        left2 -= n;
      } else {
        storeDestination(env, flags, dstBase, di, value2, size);
        di = part(di + step2, mask2);
        left2--;
      }
    }
    if (skipped > 0) status = 2 /* more */;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left2 + skipped, mask2);
  RESULT[2] = merge(edi, di, mask2);
}
function lods(env, ecx, esi, value2, srcBase, df, flags) {
  const size = flags & REP_SIZE;
  const mask2 = addressMask(flags);
  const count2 = part(ecx, mask2);
  const step2 = df & DF ? -size : size;
  let left2 = Math.min(count2, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count2 - left2;
  let si = part(esi, mask2);
  let status = 0 /* done */;
  try {
    while (left2 > 0) {
      value2 = loadSource(env, flags, srcBase, si, size);
      si = part(si + step2, mask2);
      left2--;
    }
    if (skipped > 0) status = 2 /* more */;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left2 + skipped, mask2);
  RESULT[2] = merge(esi, si, mask2);
  RESULT[3] = value2;
}
function compared2(a, b, any) {
  RESULT[4] = a;
  RESULT[5] = b;
  RESULT[6] = any;
  RESULT[7] = 0;
}
function cmps(env, ecx, esi, edi, srcBase, dstBase, df, flags) {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask2 = addressMask(flags);
  const count2 = part(ecx, mask2);
  const step2 = df & DF ? -size : size;
  const go = (flags & REP_WHILE_NOT) === 0;
  let left2 = Math.min(count2, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count2 - left2;
  let si = part(esi, mask2), di = part(edi, mask2);
  let a = 0, b = 0, any = 0, stopped = false;
  let status = 0 /* done */;
  try {
    while (left2 > 0 && !stopped) {
      const src = srcBase + si | 0, dst = dstBase + di | 0;
      let n = size === 1 && step2 > 0 ? beforeWrap(di, beforeWrap(si, left2, 1, mask2), 1, mask2) : 1;
      n = inDestination(env, flags, di, inSource(env, flags, si, n, 1), 1, false);
      if (n > 1) n = memory.flatRun(src, n, false);
      if (n > 1) n = memory.flatRun(dst, n, false);
      if (n > 1) {
        const { bytes } = memory;
        const x = memory.flatOffset(src), y = memory.flatOffset(dst);
        let k = 0;
        do {
          a = bytes[x + k];
          b = bytes[y + k];
          k++;
        } while (k < n && a === b === go);
        si = part(si + k, mask2);
        di = part(di + k, mask2);
        left2 -= k;
      } else {
        const x = loadSource(env, flags, srcBase, si, size);
        b = loadDestination(env, flags, dstBase, di, size);
        a = x;
        si = part(si + step2, mask2);
        di = part(di + step2, mask2);
        left2--;
      }
      any = 1;
      stopped = a === b !== go;
    }
    if (skipped > 0 && !stopped) status = 2 /* more */;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left2 + skipped, mask2);
  RESULT[2] = merge(esi, si, mask2);
  RESULT[3] = merge(edi, di, mask2);
  compared2(a, b, any);
}
function scas(env, ecx, edi, a, dstBase, df, flags) {
  const { memory } = env;
  const size = flags & REP_SIZE;
  const mask2 = addressMask(flags);
  const count2 = part(ecx, mask2);
  const step2 = df & DF ? -size : size;
  const go = (flags & REP_WHILE_NOT) === 0;
  let left2 = Math.min(count2, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count2 - left2;
  let di = part(edi, mask2);
  let b = 0, any = 0, stopped = false;
  let status = 0 /* done */;
  try {
    while (left2 > 0 && !stopped) {
      const dst = dstBase + di | 0;
      let n = size === 1 && step2 > 0 ? inDestination(env, flags, di, beforeWrap(di, left2, 1, mask2), 1, false) : 1;
      if (n > 1) n = memory.flatRun(dst, n, false);
      if (n > 1) {
        const { bytes } = memory;
        const y = memory.flatOffset(dst);
        let k = 0;
        do {
          b = bytes[y + k];
          k++;
        } while (k < n && a === b === go);
        di = part(di + k, mask2);
        left2 -= k;
      } else {
        b = loadDestination(env, flags, dstBase, di, size);
        di = part(di + step2, mask2);
        left2--;
      }
      any = 1;
      stopped = a === b !== go;
    }
    if (skipped > 0 && !stopped) status = 2 /* more */;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left2 + skipped, mask2);
  RESULT[2] = 0;
  RESULT[3] = merge(edi, di, mask2);
  compared2(a, b, any);
}
function ports(env, ecx, register2, port2, base2, df, flags, out) {
  const size = flags & REP_SIZE;
  const mask2 = addressMask(flags);
  const count2 = part(ecx, mask2);
  const step2 = df & DF ? -size : size;
  let left2 = Math.min(count2, flags & REP_ONE ? 1 : COMPARE_ELEMENTS);
  const skipped = count2 - left2;
  let at2 = part(register2, mask2);
  let status = 0 /* done */;
  try {
    env.host.portCheck(port2, size);
    while (left2 > 0) {
      const addr = base2 + at2 | 0;
      if (out) env.host.portOut(port2, size, loadSource(env, flags, base2, at2, size));
      else {
        if (flags & REP_CHECK_DESTINATION) env.host.checkSegment(0 /* ES */, at2, size, true);
        env.memory.probe(addr, size, true);
        store(env, addr, env.host.portIn(port2, size), size);
      }
      at2 = part(at2 + step2, mask2);
      left2--;
    }
    if (skipped > 0) status = 2 /* more */;
  } catch (e) {
    status = pending(env, e);
  }
  RESULT[0] = status;
  RESULT[1] = merge(ecx, left2 + skipped, mask2);
  RESULT[2] = merge(register2, at2, mask2);
  RESULT[3] = 0;
}
var REP_MOVS = memorial("str.movs", ["i32", "i32", "i32", "i32", "i32", "i32"], "v128", movs, true);
var REP_STOS = memorial("str.stos", ["i32", "i32", "i32", "i32", "i32"], "f80", stos, true);
var REP_LODS = memorial("str.lods", ["i32", "i32", "i32", "i32", "i32"], "v128", lods, true);
var REP_CMPS = memorial("str.cmps", ["i32", "i32", "i32", "i32", "i32", "i32"], "v256", cmps, true);
var REP_SCAS = memorial("str.scas", ["i32", "i32", "i32", "i32", "i32"], "v256", scas, true);
var REP_INS = memorial(
  "str.ins",
  ["i32", "i32", "i32", "i32", "i32"],
  "v128",
  (env, ecx, edi, port2, base2, df, flags) => ports(env, ecx, edi, port2, base2, df, flags, false),
  true,
  HOST
);
var REP_OUTS = memorial(
  "str.outs",
  ["i32", "i32", "i32", "i32", "i32"],
  "v128",
  (env, ecx, esi, port2, base2, df, flags) => ports(env, ecx, esi, port2, base2, df, flags, true),
  true,
  HOST
);

// src/frontend/lift/string.ts
function direction(c) {
  return c.b.and(c.b.get("i32", EFL), c.b.i32(DF));
}
function advance(c, reg3, addressSize, size) {
  const b = c.b;
  const step2 = b.sub(b.i32(size), b.shr(direction(c), b.i32(size === 1 ? 9 : size === 2 ? 8 : 7)));
  c.writeReg(reg3, addressSize, b.add(c.gpr(reg3), step2));
}
function base(c, segment) {
  return c.segmentBase(segment) ?? c.b.i32(0);
}
function repFlags(c, insn, op, source3, destination) {
  let checks = 0;
  if (c.mode & 512 /* SYSTEM */) {
    if (source3 >= 0 && c.segmentBase(source3)) checks |= REP_CHECK_SOURCE | source3 << REP_SOURCE_SHIFT;
    if (destination && c.segmentBase(0 /* ES */)) checks |= REP_CHECK_DESTINATION;
  }
  return checks | op.size | (op.addressSize === 2 ? REP_ADDR16 : 0) | (insn.repne ? REP_WHILE_NOT : 0) | (c.mode & 256 /* TRAP */ ? REP_ONE : 0);
}
function finish(c, insn, result) {
  const b = c.b;
  const status = b.lane(result, 0);
  b.trapif(b.eq(status, b.i32(1 /* fault */)), PENDING);
  c.branch(b.eq(status, b.i32(2 /* more */)), insn.pc);
}
function setRegisters(c, result, ...registers) {
  registers.forEach((reg3, k) => {
    if (reg3 >= 0) c.b.set(GPR + reg3 * 8, c.b.lane(result, k + 1));
  });
}
function string(single, repeated2) {
  return (c, insn) => (insn.rep || insn.repne ? repeated2 : single)(c, insn);
}
function movs2(c, insn) {
  const [dst, src] = insn.ops;
  const mem = memInt(dst.size);
  const to = c.addr(dst);
  c.b.store(mem, to, c.b.load(mem, c.addr(src)));
  advance(c, 6 /* ESI */, src.addressSize, src.size);
  advance(c, 7 /* EDI */, dst.addressSize, dst.size);
}
function repMovs(c, insn) {
  const [dst, src] = insn.ops;
  const args = [c.gpr(1 /* ECX */), c.gpr(6 /* ESI */), c.gpr(7 /* EDI */), base(c, src.segment), base(c, 0 /* ES */), direction(c)];
  const result = c.b.lib(REP_MOVS, args, repFlags(c, insn, dst, src.segment, true));
  setRegisters(c, result, 1 /* ECX */, 6 /* ESI */, 7 /* EDI */);
  finish(c, insn, result);
}
function stos2(c, insn) {
  const dst = insn.ops[0];
  c.b.store(memInt(dst.size), c.addr(dst), c.readReg(0 /* EAX */, dst.size));
  advance(c, 7 /* EDI */, dst.addressSize, dst.size);
}
function repStos(c, insn) {
  const dst = insn.ops[0];
  const args = [c.gpr(1 /* ECX */), c.gpr(7 /* EDI */), c.gpr(0 /* EAX */), base(c, 0 /* ES */), direction(c)];
  const result = c.b.lib(REP_STOS, args, repFlags(c, insn, dst, -1, true));
  setRegisters(c, result, 1 /* ECX */, 7 /* EDI */);
  finish(c, insn, result);
}
function lods2(c, insn) {
  const src = insn.ops[1];
  const value2 = c.b.load(memInt(src.size), c.addr(src));
  c.writeReg(0 /* EAX */, src.size, value2);
  advance(c, 6 /* ESI */, src.addressSize, src.size);
}
function repLods(c, insn) {
  const src = insn.ops[1];
  const args = [c.gpr(1 /* ECX */), c.gpr(6 /* ESI */), c.readReg(0 /* EAX */, src.size), base(c, src.segment), direction(c)];
  const result = c.b.lib(REP_LODS, args, repFlags(c, insn, src, src.segment, false));
  setRegisters(c, result, 1 /* ECX */, 6 /* ESI */);
  c.writeReg(0 /* EAX */, src.size, c.b.lane(result, 3));
  finish(c, insn, result);
}
function cmps2(c, insn) {
  const b = c.b;
  const [src, dst] = insn.ops;
  const mem = memInt(src.size);
  const x = b.load(mem, c.addr(src));
  const y = b.load(mem, c.addr(dst));
  advance(c, 6 /* ESI */, src.addressSize, src.size);
  advance(c, 7 /* EDI */, dst.addressSize, dst.size);
  b.fset(2 /* SUB */, flagSize(src.size), x, c.truncate(b.sub(x, y), src.size));
}
function comparedFlags(c, result, size) {
  const b = c.b;
  const x = b.lane(result, 4);
  b.fsetif(b.nonzero(b.lane(result, 6)), 2 /* SUB */, flagSize(size), x, c.truncate(b.sub(x, b.lane(result, 5)), size));
}
function repCmps(c, insn) {
  const [src] = insn.ops;
  const args = [c.gpr(1 /* ECX */), c.gpr(6 /* ESI */), c.gpr(7 /* EDI */), base(c, src.segment), base(c, 0 /* ES */), direction(c)];
  const result = c.b.lib(REP_CMPS, args, repFlags(c, insn, src, src.segment, true));
  setRegisters(c, result, 1 /* ECX */, 6 /* ESI */, 7 /* EDI */);
  comparedFlags(c, result, src.size);
  finish(c, insn, result);
}
function scas2(c, insn) {
  const b = c.b;
  const dst = insn.ops[1];
  const y = b.load(memInt(dst.size), c.addr(dst));
  const x = c.readReg(0 /* EAX */, dst.size);
  advance(c, 7 /* EDI */, dst.addressSize, dst.size);
  b.fset(2 /* SUB */, flagSize(dst.size), x, c.truncate(b.sub(x, y), dst.size));
}
function repScas(c, insn) {
  const dst = insn.ops[1];
  const args = [c.gpr(1 /* ECX */), c.gpr(7 /* EDI */), c.readReg(0 /* EAX */, dst.size), base(c, 0 /* ES */), direction(c)];
  const result = c.b.lib(REP_SCAS, args, repFlags(c, insn, dst, -1, true));
  setRegisters(c, result, 1 /* ECX */, -1, 7 /* EDI */);
  comparedFlags(c, result, dst.size);
  finish(c, insn, result);
}
function ports2(op, reg3, repeated2) {
  return (c, insn) => {
    const b = c.b;
    const mem = insn.ops.find((o) => o.isMem);
    const count2 = repeated2 ? c.gpr(1 /* ECX */) : b.i32(1);
    const segment = base(c, reg3 === 7 /* EDI */ ? 0 /* ES */ : mem.segment);
    const result = b.lib(op, [count2, c.gpr(reg3), c.readReg(2 /* EDX */, 2), segment, direction(c)], repFlags(c, insn, mem, reg3 === 7 /* EDI */ ? -1 : mem.segment, reg3 === 7 /* EDI */));
    setRegisters(c, result, repeated2 ? 1 /* ECX */ : -1, reg3);
    if (repeated2) finish(c, insn, result);
    else b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
  };
}
var MOVS = string(movs2, repMovs);
var STOS = string(stos2, repStos);
var LODS = string(lods2, repLods);
var CMPS = string(cmps2, repCmps);
var SCAS = string(scas2, repScas);
var INS = string(ports2(REP_INS, 7 /* EDI */, false), ports2(REP_INS, 7 /* EDI */, true));
var OUTS = string(ports2(REP_OUTS, 6 /* ESI */, false), ports2(REP_OUTS, 6 /* ESI */, true));
var STRING_LIFTS = [
  [Mnemonic2.Movsb, MOVS],
  [Mnemonic2.Movsw, MOVS],
  [Mnemonic2.Stosb, STOS],
  [Mnemonic2.Stosw, STOS],
  [Mnemonic2.Stosd, STOS],
  [Mnemonic2.Lodsb, LODS],
  [Mnemonic2.Lodsw, LODS],
  [Mnemonic2.Lodsd, LODS],
  [Mnemonic2.Cmpsb, CMPS],
  [Mnemonic2.Cmpsw, CMPS],
  [Mnemonic2.Scasb, SCAS],
  [Mnemonic2.Scasw, SCAS],
  [Mnemonic2.Scasd, SCAS],
  [Mnemonic2.Insb, INS],
  [Mnemonic2.Insw, INS],
  [Mnemonic2.Insd, INS],
  [Mnemonic2.Outsb, OUTS],
  [Mnemonic2.Outsw, OUTS],
  [Mnemonic2.Outsd, OUTS]
];
var STRING_CODES = [
  [Code2.Movsd_m32_m32, MOVS],
  [Code2.Cmpsd_m32_m32, CMPS]
];

// src/frontend/lift/system.ts
function privileged(lift2) {
  return (c, insn) => c.supervisor ? lift2(c, insn) : c.trap(13 /* GP */);
}
function withDescriptors(lift2) {
  return (c, insn) => c.mode & (1024 /* REAL */ | 32 /* V86 */) ? c.undefined() : lift2(c, insn);
}
function onlySystem(lift2) {
  return (c, insn) => c.mode & 512 /* SYSTEM */ ? lift2(c, insn) : c.undefined();
}
function plain(op, leaves2) {
  return (c) => {
    system2(c, op);
    if (leaves2) c.exit(7 /* mode */);
  };
}
function storeTable(op) {
  return (c, insn) => {
    const b = c.b;
    const addr = c.addr(insn.ops[0]);
    const result = system2(c, op);
    b.probe(addr, 6, true);
    b.store("i16", addr, b.lane(result, 1));
    b.store("i32", b.add(addr, b.i32(2)), b.lane(result, 2));
  };
}
var SHORT_BASE = /* @__PURE__ */ new Set([Code2.Lgdt_m1632_16, Code2.Lidt_m1632_16]);
function loadTable(op) {
  return (c, insn) => {
    const b = c.b;
    const addr = c.addr(insn.ops[0]);
    const limit = b.load("i16", addr);
    const base2 = b.load("i32", b.add(addr, b.i32(2)));
    system2(c, op, limit, SHORT_BASE.has(insn.code) ? b.and(base2, b.i32(16777215)) : base2);
  };
}
function storeWord(op) {
  return (c, insn) => {
    const dst = insn.ops[0];
    const value2 = c.b.lane(system2(c, op), 1);
    if (dst.isMem) c.b.store("i16", c.addr(dst), value2);
    else c.writeReg(dst.index, dst.size, value2);
  };
}
function word2(c, op) {
  return op.isMem ? c.b.load("i16", c.addr(op)) : c.readReg(op.index, 2);
}
function loadWord(op, leaves2) {
  return (c, insn) => {
    system2(c, op, word2(c, insn.ops[0]));
    if (leaves2) c.exit(7 /* mode */);
  };
}
function setZero(c, ok) {
  c.b.fmod(ZF, c.b.shl(c.b.zext(c.b.nonzero(ok)), c.b.i32(6)));
}
function descriptor(op) {
  return (c, insn) => {
    const b = c.b;
    const [dst, src] = insn.ops;
    const result = system2(c, op, word2(c, src));
    const ok = b.lane(result, 1);
    c.write(dst, b.select(b.nonzero(ok), b.lane(result, 2), c.read(dst)));
    setZero(c, ok);
  };
}
function verify(op) {
  return (c, insn) => setZero(c, c.b.lane(system2(c, op, word2(c, insn.ops[0])), 1));
}
function arpl(c, insn) {
  const b = c.b;
  const [dst, src] = insn.ops;
  const rpl = b.and(c.readReg(src.index, 2), b.i32(3));
  if (dst.isMem) {
    const result = b.lib(ARPL, [c.addr(dst), rpl]);
    b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
    return setZero(c, b.lane(result, 1));
  }
  const old = c.readReg(dst.index, 2);
  const raise3 = b.ltu(b.and(old, b.i32(3)), rpl);
  c.writeReg(dst.index, 2, b.select(raise3, b.or(b.and(old, b.i32(65532)), rpl), old));
  b.fmod(ZF, b.shl(b.zext(raise3), b.i32(6)));
}
function invlpg(c, insn) {
  system2(c, 13 /* invlpg */, c.addr(insn.ops[0]));
  c.exit(7 /* mode */);
}
function readIndexed(op) {
  return (c) => {
    const result = system2(c, op, c.gpr(1 /* ECX */));
    c.setGpr(0 /* EAX */, c.b.lane(result, 1));
    c.setGpr(2 /* EDX */, c.b.lane(result, 2));
  };
}
function wrmsr(c) {
  system2(c, 16 /* wrmsr */, c.gpr(1 /* ECX */), c.gpr(0 /* EAX */), c.gpr(2 /* EDX */));
  c.exit(7 /* mode */);
}
function rdtsc(c) {
  if (c.mode & 512 /* SYSTEM */) {
    const r = system2(c, 25 /* rdtsc */);
    c.setGpr(0 /* EAX */, c.b.lane(r, 1));
    c.setGpr(2 /* EDX */, c.b.lane(r, 2));
    return;
  }
  const t = c.b.lib(RDTSC, []);
  c.setGpr(0 /* EAX */, c.b.lane(t, 0));
  c.setGpr(2 /* EDX */, c.b.lane(t, 1));
}
function rdtscp(c) {
  rdtsc(c);
  c.setGpr(1 /* ECX */, c.b.lane(system2(c, 26 /* tscAux */), 1));
}
function xsetbv(c) {
  system2(c, 28 /* xsetbv */, c.gpr(1 /* ECX */), c.gpr(0 /* EAX */), c.gpr(2 /* EDX */));
  c.exit(7 /* mode */);
}
function clflush(c, insn) {
  c.b.probe(c.addr(insn.ops[0]), 1, false);
}
function sysexit(c, insn) {
  farTransfer(c, insn, 4 /* sysexit */, 4, c.b.i32(0), c.b.i32(0));
}
function cpuid(c) {
  const r = c.b.lib(CPUID, [c.gpr(0 /* EAX */), c.gpr(1 /* ECX */)]);
  [0 /* EAX */, 3 /* EBX */, 1 /* ECX */, 2 /* EDX */].forEach((reg3, k) => c.setGpr(reg3, c.b.lane(r, k)));
}
function port(c, op) {
  return op.isReg ? c.readReg(2 /* EDX */, 2) : c.b.i32(op.value & 255);
}
function portIn(c, insn) {
  const b = c.b;
  const [dst, src] = insn.ops;
  const result = b.lib(PORT_IN, [port(c, src)], dst.size);
  b.trapif(b.nonzero(b.lane(result, 0)), PENDING);
  c.write(dst, b.lane(result, 1));
}
function portOut(c, insn) {
  const b = c.b;
  const [dst, src] = insn.ops;
  b.trapif(b.nonzero(b.lib(PORT_OUT, [port(c, dst), c.read(src)], src.size)), PENDING);
  if (c.mode & 512 /* SYSTEM */) c.exit(7 /* mode */);
}
function pause(c) {
  if (c.mode & 512 /* SYSTEM */) c.exit(10 /* pause */);
}
var SYSTEM_LIFTS = [
  [Mnemonic2.Rdtsc, rdtsc],
  [Mnemonic2.Rdtscp, onlySystem(rdtscp)],
  [Mnemonic2.Xgetbv, onlySystem(readIndexed(27 /* xgetbv */))],
  [Mnemonic2.Xsetbv, onlySystem(privileged(xsetbv))],
  [Mnemonic2.Clflush, clflush],
  [Mnemonic2.Sysexit, onlySystem(privileged(sysexit))],
  [Mnemonic2.Cpuid, cpuid],
  [Mnemonic2.Sysenter, (c) => c.exit(4 /* syscall */)],
  [Mnemonic2.In, portIn],
  [Mnemonic2.Out, portOut],
  [Mnemonic2.Pause, pause],
  [Mnemonic2.Hlt, privileged((c) => c.exit(6 /* halt */))],
  [Mnemonic2.Sgdt, storeTable(0 /* sgdt */)],
  [Mnemonic2.Sidt, storeTable(1 /* sidt */)],
  [Mnemonic2.Lgdt, privileged(loadTable(5 /* lgdt */))],
  [Mnemonic2.Lidt, privileged(loadTable(6 /* lidt */))],
  [Mnemonic2.Sldt, withDescriptors(storeWord(2 /* sldt */))],
  [Mnemonic2.Str, withDescriptors(storeWord(3 /* str */))],
  [Mnemonic2.Smsw, storeWord(4 /* smsw */)],
  [Mnemonic2.Lldt, withDescriptors(privileged(loadWord(7 /* lldt */, false)))],
  [Mnemonic2.Ltr, withDescriptors(privileged(loadWord(8 /* ltr */, false)))],
  [Mnemonic2.Lmsw, privileged(loadWord(9 /* lmsw */, true))],
  [Mnemonic2.Clts, privileged(plain(10 /* clts */, true))],
  [Mnemonic2.Invd, privileged(plain(11 /* invd */, false))],
  [Mnemonic2.Wbinvd, privileged(plain(12 /* wbinvd */, false))],
  [Mnemonic2.Invlpg, privileged(invlpg)],
  [Mnemonic2.Rdmsr, privileged(readIndexed(14 /* rdmsr */))],
  [Mnemonic2.Wrmsr, privileged(wrmsr)],
  [Mnemonic2.Rdpmc, readIndexed(15 /* rdpmc */)],
  [Mnemonic2.Lar, withDescriptors(descriptor(21 /* lar */))],
  [Mnemonic2.Lsl, withDescriptors(descriptor(22 /* lsl */))],
  [Mnemonic2.Verr, withDescriptors(verify(23 /* verr */))],
  [Mnemonic2.Verw, withDescriptors(verify(24 /* verw */))],
  [Mnemonic2.Arpl, withDescriptors(arpl)]
];

// src/ir/lib/x87-env.ts
function fullTag(S) {
  let tags = 0;
  for (let k = 0; k < 8; k++) {
    const r = W_ST + (k << 2);
    const e = S[r + 2] & EXP_MAX;
    let t = 3;
    if (S[W_FTW] >> k & 1) {
      if ((S[r] | S[r + 1] | e) === 0) t = 1;
      else t = e === 0 || e === EXP_MAX || S[r + 1] >= 0 ? 2 : 0;
    }
    tags |= t << k * 2;
  }
  return tags;
}
function setFullTag(S, tags) {
  let used = 0;
  for (let k = 0; k < 8; k++) if ((tags >> k * 2 & 3) !== 3) used |= 1 << k;
  S[W_FTW] = used;
}
var PREFIXES = /* @__PURE__ */ new Set([38, 46, 54, 62, 100, 101, 102, 103, 155, 240, 242, 243]);
function completePointers(env) {
  const { S, memory: m2 } = env;
  const fip = S[FIP >> 2];
  if (fip === S[FIP_KNOWN >> 2]) return;
  S[FIP_KNOWN >> 2] = fip;
  S[FCS >> 2] = S[(SEG_SEL >> 2) + 1 /* CS */];
  S[FDS >> 2] = S[(SEG_SEL >> 2) + 3 /* DS */];
  S[FOP >> 2] = 0;
  try {
    for (let at2 = fip; ; at2 = at2 + 1 | 0) {
      const byte = m2.load8(at2);
      if (byte >= 216 && byte <= 223) S[FOP >> 2] = (byte & 7) << 8 | m2.load8(at2 + 1 | 0);
      if (!PREFIXES.has(byte)) return;
    }
  } catch (e) {
    if (!(e instanceof GuestFault)) throw e;
  }
}
function storeEnv(env, addr, format2) {
  completePointers(env);
  const { S, memory: m2 } = env;
  const fip = S[FIP >> 2], fdp = S[FDP >> 2], fop = S[FOP >> 2] & 2047;
  const real = (format2 & 2 /* REAL */) !== 0;
  if (format2 & 1 /* BITS32 */) {
    const ones = 4294901760 | 0;
    m2.store32(addr, S[W_FCW] | ones);
    m2.store32(addr + 4 | 0, statusWord(S) | ones);
    m2.store32(addr + 8 | 0, fullTag(S) | ones);
    m2.store32(addr + 12 | 0, real ? fip & 65535 | ones : fip);
    m2.store32(addr + 16 | 0, real ? fip >>> 16 << 12 | fop : S[FCS >> 2] & 65535 | fop << 16);
    m2.store32(addr + 20 | 0, real ? fdp & 65535 | ones : fdp);
    m2.store32(addr + 24 | 0, real ? fdp >>> 16 << 12 : S[FDS >> 2] & 65535 | ones);
  } else {
    m2.store16(addr, S[W_FCW]);
    m2.store16(addr + 2 | 0, statusWord(S));
    m2.store16(addr + 4 | 0, fullTag(S));
    m2.store16(addr + 6 | 0, fip);
    m2.store16(addr + 8 | 0, real ? fip >>> 4 & 61440 | fop : S[FCS >> 2]);
    m2.store16(addr + 10 | 0, fdp);
    m2.store16(addr + 12 | 0, real ? fdp >>> 4 & 61440 : S[FDS >> 2]);
  }
}
function loadEnv(env, addr, format2) {
  const { S, memory: m2 } = env;
  const wide3 = (format2 & 1 /* BITS32 */) !== 0;
  const step2 = wide3 ? 4 : 2;
  const word4 = (i) => m2.load16(addr + i * step2 | 0);
  const long = (i) => wide3 ? m2.load32(addr + i * step2 | 0) : word4(i);
  const sw = word4(1);
  setFullTag(S, word4(2));
  if (format2 & 2 /* REAL */) {
    const a = long(4), b = long(6);
    S[FIP >> 2] = word4(3) | (wide3 ? a << 4 & 4294901760 : (a & 61440) << 4);
    S[FOP >> 2] = a & 2047;
    S[FDP >> 2] = word4(5) | (wide3 ? b << 4 & 4294901760 : (b & 61440) << 4);
    S[FCS >> 2] = S[FDS >> 2] = 0;
  } else {
    S[FIP >> 2] = long(3);
    S[FCS >> 2] = word4(4);
    if (wide3) S[FOP >> 2] = long(4) >>> 16 & 2047;
    S[FDP >> 2] = long(5);
    S[FDS >> 2] = word4(6);
  }
  S[FIP_KNOWN >> 2] = S[FIP >> 2];
  setControlWord(S, word4(0));
  setStatusWord(S, sw);
}
var OP_FNSTENV = memorial("x87.fnstenv", ["i32"], "void", (env, addr, format2) => {
  storeEnv(env, addr, format2);
  env.S[W_FCW] |= 63;
  updateSummary(env.S);
}, true);
var OP_FLDENV = memorial("x87.fldenv", ["i32"], "void", loadEnv, true);
function envSize(format2) {
  return format2 & 1 /* BITS32 */ ? 28 : 14;
}
var OP_FNSAVE = memorial("x87.fnsave", ["i32"], "void", (env, addr, format2) => {
  const { S, memory: m2 } = env;
  storeEnv(env, addr, format2);
  addr = addr + envSize(format2) | 0;
  for (let i = 0; i < 8; i++) {
    const r = W_ST + ((S[W_FTOP] + i & 7) << 2);
    m2.store32(addr, S[r]);
    m2.store32(addr + 4 | 0, S[r + 1]);
    m2.store16(addr + 8 | 0, S[r + 2]);
    addr = addr + 10 | 0;
  }
  init(S);
}, true);
var OP_FRSTOR = memorial("x87.frstor", ["i32"], "void", (env, addr, format2) => {
  const { S, memory: m2 } = env;
  loadEnv(env, addr, format2);
  addr = addr + envSize(format2) | 0;
  for (let i = 0; i < 8; i++) {
    const r = W_ST + ((S[W_FTOP] + i & 7) << 2);
    S[r] = m2.load32(addr);
    S[r + 1] = m2.load32(addr + 4 | 0);
    S[r + 2] = m2.load16(addr + 8 | 0);
    addr = addr + 10 | 0;
  }
}, true);
var MXCSR_MASK2 = 65535;
var OP_FXSAVE = memorial("x87.fxsave", ["i32"], "void", (env, addr, vectors2) => {
  const { S, memory: m2 } = env;
  const pending2 = (S[W_FSW] & ES) !== 0;
  if (pending2) completePointers(env);
  m2.store32(addr, S[W_FCW] | statusWord(S) << 16);
  m2.store32(addr + 4 | 0, S[W_FTW] | (pending2 ? S[FOP >> 2] << 16 : 0));
  m2.store32(addr + 8 | 0, pending2 ? S[FIP >> 2] : 0);
  m2.store32(addr + 12 | 0, pending2 ? S[FCS >> 2] & 65535 : 0);
  m2.store32(addr + 16 | 0, pending2 ? S[FDP >> 2] : 0);
  m2.store32(addr + 20 | 0, pending2 ? S[FDS >> 2] & 65535 : 0);
  m2.store32(addr + 24 | 0, S[MXCSR >> 2]);
  m2.store32(addr + 28 | 0, MXCSR_MASK2);
  for (let i = 0; i < 8; i++) {
    const r = W_ST + ((S[W_FTOP] + i & 7) << 2);
    const a = addr + 32 + i * 16 | 0;
    m2.store32(a, S[r]);
    m2.store32(a + 4 | 0, S[r + 1]);
    m2.store32(a + 8 | 0, S[r + 2] & 65535);
    m2.store32(a + 12 | 0, 0);
  }
  for (let i = 0; i < vectors2; i++) {
    for (let l = 0; l < 4; l++) m2.store32(addr + 160 + i * 16 + l * 4 | 0, S[(XMM >> 2) + i * 8 + l]);
  }
}, true, VECTORS);
var OP_FXRSTOR = memorial("x87.fxrstor", ["i32"], "void", (env, addr, vectors2) => {
  const { S, memory: m2 } = env;
  S[W_FTW] = m2.load8(addr + 4 | 0);
  S[FOP >> 2] = m2.load16(addr + 6 | 0) & 2047;
  S[FIP >> 2] = S[FIP_KNOWN >> 2] = m2.load32(addr + 8 | 0);
  S[FCS >> 2] = m2.load16(addr + 12 | 0);
  S[FDP >> 2] = m2.load32(addr + 16 | 0);
  S[FDS >> 2] = m2.load16(addr + 20 | 0);
  S[MXCSR >> 2] = m2.load32(addr + 24 | 0);
  const sw = m2.load16(addr + 2 | 0);
  setControlWord(S, m2.load16(addr));
  setStatusWord(S, sw);
  for (let i = 0; i < 8; i++) {
    const r = W_ST + ((S[W_FTOP] + i & 7) << 2);
    const a = addr + 32 + i * 16 | 0;
    S[r] = m2.load32(a);
    S[r + 1] = m2.load32(a + 4 | 0);
    S[r + 2] = m2.load16(a + 8 | 0);
  }
  for (let i = 0; i < vectors2; i++) {
    for (let l = 0; l < 4; l++) S[(XMM >> 2) + i * 8 + l] = m2.load32(addr + 160 + i * 16 + l * 4 | 0);
  }
}, true, VECTORS);

// src/ir/lib/xsave.ts
var X87 = 1;
var SSE = 2;
var HEADER2 = 512;
function put3(env, at2, value2) {
  env.memory.store32(at2 | 0, value2);
}
function get(env, at2) {
  return env.memory.load32(at2 | 0);
}
var OP_XSAVE = memorial("x87.xsave", ["i32", "i32"], "void", (env, addr, components, vectors2) => {
  const { S } = env;
  if (components & X87) {
    completePointers(env);
    put3(env, addr, S[W_FCW] | statusWord(S) << 16);
    put3(env, addr + 4, S[W_FTW] | S[FOP >> 2] << 16);
    put3(env, addr + 8, S[FIP >> 2]);
    put3(env, addr + 12, S[FCS >> 2] & 65535);
    put3(env, addr + 16, S[FDP >> 2]);
    put3(env, addr + 20, S[FDS >> 2] & 65535);
    for (let i = 0; i < 8; i++) {
      const r = W_ST + ((S[W_FTOP] + i & 7) << 2), a = addr + 32 + i * 16;
      put3(env, a, S[r]);
      put3(env, a + 4, S[r + 1]);
      put3(env, a + 8, S[r + 2] & 65535);
      put3(env, a + 12, 0);
    }
  }
  if (components & SSE) {
    put3(env, addr + 24, S[MXCSR >> 2]);
    put3(env, addr + 28, MXCSR_MASK2);
    for (let i = 0; i < vectors2; i++) for (let l = 0; l < 4; l++) put3(env, addr + 160 + i * 16 + l * 4, S[(XMM >> 2) + i * 8 + l]);
  }
  put3(env, addr + HEADER2, get(env, addr + HEADER2) & ~components | components);
}, true, VECTORS);
var OP_XRSTOR_REFUSES = memorial("x87.xrstor.check", ["i32", "i32", "i32"], "i32", (env, addr, xcr0, components) => {
  const present = get(env, addr + HEADER2);
  let bad = present & ~xcr0 | get(env, addr + HEADER2 + 4);
  for (let at2 = 8; at2 < 24; at2 += 4) bad |= get(env, addr + HEADER2 + at2);
  if (components & SSE) bad |= get(env, addr + 24) & ~MXCSR_MASK2;
  return bad !== 0 ? 1 : 0;
});
var OP_XRSTOR = memorial("x87.xrstor", ["i32", "i32"], "void", (env, addr, components, vectors2) => {
  const { S } = env;
  const present = get(env, addr + HEADER2);
  if (components & X87) {
    if (present & X87) {
      S[W_FTW] = get(env, addr + 4) & 255;
      S[FOP >> 2] = get(env, addr + 4) >>> 16 & 2047;
      S[FIP >> 2] = S[FIP_KNOWN >> 2] = get(env, addr + 8);
      S[FCS >> 2] = get(env, addr + 12) & 65535;
      S[FDP >> 2] = get(env, addr + 16);
      S[FDS >> 2] = get(env, addr + 20) & 65535;
      const words = get(env, addr);
      setControlWord(S, words & 65535);
      setStatusWord(S, words >>> 16);
      for (let i = 0; i < 8; i++) {
        const r = W_ST + ((S[W_FTOP] + i & 7) << 2), a = addr + 32 + i * 16;
        S[r] = get(env, a);
        S[r + 1] = get(env, a + 4);
        S[r + 2] = get(env, a + 8) & 65535;
      }
    } else {
      init(S);
      S.fill(0, W_ST, W_ST + 32);
    }
  }
  if (components & SSE) {
    S[MXCSR >> 2] = get(env, addr + 24);
    for (let i = 0; i < vectors2; i++) for (let l = 0; l < 4; l++) S[(XMM >> 2) + i * 8 + l] = present & SSE ? get(env, addr + 160 + i * 16 + l * 4) : 0;
  }
}, true, VECTORS);

// src/frontend/lift/x87-control.ts
function control(op, waiting) {
  return (c) => {
    if (enterX87(c, waiting) && op) c.b.lib(op, []);
  };
}
function wait(c) {
  if (c.mode & 16384 /* WAIT_NM */) return c.trap(7 /* NM */);
  c.b.trapif(c.b.nonzero(c.b.and(c.b.get("i32", FSW), c.b.i32(ES2))), 16 /* MF */);
}
function fstsw(waiting) {
  return (c, insn) => {
    if (!enterX87(c, waiting)) return;
    const value2 = c.b.lib(OP_FNSTSW, []);
    const op = insn.ops[0];
    if (op.kind === 1 /* mem */) c.b.store("i16", c.addr(op), value2);
    else c.writeReg(0 /* EAX */, 2, value2);
  };
}
function fstcw(waiting) {
  return (c, insn) => {
    if (enterX87(c, waiting)) c.b.store("i16", c.addr(insn.ops[0]), c.b.get("i32", FCW));
  };
}
function fldcw(c, insn) {
  if (enterX87(c)) c.b.lib(OP_FLDCW, [c.b.load("i16", c.addr(insn.ops[0]))]);
}
function format(c, size) {
  return (size === 28 || size === 108 ? 1 /* BITS32 */ : 0) | (c.mode & 32 /* V86 */ ? 2 /* REAL */ : 0);
}
function image(op, write, waiting) {
  return (c, insn) => {
    if (!enterX87(c, waiting)) return;
    const mem = insn.ops[0];
    const f = format(c, mem.size);
    const addr = c.addr(mem);
    c.b.probe(addr, op === OP_FNSTENV || op === OP_FLDENV ? envSize(f) : envSize(f) + 80, write);
    c.b.lib(op, [addr], f);
  };
}
function vectors(c) {
  return c.mode & 2 /* CODE64 */ ? 16 : 8;
}
function fxsave(c, insn) {
  if (!enterX87(c, false)) return;
  const addr = c.addr(insn.ops[0]);
  c.requireAligned(addr, 16);
  c.b.probe(addr, 512, true);
  c.b.lib(OP_FXSAVE, [addr], vectors(c));
}
function fxrstor(c, insn) {
  if (!enterX87(c, false)) return;
  const b = c.b;
  const addr = c.addr(insn.ops[0]);
  c.requireAligned(addr, 16);
  b.probe(addr, 512, false);
  b.trapif(b.nonzero(b.and(b.load("i32", b.add(addr, b.i32(24))), b.i32(~MXCSR_MASK2))), 13 /* GP */);
  b.lib(OP_FXRSTOR, [addr], vectors(c));
  c.exit(7 /* mode */);
}
function stateComponents(c, addr) {
  const b = c.b;
  const xcr0 = b.lane(system2(c, 29 /* xcr0 */), 1);
  if (c.mode & 128 /* NO_FPU */ && !(c.mode & 4096 /* EM */)) {
    c.trap(7 /* NM */);
    return null;
  }
  c.requireAligned(addr, 64);
  return { xcr0, components: b.and(xcr0, c.gpr(0 /* EAX */)) };
}
var XSAVE_SIZE = 576;
function xsave(c, insn) {
  if (!(c.mode & 512 /* SYSTEM */)) return c.undefined();
  const addr = c.addr(insn.ops[0]);
  const which = stateComponents(c, addr);
  if (!which) return;
  c.b.probe(addr, XSAVE_SIZE, true);
  c.b.lib(OP_XSAVE, [addr, which.components], vectors(c));
}
function xrstor(c, insn) {
  if (!(c.mode & 512 /* SYSTEM */)) return c.undefined();
  const b = c.b;
  const addr = c.addr(insn.ops[0]);
  const which = stateComponents(c, addr);
  if (!which) return;
  b.probe(addr, XSAVE_SIZE, false);
  b.trapif(b.nonzero(b.lib(OP_XRSTOR_REFUSES, [addr, which.xcr0, which.components])), 13 /* GP */);
  b.lib(OP_XRSTOR, [addr, which.components], vectors(c));
  c.exit(7 /* mode */);
}
var X87_CONTROL_LIFTS = [
  [Mnemonic2.Wait, wait],
  [Mnemonic2.Fnop, control(null, true)],
  [Mnemonic2.Fninit, control(OP_FNINIT, false)],
  [Mnemonic2.Finit, control(OP_FNINIT, true)],
  [Mnemonic2.Fnclex, control(OP_FNCLEX, false)],
  [Mnemonic2.Fclex, control(OP_FNCLEX, true)],
  // instructions of the 8087 and 80287 that later ones ignore
  [Mnemonic2.Fneni, control(null, false)],
  [Mnemonic2.Feni, control(null, true)],
  [Mnemonic2.Fndisi, control(null, false)],
  [Mnemonic2.Fdisi, control(null, true)],
  [Mnemonic2.Fnsetpm, control(null, false)],
  [Mnemonic2.Fsetpm, control(null, true)],
  [Mnemonic2.Fnstsw, fstsw(false)],
  [Mnemonic2.Fstsw, fstsw(true)],
  [Mnemonic2.Fnstcw, fstcw(false)],
  [Mnemonic2.Fstcw, fstcw(true)],
  [Mnemonic2.Fldcw, fldcw],
  [Mnemonic2.Fnstenv, image(OP_FNSTENV, true, false)],
  [Mnemonic2.Fstenv, image(OP_FNSTENV, true, true)],
  [Mnemonic2.Fldenv, image(OP_FLDENV, false, true)],
  [Mnemonic2.Fnsave, image(OP_FNSAVE, true, false)],
  [Mnemonic2.Fsave, image(OP_FNSAVE, true, true)],
  [Mnemonic2.Frstor, image(OP_FRSTOR, false, true)],
  [Mnemonic2.Xsave, xsave],
  [Mnemonic2.Xrstor, xrstor],
  [Mnemonic2.Fxsave, fxsave],
  [Mnemonic2.Fxrstor, fxrstor],
  [Mnemonic2.Emms, control(OP_EMMS, true)]
];

// src/frontend/lift/index.ts
var table = /* @__PURE__ */ new Map();
var families = [
  ARITH_LIFTS,
  BCD_LIFTS,
  BIT_LIFTS,
  CONTROL_LIFTS,
  FLAG_LIFTS,
  MOVE_LIFTS,
  MULDIV_LIFTS,
  SHIFT_LIFTS,
  STACK_LIFTS,
  STRING_LIFTS,
  SYSTEM_LIFTS,
  X87_LIFTS,
  X87_CONTROL_LIFTS,
  SSE_MOVE_LIFTS,
  SSE_INT_LIFTS,
  SSE_SHUFFLE_LIFTS,
  SSE_FLOAT_LIFTS,
  SSE_CONVERT_LIFTS,
  SSE4_LIFTS
];
var byCode = new Map(STRING_CODES);
for (const family2 of families) {
  for (const [mnemonic, lift2] of family2) {
    if (table.has(mnemonic)) throw new Error(`mnemonic ${mnemonic} has two lifters`);
    table.set(mnemonic, lift2);
  }
}
function lift(c, insn) {
  const fn = byCode.get(insn.code) ?? table.get(insn.mnemonic);
  c.insn = insn;
  if (fn) fn(c, insn);
  else c.undefined();
}

// src/frontend/block.ts
var PAGE3 = 4096;
var window = new Uint8Array(PAGE3 + MAX_LENGTH);
var PREFIXES2 = /* @__PURE__ */ new Set([38, 46, 54, 62, 100, 101, 102, 103, 240, 242, 243]);
function isTooLong(mode, bytes) {
  for (let skip2 = 1; skip2 < bytes.length && PREFIXES2.has(bytes[skip2 - 1]); skip2++) {
    const decoder = new InsnDecoder(mode, bytes.subarray(skip2), 0);
    const insn = decoder.next();
    decoder.free();
    if (insn) return skip2 + insn.length > MAX_LENGTH;
  }
  return false;
}
function liftBlock(source3, pc, mode, options = {}) {
  const max = options.maxInstructions ?? 64;
  const stops = options.stops ?? null;
  const inPage = PAGE3 - (pc & PAGE3 - 1);
  const want = Math.min(inPage, max * MAX_LENGTH, 512);
  const available = source3.fetch(pc, window, want + MAX_LENGTH);
  const block2 = new Block(pc);
  const b = new Builder(block2);
  const c = new LiftContext(b, mode);
  const decoder = new InsnDecoder(mode, window.subarray(0, available), pc);
  try {
    for (; ; ) {
      const at2 = decoder.position;
      const insn = at2 < available ? decoder.next() : null;
      if (!insn) {
        const short = at2 >= available || decoder.status === 2 /* short */;
        if (short && available - at2 < MAX_LENGTH && (available < want + MAX_LENGTH || at2 === 0)) {
          if (block2.count === 0) throw source3.fetchFault(pc + available | 0);
          c.jump(pc + at2);
        } else if (short) {
          c.jump(pc + at2);
        } else {
          b.insn(pc + at2, 0);
          block2.count++;
          block2.end = pc + Math.min(at2 + 1, available) | 0;
          const vector2 = isTooLong(mode, window.subarray(at2, available)) ? 13 /* GP */ : 6 /* UD */;
          b.end({ kind: "trap", vector: vector2, errorCode: 0, next: pc + at2 | 0 });
        }
        return block2;
      }
      b.insn(insn.pc, insn.length);
      block2.count++;
      block2.end = insn.next;
      lift(c, insn);
      if (c.done) return block2;
      if (block2.count >= max || decoder.position >= want || stops !== null && stops.has(insn.next | 0)) {
        c.jump(insn.next);
        return block2;
      }
    }
  } finally {
    decoder.free();
  }
}

// src/ir/interp.ts
function assignSlots(block2) {
  let n = 0;
  for (const i of block2.insts) {
    i.slot = n;
    n += LANES[i.type];
  }
  block2.frame = n;
}
var vi = new Int32Array(4096);
var vd = new Float64Array(4096);
var conv = new DataView(new ArrayBuffer(16));
function interpret(block2, env) {
  if (block2.frame < 0 || block2.insts.length > 0 && block2.insts[0].slot < 0) assignSlots(block2);
  if (block2.frame > vi.length) {
    vi = new Int32Array(block2.frame * 2);
    vd = new Float64Array(block2.frame * 2);
  }
  const state = env.state;
  const { S } = state;
  run.begun = 0;
  run.pc = block2.pc;
  try {
    const stopped = execute(block2.insts, env, state);
    if (stopped) {
      S[LEFT >> 2] -= run.begun;
      run.begun = 0;
      S[PC >> 2] = run.pc;
      return 0 /* none */;
    }
  } catch (e) {
    if (!(e instanceof GuestFault)) throw e;
    env.fault = e;
    S[LEFT >> 2] -= run.begun - 1;
    run.begun = 0;
    S[PC >> 2] = run.pc;
    return 2 /* fault */;
  }
  const t = block2.term;
  let exit = 0 /* none */;
  switch (t.kind) {
    case "jump":
      S[PC >> 2] = t.target;
      break;
    case "branch":
      S[PC >> 2] = vi[t.cond.slot] ? t.taken : t.fallthrough;
      break;
    case "indirect":
      S[PC >> 2] = vi[t.target.slot];
      break;
    case "exit":
      S[PC >> 2] = t.next;
      S[EXIT_ARG >> 2] = t.arg;
      exit = t.reason;
      break;
    case "trap":
      S[PC >> 2] = t.next;
      env.fault = new GuestFault(t.vector, t.errorCode);
      if (t.next === run.pc) run.begun--;
      exit = 2 /* fault */;
  }
  S[LEFT >> 2] -= run.begun;
  run.begun = 0;
  return exit;
}
var run = { pc: 0, begun: 0 };
function retiredInBlock() {
  return run.begun > 0 ? run.begun - 1 : 0;
}
function execute(insts, env, state) {
  const { S, F: F6, G: G4 } = state;
  const memory = env.memory;
  for (let k = 0; k < insts.length; k++) {
    const i = insts[k];
    const args = i.args;
    const s = i.slot;
    const a = args.length > 0 ? args[0].slot : 0;
    const b = args.length > 1 ? args[1].slot : 0;
    if (i.op.lib !== null) {
      callLibrary(i, i.op.lib, env);
      continue;
    }
    switch (i.op.code) {
      case 0 /* const */:
        if (isFloat(i.type)) vd[s] = i.imm;
        else {
          vi[s] = i.imm;
          if (i.type === "i64") vi[s + 1] = i.immHi;
          else for (let l = 1; l < LANES[i.type]; l++) vi[s + l] = 0;
        }
        break;
      case 1 /* get */:
        if (i.type === "f64") vd[s] = F6[i.imm >> 3];
        else if (i.type === "f32") vd[s] = G4[i.imm >> 2];
        else for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = S[(i.imm >> 2) + l];
        break;
      case 2 /* set */:
        if (i.type === "f64") F6[i.imm >> 3] = vd[a];
        else if (i.type === "f32") G4[i.imm >> 2] = vd[a];
        else for (let l = 0, n = LANES[i.type]; l < n; l++) S[(i.imm >> 2) + l] = vi[a + l];
        break;
      case 3 /* insn */:
        if (S[DIRTY >> 2]) {
          S[DIRTY >> 2] = 0;
          if (run.begun > 0) {
            run.pc = i.imm;
            return true;
          }
        }
        run.pc = i.imm;
        run.begun++;
        break;
      case 4 /* add */:
        if (i.type === "i64") {
          const lo = vi[a] + vi[b] | 0;
          vi[s + 1] = vi[a + 1] + vi[b + 1] + (lo >>> 0 < vi[a] >>> 0 ? 1 : 0);
          vi[s] = lo;
        } else vi[s] = vi[a] + vi[b];
        break;
      case 5 /* sub */:
        if (i.type === "i64") {
          vi[s + 1] = vi[a + 1] - vi[b + 1] - (vi[a] >>> 0 < vi[b] >>> 0 ? 1 : 0);
          vi[s] = vi[a] - vi[b];
        } else vi[s] = vi[a] - vi[b];
        break;
      case 6 /* mul */:
        vi[s] = Math.imul(vi[a], vi[b]);
        break;
      case 7 /* and */:
        for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[a + l] & vi[b + l];
        break;
      case 8 /* or */:
        for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[a + l] | vi[b + l];
        break;
      case 9 /* xor */:
        for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[a + l] ^ vi[b + l];
        break;
      case 10 /* shl */:
        vi[s] = vi[a] << vi[b];
        break;
      case 11 /* shr */:
        vi[s] = vi[a] >>> vi[b];
        break;
      case 12 /* sar */:
        vi[s] = vi[a] >> vi[b];
        break;
      case 13 /* rotl */:
        vi[s] = vi[a] << vi[b] | vi[a] >>> 32 - vi[b];
        break;
      case 14 /* rotr */:
        vi[s] = vi[a] >>> vi[b] | vi[a] << 32 - vi[b];
        break;
      case 15 /* ext8s */:
        vi[s] = vi[a] << 24 >> 24;
        break;
      case 16 /* ext16s */:
        vi[s] = vi[a] << 16 >> 16;
        break;
      case 17 /* clz */:
        vi[s] = Math.clz32(vi[a]);
        break;
      case 18 /* not */:
        vi[s] = vi[a] ^ 1;
        break;
      case 19 /* zext */:
        vi[s] = vi[a];
        break;
      case 20 /* eq */:
        vi[s] = equal(args[0], a, b) ? 1 : 0;
        break;
      case 21 /* ne */:
        vi[s] = equal(args[0], a, b) ? 0 : 1;
        break;
      case 22 /* ltu */:
        vi[s] = (wide2(args[0]) && vi[a + 1] !== vi[b + 1] ? vi[a + 1] >>> 0 < vi[b + 1] >>> 0 : vi[a] >>> 0 < vi[b] >>> 0) ? 1 : 0;
        break;
      case 24 /* leu */:
        vi[s] = (wide2(args[0]) && vi[a + 1] !== vi[b + 1] ? vi[a + 1] >>> 0 < vi[b + 1] >>> 0 : vi[a] >>> 0 <= vi[b] >>> 0) ? 1 : 0;
        break;
      case 23 /* lts */:
        vi[s] = (wide2(args[0]) ? vi[a + 1] !== vi[b + 1] ? vi[a + 1] < vi[b + 1] : vi[a] >>> 0 < vi[b] >>> 0 : vi[a] < vi[b]) ? 1 : 0;
        break;
      case 25 /* les */:
        vi[s] = (wide2(args[0]) ? vi[a + 1] !== vi[b + 1] ? vi[a + 1] < vi[b + 1] : vi[a] >>> 0 <= vi[b] >>> 0 : vi[a] <= vi[b]) ? 1 : 0;
        break;
      case 26 /* select */: {
        const from = vi[a] ? b : args[2].slot;
        if (isFloat(i.type)) vd[s] = vd[from];
        else for (let l = 0, n = LANES[i.type]; l < n; l++) vi[s + l] = vi[from + l];
        break;
      }
      case 27 /* pack */:
        for (let l = 0; l < args.length; l++) vi[s + l] = vi[args[l].slot];
        break;
      case 28 /* lane */:
        vi[s] = vi[a + i.imm];
        break;
      case 29 /* fadd */:
        vd[s] = fix(i, vd[a] + vd[b], a, b);
        break;
      case 30 /* fsub */:
        vd[s] = fix(i, vd[a] - vd[b], a, b);
        break;
      case 31 /* fmul */:
        vd[s] = fix(i, vd[a] * vd[b], a, b);
        break;
      case 32 /* fdiv */:
        vd[s] = fix(i, vd[a] / vd[b], a, b);
        break;
      case 33 /* fsqrt */:
        vd[s] = fix(i, Math.sqrt(vd[a]), a, a);
        break;
      case 34 /* feq */:
        vi[s] = vd[a] === vd[b] ? 1 : 0;
        break;
      case 35 /* flt */:
        vi[s] = vd[a] < vd[b] ? 1 : 0;
        break;
      case 36 /* fle */:
        vi[s] = vd[a] <= vd[b] ? 1 : 0;
        break;
      case 37 /* funord */:
        vi[s] = vd[a] !== vd[a] || vd[b] !== vd[b] ? 1 : 0;
        break;
      case 38 /* load */:
        load2(env, i.mem, vi[a], s, i.rmw);
        break;
      case 39 /* store */:
        store2(env, i.mem, vi[a], b);
        break;
      case 40 /* probe */:
        memory.probe(vi[a], i.imm, i.immHi !== 0);
        break;
      case 41 /* limit */: {
        const seg = i.imm & 7, write = i.imm & 8;
        if (vi[a] >>> 0 >= S[((write ? SEG_WRITE : SEG_READ) >> 2) + seg] >>> 0 || i.immHi > 16) env.host.checkSegment(seg, vi[a], i.immHi, write !== 0);
        break;
      }
      case 42 /* fset */:
        setFlags2(S, i, a, b);
        break;
      case 43 /* fsetif */:
        if (vi[a]) setFlags2(S, i, b, args[2].slot);
        break;
      case 44 /* fmod */: {
        const flags = flagsOf(S[FLAG_KIND >> 2], S[FLAG_A >> 2], S[FLAG_R >> 2]);
        S[FLAG_KIND >> 2] = flagKind(0 /* RAW */, 0 /* B8 */);
        S[FLAG_A >> 2] = flags & ARITH & ~i.imm | vi[a];
        break;
      }
      case 45 /* fcond */:
        vi[s] = condOf(i.imm, flagsOf(S[FLAG_KIND >> 2], S[FLAG_A >> 2], S[FLAG_R >> 2])) ? 1 : 0;
        break;
      case 46 /* fget */:
        vi[s] = flagsOf(S[FLAG_KIND >> 2], S[FLAG_A >> 2], S[FLAG_R >> 2]) & i.imm;
        break;
      case 47 /* trapif */:
        if (vi[a]) throw i.imm === PENDING ? env.fault : new GuestFault(i.imm, i.immHi);
        break;
    }
  }
  return false;
}
function wide2(i) {
  return i.type === "i64";
}
function equal(x, a, b) {
  return vi[a] === vi[b] && (x.type !== "i64" || vi[a + 1] === vi[b + 1]);
}
function fix(i, r, a, b) {
  if (r !== r) return nanfix(vd[a], vd[b]);
  return i.type === "f32" ? Math.fround(r) : r;
}
function setFlags2(S, i, a, r) {
  const carry = i.args.length === 3 && i.op.code === 42 /* fset */ ? vi[i.args[2].slot] << 2 : 0;
  S[FLAG_KIND >> 2] = i.imm | carry;
  S[FLAG_A >> 2] = vi[a];
  S[FLAG_R >> 2] = vi[r];
}
function load2(env, mem, addr, s, rmw) {
  const m2 = env.memory;
  switch (mem) {
    case "i8":
      if (rmw) m2.probe(addr, 1, true);
      vi[s] = m2.load8(addr);
      return;
    case "i16":
      if (rmw) m2.probe(addr, 2, true);
      vi[s] = m2.load16(addr);
      return;
    case "i32":
      if (rmw) m2.probe(addr, 4, true);
      vi[s] = m2.load32(addr);
      return;
    case "f32":
      conv.setInt32(0, m2.load32(addr), true);
      vd[s] = conv.getFloat32(0, true);
      return;
    case "f64":
      conv.setInt32(0, m2.load32(addr), true);
      conv.setInt32(4, m2.load32(addr + 4 | 0), true);
      vd[s] = conv.getFloat64(0, true);
      return;
    case "f80":
      vi[s] = m2.load32(addr);
      vi[s + 1] = m2.load32(addr + 4 | 0);
      vi[s + 2] = m2.load16(addr + 8 | 0);
      return;
    default: {
      const n = LANES[mem];
      if (rmw) m2.probe(addr, n * 4, true);
      for (let l = 0; l < n; l++) vi[s + l] = m2.load32(addr + l * 4 | 0);
    }
  }
}
function store2(env, mem, addr, v) {
  const m2 = env.memory;
  switch (mem) {
    case "i8":
      m2.store8(addr, vi[v]);
      return;
    case "i16":
      m2.store16(addr, vi[v]);
      return;
    case "i32":
      m2.store32(addr, vi[v]);
      return;
    case "f32":
      conv.setFloat32(0, vd[v], true);
      m2.store32(addr, conv.getInt32(0, true));
      return;
    case "f64":
      conv.setFloat64(0, vd[v], true);
      m2.probe(addr, 8, true);
      m2.store32(addr, conv.getInt32(0, true));
      m2.store32(addr + 4 | 0, conv.getInt32(4, true));
      return;
    case "f80":
      m2.probe(addr, 10, true);
      m2.store32(addr, vi[v]);
      m2.store32(addr + 4 | 0, vi[v + 1]);
      m2.store16(addr + 8 | 0, vi[v + 2]);
      return;
    default: {
      const n = LANES[mem];
      m2.probe(addr, n * 4, true);
      for (let l = 0; l < n; l++) m2.store32(addr + l * 4 | 0, vi[v + l]);
    }
  }
}
var lanes = [null];
function callLibrary(i, lib, env) {
  const s = i.slot;
  if (lib.lanewise) {
    const [a, b, c] = i.args;
    for (let l = 0, n2 = LANES[i.type]; l < n2; l++) {
      const x = vi[a.slot + l];
      if (!b) vi[s + l] = lib.imm ? lib.fn(x, i.imm) : lib.fn(x);
      else if (!c) vi[s + l] = lib.imm ? lib.fn(x, vi[b.slot + l], i.imm) : lib.fn(x, vi[b.slot + l]);
      else vi[s + l] = lib.imm ? lib.fn(x, vi[b.slot + l], vi[c.slot + l], i.imm) : lib.fn(x, vi[b.slot + l], vi[c.slot + l]);
    }
    return;
  }
  lanes.length = 0;
  for (const arg of i.args) {
    if (isFloat(arg.type)) lanes.push(vd[arg.slot]);
    else for (let l = 0, n2 = LANES[arg.type]; l < n2; l++) lanes.push(vi[arg.slot + l]);
  }
  if (lib.imm) lanes.push(i.imm);
  const value2 = lib.context === "pure" ? lib.fn(...lanes) : lib.context === "state" ? lib.fn(env.S, ...lanes) : lib.fn(env, ...lanes);
  const n = LANES[i.type];
  if (n === 0) return;
  if (n > 1) for (let l = 0; l < n; l++) vi[s + l] = RESULT[l];
  else if (isFloat(i.type)) vd[s] = value2;
  else vi[s] = value2;
}

// src/mmu/pte.ts
var TABLES2 = 3;
function tableOf(cpl, ac) {
  return cpl === 3 ? 0 /* user */ : ac ? 2 /* supervisorAc */ : 1 /* supervisor */;
}
function neededPerm(access) {
  return access === 0 /* read */ ? 1 /* READ */ : access === 1 /* write */ ? 8 /* WRITE */ : 4 /* EXEC */;
}
function permissionTable(role) {
  const t = new Uint8Array(TABLES2 * 8);
  const wp = role & 32 /* CR0_WP */, smep = role & 256 /* CR4_SMEP */, smap = role & 512 /* CR4_SMAP */;
  for (let rights = 0; rights < 8; rights++) {
    const user = rights & 2 /* U */, writable2 = rights & 1 /* W */, exec = rights & 4 /* X */;
    if (user) t[0 /* user */ * 8 + rights] = 1 /* READ */ | (writable2 ? 8 /* WRITE */ : 0) | (exec ? 4 /* EXEC */ : 0);
    const data = 1 /* READ */ | (writable2 || !wp ? 8 /* WRITE */ : 0);
    const code = exec && !(user && smep) ? 4 /* EXEC */ : 0;
    t[1 /* supervisor */ * 8 + rights] = (user && smap ? 0 : data) | code;
    t[2 /* supervisorAc */ * 8 + rights] = data | code;
  }
  return t;
}
function keyDenies(keys, key, table2, wp) {
  const bits = keys >>> 2 * key & 3;
  if (bits & 1) return 1 /* READ */ | 8 /* WRITE */;
  return bits & 2 && (table2 === 0 /* user */ || wp) ? 8 /* WRITE */ : 0;
}

// src/mmu/tlb.ts
var TLB_SIZE = 1024;
var TAG_GLOBAL = 1 << 28;
var ATTR_BEYOND = 1 << 10;
var CLASS_SHIFT = 8;
var CLASSES = [12, 21, 22, 30];
var LIST = 512;
function tagOf(high, pcid) {
  return (high >>> 12 & 8191) << 12 | pcid;
}
function pageOf(low, high) {
  return low >>> 12 | high << 20;
}
var Tlb = class {
  words = new Int32Array(TABLES2 * TLB_SIZE * 4).fill(-1);
  list = new Int32Array(LIST);
  /** Entries filled since the last full flush: those in the list, or more than fit. */
  filled = 0;
  large = 0;
  fills = 0;
  /** Index into `words` of the entry that a page has in a table. */
  slot(page, table2) {
    return (table2 * TLB_SIZE + (page & TLB_SIZE - 1)) * 4;
  }
  /** `page`: bits 43:12 of the address. `attr` without the size class. Returns the entry's index. */
  fill(page, tag, table2, diff, attr, shift3) {
    const i = this.slot(page, table2), { words } = this;
    if (words[i + 1 /* TAG */] === -1) {
      if (this.filled < LIST) this.list[this.filled] = i;
      this.filled++;
    }
    const sizeClass = shift3 === 12 ? 0 : shift3 === 21 ? 1 : shift3 === 22 ? 2 : 3;
    if (sizeClass) this.large++;
    words[i + 0 /* PAGE */] = page;
    words[i + 1 /* TAG */] = tag;
    words[i + 2 /* DIFF */] = diff;
    words[i + 3 /* ATTR */] = attr | sizeClass << CLASS_SHIFT;
    this.fills++;
    return i;
  }
  /** Whether an entry of a table is accepted by `test`: its index, or -1. Few entries are found without looking through all of them. */
  find(table2, test2) {
    const { words, list: list2 } = this;
    const first = table2 * TLB_SIZE * 4, end = first + TLB_SIZE * 4;
    if (this.filled <= LIST) {
      for (let k = 0; k < this.filled; k++) {
        const i = list2[k];
        if (i >= first && i < end && words[i + 1 /* TAG */] !== -1 && test2(i)) return i;
      }
      return -1;
    }
    for (let i = first; i < end; i += 4) if (words[i + 1 /* TAG */] !== -1 && test2(i)) return i;
    return -1;
  }
  get empty() {
    return this.filled === 0;
  }
  flushAll() {
    if (this.filled <= LIST) for (let k = 0; k < this.filled; k++) this.words[this.list[k] + 1 /* TAG */] = -1;
    else this.words.fill(-1);
    this.filled = this.large = 0;
  }
  /** Drop all that is not global, of one PCID, or of every PCID when it is -1. */
  flushNonGlobal(pcid) {
    this.keep((tag) => (tag & TAG_GLOBAL) !== 0 || pcid >= 0 && (tag & 4095) !== pcid);
  }
  /** Drop all of one PCID, and of global pages too. */
  flushPcidAndGlobal(pcid) {
    this.keep((tag) => (tag & TAG_GLOBAL) === 0 && (tag & 4095) !== pcid);
  }
  keep(stays) {
    const { words, list: list2 } = this;
    if (this.filled <= LIST) {
      let kept = 0;
      for (let k = 0; k < this.filled; k++) {
        const i = list2[k];
        if (words[i + 1 /* TAG */] === -1) continue;
        if (stays(words[i + 1 /* TAG */])) list2[kept++] = i;
        else words[i + 1 /* TAG */] = -1;
      }
      this.filled = kept;
    } else {
      let kept = 0;
      for (let i = 0; i < words.length; i += 4) {
        if (words[i + 1 /* TAG */] === -1) continue;
        if (!stays(words[i + 1 /* TAG */])) words[i + 1 /* TAG */] = -1;
        else if (kept++ < LIST) list2[kept - 1] = i;
      }
      this.filled = kept;
    }
    if (this.filled === 0) this.large = 0;
  }
  /**
   * Drop what maps an address (INVLPG, INVPCID type 0): every piece of a large page, under a tag as of tagOf and, if asked, global entries.
   */
  invalidate(page, tag, globals) {
    if (this.filled === 0) return;
    const { words } = this;
    const globalTag = tag & ~4095 | TAG_GLOBAL;
    for (let t = 0; t < TABLES2; t++) {
      const i = this.slot(page, t);
      const has = words[i + 1 /* TAG */];
      if (words[i + 0 /* PAGE */] === page && (has === tag || globals && has === globalTag)) words[i + 1 /* TAG */] = -1;
    }
    if (this.large === 0) return;
    for (let i = 0; i < words.length; i += 4) {
      const has = words[i + 1 /* TAG */];
      if (has !== tag && !(globals && has === globalTag)) continue;
      const shift3 = CLASSES[words[i + 3 /* ATTR */] >> CLASS_SHIFT & 3];
      if (shift3 !== 12 && (words[i + 0 /* PAGE */] ^ page) >>> shift3 - 12 === 0) words[i + 1 /* TAG */] = -1;
    }
  }
};

// src/mmu/walker.ts
var OK = -1;
var Walker = class {
  constructor(role, memory, regs) {
    this.memory = memory;
    this.regs = regs;
    this.permissions = permissionTable(role);
    const nx = role & 16 /* EFER_NX */ && roleLevel(role) >= 3;
    this.fetchCode = nx || role & 256 /* CR4_SMEP */ ? 16 /* I */ : 0;
    this.wp = (role & 32 /* CR0_WP */) !== 0;
    this.pke = (role & 8192 /* CR4_PKE */) !== 0;
  }
  memory;
  regs;
  /** Of the last walk that was OK: physical address of the 4 KiB page, */
  page = 0;
  /** what the table may do with it (Perm READ, WRITE, EXEC; WRITE only when the D bit is set), */
  perm = 0;
  /** log2 of the mapping's size (12, 21, 22, 30), */
  shift = 12;
  /** and whether the entry that maps it has G set. */
  global = false;
  permissions;
  fetchCode;
  wp;
  pke;
  /** Error code bits that tell the kind of access. */
  kind(table2, access) {
    return (table2 === 0 /* user */ ? 4 /* U */ : 0) | (access === 1 /* write */ ? 2 /* W */ : access === 2 /* fetch */ ? this.fetchCode : 0);
  }
  /** At the end of a walk: rights (Rights bits of all levels together) and key against the access. Sets `perm`. */
  judge(rights, key, table2, access) {
    let perm = this.permissions[table2 * 8 + rights];
    const need = neededPerm(access);
    let code = perm & need ? 0 : 1 /* P */;
    if (this.pke && rights & 2 /* U */) {
      const denied = keyDenies(this.regs.pkru, key, table2, this.wp);
      if (denied & need) code = 1 /* P */ | 32 /* PK */;
      perm &= ~denied;
    }
    this.perm = perm;
    return code ? code | this.kind(table2, access) : OK;
  }
  /** Set A, and D for a write, in the low word of the entry that maps the page; without D no writes go unseen. */
  touchLeaf(address2, entry, access) {
    const set3 = entry | 32 /* A */ | (access === 1 /* write */ ? 64 /* D */ : 0);
    if (set3 !== entry) this.memory.write32(address2, set3);
    if (!(set3 & 64 /* D */)) this.perm &= ~8 /* WRITE */;
    this.global = (entry & 256 /* G */) !== 0;
  }
};

// src/mmu/walk-2.ts
var Walk2 = class extends Walker {
  pse;
  /** Reserved bits of an entry for a 4 MiB page: 21 down to what the physical address width leaves of bits 20:13. */
  largeReserved;
  constructor(role, memory, regs) {
    super(role, memory, regs);
    this.pse = (role & 64 /* CR4_PSE */) !== 0;
    const extra2 = Math.min(regs.physicalBits, 40) - 32;
    this.largeReserved = 4186112 & ~((1 << extra2) - 1 << 13);
  }
  walk(low, _high, table2, access) {
    const { memory } = this;
    const pdeAt = ((this.regs.cr3 & -4096) >>> 0) + (low >>> 22 << 2);
    const pde = memory.read32(pdeAt);
    if (!(pde & 1 /* P */)) return this.kind(table2, access);
    if (this.pse && pde & 128 /* PS */) {
      if (pde & this.largeReserved) return this.kind(table2, access) | 1 /* P */ | 8 /* RSVD */;
      const code2 = this.judge(pde >> 1 & 3 | 4 /* X */, 0, table2, access);
      if (code2 !== OK) return code2;
      this.touchLeaf(pdeAt, pde, access);
      this.page = (pde >> 13 & 255) * 2 ** 32 + ((pde & 4290772992 | low & 4190208) >>> 0);
      this.shift = 22;
      return OK;
    }
    const pteAt = ((pde & -4096) >>> 0) + (low >>> 10 & 4092);
    const pte = memory.read32(pteAt);
    if (!(pte & 1 /* P */)) return this.kind(table2, access);
    const code = this.judge((pde & pte) >> 1 & 3 | 4 /* X */, 0, table2, access);
    if (code !== OK) return code;
    if (!(pde & 32 /* A */)) memory.write32(pdeAt, pde | 32 /* A */);
    this.touchLeaf(pteAt, pte, access);
    this.page = (pte & -4096) >>> 0;
    this.shift = 12;
    return OK;
  }
};

// src/mmu/walk-64.ts
var Walk64 = class extends Walker {
  levels;
  /** Reserved bits of every entry's high word. */
  highReserved;
  highAddress;
  // The entries used above the last one, which get their A bit when the walk is done.
  at = new Float64Array(6);
  low = new Int32Array(6);
  constructor(role, memory, regs) {
    super(role, memory, regs);
    this.levels = roleLevel(role);
    this.highAddress = 2 ** (regs.physicalBits - 32) - 1;
    const mayUse = this.highAddress | (this.levels > 3 ? 2146435072 : 0) | (role & 16 /* EFER_NX */ ? 1 << 31 : 0);
    this.highReserved = ~mayUse;
  }
  walk(low, high, table2, access) {
    const { memory, regs } = this;
    const kind = this.kind(table2, access);
    let base2, level;
    if (this.levels === 3) {
      const i = (low >>> 30) * 2;
      const pdpte = regs.pdptes[i];
      if (!(pdpte & 1 /* P */)) return kind;
      base2 = (regs.pdptes[i + 1] & this.highAddress) * 2 ** 32 + ((pdpte & -4096) >>> 0);
      level = 2;
    } else {
      base2 = (regs.cr3High & this.highAddress) * 2 ** 32 + ((regs.cr3 & -4096) >>> 0);
      level = this.levels;
    }
    const top = level;
    let rights = 1 /* W */ | 2 /* U */ | 4 /* X */;
    for (; ; ) {
      const at2 = base2 + index(low, high, level) * 8;
      const lo = memory.read32(at2), hi = memory.read32(at2 + 4);
      if (!(lo & 1 /* P */)) return kind;
      const large = level > 1 && (lo & 128 /* PS */) !== 0;
      const last = level === 1 || large;
      const lowReserved = !large ? 0 : level === 2 ? 2088960 : level === 3 ? 1073733632 : 128 /* PS */;
      if (hi & this.highReserved || lo & lowReserved) return kind | 1 /* P */ | 8 /* RSVD */;
      rights &= lo >> 1 & 3 | (hi < 0 ? 0 : 4 /* X */);
      const target = (hi & this.highAddress) * 2 ** 32;
      if (!last) {
        this.at[level] = at2;
        this.low[level] = lo;
        base2 = target + ((lo & -4096) >>> 0);
        level--;
        continue;
      }
      const code = this.judge(rights, hi >> 27 & 15, table2, access);
      if (code !== OK) return code;
      for (let l = top; l > level; l--) if (!(this.low[l] & 32 /* A */)) memory.write32(this.at[l], this.low[l] | 32 /* A */);
      this.touchLeaf(at2, lo, access);
      const within = level === 1 ? 0 : level === 2 ? 2093056 : 1073737728;
      this.page = target + ((lo & -4096 & ~within & ~(large ? 4096 : 0) | low & within) >>> 0);
      this.shift = 12 + 9 * (level - 1);
      return OK;
    }
  }
};
function index(low, high, level) {
  switch (level) {
    case 1:
      return low >>> 12 & 511;
    case 2:
      return low >>> 21 & 511;
    case 3:
      return (low >>> 30 | high << 2) & 511;
    case 4:
      return high >>> 7 & 511;
    default:
      return high >>> 16 & 511;
  }
}

// src/mmu/walk.ts
var Unpaged = class extends Walker {
  walk(low) {
    this.page = (low & -4096) >>> 0;
    this.perm = 1 /* READ */ | 8 /* WRITE */ | 4 /* EXEC */;
    return OK;
  }
};
function makeWalker(role, memory, regs) {
  if (role & 1 /* DIRECT */) return new Unpaged(role, memory, regs);
  return roleLevel(role) === 2 ? new Walk2(role, memory, regs) : new Walk64(role, memory, regs);
}

// src/mmu/context.ts
var Contexts = class {
  constructor(memory, regs, owner, limit) {
    this.memory = memory;
    this.regs = regs;
    this.owner = owner;
    this.limit = limit;
    if (!(limit >= 1)) throw new RangeError(`limit of ${limit} contexts`);
  }
  memory;
  regs;
  owner;
  limit;
  byRole = /* @__PURE__ */ new Map();
  uses = 0;
  made = 0;
  evicted = 0;
  /** TLB fills of contexts that are gone. */
  goneFills = 0;
  /** The context of a role, made if it is not there, now the one used last. */
  use(role) {
    let c = this.byRole.get(role);
    if (!c) {
      if (this.byRole.size >= this.limit) {
        this.close(this.oldest(), "evicted");
        this.evicted++;
      }
      c = { role, tlb: new Tlb(), walker: makeWalker(role, this.memory, this.regs), slot: this.owner.open(role), lastUse: 0 };
      this.made++;
      this.byRole.set(role, c);
    }
    c.lastUse = ++this.uses;
    return c;
  }
  /** The one used least recently. */
  oldest() {
    let oldest = null;
    for (const c of this.byRole.values()) if (!oldest || c.lastUse < oldest.lastUse) oldest = c;
    return oldest;
  }
  /** All of them. */
  all() {
    return this.byRole.values();
  }
  dropAll() {
    for (const c of [...this.byRole.values()]) this.close(c, "policy");
  }
  close(c, why) {
    this.byRole.delete(c.role);
    this.goneFills += c.tlb.fills;
    this.owner.close(c.role, c.slot, why);
  }
  get tlbFills() {
    let n = this.goneFills;
    for (const c of this.byRole.values()) n += c.tlb.fills;
    return n;
  }
};

// src/mmu/mmu.ts
var Mmu = class {
  constructor(memory, policy, owner, options = {}) {
    this.memory = memory;
    this.policy = policy;
    this.options = options;
    this.physicalBits = options.physicalBits ?? 40;
    if (!(this.physicalBits >= 32 && this.physicalBits <= 52)) throw new RangeError(`${this.physicalBits} bits of physical address`);
    this.audit = options.audit ?? false;
    this.contexts = new Contexts(memory, this, owner, options.contexts ?? 8);
    this.context = this.contexts.use(policy.role(this.registers));
    memory.remapped.add(() => this.dropTlbs());
  }
  memory;
  policy;
  options;
  registers = { cr0: 0, cr4: 0, efer: 0 };
  cr3 = 0;
  cr3High = 0;
  pdptes = new Int32Array(8);
  keys = 0;
  physicalBits;
  contexts;
  /** The context in use. */
  context;
  /** Counts changes of the context in use, of its TLB's content or its meaning: while it stays, what was looked up stays valid. */
  version = 0;
  /** PCID in TLB tags: 0 unless CR4.PCIDE. */
  pcid = 0;
  audit;
  counts = { resetsRequested: 0, rekeyed: 0, avoided: 0, dropped: 0, skipped: 0, tlbFlushes: 0, audits: 0, roleMismatches: 0 };
  get cr0() {
    return this.registers.cr0;
  }
  get cr4() {
    return this.registers.cr4;
  }
  /** With LMA as the processor has it. */
  get efer() {
    return this.registers.efer;
  }
  get counters() {
    return { ...this.counts, tlbFills: this.contexts.tlbFills, contexts: this.contexts.made, contextsEvicted: this.contexts.evicted };
  }
  /** TAG of TLB entries for an address with this high half. */
  tag(high) {
    return tagOf(high, this.pcid);
  }
  get globalPages() {
    return (this.registers.cr4 & CR4_PGE) !== 0;
  }
  // Registers. Each write either happens in full or throws the #GP of bad PDPTEs and changes nothing.
  writeCr0(value2) {
    const { cr4, efer } = this.registers;
    const lma = value2 & CR0_PG && efer & EFER_LME ? EFER_LMA : 0;
    this.change("CR0", { cr0: value2 | 0, cr4, efer: efer & ~EFER_LMA | lma });
  }
  writeCr4(value2) {
    this.change("CR4", { ...this.registers, cr4: value2 | 0 });
  }
  /** LMA in the value is ignored: the processor sets it. */
  writeEfer(value2) {
    this.change("EFER", { ...this.registers, efer: value2 & ~EFER_LMA | this.registers.efer & EFER_LMA });
  }
  /** CR3; with CR4.PCIDE, bit 63 of the value asks to keep the PCID's entries (it is not stored). */
  writeCr3(value2, high = 0) {
    const pcide = (this.registers.cr4 & CR4_PCIDE) !== 0;
    if (loadsPdptes({ register: "CR3", old: this.registers, new: this.registers })) this.loadPdptes(value2);
    this.cr3 = value2 | 0;
    this.cr3High = pcide ? high & 2147483647 : high | 0;
    this.setPcid();
    if (!(pcide && high < 0)) {
      for (const c of this.paged()) c.tlb.flushNonGlobal(this.pcid);
      this.counts.tlbFlushes++;
    }
    this.version++;
  }
  /** INIT or RESET: the registers' values after it (CR3, PKRU and PDPTEs are 0), all TLB entries go. */
  init(cr0) {
    this.cr3 = this.cr3High = 0;
    this.pdptes.fill(0);
    this.keys = 0;
    this.change("INIT", { cr0, cr4: 0, efer: 0 });
  }
  get pkru() {
    return this.keys;
  }
  /** Keys are folded into TLB entries, so those go; the architecture demands no flush. */
  set pkru(value2) {
    if (value2 === this.keys) return;
    this.keys = value2 | 0;
    for (const c of this.contexts.all()) if (c.role & 8192 /* CR4_PKE */) c.tlb.flushAll();
    this.version++;
  }
  change(register2, next) {
    const change3 = { register: register2, old: this.registers, new: next };
    if (loadsPdptes(change3)) this.loadPdptes(this.cr3);
    this.registers = next;
    this.setPcid();
    const flush2 = flushOf(change3);
    if (flush2 !== 0 /* none */) {
      for (const c of this.paged()) {
        if (flush2 === 2 /* all */) c.tlb.flushAll();
        else c.tlb.flushPcidAndGlobal(this.pcid);
      }
      this.counts.tlbFlushes++;
      this.version++;
    }
    if (this.policy.requests(change3)) this.reset(change3);
    if (this.audit) {
      this.counts.audits++;
      if (this.context.role !== this.policy.role(next)) this.counts.roleMismatches++;
    }
  }
  reset(change3) {
    const oldRole = this.context.role;
    const computed2 = this.policy.role(change3.new);
    const action = this.policy.action(oldRole, computed2, change3);
    this.counts.resetsRequested++;
    switch (action) {
      case "avoided":
        this.counts.avoided++;
        break;
      case "skipped":
        this.counts.skipped++;
        break;
      case "dropped":
        this.counts.dropped++;
        this.contexts.dropAll();
        this.go(computed2);
        break;
      case "reset":
        this.counts.dropped++;
        this.dropTlbs();
        if (computed2 !== oldRole) this.counts.rekeyed++;
        this.go(computed2);
        break;
      case "rekeyed":
        this.counts.rekeyed++;
        this.go(computed2);
        break;
    }
    this.options.onRoleChange?.({ register: change3.register, old: change3.old, new: change3.new, oldRole, newRole: this.context.role, action });
  }
  go(role) {
    this.context = this.contexts.use(role);
    this.version++;
  }
  /** Contexts that have TLB entries the architecture knows of: with paging off, addresses are not translated. */
  *paged() {
    for (const c of this.contexts.all()) if (!(c.role & 1 /* DIRECT */) && !c.tlb.empty) yield c;
  }
  dropTlbs() {
    for (const c of this.contexts.all()) c.tlb.flushAll();
    this.version++;
  }
  setPcid() {
    this.pcid = this.registers.cr4 & CR4_PCIDE ? this.cr3 & 4095 : 0;
  }
  /** The four PDPTEs at CR3 into the registers, or #GP(0) if one that is present has a reserved bit set (SDM vol. 3, 4.4.1). */
  loadPdptes(cr3) {
    const at2 = (cr3 & ~31) >>> 0;
    const reservedHigh = ~(2 ** (this.physicalBits - 32) - 1);
    for (let i = 0; i < 4; i++) {
      const low = this.memory.read32(at2 + i * 8), high = this.memory.read32(at2 + i * 8 + 4);
      if (low & 1 /* P */ && (low & 486 || high & reservedHigh)) throw new GuestFault(13 /* GP */);
      PDPTES[i * 2] = low;
      PDPTES[i * 2 + 1] = high;
    }
    this.pdptes.set(PDPTES);
  }
  // Instructions.
  invlpg(low, high = 0) {
    for (const c of this.paged()) c.tlb.invalidate(pageOf(low, high), tagOf(high, this.pcid), true);
    this.version++;
  }
  /** INVPCID of a type (0 address, 1 PCID, 2 all, 3 all but global); the caller has checked type, PCID and address. */
  invpcid(type, pcid, low, high = 0) {
    for (const c of this.paged()) {
      if (type === 0) c.tlb.invalidate(pageOf(low, high), tagOf(high, pcid), false);
      else if (type === 1) c.tlb.flushNonGlobal(pcid);
      else if (type === 2) c.tlb.flushAll();
      else c.tlb.flushNonGlobal(-1);
    }
    if (type !== 0) this.counts.tlbFlushes++;
    this.version++;
  }
};
var PDPTES = new Int32Array(8);

// src/runtime/machine/translations.ts
var Translation = class {
  constructor(index2, pc, mode, block2, physical, nextPage) {
    this.index = index2;
    this.pc = pc;
    this.mode = mode;
    this.block = block2;
    this.physical = physical;
    this.nextPage = nextPage;
  }
  index;
  pc;
  mode;
  block;
  physical;
  nextPage;
  /** Times the block ran in tier 0. */
  count = 0;
  /** Compiling it failed or does not pay: stay in tier 0. */
  cold = false;
  valid = true;
  region = null;
  /** Another translation of the same PC, from other physical pages. */
  next = null;
};
var RoleIndex = class {
  constructor(counters) {
    this.counters = counters;
  }
  counters;
  modes = /* @__PURE__ */ new Map();
  /** Contexts that use it. */
  users = 0;
  get role() {
    return this.counters.role;
  }
  /** Those of a mode, by PC. */
  mode(mode) {
    let m2 = this.modes.get(mode);
    if (!m2) this.modes.set(mode, m2 = /* @__PURE__ */ new Map());
    return m2;
  }
};
var LIMITS = { blocks: 2e5, bytes: 256 << 20 };
var MachineTranslations = class {
  constructor(memory, limits = LIMITS) {
    this.memory = memory;
    this.limits = limits;
    memory.observers.add({
      codeWritten: (addr, size) => this.invalidate(addr >>> 0, size),
      codeUnmapped: (first, pages) => {
        for (let page = first; page < first + pages; page++) this.dropPage(page);
      }
    });
  }
  memory;
  limits;
  indexes = /* @__PURE__ */ new Map();
  roleCounters = /* @__PURE__ */ new Map();
  byPage = /* @__PURE__ */ new Map();
  total = 0;
  bytes = 0;
  counters = { invalidations: 0, evictions: 0, blocks: 0, regions: 0 };
  /** Time spent on regions, bytes of their JavaScript and of the guest's code they came from; all that were ever compiled. */
  compilation = { compileMs: 0, bytes: 0, guestBytes: 0 };
  observer = null;
  /** Called when translations went that something may be running or linked to. */
  changed = /* @__PURE__ */ new Set();
  // Contexts of MMUs (ContextOwner).
  open(role) {
    let index2 = this.indexes.get(role);
    if (!index2) {
      let counters = this.roleCounters.get(role);
      if (!counters) this.roleCounters.set(role, counters = { role, lookups: 0, hits: 0, blocks: 0 });
      this.indexes.set(role, index2 = new RoleIndex(counters));
    }
    index2.users++;
    return index2;
  }
  /** A context is gone. Its role's translations go with the last one, or at once if the policy dropped it, whoever else uses them. */
  close(role, index2, why) {
    const last = --index2.users === 0;
    if (last) this.indexes.delete(role);
    if (last || why === "policy") this.empty(index2, why);
  }
  /** Whether code at a physical address is in RAM or ROM, so that changes of it are seen or do not happen. */
  isMemory(physical) {
    return physical < 2 ** 32 && (this.memory.perms[physical / 4096 >>> 0] & 1 /* READ */) !== 0;
  }
  /** All that are held. */
  *all() {
    for (const index2 of this.indexes.values()) for (const m2 of index2.modes.values()) for (const first of m2.values()) for (let t = first; t; t = t.next) yield t;
  }
  /** Drop all of them: they are to be made anew, differently. */
  clear() {
    for (const index2 of this.indexes.values()) this.empty(index2, "invalidated");
  }
  empty(index2, why) {
    for (const m2 of index2.modes.values()) {
      for (const first of m2.values()) for (let t = first; t; t = t.next) this.forget(t, why);
      m2.clear();
    }
    for (const page of [...this.byPage.keys()]) this.remark(page);
  }
  /** Of every role there has been, in the order of their first use. */
  get roles() {
    return [...this.roleCounters.values()];
  }
  /** Under all roles. */
  get lookups() {
    let lookups = 0, hits = 0;
    for (const c of this.roleCounters.values()) {
      lookups += c.lookups;
      hits += c.hits;
    }
    return { lookups, hits };
  }
  /** Blocks and bytes of JavaScript held now. */
  get size() {
    return { blocks: this.total, bytes: this.bytes };
  }
  /** File a block that was just lifted, from pages of RAM or ROM. */
  add(index2, mode, block2, physical, nextPage) {
    if (this.total >= this.limits.blocks) this.evict();
    const t = new Translation(index2, block2.pc, mode, block2, physical, nextPage);
    const m2 = index2.mode(mode);
    t.next = m2.get(block2.pc) ?? null;
    m2.set(block2.pc, t);
    this.total++;
    this.counters.blocks++;
    index2.counters.blocks++;
    const length = block2.end - block2.pc;
    const here = Math.min(length, 4096 - (physical & 4095));
    this.cover(t, physical, physical + here);
    if (here < length && nextPage >= 0) this.cover(t, nextPage, nextPage + length - here);
    this.observer?.made(t);
    return t;
  }
  addRegion(t, region) {
    const size = region.compiled.code.length;
    if (this.bytes + size > this.limits.bytes) this.evict();
    if (!t.valid) return;
    t.region = region;
    this.bytes += size;
    this.counters.regions++;
    this.compilation.bytes += size;
    for (let i = 0; i < region.ranges.length; i += 2) {
      this.compilation.guestBytes += region.ranges[i + 1] - region.ranges[i];
      this.cover(t, region.ranges[i], region.ranges[i + 1]);
    }
  }
  /** Note that a translation depends on [start, end) of one physical page. */
  cover(t, start, end) {
    const page = Math.floor(start / 4096);
    let set3 = this.byPage.get(page);
    if (!set3) this.byPage.set(page, set3 = /* @__PURE__ */ new Set());
    set3.add(t);
    this.memory.markCode(start, end);
  }
  /** Physical bytes change: drop what was translated from them. */
  invalidate(addr, size) {
    const page = addr >>> 12;
    const set3 = this.byPage.get(page);
    if (!set3) return;
    let n = 0;
    for (const t of [...set3]) {
      if (!overlaps(t, addr, addr + size)) continue;
      this.remove(t, "invalidated");
      n++;
    }
    if (n > 0) this.remark(page);
  }
  dropPage(page) {
    for (const t of [...this.byPage.get(page) ?? []]) this.remove(t, "invalidated");
    this.remark(page);
  }
  remark(page) {
    this.memory.unmarkCode(page);
    const set3 = this.byPage.get(page);
    if (!set3) return;
    if (set3.size === 0) {
      this.byPage.delete(page);
      return;
    }
    const start = page * 4096;
    for (const t of set3) {
      forEachRange(t, (a, b) => {
        if (Math.floor(a / 4096) === page) this.memory.markCode(Math.max(a, start), b);
        return false;
      });
    }
  }
  remove(t, why) {
    const m2 = t.index.modes.get(t.mode);
    let at2 = m2.get(t.pc) ?? null;
    if (at2 === t) {
      if (t.next) m2.set(t.pc, t.next);
      else m2.delete(t.pc);
    } else {
      while (at2 && at2.next !== t) at2 = at2.next;
      if (at2) at2.next = t.next;
    }
    this.forget(t, why);
  }
  forget(t, why) {
    t.valid = false;
    this.total--;
    if (t.region) this.bytes -= t.region.compiled.code.length;
    forEachRange(t, (a) => {
      this.byPage.get(Math.floor(a / 4096))?.delete(t);
      return false;
    });
    if (why === "invalidated") this.counters.invalidations++;
    else if (why === "evicted") this.counters.evictions++;
    this.observer?.dropped(t, why);
    for (const f of this.changed) f(t);
  }
  /** The older half goes. */
  evict() {
    for (const index2 of this.indexes.values()) {
      for (const m2 of index2.modes.values()) {
        let n = Math.ceil(m2.size / 2);
        for (const t of [...m2.values()]) {
          if (n-- === 0) break;
          this.remove(t, "evicted");
        }
      }
    }
    for (const page of [...this.byPage.keys()]) this.remark(page);
  }
};
function forEachRange(t, fn) {
  const length = t.block.end - t.block.pc;
  const here = Math.min(length, 4096 - (t.physical & 4095));
  if (fn(t.physical, t.physical + here)) return true;
  if (here < length && t.nextPage >= 0 && fn(t.nextPage, t.nextPage + length - here)) return true;
  const r = t.region?.ranges;
  if (r) {
    for (let i = 0; i < r.length; i += 2) if (fn(r[i], r[i + 1])) return true;
  }
  return false;
}
function overlaps(t, start, end) {
  return forEachRange(t, (a, b) => start < b && end > a);
}

// src/runtime/machine/cpu/bits.ts
var CR0_PE = 1;
var CR0_MP = 2;
var CR0_EM = 4;
var CR0_TS = 8;
var CR0_ET = 16;
var CR0_NE = 32;
var CR0_WP2 = 1 << 16;
var CR0_AM = 1 << 18;
var CR0_NW2 = 1 << 29;
var CR0_CD2 = 1 << 30;
var CR0_PG2 = 1 << 31;
var CR4_TSD = 4;
var CR4_DE = 8;
var CR4_PSE2 = 16;
var CR4_PAE2 = 32;
var CR4_MCE = 64;
var CR4_PGE2 = 128;
var CR4_PCE = 256;
var CR4_OSFXSR = 512;
var CR4_OSXMMEXCPT = 1024;
var CR4_UMIP = 2048;
var CR4_OSXSAVE = 1 << 18;
var CR4_SMEP2 = 1 << 20;
var CR4_SMAP2 = 1 << 21;
var EFER_SCE = 1;
var EFER_LME2 = 1 << 8;
var EFER_LMA2 = 1 << 10;
var EFER_NX2 = 1 << 11;
var FL_TF = 256;
var FL_IF = 512;
var FL_IOPL = 12288;
var FL_NT = 16384;
var FL_RF = 65536;
var FL_VM = 131072;
var FL_AC = 262144;
var FL_VIF = 524288;
var FL_VIP = 1048576;
var DR6_BD = 1 << 13;
var DR6_BS = 1 << 14;
var DR6_BT = 1 << 15;
var DR6_FIXED = 4294905840 | 0;
var DR7_FIXED = 1024;
var DR7_GD = 1 << 13;
var A_ACCESSED = 256;
var A_RW = 512;
var A_CONFORMING = 1024;
var A_DOWN = 1024;
var A_CODE = 2048;
var A_S = 4096;
var A_P = 32768;
var A_L = 1 << 21;
var A_DB = 1 << 22;
var A_G = 1 << 23;
var ATTR_MASK = 15793920;
function dplOf(attr) {
  return attr >> 13 & 3;
}
function systemType(attr) {
  return attr >> 8 & 15;
}

// src/runtime/machine/cpu/code.ts
var FetchUnit = class {
  constructor(p) {
    this.p = p;
  }
  p;
  // The page fetched from last, while the MMU's version and the accessor are the same.
  version = -1;
  table = -1;
  page = -1;
  frame = 0;
  get base() {
    return this.p.S[(SEG_BASE >> 2) + 1 /* CS */ * 2];
  }
  get limit() {
    return this.p.S[(SEG_LIMIT >> 2) + 1 /* CS */] >>> 0;
  }
  fetch(addr, into2, max) {
    const offset = addr >>> 0;
    if (offset > this.limit) return 0;
    return this.p.memory.fetch(this.base + offset | 0, into2, Math.min(max, this.limit - offset + 1));
  }
  fetchFault(addr) {
    if (addr >>> 0 > this.limit) return new GuestFault(13 /* GP */);
    return this.p.memory.fetchFault(this.base + addr | 0);
  }
  /** Physical address of the code at an offset in CS; throws #GP(0) or #PF. 2^32 and above: nothing is there. */
  physical(pc) {
    if (pc >>> 0 > this.limit) throw new GuestFault(13 /* GP */);
    return this.physicalOf(this.base + pc | 0);
  }
  physicalOf(linear) {
    const { mmu, memory } = this.p;
    const page = linear >>> 12;
    if (page !== this.page || this.version !== mmu.version || this.table !== memory.table) {
      this.frame = memory.fetchAddress(linear & -4096);
      this.page = page;
      this.version = mmu.version;
      this.table = memory.table;
    }
    return this.frame + (linear & 4095);
  }
  /** Physical address of the page after the one that holds an offset in CS. */
  nextPage(pc) {
    const linear = (this.base + pc & -4096) + 4096 | 0;
    return this.p.memory.fetchAddress(linear);
  }
  linear(pc) {
    return this.base + pc | 0;
  }
};

// src/runtime/machine/cpu/dump.ts
function hex(n, digits = 8) {
  return (n >>> 0).toString(16).padStart(digits, "0");
}
function dumpProcessor(p) {
  const { S, mmu } = p;
  const general = GPR_NAMES.slice(0, 8).map((n, k) => `${n}=${hex(S[(GPR >> 2) + k * 2])}`);
  const lines2 = [
    `vCPU ${p.id}: eip=${hex(S[PC >> 2])} eflags=${hex(p.eflags)} cpl=${p.cpl} ${roleName(mmu.context.role)}`,
    general.slice(0, 4).join(" "),
    general.slice(4).join(" "),
    ...SEG_NAMES.map((n, k) => `${n}=${hex(S[(SEG_SEL >> 2) + k], 4)} base=${hex(S[(SEG_BASE >> 2) + k * 2])} limit=${hex(S[(SEG_LIMIT >> 2) + k])} attr=${hex(S[(SEG_ATTR >> 2) + k], 6)}`),
    ...["ldt", "tr"].map((n) => `${n}=${hex(p[n].selector, 4)} base=${hex(p[n].base)} limit=${hex(p[n].limit)} attr=${hex(p[n].attr, 6)}`),
    `gdt=${hex(p.gdt.base)}+${hex(p.gdt.limit, 4)} idt=${hex(p.idt.base)}+${hex(p.idt.limit, 4)}`,
    `cr0=${hex(mmu.cr0)} cr2=${hex(p.cr2)} cr3=${hex(mmu.cr3)} cr4=${hex(mmu.cr4)} efer=${hex(mmu.efer)}`,
    `dr6=${hex(p.debug.dr6)} dr7=${hex(p.debug.dr7)}`
  ];
  return lines2.join("\n");
}

// src/runtime/machine/cpu/descriptor.ts
var Descriptor = class {
  constructor(low, high, address2) {
    this.low = low;
    this.high = high;
    this.address = address2;
  }
  low;
  high;
  address;
  get attr() {
    return this.high & ATTR_MASK;
  }
  get base() {
    return this.low >>> 16 | (this.high & 255) << 16 | this.high & 4278190080;
  }
  /** In bytes, as an int32. */
  get limit() {
    const raw = this.low & 65535 | this.high & 983040;
    return this.high & A_G ? raw << 12 | 4095 : raw;
  }
  get present() {
    return (this.high & A_P) !== 0;
  }
  get dpl() {
    return dplOf(this.high);
  }
  /** Of gates. */
  get selector() {
    return this.low >>> 16;
  }
  get offset32() {
    return this.low & 65535 | this.high & 4294901760;
  }
};
function findDescriptor(p, selector3) {
  const { base: base2, limit } = selector3 & 4 ? p.ldt : p.gdt;
  if (selector3 & 4 && p.ldt.attr === 0) return null;
  if ((selector3 | 7) > limit >>> 0) return null;
  const at2 = base2 + (selector3 & 65528) | 0;
  return new Descriptor(p.implicit.load32(at2), p.implicit.load32(at2 + 4 | 0), at2);
}
function readDescriptor(p, selector3, vector2 = 13 /* GP */, ext = 0) {
  const d = findDescriptor(p, selector3);
  if (!d) throw new GuestFault(vector2, selector3 & 65532 | ext);
  return d;
}
function markDescriptor(p, d, bits) {
  if ((d.high & bits) !== bits) p.implicit.store8(d.address + 5 | 0, (d.high | bits) >>> 8 & 255);
}

// src/mmu/paged-memory.ts
var PagedMemory = class {
  constructor(mmu, table2 = 1 /* supervisor */) {
    this.mmu = mmu;
    this.bytes = mmu.memory.bytes;
    this.D = mmu.memory.D;
    this.words = mmu.context.tlb.words;
    this.who = table2;
    this.table = table2;
  }
  mmu;
  bytes;
  D;
  version = -1;
  words;
  tag = 0;
  base = 0;
  who;
  get table() {
    return this.who;
  }
  set table(t) {
    this.who = t;
    this.base = t * TLB_SIZE * 4;
  }
  /** Take over the MMU's context in use; the first thing in every access. */
  sync() {
    this.version = this.mmu.version;
    this.words = this.mmu.context.tlb.words;
    this.tag = this.mmu.tag(0);
  }
  /**
   * Index of the TLB entry for an access, filled by a walk where needed; throws the #PF. The entry's Perm bits allow the access by the
   * guest's rules; whether the bytes are in the buffer, READ and FAST say.
   */
  entry(addr, access) {
    const i = this.find(addr, access);
    if (i >= 0) return i;
    throw new GuestFault(14 /* PF */, ~i, addr | 0);
  }
  /** The same, giving ~error code for a fault. */
  find(addr, access) {
    if (this.version !== this.mmu.version) this.sync();
    const { words } = this, page = addr >>> 12;
    const need = access === 0 /* read */ ? 32 /* MAPPED */ : neededPerm(access);
    const i = this.base + (page & TLB_SIZE - 1) * 4;
    if (words[i + 0 /* PAGE */] === page && words[i + 3 /* ATTR */] & need) {
      const t = words[i + 1 /* TAG */];
      if (t === this.tag || t === TAG_GLOBAL) return i;
    }
    return this.fill(addr, access);
  }
  fill(addr, access) {
    const { mmu } = this, { memory } = mmu, { walker, tlb } = mmu.context;
    const code = walker.walk(addr, 0, this.who, access);
    if (code !== OK) {
      tlb.invalidate(pageOf(addr, 0), this.tag, true);
      return ~code;
    }
    let attr = (walker.perm & 1 /* READ */ ? 32 /* MAPPED */ : 0) | walker.perm & (8 /* WRITE */ | 4 /* EXEC */);
    let diff = 0;
    if (walker.page >= 2 ** 32) attr |= ATTR_BEYOND;
    else {
      const page = memory.busPage(walker.page / PAGE_SIZE);
      const there = memory.perms[page];
      if (there & 1 /* READ */) {
        if (walker.perm & 1 /* READ */) attr |= 1 /* READ */;
        if (walker.perm & there & 8 /* WRITE */) attr |= 2 /* FAST */;
        diff = memory.frames[page] * PAGE_SIZE - (addr & -4096) | 0;
      }
      attr |= page << 12;
    }
    const global = walker.global && mmu.globalPages;
    return tlb.fill(pageOf(addr, 0), global ? TAG_GLOBAL : this.tag, this.who, diff, attr, walker.shift);
  }
  /** What to add to an address whose page may be accessed directly (READ or FAST) to get its offset in the buffer; look at `direct` first. */
  differenceAt(entry) {
    return this.words[entry + 2 /* DIFF */];
  }
  /** Physical address behind a TLB entry that `direct` gave. */
  physicalAt(entry, addr) {
    return this.physical(entry, addr);
  }
  /** An entry of the TLB whose page may be accessed directly, or -1: not looked for by walking. */
  anyDirect(perm) {
    if (this.version !== this.mmu.version) this.sync();
    const { words } = this;
    return this.mmu.context.tlb.find(this.who, (i) => (words[i + 3 /* ATTR */] & perm) !== 0 && this.direct(words[i + 0 /* PAGE */] << 12, perm) === i);
  }
  pageAt(entry) {
    return this.words[entry + 0 /* PAGE */] << 12;
  }
  /** Index of the entry for a direct read or write within a page, or -1. */
  direct(addr, perm) {
    if (this.version !== this.mmu.version) this.sync();
    const { words } = this, page = addr >>> 12;
    const i = this.base + (page & TLB_SIZE - 1) * 4;
    if (words[i + 0 /* PAGE */] !== page || !(words[i + 3 /* ATTR */] & perm)) return -1;
    const t = words[i + 1 /* TAG */];
    if (t !== this.tag && t !== TAG_GLOBAL) return -1;
    if (perm === 2 /* FAST */ && !(this.mmu.memory.perms[words[i + 3 /* ATTR */] >>> 12] & 2 /* FAST */)) return -1;
    return i;
  }
  // GuestMemory.
  load8(addr) {
    const i = this.direct(addr, 1 /* READ */);
    return i < 0 ? this.slowLoad(addr, 1) : this.bytes[addr + this.words[i + 2 /* DIFF */] >>> 0];
  }
  load16(addr) {
    const i = (addr & 4095) > 4094 ? -1 : this.direct(addr, 1 /* READ */);
    return i < 0 ? this.slowLoad(addr, 2) : this.D.getUint16(addr + this.words[i + 2 /* DIFF */] >>> 0, true);
  }
  load32(addr) {
    const i = (addr & 4095) > 4092 ? -1 : this.direct(addr, 1 /* READ */);
    return i < 0 ? this.slowLoad(addr, 4) | 0 : this.D.getInt32(addr + this.words[i + 2 /* DIFF */] >>> 0, true);
  }
  store8(addr, value2) {
    const i = this.direct(addr, 2 /* FAST */);
    if (i < 0) this.slowStore(addr, 1, value2);
    else this.bytes[addr + this.words[i + 2 /* DIFF */] >>> 0] = value2;
  }
  store16(addr, value2) {
    const i = (addr & 4095) > 4094 ? -1 : this.direct(addr, 2 /* FAST */);
    if (i < 0) this.slowStore(addr, 2, value2);
    else this.D.setInt16(addr + this.words[i + 2 /* DIFF */] >>> 0, value2, true);
  }
  store32(addr, value2) {
    const i = (addr & 4095) > 4092 ? -1 : this.direct(addr, 2 /* FAST */);
    if (i < 0) this.slowStore(addr, 4, value2);
    else this.D.setInt32(addr + this.words[i + 2 /* DIFF */] >>> 0, value2, true);
  }
  /** Physical address behind an entry; 2^32 and above where nothing is. */
  physical(i, addr) {
    const attr = this.words[i + 3 /* ATTR */];
    return attr & ATTR_BEYOND ? 2 ** 32 : ((attr & -4096) >>> 0) + (addr & 4095);
  }
  slowLoad(addr, size) {
    const { memory } = this.mmu;
    const first = this.physical(this.entry(addr, 0 /* read */), addr);
    const here = PAGE_SIZE - (addr & 4095);
    if (here >= size) return memory.read(first, size);
    const next = addr + here | 0;
    const second = this.physical(this.entry(next, 0 /* read */), next);
    let v = 0;
    for (let k = 0; k < size; k++) v |= memory.read8(k < here ? first + k : second + (k - here)) << 8 * k;
    return v;
  }
  slowStore(addr, size, value2) {
    const { memory } = this.mmu;
    const first = this.physical(this.entry(addr, 1 /* write */), addr);
    const here = PAGE_SIZE - (addr & 4095);
    if (here >= size) {
      memory.write(first, size, value2);
      return;
    }
    const next = addr + here | 0;
    const second = this.physical(this.entry(next, 1 /* write */), next);
    for (let k = 0; k < size; k++) memory.write(k < here ? first + k : second + (k - here), 1, value2 >>> 8 * k & 255);
  }
  /** Sets A bits, and D bits for a write, of the pages that would be accessed: the write is expected to follow. */
  probe(addr, size, write) {
    const access = write ? 1 /* write */ : 0 /* read */;
    this.entry(addr, access);
    const next = (addr & -4096) + PAGE_SIZE | 0;
    if ((addr & 4095) + size > PAGE_SIZE) this.entry(next, access);
  }
  flatRun(addr, max, write) {
    const access = write ? 1 /* write */ : 0 /* read */;
    const perm = write ? 2 /* FAST */ : 1 /* READ */;
    const i = this.find(addr, access);
    if (i < 0 || this.direct(addr, perm) < 0) return 0;
    const diff = this.words[i + 2 /* DIFF */];
    let n = PAGE_SIZE - (addr & 4095);
    while (n < max && (addr >>> 0) + n < 2 ** 32) {
      const k = this.direct(addr + n | 0, perm);
      if (k < 0 || this.words[k + 2 /* DIFF */] !== diff) break;
      n += PAGE_SIZE;
    }
    return Math.min(n, max);
  }
  /** Of an address that flatRun just found accessible. */
  flatOffset(addr) {
    return addr + this.words[this.base + (addr >>> 12 & TLB_SIZE - 1) * 4 + 2 /* DIFF */] >>> 0;
  }
  // Instruction fetch (frontend's CodeSource).
  fetch(addr, into2, max) {
    let n = 0;
    while (n < max) {
      const a = addr + n | 0;
      const i = this.find(a, 2 /* fetch */);
      if (i < 0) break;
      const size = Math.min(max - n, PAGE_SIZE - (a & 4095));
      const from = this.physical(i, a);
      for (let k = 0; k < size; k++) into2[n + k] = this.mmu.memory.read8(from + k);
      n += size;
    }
    return n;
  }
  /** The fault that a fetch at `addr` raises. */
  fetchFault(addr) {
    const i = this.find(addr, 2 /* fetch */);
    return new GuestFault(14 /* PF */, i < 0 ? ~i : 0, addr | 0);
  }
  /** Physical address that a fetch at `addr` reads, the key of translations; throws the #PF. */
  fetchAddress(addr) {
    return this.physical(this.entry(addr, 2 /* fetch */), addr);
  }
};

// src/runtime/machine/cpu/debug.ts
var Breakpoints = class {
  address = new Int32Array(4);
  dr6 = DR6_FIXED;
  control = DR7_FIXED;
  /** Bits to be set in DR6 by the #DB that is due at the next instruction boundary; 0: none. */
  due = 0;
  /** A breakpoint on code, on data, or on ports is enabled. */
  code = false;
  data = false;
  io = false;
  get dr7() {
    return this.control;
  }
  set dr7(value2) {
    this.control = value2 & ~55296 | DR7_FIXED;
    this.code = this.data = this.io = false;
    for (let i = 0; i < 4; i++) {
      if (!this.enabled(i)) continue;
      const kind = this.kind(i);
      if (kind === 0 /* execute */) this.code = true;
      else if (kind === 2 /* io */) this.io = true;
      else this.data = true;
    }
  }
  setDr6(value2) {
    this.dr6 = value2 & 57359 | DR6_FIXED;
  }
  /** The trap at a task switch to a task whose T bit is set. */
  set taskTrap(on) {
    if (on) this.due |= DR6_BT;
  }
  /** A task switch: local breakpoints are disabled. */
  leaveTask() {
    this.dr7 = this.control & ~341;
  }
  reset() {
    this.address.fill(0);
    this.dr6 = DR6_FIXED;
    this.dr7 = DR7_FIXED;
    this.due = 0;
  }
  enabled(i) {
    return (this.control >> i * 2 & 3) !== 0;
  }
  kind(i) {
    return this.control >> 16 + i * 4 & 3;
  }
  /** Length in bytes; the breakpoint's address is aligned to it. */
  length(i) {
    const code = this.control >> 18 + i * 4 & 3;
    return code === 2 ? 8 : code + 1;
  }
  /** Bits of DR6 for an instruction about to execute at a linear address. */
  atCode(linear) {
    let hits = 0;
    for (let i = 0; i < 4; i++) if (this.enabled(i) && this.kind(i) === 0 /* execute */ && this.address[i] === linear) hits |= 1 << i;
    return hits;
  }
  /** Note a data access; the trap comes after its instruction. */
  onData(linear, size, write) {
    for (let i = 0; i < 4; i++) {
      const kind = this.kind(i);
      if (this.enabled(i) && (kind === 3 /* access */ || kind === 1 /* write */ && write) && this.overlaps(i, linear, size)) this.due |= 1 << i;
    }
  }
  onPort(port2, size) {
    for (let i = 0; i < 4; i++) if (this.enabled(i) && this.kind(i) === 2 /* io */ && this.overlaps(i, port2, size)) this.due |= 1 << i;
  }
  overlaps(i, at2, size) {
    const length = this.length(i);
    const start = (this.address[i] & -length) >>> 0, a = at2 >>> 0;
    return a < start + length && a + size > start;
  }
};

// src/runtime/machine/cpu/msr-file.ts
var Msrs = class {
  sysenterCs = 0;
  sysenterEsp = 0;
  sysenterEip = 0;
  tscAux = 0;
  /** What the time-stamp counter is ahead of the machine's clock, and IA32_TSC_ADJUST; (low, high). */
  tscOffset = new Int32Array(2);
  tscAdjust = new Int32Array(2);
  pat = new Int32Array([459782, 459782]);
  /** IA32_MISC_ENABLE: fast strings, no BTS and PEBS. */
  miscEnable = new Int32Array([6145, 0]);
  debugControl = new Int32Array(2);
  mtrrDefault = 0;
  /** Base and mask of the variable ranges, (low, high) each; the fixed ranges. */
  mtrrVariable = new Int32Array(8 * 4);
  mtrrFixed = new Int32Array(11 * 2);
  reset() {
    this.sysenterCs = this.sysenterEsp = this.sysenterEip = this.tscAux = 0;
    this.tscOffset.fill(0);
    this.tscAdjust.fill(0);
    this.pat.fill(459782);
    this.miscEnable.set([6145, 0]);
    this.debugControl.fill(0);
    this.mtrrDefault = 0;
    this.mtrrVariable.fill(0);
    this.mtrrFixed.fill(0);
  }
};

// src/runtime/machine/cpu/processor.ts
var Processor = class {
  constructor(mmu, id2) {
    this.mmu = mmu;
    this.id = id2;
    this.memory = new PagedMemory(mmu);
    this.implicit = new PagedMemory(mmu, 1 /* supervisor */);
  }
  mmu;
  id;
  state = new CpuState();
  S = this.state.S;
  /** Accesses of the program: at its privilege level. */
  memory;
  /** Accesses to descriptor tables and task states: as a supervisor, whatever the privilege level. */
  implicit;
  cr2 = 0;
  gdt = { base: 0, limit: 65535 };
  idt = { base: 0, limit: 65535 };
  ldt = { selector: 0, base: 0, limit: 65535, attr: 33280 };
  tr = { selector: 0, base: 0, limit: 65535, attr: 35584 };
  debug = new Breakpoints();
  msrs = new Msrs();
  xcr0 = 1;
  get cpl() {
    return this.S[CPL >> 2];
  }
  set cpl(value2) {
    this.S[CPL >> 2] = value2;
    this.selectTable();
  }
  /** Whose accesses the program's are; after changes of CPL and EFLAGS.AC. */
  selectTable() {
    this.memory.table = tableOf(this.S[CPL >> 2], (this.S[EFL >> 2] & FL_AC) !== 0);
  }
  get eflags() {
    return readEflags(this.S);
  }
  get realMode() {
    return (this.mmu.cr0 & 1) === 0;
  }
  get esp() {
    return this.S[(GPR >> 2) + 4 /* ESP */ * 2];
  }
  set esp(value2) {
    this.S[(GPR >> 2) + 4 /* ESP */ * 2] = value2;
  }
};
function fault(vector2, code = 0) {
  throw new GuestFault(vector2, code);
}
function gp(code = 0) {
  throw new GuestFault(13 /* GP */, code);
}

// src/runtime/machine/cpu/segment.ts
var REAL_ATTR = 37632;
var V86_ATTR = 62208;
function setSegment(p, seg, selector3, base2, limit, attr) {
  const { S } = p;
  S[(SEG_SEL >> 2) + seg] = selector3;
  S[(SEG_BASE >> 2) + seg * 2] = base2;
  S[(SEG_LIMIT >> 2) + seg] = limit;
  S[(SEG_ATTR >> 2) + seg] = attr;
  setBounds(p, seg);
}
function setBounds(p, seg) {
  const { S } = p;
  const attr = S[(SEG_ATTR >> 2) + seg], limit = S[(SEG_LIMIT >> 2) + seg] >>> 0;
  const bound2 = limit >= 15 ? limit - 14 : 0;
  S[(SEG_READ >> 2) + seg] = readable(p, attr) && !isDown(attr) ? bound2 : 0;
  S[(SEG_WRITE >> 2) + seg] = writable(p, attr) && !isDown(attr) ? bound2 : 0;
}
function refreshBounds(p) {
  for (let seg = 0; seg < 6; seg++) setBounds(p, seg);
}
function isDown(attr) {
  return (attr & (A_CODE | A_DOWN)) === A_DOWN;
}
function readable(p, attr) {
  return p.realMode || (attr & A_P) !== 0 && ((attr & A_CODE) === 0 || (attr & A_RW) !== 0);
}
function writable(p, attr) {
  return p.realMode || (attr & (A_P | A_CODE | A_RW)) === (A_P | A_RW);
}
function checkSegment(p, seg, offset, size, write) {
  const attr = p.S[(SEG_ATTR >> 2) + seg];
  const ok = (write ? writable(p, attr) : readable(p, attr)) && inLimit(attr, p.S[(SEG_LIMIT >> 2) + seg], offset, size);
  if (!ok) throw new GuestFault(seg === 2 /* SS */ ? 12 /* SS */ : 13 /* GP */);
}
function inLimit(attr, limit, offset, size) {
  const first = offset >>> 0, last = first + size - 1;
  if (!isDown(attr)) return last <= limit >>> 0;
  return first > limit >>> 0 && last <= (attr & A_DB ? 4294967295 : 65535);
}
function setNull(p, seg, selector3) {
  setSegment(p, seg, selector3, 0, 0, 0);
}
function setParagraph(p, seg, selector3) {
  if (p.eflags & FL_VM) return setSegment(p, seg, selector3, selector3 << 4, 65535, V86_ATTR);
  const attr = p.S[(SEG_ATTR >> 2) + seg];
  if (seg === 1 /* CS */) setSegment(p, seg, selector3, selector3 << 4, p.S[(SEG_LIMIT >> 2) + seg], attr & (A_G | A_DB) | REAL_ATTR);
  else if (!(attr & A_P)) setSegment(p, seg, selector3, selector3 << 4, 65535, REAL_ATTR);
  else setSegment(p, seg, selector3, selector3 << 4, p.S[(SEG_LIMIT >> 2) + seg], attr);
}
function loadSegment2(p, seg, selector3) {
  if (p.realMode || p.eflags & FL_VM) return setParagraph(p, seg, selector3);
  if (seg === 2 /* SS */) return loadStack(p, selector3, p.cpl, 13 /* GP */, 0);
  loadData(p, seg, selector3, 13 /* GP */);
}
function loadData(p, seg, selector3, vector2) {
  if ((selector3 & 65532) === 0) return setNull(p, seg, selector3);
  const d = readDescriptor(p, selector3, vector2);
  const { attr } = d, code = selector3 & 65532;
  if (!(attr & A_S) || (attr & (A_CODE | A_RW)) === A_CODE) throw new GuestFault(vector2, code);
  if ((attr & (A_CODE | A_CONFORMING)) !== (A_CODE | A_CONFORMING) && (d.dpl < p.cpl || d.dpl < (selector3 & 3))) throw new GuestFault(vector2, code);
  if (!d.present) throw new GuestFault(11 /* NP */, code);
  load3(p, seg, selector3, d);
}
function loadTaskData(p, seg, selector3) {
  loadData(p, seg, selector3, 10 /* TS */);
}
function stackDescriptor(p, selector3, cpl, vector2, ext) {
  const code = selector3 & 65532 | ext;
  if ((selector3 & 65532) === 0) throw new GuestFault(vector2, ext);
  const d = readDescriptor(p, selector3, vector2, ext);
  if ((selector3 & 3) !== cpl || d.dpl !== cpl || (d.attr & (A_S | A_CODE | A_RW)) !== (A_S | A_RW)) throw new GuestFault(vector2, code);
  if (!d.present) throw new GuestFault(12 /* SS */, code);
  return d;
}
function loadStack(p, selector3, cpl, vector2, ext) {
  load3(p, 2 /* SS */, selector3, stackDescriptor(p, selector3, cpl, vector2, ext));
}
function load3(p, seg, selector3, d) {
  markDescriptor(p, d, A_ACCESSED);
  setSegment(p, seg, selector3, d.base, d.limit, d.attr | A_ACCESSED);
}
function loadCode(p, selector3, d, cpl) {
  load3(p, 1 /* CS */, selector3 & 65532 | cpl, d);
  p.cpl = cpl;
}
function dropInner(p) {
  for (const seg of [0 /* ES */, 3 /* DS */, 4 /* FS */, 5 /* GS */]) {
    const attr = p.S[(SEG_ATTR >> 2) + seg];
    if (attr & A_P && (attr & (A_CODE | A_CONFORMING)) !== (A_CODE | A_CONFORMING) && dplOf(attr) < p.cpl) setNull(p, seg, 0);
  }
}
function checkEip(limit, eip) {
  if (eip >>> 0 > limit >>> 0) gp();
}

// src/runtime/machine/cpu/stack.ts
var Stack = class _Stack {
  constructor(p, base2, limit, attr, sp, code = 0) {
    this.p = p;
    this.base = base2;
    this.limit = limit;
    this.attr = attr;
    this.sp = sp;
    this.code = code;
    this.wide = (attr & A_DB) !== 0;
    if (!this.wide) this.sp &= 65535;
  }
  p;
  base;
  limit;
  attr;
  sp;
  code;
  wide;
  static current(p, code = 0) {
    const { S } = p;
    return new _Stack(p, S[(SEG_BASE >> 2) + 2 /* SS */ * 2], S[(SEG_LIMIT >> 2) + 2 /* SS */], S[(SEG_ATTR >> 2) + 2 /* SS */], p.esp, code);
  }
  push(size, value2) {
    const sp = this.moved(-size);
    const at2 = this.check(sp, size);
    if (size === 2) this.p.memory.store16(at2, value2);
    else this.p.memory.store32(at2, value2);
    this.sp = sp;
  }
  /** Value of 16 bits zero-extended, or int32. */
  pop(size) {
    const at2 = this.check(this.sp, size);
    const value2 = size === 2 ? this.p.memory.load16(at2) : this.p.memory.load32(at2);
    this.sp = this.moved(size);
    return value2;
  }
  skip(bytes) {
    this.sp = this.moved(bytes);
  }
  moved(by) {
    return this.wide ? this.sp + by | 0 : this.sp + by & 65535;
  }
  check(sp, size) {
    if (!inLimit(this.attr, this.limit, sp, size)) throw new GuestFault(12 /* SS */, this.code);
    return this.base + sp | 0;
  }
  /** Make its pointer the processor's; the upper half of ESP stays on a 16-bit stack. */
  commit() {
    const i = (GPR >> 2) + 4 /* ESP */ * 2;
    this.p.S[i] = this.wide ? this.sp : this.p.S[i] & 4294901760 | this.sp;
  }
};

// src/runtime/machine/cpu/task.ts
var BUSY2 = 2;
var AT32 = { cr3: 28, eip: 32, eflags: 36, gpr: 40, segments: 72, ldt: 96, trap: 100, limit: 103 };
var AT16 = { cr3: 0, eip: 14, eflags: 16, gpr: 18, segments: 34, ldt: 42, trap: 0, limit: 43 };
var SEGMENTS = [0 /* ES */, 1 /* CS */, 2 /* SS */, 3 /* DS */, 4 /* FS */, 5 /* GS */];
function is32(type) {
  return type === 9 /* tss32 */ || type === 11 /* tss32Busy */;
}
function innerStack(p, cpl, ext) {
  const { tr } = p;
  const wide3 = is32(systemType(tr.attr));
  const at2 = wide3 ? 4 + cpl * 8 : 2 + cpl * 4;
  if (at2 + (wide3 ? 5 : 3) > tr.limit >>> 0) fault(10 /* TS */, tr.selector & 65532 | ext);
  const address2 = tr.base + at2 | 0;
  return wide3 ? { sp: p.implicit.load32(address2), selector: p.implicit.load16(address2 + 4 | 0) } : { sp: p.implicit.load16(address2), selector: p.implicit.load16(address2 + 2 | 0) };
}
function taskSwitch(p, selector3, tss, how, next, flags, ext) {
  const { implicit: m2, S, tr } = p;
  const wide3 = is32(systemType(tss.high));
  const layout = wide3 ? AT32 : AT16;
  const code = selector3 & 65532 | ext;
  if (tss.limit >>> 0 < layout.limit) fault(10 /* TS */, code);
  const oldWide = is32(systemType(tr.attr));
  const oldLayout = oldWide ? AT32 : AT16;
  m2.probe(tr.base, oldLayout.limit + 1, true);
  m2.probe(tss.base, layout.limit + 1, how === 1 /* nested */);
  const at2 = (offset) => tss.base + offset | 0;
  const word4 = (offset, k) => wide3 ? m2.load32(at2(offset + k * 4)) : m2.load16(at2(offset + k * 2));
  const cr3 = wide3 ? m2.load32(at2(AT32.cr3)) : 0;
  const eip = word4(layout.eip, 0);
  let eflags = word4(layout.eflags, 0);
  const gprs = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => word4(layout.gpr, k));
  const selectors = SEGMENTS.map((_, k) => wide3 || k < 4 ? word4(layout.segments, k) & 65535 : 0);
  const ldt = m2.load16(at2(layout.ldt));
  const trap = wide3 && (m2.load16(at2(AT32.trap)) & 1) !== 0;
  if (how !== 1 /* nested */) setBusy(p, tr.selector, false);
  if (how === 2 /* back */) flags &= ~FL_NT;
  const put4 = (offset, k, value2) => {
    if (oldWide) m2.store32(tr.base + offset + k * 4 | 0, value2);
    else m2.store16(tr.base + offset + k * 2 | 0, value2);
  };
  put4(oldLayout.eip, 0, next);
  put4(oldLayout.eflags, 0, flags);
  for (let k = 0; k < 8; k++) put4(oldLayout.gpr, k, S[(GPR >> 2) + k * 2]);
  for (let k = 0; k < (oldWide ? 6 : 4); k++) {
    const address2 = tr.base + oldLayout.segments + k * (oldWide ? 4 : 2) | 0;
    m2.store16(address2, S[(SEG_SEL >> 2) + SEGMENTS[k]]);
  }
  if (how === 1 /* nested */) {
    m2.store16(tss.base, tr.selector);
    eflags |= FL_NT;
  }
  if (how !== 2 /* back */) setBusy(p, selector3, true);
  const { mmu } = p;
  tr.selector = selector3;
  tr.base = tss.base;
  tr.limit = tss.limit;
  tr.attr = tss.attr | BUSY2 << 8;
  mmu.writeCr0(mmu.cr0 | CR0_TS);
  if (wide3 && mmu.cr0 & CR0_PG2) mmu.writeCr3(cr3);
  p.debug.leaveTask();
  if (trap) p.debug.taskTrap = true;
  S[PC >> 2] = eip;
  writeEflags(S, wide3 ? eflags & 4161493 : eflags & 32725);
  for (let k = 0; k < 8; k++) {
    const i = (GPR >> 2) + k * 2;
    S[i] = wide3 ? gprs[k] : gprs[k] | 4294901760;
  }
  loadSelectors(p, selectors, ldt, ext);
}
function loadSelectors(p, selectors, ldt, ext) {
  const v86 = (p.eflags & FL_VM) !== 0;
  for (let k = 0; k < 6; k++) setSegment(p, SEGMENTS[k], selectors[k], 0, 0, 0);
  p.cpl = v86 ? 3 : selectors[1] & 3;
  loadLdt(p, ldt, ext);
  if (v86) {
    for (let k = 0; k < 6; k++) setSegment(p, SEGMENTS[k], selectors[k], selectors[k] << 4, 65535, V86_ATTR);
    return;
  }
  const cs = selectors[1], code = cs & 65532 | ext;
  if ((cs & 65532) === 0) fault(10 /* TS */, ext);
  const d = readDescriptor(p, cs, 10 /* TS */, ext);
  const rpl = cs & 3;
  if ((d.attr & (A_S | A_CODE)) !== (A_S | A_CODE) || (d.attr & A_CONFORMING ? d.dpl > rpl : d.dpl !== rpl)) fault(10 /* TS */, code);
  if (!d.present) fault(11 /* NP */, code);
  loadCode(p, cs, d, rpl);
  loadStack(p, selectors[2], rpl, 10 /* TS */, ext);
  for (const k of [3, 0, 4, 5]) loadTaskData(p, SEGMENTS[k], selectors[k]);
}
function loadLdt(p, selector3, ext) {
  p.ldt.selector = selector3;
  p.ldt.attr = p.ldt.base = p.ldt.limit = 0;
  if ((selector3 & 65532) === 0) return;
  const code = selector3 & 65532 | ext;
  if (selector3 & 4) fault(10 /* TS */, code);
  const d = readDescriptor(p, selector3, 10 /* TS */, ext);
  if (d.high & A_S || systemType(d.high) !== 2 /* ldt */ || !d.present) fault(10 /* TS */, code);
  p.ldt.base = d.base;
  p.ldt.limit = d.limit;
  p.ldt.attr = d.attr;
}
function setBusy(p, selector3, busy) {
  const at2 = p.gdt.base + (selector3 & 65528) + 5 | 0;
  const old = p.implicit.load8(at2);
  p.implicit.store8(at2, busy ? old | BUSY2 : old & ~BUSY2);
}
function switchByTransfer(p, selector3, d, how, next) {
  const code = selector3 & 65532;
  if (d.dpl < p.cpl || d.dpl < (selector3 & 3)) throw new GuestFault(13 /* GP */, code);
  if (!d.present) fault(11 /* NP */, code);
  let target = selector3, tss = d;
  if (systemType(d.high) === 5 /* task */) {
    target = d.selector;
    if (target & 4 || (target & 65532) === 0) throw new GuestFault(13 /* GP */, target & 65532);
    tss = readDescriptor(p, target);
    const type = systemType(tss.high);
    if (tss.high & A_S || type !== 1 /* tss16 */ && type !== 9 /* tss32 */) throw new GuestFault(13 /* GP */, target & 65532);
    if (!tss.present) fault(11 /* NP */, target & 65532);
  }
  taskSwitch(p, target, tss, how, next, p.eflags, 0);
}
function taskReturn(p, next) {
  const selector3 = p.implicit.load16(p.tr.base), code = selector3 & 65532;
  if (selector3 & 4 || code === 0) fault(10 /* TS */, code);
  const tss = readDescriptor(p, selector3, 10 /* TS */);
  const type = systemType(tss.high);
  if (tss.high & A_S || type !== 3 /* tss16Busy */ && type !== 11 /* tss32Busy */) fault(10 /* TS */, code);
  if (!tss.present) fault(11 /* NP */, code);
  taskSwitch(p, selector3, tss, 2 /* back */, next, p.eflags, 0);
}

// src/runtime/machine/cpu/far.ts
function farTransfer2(p) {
  const { S } = p;
  const kind = S[EXIT_ARG >> 2] & 255, size = S[EXIT_ARG >> 2] >> 8;
  const selector3 = S[FAR_SEL >> 2] & 65535, offset = S[FAR_OFF >> 2], next = S[FAR_NEXT >> 2];
  const paragraphs = p.realMode || (p.eflags & FL_VM) !== 0;
  try {
    switch (kind) {
      case 0 /* jump */:
        return paragraphs ? goTo(p, selector3, truncate(offset, size)) : jump(p, selector3, truncate(offset, size), next);
      case 1 /* call */:
        return paragraphs ? callParagraph(p, size, selector3, offset, next) : call2(p, size, selector3, offset, next);
      case 2 /* ret */:
        return paragraphs ? returnParagraph(p, size, offset) : returnFar(p, size, offset);
      case 3 /* iret */:
        return paragraphs ? iretParagraph(p, size) : iret2(p, size, next);
      case 4 /* sysexit */:
        return sysexit2(p);
    }
  } catch (e) {
    p.selectTable();
    throw e;
  }
}
function truncate(offset, size) {
  return size === 2 ? offset & 65535 : offset;
}
function goTo(p, selector3, offset) {
  checkEip(p.S[(SEG_LIMIT >> 2) + 1 /* CS */], offset);
  setParagraph(p, 1 /* CS */, selector3);
  p.S[PC >> 2] = offset;
}
function callParagraph(p, size, selector3, offset, next) {
  offset = truncate(offset, size);
  checkEip(p.S[(SEG_LIMIT >> 2) + 1 /* CS */], offset);
  const stack = Stack.current(p);
  stack.push(size, p.S[(SEG_SEL >> 2) + 1 /* CS */]);
  stack.push(size, next);
  stack.commit();
  goTo(p, selector3, offset);
}
function returnParagraph(p, size, release) {
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector3 = stack.pop(size) & 65535;
  stack.skip(release);
  goTo(p, selector3, offset);
  stack.commit();
}
function iretParagraph(p, size) {
  const v86 = (p.eflags & FL_VM) !== 0;
  if (v86 && (p.eflags & FL_IOPL) !== FL_IOPL) gp();
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector3 = stack.pop(size) & 65535, flags = stack.pop(size);
  goTo(p, selector3, offset);
  stack.commit();
  let keep2 = FL_VM | FL_VIF | FL_VIP | (v86 ? FL_IOPL : 0);
  if (size === 2) keep2 |= 4294901760 | 0;
  writeEflags(p.S, p.eflags & keep2 | flags & ~keep2 & FLAGS);
  p.selectTable();
}
var FLAGS = 4161493;
function checkSameLevel(p, selector3, cs) {
  const code = selector3 & 65532;
  if (cs.attr & A_CONFORMING ? cs.dpl > p.cpl : (selector3 & 3) > p.cpl || cs.dpl !== p.cpl) gp(code);
  if (!cs.present) fault(11 /* NP */, code);
}
function isCode(d) {
  return (d.attr & (A_S | A_CODE)) === (A_S | A_CODE);
}
function jump(p, selector3, offset, next) {
  if ((selector3 & 65532) === 0) gp();
  const d = readDescriptor(p, selector3);
  if (isCode(d)) {
    checkSameLevel(p, selector3, d);
    checkEip(d.limit, offset);
    loadCode(p, selector3, d, p.cpl);
    p.S[PC >> 2] = offset;
    return;
  }
  if (d.attr & A_S) gp(selector3 & 65532);
  switch (systemType(d.high)) {
    case 1 /* tss16 */:
    case 9 /* tss32 */:
    case 5 /* task */:
      return switchByTransfer(p, selector3, d, 0 /* jump */, next);
    case 4 /* call16 */:
    case 12 /* call32 */: {
      const gate = openCallGate(p, selector3, d);
      const { cs } = gate;
      if (cs.attr & A_CONFORMING ? cs.dpl > p.cpl : cs.dpl !== p.cpl) gp(d.selector & 65532);
      if (!cs.present) fault(11 /* NP */, d.selector & 65532);
      checkEip(cs.limit, gate.offset);
      loadCode(p, d.selector, cs, p.cpl);
      p.S[PC >> 2] = gate.offset;
      return;
    }
    default:
      gp(selector3 & 65532);
  }
}
function openCallGate(p, selector3, gate) {
  const code = selector3 & 65532;
  if (gate.dpl < p.cpl || gate.dpl < (selector3 & 3)) gp(code);
  if (!gate.present) fault(11 /* NP */, code);
  if ((gate.selector & 65532) === 0) gp();
  const cs = readDescriptor(p, gate.selector);
  if (!isCode(cs) || cs.dpl > p.cpl) gp(gate.selector & 65532);
  const wide3 = systemType(gate.high) === 12 /* call32 */;
  return { cs, offset: wide3 ? gate.offset32 : gate.low & 65535, size: wide3 ? 4 : 2 };
}
function call2(p, size, selector3, offset, next) {
  if ((selector3 & 65532) === 0) gp();
  const d = readDescriptor(p, selector3);
  if (isCode(d)) {
    checkSameLevel(p, selector3, d);
    enter2(p, size, selector3, d, truncate(offset, size), next);
    return;
  }
  if (d.attr & A_S) gp(selector3 & 65532);
  switch (systemType(d.high)) {
    case 1 /* tss16 */:
    case 9 /* tss32 */:
    case 5 /* task */:
      return switchByTransfer(p, selector3, d, 1 /* nested */, next);
    case 4 /* call16 */:
    case 12 /* call32 */:
      return callThroughGate(p, selector3, d, next);
    default:
      gp(selector3 & 65532);
  }
}
function enter2(p, size, selector3, cs, offset, next) {
  const stack = Stack.current(p);
  stack.push(size, p.S[(SEG_SEL >> 2) + 1 /* CS */]);
  stack.push(size, next);
  checkEip(cs.limit, offset);
  stack.commit();
  loadCode(p, selector3, cs, p.cpl);
  p.S[PC >> 2] = offset;
}
function callThroughGate(p, selector3, d, next) {
  const { cs, offset, size } = openCallGate(p, selector3, d);
  if (!cs.present) fault(11 /* NP */, d.selector & 65532);
  if (cs.attr & A_CONFORMING || cs.dpl === p.cpl) return enter2(p, size, d.selector, cs, offset, next);
  const { S } = p;
  const cpl = cs.dpl;
  const inner = innerStack(p, cpl, 0);
  const ss = stackDescriptor(p, inner.selector, cpl, 10 /* TS */, 0);
  const count2 = d.high & 31;
  const old = Stack.current(p);
  const parameters = Array.from({ length: count2 }, () => old.pop(size));
  const stack = new Stack(p, ss.base, ss.limit, ss.attr, inner.sp, inner.selector & 65532);
  p.memory.table = tableOf(cpl, (p.eflags & FL_AC) !== 0);
  stack.push(size, S[(SEG_SEL >> 2) + 2 /* SS */]);
  stack.push(size, p.esp);
  for (let k = count2 - 1; k >= 0; k--) stack.push(size, parameters[k]);
  stack.push(size, S[(SEG_SEL >> 2) + 1 /* CS */]);
  stack.push(size, next);
  checkEip(cs.limit, offset);
  load3(p, 2 /* SS */, inner.selector, ss);
  stack.commit();
  loadCode(p, d.selector, cs, cpl);
  S[PC >> 2] = offset;
}
function returnTarget(p, selector3) {
  const code = selector3 & 65532, rpl = selector3 & 3;
  if (code === 0) gp();
  const cs = readDescriptor(p, selector3);
  if (!isCode(cs) || rpl < p.cpl || (cs.attr & A_CONFORMING ? cs.dpl > rpl : cs.dpl !== rpl)) gp(code);
  if (!cs.present) fault(11 /* NP */, code);
  return cs;
}
function returnFar(p, size, release) {
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector3 = stack.pop(size) & 65535;
  const cs = returnTarget(p, selector3);
  stack.skip(release);
  if ((selector3 & 3) === p.cpl) {
    checkEip(cs.limit, offset);
    stack.commit();
    loadCode(p, selector3, cs, p.cpl);
  } else returnOuter(p, stack, size, selector3, cs, offset, release);
  p.S[PC >> 2] = offset;
}
function returnOuter(p, stack, size, selector3, cs, offset, release) {
  const rpl = selector3 & 3;
  const sp = stack.pop(size), ssSelector = stack.pop(size) & 65535;
  const ss = stackDescriptor(p, ssSelector, rpl, 13 /* GP */, 0);
  checkEip(cs.limit, offset);
  load3(p, 2 /* SS */, ssSelector, ss);
  const outer = new Stack(p, ss.base, ss.limit, ss.attr, sp);
  outer.skip(release);
  outer.commit();
  loadCode(p, selector3, cs, rpl);
  dropInner(p);
}
function iret2(p, size, next) {
  if (p.eflags & FL_NT) return taskReturn(p, next);
  const { S } = p;
  const stack = Stack.current(p);
  const offset = stack.pop(size), selector3 = stack.pop(size) & 65535, flags = stack.pop(size);
  if (size === 4 && flags & FL_VM && p.cpl === 0) return enterV86(p, stack, selector3, offset, flags);
  const cs = returnTarget(p, selector3);
  const old = p.eflags;
  let mask2 = FLAGS & ~(FL_IF | FL_IOPL | FL_VM | FL_VIF | FL_VIP);
  if (p.cpl <= (old & FL_IOPL) >> 12) mask2 |= FL_IF;
  if (p.cpl === 0) mask2 |= FL_IOPL | FL_VIF | FL_VIP;
  if (size === 2) mask2 &= 65535;
  if ((selector3 & 3) === p.cpl) {
    checkEip(cs.limit, offset);
    stack.commit();
    loadCode(p, selector3, cs, p.cpl);
  } else returnOuter(p, stack, size, selector3, cs, offset, 0);
  writeEflags(S, old & ~mask2 | flags & mask2);
  S[PC >> 2] = offset;
  p.selectTable();
}
function enterV86(p, stack, selector3, offset, flags) {
  const { S } = p;
  const sp = stack.pop(4);
  const [ss, es, ds, fs, gs] = [0, 0, 0, 0, 0].map(() => stack.pop(4) & 65535);
  checkEip(65535, offset);
  writeEflags(S, flags & (FLAGS | FL_RF));
  const put4 = (seg, value2) => setSegment(p, seg, value2, value2 << 4, 65535, V86_ATTR);
  put4(1 /* CS */, selector3);
  put4(2 /* SS */, ss);
  put4(0 /* ES */, es);
  put4(3 /* DS */, ds);
  put4(4 /* FS */, fs);
  put4(5 /* GS */, gs);
  p.esp = sp;
  p.cpl = 3;
  S[PC >> 2] = offset;
}
var FLAT_CODE = 12622592;
var FLAT_DATA = 12620544;
function sysenter(p) {
  const { sysenterCs, sysenterEsp, sysenterEip } = p.msrs;
  if (p.realMode || (sysenterCs & 65532) === 0) throw new GuestFault(13 /* GP */);
  writeEflags(p.S, p.eflags & ~(FL_VM | FL_IF | FL_RF));
  setSegment(p, 1 /* CS */, sysenterCs & 65532, 0, -1, FLAT_CODE);
  setSegment(p, 2 /* SS */, (sysenterCs & 65532) + 8, 0, -1, FLAT_DATA);
  p.esp = sysenterEsp;
  p.cpl = 0;
  p.S[PC >> 2] = sysenterEip;
}
function sysexit2(p) {
  const { sysenterCs } = p.msrs;
  if (p.realMode || (sysenterCs & 65532) === 0) throw new GuestFault(13 /* GP */);
  const user = 24576;
  setSegment(p, 1 /* CS */, (sysenterCs & 65532) + 16 | 3, 0, -1, FLAT_CODE | user);
  setSegment(p, 2 /* SS */, (sysenterCs & 65532) + 24 | 3, 0, -1, FLAT_DATA | user);
  p.S[PC >> 2] = p.S[(GPR >> 2) + 2 /* EDX */ * 2];
  p.esp = p.S[(GPR >> 2) + 1 /* ECX */ * 2];
  p.cpl = 3;
}

// src/runtime/machine/cpu/interrupt.ts
var NO_CODE = -1;
function interrupt2(p, vector2, origin, code, next, resume) {
  const flags = resume ? p.eflags | FL_RF : p.eflags;
  const e = { vector: vector2, origin, code, next, flags, ext: origin === 2 /* software */ ? 0 : 1 };
  try {
    if (p.realMode) throughVectorTable(p, e);
    else throughGate(p, e);
  } catch (x) {
    p.selectTable();
    throw x;
  }
}
function throughVectorTable(p, e) {
  if (e.vector * 4 + 3 > p.idt.limit) gp();
  const entry = p.implicit.load32(p.idt.base + e.vector * 4 | 0);
  const stack = Stack.current(p);
  stack.push(2, e.flags);
  stack.push(2, p.S[(SEG_SEL >> 2) + 1 /* CS */]);
  stack.push(2, e.next);
  stack.commit();
  setParagraph(p, 1 /* CS */, entry >>> 16);
  p.S[PC >> 2] = entry & 65535;
  writeEflags(p.S, p.eflags & ~(FL_IF | FL_TF | FL_AC | FL_RF));
  p.selectTable();
}
function throughGate(p, e) {
  const index2 = e.vector << 3 | 2 | e.ext;
  if (e.vector * 8 + 7 > p.idt.limit) gp(index2);
  const at2 = p.idt.base + e.vector * 8 | 0;
  const gate = new Descriptor(p.implicit.load32(at2), p.implicit.load32(at2 + 4 | 0), at2);
  const type = systemType(gate.high);
  if (gate.high & A_S || type !== 5 /* task */ && (type & 6) !== 6) gp(index2);
  if (e.origin === 2 /* software */ && gate.dpl < p.cpl) gp(index2);
  if (!gate.present) fault(11 /* NP */, index2);
  if (type === 5 /* task */) return throughTaskGate(p, e, gate.selector);
  const size = type >= 14 /* int32 */ ? 4 : 2;
  const { selector: selector3 } = gate;
  if ((selector3 & 65532) === 0) gp(e.ext);
  const cs = readDescriptor(p, selector3, 13 /* GP */, e.ext);
  const csCode = selector3 & 65532 | e.ext;
  if ((cs.attr & (A_S | A_CODE)) !== (A_S | A_CODE) || cs.dpl > p.cpl) gp(csCode);
  if (!cs.present) fault(11 /* NP */, csCode);
  const offset = size === 4 ? gate.offset32 : gate.low & 65535;
  const conforming = (cs.attr & A_CONFORMING) !== 0;
  const { S } = p;
  const old = S.slice(SEG_SEL >> 2, (SEG_SEL >> 2) + 6);
  const v86 = (p.eflags & FL_VM) !== 0;
  const frame = (stack) => {
    stack.push(size, e.flags);
    stack.push(size, old[1 /* CS */]);
    stack.push(size, e.next);
    if (e.code !== NO_CODE) stack.push(size, e.code);
  };
  let cpl = p.cpl;
  if (!conforming && cs.dpl < cpl) {
    cpl = cs.dpl;
    if (v86 && cpl !== 0) gp(csCode);
    const inner = innerStack(p, cpl, e.ext);
    const ss = stackDescriptor(p, inner.selector, cpl, 10 /* TS */, e.ext);
    checkTarget(cs, offset, e.ext);
    const stack = new Stack(p, ss.base, ss.limit, ss.attr, inner.sp, inner.selector & 65532 | e.ext);
    p.memory.table = tableOf(cpl, (p.eflags & FL_AC) !== 0);
    if (v86) for (const seg of [5 /* GS */, 4 /* FS */, 3 /* DS */, 0 /* ES */]) stack.push(size, old[seg]);
    stack.push(size, old[2 /* SS */]);
    stack.push(size, p.esp);
    frame(stack);
    if (v86) for (const seg of [5 /* GS */, 4 /* FS */, 3 /* DS */, 0 /* ES */]) setSegment(p, seg, 0, 0, 0, 0);
    load3(p, 2 /* SS */, inner.selector, ss);
    stack.commit();
  } else {
    if (v86) gp(csCode);
    checkTarget(cs, offset, e.ext);
    const stack = Stack.current(p, e.ext);
    frame(stack);
    stack.commit();
  }
  const clear = FL_TF | FL_VM | FL_RF | FL_NT | ((type & 1) === 0 ? FL_IF : 0);
  writeEflags(S, p.eflags & ~clear);
  loadCode(p, selector3, cs, cpl);
  S[PC >> 2] = offset;
}
function checkTarget(cs, offset, ext) {
  if (offset >>> 0 > cs.limit >>> 0) gp(ext);
}
function throughTaskGate(p, e, selector3) {
  const code = selector3 & 65532 | e.ext;
  if (selector3 & 4) gp(code);
  const tss = readDescriptor(p, selector3, 13 /* GP */, e.ext);
  const type = systemType(tss.high);
  if (tss.high & A_S || type !== 1 /* tss16 */ && type !== 9 /* tss32 */) gp(code);
  if (!tss.present) fault(11 /* NP */, code);
  taskSwitch(p, selector3, tss, 1 /* nested */, e.next, e.flags, e.ext);
  if (e.code === NO_CODE) return;
  const stack = Stack.current(p, e.ext);
  stack.push(type === 9 /* tss32 */ ? 4 : 2, e.code);
  stack.commit();
}
function checkV86Interrupt(p) {
  if (p.eflags & FL_VM && (p.eflags & FL_IOPL) !== FL_IOPL) gp();
}
var CONTRIBUTORY = /* @__PURE__ */ new Set([0 /* DE */, 10 /* TS */, 11 /* NP */, 12 /* SS */, 13 /* GP */]);
var CODED = /* @__PURE__ */ new Set([8 /* DF */, 10 /* TS */, 11 /* NP */, 12 /* SS */, 13 /* GP */, 14 /* PF */, 17 /* AC */]);
function codeOf(p, f) {
  return !p.realMode && CODED.has(f.vector) ? f.errorCode : NO_CODE;
}
function combine(first, second) {
  if (first === 8 /* DF */) return CONTRIBUTORY.has(second.vector) || second.vector === 14 /* PF */ ? null : second;
  const twice = CONTRIBUTORY.has(first) && CONTRIBUTORY.has(second.vector) || first === 14 /* PF */ && (CONTRIBUTORY.has(second.vector) || second.vector === 14 /* PF */);
  return twice ? new GuestFault(8 /* DF */, 0) : second;
}

// src/runtime/machine/cpu/mode.ts
var WHOLE = 4294967281 | 0;
var DEFAULT_MXCSR = 8064;
var MXCSR_CONTROL = 65472;
function isFlat(S) {
  const base2 = SEG_BASE >> 2, read = SEG_READ >> 2, write = SEG_WRITE >> 2;
  return (S[base2 + 1 /* CS */ * 2] | S[base2 + 3 /* DS */ * 2] | S[base2 + 0 /* ES */ * 2] | S[base2 + 2 /* SS */ * 2]) === 0 && S[read + 1 /* CS */] === WHOLE && S[write + 3 /* DS */] === WHOLE && S[write + 0 /* ES */] === WHOLE && S[write + 2 /* SS */] === WHOLE;
}
function executionMode(p) {
  const { S, mmu } = p;
  const { cr0 } = mmu;
  let mode = 512 /* SYSTEM */;
  if (!(cr0 & CR0_PE)) mode |= 1024 /* REAL */;
  if (S[(SEG_ATTR >> 2) + 1 /* CS */] & A_DB) mode |= 1 /* CODE32 */;
  if (S[(SEG_ATTR >> 2) + 2 /* SS */] & A_DB) mode |= 4 /* STACK32 */;
  if (isFlat(S)) mode |= 8 /* FLAT */;
  const { cpl } = p;
  if (cpl === 3) mode |= S[EFL >> 2] & FL_VM ? 16 /* CPL3 */ | 32 /* V86 */ : 16 /* CPL3 */;
  else if (cpl !== 0) mode |= 2048 /* CPL12 */;
  if ((S[MXCSR >> 2] & MXCSR_CONTROL) !== DEFAULT_MXCSR) mode |= 64 /* SOFT_FLOAT */;
  if (cr0 & (CR0_TS | CR0_EM)) mode |= 128 /* NO_FPU */ | (cr0 & CR0_EM ? 4096 /* EM */ : 0) | ((cr0 & (CR0_TS | CR0_MP)) === (CR0_TS | CR0_MP) ? 16384 /* WAIT_NM */ : 0);
  if (!(mmu.cr4 & CR4_OSFXSR)) mode |= 8192 /* NO_SSE */;
  return mode;
}

// node_modules/astring/dist/astring.mjs
var { stringify } = JSON;
if (!String.prototype.repeat) {
  throw new Error(
    "String.prototype.repeat is undefined, see https://github.com/davidbonnet/astring#installation"
  );
}
if (!String.prototype.endsWith) {
  throw new Error(
    "String.prototype.endsWith is undefined, see https://github.com/davidbonnet/astring#installation"
  );
}
var OPERATOR_PRECEDENCE = {
  "||": 2,
  "??": 3,
  "&&": 4,
  "|": 5,
  "^": 6,
  "&": 7,
  "==": 8,
  "!=": 8,
  "===": 8,
  "!==": 8,
  "<": 9,
  ">": 9,
  "<=": 9,
  ">=": 9,
  in: 9,
  instanceof: 9,
  "<<": 10,
  ">>": 10,
  ">>>": 10,
  "+": 11,
  "-": 11,
  "*": 12,
  "%": 12,
  "/": 12,
  "**": 13
};
var NEEDS_PARENTHESES = 17;
var EXPRESSIONS_PRECEDENCE = {
  // Definitions
  ArrayExpression: 20,
  TaggedTemplateExpression: 20,
  ThisExpression: 20,
  Identifier: 20,
  PrivateIdentifier: 20,
  Literal: 18,
  TemplateLiteral: 20,
  Super: 20,
  SequenceExpression: 20,
  // Operations
  MemberExpression: 19,
  ChainExpression: 19,
  CallExpression: 19,
  NewExpression: 19,
  // Other definitions
  ArrowFunctionExpression: NEEDS_PARENTHESES,
  ClassExpression: NEEDS_PARENTHESES,
  FunctionExpression: NEEDS_PARENTHESES,
  ObjectExpression: NEEDS_PARENTHESES,
  // Other operations
  UpdateExpression: 16,
  UnaryExpression: 15,
  AwaitExpression: 15,
  BinaryExpression: 14,
  LogicalExpression: 13,
  ConditionalExpression: 4,
  AssignmentExpression: 3,
  YieldExpression: 2,
  RestElement: 1
};
function formatSequence(state, nodes) {
  const { generator } = state;
  state.write("(");
  if (nodes != null && nodes.length > 0) {
    generator[nodes[0].type](nodes[0], state);
    const { length } = nodes;
    for (let i = 1; i < length; i++) {
      const param = nodes[i];
      state.write(", ");
      generator[param.type](param, state);
    }
  }
  state.write(")");
}
function expressionNeedsParenthesis(state, node, parentNode, isRightHand) {
  const nodePrecedence = state.expressionsPrecedence[node.type];
  if (nodePrecedence === NEEDS_PARENTHESES) {
    return true;
  }
  const parentNodePrecedence = state.expressionsPrecedence[parentNode.type];
  if (nodePrecedence !== parentNodePrecedence) {
    return !isRightHand && nodePrecedence === 15 && parentNodePrecedence === 14 && parentNode.operator === "**" || nodePrecedence < parentNodePrecedence;
  }
  if (nodePrecedence !== 13 && nodePrecedence !== 14) {
    return false;
  }
  if (node.operator === "**" && parentNode.operator === "**") {
    return !isRightHand;
  }
  if (nodePrecedence === 13 && parentNodePrecedence === 13 && (node.operator === "??" || parentNode.operator === "??")) {
    return true;
  }
  if (isRightHand) {
    return OPERATOR_PRECEDENCE[node.operator] <= OPERATOR_PRECEDENCE[parentNode.operator];
  }
  return OPERATOR_PRECEDENCE[node.operator] < OPERATOR_PRECEDENCE[parentNode.operator];
}
function formatExpression(state, node, parentNode, isRightHand) {
  const { generator } = state;
  if (expressionNeedsParenthesis(state, node, parentNode, isRightHand)) {
    state.write("(");
    generator[node.type](node, state);
    state.write(")");
  } else {
    generator[node.type](node, state);
  }
}
function reindent(state, text2, indent, lineEnd) {
  const lines2 = text2.split("\n");
  const end = lines2.length - 1;
  state.write(lines2[0].trim());
  if (end > 0) {
    state.write(lineEnd);
    for (let i = 1; i < end; i++) {
      state.write(indent + lines2[i].trim() + lineEnd);
    }
    state.write(indent + lines2[end].trim());
  }
}
function formatComments(state, comments, indent, lineEnd) {
  const { length } = comments;
  for (let i = 0; i < length; i++) {
    const comment = comments[i];
    state.write(indent);
    if (comment.type[0] === "L") {
      state.write("// " + comment.value.trim() + "\n", comment);
    } else {
      state.write("/*");
      reindent(state, comment.value, indent, lineEnd);
      state.write("*/" + lineEnd);
    }
  }
}
function hasCallExpression(node) {
  let currentNode = node;
  while (currentNode != null) {
    const { type } = currentNode;
    if (type[0] === "C" && type[1] === "a") {
      return true;
    } else if (type[0] === "M" && type[1] === "e" && type[2] === "m") {
      currentNode = currentNode.object;
    } else {
      return false;
    }
  }
}
function formatVariableDeclaration(state, node) {
  const { generator } = state;
  const { declarations } = node;
  state.write(node.kind + " ");
  const { length } = declarations;
  if (length > 0) {
    generator.VariableDeclarator(declarations[0], state);
    for (let i = 1; i < length; i++) {
      state.write(", ");
      generator.VariableDeclarator(declarations[i], state);
    }
  }
}
var ForInStatement;
var FunctionDeclaration;
var RestElement;
var BinaryExpression;
var ArrayExpression;
var BlockStatement;
var GENERATOR = {
  /*
  Default generator.
  */
  Program(node, state) {
    const indent = state.indent.repeat(state.indentLevel);
    const { lineEnd, writeComments } = state;
    if (writeComments && node.comments != null) {
      formatComments(state, node.comments, indent, lineEnd);
    }
    const statements = node.body;
    const { length } = statements;
    for (let i = 0; i < length; i++) {
      const statement = statements[i];
      if (writeComments && statement.comments != null) {
        formatComments(state, statement.comments, indent, lineEnd);
      }
      state.write(indent);
      this[statement.type](statement, state);
      state.write(lineEnd);
    }
    if (writeComments && node.trailingComments != null) {
      formatComments(state, node.trailingComments, indent, lineEnd);
    }
  },
  BlockStatement: BlockStatement = function(node, state) {
    const indent = state.indent.repeat(state.indentLevel++);
    const { lineEnd, writeComments } = state;
    const statementIndent = indent + state.indent;
    state.write("{");
    const statements = node.body;
    if (statements != null && statements.length > 0) {
      state.write(lineEnd);
      if (writeComments && node.comments != null) {
        formatComments(state, node.comments, statementIndent, lineEnd);
      }
      const { length } = statements;
      for (let i = 0; i < length; i++) {
        const statement = statements[i];
        if (writeComments && statement.comments != null) {
          formatComments(state, statement.comments, statementIndent, lineEnd);
        }
        state.write(statementIndent);
        this[statement.type](statement, state);
        state.write(lineEnd);
      }
      state.write(indent);
    } else {
      if (writeComments && node.comments != null) {
        state.write(lineEnd);
        formatComments(state, node.comments, statementIndent, lineEnd);
        state.write(indent);
      }
    }
    if (writeComments && node.trailingComments != null) {
      formatComments(state, node.trailingComments, statementIndent, lineEnd);
    }
    state.write("}");
    state.indentLevel--;
  },
  ClassBody: BlockStatement,
  StaticBlock(node, state) {
    state.write("static ");
    this.BlockStatement(node, state);
  },
  EmptyStatement(node, state) {
    state.write(";");
  },
  ExpressionStatement(node, state) {
    const precedence = state.expressionsPrecedence[node.expression.type];
    if (precedence === NEEDS_PARENTHESES || precedence === 3 && node.expression.left.type[0] === "O") {
      state.write("(");
      this[node.expression.type](node.expression, state);
      state.write(")");
    } else {
      this[node.expression.type](node.expression, state);
    }
    state.write(";");
  },
  IfStatement(node, state) {
    state.write("if (");
    this[node.test.type](node.test, state);
    state.write(") ");
    this[node.consequent.type](node.consequent, state);
    if (node.alternate != null) {
      state.write(" else ");
      this[node.alternate.type](node.alternate, state);
    }
  },
  LabeledStatement(node, state) {
    this[node.label.type](node.label, state);
    state.write(": ");
    this[node.body.type](node.body, state);
  },
  BreakStatement(node, state) {
    state.write("break");
    if (node.label != null) {
      state.write(" ");
      this[node.label.type](node.label, state);
    }
    state.write(";");
  },
  ContinueStatement(node, state) {
    state.write("continue");
    if (node.label != null) {
      state.write(" ");
      this[node.label.type](node.label, state);
    }
    state.write(";");
  },
  WithStatement(node, state) {
    state.write("with (");
    this[node.object.type](node.object, state);
    state.write(") ");
    this[node.body.type](node.body, state);
  },
  SwitchStatement(node, state) {
    const indent = state.indent.repeat(state.indentLevel++);
    const { lineEnd, writeComments } = state;
    state.indentLevel++;
    const caseIndent = indent + state.indent;
    const statementIndent = caseIndent + state.indent;
    state.write("switch (");
    this[node.discriminant.type](node.discriminant, state);
    state.write(") {" + lineEnd);
    const { cases: occurences } = node;
    const { length: occurencesCount } = occurences;
    for (let i = 0; i < occurencesCount; i++) {
      const occurence = occurences[i];
      if (writeComments && occurence.comments != null) {
        formatComments(state, occurence.comments, caseIndent, lineEnd);
      }
      if (occurence.test) {
        state.write(caseIndent + "case ");
        this[occurence.test.type](occurence.test, state);
        state.write(":" + lineEnd);
      } else {
        state.write(caseIndent + "default:" + lineEnd);
      }
      const { consequent } = occurence;
      const { length: consequentCount } = consequent;
      for (let i2 = 0; i2 < consequentCount; i2++) {
        const statement = consequent[i2];
        if (writeComments && statement.comments != null) {
          formatComments(state, statement.comments, statementIndent, lineEnd);
        }
        state.write(statementIndent);
        this[statement.type](statement, state);
        state.write(lineEnd);
      }
    }
    state.indentLevel -= 2;
    state.write(indent + "}");
  },
  ReturnStatement(node, state) {
    state.write("return");
    if (node.argument) {
      state.write(" ");
      this[node.argument.type](node.argument, state);
    }
    state.write(";");
  },
  ThrowStatement(node, state) {
    state.write("throw ");
    this[node.argument.type](node.argument, state);
    state.write(";");
  },
  TryStatement(node, state) {
    state.write("try ");
    this[node.block.type](node.block, state);
    if (node.handler) {
      const { handler } = node;
      if (handler.param == null) {
        state.write(" catch ");
      } else {
        state.write(" catch (");
        this[handler.param.type](handler.param, state);
        state.write(") ");
      }
      this[handler.body.type](handler.body, state);
    }
    if (node.finalizer) {
      state.write(" finally ");
      this[node.finalizer.type](node.finalizer, state);
    }
  },
  WhileStatement(node, state) {
    state.write("while (");
    this[node.test.type](node.test, state);
    state.write(") ");
    this[node.body.type](node.body, state);
  },
  DoWhileStatement(node, state) {
    state.write("do ");
    this[node.body.type](node.body, state);
    state.write(" while (");
    this[node.test.type](node.test, state);
    state.write(");");
  },
  ForStatement(node, state) {
    state.write("for (");
    if (node.init != null) {
      const { init: init3 } = node;
      if (init3.type[0] === "V") {
        formatVariableDeclaration(state, init3);
      } else {
        this[init3.type](init3, state);
      }
    }
    state.write("; ");
    if (node.test) {
      this[node.test.type](node.test, state);
    }
    state.write("; ");
    if (node.update) {
      this[node.update.type](node.update, state);
    }
    state.write(") ");
    this[node.body.type](node.body, state);
  },
  ForInStatement: ForInStatement = function(node, state) {
    state.write(`for ${node.await ? "await " : ""}(`);
    const { left: left2 } = node;
    if (left2.type[0] === "V") {
      formatVariableDeclaration(state, left2);
    } else {
      this[left2.type](left2, state);
    }
    state.write(node.type[3] === "I" ? " in " : " of ");
    this[node.right.type](node.right, state);
    state.write(") ");
    this[node.body.type](node.body, state);
  },
  ForOfStatement: ForInStatement,
  DebuggerStatement(node, state) {
    state.write("debugger;", node);
  },
  FunctionDeclaration: FunctionDeclaration = function(node, state) {
    state.write(
      (node.async ? "async " : "") + (node.generator ? "function* " : "function ") + (node.id ? node.id.name : ""),
      node
    );
    formatSequence(state, node.params);
    state.write(" ");
    this[node.body.type](node.body, state);
  },
  FunctionExpression: FunctionDeclaration,
  VariableDeclaration(node, state) {
    formatVariableDeclaration(state, node);
    state.write(";");
  },
  VariableDeclarator(node, state) {
    this[node.id.type](node.id, state);
    if (node.init != null) {
      state.write(" = ");
      this[node.init.type](node.init, state);
    }
  },
  ClassDeclaration(node, state) {
    state.write("class " + (node.id ? `${node.id.name} ` : ""), node);
    if (node.superClass) {
      state.write("extends ");
      const { superClass } = node;
      const { type } = superClass;
      const precedence = state.expressionsPrecedence[type];
      if ((type[0] !== "C" || type[1] !== "l" || type[5] !== "E") && (precedence === NEEDS_PARENTHESES || precedence < state.expressionsPrecedence.ClassExpression)) {
        state.write("(");
        this[node.superClass.type](superClass, state);
        state.write(")");
      } else {
        this[superClass.type](superClass, state);
      }
      state.write(" ");
    }
    this.ClassBody(node.body, state);
  },
  ImportDeclaration(node, state) {
    state.write("import ");
    const { specifiers, attributes } = node;
    const { length } = specifiers;
    let i = 0;
    if (length > 0) {
      for (; i < length; ) {
        if (i > 0) {
          state.write(", ");
        }
        const specifier = specifiers[i];
        const type = specifier.type[6];
        if (type === "D") {
          state.write(specifier.local.name, specifier);
          i++;
        } else if (type === "N") {
          state.write("* as " + specifier.local.name, specifier);
          i++;
        } else {
          break;
        }
      }
      if (i < length) {
        state.write("{");
        for (; ; ) {
          const specifier = specifiers[i];
          const { name } = specifier.imported;
          state.write(name, specifier);
          if (name !== specifier.local.name) {
            state.write(" as " + specifier.local.name);
          }
          if (++i < length) {
            state.write(", ");
          } else {
            break;
          }
        }
        state.write("}");
      }
      state.write(" from ");
    }
    this.Literal(node.source, state);
    if (attributes && attributes.length > 0) {
      state.write(" with { ");
      for (let i2 = 0; i2 < attributes.length; i2++) {
        this.ImportAttribute(attributes[i2], state);
        if (i2 < attributes.length - 1) state.write(", ");
      }
      state.write(" }");
    }
    state.write(";");
  },
  ImportAttribute(node, state) {
    this.Identifier(node.key, state);
    state.write(": ");
    this.Literal(node.value, state);
  },
  ImportExpression(node, state) {
    state.write("import(");
    this[node.source.type](node.source, state);
    state.write(")");
  },
  ExportDefaultDeclaration(node, state) {
    state.write("export default ");
    this[node.declaration.type](node.declaration, state);
    if (state.expressionsPrecedence[node.declaration.type] != null && node.declaration.type[0] !== "F") {
      state.write(";");
    }
  },
  ExportNamedDeclaration(node, state) {
    state.write("export ");
    if (node.declaration) {
      this[node.declaration.type](node.declaration, state);
    } else {
      state.write("{");
      const { specifiers } = node, { length } = specifiers;
      if (length > 0) {
        for (let i = 0; ; ) {
          const specifier = specifiers[i];
          const { name } = specifier.local;
          state.write(name, specifier);
          if (name !== specifier.exported.name) {
            state.write(" as " + specifier.exported.name);
          }
          if (++i < length) {
            state.write(", ");
          } else {
            break;
          }
        }
      }
      state.write("}");
      if (node.source) {
        state.write(" from ");
        this.Literal(node.source, state);
      }
      if (node.attributes && node.attributes.length > 0) {
        state.write(" with { ");
        for (let i = 0; i < node.attributes.length; i++) {
          this.ImportAttribute(node.attributes[i], state);
          if (i < node.attributes.length - 1) state.write(", ");
        }
        state.write(" }");
      }
      state.write(";");
    }
  },
  ExportAllDeclaration(node, state) {
    if (node.exported != null) {
      state.write("export * as " + node.exported.name + " from ");
    } else {
      state.write("export * from ");
    }
    this.Literal(node.source, state);
    if (node.attributes && node.attributes.length > 0) {
      state.write(" with { ");
      for (let i = 0; i < node.attributes.length; i++) {
        this.ImportAttribute(node.attributes[i], state);
        if (i < node.attributes.length - 1) state.write(", ");
      }
      state.write(" }");
    }
    state.write(";");
  },
  MethodDefinition(node, state) {
    if (node.static) {
      state.write("static ");
    }
    const kind = node.kind[0];
    if (kind === "g" || kind === "s") {
      state.write(node.kind + " ");
    }
    if (node.value.async) {
      state.write("async ");
    }
    if (node.value.generator) {
      state.write("*");
    }
    if (node.computed) {
      state.write("[");
      this[node.key.type](node.key, state);
      state.write("]");
    } else {
      this[node.key.type](node.key, state);
    }
    formatSequence(state, node.value.params);
    state.write(" ");
    this[node.value.body.type](node.value.body, state);
  },
  ClassExpression(node, state) {
    this.ClassDeclaration(node, state);
  },
  ArrowFunctionExpression(node, state) {
    state.write(node.async ? "async " : "", node);
    const { params } = node;
    if (params != null) {
      if (params.length === 1 && params[0].type[0] === "I") {
        state.write(params[0].name, params[0]);
      } else {
        formatSequence(state, node.params);
      }
    }
    state.write(" => ");
    if (node.body.type[0] === "O") {
      state.write("(");
      this.ObjectExpression(node.body, state);
      state.write(")");
    } else {
      this[node.body.type](node.body, state);
    }
  },
  ThisExpression(node, state) {
    state.write("this", node);
  },
  Super(node, state) {
    state.write("super", node);
  },
  RestElement: RestElement = function(node, state) {
    state.write("...");
    this[node.argument.type](node.argument, state);
  },
  SpreadElement: RestElement,
  YieldExpression(node, state) {
    state.write(node.delegate ? "yield*" : "yield");
    if (node.argument) {
      state.write(" ");
      this[node.argument.type](node.argument, state);
    }
  },
  AwaitExpression(node, state) {
    state.write("await ", node);
    formatExpression(state, node.argument, node);
  },
  TemplateLiteral(node, state) {
    const { quasis, expressions } = node;
    state.write("`");
    const { length } = expressions;
    for (let i = 0; i < length; i++) {
      const expression = expressions[i];
      const quasi2 = quasis[i];
      state.write(quasi2.value.raw, quasi2);
      state.write("${");
      this[expression.type](expression, state);
      state.write("}");
    }
    const quasi = quasis[quasis.length - 1];
    state.write(quasi.value.raw, quasi);
    state.write("`");
  },
  TemplateElement(node, state) {
    state.write(node.value.raw, node);
  },
  TaggedTemplateExpression(node, state) {
    formatExpression(state, node.tag, node);
    this[node.quasi.type](node.quasi, state);
  },
  ArrayExpression: ArrayExpression = function(node, state) {
    state.write("[");
    if (node.elements.length > 0) {
      const { elements: elements2 } = node, { length } = elements2;
      for (let i = 0; ; ) {
        const element2 = elements2[i];
        if (element2 != null) {
          this[element2.type](element2, state);
        }
        if (++i < length) {
          state.write(", ");
        } else {
          if (element2 == null) {
            state.write(", ");
          }
          break;
        }
      }
    }
    state.write("]");
  },
  ArrayPattern: ArrayExpression,
  ObjectExpression(node, state) {
    const indent = state.indent.repeat(state.indentLevel++);
    const { lineEnd, writeComments } = state;
    const propertyIndent = indent + state.indent;
    state.write("{");
    if (node.properties.length > 0) {
      state.write(lineEnd);
      if (writeComments && node.comments != null) {
        formatComments(state, node.comments, propertyIndent, lineEnd);
      }
      const comma = "," + lineEnd;
      const { properties } = node, { length } = properties;
      for (let i = 0; ; ) {
        const property2 = properties[i];
        if (writeComments && property2.comments != null) {
          formatComments(state, property2.comments, propertyIndent, lineEnd);
        }
        state.write(propertyIndent);
        this[property2.type](property2, state);
        if (++i < length) {
          state.write(comma);
        } else {
          break;
        }
      }
      state.write(lineEnd);
      if (writeComments && node.trailingComments != null) {
        formatComments(state, node.trailingComments, propertyIndent, lineEnd);
      }
      state.write(indent + "}");
    } else if (writeComments) {
      if (node.comments != null) {
        state.write(lineEnd);
        formatComments(state, node.comments, propertyIndent, lineEnd);
        if (node.trailingComments != null) {
          formatComments(state, node.trailingComments, propertyIndent, lineEnd);
        }
        state.write(indent + "}");
      } else if (node.trailingComments != null) {
        state.write(lineEnd);
        formatComments(state, node.trailingComments, propertyIndent, lineEnd);
        state.write(indent + "}");
      } else {
        state.write("}");
      }
    } else {
      state.write("}");
    }
    state.indentLevel--;
  },
  Property(node, state) {
    if (node.method || node.kind[0] !== "i") {
      this.MethodDefinition(node, state);
    } else {
      if (!node.shorthand) {
        if (node.computed) {
          state.write("[");
          this[node.key.type](node.key, state);
          state.write("]");
        } else {
          this[node.key.type](node.key, state);
        }
        state.write(": ");
      }
      this[node.value.type](node.value, state);
    }
  },
  PropertyDefinition(node, state) {
    if (node.static) {
      state.write("static ");
    }
    if (node.computed) {
      state.write("[");
    }
    this[node.key.type](node.key, state);
    if (node.computed) {
      state.write("]");
    }
    if (node.value == null) {
      if (node.key.type[0] !== "F") {
        state.write(";");
      }
      return;
    }
    state.write(" = ");
    this[node.value.type](node.value, state);
    state.write(";");
  },
  ObjectPattern(node, state) {
    state.write("{");
    if (node.properties.length > 0) {
      const { properties } = node, { length } = properties;
      for (let i = 0; ; ) {
        this[properties[i].type](properties[i], state);
        if (++i < length) {
          state.write(", ");
        } else {
          break;
        }
      }
    }
    state.write("}");
  },
  SequenceExpression(node, state) {
    formatSequence(state, node.expressions);
  },
  UnaryExpression(node, state) {
    if (node.prefix) {
      const {
        operator,
        argument,
        argument: { type }
      } = node;
      state.write(operator);
      const needsParentheses = expressionNeedsParenthesis(state, argument, node);
      if (!needsParentheses && (operator.length > 1 || type[0] === "U" && (type[1] === "n" || type[1] === "p") && argument.prefix && argument.operator[0] === operator && (operator === "+" || operator === "-"))) {
        state.write(" ");
      }
      if (needsParentheses) {
        state.write(operator.length > 1 ? " (" : "(");
        this[type](argument, state);
        state.write(")");
      } else {
        this[type](argument, state);
      }
    } else {
      this[node.argument.type](node.argument, state);
      state.write(node.operator);
    }
  },
  UpdateExpression(node, state) {
    if (node.prefix) {
      state.write(node.operator);
      this[node.argument.type](node.argument, state);
    } else {
      this[node.argument.type](node.argument, state);
      state.write(node.operator);
    }
  },
  AssignmentExpression(node, state) {
    this[node.left.type](node.left, state);
    state.write(" " + node.operator + " ");
    this[node.right.type](node.right, state);
  },
  AssignmentPattern(node, state) {
    this[node.left.type](node.left, state);
    state.write(" = ");
    this[node.right.type](node.right, state);
  },
  BinaryExpression: BinaryExpression = function(node, state) {
    const isIn = node.operator === "in";
    if (isIn) {
      state.write("(");
    }
    formatExpression(state, node.left, node, false);
    state.write(" " + node.operator + " ");
    formatExpression(state, node.right, node, true);
    if (isIn) {
      state.write(")");
    }
  },
  LogicalExpression: BinaryExpression,
  ConditionalExpression(node, state) {
    const { test: test2 } = node;
    const precedence = state.expressionsPrecedence[test2.type];
    if (precedence === NEEDS_PARENTHESES || precedence <= state.expressionsPrecedence.ConditionalExpression) {
      state.write("(");
      this[test2.type](test2, state);
      state.write(")");
    } else {
      this[test2.type](test2, state);
    }
    state.write(" ? ");
    this[node.consequent.type](node.consequent, state);
    state.write(" : ");
    this[node.alternate.type](node.alternate, state);
  },
  NewExpression(node, state) {
    state.write("new ");
    const precedence = state.expressionsPrecedence[node.callee.type];
    if (precedence === NEEDS_PARENTHESES || precedence < state.expressionsPrecedence.CallExpression || hasCallExpression(node.callee)) {
      state.write("(");
      this[node.callee.type](node.callee, state);
      state.write(")");
    } else {
      this[node.callee.type](node.callee, state);
    }
    formatSequence(state, node["arguments"]);
  },
  CallExpression(node, state) {
    const precedence = state.expressionsPrecedence[node.callee.type];
    if (precedence === NEEDS_PARENTHESES || precedence < state.expressionsPrecedence.CallExpression) {
      state.write("(");
      this[node.callee.type](node.callee, state);
      state.write(")");
    } else {
      this[node.callee.type](node.callee, state);
    }
    if (node.optional) {
      state.write("?.");
    }
    formatSequence(state, node["arguments"]);
  },
  ChainExpression(node, state) {
    this[node.expression.type](node.expression, state);
  },
  MemberExpression(node, state) {
    const precedence = state.expressionsPrecedence[node.object.type];
    if (precedence === NEEDS_PARENTHESES || precedence < state.expressionsPrecedence.MemberExpression) {
      state.write("(");
      this[node.object.type](node.object, state);
      state.write(")");
    } else {
      this[node.object.type](node.object, state);
    }
    if (node.computed) {
      if (node.optional) {
        state.write("?.");
      }
      state.write("[");
      this[node.property.type](node.property, state);
      state.write("]");
    } else {
      if (node.optional) {
        state.write("?.");
      } else {
        state.write(".");
      }
      this[node.property.type](node.property, state);
    }
  },
  MetaProperty(node, state) {
    state.write(node.meta.name + "." + node.property.name, node);
  },
  Identifier(node, state) {
    state.write(node.name, node);
  },
  PrivateIdentifier(node, state) {
    state.write(`#${node.name}`, node);
  },
  Literal(node, state) {
    if (node.raw != null) {
      state.write(node.raw, node);
    } else if (node.regex != null) {
      this.RegExpLiteral(node, state);
    } else if (node.bigint != null) {
      state.write(node.bigint + "n", node);
    } else {
      state.write(stringify(node.value), node);
    }
  },
  RegExpLiteral(node, state) {
    const { regex } = node;
    state.write(`/${regex.pattern}/${regex.flags}`, node);
  }
};
var EMPTY_OBJECT = {};
var State = class {
  constructor(options) {
    const setup = options == null ? EMPTY_OBJECT : options;
    this.output = "";
    if (setup.output != null) {
      this.output = setup.output;
      this.write = this.writeToStream;
    } else {
      this.output = "";
    }
    this.generator = setup.generator != null ? setup.generator : GENERATOR;
    this.expressionsPrecedence = setup.expressionsPrecedence != null ? setup.expressionsPrecedence : EXPRESSIONS_PRECEDENCE;
    this.indent = setup.indent != null ? setup.indent : "  ";
    this.lineEnd = setup.lineEnd != null ? setup.lineEnd : "\n";
    this.indentLevel = setup.startingIndentLevel != null ? setup.startingIndentLevel : 0;
    this.writeComments = setup.comments ? setup.comments : false;
    if (setup.sourceMap != null) {
      this.write = setup.output == null ? this.writeAndMap : this.writeToStreamAndMap;
      this.sourceMap = setup.sourceMap;
      this.line = 1;
      this.column = 0;
      this.lineEndSize = this.lineEnd.split("\n").length - 1;
      this.mapping = {
        original: null,
        // Uses the entire state to avoid generating ephemeral objects
        generated: this,
        name: void 0,
        source: setup.sourceMap.file || setup.sourceMap._file
      };
    }
  }
  write(code) {
    this.output += code;
  }
  writeToStream(code) {
    this.output.write(code);
  }
  writeAndMap(code, node) {
    this.output += code;
    this.map(code, node);
  }
  writeToStreamAndMap(code, node) {
    this.output.write(code);
    this.map(code, node);
  }
  map(code, node) {
    if (node != null) {
      const { type } = node;
      if (type[0] === "L" && type[2] === "n") {
        this.column = 0;
        this.line++;
        return;
      }
      if (node.loc != null) {
        const { mapping } = this;
        mapping.original = node.loc.start;
        mapping.name = node.name;
        this.sourceMap.addMapping(mapping);
      }
      if (type[0] === "T" && type[8] === "E" || type[0] === "L" && type[1] === "i" && typeof node.value === "string") {
        const { length: length2 } = code;
        let { column, line } = this;
        for (let i = 0; i < length2; i++) {
          if (code[i] === "\n") {
            column = 0;
            line++;
          } else {
            column++;
          }
        }
        this.column = column;
        this.line = line;
        return;
      }
    }
    const { length } = code;
    const { lineEnd } = this;
    if (length > 0) {
      if (this.lineEndSize > 0 && (lineEnd.length === 1 ? code[length - 1] === lineEnd : code.endsWith(lineEnd))) {
        this.line += this.lineEndSize;
        this.column = 0;
      } else {
        this.column += length;
      }
    }
  }
  toString() {
    return this.output;
  }
};
function generate(node, options) {
  const state = new State(options);
  state.generator[node.type](node, state);
  return state.output;
}

// src/jit/ast.ts
var ids = /* @__PURE__ */ new Map();
function id(name) {
  let i = ids.get(name);
  if (!i) ids.set(name, i = { type: "Identifier", name });
  return i;
}
function num(value2) {
  if (value2 < 0 || Object.is(value2, -0)) return { type: "UnaryExpression", operator: "-", prefix: true, argument: num(-value2) };
  if (value2 !== value2 || value2 === Infinity) throw new Error("no literal for a number that is not finite");
  return { type: "Literal", value: value2 };
}
var TRUE = { type: "Literal", value: true };
function bin(operator, left2, right2) {
  return { type: "BinaryExpression", operator, left: left2, right: right2 };
}
function toInt3(x) {
  return bin("|", x, num(0));
}
function toUint(x) {
  return bin(">>>", x, num(0));
}
function logical(operator, left2, right2) {
  return { type: "LogicalExpression", operator, left: left2, right: right2 };
}
function not2(argument) {
  return { type: "UnaryExpression", operator: "!", prefix: true, argument };
}
function cond(test2, consequent, alternate) {
  return { type: "ConditionalExpression", test: test2, consequent, alternate };
}
function assign(name, right2) {
  return { type: "AssignmentExpression", operator: "=", left: id(name), right: right2 };
}
function sequence(...expressions) {
  return { type: "SequenceExpression", expressions };
}
function call3(callee, args) {
  return { type: "CallExpression", callee: id(callee), arguments: args, optional: false };
}
function method(object, name, args) {
  return {
    type: "CallExpression",
    callee: { type: "MemberExpression", object: id(object), property: id(name), computed: false, optional: false },
    arguments: args,
    optional: false
  };
}
function element(object, index2) {
  return { type: "MemberExpression", object: id(object), property: typeof index2 === "number" ? num(index2) : index2, computed: true, optional: false };
}
function property(object, name) {
  return { type: "MemberExpression", object: id(object), property: id(name), computed: false, optional: false };
}
function member(object, property2, index2) {
  const inner = { type: "MemberExpression", object: id(object), property: id(property2), computed: false, optional: false };
  return { type: "MemberExpression", object: inner, property: num(index2), computed: true, optional: false };
}
function expr(expression) {
  return { type: "ExpressionStatement", expression };
}
function set(name, value2) {
  return expr(assign(name, value2));
}
function setElement(object, index2, value2) {
  return expr({ type: "AssignmentExpression", operator: "=", left: element(object, index2), right: value2 });
}
function constant2(name, init3) {
  return { type: "VariableDeclaration", kind: "const", declarations: [{ type: "VariableDeclarator", id: id(name), init: init3 }] };
}
function lets(declarations) {
  return { type: "VariableDeclaration", kind: "let", declarations: declarations.map(([n, init3]) => ({ type: "VariableDeclarator", id: id(n), init: init3 })) };
}
function block(body) {
  return { type: "BlockStatement", body };
}
function ifThen(test2, consequent, alternate) {
  return { type: "IfStatement", test: test2, consequent: block(consequent), alternate: alternate && alternate.length > 0 ? block(alternate) : null };
}
function labeled(label, body) {
  return { type: "LabeledStatement", label: id(label), body };
}
function forever(body) {
  return { type: "ForStatement", init: null, test: null, update: null, body: block(body) };
}
function breakTo(label) {
  return { type: "BreakStatement", label: id(label) };
}
var breakOut = { type: "BreakStatement", label: null };
function continueTo(label) {
  return { type: "ContinueStatement", label: id(label) };
}
function ret2(argument) {
  return { type: "ReturnStatement", argument };
}

// src/jit/emit-memory.ts
var USER_STRATEGY = {
  parameters: ["rds", "wrs"],
  locals: (window2) => [[window2, id("home")]],
  groups: true,
  denied(window2, write, addr, size, several) {
    const outside = bin(">", toUint(bin("-", addr, id(window2))), num(4096 - size));
    const check = call3(write ? several ? "wrs" : "wr" : several ? "rds" : "rd", [addr, num(size)]);
    const refill = bin("===", assign(window2, check), num(1));
    return logical("&&", outside, refill);
  },
  offset: (_window, addr, delta) => toUint(delta === 0 ? addr : bin("+", addr, num(delta))),
  offsetDependsOnWindow: false
};
var MemoryEmitter = class {
  constructor(strategy) {
    this.strategy = strategy;
  }
  strategy;
  windows = /* @__PURE__ */ new Map();
  count = 0;
  /** The window of an access: sites whose addresses start from the same register or value, or lie in the same absolute page, share one. */
  window(address2, write) {
    const key = windowKey(address2);
    let pair = this.windows.get(key);
    if (!pair) this.windows.set(key, pair = { read: null, write: null });
    if (write) return pair.write ??= `w${this.count++}`;
    return pair.read ??= `r${this.count++}`;
  }
  /** Locals of all windows, to be declared at the region's entry. */
  locals() {
    const out = [];
    for (const { read, write } of this.windows.values()) {
      if (read) out.push(...this.strategy.locals(read));
      if (write) out.push(...this.strategy.locals(write));
    }
    return out;
  }
  /** The lanes of what lies `from` bytes after `addr`. */
  load(mem, window2, addr, from = 0) {
    const get2 = (name, delta) => {
      const args = [this.strategy.offset(window2, addr, from + delta)];
      if (name !== "getUint8") args.push(TRUE);
      return method("D", name, args);
    };
    switch (mem) {
      case "i8":
        return [get2("getUint8", 0)];
      case "i16":
        return [get2("getUint16", 0)];
      case "f32":
        return [get2("getFloat32", 0)];
      case "f64":
        return [get2("getFloat64", 0)];
      case "f80":
        return [get2("getInt32", 0), get2("getInt32", 4), get2("getUint16", 8)];
      default:
        return Array.from({ length: LANES[mem] }, (_, l) => get2("getInt32", l * 4));
    }
  }
  store(mem, window2, addr, lanes2, from = 0) {
    const put4 = (name, delta, value2) => {
      const args = [this.strategy.offset(window2, addr, from + delta), value2];
      if (name !== "setInt8") args.push(TRUE);
      return expr(method("D", name, args));
    };
    switch (mem) {
      case "i8":
        return [put4("setInt8", 0, lanes2[0])];
      case "i16":
        return [put4("setInt16", 0, lanes2[0])];
      case "f32":
        return [put4("setFloat32", 0, lanes2[0])];
      case "f64":
        return [put4("setFloat64", 0, lanes2[0])];
      case "f80":
        return [put4("setInt32", 0, lanes2[0]), put4("setInt32", 4, lanes2[1]), put4("setInt16", 8, lanes2[2])];
      default:
        return lanes2.map((e, l) => put4("setInt32", l * 4, e));
    }
  }
};
function windowKey(a) {
  let base2 = a;
  while ((base2.op === OP.add || base2.op === OP.and) && base2.args[1].isConst) base2 = base2.args[0];
  if (base2.op === OP.get) return `g${base2.imm}`;
  if (base2.isConst) return `c${base2.imm >>> 12}`;
  if (a.op === OP.add && a.args[1].isConst) return `k${a.args[1].imm >>> 12}`;
  return base2;
}

// src/ir/passes/dead-state.ts
var FLAG_LOCATIONS = 7 << 16;
var ALL_LOCATIONS = 524287;
function locationOf(offset) {
  if (offset < 128) return offset & 7 ? 0 : 1 << (offset >> 3);
  return offset === FLAG_KIND ? 1 << 16 : offset === FLAG_A ? 1 << 17 : offset === FLAG_R ? 1 << 18 : 0;
}
function liveIn(block2, out) {
  let live = out;
  for (let k = block2.insts.length - 1; k >= 0; k--) {
    const i = block2.insts[k];
    if (i.op.effects.faults || i.op.lib && i.op.effects.writes) live = ALL_LOCATIONS;
    if (i.op.code === 2 /* set */) live &= ~locationOf(i.imm);
    else if (i.op.code === 1 /* get */) live |= locationOf(i.imm);
  }
  return live;
}
function eliminateDeadState(block2, out = ALL_LOCATIONS) {
  let live = out;
  let removed = false;
  const { insts } = block2;
  const dead = /* @__PURE__ */ new Set();
  for (let k = insts.length - 1; k >= 0; k--) {
    const i = insts[k];
    if (i.op.effects.faults || i.op.lib && i.op.effects.writes) live = ALL_LOCATIONS;
    if (i.op.code === 2 /* set */ && i.imm < EFL && LANES[i.type] === 1) {
      const at2 = locationOf(i.imm);
      if (at2 && !(live & at2)) {
        dead.add(k);
        removed = true;
      } else live &= ~at2;
    } else if (i.op.code === 1 /* get */) live |= locationOf(i.imm);
  }
  if (removed) {
    let n = 0;
    for (let k = 0; k < insts.length; k++) if (!dead.has(k)) insts[n++] = insts[k];
    insts.length = n;
  }
}

// src/ir/passes/dead-code.ts
function eliminateDeadCode(block2) {
  const live = /* @__PURE__ */ new Set();
  if (block2.term.kind === "branch") live.add(block2.term.cond);
  if (block2.term.kind === "indirect") live.add(block2.term.target);
  for (let k = block2.insts.length - 1; k >= 0; k--) {
    const i = block2.insts[k];
    const e = i.op.effects;
    if (e.writes || e.faults || live.has(i)) {
      live.add(i);
      for (const a of i.args) live.add(a);
    }
  }
  if (live.size < block2.insts.length) {
    let n = 0;
    for (const i of block2.insts) if (live.has(i)) block2.insts[n++] = i;
    block2.insts.length = n;
  }
}

// src/ir/lib/single-bits.ts
var G3 = new Float32Array(1);
var I6 = new Int32Array(G3.buffer);
var SINGLE_BITS = registerOp("sse.single", { faults: true }, {
  args: ["i32"],
  result: "f32",
  context: "pure",
  imm: false,
  lanewise: false,
  fn: (bits) => {
    I6[0] = bits;
    return G3[0];
  }
});

// src/ir/passes/split-vectors.ts
var PROBED = 1;
function splitVectors(block2, bytes) {
  const uses = /* @__PURE__ */ new Map();
  for (const i of block2.insts) for (const a of i.args) if (isWide(a, bytes)) (uses.get(a) ?? uses.set(a, []).get(a)).push(i);
  const isMove = (v) => isWide(v, bytes) && (v.op === OP.get || v.op === OP.load && !v.rmw || v.op === OP.const && (v.imm | v.immHi) === 0 || v.op === OP.pack && bytes === 4) && (uses.get(v) ?? []).every((u) => u.op === OP.set || u.op === OP.store && (!u.rmw || u.imm === PROBED) && u.args[1] === v || u.op === OP.lane && bytes === 4);
  const moved = new Set(block2.insts.filter(isMove));
  if (moved.size === 0) return block2;
  const out = [];
  const parts = /* @__PURE__ */ new Map();
  const lanes2 = /* @__PURE__ */ new Map();
  const add4 = (i) => {
    out.push(i);
    return i;
  };
  const type = bytes === 8 ? "i64" : "i32";
  for (const i of block2.insts) {
    i.args.forEach((a, k) => i.args[k] = lanes2.get(a) ?? a);
    if (moved.has(i)) {
      const n = LANES[i.type] * 4 / bytes;
      if (i.op === OP.load && !(i.imm & PROBED)) add4(new Inst(OP.probe, "void", [i.args[0]], n * bytes));
      const part3 = (k) => {
        const delta = k * bytes;
        if (i.op === OP.get) return add4(new Inst(OP.get, type, [], i.imm + delta));
        if (i.op === OP.const) return add4(new Inst(OP.const, type, [], 0));
        if (i.op === OP.pack) return i.args[k];
        const load4 = add4(new Inst(OP.load, type, [i.args[0]], PROBED));
        load4.mem = type;
        load4.immHi = i.immHi + delta;
        return load4;
      };
      parts.set(i, Array.from({ length: n }, (_, k) => part3(k)));
      continue;
    }
    const taken = parts.get(i.args[i.op === OP.store ? 1 : 0]);
    if (!taken || i.op !== OP.set && i.op !== OP.store && i.op !== OP.lane) {
      add4(i);
      continue;
    }
    if (i.op === OP.lane) {
      lanes2.set(i, taken[i.imm]);
      continue;
    }
    if (i.op === OP.set) {
      taken.forEach((v, k) => add4(new Inst(OP.set, type, [v], i.imm + k * bytes)));
      continue;
    }
    const address2 = i.args[0];
    if (i.imm !== PROBED) add4(new Inst(OP.probe, "void", [address2], taken.length * bytes)).immHi = 1;
    taken.forEach((v, k) => {
      const store3 = add4(new Inst(OP.store, "void", [address2, v], PROBED));
      store3.mem = type;
      store3.immHi = i.immHi + k * bytes;
      store3.rmw = true;
    });
  }
  const { term } = block2;
  if (term.kind === "indirect") term.target = lanes2.get(term.target) ?? term.target;
  block2.insts.length = 0;
  block2.insts.push(...out);
  return block2;
}
function isWide(v, bytes) {
  return v.op !== OP.set && (v.type === "v128" || bytes === 4 && v.type === "i64");
}

// src/jit/float-registers.ts
var DOUBLE = { float: "f64", bits: "i64", bytes: 8 };
var SINGLE = { float: "f32", bits: "i32", bytes: 4 };
var RAW_SINGLE = 2;
function unitOf(offset) {
  const at2 = offset - XMM;
  if (at2 < 0 || at2 >= 16 * 32 || at2 % 8 !== 0 || at2 % 32 >= 16) return -1;
  return (at2 >> 5) * 2 + (at2 >> 3 & 1);
}
function planDoubleRegisters(region) {
  return plan(region, DOUBLE);
}
function planSingleRegisters(region) {
  return plan(region, SINGLE);
}
function plan(region, f) {
  const blocks = region.nodes.map((n) => n.block);
  const elements2 = /* @__PURE__ */ new Set();
  for (const b of blocks) {
    for (const i of b.insts) if (i.type === f.float && (i.op === OP.get || i.op === OP.set) && isElement(i.imm, f)) elements2.add(i.imm);
  }
  if (elements2.size === 0) return elements2;
  for (const b of blocks) splitVectors(b, f.bytes);
  if (f === DOUBLE) for (let r = 0; r < 16; r++) for (let at2 = 0; at2 < 16; at2 += f.bytes) elements2.add(XMM + r * 32 + at2);
  else connect(blocks, elements2, f);
  for (const b of blocks) disqualify(b, elements2, f);
  for (let size = -1; size !== elements2.size; ) {
    size = elements2.size;
    for (const b of blocks) spread(b, elements2, f);
  }
  for (const b of blocks) retype(b, elements2, f);
  return elements2;
}
function isElement(offset, f) {
  return unitOf(offset & ~7) >= 0 && offset % f.bytes === 0;
}
function connect(blocks, elements2, f) {
  for (let size = -1; size !== elements2.size; ) {
    size = elements2.size;
    for (const b of blocks) {
      for (const i of b.insts) {
        const from = i.args[0];
        if (i.op !== OP.set || i.type !== f.bits || from.op !== OP.get || !isElement(i.imm, f) || !isElement(from.imm, f)) continue;
        if (elements2.has(i.imm)) elements2.add(from.imm);
        else if (elements2.has(from.imm)) elements2.add(i.imm);
      }
    }
  }
}
var BYTES = { i32: 4, f32: 4, i64: 8, f64: 8, f80: 12, v128: 16, v256: 32 };
function disqualify(b, elements2, f) {
  for (const i of b.insts) {
    if (i.op.lib && i.op.effects.vectors) elements2.clear();
    if (i.op !== OP.get && i.op !== OP.set) continue;
    const whole = (i.type === f.float || i.type === f.bits) && isElement(i.imm, f);
    if (!whole) for (let at2 = i.imm & -f.bytes; at2 < i.imm + BYTES[i.type]; at2 += f.bytes) elements2.delete(at2);
  }
}
function usersOf(b, f) {
  const users = /* @__PURE__ */ new Map();
  for (const i of b.insts) for (const a of i.args) if (a.type === f.bits) (users.get(a) ?? users.set(a, []).get(a)).push(i);
  return users;
}
function isSet(u, elements2) {
  return u.op === OP.set && elements2.has(u.imm);
}
function isMovable(v, users, elements2) {
  const made = v.op === OP.get && elements2.has(v.imm) || v.op === OP.load && v.mem === v.type && !v.rmw || v.op === OP.const && isNumber(v);
  return made && (users.get(v) ?? []).every((u) => isSet(u, elements2) || u.op === OP.store && u.args[1] === v && u.mem === v.type);
}
function isNumber(v) {
  return v.type === "i64" ? (v.immHi & 2146435072) !== 2146435072 : (v.imm & 2139095040) !== 2139095040;
}
function isConvertible(k, insts, f) {
  if (f !== SINGLE) return false;
  const v = insts[k].args[0];
  if (v.isConst) return isNumber(v);
  for (let j = k - 1, sets = false; j >= 0; j--) {
    const i = insts[j];
    if (i.op === OP.insn) return true;
    if (i === v) return !sets;
    sets ||= i.op === OP.set || i.op === OP.store;
  }
  return false;
}
function spread(b, elements2, f) {
  const users = usersOf(b, f);
  b.insts.forEach((i, k) => {
    if (i.type !== f.bits || !elements2.has(i.imm)) return;
    if (i.op === OP.get && !isMovable(i, users, elements2)) elements2.delete(i.imm);
    if (i.op === OP.set && !isMovable(i.args[0], users, elements2) && !isConvertible(k, b.insts, f)) elements2.delete(i.imm);
  });
}
var scratch = new DataView(new ArrayBuffer(8));
function toNumber(v) {
  scratch.setInt32(0, v.imm, true);
  scratch.setInt32(4, v.immHi, true);
  v.imm = v.type === "i32" ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
  v.immHi = 0;
}
function retype(b, elements2, f) {
  const users = usersOf(b, f);
  for (const v of b.insts) {
    if (v.type !== f.bits || v.op === OP.set || !isMovable(v, users, elements2)) continue;
    const us = users.get(v) ?? [];
    if (!us.some((u) => isSet(u, elements2)) && v.op !== OP.get) continue;
    if (v.op === OP.const) toNumber(v);
    v.type = f.float;
    if (v.op === OP.load) {
      v.mem = f.float;
      if (f === SINGLE) v.imm |= RAW_SINGLE;
    }
    for (const u of us) {
      if (u.op === OP.set) u.type = f.float;
      else u.mem = f.float;
    }
  }
  if (f === SINGLE) convertBits(b, elements2);
}
function convertBits(b, elements2) {
  const out = [];
  let begin = 0;
  for (const i of b.insts) {
    if (i.op === OP.set && i.type === "i32" && elements2.has(i.imm)) {
      const bits = i.args[0];
      const single = bits.isConst ? new Inst(OP.const, "i32", [], bits.imm) : new Inst(SINGLE_BITS, "f32", [bits]);
      if (bits.isConst) toNumber(single);
      single.type = "f32";
      out.splice(Math.max(begin, out.indexOf(bits) + 1), 0, single);
      i.args[0] = single;
      i.type = "f32";
    }
    out.push(i);
    if (i.op === OP.insn) begin = out.length;
  }
  b.insts.length = 0;
  b.insts.push(...out);
}

// src/ir/rebuild.ts
function rebuild(block2, rewrite) {
  const out = new Block(block2.pc);
  out.count = block2.count;
  out.end = block2.end;
  const b = new Builder(out);
  const map = /* @__PURE__ */ new Map();
  const lookup = (i) => {
    const n = map.get(i);
    if (!n) throw new Error(`value of ${i.op.name} is used but was dropped`);
    return n;
  };
  for (const old of block2.insts) {
    if (old.op === OP.const) {
      map.set(old, old.type === "i32" ? b.i32(old.imm) : keep(b, old));
      continue;
    }
    const copy = new Inst(old.op, old.type, old.args.map(lookup), old.imm);
    copy.immHi = old.immHi;
    copy.mem = old.mem;
    copy.rmw = old.rmw;
    const value2 = rewrite(copy, b);
    if (value2 === null) continue;
    if (value2 !== void 0) map.set(old, value2);
    else map.set(old, simplify(copy, b) ?? b.append(copy));
  }
  b.end(mapTerminator(block2.term, lookup));
  return out;
}
function keep(b, old) {
  const c = new Inst(old.op, old.type, [], old.imm);
  c.immHi = old.immHi;
  return b.append(c);
}
function mapTerminator(t, lookup) {
  if (t.kind === "branch") {
    const cond2 = lookup(t.cond);
    if (cond2.isConst) return { kind: "jump", target: cond2.imm ? t.taken : t.fallthrough };
    return { ...t, cond: cond2 };
  }
  if (t.kind === "indirect") {
    const target = lookup(t.target);
    return target.isConst ? { kind: "jump", target: target.imm, hint: t.hint === "call" ? "call" : void 0 } : { ...t, target };
  }
  return t;
}

// src/ir/passes/forward-memory.ts
function placeOf(address2) {
  if (address2.isConst) return { base: null, offset: address2.imm };
  if (address2.op === OP.add && address2.args[1].isConst) return { base: address2.args[0], offset: address2.args[1].imm };
  return { base: address2, offset: 0 };
}
var FORWARDED = /* @__PURE__ */ new Set(["i8", "i16", "i32"]);
function forwardMemory(block2) {
  let known = [];
  return rebuild(block2, (i, b) => {
    if (i.op.lib) {
      if (i.op.lib.context === "memory" && i.op.effects.writes) known = [];
      return void 0;
    }
    if (i.op.code === 38 /* load */) {
      if (!FORWARDED.has(i.mem)) return void 0;
      const { base: base2, offset } = placeOf(i.args[0]);
      const k = known.find((x) => x.base === base2 && covers(x, offset, MEM_SIZE[i.mem]));
      if (!k) {
        known.push({ base: base2, offset, mem: i.mem, value: i, stored: false });
        return void 0;
      }
      if (i.rmw) {
        const probe = new Inst(OP.probe, "void", [i.args[0]], MEM_SIZE[i.mem]);
        probe.immHi = 1;
        b.append(probe);
      }
      return part2(b, k, offset, i.mem);
    }
    if (i.op.code === 39 /* store */) {
      const { base: base2, offset } = placeOf(i.args[0]);
      const size = MEM_SIZE[i.mem];
      known = known.filter((k) => k.base === base2 && isApart(k, offset, size));
      if (FORWARDED.has(i.mem)) known.push({ base: base2, offset, mem: i.mem, value: i.args[1], stored: true });
    }
    return void 0;
  });
}
function isApart(k, offset, size) {
  const d = k.offset - offset | 0;
  return d >= size || d <= -MEM_SIZE[k.mem];
}
function covers(k, offset, size) {
  const d = offset - k.offset | 0;
  return d >= 0 && d + size <= MEM_SIZE[k.mem];
}
function part2(b, k, offset, mem) {
  const shift3 = (offset - k.offset | 0) * 8;
  const v = shift3 ? b.shr(k.value, b.i32(shift3)) : k.value;
  if (mem === "i32" || mem === k.mem && !k.stored) return v;
  return b.and(v, b.i32(mem === "i8" ? 255 : 65535));
}

// src/jit/access-groups.ts
var SPAN = 512;
function groupAccesses(block2) {
  const groups = /* @__PURE__ */ new Map();
  let open = /* @__PURE__ */ new Map();
  for (const i of block2.insts) {
    if (i.op.lib) {
      if (i.op.lib.context === "memory" && i.op.effects.writes) open = /* @__PURE__ */ new Map();
      continue;
    }
    const access = checkedAccess(i);
    if (!access) continue;
    const { base: base2, offset } = placeOf(i.args[0]);
    let g = open.get(base2);
    if (!g || Math.max(g.end, offset + access.size) - Math.min(g.start, offset) > SPAN) {
      g = { start: offset, end: offset + access.size, write: false, members: 0, checked: false };
      open.set(base2, g);
    }
    g.start = Math.min(g.start, offset);
    g.end = Math.max(g.end, offset + access.size);
    g.write ||= access.write;
    g.members++;
    groups.set(i, g);
  }
  for (const [i, g] of groups) if (g.members === 1) groups.delete(i);
  return groups;
}
function checkedAccess(i) {
  switch (i.op.code) {
    case 38 /* load */:
      return i.imm & PROBED ? null : { size: MEM_SIZE[i.mem], write: i.rmw };
    case 39 /* store */:
      return i.rmw ? null : { size: MEM_SIZE[i.mem], write: true };
    case 40 /* probe */:
      return { size: i.imm, write: i.immHi !== 0 };
    default:
      return null;
  }
}

// src/jit/emit-pure.ts
function wideLess(op, signed3, x, y) {
  const high = signed3 ? bin("<", x[1], y[1]) : bin("<", toUint(x[1]), toUint(y[1]));
  return cond(bin("===", x[1], y[1]), bin(op, toUint(x[0]), toUint(y[0])), high);
}
function pureExpression(i, o) {
  const wide3 = i.args[0]?.type === "i64";
  switch (i.op.code) {
    case 4 /* add */:
      if (i.type === "i64") return addPair(o);
      return [toInt3(bin("+", o.take(0)[0], o.take(1)[0]))];
    case 5 /* sub */:
      if (i.type === "i64") return subPair(o);
      return [toInt3(bin("-", o.take(0)[0], o.take(1)[0]))];
    case 6 /* mul */:
      return [call3("imul", [o.take(0)[0], o.take(1)[0]])];
    case 7 /* and */:
      if (i.type === "i1") return [logical("&&", o.take(0)[0], o.take(1)[0])];
      return lanewise3("&", o);
    case 8 /* or */:
      if (i.type === "i1") return [logical("||", o.take(0)[0], o.take(1)[0])];
      return lanewise3("|", o);
    case 9 /* xor */:
      if (i.type === "i1") return [bin("!==", o.take(0)[0], o.take(1)[0])];
      return lanewise3("^", o);
    case 10 /* shl */:
      return [bin("<<", o.take(0)[0], o.take(1)[0])];
    case 11 /* shr */:
      return [toInt3(bin(">>>", o.take(0)[0], o.take(1)[0]))];
    case 12 /* sar */:
      return [bin(">>", o.take(0)[0], o.take(1)[0])];
    case 13 /* rotl */:
      return [rotate2("<<", ">>>", o)];
    case 14 /* rotr */:
      return [rotate2(">>>", "<<", o)];
    case 15 /* ext8s */:
      return [bin(">>", bin("<<", o.take(0)[0], num(24)), num(24))];
    case 16 /* ext16s */:
      return [bin(">>", bin("<<", o.take(0)[0], num(16)), num(16))];
    case 17 /* clz */:
      return [call3("clz32", [o.take(0)[0]])];
    case 18 /* not */:
      return [not2(o.take(0)[0])];
    case 19 /* zext */:
      return [cond(o.take(0)[0], num(1), num(0))];
    case 20 /* eq */:
    case 34 /* feq */: {
      const x = o.take(0), y = o.take(1);
      return [wide3 ? logical("&&", bin("===", x[0], y[0]), bin("===", x[1], y[1])) : bin("===", x[0], y[0])];
    }
    case 21 /* ne */: {
      const x = o.take(0), y = o.take(1);
      return [wide3 ? logical("||", bin("!==", x[0], y[0]), bin("!==", x[1], y[1])) : bin("!==", x[0], y[0])];
    }
    case 22 /* ltu */:
      if (wide3) return [wideLess("<", false, o.named(0), o.named(1))];
      return [bin("<", toUint(o.take(0)[0]), toUint(o.take(1)[0]))];
    case 24 /* leu */:
      if (wide3) return [wideLess("<=", false, o.named(0), o.named(1))];
      return [bin("<=", toUint(o.take(0)[0]), toUint(o.take(1)[0]))];
    case 23 /* lts */:
      if (wide3) return [wideLess("<", true, o.named(0), o.named(1))];
      return [bin("<", o.take(0)[0], o.take(1)[0])];
    case 25 /* les */:
      if (wide3) return [wideLess("<=", true, o.named(0), o.named(1))];
      return [bin("<=", o.take(0)[0], o.take(1)[0])];
    case 35 /* flt */:
      return [bin("<", o.take(0)[0], o.take(1)[0])];
    case 36 /* fle */:
      return [bin("<=", o.take(0)[0], o.take(1)[0])];
    case 37 /* funord */: {
      const x = o.named(0)[0], y = o.named(1)[0];
      return [logical("||", bin("!==", x, x), bin("!==", y, y))];
    }
    case 26 /* select */: {
      const x = o.take(1), y = o.take(2);
      const test2 = x.length > 1 ? o.named(0)[0] : o.take(0)[0];
      return x.map((lane, l) => cond(test2, lane, y[l]));
    }
    case 27 /* pack */:
      return i.args.map((_, k) => o.take(k)[0]);
    case 28 /* lane */:
      return [o.take(0)[i.imm]];
    default:
      return null;
  }
}
function lanewise3(operator, o) {
  const x = o.take(0), y = o.take(1);
  return x.map((lane, l) => bin(operator, lane, y[l]));
}
function rotate2(toward, away, o) {
  const x = o.named(0)[0], n = o.named(1)[0];
  const rest = n.type === "Literal" ? num(32 - n.value & 31) : bin("-", num(32), n);
  return bin("|", bin(toward, x, n), bin(away, x, rest));
}
function addPair(o) {
  const x = o.named(0), y = o.named(1);
  const low = toInt3(bin("+", x[0], y[0]));
  const carry = cond(bin("<", toUint(low), toUint(x[0])), num(1), num(0));
  return [low, toInt3(bin("+", bin("+", x[1], y[1]), carry))];
}
function subPair(o) {
  const x = o.named(0), y = o.named(1);
  const borrow = cond(bin("<", toUint(x[0]), toUint(y[0])), num(1), num(0));
  return [toInt3(bin("-", x[0], y[0])), toInt3(bin("-", bin("-", x[1], y[1]), borrow))];
}
function isSignaling2(single, bits) {
  return logical("&&", bin("!==", single, single), bin("===", bin("&", bits, num(4194304)), num(0)));
}

// src/jit/freeze.ts
var LIMIT = 40;
function freeze(e, isFixed, copy) {
  let nodes = 0;
  const walk = (x) => {
    if (++nodes > LIMIT) return null;
    switch (x.type) {
      case "Literal":
        return x;
      case "Identifier":
        return isFixed(x.name) ? x : copy(x.name);
      case "UnaryExpression": {
        const argument = walk(x.argument);
        return argument && { ...x, argument };
      }
      case "BinaryExpression":
      case "LogicalExpression": {
        const left2 = walk(x.left);
        const right2 = left2 && walk(x.right);
        return right2 && { ...x, left: left2, right: right2 };
      }
      case "ConditionalExpression": {
        const test2 = walk(x.test);
        const consequent = test2 && walk(x.consequent);
        const alternate = consequent && walk(x.alternate);
        return alternate && { ...x, test: test2, consequent, alternate };
      }
      case "CallExpression": {
        if (x.callee.type !== "Identifier") return null;
        const args = [];
        for (const a of x.arguments) {
          const arg = walk(a);
          if (!arg) return null;
          args.push(arg);
        }
        return { ...x, arguments: args };
      }
      default:
        return null;
    }
  };
  return walk(e);
}

// src/jit/names.ts
var PARAMETERS = ["S", "F", "G", "D", "E", "R", "N", "home", "rd", "wr", "go", "link", "stop", "trap", "nanfix", "imul", "clz32", "fround", "sqrt"];
function localName(offset) {
  if (offset < 128) return offset & 7 ? `${GPR_NAMES[offset >> 3]}_h` : GPR_NAMES[offset >> 3];
  if (offset >= EFL) return null;
  return offset === FLAG_KIND ? "fk" : offset === FLAG_A ? "fa" : offset === FLAG_R ? "fr" : null;
}

// src/jit/positions.ts
var lastLocation = at(0, 0);
function at(pc, node) {
  const place3 = { line: pc, column: node };
  return { start: place3, end: place3 };
}
function location(pc, node) {
  const { line, column } = lastLocation.start;
  if (line !== pc || column !== node) lastLocation = at(pc, node);
  return lastLocation;
}
function mark(node, pc, regionNode) {
  if (node.type === "Identifier" || node.type === "Literal") return;
  node.loc ??= location(pc >>> 0, regionNode);
}
function markAs(node, other) {
  if (other.loc) node.loc = other.loc;
}
function markStart(statement, pc, regionNode) {
  const s = statement;
  s.marks = [location(pc >>> 0, regionNode), ...s.marks ?? []];
}
var place = (loc) => ({ type: "Place", loc });
var WHOLE2 = at(-1, -1);
function printer(comment) {
  const generator = { ...GENERATOR };
  let current = WHOLE2;
  for (const [type, base2] of Object.entries(GENERATOR)) {
    if (!/Statement$|Expression$|^VariableDeclaration$/.test(type)) continue;
    generator[type] = function(node, state) {
      const { marks, loc } = node;
      if (marks && comment) {
        for (const start of marks) {
          state.write(`// ${comment(start.start.line)}`, place(start));
          state.write("\n");
          state.write(state.indent.repeat(state.indentLevel));
        }
        state.write("", place(current));
      }
      if (!loc) return base2.call(this, node, state);
      const outer = current;
      current = loc;
      state.write("", place(loc));
      base2.call(this, node, state);
      current = outer;
      state.write("", place(outer));
    };
  }
  return generator;
}
function printPositions(program, indent, comment) {
  const noted = [];
  const sourceMap = {
    addMapping({ original, generated }) {
      const last = noted[noted.length - 1];
      if (last && last.line === generated.line && last.column === generated.column) noted.pop();
      noted.push({ line: generated.line, column: generated.column, pc: original.line < 0 ? null : original.line, node: original.column });
    }
  };
  const options = { indent, sourceMap, generator: printer(comment) };
  const code = generate(program, options);
  return { code, positions: everyLine(code, noted) };
}
function everyLine(code, noted) {
  const out = [];
  let k = 0;
  let current = { pc: null, node: -1 };
  code.split("\n").forEach((text2, i) => {
    const line = i + 1;
    const indent = text2.length - text2.trimStart().length;
    const starts = k < noted.length && noted[k].line === line && noted[k].column <= indent;
    if (!starts) out.push({ line, column: 0, pc: current.pc, node: current.node });
    for (; k < noted.length && noted[k].line === line; k++) {
      const { pc, node, column } = noted[k];
      current = noted[k];
      const at2 = column <= indent ? 0 : column;
      if (at2 > 0 && at2 >= text2.length) continue;
      const last = out[out.length - 1];
      if (last?.line === line && last.column === at2) out.pop();
      else if (last?.line === line && last.pc === pc && last.node === node) continue;
      out.push({ line, column: at2, pc, node });
    }
  });
  return out;
}

// src/jit/emit-block.ts
var STATE = 1 << 20;
var MEMORY = 1 << 21;
var WINDOW = 1 << 22;
function isTemp(name) {
  return /^t\d/.test(name);
}
var FLAG_OFFSETS = [FLAG_KIND, FLAG_A, FLAG_R];
var BlockEmitter = class {
  constructor(region, node) {
    this.region = region;
    this.node = node;
    this.pc = node.pc;
    this.unretired = node.block.count;
  }
  region;
  node;
  out = [];
  values = /* @__PURE__ */ new Map();
  unstable = [];
  pendingFlags = [null, null, null];
  /** PC of the current guest instruction, and how many of the block's instructions have not retired before it ends. */
  pc;
  unretired;
  checkDirty = false;
  groups = null;
  /** Where guest instructions begin, if positions are wanted (positions.ts): PC, index in `out`. */
  starts = [];
  /** Statements of `out` that are marked. */
  marked = 0;
  countUses() {
    const { block: block2 } = this.node;
    for (const i of block2.insts) i.uses = 0;
    for (const i of block2.insts) for (const a of i.args) a.uses++;
    if (block2.term.kind === "branch") block2.term.cond.uses++;
    if (block2.term.kind === "indirect") block2.term.target.uses++;
  }
  /** All instructions; `liveOut`: the flag locations that some successor in the region reads. */
  emitBody(liveOut) {
    this.countUses();
    const { insts, count: count2 } = this.node.block;
    if (this.region.memory.strategy.groups) this.groups = groupAccesses(this.node.block);
    if (count2 > 0) this.out.push(set("n", toInt3(bin("-", id("n"), num(count2)))));
    for (const i of insts) {
      this.emitInst(i);
      if (this.region.positions !== "none") this.markNew();
    }
    FLAG_OFFSETS.forEach((offset, f) => {
      if (this.pendingFlags[f] && liveOut & locationOf(offset)) this.commitFlag(f);
    });
  }
  /** Statements that are new come from the current guest instruction, unless they know better. */
  markNew() {
    for (; this.marked < this.out.length; this.marked++) mark(this.out[this.marked], this.pc, this.node.id);
  }
  /** The block is complete, with its terminator: note which statements guest instructions begin at. */
  markStarts() {
    this.markNew();
    if (this.out.length === 0) this.out.push({ type: "EmptyStatement" });
    for (let k = this.starts.length - 2; k >= 0; k -= 2) markStart(this.out[Math.min(this.starts[k + 1], this.out.length - 1)], this.starts[k], this.node.id);
  }
  /** The block's last instruction may have stored into translated code: check on ways to other blocks of the region. */
  get dirtyAtEnd() {
    return this.checkDirty;
  }
  // Values.
  define(inst, lanes2, deps, units = 0) {
    const v = { inst, lanes: lanes2, deps, units, left: inst.uses };
    this.values.set(inst, v);
    if (this.region.positions !== "none") for (const e of lanes2) mark(e, this.pc, this.node.id);
    if ((deps | units) !== 0 && v.left > 0) this.unstable.push(v);
  }
  isSimple(v) {
    return v.lanes.every((e) => e.type === "Identifier" || e.type === "Literal" || e.type === "UnaryExpression" && e.operator === "-");
  }
  /** Give a value a name of its own. */
  materialize(v) {
    v.lanes = v.lanes.map((e) => {
      if (e.type === "Literal" || e.type === "UnaryExpression" && e.operator === "-") return e;
      const t = this.region.temp();
      const s = constant2(t, e);
      markAs(s, e);
      this.out.push(s);
      return id(t);
    });
    v.deps = v.units = 0;
  }
  value(inst) {
    return this.values.get(inst);
  }
  /** Lanes for one use. */
  take(inst) {
    const v = this.value(inst);
    if (v.left > 1 && !this.isSimple(v)) this.materialize(v);
    v.left--;
    return v.lanes;
  }
  /** Lanes for one use that repeats them. */
  named(inst) {
    const v = this.value(inst);
    if (!this.isSimple(v)) this.materialize(v);
    v.left--;
    return v.lanes;
  }
  /** `changed` is about to change: name what depends on it and is still needed. */
  flush(changed, units = 0) {
    if (this.unstable.length === 0) return;
    const rest = [];
    for (const v of this.unstable) {
      if (v.left <= 0 || (v.deps | v.units) === 0) continue;
      if (v.deps & changed || v.units & units) this.materialize(v);
      else rest.push(v);
    }
    this.unstable = rest;
  }
  depsOf(i) {
    let d = 0;
    for (const a of i.args) d |= this.value(a).deps;
    return d;
  }
  unitsOf(i) {
    let d = 0;
    for (const a of i.args) d |= this.value(a).units;
    return d;
  }
  // Instructions.
  emitInst(i) {
    if (i.op.lib) return this.emitLibrary(i, i.op.lib);
    switch (i.op.code) {
      case 0 /* const */:
        return this.define(i, this.constantLanes(i), 0);
      case 1 /* get */:
        return this.emitGet(i);
      case 2 /* set */:
        return this.emitSet(i);
      case 3 /* insn */:
        if (this.checkDirty) this.dirtyExit(i.imm);
        this.pc = i.imm;
        this.unretired--;
        if (this.region.positions !== "none") this.startInstruction();
        return;
      case 29 /* fadd */:
        return this.emitFloat(i, "+");
      case 30 /* fsub */:
        return this.emitFloat(i, "-");
      case 31 /* fmul */:
        return this.emitFloat(i, "*");
      case 32 /* fdiv */:
        return this.emitFloat(i, "/");
      case 33 /* fsqrt */:
        return this.emitFloat(i, "sqrt");
      case 38 /* load */:
        return this.emitLoad(i);
      case 39 /* store */:
        return this.emitStore(i);
      case 40 /* probe */:
        this.check(i, this.named(i.args[0])[0], i.imm, i.immHi !== 0);
        return;
      case 41 /* limit */:
        return this.emitLimit(i);
      case 47 /* trapif */: {
        const test2 = this.take(i.args[0])[0];
        const code = i.imm === PENDING ? num(PENDING) : num(i.imm);
        this.out.push(ifThen(test2, [expr(call3("trap", [code, num(i.immHi)])), ...this.leave()]));
        return;
      }
      default: {
        if (i.uses === 0) {
          for (const a of i.args) this.value(a).left--;
          return this.define(i, [], 0);
        }
        const deps = this.depsOf(i);
        const units = this.unitsOf(i);
        const lanes2 = pureExpression(i, { take: (k) => this.take(i.args[k]), named: (k) => this.named(i.args[k]) });
        if (!lanes2) throw new Error(`no emitter for op ${i.op.name}`);
        this.define(i, lanes2, deps, units);
      }
    }
  }
  startInstruction() {
    const first = this.starts.length === 0;
    this.starts.push(this.pc, first ? 0 : this.out.length);
    if (this.region.positions === "step") this.out.push(set("pc", num(this.pc)));
  }
  constantLanes(i) {
    if (i.type === "i1") return [{ type: "Literal", value: i.imm !== 0 }];
    if (i.type === "i64") return [num(i.imm), num(i.immHi)];
    if (isFloat(i.type)) {
      if (i.imm !== i.imm) return [bin("/", num(0), num(0))];
      if (Math.abs(i.imm) === Infinity) return [bin("/", num(i.imm > 0 ? 1 : -1), num(0))];
    }
    return Array.from({ length: LANES[i.type] }, (_, l) => num(l === 0 ? i.imm : 0));
  }
  emitGet(i) {
    if (i.uses === 0) return this.define(i, [], 0);
    const offset = i.imm;
    if (isFloat(i.type)) {
      const wide3 = i.type === "f64";
      const local = wide3 ? this.region.doubleLocal(offset, false) : this.region.singleLocal(offset, false);
      if (local) return this.define(i, [id(local.name)], 0, 1 << local.unit);
      return this.define(i, [wide3 ? element("F", offset >> 3) : element("G", offset >> 2)], STATE);
    }
    let deps = 0, units = 0;
    const lanes2 = [];
    for (let l = 0; l < LANES[i.type]; l++) {
      const at2 = offset + l * 4;
      const name = localName(at2);
      const local = this.region.integerLocal(at2, false);
      if (local) {
        lanes2.push(id(local.name));
        units |= 1 << local.unit;
      } else if (name) {
        this.region.useLocal(at2, name);
        lanes2.push(id(name));
        deps |= locationOf(at2);
      } else {
        lanes2.push(element("S", at2 >> 2));
        deps |= STATE;
      }
    }
    this.define(i, lanes2, deps, units);
  }
  emitSet(i) {
    const offset = i.imm;
    const value2 = i.args[0];
    const flag = FLAG_OFFSETS.indexOf(offset);
    if (flag >= 0) return this.holdFlag(flag, value2);
    if (isFloat(i.type)) {
      const local = i.type === "f64" ? this.region.doubleLocal(offset, true) : this.region.singleLocal(offset, true);
      const e2 = this.take(value2)[0];
      if (local) {
        if (e2.type === "Identifier" && e2.name === local.name) return;
        this.flush(0, 1 << local.unit);
        this.out.push(set(local.name, e2));
        return;
      }
      this.flush(STATE);
      this.out.push(setElement(i.type === "f64" ? "F" : "G", i.type === "f64" ? offset >> 3 : offset >> 2, e2));
      return;
    }
    const name = localName(offset);
    if (!name) return this.setLanes(offset, value2);
    const v = this.value(value2);
    const at2 = locationOf(offset);
    this.region.useLocal(offset, name);
    this.region.assignLocal(offset);
    if (v.lanes.length !== 1) throw new Error("register pairs are not emitted yet");
    const e = v.lanes[0];
    const left2 = v.left - 1;
    if (!(e.type === "Identifier" && e.name === name)) {
      v.left = 0;
      this.flush(at2);
      this.out.push(set(name, e));
      if (left2 > 0) {
        if (!this.isSimple(v)) {
          v.lanes = [id(name)];
          v.deps = at2;
          v.units = 0;
        }
        if ((v.deps | v.units) !== 0) this.unstable.push(v);
      }
    }
    v.left = left2;
  }
  /** Set a location that has no local of its own, or lanes of vector registers that may have. */
  setLanes(offset, value2) {
    const { deps, units } = this.value(value2);
    let lanes2 = this.take(value2);
    const locals = lanes2.map((_, l) => this.region.integerLocal(offset + l * 4, true));
    let changed = 0, changedUnits = 0;
    for (const local of locals) {
      if (local) changedUnits |= 1 << local.unit;
      else changed = STATE;
    }
    if (lanes2.length > 1 && deps & changed | units & changedUnits) lanes2 = this.nameLanes(lanes2);
    this.flush(changed, changedUnits);
    lanes2.forEach((e, l) => this.out.push(locals[l] ? set(locals[l].name, e) : setElement("S", (offset >> 2) + l, e)));
  }
  nameLanes(lanes2) {
    return lanes2.map((e) => {
      const t = this.region.temp();
      this.out.push(constant2(t, e));
      return id(t);
    });
  }
  emitFloat(i, operator) {
    const a = this.named(i.args[0])[0];
    const b = i.args.length > 1 ? this.named(i.args[1])[0] : a;
    const raw = operator === "sqrt" ? call3("sqrt", [a]) : bin(operator, a, b);
    const t = this.region.temp();
    this.out.push(lets([[t, i.type === "f32" ? call3("fround", [raw]) : raw]]));
    this.out.push(ifThen(bin("!==", id(t), id(t)), [set(t, call3("nanfix", [a, b]))]));
    this.define(i, [id(t)], 0);
  }
  // Memory (emit-memory.ts).
  /** Check an access; afterwards its bytes may be used through the window that is returned. */
  check(access, addr, size, write) {
    const { memory } = this.region;
    const { strategy } = memory;
    const address2 = access.args[0];
    const group = this.groups?.get(access);
    const window2 = memory.window(address2, group ? group.write : write);
    if (!group) {
      if (strategy.offsetDependsOnWindow) this.flush(WINDOW);
      this.out.push(ifThen(strategy.denied(window2, write, addr, size, false), this.leave()));
    } else if (!group.checked) {
      group.checked = true;
      const back = group.start - placeOf(address2).offset | 0;
      let start = addr;
      if (back !== 0) {
        start = address2.isConst ? num(address2.imm + back | 0) : id(this.region.temp());
        if (start.type === "Identifier") this.out.push(constant2(start.name, toInt3(bin("+", addr, num(back)))));
      }
      this.out.push(ifThen(strategy.denied(window2, group.write, start, group.end - group.start, true), this.leave()));
    }
    return window2;
  }
  emitLoad(i) {
    const { memory } = this.region;
    const mem = i.mem;
    const addr = this.named(i.args[0])[0];
    const window2 = i.imm & PROBED ? memory.window(i.args[0], false) : this.check(i, addr, MEM_SIZE[mem], i.rmw);
    if (i.imm & RAW_SINGLE) {
      return this.defineSingle(i, memory.load("f32", window2, addr, i.immHi)[0], memory.load("i32", window2, addr, i.immHi)[0]);
    }
    if (i.uses === 0) return this.define(i, [], 0);
    const deps = this.value(i.args[0]).deps | MEMORY | (memory.strategy.offsetDependsOnWindow ? WINDOW : 0);
    this.define(i, memory.load(mem, window2, addr, i.immHi), deps);
  }
  /** A single made of bits: leave where it is a signaling NaN, for tier 0 to execute the instruction. */
  defineSingle(i, single, bits) {
    const t = this.region.temp();
    this.out.push(constant2(t, single));
    this.out.push(ifThen(isSignaling2(id(t), bits), [setElement("S", EXIT >> 2, num(5 /* single */)), ...this.leave()]));
    this.define(i, [id(t)], 0);
  }
  emitStore(i) {
    const { memory } = this.region;
    const mem = i.mem;
    const addr = this.named(i.args[0])[0];
    const lanes2 = LANES[i.args[1].type] > 1 ? this.named(i.args[1]) : this.take(i.args[1]);
    const window2 = i.rmw ? memory.window(i.args[0], true) : this.check(i, addr, MEM_SIZE[mem], true);
    this.flush(MEMORY);
    this.out.push(...memory.store(mem, window2, addr, lanes2, i.immHi));
  }
  /** Most accesses are known good by one comparison; the rest ask the host. */
  emitLimit(i) {
    const offset = this.named(i.args[0])[0];
    const known = element("S", ((i.imm & 8 ? SEG_WRITE : SEG_READ) >> 2) + (i.imm & 7));
    const fn = this.region.library(SEGMENT_CHECK);
    const refused = call3(fn, [id("E"), offset, num(i.imm), num(i.immHi)]);
    const test2 = i.immHi > 16 ? refused : logical("&&", bin(">=", toUint(offset), toUint(known)), refused);
    this.out.push(ifThen(test2, [expr(call3("trap", [num(PENDING), num(0)])), ...this.leave()]));
  }
  // Library functions.
  emitLibrary(i, lib) {
    const pure2 = lib.context === "pure";
    if (pure2 && i.uses === 0) {
      for (const a of i.args) this.value(a).left--;
      return this.define(i, [], 0);
    }
    const fn = this.region.library(i.op);
    if (i.op === SINGLE_BITS) {
      const bits = this.named(i.args[0])[0];
      return this.defineSingle(i, call3(fn, [bits]), bits);
    }
    const n = LANES[i.type];
    if (lib.lanewise) {
      const deps2 = this.depsOf(i);
      const units2 = this.unitsOf(i);
      const operands = i.args.map((a) => this.take(a));
      const lanes2 = Array.from({ length: n }, (_, l) => call3(fn, [...operands.map((o) => o[l]), ...lib.imm ? [num(i.imm)] : []]));
      return this.define(i, lanes2, deps2, units2);
    }
    const args = pure2 ? [] : [id(lib.context === "state" ? "S" : "E")];
    const deps = this.depsOf(i);
    const units = this.unitsOf(i);
    for (const a of i.args) for (const e of this.take(a)) args.push(a.type === "i1" ? cond(e, num(1), num(0)) : e);
    if (lib.imm) args.push(num(i.imm));
    const result = call3(fn, args);
    if (pure2 && n === 1) return this.define(i, [i.type === "i1" ? not2(not2(result)) : isFloat(i.type) ? result : toInt3(result)], deps, units);
    if (i.op.effects.host) this.out.push(setElement("S", LEFT >> 2, toInt3(bin("+", id("n"), num(this.unretired + 1)))));
    if (i.op.effects.writes) this.flush(STATE | (lib.context === "memory" ? MEMORY : 0));
    if (n === 1) {
      const t = this.region.temp();
      this.out.push(constant2(t, i.type === "i1" ? not2(not2(result)) : isFloat(i.type) ? result : toInt3(result)));
      this.define(i, [id(t)], 0);
    } else {
      this.out.push(expr(result));
      const lanes2 = Array.from({ length: n }, (_, l) => element("R", l));
      this.define(i, i.uses > 0 && n > 0 ? this.nameLanes(lanes2) : [], 0);
    }
    if (lib.context === "memory" && i.op.effects.writes) this.checkDirty = true;
  }
  /** A library function may have stored into translated code: then leave before the next instruction. */
  dirtyExit(pc) {
    this.checkDirty = false;
    this.out.push(ifThen(bin("!==", element("S", DIRTY >> 2), num(0)), this.leaveAt(pc, this.unretired)));
  }
  // Flags.
  holdFlag(f, value2) {
    const v = this.value(value2);
    if (this.pendingFlags[f]) this.value(this.pendingFlags[f]).left--;
    if (!this.isSimple(v) && !isFloatCompare(value2.op)) this.freezeOrName(v);
    this.pendingFlags[f] = value2;
    this.region.useLocal(FLAG_OFFSETS[f], localName(FLAG_OFFSETS[f]));
    this.region.assignLocal(FLAG_OFFSETS[f]);
  }
  /** Let a value be evaluated later, whatever changes until then; where that cannot be it gets its name now. */
  freezeOrName(v) {
    if (v.lanes.length === 1 && (v.deps & (STATE | MEMORY | WINDOW)) === 0) {
      const copies = /* @__PURE__ */ new Map();
      const frozen = freeze(v.lanes[0], isTemp, (name) => {
        if (!copies.has(name)) copies.set(name, this.region.temp());
        return id(copies.get(name));
      });
      if (frozen) {
        for (const [name, copy] of copies) this.out.push(constant2(copy, id(name)));
        v.lanes = [frozen];
        v.deps = v.units = 0;
        return;
      }
    }
    this.materialize(v);
  }
  commitFlag(f) {
    const value2 = this.pendingFlags[f];
    this.pendingFlags[f] = null;
    const name = localName(FLAG_OFFSETS[f]);
    const v = this.value(value2);
    v.left--;
    const e = v.lanes[0];
    if (e.type === "Identifier" && e.name === name) return;
    this.flush(locationOf(FLAG_OFFSETS[f]));
    this.out.push(set(name, e));
  }
  /** Assignments that bring the lazy flags up to date, for a way out of the block. */
  flagUpdates() {
    const updates = [];
    this.pendingFlags.forEach((value2, f) => {
      if (!value2) return;
      const e = this.value(value2).lanes[0];
      const name = localName(FLAG_OFFSETS[f]);
      if (!(e.type === "Identifier" && e.name === name)) updates.push(set(name, e));
    });
    return updates;
  }
  // Ways out.
  /** Leave at the current instruction, which did not retire. */
  leave() {
    return this.leaveAt(this.pc, this.unretired + 1);
  }
  leaveAt(pc, unretired) {
    const out = [...this.flagUpdates(), set("pc", num(pc))];
    if (unretired > 0) out.push(set("n", toInt3(bin("+", id("n"), num(unretired)))));
    out.push(breakTo("X"));
    return out;
  }
  /** The condition or target that the terminator needs. */
  terminatorValue(inst, repeated2) {
    return repeated2 ? this.named(inst)[0] : this.take(inst)[0];
  }
};

// src/jit/emit-switch.ts
var LEAST_FOR_TABLE = 6;
var MULTIPLIERS = 400;
function targetSwitch(target, cases) {
  const hash = cases.length >= LEAST_FOR_TABLE ? perfectHash(cases.map((c) => c.pc)) : null;
  const test2 = (c) => ifThen(bin("===", target, num(c.pc)), c.body);
  if (!hash) return cases.map(test2);
  const slots = new Map(cases.map((c) => [hash.of(c.pc), c]));
  const all = Array.from({ length: 1 << hash.bits }, (_, slot) => {
    const c = slots.get(slot);
    return { type: "SwitchCase", test: num(slot), consequent: c ? [test2(c), breakOut] : [] };
  });
  const discriminant = bin(">>>", call3("imul", [target, num(hash.multiplier)]), num(32 - hash.bits));
  return [{ type: "SwitchStatement", discriminant, cases: all }];
}
function perfectHash(pcs) {
  const least = Math.ceil(Math.log2(pcs.length));
  for (let bits = least; bits <= least + 2; bits++) {
    let multiplier = 2654435761 | 0;
    for (let k = 0; k < MULTIPLIERS; k++, multiplier = Math.imul(multiplier, 1664525) + 1013904222 | 1) {
      const m2 = multiplier;
      const of = (pc) => Math.imul(pc, m2) >>> 32 - bits;
      if (new Set(pcs.map(of)).size === pcs.length) return { multiplier: m2, bits, of };
    }
  }
  return null;
}

// src/jit/region.ts
function successors(n) {
  const s = [...n.expected];
  if (n.taken) s.push(n.taken);
  if (n.fallthrough && n.fallthrough !== n.taken) s.push(n.fallthrough);
  return s;
}

// src/jit/structure.ts
function analyse(entry) {
  const post = [];
  const seen = /* @__PURE__ */ new Set([entry]);
  const stack = [{ node: entry, rest: successors(entry) }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const next = top.rest.pop();
    if (!next) {
      post.push(top.node);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ node: next, rest: successors(next) });
    }
  }
  const order = post.reverse();
  const index2 = new Map(order.map((n, i) => [n, i]));
  const preds = order.map(() => []);
  order.forEach((n, i) => {
    for (const s of successors(n)) preds[index2.get(s)].push(i);
  });
  return { order, index: index2, idom: dominators(preds), preds };
}
function dominators(preds) {
  const idom = preds.map(() => -1);
  idom[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < preds.length; i++) {
      let d = -1;
      for (let p of preds[i]) {
        if (idom[p] === -1) continue;
        if (d === -1) {
          d = p;
          continue;
        }
        while (p !== d) {
          while (p > d) p = idom[p];
          while (d > p) d = idom[d];
        }
      }
      if (idom[i] !== d) {
        idom[i] = d;
        changed = true;
      }
    }
  }
  return idom;
}
function reversePostorder(entry) {
  return analyse(entry).order;
}
function structure(entry, client) {
  const g = analyse(entry);
  const dominates = (a, b) => {
    while (b > a) b = g.idom[b];
    return a === b;
  };
  const loops = /* @__PURE__ */ new Set();
  const forward = g.order.map(() => 0);
  let reducible = true;
  g.preds.forEach((ps, i) => {
    for (const p of ps) {
      if (p < i) forward[i]++;
      else {
        loops.add(i);
        if (!dominates(i, p)) reducible = false;
      }
    }
  });
  return reducible ? nested(g, loops, forward, client) : switched(g, client);
}
function nested(g, loops, forward, client) {
  const children = g.order.map(() => []);
  for (let i = g.order.length - 1; i > 0; i--) children[g.idom[i]].push(i);
  const isMerge = (i) => forward[i] > 1;
  const tree = (i) => {
    const merges = children[i].filter(isMerge);
    const body = within(i, merges);
    return loops.has(i) ? [labeled(`L${i}`, forever(body))] : body;
  };
  const within = (i, merges) => {
    if (merges.length > 0) {
      const [m2, ...rest] = merges;
      return [labeled(`B${m2}`, block(within(i, rest))), ...tree(m2)];
    }
    const node = g.order[i];
    return client.emit(node, (to) => {
      const t = g.index.get(to);
      if (t <= i) return [...client.backEdge(node, to), continueTo(`L${t}`)];
      if (isMerge(t)) return [breakTo(`B${t}`)];
      return tree(t);
    });
  };
  return tree(0);
}
function switched(g, client) {
  const cases = g.order.map((node, i) => ({
    type: "SwitchCase",
    test: num(i),
    consequent: [block(client.emit(node, (to) => {
      const t = g.index.get(to);
      return [...t <= i ? client.backEdge(node, to) : [], set("b", num(t)), continueTo("W")];
    }))]
  }));
  return [
    lets([["b", num(0)]]),
    labeled("W", forever([{ type: "SwitchStatement", discriminant: id("b"), cases }]))
  ];
}

// src/jit/emit-region.ts
function libraryName(op) {
  return "l_" + op.name.replace(/[^a-zA-Z0-9]/g, "_");
}
var STOP = 0;
var INDIRECT = -1;
var RegionEmitter = class {
  constructor(region, vectorLocals, strategy, view = null) {
    this.region = region;
    this.vectorLocals = vectorLocals;
    this.view = view;
    this.memory = new MemoryEmitter(strategy);
    this.positions = view ? view.positions : "none";
  }
  region;
  vectorLocals;
  view;
  locals = /* @__PURE__ */ new Map();
  assigned = /* @__PURE__ */ new Set();
  libraries = /* @__PURE__ */ new Map();
  memory;
  exits = [-1];
  doubles = /* @__PURE__ */ new Map();
  singles = /* @__PURE__ */ new Map();
  integers = /* @__PURE__ */ new Map();
  temps = 0;
  positions;
  tellsEntries = false;
  // What block emitters need.
  temp() {
    return `t${this.temps++}`;
  }
  useLocal(offset, name) {
    this.locals.set(offset, name);
  }
  assignLocal(offset) {
    this.assigned.add(offset);
  }
  /** The local that holds the half of a vector register at a state offset, or null; `assign`: it is written. */
  doubleLocal(offset, assign2) {
    if (!this.vectorLocals.doubles.has(offset)) return null;
    const unit = unitOf(offset);
    let local = this.doubles.get(offset);
    if (!local) this.doubles.set(offset, local = { name: `x${unit >> 1}${unit & 1 ? "h" : ""}`, assigned: false });
    local.assigned ||= assign2;
    return { name: local.name, unit };
  }
  /** The same for a lane as a single. */
  singleLocal(offset, assign2) {
    if (!this.vectorLocals.singles.has(offset)) return null;
    const unit = unitOf(offset & ~7);
    let local = this.singles.get(offset);
    if (!local) this.singles.set(offset, local = { name: `f${unit >> 1}_${offset >> 2 & 3}`, assigned: false });
    local.assigned ||= assign2;
    return { name: local.name, unit };
  }
  /** The local that holds a 32-bit lane of a vector register, or null; `assign`: it is written. */
  integerLocal(offset, assign2) {
    if (!this.vectorLocals.integers.has(offset)) return null;
    const unit = unitOf(offset & ~7);
    let local = this.integers.get(offset);
    if (!local) this.integers.set(offset, local = { name: `i${unit >> 1}_${offset >> 2 & 3}`, assigned: false });
    local.assigned ||= assign2;
    return { name: local.name, unit };
  }
  library(op) {
    let name = this.libraries.get(op);
    if (!name) this.libraries.set(op, name = libraryName(op));
    return name;
  }
  exitTo(pc) {
    const known = this.exits.indexOf(pc, 1);
    return known > 0 ? known : this.exits.push(pc) - 1;
  }
  // Emission.
  emit() {
    const entry = this.region.nodes[0];
    const order = reversePostorder(entry);
    const index2 = new Map(order.map((n, i) => [n, i]));
    const liveOut = this.flagLiveness(order);
    const emitters = /* @__PURE__ */ new Map();
    const body = structure(entry, {
      emit: (node, edge) => {
        const e = new BlockEmitter(this, node);
        emitters.set(node, e);
        const loops = successors(node).some((s) => index2.get(s) <= index2.get(node));
        return this.emitNode(e, node, liveOut.get(node), loops, edge);
      },
      backEdge: (from, to) => [ifThen(bin("<", id("n"), num(0)), emitters.get(from).leaveAt(to.pc, 0))]
    });
    const inner = [
      lets([
        ["n", element("S", LEFT >> 2)],
        ["pc", num(0)],
        ["k", num(STOP)],
        ...[...this.locals].map(([offset, name2]) => [name2, element("S", offset >> 2)]),
        ...[...this.doubles].map(([offset, { name: name2 }]) => [name2, element("F", offset >> 3)]),
        ...[...this.singles].map(([offset, { name: name2 }]) => [name2, element("G", offset >> 2)]),
        ...[...this.integers].map(([offset, { name: name2 }]) => [name2, element("S", offset >> 2)]),
        ...this.memory.locals()
      ]),
      ...this.signalingGuard(),
      labeled("X", block(body)),
      ...[...this.assigned].map((offset) => setElement("S", offset >> 2, id(this.locals.get(offset)))),
      ...[...this.doubles].filter(([, d]) => d.assigned).map(([offset, d]) => setElement("F", offset >> 3, id(d.name))),
      ...[...this.singles].filter(([, d]) => d.assigned).map(([offset, d]) => setElement("G", offset >> 2, id(d.name))),
      ...[...this.integers].filter(([, d]) => d.assigned).map(([offset, d]) => setElement("S", offset >> 2, id(d.name))),
      setElement("S", LEFT >> 2, id("n")),
      setElement("S", PC >> 2, id("pc")),
      this.leaveStatement()
    ];
    const name = this.view?.name ?? `r_${(this.region.pc >>> 0).toString(16)}`;
    const hits = this.view?.hits;
    return {
      body: [...this.tellsEntries ? [constant2("B", property("E", "entered"))] : [], ...hits === void 0 ? [] : [constant2("H", member("E", "hits", hits))], ret2({ type: "FunctionExpression", id: id(name), params: [], body: block(inner), generator: false, async: false })],
      libraries: [...this.libraries.keys()],
      exits: this.exits
    };
  }
  /** No local holds a signaling single: with one in the state, tier 0 executes the first instruction. Nothing may be written back then. */
  signalingGuard() {
    const tests = [...this.singles].map(([offset, { name }]) => isSignaling2(id(name), element("S", offset >> 2)));
    if (tests.length === 0) return [];
    return [ifThen(tests.reduce((a, b) => logical("||", a, b)), [
      setElement("S", EXIT >> 2, num(5 /* single */)),
      setElement("S", PC >> 2, num(this.region.pc)),
      ret2(element("N", STOP))
    ])];
  }
  leaveStatement() {
    const stop = element("N", STOP);
    const linked = logical("??", element("N", id("k")), call3("link", [id("N"), id("k"), id("pc")]));
    const next = cond(bin("<", id("k"), num(0)), call3("go", [id("pc")]), linked);
    return ret2(cond(bin("<", id("n"), num(0)), stop, next));
  }
  /** Flag locations live at the end of each block on the ways that stay in the region (others take the values along). */
  flagLiveness(order) {
    const out = new Map(order.map((n) => [n, 0]));
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = order.length - 1; i >= 0; i--) {
        const node = order[i];
        let live = 0;
        for (const s of successors(node)) live |= liveIn(s.block, out.get(s) | (leaves(s) ? FLAG_LOCATIONS : 0));
        live &= FLAG_LOCATIONS;
        if (live !== out.get(node)) {
          out.set(node, live);
          changed = true;
        }
      }
    }
    return out;
  }
  emitNode(e, node, liveOut, loops, edge) {
    eliminateDeadState(node.block, leaves(node) || loops ? ALL_LOCATIONS : ALL_LOCATIONS & ~FLAG_LOCATIONS | liveOut);
    this.region.trace?.("dead-state", node);
    eliminateDeadCode(node.block);
    this.region.trace?.("dead-code", node);
    if (this.region.entries?.(node.pc)) {
      this.tellsEntries = true;
      e.out.push(expr(call3("B", [num(node.pc)])));
    }
    if (this.view?.hits !== void 0) e.out.push(setElement("H", node.id, bin("+", element("H", node.id), num(1))));
    e.emitBody(liveOut);
    e.out.push(...this.emitTerminator(e, node, edge));
    if (this.positions !== "none") e.markStarts();
    return e.out;
  }
  emitTerminator(e, node, edge) {
    const t = node.block.term;
    const inside = (to) => {
      const out = [];
      if (e.dirtyAtEnd) out.push(ifThen(bin("!==", element("S", DIRTY >> 2), num(0)), e.leaveAt(to.pc, 0)));
      return [...out, ...edge(to)];
    };
    const go = (to, pc) => to ? inside(to) : this.leaveTo(e, pc);
    switch (t.kind) {
      case "jump":
        return go(node.taken, t.target);
      case "branch": {
        const test2 = e.terminatorValue(t.cond, false);
        return [ifThen(test2, go(node.taken, t.taken)), ...go(node.fallthrough, t.fallthrough)];
      }
      case "indirect": {
        const target = e.terminatorValue(t.target, true);
        const out = targetSwitch(target, node.expected.map((to) => ({ pc: to.pc, body: inside(to) })));
        return [...out, ...e.flagUpdates(), set("pc", target), set("k", num(INDIRECT)), breakTo("X")];
      }
      case "exit":
        return [
          setElement("S", EXIT >> 2, num(t.reason)),
          setElement("S", EXIT_ARG >> 2, num(t.arg)),
          ...e.leaveAt(t.next, 0)
        ];
      case "trap":
        return [
          expr(call3("trap", [num(t.vector), num(t.errorCode)])),
          ...e.leaveAt(t.next, t.next === lastPc(node) ? 1 : 0)
        ];
    }
  }
  /** Leave the region for a known PC. */
  leaveTo(e, pc) {
    return [...e.flagUpdates(), set("pc", num(pc)), set("k", num(this.exitTo(pc))), breakTo("X")];
  }
};
function lastPc(node) {
  for (let k = node.block.insts.length - 1; k >= 0; k--) if (node.block.insts[k].op === OP.insn) return node.block.insts[k].imm;
  return node.pc;
}
function leaves(n) {
  switch (n.block.term.kind) {
    case "jump":
      return !n.taken;
    case "branch":
      return !n.taken || !n.fallthrough;
    default:
      return true;
  }
}

// src/ir/passes/forward-state.ts
var LANE_BYTES = { void: 0, i1: 4, i32: 4, f32: 4, i64: 8, f64: 8, f80: 12, v128: 16, v256: 32 };
function forwardState(block2) {
  let known = [];
  const overlaps2 = (k, offset, size) => k.offset < offset + size && offset < k.offset + LANE_BYTES[k.type];
  return rebuild(block2, (i, b) => {
    if (i.op.code === 1 /* get */) {
      for (const k of known) {
        if (k.offset === i.imm && k.type === i.type) return k.value;
        const lane = (i.imm - k.offset) / 4;
        if (i.type === "i32" && lane >= 0 && lane < LANES[k.type] && (k.type === "i64" || k.type === "v128")) return b.lane(k.value, lane);
      }
      known.push({ offset: i.imm, type: i.type, value: i });
    } else if (i.op.code === 2 /* set */) {
      const size = LANE_BYTES[i.type];
      known = known.filter((k) => !overlaps2(k, i.imm, size));
      known.push({ offset: i.imm, type: i.type, value: i.args[0] });
    } else if (i.op.lib && i.op.effects.writes) {
      known = known.filter((k) => k.offset < EFL);
    }
    return void 0;
  });
}

// src/ir/lib/flags.ts
var FLAGS_GET = pure("flags.get", ["i32", "i32", "i32"], "i32", (kind, a, r, mask2) => flagsOf(kind, a, r) & mask2, true);
var FLAGS_COND = pure("flags.cond", ["i32", "i32", "i32"], "i1", (kind, a, r, cc) => condOf(cc, flagsOf(kind, a, r)), true);
var FLAGS_PARITY = pure("flags.parity", ["i32"], "i32", (r) => parity(r & 255));

// src/ir/flag-values.ts
function kindOf(b, f) {
  return f.kind >= 0 ? b.i32(f.kind) : f.kindValue;
}
function mask(size) {
  return size === 0 /* B8 */ ? 255 : size === 1 /* B16 */ ? 65535 : -1;
}
function signed2(b, v, size) {
  return size === 0 /* B8 */ ? b.ext8s(v) : size === 1 /* B16 */ ? b.ext16s(v) : v;
}
function subtrahend(b, f, size) {
  let r = f.r;
  if (size < 2 /* B32 */ && r.op === OP.and && r.args[1].isConst && r.args[1].imm === mask(size)) r = r.args[0];
  if (r.op === OP.sub && r.args[0] === f.a) return r.args[1];
  if (r.op === OP.add && r.args[0] === f.a && r.args[1].isConst) return b.i32(-r.args[1].imm & mask(size));
  const v = b.sub(f.a, f.r);
  return size < 2 /* B32 */ ? b.and(v, b.i32(mask(size))) : v;
}
function floatCondition(b, x, y, cc) {
  switch (cc) {
    case 2 /* B */:
      return b.not(b.fle(y, x));
    case 6 /* BE */:
      return b.not(b.flt(y, x));
    case 4 /* E */:
    case 14 /* LE */:
      return b.not(b.or(b.flt(x, y), b.flt(y, x)));
    case 10 /* P */:
      return b.funord(x, y);
    default:
      return b.bool(false);
  }
}
function condValue(b, f, cc) {
  if (cc & 1) return b.not(condValue(b, f, cc & ~1));
  const size = f.kind & 3;
  if (f.kind < 0 || size === 3 /* B64 */) return b.lib(FLAGS_COND, [kindOf(b, f), f.a, f.r], cc);
  const family2 = f.kind >> 3;
  const { a, r } = f;
  const zero3 = b.i32(0);
  if (family2 === 0 /* RAW */) {
    if (isFloatCompare(a.op)) return floatCondition(b, a.args[0], a.args[1], cc);
    if (cc === 12 /* L */) return b.ne(b.and(b.shr(a, b.i32(7)), b.i32(1)), b.and(b.shr(a, b.i32(11)), b.i32(1)));
    if (cc === 14 /* LE */) return b.lib(FLAGS_COND, [b.i32(f.kind), a, r], cc);
    return b.nonzero(b.and(a, b.i32(COND_READS[cc])));
  }
  switch (cc) {
    case 4 /* E */:
      return family2 === 2 /* SUB */ && !(f.kind & 4) ? b.eq(a, subtrahend(b, f, size)) : b.eq(r, zero3);
    case 8 /* S */:
      return b.lts(signed2(b, r, size), zero3);
    case 10 /* P */:
      return b.nonzero(b.lib(FLAGS_PARITY, [r]));
  }
  switch (f.kind & ~3) {
    case 2 /* SUB */ << 3:
      switch (cc) {
        case 2 /* B */:
          return b.ltu(a, subtrahend(b, f, size));
        case 6 /* BE */:
          return b.leu(a, subtrahend(b, f, size));
        case 12 /* L */:
          return b.lts(signed2(b, a, size), signed2(b, subtrahend(b, f, size), size));
        case 14 /* LE */:
          return b.les(signed2(b, a, size), signed2(b, subtrahend(b, f, size), size));
      }
      break;
    case 1 /* ADD */ << 3:
      if (cc === 2 /* B */) return b.ltu(r, a);
      break;
    case 3 /* RES */ << 3:
      if (a.isConst && a.imm === 0) {
        switch (cc) {
          case 0 /* O */:
          case 2 /* B */:
            return b.bool(false);
          case 6 /* BE */:
            return b.eq(r, zero3);
          case 12 /* L */:
            return b.lts(signed2(b, r, size), zero3);
          case 14 /* LE */:
            return b.les(signed2(b, r, size), zero3);
        }
      }
      if (cc === 2 /* B */) return b.nonzero(b.and(a, b.i32(CF)));
      if (cc === 0 /* O */) return b.nonzero(b.and(a, b.i32(OF)));
      break;
    case 4 /* INC */ << 3:
    case 5 /* DEC */ << 3: {
      const one = b.i32(family2 === 4 /* INC */ ? -1 : 1);
      if (cc === 2 /* B */) return b.nonzero(a);
      if (cc === 12 /* L */) return b.lts(signed2(b, b.add(r, one), size), one);
      if (cc === 14 /* LE */) return b.les(signed2(b, b.add(r, one), size), one);
    }
  }
  return b.lib(FLAGS_COND, [b.i32(f.kind), a, r], cc);
}
function flagBits(b, f, wanted) {
  const family2 = f.kind >> 3;
  if (f.kind >= 0 && family2 === 0 /* RAW */) return b.and(f.a, b.i32(wanted));
  if (f.kind >= 0 && (f.kind & 3) !== 3 /* B64 */) {
    switch (wanted) {
      case CF:
        if (family2 === 4 /* INC */ || family2 === 5 /* DEC */) return f.a;
        if (family2 === 3 /* RES */) return b.and(f.a, b.i32(CF));
        return b.zext(condValue(b, f, 2 /* B */));
      case ZF:
        return b.shl(b.zext(condValue(b, f, 4 /* E */)), b.i32(6));
      case SF:
        return b.shl(b.zext(condValue(b, f, 8 /* S */)), b.i32(7));
      case PF:
        return b.shl(b.lib(FLAGS_PARITY, [f.r]), b.i32(2));
    }
  }
  return b.lib(FLAGS_GET, [kindOf(b, f), f.a, f.r], wanted);
}

// src/ir/passes/lower-flags.ts
var RAW = flagKind(0 /* RAW */, 0 /* B8 */);
function flagKindAfter(block2, entry) {
  let kind = entry;
  for (const i of block2.insts) {
    switch (i.op.code) {
      case 42 /* fset */:
        kind = i.args.length === 3 ? -1 : i.imm;
        break;
      case 43 /* fsetif */:
        kind = -1;
        break;
      case 44 /* fmod */:
        kind = RAW;
        break;
    }
  }
  return kind;
}
function lowerFlags(block2, entryKind = -1) {
  let current = null;
  const record = (b) => {
    if (!current) {
      const kindValue = entryKind < 0 ? b.get("i32", FLAG_KIND) : null;
      current = { kind: entryKind, kindValue, a: b.get("i32", FLAG_A), r: b.get("i32", FLAG_R) };
    }
    return current;
  };
  const assign2 = (b, f) => {
    current = f;
    b.set(FLAG_KIND, f.kind >= 0 ? b.i32(f.kind) : f.kindValue);
    b.set(FLAG_A, f.a);
    b.set(FLAG_R, f.r);
  };
  const low = (b, v) => v.type === "i1" ? b.zext(v) : v;
  return rebuild(block2, (i, b) => {
    switch (i.op.code) {
      case 42 /* fset */: {
        const [a, r, carry] = i.args;
        if (carry?.isConst) assign2(b, { kind: i.imm | carry.imm << 2, kindValue: null, a, r });
        else if (carry) assign2(b, { kind: -1, kindValue: b.or(b.shl(b.zext(carry), b.i32(2)), b.i32(i.imm)), a, r });
        else assign2(b, { kind: i.imm, kindValue: null, a: low(b, a), r });
        return null;
      }
      case 43 /* fsetif */: {
        const [cond2, a, r] = i.args;
        const old = record(b);
        const oldKind = old.kind >= 0 ? b.i32(old.kind) : old.kindValue;
        assign2(b, { kind: -1, kindValue: b.select(cond2, b.i32(i.imm), oldKind), a: b.select(cond2, a, old.a), r: b.select(cond2, r, old.r) });
        return null;
      }
      case 44 /* fmod */: {
        const value2 = i.args[0];
        const rest = ARITH & ~i.imm;
        const a = rest === 0 ? value2 : b.or(flagBits(b, record(b), rest), value2);
        assign2(b, { kind: RAW, kindValue: null, a, r: b.i32(0) });
        return null;
      }
      case 45 /* fcond */:
        return condValue(b, record(b), i.imm);
      case 46 /* fget */:
        return flagBits(b, record(b), i.imm);
      default:
        return void 0;
    }
  });
}

// src/jit/integer-registers.ts
function planIntegerRegisters(region, floats) {
  const lanes2 = /* @__PURE__ */ new Set();
  if (!hasLoop(region)) return lanes2;
  const others = /* @__PURE__ */ new Set();
  for (const { block: block2 } of region.nodes) {
    for (const i of block2.insts) {
      if (i.op.lib && i.op.effects.vectors) return /* @__PURE__ */ new Set();
      if (i.op !== OP.get && i.op !== OP.set) continue;
      const integer2 = i.type === "i32" || i.type === "i64" || i.type === "v128";
      const bytes = i.type === "v128" ? 16 : i.type === "v256" ? 32 : i.type === "i32" || i.type === "f32" ? 4 : 8;
      for (let at2 = i.imm & ~3; at2 < i.imm + bytes; at2 += 4) if (unitOf(at2 & ~7) >= 0) (integer2 ? lanes2 : others).add(at2);
    }
  }
  for (const at2 of others) lanes2.delete(at2);
  for (const at2 of floats) lanes2.delete(at2);
  return lanes2;
}
function hasLoop(region) {
  const index2 = new Map(region.nodes.map((n, k) => [n, k]));
  return region.nodes.some((n) => successors(n).some((s) => index2.get(s) <= index2.get(n)));
}

// src/jit/optimize.ts
function optimizeRegion(region) {
  const kinds = entryFlagKinds(region);
  for (const node of region.nodes) {
    const before = node.block.term;
    node.block = lowerFlags(node.block, kinds.get(node));
    region.trace?.("lower-flags", node);
    node.block = forwardState(node.block);
    region.trace?.("forward-state", node);
    node.block = forwardMemory(node.block);
    region.trace?.("forward-memory", node);
    eliminateDeadCode(node.block);
    region.trace?.("dead-code", node);
    const after = node.block.term;
    if (before.kind === "branch" && after.kind === "jump") {
      if (after.target !== before.taken) node.taken = node.fallthrough;
      node.fallthrough = null;
    }
  }
  const doubles = planDoubleRegisters(region);
  const singles = planSingleRegisters(region);
  if (doubles.size + singles.size > 0) {
    for (const node of region.nodes) {
      region.trace?.("split-vectors", node);
      node.block = forwardState(node.block);
      region.trace?.("forward-state", node);
      eliminateDeadCode(node.block);
      region.trace?.("dead-code", node);
    }
  }
  return { doubles, singles, integers: planIntegerRegisters(region, /* @__PURE__ */ new Set([...doubles, ...singles])) };
}
function entryFlagKinds(region) {
  const UNSEEN = -2;
  const kinds = new Map(region.nodes.map((n) => [n, UNSEEN]));
  kinds.set(region.nodes[0], -1);
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of region.nodes) {
      const entry = kinds.get(node);
      if (entry === UNSEEN) continue;
      const after = flagKindAfter(node.block, entry);
      for (const s of successors(node)) {
        const old = kinds.get(s);
        const met = old === UNSEEN ? after : old === after ? old : -1;
        if (met !== old) {
          kinds.set(s, met);
          changed = true;
        }
      }
    }
  }
  for (const [n, k] of kinds) if (k === UNSEEN) kinds.set(n, -1);
  return kinds;
}

// src/jit/compile.ts
function emitRegion(region, view, strategy = USER_STRATEGY) {
  const locals = optimizeRegion(region);
  const { body, libraries, exits } = new RegionEmitter(region, locals, strategy, view).emit();
  const program = block(body);
  const rest = { libraries, exits, parameters: strategy.parameters };
  if (!view) return { code: generate(program, { indent: " " }), positions: [], ...rest };
  return { ...printPositions(program, " ", view.comment), ...rest };
}
function compileEmitted({ code, libraries, exits, parameters }, footer = "") {
  const factory = new Function(...PARAMETERS, ...parameters, ...libraries.map(libraryName), footer ? `${code}
${footer}` : code);
  return { code, factory, libraries, exits };
}
function compileRegion(region, strategy = USER_STRATEGY) {
  return compileEmitted(emitRegion(region, void 0, strategy));
}
function bindRegion(c, b, links) {
  const { state } = b.env;
  return c.factory(
    state.S,
    state.F,
    state.G,
    b.D,
    b.env,
    RESULT,
    links,
    b.home,
    b.rd,
    b.wr,
    b.go,
    b.link,
    b.stop,
    b.trap,
    nanfix,
    Math.imul,
    Math.clz32,
    Math.fround,
    Math.sqrt,
    ...b.strategy,
    ...c.libraries.map((op) => op.lib.fn)
  );
}

// src/jit/emit-paged.ts
function difference(window2) {
  return `${window2}d`;
}
var PAGED_STRATEGY = {
  parameters: ["W"],
  groups: false,
  locals(window2) {
    const home = (window2.startsWith("w") ? HOME_WRITE : HOME_READ) >> 2;
    return [[window2, element("S", home)], [difference(window2), element("S", home + 1)]];
  },
  denied(window2, write, addr, size) {
    const outside = bin(">", toUint(bin("-", addr, id(window2))), num(4096 - size));
    const refill = sequence(
      assign(window2, call3(write ? "wr" : "rd", [addr, num(size)])),
      assign(difference(window2), element("W", 0)),
      bin("===", id(window2), num(1))
    );
    return logical("&&", outside, refill);
  },
  offset(window2, addr, delta) {
    const moved = bin("+", addr, id(difference(window2)));
    return toUint(delta === 0 ? moved : bin("+", moved, num(delta)));
  },
  offsetDependsOnWindow: true
};

// src/jit/paged-access.ts
function pagedAccess(env, memory) {
  const { S } = env;
  const W = new Int32Array(1);
  const single = () => {
    S[EXIT >> 2] = 5 /* single */;
    return 1;
  };
  const slow = (addr, size, write) => {
    try {
      memory.probe(addr, size, write);
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      env.fault = e;
      S[EXIT >> 2] = 2 /* fault */;
      return 1;
    }
    if ((addr & 4095) > 4096 - size) return single();
    const i = memory.direct(addr, write ? 2 /* FAST */ : 1 /* READ */);
    if (i < 0) return single();
    W[0] = memory.differenceAt(i);
    return addr & -4096;
  };
  return {
    D: memory.D,
    home: 0,
    strategy: [W],
    rd: (addr, size) => {
      if ((addr & 4095) > 4096 - size) return slow(addr, size, false);
      const i = memory.direct(addr, 1 /* READ */);
      if (i < 0) return slow(addr, size, false);
      W[0] = memory.differenceAt(i);
      return addr & -4096;
    },
    wr: (addr, size) => {
      if ((addr & 4095) > 4096 - size) return slow(addr, size, true);
      const i = memory.direct(addr, 2 /* FAST */);
      if (i < 0) return slow(addr, size, true);
      W[0] = memory.differenceAt(i);
      return addr & -4096;
    },
    trap: (vector2, errorCode) => {
      if (vector2 !== PENDING) env.fault = new GuestFault(vector2, errorCode);
      S[EXIT >> 2] = 2 /* fault */;
    }
  };
}

// src/runtime/region-builder.ts
var GROWTH = { nodes: 30, instructions: 220, callees: [200, 80, 40, 20] };
var FIRST_GROWTH = { ...GROWTH, callees: [80, 40, 20] };
function growRegion(source3, pc, mode, profile, limits = GROWTH, stops = null) {
  const nodes = [];
  const known = /* @__PURE__ */ new Map();
  const contexts = /* @__PURE__ */ new Map();
  let instructions = 0;
  let contextIds = 1;
  let truncated = false;
  const ownReturns = /* @__PURE__ */ new Set();
  const lifted = /* @__PURE__ */ new Map();
  const blockAt = (at2) => {
    let block2 = lifted.get(at2);
    if (block2 === void 0) {
      try {
        block2 = liftBlock(source3, at2, mode, { stops });
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        block2 = null;
      }
      lifted.set(at2, block2);
    }
    return block2;
  };
  const nodeAt = (at2, context, needHot = true) => {
    const key = `${context?.id ?? 0}:${at2}`;
    const old = known.get(key);
    if (old) return old;
    if (needHot && profile.count(at2) === 0) return null;
    if (nodes.length >= limits.nodes || instructions >= limits.instructions) {
      truncated = true;
      return null;
    }
    if (stops !== null && stops.has(at2 | 0)) return null;
    const block2 = blockAt(at2);
    if (!block2) return null;
    const node = { id: nodes.length, pc: at2, block: block2, taken: null, fallthrough: null, expected: [] };
    instructions += block2.count;
    nodes.push(node);
    known.set(key, node);
    contexts.set(node, context);
    return node;
  };
  const isSmall = (callee, most) => {
    const seen = /* @__PURE__ */ new Set([callee]);
    let size = 0;
    for (const at2 of seen) {
      const block2 = blockAt(at2);
      if (!block2) continue;
      size += block2.count;
      if (size > most) return false;
      const t = block2.term;
      const next = t.kind === "jump" ? [t.hint === "call" ? block2.end : t.target] : t.kind === "branch" ? [t.taken, t.fallthrough] : [];
      if (t.kind === "jump" && t.hint === "call" && t.target === callee) return false;
      if (t.kind === "indirect" && t.hint === "call") next.push(block2.end);
      for (const to of next) if (profile.count(to) > 0) seen.add(to);
    }
    return true;
  };
  const called = (node, callee) => {
    const context = contexts.get(node);
    if (callee === pc && context === null) {
      const back = nodeAt(node.block.end, null, false);
      if (back) ownReturns.add(back);
      return entry;
    }
    const depth = context?.depth ?? 0;
    if (depth >= limits.callees.length || isRecursive(context, callee, pc)) return null;
    if (!isSmall(callee, limits.callees[depth])) return null;
    return nodeAt(callee, { parent: context, callee, returnTo: node.block.end, depth: depth + 1, id: contextIds++ });
  };
  const entry = nodeAt(pc, null, false);
  if (!entry) throw new Error("the region's entry cannot be fetched");
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    const context = contexts.get(node);
    const t = node.block.term;
    switch (t.kind) {
      case "jump":
        node.taken = t.hint === "call" ? called(node, t.target) : nodeAt(t.target, context);
        break;
      case "branch":
        node.taken = nodeAt(t.taken, context);
        node.fallthrough = nodeAt(t.fallthrough, context);
        break;
      case "indirect":
        if (t.hint === "ret" && context) {
          const back = nodeAt(context.returnTo, context.parent, false);
          if (back) node.expected.push(back);
        } else if (t.hint !== "ret") {
          for (const target of profile.targets?.(node.pc) ?? []) {
            const to = t.hint === "call" ? called(node, target) : nodeAt(target, context);
            if (to) node.expected.push(to);
          }
        }
        break;
    }
  }
  for (const n of nodes) {
    if (contexts.get(n) === null && n.block.term.kind === "indirect" && n.block.term.hint === "ret") n.expected.push(...ownReturns);
  }
  return { pc, mode, nodes, truncated };
}
function isRecursive(context, callee, entry) {
  if (callee === entry) return true;
  for (let c = context; c; c = c.parent) if (c.callee === callee) return true;
  return false;
}

// src/runtime/machine/cpu/regions.ts
var Front = class {
  keys = new Int32Array(FRONT_SIZE);
  stamps = new Int32Array(FRONT_SIZE);
  functions;
  constructor(stop) {
    this.functions = new Array(FRONT_SIZE).fill(stop);
  }
};
var FRONT_SIZE = 1024;
var MOST_PAGES = 8;
var Regions = class {
  constructor(p, code, translations, env) {
    this.p = p;
    this.code = code;
    this.translations = translations;
    const stop = () => stop;
    this.stop = stop;
    this.front = new Front(stop);
    this.binding = { env, ...pagedAccess(env, p.memory), go: this.go, link: this.link, stop };
    translations.changed.add((t) => this.dropped(t));
  }
  p;
  code;
  translations;
  stop;
  binding;
  bound = /* @__PURE__ */ new Map();
  /** Links made under the current mapping that another mapping could make wrong. */
  made = [];
  /** Counts mappings: of the MMU's version, CS base, dropped translations. */
  epoch = 1;
  version = -1;
  base = 0;
  fronts = /* @__PURE__ */ new WeakMap();
  front;
  index = null;
  mode = -1;
  current = /* @__PURE__ */ new Map();
  /** Blocks whose entries are told (env.entered). */
  entries;
  /** A debugger's breakpoints, that regions keep clear of; offsets in CS, which begins at 0 then. */
  stops = null;
  /** Use this index and mode, under the mapping as it is now. */
  enter(index2, mode, current) {
    const base2 = this.code.linear(0);
    if (this.version !== this.p.mmu.version || this.base !== base2) {
      this.version = this.p.mmu.version;
      this.base = base2;
      this.newEpoch();
    }
    if (index2 === this.index && mode === this.mode) return;
    this.index = index2;
    this.mode = mode;
    this.current = current;
    let byMode = this.fronts.get(index2);
    if (!byMode) this.fronts.set(index2, byMode = /* @__PURE__ */ new Map());
    let front = byMode.get(mode);
    if (!front) byMode.set(mode, front = new Front(this.stop));
    this.front = front;
  }
  newEpoch() {
    this.epoch++;
    const { made } = this;
    for (let i = 0; i < made.length; i += 2) made[i][made[i + 1]] = null;
    made.length = 0;
  }
  dropped(t) {
    const b = this.bound.get(t);
    if (!b) return;
    this.bound.delete(t);
    this.epoch++;
    for (let k = 0; k < b.incoming.length; k += 2) b.incoming[k][b.incoming[k + 1]] = null;
    b.links.fill(null, 1);
  }
  /** The function of a translation's region, or null if it has none, or its code is not all mapped where it was. */
  entry(t) {
    return this.usable(t)?.fn ?? null;
  }
  usable(t) {
    if (!t.region) return null;
    let b = this.bound.get(t);
    if (!b) {
      const links = new Array(t.region.compiled.exits.length).fill(null);
      links[0] = this.stop;
      b = { fn: bindRegion(t.region.compiled, this.binding, links), links, incoming: [], version: -1, linear: 0 };
      this.bound.set(t, b);
    }
    const linear = this.code.linear(t.pc);
    if (b.version !== this.version || b.linear !== linear) {
      if (!this.mapped(t.region, linear)) return null;
      b.version = this.version;
      b.linear = linear;
    }
    return b;
  }
  mapped(region, linear) {
    const { pages } = region;
    try {
      for (let i = 0; i < pages.length; i += 2) {
        if (this.code.physicalOf((linear & -4096) + (pages[i] << 12) | 0) !== pages[i + 1]) return false;
      }
      return true;
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      return false;
    }
  }
  /** The translation at a PC as the code is mapped now; for links and indirect jumps. */
  find(pc) {
    try {
      const physical = this.code.physical(pc);
      for (let t = this.current.get(pc) ?? null; t; t = t.next) {
        if (t.physical !== physical || !t.region) continue;
        const b = this.usable(t);
        if (!b) return null;
        this.index.counters.lookups++;
        this.index.counters.hits++;
        return b;
      }
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
    }
    return null;
  }
  go = (pc) => {
    const { front } = this;
    const i = (pc ^ pc >>> 12) & FRONT_SIZE - 1;
    if (front.keys[i] === pc && front.stamps[i] === this.epoch) {
      this.index.counters.lookups++;
      this.index.counters.hits++;
      return front.functions[i];
    }
    const b = this.find(pc);
    if (!b) return this.stop;
    front.keys[i] = pc;
    front.stamps[i] = this.epoch;
    front.functions[i] = b.fn;
    return b.fn;
  };
  link = (links, k, pc) => {
    const b = this.find(pc);
    if (!b) return this.stop;
    links[k] = b.fn;
    this.made.push(links, k);
    b.incoming.push(links, k);
    return b.fn;
  };
  /**
   * Pages at which windows start, in the state. Without looking further than the TLB: a walk would set A bits. False: none is known, so the
   * code must run in tier 0, whose accesses will find some.
   */
  home() {
    const { S, memory } = this.p;
    const read = memory.direct(S[HOME_READ >> 2], 1 /* READ */);
    if (read < 0) {
      const any = memory.anyDirect(1 /* READ */);
      if (any < 0) return false;
      S[HOME_READ >> 2] = memory.pageAt(any);
      S[(HOME_READ >> 2) + 1] = memory.differenceAt(any);
    } else S[(HOME_READ >> 2) + 1] = memory.differenceAt(read);
    const write = memory.direct(S[HOME_WRITE >> 2], 2 /* FAST */);
    if (write < 0) {
      const any = memory.anyDirect(2 /* FAST */);
      if (any < 0) return false;
      S[HOME_WRITE >> 2] = memory.pageAt(any);
      S[(HOME_WRITE >> 2) + 1] = memory.differenceAt(any);
    } else S[(HOME_WRITE >> 2) + 1] = memory.differenceAt(write);
    return true;
  }
  /** Compile the region that begins at a translation of the current index and mode. */
  compile(t) {
    const started = performance.now();
    const { code, translations } = this;
    const entryPage = code.linear(t.pc) >>> 12;
    const pages = /* @__PURE__ */ new Set();
    const region = growRegion(code, t.pc, t.mode, { count: (pc) => {
      const page = code.linear(pc) >>> 12;
      if (!pages.has(page)) {
        if (pages.size >= MOST_PAGES) return 0;
      }
      let n = 0;
      try {
        const physical = code.physical(pc);
        for (let o = this.current.get(pc) ?? null; o; o = o.next) if (o.physical === physical) n = o.count + (o.region ? 1 : 0);
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
      }
      if (n > 0) pages.add(page);
      return n;
    } }, GROWTH, this.stops);
    const ranges = [], map = [];
    const seen = /* @__PURE__ */ new Set();
    try {
      for (const node of region.nodes) {
        const { pc, end } = node.block;
        for (let at2 = pc; at2 - end < 0; ) {
          const linear = code.linear(at2);
          const length = Math.min(end - at2, 4096 - (linear & 4095));
          const physical = code.physicalOf(linear);
          if (!translations.isMemory(physical)) return void (t.cold = true);
          if (!seen.has(linear >>> 12)) {
            seen.add(linear >>> 12);
            map.push((linear >>> 12) - entryPage, physical - (physical & 4095));
          }
          ranges.push(physical, physical + length);
          at2 += length;
        }
      }
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      t.cold = true;
      return;
    }
    region.entries = this.entries;
    const compiled = compileRegion(region, PAGED_STRATEGY);
    translations.addRegion(t, { compiled, pages: map, ranges });
    translations.compilation.compileMs += performance.now() - started;
  }
};

// src/runtime/machine/cpu/cpuid.ts
var FPU = 1;
var DE3 = 4;
var PSE = 8;
var TSC = 16;
var MSR = 32;
var PAE = 64;
var MCE = 128;
var CX8 = 256;
var APIC = 512;
var SEP = 2048;
var MTRR = 4096;
var PGE = 8192;
var MCA = 16384;
var CMOV2 = 32768;
var PAT = 65536;
var PSE36 = 131072;
var CLFSH = 524288;
var MMX = 8388608;
var FXSR = 16777216;
var SSE2 = 33554432;
var SSE22 = 67108864;
var SSE3 = 1;
var SSSE3 = 512;
var SSE41 = 524288;
var SSE42 = 1048576;
var X2APIC = 2097152;
var POPCNT = 8388608;
var TSC_DEADLINE = 16777216;
var XSAVE = 67108864;
var OSXSAVE = 134217728;
var HYPERVISOR = 2147483648 | 0;
var TSC_ADJUST = 2;
var SMEP = 128;
var ERMS = 512;
var SMAP = 1048576;
var UMIP = 4;
var NX = 1048576;
var RDTSCP = 134217728;
var SIGNATURE = 67237;
var VENDOR = "GenuineIntel";
var BRAND = "lift86 virtual processor";
var HYPERVISOR_NAME = "lift86lift86";
var LAST_BASIC = 13;
var LAST_EXTENDED = 2147483656;
var XSAVE_SIZE2 = 576;
function text(s, at2) {
  let v = 0;
  for (let i = 0; i < 4; i++) v |= (at2 + i < s.length ? s.charCodeAt(at2 + i) : 0) << 8 * i;
  return v;
}
function cpuid2(p, topology, leaf, subleaf, out) {
  const put4 = (a, b, c, d) => {
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
  };
  leaf >>>= 0;
  if (leaf < 1073741824 ? leaf > LAST_BASIC : leaf > 1073742079 && (leaf < 2147483648 || leaf > LAST_EXTENDED)) leaf = LAST_BASIC;
  const { processors } = topology;
  switch (leaf) {
    case 0:
      return put4(LAST_BASIC, text(VENDOR, 0), text(VENDOR, 8), text(VENDOR, 4));
    case 1: {
      const c = SSE3 | SSSE3 | SSE41 | SSE42 | X2APIC | POPCNT | TSC_DEADLINE | XSAVE | HYPERVISOR | (p.mmu.cr4 & CR4_OSXSAVE ? OSXSAVE : 0);
      const d = FPU | DE3 | PSE | TSC | MSR | PAE | MCE | CX8 | SEP | MTRR | PGE | MCA | CMOV2 | PAT | PSE36 | CLFSH | MMX | FXSR | SSE2 | SSE22 | (topology.apicEnabled ? APIC : 0) | (processors > 1 ? 1 << 28 : 0);
      return put4(SIGNATURE, p.id << 24 | processors << 16 | 8 << 8, c, d);
    }
    case 2:
      return put4(16711425, 240, 0, 0);
    case 4:
      return put4(...CACHES[subleaf] ?? NO_CACHE, 0);
    case 7:
      return subleaf === 0 ? put4(0, TSC_ADJUST | SMEP | ERMS | SMAP, UMIP, 0) : put4(0, 0, 0, 0);
    case 11: {
      const shift3 = 32 - Math.clz32(processors - 1);
      if (subleaf === 0) return put4(0, 1, 256, p.id);
      if (subleaf === 1) return put4(shift3, processors, 513, p.id);
      return put4(0, 0, subleaf & 255, p.id);
    }
    case 13:
      if (subleaf === 0) return put4(3, XSAVE_SIZE2, XSAVE_SIZE2, 0);
      return put4(0, 0, 0, 0);
    case 1073741824:
      return put4(1073741824, text(HYPERVISOR_NAME, 0), text(HYPERVISOR_NAME, 4), text(HYPERVISOR_NAME, 8));
    case 2147483648:
      return put4(LAST_EXTENDED | 0, 0, 0, 0);
    case 2147483649:
      return put4(0, 0, 0, NX | RDTSCP);
    case 2147483650:
    case 2147483651:
    case 2147483652: {
      const at2 = (leaf - 2147483650) * 16;
      return put4(text(BRAND, at2), text(BRAND, at2 + 4), text(BRAND, at2 + 8), text(BRAND, at2 + 12));
    }
    case 2147483654:
      return put4(0, 0, 33579072, 0);
    case 2147483655:
      return put4(0, 0, 0, 256);
    case 2147483656:
      return put4(p.mmu.physicalBits | 32 << 8, 0, 0, 0);
    default:
      return put4(0, 0, 0, 0);
  }
}
var CACHES = [
  [1 | 1 << 5 | 256, 63 | 7 << 22, 63],
  [2 | 1 << 5 | 256, 63 | 3 << 22, 127],
  [3 | 2 << 5 | 256, 63 | 7 << 22, 511],
  [3 | 3 << 5 | 256, 63 | 15 << 22, 8191]
];
var NO_CACHE = [0, 0, 0];

// src/runtime/machine/cpu/reset.ts
function common(p, cr0) {
  const { S } = p;
  p.mmu.init(cr0);
  for (let k = 0; k < 8; k++) S[(GPR >> 2) + k * 2] = 0;
  S[(GPR >> 2) + 2 /* EDX */ * 2] = SIGNATURE;
  writeEflags(S, 2);
  S[PC >> 2] = 65520;
  S[SHADOW >> 2] = 0;
  for (const seg of [0 /* ES */, 2 /* SS */, 3 /* DS */, 4 /* FS */, 5 /* GS */]) setSegment(p, seg, 0, 0, 65535, REAL_ATTR);
  setSegment(p, 1 /* CS */, 61440, 4294901760 | 0, 65535, REAL_ATTR);
  Object.assign(p.gdt, { base: 0, limit: 65535 });
  Object.assign(p.idt, { base: 0, limit: 65535 });
  Object.assign(p.ldt, { selector: 0, base: 0, limit: 65535, attr: 33280 });
  Object.assign(p.tr, { selector: 0, base: 0, limit: 65535, attr: 35584 });
  p.cr2 = 0;
  p.debug.reset();
  p.cpl = 0;
}
function reset(p) {
  const { S } = p;
  common(p, CR0_CD2 | CR0_NW2 | CR0_ET);
  init(S);
  S.fill(0, ST >> 2, (ST >> 2) + 32);
  S[FCW >> 2] = 64;
  S[FTW >> 2] = 255;
  S.fill(0, XMM >> 2, (XMM >> 2) + 128);
  S[MXCSR >> 2] = 8064;
  p.xcr0 = 1;
  p.msrs.reset();
}
function init2(p) {
  common(p, p.mmu.cr0 & (CR0_CD2 | CR0_NW2) | CR0_ET);
}
function startUp(p, vector2) {
  setSegment(p, 1 /* CS */, vector2 << 8, vector2 << 12, 65535, REAL_ATTR);
  p.S[PC >> 2] = 0;
}

// src/runtime/machine/cpu/control.ts
var CR0_BITS = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP2 | CR0_AM | CR0_NW2 | CR0_CD2 | CR0_PG2;
var CR4_BITS = CR4_TSD | CR4_DE | CR4_PSE2 | CR4_PAE2 | CR4_MCE | CR4_PGE2 | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_UMIP | CR4_OSXSAVE | CR4_SMEP2 | CR4_SMAP2;
var EFER_BITS = EFER_NX2 | EFER_SCE;
function readControl2(p, index2) {
  switch (index2) {
    case 0:
      return p.mmu.cr0;
    case 2:
      return p.cr2;
    case 3:
      return p.mmu.cr3;
    case 4:
      return p.mmu.cr4;
    default:
      return fault(6 /* UD */);
  }
}
function writeControl2(p, index2, value2) {
  switch (index2) {
    case 0:
      return writeCr0(p, value2);
    case 2:
      p.cr2 = value2;
      return;
    case 3:
      return p.mmu.writeCr3(value2);
    case 4:
      if (value2 & ~CR4_BITS) gp();
      if (p.mmu.efer & EFER_LMA2 && !(value2 & CR4_PAE2)) gp();
      return p.mmu.writeCr4(value2);
    default:
      fault(6 /* UD */);
  }
}
function writeCr0(p, value2) {
  value2 = value2 & CR0_BITS | CR0_ET;
  if (value2 & CR0_PG2 && !(value2 & CR0_PE)) gp();
  if (value2 & CR0_NW2 && !(value2 & CR0_CD2)) gp();
  if (value2 & CR0_PG2 && p.mmu.efer & EFER_LME2 && !(p.mmu.cr4 & CR4_PAE2)) gp();
  const pe = (p.mmu.cr0 ^ value2) & CR0_PE;
  p.mmu.writeCr0(value2);
  if (pe) refreshBounds(p);
}
function loadStatusWord(p, value2) {
  const { cr0 } = p.mmu;
  writeCr0(p, cr0 & ~14 | value2 & 15);
}
function clearTaskSwitched(p) {
  p.mmu.writeCr0(p.mmu.cr0 & ~CR0_TS);
}
function writeEfer(p, low, high) {
  if (high !== 0 || low & ~(EFER_BITS | p.mmu.efer & EFER_LMA2)) gp();
  if (p.mmu.cr0 & CR0_PG2 && (low ^ p.mmu.efer) & EFER_LME2) gp();
  p.mmu.writeEfer(low);
}

// src/runtime/machine/cpu/descriptors.ts
function loadLdt2(p, selector3) {
  const { ldt } = p, code = selector3 & 65532;
  if (code === 0) {
    ldt.selector = selector3;
    ldt.attr = 0;
    return;
  }
  if (selector3 & 4) gp(code);
  const d = readDescriptor(p, selector3);
  if (d.high & A_S || systemType(d.high) !== 2 /* ldt */) gp(code);
  if (!d.present) fault(11 /* NP */, code);
  ldt.selector = selector3;
  ldt.base = d.base;
  ldt.limit = d.limit;
  ldt.attr = d.attr;
}
function loadTask(p, selector3) {
  const { tr } = p, code = selector3 & 65532;
  if (code === 0) gp();
  if (selector3 & 4) gp(code);
  const d = readDescriptor(p, selector3);
  const type = systemType(d.high);
  if (d.high & A_S || type !== 1 /* tss16 */ && type !== 9 /* tss32 */) gp(code);
  if (!d.present) fault(11 /* NP */, code);
  markDescriptor(p, d, 512);
  tr.selector = selector3;
  tr.base = d.base;
  tr.limit = d.limit;
  tr.attr = d.attr | 512;
}
function visible(p, selector3) {
  if ((selector3 & 65532) === 0) return null;
  const d = findDescriptor(p, selector3);
  if (!d) return null;
  if ((d.attr & (A_S | A_CODE | A_CONFORMING)) === (A_S | A_CODE | A_CONFORMING)) return d;
  return d.dpl < p.cpl || d.dpl < (selector3 & 3) ? null : d;
}
var LAR_TYPES = /* @__PURE__ */ new Set([1 /* tss16 */, 2 /* ldt */, 3 /* tss16Busy */, 4 /* call16 */, 5 /* task */, 9 /* tss32 */, 11 /* tss32Busy */, 12 /* call32 */]);
var LSL_TYPES = /* @__PURE__ */ new Set([1 /* tss16 */, 2 /* ldt */, 3 /* tss16Busy */, 9 /* tss32 */, 11 /* tss32Busy */]);
function accessRights(p, selector3) {
  const d = visible(p, selector3);
  return d && (d.attr & A_S || LAR_TYPES.has(systemType(d.high))) ? d.high & 16776960 : -1;
}
function limited(p, selector3) {
  const d = visible(p, selector3);
  return d && (d.attr & A_S || LSL_TYPES.has(systemType(d.high))) ? d : null;
}
function verify2(p, selector3, write) {
  const d = visible(p, selector3);
  if (!d || !(d.attr & A_S)) return false;
  const code = (d.attr & A_CODE) !== 0, rw = (d.attr & A_RW) !== 0;
  return write ? !code && rw : !code || rw;
}

// src/runtime/machine/cpu/msr.ts
var VALUE2 = new Int32Array(2);
function readTsc(p, clock, out) {
  const ticks = Math.floor(clock.ticks());
  add3(ticks | 0, Math.floor(ticks / 4294967296) | 0, p.msrs.tscOffset[0], p.msrs.tscOffset[1], out);
}
function add3(aLow, aHigh, bLow, bHigh, out) {
  const low = aLow + bLow | 0;
  out[1] = aHigh + bHigh + (low >>> 0 < aLow >>> 0 ? 1 : 0);
  out[0] = low;
}
function adjustTsc(p, low, high) {
  const { tscOffset, tscAdjust } = p.msrs;
  add3(tscOffset[0], tscOffset[1], low, high, tscOffset);
  add3(tscAdjust[0], tscAdjust[1], low, high, tscAdjust);
}
function difference2(p, low, high, from) {
  const d = new Int32Array(2);
  add3(~from[0], ~from[1], 1, 0, d);
  add3(low, high, d[0], d[1], d);
  adjustTsc(p, d[0], d[1]);
}
var NOW = new Int32Array(2);
function set2(low, high = 0) {
  VALUE2[0] = low;
  VALUE2[1] = high;
}
function fixedIndex(index2) {
  if (index2 === 592 /* mtrrFix64 */) return 0;
  if (index2 === 600 /* mtrrFix16a */ || index2 === 601 /* mtrrFix16b */) return 1 + index2 - 600 /* mtrrFix16a */;
  return index2 >= 616 /* mtrrFix4 */ && index2 < 616 /* mtrrFix4 */ + 8 ? 3 + index2 - 616 /* mtrrFix4 */ : -1;
}
function readMsr(p, clock, device, result, index2) {
  const m2 = p.msrs;
  index2 >>>= 0;
  switch (index2) {
    case 16 /* tsc */:
      return readTsc(p, clock, VALUE2);
    case 59 /* tscAdjust */:
      return set2(m2.tscAdjust[0], m2.tscAdjust[1]);
    case 23 /* platformId */:
    case 42 /* eblCrPoweron */:
    case 139 /* biosSignature */:
    case 475 /* lastBranchFrom */:
    case 475 /* lastBranchFrom */ + 1:
    case 478 /* lastInterruptTo */ - 1:
    case 478 /* lastInterruptTo */:
      return set2(0);
    case 254 /* mtrrCap */:
      return set2(1288);
    // Machine checks never happen: there is no bank.
    case 377 /* mcgCap */:
    case 378 /* mcgStatus */:
      return set2(0);
    case 372 /* sysenterCs */:
      return set2(m2.sysenterCs);
    case 373 /* sysenterEsp */:
      return set2(m2.sysenterEsp);
    case 374 /* sysenterEip */:
      return set2(m2.sysenterEip);
    case 416 /* miscEnable */:
      return set2(m2.miscEnable[0], m2.miscEnable[1]);
    case 473 /* debugControl */:
      return set2(m2.debugControl[0], m2.debugControl[1]);
    case 631 /* pat */:
      return set2(m2.pat[0], m2.pat[1]);
    case 767 /* mtrrDefault */:
      return set2(m2.mtrrDefault);
    case 3221225600 /* efer */:
      return set2(p.mmu.efer);
    case 3221225731 /* tscAux */:
      return set2(m2.tscAux);
  }
  if (index2 >= 512 /* mtrrBase0 */ && index2 < 512 /* mtrrBase0 */ + 16) {
    const at2 = (index2 - 512 /* mtrrBase0 */) * 2;
    return set2(m2.mtrrVariable[at2], m2.mtrrVariable[at2 + 1]);
  }
  const fixed2 = fixedIndex(index2);
  if (fixed2 >= 0) return set2(m2.mtrrFixed[fixed2 * 2], m2.mtrrFixed[fixed2 * 2 + 1]);
  if (!device.readMsr(index2)) gp();
  set2(result[0], result[1]);
}
function writeMsr(p, clock, device, index2, low, high) {
  const m2 = p.msrs;
  index2 >>>= 0;
  switch (index2) {
    case 16 /* tsc */:
      readTsc(p, clock, NOW);
      difference2(p, low, high, NOW);
      return device.tscChanged();
    case 59 /* tscAdjust */:
      difference2(p, low, high, m2.tscAdjust);
      return device.tscChanged();
    case 121 /* biosUpdate */:
    case 139 /* biosSignature */:
    case 42 /* eblCrPoweron */:
      return;
    case 378 /* mcgStatus */:
      if (low | high) gp();
      return;
    case 372 /* sysenterCs */:
      m2.sysenterCs = low;
      return;
    case 373 /* sysenterEsp */:
      m2.sysenterEsp = low;
      return;
    case 374 /* sysenterEip */:
      m2.sysenterEip = low;
      return;
    case 416 /* miscEnable */:
      m2.miscEnable.set([low, high]);
      return;
    case 473 /* debugControl */:
      if (low & ~3 || high) gp();
      m2.debugControl.set([low, high]);
      return;
    case 631 /* pat */:
      if (!memoryTypes(low, true) || !memoryTypes(high, true)) gp();
      m2.pat.set([low, high]);
      return;
    case 767 /* mtrrDefault */:
      if (high || low & ~3327 || !memoryType(low & 255, false)) gp();
      m2.mtrrDefault = low;
      return;
    case 3221225600 /* efer */:
      return writeEfer(p, low, high);
    case 3221225731 /* tscAux */:
      if (high) gp();
      m2.tscAux = low;
      return;
  }
  if (index2 >= 512 /* mtrrBase0 */ && index2 < 512 /* mtrrBase0 */ + 16) {
    const reservedHigh = -1 << p.mmu.physicalBits - 32;
    const isMask = index2 & 1;
    if (high & reservedHigh || (isMask ? low & 2047 : low & 3840 || !memoryType(low & 255, false))) gp();
    m2.mtrrVariable.set([low, high], (index2 - 512 /* mtrrBase0 */) * 2);
    return;
  }
  const fixed2 = fixedIndex(index2);
  if (fixed2 >= 0) {
    if (!memoryTypes(low, false) || !memoryTypes(high, false)) gp();
    m2.mtrrFixed.set([low, high], fixed2 * 2);
    return;
  }
  if (!device.writeMsr(index2, low, high)) gp();
}
function memoryType(t, pat) {
  return t === 0 || t === 1 || t >= 4 && t <= 6 || pat && t === 7;
}
function memoryTypes(word4, pat) {
  for (let k = 0; k < 32; k += 8) if (!memoryType(word4 >>> k & 255, pat)) return false;
  return true;
}

// src/runtime/machine/cpu/ports.ts
function checkPorts(p, port2, size) {
  if (p.realMode) return;
  const { eflags } = p;
  if (!(eflags & FL_VM) && p.cpl <= (eflags & FL_IOPL) >> 12) return;
  const { tr, implicit } = p;
  const limit = tr.limit >>> 0;
  if (systemType(tr.attr) !== 11 /* tss32Busy */ || limit < 103) gp();
  const at2 = implicit.load16(tr.base + 102 | 0) + (port2 >> 3);
  if (at2 + 1 > limit) gp();
  const bits = implicit.load16(tr.base + at2 | 0) >> (port2 & 7);
  if (bits & (1 << size) - 1) gp();
}

// src/runtime/machine/cpu/services.ts
var ProcessorServices = class {
  constructor(p, env, topology) {
    this.p = p;
    this.env = env;
    this.topology = topology;
  }
  p;
  env;
  topology;
  rdtsc() {
    readTsc(this.p, this.env.clock, RESULT);
  }
  cpuid(leaf, subleaf) {
    cpuid2(this.p, this.topology, leaf, subleaf, RESULT);
  }
  loadSegment(seg, selector3) {
    loadSegment2(this.p, seg, selector3);
  }
  checkSegment(seg, offset, size, write) {
    checkSegment(this.p, seg, offset, size, write);
  }
  portCheck(port2, size) {
    checkPorts(this.p, port2, size);
  }
  portIn(port2, size) {
    checkPorts(this.p, port2, size);
    this.watchPort(port2, size);
    return this.env.ports.portIn(port2, size) | 0;
  }
  portOut(port2, size, value2) {
    checkPorts(this.p, port2, size);
    this.watchPort(port2, size);
    this.env.ports.portOut(port2, size, size === 4 ? value2 >>> 0 : value2 & (1 << size * 8) - 1);
  }
  watchPort(port2, size) {
    if (this.p.debug.io && this.p.mmu.cr4 & CR4_DE) this.p.debug.onPort(port2, size);
  }
  /** CR4.UMIP keeps programs from looking at the system's tables. */
  notForPrograms() {
    if (this.p.cpl > 0 && this.p.mmu.cr4 & CR4_UMIP) gp();
  }
  system(op, a, b, c) {
    const { p } = this;
    switch (op) {
      case 0 /* sgdt */:
      case 1 /* sidt */: {
        this.notForPrograms();
        const { limit, base: base2 } = op === 0 /* sgdt */ ? p.gdt : p.idt;
        RESULT[0] = limit;
        RESULT[1] = base2;
        return;
      }
      case 5 /* lgdt */:
      case 6 /* lidt */: {
        const t = op === 5 /* lgdt */ ? p.gdt : p.idt;
        t.limit = a & 65535;
        t.base = b;
        return;
      }
      case 2 /* sldt */:
      case 3 /* str */:
        this.notForPrograms();
        RESULT[0] = (op === 2 /* sldt */ ? p.ldt : p.tr).selector;
        return;
      case 7 /* lldt */:
        return loadLdt2(p, a & 65535);
      case 8 /* ltr */:
        return loadTask(p, a & 65535);
      case 4 /* smsw */:
        this.notForPrograms();
        RESULT[0] = p.mmu.cr0;
        return;
      case 9 /* lmsw */:
        return loadStatusWord(p, a);
      case 10 /* clts */:
        return clearTaskSwitched(p);
      case 11 /* invd */:
      case 12 /* wbinvd */:
        return;
      case 13 /* invlpg */:
        return p.mmu.invlpg(a);
      case 14 /* rdmsr */:
        readMsr(p, this.env.clock, this.env.msrs, RESULT, a);
        RESULT[0] = VALUE2[0];
        RESULT[1] = VALUE2[1];
        return;
      case 16 /* wrmsr */:
        return writeMsr(p, this.env.clock, this.env.msrs, a, b, c);
      case 15 /* rdpmc */:
        if (p.cpl > 0 && !(p.mmu.cr4 & CR4_PCE)) gp();
        return gp();
      case 17 /* readCr */:
        RESULT[0] = readControl2(p, a);
        return;
      case 19 /* writeCr */:
        return writeControl2(p, a, b);
      case 18 /* readDr */:
        RESULT[0] = this.readDebug(a);
        return;
      case 20 /* writeDr */:
        return this.writeDebug(a, b);
      case 21 /* lar */: {
        const rights = accessRights(p, a & 65535);
        RESULT[0] = rights >= 0 ? 1 : 0;
        RESULT[1] = rights >= 0 ? rights : 0;
        return;
      }
      case 22 /* lsl */: {
        const d = limited(p, a & 65535);
        RESULT[0] = d ? 1 : 0;
        RESULT[1] = d ? d.limit : 0;
        return;
      }
      case 23 /* verr */:
      case 24 /* verw */:
        RESULT[0] = verify2(p, a & 65535, op === 24 /* verw */) ? 1 : 0;
        return;
      case 25 /* rdtsc */:
        if (p.cpl > 0 && p.mmu.cr4 & CR4_TSD) gp();
        return readTsc(p, this.env.clock, RESULT);
      case 26 /* tscAux */:
        RESULT[0] = p.msrs.tscAux;
        return;
      case 27 /* xgetbv */:
        this.needXsave();
        if (a !== 0) gp();
        RESULT[0] = p.xcr0;
        return;
      case 28 /* xsetbv */:
        this.needXsave();
        if (a !== 0 || c !== 0 || (b & ~2) !== 1) gp();
        p.xcr0 = b;
        return;
      case 29 /* xcr0 */:
        this.needXsave();
        RESULT[0] = p.xcr0;
        return;
    }
  }
  needXsave() {
    if (!(this.p.mmu.cr4 & CR4_OSXSAVE)) fault(6 /* UD */);
  }
  readDebug(index2) {
    const { debug } = this.p;
    this.checkDebugAccess(index2);
    if (index2 < 4) return debug.address[index2];
    return index2 & 1 ? debug.dr7 : debug.dr6;
  }
  writeDebug(index2, value2) {
    const { debug } = this.p;
    this.checkDebugAccess(index2);
    if (index2 < 4) debug.address[index2] = value2;
    else if (index2 & 1) debug.dr7 = value2;
    else debug.setDr6(value2);
  }
  /** DR4 and DR5 are DR6 and DR7 unless CR4.DE; DR7.GD guards them all. */
  checkDebugAccess(index2) {
    const { debug, mmu } = this.p;
    if (index2 > 7 || (index2 === 4 || index2 === 5) && mmu.cr4 & CR4_DE) fault(6 /* UD */);
    if (debug.dr7 & DR7_GD) {
      debug.dr6 |= DR6_BD;
      fault(1 /* DB */);
    }
  }
};

// src/runtime/machine/cpu/watched-memory.ts
var WatchedMemory2 = class {
  constructor(memory, watch) {
    this.memory = memory;
    this.watch = watch;
    this.bytes = memory.bytes;
  }
  memory;
  watch;
  bytes;
  load8(addr) {
    const v = this.memory.load8(addr);
    this.watch.onData(addr, 1, false);
    return v;
  }
  load16(addr) {
    const v = this.memory.load16(addr);
    this.watch.onData(addr, 2, false);
    return v;
  }
  load32(addr) {
    const v = this.memory.load32(addr);
    this.watch.onData(addr, 4, false);
    return v;
  }
  store8(addr, value2) {
    this.memory.store8(addr, value2);
    this.watch.onData(addr, 1, true);
  }
  store16(addr, value2) {
    this.memory.store16(addr, value2);
    this.watch.onData(addr, 2, true);
  }
  store32(addr, value2) {
    this.memory.store32(addr, value2);
    this.watch.onData(addr, 4, true);
  }
  probe(addr, size, write) {
    this.memory.probe(addr, size, write);
  }
  /** Never: every access is to be seen. */
  flatRun() {
    return 0;
  }
  flatOffset(addr) {
    return this.memory.flatOffset(addr);
  }
};

// src/runtime/machine/cpu/vcpu.ts
var MOST_EVENTS = 1e4;
var MAX_BUDGET = 1073741823;
var SLACK = 1024;
var Vcpu = class {
  constructor(id2, memory, environment, options = {}) {
    this.id = id2;
    this.environment = environment;
    this.translations = options.translations ?? new MachineTranslations(memory);
    this.mmu = new Mmu(memory, options.policy ?? fixed, this.translations, options.mmu);
    const p = this.p = new Processor(this.mmu, id2);
    this.S = p.S;
    this.code = new FetchUnit(p);
    const msrs = environment.msrs;
    const topology = {
      processors: options.processors ?? 1,
      get apicEnabled() {
        return msrs.readMsr(27) && (RESULT[0] & 2048) !== 0;
      }
    };
    this.services = new ProcessorServices(p, environment, topology);
    const host = this.services;
    this.entries = options.entries ?? null;
    this.env = { state: p.state, S: p.S, memory: p.memory, fault: null, host, entered: options.entries?.enter };
    this.watchedEnv = { state: p.state, S: p.S, memory: new WatchedMemory2(p.memory, p.debug), fault: null, host };
    const { tier = "auto", threshold = 40 } = options;
    this.threshold = tier === "interp" ? Infinity : tier === "jit" ? 0 : threshold;
    this.regions = new Regions(p, this.code, this.translations, this.env);
    this.regions.entries = options.entries?.includes;
    this.bootstrap = options.bootstrap ?? id2 === 0;
    this.sharing = topology.processors > 1;
    this.translations.changed.add(() => {
      this.S[DIRTY >> 2] = 1;
    });
    this.doReset();
  }
  id;
  environment;
  p;
  mmu;
  translations;
  S;
  code;
  env;
  /** The same with memory that data breakpoints watch. */
  watchedEnv;
  bootstrap;
  /** Others run on this thread, too: PAUSE lets them. */
  sharing;
  threshold;
  entries;
  regions;
  services;
  /** Told of every event before it is delivered. */
  onEvent = null;
  retired = 0;
  running = false;
  budget = 0;
  /** With an exact budget: the part kept for tier 0, at its end. */
  reserve = 0;
  exact = false;
  halted = false;
  waiting = false;
  dead = false;
  // Requests from outside, looked at between instructions.
  requests = 0;
  nmiPending = false;
  nmiBlocked = false;
  events = 0;
  // The index of translations in use.
  index = null;
  mode = -1;
  current = /* @__PURE__ */ new Map();
  found = null;
  /** Instructions retired in compiled code. */
  compiled = 0;
  // For a debugger.
  stops = null;
  debuggerMemory = null;
  debuggerEnv = null;
  passing = -1;
  watchHit = null;
  /** Interrupts wait: single steps are not to end in their handlers. */
  quiet = false;
  get state() {
    return this.p.state;
  }
  get instructions() {
    return this.running ? this.retired + this.budget - this.reserve - this.S[LEFT >> 2] + retiredInBlock() : this.retired;
  }
  get tscOffset() {
    const { tscOffset } = this.p.msrs;
    return tscOffset[1] * 4294967296 + (tscOffset[0] >>> 0);
  }
  // What a debugger asks.
  /** Linear address of the next instruction. */
  get linearPc() {
    return this.code.linear(this.S[PC >> 2]);
  }
  /** What it does, in a word or two. */
  get activity() {
    return this.dead ? "shut down" : this.waiting ? "waits for SIPI" : this.halted ? "halted" : "running";
  }
  /** Stop at these, by linear address, with SliceEnd.debug from now on. All vCPUs of a machine alike: they share translations (Machine.stopAt). */
  stopAt(points) {
    this.stops = this.regions.stops = points && points.code.size + points.data.length > 0 ? points.code : null;
    this.debuggerMemory = points && points.data.length > 0 ? new WatchedMemory(this.watchedEnv.memory, points.data, this.S) : null;
    this.debuggerEnv = this.debuggerMemory && { ...this.env, memory: this.debuggerMemory };
    this.passing = -1;
  }
  /** Go past a breakpoint at this linear address if the next run begins there. */
  pass(linear) {
    this.passing = linear;
  }
  isStop() {
    const linear = this.linearPc;
    const pass = this.passing === linear;
    this.passing = -1;
    this.watchHit = null;
    return !pass && this.stops.has(linear);
  }
  takeHit() {
    const { hit } = this.debuggerMemory;
    this.debuggerMemory.hit = null;
    this.watchHit = hit;
    return hit !== null;
  }
  /** Breakpoints as offsets in CS, as blocks are lifted by. */
  stopOffsets() {
    const base2 = this.code.linear(0);
    return this.stops === null || base2 === 0 ? this.stops : new Set([...this.stops].map((a) => a - base2 | 0));
  }
  /** Whether a breakpoint is within a block, which was made for another base of CS. */
  crossesStop(block2) {
    const base2 = this.code.linear(block2.pc), size = block2.end - block2.pc;
    for (const a of this.stops) if (a - base2 >>> 0 < size && a !== base2) return true;
    return false;
  }
  dump() {
    return dumpProcessor(this.p);
  }
  // Requests. From within the running slice they are taken before the next instruction.
  attention() {
    this.S[DIRTY >> 2] = 1;
    if (this.running) this.leaveSoon();
  }
  stop() {
    this.request(1 /* stop */);
  }
  nmi() {
    this.nmiPending = true;
    this.attention();
  }
  reset() {
    if (this.running) this.request(2 /* reset */);
    else this.doReset();
  }
  init() {
    if (this.running) this.request(4 /* init */);
    else this.doInit();
  }
  sipi(vector2) {
    if (!this.waiting) return;
    this.waiting = false;
    startUp(this.p, vector2 & 255);
  }
  request(r) {
    this.requests |= r;
    this.attention();
  }
  /** Make whatever runs return at the next instruction boundary. */
  leaveSoon() {
    this.S[DIRTY >> 2] = 1;
  }
  doReset() {
    reset(this.p);
    this.waiting = !this.bootstrap;
    this.halted = this.dead = this.nmiPending = this.nmiBlocked = false;
    this.requests = 0;
  }
  doInit() {
    init2(this.p);
    this.waiting = !this.bootstrap;
    this.halted = this.dead = this.nmiPending = this.nmiBlocked = false;
    this.requests &= ~4 /* init */;
  }
  // Running.
  run(budget, exact) {
    const { S } = this;
    this.budget = Math.min(budget, MAX_BUDGET);
    this.reserve = exact && this.threshold !== Infinity && this.budget > SLACK ? SLACK : 0;
    S[LEFT >> 2] = this.budget - this.reserve;
    this.exact = exact && this.reserve === 0;
    this.running = true;
    this.events = 0;
    try {
      return this.loop();
    } finally {
      this.retired += this.budget - this.reserve - S[LEFT >> 2];
      this.reserve = 0;
      this.running = false;
    }
  }
  loop() {
    const { S } = this;
    for (; ; ) {
      S[DIRTY >> 2] = 0;
      if (this.requests !== 0) {
        if (this.requests & 2 /* reset */) this.doReset();
        if (this.requests & 4 /* init */) this.doInit();
        if (this.requests & 1 /* stop */) {
          this.requests &= ~(1 /* stop */ | 8 /* pause */);
          return 4 /* stopped */;
        }
        if (this.requests & 8 /* pause */) {
          this.requests &= ~8 /* pause */;
          return 6 /* paused */;
        }
      }
      if (this.dead) return 3 /* shutdown */;
      if (this.waiting) return 2 /* waitForSipi */;
      if (this.takeEvent()) continue;
      if (this.halted) return S[EFL >> 2] & FL_IF ? 1 /* halted */ : 5 /* stuck */;
      if (S[LEFT >> 2] <= 0) {
        if (this.reserve === 0) return 0 /* budget */;
        S[LEFT >> 2] += this.reserve;
        this.reserve = 0;
        this.exact = true;
        continue;
      }
      if (this.events > MOST_EVENTS) return 0 /* budget */;
      if (this.stops !== null && this.isStop()) return 7 /* debug */;
      this.step();
      if (this.debuggerMemory !== null && this.takeHit()) return 7 /* debug */;
    }
  }
  /** Deliver what waits at an instruction boundary, in order of priority (SDM vol. 3, 6.9). */
  takeEvent() {
    const { p, S } = this;
    const shadow = S[SHADOW >> 2];
    if (p.debug.due !== 0 && !(shadow & SHADOW_SS)) {
      p.debug.dr6 |= p.debug.due;
      p.debug.due = 0;
      this.halted = false;
      this.raise(new GuestFault(1 /* DB */), 0 /* fault */, S[PC >> 2], false);
      return true;
    }
    if (this.quiet && !this.halted) return false;
    if (this.nmiPending && !this.nmiBlocked && !(shadow & SHADOW_SS)) {
      this.nmiPending = false;
      this.nmiBlocked = true;
      this.halted = false;
      this.raise(new GuestFault(2 /* NMI */), 1 /* external */, S[PC >> 2], false);
      return true;
    }
    if (shadow === 0 && S[EFL >> 2] & FL_IF && this.environment.interrupts.pending()) {
      this.halted = false;
      this.raise(new GuestFault(this.environment.interrupts.acknowledge()), 1 /* external */, S[PC >> 2], false);
      return true;
    }
    return false;
  }
  /** Run one block. */
  step() {
    const { p, S } = this;
    const { debug } = p;
    const mode = executionMode(p);
    p.selectTable();
    if (S[SHADOW >> 2] !== 0 || S[EFL >> 2] & (FL_TF | FL_RF) || debug.code || debug.data || debug.io) return this.stepOne(mode | 256 /* TRAP */);
    const before = S[LEFT >> 2];
    let block2 = this.blockAt(mode);
    if (!block2) return;
    const t = this.found;
    if (t) {
      if (!this.exact && t.count >= this.threshold && this.mayCompile() && this.runCompiled(t, mode)) {
        if (S[LEFT >> 2] !== before) this.events = 0;
        return;
      }
      t.count++;
    }
    this.tellEntry();
    if (this.exact && block2.count > S[LEFT >> 2] || this.stops !== null && this.crossesStop(block2)) {
      block2 = this.lift(S[PC >> 2], mode, this.exact ? S[LEFT >> 2] : block2.count);
      if (!block2) return;
    }
    const env = this.debuggerEnv ?? this.env;
    const exit = interpret(block2, env);
    if (exit === 2 /* fault */ && this.debuggerMemory !== null) this.debuggerMemory.hit = null;
    this.finish(exit, env);
    if (S[LEFT >> 2] !== before) this.events = 0;
  }
  tellEntry() {
    const { entries, S } = this;
    if (entries !== null && entries.includes(S[PC >> 2])) entries.enter(S[PC >> 2]);
  }
  /** Not at breakpoints, nor where blocks are not cut at them by offset, nor while memory is watched. */
  mayCompile() {
    return this.stops === null || this.debuggerMemory === null && this.code.linear(0) === 0 && !this.stops.has(this.S[PC >> 2]);
  }
  /** Run the region at a translation, compiled now if need be, and what it links to; false: it cannot be entered. */
  runCompiled(t, mode) {
    const { S, regions } = this;
    if (t.cold) return false;
    regions.enter(this.index, mode, this.current);
    if (!t.region) regions.compile(t);
    let f = regions.entry(t);
    if (!f || !regions.home()) return false;
    const { stop } = regions;
    S[EXIT >> 2] = 0 /* none */;
    const before = S[LEFT >> 2];
    while (f !== stop) f = f();
    this.compiled += before - S[LEFT >> 2];
    const exit = S[EXIT >> 2];
    if (exit !== 5 /* single */) {
      this.finish(exit, this.env);
      return true;
    }
    const block2 = this.blockAt(mode | 256 /* TRAP */);
    if (block2) this.finish(interpret(block2, this.env), this.env);
    return true;
  }
  /** Run one instruction, under TF, RF, an interrupt shadow or breakpoints. */
  stepOne(mode) {
    const { p, S } = this;
    const { debug } = p;
    const shadow = S[SHADOW >> 2], flags = S[EFL >> 2];
    const pc = S[PC >> 2], before = S[LEFT >> 2];
    if (debug.code && !(flags & FL_RF) && !(shadow & SHADOW_SS)) {
      const hits = debug.atCode(this.code.linear(pc));
      if (hits !== 0) {
        S[SHADOW >> 2] = 0;
        debug.dr6 |= hits;
        return this.raise(new GuestFault(1 /* DB */), 0 /* fault */, pc, false);
      }
    }
    this.tellEntry();
    const block2 = this.blockAt(mode);
    S[SHADOW >> 2] = 0;
    S[EFL >> 2] &= ~FL_RF;
    if (!block2) return;
    const env = this.debuggerEnv ?? (debug.data ? this.watchedEnv : this.env);
    const exit = interpret(block2, env);
    if (exit === 2 /* fault */ && this.debuggerMemory !== null) this.debuggerMemory.hit = null;
    this.finish(exit, env);
    if (S[LEFT >> 2] === before) return;
    this.events = 0;
    if (flags & FL_TF && exit !== 3 /* interrupt */) debug.due |= DR6_BS;
    if (flags & FL_RF && S[PC >> 2] === pc && exit === 0 /* none */) S[EFL >> 2] |= FL_RF;
  }
  /** The block at PC in a mode, found or made; null if fetching it faults, which was delivered then. */
  blockAt(mode) {
    const { mmu, S } = this;
    const index2 = mmu.context.slot;
    if (index2 !== this.index || mode !== this.mode) {
      this.index = index2;
      this.mode = mode;
      this.current = index2.mode(mode);
    }
    const pc = S[PC >> 2];
    index2.counters.lookups++;
    try {
      const physical = this.code.physical(pc);
      for (let t = this.current.get(pc) ?? null; t; t = t.next) {
        if (t.physical !== physical || t.nextPage >= 0 && this.code.nextPage(pc) !== t.nextPage) continue;
        index2.counters.hits++;
        this.found = t;
        return t.block;
      }
      this.translations.observer?.missed(index2.role, mode, pc, physical);
      const block2 = liftBlock(this.code, pc, mode, mode & 256 /* TRAP */ ? { maxInstructions: 1 } : { stops: this.stopOffsets() });
      this.found = this.file(index2, mode, block2, physical);
      return block2;
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      this.found = null;
      this.raise(e, 0 /* fault */, pc, true);
      return null;
    }
  }
  /** Keep a block that was read from RAM or ROM. */
  file(index2, mode, block2, physical) {
    if (!this.translations.isMemory(physical)) return null;
    let nextPage = -1;
    if ((physical & 4095) + (block2.end - block2.pc) > 4096) {
      nextPage = this.code.nextPage(block2.pc);
      if (!this.translations.isMemory(nextPage)) return null;
    }
    return this.translations.add(index2, mode, block2, physical, nextPage);
  }
  /** A block of at most so many instructions, not kept. */
  lift(pc, mode, maxInstructions) {
    try {
      return liftBlock(this.code, pc, mode, { maxInstructions, stops: this.stopOffsets() });
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      this.raise(e, 0 /* fault */, pc, true);
      return null;
    }
  }
  /** What a block's end asks for. */
  finish(exit, env) {
    const { p, S } = this;
    switch (exit) {
      case 2 /* fault */:
        return this.deliverFault(env.fault);
      case 3 /* interrupt */:
        return this.softwareInterrupt(S[EXIT_ARG >> 2] & 255, (S[EXIT_ARG >> 2] & NOT_REFUSED) === 0);
      case 8 /* far */: {
        const kind = S[EXIT_ARG >> 2] & 255;
        this.attempt(() => farTransfer2(p));
        if (kind === 3 /* iret */) this.nmiBlocked = false;
        return;
      }
      case 4 /* syscall */: {
        const next = S[PC >> 2];
        S[PC >> 2] = next - 2;
        return this.attempt(() => sysenter(p));
      }
      case 6 /* halt */:
        this.halted = true;
        return;
      case 10 /* pause */:
        if (this.sharing) this.requests |= 8 /* pause */;
        return;
      default:
    }
  }
  /** Something that either moves PC or faults at it. */
  attempt(fn) {
    const { S } = this;
    try {
      fn();
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      S[LEFT >> 2]++;
      this.raise(e, 0 /* fault */, S[PC >> 2], true);
    }
  }
  /** INT n, INT3, INT1: PC is behind it. */
  softwareInterrupt(vector2, counted) {
    const { p, S } = this;
    const next = S[PC >> 2];
    S[PC >> 2] = S[EXIT_PC >> 2];
    if (counted) {
      try {
        checkV86Interrupt(p);
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        S[LEFT >> 2]++;
        return this.raise(e, 0 /* fault */, S[PC >> 2], true);
      }
    }
    this.raise(new GuestFault(vector2), vector2 === 1 /* DB */ && !counted ? 1 /* external */ : 2 /* software */, next, false);
  }
  deliverFault(f) {
    const { p, S } = this;
    const pc = S[PC >> 2];
    switch (f.vector) {
      case 4 /* OF */:
        S[LEFT >> 2]--;
        return this.raise(new GuestFault(4 /* OF */), 2 /* software */, pc + f.errorCode, false);
      case 19 /* XM */:
        if (!(p.mmu.cr4 & CR4_OSXMMEXCPT)) return this.raise(new GuestFault(6 /* UD */), 0 /* fault */, pc, true);
        break;
      case 16 /* MF */:
        if (!(p.mmu.cr0 & CR0_NE)) return this.ferr();
    }
    this.raise(f, 0 /* fault */, pc, true);
  }
  /** CR0.NE = 0: the board is told by FERR#, which brings IRQ 13; the instruction waits for that. */
  ferr() {
    this.events++;
    this.environment.ferr?.();
    if (!(this.S[EFL >> 2] & FL_IF)) this.S[LEFT >> 2]--;
  }
  /** Deliver an event; what goes wrong with that is a double fault, or the end. */
  raise(f, origin, next, resume) {
    const { p, S } = this;
    this.events++;
    let first = origin === 0 /* fault */ ? f.vector : -1;
    let code = origin === 0 /* fault */ ? codeOf(p, f) : NO_CODE;
    let { vector: vector2 } = f;
    if (vector2 === 14 /* PF */ && origin === 0 /* fault */) p.cr2 = f.address;
    for (; ; ) {
      if (vector2 === 1 /* DB */) p.debug.dr7 &= ~DR7_GD;
      this.onEvent?.({ vector: vector2, origin, code, pc: S[PC >> 2] });
      try {
        interrupt2(p, vector2, origin, code, next, resume);
        S[SHADOW >> 2] = 0;
        return;
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        if (e.vector === 14 /* PF */) p.cr2 = e.address;
        const second = combine(first, e);
        if (!second) {
          this.dead = true;
          return;
        }
        first = vector2 = second.vector;
        code = codeOf(p, second);
        origin = 0 /* fault */;
        next = S[PC >> 2];
        resume = true;
      }
    }
  }
};

// src/mmu/look.ts
function lookUp(memory, r, linear, high = 0) {
  if (!(r.cr0 & CR0_PG)) return linear >>> 0;
  const page = (entryLow, entryHigh, bits) => {
    const mask2 = 2 ** bits - 1;
    const base3 = (entryHigh & 1048575) * 2 ** 32 + (entryLow >>> 0);
    return base3 - base3 % 2 ** bits + ((linear & mask2) >>> 0);
  };
  if (!(r.efer & EFER_LMA) && !(r.cr4 & CR4_PAE)) {
    const pde = peek32(memory, ((r.cr3 & -4096) >>> 0) + (linear >>> 22) * 4);
    if (!(pde & 1)) return -1;
    if (pde & 128 && r.cr4 & CR4_PSE) return page(pde & 4290772992, pde >> 13 & 255, 22);
    const pte = peek32(memory, ((pde & -4096) >>> 0) + (linear >>> 12 & 1023) * 4);
    return pte & 1 ? page(pte, 0, 12) : -1;
  }
  let base2, level;
  if (r.efer & EFER_LMA) {
    base2 = (r.cr3High & 1048575) * 2 ** 32 + ((r.cr3 & -4096) >>> 0);
    level = r.cr4 & CR4_LA57 ? 5 : 4;
  } else {
    const i = (linear >>> 30) * 2;
    if (!(r.pdptes[i] & 1)) return -1;
    base2 = (r.pdptes[i + 1] & 1048575) * 2 ** 32 + ((r.pdptes[i] & -4096) >>> 0);
    level = 2;
  }
  for (; ; level--) {
    const shift3 = 12 + (level - 1) * 9;
    const index2 = shift3 >= 32 ? high >>> shift3 - 32 & 511 : shift3 === 30 ? (linear >>> 30 | high << 2) & 511 : linear >>> shift3 & 511;
    const low = peek32(memory, base2 + index2 * 8), up2 = peek32(memory, base2 + index2 * 8 + 4);
    if (!(low & 1)) return -1;
    if (level === 1) return page(low, up2, 12);
    if (low & 128 && level <= 3) return page(low, up2, shift3);
    base2 = (up2 & 1048575) * 2 ** 32 + ((low & -4096) >>> 0);
  }
}
function peek32(memory, physical) {
  return isMemory(memory, physical) ? memory.read32(physical) : 0;
}
function isMemory(memory, physical) {
  return physical >= 0 && physical < 2 ** 32 && (memory.perms[memory.busPage(physical >>> PAGE_SHIFT)] & 1 /* READ */) !== 0;
}

// src/runtime/gdb/registers.ts
var word3 = (name, offset, type = "int", group) => ({
  name,
  bits: 32,
  type,
  ...group ? { group } : {},
  read: (S, out, at2) => out.setInt32(at2, S[offset >> 2], true),
  write(S, value2, at2) {
    S[offset >> 2] = value2.getInt32(at2, true);
    return true;
  }
});
var double2 = (name, offset, type) => ({
  name,
  bits: 64,
  type,
  read(S, out, at2) {
    out.setInt32(at2, S[offset >> 2], true);
    out.setInt32(at2 + 4, S[(offset >> 2) + 1], true);
  },
  write(S, value2, at2) {
    S[offset >> 2] = value2.getInt32(at2, true);
    S[(offset >> 2) + 1] = value2.getInt32(at2 + 4, true);
    return true;
  }
});
var computed = (name, bits, type, get2, set3, group) => ({
  name,
  bits,
  type,
  ...group ? { group } : {},
  read(S, out, at2) {
    out.setInt32(at2, get2(S), true);
    if (bits === 64) out.setInt32(at2 + 4, 0, true);
  },
  write(S, value2, at2) {
    set3?.(S, value2.getInt32(at2, true));
    return set3 !== null;
  }
});
var extra = (name, bits, type, group) => ({
  name,
  bits,
  type,
  ...group ? { group } : {},
  read(_, out, at2, get2) {
    const v = get2(name);
    out.setInt32(at2, v, true);
    if (bits === 64) out.setInt32(at2 + 4, v < 0 ? -1 : Math.floor(v / 2 ** 32), true);
  },
  write(_, value2, at2, set3) {
    set3(name, value2.getInt32(at2, true));
    return true;
  }
});
var selector2 = (name, seg) => {
  const get2 = (S) => S[(SEG_SEL >> 2) + seg] & 65535;
  return { ...computed(name, 32, "int32", get2, null), write: (S, value2, at2) => value2.getInt32(at2, true) === get2(S) };
};
var st = (i) => ({
  name: `st${i}`,
  bits: 80,
  type: "i387_ext",
  read(S, out, at2) {
    const r = reg2(S, i);
    out.setInt32(at2, S[r], true);
    out.setInt32(at2 + 4, S[r + 1], true);
    out.setUint16(at2 + 8, S[r + 2], true);
  },
  write(S, value2, at2) {
    const r = reg2(S, i);
    S[r] = value2.getInt32(at2, true);
    S[r + 1] = value2.getInt32(at2 + 4, true);
    S[r + 2] = value2.getUint16(at2 + 8, true);
    return true;
  }
});
var xmm = (i) => ({
  name: `xmm${i}`,
  bits: 128,
  type: "vec128",
  read(S, out, at2) {
    for (let l = 0; l < 4; l++) out.setInt32(at2 + l * 4, S[(XMM + i * 32 >> 2) + l], true);
  },
  write(S, value2, at2) {
    for (let l = 0; l < 4; l++) S[(XMM + i * 32 >> 2) + l] = value2.getInt32(at2 + l * 4, true);
    return true;
  }
});
function setTags(S, tags) {
  let used = 0;
  for (let k = 0; k < 8; k++) if ((tags >> k * 2 & 3) !== 3) used |= 1 << k;
  S[FTW >> 2] = used;
}
var X872 = [
  ...Array.from({ length: 8 }, (_, i) => st(i)),
  computed("fctrl", 32, "int", (S) => S[FCW >> 2], setControlWord, "float"),
  computed("fstat", 32, "int", statusWord, setStatusWord, "float"),
  computed("ftag", 32, "int", fullTag, setTags, "float"),
  word3("fiseg", FCS, "int", "float"),
  word3("fioff", FIP, "int", "float"),
  word3("foseg", FDS, "int", "float"),
  word3("fooff", FDP, "int", "float"),
  word3("fop", FOP, "int", "float")
];
var FLAGS2 = (id2, size, names) => `<flags id="${id2}" size="${size}">${names.map(([n, b]) => `<field name="${n}" start="${b}" end="${b}"/>`).join("")}</flags>`;
var EFLAGS_NAMES = [
  ["CF", 0],
  ["", 1],
  ["PF", 2],
  ["AF", 4],
  ["ZF", 6],
  ["SF", 7],
  ["TF", 8],
  ["IF", 9],
  ["DF", 10],
  ["OF", 11],
  ["NT", 14],
  ["RF", 16],
  ["VM", 17],
  ["AC", 18],
  ["VIF", 19],
  ["VIP", 20],
  ["ID", 21]
];
var MXCSR_NAMES = [
  ["IE", 0],
  ["DE", 1],
  ["ZE", 2],
  ["OE", 3],
  ["UE", 4],
  ["PE", 5],
  ["DAZ", 6],
  ["IM", 7],
  ["DM", 8],
  ["ZM", 9],
  ["OM", 10],
  ["UM", 11],
  ["PM", 12],
  ["FZ", 15]
];
var VECTOR_TYPES = [
  ["v4f", "ieee_single", 4],
  ["v2d", "ieee_double", 2],
  ["v16i8", "int8", 16],
  ["v8i16", "int16", 8],
  ["v4i32", "int32", 4],
  ["v2i64", "int64", 2]
].map(([id2, type, count2]) => `<vector id="${id2}" type="${type}" count="${count2}"/>`).join("") + '<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/><field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>';
var LEGACY_ORDER = [0 /* EAX */, 1 /* ECX */, 2 /* EDX */, 3 /* EBX */, 4 /* ESP */, 5 /* EBP */, 6 /* ESI */, 7 /* EDI */];
var NAMES32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
var NAMES64 = [
  ["rax", 0],
  ["rbx", 3],
  ["rcx", 1],
  ["rdx", 2],
  ["rsi", 6],
  ["rdi", 7],
  ["rbp", 5],
  ["rsp", 4],
  ["r8", 8],
  ["r9", 9],
  ["r10", 10],
  ["r11", 11],
  ["r12", 12],
  ["r13", 13],
  ["r14", 14],
  ["r15", 15]
];
var SELECTORS = [["cs", 1], ["ss", 2], ["ds", 3], ["es", 0], ["fs", 4], ["gs", 5]];
var SYSTEM_REGISTERS = ["cr0", "cr2", "cr3", "cr4", "efer", "fs_base", "gs_base"];
function registerLayout(o) {
  const wide3 = o.bits === 64;
  const pointer = (name) => /^[er](sp|bp)$/.test(name) ? "data_ptr" : wide3 ? "int64" : "int";
  const general = wide3 ? NAMES64.map(([n, k]) => double2(n, GPR + k * 8, pointer(n))) : NAMES32.map((n, i) => word3(n, GPR + LEGACY_ORDER[i] * 8, pointer(n)));
  const core2 = {
    name: "org.gnu.gdb.i386.core",
    types: FLAGS2("i386_eflags", 4, EFLAGS_NAMES),
    registers: [
      ...general,
      wide3 ? double2("rip", PC, "code_ptr") : word3("eip", PC, "code_ptr"),
      computed("eflags", 32, "i386_eflags", readEflags, writeEflags),
      ...SELECTORS.map(([n, seg]) => selector2(n, seg)),
      ...X872
    ]
  };
  const sse = {
    name: "org.gnu.gdb.i386.sse",
    types: VECTOR_TYPES + FLAGS2("i386_mxcsr", 4, MXCSR_NAMES),
    registers: [...Array.from({ length: wide3 ? 16 : 8 }, (_, i) => xmm(i)), word3("mxcsr", MXCSR, "i386_mxcsr", "vector")]
  };
  const linux = { name: "org.gnu.gdb.i386.linux", registers: [extra(wide3 ? "orig_rax" : "orig_eax", o.bits, wide3 ? "int64" : "int", "system")] };
  const segments = {
    name: "org.gnu.gdb.i386.segments",
    registers: [double2("fs_base", SEG_BASE + 4 * 8, "int64"), double2("gs_base", SEG_BASE + 5 * 8, "int64")]
  };
  const machine = {
    name: "org.lift86.system",
    registers: SYSTEM_REGISTERS.filter((n) => !wide3 || !n.endsWith("_base")).map((n) => extra(n, o.bits, wide3 ? "int64" : "int", "system"))
  };
  const features = [core2, sse, ...o.system === "linux" ? [linux] : [], ...wide3 ? [segments] : [], ...o.system === "machine" ? [machine] : []];
  const registers = features.flatMap((f) => f.registers);
  const index2 = (name) => registers.findIndex((r) => r.name === name);
  return {
    architecture: wide3 ? "i386:x86-64" : "i386",
    osabi: o.system === "linux" ? "GNU/Linux" : null,
    features,
    registers,
    expedited: (wide3 ? ["rbp", "rsp", "rip"] : ["ebp", "esp", "eip"]).map(index2)
  };
}

// src/runtime/machine/debug-target.ts
var SIGINT = 2;
var SIGTRAP = 5;
var SIGSEGV = 11;
var FS = 4;
var GS = 5;
var MachineDebugTarget = class {
  constructor(machine, vcpus, wake) {
    this.machine = machine;
    this.vcpus = vcpus;
    this.wake = wake;
    this.breakpoints = vcpus.map(() => null);
  }
  machine;
  vcpus;
  wake;
  layout = registerLayout({ bits: 32, system: "machine" });
  pid = 1;
  points = { code: /* @__PURE__ */ new Set(), data: [] };
  onStop = () => void 0;
  lastStop = { kind: "signal", thread: 1, signal: SIGTRAP };
  passSignals = /* @__PURE__ */ new Set();
  halted = true;
  attached = false;
  actions = /* @__PURE__ */ new Map();
  breakpoints;
  connected = true;
  crashed = false;
  watched = [];
  // MachineTracer.
  holds(id2) {
    return this.halted || this.connected && !this.actions.has(id2 + 1);
  }
  steps(id2) {
    const action = this.actions.get(id2 + 1);
    return this.connected && action !== void 0 && action.kind !== "continue";
  }
  stepped(id2) {
    const action = this.actions.get(id2 + 1);
    const pc = this.vcpus[id2].state.S[PC >> 2] >>> 0;
    if (action?.kind === "range" && pc >= action.start && pc < action.end) return;
    this.stop({ kind: "signal", thread: id2 + 1, signal: SIGTRAP, reason: "step" });
  }
  trapped(id2) {
    const vcpu = this.vcpus[id2];
    const hit = vcpu.watchHit;
    if (hit) return this.stop({ kind: "signal", thread: id2 + 1, signal: SIGTRAP, reason: { watch: hit.watch, address: hit.address } });
    this.breakpoints[id2] = vcpu.linearPc;
    this.stop({ kind: "signal", thread: id2 + 1, signal: SIGTRAP, reason: "breakpoint" });
  }
  shutdown(id2) {
    if (this.crashed || !this.connected) return false;
    this.crashed = true;
    this.stop({ kind: "signal", thread: id2 + 1, signal: SIGSEGV });
    return true;
  }
  ended(status) {
    this.connected = false;
    this.halted = true;
    this.lastStop = { kind: "exited", status };
    this.onStop(this.lastStop);
  }
  stop(stop) {
    if (this.halted) return;
    this.halted = true;
    this.lastStop = stop;
    queueMicrotask(() => this.onStop(stop));
  }
  // DebugTarget.
  resume(actions) {
    const onlySteps = actions.size > 0 && [...actions.values()].every((a) => a.kind === "step") && sameWatches(this.points.data, this.watched);
    if (!onlySteps) {
      this.machine.stopAt(this.points.code.size + this.points.data.length > 0 ? { code: new Set(this.points.code), data: this.points.data } : null);
      this.watched = this.points.data;
    }
    this.actions = actions;
    this.vcpus.forEach((v, id2) => {
      const stepping = this.steps(id2);
      v.quiet = stepping;
      const pc = v.linearPc;
      if (stepping || this.breakpoints[id2] === pc) v.pass(pc);
      this.breakpoints[id2] = null;
    });
    this.halted = false;
    this.wake();
  }
  interrupt() {
    this.stop({ kind: "signal", thread: this.machine.current + 1, signal: SIGINT });
  }
  attach() {
    this.attached = !this.halted;
    this.connected = true;
    if (!this.halted) this.stop({ kind: "signal", thread: this.machine.current + 1, signal: SIGTRAP });
  }
  kill() {
    this.machine.stop();
    this.wake();
  }
  detach() {
    this.points.code.clear();
    this.points.data = [];
    this.connected = false;
    this.resume(/* @__PURE__ */ new Map());
  }
  threads() {
    return this.vcpus.map((v, id2) => ({ id: id2 + 1, name: `vCPU ${id2}`, text: v.activity }));
  }
  state(thread) {
    return this.vcpus[thread - 1]?.state.S ?? null;
  }
  readExtra(thread, name) {
    const p = this.vcpus[thread - 1]?.p;
    if (!p) return 0;
    switch (name) {
      case "cr0":
        return p.mmu.cr0;
      case "cr2":
        return p.cr2;
      case "cr3":
        return p.mmu.cr3;
      case "cr4":
        return p.mmu.cr4;
      case "efer":
        return p.mmu.efer;
      case "fs_base":
        return p.S[(SEG_BASE >> 2) + FS * 2];
      case "gs_base":
        return p.S[(SEG_BASE >> 2) + GS * 2];
      default:
        return 0;
    }
  }
  /** Control registers are the guest's: what they change is more than a number. */
  writeExtra() {
  }
  registersChanged(thread) {
    const id2 = thread - 1;
    if (this.breakpoints[id2] !== this.vcpus[id2]?.linearPc) this.breakpoints[id2] = null;
  }
  physical(thread, linear) {
    const v = this.vcpus[thread - 1] ?? this.vcpus[0];
    return lookUp(this.machine.memory, v.mmu, linear);
  }
  readMemory(thread, address2, into2) {
    const { memory } = this.machine;
    for (let i = 0; i < into2.length; i++) {
      const at2 = address2 + i < 2 ** 32 ? this.physical(thread, address2 + i) : -1;
      if (!isMemory(memory, at2)) return i;
      into2[i] = memory.read8(at2);
    }
    return into2.length;
  }
  writeMemory(thread, address2, bytes) {
    const { memory } = this.machine;
    const places = [];
    for (let i = 0; i < bytes.length; i++) {
      const at2 = address2 + i < 2 ** 32 ? this.physical(thread, address2 + i) : -1;
      if (!isMemory(memory, at2)) return false;
      places.push(at2);
    }
    places.forEach((at2, i) => memory.load(at2, bytes.subarray(i, i + 1)));
    return true;
  }
  // Monitor commands.
  monitorHelp = [
    ["roles", "each vCPU's MMU role, and the roles that translations were made under"],
    ["tlb [ADDRESS]", "fills and flushes of the TLBs; what an address is translated to"],
    ["blocks [N]", "the N blocks that ran most in tier 0, and which are compiled (default 20)"],
    ["stats", "instructions, translations, MMU"],
    ["registers", "all registers of each vCPU, segments and tables too"]
  ];
  monitor(command) {
    const [name, argument] = command.split(/\s+/);
    const { machine } = this;
    const n = (x) => Math.round(x).toLocaleString("en-US");
    switch (name) {
      case "roles": {
        const live = this.vcpus.map((v) => `vCPU ${v.id}: ${roleName(v.mmu.context.role)}
`);
        const all = machine.translations.roles.map((r) => `  "${roleName(r.role)}": ${n(r.blocks)} blocks made, ${n(r.lookups)} lookups, ${n(r.hits)} hits
`);
        return `${live.join("")}translations under
${all.join("")}`;
      }
      case "tlb":
        return this.tlbText(argument);
      case "blocks":
        return this.blocksText(Number(argument ?? 20) || 20);
      case "stats": {
        const { cache, mmu } = machine.stats();
        return `instructions   ${n(machine.instructions)}
translations   ${n(cache.blocks)} blocks, ${n(cache.regions)} regions; ${n(cache.lookups)} lookups, ${n(cache.hits)} hits; ${n(cache.invalidations)} invalidated, ${n(cache.evictions)} evicted
MMU            ${n(mmu.resetsRequested)} resets asked for, ${n(mmu.rekeyed)} re-keyed, ${n(mmu.avoided)} avoided; ${n(mmu.tlbFills)} TLB fills, ${n(mmu.tlbFlushes)} flushes
`;
      }
      case "registers":
        return this.vcpus.map((v) => `${v.dump()}
`).join("");
      default:
        return null;
    }
  }
  tlbText(argument) {
    if (argument === void 0) {
      return this.vcpus.map((v) => `vCPU ${v.id}: ${v.mmu.counters.tlbFills} fills, ${v.mmu.counters.tlbFlushes} flushes, ${v.mmu.counters.contexts} contexts
`).join("");
    }
    const address2 = /^(0x[0-9a-f]+|\d+)$/i.test(argument) ? Number(argument) : NaN;
    if (!(address2 <= 4294967295)) return `${argument}: no address
`;
    return this.vcpus.map((v) => {
      const at2 = lookUp(this.machine.memory, v.mmu, address2);
      return `vCPU ${v.id}: 0x${address2.toString(16)} is ${at2 < 0 ? "not mapped" : `physical 0x${at2.toString(16)}${isMemory(this.machine.memory, at2) ? "" : " (no memory: a device or nothing)"}`}
`;
    }).join("");
  }
  blocksText(count2) {
    const all = [...this.machine.translations.all()];
    const top = all.sort((a, b) => b.count - a.count).slice(0, count2);
    const rows = top.map((t) => `  0x${(t.pc >>> 0).toString(16).padStart(8, "0")} physical 0x${t.physical.toString(16)}, ${t.block.end - t.pc >>> 0} bytes, ${t.count} times in tier 0${t.region ? ", compiled" : ""}; role "${roleName(t.index.role)}", mode ${modeName(t.mode)}
`);
    return `${all.length} blocks
${rows.join("")}`;
  }
};

// src/runtime/machine/firmware/services.ts
var CF2 = 1;
var ZF2 = 64;
var SECTOR = 512;
var HEADS = 255;
var SECTORS = 63;
var FLOPPIES = /* @__PURE__ */ new Map([
  [163840, { cylinders: 40, heads: 1, sectors: 8 }],
  [184320, { cylinders: 40, heads: 1, sectors: 9 }],
  [327680, { cylinders: 40, heads: 2, sectors: 8 }],
  [368640, { cylinders: 40, heads: 2, sectors: 9 }],
  [737280, { cylinders: 80, heads: 2, sectors: 9 }],
  [1228800, { cylinders: 80, heads: 2, sectors: 15 }],
  [1474560, { cylinders: 80, heads: 2, sectors: 18 }],
  [2949120, { cylinders: 80, heads: 2, sectors: 36 }]
]);
var driveOf = (disk) => FLOPPIES.has(disk.length) ? 0 : 128;
var KEYS = "\x1B1234567890-=\b	qwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./";
var SHIFTED = '\x1B!@#$%^&*()_+\b	QWERTYUIOP{}\r\0ASDFGHJKL:"~\0|ZXCVBNM<>?';
function scanCode(character) {
  if (character === 32) return 57;
  if (character === 10) return 28;
  const c = String.fromCharCode(character);
  if (character === 0) return 0;
  const at2 = Math.max(KEYS.indexOf(c), SHIFTED.indexOf(c));
  if (at2 >= 0) return at2 + 1;
  return character < 27 ? KEYS.indexOf(String.fromCharCode(character + 96)) + 1 : 0;
}
var BiosServices = class {
  constructor(memory, console2, disk, map, a20, notice) {
    this.memory = memory;
    this.console = console2;
    this.disk = disk;
    this.map = map;
    this.a20 = a20;
    this.notice = notice;
    const size = disk?.length ?? 0, perCylinder = HEADS * SECTORS * SECTOR;
    this.geometry = FLOPPIES.get(size) ?? { cylinders: Math.min(1024, Math.max(1, Math.ceil(size / perCylinder))), heads: HEADS, sectors: SECTORS };
  }
  memory;
  console;
  disk;
  map;
  a20;
  notice;
  geometry;
  diskStatus = 0;
  /** Serve the interrupt of the frame at a linear (and physical) address; true: it has to wait, ask again. */
  serve(at2) {
    switch (this.get16(at2 + 36 /* number */)) {
      case 16:
        this.video(at2);
        break;
      case 17:
        this.set16(at2 + 28 /* ax */, this.get16(1040));
        break;
      case 18:
        this.set16(at2 + 28 /* ax */, this.get16(1043));
        break;
      case 19:
        this.diskService(at2);
        break;
      case 21:
        this.system(at2);
        break;
      case 22:
        return this.keyboard(at2);
      case 24:
        this.notice("the boot program found nothing to boot (int 18h)");
        break;
      case 26:
        this.time(at2);
        break;
    }
    return false;
  }
  // The frame.
  get16(a) {
    return this.memory.read(a, 1) | this.memory.read(a + 1, 1) << 8;
  }
  get32(a) {
    return (this.get16(a) | this.get16(a + 2) << 16) >>> 0;
  }
  set8(a, v) {
    this.memory.write(a, 1, v & 255);
  }
  set16(a, v) {
    this.set8(a, v);
    this.set8(a + 1, v >>> 8);
  }
  set32(a, v) {
    this.set16(a, v);
    this.set16(a + 2, v >>> 16);
  }
  flag(at2, bit, on) {
    const flags = this.get16(at2 + 42 /* flags */);
    this.set16(at2 + 42 /* flags */, on ? flags | bit : flags & ~bit);
  }
  al(at2) {
    return this.memory.read(at2 + 28 /* ax */, 1);
  }
  ah(at2) {
    return this.memory.read(at2 + 28 /* ax */ + 1, 1);
  }
  far(segment, offset) {
    return segment * 16 + offset;
  }
  // Int 10h: a teletype; what needs a screen has no effect.
  video(at2) {
    const al = this.al(at2);
    switch (this.ah(at2)) {
      case 14:
        this.console.write(al);
        break;
      case 9:
      case 10:
        for (let n = this.get16(at2 + 24 /* cx */); n > 0; n--) this.console.write(al);
        break;
      case 3:
        this.set16(at2 + 24 /* cx */, 1543);
        this.set16(at2 + 20 /* dx */, 0);
        break;
      case 15:
        this.set16(at2 + 28 /* ax */, 80 << 8 | 3);
        this.set8(at2 + 16 /* bx */ + 1, 0);
        break;
      case 19: {
        const from = this.far(this.get16(at2 + 32 /* es */), this.get16(at2 + 8 /* bp */)), step2 = al & 2 ? 2 : 1;
        for (let i = 0, n = this.get16(at2 + 24 /* cx */); i < n; i++) this.console.write(this.memory.read(from + i * step2, 1));
        break;
      }
    }
  }
  // Int 16h.
  keyboard(at2) {
    const ah = this.ah(at2) & ~16;
    if (ah === 2) {
      this.set8(at2 + 28 /* ax */, 0);
      return false;
    }
    if (ah > 1) return false;
    const byte = this.console.read(ah === 0);
    if (ah === 1) this.flag(at2, ZF2, byte < 0);
    else if (byte < 0) return true;
    if (byte >= 0) {
      const key = byte === 10 ? 13 : byte === 127 ? 8 : byte;
      this.set16(at2 + 28 /* ax */, scanCode(key) << 8 | key);
    }
    return false;
  }
  // Int 13h.
  diskDone(at2, status) {
    this.diskStatus = status;
    this.set8(at2 + 28 /* ax */ + 1, status);
    this.flag(at2, CF2, status !== 0);
  }
  diskService(at2) {
    const ah = this.ah(at2), drive = this.memory.read(at2 + 20 /* dx */, 1), { geometry, disk } = this;
    if (ah === 1) {
      const was = this.diskStatus;
      this.diskDone(at2, was);
      return;
    }
    if (!disk || drive !== driveOf(disk)) {
      this.diskDone(at2, ah === 21 ? 0 : 1);
      return;
    }
    switch (ah) {
      case 0:
      case 13:
        this.diskDone(at2, 0);
        break;
      case 2:
      case 3:
      case 4: {
        const cx = this.get16(at2 + 24 /* cx */), head = this.memory.read(at2 + 20 /* dx */ + 1, 1), count2 = this.al(at2);
        const cylinder = cx >> 8 | (cx & 192) << 2, sector = cx & 63;
        const to = this.far(this.get16(at2 + 32 /* es */), this.get16(at2 + 16 /* bx */));
        if (sector === 0 || sector > geometry.sectors || head >= geometry.heads || cylinder >= geometry.cylinders || count2 === 0) {
          this.diskDone(at2, 4);
          break;
        }
        const first = (cylinder * geometry.heads + head) * geometry.sectors + sector - 1;
        const done = this.transfer(ah - 2, first, count2, to);
        this.set8(at2 + 28 /* ax */, done);
        this.diskDone(at2, done === count2 ? 0 : 4);
        break;
      }
      case 8: {
        const last = geometry.cylinders - 1;
        this.set16(at2 + 24 /* cx */, (last & 255) << 8 | last >> 2 & 192 | geometry.sectors);
        this.set16(at2 + 20 /* dx */, geometry.heads - 1 << 8 | 1);
        if (drive < 128) this.set8(at2 + 16 /* bx */, 4);
        this.set8(at2 + 28 /* ax */, 0);
        this.diskDone(at2, 0);
        break;
      }
      case 21:
        if (drive >= 128) {
          const sectors = Math.ceil(disk.length / SECTOR);
          this.set16(at2 + 24 /* cx */, sectors >>> 16);
          this.set16(at2 + 20 /* dx */, sectors);
        }
        this.diskDone(at2, 0);
        this.set8(at2 + 28 /* ax */ + 1, drive >= 128 ? 3 : 1);
        break;
      case 65:
        if (this.get16(at2 + 16 /* bx */) !== 21930) {
          this.diskDone(at2, 1);
          break;
        }
        this.set16(at2 + 16 /* bx */, 43605);
        this.set16(at2 + 24 /* cx */, 1);
        this.diskDone(at2, 0);
        this.set8(at2 + 28 /* ax */ + 1, 33);
        break;
      case 66:
      case 67:
      case 68: {
        const packet = this.far(this.get16(at2 + 34 /* ds */), this.get16(at2 + 4 /* si */));
        const count2 = this.get16(packet + 2), first = this.get32(packet + 8), high = this.get32(packet + 12);
        const done = high !== 0 ? 0 : this.transfer(ah - 66, first, count2, this.far(this.get16(packet + 6), this.get16(packet + 4)));
        this.set16(packet + 2, done);
        this.diskDone(at2, done === count2 ? 0 : 4);
        break;
      }
      case 72: {
        const buffer = this.far(this.get16(at2 + 34 /* ds */), this.get16(at2 + 4 /* si */));
        const words = [geometry.cylinders, geometry.heads, geometry.sectors, Math.ceil(disk.length / SECTOR), 0];
        this.set16(buffer, 26);
        this.set16(buffer + 2, 2);
        words.forEach((w, i) => this.set32(buffer + 4 + 4 * i, w));
        this.set16(buffer + 24, SECTOR);
        this.diskDone(at2, 0);
        break;
      }
      default:
        this.diskDone(at2, 1);
    }
  }
  /** 0 read, 1 write, 2 verify; sectors done. */
  transfer(what, first, count2, address2) {
    const disk = this.disk;
    const n = Math.max(0, Math.min(count2, Math.ceil(disk.length / SECTOR) - first));
    for (let i = 0, from = first * SECTOR; i < n * SECTOR && what < 2; i++) {
      if (what === 0) this.memory.write(address2 + i, 1, disk[from + i] ?? 0);
      else if (from + i < disk.length) disk[from + i] = this.memory.read(address2 + i, 1);
    }
    return n;
  }
  // Int 15h.
  system(at2) {
    const ax = this.get16(at2 + 28 /* ax */), above = this.above1M();
    const done = () => this.flag(at2, CF2, false);
    switch (ax) {
      case 59424:
        this.memoryMap(at2);
        return;
      case 59393: {
        const low = Math.min(above, 15 << 20) >> 10, high = Math.max(0, above - (15 << 20)) >> 16;
        for (const r of [28 /* ax */, 24 /* cx */]) this.set16(at2 + r, low);
        for (const r of [16 /* bx */, 20 /* dx */]) this.set16(at2 + r, high);
        done();
        return;
      }
      case 9216:
      case 9217:
        this.a20.a20 = ax === 9217;
        this.set8(at2 + 28 /* ax */ + 1, 0);
        done();
        return;
      case 9218:
        this.set16(at2 + 28 /* ax */, this.a20.a20 ? 1 : 0);
        done();
        return;
      case 9219:
        this.set16(at2 + 16 /* bx */, 3);
        this.set8(at2 + 28 /* ax */ + 1, 0);
        done();
        return;
    }
    if (ax >> 8 === 136) {
      this.set16(at2 + 28 /* ax */, Math.min(above >> 10, 64512));
      done();
    } else if (ax >> 8 === 135) {
      this.move(at2);
    } else {
      this.set8(at2 + 28 /* ax */ + 1, 134);
      this.flag(at2, CF2, true);
    }
  }
  above1M() {
    for (const r of this.map) if (r.start === 1 << 20 && r.type === 1) return r.length;
    return 0;
  }
  memoryMap(at2) {
    const index2 = this.get16(at2 + 16 /* bx */), range = this.map[index2];
    if (this.get32(at2 + 20 /* dx */) !== 1397571920 || !range || this.get16(at2 + 24 /* cx */) < 20) {
      this.set8(at2 + 28 /* ax */ + 1, 134);
      this.flag(at2, CF2, true);
      return;
    }
    const to = this.far(this.get16(at2 + 32 /* es */), this.get16(at2 + 0 /* di */));
    [range.start, 0, range.length, 0, range.type].forEach((w, i) => this.set32(to + 4 * i, w));
    this.set32(at2 + 28 /* ax */, 1397571920);
    this.set32(at2 + 24 /* cx */, 20);
    this.set32(at2 + 16 /* bx */, index2 + 1 < this.map.length ? index2 + 1 : 0);
    this.flag(at2, CF2, false);
  }
  /** AH = 87h: copy CX words by the two descriptors in the table at ES:SI. */
  move(at2) {
    const table2 = this.far(this.get16(at2 + 32 /* es */), this.get16(at2 + 4 /* si */));
    const base2 = (d) => (this.get32(d + 2) & 16777215 | this.memory.read(d + 7, 1) << 24) >>> 0;
    const from = base2(table2 + 16), to = base2(table2 + 24);
    for (let i = 0, n = this.get16(at2 + 24 /* cx */) * 2; i < n; i++) this.memory.write(to + i, 1, this.memory.read(from + i, 1));
    this.set8(at2 + 28 /* ax */ + 1, 0);
    this.flag(at2, CF2, false);
  }
  // Int 1Ah: the tick counter, kept by the ROM.
  time(at2) {
    switch (this.ah(at2)) {
      case 0:
        this.set8(at2 + 28 /* ax */, this.memory.read(1136, 1));
        this.set16(at2 + 20 /* dx */, this.get16(1132));
        this.set16(at2 + 24 /* cx */, this.get16(1134));
        this.set8(1136, 0);
        break;
      case 1:
        this.set16(1132, this.get16(at2 + 20 /* dx */));
        this.set16(1134, this.get16(at2 + 24 /* cx */));
        this.set8(1136, 0);
        break;
      default:
        this.flag(at2, CF2, true);
        return;
    }
    this.flag(at2, CF2, false);
  }
};

// src/runtime/machine/load/image.ts
var ImageError = class extends Error {
};
var hex2 = (n) => `0x${n.toString(16)}`;
var LOW_END = 655360;
var HIGH_START = 1048576;
function inRam(start, length, ram) {
  const end = start + length;
  return start >= 0 && (end <= Math.min(LOW_END, ram) || start >= HIGH_START && end <= ram);
}
function checkSegments(segments, ram, name) {
  for (const s of segments) {
    if (inRam(s.address, s.length, ram)) continue;
    const where = `${hex2(s.address)} to ${hex2(s.address + s.length)}`;
    if (s.address + s.length > ram) throw new ImageError(`${name}: wants memory at ${where}, the machine has ${hex2(ram)} bytes; give it more with --memory`);
    throw new ImageError(`${name}: wants memory at ${where}, where a PC has device windows and ROM (${hex2(LOW_END)} to ${hex2(HIGH_START)})`);
  }
  const sorted = [...segments].filter((s) => s.length > 0).sort((a, b) => a.address - b.address);
  for (let i = 1; i < sorted.length; i++) {
    const a = sorted[i - 1], b = sorted[i];
    if (a.address + a.length > b.address) {
      throw new ImageError(`${name}: segments overlap: ${hex2(a.address)} to ${hex2(a.address + a.length)} and ${hex2(b.address)} to ${hex2(b.address + b.length)}`);
    }
  }
}
function place2(segments, memory) {
  for (const s of segments) {
    memory.load(s.address, s.bytes);
    if (s.length > s.bytes.length) memory.load(s.address + s.bytes.length, new Uint8Array(s.length - s.bytes.length));
  }
}

// src/runtime/machine/load/elf32.ts
var HEADER3 = 52;
var PROGRAM_HEADER = 32;
var PT_LOAD = 1;
var EM_386 = 3;
var isElf = (b) => b.length >= 4 && b[0] === 127 && b[1] === 69 && b[2] === 76 && b[3] === 70;
function parseElf32(bytes, name) {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = (what) => new ImageError(`${name}: ${what}`);
  if (bytes.length < HEADER3) throw bad("an ELF file cut short");
  if (bytes[4] === 2) throw bad("a 64-bit ELF file; convert it with objcopy -O elf32-i386");
  if (bytes[4] !== 1 || bytes[5] !== 1 || d.getUint16(18, true) !== EM_386) throw bad("an ELF file, but not for the i386");
  const at2 = d.getUint32(28, true), size = d.getUint16(42, true), count2 = d.getUint16(44, true);
  if (count2 > 0 && (size < PROGRAM_HEADER || at2 + size * count2 > bytes.length)) throw bad("its ELF program headers are cut short");
  const segments = [];
  let entry = d.getUint32(24, true), virtual = false;
  for (let i = 0; i < count2; i++) {
    const p = at2 + i * size;
    if (d.getUint32(p, true) !== PT_LOAD) continue;
    const offset = d.getUint32(p + 4, true), vaddr = d.getUint32(p + 8, true), address2 = d.getUint32(p + 12, true);
    const inFile = d.getUint32(p + 16, true), length = d.getUint32(p + 20, true);
    if (inFile > length) throw bad(`its ELF segment at ${hex2(address2)} has more bytes in the file than in memory`);
    if (offset + inFile > bytes.length) throw bad(`its ELF segment at ${hex2(address2)} is cut short`);
    const e = d.getUint32(24, true);
    if (!virtual && e >= vaddr && e < vaddr + length) {
      entry = e - vaddr + address2;
      virtual = true;
    }
    if (length > 0) segments.push({ address: address2, bytes: bytes.subarray(offset, offset + inFile), length });
  }
  if (segments.length === 0) throw bad("an ELF file with nothing to load");
  return { segments, entry };
}

// src/runtime/machine/load/multiboot.ts
var MAGIC = 464367618;
var SEARCH = 8192;
var ALIGN_MODULES = 1;
var MEMORY_INFO = 2;
var VIDEO_MODE = 4;
var ADDRESSES = 65536;
var REQUIRED = 65535;
var PAGE4 = 4096;
var LOADER_NAME = "lift86";
var INFO_AT = 36864;
var MBI = 116;
var MBI_MEMORY = 1;
var MBI_COMMAND_LINE = 4;
var MBI_MODULES = 8;
var MBI_MAP = 64;
var MBI_LOADER = 512;
function findMultibootHeader(bytes) {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at2 = 0; at2 + 12 <= Math.min(bytes.length, SEARCH); at2 += 4) {
    if (d.getUint32(at2, true) === MAGIC && (MAGIC + d.getUint32(at2 + 4, true) + d.getUint32(at2 + 8, true) | 0) === 0) return at2;
  }
  return -1;
}
function brokenHeader(bytes) {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at2 = 0; at2 + 4 <= Math.min(bytes.length, SEARCH); at2 += 4) if (d.getUint32(at2, true) === MAGIC) return at2;
  return -1;
}
function checkHeader(bytes, name) {
  const at2 = brokenHeader(bytes);
  if (at2 >= 0 && findMultibootHeader(bytes) < 0) throw new ImageError(`${name}: the checksum of its multiboot header at offset ${hex2(at2)} is wrong`);
}
function byAddresses(bytes, header, name) {
  const d = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header + 32 > bytes.length) throw new ImageError(`${name}: its multiboot header is cut short`);
  const [headerAt, load4, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((o) => d.getUint32(header + o, true));
  const bad = (what) => new ImageError(`${name}: bad addresses in its multiboot header: ${what}`);
  if (headerAt < load4) throw bad(`the header at ${hex2(headerAt)} is below the load address ${hex2(load4)}`);
  const offset = header - (headerAt - load4);
  if (offset < 0) throw bad(`the load address ${hex2(load4)} lies before the file's begin`);
  const size = loadEnd === 0 ? bytes.length - offset : loadEnd - load4;
  if (size < 0) throw bad(`the end ${hex2(loadEnd)} is below the load address ${hex2(load4)}`);
  if (offset + size > bytes.length) throw bad(`${hex2(size)} bytes to load, the file has ${hex2(bytes.length - offset)}`);
  if (bssEnd !== 0 && bssEnd < load4 + size) throw bad(`the end of the bss ${hex2(bssEnd)} is below that of the data, ${hex2(load4 + size)}`);
  return { segments: [{ address: load4, bytes: bytes.subarray(offset, offset + size), length: bssEnd === 0 ? size : bssEnd - load4 }], entry };
}
var Writer = class {
  constructor(address2, fixed2, size) {
    this.address = address2;
    this.bytes = new Uint8Array(size);
    this.d = new DataView(this.bytes.buffer);
    this.used = fixed2;
  }
  address;
  bytes;
  d;
  used;
  u32(at2, v) {
    this.d.setUint32(at2, v, true);
  }
  /** Room of this many bytes; its offset. */
  take(size) {
    const at2 = this.used + 3 & ~3;
    this.used = at2 + size;
    return at2;
  }
  /** A string with its final 0; its address. */
  string(s) {
    const at2 = this.take(s.length + 1);
    this.bytes.set(s, at2);
    return this.address + at2;
  }
};
var utf8 = (s) => new TextEncoder().encode(s);
var pageUp = (n) => Math.ceil(n / PAGE4) * PAGE4;
function layoutMultiboot(bytes, machine, name, commandLine, modules) {
  const header = findMultibootHeader(bytes);
  if (header < 0) throw new ImageError(`${name}: no multiboot header in its first 8 KiB`);
  const flags = new DataView(bytes.buffer, bytes.byteOffset).getUint32(header + 4, true);
  const unknown = flags & REQUIRED & ~(ALIGN_MODULES | MEMORY_INFO | VIDEO_MODE);
  if (unknown) throw new ImageError(`${name}: its multiboot header requires features that are not there (flags ${hex2(unknown)})`);
  if (flags & VIDEO_MODE) throw new ImageError(`${name}: its multiboot header requires a video mode; there is no screen`);
  const kernel = flags & ADDRESSES ? byAddresses(bytes, header, name) : isElf(bytes) ? parseElf32(bytes, name) : null;
  if (!kernel) throw new ImageError(`${name}: its multiboot header gives no load addresses, and the file is no ELF file`);
  const { ram } = machine;
  checkSegments(kernel.segments, ram, name);
  const inside = kernel.segments.some((s) => kernel.entry >= s.address && kernel.entry < s.address + s.length);
  if (!inside) throw new ImageError(`${name}: its entry point ${hex2(kernel.entry)} is outside what it loads`);
  let free = pageUp(Math.max(HIGH_START, ...kernel.segments.map((s) => s.address + s.length)));
  const placed = modules.map((m2) => {
    const segment = { address: free, bytes: m2.bytes, length: m2.bytes.length };
    free = pageUp(free + m2.bytes.length);
    return segment;
  });
  if (free > ram) throw new ImageError(`${name}: image and modules end at ${hex2(free)}, the machine has ${hex2(ram)} bytes of memory; give it more with --memory`);
  const info = information(machine, kernel.segments, free, utf8(commandLine), modules.map((m2, i) => ({ at: placed[i], text: utf8(m2.text) })));
  if (!inRam(info.address, info.bytes.length, ram)) {
    throw new ImageError(`${name}: no room for the boot information behind image and modules; give the machine more memory with --memory`);
  }
  const segments = [...kernel.segments, ...placed, { address: info.address, bytes: info.bytes, length: info.bytes.length }];
  return { segments, entry: { kind: "multiboot", address: kernel.entry, info: info.address }, disk: null };
}
function information(machine, kernel, free, commandLine, modules) {
  const strings2 = [commandLine, utf8(LOADER_NAME), ...modules.map((m2) => m2.text)];
  const size = strings2.reduce((n, s) => n + s.length + 4, MBI + 16 * modules.length + 24 * machine.map.length + 16);
  const low = INFO_AT + size <= LOW_END && kernel.every((s) => s.address >= INFO_AT + size || s.address + s.length <= INFO_AT);
  const w = new Writer(low ? INFO_AT : free, MBI, size);
  w.u32(0, MBI_MEMORY | MBI_COMMAND_LINE | MBI_MODULES | MBI_MAP | MBI_LOADER);
  const lower = machine.map[0], upper = machine.map.find((r) => r.start === HIGH_START && r.type === 1);
  w.u32(4, lower.length >> 10);
  w.u32(8, (upper?.length ?? 0) / 1024);
  w.u32(16, w.string(commandLine));
  w.u32(20, modules.length);
  const list2 = w.take(16 * modules.length);
  w.u32(24, w.address + list2);
  modules.forEach((m2, i) => {
    w.u32(list2 + 16 * i, m2.at.address);
    w.u32(list2 + 16 * i + 4, m2.at.address + m2.at.length);
    w.u32(list2 + 16 * i + 8, w.string(m2.text));
  });
  const map = w.take(24 * machine.map.length);
  w.u32(44, 24 * machine.map.length);
  w.u32(48, w.address + map);
  machine.map.forEach((r, i) => [20, r.start, 0, r.length, 0, r.type].forEach((v, k) => w.u32(map + 24 * i + 4 * k, v)));
  w.u32(64, w.string(utf8(LOADER_NAME)));
  return w;
}

// src/runtime/machine/load/raw.ts
var SECTOR2 = 512;
var BOOT_AT = 31744;
var REACH = 1114096;
function layoutRaw(bytes, ram, name, address2, entry) {
  if (bytes.length === 0) throw new ImageError(`${name}: an empty file`);
  const segments = [{ address: address2, bytes, length: bytes.length }];
  checkSegments(segments, ram, name);
  if (entry < address2 || entry >= address2 + bytes.length) throw new ImageError(`${name}: the entry point ${hex2(entry)} is outside what is loaded, ${hex2(address2)} to ${hex2(address2 + bytes.length)}`);
  if (entry >= REACH) throw new ImageError(`${name}: the entry point ${hex2(entry)} is out of real mode's reach`);
  const segment = entry > 1048575 ? 65535 : (entry & 983040) >> 4;
  return { segments, entry: { kind: "real", segment, offset: entry - segment * 16, drive: 128 }, disk: null };
}
var isBootSector = (b) => b.length >= SECTOR2 && b[SECTOR2 - 2] === 85 && b[SECTOR2 - 1] === 170;
function layoutBootSector(bytes) {
  const disk = bytes.slice();
  return {
    segments: [{ address: BOOT_AT, bytes: disk.subarray(0, SECTOR2), length: SECTOR2 }],
    entry: { kind: "real", segment: 0, offset: BOOT_AT, drive: driveOf(disk) },
    disk
  };
}

// src/runtime/machine/load/index.ts
function layoutImage(image2, machine) {
  const { bytes, name, modules = [] } = image2;
  const only = (what, given) => {
    if (given) throw new ImageError(`${name}: ${what} goes only with multiboot images`);
  };
  if (image2.raw) {
    only("a command line", image2.append !== void 0);
    only("a module", modules.length > 0);
    return layoutRaw(bytes, machine.ram, name, image2.raw.address, image2.raw.entry ?? image2.raw.address);
  }
  if (findMultibootHeader(bytes) >= 0) {
    return layoutMultiboot(bytes, machine, name, image2.append === void 0 ? name : `${name} ${image2.append}`, modules);
  }
  checkHeader(bytes, name);
  if (isBootSector(bytes) && !isElf(bytes)) {
    only("a command line", image2.append !== void 0);
    only("a module", modules.length > 0);
    return layoutBootSector(bytes);
  }
  if (isElf(bytes)) throw new ImageError(`${name}: an ELF file without a multiboot header in its first 8 KiB`);
  throw new ImageError(`${name}: neither a multiboot image nor a boot sector; raw bytes need --raw ADDRESS`);
}

// src/runtime/trace.ts
var EXCEPTIONS = ["#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "vector 9", "#TS", "#NP", "#SS", "#GP", "#PF", "vector 15", "#MF", "#AC", "#MC", "#XM"];
function exceptionName(vector2) {
  return EXCEPTIONS[vector2] ?? `vector ${vector2}`;
}
var CHUNK = 1 << 18;
var HEX4 = new Uint32Array(65536);
var ENCODER = new TextEncoder();

// src/runtime/machine/scheduler.ts
var TURN = 2e4;
var ALONE = 1e5;
var Scheduler = class {
  constructor(vcpus, clock, events, exact, maxInstructions) {
    this.vcpus = vcpus;
    this.clock = clock;
    this.events = events;
    this.exact = exact;
    this.maxInstructions = maxInstructions;
    this.quantum = vcpus.length > 1 ? TURN : ALONE;
    this.left = this.quantum;
    events.onEarlier = (time) => {
      if (this.active && time < this.sliceEnd) this.active.stop();
    };
  }
  vcpus;
  clock;
  events;
  exact;
  maxInstructions;
  turn = 0;
  left;
  quantum;
  active = null;
  sliceEnd = 0;
  yieldAsked = false;
  /** Polls in a row in which nothing ran, and how many of those were of vCPUs that nothing can wake. */
  idle = 0;
  stuck = 0;
  total = 0;
  faulted = null;
  tracer = null;
  trace = null;
  /** Instructions retired by all. */
  get instructions() {
    return this.total;
  }
  /** Number of the vCPU that runs now, or ran last: whose local APIC answers on the memory bus. */
  get current() {
    return this.vcpus[this.turn].id;
  }
  /** End the running slice: something has to be looked at. */
  interrupt() {
    this.active?.stop();
  }
  /** The running vCPU's turn ends: it asked something of another. */
  yieldTurn() {
    if (this.vcpus.length === 1) return;
    this.yieldAsked = true;
    this.active?.stop();
  }
  /** Something outside changed: vCPUs may have been woken. */
  wake() {
    this.idle = this.stuck = 0;
  }
  next() {
    this.turn = (this.turn + 1) % this.vcpus.length;
    this.left = this.quantum;
    this.yieldAsked = false;
  }
  /** No vCPU runs: only what devices do. */
  sleep() {
    return this.events.run(this.clock.ticks()) > 0 ? 0 /* ran */ : 1 /* idle */;
  }
  /** One slice of the vCPU whose turn it is. */
  step() {
    const { clock, events, tracer } = this;
    if (tracer) for (let i = 0; i < this.vcpus.length && tracer.holds(this.current); i++) this.next();
    if (events.run(clock.ticks()) > 0) this.wake();
    const now = clock.ticks(), vcpu = this.vcpus[this.turn];
    let budget = Math.min(this.left, this.maxInstructions - this.total);
    if (budget <= 0) return 4 /* limit */;
    const stepping = tracer !== null && tracer.steps(vcpu.id);
    if (stepping) budget = 1;
    if (events.next < Infinity) budget = Math.min(budget, clock.instructionsUntil(events.next));
    const before = vcpu.instructions;
    clock.running(vcpu);
    this.active = vcpu;
    this.trace?.vcpu(vcpu.id);
    this.sliceEnd = now + budget * TICKS_PER_INSTRUCTION;
    const end = vcpu.run(budget, this.exact || stepping);
    this.active = null;
    clock.running(null);
    const retired = vcpu.instructions - before;
    this.total += retired;
    this.left -= retired;
    if (retired > 0) this.wake();
    if (end === 7 /* debug */) return 5 /* debug */;
    if (stepping && retired > 0) return 6 /* stepped */;
    switch (end) {
      case 0 /* budget */:
        if (this.left <= 0) this.next();
        return 0 /* ran */;
      case 4 /* stopped */:
        if (this.yieldAsked || this.left <= 0) this.next();
        this.wake();
        return 0 /* ran */;
      case 6 /* paused */:
        this.next();
        return 0 /* ran */;
      case 3 /* shutdown */:
        this.faulted = vcpu;
        return 3 /* shutdown */;
      case 5 /* stuck */:
      case 2 /* waitForSipi */:
        this.stuck++;
        break;
      case 1 /* halted */:
        break;
    }
    this.next();
    if (++this.idle < this.vcpus.length) return 0 /* ran */;
    const dead = this.stuck >= this.vcpus.length;
    this.wake();
    return dead ? 2 /* dead */ : 1 /* idle */;
  }
};

// src/runtime/machine/machine.ts
var LEAST_MEMORY = 2 ** 20;
var MOST_MEMORY = 3 * 2 ** 30;
var MOST_CPUS = 8;
var DEFAULT_MEMORY = 128 * 2 ** 20;
var BIOS_UNIT = 65536;
var BIOS_MOST = 2 ** 24;
var PHYSICAL_BITS = 40;
var FIXED_DATE = 9466848e5;
var SLICE_MS = 10;
var LONGEST_WAIT = 2 ** 31 - 1;
var SERIAL_BATCH = 4096;
var SERIAL_BACKLOG = 65536;
var STATUS = { exit: 0, poweroff: 0, halted: 0, shutdown: 1, instructions: 137, time: 124, stopped: 130 };
var Machine = class {
  /** Throws ImageError if the image cannot be booted, RangeError for impossible options. */
  constructor(options, makeVcpu) {
    this.options = options;
    const { memory = DEFAULT_MEMORY, cpus = 1, bios = null, icount = false } = options;
    if (!(Number.isInteger(memory / 4096) && memory >= LEAST_MEMORY && memory <= MOST_MEMORY)) throw new RangeError(`${memory} bytes of memory: from 1 MiB to 3 GiB, whole pages`);
    if (!(Number.isInteger(cpus) && cpus >= 1 && cpus <= MOST_CPUS)) throw new RangeError(`${cpus} vCPUs: from 1 to ${MOST_CPUS}`);
    if (bios && (bios.length === 0 || bios.length % BIOS_UNIT !== 0 || bios.length > BIOS_MOST)) {
      throw new ImageError(`a BIOS of ${bios.length} bytes: it has to be a multiple of 64 KiB, at most 16 MiB`);
    }
    this.board = new Board({
      memory,
      cpus,
      icount,
      bios,
      physicalBits: PHYSICAL_BITS,
      date: icount ? FIXED_DATE : Date.now(),
      firmware: { load: () => this.load(), resume: () => this.resume(), serve: (frame) => this.services.serve(frame) }
    }, {
      serial: (byte) => this.transmit(byte),
      exit: (status) => this.finish("exit", status),
      powerOff: () => this.finish("poweroff"),
      sleep: () => {
        this.power = "asleep";
        this.scheduler.interrupt();
      },
      wake: () => {
        this.power = "waking";
        this.resetAsked = true;
      },
      init: () => {
        for (const v of this.vcpus) v.init();
      },
      boardReset: () => {
        this.resetAsked = true;
        this.scheduler.interrupt();
      },
      ipi: () => this.scheduler.yieldTurn(),
      current: () => this.scheduler.current
    });
    const { board } = this;
    this.layout = layoutImage(options.image, { ram: memory, map: board.map });
    this.services = new BiosServices(
      board.memory,
      { write: (b) => this.transmit(b), read: (take) => board.serial.peek(take) },
      this.layout.disk,
      board.map,
      board.memory,
      (line) => options.notice?.(line)
    );
    board.serial.onDrained = () => options.onDrained?.();
    const { trace } = options;
    if (trace?.wants("io")) {
      board.ports.trace = (write, port2, size, value2) => {
        trace.io(write, port2, size, value2);
        options.onPort?.(write, port2, size, value2);
      };
    } else if (options.onPort) board.ports.trace = options.onPort;
    this.translations = new MachineTranslations(board.memory);
    if (trace?.wants("invalidations")) {
      this.translations.observer = {
        missed: () => void 0,
        made: () => void 0,
        dropped: (t, why) => trace.invalidation(t.pc, t.block.end - t.pc >>> 0, t.region !== null, why)
      };
    }
    this.vcpus = board.locals.map((local, id2) => {
      const environment = { ports: board.ports, interrupts: local, msrs: local, clock: board.clock, ferr: () => board.coprocessorError() };
      const vcpu = makeVcpu ? makeVcpu(id2, board.memory, environment) : this.makeVcpu(id2, environment);
      local.vcpu = vcpu;
      return vcpu;
    });
    this.scheduler = new Scheduler(this.vcpus, board.clock, board.events, icount, options.maxInstructions ?? Infinity);
    this.scheduler.trace = trace ?? null;
  }
  options;
  board;
  vcpus;
  /** Translations of all vCPUs. */
  translations;
  scheduler;
  layout;
  services;
  sent = new Uint8Array(SERIAL_BATCH);
  sentLength = 0;
  /** Address of the FACS that the machine's own firmware made. */
  facs = 0;
  /** More may come over the serial line. */
  inputOpen = false;
  ended = null;
  resetAsked = false;
  /** Suspend to RAM; the firmware asks whether it wakes from that. */
  power = "on";
  wakeUp = null;
  tracer = null;
  makeVcpu(id2, environment) {
    const { policy = POLICIES.fixed, audit = false, contexts, cpus = 1, trace, tier } = this.options;
    const { onRoleChange, onEvent } = withTrace(this.options);
    const vcpu = new Vcpu(id2, this.board.memory, environment, {
      translations: this.translations,
      policy,
      processors: cpus,
      ...tier ? { tier } : {},
      ...trace?.wants("blocks") ? { entries: { enter: trace.enter, includes: trace.includes } } : {},
      mmu: {
        physicalBits: PHYSICAL_BITS,
        audit,
        ...contexts !== void 0 ? { contexts } : {},
        ...onRoleChange ? { onRoleChange: (change3) => onRoleChange(id2, change3) } : {}
      }
    });
    if (onEvent) vcpu.onEvent = (event) => onEvent(id2, event);
    return vcpu;
  }
  get memory() {
    return this.board.memory;
  }
  /** Retired by all vCPUs so far. */
  get instructions() {
    return this.scheduler.instructions;
  }
  /** Number of the vCPU that runs now, or ran last. */
  get current() {
    return this.scheduler.current;
  }
  /** Make all vCPUs stop at these (MachineDebugTarget). Not while they run. */
  stopAt(points) {
    if (samePoints(points, this.points)) return;
    this.points = points;
    this.translations.clear();
    for (const v of this.vcpus) if (v instanceof Vcpu) v.stopAt(points);
  }
  points = null;
  startDebugger(attach) {
    const vcpus = this.vcpus.filter((v) => v instanceof Vcpu);
    this.tracer = this.scheduler.tracer = new MachineDebugTarget(this, vcpus, () => this.poke());
    attach(this.tracer);
  }
  stats() {
    const { counters } = this.translations;
    const { lookups, hits, compileMs, bytes, guestBytes } = { ...this.translations.lookups, ...this.translations.compilation };
    const cache = { lookups, hits, misses: lookups - hits, ...counters };
    const { instructions } = this;
    let jit = 0;
    for (const v of this.vcpus) if (v instanceof Vcpu) jit += v.compiled;
    return { instructions, run: { interp: instructions - jit, jit, compileMs, bytes, guestBytes }, cache, mmu: this.mmuCounters() };
  }
  mmuCounters() {
    const mmu = {
      resetsRequested: 0,
      rekeyed: 0,
      avoided: 0,
      dropped: 0,
      skipped: 0,
      tlbFills: 0,
      tlbFlushes: 0,
      contexts: 0,
      contextsEvicted: 0,
      audits: 0,
      roleMismatches: 0
    };
    for (const v of this.vcpus) if (v instanceof Vcpu) for (const [name, n] of Object.entries(v.mmu.counters)) mmu[name] += n;
    return mmu;
  }
  /** The ROM asks for the image, at power-on and after resets. */
  load() {
    const { board, layout } = this;
    if (!this.options.bios) this.facs = board.placeTables();
    place2(layout.segments, board.memory);
    return layout.entry;
  }
  /** The waking vector of the FACS, which the system wrote (ACPI 6.4, 5.2.10): a real-mode address. */
  resume() {
    if (this.power !== "waking") return null;
    this.power = "on";
    const vector2 = this.memory.read(this.facs + FACS_WAKING_VECTOR, 4);
    return { kind: "real", segment: vector2 >>> 4 & 65535, offset: vector2 & 15, drive: 0 };
  }
  // The serial line.
  transmit(byte) {
    this.sent[this.sentLength++] = byte;
    if (this.sentLength === SERIAL_BATCH || byte === 10) this.flushSerial();
  }
  flushSerial() {
    if (this.sentLength === 0) return;
    const bytes = this.sent.slice(0, this.sentLength);
    this.sentLength = 0;
    this.options.serial?.(bytes);
  }
  /** Bytes for the guest's serial port; kept until it reads them. False: many wait, better wait for `onDrained` before giving more. */
  receive(bytes) {
    this.inputOpen = true;
    this.board.serial.receive(bytes);
    this.poke();
    return this.board.serial.backlog < SERIAL_BACKLOG;
  }
  /** Whether more may come by `receive`: a guest that waits for it is not at its end. */
  set inputExpected(on) {
    this.inputOpen = on;
    this.poke();
  }
  poke() {
    this.scheduler.wake();
    this.wakeUp?.();
  }
  // Running.
  finish(end, status = STATUS[end]) {
    this.ended ??= { end, status };
    this.scheduler.interrupt();
    this.wakeUp?.();
  }
  /** End the run, as a power switch does. */
  stop() {
    this.finish("stopped");
  }
  /** Run until the machine stops. The host's event loop gets its turn every few milliseconds. */
  async run() {
    if (this.options.debug) this.startDebugger(this.options.debug);
    const started = performance.now(), { timeout = Infinity } = this.options;
    for (let now = started; !this.ended; now = performance.now()) {
      if (now - started >= timeout) {
        this.finish("time");
        break;
      }
      const wait2 = this.slices(now + SLICE_MS);
      this.flushSerial();
      this.options.trace?.flush();
      if (!this.ended) await this.pause(Math.min(wait2, timeout - (performance.now() - started)));
    }
    this.flushSerial();
    const { end, status } = this.ended ?? { end: "stopped", status: STATUS.stopped };
    this.tracer?.ended(status);
    return { end, status, instructions: this.instructions, dump: end === "shutdown" ? this.scheduler.faulted?.dump() ?? null : null };
  }
  /** Run until a time of the host's; how long there is nothing to do, in milliseconds: 0 when there is. */
  slices(until) {
    const { scheduler, tracer, board: { clock, events } } = this;
    for (; ; ) {
      if (tracer?.halted) return Infinity;
      const step2 = scheduler.step();
      this.options.onSlice?.(scheduler.instructions);
      if (this.resetAsked) this.reset();
      if (this.ended) return 0;
      switch (step2) {
        case 0 /* ran */:
          break;
        case 1 /* idle */: {
          if (events.next === Infinity) {
            if (this.inputOpen) return Infinity;
            this.finish("halted");
            return 0;
          }
          if (this.options.icount) {
            clock.skipTo(events.next);
            break;
          }
          const wait2 = (events.next - clock.ticks()) / TICKS_PER_MS;
          if (wait2 > 0) return wait2;
          break;
        }
        case 5 /* debug */:
          tracer.trapped(scheduler.current);
          break;
        case 6 /* stepped */:
          tracer.stepped(scheduler.current);
          break;
        case 2 /* dead */:
          this.finish("halted");
          return 0;
        case 3 /* shutdown */:
          if (tracer?.shutdown(scheduler.current)) break;
          this.finish("shutdown");
          return 0;
        case 4 /* limit */:
          this.finish("instructions");
          return 0;
      }
      if (performance.now() >= until) return 0;
    }
  }
  /** Let the host's event loop go on; `wait` milliseconds at most, less if input or a stop comes. */
  pause(wait2) {
    return new Promise((resolve) => {
      if (wait2 < 1) {
        if (typeof setImmediate === "function") setImmediate(resolve);
        else setTimeout(resolve, 0);
        return;
      }
      const timer = wait2 === Infinity ? null : setTimeout(() => this.wakeUp?.(), Math.min(wait2, LONGEST_WAIT));
      this.wakeUp = () => {
        if (timer !== null) clearTimeout(timer);
        this.wakeUp = null;
        resolve();
      };
    });
  }
  /** RESET of the whole board. */
  reset() {
    this.resetAsked = false;
    this.board.reset();
    for (const v of this.vcpus) v.reset();
    this.scheduler.wake();
  }
};
function withTrace({ trace, onEvent, onRoleChange }) {
  return {
    ...onEvent || trace?.wants("exceptions") ? {
      onEvent: (cpu, e) => {
        trace?.exception(e.vector, e.code < 0 ? null : e.code, null, e.pc, eventName(e));
        onEvent?.(cpu, e);
      }
    } : {},
    ...onRoleChange || trace?.wants("roles") ? {
      onRoleChange: (cpu, c) => {
        const changed = ["cr0", "cr4", "efer"].filter((r) => c.old[r] !== c.new[r]).map((r) => `${r} 0x${(c.old[r] >>> 0).toString(16)} to 0x${(c.new[r] >>> 0).toString(16)}`);
        trace?.role(c.register, changed, c.oldRole, c.newRole, c.action);
        onRoleChange?.(cpu, c);
      }
    } : {}
  };
}
function eventName(e) {
  const hex3 = `0x${e.vector.toString(16)}`;
  return e.origin === 2 ? `int ${hex3}` : e.origin === 1 && e.vector !== 2 ? `interrupt ${hex3}` : exceptionName(e.vector);
}

// ../../../tmp/board/s3.ts
var m = new Machine({ image: { name: "x", bytes: readFileSync("/work/dev/kut/src/x86/s3.flat") }, timeout: 2e4, tier: "interp", serial: (b) => writeSync(1, b) });
var look = (what) => console.log(what, m.memory.read(0, 4), m.power, m.resetAsked, m.vcpus[0].S[0], m.instructions);
var lines = m.board.lines;
var sl = lines.sleep;
var wk = lines.wake;
lines.sleep = () => {
  look("sleep");
  sl();
};
lines.wake = () => {
  look("wake");
  wk();
  look("woken");
};
var rs = m.reset.bind(m);
m.reset = () => {
  look("reset");
  rs();
};
console.log(await m.run());
