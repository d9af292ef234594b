import { expect, it } from "vitest";
import { FAMILIES64 } from "../vectors/codes.js";
import { replayTests } from "../vectors/replay-tests.js";
import { CASES } from "./cases.js";
import { REPLAYER64 } from "./replay.js";

replayTests(REPLAYER64, FAMILIES64);

it("the cases cover 64-bit code", () => {
  const names = new Set(FAMILIES64.flatMap((f) => CASES.entries(f).map((e) => e.spec.name)));
  for (const name of [
    "Add_rm64_r64", "Adc_rm64_imm8", "Sub_RAX_imm32", "Cmp_r64_rm64", "Inc_rm64", "Neg_rm64", "Movsxd_r64_rm32", "Mov_r64_imm64", "Mov_RAX_moffs64", "Movzx_r64_rm8", "Movsx_r64_rm16", "Lea_r64_m",
    "Bswap_r64", "Cqo", "Cdqe", "Cmpxchg16b_m128", "Xadd_rm64_r64", "Cmovg_r64_rm64", "Setb_rm8", "Shl_rm64_CL", "Rcr_rm64_imm8", "Shld_rm64_r64_CL", "Btc_rm64_r64", "Bsr_r64_rm64",
    "Lzcnt_r64_rm64", "Tzcnt_r32_rm32", "Popcnt_r64_rm64", "Crc32_r64_rm64", "Mul_rm64", "Imul_r64_rm64_imm32", "Idiv_rm64", "Push_r64", "Pushq_imm8", "Popfq", "Leaveq", "Movsq_m64_m64",
    "Scasq_RAX_m64", "Loopne_rel8_64_RCX", "Jrcxz_rel8_64", "Call_rm64", "Retnq", "Movq_rm64_xmm", "Cvtsi2sd_xmm_rm64", "Cvttss2si_r64_xmmm32", "Pinsrq_xmm_rm64_imm8", "Fld_m80fp", "Fxsave64_m512byte", "Fldenv_m28byte",
  ]) expect(names).toContain(name);
  expect(names.size).toBeGreaterThan(1000);
});
