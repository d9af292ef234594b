import { root, run } from "./child.js";

const guest = (name) => `bench/guests/${name}`;
const image = (name) => `bench/metal/${name}`;

function lift86(title, dir) {
  return {
    title,
    async run(name, n) {
      const { cpu, out, err } = await run(process.execPath, [`${dir}/dist/cli.js`, "run", "--stats=json", guest(name), String(n)]);
      const stats = JSON.parse(err.trim().split("\n").at(-1));
      return { ms: stats.wallMs, cpu, checksum: out.toString().trim(), stats };
    },
  };
}

/** Bare-metal images print `go`, then the result: what lies between counts. Then they leave by a debug exit, whose status says nothing. */
async function metal(command, args) {
  let go = NaN, ms = NaN, checksum = "";
  const { cpu } = await run(command, args, {
    anyStatus: () => ms > 0,
    onLine(line, at) {
      if (line === "go") go = at;
      else if (/^[0-9a-f]{8}$/.test(line)) [ms, checksum] = [at - go, line];
    },
  });
  if (!(ms > 0)) throw new Error(`${command} ${args.join(" ")}: no result`);
  return { ms, cpu, checksum };
}

/**
 * What runs kernels. Each gives the checksum and the milliseconds from a program's start to its end; those that run on Node leave out Node's own start, whole
 * machines all before the kernel. `cpu`: processor time of the whole process.
 */
export const CONTENDERS = {
  native: {
    title: "native",
    async run(name, n) {
      const { ms, cpu, out } = await run(`${root}/${guest(name)}`, [String(n)]);
      return { ms, cpu, checksum: out.toString().trim() };
    },
  },
  js: {
    title: "JavaScript",
    async run(name, n) {
      const script = `const { kernel } = await import(${JSON.stringify(new URL(`./kernels/${name}.js`, import.meta.url).href)});
        const t = performance.now(), c = kernel(${n}), ms = performance.now() - t;
        console.log(JSON.stringify({ ms, checksum: c.toString(16).padStart(8, "0") }));`;
      const { cpu, out } = await run(process.execPath, ["--input-type=module", "-e", script]);
      return { cpu, ...JSON.parse(out) };
    },
  },
  lift86: lift86("lift86", root),
  qemu: {
    title: "qemu-i386",
    async run(name, n) {
      const { ms, cpu, out } = await run("qemu-i386", [guest(name), String(n)]);
      return { ms, cpu, checksum: out.toString().trim() };
    },
  },
  boot: { title: "lift86 boot", run: (name, n) => metal(process.execPath, ["dist/cli.js", "boot", "--append", String(n), image(name)]) },
  v86: { title: "v86", run: (name, n) => metal(process.execPath, ["bench/v86.js", image(name), String(n)]) },
};

/** Another build of lift86, in `dir`, as a contender beside this one. */
export function addOther(dir, name) {
  CONTENDERS.other = lift86(name, dir);
}

/** Those of `ids` that work here; the others with the reason. */
export async function available(ids) {
  const there = [], missing = [];
  for (const id of ids) {
    try {
      await CONTENDERS[id].run("recursion", 1);
      there.push(id);
    } catch (e) {
      if (id === "js" || id === "lift86" || id === "other") throw e;
      missing.push({ id, why: e.message.split("\n")[0] });
    }
  }
  return { there, missing };
}
