import { modeName, roleName } from "../index.js";
import { type DumpDocument, sizes, type Stage } from "./dump-model.js";

/** Version of the JSON form; it changes when something is renamed, removed or means something else, not when something is added. */
export const DUMP_VERSION = 1;

/** A dump as JSON, described by docs/dump.schema.json. Stages that are not asked for are left out. */
export function dumpJson(d: DumpDocument, stages: readonly Stage[]): object {
  const has = (s: Stage): boolean => stages.includes(s);
  const u = (n: number): number => n >>> 0;
  return {
    version: DUMP_VERSION,
    generator: "lift86",
    title: d.title,
    syntax: d.syntax,
    stages: [...stages],
    regions: d.regions.map((r) => ({
      name: r.name,
      key: { role: { bits: r.role, name: roleName(r.role) }, mode: { bits: r.mode, name: modeName(r.mode) }, pc: u(r.pc) },
      size: sizes(r),
      ...(r.image === undefined ? {} : { image: r.image }),
      ...(r.executed === undefined ? {} : { executed: r.executed }),
      ...(r.share === undefined ? {} : { share: r.share }),
      blocks: r.blocks.map((b) => ({
        id: b.id,
        pc: u(b.pc),
        size: b.size,
        name: b.name,
        hits: b.hits,
        end: b.end,
        edges: b.edges.map((e) => ({ kind: e.kind, pc: u(e.pc), block: e.block })),
        instructions: b.insns.map((i) => ({
          pc: u(i.pc),
          length: i.bytes.length,
          ...(has("asm") ? { bytes: Buffer.from(i.bytes).toString("hex"), asm: i.text } : {}),
          ...(has("ir") ? { ir: i.ir } : {}),
          ...(has("opt") ? { opt: i.opt } : {}),
          ...(has("js") ? { js: i.js } : {}),
        })),
        ...(has("opt") ? { passes: b.passes } : {}),
      })),
      ...(has("js") ? { js: r.js } : {}),
      ...(has("map") ? { map: r.map, listing: r.listing } : {}),
    })),
  };
}
