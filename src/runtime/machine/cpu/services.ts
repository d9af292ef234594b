import type { HostServices } from "../../../ir/env.js";
import { System } from "../../../ir/lib/system.js";
import { Vector } from "../../../ir/memory.js";
import { RESULT } from "../../../ir/op.js";
import type { VcpuEnvironment } from "../contract.js";
import { CR4_DE, CR4_OSXSAVE, CR4_PCE, CR4_TSD, CR4_UMIP, DR6_BD, DR7_GD } from "./bits.js";
import { clearTaskSwitched, loadStatusWord, readControl, writeControl } from "./control.js";
import { cpuid, type Topology } from "./cpuid.js";
import { accessRights, limited, loadLdt, loadTask, verify } from "./descriptors.js";
import { readMsr, readTsc, VALUE, writeMsr } from "./msr.js";
import { checkPorts } from "./ports.js";
import { fault, gp, type Processor } from "./processor.js";
import { checkSegment, loadSegment } from "./segment.js";

/** What instructions ask of the processor that runs them. */
export class ProcessorServices implements HostServices {
  constructor(
    private readonly p: Processor,
    private readonly env: VcpuEnvironment,
    private readonly topology: Topology,
  ) {}

  rdtsc(): void {
    readTsc(this.p, this.env.clock, RESULT);
  }

  cpuid(leaf: number, subleaf: number): void {
    cpuid(this.p, this.topology, leaf, subleaf, RESULT);
  }

  loadSegment(seg: number, selector: number): void {
    loadSegment(this.p, seg, selector);
  }

  checkSegment(seg: number, offset: number, size: number, write: boolean): void {
    checkSegment(this.p, seg, offset, size, write);
  }

  portCheck(port: number, size: number): void {
    checkPorts(this.p, port, size);
  }

  portIn(port: number, size: number): number {
    checkPorts(this.p, port, size);
    this.watchPort(port, size);
    return this.env.ports.portIn(port, size) | 0;
  }

  portOut(port: number, size: number, value: number): void {
    checkPorts(this.p, port, size);
    this.watchPort(port, size);
    this.env.ports.portOut(port, size, size === 4 ? value >>> 0 : value & ((1 << (size * 8)) - 1));
  }

  private watchPort(port: number, size: number): void {
    if (this.p.debug.io && this.p.mmu.cr4 & CR4_DE) this.p.debug.onPort(port, size);
  }

  /** CR4.UMIP keeps programs from looking at the system's tables. */
  private notForPrograms(): void {
    if (this.p.cpl > 0 && this.p.mmu.cr4 & CR4_UMIP) gp();
  }

  system(op: System, a: number, b: number, c: number): void {
    const { p } = this;
    switch (op) {
      case System.sgdt:
      case System.sidt: {
        this.notForPrograms();
        const { limit, base } = op === System.sgdt ? p.gdt : p.idt;
        RESULT[0] = limit;
        RESULT[1] = base;
        return;
      }
      case System.lgdt:
      case System.lidt: {
        const t = op === System.lgdt ? p.gdt : p.idt;
        t.limit = a & 0xffff;
        t.base = b;
        return;
      }
      case System.sldt:
      case System.str:
        this.notForPrograms();
        RESULT[0] = (op === System.sldt ? p.ldt : p.tr).selector;
        return;
      case System.lldt: return loadLdt(p, a & 0xffff);
      case System.ltr: return loadTask(p, a & 0xffff);
      case System.smsw:
        this.notForPrograms();
        RESULT[0] = p.mmu.cr0;
        return;
      case System.lmsw: return loadStatusWord(p, a);
      case System.clts: return clearTaskSwitched(p);
      case System.invd:
      case System.wbinvd:
        return;
      case System.invlpg: return p.mmu.invlpg(a);
      case System.rdmsr:
        readMsr(p, this.env.clock, this.env.msrs, RESULT, a);
        RESULT[0] = VALUE[0]!;
        RESULT[1] = VALUE[1]!;
        return;
      case System.wrmsr: return writeMsr(p, this.env.clock, this.env.msrs, a, b, c);
      case System.rdpmc:
        // No counter exists; below privilege level 0, CR4.PCE says whether one may ask.
        if (p.cpl > 0 && !(p.mmu.cr4 & CR4_PCE)) gp();
        return gp();
      case System.readCr:
        RESULT[0] = readControl(p, a);
        return;
      case System.writeCr: return writeControl(p, a, b);
      case System.readDr:
        RESULT[0] = this.readDebug(a);
        return;
      case System.writeDr: return this.writeDebug(a, b);
      case System.lar: {
        const rights = accessRights(p, a & 0xffff);
        RESULT[0] = rights >= 0 ? 1 : 0;
        RESULT[1] = rights >= 0 ? rights : 0;
        return;
      }
      case System.lsl: {
        const d = limited(p, a & 0xffff);
        RESULT[0] = d ? 1 : 0;
        RESULT[1] = d ? d.limit : 0;
        return;
      }
      case System.verr:
      case System.verw:
        RESULT[0] = verify(p, a & 0xffff, op === System.verw) ? 1 : 0;
        return;
      case System.rdtsc:
        if (p.cpl > 0 && p.mmu.cr4 & CR4_TSD) gp();
        return readTsc(p, this.env.clock, RESULT);
      case System.tscAux:
        RESULT[0] = p.msrs.tscAux;
        return;
      case System.xgetbv:
        this.needXsave();
        if (a !== 0) gp();
        RESULT[0] = p.xcr0;
        return;
      case System.xsetbv:
        this.needXsave();
        // x87 state always, SSE state as an option, nothing else.
        if (a !== 0 || c !== 0 || (b & ~2) !== 1) gp();
        p.xcr0 = b;
        return;
      case System.xcr0:
        this.needXsave();
        RESULT[0] = p.xcr0;
        return;
    }
  }

  private needXsave(): void {
    if (!(this.p.mmu.cr4 & CR4_OSXSAVE)) fault(Vector.UD);
  }

  private readDebug(index: number): number {
    const { debug } = this.p;
    this.checkDebugAccess(index);
    if (index < 4) return debug.address[index]!;
    return index & 1 ? debug.dr7 : debug.dr6;
  }

  private writeDebug(index: number, value: number): void {
    const { debug } = this.p;
    this.checkDebugAccess(index);
    if (index < 4) debug.address[index] = value;
    else if (index & 1) debug.dr7 = value;
    else debug.setDr6(value);
  }

  /** DR4 and DR5 are DR6 and DR7 unless CR4.DE; DR7.GD guards them all. */
  private checkDebugAccess(index: number): void {
    const { debug, mmu } = this.p;
    if (index > 7 || ((index === 4 || index === 5) && mmu.cr4 & CR4_DE)) fault(Vector.UD);
    if (debug.dr7 & DR7_GD) {
      debug.dr6 |= DR6_BD;
      fault(Vector.DB);
    }
  }
}
