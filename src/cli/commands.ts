import { type Command, completionScript } from "./command-line.js";
import { UsageError } from "./errors.js";

/** All commands, with what --help says of them. They are loaded when asked for: starting takes part in every run's time. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  async run() {
    const { run, RUN_OPTIONS } = await import("./run.js");
    return {
      usage: "lift86 run [options] PROGRAM [ARGS…]",
      describe: "Run an i386 Linux program. What follows PROGRAM belongs to it.",
      options: RUN_OPTIONS,
      examples: [
        ["lift86 run samples/hello", "a program of the host's, alone in an empty file system"],
        ["lift86 run --root samples/inspect --stats /primes 500 /libwork.so", "in a folder, with counters at the end"],
        ["lift86 run --timeout 10 --memory 256M samples/inspect/primes 500", "with limits"],
        ["lift86 run --profile primes.cpuprofile samples/inspect/primes 500", "where its time goes, by guest instruction"],
        ["lift86 run --inspect-brk samples/inspect/primes", "in Chrome DevTools, from its first instruction"],
        ["lift86 run --gdb 1234 samples/debug/steps", "in gdb: target remote :1234"],
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
        ["lift86 boot --smp 2 --stats samples/machine/smp.elf", "with two processors, and counters at the end"],
        ["lift86 boot --append 10 --profile sieve.cpuprofile bench/metal/sieve", "with a command line, and where its time goes"],
        ["lift86 boot --raw 0x7c00 samples/machine/boot-sector.bin", "bytes at an address, begun in real mode"],
        ["lift86 boot --trace roles,io samples/debug/kernel.elf", "what changes the MMU's role, and I/O ports"],
        ["lift86 boot --gdb 1234 samples/debug/kernel.elf", "in gdb: target remote :1234"],
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
        ["lift86 roles samples/roles/thunk.elf --policies fixed,stale --html report.html", "two policies, as a page with charts"],
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
        ["lift86 trace --trace blocks --trace-range 0x8048000..0x8049000 samples/hello", "blocks in one page"],
      ],
      rest: "guest",
      run: (args, rest) => run({ trace: RUN_TRACES.join(","), ...args }, rest),
    };
  },
  async dump() {
    const { dump, DUMP_OPTIONS } = await import("./dump.js");
    return {
      usage: "lift86 dump [options] PROGRAM [--run -- ARGS…]\nlift86 dump [options] IMAGE [--run]\nlift86 dump [options] --hex BYTES",
      describe: "Show translated code: assembly, IR, IR after the passes, JavaScript, side by side by guest instruction.",
      options: DUMP_OPTIONS,
      examples: [
        ['lift86 dump --hex "01 d8 c3"', "the translation of add eax, ebx; ret"],
        ["lift86 dump samples/inspect/primes --function sieve", "all of a function"],
        ["lift86 dump --at main_+0x10 --emit asm,ir samples/inspect/primes", "one region, other stages"],
        ["lift86 dump --hot 5 --format html samples/inspect/primes > hot.html", "run it, then a page about what took longest"],
        ["lift86 dump --all -o out samples/checksums", "listings, JavaScript and source maps of everything"],
        ["lift86 dump --hot 3 --append 20 bench/metal/sieve", "what a machine's processor spent its time on"],
        ["lift86 dump --run --function collatz samples/inspect/primes -- 500", "run with arguments, then one function with its counts"],
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

export async function allCommands(): Promise<Map<string, Command>> {
  return new Map(await Promise.all(Object.entries(COMMANDS).map(async ([name, load]) => [name, await load()] as const)));
}
