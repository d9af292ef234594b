import { describe, expect, it } from "vitest";
import { FAMILIES64 } from "../vectors/codes.js";
import { encodingsOf, specsOf, statesOf } from "./cases.js";
import { replay, type Discrepancies } from "./replay.js";

/** The discrepancies as text for a test's failure. */
function report(list: readonly Discrepancies[]): string {
  return list.map((d) => `${d.name} on ${d.tier}: ${d.failed} of ${d.total} cases differ\n${d.examples.join("\n")}`).join("\n\n");
}

// Every recorded case of 64-bit code, on both tiers.
describe.each(FAMILIES64)("%s of 64-bit code as the processor does it", (family) => {
  it.each(["interp", "jit"] as const)("on tier %s", (tier) => {
    const { cases, discrepancies } = replay(family, tier);
    const failing = discrepancies.map((d) => `${d.name} ${d.failed}`).join(", ");
    expect(failing && `${failing}\n\n${report(discrepancies.slice(0, 10))}`).toBe("");
    expect(cases).toBe(specsOf(family).length * encodingsOf(family) * statesOf(family));
  });
});

it("the cases cover 64-bit code", () => {
  const names = new Set(FAMILIES64.flatMap((f) => specsOf(f).map((s) => s.name)));
  for (const name of [
    "Add_rm64_r64", "Adc_rm64_imm8", "Sub_RAX_imm32", "Cmp_r64_rm64", "Inc_rm64", "Neg_rm64", "Movsxd_r64_rm32", "Mov_r64_imm64", "Mov_RAX_moffs64", "Movzx_r64_rm8", "Movsx_r64_rm16", "Lea_r64_m",
    "Bswap_r64", "Cqo", "Cdqe", "Cmpxchg16b_m128", "Xadd_rm64_r64", "Cmovg_r64_rm64", "Setb_rm8", "Shl_rm64_CL", "Rcr_rm64_imm8", "Shld_rm64_r64_CL", "Btc_rm64_r64", "Bsr_r64_rm64",
    "Lzcnt_r64_rm64", "Tzcnt_r32_rm32", "Popcnt_r64_rm64", "Crc32_r64_rm64", "Mul_rm64", "Imul_r64_rm64_imm32", "Idiv_rm64", "Push_r64", "Pushq_imm8", "Popfq", "Leaveq", "Movsq_m64_m64",
    "Scasq_RAX_m64", "Loopne_rel8_64_RCX", "Jrcxz_rel8_64", "Call_rm64", "Retnq", "Movq_rm64_xmm", "Cvtsi2sd_xmm_rm64", "Cvttss2si_r64_xmmm32", "Pinsrq_xmm_rm64_imm8", "Fld_m80fp", "Fxsave64_m512byte", "Fldenv_m28byte",
  ]) expect(names).toContain(name);
  expect(names.size).toBeGreaterThan(1000);
});
