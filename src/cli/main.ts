#!/usr/bin/env node
import * as fs from "node:fs";
import nodeModule from "node:module";
import { type Command, complete, completionScript, parseCommandLine } from "./command-line.js";
import { tuneEngine } from "./engine.js";
import { oneLine, UsageError } from "./errors.js";
import { say, writeAll } from "./output.js";

/**
 * The command: `lift86 run`, `lift86 boot`, `lift86 dump`, … Commands are loaded when asked for: starting takes part in every run's time.
 */

// Node 22 and later keep compiled bytecode between runs.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();

const FAILED = 2;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  async run() {
    const { run, RUN_OPTIONS } = await import("./run.js");
    return {
      usage: "lift86 run [options] PROGRAM [ARGS…]",
      describe: "Run an i386 Linux program. What follows PROGRAM belongs to it.",
      options: RUN_OPTIONS,
      examples: [
        ["lift86 run samples/hello", "a program of the host's, alone in an empty file system"],
        ["lift86 run --root / --stats /bin/busybox ls -l", "with the host's files, and counters at the end"],
        ["lift86 run --timeout 10 --memory 256M ./program input", "with limits"],
        ["lift86 run --profile primes.cpuprofile samples/inspect/primes 500", "where its time goes, by guest instruction"],
        ["lift86 run --inspect-brk samples/inspect/primes", "in Chrome DevTools, from its first instruction"],
      ],
      rest: "guest",
      run,
    };
  },
  async boot() {
    const { boot, BOOT_OPTIONS } = await import("./boot.js");
    return {
      usage: "lift86 boot [options] IMAGE",
      describe: "Boot a machine from a multiboot image, a boot sector with its disk, or raw bytes. Its serial port is the terminal.",
      options: BOOT_OPTIONS,
      examples: [
        ["lift86 boot samples/machine/hello.elf", "a multiboot image"],
        ["lift86 boot --smp 2 --append 'ipi' --stats vmexit.flat", "with two processors and a command line"],
        ["lift86 boot --raw 0x10000:0x10200 code.bin", "bytes at an address, begun in real mode"],
      ],
      rest: "words",
      run: (args, words, after) => {
        const [image, more] = [...words, ...after];
        if (more !== undefined) throw new UsageError(`boot: one image at a time: ${more}`);
        return boot(args, image);
      },
    };
  },
  async roles() {
    const { roles, ROLES_OPTIONS } = await import("./roles.js");
    return {
      usage: "lift86 roles [options] IMAGE\nlift86 roles --user [options] PROGRAM [ARGS…] [-- ARGS…]",
      describe: "Run a machine's image under each role policy and compare what its translation caches had to do again.",
      options: ROLES_OPTIONS,
      examples: [
        ["lift86 roles samples/roles/init-sipi.elf", "INIT-SIPI-SIPI to a processor with paging off"],
        ["lift86 roles kernel.elf --policies fixed,stale --html report.html", "two policies, as a page with charts"],
        ["lift86 roles --user samples/hello", "a program, for which nothing changes"],
      ],
      rest: "words",
      run: (args, words, after) => roles(args, [...words, ...after]),
    };
  },
  async trace() {
    const { run, RUN_OPTIONS, RUN_TRACES } = await import("./run.js");
    return {
      usage: "lift86 trace [options] PROGRAM [ARGS…]",
      describe: "Run a program and log what happens: run with --trace, of everything unless told.",
      options: RUN_OPTIONS,
      examples: [
        ["lift86 trace --trace-file log samples/checksums", "everything, into a file"],
        ["lift86 trace --trace syscalls,exceptions --trace-format json samples/hello", "two kinds, as lines of JSON on stderr"],
        ["lift86 trace --trace blocks --trace-range 0x8049000..0x804a000 samples/hello", "blocks in one page"],
      ],
      rest: "guest",
      run: (args, rest) => run({ trace: RUN_TRACES.join(","), ...args }, rest),
    };
  },
  async dump() {
    const { dump, DUMP_OPTIONS } = await import("./dump.js");
    return {
      usage: "lift86 dump [options] PROGRAM [--run -- ARGS…]\nlift86 dump [options] --hex BYTES",
      describe: "Show translated code: assembly, IR, IR after the passes, JavaScript, side by side by guest instruction.",
      options: DUMP_OPTIONS,
      examples: [
        ['lift86 dump --hex "01 d8 c3"', "the translation of add eax, ebx; ret"],
        ["lift86 dump samples/inspect/primes --function sieve", "all of a function"],
        ["lift86 dump --at main+0x10 --emit asm,ir samples/inspect/primes", "one region, other stages"],
        ["lift86 dump --hot 5 --format html samples/inspect/primes > hot.html", "run it, then a page about what took longest"],
        ["lift86 dump --all -o out samples/checksums", "listings, JavaScript and source maps of everything"],
        ["lift86 dump --run --function main ./program -- input", "run with arguments, then one function with its counts"],
      ],
      rest: "words",
      run: (args, words, after) => {
        if (words.length > 1) throw new UsageError(`dump: one program at a time; its arguments follow --run --: ${words[1]}`);
        return dump(args, words[0], after);
      },
    };
  },
  async completion() {
    return {
      usage: "lift86 completion bash|zsh",
      describe: "Print a script that completes lift86's commands and options.",
      options: {},
      examples: [
        ["lift86 completion bash >> ~/.bashrc", "for bash"],
        ["lift86 completion zsh >> ~/.zshrc", "for zsh"],
      ],
      rest: "words",
      run: async (_args, words) => {
        const [shell] = words;
        if ((shell !== "bash" && shell !== "zsh") || words.length > 1) throw new UsageError("completion: bash or zsh? lift86 completion bash");
        await completionScript(await allCommands(), shell);
        return 0;
      },
    };
  },
};

const USAGE = `lift86 COMMAND [options]

  lift86 run [options] PROGRAM [ARGS…]     run an i386 Linux program
  lift86 boot [options] IMAGE              boot a machine
  lift86 trace [options] PROGRAM [ARGS…]   run a program and log what happens
  lift86 dump [options] PROGRAM            show translated code
  lift86 roles [options] IMAGE             compare role policies on a machine's image
  lift86 completion bash|zsh               completion of commands and options in a shell

  --help after a command shows its options; lift86 --version the version.
`;

async function allCommands(): Promise<Map<string, Command>> {
  return new Map(await Promise.all(Object.entries(COMMANDS).map(async ([name, load]) => [name, await load()] as const)));
}

async function version(): Promise<string> {
  const { version } = JSON.parse(await fs.promises.readFile(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === "--version") {
    writeAll(1, `${await version()}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    writeAll(1, USAGE);
    return 0;
  }
  if (name === "--get-yargs-completions") {
    await complete(await allCommands(), argv);
    return 0;
  }
  if (name === undefined) throw new UsageError("no command given; try lift86 --help");
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) throw new UsageError(`${name}: no such command; try lift86 --help`);
  const command = await load();
  const line = await parseCommandLine(command, args);
  if (typeof line === "string") {
    writeAll(1, `${line}\n`);
    return 0;
  }
  tuneEngine();
  return command.run(line.args, line.words, line.after);
}

process.stdout.on("error", () => undefined);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (e) {
  const internal = !(e instanceof UsageError);
  const message = oneLine(String((e as { message?: unknown } | null)?.message ?? e));
  say(internal ? `lift86: internal error, please report it: ${message}` : `lift86: ${message}`);
  if (internal && process.env["LIFT86_DEBUG"]) console.error(e);
  process.exitCode = FAILED;
}
