import { ImageError, Machine, type MachineOptions, type MachineResult, POLICIES } from "../index.js";
import { fileSerial, type NodeSerial, stdioSerial } from "../node.js";
import { BIOS_OPTION, IMAGE_OPTIONS, type MachineArguments, machineOptions, SMP_OPTION } from "./boot-image.js";
import { type OptionSpecs } from "./command-line.js";
import { hostReason, UsageError } from "./errors.js";
import { GDB_OPTION, openGdb } from "./gdb.js";
import { say } from "./output.js";
import { openTrace, type TraceArguments, traceOptions } from "./trace.js";
import { INSPECTION_OPTIONS, type InspectionArguments, startInspection } from "./inspection.js";

const KINDS = ["blocks", "exceptions", "roles", "invalidations", "io"] as const;

export const BOOT_OPTIONS: OptionSpecs = {
  memory: { type: "string", value: "SIZE", describe: "RAM, as 64M or 1G (default: 128M)" },
  smp: SMP_OPTION,
  ...IMAGE_OPTIONS,
  bios: BIOS_OPTION,
  serial: { type: "string", value: "stdio|FILE", describe: "Where the serial port goes (default: stdio)" },
  icount: { type: "boolean", describe: "Let time follow instructions: every run is alike" },
  "max-instructions": { type: "string", value: "N", describe: "End the machine after N instructions, with exit code 137" },
  timeout: { type: "string", value: "SECONDS", describe: "End the machine after this time, with exit code 124" },
  tier: { type: "string", choices: ["auto", "interp", "jit"], describe: "Interpret cold code and compile hot code (auto), or only one of these" },
  policy: { type: "string", choices: Object.keys(POLICIES), describe: "What is kept when the MMU's role changes (default: fixed)" },
  audit: { type: "boolean", describe: "Compare the MMU role in use with the registers after every change, and report it" },
  gdb: GDB_OPTION,
  ...traceOptions(KINDS),
  ...INSPECTION_OPTIONS,
};

export interface BootArguments extends MachineArguments, TraceArguments, InspectionArguments {
  readonly serial?: string;
  readonly audit?: boolean;
  readonly gdb?: string;
}

function openSerial(where: string): NodeSerial {
  if (where === "stdio") return stdioSerial();
  try {
    return fileSerial(where);
  } catch (e) {
    throw new UsageError(`--serial ${where}: is to be written, but ${hostReason(e)}`);
  }
}

/** Why the machine ended, if it is not by the guest's wish. */
function lastWords(name: string, r: MachineResult, args: BootArguments): string | null {
  switch (r.end) {
    case "shutdown": return `${name}: triple fault\n${r.dump ?? ""}`.trimEnd();
    case "halted": return `${name}: all processors have halted with interrupts off`;
    case "time": return `${name}: ended after the time limit of ${args.timeout} s`;
    case "instructions": return `${name}: ended after the limit of ${args.maxInstructions} instructions`;
    default: return null;
  }
}

/** `lift86 boot`: returns the exit code. */
export async function boot(args: BootArguments, file: string | undefined): Promise<number> {
  if (file === undefined) throw new UsageError("boot: no image given; lift86 boot [options] IMAGE");
  const options: MachineOptions = { ...machineOptions(args, file), audit: args.audit ?? false };
  const inspector = await startInspection(args);
  const listener = args.gdb === undefined ? null : await openGdb(args.gdb, say);
  const trace = openTrace(args, KINDS, say);
  const serial = openSerial(args.serial ?? "stdio");
  let machine: Machine, result: MachineResult, signalled = 0;
  const forget: (() => void)[] = [];
  try {
    machine = new Machine({ ...options, serial: (bytes) => serial.write(bytes), onDrained: () => serial.drained(), notice: (line) => say(`lift86: ${line}`), ...(listener ? { debug: listener.serve } : {}), ...(trace ? { trace: trace.trace } : {}),
      ...(inspector.inspection ? { inspection: inspector.inspection } : {}), ...(inspector.tier && !args.tier ? { tier: inspector.tier } : {}),
    });
    inspector.begin(machine);
    for (const [name, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]] as const) {
      const handler = (): void => {
        signalled = number;
        machine.stop();
      };
      process.on(name, handler);
      forget.push(() => void process.off(name, handler));
    }
    machine.inputExpected = serial.listen((bytes) => machine.receive(bytes), () => void (machine.inputExpected = false), () => machine.stop());
    result = await machine.run();
  } catch (e) {
    if (e instanceof ImageError) throw new UsageError(e.message);
    throw e;
  } finally {
    for (const f of forget) f();
    serial.close();
    listener?.close();
    trace?.close();
  }
  const words = lastWords(file, result, args);
  if (words !== null) say(`lift86: ${words}`);
  const stats = machine.stats();
  if (args.audit) say(`lift86: audit: ${stats.mmu.roleMismatches} mismatches of ${stats.mmu.audits} changes of control registers`);
  inspector.finish(() => stats, () => ({ mmu: stats.mmu }));
  return signalled ? 128 + signalled : result.end === "stopped" ? 0 : result.status;
}
