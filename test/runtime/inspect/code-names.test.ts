import { expect, test } from "vitest";
import { bytesAsCode, SymbolTable } from "../../../src/index.js";
import { USER32 } from "../../../src/frontend/mode.js";
import { PARAMETERS } from "../../../src/jit/names.js";
import { CodeNames } from "../../../src/runtime/inspect/code-names.js";
import { growRegion } from "../../../src/runtime/region-builder.js";

test("a function of the guest's that is called as something in generated code has another name there", () => {
  const source = bytesAsCode(Uint8Array.from([0xc3]), 0x1000), region = growRegion(source, 0x1000, USER32, { count: () => 1 });
  for (const name of [...PARAMETERS, "B", "H", "P", "n", "l_div", "S$", "while"]) {
    const symbols = new SymbolTable([{ name, address: 0x1000, size: 1, kind: "function" }]);
    expect(new CodeNames({ imageAt: () => ({ name: "/guest", symbols }) }).of(region, source)).toMatchObject({ name, identifier: `${name}_` });
  }
});
