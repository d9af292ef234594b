// An esbuild plugin: bundles iced-x86, the decoder, so that its memory is shared memory. WebAssembly memory that grows otherwise detaches its old buffer, and once
// any buffer was detached V8 checks for that at every access to every buffer, in all code: some 10 to 40 % of the time of translated code. What is in the
// package stays there; only its JavaScript is rewritten.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const GLUE = "iced-x86/iced_x86.js", WASM = "iced-x86/iced_x86_bg.wasm";

/** Replace what must be there. */
function replace(text, pattern, by) {
  if (!(pattern instanceof RegExp ? pattern.test(text) : text.includes(pattern))) throw new Error(`${GLUE} is not as scripts/iced.js knows it: no ${pattern}`);
  return text.replaceAll(pattern, by);
}

/** The package's module as one that is imported, loads its WebAssembly by way of `load` and notices growth of memory that is not detached. */
function rewrite(glue) {
  const classes = [...glue.matchAll(/^class ([A-Z]\w*) /gm)].map((m) => m[1]);
  const others = [...new Set([...glue.matchAll(/^module\.exports\.([A-Z]\w*) = /gm)].map((m) => m[1]))].filter((name) => !classes.includes(name));
  let text = replace(glue, "const { TextDecoder, TextEncoder } = require(`util`);", "");
  text = replace(text, /(cached\w+Memory0)\.byteLength === 0/g, "$1.buffer !== wasm.memory.buffer");
  text = replace(text, /^const path = require\('path'\)[^]*^const wasmModule = new WebAssembly\.Module\(bytes\);$/gm, "const wasmModule = load();");
  return `import { load } from "iced-x86-wasm";\nconst module = { exports: {} };\n${text}\nexport { ${classes.join(", ")} };\nexport const { ${others.join(", ")} } = module.exports;\n`;
}

/** Part of the bundle: the module's bytes with another memory section. `memory` gives what is in that from the least number of pages, each number as LEB128. */
const PATCH = `
function leb(value) {
  const out = [];
  for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
  return [...out, value];
}
function withMemory(bytes, memory) {
  let at = 8;
  const number = () => {
    for (let shift = 0, value = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const start = at, id = bytes[at++], size = number(), end = at + size;
    if (id === 5 && number() === 1 && bytes[at++] === 0) {
      const body = [1, ...memory(number())], head = [5, ...leb(body.length), ...body];
      const whole = new Uint8Array(bytes.length - (end - start) + head.length);
      whole.set(bytes.subarray(0, start));
      whole.set(head, start);
      whole.set(bytes.subarray(end), start + head.length);
      return whole;
    }
    at = end;
  }
  return bytes;
}
`;

/** For Node: the package's file, its memory shared. */
const LOADER = `
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
${PATCH}
const MOST_PAGES = 16384;
export function load() {
  const bytes = readFileSync(createRequire(import.meta.url).resolve(${JSON.stringify(WASM)}));
  return new WebAssembly.Module(withMemory(bytes, (least) => [3, ...leb(least), ...leb(MOST_PAGES)]));
}
`;

/** For anything else: the file is in the bundle. Browsers decode no text in shared memory, so it is not shared, but large enough at once for all that the decoder does. */
const embedded = (wasm) => `
${PATCH}
const PAGES = 256;
const text = ${JSON.stringify(wasm.toString("base64"))};
export function load() {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new WebAssembly.Module(withMemory(bytes, (least) => [0, ...leb(Math.max(least, PAGES))]));
}
`;

/** `embed`: the decoder's WebAssembly is part of the bundle, which then needs no files. */
export function sharedIced({ embed = false } = {}) {
  const loader = async () => (embed ? embedded(await readFile(require.resolve(WASM))) : LOADER);
  return {
    name: "iced-x86 with shared memory",
    setup(build) {
      build.onResolve({ filter: /^iced-x86(-wasm)?$/ }, ({ path }) => ({ path, namespace: "iced" }));
      build.onLoad({ filter: /./, namespace: "iced" }, async ({ path }) => ({
        contents: path === "iced-x86" ? rewrite(await readFile(require.resolve(GLUE), "utf8")) : await loader(),
        resolveDir: ".",
      }));
    },
  };
}
